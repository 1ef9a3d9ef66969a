/*
 * ical - lines of iCalendar.
 *
 * Source   RFC 5545 section 3.1 (lines of at most 75 bytes, folded), 3.3.11 (escapes)
 * Law      a line is folded between characters, never within one
 */
#ifndef KILIM_EXPORT_ICAL_H
#define KILIM_EXPORT_ICAL_H

#include "proto/buf.h"

/* One content line, folded and ended by CRLF: NAME ("SUMMARY;LANGUAGE=sq"), a colon, VALUE as it is. */
void ical_line(struct buf *out, const char *name, const char *value);
/* VALUE as text, escaped: appended to OUT. */
void ical_escape(struct buf *out, const char *value);

#endif
