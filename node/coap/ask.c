#include "node/coap/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * A request of ours. It begins with one message; when the answer comes in blocks, the other blocks are asked for
 * up to `window` at a time, each with its own token. Blocks [base, next) are asked for or have arrived; block n
 * stands in slots[n % window]. Blocks below base are whole and have been handed to `part`.
 *
 * The states of a slot:   FREE -> WAITING -> ARRIVED -> FREE (when base passes)
 *                                 WAITING -> ACKED -> ARRIVED (a separate response)
 */
enum state { FREE, WAITING, ACKED, ARRIVED };

#define SILENT_ROUNDS 2       /* in a row end a request whose first block has come */
#define LOST_AFTER 3          /* later requests answered: a NON that is still open counts as lost */
#define NO_BLOCK UINT32_MAX

struct slot {
	enum state state;
	uint32_t number, token;
	uint32_t order;           /* position among all messages of the request */
	uint32_t progress;        /* blocks that had arrived when this round began */
	int64_t sent_ms, due_ms, timeout_ms;
	uint16_t id;
	uint8_t tries, passed, silent; /* silent: rounds in which no block of the answer came */
};

struct ask {
	struct ask *next;
	struct coap_ask spec;     /* its pointers lead behind this struct */
	struct slot first, *slots;
	unsigned window, wanted_window;
	uint32_t base, upto, last, order, progress;
	struct buf body;
	size_t expected;          /* Size2, 0: not told */
	uint64_t version;         /* ETag as a number, with its length */
	int64_t round_ms;
	int format;
	uint16_t code;
	uint8_t szx;
	bool blocks, restarted, ended;
};

/* --- writing requests --- */

/* Split TEXT at SEPARATOR into at most COAP_MAX_SEGMENTS; the count. No text, no segment. */
static size_t
split(const char *text, char separator, struct bytes *out)
{
	size_t count = 0;

	while (text && *text) {
		const char *end = strchrnul(text, separator);

		assert(count < COAP_MAX_SEGMENTS);
		out[count++] = (struct bytes){ (const uint8_t *)text, (size_t)(end - text) };
		text = *end ? end + 1 : NULL;
	}
	return count;
}

static void
send_slot(struct exchange *x, struct ask *a, const struct slot *s)
{
	struct coap_message m = { .kind = a->spec.non ? COAP_NON : COAP_CON, .code = a->spec.method, .id = s->id,
		.format = a->spec.format, .accept = COAP_FORMAT_NONE, .observe = -1,
		.payload = a->spec.payload };

	token_put(s->token, &m);
	m.path_count = split(a->spec.path, '/', m.path);
	m.query_count = split(a->spec.query, '&', m.query);
	if (a->blocks)
		m.block2 = (struct coap_block){ true, s->number, false, a->szx };
	transmit(x, &m);
}

static struct slot *
find_token(const struct exchange *x, uint32_t token, struct ask **out)
{
	for (struct ask *a = x->asks; a; a = a->next)
		for (unsigned i = 0; i < a->window; i++)
			if (a->slots[i].state != FREE && a->slots[i].token == token) {
				*out = a;
				return &a->slots[i];
			}
	return NULL;
}

void
token_put(uint32_t token, struct coap_message *m)
{
	m->token_len = TOKEN_LEN;
	m->token[0] = (uint8_t)(token >> 16);
	m->token[1] = (uint8_t)(token >> 8);
	m->token[2] = (uint8_t)token;
}

uint32_t
new_token(struct exchange *x)
{
	struct ask *a;
	uint32_t token;

	do
		token = x->token++ & 0xffffff;
	while (find_token(x, token, &a) || observation_has_token(x, token));
	return token;
}

static struct slot *
find_id(const struct exchange *x, uint16_t id, struct ask **out)
{
	for (struct ask *a = x->asks; a; a = a->next)
		for (unsigned i = 0; i < a->window; i++) {
			struct slot *s = &a->slots[i];

			if ((s->state == WAITING || s->state == ACKED) && s->id == id) {
				*out = a;
				return s;
			}
		}
	return NULL;
}

/* An id in use is passed over: ids wrap long before tokens do. */
static uint16_t
new_id(const struct ask *of, struct exchange *x)
{
	struct ask *a;
	uint16_t id;

	do
		id = of->spec.non ? new_non_id(x) : new_con_id(x);
	while (find_id(x, id, &a));
	return id;
}

/* Send S as a new message: at first, and again when its tries are used up while others arrive. */
static void
begin_round(struct exchange *x, struct ask *a, struct slot *s)
{
	int64_t now = world_tick_ms(x->world);

	s->state = WAITING;
	s->id = new_id(a, x);
	s->order = ++a->order;
	s->progress = a->progress;
	s->tries = s->passed = 0;
	s->sent_ms = now;
	s->timeout_ms = first_timeout(x, a->spec.non);
	s->due_ms = now + s->timeout_ms;
	wake_at(x, s->due_ms);
	send_slot(x, a, s);
}

static void
ask_block(struct exchange *x, struct ask *a, uint32_t block)
{
	struct slot *s = &a->slots[block % a->window];

	assert(s->state == FREE);
	*s = (struct slot){ .number = block, .token = new_token(x) };
	begin_round(x, a, s);
}

static void
repeat(struct exchange *x, struct ask *a, struct slot *s)
{
	s->tries++;
	s->passed = 0;
	s->order = ++a->order;
	s->due_ms = world_tick_ms(x->world) + s->timeout_ms;
	/* A CON stays the same message; a NON has no identity at the other end, so it takes a new id. */
	if (a->spec.non)
		s->id = new_id(a, x);
	wake_at(x, s->due_ms);
	x->counts.retransmitted++;
	x->counts.unanswered++;
	send_slot(x, a, s);
}

/* --- ending --- */

static void
unlink_ask(struct exchange *x, struct ask *a)
{
	for (struct ask **q = &x->asks; *q; q = &(*q)->next)
		if (*q == a) {
			*q = a->next;
			break;
		}
	x->ask_count--;
	a->ended = true;
	a->next = x->ended;
	x->ended = a;
}

static void
end(struct exchange *x, struct ask *a, struct coap_response *r)
{
	assert(!a->ended);
	unlink_ask(x, a);
	r->round_ms = a->round_ms;
	a->spec.done(a->spec.self, r);
}

static void
end_failed(struct exchange *x, struct ask *a, const struct err *why)
{
	struct coap_response r = { .failed = why->code, .format = COAP_FORMAT_NONE, .why = why };

	end(x, a, &r);
}

static void
fail(struct exchange *x, struct ask *a, enum err_code code, const char *rule, const char *reason)
{
	struct err why;

	err_set(&why, code, a->spec.path, rule, "%s", reason);
	end_failed(x, a, &why);
}

static void
end_answered(struct exchange *x, struct ask *a, uint16_t code, int format, struct bytes body)
{
	struct coap_response r = { .code = code, .format = format, .body = body };
	struct err why;

	if (code >= 400 && format == COAP_FORMAT_PROBLEM && problem_read(code, body, &why))
		r.why = &why;
	end(x, a, &r);
}

void
ask_end_all(struct exchange *x)
{
	while (x->asks)
		fail(x, x->asks, ERR_PEER, "closed", "the session ended before the answer came");
}

void
ask_free_ended(struct exchange *x)
{
	for (struct ask *a; (a = x->ended) != NULL; free(a)) {
		x->ended = a->next;
		if (a->slots != &a->first)
			free(a->slots);
		buf_free(&a->body);
	}
}

/* --- blocks --- */

static size_t
size_of(const struct ask *a)
{
	return (size_t)16 << a->szx;
}

/* Ask for what the window allows: as far as Size2 tells the end, else one by one. */
static void
fill(struct exchange *x, struct ask *a)
{
	while (a->upto < a->base + a->window && (a->last == NO_BLOCK || a->upto <= a->last) &&
	    (a->upto == a->base || a->upto * size_of(a) < a->expected))
		ask_block(x, a, a->upto++);
}

static void
free_slots(struct ask *a)
{
	for (unsigned i = 0; i < a->window; i++)
		a->slots[i].state = FREE;
}

static size_t
limit_of(const struct ask *a)
{
	return a->spec.max_answer ? a->spec.max_answer : LIMIT_ANSWER;
}

/* ETags have 1 to 8 bytes; none is 0. */
static uint64_t
version_of(struct bytes etag)
{
	uint64_t v = etag.len;

	for (size_t i = 0; i < etag.len; i++)
		v = v * 257 + etag.p[i];
	return v;
}

/* The answer has changed under our hands: once from the start, then it is the peer's fault. */
static void
restart(struct exchange *x, struct ask *a)
{
	if (a->restarted) {
		fail(x, a, ERR_PEER, "etag", "the answer changed again while it was read");
		return;
	}
	free_slots(a);
	buf_reset(&a->body);
	a->restarted = true;
	a->blocks = false;
	a->base = 0;
	a->upto = 1;
	a->last = NO_BLOCK;
	ask_block(x, a, 0);
}

/*
 * RFC 7959 section 2.4: the server may answer with smaller blocks than asked for. What is in order stays, the
 * rest is asked for anew in the smaller size.
 */
static void
shrink(struct ask *a, uint8_t szx)
{
	a->base <<= a->szx - szx;
	a->upto = a->base;
	a->last = NO_BLOCK;
	a->szx = szx;
	free_slots(a);
}

/* Hand on what has become whole in order; the ask may have ended when this returns. */
static void
advance(struct ask *a)
{
	size_t from = a->base * size_of(a), to;

	while (a->slots[a->base % a->window].state == ARRIVED && a->base < a->upto)
		a->slots[a->base++ % a->window].state = FREE;
	to = a->base * size_of(a);
	if (a->last != NO_BLOCK && a->base > a->last)
		to = a->body.len;
	if (to > from && a->spec.part)
		a->spec.part(a->spec.self, from, (struct bytes){ a->body.p + from, to - from });
}

/* Put the block's bytes in their place. NULL, or the rule that it broke. */
static const char *
place(struct ask *a, const struct coap_message *m)
{
	size_t size = size_of(a), offset = m->block2.number * size, end_at = offset + m->payload.len;

	if (m->block2.more ? m->payload.len != size : m->payload.len > size)
		return "a block has not the length that it names";
	if (end_at > a->body.len)
		buf_grow(&a->body, end_at - a->body.len);
	if (m->payload.len)
		memcpy(a->body.p + offset, m->payload.p, m->payload.len);
	if (m->block2.more)
		return NULL;
	/* Nothing behind the last is awaited any more, so what has come from there came before: one of them lies. */
	a->last = m->block2.number;
	for (unsigned i = 0; i < a->window; i++) {
		if (a->slots[i].state == ARRIVED && a->slots[i].number > a->last)
			return "a block lies behind the last";
		if (a->slots[i].number > a->last)
			a->slots[i].state = FREE;
	}
	a->body.len = end_at;
	return NULL;
}

static bool
is_too_long(const struct ask *a, const struct coap_message *m)
{
	size_t end_at = m->block2.number * size_of(a) + m->payload.len;

	return end_at + (m->block2.more ? 1 : 0) > limit_of(a);
}

/* A block answered what was sent before others that are still open: those may be lost. */
static void
count_passed(struct exchange *x, struct ask *a, uint32_t order)
{
	for (unsigned i = 0; a->spec.non && i < a->window; i++) {
		struct slot *s = &a->slots[i];

		if (s->state == WAITING && s->order < order && ++s->passed == LOST_AFTER && s->tries < MAX_RETRANSMIT)
			repeat(x, a, s);
	}
}

static void
take_block(struct exchange *x, struct ask *a, struct slot *s, const struct coap_message *m)
{
	uint32_t order = s->order;
	const char *fault;

	if (m->block2.szx < a->szx) {
		/* As much as the block asked for begins with this one; take it when it is the next in order. */
		size_t offset = (size_t)m->block2.number << (m->block2.szx + 4);
		bool is_next = s->number == a->base && offset == a->base * size_of(a);

		shrink(a, m->block2.szx);
		if (!is_next) {
			fill(x, a);
			return;
		}
		s = &a->slots[a->base % a->window];
		*s = (struct slot){ .number = a->base, .state = WAITING, .order = order };
		a->upto = a->base + 1;
	} else if (m->block2.szx > a->szx || m->block2.number != s->number) {
		fail(x, a, ERR_PEER, "block", "another block than the one asked for");
		return;
	}
	if (is_too_long(a, m)) {
		fail(x, a, ERR_LIMIT, "length", "the answer is longer than what was asked for");
		return;
	}
	if ((fault = place(a, m)) != NULL) {
		fail(x, a, ERR_PEER, "block", fault);
		return;
	}
	s->state = ARRIVED;
	a->progress++;
	advance(a);
	if (a->ended)
		return;
	if (a->last != NO_BLOCK && a->base > a->last) {
		end_answered(x, a, a->code, a->format, buf_bytes(&a->body));
		return;
	}
	count_passed(x, a, order);
	fill(x, a);
}

/* Block 0 has come and says that more will follow. */
static void
begin_blocks(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	if (m->has_size2 && m->size2 > limit_of(a)) {
		fail(x, a, ERR_LIMIT, "length", "the answer is longer than what was asked for");
		return;
	}
	a->blocks = true;
	a->code = m->code;
	a->format = m->format;
	a->szx = m->block2.szx;
	a->expected = m->has_size2 ? m->size2 : 0;
	a->version = version_of(m->etag);
	if (a->window < a->wanted_window) {
		a->slots = need_zeroed(a->wanted_window, sizeof(*a->slots));
		a->window = a->wanted_window;
		a->slots[0] = a->first;
	}
	buf_reserve(&a->body, a->expected);
	take_block(x, a, &a->slots[0], m);
}

static void
first_answer(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	const struct coap_block *b = &m->block2;

	if (b->present && b->number != 0) {
		fail(x, a, ERR_PEER, "block", "the answer begins with another block than the first");
	} else if (b->present && b->more && m->code / 100 == 2) {
		begin_blocks(x, a, m);
	} else if (m->payload.len > limit_of(a)) {
		fail(x, a, ERR_LIMIT, "length", "the answer is longer than what was asked for");
	} else {
		if (a->spec.part && m->code / 100 == 2 && m->payload.len)
			a->spec.part(a->spec.self, 0, m->payload);
		if (!a->ended)
			end_answered(x, a, m->code, m->format, m->payload);
	}
}

static void
next_answer(struct exchange *x, struct ask *a, struct slot *s, const struct coap_message *m)
{
	if (m->code / 100 != 2)
		end_answered(x, a, m->code, m->format, m->payload);
	else if (!m->block2.present || version_of(m->etag) != a->version || m->code != a->code)
		restart(x, a);
	else
		take_block(x, a, s, m);
}

/* --- what comes in --- */

static struct slot *
find(const struct exchange *x, const struct coap_message *m, struct ask **out)
{
	if (m->token_len != TOKEN_LEN)
		return NULL;
	return find_token(x, (uint32_t)m->token[0] << 16 | (uint32_t)m->token[1] << 8 | m->token[2], out);
}

bool
ask_has_token(const struct exchange *x, const struct coap_message *m)
{
	struct ask *a;

	return find(x, m, &a) != NULL;
}

bool
ask_response(struct exchange *x, const struct coap_message *m, int64_t now)
{
	struct ask *a;
	struct slot *s = find(x, m, &a);

	if (s == NULL || s->state == ARRIVED)
		return false;
	x->counts.answers_in++;
	/* Karn: after a repeat nobody knows which one was answered. An ACK has been measured already. */
	if (s->state == WAITING && s->tries == 0)
		took(x, now - s->sent_ms);
	if (a->round_ms < 0)
		a->round_ms = now - s->sent_ms;
	if (a->blocks)
		next_answer(x, a, s, m);
	else
		first_answer(x, a, m);
	return true;
}

void
ask_refuse(struct exchange *x, const struct coap_message *m, const struct err *why)
{
	struct ask *a;
	struct slot *s = find(x, m, &a);
	struct err own = *why;

	if (s == NULL || s->state == ARRIVED)
		return;
	own.code = ERR_PEER;
	end_failed(x, a, &own);
}

void
ask_acked(struct exchange *x, uint16_t id, int64_t now)
{
	struct ask *a;
	struct slot *s = find_id(x, id, &a);

	if (s == NULL || s->state != WAITING || a->spec.non)
		return;
	if (s->tries == 0)
		took(x, now - s->sent_ms);
	s->state = ACKED;
	s->due_ms = now + SEPARATE_WAIT_MS;
	wake_at(x, s->due_ms);
}

void
ask_reset(struct exchange *x, uint16_t id)
{
	struct ask *a;

	if (find_id(x, id, &a))
		fail(x, a, ERR_PEER, "reset", "the peer did not want this request");
}

/* --- time --- */

static struct slot *
find_due(const struct exchange *x, int64_t now, struct ask **out)
{
	for (struct ask *a = x->asks; a; a = a->next)
		for (unsigned i = 0; i < a->window; i++) {
			struct slot *s = &a->slots[i];

			if ((s->state == WAITING || s->state == ACKED) && s->due_ms <= now) {
				*out = a;
				return s;
			}
		}
	return NULL;
}

/*
 * A block whose tries are used up may just have bad luck. While others arrive it is tried again; when the window is
 * full of blocks that wait for this one, once more without.
 */
static bool
may_go_on(const struct ask *a, struct slot *s)
{
	s->silent = a->progress != s->progress ? 0 : (uint8_t)(s->silent + 1);
	return a->progress > 0 && s->silent < SILENT_ROUNDS;
}

void
ask_timer(struct exchange *x, int64_t now)
{
	struct slot *s;
	struct ask *a;

	while ((s = find_due(x, now, &a)) != NULL) {
		if (s->state == WAITING && s->tries < MAX_RETRANSMIT) {
			s->timeout_ms *= 2;
			repeat(x, a, s);
		} else if (may_go_on(a, s)) {
			x->counts.retransmitted++;
			begin_round(x, a, s);
		} else {
			fail(x, a, ERR_PEER, "no answer", "the peer did not answer in time");
		}
	}
}

int64_t
ask_due(const struct exchange *x)
{
	int64_t due = INT64_MAX;

	for (const struct ask *a = x->asks; a; a = a->next)
		for (unsigned i = 0; i < a->window; i++) {
			const struct slot *s = &a->slots[i];

			if ((s->state == WAITING || s->state == ACKED) && s->due_ms < due)
				due = s->due_ms;
		}
	return due;
}

/* --- asking --- */

static struct ask *
copy(const struct coap_ask *spec)
{
	size_t path = strlen(spec->path) + 1, query = spec->query ? strlen(spec->query) + 1 : 0;
	struct ask *a = need_zeroed(1, sizeof(*a) + path + query + spec->payload.len);
	char *behind = (char *)(a + 1);

	a->spec = *spec;
	a->spec.path = memcpy(behind, spec->path, path);
	if (spec->query)
		a->spec.query = memcpy(behind + path, spec->query, query);
	if (spec->payload.len)
		a->spec.payload.p = memcpy(behind + path + query, spec->payload.p, spec->payload.len);
	a->slots = &a->first;
	a->window = 1;
	a->wanted_window = spec->window ? spec->window : WINDOW_DEFAULT;
	a->upto = 1;
	a->last = NO_BLOCK;
	a->round_ms = -1;
	return a;
}

enum err_code
exchange_ask(struct exchange *x, const struct coap_ask *spec, struct err *e)
{
	struct ask *a;

	assert(spec->done && spec->path && spec->path[0] != '/' && spec->window <= WINDOW_MOST);
	if (x->doomed)
		return err_set(e, ERR_PEER, spec->path, "closed", "the session has ended");
	if (x->ask_count >= LIMIT_OPEN_REQUESTS)
		return err_set(e, ERR_LIMIT, spec->path, "open requests", "%d wait for an answer already",
		    LIMIT_OPEN_REQUESTS);
	a = copy(spec);
	a->next = x->asks;
	x->asks = a;
	x->ask_count++;
	x->counts.requests_out++;
	enter(x);
	ask_block(x, a, 0);
	leave(x);
	return ERR_OK;
}
