#include "node/service/joining.h"

#include "node/base/log.h"
#include "node/control/control.h"
#include "node/peer/visiting.h"
#include "node/service/api.h"
#include "node/service/invites.h"
#include "node/service/service.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_KEY "join"
#define JOIN_FIELDS 4
#define MAX_WAITERS 8

/* How often a guest asks: while somebody sits before the screen, then like a letter box. */
static const struct {
	int64_t until_ms, every_ms;
} patience[] = { { 5 * 60 * 1000, 3000 }, { 60 * 60 * 1000, 30 * 1000 }, { INT64_MAX, 15 * 60 * 1000 } };

/* The guest's one attempt. */
struct attempt {
	bool active;                    /* there is a code */
	bool done;                      /* we are in; the inviter stays a contact */
	struct invite code;
	struct contact *contact;
	struct id inviter;              /* its node, once it has answered */
	bool has_words;
	struct words words;
	enum join_state state;
	bool refused_for_good;
	struct id network, charter;     /* as the inviter says; zero: it does not */
	char reason[320];
	bool asking;                    /* a question is on its way */
	bool records_sent;
	int64_t began_ms, next_ms;      /* tick */
	uint64_t waiters[MAX_WAITERS];  /* control calls that want to know */
	size_t waiter_count;
};

struct joining {
	struct attempt attempt;
};

static void save_attempt(struct node *n);
static void load_attempt(struct node *n);
static void adopt_contact(struct node *n);
static void fail_attempt(struct node *n, const struct err *why, bool for_good);

struct joining *
joining_new(struct node *n)
{
	struct joining *j = need_zeroed(1, sizeof(*j));

	n->service->joining = j;
	load_attempt(n);
	return j;
}

void
joining_free(struct joining *j)
{
	if (j == NULL)
		return;
	wipe(j, sizeof(*j));
	free(j);
}

static void
address_of_code(const struct invite *i, union address *out)
{
	memset(out, 0, sizeof(*out));
	if (i->v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(i->port);
		memcpy(&out->v6.sin6_addr, i->ip, 16);
	} else {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(i->port);
		memcpy(&out->v4.sin_addr, i->ip, 4);
	}
}

static void
save_attempt(struct node *n)
{
	const struct attempt *a = &n->service->joining->attempt;
	struct store_txn *t = store_write(n->store);
	struct buf row = { 0 };
	char code[INVITE_TEXT];
	struct err e = { 0 };

	cbor_put_array(&row, JOIN_FIELDS);
	cbor_put_text(&row, bytes_text(invite_code_make(&a->code, code)));
	cbor_put_bytes(&row, (struct bytes){ a->inviter.b, ID_LEN });
	cbor_put_bool(&row, a->done);
	cbor_put_bool(&row, a->refused_for_good);
	txn_put(t, STORE_META, bytes_text(JOIN_KEY), buf_bytes(&row));
	if (txn_commit(&t, &e))
		log_event(LOG_WARN, "join.save", "why=\"%s\"", e.reason);
	wipe(row.p, row.len);
	wipe(code, sizeof(code));
	buf_free(&row);
}

static void
load_attempt(struct node *n)
{
	struct attempt *a = &n->service->joining->attempt;
	struct store_txn *t = store_read(n->store);
	struct cbor_reader in;
	struct bytes row, code;
	char text[INVITE_TEXT];

	if (!txn_get(t, STORE_META, bytes_text(JOIN_KEY), &row)) {
		txn_abort(&t);
		return;
	}
	cbor_open(&in, row);
	cbor_array_of(&in, JOIN_FIELDS);
	code = cbor_text(&in);
	snprintf(text, sizeof(text), "%.*s", (int)(code.len < sizeof(text) ? code.len : 0), (const char *)code.p);
	cbor_fixed(&in, a->inviter.b, ID_LEN);
	a->done = cbor_bool(&in);
	a->refused_for_good = cbor_bool(&in);
	a->active = cbor_close(&in, "join", NULL) == ERR_OK && invite_code_parse(text, &a->code, NULL) == ERR_OK;
	txn_abort(&t);
	wipe(text, sizeof(text));
	if (a->active && !a->refused_for_good)
		adopt_contact(n);
}

/* The inviter is a contact named to us, pinned by the code: now and after we are in. */
static void
adopt_contact(struct node *n)
{
	struct attempt *a = &n->service->joining->attempt;
	union address at;

	address_of_code(&a->code, &at);
	a->contact = contact_add(n, &at, id_is_zero(&a->inviter) ? NULL : &a->inviter, a->code.node,
	    CONTACT_INVITER);
	a->state = a->done ? JOIN_ADMITTED : JOIN_WAITING;
	a->began_ms = world_tick_ms(n->world);
}

static void
answer_waiters(struct node *n, const struct err *e)
{
	struct attempt *a = &n->service->joining->attempt;

	for (size_t i = 0; i < a->waiter_count; i++) {
		struct api_reply r = { 0 };

		if (e == NULL)
			joining_state(n, &r.json);
		control_answer(n->control, a->waiters[i], &r, e);
	}
	a->waiter_count = 0;
}

enum err_code
joining_join(struct node *n, const char *code, struct err *e)
{
	struct attempt *a = &n->service->joining->attempt;
	struct invite parsed;
	enum err_code rc;

	if ((rc = invite_code_parse(code, &parsed, e)))
		return rc;
	if (node_in_network(n))
		return err_set(e, ERR_CONFLICT, "join", "one", "this node is in a network already");
	if (strcmp(n->home->config.territory, "ZZ") == 0)
		return err_set(e, ERR_INPUT, "territory", "required", "set organisation.territory in kilim.conf first");
	if (invite_names_node(&parsed, dtls_identity_node(n->home->identity)))
		return err_set(e, ERR_INPUT, "join", "self", "this is an invitation made by this very node");
	if (a->active && memcmp(a->code.secret, parsed.secret, INVITE_SECRET) == 0 && !a->refused_for_good) {
		if (a->contact)
			a->contact->next_dial_ms = 0;
		a->next_ms = 0;
		return ERR_OK; /* the same code again: go on */
	}
	*a = (struct attempt){ .active = true, .code = parsed };
	save_attempt(n);
	adopt_contact(n);
	a->contact->next_dial_ms = 0;
	a->contact->failures = 0;
	peers_tick(n);
	return ERR_OK;
}

bool
joining_state(struct node *n, cJSON **out)
{
	const struct attempt *a = &n->service->joining->attempt;
	const struct member *self = node_self(n);
	cJSON *o;

	if (!a->active)
		return false;
	o = *out = cJSON_CreateObject();
	if (a->has_words) {
		invite_words_json(o, &a->words);
	} else {
		cJSON_AddNullToObject(o, "words");
		cJSON_AddNullToObject(o, "digits");
	}
	cJSON_AddStringToObject(o, "state", a->done || a->has_words || a->refused_for_good ?
	    join_state_word(a->refused_for_good ? JOIN_REFUSED : a->state) : "connecting");
	json_id(o, "network", ID_NETWORK, &a->network);
	cJSON_AddBoolToObject(o, "member", self && self->state == MEMBER_ACTIVE);
	cJSON_AddStringToObject(o, "reason", a->reason);
	return true;
}

bool
joining_waits(const struct node *n)
{
	const struct attempt *a = &n->service->joining->attempt;

	return a->active && !a->done && !a->refused_for_good;
}

void
joining_give_up(struct node *n)
{
	struct attempt *a = &n->service->joining->attempt;
	struct err why = { 0 };

	if (!joining_waits(n))
		return;
	err_set(&why, ERR_CONFLICT, "join", "given-up", "this node founded a network of its own");
	fail_attempt(n, &why, true);
	a->contact->source = CONTACT_CAME;
	a->contact->has_address = false;
}

void
joining_wait(struct node *n, uint64_t ticket)
{
	struct attempt *a = &n->service->joining->attempt;
	struct err e = { 0 };

	if (a->waiter_count < MAX_WAITERS) {
		a->waiters[a->waiter_count++] = ticket;
		if (a->has_words)
			answer_waiters(n, NULL);
	} else {
		struct api_reply none = { 0 };

		err_set(&e, ERR_BUSY, "join", "waiting", "too many wait for the answer already");
		control_answer(n->control, ticket, &none, &e);
	}
}

/* --- asking --- */

static void
fail_attempt(struct node *n, const struct err *why, bool for_good)
{
	struct attempt *a = &n->service->joining->attempt;

	snprintf(a->reason, sizeof(a->reason), "%s", why->reason);
	if (for_good) {
		a->refused_for_good = true;
		a->state = JOIN_REFUSED;
		save_attempt(n);
		log_event(LOG_WARN, "join.refused", "rule=%s", why->rule);
	}
	answer_waiters(n, why);
}

static enum err_code
sign_own(struct node *n, const struct id *network, uint32_t kind, const struct uuid *name, struct bytes body,
    struct buf *out, struct err *e)
{
	struct record r = { .author = n->home->organisation.public_key, .kind = kind, .name = *name,
		.stamp = stamp_make(records_now_ms(n->records), 0), .audience = AUDIENCE_PUBLIC, .body = body };
	struct id id;

	return envelope_sign(&r, network, &crypto_envelope, sign_for, &n->home->organisation, out, &id, e);
}

/* They say what they will say when we are in, so that they need not be signed again then. */
static void
put_records(struct node *n, const struct id *network, const struct id *charter, struct message_join *m, struct buf *node,
    struct buf *reach)
{
	struct uuid zero = { { 0 } }, name;
	struct buf body = { 0 };

	memcpy(name.b, dtls_identity_node(n->home->identity)->b, UUID_LEN);
	node_node_body(n, id_is_zero(charter) ? NULL : charter, &body);
	if (sign_own(n, network, KIND_NODE, &zero, buf_bytes(&body), node, NULL) == ERR_OK)
		m->has_records = true;
	buf_reset(&body);
	node_reach_body(n, &body);
	if (body.len)
		(void)sign_own(n, network, KIND_REACH, &name, buf_bytes(&body), reach, NULL);
	m->node = buf_bytes(node);
	m->reach = buf_bytes(reach);
	buf_free(&body);
}

static void ask_inviter(struct node *n, struct peer *p);

/* In: the network is taken over, and the inviter visited for its bucket 0. */
static void
come_in(struct node *n)
{
	struct attempt *a = &n->service->joining->attempt;
	struct err e = { 0 };
	char text[512];

	if (records_set_network(n->records, &a->network, &e)) {
		log_event(LOG_ERROR, "join.network", "why=\"%s\"", err_text(&e, text, sizeof(text)));
		return;
	}
	a->done = true;
	save_attempt(n);
	log_event(LOG_INFO, "join.admitted", "network=%02x%02x", a->network.b[0], a->network.b[1]);
	n->membership_moved = true;
	node_settle(n);
	if (a->contact->peer)
		visiting_want(a->contact->peer);
}

static void
joined_came(void *self, const struct coap_response *r)
{
	struct node *n = self;
	struct attempt *a = &n->service->joining->attempt;
	struct message_joined m;
	struct err e = { 0 };

	a->asking = false;
	if (r->failed || r->code / 100 != 2) {
		if (r->why)
			e = *r->why;
		else
			err_set(&e, ERR_PEER, "join", "answer", "the inviter does not answer");
		/* A clear no is final; silence and "later" are not. */
		if (r->failed == ERR_OK)
			e.code = r->code == 403 ? ERR_DENIED : e.code;
		fail_attempt(n, &e, r->failed == ERR_OK && r->code == 403);
		return;
	}
	if (message_joined_read(r->body, &m, &e)) {
		fail_attempt(n, &e, false);
		return;
	}
	a->network = m.network;
	a->charter = m.charter;
	a->state = m.state;
	snprintf(a->reason, sizeof(a->reason), "%.*s", (int)m.reason.len, (const char *)m.reason.p);
	if (m.state == JOIN_REFUSED) {
		err_set(&e, ERR_DENIED, "join", "words", "%s", a->reason);
		fail_attempt(n, &e, true);
		return;
	}
	answer_waiters(n, NULL);
	if (!a->records_sent) {
		a->records_sent = true;
		ask_inviter(n, a->contact->peer);
	} else if (m.state == JOIN_ADMITTED && !a->done) {
		come_in(n);
	}
}

/* The first question carries the proof; once the network is known, the records that only we can sign go along. */
static void
ask_inviter(struct node *n, struct peer *p)
{
	struct attempt *a = &n->service->joining->attempt;
	struct join j = { .joiner_node = *dtls_identity_node(n->home->identity),
		.inviter_node = *session_node(p->session), .organisation = n->home->organisation.public_key,
		.name = bytes_text(n->home->config.name), .class = CLASS_CSO,
		.territory = get_u16((const uint8_t *)n->home->config.territory) };
	struct message_join m = { .has_request = true, .organisation = j.organisation, .name = j.name,
		.territory = j.territory, .member_class = CLASS_CSO };
	struct buf transcript = { 0 }, body = { 0 }, node = { 0 }, reach = { 0 };
	struct coap_ask ask = { .method = COAP_POST, .path = "join", .format = COAP_FORMAT_CBOR,
		.done = joined_came, .self = n };
	struct err e = { 0 };

	invite_id(a->code.secret, m.invite);
	join_transcript(&j, &transcript);
	join_mac(&j, a->code.secret, m.mac);
	sign_detached(&n->home->organisation, buf_bytes(&transcript), m.signature);
	join_words(&j, &a->words);
	a->has_words = true;
	a->inviter = j.inviter_node;
	if (a->records_sent) {
		/* The second form: it fits one datagram only without the first. */
		m.has_request = false;
		put_records(n, &a->network, &a->charter, &m, &node, &reach);
	}
	message_join_write(&m, &body);
	ask.payload = buf_bytes(&body);
	a->asking = exchange_ask(p->exchange, &ask, &e) == ERR_OK;
	if (!a->asking)
		fail_attempt(n, &e, false);
	buf_free(&transcript);
	buf_free(&body);
	buf_free(&node);
	buf_free(&reach);
}

static void
ask_again(struct node *n)
{
	struct attempt *a = &n->service->joining->attempt;
	int64_t tick = world_tick_ms(n->world);
	size_t row = 0;

	while (tick - a->began_ms > patience[row].until_ms)
		row++;
	a->next_ms = tick + patience[row].every_ms;
	ask_inviter(n, a->contact->peer);
}

void
joining_tick(struct node *n)
{
	struct attempt *a = &n->service->joining->attempt;

	if (!a->active || a->done || a->refused_for_good || a->asking || a->contact == NULL ||
	    a->contact->peer == NULL || world_tick_ms(n->world) < a->next_ms)
		return;
	ask_again(n);
}

void
joining_session(struct node *n, struct peer *p)
{
	struct attempt *a = &n->service->joining->attempt;

	if (!a->active || a->done || a->refused_for_good || p->contact != a->contact)
		return;
	a->next_ms = 0;
	joining_tick(n);
}

void
joining_closed(struct node *n, struct peer *p)
{
	struct attempt *a = &n->service->joining->attempt;

	if (a->active && p->contact == a->contact)
		a->asking = false;
}

void
joining_failed(struct node *n, struct contact *c)
{
	struct attempt *a = &n->service->joining->attempt;
	struct err e = { 0 };
	char text[ADDRESS_TEXT];

	if (!a->active || a->done || c != a->contact || a->has_words)
		return;
	address_format(&c->address, text);
	if (c->last_failure == ERR_DENIED)
		err_set(&e, ERR_DENIED, "join", "inviter", "the computer at %s does not know this invitation any more: "
		    "used, withdrawn or expired; ask for a new one", text);
	else
		err_set(&e, ERR_PEER, "join", "inviter", "the inviting computer at %s: %s; it is asked again by itself",
		    text, c->why);
	fail_attempt(n, &e, false);
}
