#include "node/record/sure.h"

#include <criterion/criterion.h>

#define NOW 1790000000000LL      /* 2026-09-21 */
#define MINUTE (60 * 1000LL)
#define DAY (24 * 60 * MINUTE)
#define YEARS (3652 * DAY)

/* A clock that is believed at NOW, and was before. */
static struct sure
at_home(void)
{
	struct sure s;

	sure_begin(&s, NOW - DAY, true, NOW, 1000);
	cr_assert_eq(s.state, SURE);
	return s;
}

static bool
hear(struct sure *s, size_t others, size_t count, const int64_t *offsets, int64_t now, int64_t tick)
{
	struct sure_word w = { .others = others, .offsets = offsets, .count = count };

	return sure_hear(s, &w, now, tick);
}

/* What a clock may show when the store is opened depends on when it was believed last. */
Test(sure, begin)
{
	static const struct row {
		const char *what;
		int64_t believed, now;
		enum sure_state state;
	} rows[] = {
		{ "the first start", 0, NOW, SURE },
		{ "the first start before the program was made", 0, SURE_MADE_MS - 1, SURE_EARLY },
		{ "as it was left", NOW, NOW, SURE },
		{ "a small step back", NOW, NOW - 10 * MINUTE, SURE },
		{ "a large one", NOW, NOW - 10 * MINUTE - 1, SURE_EARLY },
		{ "a month later", NOW, NOW + 30 * DAY, SURE },
		{ "more", NOW, NOW + 30 * DAY + 1, SURE_LATE },
		{ "ten years earlier", NOW, NOW - YEARS, SURE_EARLY },
		{ "ten years later", NOW, NOW + YEARS, SURE_LATE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sure s;
		sure_begin(&s, rows[i].believed, true, rows[i].now, 5);
		cr_expect_eq(s.state, rows[i].state, "%s: %s", rows[i].what, sure_word(s.state));
	}
}

/* While it is not believed the time goes on from where it was, whatever the clock does then. */
Test(sure, goes_on_from_the_last_known)
{
	struct sure s;

	sure_begin(&s, NOW, true, NOW - YEARS, 1000);
	cr_expect_eq(sure_time(&s, NOW - YEARS, 1000), NOW);
	cr_expect_eq(sure_time(&s, NOW - YEARS + 5000, 6000), NOW + 5000);
	cr_expect_eq(sure_time(&s, NOW + YEARS, 7000), NOW + 6000);
	sure_begin(&s, 0, false, 0, 1000);
	cr_expect_eq(sure_time(&s, 0, 1000), SURE_MADE_MS, "nothing is remembered: not before the program was made");
}

/* A leap is noticed at the first look, and does not end before a word was heard. */
Test(sure, leap)
{
	struct sure s = at_home();

	sure_look(&s, NOW + 5000, 6000);
	sure_look(&s, NOW + YEARS, 7000);
	cr_expect_eq(s.state, SURE_LATE);
	cr_expect_eq(sure_time(&s, NOW + YEARS, 8000), NOW + 6000);
	sure_look(&s, NOW + 9000, 10000);
	cr_expect_eq(s.state, SURE_LATE);
	cr_expect(hear(&s, 3, 0, NULL, NOW + 9000, 10000));
	cr_expect_eq(s.state, SURE, "it was set right");
}

/* A leap that is noticed and found right within one word is told as a change: what came meanwhile is judged again. */
Test(sure, leap_found_right_is_a_change)
{
	struct sure s;

	sure_begin(&s, 0, false, NOW + YEARS, 1000);
	cr_assert_eq(s.state, SURE, "nobody knows better");
	cr_expect(hear(&s, 0, 0, NULL, NOW, 2000));
	cr_expect_eq(s.state, SURE);
	cr_expect_not(hear(&s, 0, 0, NULL, NOW + 1000, 3000));
}

/* Denied by one whose voice does not count any more, it is believed when it was set back: nobody is left to ask. */
Test(sure, denied_and_left_alone)
{
	const int64_t away[] = { -YEARS };
	struct sure s;

	sure_begin(&s, 0, false, NOW + YEARS, 1000);
	hear(&s, 1, 1, away, NOW + YEARS, 2000);
	cr_assert_eq(s.state, SURE_DENIED);
	hear(&s, 0, 0, NULL, NOW, 3000);
	cr_expect_eq(s.state, SURE);
}

/* Network time is believed whatever is remembered, but not before the program was made. */
Test(sure, network_time)
{
	struct sure_word w = { .synchronised = true, .others = 3 };
	struct sure s;

	sure_begin(&s, NOW, true, NOW + YEARS, 1000);
	cr_expect(sure_hear(&s, &w, NOW + YEARS, 1000));
	cr_expect_eq(s.state, SURE);
	sure_look(&s, NOW, 2000);
	cr_expect_eq(s.state, SURE, "the kernel set it");
	sure_begin(&s, NOW, true, 0, 1000);
	sure_hear(&s, &w, 0, 1000);
	cr_expect_eq(s.state, SURE_EARLY);
}

/* Two others within two minutes confirm a clock; one does where it is the only one, or where the clock went back. */
Test(sure, confirmed_by_others)
{
	static const struct row {
		const char *what;
		size_t others, count;
		int64_t leap, offsets[3];
		enum sure_state state;
	} rows[] = {
		{ "nobody", 2, 0, YEARS, { 0 }, SURE_LATE },
		{ "one of two", 2, 1, YEARS, { 0 }, SURE_LATE },
		{ "two", 2, 2, YEARS, { 0, 0 }, SURE },
		{ "two within two minutes", 2, 2, YEARS, { -2 * MINUTE, 2 * MINUTE }, SURE },
		{ "one near, one far", 2, 2, YEARS, { -1, YEARS }, SURE },
		{ "both far", 2, 2, YEARS, { -YEARS, -YEARS }, SURE_DENIED },
		{ "two of three far", 2, 3, YEARS, { -YEARS, 0, -YEARS }, SURE_DENIED },
		{ "the only one", 1, 1, YEARS, { 0 }, SURE },
		{ "the only one is far", 1, 1, YEARS, { -YEARS }, SURE_LATE },
		{ "back, and one of two", 2, 1, -100 * DAY, { 0 }, SURE },
		{ "back, and that one is far", 2, 1, -100 * DAY, { 100 * DAY }, SURE_EARLY },
		{ "back, and nobody is known", 0, 0, -100 * DAY, { 0 }, SURE },
		{ "ahead, and nobody is known", 0, 0, YEARS, { 0 }, SURE_LATE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sure s = at_home();
		hear(&s, rows[i].others, rows[i].count, rows[i].offsets, NOW + rows[i].leap, 2000);
		cr_expect_eq(s.state, rows[i].state, "%s: %s", rows[i].what, sure_word(s.state));
	}
}

/* A clock that was believed is denied by two others or more, by more than ten minutes; then the time is theirs. */
Test(sure, denied)
{
	int64_t some[] = { 9 * MINUTE, 9 * MINUTE }, far[] = { 11 * MINUTE, 12 * MINUTE }, right[] = { 0, 1 };
	struct sure s = at_home();

	cr_expect_not(hear(&s, 2, 2, some, NOW, 1000));
	cr_expect_eq(s.median_ms, 9 * MINUTE, "to be said to people");
	cr_expect_not(hear(&s, 2, 1, far, NOW, 1000), "one alone denies nothing");
	cr_expect(hear(&s, 2, 2, far, NOW, 1000));
	cr_expect_eq(s.state, SURE_DENIED);
	cr_expect_eq(sure_time(&s, NOW, 1000), NOW + 11 * MINUTE);
	cr_expect(sure_agreed(&s));
	cr_expect_not(hear(&s, 2, 1, far, NOW + 1000, 2000), "one of them has gone; it is no better for it");
	cr_expect_eq(sure_time(&s, NOW + 1000, 2000), NOW + 1000 + 11 * MINUTE);
	cr_expect_not(sure_agreed(&s));
	cr_expect(hear(&s, 2, 2, right, NOW, 1000));
	cr_expect_eq(s.state, SURE);
	hear(&s, 2, 2, far, NOW, 1000);
	cr_expect(hear(&s, 2, 0, NULL, NOW, 1000), "nobody contradicts it any more, and it may be right");
	cr_expect_eq(s.state, SURE);
}

/* A clock that nobody ever confirmed is doubted by the first who contradicts it; neither of the two is followed. */
Test(sure, denied_by_one)
{
	int64_t far[] = { -YEARS, -YEARS }, near[] = { 0 };
	struct sure s;

	sure_begin(&s, 0, false, NOW, 1000);
	cr_expect(hear(&s, 2, 1, far, NOW, 1000));
	cr_expect_eq(s.state, SURE_DENIED);
	cr_expect_eq(sure_time(&s, NOW, 2000), NOW + 1000);
	cr_expect_not(sure_agreed(&s));
	cr_expect_not(hear(&s, 2, 2, far, NOW, 2000), "a second one says the same");
	cr_expect_eq(sure_time(&s, NOW, 2000), NOW - YEARS);
	sure_begin(&s, 0, false, NOW, 1000);
	hear(&s, 2, 1, far, NOW, 1000);
	cr_expect(hear(&s, 2, 1, near, NOW, 1000), "the other one was wrong");
	cr_expect_eq(s.state, SURE);
	cr_expect_not(s.confirmed);
}

/* Set to what the others had said, it is believed, although they have gone. */
Test(sure, set_to_what_others_said)
{
	int64_t far[] = { YEARS, YEARS };
	struct sure s = at_home();

	hear(&s, 2, 2, far, NOW, 1000);
	cr_assert_eq(s.state, SURE_DENIED);
	cr_expect(hear(&s, 2, 0, NULL, NOW + YEARS + MINUTE, 1000 + MINUTE));
	cr_expect_eq(s.state, SURE);
}

/* Without a battery nothing is believed before somebody agrees. */
Test(sure, bare)
{
	struct sure_word w = { .bare = true, .others = 2 };
	int64_t near[] = { 0, 0 };
	struct sure s = at_home();

	cr_expect(sure_hear(&s, &w, NOW, 1000));
	cr_expect_eq(s.state, SURE_BARE);
	w.offsets = near;
	w.count = 2;
	cr_expect(sure_hear(&s, &w, NOW, 1000));
	cr_expect_eq(s.state, SURE);
	w.count = 0;
	cr_expect_not(sure_hear(&s, &w, NOW, 1000), "once in a run is enough");
}

/* A clock that shows a time before the program was made asks who is nearer to where it was last believed. */
Test(sure, impossible_chooses_nobody)
{
	const int64_t offsets[] = { YEARS - 5, YEARS / 2 };
	struct sure s;

	sure_begin(&s, NOW, true, NOW - YEARS, 0);
	cr_assert_eq(s.state, SURE_EARLY);
	hear(&s, 2, 2, offsets, NOW - YEARS, 0);
	cr_expect_eq(s.median_ms, YEARS - 5);
	cr_expect_eq(sure_time(&s, NOW - YEARS, 0), NOW - 5);
}

/* Of an even number the middle one that is nearer to ours counts: half of the others cannot move it. */
Test(sure, median)
{
	cr_expect_eq(sure_median((int64_t[]){ 7 }, 1, 0), 7);
	cr_expect_eq(sure_median((int64_t[]){ 9, -3 }, 2, 0), -3);
	cr_expect_eq(sure_median((int64_t[]){ 5, -9 }, 2, 0), 5);
	cr_expect_eq(sure_median((int64_t[]){ 50, 1, 2 }, 3, 0), 2);
	cr_expect_eq(sure_median((int64_t[]){ 50, 60, 1, -2 }, 4, 0), 1);
}
