/* How many hits have what: by kind, territory, topic ... */
#include "node/search/asking.h"

#include <stdlib.h>
#include <string.h>

struct counting {
	struct running *running;
	struct found *out;
	size_t cap;
	bool go_on;
	struct shelves shelves;
	uint64_t *map;                 /* what is found, from FIRST on */
	uint32_t first, span;
};

static void
put_facet(struct counting *c, uint8_t class, const void *key, size_t len, uint64_t count)
{
	struct found_facet *f;

	if (count == 0 || len > INDEX_KEY)
		return;
	c->out->facets = need_room(c->out->facets, c->out->facet_count, &c->cap, sizeof *c->out->facets);
	f = &c->out->facets[c->out->facet_count++];
	*f = (struct found_facet){ .class = class, .len = (uint8_t)len, .count = count };
	memcpy(f->key, key, len);
}

/* Few hits are looked for among many documents, else all documents are looked through. */
#define FEW 64

static uint64_t
count_few(struct counting *c, const struct term *term)
{
	const struct candidates *found = &c->running->found;
	struct postings *p = postings_open(c->running->txn, term);
	struct posting one;
	uint64_t count = 0;

	for (size_t i = 0; i < found->count && postings_seek(p, found->list[i].doc, &one);) {
		while (i < found->count && found->list[i].doc < one.doc)
			i++;
		if (i < found->count && found->list[i].doc == one.doc) {
			count++;
			i++;
		}
	}
	postings_close(p);
	return count;
}

static uint64_t
count_many(struct counting *c, const struct term *term)
{
	struct blocks blocks;
	struct bytes b;
	uint64_t count = 0;

	blocks_open(&blocks, term);
	while ((b = blocks_next(&blocks, &c->shelves)).len > 0)
		for (size_t at = 0; at < b.len; at += POSTING_LEN) {
			uint32_t doc = get_u32(b.p + at) - c->first;

			count += doc < c->span && c->map[doc / 64] >> doc % 64 & 1;
		}
	return count;
}

static bool
count_term(void *self, const struct term *term, uint64_t documents)
{
	struct counting *c = self;
	size_t found = c->running->found.count;
	bool few = documents / FEW > found;

	put_facet(c, term->class, term->key, term->len, few ? count_few(c, term) : count_many(c, term));
	return c->go_on = running_read(c->running, documents < found ? documents : found);
}

/* A bit for each document from the first that is found to the last. */
static void
map_found(struct counting *c)
{
	const struct candidates *found = &c->running->found;

	c->first = found->count ? found->list[0].doc : 0;
	c->span = found->count ? found->list[found->count - 1].doc - c->first + 1 : 0;
	c->map = need_zeroed(c->span / 64 + 1, sizeof *c->map);
	for (size_t i = 0; i < found->count; i++) {
		uint32_t doc = found->list[i].doc - c->first;

		c->map[doc / 64] |= UINT64_C(1) << doc % 64;
	}
}

static int
by_count(const void *a, const void *b)
{
	const struct found_facet *x = a, *y = b;

	if (x->class != y->class)
		return (int)x->class - (int)y->class;
	return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->key, y->key);
}

bool
facets_count(struct running *r, struct found *out)
{
	static const enum term_class classes[] = { TERM_KIND, TERM_TERRITORY, TERM_TOPIC, TERM_PLACE, TERM_SPEAKS,
		TERM_TEXT_LANGUAGE, TERM_CHANNEL, TERM_ACCESS };
	struct counting c = { .running = r, .out = out, .go_on = true };

	map_found(&c);
	shelves_open(&c.shelves, r->txn);
	for (size_t i = 0; i < sizeof classes / sizeof *classes && c.go_on; i++)
		index_terms(r->txn, classes[i], "", 0, count_term, &c);
	shelves_close(&c.shelves);
	free(c.map);
	if (out->facet_count > 1)
		qsort(out->facets, out->facet_count, sizeof *out->facets, by_count);
	return c.go_on;
}
