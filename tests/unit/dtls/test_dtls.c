#include "node/dtls/inside.h"
#include "tests/unit/dtls/pair.h"

#include <fcntl.h>

TestSuite(dtls, .fini = close_ends, .timeout = 180);

/* A plain UDP socket on 127.0.0.HOST. */
static int
open_plain(unsigned host)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(0x7f000000u + host);
	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static union address
address_of(int fd)
{
	union address a = { 0 };
	socklen_t len = sizeof a;

	cr_assert_eq(getsockname(fd, &a.any, &len), 0);
	return a;
}

static void
throw_at(int fd, const struct end *to, const void *p, size_t len)
{
	const union address *a = dtls_address(to->d);

	cr_assert_eq(sendto(fd, p, len, 0, &a->any, sizeof a->v4), (ssize_t)len);
}

/* What an honest dialler sends first: a ClientHello without a cookie. */
static size_t
take_hello(struct end *from, uint8_t out[2048])
{
	int fd = open_plain(1);
	union address a = address_of(fd);
	struct pollfd p = { fd, POLLIN, 0 };
	struct err e;
	ssize_t len;

	cr_assert_eq(dtls_dial(from->d, &a, NULL, NULL, &e), ERR_OK);
	dtls_flush(from->d);
	cr_assert_eq(poll(&p, 1, 5000), 1);
	len = recv(fd, out, 2048, 0);
	cr_assert_gt(len, 60);
	close(fd);
	return (size_t)len;
}

/* A thousand hellos of as many senders are answered, each with less than it sent, and nothing is kept of them. */
Test(dtls, hellos_leave_nothing_behind)
{
	struct end *a = open_end(), *b = open_end();
	uint8_t hello[2048], answer[2048];
	size_t len = take_hello(a, hello);

	for (unsigned i = 0; i < 1000; i++) {
		int fd = open_plain(2 + i % 200);
		struct pollfd p = { fd, POLLIN, 0 };

		hello[20] = 0;
		hello[27] = (uint8_t)i;
		throw_at(fd, b, hello, len);
		turn(10);
		cr_assert_eq(poll(&p, 1, 5000), 1);
		cr_assert_lt(recv(fd, answer, sizeof answer, 0), (ssize_t)len);
		cr_assert_eq(answer[13], 3); /* HelloVerifyRequest */
		close(fd);
		cr_assert_eq(dtls_counts(b->d)->pending, 0u);
	}
	cr_assert_eq(dtls_counts(b->d)->hellos_answered, 1000u);
	cr_assert_eq(dtls_wait_ms(b->d), -1);
}

/* A cookie is worth nothing from another address, nor when one bit of it is wrong. */
Test(dtls, cookies_are_bound_to_the_address)
{
	struct end *a = open_end(), *b = open_end();
	uint8_t hello[2048], answer[2048], again[2048];
	size_t len = take_hello(a, hello), cookie_at = 13 + 12 + 2 + 32 + 1 + 1, cookie_len;
	int fd = open_plain(1), other = open_plain(2);
	struct pollfd p = { fd, POLLIN, 0 };

	throw_at(fd, b, hello, len);
	turn(10);
	cr_assert_eq(poll(&p, 1, 5000), 1);
	cr_assert_gt(recv(fd, answer, sizeof answer, 0), 28);
	cookie_len = answer[27];
	/* The same hello with the cookie in it: three lengths and the two sequence numbers change. */
	memcpy(again, hello, cookie_at);
	memcpy(again + cookie_at, answer + 28, cookie_len);
	memcpy(again + cookie_at + cookie_len, hello + cookie_at, len - cookie_at);
	again[cookie_at - 1] = (uint8_t)cookie_len;
	again[10] = again[18] = 1;
	len += cookie_len;
	put_u16(again + 11, (uint16_t)(len - 13));
	put_u16(again + 15, (uint16_t)(len - 25));
	put_u16(again + 23, (uint16_t)(len - 25));
	throw_at(other, b, again, len);
	turn(10);
	again[cookie_at + 20] ^= 1;
	throw_at(fd, b, again, len);
	turn(10);
	UNTIL(dtls_counts(b->d)->hellos_answered == 3);
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
	again[cookie_at + 20] ^= 1;
	throw_at(fd, b, again, len);
	UNTIL(dtls_counts(b->d)->pending == 1);
	/* Repeated by the network it stays one attempt; given up, the attempt goes. */
	throw_at(fd, b, again, len);
	settle_for(20);
	cr_assert_eq(dtls_counts(b->d)->pending, 1u);
	for (int i = 0; i < 40 && dtls_counts(b->d)->pending; i++) {
		clock_ahead += 1000;
		turn(1);
	}
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
	cr_assert_eq(dtls_counts(b->d)->handshakes_failed, 1u);
	close(fd);
	close(other);
}

/* Who accepts nothing answers nothing, yet can dial. */
Test(dtls, accept_false_is_silent)
{
	struct dtls_options silent = { .accept = false };
	struct end *a = open_end(), *b = open_end(), *quiet = open_end_with(new_identity(), silent, "127.0.0.1:0");

	dial(a, quiet, NULL, NULL);
	settle_for(50);
	cr_assert_eq(dtls_counts(quiet->d)->datagrams_out, 0u);
	cr_assert_eq(dtls_counts(quiet->d)->garbage, 1u);
	dial(quiet, b, node_of(b), NULL);
	UNTIL(quiet->session && b->session);
}

/* Whoever dials a silent node takes its call when it dials, whichever hello has the smaller random. */
Test(dtls, a_silent_node_gets_through_to_its_dialler)
{
	struct dtls_options silent = { .accept = false };
	int mark;

	for (int round = 0; round < 8; round++) {
		struct end *a = open_end(), *quiet = open_end_with(new_identity(), silent, "127.0.0.1:0");

		dial(a, quiet, NULL, &mark);
		dial(quiet, a, node_of(a), NULL);
		UNTIL(a->session && quiet->session);
		cr_assert_not(session_dialled(a->session));
		cr_assert_eq(a->last_cookie, &mark);
		cr_assert_eq(a->failed, 0u);
		close_ends();
	}
}

/* Datagrams of every shape that is not DTLS are counted and change nothing. */
Test(dtls, garbage_is_counted)
{
	struct end *a = open_end(), *b = open_end();
	int fd = open_plain(1);
	uint8_t junk[4096];
	unsigned sent = 0, seed = 20261122;
	uint64_t before;

	connect_ends(a, b);
	before = dtls_counts(b->d)->garbage;
	for (int i = 0; i < 5000; i++) {
		size_t len = (size_t)rand_r(&seed) % 1400;

		if (i % 100 == 0)
			len = sizeof junk;
		for (size_t k = 0; k < len; k++)
			junk[k] = (uint8_t)rand_r(&seed);
		if (i % 3 == 1 && len > 30) { /* a head that fits, nonsense behind it */
			junk[0] = (uint8_t)(20 + rand_r(&seed) % 6);
			junk[1] = 0xfe;
			junk[2] = 0xfd;
			junk[3] = 0;
			junk[4] = (uint8_t)(rand_r(&seed) % 3);
			put_u16(junk + 11, (uint16_t)(len - 13));
			junk[13] = (uint8_t)(rand_r(&seed) % 21);
		}
		throw_at(fd, b, junk, len);
		sent++;
		turn(0);
	}
	UNTIL(dtls_counts(b->d)->garbage - before == sent);
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
	cr_assert_eq(b->closed + a->closed, 0u);
	cr_assert_eq(say(a, "still here"), ERR_OK);
	UNTIL(b->messages == 1);
	close(fd);
}

/*
 * A relay between two ends: A dials the relay, B sees the relay's other socket. What it does to datagrams is
 * one function of the test.
 */
static struct {
	int left, right;
	union address a, b;
	bool know_a;
	void (*pass)(int out, const union address *to, const uint8_t *p, size_t len);
	unsigned seed;
} relay;

static void
pass_on(int out, const union address *to, const uint8_t *p, size_t len)
{
	sendto(out, p, len, 0, &to->any, sizeof to->v4);
}

static void
run_relay(void)
{
	uint8_t p[2048];
	ssize_t len;
	union address from;
	socklen_t size = sizeof from;

	while ((len = recvfrom(relay.left, p, sizeof p, 0, &from.any, &size)) > 0) {
		relay.a = from;
		relay.know_a = true;
		relay.pass(relay.right, &relay.b, p, (size_t)len);
	}
	while ((len = recv(relay.right, p, sizeof p, 0)) > 0)
		if (relay.know_a)
			relay.pass(relay.left, &relay.a, p, (size_t)len);
}

static void
open_relay(const struct end *b, void (*pass)(int, const union address *, const uint8_t *, size_t))
{
	relay.left = open_plain(1);
	relay.right = open_plain(1);
	relay.b = *dtls_address(b->d);
	relay.know_a = false;
	relay.pass = pass;
	between = run_relay;
}

static void
dial_relay(struct end *a)
{
	union address to = address_of(relay.left);
	struct err e;

	cr_assert_eq(dtls_dial(a->d, &to, NULL, NULL, &e), ERR_OK);
}

/* Every datagram twice, a cut copy and a copy with one wrong bit: only the honest ones are heard, each once. */
static void
pass_with_evil_twins(int out, const union address *to, const uint8_t *p, size_t len)
{
	uint8_t copy[2048];

	memcpy(copy, p, len);
	if (get_u16(p + 3) == 0) {
		pass_on(out, to, p, len); /* the handshake's first part has no proof of its own */
		pass_on(out, to, p, len);
		return;
	}
	if (p[0] == 23) {
		copy[13 + 8 + len % 16] ^= 4;
		pass_on(out, to, copy, len);
		pass_on(out, to, p, len / 2);
		pass_on(out, to, p, 5);
	}
	pass_on(out, to, p, len);
	pass_on(out, to, p, len);
}

Test(dtls, altered_cut_and_repeated_records_are_harmless)
{
	struct end *a = open_end(), *b = open_end();

	open_relay(b, pass_with_evil_twins);
	dial_relay(a);
	UNTIL(a->session && b->session);
	b->echo = true;
	for (unsigned i = 1; i <= 200; i++) {
		char text[32];

		snprintf(text, sizeof text, "number %u", i);
		cr_assert_eq(say(a, text), ERR_OK);
		UNTIL(a->messages == i);
		cr_assert_str_eq(a->text, text);
	}
	settle_for(20);
	cr_assert_eq(b->messages, 200u);
	cr_assert_eq(a->messages, 200u);
	cr_assert_gt(dtls_counts(b->d)->garbage, 400u);
	cr_assert_eq(a->closed + b->closed, 0u);
}

/* A network that loses 20 of 100, repeats 10 and holds back 10: the handshake finishes in its time. */
static struct {
	int out;
	union address to;
	uint8_t p[2048];
	size_t len;
} held;

static void
pass_badly(int out, const union address *to, const uint8_t *p, size_t len)
{
	unsigned luck = (unsigned)rand_r(&relay.seed) % 100;

	if (luck < 20)
		return;
	if (luck < 30)
		pass_on(out, to, p, len);
	if (luck >= 90 && held.len == 0) {
		held.out = out;
		held.to = *to;
		held.len = len;
		memcpy(held.p, p, len);
		return;
	}
	pass_on(out, to, p, len);
	if (held.len) {
		pass_on(held.out, &held.to, held.p, held.len);
		held.len = 0;
	}
}

Test(dtls, handshakes_survive_a_bad_network)
{
	unsigned finished = 0, rounds = 40;

	for (unsigned i = 0; i < rounds; i++) {
		struct end *a = open_end(), *b = open_end();

		relay.seed = 7000 + i;
		held.len = 0;
		open_relay(b, pass_badly);
		dial_relay(a);
		while (a->session == NULL && a->failed == 0) {
			for (int k = 0; k < 10; k++)
				turn(1);
			clock_ahead += 500;
		}
		/* Whoever of the two is open knows the other; now one message in spite of losses. */
		for (int k = 0; k < 50 && a->session && b->messages == 0; k++) {
			say(a, "through");
			turn(1);
			clock_ahead += 100;
		}
		finished += b->messages > 0;
		close(relay.left);
		close(relay.right);
		close_ends();
	}
	cr_assert_geq(finished, rounds * 8 / 10, "%u of %u, seeds 7000 on", finished, rounds);
}

/* The server's last flight is lost; the client sends its own again, and the open session answers it. */
static unsigned flights;

static void
lose_first_finished(int out, const union address *to, const uint8_t *p, size_t len)
{
	if (out == relay.left && p[0] == 20 && flights++ == 0)
		return;
	pass_on(out, to, p, len);
}

Test(dtls, a_lost_last_flight_is_repeated)
{
	struct end *a = open_end(), *b = open_end();

	flights = 0;
	open_relay(b, lose_first_finished);
	dial_relay(a);
	UNTIL(b->session);
	settle_for(20);
	cr_assert_null(a->session);
	clock_ahead += 1001;
	UNTIL(a->session);
	cr_assert_eq(flights, 2u);
	cr_assert_eq(b->opened, 1u);
	cr_assert_eq(say(a, "done"), ERR_OK);
	UNTIL(b->messages == 1);
}

/* Another socket of the relay towards B, as when a translator forgets; the old one. */
static int
rebind_relay(void)
{
	int old = relay.right;

	relay.right = open_plain(1);
	return old;
}

/* Loses the last flight of B's handshakes, and who says goodbye, as long as LOSING. */
static bool losing;

static void
lose_finished(int out, const union address *to, const uint8_t *p, size_t len)
{
	if (!losing || (p[0] != 20 && p[0] != 21) || out != relay.left)
		pass_on(out, to, p, len);
}

/* A and B have a session, and A a second handshake that B believes to be finished, but not A. */
static void
finish_at_b_alone(struct end *a, struct end *b)
{
	b->echo = true;
	losing = false;
	open_relay(b, lose_finished);
	dial_relay(a);
	UNTIL(a->session && b->session);
	losing = true;
	dial_relay(a);
	UNTIL(dtls_counts(b->d)->handshakes_done == 2);
	settle_for(20);
}

/* Who accepts keeps the old session of its peer, both ways, until the peer has used the new one. */
Test(dtls, the_old_session_lives_until_the_new_one_is_used)
{
	struct end *a = open_end(), *b = open_end();
	struct session *old_a, *old_b;

	finish_at_b_alone(a, b);
	old_a = a->session;
	old_b = b->session;
	cr_assert_eq(say(a, "on the old one"), ERR_OK);
	UNTIL(a->messages == 1);
	clock_ahead += 3000;
	settle_for(20);
	cr_assert_eq(say(a, "still"), ERR_OK);
	UNTIL(a->messages == 2);
	cr_assert(a->session == old_a && b->session == old_b && a->closed + b->closed + a->failed == 0);
	losing = false;
	clock_ahead += 1001;
	UNTIL(a->opened == 2);
	cr_assert_eq(say(a, "on the new one"), ERR_OK);
	UNTIL(a->messages == 3 && a->closed == 1 && b->closed == 1);
	cr_assert(a->session != old_a && b->session != old_b && b->opened == 2);
	cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
}

/* Taken back though the peer has finished it: the old session goes on, and what the peer has of it ends by itself. */
Test(dtls, a_dial_is_taken_back_late)
{
	struct end *a = open_end(), *b = open_end();

	finish_at_b_alone(a, b);
	cr_assert(dtls_undial(a->d, NULL));
	losing = false;
	cr_assert_eq(say(a, "as before"), ERR_OK);
	UNTIL(a->messages == 1);
	clock_ahead += 30001;
	UNTIL(dtls_counts(b->d)->pending == 0);
	cr_assert(a->opened == 1 && b->opened == 1 && a->closed + b->closed + a->failed == 0);
}

/* What is never used goes after 30 s, and leaves the old session as it was. */
Test(dtls, a_session_that_is_never_used_replaces_nothing)
{
	struct end *a = open_end(), *b = open_end();

	finish_at_b_alone(a, b);
	for (int i = 0; i < 32; i++) {
		clock_ahead += 1000;
		turn(1);
		settle_for(2);
	}
	UNTIL(a->failed == 1 && dtls_counts(b->d)->pending == 0);
	cr_assert_eq(b->opened, 1u);
	cr_assert_eq(a->closed + b->closed, 0u);
	cr_assert_eq(say(a, "as before"), ERR_OK);
	UNTIL(a->messages == 1);
}

/* When the old one ends meanwhile the new one takes its place, unused or not. */
Test(dtls, the_new_session_takes_the_place_of_one_that_has_ended)
{
	struct end *a = open_end(), *b = open_end();

	finish_at_b_alone(a, b);
	session_close(b->session);
	UNTIL(b->opened == 2);
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
	losing = false;
	clock_ahead += 1001;
	UNTIL(a->opened == 2);
	cr_assert_eq(say(a, "on the new one"), ERR_OK);
	UNTIL(a->messages == 1);
}

/* A dialler whose port changes while it waits for the last flight gets it at the new one. */
Test(dtls, a_last_flight_finds_another_port)
{
	struct end *a = open_end(), *b = open_end();
	int old;

	losing = true;
	open_relay(b, lose_finished);
	dial_relay(a);
	UNTIL(b->session);
	settle_for(20);
	cr_assert_null(a->session);
	old = rebind_relay();
	losing = false;
	clock_ahead += 1001;
	UNTIL(a->session);
	cr_assert_eq(dtls_counts(b->d)->moved, 1u);
	cr_assert_eq(b->opened, 1u);
	close(old);
}

/* A ClientHello in the name of an open session's address does not disturb it. */
Test(dtls, hellos_do_not_touch_an_open_session)
{
	struct end *a = open_end(), *b = open_end();
	uint8_t hello[2048], both[2048];
	size_t len = take_hello(a, hello);
	uint64_t sent;
	int fd;

	open_relay(b, pass_on);
	dial_relay(a);
	UNTIL(a->session && b->session);
	fd = relay.right;
	settle_for(20);
	sent = dtls_counts(b->d)->datagrams_out;
	throw_at(fd, b, hello, len);
	/* and behind another record in the same datagram */
	memcpy(both, (uint8_t[]){ 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40 }, 15);
	memcpy(both + 15, hello, len);
	throw_at(fd, b, both, 15 + len);
	both[4] = 1;
	throw_at(fd, b, both, 15 + len);
	settle_for(20);
	cr_assert_eq(dtls_counts(b->d)->datagrams_out, sent + 1, "the listener's answer to the first");
	cr_assert_eq(say(a, "undisturbed"), ERR_OK);
	UNTIL(b->messages == 1);
	cr_assert_eq(b->closed, 0u);
}

/* A sealed record that is not Finished, come before it, does not end the handshake. */
static void
pass_behind_noise(int out, const union address *to, const uint8_t *p, size_t len)
{
	uint8_t noise[64] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 7, 0, 51 };

	if (out == relay.left && p[0] == 20)
		pass_on(out, to, noise, sizeof noise);
	pass_on(out, to, p, len);
}

Test(dtls, noise_before_finished_is_harmless)
{
	struct end *a = open_end(), *b = open_end();

	open_relay(b, pass_behind_noise);
	dial_relay(a);
	UNTIL(a->session && b->session);
	cr_assert_eq(dtls_counts(a->d)->garbage, 1u);
}

/* A peer that a translator has given another port goes on with its session, and is answered at the new port. */
Test(dtls, a_session_follows_its_peer_to_another_port)
{
	struct end *a = open_end(), *b = open_end(), *other = open_end();
	struct session *before;
	union address now;
	int old;

	b->echo = true;
	open_relay(b, pass_on);
	connect_ends(other, b);
	dial_relay(a);
	UNTIL(a->session && b->opened == 2);
	before = b->session;
	old = rebind_relay();
	now = address_of(relay.right);
	cr_assert_eq(say(a, "from elsewhere"), ERR_OK);
	UNTIL(a->messages == 1);
	cr_assert_str_eq(b->text, "from elsewhere");
	cr_assert_eq(b->session, before);
	cr_assert(address_equal(session_address(before), &now));
	cr_assert_eq(dtls_counts(b->d)->moved, 1u);
	cr_assert_eq(b->closed + a->closed, 0u);
	cr_assert_eq(say(other, "and the one beside it"), ERR_OK);
	UNTIL(other->messages == 1);
	cr_assert_eq(dtls_counts(b->d)->sessions, 2u);
	close(old);
}

/* Keeps what A sends from the second sealed datagram on, and passes it on as well. */
static uint8_t kept[2][2048];
static size_t kept_len[2], kept_count;

static void
pass_and_keep(int out, const union address *to, const uint8_t *p, size_t len)
{
	if (out == relay.right && p[0] == 23 && kept_count < 2) {
		memcpy(kept[kept_count], p, len);
		kept_len[kept_count++] = len;
		if (kept_count == 1)
			return; /* the first arrives never, so far */
	}
	pass_on(out, to, p, len);
}

/* Neither what came before, nor what is older than that, nor what is nobody's moves a session; nor another host. */
Test(dtls, old_and_false_records_move_nothing)
{
	struct end *a = open_end(), *b = open_end();
	int near = open_plain(1), far = open_plain(2);
	union address at;
	uint64_t garbage;

	kept_count = 0;
	open_relay(b, pass_and_keep);
	dial_relay(a);
	UNTIL(a->session && b->session);
	at = address_of(relay.right);
	cr_assert_eq(say(a, "one"), ERR_OK);
	cr_assert_eq(say(a, "two"), ERR_OK);
	UNTIL(b->messages == 1 && kept_count == 2);
	garbage = dtls_counts(b->d)->garbage;
	throw_at(near, b, kept[0], kept_len[0]);
	throw_at(near, b, kept[1], kept_len[1]);
	kept[1][10] ^= 0x40; /* newer than all, and false */
	throw_at(near, b, kept[1], kept_len[1]);
	relay.right = far;   /* the peer itself, from another host */
	cr_assert_eq(say(a, "three"), ERR_OK);
	UNTIL(dtls_counts(b->d)->garbage == garbage + 4);
	cr_assert(address_equal(session_address(b->session), &at));
	cr_assert_eq(dtls_counts(b->d)->moved, 0u);
	cr_assert_eq(b->messages, 1u);
	close(near);
}

/* Who is given the port of another takes its place there. */
Test(dtls, a_port_that_changes_hands)
{
	struct end *a = open_end(), *b = open_end(), *other = open_end();
	struct session *first;

	open_relay(b, pass_on);
	dial_relay(other);
	UNTIL(other->session && b->session);
	first = b->session;
	int port = rebind_relay();
	dial_relay(a);
	UNTIL(a->session && b->opened == 2);
	close(relay.right);
	relay.right = port;
	cr_assert_eq(say(a, "here now"), ERR_OK);
	UNTIL(b->messages == 1);
	cr_assert_eq(b->closed, 1u);
	cr_assert_eq(b->last_end, DTLS_END_REPLACED);
	cr_assert_neq(b->session, first);
	cr_assert_eq(dtls_counts(b->d)->sessions, 1u);
}

/* The hello that began an open session, come again, begins nothing. */
static uint8_t first_hello[2048];
static size_t first_hello_len;

static void
keep_hello(int out, const union address *to, const uint8_t *p, size_t len)
{
	struct hello h;

	if (hello_parse((struct bytes){ p, len }, &h) && h.cookie.len) {
		memcpy(first_hello, p, len);
		first_hello_len = len;
	}
	pass_on(out, to, p, len);
}

Test(dtls, an_echo_of_the_first_hello_begins_nothing)
{
	struct end *a = open_end(), *b = open_end();

	open_relay(b, keep_hello);
	dial_relay(a);
	UNTIL(a->session && b->session);
	throw_at(relay.right, b, first_hello, first_hello_len);
	settle_for(20);
	cr_assert_eq(dtls_counts(b->d)->pending, 0u);
	cr_assert_eq(dtls_counts(b->d)->handshakes_done, 1u);
}

/* An address that is taken is named in the error. */
Test(dtls, address_in_use)
{
	struct end *a = open_end();
	struct dtls_options o = { .listen = *dtls_address(a->d), .accept = true };
	struct dtls_events ev = { NULL, on_judge, on_opened, on_message, on_closed, on_failed };
	struct dtls *d = NULL;
	char text[ADDRESS_TEXT];
	struct err e = { 0 };

	cr_assert_eq(dtls_open(&o, a->identity, &test_world, &ev, &d, &e), ERR_FAILED);
	cr_assert_null(d);
	cr_assert_str_eq(e.object, address_format(&o.listen, text));
}

/* An identity is read back as it was made, and anything else is refused with the reason. */
Test(dtls, identities)
{
	struct buf key = { 0 }, certificate = { 0 }, other_key = { 0 }, other_certificate = { 0 };
	struct dtls_identity *one = NULL, *two = NULL;
	struct err e = { 0 };

	crypto_start();
	cr_assert_eq(dtls_identity_make(&test_world, &key, &certificate, &e), ERR_OK);
	cr_assert_eq(dtls_identity_make(&test_world, &other_key, &other_certificate, &e), ERR_OK);
	cr_assert_leq(certificate.len, 400u);
	cr_assert_eq(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &one, &e), ERR_OK);
	cr_assert_eq(dtls_identity_open(buf_bytes(&other_key), buf_bytes(&other_certificate), &two, &e), ERR_OK);
	cr_assert_not(id_equal(dtls_identity_node(one), dtls_identity_node(two)));
	dtls_identity_free(two);
	two = NULL;
	cr_assert_eq(dtls_identity_open(buf_bytes(&other_key), buf_bytes(&certificate), &two, &e), ERR_INPUT);
	cr_assert_str_eq(e.rule, "pair");
	for (size_t len = 0; len < key.len; len += 7)
		cr_assert_eq(dtls_identity_open((struct bytes){ key.p, len }, buf_bytes(&certificate), &two, &e),
		    ERR_INPUT);
	for (size_t len = 0; len < certificate.len; len += 7)
		cr_assert_eq(dtls_identity_open(buf_bytes(&key), (struct bytes){ certificate.p, len }, &two, &e),
		    ERR_INPUT);
	cr_assert_null(two);
	dtls_identity_free(one);
	dtls_identity_free(NULL);
	buf_free(&key);
	buf_free(&certificate);
	buf_free(&other_key);
	buf_free(&other_certificate);
}
