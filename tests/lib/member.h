/*
 * member - a member of the network without kilimd: its keys and store, one session with a node, and its own mind.
 *
 * Shape    opened from the home of a node that is stopped; connects, greets, asks, and answers what it is asked by a
 *          function of its owner's
 * Law      never ends the process but for what is wrong with its own machine: homes, stores, sockets
 *          speaks with addresses of loopback alone
 */
#ifndef KILIM_TESTS_LIB_MEMBER_H
#define KILIM_TESTS_LIB_MEMBER_H

#include "node/coap/exchange.h"
#include "node/home/home.h"
#include "node/record/records.h"

struct member_session {
	struct home home;
	struct store *store;
	struct records *records;
	struct dtls *dtls;
	struct session *session;             /* NULL: not yet, or no more */
	struct exchange *exchange;
	/* What the other asks of us. NULL: 4.04 for everything. */
	void (*requested)(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out);
	void *self;
	bool greeted;                        /* it answered our hello */
	bool refused, closed;                /* no session came about; it has ended */
	unsigned codes[6];                   /* answers by class; 0: none came */
	uint16_t last_code;
	char said[400];                      /* the first reason that was given */
};

_Noreturn void member_give_up(const char *what, const struct err *e);
/* "127.0.0.1:5684". False: no address, or not of loopback. */
bool member_address(const char *text, union address *out);
void member_open(struct member_session *m, const char *home);
void member_close(struct member_session *m);
/* Dial, and wait until there is a session or none will be. */
bool member_connect(struct member_session *m, const union address *to);

/* One turn of the loop: at most WAIT_MS. */
void member_turn(struct member_session *m, int wait_ms);
/* Until *FLAG, at most a minute; false: the session has ended, or nothing came. */
bool member_until(struct member_session *m, const bool *flag);
/* Until there was an answer of CLASS (4: 4.xx), in the same way. */
bool member_until_class(struct member_session *m, unsigned class);
void member_linger(struct member_session *m, int64_t ms);

/* DONE NULL: the answer is counted. False: too many questions are open. */
bool member_ask(struct member_session *m, uint16_t method, const char *path, const char *query, struct bytes body,
    void (*done)(void *self, const struct coap_response *r));
/* Our hello, honest but for the root, and its answer. False: not greeted. */
bool member_greet(struct member_session *m);
/* Short ids that may be asked for; none: "visit me". */
bool member_offer(struct member_session *m, bucket_id bucket, struct bytes ids);
/* Count an answer; the first line of every DONE. */
void member_answered(void *self, const struct coap_response *r);
/* Is it asked for PATH, or for something below it when that ends in '/'? */
bool member_is_asked(const struct coap_request *r, const char *path);
void member_has_nothing(struct coap_answer *out);
/* As our hello says it. */
void member_hello(const struct member_session *m, struct buf *out);

#endif
