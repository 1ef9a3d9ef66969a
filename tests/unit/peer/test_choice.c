/* node/service/choice and reputation: what their headers promise, by seed. */
#include "node/peer/choice.h"
#include "node/peer/reputation.h"
#include "proto/calendar.h"

#include <criterion/criterion.h>
#include <string.h>

#define MOST 300

static struct candidate all[MOST];
static size_t out[MOST];

static void
fill(size_t count)
{
	memset(all, 0, sizeof all);
	for (size_t i = 0; i < count; i++)
		all[i] = (struct candidate){ .ready = true, .idle = true, .score = 2 };
}

static void
each_once(size_t chosen, size_t count)
{
	bool seen[MOST] = { false };

	for (size_t i = 0; i < chosen; i++) {
		cr_assert_lt(out[i], count);
		cr_assert(all[out[i]].ready && all[out[i]].link == CHOICE_AWAY);
		cr_assert_not(seen[out[i]]);
		seen[out[i]] = true;
	}
}

/* Over any mixture: the named ones, as many others as are missing, one more when it is time to mix, nobody twice. */
Test(choice, dials_what_is_missing)
{
	for (uint64_t seed = 1; seed <= 5000; seed++) {
		uint64_t dice = seed;
		size_t count = choice_dice(&dice) % 40, live = 0, named = 0, free = 0, chosen, wanted;
		bool mix = choice_dice(&dice) % 4 == 0;

		fill(count);
		for (size_t i = 0; i < count; i++) {
			all[i].link = choice_dice(&dice) % 5 ? CHOICE_AWAY : choice_dice(&dice) % 2 ? CHOICE_CAME : CHOICE_DIALLED;
			all[i].ready = all[i].link == CHOICE_AWAY && choice_dice(&dice) % 4;
			all[i].named = choice_dice(&dice) % 10 == 0;
			live += all[i].link != CHOICE_AWAY;
			named += all[i].ready && all[i].named;
			free += all[i].ready && !all[i].named;
		}
		wanted = live + named < CHOICE_LEAST ? CHOICE_LEAST - live - named : 0;
		wanted += mix;
		chosen = choice_dial(all, count, mix, &dice, out);
		cr_assert_eq(chosen, named + (wanted < free ? wanted : free), "seed %u", (unsigned)seed);
		each_once(chosen, count);
		for (size_t i = 0; i < named; i++)
			cr_assert(all[out[i]].named);
	}
}

/* Good ones are dialled more often, and the others are dialled too. */
Test(choice, prefers_and_mixes)
{
	unsigned good = 0, poor = 0;

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		uint64_t dice = seed;
		size_t chosen;

		fill(100);
		for (size_t i = 0; i < 10; i++)
			all[i].score = 8;
		chosen = choice_dial(all, 100, false, &dice, out);
		cr_assert_eq(chosen, CHOICE_LEAST);
		for (size_t i = 0; i < chosen; i++)
			good += out[i] < 10, poor += out[i] >= 10;
	}
	cr_assert_gt(good, 2000u * 4 * 15 / 100, "%u", good); /* a tenth by chance */
	cr_assert_gt(poor, 2000u * 4 * 60 / 100, "%u", poor);
}

/* Who is reached by nobody but by chance is reached: in rounds of blind draws each of 200 is drawn. */
Test(choice, nobody_is_left_out)
{
	unsigned drawn[200] = { 0 };

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		uint64_t dice = seed;
		size_t chosen;

		fill(200);
		for (size_t i = 100; i < 200; i++)
			all[i].score = -5;
		chosen = choice_dial(all, 200, false, &dice, out);
		for (size_t i = 0; i < chosen; i++)
			drawn[out[i]]++;
	}
	for (size_t i = 0; i < 200; i++)
		cr_assert_gt(drawn[i], 0, "%zu", i);
}

/* Above the most the least useful goes; never one that dialled us, a named one, a young or a busy one. */
Test(choice, lets_go)
{
	for (uint64_t seed = 1; seed <= 5000; seed++) {
		uint64_t dice = seed;
		size_t count = choice_dice(&dice) % 30, live = 0, gone;
		double least = 1e9;

		fill(count);
		for (size_t i = 0; i < count; i++) {
			all[i].link = (enum choice_link)(choice_dice(&dice) % 3);
			all[i].named = choice_dice(&dice) % 5 == 0;
			all[i].idle = choice_dice(&dice) % 5 != 0;
			all[i].age_ms = (int64_t)(choice_dice(&dice) % 2) * CHOICE_YOUNG_MS;
			all[i].score = (double)(choice_dice(&dice) % 100);
			live += all[i].link != CHOICE_AWAY;
			if (all[i].link == CHOICE_DIALLED && !all[i].named && all[i].idle && all[i].age_ms && all[i].score < least)
				least = all[i].score;
		}
		gone = choice_leave(all, count);
		if (live <= CHOICE_MOST || least > 1e8) {
			cr_assert_eq(gone, count);
			continue;
		}
		cr_assert_lt(gone, count);
		cr_assert_eq(all[gone].score, least);
		cr_assert(all[gone].link == CHOICE_DIALLED && !all[gone].named && all[gone].idle);
	}
}

/* Answering, usefulness and nearness raise the score; failing, blame and distance lower it; unknown is 2. */
Test(reputation, score)
{
	struct reputation none = { .at_ms = 0 }, r = none;

	cr_assert_float_eq(reputation_score(&none, 0), 2, 1e-9);
	reputation_add(&r, REPUTATION_ANSWERED, 1, 0);
	cr_assert_gt(reputation_score(&r, 0), 2);
	reputation_add(&r, REPUTATION_FAILED, 3, 0);
	cr_assert_lt(reputation_score(&r, 0), 2);
	r = none;
	reputation_add(&r, REPUTATION_USEFUL, 10, 0);
	cr_assert_gt(reputation_score(&r, 0), 5);
	reputation_add(&r, REPUTATION_USEFUL, 1000000, 0);
	cr_assert_float_eq(reputation_score(&r, 0), 8, 1e-9);
	reputation_add(&r, REPUTATION_BLAMED, 60, 0);
	cr_assert_float_eq(reputation_score(&r, 0), 2, 1e-9);
	r = none;
	r.round_ms = 500;
	cr_assert_float_eq(reputation_score(&r, 0), 0, 1e-9);
	r.round_ms = 100000;
	cr_assert_float_eq(reputation_score(&r, 0), -1, 1e-9);
}

/* What was done counts half after six hours, and a clock that went back changes nothing. */
Test(reputation, halves)
{
	struct reputation r = { .at_ms = 0 };

	reputation_add(&r, REPUTATION_USEFUL, 6, HOUR_MS);
	cr_assert_float_eq(reputation_score(&r, 7 * HOUR_MS), 2 + 2, 1e-9);
	cr_assert_float_eq(reputation_score(&r, 0), reputation_score(&r, HOUR_MS), 1e-9);
	reputation_add(&r, REPUTATION_USEFUL, 0, 7 * HOUR_MS);
	cr_assert_float_eq(r.count[REPUTATION_USEFUL], 3, 1e-9);
}
