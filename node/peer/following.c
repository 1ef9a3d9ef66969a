#include "node/peer/following.h"

#include "node/base/log.h"
#include "node/peer/fetch.h"
#include "node/peer/visiting.h"
#include "proto/message.h"

#include <stdlib.h>

#define PATH "events"
#define TOLD_SECOND 50          /* notifications; whoever keeps the rules sends ten, and some that were late */

/* More within a second than anybody has reason for is not read. */
static bool
is_flood(struct peer *p)
{
	int64_t second = world_tick_ms(p->node->world) / 1000;

	if (p->told_second != second)
		p->told_count = 0;
	p->told_second = second;
	return ++p->told_count > TOLD_SECOND;
}

/* One notification. Bytes that are none of ours are blamed, and followed by a visit: something was to be told. */
static void
take(struct peer *p, struct bytes body)
{
	struct message_events *m = need_zeroed(1, sizeof(*m));
	enum err_code rc = message_events_read(body, m, NULL);
	bool visit = false;

	if (rc == ERR_OK) {
		visit = m->from > p->followed_to || m->to < p->followed_to;
		p->followed_to = m->to;
	}
	for (size_t i = 0; rc == ERR_OK && i < m->count && !p->ending; i++) {
		if (m->lines[i].ids.len == 0)
			visit = true;
		else
			rc = fetch_told(p, m->lines[i].bucket, m->lines[i].ids, NULL);
	}
	free(m);
	/* A bucket that it may not speak of is no fault: membership may have moved on one side only. */
	if (rc == ERR_INPUT || rc == ERR_LIMIT)
		contact_blame(p->node, p->contact, BLAME_OTHER);
	if (rc != ERR_OK || visit)
		visiting_news(p);
}

static void
told(void *self, const struct coap_response *r, bool more)
{
	struct peer *p = self;

	if (!more) {
		p->follows = FOLLOWS_NOT;
		p->missed = p->missed || r->failed == ERR_PEER;
		if (r->failed == ERR_OK && r->code != 403 && r->code != 503)
			p->follows = FOLLOWS_NEVER; /* an older version: what it has is found by visits */
		log_event(LOG_DEBUG, "events.ended", "peer=%02x%02x code=%u", p->contact->node.b[0],
		    p->contact->node.b[1], r->code);
	}
	if (r->failed == ERR_OK && r->code == 205 && is_flood(p))
		contact_blame(p->node, p->contact, BLAME_OTHER);
	else if (r->failed == ERR_OK && r->code == 205)
		take(p, r->body);
}

void
following_hello(struct peer *p, uint64_t arrival)
{
	struct coap_observe o = { .path = PATH, .told = told, .self = p };

	if (p->follows == FOLLOWS_NEVER || (p->follows == FOLLOWS && arrival <= p->followed_to))
		return;
	/* New, or it has moved on without a word: what came to it was ours already, or it has given us up. */
	if (p->follows == FOLLOWS_NOT || arrival > p->followed_to)
		p->followed_to = arrival;
	if (exchange_observe(p->exchange, &o, NULL) == ERR_OK)
		p->follows = FOLLOWS;
}

void
following_end(struct peer *p)
{
	exchange_unobserve(p->exchange, PATH);
	p->follows = FOLLOWS_NOT;
}
