/*
 * print - a sheet on paper: A4 for the wall, A6 for the pocket; text or HTML.
 *
 * Source   docs/manual.md "Following a pathway"
 * Shape    one walk over the sheet, two inks
 * Law      black and white; no state is told by colour or sign alone; nothing is loaded from anywhere
 *          the first thing on the page is whom to call in danger; the last are the day of printing and of the next check
 *          HTML is well-formed as XML too, every text in another language than the page says so, all text is escaped
 *          A6 leaves out description and law, in large letters
 */
#ifndef KILIM_PATHWAY_PRINT_H
#define KILIM_PATHWAY_PRINT_H

#include <cjson/cJSON.h>

#include "proto/buf.h"
#include "proto/err.h"

enum print_size { PRINT_A4, PRINT_A6, PRINT_SIZES };
enum print_format { PRINT_TEXT, PRINT_HTML, PRINT_FORMATS };
/* "a4", "a6"; "text", "html". ERR_INPUT: no such word. */
enum err_code print_size_parse(const char *word, enum print_size *out, struct err *e);
enum err_code print_format_parse(const char *word, enum print_format *out, struct err *e);

/*
 * SHEET (pathway_sheet) appended to OUT, the form's own words in LANGUAGE.
 *   ERR_DENIED   its author does not want it printed
 */
enum err_code print_sheet(const cJSON *sheet, enum print_size size, enum print_format format, const char *language,
    struct buf *out, struct err *e);

/* What a page is written with; print_text.c and print_html.c are one each. */
struct ink {
	struct buf *out;
	enum print_size size;
	const char *lang;            /* of the form's own words */
	unsigned indent;
};
struct ink_ops {
	/* What a file begins with, and then the title on the page. */
	void (*begin)(struct ink *i, const char *title, const char *title_lang);
	void (*title)(struct ink *i, const char *title, const char *title_lang);
	/* Frames what must be seen first, and steps that do not hold. */
	void (*open)(struct ink *i, const char *class);
	void (*close)(struct ink *i);
	void (*heading)(struct ink *i, const char *text, const char *lang);
	/* LABEL may be empty, LANG is TEXT's; NOTE may be NULL. */
	void (*line)(struct ink *i, const char *label, const char *text, const char *lang, const char *note);
	/* The same for what is to be read from afar: numbers to call. */
	void (*number)(struct ink *i, const char *label, const char *text);
	void (*end)(struct ink *i);
};
extern const struct ink_ops print_text, print_html;

#endif
