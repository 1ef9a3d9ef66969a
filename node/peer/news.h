/*
 * news - what came in is told to those who observe us.
 *
 * Source   proto/sync.md section 4, proto/messages.md section 7
 * Law      a peer hears only of what it may have at that moment, and not of what it has told us
 *          a notification begins where the last one that was acknowledged ended
 */
#ifndef KILIM_PEER_NEWS_H
#define KILIM_PEER_NEWS_H

#include "node/peer/peer.h"

/* Something may have come in, or a visit has ended behind which much was held back: the observers hear of it. After
 * the transaction. */
void news_tell(struct node *n);
/* P, by the request TICKET, wants to hear of what comes in from now on. OUT: the body of the answer. */
void news_observe(struct peer *p, uint64_t ticket, bool stay, struct buf *out);
/* exchange_events.notify and .notified; SELF is the peer. */
bool news_notify(void *self, uint64_t ticket, struct coap_answer *out);
void news_notified(void *self, uint64_t ticket, enum coap_told told);
/* P has this record: it said so. */
void news_remember(struct peer *p, const uint8_t short_id[8]);
/* Everything that came in with the arrivals (FROM, TO] was given by WHO. */
void news_given(struct node *n, const struct contact *who, uint64_t from, uint64_t to);

#endif
