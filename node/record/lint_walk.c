/* The texts of a body, by the table of its kind. */
#include "node/record/lint.h"

#include <stdio.h>
#include <string.h>

#include "proto/cbor.h"

struct texts {
	bool (*fn)(void *self, const struct text_value *v);
	void *self;
	bool stopped;
};

static void each_in_map(struct texts *w, const struct kind *k, const struct field *group, struct bytes map,
    const char *path, bool exact);

static void
give(struct texts *w, const struct field *f, const char *path, bool exact, struct bytes text)
{
	struct text_value v = { path, f, exact, text };

	if (!w->stopped && !w->fn(w->self, &v))
		w->stopped = true;
}

static void
each_mltext(struct texts *w, const struct field *f, struct bytes item, const char *path, bool exact)
{
	struct cbor_reader r;

	cbor_open(&r, item);
	for (size_t n = cbor_array(&r); n > 0 && cbor_peek(&r) == CBOR_ARRAY; n--) {
		struct bytes tag, text;
		char inner[96];

		if (cbor_array(&r) < 2)
			return;
		tag = cbor_text(&r);
		text = cbor_text(&r);
		cbor_any(&r);
		if (r.fault)
			return;
		snprintf(inner, sizeof inner, "%s.%.*s", path, (int)tag.len, (const char *)tag.p);
		give(w, f, inner, exact, text);
	}
}

static void
each_in_item(struct texts *w, const struct field *f, struct bytes item, const char *path, bool exact)
{
	struct cbor_reader r;

	cbor_open(&r, item);
	if (f->type == FIELD_GROUP && cbor_peek(&r) == CBOR_MAP)
		each_in_map(w, NULL, f, item, path, exact);
	else if (f->type == FIELD_MLTEXT && cbor_peek(&r) == CBOR_ARRAY)
		each_mltext(w, f, item, path, exact);
	else if (cbor_peek(&r) == CBOR_TEXT)
		give(w, f, path, exact, cbor_text(&r));
}

static void
each_in_map(struct texts *w, const struct kind *k, const struct field *group, struct bytes map, const char *path,
    bool exact)
{
	struct cbor_reader r;

	cbor_open(&r, map);
	if (cbor_peek(&r) != CBOR_MAP)
		return;
	for (size_t n = cbor_map(&r); n > 0 && !r.fault && !w->stopped; n--) {
		uint64_t number = cbor_key(&r);
		struct bytes item = cbor_any(&r);
		const struct field *f = k ? kind_field(k, number) : NULL;
		struct cbor_reader list;
		char inner[96];

		for (size_t i = 0; group && i < group->field_count; i++)
			if (group->fields[i].number == number)
				f = &group->fields[i];
		if (f == NULL || r.fault)
			continue;
		snprintf(inner, sizeof inner, "%.60s%s%s", path, *path ? "." : "", f->word);
		cbor_open(&list, item);
		if (!(f->flags & FIELD_LIST)) {
			each_in_item(w, f, item, inner, exact || (f->flags & FIELD_EXACT));
			continue;
		}
		if (cbor_peek(&list) != CBOR_ARRAY)
			continue;
		for (size_t i = 0, count = cbor_array(&list); i < count && !list.fault; i++) {
			char entry[112];

			snprintf(entry, sizeof entry, "%.80s[%u]", inner, (unsigned)i);
			each_in_item(w, f, cbor_any(&list), entry, exact || (f->flags & FIELD_EXACT));
		}
	}
}

void
lint_each_text(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct text_value *v), void *self)
{
	struct texts w = { fn, self, false };

	each_in_map(&w, k, NULL, body, "", false);
}
