#include "node/record/records_int.h"

#include <stdlib.h>
#include <string.h>

#include "proto/calendar.h"

#define ROUNDS 8        /* a parent that comes in makes its child count, and so on; what is left waits an hour */

/* --- bucket 0, as the function wants it --- */

struct pile {
	struct verified *records;
	size_t count, cap;
};

struct load {
	struct pile known;      /* what the set holds; behind it what is aside for another reason than its time */
	size_t in;              /* how many of it the set holds */
	struct pile later;      /* what waits for its time */
};

static void
pile_add(struct pile *p, const struct verified *v)
{
	p->records = need_room(p->records, p->count, &p->cap, sizeof *p->records);
	p->records[p->count++] = *v;
}

/* What waits for its author counts for the function, which ignores what does not; of the future it only sees whom it names. */
static void
load_aside(void *self, enum aside reason, int64_t when, const struct verified *v)
{
	struct load *l = self;

	(void)when;
	if (record_collection(&v->record) != COLLECTION_MEMBERSHIP)
		return;
	if (reason == ASIDE_STANDING)
		pile_add(&l->known, v);
	else if (reason == ASIDE_FUTURE)
		pile_add(&l->later, v);
}

static void
load_bucket(struct store_txn *t, struct load *out)
{
	struct store_cursor *c = cursor_open(t, STORE_TAIL);
	static const uint8_t zero[4];
	struct verified v;
	struct held h;

	for (bool ok = cursor_seek(c, BYTES_OF(zero), BYTES_OF(zero)); ok; ok = cursor_next(c)) {
		v.id = ((const struct tail_key *)cursor_key(c).p)->id;
		if (!set_get(t, &v.id, &h))
			continue;
		v.envelope = h.envelope;
		envelope_peek(v.envelope, &v.record);
		pile_add(&out->known, &v);
	}
	cursor_close(c);
	out->in = out->known.count;
	aside_each(t, NULL, load_aside, out);
}

static void
load_free(struct load *l)
{
	free(l->known.records);
	free(l->later.records);
}

static struct membership *
compute(const struct records *r, const struct load *l, const struct id *branch, int64_t hour)
{
	struct member_input in = {
		.network = r->network, .branch = *branch, .hour = hour,
		.records = l->known.records, .count = l->known.count, .hash = crypto_envelope.hash,
		.later = l->later.records, .later_count = l->later.count, .self = r->self,
	};

	return membership_compute(&in);
}

/*
 * At open: the membership as it was when the store was last written. The function is pure and bucket 0 has not
 * changed since, so branch and hour of then give it again; what differs now is moved by the refresh that follows.
 */
void
refresh_load(struct records *r, struct store_txn *t)
{
	struct load l = { 0 };

	if (r->hour >= 0)
		load_bucket(t, &l);
	r->membership = compute(r, &l, &r->branch, r->hour < 0 ? 0 : r->hour);
	load_free(&l);
}

/* --- moving --- */

void
refresh_move(struct work *w, const struct verified *v, bool in)
{
	w->moving = true;
	if (in) {
		set_remove(w, &v->id, NULL);
		if (v->record.kind == KIND_ERASURE)
			erase_forget(w, v);
	} else {
		aside_drop(w, &v->record.author, &v->id);
	}
	admit_place(w, v);
	w->moving = false;
}

/* Records of bucket 0 whose standing is another one now. */
static void
move_votes(struct work *w, const struct load *l, struct copies *out_in, struct copies *out_aside)
{
	for (size_t i = 0; i < l->known.count; i++) {
		const struct verified *v = &l->known.records[i];
		bool in = i < l->in;
		bool counts = id_equal(&v->id, &w->r->network) ||
		    membership_judge(w->m, &v->record, &v->id) == STANDING_IN;
		if (counts != in)
			copies_add(in ? out_in : out_aside, v);
	}
}

static void
move_all(struct work *w, struct copies *c, bool in)
{
	struct verified v;

	while (copies_next(c, &v))
		refresh_move(w, &v, in);
	buf_free(&c->bytes);
}

static bool
differs(const struct member *a, const struct member *b)
{
	if (a == NULL || b == NULL)
		return a != b;
	return a->state != b->state || a->territory != b->territory || a->class != b->class ||
	    a->coordinator != b->coordinator;
}

static bool
is_at_home(struct work *w, const struct verified *v, bucket_id b)
{
	const struct member *author = membership_find(w->m, &v->record.author);

	if (membership_judge(w->m, &v->record, &v->id) != STANDING_IN || set_bucket(w, &v->record) != b)
		return false;
	return v->record.audience != AUDIENCE_CSO || (author && author->class == CLASS_CSO);
}

/* proto/records.md section 7: records of an author who is not active are kept aside, and count again when she is. */
static void
move_author(struct work *w, const struct id *author)
{
	struct copies away = { 0 };
	struct buf ids = { 0 };

	set_ids_of(w, author, &ids);
	for (size_t i = 0; i < ids.len; i += ID_LEN) {
		struct verified v;
		struct held h;
		memcpy(v.id.b, ids.p + i, ID_LEN);
		if (!set_get(w->t, &v.id, &h) || h.bucket == 0)
			continue;
		v.envelope = h.envelope;
		envelope_peek(v.envelope, &v.record);
		if (!is_at_home(w, &v, h.bucket))
			copies_add(&away, &v);
	}
	buf_free(&ids);
	move_all(w, &away, true);
	w->moving = true;
	aside_retry(w, author);
	w->moving = false;
}

/* Machine-signed records count while the author's live `node` lists the key. */
static void
move_machines(struct work *w)
{
	struct buf authors = w->nodes;
	struct id author;

	w->nodes = (struct buf){ 0 };
	for (size_t i = 0; i < authors.len; i += ID_LEN) {
		memcpy(author.b, authors.p + i, ID_LEN);
		move_author(w, &author);
	}
	buf_free(&authors);
}

static void
move_authors(struct work *w, const struct membership *old)
{
	for (size_t i = 0; i < membership_count(w->m); i++) {
		const struct member *now = membership_at(w->m, i);
		/* What was signed by those who left goes some days later, without another change of state. */
		if (differs(membership_find(old, &now->key), now) || now->state == MEMBER_REMOVED ||
		    now->state == MEMBER_SUCCEEDED)
			move_author(w, &now->key);
	}
	for (size_t i = 0; i < membership_count(old); i++) {
		const struct member *before = membership_at(old, i);
		if (membership_find(w->m, &before->key) == NULL)
			move_author(w, &before->key);
	}
}

/* Ids of what the buckets hold that GOES takes. */
static void
ids_in(struct work *w, bool (*goes)(bucket_id b, unsigned arg), unsigned arg, struct buf *out)
{
	const struct records *r = w->r;

	for (size_t i = 0; i < r->bucket_count; i++) {
		struct store_cursor *c;
		uint8_t prefix[4];
		if (!goes(r->buckets[i].id, arg) || r->buckets[i].sum.count == 0)
			continue;
		put_u32(prefix, r->buckets[i].id);
		c = cursor_open(w->t, STORE_TAIL);
		for (bool ok = cursor_seek(c, BYTES_OF(prefix), BYTES_OF(prefix)); ok; ok = cursor_next(c))
			buf_put(out, &((const struct tail_key *)cursor_key(c).p)->id, ID_LEN);
		cursor_close(c);
	}
}

static bool
is_for_cso(bucket_id b, unsigned arg)
{
	(void)arg;
	return bucket_audience(b) == AUDIENCE_CSO;
}

/* proto/records.md section 6: a node drops at once what its own class may no longer have. */
static void
drop_unentitled(struct work *w)
{
	const struct member *self = membership_find(w->m, &w->r->self);
	struct buf ids = { 0 };
	struct id id;

	if (self == NULL || self->class == CLASS_CSO)
		return;
	ids_in(w, is_for_cso, 0, &ids);
	for (size_t i = 0; i < ids.len; i += ID_LEN) {
		struct record fields;
		struct held h;
		memcpy(id.b, ids.p + i, ID_LEN);
		if (!set_get(w->t, &id, &h))
			continue;
		envelope_peek(h.envelope, &fields);
		if (id_equal(&fields.author, &w->r->self))
			continue;
		set_remove(w, &id, NULL);
		erase_wipe_later(w);
	}
	buf_free(&ids);
}

/* --- what is not kept --- */

static bool
is_left_out(bucket_id b, unsigned left_out)
{
	return left_out >> bucket_collection(b) & 1;
}

/* Bits of the collections in which something is our own. */
static unsigned
own_collections(struct work *w)
{
	struct buf ids = { 0 };
	unsigned bits = 0;

	set_ids_of(w, &w->r->self, &ids);
	for (size_t i = 0; i < ids.len; i += ID_LEN) {
		struct held h;
		struct id id;
		memcpy(id.b, ids.p + i, ID_LEN);
		if (set_get(w->t, &id, &h))
			bits |= 1u << bucket_collection(h.bucket);
	}
	buf_free(&ids);
	return bits;
}

enum err_code
records_leave_out(struct records *r, unsigned left_out, unsigned *out_left_out, struct err *e)
{
	struct buf ids = { 0 };
	struct work w;
	enum err_code rc;

	*out_left_out = 0;
	if (left_out == 0)
		return ERR_OK;
	work_begin(&w, r);
	left_out &= ~own_collections(&w);
	ids_in(&w, is_left_out, left_out, &ids);
	for (size_t i = 0; i < ids.len; i += ID_LEN) {
		struct id id;
		memcpy(id.b, ids.p + i, ID_LEN);
		set_remove(&w, &id, NULL);
	}
	buf_free(&ids);
	if ((rc = work_end(&w, e)) == ERR_OK)
		*out_left_out = left_out;
	return rc;
}

static bool
same_charter(const struct membership *a, const struct membership *b)
{
	const struct charter *x = membership_charter(a), *y = membership_charter(b);

	return x == NULL || y == NULL ? x == y : id_equal(&x->id, &y->id);
}

static void
round_once(struct work *w)
{
	const struct membership *old = w->m;
	struct membership *replaced = w->fresh;
	struct copies in = { 0 }, aside = { 0 };
	struct load l = { 0 };

	load_bucket(w->t, &l);
	w->membership_moved = false;
	w->m = w->fresh = compute(w->r, &l, &w->branch, w->hour);
	/* A branch that these records do not reach yet (a newcomer's) is kept: the deepest so far is not taken for it. */
	if (membership_charter(w->m) && membership_holds_branch(w->m))
		w->branch = membership_charter(w->m)->id;
	move_votes(w, &l, &in, &aside);
	load_free(&l);
	move_all(w, &in, true);
	move_all(w, &aside, false);
	move_authors(w, old);
	move_machines(w);
	if (differs(membership_find(old, &w->r->self), membership_find(w->m, &w->r->self)))
		drop_unentitled(w);
	if (!same_charter(old, w->m))
		erase_all(w);
	admit_settle(w);
	membership_free(replaced);
}

void
refresh_work(struct work *w)
{
	w->membership_changed |= w->membership_moved;
	for (unsigned i = 0; i < ROUNDS; i++) {
		round_once(w);
		if (!w->membership_moved)
			break;
		w->membership_changed = true;
	}
	w->membership_moved = false;
}

enum err_code
records_refresh(struct records *r, const struct membership **out, struct err *e)
{
	struct work w;
	enum err_code rc;

	for (size_t i = 0; i < r->retired_count; i++)
		membership_free(r->retired[i]);
	r->retired_count = 0;
	/* Every change of bucket 0 was followed by it in its own transaction: only the hour may have moved on. */
	if (!id_is_zero(&r->network) && r->hour != hour_now(r)) {
		work_begin(&w, r);
		txn_reserved(w.t);
		refresh_work(&w);
		w.membership_changed = false;     /* the caller is the one who asked */
		if ((rc = work_end(&w, e)) != ERR_OK)
			return rc;
	}
	if (out)
		*out = r->membership;
	return ERR_OK;
}

/* --- time --- */

/* Ids of what has to leave by today, oldest stamps first in each bucket. */
static void
collect_leavers(struct work *w, struct buf *out)
{
	struct store_cursor *c = cursor_open(w->t, STORE_TAIL);
	/* The shortest life of all is 90 days: what is younger stays, and so does what stands behind it. */
	uint64_t youngest = stamp_make((w->day - 90 - LIMIT_GRACE_DAYS) * DAY_MS, UINT16_MAX);

	for (size_t i = 0; i < w->r->bucket_count; i++) {
		uint8_t prefix[4];
		put_u32(prefix, w->r->buckets[i].id);
		for (bool ok = cursor_seek(c, BYTES_OF(prefix), BYTES_OF(prefix)); ok; ok = cursor_next(c)) {
			const struct tail_key *key = (const struct tail_key *)cursor_key(c).p;
			const struct tail_value *value = (const struct tail_value *)cursor_value(c).p;
			uint64_t stamp = get_u64(key->stamp);

			if (stamp > youngest)
				break;
			if (day_leaves(get_u32(value->kind), stamp) <= w->day)
				buf_put(out, &key->id, ID_LEN);
		}
	}
	cursor_close(c);
}

static void
remember_gone(struct work *w, const struct id *id)
{
	struct gone_key key;

	put_u32(key.day, (uint32_t)w->day);
	records_short(w->r, id, key.short_id);
	txn_put(w->t, STORE_GONE, BYTES_OF(key), BYTES_OF(*id));
}

static void
forget_gone(struct work *w)
{
	struct store_cursor *c = cursor_open(w->t, STORE_GONE);
	static const struct bytes all;
	struct buf keys = { 0 };

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const struct gone_key *k = (const struct gone_key *)cursor_key(c).p;

		if (get_u32(k->day) + GONE_DAYS >= (uint64_t)w->day)
			break;
		buf_put(&keys, k, sizeof *k);
	}
	cursor_close(c);
	for (size_t i = 0; i < keys.len; i += sizeof(struct gone_key))
		txn_delete(w->t, STORE_GONE, (struct bytes){ keys.p + i, sizeof(struct gone_key) });
	buf_free(&keys);
}

/* Versions that we took back, once everybody refuses them as past. */
static void
forget_taken(struct work *w)
{
	struct store_cursor *c = cursor_open(w->t, STORE_TAKEN);
	static const struct bytes all;
	struct buf ids = { 0 };

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const struct taken_value *v = (const struct taken_value *)cursor_value(c).p;

		if (day_leaves(get_u32(v->kind), get_u64(v->stamp)) <= w->day)
			buf_put(&ids, cursor_key(c).p, ID_LEN);
	}
	cursor_close(c);
	for (size_t i = 0; i < ids.len; i += ID_LEN)
		txn_delete(w->t, STORE_TAKEN, (struct bytes){ ids.p + i, ID_LEN });
	buf_free(&ids);
}

struct expired {
	struct copies copies;
	int64_t day;
};

static void
collect_expired(void *self, enum aside reason, int64_t when, const struct verified *v)
{
	struct expired *x = self;

	(void)reason, (void)when;
	if (day_leaves(v->record.kind, v->record.stamp) <= x->day)
		copies_add(&x->copies, v);
}

static void
leave(struct work *w)
{
	struct expired x = { .day = w->day };
	struct buf ids = { 0 };
	struct verified v;
	struct id id;

	collect_leavers(w, &ids);
	w->moving = true;
	for (size_t i = 0; i < ids.len; i += ID_LEN) {
		struct buf copy = { 0 };
		struct record fields;
		memcpy(id.b, ids.p + i, ID_LEN);
		if (set_remove(w, &id, &copy)) {
			envelope_peek(buf_bytes(&copy), &fields);
			buf_put(&w->retry, fields.author.b, ID_LEN);
		}
		buf_free(&copy);
		remember_gone(w, &id);
	}
	w->moving = false;
	buf_free(&ids);
	aside_each(w->t, NULL, collect_expired, &x);
	while (copies_next(&x.copies, &v)) {
		aside_drop(w, &v.record.author, &v.id);
		remember_gone(w, &v.id);
	}
	buf_free(&x.copies.bytes);
	forget_gone(w);
	forget_taken(w);
}

enum err_code
records_sweep(struct records *r, struct err *e)
{
	struct work w;
	enum err_code rc;

	if (id_is_zero(&r->network))
		return ERR_OK;
	work_begin(&w, r);
	txn_reserved(w.t);
	if (w.sure && r->swept_day < w.day)
		leave(&w);
	aside_retry(&w, NULL);
	admit_settle(&w);
	if (w.hour != r->hour)
		w.membership_moved = true;
	if ((rc = work_end(&w, e)) != ERR_OK)
		return rc;
	if (w.sure)
		r->swept_day = w.day;
	return erase_wipe(r, e);
}

int64_t
records_next_ms(const struct records *r)
{
	int64_t midnight = (r->swept_day + 1) * DAY_MS, hour = membership_next_hour(r->membership);
	int64_t next = r->next_aside_ms;

	if (id_is_zero(&r->network))
		return INT64_MAX;
	if (r->sure.state == SURE && midnight < next)
		next = midnight;
	if (r->sure.state == SURE && hour < INT64_MAX / HOUR_MS && hour * HOUR_MS < next)
		next = hour * HOUR_MS;
	return r->wipe_ms < next ? r->wipe_ms : next;
}
