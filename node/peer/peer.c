#include "node/peer/peer.h"

#include "node/base/log.h"
#include "node/peer/clocks.h"
#include "node/peer/fetch.h"
#include "node/peer/following.h"
#include "node/peer/news.h"
#include "node/peer/visiting.h"
#include "proto/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT_MS (3 * KEEPALIVE_ASK_MS)
/* Between two new handshakes with a peer that is silent: on a bad link silence is often only loss. */
#define REDIAL_MS 30000
/* So long after a repetition a path counts as one on which messages get lost. */
#define ROUGH_MS (10 * 60 * 1000)
/* Where news went it may go on. */
#define AWAKE_MS 60000
#define EMPTY_MESSAGE 4
/* Repetitions of several messages within less than that are one loss. */
#define QUIET_MS 3000

/* --- what a session may do --- */

enum route_access
peer_access(const struct peer *p, struct err *why)
{
	const struct membership *m = records_membership(p->node->records);
	const struct id *node = session_node(p->session);
	struct id owners[4];
	size_t count = m ? membership_nodes_owners(m, node, owners, 4) : 0;
	const struct id *speaks = p->greeted ? &p->organisation : &owners[0];

	if (count == 0 || (p->greeted && !membership_lists_node(m, speaks, node))) {
		err_set(why, ERR_DENIED, "session", "member", "this node is not a member's");
		return ROUTE_STRANGER;
	}
	if (membership_state(m, speaks) != MEMBER_ACTIVE) {
		err_set(why, ERR_DENIED, "session", "state", "your organisation is %s",
		    member_state_word(membership_state(m, speaks)));
		return ROUTE_LISTED;
	}
	if (!p->greeted && count > 1)
		return ROUTE_LISTED; /* several organisations claim this node: its hello says for whom it speaks */
	return ROUTE_MEMBER;
}

static enum member_class
class_of(const struct node *n, const struct id *organisation)
{
	const struct membership *m = records_membership(n->records);
	const struct member *who = m ? membership_find(m, organisation) : NULL;

	return who ? who->class : CLASS_OBSERVER;
}

static struct prefix
our_charter(const struct node *n)
{
	const struct membership *m = records_membership(n->records);
	const struct charter *c = m ? membership_charter(m) : NULL;

	return c ? prefix_of(&c->id) : (struct prefix){ { 0 } };
}

struct sync_view
peer_view_for(const struct peer *p, uint64_t subscription, struct prefix charter, bool known)
{
	const struct membership *m = records_membership(p->node->records);
	struct sync_view v = {
		.subscription = subscription & node_subscription(p->node),
		.ours = class_of(p->node, &p->node->home->organisation.public_key),
		.theirs = class_of(p->node, &p->organisation),
		.membership_only = !known || m == NULL || !prefix_equal(charter, our_charter(p->node)),
	};

	return v;
}

struct sync_view
peer_view(const struct peer *p)
{
	static const struct prefix none;

	/* Who follows no charter yet takes the one of the node that it asks; what it may have, our membership says. */
	if (p->greeted)
		return peer_view_for(p, p->subscription,
		    prefix_equal(p->charter, none) ? our_charter(p->node) : p->charter, true);
	/* Any CoAP tool with a member's certificate: the organisation that lists it speaks. */
	struct peer tool = *p;
	const struct membership *m = records_membership(p->node->records);

	if (m)
		membership_nodes_owners(m, session_node(p->session), &tool.organisation, 1);
	return peer_view_for(&tool, SUBSCRIBE_ALL, our_charter(p->node), true);
}

static uint64_t
software_number(void)
{
	unsigned a = 0, b = 0, c = 0;

	sscanf(KILIM_VERSION, "%u.%u.%u", &a, &b, &c);
	return (uint64_t)a << 16 | b << 8 | c;
}

void
peer_hello(struct node *n, uint64_t subscription, const struct sync_view *v, struct message_hello *out)
{
	struct sync_view all = { .subscription = subscription, .ours = CLASS_CSO, .theirs = CLASS_CSO };
	uint64_t incarnation = records_incarnation(n->records);

	*out = (struct message_hello){
		.version_min = PROTOCOL_VERSION, .version_max = PROTOCOL_VERSION,
		.network = prefix_of(records_network(n->records)),
		.organisation = prefix_of(&n->home->organisation.public_key),
		.arrival = records_arrival(n->records),
		.clock_ms = clocks_tell(n),
		.charter = our_charter(n),
		.subscription = subscription,
		.software = software_number(),
	};
	put_u64(out->incarnation.b, incarnation);
	sync_root(n->records, v ? v : &all, out->root);
}

/* The organisation of which M says that it lists NODE and whose id begins with P. */
static bool
owner_by_prefix(const struct membership *m, const struct id *node, struct prefix p, struct id *out)
{
	struct id owners[16];
	size_t count = m ? membership_nodes_owners(m, node, owners, 16) : 0;

	for (size_t i = 0; i < count; i++)
		if (prefix_equal(prefix_of(&owners[i]), p)) {
			*out = owners[i];
			return true;
		}
	return false;
}

enum err_code
peer_greet(struct peer *p, const struct message_hello *h, struct err *e)
{
	const struct membership *m = records_membership(p->node->records);
	struct contact *c = p->contact;
	struct id who;

	c->software = h->software;
	c->keeps_all = h->subscription == SUBSCRIBE_ALL;
	if (h->version_min > PROTOCOL_VERSION || h->version_max < PROTOCOL_VERSION)
		return err_set(e, ERR_VERSION, "hello", "version", h->version_min > PROTOCOL_VERSION ?
		    "update this node" : "the other node must be updated");
	if (!prefix_equal(h->network, prefix_of(records_network(p->node->records))))
		return err_set(e, ERR_DENIED, "hello", "network", "this node belongs to another network");
	if (!owner_by_prefix(m, session_node(p->session), h->organisation, &who))
		return err_set(e, ERR_DENIED, "hello", "organisation", "that organisation does not list this node");
	p->organisation = who;
	c->organisation = who;
	if (membership_state(m, &who) != MEMBER_ACTIVE)
		return err_set(e, ERR_DENIED, "hello", "state", "your organisation is %s",
		    member_state_word(membership_state(m, &who)));
	p->subscription = h->subscription;
	p->charter = h->charter;
	p->greeted = true;
	clocks_heard(p->node, c, h);
	if (clones_hear(&c->clones, h->incarnation, h->arrival, world_tick_ms(p->node->world)))
		log_event(LOG_WARN, "peer.cloned", "peer=%02x%02x", c->node.b[0], c->node.b[1]);
	p->node->last_heard_ms = world_now_ms(p->node->world);
	return ERR_OK;
}

/* --- sessions --- */

static struct peer *
peer_by_node(struct node *n, const struct id *id)
{
	for (struct peer *p = n->peers; p; p = p->next)
		if (id_equal(session_node(p->session), id))
			return p;
	return NULL;
}

static enum dtls_verdict
judge(void *self, const struct id *node, bool dialled)
{
	struct node *n = self;
	const struct membership *m = records_membership(n->records);
	struct contact *c = contact_by_node(n, node);
	struct id owner;

	if (contact_is_banned(n, c))
		return DTLS_REFUSE;
	if (m && membership_nodes_owners(m, node, &owner, 1))
		return DTLS_MEMBER;
	if (dialled)
		return c && contact_is_named(c) ? DTLS_MEMBER : DTLS_REFUSE;
	return n->above->welcomes(n, node) ? DTLS_STRANGER : DTLS_REFUSE;
}

/* More than a keepalive, a ping, or an ACK without answer? */
static void
note_spoken(struct peer *p, struct bytes datagram)
{
	if (datagram.len > EMPTY_MESSAGE)
		p->spoke_ms = world_tick_ms(p->node->world);
}

static void
send_datagram(void *self, struct bytes datagram)
{
	struct peer *p = self;

	keepalive_sent(&p->line, world_tick_ms(p->node->world));
	note_spoken(p, datagram);
	(void)session_send(p->session, datagram); /* what cannot be queued is lost like any datagram */
}

/* How fast and how long the way is that a session is about to use, or has used. */
static void
recall_way(struct peer *p)
{
	int64_t round_ms = session_counts(p->session)->round_ms;

	if (p->contact->rate && world_tick_ms(p->node->world) - p->contact->rate_ms < RATE_MS)
		exchange_begin_at(p->exchange, p->contact->rate);
	if (round_ms)
		exchange_begin_round(p->exchange, round_ms);
}

static void
remember_rate(struct peer *p)
{
	uint64_t rate = exchange_rate(p->exchange);

	if (rate == 0)
		return;
	p->contact->rate = rate;
	p->contact->rate_ms = world_tick_ms(p->node->world);
}

static void
opened(void *self, struct session *s)
{
	struct node *n = self;
	struct peer *p = need_zeroed(1, sizeof(*p));
	struct exchange_events ev = { .self = p, .send = send_datagram, .request = n->above->request,
		.notify = news_notify, .notified = news_notified };
	struct contact *c = session_cookie(s);

	if (c == NULL || (!id_is_zero(&c->node) && !id_equal(&c->node, session_node(s))))
		c = contact_by_node(n, session_node(s));
	if (c == NULL)
		c = contact_add(n, NULL, session_node(s), NULL, CONTACT_CAME);
	c->node = *session_node(s);
	p->node = n;
	p->contact = c;
	p->session = s;
	p->exchange = exchange_new(&ev, n->world);
	recall_way(p);
	p->next = n->peers;
	n->peers = p;
	c->dialling = false;
	c->peer = p;
	c->failures = 0;
	p->line = (struct keepalive_line){ .sent_ms = world_tick_ms(n->world), .heard_ms = world_tick_ms(n->world) };
	p->next_visit_ms = world_tick_ms(n->world) + (int64_t)n->home->config.visit_minutes * 60 * 1000;
	session_set_user(s, p);
	log_event(LOG_INFO, "session.opened", "peer=%02x%02x dialled=%d", c->node.b[0], c->node.b[1],
	    session_dialled(s));
	n->above->session(n, p);
	if (session_dialled(s))
		visiting_want(p);
}

/* Saying no costs as well: whoever asks on and on is not heard until the second is over. */
static bool
is_deaf_to(struct peer *p)
{
	int64_t tick = world_tick_ms(p->node->world);

	if (tick - p->refused_from_ms >= 1000) {
		p->refused_from_ms = tick;
		p->refused = 0;
	}
	return p->refused >= LIMIT_REFUSED_S;
}

/* Who has dialled us does not see that a translator gave it another port. An empty message tells it. */
static void
tell_move(struct peer *p)
{
	unsigned moves = session_counts(p->session)->moves;

	if (moves != p->moves)
		exchange_keepalive(p->exchange, false);
	p->moves = moves;
}

/* Keeping alive is our work where we dialled: an empty message from the other side says that our port is a new one. */
static void
hear_move(struct peer *p)
{
	uint64_t told = exchange_counts(p->exchange)->keepalives_in;

	if (told != p->told_moves && session_dialled(p->session))
		keepalive_moved(&p->node->keepalive, &p->line, world_tick_ms(p->node->world), world_now_ms(p->node->world));
	p->told_moves = told;
}

static void
message(void *self, struct session *s, struct bytes datagram)
{
	struct peer *p = session_user(s);
	struct contact *c = p->contact;
	struct err e = { 0 };

	if (is_deaf_to(p))
		return;
	note_spoken(p, datagram);
	tell_move(p);
	visiting_heard(p);
	if (exchange_receive(p->exchange, datagram, &e) == ERR_INPUT)
		contact_blame(self, c, BLAME_OTHER); /* P may have gone meanwhile; contacts stay */
}

static void
closed(void *self, struct session *s, enum dtls_end end)
{
	struct node *n = self;
	struct peer *p = session_user(s), **at = &n->peers;
	struct contact *c = p->contact;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	log_event(LOG_INFO, "session.closed", "peer=%02x%02x why=%s", c->node.b[0], c->node.b[1],
	    dtls_end_word(end));
	p->ending = true;
	p->line.heard_ms = session_counts(s)->heard_ms;
	keepalive_ended(&n->keepalive, &p->line, end == DTLS_END_REPLACED, world_tick_ms(n->world), world_now_ms(n->world));
	if (c->peer == p)
		c->peer = peer_by_node(n, &c->node);
	visit_cancel(p->visit);
	p->visit = NULL;
	remember_rate(p);
	exchange_free(p->exchange);
	n->above->closed(n, p);
	if (c->peer == NULL)
		fetch_leave(p);
	c->last_contact_ms = world_now_ms(n->world) - (world_tick_ms(n->world) - session_counts(s)->heard_ms);
	c->bytes_in += session_counts(s)->bytes_in;
	c->bytes_out += session_counts(s)->bytes_out;
	if (c->next_dial_ms < world_tick_ms(n->world) + DIAL_FIRST_MS)
		c->next_dial_ms = world_tick_ms(n->world) + DIAL_FIRST_MS;
	free(p->recent);
	free(p);
}

static void
failed(void *self, const union address *a, void *cookie, enum dtls_end end)
{
	struct node *n = self;
	struct contact *c = cookie;
	int64_t wait = DIAL_FIRST_MS;
	uint32_t jitter;

	(void)a;
	world_random(n->world, &jitter, sizeof(jitter));
	c->dialling = false;
	contact_did(n, c, REPUTATION_FAILED, 1);
	for (unsigned i = 0; i < c->failures && wait < DIAL_MOST_MS; i++)
		wait *= 2;
	if (wait > DIAL_MOST_MS)
		wait = DIAL_MOST_MS;
	c->failures++;
	c->last_failure = end == DTLS_END_REFUSED ? ERR_DENIED : ERR_PEER;
	c->next_dial_ms = world_tick_ms(n->world) + wait / 2 + (int64_t)(jitter % (uint32_t)wait);
	/* Whom we do not hear was perhaps being dialled when it was shut out: that it does not answer either is no news. */
	if (!contact_is_banned(n, c))
		snprintf(c->why, sizeof(c->why), "%s", end == DTLS_END_REFUSED ? "it refused our key" :
		    end == DTLS_END_TIMEOUT ? "no answer" : dtls_end_word(end));
	n->above->failed(n, c);
}

const struct dtls_events peer_events = { NULL, judge, opened, message, closed, failed };

/* --- time --- */

void
peers_membership(struct node *n)
{
	contacts_membership(n);
	/* Promise 6: a key that lost its place gets nothing more, from this moment on. */
	for (struct peer *p = n->peers, *next; p; p = next) {
		next = p->next;
		if (p->greeted && peer_access(p, NULL) != ROUTE_MEMBER) {
			p->greeted = false;
			visit_cancel(p->visit);
			p->visit = NULL;
			following_end(p);
			fetch_leave(p);
		}
	}
}

/*
 * Two repetitions without a sound: perhaps the other side has lost the session, by a restart or a new address. A new
 * handshake runs beside the old session, which lives until the new one is through, and drops it when it is heard before
 * (proto/sessions.md). Who dialled us can be reached again only where it says that it listens.
 */
static void
watch_silence(struct peer *p, int64_t tick)
{
	struct contact *c = p->contact;
	const struct session_counts *s = session_counts(p->session);
	uint64_t repeated = exchange_counts(p->exchange)->retransmitted;
	const union address *to = session_dialled(p->session) ? session_address(p->session) :
	    contact_may_dial(p->node, c) ? &c->address : NULL;

	if (s->heard_ms != p->heard_ms) {
		p->heard_ms = s->heard_ms;
		p->repeated = repeated;
		if (p->redials && dtls_undial(p->node->dtls, c)) {
			c->dialling = false;
			c->next_dial_ms = tick + DIAL_FIRST_MS;
		}
		p->redials = false;
	}
	if (repeated - p->repeated < 2 || tick - s->heard_ms < QUIET_MS || to == NULL || c->dialling ||
	    tick < c->next_dial_ms)
		return;
	c->dialling = p->redials = true;
	c->next_dial_ms = tick + REDIAL_MS;
	if (dtls_dial(p->node->dtls, to, &c->node, c, NULL))
		c->dialling = p->redials = false;
}

/* Has anything been repeated on it within ROUGH_MS? */
static bool
is_rough(struct peer *p, int64_t tick)
{
	uint64_t repeated = exchange_counts(p->exchange)->retransmitted;

	if (repeated != p->rough_repeated)
		p->rough_ms = tick;
	p->rough_repeated = repeated;
	return p->rough_ms && tick - p->rough_ms < ROUGH_MS;
}

static void
keep_alive(struct peer *p, int64_t tick)
{
	enum keepalive_due due;

	if (!session_dialled(p->session))
		return;
	hear_move(p);
	p->line.heard_ms = session_counts(p->session)->heard_ms;
	p->line.rough = is_rough(p, tick);
	p->line.awake = tick - p->spoke_ms < AWAKE_MS;
	due = keepalive_due(&p->node->keepalive, &p->line, tick, world_now_ms(p->node->world));
	if (due != KEEPALIVE_NOT_YET)
		exchange_keepalive(p->exchange, due == KEEPALIVE_ASK);
}

void
peers_tick(struct node *n)
{
	int64_t tick = world_tick_ms(n->world);
	struct peer *least;

	if (n->dtls)
		contacts_dial(n, tick);
	if ((least = contacts_leave(n, tick)) != NULL)
		session_close(least->session);
	fetch_tick(n, tick);
	for (struct peer *p = n->peers, *next; p; p = next) {
		next = p->next;
		exchange_timer(p->exchange);
		keep_alive(p, tick);
		watch_silence(p, tick);
		visiting_tick(p, tick);
		if (contact_is_banned(n, p->contact) ||
		    (session_dialled(p->session) && tick - session_counts(p->session)->heard_ms > SILENT_MS))
			session_close(p->session);
	}
}

