#include "node/dtls/inside.h"

#include <assert.h>
#include <string.h>

#define STALLED_MS  3000    /* a handshake without a key so far makes way for another after this */
#define SILENT_MS   120000  /* a peer that dialled us says something every 110 s, or it is gone */
#define RACE_MS     10000   /* sessions of both roles that finish this close were dialled at the same time */

/* At least one, so that a node with a single session can be reached at all. */
static unsigned
anonymous_max(const struct dtls *d)
{
	return d->options.max_sessions > 1 ? d->options.max_sessions / 2 : 1;
}

/* The oldest that passes TEST, by the time that KEY tells. */
static struct session *
oldest(struct dtls *d, int64_t before, bool (*test)(const struct session *s), int64_t (*key)(const struct session *s))
{
	struct session *best = NULL;

	for (struct session *s = d->all; s; s = s->next)
		if (test(s) && key(s) < before && (best == NULL || key(s) < key(best)))
			best = s;
	return best;
}

static bool
is_unproved(const struct session *s)
{
	return s->state == SESSION_ACCEPTING && !s->judged;
}

static bool
is_inbound(const struct session *s)
{
	return s->state == SESSION_OPEN && !s->dialled;
}

static int64_t
started(const struct session *s)
{
	return s->started;
}

static int64_t
heard(const struct session *s)
{
	return s->counts.heard_ms;
}

/* Room for one more, if need be at the cost of one that has stalled or fallen silent. */
static bool
make_room(struct dtls *d, int64_t now)
{
	struct session *s;

	if (d->anonymous >= anonymous_max(d)) {
		if ((s = oldest(d, now - STALLED_MS, is_unproved, started)) == NULL)
			return false;
		session_end(s, DTLS_END_TIMEOUT);
	}
	if (d->counts.sessions + d->counts.pending >= d->options.max_sessions) {
		if ((s = oldest(d, now - SILENT_MS, is_inbound, heard)) == NULL)
			return false;
		session_end(s, DTLS_END_IDLE);
	}
	return true;
}

bool
admit_hello(struct dtls *d, const union address *from, enum charge *out)
{
	int64_t now = world_tick_ms(&d->world);

	if (!make_room(d, now) || (*out = budget_take(d->budget, from, now)) == CHARGE_NONE) {
		d->counts.refused_budget++;
		return false;
	}
	return true;
}

/* What a certificate must be; whose it is comes later. */
static bool
is_acceptable(struct session *s, mbedtls_x509_crt *c, int depth)
{
	uint8_t spki[MBED_SPKI];

	if (depth > 0 || c->next != NULL || c->raw.len > LIMIT_CERTIFICATE)
		return false;
	if (mbed_is_ca(c) || !mbed_spki(&c->pk, spki))
		return false;
	identity_node(spki, &s->node);
	if (id_equal(&s->node, &s->d->identity->node))
		return false; /* we have dialled ourselves */
	if (s->dialled && s->has_pin && !id_equal(&s->node, &s->pin))
		return false;
	s->has_node = true;
	return true;
}

int
admit_verify(void *session, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	struct session *s = session;

	/* Certificates are containers of keys: who signed them, when and for what name says nothing. */
	*flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_EXPIRED |
	    MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_CN_MISMATCH);
	if (!is_acceptable(s, certificate, depth))
		*flags |= MBEDTLS_X509_BADCERT_OTHER;
	return 0;
}

bool
admit_key(struct session *s)
{
	struct dtls *d = s->d;

	assert(s->has_node); /* authmode REQUIRED: no handshake comes this far without a certificate */
	s->judged = true;
	s->verdict = d->events.judge(d->events.self, &s->node, s->dialled);
	return s->verdict != DTLS_REFUSE;
}

static const struct id *
client_of(const struct session *s)
{
	return s->dialled ? &s->d->identity->node : &s->node;
}

/* What becomes of OLD, of the same node or address, when NEW has finished? */
enum rival { RIVAL_STAYS, RIVAL_GOES, RIVAL_WINS };

static enum rival
compare(const struct session *old, const struct session *new)
{
	if (address_equal(&old->path.peer, &new->path.peer))
		return RIVAL_GOES;
	if (old->dialled == new->dialled) /* moved, unless it talked to us from there all the while */
		return old->counts.heard_ms > new->started ? RIVAL_STAYS : RIVAL_GOES;
	/* Both dialled. Long after the first handshake it is a new start; else both ends must choose the same. */
	if (old->counts.opened_ms < new->started - RACE_MS)
		return RIVAL_GOES;
	return id_compare(client_of(old), client_of(new)) < 0 ? RIVAL_WINS : RIVAL_GOES;
}

static bool
is_rival(const struct session *old, const struct session *new)
{
	return old != new && old->state == SESSION_OPEN &&
	    (id_equal(&old->node, &new->node) || address_equal(&old->path.peer, &new->path.peer));
}

static bool
is_beaten(const struct session *s)
{
	for (struct session *o = s->d->all; o; o = o->next)
		if (is_rival(o, s) && compare(o, s) == RIVAL_WINS)
			return true;
	return false;
}

/* End those that S replaces, and of more than four of this member the one that was silent longest. */
static void
replace_rivals(struct session *s)
{
	struct session *silent = NULL;
	unsigned staying = 1;

	for (struct session *o = s->d->all; o; o = o->next) {
		if (!is_rival(o, s))
			continue;
		if (compare(o, s) == RIVAL_GOES) {
			session_end(o, DTLS_END_REPLACED);
		} else {
			staying++;
			if (silent == NULL || o->counts.heard_ms < silent->counts.heard_ms)
				silent = o;
		}
	}
	if (staying > LIMIT_SESSIONS_MEMBER)
		session_end(silent, DTLS_END_REPLACED);
}

/* A dial that waits for this handshake of the other direction may want somebody else. */
static void
check_wish(struct session *s)
{
	if (!s->wanted || !s->has_pin || id_equal(&s->pin, &s->node))
		return;
	s->wanted = false;
	s->d->events.failed(s->d->events.self, &s->path.peer, s->cookie, DTLS_END_REFUSED);
	s->cookie = NULL;
}

/* Another node's session at the same address is no reason: whoever had the address has left it. */
bool
admit_waits(const struct session *s)
{
	for (const struct session *o = s->dialled ? NULL : s->d->all; o; o = o->next)
		if (is_rival(o, s) && id_equal(&o->node, &s->node))
			return true;
	return false;
}

void
admit_ended(const struct session *s)
{
	for (struct session *o = s->d->all; o; o = o->next)
		if (o->state == SESSION_WAITING && o != s && id_equal(&o->node, &s->node))
			table_due(o->d, o, world_tick_ms(&o->d->world));
}

/* In the place of those that it replaces. */
static void
take_place(struct session *s)
{
	check_wish(s);
	session_establish(s);
	if (s->state == SESSION_OPEN) /* the owner may have closed it at once */
		replace_rivals(s);
}

void
admit_used(struct session *s)
{
	if (is_beaten(s))
		session_end(s, DTLS_END_REPLACED);
	else
		take_place(s);
}

/* One of a node waits at most, the newest: who begins again has given up the one before. */
static void
make_wait(struct session *s)
{
	for (struct session *o = s->d->all; o; o = o->next)
		if (o->state == SESSION_WAITING && id_equal(&o->node, &s->node))
			session_end(o, DTLS_END_REPLACED);
	session_wait(s);
}

void
admit_finished(struct session *s)
{
	struct dtls *d = s->d;
	bool member = s->verdict == DTLS_MEMBER;

	d->counts.handshakes_done++;
	budget_settle(d->budget, &s->path.peer, s->charge, member, world_tick_ms(&d->world));
	s->charge = CHARGE_NONE;
	if (s->dialled && s->has_pin && !id_equal(&s->pin, &s->node)) {
		session_end(s, DTLS_END_REFUSED); /* the pin came with a later dial */
		return;
	}
	if (is_beaten(s)) {
		session_end(s, DTLS_END_REPLACED);
		return;
	}
	if (member && s->anonymous) {
		s->anonymous = false;
		d->anonymous--;
	}
	if (admit_waits(s))
		make_wait(s);
	else
		take_place(s);
}
