#include "proto/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 8                 /* elements: most arrays stay as short as that */

static void *
or_die(void *p)
{
	if (p == NULL) {
		fputs("kilim: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
need_alloc(size_t len)
{
	return or_die(malloc(len ? len : 1));
}

void *
need_zeroed(size_t count, size_t size)
{
	return or_die(calloc(count ? count : 1, size ? size : 1));
}

void *
need_realloc(void *p, size_t len)
{
	return or_die(realloc(p, len ? len : 1));
}

void *
need_doubled(void *items, size_t *cap, size_t size)
{
	*cap = *cap ? *cap * 2 : ROOM_FIRST;
	assert(*cap <= SIZE_MAX / size);
	return need_realloc(items, *cap * size);
}

char *
need_strdup(const char *text)
{
	return or_die(strdup(text));
}

struct bytes
bytes_text(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared ? memcmp(a.p, b.p, shared) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more;

	if (need < more)
		or_die(NULL);
	if (need <= b->cap)
		return;
	if (need < b->cap * 2)
		need = b->cap * 2;
	if (need < 64)
		need = 64;
	b->p = need_realloc(b->p, need);
	b->cap = need;
}

uint8_t *
buf_grow(struct buf *b, size_t len)
{
	uint8_t *at;

	buf_reserve(b, len ? len : 1); /* so that there is an address, even of nothing */
	at = b->p + b->len;
	b->len += len;
	return at;
}

void
buf_put(struct buf *b, const void *p, size_t len)
{
	if (len)
		memcpy(buf_grow(b, len), p, len);
}

void
buf_put_bytes(struct buf *b, struct bytes more)
{
	buf_put(b, more.p, more.len);
}

void
buf_put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
	*buf_grow(b, 1) = v;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len > 0) {
		buf_reserve(b, (size_t)len + 1);
		vsnprintf((char *)b->p + b->len, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

struct bytes
buf_bytes(const struct buf *b)
{
	return (struct bytes){ b->p, b->len };
}

const char *
buf_text(struct buf *b)
{
	buf_reserve(b, 1);
	b->p[b->len] = 0;
	return (const char *)b->p;
}

int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
put_u16(uint8_t out[2], uint16_t v)
{
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
}

void
put_u32(uint8_t out[4], uint32_t v)
{
	put_u16(out, (uint16_t)(v >> 16));
	put_u16(out + 2, (uint16_t)v);
}

void
put_u64(uint8_t out[8], uint64_t v)
{
	put_u32(out, (uint32_t)(v >> 32));
	put_u32(out + 4, (uint32_t)v);
}
