/*
 * fuzz_sketch - any bytes as cells of a peer: reading is bounded, decoding ends, and what is said
 * to be decoded has exactly the cells that came, in whatever pieces they came.
 *
 * Input: salt (a byte; 0 is none), length of a piece less 1 in cells (a byte), number of our ids
 * (a byte), then the cells.
 */
#include "proto/sketch.h"

#include <stdlib.h>

#define HEAD 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool so)
{
	if (!so)
		abort();
}

/* Cells of what D found, against those it was given. */
static void
check_found(const struct sketch_decoder *d, const struct sketch_cell *given)
{
	struct sketch s[2];
	uint64_t *ids = need_alloc(d->ids * sizeof *ids);

	for (int side = 0; side < 2; side++) {
		sketch_init(&s[side], d->cells, d->salt);
		sketch_decoder_ids(d, (enum sketch_side)side, ids);
		for (uint32_t i = 0; i < d->only[side]; i++)
			sketch_insert(&s[side], ids[i]);
	}
	sketch_subtract(s[0].cell, s[1].cell, d->cells, s[0].cell);
	for (uint32_t i = 0; i < d->cells; i++)
		must(s[0].cell[i].ids == given[i].ids && s[0].cell[i].checks == given[i].checks &&
		    s[0].cell[i].count == given[i].count);
	sketch_done(&s[0]);
	sketch_done(&s[1]);
	free(ids);
}

static void
decode(const struct sketch_cell *given, uint32_t count, uint32_t piece, uint64_t salt)
{
	enum sketch_state state = SKETCH_OPEN;
	struct sketch_decoder d;

	sketch_decoder_init(&d, salt);
	while (d.cells < count && state != SKETCH_FAILED) {
		uint32_t next = count - d.cells < piece ? count - d.cells : piece;
		state = sketch_decoder_add(&d, given + d.cells, next);
		must(d.ids <= d.cells && d.ids == d.only[0] + d.only[1]);
		if (state == SKETCH_DECODED)
			check_found(&d, given);
	}
	sketch_decoder_done(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sketch_cell *cells;
	struct buf again = { 0 };
	struct bytes in;
	struct sketch ours;
	uint32_t count;

	if (len < HEAD)
		return 0;
	in = (struct bytes){ data + HEAD, len - HEAD };
	cells = need_alloc(SKETCH_CELLS * sizeof *cells);
	if (sketch_read(in, SKETCH_CELLS, cells, &count, NULL) == ERR_OK) {
		sketch_init(&ours, SKETCH_CELLS, 0);
		for (uint32_t i = 0; i < count; i++)
			ours.cell[i] = cells[i];
		sketch_write(&ours, 0, count, &again);
		must(bytes_equal(buf_bytes(&again), in));
		sketch_done(&ours);

		sketch_init(&ours, SKETCH_CELLS, data[0]);
		for (uint64_t z = 0; z < data[2]; z++)
			sketch_insert(&ours, sketch_mix(z));
		sketch_subtract(ours.cell, cells, count, cells);
		sketch_done(&ours);
		decode(cells, count, data[1] + 1u, data[0]);
		decode(cells, count, SKETCH_CELLS, data[0]);
	}
	buf_free(&again);
	free(cells);
	return 0;
}
