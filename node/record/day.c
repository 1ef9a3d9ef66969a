#include "node/record/records_int.h"

#include "proto/calendar.h"

#include <string.h>

int64_t
day_of(int64_t unix_ms)
{
	return unix_ms / DAY_MS;
}

/* proto/records.md section 5: in the set until its stamp + life + 30 days, leaving at midnight UTC. */
int64_t
day_leaves(uint32_t kind, uint64_t stamp)
{
	int64_t life = kind_life_days(kind);

	if (life == 0)
		return INT64_MAX;
	return day_of(stamp_unix_ms(stamp) + (life + LIMIT_GRACE_DAYS) * DAY_MS + DAY_MS - 1);
}

void
day_scan(struct records *r, struct store_txn *t)
{
	struct store_cursor *c = cursor_open(t, STORE_DAY);
	static const struct bytes all;

	tally_free(&r->day_writes);
	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const struct day_value *v = (const struct day_value *)cursor_value(c).p;

		if (get_u32(v->day) == (uint32_t)r->day)
			tally_add(&r->day_writes, cursor_key(c), (int)get_u32(v->count));
	}
	cursor_close(c);
}

void
day_set(struct work *w)
{
	if (w->r->day == w->day)
		return;
	w->r->day = w->day;
	day_scan(w->r, w->t);
}

#define DAY_KEY (ID_LEN + 1)

/* The author, and of withdrawals one byte more. */
static struct bytes
day_key(const struct record *r, uint8_t out[DAY_KEY])
{
	memcpy(out, r->author.b, ID_LEN);
	out[ID_LEN] = 'w';
	return (struct bytes){ out, r->state == RECORD_LIVE ? ID_LEN : DAY_KEY };
}

void
day_count(struct work *w, const struct record *r)
{
	uint8_t b[DAY_KEY];
	struct bytes key = day_key(r, b);

	tally_add(&w->r->day_writes, key, 1);
	if (tally_get(&w->written, key) == 0)
		tally_add(&w->written, key, 1);
}

uint32_t
day_written(const struct work *w, const struct record *r)
{
	uint8_t b[DAY_KEY];

	return tally_get(&w->r->day_writes, day_key(r, b));
}

/* One row an author, and one for her withdrawals, of the last day on which she wrote. */
void
day_put(struct work *w)
{
	struct day_value value;

	for (size_t i = 0; i < w->written.cap; i++) {
		const struct tally_entry *e = &w->written.entries[i];
		struct bytes author = { e->key, e->used };
		if (e->count == 0)
			continue;
		put_u32(value.day, (uint32_t)w->r->day);
		put_u32(value.count, tally_get(&w->r->day_writes, author));
		txn_put(w->t, STORE_DAY, author, BYTES_OF(value));
	}
}
