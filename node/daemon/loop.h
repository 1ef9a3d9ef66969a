/*
 * loop - the one thread that owns sockets, sessions and the store's writer; libuv underneath.
 *
 * Source   docs/architecture.md "Threads"
 * Law      nothing on the loop waits: signatures are checked by workers, all else is bounded work
 */
#ifndef KILIM_DAEMON_LOOP_H
#define KILIM_DAEMON_LOOP_H

#include "node/peer/node.h"

struct loop;
struct loop *loop_new(void);
void loop_free(struct loop *l);
/* For struct node: workers of this loop. */
struct node_ops loop_ops(struct loop *l);
/* Serve N's socket and control until a signal says stop; 0, or 130 after a second SIGINT or SIGTERM. */
int loop_run(struct loop *l, struct node *n);

#endif
