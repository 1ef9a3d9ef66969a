/*
 * crypto - signatures, hashes and sealed boxes; the only room that knows libsodium.
 *
 * Source   proto/records.md section 1 (ids), section 3 (signatures)
 * Law      crypto_start comes first; secret bytes are zeroed by whoever owned them
 */
#ifndef KILIM_CRYPTO_CRYPTO_H
#define KILIM_CRYPTO_CRYPTO_H

#include "proto/buf.h"
#include "proto/envelope.h"
#include "proto/id.h"

/* Prepare the library; our bug or a broken system ends the process. Idempotent, any thread. */
void crypto_start(void);

#define CRYPTO_SEED 32
#define CRYPTO_SIGNATURE 64
struct sign_key {
	uint8_t seed[CRYPTO_SEED];   /* the organisation's secret: all that must be kept */
	uint8_t secret[64];          /* libsodium's expanded form */
	struct id public_key;
};
void sign_key_new(struct sign_key *out);
void sign_key_from_seed(const uint8_t seed[CRYPTO_SEED], struct sign_key *out);
void sign_key_wipe(struct sign_key *k);
void sign_detached(const struct sign_key *k, struct bytes message, uint8_t out[CRYPTO_SIGNATURE]);
/* The same as a callback for envelope_sign; SELF is a struct sign_key. */
void sign_for(void *self, struct bytes message, uint8_t out[CRYPTO_SIGNATURE]);
bool sign_verify(const struct id *public_key, struct bytes message, const uint8_t signature[CRYPTO_SIGNATURE]);

/* BLAKE2b-256 over the concatenation of PARTS; KEY (16 to 64 bytes) may be NULL. */
void hash_parts(const struct bytes *key, const struct bytes *parts, size_t count, struct id *out);
void hash_one(struct bytes data, struct id *out);
/* HMAC of the joining protocol: BLAKE2b-256 keyed with KEY. */
void mac_one(const uint8_t key[32], struct bytes data, struct id *out);
/* Constant time. */
bool secret_equal(const void *a, const void *b, size_t len);
void wipe(void *p, size_t len);

/*
 * Letters: a key that is boxed for each reader, and words that are locked with it. A reader's key follows from the seed of
 * the organisation, so it is in every copy of that seed and nowhere else.
 */
#define BOX_KEY 32
struct box_key {
	uint8_t secret[BOX_KEY], public_key[BOX_KEY];
};
void box_key_from_seed(const uint8_t seed[CRYPTO_SEED], struct box_key *out);
#define LOCK_KEY 32
void lock_key_new(uint8_t out[LOCK_KEY]);
#define BOX_SEALED (LOCK_KEY + 48)
/* KEY for whoever holds the secret of TO; nobody sees by whom. False: TO is no public key. */
bool box_seal(const uint8_t to[BOX_KEY], const uint8_t key[LOCK_KEY], uint8_t out[BOX_SEALED]);
bool box_open(const struct box_key *k, const uint8_t sealed[BOX_SEALED], uint8_t out[LOCK_KEY]);
/* Appends WORDS, which nobody reads or changes without KEY, or in another CONTEXT. */
#define LOCK_EXTRA 40
void lock_words(const uint8_t key[LOCK_KEY], struct bytes context, struct bytes words, struct buf *out);
/* False: another key, another context, or other bytes. OUT, which is empty, gets the words. */
bool unlock_words(const uint8_t key[LOCK_KEY], struct bytes context, struct bytes locked, struct buf *out);

/* What proto/envelope needs, with this room's functions. */
extern const struct envelope_crypto crypto_envelope;

#endif
