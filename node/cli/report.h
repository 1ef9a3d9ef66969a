/*
 * report - tables of what the entries say: asked of the node, shown as a table, plain facts, CSV or JSON.
 *
 * Source   docs/manual.md "Queries and reports"; docs/control.md "Queries and reports"
 * Law      a cell that others wrote cannot become a formula of a spreadsheet
 */
#ifndef KILIM_CLI_REPORT_H
#define KILIM_CLI_REPORT_H

#include "node/cli/call.h"

/* A question {"report", "kind", "where", "by", ...} with the options that were given; NULL and E when one is not understood. */
cJSON *report_question(struct call *c, const char *report, struct err *e);
enum err_code report_ask(struct call *c, cJSON *question, cJSON **out, struct err *e);
/* TABLE in the form that was asked for; its rows are put in the reader's order. */
void report_show(struct call *c, const char *report, cJSON *table);
/* Of every topic that a service here names, QUESTION (of gaps, without a topic) with it; FN may take TABLE apart. */
typedef enum err_code report_gaps_fn(void *self, const char *topic, const char *label, cJSON *table, struct err *e);
enum err_code report_each_gaps(struct call *c, const cJSON *question, report_gaps_fn *fn, void *self, struct err *e);
/* "no-member-there-unknown" in words of people. */
const char *report_state(const char *word);
/* Over the column of an axis or a measure: "ending" in words of people. */
const char *report_head(const char *word);
/* What a row shows on axis I. */
const char *report_label(const cJSON *row, int i);
/* One cell of RFC 4180, in quotes, with a comma before it unless it is FIRST. */
void report_csv_cell(struct buf *out, const char *text, bool first);
/* TABLE as RFC 4180, keys and names side by side. Appends. */
void report_csv(const cJSON *table, struct buf *out);
/* The map of needs: where a row of it is, what one of its cells says (appended), and all of it as CSV (appended). */
const char *report_needs_place(const cJSON *row);
void report_needs_cell(const cJSON *cell, struct buf *out);
void report_needs_csv(const cJSON *map, struct buf *out);
/* What is not in TABLE and why, one sentence each; FN for each. */
void report_notes(const cJSON *table, void (*fn)(void *self, const char *sentence), void *self);

#endif
