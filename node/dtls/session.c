#include "node/dtls/inside.h"

#include <assert.h>
#include <string.h>

/*
 *   dtls_dial ---------> DIALLING ----+
 *                           |         | finished, key proved and let in, no rival wins
 *   ClientHello with        |         v
 *   our cookie ------> ACCEPTING --> OPEN
 *                        |  |         ^ |
 *     finished beside an |  |         | | the peer has used it
 *     older session      '--|--> WAITING|
 *                           |      |    |
 *                           v      v    v
 *   `failed` if a dial     GONE <--+----+ `closed`
 *   waited for it
 *
 * Who accepts has finished before the dialler knows: the last flight may get lost, and all its repetitions. So the session
 * that the peer has lives until the new one is used.
 *
 * What is GONE is freed when no call of ours is on the stack any more.
 */
static const bool may_become[SESSION_STATES][SESSION_STATES] = {
	[SESSION_DIALLING]  = { [SESSION_OPEN] = true, [SESSION_GONE] = true },
	[SESSION_ACCEPTING] = { [SESSION_OPEN] = true, [SESSION_WAITING] = true, [SESSION_GONE] = true },
	[SESSION_WAITING]   = { [SESSION_OPEN] = true, [SESSION_GONE] = true },
	[SESSION_OPEN]      = { [SESSION_GONE] = true },
};

const char *
dtls_end_word(enum dtls_end end)
{
	static const char *const words[] = {
		[DTLS_END_CLOSED] = "closed", [DTLS_END_IDLE] = "idle", [DTLS_END_REFUSED] = "refused",
		[DTLS_END_TIMEOUT] = "timeout", [DTLS_END_REPLACED] = "replaced", [DTLS_END_FAULT] = "fault",
		[DTLS_END_SHUTDOWN] = "shutdown",
	};

	return words[end];
}

static void
become(struct session *s, enum session_state next)
{
	assert(may_become[s->state][next]);
	s->state = next;
}

static bool
is_shaking(const struct session *s)
{
	return s->state == SESSION_DIALLING || s->state == SESSION_ACCEPTING;
}

static bool
takes_data(const struct session *s)
{
	return s->state == SESSION_OPEN || s->state == SESSION_WAITING;
}

bool
session_is_pending(const struct session *s)
{
	return is_shaking(s) || s->state == SESSION_WAITING;
}

/* mbedTLS's four callbacks. */

static int
give(void *self, const unsigned char *p, size_t len)
{
	struct session *s = self;
	struct hello h;

	if (s->state == SESSION_DIALLING && hello_parse((struct bytes){ p, len }, &h)) {
		memcpy(s->random, h.random, sizeof s->random);
		s->cookie_shown = h.cookie.len > 0;
	}
	if (outbox_put(s->d, &s->path, p, len))
		s->counts.bytes_out += len;
	return (int)len;
}

static int
take(void *self, unsigned char *p, size_t max)
{
	struct session *s = self;
	size_t len = s->in.len < max ? s->in.len : max;

	if (len == 0)
		return MBEDTLS_ERR_SSL_WANT_READ;
	memcpy(p, s->in.p, len);
	s->in = (struct bytes){ 0 };
	return (int)len;
}

/* Birth. */

static void
link_session(struct session *s)
{
	struct dtls *d = s->d;

	s->next = d->all;
	s->prev_next = &d->all;
	if (s->next)
		s->next->prev_next = &s->next;
	d->all = s;
	table_add(d, s);
	d->counts.pending++;
}

static struct session *
create(struct dtls *d, const struct path *path, bool dialled)
{
	struct session *s = need_zeroed(1, sizeof *s);
	int rc;

	s->d = d;
	s->state = dialled ? SESSION_DIALLING : SESSION_ACCEPTING;
	s->dialled = dialled;
	s->path = *path;
	s->started = s->counts.heard_ms = world_tick_ms(&d->world);
	s->due = flight_end(s);
	mbedtls_ssl_init(&s->ssl);
	rc = mbedtls_ssl_setup(&s->ssl, dialled ? &d->client : &d->server);
	if (rc == 0)
		rc = mbedtls_ssl_set_hostname(&s->ssl, NULL); /* 3.6 wants to hear that no name is expected */
	if (rc)
		need_alloc(SIZE_MAX); /* memory is the only thing that can be missing here */
	mbedtls_ssl_set_mtu(&s->ssl, PATH_MTU);
	mbedtls_ssl_set_bio(&s->ssl, s, give, take, NULL);
	mbedtls_ssl_set_timer_cb(&s->ssl, s, flight_set_timers, flight_get_timers);
	mbedtls_ssl_set_verify(&s->ssl, admit_verify, s);
	link_session(s);
	return s;
}

/* Waking: a handshake by mbedTLS's timer, a session when it has been silent for too long. */
static void
rearm(struct session *s)
{
	int64_t due = flight_end(s);

	if (is_shaking(s) && s->late && s->late < due)
		due = s->late;
	if (s->state == SESSION_OPEN)
		due = s->counts.heard_ms + s->d->options.idle_ms;
	if (s->state != SESSION_GONE && due != s->due)
		table_due(s->d, s, due);
}

/* The handshake. */

static enum dtls_end
end_of(int rc)
{
	static const struct {
		int rc;
		enum dtls_end end;
	} rows[] = {
		{ MBEDTLS_ERR_SSL_TIMEOUT, DTLS_END_TIMEOUT },
		{ MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, DTLS_END_REFUSED },
		{ MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, DTLS_END_REFUSED },
		{ MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, DTLS_END_REFUSED },
		{ MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, DTLS_END_REFUSED },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].rc == rc)
			return rows[i].end;
	return DTLS_END_FAULT;
}

static void
give_up(struct session *s, int rc)
{
	if (rc == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || rc == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE)
		s->d->counts.refused_key++;
	if (rc == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) /* which mbedTLS keeps to itself */
		mbedtls_ssl_send_alert_message(&s->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
		    MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
	session_end(s, end_of(rc));
}

static void
refuse_key(struct session *s)
{
	s->d->counts.refused_key++;
	mbedtls_ssl_send_alert_message(&s->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED);
	session_end(s, DTLS_END_REFUSED);
}

static void read_all(struct session *s);

/* Step by step, so that the owner is asked between the proof of the key and whatever the peer learns next. */
static void
drive(struct session *s)
{
	while (is_shaking(s)) {
		int rc = mbedtls_ssl_handshake_step(&s->ssl);

		if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE)
			break;
		if (rc)
			give_up(s, rc);
		else if (!s->judged && mbed_key_proved(&s->ssl, s->dialled) && !admit_key(s))
			refuse_key(s);
		else if (mbed_is_over(&s->ssl))
			admit_finished(s);
	}
	if (takes_data(s))
		read_all(s); /* what came in the same datagram, behind Finished */
	rearm(s);
}

void
session_shake(struct session *s, struct bytes datagram)
{
	if (s->state == SESSION_WAITING) {
		(void)session_take(s, datagram);
		return;
	}
	s->in = datagram;
	s->counts.bytes_in += datagram.len;
	s->counts.heard_ms = world_tick_ms(&s->d->world);
	drive(s);
	s->in = (struct bytes){ 0 };
}

void
session_dial(struct dtls *d, const struct path *to, const struct id *pin, void *cookie)
{
	struct session *s = create(d, to, true);

	s->wanted = true;
	s->cookie = cookie;
	if (pin) {
		s->has_pin = true;
		s->pin = *pin;
	}
	drive(s);
}

enum err_code
session_join(struct session *s, const struct id *pin, void *cookie, struct err *e)
{
	char text[ADDRESS_TEXT];

	address_format(&s->path.peer, text);
	if (pin && s->has_pin && !id_equal(pin, &s->pin))
		return err_set(e, ERR_CONFLICT, text, "pin", "another node is being dialled there");
	if (s->wanted && s->cookie != cookie) /* each dial is answered once, and this one would not be */
		return err_set(e, ERR_BUSY, text, "dial", "this address is being dialled already");
	if (pin) {
		s->has_pin = true;
		s->pin = *pin;
	}
	s->cookie = cookie;
	s->wanted = true;
	return ERR_OK;
}

/* Which handshake goes on when a ClientHello H with our cookie comes from where OLD is pending? */
static bool
yields(const struct session *old, const struct hello *h)
{
	/* Before our own hello carried a cookie the peer cannot know of it, and it may never accept one. */
	if (old->dialled)
		return !old->cookie_shown || memcmp(h->random, old->random, sizeof old->random) < 0;
	return true; /* it has begun again */
}

/* Nobody is told: NEW answers the dial that OLD was to answer. */
static void
inherit(struct session *new, struct session *old)
{
	new->wanted = old->wanted;
	new->cookie = old->cookie;
	new->has_pin = old->has_pin;
	new->pin = old->pin;
	old->wanted = false;
}

void
session_accept(struct dtls *d, const struct path *from, const struct hello *h, struct bytes datagram)
{
	struct session *open = table_open(d, &from->peer), *old = table_pending(d, &from->peer), *s;
	uint8_t key[ADDRESS_KEY];
	enum charge charge;

	if (open && !open->dialled && memcmp(open->random, h->random, sizeof h->random) == 0)
		return; /* the network repeats the hello of the session we have */
	if (old && !old->dialled && memcmp(old->random, h->random, sizeof h->random) == 0) {
		session_shake(old, datagram);
		return;
	}
	if (old && old->dialled && memcmp(old->random, h->random, sizeof h->random) == 0) {
		session_end(old, DTLS_END_REFUSED); /* we have dialled ourselves */
		return;
	}
	if ((old && !yields(old, h)) || !admit_hello(d, &from->peer, &charge))
		return;
	/* admit_hello may have ended sessions. */
	old = table_pending(d, &from->peer);
	s = create(d, from, false);
	s->charge = charge;
	s->anonymous = true;
	d->anonymous++;
	memcpy(s->random, h->random, sizeof s->random);
	if (old) {
		inherit(s, old);
		session_end(old, DTLS_END_REPLACED);
	}
	address_key(&from->peer, key);
	if (mbedtls_ssl_set_client_transport_id(&s->ssl, key, sizeof key) != 0)
		need_alloc(SIZE_MAX);
	session_shake(s, datagram);
}

/* The established session. */

void
session_establish(struct session *s)
{
	struct dtls *d = s->d;

	become(s, SESSION_OPEN);
	s->wanted = false;
	d->counts.pending--;
	d->counts.sessions++;
	s->counts.opened_ms = s->counts.heard_ms = world_tick_ms(&d->world);
	rearm(s);
	d->events.opened(d->events.self, s);
}

void
session_wait(struct session *s)
{
	become(s, SESSION_WAITING);
}

static void
read_all(struct session *s)
{
	struct dtls *d = s->d;

	while (takes_data(s)) {
		int rc = mbedtls_ssl_read(&s->ssl, d->plain, sizeof d->plain);

		if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE)
			break;
		if (rc < 0) {
			s->peer_left = rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
			session_end(s, s->peer_left ? DTLS_END_CLOSED : DTLS_END_FAULT);
			break;
		}
		s->counts.heard_ms = world_tick_ms(&d->world);
		if (rc > 0 && s->state == SESSION_WAITING)
			admit_used(s);
		if (rc > 0 && s->state == SESSION_OPEN)
			d->events.message(d->events.self, s, (struct bytes){ d->plain, (size_t)rc });
	}
}

/*
 * Only records of an epoch after the handshake are shown to an established session, one by one: what is not
 * encrypted has nothing to say to it (mbedTLS would begin anew for a ClientHello), and of a last flight that
 * the peer sends again the Finished at its end is all that is needed to repeat our answer.
 */
bool
session_take(struct session *s, struct bytes datagram)
{
	struct mbed_window before = mbed_window(&s->ssl), after;
	size_t at = 0, len;

	for (; datagram.len - at >= RECORD_HEAD && takes_data(s); at += len) {
		len = RECORD_HEAD + (size_t)get_u16(datagram.p + at + 11);
		if (len > datagram.len - at)
			break;
		if (get_u16(datagram.p + at + 3) == 0)
			continue;
		s->in = (struct bytes){ datagram.p + at, len };
		read_all(s);
		s->in = (struct bytes){ 0 };
	}
	after = mbed_window(&s->ssl);
	if (after.top == before.top && after.seen == before.seen)
		return false;
	s->counts.bytes_in += datagram.len;
	s->counts.heard_ms = world_tick_ms(&s->d->world);
	return true;
}

void
session_tick(struct session *s, int64_t now)
{
	if (s->state == SESSION_OPEN) {
		/* The timer is not moved for each datagram heard; it looks again when it fires. */
		if (s->broken)
			session_end(s, DTLS_END_FAULT);
		else if (now - s->counts.heard_ms >= s->d->options.idle_ms)
			session_end(s, DTLS_END_IDLE);
	} else if (now >= flight_end(s)) {
		session_end(s, DTLS_END_TIMEOUT);
	} else if (s->state == SESSION_WAITING) {
		if (!admit_waits(s))
			admit_used(s);
	} else {
		drive(s);
	}
	rearm(s);
	if (s->state != SESSION_GONE && s->due <= now)
		table_due(s->d, s, now + 100);
}

/* The end. */

/* Not to a peer that has left already; during a handshake mbedTLS has sent the alert that fits. */
static void
say_goodbye(struct session *s)
{
	if (!s->peer_left && mbed_is_over(&s->ssl))
		mbedtls_ssl_close_notify(&s->ssl);
}

static void
settle(struct session *s)
{
	struct dtls *d = s->d;

	budget_settle(d->budget, &s->path.peer, s->charge, false, world_tick_ms(&d->world));
	s->charge = CHARGE_NONE;
	if (s->anonymous)
		d->anonymous--;
	s->anonymous = false;
}

/* Once, to whoever was told or promised something about S. */
static void
tell(struct session *s, bool was_open, enum dtls_end why)
{
	struct dtls *d = s->d;

	d->depth++; /* a dtls_flush in the callback must not free S */
	if (was_open)
		d->events.closed(d->events.self, s, why);
	else if (s->wanted)
		d->events.failed(d->events.self, &s->path.peer, s->cookie, why);
	d->depth--;
}

void
session_end(struct session *s, enum dtls_end why)
{
	struct dtls *d = s->d;
	bool was_open = s->state == SESSION_OPEN;

	if (s->state == SESSION_GONE)
		return;
	say_goodbye(s);
	settle(s);
	become(s, SESSION_GONE);
	table_remove(d, s);
	d->gone++;
	if (was_open) {
		d->counts.sessions--;
	} else {
		d->counts.pending--;
		d->counts.handshakes_failed += !mbed_is_over(&s->ssl);
	}
	admit_ended(s);
	tell(s, was_open, why);
}

void
session_reap(struct dtls *d)
{
	struct session *s, *next;

	if (d->depth > 0 || d->gone == 0)
		return;
	for (s = d->all; s; s = next) {
		next = s->next;
		if (s->state != SESSION_GONE)
			continue;
		*s->prev_next = next;
		if (next)
			next->prev_next = s->prev_next;
		mbedtls_ssl_free(&s->ssl);
		free(s);
	}
	d->gone = 0;
}

/* What the owner does with a session. */

enum err_code
session_send(struct session *s, struct bytes datagram)
{
	int rc;

	if (s->state != SESSION_OPEN || s->broken)
		return ERR_PEER;
	if (datagram.len == 0 || datagram.len > LIMIT_MESSAGE || !outbox_has_room(s->d))
		return ERR_LIMIT;
	rc = mbedtls_ssl_write(&s->ssl, datagram.p, datagram.len);
	if (rc == (int)datagram.len)
		return ERR_OK;
	/* The sequence numbers are used up, after 2^48 records. It ends at the next tick: whoever sends may be deep
	 * in what `closed` would free. */
	s->broken = true;
	table_due(s->d, s, world_tick_ms(&s->d->world));
	return ERR_PEER;
}

void
session_close(struct session *s)
{
	session_end(s, DTLS_END_CLOSED);
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
	return &s->path.peer;
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
