#include "node/service/hits.h"
#include "node/service/questions.h"
#include "node/service/routes.h"
#include "node/service/searching.h"

/* Bits of the audiences that the asker's class may have. False and E: none. */
static bool
may_have(const struct peer *p, unsigned *out, struct err *e)
{
	struct sync_view v = peer_view(p);

	*out = 1u << AUDIENCE_PUBLIC | 1u << AUDIENCE_MEMBERS;
	if (v.ours == CLASS_CSO && v.theirs == CLASS_CSO)
		*out |= 1u << AUDIENCE_CSO;
	if (v.membership_only)
		err_set(e, ERR_DENIED, "query", "branch", "we follow another charter than you");
	return !v.membership_only;
}

/* FETCH /query: what is read for a node counts as what is looked at one by one for it. */
enum err_code
route_ask(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct questions_bounds b = { .reader = BESIDE_OTHERS, .postings = LIMIT_TABLE_SCAN, .rows = TABLE_ROWS,
		.bytes = LIMIT_TABLE - LIMIT_QUESTION };
	int64_t tick = world_tick_ms(p->node->world);
	struct question q;
	uint64_t read = 0;
	enum err_code rc;

	if (!may_have(p, &b.audiences, e))
		return ERR_DENIED;
	if ((rc = question_read(c->request->payload, &q, e)) || (rc = route_scan(&p->contact->scans, 1, tick, e)))
		return rc;
	rc = questions_answer(p->node, &q, &b, &out->body, &read, e);
	/* The last question may overdraw; the next waits. */
	(void)route_scan(&p->contact->scans, read, tick, &(struct err){ 0 });
	if (rc == ERR_OK)
		out->code = 205;
	return rc;
}

/* FETCH /find: words are looked up in the vocabulary before any posting is read, and each hit is read and shown. */
enum err_code
route_find(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct hits_bounds b = { .reader = BESIDE_OTHERS, .postings = LIMIT_TABLE_SCAN };
	int64_t tick = world_tick_ms(p->node->world);
	cJSON *request = NULL, *found = NULL;
	struct search s;
	uint64_t read = 0;
	enum err_code rc;

	if (!may_have(p, &b.audiences, e))
		return ERR_DENIED;
	if ((rc = search_read(c->request->payload, &s, e)) || (rc = route_scan(&p->contact->scans, LIMIT_FIND_COST, tick, e)))
		return rc;
	request = searching_request(&s);
	rc = hits_find(p->node, request, &b, &found, &read, e);
	(void)route_scan(&p->contact->scans, read, tick, &(struct err){ 0 });
	if (rc == ERR_OK) {
		searching_put(found, LIMIT_TABLE - LIMIT_QUESTION, &out->body);
		out->code = 205;
	}
	cJSON_Delete(request);
	cJSON_Delete(found);
	return rc;
}
