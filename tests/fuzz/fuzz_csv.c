/* Whatever the bytes are, reading ends, lines only rise, and what was read as a row is read again from what is written. */
#include <stdlib.h>

#include "node/export/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
same_row(const struct csv_reader *r)
{
	struct buf text = { 0 };
	struct csv_reader again;

	for (size_t i = 0; i < r->count; i++)
		csv_put(&text, csv_cell(r, i), i == 0);
	csv_end(&text);
	csv_open(&again, buf_bytes(&text));
	/* A mark of byte order at the beginning is no part of a first cell. */
	again.at = 0;
	if (csv_next(&again) != CSV_ROW || again.count != r->count)
		abort();
	for (size_t i = 0; i < r->count; i++)
		if (!bytes_equal(csv_cell(r, i), csv_cell(&again, i)))
			abort();
	csv_close(&again);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct csv_reader r;
	enum csv_state state;
	unsigned line = 0;

	csv_open(&r, (struct bytes){ data, len });
	while ((state = csv_next(&r)) != CSV_END) {
		if (r.row_line <= line)
			abort();
		line = r.row_line;
		if (state == CSV_ROW)
			same_row(&r);
	}
	csv_close(&r);
	return 0;
}
