/*
 * fuzz_cbor - any bytes at the CBOR reader: accepted exactly when writing them again gives the same bytes,
 * and the untyped reader agrees with the typed one.
 */
#include "proto/cbor.h"

#include "tests/lib/rewrite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = { data, len };
	struct buf again = { 0 };
	bool typed = rewrite(in, &again);

	if (typed != (cbor_check(in, "item", NULL) == ERR_OK))
		abort();
	if (typed && !bytes_equal(in, buf_bytes(&again)))
		abort();
	buf_free(&again);
	return 0;
}
