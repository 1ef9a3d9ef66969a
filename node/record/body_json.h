/*
 * body_json - bodies of records as JSON and back, by the tables of kinds.
 *
 * Source   proto/kinds.md "Types"
 * Shape    JSON has the words of the tables; a reference is "org1.../UUID", a bare UUID meaning the same author;
 *          a text by language is {"sr": "...", "en": "..."} with "source" where the source is not the first
 * Law      what body_from_json wrote, kind_check and kind_check_private accept; body_to_json of it and back
 *          gives the same bytes
 *          body_to_json shows any canonical body, whoever wrote it: what it cannot show it counts under "unknown"
 */
#ifndef KILIM_RECORD_BODY_JSON_H
#define KILIM_RECORD_BODY_JSON_H

#include <cjson/cJSON.h>

#include "node/record/value.h"
#include "proto/buf.h"
#include "proto/err.h"
#include "proto/kind.h"

/*
 * OBJECT's fields as canonical CBOR: those of the record are appended to OUT_BODY, the private ones as a map of
 * their own to OUT_PRIVATE (nothing is appended when there are none). LANGUAGE (may be NULL) is the tag that a
 * plain string gets where a text by language belongs; without it such a string is refused.
 * The row's own rules are applied (kind_check).
 *   ERR_INPUT    names the field, the rule, and for an unknown field the word that was probably meant
 *   ERR_LIMIT    a text, a list or the whole is too long
 */
enum err_code body_from_json(const struct kind *k, const struct id *author, const cJSON *object,
    const char *language, struct buf *out_body, struct buf *out_private, struct err *e);

/*
 * BODY, and PRIVATE_FIELDS where it is not empty, as one new object; the caller deletes it.
 *   ERR_INPUT    not canonical CBOR, or no map
 */
enum err_code body_to_json(const struct kind *k, struct bytes body, struct bytes private_fields, cJSON **out,
    struct err *e);

/*
 * A changed version: PATCH (RFC 7396, so null removes a field) applied to the JSON of the old one.
 *   ERR_VERSION  the old one holds fields that this version does not know and would lose
 *   ERR_INPUT, ERR_LIMIT as body_from_json
 */
enum err_code body_merge(const struct kind *k, const struct id *author, struct bytes body,
    struct bytes private_fields, const cJSON *patch, const char *language, struct buf *out_body,
    struct buf *out_private, struct err *e);

/* The word of K that was probably meant by WORD, NULL when none is near. */
const char *body_nearest_word(const struct kind *k, const char *word);

#endif
