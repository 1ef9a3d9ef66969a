#include "node/record/sayings.h"

#include <stdlib.h>
#include <string.h>

#include "node/record/walk.h"
#include "proto/cbor.h"
#include "proto/rule.h"

struct sayings {
	struct said *rows;
	size_t count, cap;
	struct reached *reached;
	size_t reached_count, reached_cap;
};

/* --- one saying --- */

/* What its fields are called in every kind that speaks of others. */
static const char *const subjects[] = { "about", "subject" };
static const char *const others[] = { "own", "accepts", "duplicate_of" };
static const char *const words[] = { "reason", "what" };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool
read_value(void *self, const struct walk_value *v)
{
	struct said *s = self;
	struct cbor_reader r;

	if (is_one_of(v->field->word, subjects, COUNT(subjects))) {
		cbor_open(&r, v->item);
		if (!walk_reference(v, &s->about.author, &s->about.name) && v->field->type == FIELD_KEY)
			cbor_fixed(&r, &s->about.author, ID_LEN);
	} else if (is_one_of(v->field->word, others, COUNT(others))) {
		s->has_other = walk_reference(v, &s->other.author, &s->other.name);
	} else if (is_one_of(v->field->word, words, COUNT(words))) {
		s->code = walk_code(v);
	} else if (v->field->type == FIELD_HASH) {
		cbor_open(&r, v->item);
		cbor_fixed(&r, &s->source, ID_LEN);
	}
	return true;
}

static const struct rule *
bound_of(const struct kind *k, struct bytes body)
{
	for (size_t i = 0; i < k->rule_count; i++)
		if (k->rules[i].demand == RULE_AT_MOST && rule_holds(&k->rules[i], body))
			return &k->rules[i];
	return NULL;
}

/* Nobody speaks of her own: a member's modified node may, and is not heard. Accepting is the exception; so is translating. */
static bool
is_heard(const struct said *s)
{
	bool own = id_equal(&s->by.author, &s->about.author);

	switch (s->says) {
	case SAYS_FLAG:
	case SAYS_CLAIM:
		return !own;
	case SAYS_ENDORSEMENT:
		return own == s->has_other;
	case SAYS_TRANSLATION:
		return true;
	case SAYS_NOTHING:
		break;
	}
	return false;
}

static bool
take(void *self, const struct verified *v)
{
	const struct kind *k = kind_find(v->record.kind);
	struct sayings *all = self;
	struct said s = { .says = k->says, .kind = k, .by = { v->record.author, v->record.name }, .record = v->id,
		.stamp = v->record.stamp, .audience = v->record.audience, .bound = bound_of(k, v->record.body) };

	walk_body(k, v->record.body, read_value, &s);
	if (!is_heard(&s))
		return true;
	all->rows = need_room(all->rows, all->count, &all->cap, sizeof *all->rows);
	all->rows[all->count++] = s;
	return true;
}

/* --- order and bounds --- */

static int
by_age(const struct said *a, const struct said *b)
{
	if (a->stamp != b->stamp)
		return a->stamp < b->stamp ? -1 : 1;
	return memcmp(&a->record, &b->record, sizeof a->record);
}

static int
by_entry(const void *a, const void *b)
{
	const struct said *x = a, *y = b;
	int d = reference_compare(&x->about, &y->about);

	return d ? d : by_age(x, y);
}

static int
by_bound(const void *a, const void *b)
{
	const struct said *x = a, *y = b;
	int d = memcmp(&x->by.author, &y->by.author, sizeof x->by.author);

	if (d == 0 && x->bound != y->bound)
		d = x->bound < y->bound ? -1 : 1;
	return d ? d : by_age(x, y);
}

static bool
is_same_bound(const struct said *a, const struct said *b)
{
	return a->bound == b->bound && id_equal(&a->by.author, &b->by.author);
}

static size_t
most_of_bound(const struct said *x)
{
	return x->bound ? x->bound->most : SIZE_MAX;
}

/* Of those that are the SAME, the first MOST in ORDER stay; ORDER puts them side by side. */
static void
keep_first(struct sayings *s, int (*order)(const void *, const void *),
    bool (*same)(const struct said *a, const struct said *b), size_t (*most)(const struct said *x))
{
	size_t kept = 0, run = 0;
	struct said last = { 0 };

	if (s->count)
		qsort(s->rows, s->count, sizeof *s->rows, order);
	for (size_t i = 0; i < s->count; i++) {
		const struct said row = s->rows[i];

		run = i && same(&row, &last) ? run + 1 : 1;
		if (run <= most(&row))
			s->rows[kept++] = row;
		last = row;
	}
	s->count = kept;
}

/*
 * Of what one author says of one entry with one word (a reason, a claim), and of translations and endorsements, which have none,
 * her newest count: a thousand flags say no more than the last few, but each is weighed against the others.
 */
#define SAME_MOST 4
#define WORDLESS_MOST 40         /* translations: an entry has 32 languages at most */

static int
by_word(const void *a, const void *b)
{
	const struct said *x = a, *y = b;
	int d = reference_compare(&x->about, &y->about);

	if (d == 0)
		d = memcmp(&x->by.author, &y->by.author, sizeof x->by.author);
	if (d == 0 && x->says != y->says)
		d = x->says < y->says ? -1 : 1;
	if (d == 0 && x->code != y->code)
		d = (uintptr_t)x->code < (uintptr_t)y->code ? -1 : 1;
	return d ? d : by_age(y, x);
}

static bool
is_same_word(const struct said *a, const struct said *b)
{
	return a->says == b->says && a->code == b->code && id_equal(&a->by.author, &b->by.author) &&
	    reference_equal(&a->about, &b->about);
}

static size_t
most_of_word(const struct said *x)
{
	return x->code ? SAME_MOST : WORDLESS_MOST;
}

/* --- what it reaches --- */

static bool
is_place(const struct kind *k)
{
	const struct field *f = k ? kind_field_by_word(k, "disclosure") : NULL;

	return f && (f->flags & FIELD_REQUIRED);
}

struct reaching {
	struct sayings *all;
	const struct said *said;
};

static void
reach(struct reaching *w, const struct reference *entry, bool place)
{
	struct sayings *s = w->all;

	if (reference_equal(entry, &w->said->about))
		return;
	s->reached = need_room(s->reached, s->reached_count, &s->reached_cap, sizeof *s->reached);
	s->reached[s->reached_count++] = (struct reached){ *entry, w->said, place };
}

/* Places that the same author entered; those of others are theirs to judge. */
static bool
reach_place(void *self, const struct walk_value *v)
{
	struct reaching *w = self;
	struct reference to;

	if (is_place(kind_find(v->field->target)) && walk_reference(v, &to.author, &to.name) &&
	    id_equal(&to.author, &w->said->about.author))
		reach(w, &to, true);
	return true;
}

/* An entry that belongs to an organisation which somebody has claimed. */
static bool
reach_entry(void *self, const struct verified *v)
{
	struct sayings *all = self;
	const struct said *said;
	size_t count;
	const struct kind *k = kind_find(v->record.kind);
	struct walk_value value = { .field = kind_field_by_word(k, "organisation") };
	struct reference of, entry = { v->record.author, v->record.name };

	value.item = body_get(v->record.body, value.field->number);
	if (value.item.len == 0 || !walk_reference(&value, &of.author, &of.name) || !id_equal(&of.author, &v->record.author))
		return true;
	said = sayings_about(all, &of, &count);
	for (size_t i = 0; i < count; i++) {
		struct reaching w = { all, &said[i] };

		if (said[i].says != SAYS_CLAIM)
			continue;
		reach(&w, &entry, false);
		walk_body(k, v->record.body, reach_place, &w);
	}
	return true;
}

/* What is said of an entry is about the places it names. True: it is a claim about an organisation. */
static bool
reach_from(struct reaching *w, struct records *r, struct store_txn *t)
{
	const struct said *s = w->said;
	struct verified v;
	const struct kind *k;

	if (s->says != SAYS_CLAIM && !(s->says == SAYS_FLAG && s->code && (s->code->flags & CODE_EXPOSES)))
		return false;
	if (!records_referred(r, t, 0, &s->about.author, &s->about.name, &v))
		return false;
	k = kind_find(v.record.kind);
	walk_body(k, v.record.body, reach_place, w);
	return s->says == SAYS_CLAIM && kind_field_by_word(k, "relation");
}

/*
 * A claim about an organisation is about its services and places as well. An author's entries are gone through once, however
 * many of hers are claimed.
 */
static void
reach_all(struct sayings *s, struct records *r, struct store_txn *t)
{
	bool claimed = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct id *author = &s->rows[i].about.author;

		claimed |= reach_from(&(struct reaching){ s, &s->rows[i] }, r, t);
		if (i + 1 < s->count && id_equal(author, &s->rows[i + 1].about.author))
			continue;
		for (size_t k = 0; k < kinds_count && claimed; k++)
			if (kind_field_by_word(kinds[k], "organisation"))
				records_each_of(r, t, kinds[k]->number, author, reach_entry, s);
		claimed = false;
	}
}

static int
by_reached(const void *a, const void *b)
{
	const struct reached *x = a, *y = b;
	int d = reference_compare(&x->entry, &y->entry);

	return d ? d : by_age(x->said, y->said);
}

/* Bounded, in order, and with what they reach. */
static struct sayings *
arrange(struct sayings *s, struct records *r, struct store_txn *t)
{
	keep_first(s, by_bound, is_same_bound, most_of_bound);     /* of what a rule allows N times to an author, the oldest */
	keep_first(s, by_word, is_same_word, most_of_word);
	if (s->count)
		qsort(s->rows, s->count, sizeof *s->rows, by_entry);
	reach_all(s, r, t);
	if (s->reached_count)
		qsort(s->reached, s->reached_count, sizeof *s->reached, by_reached);
	return s;
}

struct sayings *
sayings_gather(struct records *r, struct store_txn *t)
{
	struct sayings *s = need_zeroed(1, sizeof *s);

	for (size_t i = 0; i < kinds_count; i++)
		if (kinds[i]->says != SAYS_NOTHING)
			records_each(r, t, kinds[i]->number, take, s);
	return arrange(s, r, t);
}

static bool
take_exposing(void *self, const struct verified *v)
{
	struct sayings *s = self;

	take(s, v);
	if (s->count && (s->rows[s->count - 1].code == NULL || !(s->rows[s->count - 1].code->flags & CODE_EXPOSES)))
		s->count--;
	return true;
}

struct sayings *
sayings_exposing(struct store_txn *t)
{
	struct sayings *s = need_zeroed(1, sizeof *s);

	for (size_t i = 0; i < kinds_count; i++)
		if (kinds[i]->says == SAYS_FLAG)
			records_each(NULL, t, kinds[i]->number, take_exposing, s);
	return arrange(s, NULL, t);
}

void
sayings_free(struct sayings *s)
{
	if (s == NULL)
		return;
	free(s->rows);
	free(s->reached);
	free(s);
}

/* --- looking up --- */

const struct said *
sayings_about(const struct sayings *s, const struct reference *entry, size_t *out_count)
{
	size_t low = 0, high = s->count, end;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (reference_compare(&s->rows[mid].about, entry) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < s->count && reference_equal(&s->rows[end].about, entry);)
		end++;
	*out_count = end - low;
	return s->rows + low;
}

const struct reached *
sayings_reaching(const struct sayings *s, const struct reference *entry, size_t *out_count)
{
	size_t low = 0, high = s->reached_count, end;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (reference_compare(&s->reached[mid].entry, entry) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < s->reached_count && reference_equal(&s->reached[end].entry, entry);)
		end++;
	*out_count = end - low;
	return s->reached + low;
}

void
sayings_each(const struct sayings *s, void (*fn)(void *self, const struct reference *entry), void *self)
{
	for (size_t i = 0; i < s->count; i++) {
		if (i == 0 || !reference_equal(&s->rows[i].about, &s->rows[i - 1].about))
			fn(self, &s->rows[i].about);
		fn(self, &s->rows[i].by);
	}
	for (size_t i = 0; i < s->reached_count; i++)
		if (i == 0 || !reference_equal(&s->reached[i].entry, &s->reached[i - 1].entry))
			fn(self, &s->reached[i].entry);
}
