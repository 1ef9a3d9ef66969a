/* How many hits have what: by kind, territory, topic ... */
#include "node/search/asking.h"

#include <stdlib.h>
#include <string.h>

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
	return c->go_on = running_read(c->running, documents < found->count ? documents : found->count);
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

	for (size_t i = 0; i < sizeof classes / sizeof *classes && c.go_on; i++)
		index_terms(r->txn, classes[i], "", 0, count_term, &c);
	if (out->facet_count > 1)
		qsort(out->facets, out->facet_count, sizeof *out->facets, by_count);
	return c.go_on;
}
