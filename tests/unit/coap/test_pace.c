/* node/coap/pace: each state and function, over a way without losses; whole links are in test_pace_link. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "node/coap/pace.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)
#define BLOCK 1060
#define FIRST (16 * BLOCK)
#define MOST 20000

/* A way that gives RATE after ROUND; everything queues, nothing is lost unless DEAD. Time goes by ms. */
static struct {
	struct pace p;
	int64_t now_us, round_us, free_us;
	uint64_t rate;
	bool dead, sated;                /* sated: nothing to ask for */
	struct flying {
		struct pace_mark mark;
		int64_t comes_us;            /* INT64_MAX: never */
		bool came;                   /* perhaps after it was called lost */
	} out[MOST];
	size_t first, last;              /* [first, last) may be open */
	uint64_t asked, came, lost;
} t;

static void
start(void)
{
	memset(&t, 0, sizeof t);
	t.now_us = 7 * SECOND + 123 * MS;
	t.round_us = 100 * MS;
	t.rate = 1000000;
	pace_init(&t.p, 0, t.now_us);
}

TestSuite(pace, .init = start);

static struct flying *
ask_one(void)
{
	struct flying *f;

	if (t.last == MOST) {
		memmove(t.out, t.out + t.first, (t.last - t.first) * sizeof *t.out);
		t.last -= t.first;
		t.first = 0;
	}
	cr_assert_lt(t.last, MOST);
	f = &t.out[t.last++];
	f->came = false;
	pace_asked(&t.p, &f->mark, BLOCK, t.now_us);
	t.asked++;
	if (t.free_us < t.now_us + t.round_us)
		t.free_us = t.now_us + t.round_us;
	t.free_us += (int64_t)(BLOCK * 1000000 / t.rate);
	f->comes_us = t.dead ? INT64_MAX : t.free_us;
	return f;
}

static void
ask_all(void)
{
	size_t room;

	while ((room = pace_room(&t.p, t.now_us)) > 0)
		for (size_t n = (room + BLOCK - 1) / BLOCK; n--;)
			ask_one();
}

/* A ms goes by. */
static void
tick(void)
{
	t.now_us += MS;
	for (size_t i = t.first; i < t.last; i++) {
		struct flying *f = &t.out[i];

		if (f->comes_us <= t.now_us && !f->came) {
			pace_came(&t.p, &f->mark, BLOCK, t.now_us);
			f->came = true;
			t.came++;
		} else if (f->mark.open && t.now_us - f->mark.asked_us >= pace_patience_us(&t.p)) {
			pace_lost(&t.p, &f->mark, t.now_us);
			t.lost++;
		}
	}
	while (t.first < t.last && (t.out[t.first].came || t.out[t.first].comes_us == INT64_MAX) &&
	    !t.out[t.first].mark.open)
		t.first++;
	if (!t.sated)
		ask_all();
}

static void
run(int64_t us)
{
	for (int64_t end = t.now_us + us; t.now_us < end;)
		tick();
}

/* False: not within US. */
static bool
run_until(enum pace_state s, int64_t us)
{
	for (int64_t end = t.now_us + us; t.now_us < end && t.p.state != s;)
		tick();
	return t.p.state == s;
}

/* While nothing is known 16 blocks may be asked for at once, and an arrival must tell how to go on. */
Test(pace, first_window)
{
	cr_expect_eq(pace_wait_us(&t.p, t.now_us), 0);
	cr_expect_eq(pace_room(&t.p, t.now_us), FIRST);
	ask_all();
	cr_expect_eq(t.asked, 16);
	cr_expect_eq(pace_room(&t.p, t.now_us + 10 * SECOND), 0);
	cr_expect_eq(pace_wait_us(&t.p, t.now_us), INT64_MAX);
	cr_expect_eq(pace_rate(&t.p), 0);
	cr_expect_eq(pace_patience_us(&t.p), 2 * SECOND);
}

/* A mark ends once, however often one says so, and what comes after it was called lost has come. */
Test(pace, ends_once)
{
	struct pace_mark a, b, c;

	pace_asked(&t.p, &a, 1000, t.now_us);
	pace_asked(&t.p, &b, 2000, t.now_us);
	pace_asked(&t.p, &c, 4000, t.now_us);
	cr_expect_eq(t.p.flight, 7000);
	pace_lost(&t.p, &a, t.now_us + MS);
	pace_lost(&t.p, &a, t.now_us + MS);
	cr_expect_eq(t.p.flight, 6000);
	pace_dropped(&t.p, &b);
	pace_dropped(&t.p, &b);
	pace_lost(&t.p, &b, t.now_us + MS);
	cr_expect_eq(t.p.flight, 4000);
	pace_came(&t.p, &a, 900, t.now_us + 2 * MS);
	cr_expect_eq(t.p.flight, 4000);
	cr_expect_eq(t.p.came_bytes, 900);
	pace_came(&t.p, &c, 3900, t.now_us + 3 * MS);
	cr_expect_eq(t.p.flight, 0);
	pace_came(&t.p, NULL, 1000, t.now_us + 3 * MS);
	cr_expect_eq(t.p.flight, 0);
	cr_expect_eq(t.p.came_bytes, 5800);
}

/* Time that stands still or goes back harms nothing. */
Test(pace, odd_clock)
{
	struct pace_mark m;

	pace_asked(&t.p, &m, BLOCK, t.now_us);
	pace_came(&t.p, &m, BLOCK, t.now_us - 5 * SECOND);
	cr_expect_eq(t.p.now_us, t.now_us);
	cr_expect_eq(way_low(&t.p.way), MS, "no round trip is below the clock's step");
	cr_expect_gt(pace_room(&t.p, t.now_us - SECOND), 0);
	cr_expect_eq(pace_wait_us(&t.p, t.now_us - SECOND), 0);
}

/* In the start what is asked for doubles each round trip, and never comes in one burst behind the first. */
Test(pace, start_doubles)
{
	uint64_t before;

	t.rate = 100000000;
	pace_round_trip(&t.p, t.round_us, t.now_us);
	ask_all();
	run(t.round_us + 5 * MS);
	for (int i = 0; i < 4; i++) {
		before = t.came;
		run(t.round_us);
		cr_expect_eq(t.p.state, PACE_START);
		cr_expect_geq(t.p.window, (size_t)FIRST << i, "round %d: %zu", i, t.p.window);
		cr_expect_leq(t.came - before, (uint64_t)16 << (i + 2), "round %d: %zu", i, (size_t)(t.came - before));
	}
	before = t.asked;
	tick();
	cr_expect_lt(t.asked - before, 30);
}

/* Eight blocks asked for at once and spread by the way tell its rate, of which half is believed. */
Test(pace, train)
{
	pace_round_trip(&t.p, t.round_us, t.now_us);
	ask_all();
	run(t.round_us + 20 * MS);
	cr_expect_eq(t.came, 16);
	cr_expect_geq(t.p.window, t.rate / 10 / 2 * 9 / 10, "%zu", t.p.window);
	cr_expect_leq(t.p.window, t.rate / 10 / 2 * 5 / 4, "%zu", t.p.window);
}

/* The start is over when a queue is felt; then the rate is known, and the queue goes before cruising. */
Test(pace, start_ends_by_queue)
{
	ask_all();
	cr_assert(run_until(PACE_DRAIN, 2 * SECOND));
	cr_expect_gt(t.p.queue_us, 40 * MS);
	cr_assert(run_until(PACE_CRUISE, SECOND));
	run(3 * t.round_us);
	cr_expect_leq(t.p.standing_us, 40 * MS, "%d", (int)t.p.standing_us);
	cr_expect_geq(pace_rate(&t.p), t.rate * 9 / 10);
	cr_expect_leq(pace_rate(&t.p), t.rate * 11 / 10);
}

/* It is over also when the rate has not grown for three rounds, though the way is too short for a queue to be felt. */
Test(pace, start_ends_flat)
{
	t.round_us = 2 * MS;
	t.rate = 10000000;
	ask_all();
	for (int i = 0; i < 1000 && t.p.state == PACE_START; i++) {
		cr_assert_lt(t.p.queue_us, 40 * MS);
		tick();
	}
	cr_expect_neq(t.p.state, PACE_START);
	cr_expect_eq(t.lost, 0);
	run(SECOND);
	cr_expect_geq(pace_rate(&t.p), t.rate * 9 / 10);
}

/* Cruising asks for 1.25, 0.75, then six times 1 of the rate, and keeps the way full without a queue that stands. */
Test(pace, cruise)
{
	unsigned seen[8] = { 0 };
	uint64_t before;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(2 * SECOND);
	before = t.came;
	for (int i = 0; i < 10000; i++) {
		tick();
		cr_assert_eq(t.p.state, PACE_CRUISE);
		seen[t.p.phase]++;
		cr_assert_leq(t.p.flight, t.p.window + BLOCK);
	}
	cr_expect_geq((t.came - before) * BLOCK, t.rate * 10 * 98 / 100);
	for (int i = 0; i < 8; i++)
		cr_expect_geq(seen[i], 200, "phase %d: %u ms", i, seen[i]);
	cr_expect_leq(t.p.standing_us, 30 * MS);
}

/* A way that has become wider is noticed, and filled by another start. */
Test(pace, wider)
{
	uint64_t before;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	t.rate *= 3;
	cr_assert(run_until(PACE_START, 3 * SECOND));
	run(2 * SECOND);
	before = t.came;
	run(SECOND);
	cr_expect_geq((t.came - before) * BLOCK, t.rate * 95 / 100);
}

/* A queue that stands makes it yield, at most to a quarter of the best rate of the last minute. */
Test(pace, yields)
{
	uint64_t best;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	best = way_best(&t.p.way);
	/* Others fill the queue and take nearly all. */
	t.rate /= 8;
	cr_assert(run_until(PACE_YIELD, 10 * SECOND));
	for (int i = 0; i < 5000; i++) {
		tick();
		cr_assert(t.p.state != PACE_YIELD || t.p.cap >= best / 4);
	}
	cr_expect_leq(t.p.cap, best / 3);
}

/* Who yields does not forget in ten seconds how short the way is without a queue. */
Test(pace, yields_for_long)
{
	int64_t low;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	low = way_low(&t.p.way);
	t.rate /= 8;
	cr_assert(run_until(PACE_YIELD, 10 * SECOND));
	for (int64_t end = t.now_us + 30 * SECOND; t.now_us < end && t.p.state == PACE_YIELD;) {
		tick();
		cr_assert(t.p.state != PACE_YIELD || way_low(&t.p.way) <= low);
	}
}

/* Who yields and sees no queue for eight rounds cruises again. */
Test(pace, yields_no_longer)
{
	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	t.rate /= 2;
	cr_assert(run_until(PACE_YIELD, 3 * SECOND));
	t.rate *= 2;
	cr_assert(run_until(PACE_CRUISE, 10 * SECOND));
	cr_expect_eq(t.p.cap, 0);
}

/* A longer way is told from a queue by stepping back: it is full again within some seconds. */
Test(pace, longer_way)
{
	uint64_t before;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	t.round_us += 150 * MS;
	cr_assert(run_until(PACE_YIELD, 3 * SECOND));
	cr_assert(run_until(PACE_START, 10 * SECOND));
	run(3 * SECOND);
	before = t.came;
	run(SECOND);
	cr_expect_geq((t.came - before) * BLOCK, t.rate * 95 / 100);
}

/* When nothing comes it asks for two blocks each half second, and goes on as before after a short silence. */
Test(pace, short_silence)
{
	uint64_t before;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	t.dead = true;
	cr_assert(run_until(PACE_SILENT, SECOND));
	before = t.asked;
	run(10 * MS);
	cr_expect_leq(t.asked - before, 2);
	t.dead = false;
	cr_assert(run_until(PACE_CRUISE, SECOND));
	cr_expect_eq(t.p.lost, 0, "an outage says nothing about our window");
}

/* A long one ends with a start at half of what there was; it is full again within two seconds. */
Test(pace, long_silence)
{
	uint64_t before;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	t.dead = true;
	cr_assert(run_until(PACE_SILENT, SECOND));
	before = t.asked;
	run(5 * SECOND);
	cr_expect_geq(t.asked - before, 20);
	cr_expect_leq(t.asked - before, 22);
	t.dead = false;
	cr_assert(run_until(PACE_START, SECOND));
	cr_expect_geq(t.p.window, t.rate / 10 / 2 * 9 / 10);
	run(SECOND);
	before = t.came;
	run(SECOND);
	cr_expect_geq((t.came - before) * BLOCK, t.rate * 9 / 10);
}

/* One lost request is no silence, though all that is out was asked for with it. */
Test(pace, one_lost_request)
{
	struct pace_mark m[4];
	int64_t asked;

	pace_round_trip(&t.p, t.round_us, t.now_us);
	asked = t.now_us;
	for (int i = 0; i < 4; i++)
		pace_asked(&t.p, &m[i], BLOCK, asked);
	t.now_us = asked + pace_patience_us(&t.p) + MS;
	for (int i = 0; i < 4; i++)
		pace_lost(&t.p, &m[i], t.now_us);
	cr_expect_eq(t.p.state, PACE_START);
	cr_expect_gt(pace_room(&t.p, t.now_us), 4 * BLOCK);
}

/* What was remembered is begun at half of it, as soon as the round trip is known. */
Test(pace, remembered)
{
	pace_init(&t.p, 2000000, t.now_us);
	cr_expect_eq(pace_rate(&t.p), 2000000);
	cr_expect_eq(t.p.window, FIRST);
	pace_round_trip(&t.p, 100 * MS, t.now_us);
	cr_expect_eq(t.p.window, 105000);
	ask_all();
	run(50 * MS);
	cr_expect_geq(t.asked * BLOCK, 70000, "%zu", (size_t)t.asked);
}

/* A session that has asked for little leaves what is remembered as it is. */
Test(pace, remembered_is_left_alone)
{
	pace_init(&t.p, 2000000, t.now_us);
	t.sated = true;
	for (int i = 0; i < 50; i++) {
		ask_one();
		run(200 * MS);
	}
	cr_expect_eq(t.came, 50);
	cr_expect_eq(pace_rate(&t.p), 2000000);
	t.sated = false;
	run(5 * SECOND);
	cr_expect_leq(pace_rate(&t.p), t.rate * 11 / 10);
	cr_expect_geq(pace_rate(&t.p), t.rate * 9 / 10);
}

/* A caller that has little to ask for is no reason to believe less of the way. */
Test(pace, little_to_ask)
{
	uint64_t rate;

	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	run(SECOND);
	rate = way_rate(&t.p.way);
	t.sated = true;
	run(SECOND);
	for (int i = 0; i < 40; i++) {
		ask_one();
		run(150 * MS);
	}
	cr_expect_geq(way_rate(&t.p.way), rate);
	cr_expect_eq(t.p.state, PACE_CRUISE);
}

/* After ten seconds of nothing to ask for it begins at half. */
Test(pace, idle)
{
	ask_all();
	cr_assert(run_until(PACE_CRUISE, 3 * SECOND));
	t.sated = true;
	run(11 * SECOND);
	cr_expect_eq(t.p.state, PACE_CRUISE);
	t.sated = false;
	tick();
	cr_expect_eq(t.p.state, PACE_START);
	cr_expect_geq(t.p.window, t.rate / 10 / 2 * 9 / 10);
}

/* Rooms are no crumbs: never below the last block, and at a low rate never a burst of more than some blocks. */
Test(pace, no_crumbs)
{
	size_t room;

	t.rate = 200000;
	ask_all();
	cr_assert(run_until(PACE_CRUISE, 5 * SECOND));
	for (int i = 0; i < 3000; i++) {
		t.sated = true;
		tick();
		if ((room = pace_room(&t.p, t.now_us)) > 0) {
			cr_expect_geq(room, BLOCK);
			cr_expect_leq(room, 5 * BLOCK);
		}
		ask_all();
	}
}

static size_t
room_then(int64_t at_us)
{
	struct pace copy = t.p;

	return pace_room(&copy, at_us);
}

/*
 * Whatever is done to it in whatever order: what is out is the sum of open marks, nothing is allowed beyond the
 * window, waiting for as long as it says brings room, and there is room whenever nothing is out, at least soon.
 */
Test(pace, random_deeds)
{
	static struct pace_mark marks[64];
	uint64_t seed = 20261123;

	cr_log_info("seed %llu", (unsigned long long)seed);
	srandom((unsigned)seed);
	for (int i = 0; i < 400000; i++) {
		struct pace_mark *m = &marks[random() % 64];
		size_t open = 0, room;
		int64_t wait;

		t.now_us += random() % 3 ? 0 : random() % (random() % 500 ? 20 * MS : 20 * SECOND);
		switch (random() % 8) {
		case 0:
			if (m->open)
				pace_lost(&t.p, m, t.now_us);
			break;
		case 1:
			pace_dropped(&t.p, m);
			break;
		case 2:
			if (m->asked_us)
				pace_came(&t.p, random() % 10 ? m : NULL, 1 + (size_t)random() % BLOCK, t.now_us);
			break;
		default:
			if (!m->open && pace_room(&t.p, t.now_us) > 0)
				pace_asked(&t.p, m, BLOCK, t.now_us);
			break;
		}
		for (int k = 0; k < 64; k++)
			open += marks[k].open ? marks[k].bytes : 0;
		cr_assert_eq(t.p.flight, open, "deed %d", i);
		room = pace_room(&t.p, t.now_us);
		wait = pace_wait_us(&t.p, t.now_us);
		cr_assert_eq(room > 0, wait == 0, "deed %d, %s: room %zu, wait %lld", i, pace_state_name(t.p.state), room,
		    (long long)wait);
		cr_assert(t.p.state == PACE_SILENT || room == 0 || t.p.flight + room <= t.p.window, "deed %d", i);
		if (wait == INT64_MAX)
			cr_assert_gt(open, 0, "deed %d", i);
		else if (wait)
			cr_assert_gt(room_then(t.now_us + wait), 0, "deed %d", i);
	}
}

/* Every state has a name. */
Test(pace, names)
{
	for (int s = 0; s < PACE_STATES; s++)
		cr_expect_gt(strlen(pace_state_name((enum pace_state)s)), 3);
}
