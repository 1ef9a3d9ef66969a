#include "node/service/questions.h"
#include "node/service/routes.h"

/* FETCH /query: what is read for a node counts as what is looked at one by one for it. */
enum err_code
route_ask(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	struct questions_bounds b = { .audiences = 1u << AUDIENCE_PUBLIC | 1u << AUDIENCE_MEMBERS,
		.reader = BESIDE_OTHERS,
		.postings = LIMIT_TABLE_SCAN, .rows = TABLE_ROWS, .bytes = LIMIT_TABLE - LIMIT_QUESTION };
	int64_t tick = world_tick_ms(p->node->world);
	struct question q;
	uint64_t read = 0;
	enum err_code rc;

	if (v.membership_only)
		return err_set(e, ERR_DENIED, "query", "branch", "we follow another charter than you");
	if (v.ours == CLASS_CSO && v.theirs == CLASS_CSO)
		b.audiences |= 1u << AUDIENCE_CSO;
	if ((rc = question_read(c->request->payload, &q, e)) || (rc = route_scan(&p->contact->scans, 1, tick, e)))
		return rc;
	rc = questions_answer(p->node, &q, &b, &out->body, &read, e);
	/* The last question may overdraw; the next waits. */
	(void)route_scan(&p->contact->scans, read, tick, &(struct err){ 0 });
	if (rc == ERR_OK)
		out->code = 205;
	return rc;
}
