/*
 * cells - a table of counts with totals: which cells may be told, so that no small one can be worked out from the rest.
 *
 * Source   docs/exchange.md "The map of needs"
 * Shape    rows in a tree (region, territories, municipalities), columns with a total; every total is the sum of its parts
 * Law      a cell that is not empty is small while fewer than three organisations, or fewer than five things, stand in it
 *          no small cell is told; what the told cells leave over in any sum is not small itself; no small cell follows from
 *          the told ones by linear equations, nor is it pinned by their bounds
 *          empty cells are told as empty
 */
#ifndef KILIM_EXCHANGE_CELLS_H
#define KILIM_EXCHANGE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CELLS_ORGANISATIONS 3
#define CELLS_THINGS 5
#define CELLS_ROWS 1500          /* more than the municipalities of the region, and than we want to solve for */
#define CELLS_COLUMNS 12

struct cell {
	uint64_t needs, things;
	uint32_t *who;               /* organisations, sorted, each once */
	size_t who_count, who_cap;
	bool small, hidden;
};
struct cells {
	size_t rows, columns;        /* columns without the total, which is column number COLUMNS */
	int *parents;                /* of each row: the row that it is summed up in, which stands before it; -1: none */
	struct cell *at;             /* rows x (columns + 1) */
};

/* PARENTS is copied. The caller says cells_done. */
void cells_init(struct cells *t, size_t rows, const int *parents, size_t columns);
void cells_done(struct cells *t);
struct cell *cells_at(const struct cells *t, size_t row, size_t column);
/* One need of organisation WHO for THINGS, in a row without parts; every total above it grows as well. */
void cells_add(struct cells *t, size_t row, size_t column, uint32_t who, uint64_t things);
/* Decide: sets HIDDEN of every cell, and SMALL where it is; a cell that was called small before stays so. */
void cells_hide(struct cells *t);

/* The equations, for hiding and for whoever attacks: in each, the parts sum up to the total. */
struct cells_sum {
	size_t total;                /* index into AT */
	const size_t *parts;
	size_t count;
};
/* Equation I; false: there are no more. PARTS hold until the next call with the same ROOM (rows + columns + 1 numbers). */
bool cells_equation(const struct cells *t, size_t i, size_t *room, struct cells_sum *out);

#endif
