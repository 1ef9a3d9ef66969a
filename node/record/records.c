#include "node/record/records_int.h"

#include <stdlib.h>
#include <string.h>

/* --- refusals --- */

static const struct refusal_row {
	enum err_code err;
	bool blamed, outdated;
	const char *words;
} refusals[REFUSALS] = {
#define X(name, err, blamed, outdated, words) { ERR_##err, blamed, outdated, words },
	REFUSAL_TABLE(X)
#undef X
};

static const char *const refusal_names[] = {
	[REFUSAL_NONE] = "none", [REFUSAL_HELD] = "held", [REFUSAL_SIZE] = "size",
	[REFUSAL_CANONICAL] = "canonical", [REFUSAL_STRUCTURE] = "structure", [REFUSAL_FUTURE] = "future",
	[REFUSAL_FUTURE_ASIDE] = "future-aside", [REFUSAL_PAST] = "past", [REFUSAL_OLDER] = "older",
	[REFUSAL_ERASED] = "erased", [REFUSAL_STRANGER] = "stranger", [REFUSAL_NOT_ACTIVE] = "not-active",
	[REFUSAL_NOT_ENTITLED] = "not-entitled", [REFUSAL_AUDIENCE] = "audience", [REFUSAL_QUOTA] = "quota",
	[REFUSAL_DAY] = "day", [REFUSAL_SIGNATURE] = "signature", [REFUSAL_STORE] = "store",
};
_Static_assert(sizeof refusal_names / sizeof *refusal_names == REFUSALS, "every refusal has a name");

enum err_code
refusal_err(enum refusal r)
{
	return refusals[r].err;
}

bool
refusal_blamed(enum refusal r)
{
	return refusals[r].blamed;
}

bool
refusal_outdated(enum refusal r)
{
	return refusals[r].outdated;
}

const char *
refusal_name(enum refusal r)
{
	return refusal_names[r];
}

const char *
refusal_words(enum refusal r)
{
	return refusals[r].words;
}

/* --- opening --- */

static void
read_id(struct store_txn *t, const char *word, struct id *out)
{
	struct bytes v;

	if (txn_get(t, STORE_META, bytes_text(word), &v) && v.len == ID_LEN)
		memcpy(out->b, v.p, ID_LEN);
}

static bool
read_u64(struct store_txn *t, const char *word, uint64_t *out)
{
	struct bytes v;

	if (!txn_get(t, STORE_META, bytes_text(word), &v) || v.len != 8)
		return false;
	*out = get_u64(v.p);
	return true;
}

/* What tells this store from every other, also from its own restored copy. */
static enum err_code
make_incarnation(struct records *r, struct err *e)
{
	struct store_txn *t = store_write(r->store);
	enum err_code rc;
	uint8_t out[8];

	world_random(r->world, out, sizeof out);
	txn_reserved(t);
	txn_put(t, STORE_META, bytes_text("incarnation"), BYTES_OF(out));
	if ((rc = txn_commit(&t, e)) == ERR_OK)
		r->incarnation = get_u64(out);
	return rc;
}

static void
open_clock(struct records *r, struct store_txn *t)
{
	uint64_t believed = 0, confirmed = 0;

	read_u64(t, "clock", &believed);
	read_u64(t, "clock_ok", &confirmed);
	sure_begin(&r->sure, (int64_t)believed, confirmed != 0, world_now_ms(r->world), world_tick_ms(r->world));
}

static enum err_code
load(struct records *r, struct err *e)
{
	struct store_txn *t = store_read(r->store);
	bool known = read_u64(t, "incarnation", &r->incarnation);
	uint64_t hour;
	enum err_code rc;

	read_u64(t, "boot", &r->boot);
	read_id(t, "network", &r->network);
	read_id(t, "branch", &r->branch);
	r->hour = read_u64(t, "hour", &hour) ? (int64_t)hour : -1;
	open_clock(r, t);
	set_rebuild(r, t);
	refresh_load(r, t);
	if ((rc = txn_commit(&t, e)) != ERR_OK)
		return rc;
	return known ? ERR_OK : make_incarnation(r, e);
}

/* A store that cannot be written can still be read: it is opened with the membership of before. */
static enum err_code
catch_up(struct records *r, struct err *e)
{
	enum err_code rc = r->sure.state == SURE ? retime_settle(r, e) : records_sweep(r, e);

	return rc == ERR_STORE ? ERR_OK : rc;
}

enum err_code
records_open(const struct records_options *o, struct records **out, struct err *e)
{
	struct records *r = need_zeroed(1, sizeof *r);
	enum err_code rc;

	r->options = *o;
	r->options.changed = NULL;       /* nobody is told of what happens before OUT is known */
	r->store = o->store;
	r->world = o->world;
	r->self = o->self;
	r->swept_day = -1;
	if ((rc = load(r, e)) != ERR_OK || (rc = catch_up(r, e)) != ERR_OK ||
	    (rc = records_refresh(r, NULL, e)) != ERR_OK) {
		records_close(r);
		return rc;
	}
	r->swept_day = day_of(records_now_ms(r));   /* also without a network: then nothing had to leave */
	r->options.changed = o->changed;
	*out = r;
	return ERR_OK;
}

void
records_close(struct records *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->retired_count; i++)
		membership_free(r->retired[i]);
	free(r->retired);
	membership_free(r->membership);
	bucket_forget(r);
	free(r->buckets);
	tally_free(&r->keys);
	tally_free(&r->asides);
	tally_free(&r->day_writes);
	free(r);
}

enum err_code
records_set_network(struct records *r, const struct id *network, struct err *e)
{
	struct store_txn *t;
	enum err_code rc;

	if (id_equal(&r->network, network))
		return ERR_OK;
	if (!id_is_zero(&r->network))
		return err_set(e, ERR_CONFLICT, "network", "exists", "this node belongs to another network");
	t = store_write(r->store);
	txn_reserved(t);
	txn_put(t, STORE_META, bytes_text("network"), BYTES_OF(*network));
	if ((rc = txn_commit(&t, e)) == ERR_OK)
		r->network = *network;
	return rc;
}

const struct id *
records_network(const struct records *r)
{
	return &r->network;
}

uint64_t
records_incarnation(const struct records *r)
{
	return r->incarnation;
}

enum err_code
records_renew(struct records *r, struct err *e)
{
	return make_incarnation(r, e);
}

uint64_t
records_boot(const struct records *r)
{
	return r->boot;
}

enum err_code
records_set_boot(struct records *r, uint64_t boot, struct err *e)
{
	struct store_txn *t = store_write(r->store);
	enum err_code rc;
	uint8_t out[8];

	put_u64(out, boot);
	txn_reserved(t);
	txn_put(t, STORE_META, bytes_text("boot"), BYTES_OF(out));
	if ((rc = txn_commit(&t, e)) == ERR_OK)
		r->boot = boot;
	return rc;
}

void
records_hold(struct records *r, bool held)
{
	r->held = held;
}

uint64_t
records_changes(const struct records *r)
{
	return r->changes;
}

uint64_t
records_arrival(const struct records *r)
{
	return r->arrival;
}

const struct membership *
records_membership(const struct records *r)
{
	return r->membership;
}

const struct records_counts *
records_counts(const struct records *r)
{
	((struct records *)(uintptr_t)r)->counts.aside = r->aside_count;
	return &r->counts;
}

/* --- one record --- */

static bool
get_held(struct store_txn *t, const struct id *id, struct verified *out)
{
	struct held h;

	if (!set_get(t, id, &h))
		return false;
	*out = (struct verified){ .envelope = h.envelope, .id = *id };
	envelope_peek(h.envelope, &out->record);
	return true;
}

bool
records_get(struct records *r, struct store_txn *t, const struct id *id, struct verified *out)
{
	struct bytes envelope;

	if (get_held(t, id, out))
		return true;
	/* Our own may wait for our admission, and are sent with it. */
	if (!aside_get(t, &r->self, id, &envelope))
		return false;
	*out = (struct verified){ .envelope = envelope, .id = *id };
	envelope_peek(out->envelope, &out->record);
	return true;
}

static bool
live_id(struct store_txn *t, struct bytes key, struct id *out)
{
	struct bytes value;

	if (!txn_get(t, STORE_LIVE, key, &value))
		return false;
	*out = ((const struct live_value *)value.p)->id;
	return true;
}

bool
records_live(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    const struct uuid *name, struct verified *out)
{
	struct name_key key;
	struct id id;

	(void)r;
	set_name_key(kind, author, name, &key);
	return live_id(t, BYTES_OF(key), &id) && get_held(t, &id, out);
}

static bool
is_live(struct records *r, struct store_txn *t, uint16_t kind, const struct id *author, const struct uuid *name,
    struct verified *out)
{
	return records_live(r, t, kind, author, name, out) && out->record.state == RECORD_LIVE;
}

/* A reference tells author and name, not the kind: each that people enter is asked for. */
bool
records_referred(struct records *r, struct store_txn *t, uint16_t target, const struct id *author,
    const struct uuid *name, struct verified *out)
{
	if (target && is_live(r, t, target, author, name, out))
		return true;
	for (size_t i = 0; i < kinds_count; i++)
		if (!(kinds[i]->flags & KIND_INTERNAL) && kinds[i]->number != target &&
		    is_live(r, t, kinds[i]->number, author, name, out))
			return true;
	return false;
}

/* AUTHOR NULL: everybody's. */
static void
each_newest(struct store_txn *t, uint32_t kind, const struct id *author, enum record_state last,
    bool (*fn)(void *self, const struct verified *v), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_LIVE);
	struct name_key head;
	struct bytes prefix = { head.kind, author ? offsetof(struct name_key, name) : sizeof head.kind };
	struct verified v;

	put_u32(head.kind, kind);
	if (author)
		head.author = *author;
	for (bool ok = cursor_seek(c, prefix, prefix); ok; ok = cursor_next(c)) {
		struct id id = ((const struct live_value *)cursor_value(c).p)->id;

		if (!get_held(t, &id, &v) || v.record.state > last)
			continue;
		if (!fn(self, &v))
			break;
	}
	cursor_close(c);
}

void
records_each(struct records *r, struct store_txn *t, uint32_t kind,
    bool (*fn)(void *self, const struct verified *v), void *self)
{
	(void)r;
	each_newest(t, kind, NULL, RECORD_LIVE, fn, self);
}

void
records_each_withdrawn_too(struct records *r, struct store_txn *t, uint32_t kind,
    bool (*fn)(void *self, const struct verified *v), void *self)
{
	(void)r;
	each_newest(t, kind, NULL, RECORD_WITHDRAWN, fn, self);
}

void
records_each_of(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    bool (*fn)(void *self, const struct verified *v), void *self)
{
	(void)r;
	each_newest(t, kind, author, RECORD_LIVE, fn, self);
}

int64_t
records_first_seen(struct records *r, struct store_txn *t, const struct verified *v)
{
	struct lasting_key key;

	(void)r;
	return set_first_seen(t, set_live_key(&v->record, &v->id, &key));
}

bool
records_was_erased(struct records *r, struct store_txn *t, const struct verified *v)
{
	struct work w;
	struct record any = v->record;

	work_begin_read(&w, r, t);
	any.stamp = 0;
	return erase_hits(&w, &any);
}

/* History is kept in order of stamp; people read it backwards. */
static void
each_backwards(struct records *r, struct store_txn *t, struct bytes prefix,
    bool (*fn)(void *self, const struct verified *v), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_HISTORY);
	struct history_key key;
	struct buf keys = { 0 };

	for (bool ok = cursor_seek(c, prefix, prefix); ok; ok = cursor_next(c))
		buf_put(&keys, cursor_key(c).p, sizeof key);
	for (size_t at = keys.len; at; at -= sizeof key) {
		struct verified v;

		memcpy(&key, keys.p + at - sizeof key, sizeof key);
		if (!cursor_seek(c, BYTES_OF(key), BYTES_OF(key)))
			break;
		envelope_trust(cursor_value(c), &r->network, &crypto_envelope, &v);
		if (!fn(self, &v))
			break;
	}
	cursor_close(c);
	buf_free(&keys);
}

void
records_history(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    const struct uuid *name, bool (*fn)(void *self, const struct verified *v), void *self)
{
	struct name_key key;
	struct verified v;

	if (records_live(r, t, kind, author, name, &v) && !fn(self, &v))
		return;
	set_name_key(kind, author, name, &key);
	each_backwards(r, t, BYTES_OF(key), fn, self);
}

struct bytes
records_private(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    const struct uuid *name)
{
	struct bytes value = { 0 };
	struct name_key key;

	(void)r;
	set_name_key(kind, author, name, &key);
	txn_get(t, STORE_PRIVATE, BYTES_OF(key), &value);
	return value;
}

uint64_t
records_count(const struct records *r, enum collection c)
{
	uint64_t count = 0;

	for (size_t i = 0; i < r->bucket_count; i++)
		if (bucket_collection(r->buckets[i].id) == c)
			count += r->buckets[i].sum.count;
	return count;
}

void
records_stored(struct store_txn *t, const struct id *after,
    bool (*fn)(void *self, const struct verified *v, bucket_id b), void *self)
{
	struct store_cursor *c = cursor_open(t, STORE_RECORD);
	static const struct bytes all;
	bool ok = cursor_seek(c, all, after ? BYTES_OF(*after) : all);

	if (ok && after && bytes_equal(cursor_key(c), BYTES_OF(*after)))
		ok = cursor_next(c);
	for (; ok; ok = cursor_next(c)) {
		struct bytes value = cursor_value(c);
		const struct record_head *head = (const struct record_head *)value.p;
		struct verified v = { .envelope = { value.p + sizeof *head, value.len - sizeof *head } };

		memcpy(v.id.b, cursor_key(c).p, ID_LEN);
		envelope_peek(v.envelope, &v.record);
		if (!fn(self, &v, get_u32(head->bucket)))
			break;
	}
	cursor_close(c);
}

bool
records_stored_one(struct store_txn *t, const struct id *id, struct verified *out, bucket_id *out_bucket)
{
	struct held h;

	if (!set_get(t, id, &h))
		return false;
	*out = (struct verified){ .id = *id, .envelope = h.envelope };
	envelope_peek(h.envelope, &out->record);
	*out_bucket = h.bucket;
	return true;
}

void
records_stored_mark(struct store_txn *t, struct records_mark *out)
{
	*out = (struct records_mark){ 0, txn_count(t, STORE_RECORD) };
	read_u64(t, "arrival", &out->arrival);
}

struct store *
records_store(const struct records *r)
{
	return r->store;
}
