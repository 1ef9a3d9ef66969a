#include "node/pathway/print.h"

#include <string.h>

#include "proto/utf8.h"

/* Columns of a line: on A6 few, so that it can be set in large letters. */
static const unsigned columns[PRINT_SIZES] = { [PRINT_A4] = 76, [PRINT_A6] = 36 };

/* Letters of the LEN bytes at TEXT; a mark that follows a letter takes no room. */
static unsigned
width(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		/* U+0300 to U+036F are cc 80 to cd af. */
		if (!utf8_is_later(c) && !(c == 0xcc || (c == 0xcd && i + 1 < len && (unsigned char)text[i + 1] < 0xb0)))
			n++;
	}
	return n;
}

static void
blanks(struct buf *out, unsigned n)
{
	while (n-- > 0)
		buf_put_u8(out, ' ');
}

/* TEXT word by word from column AT on, further lines begin at INDENT. Line breaks of the text stay. */
static void
wrap(const struct ink *i, const char *text, unsigned at, unsigned indent)
{
	unsigned most = columns[i->size];
	bool fresh = true;

	while (*text) {
		size_t len = strcspn(text, " \n");
		unsigned w = width(text, len);

		if (*text == '\n' || (!fresh && len > 0 && at + 1 + w > most)) {
			buf_put_u8(i->out, '\n');
			blanks(i->out, indent);
			at = indent;
			fresh = true;
		}
		if (len > 0) {
			if (!fresh) {
				buf_put_u8(i->out, ' ');
				at++;
			}
			buf_put(i->out, text, len);
			at += w;
			fresh = false;
			text += len;
		} else {
			text++;
		}
	}
	buf_put_u8(i->out, '\n');
}

static void
rule(const struct ink *i, char c)
{
	for (unsigned n = 0; n < columns[i->size]; n++)
		buf_put_u8(i->out, (uint8_t)c);
	buf_put_u8(i->out, '\n');
}

static void
put_line(struct ink *i, const char *label, const char *text, const char *lang, const char *note)
{
	struct buf whole = { 0 };

	(void)lang;
	buf_printf(&whole, "%s%s%s", label, *label ? ": " : "", text);
	if (note)
		buf_printf(&whole, " (%s)", note);
	blanks(i->out, i->indent);
	wrap(i, buf_text(&whole), i->indent, i->indent + 2);
	buf_free(&whole);
}

static void
put_number(struct ink *i, const char *label, const char *text)
{
	put_line(i, label, text, i->lang, NULL);
}

static void
put_heading(struct ink *i, const char *text, const char *lang)
{
	(void)lang;
	wrap(i, text, 0, 0);
	i->indent = 2;
}

static void
begin(struct ink *i, const char *title, const char *title_lang)
{
	(void)title;
	(void)title_lang;
	rule(i, '-');
}

static void
put_title(struct ink *i, const char *title, const char *title_lang)
{
	(void)title_lang;
	wrap(i, title, 0, 0);
	rule(i, '=');
}

static void
open_block(struct ink *i, const char *class)
{
	(void)class;
	i->indent = 0;
}

static void
close_block(struct ink *i)
{
	i->indent = 0;
	rule(i, '-');
}

static void
end(struct ink *i)
{
	(void)i;
}

const struct ink_ops print_text = { begin, put_title, open_block, close_block, put_heading, put_line, put_number, end };
