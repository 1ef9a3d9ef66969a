#include "node/record/records_int.h"

#include <string.h>

#include "proto/calendar.h"

static bool
each_tail(struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, const struct tail_key *key, const struct tail_value *value), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_TAIL);
	struct tail_key from = { .id = id ? *id : (struct id){ { 0 } } };
	bool ok;

	put_u32(from.bucket, b);
	put_u64(from.stamp, stamp);
	ok = cursor_seek(c, BYTES_OF(from.bucket), BYTES_OF(from));
	if (ok && id && memcmp(cursor_key(c).p, &from, sizeof from) == 0)
		ok = cursor_next(c);        /* behind it, not from it */
	while (ok && fn(self, (const struct tail_key *)cursor_key(c).p, (const struct tail_value *)cursor_value(c).p))
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
give_tail(void *self, const struct tail_key *key, const struct tail_value *value)
{
	struct tail *tail = self;
	uint64_t stamp = get_u64(key->stamp);
	struct held h;

	if (tail->ids)
		return tail->ids(tail->self, stamp, &key->id, value->short_id);
	if (tail->lengths)
		return tail->lengths(tail->self, stamp, &key->id, get_u32(value->envelope_len));
	return !set_get(tail->t, &key->id, &h) || tail->whole(tail->self, stamp, &key->id, h.envelope);
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
add_until(void *self, const struct tail_key *key, const struct tail_value *value)
{
	struct until *u = self;
	uint64_t stamp = get_u64(key->stamp);

	(void)value;
	if (stamp > u->until)
		return false;
	bucket_sum_add(&u->sum, key->id.b, stamp);
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

/* What begins the keys of SHORT_ID in B. */
static struct bytes
short_prefix(bucket_id b, const uint8_t short_id[SHORT_LEN], struct short_key *out)
{
	put_u32(out->bucket, b);
	memcpy(out->short_id, short_id, SHORT_LEN);
	return (struct bytes){ out->bucket, offsetof(struct short_key, id) };
}

void
records_part_ids(struct records *r, struct store_txn *t, bucket_id b, unsigned part,
    void (*fn)(void *self, const struct id *id, const uint8_t short_id[8]), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_SHORT);
	uint8_t from[5];

	(void)r;
	put_u32(from, b);
	from[4] = (uint8_t)(part << 4);
	for (bool ok = cursor_seek(c, (struct bytes){ from, 4 }, BYTES_OF(from)); ok; ok = cursor_next(c)) {
		const struct short_key *key = (const struct short_key *)cursor_key(c).p;

		if (key->short_id[0] >> 4 != (uint8_t)part)
			break;
		fn(self, &key->id, key->short_id);
	}
	cursor_close(c);
}

void
records_by_short(struct records *r, struct store_txn *t, bucket_id b, const uint8_t short_id[8],
    void (*fn)(void *self, const struct id *id, struct bytes envelope), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_SHORT);
	struct short_key key;
	struct bytes prefix = short_prefix(b, short_id, &key);
	struct held h;

	(void)r;
	for (bool ok = cursor_seek(c, prefix, prefix); ok; ok = cursor_next(c)) {
		const struct id *id = &((const struct short_key *)cursor_key(c).p)->id;

		if (set_get(t, id, &h))
			fn(self, id, h.envelope);
	}
	cursor_close(c);
}

/* Records with SHORT in B; OUT: the first of them. */
static unsigned
count_short(struct store_txn *t, bucket_id b, const uint8_t short_id[8], struct id *out)
{
	struct store_cursor *c = cursor_open(t, STORE_SHORT);
	struct short_key key;
	struct bytes prefix = short_prefix(b, short_id, &key);
	unsigned count = 0;

	for (bool ok = cursor_seek(c, prefix, prefix); ok; ok = cursor_next(c))
		if (count++ == 0 && out)
			*out = ((const struct short_key *)cursor_key(c).p)->id;
	cursor_close(c);
	return count;
}

/* The record that left with SHORT_ID, within the last GONE_DAYS. */
static bool
find_gone(struct records *r, struct store_txn *t, const uint8_t short_id[8], struct id *out)
{
	int64_t today = day_of(records_now_ms(r));
	struct bytes value;
	struct gone_key key;

	memcpy(key.short_id, short_id, SHORT_LEN);
	for (int64_t day = today - GONE_DAYS; day <= today; day++) {
		put_u32(key.day, (uint32_t)day);
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
	struct short_key key = { .id = *id };
	struct id gone = { { 0 } };

	records_short(r, id, key.short_id);
	put_u32(key.bucket, b);
	if (txn_get(t, STORE_SHORT, BYTES_OF(key), NULL))
		return true;
	put_u32(key.bucket, BUCKET_ASIDE);
	return txn_get(t, STORE_SHORT, BYTES_OF(key), NULL) ||
	    (find_gone(r, t, key.short_id, &gone) && id_equal(&gone, id));
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
		const struct arrival_value *v = (const struct arrival_value *)cursor_value(c).p;
		uint64_t arrival = get_u64(cursor_key(c).p);

		if (arrival > to)
			break;
		fn(self, arrival, get_u32(v->bucket), v->short_id);
	}
	cursor_close(c);
}
