#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "node/export/hsds_int.h"
#include "node/export/profile.h"
#include "node/record/value.h"
#include "proto/territory.h"

const struct hsds_rrule hsds_rrule[] = {
	{ "FREQ", "freq", false }, { "INTERVAL", "interval", true }, { "COUNT", "count", true },
	{ "UNTIL", "until", false }, { "BYDAY", "byday", false }, { "BYWEEKNO", "byweekno", false },
	{ "BYMONTHDAY", "bymonthday", false }, { "BYYEARDAY", "byyearday", false }, { "WKST", "wkst", false },
};
const size_t hsds_rrule_count = sizeof(hsds_rrule) / sizeof(hsds_rrule[0]);

struct reader {
	const struct hsds_context *context;
	const struct kind *kind;
};

static cJSON *get_fields(struct reader *r, const struct field *fields, size_t count, const cJSON *object);

static const char *
text_at(const cJSON *o, const char *member)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, member));
}

/* --- values --- */

/* Without spaces at the ends, without CR, tabs as spaces; NULL: nothing is left. */
static cJSON *
clean_text(const char *text)
{
	struct buf out = { 0 };
	cJSON *made = NULL;

	while (isspace((unsigned char)*text))
		text++;
	for (; *text; text++)
		if (*text != '\r')
			buf_put_u8(&out, *text == '\t' ? ' ' : (uint8_t)*text);
	while (out.len && isspace(out.p[out.len - 1]))
		out.len--;
	if (out.len)
		made = cJSON_CreateString(buf_text(&out));
	buf_free(&out);
	return made;
}

/* An id of HSDS is the name of an entry of the same author. */
static cJSON *
get_reference(struct reader *r, const struct field *f, const char *id)
{
	const struct hsds_entity *in = hsds_of_kind(f->target ? f->target : KIND_TERM);
	struct buf text = { 0 };
	struct uuid name;
	cJSON *made;

	if (*id == 0)
		return NULL;
	hsds_name(in ? in->name : "taxonomy_term", id, &name);
	reference_format(r->context->author, &name, &text);
	made = cJSON_CreateString(buf_text(&text));
	buf_free(&text);
	return made;
}

/* Signs that people put between digits, a no-break space among them; letters stay, to be refused. */
static const char *
past_sign(const char *text)
{
	if (strncmp(text, "\xc2\xa0", 2) == 0)
		return text + 2;
	return strchr(" -/().\t\"", *text) ? text + 1 : NULL;
}

/*
 * As people write numbers: "+381 11 123-456", "+381 (0)11 123456", "0038111123456"; and "011/123-456", which is
 * complete where the territory is known: ITU-T E.123 section 2, the national prefix of all six is 0.
 */
static cJSON *
get_phone(const struct reader *r, const char *text)
{
	struct buf digits = { 0 }, out = { 0 };
	const char *calls = r->context->territory ? territory_calling_code(bytes_text(r->context->territory)) : NULL;
	const char *next;
	size_t from = 0;
	cJSON *made;

	while (*text)
		if (digits.len && digits.p[0] == '+' && strncmp(text, "(0)", 3) == 0)
			text += 3;
		else if ((next = past_sign(text)))
			text = next;
		else
			buf_put_u8(&digits, (uint8_t)*text++);
	if (digits.len > 2 && memcmp(digits.p, "00", 2) == 0) {
		from = 2;
		buf_put_u8(&out, '+');
	} else if (calls && digits.len > 6 && digits.p[0] == '0') {
		from = 1;
		buf_printf(&out, "+%s", calls);
	}
	if (digits.len > from)
		buf_put(&out, digits.p + from, digits.len - from);
	made = out.len ? cJSON_CreateString(buf_text(&out)) : NULL;
	buf_free(&digits);
	buf_free(&out);
	return made;
}

/* Languages of two letters that are met in the region; the rest is handed on. */
static cJSON *
get_language(const char *text)
{
	static const char *const pairs[] = { "sq", "sqi", "en", "eng", "sr", "srp", "hr", "hrv", "bs", "bos", "mk", "mkd",
		"tr", "tur", "de", "deu", "fr", "fra", "it", "ita", "hu", "hun", "sl", "slv", "bg", "bul", "ro", "ron",
		"el", "ell", "uk", "ukr", "ru", "rus", "ar", "ara", "es", "spa", "sk", "slk" };

	for (size_t i = 0; i + 1 < sizeof(pairs) / sizeof(pairs[0]); i += 2)
		if (strcasecmp(text, pairs[i]) == 0)
			return cJSON_CreateString(pairs[i + 1]);
	return *text ? cJSON_CreateString(text) : NULL;
}

/* "09:00:00" and "09:00Z" say no more than "09:00". */
static cJSON *
get_clock(const char *text)
{
	char out[6];

	if (strlen(text) < 6 || text[2] != ':' || !strchr(":Z+", text[5]))
		return clean_text(text);
	memcpy(out, text, 5);
	out[5] = 0;
	return cJSON_CreateString(out);
}

static cJSON *
get_text(struct reader *r, const struct field *f, const char *text)
{
	switch (f->type) {
	case FIELD_REFERENCE:
		return get_reference(r, f, text);
	case FIELD_PHONE:
		return get_phone(r, text);
	case FIELD_LANGUAGE:
		return get_language(text);
	case FIELD_CODE:
		if (strcmp(text, "temporarily closed") == 0)
			return cJSON_CreateString("temporarily-closed");
		/* What HSDS leaves open may be any word: of those we keep what we know. */
		if (!(f->flags & FIELD_REQUIRED) && strcmp(f->word, "status") != 0 && strcmp(f->word, "location_type") != 0 &&
		    code_find(f->codes, bytes_text(text)) == NULL)
			return NULL;
		return clean_text(text);
	case FIELD_DATE: /* a time behind a day is more than is asked for */
		if (strlen(text) > 10 && text[10] == 'T') {
			char day[11];

			memcpy(day, text, 10);
			day[10] = 0;
			return cJSON_CreateString(day);
		}
		return clean_text(text);
	default:
		return strcmp(f->word, "opens_at") == 0 || strcmp(f->word, "closes_at") == 0 ? get_clock(text) : clean_text(text);
	}
}

static cJSON *
get_value(struct reader *r, const struct field *f, const char *member, const cJSON *v)
{
	if (v == NULL || cJSON_IsNull(v))
		return NULL;
	if (cJSON_IsString(v))
		return get_text(r, f, v->valuestring);
	if (cJSON_IsNumber(v) && strcmp(member, "amount") == 0)
		return cJSON_CreateNumber(round(v->valuedouble * 100));
	return cJSON_Duplicate(v, true);
}

/* --- objects --- */

static cJSON *
get_rrule(const cJSON *o)
{
	struct buf text = { 0 };
	cJSON *made = NULL;

	for (size_t i = 0; i < hsds_rrule_count && text_at(o, "freq"); i++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, hsds_rrule[i].member);

		if (cJSON_IsString(v) && *v->valuestring)
			buf_printf(&text, "%s%s=%s", text.len ? ";" : "", hsds_rrule[i].word, v->valuestring);
		else if (cJSON_IsNumber(v))
			buf_printf(&text, "%s%s=%.0f", text.len ? ";" : "", hsds_rrule[i].word, v->valuedouble);
	}
	if (text.len && *text_at(o, "freq"))
		made = cJSON_CreateString(buf_text(&text));
	buf_free(&text);
	return made;
}

/* Is the attribute one of a field of this kind? */
static bool
is_ours(struct reader *r, const cJSON *attribute)
{
	const char *type = text_at(attribute, "link_type");
	const struct field *f = type ? kind_field_by_word(r->kind, type) : NULL;

	return f && f->hsds && strncmp(f->hsds, "attributes.", 11) == 0;
}

static cJSON *
get_attribute(struct reader *r, const struct field *f, const cJSON *attribute)
{
	const cJSON *term = cJSON_GetObjectItemCaseSensitive(attribute, "taxonomy_term");
	const char *type = text_at(attribute, "link_type"), *id;

	if (type == NULL || strcmp(type, f->word) != 0)
		return NULL;
	if (f->type != FIELD_REFERENCE)
		return get_value(r, f, "value", cJSON_GetObjectItemCaseSensitive(attribute, "value"));
	if ((id = text_at(attribute, "taxonomy_term_id")) == NULL)
		id = text_at(term, "id");
	return id ? get_reference(r, f, id) : NULL;
}

/* What others say by attributes that no field of ours has: term, value, label. */
static cJSON *
get_own_attribute(struct reader *r, const cJSON *attribute)
{
	static const char *const names[] = { "code", "name", "id" };
	const cJSON *term = cJSON_GetObjectItemCaseSensitive(attribute, "taxonomy_term");
	const char *word = NULL, *value = text_at(attribute, "value"), *label = text_at(attribute, "label");
	cJSON *o;

	if (is_ours(r, attribute))
		return NULL;
	for (size_t i = 0; i < 3 && (word == NULL || *word == 0); i++)
		word = text_at(term, names[i]);
	if (word == NULL || *word == 0)
		word = text_at(attribute, "taxonomy_term_id");
	if (word == NULL || *word == 0)
		return NULL;
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "term", word);
	if (value && *value)
		cJSON_AddStringToObject(o, "value", value);
	if (label && *label)
		cJSON_AddStringToObject(o, "label", label);
	return o;
}

/* A link to a place that says nothing else about it. */
static bool
is_bare_link(const cJSON *o)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, o) {
		const char *name = v->string;

		if (name && strcmp(name, "id") != 0 && strcmp(name, "location_id") != 0 && strcmp(name, "service_id") != 0 &&
		    strcmp(name, "location") != 0 && *name != '\x01' && !(cJSON_IsArray(v) && v->child == NULL) &&
		    !cJSON_IsNull(v) && !(cJSON_IsString(v) && *v->valuestring == 0))
			return false;
	}
	return true;
}

/* One item of the array that a field's path leads into; NULL: it is none of this field's. */
static cJSON *
get_item(struct reader *r, const struct field *f, const struct hsds_path *p, const cJSON *o)
{
	bool areas = strcmp(p->first, "service_areas") == 0, places = strcmp(p->first, "service_at_locations") == 0;
	cJSON *made;

	if (!cJSON_IsObject(o))
		return f->type == FIELD_GROUP ? cJSON_Duplicate(o, true) : NULL;
	if (strcmp(p->first, "attributes") == 0)
		return f->type == FIELD_GROUP ? get_own_attribute(r, o) : get_attribute(r, f, o);
	if (places && is_bare_link(o) != (f->type == FIELD_REFERENCE))
		return NULL;
	if (areas) {
		const char *extent = text_at(o, "extent");
		bool known = extent && code_find(kind_field_by_word(r->kind, "service_areas")->codes, bytes_text(extent));

		if (known != (f->type == FIELD_CODE))
			return NULL;
	}
	if (f->type != FIELD_GROUP) {
		assert(p->rest); /* get_field: an array's values have a path of two words */
		return get_value(r, f, p->rest, cJSON_GetObjectItemCaseSensitive(o, p->rest));
	}
	made = get_fields(r, f->fields, f->field_count, o);
	if (made->child)
		return made;
	cJSON_Delete(made);
	return NULL;
}

static cJSON *
get_array(struct reader *r, const struct field *f, const struct hsds_path *p, const cJSON *array)
{
	cJSON *list, *made;
	const cJSON *o;

	if (array == NULL || cJSON_IsNull(array))
		return NULL;
	if (!cJSON_IsArray(array))
		return cJSON_Duplicate(array, true);
	list = cJSON_CreateArray();
	cJSON_ArrayForEach(o, array)
		if ((made = get_item(r, f, p, o)))
			cJSON_AddItemToArray(list, made);
	if (list->child && f->flags & FIELD_LIST)
		return list;
	made = cJSON_DetachItemFromArray(list, 0);
	cJSON_Delete(list);
	return made;
}

static cJSON *
get_field(struct reader *r, const struct field *f, bool nested, const cJSON *object)
{
	struct hsds_path p;
	const cJSON *v;
	cJSON *made, *list;

	if (!hsds_path(f, nested, &p))
		return NULL;
	v = cJSON_GetObjectItemCaseSensitive(object, p.first);
	if (strcmp(p.first, "freq") == 0)
		return get_rrule(object);
	if (strcmp(p.first, "unit") == 0)
		return get_value(r, f, "name", cJSON_IsObject(v) ? cJSON_GetObjectItemCaseSensitive(v, "name") : v);
	if (p.rest || f->type == FIELD_GROUP)
		return get_array(r, f, &p, v);
	made = get_value(r, f, p.first, v);
	if (made == NULL || !(f->flags & FIELD_LIST))
		return made;
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, made);
	return list;
}

static void
get_into(struct reader *r, const struct field *fields, size_t count, bool nested, const cJSON *object, cJSON *out)
{
	for (size_t i = 0; i < count; i++) {
		cJSON *v = get_field(r, &fields[i], nested, object);

		if (v)
			cJSON_AddItemToObject(out, fields[i].word, v);
	}
}

static cJSON *
get_fields(struct reader *r, const struct field *fields, size_t count, const cJSON *object)
{
	cJSON *out = cJSON_CreateObject();

	get_into(r, fields, count, true, object, out);
	return out;
}

cJSON *
hsds_read_plain(const struct kind *k, const cJSON *object, const struct hsds_context *c)
{
	struct reader r = { c, k };
	cJSON *out = cJSON_CreateObject();

	get_into(&r, k->fields, k->field_count, false, object, out);
	get_into(&r, common_fields, common_fields_count, false, object, out);
	return out;
}

cJSON *
hsds_read(const struct kind *k, const cJSON *object, const struct hsds_context *c)
{
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(object, "kilim");
	cJSON *out = hsds_read_plain(k, object, c);

	profile_apply(out, cJSON_GetObjectItemCaseSensitive(own, "fields"));
	return out;
}
