#include "node/export/export.h"

#include <stdio.h>
#include <string.h>

#include "node/export/hsds_int.h"

static const char in_part[] = "in part";

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
			return in_part;
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
	{ KIND_SERVICE, "locations", "who the author is, where it is another" },
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

/* A group that is kept in part is told by its own fields. */
static void
put_group(const struct hsds_entity *of, const struct field *f, bool nested, const char *path, struct buf *out)
{
	struct hsds_path p;
	const struct hsds_entity *in;

	hsds_path(f, nested, &p);
	in = hsds_in_array(p.first);
	for (size_t i = 0; i < f->field_count; i++) {
		const char *why = fault_of(in, &f->fields[i], true);
		char inner[128];

		snprintf(inner, sizeof(inner), "%s.%s", path, f->fields[i].word);
		if (why && strcmp(why, in_part) == 0)
			put_group(of, &f->fields[i], true, inner, out);
		else if (why)
			buf_printf(out, "| %s | %s | %s |\n", of->name, inner, why);
	}
}

static void
put_losses(const struct kind *k, struct buf *out)
{
	for (size_t i = 0; i < k->field_count; i++) {
		const struct field *f = &k->fields[i];
		const char *why;

		if (f->flags & FIELD_PRIVATE || export_keeps(k, f, &why))
			continue;
		if (strcmp(why, in_part) == 0)
			put_group(hsds_of_kind(k->number), f, false, f->word, out);
		else
			buf_printf(out, "| %s | %s | %s |\n", hsds_of_kind(k->number)->name, f->word, why);
	}
}

/* A field that every kind has: one line for each way in which it is lost, with the objects that lose it so. */
static void
put_common(const struct field *f, struct buf *out)
{
	const char *whys[8];
	size_t count = 0;

	for (size_t i = 0; i < hsds_entities_count; i++) {
		const struct kind *k = hsds_entities[i].kind ? kind_find(hsds_entities[i].kind) : NULL;
		const char *why;
		size_t n = 0;

		if (k == NULL || export_keeps(k, f, &why))
			continue;
		while (n < count && strcmp(whys[n], why) != 0)
			n++;
		if (n < count)
			continue; /* told with the first that loses it so */
		whys[count++] = why;
		buf_printf(out, "| %s", hsds_entities[i].name);
		for (size_t j = i + 1; j < hsds_entities_count; j++) {
			const char *other = NULL;

			if (hsds_entities[j].kind && !export_keeps(kind_find(hsds_entities[j].kind), f, &other) &&
			    strcmp(other, why) == 0)
				buf_printf(out, ", %s", hsds_entities[j].name);
		}
		buf_printf(out, " | %s | %s |\n", f->word, why);
	}
}

void
export_losses(struct buf *out)
{
	buf_put_text(out, "| HSDS object | our field | what plain HSDS loses |\n|---|---|---|\n");
	for (size_t i = 0; i < hsds_entities_count; i++)
		if (hsds_entities[i].kind)
			put_losses(kind_find(hsds_entities[i].kind), out);
	for (size_t i = 0; i < common_fields_count; i++)
		if (!(common_fields[i].flags & FIELD_PRIVATE))
			put_common(&common_fields[i], out);
}
