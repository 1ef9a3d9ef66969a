#include <stdio.h>
#include <string.h>

#include "node/export/csv.h"
#include "node/export/export.h"
#include "node/export/hsds.h"
#include "node/record/json.h"

#define PROFILE "urn:kilim:profile:1"

static bool
renamed(void *self, const char *reference, uint16_t target, char out[UUID_TEXT])
{
	const struct export_entry *x = export_find(self, reference, target);

	if (x)
		strcpy(out, x->id);
	return x != NULL;
}

static cJSON *
object_of(const struct export_set *s, const struct export_entry *x, const struct export_how *how)
{
	struct hsds_context c = { .version = how->version, .author = &x->author, .renamed = renamed,
		.self = (void *)(uintptr_t)s };

	return hsds_write(x->kind, x->id, x->fields, &c);
}

static void
put_json(struct buf *out, cJSON *o)
{
	char *text = cJSON_PrintUnformatted(o);

	buf_put_text(out, text ? text : "");
	cJSON_free(text);
	cJSON_Delete(o);
}

/* --- one document; lines --- */

void
hsds_json_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	struct buf *b = export_file(out, "hsds.json");
	const struct export_entry *x;

	buf_printf(b, "{\"version\":\"%s\",\"profile\":\"" PROFILE "\"", how->version == HSDS_30 ? "3.0" : "3.1");
	for (size_t i = 0; i < hsds_entities_count; i++) {
		const struct hsds_entity *in = &hsds_entities[i];
		size_t count = in->kind ? export_of_kind(s, in->kind, &x) : 0;

		if (in->kind == 0)
			continue;
		buf_printf(b, ",\n\"%s\":[", in->name);
		for (size_t j = 0; j < count; j++) {
			buf_put_text(b, j ? ",\n" : "\n");
			put_json(b, object_of(s, &x[j], how));
		}
		buf_put_text(b, "]");
	}
	buf_put_text(b, "}\n");
}

void
hsds_lines_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	struct buf *b = export_file(out, "hsds.ndjson");
	const struct export_entry *x;

	for (size_t i = 0; i < hsds_entities_count; i++) {
		size_t count = hsds_entities[i].kind ? export_of_kind(s, hsds_entities[i].kind, &x) : 0;

		for (size_t j = 0; j < count; j++) {
			put_json(b, object_of(s, &x[j], how));
			buf_put_u8(b, '\n');
		}
	}
}

/* --- tables --- */

#define TABLES 32
struct tables {
	unsigned version;
	struct buf rows[TABLES];     /* as entities stand in their table */
	struct buf profile;          /* of kilim.csv */
	struct buf seen;             /* ids of terms and units, each UUID_LEN bytes, in order */
};

static size_t
table_of(const struct hsds_entity *in)
{
	return (size_t)(in - hsds_entities);
}

/* Is the id new? Then it is remembered, in its place. */
static bool
first_seen(struct tables *t, const char *id)
{
	struct uuid u = { { 0 } };
	size_t low = 0, high = t->seen.len / UUID_LEN;

	uuid_parse(id, "id", &u, NULL);
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(t->seen.p + middle * UUID_LEN, &u, UUID_LEN);

		if (order == 0)
			return false;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	buf_grow(&t->seen, UUID_LEN);
	memmove(t->seen.p + (low + 1) * UUID_LEN, t->seen.p + low * UUID_LEN, t->seen.len - (low + 1) * UUID_LEN);
	memcpy(t->seen.p + low * UUID_LEN, &u, UUID_LEN);
	return true;
}

static void
put_value(struct buf *out, const cJSON *v, const char *text, bool first)
{
	char *printed = text == NULL && v && !cJSON_IsString(v) ? cJSON_PrintUnformatted(v) : NULL;

	if (text == NULL)
		text = printed ? printed : cJSON_GetStringValue(v);
	csv_put(out, bytes_text(text ? text : ""), first);
	cJSON_free(printed);
}

/* What a cell says that is no member: the parent's id, or that of an object within. */
static const char *
linked(const char *column, const cJSON *o, const struct hsds_entity *parent, const char *parent_id)
{
	char link[80];

	if (parent) {
		snprintf(link, sizeof(link), "%s_id", parent->name);
		if (strcmp(column, link) == 0 || strcmp(column, "link_id") == 0)
			return parent_id;
		if (strcmp(column, "link_entity") == 0)
			return parent->name;
	}
	if (strcmp(column, "taxonomy_term_id") == 0 && !cJSON_HasObjectItem(o, column))
		return json_member(cJSON_GetObjectItemCaseSensitive(o, "taxonomy_term"), "id");
	if (strcmp(column, "unit_id") == 0)
		return json_member(cJSON_GetObjectItemCaseSensitive(o, "unit"), "id");
	return NULL;
}

static void put_row(struct tables *t, const struct hsds_entity *in, const cJSON *o, const struct hsds_entity *parent,
    const char *parent_id);

/* Objects within, once each: a word of a vocabulary, a unit. */
static void
put_within(struct tables *t, const cJSON *o, const char *name, const char *entity)
{
	const cJSON *inner = cJSON_GetObjectItemCaseSensitive(o, name);

	if (inner && first_seen(t, json_member(inner, "id")))
		put_row(t, hsds_entity(entity), inner, NULL, NULL);
}

static void
put_profile(struct tables *t, const struct hsds_entity *in, const cJSON *o)
{
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(o, "kilim");

	if (own == NULL)
		return;
	csv_put(&t->profile, bytes_text(in->name), true);
	csv_put(&t->profile, bytes_text(json_member(o, "id")), false);
	put_value(&t->profile, own, NULL, false);
	csv_end(&t->profile);
}

static void
put_row(struct tables *t, const struct hsds_entity *in, const cJSON *o, const struct hsds_entity *parent,
    const char *parent_id)
{
	struct buf *out = &t->rows[table_of(in)];
	const char *list = in->members;
	char word[64];
	bool first = true;

	for (; hsds_word(&list, t->version, word, NULL); first = false)
		put_value(out, cJSON_GetObjectItemCaseSensitive(o, word), linked(word, o, parent, parent_id), first);
	csv_end(out);
	put_within(t, o, "taxonomy_term", "taxonomy_term");
	put_within(t, o, "unit", "unit");
	list = in->arrays;
	while (hsds_word(&list, t->version, word, NULL)) {
		const cJSON *part;

		cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(o, word))
			put_row(t, hsds_in_array(word), part, in, json_member(o, "id"));
	}
	put_profile(t, in, o);
}

static void
put_head(struct buf *out, const struct hsds_entity *in, unsigned version, cJSON *resources)
{
	cJSON *resource = cJSON_CreateObject(), *fields;
	const char *list = in->members;
	char word[80];
	bool number, first = true;

	snprintf(word, sizeof(word), "%s.csv", in->file);
	cJSON_AddStringToObject(resource, "name", in->name);
	cJSON_AddStringToObject(resource, "path", word);
	cJSON_AddStringToObject(resource, "profile", "tabular-data-resource");
	fields = cJSON_AddArrayToObject(cJSON_AddObjectToObject(resource, "schema"), "fields");
	for (; hsds_word(&list, version, word, &number); first = false) {
		cJSON *field = cJSON_CreateObject();

		csv_put(out, bytes_text(word), first);
		cJSON_AddStringToObject(field, "name", word);
		cJSON_AddStringToObject(field, "type", number ? "number" : "string");
		cJSON_AddItemToArray(fields, field);
	}
	csv_end(out);
	cJSON_AddItemToArray(resources, resource);
}

static void
write_tables(struct tables *t, struct export_files *out)
{
	cJSON *package = cJSON_CreateObject(), *resources;
	static const struct hsds_entity own = { "kilim", "kilim", HSDS_BOTH, 0, "link_entity link_id value", "", NULL };
	char name[64];
	struct buf *b;

	cJSON_AddStringToObject(package, "name", "kilim-export");
	cJSON_AddStringToObject(package, "profile", "tabular-data-package");
	cJSON_AddStringToObject(package, "hsds_version", t->version == HSDS_30 ? "3.0" : "3.1");
	cJSON_AddStringToObject(package, "hsds_profile", PROFILE);
	resources = cJSON_AddArrayToObject(package, "resources");
	for (size_t i = 0; i < hsds_entities_count; i++) {
		const struct hsds_entity *in = &hsds_entities[i];

		if (!(in->versions & t->version) || (t->rows[i].len == 0 && in->kind == 0))
			continue;
		snprintf(name, sizeof(name), "%.59s.csv", in->file);
		b = export_file(out, name);
		put_head(b, in, t->version, resources);
		buf_put_bytes(b, buf_bytes(&t->rows[i]));
	}
	b = export_file(out, "kilim.csv");
	put_head(b, &own, t->version, resources);
	buf_put_bytes(b, buf_bytes(&t->profile));
	put_json(export_file(out, "datapackage.json"), package);
}

void
hsds_tables_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	struct tables t = { .version = how->version };

	_Static_assert(TABLES >= 24, "a buffer for each entity");
	for (size_t i = 0; i < s->count; i++) {
		const struct hsds_entity *in = hsds_of_kind(s->entries[i].kind->number);
		cJSON *o;

		if (in == NULL)
			continue;
		put_row(&t, in, o = object_of(s, &s->entries[i], how), NULL, NULL);
		cJSON_Delete(o);
	}
	write_tables(&t, out);
	for (size_t i = 0; i < TABLES; i++)
		buf_free(&t.rows[i]);
	buf_free(&t.profile);
	buf_free(&t.seen);
}
