#include "node/record/records_int.h"

#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000               /* records signed anew in one transaction */

/* --- what time it is --- */

int64_t
records_now_ms(struct records *r)
{
	int64_t now = world_now_ms(r->world), tick = world_tick_ms(r->world);

	sure_look(&r->sure, now, tick);
	return sure_time(&r->sure, now, tick);
}

const struct sure *
records_sure(const struct records *r)
{
	return &r->sure;
}

/* Membership lapses by the hour; while the clock is unsure nothing does. */
int64_t
hour_now(struct records *r)
{
	int64_t now = records_now_ms(r);

	return r->sure.state == SURE || r->hour < 0 ? now / HOUR_MS : r->hour;
}

/* --- what reaches into the future --- */

static uint64_t
stamp_after(int64_t ms)
{
	return stamp_make(ms, UINT16_MAX);
}

/* Records of the set stamped after BOUND, at most MOST, bucket 0 first and each bucket in order; ONLY: of that author. */
static void
collect_ahead(struct work *w, uint64_t bound, const struct id *only, size_t most, struct copies *out,
    size_t *out_count)
{
	struct store_cursor *c = cursor_open(w->t, STORE_TAIL);

	for (size_t i = 0; i < w->r->bucket_count; i++) {
		struct tail_key from = { .id = { { 0 } } };

		put_u32(from.bucket, w->r->buckets[i].id);
		put_u64(from.stamp, bound);
		for (bool ok = cursor_seek(c, BYTES_OF(from.bucket), BYTES_OF(from)); ok && *out_count < most;
		    ok = cursor_next(c)) {
			const struct tail_key *k = (const struct tail_key *)cursor_key(c).p;
			struct verified v = { .id = k->id };
			struct held h;

			if (get_u64(k->stamp) <= bound || !set_get(w->t, &v.id, &h))
				continue;
			v.envelope = h.envelope;
			envelope_peek(v.envelope, &v.record);
			if (only && (!id_equal(&v.record.author, only) || admit_is_timeless(w, &v)))
				continue;
			copies_add(out, &v);
			++*out_count;
		}
	}
	cursor_close(c);
}

/* Erasures that are not stamped ahead themselves, but erase stamps after BOUND. */
static void
collect_erasing_ahead(struct work *w, uint64_t bound, struct copies *out)
{
	struct store_cursor *c = cursor_open(w->t, STORE_ERASED);
	static const struct bytes all;
	struct verified v;
	struct held h;

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		v.id = ((const struct erased_key *)cursor_key(c).p)->id;
		if (get_u64(((const struct erased_value *)cursor_value(c).p)->up_to) <= bound || !set_get(w->t, &v.id, &h))
			continue;
		v.envelope = h.envelope;
		envelope_peek(v.envelope, &v.record);
		if (v.record.stamp <= bound)
			copies_add(out, &v);
	}
	cursor_close(c);
}

struct waiting {
	struct copies copies;
	enum aside reason;
};

static void
collect_waiting(void *self, enum aside reason, int64_t when, const struct verified *v)
{
	struct waiting *x = self;

	(void)when;
	if (reason == x->reason)
		copies_add(&x->copies, v);
}

/* A branch that ends with a charter we no longer hold would be waited for: follow the one before it. */
static void
leave_branch(struct work *w, const struct verified *v)
{
	struct id parent;

	if (v->record.kind == KIND_CHARTER && id_equal(&v->id, &w->branch) && body_id(v->record.body, CHARTER_PARENT, &parent))
		w->branch = parent;
}

/* Others may hold it still, as long as their clocks are wrong: it comes back, and must not bury what is signed now
 * (admit.c). IN: it is in the set, else aside. */
static void
take_out(struct work *w, const struct verified *v, bool in)
{
	admit_take(w, v);
	if (!in) {
		aside_drop(w, &v->record.author, &v->id);
		return;
	}
	set_remove(w, &v->id, NULL);
	if (v->record.kind == KIND_ERASURE)
		erase_forget(w, v);
}

/* --- sure again --- */

/* Ours is left alone, or will be signed anew; not so a charter that nobody else keeps. */
static void
judge_ours(struct work *w, const struct verified *v)
{
	if (v->record.kind != KIND_CHARTER || v->record.stamp <= stamp_after(w->now_ms + LIMIT_ASIDE_MS))
		return;
	leave_branch(w, v);
	take_out(w, v, true);
}

/* What came in while nothing was refused as future: into the set, aside, or away, as if it came now. */
static void
judge_again(struct work *w)
{
	uint64_t bound = stamp_after(w->now_ms + LIMIT_FUTURE_MS);
	struct copies ahead = { 0 };
	struct waiting x = { .reason = ASIDE_FUTURE };
	struct verified v;
	size_t count = 0;

	collect_ahead(w, bound, NULL, SIZE_MAX, &ahead, &count);
	collect_erasing_ahead(w, bound, &ahead);
	while (copies_next(&ahead, &v)) {
		if (admit_is_timeless(w, &v))
			continue;
		if (id_equal(&v.record.author, &w->r->self)) {
			judge_ours(w, &v);
			continue;
		}
		leave_branch(w, &v);
		refresh_move(w, &v, true);
	}
	buf_free(&ahead.bytes);
	aside_each(w->t, NULL, collect_waiting, &x);
	while (copies_next(&x.copies, &v))
		refresh_move(w, &v, false);
	buf_free(&x.copies.bytes);
}

enum err_code
retime_settle(struct records *r, struct err *e)
{
	struct work w;
	enum err_code rc;

	if (id_is_zero(&r->network) || r->sure.state != SURE)
		return ERR_OK;
	work_begin(&w, r);
	txn_reserved(w.t);
	judge_again(&w);
	admit_settle(&w);
	if ((rc = work_end(&w, e)) != ERR_OK)
		return rc;
	/* Both may have been noted by a clock that ran years ahead. */
	r->swept_day = -1;
	if (r->wipe_ms < INT64_MAX)
		r->wipe_ms = 0;
	return records_sweep(r, e);
}

enum err_code
records_hear_time(struct records *r, const struct sure_word *w, struct err *e)
{
	struct sure before = r->sure;
	bool changed = sure_hear(&r->sure, w, world_now_ms(r->world), world_tick_ms(r->world));
	enum err_code rc = changed ? retime_settle(r, e) : ERR_OK;

	if (rc != ERR_OK)
		r->sure = before;
	return rc;
}

/* --- our own, signed anew --- */

struct restamp {
	struct work *w;
	const struct sign_key *key, *machine;
	uint64_t bound;              /* what is stamped after it is refused by everybody */
	uint64_t base;               /* our highest stamp that is not */
	bool based;
	size_t count;
	struct copies aside;
	size_t aside_count;
};

static void
raise_base(struct restamp *x, uint64_t stamp)
{
	if (stamp <= x->bound && stamp > x->base)
		x->base = stamp;
}

static void
look_aside(void *self, enum aside reason, int64_t when, const struct verified *v)
{
	struct restamp *x = self;

	(void)reason, (void)when;
	if (admit_is_timeless(x->w, v))
		return;
	if (v->record.stamp > x->bound) {
		copies_add(&x->aside, v);
		x->aside_count++;
	} else {
		raise_base(x, v->record.stamp);
	}
}

/* The stamp clock stands there again: above all that others may hold of ours, also what a version replaced that goes now. */
static void
find_base(struct restamp *x)
{
	struct work *w = x->w;
	struct store_cursor *c;
	static const struct bytes all;
	struct buf ids = { 0 };

	set_ids_of(w, &w->r->self, &ids);
	for (size_t i = 0; i < ids.len; i += ID_LEN) {
		struct record fields;
		struct held h;
		struct id id;
		memcpy(id.b, ids.p + i, ID_LEN);
		if (!set_get(w->t, &id, &h))
			continue;
		envelope_peek(h.envelope, &fields);
		if (fields.kind != KIND_NODE)
			raise_base(x, fields.stamp);
	}
	buf_free(&ids);
	c = cursor_open(w->t, STORE_TAKEN);
	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c))
		raise_base(x, get_u64(((const struct taken_value *)cursor_value(c).p)->stamp));
	cursor_close(c);
}

/*
 * An erasure names the last stamp that it erases. What it was meant for was never held below the bound, or is below the
 * base; what we sign from now on is above.
 */
static void
rewrite_erasure(const struct restamp *x, struct bytes body, struct buf *out)
{
	struct bytes item = body_get(body, ERASURE_UP_TO);
	bool of_another = body_get(body, ERASURE_CHARTER).len > 0;
	struct cbor_reader in;
	uint64_t up_to, fields = 0;

	cbor_open(&in, item);
	up_to = item.len ? cbor_uint(&in) : 0;
	if (up_to > x->bound)
		up_to = of_another ? stamp_make(x->w->now_ms, 0) : x->base;
	for (uint64_t key = ERASURE_TARGET; key <= ERASURE_CHARTER; key++)
		fields += body_get(body, key).len > 0;
	cbor_put_map(out, fields);
	for (uint64_t key = ERASURE_TARGET; key <= ERASURE_CHARTER; key++) {
		struct bytes field = body_get(body, key);
		if (field.len == 0)
			continue;
		cbor_put_uint(out, key);
		if (key == ERASURE_UP_TO)
			cbor_put_uint(out, up_to);
		else
			buf_put_bytes(out, field);
	}
}

static enum err_code
sign_anew(struct restamp *x, const struct verified *old, bool in, struct err *e)
{
	struct work *w = x->w;
	struct record again = old->record;
	const struct sign_key *key = old->record.by_machine ? x->machine : x->key;
	struct buf body = { 0 };
	enum err_code rc;

	leave_branch(w, old);
	take_out(w, old, in);
	/* Another machine's is signed anew by that machine. */
	if (old->record.kind == KIND_CHARTER || key == NULL ||
	    (old->record.by_machine && !id_equal(&old->record.machine, &key->public_key)))
		return ERR_OK;
	if (old->record.kind == KIND_ERASURE) {
		rewrite_erasure(x, old->record.body, &body);
		again.body = buf_bytes(&body);
	}
	if ((rc = author_again(w, key, &again, e)) == ERR_OK)
		x->count++;
	buf_free(&body);
	return rc;
}

/* Earlier versions that are ahead of the later ones now: none of them is taken in again (admit_retire). */
static void
forget_history(const struct restamp *x)
{
	struct store_cursor *c = cursor_open(x->w->t, STORE_HISTORY);
	static const struct bytes all;
	struct buf keys = { 0 };

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const struct history_key *k = (const struct history_key *)cursor_key(c).p;

		if (get_u64(k->stamp) > x->bound)
			buf_put(&keys, k, sizeof *k);
	}
	cursor_close(c);
	for (size_t i = 0; i < keys.len; i += sizeof(struct history_key))
		txn_delete(x->w->t, STORE_HISTORY, (struct bytes){ keys.p + i, sizeof(struct history_key) });
	buf_free(&keys);
}

/* Once: of what a first try had signed anew before it broke off, the base is above as well. */
static void
go_back(struct restamp *x)
{
	struct work *w = x->w;

	find_base(x);
	forget_history(x);
	if (w->r->stamp > x->bound)
		w->r->stamp = x->base;
	w->touched = x->based = true;
}

struct ahead {
	struct verified v;
	bool in;
};

/* In the order in which they were signed: of votes the newest counts. But first what lies in bucket 0: an erasure that is
 * ahead would bite what is signed anew. */
static int
in_turn(const void *a, const void *b)
{
	const struct record *x = &((const struct ahead *)a)->v.record, *y = &((const struct ahead *)b)->v.record;
	bool first = record_collection(x) == COLLECTION_MEMBERSHIP, second = record_collection(y) == COLLECTION_MEMBERSHIP;

	if (first != second)
		return first ? -1 : 1;
	return (x->stamp > y->stamp) - (x->stamp < y->stamp);
}

static enum err_code
sign_all(struct restamp *x, struct copies *set, size_t set_count, struct err *e)
{
	struct ahead *rows = need_alloc((set_count + x->aside_count + 1) * sizeof *rows);
	enum err_code rc = ERR_OK;
	size_t n = 0;

	for (; copies_next(set, &rows[n].v); n++)
		rows[n].in = true;
	for (; copies_next(&x->aside, &rows[n].v); n++)
		rows[n].in = false;
	qsort(rows, n, sizeof *rows, in_turn);
	for (size_t i = 0; i < n && rc == ERR_OK; i++)
		rc = sign_anew(x, &rows[i].v, rows[i].in, e);
	free(rows);
	return rc;
}

/* One transaction's worth; OUT_MORE: there is more. */
static enum err_code
restamp_some(struct restamp *x, bool *out_more, struct err *e)
{
	struct work *w = x->w;
	struct copies ahead = { 0 };
	size_t count = 0;
	enum err_code rc = ERR_OK;

	*out_more = false;
	collect_ahead(w, x->bound, &w->r->self, BATCH, &ahead, &count);
	aside_each(w->t, &w->r->self, look_aside, x);
	if (count == 0 && x->aside.bytes.len == 0 && w->r->stamp <= x->bound)
		goto out;
	if (!x->based)
		go_back(x);
	rc = sign_all(x, &ahead, count, e);
	*out_more = count == BATCH;
out:
	buf_free(&ahead.bytes);
	buf_free(&x->aside.bytes);
	x->aside = (struct copies){ 0 };
	x->aside_count = 0;
	return rc;
}

enum err_code
records_restamp(struct records *r, const struct sign_key *k, const struct sign_key *machine, size_t *out_count,
    struct err *e)
{
	struct restamp x = { .key = k, .machine = machine };
	bool more = true;
	enum err_code rc = ERR_OK;

	assert(id_equal(&k->public_key, &r->self));
	*out_count = 0;
	while (rc == ERR_OK && more && !r->held && !id_is_zero(&r->network) && sure_agreed(&r->sure)) {
		struct work w;
		work_begin(&w, r);
		txn_reserved(w.t);
		w.ours = w.moving = true;
		x.w = &w;
		x.bound = stamp_after(w.now_ms + LIMIT_ASIDE_MS);
		if ((rc = restamp_some(&x, &more, e)) != ERR_OK || !w.touched) {
			work_abort(&w);
			break;
		}
		admit_settle(&w);
		rc = work_end(&w, e);
	}
	*out_count = x.count;
	return rc;
}
