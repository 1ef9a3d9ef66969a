/*
 * service - what requests act upon besides the node itself, and what it does when something happens to a session.
 *
 * Source   docs/architecture.md
 * Shape    made when the node's store opens; service_close after node_close
 */
#ifndef KILIM_SERVICE_SERVICE_H
#define KILIM_SERVICE_SERVICE_H

#include "node/peer/node.h"
#include "node/service/ended.h"

struct service {
	struct index *index;         /* of words, for searches */
	struct finding *finding;     /* names and emergency lines, for searches */
	struct guard *guard;
	struct beside *beside;       /* what is said of entries, and counted over all of them */
	struct inviting *inviting;
	struct joining *joining;
	struct ended ended;          /* what is to be taken back, and when */
};

/* node.above of every node. */
extern const struct node_above service_above;
void service_close(struct node *n);

#endif
