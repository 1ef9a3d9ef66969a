/* node/coap/way: what is remembered of a way, and for how long. */
#include <criterion/criterion.h>

#include "node/coap/way.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

/* Of an unknown way nothing is claimed, and two seconds are waited. */
Test(way, unknown)
{
	struct way w = { 0 };

	cr_expect_eq(way_low(&w), 0);
	cr_expect_eq(way_rate(&w), 0);
	cr_expect_eq(way_best(&w), 0);
	cr_expect_eq(way_loss(&w, 0.15), 0.15);
	cr_expect_eq(way_patience(&w), 2 * SECOND);
}

/* The first round trip is srtt, half of it var; steady ones bring patience down to srtt + 50 ms. */
Test(way, patience)
{
	struct way w = { 0 };

	way_round_trip(&w, 100 * MS, 0);
	cr_expect_eq(way_patience(&w), 100 * MS + 4 * 50 * MS + 50 * MS);
	for (int i = 0; i < 100; i++)
		way_round_trip(&w, 100 * MS, i * MS);
	cr_expect_leq(way_patience(&w), 151 * MS);
	way_round_trip(&w, 180 * MS, SECOND);
	cr_expect_eq(w.srtt_us, 110 * MS);
	cr_expect_geq(way_patience(&w), 110 * MS + 4 * 20 * MS + 50 * MS);
}

/* The lowest round trip counts for ten seconds. */
Test(way, lowest)
{
	struct way w = { 0 };

	way_round_trip(&w, 70 * MS, 5 * SECOND);
	way_round_trip(&w, 90 * MS, 5 * SECOND + 1);
	cr_expect_eq(way_low(&w), 70 * MS);
	for (int64_t s = 6; s < 15; s++) {
		way_round_trip(&w, 90 * MS, s * SECOND);
		cr_expect_eq(way_low(&w), 70 * MS, "second %d", (int)s);
	}
	way_round_trip(&w, 90 * MS, 15 * SECOND);
	cr_expect_eq(way_low(&w), 90 * MS);
}

/* A pause forgets nothing until something newer is seen; a long one leaves only that. */
Test(way, pause)
{
	struct way w = { 0 };

	way_round_trip(&w, 70 * MS, 0);
	cr_expect_eq(way_low(&w), 70 * MS);
	way_round_trip(&w, 95 * MS, 3600 * SECOND);
	cr_expect_eq(way_low(&w), 95 * MS);
}

/* What is held counts until it is free; another way takes the place of all that was seen. */
Test(way, held)
{
	struct way w = { 0 };

	way_round_trip(&w, 70 * MS, 0);
	way_hold(&w);
	way_round_trip(&w, 170 * MS, 30 * SECOND);
	cr_expect_eq(way_low(&w), 70 * MS);
	way_round_trip(&w, 60 * MS, 31 * SECOND);
	cr_expect_eq(way_low(&w), 60 * MS);
	way_free(&w);
	cr_expect_eq(way_low(&w), 60 * MS);
	way_hold(&w);
	way_is_now(&w, 200 * MS, 31 * SECOND);
	cr_expect_eq(way_low(&w), 200 * MS);
}

/* The lowest of the last eight tells a queue; what is above it is jitter. */
Test(way, jitter)
{
	struct way w = { 0 };

	cr_expect_eq(way_recent_low(&w), 0);
	for (int i = 0; i < 200; i++)
		way_round_trip(&w, (i % 2 ? 50 : 90) * MS, SECOND);
	cr_expect_eq(way_recent_low(&w), 50 * MS);
	cr_expect_geq(w.spread_us, 15 * MS);
	cr_expect_leq(w.spread_us, 25 * MS);
	for (int i = 0; i < 7; i++)
		way_round_trip(&w, 150 * MS, SECOND);
	cr_expect_eq(way_recent_low(&w), 50 * MS);
	way_round_trip(&w, 150 * MS, SECOND);
	cr_expect_eq(way_recent_low(&w), 150 * MS);
	cr_expect_eq(way_low(&w), 50 * MS);
}

/* It is told when a round trip was near the lowest last: 10 ms. */
Test(way, fresh)
{
	struct way w = { 0 };

	way_round_trip(&w, 70 * MS, SECOND);
	way_round_trip(&w, 80 * MS, 2 * SECOND);
	cr_expect_eq(w.fresh_us, 2 * SECOND);
	way_round_trip(&w, 81 * MS, 3 * SECOND);
	cr_expect_eq(w.fresh_us, 2 * SECOND);
}

/* The best rate of ten rounds counts, and the best of the last minute is remembered. */
Test(way, rates)
{
	struct way w = { 0 };

	way_keep_rate(&w, 1000, 0);
	for (int i = 1; i < 10; i++) {
		way_keep_rate(&w, 500, i * SECOND);
		cr_expect_eq(way_rate(&w), 1000);
	}
	way_keep_rate(&w, 500, 10 * SECOND);
	cr_expect_eq(way_rate(&w), 500);
	cr_expect_eq(way_best(&w), 1000);
	way_keep_rate(&w, 500, 59 * SECOND);
	cr_expect_eq(way_best(&w), 1000);
	way_keep_rate(&w, 500, 60 * SECOND);
	cr_expect_eq(way_best(&w), 500);
	way_keep_rate(&w, 100, 3600 * SECOND);
	cr_expect_eq(way_best(&w), 100);
}

/* Losses are told from 100 blocks on, and newer ones count more. */
Test(way, losses)
{
	struct way w = { 0 };

	way_count(&w, 89, 10);
	cr_expect_eq(way_loss(&w, 0.5), 0.5);
	way_count(&w, 1, 0);
	cr_expect_float_eq(way_loss(&w, 0.5), 0.1, 1e-9);
	for (int i = 0; i < 5000; i++)
		way_count(&w, 1, 0);
	cr_expect_lt(way_loss(&w, 0.5), 0.005);
}

/* Losses are made up for, but never more than 15 %: four fifths stay less than the way gives. */
Test(way, made_up)
{
	struct way w = { 0 };

	way_round_trip(&w, 95 * MS, 0);
	cr_expect_eq(way_holds(&w, 1000000, 1), 100000, "round trip and 5 ms");
	cr_expect_eq(way_holds(&w, 1000000, 2), 195000);
	way_count(&w, 90, 10);
	cr_expect_float_eq(way_ask(&w, 900), 1000, 1e-6);
	way_count(&w, 0, 100);
	cr_expect_float_eq(way_ask(&w, 850), 1000, 1e-6);
	cr_expect_lt(way_ask(&w, 800), 1000);
}
