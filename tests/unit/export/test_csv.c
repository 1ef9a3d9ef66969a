#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/export/csv.h"
#include "proto/limits.h"

/* Every row of TEXT as "line: cell|cell", a bad one as "line: !rule". */
static char *
rows_of(struct bytes text)
{
	static struct buf out;
	struct csv_reader r;
	enum csv_state state;

	buf_reset(&out);
	csv_open(&r, text);
	while ((state = csv_next(&r)) != CSV_END) {
		if (state == CSV_BAD) {
			buf_printf(&out, "%u: !%s\n", r.fault_line, r.rule);
			continue;
		}
		buf_printf(&out, "%u: ", r.row_line);
		for (size_t i = 0; i < r.count; i++) {
			struct bytes cell = csv_cell(&r, i);

			buf_printf(&out, "%s%.*s", i ? "|" : "", (int)cell.len, (const char *)cell.p);
		}
		buf_put_text(&out, "\n");
	}
	csv_close(&r);
	return (char *)(uintptr_t)buf_text(&out);
}

static void
reads(const char *text, const char *wanted)
{
	cr_expect_str_eq(rows_of(bytes_text(text)), wanted, "%s", text);
}

/* Cells are what stands between commas; a line ends in CRLF or LF, the last one in nothing. */
Test(csv, plain_rows)
{
	reads("", "");
	reads("a,b\r\nc,d\r\n", "1: a|b\n2: c|d\n");
	reads("a,b\nc,d", "1: a|b\n2: c|d\n");
	reads("a,,\n,", "1: a||\n2: |\n");
	reads("\xef\xbb\xbf" "a\n", "1: a\n");
	reads("a\n\n\r\nb\n", "1: a\n4: b\n");
}

/* In quotes stand commas, quotes and line ends; a row goes on over lines, and later ones know their own. */
Test(csv, quotes)
{
	reads("\"a,b\",\"c\"\"d\"\n", "1: a,b|c\"d\n");
	reads("\"a\r\nb\",c\nd,e\n", "1: a\nb|c\n3: d|e\n");
	reads("\"\",\"\"\n", "1: |\n");
}

/* A quote that is amiss spoils the line it begins in, and no other. */
Test(csv, bad_quotes)
{
	reads("a\n\"b\nc\nd\n", "1: a\n2: !quote\n3: c\n4: d\n");
	reads("a\n\"b\nc,\"d\"\ne\n", "1: a\n3: !quote\n3: c|d\n4: e\n");
	reads("a\"b,c\nd\n", "1: !quote\n2: d\n");
	reads("\"a\"b,c\nd\n", "1: !quote\n2: d\n");
	reads("\"", "1: !quote\n");
}

/* What is no UTF-8, and control characters, are refused; a carriage return within a cell as well. */
Test(csv, bad_text)
{
	reads("a\n\xff\nb\n", "1: a\n2: !utf-8\n3: b\n");
	reads("a\tb\nc\n", "1: !utf-8\n2: c\n");
	reads("a\rb\nc\n", "1: !utf-8\n2: c\n");
	cr_expect_str_eq(rows_of((struct bytes){ (const uint8_t *)"a\0b\nc", 5 }), "1: !utf-8\n2: c\n");
}

/* No row is wider and no cell longer than a table may have. */
Test(csv, limits)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < LIMIT_IMPORT_COLUMNS; i++)
		buf_put_u8(&text, ',');
	buf_put_text(&text, "\nb\n");
	cr_expect_str_eq(rows_of(buf_bytes(&text)), "1: !columns\n2: b\n");
	buf_reset(&text);
	for (size_t i = 0; i <= LIMIT_IMPORT_CELL; i++)
		buf_put_u8(&text, 'a');
	buf_put_text(&text, "\nb\n");
	cr_expect_str_eq(rows_of(buf_bytes(&text)), "1: !size\n2: b\n");
	buf_free(&text);
}

/* What is written is read again, cell by cell, whatever the cells hold. */
Test(csv, written_and_read)
{
	static const char *const cells[] = { "", "a", ",", "\"", "\"\"", "a\nb", "\n", " a ", "Ђ,ђ", "a\"b,c\nd", "=1+1", "'=1+1",
		"''@a", "'", "+381600000", "'+381600000", "- a", "-a\n\"b\"" };
	enum { CELLS = sizeof(cells) / sizeof(cells[0]) };

	for (size_t i = 0; i < CELLS * CELLS; i++) {
		struct buf out = { 0 };
		struct csv_reader r;

		csv_put(&out, bytes_text(cells[i % CELLS]), true);
		csv_put(&out, bytes_text(cells[i / CELLS]), false);
		csv_end(&out);
		csv_put(&out, bytes_text(cells[i % CELLS]), true);
		csv_end(&out);
		csv_open(&r, buf_bytes(&out));
		cr_assert_eq(csv_next(&r), CSV_ROW);
		cr_assert_eq(r.count, 2);
		cr_expect(bytes_equal(csv_cell(&r, 0), bytes_text(cells[i % CELLS])));
		cr_expect(bytes_equal(csv_cell(&r, 1), bytes_text(cells[i / CELLS])));
		cr_assert_eq(csv_next(&r), CSV_ROW, "a single empty cell is a row");
		cr_expect(bytes_equal(csv_cell(&r, 0), bytes_text(cells[i % CELLS])));
		cr_expect_eq(csv_next(&r), CSV_END);
		csv_close(&r);
		buf_free(&out);
	}
}

/* No cell that is written is calculated by who opens the table; numbers stay numbers. */
Test(csv, no_formulas)
{
	static const struct {
		const char *cell, *written;
	} rows[] = {
		{ "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0" }, { "@SUM(A1)", "'@SUM(A1)" }, { "+1+1", "'+1+1" }, { "-1-1", "'-1-1" },
		{ "=a,b", "\"'=a,b\"" }, { "'=1", "''=1" }, { "+38160000000", "+38160000000" }, { "-12.5", "-12.5" }, { "a=1", "a=1" },
		{ "'tis", "'tis" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out = { 0 };

		csv_put(&out, bytes_text(rows[i].cell), true);
		cr_expect_str_eq(buf_text(&out), rows[i].written);
		buf_free(&out);
	}
}
