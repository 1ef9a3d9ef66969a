/*
 * exchange - CoAP over one session as a pure machine: retransmission, matching, deduplication, block-wise.
 *
 * Source   RFC 7252 section 4 (messages), 5 (requests), RFC 7641 (Observe), RFC 7959 (Block2), RFC 9177 (Q-Block2),
 *          RFC 8132 (FETCH), RFC 9290, proto/exchange.md
 * Shape    one struct exchange a session; it sends by a callback, learns the time as an argument, owns no thread
 * Law      every request of ours ends in exactly one call of its `done`
 *          the server side holds no state between blocks: a follow-up repeats the request, the answer is made anew
 *          and cut (an ETag over the whole answer tells the asker when it has changed)
 *          a handler's answer is sent once to each CON (deduplicated by message id, token and hash)
 *          an observer has one notification on its way at a time; what is new meanwhile goes into the next
 *          blocks behind the first may come from an answer kept for some seconds instead of a new one: nobody
 *          can tell, but a handler is not called for every block
 */
#ifndef KILIM_COAP_EXCHANGE_H
#define KILIM_COAP_EXCHANGE_H

#include "node/base/clock.h"
#include "node/coap/codec.h"

struct exchange;

/* A request as a handler sees it; everything is borrowed for the call. */
struct coap_request {
	uint16_t method;                         /* COAP_GET, COAP_POST, COAP_FETCH */
	struct bytes path[COAP_MAX_SEGMENTS];  size_t path_count;
	struct bytes query[COAP_MAX_SEGMENTS]; size_t query_count;
	int format, accept;
	struct bytes payload;
	uint32_t block;                          /* number of the block asked for; 0 at first */
	size_t offset, want;                     /* bytes of the answer that this block covers */
	bool observe;                            /* it wants to be told of changes as well */
};

/* What a handler says. Either it answers at once, or sets LATER and calls exchange_answer with the ticket. */
struct coap_answer {
	uint16_t code;                           /* 205, 204, 201 ...; errors by answer_error */
	int format;
	struct buf body;                         /* the whole answer, at most LIMIT_ANSWER; freed by the machine */
	bool later;
	bool observed;                           /* it will be: the ticket names the observation from now on */
};
/* Error code and RFC 9290 body from E; the body's text is "object: rule: reason". */
void answer_error(struct coap_answer *a, const struct err *e);

/* What became of an observer: the state that `notify` gave last has arrived; or it observes no more, because it was
 * told as often as may be and never answered (IN_VAIN), or deregistered, reset, told an error, asked anew under another
 * ticket (NO_MORE). */
enum coap_told { COAP_TOLD, COAP_TOLD_NO_MORE, COAP_TOLD_IN_VAIN };

struct exchange_events {
	void *self;
	/* Give the datagram to the session; borrowed for the call. Of the exchange it may call exchange_free alone. */
	void (*send)(void *self, struct bytes datagram);
	/*
	 * A request has come. TICKET names it for exchange_answer when the handler answers later, which means after
	 * this call has returned and within two minutes.
	 */
	void (*request)(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out);
	/*
	 * The observer TICKET can be told now: OUT is the newest state, of at most LIMIT_BLOCK bytes; an error ends the
	 * observation. False: there is nothing to tell after all. Both may be NULL where nothing is observed.
	 */
	bool (*notify)(void *self, uint64_t ticket, struct coap_answer *out);
	void (*notified)(void *self, uint64_t ticket, enum coap_told told);
};

struct exchange *exchange_new(const struct exchange_events *ev, const struct world *w);
/* Before the first request: how fast the path was by exchange_rate at most a day ago. It is begun at half of that. */
void exchange_begin_at(struct exchange *x, uint64_t bytes_per_s);
/* Before the first request: a round trip of the path, as something else has shown it. */
void exchange_begin_round(struct exchange *x, int64_t round_ms);
/* Bytes a second that the path has been seen to deliver to paced requests; 0: unknown. */
uint64_t exchange_rate(const struct exchange *x);
/* Bytes of answers that may be on the way at once, as pacing goes just now. */
size_t exchange_window(const struct exchange *x);
/*
 * Ends every open request with ERR_PEER, then frees; NULL is fine. Allowed inside every callback: nothing of the
 * owner is touched once it has returned.
 */
void exchange_free(struct exchange *x);

/* One datagram from the peer. ERR_INPUT: the peer broke the rules of CoAP (counted by the owner). */
enum err_code exchange_receive(struct exchange *x, struct bytes datagram, struct err *e);
/* Answer a request for which the handler said LATER; an unknown ticket (peer gone, too late) is ignored. */
void exchange_answer(struct exchange *x, uint64_t ticket, struct coap_answer *a);
/* Something is new for the observer TICKET: `notify` comes as soon as it may be told, perhaps from within. */
void exchange_notify(struct exchange *x, uint64_t ticket);

/* A response, or why there is none. BODY is the whole answer, put together from its blocks; borrowed. */
struct coap_response {
	enum err_code failed;                    /* OK, PEER (no answer, broke rules), LIMIT (answer too long) */
	uint16_t code;
	int format;
	struct bytes body;
	const struct err *why;                   /* when failed, or when code is 4.xx/5.xx with a 9290 body */
	int64_t round_ms;                        /* of the first exchange */
};
struct coap_ask {
	uint16_t method;
	const char *path;                        /* "hello", "records", "tail/770"; without the leading slash */
	const char *query;                       /* "until=5&n=3" or NULL */
	int format;                              /* of PAYLOAD; COAP_FORMAT_NONE without */
	struct bytes payload;                    /* copied; at most one datagram */
	/*
	 * The answer may be large (GET and FETCH only): NON, its blocks asked for in sets at the pace that the path allows,
	 * which all such requests of the session share. A peer without Q-Block2 is asked by Block2.
	 */
	bool paced;
	bool non;                                /* as NON with one answer awaited instead of CON; if not paced */
	size_t max_answer;                       /* 0: LIMIT_ANSWER */
	/* By Block2, blocks beyond the first are asked WINDOW at a time (1..16, 0: 8). */
	unsigned window;
	/*
	 * Called for each stretch of the answer in order as it becomes whole, before done; may be NULL. When the
	 * answer changes at the peer meanwhile it is asked for once more, and parts begin at offset 0 again.
	 */
	void (*part)(void *self, size_t offset, struct bytes part);
	void (*done)(void *self, const struct coap_response *r);
	void *self;
};
/* ERR_LIMIT: LIMIT_OPEN_REQUESTS are open already. */
enum err_code exchange_ask(struct exchange *x, const struct coap_ask *ask, struct err *e);

/* To be told of changes of PATH: the state as it is, then each newer one that comes. One observation a path. */
struct coap_observe {
	const char *path;                        /* "events"; copied */
	/* MORE: others may follow. The last has failed, or is an error, or says that the peer tells no changes. */
	void (*told)(void *self, const struct coap_response *r, bool more);
	void *self;
};
/* Again for the same path: asked anew, under the same token. ERR_LIMIT: LIMIT_OBSERVATIONS are kept already. */
enum err_code exchange_observe(struct exchange *x, const struct coap_observe *o, struct err *e);
/* Nothing is told any more; the peer learns it when it tries. */
void exchange_unobserve(struct exchange *x, const char *path);

/* An empty NON (keepalive) or a CoAP ping (CON empty, its RST ends it). */
void exchange_keepalive(struct exchange *x, bool ping);

/* ms until exchange_timer wants to run; -1: never. */
int64_t exchange_wait_ms(const struct exchange *x);
/* Retransmit, give up, expire deduplication. */
void exchange_timer(struct exchange *x);

struct exchange_counts {
	uint64_t requests_in, requests_out, answers_in, retransmitted, duplicates, faults;
	int64_t srtt_ms;
	uint64_t keepalives_in;
	unsigned unanswered;   /* repeats and pings sent since anything was heard from the peer */
};
const struct exchange_counts *exchange_counts(const struct exchange *x);

#endif
