/*
 * utf8 - text in UTF-8: whether it is, and where its characters begin.
 *
 * Source   RFC 3629 section 4; proto/records.md section 2 (which characters a text may have)
 * Law      what is cut ends with a whole character when it was valid before
 */
#ifndef KILIM_PROTO_UTF8_H
#define KILIM_PROTO_UTF8_H

#include "proto/buf.h"

/* Valid UTF-8 without control characters but newline; no surrogates. Noncharacters are allowed. */
bool utf8_valid(struct bytes text);

/* One of the bytes of a character behind its first, which begin with the bits 10. */
static inline bool
utf8_is_later(uint8_t b)
{
	return (b & 0xc0) == 0x80;
}

/* At most MOST bytes of TEXT, to the end of a character; borrowed from TEXT. */
struct bytes utf8_cut(struct bytes text, size_t most);
/* The same into OUT, which has room for SIZE bytes, with a zero behind it. */
void utf8_copy(struct bytes text, char *out, size_t size);
/* How many characters TEXT has; marks count as well. */
size_t utf8_count(struct bytes text);

#endif
