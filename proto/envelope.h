/*
 * envelope - signed records: COSE_Sign1 bytes in, fields out, and back.
 *
 * Source   proto/records.md section 3; RFC 9052 section 4.2 (COSE_Sign1), RFC 9053 section 2.2 (EdDSA)
 * Shape    18([ h'a10127', {}, payload, signature ]), external_aad "kilim/1" || network id
 * Law      bytes are kept and passed on as they came; nothing is ever encoded again to be verified
 *          an unverified record is another C type than a verified one
 *          the record id hashes the Sig_structure, never the signature
 */
#ifndef KILIM_PROTO_ENVELOPE_H
#define KILIM_PROTO_ENVELOPE_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/id.h"

enum record_state { RECORD_LIVE = 0, RECORD_WITHDRAWN = 1 };
enum audience { AUDIENCE_PUBLIC, AUDIENCE_MEMBERS, AUDIENCE_CSO, AUDIENCES };

/* The payload's fields. Views borrow the envelope's bytes. */
struct record {
	struct id author;
	uint32_t kind;               /* collection x 256 + n */
	struct uuid name;
	uint64_t stamp;
	int64_t expires;             /* Unix s, 0: never; ends the display only */
	enum record_state state;
	enum audience audience;
	bool by_machine;
	struct id machine;           /* when by_machine */
	struct bytes body;           /* one CBOR map; empty when withdrawn */
};
#define record_collection(r) ((r)->kind >> 8)

struct unverified {
	struct bytes envelope;       /* the whole COSE_Sign1 */
	struct record claim;         /* what it says of itself */
	struct id id;
	struct bytes payload;
	const uint8_t *signature;    /* 64 bytes */
};
struct verified {
	struct bytes envelope;
	struct record record;
	struct id id;
};

/* Hash and signature check are handed in: proto has neither. */
struct envelope_crypto {
	void (*hash)(const struct bytes *parts, size_t count, struct id *out);
	bool (*verify)(const struct id *public_key, struct bytes message, const uint8_t signature[64]);
};

/*
 * Decode; NETWORK is the id of the network (all zero for the first charter). OUT borrows IN.
 *   ERR_LIMIT    longer than LIMIT_RECORD
 *   ERR_INPUT    not canonical, or breaks the structure that every version agrees on
 * Structure: keys 1..4, 6 and 8 present; 7 present exactly when live, absent when withdrawn; author 32, name 16
 * bytes; kind 1..65535; state 0..1; audience 0..2; expires >= 1 when present; unknown payload keys are allowed
 * above 9 and kept (they are part of the bytes).
 */
enum err_code envelope_read(struct bytes in, const struct id *network, const struct envelope_crypto *c,
    struct unverified *out, struct err *e);
/* ERR_DENIED: the signature is not by the key it names (machine key when by_machine, else author). */
enum err_code envelope_verify(const struct unverified *u, const struct id *network,
    const struct envelope_crypto *c, struct verified *out, struct err *e);
/* For the store's own bytes, which were verified when they came in. Asserts that they decode. */
void envelope_trust(struct bytes stored, const struct id *network, const struct envelope_crypto *c, struct verified *out);
/* Fields of a stored envelope without its id: cheaper; asserts that it decodes. */
void envelope_peek(struct bytes stored, struct record *out);

/*
 * Sign: encode R's payload, let SIGN make 64 bytes over the Sig_structure, append the envelope to OUT.
 * ERR_LIMIT: longer than LIMIT_RECORD. The body must be canonical CBOR (assert).
 */
enum err_code envelope_sign(const struct record *r, const struct id *network, const struct envelope_crypto *c,
    void (*sign)(void *self, struct bytes message, uint8_t out[64]), void *self,
    struct buf *out, struct id *out_id, struct err *e);

/*
 * The key of a record: hash of author, kind (2 bytes, big-endian) and name; quotas and erasures are about keys.
 * Of a lasting kind the key is the record id instead, which the caller knows.
 */
void record_key(const struct record *r, const struct envelope_crypto *c, struct id *out);

#endif
