/* What proto/buf.h promises: borrowed bytes, bytes that grow, big-endian integers. */
#include "proto/buf.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Order is that of memcmp, and a prefix comes first. */
Test(buf, compare)
{
	static const char *const ascending[] = { "", "a", "aa", "ab", "b", "\x80" };
	const int n = sizeof(ascending) / sizeof(ascending[0]);

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			struct bytes a = bytes_text(ascending[i]), b = bytes_text(ascending[j]);
			int order = bytes_compare(a, b);
			cr_expect_eq((order > 0) - (order < 0), (i > j) - (i < j), "%d %d", i, j);
			cr_expect_eq(bytes_equal(a, b), i == j, "%d %d", i, j);
		}
	cr_expect(bytes_equal((struct bytes){ 0 }, bytes_text("")));
	cr_expect_eq(bytes_compare((struct bytes){ 0 }, bytes_text("")), 0);
}

/* A buffer of zeros is empty and valid, and freeing leaves it so. */
Test(buf, empty)
{
	struct buf b = { 0 };

	cr_expect_eq(buf_bytes(&b).len, 0);
	buf_put(&b, NULL, 0);
	buf_put_bytes(&b, (struct bytes){ 0 });
	cr_expect_eq(b.len, 0);
	buf_free(&b);
	cr_expect(b.p == NULL && b.len == 0 && b.cap == 0);
	cr_expect_str_eq(buf_text(&b), "");
	cr_expect_eq(b.len, 0);
	buf_free(&b);
	buf_free(&b);
}

/* Appending keeps what is there, however often it has to move. */
Test(buf, append)
{
	struct buf b = { 0 };

	for (unsigned i = 0; i < 10000; i++) {
		uint8_t four[4];
		put_u32(four, i);
		buf_put(&b, four, sizeof(four));
	}
	cr_expect_eq(b.len, 40000);
	for (unsigned i = 0; i < 10000; i++)
		cr_assert_eq(get_u32(b.p + 4 * i), i);
	buf_reset(&b);
	cr_expect_eq(b.len, 0);
	cr_expect_geq(b.cap, 40000, "its memory is kept");
	buf_put_u8(&b, 'a');
	buf_put_text(&b, "bc");
	memcpy(buf_grow(&b, 2), "de", 2);
	buf_put_bytes(&b, bytes_text("f"));
	cr_expect_str_eq(buf_text(&b), "abcdef");
	cr_expect_eq(b.len, 6, "the final zero is not content");
	buf_free(&b);
}

/* Formatted text of any length is appended without its zero. */
Test(buf, printf)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s", "");
	cr_expect_eq(b.len, 0);
	buf_printf(&b, "%d-%s", 7, "x");
	buf_printf(&b, "%0500d", 1);
	cr_expect_eq(b.len, 503);
	cr_expect_eq(strlen(buf_text(&b)), 503);
	cr_expect_eq(memcmp(b.p, "7-x000", 6), 0);
	buf_free(&b);
}

/* After reserving, that many bytes can be appended without a move. */
Test(buf, reserve)
{
	struct buf b = { 0 };
	const uint8_t *at;

	buf_reserve(&b, 1000);
	at = b.p;
	for (unsigned i = 0; i < 1000; i++)
		buf_put_u8(&b, 1);
	cr_expect_eq(b.p, at);
	buf_free(&b);
}

/* A size that no memory has ends the process. */
Test(buf, too_large, .signal = SIGABRT)
{
	struct buf b = { 0 };

	buf_put_u8(&b, 1);
	buf_reserve(&b, SIZE_MAX);
}

/* Integers are written with their highest byte first and read back. */
Test(buf, integers)
{
	static const uint8_t order[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t out[8];

	cr_expect_eq(get_u16(order), 0x0102);
	cr_expect_eq(get_u32(order), 0x01020304);
	cr_expect_eq(get_u64(order), 0x0102030405060708);
	put_u64(out, 0x0102030405060708);
	cr_expect_eq(memcmp(out, order, 8), 0);
	put_u32(out, 0xfffefdfc);
	cr_expect_eq(get_u32(out), 0xfffefdfc);
	put_u16(out, 0xff00);
	cr_expect_eq(get_u16(out), 0xff00);
	put_u64(out, UINT64_MAX);
	cr_expect_eq(get_u64(out), UINT64_MAX);
}

/* Memory asked for is there, also when nothing is asked for. */
Test(buf, need)
{
	uint8_t *p = need_zeroed(10, 10);
	char *text = need_strdup("text");

	for (unsigned i = 0; i < 100; i++)
		cr_expect_eq(p[i], 0);
	p = need_realloc(p, 1000);
	memset(p, 1, 1000);
	free(p);
	cr_expect_str_eq(text, "text");
	free(text);
	p = need_alloc(0);
	cr_expect_not_null(p);
	free(p);
	p = need_zeroed(0, 0);
	cr_expect_not_null(p);
	free(p);
}

/* An array keeps what is in it while it grows, and moves only when it is full. */
Test(buf, room_for_one_more)
{
	uint32_t *items = NULL;
	size_t cap = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		size_t before = cap;
		void *was = items;

		items = need_room(items, i, &cap, sizeof *items);
		cr_assert_gt(cap, i);
		if (i < before)
			cr_assert(items == was && cap == before, "there was room for element %u", i);
		items[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert_eq(items[i], i);
	free(items);
}
