#include "proto/stamp.h"

#include "proto/calendar.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS_MAX ((1LL << 48) - 1)
#define COUNTER_DIGITS 5

uint64_t
stamp_make(int64_t unix_ms, uint16_t counter)
{
	int64_t ms = unix_ms < STAMP_EPOCH_MS ? 0 : unix_ms - STAMP_EPOCH_MS;

	if (ms > MS_MAX)
		ms = MS_MAX;
	return (uint64_t)ms << 16 | counter;
}

int64_t
stamp_unix_ms(uint64_t stamp)
{
	return STAMP_EPOCH_MS + (int64_t)(stamp >> 16);
}

uint64_t
stamp_next(uint64_t last, int64_t now_unix_ms)
{
	uint64_t now = stamp_make(now_unix_ms, 0);

	if (now > last)
		return now;
	return last == UINT64_MAX ? last : last + 1; /* a full counter runs over into the ms */
}

const char *
stamp_format(uint64_t stamp, char out[STAMP_TEXT])
{
	int64_t ms = stamp_unix_ms(stamp);
	time_t s = (time_t)(ms / 1000);
	unsigned counter = stamp & 0xffff;
	struct tm tm;
	size_t len;

	gmtime_r(&s, &tm);
	len = strftime(out, STAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	len += (size_t)snprintf(out + len, STAMP_TEXT - len, ".%03d", (int)(ms % 1000));
	if (counter)
		len += (size_t)snprintf(out + len, STAMP_TEXT - len, "%05u", counter);
	snprintf(out + len, STAMP_TEXT - len, "Z");
	return out;
}

/* The COUNT digits at *TEXT, which moves behind them; -1 when one is no digit. */
static int64_t
digits(const char **text, unsigned count)
{
	int64_t v = 0;

	for (; count; count--, ++*text) {
		if (**text < '0' || **text > '9')
			return -1;
		v = v * 10 + (**text - '0');
	}
	return v;
}

/* A number of COUNT digits between LOW and HIGH, behind the character BEFORE (0: none). */
static bool
part(const char **text, char before, unsigned count, int64_t low, int64_t high, int64_t *out)
{
	if (before && *(*text)++ != before) {
		--*text;
		return false;
	}
	*out = digits(text, count);
	return *out >= low && *out <= high;
}

/* What may stand behind the seconds: nothing, ms, or ms and counter. */
static bool
fraction(const char **text, int64_t *ms, int64_t *counter)
{
	*ms = *counter = 0;
	if (**text != '.')
		return true;
	if (!part(text, '.', 3, 0, 999, ms))
		return false;
	return **text == 'Z' || part(text, 0, COUNTER_DIGITS, 0, UINT16_MAX, counter);
}

enum err_code
stamp_parse(const char *text, const char *object, uint64_t *out, struct err *e)
{
	const char *p = text, *dash = strchr(text, '-');
	unsigned year_digits = dash && dash - text == 5 ? 5 : 4;
	int64_t year, month, day, hour, minute, second, ms, counter, at;

	if (!part(&p, 0, year_digits, 2020, 99999, &year) || !part(&p, '-', 2, 1, 12, &month) ||
	    !part(&p, '-', 2, 1, 31, &day) || !part(&p, 'T', 2, 0, 23, &hour) ||
	    !part(&p, ':', 2, 0, 59, &minute) || !part(&p, ':', 2, 0, 59, &second) ||
	    !fraction(&p, &ms, &counter) || strcmp(p, "Z") != 0 || !calendar_has(year, month, day))
		return err_set(e, ERR_INPUT, object, "stamp",
		    "must look like 2026-01-02T03:04:05.678Z and lie after 2019");
	at = (((calendar_day(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
	if (at - STAMP_EPOCH_MS > MS_MAX)
		return err_set(e, ERR_INPUT, object, "stamp", "lies beyond the last stamp there is");
	*out = stamp_make(at, (uint16_t)counter);
	return ERR_OK;
}

enum stamp_judgement
stamp_judge(uint64_t stamp, int64_t now_unix_ms)
{
	int64_t ahead = stamp_unix_ms(stamp) - now_unix_ms;

	if (ahead <= LIMIT_FUTURE_MS)
		return STAMP_NOW;
	return ahead <= LIMIT_ASIDE_MS ? STAMP_ASIDE : STAMP_REFUSED;
}
