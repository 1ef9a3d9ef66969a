#include <stdio.h>
#include <string.h>

#include "node/export/import_int.h"
#include "node/export/scan.h"
#include "node/record/json.h"
#include "proto/limits.h"

/* --- objects within objects --- */

/* Whole entries that may stand within others: where, what they are, and how each names the other. */
static const struct within {
	const char *of, *member, *entity;
	const char *link;            /* member of the outer one that gets the inner one's id; NULL: none */
	const char *back;            /* member of the inner one that gets the outer one's id; NULL: none */
	const char *same;            /* member that the inner one has from the outer one; NULL: none */
} within[] = {
	{ "organization", "locations", "location", NULL, "organization_id", NULL },
	{ "organization", "programs", "program", NULL, "organization_id", NULL },
	{ "organization", "services", "service", NULL, "organization_id", NULL },
	{ "service", "organization", "organization", "organization_id", NULL, NULL },
	{ "service", "program", "program", "program_id", NULL, "organization_id" },
	{ "service_at_location", "location", "location", "location_id", NULL, NULL },
	{ "taxonomy_term", "taxonomy_detail", "taxonomy", "taxonomy_id", NULL, NULL },
};

struct place {
	size_t file;
	unsigned line;
	struct bytes text;
	bool outer;                  /* the object itself: only then is a path in TEXT a path in it */
};

static void take_object(struct import *im, const struct hsds_entity *in, cJSON *o, const struct place *at);

static void
link_to(cJSON *o, const char *name, const char *id)
{
	if (name == NULL || id == NULL || cJSON_HasObjectItem(o, name))
		return;
	cJSON_AddStringToObject(o, name, id);
}

static void
lift(struct import *im, const struct within *w, cJSON *outer, cJSON *inner, const struct place *at)
{
	struct place place = { at->file, at->line, { 0 }, false };

	if (!cJSON_IsObject(inner)) {
		cJSON_Delete(inner);
		return;
	}
	link_to(outer, w->link, json_member(inner, "id"));
	link_to(inner, w->back, json_member(outer, "id"));
	link_to(inner, w->same, w->same ? json_member(outer, w->same) : NULL);
	take_object(im, hsds_entity(w->entity), inner, &place);
}

/* Whole entries leave O and become sources of their own. */
static void
lift_all(struct import *im, const struct hsds_entity *in, cJSON *o, const struct place *at)
{
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
		const struct within *w = &within[i];
		cJSON *v, *inner;

		if (strcmp(w->of, in->name) != 0)
			continue;
		v = cJSON_GetObjectItemCaseSensitive(o, w->member);
		if (cJSON_IsArray(v)) {
			while ((inner = cJSON_DetachItemFromArray(v, 0)))
				lift(im, w, o, inner, at);
		} else if (cJSON_IsObject(v)) {
			lift(im, w, o, cJSON_DetachItemViaPointer(o, v), at);
		}
	}
}

static void
take_object(struct import *im, const struct hsds_entity *in, cJSON *o, const struct place *at)
{
	const struct hsds_entity *at_location = hsds_entity("service_at_location");
	cJSON *link;
	struct source *s;

	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(o, "service_at_locations"))
		if (cJSON_IsObject(link))
			lift_all(im, at_location, link, at);
	lift_all(im, in, o, at);
	if ((s = import_add(im, in, o, at->file, at->line)) == NULL)
		return;
	s->within = !at->outer;
	if (at->outer)
		s->text = at->text;
}

/* --- what an object is --- */

/* Where neither the document nor our profile tells: by a member that only one entity has. */
static const struct hsds_entity *
guess(const cJSON *o)
{
	static const struct {
		const char *member, *entity;
	} signs[] = {
		{ "location_type", "location" }, { "status", "service" }, { "service_at_locations", "service" },
		{ "taxonomy_id", "taxonomy_term" }, { "parent_id", "taxonomy_term" }, { "term_uri", "taxonomy_term" },
		{ "taxonomy", "taxonomy_term" }, { "organization_id", "program" }, { "version", "taxonomy" },
	};
	const char *own = json_member(cJSON_GetObjectItemCaseSensitive(o, "kilim"), "kind");
	const struct kind *k = own ? kind_by_word(own) : NULL;

	if (k && hsds_of_kind(k->number))
		return hsds_of_kind(k->number);
	if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(o, "service")))
		return hsds_entity("service_at_location");
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (cJSON_HasObjectItem(o, signs[i].member))
			return hsds_entity(signs[i].entity);
	return hsds_entity("organization");
}

/* "line 2: this is not JSON" speaks of the object: of the file it is the line that many further. */
static const char *
split_line(const char *reason, unsigned *io_line)
{
	unsigned within_object;
	int len = 0;

	if (sscanf(reason, "line %u: %n", &within_object, &len) < 1 || len == 0)
		return reason;
	*io_line += within_object - 1;
	return reason + len;
}

/* A place at which a service is given is no entry of its own: O becomes its service, given there. */
static cJSON *
turn_over(cJSON *o)
{
	cJSON *service = cJSON_DetachItemFromObjectCaseSensitive(o, "service");

	cJSON_DeleteItemFromObjectCaseSensitive(service, "service_at_locations");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(service, "service_at_locations"), o);
	return service;
}

/* IN is NULL where the object itself tells what it is. */
static void
read_object(struct import *im, size_t file, const struct scan_value *v, const struct hsds_entity *in)
{
	struct place at = { file, v->line, v->text, true };
	cJSON *o = NULL;
	struct err e = { 0 };
	unsigned line = v->line;

	if (json_parse(v->text, LIMIT_IMPORT_OBJECT, "object", &o, &e) != ERR_OK) {
		const char *reason = split_line(e.reason, &line);

		import_say(im, file, line, "", e.rule, "%s", reason);
		return;
	}
	if (!cJSON_IsObject(o)) {
		import_say(im, file, v->line, in ? in->name : "", "object", "an object is expected here");
		cJSON_Delete(o);
		return;
	}
	if (in == NULL)
		in = guess(o);
	if (in->kind == 0) {
		o = turn_over(o);
		in = hsds_entity("service");
		at.outer = false; /* its service stood within it */
	}
	take_object(im, in, o, &at);
}

/* --- documents --- */

static void
read_array(struct import *im, size_t file, struct scan *s, const struct hsds_entity *in)
{
	struct scan_value v;
	bool first = true;

	if (!scan_pass(s, '[')) {
		s->bad = true;
		return;
	}
	while (!im->full && scan_element(s, &first) && scan_take(s, &v))
		read_object(im, file, &v, in);
}

/* The name of a member as an entity: "organization" or "organizations". */
static const struct hsds_entity *
entity_named(struct bytes name)
{
	char word[64];

	if (name.len >= sizeof(word))
		return NULL;
	memcpy(word, name.p, name.len);
	word[name.len] = 0;
	return hsds_entity(word) ? hsds_entity(word) : hsds_in_array(word);
}

/* A document of arrays, a page of a list ("contents"), or one object. */
static void
read_document(struct import *im, size_t file, struct scan *s)
{
	struct scan whole = *s;
	struct scan_value v = { { 0 }, 0 };
	struct bytes name;
	bool first = true, arrays = false;

	scan_pass(s, '{');
	while (!im->full && scan_member(s, &first, &name)) {
		const struct hsds_entity *in = entity_named(name);

		if (scan_look(s) == '[' && ((in && in->kind) || bytes_equal(name, bytes_text("contents")))) {
			/* An organisation has arrays of this name as well: a document is no entity itself. */
			arrays = true;
			read_array(im, file, s, in);
		} else if (bytes_equal(name, bytes_text("id"))) {
			*s = whole;
			if (scan_take(s, &v))
				read_object(im, file, &v, NULL);
			return;
		} else if (!scan_take(s, &v)) {
			break;
		}
	}
	if (!s->bad && !arrays)
		import_say(im, file, 1, "", "document", "there are no objects of HSDS in this document");
}

void
import_read_json(struct import *im, size_t file)
{
	struct scan s;
	struct scan_value v;

	scan_open(&s, im->files[file].text, 1);
	if (scan_look(&s) < 0)
		import_say(im, file, 1, "", "empty", "there is nothing in this file");
	for (bool lines = false; !im->full && !s.bad && scan_look(&s) >= 0; lines = true) {
		struct scan one = s;

		if (scan_look(&s) == '[' && !lines) {
			read_array(im, file, &s, NULL);
			continue;
		}
		/* One value a line: NDJSON. The first one alone is a document. */
		if (!scan_take(&s, &v))
			break;
		if (!lines && scan_look(&s) < 0) {
			s = one;
			read_document(im, file, &s);
		} else {
			read_object(im, file, &v, NULL);
		}
	}
	if (s.bad)
		import_say(im, file, s.line, "", "json", "this is not JSON: a bracket, a comma or a quote is amiss");
}
