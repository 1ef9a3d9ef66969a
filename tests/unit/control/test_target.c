/* Request lines: split first, decoded after. */
#include "node/control/target.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct target t;
static struct err e;
static const char *rest[4];

static void
read_ok(const char *uri)
{
	target_free(&t);
	cr_assert_eq(target_read(uri, &t, &e), ERR_OK, "%s: %s", uri, e.reason);
}

static void
refused(const char *uri, const char *rule)
{
	target_free(&t);
	cr_expect_eq(target_read(uri, &t, &e), ERR_USAGE, "%s", uri);
	cr_expect_str_eq(e.rule, rule, "%s", uri);
	cr_expect_null(t.text, "written on an error");
}

static void
forget(void)
{
	target_free(&t);
}

TestSuite(target, .fini = forget);

/* Patterns match whole paths, part by part; a star is never empty. */
Test(target, patterns)
{
	read_ok("/v1/kinds/service/1%2f2/history");
	cr_expect(target_match(&t, "/v1/kinds/*/*/history", rest));
	cr_expect_str_eq(rest[0], "service");
	cr_expect_str_eq(rest[1], "1/2");
	cr_expect_null(rest[2]);
	cr_expect_not(target_match(&t, "/v1/kinds/*/*", rest));
	cr_expect_not(target_match(&t, "/v1/kinds/*/*/history/*", rest));
	cr_expect_not(target_match(&t, "/v1/kinds/*/*/histor", rest));
	cr_expect_not(target_match(&t, "/v1/kinds/*/*/history2", rest));
	read_ok("/v1/kinds/");
	cr_expect_not(target_match(&t, "/v1/kinds", rest));
	cr_expect_not(target_match(&t, "/v1/kinds/*", rest));
	read_ok("/");
	cr_expect_not(target_match(&t, "/v1", rest));
	read_ok("/a/b/c/d/e");
	cr_expect(target_match(&t, "/*/*/*/*/*", rest));
	cr_expect_str_eq(rest[3], "d");
}

/* A parameter without "=" is empty, one that is absent is NULL; the first of two counts. */
Test(target, queries)
{
	read_ok("/x?a=1&b&&c=%3D%26+d&a=2&=z");
	cr_expect_str_eq(target_query(&t, "a"), "1");
	cr_expect_str_empty(target_query(&t, "b"));
	cr_expect_str_eq(target_query(&t, "c"), "=& d");
	cr_expect_null(target_query(&t, "d"));
	read_ok("/a+b?");
	cr_expect_str_eq(t.segment[0], "a+b", "a plus is a space in a query only");
	cr_expect_eq(t.queries, 0);
}

/* What is no percent-encoded UTF-8, or too much, is refused. */
Test(target, refusals)
{
	char many[400] = "/x?";

	refused("x", "syntax");
	refused("", "syntax");
	refused("/%", "encoding");
	refused("/%f", "encoding");
	refused("/%zz", "encoding");
	refused("/%00", "encoding");
	refused("/%c3%28", "encoding");
	refused("/%1b", "encoding");
	refused("/x?%ff=1", "encoding");
	refused("/x?a=%ed%a0%80", "encoding");
	refused("/1/2/3/4/5/6/7/8/9", "length");
	for (int i = 0; i < TARGET_QUERY + 1; i++)
		strcat(many, "a=b&");
	refused(many, "count");
}
