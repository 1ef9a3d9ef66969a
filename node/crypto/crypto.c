#include "node/crypto/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CRYPTO_SEED == crypto_sign_SEEDBYTES, "seed");
_Static_assert(CRYPTO_SIGNATURE == crypto_sign_BYTES, "signature");
_Static_assert(ID_LEN == crypto_sign_PUBLICKEYBYTES, "public key");
_Static_assert(BOX_KEY == crypto_box_PUBLICKEYBYTES && BOX_KEY == crypto_box_SECRETKEYBYTES, "box key");
_Static_assert(BOX_SEALED == LOCK_KEY + crypto_box_SEALBYTES, "box");
_Static_assert(LOCK_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "lock key");
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(LOCK_EXTRA == NONCE + TAG, "lock");
_Static_assert(sizeof((struct sign_key){ 0 }.secret) == crypto_sign_SECRETKEYBYTES, "secret key");

void
crypto_start(void)
{
	if (sodium_init() >= 0)
		return;
	fputs("kilim: the cryptographic library does not start on this system\n", stderr);
	abort();
}

void
sign_key_new(struct sign_key *out)
{
	uint8_t seed[CRYPTO_SEED];

	randombytes_buf(seed, sizeof(seed));
	sign_key_from_seed(seed, out);
	sodium_memzero(seed, sizeof(seed));
}

void
sign_key_from_seed(const uint8_t seed[CRYPTO_SEED], struct sign_key *out)
{
	memmove(out->seed, seed, CRYPTO_SEED);
	crypto_sign_seed_keypair(out->public_key.b, out->secret, out->seed);
}

void
sign_key_wipe(struct sign_key *k)
{
	sodium_memzero(k, sizeof(*k));
}

void
sign_detached(const struct sign_key *k, struct bytes message, uint8_t out[CRYPTO_SIGNATURE])
{
	crypto_sign_detached(out, NULL, message.p, message.len, k->secret);
}

void
sign_for(void *self, struct bytes message, uint8_t out[CRYPTO_SIGNATURE])
{
	sign_detached(self, message, out);
}

bool
sign_verify(const struct id *public_key, struct bytes message, const uint8_t signature[CRYPTO_SIGNATURE])
{
	return crypto_sign_verify_detached(signature, message.p, message.len, public_key->b) == 0;
}

void
hash_parts(const struct bytes *key, const struct bytes *parts, size_t count, struct id *out)
{
	crypto_generichash_state state;

	assert(key == NULL || key->len >= crypto_generichash_KEYBYTES_MIN);
	assert(key == NULL || key->len <= crypto_generichash_KEYBYTES_MAX);
	crypto_generichash_init(&state, key ? key->p : NULL, key ? key->len : 0, ID_LEN);
	for (size_t i = 0; i < count; i++)
		crypto_generichash_update(&state, parts[i].p, parts[i].len);
	crypto_generichash_final(&state, out->b, ID_LEN);
	if (key)
		sodium_memzero(&state, sizeof(state));
}

void
hash_one(struct bytes data, struct id *out)
{
	hash_parts(NULL, &data, 1, out);
}

void
mac_one(const uint8_t key[32], struct bytes data, struct id *out)
{
	hash_parts(&(struct bytes){ key, 32 }, &data, 1, out);
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void
wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}

static void
hash_plain(const struct bytes *parts, size_t count, struct id *out)
{
	hash_parts(NULL, parts, count, out);
}

const struct envelope_crypto crypto_envelope = { hash_plain, sign_verify };

/* --- letters --- */

void
box_key_from_seed(const uint8_t seed[CRYPTO_SEED], struct box_key *out)
{
	struct bytes parts[] = { bytes_text("kilim/1 box"), { seed, CRYPTO_SEED } };
	struct id secret;

	hash_parts(NULL, parts, 2, &secret);
	memcpy(out->secret, secret.b, BOX_KEY);
	sodium_memzero(&secret, sizeof(secret));
	if (crypto_scalarmult_base(out->public_key, out->secret) != 0)
		abort();
}

void
lock_key_new(uint8_t out[LOCK_KEY])
{
	randombytes_buf(out, LOCK_KEY);
}

bool
box_seal(const uint8_t to[BOX_KEY], const uint8_t key[LOCK_KEY], uint8_t out[BOX_SEALED])
{
	return crypto_box_seal(out, key, LOCK_KEY, to) == 0;
}

bool
box_open(const struct box_key *k, const uint8_t sealed[BOX_SEALED], uint8_t out[LOCK_KEY])
{
	return crypto_box_seal_open(out, sealed, BOX_SEALED, k->public_key, k->secret) == 0;
}

void
lock_words(const uint8_t key[LOCK_KEY], struct bytes context, struct bytes words, struct buf *out)
{
	uint8_t *p = buf_grow(out, LOCK_EXTRA + words.len);

	randombytes_buf(p, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(p + NONCE, NULL, words.p, words.len, context.p, context.len, NULL, p, key);
}

bool
unlock_words(const uint8_t key[LOCK_KEY], struct bytes context, struct bytes locked, struct buf *out)
{
	uint8_t *p;

	if (locked.len < LOCK_EXTRA)
		return false;
	p = buf_grow(out, locked.len - LOCK_EXTRA);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(p, NULL, NULL, locked.p + NONCE, locked.len - NONCE, context.p, context.len,
	    locked.p, key) == 0)
		return true;
	buf_reset(out);
	return false;
}
