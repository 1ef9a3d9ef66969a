#include <ctype.h>
#include <string.h>

#include "node/export/import_int.h"
#include "node/record/disclose.h"
#include "proto/territory.h"

/* What somebody else's file may not say for us, and what an entry of ours must say where the file does not. */

static const char *
text_at(const cJSON *o, const char *word)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, word));
}

static void
drop(cJSON *o, const char *word)
{
	cJSON_DeleteItemFromObjectCaseSensitive(o, word);
}

static void
set_text(cJSON *o, const char *word, const char *text)
{
	drop(o, word);
	cJSON_AddStringToObject(o, word, text);
}

static void
fill_text(cJSON *o, const char *word, const char *text)
{
	if (!cJSON_HasObjectItem(o, word))
		cJSON_AddStringToObject(o, word, text);
}

static void
fill_list(cJSON *o, const char *word, const char *text)
{
	if (!cJSON_HasObjectItem(o, word))
		cJSON_AddItemToArray(cJSON_AddArrayToObject(o, word), cJSON_CreateString(text));
}

static void
fill_copy(cJSON *o, const char *word, const char *from)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, from);

	if (v && !cJSON_HasObjectItem(o, word))
		cJSON_AddItemToObject(o, word, cJSON_Duplicate(v, true));
}

static void
drop_flagged(const struct field *fields, size_t count, unsigned flags, cJSON *o)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].flags & flags)
			drop(o, fields[i].word);
}

static void
drop_fields(const struct kind *k, unsigned flags, cJSON *o)
{
	drop_flagged(k->fields, k->field_count, flags, o);
	drop_flagged(common_fields, common_fields_count, flags, o);
}

/* A territory by its code or its name; NULL: none of ours. */
static const char *
territory(const char *text)
{
	const struct code *code;

	return text && *text && territory_parse(text, "territory", &code, NULL) == ERR_OK ? code->word : NULL;
}

/* --- kinds --- */

static void
adapt_organisation(struct import *im, const cJSON *o, cJSON *fields)
{
	(void)o;
	set_text(fields, "relation", "listed");
	fill_list(fields, "territories", im->options.territory ? im->options.territory : "ZZ");
	drop(fields, "locations"); /* places name their organisation themselves */
}

/* No finer than the municipality, whatever the file tells; stricter stays stricter. */
static void
adapt_location(struct import *im, const cJSON *o, cJSON *fields)
{
	const cJSON *address = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(o, "addresses"), 0);
	const char *said = text_at(fields, "disclosure"), *code = territory(text_at(address, "country"));
	const char *town = text_at(address, "city");
	enum disclosure level = DISCLOSURE_MUNICIPALITY;

	if (said && disclosure_parse(bytes_text(said), &level) && level < DISCLOSURE_MUNICIPALITY)
		level = DISCLOSURE_MUNICIPALITY;
	set_text(fields, "disclosure", disclosure_word(level));
	if (code || im->options.territory)
		fill_text(fields, "territory", code ? code : im->options.territory);
	if (town && *town)
		fill_text(fields, "municipality", town);
	drop_fields(kind_find(KIND_LOCATION), FIELD_EXACT | (level >= DISCLOSURE_TERRITORY ? FIELD_PLACE : 0u), fields);
}

/* "Safe house" and "safe-house" are one word. */
static const struct code *
service_kind(const char *term)
{
	const struct field *f = kind_field_by_word(kind_find(KIND_SERVICE), "kind_terms");
	char word[64];
	size_t len = 0;

	for (; term[len] && len + 1 < sizeof(word); len++)
		word[len] = term[len] == ' ' || term[len] == '_' ? '-' : (char)tolower((unsigned char)term[len]);
	word[len] = 0;
	return code_find(f->codes, bytes_text(word));
}

/* Others call the sort of help by attributes: where the word is one of ours it is ours. */
static void
take_kind_terms(cJSON *fields)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(fields, "attributes"), *a, *next, *terms;

	for (a = list ? list->child : NULL; a; a = next) {
		const char *term = text_at(a, "term");
		const struct code *code = term ? service_kind(term) : NULL;

		next = a->next;
		if (code == NULL)
			continue;
		if ((terms = cJSON_GetObjectItemCaseSensitive(fields, "kind_terms")) == NULL)
			terms = cJSON_AddArrayToObject(fields, "kind_terms");
		cJSON_AddItemToArray(terms, cJSON_CreateString(code->word));
		cJSON_Delete(cJSON_DetachItemViaPointer(list, a));
	}
	if (list && list->child == NULL)
		drop(fields, "attributes");
}

static bool
is_confidential(const cJSON *fields)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(fields, "kind_terms")) {
		const struct code *code = cJSON_IsString(v) ? service_kind(v->valuestring) : NULL;

		if (code && code->flags & CODE_CONFIDENTIAL)
			return true;
	}
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(fields, "confidential"));
}

static void
adapt_service(struct import *im, const cJSON *o, cJSON *fields)
{
	(void)o;
	take_kind_terms(fields);
	fill_copy(fields, "description", "name");
	fill_list(fields, "languages", "und"); /* ISO 639-3: not determined */
	fill_list(fields, "service_areas", im->options.territory ? im->options.territory : "ZZ");
	/* Of help whose place must stay unknown others tell a number at most. */
	if (is_confidential(fields)) {
		drop_fields(kind_find(KIND_SERVICE), FIELD_PLACE | FIELD_EXACT, fields);
		drop(fields, "disclosure");
	}
}

static void
adapt_program(struct import *im, const cJSON *o, cJSON *fields)
{
	(void)im;
	(void)o;
	fill_copy(fields, "description", "name");
}

/* Codes name terms in references: where the file has none the id stands for it. */
static void
adapt_vocabulary(struct import *im, const cJSON *o, cJSON *fields)
{
	(void)im;
	fill_text(fields, "code", text_at(o, "id") ? text_at(o, "id") : "");
}

static const struct {
	uint16_t kind;
	void (*adapt)(struct import *im, const cJSON *o, cJSON *fields);
} kinds_adapted[] = {
	{ KIND_ORGANISATION, adapt_organisation }, { KIND_LOCATION, adapt_location }, { KIND_SERVICE, adapt_service },
	{ KIND_PROGRAM, adapt_program }, { KIND_TAXONOMY, adapt_vocabulary }, { KIND_TERM, adapt_vocabulary },
};

/* --- every kind --- */

/* A person's name needs her consent, which no file can give us. */
static void
adapt_contacts(const cJSON *o, cJSON *fields)
{
	const cJSON *theirs = cJSON_GetObjectItemCaseSensitive(o, "contacts");
	cJSON *list = cJSON_GetObjectItemCaseSensitive(fields, "contacts"), *c, *next;
	int i = 0;

	for (c = cJSON_IsArray(list) ? list->child : NULL; c; c = next, i++) {
		const char *department = text_at(cJSON_GetArrayItem(theirs, i), "department");

		next = c->next;
		if (!cJSON_HasObjectItem(c, "consent"))
			drop(c, "name");
		if (!cJSON_HasObjectItem(c, "role") && department && *department)
			cJSON_AddStringToObject(c, "role", department);
		if (c->child == NULL)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, c));
		else
			fill_text(c, "role", "contact");
	}
	if (cJSON_IsArray(list) && list->child == NULL)
		drop(fields, "contacts");
}

static void
fill_provenance(struct import *im, cJSON *fields)
{
	cJSON *from;

	drop(fields, "verified_by"); /* that is for who verified to say */
	fill_text(fields, "method", cJSON_HasObjectItem(fields, "last_verified") ? "document" : "never");
	fill_text(fields, "provenance", "assisted");
	if (cJSON_HasObjectItem(fields, "source"))
		return;
	from = cJSON_AddObjectToObject(fields, "source");
	if (im->options.source)
		cJSON_AddStringToObject(from, "url", im->options.source);
	/* Not the file's name: the same data under another name are the same entries. */
	cJSON_AddStringToObject(from, "title", "HSDS");
	if (im->options.licence)
		cJSON_AddStringToObject(from, "licence", im->options.licence);
}

/* The words of our own fields that are lists of codes are vocabularies, no taxonomy of anybody. */
static bool
is_vocabulary(const struct source *s)
{
	return s->in->kind == KIND_TERM && !cJSON_HasObjectItem(s->o, "taxonomy_id");
}

void
import_adapt(struct import *im, struct source *s)
{
	struct hsds_context c = { .version = HSDS_31, .author = im->options.author, .territory = im->options.territory };
	const struct kind *k = kind_find(s->in->kind);
	const char *id = text_at(s->o, "id");

	if (is_vocabulary(s))
		return;
	if (id == NULL || *id == 0) {
		import_say(im, s->file, s->line, "id", "required", "every %s has an id: a text that it keeps from one file to the next",
		    s->in->name);
		return;
	}
	s->entry.kind = k;
	hsds_name(s->in->name, id, &s->entry.name);
	s->entry.fields = hsds_read(k, s->o, &c);
	drop_fields(k, FIELD_PRIVATE | FIELD_MEMBERS | FIELD_COORDINATOR | FIELD_COMPUTED, s->entry.fields);
	adapt_contacts(s->o, s->entry.fields);
	for (size_t i = 0; i < sizeof(kinds_adapted) / sizeof(kinds_adapted[0]); i++)
		if (kinds_adapted[i].kind == k->number)
			kinds_adapted[i].adapt(im, s->o, s->entry.fields);
	fill_provenance(im, s->entry.fields);
}
