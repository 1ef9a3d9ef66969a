/*
 * sure - may the clock of this computer be believed, and what time is it if not?
 *
 * Source   proto/records.md section 4; docs/decisions/0008-unsure-clocks.md
 * Shape    judged by what it shows, when it was last believed, what other organisations' clocks say, and the kernel
 *
 *      before the program was made, or more than 10 min
 *      before it was last believed ------------------------> EARLY --.
 *        |                                                    |      |  two others or more, and the middle
 *      SURE -- more than 30 days after it was last believed-> LATE --+- one is more than 10 min away
 *        |                                                    |      |
 *        |---- no clock with a battery ---------------------> BARE --+--> DENIED
 *        '---- two others or more ... ---------------------------------->   |
 *
 *      SURE            -> DENIED one other is enough as long as nobody ever confirmed it; then nobody is followed
 *      EARLY, LATE, DENIED -> SURE   nobody contradicts it, and it shows what it may show
 *      all             -> SURE   nobody contradicts it, and it was set to what the others had said
 *      EARLY           -> SURE   nobody else is known, and the program was made before
 *      DENIED          -> SURE   nobody else is known any more, and the clock was set back
 *      all             -> SURE   the kernel follows network time, or the middle one of two others or more is within
 *                                2 min of it; one is enough where it is the only one, or where the clock went back:
 *                                that ends nothing
 *
 * Law      pure: no clock is read, nothing is stored
 *          while it is not SURE the time goes on from where it was last believed, or from the middle one of two others
 *          or more; a clock that is set or leaps then does not move it
 */
#ifndef KILIM_RECORD_SURE_H
#define KILIM_RECORD_SURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/calendar.h"

/* The source was published then: no clock before it can be right. 2026-01-01T00:00:00Z */
#define SURE_MADE_MS 1767225600000LL
#define SURE_AGREES_MS (2 * 60 * 1000LL)
#define SURE_DENIES_MS (10 * 60 * 1000LL)
#define SURE_ABSENCE_MS (30 * DAY_MS)
/* So many others must be heard to contradict, and as a rule to agree. */
#define SURE_QUORUM 2

enum sure_state { SURE, SURE_EARLY, SURE_LATE, SURE_BARE, SURE_DENIED };
const char *sure_word(enum sure_state s);    /* "sure", "early", ... for status and logs */

/* What is heard from outside. */
struct sure_word {
	bool synchronised;           /* the kernel follows network time */
	bool bare;                   /* it says that this computer has no clock with a battery */
	size_t others;               /* other organisations that have a node */
	const int64_t *offsets;      /* their clocks minus ours, ms: one each of those that were heard of late */
	size_t count;
};

struct sure {
	enum sure_state state;
	int64_t believed_ms;         /* newest moment at which the clock was believed; 0: never */
	int64_t from_ms, from_tick;  /* not SURE: the time went on from here */
	bool followed;               /* that was the middle one of others */
	bool confirmed, met;         /* by others or network time: ever; in this run */
	bool synchronised;
	size_t others, count;        /* of the last word */
	int64_t median_ms;           /* of its offsets; 0 when there are none */
};

/* When the store is opened: BELIEVED_MS and CONFIRMED are what it remembers, 0 nothing. */
void sure_begin(struct sure *s, int64_t believed_ms, bool confirmed, int64_t now_ms, int64_t tick_ms);
/* Before every use of the time: what a leap gives away is noticed at once. */
void sure_look(struct sure *s, int64_t now_ms, int64_t tick_ms);
/* True: the state has changed, be it that a leap was noticed and found right at once. */
bool sure_hear(struct sure *s, const struct sure_word *w, int64_t now_ms, int64_t tick_ms);
/* The agreed time. */
int64_t sure_time(const struct sure *s, int64_t now_ms, int64_t tick_ms);
/* Do others vouch for that time: is it that of a clock that is believed, or of two others or more? */
bool sure_agreed(const struct sure *s);
/* The middle one; of two middle ones that which is nearer to NEAR. COUNT is at least 1; OFFSETS is sorted. */
int64_t sure_median(int64_t *offsets, size_t count, int64_t near);

#endif
