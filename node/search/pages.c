/* Which hits come first, and on which page. */
#include "node/search/asking.h"

#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"

#define DUE_FACTOR 0.9f
#define STALE_FACTOR 0.75f
#define OWN_FACTOR 1.15f
#define NEAR_KM 40.0f              /* so far away is worth half */
#define LOOKED_AT 64               /* of the best: their titles are compared with the whole query */
#define LOOKED_FAR 100             /* hits behind a page's that are looked through for other organisations */
#define TITLE_IS 1.4f
#define TITLE_HAS 1.15f

/* --- order --- */

void
order_weigh(struct running *r)
{
	for (size_t i = 0; i < r->found.count; i++) {
		struct candidate *c = &r->found.list[i];
		enum freshness f = row_freshness(&c->row, r->q->now_ms);

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

	if (!running_record(r, c, &v))
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

	if (!running_record(r, c, &v))
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

void
pages_put(struct running *r, struct found *out)
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
