/*
 * pace - how fast the blocks of large answers are asked for: congestion control by the receiver, as a pure machine.
 *
 * Source   proto/exchange.md section "Pacing"; docs/transfer.md (drawings, measurements)
 * Shape    one struct pace a session, shared by all its open requests: plain memory, no allocation, no callbacks;
 *          the time comes as an argument, in us, and may stand still or step by whole ms
 *          the caller keeps a struct pace_mark with each block it has asked for
 * Law      1 every mark that was asked ends once: it came, was lost, or was dropped; what comes after it was called
 *            lost still counts as come
 *          2 what is in flight never exceeds the window, but for what one call of pace_room allowed
 *          3 it never starves: there is always room for some blocks a round trip, and when nothing comes any more,
 *            for a probe every half second
 *          4 what it knows of the link outlives pauses of the caller and outages of the link
 *
 * The states and what leads from one to the other; any of them goes silent when nothing comes any more, and goes on
 * where it was when something does:
 *
 *              the queue grows, or the rate no longer does
 *     START ------------------------------------------------> DRAIN
 *   twice the     ^                                             |  our queue is gone
 *   rate seen     |  the link has become wider                  v
 *                 +------------------------------------------ CRUISE   1.25, 0.75, then six times 1
 *                                                             |    ^
 *              a standing queue, or loss that our window made |    |  the queue is gone and the cap is not needed
 *                                                             v    |
 *                                                             YIELD    less each round, at least a quarter
 *                                                                      of the best rate of the last minute
 */
#ifndef KILIM_COAP_PACE_H
#define KILIM_COAP_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_RATES 10                /* round trips whose best rate counts */
#define PACE_LOWS 10                 /* seconds whose lowest round trip counts */
#define PACE_BESTS 6                 /* tens of seconds whose best rate is remembered */

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

	/* the round trip */
	int64_t srtt_us, var_us;         /* RFC 6298; 0: unknown */
	int64_t low_us[PACE_LOWS];       /* lowest of a second; 0: none */
	int64_t low_second;
	int64_t held_low_us, yield_us;   /* the lowest when yielding began, and when that was; 0: not held */
	int64_t fresh_us;                /* last time that one came near the lowest */
	int64_t queue_us;                /* smoothed time above the lowest */

	/* the rate, bytes a second */
	uint64_t came_bytes;             /* all that came, ever */
	uint64_t rate[PACE_RATES];       /* of the last rounds; 0: none */
	unsigned rate_at;
	uint64_t best[PACE_BESTS];       /* of tens of seconds */
	int64_t best_ten;
	uint64_t cap;                    /* while yielding; 0: none */
	uint64_t grown;                  /* the rate when it last grew by a quarter */
	unsigned flat;                   /* rounds since */
	unsigned quiet, cuts;            /* rounds without a queue while yielding, rounds with one in a row */
	unsigned step;                   /* rounds that are left of stepping back */
	int64_t step_low_us;             /* the lowest round trip before */

	/* the round: from one arrival to the arrival of something that was asked after it */
	uint32_t round;
	int64_t round_us;
	uint64_t round_came;             /* came_bytes when it began */
	int64_t round_low_us;            /* lowest round trip within; 0: none */
	int64_t standing_us;             /* that of the round before, above the lowest known */
	unsigned round_blocks, round_lost;
	bool limited;                    /* the caller asked for less than it might have */
	unsigned phase;                  /* of the cycle */
	int64_t phase_us;                /* when it began */

	/* a stretch: blocks asked for at once, or while we asked for more than the link was known to give */
	int64_t stretch_asked_us, stretch_us, stretch_last_us;
	uint64_t stretch_bytes;
	unsigned stretch_blocks;
	bool stretch_more;

	/* what is out */
	size_t flight, window;
	double credit;                   /* bytes that pacing allows */
	int64_t credit_us;
	int64_t came_us, probe_us;       /* last arrival; last probe while silent */
	int64_t waiting_us;              /* since when something ought to come */
	/* Losses since the last arrival: they count if the link turns out to be alive. */
	unsigned pending_lost, pending_thrifty, pending_times;
	int64_t lost_asked_us;           /* when the latest of them was asked for */
	double thrift_came, thrift_lost; /* blocks asked while thrifty, the older the less */
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
/* Bytes a second that this link has been seen to deliver, to be remembered for a day; 0: unknown. */
uint64_t pace_rate(const struct pace *p);
/* "start", "drain" ...: for logs. */
const char *pace_state_name(enum pace_state s);

#endif
