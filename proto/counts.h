/*
 * counts - how many cells a difference needs, foreseen from the counts of some cells.
 *
 * Source   proto/sketch.md section 5
 * Shape    the counts of the first cells of one's own sketch, as they travel in a question for cells: text, so that it
 *          may stand in a query; six bits each, which is enough where no more differ than cells can tell
 * Law      1 it is an estimate and nothing hangs on it but the number of cells that are sent
 *          2 rather too few than too many: in 95 of 100 not more than a block, or a quarter, above what is needed
 */
#ifndef KILIM_PROTO_COUNTS_H
#define KILIM_PROTO_COUNTS_H

#include "proto/sketch.h"

#define COUNTS_FEW   56      /* told where nothing is known of the difference */
#define COUNTS_MOST  240     /* where it is large enough to be worth them */
#define COUNTS_TOTAL 4       /* characters of the number of ids */
#define COUNTS_TEXT  (COUNTS_TOTAL + COUNTS_MOST + 1)
#define COUNTS_LEAST 10      /* cells; fewer are not worth an answer */

struct counts {
	uint32_t total;              /* number of ids, mod 2^24 */
	uint32_t count;              /* how many cells are told, from cell 1 on: cell 0 has the total */
	uint8_t of[COUNTS_MOST];     /* mod 64 */
};

/* COUNT counts of S, 1 to COUNTS_MOST, and fewer than its cells; OUT holds COUNTS_TEXT. */
void counts_format(const struct sketch *s, uint32_t count, char *out);
/* ERR_INPUT: too short, too long, or a character that does not belong. OUT is left alone then. */
enum err_code counts_parse(const char *text, struct counts *out, struct err *e);
/* How many cells of OURS they should be sent whose counts are THEIRS; at most as many as it has. */
uint32_t counts_cells(const struct counts *theirs, const struct sketch *ours);

/*
 * How many cells are to be sent in all where KNOWN ids that differ are known, and COUNT[i] is the
 * count of cell i + 1 of what is left of the difference, modulo MODULUS (at most 256), for CELLS
 * cells. NET: ids left of ours less ids left of theirs.
 */
double counts_needs(uint32_t known, const uint8_t *count, uint32_t cells, unsigned modulus, int64_t net);

#endif
