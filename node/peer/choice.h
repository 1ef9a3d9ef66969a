/*
 * choice - with whom to have sessions: whom to dial, and whom to let go.
 *
 * Source   proto/sync.md section 4
 * Shape    candidates in, decisions out; no clock and no dice but the arguments
 * Law      1 who was named by a person is dialled, however many there are
 *          2 fewer than CHOICE_LEAST live: as many more are dialled as are missing, by turns the best of CHOICE_DRAWS
 *            draws, and one drawn blindly: good ones are preferred, and no part of the network is cut off
 *          3 when it is time to mix, one more is drawn blindly
 *          4 more than CHOICE_MOST live: the least useful one goes, of those that we dialled, that nobody named, that
 *            are older than CHOICE_YOUNG_MS and idle. Who dialled us may have nobody else, and stays
 */
#ifndef KILIM_PEER_CHOICE_H
#define KILIM_PEER_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHOICE_LEAST 4
#define CHOICE_MOST 8
#define CHOICE_DRAWS 3
#define CHOICE_YOUNG_MS (10 * 60 * 1000)

enum choice_link { CHOICE_AWAY, CHOICE_DIALLED, CHOICE_CAME }; /* dialled: or being dialled */
struct candidate {
	enum choice_link link;
	bool named;
	bool ready;                 /* may be dialled now */
	bool idle;                  /* no visit is under way */
	int64_t age_ms;             /* of the session */
	double score;
};

/* Splitmix64; the caller keeps the state. */
uint64_t choice_dice(uint64_t *state);
/* Indexes of those to dial now into OUT, room for COUNT; how many. */
size_t choice_dial(const struct candidate *all, size_t count, bool mix, uint64_t *dice, size_t *out);
/* Index of the one to let go; COUNT: none. */
size_t choice_leave(const struct candidate *all, size_t count);

#endif
