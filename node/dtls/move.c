#include "node/dtls/inside.h"

/*
 * A translator may give a peer that dialled us another port at any moment, and neither it nor the peer says so. What
 * then comes from the new port belongs to nobody there; but only one session's keys open it, and that session moves
 * (proto/sessions.md section 4). To open a record in vain costs microseconds; how often a second is bounded.
 */
#define TRIALS_SECOND 512

static bool
is_same_host(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr) && a->v6.sin6_scope_id == b->v6.sin6_scope_id;
}

/* The sequence number of the first sealed record; a last flight of a handshake has others before it. */
static bool
find_sequence(struct bytes datagram, uint64_t *out)
{
	for (size_t at = 0; datagram.len - at >= RECORD_HEAD; at += RECORD_HEAD + get_u16(datagram.p + at + 11)) {
		*out = get_u64(datagram.p + at + 3) & 0xffffffffffffu;
		if (get_u16(datagram.p + at + 3) > 0)
			return true;
		if (get_u16(datagram.p + at + 11) > datagram.len - at - RECORD_HEAD)
			return false;
	}
	return false;
}

/*
 * Somebody who dialled us from another port of that host? What is older than what has come already was delayed or kept: it
 * tells nothing about where the peer is now.
 */
static bool
may_be_from(const struct session *s, const struct path *from, uint64_t sequence)
{
	return (s->state == SESSION_OPEN || s->state == SESSION_WAITING) && !s->dialled &&
	    is_same_host(&s->path.peer, &from->peer) && !address_equal(&s->path.peer, &from->peer) &&
	    sequence > mbed_window(&s->ssl).top;
}

static bool
may_try(struct dtls *d)
{
	int64_t second = world_tick_ms(&d->world) / 1000;

	if (d->trial_second != second)
		d->trials = 0;
	d->trial_second = second;
	return d->trials++ < TRIALS_SECOND;
}

/* S moves first, so that what is answered goes where it can arrive; back when the record was not its peer's. */
static bool
try(struct session *s, const struct path *from, struct bytes datagram)
{
	struct dtls *d = s->d;
	struct path before = s->path;
	struct session *squatter;

	table_move(d, s, from);
	s->counts.moves++;
	if (!session_take(s, datagram)) {
		s->counts.moves--;
		if (s->state != SESSION_GONE)
			table_move(d, s, &before);
		return false;
	}
	d->counts.moved++;
	/* The port was another one's before, which has lost it. */
	for (squatter = d->all; squatter; squatter = squatter->next)
		if (squatter != s && squatter->state == SESSION_OPEN &&
		    address_equal(&squatter->path.peer, &from->peer) && s->state == SESSION_OPEN)
			session_end(squatter, DTLS_END_REPLACED);
	return true;
}

bool
move_take(struct dtls *d, const struct path *from, struct bytes datagram)
{
	uint64_t sequence;

	if (!find_sequence(datagram, &sequence))
		return false;
	for (struct session *s = d->all; s; s = s->next)
		if (may_be_from(s, from, sequence)) {
			if (!may_try(d))
				return false;
			if (try(s, from, datagram))
				return true;
		}
	return false;
}
