/*
 * question - what a node may be asked about the entries that it holds, and the table that it answers with.
 *
 * Source   proto/messages.md sections 9 and 10
 * Shape    a question is one CBOR array that fits a datagram; a table is a head and then its rows, as a CBOR sequence
 * Law      question_read and table_read accept exactly what is written here; views borrow the input
 *          words that a node does not know are refused by whoever answers, not by the codec
 */
#ifndef KILIM_PROTO_QUESTION_H
#define KILIM_PROTO_QUESTION_H

#include "proto/buf.h"
#include "proto/err.h"

/* What is asked for: number, its word, and the line about it (a msgid). */
#define REPORT_TABLE(X)                                                                    \
	X(COUNT, "count", "entries by what they say")                                  \
	X(THREEW, "3w", "who does what where")                                         \
	X(GAPS, "gaps", "where one sort of help is to be had, and where nobody knows") \
	X(COVERAGE, "coverage", "trainings by topic and municipality")                 \
	X(STALE, "stale", "entries that are due, stale or near their end, by organisation")    \
	X(NEEDS, "needs", "needs by place and sort, small numbers hidden")
enum report {
#define X(name, word, help) REPORT_##name,
	REPORT_TABLE(X)
#undef X
	REPORTS
};
const char *report_word(enum report r);
const char *report_help(enum report r);
bool report_by_word(const char *word, enum report *out);

#define QUESTION_FILTERS 16
#define QUESTION_AXES 4
#define QUESTION_WORD 32       /* bytes of an axis */
#define QUESTION_VALUE 120     /* bytes of a value */
struct question {
	enum report report;
	uint16_t kind;                 /* 0: all, or as the report has it */
	struct question_filter {
		struct bytes axis, value;
	} filters[QUESTION_FILTERS];
	size_t filter_count;
	struct bytes by[QUESTION_AXES];
	size_t by_count;
	uint32_t from_day, to_day;     /* since 1970-01-01; 0: not bounded */
	struct bytes language;         /* BCP 47 of labels; empty: as written */
};
/* Appends. Its parts keep the bounds above (assert). ERR_LIMIT: it does not fit a datagram. */
enum err_code question_write(const struct question *q, struct buf *out, struct err *e);
enum err_code question_read(struct bytes in, struct question *out, struct err *e);

/* Bits of a table's flags. */
#define TABLE_MORE 1u          /* there are rows beyond these */
#define TABLE_LEFT_OUT 2u      /* entries whose place must stay unknown are left out */
#define TABLE_CONFIDENTIAL 4u  /* these are such entries, by territory */
#define TABLE_WITHHELD 8u      /* some of their cells are not told */
#define TABLE_PART 16u         /* whoever answers keeps only a part of what there is */
#define TABLE_MEASURES 8
#define TABLE_TEXT 240         /* bytes of a key or a label; longer ones are cut at a whole letter */
#define TABLE_ROWS 20000
struct table_head {
	uint64_t flags;
	uint64_t entries, organisations;     /* that were counted */
	uint64_t members, reporting;         /* active ones, and those with any entry here */
	struct bytes axes[QUESTION_AXES];
	size_t axis_count;
	struct bytes measures[TABLE_MEASURES];
	size_t measure_count;
	uint64_t rows;
};
struct table_row {
	struct bytes keys[QUESTION_AXES], labels[QUESTION_AXES];   /* a label like its key is empty */
	uint64_t numbers[TABLE_MEASURES];
};
void table_head_write(const struct table_head *h, struct buf *out);
void table_row_write(const struct table_head *h, const struct table_row *row, struct buf *out);
/* OUT_ROWS: for table_next. Every row is judged here. */
enum err_code table_read(struct bytes in, struct table_head *out, struct bytes *out_rows, struct err *e);
bool table_next(const struct table_head *h, struct bytes *rows, struct table_row *out);

#endif
