#include "node/record/body_json.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/limits.h"
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
	unsigned unknown;         /* writing JSON: what could not be shown */
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

const char *
body_nearest_word(const struct kind *k, const char *word)
{
	return nearest_word(k->fields, k->field_count, !(k->flags & KIND_INTERNAL), word);
}

/* ---- small forms ------------------------------------------------------------------------------------------ */

enum err_code
reference_parse(const char *text, const struct id *author, const char *object, struct id *out_author,
    struct uuid *out_name, struct err *e)
{
	const char *slash = strchr(text, '/');
	char org[ID_TEXT];
	struct id who = *author;
	struct uuid name;
	enum err_code rc;

	if (slash) {
		size_t len = (size_t)(slash - text);

		if (len >= sizeof org)
			return err_set(e, ERR_INPUT, object, "reference", "write org1.../UUID, or a UUID of your own");
		memcpy(org, text, len);
		org[len] = 0;
		if ((rc = id_parse(ID_ORGANISATION, org, object, &who, e)))
			return rc;
	}
	if ((rc = uuid_parse(slash ? slash + 1 : text, object, &name, e)))
		return rc;
	*out_author = who;
	*out_name = name;
	return ERR_OK;
}

void
reference_format(const struct id *author, const struct uuid *name, struct buf *out)
{
	char org[ID_TEXT], uuid[UUID_TEXT];

	buf_printf(out, "%s/%s", id_format(ID_ORGANISATION, author, org), uuid_format(name, uuid));
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 4648 section 5, without padding. */
static void
base64url(struct bytes in, struct buf *out)
{
	unsigned bits = 0;
	uint32_t held = 0;

	for (size_t i = 0; i < in.len; i++) {
		held = held << 8 | in.p[i];
		for (bits += 8; bits >= 6; bits -= 6)
			buf_put_u8(out, (uint8_t)alphabet[held >> (bits - 6) & 63]);
	}
	if (bits)
		buf_put_u8(out, (uint8_t)alphabet[held << (6 - bits) & 63]);
}

/* One text for one value: bits left over must be zero. */
static bool
from_base64url(const char *text, struct buf *out)
{
	unsigned bits = 0;
	uint32_t held = 0;

	for (; *text; text++) {
		const char *at = strchr(alphabet, *text);

		if (at == NULL)
			return false;
		held = held << 6 | (uint32_t)(at - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_put_u8(out, (uint8_t)(held >> bits));
		}
	}
	return bits < 6 && (held & ((1u << bits) - 1)) == 0;
}

/* Days since 1970-01-01 of a day of the Gregorian calendar, by counting eras of 400 years from March on. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
	unsigned of_era = (unsigned)(y - era * 400);
	unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool
gmtime_of(int64_t seconds, struct tm *out)
{
	time_t t = (time_t)seconds;

	return gmtime_r(&t, out) && out->tm_year + 1900 >= 1 && out->tm_year + 1900 <= 9999;
}

static bool
number_at(const char *text, size_t len, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return true;
}

/* RFC 3339 full-date, in the ten bytes at TEXT. */
static bool
date_at(const char *text, int64_t *out_days)
{
	unsigned y, m, d;
	struct tm back;

	if (strlen(text) < 10 || text[4] != '-' || text[7] != '-' || !number_at(text, 4, &y) ||
	    !number_at(text + 5, 2, &m) || !number_at(text + 8, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	*out_days = days_of(y, m, d);
	return gmtime_of(*out_days * 86400, &back) && back.tm_mday == (int)d;
}

/* RFC 3339 date-time to the second; an offset is turned into UTC. */
static bool
time_at(const char *text, int64_t *out)
{
	unsigned h, m, s, oh = 0, om = 0;
	int64_t days;
	const char *zone = text + 19;

	if (strlen(text) < 20 || !date_at(text, &days) || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
	    text[16] != ':' || !number_at(text + 11, 2, &h) || !number_at(text + 14, 2, &m) ||
	    !number_at(text + 17, 2, &s) || h > 23 || m > 59 || s > 59)
		return false;
	if (strcmp(zone, "Z") != 0 && (strlen(zone) != 6 || !strchr("+-", zone[0]) || zone[3] != ':' ||
	    !number_at(zone + 1, 2, &oh) || !number_at(zone + 4, 2, &om) || oh > 23 || om > 59))
		return false;
	*out = days * 86400 + h * 3600 + m * 60 + s - (zone[0] == '-' ? -1 : 1) * (int64_t)(oh * 3600 + om * 60);
	return true;
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
	struct buf all = { 0 };

	if (text == NULL)
		return;
	found = code_find(f->codes, bytes_text(text));
	if (found == NULL && f->codes->spoken)
		found = f->codes->spoken(text);
	if (found) {
		cbor_put_text(out, bytes_text(found->word));
		return;
	}
	for (size_t i = 0; i < f->codes->count; i++)
		buf_printf(&all, " %s", f->codes->codes[i].word);
	refuse(w, ERR_INPUT, "code", "\"%.40s\" is none of:%s", text, buf_text(&all));
	buf_free(&all);
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
	if (strlen(text) != 10 || !date_at(text, &days))
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
	if (!time_at(text, &seconds))
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
	if (!from_base64url(text, &raw))
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

/* ---- CBOR to JSON ------------------------------------------------------------------------------------------ */

static cJSON *
need_json(cJSON *made)
{
	if (made == NULL)
		abort();
	return made;
}

static cJSON *
json_of(struct bytes text)
{
	char *copy = need_alloc(text.len + 1);
	cJSON *made;

	memcpy(copy, text.p, text.len);
	copy[text.len] = 0;
	made = need_json(cJSON_CreateString(copy));
	free(copy);
	return made;
}

/* Each makes JSON of one item, or NULL when the item is not of its field's shape. The reader faults then, too. */

static cJSON *
to_text(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes text = cbor_text(r);

	(void)w;
	(void)f;
	return r->fault ? NULL : json_of(text);
}

static cJSON *
to_code(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes text = cbor_text(r);

	if (r->fault)
		return NULL;
	if (code_find(f->codes, text) == NULL)
		w->unknown++;
	return json_of(text);
}

/* A double holds integers up to 2^53; greater ones are printed as they are. */
static cJSON *
json_of_uint(uint64_t v)
{
	char digits[24];

	if ((double)v <= JSON_SAFE_INTEGER)
		return need_json(cJSON_CreateNumber((double)v));
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
	return need_json(cJSON_CreateRaw(digits));
}

static cJSON *
to_uint(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	uint64_t v = cbor_uint(r);

	(void)w;
	(void)f;
	return r->fault ? NULL : json_of_uint(v);
}

static cJSON *
to_int(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r);

	(void)w;
	(void)f;
	if (r->fault)
		return NULL;
	return v < 0 ? need_json(cJSON_CreateNumber((double)v)) : json_of_uint((uint64_t)v);
}

static cJSON *
to_bool(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	bool v = cbor_bool(r);

	(void)w;
	(void)f;
	return r->fault ? NULL : need_json(cJSON_CreateBool(v));
}

static cJSON *
to_date(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r);
	char text[40];
	struct tm tm;

	(void)w;
	if (f->type == FIELD_DATE && v > -800000 && v < 3000000)
		v *= 86400;
	else if (f->type == FIELD_DATE)
		cbor_fail(r, "range");
	if (r->fault || v < -70000000000 || v > 260000000000 || !gmtime_of(v, &tm))
		return NULL;
	snprintf(text, sizeof text, f->type == FIELD_DATE ? "%04d-%02d-%02d" : "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return need_json(cJSON_CreateString(text));
}

static cJSON *
to_stamp(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	uint64_t v = cbor_uint(r);
	char text[STAMP_TEXT];

	(void)w;
	(void)f;
	return r->fault ? NULL : need_json(cJSON_CreateString(stamp_format(v, text)));
}

static cJSON *
to_degrees(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r);
	char digits[32];
	uint64_t size = v < 0 ? ~(uint64_t)v + 1 : (uint64_t)v;

	(void)w;
	(void)f;
	if (r->fault)
		return NULL;
	snprintf(digits, sizeof digits, "%s%llu.%06llu", v < 0 ? "-" : "", (unsigned long long)(size / 1000000),
	    (unsigned long long)(size % 1000000));
	return need_json(cJSON_CreateNumber(strtod(digits, NULL)));
}

static cJSON *
to_reference(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct buf text = { 0 };
	struct id author;
	struct uuid name;
	cJSON *made = NULL;

	(void)w;
	(void)f;
	cbor_array_of(r, 2);
	cbor_fixed(r, &author, ID_LEN);
	cbor_fixed(r, &name, UUID_LEN);
	if (!r->fault) {
		reference_format(&author, &name, &text);
		made = need_json(cJSON_CreateString(buf_text(&text)));
	}
	buf_free(&text);
	return made;
}

static cJSON *
to_id(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	char text[ID_TEXT];
	struct id id;

	(void)w;
	cbor_fixed(r, &id, ID_LEN);
	return r->fault ? NULL : need_json(cJSON_CreateString(id_format(id_types[f->type], &id, text)));
}

static cJSON *
to_bytes(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes raw = cbor_bytes(r);
	struct buf text = { 0 };
	cJSON *made = NULL;

	(void)w;
	(void)f;
	if (!r->fault) {
		base64url(raw, &text);
		made = need_json(cJSON_CreateString(buf_text(&text)));
	}
	buf_free(&text);
	return made;
}

static void
add_mark(cJSON *texts, const char *mark, const char *tag)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(texts, mark);

	if (list == NULL)
		cJSON_AddItemToObject(texts, mark, list = need_json(cJSON_CreateArray()));
	cJSON_AddItemToArray(list, need_json(cJSON_CreateString(tag)));
}

/* The source is the first text and stands first in the object, so "source" is never needed here. */
static cJSON *
to_mltext(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	cJSON *texts = need_json(cJSON_CreateObject()), *marks = need_json(cJSON_CreateObject()), *mark;

	(void)w;
	(void)f;
	for (size_t i = 0, n = cbor_array(r); i < n && !r->fault; i++) {
		struct bytes tag, text;
		char word[36];
		uint64_t flags;

		cbor_array_of(r, 3);
		tag = cbor_text(r);
		text = cbor_text(r);
		flags = cbor_uint(r);
		if (!r->fault && !tag_valid(tag))
			cbor_fail(r, "language");
		if (r->fault)
			break;
		memcpy(word, tag.p, tag.len);
		word[tag.len] = 0;
		if (is_mark(word) || cJSON_GetObjectItemCaseSensitive(texts, word)) {
			cbor_fail(r, "language");
			break;
		}
		cJSON_AddItemToObject(texts, word, json_of(text));
		if (flags & 1)
			add_mark(marks, "machine", word);
		if (flags & 2)
			add_mark(marks, "unreviewed", word);
	}
	while (!r->fault && (mark = marks->child)) {
		cJSON_DetachItemViaPointer(marks, mark);
		cJSON_AddItemToObject(texts, mark->string, mark);
	}
	cJSON_Delete(marks);
	if (!r->fault)
		return texts;
	cJSON_Delete(texts);
	return NULL;
}

static void to_map(struct walk *w, const struct field *group, struct bytes map, cJSON *out);

static cJSON *
to_group(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	bool is_map = cbor_peek(r) == CBOR_MAP;
	struct bytes map = cbor_any(r);
	cJSON *made;

	if (!is_map)
		return NULL;
	made = need_json(cJSON_CreateObject());
	to_map(w, f, map, made);
	return made;
}

/* ---- one row a type ---- */

static const struct {
	void (*from)(struct walk *w, const struct field *f, const cJSON *v, struct buf *out);
	cJSON *(*to)(struct walk *w, const struct field *f, struct cbor_reader *r);
} types[FIELD_TYPES] = {
	[FIELD_TEXT] = { from_text, to_text },
	[FIELD_MLTEXT] = { from_mltext, to_mltext },
	[FIELD_LANGUAGE] = { from_language, to_text },
	[FIELD_UINT] = { from_uint, to_uint },
	[FIELD_INT] = { from_int, to_int },
	[FIELD_BOOL] = { from_bool, to_bool },
	[FIELD_DATE] = { from_date, to_date },
	[FIELD_TIME] = { from_time, to_date },
	[FIELD_REFERENCE] = { from_reference, to_reference },
	[FIELD_CODE] = { from_code, to_code },
	[FIELD_URL] = { from_text, to_text },
	[FIELD_PHONE] = { from_phone, to_text },
	[FIELD_EMAIL] = { from_text, to_text },
	[FIELD_BLOB] = { from_id, to_id },
	[FIELD_KEY] = { from_id, to_id },
	[FIELD_HASH] = { from_id, to_id },
	[FIELD_NODE] = { from_id, to_id },
	[FIELD_BYTES] = { from_bytes, to_bytes },
	[FIELD_GROUP] = { from_group, to_group },
	[FIELD_STAMP] = { from_stamp, to_stamp },
	[FIELD_DEGREES] = { from_degrees, to_degrees },
};

static void
from_value(struct walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	size_t n, i = 0;
	const cJSON *item;

	if (!(f->flags & FIELD_LIST)) {
		types[f->type].from(w, f, v, out);
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

		types[f->type].from(w, f, item, out);
		ascend(w, before);
		if (w->rc)
			return;
	}
}

/* A list whose entries are not all of their type shows those that are, and counts the others. */
static cJSON *
to_value(struct walk *w, const struct field *f, struct bytes item)
{
	struct cbor_reader r;
	cJSON *list;

	cbor_open(&r, item);
	if (!(f->flags & FIELD_LIST))
		return types[f->type].to(w, f, &r);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return NULL;
	list = need_json(cJSON_CreateArray());
	for (size_t n = cbor_array(&r); n > 0; n--) {
		struct cbor_reader one;
		cJSON *made;

		cbor_open(&one, cbor_any(&r));
		if ((made = types[f->type].to(w, f, &one)))
			cJSON_AddItemToArray(list, made);
		else
			w->unknown++;
	}
	return list;
}

static const struct field *
find_number(const struct walk *w, const struct field *group, uint64_t number)
{
	if (group == NULL)
		return kind_field(w->kind, number);
	for (size_t i = 0; i < group->field_count; i++)
		if (group->fields[i].number == number)
			return &group->fields[i];
	return NULL;
}

static void
to_map(struct walk *w, const struct field *group, struct bytes map, cJSON *out)
{
	struct cbor_reader r;

	cbor_open(&r, map);
	for (size_t n = cbor_map(&r); n > 0; n--) {
		const struct field *f = find_number(w, group, cbor_key(&r));
		struct bytes item = cbor_any(&r);
		cJSON *made = f ? to_value(w, f, item) : NULL;

		if (made)
			cJSON_AddItemToObject(out, f->word, made);
		else
			w->unknown++;
	}
}

/* ---- whole bodies ------------------------------------------------------------------------------------------- */

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

enum err_code
body_to_json(const struct kind *k, struct bytes body, struct bytes private_fields, cJSON **out, struct err *e)
{
	struct walk w = { .kind = k, .e = e };
	const struct bytes maps[] = { body, private_fields };
	cJSON *made = need_json(cJSON_CreateObject());
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < 2 && !rc; i++) {
		if (i == 1 && maps[i].len == 0)
			break;
		if ((rc = cbor_check(maps[i], k->word, e)))
			break;
		if (maps[i].p[0] >> 5 != 5)
			rc = err_set(e, ERR_INPUT, k->word, "type", "a body is one map");
		else
			to_map(&w, NULL, maps[i], made);
	}
	if (rc) {
		cJSON_Delete(made);
		return rc;
	}
	if (w.unknown)
		cJSON_AddItemToObject(made, "unknown", need_json(cJSON_CreateNumber(w.unknown)));
	*out = made;
	return ERR_OK;
}

enum err_code
body_merge(const struct kind *k, const struct id *author, struct bytes body, struct bytes private_fields,
    const cJSON *patch, const char *language, struct buf *out_body, struct buf *out_private, struct err *e)
{
	cJSON *object = NULL;
	enum err_code rc = body_to_json(k, body, private_fields, &object, e);

	if (rc)
		return rc;
	if (cJSON_GetObjectItemCaseSensitive(object, "unknown")) {
		cJSON_Delete(object);
		return err_set(e, ERR_VERSION, k->word, "unknown",
		    "this entry was written by a newer version and would lose fields; change it there");
	}
	if (!cJSON_IsObject(patch)) {
		cJSON_Delete(object);
		return err_set(e, ERR_INPUT, k->word, "type", "an object belongs here: { ... }");
	}
	object = json_merge(object, patch);
	rc = body_from_json(k, author, object, language, out_body, out_private, e);
	cJSON_Delete(object);
	return rc;
}
