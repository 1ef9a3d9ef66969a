/* The texts of a body, by the table of its kind, and what is found in them. */
#include "node/record/lint.h"

#include <stdio.h>
#include <string.h>

#include "node/record/walk.h"
#include "proto/cbor.h"
#include "proto/utf8.h"

#define QUOTED 40                    /* bytes of what was found, in the error */

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

/* --- what is found --- */

struct reading {
	bool (*fn)(void *self, const struct lint_finding *f);
	void *self;
};

static bool
read_one(void *self, const struct text_value *v)
{
	struct reading *r = self;

	return v->exact || lint_text(v->text, v->field->type, v->path, r->fn, r->self);
}

void
lint_body(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct lint_finding *f), void *self)
{
	struct reading r = { fn, self };

	lint_each_text(k, body, read_one, &r);
}

static bool
stop_at_first(void *self, const struct lint_finding *f)
{
	(void)f;
	*(bool *)self = true;
	return false;
}

bool
lint_finds(struct bytes text)
{
	bool found = false;

	lint_text(text, FIELD_TEXT, "text", stop_at_first, &found);
	return found;
}

bool
lint_body_finds(const struct kind *k, struct bytes body)
{
	bool found = false;

	lint_body(k, body, stop_at_first, &found);
	return found;
}

struct refusal {
	struct err *e;
	enum err_code rc;
};

static bool
refuse_first(void *self, const struct lint_finding *f)
{
	struct refusal *r = self;
	struct bytes what = utf8_cut((struct bytes){ f->text.p + f->at, f->len }, QUOTED);

	r->rc = err_set(r->e, ERR_DENIED, f->path, f->rule,
	    "%s (\"%.*s\"), and this entry's place is withheld for safety", f->reason, (int)what.len,
	    (const char *)what.p);
	return false;
}

enum err_code
lint_check(const struct kind *k, struct bytes body, struct err *e)
{
	struct refusal r = { e, ERR_OK };

	lint_body(k, body, refuse_first, &r);
	return r.rc;
}
