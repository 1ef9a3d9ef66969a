/* node/service/keepalive: what its header promises, behind a simulated translator that forgets. */
#include "node/peer/keepalive.h"
#include "proto/calendar.h"

#include <criterion/criterion.h>
#include <string.h>

#define SESSIONS 4

struct nat {
	int64_t forgets_ms;              /* a mapping that was silent for so long is gone */
	struct keepalive k;
	struct keepalive_line lines[SESSIONS];
	int64_t mapped_ms[SESSIONS];     /* when the mapping was last used */
	bool dead[SESSIONS];             /* the peer hears of another port: nothing is answered */
	int64_t redial_ms[SESSIONS];
	int64_t tick;
	unsigned lost, messages, asked;
	bool follows;                    /* the session goes on at the new port, and the peer says so */
	unsigned loss;                   /* percent of questions of which every repetition is lost */
	uint64_t seed;
};

static unsigned
roll(struct nat *n)
{
	n->seed = n->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(n->seed >> 33);
}

static void
begin(struct nat *n, unsigned i)
{
	n->lines[i] = (struct keepalive_line){ .sent_ms = n->tick, .heard_ms = n->tick };
	n->mapped_ms[i] = n->tick;
	n->dead[i] = false;
	n->redial_ms[i] = 0;
}

static void
open_nat(struct nat *n, int64_t forgets_ms)
{
	*n = (struct nat){ .forgets_ms = forgets_ms, .tick = 1000000, .seed = 1 };
	keepalive_init(&n->k);
	for (unsigned i = 0; i < SESSIONS; i++)
		begin(n, i);
}

static void
second(struct nat *n, unsigned i)
{
	enum keepalive_due due = keepalive_due(&n->k, &n->lines[i], n->tick, n->tick);

	if (due != KEEPALIVE_NOT_YET) {
		n->messages++;
		bool forgotten = n->tick - n->mapped_ms[i] >= n->forgets_ms;

		keepalive_sent(&n->lines[i], n->tick);
		n->mapped_ms[i] = n->tick;
		n->dead[i] |= forgotten && !n->follows;
		if (forgotten && n->follows) {
			n->lost++;
			n->lines[i].heard_ms = n->tick + 1;
			keepalive_moved(&n->k, &n->lines[i], n->tick, n->tick);
			return;
		}
	}
	if (due == KEEPALIVE_ASK) {
		n->asked++;
		if (!n->dead[i] && roll(n) % 100 >= n->loss)
			n->lines[i].heard_ms = n->tick + 1;
		else
			n->redial_ms[i] = n->tick + 8000; /* two repetitions, then a handshake that goes through */
	}
	if (n->redial_ms[i] && n->tick >= n->redial_ms[i]) {
		keepalive_ended(&n->k, &n->lines[i], true, n->tick, n->tick);
		n->lost++;
		begin(n, i);
	}
}

static void
pass(struct nat *n, int64_t ms)
{
	for (int64_t until = n->tick + ms; n->tick < until; n->tick += 1000)
		for (unsigned i = 0; i < SESSIONS; i++)
			second(n, i);
}

/* Behind any translator the length is found at the price of one session at most, and then no session is lost. */
Test(keepalive, learns)
{
	static const struct { int64_t forgets_s, trusted_s; unsigned lost; } rows[] = {
		{ 30, 25, 1 }, { 60, 49, 1 }, { 120, 110, 0 }, { 300, 110, 0 } };
	struct nat n;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		open_nat(&n, rows[i].forgets_s * 1000);
		pass(&n, HOUR_MS);
		cr_assert_eq(n.lost, rows[i].lost, "%d s: %u lost", (int)rows[i].forgets_s, n.lost);
		cr_assert_eq(n.k.trusted_ms / 1000, rows[i].trusted_s, "%d s: %d s trusted", (int)rows[i].forgets_s,
		    (int)(n.k.trusted_ms / 1000));
		n.messages = n.asked = 0;
		pass(&n, 24 * HOUR_MS);
		cr_assert_eq(n.lost, rows[i].lost);
		cr_log_info("%d s: %u messages an hour and session, %u of them asked\n", (int)rows[i].forgets_s,
		    n.messages / 24 / SESSIONS, n.asked / 24 / SESSIONS);
		cr_assert_leq(n.messages, 24u * 3600 / (unsigned)rows[i].trusted_s * SESSIONS + SESSIONS);
	}
}

/* The same where the session follows to the new port: nothing breaks, and the length is found all the same. */
Test(keepalive, learns_from_ports)
{
	struct nat n;

	for (int64_t forgets_s = 30; forgets_s <= 300; forgets_s *= 2) {
		open_nat(&n, forgets_s * 1000);
		n.follows = true;
		pass(&n, 24 * HOUR_MS);
		cr_assert_leq(n.lost, 1, "%d s: %u", (int)forgets_s, n.lost);
		cr_assert_lt(n.k.trusted_ms, forgets_s * 1000);
		cr_assert_geq(n.k.trusted_ms, (forgets_s < 120 ? forgets_s : 110) * 700);
	}
	n.forgets_ms = 40000;
	n.lost = 0;
	pass(&n, HOUR_MS);
	cr_assert_eq(n.k.trusted_ms, 35000, "another network: %d", (int)n.k.trusted_ms);
	cr_assert_leq(n.lost, 2 * SESSIONS + 1);
}

/* A port that changes amid talk says nothing about silence. */
Test(keepalive, a_port_lost_amid_talk)
{
	struct keepalive k;
	struct keepalive_line l = { .sent_ms = 0 };

	keepalive_init(&k);
	for (int64_t t = 1000; t < 60000; t += 1000) {
		keepalive_sent(&l, t);
		keepalive_moved(&k, &l, t, t);
	}
	keepalive_sent(&l, 100000); /* and a silence before that talk says nothing either */
	for (int64_t t = 100000; t <= 106000; t += 1000)
		keepalive_sent(&l, t);
	keepalive_moved(&k, &l, 106000, 106000);
	cr_assert(k.lost == 0 && k.broken_ms == 0 && !k.changed);
}

/* On a rough path every second message asks when nothing else is heard; where it is awake, each ten seconds without a
 * sound. */
Test(keepalive, rough)
{
	struct keepalive k;
	struct keepalive_line l = { .rough = true }, other = { .sent_ms = 0 };

	keepalive_init(&k);
	cr_assert_eq(keepalive_due(&k, &other, 1000, 0), KEEPALIVE_NOT_YET);
	cr_assert_eq(k.trial, &other);
	cr_assert_eq(keepalive_due(&k, &l, 24999, 0), KEEPALIVE_NOT_YET);
	for (int64_t t = 25000; t <= 200000; t += 25000) {
		enum keepalive_due due = keepalive_due(&k, &l, t, 0);

		cr_assert_eq(due, t % 50000 ? KEEPALIVE_SEND : KEEPALIVE_ASK, "%d", (int)t);
		keepalive_sent(&l, t);
		if (due == KEEPALIVE_ASK)
			l.heard_ms = t + 100;
	}
	l.awake = true;
	cr_assert_eq(keepalive_due(&k, &l, 210000, 0), KEEPALIVE_NOT_YET);
	keepalive_sent(&l, 210000);
	cr_assert_eq(keepalive_due(&k, &l, 210100, 0), KEEPALIVE_ASK, "what is sent says nothing about the way back");
	cr_assert_eq(keepalive_due(&k, &l, 250000, 0), KEEPALIVE_NOT_YET, "it is being asked");
	cr_assert_eq(k.trusted_ms, KEEPALIVE_LEAST_MS);
}

/* What is broken is tried again after a week, not before: one session a week. */
Test(keepalive, tries_again_after_a_week)
{
	struct nat n;

	open_nat(&n, 60000);
	pass(&n, 6 * 24 * HOUR_MS);
	cr_assert_eq(n.lost, 1);
	pass(&n, 2 * 24 * HOUR_MS);
	cr_assert_eq(n.lost, 2);
	cr_assert_eq(n.k.trusted_ms, 49000);
}

/* Another network with less patience: after three lost sessions all is learned anew. */
Test(keepalive, another_network)
{
	struct nat n;

	open_nat(&n, 300000);
	pass(&n, HOUR_MS);
	cr_assert_eq(n.k.trusted_ms, KEEPALIVE_MOST_MS);
	n.forgets_ms = 40000;
	pass(&n, HOUR_MS);
	cr_assert_eq(n.k.trusted_ms, 35000, "%d", (int)n.k.trusted_ms);
	cr_assert_leq(n.lost, 2 * SESSIONS + 1, "%u", n.lost);
	n.lost = 0;
	pass(&n, 24 * HOUR_MS);
	cr_assert_eq(n.lost, 0);
}

/* On a bad link sessions are lost behind silences that are survived: what was learned stays near. */
Test(keepalive, bad_link)
{
	struct nat n;

	open_nat(&n, 300000);
	pass(&n, HOUR_MS);
	n.loss = 2;
	pass(&n, 24 * HOUR_MS);
	cr_assert_eq(n.k.trusted_ms, KEEPALIVE_MOST_MS);
}

/* A peer that has gone, or a network that is away, says nothing about the translator. */
Test(keepalive, given_up_does_not_count)
{
	struct keepalive k;
	struct keepalive_line l = { .sent_ms = 0, .heard_ms = 0 };

	keepalive_init(&k);
	cr_assert_eq(keepalive_due(&k, &l, 34999, 0), KEEPALIVE_NOT_YET);
	cr_assert_eq(keepalive_due(&k, &l, 35000, 0), KEEPALIVE_ASK);
	keepalive_ended(&k, &l, false, 400000, 0);
	cr_assert_eq(k.broken_ms, 0);
	cr_assert_null(k.trial);
}

/* Only one session tries; the others are silent for what is trusted, and ask when nothing was heard for two minutes. */
Test(keepalive, one_tries)
{
	struct keepalive k;
	struct keepalive_line a = { .sent_ms = 0 }, b = { .sent_ms = 0 };
	unsigned sent = 0;

	keepalive_init(&k);
	cr_assert_eq(keepalive_due(&k, &a, 1000, 0), KEEPALIVE_NOT_YET);
	for (int64_t t = 1000; t < 125000; t += 1000)
		if (keepalive_due(&k, &b, t, 0) == KEEPALIVE_SEND) {
			sent++;
			b.sent_ms = t;
			cr_assert_eq(t % 25000, 0);
		}
	cr_assert_eq(sent, 4);
	cr_assert_eq(keepalive_due(&k, &b, 125000, 0), KEEPALIVE_ASK);
}

/* It is kept across restarts; what is no length is not believed. */
Test(keepalive, kept)
{
	struct keepalive k = { .trusted_ms = 49000, .broken_ms = 68600, .broken_at_ms = 1700000000000 }, back;
	uint8_t raw[KEEPALIVE_LEN];

	keepalive_init(&back);
	keepalive_write(&k, raw);
	keepalive_read(&back, BYTES_OF(raw));
	cr_assert_eq(back.trusted_ms, k.trusted_ms);
	cr_assert_eq(back.broken_ms, k.broken_ms);
	cr_assert_eq(back.broken_at_ms, k.broken_at_ms);
	put_u64(raw, 1);
	keepalive_read(&back, BYTES_OF(raw));
	cr_assert_eq(back.trusted_ms, k.trusted_ms);
	keepalive_read(&back, (struct bytes){ raw, 8 });
	cr_assert_eq(back.trusted_ms, k.trusted_ms);
}
