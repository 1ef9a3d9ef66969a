#include "node/service/peer.h"

#include "node/base/log.h"
#include "node/service/intake.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"
#include "node/service/routes.h"
#include "proto/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEPALIVE_MS 25000
#define PING_EVERY 5
#define SILENT_MS (3 * KEEPALIVE_MS * PING_EVERY)
#define DIAL_FIRST_MS 1000
#define DIAL_MOST_MS (5 * 60 * 1000)
#define LIVE_SESSIONS 8
/* Beyond this many new records an offer of none says it all: visit me. */
#define OFFER_MOST (10 * LIMIT_IDS)
#define HOUR_MS (3600LL * 1000)
#define BAN_MOST_HOURS 24

/* --- contacts --- */

static bool
pin_fits(const struct contact *c, const struct id *node)
{
	return c->has_pin && memcmp(c->pin, node->b, sizeof(c->pin)) == 0;
}

struct contact *
contact_by_node(struct node *n, const struct id *id)
{
	for (struct contact *c = n->contacts; c; c = c->next)
		if (id_equal(&c->node, id) || (id_is_zero(&c->node) && pin_fits(c, id)))
			return c;
	return NULL;
}

struct contact *
contact_add(struct node *n, const union address *a, const struct id *id, const uint8_t pin[10],
    enum contact_source source)
{
	struct contact *c = id ? contact_by_node(n, id) : NULL;

	for (struct contact *at = n->contacts; c == NULL && pin && at; at = at->next)
		if (!id_is_zero(&at->node) && memcmp(at->node.b, pin, sizeof(at->pin)) == 0)
			c = at; /* met before: a second contact would dial against the first */
	for (struct contact *at = n->contacts; c == NULL && a && at; at = at->next)
		if (at->has_address && address_equal(&at->address, a) && id_is_zero(&at->node))
			c = at;
	if (c == NULL) {
		c = need_zeroed(1, sizeof(*c));
		c->source = source;
		c->next = n->contacts;
		n->contacts = c;
	}
	if (id)
		c->node = *id;
	if (pin) {
		c->has_pin = true;
		memcpy(c->pin, pin, sizeof(c->pin));
	}
	if (a && (source != CONTACT_REACH || !c->has_address || c->source == CONTACT_REACH ||
	    c->source == CONTACT_CAME)) {
		c->address = *a;
		c->has_address = true;
	}
	if (source == CONTACT_CONFIG || source == CONTACT_INVITER || c->source == CONTACT_CAME)
		c->source = source == CONTACT_CAME ? c->source : source;
	return c;
}

void
peers_configure(struct node *n)
{
	const struct config *cf = &n->home->config;

	for (size_t i = 0; i < cf->peer_count; i++) {
		union address a;
		struct id id;
		struct err e = { 0 };
		bool named = cf->peers[i].node[0] &&
		    id_parse(ID_NODE, cf->peers[i].node, "network.peer", &id, &e) == ERR_OK;

		if (address_parse(cf->peers[i].address, false, &a, &e) == ERR_OK)
			contact_add(n, &a, named ? &id : NULL, NULL, CONTACT_CONFIG);
	}
}

/* Named to us by a person: by config or by an invitation code. */
static bool
is_named(const struct contact *c)
{
	return c->source == CONTACT_CONFIG || c->source == CONTACT_INVITER;
}

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

static struct sync_view
view_for(const struct peer *p, uint64_t subscription, struct prefix charter, bool known)
{
	const struct membership *m = records_membership(p->node->records);
	struct sync_view v = {
		.subscription = subscription & SUBSCRIBE_ALL,
		.ours = class_of(p->node, &p->node->home->organisation.public_key),
		.theirs = class_of(p->node, &p->organisation),
		.membership_only = !known || m == NULL || !prefix_equal(charter, our_charter(p->node)),
	};

	return v;
}

struct sync_view
peer_view(const struct peer *p)
{
	if (p->greeted)
		return view_for(p, p->subscription, p->charter, true);
	/* Any CoAP tool with a member's certificate: the organisation that lists it speaks. */
	struct peer tool = *p;
	const struct membership *m = records_membership(p->node->records);

	if (m)
		membership_nodes_owners(m, session_node(p->session), &tool.organisation, 1);
	return view_for(&tool, SUBSCRIBE_ALL, our_charter(p->node), true);
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
		.clock_ms = world_now_ms(n->world),
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

	c->clock_offset_ms = h->clock_ms - world_now_ms(p->node->world);
	c->software = h->software;
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
	return ERR_OK;
}

/* --- fetching what was offered --- */

static void fetch_more(struct peer *p);

struct fetch {
	struct peer *peer;              /* NULL once the session has gone */
	struct fetch *next;
};

/* Admission outlives sessions: what it tells a peer goes by the node id. */
struct fetched {
	struct node *node;
	struct id peer;
};

static struct peer *
peer_by_node(struct node *n, const struct id *id)
{
	for (struct peer *p = n->peers; p; p = p->next)
		if (id_equal(session_node(p->session), id))
			return p;
	return NULL;
}

/*
 * Three signatures, or twenty other breaches, within an hour, in one session or in many, and it is not heard for an
 * hour, then two, up to a day (proto/records.md "Blame"). Its session ends at the next tick: we may be deep in one of
 * its callbacks.
 */
static void
blame(struct node *n, struct contact *c, size_t points)
{
	int64_t tick = world_tick_ms(n->world), hours = 1;

	if (c->blamed == 0 || tick - c->blamed_from_ms > HOUR_MS) {
		c->blamed = 0;
		c->blamed_from_ms = tick;
	}
	c->blamed += points;
	if (c->blamed < BLAME_FULL || c->banned_until_ms > tick)
		return;
	for (unsigned i = 0; i < c->bans && hours < BAN_MOST_HOURS; i++)
		hours *= 2;
	if (hours > BAN_MOST_HOURS)
		hours = BAN_MOST_HOURS;
	c->bans++;
	c->blamed = 0;
	c->banned_until_ms = tick + hours * HOUR_MS;
	snprintf(c->why, sizeof(c->why), "it sent what breaks the rules; not heard for %lld hour%s",
	    (long long)hours, hours == 1 ? "" : "s");
	log_event(LOG_WARN, "peer.banned", "peer=%02x%02x hours=%lld", c->node.b[0], c->node.b[1],
	    (long long)hours);
}

static bool
is_banned(const struct node *n, const struct contact *c)
{
	return c && c->banned_until_ms > world_tick_ms(n->world);
}

static void
fetch_admitted(void *arg, const struct admit_result *r)
{
	struct fetched *f = arg;
	struct contact *c = contact_by_node(f->node, &f->peer);

	if (r->admitted)
		log_event(LOG_INFO, "records.came", "peer=%02x%02x admitted=%zu refused=%zu", f->peer.b[0],
		    f->peer.b[1], r->admitted, r->refused);
	if (c && r->blamed)
		blame(f->node, c, r->blamed);
	free(f);
}

static void
submit(struct peer *p, struct bytes sequence)
{
	struct fetched *f = need_zeroed(1, sizeof(*f));

	f->node = p->node;
	f->peer = *session_node(p->session);
	intake_submit(p->node->intake, sequence, fetch_admitted, f);
}

static void
records_came(void *self, const struct coap_response *r)
{
	struct peer *p = self;

	p->fetching--;
	if (r->failed == ERR_OK && r->code == 205 && r->body.len)
		submit(p, r->body);
	if (r->failed == ERR_OK)
		fetch_more(p);
}

/* It has what it gave us: no news to it. */
static void
remember_recent(struct peer *p, const uint8_t short_id[8])
{
	memcpy(p->recent[p->recent_at], short_id, 8);
	p->recent_at = (p->recent_at + 1) % PEER_RECENT;
}

static void
fetch_more(struct peer *p)
{
	while (p->fetching < PEER_FETCHES && p->wanted_count) {
		struct wanted *w = &p->wanted[0];
		size_t len = w->ids.len < LIMIT_IDS * 8 ? w->ids.len : LIMIT_IDS * 8;
		struct message_ids m = { w->bucket, { w->ids.p + w->ids.len - len, len } };
		struct buf body = { 0 };
		struct err e = { 0 };
		struct coap_ask a;

		message_ids_write(&m, &body);
		a = (struct coap_ask){ .method = COAP_FETCH, .path = "records", .format = COAP_FORMAT_CBOR,
			.payload = buf_bytes(&body), .done = records_came, .self = p };
		if (exchange_ask(p->exchange, &a, &e) == ERR_OK)
			p->fetching++;
		buf_free(&body);
		if (e.code)
			return;
		for (size_t i = 0; i < len; i += 8)
			remember_recent(p, w->ids.p + w->ids.len - len + i);
		w->ids.len -= len;
		if (w->ids.len == 0) {
			buf_free(&w->ids);
			memmove(p->wanted, p->wanted + 1, --p->wanted_count * sizeof(*w));
		}
	}
}

void
peer_fetch(struct peer *p, bucket_id bucket, struct bytes ids)
{
	size_t at = 0;

	while (at < p->wanted_count && p->wanted[at].bucket != bucket)
		at++;
	if (at == sizeof(p->wanted) / sizeof(p->wanted[0]) ||
	    (at < p->wanted_count && p->wanted[at].ids.len > OFFER_MOST * 8)) {
		p->visit_wanted = true; /* too much to remember: a visit finds it */
		return;
	}
	if (at == p->wanted_count)
		p->wanted[p->wanted_count++] = (struct wanted){ .bucket = bucket };
	buf_put_bytes(&p->wanted[at].ids, ids);
	fetch_more(p);
}

/* --- telling others --- */

struct news {
	struct peer *peer;
	struct sync_view view;
	struct wanted lines[LIMIT_BUCKETS];
	size_t count, total;
};

static bool
came_from(const struct peer *p, const uint8_t short_id[8])
{
	for (size_t i = 0; i < PEER_RECENT; i++)
		if (memcmp(p->recent[i], short_id, 8) == 0)
			return true;
	return false;
}

static void
news_line(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8])
{
	struct news *w = self;
	size_t at = 0;

	(void)arrival;
	if (!sync_may(&w->view, b) || came_from(w->peer, short_id))
		return;
	while (at < w->count && w->lines[at].bucket != b)
		at++;
	if (at == LIMIT_BUCKETS)
		return;
	if (at == w->count)
		w->lines[w->count++] = (struct wanted){ .bucket = b };
	w->total++;
	if (w->total <= OFFER_MOST)
		buf_put(&w->lines[at].ids, short_id, 8);
}

static void
offer_done(void *self, const struct coap_response *r)
{
	(void)self;
	(void)r; /* an offer that is lost is found by the next visit */
}

static void
offer_line(struct peer *p, bucket_id bucket, struct bytes ids)
{
	struct message_ids m = { bucket, ids };
	struct buf body = { 0 };
	struct err e = { 0 };
	struct coap_ask a;

	message_ids_write(&m, &body);
	a = (struct coap_ask){ .method = COAP_POST, .path = "offer", .format = COAP_FORMAT_CBOR,
		.payload = buf_bytes(&body), .done = offer_done, .self = p };
	(void)exchange_ask(p->exchange, &a, &e);
	buf_free(&body);
}

static void
offer_to(struct peer *p, uint64_t from, uint64_t to)
{
	struct news *w = need_zeroed(1, sizeof(*w));
	struct store_txn *t = store_read(p->node->store);

	w->peer = p;
	w->view = peer_view(p);
	records_arrivals(p->node->records, t, from, to, news_line, w);
	txn_abort(&t);
	if (w->total > OFFER_MOST)
		offer_line(p, 0, (struct bytes){ 0 });
	for (size_t i = 0; i < w->count; i++) {
		for (size_t at = 0; w->total <= OFFER_MOST && at < w->lines[i].ids.len; at += LIMIT_IDS * 8) {
			size_t left = w->lines[i].ids.len - at;

			offer_line(p, w->lines[i].bucket, (struct bytes){ w->lines[i].ids.p + at,
			    left < LIMIT_IDS * 8 ? left : LIMIT_IDS * 8 });
		}
		buf_free(&w->lines[i].ids);
	}
	free(w);
}

void
peers_offer(struct node *n)
{
	uint64_t to = records_arrival(n->records), from = n->offered_to;

	n->offered_to = to;
	if (to == from)
		return;
	for (struct peer *p = n->peers; p; p = p->next)
		if (peer_access(p, NULL) == ROUTE_MEMBER && (p->greeted || session_dialled(p->session)))
			offer_to(p, from, to);
}

/* --- visits --- */

static enum err_code
visit_asks(void *self, const struct visit_ask *a, struct err *e);

struct visit_question {
	void (*done)(void *arg, const struct visit_answer *a);
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

static enum err_code
visit_asks(void *self, const struct visit_ask *a, struct err *e)
{
	struct peer *p = self;
	struct visit_question *q = need_zeroed(1, sizeof(*q));
	struct coap_ask c = { .method = a->method, .path = a->path, .query = a->query,
		.format = a->payload.len ? COAP_FORMAT_CBOR : COAP_FORMAT_NONE, .payload = a->payload,
		.window = 16, .done = visit_answered, .self = q };
	enum err_code rc;

	q->done = a->done;
	q->arg = a->arg;
	if ((rc = exchange_ask(p->exchange, &c, e)) != ERR_OK)
		free(q);
	return rc;
}

static void
visit_admits(void *self, struct bytes sequence, void (*done)(void *arg, const struct admit_result *r), void *arg)
{
	struct peer *p = self;
	struct bytes rest = sequence, item;
	struct unverified u;
	uint8_t short_id[8];

	while (sequence_next(&rest, &item))
		if (envelope_read(item, records_network(p->node->records), &crypto_envelope, &u, NULL) == ERR_OK) {
			records_short(p->node->records, &u.id, short_id);
			remember_recent(p, short_id);
		}
	intake_submit(p->node->intake, sequence, done, arg);
}

static void
visit_hello(void *self, struct message_hello *out)
{
	struct peer *p = self;

	peer_hello(p->node, SUBSCRIBE_ALL, NULL, out);
}

/* The answer to our hello. A pinned peer that our membership does not know yet gives us bucket 0, and no more. */
static enum err_code
visit_greeted(void *self, const struct message_hello *h, struct sync_view *out, struct err *e)
{
	struct peer *p = self;
	enum err_code rc = peer_greet(p, h, e);

	if (rc == ERR_OK)
		*out = view_for(p, h->subscription, h->charter, true);
	else if (rc == ERR_DENIED && is_named(p->contact) && !p->greeted &&
	    prefix_equal(h->network, prefix_of(records_network(p->node->records))))
		*out = view_for(p, h->subscription, h->charter, false), rc = ERR_OK;
	p->view = *out;
	return rc;
}

static void
visit_ended(void *self, const struct visit_end *end)
{
	struct peer *p = self;
	struct contact *c = p->contact;
	char text[512];

	p->visit = NULL;
	if (end->greeted) {
		c->last_contact_ms = world_now_ms(p->node->world);
		p->node->last_heard_ms = c->last_contact_ms;
		c->behind = end->equal ? 0 : end->behind;
		c->failures = 0;
		c->why[0] = 0;
	}
	if (end->code) {
		p->node->refused_peers += end->code == ERR_DENIED;
		snprintf(c->why, sizeof(c->why), "%.150s", end->why.reason);
		log_event(LOG_INFO, "sync.failed", "peer=%02x%02x why=\"%s\"", session_node(p->session)->b[0],
		    session_node(p->session)->b[1], err_text(&end->why, text, sizeof(text)));
	} else {
		log_event(end->admitted || end->offered ? LOG_INFO : LOG_DEBUG, "sync.done",
		    "peer=%02x%02x admitted=%zu offered=%zu refused=%zu equal=%d", session_node(p->session)->b[0],
		    session_node(p->session)->b[1], end->admitted, end->offered, end->refused, end->equal);
	}
	if (end->blamed)
		blame(p->node, p->contact, end->blamed);
	/* Membership came and we may now speak of more; or an early refusal that bucket 0 may have cured there. */
	if (end->code == ERR_OK && end->admitted && p->view.membership_only)
		p->visit_wanted = true;
	else if (end->code == ERR_DENIED)
		p->next_visit_ms = world_tick_ms(p->node->world) + 5000;
}

static void
start_visit(struct peer *p)
{
	struct visit_ops ops = { p, visit_asks, visit_admits, visit_hello, visit_greeted, visit_ended };
	int64_t period = (int64_t)p->node->home->config.visit_minutes * 60 * 1000;
	uint32_t jitter;

	world_random(p->node->world, &jitter, sizeof(jitter));
	p->next_visit_ms = world_tick_ms(p->node->world) + period * 7 / 8 + (int64_t)(jitter % (period / 4 + 1));
	p->visit_wanted = false;
	p->visit = visit_start(p->node->records, &ops, &p->contact->memory);
}

static bool
may_visit(const struct peer *p)
{
	if (p->visit || !node_in_network(p->node))
		return false;
	return peer_access(p, NULL) == ROUTE_MEMBER || is_named(p->contact);
}

void
peer_want_visit(struct peer *p)
{
	if (may_visit(p))
		start_visit(p);
	else
		p->visit_wanted = true;
}

void
peers_visit_now(struct node *n)
{
	for (struct peer *p = n->peers; p; p = p->next)
		peer_want_visit(p);
	for (struct contact *c = n->contacts; c; c = c->next)
		c->next_dial_ms = 0;
}

/* --- sessions --- */

static enum dtls_verdict
judge(void *self, const struct id *node, bool dialled)
{
	struct node *n = self;
	const struct membership *m = records_membership(n->records);
	struct contact *c = contact_by_node(n, node);
	struct id owner;

	if (is_banned(n, c))
		return DTLS_REFUSE;
	if (m && membership_nodes_owners(m, node, &owner, 1))
		return DTLS_MEMBER;
	if (dialled)
		return c && is_named(c) ? DTLS_MEMBER : DTLS_REFUSE;
	return inviting_open(n, node) ? DTLS_STRANGER : DTLS_REFUSE;
}

static void
send_datagram(void *self, struct bytes datagram)
{
	struct peer *p = self;

	(void)session_send(p->session, datagram); /* what cannot be queued is lost like any datagram */
}

static void
opened(void *self, struct session *s)
{
	struct node *n = self;
	struct peer *p = need_zeroed(1, sizeof(*p));
	struct exchange_events ev = { p, send_datagram, routes_request };
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
	p->next = n->peers;
	n->peers = p;
	c->dialling = false;
	c->peer = p;
	c->failures = 0;
	p->next_keepalive_ms = world_tick_ms(n->world) + KEEPALIVE_MS;
	p->next_visit_ms = world_tick_ms(n->world) + (int64_t)n->home->config.visit_minutes * 60 * 1000;
	session_set_user(s, p);
	log_event(LOG_INFO, "session.opened", "peer=%02x%02x dialled=%d", c->node.b[0], c->node.b[1],
	    session_dialled(s));
	joining_session(n, p);
	if (session_dialled(s))
		peer_want_visit(p);
}

static void
message(void *self, struct session *s, struct bytes datagram)
{
	struct peer *p = session_user(s);
	struct contact *c = p->contact;
	struct err e = { 0 };

	if (exchange_receive(p->exchange, datagram, &e) == ERR_INPUT)
		blame(self, c, BLAME_OTHER); /* P may have gone meanwhile; contacts stay */
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
	visit_cancel(p->visit);
	p->visit = NULL;
	exchange_free(p->exchange);
	joining_closed(n, p);
	for (size_t i = 0; i < p->wanted_count; i++)
		buf_free(&p->wanted[i].ids);
	c->bytes_in += session_counts(s)->bytes_in;
	c->bytes_out += session_counts(s)->bytes_out;
	if (c->peer == p)
		c->peer = peer_by_node(n, &c->node);
	if (c->next_dial_ms < world_tick_ms(n->world) + DIAL_FIRST_MS)
		c->next_dial_ms = world_tick_ms(n->world) + DIAL_FIRST_MS;
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
	for (unsigned i = 0; i < c->failures && wait < DIAL_MOST_MS; i++)
		wait *= 2;
	if (wait > DIAL_MOST_MS)
		wait = DIAL_MOST_MS;
	c->failures++;
	c->last_failure = end == DTLS_END_REFUSED ? ERR_DENIED : ERR_PEER;
	c->next_dial_ms = world_tick_ms(n->world) + wait / 2 + (int64_t)(jitter % (uint32_t)wait);
	snprintf(c->why, sizeof(c->why), "%s", end == DTLS_END_REFUSED ? "it refused our key" :
	    end == DTLS_END_TIMEOUT ? "no answer" : dtls_end_word(end));
	joining_failed(n, c);
}

const struct dtls_events peer_events = { NULL, judge, opened, message, closed, failed };

/* --- time --- */

void
peers_membership(struct node *n)
{
	const struct membership *m = records_membership(n->records);
	size_t count = m ? membership_node_count(m) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct member_node *mn = membership_node_at(m, i);
		const char *texts[LIMIT_ADDRESSES];
		union address a;
		struct contact *c;

		if (id_equal(&mn->node, dtls_identity_node(n->home->identity)) ||
		    membership_reach(m, &mn->node, texts, LIMIT_ADDRESSES) == 0 ||
		    address_parse(texts[0], false, &a, NULL))
			continue;
		c = contact_add(n, &a, &mn->node, NULL, CONTACT_REACH);
		c->organisation = mn->organisation;
	}
	/* Promise 6: a key that lost its place gets nothing more, from this moment on. */
	for (struct peer *p = n->peers, *next; p; p = next) {
		next = p->next;
		if (p->greeted && peer_access(p, NULL) != ROUTE_MEMBER) {
			p->greeted = false;
			visit_cancel(p->visit);
			p->visit = NULL;
			while (p->wanted_count)
				buf_free(&p->wanted[--p->wanted_count].ids);
		}
	}
}

static bool
wants_dial(const struct node *n, const struct contact *c, int64_t tick)
{
	if (c->peer || c->dialling || !c->has_address || c->next_dial_ms > tick || is_banned(n, c))
		return false;
	if (!node_in_network(n) && c->source != CONTACT_INVITER)
		return false;
	return is_named(c) || !n->home->config.protected_org;
}

static void
dial_some(struct node *n, int64_t tick)
{
	size_t live = 0;

	for (struct contact *c = n->contacts; c; c = c->next)
		live += c->peer != NULL || c->dialling;
	for (struct contact *c = n->contacts; c; c = c->next) {
		struct err e = { 0 };

		if (!wants_dial(n, c, tick) || (live >= LIVE_SESSIONS && !is_named(c)))
			continue;
		c->dialling = true;
		c->next_dial_ms = tick + DIAL_FIRST_MS;
		live++;
		if (dtls_dial(n->dtls, &c->address, id_is_zero(&c->node) ? NULL : &c->node, c, &e)) {
			c->dialling = false;
			c->next_dial_ms = tick + DIAL_MOST_MS;
			snprintf(c->why, sizeof(c->why), "%.150s", e.reason);
		}
	}
}

/* Two repetitions without a sound: perhaps the other side has lost the session, by a restart or a new address. A
 * new handshake runs beside the old session, which lives until the new one is through (proto/sessions.md). */
static void
watch_silence(struct peer *p, int64_t tick)
{
	struct contact *c = p->contact;
	const struct session_counts *s = session_counts(p->session);
	uint64_t repeated = exchange_counts(p->exchange)->retransmitted;

	if (s->heard_ms != p->heard_ms) {
		p->heard_ms = s->heard_ms;
		p->repeated = repeated;
	}
	if (repeated - p->repeated < 2 || !session_dialled(p->session) || c->dialling || tick < c->next_dial_ms)
		return;
	c->dialling = true;
	c->next_dial_ms = tick + DIAL_MOST_MS;
	if (dtls_dial(p->node->dtls, session_address(p->session), &c->node, c, NULL))
		c->dialling = false;
}

static void
keep_alive(struct peer *p, int64_t tick)
{
	if (!session_dialled(p->session) || tick < p->next_keepalive_ms)
		return;
	p->next_keepalive_ms = tick + KEEPALIVE_MS;
	exchange_keepalive(p->exchange, ++p->keepalives % PING_EVERY == 0);
}

void
peers_tick(struct node *n)
{
	int64_t tick = world_tick_ms(n->world);

	if (n->dtls)
		dial_some(n, tick);
	for (struct peer *p = n->peers, *next; p; p = next) {
		next = p->next;
		exchange_timer(p->exchange);
		keep_alive(p, tick);
		watch_silence(p, tick);
		if ((p->visit_wanted || tick >= p->next_visit_ms) && may_visit(p))
			start_visit(p);
		if (is_banned(n, p->contact) ||
		    (session_dialled(p->session) && tick - session_counts(p->session)->heard_ms > SILENT_MS))
			session_close(p->session);
	}
}

void
peers_free(struct node *n)
{
	while (n->contacts) {
		struct contact *c = n->contacts;

		n->contacts = c->next;
		free(c);
	}
}

const char *
contact_state(const struct contact *c, int64_t tick_ms)
{
	if (c->peer)
		return c->peer->visit ? "syncing" : "connected";
	if (c->banned_until_ms > tick_ms)
		return "banned";
	if (c->dialling)
		return "connecting";
	if (!c->has_address)
		return "away";
	return c->failures ? "unreachable" : "waiting";
}
