/* One value, from JSON to CBOR: a function a type. */
#include "node/record/body_json_int.h"

#include <math.h>
#include <string.h>

#include "node/base/near.h"
#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/stamp.h"
#include "proto/utf8.h"

static const char *
need_string(struct body_walk *w, const cJSON *v, const char *what)
{
	if (cJSON_IsString(v))
		return v->valuestring;
	body_refuse(w, ERR_INPUT, "type", "%s belongs here, written as a string", what);
	return NULL;
}

/* Text as it came, if it may stand in a record. */
static void
put_text(struct body_walk *w, const struct field *f, const char *text, struct buf *out)
{
	struct bytes b = bytes_text(text);
	const char *fault = field_fault(f->type, b);

	if (!utf8_valid(b))
		return body_refuse(w, ERR_INPUT, "utf-8",
		    "the text is not valid UTF-8, or has control characters other than a line's end");
	if (b.len > field_max(f))
		return body_refuse(w, ERR_LIMIT, "length", "%zu bytes are too long; %u is the most%s%s", b.len,
		    (unsigned)field_max(f), fault ? ": " : "", fault ? fault : "");
	if (fault)
		return body_refuse(w, ERR_INPUT, b.len ? "syntax" : "empty", "%s", fault);
	cbor_put_text(out, b);
}

void
body_from_text(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a text");

	if (text)
		put_text(w, f, text, out);
}

/* Numbers as people write them: "+383 (0)44/123-456" would be ambiguous, so a 0 in brackets is refused below. */
void
body_from_phone(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a telephone number");
	struct buf plain = { 0 };

	if (text == NULL)
		return;
	if (strstr(text, "(0)")) {
		body_refuse(w, ERR_INPUT, "syntax", "leave out the (0)");
		return;
	}
	if (strncmp(text, "00", 2) == 0) {
		buf_put_u8(&plain, '+');
		text += 2;
	}
	for (; *text; text++)
		if (!strchr(" -/.()", *text))
			buf_put_u8(&plain, (uint8_t)*text);
	put_text(w, f, buf_text(&plain), out);
	buf_free(&plain);
}

/* ISO 639-1 of the region's languages, since people know those. */
void
body_from_language(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	static const char *const known[][2] = {
		{ "sq", "sqi" }, { "sr", "srp" }, { "hr", "hrv" }, { "bs", "bos" }, { "mk", "mkd" }, { "tr", "tur" },
		{ "en", "eng" }, { "de", "deu" }, { "fr", "fra" }, { "it", "ita" }, { "hu", "hun" }, { "sk", "slk" },
		{ "ro", "ron" }, { "bg", "bul" }, { "el", "ell" }, { "sl", "slv" }, { "ru", "rus" }, { "uk", "ukr" },
		{ "ar", "ara" }, { "fa", "fas" }, { "ur", "urd" }, { "es", "spa" }, { "pt", "por" }, { "cs", "ces" },
	};
	const char *text = need_string(w, v, "a language");

	if (text == NULL)
		return;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i][0], text) == 0)
			text = known[i][1];
	put_text(w, f, text, out);
}

static const char *
nearest_code(const struct code_list *l, const char *word)
{
	size_t least = strlen(word) / 3 + 1;
	const char *best = NULL;

	for (size_t i = 0; i < l->count; i++) {
		size_t d = near_distance(l->codes[i].word, word);

		if (d < least) {
			least = d;
			best = l->codes[i].word;
		}
	}
	return best;
}

void
body_from_code(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a code");
	const struct code *found;
	struct buf names = { 0 };
	const char *near;

	if (text == NULL)
		return;
	found = code_find(f->codes, bytes_text(text));
	if (found == NULL && f->codes->spoken)
		found = f->codes->spoken(text);
	if (found) {
		cbor_put_text(out, bytes_text(found->word));
		return;
	}
	/* Of a long list the word that was probably meant, or a few, and where all of them stand. */
	near = nearest_code(f->codes, text);
	code_names(f->codes, &names);
	if (f->codes->count <= CODES_NAMED || w->kind->flags & KIND_INTERNAL)
		body_refuse(w, ERR_INPUT, "code", "\"%.40s\" is none of: %s", text, buf_text(&names));
	else if (near)
		body_refuse(w, ERR_INPUT, "code", "there is no word \"%.40s\"; did you mean \"%s\"? All of them: kilim help %s",
		    text, near, w->kind->word);
	else
		body_refuse(w, ERR_INPUT, "code", "\"%.40s\" is none of: %s; all of them: kilim help %s", text,
		    buf_text(&names), w->kind->word);
	buf_free(&names);
}

/* A whole number; cJSON has a double, and json_parse refused what a double cannot hold. */
static bool
whole(struct body_walk *w, const cJSON *v, int64_t *out)
{
	if (!cJSON_IsNumber(v)) {
		body_refuse(w, ERR_INPUT, "type", "a whole number belongs here, without quotes");
		return false;
	}
	if (!(fabs(v->valuedouble) <= JSON_SAFE_INTEGER)) {
		body_refuse(w, ERR_INPUT, "range", "the number is beyond 2^53");
		return false;
	}
	if (v->valuedouble != floor(v->valuedouble)) {
		body_refuse(w, ERR_INPUT, "type", "a whole number belongs here");
		return false;
	}
	*out = (int64_t)v->valuedouble;
	return true;
}

void
body_from_uint(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	int64_t n;

	if (!whole(w, v, &n))
		return;
	if (n < (int64_t)f->min || (f->max && n > (int64_t)f->max)) {
		if (f->max)
			body_refuse(w, ERR_INPUT, "range", "a number from %u to %u belongs here", (unsigned)f->min,
			    (unsigned)f->max);
		else
			body_refuse(w, ERR_INPUT, "range", "a number from %u on belongs here", (unsigned)f->min);
		return;
	}
	cbor_put_uint(out, (uint64_t)n);
}

void
body_from_int(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	int64_t n;

	(void)f;
	if (whole(w, v, &n))
		cbor_put_int(out, n);
}

void
body_from_bool(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	(void)f;
	if (!cJSON_IsBool(v))
		return body_refuse(w, ERR_INPUT, "type", "true or false belongs here, without quotes");
	cbor_put_bool(out, cJSON_IsTrue(v));
}

void
body_from_date(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a date");
	int64_t days;

	(void)f;
	if (text == NULL)
		return;
	if (!value_date_parse(text, &days))
		return body_refuse(w, ERR_INPUT, "date", "\"%.30s\" is no day; write 2026-01-31", text);
	cbor_put_int(out, days);
}

void
body_from_time(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a time");
	int64_t seconds;

	(void)f;
	if (text == NULL)
		return;
	if (!value_time_parse(text, &seconds))
		return body_refuse(w, ERR_INPUT, "time", "\"%.30s\" is no time; write 2026-01-31T12:00:00Z", text);
	cbor_put_int(out, seconds);
}

void
body_from_stamp(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a stamp");
	enum err_code rc;
	uint64_t stamp;

	(void)f;
	if (text == NULL || w->rc)
		return;
	if ((rc = stamp_parse(text, w->path, &stamp, w->e)))
		w->rc = rc;
	else
		cbor_put_uint(out, stamp);
}

void
body_from_degrees(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	if (!cJSON_IsNumber(v))
		return body_refuse(w, ERR_INPUT, "type", "a number of degrees belongs here, without quotes");
	if (!(fabs(v->valuedouble) * 1e6 <= (double)f->max))
		return body_refuse(w, ERR_INPUT, "range", "at most %u degrees", (unsigned)(f->max / 1000000));
	cbor_put_int(out, llround(v->valuedouble * 1e6));
}

void
body_from_reference(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a reference");
	struct id author;
	struct uuid name;
	enum err_code rc;

	(void)f;
	if (text == NULL || w->rc)
		return;
	if ((rc = reference_parse(text, w->author, w->path, &author, &name, w->e))) {
		w->rc = rc;
		return;
	}
	cbor_put_array(out, 2);
	cbor_put_bytes(out, BYTES_OF(author));
	cbor_put_bytes(out, BYTES_OF(name));
}

/* The prefix that names each type of 32 bytes. */
static const enum id_type id_types[FIELD_TYPES] = {
	[FIELD_BLOB] = ID_BLOB, [FIELD_KEY] = ID_ORGANISATION, [FIELD_HASH] = ID_RECORD, [FIELD_NODE] = ID_NODE,
};

void
body_from_id(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "an id");
	enum err_code rc;
	struct id id;

	if (text == NULL || w->rc)
		return;
	if ((rc = id_parse(id_types[f->type], text, w->path, &id, w->e)))
		w->rc = rc;
	else
		cbor_put_bytes(out, BYTES_OF(id));
}

void
body_from_bytes(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "bytes");
	struct buf raw = { 0 };

	if (text == NULL)
		return;
	if (!value_bytes_parse(text, &raw))
		body_refuse(w, ERR_INPUT, "syntax", "bytes are written in base64url without padding");
	else if (raw.len > field_max(f) || raw.len < f->min)
		body_refuse(w, ERR_INPUT, "length", "%zu bytes; %u to %u belong here", raw.len, (unsigned)f->min,
		    (unsigned)field_max(f));
	else
		cbor_put_bytes(out, buf_bytes(&raw));
	buf_free(&raw);
}
