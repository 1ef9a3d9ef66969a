#include "node/record/body_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

/* A body that is being shown, and how many of its values could not be. */
struct walk {
	const struct kind *kind;
	unsigned unknown;
};

static cJSON *
need_json(cJSON *made)
{
	if (made == NULL)
		abort();
	return made;
}

static cJSON *
json_of(struct bytes text)
{
	char *copy = need_alloc(text.len + 1);
	cJSON *made;

	memcpy(copy, text.p, text.len);
	copy[text.len] = 0;
	made = need_json(cJSON_CreateString(copy));
	free(copy);
	return made;
}

/* Each makes JSON of one item, or NULL when the item is not of its field's shape. The reader faults then, too. */

static cJSON *
to_text(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes text = cbor_text(r);

	(void)w;
	(void)f;
	return r->fault ? NULL : json_of(text);
}

static cJSON *
to_code(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes text = cbor_text(r);

	if (r->fault)
		return NULL;
	if (code_find(f->codes, text) == NULL)
		w->unknown++;
	return json_of(text);
}

/* A double holds integers up to 2^53; greater ones are printed as they are. */
static cJSON *
json_of_uint(uint64_t v)
{
	char digits[24];

	if ((double)v <= JSON_SAFE_INTEGER)
		return need_json(cJSON_CreateNumber((double)v));
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
	return need_json(cJSON_CreateRaw(digits));
}

static cJSON *
to_uint(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	uint64_t v = cbor_uint(r);

	(void)w;
	(void)f;
	return r->fault ? NULL : json_of_uint(v);
}

static cJSON *
to_int(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r);

	(void)w;
	(void)f;
	if (r->fault)
		return NULL;
	return v < 0 ? need_json(cJSON_CreateNumber((double)v)) : json_of_uint((uint64_t)v);
}

static cJSON *
to_bool(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	bool v = cbor_bool(r);

	(void)w;
	(void)f;
	return r->fault ? NULL : need_json(cJSON_CreateBool(v));
}

static cJSON *
to_date(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r);
	char text[VALUE_TEXT];
	const char *shown = f->type == FIELD_DATE ? value_date_format(v, text) : value_time_format(v, text);

	(void)w;
	return r->fault || shown == NULL ? NULL : need_json(cJSON_CreateString(shown));
}

static cJSON *
to_stamp(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	uint64_t v = cbor_uint(r);
	char text[STAMP_TEXT];

	(void)w;
	(void)f;
	return r->fault ? NULL : need_json(cJSON_CreateString(stamp_format(v, text)));
}

static cJSON *
to_degrees(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r);
	char digits[32];
	uint64_t size = v < 0 ? ~(uint64_t)v + 1 : (uint64_t)v;

	(void)w;
	(void)f;
	if (r->fault)
		return NULL;
	snprintf(digits, sizeof digits, "%s%llu.%06llu", v < 0 ? "-" : "", (unsigned long long)(size / 1000000),
	    (unsigned long long)(size % 1000000));
	return need_json(cJSON_CreateNumber(strtod(digits, NULL)));
}

static cJSON *
to_reference(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct buf text = { 0 };
	struct id author;
	struct uuid name;
	cJSON *made = NULL;

	(void)w;
	(void)f;
	cbor_array_of(r, 2);
	cbor_fixed(r, &author, ID_LEN);
	cbor_fixed(r, &name, UUID_LEN);
	if (!r->fault) {
		reference_format(&author, &name, &text);
		made = need_json(cJSON_CreateString(buf_text(&text)));
	}
	buf_free(&text);
	return made;
}

/* The prefix that names each type of 32 bytes. */
static const enum id_type id_types[FIELD_TYPES] = {
	[FIELD_BLOB] = ID_BLOB, [FIELD_KEY] = ID_ORGANISATION, [FIELD_HASH] = ID_RECORD, [FIELD_NODE] = ID_NODE,
};

static cJSON *
to_id(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	char text[ID_TEXT];
	struct id id;

	(void)w;
	cbor_fixed(r, &id, ID_LEN);
	return r->fault ? NULL : need_json(cJSON_CreateString(id_format(id_types[f->type], &id, text)));
}

static cJSON *
to_bytes(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes raw = cbor_bytes(r);
	struct buf text = { 0 };
	cJSON *made = NULL;

	(void)w;
	(void)f;
	if (!r->fault) {
		value_bytes_format(raw, &text);
		made = need_json(cJSON_CreateString(buf_text(&text)));
	}
	buf_free(&text);
	return made;
}

static void
add_mark(cJSON *texts, const char *mark, const char *tag)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(texts, mark);

	if (list == NULL)
		cJSON_AddItemToObject(texts, mark, list = need_json(cJSON_CreateArray()));
	cJSON_AddItemToArray(list, need_json(cJSON_CreateString(tag)));
}

/* The source is the first text and stands first in the object, so "source" is never needed here. */
static cJSON *
to_mltext(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	cJSON *texts = need_json(cJSON_CreateObject()), *marks = need_json(cJSON_CreateObject()), *mark;

	(void)w;
	(void)f;
	for (size_t i = 0, n = cbor_array(r); i < n && !r->fault; i++) {
		struct bytes tag, text;
		char word[36];
		uint64_t flags;

		cbor_array_of(r, 3);
		tag = cbor_text(r);
		text = cbor_text(r);
		flags = cbor_uint(r);
		if (!r->fault && !tag_valid(tag))
			cbor_fail(r, "language");
		if (r->fault)
			break;
		memcpy(word, tag.p, tag.len);
		word[tag.len] = 0;
		if (cJSON_GetObjectItemCaseSensitive(texts, word)) {
			cbor_fail(r, "language");
			break;
		}
		cJSON_AddItemToObject(texts, word, json_of(text));
		if (flags & 1)
			add_mark(marks, "machine", word);
		if (flags & 2)
			add_mark(marks, "unreviewed", word);
	}
	while (!r->fault && (mark = marks->child)) {
		cJSON_DetachItemViaPointer(marks, mark);
		cJSON_AddItemToObject(texts, mark->string, mark);
	}
	cJSON_Delete(marks);
	if (!r->fault)
		return texts;
	cJSON_Delete(texts);
	return NULL;
}

static void to_map(struct walk *w, const struct field *group, struct bytes map, cJSON *out);

static cJSON *
to_group(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	bool is_map = cbor_peek(r) == CBOR_MAP;
	struct bytes map = cbor_any(r);
	cJSON *made;

	if (!is_map)
		return NULL;
	made = need_json(cJSON_CreateObject());
	to_map(w, f, map, made);
	return made;
}

/* --- one row a type --- */

static cJSON *(*const types[FIELD_TYPES])(struct walk *w, const struct field *f, struct cbor_reader *r) = {
	[FIELD_TEXT] = to_text,
	[FIELD_MLTEXT] = to_mltext,
	[FIELD_LANGUAGE] = to_text,
	[FIELD_UINT] = to_uint,
	[FIELD_INT] = to_int,
	[FIELD_BOOL] = to_bool,
	[FIELD_DATE] = to_date,
	[FIELD_TIME] = to_date,
	[FIELD_REFERENCE] = to_reference,
	[FIELD_CODE] = to_code,
	[FIELD_URL] = to_text,
	[FIELD_PHONE] = to_text,
	[FIELD_EMAIL] = to_text,
	[FIELD_BLOB] = to_id,
	[FIELD_KEY] = to_id,
	[FIELD_HASH] = to_id,
	[FIELD_NODE] = to_id,
	[FIELD_BYTES] = to_bytes,
	[FIELD_GROUP] = to_group,
	[FIELD_STAMP] = to_stamp,
	[FIELD_DEGREES] = to_degrees,
	[FIELD_TAG] = to_text,
};

/* A list whose entries are not all of their type shows those that are, and counts the others. */
static cJSON *
to_value(struct walk *w, const struct field *f, struct bytes item)
{
	struct cbor_reader r;
	cJSON *list;

	cbor_open(&r, item);
	if (!(f->flags & FIELD_LIST))
		return types[f->type](w, f, &r);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return NULL;
	list = need_json(cJSON_CreateArray());
	for (size_t n = cbor_array(&r); n > 0; n--) {
		struct cbor_reader one;
		cJSON *made;

		cbor_open(&one, cbor_any(&r));
		if ((made = types[f->type](w, f, &one)))
			cJSON_AddItemToArray(list, made);
		else
			w->unknown++;
	}
	return list;
}

static const struct field *
find_number(const struct walk *w, const struct field *group, uint64_t number)
{
	if (group == NULL)
		return kind_field(w->kind, number);
	for (size_t i = 0; i < group->field_count; i++)
		if (group->fields[i].number == number)
			return &group->fields[i];
	return NULL;
}

static void
to_map(struct walk *w, const struct field *group, struct bytes map, cJSON *out)
{
	struct cbor_reader r;

	cbor_open(&r, map);
	for (size_t n = cbor_map(&r); n > 0; n--) {
		const struct field *f = find_number(w, group, cbor_key(&r));
		struct bytes item = cbor_any(&r);
		cJSON *made = f ? to_value(w, f, item) : NULL;

		if (made)
			cJSON_AddItemToObject(out, f->word, made);
		else
			w->unknown++;
	}
}

/* --- whole bodies --- */

enum err_code
body_to_json(const struct kind *k, struct bytes body, struct bytes private_fields, cJSON **out, struct err *e)
{
	struct walk w = { k, 0 };
	const struct bytes maps[] = { body, private_fields };
	cJSON *made = need_json(cJSON_CreateObject());
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < 2 && !rc; i++) {
		if (i == 1 && maps[i].len == 0)
			break;
		if ((rc = cbor_check(maps[i], k->word, e)))
			break;
		if (maps[i].p[0] >> 5 != 5)
			rc = err_set(e, ERR_INPUT, k->word, "type", "a body is one map");
		else
			to_map(&w, NULL, maps[i], made);
	}
	if (rc) {
		cJSON_Delete(made);
		return rc;
	}
	if (w.unknown)
		cJSON_AddItemToObject(made, "unknown", need_json(cJSON_CreateNumber(w.unknown)));
	*out = made;
	return ERR_OK;
}

enum err_code
body_merge(const struct kind *k, const struct id *author, struct bytes body, struct bytes private_fields,
    const cJSON *patch, const char *language, struct buf *out_body, struct buf *out_private, struct err *e)
{
	cJSON *object = NULL;
	enum err_code rc = body_to_json(k, body, private_fields, &object, e);

	if (rc)
		return rc;
	if (cJSON_GetObjectItemCaseSensitive(object, "unknown")) {
		cJSON_Delete(object);
		return err_set(e, ERR_VERSION, k->word, "unknown",
		    "this entry was written by a newer version and would lose fields; change it there");
	}
	if (!cJSON_IsObject(patch)) {
		cJSON_Delete(object);
		return err_set(e, ERR_INPUT, k->word, "type", "an object belongs here: { ... }");
	}
	object = json_merge(object, patch);
	rc = body_from_json(k, author, object, language, out_body, out_private, e);
	cJSON_Delete(object);
	return rc;
}
