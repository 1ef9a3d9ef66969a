#include "node/record/records_int.h"

#include <string.h>

#include "proto/calendar.h"

static bool
each_tail(struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, const uint8_t *key, struct bytes value), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_TAIL);
	uint8_t from[44] = { 0 };
	bool ok;

	put_u32(from, b);
	put_u64(from + 4, stamp);
	if (id)
		memcpy(from + 12, id->b, ID_LEN);
	ok = cursor_seek(c, (struct bytes){ from, 4 }, BYTES_OF(from));
	if (ok && id && memcmp(cursor_key(c).p, from, sizeof from) == 0)
		ok = cursor_next(c);        /* behind it, not from it */
	while (ok && fn(self, cursor_key(c).p, cursor_value(c)))
		ok = cursor_next(c);
	cursor_close(c);
	return ok;
}

struct tail {
	struct store_txn *t;
	bool (*whole)(void *self, uint64_t stamp, const struct id *id, struct bytes envelope);
	bool (*ids)(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8]);
	bool (*lengths)(void *self, uint64_t stamp, const struct id *id, size_t len);
	void *self;
};

static bool
give_tail(void *self, const uint8_t *key, struct bytes value)
{
	struct tail *tail = self;
	struct held h;
	struct id id;

	memcpy(id.b, key + 12, ID_LEN);
	if (tail->ids)
		return tail->ids(tail->self, get_u64(key + 4), &id, value.p);
	if (tail->lengths)
		return tail->lengths(tail->self, get_u64(key + 4), &id, get_u32(value.p + 8));
	return !set_get(tail->t, &id, &h) || tail->whole(tail->self, get_u64(key + 4), &id, h.envelope);
}

void
records_tail(struct records *r, struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, uint64_t stamp, const struct id *id, struct bytes envelope), void *self)
{
	struct tail tail = { .t = t, .whole = fn, .self = self };

	(void)r;
	each_tail(t, b, stamp, id, give_tail, &tail);
}

void
records_tail_lengths(struct records *r, struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, uint64_t stamp, const struct id *id, size_t len), void *self)
{
	struct tail tail = { .t = t, .lengths = fn, .self = self };

	(void)r;
	each_tail(t, b, stamp, id, give_tail, &tail);
}

void
records_tail_ids(struct records *r, struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8]), void *self)
{
	struct tail tail = { .t = t, .ids = fn, .self = self };

	(void)r;
	each_tail(t, b, stamp, id, give_tail, &tail);
}

struct until {
	uint64_t until;
	struct bucket_sum sum;
};

static bool
add_until(void *self, const uint8_t *key, struct bytes value)
{
	struct until *u = self;
	uint64_t stamp = get_u64(key + 4);

	(void)value;
	if (stamp > u->until)
		return false;
	bucket_sum_add(&u->sum, key + 12, stamp);
	return true;
}

void
records_buckets(struct records *r, struct store_txn *t, uint64_t until,
    void (*fn)(void *self, bucket_id b, const struct bucket_sum *s), void *self)
{
	for (size_t i = 0; i < r->bucket_count; i++) {
		const struct bucket_row *row = &r->buckets[i];
		struct until u = { .until = until };
		if (row->sum.count == 0)
			continue;
		if (row->sum.newest <= until) {
			fn(self, row->id, &row->sum);
			continue;
		}
		each_tail(t, row->id, 0, NULL, add_until, &u);
		if (u.sum.count)
			fn(self, row->id, &u.sum);
	}
}

bool
records_bucket(const struct records *r, bucket_id b, struct bucket_sum *out)
{
	for (size_t i = 0; i < r->bucket_count; i++) {
		if (r->buckets[i].id != b || r->buckets[i].sum.count == 0)
			continue;
		*out = r->buckets[i].sum;
		return true;
	}
	return false;
}

bool
records_sketch(const struct records *r, bucket_id b, struct sketch *out, struct bucket_sum *out_sum)
{
	for (size_t i = 0; i < r->bucket_count; i++) {
		const struct bucket_row *row = &r->buckets[i];
		if (row->id != b || row->sum.count == 0)
			continue;
		sketch_copy(&row->sketch, row->sketch.cells, out);
		*out_sum = row->sum;
		return true;
	}
	return false;
}

static void
short_prefix(bucket_id b, const uint8_t short_id[8], uint8_t out[12])
{
	put_u32(out, b);
	memcpy(out + 4, short_id, 8);
}

void
records_part_ids(struct records *r, struct store_txn *t, bucket_id b, unsigned part,
    void (*fn)(void *self, const struct id *id, const uint8_t short_id[8]), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_SHORT);
	uint8_t from[5];
	struct id id;

	(void)r;
	put_u32(from, b);
	from[4] = (uint8_t)(part << 4);
	for (bool ok = cursor_seek(c, (struct bytes){ from, 4 }, BYTES_OF(from)); ok; ok = cursor_next(c)) {
		const uint8_t *key = cursor_key(c).p;
		if (key[4] >> 4 != (uint8_t)part)
			break;
		memcpy(id.b, key + 12, ID_LEN);
		fn(self, &id, key + 4);
	}
	cursor_close(c);
}

void
records_by_short(struct records *r, struct store_txn *t, bucket_id b, const uint8_t short_id[8],
    void (*fn)(void *self, const struct id *id, struct bytes envelope), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_SHORT);
	uint8_t prefix[12];
	struct held h;
	struct id id;

	(void)r;
	short_prefix(b, short_id, prefix);
	for (bool ok = cursor_seek(c, BYTES_OF(prefix), BYTES_OF(prefix)); ok; ok = cursor_next(c)) {
		memcpy(id.b, cursor_key(c).p + 12, ID_LEN);
		if (set_get(t, &id, &h))
			fn(self, &id, h.envelope);
	}
	cursor_close(c);
}

/* Records with SHORT in B; OUT: the first of them. */
static unsigned
count_short(struct store_txn *t, bucket_id b, const uint8_t short_id[8], struct id *out)
{
	struct store_cursor *c = cursor_open(t, STORE_SHORT);
	uint8_t prefix[12];
	unsigned count = 0;

	short_prefix(b, short_id, prefix);
	for (bool ok = cursor_seek(c, BYTES_OF(prefix), BYTES_OF(prefix)); ok; ok = cursor_next(c))
		if (count++ == 0 && out)
			memcpy(out->b, cursor_key(c).p + 12, ID_LEN);
	cursor_close(c);
	return count;
}

/* The record that left with SHORT, within the last 48 hours. */
static bool
find_gone(struct records *r, struct store_txn *t, const uint8_t short_id[8], struct id *out)
{
	int64_t today = day_of(records_now_ms(r));
	struct bytes value;
	uint8_t key[12];

	memcpy(key + 4, short_id, 8);
	for (int64_t day = today - 2; day <= today; day++) {
		put_u32(key, (uint32_t)day);
		if (!txn_get(t, STORE_GONE, BYTES_OF(key), &value))
			continue;
		if (out && value.len == ID_LEN)
			memcpy(out->b, value.p, ID_LEN);
		return true;
	}
	return false;
}

unsigned
records_knows(struct records *r, struct store_txn *t, bucket_id b, const uint8_t short_id[8], struct id *out)
{
	struct id gone = { { 0 } }, aside;
	bool has_gone = find_gone(r, t, short_id, &gone);
	unsigned asides = count_short(t, BUCKET_ASIDE, short_id, &aside), count = count_short(t, b, short_id, out);

	if (out && count == 0)
		*out = asides ? aside : gone;
	return count + asides + has_gone;
}

bool
records_knows_id(struct records *r, struct store_txn *t, bucket_id b, const struct id *id)
{
	uint8_t key[44];
	struct id gone = { { 0 } };

	records_short(r, id, key + 4);
	memcpy(key + 12, id->b, ID_LEN);
	put_u32(key, b);
	if (txn_get(t, STORE_SHORT, BYTES_OF(key), NULL))
		return true;
	put_u32(key, BUCKET_ASIDE);
	return txn_get(t, STORE_SHORT, BYTES_OF(key), NULL) || (find_gone(r, t, key + 4, &gone) && id_equal(&gone, id));
}

int64_t
records_moved(struct records *r, bucket_id b)
{
	int64_t now = records_now_ms(r);

	for (size_t i = 0; i < r->bucket_count; i++)
		if (r->buckets[i].id == b && (uint64_t)(now - r->buckets[i].moved_from_ms) < HOUR_MS)
			return r->buckets[i].moved;
	return 0;
}

void
records_arrivals(struct records *r, struct store_txn *t, uint64_t from, uint64_t to,
    void (*fn)(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8]), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_ARRIVAL);
	static const struct bytes all;
	uint8_t key[8];

	(void)r;
	put_u64(key, from + 1);
	for (bool ok = from < to && cursor_seek(c, all, BYTES_OF(key)); ok; ok = cursor_next(c)) {
		struct bytes v = cursor_value(c);
		uint64_t arrival = get_u64(cursor_key(c).p);
		if (arrival > to)
			break;
		fn(self, arrival, get_u32(v.p + 32), v.p + 36);
	}
	cursor_close(c);
}
