/*
 * calendar - days of the Gregorian calendar, counted from 1970-01-01, and the units of time.
 *
 * Source   RFC 3339 section 5.7 and appendix C (how long months and years are)
 * Shape    a day is a signed number; 0 is 1970-01-01, which was a Thursday; months and days begin at 1
 * Law      pure arithmetic, without a time zone, a locale or leap seconds
 */
#ifndef KILIM_PROTO_CALENDAR_H
#define KILIM_PROTO_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define HOUR_S 3600LL
#define DAY_S (24 * HOUR_S)
#define HOUR_MS (3600LL * 1000)
#define DAY_MS (24LL * 3600 * 1000)

/* The years of RFC 3339 have four digits: 0001-01-01, 9999-12-31. */
#define CALENDAR_FIRST (-719162LL)
#define CALENDAR_LAST 2932896LL

/* Is there such a day, in a year from 1 on? */
bool calendar_has(int64_t year, int64_t month, int64_t day);
/* Its number; a day beyond the end of its month is one of the month behind it. */
int64_t calendar_day(int64_t year, int64_t month, int64_t day);
/* 0 on a Monday, 6 on a Sunday. */
unsigned calendar_weekday(int64_t day);

#endif
