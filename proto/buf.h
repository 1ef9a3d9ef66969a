/*
 * buf - borrowed bytes, and bytes that grow.
 *
 * Law      a buf that is all zero is empty and valid; buf_free leaves it so
 *          growing ends the process when there is no memory: sizes chosen by others met limits.h before
 */
#ifndef KILIM_PROTO_BUF_H
#define KILIM_PROTO_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Somebody else's bytes; valid as long as the lender says. */
struct bytes {
	const uint8_t *p;
	size_t len;
};

struct buf {
	uint8_t *p;
	size_t len, cap;
};

#define BYTES_OF(object) ((struct bytes){ (const uint8_t *)&(object), sizeof(object) })

/* The bytes of TEXT without its final zero; borrowed. */
struct bytes bytes_text(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
/* <0, 0, >0 in the order of memcmp; a prefix comes first. */
int bytes_compare(struct bytes a, struct bytes b);

void buf_free(struct buf *b);
/* Empty it, keep its memory. */
void buf_reset(struct buf *b);
void buf_reserve(struct buf *b, size_t more);
/* Append LEN bytes without setting them; the result is valid until the next append. */
uint8_t *buf_grow(struct buf *b, size_t len);
void buf_put(struct buf *b, const void *p, size_t len);
void buf_put_bytes(struct buf *b, struct bytes more);
void buf_put_text(struct buf *b, const char *text);
void buf_put_u8(struct buf *b, uint8_t v);
/* Append formatted text, without the final zero. */
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *b, const char *fmt, ...);
/* Its content, borrowed until the next change. */
struct bytes buf_bytes(const struct buf *b);
/* Its content as C text, borrowed until the next change (a zero is kept behind the end). */
const char *buf_text(struct buf *b);

/* 0..15 of a hexadecimal digit in either case; -1: none. */
int hex_value(char c);

/* Big-endian integers, so that order in the store is order of value. */
void put_u16(uint8_t out[2], uint16_t v);
void put_u32(uint8_t out[4], uint32_t v);
void put_u64(uint8_t out[8], uint64_t v);
static inline uint16_t
get_u16(const uint8_t p[2])
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_u32(const uint8_t p[4])
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
get_u64(const uint8_t p[8])
{
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

/* malloc, calloc, realloc and strdup that end the process instead of returning NULL. */
void *need_alloc(size_t len);
void *need_zeroed(size_t count, size_t size);
void *need_realloc(void *p, size_t len);
char *need_strdup(const char *text);

/* Room for twice as many elements of SIZE bytes as *CAP says, or for some when there are none. */
void *need_doubled(void *items, size_t *cap, size_t size);
/*
 * The array ITEMS of *CAP elements of SIZE bytes, COUNT of them in use, with room for one more: the same when it has
 * some, else a longer one in its place. Begins with NULL and 0; what is not in use is not set.
 */
static inline void *
need_room(void *items, size_t count, size_t *cap, size_t size)
{
	return count < *cap ? items : need_doubled(items, cap, size);
}

#endif
