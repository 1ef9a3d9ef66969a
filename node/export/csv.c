#include "node/export/csv.h"

#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/limits.h"
#include "proto/utf8.h"

void
csv_open(struct csv_reader *r, struct bytes in)
{
	*r = (struct csv_reader){ .in = in, .line = 1 };
	if (in.len >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
	buf_reserve(&r->text, 256); /* so that there is always something to point into */
}

void
csv_close(struct csv_reader *r)
{
	buf_free(&r->text);
	free(r->cells);
	*r = (struct csv_reader){ .line = 0 };
}

struct bytes
csv_cell(const struct csv_reader *r, size_t i)
{
	return i < r->count ? (struct bytes){ r->text.p + r->cells[i].at, r->cells[i].len } : (struct bytes){ 0 };
}

/* +381..., -12.5: begins like a formula and is none. */
static bool
is_number(struct bytes cell)
{
	size_t at = 1, points = 0;

	for (; at < cell.len && ((cell.p[at] >= '0' && cell.p[at] <= '9') || cell.p[at] == '.'); at++)
		points += cell.p[at] == '.';
	return (cell.p[0] == '+' || cell.p[0] == '-') && at > 1 && at == cell.len && points <= 1;
}

/* Would a spreadsheet calculate it? Apostrophes in front of it are our own, or were written like ours. */
static bool
is_formula(struct bytes cell)
{
	while (cell.len && cell.p[0] == '\'')
		cell = (struct bytes){ cell.p + 1, cell.len - 1 };
	return cell.len && cell.p[0] && strchr("=+-@\t\r", cell.p[0]) && !is_number(cell);
}

/* The byte at hand; -1 at the end. */
static int
look(const struct csv_reader *r)
{
	return r->at < r->in.len ? r->in.p[r->at] : -1;
}

static bool
at_line_end(const struct csv_reader *r)
{
	return look(r) == '\n' || (look(r) == '\r' && r->at + 1 < r->in.len && r->in.p[r->at + 1] == '\n');
}

/* Over a line end, if one is at hand. */
static bool
pass_line_end(struct csv_reader *r)
{
	if (!at_line_end(r))
		return false;
	r->at += look(r) == '\r' ? 2 : 1;
	r->line++;
	return true;
}

static void
fail(struct csv_reader *r, const char *rule, const char *reason)
{
	if (r->rule)
		return;
	r->rule = rule;
	r->reason = reason;
	r->fault_line = r->line;
	r->fault_cell = r->count;
}

/* From the opening quote to behind the closing one. */
static void
read_quoted(struct csv_reader *r)
{
	r->at++;
	for (;;) {
		if (look(r) < 0) {
			fail(r, "quote", "the quote that begins this cell is never closed");
			r->fault_line = r->row_line;
			return;
		}
		if (pass_line_end(r)) {
			buf_put_u8(&r->text, '\n');
			continue;
		}
		if (look(r) == '"' && r->at + 1 < r->in.len && r->in.p[r->at + 1] == '"')
			r->at++;
		else if (look(r) == '"')
			break;
		buf_put_u8(&r->text, r->in.p[r->at++]);
	}
	r->at++;
	if (look(r) >= 0 && look(r) != ',' && !at_line_end(r))
		fail(r, "quote", "after a closing quote comes a comma or the end of the line");
}

/* Up to the next comma or line end: also what is left of a cell that is bad already. */
static void
read_plain(struct csv_reader *r)
{
	while (look(r) >= 0 && look(r) != ',' && !at_line_end(r)) {
		if (look(r) == '"')
			fail(r, "quote", "a cell with quotes in it stands in quotes, and each of its own is doubled");
		buf_put_u8(&r->text, r->in.p[r->at++]);
	}
}

static void
read_cell(struct csv_reader *r)
{
	struct csv_cell cell = { .at = r->text.len, .line = r->line };

	if (look(r) == '"')
		read_quoted(r);
	read_plain(r);
	cell.len = r->text.len - cell.at;
	if (cell.len && r->text.p[cell.at] == '\'' && is_formula((struct bytes){ r->text.p + cell.at, cell.len })) {
		cell.at++;
		cell.len--;
	}
	if (cell.len > LIMIT_IMPORT_CELL)
		fail(r, "size", "the cell is longer than 64 KiB");
	else if (!utf8_valid((struct bytes){ r->text.p + cell.at, cell.len }))
		fail(r, "utf-8", "the cell is not text in UTF-8, or has control characters; save the table as \"CSV UTF-8\"");
	if (r->count == LIMIT_IMPORT_COLUMNS) {
		fail(r, "columns", "the row has more cells than a table may have");
		return;
	}
	r->cells = need_room(r->cells, r->count, &r->cap, sizeof *r->cells);
	r->cells[r->count++] = cell;
}

/* A quote too many, or one too few, may have taken lines of other rows: only the first line is bad. */
static void
back_to_line(struct csv_reader *r, size_t from)
{
	r->at = from;
	r->line = r->row_line;
	while (look(r) >= 0 && !at_line_end(r))
		r->at++;
	pass_line_end(r);
}

enum csv_state
csv_next(struct csv_reader *r)
{
	size_t from;

	while (pass_line_end(r))
		;
	buf_reset(&r->text);
	r->count = 0;
	r->rule = r->reason = NULL;
	r->row_line = r->line;
	from = r->at;
	if (look(r) < 0)
		return CSV_END;
	for (;;) {
		read_cell(r);
		if (look(r) != ',')
			break;
		r->at++;
	}
	if (r->rule && strcmp(r->rule, "quote") == 0)
		back_to_line(r, from);
	else
		pass_line_end(r);
	return r->rule ? CSV_BAD : CSV_ROW;
}

void
csv_put(struct buf *out, struct bytes cell, bool first)
{
	bool formula = is_formula(cell), quotes = false;

	if (!first)
		buf_put_u8(out, ',');
	for (size_t i = 0; i < cell.len; i++)
		quotes |= cell.p[i] == ',' || cell.p[i] == '"' || cell.p[i] == '\n' || cell.p[i] == '\r';
	/* A row of one empty cell would be an empty line, which is no row. */
	quotes |= first && cell.len == 0;
	if (quotes)
		buf_put_u8(out, '"');
	if (formula)
		buf_put_u8(out, '\'');
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.p[i] == '"')
			buf_put_u8(out, '"');
		buf_put_u8(out, cell.p[i]);
	}
	if (quotes)
		buf_put_u8(out, '"');
}

void
csv_end(struct buf *out)
{
	buf_put_text(out, "\r\n");
}
