#include "node/record/records_int.h"

#include <string.h>

#include "proto/calendar.h"

static void
aside_key(const struct id *author, const struct id *id, uint8_t out[64])
{
	memcpy(out, author->b, ID_LEN);
	memcpy(out + ID_LEN, id->b, ID_LEN);
}

/* Short ids of what waits are known too, so that it is not asked for again. */
static void
aside_short(const struct work *w, const struct id *id, uint8_t out[44])
{
	put_u32(out, BUCKET_ASIDE);
	records_short(w->r, id, out + 4);
	memcpy(out + 12, id->b, ID_LEN);
}

/* When it may come in by itself; 0: only when something else changes. */
static int64_t
when_of(const struct record *r, enum aside reason)
{
	if (reason == ASIDE_FUTURE)
		return stamp_unix_ms(admit_reach(r)) - LIMIT_FUTURE_MS;
	return reason == ASIDE_DAY ? (day_of(stamp_unix_ms(r->stamp)) + 1) * DAY_MS : 0;
}

/* Keys cost nothing to make: of those who are no members, and wait for a charter unknown here, not more than this. */
#define STRANGERS_MOST 4096

/* Of one author: a suspended member's whole set fits, a flood does not. */
static bool
has_room(const struct work *w, const struct id *author)
{
	if (id_equal(author, &w->r->self))
		return true;
	if (membership_find(w->m, author) == NULL && w->r->aside_count >= STRANGERS_MOST)
		return false;
	return tally_get(&w->r->asides, BYTES_OF(*author)) < 4 * admit_limit(w) + 64;
}

bool
aside_put(struct work *w, const struct verified *v, enum aside reason)
{
	struct records *r = w->r;
	const struct id *author = &v->record.author;
	int64_t when = when_of(&v->record, reason);
	uint8_t key[64], head[ASIDE_HEAD], short_id[44];
	struct buf value = { 0 };

	if (!has_room(w, author))
		return false;
	aside_key(author, &v->id, key);
	head[0] = (uint8_t)reason;
	put_u64(head + 1, (uint64_t)when);
	buf_put(&value, head, sizeof head);
	buf_put_bytes(&value, v->envelope);
	txn_put(w->t, STORE_ASIDE, BYTES_OF(key), buf_bytes(&value));
	buf_free(&value);
	aside_short(w, &v->id, short_id);
	txn_put(w->t, STORE_SHORT, BYTES_OF(short_id), (struct bytes){ key, 0 });
	w->touched = true;
	w->membership_moved |= record_collection(&v->record) == COLLECTION_MEMBERSHIP && reason != ASIDE_FUTURE;
	tally_add(&r->asides, BYTES_OF(*author), 1);
	r->aside_count++;
	if (when && when < r->next_aside_ms)
		r->next_aside_ms = when;
	return true;
}

bool
aside_held(struct work *w, const struct id *author, const struct id *id)
{
	uint8_t key[64];

	if (w->r->aside_count == 0)
		return false;
	aside_key(author, id, key);
	return txn_get(w->t, STORE_ASIDE, BYTES_OF(key), NULL);
}

void
aside_drop(struct work *w, const struct id *author, const struct id *id)
{
	uint8_t key[64], short_id[44];

	aside_key(author, id, key);
	if (!txn_delete(w->t, STORE_ASIDE, BYTES_OF(key)))
		return;
	aside_short(w, id, short_id);
	txn_delete(w->t, STORE_SHORT, BYTES_OF(short_id));
	w->touched = true;
	tally_add(&w->r->asides, BYTES_OF(*author), -1);
	w->r->aside_count--;
}

void
aside_each(struct store_txn *t, const struct id *author,
    void (*fn)(void *self, enum aside reason, int64_t when, const struct verified *v), void *self)
{
	struct bytes prefix = author ? BYTES_OF(*author) : (struct bytes){ NULL, 0 };
	struct store_cursor *c = cursor_open(t, STORE_ASIDE);

	for (bool ok = cursor_seek(c, prefix, prefix); ok; ok = cursor_next(c)) {
		struct bytes value = cursor_value(c);
		struct verified v = { .envelope = { value.p + ASIDE_HEAD, value.len - ASIDE_HEAD } };
		memcpy(v.id.b, cursor_key(c).p + ID_LEN, ID_LEN);
		envelope_peek(v.envelope, &v.record);
		fn(self, (enum aside)value.p[0], (int64_t)get_u64(value.p + 1), &v);
	}
	cursor_close(c);
}

void
copies_add(struct copies *c, const struct verified *v)
{
	uint8_t len[4];

	put_u32(len, (uint32_t)v->envelope.len);
	buf_put(&c->bytes, v->id.b, ID_LEN);
	buf_put(&c->bytes, len, sizeof len);
	buf_put_bytes(&c->bytes, v->envelope);
}

bool
copies_next(struct copies *c, struct verified *out)
{
	const uint8_t *p;

	if (c->at == c->bytes.len)
		return false;
	p = c->bytes.p + c->at;
	memcpy(out->id.b, p, ID_LEN);
	out->envelope = (struct bytes){ p + ID_LEN + 4, get_u32(p + ID_LEN) };
	envelope_peek(out->envelope, &out->record);
	c->at += ID_LEN + 4 + out->envelope.len;
	return true;
}

struct due {
	struct copies copies;
	int64_t now_ms;
	bool timed;                  /* only what waits for a time, and that has come */
};

static void
collect(void *self, enum aside reason, int64_t when, const struct verified *v)
{
	struct due *d = self;

	(void)reason;
	if (!d->timed || (when && when <= d->now_ms))
		copies_add(&d->copies, v);
}

static void
forward_next(struct work *w)
{
	struct store_cursor *c = cursor_open(w->t, STORE_ASIDE);
	static const struct bytes all;

	w->r->next_aside_ms = INT64_MAX;
	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		int64_t when = (int64_t)get_u64(cursor_value(c).p + 1);
		if (when && when < w->r->next_aside_ms)
			w->r->next_aside_ms = when;
	}
	cursor_close(c);
}

void
aside_retry(struct work *w, const struct id *author)
{
	struct due d = { .now_ms = w->now_ms, .timed = author == NULL };
	struct verified v;

	if (author ? tally_get(&w->r->asides, BYTES_OF(*author)) == 0 : w->r->next_aside_ms > w->now_ms)
		return;
	aside_each(w->t, author, collect, &d);
	while (copies_next(&d.copies, &v)) {
		aside_drop(w, &v.record.author, &v.id);
		admit_place(w, &v);
	}
	buf_free(&d.copies.bytes);
	if (author == NULL)
		forward_next(w);
}
