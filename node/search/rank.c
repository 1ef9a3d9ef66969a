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
#define COVER_LEAST 0.25f          /* of the words' weight that the best has, as others must have to be hits */

/* Slots of documents, in pages that are made when the first of their documents is met. */
#define PAGE 1024u
struct ranking {
	struct asked *asked;
	struct docs docs;
	struct index_totals totals;
	float average;                 /* words of a document */
	bool (*admits)(void *self, const struct index_doc *row);
	void *self;
	uint64_t most;
	float **pages;                 /* a slot: its norm (0: not met, below: not admitted), the best part of each word, ...
	                                * and how many of them stand in its title as they are */
	size_t page_count;
	uint32_t holds[QUERY_WORDS];   /* documents in which something worthy stands for it */
	float idf[QUERY_WORDS], whole; /* ... so how much it weighs; all words together */
	float best;                    /* weight of the words that the best document has */
	struct candidates *out;
};

static size_t
stride_of(const struct ranking *k)
{
	return 2 + k->asked->words;
}

static float *
slot_of(struct ranking *k, uint32_t doc)
{
	size_t page = doc / PAGE, stride = stride_of(k);

	if (page >= k->page_count) {
		size_t count = page + page / 2 + 16;

		k->pages = need_realloc(k->pages, count * sizeof *k->pages);
		memset(k->pages + k->page_count, 0, (count - k->page_count) * sizeof *k->pages);
		k->page_count = count;
	}
	if (k->pages[page] == NULL)
		k->pages[page] = need_zeroed(PAGE * stride, sizeof(float));
	return k->pages[page] + doc % PAGE * stride;
}

/* How much less a word of a long document says. */
static float
norm_of(struct ranking *k, uint32_t doc)
{
	struct index_doc row;

	if (!docs_get(&k->docs, doc, &row) || !k->admits(k->self, &row))
		return -1;
	return K1 * (1 - B + B * (float)row.length / k->average);
}

static void
score(struct ranking *k, const struct alternative *alt, const struct posting *p)
{
	float *slot = slot_of(k, p->doc), part;

	if (slot[0] == 0)
		slot[0] = norm_of(k, p->doc);
	if (slot[0] < 0)
		return;
	if (alt->class == TERM_WORD) {
		float times = (float)p->weight / WEIGHT_ONE;

		part = times * (K1 + 1) / (times + slot[0]) * (p->fields & IN_TITLE ? TITLE_BONUS : 1);
	} else {
		part = alt->class == TERM_PLACE ? PLACE_PART : FACET_PART;
	}
	part *= alt->worth;
	for (size_t g = 0; g < k->asked->words; g++) {
		if (!(alt->mask >> g & 1))
			continue;
		if (alt->worth == 1 && alt->class == TERM_WORD && (p->fields & IN_TITLE))
			slot[1 + k->asked->words]++;
		if (slot[1 + g] == 0 && alt->worth >= COUNTS_FROM)
			k->holds[g]++;
		if (part > slot[1 + g])
			slot[1 + g] = part;
	}
}

static bool
read_one(struct ranking *k, uint64_t count)
{
	k->asked->read += count;
	return k->most == 0 || k->asked->read <= k->most;
}

static bool
score_term(struct ranking *k, const struct alternative *alt)
{
	struct term term = { alt->class, alt->len, alt->key };
	struct postings *p = postings_open(k->docs.txn, &term);
	struct posting one;
	bool go_on = true;

	while (go_on && postings_next(p, &one)) {
		score(k, alt, &one);
		go_on = read_one(k, 1);
	}
	postings_close(p);
	return go_on;
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
	struct postings *p = postings_open(f->ranking->docs.txn, term);
	struct posting one;

	while (postings_next(p, &one)) {
		if (f->list->count == f->list->cap) {
			f->list->cap = f->list->cap ? f->list->cap * 2 : 64;
			f->list->p = need_realloc(f->list->p, f->list->cap * sizeof *f->list->p);
		}
		f->list->p[f->list->count++] = one;
	}
	postings_close(p);
	return f->go_on = read_one(f->ranking, documents);
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

static bool
score_phrase(struct ranking *k, const struct alternative *alt)
{
	struct list all = { 0 };
	bool first = true, go_on = true;

	for (size_t at = 0; at < alt->len && go_on && (first || all.count > 0);) {
		size_t len = strcspn(alt->key + at, " ");
		char stem[FOLD_WORD + 1];
		struct list one = { 0 };
		struct forms_of f = { k, &one, true };

		if (len >= WORD_OF_NAME && len <= FOLD_WORD) {
			index_inflected(k->docs.txn, stem, fold_stem(alt->key + at, len, stem), append_form, &f);
			go_on = f.go_on;
			if (one.count > 1)
				qsort(one.p, one.count, sizeof *one.p, by_doc);
			if (first)
				all = one;
			else
				intersect(&all, &one);
			if (!first)
				free(one.p);
			first = false;
		}
		at += len + 1;
	}
	for (size_t i = 0; i < all.count && go_on; i++)
		score(k, alt, &all.p[i]);
	free(all.p);
	return go_on;
}

/* --- together --- */

/* Rare words weigh more; what nothing stands for weighs nothing. */
static void
weigh(struct ranking *k)
{
	float n = (float)k->totals.documents;

	for (size_t g = 0; g < k->asked->words; g++) {
		float has = (float)k->holds[g];

		k->idf[g] = k->asked->known[g] ? logf(1 + (n < has ? 0.5f : n - has + 0.5f) / (has + 0.5f)) : 0;
		k->whole += k->idf[g];
	}
}

/* How much of the query a document has, by the weight of its words; *OUT_SUM: how well. */
static float
cover(const struct ranking *k, const float *slot, float *out_sum)
{
	float covered = 0;

	*out_sum = 0;
	for (size_t g = 0; g < k->asked->words; g++) {
		*out_sum += k->idf[g] * slot[1 + g];
		covered += k->idf[g] * (slot[1 + g] < 1 ? slot[1 + g] : 1);
	}
	return covered;
}

/* FN for the slot of every document that is admitted, in order. */
static void
each_slot(struct ranking *k, void (*fn)(struct ranking *k, uint32_t doc, const float *slot))
{
	size_t stride = stride_of(k);

	for (size_t page = 0; page < k->page_count; page++)
		for (uint32_t i = 0; k->pages[page] && i < PAGE; i++)
			if (k->pages[page][i * stride] > 0)
				fn(k, (uint32_t)page * PAGE + i, k->pages[page] + i * stride);
}

static void
find_best(struct ranking *k, uint32_t doc, const float *slot)
{
	float sum, covered = cover(k, slot, &sum);

	(void)doc;
	if (covered > k->best)
		k->best = covered;
}

static void
put(struct ranking *k, uint32_t doc, const float *slot)
{
	float sum, covered = cover(k, slot, &sum);
	struct candidates *out = k->out;
	struct candidate *c;

	if (covered < COVER_LEAST * k->best)
		return;
	if (out->count == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 256;
		out->list = need_realloc(out->list, out->cap * sizeof *out->list);
	}
	c = &out->list[out->count];
	*c = (struct candidate){ .doc = doc, .score = sum * covered / k->whole, .km = -1,
		.in_title = slot[1 + k->asked->words] >= (float)k->asked->words };
	if (docs_get(&k->docs, doc, &c->row))
		out->count++;
}

bool
rank_words(struct asked *a, struct store_txn *t, uint64_t most,
    bool (*admits)(void *self, const struct index_doc *row), void *self, struct candidates *out)
{
	struct ranking k = { .asked = a, .admits = admits, .self = self, .most = most, .out = out };
	bool whole = true;

	docs_open(&k.docs, t);
	index_totals(t, &k.totals);
	k.average = k.totals.documents ? (float)k.totals.words / (float)k.totals.documents : 1;
	if (k.average < 1)
		k.average = 1;
	for (size_t i = 0; i < a->count && whole; i++)
		whole = a->list[i].phrase ? score_phrase(&k, &a->list[i]) : score_term(&k, &a->list[i]);
	if (whole) {
		weigh(&k);
		each_slot(&k, find_best);
		each_slot(&k, put);
	}
	for (size_t page = 0; page < k.page_count; page++)
		free(k.pages[page]);
	free(k.pages);
	return whole;
}
