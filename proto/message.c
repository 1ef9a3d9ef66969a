#include "proto/message.h"

#include "proto/cbor.h"
#include "proto/sketch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HELLO_FIELDS 11          /* and up to two that are only there when they say something */
#define BUCKET_FIELDS 4
#define PAGE_FIELDS 4
#define END_LEN (8 + ID_LEN)      /* stamp, id */
#define CELLS_FIELDS 5
#define LIST_FIELDS 4
#define EVENTS_FIELDS 3

/* The order of territories in a subscription; appended to, never changed. */
static const char territories[8][3] = { "AL", "BA", "ME", "MK", "RS", "XK", "WB", "ZZ" };

struct prefix
prefix_of(const struct id *id)
{
	struct prefix p;

	memcpy(p.b, id->b, sizeof(p.b));
	return p;
}

bool
prefix_equal(struct prefix a, struct prefix b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

bool
subscription_has(uint64_t subscription, unsigned collection, uint16_t territory)
{
	if (collection == 0)
		return true; /* membership is held by everyone */
	if (collection > 7 || !(subscription >> collection & 1))
		return false;
	for (unsigned i = 0; i < 8; i++)
		if (territory == (uint16_t)(territories[i][0] << 8 | territories[i][1]))
			return subscription >> (8 + i) & 1;
	return false;
}

static void
put_fixed(struct buf *out, const void *p, size_t len)
{
	cbor_put_bytes(out, (struct bytes){ p, len });
}

void
message_hello_write(const struct message_hello *m, struct buf *out)
{
	cbor_put_array(out, HELLO_FIELDS + (m->cloned ? 2 : m->seen > 0));
	cbor_put_uint(out, m->version_min);
	cbor_put_uint(out, m->version_max);
	put_fixed(out, m->network.b, 8);
	put_fixed(out, m->organisation.b, 8);
	put_fixed(out, m->incarnation.b, 8);
	cbor_put_uint(out, m->arrival);
	cbor_put_int(out, m->clock_ms);
	put_fixed(out, m->charter.b, 8);
	cbor_put_uint(out, m->subscription);
	put_fixed(out, m->root, sizeof(m->root));
	cbor_put_uint(out, m->software);
	if (m->seen || m->cloned)
		cbor_put_uint(out, m->seen);
	if (m->cloned)
		cbor_put_bool(out, true);
}

enum err_code
message_hello_read(struct bytes in, struct message_hello *out, struct err *e)
{
	struct message_hello m = { 0 };
	struct cbor_reader r;
	size_t fields;

	cbor_open(&r, in);
	fields = cbor_array(&r);
	if (fields < HELLO_FIELDS || fields > HELLO_FIELDS + 2)
		cbor_fail(&r, "number of fields");
	m.version_min = cbor_uint(&r);
	m.version_max = cbor_uint(&r);
	cbor_fixed(&r, m.network.b, 8);
	cbor_fixed(&r, m.organisation.b, 8);
	cbor_fixed(&r, m.incarnation.b, 8);
	m.arrival = cbor_uint(&r);
	m.clock_ms = cbor_int(&r);
	cbor_fixed(&r, m.charter.b, 8);
	m.subscription = cbor_uint(&r);
	cbor_fixed(&r, m.root, sizeof(m.root));
	m.software = cbor_uint(&r);
	if (fields > HELLO_FIELDS)
		m.seen = cbor_uint(&r);
	if (fields > HELLO_FIELDS + 1)
		m.cloned = cbor_bool(&r);
	if (fields - HELLO_FIELDS != (size_t)(m.cloned ? 2 : m.seen > 0))
		cbor_fail(&r, "fields that say nothing");
	if (m.version_min > m.version_max)
		cbor_fail(&r, "version range");
	if (cbor_close(&r, "hello", e))
		return ERR_INPUT;
	*out = m;
	return ERR_OK;
}

void
message_buckets_begin(size_t count, struct buf *out)
{
	cbor_put_array(out, count);
}

void
message_bucket_write(const struct message_bucket *m, struct buf *out)
{
	cbor_put_array(out, BUCKET_FIELDS);
	cbor_put_uint(out, m->bucket);
	cbor_put_uint(out, m->count);
	put_fixed(out, m->sum, sizeof(m->sum));
	cbor_put_uint(out, m->newest);
}

enum err_code
message_buckets_read(struct bytes in, struct message_bucket *out, size_t max, size_t *out_count, struct err *e)
{
	struct cbor_reader r;
	size_t count;

	cbor_open(&r, in);
	count = cbor_array(&r);
	if (count > max)
		return err_set(e, ERR_LIMIT, "buckets", "count", "more than %zu lines", max);
	for (size_t i = 0; i < count; i++) {
		uint64_t bucket;

		cbor_array_of(&r, BUCKET_FIELDS);
		bucket = cbor_uint(&r);
		if (bucket > UINT32_MAX || (i && bucket <= out[i - 1].bucket))
			cbor_fail(&r, "ascending buckets");
		out[i].bucket = (uint32_t)bucket;
		out[i].count = cbor_uint(&r);
		cbor_fixed(&r, out[i].sum, sizeof(out[i].sum));
		out[i].newest = cbor_uint(&r);
	}
	if (cbor_close(&r, "buckets", e))
		return ERR_INPUT;
	*out_count = count;
	return ERR_OK;
}

void
message_page_write(const struct message_page *m, struct buf *out)
{
	uint8_t ends[MESSAGE_AHEAD * END_LEN];

	for (size_t i = 0; i < m->end_count; i++) {
		put_u64(ends + i * END_LEN, m->ends[i].stamp);
		memcpy(ends + i * END_LEN + 8, m->ends[i].id.b, ID_LEN);
	}
	cbor_put_array(out, PAGE_FIELDS);
	cbor_put_uint(out, m->last.stamp);
	put_fixed(out, m->last.id.b, ID_LEN);
	cbor_put_bool(out, m->more);
	put_fixed(out, ends, m->end_count * END_LEN);
}

bool
message_is_behind(const struct message_end *b, const struct message_end *a)
{
	return b->stamp > a->stamp || (b->stamp == a->stamp && id_compare(&b->id, &a->id) > 0);
}

/* Each lies behind the one before it, the first behind the page. */
static void
read_ends(struct cbor_reader *r, struct message_page *out)
{
	struct bytes all = cbor_bytes(r);
	const struct message_end *before = &out->last;

	if (all.len % END_LEN || all.len > sizeof out->ends / sizeof *out->ends * END_LEN || (all.len && !out->more)) {
		cbor_fail(r, "ends");
		return;
	}
	for (const uint8_t *p = all.p; out->end_count < all.len / END_LEN; p += END_LEN) {
		struct message_end *end = &out->ends[out->end_count++];

		end->stamp = get_u64(p);
		memcpy(end->id.b, p + 8, ID_LEN);
		if (!message_is_behind(end, before))
			cbor_fail(r, "ascending ends");
		before = end;
	}
}

enum err_code
message_page_read(struct bytes in, struct message_page *out, struct bytes *out_rest, struct err *e)
{
	struct message_page m = { 0 };
	struct cbor_reader r;
	struct bytes head, rest = in;

	if (!sequence_next(&rest, &head))
		return err_set(e, ERR_INPUT, "page", "canonical", "its head is not one CBOR item");
	cbor_open(&r, head);
	cbor_array_of(&r, PAGE_FIELDS);
	m.last.stamp = cbor_uint(&r);
	cbor_fixed(&r, m.last.id.b, ID_LEN);
	m.more = cbor_bool(&r);
	read_ends(&r, &m);
	if (cbor_close(&r, "page", e))
		return ERR_INPUT;
	*out = m;
	*out_rest = rest;
	return ERR_OK;
}

void
message_cells_write(const struct message_cells *m, struct buf *out)
{
	cbor_put_array(out, m->salted ? CELLS_FIELDS + 1 : CELLS_FIELDS);
	cbor_put_uint(out, m->snapshot);
	cbor_put_uint(out, m->row);
	cbor_put_uint(out, m->count);
	put_fixed(out, m->sum, sizeof(m->sum));
	cbor_put_bytes(out, m->cells);
	if (m->salted)
		put_fixed(out, m->nonce, sizeof(m->nonce));
}

enum err_code
message_cells_read(struct bytes in, struct message_cells *out, struct err *e)
{
	struct message_cells m = { 0 };
	struct cbor_reader r;
	uint64_t snapshot, row;
	size_t fields;

	cbor_open(&r, in);
	fields = cbor_array(&r);
	m.salted = fields == CELLS_FIELDS + 1;
	if (fields != CELLS_FIELDS && !m.salted)
		cbor_fail(&r, "5 fields, or 6");
	snapshot = cbor_uint(&r);
	row = cbor_uint(&r);
	m.count = cbor_uint(&r);
	cbor_fixed(&r, m.sum, sizeof(m.sum));
	m.cells = cbor_bytes(&r);
	if (m.salted)
		cbor_fixed(&r, m.nonce, sizeof(m.nonce));
	if (snapshot == 0 || snapshot > UINT32_MAX)
		cbor_fail(&r, "snapshot");
	if (row == 0 || row > SKETCH_CELLS)
		cbor_fail(&r, "row");
	if (m.cells.len % SKETCH_CELL_LEN || m.cells.len > row * SKETCH_CELL_LEN)
		cbor_fail(&r, "whole cells, at most a row");
	if (cbor_close(&r, "cells", e))
		return ERR_INPUT;
	m.snapshot = (uint32_t)snapshot;
	m.row = (uint32_t)row;
	*out = m;
	return ERR_OK;
}

void
message_list_write(const struct message_list *m, struct buf *out)
{
	cbor_put_array(out, LIST_FIELDS);
	cbor_put_uint(out, m->last_stamp);
	put_fixed(out, m->last_id.b, ID_LEN);
	cbor_put_bool(out, m->more);
	cbor_put_bytes(out, m->ids);
}

enum err_code
message_list_read(struct bytes in, struct message_list *out, struct err *e)
{
	struct message_list m;
	struct cbor_reader r;

	cbor_open(&r, in);
	cbor_array_of(&r, LIST_FIELDS);
	m.last_stamp = cbor_uint(&r);
	cbor_fixed(&r, m.last_id.b, ID_LEN);
	m.more = cbor_bool(&r);
	m.ids = cbor_bytes(&r);
	if (m.ids.len % ID_LEN || (m.more && m.ids.len == 0))
		cbor_fail(&r, "whole ids, and some when there are more");
	if (cbor_close(&r, "list", e))
		return ERR_INPUT;
	if (m.ids.len > LIST_IDS * ID_LEN)
		return err_set(e, ERR_LIMIT, "list", "count", "more than %d ids", LIST_IDS);
	*out = m;
	return ERR_OK;
}

void
message_ids_write(const struct message_ids *m, struct buf *out)
{
	cbor_put_array(out, 2);
	cbor_put_uint(out, m->bucket);
	cbor_put_bytes(out, m->ids);
}

/* A bucket and short ids; how many is added to *IDS. */
static void
read_line(struct cbor_reader *r, struct message_ids *out, size_t *ids)
{
	uint64_t bucket;

	cbor_array_of(r, 2);
	bucket = cbor_uint(r);
	out->bucket = (uint32_t)bucket;
	out->ids = cbor_bytes(r);
	if (bucket > UINT32_MAX)
		cbor_fail(r, "bucket");
	if (out->ids.len % 8)
		cbor_fail(r, "short ids of 8 bytes");
	*ids += out->ids.len / 8;
}

enum err_code
message_ids_read(struct bytes in, struct message_ids *out, struct err *e)
{
	struct message_ids m;
	struct cbor_reader r;
	size_t ids = 0;

	cbor_open(&r, in);
	read_line(&r, &m, &ids);
	if (cbor_close(&r, "ids", e))
		return ERR_INPUT;
	if (ids > LIMIT_IDS)
		return err_set(e, ERR_LIMIT, "ids", "count", "more than %d short ids", LIMIT_IDS);
	*out = m;
	return ERR_OK;
}

void
message_events_write(const struct message_events *m, struct buf *out)
{
	cbor_put_array(out, EVENTS_FIELDS);
	cbor_put_uint(out, m->from);
	cbor_put_uint(out, m->to);
	cbor_put_array(out, m->count);
	for (size_t i = 0; i < m->count; i++)
		message_ids_write(&m->lines[i], out);
}

enum err_code
message_events_read(struct bytes in, struct message_events *out, struct err *e)
{
	struct cbor_reader r;
	size_t ids = 0;

	cbor_open(&r, in);
	cbor_array_of(&r, EVENTS_FIELDS);
	out->from = cbor_uint(&r);
	out->to = cbor_uint(&r);
	out->count = cbor_array(&r);
	if (out->from > out->to)
		cbor_fail(&r, "arrivals that ascend");
	if (out->count > LIMIT_BUCKETS)
		return err_set(e, ERR_LIMIT, "events", "count", "more than %d lines", LIMIT_BUCKETS);
	for (size_t i = 0; i < out->count; i++) {
		read_line(&r, &out->lines[i], &ids);
		if (i && out->lines[i].bucket <= out->lines[i - 1].bucket)
			cbor_fail(&r, "ascending buckets");
	}
	if (cbor_close(&r, "events", e))
		return ERR_INPUT;
	if (ids > LIMIT_IDS)
		return err_set(e, ERR_LIMIT, "events", "count", "more than %d short ids", LIMIT_IDS);
	return ERR_OK;
}

bool
sequence_next(struct bytes *seq, struct bytes *out_item)
{
	struct cbor_reader r;
	struct bytes item;

	if (seq->len == 0)
		return false;
	cbor_open(&r, *seq);
	item = cbor_any(&r);
	if (r.fault)
		return false;
	*out_item = item;
	seq->p += item.len;
	seq->len -= item.len;
	return true;
}

const char *
cursor_text(uint64_t stamp, const struct id *id, char out[CURSOR_TEXT])
{
	int at = snprintf(out, CURSOR_TEXT, "%" PRIx64 ",", stamp);

	for (size_t i = 0; i < ID_LEN; i++)
		at += snprintf(out + at, CURSOR_TEXT - (size_t)at, "%02x", id->b[i]);
	return out;
}

/* Lower case only: one cursor has one text. */
static int
small_hex(char c)
{
	return c >= 'A' && c <= 'F' ? -1 : hex_value(c);
}

enum err_code
cursor_parse(const char *text, uint64_t *out_stamp, struct id *out_id, struct err *e)
{
	uint64_t stamp = 0;
	struct id id;
	const char *p = text;
	size_t digits = 0;

	for (; small_hex(*p) >= 0 && digits < 16; p++, digits++)
		stamp = stamp << 4 | (unsigned)small_hex(*p);
	if (digits == 0 || *p++ != ',' || strlen(p) != 2 * ID_LEN)
		goto bad;
	for (size_t i = 0; i < ID_LEN; i++) {
		int high = small_hex(p[2 * i]), low = small_hex(p[2 * i + 1]);

		if (high < 0 || low < 0)
			goto bad;
		id.b[i] = (uint8_t)(high << 4 | low);
	}
	*out_stamp = stamp;
	*out_id = id;
	return ERR_OK;
bad:
	return err_set(e, ERR_INPUT, "after", "cursor", "not STAMP,ID in lower-case hexadecimal");
}

const char *
nonce_text(const uint8_t *nonce, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", nonce[i]);
	return out;
}

enum err_code
nonce_parse(const char *text, uint8_t *out, size_t len, struct err *e)
{
	uint8_t nonce[2 * MESSAGE_NONCE];

	assert(len <= sizeof(nonce));
	for (size_t i = 0; i < len; i++) {
		int high = small_hex(text[2 * i]), low = high < 0 ? -1 : small_hex(text[2 * i + 1]);

		if (low < 0)
			goto bad;
		nonce[i] = (uint8_t)(high << 4 | low);
	}
	if (text[2 * len])
		goto bad;
	memcpy(out, nonce, len);
	return ERR_OK;
bad:
	return err_set(e, ERR_INPUT, "salt", "nonce", "not %zu bytes in lower-case hexadecimal", len);
}
