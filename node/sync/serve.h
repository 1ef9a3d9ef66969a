/*
 * serve - answers to a peer that reconciles with us: what we hold, within what it may have.
 *
 * Source   proto/sync.md
 * Law      nothing is remembered between requests but snapshots (snapshots.h)
 *          no answer holds a record, an id or a count of a bucket outside the view
 */
#ifndef KILIM_SYNC_SERVE_H
#define KILIM_SYNC_SERVE_H

#include "node/record/records.h"
#include "node/sync/snapshots.h"
#include "proto/counts.h"
#include "proto/message.h"

/* What both sides of a session may speak of. */
struct sync_view {
	uint64_t subscription;          /* both subscribe to */
	enum member_class ours, theirs;
	bool membership_only;           /* bucket 0 and nothing else: other branch, or a peer not known yet */
};
bool sync_may(const struct sync_view *v, bucket_id b);

/* First 16 bytes of BLAKE2b over (bucket 4, count 8, sum 32) of the view's non-empty buckets, ascending. */
void sync_root(struct records *r, const struct sync_view *v, uint8_t out[16]);
/* Sums as they travel: least significant byte first. */
void sync_sum_bytes(const struct bucket_sum *s, uint8_t out[32]);

void sync_buckets(struct records *r, const struct sync_view *v, uint64_t until, struct buf *out);
/*
 * One page of whole records behind (STAMP, ID). ENDS 1 to MESSAGE_AHEAD: it tells where the pages end from the ENDSth
 * behind it on, as they are now; 0: it does not. ERR_DENIED: a bucket outside the view.
 */
enum err_code sync_tail(struct records *r, const struct sync_view *v, bucket_id b, uint64_t stamp,
    const struct id *id, unsigned ends, struct buf *out, struct err *e);
/*
 * What cells are asked for: COUNT from FROM on, of a snapshot (0: as it is now). Where the asker has told counts of its own
 * (counts.count is not 0, FROM is), as many as these foresee, whatever COUNT is.
 */
struct sync_stretch {
	struct snapshot_of of;
	uint32_t snapshot, from, count;
	struct counts counts;
};
/* Fewer cells, or none, where the row ends.
 *   ERR_DENIED    a bucket outside the view
 *   ERR_MISSING   the snapshot has gone, or B is empty */
enum err_code sync_cells(struct records *r, const struct sync_view *v, struct snapshots *s, int64_t tick_ms,
    const struct sync_stretch *q, struct buf *out, struct err *e);
/* Every match of each short id, as many as fit an answer. SALT on: the ids are salted ones, of PART of the bucket. */
enum err_code sync_records(struct records *r, const struct sync_view *v, const struct message_ids *m,
    unsigned part, const struct salt *salt, struct buf *out, struct err *e);
/* Whole ids of up to LIST_IDS records behind (STAMP, ID). ERR_DENIED: a bucket outside the view. */
enum err_code sync_list(struct records *r, const struct sync_view *v, bucket_id b, uint64_t stamp,
    const struct id *id, struct buf *out, struct err *e);
/*
 * How many records have to be looked at one by one for what is asked: for /buckets up to stamp UNTIL; for a part of B that
 * is not in a snapshot, salted or not, or for its records by salted ids. A hash counts as SCAN_HASH records.
 */
#define SCAN_HASH 3
uint64_t sync_scan_until(struct records *r, uint64_t until);
uint64_t sync_scan_part(struct records *r, bucket_id b, const struct salt *salt);
/* Short ids of an offer that we want: we know fewer records with it than it is named times. Appended to OUT, 8 bytes
 * each, once. */
enum err_code sync_wanted(struct records *r, const struct sync_view *v, const struct message_ids *m,
    struct buf *out, struct err *e);

#endif
