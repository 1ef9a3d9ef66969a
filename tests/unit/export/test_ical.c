#include <criterion/criterion.h>
#include <string.h>

#include "node/export/ical.h"

/* No line is longer than 75 bytes, none is cut within a character, and unfolded it is what was written. */
Test(ical, folded)
{
	static const char *const words[] = { "a", "Ђ", "žena ", "\xf0\x9f\x90\xb4" };

	for (size_t w = 0; w < 4; w++)
		for (size_t n = 0; n < 200; n++) {
			struct buf value = { 0 }, out = { 0 }, back = { 0 }, wanted = { 0 };

			for (size_t i = 0; i < n; i++)
				buf_put_text(&value, words[w]);
			ical_line(&out, "SUMMARY", buf_text(&value));
			buf_printf(&wanted, "SUMMARY:%s\r\n", buf_text(&value));
			for (const char *line = buf_text(&out); *line;) {
				const char *end = strstr(line, "\r\n");

				cr_assert_not_null(end);
				cr_expect_leq(end - line, 75);
				cr_expect_neq((uint8_t)line[*line == ' '] & 0xc0, 0x80, "a line begins with a whole character");
				if (back.len)
					back.len -= 2;
				buf_put(&back, line + (back.len ? 1 : 0), (size_t)(end + 2 - line) - (back.len ? 1 : 0));
				line = end + 2;
			}
			cr_expect_str_eq(buf_text(&back), buf_text(&wanted));
			buf_free(&value);
			buf_free(&out);
			buf_free(&back);
			buf_free(&wanted);
		}
}

/* What means something to a calendar is escaped, once. */
Test(ical, escaped)
{
	struct buf out = { 0 };

	ical_escape(&out, "a,b;c\\d\ne:f\"g");
	cr_expect_str_eq(buf_text(&out), "a\\,b\\;c\\\\d\\ne:f\"g");
	buf_free(&out);
}

/* No value ends its line, escaped or not: what is behind a line break would be an instruction to the calendar. */
Test(ical, unbroken)
{
	struct buf out = { 0 };

	ical_line(&out, "URL", "https://example.org/\r\nATTACH:https://example.org/else\n");
	cr_expect_str_eq(buf_text(&out), "URL:https://example.org/  ATTACH:https://example.org/else \r\n");
	buf_free(&out);
}
