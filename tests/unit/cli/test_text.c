#include <criterion/criterion.h>

#include "node/cli/text.h"

static void
gives(void (*fn)(const char *, struct buf *), const char *in, const char *wanted)
{
	struct buf out = { 0 };

	fn(in, &out);
	cr_assert_str_eq(buf_text(&out), wanted, "%s gave %s", in, buf_text(&out));
	buf_free(&out);
}

/* Width counts what is seen: marks above letters take no column, broken bytes take one. */
Test(text, width_is_what_is_seen)
{
	cr_assert_eq(text_width("Užice"), 5);
	cr_assert_eq(text_width("Ужице"), 5);
	cr_assert_eq(text_width("z\xcc\x8c"), 1);
	cr_assert_eq(text_width("\xff\xfe"), 2);
	cr_assert_eq(text_width("漢"), 2);
}

/* No control character of others reaches a terminal, nor a mark that turns the direction of writing. */
Test(text, others_text_cannot_steer_a_terminal)
{
	struct buf out = { 0 };

	text_clean("a\033[31mb\x7f\xc2\x9b" "c\xe2\x80\xae" "d\ne", true, &out);
	cr_assert_str_eq(buf_text(&out), "a?[31mb??c?d e");
	buf_reset(&out);
	text_clean("d\ne", false, &out);
	cr_assert_str_eq(buf_text(&out), "d\ne");
	buf_free(&out);
}

/* A text that does not fit ends in an ellipsis and is never wider than asked. */
Test(text, cut_to_columns)
{
	struct buf out = { 0 };

	for (size_t max = 1; max < 12; max++) {
		buf_reset(&out);
		text_fit("Đakovica漢字x", max, &out);
		cr_assert_leq(text_width(buf_text(&out)), max, "%zu: %s", max, buf_text(&out));
	}
	buf_reset(&out);
	text_fit("Đakovica", 4, &out);
	cr_assert_str_eq(buf_text(&out), "Đak…");
	buf_free(&out);
}

/* The first broken byte is found, also a character that is cut at the end. */
Test(text, broken_utf8_is_found)
{
	cr_assert_eq(text_fault(bytes_text("dobro ž")), 8);
	cr_assert_eq(text_fault(bytes_text("ab\xff" "c")), 2);
	cr_assert_eq(text_fault(bytes_text("ab\xc5")), 2);
	cr_assert_eq(text_fault((struct bytes){ 0 }), 0);
}

/* A slip of the fingers is near, another word is not. */
Test(text, near_words)
{
	cr_assert(text_near("statsu", "status"));
	cr_assert(text_near("ad", "add"));
	cr_assert(text_near("organization", "organisation"));
	cr_assert(text_near("org", "organisation"));
	cr_assert_not(text_near("peers", "invite"));
}

/* Names are found whatever their case, marks and script. */
Test(text, folded_names)
{
	gives(text_fold, "Gjakovë", "gjakove");
	gives(text_fold, "UŽICE", "uzice");
	gives(text_fold, "Ужице", "uzice");
	gives(text_fold, "Бања Лука", "banja luka");
}

/* Check words in Cyrillic letters come back as they were. */
Test(text, cyrillic_and_back)
{
	gives(text_cyrillic, "bako dune", "бако дуне");
	gives(text_latin, "бако ДУНЕ", "bako dune");
	gives(text_latin, "bako", "bako");
}
