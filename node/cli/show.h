/*
 * show - answers for people: facts, tables, times, each in the normal and in the plain form.
 *
 * Source   docs/manual.md "Plain output"
 * Law      plain: one fact a line, "label: value", no alignment, no colour, no drawing
 *          foreign text goes through text_clean, and never begins a line where a label of ours could stand
 */
#ifndef KILIM_CLI_SHOW_H
#define KILIM_CLI_SHOW_H

#include <time.h>

#include "node/cli/call.h"

/*
 * "label: value", in the normal form two columns further in for each INDENT. Of a value of several lines the further ones stand
 * deeper; in the plain form it is one line.
 */
__attribute__((format(printf, 4, 5))) void show_fact(const struct call *c, unsigned indent,
    const char *label, const char *fmt, ...);
/* The same, left out when VALUE is NULL or empty. */
void show_some(const struct call *c, unsigned indent, const char *label, const char *value);
/* A sentence on a line of its own. */
__attribute__((format(printf, 2, 3))) void show_line(const struct call *c, const char *fmt, ...);
/* An empty line between blocks. */
void show_gap(const struct call *c);
/* Start and end of bold or coloured text ("1", "32"); nothing where colours are not wanted. */
const char *show_on(const struct call *c, const char *code);
const char *show_off(const struct call *c);
/* A state word in its colour, for use inside a line; borrowed, four at a time. */
const char *show_state(const struct call *c, const char *word);

/* RFC 3339 (fraction allowed) to Unix seconds; false: not such a time. */
bool show_parse_time(const char *text, time_t *out);
/* "2026-01-31 13:05" local time; TEXT itself when it is no time. Appends. */
void show_time(const char *text, struct buf *out);
/* "12 s ago", "3 min ago", "2 h ago", "5 days ago" (or "in ..."), seen from NOW; "never" when empty. Appends. */
void show_ago(const char *text, time_t now, struct buf *out);
/* "812 B", "1.2 MiB". Appends. */
void show_bytes(double count, struct buf *out);

/* A table: in the normal form columns under each other, in the plain form facts and an empty line. */
struct table {
	size_t columns;
	const char *const *heads;   /* translated */
	char **cells;
	size_t count;
};
void table_start(struct table *t, const char *const *heads, size_t columns);
/* The next cell, row after row. Copied and cleaned. */
void table_put(struct table *t, const char *text);
/* Print and free. COLOUR_COLUMN: a column of state words, or columns for none. */
void table_end(struct table *t, const struct call *c, size_t colour_column);

#endif
