#include "proto/utf8.h"

#include <string.h>

/* How many of the bytes at P are plain printable ASCII or newline, eight at a time. */
static size_t
skip_ascii(const uint8_t *p, size_t len)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	size_t i = 0;

	for (; len - i >= 8; i += 8) {
		uint64_t v, below, del;
		memcpy(&v, p + i, 8);
		/* A high bit is set where a byte is below 0x20, is 0x7f, or is not ASCII: then look closely. */
		below = (v - ones * 0x20) & ~v;
		del = v ^ (ones * 0x7f);
		del = (del - ones) & ~del;
		if ((below | del | v) & high)
			break;
	}
	while (i < len && ((p[i] >= 0x20 && p[i] < 0x7f) || p[i] == '\n'))
		i++;
	return i;
}

/*
 * The length of the character at P (not ASCII), 0 when it is none. RFC 3629 section 4: what the second
 * byte may be depends on the first; that excludes overlong forms, surrogates and what is above U+10FFFF.
 */
static size_t
wide_char(const uint8_t *p, size_t len)
{
	uint8_t a = p[0], low = 0x80, high = 0xbf;
	size_t need;

	if (a >= 0xc2 && a <= 0xdf)
		need = 2;
	else if (a >= 0xe0 && a <= 0xef)
		need = 3;
	else if (a >= 0xf0 && a <= 0xf4)
		need = 4;
	else
		return 0;
	if (a == 0xc2)
		low = 0xa0; /* U+0080 to U+009F are control characters (C1) */
	else if (a == 0xe0)
		low = 0xa0;
	else if (a == 0xed)
		high = 0x9f;
	else if (a == 0xf0)
		low = 0x90;
	else if (a == 0xf4)
		high = 0x8f;
	if (len < need || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if (!utf8_is_later(p[i]))
			return 0;
	return need;
}

bool
utf8_valid(struct bytes text)
{
	size_t i = 0;

	while (i < text.len) {
		size_t n = skip_ascii(text.p + i, text.len - i);
		if (n == 0)
			n = wide_char(text.p + i, text.len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

struct bytes
utf8_cut(struct bytes text, size_t most)
{
	if (text.len <= most)
		return text;
	text.len = most;
	while (text.len && utf8_is_later(text.p[text.len]))
		text.len--;
	return text;
}

void
utf8_copy(struct bytes text, char *out, size_t size)
{
	struct bytes fits = utf8_cut(text, size - 1);

	if (fits.len)
		memcpy(out, fits.p, fits.len);
	out[fits.len] = 0;
}

size_t
utf8_count(struct bytes text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += !utf8_is_later(text.p[i]);
	return count;
}
