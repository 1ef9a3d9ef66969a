#include <criterion/criterion.h>

#include <time.h>

#include "proto/calendar.h"

/* Every day of the years 1 to 9999 has the number and the weekday that the system gives it, and there are no others. */
Test(calendar, days_are_those_of_the_system)
{
	int64_t next = CALENDAR_FIRST;

	for (int64_t year = 1; year <= 9999; year++)
		for (int64_t month = 1; month <= 12; month++)
			for (int64_t day = 1; day <= 31; day++) {
				time_t t = (time_t)(next * DAY_S);
				struct tm tm;

				gmtime_r(&t, &tm);
				if (!calendar_has(year, month, day)) {
					cr_assert_gt(day, 28);
					continue;
				}
				cr_assert(tm.tm_year + 1900 == year && tm.tm_mon + 1 == month && tm.tm_mday == day,
				    "%d-%d-%d", (int)year, (int)month, (int)day);
				cr_assert_eq(calendar_day(year, month, day), next);
				cr_assert_eq((calendar_weekday(next) + 1) % 7, (unsigned)tm.tm_wday);
				next++;
			}
	cr_assert_eq(next, CALENDAR_LAST + 1);
}

/* A day beyond the end of its month is none, and counts on into the month behind it. */
Test(calendar, beyond_the_month)
{
	cr_expect(calendar_has(2024, 2, 29));
	cr_expect_not(calendar_has(2025, 2, 29));
	cr_expect_not(calendar_has(1900, 2, 29));
	cr_expect(calendar_has(2000, 2, 29));
	cr_expect_not(calendar_has(2025, 4, 31));
	cr_expect_not(calendar_has(2025, 13, 1));
	cr_expect_not(calendar_has(2025, 0, 1));
	cr_expect_not(calendar_has(2025, 1, 0));
	cr_expect_not(calendar_has(0, 1, 1));
	cr_expect_eq(calendar_day(2025, 2, 31), calendar_day(2025, 3, 3));
	cr_expect_eq(calendar_day(1970, 1, 1), 0);
}
