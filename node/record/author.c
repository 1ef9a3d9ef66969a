#include "node/record/records_int.h"

#include "node/base/spread.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Records of a batch that are composed, then signed on all cores, then stored: what that keeps in memory is bounded. */
#define FLOCK 1024

/* One record of ours between its draft and the store. */
struct sheet {
	const struct draft *draft;
	const struct sign_key *key;
	struct record record;
	struct buf envelope;
	struct id id;
	bool fits;                   /* false: it would be too long for a record, and is not signed */
};

/* --- what a draft must keep --- */

static enum err_code
check_kind(const struct kind *k, const struct draft *d, struct err *e)
{
	if (d->state == RECORD_WITHDRAWN && (k->flags & KIND_LASTING))
		return err_set(e, ERR_INPUT, k->word, "lasting", "cannot be withdrawn");
	if (d->machine && !kind_machine_may_sign(k->number))
		return err_set(e, ERR_DENIED, k->word, "machine", "is signed by the organisation, not by a machine");
	return ERR_OK;
}

static enum err_code
name_of(struct records *r, const struct kind *k, const struct draft *d, struct uuid *out, struct err *e)
{
	static const struct uuid zero;
	uint8_t random[UUID_LEN];

	*out = d->name;
	if (k->flags & (KIND_NAMED_ZERO | KIND_LASTING)) {
		*out = zero;
		return ERR_OK;
	}
	if (!uuid_equal(&d->name, &zero))
		return ERR_OK;
	if (k->flags & KIND_NAMED_NODE)
		return err_set(e, ERR_INPUT, k->word, "name", "is named by its node");
	world_random(r->world, random, sizeof random);
	uuid_from_random(random, out);
	return ERR_OK;
}

/* A member that is active, or a newcomer who signs its node before its admission has come here. */
static enum err_code
check_standing(struct work *w, const struct kind *k, enum audience audience, struct err *e)
{
	const struct member *self = membership_find(w->m, &w->r->self);

	if (self == NULL && (k->number == KIND_NODE || k->number == KIND_REACH))
		return ERR_OK;
	if (self == NULL || self->state != MEMBER_ACTIVE)
		return err_set(e, ERR_DENIED, k->word, "not active", "this organisation is %s in the network",
		    self ? member_state_word(self->state) : "not admitted");
	if (k->author == AUTHOR_COORDINATOR && !self->coordinator)
		return err_set(e, ERR_DENIED, k->word, "coordinator", "is signed by coordinators only");
	if (audience == AUDIENCE_CSO && self->class != CLASS_CSO)
		return err_set(e, ERR_DENIED, k->word, "audience",
		    "only civil-society members write for civil-society members alone");
	return ERR_OK;
}

/*
 * What she voted before she wrote or approved a charter was before her eyes and is not carried over to it (proto/membership.md
 * section 4). It cannot have been as long as it waits to be carried over to the one before.
 */
static enum err_code
check_votes(struct work *w, const struct kind *k, struct err *e)
{
	const struct id *ids;
	size_t count = membership_carried(w->m, &ids);

	if (count == 0 || (k->number != KIND_ROLL && k->number != KIND_CHARTER && k->number != KIND_APPROVAL))
		return ERR_OK;
	return err_set(e, ERR_DENIED, k->word, "votes", "%zu of your votes wait to be signed anew under the present charter, "
	    "until it is sure what time it is: set date and time", count);
}

/* Who may have it, and what of it only a coordinator says. */
static enum err_code
check_fields(struct work *w, const struct kind *k, const struct draft *d, struct err *e)
{
	const struct member *self = membership_find(w->m, &w->r->self);
	const struct field *f;
	enum err_code rc;

	if ((rc = kind_check_audience(k, d->state == RECORD_LIVE ? d->body : (struct bytes){ NULL, 0 }, d->audience, e)))
		return rc;
	if (d->state != RECORD_LIVE || (self && self->coordinator) || !(f = kind_flagged(k, d->body, FIELD_COORDINATOR)))
		return ERR_OK;
	return err_set(e, ERR_DENIED, f->word, "coordinator", "is written by coordinators only");
}

static enum err_code
check_stamp(struct work *w, const struct draft *d, const struct record *rec, struct err *e)
{
	uint64_t stamp = 0;
	struct id id;
	bool held = !kind_is_lasting(rec->kind) && set_live(w, rec, &id, &stamp, &id);

	if (d->if_stamp && (!held || stamp != d->if_stamp))
		return err_set(e, ERR_CONFLICT, "record", "if-stamp", "%s",
		    held ? "was changed in the meantime" : "is not there");
	return ERR_OK;
}

/* LAST is the stamp of the record before. A `node` that was signed by a clock that ran ahead stays, so the next one stands
 * above it, and nothing else does. */
static uint64_t
next_stamp(struct work *w, const struct record *rec, uint64_t *last)
{
	uint64_t stamp = stamp_next(*last, w->now_ms), held;
	struct id id;

	if (rec->kind == KIND_NODE && set_live(w, rec, &id, &held, &id) && held >= stamp)
		return held + 1;
	return *last = stamp;
}

static enum err_code
compose(struct work *w, const struct draft *d, uint64_t *stamp, struct record *out, struct err *e)
{
	const struct kind *k = kind_find(d->kind);
	enum err_code rc;

	if (k == NULL)
		return err_set(e, ERR_INPUT, "record", "kind", "no kind has the number %u", d->kind);
	*out = (struct record){
		.author = w->r->self, .kind = d->kind, .expires = d->expires, .state = d->state,
		.audience = d->audience, .by_machine = d->machine != NULL,
		.body = d->state == RECORD_LIVE ? d->body : (struct bytes){ NULL, 0 },
	};
	if (d->machine)
		out->machine = d->machine->public_key;
	if ((rc = check_kind(k, d, e)) || (rc = name_of(w->r, k, d, &out->name, e)) ||
	    (rc = check_standing(w, k, d->audience, e)) || (rc = check_votes(w, k, e)) || (rc = check_fields(w, k, d, e)))
		return rc;
	out->stamp = next_stamp(w, out, stamp);
	return d->state == RECORD_LIVE && !d->checked ? kind_check(k, out, e) : ERR_OK;
}

/* --- storing --- */

static void
put_private(struct work *w, const struct record *rec, struct bytes fields)
{
	struct name_key key;

	if (fields.p == NULL)
		return;
	set_name_key(rec->kind, &rec->author, &rec->name, &key);
	if (fields.len == 0)
		txn_delete(w->t, STORE_PRIVATE, BYTES_OF(key));
	else
		txn_put(w->t, STORE_PRIVATE, BYTES_OF(key), fields);
	w->touched = true;
}

static enum err_code
denied(enum refusal refusal, struct err *e)
{
	return err_set(e, ERR_DENIED, "record", refusal_name(refusal), "%s", refusal_words(refusal));
}

/* proto/records.md section 7: others keep what fits; the author's own node refuses to sign beyond the quota. */
static enum err_code
store_own(struct work *w, const struct verified *v, struct err *e)
{
	struct place place;
	enum refusal refusal = admit_judge(w, v, &place);

	if (refusal == REFUSAL_NONE && place.has_victim)
		refusal = REFUSAL_QUOTA;
	if (refusal == REFUSAL_NOT_ACTIVE && membership_find(w->m, &w->r->self))
		return denied(refusal, e);
	if (refusal != REFUSAL_NONE && refusal != REFUSAL_NOT_ACTIVE)
		return denied(refusal, e);
	if (!admit_is_timeless(w, v))
		w->r->stamp = v->record.stamp;
	w->touched = true;
	admit_place(w, v);
	return txn_faulty(w->t) ? ERR_STORE : ERR_OK;
}

static enum err_code
sign_sheet(struct sheet *s, const struct id *network, struct err *e)
{
	buf_reset(&s->envelope);
	return envelope_sign(&s->record, network, &crypto_envelope, sign_for, (void *)s->key, &s->envelope, &s->id, e);
}

struct flock {
	struct sheet *sheets;
	const struct id *network;
};

/* For `spread`. */
static void
sign_item(void *arg, size_t item)
{
	const struct flock *f = arg;
	struct err ignored;

	f->sheets[item].fits = sign_sheet(&f->sheets[item], f->network, &ignored) == ERR_OK;
}

/* One after the other, in the order of the drafts: each is judged by what those before it left. */
static enum err_code
store_sheet(struct work *w, struct sheet *s, struct authored *out, struct err *e)
{
	struct verified v = { .id = s->id, .record = s->record, .envelope = buf_bytes(&s->envelope) };
	enum err_code rc;

	if (!s->fits)
		return sign_sheet(s, &w->r->network, e);    /* says once more why not */
	if ((rc = check_stamp(w, s->draft, &s->record, e)) || (rc = store_own(w, &v, e)))
		return rc;
	put_private(w, &s->record, s->draft->private_fields);
	if (out)
		*out = (struct authored){ s->id, s->record.name, s->record.stamp };
	return ERR_OK;
}

/* COUNT drafts, of which SHEETS has room for all; AT: the one that it came to. */
static enum err_code
author_flock(struct work *w, const struct sign_key *k, const struct draft *drafts, size_t count, struct sheet *sheets,
    struct authored *out, size_t *at, struct err *e)
{
	struct flock f = { sheets, &w->r->network };
	uint64_t stamp = w->r->stamp;
	enum err_code rc = ERR_OK;

	for (*at = 0; *at < count; ++*at) {
		struct sheet *s = &sheets[*at];

		s->draft = &drafts[*at];
		s->key = s->draft->machine ? s->draft->machine : k;
		if ((rc = compose(w, s->draft, &stamp, &s->record, e)) != ERR_OK)
			return rc;
	}
	spread(sign_item, &f, count);
	for (*at = 0; *at < count; ++*at)
		if ((rc = store_sheet(w, &sheets[*at], out ? &out[*at] : NULL, e)) != ERR_OK)
			return rc;
	return ERR_OK;
}

/* A few drafts are judged one by one: the first may be what entitles us to the second. */
static enum err_code
author_all(struct work *w, const struct sign_key *k, const struct draft *drafts, size_t count, struct authored *out,
    size_t *at, struct err *e)
{
	size_t most = count < SPREAD_LEAST ? 1 : count < FLOCK ? count : FLOCK, within = 0;
	struct sheet *sheets = need_zeroed(most, sizeof *sheets);
	enum err_code rc = ERR_OK;

	for (size_t from = 0; from < count && rc == ERR_OK; from += most) {
		size_t n = count - from < most ? count - from : most;

		rc = author_flock(w, k, drafts + from, n, sheets, out ? out + from : NULL, &within, e);
		*at = from + within;
	}
	for (size_t i = 0; i < most; i++)
		buf_free(&sheets[i].envelope);
	free(sheets);
	return rc;
}

/* Membership, withdrawals and erasures may use the store's reserve. */
static bool
may_use_reserve(const struct draft *drafts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (drafts[i].kind >> 8 != COLLECTION_MEMBERSHIP && drafts[i].state != RECORD_WITHDRAWN)
			return false;
	return true;
}

static void
name_draft(const struct draft *drafts, size_t count, size_t i, enum err_code rc, struct err *e)
{
	const struct kind *k = kind_find(drafts[i].kind);

	if (rc != ERR_STORE && count > 1)
		err_wrap(e, "%s %zu", k ? k->word : "record", i + 1);
}

static enum err_code
run(struct records *r, const struct sign_key *k, const struct draft *drafts, size_t count, bool keep,
    struct authored *out, struct err *e)
{
	enum err_code rc;
	struct work w;
	size_t at = 0;

	if (id_is_zero(&r->network))
		return err_set(e, ERR_DENIED, "record", "network", "this node belongs to no network yet");
	if (r->held)
		return err_set(e, ERR_DENIED, "record", "recovering", "the store of this node is an old copy, and nothing is "
		    "signed until another node has given what it lacks; wait, or start kilimd --alone");
	work_begin(&w, r);
	w.ours = true;
	if (may_use_reserve(drafts, count))
		txn_reserved(w.t);
	if ((rc = author_all(&w, k, drafts, count, out, &at, e)) == ERR_OK)
		admit_settle(&w);
	else
		name_draft(drafts, count, at, rc, e);
	if (rc == ERR_OK && keep) {
		if ((rc = work_end(&w, e)) == ERR_OK)
			r->counts.authored += count;
		return rc;
	}
	if (rc == ERR_STORE)
		return work_end(&w, e);     /* gives the reason */
	work_abort(&w);
	return rc;
}

enum err_code
records_author(struct records *r, const struct sign_key *k, const struct draft *drafts, size_t count,
    struct authored *out, struct err *e)
{
	assert(id_equal(&k->public_key, &r->self));
	return run(r, k, drafts, count, true, out, e);
}

enum err_code
author_again(struct work *w, const struct sign_key *k, const struct record *r, struct err *e)
{
	struct verified v = { .record = *r };
	struct buf envelope = { 0 };
	enum err_code rc;

	v.record.stamp = stamp_next(w->r->stamp, w->now_ms);
	rc = envelope_sign(&v.record, &w->r->network, &crypto_envelope, sign_for, (void *)(uintptr_t)k, &envelope, &v.id, e);
	if (rc == ERR_OK) {
		v.envelope = buf_bytes(&envelope);
		w->r->stamp = v.record.stamp;
		w->touched = true;
		admit_place(w, &v);
	}
	buf_free(&envelope);
	return rc;
}

/* Nothing of it is stored, so any key will do: the quota and the rules do not look at signatures. */
enum err_code
records_author_try(struct records *r, const struct draft *drafts, size_t count, struct err *e)
{
	struct sign_key nobody;
	enum err_code rc;

	sign_key_new(&nobody);
	rc = run(r, &nobody, drafts, count, false, NULL, e);
	sign_key_wipe(&nobody);
	return rc;
}

enum err_code
records_found(struct records *r, const struct sign_key *k, struct bytes charter_body, struct id *out_network,
    struct err *e)
{
	static const struct id no_network;
	struct buf envelope = { 0 };
	struct verified v = { .record = { .author = r->self, .kind = KIND_CHARTER, .body = charter_body } };
	struct work w;
	enum err_code rc;

	assert(id_equal(&k->public_key, &r->self));
	if (!id_is_zero(&r->network))
		return err_set(e, ERR_CONFLICT, "network", "exists", "this node belongs to a network already");
	v.record.stamp = stamp_next(r->stamp, records_now_ms(r));
	if (r->sure.state != SURE)
		return err_set(e, ERR_DENIED, "network", "clock", "the clock of this computer cannot be right, and everything "
		    "in a network is dated: set date and time first");
	if ((rc = kind_check(kind_find(KIND_CHARTER), &v.record, e)) ||
	    (rc = envelope_sign(&v.record, &no_network, &crypto_envelope, sign_for, (void *)k, &envelope, &v.id, e)))
		goto out;
	v.envelope = buf_bytes(&envelope);
	r->network = v.id;               /* charter and network are stored together or not at all */
	work_begin(&w, r);
	txn_reserved(w.t);
	w.ours = true;
	txn_put(w.t, STORE_META, bytes_text("network"), BYTES_OF(v.id));
	admit_place(&w, &v);
	if ((rc = work_end(&w, e)) == ERR_OK)
		*out_network = v.id;
	else
		r->network = no_network;
out:
	buf_free(&envelope);
	return rc;
}
