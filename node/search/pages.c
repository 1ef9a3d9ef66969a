/* Which hits come first, and on which page. */
#include "node/search/asking.h"

#include <stdlib.h>
#include <string.h>


#define CHOSEN 64                  /* the best, which few ask for more than: their titles are compared with the whole query */
#define LOOKED_FAR 100             /* hits behind a page's that are looked through for other organisations */
#define TITLE_IS 1.4f
#define TITLE_HAS 1.15f

/* --- order --- */

/* What opens soonest is first, when that is asked; else what scores most, then the older entry. Below 0: X before Y. */
static int
compare(const struct candidate *x, const struct candidate *y)
{
	if (x->opens_ms != y->opens_ms)
		return x->opens_ms && (y->opens_ms == 0 || x->opens_ms < y->opens_ms) ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->doc > y->doc) - (x->doc < y->doc);
}

static bool
is_before(const struct candidate *x, const struct candidate *y)
{
	return compare(x, y) < 0;
}

static int
by_order(const void *a, const void *b)
{
	return compare(a, b);
}

/*
 * The best first, as far as somebody asks: a few are chosen at once, and few ask for more. Those are in a heap, whose
 * first is the best, or while they are chosen the worst.
 */
enum heap { WORST_FIRST, BEST_FIRST };
struct stream {
	const struct candidates *all;
	struct candidate chosen[CHOSEN];
	size_t count, at;
	struct candidate last;         /* of the chosen, as it was */
	struct candidate *rest;        /* what comes behind it; NULL: not asked for yet */
	size_t rest_count;
};

static void
sink(struct candidate *heap, size_t count, size_t at, enum heap order)
{
	struct candidate held = heap[at];

	for (;;) {
		size_t child = at * 2 + 1;

		if (child + 1 < count && is_before(&heap[child + 1], &heap[child]) == (order == BEST_FIRST))
			child++;
		if (child >= count || is_before(&heap[child], &held) != (order == BEST_FIRST))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = held;
}

static void
heapify(struct candidate *heap, size_t count, enum heap order)
{
	for (size_t i = count / 2; i-- > 0;)
		sink(heap, count, i, order);
}

static void
choose(struct stream *s)
{
	for (size_t i = 0; i < s->all->count; i++) {
		const struct candidate *c = &s->all->list[i];

		if (s->count < CHOSEN) {
			s->chosen[s->count++] = *c;
			if (s->count == CHOSEN)
				heapify(s->chosen, CHOSEN, WORST_FIRST);
		} else if (is_before(c, &s->chosen[0])) {
			s->chosen[0] = *c;
			sink(s->chosen, CHOSEN, 0, WORST_FIRST);
		}
	}
	if (s->count == 0)
		return;
	qsort(s->chosen, s->count, sizeof *s->chosen, by_order);
	s->last = s->chosen[s->count - 1];
}

static void
gather_rest(struct stream *s)
{
	s->rest = need_alloc((s->all->count + 1) * sizeof *s->rest);
	for (size_t i = 0; i < s->all->count; i++)
		if (is_before(&s->last, &s->all->list[i]))
			s->rest[s->rest_count++] = s->all->list[i];
	heapify(s->rest, s->rest_count, BEST_FIRST);
}

/* Does a title, in any language, have the words one after the other, or is it them? */
static float
compare_title(struct bytes title, struct bytes wanted)
{
	struct buf folded = { 0 };
	float factor = 1;

	buf_put_u8(&folded, ' ');
	fold_phrase(title, &folded);
	buf_put_u8(&folded, ' ');
	if (bytes_equal(buf_bytes(&folded), wanted))
		factor = TITLE_IS;
	else if (memmem(folded.p, folded.len, wanted.p, wanted.len))
		factor = TITLE_HAS;
	buf_free(&folded);
	return factor;
}

/* Of a document that has all words in titles. Of a single word the index knows it all. */
static float
title_factor(struct running *r, const struct candidate *c, struct bytes wanted)
{
	struct verified v;
	struct bytes title;
	float factor = 1;

	if (r->asked->words == 1)
		return c->is_title ? TITLE_IS : TITLE_HAS;
	if (!running_record(r, c, &v))
		return factor;
	for (size_t i = 0; body_text_at(v.record.body, kind_find(v.record.kind)->title, i, &title); i++) {
		float one = compare_title(title, wanted);

		factor = one > factor ? one : factor;
	}
	return factor;
}

/* The best of the chosen, by their titles as well. */
static void
look_at_titles(struct running *r, struct stream *s)
{
	size_t raised = 0;
	struct buf wanted = { 0 };

	for (size_t i = 0; i < r->asked->words; i++)
		buf_printf(&wanted, " %s", r->asked->word[i].key);
	buf_put_u8(&wanted, ' ');
	for (size_t i = 0; i < s->count; i++) {
		float factor = s->chosen[i].in_title ? title_factor(r, &s->chosen[i], buf_bytes(&wanted)) : 1;

		s->chosen[i].score *= factor;
		raised += factor > 1;
	}
	if (raised > 0)
		qsort(s->chosen, s->count, sizeof *s->chosen, by_order);
	buf_free(&wanted);
}

static void
stream_open(struct running *r, struct stream *s)
{
	s->all = &r->found;
	choose(s);
	look_at_titles(r, s);
}

/* False: that was the last. */
static bool
stream_next(struct stream *s, struct candidate *out)
{
	if (s->at < s->count) {
		*out = s->chosen[s->at++];
		return true;
	}
	if (s->rest == NULL)
		gather_rest(s);
	if (s->rest_count == 0)
		return false;
	*out = s->rest[0];
	s->rest[0] = s->rest[--s->rest_count];
	sink(s->rest, s->rest_count, 0, BEST_FIRST);
	return true;
}

/* --- pages --- */

struct placed {
	struct candidate c;
	uint64_t owner;
};
struct paging {
	struct stream stream;
	struct near near;
	struct placed *waiting;        /* ranked, but too many of one organisation: for the pages behind */
	size_t waiting_count, waiting_cap;
	struct placed *page;
	size_t page_count;
};

static bool
next_of(struct paging *p, struct placed *out)
{
	struct index_doc row = { .number = 0 };

	if (!stream_next(&p->stream, &out->c))
		return false;
	row.number = out->c.doc;
	out->owner = near_rest(&p->near, &row) ? row.owner : 0;
	return true;
}

/* False: another page. */
static bool
place(struct paging *p, const struct placed *one)
{
	size_t others = 0;

	for (size_t i = 0; i < p->page_count; i++)
		others += p->page[i].owner == one->owner;
	if (others >= QUERY_OF_ONE)
		return false;
	p->page[p->page_count++] = *one;
	return true;
}

static void
wait(struct paging *p, const struct placed *one)
{
	p->waiting = need_room(p->waiting, p->waiting_count, &p->waiting_cap, sizeof *p->waiting);
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
	struct placed one;

	p->page_count = 0;
	for (size_t i = 0; i < waited; i++)
		if (p->page_count == limit || !place(p, &p->waiting[i]))
			p->waiting[kept++] = p->waiting[i];
	p->waiting_count = kept;
	for (size_t far = 0; p->page_count < limit && far < LOOKED_FAR && next_of(p, &one); far++)
		if (!place(p, &one))
			wait(p, &one);
}

void
pages_put(struct running *r, struct found *out)
{
	size_t limit = r->q->limit;
	struct paging p = { .page = need_alloc((limit + 1) * sizeof *p.page) };

	stream_open(r, &p.stream);
	near_open(&p.near, r->txn);
	for (size_t page = 0; page <= r->q->page; page++) {
		out->before += p.page_count;
		fill_page(&p, limit);
		if (p.page_count == 0)
			break;
	}
	out->hits = need_zeroed(p.page_count + 1, sizeof *out->hits);
	for (size_t i = 0; i < p.page_count; i++) {
		const struct candidate *c = &p.page[i].c;
		struct hit *h = &out->hits[out->count];

		*h = (struct hit){ .doc = c->doc, .score = (double)c->score, .distance_km = c->km, .opens_ms = c->opens_ms };
		out->count += index_record_id(r->txn, c->doc, &h->record);
	}
	near_close(&p.near);
	free(p.stream.rest);
	free(p.waiting);
	free(p.page);
}
