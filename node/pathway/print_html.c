#include "node/pathway/print.h"

#include <string.h>

/* Everything that is not markup passes here. What XML cannot hold is left out. */
static void
escape(struct buf *out, const char *text)
{
	static const struct {
		char c;
		const char *as;
	} rows[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" } };

	for (; *text; text++) {
		const char *as = NULL;

		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (rows[i].c == *text)
				as = rows[i].as;
		if (as)
			buf_put_text(out, as);
		else if ((unsigned char)*text >= ' ' || *text == '\n')
			buf_put_u8(out, (uint8_t)*text);
	}
}

static void
put_lang(const struct ink *i, const char *lang)
{
	if (*lang == 0 || strcmp(lang, i->lang) == 0)
		return;
	buf_put_text(i->out, " lang=\"");
	escape(i->out, lang);
	buf_put_text(i->out, "\"");
}

static void
put_element(const struct ink *i, const char *element, const char *text, const char *lang)
{
	buf_printf(i->out, "<%s", element);
	put_lang(i, lang);
	buf_put_text(i->out, ">");
	escape(i->out, text);
	buf_printf(i->out, "</%s>", element);
}

/* Black on white; letters large enough for tired eyes; a step is never torn between pages. */
static const char style[] =
    "*{color:#000;background:#fff;box-sizing:border-box}"
    "body{font-family:sans-serif;line-height:1.4;margin:0 auto;overflow-wrap:break-word}"
    "h1{font-size:1.5em;margin:0 0 .4em}h2{font-size:1.15em;margin:0}p{margin:.25em 0;white-space:pre-line}"
    "section,header,footer{break-inside:avoid;margin:.6em 0}"
    ".alarm{border:3px solid #000;padding:.4em .6em}.step{border-top:1px solid #000;padding-top:.4em}"
    ".broken{border:3px double #000;padding:.4em .6em}.foot{border-top:1px solid #000;font-size:.9em}"
    ".number strong{font-size:1.3em}";

static const struct {
	const char *name, *style;
} sizes[PRINT_SIZES] = {
	[PRINT_A4] = { "a4", "@page{size:A4;margin:15mm}body{font-size:12pt;max-width:180mm}" },
	[PRINT_A6] = { "a6", "@page{size:A6;margin:6mm}body{font-size:14pt;max-width:93mm}" },
};

static void
begin(struct ink *i, const char *title, const char *title_lang)
{
	buf_put_text(i->out, "<!DOCTYPE html>\n<html lang=\"");
	escape(i->out, i->lang);
	buf_put_text(i->out, "\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	    "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
	put_element(i, "title", title, title_lang);
	buf_printf(i->out, "\n<style>%s%s</style>\n</head>\n<body class=\"%s\">\n<main>\n", sizes[i->size].style, style,
	    sizes[i->size].name);
}

static void
put_title(struct ink *i, const char *title, const char *title_lang)
{
	put_element(i, "h1", title, title_lang);
	buf_put_u8(i->out, '\n');
}

static void
open_block(struct ink *i, const char *class)
{
	buf_printf(i->out, "<section class=\"%s\">\n", class);
}

static void
close_block(struct ink *i)
{
	buf_put_text(i->out, "</section>\n");
}

static void
put_heading(struct ink *i, const char *text, const char *lang)
{
	put_element(i, "h2", text, lang);
	buf_put_u8(i->out, '\n');
}

static void
put_label(const struct ink *i, const char *label)
{
	if (*label) {
		escape(i->out, label);
		buf_put_text(i->out, ": ");
	}
}

static void
put_line(struct ink *i, const char *label, const char *text, const char *lang, const char *note)
{
	buf_put_text(i->out, "<p>");
	put_label(i, label);
	put_element(i, "span", text, lang);
	if (note) {
		buf_put_text(i->out, " (");
		escape(i->out, note);
		buf_put_text(i->out, ")");
	}
	buf_put_text(i->out, "</p>\n");
}

static void
put_number(struct ink *i, const char *label, const char *text)
{
	buf_put_text(i->out, "<p class=\"number\">");
	put_label(i, label);
	put_element(i, "strong", text, i->lang);
	buf_put_text(i->out, "</p>\n");
}

static void
end(struct ink *i)
{
	buf_put_text(i->out, "</main>\n</body>\n</html>\n");
}

const struct ink_ops print_html = { begin, put_title, open_block, close_block, put_heading, put_line, put_number, end };
