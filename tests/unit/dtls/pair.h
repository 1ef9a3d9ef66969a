/*
 * pair - ends of conversations over loopback, in one process and one thread, driven until a condition holds.
 */
#ifndef KILIM_TESTS_UNIT_DTLS_PAIR_H
#define KILIM_TESTS_UNIT_DTLS_PAIR_H

#include "node/crypto/crypto.h"
#include "node/dtls/dtls.h"
#include "proto/limits.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENDS 8
#define PATIENCE_MS 60000

struct end {
	struct dtls *d;
	struct dtls_identity *identity;
	enum dtls_verdict verdict;   /* what judge says */
	struct session *session;     /* the one opened last, NULL when it has closed */
	bool echo;
	unsigned judged, opened, closed, failed, messages;
	size_t bytes;
	enum dtls_end last_end;      /* of `closed` or `failed` */
	void *last_cookie;
	char text[LIMIT_MESSAGE + 1];
};

/* A clock that tests push forward, and that goes on by each turn: never by more than the turn was to wait, whatever else
 * this machine does. */
static int64_t clock_ahead;
static struct end *ends[ENDS];
/* Called in each turn: a network of the test's own. */
static void (*between)(void);

static int64_t
test_now(void *self)
{
	static int64_t begin;

	(void)self;
	if (begin == 0)
		begin = world_now_ms(&world_real);
	return begin + clock_ahead;
}

static int64_t
test_tick(void *self)
{
	static int64_t begin;

	(void)self;
	if (begin == 0)
		begin = world_tick_ms(&world_real);
	return begin + clock_ahead;
}

static void
test_random(void *self, void *out, size_t len)
{
	(void)self;
	world_random(&world_real, out, len);
}

static const struct world test_world = { NULL, test_now, test_tick, test_random };

static enum dtls_verdict
on_judge(void *self, const struct id *node, bool dialled)
{
	struct end *n = self;

	(void)node;
	(void)dialled;
	n->judged++;
	return n->verdict;
}

static void
on_opened(void *self, struct session *s)
{
	struct end *n = self;

	n->opened++;
	n->session = s;
	n->last_cookie = session_cookie(s);
}

static void
on_message(void *self, struct session *s, struct bytes datagram)
{
	struct end *n = self;

	n->messages++;
	n->bytes += datagram.len;
	cr_assert_leq(datagram.len, LIMIT_MESSAGE);
	memcpy(n->text, datagram.p, datagram.len);
	n->text[datagram.len] = 0;
	if (n->echo)
		session_send(s, datagram);
}

static void
on_closed(void *self, struct session *s, enum dtls_end end)
{
	struct end *n = self;

	n->closed++;
	n->last_end = end;
	if (n->session == s)
		n->session = NULL;
}

static void
on_failed(void *self, const union address *a, void *cookie, enum dtls_end end)
{
	struct end *n = self;

	(void)a;
	n->failed++;
	n->last_end = end;
	n->last_cookie = cookie;
}

static struct dtls_identity *
new_identity(void)
{
	struct buf key = { 0 }, certificate = { 0 };
	struct dtls_identity *i = NULL;
	struct err e = { 0 };

	crypto_start();
	cr_assert_eq(dtls_identity_make(&test_world, &key, &certificate, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &i, &e), ERR_OK, "%s", e.reason);
	buf_free(&key);
	buf_free(&certificate);
	return i;
}

static struct end *
open_end_with(struct dtls_identity *identity, struct dtls_options o, const char *listen)
{
	struct end *n = calloc(1, sizeof *n);
	struct dtls_events ev = { n, on_judge, on_opened, on_message, on_closed, on_failed };
	struct err e = { 0 };

	cr_assert_eq(address_parse(listen, true, &o.listen, &e), ERR_OK);
	n->identity = identity;
	n->verdict = DTLS_MEMBER;
	cr_assert_eq(dtls_open(&o, identity, &test_world, &ev, &n->d, &e), ERR_OK, "%s", e.reason);
	for (size_t i = 0; i < ENDS; i++)
		if (ends[i] == NULL) {
			ends[i] = n;
			return n;
		}
	cr_assert_fail("more ends than a test may have");
	return NULL;
}

__attribute__((unused)) static struct end *
open_end(void)
{
	return open_end_with(new_identity(), (struct dtls_options){ .accept = true }, "127.0.0.1:0");
}

static void
close_end(struct end *n)
{
	for (size_t i = 0; i < ENDS; i++)
		if (ends[i] == n)
			ends[i] = NULL;
	dtls_close(n->d);
	dtls_identity_free(n->identity);
	free(n);
}

static void
close_ends(void)
{
	for (size_t i = 0; i < ENDS; i++)
		if (ends[i])
			close_end(ends[i]);
	clock_ahead = 0;
	between = NULL;
}

/* One turn of the loop: wait at most MAX_MS for something to do, then do it. */
static void
turn(int max_ms)
{
	struct pollfd fds[ENDS];
	struct end *who[ENDS];
	int64_t begun = world_tick_ms(&world_real), took;
	nfds_t n = 0;

	for (size_t i = 0; i < ENDS; i++) {
		int64_t wait;

		if (ends[i] == NULL)
			continue;
		dtls_flush(ends[i]->d);
		wait = dtls_wait_ms(ends[i]->d);
		if (wait >= 0 && wait < max_ms)
			max_ms = (int)wait;
		fds[n] = (struct pollfd){ dtls_fd(ends[i]->d), POLLIN, 0 };
		who[n++] = ends[i];
	}
	if (between) {
		between();
		max_ms = max_ms > 1 ? 1 : max_ms;
	}
	poll(fds, n, max_ms);
	took = world_tick_ms(&world_real) - begun;
	clock_ahead += took < max_ms ? took : max_ms;
	for (nfds_t i = 0; i < n; i++) {
		if (fds[i].revents)
			dtls_readable(who[i]->d);
		dtls_timer(who[i]->d);
	}
}

#define UNTIL(condition)                                                              \
	do {                                                                          \
		int64_t until_ = world_tick_ms(&world_real) + PATIENCE_MS;            \
		while (!(condition) && world_tick_ms(&world_real) < until_)           \
			turn(50);                                                     \
		cr_assert((condition), "waited in vain for " #condition);             \
	} while (0)

/* Everything that is on its way has arrived: nothing happens for MS, and in so many turns, where this machine stood still. */
#define TURNS 10
__attribute__((unused)) static void
settle_for(int ms)
{
	int64_t until = world_tick_ms(&world_real) + ms;

	for (unsigned turns = 0; turns < TURNS || world_tick_ms(&world_real) < until; turns++)
		turn(5);
}

static void
dial(struct end *from, struct end *to, const struct id *pin, void *cookie)
{
	struct err e = { 0 };

	cr_assert_eq(dtls_dial(from->d, dtls_address(to->d), pin, cookie, &e), ERR_OK, "%s", e.reason);
}

static const struct id *
node_of(const struct end *n)
{
	return dtls_identity_node(n->identity);
}

__attribute__((unused)) static void
connect_ends(struct end *from, struct end *to)
{
	dial(from, to, node_of(to), NULL);
	UNTIL(from->session && to->session);
}

__attribute__((unused)) static enum err_code
say(struct end *n, const char *text)
{
	return session_send(n->session, bytes_text(text));
}

#endif
