#include "node/coap/asking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

struct coap_message
ask_message(const struct ask *a, enum coap_kind kind, uint16_t id, uint32_t token)
{
	struct coap_message m = blank(kind, id);

	m.code = a->spec.method;
	m.format = a->spec.format;
	m.payload = a->spec.payload;
	m.path_count = split(a->spec.path, '/', m.path);
	m.query_count = split(a->spec.query, '&', m.query);
	token_put(token, &m);
	return m;
}

void
token_put(uint32_t token, struct coap_message *m)
{
	m->token_len = TOKEN_LEN;
	m->token[0] = (uint8_t)(token >> 16);
	m->token[1] = (uint8_t)(token >> 8);
	m->token[2] = (uint8_t)token;
}

/* What of a request a token or an id stands for. */
struct found {
	struct ask *ask;
	struct slot *slot;
	struct question *question;
};

static bool
find_token(const struct exchange *x, uint32_t token, struct found *out)
{
	for (struct ask *a = x->asks; a; a = a->next) {
		*out = (struct found){ a, NULL, NULL };
		if (a->is_paced ? (out->question = paced_by_token(a, token)) != NULL :
		    (out->slot = window_by_token(a, token)) != NULL)
			return true;
	}
	return false;
}

static bool
find_id(const struct exchange *x, uint16_t id, struct found *out)
{
	for (struct ask *a = x->asks; a; a = a->next) {
		*out = (struct found){ a, NULL, NULL };
		if (a->is_paced ? (out->question = paced_by_id(a, id)) != NULL :
		    (out->slot = window_by_id(a, id)) != NULL)
			return true;
	}
	return false;
}

uint32_t
new_token(struct exchange *x)
{
	struct found f;
	uint32_t token;

	do
		token = x->token++ & 0xffffff;
	while (find_token(x, token, &f) || observation_has_token(x, token));
	return token;
}

/* An id in use is passed over: ids wrap long before tokens do. */
uint16_t
ask_new_id(struct exchange *x, enum coap_kind kind)
{
	struct found f;
	uint16_t id;

	do
		id = kind == COAP_NON ? new_non_id(x) : new_con_id(x);
	while (find_id(x, id, &f));
	return id;
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
	paced_end(x, a);
	r->round_ms = a->round_ms;
	a->spec.done(a->spec.self, r);
}

static void
end_failed(struct exchange *x, struct ask *a, const struct err *why)
{
	struct coap_response r = { .failed = why->code, .format = COAP_FORMAT_NONE, .why = why };

	end(x, a, &r);
}

void
ask_fail(struct exchange *x, struct ask *a, enum err_code code, const char *rule, const char *reason)
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
		ask_fail(x, x->asks, ERR_PEER, "closed", "the session ended before the answer came");
}

void
ask_free_ended(struct exchange *x)
{
	for (struct ask *a; (a = x->ended) != NULL; free(a)) {
		x->ended = a->next;
		window_free(a);
		gather_done(&a->gather);
	}
}

/* --- answers --- */

void
ask_single(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	if (m->payload.len > a->gather.limit) {
		ask_fail(x, a, ERR_LIMIT, "length", "the answer is longer than what was asked for");
		return;
	}
	if (a->spec.part && m->code / 100 == 2 && m->payload.len)
		a->spec.part(a->spec.self, 0, m->payload);
	if (!a->ended)
		end_answered(x, a, m->code, m->format, m->payload);
}

void
ask_error(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	end_answered(x, a, m->code, m->format, m->payload);
}

bool
ask_take(struct exchange *x, struct ask *a, const struct coap_block *b, struct bytes payload)
{
	struct gather *g = &a->gather;
	const struct fault *fault = gather_place(g, b, payload);
	struct bytes part;
	size_t offset;

	if (fault) {
		ask_fail(x, a, fault->code, fault->rule, fault->reason);
		return false;
	}
	if (gather_advance(g, &offset, &part) && a->spec.part)
		a->spec.part(a->spec.self, offset, part);
	if (!a->ended && gather_is_whole(g))
		end_answered(x, a, g->code, g->format, buf_bytes(&g->body));
	return !a->ended;
}

void
ask_restart(struct exchange *x, struct ask *a)
{
	if (a->restarted) {
		ask_fail(x, a, ERR_PEER, "etag", "the answer changed again while it was read");
		return;
	}
	a->restarted = true;
	gather_restart(&a->gather);
	if (a->is_paced)
		paced_restart(x, a);
	else
		window_restart(x, a);
}

/* --- what comes in --- */

static bool
find(const struct exchange *x, const struct coap_message *m, struct found *out)
{
	if (m->token_len != TOKEN_LEN)
		return false;
	return find_token(x, (uint32_t)m->token[0] << 16 | (uint32_t)m->token[1] << 8 | m->token[2], out);
}

bool
ask_has_token(const struct exchange *x, const struct coap_message *m)
{
	struct found f;

	return find(x, m, &f);
}

bool
ask_response(struct exchange *x, const struct coap_message *m, int64_t now)
{
	struct found f;

	if (!find(x, m, &f))
		return false;
	x->counts.answers_in++;
	if (f.question)
		paced_response(x, f.ask, f.question, m, now);
	else
		window_response(x, f.ask, f.slot, m, now);
	paced_fill(x);
	return true;
}

void
ask_refuse(struct exchange *x, const struct coap_message *m, const struct err *why)
{
	struct err own = *why;
	struct found f;

	if (!find(x, m, &f))
		return;
	own.code = ERR_PEER;
	end_failed(x, f.ask, &own);
}

void
ask_acked(struct exchange *x, uint16_t id, int64_t now)
{
	struct found f;

	/* A paced request waits for its answer and no longer, acknowledged or not. */
	if (find_id(x, id, &f) && f.slot)
		window_acked(x, f.ask, f.slot, now);
}

void
ask_reset(struct exchange *x, uint16_t id)
{
	struct found f;

	if (!find_id(x, id, &f))
		return;
	if (f.question)
		paced_reset(x, f.ask);
	else
		ask_fail(x, f.ask, ERR_PEER, "reset", "the peer did not want this request");
}

/* --- time --- */

/* Callbacks may have ended any of them: from the start again after each. */
void
ask_timer(struct exchange *x, int64_t now)
{
	struct ask *a = x->asks;

	while (a) {
		bool was_due = a->is_paced ? paced_timer(x, a, now) : window_timer(x, a, now);

		a = was_due ? x->asks : a->next;
	}
	paced_fill(x);
}

void
ask_resume(struct exchange *x)
{
	for (struct ask *a = x->asks; a; a = a->next)
		if (a->is_paced)
			paced_resume(x, a);
		else
			window_resume(x, a);
}

int64_t
ask_due(const struct exchange *x)
{
	int64_t due = paced_room_due(x, world_tick_ms(x->world));

	for (const struct ask *a = x->asks; a; a = a->next) {
		int64_t own = a->is_paced ? paced_due(x, a) : window_due(a);

		if (own < due)
			due = own;
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
	gather_init(&a->gather, spec->max_answer ? spec->max_answer : LIMIT_ANSWER);
	a->round_ms = -1;
	return a;
}

enum err_code
exchange_ask(struct exchange *x, const struct coap_ask *spec, struct err *e)
{
	struct ask *a, **end_of = &x->asks;

	assert(spec->done && spec->path && spec->path[0] != '/' && spec->window <= WINDOW_MOST);
	assert(!spec->paced || spec->method == COAP_GET || spec->method == COAP_FETCH);
	if (x->doomed)
		return err_set(e, ERR_PEER, spec->path, "closed", "the session has ended");
	if (x->ask_count >= LIMIT_OPEN_REQUESTS)
		return err_set(e, ERR_LIMIT, spec->path, "open requests", "%d wait for an answer already",
		    LIMIT_OPEN_REQUESTS);
	a = copy(spec);
	while (*end_of)
		end_of = &(*end_of)->next;
	*end_of = a; /* the oldest first: that is the order in which blocks are asked for */
	x->ask_count++;
	x->counts.requests_out++;
	enter(x);
	if (spec->paced && !x->no_sets)
		paced_begin(x, a);
	else
		window_begin(x, a);
	leave(x);
	return ERR_OK;
}
