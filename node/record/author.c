#include "node/record/records_int.h"

#include <assert.h>
#include <string.h>

struct signer {
	const struct sign_key *key;
};

static void
sign(void *self, struct bytes message, uint8_t out[64])
{
	const struct signer *s = self;

	sign_detached(s->key, message, out);
}

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

static enum err_code
compose(struct work *w, const struct draft *d, struct record *out, struct err *e)
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
	    (rc = check_standing(w, k, d->audience, e)) || (rc = check_fields(w, k, d, e)) ||
	    (rc = check_stamp(w, d, out, e)))
		return rc;
	out->stamp = stamp_next(w->r->stamp, w->now_ms);
	return d->state == RECORD_LIVE && !d->checked ? kind_check(k, out, e) : ERR_OK;
}

/* --- storing --- */

static void
put_private(struct work *w, const struct record *rec, struct bytes fields)
{
	uint8_t key[52];

	if (fields.p == NULL)
		return;
	put_u32(key, rec->kind);
	memcpy(key + 4, rec->author.b, ID_LEN);
	memcpy(key + 36, rec->name.b, UUID_LEN);
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
	w->r->stamp = v->record.stamp;
	w->touched = true;
	admit_place(w, v);
	return txn_faulty(w->t) ? ERR_STORE : ERR_OK;
}

static enum err_code
author_one(struct work *w, const struct sign_key *k, const struct draft *d, struct buf *scratch,
    struct authored *out, struct err *e)
{
	struct signer signer = { d->machine ? d->machine : k };
	struct verified v;
	enum err_code rc;

	if ((rc = compose(w, d, &v.record, e)) != ERR_OK)
		return rc;
	buf_reset(scratch);
	if ((rc = envelope_sign(&v.record, &w->r->network, &crypto_envelope, sign, &signer, scratch, &v.id, e)))
		return rc;
	v.envelope = buf_bytes(scratch);
	if ((rc = store_own(w, &v, e)) != ERR_OK)
		return rc;
	put_private(w, &v.record, d->private_fields);
	if (out)
		*out = (struct authored){ v.id, v.record.name, v.record.stamp };
	return ERR_OK;
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

static enum err_code
name_draft(const struct draft *drafts, size_t count, size_t i, enum err_code rc, struct err *e)
{
	const struct kind *k = kind_find(drafts[i].kind);

	if (rc != ERR_STORE && count > 1)
		err_wrap(e, "%s %zu", k ? k->word : "record", i + 1);
	return rc;
}

static enum err_code
run(struct records *r, const struct sign_key *k, const struct draft *drafts, size_t count, bool keep,
    struct authored *out, struct err *e)
{
	struct buf scratch = { 0 };
	enum err_code rc = ERR_OK;
	struct work w;

	if (id_is_zero(&r->network))
		return err_set(e, ERR_DENIED, "record", "network", "this node belongs to no network yet");
	if (r->held)
		return err_set(e, ERR_DENIED, "record", "recovering", "the store of this node is an old copy, and nothing is "
		    "signed until another node has given what it lacks; wait, or start kilimd --alone");
	work_begin(&w, r);
	w.ours = true;
	if (may_use_reserve(drafts, count))
		txn_reserved(w.t);
	for (size_t i = 0; i < count && rc == ERR_OK; i++)
		if ((rc = author_one(&w, k, &drafts[i], &scratch, out ? &out[i] : NULL, e)) != ERR_OK)
			name_draft(drafts, count, i, rc, e);
	buf_free(&scratch);
	if (rc == ERR_OK)
		admit_settle(&w);
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
	struct signer signer = { k };
	struct buf envelope = { 0 };
	struct verified v = { .record = { .author = r->self, .kind = KIND_CHARTER, .body = charter_body } };
	struct work w;
	enum err_code rc;

	assert(id_equal(&k->public_key, &r->self));
	if (!id_is_zero(&r->network))
		return err_set(e, ERR_CONFLICT, "network", "exists", "this node belongs to a network already");
	v.record.stamp = stamp_next(r->stamp, world_now_ms(r->world));
	if ((rc = kind_check(kind_find(KIND_CHARTER), &v.record, e)) ||
	    (rc = envelope_sign(&v.record, &no_network, &crypto_envelope, sign, &signer, &envelope, &v.id, e)))
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
