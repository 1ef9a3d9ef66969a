#include "node/coap/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Who observes us (observer), and what we observe (observation).
 *
 * A notification is made when it is sent, so it always tells the newest state: at once, NOTIFY_LEAST_MS after the
 * one before, behind the ACK of the one before, or (RFC 7641 section 4.5.2) in place of its repetition, which goes on
 * with the same count of tries and the doubled timeout under a new message id.
 *
 *   observer      IDLE -> OUT (a notification is on its way) -> IDLE ...      gone: reset, silent, forgotten, error
 *   observation   ASKED -> TOLD -> TOLD ...                                   gone: no answer, reset, error
 */
struct observer {
	struct observer *next;
	uint64_t ticket;
	uint8_t token[LIMIT_TOKEN], token_len;
	bool out, news;                  /* on its way; something newer waits */
	uint32_t sequence;
	uint16_t id;
	unsigned tries;
	int64_t sent_ms, due_ms, timeout_ms;
	struct buf datagram;             /* as it is on its way */
};

struct observation {
	struct observation *next;
	struct coap_observe spec;        /* its path lies behind this struct */
	uint32_t token, sequence;
	uint16_t id;                     /* of the wish */
	bool asked, established;
	int64_t due_ms;                  /* until then the answer behind an ACK must have come; INT64_MAX: not awaited */
	int64_t told_ms;
};

#define SEQUENCE_MASK 0xffffffu
#define SEQUENCE_HALF 0x800000u
#define SEQUENCE_OLD_MS (128 * 1000) /* RFC 7641 section 3.4: later than that anything is newer */

/* --- who observes us --- */

static struct observer **
find_observer(struct exchange *x, const uint8_t *token, size_t len)
{
	struct observer **q = &x->observers;

	while (*q && ((*q)->token_len != len || memcmp((*q)->token, token, len) != 0))
		q = &(*q)->next;
	return q;
}

static struct observer *
observer_by_id(const struct exchange *x, uint16_t id)
{
	for (struct observer *o = x->observers; o; o = o->next)
		if (o->out && o->id == id)
			return o;
	return NULL;
}

static void
free_observer(struct observer *o)
{
	buf_free(&o->datagram);
	free(o);
}

static void
end_observer(struct exchange *x, struct observer *o, enum coap_told why)
{
	struct observer **q = find_observer(x, o->token, o->token_len);
	uint64_t ticket = o->ticket;

	assert(*q == o);
	*q = o->next;
	free_observer(o);
	if (!x->doomed && x->ev.notified)
		x->ev.notified(x->ev.self, ticket, why);
}

void
observer_forget(struct exchange *x, const struct coap_message *m)
{
	struct observer *o = *find_observer(x, m->token, m->token_len);

	if (o)
		end_observer(x, o, COAP_TOLD_NO_MORE);
}

int32_t
observer_add(struct exchange *x, const struct ticket *t)
{
	struct observer *o;
	size_t count = 0;

	for (o = x->observers; o; o = o->next)
		count++;
	if (count >= LIMIT_OBSERVATIONS) {
		x->ev.notified(x->ev.self, t->number, COAP_TOLD_NO_MORE);
		return -1;
	}
	o = need_zeroed(1, sizeof(*o));
	o->ticket = t->number;
	o->token_len = t->token_len;
	memcpy(o->token, t->token, t->token_len);
	o->sent_ms = world_tick_ms(x->world) - NOTIFY_LEAST_MS;
	o->next = x->observers;
	x->observers = o;
	return (int32_t)o->sequence;
}

/* RFC 7641 section 4.2: an error ends the observation; it is not about a state, so it has no number. */
static void
tell_error(struct exchange *x, struct observer *o, struct coap_message *m)
{
	struct bytes sent = transmit(x, m);

	send_confirmable(x, sent, m->id, false);
	end_observer(x, o, COAP_TOLD_NO_MORE);
}

static struct coap_message
notification(struct exchange *x, const struct observer *o, const struct coap_answer *a)
{
	struct coap_message m = blank(COAP_CON, new_con_id(x));

	assert(a->code >= 200 && a->code < 600 && a->body.len <= LIMIT_BLOCK);
	m.code = a->code;
	m.format = a->body.len ? a->format : COAP_FORMAT_NONE;
	m.payload = buf_bytes(&a->body);
	m.token_len = o->token_len;
	memcpy(m.token, o->token, o->token_len);
	return m;
}

static void
tell_state(struct exchange *x, struct observer *o, struct coap_message *m, unsigned tries)
{
	o->sequence = (o->sequence + 1) & SEQUENCE_MASK;
	m->observe = (int32_t)o->sequence;
	buf_reset(&o->datagram);
	buf_put_bytes(&o->datagram, transmit(x, m));
	o->out = true;
	o->id = m->id;
	o->tries = tries;
	o->sent_ms = world_tick_ms(x->world);
	if (tries == 0)
		o->timeout_ms = first_timeout(x, false);
	o->due_ms = o->sent_ms + o->timeout_ms;
	wake_at(x, o->due_ms);
}

/* Send the newest state; TRIES of it were made already. False: there was none, or O has ended. */
static bool
tell(struct exchange *x, struct observer *o, unsigned tries)
{
	struct coap_answer a = { .format = COAP_FORMAT_NONE };
	struct coap_message m;
	bool told;

	o->news = false;
	told = x->ev.notify(x->ev.self, o->ticket, &a) && !x->doomed;
	if (told) {
		m = notification(x, o, &a);
		told = a.code < 300;
		if (told)
			tell_state(x, o, &m, tries);
		else
			tell_error(x, o, &m);
	}
	buf_free(&a.body);
	return told;
}

static int64_t
may_tell_ms(const struct observer *o)
{
	return o->sent_ms + NOTIFY_LEAST_MS;
}

static void
tell_when_due(struct exchange *x, struct observer *o)
{
	if (o->out || !o->news)
		return;
	if (may_tell_ms(o) <= world_tick_ms(x->world))
		tell(x, o, 0);
	else
		wake_at(x, may_tell_ms(o));
}

void
exchange_notify(struct exchange *x, uint64_t ticket)
{
	struct observer *o = x->observers;

	while (o && o->ticket != ticket)
		o = o->next;
	if (o == NULL || x->doomed)
		return;
	enter(x);
	o->news = true;
	tell_when_due(x, o);
	leave(x);
}

/* The timeout of what is on its way: the newest state instead when there is a newer one, else the same again. */
static void
repeat(struct exchange *x, struct observer *o)
{
	uint16_t id = o->id;

	if (o->tries == MAX_RETRANSMIT) {
		end_observer(x, o, COAP_TOLD_IN_VAIN);
		return;
	}
	x->counts.retransmitted++;
	x->counts.unanswered++;
	o->timeout_ms *= 2;
	if (o->news && tell(x, o, o->tries + 1))
		return;
	if (x->doomed || observer_by_id(x, id) == NULL)
		return; /* it was told an error, and has ended */
	o->tries++;
	o->due_ms = world_tick_ms(x->world) + o->timeout_ms;
	x->ev.send(x->ev.self, buf_bytes(&o->datagram));
}

static struct observer *
due_observer(const struct exchange *x, int64_t now)
{
	for (struct observer *o = x->observers; o; o = o->next)
		if (o->out ? o->due_ms <= now : o->news && may_tell_ms(o) <= now)
			return o;
	return NULL;
}

/* --- what we observe --- */

static struct observation **
find_path(struct exchange *x, const char *path)
{
	struct observation **q = &x->observations;

	while (*q && strcmp((*q)->spec.path, path) != 0)
		q = &(*q)->next;
	return q;
}

bool
observation_has_token(const struct exchange *x, uint32_t token)
{
	for (const struct observation *o = x->observations; o; o = o->next)
		if (o->token == token)
			return true;
	return false;
}

static struct observation *
find_response(const struct exchange *x, const struct coap_message *m)
{
	for (struct observation *o = x->observations; o && m->token_len == TOKEN_LEN; o = o->next)
		if (o->token == ((uint32_t)m->token[0] << 16 | (uint32_t)m->token[1] << 8 | m->token[2]))
			return o;
	return NULL;
}

bool
observation_has(const struct exchange *x, const struct coap_message *m)
{
	return find_response(x, m) != NULL;
}

static void
end_observation(struct exchange *x, struct observation *o, struct coap_response *r)
{
	struct observation **q = find_path(x, o->spec.path);

	*q = o->next;
	o->spec.told(o->spec.self, r, false);
	free(o);
}

static void
fail(struct exchange *x, struct observation *o, const char *rule, const char *reason)
{
	struct coap_response r = { .failed = ERR_PEER, .format = COAP_FORMAT_NONE };
	struct err why;

	err_set(&why, ERR_PEER, o->spec.path, rule, "%s", reason);
	r.why = &why;
	end_observation(x, o, &r);
}

/* RFC 7641 section 3.4 */
static bool
is_newer(const struct observation *o, uint32_t sequence, int64_t now)
{
	uint32_t ahead = (sequence - o->sequence) & SEQUENCE_MASK;

	return !o->established || now - o->told_ms > SEQUENCE_OLD_MS || (ahead > 0 && ahead < SEQUENCE_HALF);
}

bool
observation_response(struct exchange *x, const struct coap_message *m, int64_t now)
{
	struct observation *o = find_response(x, m);
	struct coap_response r = { .code = m->code, .format = m->format, .body = m->payload };
	struct err why;

	if (o == NULL)
		return false;
	if (m->code / 100 != 2 || m->observe < 0) {
		if (m->format == COAP_FORMAT_PROBLEM && problem_read(m->code, m->payload, &why))
			r.why = &why;
		end_observation(x, o, &r);
		return true;
	}
	/* The answer to a wish begins a count of its own. */
	if (m->kind == COAP_ACK && m->id == o->id)
		o->established = false;
	if (is_newer(o, (uint32_t)m->observe, now)) {
		x->counts.answers_in++;
		o->established = true;
		o->due_ms = INT64_MAX;
		o->sequence = (uint32_t)m->observe;
		o->told_ms = now;
		o->spec.told(o->spec.self, &r, true);
	}
	return true;
}

bool
observation_refuse(struct exchange *x, const struct coap_message *m, const struct err *why)
{
	struct observation *o = find_response(x, m);

	if (o)
		fail(x, o, why->rule, why->reason);
	return o != NULL;
}

static struct observation *
observation_by_id(const struct exchange *x, uint16_t id)
{
	for (struct observation *o = x->observations; o; o = o->next)
		if (o->asked && o->id == id)
			return o;
	return NULL;
}

void
observation_unanswered(struct exchange *x, uint16_t id)
{
	struct observation *o = observation_by_id(x, id);

	if (o)
		fail(x, o, "no answer", "the peer did not answer in time");
}

enum err_code
exchange_observe(struct exchange *x, const struct coap_observe *spec, struct err *e)
{
	struct observation *o = *find_path(x, spec->path);
	struct coap_message m = blank(COAP_CON, new_con_id(x));
	size_t count = 0, len = strlen(spec->path) + 1;

	assert(spec->told && !strchr(spec->path, '/'));
	for (const struct observation *at = x->observations; at; at = at->next)
		count++;
	if (x->doomed || (o == NULL && count >= LIMIT_OBSERVATIONS))
		return err_set(e, ERR_LIMIT, spec->path, "observations", "%d are kept already", LIMIT_OBSERVATIONS);
	if (o == NULL) {
		o = need_zeroed(1, sizeof(*o) + len);
		o->spec.path = memcpy(o + 1, spec->path, len);
		o->token = new_token(x);
		o->due_ms = INT64_MAX;
		o->next = x->observations;
		x->observations = o;
	}
	o->spec.told = spec->told;
	o->spec.self = spec->self;
	o->asked = true;
	o->established = false;
	o->id = m.id;
	m.code = COAP_GET;
	m.observe = 0;
	m.path[m.path_count++] = bytes_text(o->spec.path);
	token_put(o->token, &m);
	x->counts.requests_out++;
	enter(x);
	send_confirmable(x, transmit(x, &m), m.id, false);
	leave(x);
	return ERR_OK;
}

void
exchange_unobserve(struct exchange *x, const char *path)
{
	struct observation **q = find_path(x, path), *o = *q;

	if (o == NULL)
		return;
	*q = o->next;
	free(o);
}

/* --- both --- */

void
observe_acked(struct exchange *x, uint16_t id, int64_t now)
{
	struct observer *o = observer_by_id(x, id);
	struct observation *wish = observation_by_id(x, id);

	if (wish && !wish->established) {
		wish->due_ms = now + SEPARATE_WAIT_MS;
		wake_at(x, wish->due_ms);
	}
	if (o == NULL)
		return;
	if (o->tries == 0)
		took(x, now - o->sent_ms);
	o->out = false;
	x->ev.notified(x->ev.self, o->ticket, COAP_TOLD);
	if (!x->doomed)
		tell_when_due(x, o);
}

void
observe_reset(struct exchange *x, uint16_t id)
{
	struct observer *o = observer_by_id(x, id);
	struct observation *wish = observation_by_id(x, id);

	if (o)
		end_observer(x, o, COAP_TOLD_NO_MORE);
	if (wish)
		fail(x, wish, "reset", "the peer did not want this request");
}

void
observe_timer(struct exchange *x, int64_t now)
{
	struct observer *o;
	struct observation *wish;

	while (!x->doomed && (o = due_observer(x, now)) != NULL)
		if (o->out)
			repeat(x, o);
		else
			tell(x, o, 0);
	do {
		for (wish = x->doomed ? NULL : x->observations; wish && wish->due_ms > now; wish = wish->next)
			;
		if (wish)
			fail(x, wish, "no answer", "the peer did not answer in time");
	} while (wish);
}

void
observe_resume(struct exchange *x)
{
	for (struct observer *o = x->observers; o; o = o->next)
		if (o->out && resume(x, o->sent_ms, o->tries, &o->due_ms, &o->timeout_ms))
			o->tries = 1;
}

int64_t
observe_due(const struct exchange *x)
{
	int64_t due = INT64_MAX, at;

	for (const struct observer *o = x->observers; o; o = o->next) {
		at = o->out ? o->due_ms : o->news ? may_tell_ms(o) : INT64_MAX;
		due = at < due ? at : due;
	}
	for (const struct observation *o = x->observations; o; o = o->next)
		due = o->due_ms < due ? o->due_ms : due;
	return due;
}

void
observe_free(struct exchange *x)
{
	for (struct observer *o; (o = x->observers) != NULL; free_observer(o))
		x->observers = o->next;
	for (struct observation *o; (o = x->observations) != NULL; free(o))
		x->observations = o->next;
}
