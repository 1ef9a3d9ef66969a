#include "node/record/body_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

/* ---- paths and refusals ----------------------------------------------------------------------------------- */

/* A translation in progress: where we are in the words people use, and the first thing that was wrong. */
struct walk {
	const struct kind *kind;
	const struct id *author;
	const char *language;
	char path[160];
	size_t path_len;
	struct err *e;
	enum err_code rc;
};

__attribute__((format(printf, 4, 5))) static void
refuse(struct walk *w, enum err_code code, const char *rule, const char *fmt, ...)
{
	char reason[320];
	va_list args;

	if (w->rc)
		return;
	va_start(args, fmt);
	vsnprintf(reason, sizeof reason, fmt, args);
	va_end(args);
	w->rc = err_set(w->e, code, w->path_len ? w->path : w->kind->word, rule, "%s", reason);
}

__attribute__((format(printf, 2, 3))) static size_t
descend(struct walk *w, const char *fmt, ...)
{
	size_t before = w->path_len, room = sizeof w->path - before;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->path + before, room, fmt, args);
	va_end(args);
	w->path_len = before + ((size_t)n < room ? (size_t)n : room - 1);
	return before;
}

static void
ascend(struct walk *w, size_t before)
{
	w->path_len = before;
	w->path[before] = 0;
}

/* ---- the nearest word ------------------------------------------------------------------------------------- */

/* Levenshtein's distance of two words of at most 40 bytes; longer ones are far. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[41];

	if (la > 40 || lb > 40)
		return 99;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			size_t least = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = change < least ? change : least;
		}
	}
	return row[lb];
}

static void
nearest(const struct field *fields, size_t count, const char *word, const char **best, size_t *best_distance)
{
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(fields[i].word, word);

		if (d < *best_distance) {
			*best_distance = d;
			*best = fields[i].word;
		}
	}
}

/* Up to a third of the letters may differ. */
static const char *
nearest_word(const struct field *fields, size_t count, bool common, const char *word)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 2;

	nearest(fields, count, word, &best, &limit);
	if (common)
		nearest(common_fields, common_fields_count, word, &best, &limit);
	return best;
}

static const char *
nearest_code(const struct code_list *l, const char *word)
{
	size_t least = strlen(word) / 3 + 1;
	const char *best = NULL;

	for (size_t i = 0; i < l->count; i++) {
		size_t d = distance(l->codes[i].word, word);

		if (d < least) {
			least = d;
			best = l->codes[i].word;
		}
	}
	return best;
}

const char *
body_nearest_word(const struct kind *k, const char *word)
{
	return nearest_word(k->fields, k->field_count, !(k->flags & KIND_INTERNAL), word);
}

/* ---- JSON to CBOR ----------------------------------------------------------------------------------------- */

static void from_value(struct walk *w, const struct field *f, const cJSON *v, struct buf *out);

static const char *
need_string(struct walk *w, const cJSON *v, const char *what)
{
	if (cJSON_IsString(v))
		return v->valuestring;
	refuse(w, ERR_INPUT, "type", "%s belongs here, written as a string", what);
	return NULL;
}

/* Text as it came, if it may stand in a record. */
static void
put_text(struct walk *w, const struct field *f, const char *text, struct buf *out)
{
	struct bytes b = bytes_text(text);
	const char *fault;

	if (!utf8_valid(b))
		return refuse(w, ERR_INPUT, "utf-8",
		    "the text is not valid UTF-8, or has control characters other than a line's end");
	if (b.len > field_max(f))
		return refuse(w, ERR_LIMIT, "length", "%zu bytes are too long; %u is the most", b.len,
		    (unsigned)field_max(f));
	if ((fault = field_fault(f->type, b)))
		return refuse(w, ERR_INPUT, b.len ? "syntax" : "empty", "%s", fault);
	cbor_put_text(out, b);
}

static void
from_text(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a text");

	if (text)
		put_text(w, f, text, out);
}

/* Numbers as people write them: "+383 (0)44/123-456" would be ambiguous, so a 0 in brackets is refused below. */
static void
from_phone(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a telephone number");
	struct buf plain = { 0 };

	if (text == NULL)
		return;
	if (strstr(text, "(0)")) {
		refuse(w, ERR_INPUT, "syntax", "leave out the (0)");
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
static void
from_language(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
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

static void
from_code(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
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
		refuse(w, ERR_INPUT, "code", "\"%.40s\" is none of: %s", text, buf_text(&names));
	else if (near)
		refuse(w, ERR_INPUT, "code", "there is no word \"%.40s\"; did you mean \"%s\"? All of them: kilim help %s",
		    text, near, w->kind->word);
	else
		refuse(w, ERR_INPUT, "code", "\"%.40s\" is none of: %s; all of them: kilim help %s", text,
		    buf_text(&names), w->kind->word);
	buf_free(&names);
}

/* A whole number; cJSON has a double, and json_parse refused what a double cannot hold. */
static bool
whole(struct walk *w, const cJSON *v, int64_t *out)
{
	if (!cJSON_IsNumber(v)) {
		refuse(w, ERR_INPUT, "type", "a whole number belongs here, without quotes");
		return false;
	}
	if (!(fabs(v->valuedouble) <= JSON_SAFE_INTEGER)) {
		refuse(w, ERR_INPUT, "range", "the number is beyond 2^53");
		return false;
	}
	if (v->valuedouble != floor(v->valuedouble)) {
		refuse(w, ERR_INPUT, "type", "a whole number belongs here");
		return false;
	}
	*out = (int64_t)v->valuedouble;
	return true;
}

static void
from_uint(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	int64_t n;

	if (!whole(w, v, &n))
		return;
	if (n < (int64_t)f->min || (f->max && n > (int64_t)f->max)) {
		if (f->max)
			refuse(w, ERR_INPUT, "range", "a number from %u to %u belongs here", (unsigned)f->min,
			    (unsigned)f->max);
		else
			refuse(w, ERR_INPUT, "range", "a number from %u on belongs here", (unsigned)f->min);
		return;
	}
	cbor_put_uint(out, (uint64_t)n);
}

static void
from_int(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	int64_t n;

	(void)f;
	if (whole(w, v, &n))
		cbor_put_int(out, n);
}

static void
from_bool(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	(void)f;
	if (!cJSON_IsBool(v))
		return refuse(w, ERR_INPUT, "type", "true or false belongs here, without quotes");
	cbor_put_bool(out, cJSON_IsTrue(v));
}

static void
from_date(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a date");
	int64_t days;

	(void)f;
	if (text == NULL)
		return;
	if (!value_date_parse(text, &days))
		return refuse(w, ERR_INPUT, "date", "\"%.30s\" is no day; write 2026-01-31", text);
	cbor_put_int(out, days);
}

static void
from_time(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "a time");
	int64_t seconds;

	(void)f;
	if (text == NULL)
		return;
	if (!value_time_parse(text, &seconds))
		return refuse(w, ERR_INPUT, "time", "\"%.30s\" is no time; write 2026-01-31T12:00:00Z", text);
	cbor_put_int(out, seconds);
}

static void
from_stamp(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
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

static void
from_degrees(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	if (!cJSON_IsNumber(v))
		return refuse(w, ERR_INPUT, "type", "a number of degrees belongs here, without quotes");
	if (!(fabs(v->valuedouble) * 1e6 <= (double)f->max))
		return refuse(w, ERR_INPUT, "range", "at most %u degrees", (unsigned)(f->max / 1000000));
	cbor_put_int(out, llround(v->valuedouble * 1e6));
}

static void
from_reference(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
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

static void
from_id(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
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

static void
from_bytes(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const char *text = need_string(w, v, "bytes");
	struct buf raw = { 0 };

	if (text == NULL)
		return;
	if (!value_bytes_parse(text, &raw))
		refuse(w, ERR_INPUT, "syntax", "bytes are written in base64url without padding");
	else if (raw.len > field_max(f) || raw.len < f->min)
		refuse(w, ERR_INPUT, "length", "%zu bytes; %u to %u belong here", raw.len, (unsigned)f->min,
		    (unsigned)field_max(f));
	else
		cbor_put_bytes(out, buf_bytes(&raw));
	buf_free(&raw);
}

/* ---- texts by language ---- */

/* Names beside the languages: no language has one of these as its tag. */
static bool
is_mark(const char *word)
{
	return strcmp(word, "source") == 0 || strcmp(word, "machine") == 0 || strcmp(word, "unreviewed") == 0;
}

/* Is TAG in the list that stands under MARK? */
static bool
is_marked(const cJSON *texts, const char *mark, const char *tag)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(texts, mark), *item;

	cJSON_ArrayForEach(item, list)
		if (cJSON_IsString(item) && strcmp(item->valuestring, tag) == 0)
			return true;
	return false;
}

static void
put_mltext_row(struct walk *w, const struct field *f, const cJSON *texts, const char *tag, const cJSON *v,
    struct buf *out)
{
	size_t before = descend(w, ".%s", tag);
	unsigned flags = (is_marked(texts, "machine", tag) ? 1u : 0) | (is_marked(texts, "unreviewed", tag) ? 2u : 0);

	if (!tag_valid(bytes_text(tag))) {
		refuse(w, ERR_INPUT, "language", "a language is named by a tag such as sq, sr-Cyrl, en");
	} else {
		cbor_put_array(out, 3);
		cbor_put_text(out, bytes_text(tag));
		from_text(w, f, v, out);
		cbor_put_uint(out, flags);
	}
	ascend(w, before);
}

/* Every tag in a mark's list, and the source, must be there as a text. */
static void
check_marks(struct walk *w, const cJSON *texts)
{
	static const char *const marks[] = { "machine", "unreviewed" };
	const cJSON *source = cJSON_GetObjectItemCaseSensitive(texts, "source"), *item;

	if (source && (!cJSON_IsString(source) || is_mark(source->valuestring) ||
	    !cJSON_GetObjectItemCaseSensitive(texts, source->valuestring)))
		refuse(w, ERR_INPUT, "source", "\"source\" names one of the languages beside it");
	for (size_t i = 0; i < 2; i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(texts, marks[i]);

		if (list && !cJSON_IsArray(list))
			refuse(w, ERR_INPUT, "type", "\"%s\" is a list of languages", marks[i]);
		cJSON_ArrayForEach(item, list)
			if (!cJSON_IsString(item) || is_mark(item->valuestring) ||
			    !cJSON_GetObjectItemCaseSensitive(texts, item->valuestring))
				refuse(w, ERR_INPUT, marks[i], "\"%s\" names languages beside it", marks[i]);
	}
}

static void
from_mltext(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const cJSON *source, *item;
	size_t count = 0;

	if (cJSON_IsString(v)) {
		if (w->language == NULL)
			return refuse(w, ERR_INPUT, "language",
			    "say in which language it is: {\"sr\": \"...\", \"en\": \"...\"}");
		cbor_put_array(out, 1);
		return put_mltext_row(w, f, NULL, w->language, v, out);
	}
	if (!cJSON_IsObject(v))
		return refuse(w, ERR_INPUT, "type", "texts belong here: {\"sr\": \"...\", \"en\": \"...\"}");
	check_marks(w, v);
	cJSON_ArrayForEach(item, v)
		count += !is_mark(item->string);
	if (count == 0)
		return refuse(w, ERR_INPUT, "empty", "no text in any language; leave the field out instead");
	if (count > 32)
		return refuse(w, ERR_LIMIT, "count", "%zu languages are too many; 32 is the most", count);
	if (w->rc)
		return;
	source = cJSON_GetObjectItemCaseSensitive(v, "source");
	source = source ? cJSON_GetObjectItemCaseSensitive(v, source->valuestring) : NULL;
	cbor_put_array(out, count);
	if (source)
		put_mltext_row(w, f, v, source->string, source, out);
	cJSON_ArrayForEach(item, v)
		if (item != source && !is_mark(item->string))
			put_mltext_row(w, f, v, item->string, item, out);
}

/* ---- maps ---- */

static const struct field *
find_word(const struct walk *w, const struct field *group, const char *word)
{
	if (group == NULL)
		return kind_field_by_word(w->kind, word);
	for (size_t i = 0; i < group->field_count; i++)
		if (strcmp(group->fields[i].word, word) == 0)
			return &group->fields[i];
	return NULL;
}

static void
refuse_unknown(struct walk *w, const struct field *group, const char *word)
{
	const char *near = group ? nearest_word(group->fields, group->field_count, false, word)
	    : body_nearest_word(w->kind, word);

	if (near)
		refuse(w, ERR_INPUT, "unknown", "there is no such field; did you mean \"%s\"?", near);
	else
		refuse(w, ERR_INPUT, "unknown", "there is no such field; `kilim help %s` lists them", w->kind->word);
}

struct entry {
	const struct field *field;
	const cJSON *value;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->field->number > y->field->number) - (x->field->number < y->field->number);
}

/* The fields of OBJECT that are private, or are not, as a map; how many. GROUP NULL: the kind's own level. */
static size_t
from_map(struct walk *w, const struct field *group, const cJSON *object, bool private, struct buf *out)
{
	size_t n = (size_t)cJSON_GetArraySize(object), count = 0;
	struct entry *entries = need_alloc(n * sizeof *entries);
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		size_t before = descend(w, "%s%.40s", w->path_len ? "." : "", item->string);
		const struct field *f = find_word(w, group, item->string);

		if (f == NULL)
			refuse_unknown(w, group, item->string);
		else if (f->flags & FIELD_COMPUTED)
			refuse(w, ERR_INPUT, "computed", "this is worked out by the program");
		else if (cJSON_IsNull(item))
			refuse(w, ERR_INPUT, "type", "null says nothing; leave the field out");
		else if (group || private == !!(f->flags & FIELD_PRIVATE))
			entries[count++] = (struct entry){ f, item };
		ascend(w, before);
	}
	qsort(entries, count, sizeof *entries, compare_entries);
	cbor_put_map(out, count);
	for (size_t i = 0; i < count && !w->rc; i++) {
		size_t before = descend(w, "%s%s", w->path_len ? "." : "", entries[i].field->word);

		if (i > 0 && entries[i].field == entries[i - 1].field)
			refuse(w, ERR_INPUT, "unique", "the field stands here twice");
		cbor_put_uint(out, entries[i].field->number);
		from_value(w, entries[i].field, entries[i].value, out);
		ascend(w, before);
	}
	free(entries);
	return count;
}

/* A lone string stands for the group's first field: "phones": ["+383..."]. */
static void
from_group(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	if (cJSON_IsString(v) && (f->fields[0].flags & FIELD_REQUIRED)) {
		size_t before = descend(w, ".%s", f->fields[0].word);

		cbor_put_map(out, 1);
		cbor_put_uint(out, f->fields[0].number);
		from_value(w, &f->fields[0], v, out);
		ascend(w, before);
		return;
	}
	if (!cJSON_IsObject(v))
		return refuse(w, ERR_INPUT, "type", "an object with fields of its own belongs here");
	from_map(w, f, v, false, out);
}

/* ---- one row a type ---- */

static void (*const types[FIELD_TYPES])(struct walk *w, const struct field *f, const cJSON *v, struct buf *out) = {
	[FIELD_TEXT] = from_text,
	[FIELD_MLTEXT] = from_mltext,
	[FIELD_LANGUAGE] = from_language,
	[FIELD_UINT] = from_uint,
	[FIELD_INT] = from_int,
	[FIELD_BOOL] = from_bool,
	[FIELD_DATE] = from_date,
	[FIELD_TIME] = from_time,
	[FIELD_REFERENCE] = from_reference,
	[FIELD_CODE] = from_code,
	[FIELD_URL] = from_text,
	[FIELD_PHONE] = from_phone,
	[FIELD_EMAIL] = from_text,
	[FIELD_BLOB] = from_id,
	[FIELD_KEY] = from_id,
	[FIELD_HASH] = from_id,
	[FIELD_NODE] = from_id,
	[FIELD_BYTES] = from_bytes,
	[FIELD_GROUP] = from_group,
	[FIELD_STAMP] = from_stamp,
	[FIELD_DEGREES] = from_degrees,
	[FIELD_TAG] = from_text,
};

static void
from_value(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	size_t n, i = 0;
	const cJSON *item;

	if (!(f->flags & FIELD_LIST)) {
		types[f->type](w, f, v, out);
		return;
	}
	if (!cJSON_IsArray(v))
		return refuse(w, ERR_INPUT, "type", "a list belongs here: [ ... ]");
	n = (size_t)cJSON_GetArraySize(v);
	if (n == 0)
		return refuse(w, ERR_INPUT, "empty", "the list is empty; leave the field out instead");
	if (n > field_max_count(f))
		return refuse(w, ERR_LIMIT, "count", "%zu entries are too many; %u is the most", n,
		    (unsigned)field_max_count(f));
	cbor_put_array(out, n);
	cJSON_ArrayForEach(item, v) {
		size_t before = descend(w, "[%zu]", i++);

		types[f->type](w, f, item, out);
		ascend(w, before);
		if (w->rc)
			return;
	}
}

/* ---- whole bodies ---- */

/* Rules that need the whole body, on bytes that are not yet signed. */
static enum err_code
check_whole(const struct kind *k, const struct id *author, struct bytes body, struct bytes private_fields,
    struct err *e)
{
	struct record r = { .author = *author, .kind = k->number, .audience = k->audience, .body = body };
	enum err_code rc = kind_check(k, &r, e);

	if (rc == ERR_OK && private_fields.len > 0)
		rc = kind_check_private(k, private_fields, e);
	return rc;
}

enum err_code
body_from_json(const struct kind *k, const struct id *author, const cJSON *object, const char *language,
    struct buf *out_body, struct buf *out_private, struct err *e)
{
	struct walk w = { .kind = k, .author = author, .language = language, .e = e };
	struct buf body = { 0 }, private_fields = { 0 };
	size_t count = 0;

	if (!cJSON_IsObject(object))
		return err_set(e, ERR_INPUT, k->word, "type", "an object belongs here: { ... }");
	from_map(&w, NULL, object, false, &body);
	if (!w.rc)
		count = from_map(&w, NULL, object, true, &private_fields);
	if (count == 0)
		buf_reset(&private_fields);
	if (!w.rc)
		w.rc = check_whole(k, author, buf_bytes(&body), buf_bytes(&private_fields), e);
	if (!w.rc) {
		buf_put_bytes(out_body, buf_bytes(&body));
		buf_put_bytes(out_private, buf_bytes(&private_fields));
	}
	buf_free(&body);
	buf_free(&private_fields);
	return w.rc;
}
