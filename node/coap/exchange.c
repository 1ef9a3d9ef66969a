#include "node/coap/inside.h"

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

/* V times 1 to 1.5, by a linear congruential generator (Knuth's MMIX): it need not be secret. */
static int64_t
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

bool
resume(struct exchange *x, int64_t sent_ms, unsigned tries, int64_t *due_ms, int64_t *timeout_ms)
{
	int64_t now = world_tick_ms(x->world);

	if (tries == 0 || now - sent_ms > RESUME_MOST_MS)
		return false;
	*due_ms = now;
	*timeout_ms = first_timeout(x, false) / 2; /* a repetition doubles it */
	wake_at(x, now);
	return true;
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

struct bytes
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
	x->heard_ms = world_tick_ms(w);
	return x;
}

static void
destroy(struct exchange *x)
{
	ask_free_ended(x);
	answer_forget(x);
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

void
exchange_begin_round(struct exchange *x, int64_t round_ms)
{
	took(x, round_ms);
}

uint64_t
exchange_rate(const struct exchange *x)
{
	return pace_rate(&x->pace);
}

size_t
exchange_window(const struct exchange *x)
{
	return x->pace.window;
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

/* --- receiving --- */

static void
response(struct exchange *x, const struct coap_message *m, uint64_t hash, int64_t now)
{
	bool wanted;

	if (m->kind == COAP_CON) {
		if (answer_again(x, m, hash, now))
			return;
		/* RFC 7252 section 4.2: what belongs to no request is rejected, so that it is not sent again. */
		wanted = ask_has_token(x, m) || observation_has(x, m);
		answer_empty(x, m, wanted ? COAP_ACK : COAP_RST);
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
	case COAP_NON: /* a keepalive: what it means is the owner's business */
		x->counts.keepalives_in++;
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

	if (d.len < 4 || strcmp(why->rule, "version") == 0)
		return;
	if ((options || block) && m->code < 100 && m->kind == COAP_CON) {
		answer_refuse(x, m, options ? 402 : 400, why);
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

/*
 * The path is open again, by an outage that ended or because the peer's own words have shown us its new port. Nobody
 * knows for how long: what was repeated into the silence does not wait for the rest of its doubled timeouts.
 */
static void
end_silence(struct exchange *x, int64_t now)
{
	bool was_silent = now - x->heard_ms >= SILENCE_BROKEN_MS && x->counts.unanswered > 0;

	x->heard_ms = now;
	x->counts.unanswered = 0;
	if (!was_silent)
		return;
	for (struct outgoing *o = x->outgoing; o; o = o->next)
		if (resume(x, o->sent_ms, o->tries, &o->due_ms, &o->timeout_ms))
			o->tries = 1;
	observe_resume(x);
	ask_resume(x);
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
	end_silence(x, now);
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
		answer_request(x, &m, hash, now);
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
	wake_at(x, answer_due(x));
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
	answer_timer(x, now);
	kept_expire(x, now);
	if (x->dedup.entries && now >= x->dedup.until_ms)
		dedup_free(&x->dedup);
	ask_timer(x, now);
	if (!x->doomed)
		plan(x);
	leave(x);
}
