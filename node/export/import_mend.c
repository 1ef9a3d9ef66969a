/* One fault after the other: what is amiss is told and taken out, so the next fault of the entry can be found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/export/import_int.h"

/* "phones[1].number" */
struct path {
	char word[64];               /* of the field */
	bool listed;                 /* an element of it is meant: INDEX, and REST within it */
	int index;
	const char *rest;            /* "" or ".number" */
};

static void
read_path(const char *text, struct path *out)
{
	size_t len = strcspn(text, ".[");
	char *end;

	snprintf(out->word, sizeof(out->word), "%.*s", (int)len, text);
	out->listed = text[len] == '[';
	out->index = 0;
	out->rest = text + len;
	if (out->listed) {
		out->index = (int)strtol(text + len + 1, &end, 10);
		out->rest = *end == ']' ? end + 1 : end;
	}
}

static int
taken(const struct source *s, const char *word)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(s->taken, word);

	return n ? (int)n->valuedouble : 0;
}

static bool
was_told(const struct source *s, const char *key)
{
	return cJSON_HasObjectItem(s->taken, key);
}

static void
note(struct source *s, const char *key, int number)
{
	if (s->taken == NULL)
		s->taken = cJSON_CreateObject();
	cJSON_DeleteItemFromObjectCaseSensitive(s->taken, key);
	cJSON_AddNumberToObject(s->taken, key, number);
}

/* Elements up to the one that is amiss leave; those before it are right. How many have left tells where the others stood. */
static void
take_elements(struct source *s, cJSON *list, const struct path *p)
{
	note(s, p->word, taken(s, p->word) + p->index + 1);
	for (int i = 0; i <= p->index; i++)
		cJSON_DeleteItemFromArray(list, 0);
	if (cJSON_GetArraySize(list) == 0)
		cJSON_DeleteItemFromObjectCaseSensitive(s->entry.fields, p->word);
}

/* KEY is told of: the element as it stood in the file. */
static bool
take_out(struct source *s, const struct path *p, const char *key)
{
	cJSON *field = cJSON_GetObjectItemCaseSensitive(s->entry.fields, p->word);
	cJSON *element = p->listed ? cJSON_GetArrayItem(field, p->index) : NULL;

	if (field == NULL)
		return false;
	if (element && *p->rest == '.' && cJSON_HasObjectItem(element, p->rest + 1)) {
		cJSON_DeleteItemFromObjectCaseSensitive(element, p->rest + 1);
		note(s, key, 1);
	} else if (element) {
		take_elements(s, field, p);
	} else {
		cJSON_DeleteItemFromObjectCaseSensitive(s->entry.fields, p->word);
		note(s, p->word, 0);
	}
	return true;
}

/* What else the entry lacks: one missing field hides the next. A description is the name, where there is none. */
static void
tell_missing(struct import *im, size_t i, const char *told)
{
	const struct source *s = &im->sources[im->entries[i]];
	const struct kind *k = s->entry.kind;

	for (size_t n = 0; n < k->field_count; n++) {
		const struct field *f = &k->fields[n];
		struct err e;

		if (!(f->flags & FIELD_REQUIRED) || strcmp(f->word, told) == 0 || was_told(s, f->word) ||
		    strcmp(f->word, "description") == 0 ||
		    cJSON_HasObjectItem(s->entry.fields, f->word))
			continue;
		err_set(&e, ERR_INPUT, f->word, "required", "is missing: %s", f->help);
		import_fault(im, i, &e);
	}
}

bool
import_mend(struct import *im, size_t i, const struct err *e)
{
	struct source *s = &im->sources[im->entries[i]];
	struct err as_in_file = *e;
	struct path p;
	char key[96];
	bool missing = strcmp(e->rule, "required") == 0, told;

	read_path(e->object, &p);
	snprintf(key, sizeof(key), "%s", p.word);
	if (p.listed) {
		snprintf(key, sizeof(key), "%s[%d]", p.word, taken(s, p.word) + p.index);
		snprintf(as_in_file.object, sizeof(as_in_file.object), "%s%s", key, p.rest);
	}
	told = missing && was_told(s, key);
	if (!told)
		import_fault(im, i, &as_in_file);
	if (take_out(s, &p, key))
		return true;
	if (missing)
		tell_missing(im, i, p.word);
	return false;
}
