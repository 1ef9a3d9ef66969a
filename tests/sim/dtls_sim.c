/*
 * dtls_sim - the functions of node/dtls/dtls.h without cryptography: linked instead of node/dtls/dtls.c.
 *
 * Shape    an address is a node, so a session is known by its two nodes and a number; a handshake is one moment
 *          that comes three round trips after the dial
 * Law      as dtls.h says: one of `opened` and `failed` for each dial, one `closed` for each opened session
 *          datagrams are lost, doubled and late as the weather wants; DTLS would drop the doubled ones itself, but
 *          what stands above it must not need that
 */
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

struct dtls_identity {
	struct id node;
};

struct session {
	struct session *next;
	struct dtls *d;
	uint64_t number;
	struct sim_node *peer;
	struct id node;
	union address address;
	bool dialled, gone;
	void *cookie, *user;
	struct session_counts counts;
};

struct dial {
	struct dial *next;
	uint64_t number;
	union address to;
	bool has_pin;
	struct id pin;
	void *cookie;
	int64_t began_ms;
};

struct dtls {
	struct sim_node *self;
	struct dtls_options options;
	struct dtls_identity identity;
	struct dtls_events events;
	struct session *sessions, *ended;
	struct dial *dials;
	struct dtls_counts counts;
	unsigned depth;
	bool closing;
};

#define SHAKE_MS 30000

/* --- identities --- */

struct dtls_identity *
sim_identity(unsigned number)
{
	struct dtls_identity *i = need_zeroed(1, sizeof *i);
	uint8_t seed[8] = { 'n', 'o', 'd', 'e', (uint8_t)(number + 1) };

	hash_one(BYTES_OF(seed), &i->node);
	return i;
}

enum err_code
dtls_identity_make(const struct world *w, struct buf *out_key, struct buf *out_certificate, struct err *e)
{
	(void)w;
	(void)out_key;
	(void)out_certificate;
	return err_set(e, ERR_FAILED, "identity", "simulated", "a simulated node is given its identity");
}

enum err_code
dtls_identity_open(struct bytes key_der, struct bytes certificate_der, struct dtls_identity **out, struct err *e)
{
	(void)key_der;
	(void)certificate_der;
	(void)out;
	return err_set(e, ERR_FAILED, "identity", "simulated", "a simulated node is given its identity");
}

void
dtls_identity_free(struct dtls_identity *i)
{
	free(i);
}

const struct id *
dtls_identity_node(const struct dtls_identity *i)
{
	return &i->node;
}

const char *
dtls_end_word(enum dtls_end end)
{
	static const char *const words[] = { "closed", "idle", "refused", "timeout", "replaced", "fault", "shutdown" };

	return words[end];
}

/* --- ends --- */

static void
reap(struct dtls *d)
{
	while (d->depth == 0 && d->ended) {
		struct session *s = d->ended;

		d->ended = s->next;
		free(s);
	}
}

static void
enter(struct dtls *d)
{
	d->depth++;
}

static void
leave(struct dtls *d)
{
	d->depth--;
	reap(d);
}

struct flight {
	uint64_t number;
	bool dialled;                   /* the side that it goes to has dialled */
	bool goodbye;
	struct buf bytes;
};

static void end_session(struct session *s, enum dtls_end why);

static struct session *
session_by_number(struct dtls *d, uint64_t number, bool dialled)
{
	for (struct session *s = d->sessions; s; s = s->next)
		if (s->number == number && s->dialled == dialled)
			return s;
	return NULL;
}

/* Is what is looked for in B? Then it has come one step further. */
static void
watch(const struct sim_node *from, const struct sim_node *to, struct bytes b)
{
	struct sim *s = to->sim;

	if (s->watch[0] == 0 || memmem(b.p, b.len, s->watch, strlen(s->watch)) == NULL)
		return;
	if (s->copies[to->number]++ == 0)
		s->hops[to->number] = s->hops[from->number] + 1;
}

static void
land(struct sim_node *to, void *data)
{
	struct flight *f = data;
	struct dtls *d = to->up ? to->node.dtls : NULL;
	struct session *s = d ? session_by_number(d, f->number, f->dialled) : NULL;

	if (s && !sim_is_cut(to->sim, to, s->peer)) {
		enter(d);
		s->counts.heard_ms = to->sim->now_ms;
		s->counts.bytes_in += f->bytes.len;
		watch(s->peer, to, buf_bytes(&f->bytes));
		if (f->goodbye)
			end_session(s, DTLS_END_CLOSED);
		else
			d->events.message(d->events.self, s, buf_bytes(&f->bytes));
		leave(d);
	}
	buf_free(&f->bytes);
}

/* A liar's datagrams are damaged now and then, behind the encryption. */
static void
damage(struct sim_node *n, struct buf *b)
{
	if (!n->liar || !node_in_network(&n->node) || b->len == 0 || !dice_percent(&n->dice, 4))
		return;
	for (unsigned i = dice_below(&n->dice, 4); i < 4; i++)
		b->p[dice_below(&n->dice, (unsigned)b->len)] ^= (uint8_t)(1u << dice_below(&n->dice, 8));
}

static void
fly(struct session *s, struct bytes datagram, bool goodbye)
{
	struct sim_node *self = s->d->self;
	int64_t at[2];
	unsigned copies = sim_fly(self->sim, self, s->peer, at);

	for (unsigned i = 0; i < copies; i++) {
		struct flight *f = need_zeroed(1, sizeof *f);

		f->number = s->number;
		f->dialled = !s->dialled;
		f->goodbye = goodbye;
		buf_put_bytes(&f->bytes, datagram);
		damage(self, &f->bytes);
		sim_at(self->sim, at[i], s->peer, land, f);
	}
}

static void
unlink_session(struct session *s)
{
	struct session **at = &s->d->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->next = s->d->ended;
	s->d->ended = s;
	s->gone = true;
	s->d->counts.sessions--;
}

static void
end_session(struct session *s, enum dtls_end why)
{
	struct dtls *d = s->d;

	if (s->gone)
		return;
	enter(d);
	if (why == DTLS_END_SHUTDOWN || (why == DTLS_END_CLOSED && !d->closing))
		fly(s, (struct bytes){ 0 }, true);
	unlink_session(s);
	d->events.closed(d->events.self, s, why);
	leave(d);
}

/* --- handshakes --- */

static struct dial *
take_dial(struct dtls *d, uint64_t number, const union address *to)
{
	for (struct dial **at = &d->dials, *x; (x = *at) != NULL; at = &x->next)
		if (to ? address_equal(&x->to, to) : x->number == number) {
			*at = x->next;
			d->counts.pending--;
			return x;
		}
	return NULL;
}

static void
fail_dial(struct dtls *d, struct dial *x, enum dtls_end why)
{
	enter(d);
	d->counts.handshakes_failed++;
	d->events.failed(d->events.self, &x->to, x->cookie, why);
	free(x);
	leave(d);
}

/* The session at one of the two ends. What there was between the two before goes. */
static void
establish(struct dtls *d, struct sim_node *peer, uint64_t number, bool dialled, void *cookie)
{
	struct session *s = need_zeroed(1, sizeof *s);

	s->d = d;
	s->number = number;
	s->peer = peer;
	s->node = *dtls_identity_node(peer->home.identity);
	sim_address(peer->number, &s->address);
	s->dialled = dialled;
	s->cookie = cookie;
	s->counts.opened_ms = s->counts.heard_ms = d->self->sim->now_ms;
	s->next = d->sessions;
	d->sessions = s;
	d->counts.sessions++;
	d->counts.handshakes_done++;
	enter(d);
	d->events.opened(d->events.self, s);
	for (struct session *o = s->gone ? NULL : s->next, *next; o; o = next) {
		next = o->next;
		if (o->peer == peer)
			end_session(o, DTLS_END_REPLACED);
	}
	leave(d);
}

/* A dial of the other direction that waits is answered by this session. */
static void
answer_own_dial(struct dtls *d, struct sim_node *peer, void **out_cookie)
{
	union address a;
	struct dial *own;

	sim_address(peer->number, &a);
	*out_cookie = NULL;
	if ((own = take_dial(d, 0, &a)) == NULL)
		return;
	if (own->has_pin && !id_equal(&own->pin, dtls_identity_node(peer->home.identity))) {
		fail_dial(d, own, DTLS_END_REFUSED);
		return;
	}
	*out_cookie = own->cookie;
	free(own);
}

struct shake {
	uint64_t number;
	unsigned tries;
};
static void shake(struct sim_node *self, void *data);

static void
shake_again(struct sim_node *self, struct shake *old, int64_t at)
{
	struct shake *again = need_alloc(sizeof *again);

	*again = (struct shake){ old->number, old->tries + 1 };
	sim_at(self->sim, at, self, shake, again);
}

static bool
reaches(struct sim_node *self, struct sim_node *peer)
{
	struct sim *s = self->sim;

	return peer && peer->up && peer->node.dtls && peer->node.dtls->options.accept &&
	    !sim_is_cut(s, self, peer);
}

static void
shake(struct sim_node *self, void *data)
{
	struct shake *h = data;
	struct dtls *d = self->up ? self->node.dtls : NULL, *other;
	struct dial *x = NULL;
	struct sim_node *peer;
	void *cookie;

	for (struct dial *at = d ? d->dials : NULL; at; at = at->next)
		if (at->number == h->number)
			x = at;
	if (x == NULL)
		return; /* answered by the other direction, or the node has stopped */
	peer = sim_by_address(self->sim, &x->to);
	if (self->sim->now_ms - x->began_ms >= SHAKE_MS) {
		fail_dial(d, take_dial(d, h->number, NULL), DTLS_END_TIMEOUT);
		return;
	}
	/* A flight is repeated after 1, 2, 4 ... seconds; there are three each way. */
	if (!reaches(self, peer) || dice_percent(&self->sim->dice, 2 * self->sim->weather.loss)) {
		shake_again(self, h, self->sim->now_ms + (1000LL << (h->tries < 5 ? h->tries : 5)));
		return;
	}
	other = peer->node.dtls;
	if ((x->has_pin && !id_equal(&x->pin, dtls_identity_node(peer->home.identity))) ||
	    d->events.judge(d->events.self, dtls_identity_node(peer->home.identity), true) == DTLS_REFUSE ||
	    other->events.judge(other->events.self, dtls_identity_node(self->home.identity), false) == DTLS_REFUSE) {
		fail_dial(d, take_dial(d, h->number, NULL), DTLS_END_REFUSED);
		return;
	}
	x = take_dial(d, h->number, NULL);
	answer_own_dial(other, self, &cookie);
	establish(other, self, h->number, false, cookie);
	establish(d, peer, h->number, true, x->cookie);
	free(x);
	peer->timer_at = self->sim->now_ms;
}

enum err_code
dtls_dial(struct dtls *d, const union address *to, const struct id *pin, void *cookie, struct err *e)
{
	struct sim *sim = d->self->sim;
	struct dial *x;
	struct shake *h;

	if (d->closing)
		return err_set(e, ERR_FAILED, "dial", "closing", "the node is closing");
	for (x = d->dials; x; x = x->next)
		if (address_equal(&x->to, to))
			return x->cookie == cookie ? ERR_OK :
			    err_set(e, ERR_BUSY, "dial", "dial", "this address is being dialled already");
	x = need_zeroed(1, sizeof *x);
	x->number = ++sim->made;
	x->to = *to;
	x->has_pin = pin != NULL;
	if (pin)
		x->pin = *pin;
	x->cookie = cookie;
	x->began_ms = sim->now_ms;
	x->next = d->dials;
	d->dials = x;
	d->counts.pending++;
	h = need_zeroed(1, sizeof *h);
	h->number = x->number;
	sim_at(sim, sim->now_ms + 1 + 6 * (int64_t)sim->weather.delay_ms +
	    dice_below(&sim->dice, 6 * sim->weather.jitter_ms + 1), d->self, shake, h);
	return ERR_OK;
}

/* The handshake is one moment here, which finds no dial of its number any more. */
bool
dtls_undial(struct dtls *d, const void *cookie)
{
	struct dial *x = d->dials;

	while (x && x->cookie != cookie)
		x = x->next;
	if (x == NULL)
		return false;
	free(take_dial(d, x->number, NULL));
	return true;
}

/* --- the socket --- */

enum err_code
dtls_open(const struct dtls_options *o, const struct dtls_identity *i, const struct world *w,
    const struct dtls_events *ev, struct dtls **out, struct err *e)
{
	struct dtls *d = need_zeroed(1, sizeof *d);

	(void)e;
	d->self = w->self;
	d->options = *o;
	d->identity = *i;
	d->events = *ev;
	*out = d;
	return ERR_OK;
}

static void
close_all(struct dtls *d, enum dtls_end why)
{
	if (d == NULL)
		return;
	d->closing = true;
	enter(d);
	while (d->sessions)
		end_session(d->sessions, why);
	while (d->dials)
		fail_dial(d, take_dial(d, d->dials->number, NULL), why);
	leave(d);
	free(d);
}

void
dtls_close(struct dtls *d)
{
	close_all(d, DTLS_END_SHUTDOWN);
}

void
dtls_sim_crash(struct dtls *d)
{
	close_all(d, DTLS_END_CLOSED); /* while closing: no goodbye */
}

void
dtls_sim_tick(struct dtls *d)
{
	int64_t now = d->self->sim->now_ms;
	struct session *idle;

	enter(d);
	do {
		idle = NULL;
		for (struct session *s = d->sessions; s && idle == NULL; s = s->next)
			if (now - s->counts.heard_ms >= LIMIT_IDLE_MS)
				idle = s;
		if (idle)
			end_session(idle, DTLS_END_IDLE);
	} while (idle);
	leave(d);
}

const union address *
dtls_address(const struct dtls *d)
{
	return &d->options.listen;
}

const struct dtls_counts *
dtls_counts(const struct dtls *d)
{
	return &d->counts;
}

void
dtls_each(struct dtls *d, void (*fn)(void *self, struct session *s), void *self)
{
	enter(d);
	for (struct session *s = d->sessions, *next; s; s = next) {
		next = s->next;
		fn(self, s);
	}
	leave(d);
}

/* --- sessions --- */

enum err_code
session_send(struct session *s, struct bytes datagram)
{
	if (s->gone)
		return ERR_PEER;
	if (datagram.len == 0 || datagram.len > LIMIT_MESSAGE)
		return ERR_LIMIT;
	s->counts.bytes_out += datagram.len;
	fly(s, datagram, false);
	return ERR_OK;
}

void
session_close(struct session *s)
{
	end_session(s, DTLS_END_CLOSED);
}

const struct id *
session_node(const struct session *s)
{
	return &s->node;
}

bool
session_dialled(const struct session *s)
{
	return s->dialled;
}

void *
session_cookie(const struct session *s)
{
	return s->cookie;
}

const union address *
session_address(const struct session *s)
{
	return &s->address;
}

void
session_set_user(struct session *s, void *user)
{
	s->user = user;
}

void *
session_user(const struct session *s)
{
	return s->user;
}

const struct session_counts *
session_counts(const struct session *s)
{
	return &s->counts;
}
