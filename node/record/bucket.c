#include "node/record/records_int.h"

#include <string.h>

#include "proto/calendar.h"

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

/* --- rows --- */

static size_t
row_at(const struct records *r, bucket_id id)
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
row_need(struct records *r, bucket_id id)
{
	size_t at = row_at(r, id);

	if (at < r->bucket_count && r->buckets[at].id == id)
		return &r->buckets[at];
	r->buckets = need_room(r->buckets, r->bucket_count, &r->bucket_cap, sizeof *r->buckets);
	memmove(&r->buckets[at + 1], &r->buckets[at], (r->bucket_count - at) * sizeof *r->buckets);
	r->bucket_count++;
	r->buckets[at] = (struct bucket_row){ .id = id };
	return &r->buckets[at];
}

/* --- sums --- */

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
		sketch_insert(&row->sketch, get_u64(((const struct tail_value *)cursor_value(c).p)->short_id));
	cursor_close(c);
}

/* --- records in and out --- */

/* Not what came or was superseded, but what membership or midnight put elsewhere: for records_moved. */
static void
count_moved(const struct work *w, struct bucket_row *row, int by)
{
	if (!w->moving)
		return;
	if ((uint64_t)(w->now_ms - row->moved_from_ms) >= HOUR_MS) { /* also when the clock went back */
		row->moved_from_ms = w->now_ms;
		row->moved = 0;
	}
	row->moved += by;
}

/* When the newest has gone, the next below it is the newest. */
static void
renew_newest(struct work *w, struct bucket_row *row, uint64_t gone)
{
	struct bucket_sum *s = &row->sum;
	struct store_cursor *c;
	uint8_t prefix[4];

	if (s->newest > gone)
		return;
	put_u32(prefix, row->id);
	c = cursor_open(w->t, STORE_TAIL);
	s->newest = cursor_last(c, BYTES_OF(prefix)) ? get_u64(((const struct tail_key *)cursor_key(c).p)->stamp) : 0;
	cursor_close(c);
}

void
bucket_insert(struct work *w, bucket_id b, const struct verified *v, const uint8_t short_id[8])
{
	struct bucket_row *row = row_need(w->r, b);

	bucket_sum_add(&row->sum, v->id.b, v->record.stamp);
	if (sketch_size(row->sum.count) > row->sketch.cells)
		sketch_grow(w, row);
	else
		sketch_insert(&row->sketch, get_u64(short_id));
	count_moved(w, row, 1);
}

void
bucket_remove(struct work *w, bucket_id b, const struct verified *v, const uint8_t short_id[8])
{
	struct bucket_row *row = row_need(w->r, b);

	bucket_sum_take(&row->sum, v->id.b);
	sketch_remove(&row->sketch, get_u64(short_id));
	count_moved(w, row, -1);
	renew_newest(w, row, v->record.stamp);
}

/* --- all of it --- */

void
bucket_scan(struct records *r, struct store_txn *t)
{
	struct store_cursor *c = cursor_open(t, STORE_TAIL);
	static const struct bytes all;
	struct bucket_row *row = NULL;

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const struct tail_key *key = (const struct tail_key *)cursor_key(c).p;
		bucket_id b = get_u32(key->bucket);

		if (row == NULL || row->id != b) {
			if (row)
				sketch_cut(row);
			row = row_need(r, b);
			sketch_init(&row->sketch, SKETCH_CELLS, 0);
		}
		bucket_sum_add(&row->sum, key->id.b, get_u64(key->stamp));
		sketch_insert(&row->sketch, get_u64(((const struct tail_value *)cursor_value(c).p)->short_id));
	}
	if (row)
		sketch_cut(row);
	cursor_close(c);
}

void
bucket_forget(struct records *r)
{
	for (size_t i = 0; i < r->bucket_count; i++)
		sketch_done(&r->buckets[i].sketch);
	r->bucket_count = 0;
}
