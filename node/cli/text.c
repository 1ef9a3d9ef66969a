#include "node/cli/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "node/base/near.h"

/* One code point of TEXT; a broken byte gives -1 and is one byte long. */
static utf8proc_ssize_t
step(const char *text, utf8proc_int32_t *out)
{
	utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text,
	    (utf8proc_ssize_t)strlen(text), out);

	if (used <= 0) {
		*out = -1;
		return 1;
	}
	return used;
}

static bool
is_control(utf8proc_int32_t point)
{
	/* Besides C0 and C1: marks that turn the direction of writing, with which names can be forged. */
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
	    (point >= 0x2066 && point <= 0x2069);
}

size_t
text_width(const char *text)
{
	size_t width = 0;
	utf8proc_int32_t point;

	while (*text) {
		text += step(text, &point);
		if (point < 0)
			width++;
		else if (utf8proc_charwidth(point) > 0)
			width += (size_t)utf8proc_charwidth(point);
	}
	return width;
}

void
text_clean(const char *text, bool one_line, struct buf *out)
{
	utf8proc_int32_t point;

	while (*text) {
		utf8proc_ssize_t used = step(text, &point);

		if (point == '\n' || point == '\t')
			buf_put_u8(out, one_line ? ' ' : (uint8_t)point);
		else if (is_control(point))
			buf_put_u8(out, '?');
		else
			buf_put(out, text, (size_t)used);
		text += used;
	}
}

void
text_fit(const char *text, size_t max, struct buf *out)
{
	size_t width = 0;
	utf8proc_int32_t point;

	if (text_width(text) <= max) {
		buf_put_text(out, text);
		return;
	}
	while (*text) {
		utf8proc_ssize_t used = step(text, &point);
		int wide = point < 0 ? 1 : utf8proc_charwidth(point);

		if (width + (size_t)(wide > 0 ? wide : 0) + 1 > max)
			break;
		width += (size_t)(wide > 0 ? wide : 0);
		buf_put(out, text, (size_t)used);
		text += used;
	}
	if (max)
		buf_put_text(out, "…");
}

size_t
text_fault(struct bytes text)
{
	size_t at = 0;
	utf8proc_int32_t point;

	while (at < text.len) {
		size_t left = text.len - at;
		utf8proc_ssize_t used = utf8proc_iterate(text.p + at, (utf8proc_ssize_t)(left < 4 ? left : 4), &point);

		if (used <= 0)
			return at;
		at += (size_t)used;
	}
	return at;
}

bool
text_near(const char *typed, const char *candidate)
{
	size_t len = strlen(typed);

	/* A third of the letters may be wrong; the beginning of a word is near as well. */
	if (len >= 3 && strncmp(typed, candidate, len) == 0)
		return true;
	return near_distance(typed, candidate) <= (len < 2 ? 0 : len < 6 ? 1 : len / 3);
}

static const struct letter {
	utf8proc_int32_t cyrillic;
	const char *latin;
} letters[] = {
	{ 0x430, "a" }, { 0x431, "b" }, { 0x446, "c" }, { 0x434, "d" }, { 0x435, "e" }, { 0x444, "f" },
	{ 0x433, "g" }, { 0x445, "h" }, { 0x438, "i" }, { 0x458, "j" }, { 0x43a, "k" }, { 0x43b, "l" },
	{ 0x43c, "m" }, { 0x43d, "n" }, { 0x43e, "o" }, { 0x43f, "p" }, { 0x440, "r" }, { 0x441, "s" },
	{ 0x442, "t" }, { 0x443, "u" }, { 0x432, "v" }, { 0x437, "z" },
	/* only for reading: letters that the check words do not use */
	{ 0x452, "dj" }, { 0x453, "gj" }, { 0x455, "dz" }, { 0x459, "lj" }, { 0x45a, "nj" }, { 0x45b, "c" },
	{ 0x45c, "kj" }, { 0x45f, "dz" }, { 0x436, "z" }, { 0x447, "c" }, { 0x448, "s" }
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static const char *
latin_of(utf8proc_int32_t point)
{
	for (size_t i = 0; i < LETTERS; i++)
		if (letters[i].cyrillic == point)
			return letters[i].latin;
	return NULL;
}

void
text_latin(const char *cyrillic, struct buf *out)
{
	utf8proc_int32_t point;

	while (*cyrillic) {
		utf8proc_ssize_t used = step(cyrillic, &point);
		const char *latin = point < 0 ? NULL : latin_of(utf8proc_tolower(point));

		if (latin)
			buf_put_text(out, latin);
		else
			buf_put(out, cyrillic, (size_t)used);
		cyrillic += used;
	}
}

void
text_cyrillic(const char *latin, struct buf *out)
{
	for (; *latin; latin++) {
		utf8proc_uint8_t bytes[4];
		size_t i = 0;

		while (i < LETTERS && (letters[i].latin[1] || letters[i].latin[0] != *latin))
			i++;
		if (i < LETTERS)
			buf_put(out, bytes, (size_t)utf8proc_encode_char(letters[i].cyrillic, bytes));
		else
			buf_put_u8(out, (uint8_t)*latin);
	}
}

void
text_fold(const char *text, struct buf *out)
{
	struct buf latin = { 0 };
	utf8proc_uint8_t *plain = NULL;
	utf8proc_ssize_t len;

	text_latin(text, &latin);
	len = utf8proc_map((const utf8proc_uint8_t *)buf_text(&latin), 0, &plain,
	    UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD | UTF8PROC_COMPAT);
	if (len >= 0)
		buf_put_text(out, (const char *)plain);
	free(plain);
	buf_free(&latin);
}
