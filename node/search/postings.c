/* The documents of a term, in blocks. */
#include "node/search/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define POSTING POSTING_LEN
#define MERGED (INDEX_BLOCK * 3 / 4)   /* two neighbours that hold no more together become one */

void
posting_put(uint8_t out[POSTING_LEN], const struct posting *p)
{
	put_u32(out, p->doc);
	out[4] = p->weight;
	out[5] = p->fields;
}

/* --- blocks, for writing --- */

/* TERM, a zero, a document. */
struct post_key {
	uint8_t b[POST_KEY];
	size_t prefix;                 /* with the zero */
};
static struct post_key
key_of(struct bytes term)
{
	struct post_key k = { .prefix = term.len + 1 };

	assert(term.len <= TERM_MOST);
	memcpy(k.b, term.p, term.len);
	return k;
}

static struct bytes
key_at(struct post_key *k, uint32_t doc)
{
	put_u32(k->b + k->prefix, doc);
	return (struct bytes){ k->b, k->prefix + 4 };
}

static struct bytes
prefix(const struct post_key *k)
{
	return (struct bytes){ k->b, k->prefix };
}

struct block {
	size_t count;
	uint8_t p[INDEX_BLOCK * POSTING];
};

static uint32_t
first_of(const struct block *b)
{
	return get_u32(b->p);
}

static bool
take_block(struct store_cursor *c, bool found, struct block *out)
{
	if (found) {
		struct bytes v = cursor_value(c);

		out->count = v.len / POSTING;
		memcpy(out->p, v.p, v.len < sizeof out->p ? v.len : sizeof out->p);
	}
	cursor_close(c);
	return found;
}

/* The block that holds DOC, or would. */
static bool
block_before(struct store_txn *t, struct post_key *k, uint32_t doc, struct block *out)
{
	struct store_cursor *c = cursor_open(t, STORE_POST);

	return take_block(c, cursor_floor(c, prefix(k), key_at(k, doc)), out);
}

static bool
block_behind(struct store_txn *t, struct post_key *k, uint32_t doc, struct block *out)
{
	struct store_cursor *c = cursor_open(t, STORE_POST);

	return take_block(c, doc < UINT32_MAX && cursor_seek(c, prefix(k), key_at(k, doc + 1)), out);
}

static void
put_block(struct store_txn *t, struct post_key *k, const struct block *b)
{
	txn_put(t, STORE_POST, key_at(k, first_of(b)), (struct bytes){ b->p, b->count * POSTING });
}

static void
delete_block(struct store_txn *t, struct post_key *k, uint32_t first)
{
	txn_delete(t, STORE_POST, key_at(k, first));
}

/* --- changes --- */

/* B becomes one with the block NEXT behind it, where both fit. */
static bool
merge(struct store_txn *t, struct post_key *k, struct block *b, const struct block *next)
{
	if (b->count + next->count > MERGED)
		return false;
	memcpy(b->p + b->count * POSTING, next->p, next->count * POSTING);
	b->count += next->count;
	delete_block(t, k, first_of(next));
	put_block(t, k, b);
	return true;
}

/*
 * After a removal at DOC: no two neighbours there could be one. So it is before and after every change, which makes
 * taking out what was put in last leave the very same blocks.
 */
static void
tidy(struct store_txn *t, struct post_key *k, uint32_t doc)
{
	struct block b, other;

	if (!block_before(t, k, doc, &b) && !block_behind(t, k, doc, &b))
		return;
	while (block_behind(t, k, first_of(&b), &other) && merge(t, k, &b, &other))
		;
	while (first_of(&b) > 0 && block_before(t, k, first_of(&b) - 1, &other) && merge(t, k, &other, &b))
		b = other;
}

/* Takes the documents at the beginning of REMOVED that are in B out of it; how many of REMOVED that settles, at least 1. */
static size_t
cut_out(struct block *b, const uint32_t *removed, size_t count)
{
	uint32_t last = get_u32(b->p + (b->count - 1) * POSTING);
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < b->count; i++) {
		uint32_t doc = get_u32(b->p + i * POSTING);

		while (at < count && removed[at] < doc)
			at++;
		if (at < count && removed[at] == doc)
			continue;
		memmove(b->p + kept++ * POSTING, b->p + i * POSTING, POSTING);
	}
	while (at < count && removed[at] <= last)
		at++;
	b->count = kept;
	return at > 0 ? at : 1;
}

static void
remove_all(struct store_txn *t, struct post_key *k, const uint32_t *removed, size_t count)
{
	while (count > 0) {
		size_t settled = 1;
		struct block b;

		if (block_before(t, k, *removed, &b)) {
			uint32_t first = first_of(&b);
			size_t before = b.count;

			settled = cut_out(&b, removed, count);
			if (b.count < before && (b.count == 0 || first_of(&b) != first))
				delete_block(t, k, first);
			if (b.count > 0 && b.count < before)
				put_block(t, k, &b);
			if (b.count < before)
				tidy(t, k, first);
		}
		removed += settled;
		count -= settled;
	}
}

/* Behind the last: its block is filled, then come new ones. */
static void
add_all(struct store_txn *t, struct post_key *k, struct block *b, const struct posting *added, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (b->count == INDEX_BLOCK) {
			put_block(t, k, b);
			b->count = 0;
		}
		posting_put(b->p + b->count++ * POSTING, &added[i]);
	}
	if (count > 0)
		put_block(t, k, b);
}

void
postings_change(struct store_txn *t, struct bytes term, const uint32_t *removed, size_t removed_count,
    const struct posting *added, size_t added_count, bool *out_was, bool *out_is)
{
	struct post_key k = key_of(term);
	struct block last = { 0 };

	*out_was = block_before(t, &k, UINT32_MAX, &last);
	if (removed_count > 0) {
		remove_all(t, &k, removed, removed_count);
		last.count = 0;
		*out_is = block_before(t, &k, UINT32_MAX, &last) || added_count > 0;
	} else {
		*out_is = *out_was || added_count > 0;
	}
	add_all(t, &k, &last, added, added_count);
}

/* --- reading --- */

struct postings {
	struct store_txn *txn;
	struct store_cursor *cursor;
	struct post_key key;
	struct bytes block;            /* what is being read; empty at the end */
	size_t at;
};

static void
enter_block(struct postings *p, bool found)
{
	p->block = found ? cursor_value(p->cursor) : (struct bytes){ NULL, 0 };
	p->at = 0;
}

struct postings *
postings_open(struct store_txn *t, const struct term *term)
{
	struct postings *p = need_zeroed(1, sizeof *p);
	uint8_t whole[TERM_MOST];

	assert(term->len <= INDEX_KEY);
	whole[0] = term->class;
	memcpy(whole + 1, term->key, term->len);
	p->key = key_of((struct bytes){ whole, 1u + term->len });
	p->txn = t;
	p->cursor = cursor_open(t, STORE_POST);
	enter_block(p, cursor_seek(p->cursor, prefix(&p->key), prefix(&p->key)));
	return p;
}

bool
postings_next(struct postings *p, struct posting *out)
{
	if (p->at == p->block.len && p->block.len > 0)
		enter_block(p, cursor_next(p->cursor));
	if (p->block.len == 0)
		return false;
	*out = posting_at(p->block.p + p->at);
	p->at += POSTING;
	return true;
}

/* The first place in the block, from the present one on, whose document is at or behind DOC. */
static void
skip_to(struct postings *p, uint32_t doc)
{
	size_t low = p->at / POSTING, high = p->block.len / POSTING;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (get_u32(p->block.p + mid * POSTING) < doc)
			low = mid + 1;
		else
			high = mid;
	}
	p->at = low * POSTING;
}

bool
postings_seek(struct postings *p, uint32_t doc, struct posting *out)
{
	if (p->block.len == 0)
		return false;
	if (get_u32(p->block.p + p->block.len - POSTING) < doc) {
		/* Never backwards: the block of DOC is this one or a later one. */
		enter_block(p, cursor_floor(p->cursor, prefix(&p->key), key_at(&p->key, doc)));
	}
	skip_to(p, doc);
	return postings_next(p, out);
}

uint64_t
postings_count(struct postings *p)
{
	struct store_cursor *c = cursor_open(p->txn, STORE_POST);
	uint64_t bytes = 0;

	for (bool ok = cursor_seek(c, prefix(&p->key), prefix(&p->key)); ok; ok = cursor_next(c))
		bytes += cursor_value(c).len;
	cursor_close(c);
	return bytes / POSTING;
}

void
postings_close(struct postings *p)
{
	if (p == NULL)
		return;
	cursor_close(p->cursor);
	free(p);
}

/* --- many terms side by side --- */

void
blocks_open(struct blocks *b, const struct term *term)
{
	assert(term->len <= INDEX_KEY);
	*b = (struct blocks){ .prefix = (uint8_t)(term->len + 2) };
	b->key[0] = term->class;
	memcpy(b->key + 1, term->key, term->len);
}

struct bytes
blocks_next(struct blocks *b, struct store_cursor *post)
{
	struct bytes key = { b->key, b->prefix + 4u }, block = { NULL, 0 };

	if (!b->ended && cursor_seek(post, (struct bytes){ b->key, b->prefix }, key)) {
		uint32_t last;

		block = cursor_value(post);
		last = get_u32(block.p + block.len - POSTING);
		put_u32(b->key + b->prefix, last + 1);
		b->ended = last == UINT32_MAX;
	} else {
		b->ended = true;
	}
	return block;
}

/* --- the terms there are --- */

/* The blocks of one term, while a class is read. */
struct run {
	uint8_t key[TERM_MOST + 1];    /* with its zero */
	size_t len;                    /* without */
	uint64_t bytes;                /* of its blocks */
};

static bool
is_of(const struct run *r, struct bytes key)
{
	return key.len == r->len + 5 && memcmp(key.p, r->key, r->len + 1) == 0;
}

static void
begin_run(struct run *r, struct bytes key)
{
	r->len = key.len - 5;
	memcpy(r->key, key.p, r->len + 1);
	r->bytes = 0;
}

void
index_terms(struct store_txn *t, enum term_class class, const char *beginning, size_t len,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_POST);
	uint8_t from[TERM_MOST] = { (uint8_t)class };
	struct bytes wanted = { from, 1 + len };
	struct run r = { .bytes = 0 };
	bool ok;

	assert(len <= INDEX_KEY);
	memcpy(from + 1, beginning, len);
	ok = cursor_seek(c, wanted, wanted);
	while (ok) {
		struct term term = { (uint8_t)class, 0, (const char *)r.key + 1 };

		begin_run(&r, cursor_key(c));
		do
			r.bytes += cursor_value(c).len;
		while ((ok = cursor_next(c)) && is_of(&r, cursor_key(c)));
		term.len = (uint8_t)(r.len - 1);
		if (!fn(self, &term, r.bytes / POSTING))
			break;
	}
	cursor_close(c);
}

struct inflected {
	size_t len;                    /* of the stem */
	bool (*fn)(void *self, const struct term *term, uint64_t documents);
	void *self;
};

static bool
give_inflected(void *self, const struct term *term, uint64_t documents)
{
	const struct inflected *i = self;
	char stem[FOLD_WORD + 1];

	return fold_stem(term->key, term->len, stem) != i->len || i->fn(i->self, term, documents);
}

void
index_inflected(struct store_txn *t, const char *key, size_t len,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self)
{
	struct inflected i = { len, fn, self };

	index_terms(t, TERM_WORD, key, len, give_inflected, &i);
}
