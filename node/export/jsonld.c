#include "node/export/jsonld.h"

#include <string.h>

#include "node/export/profile.h"
#include "node/record/value.h"

static const struct {
	uint16_t kind;
	const char *type;
} kind_types[] = {
	{ KIND_ORGANISATION, "NGO" }, { KIND_SERVICE, "Service" }, { KIND_LOCATION, "Place" }, { KIND_PROGRAM, "Project" },
	{ KIND_PLACE, "AdministrativeArea" }, { KIND_TAXONOMY, "DefinedTermSet" }, { KIND_TERM, "DefinedTerm" },
	{ KIND_PATHWAY, "HowTo" }, { KIND_ENDORSEMENT, "EndorseAction" }, { KIND_NOTICE, "SpecialAnnouncement" },
	{ KIND_NEED, "Demand" }, { KIND_OFFER, "Offer" }, { KIND_EXPERTISE, "Role" }, { KIND_EVENT, "Event" },
	{ KIND_OPPORTUNITY, "Grant" }, { KIND_INITIATIVE, "Project" }, { KIND_COMMENT, "Comment" },
	{ KIND_GROUP, "Organization" }, { KIND_STORY, "Article" },
};

/* What an object is that a path leads through. */
static const struct {
	const char *member, *type;
} member_types[] = {
	{ "address", "PostalAddress" }, { "amount", "MonetaryAmount" }, { "audience", "PeopleAudience" },
	{ "availableChannel", "ServiceChannel" }, { "contactPoint", "ContactPoint" }, { "eligibleQuantity", "QuantitativeValue" },
	{ "funder", "Organization" }, { "geo", "GeoCoordinates" }, { "identifier", "PropertyValue" },
	{ "isBasedOn", "CreativeWork" }, { "itemOffered", "Product" }, { "location", "Place" }, { "offers", "Offer" },
	{ "additionalProperty", "PropertyValue" }, { "telephone", "ContactPoint" }, { "servicePhone", "ContactPoint" },
	{ "hoursAvailable", "OpeningHoursSpecification" }, { "sameAs", "WebPage" }, { "step", "HowToStep" },
};

const char *
jsonld_type(uint16_t kind)
{
	for (size_t i = 0; i < sizeof(kind_types) / sizeof(kind_types[0]); i++)
		if (kind_types[i].kind == kind)
			return kind_types[i].type;
	return NULL;
}

static cJSON *
new_node(const char *member)
{
	cJSON *o = cJSON_CreateObject();

	for (size_t i = 0; i < sizeof(member_types) / sizeof(member_types[0]); i++)
		if (strcmp(member_types[i].member, member) == 0)
			cJSON_AddStringToObject(o, "@type", member_types[i].type);
	return o;
}

/* Within a group's object the first part names the member that the object stands in. */
static const char *
path_of(const struct field *f, bool nested)
{
	const char *dot;

	if (f->schema_org && nested && (dot = strchr(f->schema_org, '.')))
		return dot + 1;
	return f->schema_org;
}

/* --- writing --- */

static void write_fields(const struct field *fields, size_t count, bool nested, const cJSON *entry, cJSON *out);

static cJSON *
write_texts(const cJSON *texts)
{
	cJSON *list = cJSON_CreateArray(), *v, *only;
	const cJSON *t;

	cJSON_ArrayForEach(t, texts) {
		if (!cJSON_IsString(t))
			continue; /* marks of texts that a program made */
		v = cJSON_CreateObject();
		cJSON_AddStringToObject(v, "@language", t->string);
		cJSON_AddStringToObject(v, "@value", t->valuestring);
		cJSON_AddItemToArray(list, v);
	}
	if (cJSON_GetArraySize(list) != 1)
		return list;
	only = cJSON_DetachItemFromArray(list, 0);
	cJSON_Delete(list);
	return only;
}

static cJSON *
write_value(const struct field *f, const char *member, const cJSON *v)
{
	cJSON *o;
	const char *slash;
	char urn[64];

	if (f->type == FIELD_MLTEXT)
		return write_texts(v);
	if (f->type == FIELD_GROUP) {
		o = new_node(member);
		write_fields(f->fields, f->field_count, true, v, o);
		return o;
	}
	if (f->type == FIELD_REFERENCE && cJSON_IsString(v) && (slash = strrchr(v->valuestring, '/')) &&
	    strlen(slash + 1) < UUID_TEXT) {
		o = cJSON_CreateObject();
		strcpy(urn, "urn:uuid:");
		strcat(urn, slash + 1);
		cJSON_AddStringToObject(o, "@id", urn);
		return o;
	}
	return cJSON_Duplicate(v, true);
}

/* A member is said once: what would stand over another value is left to the profile. */
static void
write_field(const struct field *f, const char *path, const cJSON *v, cJSON *out)
{
	const char *dot;
	cJSON *list;
	const cJSON *item;

	while ((dot = strchr(path, '.'))) {
		char member[64];
		size_t len = (size_t)(dot - path);
		cJSON *inner;

		if (len >= sizeof(member))
			return;
		memcpy(member, path, len);
		member[len] = 0;
		inner = cJSON_GetObjectItemCaseSensitive(out, member);
		if (inner == NULL)
			cJSON_AddItemToObject(out, member, inner = new_node(member));
		if (!cJSON_IsObject(inner) || cJSON_HasObjectItem(inner, "@id") || cJSON_HasObjectItem(inner, "@value"))
			return;
		out = inner;
		path = dot + 1;
	}
	if (cJSON_GetObjectItemCaseSensitive(out, path))
		return;
	if (!(f->flags & FIELD_LIST)) {
		cJSON_AddItemToObject(out, path, write_value(f, path, v));
		return;
	}
	list = cJSON_AddArrayToObject(out, path);
	cJSON_ArrayForEach(item, v)
		cJSON_AddItemToArray(list, write_value(f, path, item));
}

static void
write_fields(const struct field *fields, size_t count, bool nested, const cJSON *entry, cJSON *out)
{
	for (size_t i = 0; i < count; i++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(entry, fields[i].word);
		const char *path = path_of(&fields[i], nested);

		if (v && path)
			write_field(&fields[i], path, v, out);
	}
}

/* --- reading --- */

static void read_fields(const struct field *fields, size_t count, bool nested, const cJSON *object,
    const struct id *author, cJSON *out);

static void
read_text(const cJSON *v, cJSON *out)
{
	const char *tag = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "@language"));
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "@value"));

	if (tag && text && !cJSON_HasObjectItem(out, tag))
		cJSON_AddStringToObject(out, tag, text);
}

static cJSON *
read_texts(const cJSON *v)
{
	cJSON *out;
	const cJSON *one;

	if (cJSON_IsString(v))
		return cJSON_Duplicate(v, true);
	out = cJSON_CreateObject();
	if (cJSON_IsObject(v))
		read_text(v, out);
	else cJSON_ArrayForEach(one, v)
		read_text(one, out);
	if (out->child)
		return out;
	cJSON_Delete(out);
	return NULL;
}

static cJSON *
read_value(const struct field *f, const cJSON *v, const struct id *author)
{
	cJSON *o;
	const char *urn;
	struct uuid name;
	struct buf text = { 0 };

	if (f->type == FIELD_MLTEXT)
		return read_texts(v);
	if (f->type == FIELD_GROUP) {
		if (!cJSON_IsObject(v))
			return NULL;
		o = cJSON_CreateObject();
		read_fields(f->fields, f->field_count, true, v, author, o);
		return o;
	}
	if (f->type != FIELD_REFERENCE)
		return cJSON_IsObject(v) || cJSON_IsArray(v) ? NULL : cJSON_Duplicate(v, true);
	urn = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(v, "@id"));
	if (urn == NULL || strncmp(urn, "urn:uuid:", 9) != 0 || uuid_parse(urn + 9, "@id", &name, NULL) != ERR_OK)
		return NULL;
	reference_format(author, &name, &text);
	o = cJSON_CreateString(buf_text(&text));
	buf_free(&text);
	return o;
}

static cJSON *
read_field(const struct field *f, const char *path, const cJSON *object, const struct id *author)
{
	const cJSON *v = object, *item;
	const char *dot;
	cJSON *list, *made;

	for (;; path = dot + 1) {
		char member[64];
		size_t len = (dot = strchr(path, '.')) ? (size_t)(dot - path) : strlen(path);

		if (len >= sizeof(member))
			return NULL;
		memcpy(member, path, len);
		member[len] = 0;
		v = cJSON_GetObjectItemCaseSensitive(v, member);
		if (dot == NULL || v == NULL)
			break;
	}
	if (v == NULL || !(f->flags & FIELD_LIST))
		return v ? read_value(f, v, author) : NULL;
	list = cJSON_CreateArray();
	if (!cJSON_IsArray(v)) {
		if ((made = read_value(f, v, author)))
			cJSON_AddItemToArray(list, made);
	} else {
		cJSON_ArrayForEach(item, v)
			if ((made = read_value(f, item, author)))
				cJSON_AddItemToArray(list, made);
	}
	if (list->child)
		return list;
	cJSON_Delete(list);
	return NULL;
}

static void
read_fields(const struct field *fields, size_t count, bool nested, const cJSON *object, const struct id *author,
    cJSON *out)
{
	for (size_t i = 0; i < count; i++) {
		const char *path = path_of(&fields[i], nested);
		cJSON *v = path ? read_field(&fields[i], path, object, author) : NULL;

		if (v)
			cJSON_AddItemToObject(out, fields[i].word, v);
	}
}

static cJSON *
read_plain(const struct kind *k, const cJSON *object, const struct id *author)
{
	cJSON *out = cJSON_CreateObject();

	read_fields(k->fields, k->field_count, false, object, author, out);
	read_fields(common_fields, common_fields_count, false, object, author, out);
	return out;
}

/* --- entries --- */

cJSON *
jsonld_write(const struct kind *k, const char *id, const cJSON *entry, const struct id *author)
{
	cJSON *out = cJSON_CreateObject(), *back, *lost;
	char urn[64] = "urn:uuid:", text[ID_TEXT];

	cJSON_AddStringToObject(out, "@type", jsonld_type(k->number));
	strcat(urn, id);
	cJSON_AddStringToObject(out, "@id", urn);
	write_fields(k->fields, k->field_count, false, entry, out);
	write_fields(common_fields, common_fields_count, false, entry, out);
	back = read_plain(k, out, author);
	lost = profile_of(entry, back);
	cJSON_AddStringToObject(out, "kilim:kind", k->word);
	cJSON_AddStringToObject(out, "kilim:author", id_format(ID_ORGANISATION, author, text));
	if (lost) {
		profile_make_bare(lost, k, author);
		cJSON_AddItemToObject(out, "kilim:fields", lost);
	}
	cJSON_Delete(back);
	return out;
}

cJSON *
jsonld_read(const struct kind *k, const cJSON *object, const struct id *author)
{
	cJSON *out = read_plain(k, object, author);

	profile_apply(out, cJSON_GetObjectItemCaseSensitive(object, "kilim:fields"));
	return out;
}
