/* Filters, order, pages, facets, and what is given up when nothing is found. */
#include "node/search/asking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/freshness.h"
#include "node/search/open.h"
#include "proto/cbor.h"
#include "proto/stamp.h"
#include "proto/territory.h"

#define EPOCH_DAY 18262            /* 2020-01-01, which rows count from */
#define DUE_FACTOR 0.9f
#define STALE_FACTOR 0.75f
#define OWN_FACTOR 1.15f
#define NEAR_KM 40.0f              /* so far away is worth half */
#define LOOKED_AT 64               /* of the best: their titles are compared with the whole query */
#define LOOKED_FAR 100             /* hits behind a page's that are looked through for other organisations */
#define TITLE_IS 1.4f
#define TITLE_HAS 1.15f

struct running {
	struct records *records;
	struct store_txn *txn;
	const struct query *q;
	struct asked *asked;
	unsigned relaxed;
	uint8_t territories;           /* after relaxing; 0: everywhere */
	bool kinds_asked;
	struct candidates found;       /* what passes, in order of document */
};

static enum err_code
too_costly(struct err *e)
{
	return err_set(e, ERR_LIMIT, "query", "cost", "more would have to be read than is allowed; ask for less");
}

/* --- who may be shown --- */

static bool
is_beside(uint16_t kind)
{
	const struct kind *k = kind_find(kind);

	return k == NULL || (k->flags & KIND_BESIDE);
}

static enum freshness
freshness_of_row(const struct index_doc *row, int64_t now_ms)
{
	return freshness_by_day(EPOCH_DAY + row->verified_day, row->stale_days, now_ms / DAY_MS);
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

static bool
admits(void *self, const struct index_doc *row)
{
	const struct running *r = self;
	const struct query *q = r->q;
	static uint8_t everywhere;

	if (everywhere == 0)
		everywhere = bits_of("WB");
	if (!(q->audiences >> row->audience & 1) || (!r->kinds_asked && is_beside(row->kind)))
		return false;
	if (r->territories && !(row->territories & (r->territories | everywhere)))
		return false;
	if (q->never_ends)
		return true;
	if (row->ends > 0 && q->now_ms / 1000 >= row->ends)
		return false;
	return !(row->flags & INDEX_FADES) || freshness_of_row(row, q->now_ms) != FRESHNESS_STALE;
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

static bool
count_read(struct running *r, uint64_t postings)
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
	return count_read(r, read);
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

static bool
body_of(struct running *r, const struct candidate *c, struct verified *out)
{
	struct id id;

	return index_record_id(r->txn, c->doc, &id) && records_get(r->records, r->txn, &id, out);
}

/* What only the record says: hours, interpreters. */
static bool
pass_record(struct running *r, struct candidate *c)
{
	const struct kind *k = kind_find(c->row.kind);
	const struct field *f = kind_field_by_word(k, "interpretation");
	struct verified v;
	enum open_state state;

	if (!body_of(r, c, &v))
		return false;
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
	if (!count_read(r, r->found.count))
		return false;
	r->found.count = kept;
	return true;
}

static void
pass_fresh(struct running *r)
{
	size_t kept = 0;

	for (size_t i = 0; r->q->fresh_only && i < r->found.count; i++)
		if (freshness_of_row(&r->found.list[i].row, r->q->now_ms) == FRESHNESS_FRESH)
			r->found.list[kept++] = r->found.list[i];
	if (r->q->fresh_only)
		r->found.count = kept;
}

/* --- where no words are asked: every document that a filter has --- */

struct taking {
	struct running *running;
	struct docs docs;
	bool go_on;
};

static bool
take_term(void *self, const struct term *term, uint64_t documents)
{
	struct taking *k = self;
	struct postings *p = postings_open(k->running->txn, term);
	struct candidates *out = &k->running->found;
	struct posting one;

	while (postings_next(p, &one)) {
		struct index_doc row;

		if (!docs_get(&k->docs, one.doc, &row) || !admits(k->running, &row))
			continue;
		if (out->count == out->cap) {
			out->cap = out->cap ? out->cap * 2 : 256;
			out->list = need_realloc(out->list, out->cap * sizeof *out->list);
		}
		out->list[out->count++] = (struct candidate){ .doc = one.doc, .score = 1, .km = -1, .row = row };
	}
	postings_close(p);
	return k->go_on = count_read(k->running, documents);
}

static int
by_doc(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->doc > y->doc) - (x->doc < y->doc);
}

static bool
take_all(struct running *r)
{
	struct taking k = { .running = r, .go_on = true };
	size_t kept = 0;

	docs_open(&k.docs, r->txn);
	index_terms(r->txn, TERM_KIND, "", 0, take_term, &k);
	if (r->found.count > 1)
		qsort(r->found.list, r->found.count, sizeof *r->found.list, by_doc);
	for (size_t i = 0; i < r->found.count; i++)
		if (kept == 0 || r->found.list[kept - 1].doc != r->found.list[i].doc)
			r->found.list[kept++] = r->found.list[i];
	r->found.count = kept;
	return k.go_on;
}

/* --- one attempt --- */

static bool
attempt(struct running *r)
{
	static const uint8_t classes[] = { TERM_KIND, TERM_PLACE, TERM_SPEAKS, TERM_TEXT_LANGUAGE, TERM_TOPIC, TERM_CHANNEL,
		TERM_ACCESS, TERM_AUTHOR };
	uint16_t step = 0;
	uint8_t asked;
	bool ok;

	r->found.count = 0;
	asked = r->q->territories;
	if (asked == 0 && r->relaxed & (RELAXED_REMOTE | RELAXED_NEIGHBOURS))
		asked = r->q->place_territories;
	r->territories = asked;
	for (size_t i = 0; (r->relaxed & RELAXED_NEIGHBOURS) && i < territory_codes.count; i++)
		if (asked >> i & 1)
			r->territories |= bits_of(territory_neighbours(bytes_text(territory_codes.codes[i].word)));
	ok = r->asked->words ? rank_words(r->asked, r->txn, r->q->max_postings, admits, r, &r->found) : take_all(r);
	for (size_t i = 0; ok && i < sizeof classes; i++)
		ok = pass_class(r, classes[i], &step);
	ok = ok && pass_places(r, &step) && (!(r->relaxed & RELAXED_REMOTE) || pass_remote(r, &step));
	if (ok)
		pass_fresh(r);
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

/* --- order --- */

static void
weigh(struct running *r)
{
	for (size_t i = 0; i < r->found.count; i++) {
		struct candidate *c = &r->found.list[i];
		enum freshness f = freshness_of_row(&c->row, r->q->now_ms);

		if (f != FRESHNESS_FRESH)
			c->score *= f == FRESHNESS_DUE ? DUE_FACTOR : STALE_FACTOR;
		if (c->row.territories & r->q->own_territories)
			c->score *= OWN_FACTOR;
		if (c->km >= 0)
			c->score *= NEAR_KM / (NEAR_KM + (float)c->km);
	}
}

/* Is X to be shown before Y? What opens soonest, when that is asked; else the score, then the older entry. */
static bool
is_before(const struct candidate *x, const struct candidate *y)
{
	if (x->opens_ms != y->opens_ms)
		return x->opens_ms && (y->opens_ms == 0 || x->opens_ms < y->opens_ms);
	return x->score != y->score ? x->score > y->score : x->doc < y->doc;
}

static int
by_order(const void *a, const void *b)
{
	return is_before(*(struct candidate *const *)b, *(struct candidate *const *)a) -
	    is_before(*(struct candidate *const *)a, *(struct candidate *const *)b);
}

/* The best first, as far as somebody asks: a heap, since few ask for the last page. */
struct stream {
	struct candidate **heap;
	size_t count;
	struct candidate *best[LOOKED_AT];
	size_t best_count, best_at;
};

static void
sink(struct candidate **heap, size_t count, size_t at)
{
	for (;;) {
		size_t child = at * 2 + 1;
		struct candidate *held = heap[at];

		if (child + 1 < count && is_before(heap[child + 1], heap[child]))
			child++;
		if (child >= count || !is_before(heap[child], held))
			return;
		heap[at] = heap[child];
		heap[child] = held;
		at = child;
	}
}

static struct candidate *
pop(struct stream *s)
{
	struct candidate *top = s->count ? s->heap[0] : NULL;

	if (top) {
		s->heap[0] = s->heap[--s->count];
		sink(s->heap, s->count, 0);
	}
	return top;
}

/* Does the title have all words of the query one after the other, or is it them? */
static float
title_factor(struct running *r, const struct candidate *c)
{
	const struct kind *k = kind_find(c->row.kind);
	struct buf wanted = { 0 }, title = { 0 };
	struct verified v;
	float factor = 1;

	if (!body_of(r, c, &v))
		return factor;
	for (size_t i = 0; i < r->asked->words; i++)
		buf_printf(&wanted, " %s", r->asked->word[i].key);
	buf_put_u8(&wanted, ' ');
	buf_put_u8(&title, ' ');
	fold_phrase(body_text(v.record.body, k->title, NULL), &title);
	buf_put_u8(&title, ' ');
	if (bytes_equal(buf_bytes(&wanted), buf_bytes(&title)))
		factor = TITLE_IS;
	else if (memmem(title.p, title.len, wanted.p, wanted.len))
		factor = TITLE_HAS;
	buf_free(&wanted);
	buf_free(&title);
	return factor;
}

static void
stream_open(struct running *r, struct stream *s)
{
	*s = (struct stream){ .heap = need_alloc((r->found.count + 1) * sizeof *s->heap), .count = r->found.count };
	for (size_t i = 0; i < s->count; i++)
		s->heap[i] = &r->found.list[i];
	for (size_t i = s->count / 2; i-- > 0;)
		sink(s->heap, s->count, i);
	while (s->best_count < LOOKED_AT && s->count > 0)
		s->best[s->best_count++] = pop(s);
	for (size_t i = 0; i < s->best_count; i++)
		if (s->best[i]->in_title)
			s->best[i]->score *= title_factor(r, s->best[i]);
	if (s->best_count > 1)
		qsort(s->best, s->best_count, sizeof *s->best, by_order);
}

static struct candidate *
stream_next(struct stream *s)
{
	return s->best_at < s->best_count ? s->best[s->best_at++] : pop(s);
}

/* --- pages --- */

/* Whose a hit is: what its first field of that kind names, else its author. */
struct owner {
	uint8_t b[ID_LEN + UUID_LEN];
};
struct placed {
	struct candidate *c;
	bool known;                    /* whose it is */
	struct owner owner;
};
struct paging {
	struct running *running;
	struct stream stream;
	struct placed *waiting;        /* ranked, but too many of one organisation: for the pages behind */
	size_t waiting_count, waiting_cap;
	struct placed *page;
	size_t page_count;
	struct owner full[QUERY_LIMIT_MOST / QUERY_OF_ONE];   /* who has all her places on this page */
	size_t full_count;
};

static struct owner
owner_of(struct running *r, const struct candidate *c)
{
	const struct kind *k = kind_find(c->row.kind);
	struct owner o = { { 0 } };
	struct verified v;

	if (!body_of(r, c, &v))
		return o;
	memcpy(o.b, v.record.author.b, ID_LEN);
	if (v.record.kind == KIND_ORGANISATION)
		memcpy(o.b + ID_LEN, v.record.name.b, UUID_LEN);
	for (size_t i = 0; i < k->field_count; i++) {
		const struct field *f = &k->fields[i];
		struct cbor_reader in;

		if (f->type != FIELD_REFERENCE || f->target != KIND_ORGANISATION || body_get(v.record.body, f->number).len == 0)
			continue;
		cbor_open(&in, body_get(v.record.body, f->number));
		if ((f->flags & FIELD_LIST) && cbor_array(&in) == 0)
			continue;
		cbor_array_of(&in, 2);
		cbor_fixed(&in, o.b, ID_LEN);
		cbor_fixed(&in, o.b + ID_LEN, UUID_LEN);
		break;
	}
	return o;
}

/* Does it refer to an organisation that has no place left? That is told without reading the record. */
static bool
is_of_full(const struct paging *p, uint32_t doc)
{
	static const uint8_t none[UUID_LEN];

	for (size_t i = 0; i < p->full_count; i++) {
		struct term term = { TERM_ABOUT, sizeof p->full[i].b, (const char *)p->full[i].b };
		struct postings *list;
		struct posting one;
		bool refers;

		if (memcmp(p->full[i].b + ID_LEN, none, UUID_LEN) == 0)
			continue;
		list = postings_open(p->running->txn, &term);
		refers = postings_seek(list, doc, &one) && one.doc == doc;
		postings_close(list);
		if (refers)
			return true;
	}
	return false;
}

/* False: another page. */
static bool
place(struct paging *p, struct placed *one)
{
	size_t others = 0;

	if (!one->known && is_of_full(p, one->c->doc))
		return false;
	if (!one->known)
		one->owner = owner_of(p->running, one->c);
	one->known = true;
	for (size_t i = 0; i < p->page_count; i++)
		others += memcmp(&p->page[i].owner, &one->owner, sizeof one->owner) == 0;
	if (others == QUERY_OF_ONE)
		return false;
	if (others == QUERY_OF_ONE - 1)
		p->full[p->full_count++] = one->owner;
	p->page[p->page_count++] = *one;
	return true;
}

static void
wait(struct paging *p, const struct placed *one)
{
	if (p->waiting_count == p->waiting_cap) {
		p->waiting_cap = p->waiting_cap ? p->waiting_cap * 2 : 64;
		p->waiting = need_realloc(p->waiting, p->waiting_cap * sizeof *p->waiting);
	}
	p->waiting[p->waiting_count++] = *one;
}

/*
 * Those that wait come first: they were better than what follows. A page ends early where so many behind it are all of
 * organisations that have their places.
 */
static void
fill_page(struct paging *p, size_t limit)
{
	size_t kept = 0, waited = p->waiting_count;
	struct placed one = { .known = false };

	p->page_count = 0;
	p->full_count = 0;
	for (size_t i = 0; i < waited; i++)
		if (p->page_count == limit || !place(p, &p->waiting[i]))
			p->waiting[kept++] = p->waiting[i];
	p->waiting_count = kept;
	for (size_t far = 0; p->page_count < limit && far < LOOKED_FAR && (one.c = stream_next(&p->stream)) != NULL; far++) {
		one.known = false;
		if (!place(p, &one))
			wait(p, &one);
	}
}

static void
put_hits(struct running *r, struct found *out)
{
	size_t limit = r->q->limit;
	struct paging p = { .running = r, .page = need_alloc((limit + 1) * sizeof *p.page) };

	stream_open(r, &p.stream);
	for (size_t page = 0; page <= r->q->page; page++) {
		out->before += p.page_count;
		fill_page(&p, limit);
		if (p.page_count == 0)
			break;
	}
	out->hits = need_zeroed(p.page_count + 1, sizeof *out->hits);
	for (size_t i = 0; i < p.page_count; i++) {
		const struct candidate *c = p.page[i].c;
		struct hit *h = &out->hits[out->count];

		*h = (struct hit){ .doc = c->doc, .score = (double)c->score, .distance_km = c->km, .opens_ms = c->opens_ms };
		out->count += index_record_id(r->txn, c->doc, &h->record);
	}
	free(p.stream.heap);
	free(p.waiting);
	free(p.page);
}

/* --- facets --- */

struct counting {
	struct running *running;
	struct found *out;
	size_t cap;
	bool go_on;
};

static void
put_facet(struct counting *c, uint8_t class, const void *key, size_t len, uint64_t count)
{
	struct found_facet *f;

	if (count == 0 || len > INDEX_KEY)
		return;
	if (c->out->facet_count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 32;
		c->out->facets = need_realloc(c->out->facets, c->cap * sizeof *c->out->facets);
	}
	f = &c->out->facets[c->out->facet_count++];
	*f = (struct found_facet){ .class = class, .len = (uint8_t)len, .count = count };
	memcpy(f->key, key, len);
}

static bool
count_term(void *self, const struct term *term, uint64_t documents)
{
	struct counting *c = self;
	const struct candidates *found = &c->running->found;
	struct postings *p = postings_open(c->running->txn, term);
	struct posting one;
	uint64_t count = 0;

	if (documents > found->count) {
		for (size_t i = 0; i < found->count && postings_seek(p, found->list[i].doc, &one);) {
			count += one.doc == found->list[i].doc;
			while (i < found->count && found->list[i].doc <= one.doc)
				i++;
		}
	} else {
		for (size_t i = 0; postings_next(p, &one);) {
			while (i < found->count && found->list[i].doc < one.doc)
				i++;
			count += i < found->count && found->list[i].doc == one.doc;
		}
	}
	postings_close(p);
	put_facet(c, term->class, term->key, term->len, count);
	return c->go_on = count_read(c->running, documents < found->count ? documents : found->count);
}

static int
by_count(const void *a, const void *b)
{
	const struct found_facet *x = a, *y = b;

	if (x->class != y->class)
		return (int)x->class - (int)y->class;
	return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->key, y->key);
}

static bool
count_facets(struct running *r, struct found *out)
{
	static const enum term_class classes[] = { TERM_KIND, TERM_TERRITORY, TERM_TOPIC, TERM_PLACE, TERM_SPEAKS,
		TERM_TEXT_LANGUAGE, TERM_CHANNEL, TERM_ACCESS };
	struct counting c = { .running = r, .out = out, .go_on = true };

	for (size_t i = 0; i < sizeof classes / sizeof *classes && c.go_on; i++)
		index_terms(r->txn, classes[i], "", 0, count_term, &c);
	if (out->facet_count > 1)
		qsort(out->facets, out->facet_count, sizeof *out->facets, by_count);
	return c.go_on;
}

/* --- a query --- */

static bool
asks_something(const struct query *q, const struct asked *a)
{
	return a->words > 0 || q->filter_count > 0 || q->territories || q->near || q->open_now || q->fresh_only;
}

enum err_code
query_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct query *q, struct found *out,
    struct err *e)
{
	struct running run = { .records = r, .txn = t, .q = q, .kinds_asked = has_filter(q, TERM_KIND) };
	enum err_code rc;

	assert(q->limit > 0 && q->limit <= QUERY_LIMIT_MOST);
	*out = (struct found){ .asked = need_zeroed(1, sizeof *out->asked) };
	run.asked = out->asked;
	if ((rc = asked_read(out->asked, t, l, q->text, e)))
		return rc;
	if (!asks_something(q, out->asked))
		return err_set(e, ERR_INPUT, "text", "required", "say what you look for, in words or by an option");
	if (!run_relaxed(&run)) {
		free(run.found.list);
		return too_costly(e);
	}
	out->total = run.found.count;
	out->relaxed = run.relaxed;
	if (q->facets && !count_facets(&run, out))
		rc = too_costly(e);
	weigh(&run);
	if (rc == ERR_OK)
		put_hits(&run, out);
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
