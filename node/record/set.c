#include "node/record/records_int.h"

#include "proto/cbor.h"

#include <string.h>

/* --- keys --- */

void
set_live_key(const struct record *r, const struct id *id, uint8_t out[LIVE_KEY], size_t *out_len)
{
	put_u32(out, r->kind);
	memcpy(out + 4, r->author.b, ID_LEN);
	if (kind_is_lasting(r->kind)) {
		memcpy(out + 36, id->b, ID_LEN);
		*out_len = 36 + ID_LEN;
	} else {
		memcpy(out + 36, r->name.b, UUID_LEN);
		*out_len = 36 + UUID_LEN;
	}
}

/* A 32-byte field of a body that anybody may have written. */
bool
set_body_hash(struct bytes body, uint64_t number, struct id *out)
{
	struct cbor_reader r;
	struct bytes item = body_get(body, number), v;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	if (cbor_peek(&r) != CBOR_BYTES)
		return false;
	v = cbor_bytes(&r);
	if (r.fault || v.len != ID_LEN)
		return false;
	memcpy(out->b, v.p, ID_LEN);
	return true;
}

/* Shares of bucket 0 that have limits of their own; ordinary ones are audiences. */
enum { SHARE_NODE = 0xf0, SHARE_REACH, SHARE_RECEIPT, SHARE_ERASURE, SHARE_CHARTER };

static uint8_t
share_of(const struct record *r)
{
	static const struct uuid zero;

	switch (r->kind) {
	case KIND_REACH:
		return SHARE_REACH;
	case KIND_RECEIPT:
		return SHARE_RECEIPT;
	case KIND_ERASURE:
		return SHARE_ERASURE;
	case KIND_CHARTER:
		return SHARE_CHARTER;
	case KIND_NODE:
		return uuid_equal(&r->name, &zero) ? SHARE_NODE : (uint8_t)r->audience;
	default:
		return (uint8_t)r->audience;
	}
}

/*
 * The group that a key is counted in, followed by what orders it there: the hash of the key, of lasting records the
 * id. Charters are counted for each parent. A function of the record alone; limits follow from membership.
 */
void
set_group(const struct verified *v, struct group *out)
{
	const struct record *r = &v->record;
	struct id last, parent = { { 0 } };

	memcpy(out->key, r->author.b, ID_LEN);
	out->key[32] = (uint8_t)record_collection(r);
	out->key[33] = share_of(r);
	out->len = 34;
	out->counted_keys = out->key[33] < AUDIENCES;
	if (kind_is_lasting(r->kind))
		last = v->id;
	else
		record_key(r, &crypto_envelope, &last);
	if (out->key[33] != SHARE_CHARTER) {
		memcpy(out->key + 34, last.b, ID_LEN);
		return;
	}
	set_body_hash(r->body, 32, &parent);
	memcpy(out->key + 34, parent.b, 16);
	memcpy(out->key + 50, last.b, 16);
	out->len = 50;
}

bucket_id
set_bucket(const struct work *w, const struct record *r)
{
	const struct member *author = membership_find(w->m, &r->author);

	return bucket_make((enum collection)record_collection(r),
	    author ? author->territory : TERRITORY('Z', 'Z'), r->audience);
}

bool
set_live(struct work *w, const struct record *r, const struct id *id, uint64_t *out_stamp, struct id *out_id)
{
	uint8_t key[LIVE_KEY];
	struct bytes value;
	size_t len;

	set_live_key(r, id, key, &len);
	if (!txn_get(w->t, STORE_LIVE, (struct bytes){ key, len }, &value))
		return false;
	*out_stamp = get_u64(value.p);
	memcpy(out_id->b, value.p + 8, ID_LEN);
	return true;
}

static void
tail_key(bucket_id b, uint64_t stamp, const struct id *id, uint8_t out[44])
{
	put_u32(out, b);
	put_u64(out + 4, stamp);
	memcpy(out + 12, id->b, ID_LEN);
}

static void
short_key(bucket_id b, const uint8_t *short_id, const struct id *id, uint8_t out[44])
{
	put_u32(out, b);
	memcpy(out + 4, short_id, 8);
	memcpy(out + 12, id->b, ID_LEN);
}

bool
set_get(struct store_txn *t, const struct id *id, struct held *out)
{
	struct bytes value;

	if (!txn_get(t, STORE_RECORD, BYTES_OF(*id), &value))
		return false;
	*out = (struct held){ get_u64(value.p), value.p + 8, get_u32(value.p + 16),
		{ value.p + RECORD_HEAD, value.len - RECORD_HEAD } };
	return true;
}

/* --- in and out --- */

/* When the key was first here: a version that replaces another one, or moves, is not new. */
static int64_t
seen_first(const struct work *w, struct bytes key)
{
	return w->left.len == key.len && memcmp(w->left.key, key.p, key.len) == 0 ? w->left.seen : w->now_ms;
}

static void
note_left(struct work *w, struct bytes key)
{
	struct bytes value;

	memcpy(w->left.key, key.p, key.len);
	w->left.len = key.len;
	w->left.seen = txn_get(w->t, STORE_LIVE, key, &value) && value.len >= LIVE_VALUE ?
	    (int64_t)get_u64(value.p + LIVE_SEEN) : 0;
}

static void
put_rows(struct work *w, const struct verified *v, bucket_id b, const struct group *g, uint8_t out_short[8])
{
	struct records *r = w->r;
	uint8_t head[RECORD_HEAD], key[LIVE_KEY], tail[16], live[LIVE_VALUE], arrival[44];
	struct buf value = { 0 };
	size_t len;

	put_u64(head, ++r->arrival);
	records_short(r, &v->id, head + 8);
	memcpy(out_short, head + 8, 8);
	put_u32(head + 16, b);
	buf_reserve(&value, RECORD_HEAD + v->envelope.len);
	buf_put(&value, head, sizeof head);
	buf_put_bytes(&value, v->envelope);
	txn_put(w->t, STORE_RECORD, BYTES_OF(v->id), buf_bytes(&value));
	buf_free(&value);

	set_live_key(&v->record, &v->id, key, &len);
	put_u64(live, v->record.stamp);
	memcpy(live + 8, v->id.b, ID_LEN);
	put_u64(live + LIVE_SEEN, (uint64_t)seen_first(w, (struct bytes){ key, len }));
	txn_put(w->t, STORE_LIVE, (struct bytes){ key, len }, BYTES_OF(live));

	tail_key(b, v->record.stamp, &v->id, key);
	memcpy(tail, head + 8, 8);
	put_u32(tail + 8, (uint32_t)v->envelope.len);
	put_u32(tail + 12, v->record.kind);
	txn_put(w->t, STORE_TAIL, (struct bytes){ key, 44 }, BYTES_OF(tail));

	short_key(b, head + 8, &v->id, key);
	txn_put(w->t, STORE_SHORT, (struct bytes){ key, 44 }, (struct bytes){ head, 0 });

	memcpy(arrival, v->id.b, ID_LEN);
	put_u32(arrival + 32, b);
	memcpy(arrival + 36, head + 8, 8);
	txn_put_last(w->t, STORE_ARRIVAL, (struct bytes){ head, 8 }, BYTES_OF(arrival));
	txn_put(w->t, STORE_QUOTA, BYTES_OF(g->key), BYTES_OF(v->id));
}

static void
moved(struct work *w, const struct record *r, bucket_id b)
{
	w->membership_moved |= b == 0;
	if (r->kind == KIND_NODE)
		buf_put(&w->nodes, r->author.b, ID_LEN);
}

void
set_insert(struct work *w, const struct verified *v)
{
	struct records *r = w->r;
	bucket_id b = set_bucket(w, &v->record);
	uint8_t short_id[8];
	struct group g;

	set_group(v, &g);
	put_rows(w, v, b, &g, short_id);
	w->touched = true;
	bucket_insert(w, b, v, short_id);
	tally_add(&r->keys, (struct bytes){ g.key, g.len }, 1);
	if (!w->moving && day_of(stamp_unix_ms(v->record.stamp)) == r->day)
		day_count(w, &v->record);
	if (id_equal(&v->record.author, &r->self) && v->record.stamp > r->stamp && !admit_is_timeless(w, v))
		r->stamp = v->record.stamp;
	moved(w, &v->record, b);
	if (r->options.follower.insert)
		r->options.follower.insert(r->options.follower.self, w->t, v, b);
}

static void
delete_rows(struct work *w, const struct verified *v, const struct held *h, const struct group *g)
{
	uint8_t key[LIVE_KEY], short_id[8], arrival[8];
	bucket_id b = h->bucket;
	struct id live;
	uint64_t stamp;
	size_t len;

	memcpy(short_id, h->short_id, 8);
	put_u64(arrival, h->arrival);
	if (set_live(w, &v->record, &v->id, &stamp, &live) && id_equal(&live, &v->id)) {
		set_live_key(&v->record, &v->id, key, &len);
		note_left(w, (struct bytes){ key, len });
		txn_delete(w->t, STORE_LIVE, (struct bytes){ key, len });
	}
	tail_key(b, v->record.stamp, &v->id, key);
	txn_delete(w->t, STORE_TAIL, (struct bytes){ key, 44 });
	short_key(b, short_id, &v->id, key);
	txn_delete(w->t, STORE_SHORT, (struct bytes){ key, 44 });
	txn_delete(w->t, STORE_ARRIVAL, BYTES_OF(arrival));
	txn_delete(w->t, STORE_QUOTA, BYTES_OF(g->key));
	txn_delete(w->t, STORE_RECORD, BYTES_OF(v->id));
}

bool
set_remove(struct work *w, const struct id *id, struct buf *out)
{
	struct records *r = w->r;
	struct buf copy = { 0 };
	uint8_t short_id[8];
	struct verified v;
	struct group g;
	struct held h;

	if (!set_get(w->t, id, &h))
		return false;
	buf_put_bytes(&copy, h.envelope);    /* the view ends with the first delete */
	memcpy(short_id, h.short_id, 8);
	v.id = *id;
	v.envelope = buf_bytes(&copy);
	envelope_peek(v.envelope, &v.record);
	set_group(&v, &g);
	delete_rows(w, &v, &h, &g);
	w->touched = true;
	bucket_remove(w, h.bucket, &v, short_id);
	tally_add(&r->keys, (struct bytes){ g.key, g.len }, -1);
	moved(w, &v.record, h.bucket);
	if (r->options.follower.remove)
		r->options.follower.remove(r->options.follower.self, w->t, &v, h.bucket);
	if (out)
		buf_put_bytes(out, v.envelope);
	buf_free(&copy);
	return true;
}

void
set_ids_of(struct work *w, const struct id *author, struct buf *out)
{
	struct store_cursor *c = cursor_open(w->t, STORE_QUOTA);

	for (bool ok = cursor_seek(c, BYTES_OF(*author), BYTES_OF(*author)); ok; ok = cursor_next(c))
		buf_put(out, cursor_value(c).p, ID_LEN);
	cursor_close(c);
}

/* --- from the store --- */

static void
scan_quota(struct records *r, struct store_txn *t)
{
	struct store_cursor *c = cursor_open(t, STORE_QUOTA);
	static const struct bytes all;

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		struct bytes key = cursor_key(c);
		key.len = key.p[33] == SHARE_CHARTER ? 50 : 34;
		tally_add(&r->keys, key, 1);
	}
	cursor_close(c);
}

static void
scan_aside(struct records *r, struct store_txn *t)
{
	struct store_cursor *c = cursor_open(t, STORE_ASIDE);
	static const struct bytes all;

	r->aside_count = 0;
	r->next_aside_ms = INT64_MAX;
	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		int64_t when = (int64_t)get_u64(cursor_value(c).p + 1);
		tally_add(&r->asides, (struct bytes){ cursor_key(c).p, ID_LEN }, 1);
		r->aside_count++;
		if (when && when < r->next_aside_ms)
			r->next_aside_ms = when;
	}
	cursor_close(c);
}

static uint64_t
meta_u64(struct store_txn *t, const char *word, uint64_t otherwise)
{
	struct bytes v;

	return txn_get(t, STORE_META, bytes_text(word), &v) && v.len == 8 ? get_u64(v.p) : otherwise;
}

void
set_rebuild(struct records *r, struct store_txn *t)
{
	bucket_forget(r);
	tally_free(&r->keys);
	tally_free(&r->asides);
	tally_free(&r->day_writes);
	r->day = day_of(records_now_ms(r));
	r->arrival = meta_u64(t, "arrival", 0);
	r->stamp = meta_u64(t, "stamp", 0);
	r->wipe_ms = txn_get(t, STORE_META, bytes_text("wipe"), NULL) ? 0 : INT64_MAX;
	bucket_scan(r, t);
	scan_quota(r, t);
	scan_aside(r, t);
	day_scan(r, t);
}
