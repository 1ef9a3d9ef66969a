#include "node/record/records_int.h"

#include "proto/cbor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- tallies --- */

static size_t
spot(const struct tally *t, struct bytes key)
{
	uint64_t h = 0xcbf29ce484222325u;    /* FNV-1a: keys hold public keys, that spread themselves */

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.p[i]) * 0x100000001b3u;
	for (size_t at = (size_t)(h ^ h >> 32) & (t->cap - 1);; at = (at + 1) & (t->cap - 1)) {
		const struct tally_entry *e = &t->entries[at];
		if (!e->used || (e->used == key.len && memcmp(e->key, key.p, key.len) == 0))
			return at;
	}
}

uint32_t
tally_get(const struct tally *t, struct bytes key)
{
	if (t->cap == 0)
		return 0;
	return t->entries[spot(t, key)].count;
}

static void
grow(struct tally *t)
{
	struct tally old = *t;

	*t = (struct tally){ .cap = old.cap ? old.cap * 2 : 64 };
	t->entries = need_zeroed(t->cap, sizeof *t->entries);
	for (size_t i = 0; i < old.cap; i++) {
		struct tally_entry *e = &old.entries[i];
		if (e->count == 0)
			continue;
		t->entries[spot(t, (struct bytes){ e->key, e->used })] = *e;
		t->used++;
	}
	free(old.entries);
}

void
tally_add(struct tally *t, struct bytes key, int by)
{
	struct tally_entry *e;

	assert(key.len > 0 && key.len <= GROUP_LEN);
	if (t->used * 4 >= t->cap * 3)
		grow(t);
	e = &t->entries[spot(t, key)];
	if (!e->used) {
		memcpy(e->key, key.p, key.len);
		e->used = (uint8_t)key.len;
		t->used++;
	}
	assert(by > 0 || e->count > 0);
	e->count = (uint32_t)((int64_t)e->count + by);
}

void
tally_free(struct tally *t)
{
	free(t->entries);
	*t = (struct tally){ 0 };
}

/* --- time --- */

int64_t
day_of(int64_t unix_ms)
{
	return unix_ms / DAY_MS;
}

/* proto/records.md section 5: in the set until its stamp + life + 30 days, leaving at midnight UTC. */
int64_t
leave_day(uint32_t kind, uint64_t stamp)
{
	int64_t life = kind_life_days(kind);

	if (life == 0)
		return INT64_MAX;
	return day_of(stamp_unix_ms(stamp) + (life + LIMIT_GRACE_DAYS) * DAY_MS + DAY_MS - 1);
}

/* --- work: one transaction --- */

/* How much each author wrote that is stamped today. */
static void
scan_days(struct records *r, struct store_txn *t)
{
	struct store_cursor *c = cursor_open(t, STORE_DAY);
	static const struct bytes all;

	tally_free(&r->day_writes);
	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const uint8_t *v = cursor_value(c).p;
		if (get_u32(v) == (uint32_t)r->day)
			tally_add(&r->day_writes, cursor_key(c), (int)get_u32(v + 4));
	}
	cursor_close(c);
}

static void
set_day(struct work *w)
{
	if (w->r->day == w->day)
		return;
	w->r->day = w->day;
	scan_days(w->r, w->t);
}

static void
count_day(struct work *w, const struct id *author)
{
	tally_add(&w->r->day_writes, BYTES_OF(*author), 1);
	if (tally_get(&w->written, BYTES_OF(*author)) == 0)
		tally_add(&w->written, BYTES_OF(*author), 1);
}

/* One row an author, of the last day on which she wrote. */
static void
put_days(struct work *w)
{
	uint8_t value[8];

	for (size_t i = 0; i < w->written.cap; i++) {
		const struct tally_entry *e = &w->written.entries[i];
		struct bytes author = { e->key, e->used };
		if (e->count == 0)
			continue;
		put_u32(value, (uint32_t)w->r->day);
		put_u32(value + 4, tally_get(&w->r->day_writes, author));
		txn_put(w->t, STORE_DAY, author, BYTES_OF(value));
	}
}

void
work_begin_read(struct work *w, struct records *r, struct store_txn *t)
{
	int64_t now = records_now_ms(r);

	*w = (struct work){ .r = r, .t = t, .m = r->membership, .now_ms = now, .day = day_of(now), .hour = hour_now(r),
		.sure = r->sure.state == SURE, .branch = r->branch, .arrival_before = r->arrival };
	set_day(w);
}

void
work_begin(struct work *w, struct records *r)
{
	work_begin_read(w, r, store_write(r->store));
}

static void
put_meta(struct work *w, const char *word, struct bytes value)
{
	txn_put(w->t, STORE_META, bytes_text(word), value);
}

static void
put_meta_u64(struct work *w, const char *word, uint64_t v)
{
	uint8_t out[8];

	put_u64(out, v);
	put_meta(w, word, BYTES_OF(out));
}

/* The membership of before may still be read by whoever asked for it. */
static void
adopt(struct work *w)
{
	struct records *r = w->r;

	if (w->fresh == NULL)
		return;
	if (r->membership) {
		r->retired = need_realloc(r->retired, (r->retired_count + 1) * sizeof *r->retired);
		r->retired[r->retired_count++] = r->membership;
	}
	r->membership = w->fresh;
	r->branch = w->branch;
	r->hour = w->hour;
}

static void
take_back(struct work *w)
{
	struct store_txn *t;

	membership_free(w->fresh);
	buf_free(&w->retry);
	buf_free(&w->nodes);
	tally_free(&w->written);
	if (!w->touched)
		return;
	if (w->r->options.follower.forget)
		w->r->options.follower.forget(w->r->options.follower.self);
	t = store_read(w->r->store);
	set_rebuild(w->r, t);
	txn_abort(&t);
}

enum err_code
work_end(struct work *w, struct err *e)
{
	struct records *r = w->r;
	struct records_change change = { .arrival_from = w->arrival_before };
	enum err_code rc;

	if (w->membership_moved)
		refresh_work(w);
	change.arrival_to = r->arrival;
	change.membership = w->membership_changed;
	/* When the clock was last believed: stamps and hours may be of one that was not. */
	if (w->sure && (w->touched || w->fresh))
		put_meta_u64(w, "clock", (uint64_t)w->now_ms);
	if (r->sure.confirmed && w->touched)
		put_meta_u64(w, "clock_ok", 1);
	if (w->touched) {
		put_days(w);
		put_meta_u64(w, "arrival", r->arrival);
		put_meta_u64(w, "stamp", r->stamp);
	}
	if (w->fresh && (w->touched || w->hour != r->hour || !id_equal(&w->branch, &r->branch))) {
		put_meta(w, "branch", BYTES_OF(w->branch));
		put_meta_u64(w, "hour", (uint64_t)w->hour);
	}
	if (r->options.follower.flush && w->touched)
		r->options.follower.flush(r->options.follower.self, w->t);
	if ((rc = txn_commit(&w->t, e)) != ERR_OK) {
		take_back(w);
		return rc;
	}
	adopt(w);
	r->changes += w->touched;
	buf_free(&w->retry);
	buf_free(&w->nodes);
	tally_free(&w->written);
	if (r->options.changed && (change.arrival_to > change.arrival_from || change.membership))
		r->options.changed(r->options.user, &change);
	return ERR_OK;
}

void
work_abort(struct work *w)
{
	txn_abort(&w->t);
	take_back(w);
}

/* --- buckets in memory --- */

bucket_id
bucket_make(enum collection c, uint16_t territory, enum audience a)
{
	if (c == COLLECTION_MEMBERSHIP)
		return 0;
	return (bucket_id)c << 24 | (bucket_id)territory << 8 | (bucket_id)a;
}

enum audience
bucket_audience(bucket_id b)
{
	return (enum audience)(b & 0xff);
}

enum collection
bucket_collection(bucket_id b)
{
	return (enum collection)(b >> 24);
}

static size_t
bucket_at(const struct records *r, bucket_id id)
{
	size_t low = 0, high = r->bucket_count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		if (r->buckets[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct bucket_row *
bucket_need(struct records *r, bucket_id id)
{
	size_t at = bucket_at(r, id);

	if (at < r->bucket_count && r->buckets[at].id == id)
		return &r->buckets[at];
	if (r->bucket_count == r->bucket_cap) {
		r->bucket_cap = r->bucket_cap ? r->bucket_cap * 2 : 32;
		r->buckets = need_realloc(r->buckets, r->bucket_cap * sizeof *r->buckets);
	}
	memmove(&r->buckets[at + 1], &r->buckets[at], (r->bucket_count - at) * sizeof *r->buckets);
	r->bucket_count++;
	r->buckets[at] = (struct bucket_row){ .id = id };
	return &r->buckets[at];
}

static void
id_words(const uint8_t *id, uint64_t out[4])
{
	for (int i = 0; i < 4; i++) {
		out[i] = 0;
		for (int k = 7; k >= 0; k--)
			out[i] = out[i] << 8 | id[i * 8 + k];
	}
}

/* The id as a little-endian number of 256 bits, added or taken away; what overflows is lost (mod 2^256). */
void
bucket_sum_add(struct bucket_sum *s, const uint8_t id[ID_LEN], uint64_t stamp)
{
	uint64_t words[4];
	unsigned __int128 carry = 0;

	id_words(id, words);
	for (int i = 0; i < 4; i++) {
		carry += (unsigned __int128)s->sum[i] + words[i];
		s->sum[i] = (uint64_t)carry;
		carry >>= 64;
	}
	s->count++;
	if (stamp > s->newest)
		s->newest = stamp;
}

void
bucket_sum_take(struct bucket_sum *s, const uint8_t id[ID_LEN])
{
	uint64_t words[4];
	unsigned borrow = 0;

	id_words(id, words);
	for (int i = 0; i < 4; i++) {
		uint64_t before = s->sum[i], less = before - words[i];
		unsigned next = before < words[i] || less < borrow;
		s->sum[i] = less - borrow;
		borrow = next;
	}
	s->count--;
}

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

/* --- sketches --- */

/* While a bucket is read, all cells; then as many of them as it deserves: fewer are the beginning of more. */
static void
sketch_cut(struct bucket_row *row)
{
	struct sketch whole = row->sketch;
	uint32_t cells = sketch_size(whole.count);

	if (cells >= whole.cells)
		return;
	sketch_copy(&whole, cells, &row->sketch);
	sketch_done(&whole);
}

/* The bucket has outgrown its sketch: a larger one, of all that is in it. */
static void
sketch_grow(struct work *w, struct bucket_row *row)
{
	struct store_cursor *c = cursor_open(w->t, STORE_TAIL);
	uint32_t cells = sketch_size(row->sum.count);
	uint8_t prefix[4];

	put_u32(prefix, row->id);
	sketch_done(&row->sketch);
	sketch_init(&row->sketch, cells, 0);
	for (bool ok = cursor_seek(c, BYTES_OF(prefix), BYTES_OF(prefix)); ok; ok = cursor_next(c))
		sketch_insert(&row->sketch, get_u64(cursor_value(c).p));
	cursor_close(c);
}

/* V's rows are in the store. */
static void
row_add(struct work *w, bucket_id b, const struct verified *v, const uint8_t short_id[8])
{
	struct bucket_row *row = bucket_need(w->r, b);

	bucket_sum_add(&row->sum, v->id.b, v->record.stamp);
	if (sketch_size(row->sum.count) > row->sketch.cells)
		sketch_grow(w, row);
	else
		sketch_insert(&row->sketch, get_u64(short_id));
}

static void
row_take(struct work *w, bucket_id b, const struct id *id, const uint8_t short_id[8])
{
	struct bucket_row *row = bucket_need(w->r, b);

	bucket_sum_take(&row->sum, id->b);
	sketch_remove(&row->sketch, get_u64(short_id));
}

/* Not what came or was superseded, but what membership or midnight put elsewhere: for records_moved. */
static void
count_moved(struct work *w, bucket_id b, int by)
{
	struct bucket_row *row = bucket_need(w->r, b);

	if (!w->moving)
		return;
	if ((uint64_t)(w->now_ms - row->moved_from_ms) >= HOUR_MS) { /* also when the clock went back */
		row->moved_from_ms = w->now_ms;
		row->moved = 0;
	}
	row->moved += by;
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
	row_add(w, b, v, short_id);
	count_moved(w, b, 1);
	tally_add(&r->keys, (struct bytes){ g.key, g.len }, 1);
	if (!w->moving && day_of(stamp_unix_ms(v->record.stamp)) == r->day)
		count_day(w, &v->record.author);
	if (id_equal(&v->record.author, &r->self) && v->record.stamp > r->stamp && !admit_is_timeless(w, v))
		r->stamp = v->record.stamp;
	moved(w, &v->record, b);
	if (r->options.follower.insert)
		r->options.follower.insert(r->options.follower.self, w->t, v, b);
}

/* When the newest has gone, the next below it is the newest. */
static void
renew_newest(struct work *w, bucket_id b, uint64_t gone)
{
	struct bucket_sum *s = &bucket_need(w->r, b)->sum;
	struct store_cursor *c;
	uint8_t prefix[4];

	if (s->newest > gone)
		return;
	put_u32(prefix, b);
	c = cursor_open(w->t, STORE_TAIL);
	s->newest = cursor_last(c, BYTES_OF(prefix)) ? get_u64(cursor_key(c).p + 4) : 0;
	cursor_close(c);
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
	row_take(w, h.bucket, id, short_id);
	count_moved(w, h.bucket, -1);
	renew_newest(w, h.bucket, v.record.stamp);
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
scan_tail(struct records *r, struct store_txn *t)
{
	struct store_cursor *c = cursor_open(t, STORE_TAIL);
	static const struct bytes all;
	struct bucket_row *row = NULL;

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const uint8_t *key = cursor_key(c).p;
		bucket_id b = get_u32(key);
		if (row == NULL || row->id != b) {
			if (row)
				sketch_cut(row);
			row = bucket_need(r, b);
			sketch_init(&row->sketch, SKETCH_CELLS, 0);
		}
		bucket_sum_add(&row->sum, key + 12, get_u64(key + 4));
		sketch_insert(&row->sketch, get_u64(cursor_value(c).p));
	}
	if (row)
		sketch_cut(row);
	cursor_close(c);
}

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
set_forget(struct records *r)
{
	for (size_t i = 0; i < r->bucket_count; i++)
		sketch_done(&r->buckets[i].sketch);
	r->bucket_count = 0;
}

void
set_rebuild(struct records *r, struct store_txn *t)
{
	set_forget(r);
	tally_free(&r->keys);
	tally_free(&r->asides);
	tally_free(&r->day_writes);
	r->day = day_of(records_now_ms(r));
	r->arrival = meta_u64(t, "arrival", 0);
	r->stamp = meta_u64(t, "stamp", 0);
	r->wipe_ms = txn_get(t, STORE_META, bytes_text("wipe"), NULL) ? 0 : INT64_MAX;
	scan_tail(r, t);
	scan_quota(r, t);
	scan_aside(r, t);
	scan_days(r, t);
}
