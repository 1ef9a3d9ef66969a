/*
 * clocks - what the clocks of other nodes and the kernel say about ours, and what follows from it.
 *
 * Source   proto/records.md section 4; docs/decisions/0008-unsure-clocks.md
 * Shape    one voice an organisation: the clock in the newest hello of one of its nodes, within the last hour
 * Law      only greeted peers of active organisations have a voice, and never our own
 */
#ifndef KILIM_PEER_CLOCKS_H
#define KILIM_PEER_CLOCKS_H

#include "node/peer/node.h"
#include "proto/message.h"

struct contact;

/* P said hello and was accepted. */
void clocks_heard(struct node *n, struct contact *c, const struct message_hello *h);
/* What our own hello says: the clock as it shows; 0: it is known to be wrong, or cannot be known. */
int64_t clocks_tell(struct node *n);
/* A sentence for people when the clock is not believed, or others' are two minutes away; false: all is well. */
bool clocks_warning(const struct node *n, char *out, size_t size);
/* Once a second. What is signed anew and judged again is settled before it returns. */
void clocks_tick(struct node *n);

#endif
