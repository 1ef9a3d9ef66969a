/* What proto/id.h promises: ids and UUIDs as text and back, bech32m as BIP 350 says. */
#include "proto/id.h"

#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

/* "\xNN" becomes the byte; everything else stays. */
static char *
unescape(const char *text)
{
	char *out = need_strdup(text), *to = out;

	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] == 'x') {
			vectors_fixed((char[]){ p[2], p[3], 0 }, to, 1);
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = 0;
	return out;
}

static void
bip_good(const char *const *column, const char *where)
{
	bool whole = strcmp(column[1], "bytes") == 0;
	char prefix[BECH32M_PREFIX] = "untouched";
	struct buf data = { 0 }, again = { 0 };
	struct err e = { 0 };
	enum err_code rc = bech32m_decode(column[0], "text", prefix, &data, &e);

	if (!whole) {
		cr_expect_eq(rc, ERR_INPUT, "%s", where);
		cr_expect_str_eq(e.rule, column[1], "%s", where);
		cr_expect_eq(data.len, 0, "%s", where);
		cr_expect_str_eq(prefix, "untouched", "%s", where);
		buf_free(&data);
		return;
	}
	cr_expect_eq(rc, ERR_OK, "%s: %s", where, e.reason);
	cr_expect_eq(strlen(prefix), (size_t)atoi(column[2]), "%s", where);
	cr_expect_eq(data.len, (size_t)atoi(column[3]), "%s", where);
	bech32m_encode(prefix, buf_bytes(&data), &again);
	cr_expect(strcasecmp(buf_text(&again), column[0]) == 0, "%s: written as %s", where, buf_text(&again));
	buf_free(&data);
	buf_free(&again);
}

/* The valid strings of BIP 350 have the right checksum, and are written again as they were. */
Test(id, bip_350_valid)
{
	vectors_each("id/bech32m_good.txt", 4, bip_good);
}

static void
bip_bad(const char *const *column, const char *where)
{
	char prefix[BECH32M_PREFIX], *text = unescape(column[0]);
	struct buf data = { 0 };
	struct err e = { 0 };

	cr_expect_eq(bech32m_decode(text, "text", prefix, &data, &e), ERR_INPUT, "%s: accepted", where);
	cr_expect_str_eq(e.rule, column[1], "%s", where);
	cr_expect_eq(data.len, 0, "%s", where);
	free(text);
	buf_free(&data);
}

/* The invalid strings of BIP 350 and of ours are refused with the rule. */
Test(id, bip_350_invalid)
{
	vectors_each("id/bech32m_bad.txt", 3, bip_bad);
}

/* Any data of any length comes back, in small letters and in capitals, up to the longest text. */
Test(id, bech32m_round_trips)
{
	char prefix[BECH32M_PREFIX];
	uint8_t raw[700];
	struct err e;

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 37 ^ i >> 3);
	for (size_t len = 0; len <= 630; len += len < 40 ? 1 : 59) {
		struct buf text = { 0 }, data = { 0 };
		bech32m_encode("kilim", (struct bytes){ raw, len }, &text);
		cr_assert_leq(text.len, BECH32M_TEXT);
		cr_expect_eq(bech32m_decode(buf_text(&text), "x", prefix, &data, &e), ERR_OK);
		cr_expect(bytes_equal(buf_bytes(&data), (struct bytes){ raw, len }));
		for (size_t i = 0; i < text.len; i++)
			text.p[i] = (uint8_t)toupper(text.p[i]);
		buf_reset(&data);
		cr_expect_eq(bech32m_decode(buf_text(&text), "x", prefix, &data, &e), ERR_OK);
		cr_expect_str_eq(prefix, "kilim");
		cr_expect(bytes_equal(buf_bytes(&data), (struct bytes){ raw, len }));
		buf_free(&text);
		buf_free(&data);
	}
}

/* A text longer than the maximum is refused before it is looked at; data already in the buffer stays. */
Test(id, bech32m_limits)
{
	char prefix[BECH32M_PREFIX], longest[BECH32M_TEXT + 2];
	struct buf data = { 0 };
	struct err e;

	memset(longest, 'q', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	buf_put_text(&data, "kept");
	cr_expect_eq(bech32m_decode(longest, "x", prefix, &data, &e), ERR_INPUT);
	cr_expect_str_eq(e.rule, "length");
	cr_expect_str_eq(buf_text(&data), "kept");
	cr_expect_eq(bech32m_decode("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", "x", prefix, &data, &e), ERR_OK);
	cr_expect_eq(data.len, 24, "appended");
	buf_free(&data);
}

static enum id_type
type_of(const char *prefix)
{
	for (enum id_type t = 0; t < ID_TYPES; t++)
		if (strcmp(id_prefix(t), prefix) == 0)
			return t;
	cr_assert_fail("no id has the prefix %s", prefix);
	return ID_TYPES;
}

static void
good_line(const char *const *column, const char *where)
{
	enum id_type type = type_of(column[0]);
	struct id id, back;
	char text[ID_TEXT];
	struct err e;

	vectors_fixed(column[1], id.b, ID_LEN);
	cr_expect_str_eq(id_format(type, &id, text), column[2], "%s", where);
	cr_expect_eq(id_parse(type, column[2], "x", &back, &e), ERR_OK, "%s", where);
	cr_expect(id_equal(&id, &back), "%s", where);
	for (size_t i = 0; text[i]; i++) {
		char was = text[i];
		text[i] = was == 'q' ? 'p' : 'q';
		cr_expect_eq(id_parse(type, text, "x", &back, &e), ERR_INPUT, "%s: changed at %zu", where, i);
		text[i] = was;
	}
}

/* Ids are written as the golden lines say, read again, and one changed character is always found. */
Test(id, good_vectors)
{
	vectors_each("id/good.txt", 3, good_line);
}

static void
bad_line(const char *const *column, const char *where)
{
	struct id out, before;
	struct err e = { 0 };

	memset(&out, 0x5a, sizeof(out));
	before = out;
	cr_expect_eq(id_parse(type_of(column[0]), column[1], "peer", &out, &e), ERR_INPUT, "%s", where);
	cr_expect_str_eq(e.rule, column[2], "%s", where);
	cr_expect_str_eq(e.object, "peer");
	cr_expect(id_equal(&out, &before), "%s: the output was touched", where);
}

/* Texts that are no such id are refused with the rule, and the output is left alone. */
Test(id, bad_vectors)
{
	vectors_each("id/bad.txt", 4, bad_line);
}

/* The error says what was given instead of what is needed. */
Test(id, wrong_prefix_is_explained)
{
	struct id id = { { 1 } };
	char text[ID_TEXT];
	struct err e;

	id_parse(ID_ORGANISATION, id_format(ID_BLOB, &id, text), "organisation", &id, &e);
	cr_expect_not_null(strstr(e.reason, "a file (blob1...)"));
	cr_expect_not_null(strstr(e.reason, "an organisation (org1...)"));
}

/* Ids are ordered by their bytes. */
Test(id, compare)
{
	struct id a = { { 0 } }, b = { { 0 } };

	cr_expect(id_is_zero(&a));
	b.b[31] = 1;
	cr_expect_not(id_is_zero(&b));
	cr_expect_not(id_equal(&a, &b));
	cr_expect_lt(id_compare(&a, &b), 0);
	a.b[0] = 0x80;
	cr_expect_gt(id_compare(&a, &b), 0);
	b = a;
	cr_expect_eq(id_compare(&a, &b), 0);
}

/* UUIDs are written in small letters and read in either case. */
Test(id, uuid_text)
{
	const char *small = "0b7c4f0e-5d1c-4a5f-8e3b-6a2d9c1f7e40";
	char out[UUID_TEXT];
	struct uuid u, v;
	struct err e;

	cr_expect_eq(uuid_parse(small, "name", &u, &e), ERR_OK);
	cr_expect_eq(u.b[0], 0x0b);
	cr_expect_eq(u.b[15], 0x40);
	cr_expect_str_eq(uuid_format(&u, out), small);
	cr_expect_eq(uuid_parse("0B7C4F0E-5D1C-4A5F-8E3B-6A2D9C1F7E40", "name", &v, &e), ERR_OK);
	cr_expect(uuid_equal(&u, &v));
	v.b[7] ^= 1;
	cr_expect_not(uuid_equal(&u, &v));
}

/* What is no UUID is refused, and the output is left alone. */
Test(id, uuid_bad)
{
	static const struct { const char *text, *rule; } rows[] = {
		{ "", "length" },
		{ "0b7c4f0e-5d1c-4a5f-8e3b-6a2d9c1f7e4", "length" },
		{ "0b7c4f0e-5d1c-4a5f-8e3b-6a2d9c1f7e400", "length" },
		{ "0b7c4f0e5d1c4a5f8e3b6a2d9c1f7e40", "length" },
		{ "0b7c4f0e-5d1c-4a5f-8e3b-6a2d9c1f7e4g", "character" },
		{ "0b7c4f0e-5d1c-4a5f-8e3b+6a2d9c1f7e40", "character" },
		{ "0b7c4f0-e5d1c-4a5f-8e3b-6a2d9c1f7e40", "character" },
		{ "{b7c4f0e-5d1c-4a5f-8e3b-6a2d9c1f7e40", "character" },
	};
	struct uuid out = { { 7 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };
		cr_expect_eq(uuid_parse(rows[i].text, "name", &out, &e), ERR_INPUT, "%s", rows[i].text);
		cr_expect_str_eq(e.rule, rows[i].rule, "%s", rows[i].text);
		cr_expect_eq(out.b[0], 7);
	}
}

/* A random UUID says that it is one: version 4, variant 10. */
Test(id, uuid_random)
{
	static const uint8_t ones[UUID_LEN] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255 };
	static const uint8_t zeros[UUID_LEN];
	char out[UUID_TEXT];
	struct uuid u;

	uuid_from_random(ones, &u);
	cr_expect_str_eq(uuid_format(&u, out), "ffffffff-ffff-4fff-bfff-ffffffffffff");
	uuid_from_random(zeros, &u);
	cr_expect_str_eq(uuid_format(&u, out), "00000000-0000-4000-8000-000000000000");
}
