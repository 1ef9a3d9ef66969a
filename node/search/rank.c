/* A score for every document that has something of what is asked. */
#include "node/search/asking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* BM25; a word once in a text of weight 3 counts once. */
#define K1 1.2f
#define B 0.4f
#define WEIGHT_ONE 3.0f
#define TITLE_BONUS 1.1f
#define FACET_PART 1.5f            /* what is no word stands or does not */
#define PLACE_PART 1.8f            /* who names a place means it */
#define COUNTS_FROM 0.5f           /* an alternative worth less does not make its word a common one */
#define PARTICLE_MOST 2            /* letters */
#define PARTICLE_PART 0.7f        /* ... of what another word weighs */
#define COVER_LEAST 0.25f          /* of the words' weight that the best has, as others must have to be hits */

/*
 * All alternatives are read side by side, in order of document, through a window of so many documents: what is known of
 * them stays in the processor's cache, and only those that were met are looked at again.
 */
#define AHEAD 8                    /* postings between asking the memory for a row and reading it */
#define WINDOW (NEAR_BLOCKS * DOC_ROWS)
#define MAP ((WINDOW + 63) / 64)

/* An alternative on its way through the documents. */
struct source {
	const struct alternative *alt;
	struct blocks blocks;
	struct bytes rest;             /* of the block: not read yet */
	uint8_t *own;                  /* the block of a name of several words */
};
struct slot {
	float norm;                    /* 0: not met; below: not shown */
	float worth;
	uint8_t titles;                /* words that stand in its title as they are */
	bool is_title;
};
struct met {
	uint32_t doc;
	float worth, covered;          /* COVERED: by weight, how much of the query it has */
	bool in_title, is_title;
};
struct ranking {
	struct asked *asked;
	size_t words;
	struct store_txn *txn;
	struct shelves shelves;
	struct near near;
	struct index_totals totals;
	float average;                 /* words of a document */
	const struct judge *judge;
	uint64_t most;
	struct source *sources;
	size_t source_count;
	uint32_t base;                 /* of the window */
	struct slot *slots;
	float *slot_parts;             /* the best part of each word */
	uint64_t map[MAP];             /* which were met */
	struct met *met;               /* those that are shown, in order, and their parts */
	float *parts;
	size_t met_count, met_cap;
	uint32_t holds[QUERY_WORDS];   /* documents in which something worthy stands for it */
	float idf[QUERY_WORDS], whole; /* ... so how much it weighs; all words together */
	float best;                    /* ... and what the best document has of that */
};

struct candidate *
candidates_add(struct candidates *c)
{
	c->list = need_room(c->list, c->count, &c->cap, sizeof *c->list);
	c->list[c->count] = (struct candidate){ .km = -1 };
	return &c->list[c->count++];
}

static bool
read_some(struct ranking *k, uint64_t count)
{
	k->asked->read += count;
	return k->most == 0 || k->asked->read <= k->most;
}

/* --- names of several words: documents that have all of them, in any form --- */

struct list {
	struct posting *p;
	size_t count, cap;
};
struct forms_of {
	struct ranking *ranking;
	struct list *list;
	bool go_on;
};

static bool
append_form(void *self, const struct term *term, uint64_t documents)
{
	struct forms_of *f = self;
	struct postings *p = postings_open(f->ranking->txn, term);
	struct posting one;

	while (postings_next(p, &one)) {
		f->list->p = need_room(f->list->p, f->list->count, &f->list->cap, sizeof *f->list->p);
		f->list->p[f->list->count++] = one;
	}
	postings_close(p);
	return f->go_on = read_some(f->ranking, documents);
}

static int
by_doc(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	return (x->doc > y->doc) - (x->doc < y->doc);
}

/* The documents of both, in A; of A's weight the smaller. */
static void
intersect(struct list *a, const struct list *b)
{
	size_t kept = 0;

	for (size_t i = 0, k = 0; i < a->count; i++) {
		while (k < b->count && b->p[k].doc < a->p[i].doc)
			k++;
		if (k == b->count)
			break;
		if (b->p[k].doc != a->p[i].doc || (kept > 0 && a->p[kept - 1].doc == a->p[i].doc))
			continue;
		a->p[kept] = a->p[i];
		a->p[kept].fields &= b->p[k].fields;
		if (b->p[k].weight < a->p[kept].weight)
			a->p[kept].weight = b->p[k].weight;
		kept++;
	}
	a->count = kept;
}

#define WORD_OF_NAME 3             /* shorter words of a name are no condition */
#define LOOKS_NAME 50000           /* words that begin as one of a name does: honest texts have some hundred */

static bool
read_name(struct ranking *k, const struct alternative *alt, struct list *out)
{
	bool first = true, go_on = true;

	for (size_t at = 0; at < alt->len && go_on && (first || out->count > 0);) {
		size_t len = strcspn(alt->key + at, " ");
		char stem[FOLD_WORD + 1];
		struct list one = { 0 };
		struct forms_of f = { k, &one, true };
		uint64_t looks = LOOKS_NAME;

		if (len >= WORD_OF_NAME && len <= FOLD_WORD) {
			index_inflected(k->txn, stem, fold_stem(alt->key + at, len, stem), &looks, append_form, &f);
			k->asked->read += LOOKS_NAME - looks;
			go_on = f.go_on;
			if (one.count > 1)
				qsort(one.p, one.count, sizeof *one.p, by_doc);
			if (first)
				*out = one;
			else
				intersect(out, &one);
			if (!first)
				free(one.p);
			first = false;
		}
		at += len + 1;
	}
	return go_on;
}

/* --- what is read --- */

/* False: more than may be read. */
static bool
refill(struct ranking *k, struct source *s)
{
	if (s->rest.len > 0 || s->own)
		return true;
	s->rest = blocks_next(&s->blocks, &k->shelves);
	return read_some(k, s->rest.len / POSTING_LEN);
}

static bool
open_name(struct ranking *k, struct source *s)
{
	struct list all = { 0 };
	bool go_on = read_name(k, s->alt, &all);

	s->own = need_alloc((all.count + 1) * POSTING_LEN);
	for (size_t i = 0; i < all.count; i++)
		posting_put(s->own + i * POSTING_LEN, &all.p[i]);
	s->rest = (struct bytes){ s->own, all.count * POSTING_LEN };
	free(all.p);
	return go_on;
}

/* The worthiest come first; what stands in no document is left out. */
static bool
open_sources(struct ranking *k)
{
	bool go_on = true;

	k->sources = need_zeroed(k->asked->count + 1, sizeof *k->sources);
	for (size_t i = 0; i < k->asked->count && go_on; i++) {
		const struct alternative *alt = &k->asked->list[i];
		struct source *s = &k->sources[k->source_count];

		*s = (struct source){ .alt = alt };
		blocks_open(&s->blocks, &(struct term){ alt->class, alt->len, alt->key });
		go_on = alt->phrase ? open_name(k, s) : refill(k, s);
		k->source_count += s->rest.len > 0 || s->own;
	}
	return go_on;
}

/* --- a window --- */

/* How much less a word of a long document says. */
static void
meet(struct ranking *k, struct slot *slot, uint32_t doc)
{
	struct index_doc row = { .number = doc };

	slot->norm = -1;
	slot->worth = 0;
	if (!near_get(&k->near, doc, &row) || (k->judge->by_record && !near_rest(&k->near, &row)))
		return;
	slot->worth = k->judge->worth(k->judge->self, &row);
	if (slot->worth > 0)
		slot->norm = K1 * (1 - B + B * (float)row.length / k->average);
}

/* What one posting says of a word, before it is known what the alternative is worth. */
static float
part_of(const struct alternative *alt, struct posting p, float norm)
{
	float times = (float)p.weight / WEIGHT_ONE;

	if (alt->class != TERM_WORD)
		return alt->class == TERM_PLACE ? PLACE_PART : FACET_PART;
	return times * (K1 + 1) / (times + norm) * (p.fields & IN_TITLE ? TITLE_BONUS : 1);
}

static void
score(struct ranking *k, const struct alternative *alt, struct posting p)
{
	uint32_t i = p.doc - k->base;
	struct slot *slot = &k->slots[i];
	float *parts = k->slot_parts + i * k->words, part;
	bool in_title = alt->worth == 1 && alt->class == TERM_WORD && (p.fields & IN_TITLE);

	if (slot->norm == 0) {
		k->map[i / 64] |= UINT64_C(1) << i % 64;
		meet(k, slot, p.doc);
	}
	if (slot->norm < 0)
		return;
	part = part_of(alt, p, slot->norm) * alt->worth;
	for (unsigned mask = alt->mask; mask; mask &= mask - 1) {
		size_t g = (size_t)__builtin_ctz(mask);

		slot->titles = (uint8_t)(slot->titles + in_title);
		slot->is_title |= in_title && (p.fields & IS_TITLE);
		k->holds[g] += parts[g] == 0 && alt->worth >= COUNTS_FROM;
		parts[g] = part > parts[g] ? part : parts[g];
	}
}

/* What S has in the window. */
static bool
score_source(struct ranking *k, struct source *s)
{
	while (s->rest.len > 0) {
		const uint8_t *p = s->rest.p, *end = p + s->rest.len;
		struct posting one;

		for (; p < end && (one = posting_at(p)).doc - k->base < WINDOW; p += POSTING_LEN) {
			if (end - p > AHEAD * POSTING_LEN)
				near_hint(&k->near, get_u32(p + AHEAD * POSTING_LEN));
			score(k, s->alt, one);
		}
		s->rest = (struct bytes){ p, (size_t)(end - p) };
		if (p < end)
			return true;
		if (!refill(k, s))
			return false;
	}
	return true;
}

static void
keep(struct ranking *k, uint32_t doc, const struct slot *slot, const float *parts)
{
	float *to;

	if (k->met_count == k->met_cap) {
		k->met_cap = k->met_cap ? k->met_cap * 2 : 1024;
		k->met = need_realloc(k->met, k->met_cap * sizeof *k->met);
		k->parts = need_realloc(k->parts, k->met_cap * k->words * sizeof *k->parts);
	}
	k->met[k->met_count] = (struct met){ doc, slot->worth, 0, slot->titles >= k->words,
		k->words == 1 && slot->is_title };
	to = k->parts + k->met_count++ * k->words;
	for (size_t g = 0; g < k->words; g++)
		to[g] = parts[g];
}

/* Those that were met are kept, and the window is as it was. */
static void
sweep(struct ranking *k)
{
	size_t words = k->words;

	for (uint32_t m = 0; m < MAP; m++)
		for (; k->map[m]; k->map[m] &= k->map[m] - 1) {
			uint32_t i = m * 64 + (uint32_t)__builtin_ctzll(k->map[m]);
			float *parts = k->slot_parts + i * words;

			if (k->slots[i].norm > 0)
				keep(k, k->base + i, &k->slots[i], parts);
			k->slots[i] = (struct slot){ .norm = 0 };
			for (size_t g = 0; g < words; g++)
				parts[g] = 0;
		}
}

static bool
score_all(struct ranking *k)
{
	bool go_on = true;

	for (;;) {
		uint32_t least = UINT32_MAX;
		bool any = false;

		for (size_t i = 0; i < k->source_count; i++)
			if (k->sources[i].rest.len > 0) {
				uint32_t doc = get_u32(k->sources[i].rest.p);

				least = doc < least ? doc : least;
				any = true;
			}
		if (!any || !go_on)
			return go_on;
		k->base = least / DOC_ROWS * DOC_ROWS;
		near_move(&k->near, least / DOC_ROWS);
		for (size_t i = 0; i < k->source_count && go_on; i++)
			go_on = score_source(k, &k->sources[i]);
		sweep(k);
	}
}

/* --- together --- */

/* "i", "na", "me" stand in every text of one language, and are rare among all. */
static bool
is_particle(const struct fold_word *w)
{
	return w->len <= PARTICLE_MOST && (w->key[0] < '0' || w->key[0] > '9');
}

/*
 * Rare words weigh more; what nothing stands for weighs nothing. Where somebody is matters no more than what she looks
 * for: the words of places together weigh at most what all others do.
 */
static void
weigh(struct ranking *k)
{
	float n = (float)k->totals.documents, places = 0, others = 0;

	for (size_t g = 0; g < k->words; g++) {
		float has = (float)k->holds[g];

		k->idf[g] = k->asked->known[g] ? logf(1 + (n < has ? 0.5f : n - has + 0.5f) / (has + 0.5f)) : 0;
		if (k->words > 1 && is_particle(&k->asked->word[g]))
			k->idf[g] *= PARTICLE_PART;
		*(k->asked->places >> g & 1 ? &places : &others) += k->idf[g];
	}
	for (size_t g = 0; g < k->words; g++) {
		if (others > 0 && places > others && k->asked->places >> g & 1)
			k->idf[g] *= others / places;
		k->whole += k->idf[g];
	}
}

/* How much of the query a document has, by the weight of its words; and how well: its worth. */
static void
cover(struct ranking *k, struct met *m, const float *parts)
{
	float sum = 0;

	for (size_t g = 0; g < k->words; g++) {
		sum += k->idf[g] * parts[g];
		m->covered += k->idf[g] * (parts[g] < 1 ? parts[g] : 1);
	}
	m->worth *= sum * m->covered / k->whole;
	k->best = m->covered > k->best ? m->covered : k->best;
}

static void
put_all(struct ranking *k, struct candidates *out)
{
	for (size_t i = 0; i < k->met_count; i++)
		cover(k, &k->met[i], k->parts + i * k->words);
	for (size_t i = 0; i < k->met_count; i++) {
		const struct met *m = &k->met[i];
		struct candidate *c;

		if (m->covered < COVER_LEAST * k->best)
			continue;
		c = candidates_add(out);
		c->doc = m->doc;
		c->score = m->worth;
		c->in_title = m->in_title;
		c->is_title = m->is_title;
	}
}

bool
rank_words(struct asked *a, struct store_txn *t, uint64_t most, const struct judge *judge, struct candidates *out)
{
	struct ranking k = { .asked = a, .words = a->words, .txn = t, .judge = judge, .most = most };
	bool whole;

	index_totals(t, &k.totals);
	k.average = k.totals.documents ? (float)k.totals.words / (float)k.totals.documents : 1;
	if (k.average < 1)
		k.average = 1;
	k.slots = need_zeroed(WINDOW, sizeof *k.slots);
	k.slot_parts = need_zeroed(WINDOW * a->words, sizeof *k.slot_parts);
	shelves_open(&k.shelves, t);
	near_open(&k.near, t);
	if ((whole = open_sources(&k) && score_all(&k))) {
		weigh(&k);
		put_all(&k, out);
	}
	near_close(&k.near);
	shelves_close(&k.shelves);
	for (size_t i = 0; i < k.source_count; i++)
		free(k.sources[i].own);
	free(k.sources);
	free(k.slots);
	free(k.slot_parts);
	free(k.met);
	free(k.parts);
	return whole;
}
