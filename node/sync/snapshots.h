/*
 * snapshots - sketches of buckets as they were when somebody began to ask for their cells.
 *
 * Source   proto/sync.md section 3
 * Shape    a table of SNAPSHOTS rows; a snapshot has a number, never given twice, and is of one bucket, or of one part of
 *          it, plain or salted. A salted one is its asker's alone, and keeps our nonce
 * Law      the only thing that the answering side keeps between requests: at most SNAPSHOTS x 64 KiB
 *          a snapshot never changes; it goes 60 s after its last use, 5 min after it was made, or for a newer one
 *          an asker whose snapshot has gone begins afresh: nothing else depends on it
 */
#ifndef KILIM_SYNC_SNAPSHOTS_H
#define KILIM_SYNC_SNAPSHOTS_H

#include "node/sync/part.h"

#define SNAPSHOTS             32
#define SNAPSHOTS_BUCKET      2       /* of a bucket, of each part, and of each part salted */
#define SNAPSHOT_IDLE_MS      60000
#define SNAPSHOT_LIFE_MS      300000

/* What it is a snapshot of. */
struct snapshot_of {
	bucket_id bucket;
	unsigned part;             /* SKETCH_PARTS: the whole bucket, never salted */
	struct salt salt;
};
struct snapshot {
	uint32_t number;           /* 0: this row is free */
	struct snapshot_of of;
	int64_t made_ms, used_ms;  /* tick */
	struct bucket_sum bucket_sum, sum;
	struct sketch sketch;
};
/* All zero is an empty one. */
struct snapshots {
	struct snapshot row[SNAPSHOTS];
	uint32_t last;             /* number given last */
};

/*
 * Snapshot NUMBER of OF; 0: one as it is now, which gets our nonce from OF when it is salted (else ours does not matter).
 * Borrowed until the next call. NULL: it has gone, was never there, or the bucket is empty.
 */
const struct snapshot *snapshots_get(struct snapshots *s, struct records *r, const struct snapshot_of *of,
    uint32_t number, int64_t tick_ms);
void snapshots_done(struct snapshots *s);

#endif
