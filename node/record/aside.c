#include "node/record/records_int.h"

#include <string.h>

#include "proto/calendar.h"

/* Short ids of what waits are known too, so that it is not asked for again. */
static struct short_key
short_aside(const struct work *w, const struct id *id)
{
	struct short_key key = { .id = *id };

	put_u32(key.bucket, BUCKET_ASIDE);
	records_short(w->r, id, key.short_id);
	return key;
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
	struct aside_key key = { *author, v->id };
	struct aside_head head = { .reason = (uint8_t)reason };
	struct short_key by_short;
	struct buf value = { 0 };

	if (!has_room(w, author))
		return false;
	put_u64(head.when, (uint64_t)when);
	buf_put(&value, &head, sizeof head);
	buf_put_bytes(&value, v->envelope);
	txn_put(w->t, STORE_ASIDE, BYTES_OF(key), buf_bytes(&value));
	buf_free(&value);
	by_short = short_aside(w, &v->id);
	txn_put(w->t, STORE_SHORT, BYTES_OF(by_short), (struct bytes){ by_short.bucket, 0 });
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
	struct aside_key key = { *author, *id };

	return w->r->aside_count > 0 && txn_get(w->t, STORE_ASIDE, BYTES_OF(key), NULL);
}

static struct bytes
envelope_in(struct bytes value)
{
	return (struct bytes){ value.p + sizeof(struct aside_head), value.len - sizeof(struct aside_head) };
}

bool
aside_get(struct store_txn *t, const struct id *author, const struct id *id, struct bytes *out_envelope)
{
	struct aside_key key = { *author, *id };
	struct bytes value;

	if (!txn_get(t, STORE_ASIDE, BYTES_OF(key), &value))
		return false;
	*out_envelope = envelope_in(value);
	return true;
}

void
aside_drop(struct work *w, const struct id *author, const struct id *id)
{
	struct aside_key key = { *author, *id };
	struct short_key by_short = short_aside(w, id);

	if (!txn_delete(w->t, STORE_ASIDE, BYTES_OF(key)))
		return;
	txn_delete(w->t, STORE_SHORT, BYTES_OF(by_short));
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
		const struct aside_head *head = (const struct aside_head *)value.p;
		struct verified v = { .envelope = envelope_in(value) };

		v.id = ((const struct aside_key *)cursor_key(c).p)->id;
		envelope_peek(v.envelope, &v.record);
		fn(self, (enum aside)head->reason, (int64_t)get_u64(head->when), &v);
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
		int64_t when = (int64_t)get_u64(((const struct aside_head *)cursor_value(c).p)->when);
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
