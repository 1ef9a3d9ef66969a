#include "proto/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"

static const struct row {
	const char *word;
	int http, coap, exit;
	const char *meaning;
} rows[ERR_CODES] = {
#define X(name, word, http, coap, exit, meaning) { word, http, coap, exit, meaning },
	ERR_TABLE(X)
#undef X
};

static const struct row *
row(enum err_code code)
{
	assert(code < ERR_CODES);
	return &rows[code];
}

const char *
err_word(enum err_code code)
{
	return row(code)->word;
}

int
err_http(enum err_code code)
{
	return row(code)->http;
}

int
err_coap(enum err_code code)
{
	return row(code)->coap;
}

int
err_exit(enum err_code code)
{
	return row(code)->exit;
}

const char *
err_meaning(enum err_code code)
{
	return row(code)->meaning;
}

enum err_code
err_from_word(const char *word)
{
	for (unsigned i = 0; i < ERR_CODES; i++)
		if (strcmp(rows[i].word, word) == 0)
			return (enum err_code)i;
	return ERR_FAILED;
}

/*
 * Names and reasons may hold foreign text: no control character reaches a terminal or a log, neither of one
 * byte nor one of U+0080 to U+009F (C1), which in UTF-8 are c2 80 to c2 9f.
 */
static void
tame(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
		else if (text[0] == '\xc2' && ((unsigned char)text[1] & 0xe0) == 0x80)
			text[0] = text[1] = '?';
	}
}

/* A cut must not leave half a UTF-8 character behind. */
static void
trim(char *text, size_t max, int wanted)
{
	size_t len = strlen(text);

	if (wanted < 0 || (size_t)wanted < max)
		return;
	while (len && utf8_is_later((uint8_t)text[len - 1]))
		len--;
	if (len && ((unsigned char)text[len - 1] & 0x80))
		len--;
	text[len] = 0;
}

enum err_code
err_set(struct err *e, enum err_code code, const char *object, const char *rule, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return code;
	e->code = code;
	trim(e->object, sizeof(e->object), snprintf(e->object, sizeof(e->object), "%s", object));
	snprintf(e->rule, sizeof(e->rule), "%s", rule);
	va_start(ap, fmt);
	trim(e->reason, sizeof(e->reason), vsnprintf(e->reason, sizeof(e->reason), fmt, ap));
	va_end(ap);
	tame(e->object);
	tame(e->reason);
	return code;
}

enum err_code
err_wrap(struct err *e, const char *fmt, ...)
{
	char context[sizeof(e->object)], whole[2 * sizeof(e->object) + 2] = { 0 };
	int len;
	va_list ap;

	if (e == NULL)
		return ERR_FAILED;
	va_start(ap, fmt);
	trim(context, sizeof(context), vsnprintf(context, sizeof(context), fmt, ap));
	va_end(ap);
	len = snprintf(whole, sizeof(whole), e->object[0] ? "%s: %s" : "%s%s", context, e->object);
	memcpy(e->object, whole, sizeof(e->object));
	e->object[sizeof(e->object) - 1] = 0;
	trim(e->object, sizeof(e->object), len);
	tame(e->object);
	return e->code;
}

const char *
err_text(const struct err *e, char *out, size_t max)
{
	const char *gap = e->object[0] ? ": " : "";
	const char *gap2 = e->rule[0] ? ": " : "";

	trim(out, max, snprintf(out, max, "%s%s%s%s%s", e->object, gap, e->rule, gap2, e->reason));
	return out;
}
