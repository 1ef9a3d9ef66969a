/* The vocabulary by pieces of three letters, for words that were mistyped. */
#include "node/search/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 3
#define WORD_LEAST 3
/*
 * Of a word the first nine pieces are kept: one edit changes four of them at most, so one is left by two edits, and what
 * anybody writes costs at most nine entries a word.
 */
#define PIECES 9
#define EDITS_MOST 2
/* What stands before the first and behind the last letter: no letter. */
#define EDGE_FIRST 1
#define EDGE_LAST 2

/* The word between its edges. */
struct edged {
	uint8_t p[FOLD_WORD + 2];
	size_t len;
};

static void
edge(struct edged *e, const void *word, size_t len)
{
	e->p[0] = EDGE_FIRST;
	memcpy(e->p + 1, word, len);
	e->p[1 + len] = EDGE_LAST;
	e->len = len + 2;
}

/* Short words have too few pieces; in a number every digit counts. */
static bool
has_pieces(const uint8_t *word, size_t len)
{
	if (len < WORD_LEAST || len > FOLD_WORD)
		return false;
	for (size_t i = 0; i < len; i++)
		if (word[i] >= '0' && word[i] <= '9')
			return false;
	return true;
}

/* Is the piece at AT also further in front? */
static bool
is_repeated(const struct edged *e, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (memcmp(e->p + i, e->p + at, PIECE) == 0)
			return true;
	return false;
}

/* --- writing --- */

void
grams_note(struct grams *g, struct bytes word, bool added)
{
	struct edged e;

	if (!has_pieces(word.p, word.len))
		return;
	edge(&e, word.p, word.len);
	for (size_t at = 0; at < PIECES && at + PIECE <= e.len; at++) {
		if (is_repeated(&e, at))
			continue;
		buf_put_u8(&g->keys, (uint8_t)(PIECE + 1 + word.len));
		buf_put_u8(&g->keys, added);
		buf_put(&g->keys, e.p + at, PIECE);
		buf_put_u8(&g->keys, (uint8_t)word.len);
		buf_put_bytes(&g->keys, word);
		g->count++;
	}
}

static int
in_order(const void *a, const void *b)
{
	const uint8_t *x = *(const uint8_t *const *)a, *y = *(const uint8_t *const *)b;

	return bytes_compare((struct bytes){ x + 2, x[0] }, (struct bytes){ y + 2, y[0] });
}

void
grams_write(struct grams *g, struct store_txn *t)
{
	const uint8_t **list = need_alloc((g->count + 1) * sizeof *list), *p = g->keys.p;

	for (size_t i = 0; i < g->count; i++, p += 2 + p[0])
		list[i] = p;
	qsort(list, g->count, sizeof *list, in_order);
	for (size_t i = 0; i < g->count; i++) {
		struct bytes key = { list[i] + 2, list[i][0] };

		if (list[i][1])
			txn_put(t, STORE_GRAM, key, (struct bytes){ key.p, 0 });
		else
			txn_delete(t, STORE_GRAM, key);
	}
	free(list);
	buf_free(&g->keys);
	g->count = 0;
}

/* --- reading --- */

struct likeness {
	struct edged key;
	unsigned edits;
	uint64_t *looks;
	bool (*fn)(void *self, const char *key, size_t len, unsigned distance);
	void *self;
};

/* Was WORD met at a piece of ours further in front? Only what is kept of it counts. */
static bool
was_met(const struct likeness *l, size_t at, const struct edged *word)
{
	size_t kept = word->len < PIECES + PIECE - 1 ? word->len : PIECES + PIECE - 1;

	for (size_t i = 0; i < at; i++)
		if (memmem(word->p, kept, l->key.p + i, PIECE))
			return true;
	return false;
}

/* Words of LEN bytes with our piece at AT. */
static bool
try_words(const struct likeness *l, struct store_cursor *c, size_t at, size_t len)
{
	uint8_t beginning[PIECE + 1];
	struct edged word;

	memcpy(beginning, l->key.p + at, PIECE);
	beginning[PIECE] = (uint8_t)len;
	for (bool ok = cursor_seek(c, BYTES_OF(beginning), BYTES_OF(beginning)); ok; ok = cursor_next(c)) {
		const char *found = (const char *)cursor_key(c).p + sizeof beginning;
		unsigned distance;

		if (!index_look(l->looks))
			return false;
		edge(&word, found, len);
		if (was_met(l, at, &word))
			continue;
		distance = fold_distance((const char *)l->key.p + 1, l->key.len - 2, found, len, l->edits);
		if (distance > 0 && distance <= l->edits && !l->fn(l->self, found, len, distance))
			return false;
	}
	return true;
}

/* Words that have not settled have no pieces yet: they are few, and all looked at. */
static void
try_fresh(const struct likeness *l, struct store_txn *t, size_t shortest, size_t longest)
{
	static const uint8_t class[] = { TERM_WORD };
	struct store_cursor *c = cursor_open(t, STORE_FRESH);
	bool go_on = true;

	for (bool ok = cursor_seek(c, BYTES_OF(class), BYTES_OF(class)); ok && go_on; ok = cursor_next(c)) {
		struct bytes term = { cursor_key(c).p, cursor_key(c).len - BLOCK_NAME }, word = { term.p + 1, term.len - 1 };
		struct edged edged;
		unsigned distance;

		if (!index_look(l->looks))
			break;
		if (word.len < shortest || word.len > longest || !has_pieces(word.p, word.len))
			continue;
		edge(&edged, word.p, word.len);
		if (!was_met(l, l->key.len - PIECE + 1, &edged))
			continue;
		distance = fold_distance((const char *)l->key.p + 1, l->key.len - 2, (const char *)word.p, word.len, l->edits);
		if (distance > 0 && distance <= l->edits && !postings_settled(t, term))
			go_on = l->fn(l->self, (const char *)word.p, word.len, distance);
	}
	cursor_close(c);
}

void
index_similar(struct store_txn *t, const char *key, size_t len, unsigned edits, uint64_t *io_looks,
    bool (*fn)(void *self, const char *key, size_t len, unsigned distance), void *self)
{
	struct likeness l = { .edits = edits, .looks = io_looks, .fn = fn, .self = self };
	size_t shortest = len > edits + WORD_LEAST ? len - edits : WORD_LEAST;
	struct store_cursor *c;
	bool go_on = true;

	assert(edits <= EDITS_MOST);
	if (!has_pieces((const uint8_t *)key, len))
		return;
	edge(&l.key, key, len);
	c = cursor_open(t, STORE_GRAM);
	for (size_t at = 0; go_on && at + PIECE <= l.key.len; at++)
		for (size_t n = shortest; go_on && n <= len + edits && n <= FOLD_WORD; n++)
			go_on = is_repeated(&l.key, at) || try_words(&l, c, at, n);
	cursor_close(c);
	if (go_on && txn_count(t, STORE_FRESH) > 0)
		try_fresh(&l, t, shortest, len + edits);
}
