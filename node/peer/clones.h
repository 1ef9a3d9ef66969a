/*
 * clones - is another node one computer, with the store that it had last?
 *
 * Source   docs/decisions/0007-recovering.md, proto/messages.md section 1
 * Shape    by the incarnation and the arrival number in each of its hellos, as far as we remember them
 *            an arrival number below one that the same incarnation had: its store is an old copy, or one of two
 *            an incarnation that was left, and is there again: two computers use its key
 * Law      only the node itself can be certain: a hello may come late. What it is told it compares with its store.
 */
#ifndef KILIM_PEER_CLONES_H
#define KILIM_PEER_CLONES_H

#include "proto/message.h"

struct node;

#define CLONES_PAST 4
/* So long after it was last seen it is still said. */
#define CLONES_SHOWN_MS (2 * 60 * 60 * 1000LL)

/* What is remembered of a node; zeroes to begin with. */
struct clones {
	struct prefix incarnation[CLONES_PAST];   /* the present one first */
	uint64_t arrival[CLONES_PAST];            /* the highest that each one named */
	size_t count;
	int64_t seen_ms;                          /* tick; 0: there was no sign of two computers */
};

/* A hello of it: true when it shows that two computers use its key. */
bool clones_hear(struct clones *c, struct prefix incarnation, uint64_t arrival, int64_t tick_ms);
/* The highest arrival number that this incarnation ever named; 0: unknown. */
uint64_t clones_arrival(const struct clones *c, struct prefix incarnation);
bool clones_shown(const struct clones *c, int64_t tick_ms);

/* The answer to a hello that we had sent as INCARNATION tells of ourselves. */
void clones_told(struct node *n, struct prefix incarnation, const struct message_hello *answer);

#endif
