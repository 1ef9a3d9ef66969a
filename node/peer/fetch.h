/*
 * fetch - records that live peers have told of: each is asked of one of them, and of the next when that fails.
 *
 * Source   proto/sync.md section 4
 * Shape    one table a node, of at most FETCH_MOST short ids of buckets, each with the peers that have it
 *
 *            WAITING (for room among a peer's questions) -> ASKED -> ARRIVED (being admitted) -> forgotten
 *               ^                                             |
 *               '------ the next that has it <--- not there, failed, or silent for FETCH_SLOW_MS
 *
 * Law      an id is asked of one peer, unless that one takes too long
 *          what comes without having been asked for is dropped, counted and blamed
 */
#ifndef KILIM_PEER_FETCH_H
#define KILIM_PEER_FETCH_H

#include "node/peer/peer.h"

#define FETCH_MOST 4096
#define FETCH_SLOW_MS 5000
#define FETCH_HOLDERS 4

struct fetch *fetch_new(struct node *n);
void fetch_free(struct fetch *f);
/* P says that it has records of BUCKET with these short ids; those we lack are asked for, of it or of who said so
 * before. More than can be remembered: a visit to P finds them.
 *   ERR_DENIED   a bucket that it may not speak of */
enum err_code fetch_told(struct peer *p, bucket_id bucket, struct bytes ids, struct err *e);
/* Nothing is asked of P any more: its session ends, or it is no member now. Others are asked instead. */
void fetch_leave(struct peer *p);
/* Who is too slow is no longer waited for. */
void fetch_tick(struct node *n, int64_t tick_ms);

#endif
