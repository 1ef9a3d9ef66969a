/* What proto/stamp.h promises: stamps as text and back, the next stamp, and how the future is judged. */
#include "proto/stamp.h"

#include "proto/calendar.h"
#include "proto/limits.h"
#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1767323045678LL

static void
good_line(const char *const *column, const char *where)
{
	uint64_t stamp = strtoull(column[0], NULL, 10), back = 0;
	int64_t ms = strtoll(column[2], NULL, 10);
	char text[STAMP_TEXT];
	struct err e;

	cr_expect_eq(stamp_make(ms, (uint16_t)atoi(column[3])), stamp, "%s", where);
	cr_expect_eq(stamp_unix_ms(stamp), ms, "%s", where);
	cr_expect_str_eq(stamp_format(stamp, text), column[1], "%s", where);
	cr_expect_eq(stamp_parse(column[1], "x", &back, &e), ERR_OK, "%s", where);
	cr_expect_eq(back, stamp, "%s", where);
}

/* Golden stamps are made, written and read as their lines say. */
Test(stamp, good_vectors)
{
	vectors_each("stamp/good.txt", 4, good_line);
}

static void
bad_line(const char *const *column, const char *where)
{
	uint64_t out = 77;
	struct err e = { 0 };

	cr_expect_eq(stamp_parse(column[0], "since", &out, &e), ERR_INPUT, "%s: accepted", where);
	cr_expect_str_eq(e.object, "since");
	cr_expect_str_eq(e.rule, "stamp");
	cr_expect_eq(out, 77, "%s: the output was touched", where);
}

/* Texts that are no stamp are refused, and the output is left alone. */
Test(stamp, bad_vectors)
{
	vectors_each("stamp/bad.txt", 2, bad_line);
}

/* A person may leave the fraction out. */
Test(stamp, without_a_fraction)
{
	uint64_t out;
	struct err e;

	cr_expect_eq(stamp_parse("2026-01-02T03:04:05Z", "x", &out, &e), ERR_OK);
	cr_expect_eq(out, stamp_make(NOW - 678, 0));
}

/* Every stamp is written as a text that is read as the same stamp. */
Test(stamp, round_trips)
{
	uint64_t stamp = 0x9e3779b97f4a7c15;
	char text[STAMP_TEXT];

	for (unsigned i = 0; i < 20000; i++) {
		uint64_t back = 0;
		stamp = stamp * 6364136223846793005u + 1442695040888963407u;
		cr_assert_eq(stamp_parse(stamp_format(stamp, text), "x", &back, NULL), ERR_OK, "%s", text);
		cr_assert_eq(back, stamp, "%s", text);
	}
}

/* Times that 48 bits do not hold become the first or the last ms. */
Test(stamp, clamped)
{
	cr_expect_eq(stamp_make(0, 5), 5);
	cr_expect_eq(stamp_make(INT64_MIN, 0), 0);
	cr_expect_eq(stamp_make(STAMP_EPOCH_MS - 1, 0), 0);
	cr_expect_eq(stamp_make(INT64_MAX, 3), ((1ull << 48) - 1) << 16 | 3);
}

/* The next stamp is above the last one and not below the clock. */
Test(stamp, next)
{
	uint64_t now = stamp_make(NOW, 0);

	cr_expect_eq(stamp_next(0, NOW), now);
	cr_expect_eq(stamp_next(now - 1, NOW), now);
	cr_expect_eq(stamp_next(now, NOW), now + 1, "the counter, within one ms");
	cr_expect_eq(stamp_next(now | 0xffff, NOW), stamp_make(NOW + 1, 0), "a full counter runs over");
	cr_expect_eq(stamp_next(stamp_make(NOW + 5000, 9), NOW), stamp_make(NOW + 5000, 10), "the clock was set back");
	cr_expect_eq(stamp_next(UINT64_MAX, NOW), UINT64_MAX, "there is none behind it");
	for (uint64_t last = now, i = 0; i < 200000; i++) {
		uint64_t next = stamp_next(last, NOW + (int64_t)(i / 100000));
		cr_assert_gt(next, last);
		last = next;
	}
}

/* Up to 10 minutes ahead counts, up to 24 hours waits, beyond is refused; the past always counts. */
Test(stamp, judged)
{
	static const struct { int64_t ahead; enum stamp_judgement is; } rows[] = {
		{ -1000LL * DAY_MS, STAMP_NOW }, { 0, STAMP_NOW }, { LIMIT_FUTURE_MS, STAMP_NOW },
		{ LIMIT_FUTURE_MS + 1, STAMP_ASIDE }, { LIMIT_ASIDE_MS, STAMP_ASIDE },
		{ LIMIT_ASIDE_MS + 1, STAMP_REFUSED }, { 1000LL * DAY_MS, STAMP_REFUSED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(stamp_judge(stamp_make(NOW + rows[i].ahead, 0xffff), NOW), rows[i].is, "%" PRId64,
		    rows[i].ahead);
}
