/*
 * body_json_int - what the files of body_json share on the way in: where we are, and a function a type.
 *
 * Shape    body_json_in.c walks objects, groups and lists; body_json_value.c has the types of one value,
 *          body_json_mltext.c texts by language
 * Law      the first fault is kept, whatever comes after it
 */
#ifndef KILIM_RECORD_BODY_JSON_INT_H
#define KILIM_RECORD_BODY_JSON_INT_H

#include "node/record/body_json.h"

/* A translation in progress: where we are in the words people use, and the first thing that was wrong. */
struct body_walk {
	const struct kind *kind;
	const struct id *author;
	const char *language;
	char path[160];
	size_t path_len;
	struct err *e;
	enum err_code rc;
};

__attribute__((format(printf, 4, 5))) void body_refuse(struct body_walk *w, enum err_code code, const char *rule,
    const char *fmt, ...);
/* One step down the path; what it gives back is where body_ascend returns to. */
__attribute__((format(printf, 2, 3))) size_t body_descend(struct body_walk *w, const char *fmt, ...);
void body_ascend(struct body_walk *w, size_t before);

/* V, as F wants it, appended to OUT; else a refusal. */
typedef void body_from(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out);
body_from body_from_text, body_from_mltext, body_from_language, body_from_uint, body_from_int, body_from_bool,
    body_from_date, body_from_time, body_from_reference, body_from_code, body_from_phone, body_from_id,
    body_from_bytes, body_from_stamp, body_from_degrees;

#endif
