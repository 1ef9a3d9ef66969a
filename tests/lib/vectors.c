#include "tests/lib/vectors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 1, 2), noreturn)) static void
stop(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* Cut LINE at every '|' and take the blanks away around each column. */
static size_t
split(char *line, const char *column[VECTOR_COLUMNS])
{
	size_t count = 0;

	for (char *next = line; next; count++) {
		char *at = strsep(&next, "|"), *end;
		if (count == VECTOR_COLUMNS)
			return count + 1;
		at += strspn(at, " ");
		for (end = at + strlen(at); end > at && (end[-1] == ' ' || end[-1] == '\n'); )
			*--end = 0;
		column[count] = at;
	}
	return count;
}

void
vectors_each(const char *file, size_t columns, void (*fn)(const char *const *column, const char *where))
{
	const char *column[VECTOR_COLUMNS];
	char path[256], where[300], *line = NULL;
	size_t cap = 0, number = 0, seen = 0, got;
	FILE *f;

	snprintf(path, sizeof(path), "proto/vectors/%s", file);
	if ((f = fopen(path, "r")) == NULL)
		stop("%s: cannot be opened; tests run in the top directory", path);
	while (getline(&line, &cap, f) >= 0) {
		number++;
		if (line[0] == '#')
			continue;
		snprintf(where, sizeof(where), "%s:%zu", path, number);
		if ((got = split(line, column)) != columns)
			stop("%s: %zu columns instead of %zu", where, got, columns);
		fn(column, where);
		seen++;
	}
	if (seen == 0)
		stop("%s: empty", path);
	free(line);
	fclose(f);
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	if (at == NULL)
		stop("vector: '%c' is no hexadecimal digit", c);
	return (int)(at - digits);
}

void
vectors_hex(const char *text, struct buf *out)
{
	if (strcmp(text, "-") == 0)
		return;
	for (; *text; text += 2)
		buf_put_u8(out, (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1])));
}

void
vectors_fixed(const char *text, void *out, size_t len)
{
	struct buf b = { 0 };

	vectors_hex(text, &b);
	if (b.len != len)
		stop("vector: %zu bytes instead of %zu", b.len, len);
	memcpy(out, b.p, len);
	buf_free(&b);
}
