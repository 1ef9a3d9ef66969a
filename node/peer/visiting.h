/*
 * visiting - when a peer is visited, and what becomes of the visit.
 *
 * Source   proto/sync.md sections 2 and 4
 * Law      one visit a peer at a time
 */
#ifndef KILIM_PEER_VISITING_H
#define KILIM_PEER_VISITING_H

#include "node/peer/peer.h"

/* Visit P now, or as soon as it may be visited. */
void visiting_want(struct peer *p);
/* P has news that it did not name. One visit for news at a time: what one brings the next need not fetch again. */
void visiting_news(struct peer *p);
/* P speaks: what was missed while it was silent (`missed`) is made good by a visit. */
void visiting_heard(struct peer *p);
/* Every peer now; and contacts that wait are dialled. */
void visiting_all(struct node *n);
/* Visits that are due or were wanted. */
void visiting_tick(struct peer *p, int64_t tick_ms);

#endif
