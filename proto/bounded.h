/*
 * bounded - values of messages with a largest size, read from CBOR.
 *
 * Shape    each reads one item; one that is too large is the reader's fault, and gives nothing
 */
#ifndef KILIM_PROTO_BOUNDED_H
#define KILIM_PROTO_BOUNDED_H

#include "proto/cbor.h"

struct bytes bounded_text(struct cbor_reader *r, size_t most);
uint64_t bounded_uint(struct cbor_reader *r, uint64_t most);
/* The head of an array. */
size_t bounded_array(struct cbor_reader *r, size_t most);
/* An array of at most MOST texts of at most LENGTH bytes each. */
size_t bounded_texts(struct cbor_reader *r, struct bytes *out, size_t most, size_t length);
void bounded_put_texts(struct buf *out, const struct bytes *texts, size_t count);

#endif
