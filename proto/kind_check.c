/* What the author's side keeps to: every value as its field says, every rule of the kind, audience and consent. */
#include "proto/kind.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/kinds/tables.h"
#include "proto/rule.h"

/* --- walking a body --- */

/* A check in progress: where we are, in the words people use, and the first thing that was wrong. */
struct walk {
	char path[160];
	size_t path_len;
	bool private;             /* this is the map of the side table */
	struct err *e;
	enum err_code rc;
};

static void
refuse(struct walk *w, enum err_code code, const char *rule, const char *reason)
{
	if (w->rc == ERR_OK)
		w->rc = err_set(w->e, code, w->path_len ? w->path : "body", rule, "%s", reason);
}

__attribute__((format(printf, 2, 3))) static size_t
descend(struct walk *w, const char *fmt, ...)
{
	size_t before = w->path_len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->path + before, sizeof w->path - before, fmt, args);
	va_end(args);
	w->path_len = before + (size_t)n < sizeof w->path ? before + (size_t)n : sizeof w->path - 1;
	return before;
}

static void
ascend(struct walk *w, size_t before)
{
	w->path_len = before;
	w->path[before] = 0;
}

static void
check_length(struct walk *w, const struct field *f, struct bytes text)
{
	char reason[100];

	if (text.len > field_max(f)) {
		snprintf(reason, sizeof reason, "%zu bytes are too long; %u is the most", text.len,
		    (unsigned)field_max(f));
		refuse(w, ERR_LIMIT, "length", reason);
	} else if (text.len < f->min) {
		snprintf(reason, sizeof reason, "%zu bytes are too short; %u is the least", text.len, (unsigned)f->min);
		refuse(w, ERR_INPUT, "length", reason);
	}
}

static void
check_text(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes text = cbor_text(r);
	const char *fault = field_fault(f->type, text);

	if (r->fault)
		return;
	check_length(w, f, text);
	if (fault)
		refuse(w, ERR_INPUT, text.len ? "syntax" : "empty", fault);
}

static void
check_mltext(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	size_t n = cbor_array(r);
	struct bytes seen[32];

	if (n == 0 || n > COUNT(seen))
		return refuse(w, n ? ERR_LIMIT : ERR_INPUT, n ? "count" : "empty", "one to 32 languages belong here");
	for (size_t i = 0; i < n && !r->fault; i++) {
		if (cbor_peek(r) != CBOR_ARRAY)
			return refuse(w, ERR_INPUT, "type", "each text is [language, text, flags]");
		cbor_array_of(r, 3);
		seen[i] = cbor_text(r);
		if (!r->fault && !tag_valid(seen[i]))
			refuse(w, ERR_INPUT, "language", "the language is named by a tag such as sq, sr-Cyrl, en");
		for (size_t k = 0; k < i; k++)
			if (bytes_equal(seen[k], seen[i]))
				refuse(w, ERR_INPUT, "unique", "one language stands here twice");
		check_text(w, f, r);
		if (cbor_uint(r) > 3)
			refuse(w, ERR_INPUT, "flags", "only machine-made (1) and unreviewed (2) are known");
	}
}

static void
check_code(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct bytes word = cbor_text(r);
	struct buf reason = { 0 };

	if (code_find(f->codes, word))
		return;
	buf_put_text(&reason, "one of: ");
	code_names(f->codes, &reason);
	refuse(w, ERR_INPUT, "code", buf_text(&reason));
	buf_free(&reason);
}

static void
check_uint(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	uint64_t v = cbor_uint(r);
	char reason[100];

	if (r->fault || (v >= f->min && (f->max == 0 || v <= f->max)))
		return;
	if (f->max)
		snprintf(reason, sizeof reason, "a number from %u to %u belongs here", (unsigned)f->min,
		    (unsigned)f->max);
	else
		snprintf(reason, sizeof reason, "a number from %u on belongs here", (unsigned)f->min);
	refuse(w, ERR_INPUT, "range", reason);
}

/* Dates and times are those that RFC 3339 can write. */
static void
check_int(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	int64_t v = cbor_int(r), low = INT64_MIN, high = INT64_MAX;

	if (f->type == FIELD_DATE) {
		low = CALENDAR_FIRST;
		high = CALENDAR_LAST;
	} else if (f->type == FIELD_TIME) {
		low = CALENDAR_FIRST * DAY_S;
		high = (CALENDAR_LAST + 1) * DAY_S - 1;
	} else if (f->max) {
		low = -(int64_t)f->max;
		high = f->max;
	}
	if (v < low || v > high)
		refuse(w, ERR_INPUT, "range", "the number is out of range");
}

static void
check_bool(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	(void)w;
	(void)f;
	cbor_bool(r);
}

static void
check_hash(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	(void)f;
	if (cbor_bytes(r).len != ID_LEN)
		refuse(w, ERR_INPUT, "length", "32 bytes belong here");
}

static void
check_bytes(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	check_length(w, f, cbor_bytes(r));
}

static void
check_reference(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct id author;
	struct uuid name;

	(void)f;
	(void)w;
	cbor_array_of(r, 2);
	cbor_fixed(r, &author, ID_LEN);
	cbor_fixed(r, &name, UUID_LEN);
}

static void check_fields(struct walk *w, const struct kind *k, const struct field *fields, size_t count,
    struct cbor_reader *r);

/* Rules between the fields of MAP, after each of them was judged by itself. */
static void
check_rules(struct walk *w, const struct rule *rules, size_t rule_count, const struct field *fields, size_t count,
    struct bytes map)
{
	for (size_t i = 0; i < rule_count && w->rc == ERR_OK; i++) {
		uint16_t at_fault = rule_broken(&rules[i], map);
		const struct field *f = at_fault ? kind_field_in(fields, count, at_fault) : NULL;
		size_t before;

		if (at_fault == 0)
			continue;
		if (f == NULL)
			f = kind_field_in(common_fields, common_fields_count, at_fault);
		assert(f);
		before = descend(w, "%s%s", w->path_len ? "." : "", f->word);
		refuse(w, ERR_INPUT, rule_word(rules[i].demand), rules[i].help);
		ascend(w, before);
	}
}

static void
check_group(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	struct cbor_reader ahead = *r;
	struct bytes map = cbor_any(&ahead);

	check_fields(w, NULL, f->fields, f->field_count, r);
	if (!r->fault && w->rc == ERR_OK)
		check_rules(w, f->rules, f->rule_count, f->fields, f->field_count, map);
}

/* What each type is on the wire, in words, and how its value is judged. */
static const struct {
	enum cbor_type wire, also;
	const char *name;
	void (*check)(struct walk *w, const struct field *f, struct cbor_reader *r);
} types[FIELD_TYPES] = {
	[FIELD_TEXT] = { CBOR_TEXT, CBOR_TEXT, "a text", check_text },
	[FIELD_MLTEXT] = { CBOR_ARRAY, CBOR_ARRAY, "a text by language", check_mltext },
	[FIELD_LANGUAGE] = { CBOR_TEXT, CBOR_TEXT, "a language", check_text },
	[FIELD_UINT] = { CBOR_UINT, CBOR_UINT, "a whole number from 0 on", check_uint },
	[FIELD_INT] = { CBOR_UINT, CBOR_NEGATIVE, "a whole number", check_int },
	[FIELD_BOOL] = { CBOR_BOOL, CBOR_BOOL, "true or false", check_bool },
	[FIELD_DATE] = { CBOR_UINT, CBOR_NEGATIVE, "a date", check_int },
	[FIELD_TIME] = { CBOR_UINT, CBOR_NEGATIVE, "a time", check_int },
	[FIELD_REFERENCE] = { CBOR_ARRAY, CBOR_ARRAY, "a reference", check_reference },
	[FIELD_CODE] = { CBOR_TEXT, CBOR_TEXT, "a code", check_code },
	[FIELD_URL] = { CBOR_TEXT, CBOR_TEXT, "a web address", check_text },
	[FIELD_PHONE] = { CBOR_TEXT, CBOR_TEXT, "a telephone number", check_text },
	[FIELD_EMAIL] = { CBOR_TEXT, CBOR_TEXT, "a mailbox", check_text },
	[FIELD_BLOB] = { CBOR_BYTES, CBOR_BYTES, "the id of a file", check_hash },
	[FIELD_KEY] = { CBOR_BYTES, CBOR_BYTES, "an organisation's key", check_hash },
	[FIELD_HASH] = { CBOR_BYTES, CBOR_BYTES, "a record id", check_hash },
	[FIELD_NODE] = { CBOR_BYTES, CBOR_BYTES, "a node's id", check_hash },
	[FIELD_BYTES] = { CBOR_BYTES, CBOR_BYTES, "bytes", check_bytes },
	[FIELD_GROUP] = { CBOR_MAP, CBOR_MAP, "a group of fields", check_group },
	[FIELD_STAMP] = { CBOR_UINT, CBOR_UINT, "a stamp", check_uint },
	[FIELD_DEGREES] = { CBOR_UINT, CBOR_NEGATIVE, "microdegrees", check_int },
	[FIELD_TAG] = { CBOR_TEXT, CBOR_TEXT, "the tag of a language", check_text },
};

static void
check_item(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	enum cbor_type t = cbor_peek(r);
	char reason[80];

	if (t == types[f->type].wire || t == types[f->type].also) {
		types[f->type].check(w, f, r);
		if (!r->fault)
			return;
	}
	snprintf(reason, sizeof reason, "%s belongs here", types[f->type].name);
	refuse(w, ERR_INPUT, "type", reason);
}

static void
check_value(struct walk *w, const struct field *f, struct cbor_reader *r)
{
	char reason[80];
	size_t n;

	if (!(f->flags & FIELD_LIST))
		return check_item(w, f, r);
	if (cbor_peek(r) != CBOR_ARRAY)
		return refuse(w, ERR_INPUT, "type", "a list belongs here");
	n = cbor_array(r);
	if (n == 0)
		return refuse(w, ERR_INPUT, "empty", "the list is empty; leave the field out instead");
	if (n > field_max_count(f)) {
		snprintf(reason, sizeof reason, "%zu entries are too many; %u is the most", n,
		    (unsigned)field_max_count(f));
		return refuse(w, ERR_LIMIT, "count", reason);
	}
	for (size_t i = 0; i < n && !r->fault && w->rc == ERR_OK; i++) {
		size_t before = descend(w, "[%zu]", i);

		check_item(w, f, r);
		ascend(w, before);
	}
}

/* Private fields live in the side table and nowhere else; all others in the record and nowhere else. */
static bool
belongs(const struct walk *w, const struct kind *k, const struct field *f)
{
	return k == NULL || w->private == !!(f->flags & FIELD_PRIVATE);
}

static void
check_required(struct walk *w, const struct field *fields, size_t count, struct bytes map)
{
	for (size_t i = 0; i < count; i++) {
		char reason[200];
		size_t before;

		if (!(fields[i].flags & FIELD_REQUIRED) || body_get(map, fields[i].number).len > 0)
			continue;
		before = descend(w, "%s%s", w->path_len ? "." : "", fields[i].word);
		snprintf(reason, sizeof(reason), "is missing: %s", fields[i].help);
		refuse(w, ERR_INPUT, "required", reason);
		ascend(w, before);
	}
}

/* A map: the body of kind K, or (K NULL) a group inside it. Required fields are told before anything else is. */
static void
check_fields(struct walk *w, const struct kind *k, const struct field *fields, size_t count, struct cbor_reader *r)
{
	size_t n;
	struct cbor_reader ahead = *r;

	if (!w->private || k == NULL)
		check_required(w, fields, count, cbor_any(&ahead));
	n = cbor_map(r);
	for (size_t i = 0; i < n && !r->fault && w->rc == ERR_OK; i++) {
		uint64_t number = cbor_key(r);
		const struct field *f = k ? kind_field(k, number) : kind_field_in(fields, count, number);
		size_t before;

		if (f == NULL) {
			before = descend(w, "%sfield_%llu", w->path_len ? "." : "", (unsigned long long)number);
			refuse(w, ERR_INPUT, "unknown", "this version has no such field");
		} else {
			before = descend(w, "%s%s", w->path_len ? "." : "", f->word);
			if (!belongs(w, k, f))
				refuse(w, ERR_INPUT, "private", w->private ? "this field belongs into the record"
				    : "this field never leaves the computer and has no place in a record");
			check_value(w, f, r);
		}
		ascend(w, before);
	}
}

static enum err_code
check_map(const struct kind *k, struct bytes map, bool private, struct err *e)
{
	struct walk w = { .private = private, .e = e, .rc = ERR_OK };
	struct cbor_reader r;
	enum err_code rc;

	if (map.len > k->max_body)
		return err_set(e, ERR_LIMIT, k->word, "size", "%zu bytes are too many; %u is the most for this kind",
		    map.len, (unsigned)k->max_body);
	if ((rc = cbor_check(map, k->word, e)))
		return rc;
	cbor_open(&r, map);
	if (cbor_peek(&r) != CBOR_MAP)
		return err_set(e, ERR_INPUT, k->word, "type", "a body is one map");
	check_fields(&w, k, k->fields, k->field_count, &r);
	if (!private && w.rc == ERR_OK && !r.fault)
		check_rules(&w, k->rules, k->rule_count, k->fields, k->field_count, map);
	return w.rc ? w.rc : cbor_close(&r, k->word, e);
}

/* A span that ends before it begins is a slip in any kind that people write. */
static enum err_code
check_span(const struct kind *k, struct bytes body, struct err *e)
{
	enum { VALID_FROM = 10, VALID_UNTIL = 11 };
	struct bytes from = body_get(body, VALID_FROM), until = body_get(body, VALID_UNTIL);
	struct cbor_reader a, b;

	if ((k->flags & KIND_INTERNAL) || from.len == 0 || until.len == 0)
		return ERR_OK;
	cbor_open(&a, from);
	cbor_open(&b, until);
	if (cbor_int(&a) > cbor_int(&b))
		return err_set(e, ERR_INPUT, "valid_until", "range", "it ends before it begins");
	return ERR_OK;
}

enum err_code
kind_check(const struct kind *k, const struct record *r, struct err *e)
{
	enum err_code rc;

	if (r->audience < k->widest)
		return err_set(e, ERR_INPUT, "audience", "widest", "a %s is not shown so widely", k->word);
	if ((rc = check_map(k, r->body, false, e)) || (rc = check_span(k, r->body, e)))
		return rc;
	return k->check ? k->check(k, r, e) : ERR_OK;
}

enum err_code
kind_check_private(const struct kind *k, struct bytes map, struct err *e)
{
	return check_map(k, map, true, e);
}

/* --- audience and consent --- */

enum err_code
kind_check_audience(const struct kind *k, struct bytes body, enum audience audience, struct err *e)
{
	const struct field *why;

	if (audience < k->widest)
		return err_set(e, ERR_INPUT, "audience", "widest", "a %s is not shown so widely", k->word);
	if (kind_audience_of(k, body, audience, &why) == audience)
		return ERR_OK;
	if (why->flags & FIELD_SCOPE)
		return err_set(e, ERR_INPUT, "audience", "scope", "%s allows no wider audience than it names", why->word);
	return err_set(e, ERR_INPUT, why->word, "members",
	    "only members may have this: leave it out of what is public, or say audience members");
}

enum err_code
kind_check_consent(const struct kind *k, struct bytes private_fields, struct err *e)
{
	enum { CONSENT = 13, GIVEN = 1 };
	struct bytes given = body_get(body_get(private_fields, CONSENT), GIVEN);
	struct cbor_reader r;

	if (!(k->flags & KIND_CONSENT))
		return ERR_OK;
	cbor_open(&r, given);
	if (cbor_peek(&r) == CBOR_BOOL && cbor_bool(&r))
		return ERR_OK;
	return err_set(e, ERR_INPUT, "consent", "required",
	    "a %s rests on the consent of the person it is about: say that it was given, when and how; "
	    "this stays on your computer", k->word);
}
