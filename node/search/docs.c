/* Document numbers: rows for ranking in blocks, record ids both ways. */
#include "node/search/inside.h"

#include <assert.h>
#include <string.h>

#define ROWS DOC_ROWS
#define EMPTY_KIND 0               /* a row without a kind is no document */

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
put_row(uint8_t out[DOC_ROW], const struct index_doc *d)
{
	memcpy(out, d->record, 8);
	put_u32(out + 8, d->ends);
	put_u16(out + 12, d->kind);
	put_u16(out + 14, d->verified_day);
	put_u16(out + 16, d->stale_days);
	put_u16(out + 18, d->length);
	out[20] = d->territories;
	out[21] = d->audience;
	out[22] = d->flags;
	out[23] = 0;
	put_u64(out + 24, d->owner);
}

static void
get_row(const uint8_t *p, uint32_t number, struct index_doc *out)
{
	*out = (struct index_doc){ .number = number, .ends = get_u32(p + 8), .kind = get_u16(p + 12),
		.verified_day = get_u16(p + 14), .stale_days = get_u16(p + 16), .length = get_u16(p + 18),
		.territories = p[20], .audience = p[21], .flags = p[22], .owner = get_u64(p + 24) };
	memcpy(out->record, p, 8);
}

static bool
is_empty(const uint8_t *row)
{
	return get_u16(row + 12) == EMPTY_KIND;
}

/* A block while it is changed: rows behind the last document are not stored. */
struct rows {
	uint32_t number;               /* of the block */
	bool open;
	size_t count;
	uint8_t p[ROWS * DOC_ROW];
};

static void
rows_open(struct rows *b, struct store_txn *t, uint32_t number)
{
	struct doc_key key;
	struct bytes v;

	memset(b, 0, sizeof *b);
	b->number = number;
	b->open = true;
	if (txn_get(t, STORE_DOC, number_key(&key, 'b', number), &v)) {
		b->count = v.len / DOC_ROW;
		memcpy(b->p, v.p, v.len < sizeof b->p ? v.len : sizeof b->p);
	}
}

static void
rows_close(struct rows *b, struct store_txn *t)
{
	struct doc_key key;

	if (!b->open)
		return;
	while (b->count > 0 && is_empty(b->p + (b->count - 1) * DOC_ROW))
		b->count--;
	if (b->count > 0)
		txn_put(t, STORE_DOC, number_key(&key, 'b', b->number), (struct bytes){ b->p, b->count * DOC_ROW });
	else
		txn_delete(t, STORE_DOC, number_key(&key, 'b', b->number));
	b->open = false;
}

/* The row of document NUMBER, in B, which moves to its block. */
static uint8_t *
rows_at(struct rows *b, struct store_txn *t, uint32_t number)
{
	size_t at = number % ROWS;

	if (!b->open || b->number != number / ROWS) {
		rows_close(b, t);
		rows_open(b, t, number / ROWS);
	}
	if (b->count <= at)
		b->count = at + 1;
	return b->p + at * DOC_ROW;
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
	struct rows b = { .open = false };
	struct doc_key key;

	for (size_t i = 0; i < count; i++) {
		assert(docs[i].kind != EMPTY_KIND);
		put_row(rows_at(&b, t, docs[i].number), &docs[i]);
		txn_put(t, STORE_DOC, number_key(&key, 'i', docs[i].number), BYTES_OF(records[i]));
	}
	rows_close(&b, t);
}

void
docs_drop(struct store_txn *t, const uint32_t *numbers, size_t count, uint64_t *words)
{
	struct rows b = { .open = false };
	struct doc_key key;

	for (size_t i = 0; i < count; i++) {
		uint8_t *row = rows_at(&b, t, numbers[i]);
		struct index_doc d;

		get_row(row, numbers[i], &d);
		*words -= d.length < *words ? d.length : *words;
		memset(row, 0, DOC_ROW);
		txn_delete(t, STORE_DOC, number_key(&key, 'i', numbers[i]));
	}
	rows_close(&b, t);
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
	*d = (struct docs){ .txn = t, .block = UINT32_MAX };
}

bool
docs_get(struct docs *d, uint32_t number, struct index_doc *out)
{
	size_t at = number % ROWS * DOC_ROW;
	struct doc_key key;

	if (d->block != number / ROWS) {
		d->block = number / ROWS;
		if (!txn_get(d->txn, STORE_DOC, number_key(&key, 'b', d->block), &d->rows))
			d->rows = (struct bytes){ NULL, 0 };
	}
	if (d->rows.len < at + DOC_ROW || is_empty(d->rows.p + at))
		return false;
	get_row(d->rows.p + at, number, out);
	return true;
}

void
near_open(struct near *n, struct store_txn *t)
{
	*n = (struct near){ .cursor = cursor_open(t, STORE_DOC) };
	near_move(n, 0);
}

void
near_move(struct near *n, uint32_t block)
{
	n->first = block;
	memset(n->looked, 0, sizeof n->looked);
}

bool
near_get(struct near *n, uint32_t number, struct index_doc *out)
{
	uint32_t block = number / ROWS, i = block - n->first;
	size_t at = number % ROWS * DOC_ROW;

	assert(block >= n->first && i < NEAR_BLOCKS);
	if (!n->looked[i]) {
		struct doc_key key;
		struct bytes wanted = number_key(&key, 'b', block);

		n->looked[i] = true;
		n->rows[i] = cursor_seek(n->cursor, wanted, wanted) ? cursor_value(n->cursor) : (struct bytes){ NULL, 0 };
	}
	if (n->rows[i].len < at + DOC_ROW || is_empty(n->rows[i].p + at))
		return false;
	get_row(n->rows[i].p + at, number, out);
	return true;
}

void
near_close(struct near *n)
{
	cursor_close(n->cursor);
}

bool
docs_each(struct store_txn *t, bool (*fn)(void *self, const struct index_doc *row), void *self)
{
	static const uint8_t space[] = { 'b' };
	struct store_cursor *c = cursor_open(t, STORE_DOC);
	bool go_on = true;

	for (bool ok = cursor_seek(c, BYTES_OF(space), BYTES_OF(space)); ok && go_on; ok = cursor_next(c)) {
		uint32_t first = get_u32(cursor_key(c).p + 1) * ROWS;
		struct bytes rows = cursor_value(c);

		for (size_t at = 0; at + DOC_ROW <= rows.len && go_on; at += DOC_ROW) {
			struct index_doc row;

			if (is_empty(rows.p + at))
				continue;
			get_row(rows.p + at, first + (uint32_t)(at / DOC_ROW), &row);
			go_on = fn(self, &row);
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
