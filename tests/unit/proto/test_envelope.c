/* What proto/envelope.h promises: records are read, verified and signed as proto/records.md says. */
#include "proto/envelope.h"

#include "node/crypto/crypto.h"
#include "proto/cbor.h"
#include "proto/limits.h"
#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TestSuite(envelope, .init = crypto_start);

static void
sign(void *self, struct bytes message, uint8_t out[64])
{
	sign_detached(self, message, out);
}

enum { WHAT, KNOWN, NETWORK, SEED, AUTHOR, KIND, NAME, STAMP, EXPIRES, STATE, BODY, AUDIENCE, MACHINE, ID, KEY, BYTES,
	COLUMNS };

/* The fields that a golden line states; BODY holds the body's bytes. */
static void
record_of(const char *const *column, struct record *out, struct buf *body)
{
	*out = (struct record){ 0 };
	vectors_fixed(column[AUTHOR], out->author.b, ID_LEN);
	vectors_fixed(column[NAME], out->name.b, UUID_LEN);
	vectors_hex(column[BODY], body);
	out->kind = (uint32_t)strtoul(column[KIND], NULL, 10);
	out->stamp = strtoull(column[STAMP], NULL, 10);
	out->expires = strtoll(column[EXPIRES], NULL, 10);
	out->state = strcmp(column[STATE], "1") == 0 ? RECORD_WITHDRAWN : RECORD_LIVE;
	out->audience = (enum audience)atoi(column[AUDIENCE]);
	out->by_machine = strcmp(column[MACHINE], "-") != 0;
	if (out->by_machine)
		vectors_fixed(column[MACHINE], out->machine.b, ID_LEN);
	out->body = buf_bytes(body);
}

static void
expect_record(const struct record *is, const struct record *wanted, const char *where)
{
	cr_expect(id_equal(&is->author, &wanted->author), "%s: author", where);
	cr_expect_eq(is->kind, wanted->kind, "%s: kind", where);
	cr_expect_eq(record_collection(is), wanted->kind / 256, "%s: collection", where);
	cr_expect(uuid_equal(&is->name, &wanted->name), "%s: name", where);
	cr_expect_eq(is->stamp, wanted->stamp, "%s: stamp", where);
	cr_expect_eq(is->expires, wanted->expires, "%s: expires", where);
	cr_expect_eq(is->state, wanted->state, "%s: state", where);
	cr_expect_eq(is->audience, wanted->audience, "%s: audience", where);
	cr_expect_eq(is->by_machine, wanted->by_machine, "%s: machine", where);
	cr_expect(id_equal(&is->machine, &wanted->machine), "%s: machine key", where);
	cr_expect(bytes_equal(is->body, wanted->body), "%s: body", where);
}

static void
good_line(const char *const *column, const char *where)
{
	struct buf body = { 0 }, in = { 0 };
	struct record wanted, peeked;
	struct id network, id, key;
	struct unverified u;
	struct verified v;
	struct err e = { 0 };

	record_of(column, &wanted, &body);
	vectors_fixed(column[NETWORK], network.b, ID_LEN);
	vectors_fixed(column[ID], id.b, ID_LEN);
	vectors_hex(column[BYTES], &in);
	cr_assert_eq(envelope_read(buf_bytes(&in), &network, &crypto_envelope, &u, &e), ERR_OK, "%s: %s", where, e.rule);
	expect_record(&u.claim, &wanted, where);
	cr_expect(id_equal(&u.id, &id), "%s: id", where);
	cr_assert_eq(envelope_verify(&u, &network, &crypto_envelope, &v, &e), ERR_OK, "%s: %s", where, e.rule);
	expect_record(&v.record, &wanted, where);
	cr_expect(id_equal(&v.id, &id), "%s: id when verified", where);
	cr_expect(v.envelope.p == in.p && v.envelope.len == in.len, "%s: not the same bytes", where);

	envelope_trust(buf_bytes(&in), &network, &crypto_envelope, &v);
	expect_record(&v.record, &wanted, where);
	cr_expect(id_equal(&v.id, &id), "%s: id when trusted", where);
	envelope_peek(buf_bytes(&in), &peeked);
	expect_record(&peeked, &wanted, where);
	vectors_fixed(column[KEY], id.b, ID_LEN);
	record_key(&peeked, &crypto_envelope, &key);
	cr_expect(id_equal(&key, &id), "%s: record key", where);
	buf_free(&body);
	buf_free(&in);
}

/* Golden records are read, verified and named as the second implementation wrote them. */
Test(envelope, good_vectors)
{
	vectors_each("envelope/good.txt", COLUMNS, good_line);
}

static void
sign_line(const char *const *column, const char *where)
{
	uint8_t seed[CRYPTO_SEED];
	struct buf body = { 0 }, out = { 0 }, wanted = { 0 };
	struct sign_key key;
	struct record r;
	struct id network, id, wanted_id;
	struct err e;

	if (strcmp(column[KNOWN], "known") != 0)
		return;
	record_of(column, &r, &body);
	vectors_fixed(column[NETWORK], network.b, ID_LEN);
	vectors_fixed(column[ID], wanted_id.b, ID_LEN);
	vectors_fixed(column[SEED], seed, sizeof(seed));
	vectors_hex(column[BYTES], &wanted);
	sign_key_from_seed(seed, &key);
	buf_put_text(&out, "before");
	cr_expect_eq(envelope_sign(&r, &network, &crypto_envelope, sign, &key, &out, &id, &e), ERR_OK, "%s", where);
	cr_expect_eq(out.len, 6 + wanted.len, "%s", where);
	cr_expect_eq(memcmp(out.p + 6, wanted.p, wanted.len), 0, "%s: other bytes", where);
	cr_expect(id_equal(&id, &wanted_id), "%s: other id", where);
	buf_free(&body);
	buf_free(&out);
	buf_free(&wanted);
}

/* Signing the fields of a golden record gives the golden bytes and id, behind what was there. */
Test(envelope, signing_gives_the_golden_bytes)
{
	vectors_each("envelope/good.txt", COLUMNS, sign_line);
}

static void
bad_line(const char *const *column, const char *where)
{
	bool at_read = strcmp(column[0], "read") == 0;
	struct buf in = { 0 };
	struct unverified u, untouched;
	struct verified v;
	struct id network;
	struct err e = { 0 };
	enum err_code rc;

	memset(&u, 0x5a, sizeof(u));
	untouched = u;
	vectors_fixed(column[3], network.b, ID_LEN);
	vectors_hex(column[4], &in);
	rc = envelope_read(buf_bytes(&in), &network, &crypto_envelope, &u, &e);
	if (at_read) {
		cr_expect_eq(rc, ERR_INPUT, "%s: %s", where, column[2]);
		cr_expect_eq(memcmp(&u, &untouched, sizeof(u)), 0, "%s: the output was touched", where);
	} else {
		cr_assert_eq(rc, ERR_OK, "%s: %s: %s", where, column[2], e.rule);
		rc = envelope_verify(&u, &network, &crypto_envelope, &v, &e);
		cr_expect_eq(rc, ERR_DENIED, "%s: %s", where, column[2]);
	}
	cr_expect_str_eq(e.rule, column[1], "%s: %s", where, column[2]);
	buf_free(&in);
}

/* Bad records are refused at the step and by the rule that their line names. */
Test(envelope, bad_vectors)
{
	vectors_each("envelope/bad.txt", 5, bad_line);
}

struct fixture {
	struct sign_key key;
	struct id network, id;
	struct buf body, out;
	struct record r;
	struct err e;
};

static void
open_fixture(struct fixture *f)
{
	static const uint8_t seed[CRYPTO_SEED] = "the seed of a test, thirty-two!";

	*f = (struct fixture){ 0 };
	sign_key_from_seed(seed, &f->key);
	f->network.b[0] = 7;
	cbor_put_map(&f->body, 1);
	cbor_put_uint(&f->body, 40);
	cbor_put_text(&f->body, bytes_text("Safe house"));
	f->r = (struct record){ .author = f->key.public_key, .kind = 0x0101, .stamp = 1 << 16, .body = buf_bytes(&f->body),
		.audience = AUDIENCE_MEMBERS };
}

static void
close_fixture(struct fixture *f)
{
	buf_free(&f->body);
	buf_free(&f->out);
}

static enum err_code
sign_fixture(struct fixture *f)
{
	buf_reset(&f->out);
	return envelope_sign(&f->r, &f->network, &crypto_envelope, sign, &f->key, &f->out, &f->id, &f->e);
}

/* Not one bit of a record can be changed: it no longer decodes, or the signature does not fit. */
Test(envelope, every_bit_counts)
{
	struct fixture f;

	open_fixture(&f);
	cr_assert_eq(sign_fixture(&f), ERR_OK);
	for (size_t bit = 0; bit < f.out.len * 8; bit++) {
		struct unverified u;
		struct verified v;
		f.out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (envelope_read(buf_bytes(&f.out), &f.network, &crypto_envelope, &u, &f.e) == ERR_OK)
			cr_expect_eq(envelope_verify(&u, &f.network, &crypto_envelope, &v, &f.e), ERR_DENIED,
			    "bit %zu", bit);
		f.out.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	close_fixture(&f);
}

/* The id is of what was signed, not of the signature: another signature leaves it as it is. */
Test(envelope, id_without_the_signature)
{
	struct fixture f;
	struct unverified u;

	open_fixture(&f);
	cr_assert_eq(sign_fixture(&f), ERR_OK);
	f.out.p[f.out.len - 1] ^= 1;
	cr_assert_eq(envelope_read(buf_bytes(&f.out), &f.network, &crypto_envelope, &u, &f.e), ERR_OK);
	cr_expect(id_equal(&u.id, &f.id));
	f.network.b[0] ^= 1;
	cr_assert_eq(envelope_read(buf_bytes(&f.out), &f.network, &crypto_envelope, &u, &f.e), ERR_OK);
	cr_expect_not(id_equal(&u.id, &f.id), "the network is part of what was signed");
	close_fixture(&f);
}

static void
grow_body(struct fixture *f, size_t text_len)
{
	buf_reset(&f->body);
	cbor_put_map(&f->body, 1);
	cbor_put_uint(&f->body, 1);
	cbor_put_bytes_head(&f->body, text_len);
	memset(buf_grow(&f->body, text_len), 0, text_len);
	f->r.body = buf_bytes(&f->body);
}

/* A record of LIMIT_RECORD bytes is signed and read; one byte more is neither. */
Test(envelope, largest_record)
{
	struct fixture f;
	struct unverified u;
	size_t fits;

	open_fixture(&f);
	grow_body(&f, 60000);
	cr_assert_eq(sign_fixture(&f), ERR_OK);
	fits = 60000 + LIMIT_RECORD - f.out.len;
	grow_body(&f, fits);
	cr_assert_eq(sign_fixture(&f), ERR_OK);
	cr_expect_eq(f.out.len, LIMIT_RECORD);
	cr_expect_eq(envelope_read(buf_bytes(&f.out), &f.network, &crypto_envelope, &u, &f.e), ERR_OK);

	buf_put_u8(&f.out, 0);
	cr_expect_eq(envelope_read(buf_bytes(&f.out), &f.network, &crypto_envelope, &u, &f.e), ERR_LIMIT);
	cr_expect_str_eq(f.e.rule, "size");
	grow_body(&f, fits + 1);
	cr_expect_eq(sign_fixture(&f), ERR_LIMIT);
	cr_expect_eq(f.out.len, 0, "nothing is appended");
	close_fixture(&f);
}

/* The key of a record depends on author, kind and name, and on nothing else. */
Test(envelope, record_key)
{
	struct fixture f;
	struct id first, other;
	struct record r;

	open_fixture(&f);
	record_key(&f.r, &crypto_envelope, &first);
	r = f.r;
	r.stamp++;
	r.state = RECORD_WITHDRAWN;
	r.audience = AUDIENCE_CSO;
	r.expires = 5;
	record_key(&r, &crypto_envelope, &other);
	cr_expect(id_equal(&first, &other));
	r = f.r;
	r.kind++;
	record_key(&r, &crypto_envelope, &other);
	cr_expect_not(id_equal(&first, &other));
	r = f.r;
	r.name.b[15]++;
	record_key(&r, &crypto_envelope, &other);
	cr_expect_not(id_equal(&first, &other));
	r = f.r;
	r.author.b[0]++;
	record_key(&r, &crypto_envelope, &other);
	cr_expect_not(id_equal(&first, &other));
	close_fixture(&f);
}

/* A withdrawn record with a body is a fault of ours. */
Test(envelope, signing_a_broken_record, .signal = SIGABRT)
{
	struct fixture f;

	open_fixture(&f);
	f.r.state = RECORD_WITHDRAWN;
	sign_fixture(&f);
}

/* A body that is not canonical is a fault of ours. */
Test(envelope, signing_a_broken_body, .signal = SIGABRT)
{
	static const uint8_t broken[] = { 0xa1, 0x18, 0x01, 0x00 };
	struct fixture f;

	open_fixture(&f);
	f.r.body = BYTES_OF(broken);
	sign_fixture(&f);
}

/* Bytes of the store that do not decode are a fault of ours. */
Test(envelope, trusting_broken_bytes, .signal = SIGABRT)
{
	struct record r;

	envelope_peek(bytes_text("no record"), &r);
}
