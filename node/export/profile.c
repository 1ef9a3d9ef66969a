#include "node/export/profile.h"

#include <stdbool.h>
#include <string.h>

/* Order counts: the first text of several is the source. */
static bool
same(const cJSON *a, const cJSON *b)
{
	char *x = cJSON_PrintUnformatted(a), *y = cJSON_PrintUnformatted(b);
	bool equal = x && y && strcmp(x, y) == 0;

	cJSON_free(x);
	cJSON_free(y);
	return equal;
}

cJSON *
profile_of(const cJSON *entry, const cJSON *back)
{
	cJSON *out = cJSON_CreateObject();
	const cJSON *v, *other;

	cJSON_ArrayForEach(v, entry) {
		other = cJSON_GetObjectItemCaseSensitive(back, v->string);
		if (other == NULL || !same(v, other))
			cJSON_AddItemToObject(out, v->string, cJSON_Duplicate(v, true));
	}
	cJSON_ArrayForEach(v, back)
		if (cJSON_GetObjectItemCaseSensitive(entry, v->string) == NULL)
			cJSON_AddNullToObject(out, v->string);
	if (out->child)
		return out;
	cJSON_Delete(out);
	return NULL;
}

static const struct field *
find_field(const struct field *fields, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].word, word) == 0)
			return &fields[i];
	return NULL;
}

static void
make_bare(cJSON *v, const struct field *f, const char *author, size_t len)
{
	cJSON *one;

	if (cJSON_IsArray(v)) {
		cJSON_ArrayForEach(one, v)
			make_bare(one, f, author, len);
	} else if (f->type == FIELD_GROUP) {
		cJSON_ArrayForEach(one, v) {
			const struct field *inner = find_field(f->fields, f->field_count, one->string);

			if (inner)
				make_bare(one, inner, author, len);
		}
	} else if (f->type == FIELD_REFERENCE && cJSON_IsString(v) && strncmp(v->valuestring, author, len) == 0 &&
	    v->valuestring[len] == '/') {
		memmove(v->valuestring, v->valuestring + len + 1, strlen(v->valuestring + len + 1) + 1);
	}
}

void
profile_make_bare(cJSON *profile, const struct kind *k, const struct id *author)
{
	char text[ID_TEXT];
	cJSON *v;

	id_format(ID_ORGANISATION, author, text);
	cJSON_ArrayForEach(v, profile) {
		const struct field *f = kind_field_by_word(k, v->string);

		if (f)
			make_bare(v, f, text, strlen(text));
	}
}

void
profile_apply(cJSON *back, const cJSON *profile)
{
	const cJSON *v;

	if (!cJSON_IsObject(profile))
		return;
	cJSON_ArrayForEach(v, profile) {
		cJSON_DeleteItemFromObjectCaseSensitive(back, v->string);
		if (!cJSON_IsNull(v))
			cJSON_AddItemToObject(back, v->string, cJSON_Duplicate(v, true));
	}
}
