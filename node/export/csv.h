/*
 * csv - tables as text: read strictly, row by row, and written.
 *
 * Source   RFC 4180; a byte order mark is passed over, a line may end in CRLF or LF
 * Shape    a row is 1 to LIMIT_IMPORT_COLUMNS cells; a cell in quotes may hold commas, quotes (doubled) and line ends
 * Law      what one bad row holds never changes how the next is read
 *          a cell is valid UTF-8 without control characters but newline; CRLF inside quotes is read as one newline
 *          no cell that is written is a formula to a spreadsheet: an apostrophe stands before what would be one, and is
 *          taken away where it is read; numbers with a sign stay as they are
 */
#ifndef KILIM_EXPORT_CSV_H
#define KILIM_EXPORT_CSV_H

#include "proto/buf.h"

struct csv_cell {
	size_t at, len;              /* in the reader's text */
	unsigned line;               /* of the file, from 1: where the cell begins */
};
struct csv_reader {
	struct bytes in;
	size_t at;
	unsigned line;               /* of the next byte */
	/* the row that was read last */
	unsigned row_line;           /* where it begins */
	struct buf text;
	struct csv_cell *cells;
	size_t count, cap;
	/* after CSV_BAD */
	const char *rule;            /* "quote", "utf-8", "columns", "size" */
	const char *reason;          /* a sentence, a msgid */
	unsigned fault_line;
	size_t fault_cell;           /* from 0 */
};

/* IN is borrowed until csv_close. */
void csv_open(struct csv_reader *r, struct bytes in);
void csv_close(struct csv_reader *r);
enum csv_state { CSV_ROW, CSV_BAD, CSV_END };
/* The next row; empty lines are passed over. After CSV_BAD the reader stands behind the row, where its quotes are amiss
 * behind the line it began in. */
enum csv_state csv_next(struct csv_reader *r);
/* Cell I of the row, until the next call; empty beyond the last. */
struct bytes csv_cell(const struct csv_reader *r, size_t i);

/* One cell, in quotes where it needs them; FIRST: no comma before it. */
void csv_put(struct buf *out, struct bytes cell, bool first);
/* Ends a row: CRLF. */
void csv_end(struct buf *out);

#endif
