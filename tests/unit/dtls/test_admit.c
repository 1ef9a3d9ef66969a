#include "node/dtls/inside.h"
#include "tests/unit/dtls/pair.h"

TestSuite(admit, .fini = close_ends, .timeout = 120);

/* An identity that dtls_identity_make would never make. */
static struct dtls_identity *
odd_identity(mbedtls_ecp_group_id curve, bool authority, mbedtls_md_type_t hash)
{
	struct dtls_identity *i = calloc(1, sizeof *i);
	mbedtls_x509write_cert c;
	uint8_t der[2048], serial[] = { 0x41, 2, 3 };
	int len;

	crypto_start();
	mbedtls_pk_init(&i->key);
	mbedtls_x509_crt_init(&i->certificate);
	cr_assert_eq(mbedtls_pk_setup(&i->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
	cr_assert_eq(mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(i->key), mbed_random, mbed_world(&test_world)), 0);
	mbedtls_x509write_crt_init(&c);
	mbedtls_x509write_crt_set_md_alg(&c, hash);
	mbedtls_x509write_crt_set_subject_key(&c, &i->key);
	mbedtls_x509write_crt_set_issuer_key(&c, &i->key);
	mbed_set_serial(&c, serial, sizeof serial);
	cr_assert_eq(mbedtls_x509write_crt_set_subject_name(&c, "CN=odd"), 0);
	cr_assert_eq(mbedtls_x509write_crt_set_issuer_name(&c, "CN=odd"), 0);
	/* Long over: dates are ignored. */
	cr_assert_eq(mbedtls_x509write_crt_set_validity(&c, "20010101000000", "20010102000000"), 0);
	cr_assert_eq(mbedtls_x509write_crt_set_basic_constraints(&c, authority, -1), 0);
	len = mbedtls_x509write_crt_der(&c, der, sizeof der, mbed_random, mbed_world(&test_world));
	cr_assert_gt(len, 0);
	cr_assert_eq(mbedtls_x509_crt_parse_der(&i->certificate, der + sizeof der - len, (size_t)len), 0);
	mbedtls_x509write_crt_free(&c);
	world_random(&test_world, &i->node, sizeof i->node);
	return i;
}

static struct end *
open_odd(mbedtls_ecp_group_id curve, bool authority, mbedtls_md_type_t hash)
{
	return open_end_with(odd_identity(curve, authority, hash), (struct dtls_options){ .accept = true },
	    "127.0.0.1:0");
}

/* The frame of the next tests: a foreign P-256 certificate, expired, not of our making, is let in. */
Test(admit, names_and_dates_are_ignored)
{
	struct end *a = open_odd(MBEDTLS_ECP_DP_SECP256R1, false, MBEDTLS_MD_SHA256), *b = open_end();

	dial(a, b, NULL, NULL);
	UNTIL(a->session && b->session);
}

/* A dialler whose certificate claims to be an authority is refused before its key is looked at. */
Test(admit, authority_is_refused_as_client)
{
	struct end *a = open_odd(MBEDTLS_ECP_DP_SECP256R1, true, MBEDTLS_MD_SHA256), *b = open_end();

	dial(a, b, NULL, NULL);
	UNTIL(a->failed == 1 && dtls_counts(b->d)->pending == 0);
	cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	cr_assert_eq(dtls_counts(b->d)->refused_key, 1u);
	cr_assert_eq(b->judged + b->opened, 0u);
}

/* So is a listener's. */
Test(admit, authority_is_refused_as_server)
{
	struct end *a = open_end(), *b = open_odd(MBEDTLS_ECP_DP_SECP256R1, true, MBEDTLS_MD_SHA256);

	dial(a, b, NULL, NULL);
	UNTIL(a->failed == 1);
	cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	cr_assert_eq(dtls_counts(a->d)->refused_key, 1u);
	cr_assert_eq(a->judged + b->judged, 0u);
}

/* Any curve but P-256, any hash but SHA-256 below the certificate: no session. */
Test(admit, other_curves_and_hashes_are_refused)
{
	static const struct {
		mbedtls_ecp_group_id curve;
		mbedtls_md_type_t hash;
	} rows[] = {
		{ MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_MD_SHA256 },
		{ MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_MD_SHA256 },
		{ MBEDTLS_ECP_DP_SECP256K1, MBEDTLS_MD_SHA256 },
		{ MBEDTLS_ECP_DP_BP256R1, MBEDTLS_MD_SHA256 },
		{ MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_MD_SHA1 },
		{ MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_MD_SHA512 },
	};
	struct end *b = open_end();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct end *a = open_odd(rows[i].curve, false, rows[i].hash);

		dial(a, b, NULL, NULL);
		UNTIL(a->failed == 1 && dtls_counts(b->d)->pending == 0);
		cr_assert_eq(b->opened + b->judged, 0u, "row %zu", i);
		close_end(a);
	}
	cr_assert_eq(dtls_counts(b->d)->refused_key, sizeof rows / sizeof *rows);
}

/* A chain of two certificates is refused, although the first would do. */
Test(admit, chains_are_refused)
{
	struct dtls_identity *i = odd_identity(MBEDTLS_ECP_DP_SECP256R1, false, MBEDTLS_MD_SHA256);
	struct dtls_identity *more = odd_identity(MBEDTLS_ECP_DP_SECP256R1, false, MBEDTLS_MD_SHA256);
	struct end *a, *b = open_end();

	cr_assert_eq(mbedtls_x509_crt_parse_der(&i->certificate, more->certificate.raw.p, more->certificate.raw.len),
	    0);
	dtls_identity_free(more);
	a = open_end_with(i, (struct dtls_options){ .accept = true }, "127.0.0.1:0");
	dial(a, b, NULL, NULL);
	UNTIL(a->failed == 1);
	cr_assert_eq(b->opened + b->judged, 0u);
	cr_assert_eq(dtls_counts(b->d)->refused_key, 1u);
}

/* Somebody else's certificate without its key fails before the owner is asked: membership is not shown. */
Test(admit, a_borrowed_certificate_is_not_judged)
{
	struct dtls_identity *i = odd_identity(MBEDTLS_ECP_DP_SECP256R1, false, MBEDTLS_MD_SHA256);
	struct dtls_identity *other = odd_identity(MBEDTLS_ECP_DP_SECP256R1, false, MBEDTLS_MD_SHA256);
	mbedtls_pk_context key = i->key;
	struct end *a, *b = open_end();

	i->key = other->key;
	other->key = key;
	dtls_identity_free(other);
	a = open_end_with(i, (struct dtls_options){ .accept = true }, "127.0.0.1:0");
	dial(a, b, NULL, NULL);
	UNTIL(dtls_counts(b->d)->handshakes_failed == 1);
	clock_ahead += 31000; /* nobody tells a thief what was wrong */
	UNTIL(a->failed == 1);
	cr_assert_eq(b->judged + b->opened, 0u);
}

/* One who dials itself is refused, at the address it is bound to and at another. */
Test(admit, ourselves_are_refused)
{
	struct end *a = open_end_with(new_identity(), (struct dtls_options){ .accept = true }, "0.0.0.0:0");
	union address to;
	struct err e = { 0 };

	for (unsigned i = 1; i <= 2; i++) {
		cr_assert_eq(address_parse(i == 1 ? "127.0.0.1:0" : "127.0.0.9:0", true, &to, &e), ERR_OK);
		address_set_port(&to, address_port(dtls_address(a->d)));
		cr_assert_eq(dtls_dial(a->d, &to, NULL, NULL, &e), ERR_OK);
		UNTIL(a->failed == i);
		cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	}
	cr_assert_eq(a->opened, 0u);
}

/* Strangers of one address may begin ten handshakes, then five a minute; the eleventh is not answered. */
Test(admit, strangers_have_a_budget)
{
	struct end *b = open_end();
	unsigned let_in = 0;

	b->verdict = DTLS_REFUSE;
	for (int i = 0; i < LIMIT_STRANGERS_BURST; i++) {
		struct end *a = open_end();

		dial(a, b, NULL, NULL);
		UNTIL(a->failed == 1);
		close_end(a);
		let_in++;
	}
	cr_assert_eq(dtls_counts(b->d)->refused_key, let_in);
	struct end *a = open_end();

	dial(a, b, NULL, NULL);
	UNTIL(dtls_counts(b->d)->refused_budget == 1);
	cr_assert_eq(dtls_counts(b->d)->refused_key, let_in);
	/* A token later the same hello, sent again, is heard. */
	clock_ahead += 60000 / LIMIT_STRANGERS_MIN + 1;
	close_end(a);
	a = open_end();
	dial(a, b, NULL, NULL);
	UNTIL(a->failed == 1);
	cr_assert_eq(dtls_counts(b->d)->refused_key, let_in + 1u);
}

/* Members cost their address nothing: thirty of them connect, one after the other. */
Test(admit, members_have_no_budget)
{
	struct end *b = open_end();

	for (unsigned i = 1; i <= 3 * LIMIT_STRANGERS_BURST; i++) {
		struct end *a = open_end();

		dial(a, b, NULL, NULL);
		UNTIL(b->opened == i);
		close_end(a);
	}
	cr_assert_eq(dtls_counts(b->d)->refused_budget, 0u);
}

/* An address that a node has left, without a word or with one, is free for another. */
Test(admit, an_address_is_free_for_the_next)
{
	struct dtls_options o = { .accept = true };
	struct end *b = open_end();
	char address[ADDRESS_TEXT];

	for (unsigned i = 1; i <= 8; i++) {
		struct end *a = i == 1 ? open_end() : open_end_with(new_identity(), o, address);

		address_format(dtls_address(a->d), address);
		dial(a, b, NULL, NULL);
		UNTIL(b->opened == i);
		if (i % 2)
			UNTIL(a->session);
		close_end(a);
	}
}

/* Where a member has been, strangers behind the same translator do not lock it out. */
Test(admit, a_member_among_strangers_gets_through)
{
	struct end *b = open_end(), *member = open_end();

	connect_ends(member, b);
	b->verdict = DTLS_STRANGER;
	for (unsigned i = 0; i < LIMIT_STRANGERS_BURST; i++) {
		struct end *a = open_end();

		dial(a, b, NULL, NULL);
		UNTIL(a->session);
		close_end(a);
	}
	b->verdict = DTLS_MEMBER;
	close_end(member);
	member = open_end();
	dial(member, b, NULL, NULL);
	UNTIL(member->session);
}

/* Strangers fill at most half of the sessions; members have the rest; then nobody, and dials say so. */
Test(admit, sessions_are_capped)
{
	struct dtls_options o = { .accept = true, .max_sessions = 4 };
	struct end *b = open_end_with(new_identity(), o, "127.0.0.1:0"), *a[5], *late;
	struct err e = { 0 };

	b->verdict = DTLS_STRANGER;
	for (int i = 0; i < 2; i++) {
		a[i] = open_end();
		dial(a[i], b, NULL, NULL);
		UNTIL(a[i]->session);
	}
	late = open_end();
	dial(late, b, NULL, NULL);
	UNTIL(dtls_counts(b->d)->refused_budget == 1);
	cr_assert_eq(b->opened, 2u);
	/* Two places are free all the same, and our own dials get them. */
	b->verdict = DTLS_MEMBER;
	for (int i = 2; i < 4; i++) {
		a[i] = open_end();
		dial(b, a[i], NULL, NULL);
		UNTIL(b->opened == (unsigned)i + 1);
	}
	cr_assert_eq(dtls_counts(b->d)->sessions, 4u);
	cr_assert_eq(dtls_dial(b->d, dtls_address(late->d), NULL, NULL, &e), ERR_LIMIT);
}

/* When all places are taken, a peer that fell silent long ago makes way. */
Test(admit, the_silent_make_way)
{
	struct dtls_options o = { .accept = true, .max_sessions = 2 };
	struct end *b = open_end_with(new_identity(), o, "127.0.0.1:0"), *a[3];

	for (int i = 0; i < 2; i++) {
		a[i] = open_end();
		dial(a[i], b, NULL, NULL);
		UNTIL(b->opened == (unsigned)i + 1);
	}
	a[2] = open_end();
	dial(a[2], b, NULL, NULL);
	UNTIL(dtls_counts(b->d)->refused_budget == 1);
	clock_ahead += 125000;
	UNTIL(a[2]->failed == 1);
	dial(a[2], b, NULL, NULL);
	UNTIL(a[2]->session);
	cr_assert_eq(b->closed, 1u);
	cr_assert_eq(b->last_end, DTLS_END_IDLE);
}

/* One key that keeps talking from many addresses has four sessions; the fifth takes the most silent one's place. */
Test(admit, a_member_has_four)
{
	struct buf key = { 0 }, certificate = { 0 };
	struct end *b = open_end(), *a[6] = { NULL };
	struct err e = { 0 };

	cr_assert_eq(dtls_identity_make(&test_world, &key, &certificate, &e), ERR_OK);
	for (unsigned i = 0; i < 6; i++) {
		struct dtls_identity *one;

		cr_assert_eq(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &one, &e), ERR_OK);
		a[i] = open_end_with(one, (struct dtls_options){ .accept = true }, "127.0.0.1:0");
		dial(a[i], b, NULL, NULL);
		UNTIL(dtls_counts(b->d)->pending == 1);
		/* Those before it are heard while the new handshake is under way, in their order. */
		for (unsigned k = 0; k < i; k++) {
			clock_ahead += 2;
			if (a[k]->session == NULL)
				continue;
			cr_assert_eq(say(a[k], "here"), ERR_OK);
			dtls_flush(a[k]->d);
			dtls_readable(b->d);
		}
		UNTIL(a[i]->session);
		cr_assert_eq(say(a[i], "and here"), ERR_OK);
		UNTIL(b->opened == i + 1);
		cr_assert_eq(dtls_counts(b->d)->sessions, i < 4 ? i + 1 : 4u);
	}
	cr_assert_eq(b->closed, 2u);
	UNTIL(a[0]->session == NULL && a[1]->session == NULL);
	buf_free(&key);
	buf_free(&certificate);
}

/* One key that begins sessions from many addresses and uses none of them has one that waits, beside the one it uses. */
Test(admit, a_member_has_one_that_waits)
{
	struct buf key = { 0 }, certificate = { 0 };
	struct end *b = open_end(), *a[6] = { NULL };
	struct err e = { 0 };

	cr_assert_eq(dtls_identity_make(&test_world, &key, &certificate, &e), ERR_OK);
	for (unsigned i = 0; i < 6; i++) {
		struct dtls_identity *one;

		cr_assert_eq(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &one, &e), ERR_OK);
		a[i] = open_end_with(one, (struct dtls_options){ .accept = true }, "127.0.0.1:0");
		dial(a[i], b, NULL, NULL);
		UNTIL(a[i]->session && dtls_counts(b->d)->handshakes_done == i + 1);
		cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
		cr_assert_eq(dtls_counts(b->d)->pending, i ? 1u : 0u);
	}
	cr_assert_eq(say(a[0], "the first one"), ERR_OK);
	UNTIL(b->messages == 1);
	cr_assert_eq(say(a[5], "and the last"), ERR_OK);
	UNTIL(b->messages == 2 && b->opened == 2);
	for (unsigned i = 1; i < 5; i++)
		UNTIL(a[i]->closed == 1);
	buf_free(&key);
	buf_free(&certificate);
}

/* Attempts that stop half way fill the strangers' half for three seconds, not for ten. */
Test(admit, the_stalled_make_way)
{
	struct dtls_options o = { .accept = true, .max_sessions = 4 };
	struct end *b = open_end_with(new_identity(), o, "127.0.0.1:0"), *late;

	for (unsigned i = 1; i <= 2; i++) {
		struct end *a = open_end();

		dial(a, b, NULL, NULL);
		UNTIL(dtls_counts(b->d)->pending == i);
		close_end(a);
	}
	late = open_end();
	dial(late, b, NULL, NULL);
	UNTIL(dtls_counts(b->d)->refused_budget == 1);
	cr_assert_eq(dtls_counts(b->d)->pending, 2u);
	clock_ahead += 3001;
	UNTIL(late->session && b->session);
	cr_assert_eq(dtls_counts(b->d)->handshakes_failed, 1u);
}
