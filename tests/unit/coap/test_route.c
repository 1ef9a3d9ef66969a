/* node/coap/route: who may ask what, how large, how often, as the rows say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/coap/route.h"

static const char *called;
static char called_rest[32];
static size_t answer_len;

static enum err_code
plain(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	(void)e;
	called = "plain";
	snprintf(called_rest, sizeof(called_rest), "%s", c->rest);
	for (size_t i = 0; i < answer_len; i++)
		buf_put_u8(&out->body, 'x');
	return ERR_OK;
}

static enum err_code
refusing(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	(void)c;
	called = "refusing";
	buf_put_text(&out->body, "half an answer");
	return err_set(e, ERR_CONFLICT, "hello", "version", "no");
}

static const struct route rows[] = {
	{ ".well-known/core", COAP_GET, ROUTE_LISTED, RATE_REQUEST, 0, COAP_FORMAT_LINK, "what there is", plain },
	{ "hello", COAP_POST, ROUTE_LISTED, RATE_REQUEST, 200, COAP_FORMAT_CBOR, "say \"hello\"", refusing },
	{ "tail/", COAP_GET, ROUTE_MEMBER, RATE_PULL, 0, COAP_FORMAT_CBOR_SEQUENCE, "a page", plain },
	{ "records", COAP_FETCH, ROUTE_MEMBER, RATE_PULL, 1000, COAP_FORMAT_CBOR_SEQUENCE, NULL, plain },
	{ "records", COAP_POST, ROUTE_MEMBER, RATE_REQUEST, 10, -1, NULL, plain },
	{ "join", COAP_POST, ROUTE_STRANGER, RATE_JOIN, LIMIT_JOIN, COAP_FORMAT_CBOR, "newcomers", plain },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct route_meter meter;
static struct coap_answer answer;

static void
finish(void)
{
	buf_free(&answer.body);
	memset(&meter, 0, sizeof(meter));
	answer_len = 0;
}

TestSuite(route, .fini = finish);

/* PATH by its slashes. */
static struct coap_request
request(uint16_t method, const char *path)
{
	struct coap_request r = { .method = method, .format = -1, .accept = -1, .want = 1024 };

	while (path && r.path_count < COAP_MAX_SEGMENTS) {
		const char *end = strchrnul(path, '/');
		r.path[r.path_count++] = (struct bytes){ (const uint8_t *)path, (size_t)(end - path) };
		path = *end ? end + 1 : NULL;
	}
	return r;
}

static unsigned
dispatch(const struct coap_request *r, enum route_access may, int64_t tick)
{
	struct route_call call = { .request = r };

	buf_free(&answer.body);
	answer = (struct coap_answer){ .format = -1 };
	called = NULL;
	route_dispatch(rows, ROWS, may, &meter, tick, &call, &answer);
	return answer.code;
}

static unsigned
ask(uint16_t method, const char *path, enum route_access may)
{
	struct coap_request r = request(method, path);

	return dispatch(&r, may, 0);
}

/* A row that fits is called and its format set; what follows its path comes as the rest. */
Test(route, rows_are_found)
{
	cr_expect_eq(ask(COAP_GET, ".well-known/core", ROUTE_MEMBER), 205);
	cr_expect(answer.format == COAP_FORMAT_LINK && called_rest[0] == 0);
	cr_expect_eq(ask(COAP_GET, "tail/770", ROUTE_MEMBER), 205);
	cr_expect_str_eq(called_rest, "770");
	cr_expect_eq(answer.format, COAP_FORMAT_CBOR_SEQUENCE);
	cr_expect_eq(ask(COAP_GET, "tail/7/70", ROUTE_MEMBER), 205);
	cr_expect_str_eq(called_rest, "7/70");
	cr_expect_eq(ask(COAP_POST, "records", ROUTE_MEMBER), 205);
	cr_expect_eq(ask(COAP_FETCH, "records", ROUTE_MEMBER), 205);
}

/* Unknown paths are 4.04, also such as only begin like a row, and bytes that are no text. */
Test(route, unknown_paths)
{
	static const char *const paths[] = { "", "hell", "helloo", "hello/", "hello/x", "tail", "tail/", "records/1",
		"/hello", "none", "he\tllo" };
	struct coap_request r = { .method = COAP_GET, .accept = -1 };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		cr_expect_eq(ask(COAP_GET, paths[i], ROUTE_MEMBER), 404, "%s", paths[i]);
		cr_expect_null(called);
	}
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 404);
	/* A slash or a zero inside a segment does not make two of it, nor end it. */
	r.path[0] = (struct bytes){ (const uint8_t *)"tail/770", 8 };
	r.path_count = 1;
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 404);
	r.path[0] = (struct bytes){ (const uint8_t *)"hello\0x", 7 };
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 404);
}

/* Eight segments of 255 bytes are too long for any row, and nothing more. */
Test(route, longest_path)
{
	static uint8_t segment[255];
	struct coap_request r = { .method = COAP_GET, .accept = -1, .path_count = 8 };

	memset(segment, 'a', sizeof(segment));
	for (size_t i = 0; i < 8; i++)
		r.path[i] = (struct bytes){ segment, sizeof(segment) };
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 404);
}

/* A known path with another method is 4.05. */
Test(route, other_methods)
{
	cr_expect_eq(ask(COAP_GET, "hello", ROUTE_MEMBER), 405);
	cr_expect_eq(ask(3, "records", ROUTE_MEMBER), 405);
	cr_expect_eq(ask(4, "tail/1", ROUTE_MEMBER), 405);
	cr_expect_null(called);
}

/* Rights are a column: a stranger is refused every path but join, whether it is there or not. */
Test(route, access)
{
	cr_expect_eq(ask(COAP_POST, "join", ROUTE_STRANGER), 205);
	cr_expect_eq(ask(COAP_POST, "hello", ROUTE_STRANGER), 403);
	cr_expect_eq(ask(COAP_GET, "hello", ROUTE_STRANGER), 403);
	cr_expect_eq(ask(COAP_GET, "none", ROUTE_STRANGER), 403);
	cr_expect_eq(ask(COAP_GET, ".well-known/core", ROUTE_STRANGER), 403);
	cr_expect_eq(ask(COAP_GET, "tail/1", ROUTE_LISTED), 403);
	cr_expect_eq(ask(COAP_POST, "hello", ROUTE_LISTED), 409);
	cr_expect_eq(ask(COAP_GET, "none", ROUTE_LISTED), 404);
	cr_expect_eq(ask(COAP_POST, "join", ROUTE_MEMBER), 205);
}

/* A body may have the row's size and not a byte more. */
Test(route, size)
{
	static uint8_t body[1001];
	struct coap_request r = request(COAP_FETCH, "records");

	r.payload = (struct bytes){ body, 1000 };
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 205);
	r.payload.len = 1001;
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 413);
	cr_expect_null(called);
}

/* The handler's error becomes the answer, and what it had written is gone. */
Test(route, errors_become_answers)
{
	cr_expect_eq(ask(COAP_POST, "hello", ROUTE_MEMBER), 409);
	cr_expect_str_eq(called, "refusing");
	cr_expect_eq(answer.format, COAP_FORMAT_PROBLEM);
	cr_expect_null(memmem(answer.body.p, answer.body.len, "half", 4));
	cr_expect_not_null(memmem(answer.body.p, answer.body.len, "hello: version: no", 18));
}

/* Sixty requests at once, then twenty a second; a session's other rates are not touched. */
Test(route, request_rate)
{
	struct coap_request r = request(COAP_GET, ".well-known/core"), other = request(COAP_GET, "tail/1");

	for (unsigned i = 0; i < 60; i++)
		cr_assert_eq(dispatch(&r, ROUTE_MEMBER, 5000), 205, "request %u", i);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 5000), 429);
	cr_expect_null(called);
	cr_expect_eq(dispatch(&other, ROUTE_MEMBER, 5000), 205);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 5049), 429);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 5050), 205);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 5050), 429);
	for (unsigned i = 0; i < 20; i++)
		cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 6050), 205, "request %u", i);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 6050), 429);
	/* A clock that jumps back gives nothing and takes nothing. */
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 429);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 50), 205);
}

/* Pulls are counted by the bytes of their answers. */
Test(route, pull_rate)
{
	struct coap_request r = request(COAP_GET, "tail/1");
	unsigned n = 0;

	answer_len = LIMIT_ANSWER;
	while (n < 2 * LIMIT_PULL_BYTES_S / LIMIT_ANSWER && dispatch(&r, ROUTE_MEMBER, 0) == 205)
		n++;
	cr_expect_eq(n, LIMIT_PULL_BYTES_S / LIMIT_ANSWER);
	cr_expect_eq(answer.code, 429);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 1), 205);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 2), 429);
	answer_len = 0;
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 1002), 205);
	route_charge(&meter, LIMIT_PULL_BYTES_S);
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 1002), 429);
}

/* Short answers count as well. */
Test(route, short_pulls)
{
	struct coap_request r = request(COAP_GET, "tail/1");
	unsigned n = 0;

	while (n < 2 * LIMIT_PULL_BYTES_S / LIMIT_PULL_LEAST && dispatch(&r, ROUTE_MEMBER, 0) == 205)
		n++;
	cr_expect_eq(n, LIMIT_PULL_BYTES_S / LIMIT_PULL_LEAST);
}

/* The row that was called is told, and none where the request was refused before. */
Test(route, called_row_is_told)
{
	struct coap_request r = request(COAP_GET, "tail/1");
	struct route_call call = { .request = &r };

	cr_expect_eq(route_dispatch(rows, ROWS, ROUTE_STRANGER, &meter, 0, &call, &answer), NULL);
	buf_free(&answer.body);
	answer = (struct coap_answer){ .format = -1 };
	cr_expect_str_eq(route_dispatch(rows, ROWS, ROUTE_MEMBER, &meter, 0, &call, &answer)->path, "tail/");
}

/* Joining: three at once, then one a second. */
Test(route, join_rate)
{
	struct coap_request r = request(COAP_POST, "join");

	for (unsigned i = 0; i < 3; i++)
		cr_expect_eq(dispatch(&r, ROUTE_STRANGER, 0), 205);
	cr_expect_eq(dispatch(&r, ROUTE_STRANGER, 999), 429);
	cr_expect_eq(dispatch(&r, ROUTE_STRANGER, 1000), 205);
}

/* Accept must be the row's format; a row without one takes any. */
Test(route, accept)
{
	struct coap_request r = request(COAP_GET, ".well-known/core");

	r.accept = COAP_FORMAT_LINK;
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 205);
	r.accept = COAP_FORMAT_CBOR;
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 406);
	r = request(COAP_POST, "records");
	r.accept = COAP_FORMAT_CBOR;
	cr_expect_eq(dispatch(&r, ROUTE_MEMBER, 0), 205);
}

static void
links_are(enum route_access may, const char *text)
{
	struct buf out = { 0 };

	route_links(rows, ROWS, may, &out);
	cr_expect_str_eq(buf_text(&out), text);
	buf_free(&out);
}

/* RFC 6690: one link a path, quoted titles, only what the session may reach. */
Test(route, links)
{
	links_are(ROUTE_STRANGER, "</join>;title=\"newcomers\";ct=60");
	links_are(ROUTE_LISTED, "</.well-known/core>;title=\"what there is\";ct=40,"
	    "</hello>;title=\"say \\\"hello\\\"\";ct=60,</join>;title=\"newcomers\";ct=60");
	links_are(ROUTE_MEMBER, "</.well-known/core>;title=\"what there is\";ct=40,"
	    "</hello>;title=\"say \\\"hello\\\"\";ct=60,</tail/>;title=\"a page\";ct=63,</records>;ct=63,"
	    "</join>;title=\"newcomers\";ct=60");
}

/* A query is found by its whole key, and refused when too long or when it hides a zero. */
Test(route, queries)
{
	struct coap_request r = { .query = { bytes_text("until=5"), bytes_text("n="), bytes_text("nn=3"),
		bytes_text("flag"), { (const uint8_t *)"z=a\0b", 5 } }, .query_count = 5 };
	char out[4] = "old";

	cr_expect(route_query(&r, "until", out, sizeof(out)));
	cr_expect_str_eq(out, "5");
	cr_expect(route_query(&r, "n", out, sizeof(out)));
	cr_expect_str_eq(out, "");
	cr_expect_not(route_query(&r, "unti", out, sizeof(out)));
	cr_expect_not(route_query(&r, "flag", out, sizeof(out)));
	cr_expect_not(route_query(&r, "z", out, sizeof(out)));
	r.query[0] = bytes_text("until=1234");
	cr_expect_not(route_query(&r, "until", out, sizeof(out)));
	r.query[0] = bytes_text("until=123");
	cr_expect(route_query(&r, "until", out, sizeof(out)));
	cr_expect_str_eq(out, "123");
}

/* Records that were looked at: a burst, of which the last may overdraw it, then so many a second. */
Test(route, scan_rate)
{
	struct err e;

	cr_assert_eq(route_scan(&meter, LIMIT_SCAN_BURST - 1, 1000, &e), ERR_OK);
	cr_assert_eq(route_scan(&meter, LIMIT_SCAN_S, 1000, &e), ERR_OK);
	cr_assert_eq(route_scan(&meter, 1, 1000, &e), ERR_BUSY);
	cr_assert_str_eq(e.rule, "rate");
	cr_assert_eq(route_scan(&meter, 1, 1990, &e), ERR_BUSY);
	cr_assert_eq(route_scan(&meter, 1, 2010, &e), ERR_OK);
	cr_assert_eq(meter.requests, 0);
}
