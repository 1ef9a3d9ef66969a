/*
 * bench_shake - how long it takes until a dialler has a session, over links that lose datagrams.
 *
 * Two ends in one process on a clock of their own; between them tests/lib/link_core.c: 40 ms and up to 10 ms of jitter each
 * way, 10 % doubled, 10 % overtaken, dead for 5 of every 30 s. A dial that failed is begun anew after a second. The time is
 * simulated, so the figures depend on seeds alone.
 */
#include "node/crypto/crypto.h"
#include "node/dtls/dtls.h"
#include "tests/lib/link_core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIALS 300
#define REDIAL_MS 1000

struct end {
	struct dtls *d;
	struct session *session;
	unsigned messages, failed;
};
struct datagram {
	struct datagram *next;
	int64_t at_us;
	int out;
	union address to;
	size_t len;
	uint8_t bytes[2048];
};
static struct link link_between;
static struct datagram *first;
static int64_t now_us = 1000000;
static int left, right;
static union address a_address, b_address;

/* --- the clock --- */

static int64_t
tell_now(void *self)
{
	(void)self;
	return INT64_C(1790000000000) + now_us / 1000;
}

static int64_t
tell_tick(void *self)
{
	(void)self;
	return now_us / 1000;
}

static void
tell_random(void *self, void *out, size_t len)
{
	(void)self;
	world_random(&world_real, out, len);
}

static const struct world clock_here = { NULL, tell_now, tell_tick, tell_random };

/* --- the ends --- */

static enum dtls_verdict
judge(void *self, const struct id *node, bool dialled)
{
	(void)self;
	(void)node;
	(void)dialled;
	return DTLS_MEMBER;
}

static void
opened(void *self, struct session *s)
{
	struct end *n = self;

	n->session = s;
	if (session_dialled(s))
		session_send(s, bytes_text("hello"));
}

static void
message(void *self, struct session *s, struct bytes datagram)
{
	struct end *n = self;

	(void)s;
	(void)datagram;
	n->messages++;
}

static void
closed(void *self, struct session *s, enum dtls_end end)
{
	struct end *n = self;

	(void)end;
	if (n->session == s)
		n->session = NULL;
}

static void
failed(void *self, const union address *a, void *cookie, enum dtls_end end)
{
	struct end *n = self;

	(void)a;
	(void)cookie;
	(void)end;
	n->failed++;
}

static struct dtls_identity *
open_end(struct end *n)
{
	struct buf key = { 0 }, certificate = { 0 };
	struct dtls_identity *i = NULL;
	struct dtls_options o = { .accept = true };
	struct dtls_events ev = { n, judge, opened, message, closed, failed };
	enum err_code rc = dtls_identity_make(&clock_here, &key, &certificate, NULL);

	rc = rc ? rc : dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &i, NULL);
	rc = rc ? rc : address_parse("127.0.0.1:0", true, &o.listen, NULL);
	rc = rc ? rc : dtls_open(&o, i, &clock_here, &ev, &n->d, NULL);
	assert(rc == ERR_OK);
	buf_free(&key);
	buf_free(&certificate);
	return i;
}

/* --- what lies between --- */

static int
open_plain(union address *out)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof *out;

	*out = (union address){ .v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	if (fd < 0 || bind(fd, &out->any, sizeof out->v4) != 0 || getsockname(fd, &out->any, &len) != 0)
		abort();
	return fd;
}

static void
hold(enum link_way way, const struct datagram *d)
{
	int64_t at[2];
	unsigned copies = link_pass(&link_between, way, now_us, d->len, at);

	for (unsigned i = 0; i < copies; i++) {
		struct datagram *w = need_alloc(sizeof *w), **place = &first;

		*w = *d;
		w->at_us = at[i];
		while (*place && (*place)->at_us <= w->at_us)
			place = &(*place)->next;
		w->next = *place;
		*place = w;
	}
}

static void
take_all(void)
{
	struct datagram d;
	socklen_t len = sizeof a_address;
	ssize_t got;

	while ((got = recvfrom(left, d.bytes, sizeof d.bytes, 0, &a_address.any, &len)) > 0) {
		d.len = (size_t)got;
		d.out = right;
		d.to = b_address;
		hold(LINK_UP, &d);
	}
	while ((got = recv(right, d.bytes, sizeof d.bytes, 0)) > 0) {
		d.len = (size_t)got;
		d.out = left;
		d.to = a_address;
		hold(LINK_DOWN, &d);
	}
}

/* On to the next moment at which anything happens, at most until UNTIL. */
static void
step(struct end *a, struct end *b, int64_t until_us)
{
	struct end *ends[2] = { a, b };
	int64_t next = until_us;

	for (int i = 0; i < 2; i++) {
		int64_t wait = dtls_wait_ms(ends[i]->d);

		dtls_flush(ends[i]->d);
		if (wait >= 0 && now_us + wait * 1000 < next)
			next = now_us + wait * 1000;
	}
	take_all();
	if (first && first->at_us < next)
		next = first->at_us;
	if (next > now_us)
		now_us = next;
	while (first && first->at_us <= now_us) {
		struct datagram *w = first;

		first = w->next;
		if (sendto(w->out, w->bytes, w->len, 0, &w->to.any, sizeof w->to.v4) < 0)
			abort();
		free(w);
	}
	for (int i = 0; i < 2; i++) {
		dtls_readable(ends[i]->d);
		dtls_timer(ends[i]->d);
		dtls_flush(ends[i]->d);
	}
	take_all();
}

/* Seconds from the dial until the dialler has a session. */
static double
time_dial(struct end *a, struct end *b, const union address *to, unsigned *failures)
{
	int64_t began = now_us, again;

	a->failed = 0;
	for (;;) {
		if (dtls_dial(a->d, to, NULL, NULL, NULL) != ERR_OK)
			abort();
		while (a->session == NULL && a->failed == 0)
			step(a, b, now_us + 1000000);
		if (a->session)
			break;
		a->failed = 0;
		++*failures;
		for (again = now_us + REDIAL_MS * 1000; now_us < again;)
			step(a, b, again);
	}
	return (double)(now_us - began) / 1e6;
}

static int
ascending(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static void
measure(struct end *a, struct end *b, const union address *to, unsigned loss)
{
	struct link_options o = { .outage_every_us = 30000000, .outage_us = 5000000 };
	double took[DIALS];
	unsigned failures = 0;

	for (int way = 0; way < LINK_WAYS; way++)
		o.way[way] = (struct link_way_options){ .delay_us = 40000, .jitter_us = 10000, .loss = loss * 100,
			.duplicates = 1000, .reorder = 1000 };
	link_start(&link_between, &o, loss + 1, now_us);
	for (unsigned i = 0; i < DIALS; i++) {
		int64_t rest = now_us + 3000000 + (int64_t)(i * 7919 % 13) * 1000000;

		took[i] = time_dial(a, b, to, &failures);
		session_close(a->session);
		if (b->session)
			session_close(b->session);
		while (now_us < rest || dtls_counts(b->d)->pending)
			step(a, b, now_us + 1000000);
	}
	qsort(took, DIALS, sizeof *took, ascending);
	printf("dtls.dial_%u_percent_p50_s %.2f s\n", loss, took[DIALS / 2]);
	printf("dtls.dial_%u_percent_p95_s %.2f s\n", loss, took[DIALS * 95 / 100]);
	printf("dtls.dial_%u_percent_p99_s %.2f s\n", loss, took[DIALS * 99 / 100]);
	printf("dtls.dial_%u_percent_failures %u 1\n", loss, failures);
	fflush(stdout);
}

int
main(void)
{
	static const unsigned losses[] = { 0, 5, 20, 40 };
	struct end a = { 0 }, b = { 0 };
	struct dtls_identity *one, *other;
	union address to;

	crypto_start();
	one = open_end(&a);
	other = open_end(&b);
	b_address = *dtls_address(b.d);
	left = open_plain(&to);
	right = open_plain(&(union address){ .any = { 0 } });
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
		measure(&a, &b, &to, losses[i]);
	dtls_close(a.d);
	dtls_close(b.d);
	dtls_identity_free(one);
	dtls_identity_free(other);
	close(left);
	close(right);
	return 0;
}
