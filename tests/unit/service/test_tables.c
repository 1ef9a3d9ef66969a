#include "node/service/api.h"
#include "node/service/routes.h"
#include "node/base/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *
document(const char *path, struct buf *b)
{
	struct err e = { 0 };

	cr_assert_eq(file_read(path, 1 << 20, b, &e), ERR_OK, "%s: %s", path, e.reason);
	return buf_text(b);
}

/* Every path that peers may ask for stands once in the table and in its document, with its method. */
Test(routes, every_row)
{
	struct buf b = { 0 };
	const char *text = document("proto/exchange.md", &b);
	static const char *const rights[] = { "stranger", "listed", "member" }, *const rates[] = { "request", "pull", "join" };
	char wanted[160], size[24];

	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = &routes[i];
		const char *method = r->method == COAP_GET ? "GET" : r->method == COAP_POST ? "POST" : "FETCH";
		bool parameter = r->path[strlen(r->path) - 1] == '/';

		if (r->max_request < 1000)
			snprintf(size, sizeof size, "%zu", r->max_request);
		else
			snprintf(size, sizeof size, "%zu,%03zu", r->max_request / 1000, r->max_request % 1000);
		snprintf(wanted, sizeof wanted, "| `/%s%s` | %s | %s | %s | %s |", r->path, parameter ? "B" : "", method,
		    rights[r->access], size, rates[r->rate]);
		cr_assert(strstr(text, wanted), "not in proto/exchange.md: %s", wanted);
		cr_assert_not_null(r->handle);
		cr_assert(r->title && r->title[0], "%s", r->path);
		cr_assert_leq(r->max_request, LIMIT_JOIN, "a request fits one datagram, or is a stranger's: %s", r->path);
		for (size_t k = 0; k < i; k++)
			cr_assert(strcmp(routes[k].path, r->path) != 0 || routes[k].method != r->method, "%s twice", r->path);
	}
	buf_free(&b);
}

/* Strangers reach /join and nothing else; only /hello is open to members that are not active. */
Test(routes, who_may)
{
	for (size_t i = 0; i < routes_count; i++) {
		cr_assert_eq(routes[i].access == ROUTE_STRANGER, strcmp(routes[i].path, "join") == 0);
		cr_assert_eq(routes[i].access == ROUTE_LISTED, strcmp(routes[i].path, "hello") == 0);
	}
}

/* What is asked stands in a body, not in an address: these change nothing. */
static bool
asks(const char *path)
{
	return strcmp(path, "/v1/query") == 0 || strcmp(path, "/v1/find") == 0;
}

/* Every route of the control socket stands once in the table and in its document; nothing that changes is for readers. */
Test(api, every_row)
{
	struct buf b = { 0 };
	const char *text = document("docs/control.md", &b);

	for (size_t i = 0; i < api_routes_count; i++) {
		const struct api_route *r = &api_routes[i];
		char wanted[96], *star;

		/* The document names the segments that the table has as '*'. */
		snprintf(wanted, sizeof wanted, "%s %s", r->method, r->path);
		star = strchr(wanted, '*');
		if (star)
			*star = 0;
		cr_assert(strstr(text, wanted), "%s is not in docs/control.md", wanted);
		cr_assert(r->help && r->help[0], "%s", r->path);
		cr_assert(r->role >= ROLE_READ);
		if (asks(r->path))
			cr_assert_str_eq(r->method, "POST");
		else if (strcmp(r->method, "GET") != 0)
			cr_assert_gt(r->role, ROLE_READ, "%s %s", r->method, r->path);
		else if (strcmp(r->method, "GET") == 0)
			cr_assert_eq(r->max_body, 0, "%s", r->path);
		for (size_t k = 0; k < i; k++)
			cr_assert(strcmp(api_routes[k].path, r->path) != 0 || strcmp(api_routes[k].method, r->method) != 0);
	}
	buf_free(&b);
}
