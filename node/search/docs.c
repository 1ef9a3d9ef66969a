/* Document numbers: rows for ranking in blocks, record ids both ways. */
#include "node/search/inside.h"

#include <assert.h>
#include <string.h>

#define EMPTY_KIND 0               /* a row without a kind is no document */

/*
 * What every document that has a word is asked for stands close together; the rest, which few are asked for, apart from it.
 * Blocks of either fill a page of the store, with its head.
 */
enum { CLOSE, APART, SORTS };
static const struct sort {
	char space;
	size_t len, rows;
} sorts[SORTS] = { { 'b', DOC_ROW, DOC_ROWS }, { 'c', 20, 204 } };
#define BLOCK_MOST (DOC_ROW * DOC_ROWS)
#define AUDIENCE_BITS 2
#define HAS_END 0x80u              /* beside the flags: when it ends stands apart */

/* --- keys --- */

struct doc_key {
	uint8_t b[1 + ID_LEN];
};

static struct bytes
number_key(struct doc_key *k, char space, uint32_t number)
{
	k->b[0] = (uint8_t)space;
	put_u32(k->b + 1, number);
	return (struct bytes){ k->b, 5 };
}

static struct bytes
record_key_of(struct doc_key *k, const struct id *record)
{
	k->b[0] = 'r';
	memcpy(k->b + 1, record->b, ID_LEN);
	return BYTES_OF(k->b);
}

/* --- rows --- */

static void
put_row(const struct index_doc *d, uint8_t *close, uint8_t *apart)
{
	unsigned flags = (unsigned)d->flags << AUDIENCE_BITS | d->audience | (d->ends ? HAS_END : 0);

	assert(d->audience < 1u << AUDIENCE_BITS && (unsigned)d->flags << AUDIENCE_BITS < HAS_END);
	put_u16(close, d->kind);
	put_u16(close + 2, d->verified_day);
	put_u16(close + 4, d->stale_days);
	put_u16(close + 6, d->length);
	close[8] = d->territories;
	close[9] = (uint8_t)flags;
	memcpy(apart, d->record, 8);
	put_u32(apart + 8, d->ends);
	put_u64(apart + 12, d->owner);
}

/* True: it ends, which stands apart. */
static bool
get_close(const uint8_t *p, uint32_t number, struct index_doc *out)
{
	out->number = number;
	out->ends = 0;
	out->kind = get_u16(p);
	out->verified_day = get_u16(p + 2);
	out->stale_days = get_u16(p + 4);
	out->length = get_u16(p + 6);
	out->territories = p[8];
	out->audience = p[9] & ((1u << AUDIENCE_BITS) - 1);
	out->flags = (uint8_t)(p[9] & ~HAS_END) >> AUDIENCE_BITS;
	return p[9] & HAS_END;
}

static void
get_apart(const uint8_t *p, struct index_doc *out)
{
	memcpy(out->record, p, 8);
	out->ends = get_u32(p + 8);
	out->owner = get_u64(p + 12);
}

static bool
is_empty(const uint8_t *row, size_t len)
{
	while (len > 0 && row[len - 1] == 0)
		len--;
	return len == 0;
}

/* A block while it is changed: rows behind the last document are not stored. */
struct rows {
	const struct sort *sort;
	uint32_t number;               /* of the block */
	bool open;
	size_t count;
	uint8_t p[BLOCK_MOST];
};

static void
rows_open(struct rows *b, struct store_txn *t, uint32_t number)
{
	struct doc_key key;
	struct bytes v;

	memset(b->p, 0, sizeof b->p);
	b->number = number;
	b->open = true;
	b->count = 0;
	if (txn_get(t, STORE_DOC, number_key(&key, b->sort->space, number), &v)) {
		b->count = v.len / b->sort->len;
		memcpy(b->p, v.p, v.len < sizeof b->p ? v.len : sizeof b->p);
	}
}

static void
rows_close(struct rows *b, struct store_txn *t)
{
	struct doc_key key;
	size_t len = b->sort->len;

	if (!b->open)
		return;
	while (b->count > 0 && is_empty(b->p + (b->count - 1) * len, len))
		b->count--;
	if (b->count > 0)
		txn_put(t, STORE_DOC, number_key(&key, b->sort->space, b->number), (struct bytes){ b->p, b->count * len });
	else
		txn_delete(t, STORE_DOC, number_key(&key, b->sort->space, b->number));
	b->open = false;
}

/* The row of document NUMBER, in B, which moves to its block. */
static uint8_t *
rows_at(struct rows *b, struct store_txn *t, uint32_t number)
{
	size_t rows = b->sort->rows, at = number % rows;

	if (!b->open || b->number != number / rows) {
		rows_close(b, t);
		rows_open(b, t, (uint32_t)(number / rows));
	}
	if (b->count <= at)
		b->count = at + 1;
	return b->p + at * b->sort->len;
}

/* --- documents --- */

bool
docs_find(struct store_txn *t, const struct id *record, uint32_t *out)
{
	struct doc_key key;
	struct bytes v;

	if (!txn_get(t, STORE_DOC, record_key_of(&key, record), &v) || v.len != 4)
		return false;
	*out = get_u32(v.p);
	return true;
}

void
docs_link(struct store_txn *t, const struct id *record, uint32_t number)
{
	struct doc_key key;
	uint8_t value[4];

	put_u32(value, number);
	txn_put(t, STORE_DOC, record_key_of(&key, record), BYTES_OF(value));
}

void
docs_unlink(struct store_txn *t, const struct id *record)
{
	struct doc_key key;

	txn_delete(t, STORE_DOC, record_key_of(&key, record));
}

void
docs_put(struct store_txn *t, const struct index_doc *docs, const struct id *records, size_t count)
{
	struct rows close = { .sort = &sorts[CLOSE] }, apart = { .sort = &sorts[APART] };
	struct doc_key key;

	for (size_t i = 0; i < count; i++) {
		uint32_t number = docs[i].number;

		assert(docs[i].kind != EMPTY_KIND);
		put_row(&docs[i], rows_at(&close, t, number), rows_at(&apart, t, number));
		txn_put(t, STORE_DOC, number_key(&key, 'i', number), BYTES_OF(records[i]));
	}
	rows_close(&close, t);
	rows_close(&apart, t);
}

void
docs_drop(struct store_txn *t, const uint32_t *numbers, size_t count, uint64_t *words)
{
	struct rows close = { .sort = &sorts[CLOSE] }, apart = { .sort = &sorts[APART] };
	struct doc_key key;

	for (size_t i = 0; i < count; i++) {
		uint8_t *row = rows_at(&close, t, numbers[i]);
		struct index_doc d;

		get_close(row, numbers[i], &d);
		*words -= d.length < *words ? d.length : *words;
		memset(row, 0, sorts[CLOSE].len);
		memset(rows_at(&apart, t, numbers[i]), 0, sorts[APART].len);
		txn_delete(t, STORE_DOC, number_key(&key, 'i', numbers[i]));
	}
	rows_close(&close, t);
	rows_close(&apart, t);
}

/* --- reading --- */

bool
index_record_id(struct store_txn *t, uint32_t number, struct id *out)
{
	struct doc_key key;
	struct bytes v;

	if (!txn_get(t, STORE_DOC, number_key(&key, 'i', number), &v) || v.len != ID_LEN)
		return false;
	memcpy(out->b, v.p, ID_LEN);
	return true;
}

void
docs_open(struct docs *d, struct store_txn *t)
{
	*d = (struct docs){ .txn = t, .block = { UINT32_MAX, UINT32_MAX } };
}

/* The row of SORT, or NULL. */
static const uint8_t *
row_at(struct docs *d, int sort, uint32_t number)
{
	size_t len = sorts[sort].len, rows = sorts[sort].rows, at = number % rows * len;
	struct doc_key key;

	if (d->block[sort] != number / rows) {
		d->block[sort] = (uint32_t)(number / rows);
		if (!txn_get(d->txn, STORE_DOC, number_key(&key, sorts[sort].space, d->block[sort]), &d->rows[sort]))
			d->rows[sort] = (struct bytes){ NULL, 0 };
	}
	return d->rows[sort].len < at + len ? NULL : d->rows[sort].p + at;
}

bool
docs_get(struct docs *d, uint32_t number, struct index_doc *out)
{
	const uint8_t *close = row_at(d, CLOSE, number), *apart;

	if (close == NULL || get_u16(close) == EMPTY_KIND || (apart = row_at(d, APART, number)) == NULL)
		return false;
	get_close(close, number, out);
	get_apart(apart, out);
	return true;
}

bool
docs_each(struct store_txn *t, bool (*fn)(void *self, const struct index_doc *row), void *self)
{
	const uint8_t space[] = { (uint8_t)sorts[CLOSE].space };
	struct store_cursor *c = cursor_open(t, STORE_DOC);
	struct docs docs;
	bool go_on = true;

	docs_open(&docs, t);
	for (bool ok = cursor_seek(c, BYTES_OF(space), BYTES_OF(space)); ok && go_on; ok = cursor_next(c)) {
		uint32_t first = get_u32(cursor_key(c).p + 1) * DOC_ROWS;
		size_t count = cursor_value(c).len / sorts[CLOSE].len;

		for (uint32_t i = 0; i < count && go_on; i++) {
			struct index_doc row;

			go_on = !docs_get(&docs, first + i, &row) || fn(self, &row);
		}
	}
	cursor_close(c);
	return go_on;
}

bool
index_doc_get(struct store_txn *t, uint32_t number, struct index_doc *out)
{
	struct docs d;

	docs_open(&d, t);
	return docs_get(&d, number, out);
}

/* --- a few blocks at a time --- */

void
near_open(struct near *n, struct store_txn *t)
{
	*n = (struct near){ .cursor = cursor_open(t, STORE_DOC), .sort = SORTS };
}

void
near_move(struct near *n, uint32_t block)
{
	n->first = block * DOC_ROWS;
	memset(n->looked, 0, sizeof n->looked);
	memset(n->rows, 0, sizeof n->rows);
}

void
near_close(struct near *n)
{
	cursor_close(n->cursor);
}

static struct bytes
block_at(struct near *n, int sort, uint32_t block)
{
	struct doc_key key;
	struct bytes wanted = number_key(&key, sorts[sort].space, block), space = { wanted.p, 1 };
	bool found;

	/* Blocks of one sort stand one behind the other. */
	found = n->sort == sort && n->at + 1 == block ? cursor_next(n->cursor) : cursor_seek(n->cursor, space, wanted);
	if (found && !bytes_equal(cursor_key(n->cursor), wanted))
		found = cursor_seek(n->cursor, space, wanted) && bytes_equal(cursor_key(n->cursor), wanted);
	n->sort = found ? sort : SORTS;
	n->at = block;
	return found ? cursor_value(n->cursor) : (struct bytes){ NULL, 0 };
}

bool
near_rest(struct near *n, struct index_doc *d)
{
	struct bytes rows = block_at(n, APART, d->number / (uint32_t)sorts[APART].rows);
	size_t at = d->number % sorts[APART].rows * sorts[APART].len;

	if (rows.p == NULL || rows.len < at + sorts[APART].len)
		return false;
	get_apart(rows.p + at, d);
	return true;
}

bool
near_get(struct near *n, uint32_t number, struct index_doc *out)
{
	uint32_t i = number - n->first, block = i / DOC_ROWS, at = i % DOC_ROWS * DOC_ROW;
	struct bytes *rows = &n->rows[block];

	assert(block < NEAR_BLOCKS);
	if (!n->looked[block]) {
		n->looked[block] = true;
		*rows = block_at(n, CLOSE, number / DOC_ROWS);
	}
	if (rows->len < at + DOC_ROW || get_u16(rows->p + at) == EMPTY_KIND)
		return false;
	return !get_close(rows->p + at, number, out) || near_rest(n, out);
}
