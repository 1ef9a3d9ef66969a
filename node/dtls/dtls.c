#include "node/dtls/inside.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_AT_ONCE  32     /* datagrams a recvmmsg */
#define READ_MAX      256    /* datagrams a call, so that the loop's other work gets its turn */
#define SOCKET_BUFFER (4 << 20)
#define RETRY_SEND_MS 2      /* the kernel's queue was full */

enum content_type { TYPE_CHANGE = 20, TYPE_ALERT, TYPE_HANDSHAKE, TYPE_DATA };
enum handshake_type { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_VERIFY_REQUEST = 3 };

struct inbox {
	struct {
		union address from;
		_Alignas(struct cmsghdr) uint8_t control[64];
		uint8_t bytes[DATAGRAM_MAX];
	} slots[READ_AT_ONCE];
	struct iovec pieces[READ_AT_ONCE];
	struct mmsghdr heads[READ_AT_ONCE];
};

/* Every call that may run callbacks stands between these two. */
static void
enter(struct dtls *d)
{
	d->depth++;
}

static void
leave(struct dtls *d)
{
	d->depth--;
	session_reap(d);
}

/* Opening. */

static bool
is_wildcard(const union address *a)
{
	return a->any.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr)
	                                    : a->v4.sin_addr.s_addr == INADDR_ANY;
}

/* Best effort: a node works with less. */
static void
set_options(int fd, const union address *listen)
{
	bool six = listen->any.sa_family == AF_INET6;
	int size = SOCKET_BUFFER, yes = 1, no = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
	if (is_wildcard(listen)) /* else there is one source address only */
		setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVPKTINFO : IP_PKTINFO, &yes,
		    sizeof yes);
}

static enum err_code
open_socket(struct dtls *d, struct err *e)
{
	const union address *listen = &d->options.listen;
	char text[ADDRESS_TEXT];
	socklen_t len = sizeof d->bound;
	int number;

	d->fd = socket(listen->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (d->fd >= 0) {
		set_options(d->fd, listen);
		if (bind(d->fd, &listen->any, address_len(listen)) == 0 &&
		    getsockname(d->fd, &d->bound.any, &len) == 0)
			return ERR_OK;
	}
	number = errno;
	address_format(listen, text);
	if (number == EADDRINUSE)
		return err_set(e, ERR_FAILED, text, "listen", "another program uses this port; stop it, or name another port in "
		    "kilim.conf: network.listen");
	if (number == EADDRNOTAVAIL)
		return err_set(e, ERR_FAILED, text, "listen", "this computer has no such address; correct kilim.conf: network.listen");
	return err_set(e, ERR_FAILED, text, "listen", "%s", strerror(number));
}

static enum err_code
configure(struct dtls *d, struct err *e)
{
	union {
		const struct dtls_identity *in;
		struct dtls_identity *out;
	} own = { d->identity }; /* mbedTLS reads it through pointers that are not const */
	int rc;

	mbedtls_ssl_config_init(&d->client);
	mbedtls_ssl_config_init(&d->server);
	mbedtls_ssl_cookie_init(&d->cookies);
	if ((rc = mbed_configure(&d->client, MBEDTLS_SSL_IS_CLIENT, &d->world, &own.out->certificate,
	         &own.out->key)) == 0 &&
	    (rc = mbed_configure(&d->server, MBEDTLS_SSL_IS_SERVER, &d->world, &own.out->certificate,
	         &own.out->key)) == 0)
		rc = mbedtls_ssl_cookie_setup(&d->cookies, mbed_random, &d->world);
	if (rc)
		return err_set(e, ERR_FAILED, "DTLS", "configure", "mbedTLS says -0x%04x", (unsigned)-rc);
	mbedtls_ssl_conf_dtls_cookies(&d->server, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &d->cookies);
	return ERR_OK;
}

static struct inbox *
make_inbox(void)
{
	struct inbox *in = need_zeroed(1, sizeof *in);

	for (size_t i = 0; i < READ_AT_ONCE; i++) {
		in->pieces[i] = (struct iovec){ in->slots[i].bytes, DATAGRAM_MAX };
		in->heads[i].msg_hdr = (struct msghdr){ .msg_name = &in->slots[i].from,
			.msg_iov = &in->pieces[i], .msg_iovlen = 1, .msg_control = in->slots[i].control };
	}
	return in;
}

static void
free_all(struct dtls *d)
{
	mbedtls_ssl_config_free(&d->client);
	mbedtls_ssl_config_free(&d->server);
	mbedtls_ssl_cookie_free(&d->cookies);
	if (d->fd >= 0)
		close(d->fd);
	budget_free(d->budget);
	outbox_free(d->outbox);
	free(d->inbox);
	free(d->table.heap);
	free(d);
}

enum err_code
dtls_open(const struct dtls_options *o, const struct dtls_identity *i, const struct world *w,
    const struct dtls_events *ev, struct dtls **out, struct err *e)
{
	struct dtls *d = need_zeroed(1, sizeof *d);
	enum err_code rc;

	assert(o->max_sessions <= LIMIT_SESSIONS_HARD);
	mbed_start();
	d->options = *o;
	if (d->options.max_sessions == 0)
		d->options.max_sessions = LIMIT_SESSIONS;
	if (d->options.idle_ms == 0)
		d->options.idle_ms = LIMIT_IDLE_MS;
	d->identity = i;
	d->world = *w;
	d->events = *ev;
	world_random(w, d->table.seed, sizeof d->table.seed);
	d->budget = budget_new(w);
	d->outbox = outbox_new();
	d->inbox = make_inbox();
	d->fd = -1;
	if ((rc = configure(d, e)) != ERR_OK || (rc = open_socket(d, e)) != ERR_OK) {
		free_all(d);
		return rc;
	}
	*out = d;
	return ERR_OK;
}

void
dtls_close(struct dtls *d)
{
	if (d == NULL)
		return;
	assert(d->depth == 0);
	enter(d);
	d->closing = true; /* callbacks can dial no more */
	for (struct session *s = d->all; s; s = s->next)
		session_end(s, DTLS_END_SHUTDOWN);
	outbox_send(d);
	leave(d);
	free_all(d);
}

int
dtls_fd(const struct dtls *d)
{
	return d->fd;
}

const union address *
dtls_address(const struct dtls *d)
{
	return &d->bound;
}

/* Reading. */

/*
 * A ClientHello without a cookie of ours is answered from the stack and forgotten. The cookie is an HMAC over the
 * address and the time; with it the address is real, and only then a session is made.
 */
static void
hear_hello(struct dtls *d, const struct path *from, struct bytes datagram)
{
	uint8_t key[ADDRESS_KEY], cookie[64], answer[HELLO_ANSWER_MAX], *end = cookie;
	struct hello h;
	size_t len;

	if (!d->options.accept || !hello_parse(datagram, &h)) {
		d->counts.garbage++;
		return;
	}
	address_key(&from->peer, key);
	if (h.cookie.len > 0 &&
	    mbedtls_ssl_cookie_check(&d->cookies, h.cookie.p, h.cookie.len, key, sizeof key) == 0) {
		session_accept(d, from, &h, datagram);
		return;
	}
	if (mbedtls_ssl_cookie_write(&d->cookies, &end, cookie + sizeof cookie, key, sizeof key) != 0)
		return;
	len = hello_answer(&h, (struct bytes){ cookie, (size_t)(end - cookie) }, answer);
	outbox_put(d, from, answer, len);
	d->counts.hellos_answered++;
}

/* Not encrypted: the two hellos of a server mean our attempt to dial; the rest any attempt. */
static bool
hear_shaking(struct dtls *d, const struct path *from, struct bytes datagram)
{
	struct session *pending = table_pending(d, &from->peer), *open;
	uint8_t type = datagram.p[0], message = datagram.len > RECORD_HEAD ? datagram.p[RECORD_HEAD] : 0;
	bool for_client = type == TYPE_HANDSHAKE && (message == SERVER_HELLO || message == HELLO_VERIFY_REQUEST);

	if (pending && (pending->dialled || !for_client)) {
		session_shake(pending, datagram);
		return true;
	}
	/* A last flight that the peer sends again, because our answer to it was lost. */
	open = table_open(d, &from->peer);
	if (for_client)
		return false;
	return open ? session_take(open, datagram) : move_take(d, from, datagram);
}

/*
 * Encrypted: for the established session, else for the attempt, else for a session whose peer has moved. An attempt
 * that waits for Finished fails on any record it cannot decrypt, so it is shown nothing but what may be Finished.
 */
static bool
hear_sealed(struct dtls *d, const struct path *from, struct bytes datagram)
{
	struct session *open = table_open(d, &from->peer), *pending;

	if (open && session_take(open, datagram))
		return true;
	pending = table_pending(d, &from->peer);
	if (pending && pending->state == SESSION_WAITING && session_take(pending, datagram))
		return true;
	if (pending == NULL || pending->state == SESSION_WAITING || datagram.p[0] != TYPE_HANDSHAKE)
		return move_take(d, from, datagram);
	session_shake(pending, datagram);
	return true;
}

static bool
is_record(struct bytes b)
{
	return b.len > RECORD_HEAD && b.p[0] >= TYPE_CHANGE && b.p[0] <= TYPE_DATA && b.p[1] == 0xfe &&
	    get_u16(b.p + 11) <= b.len - RECORD_HEAD;
}

static void
hear(struct dtls *d, const struct path *from, struct bytes datagram)
{
	bool known = false;

	d->counts.datagrams_in++;
	d->counts.bytes_in += datagram.len;
	if (!is_record(datagram))
		known = false;
	else if (get_u16(datagram.p + 3) > 0)
		known = hear_sealed(d, from, datagram);
	else if (datagram.p[0] == TYPE_HANDSHAKE && datagram.p[RECORD_HEAD] == CLIENT_HELLO) {
		hear_hello(d, from, datagram);
		known = true;
	} else
		known = hear_shaking(d, from, datagram);
	if (!known)
		d->counts.garbage++;
}

/* Where it was sent to, when the socket listens on every address. */
static void
read_source(struct msghdr *m, struct path *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in6_pktinfo six;
		struct in_pktinfo four;

		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&six, CMSG_DATA(c), sizeof six);
			out->source = six.ipi6_addr;
			out->has_source = true;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&four, CMSG_DATA(c), sizeof four);
			out->source = (struct in6_addr){ 0 };
			out->source.s6_addr[10] = out->source.s6_addr[11] = 0xff;
			memcpy(out->source.s6_addr + 12, &four.ipi_addr, 4);
			out->has_source = true;
		}
	}
}

static int
receive(struct dtls *d)
{
	struct inbox *in = d->inbox;
	int got;

	for (size_t i = 0; i < READ_AT_ONCE; i++) {
		in->heads[i].msg_hdr.msg_namelen = sizeof in->slots[i].from;
		in->heads[i].msg_hdr.msg_controllen = sizeof in->slots[i].control;
	}
	do
		got = recvmmsg(d->fd, in->heads, READ_AT_ONCE, 0, NULL);
	while (got < 0 && errno == EINTR);
	return got;
}

void
dtls_readable(struct dtls *d)
{
	struct inbox *in = d->inbox;
	int total = 0, got;

	assert(d->depth == 0);
	enter(d);
	do {
		got = receive(d);
		for (int i = 0; i < got; i++) {
			struct path from = { .peer = in->slots[i].from };

			address_unmap(&from.peer);
			read_source(&in->heads[i].msg_hdr, &from);
			hear(d, &from, (struct bytes){ in->slots[i].bytes, in->heads[i].msg_len });
		}
		total += got > 0 ? got : 0;
	} while (got == READ_AT_ONCE && total < READ_MAX);
	outbox_send(d);
	leave(d);
}

/* Time. */

int64_t
dtls_wait_ms(const struct dtls *d)
{
	const struct session *s = table_first(d);
	int64_t wait = -1;

	if (s) {
		wait = s->due - world_tick_ms(&d->world);
		if (wait < 0)
			wait = 0;
	}
	if (!outbox_is_empty(d->outbox) && (wait < 0 || wait > RETRY_SEND_MS))
		wait = RETRY_SEND_MS;
	return wait;
}

void
dtls_timer(struct dtls *d)
{
	int64_t now = world_tick_ms(&d->world);
	struct session *s;

	assert(d->depth == 0);
	enter(d);
	while ((s = table_first(d)) != NULL && s->due <= now)
		session_tick(s, now);
	outbox_send(d);
	leave(d);
}

void
dtls_flush(struct dtls *d)
{
	outbox_send(d);
	session_reap(d);
}

/* Dialling. */

enum err_code
dtls_dial(struct dtls *d, const union address *to, const struct id *pin, void *cookie, struct err *e)
{
	struct path path = { .peer = *to };
	struct session *pending;
	char text[ADDRESS_TEXT];
	enum err_code rc = ERR_OK;

	address_unmap(&path.peer);
	address_format(&path.peer, text);
	if (d->closing)
		return err_set(e, ERR_FAILED, text, "dial", "this node is stopping");
	if (path.peer.any.sa_family == AF_INET6 && d->bound.any.sa_family == AF_INET)
		return err_set(e, ERR_FAILED, text, "dial", "this node listens on IPv4 only");
	enter(d);
	if ((pending = table_pending(d, &path.peer)) != NULL)
		rc = session_join(pending, pin, cookie, e);
	else if (d->counts.sessions + d->counts.pending >= d->options.max_sessions)
		rc = err_set(e, ERR_LIMIT, text, "sessions", "all %u sessions are in use", d->options.max_sessions);
	else
		session_dial(d, &path, pin, cookie);
	d->depth--;
	return rc;
}

bool
dtls_undial(struct dtls *d, const void *cookie)
{
	struct session *s = d->all;

	while (s && !(s->state == SESSION_DIALLING && s->wanted && s->cookie == cookie))
		s = s->next;
	if (s == NULL)
		return false;
	enter(d);
	s->wanted = false;
	session_end(s, DTLS_END_CLOSED);
	d->depth--;
	return true;
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
	for (struct session *s = d->all; s; s = s->next)
		if (s->state == SESSION_OPEN)
			fn(self, s);
	d->depth--;
}
