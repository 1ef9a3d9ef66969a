#include "node/record/walk.h"

#include <string.h>

#include "proto/cbor.h"

/* Paths end where they would not fit; the deepest there is has 60 bytes. */
struct walking {
	bool (*fn)(void *self, const struct walk_value *v);
	void *self;
	bool stopped;
	const struct field *top;
	char path[112];
	size_t len;
};

static void each_in_map(struct walking *w, const struct kind *k, const struct field *group, struct bytes map, bool exact);

static void
append(struct walking *w, const char *text, size_t len)
{
	size_t room = sizeof w->path - 1 - w->len;

	len = len < room ? len : room;
	memcpy(w->path + w->len, text, len);
	w->len += len;
	w->path[w->len] = 0;
}

static void
append_index(struct walking *w, size_t i)
{
	char digits[20];
	size_t at = sizeof digits;

	append(w, "[", 1);
	do
		digits[--at] = (char)('0' + i % 10);
	while (i /= 10);
	append(w, digits + at, sizeof digits - at);
	append(w, "]", 1);
}

static void
cut(struct walking *w, size_t len)
{
	w->len = len;
	w->path[len] = 0;
}

static void
give(struct walking *w, const struct field *f, struct bytes item, bool exact)
{
	struct walk_value v = { w->path, f, w->top, exact, item };

	if (!w->stopped && !w->fn(w->self, &v))
		w->stopped = true;
	if (!w->stopped && f->type == FIELD_GROUP)
		each_in_map(w, NULL, f, item, exact);
}

static void
each_in_list(struct walking *w, const struct field *f, struct bytes list, bool exact)
{
	size_t before = w->len;
	struct cbor_reader r;

	cbor_open(&r, list);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return;
	for (size_t i = 0, count = cbor_array(&r); i < count && !r.fault && !w->stopped; i++) {
		append_index(w, i);
		give(w, f, cbor_any(&r), exact);
		cut(w, before);
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
each_in_map(struct walking *w, const struct kind *k, const struct field *group, struct bytes map, bool exact)
{
	size_t before = w->len;
	struct cbor_reader r;

	cbor_open(&r, map);
	if (cbor_peek(&r) != CBOR_MAP)
		return;
	for (size_t n = cbor_map(&r); n > 0 && !r.fault && !w->stopped; n--) {
		const struct field *f = field_of(k, group, cbor_key(&r));
		struct bytes item = cbor_any(&r);
		bool tells;

		if (f == NULL || r.fault)
			continue;
		if (k)
			w->top = f;
		tells = exact || (f->flags & FIELD_EXACT);
		if (before > 0)
			append(w, ".", 1);
		append(w, f->word, strlen(f->word));
		if (f->flags & FIELD_LIST)
			each_in_list(w, f, item, tells);
		else
			give(w, f, item, tells);
		cut(w, before);
	}
}

void
walk_body(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct walk_value *v), void *self)
{
	struct walking w = { .fn = fn, .self = self };

	each_in_map(&w, k, NULL, body, false);
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
