#include "node/record/records_int.h"

#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <string.h>

/* --- keys --- */

void
set_name_key(uint32_t kind, const struct id *author, const struct uuid *name, struct name_key *out)
{
	put_u32(out->kind, kind);
	out->author = *author;
	out->name = *name;
}

struct bytes
set_live_key(const struct record *r, const struct id *id, struct lasting_key *out)
{
	if (!kind_is_lasting(r->kind)) {
		set_name_key(r->kind, &r->author, &r->name, (struct name_key *)out);
		return (struct bytes){ (const uint8_t *)out, sizeof(struct name_key) };
	}
	put_u32(out->kind, r->kind);
	out->author = r->author;
	out->id = *id;
	return BYTES_OF(*out);
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

	out->key.author = r->author;
	out->key.collection = (uint8_t)record_collection(r);
	out->key.share = share_of(r);
	out->len = GROUP_LEN;
	out->counted_keys = out->key.share < AUDIENCES;
	if (kind_is_lasting(r->kind))
		last = v->id;
	else
		record_key(r, &crypto_envelope, &last);
	out->key.order = last;
	if (out->key.share != SHARE_CHARTER)
		return;
	body_id(r->body, CHARTER_PARENT, &parent);
	memcpy(out->key.order.b, parent.b, GROUP_OF_PARENT);
	memcpy(out->key.order.b + GROUP_OF_PARENT, last.b, ID_LEN - GROUP_OF_PARENT);
	out->len = GROUP_MOST;
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
	struct lasting_key key;
	const struct live_value *live;
	struct bytes value;

	if (!txn_get(w->t, STORE_LIVE, set_live_key(r, id, &key), &value))
		return false;
	live = (const struct live_value *)value.p;
	*out_stamp = get_u64(live->stamp);
	*out_id = live->id;
	return true;
}

int64_t
set_first_seen(struct store_txn *t, struct bytes live_key)
{
	struct bytes value;

	if (!txn_get(t, STORE_LIVE, live_key, &value) || value.len < sizeof(struct live_value))
		return 0;
	return (int64_t)get_u64(((const struct live_value *)value.p)->first_seen);
}

static struct tail_key
tail_key(bucket_id b, uint64_t stamp, const struct id *id)
{
	struct tail_key key = { .id = *id };

	put_u32(key.bucket, b);
	put_u64(key.stamp, stamp);
	return key;
}

static struct short_key
short_key(bucket_id b, const uint8_t *short_id, const struct id *id)
{
	struct short_key key = { .id = *id };

	put_u32(key.bucket, b);
	memcpy(key.short_id, short_id, SHORT_LEN);
	return key;
}

bool
set_get(struct store_txn *t, const struct id *id, struct held *out)
{
	const struct record_head *head;
	struct bytes value;

	if (!txn_get(t, STORE_RECORD, BYTES_OF(*id), &value))
		return false;
	head = (const struct record_head *)value.p;
	*out = (struct held){ get_u64(head->arrival), head->short_id, get_u32(head->bucket),
		{ value.p + sizeof *head, value.len - sizeof *head } };
	return true;
}

/* --- in and out --- */

/* When the key was first here: a version that replaces another one, or moves, is not new. */
static int64_t
seen_first(const struct work *w, struct bytes key)
{
	return w->left.len == key.len && memcmp(&w->left.key, key.p, key.len) == 0 ? w->left.seen : w->now_ms;
}

static void
note_left(struct work *w, struct bytes key)
{
	memcpy(&w->left.key, key.p, key.len);
	w->left.len = key.len;
	w->left.seen = set_first_seen(w->t, key);
}

static void
put_record(struct work *w, const struct verified *v, const struct record_head *head)
{
	struct buf value = { 0 };

	buf_reserve(&value, sizeof *head + v->envelope.len);
	buf_put(&value, head, sizeof *head);
	buf_put_bytes(&value, v->envelope);
	txn_put(w->t, STORE_RECORD, BYTES_OF(v->id), buf_bytes(&value));
	buf_free(&value);
}

static void
put_live(struct work *w, const struct verified *v)
{
	struct lasting_key space;
	struct bytes key = set_live_key(&v->record, &v->id, &space);
	struct live_value value = { .id = v->id };

	put_u64(value.stamp, v->record.stamp);
	put_u64(value.first_seen, (uint64_t)seen_first(w, key));
	txn_put(w->t, STORE_LIVE, key, BYTES_OF(value));
}

/* The rows by which reconciliation finds it. */
static void
put_ways(struct work *w, const struct verified *v, const struct record_head *head)
{
	bucket_id b = get_u32(head->bucket);
	struct tail_key tail = tail_key(b, v->record.stamp, &v->id);
	struct short_key by_short = short_key(b, head->short_id, &v->id);
	struct arrival_value arrival = { .id = v->id };
	struct tail_value value;

	memcpy(value.short_id, head->short_id, SHORT_LEN);
	put_u32(value.envelope_len, (uint32_t)v->envelope.len);
	put_u32(value.kind, v->record.kind);
	txn_put(w->t, STORE_TAIL, BYTES_OF(tail), BYTES_OF(value));
	txn_put(w->t, STORE_SHORT, BYTES_OF(by_short), (struct bytes){ by_short.bucket, 0 });
	memcpy(arrival.bucket, head->bucket, sizeof arrival.bucket);
	memcpy(arrival.short_id, head->short_id, SHORT_LEN);
	txn_put_last(w->t, STORE_ARRIVAL, BYTES_OF(head->arrival), BYTES_OF(arrival));
}

static void
put_rows(struct work *w, const struct verified *v, bucket_id b, const struct group *g, uint8_t out_short[SHORT_LEN])
{
	struct record_head head;

	put_u64(head.arrival, ++w->r->arrival);
	records_short(w->r, &v->id, head.short_id);
	put_u32(head.bucket, b);
	put_record(w, v, &head);
	put_live(w, v);
	put_ways(w, v, &head);
	txn_put(w->t, STORE_QUOTA, BYTES_OF(g->key), BYTES_OF(v->id));
	memcpy(out_short, head.short_id, SHORT_LEN);
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
	uint8_t short_id[SHORT_LEN];
	struct group g;

	set_group(v, &g);
	put_rows(w, v, b, &g, short_id);
	w->touched = true;
	bucket_insert(w, b, v, short_id);
	tally_add(&r->keys, group_name(&g), 1);
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
	/* The view of H ends with the first delete. */
	struct tail_key tail = tail_key(h->bucket, v->record.stamp, &v->id);
	struct short_key by_short = short_key(h->bucket, h->short_id, &v->id);
	uint8_t arrival[8];
	struct lasting_key space;
	struct id live;
	uint64_t stamp;

	put_u64(arrival, h->arrival);
	if (set_live(w, &v->record, &v->id, &stamp, &live) && id_equal(&live, &v->id)) {
		struct bytes key = set_live_key(&v->record, &v->id, &space);

		note_left(w, key);
		txn_delete(w->t, STORE_LIVE, key);
	}
	txn_delete(w->t, STORE_TAIL, BYTES_OF(tail));
	txn_delete(w->t, STORE_SHORT, BYTES_OF(by_short));
	txn_delete(w->t, STORE_ARRIVAL, BYTES_OF(arrival));
	txn_delete(w->t, STORE_QUOTA, BYTES_OF(g->key));
	txn_delete(w->t, STORE_RECORD, BYTES_OF(v->id));
}

bool
set_remove(struct work *w, const struct id *id, struct buf *out)
{
	struct records *r = w->r;
	struct buf copy = { 0 };
	uint8_t short_id[SHORT_LEN];
	struct verified v;
	struct group g;
	struct held h;

	if (!set_get(w->t, id, &h))
		return false;
	buf_put_bytes(&copy, h.envelope);    /* the view ends with the first delete */
	memcpy(short_id, h.short_id, SHORT_LEN);
	v.id = *id;
	v.envelope = buf_bytes(&copy);
	envelope_peek(v.envelope, &v.record);
	set_group(&v, &g);
	delete_rows(w, &v, &h, &g);
	w->touched = true;
	bucket_remove(w, h.bucket, &v, short_id);
	tally_add(&r->keys, group_name(&g), -1);
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
		key.len = ((const struct quota_key *)key.p)->share == SHARE_CHARTER ? GROUP_MOST : GROUP_LEN;
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
		int64_t when = (int64_t)get_u64(((const struct aside_head *)cursor_value(c).p)->when);
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
