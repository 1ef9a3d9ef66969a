/* Filters, and what is given up when nothing is found. */
#include "node/search/asking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/freshness.h"
#include "node/search/open.h"
#include "proto/calendar.h"
#include "proto/territory.h"

#define EPOCH_DAY 18262            /* 2020-01-01, which rows count from */
#define DUE_FACTOR 0.9f
#define STALE_FACTOR 0.75f
#define OWN_FACTOR 1.15f
#define EXCHANGE_FACTOR 0.7f      /* what organisations ask of and offer each other, where no kind was asked for */
#define NEIGHBOUR_FACTOR 0.5f      /* what is shown from there because nothing was found */
#define NEAR_KM 40.0f              /* so far away is worth half */

static enum err_code
too_costly(struct err *e)
{
	return err_set(e, ERR_LIMIT, "query", "cost", "more would have to be read than is allowed; ask for less");
}

/* --- who may be shown --- */

/* Neighbours are mostly of one kind: it is looked up when it changes. */
static bool
is_beside(struct running *r, uint16_t kind)
{
	if (kind != r->last_kind) {
		const struct kind *k = kind_find(kind);

		r->last_kind = kind;
		r->last_beside = k == NULL || (k->flags & KIND_BESIDE);
	}
	return r->last_beside;
}

static uint8_t
bits_of(const char *words)
{
	uint8_t bits = 0;

	for (; *words; words += strcspn(words, " "), words += *words == ' ')
		for (size_t i = 0; i < territory_codes.count; i++)
			if (strncmp(words, territory_codes.codes[i].word, TERRITORY_WORD) == 0)
				bits |= (uint8_t)(1u << i);
	return bits;
}

static int
by_record(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct index_doc *)0)->record));
}

static bool
is_hidden(const struct query *q, const struct index_doc *row)
{
	return q->hidden.len && bsearch(row->record, q->hidden.p, q->hidden.len / sizeof row->record, sizeof row->record, by_record);
}

static bool
is_shown(struct running *r, const struct index_doc *row)
{
	const struct query *q = r->q;

	if (!(q->audiences >> row->audience & 1) || (r->territories && !(row->territories & r->territories)))
		return false;
	if ((!r->kinds_asked && is_beside(r, row->kind)) || is_hidden(q, row))
		return false;
	return row->ends == 0 || q->never_ends || q->now_ms / 1000 < row->ends;
}

/* Where it is: the territory that was asked for comes first, else our own. */
static float
worth_of_territory(const struct running *r, uint8_t territories)
{
	if (territories & r->first)
		return OWN_FACTOR;
	return r->relaxed & RELAXED_NEIGHBOURS ? NEIGHBOUR_FACTOR : 1;
}

/* Who asks for everything looks for help: the board where organisations ask each other comes behind it. */
static float
worth_of_kind(const struct running *r, uint16_t kind)
{
	return r->kinds_asked || kind >> 8 != COLLECTION_EXCHANGE ? 1 : EXCHANGE_FACTOR;
}

/* Fresh before due before stale, the right territory first. */
static float
worth_of(void *self, const struct index_doc *row)
{
	static const float by_freshness[] = { [FRESHNESS_FRESH] = 1, [FRESHNESS_DUE] = DUE_FACTOR,
		[FRESHNESS_STALE] = STALE_FACTOR };
	struct running *r = self;
	const struct query *q = r->q;
	enum freshness f;

	if (!is_shown(r, row))
		return 0;
	f = freshness_by_day(EPOCH_DAY + row->verified_day, row->stale_days, r->today);
	if ((q->fresh_only && f != FRESHNESS_FRESH) || ((row->flags & INDEX_FADES) && f == FRESHNESS_STALE && !q->never_ends))
		return 0;
	return by_freshness[f] * worth_of_territory(r, row->territories) * worth_of_kind(r, row->kind);
}

/* --- filters --- */

static bool
is_given_up(const struct running *r, uint8_t class)
{
	if (class == TERM_PLACE)
		return r->relaxed & (RELAXED_REMOTE | RELAXED_NEIGHBOURS);
	if (class == TERM_SPEAKS)
		return r->relaxed & (RELAXED_INTERPRETER | RELAXED_LANGUAGE);
	return class == TERM_CHANNEL && (r->relaxed & RELAXED_REMOTE);
}

bool
running_read(struct running *r, uint64_t postings)
{
	r->asked->read += postings;
	return r->q->max_postings == 0 || r->asked->read <= r->q->max_postings;
}

/* Candidates that have TERM and passed STEP filters pass one more; those KM away are no farther. */
static bool
pass_term(struct running *r, uint8_t class, struct bytes key, uint16_t step, int km)
{
	struct term term = { class, (uint8_t)key.len, (const char *)key.p };
	struct postings *p;
	struct posting one = { .doc = 0 };
	uint64_t read = 0;
	bool more = key.len > 0 && key.len <= INDEX_KEY;

	if (!more)
		return true;
	p = postings_open(r->txn, &term);
	for (size_t i = 0; i < r->found.count && more; i++) {
		struct candidate *c = &r->found.list[i];

		if (c->passed < step)
			continue;
		if ((one.doc < c->doc || read == 0) && (read++, !(more = postings_seek(p, c->doc, &one))))
			break;
		if (one.doc != c->doc)
			continue;
		c->passed = (uint16_t)(step + 1);
		if (km >= 0 && (c->km < 0 || km < c->km))
			c->km = km;
	}
	postings_close(p);
	return running_read(r, read);
}

/* Only what passed STEP filters stays. */
static void
sift(struct running *r, uint16_t step)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->found.count; i++)
		if (r->found.list[i].passed >= step)
			r->found.list[kept++] = r->found.list[i];
	r->found.count = kept;
}

/* A topic is a code, or a record that entries refer to: either will do. */
static uint8_t
class_of(const struct query_filter *f)
{
	return f->class == TERM_ABOUT ? TERM_TOPIC : f->class;
}

static bool
pass_class(struct running *r, uint8_t class, uint16_t *step)
{
	const struct query *q = r->q;
	bool any = false, go_on = true;

	if (is_given_up(r, class))
		return true;
	for (size_t i = 0; i < q->filter_count && go_on; i++) {
		if (class_of(&q->filters[i]) != class)
			continue;
		any = true;
		go_on = pass_term(r, q->filters[i].class, q->filters[i].key, *step, -1);
	}
	if (any && go_on)
		sift(r, ++*step);
	return go_on;
}

static bool
pass_places(struct running *r, uint16_t *step)
{
	const struct query *q = r->q;
	bool go_on = true;

	if (!q->near || r->relaxed & (RELAXED_REMOTE | RELAXED_NEIGHBOURS))
		return true;
	for (size_t i = 0; i < q->place_count && go_on; i++)
		go_on = pass_term(r, TERM_PLACE, q->places[i].key, *step, q->places[i].km);
	if (go_on)
		sift(r, ++*step);
	return go_on;
}

/* Every code of a way that needs no journey. */
static bool
pass_remote(struct running *r, uint16_t *step)
{
	const struct code_list *done[4] = { NULL };
	size_t lists = 0;

	for (size_t i = 0; i < kinds_count; i++)
		for (size_t f = 0; f < kinds[i]->field_count; f++)
			for (size_t g = 0; g < kinds[i]->fields[f].field_count; g++) {
				const struct code_list *l = kinds[i]->fields[f].fields[g].codes;
				bool seen = l == NULL || l->facet != FACET_CHANNEL || lists == sizeof done / sizeof *done;

				for (size_t d = 0; d < lists; d++)
					seen |= done[d] == l;
				if (seen)
					continue;
				done[lists++] = l;
				for (size_t c = 0; c < l->count; c++)
					if ((l->codes[c].flags & CODE_REMOTE) &&
					    !pass_term(r, TERM_CHANNEL, bytes_text(l->codes[c].word), *step, -1))
						return false;
			}
	sift(r, ++*step);
	return true;
}

bool
running_record(struct running *r, const struct candidate *c, struct verified *out)
{
	struct id id;

	return index_record_id(r->txn, c->doc, &id) && records_get(r->records, r->txn, &id, out);
}

/* What only the record says: hours, interpreters. */
static bool
pass_record(struct running *r, struct candidate *c)
{
	const struct kind *k;
	const struct field *f;
	struct verified v;
	enum open_state state;

	if (!running_record(r, c, &v))
		return false;
	k = kind_find(v.record.kind);
	f = kind_field_by_word(k, "interpretation");
	if ((r->relaxed & RELAXED_INTERPRETER) && !(r->relaxed & RELAXED_LANGUAGE) &&
	    (f == NULL || body_get(v.record.body, f->number).len == 0))
		return false;
	if (!r->q->open_now)
		return true;
	state = open_at(k, v.record.body, r->q->now_ms, &c->opens_ms);
	if (r->relaxed & RELAXED_OPENS_LATER)
		return state == OPEN_LATER;
	c->opens_ms = 0;
	return state == OPEN_NOW;
}

static bool
pass_records(struct running *r)
{
	size_t kept = 0;
	bool needed = r->q->open_now || (r->relaxed & RELAXED_INTERPRETER);

	if (!needed)
		return true;
	for (size_t i = 0; i < r->found.count; i++)
		if (pass_record(r, &r->found.list[i]))
			r->found.list[kept++] = r->found.list[i];
	if (!running_read(r, r->found.count))
		return false;
	r->found.count = kept;
	return true;
}

/* --- where no words are asked: every document --- */

static bool
take_one(void *self, const struct index_doc *row)
{
	struct running *r = self;
	float worth = worth_of(r, row);

	if (worth > 0) {
		struct candidate *c = candidates_add(&r->found);

		c->doc = row->number;
		c->score = worth;
	}
	return running_read(r, 1);
}

/* --- one attempt --- */

static bool
attempt(struct running *r)
{
	static const uint8_t classes[] = { TERM_KIND, TERM_PLACE, TERM_SPEAKS, TERM_TEXT_LANGUAGE, TERM_TOPIC, TERM_CHANNEL,
		TERM_ACCESS, TERM_AUTHOR };
	const struct judge judge = { worth_of, r, r->q->hidden.len > 0 };
	uint16_t step = 0;
	uint8_t asked;
	bool ok;

	r->found.count = 0;
	asked = r->q->territories;
	if (asked == 0 && r->relaxed & (RELAXED_REMOTE | RELAXED_NEIGHBOURS))
		asked = r->q->place_territories;
	r->territories = asked;
	r->first = asked ? asked : r->q->place_territories ? r->q->place_territories : r->q->own_territories;
	for (size_t i = 0; (r->relaxed & RELAXED_NEIGHBOURS) && i < territory_codes.count; i++)
		if (asked >> i & 1)
			r->territories |= bits_of(territory_neighbours(bytes_text(territory_codes.codes[i].word)));
	if (r->territories)
		r->territories |= bits_of("WB");               /* what is for the whole region is everywhere */
	ok = r->asked->words ? rank_words(r->asked, r->txn, r->q->max_postings, &judge, &r->found) : docs_each(r->txn, take_one, r);
	for (size_t i = 0; ok && i < sizeof classes; i++)
		ok = pass_class(r, classes[i], &step);
	ok = ok && pass_places(r, &step) && (!(r->relaxed & RELAXED_REMOTE) || pass_remote(r, &step));
	return ok && pass_records(r);
}

const char *
query_relaxed_word(unsigned bit)
{
	switch (bit) {
	case RELAXED_REMOTE: return "remote";
	case RELAXED_OPENS_LATER: return "opens-later";
	case RELAXED_INTERPRETER: return "interpreter";
	case RELAXED_NEIGHBOURS: return "neighbours";
	case RELAXED_LANGUAGE: return "language";
	default: return "";
	}
}

static bool
has_filter(const struct query *q, uint8_t class)
{
	for (size_t i = 0; i < q->filter_count; i++)
		if (q->filters[i].class == class)
			return true;
	return false;
}

/* What there is to give up. */
static unsigned
relaxable(const struct query *q)
{
	unsigned bits = 0;

	if (q->near || has_filter(q, TERM_PLACE))
		bits |= RELAXED_REMOTE;
	if (q->open_now)
		bits |= RELAXED_OPENS_LATER;
	if (q->territories || q->place_territories)
		bits |= RELAXED_NEIGHBOURS;
	if (has_filter(q, TERM_SPEAKS))
		bits |= RELAXED_INTERPRETER | RELAXED_LANGUAGE;
	return bits;
}

/* First as asked, then each thing given up alone, then one after the other. */
static bool
run_relaxed(struct running *r)
{
	unsigned may = relaxable(r->q), tried = 0;

	if (!attempt(r))
		return false;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned bit = 1; bit < 1u << RELAXED_STEPS && r->found.count == 0; bit <<= 1) {
			if (!(may & bit))
				continue;
			tried = round == 0 ? 0 : tried;
			tried |= bit;
			r->relaxed = tried;
			if (!attempt(r))
				return false;
		}
	if (r->found.count == 0)
		r->relaxed = 0;
	return true;
}

/* --- a query --- */

/* The nearest first among equals. */
static void
weigh_distance(struct running *r)
{
	for (size_t i = 0; r->q->near && i < r->found.count; i++) {
		struct candidate *c = &r->found.list[i];

		if (c->km >= 0)
			c->score *= NEAR_KM / (NEAR_KM + (float)c->km);
	}
}

static bool
asks_something(const struct query *q, const struct asked *a)
{
	return a->words > 0 || q->filter_count > 0 || q->territories || q->near || q->open_now || q->fresh_only;
}

enum err_code
query_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct query *q, struct found *out,
    struct err *e)
{
	struct running run = { .records = r, .txn = t, .q = q, .today = q->now_ms / DAY_MS,
		.kinds_asked = has_filter(q, TERM_KIND) };
	enum err_code rc;

	assert(q->limit > 0 && q->limit <= QUERY_LIMIT_MOST);
	*out = (struct found){ .asked = need_zeroed(1, sizeof *out->asked) };
	run.asked = out->asked;
	if ((rc = asked_read(out->asked, t, l, q->text, e)))
		return rc;
	if (!asks_something(q, out->asked))
		return err_set(e, ERR_INPUT, "text", "required", "say what you look for, in words or by an option");
	if (!run_relaxed(&run)) {
		rc = too_costly(e);
		goto out;
	}
	out->total = run.found.count;
	out->relaxed = run.relaxed;
	if (q->facets && !facets_count(&run, out))
		rc = too_costly(e);
	weigh_distance(&run);
	if (rc == ERR_OK)
		pages_put(&run, out);
out:
	out->read = run.asked->read;
	free(run.found.list);
	return rc;
}

void
found_done(struct found *f)
{
	free(f->hits);
	free(f->facets);
	asked_free(f->asked);
	*f = (struct found){ .count = 0 };
}
