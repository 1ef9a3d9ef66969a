/*
 * routes - what peers may ask of this node: the table, and the one entrance to it.
 *
 * Source   proto/exchange.md section "Paths"
 */
#ifndef KILIM_SERVICE_ROUTES_H
#define KILIM_SERVICE_ROUTES_H

#include "node/peer/peer.h"

extern const struct route routes[];
extern const size_t routes_count;

/* exchange_events.request; SELF is the peer. */
void routes_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out);

/* routes_sync.c */
enum err_code route_hello(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_buckets(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_cells(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_tail(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_list(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_records(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_offer(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_events(const struct route_call *c, struct coap_answer *out, struct err *e);
/* routes_query.c */
enum err_code route_ask(const struct route_call *c, struct coap_answer *out, struct err *e);
enum err_code route_find(const struct route_call *c, struct coap_answer *out, struct err *e);
/* routes_join.c */
enum err_code route_join(const struct route_call *c, struct coap_answer *out, struct err *e);

#endif
