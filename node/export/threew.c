#include "node/export/csv.h"
#include "node/export/export.h"
#include "proto/territory.h"

#include <string.h>

/*
 * Who does what where: one row for each organisation, sector and place. HXL tags stand in the second row.
 * Help whose place must stay unknown is told by territory, whatever its entry says.
 */
static const struct {
	const char *head, *tag;
} columns[] = {
	{ "Organisation", "#org+name" }, { "Organisation type", "#org+type" }, { "Organisation id", "#org+code" },
	{ "Sector", "#sector" }, { "Activity", "#activity" }, { "Country code", "#country+code" },
	{ "Country", "#country+name" }, { "District", "#adm1+name" }, { "Municipality", "#adm2+name" },
	{ "Start", "#date+start" }, { "End", "#date+end" }, { "Status", "#status" }, { "Last verified", "#date+verified" },
};
enum { ORG, ORG_TYPE, ORG_CODE, SECTOR, ACTIVITY, COUNTRY, COUNTRY_NAME, ADM1, ADM2, START, END, STATUS, VERIFIED, COLUMNS };

struct writer {
	const struct export_set *set;
	const char *language;
	struct buf *out;
};

static const char *
text(const cJSON *fields, const char *word)
{
	const char *t = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fields, word));

	return t ? t : "";
}

static void
put(struct writer *w, const char *const cells[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++)
		csv_put(w->out, bytes_text(cells[i] ? cells[i] : ""), i == 0);
	csv_end(w->out);
}

/* Does the entry of a place have NAME, in any language? */
static bool
is_called(const cJSON *fields, const char *name)
{
	const cJSON *t;

	cJSON_ArrayForEach(t, cJSON_GetObjectItemCaseSensitive(fields, "names"))
		if (cJSON_IsString(t) && strcmp(t->valuestring, name) == 0)
			return true;
	return false;
}

/* The district that a municipality lies in, where entries of places tell; "" else. */
static const char *
district(struct writer *w, const char *municipality)
{
	const struct export_entry *places, *up;
	size_t count = export_of_kind(w->set, KIND_PLACE, &places);

	for (size_t i = 0; i < count; i++) {
		if (!is_called(places[i].fields, municipality))
			continue;
		up = export_find(w->set, text(places[i].fields, "parent"), KIND_PLACE);
		if (up && (strcmp(text(up->fields, "level"), "district") == 0 || strcmp(text(up->fields, "level"), "region") == 0))
			return export_text(up->fields, "names", w->language);
	}
	return "";
}

static bool
is_confidential(const cJSON *fields)
{
	const struct field *f = kind_field_by_word(kind_find(KIND_SERVICE), "kind_terms");
	const char *level = text(fields, "disclosure");
	const cJSON *v;

	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(fields, "kind_terms")) {
		const struct code *code = cJSON_IsString(v) ? code_find(f->codes, bytes_text(v->valuestring)) : NULL;

		if (code == NULL || code->flags & CODE_CONFIDENTIAL)
			return true;
	}
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(fields, "confidential")) ||
	    strcmp(level, "territory") == 0 || strcmp(level, "redacted") == 0;
}

/* A row for each municipality, or for each territory where there is none. */
static void
put_places(struct writer *w, const char *cells[COLUMNS], const cJSON *territories, const cJSON *municipalities)
{
	const cJSON *t, *m;
	bool many = cJSON_GetArraySize(territories) > 1;

	cJSON_ArrayForEach(t, territories) {
		cells[COUNTRY] = cJSON_GetStringValue(t);
		cells[COUNTRY_NAME] = cells[COUNTRY] ? territory_name(bytes_text(cells[COUNTRY])) : "";
		cells[ADM1] = cells[ADM2] = "";
		/* Of several territories nothing says in which one a municipality lies. */
		if (many || cJSON_GetArraySize(municipalities) == 0)
			put(w, cells);
	}
	cJSON_ArrayForEach(m, municipalities) {
		if (many)
			cells[COUNTRY] = cells[COUNTRY_NAME] = "";
		cells[ADM2] = cJSON_GetStringValue(m);
		cells[ADM1] = cells[ADM2] ? district(w, cells[ADM2]) : "";
		put(w, cells);
	}
}

static void
put_entry(struct writer *w, const struct export_entry *x, const char *places)
{
	const struct export_entry *org = export_find(w->set, text(x->fields, "organisation"), KIND_ORGANISATION);
	const struct field *terms = kind_field_by_word(kind_find(KIND_SERVICE), "kind_terms");
	const cJSON *sectors = cJSON_GetObjectItemCaseSensitive(x->fields, "kind_terms"), *sector;
	const cJSON *towns = is_confidential(x->fields) ? NULL : cJSON_GetObjectItemCaseSensitive(x->fields, "municipalities");
	const char *cells[COLUMNS] = { 0 };

	cells[ORG] = org ? export_text(org->fields, "name", w->language) : "";
	cells[ORG_TYPE] = org ? text(org->fields, "actor_type") : "";
	cells[ORG_CODE] = org ? org->id : "";
	cells[ACTIVITY] = export_text(x->fields, "name", w->language);
	cells[START] = text(x->fields, x->kind->number == KIND_PROGRAM ? "starts" : "valid_from");
	cells[END] = text(x->fields, x->kind->number == KIND_PROGRAM ? "ends" : "valid_until");
	cells[STATUS] = *text(x->fields, "status") ? text(x->fields, "status") : "active";
	cells[VERIFIED] = text(x->fields, "last_verified");
	if (cJSON_GetArraySize(sectors) == 0)
		put_places(w, cells, cJSON_GetObjectItemCaseSensitive(x->fields, places), towns);
	cJSON_ArrayForEach(sector, sectors) {
		const struct code *code = cJSON_IsString(sector) ? code_find(terms->codes, bytes_text(sector->valuestring)) : NULL;

		cells[SECTOR] = code ? code->label : cJSON_GetStringValue(sector);
		put_places(w, cells, cJSON_GetObjectItemCaseSensitive(x->fields, places), towns);
	}
}

void
threew_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	struct writer w = { s, how->language, export_file(out, "3w.csv") };
	const struct export_entry *x;
	size_t count;

	_Static_assert(sizeof(columns) / sizeof(columns[0]) == COLUMNS, "a head and a tag for each column");
	for (size_t i = 0; i < COLUMNS; i++)
		csv_put(w.out, bytes_text(columns[i].head), i == 0);
	csv_end(w.out);
	for (size_t i = 0; i < COLUMNS; i++)
		csv_put(w.out, bytes_text(columns[i].tag), i == 0);
	csv_end(w.out);
	count = export_of_kind(s, KIND_SERVICE, &x);
	for (size_t i = 0; i < count; i++)
		put_entry(&w, &x[i], "service_areas");
	count = export_of_kind(s, KIND_PROGRAM, &x);
	for (size_t i = 0; i < count; i++)
		put_entry(&w, &x[i], "territories");
}
