/*
 * sketch - a small summary of a set of short ids, from which two nodes learn how their sets differ.
 *
 * Source   proto/sketch.md
 * Shape    a short id is the first 8 bytes of a record's keyed hash, read as a big-endian integer;
 *          a sketch is a row of up to SKETCH_CELLS cells; on the wire a cell has SKETCH_CELL_LEN bytes
 * Law      1 the first n cells depend only on the set of ids and on the salt: not on the order of
 *            changes, on the machine, or on how many cells are kept behind them
 *          2 cells of A minus cells of B are the cells of their difference: what both hold is gone
 *          3 whatever cells a peer sends, the decoder ends: each cell is peeled at most once
 *          4 a decoder that says SKETCH_DECODED names ids whose cells are exactly those it was given
 *
 * Two ids with the same 8 bytes in one set are not told apart, and spoil the sketch: they cancel in
 * every cell but for the count. The caller then derives other short ids (sketch.md section 6).
 */
#ifndef KILIM_PROTO_SKETCH_H
#define KILIM_PROTO_SKETCH_H

#include "proto/buf.h"
#include "proto/err.h"

#define SKETCH_CELLS       4096    /* the most there are */
#define SKETCH_CELLS_LEAST 256     /* what the smallest sketch keeps: 4 KiB */
#define SKETCH_CELL_LEN    13
#define SKETCH_BLOCK       78      /* whole cells of a block of LIMIT_BLOCK bytes */

struct sketch_cell {
	uint64_t ids;      /* XOR of the short ids */
	uint32_t checks;   /* XOR of their checks */
	uint8_t count;     /* how many, mod 256 */
};

/* The mapping, as a rule of the protocol. */

/* The finaliser of splitmix64. */
uint64_t sketch_mix(uint64_t z);
/* 32 bits that belong to short id Z under SALT (0: the plain sketch). */
uint32_t sketch_check(uint64_t salt, uint64_t z);
/* The cell behind cell I when R was drawn; SKETCH_CELLS when it lies beyond the last one. */
uint32_t sketch_next(uint32_t i, uint32_t r);
/* The same from any guess up to SKETCH_CELLS: a machine's floating point has no say in it. */
uint32_t sketch_next_from(uint32_t i, uint32_t r, uint32_t guess);
/* The cells of Z below END, ascending, into OUT which holds MAX; returns how many were written. */
size_t sketch_indices(uint64_t salt, uint64_t z, uint32_t end, uint16_t *out, size_t max);

/* A set's own sketch. It begins with sketch_init or sketch_copy and ends with sketch_done. */
struct sketch {
	struct sketch_cell *cell;
	uint32_t cells;
	uint64_t salt;
	uint64_t count;    /* of ids */
};

/*
 * How many cells a set of COUNT ids deserves: the power of two from COUNT / 2 on, between
 * SKETCH_CELLS_LEAST and SKETCH_CELLS. A set that has outgrown its sketch gets a new one, into
 * which all its ids are inserted again.
 */
uint32_t sketch_size(uint64_t count);
/* An empty one of 1 to SKETCH_CELLS cells. SALT is 0 unless a plain sketch did not decode. */
void sketch_init(struct sketch *s, uint32_t cells, uint64_t salt);
/* OUT becomes the first CELLS cells of S, as they are now; S has so many. */
void sketch_copy(const struct sketch *s, uint32_t cells, struct sketch *out);
void sketch_done(struct sketch *s);
/* Z is not in the set. */
void sketch_insert(struct sketch *s, uint64_t z);
/* Z is in the set. */
void sketch_remove(struct sketch *s, uint64_t z);

/* Cells FROM to UNTIL (not included, at most S's cells) as bytes, appended to OUT. */
void sketch_write(const struct sketch *s, uint32_t from, uint32_t until, struct buf *out);
/*
 * Cells from bytes of a peer, into OUT which holds MAX.
 *   ERR_INPUT    not a whole number of cells
 *   ERR_LIMIT    more than MAX
 * OUT and OUT_COUNT are left alone then.
 */
enum err_code sketch_read(struct bytes in, uint32_t max, struct sketch_cell *out,
    uint32_t *out_count, struct err *e);
/* COUNT cells of OURS minus THEIRS; OUT may be one of the two. */
void sketch_subtract(const struct sketch_cell *ours, const struct sketch_cell *theirs, uint32_t count,
    struct sketch_cell *out);

/*
 *          cells              cells
 *   OPEN ---------> OPEN     ---------> DECODED      all cells that came are zero
 *   none yet        more       |
 *                   are        '------> FAILED       cells contradict each other, or all
 *                   needed                           SKETCH_CELLS did not suffice; it stays so
 *
 * DECODED goes on to OPEN or FAILED when cells follow that do not fit; an honest peer sends none.
 */
enum sketch_state { SKETCH_OPEN, SKETCH_DECODED, SKETCH_FAILED };
enum sketch_side { SKETCH_OURS, SKETCH_THEIRS };

struct sketch_residue;
struct sketch_found;
/* Takes a difference apart, cell after cell as they come. Its fields are its own. */
struct sketch_decoder {
	struct sketch_residue *cell;   /* what is left of each cell that came */
	struct sketch_found *found;    /* at most as many as cells */
	uint16_t *queue;               /* cells that look pure; each at most once */
	uint32_t cells, cap, open, queued, ids;
	uint32_t only[2];              /* of the ids, by side */
	uint64_t salt;
	enum sketch_state state;
};

void sketch_decoder_init(struct sketch_decoder *d, uint64_t salt);
void sketch_decoder_done(struct sketch_decoder *d);
/*
 * The next COUNT cells of ours minus theirs: those behind the d->cells that it has, at most
 * SKETCH_CELLS in all. Of two sets the same is found however their cells are cut into calls.
 */
enum sketch_state sketch_decoder_add(struct sketch_decoder *d, const struct sketch_cell *difference,
    uint32_t count);
/*
 * How many cells the difference needs in all, as far as those that came tell: rather too few, at first by a quarter, later
 * by less. NET: ids of ours less ids of theirs. More than d->cells only while it is OPEN; worth little above 10,000 ids.
 */
uint32_t sketch_decoder_needs(const struct sketch_decoder *d, int64_t net);
/* The ids that only SIDE has, into OUT which holds d->only[SIDE], unsorted. Only when DECODED. */
void sketch_decoder_ids(const struct sketch_decoder *d, enum sketch_side side, uint64_t *out);

#endif
