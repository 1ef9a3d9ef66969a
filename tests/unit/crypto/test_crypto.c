/* What node/crypto/crypto.h promises, against the vectors of RFC 8032 and BLAKE2. */
#include "node/crypto/crypto.h"

#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

TestSuite(crypto, .init = crypto_start);

static const struct {
	const char *seed, *public_key, *message, *signature;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

/* Keys and signatures are those of RFC 8032 section 7.1; a changed message, key or signature is refused. */
Test(crypto, ed25519)
{
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		uint8_t seed[CRYPTO_SEED], wanted[CRYPTO_SIGNATURE], made[CRYPTO_SIGNATURE];
		struct buf message = { 0 };
		struct sign_key key;
		struct id public_key;
		vectors_fixed(rfc8032[i].seed, seed, sizeof(seed));
		vectors_fixed(rfc8032[i].public_key, public_key.b, ID_LEN);
		vectors_fixed(rfc8032[i].signature, wanted, sizeof(wanted));
		vectors_hex(rfc8032[i].message, &message);
		sign_key_from_seed(seed, &key);
		cr_expect(id_equal(&key.public_key, &public_key));
		cr_expect_eq(memcmp(key.seed, seed, sizeof(seed)), 0);
		sign_detached(&key, buf_bytes(&message), made);
		cr_expect_eq(memcmp(made, wanted, sizeof(made)), 0);
		cr_expect(sign_verify(&public_key, buf_bytes(&message), made));
		made[0] ^= 1;
		cr_expect_not(sign_verify(&public_key, buf_bytes(&message), made));
		made[0] ^= 1;
		public_key.b[3] ^= 1;
		cr_expect_not(sign_verify(&public_key, buf_bytes(&message), made));
		public_key.b[3] ^= 1;
		buf_put_u8(&message, 0);
		cr_expect_not(sign_verify(&public_key, buf_bytes(&message), made));
		buf_free(&message);
	}
}

/* A key of small order, for which one signature would fit every message, verifies nothing. */
Test(crypto, weak_keys)
{
	struct id key = { { 1 } };
	uint8_t signature[CRYPTO_SIGNATURE] = { 1 };

	cr_expect_not(sign_verify(&key, bytes_text("any"), signature));
	memset(&key, 0, sizeof(key));
	cr_expect_not(sign_verify(&key, bytes_text("any"), signature));
}

/* New keys differ, and the seed is all that must be kept. */
Test(crypto, new_keys)
{
	struct sign_key a, b, again;

	sign_key_new(&a);
	sign_key_new(&b);
	cr_expect_not(id_equal(&a.public_key, &b.public_key));
	sign_key_from_seed(a.seed, &again);
	cr_expect_eq(memcmp(&a, &again, sizeof(a)), 0);
	sign_key_from_seed(again.seed, &again);
	cr_expect_eq(memcmp(&a, &again, sizeof(a)), 0, "a key's own seed may be given");
	sign_key_wipe(&a);
	for (size_t i = 0; i < sizeof(a); i++)
		cr_expect_eq(((const uint8_t *)&a)[i], 0);
}

static void
expect_hash(const struct id *is, const char *hex)
{
	struct id wanted;

	vectors_fixed(hex, wanted.b, ID_LEN);
	cr_expect(id_equal(is, &wanted), "%s", hex);
}

/* Hashes are BLAKE2b with 32 bytes of output. */
Test(crypto, blake2b)
{
	struct id out;

	hash_one((struct bytes){ 0 }, &out);
	expect_hash(&out, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	hash_one(bytes_text("abc"), &out);
	expect_hash(&out, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

/* A hash over parts is the hash over all of them together, with a key and without. */
Test(crypto, parts)
{
	uint8_t text[500];
	struct id key = { { 9 } }, whole, parts;
	struct bytes keyed = BYTES_OF(key);

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 11);
	for (size_t cut = 0; cut <= sizeof(text); cut += 50) {
		struct bytes two[] = { { text, cut }, { text + cut, sizeof(text) - cut } };
		hash_one(BYTES_OF(text), &whole);
		hash_parts(NULL, two, 2, &parts);
		cr_expect(id_equal(&whole, &parts));
		crypto_envelope.hash(two, 2, &parts);
		cr_expect(id_equal(&whole, &parts));
		mac_one(key.b, BYTES_OF(text), &whole);
		hash_parts(&keyed, two, 2, &parts);
		cr_expect(id_equal(&whole, &parts));
	}
}

/* Keyed hashes are those of BLAKE2b's own key, not a prefix. */
Test(crypto, keyed)
{
	uint8_t key[32];
	struct id out;

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	mac_one(key, bytes_text("kilim"), &out);
	expect_hash(&out, "eeb07fca82ecd6b627217012e38bb32c73d4f1b296315fd729819cfb99243f79");
}

/* A key that BLAKE2b does not take is a fault of ours. */
Test(crypto, short_key, .signal = SIGABRT)
{
	struct bytes key = bytes_text("fifteen bytes..");
	struct id out;

	hash_parts(&key, NULL, 0, &out);
}

/* Secrets compare by all bytes, and are gone after being wiped. */
Test(crypto, secrets)
{
	uint8_t a[32] = { 1, 2, 3 }, b[32] = { 1, 2, 3 };

	cr_expect(secret_equal(a, b, sizeof(a)));
	b[31] = 1;
	cr_expect_not(secret_equal(a, b, sizeof(a)));
	cr_expect(secret_equal(a, b, 31));
	wipe(a, sizeof(a));
	memset(b, 0, sizeof(b));
	cr_expect_eq(memcmp(a, b, sizeof(a)), 0);
}

/* Starting again does no harm. */
Test(crypto, start_twice)
{
	crypto_start();
	crypto_start();
}

/* A key for letters follows from the seed alone; an independent library comes to the same. */
Test(crypto, box_key)
{
	uint8_t seed[CRYPTO_SEED] = { 7 };
	struct box_key a, b;
	struct id public_key;

	box_key_from_seed(seed, &a);
	box_key_from_seed(seed, &b);
	cr_expect_eq(memcmp(&a, &b, sizeof a), 0);
	cr_expect_neq(memcmp(a.secret, seed, BOX_KEY), 0);
	memcpy(public_key.b, a.public_key, BOX_KEY);
	expect_hash(&public_key, "ed28719bbfbac5deff8b9eff4c057fd6dc7d7431c19e3b2f1c97e8ee566a3878");
	seed[31] = 1;
	box_key_from_seed(seed, &b);
	cr_expect_neq(memcmp(a.public_key, b.public_key, BOX_KEY), 0);
}

/* Words open with their key in their context, and not with any bit of them changed. */
Test(crypto, letters)
{
	uint8_t seed[CRYPTO_SEED] = { 1 }, other[CRYPTO_SEED] = { 2 }, key[LOCK_KEY], found[LOCK_KEY], sealed[BOX_SEALED];
	static const uint8_t no_key[BOX_KEY];
	struct buf locked = { 0 }, again = { 0 }, words = { 0 };
	struct box_key reader, stranger;

	box_key_from_seed(seed, &reader);
	box_key_from_seed(other, &stranger);
	lock_key_new(key);
	cr_expect_not(box_seal(no_key, key, sealed));
	cr_assert(box_seal(reader.public_key, key, sealed));
	cr_assert(box_open(&reader, sealed, found));
	cr_expect_eq(memcmp(found, key, LOCK_KEY), 0);
	cr_expect_not(box_open(&stranger, sealed, found));
	sealed[BOX_SEALED - 1] ^= 1;
	cr_expect_not(box_open(&reader, sealed, found));
	lock_words(key, bytes_text("here"), bytes_text("caution"), &locked);
	cr_assert_eq(locked.len, 7 + LOCK_EXTRA);
	cr_assert(unlock_words(key, bytes_text("here"), buf_bytes(&locked), &words));
	cr_expect(bytes_equal(buf_bytes(&words), bytes_text("caution")));
	buf_reset(&words);
	cr_expect_not(unlock_words(key, bytes_text("there"), buf_bytes(&locked), &words));
	cr_expect_eq(words.len, 0);
	for (size_t i = 0; i < locked.len; i++) {
		locked.p[i] ^= 4;
		cr_expect_not(unlock_words(key, bytes_text("here"), buf_bytes(&locked), &words), "byte %zu", i);
		locked.p[i] ^= 4;
	}
	cr_expect_not(unlock_words(key, bytes_text("here"), (struct bytes){ locked.p, LOCK_EXTRA - 1 }, &words));
	lock_words(key, bytes_text("here"), bytes_text("caution"), &again);
	cr_expect_not(bytes_equal(buf_bytes(&locked), buf_bytes(&again)), "the same words are never the same bytes");
	buf_free(&locked);
	buf_free(&again);
	buf_free(&words);
}
