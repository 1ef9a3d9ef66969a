#include "sheet.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/base/file.h"
#include "node/pathway/print.h"
#include "node/pathway/words.h"

static struct err err;

static struct buf
printed(const cJSON *sheet, enum print_size size, enum print_format format, const char *language)
{
	struct buf out = { 0 };

	cr_assert_eq(print_sheet(sheet, size, format, language, &out, &err), ERR_OK, "%s", err.reason);
	return out;
}

/* Two steps are broken: what stands on paper then is what matters most. */
static cJSON *
broken_sheet(const char *language)
{
	struct world_of w = whole_world();

	w.rows[HELPLINE].standing = STANDING_CLOSED;
	w.rows[CENTRE].standing = STANDING_STALE;
	return sheet_with(&w, pathway_text, STANDING_FRESH, language);
}

/* The four prints are those of tests/golden/pathway, byte for byte; UPDATE=1 writes them anew, for a person to read. */
Test(print, golden)
{
	static const struct {
		const char *file, *language;
		enum print_size size;
		enum print_format format;
	} rows[] = {
		{ "a4.txt", "en", PRINT_A4, PRINT_TEXT }, { "a6.txt", "en", PRINT_A6, PRINT_TEXT },
		{ "a4.html", "en", PRINT_A4, PRINT_HTML }, { "a6.html", "sq", PRINT_A6, PRINT_HTML },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *sheet = broken_sheet(rows[i].language);
		struct buf out = printed(sheet, rows[i].size, rows[i].format, rows[i].language), golden = { 0 };
		char path[80];

		snprintf(path, sizeof path, "tests/golden/pathway/%s", rows[i].file);
		if (getenv("UPDATE"))
			cr_assert_eq(file_write_atomic(path, buf_bytes(&out), 0644, &err), ERR_OK);
		cr_assert_eq(file_read(path, 1 << 20, &golden, &err), ERR_OK, "%s", path);
		cr_assert_str_eq(buf_text(&out), buf_text(&golden), "%s differs", path);
		buf_free(&out);
		buf_free(&golden);
		cJSON_Delete(sheet);
	}
}

/* Every element that is opened is closed, in order: HTML that is XML as well. */
static void
check_nesting(const char *p)
{
	char names[32][24];
	size_t depth = 0;

	for (p = strchr(p, '<'); p; p = strchr(p + 1, '<')) {
		size_t len = strcspn(p + 1, " />");
		const char *end = strchr(p, '>');

		cr_assert_not_null(end);
		if (p[1] == '!' || end[-1] == '/')
			continue;
		if (p[1] == '/') {
			cr_assert_gt(depth, 0);
			cr_assert_eq(strncmp(names[--depth], p + 2, strcspn(p + 2, ">")), 0, "%.20s closes %s", p, names[depth]);
			continue;
		}
		cr_assert_lt(depth, 32);
		snprintf(names[depth++], 24, "%.*s", (int)len, p + 1);
	}
	cr_assert_eq(depth, 0);
}

/* HTML is well-formed, says its languages, loads nothing, and holds nobody's markup but ours. */
Test(print, html)
{
	cJSON *sheet = broken_sheet("sq");
	struct buf out = printed(sheet, PRINT_A4, PRINT_HTML, "sq");
	const char *text = buf_text(&out);
	static const char *const never[] = { "href", "src=", "url(", "@import", "<script", "<link", "<House", "<at>", "color:red" };

	check_nesting(text);
	cr_assert_not_null(strstr(text, "<html lang=\"sq\">"));
	cr_assert_not_null(strstr(text, "<span lang=\"en\">Made-up &lt;House&gt; &amp; &quot;Sons&quot;</span>"));
	cr_assert_not_null(strstr(text, "law?a=1&amp;b=2"));
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		cr_assert_null(strstr(text, never[i]), "%s", never[i]);
	buf_free(&out);
	cJSON_Delete(sheet);
}

/* Before all else stands whom to call in danger; the day of printing and of the next check stand on every print. */
Test(print, order)
{
	cJSON *sheet = broken_sheet("en");

	for (int size = 0; size < PRINT_SIZES; size++)
		for (int format = 0; format < PRINT_FORMATS; format++) {
			struct buf out = printed(sheet, (enum print_size)size, (enum print_format)format, "en");
			const char *text = buf_text(&out), *danger = strstr(text, "In danger call");

			cr_assert_not_null(danger);
			cr_assert_lt(danger, strstr(text, "Step 1"));
			cr_assert_not_null(strstr(text, "2024-10-04"));
			cr_assert_not_null(strstr(text, "Check by"));
			cr_assert_not_null(strstr(text, "Do not rely on this step"));
			cr_assert_null(strstr(text, "SECRET"));
			buf_free(&out);
		}
	cJSON_Delete(sheet);
}

/* No line of text is wider than its paper, and A6 leaves out what belongs on a wall. */
Test(print, widths)
{
	static const unsigned most[PRINT_SIZES] = { 76, 36 };
	cJSON *sheet = broken_sheet("en");

	for (int size = 0; size < PRINT_SIZES; size++) {
		struct buf out = printed(sheet, (enum print_size)size, PRINT_TEXT, "en");
		unsigned width = 0;

		for (const char *p = buf_text(&out); *p; p++) {
			width = *p == '\n' ? 0 : width + (((unsigned char)*p & 0xc0) != 0x80);
			cr_assert_leq(width, most[size], "%.30s", p);
		}
		cr_assert_eq(strstr(buf_text(&out), "Made-up law") != NULL, size == PRINT_A4);
		buf_free(&out);
	}
	cJSON_Delete(sheet);
}

/* Whose author does not want it on paper is not printed. */
Test(print, not_printable)
{
	struct world_of w = whole_world();
	char text[sizeof pathway_text + 40];
	struct buf out = { 0 };
	cJSON *sheet;

	snprintf(text, sizeof text, "{\"printable\":false,%s", pathway_text + 1);
	sheet = sheet_with(&w, text, STANDING_FRESH, "en");
	cr_assert_eq(print_sheet(sheet, PRINT_A4, PRINT_TEXT, "en", &out, &err), ERR_DENIED);
	cr_assert_eq(out.len, 0);
	cJSON_Delete(sheet);
}

/* Every language has every phrase, and as many gaps in it as English; a language without words gets English ones. */
Test(print, words)
{
	const struct words *en = words_at(0), *w;

	for (unsigned i = 0; (w = words_at(i)) != NULL; i++)
		for (int p = 0; p < PHRASES; p++) {
			cr_assert_not_null(w->phrases[p], "%s lacks phrase %d", w->tag, p);
			cr_assert(p == PHRASE_WORDS_UNREVIEWED || *w->phrases[p], "%s %d", w->tag, p);
			cr_assert_eq(strstr(w->phrases[p], "%s") != NULL, strstr(en->phrases[p], "%s") != NULL, "%s %d", w->tag, p);
		}
	cr_assert_eq(words_for("tr"), en);
	cr_assert_str_eq(words_for("sr")->tag, "sr-Latn");
	cr_assert_str_eq(words_for("sr-Cyrl")->tag, "sr-Cyrl");
	cr_assert_str_eq(words_for("sq-XK")->tag, "sq");
}

/* Without an emergency number the sheet says so, in its place. */
Test(print, no_emergency)
{
	struct world_of w = whole_world();
	cJSON *sheet;
	struct buf out;

	w.emergency = false;
	sheet = sheet_with(&w, pathway_text, STANDING_STALE, "en");
	out = printed(sheet, PRINT_A4, PRINT_TEXT, "en");
	cr_assert_not_null(strstr(buf_text(&out), "No emergency number is known here"));
	cr_assert_not_null(strstr(buf_text(&out), "Ask before you rely on this sheet"));
	buf_free(&out);
	cJSON_Delete(sheet);
}
