#include "tests/unit/dtls/pair.h"

TestSuite(session, .fini = close_ends, .timeout = 120);

/* A dialled session opens on both sides, knows who the other is, and carries datagrams both ways. */
Test(session, connects_and_echoes)
{
	struct end *a = open_end(), *b = open_end();
	int mark;

	b->echo = true;
	dial(a, b, node_of(b), &mark);
	UNTIL(a->session && b->session);
	cr_assert_eq(a->last_cookie, &mark);
	cr_assert(session_dialled(a->session));
	cr_assert_not(session_dialled(b->session));
	cr_assert(id_equal(session_node(a->session), node_of(b)));
	cr_assert(id_equal(session_node(b->session), node_of(a)));
	cr_assert(address_equal(session_address(a->session), dtls_address(b->d)));
	cr_assert(address_equal(session_address(b->session), dtls_address(a->d)));
	cr_assert_eq(say(a, "mirëdita"), ERR_OK);
	UNTIL(a->messages == 1);
	cr_assert_str_eq(a->text, "mirëdita");
	cr_assert_eq(dtls_counts(a->d)->sessions, 1u);
	cr_assert_eq(dtls_counts(a->d)->pending, 0u);
	cr_assert_eq(dtls_counts(a->d)->garbage + dtls_counts(b->d)->garbage, 0u);
}

/* A node that listens on every address, and both families, is reached over each of them. */
Test(session, dual_stack)
{
	struct end *b = open_end_with(new_identity(), (struct dtls_options){ .accept = true }, "[::]:0");
	const char *const hosts[] = { "127.0.0.1:0", "127.0.0.77:0", "[::1]:0" };

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct end *a = open_end_with(new_identity(), (struct dtls_options){ .accept = true },
		    i == 2 ? "[::]:0" : "127.0.0.5:0");
		union address to;
		struct err e = { 0 };

		cr_assert_eq(address_parse(hosts[i], true, &to, &e), ERR_OK);
		if (to.any.sa_family == AF_INET)
			to.v4.sin_port = dtls_address(b->d)->v6.sin6_port;
		else
			to.v6.sin6_port = dtls_address(b->d)->v6.sin6_port;
		cr_assert_eq(dtls_dial(a->d, &to, NULL, NULL, &e), ERR_OK, "%s", e.reason);
		UNTIL(a->session && b->opened == i + 1);
		cr_assert(address_equal(session_address(a->session), &to));
	}
}

/* Dialling another node than the pinned one fails as refused, and the other never learns who dialled. */
Test(session, wrong_pin_is_refused)
{
	struct end *a = open_end(), *b = open_end();
	struct id other = *node_of(b);
	int mark;

	other.b[31] ^= 1;
	dial(a, b, &other, &mark);
	UNTIL(a->failed == 1);
	cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	cr_assert_eq(a->last_cookie, &mark);
	cr_assert_eq(dtls_counts(a->d)->refused_key, 1u);
	UNTIL(dtls_counts(b->d)->pending == 0);
	cr_assert_eq(a->opened + b->opened + a->judged + b->judged, 0u);
}

/* A key that the accepting owner does not want never becomes a session, and the dialler hears at once. */
Test(session, judge_refuses_the_dialler)
{
	struct end *a = open_end(), *b = open_end();

	b->verdict = DTLS_REFUSE;
	dial(a, b, NULL, NULL);
	UNTIL(a->failed == 1);
	cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	cr_assert_eq(b->judged, 1u);
	cr_assert_eq(b->opened + a->opened, 0u);
	cr_assert_eq(dtls_counts(b->d)->refused_key, 1u);
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
}

/* A dialler that does not want the key it finds refuses before it has shown its own. */
Test(session, judge_refuses_the_dialled)
{
	struct end *a = open_end(), *b = open_end();

	a->verdict = DTLS_REFUSE;
	dial(a, b, NULL, NULL);
	UNTIL(a->failed == 1 && dtls_counts(b->d)->pending == 0);
	cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	cr_assert_eq(b->judged, 0u);
}

/* Closing is heard by the other side, and `closed` is called exactly once on each. */
Test(session, close_is_heard)
{
	struct end *a = open_end(), *b = open_end();

	connect_ends(a, b);
	session_close(a->session);
	UNTIL(b->closed == 1);
	cr_assert_eq(a->closed, 1u);
	cr_assert_eq(a->last_end, DTLS_END_CLOSED);
	cr_assert_eq(b->last_end, DTLS_END_CLOSED);
	cr_assert_eq(dtls_counts(a->d)->sessions + dtls_counts(b->d)->sessions, 0u);
}

/* Closing an endpoint ends its sessions as shutdown here and closed there. */
Test(session, shutdown_is_heard)
{
	struct end *a = open_end(), *b = open_end();

	connect_ends(a, b);
	close_end(a);
	UNTIL(b->closed == 1);
	cr_assert_eq(b->last_end, DTLS_END_CLOSED);
}

/* A session nobody speaks on ends after the idle time, and not before. */
Test(session, idle_end)
{
	struct end *a = open_end(), *b = open_end();

	connect_ends(a, b);
	b->echo = true;
	clock_ahead += LIMIT_IDLE_MS - 5000;
	cr_assert_eq(say(a, "still here"), ERR_OK);
	UNTIL(a->messages == 1);
	clock_ahead += LIMIT_IDLE_MS - 5000;
	settle_for(20);
	cr_assert_eq(a->closed + b->closed, 0u);
	clock_ahead += 6000;
	UNTIL(a->closed == 1 && b->closed == 1);
	cr_assert(a->last_end == DTLS_END_IDLE || b->last_end == DTLS_END_IDLE);
}

/* Nobody answers: the dial fails as timeout, after about 10 s of the clock. */
Test(session, silence_is_a_timeout)
{
	struct end *a = open_end(), *b = open_end();
	union address nobody = *dtls_address(b->d);
	struct err e;

	close_end(b);
	cr_assert_eq(dtls_dial(a->d, &nobody, NULL, NULL, &e), ERR_OK);
	for (int i = 0; i < 40 && a->failed == 0; i++) {
		clock_ahead += 1000;
		turn(1);
	}
	cr_assert_eq(a->failed, 1u);
	cr_assert_eq(a->last_end, DTLS_END_TIMEOUT);
	cr_assert_geq(clock_ahead, 9000);
	cr_assert_leq(clock_ahead, 12000);
	cr_assert_leq(dtls_counts(a->d)->datagrams_out, 6u);
}

/* Every lost first flight is sent again: a listener that comes late is still reached. */
Test(session, retransmits)
{
	struct end *a = open_end(), *b = open_end();
	uint8_t away[2048];

	dial(a, b, NULL, NULL);
	dtls_flush(a->d);
	while (recv(dtls_fd(b->d), away, sizeof away, MSG_DONTWAIT) > 0)
		;
	clock_ahead += 1000;
	UNTIL(a->session && b->session);
}

/* Messages longer than the protocol allows, or empty, are refused and the session lives. */
Test(session, length_limits)
{
	struct end *a = open_end(), *b = open_end();
	uint8_t long_one[LIMIT_MESSAGE + 1] = { 'x' };

	connect_ends(a, b);
	cr_assert_eq(session_send(a->session, (struct bytes){ long_one, LIMIT_MESSAGE + 1 }), ERR_LIMIT);
	cr_assert_eq(session_send(a->session, (struct bytes){ long_one, 0 }), ERR_LIMIT);
	cr_assert_eq(session_send(a->session, (struct bytes){ long_one, LIMIT_MESSAGE }), ERR_OK);
	UNTIL(b->messages == 1);
	cr_assert_eq(b->bytes, (size_t)LIMIT_MESSAGE);
}

/* A train of a thousand full datagrams arrives whole, with the reader taking its turns. */
Test(session, long_trains_arrive)
{
	struct end *a = open_end(), *b = open_end();
	uint8_t load[LIMIT_MESSAGE];

	memset(load, 'k', sizeof load);
	connect_ends(a, b);
	for (unsigned i = 0; i < 1000; i++) {
		cr_assert_eq(session_send(a->session, (struct bytes){ load, sizeof load }), ERR_OK);
		if (i % 50 == 49)
			turn(0);
	}
	UNTIL(b->messages == 1000);
	cr_assert_geq(session_counts(b->session)->bytes_in, 1000u * LIMIT_MESSAGE);
	/* The first hello, which had no cookie, made no session that could count it. */
	cr_assert_lt(session_counts(b->session)->bytes_in, session_counts(a->session)->bytes_out);
}

/* Both dial each other at the same moment: one session is left, and both dials were answered by it. */
Test(session, simultaneous_dial_leaves_one)
{
	for (int round = 0; round < 8; round++) {
		struct end *a = open_end(), *b = open_end();
		int from_a, from_b;

		dial(a, b, node_of(b), &from_a);
		dial(b, a, node_of(a), &from_b);
		UNTIL(a->session && b->session);
		settle_for(50);
		cr_assert_eq(dtls_counts(a->d)->sessions, 1u);
		cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
		cr_assert_eq(dtls_counts(a->d)->pending + dtls_counts(b->d)->pending, 0u);
		cr_assert_neq(session_dialled(a->session), session_dialled(b->session));
		cr_assert_eq(a->last_cookie, &from_a);
		cr_assert_eq(b->last_cookie, &from_b);
		cr_assert_eq(a->failed + b->failed + a->closed + b->closed, 0u);
		close_ends();
	}
}

/* Both dial over different addresses: the session of the smaller client is left, at both ends. */
Test(session, simultaneous_dial_over_two_addresses)
{
	for (int round = 0; round < 8; round++) {
		struct dtls_options o = { .accept = true };
		struct end *a = open_end_with(new_identity(), o, "[::]:0");
		struct end *b = open_end_with(new_identity(), o, "[::]:0");
		union address to_a, to_b;
		bool a_is_smaller = id_compare(node_of(a), node_of(b)) < 0;
		struct err e = { 0 };

		cr_assert_eq(address_parse("127.0.0.1:0", true, &to_b, &e), ERR_OK);
		cr_assert_eq(address_parse("[::1]:0", true, &to_a, &e), ERR_OK);
		to_b.v4.sin_port = dtls_address(b->d)->v6.sin6_port;
		to_a.v6.sin6_port = dtls_address(a->d)->v6.sin6_port;
		cr_assert_eq(dtls_dial(a->d, &to_b, node_of(b), NULL, &e), ERR_OK);
		cr_assert_eq(dtls_dial(b->d, &to_a, node_of(a), NULL, &e), ERR_OK);
		UNTIL(a->session && b->session && dtls_counts(a->d)->pending + dtls_counts(b->d)->pending == 0);
		settle_for(50);
		cr_assert_eq(dtls_counts(a->d)->sessions, 1u);
		cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
		cr_assert(a->session && b->session);
		cr_assert_eq(session_dialled(a->session), a_is_smaller);
		cr_assert_eq(session_dialled(b->session), !a_is_smaller);
		close_ends();
	}
}

/* A dial while one to the same address is pending joins it, unless one of the two would go unanswered. */
Test(session, dials_are_joined)
{
	struct end *a = open_end(), *b = open_end();
	struct id other = *node_of(b);
	struct err e = { 0 };

	dial(a, b, NULL, NULL);
	dial(a, b, node_of(b), NULL);
	other.b[0] ^= 1;
	cr_assert_eq(dtls_dial(a->d, dtls_address(b->d), &other, NULL, &e), ERR_CONFLICT);
	cr_assert_eq(dtls_dial(a->d, dtls_address(b->d), NULL, &other, &e), ERR_BUSY);
	UNTIL(a->session && b->session);
	cr_assert_eq(a->opened, 1u);
	cr_assert_eq(b->opened, 1u);
}

/* A dial that joined the call of another node than the one it wants fails; the caller's session opens. */
Test(session, a_dial_that_meets_another_caller_fails)
{
	struct end *a = open_end(), *b = open_end();
	struct id other = *node_of(b);
	struct err e = { 0 };
	int mark;

	dial(b, a, NULL, NULL);
	UNTIL(dtls_counts(a->d)->pending == 1);
	other.b[0] ^= 1;
	cr_assert_eq(dtls_dial(a->d, dtls_address(b->d), &other, &mark, &e), ERR_OK);
	UNTIL(a->session && b->session);
	cr_assert_eq(a->failed, 1u);
	cr_assert_eq(a->last_end, DTLS_END_REFUSED);
	cr_assert_null(session_cookie(a->session));
}

/* The peer that dials again takes the place of its old session, and only once the new one has finished. */
Test(session, old_session_lives_until_the_new_one_has_finished)
{
	struct end *a = open_end(), *b = open_end();
	struct session *first_a, *first_b;

	connect_ends(a, b);
	first_a = a->session;
	first_b = b->session;
	dial(a, b, node_of(b), NULL);
	cr_assert_eq(session_send(first_a, bytes_text("on the old one")), ERR_OK);
	UNTIL(b->messages == 1);
	UNTIL(a->opened == 2 && b->opened == 2 && a->closed == 1 && b->closed == 1);
	cr_assert_eq(a->last_end, DTLS_END_REPLACED);
	cr_assert_neq(a->session, first_a);
	cr_assert_neq(b->session, first_b);
	cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
	cr_assert_eq(say(a, "on the new one"), ERR_OK);
	UNTIL(b->messages == 2);
}

/* A dial that is not wanted any more leaves nothing behind, and whoever has no such dial is told so. */
Test(session, a_dial_is_taken_back)
{
	struct end *a = open_end(), *b = open_end();
	int one, two;

	connect_ends(a, b);
	dial(a, b, node_of(b), &one);
	cr_assert_not(dtls_undial(a->d, &two));
	cr_assert(dtls_undial(a->d, &one));
	cr_assert_not(dtls_undial(a->d, &one));
	settle_for(50);
	cr_assert(a->opened == 1 && b->opened == 1 && a->closed + b->closed + a->failed == 0);
	cr_assert_eq(dtls_counts(a->d)->pending, 0u);
	dial(a, b, node_of(b), &one);
	UNTIL(a->opened == 2 && b->opened == 2);
	cr_assert_not(dtls_undial(a->d, &one), "it has become a session");
	cr_assert_eq(a->last_cookie, &one);
}

/* A peer that a translator has moved to another port dials again, and its dead session goes when it speaks. */
Test(session, a_moved_peer_replaces_itself)
{
	struct buf key = { 0 }, certificate = { 0 };
	struct dtls_identity *i[2];
	struct end *b = open_end(), *a[2];
	struct err e = { 0 };

	cr_assert_eq(dtls_identity_make(&test_world, &key, &certificate, &e), ERR_OK);
	for (int n = 0; n < 2; n++) {
		cr_assert_eq(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &i[n], &e), ERR_OK);
		a[n] = open_end_with(i[n], (struct dtls_options){ .accept = true }, "127.0.0.1:0");
		dial(a[n], b, node_of(b), NULL);
		clock_ahead += 2;
		UNTIL(a[n]->session);
		cr_assert_eq(say(a[n], "here now"), ERR_OK);
		UNTIL(b->opened == (unsigned)n + 1);
	}
	UNTIL(b->closed == 1);
	cr_assert_eq(b->last_end, DTLS_END_REPLACED);
	cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
	cr_assert(address_equal(session_address(b->session), dtls_address(a[1]->d)));
	buf_free(&key);
	buf_free(&certificate);
}

static void
close_it(void *self, struct session *s)
{
	(void)self;
	session_close(s);
	session_close(s);
	cr_assert_eq(session_send(s, bytes_text("x")), ERR_PEER);
}

/* Every session may be closed while they are walked, and a closed one takes no more messages. */
Test(session, closing_while_walking)
{
	struct end *a = open_end(), *b = open_end(), *c = open_end();

	connect_ends(a, c);
	dial(b, c, NULL, NULL);
	UNTIL(b->session && c->opened == 2);
	dtls_each(c->d, close_it, NULL);
	cr_assert_eq(dtls_counts(c->d)->sessions, 0u);
	UNTIL(a->closed == 1 && b->closed == 1);
}

static void
flush_in_callback(void *self, struct session *s, enum dtls_end end)
{
	struct end *n = self;
	char text[ADDRESS_TEXT];

	(void)end;
	dtls_flush(n->d);
	cr_assert_neq(address_format(session_address(s), text)[0], 0); /* still there */
	cr_assert_eq(session_send(s, bytes_text("x")), ERR_PEER);
}

/* A session is there as long as its `closed` runs, even when the owner flushes in it. */
Test(session, flushing_while_it_closes)
{
	struct dtls_identity *i = new_identity();
	struct end *b = open_end(), helper = { .verdict = DTLS_MEMBER };
	struct dtls_events ev = { &helper, on_judge, on_opened, on_message, flush_in_callback, on_failed };
	struct dtls_options o = { .accept = true };
	struct err e;

	cr_assert_eq(address_parse("127.0.0.1:0", true, &o.listen, &e), ERR_OK);
	cr_assert_eq(dtls_open(&o, i, &test_world, &ev, &helper.d, &e), ERR_OK);
	cr_assert_eq(dtls_dial(helper.d, dtls_address(b->d), NULL, NULL, &e), ERR_OK);
	for (int k = 0; k < 2000 && (helper.session == NULL || b->session == NULL); k++) {
		dtls_flush(helper.d);
		turn(1);
		dtls_readable(helper.d);
	}
	cr_assert_not_null(helper.session);
	session_close(helper.session);
	UNTIL(b->closed == 1);
	dtls_close(helper.d);
	dtls_identity_free(i);
}
