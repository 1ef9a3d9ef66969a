#include "node/record/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/utf8.h"

/* The text before cJSON sees it: where we are, and what was wrong first. */
struct scan {
	const uint8_t *start, *p, *end;
	const char *object;
	struct err *e;
	enum err_code rc;
};

static size_t
line_of(const struct scan *s, const uint8_t *at)
{
	size_t line = 1;

	for (const uint8_t *p = s->start; p < at; p++)
		line += *p == '\n';
	return line;
}

static void
refuse(struct scan *s, enum err_code code, const char *rule, const char *reason)
{
	if (s->rc == ERR_OK)
		s->rc = err_set(s->e, code, s->object, rule, "line %zu: %s", line_of(s, s->p), reason);
}

/* s->p stands behind the opening quote; leaves it behind the closing one. */
static void
scan_string(struct scan *s)
{
	while (s->p < s->end && *s->p != '"') {
		if (*s->p < 0x20)
			return refuse(s, ERR_INPUT, "control", "a control character stands in a string");
		if (*s->p == '\\') {
			if (s->end - s->p >= 6 && memcmp(s->p, "\\u0000", 6) == 0)
				return refuse(s, ERR_INPUT, "control", "a zero character stands in a string");
			s->p++;
		}
		if (s->p < s->end)
			s->p++;
	}
	if (s->p >= s->end)
		return refuse(s, ERR_INPUT, "json", "a string is not closed");
	s->p++;
}

static size_t
digits(struct scan *s)
{
	const uint8_t *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

/* RFC 8259 section 6; s->p stands at the minus or first digit. */
static void
scan_number(struct scan *s)
{
	const uint8_t *from = s->p;
	bool whole = true, right;
	char number[40];
	size_t len;

	if (*s->p == '-')
		s->p++;
	right = s->p < s->end && (*s->p != '0' || s->p + 1 >= s->end || s->p[1] < '0' || s->p[1] > '9');
	right = right && digits(s) > 0;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		whole = false;
		right = right && digits(s) > 0;
	}
	if (s->p < s->end && (*s->p | 0x20) == 'e') {
		s->p++;
		whole = false;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		right = right && digits(s) > 0;
	}
	len = (size_t)(s->p - from);
	if (!right)
		return refuse(s, ERR_INPUT, "json", "a number is not written as JSON writes them");
	if (len >= sizeof number)
		return refuse(s, ERR_INPUT, "number", "a number has too many digits");
	memcpy(number, from, len);
	number[len] = 0;
	if (strtod(number, NULL) > JSON_SAFE_INTEGER || strtod(number, NULL) < -JSON_SAFE_INTEGER)
		return refuse(s, ERR_INPUT, "number", "a number is beyond 2^53 and would be rounded");
	/* 2^53 + 1 rounds to 2^53: compare what was written. */
	if (whole && len >= 16 && strtoull(number + (number[0] == '-'), NULL, 10) > 9007199254740992ULL)
		return refuse(s, ERR_INPUT, "number", "a number is beyond 2^53 and would be rounded");
}

static void
scan(struct scan *s)
{
	unsigned depth = 0;

	while (s->p < s->end && s->rc == ERR_OK) {
		uint8_t c = *s->p;

		if (c == '"') {
			s->p++;
			scan_string(s);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			scan_number(s);
		} else if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
			refuse(s, ERR_INPUT, "control", "a control character stands between the values");
		} else {
			if ((c == '{' || c == '[') && ++depth > JSON_DEPTH)
				refuse(s, ERR_LIMIT, "depth", "objects and lists are nested too deeply");
			if ((c == '}' || c == ']') && depth > 0)
				depth--;
			s->p++;
		}
	}
}

/* --- what is amiss --- */

/* "true", "abc": as many letters as stand here. */
static size_t
letters(const struct scan *s)
{
	size_t n = 0;

	while (s->p + n < s->end && ((s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z'))
		n++;
	return n;
}

static bool
is_word(const struct scan *s, size_t len)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && memcmp(words[i], s->p, len) == 0)
			return true;
	return false;
}

/* As word processors make them of straight ones: U+2018..U+201F, and the angles U+00AB, U+00BB. */
static bool
is_curly(const struct scan *s)
{
	size_t left = (size_t)(s->end - s->p);

	return (left >= 3 && s->p[0] == 0xe2 && s->p[1] == 0x80 && s->p[2] >= 0x98 && s->p[2] <= 0x9f) ||
	    (left >= 2 && s->p[0] == 0xc2 && (s->p[1] == 0xab || s->p[1] == 0xbb));
}

static void
skip_number(struct scan *s)
{
	while (s->p < s->end && (strchr("+-.eE", *s->p) || (*s->p >= '0' && *s->p <= '9')))
		s->p++;
}

/* What is wrong with the sign at s->p, BEFORE being the last one that is no blank; NULL: nothing that shows here. */
static const char *
judge_sign(const struct scan *s, uint8_t before)
{
	uint8_t c = *s->p;
	size_t word = letters(s);

	if ((c == '}' || c == ']') && before == ',')
		return "no comma belongs before a closing bracket";
	if (c == '/' || c == '#')
		return "JSON has no comments";
	if (is_curly(s))
		return "quotes are straight ones in JSON";
	if (c == '\'' || c >= 0x80 || (word && !is_word(s, word)))
		return "texts and names stand in double quotes";
	if ((word || strchr("\"{[-0123456789", c)) && before && !strchr("{[,:-", before))
		return "a comma or a colon is missing";
	return NULL;
}

/* What people get wrong most, in a text that is no JSON; s->p stands there then. */
static const char *
find_slip(struct scan *s)
{
	unsigned depth = 0;
	uint8_t before = 0;

	for (s->p = s->start; s->p < s->end;) {
		uint8_t c = *s->p;
		const char *slip = strchr(" \t\r\n", c) ? NULL : judge_sign(s, before);
		size_t word = letters(s);

		if (slip)
			return slip;
		depth += c == '{' || c == '[';
		depth -= (c == '}' || c == ']') && depth > 0;
		if (!strchr(" \t\r\n", c))
			before = c;
		s->p++;
		if (c == '"')
			scan_string(s);
		else if (c >= '0' && c <= '9')
			skip_number(s);
		else if (word)
			s->p += word - 1;
	}
	s->p = s->end;
	return depth ? "it ends before all brackets are closed" : "this is not JSON";
}

/* The line up to the fault and the sign there, as much as helps to find it. */
static void
put_around(const struct scan *s, char *out, size_t max)
{
	const uint8_t *from = s->p, *to = s->p;

	while (from > s->start && s->p - from < 24 && from[-1] >= 0x20)
		from--;
	while (from < s->p && utf8_is_later(*from))
		from++;
	while (to < s->end && to - s->p < 8 && *to >= 0x20)
		to++;
	while (to > s->p && to < s->end && utf8_is_later(*to))
		to--;
	snprintf(out, max, "%.*s", (int)(to - from), (const char *)from);
}

static void
refuse_slip(struct scan *s)
{
	char around[40], reason[120];
	const char *slip = find_slip(s);

	put_around(s, around, sizeof around);
	snprintf(reason, sizeof reason, "%s%s%s", slip, *around ? ": " : "", around);
	refuse(s, ERR_INPUT, "json", reason);
}

/* UTF-8 alone: control characters are judged where they stand. */
static bool
is_utf8(struct bytes text, size_t *out_at)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++)
		if (i == text.len || text.p[i] < 0x20 || text.p[i] == 0x7f) {
			if (!utf8_valid((struct bytes){ text.p + from, i - from })) {
				*out_at = from;
				return false;
			}
			from = i + 1;
		}
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first name that stands twice in one object, or NULL. Depth is bounded by the scan. */
static const char *
find_twice(const cJSON *node)
{
	size_t n = (size_t)cJSON_GetArraySize(node), at = 0;
	const char **names, *twice = NULL;
	const cJSON *item;

	cJSON_ArrayForEach(item, node) {
		const char *inner = item->child ? find_twice(item) : NULL;

		if (inner)
			return inner;
	}
	if (!cJSON_IsObject(node) || n < 2)
		return NULL;
	names = need_alloc(n * sizeof *names);
	cJSON_ArrayForEach(item, node)
		names[at++] = item->string;
	qsort(names, n, sizeof *names, compare_names);
	for (size_t i = 1; i < n && !twice; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			twice = names[i];
	free(names);
	return twice;
}

/* What cJSON makes of all of it; NULL: it is refused. */
static cJSON *
parse_whole(struct scan *s)
{
	const char *end = NULL;
	cJSON *parsed = cJSON_ParseWithLengthOpts((const char *)s->start, (size_t)(s->end - s->start), &end, 0);

	while (parsed && end < (const char *)s->end && strchr(" \t\r\n", *end))
		end++;
	if (parsed && end == (const char *)s->end)
		return parsed;
	cJSON_Delete(parsed);
	if (parsed) {
		s->p = (const uint8_t *)end;
		refuse(s, ERR_INPUT, "json", "something stands behind the end");
	} else {
		refuse_slip(s);
	}
	return NULL;
}

enum err_code
json_parse(struct bytes text, size_t limit, const char *object, cJSON **out, struct err *e)
{
	struct scan s = { text.p, text.p, text.p + text.len, object, e, ERR_OK };
	const char *twice;
	size_t at;
	cJSON *parsed;

	if (text.len > limit)
		return err_set(e, ERR_LIMIT, object, "size", "%zu bytes are too many; %zu is the most", text.len, limit);
	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		s.start = s.p = text.p += 3, text.len -= 3;
	if (text.len == 0)
		return err_set(e, ERR_INPUT, object, "json", "it is empty");
	if (!is_utf8(text, &at)) {
		s.p = text.p + at;
		refuse(&s, ERR_INPUT, "utf-8", "this is not valid UTF-8");
		return s.rc;
	}
	scan(&s);
	if (s.rc || (parsed = parse_whole(&s)) == NULL)
		return s.rc;
	if ((twice = find_twice(parsed))) {
		err_set(e, ERR_INPUT, object, "unique", "\"%.60s\" stands twice in one object", twice);
		cJSON_Delete(parsed);
		return ERR_INPUT;
	}
	*out = parsed;
	return ERR_OK;
}

const cJSON *
json_get(const cJSON *o, const char *word)
{
	return cJSON_GetObjectItemCaseSensitive(o, word);
}

const char *
json_member(const cJSON *o, const char *word)
{
	return cJSON_GetStringValue(json_get(o, word));
}

const char *
json_string(const cJSON *o, const char *word)
{
	const cJSON *v = json_get(o, word);

	return cJSON_IsString(v) ? v->valuestring : "";
}

static cJSON *
copy(const cJSON *item)
{
	cJSON *made = cJSON_Duplicate(item, true);

	if (made == NULL)
		abort();
	return made;
}

/* RFC 7396 section 2, word for word. */
cJSON *
json_merge(cJSON *target, const cJSON *patch)
{
	const cJSON *change;

	if (!cJSON_IsObject(patch)) {
		cJSON_Delete(target);
		return copy(patch);
	}
	if (!cJSON_IsObject(target)) {
		cJSON_Delete(target);
		target = cJSON_CreateObject();
	}
	cJSON_ArrayForEach(change, patch) {
		cJSON *old = cJSON_GetObjectItemCaseSensitive(target, change->string);

		if (cJSON_IsNull(change)) {
			cJSON_DeleteItemFromObjectCaseSensitive(target, change->string);
		} else if (cJSON_IsObject(change) && old) {
			cJSON *merged = json_merge(copy(old), change);

			cJSON_ReplaceItemInObjectCaseSensitive(target, change->string, merged);
		} else {
			cJSON *merged = json_merge(NULL, change);

			if (old)
				cJSON_ReplaceItemInObjectCaseSensitive(target, change->string, merged);
			else
				cJSON_AddItemToObject(target, change->string, merged);
		}
	}
	return target;
}
