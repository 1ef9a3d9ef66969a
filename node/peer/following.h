/*
 * following - what live peers have to tell: each is observed, and what it tells of is fetched or visited.
 *
 * Source   proto/sync.md section 4
 * Law      a gap in a peer's arrivals, or news without ids, leads to a visit
 */
#ifndef KILIM_PEER_FOLLOWING_H
#define KILIM_PEER_FOLLOWING_H

#include "node/peer/peer.h"

/* P has said hello, or answered ours; its newest arrival was ARRIVAL then. When it is observed already, and nothing
 * was missed, nothing is done. */
void following_hello(struct peer *p, uint64_t arrival);
/* It is no member any more. */
void following_end(struct peer *p);

#endif
