/*
 * intake - records that came from a peer: screened on the loop, verified by workers, stored in one transaction.
 *
 * Source   proto/records.md section "Admission"
 * Law      the order of batches is kept; each batch ends in exactly one call of its `done`
 */
#ifndef KILIM_PEER_INTAKE_H
#define KILIM_PEER_INTAKE_H

#include "node/peer/node.h"

struct intake *intake_new(struct node *n);
/* Batches under way end with STORE; their workers must have come home before. */
void intake_free(struct intake *i);
/* SEQUENCE (copied) is a CBOR sequence of envelopes; what is not one counts as one refusal, and as a breach. GIVER
 * (NULL: nobody in particular) gave it, and need not hear of it. */
void intake_submit(struct intake *i, const struct contact *giver, struct bytes sequence,
    void (*done)(void *arg, const struct admit_result *r), void *arg);
/* Batches that have not ended. */
size_t intake_pending(const struct intake *i);

#endif
