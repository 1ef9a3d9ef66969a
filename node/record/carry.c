/* Own votes signed anew under the current charter: proto/membership.md section 4. Which ones, membership_carried says. */
#include "node/record/records_int.h"

#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <assert.h>
#include <string.h>


/* The same body, but field KEY names CHARTER. */
static void
rename_charter(struct bytes body, uint64_t key, const struct id *charter, struct buf *out)
{
	struct cbor_reader in;
	size_t fields;

	cbor_open(&in, body);
	fields = cbor_map(&in);
	cbor_put_map(out, fields);
	for (size_t i = 0; i < fields; i++) {
		uint64_t at = cbor_key(&in);
		struct bytes value = cbor_any(&in);

		cbor_put_uint(out, at);
		if (at == key)
			cbor_put_bytes(out, BYTES_OF(*charter));
		else
			buf_put_bytes(out, value);
	}
}

static bool
find_own(struct work *w, const struct id *id, struct copies *out)
{
	struct verified v = { .id = *id };
	struct held h;

	if (set_get(w->t, id, &h))
		v.envelope = h.envelope;
	else if (!aside_get(w->t, &w->r->self, id, &v.envelope))
		return false;
	copies_add(out, &v);
	return true;
}

static enum err_code
carry(struct work *w, const struct sign_key *k, const struct verified *old, struct err *e)
{
	struct record again = old->record;
	struct buf body = { 0 };
	enum err_code rc;

	rename_charter(old->record.body, old->record.kind == KIND_ERASURE ? ERASURE_CHARTER : VOTE_CHARTER,
	    &membership_charter(w->m)->id, &body);
	again.body = buf_bytes(&body);
	rc = author_again(w, k, &again, e);
	buf_free(&body);
	return rc;
}

enum err_code
records_carry(struct records *r, const struct sign_key *k, size_t *out_count, struct err *e)
{
	struct copies old = { 0 };
	enum err_code rc = ERR_OK;
	const struct id *ids;
	size_t count = membership_carried(r->membership, &ids);
	struct verified v;
	struct work w;

	assert(id_equal(&k->public_key, &r->self));
	*out_count = 0;
	if (count == 0 || r->held || r->sure.state != SURE)
		return ERR_OK;
	work_begin(&w, r);
	txn_reserved(w.t);
	w.ours = true;
	for (size_t i = 0; i < count; i++)
		*out_count += find_own(&w, &ids[i], &old);
	while (rc == ERR_OK && copies_next(&old, &v))
		rc = carry(&w, k, &v, e);
	buf_free(&old.bytes);
	if (rc != ERR_OK) {
		work_abort(&w);
		return rc;
	}
	admit_settle(&w);
	return work_end(&w, e);
}
