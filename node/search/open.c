/* Hours of opening, one schedule at a time. */
#include "node/search/open.h"

#include <string.h>

#include "node/record/disclose.h"
#include "proto/calendar.h"
#include "proto/cbor.h"

#define MINUTE_S 60
#define DAY_MIN 1440
#define YEAR_S 31556952              /* on the average of 400 years */
#define AHEAD_DAYS 14

/* --- local time --- */

/* The last Sunday of a month with 31 days, 01:00 UTC: when the clocks are turned. */
static int64_t
turn(int64_t year, int64_t month)
{
	int64_t last = calendar_day(year, month, 31);

	return (last - (calendar_weekday(last) + 1) % 7) * DAY_S + HOUR_S;
}

int
open_offset(int64_t unix_s)
{
	int64_t year = 1970 + unix_s / YEAR_S;

	if (unix_s < calendar_day(year, 1, 1) * DAY_S)
		year--;
	return unix_s >= turn(year, 3) && unix_s < turn(year, 10) ? 120 : 60;
}

/* Unix seconds of a local minute. */
static int64_t
utc_of(int64_t local_min)
{
	int64_t guess = (local_min - 60) * MINUTE_S;

	return (local_min - open_offset(guess)) * MINUTE_S;
}

/* --- one schedule --- */

struct schedule {
	uint8_t days;                  /* bit of each weekday */
	int64_t from, to;              /* days since 1970-01-01, inclusive */
	int opens, closes;             /* minutes; CLOSES is above OPENS, and may be tomorrow */
};

static bool
read_clock(struct bytes t, int *out)
{
	if (t.len != 5)
		return false;
	*out = ((t.p[0] - '0') * 10 + t.p[1] - '0') * 60 + (t.p[3] - '0') * 10 + t.p[4] - '0';
	return *out >= 0 && *out <= DAY_MIN;
}

/* "MO,WE" */
static bool
read_days(struct bytes list, uint8_t *out)
{
	static const char names[7][3] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

	*out = 0;
	for (size_t at = 0; at < list.len; at += 3) {
		unsigned day = 0;

		if (at + 2 > list.len || (at + 2 < list.len && list.p[at + 2] != ','))
			return false;
		while (day < 7 && memcmp(names[day], list.p + at, 2) != 0)
			day++;
		if (day == 7)
			return false;
		*out |= (uint8_t)(1u << day);
	}
	return *out != 0;
}

/* "20261231", with a time behind it or not. */
static bool
read_until(struct bytes v, int64_t *out)
{
	int64_t n = 0;

	if (v.len < 8)
		return false;
	for (size_t i = 0; i < 8; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		n = n * 10 + v.p[i] - '0';
	}
	*out = calendar_day(n / 10000, n / 100 % 100, n % 100);
	return true;
}

/* One "NAME=VALUE"; false: more than is understood. */
static bool
read_part(struct bytes part, struct schedule *s, bool *weekly, bool *by_day)
{
	const uint8_t *eq = memchr(part.p, '=', part.len);
	struct bytes name, value;
	int64_t until;

	if (eq == NULL)
		return false;
	name = (struct bytes){ part.p, (size_t)(eq - part.p) };
	value = (struct bytes){ eq + 1, part.len - name.len - 1 };
	if (bytes_equal(name, bytes_text("FREQ"))) {
		*weekly = bytes_equal(value, bytes_text("WEEKLY"));
		return *weekly || bytes_equal(value, bytes_text("DAILY"));
	}
	if (bytes_equal(name, bytes_text("BYDAY"))) {
		*by_day = true;
		return read_days(value, &s->days);
	}
	if (bytes_equal(name, bytes_text("UNTIL"))) {
		if (!read_until(value, &until))
			return false;
		if (until < s->to)
			s->to = until;
		return true;
	}
	if (bytes_equal(name, bytes_text("INTERVAL")))
		return bytes_equal(value, bytes_text("1"));
	return bytes_equal(name, bytes_text("WKST"));
}

static bool
read_rule(struct bytes rule, struct schedule *s)
{
	bool weekly = false, by_day = false;

	if (rule.len > 6 && memcmp(rule.p, "RRULE:", 6) == 0)
		rule = (struct bytes){ rule.p + 6, rule.len - 6 };
	while (rule.len > 0) {
		const uint8_t *end = memchr(rule.p, ';', rule.len);
		size_t len = end ? (size_t)(end - rule.p) : rule.len;

		if (!read_part((struct bytes){ rule.p, len }, s, &weekly, &by_day))
			return false;
		rule = (struct bytes){ rule.p + len + (end != NULL), rule.len - len - (end != NULL) };
	}
	/* Every week on which day? Without one nobody knows. */
	return !weekly || by_day;
}

static const struct field *
part_of(const struct field *group, const char *word)
{
	for (size_t i = 0; i < group->field_count; i++)
		if (strcmp(group->fields[i].word, word) == 0)
			return &group->fields[i];
	return NULL;
}

static struct bytes
text_of(const struct field *group, struct bytes map, const char *word)
{
	const struct field *f = part_of(group, word);

	return f ? body_text(map, f->number, NULL) : (struct bytes){ NULL, 0 };
}

static bool
read_day(const struct field *group, struct bytes map, const char *word, int64_t *out)
{
	const struct field *f = part_of(group, word);
	struct bytes item = f ? body_get(map, f->number) : (struct bytes){ NULL, 0 };
	struct cbor_reader r;
	int64_t v;

	if (item.len == 0)
		return true;
	cbor_open(&r, item);
	v = cbor_int(&r);
	if (r.fault)
		return false;
	*out = v;
	return true;
}

static bool
read_schedule(const struct field *group, struct bytes map, struct schedule *out)
{
	struct bytes opens = text_of(group, map, "opens_at"), closes = text_of(group, map, "closes_at");

	*out = (struct schedule){ .days = 0x7f, .from = INT64_MIN, .to = INT64_MAX, .closes = DAY_MIN };
	if (!read_day(group, map, "valid_from", &out->from) || !read_day(group, map, "valid_to", &out->to) ||
	    !read_rule(text_of(group, map, "rrule"), out))
		return false;
	if (opens.len == 0 && closes.len == 0)
		return text_of(group, map, "rrule").len > 0;     /* words alone say nothing to a program */
	if (!read_clock(opens, &out->opens) || !read_clock(closes, &out->closes))
		return false;
	if (out->closes <= out->opens)
		out->closes += DAY_MIN;
	return true;
}

/* --- all of them --- */

struct looking {
	int64_t now;                   /* local minute */
	bool understood, unknown;
	int64_t closes, opens;         /* local minutes; 0: not */
};

/* The last moment it is open without a break is the latest that any schedule says. */
static void
look(struct looking *l, const struct schedule *s)
{
	int64_t today = l->now / DAY_MIN;

	for (int64_t day = today - 1; day <= today + AHEAD_DAYS; day++) {
		int64_t begins = day * DAY_MIN + s->opens, ends = day * DAY_MIN + s->closes;

		if (day < s->from || day > s->to || !(s->days >> calendar_weekday(day) & 1) || ends <= l->now)
			continue;
		if (begins <= l->now && ends > l->closes)
			l->closes = ends;
		if (begins > l->now && (l->opens == 0 || begins < l->opens))
			l->opens = begins;
	}
}

static bool
look_at(void *self, const struct walk_value *v)
{
	struct looking *l = self;
	struct schedule s;

	if (v->field->type != FIELD_GROUP || strcmp(v->field->word, "schedules") != 0)
		return true;
	if (!read_schedule(v->field, v->item, &s)) {
		l->unknown = true;
		return true;
	}
	l->understood = true;
	look(l, &s);
	return true;
}

/* Every status but "active" says that nobody is there. */
static bool
is_closed(const struct kind *k, struct bytes body)
{
	const struct field *f = kind_field_by_word(k, "status");
	struct bytes status = f ? body_text(body, f->number, NULL) : (struct bytes){ NULL, 0 };

	return status.len > 0 && !bytes_equal(status, bytes_text("active"));
}

enum open_state
open_at(const struct kind *k, struct bytes body, int64_t now_ms, int64_t *out_ms)
{
	struct looking l = { .now = now_ms / 1000 / MINUTE_S + open_offset(now_ms / 1000) };

	*out_ms = 0;
	if (is_closed(k, body))
		return OPEN_CLOSED;
	disclose_walk(k, body, look_at, &l);
	if (l.closes) {
		*out_ms = utc_of(l.closes) * 1000;
		return OPEN_NOW;
	}
	if (l.unknown || !l.understood)
		return OPEN_UNKNOWN;
	if (l.opens == 0)
		return OPEN_CLOSED;
	*out_ms = utc_of(l.opens) * 1000;
	return OPEN_LATER;
}
