/*
 * inside - what the files of the exchange machine share; nobody else includes it.
 *
 * Shape    exchange.c  life, receiving, timers                    answer.c  requests of the peer, and their answers
 *          block.c     cutting answers, answers kept a while      dedup.c   confirmable messages seen lately
 *          ask.c       requests of ours (asking.h)                pace.c    how fast blocks are asked for
 *          observe.c   who observes us, whom we observe           problem.c RFC 9290 bodies
 * Law      callbacks may ask, answer and even free the exchange: whoever calls one checks `doomed` (or the
 *          ask's `ended`) afterwards; memory stays until the outermost call of the machine returns
 */
#ifndef KILIM_COAP_INSIDE_H
#define KILIM_COAP_INSIDE_H

#include "node/coap/dedup.h"
#include "node/coap/exchange.h"
#include "node/coap/pace.h"

#define ACK_TIMEOUT_MS 2000          /* RFC 7252 section 4.8 */
#define ACK_TIMEOUT_LEAST_MS 1000    /* section 4.8.1: not below one second */
#define MAX_RETRANSMIT 4
#define SEPARATE_WAIT_MS (93 * 1000) /* MAX_TRANSMIT_WAIT, section 4.8.2 */
#define SILENCE_BROKEN_MS 3000       /* who is heard after so long gets at once what it has missed */
#define RESUME_MOST_MS (45 * 1000)   /* MAX_TRANSMIT_SPAN: what was sent before that keeps its timer */
#define NON_TIMEOUT_LEAST_MS 100     /* of repeats of ours; NON has no timer in the RFC */
#define NON_TIMEOUT_MOST_MS 8000
#define ACK_DELAY_MS 100             /* an answer made later within this time still rides on the ACK */
#define TICKET_MS (120 * 1000)       /* a handler that has not answered by then never will */
#define NOTIFY_LEAST_MS 100          /* between two notifications of an observation: what comes meanwhile is merged */
#define KEPT_MS 5000                 /* since its last use */
#define KEPT_MOST_MS (60 * 1000)     /* since it was made */
#define KEPT_ANSWERS 10
#define KEPT_BYTES (8 * LIMIT_ANSWER) /* most visits have fewer pages under way, and none is made twice */
#define ETAG_LEN 3
#define WINDOW_MOST 16
#define WINDOW_DEFAULT 8

#define CON_IDS 0x0000               /* ids of our CON and NON: separate halves */
#define NON_IDS 0x8000

struct ask;
struct observer;
struct observation;

/* The blocks that a request wants by Q-Block2: those of one set. */
struct wanted {
	uint32_t first;                  /* block of the set; a multiple of COAP_MAX_SET */
	uint16_t mask;                   /* of the set's blocks, the first lowest; 0: Q-Block2 was not there */
	bool anew;                       /* the answer as it is now is wanted, from its beginning */
};

/* A confirmable message of ours that awaits nothing but its ACK: a separate response, a ping, a wish to observe. */
struct outgoing {
	struct outgoing *next;
	int64_t sent_ms, due_ms, timeout_ms;
	unsigned tries;
	uint16_t id;
	bool ping;
	struct bytes datagram;           /* behind the struct */
};

/* Where an answer goes. Kept on a list while a handler takes its time. */
struct ticket {
	struct ticket *next;
	uint64_t number, key;            /* key: of the request without its block */
	int64_t opened_ms, ack_ms;
	enum coap_kind kind;
	uint16_t id, method;
	uint8_t token[LIMIT_TOKEN], token_len;
	bool acked;
	int32_t observe;                 /* the option of the answer; -1: none */
	struct coap_block block2;
	struct wanted wanted;
};

/* An answer longer than a block, kept so that the next block need not be made of a new one. */
struct kept {
	struct kept *next;
	uint64_t key;
	int64_t made_ms, used_ms;
	uint16_t code;
	int format;
	uint8_t etag[ETAG_LEN];
	struct buf body;
};

struct exchange {
	struct exchange_events ev;
	const struct world *world;
	struct exchange_counts counts;
	int64_t srtt_us, rttvar_us;      /* RFC 6298, in us so that parts of a ms are not lost; 0: unknown */
	uint64_t noise;                  /* jitter only */
	uint16_t con_id, non_id;
	uint32_t token;
	uint64_t ticket;
	struct ask *asks, *ended;        /* the oldest first; ended: to be freed when no callback runs */
	struct pace pace;                /* of all paced requests */
	uint32_t order, came[3];         /* of blocks asked for by sets; the three latest asked of those that came */
	bool sets, no_sets;              /* the peer has answered by Q-Block2; it does not know the option */
	unsigned ask_count, ticket_count;
	struct ticket *tickets;
	struct outgoing *outgoing;
	struct observer *observers;      /* of us */
	struct observation *observations; /* of ours */
	struct dedup dedup;
	struct kept *kept;
	struct buf scratch;              /* the datagram being written */
	int64_t heard_ms;                /* when the peer was heard last, or the exchange began */
	int64_t next_ms;                 /* when exchange_timer is due; INT64_MAX: never */
	unsigned depth;
	bool doomed;
};

/* exchange.c */
/* Around everything that may call back: what ends inside is freed when the outermost call leaves. */
void enter(struct exchange *x);
void leave(struct exchange *x);
/* A message with nothing in it. */
struct coap_message blank(enum coap_kind kind, uint16_t id);
/* Repeat DATAGRAM of ID until it is acknowledged or the tries are used up. */
void send_confirmable(struct exchange *x, struct bytes datagram, uint16_t id, bool ping);
/* Write M and hand it to the session; the datagram, borrowed until the next call. */
struct bytes transmit(struct exchange *x, const struct coap_message *m);
/* The same of a message with nothing in it. */
struct bytes send_empty(struct exchange *x, enum coap_kind kind, uint16_t id);
void wake_at(struct exchange *x, int64_t at_ms);
uint16_t new_con_id(struct exchange *x);
uint16_t new_non_id(struct exchange *x);
/* The first timeout of a message. */
int64_t first_timeout(struct exchange *x, bool non);
/*
 * The peer is heard again: what was sent at SENT_MS and repeated TRIES times is due now, and its timeouts begin anew.
 * True: and so do its tries, at one. False: it keeps its timer, because it was not repeated or is too old.
 */
bool resume(struct exchange *x, int64_t sent_ms, unsigned tries, int64_t *due_ms, int64_t *timeout_ms);
/* A round trip of a message that was sent once; by a block, which pacing has seen by itself. */
void took(struct exchange *x, int64_t ms);
void took_block(struct exchange *x, int64_t ms);
/* Not cryptographic: tells answers, requests and datagrams apart. */
uint64_t hash_more(uint64_t h, struct bytes data);

/* answer.c */
void answer_request(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now_ms);
/*
 * A confirmable message that was here before: what was answered then is sent again. True when that is all; a
 * request whose reply was given up for room may be done once more when it is repeatable, else it is dropped.
 */
bool answer_again(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now_ms);
/* An empty message of KIND acknowledges or rejects M, and each repeat of it. */
void answer_empty(struct exchange *x, const struct coap_message *m, enum coap_kind kind);
/* The request M could not be understood for the reason WHY. */
void answer_refuse(struct exchange *x, const struct coap_message *m, uint16_t code, const struct err *why);
void answer_timer(struct exchange *x, int64_t now_ms);
int64_t answer_due(const struct exchange *x);
void answer_forget(struct exchange *x);

/* ask.c */
#define TOKEN_LEN 3                  /* of ours; unique among requests and observations */
uint32_t new_token(struct exchange *x);
void token_put(uint32_t token, struct coap_message *m);
/* The response M belongs to one of our requests and has been dealt with. */
bool ask_response(struct exchange *x, const struct coap_message *m, int64_t now_ms);
bool ask_has_token(const struct exchange *x, const struct coap_message *m);
/* The response to token of M could not be understood for the reason WHY. */
void ask_refuse(struct exchange *x, const struct coap_message *m, const struct err *why);
void ask_acked(struct exchange *x, uint16_t id, int64_t now_ms);
void ask_reset(struct exchange *x, uint16_t id);
void ask_timer(struct exchange *x, int64_t now_ms);
/* Whatever was repeated in vain: see resume. */
void ask_resume(struct exchange *x);
/* The earliest due time of all requests. */
int64_t ask_due(const struct exchange *x);
void ask_end_all(struct exchange *x);
void ask_free_ended(struct exchange *x);

/* observe.c */
/* The one who asked with T observes: the value of the option, -1 when there is no room. */
int32_t observer_add(struct exchange *x, const struct ticket *t);
/* The request M, which has the option, ends what its token stood for. */
void observer_forget(struct exchange *x, const struct coap_message *m);
bool observation_has_token(const struct exchange *x, uint32_t token);
bool observation_has(const struct exchange *x, const struct coap_message *m);
/* The response M belongs to an observation of ours and has been dealt with. */
bool observation_response(struct exchange *x, const struct coap_message *m, int64_t now_ms);
/* The same of a response that could not be understood for the reason WHY: the observation ends. */
bool observation_refuse(struct exchange *x, const struct coap_message *m, const struct err *why);
/* The wish of id ID was sent as often as may be. */
void observation_unanswered(struct exchange *x, uint16_t id);
void observe_acked(struct exchange *x, uint16_t id, int64_t now_ms);
void observe_reset(struct exchange *x, uint16_t id);
void observe_timer(struct exchange *x, int64_t now_ms);
/* The same of notifications. */
void observe_resume(struct exchange *x);
int64_t observe_due(const struct exchange *x);
void observe_free(struct exchange *x);

/* block.c */
/* What M wants of its answer, into T. ERR_INPUT: blocks of two sets, of two sizes, or by both options. */
enum err_code block_read(const struct coap_message *m, struct ticket *t, struct err *e);
/* The answer as it is now is wanted, not one that was kept for later blocks of it. */
bool block_anew(const struct ticket *t);
/* The block at or behind *NUMBER that T asked for, into *NUMBER; false: no more. */
bool block_next(const struct ticket *t, uint32_t *number);
/*
 * Fill M (code, format, ETag, Block2 or Q-Block2, payload) with block NUMBER of BODY in T's size. ERR_INPUT: there is
 * no such block.
 */
enum err_code block_cut(struct coap_message *m, const struct ticket *t, uint32_t number, uint16_t code, int format,
    struct bytes body, const uint8_t etag[ETAG_LEN], struct err *e);
bool block_needed(const struct ticket *t, const struct coap_answer *a);
void block_etag(struct bytes body, int format, uint8_t out[ETAG_LEN]);
/* Kept answer for the request KEY, NULL when none. */
struct kept *kept_find(struct exchange *x, uint64_t key, int64_t now_ms);
/* Takes A's body over. Borrowed until the next add. */
struct kept *kept_add(struct exchange *x, uint64_t key, struct coap_answer *a, int64_t now_ms);
void kept_expire(struct exchange *x, int64_t now_ms);

/* problem.c */
/* The err that an RFC 9290 BODY of a response CODE tells; false when it is none. */
bool problem_read(uint16_t coap, struct bytes body, struct err *out);

#endif
