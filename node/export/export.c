#include "node/export/export.h"

#include <stdlib.h>
#include <string.h>

#include "node/export/hsds.h"
#include "node/export/jsonld.h"
#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/record/freshness.h"
#include "node/record/value.h"
#include "node/record/walk.h"

/* --- formats --- */

static const uint16_t hsds_kinds[] = { KIND_TAXONOMY, KIND_TERM, KIND_ORGANISATION, KIND_LOCATION, KIND_PROGRAM,
	KIND_SERVICE, 0 };
static const uint16_t threew_kinds[] = { KIND_ORGANISATION, KIND_SERVICE, KIND_PROGRAM, KIND_PLACE, KIND_TERM, 0 };
static const uint16_t ical_kinds[] = { KIND_EVENT, KIND_LOCATION, 0 };

const struct export_format export_formats[] = {
	{ "hsds", "Human Services Data Specification, one JSON document", hsds_kinds, hsds_json_write },
	{ "hsds-ndjson", "the same, one object a line", hsds_kinds, hsds_lines_write },
	{ "hsds-csv", "the same as tables, a folder of CSV files with datapackage.json", hsds_kinds, hsds_tables_write },
	{ "jsonld", "schema.org, as JSON-LD", NULL, jsonld_file_write },
	{ "3w", "who does what where, as CSV with HXL tags", threew_kinds, threew_write },
	{ "ical", "events as a calendar (iCalendar)", ical_kinds, ical_write },
};
const size_t export_formats_count = sizeof(export_formats) / sizeof(export_formats[0]);

enum err_code
export_format(const char *word, const struct export_format **out, struct err *e)
{
	struct buf words = { 0 };
	enum err_code rc;

	for (size_t i = 0; i < export_formats_count; i++)
		if (strcmp(export_formats[i].word, word) == 0) {
			*out = &export_formats[i];
			return ERR_OK;
		}
	for (size_t i = 0; i < export_formats_count; i++)
		buf_printf(&words, "%s%s", i ? ", " : "", export_formats[i].word);
	rc = err_set(e, ERR_INPUT, word, "format", "there is no such format; there are %s", buf_text(&words));
	buf_free(&words);
	return rc;
}

bool
export_says(const struct export_format *f, uint16_t kind)
{
	if (f->kinds == NULL)
		return jsonld_type(kind) != NULL;
	for (const uint16_t *k = f->kinds; *k; k++)
		if (*k == kind)
			return true;
	return false;
}

/* --- what may be shown --- */

struct collecting {
	const struct view_context *view;
	const struct kind *kind;
	struct export_set *set;
};

struct following {
	struct collecting *c;
	bool public;
};

static bool
target_is_public(struct collecting *c, const struct id *author, const struct uuid *name)
{
	struct verified v;

	for (size_t i = 0; i < kinds_count; i++)
		if (!(kinds[i]->flags & KIND_INTERNAL) &&
		    records_live(c->view->records, c->view->txn, kinds[i]->number, author, name, &v) && v.record.audience != AUDIENCE_PUBLIC)
			return false;
	return true;
}

/* What is about another entry is never shown more widely than that. */
static bool
look_at_target(void *self, const struct walk_value *v)
{
	struct following *f = self;
	struct id author;
	struct uuid name;

	if (v->field->flags & FIELD_FOLLOWS && walk_reference(v, &author, &name))
		f->public = target_is_public(f->c, &author, &name);
	return f->public;
}

static bool
may_go_out(struct collecting *c, const struct record *r)
{
	struct following f = { c, true };

	if (r->state != RECORD_LIVE || r->audience != AUDIENCE_PUBLIC ||
	    kind_check_audience(c->kind, r->body, AUDIENCE_PUBLIC, NULL) != ERR_OK)
		return false;
	walk_body(c->kind, r->body, look_at_target, &f);
	return f.public;
}

/* Members that are no fields: what was withheld or not understood leaves no trace. */
static void
drop_strangers(const struct kind *k, cJSON *fields)
{
	cJSON *v = fields->child, *next;

	for (; v; v = next) {
		const struct field *f = kind_field_by_word(k, v->string);

		next = v->next;
		if (f == NULL || f->flags & FIELD_PRIVATE)
			cJSON_Delete(cJSON_DetachItemViaPointer(fields, v));
	}
}

static bool
take(void *self, const struct verified *v)
{
	struct collecting *c = self;
	struct export_set *s = c->set;
	struct bytes none = { 0 };
	struct view w;
	cJSON *fields;

	/* What an author sees of her own and others do not stays at home as well. */
	view_of(c->view, c->kind, v, &w);
	if (w.why != VIEW_SHOWN || !may_go_out(c, &v->record) ||
	    body_to_json(c->kind, v->record.body, none, &fields, NULL) != ERR_OK)
		return true;
	w.own = false;
	view_prune(c->view, c->kind, v, &w, fields);
	drop_strangers(c->kind, fields);
	s->entries = need_room(s->entries, s->count, &s->cap, sizeof *s->entries);
	s->entries[s->count++] = (struct export_entry){ .kind = c->kind, .author = v->record.author, .name = v->record.name,
		.stamp = v->record.stamp, .fields = fields };
	return true;
}

static int
by_name(const void *x, const void *y)
{
	const struct export_entry *a = x, *b = y;
	int order = (a->kind->number > b->kind->number) - (a->kind->number < b->kind->number);

	if (order == 0)
		order = memcmp(&a->name, &b->name, sizeof(a->name));
	return order ? order : id_compare(&a->author, &b->author);
}

/* One id stands for one entry of its kind, although two authors may have given one name. */
static void
give_ids(struct export_set *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct export_entry *x = &s->entries[i];
		char author[ID_TEXT];

		uuid_format(&x->name, x->id);
		if (i > 0 && x[-1].kind == x->kind && uuid_equal(&x[-1].name, &x->name))
			hsds_id_of(id_format(ID_ORGANISATION, &x->author, author), x->id, 0, x->id);
	}
}

void
export_collect(const struct view_context *view, const uint16_t *wanted, struct export_set *out)
{
	struct collecting c = { .view = view, .set = out };

	*out = (struct export_set){ .now_ms = view->now_ms };
	for (size_t i = 0; i < kinds_count; i++) {
		const uint16_t *w = wanted;

		while (w && *w && *w != kinds[i]->number)
			w++;
		c.kind = kinds[i];
		if (!(c.kind->flags & KIND_INTERNAL) && (wanted == NULL || *w))
			records_each(view->records, view->txn, c.kind->number, take, &c);
	}
	if (out->count)
		qsort(out->entries, out->count, sizeof(*out->entries), by_name);
	give_ids(out);
}

void
export_done(struct export_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		cJSON_Delete(s->entries[i].fields);
	free(s->entries);
	*s = (struct export_set){ .count = 0 };
}

/* --- finding --- */

size_t
export_of_kind(const struct export_set *s, uint16_t kind, const struct export_entry **out_first)
{
	size_t low = 0, high = s->count, end;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->entries[middle].kind->number < kind)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < s->count && s->entries[end].kind->number == kind; end++)
		;
	*out_first = s->entries + low;
	return end - low;
}

static const struct export_entry *
find_in_kind(const struct export_set *s, const struct kind *k, const struct id *author, const struct uuid *name)
{
	struct export_entry key = { .kind = k, .author = *author, .name = *name };

	return s->count ? bsearch(&key, s->entries, s->count, sizeof(key), by_name) : NULL;
}

const struct export_entry *
export_find(const struct export_set *s, const char *reference, uint16_t target)
{
	const struct export_entry *found = NULL;
	struct id author, none = { { 0 } };
	struct uuid name;

	if (reference_parse(reference, &none, "reference", &author, &name, NULL) != ERR_OK)
		return NULL;
	if (target)
		return find_in_kind(s, kind_find(target), &author, &name);
	for (size_t i = 0; i < kinds_count && !found; i++)
		found = find_in_kind(s, kinds[i], &author, &name);
	return found;
}

const char *
export_text(const cJSON *fields, const char *word, const char *language)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(fields, word), *t = NULL;

	if (cJSON_IsString(v))
		return v->valuestring;
	if (language)
		t = cJSON_GetObjectItemCaseSensitive(v, language);
	if (!cJSON_IsString(t))
		t = v ? v->child : NULL;
	return cJSON_GetStringValue(t);
}

/* --- files --- */

struct buf *
export_file(struct export_files *f, const char *name)
{
	struct export_file *new;

	f->files = need_realloc(f->files, (f->count + 1) * sizeof(*f->files));
	new = &f->files[f->count++];
	*new = (struct export_file){ .text = { 0 } };
	strncpy(new->name, name, sizeof(new->name) - 1);
	return &new->text;
}

void
export_files_done(struct export_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		buf_free(&f->files[i].text);
	free(f->files);
	*f = (struct export_files){ .count = 0 };
}
