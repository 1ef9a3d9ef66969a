#include "node/export/csv.h"
#include "node/export/export.h"
#include "proto/territory.h"

#include <stdlib.h>
#include <string.h>

/*
 * Who does what where: one row for each organisation, sector and place. HXL tags stand in the second row.
 * Help whose place must stay unknown is told by territory, whatever its entry says; where fewer than LEAST organisations
 * give it in a territory, as being in the region: who reads that there is one shelter there knows which one is meant.
 */
#define LEAST 3
#define REGION "WB"
static const struct {
	const char *head, *tag;
} columns[] = {
	{ "Organisation", "#org+name" }, { "Organisation type", "#org+type" }, { "Organisation id", "#org+code" },
	{ "Sector", "#sector" }, { "Activity", "#activity" }, { "Country code", "#country+code" },
	{ "Country", "#country+name" }, { "District", "#adm1+name" }, { "Municipality", "#adm2+name" },
	{ "Start", "#date+start" }, { "End", "#date+end" }, { "Status", "#status" }, { "Last verified", "#date+verified" },
};
enum { ORG, ORG_TYPE, ORG_CODE, SECTOR, ACTIVITY, COUNTRY, COUNTRY_NAME, ADM1, ADM2, START, END, STATUS, VERIFIED, COLUMNS };

/* One organisation gives help whose place must stay unknown, in a territory. Texts are the entries'. */
struct giving {
	const char *sector, *territory, *organisation;
};
struct writer {
	const struct export_set *set;
	const char *language;
	struct buf *out;
	struct giving *list;             /* in order */
	size_t count, cap;
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

/* --- what must stay unknown --- */

static bool
is_confidential_code(const struct field *f, const cJSON *v)
{
	const struct code *code = f->codes && cJSON_IsString(v) ? code_find(f->codes, bytes_text(v->valuestring)) : NULL;

	return f->codes && cJSON_IsString(v) && (code == NULL || (code->flags & CODE_CONFIDENTIAL));
}

/* A term of a taxonomy that its author calls so. */
static bool
is_confidential_term(const struct writer *w, const cJSON *v)
{
	const struct export_entry *term = cJSON_IsString(v) ? export_find(w->set, v->valuestring, KIND_TERM) : NULL;
	const struct field *safety = term && term->kind->number == KIND_TERM ? kind_field_by_word(term->kind, "safety") : NULL;

	return safety && is_confidential_code(safety, cJSON_GetObjectItemCaseSensitive(term->fields, "safety"));
}

/* By its kind of help, by its own word, or by a term it is ordered under. */
static bool
is_confidential(const struct writer *w, const struct export_entry *x)
{
	const struct field *sorts = kind_field_by_word(x->kind, "kind_terms");
	const cJSON *value, *v;

	cJSON_ArrayForEach(value, x->fields) {
		const struct field *f = kind_field_by_word(x->kind, value->string);

		if (f && f->type == FIELD_REFERENCE)
			cJSON_ArrayForEach(v, value)
				if (is_confidential_term(w, v))
					return true;
		if (f && f == sorts)
			cJSON_ArrayForEach(v, value)
				if (is_confidential_code(f, v))
					return true;
	}
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(x->fields, "confidential"));
}

static bool
tells_town(const cJSON *fields)
{
	const char *level = text(fields, "disclosure");

	return strcmp(level, "territory") != 0 && strcmp(level, "redacted") != 0;
}

static int
by_help(const void *a, const void *b)
{
	const struct giving *x = a, *y = b;
	int d = strcmp(x->sector, y->sector);

	if (d == 0)
		d = strcmp(x->territory, y->territory);
	return d ? d : strcmp(x->organisation, y->organisation);
}

static void
note_giving(struct writer *w, const char *sector, const cJSON *territories, const char *organisation)
{
	const cJSON *t;

	cJSON_ArrayForEach(t, territories) {
		if (!cJSON_IsString(t))
			continue;
		w->list = need_room(w->list, w->count, &w->cap, sizeof *w->list);
		w->list[w->count++] = (struct giving){ sector, t->valuestring, organisation };
	}
}

/* An entry, and the word of its field that names territories. */
static void
note_entry(struct writer *w, const struct export_entry *x, const char *places)
{
	const cJSON *sectors = cJSON_GetObjectItemCaseSensitive(x->fields, "kind_terms"), *sector;
	const cJSON *territories = cJSON_GetObjectItemCaseSensitive(x->fields, places);

	if (!is_confidential(w, x))
		return;
	if (cJSON_GetArraySize(sectors) == 0)
		note_giving(w, "", territories, text(x->fields, "organisation"));
	cJSON_ArrayForEach(sector, sectors)
		if (cJSON_IsString(sector))
			note_giving(w, sector->valuestring, territories, text(x->fields, "organisation"));
}

/* Do enough organisations give it there? */
static bool
is_common(const struct writer *w, const char *sector, const char *territory)
{
	const struct giving *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct giving *g = &w->list[i];

		if (strcmp(g->sector, sector) != 0 || strcmp(g->territory, territory) != 0)
			continue;
		count += last == NULL || by_help(last, g) != 0;
		last = g;
	}
	return count >= LEAST;
}

/* --- rows --- */

static void
name_territory(const char *cells[COLUMNS], const char *territory)
{
	cells[COUNTRY] = territory;
	cells[COUNTRY_NAME] = territory_name(bytes_text(territory));
}

/* Where it is told only so far; what is told as the region alone is one row. */
static void
put_coarse(struct writer *w, const char *cells[COLUMNS], const char *sector, const cJSON *territories)
{
	bool region = cJSON_GetArraySize(territories) == 0;
	const cJSON *t;

	cells[ADM1] = cells[ADM2] = "";
	cJSON_ArrayForEach(t, territories) {
		const char *territory = cJSON_GetStringValue(t);

		if (territory == NULL || strcmp(territory, REGION) == 0 || !is_common(w, sector, territory)) {
			region = true;
			continue;
		}
		name_territory(cells, territory);
		put(w, cells);
	}
	if (region) {
		name_territory(cells, REGION);
		put(w, cells);
	}
}

/* A row for each municipality, or for each territory where there is none. */
static void
put_places(struct writer *w, const char *cells[COLUMNS], const cJSON *territories, const cJSON *municipalities)
{
	const cJSON *t, *m;
	bool many = cJSON_GetArraySize(territories) > 1;

	cJSON_ArrayForEach(t, territories) {
		name_territory(cells, cJSON_IsString(t) ? t->valuestring : "");
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

/* One kind of help. */
static void
put_sector(struct writer *w, const char *cells[COLUMNS], const struct export_entry *x, const char *sector, const char *places,
    bool confidential)
{
	const cJSON *territories = cJSON_GetObjectItemCaseSensitive(x->fields, places);

	if (confidential)
		put_coarse(w, cells, sector, territories);
	else
		put_places(w, cells, territories,
		    tells_town(x->fields) ? cJSON_GetObjectItemCaseSensitive(x->fields, "municipalities") : NULL);
}

static void
put_entry(struct writer *w, const struct export_entry *x, const char *places)
{
	const struct export_entry *org = export_find(w->set, text(x->fields, "organisation"), KIND_ORGANISATION);
	const struct field *terms = kind_field_by_word(kind_find(KIND_SERVICE), "kind_terms");
	const cJSON *sectors = cJSON_GetObjectItemCaseSensitive(x->fields, "kind_terms"), *sector;
	bool confidential = is_confidential(w, x);
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
		put_sector(w, cells, x, "", places, confidential);
	cJSON_ArrayForEach(sector, sectors) {
		const char *word = cJSON_IsString(sector) ? sector->valuestring : "";
		const struct code *code = code_find(terms->codes, bytes_text(word));

		cells[SECTOR] = code ? code->label : word;
		put_sector(w, cells, x, word, places, confidential);
	}
}

void
threew_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	static const struct { uint16_t kind; const char *places; } rows[] = {
		{ KIND_SERVICE, "service_areas" }, { KIND_PROGRAM, "territories" },
	};
	struct writer w = { .set = s, .language = how->language, .out = export_file(out, "3w.csv") };
	const struct export_entry *x;
	size_t count;

	_Static_assert(sizeof(columns) / sizeof(columns[0]) == COLUMNS, "a head and a tag for each column");
	for (size_t i = 0; i < COLUMNS; i++)
		csv_put(w.out, bytes_text(columns[i].head), i == 0);
	csv_end(w.out);
	for (size_t i = 0; i < COLUMNS; i++)
		csv_put(w.out, bytes_text(columns[i].tag), i == 0);
	csv_end(w.out);
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		count = export_of_kind(s, rows[k].kind, &x);
		for (size_t i = 0; i < count; i++)
			note_entry(&w, &x[i], rows[k].places);
	}
	if (w.count)
		qsort(w.list, w.count, sizeof *w.list, by_help);
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		count = export_of_kind(s, rows[k].kind, &x);
		for (size_t i = 0; i < count; i++)
			put_entry(&w, &x[i], rows[k].places);
	}
	free(w.list);
}
