/*
 * cbor - the strict deterministic subset of CBOR that everything signed or sent is written in.
 *
 * Source   RFC 8949 section 4.2.1; proto/records.md section 2
 * Shape    integers from -2^63 to 2^64 - 1, byte strings, UTF-8 text without control characters (newline is
 *          allowed), arrays, maps whose keys are unsigned and ascend, booleans; tag 18 only, and only before
 *          an array; definite lengths, shortest forms, no floats; at most LIMIT_CBOR_DEPTH arrays and maps
 *          inside each other
 * Law      the reader accepts bytes exactly when writing what it read gives the same bytes
 *          the reader keeps its first fault and from then on answers zero and empty, so code reads straight
 *          down and checks once
 */
#ifndef KILIM_PROTO_CBOR_H
#define KILIM_PROTO_CBOR_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/limits.h"

/* Writer: appends one item head or item. Text must be valid (assert); keys must be given in order. */
void cbor_put_uint(struct buf *out, uint64_t v);
void cbor_put_int(struct buf *out, int64_t v);
void cbor_put_bytes(struct buf *out, struct bytes v);
/* The head of a byte string; the caller appends its LEN bytes. */
void cbor_put_bytes_head(struct buf *out, size_t len);
void cbor_put_text(struct buf *out, struct bytes v);
void cbor_put_array(struct buf *out, uint64_t count);
void cbor_put_map(struct buf *out, uint64_t count);
void cbor_put_bool(struct buf *out, bool v);
void cbor_put_tag(struct buf *out, uint64_t tag);

enum cbor_type { CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG, CBOR_BOOL, CBOR_END };

struct cbor_reader {
	const uint8_t *start, *p, *end;
	const char *fault;      /* NULL, or the rule that was broken: a static word such as "shortest form" */
	size_t fault_at;        /* byte offset of it */
	struct {
		uint64_t left;       /* items (of a map: keys and values) still to come */
		uint64_t last_key;
		bool is_map, any_key;
	} level[LIMIT_CBOR_DEPTH];
	unsigned depth;
	bool tagged;             /* a tag was read: the next item must be an array */
	bool known;              /* texts are UTF-8 */
};

void cbor_open(struct cbor_reader *r, struct bytes in);
/* Bytes that were read before, as those of the store: whether texts are UTF-8 is not looked at again. */
void cbor_open_known(struct cbor_reader *r, struct bytes in);
/* The type of the next item; CBOR_END at the end or after a fault. */
enum cbor_type cbor_peek(const struct cbor_reader *r);
uint64_t cbor_uint(struct cbor_reader *r);
/* Unsigned or negative, within int64_t. */
int64_t cbor_int(struct cbor_reader *r);
/* Borrowed from the input. */
struct bytes cbor_bytes(struct cbor_reader *r);
/* A byte string of exactly LEN bytes, copied to OUT (zeroed on a fault). */
void cbor_fixed(struct cbor_reader *r, void *out, size_t len);
struct bytes cbor_text(struct cbor_reader *r);
bool cbor_bool(struct cbor_reader *r);
/* Enter an array or map: the number of items (pairs); the reader itself leaves it after the last. */
size_t cbor_array(struct cbor_reader *r);
size_t cbor_map(struct cbor_reader *r);
/* Enter an array that must have COUNT items. */
void cbor_array_of(struct cbor_reader *r, size_t count);
/* Next key of the innermost map; ascending by the law. */
uint64_t cbor_key(struct cbor_reader *r);
void cbor_tag(struct cbor_reader *r, uint64_t expected);
/* Read one whole item of any shape, checking everything; its bytes, borrowed. */
struct bytes cbor_any(struct cbor_reader *r);
/* The caller's own rule was broken: keeps it as the fault. */
void cbor_fail(struct cbor_reader *r, const char *rule);
/* Everything read, nothing left, no fault. ERR_INPUT names OBJECT, the rule and the offset. */
enum err_code cbor_close(struct cbor_reader *r, const char *object, struct err *e);
/* One whole item and nothing behind it. */
enum err_code cbor_check(struct bytes in, const char *object, struct err *e);

#endif
