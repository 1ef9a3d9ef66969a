/*
 * visit - one reconciliation with one peer, seen from the side that asks.
 *
 * Source   proto/sync.md
 * Shape
 *            start
 *              |
 *            HELLO ---- equal roots, or no version in common ----------------.
 *              |                                                             |
 *     .---> BUCKETS --- nothing differs, or nothing moved since last time ---+
 *     |        |                                                             |
 *     |        +-- theirs has more and newer: PROBE (have we the beginning?) |
 *     |        |     | no                       | yes                        |
 *     |        |     v                          |                            |
 *     |        |   CELLS, PARTS, SALTED, LIST:  |                            |
 *     |        |     |  the ladder, down from   |                            |
 *     |        |     |  the rung that helps     |                            |
 *     |        '-----|- nothing in common ----. |                            |
 *     |              |                        v v                            |
 *     |            FETCH (by id)    TAIL (whole records in order)            |
 *     |              |                         |                             |
 *     |            compare: explained?         |                             |
 *     |              |  no: the next rung      |                             |
 *     |              |                         |                             |
 *     |            OFFER <---------------------'  (short ids of ours)        |
 *     |              |                                                       |
 *     '--- next bucket; bucket 0 again until a round brings nothing; all of it
 *          again, at most three times, while a comparison left something open
 *
 *          A newcomer, who follows no charter yet, asks for hello, buckets, bucket 0 and the directory at home at once, and
 *          for what it surely lacks while bucket 0 is being stored; then it says hello again. Whenever an answer comes, it
 *          is used when the drawing says so.
 *
 * Law      pull only: nothing is stored that was not asked for
 *          what is not of bucket 0 is stored only when bucket 0 is, and the peer's last hello allows it
 *          knows no clock, no socket and no thread: it asks and admits by the functions it is handed
 *          an answer comes after `ask` or `admit` has returned, never from within
 *          `ended` is called exactly once, unless visit_cancel came before
 */
#ifndef KILIM_SYNC_VISIT_H
#define KILIM_SYNC_VISIT_H

#include "node/sync/serve.h"

struct visit_answer {
	enum err_code failed;           /* not OK: no answer, WHY says more */
	uint16_t code;                  /* 205 ... */
	struct bytes body;              /* borrowed for the call */
	const struct err *why;
};
struct visit_ask {
	uint16_t method;
	const char *path, *query;       /* borrowed for the call; query may be NULL */
	struct bytes payload;           /* borrowed for the call */
	void (*done)(void *arg, const struct visit_answer *a);
	void *arg;
	/* The answer's beginning, once it is known; again from offset 0 when it begins anew. May be NULL, and not be called. */
	void (*part)(void *arg, size_t offset, struct bytes part);
};
struct admit_result {
	size_t admitted, held, refused, blamed; /* blamed: in points, see service/intake.h */
	size_t outdated;                /* of the refused: nothing that we lack */
	enum err_code failed;           /* STORE: nothing of it was stored */
};

/*
 * How a bucket's difference was found; each does what those above it cannot.
 *   NONE      nothing differed                    STREAM    whole records, in order
 *   CELLS     a sketch of the bucket              PARTS     sixteen, each of a part of it
 *   SALTED    a part's, by ids derived anew       LIST      every record id
 */
enum visit_rung { RUNG_NONE, RUNG_STREAM, RUNG_CELLS, RUNG_PARTS, RUNG_SALTED, RUNG_LIST, RUNGS };
const char *visit_rung_word(enum visit_rung r);    /* "salted": for counters and logs */

struct visit_end {
	enum err_code code;             /* OK, or why it broke off */
	struct err why;
	size_t admitted, offered, refused, outdated, blamed;
	uint64_t behind;                /* records that the peer has and we still lack, as far as counts tell */
	bool equal;                     /* the roots were equal */
	bool idle;                      /* what differs has not moved since the last visit: nothing was asked */
	enum visit_rung rung;           /* the lowest that was needed */
	bool later;                     /* membership or midnight made most of the difference: not before an hour */
	struct message_hello hello;     /* the peer's answer; valid when greeted */
	bool greeted;
};

/*
 * What a peer's differing buckets looked like when a visit brought nothing: not asked for again until one moves. Where
 * something was offered, that may have been lost: it is offered once more before.
 */
#define VISIT_SETTLED 32
struct visit_memory {
	struct {
		bucket_id bucket;
		uint8_t ours[32], theirs[32];
		bool once_more;
	} settled[VISIT_SETTLED];
	size_t count, next;
	/* Where a stream of whole records broke off. */
	bool resumes;
	bucket_id bucket;
	uint64_t cursor_stamp;
	struct id cursor_id;
	/* Where a list of ids did. */
	struct {
		bool resumes;
		bucket_id bucket;
		uint64_t stamp;
		struct id id;
	} list;
};

struct visit_ops {
	void *self;
	enum err_code (*ask)(void *self, const struct visit_ask *a, struct err *e);
	/* A CBOR sequence of envelopes (borrowed for the call) goes through admission; DONE comes exactly once. */
	void (*admit)(void *self, struct bytes sequence, void (*done)(void *arg, const struct admit_result *r), void *arg);
	/* Our own greeting as it is now; ROOT is filled over what we subscribe to. */
	void (*hello)(void *self, struct message_hello *out);
	/* The peer answered the greeting: the view of this visit, or an error that ends it. */
	enum err_code (*greeted)(void *self, const struct message_hello *h, struct sync_view *out, struct err *e);
	void (*ended)(void *self, const struct visit_end *end);
	void (*random)(void *self, void *out, size_t len);
	/* Bytes of answers that the way to the peer may hold at once, as far as it is known by now. NULL: many. */
	size_t (*window)(void *self);
	/* A bucket that a newcomer will want and that the peer probably has: asked for before it has told so. 0: none. */
	bucket_id home;
	enum visit_rung first;          /* for tests: a difference begins not above this rung */
};

struct visit;
/* Begins at once. MEMORY belongs to the peer's owner and outlives the visit. NULL: it has ended already. */
struct visit *visit_start(struct records *r, const struct visit_ops *ops, struct visit_memory *memory);
/* No callback comes any more; it frees itself when its last question has been answered. NULL is fine. */
void visit_cancel(struct visit *v);

#endif
