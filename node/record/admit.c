#include "node/record/records_int.h"

#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <stdlib.h>
#include <string.h>

static const struct id no_network;

/* --- reading --- */

/* The first charter alone is signed with 32 zero bytes as network; its id is the network. */
static enum err_code
read_envelope(const struct records *r, struct bytes envelope, struct unverified *out, struct err *e)
{
	enum err_code rc = envelope_read(envelope, &r->network, &crypto_envelope, out, e);
	struct unverified first;

	if (rc != ERR_OK || out->claim.kind != KIND_CHARTER)
		return rc;
	if (envelope_read(envelope, &no_network, &crypto_envelope, &first, NULL) == ERR_OK &&
	    id_equal(&first.id, &r->network))
		*out = first;
	return ERR_OK;
}

bool
records_signature_ok(const struct id *network, const struct unverified *u)
{
	struct verified v;

	if (id_equal(&u->id, network))
		network = &no_network;
	return envelope_verify(u, network, &crypto_envelope, &v, NULL) == ERR_OK;
}

/* Why bytes could not be read: the refusals tell canonical form from structure, the reader does not. */
static enum refusal
why_unreadable(struct bytes envelope, enum err_code rc)
{
	struct cbor_reader r;
	struct bytes payload;

	if (rc == ERR_LIMIT)
		return REFUSAL_SIZE;
	if (cbor_check(envelope, "record", NULL) != ERR_OK)
		return REFUSAL_CANONICAL;
	cbor_open(&r, envelope);
	if (cbor_peek(&r) != CBOR_TAG)
		return REFUSAL_STRUCTURE;
	cbor_tag(&r, 18);
	cbor_array_of(&r, 4);
	cbor_bytes(&r);
	cbor_any(&r);
	payload = cbor_bytes(&r);
	if (r.fault || cbor_check(payload, "payload", NULL) == ERR_OK)
		return REFUSAL_STRUCTURE;
	return REFUSAL_CANONICAL;
}

/* --- where it belongs --- */

uint32_t
admit_limit(const struct work *w)
{
	const struct charter *charter = membership_charter(w->m);

	return charter ? charter->quotas.keys : LIMIT_KEYS;
}

static uint32_t
day_limit(const struct work *w)
{
	const struct charter *charter = membership_charter(w->m);

	return charter ? charter->quotas.writes_day : LIMIT_WRITES_DAY;
}

/* A charter that the present one descends from stays, whoever wrote it. */
static bool
is_adopted(struct work *w, const struct id *id)
{
	const struct charter *charter = membership_charter(w->m);
	struct id at;

	if (charter == NULL)
		return false;
	at = charter->id;
	for (unsigned depth = charter->depth + 1; depth; depth--) {
		struct record r;
		struct held h;
		if (id_equal(&at, id))
			return true;
		if (!set_get(w->t, &at, &h))
			return false;
		envelope_peek(h.envelope, &r);
		if (!body_id(r.body, CHARTER_PARENT, &at))
			return false;
	}
	return false;
}

/* Outside the ordinary quota: see set.c share_of and proto/records.md section 7. UINT32_MAX: no limit. */
static uint32_t
group_limit(struct work *w, const struct verified *v, const struct group *g)
{
	const struct member *author = membership_find(w->m, &v->record.author);

	if (record_collection(&v->record) == COLLECTION_MEMBERSHIP && kind_is_lasting(v->record.kind) &&
	    author && author->coordinator)
		return UINT32_MAX;
	if (g->counted_keys)
		return admit_limit(w);
	switch (v->record.kind) {
	case KIND_ERASURE:
		return LIMIT_ERASURES;
	case KIND_CHARTER:
		return is_adopted(w, &v->id) ? UINT32_MAX : LIMIT_FOREIGN_CHARTERS;
	case KIND_NODE:
		return 1;
	default:
		return 2 * LIMIT_NODES;   /* reach, receipt: those of nodes replaced live on for a while */
	}
}

/* The last of a full group: the key with the largest hash. Adopted charters are passed over. */
static bool
last_of(struct work *w, const struct group *g, struct quota_key *out_key, struct id *out)
{
	struct bytes prefix = group_name(g);
	struct store_cursor *c = cursor_open(w->t, STORE_QUOTA);
	bool found = false;

	if (g->len == GROUP_LEN) {
		found = cursor_last(c, prefix);
		if (found) {
			memcpy(out_key, cursor_key(c).p, sizeof *out_key);
			memcpy(out->b, cursor_value(c).p, ID_LEN);
		}
	} else {
		for (bool ok = cursor_seek(c, prefix, prefix); ok; ok = cursor_next(c)) {
			struct id id;
			memcpy(id.b, cursor_value(c).p, ID_LEN);
			if (is_adopted(w, &id))
				continue;
			memcpy(out_key, cursor_key(c).p, sizeof *out_key);
			*out = id;
			found = true;
		}
	}
	cursor_close(c);
	return found;
}

/* proto/records.md section 7: above the quota the keys with the smallest hash stay, so arrival order does not matter. */
static bool
fits(struct work *w, const struct verified *v, struct place *out)
{
	struct quota_key last;
	struct group g;
	uint32_t limit;

	set_group(v, &g);
	limit = group_limit(w, v, &g);
	if (tally_get(&w->r->keys, group_name(&g)) < limit ||
	    txn_get(w->t, STORE_QUOTA, BYTES_OF(g.key), NULL))
		return true;
	if (!last_of(w, &g, &last, &out->victim) || memcmp(&g.key, &last, sizeof last) > 0)
		return false;
	out->has_victim = true;
	return true;
}

/* May this author and this node have it, as far as classes go? */
static bool
audience_fits(const struct work *w, const struct record *r)
{
	const struct member *author = membership_find(w->m, &r->author), *self;

	/* Bucket 0 is held by everyone, whatever a record in it says of its audience. */
	if (r->audience != AUDIENCE_CSO || record_collection(r) == COLLECTION_MEMBERSHIP)
		return true;
	if (author == NULL || author->class != CLASS_CSO)
		return false;
	self = membership_find(w->m, &w->r->self);
	return id_equal(&r->author, &w->r->self) || (self && self->class == CLASS_CSO);
}

static enum refusal
judge_standing(const struct work *w, const struct verified *v, enum member_standing *out)
{
	const struct record *r = &v->record;

	*out = STANDING_IN;
	if (id_equal(&v->id, &w->r->network))
		return REFUSAL_NONE;
	*out = membership_judge(w->m, r, &v->id);
	if (*out != STANDING_REFUSED)
		return REFUSAL_NONE;
	if (membership_find(w->m, &r->author))
		return REFUSAL_NOT_ENTITLED;
	/* Before its admission is known here a newcomer signs its node and reach, and sends them to the inviter. And where
	 * the votes for us were of the future and are gone, nobody else may have what we signed. */
	if (id_equal(&r->author, &w->r->self) && (w->moving || r->kind == KIND_NODE || r->kind == KIND_REACH)) {
		*out = STANDING_ASIDE;
		return REFUSAL_NONE;
	}
	return REFUSAL_STRANGER;
}

static bool
is_older(struct work *w, const struct verified *v)
{
	uint64_t stamp;
	struct id id;

	if (!set_live(w, &v->record, &v->id, &stamp, &id))
		return false;
	return stamp > v->record.stamp || (stamp == v->record.stamp && id_compare(&id, &v->id) > 0);
}

static bool
is_over_day(const struct work *w, const struct record *r)
{
	return w->sure && !w->moving && record_collection(r) != COLLECTION_MEMBERSHIP &&
	    day_of(stamp_unix_ms(r->stamp)) >= w->day &&
	    day_written(w, r) >= day_limit(w);
}

/* proto/records.md section 4: an erasure of stamps to come would bite what its author signs from now on. */
uint64_t
admit_reach(const struct record *r)
{
	uint64_t up_to;

	if (r->kind == KIND_ERASURE && body_uint(r->body, ERASURE_UP_TO, &up_to) && up_to > r->stamp)
		return up_to;
	return r->stamp;
}

bool
admit_is_timeless(const struct work *w, const struct verified *v)
{
	return v->record.kind == KIND_NODE || id_equal(&v->id, &w->r->network);
}

/*
 * An unsure clock refuses nothing as future. What we sign may let others' records in, but does not make them ours. Our own
 * that others keep aside counts here at once, wherever it came from: what we sign next stands above it. And what was here
 * already, and only changes place, waits to be signed anew (retime.c).
 */
static enum stamp_judgement
judge_time(const struct work *w, const struct verified *v)
{
	bool own = id_equal(&v->record.author, &w->r->self);
	enum stamp_judgement judgement;

	if ((own && (w->ours || w->moving)) || !w->sure || admit_is_timeless(w, v))
		return STAMP_NOW;
	judgement = stamp_judge(admit_reach(&v->record), w->now_ms);
	return own && judgement == STAMP_ASIDE ? STAMP_NOW : judgement;
}

void
admit_take(struct work *w, const struct verified *v)
{
	struct taken_value value;

	put_u32(value.kind, v->record.kind);
	put_u64(value.stamp, v->record.stamp);
	txn_put(w->t, STORE_TAKEN, BYTES_OF(v->id), BYTES_OF(value));
}

void
admit_retire(struct work *w, const struct verified *v)
{
	if (id_equal(&v->record.author, &w->r->self) && !v->record.by_machine && !kind_is_lasting(v->record.kind) &&
	    !admit_is_timeless(w, v))
		admit_take(w, v);
}

/*
 * We took it back and signed it anew, or retired it. A lasting record buries nothing: it may come again when its time has
 * come, or our clock was the wrong one, and all others hold it.
 */
static bool
was_taken(struct work *w, const struct verified *v)
{
	return id_equal(&v->record.author, &w->r->self) && txn_get(w->t, STORE_TAKEN, BYTES_OF(v->id), NULL) &&
	    (!kind_is_lasting(v->record.kind) || !w->sure ||
	    stamp_judge(admit_reach(&v->record), w->now_ms) == STAMP_REFUSED);
}

enum refusal
admit_judge(struct work *w, const struct verified *v, struct place *out)
{
	const struct record *r = &v->record;
	enum stamp_judgement time = judge_time(w, v);
	enum member_standing standing;
	enum refusal refusal;

	*out = (struct place){ 0 };
	if (id_is_zero(&w->r->network))
		return REFUSAL_STRANGER;     /* no network yet: nobody belongs to it */
	if (txn_get(w->t, STORE_RECORD, BYTES_OF(v->id), NULL) || aside_held(w, &r->author, &v->id))
		return REFUSAL_HELD;
	if (was_taken(w, v))
		return REFUSAL_OLDER;
	if (time == STAMP_REFUSED)
		return REFUSAL_FUTURE;
	if (w->sure && day_leaves(r->kind, r->stamp) <= w->day)
		return REFUSAL_PAST;
	if (is_older(w, v))
		return REFUSAL_OLDER;
	if (erase_hits(w, r))
		return REFUSAL_ERASED;
	if ((refusal = judge_standing(w, v, &standing)) != REFUSAL_NONE)
		return refusal;
	/* Our own waits until our class allows it again; what others may not share, or we not have, is not kept. */
	if (!audience_fits(w, r))
		return id_equal(&r->author, &w->r->self) ? REFUSAL_NOT_ACTIVE : REFUSAL_AUDIENCE;
	/* Only of those who belong here something waits: a stranger's future would fill the store. */
	if (time == STAMP_ASIDE)
		return REFUSAL_FUTURE_ASIDE;
	if (standing == STANDING_ASIDE)
		return REFUSAL_NOT_ACTIVE;
	if (is_over_day(w, r))
		return REFUSAL_DAY;
	return fits(w, v, out) ? REFUSAL_NONE : REFUSAL_QUOTA;
}

/* Refusals that keep the record aside: 0 where it is not kept. */
static enum aside
kept_as(enum refusal r)
{
	static const enum aside kept[REFUSALS] = {
		[REFUSAL_FUTURE_ASIDE] = ASIDE_FUTURE,
		[REFUSAL_NOT_ACTIVE] = ASIDE_STANDING,
		[REFUSAL_DAY] = ASIDE_DAY,
		[REFUSAL_QUOTA] = ASIDE_QUOTA,
	};

	return kept[r];
}

/* --- storing --- */

/* Everyone but the author drops a superseded body. */
static void
supersede(struct work *w, const struct verified *v)
{
	struct group before, after;
	struct verified old;
	struct buf copy = { 0 };
	struct history_key key;
	uint64_t stamp;

	if (!set_live(w, &v->record, &v->id, &stamp, &old.id) || !set_remove(w, &old.id, &copy))
		return;
	old.envelope = buf_bytes(&copy);
	envelope_peek(old.envelope, &old.record);
	admit_retire(w, &old);
	set_group(&old, &before);
	set_group(v, &after);
	if (memcmp(&before.key, &after.key, sizeof after.key) != 0)
		buf_put(&w->retry, v->record.author.b, ID_LEN);
	if (id_equal(&v->record.author, &w->r->self)) {
		set_name_key(old.record.kind, &old.record.author, &old.record.name, &key.of);
		put_u64(key.stamp, old.record.stamp);
		txn_put(w->t, STORE_HISTORY, BYTES_OF(key), old.envelope);
	}
	buf_free(&copy);
}

static void
evict(struct work *w, const struct id *id)
{
	struct verified v = { .id = *id };
	struct buf copy = { 0 };

	if (set_remove(w, id, &copy)) {
		v.envelope = buf_bytes(&copy);
		envelope_peek(v.envelope, &v.record);
		if (v.record.kind == KIND_ERASURE)
			erase_forget(w, &v);
		aside_put(w, &v, ASIDE_QUOTA);
	}
	buf_free(&copy);
}

enum refusal
admit_place(struct work *w, const struct verified *v)
{
	struct place place;
	enum refusal refusal = admit_judge(w, v, &place);

	if (kept_as(refusal)) {
		if (!aside_put(w, v, kept_as(refusal)))
			return REFUSAL_QUOTA;
		return refusal;
	}
	if (refusal != REFUSAL_NONE)
		return refusal;
	supersede(w, v);
	if (place.has_victim)
		evict(w, &place.victim);
	set_insert(w, v);
	if (v->record.kind == KIND_ERASURE)
		erase_learn(w, v);
	return REFUSAL_NONE;
}

void
admit_settle(struct work *w)
{
	struct id author;

	/* Each turn may free room for another author's: the list grows while it is walked. */
	for (size_t at = 0; at < w->retry.len; at += ID_LEN) {
		memcpy(author.b, w->retry.p + at, ID_LEN);
		aside_retry(w, &author);
	}
	buf_reset(&w->retry);
}

/* --- records of others --- */

static enum refusal
screen(struct records *r, struct bytes envelope, struct unverified *out, struct err *e)
{
	struct store_txn *t;
	struct verified v;
	struct place place;
	struct work w;
	enum refusal refusal;
	enum err_code rc;

	if ((rc = read_envelope(r, envelope, out, e)) != ERR_OK)
		return why_unreadable(envelope, rc);
	t = store_read(r->store);
	work_begin_read(&w, r, t);
	v = (struct verified){ out->envelope, out->claim, out->id };
	refusal = admit_judge(&w, &v, &place);
	if (txn_commit(&t, e) != ERR_OK)
		return REFUSAL_STORE;
	if (kept_as(refusal))
		return REFUSAL_NONE;
	/* What makes its author a member may stand beside it in the same answer. */
	if (record_collection(&out->claim) == COLLECTION_MEMBERSHIP &&
	    (refusal == REFUSAL_STRANGER || refusal == REFUSAL_NOT_ENTITLED))
		return REFUSAL_NONE;
	if (refusal != REFUSAL_NONE)
		err_set(e, refusal_err(refusal), "record", refusal_name(refusal), "%s", refusal_words(refusal));
	return refusal;
}

/* What is refused here never reaches records_admit: both count. */
enum refusal
records_screen(struct records *r, struct bytes envelope, struct unverified *out, struct err *e)
{
	enum refusal refusal = screen(r, envelope, out, e);

	if (refusal != REFUSAL_NONE)
		r->counts.refused[refusal]++;
	return refusal;
}

struct item {
	struct verified v;
	bool readable, open;       /* open: another pass may admit it */
};

static void
read_item(struct records *r, struct admission *a, struct item *out)
{
	struct unverified u;
	enum err_code rc = read_envelope(r, a->envelope, &u, NULL);

	*out = (struct item){ 0 };
	a->id = (struct id){ { 0 } };
	if (rc != ERR_OK) {
		a->verdict = why_unreadable(a->envelope, rc);
		return;
	}
	a->id = u.id;
	out->v = (struct verified){ u.envelope, u.claim, u.id };
	out->readable = out->open = true;
}

/* The store is full: only what the reserve is for. */
static bool
has_room(const struct record *r, bool full)
{
	return !full || record_collection(r) == COLLECTION_MEMBERSHIP || r->state == RECORD_WITHDRAWN;
}

static void
admit_one(struct work *w, struct admission *a, struct item *item, bool full)
{
	struct place place;

	item->open = false;
	a->verdict = admit_judge(w, &item->v, &place);
	if (a->verdict == REFUSAL_NONE || kept_as(a->verdict)) {
		if (!a->signature_ok)
			a->verdict = REFUSAL_SIGNATURE;
		else if (!has_room(&item->v.record, full))
			a->verdict = REFUSAL_STORE;
		else
			a->verdict = admit_place(w, &item->v);
	}
	item->open = a->verdict == REFUSAL_STRANGER || a->verdict == REFUSAL_NOT_ENTITLED;
}

/* One pass over what is still open; true when something came in. */
static bool
admit_pass(struct work *w, struct admission *items, struct item *read, size_t count, bool membership, bool full)
{
	bool any = false;

	for (size_t i = 0; i < count && !txn_faulty(w->t); i++) {
		bool first = record_collection(&read[i].v.record) == COLLECTION_MEMBERSHIP;
		if (!read[i].open || first != membership)
			continue;
		admit_one(w, &items[i], &read[i], full);
		any |= items[i].verdict == REFUSAL_NONE || items[i].verdict == REFUSAL_NOT_ACTIVE;
	}
	admit_settle(w);
	return any;
}

/* What waited for another record of the same batch is in by now. */
static void
look_again(struct work *w, struct admission *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (kept_as(items[i].verdict) && txn_get(w->t, STORE_RECORD, BYTES_OF(items[i].id), NULL))
			items[i].verdict = REFUSAL_NONE;
}

static void
count_verdicts(struct records *r, const struct admission *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (items[i].verdict == REFUSAL_NONE)
			r->counts.admitted++;
		else
			r->counts.refused[items[i].verdict]++;
	}
}

/*
 * Membership first, again and again until a pass brings nothing: an admission makes a member whose node stands
 * beside it, whatever their order. Then all the others under the membership that came out.
 */
enum err_code
records_admit(struct records *r, struct admission *items, size_t count, struct err *e)
{
	struct item *read = need_zeroed(count, sizeof *read);
	struct store_state state;
	struct work w;
	enum err_code rc;

	for (size_t i = 0; i < count; i++)
		read_item(r, &items[i], &read[i]);
	store_state(r->store, &state);
	work_begin(&w, r);
	if (state.full)
		txn_reserved(w.t);
	while (admit_pass(&w, items, read, count, true, state.full) && w.membership_moved)
		refresh_work(&w);
	admit_pass(&w, items, read, count, false, state.full);
	look_again(&w, items, count);
	if ((rc = work_end(&w, e)) != ERR_OK)
		for (size_t i = 0; i < count; i++)
			items[i].verdict = read[i].readable ? REFUSAL_STORE : items[i].verdict;
	count_verdicts(r, items, count);
	free(read);
	return rc;
}
