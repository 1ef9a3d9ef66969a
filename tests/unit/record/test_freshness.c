#include <criterion/criterion.h>

#include "node/record/freshness.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

#define NOW_DAY 20000
#define NOW ((int64_t)NOW_DAY * DAY_MS + 1000)

/* A service signed SIGNED days ago; VERIFIED days ago or never (-1); its kind of help or NULL; own days or 0. */
static struct freshness_of
of(int signed_ago, int verified_ago, const char *term, unsigned every)
{
	const struct kind *k = kind_by_word("service");
	struct record r = { .kind = k->number, .stamp = stamp_make(NOW - signed_ago * DAY_MS, 0) };
	struct buf body = { 0 };
	struct freshness_of result;

	cbor_put_map(&body, (verified_ago >= 0 ? 1u : 0) + (term ? 1u : 0) + (every ? 1u : 0));
	if (verified_ago >= 0) {
		cbor_put_uint(&body, 1);
		cbor_put_int(&body, NOW_DAY - verified_ago);
	}
	if (every) {
		cbor_put_uint(&body, 15);
		cbor_put_uint(&body, every);
	}
	if (term) {
		cbor_put_uint(&body, 36);
		cbor_put_array(&body, 1);
		cbor_put_text(&body, bytes_text(term));
	}
	r.body = buf_bytes(&body);
	result = freshness(k, &r, NOW);
	buf_free(&body);
	return result;
}

/* 180 days: fresh below 144, due to 180, then stale; expired when the kind's 400 days are over. */
Test(freshness, steps)
{
	static const struct {
		int signed_ago, verified_ago;
		enum freshness state;
	} rows[] = {
		{ 0, 0, FRESHNESS_FRESH }, { 143, 143, FRESHNESS_FRESH }, { 144, 144, FRESHNESS_DUE },
		{ 180, 180, FRESHNESS_DUE }, { 181, 181, FRESHNESS_STALE }, { 399, 0, FRESHNESS_FRESH },
		{ 400, 0, FRESHNESS_EXPIRED }, { 0, 181, FRESHNESS_STALE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(of(rows[i].signed_ago, rows[i].verified_ago, NULL, 0).state, rows[i].state, "%zu", i);
	cr_expect_eq(of(0, 100, NULL, 0).days_left, 80);
	cr_expect_eq(of(0, 190, NULL, 0).days_left, -10);
}

/* Never verified: counted from the day it was signed, and said. */
Test(freshness, never_verified)
{
	cr_expect_not(of(10, -1, NULL, 0).verified);
	cr_expect_eq(of(10, -1, NULL, 0).state, FRESHNESS_FRESH);
	cr_expect_eq(of(181, -1, NULL, 0).state, FRESHNESS_STALE);
	cr_expect(of(10, 5, NULL, 0).verified);
}

/* Helplines and shelters have 90 days; an author may ask for fewer days, never for more. */
Test(freshness, shorter)
{
	cr_expect_eq(of(0, 91, "helpline", 0).state, FRESHNESS_STALE);
	cr_expect_eq(of(0, 91, "shelter", 0).state, FRESHNESS_STALE);
	cr_expect_eq(of(0, 91, "training", 0).state, FRESHNESS_FRESH);
	cr_expect_eq(of(0, 31, NULL, 30).state, FRESHNESS_STALE);
	cr_expect_eq(of(0, 181, NULL, 700).state, FRESHNESS_STALE);
}

/* The record's own end counts, and a verification dated ahead is no gain. */
Test(freshness, ends)
{
	const struct kind *k = kind_by_word("service");
	struct record r = { .kind = k->number, .stamp = stamp_make(NOW, 0), .expires = NOW / 1000 };
	struct buf body = { 0 };

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 11);
	cbor_put_int(&body, NOW_DAY);
	cr_expect_eq(freshness(k, &r, NOW).state, FRESHNESS_EXPIRED);
	r.expires++;
	cr_expect_eq(freshness(k, &r, NOW).state, FRESHNESS_FRESH);
	r.expires = 0;
	r.body = buf_bytes(&body);
	cr_expect_eq(freshness(k, &r, NOW).state, FRESHNESS_FRESH, "the last day holds");
	cr_expect_eq(freshness(k, &r, NOW + DAY_MS).state, FRESHNESS_EXPIRED);
	buf_reset(&body);
	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 1);
	cbor_put_int(&body, INT64_MAX);
	r.body = buf_bytes(&body);
	cr_expect_eq(freshness(k, &r, NOW).days_left, 180);
	buf_free(&body);
}

/* Every state has its word. */
Test(freshness, words)
{
	cr_expect_str_eq(freshness_word(FRESHNESS_FRESH), "fresh");
	cr_expect_str_eq(freshness_word(FRESHNESS_EXPIRED), "expired");
}

/* What has ended is hidden; what is stale only where its kind fades; helplines never. */
Test(freshness, hides)
{
	static const struct {
		const char *kind;
		int signed_ago;
		int64_t expires;
		bool hidden;
	} rows[] = {
		{ "need", 60, 0, false }, { "need", 61, 0, true }, { "offer", 61, 0, true }, { "service", 399, 0, false },
		{ "notice", 0, NOW / 1000 + 1, false }, { "notice", 0, NOW / 1000, true }, { "service", 0, 1, true },
	};
	static const uint8_t empty[] = { 0xa0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct kind *k = kind_by_word(rows[i].kind);
		struct record r = { .kind = k->number, .stamp = stamp_make(NOW - rows[i].signed_ago * DAY_MS, 0),
			.expires = rows[i].expires, .body = { empty, 1 } };

		cr_expect_eq(freshness_hides(k, &r, NOW), rows[i].hidden, "%zu", i);
	}
}

/* What others confirmed counts from that day; an earlier day, or one to come, makes nothing older or fresher. */
Test(freshness, confirmed)
{
	const struct kind *k = kind_by_word("service");
	struct record r = { .kind = k->number, .stamp = stamp_make(NOW - 200 * DAY_MS, 0), .body = { (const uint8_t *)"\xa0", 1 } };
	struct freshness_of f = freshness_confirmed(k, &r, NOW - 10 * DAY_MS, NOW);

	cr_expect_eq(f.state, FRESHNESS_FRESH);
	cr_expect(f.verified);
	cr_expect_eq(f.days_left, 170);
	cr_expect_eq(freshness_confirmed(k, &r, NOW - 300 * DAY_MS, NOW).state, FRESHNESS_STALE);
	cr_expect_eq(freshness_confirmed(k, &r, NOW + 300 * DAY_MS, NOW).days_left, 180);
	cr_expect_eq(freshness_confirmed(k, &r, 0, NOW).days_left, -20);
}

/* An entry is over with its own end, the last day it holds or its kind's life, whichever is first; far ends are none. */
Test(freshness, end)
{
	const struct kind *k = kind_by_word("service");
	int64_t life = NOW - 100 * DAY_MS + 400 * DAY_MS;
	struct record r = { .kind = k->number, .stamp = stamp_make(NOW - 100 * DAY_MS, 0), .body = { (const uint8_t *)"\xa0", 1 } };
	struct buf body = { 0 };

	cr_expect_eq(freshness_end_ms(k, &r), life);
	r.expires = INT64_MAX;
	cr_expect_eq(freshness_end_ms(k, &r), life);
	r.expires = NOW / 1000 + 5;
	cr_expect_eq(freshness_end_ms(k, &r), r.expires * 1000);
	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 11);
	cbor_put_int(&body, NOW_DAY - 1);
	r.body = buf_bytes(&body);
	cr_expect_eq(freshness_end_ms(k, &r), NOW_DAY * (int64_t)DAY_MS);
	buf_free(&body);
}
