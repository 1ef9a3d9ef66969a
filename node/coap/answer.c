#include "node/coap/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- tickets --- */

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

/* --- sending --- */

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

/* --- repeats --- */

static void
acknowledge_ticket(struct exchange *x, struct ticket *t)
{
	t->acked = true;
	remember_reply(x, t, send_empty(x, COAP_ACK, t->id));
	wake_at(x, t->opened_ms + TICKET_MS);
}

bool
answer_again(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now)
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

/* --- requests --- */

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

void
answer_request(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now)
{
	struct ticket t = ticket_for(m), *open;
	struct kept *k = NULL;
	struct err why;

	if (m->kind == COAP_CON && answer_again(x, m, hash, now))
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

/* --- for the rest of the machine --- */

void
answer_empty(struct exchange *x, const struct coap_message *m, enum coap_kind kind)
{
	struct ticket t = ticket_for(m);

	remember_reply(x, &t, send_empty(x, kind, m->id));
}

void
answer_refuse(struct exchange *x, const struct coap_message *m, uint16_t code, const struct err *why)
{
	struct ticket t = ticket_for(m);

	send_error(x, &t, code, why);
}

void
answer_timer(struct exchange *x, int64_t now)
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

int64_t
answer_due(const struct exchange *x)
{
	int64_t due = INT64_MAX, at;

	for (const struct ticket *t = x->tickets; t; t = t->next)
		if ((at = t->kind == COAP_CON && !t->acked ? t->ack_ms : t->opened_ms + TICKET_MS) < due)
			due = at;
	return due;
}

void
answer_forget(struct exchange *x)
{
	for (struct ticket *t; (t = x->tickets) != NULL; free(t))
		x->tickets = t->next;
	x->ticket_count = 0;
}
