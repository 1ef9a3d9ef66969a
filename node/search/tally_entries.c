/* Which entries are counted. */
#include "node/search/tallying.h"

#include <stdlib.h>
#include <string.h>

#include "node/record/freshness.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/kinds/tables.h"
#include "proto/stamp.h"

#define EPOCH_DAY 18262            /* 2020-01-01 */

/* --- entries that meet a term --- */

/* The first of the entries, from position FROM on, at or behind document DOC: in steps that double. */
static size_t
gallop(const struct tallying *y, size_t from, uint32_t doc)
{
	size_t step = 1, high;

	while (from + step < y->count && y->docs[from + step] < doc)
		step *= 2;
	high = from + step < y->count ? from + step : y->count;
	from += step / 2;
	while (from < high) {
		size_t mid = (from + high) / 2;

		if (y->docs[mid] < doc)
			from = mid + 1;
		else
			high = mid;
	}
	return from;
}

bool
tally_is_costly(struct tallying *y)
{
	if (y->q->max_postings && y->read > y->q->max_postings)
		y->too_costly = true;
	return y->too_costly;
}

void
tally_meet(struct tallying *y, const struct term *term, void (*fn)(void *self, uint32_t at), void *self)
{
	struct postings *p = postings_open(y->t, term);
	struct posting one;
	size_t at = 0;
	bool more = postings_next(p, &one);

	while (more && !tally_is_costly(y)) {
		y->read++;
		if (at < y->count && y->docs[at] < one.doc)
			at = gallop(y, at, one.doc);
		if (at == y->count)
			break;
		if (y->docs[at] == one.doc) {
			fn(self, (uint32_t)at++);
			more = postings_next(p, &one);
		} else {
			more = postings_seek(p, y->docs[at], &one);
		}
	}
	postings_close(p);
}

/* --- which entries --- */

static int
by_record(const void *a, const void *b)
{
	return memcmp(a, b, sizeof ((const struct tally_said *)NULL)->record);
}

const struct tally_said *
tally_said_of(const struct tally_query *q, const uint8_t record[8])
{
	return q->said_count ? bsearch(record, q->said, q->said_count, sizeof *q->said, by_record) : NULL;
}

bool
tally_admits(const struct tally_query *q, const struct index_doc *d, uint8_t *out_bits)
{
	const struct tally_said *s = tally_said_of(q, d->record);
	int64_t day = EPOCH_DAY + d->verified_day;
	enum freshness fresh;

	if (!(q->audiences >> d->audience & 1) || (s && (s->flags & TALLY_HIDDEN)))
		return false;
	if (s && s->confirmed_day > day)
		day = s->confirmed_day;
	fresh = freshness_by_day(day, d->stale_days, q->now_ms / DAY_MS);
	*out_bits = (uint8_t)(fresh | (d->flags & INDEX_CONFIDENTIAL ? TALLYING_CONFIDENTIAL : 0) |
	    (s && (s->flags & TALLY_UNPLACED) ? TALLYING_UNPLACED : 0));
	return !(d->ends && q->now_ms / 1000 >= d->ends) && !((d->flags & INDEX_FADES) && fresh >= FRESHNESS_STALE);
}

static void
consider(struct tallying *y, struct docs *rows, uint32_t doc)
{
	struct index_doc d;
	uint8_t bits;

	if (!docs_get(rows, doc, &d) || (y->q->kind && d.kind != y->q->kind) || !tally_admits(y->q, &d, &bits))
		return;
	if (y->count == y->cap) {
		y->cap = y->cap ? y->cap * 2 : 1024;
		y->docs = need_realloc(y->docs, y->cap * sizeof *y->docs);
		y->fresh = need_realloc(y->fresh, y->cap);
		y->kinds = need_realloc(y->kinds, y->cap * sizeof *y->kinds);
	}
	y->docs[y->count] = doc;
	y->fresh[y->count] = bits;
	y->kinds[y->count++] = d.kind;
}

/* Documents that have one of some terms, in any order, some twice. */
struct having {
	struct tallying *y;
	uint32_t *docs;
	size_t count, cap;
};

static void
note_having(void *self, const struct term *term)
{
	struct having *h = self;
	struct postings *p = postings_open(h->y->t, term);
	struct posting one;

	while (postings_next(p, &one) && !tally_is_costly(h->y)) {
		h->y->read++;
		h->docs = need_room(h->docs, h->count, &h->cap, sizeof *h->docs);
		h->docs[h->count++] = one.doc;
	}
	postings_close(p);
}

int
tally_by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
consider_all(struct tallying *y, struct having *h)
{
	struct docs rows;
	bool sorted = true;

	for (size_t i = 1; i < h->count && sorted; i++)
		sorted = h->docs[i - 1] < h->docs[i];
	if (!sorted)
		qsort(h->docs, h->count, sizeof *h->docs, tally_by_number);
	docs_open(&rows, y->t);
	for (size_t i = 0; i < h->count; i++)
		if (i == 0 || h->docs[i] != h->docs[i - 1])
			consider(y, &rows, h->docs[i]);
	free(h->docs);
}

static void
gather_kinds(struct tallying *y)
{
	struct having h = { .y = y };

	for (size_t i = 0; i < kinds_count; i++) {
		struct term term = { TERM_KIND, (uint8_t)strlen(kinds[i]->word), kinds[i]->word };

		if (!(kinds[i]->flags & KIND_INTERNAL) && (y->q->kind == 0 || y->q->kind == kinds[i]->number))
			note_having(&h, &term);
	}
	consider_all(y, &h);
}

/* All keys that the filters of AXIS mean; free_keys. */
static enum err_code
wanted_keys(struct tallying *y, enum tally_axis axis, char ***out, size_t *out_count, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < y->q->filter_count && rc == ERR_OK; i++)
		if (y->q->filters[i].axis == axis)
			rc = names_wanted(y, axis, y->q->filters[i].value, out, out_count, e);
	return rc;
}

static void
free_keys(char **keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(keys[i]);
	free(keys);
}

/* Of a filter by terms only their documents are looked at. False: there is none. */
static bool
gather_by_filter(struct tallying *y, enum err_code *rc, struct err *e)
{
	static const enum tally_axis narrow_first[] = { AXIS_PLACE, AXIS_TOPIC, AXIS_CHANNEL, AXIS_ACCESS, AXIS_LANGUAGE,
		AXIS_TERRITORY, AXIS_TEXT_LANGUAGE };
	struct having h = { .y = y };

	for (size_t i = 0; i < sizeof narrow_first / sizeof *narrow_first; i++) {
		char **keys = NULL;
		size_t count = 0;

		if ((*rc = wanted_keys(y, narrow_first[i], &keys, &count, e)) == ERR_OK && count)
			axis_terms(y, narrow_first[i], keys, count, note_having, &h);
		free_keys(keys, count);
		if (*rc || count) {
			consider_all(y, &h);
			return true;
		}
	}
	return false;
}

/* Only the entries that are in KEEP stay. */
static void
keep(struct tallying *y, const uint8_t *kept)
{
	size_t to = 0;

	for (size_t i = 0; i < y->count; i++)
		if (kept[i]) {
			y->docs[to] = y->docs[i];
			y->fresh[to] = y->fresh[i];
			y->kinds[to++] = y->kinds[i];
		}
	y->count = to;
}

static void
mark(void *self, uint32_t at)
{
	((uint8_t *)self)[at] = 1;
}

/* --- entries whose place must stay unknown --- */

bool
tally_conceals(const struct verified *v)
{
	const struct kind *k = kind_find(KIND_TERM);
	const struct code *c = code_find(&safety_codes,
	    body_text(v->record.body, kind_field_by_word(k, "safety")->number, NULL));

	return c && (c->flags & CODE_CONFIDENTIAL);
}

struct marking {
	struct tallying *y;
	uint8_t *marked;
	struct bytes code;             /* only terms of this code; empty: all */
	bool found;
};

static bool
mark_referring(void *self, const struct verified *v)
{
	struct marking *m = self;
	const struct kind *k = kind_find(KIND_TERM);
	uint8_t key[ID_LEN + UUID_LEN];
	struct term term = { TERM_ABOUT, sizeof key, (const char *)key };

	m->y->read++;
	if (!tally_conceals(v) ||
	    (m->code.len && !bytes_equal(m->code, body_text(v->record.body, k->code, NULL))))
		return !tally_is_costly(m->y);
	memcpy(key, v->record.author.b, ID_LEN);
	memcpy(key + ID_LEN, v->record.name.b, UUID_LEN);
	tally_meet(m->y, &term, mark, m->marked);
	return !m->y->too_costly;
}

/* They are left out of everything, whatever is asked: a table with them would tell of them by subtraction. */
static void
leave_out_confidential(struct tallying *y)
{
	struct marking m = { .y = y, .marked = need_zeroed(y->count + 1, 1) };

	for (size_t i = 0; i < y->count; i++)
		m.marked[i] = (y->fresh[i] & TALLYING_CONFIDENTIAL) != 0;
	records_each(y->r, y->t, KIND_TERM, mark_referring, &m);
	for (size_t i = 0; i < y->count; i++)
		m.marked[i] = !m.marked[i];
	keep(y, m.marked);
	free(m.marked);
}

static const struct code *
confidential_code(struct bytes code)
{
	const struct code *c = code_find(&service_codes, code);

	return c && (c->flags & CODE_CONFIDENTIAL) ? c : NULL;
}

struct seeking {
	struct bytes code;
	bool found;
};

static bool
seek_confidential(void *self, const struct verified *v)
{
	struct seeking *s = self;

	s->found = tally_conceals(v) &&
	    bytes_equal(s->code, body_text(v->record.body, kind_find(KIND_TERM)->code, NULL));
	return !s->found;
}

static bool
is_confidential(struct records *r, struct store_txn *t, struct bytes code)
{
	struct seeking s = { .code = code, .found = confidential_code(code) != NULL };

	if (!s.found)
		records_each(r, t, KIND_TERM, seek_confidential, &s);
	return s.found;
}

/* "strehë" is asked for as well as "shelter". */
bool
tally_confidential(struct records *r, struct store_txn *t, const struct lexicon *l, struct bytes topic,
    struct bytes *out_code)
{
	size_t found[4], n = lexicon_named(l, LEXEME_TOPIC, topic, found, 4);

	*out_code = topic;
	if (is_confidential(r, t, topic))
		return true;
	for (size_t i = 0; i < n; i++) {
		*out_code = bytes_text(lexicon_at(l, found[i])->code);
		if (is_confidential(r, t, *out_code))
			return true;
	}
	return false;
}

/* --- filters --- */

static enum err_code
apply_filter(struct tallying *y, enum tally_axis axis, struct err *e)
{
	char **wanted = NULL;
	size_t count = 0;
	enum err_code rc = wanted_keys(y, axis, &wanted, &count, e);

	if (rc == ERR_OK && count) {
		uint8_t *kept = need_zeroed(y->count + 1, 1);
		struct axis x;

		axis_make(y, axis, wanted, count, &x);
		for (size_t i = 0; i < y->count; i++)
			kept[i] = x.from[i] < x.from[i + 1];
		keep(y, kept);
		axis_done(&x);
		free(kept);
	}
	free_keys(wanted, count);
	return rc;
}

/* --- by time --- */

/* The body of an entry is read only where its row cannot say. */
static bool
record_of(struct tallying *y, uint32_t doc, struct verified *out)
{
	struct id id;

	y->read++;
	return index_record_id(y->t, doc, &id) && records_get(y->r, y->t, &id, out);
}

static int64_t
day_of(struct tallying *y, const struct index_doc *d)
{
	const struct kind *k = kind_find(d->kind);
	const struct field *start = k ? kind_field_by_word(k, "start") : NULL;
	struct cbor_reader r;
	struct verified v;

	if (start == NULL || !record_of(y, d->number, &v))
		return EPOCH_DAY + d->verified_day;
	cbor_open(&r, body_get(v.record.body, start->number));
	return cbor_int(&r) / DAY_S;
}

static void
keep_period(struct tallying *y)
{
	uint8_t *kept = need_zeroed(y->count + 1, 1);
	struct docs rows;
	struct index_doc d;

	docs_open(&rows, y->t);
	for (size_t i = 0; i < y->count && !tally_is_costly(y); i++) {
		int64_t day = docs_get(&rows, y->docs[i], &d) ? day_of(y, &d) : 0;

		kept[i] = day >= y->q->from_day && (y->q->to_day == 0 || day <= y->q->to_day);
	}
	keep(y, kept);
	free(kept);
}

/* An entry is signed no earlier than it was verified: only of old ones the stamp is looked at. */
static bool
is_ending(struct tallying *y, const struct index_doc *d)
{
	int64_t soon = y->q->now_ms / DAY_MS + TALLY_ENDING_DAYS, life = kind_life_days(d->kind);
	struct verified v;

	if (d->ends && d->ends / DAY_S <= soon)
		return true;
	return life && EPOCH_DAY + d->verified_day + life <= soon && record_of(y, d->number, &v) &&
	    stamp_unix_ms(v.record.stamp) / DAY_MS + life <= soon;
}

static void
mark_ending(struct tallying *y)
{
	struct docs rows;
	struct index_doc d;

	docs_open(&rows, y->t);
	for (size_t i = 0; i < y->count && !tally_is_costly(y); i++)
		if (docs_get(&rows, y->docs[i], &d) && is_ending(y, &d))
			y->fresh[i] |= TALLYING_ENDING;
}

/* --- all together --- */

/* Is a confidential topic asked for? Then it is asked for alone. */
static enum err_code
find_confidential(struct tallying *y, struct bytes *out, struct err *e)
{
	const struct tally_query *q = y->q;
	struct bytes code;

	*out = (struct bytes){ NULL, 0 };
	for (size_t i = 0; i < q->filter_count; i++)
		if (q->filters[i].axis == AXIS_TOPIC && tally_confidential(y->r, y->t, y->l, q->filters[i].value, &code))
			*out = code;
	if (out->len == 0)
		return ERR_OK;
	if (q->kind == 0 || q->from_day || q->to_day)
		return err_set(e, ERR_INPUT, "query", "confidential",
		    "where help of this sort is given must stay unknown: it is counted of one kind, as of today");
	if (q->filter_count > 1)
		return err_set(e, ERR_INPUT, "where", "confidential",
		    "where help of this sort is given must stay unknown: it is counted by itself, without other filters");
	if (q->by_count > 1 || (q->by_count == 1 && q->by[0] != AXIS_TERRITORY))
		return err_set(e, ERR_INPUT, "by", "confidential",
		    "where help of this sort is given must stay unknown: it is counted by territory and nothing else");
	return ERR_OK;
}

static void
keep_confidential(struct tallying *y, struct bytes code)
{
	struct marking m = { .y = y, .marked = need_zeroed(y->count + 1, 1), .code = code };
	struct term term = { TERM_TOPIC, (uint8_t)(code.len < INDEX_KEY ? code.len : INDEX_KEY), (const char *)code.p };

	if (confidential_code(code))
		tally_meet(y, &term, mark, m.marked);
	records_each(y->r, y->t, KIND_TERM, mark_referring, &m);
	keep(y, m.marked);
	free(m.marked);
}

enum err_code
entries_choose(struct tallying *y, struct tally *out, struct err *e)
{
	struct bytes confidential;
	enum err_code rc;

	if ((rc = find_confidential(y, &confidential, e)))
		return rc;
	if (confidential.len || !gather_by_filter(y, &rc, e))
		gather_kinds(y);
	if (confidential.len) {
		out->confidential = true;
		keep_confidential(y, confidential);
	} else {
		out->left_out = true;
		leave_out_confidential(y);
	}
	for (int a = 0; a < AXES && rc == ERR_OK && !confidential.len; a++)
		rc = apply_filter(y, (enum tally_axis)a, e);
	if ((y->q->from_day || y->q->to_day) && !confidential.len)
		keep_period(y);
	if (y->q->ending && y->q->now_ms && !confidential.len)
		mark_ending(y);
	return rc;
}
