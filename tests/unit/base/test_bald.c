#include "node/base/bald.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "proto/cbor.h"
#include "proto/utf8.h"
#include "tests/lib/dice.h"

/* The whole text as it is written bald, with one '|' for whatever stands between words. */
static struct buf
bald(struct bytes text)
{
	struct bald b = { 0 };
	struct buf out = { 0 };
	size_t end = 0;

	while (bald_next(text, &b)) {
		cr_assert_eq(b.at, end);
		cr_assert(b.end > b.at && b.end <= text.len && b.len <= BALD_KEY);
		end = b.end;
		if (b.class == BALD_LETTER || b.class == BALD_DIGIT)
			buf_put(&out, b.key, b.len);
		else if (b.class == BALD_APOSTROPHE)
			buf_put_u8(&out, '\'');
		else if (out.len == 0 || out.p[out.len - 1] != '|')
			buf_put_u8(&out, '|');
	}
	cr_assert_eq(end, text.len);
	return out;
}

static void
expect(const char *text, const char *key)
{
	struct buf out = bald(bytes_text(text));

	cr_expect_str_eq(buf_text(&out), key, "%s: %s, not %s", text, buf_text(&out), key);
	buf_free(&out);
}

/* TEXT in normal form C, or taken apart. */
static struct bytes
normal(struct bytes text, int form)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len = utf8proc_map(text.p, (utf8proc_ssize_t)text.len, &out, (utf8proc_option_t)form);

	cr_assert_geq(len, 0);
	return (struct bytes){ out, (size_t)len };
}

static void
expect_same(struct bytes text)
{
	static const int forms[] = { UTF8PROC_COMPOSE, UTF8PROC_DECOMPOSE };
	struct buf one = bald(text);

	for (size_t i = 0; i < 2; i++) {
		struct bytes other = normal(text, forms[i]);
		struct buf two = bald(other);

		cr_expect_str_eq(buf_text(&one), buf_text(&two), "%.*s: %s in one form, %s in another", (int)text.len,
		    (const char *)text.p, buf_text(&one), buf_text(&two));
		buf_free(&two);
		free((void *)(uintptr_t)other.p);
	}
	buf_free(&one);
}

/* The alphabets of the region, in either case. */
Test(bald, alphabets)
{
	expect("абвгдђежзијклљмнњопрстћуфхцчџш", "abvgddjezzijklljmnnjoprstcufhccdzs");
	expect("АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ", "abvgddjezzijklljmnnjoprstcufhccdzs");
	expect("ѓѕќЃЅЌѐЀѝЍ", "gjdzkjgjdzkjeeii");
	expect("с́З́Śź", "szsz");
	expect("čćđšžČĆĐŠŽ", "ccdjszccdjsz");
	expect("ëçËÇ", "ecec");
	expect("çğıöşüÇĞIİÖŞÜ", "cgiosucgiiosu");
	expect("ǆǅǄ ǉǈǇ ǌǋǊ", "dzdzdz|ljljlj|njnjnj");
	expect("ǵ ḱ Ǵ Ḱ", "gj|kj|gj|kj");
	expect("ß ẞ ð Ð ø ł æ œ þ", "ss|ss|dj|dj|o|l|ae|oe|th");
	expect("йёщъыьэюяєіїґ", "jestaiejujajeiig");
}

/* What is taken apart is one letter again; only the first mark above a base makes another letter of it. */
Test(bald, marks)
{
	expect("e\xcc\x88", "e");
	expect("г\xcc\x81", "gj");
	expect("Г\xcc\xa3\xcc\x81", "gj");          /* a dot below comes between and changes nothing */
	expect("г\xcc\x88\xcc\x81", "g");           /* a diaeresis does */
	expect("г\xcd\x8f\xcc\x81", "g");       /* so does what joins graphemes */
	expect("ǧ\xcc\x81", "g");
	expect("ģ\xcc\x81", "gj");
	expect("и\xcc\x86", "j");
	expect("I\xcc\x87", "i");
	expect("a\xc2\xad" "b", "ab");              /* a soft hyphen */
	expect("a\xe2\x80\x8b" "b", "a|b");         /* a space without width */
	expect("\xcc\x81" "a", "|a");
}

/* Other scripts stay, in small letters without marks; other widths and ligatures are written out. */
Test(bald, other_scripts)
{
	expect("Άθήνα", "αθηνα");
	expect("日本", "日本");
	expect("ＡＢ１", "ab1");
	expect("ﬁ", "fi");
	expect("m² №5 ½", "m|5|");
	expect("a-b_c.d", "a|b|c|d");
}

/* Every apostrophe that people type. */
Test(bald, apostrophes)
{
	expect("a'b’c‘dʼe", "a'b'c'd'e");
}

/* Bytes that are no UTF-8 stand between words. */
Test(bald, broken_bytes)
{
	expect("a\xff" "b\xc4", "a|b|");
	expect("a\xd0", "a|");
	expect("\xed\xa0\x80", "|");
}

/* Every code point there is: one piece, the same in every normal form; and what is written is written again. */
Test(bald, every_code_point)
{
	for (utf8proc_int32_t c = 1; c <= 0x10ffff; c++) {
		utf8proc_uint8_t raw[4];
		struct bytes text = { raw, (size_t)utf8proc_encode_char(c, raw) };
		struct buf once, twice;

		if (!utf8_valid(text))
			continue;
		once = bald(text);
		twice = bald(buf_bytes(&once));
		cr_expect_str_eq(buf_text(&twice), buf_text(&once), "U+%04X", (unsigned)c);
		buf_free(&once);
		buf_free(&twice);
		if (utf8proc_codepoint_valid(c))
			expect_same(text);
	}
}

/* Latin and Cyrillic leave nothing but a-z, each letter in either case the same. */
Test(bald, latin_and_cyrillic_become_letters)
{
	static const struct {
		utf8proc_int32_t from, to;
	} blocks[] = { { 0xc0, 0x24f }, { 0x1e00, 0x1eff }, { 0x400, 0x52f } };

	for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
		for (utf8proc_int32_t c = blocks[k].from; c <= blocks[k].to; c++) {
			utf8proc_int32_t cases[] = { c, utf8proc_tolower(c), utf8proc_toupper(c) };
			utf8proc_uint8_t raw[4];
			struct buf out[3];

			if (utf8proc_category(c) > UTF8PROC_CATEGORY_LO || utf8proc_category(c) == UTF8PROC_CATEGORY_CN)
				continue;
			for (size_t i = 0; i < 3; i++)
				out[i] = bald((struct bytes){ raw, (size_t)utf8proc_encode_char(cases[i], raw) });
			cr_expect_eq(strspn(buf_text(&out[0]), "abcdefghijklmnopqrstuvwxyz"), out[0].len, "U+%04X: %s",
			    (unsigned)c, buf_text(&out[0]));
			for (size_t i = 1; i < 3; i++)
				cr_expect_str_eq(buf_text(&out[i]), buf_text(&out[0]), "U+%04X", (unsigned)c);
			for (size_t i = 0; i < 3; i++)
				buf_free(&out[i]);
		}
}

/* Any mixture of letters, marks and signs is written the same in every normal form. */
Test(bald, normal_forms_agree)
{
	static const utf8proc_int32_t some[] = { 'a', 'g', 'K', 'z', ' ', '\'', '1', 0x413, 0x433, 0x43a, 0x438, 0x453,
		0x439, 0x123, 0x1e7, 0x1f5, 0x111, 0x130, 0x300, 0x301, 0x306, 0x307, 0x323, 0x327, 0x341, 0x344, 0x34f, 0xad,
		0x200b, 0x200d, 0x20dd, 0x1100, 0x1161, 0x11a8, 0xac00, 0xac01, 0x3b1, 0x345, 0x3ac, 0x9c7, 0x9be };

	dice_seed();
	for (int round = 0; round < 20000; round++) {
		struct buf text = { 0 };

		for (uint64_t i = 0, n = draw() % 8; i < n; i++) {
			utf8proc_int32_t c = draw() % 4 ? some[draw() % (sizeof some / sizeof *some)] :
			    (utf8proc_int32_t)(draw() % 0x3000 + 0xa0);
			utf8proc_uint8_t raw[4];

			buf_put(&text, raw, (size_t)utf8proc_encode_char(c, raw));
		}
		expect_same(buf_bytes(&text));
		buf_free(&text);
	}
}
