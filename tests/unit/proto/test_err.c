/* What proto/err.h promises: a code for the machine, a sentence for the person. */
#include "proto/err.h"

#include "proto/buf.h"
#include "proto/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

/* Every row has a word of its own that leads back to it, a meaning, and codes that its doors know. */
Test(err, table)
{
	for (unsigned i = 0; i < ERR_CODES; i++) {
		enum err_code code = (enum err_code)i;
		cr_expect_eq(err_from_word(err_word(code)), code, "%s", err_word(code));
		cr_expect_gt(strlen(err_meaning(code)), 0);
		cr_expect_eq(err_exit(code) == 0, code == ERR_OK, "%s", err_word(code));
		cr_expect(err_exit(code) >= 0 && err_exit(code) < 126, "%s", err_word(code));
		cr_expect(err_http(code) / 100 == 2 || err_http(code) / 100 == 4 || err_http(code) / 100 == 5);
		cr_expect(err_coap(code) / 100 == 2 || err_coap(code) / 100 == 4 || err_coap(code) / 100 == 5);
		cr_expect_lt(err_coap(code) % 100, 32, "CoAP has five bits for the detail");
	}
	cr_expect_eq(err_from_word("no such word"), ERR_FAILED);
}

/* The text is object, rule and reason; what is empty is left out. */
Test(err, text)
{
	struct err e;
	char out[600];

	cr_expect_eq(err_set(&e, ERR_INPUT, "file", "size", "has %d bytes", 7), ERR_INPUT);
	cr_expect_eq(e.code, ERR_INPUT);
	cr_expect_str_eq(err_text(&e, out, sizeof(out)), "file: size: has 7 bytes");
	err_set(&e, ERR_FAILED, "", "", "reason");
	cr_expect_str_eq(err_text(&e, out, sizeof(out)), "reason");
	cr_expect_eq(err_set(NULL, ERR_BUSY, "a", "b", "c"), ERR_BUSY, "nobody wants the text");
}

/* Contexts are put before the object, the outermost first. */
Test(err, wrap)
{
	struct err e;

	err_set(&e, ERR_INPUT, "territory", "code", "unknown");
	cr_expect_eq(err_wrap(&e, "line %d", 3), ERR_INPUT);
	cr_expect_eq(err_wrap(&e, "%s", "kilim.conf"), ERR_INPUT);
	cr_expect_str_eq(e.object, "kilim.conf: line 3: territory");
	err_set(&e, ERR_INPUT, "", "code", "unknown");
	err_wrap(&e, "only");
	cr_expect_str_eq(e.object, "only");
}

/* Control characters of others do not reach a terminal. */
Test(err, control_characters)
{
	struct err e;

	err_set(&e, ERR_INPUT, "a\x1b[31m\n", "rule", "b\x7f\r%s", "\x07");
	cr_expect_str_eq(e.object, "a?[31m?");
	cr_expect_str_eq(e.reason, "b???");
	err_set(&e, ERR_INPUT, "\xc2\x9b" "31m", "rule", "\xc2\x80\xc2\x9f\xc2\xa0\xc3\xab\xc2");
	cr_expect_str_eq(e.object, "??31m");
	cr_expect_str_eq(e.reason, "????\xc2\xa0\xc3\xab\xc2", "U+00A0 and letters stay");
}

/* A text that is too long is cut, and never within a character. */
Test(err, cut)
{
	struct err e;
	char out[600], small[10];
	struct buf text = { 0 };

	for (unsigned shift = 0; shift < 4; shift++) {
		buf_reset(&text);
		for (unsigned i = 0; i < shift; i++)
			buf_put_u8(&text, 'x');
		for (unsigned i = 0; i < 200; i++)
			buf_put_text(&text, "\xf0\x9f\x8c\xb7");
		err_set(&e, ERR_INPUT, buf_text(&text), "rule", "%s", buf_text(&text));
		cr_expect(utf8_valid(bytes_text(e.object)), "%u", shift);
		cr_expect(utf8_valid(bytes_text(e.reason)), "%u", shift);
		cr_expect_gt(strlen(e.reason), sizeof(e.reason) - 6);
		err_wrap(&e, "%s", buf_text(&text));
		cr_expect(utf8_valid(bytes_text(e.object)), "wrapped, %u", shift);
		cr_expect(utf8_valid(bytes_text(err_text(&e, out, sizeof(out)))), "%u", shift);
		cr_expect(utf8_valid(bytes_text(err_text(&e, small, sizeof(small)))), "%u", shift);
	}
	buf_free(&text);
}
