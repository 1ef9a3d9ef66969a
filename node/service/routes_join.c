#include "node/service/inviting.h"
#include "node/service/routes.h"

/* POST /join: the one thing that a stranger may do here, and only while an invitation is open. */
enum err_code
route_join(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct message_joined answer = { 0 };
	struct message_join m;
	char reason[320];
	enum err_code rc;

	if ((rc = message_join_read(c->request->payload, &m, e)) ||
	    (rc = inviting_request(p->node, session_node(p->session), &m, &answer, reason, e)))
		return rc;
	message_joined_write(&answer, &out->body);
	out->code = 205;
	return ERR_OK;
}
