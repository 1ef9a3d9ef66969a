#include "node/record/view_int.h"

#include <assert.h>
#include <string.h>

#include "node/record/exposure.h"
#include "node/record/lint.h"
#include "node/record/walk.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

#define DEEPEST 4        /* so many entries about each other are followed */

const char *
view_word(enum view_why w)
{
	static const char *const words[] = {
#define X(name, word, reason) word,
		VIEW_TABLE(X)
#undef X
	};

	assert((unsigned)w < VIEW_WHYS);
	return words[w];
}

const char *
view_reason(enum view_why w)
{
	static const char *const reasons[] = {
#define X(name, word, reason) reason,
		VIEW_TABLE(X)
#undef X
	};

	assert((unsigned)w < VIEW_WHYS);
	return reasons[w];
}

const char *
view_standing_word(enum view_standing s)
{
	static const char *const words[] = { "self", "hosted", "listed", NULL };

	assert((unsigned)s < sizeof words / sizeof *words);
	return words[s];
}

/* --- the entry itself --- */

static struct reference
ref_of(const struct verified *v)
{
	return (struct reference){ v->record.author, v->record.name };
}

static bool
is_active(const struct view_context *c, const struct id *key)
{
	return membership_state(records_membership(c->records), key) == MEMBER_ACTIVE;
}

static bool
is_coordinator(const struct view_context *c, const struct id *key)
{
	const struct member *m = membership_find(records_membership(c->records), key);

	return m && m->state == MEMBER_ACTIVE && m->coordinator;
}

bool
view_find(const struct view_context *c, const struct reference *ref, struct verified *out)
{
	return records_referred(c->records, c->txn, 0, &ref->author, &ref->name, out);
}

bool
view_refers(const struct kind *k, const struct verified *v, const char *word, struct reference *out)
{
	struct walk_value value = { .field = kind_field_by_word(k, word) };

	if (value.field)
		value.item = body_get(v->record.body, value.field->number);
	return value.item.len > 0 && walk_reference(&value, &out->author, &out->name);
}

static enum view_standing
relation_of(const struct kind *k, const struct verified *v)
{
	const struct field *f = kind_field_by_word(k, "relation");
	struct bytes word = f ? body_text(v->record.body, f->number, NULL) : (struct bytes){ 0 };

	if (f == NULL)
		return VIEW_NO_ORGANISATION;
	for (int s = VIEW_SELF; s < VIEW_LISTED; s++)
		if (bytes_equal(word, bytes_text(view_standing_word((enum view_standing)s))))
			return (enum view_standing)s;
	return VIEW_LISTED;
}

/* The organisation that V describes or belongs to. False: none, or it is not held here. */
static bool
organisation_of(const struct view_context *c, const struct kind *k, const struct verified *v, struct verified *out)
{
	struct reference ref;

	if (kind_field_by_word(k, "relation")) {
		*out = *v;
		return true;
	}
	return view_refers(k, v, "organisation", &ref) && view_find(c, &ref, out);
}

/* Who says that an organisation of another member does something lists it; so does who names one that is not held here. */
static enum view_standing
standing_of(const struct view_context *c, const struct kind *k, const struct verified *v)
{
	struct reference ref;
	struct verified org;

	if (kind_field_by_word(k, "relation"))
		return relation_of(k, v);
	if (!view_refers(k, v, "organisation", &ref))
		return VIEW_NO_ORGANISATION;
	if (!id_equal(&ref.author, &v->record.author))
		return VIEW_LISTED;
	return view_find(c, &ref, &org) ? relation_of(kind_find(org.record.kind), &org) : VIEW_LISTED;
}

static bool
look_for_lifeline(void *self, const struct walk_value *v)
{
	const struct code *code = walk_code(v);

	*(bool *)self |= code && (code->flags & CODE_LIFELINE);
	return !*(bool *)self;
}

static bool
is_lifeline(const struct kind *k, const struct verified *v)
{
	bool found = false;

	walk_body(k, v->record.body, look_for_lifeline, &found);
	return found;
}

/* --- flags --- */

/*
 * A flag is about the version that its author saw: it falls away when the entry is signed after it. Advice of caution is about
 * conduct, not about words: it stays. Who called it correct after that has taken her earlier flags back.
 */
static bool
is_open(const struct said *flag, uint64_t entry_stamp, const struct said *all, size_t count)
{
	if (flag->code == NULL || flag->says != SAYS_FLAG)
		return false;
	if (flag->code->flags & CODE_CAUTIONS)
		return true;
	if (flag->stamp <= entry_stamp)
		return false;
	for (size_t i = 0; i < count && !(flag->code->flags & (CODE_CONFIRMS | CODE_EXPOSES)); i++)
		if (all[i].says == SAYS_FLAG && all[i].code && (all[i].code->flags & CODE_CONFIRMS) &&
		    all[i].stamp > flag->stamp && id_equal(&all[i].by.author, &flag->by.author))
			return false;
	return true;
}

struct judging {
	const struct view_context *c;
	const struct kind *kind;
	const struct verified *v;
	struct view *out;
	const struct id *coordinator;    /* one who advises caution */
	bool flagged_here, two;
};

static void
take_flag(struct judging *j, const struct said *s)
{
	struct view *w = j->out;
	int64_t ms = stamp_unix_ms(s->stamp);

	if ((s->code->flags & CODE_CONFIRMS) && ms > w->confirmed_ms) {
		w->confirmed_ms = ms;
		w->confirmed_by = s->by.author;
	}
	if (!(s->code->flags & CODE_CAUTIONS))
		return;
	w->caution = true;
	j->flagged_here |= id_equal(&s->by.author, &j->c->self);
	if (!is_coordinator(j->c, &s->by.author))
		return;
	j->two |= j->coordinator && !id_equal(j->coordinator, &s->by.author);
	j->coordinator = &s->by.author;
}

/* --- claims --- */

/* Does ORG, an entry about an organisation, name M as the coordinators admitted it, and one of its territories? */
static bool
is_about_member(const struct verified *org, const struct member *m)
{
	const struct kind *k = kind_find(org->record.kind);
	const char word[3] = { (char)(m->territory >> 8), (char)m->territory, 0 };
	const struct field *f = kind_field_by_word(k, "territories");
	bool there = false;
	struct cbor_reader r;

	cbor_open(&r, f ? body_get(org->record.body, f->number) : (struct bytes){ 0 });
	if (cbor_peek(&r) == CBOR_ARRAY)
		for (size_t left = cbor_array(&r); left > 0 && cbor_peek(&r) == CBOR_TEXT; left--) {
			struct bytes code = cbor_text(&r);

			there |= bytes_equal(code, bytes_text(word)) || bytes_equal(code, bytes_text("WB")) ||
			    bytes_equal(code, bytes_text("ZZ"));
		}
	return there && lint_bears_name(k, org->record.body, bytes_text(m->name));
}

/*
 * Whose claim about ENTRY binds: nobody's about what an organisation says of itself; else a coordinator's, and that of a
 * member whose name, as it was admitted, the entry's organisation bears. What others claim is shown as said, and changes nothing.
 */
static bool
binds(const struct view_context *c, const struct said *claim, const struct kind *k, const struct verified *entry)
{
	const struct member *m = membership_find(records_membership(c->records), &claim->by.author);
	struct verified org;

	if (claim->code == NULL || m == NULL || m->state != MEMBER_ACTIVE || standing_of(c, k, entry) == VIEW_SELF)
		return false;
	return m->coordinator || (organisation_of(c, k, entry, &org) && is_about_member(&org, m));
}

/* The claimer's own entry of the same kind, about itself, is shown instead. */
static bool
replaces(const struct view_context *c, const struct said *claim, const struct kind *k)
{
	struct verified own;

	return claim->has_other && kind_field_by_word(k, "relation") &&
	    id_equal(&claim->other.author, &claim->by.author) &&
	    records_live(c->records, c->txn, k->number, &claim->other.author, &claim->other.name, &own) &&
	    own.record.state == RECORD_LIVE && relation_of(k, &own) == VIEW_SELF;
}

static void
take_claim(struct judging *j, const struct said *s, bool direct)
{
	struct view *w = j->out;

	w->claimed = true;
	w->claimed_by = s->by.author;
	if (s->code->flags & CODE_REMOVES) {
		w->why = VIEW_CLAIM;
	} else if (direct && replaces(j->c, s, j->kind)) {
		w->why = VIEW_CLAIM;
		w->replaced = true;
		w->replaced_by = s->other;
	}
}

/* --- translations and endorsements --- */

/*
 * Never shown more widely than its entry. A translation of an earlier version may hold what was taken out since: it is withheld
 * where the entry was cleaned or became stricter, and where the place must stay unknown.
 */
static bool
shows_translation(const struct view_context *c, const struct said *s, const struct kind *k, const struct verified *entry,
    bool exposed)
{
	if (s->audience < entry->record.audience)
		return false;
	if (id_equal(&s->source, &entry->id))
		return true;
	return !exposed && disclose_level(k, entry->record.body, NULL) < DISCLOSURE_TERRITORY &&
	    !records_was_erased(c->records, c->txn, entry);
}

/* The words that were accepted are those that were there then. */
static bool
is_accepted(const struct said *endorsement, const struct said *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].says == SAYS_ENDORSEMENT && all[i].has_other && reference_equal(&all[i].other, &endorsement->by) &&
		    all[i].stamp > endorsement->stamp)
			return true;
	return false;
}

static void
add(struct view *w, const struct said *s, bool counts, bool behind)
{
	if (w->count < VIEW_SAYINGS)
		w->sayings[w->count++] = (struct view_saying){ s, counts, behind };
}

/* What a member has accepted of others' words stands beside its own entry about itself. */
static void
add_endorsements(struct judging *j)
{
	struct reference member = { .author = j->v->record.author };
	const struct said *all;
	size_t count;

	if (!kind_field_by_word(j->kind, "relation") || j->out->standing != VIEW_SELF)
		return;
	all = sayings_about(j->c->said, &member, &count);
	for (size_t i = 0; i < count; i++)
		if (all[i].says == SAYS_ENDORSEMENT && !all[i].has_other && is_accepted(&all[i], all, count))
			add(j->out, &all[i], true, false);
}

/* --- entries about entries --- */

static void judge(const struct view_context *c, const struct kind *k, const struct verified *v, unsigned depth,
    struct view *out);

struct following {
	const struct view_context *c;
	const struct verified *v;
	unsigned depth;
	bool withheld;
};

/* What is about an entry that is claimed away or withheld goes with it; its own author's words about others' as well. */
static bool
follow(void *self, const struct walk_value *value)
{
	struct following *f = self;
	struct reference to;
	struct verified about;
	struct view w;

	if (!(value->field->flags & FIELD_FOLLOWS) || !walk_reference(value, &to.author, &to.name) || !view_find(f->c, &to, &about))
		return true;
	judge(f->c, kind_find(about.record.kind), &about, f->depth + 1, &w);
	f->withheld = w.why == VIEW_CLAIM || w.why == VIEW_WITHHELD;
	return !f->withheld;
}

/* Whether a translation is shown is its entry's question: one of an entry that is not here has nothing to be shown by. */
static bool
is_translation_shown(const struct judging *j, unsigned depth)
{
	struct reference to;
	struct verified about;
	struct view w;
	size_t count;
	const struct said *all;

	if (!view_refers(j->kind, j->v, "about", &to) || !view_find(j->c, &to, &about))
		return false;
	judge(j->c, kind_find(about.record.kind), &about, depth + 1, &w);
	all = sayings_about(j->c->said, &to, &count);
	for (size_t i = 0; i < count; i++)
		if (id_equal(&all[i].record, &j->v->id))
			return shows_translation(j->c, &all[i], kind_find(about.record.kind), &about, w.exposed);
	return false;
}

/* An endorsement is for its author and its subject until it is accepted; the acceptance stays between the two. */
static bool
is_endorsement_shown(const struct judging *j)
{
	const struct field *f = kind_field_by_word(j->kind, "subject");
	struct reference member = { 0 };
	const struct said *all, *own = NULL;
	struct cbor_reader r;
	size_t count;

	cbor_open(&r, f ? body_get(j->v->record.body, f->number) : (struct bytes){ 0 });
	if (cbor_peek(&r) == CBOR_BYTES)
		cbor_fixed(&r, &member.author, ID_LEN);
	all = sayings_about(j->c->said, &member, &count);
	for (size_t i = 0; i < count; i++)
		if (id_equal(&all[i].record, &j->v->id))
			own = &all[i];
	if (own == NULL)
		return false;
	if (own->has_other)
		return id_equal(&own->other.author, &j->c->self);
	return id_equal(&member.author, &j->c->self) || is_accepted(own, all, count);
}

/* --- all of it --- */

static void
take_sayings(struct judging *j)
{
	struct reference entry = ref_of(j->v);
	const struct reached *reached;
	const struct said *all;
	size_t count;

	all = sayings_about(j->c->said, &entry, &count);
	for (size_t i = 0; i < count; i++) {
		bool claim = all[i].says == SAYS_CLAIM && binds(j->c, &all[i], j->kind, j->v);

		if (is_open(&all[i], j->v->record.stamp, all, count)) {
			take_flag(j, &all[i]);
			add(j->out, &all[i], true, false);
		} else if (all[i].says == SAYS_CLAIM) {
			if (claim)
				take_claim(j, &all[i], true);
			add(j->out, &all[i], claim, false);
		}
	}
	reached = sayings_reaching(j->c->said, &entry, &count);
	for (size_t i = 0; i < count; i++) {
		const struct said *s = reached[i].said;
		struct verified about;

		if (s->says == SAYS_CLAIM && view_find(j->c, &s->about, &about) && binds(j->c, s, kind_find(about.record.kind), &about))
			take_claim(j, s, false);
	}
	j->out->exposed = j->v->record.stamp < exposure_until(j->c->said, j->c->records, j->c->txn, &entry);
	/* Once it is known whether its place is to stay unknown. */
	all = sayings_about(j->c->said, &entry, &count);
	for (size_t i = 0; i < count; i++)
		if (all[i].says == SAYS_TRANSLATION && shows_translation(j->c, &all[i], j->kind, j->v, j->out->exposed))
			add(j->out, &all[i], true, !id_equal(&all[i].source, &j->v->id));
}

static bool
is_followed(const struct kind *k)
{
	return k->says == SAYS_NOTHING || k->says == SAYS_TRANSLATION;
}

static void
judge(const struct view_context *c, const struct kind *k, const struct verified *v, unsigned depth, struct view *out)
{
	struct judging j = { .c = c, .kind = k, .v = v, .out = out };
	struct following f = { c, v, depth, false };

	*out = (struct view){ .own = id_equal(&v->record.author, &c->self), .standing = VIEW_NO_ORGANISATION,
		.end_ms = freshness_end_ms(k, &v->record) };
	if (v->record.state == RECORD_LIVE) {
		out->standing = standing_of(c, k, v);
		take_sayings(&j);
		add_endorsements(&j);
		if (is_followed(k) && depth < DEEPEST)
			walk_body(k, v->record.body, follow, &f);
	}
	out->freshness = freshness_confirmed(k, &v->record, out->confirmed_ms, c->now_ms);
	if (out->why != VIEW_SHOWN)
		return;
	if ((j.flagged_here || j.two) && !is_lifeline(k, v))
		out->why = VIEW_CAUTION;
	else if (f.withheld)
		out->why = VIEW_WITHHELD;
	else if (v->record.state == RECORD_LIVE && k->says == SAYS_TRANSLATION && !is_translation_shown(&j, depth))
		out->why = VIEW_WITHHELD;
	else if (v->record.state == RECORD_LIVE && k->says == SAYS_ENDORSEMENT && !is_endorsement_shown(&j))
		out->why = VIEW_ACCEPTANCE;
	else if (c->sure && ((v->record.expires > 0 && c->now_ms / 1000 >= v->record.expires) ||
	    ((k->flags & KIND_FADES) && out->freshness.state >= FRESHNESS_STALE)))
		out->why = VIEW_ENDED;
}

void
view_of(const struct view_context *c, const struct kind *k, const struct verified *v, struct view *out)
{
	judge(c, k, v, 0, out);
}

struct freshness_of
view_freshness(const struct view_context *c, const struct kind *k, const struct verified *v)
{
	struct reference entry = ref_of(v);
	int64_t confirmed_ms = 0;
	size_t count;
	const struct said *all = sayings_about(c->said, &entry, &count);

	for (size_t i = 0; i < count; i++)
		if (is_open(&all[i], v->record.stamp, all, count) && (all[i].code->flags & CODE_CONFIRMS) &&
		    stamp_unix_ms(all[i].stamp) > confirmed_ms)
			confirmed_ms = stamp_unix_ms(all[i].stamp);
	return freshness_confirmed(k, &v->record, confirmed_ms, c->now_ms);
}

bool
view_hides(const struct view *w)
{
	return w->why != VIEW_SHOWN && !w->own;
}

/* --- whose words widen a search --- */

static bool
is_vouched(const struct view_context *c, const struct reference *entry, uint64_t entry_stamp, uint64_t since)
{
	size_t count;
	const struct said *all = sayings_about(c->said, entry, &count);

	for (size_t i = 0; i < count; i++)
		if (all[i].says == SAYS_FLAG && all[i].code && (all[i].code->flags & CODE_CONFIRMS) &&
		    all[i].stamp > since && is_open(&all[i], entry_stamp, all, count) && is_coordinator(c, &all[i].by.author))
			return true;
	return false;
}

bool
view_trusts(const struct view_context *c, const struct kind *k, const struct verified *v)
{
	struct reference entry = ref_of(v), taxonomy;
	struct verified whole;
	struct view w;

	view_of(c, k, v, &w);
	if (w.why != VIEW_SHOWN || !is_active(c, &v->record.author))
		return w.own && w.why == VIEW_SHOWN;
	if (w.own || is_coordinator(c, &v->record.author) || is_vouched(c, &entry, v->record.stamp, v->record.stamp))
		return true;
	return view_refers(k, v, "taxonomy", &taxonomy) && id_equal(&taxonomy.author, &v->record.author) &&
	    view_find(c, &taxonomy, &whole) && is_vouched(c, &taxonomy, whole.record.stamp, v->record.stamp);
}
