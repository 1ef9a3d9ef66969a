/*
 * part - one of the sixteen parts of a bucket: its sketch, and its records by the ids that stand in that.
 *
 * Source   proto/sync.md section 2 (parts, salted ids)
 * Shape    plain: a part's sketch has short ids. Salted: ids derived anew from the whole record ids, keyed with the
 *          network id and nonces of both sides; so records whose short ids are equal part here
 * Law      equal short ids are in the same part
 *          a salted part costs a hash for each of its records: who lets others ask for it limits how often
 */
#ifndef KILIM_SYNC_PART_H
#define KILIM_SYNC_PART_H

#include "node/record/records.h"
#include "proto/message.h"

struct salt {
	bool on;                        /* else short ids */
	uint8_t nonces[2 * MESSAGE_NONCE];  /* the asker's, then the answerer's */
};

/* Our name in a sketch for record ID. */
void part_short(const struct records *r, const struct salt *salt, const struct id *id, uint8_t out[8]);
/* OUT begins here and ends with sketch_done. It may be empty, and has SKETCH_CELLS cells: it is asked for because
 * much differs, or because less did not help. */
void part_sketch(struct records *r, bucket_id b, unsigned part, const struct salt *salt, struct sketch *out,
    struct bucket_sum *out_sum);
/* Each record of PART that one of IDS (8 bytes each, at most SKETCH_CELLS of them) names. */
void part_find(struct records *r, struct store_txn *t, bucket_id b, unsigned part, const struct salt *salt,
    struct bytes ids, void (*fn)(void *self, const struct id *id), void *self);

#endif
