#include "node/record/freshness.h"

#include <assert.h>

#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

#define URGENT_DAYS 90

const char *
freshness_word(enum freshness f)
{
	static const char *const words[] = { "fresh", "due", "stale", "expired" };

	assert((unsigned)f < sizeof words / sizeof *words);
	return words[f];
}

/* Is one of BODY's codes marked urgent? */
static bool
is_urgent(const struct kind *k, struct bytes body)
{
	const struct field *f = kind_field_by_word(k, "kind_terms");
	struct cbor_reader r;

	cbor_open(&r, f ? body_get(body, f->number) : (struct bytes){ NULL, 0 });
	if (cbor_peek(&r) != CBOR_ARRAY)
		return false;
	for (size_t n = cbor_array(&r); n > 0 && cbor_peek(&r) == CBOR_TEXT; n--) {
		const struct code *c = code_find(f->codes, cbor_text(&r));

		if (c && (c->flags & CODE_URGENT))
			return true;
	}
	return false;
}

static bool
number_of(const struct kind *k, struct bytes body, const char *word, int64_t *out)
{
	const struct field *f = kind_field_by_word(k, word);
	struct bytes item = f ? body_get(body, f->number) : (struct bytes){ NULL, 0 };
	struct cbor_reader r;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	*out = cbor_int(&r);
	return r.fault == NULL;
}

unsigned
freshness_days(const struct kind *k, struct bytes body)
{
	unsigned days = k->verify_days;
	int64_t own;

	if (days > URGENT_DAYS && is_urgent(k, body))
		days = URGENT_DAYS;
	if (number_of(k, body, "verify_every", &own) && own > 0 && days > 0 && own < days)
		days = (unsigned)own;
	return days;
}

/* A day in "valid_until" holds until it is over. What lies too far ahead to be counted in ms is never. */
int64_t
freshness_end_ms(const struct kind *k, const struct record *r)
{
	const int64_t far = INT64_MAX / 4 / DAY_MS;
	int64_t life = kind_life_days(r->kind), until, end = INT64_MAX;

	if (r->expires > 0 && r->expires < far)
		end = r->expires * 1000;
	if (number_of(k, r->body, "valid_until", &until) && until > -far && until < far && (until + 1) * DAY_MS < end)
		end = (until + 1) * DAY_MS;
	if (life > 0 && stamp_unix_ms(r->stamp) + life * DAY_MS < end)
		end = stamp_unix_ms(r->stamp) + life * DAY_MS;
	return end;
}

int64_t
freshness_day(const struct kind *k, const struct record *r, bool *out_verified)
{
	int64_t since;
	bool stated = number_of(k, r->body, "last_verified", &since);
	const struct field *method = kind_field_by_word(k, "method");

	*out_verified = stated && !(method &&
	    bytes_equal(body_text(r->body, method->number, NULL), bytes_text("never")));
	return stated ? since : stamp_unix_ms(r->stamp) / DAY_MS;
}

enum freshness
freshness_by_day(int64_t since, int64_t days, int64_t today)
{
	if (days > 0 && since + days < today)
		return FRESHNESS_STALE;
	return days > 0 && (today - since) * 5 >= days * 4 ? FRESHNESS_DUE : FRESHNESS_FRESH;
}

struct freshness_of
freshness_confirmed(const struct kind *k, const struct record *r, int64_t confirmed_ms, int64_t now_unix_ms)
{
	struct freshness_of of = { FRESHNESS_FRESH, false, 0 };
	int64_t days = freshness_days(k, r->body), today = now_unix_ms / DAY_MS;
	int64_t since = freshness_day(k, r, &of.verified);

	if (confirmed_ms > 0)
		of.verified = true;
	if (since < confirmed_ms / DAY_MS)
		since = confirmed_ms / DAY_MS;
	/* A day to come is a slip or a lie: it counts as today, and no sum of it can overflow. */
	if (since > today)
		since = today;
	if (since < today - 36500)
		since = today - 36500;
	if (days > 0)
		of.days_left = since + days - today;
	of.state = freshness_by_day(since, days, today);
	if (now_unix_ms >= freshness_end_ms(k, r))
		of.state = FRESHNESS_EXPIRED;
	return of;
}

struct freshness_of
freshness(const struct kind *k, const struct record *r, int64_t now_unix_ms)
{
	return freshness_confirmed(k, r, 0, now_unix_ms);
}

bool
freshness_hides(const struct kind *k, const struct record *r, int64_t now_unix_ms)
{
	if (r->expires > 0 && now_unix_ms / 1000 >= r->expires)
		return true;
	return (k->flags & KIND_FADES) && freshness(k, r, now_unix_ms).state >= FRESHNESS_STALE;
}
