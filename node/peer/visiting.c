#include "node/peer/visiting.h"

#include "node/base/log.h"
#include "node/peer/following.h"
#include "node/peer/intake.h"
#include "node/peer/news.h"
#include "node/peer/recovery.h"
#include "proto/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEWS_WAIT_MS 10000
#define MISSED_WAIT_MS 5000     /* between visits to one peer because the last one failed; it doubles */
#define NEWS_EVERY_MS 1000      /* visits to one peer for what it told */

struct visit_question {
	void (*done)(void *arg, const struct visit_answer *a);
	void (*part)(void *arg, size_t offset, struct bytes part);
	void *arg;
};

static void
visit_answered(void *self, const struct coap_response *r)
{
	struct visit_question *q = self;
	struct visit_answer a = { r->failed, r->code, r->body, r->why };

	q->done(q->arg, &a);
	free(q);
}

static void
visit_part(void *self, size_t offset, struct bytes part)
{
	struct visit_question *q = self;

	if (q->part)
		q->part(q->arg, offset, part);
}

static enum err_code
visit_asks(void *self, const struct visit_ask *a, struct err *e)
{
	struct peer *p = self;
	struct visit_question *q = need_zeroed(1, sizeof(*q));
	struct coap_ask c = { .method = a->method, .path = a->path, .query = a->query,
		.format = a->payload.len ? COAP_FORMAT_CBOR : COAP_FORMAT_NONE, .payload = a->payload,
		.paced = a->method != COAP_POST, .window = 16, .part = visit_part,
		.done = visit_answered, .self = q };
	enum err_code rc;

	q->done = a->done;
	q->part = a->part;
	q->arg = a->arg;
	if ((rc = exchange_ask(p->exchange, &c, e)) != ERR_OK)
		free(q);
	return rc;
}

static void
visit_admits(void *self, struct bytes sequence, void (*done)(void *arg, const struct admit_result *r), void *arg)
{
	struct peer *p = self;

	intake_submit(p->node->intake, p->contact, sequence, done, arg);
}

static void
visit_hello(void *self, struct message_hello *out)
{
	struct peer *p = self;

	peer_hello(p->node, node_subscription(p->node), NULL, out);
	p->asked_as = out->incarnation;
}

/* The answer to our hello. A pinned peer that our membership does not know yet gives us bucket 0, and no more. */
static enum err_code
visit_greeted(void *self, const struct message_hello *h, struct sync_view *out, struct err *e)
{
	struct peer *p = self;
	enum err_code rc = peer_greet(p, h, e);

	if (rc == ERR_OK)
		clones_told(p->node, p->asked_as, h);
	if (rc == ERR_OK)
		*out = peer_view_for(p, h->subscription, h->charter, true);
	else if (rc == ERR_DENIED && contact_is_named(p->contact) && !p->greeted &&
	    prefix_equal(h->network, prefix_of(records_network(p->node->records))))
		*out = peer_view_for(p, h->subscription, h->charter, false), rc = ERR_OK;
	p->view = *out;
	if (rc == ERR_OK)
		following_hello(p, h->arrival);
	return rc;
}

static void next_news(struct node *n);

static void
visit_random(void *self, void *out, size_t len)
{
	const struct peer *p = self;

	world_random(p->node->world, out, len);
}

static size_t
visit_window(void *self)
{
	const struct peer *p = self;

	return exchange_window(p->exchange);
}

/* What membership or midnight moved here, it moves there within the hour. */
#define MOVED_WAIT_MS (3600 * 1000)
/* Parts cost us a look at every record: whoever asks us to visit has us do that once a minute. */
#define LADDER_REST_MS 60000

/* A visit that got no answer is not put off until its time comes round: the peer speaks again before that. */
static void
note_missed(struct peer *p, const struct visit_end *end)
{
	int64_t most = (int64_t)p->node->home->config.visit_minutes * 60 * 1000;

	if (end->code != ERR_PEER) {
		p->missed_wait_ms = 0;
		return;
	}
	p->missed = true;
	p->missed_wait_ms = p->missed_wait_ms ? 2 * p->missed_wait_ms : MISSED_WAIT_MS;
	if (p->missed_wait_ms > most)
		p->missed_wait_ms = most;
}

static void
visit_ended(void *self, const struct visit_end *end)
{
	struct peer *p = self;
	struct contact *c = p->contact;
	char text[512];

	p->visit = NULL;
	p->node->rungs[end->rung]++;
	if (end->rung >= RUNG_PARTS)
		c->rest_until_ms = world_tick_ms(p->node->world) + LADDER_REST_MS;
	if (end->later)
		p->next_visit_ms = world_tick_ms(p->node->world) + MOVED_WAIT_MS;
	if (end->greeted) {
		c->last_contact_ms = world_now_ms(p->node->world);
		p->node->last_heard_ms = c->last_contact_ms;
		c->behind = end->equal ? 0 : end->behind;
		c->failures = 0;
		c->why[0] = 0;
	}
	note_missed(p, end);
	if (end->code) {
		p->node->refused_peers += end->code == ERR_DENIED;
		snprintf(c->why, sizeof(c->why), "%.150s", end->why.reason);
		log_event(LOG_INFO, "sync.failed", "peer=%02x%02x why=\"%s\"", session_node(p->session)->b[0],
		    session_node(p->session)->b[1], err_text(&end->why, text, sizeof(text)));
	} else {
		log_event(end->admitted || end->offered ? LOG_INFO : LOG_DEBUG, "sync.done",
		    "peer=%02x%02x admitted=%zu offered=%zu refused=%zu equal=%d by=%s later=%d",
		    session_node(p->session)->b[0], session_node(p->session)->b[1], end->admitted, end->offered,
		    end->refused, end->equal, visit_rung_word(end->rung), end->later);
	}
	contact_did(p->node, c, end->greeted ? REPUTATION_ANSWERED : REPUTATION_FAILED, 1);
	contact_did(p->node, c, REPUTATION_USEFUL, end->admitted);
	if (end->blamed)
		contact_blame(p->node, p->contact, end->blamed);
	recovery_visited(p->node, p, end);
	/* Membership came and we may now speak of more: at once, a newcomer has nothing yet. Or an early refusal that
	 * bucket 0 may have cured there. */
	if (end->code == ERR_OK && end->admitted && p->view.membership_only)
		visiting_want(p);
	else if (end->code == ERR_DENIED)
		p->next_visit_ms = world_tick_ms(p->node->world) + 5000;
	news_tell(p->node);
	next_news(p->node);
}

/* Whoever invited us works where we do, most often: that is where the directory begins. */
static bucket_id
home_bucket(const struct node *n)
{
	uint16_t territory = get_u16((const uint8_t *)n->home->config.territory);

	if (!subscription_has(node_subscription(n), COLLECTION_DIRECTORY, territory))
		return 0;
	return bucket_make(COLLECTION_DIRECTORY, territory, AUDIENCE_PUBLIC);
}

static void
start_visit(struct peer *p)
{
	struct visit_ops ops = { p, visit_asks, visit_admits, visit_hello, visit_greeted, visit_ended, visit_random,
		visit_window, home_bucket(p->node), RUNG_NONE };
	int64_t period = (int64_t)p->node->home->config.visit_minutes * 60 * 1000;
	uint32_t jitter;

	world_random(p->node->world, &jitter, sizeof(jitter));
	p->next_visit_ms = world_tick_ms(p->node->world) + period * 7 / 8 + (int64_t)(jitter % (period / 4 + 1));
	p->visit_wanted = p->news_wanted = p->missed = false;
	p->visit_began_ms = world_tick_ms(p->node->world);
	/* What was looked at in vain is looked at again: only a visit that left nothing out ends a recovery, and what we alone
	 * have nobody can fetch meanwhile. */
	if (p->node->recovery.going)
		p->contact->memory.count = 0;
	p->visit = visit_start(p->node->records, &ops, &p->contact->memory);
}

static bool
may_visit(const struct peer *p)
{
	if (p->visit || !node_in_network(p->node))
		return false;
	return peer_access(p, NULL) == ROUTE_MEMBER || contact_is_named(p->contact);
}

void
visiting_want(struct peer *p)
{
	if (may_visit(p))
		start_visit(p);
	else
		p->visit_wanted = true;
}

void
visiting_heard(struct peer *p)
{
	int64_t since = world_tick_ms(p->node->world) - p->visit_began_ms;

	if (p->missed && since >= NEWS_EVERY_MS && since >= p->missed_wait_ms && may_visit(p))
		start_visit(p);
}

/* Is another visit under way that may bring the same? One that takes long is not waited for. */
static bool
others_visit(const struct node *n, int64_t tick)
{
	for (const struct peer *p = n->peers; p; p = p->next)
		if (p->visit && tick - p->visit_began_ms < NEWS_WAIT_MS)
			return true;
	return false;
}

void
visiting_news(struct peer *p)
{
	int64_t tick = world_tick_ms(p->node->world);

	p->news_wanted = true;
	if (may_visit(p) && tick - p->visit_began_ms >= NEWS_EVERY_MS && !others_visit(p->node, tick))
		start_visit(p);
}

/* The next one whose news waited for the visit that has just ended. */
static void
next_news(struct node *n)
{
	for (struct peer *p = n->peers; p; p = p->next)
		if (p->news_wanted && !p->ending) {
			visiting_news(p);
			return;
		}
}

void
visiting_all(struct node *n)
{
	for (struct peer *p = n->peers; p; p = p->next)
		visiting_want(p);
	for (struct contact *c = n->contacts; c; c = c->next)
		c->next_dial_ms = 0;
}

void
visiting_tick(struct peer *p, int64_t tick_ms)
{
	bool wanted = p->visit_wanted && tick_ms >= p->contact->rest_until_ms;

	if ((wanted || tick_ms >= p->next_visit_ms) && may_visit(p))
		start_visit(p);
	else if (p->news_wanted)
		visiting_news(p);
}
