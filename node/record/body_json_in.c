#include "node/record/body_json_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/near.h"
#include "proto/cbor.h"

static body_from from_value;

/* --- paths and refusals --- */

void
body_refuse(struct body_walk *w, enum err_code code, const char *rule, const char *fmt, ...)
{
	char reason[320];
	va_list args;

	if (w->rc)
		return;
	va_start(args, fmt);
	vsnprintf(reason, sizeof reason, fmt, args);
	va_end(args);
	w->rc = err_set(w->e, code, w->path_len ? w->path : w->kind->word, rule, "%s", reason);
}

size_t
body_descend(struct body_walk *w, const char *fmt, ...)
{
	size_t before = w->path_len, room = sizeof w->path - before;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->path + before, room, fmt, args);
	va_end(args);
	w->path_len = before + ((size_t)n < room ? (size_t)n : room - 1);
	return before;
}

void
body_ascend(struct body_walk *w, size_t before)
{
	w->path_len = before;
	w->path[before] = 0;
}

/* --- the nearest word --- */

static void
nearest(const struct field *fields, size_t count, const char *word, const char **best, size_t *best_distance)
{
	for (size_t i = 0; i < count; i++) {
		size_t d = near_distance(fields[i].word, word);

		if (d < *best_distance) {
			*best_distance = d;
			*best = fields[i].word;
		}
	}
}

/* Up to a third of the letters may differ. */
static const char *
nearest_word(const struct field *fields, size_t count, bool common, const char *word)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 2;

	nearest(fields, count, word, &best, &limit);
	if (common)
		nearest(common_fields, common_fields_count, word, &best, &limit);
	return best;
}

const char *
body_nearest_word(const struct kind *k, const char *word)
{
	return nearest_word(k->fields, k->field_count, !(k->flags & KIND_INTERNAL), word);
}

/* --- maps --- */

static const struct field *
find_word(const struct body_walk *w, const struct field *group, const char *word)
{
	if (group == NULL)
		return kind_field_by_word(w->kind, word);
	for (size_t i = 0; i < group->field_count; i++)
		if (strcmp(group->fields[i].word, word) == 0)
			return &group->fields[i];
	return NULL;
}

static void
refuse_unknown(struct body_walk *w, const struct field *group, const char *word)
{
	const char *near = group ? nearest_word(group->fields, group->field_count, false, word)
	    : body_nearest_word(w->kind, word);

	if (near)
		body_refuse(w, ERR_INPUT, "unknown", "there is no such field; did you mean \"%s\"?", near);
	else
		body_refuse(w, ERR_INPUT, "unknown", "there is no such field; `kilim help %s` lists them", w->kind->word);
}

struct entry {
	const struct field *field;
	const cJSON *value;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->field->number > y->field->number) - (x->field->number < y->field->number);
}

/* The fields of OBJECT that are private, or are not, as a map; how many. GROUP NULL: the kind's own level. */
static size_t
from_map(struct body_walk *w, const struct field *group, const cJSON *object, bool private, struct buf *out)
{
	size_t n = (size_t)cJSON_GetArraySize(object), count = 0;
	struct entry *entries = need_alloc(n * sizeof *entries);
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		size_t before = body_descend(w, "%s%.40s", w->path_len ? "." : "", item->string);
		const struct field *f = find_word(w, group, item->string);

		if (f == NULL)
			refuse_unknown(w, group, item->string);
		else if (f->flags & FIELD_COMPUTED)
			body_refuse(w, ERR_INPUT, "computed", "this is worked out by the program");
		else if (cJSON_IsNull(item))
			body_refuse(w, ERR_INPUT, "type", "null says nothing; leave the field out");
		else if (group || private == !!(f->flags & FIELD_PRIVATE))
			entries[count++] = (struct entry){ f, item };
		body_ascend(w, before);
	}
	qsort(entries, count, sizeof *entries, compare_entries);
	cbor_put_map(out, count);
	for (size_t i = 0; i < count && !w->rc; i++) {
		size_t before = body_descend(w, "%s%s", w->path_len ? "." : "", entries[i].field->word);

		if (i > 0 && entries[i].field == entries[i - 1].field)
			body_refuse(w, ERR_INPUT, "unique", "the field stands here twice");
		cbor_put_uint(out, entries[i].field->number);
		from_value(w, entries[i].field, entries[i].value, out);
		body_ascend(w, before);
	}
	free(entries);
	return count;
}

/* A lone string stands for the group's first field: "phones": ["+383..."]. */
static void
from_group(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	if (cJSON_IsString(v) && (f->fields[0].flags & FIELD_REQUIRED)) {
		size_t before = body_descend(w, ".%s", f->fields[0].word);

		cbor_put_map(out, 1);
		cbor_put_uint(out, f->fields[0].number);
		from_value(w, &f->fields[0], v, out);
		body_ascend(w, before);
		return;
	}
	if (!cJSON_IsObject(v))
		return body_refuse(w, ERR_INPUT, "type", "an object with fields of its own belongs here");
	from_map(w, f, v, false, out);
}

/* --- one row a type --- */

static body_from *const types[FIELD_TYPES] = {
	[FIELD_TEXT] = body_from_text,
	[FIELD_MLTEXT] = body_from_mltext,
	[FIELD_LANGUAGE] = body_from_language,
	[FIELD_UINT] = body_from_uint,
	[FIELD_INT] = body_from_int,
	[FIELD_BOOL] = body_from_bool,
	[FIELD_DATE] = body_from_date,
	[FIELD_TIME] = body_from_time,
	[FIELD_REFERENCE] = body_from_reference,
	[FIELD_CODE] = body_from_code,
	[FIELD_URL] = body_from_text,
	[FIELD_PHONE] = body_from_phone,
	[FIELD_EMAIL] = body_from_text,
	[FIELD_BLOB] = body_from_id,
	[FIELD_KEY] = body_from_id,
	[FIELD_HASH] = body_from_id,
	[FIELD_NODE] = body_from_id,
	[FIELD_BYTES] = body_from_bytes,
	[FIELD_GROUP] = from_group,
	[FIELD_STAMP] = body_from_stamp,
	[FIELD_DEGREES] = body_from_degrees,
	[FIELD_TAG] = body_from_text,
};

static void
from_value(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	size_t n, i = 0;
	const cJSON *item;

	if (!(f->flags & FIELD_LIST)) {
		types[f->type](w, f, v, out);
		return;
	}
	if (!cJSON_IsArray(v))
		return body_refuse(w, ERR_INPUT, "type", "a list belongs here: [ ... ]");
	n = (size_t)cJSON_GetArraySize(v);
	if (n == 0)
		return body_refuse(w, ERR_INPUT, "empty", "the list is empty; leave the field out instead");
	if (n > field_max_count(f))
		return body_refuse(w, ERR_LIMIT, "count", "%zu entries are too many; %u is the most", n,
		    (unsigned)field_max_count(f));
	cbor_put_array(out, n);
	cJSON_ArrayForEach(item, v) {
		size_t before = body_descend(w, "[%zu]", i++);

		types[f->type](w, f, item, out);
		body_ascend(w, before);
		if (w->rc)
			return;
	}
}

/* --- whole bodies --- */

/* Rules that need the whole body, on bytes that are not yet signed. */
static enum err_code
check_whole(const struct kind *k, const struct id *author, struct bytes body, struct bytes private_fields,
    struct err *e)
{
	struct record r = { .author = *author, .kind = k->number, .audience = k->audience, .body = body };
	enum err_code rc = kind_check(k, &r, e);

	if (rc == ERR_OK && private_fields.len > 0)
		rc = kind_check_private(k, private_fields, e);
	return rc;
}

enum err_code
body_from_json(const struct kind *k, const struct id *author, const cJSON *object, const char *language,
    struct buf *out_body, struct buf *out_private, struct err *e)
{
	struct body_walk w = { .kind = k, .author = author, .language = language, .e = e };
	struct buf body = { 0 }, private_fields = { 0 };
	size_t count = 0;

	if (!cJSON_IsObject(object))
		return err_set(e, ERR_INPUT, k->word, "type", "an object belongs here: { ... }");
	from_map(&w, NULL, object, false, &body);
	if (!w.rc)
		count = from_map(&w, NULL, object, true, &private_fields);
	if (count == 0)
		buf_reset(&private_fields);
	if (!w.rc)
		w.rc = check_whole(k, author, buf_bytes(&body), buf_bytes(&private_fields), e);
	if (!w.rc) {
		buf_put_bytes(out_body, buf_bytes(&body));
		buf_put_bytes(out_private, buf_bytes(&private_fields));
	}
	buf_free(&body);
	buf_free(&private_fields);
	return w.rc;
}
