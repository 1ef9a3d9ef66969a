#include "node/service/routes.h"

#define TOO_MANY 429

static enum err_code
route_core(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	const struct peer *p = c->peer;

	(void)e;
	route_links(routes, routes_count, peer_access(p, NULL), &out->body);
	return ERR_OK;
}

/* One row a path. Pulls are limited in bytes, other requests in number, strangers to one a second. */
const struct route routes[] = {
	/* path                method      may           rate          most           format                     */
	{ ".well-known/core", COAP_GET,   ROUTE_MEMBER, RATE_REQUEST, 0,             COAP_FORMAT_LINK,
	  "what this node answers", route_core },
	{ "hello",            COAP_POST,  ROUTE_LISTED, RATE_REQUEST, 256,           COAP_FORMAT_CBOR,
	  "who we are and whether anything differs", route_hello },
	{ "buckets",          COAP_GET,   ROUTE_MEMBER, RATE_REQUEST, 0,             COAP_FORMAT_CBOR,
	  "count and sum of each bucket", route_buckets },
	{ "cells/",           COAP_GET,   ROUTE_MEMBER, RATE_PULL,    0,             COAP_FORMAT_CBOR,
	  "cells of a bucket's sketch", route_cells },
	{ "tail/",            COAP_GET,   ROUTE_MEMBER, RATE_PULL,    0,             COAP_FORMAT_CBOR_SEQUENCE,
	  "whole records in order of stamp", route_tail },
	{ "list/",            COAP_GET,   ROUTE_MEMBER, RATE_PULL,    0,             COAP_FORMAT_CBOR,
	  "record ids in order of stamp", route_list },
	{ "records",          COAP_FETCH, ROUTE_MEMBER, RATE_PULL,    LIMIT_MESSAGE, COAP_FORMAT_CBOR_SEQUENCE,
	  "records by short id", route_records },
	{ "offer",            COAP_POST,  ROUTE_MEMBER, RATE_PULL,    LIMIT_MESSAGE, COAP_FORMAT_NONE,
	  "short ids that you may ask me for", route_offer },
	{ "events",           COAP_GET,   ROUTE_MEMBER, RATE_REQUEST, 0,             COAP_FORMAT_CBOR,
	  "what has come in; to be observed", route_events },
	{ "query",            COAP_FETCH, ROUTE_MEMBER, RATE_PULL,    LIMIT_QUESTION, COAP_FORMAT_CBOR_SEQUENCE,
	  "a table of what the entries held here say", route_ask },
	{ "find",             COAP_FETCH, ROUTE_MEMBER, RATE_PULL,    LIMIT_QUESTION, COAP_FORMAT_CBOR_SEQUENCE,
	  "entries held here that fit some words", route_find },
	{ "join",             COAP_POST,  ROUTE_STRANGER, RATE_JOIN,  LIMIT_JOIN,    COAP_FORMAT_CBOR,
	  "ask for admission with an invitation", route_join },
};
const size_t routes_count = sizeof(routes) / sizeof(routes[0]);
_Static_assert(sizeof(routes) / sizeof(routes[0]) <= NODE_ROUTES, "each row has its counter");

/* A store that is being brought up to date would tell others what is no longer true. */
static bool
waits_for_recovery(const struct peer *p, const struct coap_request *r)
{
	if (!p->node->recovery.going || peer_access(p, NULL) == ROUTE_STRANGER)
		return false;
	return r->path_count != 1 ||
	    (!bytes_equal(r->path[0], bytes_text("hello")) && !bytes_equal(r->path[0], bytes_text("join")));
}

static void
refuse_for_recovery(struct coap_answer *out)
{
	struct err why;

	err_set(&why, ERR_BUSY, "node", "recovering", "this node brings an old copy of its store up to date; later");
	answer_error(out, &why);
	out->code = 503;
}

void
routes_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	struct peer *p = self;
	struct route_call call = { .node = p->node, .peer = p, .request = r, .ticket = ticket, .rest = "" };
	const struct route *row;

	if (waits_for_recovery(p, r)) {
		refuse_for_recovery(out);
		return;
	}
	row = route_dispatch(routes, routes_count, peer_access(p, NULL), &p->meter, world_tick_ms(p->node->world),
	    &call, out);
	if (row)
		p->node->answered[row - routes]++;
	else if (out->code == TOO_MANY)
		p->refused++;
}
