/*
 * fuzz_counts - any bytes as the counts of a peer's cells: what is no such text is refused and says why; what is one is
 * written as it was read, and foresees at least a few cells and never more than there are.
 */
#include "proto/counts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool so)
{
	if (!so)
		abort();
}

static void
foresee(const struct counts *c, uint32_t cells)
{
	struct sketch ours;
	uint32_t sent;

	sketch_init(&ours, cells, 0);
	for (uint64_t z = 0; z < 100; z++)
		sketch_insert(&ours, sketch_mix(z));
	sent = counts_cells(c, &ours);
	must(sent <= cells && (sent >= COUNTS_LEAST || sent == cells));
	sketch_done(&ours);
}

static void
write_again(const struct counts *c, const char *text)
{
	char again[COUNTS_TEXT];
	struct sketch s;

	sketch_init(&s, COUNTS_MOST + 1, 0);
	s.count = c->total;
	for (uint32_t i = 0; i < c->count; i++)
		s.cell[i + 1].count = c->of[i];
	counts_format(&s, c->count, again);
	must(strcmp(again, text) == 0);
	sketch_done(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = need_alloc(len + 1);
	struct counts c = { 0 };
	struct err e = { 0 };

	memcpy(text, data, len);
	text[len] = 0;
	if (counts_parse(text, &c, &e) == ERR_OK) {
		must(c.count > 0 && c.count <= COUNTS_MOST);
		write_again(&c, text);
		foresee(&c, SKETCH_CELLS);
		foresee(&c, SKETCH_CELLS_LEAST);
		foresee(&c, 1);
	} else {
		must(c.count == 0 && e.code == ERR_INPUT && e.reason[0]);
	}
	free(text);
	return 0;
}
