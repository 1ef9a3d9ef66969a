#include "node/record/walk.h"

#include <stdio.h>

#include "proto/cbor.h"

struct walking {
	bool (*fn)(void *self, const struct walk_value *v);
	void *self;
	bool stopped;
};

static void each_in_map(struct walking *w, const struct kind *k, const struct field *group, struct bytes map,
    const char *path, bool exact);

static void
give(struct walking *w, const struct field *f, struct bytes item, const char *path, bool exact)
{
	struct walk_value v = { path, f, exact, item };

	if (!w->stopped && !w->fn(w->self, &v))
		w->stopped = true;
	if (!w->stopped && f->type == FIELD_GROUP)
		each_in_map(w, NULL, f, item, path, exact);
}

static void
each_in_list(struct walking *w, const struct field *f, struct bytes list, const char *path, bool exact)
{
	struct cbor_reader r;

	cbor_open(&r, list);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return;
	for (size_t i = 0, count = cbor_array(&r); i < count && !r.fault && !w->stopped; i++) {
		char entry[112];

		snprintf(entry, sizeof entry, "%.80s[%u]", path, (unsigned)i);
		give(w, f, cbor_any(&r), entry, exact);
	}
}

/* The field of NUMBER: in the body of K, or in GROUP when K is NULL. */
static const struct field *
field_of(const struct kind *k, const struct field *group, uint64_t number)
{
	if (k)
		return kind_field(k, number);
	for (size_t i = 0; i < group->field_count; i++)
		if (group->fields[i].number == number)
			return &group->fields[i];
	return NULL;
}

static void
each_in_map(struct walking *w, const struct kind *k, const struct field *group, struct bytes map, const char *path,
    bool exact)
{
	struct cbor_reader r;

	cbor_open(&r, map);
	if (cbor_peek(&r) != CBOR_MAP)
		return;
	for (size_t n = cbor_map(&r); n > 0 && !r.fault && !w->stopped; n--) {
		const struct field *f = field_of(k, group, cbor_key(&r));
		struct bytes item = cbor_any(&r);
		char inner[96];
		bool tells;

		if (f == NULL || r.fault)
			continue;
		tells = exact || (f->flags & FIELD_EXACT);
		snprintf(inner, sizeof inner, "%.60s%s%s", path, *path ? "." : "", f->word);
		if (f->flags & FIELD_LIST)
			each_in_list(w, f, item, inner, tells);
		else
			give(w, f, item, inner, tells);
	}
}

void
walk_body(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct walk_value *v), void *self)
{
	struct walking w = { fn, self, false };

	each_in_map(&w, k, NULL, body, "", false);
}

bool
walk_reference(const struct walk_value *v, struct id *out_author, struct uuid *out_name)
{
	struct cbor_reader r;

	cbor_open(&r, v->item);
	if (v->field->type != FIELD_REFERENCE || cbor_peek(&r) != CBOR_ARRAY)
		return false;
	cbor_array_of(&r, 2);
	cbor_fixed(&r, out_author, ID_LEN);
	cbor_fixed(&r, out_name, UUID_LEN);
	return r.fault == NULL;
}

const struct code *
walk_code(const struct walk_value *v)
{
	struct cbor_reader r;

	cbor_open(&r, v->item);
	return v->field->codes && cbor_peek(&r) == CBOR_TEXT ? code_find(v->field->codes, cbor_text(&r)) : NULL;
}
