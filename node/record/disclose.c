#include "node/record/disclose.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/lint.h"
#include "node/record/value.h"
#include "node/record/walk.h"
#include "proto/cbor.h"
#include "proto/kinds/tables.h"

const char *
disclosure_word(enum disclosure level)
{
	assert((unsigned)level < disclosure_codes.count);
	return disclosure_codes.codes[level].word;
}

bool
disclosure_parse(struct bytes word, enum disclosure *out)
{
	const struct code *c = code_find(&disclosure_codes, word);

	if (c == NULL)
		return false;
	*out = (enum disclosure)(c - disclosure_codes.codes);
	return true;
}

/* --- reading a body by words --- */

static struct bytes
get(const struct kind *k, struct bytes body, const char *word)
{
	const struct field *f = kind_field_by_word(k, word);

	return f ? body_get(body, f->number) : (struct bytes){ NULL, 0 };
}

static struct bytes
get_text(const struct kind *k, struct bytes body, const char *word)
{
	struct bytes item = get(k, body, word);
	struct cbor_reader r;

	cbor_open(&r, item);
	return cbor_peek(&r) == CBOR_TEXT ? cbor_text(&r) : (struct bytes){ NULL, 0 };
}

/* --- levels --- */

static bool
keeps_level(const struct kind *k)
{
	return kind_field_by_word(k, "disclosure") != NULL;
}

/* Is one of the codes anywhere in BODY marked with FLAG? A code nobody knows yet is not. */
struct marks {
	unsigned flag;
	char path[96];               /* of the first */
	bool found;
};

static bool
look_for_mark(void *self, const struct walk_value *v)
{
	struct marks *m = self;
	const struct code *c = walk_code(v);

	if (c == NULL || !(c->flags & m->flag))
		return true;
	m->found = true;
	snprintf(m->path, sizeof m->path, "%s", v->path);
	return false;
}

/* The same of the body's own level alone, for which no path is asked: this is looked for in every entry. */
static bool
has_code(const struct kind *k, struct bytes body, unsigned flag)
{
	struct cbor_reader r;

	cbor_open(&r, body);
	if (cbor_peek(&r) != CBOR_MAP)
		return false;
	for (size_t n = cbor_map(&r); n > 0 && !r.fault; n--) {
		const struct field *f = kind_field(k, cbor_key(&r));
		struct cbor_reader item;

		cbor_open(&item, cbor_any(&r));
		if (f == NULL || f->type != FIELD_CODE)
			continue;
		for (size_t left = cbor_peek(&item) == CBOR_ARRAY ? cbor_array(&item) : 1;
		     left > 0 && cbor_peek(&item) == CBOR_TEXT; left--) {
			const struct code *c = code_find(f->codes, cbor_text(&item));

			if (c && (c->flags & flag))
				return true;
		}
	}
	return false;
}

#define TAGS "tags"

/* Is what AUTHOR and NAME refer to held here, and called confidential? */
static bool
is_confidential_term(const struct disclose_context *c, const struct id *author, const struct uuid *name)
{
	const struct kind *found;
	struct bytes body;

	return c->find(c->self, author, name, &body, &found) && has_code(found, body, CODE_CONFIDENTIAL);
}

struct tags {
	const struct disclose_context *c;
	bool confidential;
};

static bool
look_for_term(void *self, const struct walk_value *v)
{
	struct tags *t = self;
	struct id author;
	struct uuid name;

	if (strcmp(v->field->word, TAGS) == 0 && walk_reference(v, &author, &name) &&
	    is_confidential_term(t->c, &author, &name))
		t->confidential = true;
	return !t->confidential;
}

static bool
is_confidential(const struct kind *k, struct bytes body, const struct disclose_context *c)
{
	struct bytes item = get(k, body, "confidential");
	struct tags t = { c, false };
	struct cbor_reader r;

	if (!keeps_level(k))
		return false;
	cbor_open(&r, item);
	if ((cbor_peek(&r) == CBOR_BOOL && cbor_bool(&r)) || has_code(k, body, CODE_CONFIDENTIAL))
		return true;
	if (c && c->find && get(k, body, TAGS).len > 0)
		walk_body(k, body, look_for_term, &t);
	return t.confidential;
}

/* A kind whose every entry must state a level is about places. */
static bool
is_about_a_place(const struct kind *k)
{
	const struct field *f = kind_field_by_word(k, "disclosure");

	return f && (f->flags & FIELD_REQUIRED);
}

/* What a new entry of kind K with BODY starts at. */
static enum disclosure
start_of(const struct kind *k, struct bytes body, const struct disclose_context *c)
{
	if ((c && c->protected_org) || is_confidential(k, body, c))
		return DISCLOSURE_REDACTED;
	return is_about_a_place(k) ? DISCLOSURE_MUNICIPALITY : DISCLOSURE_EXACT;
}

/* A level of a newer version is taken for the strictest. */
enum disclosure
disclose_level(const struct kind *k, struct bytes body, const struct disclose_context *c)
{
	struct bytes stated = get(k, body, "disclosure");
	enum disclosure level;

	if (stated.len == 0)
		return start_of(k, body, c);
	return disclosure_parse(get_text(k, body, "disclosure"), &level) ? level : DISCLOSURE_REDACTED;
}

bool
disclose_stricter(const struct kind *k, struct bytes previous, struct bytes body, const struct disclose_context *c)
{
	return disclose_level(k, body, c) > disclose_level(k, previous, c);
}

/* The same questions as is_confidential's, of an entry that is not yet a body. */
static bool
json_is_confidential(const struct kind *k, const cJSON *object, const struct disclose_context *c)
{
	const struct field *f = kind_field_by_word(k, "kind_terms");
	const cJSON *item;
	struct id author;
	struct uuid name;

	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "confidential")))
		return true;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "kind_terms")) {
		const struct code *code = f && f->codes && cJSON_IsString(item)
		    ? code_find(f->codes, bytes_text(item->valuestring)) : NULL;

		if (code && (code->flags & CODE_CONFIDENTIAL))
			return true;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, TAGS))
		if (c->find && c->author && cJSON_IsString(item) &&
		    reference_parse(item->valuestring, c->author, TAGS, &author, &name, NULL) == ERR_OK &&
		    is_confidential_term(c, &author, &name))
			return true;
	return false;
}

void
disclose_fill(const struct kind *k, cJSON *object, const struct disclose_context *c)
{
	bool redacted;

	if (!keeps_level(k) || !cJSON_IsObject(object) || cJSON_GetObjectItemCaseSensitive(object, "disclosure"))
		return;
	redacted = c->protected_org || json_is_confidential(k, object, c);
	if (redacted || is_about_a_place(k))
		cJSON_AddStringToObject(object, "disclosure",
		    disclosure_word(redacted ? DISCLOSURE_REDACTED : DISCLOSURE_MUNICIPALITY));
}

/* --- the author's side --- */

struct judged {
	const struct kind *k;
	const struct record *r;
	const struct disclose_context *c;
	enum disclosure level;
	bool of_others;              /* the organisation concerned is hosted or listed */
	bool concerns_redacted;      /* it refers to, or names, something redacted */
	struct err *e;
	enum err_code rc;
};

/*
 * May the level be what it says? A new entry of what is confidential or protected starts as redacted; later the
 * level of the last version is the loosest, and what has become confidential since starts anew.
 */
static enum err_code
check_level(const struct judged *j)
{
	const struct disclose_context *c = j->c;
	enum disclosure start = start_of(j->k, j->r->body, c), floor = DISCLOSURE_EXACT;

	if (c->previous.len > 0) {
		floor = disclose_level(j->k, c->previous, c);
		if (start > start_of(j->k, c->previous, c) && start > floor)
			floor = start;
	} else if (start == DISCLOSURE_REDACTED) {
		floor = start;
	}
	if (j->level < floor && !c->confirmed)
		return err_set(j->e, ERR_DENIED, "disclosure", "disclosure",
		    "this %s is %s; a looser level is set by `kilim %s disclose`, and confirmed a day later",
		    j->k->word, disclosure_word(floor), j->k->word);
	return ERR_OK;
}

/* Is the organisation concerned another's? One that is not held here counts as another's unless we wrote it. */
static bool
is_of_others(const struct kind *k, const struct record *r, const struct disclose_context *c)
{
	struct bytes relation = get_text(k, r->body, "relation"), reference = get(k, r->body, "organisation"), body;
	const struct kind *found;
	struct cbor_reader in;
	struct id author;
	struct uuid name;

	if (relation.len > 0)
		return !bytes_equal(relation, bytes_text("self"));
	if (reference.len == 0)
		return false;
	cbor_open(&in, reference);
	cbor_array_of(&in, 2);
	cbor_fixed(&in, &author, ID_LEN);
	cbor_fixed(&in, &name, UUID_LEN);
	if (in.fault || !c->find || !c->find(c->self, &author, &name, &body, &found))
		return !id_equal(&author, &r->author);
	relation = get_text(found, body, "relation");
	return !id_equal(&author, &r->author) || !bytes_equal(relation, bytes_text("self"));
}

static enum err_code
check_relation(const struct judged *j)
{
	if (!j->of_others)
		return ERR_OK;
	if (is_about_a_place(j->k) && j->level < DISCLOSURE_MUNICIPALITY)
		return err_set(j->e, ERR_DENIED, "disclosure", "relation",
		    "a place of an organisation that is hosted or listed is told by its municipality at most");
	if (is_confidential(j->k, j->r->body, j->c) && j->level < DISCLOSURE_REDACTED)
		return err_set(j->e, ERR_DENIED, "disclosure", "relation",
		    "a confidential service of another organisation names no place, only a helpline");
	return ERR_OK;
}

/* Fields by their flags: exact ones below exact, all that tell where at territory and redacted. */
static bool
is_forbidden(const struct field *f, enum disclosure level)
{
	if ((f->flags & FIELD_EXACT) && level > DISCLOSURE_EXACT)
		return true;
	return (f->flags & (FIELD_EXACT | FIELD_PLACE)) && level >= DISCLOSURE_TERRITORY;
}

static enum err_code
check_fields(const struct judged *j)
{
	struct cbor_reader r;

	cbor_open(&r, j->r->body);
	for (size_t n = cbor_map(&r); n > 0 && !r.fault; n--) {
		const struct field *f = kind_field(j->k, cbor_key(&r));

		cbor_any(&r);
		if (f && is_forbidden(f, j->level))
			return err_set(j->e, ERR_DENIED, f->word, "disclosure",
			    "a %s that is %s must not tell this (%s); leave it out", j->k->word,
			    j->level == DISCLOSURE_REDACTED ? "redacted" : "shown by its territory or municipality only",
			    f->help);
		if (f && (f->flags & FIELD_EXACT) && j->concerns_redacted)
			return err_set(j->e, ERR_DENIED, f->word, "disclosure",
			    "it names or refers to something whose place is withheld for safety; leave this out");
	}
	return ERR_OK;
}

static bool
check_phone(void *self, const struct text_value *v)
{
	struct judged *j = self;

	if (v->field->type != FIELD_PHONE || !phone_names_town(v->text))
		return true;
	j->rc = err_set(j->e, ERR_DENIED, v->path, "landline",
	    "the area code of %.*s names a town; give a mobile, free or short number", (int)v->text.len,
	    (const char *)v->text.p);
	return false;
}

/* A protected organisation tells of nobody who came to it or went to see it, nor accepts that it is told. */
static enum err_code
check_protected(struct judged *j, const char *path, const struct kind *k, struct bytes body)
{
	struct marks m = { .flag = CODE_UNPROTECTED };

	if (!j->c->protected_org)
		return ERR_OK;
	walk_body(k, body, look_for_mark, &m);
	if (!m.found)
		return ERR_OK;
	return err_set(j->e, ERR_DENIED, path ? path : m.path, "protected",
	    "it tells who visits or pays whom, which is not told of a protected organisation");
}

/* One reference: what it refers to may be stricter than we are (a text about it), or looser (a link to a place). */
static bool
check_reference(void *self, const struct walk_value *v)
{
	struct judged *j = self;
	struct disclose_context alone = { 0 };
	const struct kind *found;
	struct bytes body;
	struct id author;
	struct uuid name;
	enum disclosure level;

	if (!walk_reference(v, &author, &name) || !j->c->find || !j->c->find(j->c->self, &author, &name, &body, &found))
		return true;
	level = disclose_level(found, body, &alone);
	if (level >= DISCLOSURE_TERRITORY)
		j->concerns_redacted = true;
	j->rc = check_protected(j, v->path, found, body);
	if (j->rc || !is_about_a_place(found))
		return !j->rc;
	if (level < j->level)
		j->rc = err_set(j->e, ERR_DENIED, v->path, "disclosure",
		    "it links to a place that is told as %s, and is itself %s", disclosure_word(level),
		    disclosure_word(j->level));
	else if (j->of_others && level < DISCLOSURE_MUNICIPALITY)
		j->rc = err_set(j->e, ERR_DENIED, v->path, "relation",
		    "a place of an organisation that is hosted or listed is told by its municipality at most");
	return !j->rc;
}

/* A place that the version before named: what hides leaves no door behind that everybody can read. */
static bool
check_left(void *self, const struct walk_value *v)
{
	struct judged *j = self;
	const struct kind *found;
	struct bytes body;
	struct id author;
	struct uuid name;
	enum disclosure level;

	if (!walk_reference(v, &author, &name) || !id_equal(&author, &j->r->author) || !j->c->find ||
	    !j->c->find(j->c->self, &author, &name, &body, &found) || !is_about_a_place(found))
		return true;
	level = disclose_level(found, body, &(struct disclose_context){ 0 });
	if (level < j->level)
		j->rc = err_set(j->e, ERR_DENIED, v->path, "disclosure", "the place that it named until now is still told as %s: make "
		    "that %s first; where it is not there, take it out in a change before this one", disclosure_word(level),
		    disclosure_word(j->level));
	return !j->rc;
}

enum err_code
disclose_check(const struct kind *k, const struct record *r, const struct disclose_context *c, struct err *e)
{
	struct disclose_context ours = *c;
	struct judged j = { .k = k, .r = r, .c = &ours, .of_others = is_of_others(k, r, c), .e = e };
	enum err_code rc;

	/* A protected organisation that lists others is not at their address. */
	ours.protected_org = c->protected_org && !j.of_others;
	j.level = disclose_level(k, r->body, &ours);
	if ((rc = check_level(&j)) || (rc = check_relation(&j)) || (rc = check_protected(&j, NULL, k, r->body)))
		return rc;
	walk_body(k, r->body, check_reference, &j);
	if (!j.rc && c->previous.len > 0 && j.level > disclose_level(k, c->previous, &ours))
		walk_body(k, c->previous, check_left, &j);
	if (j.rc)
		return j.rc;
	if (c->guarded_count && lint_names(k, r->body, c->guarded, c->guarded_count))
		j.concerns_redacted = true;
	if ((rc = check_fields(&j)))
		return rc;
	if (j.level >= DISCLOSURE_TERRITORY)
		lint_each_text(k, r->body, check_phone, &j);
	if (j.rc)
		return j.rc;
	return j.level >= DISCLOSURE_TERRITORY || j.concerns_redacted ? lint_check(k, r->body, e) : ERR_OK;
}

/* --- the reader's side --- */

/* Fields of the body's own level that are not shown. A body has each field once, so there are never more. */
#define FIELDS_MOST 128
struct withheld {
	const struct kind *k;
	enum disclosure level;
	const struct field *fields[FIELDS_MOST];
	size_t count;
};

static bool
is_withheld(const struct withheld *w, const struct field *f)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->fields[i] == f)
			return true;
	return false;
}

static void
withhold(struct withheld *w, const struct field *f)
{
	if (f == NULL || is_withheld(w, f))
		return;
	assert(w->count < FIELDS_MOST);
	w->fields[w->count++] = f;
}

/* The first word of a path: "phones[0].label.en" is of the field "phones". */
static void
withhold_path(struct withheld *w, const char *path)
{
	size_t len = strcspn(path, ".[");
	char word[64];

	if (len >= sizeof word)
		return;
	memcpy(word, path, len);
	word[len] = 0;
	withhold(w, kind_field_by_word(w->k, word));
}

static bool
withhold_finding(void *self, const struct lint_finding *f)
{
	withhold_path(self, f->path);
	return true;
}

static bool
withhold_phone(void *self, const struct text_value *v)
{
	if (v->field->type == FIELD_PHONE && phone_names_town(v->text))
		withhold_path(self, v->path);
	return true;
}

static bool
withhold_forbidden(void *self, const struct walk_value *v)
{
	struct withheld *w = self;

	if ((v->field->flags & FIELD_PRIVATE) || is_forbidden(v->field, w->level))
		withhold(w, v->top);
	return true;
}

static void
withhold_texts(struct withheld *w, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((fields[i].type == FIELD_TEXT || fields[i].type == FIELD_MLTEXT) && fields[i].number != w->k->title)
			withhold(w, &fields[i]);
}

/* The one judgement of what a reader may be shown of BODY, whoever signed it. */
static void
judge_shown(const struct kind *k, struct bytes body, enum disclose_as as, struct withheld *out)
{
	enum disclosure stated = disclose_level(k, body, NULL);

	*out = (struct withheld){ .k = k, .level = stated };
	if (as == DISCLOSE_AS_EXPOSED && stated < DISCLOSURE_TERRITORY)
		out->level = DISCLOSURE_TERRITORY;
	if (as == DISCLOSE_AS_REFERRING && stated < DISCLOSURE_MUNICIPALITY)
		out->level = DISCLOSURE_MUNICIPALITY;
	walk_body(k, body, withhold_forbidden, out);
	if (out->level < DISCLOSURE_TERRITORY && as != DISCLOSE_AS_REFERRING)
		return;
	lint_body(k, body, withhold_finding, out);
	if (as == DISCLOSE_AS_EXPOSED) {
		withhold_texts(out, k->fields, k->field_count);
		withhold_texts(out, common_fields, common_fields_count);
	}
	if (stated >= DISCLOSURE_TERRITORY)
		lint_each_text(k, body, withhold_phone, out);
}

bool
disclose_tells(const struct kind *k, struct bytes body)
{
	struct withheld referring, stated;

	judge_shown(k, body, DISCLOSE_AS_REFERRING, &referring);
	judge_shown(k, body, DISCLOSE_AS_STATED, &stated);
	return referring.count > stated.count;
}

void
disclose_prune(const struct kind *k, struct bytes body, cJSON *object)
{
	disclose_prune_as(k, body, DISCLOSE_AS_STATED, object);
}

void
disclose_prune_as(const struct kind *k, struct bytes body, enum disclose_as as, cJSON *object)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "withheld"), *before = list;
	struct withheld w;

	judge_shown(k, body, as, &w);
	for (size_t i = 0; i < w.count; i++) {
		const char *word = w.fields[i]->word;

		if (!cJSON_GetObjectItemCaseSensitive(object, word))
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(object, word);
		if (list == NULL && (list = cJSON_CreateArray()) == NULL)
			abort();
		cJSON_AddItemToArray(list, cJSON_CreateString(word));
	}
	if (list && list != before)
		cJSON_AddItemToObject(object, "withheld", list);
}

struct showing {
	struct withheld withheld;
	bool (*fn)(void *self, const struct walk_value *v);
	void *self;
};

static bool
show(void *self, const struct walk_value *v)
{
	struct showing *s = self;

	return is_withheld(&s->withheld, v->top) || s->fn(s->self, v);
}

void
disclose_walk(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct walk_value *v), void *self)
{
	disclose_walk_as(k, body, DISCLOSE_AS_STATED, fn, self);
}

void
disclose_walk_as(const struct kind *k, struct bytes body, enum disclose_as as,
    bool (*fn)(void *self, const struct walk_value *v), void *self)
{
	struct showing s = { .fn = fn, .self = self };

	judge_shown(k, body, as, &s.withheld);
	walk_body(k, body, show, &s);
}
