#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/value.h"

static const struct id me = { { 1 } }, other = { { 2 } };

/* A whole reference says whose it is; a bare UUID is ours; anything else is refused and changes nothing. */
Test(value, references)
{
	static const char *const bad[] = { "", "x", "/", "1f0c2e4a-0000-4000-8000-00000000000", "org1x/1f0c2e4a-0000-4000-8000-000000000001",
		"/1f0c2e4a-0000-4000-8000-000000000001",
		"org1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/1" };
	struct uuid name = { { 9 } }, again;
	struct buf text = { 0 };
	struct id author;
	struct err e;
	char uuid[UUID_TEXT];

	reference_format(&other, &name, &text);
	cr_assert_eq(reference_parse(buf_text(&text), &me, "r", &author, &again, &e), ERR_OK);
	cr_expect(id_equal(&author, &other) && uuid_equal(&again, &name));
	cr_assert_eq(reference_parse(uuid_format(&name, uuid), &me, "r", &author, &again, &e), ERR_OK);
	cr_expect(id_equal(&author, &me) && uuid_equal(&again, &name));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cr_expect_eq(reference_parse(bad[i], &me, "r", &author, &again, &e), ERR_INPUT, "%s", bad[i]);
		cr_expect(id_equal(&author, &me) && uuid_equal(&again, &name));
		cr_expect_str_eq(e.object, "r");
	}
	buf_free(&text);
}

/* RFC 4648 section 10, in the alphabet of section 5 and without padding; and there is one text for one value. */
Test(value, bytes)
{
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xff\xef", "_-8" } };
	static const char *const bad[] = { "Z", "Zh", "Zg==", "Zm9", "Zm+/", "Zm 9v" };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf text = { 0 }, raw = { 0 };

		value_bytes_format(bytes_text(rows[i][0]), &text);
		cr_expect_str_eq(buf_text(&text), rows[i][1]);
		cr_expect(value_bytes_parse(rows[i][1], &raw));
		cr_expect(bytes_equal(buf_bytes(&raw), bytes_text(rows[i][0])), "%s", rows[i][1]);
		buf_free(&text);
		buf_free(&raw);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf raw = { 0 };

		cr_expect_not(value_bytes_parse(bad[i], &raw), "%s", bad[i]);
		buf_free(&raw);
	}
}

/* Every day from year 1 to 9999 comes back as it went, in order and one apart. */
Test(value, every_day)
{
	char text[VALUE_TEXT], last[VALUE_TEXT] = "";
	int64_t first, end, back;

	cr_assert(value_date_parse("0001-01-01", &first) && value_date_parse("9999-12-31", &end));
	cr_expect_eq(end - first + 1, 3652059, "9,999 years of the Gregorian calendar");
	for (int64_t day = first; day <= end; day++) {
		cr_assert(value_date_format(day, text));
		cr_assert(value_date_parse(text, &back) && back == day, "%s", text);
		cr_assert_gt(strcmp(text, last), 0);
		memcpy(last, text, sizeof last);
	}
	cr_expect_null(value_date_format(first - 1, text));
	cr_expect_null(value_date_format(end + 1, text));
	cr_expect_null(value_date_format(INT64_MAX, text));
	cr_expect_null(value_date_format(INT64_MIN, text));
}

/* Times likewise, by chance; an offset moves them. */
Test(value, times)
{
	unsigned seed = 3;
	char text[VALUE_TEXT];
	int64_t back;

	cr_log_info("seed %u", seed);
	for (int i = 0; i < 20000; i++) {
		int64_t at = ((int64_t)rand_r(&seed) - RAND_MAX / 4) * 100 + rand_r(&seed) % 100;

		if (value_time_format(at, text))
			cr_assert(value_time_parse(text, &back) && back == at, "%s", text);
	}
	cr_expect(value_time_parse("1970-01-01T01:00:00+01:00", &back) && back == 0);
	cr_expect(value_time_parse("1969-12-31T23:30:00-00:30", &back) && back == 0);
	cr_expect_null(value_time_format(INT64_MAX, text));
	cr_expect_null(value_time_format(INT64_MIN, text));
}
