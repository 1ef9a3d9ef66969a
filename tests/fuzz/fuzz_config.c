/* What config_parse takes, config_write writes so that it is taken again, with the same values. */
#include "node/home/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The file's syntax ends a value before " ;"; nothing else is lost. */
static void
same_values(const struct config *a, const struct config *b)
{
	struct buf x = { 0 }, y = { 0 };

	for (size_t i = 0; i < config_rows(); i++) {
		buf_reset(&x);
		buf_reset(&y);
		config_value(a, i, &x);
		config_value(b, i, &y);
		if (!bytes_equal(buf_bytes(&x), buf_bytes(&y)))
			abort();
	}
	buf_free(&x);
	buf_free(&y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config once, again;
	struct buf text = { 0 };
	struct err e;

	config_defaults(&once);
	config_defaults(&again);
	if (config_parse((struct bytes){ data, len }, "kilim.conf", &once, NULL, &e) == ERR_OK) {
		config_write(&once, &text);
		if (config_parse(buf_bytes(&text), "kilim.conf", &again, NULL, &e) != ERR_OK)
			abort();
		same_values(&once, &again);
		buf_free(&text);
	}
	return 0;
}
