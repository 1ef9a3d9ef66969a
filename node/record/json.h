/*
 * json - text that somebody else wrote, into cJSON, strictly.
 *
 * Source   RFC 8259; RFC 7493 (I-JSON: no duplicate names, integers within 2^53)
 * Shape    valid UTF-8 (a byte order mark in front is passed over), one value and nothing behind it
 * Law      what cJSON would cut short, round or overwrite in silence is refused before it sees it:
 *          zero characters, numbers beyond 2^53, one name twice in an object
 */
#ifndef KILIM_RECORD_JSON_H
#define KILIM_RECORD_JSON_H

#include <cjson/cJSON.h>

#include "proto/buf.h"
#include "proto/err.h"

#define JSON_DEPTH 32
#define JSON_SAFE_INTEGER 9007199254740992.0   /* 2^53: above it a double skips integers */

/*
 * Parse TEXT of at most LIMIT bytes; OUT is the caller's to cJSON_Delete. OBJECT names the input in errors, which
 * say the line, what is amiss where that shows, and the signs around it.
 *   ERR_LIMIT    longer than LIMIT, or deeper than JSON_DEPTH
 *   ERR_INPUT    not JSON by the rules above
 */
enum err_code json_parse(struct bytes text, size_t limit, const char *object, cJSON **out, struct err *e);

/* The member WORD of O, and its text: NULL and "" where there is none. */
const cJSON *json_get(const cJSON *o, const char *word);
const char *json_string(const cJSON *o, const char *word);
/* The text of the member WORD; NULL where there is none. */
const char *json_member(const cJSON *o, const char *word);

/* RFC 7396: what PATCH makes of TARGET, which is changed and returned, or replaced (both are given up or copied
 * as needed; PATCH stays the caller's). TARGET may be NULL. */
cJSON *json_merge(cJSON *target, const cJSON *patch);

#endif
