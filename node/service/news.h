/*
 * news - what came in is told to the live peers; what they tell is fetched.
 *
 * Source   proto/sync.md section 4
 * Law      a peer hears only of what it may have, and not of what came from itself
 */
#ifndef KILIM_SERVICE_NEWS_H
#define KILIM_SERVICE_NEWS_H

#include "node/service/peer.h"

/* Tell the live peers what has come in since they were told last. */
void news_offer(struct node *n);
/* Records of BUCKET with these short ids are wanted from P. */
void news_fetch(struct peer *p, bucket_id bucket, struct bytes ids);
/* P has this record: it gave it to us. */
void news_remember(struct peer *p, const uint8_t short_id[8]);

#endif
