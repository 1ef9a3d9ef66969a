/* Words of any language of the region, as one bald-Latin key each. */
#include "node/search/fold.h"

#include <assert.h>
#include <string.h>

#include "node/base/bald.h"
#include "proto/utf8.h"

/* The word that is being read; it is none as long as its key is empty. */
struct word {
	struct fold_word w;
	bool full;                 /* cut: nothing more is written */
	bool letter;               /* its last piece is a letter, */
	bool apostrophe;           /* and an apostrophe stands behind it */
};

/* Whole letters of B as far as they fit. */
static void
append(struct word *r, const struct bald *b)
{
	struct bytes fits = utf8_cut((struct bytes){ (const uint8_t *)b->key, b->len }, FOLD_WORD - r->w.len);

	r->full |= fits.len < b->len;
	memcpy(r->w.key + r->w.len, b->key, fits.len);
	r->w.len = (uint8_t)(r->w.len + fits.len);
}

static void
grow(struct word *r, const struct bald *b)
{
	if (!r->full)
		append(r, b);
	r->w.end = (uint32_t)b->end;
	r->letter = b->class == BALD_LETTER;
	r->apostrophe = false;
}

/* The word ends: false when FN wants no more. */
static bool
finish(struct word *r, bool (*fn)(void *self, const struct fold_word *w), void *self)
{
	bool more = true;

	if (r->w.len > 0) {
		r->w.key[r->w.len] = 0;
		more = fn(self, &r->w);
		r->w.number++;
	}
	r->w.len = 0;
	r->w.end = 0;
	r->full = r->letter = r->apostrophe = false;
	return more;
}

bool
fold_text(struct bytes text, bool (*fn)(void *self, const struct fold_word *w), void *self)
{
	struct word r = { 0 };
	struct bald b = { 0 };

	assert(text.len <= UINT32_MAX);
	while (bald_next(text, &b)) {
		if (b.class == BALD_APOSTROPHE && r.letter && !r.apostrophe) {
			r.apostrophe = true;
			continue;
		}
		if (b.class == BALD_BREAK || b.class == BALD_APOSTROPHE || (r.apostrophe && b.class == BALD_DIGIT))
			if (!finish(&r, fn, self))
				return false;
		if (b.class == BALD_BREAK || b.class == BALD_APOSTROPHE)
			continue;
		if (r.w.end == 0)
			r.w.at = (uint32_t)b.at;
		grow(&r, &b);
	}
	return finish(&r, fn, self);
}

static bool
put_word(void *self, const struct fold_word *w)
{
	struct buf *out = self;

	if (w->number > 0)
		buf_put_u8(out, ' ');
	buf_put(out, w->key, w->len);
	return true;
}

void
fold_phrase(struct bytes text, struct buf *out)
{
	fold_text(text, put_word, out);
}

/* --- distance --- */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* A cell of the table whose last three rows are kept: what it costs to make the first I of A the first K of B. */
static unsigned
cell(const char *a, size_t i, const char *b, size_t k, unsigned rows[3][FOLD_WORD + 1])
{
	unsigned *before = rows[(i + 1) % 3], *above = rows[(i + 2) % 3], *here = rows[i % 3];
	unsigned cost = above[k - 1] + (a[i - 1] != b[k - 1]);

	cost = least(cost, least(above[k], here[k - 1]) + 1);
	if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
		cost = least(cost, before[k - 2] + 1);
	return cost;
}

unsigned
fold_distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned most)
{
	unsigned rows[3][FOLD_WORD + 1], best;

	assert(a_len <= FOLD_WORD && b_len <= FOLD_WORD);
	if ((a_len > b_len ? a_len - b_len : b_len - a_len) > most)
		return most + 1;
	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= a_len; i++) {
		rows[i % 3][0] = best = (unsigned)i;
		for (size_t k = 1; k <= b_len; k++) {
			rows[i % 3][k] = cell(a, i, b, k, rows);
			best = least(best, rows[i % 3][k]);
		}
		if (best > most)           /* a later row has no less, swaps included: letting go of a letter costs one as well */
			return most + 1;
	}
	return least(rows[a_len % 3][b_len], most + 1);
}
