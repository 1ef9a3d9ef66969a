#include "proto/calendar.h"

#define ERA_YEARS 400                /* the calendar repeats after them */
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468            /* from 0000-03-01 to 1970-01-01 */

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool
calendar_has(int64_t year, int64_t month, int64_t day)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && is_leap(year));
}

/* Years begin in March here, so that the day which only some of them have is their last. */
int64_t
calendar_day(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - (ERA_YEARS - 1)) / ERA_YEARS;
	int64_t of_era = y - era * ERA_YEARS;
	/* From March on months have 31, 30, 31, 30, 31 days, and so on: 153 in five. */
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

unsigned
calendar_weekday(int64_t day)
{
	return (unsigned)(((day + 3) % 7 + 7) % 7);
}
