/*
 * text - UTF-8 as terminals show it, and as people mistype it.
 *
 * Law      text that others wrote never reaches a terminal with a control character in it
 */
#ifndef KILIM_CLI_TEXT_H
#define KILIM_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/buf.h"

/* Columns that TEXT takes on a terminal; broken UTF-8 counts one column a byte. */
size_t text_width(const char *text);
/* Append TEXT with control characters replaced by '?', line breaks by a space when ONE_LINE. */
void text_clean(const char *text, bool one_line, struct buf *out);
/* Append TEXT cut to MAX columns, the last one "…" when something was cut. */
void text_fit(const char *text, size_t max, struct buf *out);
/* Offset of the first byte that is no UTF-8; the length when all is well. */
size_t text_fault(struct bytes text);
/* Is CANDIDATE near enough to TYPED to be suggested? */
bool text_near(const char *typed, const char *candidate);
/* Lower-case letters without marks, Cyrillic as Latin: for finding words in names. Append to OUT. */
void text_fold(const char *text, struct buf *out);
/* The check words in Cyrillic letters, and back; other characters stay. Append to OUT. */
void text_cyrillic(const char *latin, struct buf *out);
void text_latin(const char *cyrillic, struct buf *out);

#endif
