#include "node/export/hsds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "node/export/hsds_int.h"
#include "node/export/profile.h"
#include "node/record/disclose.h"
#include "proto/territory.h"

/* --- names and ids --- */

static void
uuid_of(const struct bytes *parts, size_t count, struct uuid *out)
{
	struct id hash;

	hash_parts(NULL, parts, count, &hash);
	uuid_from_random(hash.b, out);
}

void
hsds_name(const char *entity, const char *id, struct uuid *out)
{
	struct bytes parts[] = { bytes_text("kilim/1 hsds name"), bytes_text(entity), { (const uint8_t *)"", 1 },
		bytes_text(id) };

	if (uuid_parse(id, "id", out, NULL) != ERR_OK)
		uuid_of(parts, 4, out);
}

void
hsds_id_of(const char *parent, const char *word, size_t at, char out[UUID_TEXT])
{
	uint8_t place[8];
	struct bytes parts[] = { bytes_text("kilim/1 hsds part"), bytes_text(parent), { (const uint8_t *)"", 1 },
		bytes_text(word), { place, sizeof(place) } };
	struct uuid u;

	put_u64(place, at);
	uuid_of(parts, 5, &u);
	uuid_format(&u, out);
}

/* --- paths --- */

bool
hsds_path(const struct field *f, bool nested, struct hsds_path *out)
{
	const char *path = f->hsds, *dot;

	if (path == NULL)
		return false;
	/* Within a group's object the first part is the name of the array that the object stands in. */
	if (nested && (dot = strchr(path, '.')))
		path = dot + 1;
	dot = strchr(path, '.');
	out->len = dot ? (size_t)(dot - path) : strlen(path);
	if (out->len >= sizeof(out->first))
		return false;
	memcpy(out->first, path, out->len);
	out->first[out->len] = 0;
	out->rest = dot ? dot + 1 : NULL;
	return true;
}

void
hsds_place(const struct kind *k, const char *path, struct buf *out)
{
	const struct field *fields = NULL, *f;
	size_t count = 0;
	bool nested = false;

	while (*path) {
		size_t len = strcspn(path, ".[");
		char word[64];
		struct hsds_path p;

		if (len >= sizeof(word))
			return;
		memcpy(word, path, len);
		word[len] = 0;
		f = nested ? NULL : kind_field_by_word(k, word);
		for (size_t i = 0; nested && i < count; i++)
			if (strcmp(fields[i].word, word) == 0)
				f = &fields[i];
		if (f == NULL || !hsds_path(f, nested, &p))
			return;
		buf_printf(out, "%s%s", nested ? "." : "", p.first);
		path += len;
		len = *path == '[' ? strcspn(path, "]") + 1 : 0;
		buf_put(out, path, len);
		path += len;
		if (p.rest && strcmp(p.first, "attributes") != 0)
			buf_printf(out, "%s.%s", len ? "" : "[0]", p.rest);
		if (*path != '.' || f->type != FIELD_GROUP)
			return;
		fields = f->fields;
		count = f->field_count;
		nested = true;
		path++;
	}
}

/* --- writing --- */

struct writer {
	const struct hsds_context *context;
	const struct kind *kind;
};

static void put_fields(struct writer *w, const struct hsds_entity *in, const struct field *fields, size_t count,
    bool nested, const cJSON *entry, cJSON *out);

static cJSON *
text_of(const cJSON *v)
{
	return cJSON_IsString(v) ? cJSON_CreateString(v->valuestring) : NULL;
}

/* "org1.../UUID": the UUID, or what stands for it in this export. */
static cJSON *
id_of(struct writer *w, const struct field *f, const cJSON *v)
{
	const struct hsds_context *c = w->context;
	const char *slash;
	char renamed[UUID_TEXT];

	if (!cJSON_IsString(v))
		return NULL;
	if (c->renamed && c->renamed(c->self, v->valuestring, f->target, renamed))
		return cJSON_CreateString(renamed);
	slash = strrchr(v->valuestring, '/');
	return cJSON_CreateString(slash ? slash + 1 : v->valuestring);
}

/* One value; NULL: HSDS has no way to say it. */
static cJSON *
put_value(struct writer *w, const struct field *f, const char *member, const cJSON *v)
{
	switch (f->type) {
	case FIELD_MLTEXT: /* the source stands first */
		return cJSON_IsObject(v) ? text_of(v->child) : NULL;
	case FIELD_REFERENCE:
		return id_of(w, f, v);
	case FIELD_CODE:
		if (strcmp(member, "status") == 0 && cJSON_IsString(v) && strcmp(v->valuestring, "temporarily-closed") == 0)
			return cJSON_CreateString("temporarily closed");
		return text_of(v);
	case FIELD_UINT: /* prices are kept in hundredths */
		return !cJSON_IsNumber(v) ? NULL :
		    cJSON_CreateNumber(strcmp(member, "amount") == 0 ? v->valuedouble / 100 : v->valuedouble);
	case FIELD_DATE: /* the one day that HSDS has as a moment */
		if (strcmp(member, "updated") == 0 && cJSON_IsString(v)) {
			char moment[40];

			snprintf(moment, sizeof(moment), "%.20sT00:00:00Z", v->valuestring);
			return cJSON_CreateString(moment);
		}
		return text_of(v);
	case FIELD_DEGREES:
	case FIELD_INT:
		return cJSON_IsNumber(v) ? cJSON_CreateNumber(v->valuedouble) : NULL;
	case FIELD_BLOB:
		return NULL;
	default:
		return text_of(v);
	}
}

/* A new object in the array NAME of OUT, with an id that follows from where it stands. */
static cJSON *
add_part(cJSON *out, const char *name)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(out, name), *o = cJSON_CreateObject();
	char id[UUID_TEXT];

	if (list == NULL)
		list = cJSON_AddArrayToObject(out, name);
	hsds_id_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(out, "id")), name,
	    (size_t)cJSON_GetArraySize(list), id);
	cJSON_AddStringToObject(o, "id", id);
	cJSON_AddItemToArray(list, o);
	return o;
}

/* A word of one of our vocabularies as a term; terms of a taxonomy that is an entry are named by id alone. */
static void
put_term(cJSON *attribute, const char *vocabulary, const char *code, const char *name)
{
	cJSON *term = cJSON_AddObjectToObject(attribute, "taxonomy_term");
	char id[UUID_TEXT];

	hsds_id_of(vocabulary, code, 0, id);
	cJSON_AddStringToObject(term, "id", id);
	cJSON_AddStringToObject(term, "code", code);
	cJSON_AddStringToObject(term, "name", name);
	cJSON_AddStringToObject(term, "description", name);
	cJSON_AddStringToObject(term, "taxonomy", vocabulary);
}

static void
put_attribute(struct writer *w, const struct field *f, const cJSON *v, cJSON *out)
{
	cJSON *value = put_value(w, f, "value", v), *o;
	const struct code *code;

	if (value == NULL)
		return;
	o = add_part(out, "attributes");
	cJSON_AddStringToObject(o, "link_type", f->word);
	if (f->type == FIELD_REFERENCE) {
		cJSON_AddItemToObject(o, "taxonomy_term_id", value);
		return;
	}
	code = f->codes ? code_find(f->codes, bytes_text(value->valuestring)) : NULL;
	put_term(o, f->codes ? f->codes->name : "field", code ? code->word : f->word, code ? code->label : f->word);
	if (w->context->version & HSDS_31)
		cJSON_AddStringToObject(o, "label", code ? code->label : f->word);
	cJSON_AddItemToObject(o, "value", value);
}

/* Our own group "attributes": term, value, label. */
static void
put_own_attribute(struct writer *w, const cJSON *v, cJSON *out)
{
	const char *term = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "term"));
	const cJSON *label = cJSON_GetObjectItemCaseSensitive(v, "label");
	cJSON *o, *value = text_of(cJSON_GetObjectItemCaseSensitive(v, "value"));

	if (term == NULL) {
		cJSON_Delete(value);
		return;
	}
	o = add_part(out, "attributes");
	cJSON_AddStringToObject(o, "link_type", "attributes");
	put_term(o, "attribute", term, term);
	if (value)
		cJSON_AddItemToObject(o, "value", value);
	if (label && label->child && cJSON_IsString(label->child) && w->context->version & HSDS_31)
		cJSON_AddStringToObject(o, "label", label->child->valuestring);
}

/* FREQ=WEEKLY;BYDAY=MO,WE as members. HSDS knows only two frequencies; others are not said. */
static void
put_rrule(const cJSON *v, cJSON *out)
{
	char copy[256], *rest = copy, *part;

	if (!cJSON_IsString(v) || strlen(v->valuestring) >= sizeof(copy))
		return;
	strcpy(copy, v->valuestring);
	if (!strstr(copy, "FREQ=WEEKLY") && !strstr(copy, "FREQ=MONTHLY"))
		return;
	while ((part = strsep(&rest, ";"))) {
		char *value = strchr(part, '=');

		for (size_t i = 0; value && i < hsds_rrule_count; i++) {
			const struct hsds_rrule *r = &hsds_rrule[i];

			if (strncmp(part, r->word, (size_t)(value - part)) != 0 || r->word[value - part])
				continue;
			if (r->number)
				cJSON_AddNumberToObject(out, r->member, strtod(value + 1, NULL));
			else
				cJSON_AddStringToObject(out, r->member, value + 1);
		}
	}
}

static void
put_area(const cJSON *v, cJSON *o)
{
	const char *name = cJSON_IsString(v) ? territory_name(bytes_text(v->valuestring)) : NULL;

	cJSON_AddStringToObject(o, "name", name ? name : "");
	cJSON_AddStringToObject(o, "extent", cJSON_IsString(v) ? v->valuestring : "");
	cJSON_AddStringToObject(o, "extent_type", "other");
}

static void
put_unit(const cJSON *v, cJSON *o)
{
	char id[UUID_TEXT];
	cJSON *unit;

	if (!cJSON_IsString(v))
		return;
	hsds_id_of("unit", v->valuestring, 0, id);
	unit = cJSON_AddObjectToObject(o, "unit");
	cJSON_AddStringToObject(unit, "id", id);
	cJSON_AddStringToObject(unit, "name", v->valuestring);
}

static void
put_group(struct writer *w, const struct field *f, const struct hsds_path *p, const cJSON *v, cJSON *out)
{
	if (strcmp(p->first, "attributes") == 0)
		put_own_attribute(w, v, out);
	else
		put_fields(w, hsds_in_array(p->first), f->fields, f->field_count, true, v, add_part(out, p->first));
}

/* One item of a field whose path leads into an array. */
static void
put_item(struct writer *w, const struct field *f, const struct hsds_path *p, const cJSON *v, cJSON *out)
{
	cJSON *value, *o;

	if (strcmp(p->first, "attributes") == 0) {
		put_attribute(w, f, v, out);
		return;
	}
	if ((value = put_value(w, f, p->rest, v)) == NULL)
		return;
	o = add_part(out, p->first);
	if (strcmp(p->first, "service_areas") == 0 && f->type == FIELD_CODE) {
		put_area(v, o);
		cJSON_Delete(value);
	} else {
		cJSON_AddItemToObject(o, p->rest, value);
	}
}

static void
put_field(struct writer *w, const struct hsds_entity *in, const struct field *f, bool nested, const cJSON *v,
    cJSON *out)
{
	unsigned version = w->context->version;
	struct hsds_path p;
	const cJSON *item;
	cJSON *value;

	if (!hsds_path(f, nested, &p))
		return;
	if (strcmp(p.first, "freq") == 0) {
		put_rrule(v, out);
	} else if (strcmp(p.first, "unit") == 0) {
		put_unit(v, out);
	} else if (p.rest || f->type == FIELD_GROUP) {
		if (!hsds_has(in->arrays, p.first, p.len, version, NULL))
			return;
		if (f->type == FIELD_GROUP && !(f->flags & FIELD_LIST))
			put_group(w, f, &p, v, out);
		else if (!(f->flags & FIELD_LIST))
			put_item(w, f, &p, v, out);
		else cJSON_ArrayForEach(item, v)
			(f->type == FIELD_GROUP ? put_group : put_item)(w, f, &p, item, out);
	} else if (hsds_has(in->members, p.first, p.len, version, NULL)) {
		value = put_value(w, f, p.first, f->flags & FIELD_LIST ? cJSON_GetArrayItem(v, 0) : v);
		if (value)
			cJSON_AddItemToObject(out, p.first, value);
	}
}

static void
put_fields(struct writer *w, const struct hsds_entity *in, const struct field *fields, size_t count, bool nested,
    const cJSON *entry, cJSON *out)
{
	for (size_t i = 0; i < count; i++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(entry, fields[i].word);

		if (v)
			put_field(w, in, &fields[i], nested, v, out);
	}
}

/* --- what a row cannot say --- */

static bool
member_is(const cJSON *o, const char *member)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, member));

	return text && *text;
}

/* An address of HSDS has six required members: without street and town there is none. */
static void
complete_address(const cJSON *entry, cJSON *out)
{
	cJSON *address = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(out, "addresses"), 0), *v;
	const char *territory = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "territory"));
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "location_type"));

	if (address == NULL)
		return;
	if (!member_is(address, "address_1") || !member_is(address, "city")) {
		cJSON_DeleteItemFromObjectCaseSensitive(out, "addresses");
		return;
	}
	v = cJSON_GetObjectItemCaseSensitive(address, "region");
	cJSON_AddStringToObject(address, "state_province", v ? v->valuestring : "");
	if (!cJSON_HasObjectItem(address, "postal_code"))
		cJSON_AddStringToObject(address, "postal_code", "");
	cJSON_AddStringToObject(address, "country", territory ? territory : "");
	cJSON_AddStringToObject(address, "address_type", type ? type : "physical");
}

static void
complete_location(const cJSON *entry, cJSON *out)
{
	const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "disclosure"));
	enum disclosure level = DISCLOSURE_REDACTED;

	/* A level that is not understood is the strictest. */
	if (word == NULL || !disclosure_parse(bytes_text(word), &level))
		level = DISCLOSURE_REDACTED;
	if (level != DISCLOSURE_EXACT)
		cJSON_DeleteItemFromObjectCaseSensitive(out, "addresses");
	else
		complete_address(entry, out);
	if (level >= DISCLOSURE_TERRITORY) {
		cJSON_DeleteItemFromObjectCaseSensitive(out, "location_type");
		cJSON_AddStringToObject(out, "location_type", "virtual");
	}
}

/* "description=name": another member's text; "status:active": this one. */
static void
fall_back(const char *fallback, cJSON *out)
{
	size_t len = strcspn(fallback, "=:");
	char member[64];
	const char *text = fallback + len + 1;

	memcpy(member, fallback, len);
	member[len] = 0;
	if (fallback[len] == '=')
		text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(out, text));
	if (!cJSON_HasObjectItem(out, member))
		cJSON_AddStringToObject(out, member, text ? text : "");
}

/* Without "kilim": what any reader of HSDS understands. */
static cJSON *
write_plain(const struct kind *k, const char *id, const cJSON *entry, const struct hsds_context *c)
{
	const struct hsds_entity *in = hsds_of_kind(k->number);
	struct writer w = { c, k };
	cJSON *out = cJSON_CreateObject();

	cJSON_AddStringToObject(out, "id", id);
	put_fields(&w, in, k->fields, k->field_count, false, entry, out);
	put_fields(&w, in, common_fields, common_fields_count, false, entry, out);
	if (k->number == KIND_LOCATION)
		complete_location(entry, out);
	if (in->fallback)
		fall_back(in->fallback, out);
	return out;
}

cJSON *
hsds_write(const struct kind *k, const char *id, const cJSON *entry, const struct hsds_context *c)
{
	cJSON *out = write_plain(k, id, entry, c), *back = hsds_read_plain(k, out, c), *own;
	cJSON *lost = profile_of(entry, back);
	char author[ID_TEXT];

	own = cJSON_AddObjectToObject(out, "kilim");
	cJSON_AddStringToObject(own, "kind", k->word);
	cJSON_AddStringToObject(own, "author", id_format(ID_ORGANISATION, c->author, author));
	if (lost) {
		profile_make_bare(lost, k, c->author);
		cJSON_AddItemToObject(own, "fields", lost);
	}
	cJSON_Delete(back);
	return out;
}
