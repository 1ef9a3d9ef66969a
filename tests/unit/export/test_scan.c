#include <criterion/criterion.h>

#include "node/export/scan.h"

static const char text[] = "{\n \"a\": [1,\n  {\"b\": \"x\\\"y\"}],\n \"c\": null,\n \"d\": {\"e\":\n 2}}";

/* A path leads to the line of its value; what is not there to the deepest part that is. */
Test(scan, lines)
{
	struct bytes object = bytes_text(text);

	cr_expect_eq(scan_line(object, 1, ""), 1);
	cr_expect_eq(scan_line(object, 1, "a"), 2);
	cr_expect_eq(scan_line(object, 1, "a[1]"), 3);
	cr_expect_eq(scan_line(object, 1, "a[1].b"), 3);
	cr_expect_eq(scan_line(object, 10, "c"), 13);
	cr_expect_eq(scan_line(object, 1, "d.e"), 6);
	cr_expect_eq(scan_line(object, 1, "d.f"), 5);
	cr_expect_eq(scan_line(object, 1, "a[7]"), 2);
	cr_expect_eq(scan_line(object, 1, "z"), 1);
	cr_expect_eq(scan_line(object, 1, "a..b[x"), 2);
}

/* Members come in order with their names, values whole; brackets and quotes within strings end nothing. */
Test(scan, members)
{
	struct scan s;
	struct scan_value v;
	struct bytes name;
	bool first = true;

	scan_open(&s, bytes_text("{\"a\":\"]}\\\\\",\"b\":[{\"c\":1}] , \"d\":-1.5e3}"), 1);
	cr_assert(scan_pass(&s, '{'));
	cr_assert(scan_member(&s, &first, &name));
	cr_expect(bytes_equal(name, bytes_text("a")));
	cr_assert(scan_take(&s, &v));
	cr_expect(bytes_equal(v.text, bytes_text("\"]}\\\\\"")));
	cr_assert(scan_member(&s, &first, &name));
	cr_assert(scan_take(&s, &v));
	cr_expect(bytes_equal(v.text, bytes_text("[{\"c\":1}]")));
	cr_assert(scan_member(&s, &first, &name));
	cr_assert(scan_take(&s, &v));
	cr_expect(bytes_equal(v.text, bytes_text("-1.5e3")));
	cr_expect_not(scan_member(&s, &first, &name));
	cr_expect_not(s.bad);
	cr_expect_eq(scan_look(&s), -1);
}

/* A text that ends too early, or misses a comma, is bad, and never read beyond its end. */
Test(scan, broken)
{
	static const char *const texts[] = { "{\"a\":[1,2", "{\"a\"", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":\"b", "{", "{a:1}" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scan s;
		struct scan_value v;
		struct bytes name;
		bool first = true;

		scan_open(&s, bytes_text(texts[i]), 1);
		scan_pass(&s, '{');
		while (scan_member(&s, &first, &name) && scan_take(&s, &v))
			;
		cr_expect(s.bad, "%s", texts[i]);
	}
}

/* Brackets to any depth cost no stack. */
Test(scan, deep)
{
	struct buf deep = { 0 };
	struct scan s;
	struct scan_value v;

	for (size_t i = 0; i < 1000000; i++)
		buf_put_u8(&deep, '[');
	scan_open(&s, buf_bytes(&deep), 1);
	cr_expect_not(scan_take(&s, &v));
	for (size_t i = 0; i < 1000000; i++)
		buf_put_u8(&deep, ']');
	scan_open(&s, buf_bytes(&deep), 1);
	cr_expect(scan_take(&s, &v));
	buf_free(&deep);
}
