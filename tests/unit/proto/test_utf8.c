#include <criterion/criterion.h>

#include <string.h>

#include "proto/utf8.h"

/* The code point of the character at P by the definition of UTF-8, or -1; an independent reference. */
static int64_t
code_point(const uint8_t *p, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t v;
	size_t need = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;

	if (need == 0 || need != len)
		return -1;
	v = need == 1 ? p[0] : p[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if (p[i] >> 6 != 2)
			return -1;
		v = v << 6 | (p[i] & 0x3f);
	}
	return v < least[need] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? -1 : (int64_t)v;
}

static void
check_character(const uint8_t *p, size_t len)
{
	int64_t v = code_point(p, len);
	bool good = v >= 0 && (v == '\n' || v >= 0xa0 || (v >= 0x20 && v < 0x7f));

	if (utf8_valid((struct bytes){ p, len }) != good)
		cr_expect_fail("%02x %02x %02x %02x (%zu bytes): %s", p[0], p[1], p[2], p[3], len,
		    good ? "refused" : "accepted");
}

/* Every form of one character is judged as the definition of UTF-8 and the ban on controls say. */
Test(utf8, characters)
{
	static const uint8_t last[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	uint8_t p[4] = { 0 };

	for (unsigned a = 0; a < 256; a++) {
		p[0] = (uint8_t)a;
		check_character(p, 1);
	}
	for (unsigned a = 0xc0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			p[0] = (uint8_t)a, p[1] = (uint8_t)b;
			check_character(p, 2);
			for (unsigned c = 0; c < sizeof(last); c++)
				for (unsigned d = 0; d < sizeof(last); d++) {
					p[2] = last[c], p[3] = last[d];
					check_character(p, 3);
					check_character(p, 4);
				}
		}
}

/* A control character is found wherever it stands, a newline passes, in texts of every length. */
Test(utf8, positions)
{
	static const struct { uint8_t byte; bool good; } rows[] = { { 0x1f, false }, { 0x20, true }, { 0x7e, true },
		{ 0x7f, false }, { 0, false }, { '\n', true }, { 0x80, false }, { 0xff, false }, { '\t', false } };
	uint8_t text[40];

	for (size_t len = 1; len <= sizeof(text); len++)
		for (size_t at = 0; at < len; at++)
			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
				memset(text, 'x', len);
				text[at] = rows[i].byte;
				cr_expect_eq(utf8_valid((struct bytes){ text, len }), rows[i].good,
				    "%02x at %zu of %zu", rows[i].byte, at, len);
			}
	cr_expect(utf8_valid((struct bytes){ 0 }));
}

/* Wherever a text is cut, what is left is text, as long as it may be, and counts as many characters as it shows. */
Test(utf8, cut)
{
	static const struct { size_t most, len, count; } rows[] = { { 0, 0, 0 }, { 1, 1, 1 }, { 2, 1, 1 }, { 3, 3, 2 },
		{ 4, 3, 2 }, { 5, 3, 2 }, { 6, 6, 3 }, { 9, 6, 3 }, { 10, 10, 4 }, { 11, 11, 5 }, { 100, 11, 5 } };
	struct bytes text = bytes_text("a\u0161\u20ac\U0001f33bb"); /* 1, 2, 3, 4 and 1 bytes */
	char copy[32];

	cr_assert_eq(text.len, 11);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes cut = utf8_cut(text, rows[i].most);

		cr_expect_eq(cut.p, text.p);
		cr_expect_eq(cut.len, rows[i].len, "at most %zu", rows[i].most);
		cr_expect_eq(utf8_count(cut), rows[i].count, "at most %zu", rows[i].most);
		cr_expect(utf8_valid(cut));
		if (rows[i].most >= sizeof copy)
			continue;
		memset(copy, '#', sizeof copy);
		utf8_copy(text, copy, rows[i].most + 1);
		cr_expect(bytes_equal(bytes_text(copy), cut));
		cr_expect_eq(copy[rows[i].most + 1], '#');
	}
	utf8_copy((struct bytes){ 0 }, copy, 1);
	cr_expect_str_empty(copy);
}
