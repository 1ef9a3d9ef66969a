/*
 * questions - what is asked about the entries that are held, by people of this node and by other nodes: one answer.
 *
 * Source   proto/messages.md sections 9 and 10; docs/control.md "Queries and reports"
 * Shape    a report is a tally (search/tally.h) with axes, filters and measures of its own, or the table of gaps
 * Law      the answer holds what the asker's class may have, as any reader is shown it
 *          neither side writes a word of the question to its log
 */
#ifndef KILIM_SERVICE_QUESTIONS_H
#define KILIM_SERVICE_QUESTIONS_H

#include "node/peer/node.h"
#include "node/service/beside.h"
#include "proto/question.h"

struct questions_bounds {
	unsigned audiences;            /* bit of each that the asker may have */
	enum beside_reader reader;     /* whose eyes the answer is for */
	uint64_t postings;             /* that may be read; 0: no bound */
	size_t rows, bytes;            /* of the answer; what is beyond is said by TABLE_MORE */
};
/* The answer to Q, appended to OUT. *OUT_READ: postings that were read, whether there is an answer or not.
 *   ERR_INPUT    a word that is not known, or a question that is not answered
 *   ERR_LIMIT    it costs too much */
enum err_code questions_answer(struct node *n, const struct question *q, const struct questions_bounds *b,
    struct buf *out, uint64_t *out_read, struct err *e);
/* TABLE of REPORT, from wherever it came, as JSON. ERR_INPUT: it is no table. */
enum err_code questions_json(enum report report, struct bytes table, cJSON **out, struct err *e);

#endif
