#include "node/coap/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- tools of the room --- */

void
wake_at(struct exchange *x, int64_t at_ms)
{
	if (at_ms < x->next_ms)
		x->next_ms = at_ms;
}

uint16_t
new_con_id(struct exchange *x)
{
	return (uint16_t)(CON_IDS | (x->con_id++ & 0x7fff));
}

uint16_t
new_non_id(struct exchange *x)
{
	return (uint16_t)(NON_IDS | (x->non_id++ & 0x7fff));
}

int64_t
jittered(struct exchange *x, int64_t v)
{
	x->noise = x->noise * 6364136223846793005u + 1442695040888963407u;
	return v + (int64_t)((x->noise >> 40) * (uint64_t)v >> 25);
}

static int64_t
clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

int64_t
first_timeout(struct exchange *x, bool non)
{
	int64_t measured = (x->srtt_us + 4 * x->rttvar_us) / 1000;

	if (x->srtt_us == 0)
		return jittered(x, ACK_TIMEOUT_MS);
	if (non)
		return jittered(x, clamp(measured + 50, NON_TIMEOUT_LEAST_MS, NON_TIMEOUT_MOST_MS));
	return jittered(x, clamp(measured, ACK_TIMEOUT_LEAST_MS, ACK_TIMEOUT_MS));
}

/* RFC 6298 section 2. Only what was sent once is measured (Karn): the callers see to that. */
void
took_block(struct exchange *x, int64_t ms)
{
	int64_t us = ms > 0 ? ms * 1000 : 500, off;

	if (x->srtt_us == 0) {
		x->srtt_us = us;
		x->rttvar_us = us / 2;
	} else {
		off = us > x->srtt_us ? us - x->srtt_us : x->srtt_us - us;
		x->rttvar_us += (off - x->rttvar_us) / 4;
		x->srtt_us += (us - x->srtt_us) / 8;
	}
	x->counts.srtt_ms = (x->srtt_us + 500) / 1000;
}

void
took(struct exchange *x, int64_t ms)
{
	took_block(x, ms);
	pace_round_trip(&x->pace, ms * 1000, world_tick_ms(x->world) * 1000);
}

static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

uint64_t
hash_more(uint64_t h, struct bytes data)
{
	const uint8_t *p = data.p;
	size_t left = data.len;
	uint64_t v = 0;

	/* The length goes in, so that "ab" + "c" is not "a" + "bc". */
	h = mix(h ^ (data.len + 0x9e3779b97f4a7c15u));
	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&v, p, 8);
		h = (h ^ v) * 0x9fb21c651e98df25u;
		h ^= h >> 35;
	}
	v = 0;
	if (left)
		memcpy(&v, p, left);
	return mix(h ^ v);
}

struct bytes
transmit(struct exchange *x, const struct coap_message *m)
{
	buf_reset(&x->scratch);
	codec_write(m, &x->scratch);
	if (!x->doomed)
		x->ev.send(x->ev.self, buf_bytes(&x->scratch));
	return buf_bytes(&x->scratch);
}

struct coap_message
blank(enum coap_kind kind, uint16_t id)
{
	return (struct coap_message){ .kind = kind, .id = id, .format = COAP_FORMAT_NONE,
		.accept = COAP_FORMAT_NONE, .observe = -1 };
}

static struct bytes
send_empty(struct exchange *x, enum coap_kind kind, uint16_t id)
{
	struct coap_message m = blank(kind, id);

	return transmit(x, &m);
}

/* --- life --- */

struct exchange *
exchange_new(const struct exchange_events *ev, const struct world *w)
{
	struct exchange *x = need_zeroed(1, sizeof(*x));

	x->ev = *ev;
	x->world = w;
	x->next_ms = INT64_MAX;
	world_random(w, &x->noise, sizeof(x->noise));
	world_random(w, &x->con_id, sizeof(x->con_id));
	world_random(w, &x->non_id, sizeof(x->non_id));
	world_random(w, &x->token, sizeof(x->token));
	world_random(w, &x->ticket, sizeof(x->ticket) / 2);
	pace_init(&x->pace, 0, world_tick_ms(w) * 1000);
	return x;
}

static void
forget_tickets(struct exchange *x)
{
	for (struct ticket *t; (t = x->tickets) != NULL; free(t))
		x->tickets = t->next;
	x->ticket_count = 0;
}

static void
destroy(struct exchange *x)
{
	ask_free_ended(x);
	forget_tickets(x);
	for (struct outgoing *o; (o = x->outgoing) != NULL; free(o))
		x->outgoing = o->next;
	observe_free(x);
	kept_expire(x, INT64_MAX);
	dedup_free(&x->dedup);
	buf_free(&x->scratch);
	free(x);
}

void
enter(struct exchange *x)
{
	x->depth++;
}

void
leave(struct exchange *x)
{
	if (--x->depth)
		return;
	if (x->doomed)
		destroy(x);
	else
		ask_free_ended(x);
}

void
exchange_free(struct exchange *x)
{
	if (x == NULL || x->doomed)
		return;
	enter(x);
	x->doomed = true;
	ask_end_all(x);
	leave(x);
}

const struct exchange_counts *
exchange_counts(const struct exchange *x)
{
	return &x->counts;
}

void
exchange_begin_at(struct exchange *x, uint64_t bytes_per_s)
{
	pace_init(&x->pace, bytes_per_s, world_tick_ms(x->world) * 1000);
}

uint64_t
exchange_rate(const struct exchange *x)
{
	return pace_rate(&x->pace);
}

/* --- confirmable messages that only wait for their ACK --- */

void
send_confirmable(struct exchange *x, struct bytes datagram, uint16_t id, bool ping)
{
	struct outgoing *o = need_alloc(sizeof(*o) + datagram.len);
	int64_t now = world_tick_ms(x->world), timeout = first_timeout(x, false);

	memcpy(o + 1, datagram.p, datagram.len);
	*o = (struct outgoing){ x->outgoing, now, now + timeout, timeout, 0, id, ping,
		{ (const uint8_t *)(o + 1), datagram.len } };
	x->outgoing = o;
	wake_at(x, o->due_ms);
}

static void
outgoing_done(struct exchange *x, uint16_t id, int64_t now)
{
	for (struct outgoing **q = &x->outgoing, *o; (o = *q) != NULL; q = &o->next)
		if (o->id == id) {
			if (o->tries == 0)
				took(x, now - o->sent_ms);
			*q = o->next;
			free(o);
			return;
		}
}

static void
outgoing_timer(struct exchange *x, int64_t now)
{
	for (struct outgoing **q = &x->outgoing, *o; (o = *q) != NULL;) {
		if (o->due_ms <= now && o->tries == MAX_RETRANSMIT) {
			uint16_t id = o->id;

			*q = o->next;
			free(o);
			observation_unanswered(x, id);
			q = &x->outgoing; /* the owner may have asked again */
			continue;
		}
		if (o->due_ms <= now) {
			o->tries++;
			o->timeout_ms *= 2;
			o->due_ms = now + o->timeout_ms;
			x->counts.retransmitted++;
			x->counts.unanswered++;
			if (!x->doomed)
				x->ev.send(x->ev.self, o->datagram);
		}
		q = &o->next;
	}
}

void
exchange_keepalive(struct exchange *x, bool ping)
{
	uint16_t id;

	for (struct outgoing *o = x->outgoing; ping && o; o = o->next)
		if (o->ping)
			return;
	enter(x);
	id = ping ? new_con_id(x) : new_non_id(x);
	if (ping) {
		struct bytes d = send_empty(x, COAP_CON, id);
		x->counts.unanswered++;
		send_confirmable(x, d, id, true);
	} else {
		send_empty(x, COAP_NON, id);
	}
	leave(x);
}

/* --- answering --- */

static void
remember_reply(struct exchange *x, const struct ticket *t, struct bytes reply)
{
	struct dedup_entry *n = dedup_last(&x->dedup, t->id, t->token, t->token_len);

	if (n)
		dedup_keep(&x->dedup, n, reply);
}

/* RFC 7252 section 5.2: on the ACK while it is not sent, else separately and confirmable; NON to NON. */
static void
send_answer(struct exchange *x, const struct ticket *t, struct coap_message *m)
{
	bool separate = t->kind == COAP_CON && t->acked;
	struct bytes sent;

	m->kind = t->kind == COAP_NON ? COAP_NON : separate ? COAP_CON : COAP_ACK;
	m->id = t->kind == COAP_NON ? new_non_id(x) : separate ? new_con_id(x) : t->id;
	m->token_len = t->token_len;
	memcpy(m->token, t->token, t->token_len);
	m->observe = t->observe;
	sent = transmit(x, m);
	if (separate)
		send_confirmable(x, sent, m->id, false);
	else if (t->kind == COAP_CON)
		remember_reply(x, t, sent);
}

static void
send_error(struct exchange *x, const struct ticket *t, uint16_t code, const struct err *why)
{
	struct coap_message m = blank(COAP_ACK, 0);
	struct coap_answer a = { 0 };

	answer_error(&a, why);
	m.code = code ? code : a.code;
	m.format = a.format;
	m.payload = buf_bytes(&a.body);
	send_answer(x, t, &m);
	buf_free(&a.body);
}

/*
 * The block that was asked for, or those of the set (RFC 9177 section 4.4): the first goes the way of an answer, the
 * others follow as NON under the same token. Size2 is with block 0, and with the first of a set.
 */
static void
send_blocks(struct exchange *x, const struct ticket *t, uint16_t code, int format, struct bytes body,
    const uint8_t etag[ETAG_LEN])
{
	struct ticket to = *t;
	uint32_t number = 0;

	for (bool first = true; block_next(t, &number); number++, first = false) {
		struct coap_message m = blank(COAP_ACK, 0);
		struct err why;

		if (block_cut(&m, t, number, code, format, body, etag, &why)) {
			if (first)
				send_error(x, t, 0, &why);
			return;
		}
		m.has_size2 = first && (number == 0 || t->wanted.mask);
		m.size2 = (uint32_t)body.len;
		send_answer(x, &to, &m);
		to.kind = COAP_NON;
	}
}

/* Only what may be asked twice is kept: a POST means something every time. */
static bool
is_repeatable(uint16_t method)
{
	return method == COAP_GET || method == COAP_FETCH;
}

static void
answer(struct exchange *x, const struct ticket *t, struct coap_answer *a)
{
	struct coap_message m = blank(COAP_ACK, 0);
	uint8_t etag[ETAG_LEN];

	assert(a->code >= 200 && a->code < 600 && a->body.len <= LIMIT_ANSWER);
	if (block_needed(t, a) && is_repeatable(t->method)) {
		struct kept *k = kept_add(x, t->key, a, world_tick_ms(x->world));
		send_blocks(x, t, k->code, k->format, buf_bytes(&k->body), k->etag);
	} else if (block_needed(t, a) || (t->block2.present && a->code / 100 == 2)) {
		block_etag(buf_bytes(&a->body), a->format, etag);
		send_blocks(x, t, a->code, a->format, buf_bytes(&a->body), etag);
	} else {
		assert(a->body.len <= LIMIT_BLOCK);
		m.code = a->code;
		m.format = a->body.len ? a->format : COAP_FORMAT_NONE;
		m.payload = buf_bytes(&a->body);
		send_answer(x, t, &m);
	}
}

static struct ticket *
take_ticket(struct exchange *x, uint64_t number)
{
	for (struct ticket **q = &x->tickets, *t; (t = *q) != NULL; q = &t->next)
		if (t->number == number) {
			*q = t->next;
			x->ticket_count--;
			return t;
		}
	return NULL;
}

void
exchange_answer(struct exchange *x, uint64_t ticket, struct coap_answer *a)
{
	struct ticket *t = take_ticket(x, ticket);

	enter(x);
	if (t)
		answer(x, t, a);
	free(t);
	buf_free(&a->body);
	leave(x);
}

static void
keep_ticket(struct exchange *x, const struct ticket *t, int64_t now)
{
	struct ticket *own = need_alloc(sizeof(*own));

	*own = *t;
	own->next = x->tickets;
	own->opened_ms = now;
	own->ack_ms = now + ACK_DELAY_MS;
	x->tickets = own;
	x->ticket_count++;
	wake_at(x, t->kind == COAP_CON ? own->ack_ms : now + TICKET_MS);
}

static void
acknowledge_ticket(struct exchange *x, struct ticket *t)
{
	t->acked = true;
	remember_reply(x, t, send_empty(x, COAP_ACK, t->id));
	wake_at(x, t->opened_ms + TICKET_MS);
}

static void
tickets_timer(struct exchange *x, int64_t now)
{
	for (struct ticket **q = &x->tickets, *t; (t = *q) != NULL;) {
		if (now - t->opened_ms >= TICKET_MS) {
			*q = t->next;
			free(t);
			x->ticket_count--;
			continue;
		}
		if (t->kind == COAP_CON && !t->acked && t->ack_ms <= now)
			acknowledge_ticket(x, t);
		q = &t->next;
	}
}

/* --- receiving --- */

static uint64_t
request_key(const struct coap_message *m)
{
	uint64_t h = (uint64_t)m->code << 40 ^ (uint64_t)(m->format + 1) << 20 ^ (uint64_t)(m->accept + 1);

	for (size_t i = 0; i < m->path_count; i++)
		h = hash_more(h, m->path[i]);
	h = hash_more(h, (struct bytes){ 0 });
	for (size_t i = 0; i < m->query_count; i++)
		h = hash_more(h, m->query[i]);
	h = hash_more(h, (struct bytes){ 0 });
	return hash_more(h, m->payload);
}

static struct ticket
ticket_for(const struct coap_message *m)
{
	struct ticket t = { .kind = m->kind, .id = m->id, .method = m->code, .token_len = m->token_len, .observe = -1 };

	memcpy(t.token, m->token, m->token_len);
	return t;
}

/* The request of M's kind and token that a handler still works on. */
static struct ticket *
find_ticket(const struct exchange *x, const struct coap_message *m)
{
	for (struct ticket *t = x->tickets; t; t = t->next)
		if (t->kind == m->kind && t->token_len == m->token_len &&
		    memcmp(t->token, m->token, m->token_len) == 0)
			return t;
	return NULL;
}

/*
 * A confirmable message that was here before: what was answered then is sent again. True when that is all; a
 * request whose reply was given up for room may be done once more when it is repeatable, else it is dropped.
 */
static bool
is_duplicate(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now)
{
	struct dedup_entry *n = dedup_find(&x->dedup, m, hash, now);
	struct ticket *t;

	if (n == NULL) {
		dedup_add(&x->dedup, m, hash, is_repeatable(m->code) || m->code >= 200, now);
		wake_at(x, x->dedup.until_ms);
		return false;
	}
	x->counts.duplicates++;
	if (n->reply) {
		if (!x->doomed)
			x->ev.send(x->ev.self, (struct bytes){ n->reply, n->reply_len });
		return true;
	}
	if ((t = find_ticket(x, m)) != NULL && t->id == m->id) {
		acknowledge_ticket(x, t);
		return true;
	}
	return !n->repeatable;
}

/* Ask the handler, or refuse because too many wait for theirs already. */
static void
handle(struct exchange *x, const struct coap_message *m, struct ticket *t, int64_t now)
{
	struct coap_request r = { .method = m->code, .path_count = m->path_count, .query_count = m->query_count,
		.format = m->format, .accept = m->accept, .payload = m->payload, .block = t->block2.number,
		.offset = (size_t)t->block2.number << (t->block2.szx + 4), .want = (size_t)16 << t->block2.szx,
		.observe = m->code == COAP_GET && m->observe == 0 && !m->block2.present };
	struct coap_answer a = { .format = COAP_FORMAT_NONE };
	struct err why;

	if (x->ticket_count >= LIMIT_OPEN_REQUESTS) {
		err_set(&why, ERR_BUSY, "request", "open requests", "%d are open already", LIMIT_OPEN_REQUESTS);
		send_error(x, t, 0, &why);
		return;
	}
	memcpy(r.path, m->path, sizeof(r.path));
	memcpy(r.query, m->query, sizeof(r.query));
	t->number = ++x->ticket;
	x->ev.request(x->ev.self, &r, t->number, &a);
	if (!x->doomed && a.observed && a.code == 205)
		t->observe = observer_add(x, t);
	if (!x->doomed && a.later)
		keep_ticket(x, t, now);
	else if (!x->doomed)
		answer(x, t, &a);
	buf_free(&a.body);
}

static void
request(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now)
{
	struct ticket t = ticket_for(m), *open;
	struct kept *k = NULL;
	struct err why;

	if (m->kind == COAP_CON && is_duplicate(x, m, hash, now))
		return;
	if (block_read(m, &t, &why)) {
		send_error(x, &t, 0, &why);
		return;
	}
	t.key = request_key(m);
	/* An impatient asker: the answer that is being made will go to this token. */
	if (m->kind == COAP_NON && (open = find_ticket(x, m)) != NULL && open->key == t.key &&
	    open->block2.number == t.block2.number && open->wanted.mask == t.wanted.mask) {
		x->counts.duplicates++;
		return;
	}
	x->counts.requests_in++;
	if (m->code == COAP_GET && m->observe >= 0)
		observer_forget(x, m);
	/* A first question always gets a new answer; later blocks are of the same one when it is still there. */
	if (!block_anew(&t) && is_repeatable(m->code))
		k = kept_find(x, t.key, now);
	if (k)
		send_blocks(x, &t, k->code, k->format, buf_bytes(&k->body), k->etag);
	else
		handle(x, m, &t, now);
}

static void
response(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now)
{
	struct ticket t = ticket_for(m);
	bool wanted;

	if (m->kind == COAP_CON) {
		if (is_duplicate(x, m, hash, now))
			return;
		/* RFC 7252 section 4.2: what belongs to no request is rejected, so that it is not sent again. */
		wanted = ask_has_token(x, m) || observation_has(x, m);
		remember_reply(x, &t, send_empty(x, wanted ? COAP_ACK : COAP_RST, m->id));
	} else if (m->kind == COAP_ACK) {
		outgoing_done(x, m->id, now);
	}
	if (!observation_response(x, m, now))
		ask_response(x, m, now);
}

static void
empty(struct exchange *x, const struct coap_message *m, int64_t now)
{
	switch (m->kind) {
	case COAP_CON: /* a ping: RFC 7252 section 4.3 */
		send_empty(x, COAP_RST, m->id);
		break;
	case COAP_NON: /* a keepalive, no more */
		break;
	case COAP_ACK:
		outgoing_done(x, m->id, now);
		observe_acked(x, m->id, now);
		ask_acked(x, m->id, now);
		break;
	case COAP_RST:
		outgoing_done(x, m->id, now);
		observe_reset(x, m->id);
		ask_reset(x, m->id);
		break;
	}
}

/*
 * RFC 7252 sections 4.2, 4.3, 5.4.1: a confirmable request with an option that is not understood is told so
 * (4.02), other confirmable messages that cannot be understood are reset, the rest is ignored; a request of
 * ours whose response is like that ends now.
 */
static void
refuse(struct exchange *x, struct bytes d, const struct coap_message *m, const struct err *why)
{
	bool options = strcmp(why->rule, "option") == 0, block = strcmp(why->rule, "block") == 0;
	struct ticket t = ticket_for(m);

	if (d.len < 4 || strcmp(why->rule, "version") == 0)
		return;
	if ((options || block) && m->code < 100 && m->kind == COAP_CON) {
		send_error(x, &t, options ? 402 : 400, why);
		return;
	}
	if (m->kind == COAP_CON)
		send_empty(x, COAP_RST, m->id);
	if ((options || block) && m->code >= 200 && !observation_refuse(x, m, why))
		ask_refuse(x, m, why);
}

/* Which kinds may carry what: RFC 7252 table 1. */
static bool
is_kind_allowed(const struct coap_message *m)
{
	if (m->code == 0)
		return true;
	return m->kind == COAP_CON || m->kind == COAP_NON || (m->kind == COAP_ACK && m->code >= 200);
}

enum err_code
exchange_receive(struct exchange *x, struct bytes datagram, struct err *e)
{
	int64_t now = world_tick_ms(x->world);
	struct coap_message m;
	struct err why;
	enum err_code rc;
	uint64_t hash;

	enter(x);
	x->counts.unanswered = 0;
	rc = codec_read(datagram, &m, &why);
	if (rc == ERR_OK && !is_kind_allowed(&m))
		rc = err_set(&why, ERR_INPUT, "coap message", "kind", "this kind cannot carry code %u", m.code);
	hash = rc == ERR_OK && m.kind == COAP_CON && m.code ? hash_more(0, datagram) : 0;
	if (rc) {
		x->counts.faults++;
		refuse(x, datagram, &m, &why);
		if (e)
			*e = why;
	} else if (m.code == 0) {
		empty(x, &m, now);
	} else if (m.code < 100) {
		request(x, &m, hash, now);
	} else {
		response(x, &m, hash, now);
	}
	leave(x);
	return rc;
}

/* --- time --- */

int64_t
exchange_wait_ms(const struct exchange *x)
{
	int64_t left;

	if (x->next_ms == INT64_MAX)
		return -1;
	left = x->next_ms - world_tick_ms(x->world);
	return left > 0 ? left : 0;
}

/* When the next thing is due; wake_at keeps it current until then. */
static void
plan(struct exchange *x)
{
	x->next_ms = ask_due(x);
	wake_at(x, observe_due(x));
	for (const struct outgoing *o = x->outgoing; o; o = o->next)
		wake_at(x, o->due_ms);
	for (const struct ticket *t = x->tickets; t; t = t->next)
		wake_at(x, t->kind == COAP_CON && !t->acked ? t->ack_ms : t->opened_ms + TICKET_MS);
	for (const struct kept *k = x->kept; k; k = k->next) {
		wake_at(x, k->used_ms + KEPT_MS);
		wake_at(x, k->made_ms + KEPT_MOST_MS);
	}
	if (x->dedup.entries)
		wake_at(x, x->dedup.until_ms);
}

void
exchange_timer(struct exchange *x)
{
	int64_t now = world_tick_ms(x->world);

	if (now < x->next_ms)
		return;
	enter(x);
	outgoing_timer(x, now);
	observe_timer(x, now);
	tickets_timer(x, now);
	kept_expire(x, now);
	if (x->dedup.entries && now >= x->dedup.until_ms)
		dedup_free(&x->dedup);
	ask_timer(x, now);
	if (!x->doomed)
		plan(x);
	leave(x);
}
