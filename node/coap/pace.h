/*
 * pace - how fast the blocks of large answers are asked for: congestion control by the receiver, as a pure machine.
 *
 * Source   proto/exchange.md section "Pacing"; docs/transfer.md (drawings, measurements)
 * Shape    one struct pace a session, shared by all its open requests: plain memory, no allocation, no callbacks;
 *          the time comes as an argument, in us, and may stand still or step by whole ms
 *          the caller keeps a struct pace_mark with each block it has asked for
 * Law      1 every mark that was asked ends once: it came, was lost, or was dropped; what comes after it was called
 *            lost still counts as come
 *          2 nothing is allowed beyond the window, nor faster than the pacing rate but for a burst of 10 ms
 *          3 it never starves: there is always room for some blocks a round trip, and when nothing comes any more,
 *            for a probe every half second
 *          4 what it knows of the way outlives pauses of the caller and outages
 *
 * The states and what leads from one to the other. Any of them goes silent when nothing comes any more; when something
 * does, it goes on where it was, or, after more than a second, from the start at half of what there was.
 *
 *              the queue grows, or the rate no longer does
 *     START ------------------------------------------------> DRAIN
 *   twice as      ^                                             |  our queue is gone
 *   much each     |  the way has become wider                   v
 *   round trip    +------------------------------------------ CRUISE   1.25, 0.75, then six times 1
 *                 |                                           |    ^
 *                 |     a queue that stands, or losses that   |    |  eight rounds without a queue
 *                 |                  our window has made      v    |
 *                 +------------------------------------------ YIELD    less each round, at least a quarter
 *                    the way has become longer                         of the best rate of the last minute
 */
#ifndef KILIM_COAP_PACE_H
#define KILIM_COAP_PACE_H

#include "node/coap/way.h"

enum pace_state { PACE_START, PACE_DRAIN, PACE_CRUISE, PACE_YIELD, PACE_SILENT, PACE_STATES };

/* A block that was asked for. The caller keeps it, and reads nothing but asked_us. */
struct pace_mark {
	int64_t asked_us;
	uint32_t bytes;
	uint32_t round;                  /* in which it was asked */
	uint8_t phase;                   /* of the cycle, in which it was asked */
	bool open;                       /* neither come nor lost nor dropped */
};

/* Read by nobody but pace.c and its test. */
struct pace {
	enum pace_state state, before;   /* before: where silence found us */
	int64_t now_us;                  /* latest time seen; never goes back */
	struct way way;
	int64_t queue_us;                /* the lowest of the last eight round trips, above the lowest of all */
	uint64_t known;                  /* what pace_rate tells */
	uint64_t came_bytes;             /* all that came, ever */

	/* what is out */
	size_t flight, window;
	double credit;                   /* bytes that pacing allows */
	int64_t credit_us;

	/* the round: from one arrival to the arrival of something that was asked after it */
	uint32_t round;                  /* 0: nothing has come yet */
	int64_t round_us;
	uint64_t round_came;             /* came_bytes when it began */
	int64_t round_low_us;            /* lowest round trip within; 0: none */
	int64_t standing_us;             /* that of the round before, above the lowest known */
	unsigned blocks, lost;           /* that came and did not, since losses were judged last */
	bool limited;                    /* the caller asked for less than it might have */

	/* START */
	uint64_t grown;                  /* the rate when it last grew by a quarter */
	unsigned flat;                   /* rounds since */
	/* CRUISE */
	unsigned phase;
	int64_t phase_us;                /* when it began */
	/* YIELD */
	uint64_t cap;                    /* the rate; 0: not yielding */
	int64_t yield_us;                /* since when */
	unsigned quiet, cuts;            /* rounds without a queue; rounds with one, in a row */
	unsigned step;                   /* rounds that are left of stepping back */
	int64_t step_low_us;             /* the lowest round trip before */
	/* SILENT */
	int64_t came_us, probe_us;       /* last arrival; last probe */
	int64_t waiting_us;              /* since when something ought to come */
	/* Losses since the last arrival: they count if the way turns out to be alive. */
	unsigned pending_lost, pending_thrifty, pending_times;
	int64_t lost_asked_us;           /* when the latest of them was asked for */

	/* blocks that were asked for at once, or while we asked for more than the way was known to give */
	struct pace_stretch {
		int64_t asked_us, first_us, last_us;
		uint64_t bytes;          /* behind the first */
		unsigned blocks;
		bool more;
	} stretch;
};

/* REMEMBERED: pace_rate of an earlier session with the same peer, at most a day ago; 0: none. */
void pace_init(struct pace *p, uint64_t remembered_bytes_per_s, int64_t now_us);

/*
 * Bytes of response datagrams that may be asked for now, worth a request; 0: wait for an arrival, or pace_wait_us.
 * A caller that has less to ask for asks for that; it may go beyond by less than one datagram. A datagram counts as
 * long as the CoAP message in it (1,024 bytes of block and about 35 more); what UDP and DTLS add is our business.
 */
size_t pace_room(struct pace *p, int64_t now_us);
/* us until room may grow though nothing comes; INT64_MAX: it will not. 0: there is room now. */
int64_t pace_wait_us(const struct pace *p, int64_t now_us);

/* A block was asked for whose datagram will have about BYTES. */
void pace_asked(struct pace *p, struct pace_mark *out_mark, size_t bytes, int64_t now_us);
/*
 * The answer to the very request that MARK belongs to has come, BYTES long: when a block was asked for again under
 * another token, what comes under the first one belongs to the first mark. NULL: that mark is no longer kept.
 */
void pace_came(struct pace *p, struct pace_mark *mark, size_t bytes, int64_t now_us);
/* Nothing came for pace_patience_us, or three that were asked for later have been answered. */
void pace_lost(struct pace *p, struct pace_mark *mark, int64_t now_us);
/* Nobody waits for it any more: neither come nor lost. */
void pace_dropped(struct pace *p, struct pace_mark *mark);
/* A round trip seen on another message of the session, such as /hello. */
void pace_round_trip(struct pace *p, int64_t round_us, int64_t now_us);

/* How long an unanswered block is waited for before it counts as lost: srtt + 4 var + 50 ms. */
int64_t pace_patience_us(const struct pace *p);
/*
 * Bytes a second that the way has been seen to deliver, to be remembered for a day; what was remembered, as long as no
 * transfer was long enough to tell; 0: unknown.
 */
uint64_t pace_rate(const struct pace *p);
/* "start", "drain" ...: for logs. */
const char *pace_state_name(enum pace_state s);

#endif
