#include "proto/envelope.h"

#include "proto/cbor.h"

#include <assert.h>
#include <string.h>

#define COSE_SIGN1 18
#define SIGNATURE 64

/* The one protected header there is: { 1: -8 }, algorithm EdDSA (RFC 9053 section 2.2). */
static const uint8_t protected_header[] = { 0xa1, 0x01, 0x27 };
static const char aad_word[] = "kilim/1";

/* --- the payload --- */

enum key { AUTHOR = 1, KIND, NAME, STAMP, EXPIRES, STATE, BODY, AUDIENCE, MACHINE, KEYS };

static void
read_author(struct cbor_reader *r, struct record *out)
{
	cbor_fixed(r, out->author.b, ID_LEN);
}

static void
read_kind(struct cbor_reader *r, struct record *out)
{
	uint64_t v = cbor_uint(r);

	if (v < 1 || v > UINT16_MAX)
		cbor_fail(r, "kind");
	out->kind = (uint32_t)v;
}

static void
read_name(struct cbor_reader *r, struct record *out)
{
	cbor_fixed(r, out->name.b, UUID_LEN);
}

static void
read_stamp(struct cbor_reader *r, struct record *out)
{
	out->stamp = cbor_uint(r);
}

static void
read_expires(struct cbor_reader *r, struct record *out)
{
	out->expires = cbor_int(r);
	if (out->expires < 1)
		cbor_fail(r, "expires");
}

static void
read_state(struct cbor_reader *r, struct record *out)
{
	uint64_t v = cbor_uint(r);

	if (v > RECORD_WITHDRAWN)
		cbor_fail(r, "state");
	out->state = v == RECORD_WITHDRAWN ? RECORD_WITHDRAWN : RECORD_LIVE;
}

static void
read_body(struct cbor_reader *r, struct record *out)
{
	if (cbor_peek(r) != CBOR_MAP)
		cbor_fail(r, "body");
	out->body = cbor_any(r);
}

static void
read_audience(struct cbor_reader *r, struct record *out)
{
	uint64_t v = cbor_uint(r);

	if (v >= AUDIENCES)
		cbor_fail(r, "audience");
	out->audience = v < AUDIENCES ? (enum audience)v : AUDIENCE_CSO;
}

static void
read_machine(struct cbor_reader *r, struct record *out)
{
	cbor_fixed(r, out->machine.b, ID_LEN);
	out->by_machine = true;
}

static const struct field {
	void (*read)(struct cbor_reader *r, struct record *out);
	const char *required; /* the rule's word when it is absent; NULL: may be absent */
} fields[KEYS] = {
	[AUTHOR] = { read_author, "author required" },
	[KIND] = { read_kind, "kind required" },
	[NAME] = { read_name, "name required" },
	[STAMP] = { read_stamp, "stamp required" },
	[EXPIRES] = { read_expires, NULL },
	[STATE] = { read_state, "state required" },
	[BODY] = { read_body, NULL },
	[AUDIENCE] = { read_audience, "audience required" },
	[MACHINE] = { read_machine, NULL },
};

static enum err_code
read_fields(struct cbor_reader *r, struct record *out, struct err *e)
{
	unsigned seen = 0;

	*out = (struct record){ 0 };
	for (size_t left = cbor_map(r); left && !r->fault; left--) {
		uint64_t key = cbor_key(r);
		if (key == 0)
			cbor_fail(r, "payload key");
		else if (key >= KEYS)
			cbor_any(r); /* from a later version: part of the bytes, and so of id and signature */
		else {
			fields[key].read(r, out);
			seen |= 1u << key;
		}
	}
	for (unsigned key = AUTHOR; key < KEYS; key++)
		if (fields[key].required && !(seen >> key & 1))
			cbor_fail(r, fields[key].required);
	if ((out->state == RECORD_LIVE) != (seen >> BODY & 1))
		cbor_fail(r, out->state == RECORD_LIVE ? "body required" : "withdrawn with a body");
	return cbor_close(r, "payload", e);
}

static enum err_code
read_payload(struct bytes payload, struct record *out, struct err *e)
{
	struct cbor_reader r;

	cbor_open(&r, payload);
	return read_fields(&r, out, e);
}

static void
put_payload(const struct record *r, struct buf *out)
{
	bool live = r->state == RECORD_LIVE;

	cbor_put_map(out, 6u + (r->expires != 0) + live + r->by_machine);
	cbor_put_uint(out, AUTHOR);
	cbor_put_bytes(out, BYTES_OF(r->author));
	cbor_put_uint(out, KIND);
	cbor_put_uint(out, r->kind);
	cbor_put_uint(out, NAME);
	cbor_put_bytes(out, BYTES_OF(r->name));
	cbor_put_uint(out, STAMP);
	cbor_put_uint(out, r->stamp);
	if (r->expires) {
		cbor_put_uint(out, EXPIRES);
		cbor_put_int(out, r->expires);
	}
	cbor_put_uint(out, STATE);
	cbor_put_uint(out, r->state);
	if (live) {
		cbor_put_uint(out, BODY);
		buf_put_bytes(out, r->body);
	}
	cbor_put_uint(out, AUDIENCE);
	cbor_put_uint(out, r->audience);
	if (r->by_machine) {
		cbor_put_uint(out, MACHINE);
		cbor_put_bytes(out, BYTES_OF(r->machine));
	}
}

/* --- the envelope around it --- */

static enum err_code
open_envelope(struct bytes in, struct bytes *out_payload, const uint8_t **out_signature, struct err *e)
{
	struct cbor_reader r;
	struct bytes header, signature;

	if (in.len > LIMIT_RECORD)
		return err_set(e, ERR_LIMIT, "record", "size", "has %zu bytes, more than %d", in.len, LIMIT_RECORD);
	cbor_open(&r, in);
	cbor_tag(&r, COSE_SIGN1);
	cbor_array_of(&r, 4);
	header = cbor_bytes(&r);
	if (!bytes_equal(header, BYTES_OF(protected_header)))
		cbor_fail(&r, "protected header");
	if (cbor_map(&r) != 0)
		cbor_fail(&r, "unprotected header");
	*out_payload = cbor_bytes(&r);
	signature = cbor_bytes(&r);
	if (signature.len != SIGNATURE)
		cbor_fail(&r, "signature length");
	*out_signature = signature.p;
	return cbor_close(&r, "record", e);
}

/* RFC 9052 section 4.4: the Sig_structure up to the payload's bytes, which come last. */
static void
put_signed_head(const struct id *network, size_t payload_len, struct buf *out)
{
	const size_t word_len = sizeof(aad_word) - 1;

	cbor_put_array(out, 4);
	cbor_put_text(out, bytes_text("Signature1"));
	cbor_put_bytes(out, BYTES_OF(protected_header));
	cbor_put_bytes_head(out, word_len + ID_LEN);
	buf_put(out, aad_word, word_len);
	buf_put(out, network->b, ID_LEN);
	cbor_put_bytes_head(out, payload_len);
}

static void
put_signed(const struct id *network, struct bytes payload, struct buf *out)
{
	put_signed_head(network, payload.len, out);
	buf_put_bytes(out, payload);
}

static void
hash_signed(const struct id *network, struct bytes payload, const struct envelope_crypto *c, struct id *out)
{
	struct buf head = { 0 };
	struct bytes parts[2];

	put_signed_head(network, payload.len, &head);
	parts[0] = buf_bytes(&head);
	parts[1] = payload;
	c->hash(parts, 2, out);
	buf_free(&head);
}

enum err_code
envelope_read(struct bytes in, const struct id *network, const struct envelope_crypto *c,
    struct unverified *out, struct err *e)
{
	struct unverified u = { .envelope = in };
	enum err_code rc;

	if ((rc = open_envelope(in, &u.payload, &u.signature, e)) != ERR_OK ||
	    (rc = read_payload(u.payload, &u.claim, e)) != ERR_OK)
		return rc;
	hash_signed(network, u.payload, c, &u.id);
	*out = u;
	return ERR_OK;
}

enum err_code
envelope_verify(const struct unverified *u, const struct id *network, const struct envelope_crypto *c,
    struct verified *out, struct err *e)
{
	const struct id *key = u->claim.by_machine ? &u->claim.machine : &u->claim.author;
	struct buf message = { 0 };
	bool good;

	put_signed(network, u->payload, &message);
	good = c->verify(key, buf_bytes(&message), u->signature);
	buf_free(&message);
	if (!good)
		return err_set(e, ERR_DENIED, "record", "signature", "not made in this network by the %s key it names",
		    u->claim.by_machine ? "machine" : "organisation");
	*out = (struct verified){ u->envelope, u->claim, u->id };
	return ERR_OK;
}

void
envelope_trust(struct bytes stored, const struct id *network, const struct envelope_crypto *c,
    struct verified *out)
{
	struct unverified u;
	enum err_code rc = envelope_read(stored, network, c, &u, NULL);

	assert(rc == ERR_OK);
	*out = (struct verified){ u.envelope, u.claim, u.id };
}

void
envelope_peek(struct bytes stored, struct record *out)
{
	struct bytes payload;
	const uint8_t *signature;
	enum err_code rc = open_envelope(stored, &payload, &signature, NULL);
	struct cbor_reader r;

	assert(rc == ERR_OK);
	cbor_open_known(&r, payload);
	rc = read_fields(&r, out, NULL);
	assert(rc == ERR_OK);
}

/* What this program signs it must be able to read: a record that breaks the structure is our bug. */
static void
assert_structure(const struct record *r, struct bytes payload)
{
	struct record again;
	enum err_code rc = read_payload(payload, &again, NULL);

	assert(rc == ERR_OK);
	assert(bytes_equal(again.body, r->body));
}

enum err_code
envelope_sign(const struct record *r, const struct id *network, const struct envelope_crypto *c,
    void (*sign)(void *self, struct bytes message, uint8_t out[64]), void *self, struct buf *out,
    struct id *out_id, struct err *e)
{
	struct buf payload = { 0 }, message = { 0 };
	size_t before = out->len;
	uint8_t signature[SIGNATURE];
	enum err_code rc = ERR_OK;

	put_payload(r, &payload);
	assert_structure(r, buf_bytes(&payload));
	put_signed(network, buf_bytes(&payload), &message);
	sign(self, buf_bytes(&message), signature);

	cbor_put_tag(out, COSE_SIGN1);
	cbor_put_array(out, 4);
	cbor_put_bytes(out, BYTES_OF(protected_header));
	cbor_put_map(out, 0);
	cbor_put_bytes(out, buf_bytes(&payload));
	cbor_put_bytes(out, BYTES_OF(signature));
	if (out->len - before > LIMIT_RECORD) {
		rc = err_set(e, ERR_LIMIT, "record", "size", "would have %zu bytes, more than %d",
		    out->len - before, LIMIT_RECORD);
		out->len = before;
	} else {
		hash_signed(network, buf_bytes(&payload), c, out_id);
	}
	buf_free(&message);
	buf_free(&payload);
	return rc;
}

void
record_key(const struct record *r, const struct envelope_crypto *c, struct id *out)
{
	uint8_t kind[2];
	struct bytes parts[3] = { BYTES_OF(r->author), BYTES_OF(kind), BYTES_OF(r->name) };

	put_u16(kind, (uint16_t)r->kind);
	c->hash(parts, 3, out);
}
