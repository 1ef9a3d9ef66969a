/*
 * rewrite - read items with the typed reader and write them again with the writer: the law of cbor.h, for
 * the tests and the fuzz targets. Bytes are accepted exactly when this gives the same bytes.
 */
#ifndef KILIM_TESTS_REWRITE_H
#define KILIM_TESTS_REWRITE_H

#include "proto/cbor.h"

/* The reader bounds the depth of this recursion. */
static inline void
rewrite_item(struct cbor_reader *r, struct buf *out)
{
	struct bytes b;
	size_t n;

	switch (cbor_peek(r)) {
	case CBOR_UINT:
		cbor_put_uint(out, cbor_uint(r));
		break;
	case CBOR_NEGATIVE:
		cbor_put_int(out, cbor_int(r));
		break;
	case CBOR_BYTES:
		b = cbor_bytes(r);
		cbor_put_bytes(out, b);
		break;
	case CBOR_TEXT:
		b = cbor_text(r);
		cbor_put_text(out, b);
		break;
	case CBOR_ARRAY:
		n = cbor_array(r);
		cbor_put_array(out, n);
		for (; n && !r->fault; n--)
			rewrite_item(r, out);
		break;
	case CBOR_MAP:
		n = cbor_map(r);
		cbor_put_map(out, n);
		for (; n && !r->fault; n--) {
			cbor_put_uint(out, cbor_key(r));
			rewrite_item(r, out);
		}
		break;
	case CBOR_TAG:
		cbor_tag(r, 18);
		cbor_put_tag(out, 18);
		rewrite_item(r, out);
		break;
	case CBOR_BOOL:
		cbor_put_bool(out, cbor_bool(r));
		break;
	case CBOR_END:
		cbor_fail(r, "end of input");
		break;
	}
}

/* One item and nothing behind it, written again to OUT; false when the reader refuses. */
static inline bool
rewrite(struct bytes in, struct buf *out)
{
	struct cbor_reader r;

	cbor_open(&r, in);
	rewrite_item(&r, out);
	return cbor_close(&r, "item", NULL) == ERR_OK;
}

#endif
