/*
 * guard - names and numbers of services whose place must stay unknown, whoever speaks of them.
 *
 * Source   proto/kinds.md "Disclosure"
 * Law      it only grows while the node runs: a name that was guarded a moment ago still is
 */
#ifndef KILIM_SERVICE_GUARD_H
#define KILIM_SERVICE_GUARD_H

#include "node/peer/node.h"
#include "node/record/disclose.h"

struct guard;
struct guard *guard_new(void);
void guard_free(struct guard *g);
/*
 * Take in what has come since the last call, and give the context for one kind of entry of ours. Its views hold
 * until the next call; T serves `find`, and must outlive the use of the context.
 */
void guard_context(struct node *n, struct store_txn *t, struct disclose_context *out);

#endif
