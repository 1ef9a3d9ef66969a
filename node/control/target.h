/*
 * target - what a request line asks for: path segments and query parameters, decoded.
 *
 * Source   RFC 3986 section 2.1 (percent-encoding), 3.3 (path), 3.4 (query)
 * Shape    at most 8 segments and 16 parameters; "+" in a query is a space
 * Law      a segment is decoded after it was split, so that %2F is no separator
 *          what is decoded is UTF-8 without control characters
 */
#ifndef KILIM_CONTROL_TARGET_H
#define KILIM_CONTROL_TARGET_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>

#define TARGET_SEGMENTS 8
#define TARGET_QUERY 16

struct target {
	char *text;                                   /* all strings below lie in it */
	const char *segment[TARGET_SEGMENTS];
	size_t segments;
	struct { const char *key, *value; } query[TARGET_QUERY];
	size_t queries;
};

/*
 * Read "/v1/kinds/a%2Fb?own=1".
 *   ERR_USAGE    no such path can be: an escape that is none, not UTF-8, too many parts
 */
enum err_code target_read(const char *uri, struct target *out, struct err *e);
/* NULL-safe: what is all zero is empty. */
void target_free(struct target *t);
/* Does it have the shape of PATTERN ("/v1/kinds/" "*")? The first four '*' are given in REST. */
bool target_match(const struct target *t, const char *pattern, const char *rest[4]);
const char *target_query(const struct target *t, const char *key);

#endif
