#include "node/record/records_int.h"

#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <string.h>

#define WIPE_AFTER_MS (60 * 1000LL)          /* erasures come in company: one copy of the store for all of them */
#define WIPE_EVERY_MS (60 * 60 * 1000LL)     /* and not one copy after the other */

/* What an erasure asks for; false: it is about a file, or says nothing that we understand. */
struct wish {
	struct id target, charter;
	uint64_t up_to;
};

static bool
read_wish(const struct record *r, struct wish *out)
{
	memset(out, 0, sizeof *out);
	if (!body_id(r->body, ERASURE_TARGET, &out->target) || !body_uint(r->body, ERASURE_UP_TO, &out->up_to))
		return false;
	body_id(r->body, ERASURE_CHARTER, &out->charter);
	return true;
}

/*
 * proto/records.md section 7: an author's erasure bites only records of that author; a majority of coordinators of CHARTER, each
 * with its own, may erase another's key (NULL: only the author's own is asked for).
 */
static bool
bites(struct work *w, const struct id *key, const struct id *author, uint64_t stamp, const struct charter *charter)
{
	struct store_cursor *c = cursor_open(w->t, STORE_ERASED);
	struct id last = { { 0 } };
	unsigned votes = 0;
	bool hit = false;

	for (bool ok = cursor_seek(c, BYTES_OF(*key), BYTES_OF(*key)); ok && !hit; ok = cursor_next(c)) {
		const struct erased_key *k = (const struct erased_key *)cursor_key(c).p;
		const struct erased_value *v = (const struct erased_value *)cursor_value(c).p;
		const struct member *m;

		if (get_u64(v->up_to) < stamp)
			continue;
		hit = id_equal(&k->author, author);
		if (hit || charter == NULL || id_equal(&k->author, &last) || !id_equal(&v->charter, &charter->id))
			continue;
		last = k->author;
		m = membership_find(w->m, &last);
		votes += m && m->coordinator;
		hit = votes >= charter->coordinators / 2 + 1;
	}
	cursor_close(c);
	return hit;
}

static bool
hits(struct work *w, const struct id *key, const struct id *author, uint64_t stamp)
{
	return bites(w, key, author, stamp, membership_charter(w->m));
}

bool
erase_hits(struct work *w, const struct record *r)
{
	struct id key;

	if (kind_is_lasting(r->kind) || txn_count(w->t, STORE_ERASED) == 0)
		return false;
	record_key(r, &crypto_envelope, &key);
	return hits(w, &key, &r->author, r->stamp);
}

/* --- free pages --- */

void
erase_wipe_later(struct work *w)
{
	static const uint8_t one[] = { 1 };

	w->touched = true;
	if (w->r->wipe_ms < INT64_MAX)
		return;
	w->r->wipe_ms = w->r->wiped_ms + WIPE_EVERY_MS;
	if (w->r->wipe_ms < w->now_ms + WIPE_AFTER_MS)
		w->r->wipe_ms = w->now_ms + WIPE_AFTER_MS;
	txn_put(w->t, STORE_META, bytes_text("wipe"), BYTES_OF(one));
}

enum err_code
erase_wipe(struct records *r, struct err *e)
{
	int64_t now = records_now_ms(r);
	struct store_txn *t;
	enum err_code rc;

	if (now < r->wipe_ms)
		return ERR_OK;
	r->wipe_ms = now + WIPE_AFTER_MS;     /* somebody reads, or it fails: again then */
	if ((rc = store_compact(r->store, e)) != ERR_OK)
		return rc == ERR_BUSY ? ERR_OK : rc;
	t = store_write(r->store);
	txn_reserved(t);
	txn_delete(t, STORE_META, bytes_text("wipe"));
	if ((rc = txn_commit(&t, e)) != ERR_OK)
		return rc;
	r->wipe_ms = INT64_MAX;
	r->wiped_ms = now;
	return ERR_OK;
}

/* --- what goes along --- */

/* Our own earlier versions; of every key when RECORD is NULL, for then its kind and name are not known. */
static void
drop_history(struct work *w, const struct id *target, const struct record *r)
{
	struct store_cursor *c = cursor_open(w->t, STORE_HISTORY);
	struct buf keys = { 0 };
	struct name_key prefix;
	struct bytes from = { prefix.kind, r ? sizeof prefix : 0 };

	if (r)
		set_name_key(r->kind, &r->author, &r->name, &prefix);
	for (bool ok = cursor_seek(c, from, from); ok; ok = cursor_next(c)) {
		const struct history_key *k = (const struct history_key *)cursor_key(c).p;
		struct record old = { .kind = get_u32(k->of.kind), .author = k->of.author, .name = k->of.name,
			.stamp = get_u64(k->stamp) };
		struct id key;

		record_key(&old, &crypto_envelope, &key);
		if (id_equal(&key, target) && hits(w, &key, &old.author, old.stamp))
			buf_put(&keys, k, sizeof *k);
	}
	cursor_close(c);
	for (size_t i = 0; i < keys.len; i += sizeof(struct history_key)) {
		txn_delete(w->t, STORE_HISTORY, (struct bytes){ keys.p + i, sizeof(struct history_key) });
		erase_wipe_later(w);
	}
	buf_free(&keys);
}

static void
drop_private(struct work *w, const struct record *r)
{
	struct name_key key;

	set_name_key(r->kind, &r->author, &r->name, &key);
	txn_delete(w->t, STORE_PRIVATE, BYTES_OF(key));
}

static void
queue_retry(struct work *w, const struct id *author)
{
	buf_put(&w->retry, author->b, ID_LEN);
}

/* V, under the key TARGET, goes. What a majority erases may count again under another charter, what its author erases never. */
static void
retire(struct work *w, const struct id *target, const struct verified *v)
{
	if (bites(w, target, &v->record.author, v->record.stamp, NULL))
		admit_retire(w, v);
}

/* The live record under this row of the quota table, if the erasures bite it. */
static bool
bite(struct work *w, const struct id *target, const struct id *id)
{
	struct verified v = { .id = *id };
	struct buf copy = { 0 };
	struct held h;
	bool bitten = false;

	if (!set_get(w->t, id, &h))
		return false;
	buf_put_bytes(&copy, h.envelope);
	v.envelope = buf_bytes(&copy);
	envelope_peek(v.envelope, &v.record);
	if (!kind_is_lasting(v.record.kind) && hits(w, target, &v.record.author, v.record.stamp)) {
		set_remove(w, id, NULL);
		retire(w, target, &v);
		drop_private(w, &v.record);
		erase_wipe_later(w);
		queue_retry(w, &v.record.author);
		bitten = true;
	}
	if (id_equal(&v.record.author, &w->r->self))
		drop_history(w, target, &v.record);
	buf_free(&copy);
	return bitten;
}

/* A key of AUTHOR may stand in any of her groups: leap from one to the next. */
static bool
find_row(struct work *w, const struct id *author, const struct id *target, struct id *out)
{
	struct store_cursor *c = cursor_open(w->t, STORE_QUOTA);
	struct quota_key want = { .author = *author, .order = *target };
	unsigned group = 0;
	bool found = false;

	/* Collection and share, as the one number that the table is ordered by. */
	while (group <= UINT16_MAX && !found) {
		const struct quota_key *k;
		unsigned at;

		want.collection = (uint8_t)(group >> 8);
		want.share = (uint8_t)group;
		if (!cursor_seek(c, BYTES_OF(*author), BYTES_OF(want)))
			break;
		k = (const struct quota_key *)cursor_key(c).p;
		at = (unsigned)k->collection << 8 | k->share;
		found = memcmp(k, &want, sizeof want) == 0;
		if (found)
			memcpy(out->b, cursor_value(c).p, ID_LEN);
		group = at > group ? at : group + 1;
	}
	cursor_close(c);
	return found;
}

struct stale {
	struct work *w;
	const struct id *target;
	struct copies copies;
};

static void
collect_stale(void *self, enum aside reason, int64_t when, const struct verified *v)
{
	struct stale *s = self;
	struct id key;

	(void)reason, (void)when;
	if (kind_is_lasting(v->record.kind))
		return;
	record_key(&v->record, &crypto_envelope, &key);
	if (id_equal(&key, s->target) && hits(s->w, &key, &v->record.author, v->record.stamp))
		copies_add(&s->copies, v);
}

static void
apply_to(struct work *w, const struct id *target, const struct id *author)
{
	struct stale s = { .w = w, .target = target };
	struct verified v;
	struct id id;

	if (find_row(w, author, target, &id))
		bite(w, target, &id);
	else if (id_equal(author, &w->r->self))
		drop_history(w, target, NULL);
	if (tally_get(&w->r->asides, BYTES_OF(*author)) == 0)
		return;
	aside_each(w->t, author, collect_stale, &s);
	while (copies_next(&s.copies, &v)) {
		aside_drop(w, author, &v.id);
		retire(w, target, &v);
		erase_wipe_later(w);
	}
	buf_free(&s.copies.bytes);
}

/* Whose key it is nobody says: every author is looked at. Only a majority of coordinators comes here. */
static void
apply_to_all(struct work *w, const struct id *target)
{
	for (size_t i = 0; i < membership_count(w->m); i++)
		apply_to(w, target, &membership_at(w->m, i)->key);
}

void
erase_learn(struct work *w, const struct verified *v)
{
	const struct charter *charter = membership_charter(w->m);
	struct erased_value value;
	struct erased_key key;
	struct wish wish;

	if (!read_wish(&v->record, &wish))
		return;
	key = (struct erased_key){ wish.target, v->record.author, v->id };
	put_u64(value.up_to, wish.up_to);
	value.charter = wish.charter;
	txn_put(w->t, STORE_ERASED, BYTES_OF(key), BYTES_OF(value));
	w->touched = true;
	apply_to(w, &wish.target, &v->record.author);
	/* A stranger to every key: would it be hit if nobody in particular had made it? */
	if (charter && hits(w, &wish.target, &(struct id){ { 0 } }, 0))
		apply_to_all(w, &wish.target);
}

void
erase_forget(struct work *w, const struct verified *v)
{
	struct erased_key key;
	struct wish wish;

	if (!read_wish(&v->record, &wish))
		return;
	key = (struct erased_key){ wish.target, v->record.author, v->id };
	txn_delete(w->t, STORE_ERASED, BYTES_OF(key));
}

void
erase_all(struct work *w)
{
	struct store_cursor *c = cursor_open(w->t, STORE_ERASED);
	static const struct bytes all;
	struct buf targets = { 0 };
	struct id target;

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		const uint8_t *k = cursor_key(c).p;
		if (targets.len == 0 || memcmp(targets.p + targets.len - ID_LEN, k, ID_LEN) != 0)
			buf_put(&targets, k, ID_LEN);
	}
	cursor_close(c);
	for (size_t i = 0; i < targets.len; i += ID_LEN) {
		memcpy(target.b, targets.p + i, ID_LEN);
		if (hits(w, &target, &(struct id){ { 0 } }, 0))
			apply_to_all(w, &target);
	}
	buf_free(&targets);
}
