#include <criterion/criterion.h>

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/search/open.h"
#include "proto/calendar.h"

#define THURSDAY 1767225600000LL      /* 2026-01-01T00:00:00Z; local time is an hour ahead */
#define SUMMER 1782864000000LL        /* 2026-07-01T00:00:00Z, a Wednesday; two hours ahead */

/* A service with these schedules (JSON) and whatever else REST says. */
static enum open_state
at(const char *schedules, const char *rest, int64_t now_ms, int64_t *out_ms)
{
	static const struct id author = { { 1 } };
	const struct kind *k = kind_by_word("service");
	struct buf text = { 0 }, body = { 0 }, hidden = { 0 };
	cJSON *o = NULL;
	struct err e;
	enum open_state state;

	buf_printf(&text, "{\"organisation\":\"00000000-0000-4000-8000-000000000001\",\"name\":{\"en\":\"x\"},"
	    "\"description\":{\"en\":\"x\"},\"languages\":[\"eng\"],\"service_areas\":[\"RS\"],\"schedules\":%s%s}",
	    schedules, rest);
	cr_assert_eq(json_parse(buf_bytes(&text), 1 << 16, "test", &o, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(body_from_json(k, &author, o, NULL, &body, &hidden, &e), ERR_OK, "%s: %s", e.object, e.reason);
	state = open_at(k, buf_bytes(&body), now_ms, out_ms);
	cJSON_Delete(o);
	buf_free(&text);
	buf_free(&body);
	buf_free(&hidden);
	return state;
}

/* Clocks are turned on the last Sundays of March and October, at one o'clock UTC. */
Test(open, summer_time)
{
	cr_expect_eq(open_offset(1774745999), 60);    /* 2026-03-29T00:59:59Z */
	cr_expect_eq(open_offset(1774746000), 120);
	cr_expect_eq(open_offset(1792889999), 120);   /* 2026-10-25T00:59:59Z */
	cr_expect_eq(open_offset(1792890000), 60);
	cr_expect_eq(open_offset(1767225599), 60);    /* 2025-12-31T23:59:59Z */
	cr_expect_eq(open_offset(-1), 60);
}

/* Days of the week, from opening to closing, in local time. */
Test(open, weekly)
{
	static const char office[] = "[{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,TH\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]";
	static const struct {
		int hour, minute;
		enum open_state state;
	} rows[] = {
		{ 0, 0, OPEN_LATER }, { 7, 59, OPEN_LATER }, { 8, 0, OPEN_NOW }, { 15, 59, OPEN_NOW }, { 16, 0, OPEN_LATER },
		{ 32, 0, OPEN_LATER }, { 4 * 24 + 8, 0, OPEN_NOW },
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(at(office, "", THURSDAY + rows[i].hour * HOUR_MS + rows[i].minute * 60000, &ms), rows[i].state,
		    "%zu", i);
	at(office, "", THURSDAY + 8 * HOUR_MS, &ms);
	cr_expect_eq(ms, THURSDAY + 16 * HOUR_MS);
	at(office, "", THURSDAY + 16 * HOUR_MS, &ms);
	cr_expect_eq(ms, THURSDAY + (4 * 24 + 8) * HOUR_MS, "on Monday at nine");
	cr_expect_eq(at("[{\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]", "", SUMMER + 7 * HOUR_MS, &ms), OPEN_NOW);
	cr_expect_eq(ms, SUMMER + 15 * HOUR_MS);
}

/* Hours that end before they begin go on past midnight: what stands by at night is open at night. */
Test(open, past_midnight)
{
	static const char night[] = "[{\"rrule\":\"FREQ=WEEKLY;BYDAY=WE\",\"opens_at\":\"20:00\",\"closes_at\":\"08:00\"}]";
	int64_t ms;

	cr_expect_eq(at(night, "", THURSDAY + 3 * HOUR_MS, &ms), OPEN_NOW);
	cr_expect_eq(ms, THURSDAY + 7 * HOUR_MS);
	cr_expect_eq(at(night, "", THURSDAY + 7 * HOUR_MS, &ms), OPEN_LATER);
	cr_expect_eq(at("[{\"rrule\":\"FREQ=DAILY\",\"opens_at\":\"00:00\",\"closes_at\":\"24:00\"}]", "", THURSDAY, &ms), OPEN_NOW);
	cr_expect_eq(at("[{\"rrule\":\"FREQ=DAILY\"}]", "", THURSDAY, &ms), OPEN_NOW);
}

/* Only between the first and the last day. */
Test(open, valid)
{
	int64_t ms;

	cr_expect_eq(at("[{\"opens_at\":\"09:00\",\"closes_at\":\"17:00\",\"valid_to\":\"2025-12-31\"}]", "",
	    THURSDAY + 9 * HOUR_MS, &ms), OPEN_CLOSED);
	cr_expect_eq(at("[{\"opens_at\":\"09:00\",\"closes_at\":\"17:00\",\"valid_from\":\"2026-01-02\"}]", "",
	    THURSDAY + 9 * HOUR_MS, &ms), OPEN_LATER);
	cr_expect_eq(at("[{\"rrule\":\"FREQ=DAILY;UNTIL=20251231T235959Z\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]", "",
	    THURSDAY + 9 * HOUR_MS, &ms), OPEN_CLOSED);
	cr_expect_eq(at("[{\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]", ",\"status\":\"temporarily-closed\"",
	    THURSDAY + 9 * HOUR_MS, &ms), OPEN_CLOSED);
}

/* What is not understood is neither open nor closed; but what is understood beside it counts. */
Test(open, not_understood)
{
	static const char *const odd[] = { "[{\"description\":{\"en\":\"by appointment\"}}]",
		"[{\"rrule\":\"FREQ=MONTHLY;BYDAY=1MO\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]",
		"[{\"rrule\":\"FREQ=WEEKLY\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]",
		"[{\"rrule\":\"FREQ=WEEKLY;BYDAY=1MO\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]",
		"[{\"rrule\":\"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]",
		"[{\"rrule\":\"nonsense\"}]", "[{\"rrule\":\"FREQ=WEEKLY;BYDAY=\"}]", "[{\"opens_at\":\"09:00\"}]" };
	int64_t ms;

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		cr_expect_eq(at(odd[i], "", THURSDAY + 9 * HOUR_MS, &ms), OPEN_UNKNOWN, "%s", odd[i]);
		cr_expect_eq(ms, 0);
	}
	cr_expect_eq(at("[{\"rrule\":\"FREQ=MONTHLY\"},{\"rrule\":\"FREQ=DAILY\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}]", "",
	    THURSDAY + 9 * HOUR_MS, &ms), OPEN_NOW);
}
