#include "node/record/value.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/calendar.h"

/* --- references --- */

enum err_code
reference_parse(const char *text, const struct id *author, const char *object, struct id *out_author,
    struct uuid *out_name, struct err *e)
{
	const char *slash = strchr(text, '/');
	char org[ID_TEXT];
	struct id who = *author;
	struct uuid name;
	enum err_code rc;

	if (slash) {
		size_t len = (size_t)(slash - text);

		if (len >= sizeof org)
			return err_set(e, ERR_INPUT, object, "reference", "write org1.../UUID, or a UUID of your own");
		memcpy(org, text, len);
		org[len] = 0;
		if ((rc = id_parse(ID_ORGANISATION, org, object, &who, e)))
			return rc;
	}
	if ((rc = uuid_parse(slash ? slash + 1 : text, object, &name, e)))
		return rc;
	*out_author = who;
	*out_name = name;
	return ERR_OK;
}

void
reference_format(const struct id *author, const struct uuid *name, struct buf *out)
{
	char org[ID_TEXT], uuid[UUID_TEXT];

	buf_printf(out, "%s/%s", id_format(ID_ORGANISATION, author, org), uuid_format(name, uuid));
}

/* --- bytes --- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 4648 section 5, without padding. */
void
value_bytes_format(struct bytes in, struct buf *out)
{
	unsigned bits = 0;
	uint32_t held = 0;

	for (size_t i = 0; i < in.len; i++) {
		held = held << 8 | in.p[i];
		for (bits += 8; bits >= 6; bits -= 6)
			buf_put_u8(out, (uint8_t)alphabet[held >> (bits - 6) & 63]);
	}
	if (bits)
		buf_put_u8(out, (uint8_t)alphabet[held << (6 - bits) & 63]);
}

/* One text for one value: bits left over must be zero. */
bool
value_bytes_parse(const char *text, struct buf *out)
{
	unsigned bits = 0;
	uint32_t held = 0;

	for (; *text; text++) {
		const char *at = strchr(alphabet, *text);

		if (at == NULL)
			return false;
		held = held << 6 | (uint32_t)(at - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_put_u8(out, (uint8_t)(held >> bits));
		}
	}
	return bits < 6 && (held & ((1u << bits) - 1)) == 0;
}

/* --- days and times --- */

static bool
number_at(const char *text, size_t len, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return true;
}

/* RFC 3339 full-date, in the ten bytes at TEXT. */
static bool
date_at(const char *text, int64_t *out_days)
{
	unsigned y, m, d;

	if (strlen(text) < 10 || text[4] != '-' || text[7] != '-' || !number_at(text, 4, &y) ||
	    !number_at(text + 5, 2, &m) || !number_at(text + 8, 2, &d) || !calendar_has(y, m, d))
		return false;
	*out_days = calendar_day(y, m, d);
	return true;
}

/* RFC 3339 date-time to the second; an offset is turned into UTC. */
bool
value_time_parse(const char *text, int64_t *out)
{
	unsigned h, m, s, oh = 0, om = 0;
	int64_t days;
	const char *zone = text + 19;

	if (strlen(text) < 20 || !date_at(text, &days) || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
	    text[16] != ':' || !number_at(text + 11, 2, &h) || !number_at(text + 14, 2, &m) ||
	    !number_at(text + 17, 2, &s) || h > 23 || m > 59 || s > 59)
		return false;
	if (strcmp(zone, "Z") != 0 && (strlen(zone) != 6 || !strchr("+-", zone[0]) || zone[3] != ':' ||
	    !number_at(zone + 1, 2, &oh) || !number_at(zone + 4, 2, &om) || oh > 23 || om > 59))
		return false;
	*out = days * DAY_S + h * HOUR_S + m * 60 + s - (zone[0] == '-' ? -1 : 1) * (oh * HOUR_S + om * 60);
	return true;
}

bool
value_date_parse(const char *text, int64_t *out_days)
{
	int64_t days;

	if (strlen(text) != 10 || !date_at(text, &days))
		return false;
	*out_days = days;
	return true;
}

/* Is there a year of four digits for it? */
static bool
gmtime_of(int64_t seconds, struct tm *out)
{
	time_t t = (time_t)seconds;

	if (seconds < CALENDAR_FIRST * DAY_S || seconds >= (CALENDAR_LAST + 1) * DAY_S)
		return false;
	return gmtime_r(&t, out) != NULL;
}

const char *
value_date_format(int64_t days, char out[VALUE_TEXT])
{
	struct tm tm;

	if (days < CALENDAR_FIRST || days > CALENDAR_LAST || !gmtime_of(days * DAY_S, &tm))
		return NULL;
	snprintf(out, VALUE_TEXT, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return out;
}

const char *
value_time_format(int64_t seconds, char out[VALUE_TEXT])
{
	struct tm tm;

	if (!gmtime_of(seconds, &tm))
		return NULL;
	snprintf(out, VALUE_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}
