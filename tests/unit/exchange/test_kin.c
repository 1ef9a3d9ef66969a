#include <criterion/criterion.h>
#include <string.h>

#include "node/exchange/kin.h"
#include "proto/cbor.h"

static struct bytes
texts(struct buf *b, const char *a_tag, const char *a, const char *b_tag, const char *other)
{
	cbor_put_array(b, other ? 2 : 1);
	for (int i = 0; i < (other ? 2 : 1); i++) {
		cbor_put_array(b, 3);
		cbor_put_text(b, bytes_text(i ? b_tag : a_tag));
		cbor_put_text(b, bytes_text(i ? other : a));
		cbor_put_uint(b, 0);
	}
	return buf_bytes(b);
}

/* Words are akin across endings, case, marks and languages; short words and words that say nothing are not; no letter is
 * half. */
Test(kin, words)
{
	static const struct {
		const char *need, *offer, *word;   /* "": none */
	} rows[] = {
		{ "laptops", "Laptopë", "laptops" }, { "LAPTOPË", "polovni laptopovi", "laptope" }, { "Žena", "zena", "zena" },
		{ "ТРЕНЕРКА", "тренер за тренери", "тренерка" }, { "used lamps", "used chairs", "" }, { "a room", "a roof", "" },
		{ "rooms", "rooms", "rooms" }, { "room", "room", "room" }, { "rooms", "roomy", "" }, { "", "x", "" },
		{ "2 mentors", "mentorka, 2 sata", "mentors" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf a = { 0 }, b = { 0 }, word = { 0 };
		bool found = kin_word(texts(&a, "en", rows[i].need, "", NULL), texts(&b, "xx", "qqqqqq", "sq", rows[i].offer), &word);

		cr_assert_eq(found, *rows[i].word != 0, "%s / %s: %s", rows[i].need, rows[i].offer, buf_text(&word));
		cr_assert_str_eq(buf_text(&word), rows[i].word);
		buf_free(&a);
		buf_free(&b);
		buf_free(&word);
	}
}

/* What is no text by language has no words. */
Test(kin, broken)
{
	static const uint8_t junk[] = { 0x81, 0x83, 0x62, 'e' };
	struct buf a = { 0 }, word = { 0 };
	struct bytes good = texts(&a, "en", "laptops", "", NULL), bad = { junk, sizeof junk };

	cr_assert_not(kin_word(good, bad, &word));
	cr_assert_not(kin_word(bad, good, &word));
	cr_assert_not(kin_word((struct bytes){ NULL, 0 }, good, &word));
	cr_assert_eq(word.len, 0);
	buf_free(&a);
}
