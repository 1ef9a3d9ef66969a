/* The texts of a body, by the table of its kind. */
#include "node/record/lint.h"

#include <stdio.h>
#include <string.h>

#include "node/record/walk.h"
#include "proto/cbor.h"

struct texts {
	bool (*fn)(void *self, const struct text_value *v);
	void *self;
};

/* Every language of a text by language. */
static bool
give_mltext(struct texts *w, const struct walk_value *v)
{
	struct cbor_reader r;

	cbor_open(&r, v->item);
	for (size_t n = cbor_array(&r); n > 0 && cbor_peek(&r) == CBOR_ARRAY; n--) {
		struct bytes tag, text;
		char inner[160];

		if (cbor_array(&r) < 2)
			return true;
		tag = cbor_text(&r);
		text = cbor_text(&r);
		cbor_any(&r);
		if (r.fault)
			return true;
		snprintf(inner, sizeof inner, "%s.%.*s", v->path, (int)tag.len, (const char *)tag.p);
		if (!w->fn(w->self, &(struct text_value){ inner, v->field, v->exact, text }))
			return false;
	}
	return true;
}

static bool
give_text(void *self, const struct walk_value *v)
{
	struct texts *w = self;
	struct cbor_reader r;

	cbor_open(&r, v->item);
	if (v->field->type == FIELD_MLTEXT && cbor_peek(&r) == CBOR_ARRAY)
		return give_mltext(w, v);
	if (cbor_peek(&r) != CBOR_TEXT)
		return true;
	return w->fn(w->self, &(struct text_value){ v->path, v->field, v->exact, cbor_text(&r) });
}

void
lint_each_text(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct text_value *v), void *self)
{
	struct texts w = { fn, self };

	walk_body(k, body, give_text, &w);
}
