/*
 * vectors - the golden lines under proto/vectors: columns divided by '|', comments behind a leading '#'.
 *
 * Law      a file that is missing, empty, or has a line with other columns than expected ends the test
 */
#ifndef KILIM_TESTS_VECTORS_H
#define KILIM_TESTS_VECTORS_H

#include "proto/buf.h"

#define VECTOR_COLUMNS 24

/* FILE is relative to proto/vectors; FN is called for every line, WHERE is "file:line". */
void vectors_each(const char *file, size_t columns, void (*fn)(const char *const *column, const char *where));
/* Bytes of hexadecimal TEXT, appended to OUT; "-" is nothing. */
void vectors_hex(const char *text, struct buf *out);
/* Exactly LEN bytes of it. */
void vectors_fixed(const char *text, void *out, size_t len);

#endif
