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

/* In a table: TERM, a zero, a document. */
struct post_key {
	enum store_table table;
	uint8_t b[POST_KEY];
	size_t prefix;                 /* with the zero */
};
static struct post_key
key_of(enum store_table table, struct bytes term)
{
	struct post_key k = { .table = table, .prefix = term.len + 1 };

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
	struct store_cursor *c = cursor_open(t, k->table);

	return take_block(c, cursor_floor(c, prefix(k), key_at(k, doc)), out);
}

static bool
block_behind(struct store_txn *t, struct post_key *k, uint32_t doc, struct block *out)
{
	struct store_cursor *c = cursor_open(t, k->table);

	return take_block(c, doc < UINT32_MAX && cursor_seek(c, prefix(k), key_at(k, doc + 1)), out);
}

static void
put_block(struct store_txn *t, struct post_key *k, const struct block *b)
{
	txn_put(t, k->table, key_at(k, first_of(b)), (struct bytes){ b->p, b->count * POSTING });
}

static void
delete_block(struct store_txn *t, struct post_key *k, uint32_t first)
{
	txn_delete(t, k->table, key_at(k, first));
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
postings_change(struct store_txn *t, enum store_table table, struct bytes term, const struct postings_delta *d,
    bool *out_was, bool *out_is)
{
	struct post_key k = key_of(table, term);
	struct block last = { 0 };

	*out_was = block_before(t, &k, UINT32_MAX, &last);
	if (d->removed_count > 0) {
		remove_all(t, &k, d->removed, d->removed_count);
		last.count = 0;
		*out_is = block_before(t, &k, UINT32_MAX, &last) || d->added_count > 0;
	} else {
		*out_is = *out_was || d->added_count > 0;
	}
	add_all(t, &k, &last, d->added, d->added_count);
}

bool
postings_settled(struct store_txn *t, struct bytes term)
{
	struct post_key k = key_of(STORE_POST, term);
	struct store_cursor *c = cursor_open(t, STORE_POST);
	bool there = cursor_seek(c, prefix(&k), prefix(&k));

	cursor_close(c);
	return there;
}

/* --- reading: what has settled, then what is fresh, whose numbers are above --- */

static const enum store_table shelves[] = { STORE_POST, STORE_FRESH };
#define SHELVES (sizeof shelves / sizeof *shelves)

struct postings {
	struct store_txn *txn;
	struct store_cursor *cursor;
	struct post_key key;
	size_t shelf;
	struct bytes block;            /* what is being read; empty at the end */
	size_t at;
};

static void
enter_block(struct postings *p, bool found)
{
	p->block = found ? cursor_value(p->cursor) : (struct bytes){ NULL, 0 };
	p->at = 0;
}

/* The first block from shelf SHELF on. */
static void
enter_shelf(struct postings *p, size_t shelf)
{
	for (enter_block(p, false); shelf < SHELVES && p->block.len == 0; shelf++) {
		cursor_close(p->cursor);
		p->shelf = shelf;
		p->cursor = cursor_open(p->txn, shelves[shelf]);
		enter_block(p, cursor_seek(p->cursor, prefix(&p->key), prefix(&p->key)));
	}
}

static void
next_block(struct postings *p)
{
	enter_block(p, cursor_next(p->cursor));
	if (p->block.len == 0)
		enter_shelf(p, p->shelf + 1);
}

struct postings *
postings_open(struct store_txn *t, const struct term *term)
{
	struct postings *p = need_zeroed(1, sizeof *p);
	uint8_t whole[TERM_MOST];

	assert(term->len <= INDEX_KEY);
	whole[0] = term->class;
	memcpy(whole + 1, term->key, term->len);
	p->key = key_of(STORE_POST, (struct bytes){ whole, 1u + term->len });
	p->txn = t;
	enter_shelf(p, 0);
	return p;
}

bool
postings_next(struct postings *p, struct posting *out)
{
	if (p->at == p->block.len && p->block.len > 0)
		next_block(p);
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

static bool
ends_before(const struct postings *p, uint32_t doc)
{
	return p->block.len > 0 && get_u32(p->block.p + p->block.len - POSTING) < doc;
}

bool
postings_seek(struct postings *p, uint32_t doc, struct posting *out)
{
	/* Never backwards: the block of DOC is this one or a later one, perhaps of the next shelf. */
	while (ends_before(p, doc)) {
		enter_block(p, cursor_floor(p->cursor, prefix(&p->key), key_at(&p->key, doc)));
		if (ends_before(p, doc))
			next_block(p);
	}
	skip_to(p, doc);
	return postings_next(p, out);
}

uint64_t
postings_count(struct postings *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < SHELVES; i++) {
		struct store_cursor *c = cursor_open(p->txn, shelves[i]);

		for (bool ok = cursor_seek(c, prefix(&p->key), prefix(&p->key)); ok; ok = cursor_next(c))
			bytes += cursor_value(c).len;
		cursor_close(c);
	}
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
shelves_open(struct shelves *s, struct store_txn *t)
{
	for (size_t i = 0; i < SHELVES; i++)
		s->cursors[i] = i == 0 || txn_count(t, shelves[i]) > 0 ? cursor_open(t, shelves[i]) : NULL;
}

void
shelves_close(struct shelves *s)
{
	for (size_t i = 0; i < SHELVES; i++)
		cursor_close(s->cursors[i]);
}

void
blocks_open(struct blocks *b, const struct term *term)
{
	assert(term->len <= INDEX_KEY);
	*b = (struct blocks){ .prefix = (uint8_t)(term->len + 2) };
	b->key[0] = term->class;
	memcpy(b->key + 1, term->key, term->len);
}

struct bytes
blocks_next(struct blocks *b, const struct shelves *s)
{
	struct bytes key = { b->key, b->prefix + 4u };

	for (; b->shelf < SHELVES; b->shelf++) {
		struct store_cursor *c = s->cursors[b->shelf];

		if (c && cursor_seek(c, (struct bytes){ b->key, b->prefix }, key)) {
			struct bytes block = cursor_value(c);

			put_u32(b->key + b->prefix, get_u32(block.p + block.len - POSTING) + 1);
			return block;
		}
	}
	return (struct bytes){ NULL, 0 };
}

/* --- the terms there are --- */

/* The blocks of one term, while a class is read from both shelves side by side. */
struct run {
	uint8_t key[TERM_MOST + 1];    /* with its zero */
	size_t len;                    /* with it */
	uint64_t bytes;                /* of its blocks */
};

static struct bytes
term_of(struct bytes key)
{
	return (struct bytes){ key.p, key.len - 4 };
}

/* Adds what the shelf has of the run's term. */
static bool
take_run(struct run *r, struct store_cursor *c)
{
	bool ok = true;

	while (ok && bytes_equal(term_of(cursor_key(c)), (struct bytes){ r->key, r->len })) {
		r->bytes += cursor_value(c).len;
		ok = cursor_next(c);
	}
	return ok;
}

void
index_terms(struct store_txn *t, enum term_class class, const char *beginning, size_t len,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self)
{
	uint8_t from[TERM_MOST] = { (uint8_t)class };
	struct bytes wanted = { from, 1 + len };
	struct shelves s;
	bool ok[SHELVES], go_on = true;

	assert(len <= INDEX_KEY);
	memcpy(from + 1, beginning, len);
	shelves_open(&s, t);
	for (size_t i = 0; i < SHELVES; i++)
		ok[i] = s.cursors[i] && cursor_seek(s.cursors[i], wanted, wanted);
	while (go_on) {
		struct run r = { .bytes = 0 };
		struct bytes least = { NULL, 0 };

		for (size_t i = 0; i < SHELVES; i++)
			if (ok[i] && (least.len == 0 || bytes_compare(term_of(cursor_key(s.cursors[i])), least) < 0))
				least = term_of(cursor_key(s.cursors[i]));
		if (least.len == 0)
			break;
		memcpy(r.key, least.p, least.len);
		r.len = least.len;
		for (size_t i = 0; i < SHELVES; i++)
			ok[i] = ok[i] && take_run(&r, s.cursors[i]);
		go_on = fn(self, &(struct term){ (uint8_t)class, (uint8_t)(r.len - 2), (const char *)r.key + 1 },
		    r.bytes / POSTING);
	}
	shelves_close(&s);
}

bool
index_look(uint64_t *io_looks)
{
	if (io_looks == NULL)
		return true;
	if (*io_looks == 0)
		return false;
	--*io_looks;
	return true;
}

struct inflected {
	size_t len;                    /* of the stem */
	uint64_t *looks;
	bool (*fn)(void *self, const struct term *term, uint64_t documents);
	void *self;
};

static bool
give_inflected(void *self, const struct term *term, uint64_t documents)
{
	const struct inflected *i = self;
	char stem[FOLD_WORD + 1];

	return index_look(i->looks) && (fold_stem(term->key, term->len, stem) != i->len || i->fn(i->self, term, documents));
}

void
index_inflected(struct store_txn *t, const char *key, size_t len, uint64_t *io_looks,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self)
{
	struct inflected i = { len, io_looks, fn, self };

	index_terms(t, TERM_WORD, key, len, give_inflected, &i);
}
