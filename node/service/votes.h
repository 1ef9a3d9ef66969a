/*
 * votes - what a coordinator decides by hand, as records of bucket 0.
 *
 * Source   proto/membership.md
 */
#ifndef KILIM_SERVICE_VOTES_H
#define KILIM_SERVICE_VOTES_H

#include "node/peer/node.h"

struct vote {
	struct id subject;
	const char *action;        /* "suspend", "reinstate", "remove" */
	const char *reason, *note; /* a reason code; a sentence for everyone, or NULL */
	const char *name, *territory, *member_class;   /* of an admission */
};
/*
 * Sign under the current charter.
 *   ERR_DENIED   we are no coordinator of it, or vote on ourselves or on a coordinator
 *   ERR_MISSING  never admitted (standing)
 *   ERR_INPUT    an unknown action, reason or class
 */
enum err_code vote_admission(struct node *n, const struct vote *v, struct authored *out, struct err *e);
enum err_code vote_standing(struct node *n, const struct vote *v, struct authored *out, struct err *e);

#endif
