/*
 * asking - what the files of a request of ours share; nobody else includes it.
 *
 * Shape    ask.c     requests: how they begin, find their responses, and end
 *          window.c  one message, and when the answer has blocks, one for each of them (Block2), some at a time
 *          paced.c   blocks by sets (Q-Block2), as the path allows
 *          gather.c  puts the blocks of an answer in order
 *
 *          exchange_ask --> PACED ---- the peer has no Q-Block2 ----> WINDOW
 *                   '--- not asked for, or known not to work ----------'
 */
#ifndef KILIM_COAP_ASKING_H
#define KILIM_COAP_ASKING_H

#include "node/coap/gather.h"
#include "node/coap/inside.h"

/*
 * A message by the window. Blocks [gather.base, upto) are asked for or have arrived; block n stands in
 * slots[n % size].
 *
 *     FREE -> WAITING -> FREE (the block is here)
 *             WAITING -> ACKED -> FREE (a separate response)
 */
struct slot {
	enum { FREE, WAITING, ACKED } state;
	uint32_t number, token;
	uint32_t order;           /* position among all messages of the request */
	uint32_t progress;        /* blocks that had come when this round began */
	int64_t sent_ms, due_ms, timeout_ms;
	uint16_t id;
	uint8_t tries, passed, silent; /* silent: rounds in which no block of the answer came */
};
struct window {
	struct slot first, *slots;
	unsigned size, wanted;
	uint32_t upto, order;
};

/* A request for blocks of one set. Its token is listened to as long as it stands here, however late they come. */
struct question {
	struct question *next;    /* newest first */
	uint32_t token, first;    /* first: block of the set */
	uint32_t order;           /* of its first block among all blocks that the session asked for */
	uint16_t id;
	uint16_t asked;           /* of the set's blocks */
	uint16_t marked, open;    /* of those: expected to come; neither come nor lost */
	int64_t sent_ms;
	struct pace_mark marks[COAP_MAX_SET];
};
struct paced {
	struct question *questions;
	unsigned count;
	unsigned tries;           /* questions since something came */
	int64_t heard_ms;         /* when something came last, or the request began */
	int64_t again_ms;         /* nothing has come at all: when the first question is asked again */
};

struct ask {
	struct ask *next;
	struct coap_ask spec;     /* its pointers lead behind this struct */
	struct gather gather;
	bool is_paced, restarted, ended;
	int64_t round_ms;         /* of the first exchange; -1: not yet */
	struct window window;
	struct paced paced;
};

/* --- ask.c --- */
/* A message of A with everything but blocks; borrows A. */
struct coap_message ask_message(const struct ask *a, enum coap_kind kind, uint16_t id, uint32_t token);
uint16_t ask_new_id(struct exchange *x, enum coap_kind kind);
void ask_fail(struct exchange *x, struct ask *a, enum err_code code, const char *rule, const char *reason);
/* The whole answer is M, without blocks. */
void ask_single(struct exchange *x, struct ask *a, const struct coap_message *m);
/* An error of the peer instead of more blocks. */
void ask_error(struct exchange *x, struct ask *a, const struct coap_message *m);
/*
 * Put block B of M in its place and hand on what is in order. False: A has ended, because it is whole or because the
 * peer broke a rule.
 */
bool ask_take(struct exchange *x, struct ask *a, const struct coap_block *b, struct bytes payload);
/* The answer has changed under our hands: once from the start, then it is the peer's fault. */
void ask_restart(struct exchange *x, struct ask *a);

/* --- window.c --- */
void window_begin(struct exchange *x, struct ask *a);
/* M answers a question of another kind with block 0 of more: go on from there. */
void window_join(struct exchange *x, struct ask *a, const struct coap_message *m);
struct slot *window_by_token(const struct ask *a, uint32_t token);
struct slot *window_by_id(const struct ask *a, uint16_t id);
void window_response(struct exchange *x, struct ask *a, struct slot *s, const struct coap_message *m, int64_t now_ms);
void window_acked(struct exchange *x, struct ask *a, struct slot *s, int64_t now_ms);
void window_restart(struct exchange *x, struct ask *a);
/* One message that was due has been dealt with; false: nothing of A is due. */
bool window_timer(struct exchange *x, struct ask *a, int64_t now_ms);
/* The peer is heard again. */
void window_resume(struct exchange *x, struct ask *a);
int64_t window_due(const struct ask *a);
void window_free(struct ask *a);

/* --- paced.c --- */
void paced_begin(struct exchange *x, struct ask *a);
struct question *paced_by_token(const struct ask *a, uint32_t token);
struct question *paced_by_id(const struct ask *a, uint16_t id);
void paced_response(struct exchange *x, struct ask *a, struct question *q, const struct coap_message *m,
    int64_t now_ms);
/* The peer reset or refused Q. */
void paced_reset(struct exchange *x, struct ask *a);
void paced_restart(struct exchange *x, struct ask *a);
/* Something of A was due and has been dealt with; false: nothing is. */
bool paced_timer(struct exchange *x, struct ask *a, int64_t now_ms);
/* The peer is heard again. */
void paced_resume(struct exchange *x, struct ask *a);
int64_t paced_due(const struct exchange *x, const struct ask *a);
/* When there may be room for what is missing; INT64_MAX: an arrival will tell. */
int64_t paced_room_due(const struct exchange *x, int64_t now_ms);
/* Ask for what all requests of the session miss, the oldest first, as far as the path allows now. */
void paced_fill(struct exchange *x);
/* Nobody waits for the rest of A any more. */
void paced_end(struct exchange *x, struct ask *a);

#endif
