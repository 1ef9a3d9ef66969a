#include "node/export/export.h"

#include <string.h>

#include "node/export/hsds_int.h"

/* Why plain HSDS does not keep the whole of a value; NULL: it does. */
static const char *
fault_of(const struct hsds_entity *in, const struct field *f, bool nested)
{
	struct hsds_path p;
	const struct hsds_entity *inner;

	if (!hsds_path(f, nested, &p))
		return "has no term";
	if (strcmp(p.first, "freq") == 0)
		return "only weekly and monthly";
	if (strcmp(p.first, "unit") == 0)
		return NULL;
	if (!hsds_has(p.rest || f->type == FIELD_GROUP ? in->arrays : in->members, p.first, p.len, HSDS_31, NULL))
		return "has no term";
	if (f->type == FIELD_MLTEXT)
		return "one language, and not which";
	if (f->type == FIELD_REFERENCE)
		return "who the author is, where it is another";
	if (f->flags & FIELD_LIST && !p.rest && f->type != FIELD_GROUP)
		return "the first only";
	if (f->type != FIELD_GROUP || strcmp(p.first, "attributes") == 0)
		return f->type == FIELD_GROUP ? "label: one language, and not which" : NULL;
	inner = hsds_in_array(p.first);
	for (size_t i = 0; i < f->field_count; i++)
		if (fault_of(inner, &f->fields[i], true))
			return "in part: see its own fields";
	return NULL;
}

/* What an entity must have, or may not have, whatever the entry says. */
static const struct {
	uint16_t kind;
	const char *word, *why;
} exceptions[] = {
	{ KIND_LOCATION, "location_type", "virtual where the place is withheld; physical where nothing is said" },
	{ KIND_LOCATION, "address", "only with street and town" },
	{ KIND_ORGANISATION, "description", "one language, and not which; the name where there is none" },
	{ KIND_TAXONOMY, "description", "one language, and not which; the name where there is none" },
	{ KIND_TERM, "description", "one language, and not which; the name where there is none" },
	{ KIND_SERVICE, "status", "active where nothing is said" },
	{ KIND_SERVICE, "locations", "who the author is; and hours or numbers there are told apart by at_locations" },
};

bool
export_keeps(const struct kind *k, const struct field *f, const char **out_why)
{
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]) && why == NULL; i++)
		if (exceptions[i].kind == k->number && strcmp(exceptions[i].word, f->word) == 0)
			why = exceptions[i].why;
	if (why == NULL)
		why = fault_of(hsds_of_kind(k->number), f, false);
	if (out_why)
		*out_why = why;
	return why == NULL;
}

static void
put_losses(const struct kind *k, const struct field *fields, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const char *why;

		if (!(fields[i].flags & FIELD_PRIVATE) && !export_keeps(k, &fields[i], &why))
			buf_printf(out, "| %s | %s | %s |\n", hsds_of_kind(k->number)->name, fields[i].word, why);
	}
}

void
export_losses(struct buf *out)
{
	buf_put_text(out, "| HSDS object | our field | what plain HSDS loses |\n|---|---|---|\n");
	for (size_t i = 0; i < hsds_entities_count; i++) {
		const struct kind *k = hsds_entities[i].kind ? kind_find(hsds_entities[i].kind) : NULL;

		if (k) {
			put_losses(k, k->fields, k->field_count, out);
			put_losses(k, common_fields, common_fields_count, out);
		}
	}
}
