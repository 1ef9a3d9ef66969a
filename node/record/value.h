/*
 * value - single values as JSON writes them: references, bytes, days, times.
 *
 * Source   proto/kinds.md "Types"; RFC 3339 section 5.6; RFC 4648 section 5
 * Law      one text for one value: what is parsed and formatted again is the same text, but for a bare UUID and
 *          for times with an offset
 *          years 1 to 9999, as RFC 3339 can write them
 */
#ifndef KILIM_RECORD_VALUE_H
#define KILIM_RECORD_VALUE_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/id.h"

/* "org1.../UUID", or a bare UUID for the same AUTHOR. ERR_INPUT names OBJECT. */
enum err_code reference_parse(const char *text, const struct id *author, const char *object, struct id *out_author,
    struct uuid *out_name, struct err *e);
/* "org1.../UUID" appended to OUT. */
void reference_format(const struct id *author, const struct uuid *name, struct buf *out);

/* base64url without padding, appended. Parsing may append before it answers false. */
void value_bytes_format(struct bytes in, struct buf *out);
bool value_bytes_parse(const char *text, struct buf *out);

#define VALUE_TEXT 64
/* "2026-01-31": days since 1970-01-01. False, NULL: no such day. */
bool value_date_parse(const char *text, int64_t *out_days);
const char *value_date_format(int64_t days, char out[VALUE_TEXT]);
/* "2026-01-31T12:00:00Z": seconds since 1970-01-01 UTC; an offset is understood. */
bool value_time_parse(const char *text, int64_t *out);
const char *value_time_format(int64_t seconds, char out[VALUE_TEXT]);

#endif
