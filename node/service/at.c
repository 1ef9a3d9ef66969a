#include "node/service/at.h"

#include <stdlib.h>
#include <string.h>

#include "node/peer/peer.h"

struct asking {
	struct node *node;
	uint64_t ticket;
	struct id of;
	struct at_question question;   /* without its body */
};

static void
answered(void *self, const struct coap_response *r)
{
	struct asking *a = self;
	struct api_reply reply = { 0 };
	struct err e = { 0 };
	enum err_code rc = ERR_OK;

	if (r->failed)
		rc = err_set(&e, r->failed, "at", "answer", "%s", r->why ? r->why->reason : "the node gave no answer");
	else if (r->code != 205)
		rc = r->why ? (e = *r->why, e.code) : err_set(&e, ERR_PEER, "at", "answer",
		    "the node does not answer questions (%u.%02u)", r->code / 100, r->code % 100);
	else if (a->question.read(a->question.self, r->body, &reply.json, &e))
		rc = err_set(&e, ERR_PEER, "at", "answer", "the node gave no answer that can be read");
	if (rc == ERR_OK)
		json_id(reply.json, "at", ID_NODE, &a->of);
	if (a->node->control)
		control_answer(a->node->control, a->ticket, &reply, rc ? &e : NULL);
	a->question.release(a->question.self);
	free(a);
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

#define BEGINNING 8                /* letters of an id, at least */

/* Is P what people call AT: its node, its organisation (their beginnings), or that one's name? */
static bool
is_called(const struct peer *p, const char *at)
{
	const struct membership *m = records_membership(p->node->records);
	const struct member *who = m ? membership_find(m, &p->contact->organisation) : NULL;
	char text[ID_TEXT];

	return (strlen(at) >= BEGINNING && (begins(id_format(ID_NODE, &p->contact->node, text), at) ||
	    begins(id_format(ID_ORGANISATION, &p->contact->organisation, text), at))) ||
	    (who && strcmp(who->name, at) == 0);
}

static enum err_code
find_peer(struct node *n, const char *at, struct peer **out, struct err *e)
{
	*out = NULL;
	for (struct peer *p = n->peers; p; p = p->next) {
		if (p->ending || peer_access(p, NULL) != ROUTE_MEMBER || !is_called(p, at))
			continue;
		if (*out && (*out)->contact != p->contact)
			return err_set(e, ERR_CONFLICT, "at", "one", "several nodes are called so; name one by its id");
		*out = p;
	}
	return *out ? ERR_OK : err_set(e, ERR_PEER, "at", "session",
	    "no node that we have a session with is called so; kilim peers lists them");
}

enum err_code
at_ask(const struct api_call *c, const char *at, const struct at_question *q, struct api_reply *r, struct err *e)
{
	struct asking *a = need_zeroed(1, sizeof *a);
	struct coap_ask ask = { .method = COAP_FETCH, .path = q->path, .payload = q->body, .format = COAP_FORMAT_CBOR,
		.max_answer = LIMIT_TABLE, .done = answered, .self = a };
	struct peer *p;
	enum err_code rc;

	*a = (struct asking){ .node = api_node(c), .ticket = c->ticket, .question = *q };
	a->question.body = (struct bytes){ NULL, 0 };
	if ((rc = find_peer(a->node, at, &p, e)) == ERR_OK) {
		a->of = p->contact->node;
		rc = exchange_ask(p->exchange, &ask, e);
	}
	r->later = rc == ERR_OK;
	if (rc) {
		q->release(q->self);
		free(a);
	}
	return rc;
}
