/*
 * at - what our people ask of another node: who is meant, the question on its way, and the answer as JSON.
 *
 * Source   docs/control.md "Queries and reports", /v1/find; proto/messages.md sections 9 to 12
 * Law      only a member's node with which there is a session is asked; nothing of a question is written to a log
 */
#ifndef KILIM_SERVICE_AT_H
#define KILIM_SERVICE_AT_H

#include "node/service/api.h"

struct at_question {
	const char *path;              /* FETCH */
	struct bytes body;
	/* The answer as JSON, SELF kept until then. */
	enum err_code (*read)(void *self, struct bytes answer, cJSON **out, struct err *e);
	void (*release)(void *self);
	void *self;
};
/*
 * R->later: the answer comes when it comes. SELF is released in any case.
 *   ERR_PEER       there is no session with a node that is called AT
 *   ERR_CONFLICT   there are several
 */
enum err_code at_ask(const struct api_call *c, const char *at, const struct at_question *q, struct api_reply *r,
    struct err *e);

#endif
