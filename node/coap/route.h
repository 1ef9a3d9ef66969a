/*
 * route - what peers may ask for: one row a path, with access, size and rate as columns.
 *
 * Source   proto/exchange.md section "Paths"; RFC 6690 (/.well-known/core is made from the rows)
 * Law      no handler checks its own rights: who, how large, how often stand in the row
 */
#ifndef KILIM_COAP_ROUTE_H
#define KILIM_COAP_ROUTE_H

#include "node/coap/exchange.h"

/* What a session may do, weakest first; a row names the weakest that suffices. */
enum route_access {
	ROUTE_STRANGER,   /* certificate unknown to the membership, an invite is open */
	ROUTE_LISTED,     /* node of an organisation that is not active, or one that has not said /hello yet */
	ROUTE_MEMBER      /* /hello named an active organisation that lists this node */
};

/* Counted; bytes counted; one a second; records counted that an answer takes a look at, which no row has by itself. */
enum route_rate { RATE_REQUEST, RATE_PULL, RATE_JOIN, RATE_SCAN, ROUTE_RATES };

struct route_call {
	void *node;                              /* the owner of all handlers */
	void *peer;                              /* the session's owner object */
	const struct coap_request *request;
	uint64_t ticket;
	const char *rest;                        /* text after the row's path: "770" of "tail/770"; "" when none */
};

struct route {
	const char *path;                        /* "hello"; ends in '/' when a rest follows: "tail/" */
	uint16_t method;
	enum route_access access;
	enum route_rate rate;
	size_t max_request;                      /* bytes of payload */
	int format;                              /* of the answer, for link format and for Accept; -1: none */
	const char *title;                       /* for /.well-known/core */
	/* Fills OUT, or returns an error that becomes the answer. */
	enum err_code (*handle)(const struct route_call *c, struct coap_answer *out, struct err *e);
};

/*
 * Token buckets of one session, as what has been used of them: all zero is full buckets at time 0. A pull counts
 * the whole of each answer that a handler makes, whichever block of it was asked for, and at least LIMIT_PULL_LEAST.
 */
struct route_meter {
	int64_t at_ms;
	double requests, join, pull_bytes, scans;
};

/*
 * Find the row, check access, method, size, rate, Accept; call it; turn its error into an answer.
 * Unknown path 4.04, other method 4.05, no access 4.03 (strangers get 4.03 for every path but join),
 * too large 4.13, too often 4.29.
 * Returns the row that was called; NULL: refused before.
 */
const struct route *route_dispatch(const struct route *rows, size_t count, enum route_access may, struct route_meter *meter,
    int64_t tick_ms, const struct route_call *call, struct coap_answer *out);
/* Count BYTES of an answer to a pull that was made later; route_dispatch counts those made at once. */
void route_charge(struct route_meter *meter, size_t bytes);
/*
 * A question whose answer takes a look at RECORDS records, one by one: counted here, whoever keeps the meter. The last may
 * overdraw it. ERR_BUSY: more than LIMIT_SCAN_S a second, behind LIMIT_SCAN_BURST at once.
 */
enum err_code route_scan(struct route_meter *meter, uint64_t records, int64_t tick_ms, struct err *e);
/* Link format of the rows that MAY reach, for /.well-known/core (which is a row like others). */
void route_links(const struct route *rows, size_t count, enum route_access may, struct buf *out);
/* "key=value" of the request's queries as text; false when absent or longer than MAX - 1. */
bool route_query(const struct coap_request *r, const char *key, char *out, size_t max);

#endif
