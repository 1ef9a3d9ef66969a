#include "tests/lib/member.h"

#include "proto/message.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 60000

_Noreturn void
member_give_up(const char *what, const struct err *e)
{
	char text[600];

	fprintf(stderr, "%s: %s\n", what, e ? err_text(e, text, sizeof(text)) : "");
	exit(1);
}

bool
member_address(const char *text, union address *out)
{
	struct err e = { 0 };

	return address_parse(text, false, out, &e) == ERR_OK && out->any.sa_family == AF_INET &&
	    ntohl(out->v4.sin_addr.s_addr) >> 24 == 127;
}

void
member_open(struct member_session *m, const char *home)
{
	struct store_options so = { 0 };
	struct records_options ro = { .world = &world_real };
	const struct membership *membership;
	struct err e = { 0 };

	if (home_open(home, &m->home, &e) || store_open(home, &so, &m->store, &e))
		member_give_up("opening", &e);
	ro.store = m->store;
	ro.self = m->home.organisation.public_key;
	if (records_open(&ro, &m->records, &e) || records_refresh(m->records, &membership, &e))
		member_give_up("opening", &e);
}

void
member_close(struct member_session *m)
{
	dtls_close(m->dtls);
	records_close(m->records);
	store_close(m->store);
	home_close(&m->home);
}

/* --- the session --- */

static void
send_datagram(void *self, struct bytes datagram)
{
	struct member_session *m = self;

	(void)session_send(m->session, datagram);
}

static void
requested(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	struct member_session *m = self;

	if (m->requested)
		m->requested(m->self, r, ticket, out);
	else
		member_has_nothing(out);
}

static enum dtls_verdict
judge(void *self, const struct id *node, bool dialled)
{
	(void)self;
	(void)node;
	(void)dialled;
	return DTLS_MEMBER;
}

static void
opened(void *self, struct session *s)
{
	struct member_session *m = self;
	struct exchange_events ev = { .self = m, .send = send_datagram, .request = requested };

	m->session = s;
	m->exchange = exchange_new(&ev, &world_real);
}

static void
message(void *self, struct session *s, struct bytes datagram)
{
	struct member_session *m = self;

	(void)s;
	(void)exchange_receive(m->exchange, datagram, NULL);
}

static void
closed(void *self, struct session *s, enum dtls_end end)
{
	struct member_session *m = self;

	(void)s;
	(void)end;
	exchange_free(m->exchange);
	m->exchange = NULL;
	m->session = NULL;
	m->closed = true;
}

static void
failed(void *self, const union address *to, void *cookie, enum dtls_end end)
{
	struct member_session *m = self;

	(void)to;
	(void)cookie;
	m->refused = true;
	snprintf(m->said, sizeof(m->said), "%s", dtls_end_word(end));
}

bool
member_connect(struct member_session *m, const union address *to)
{
	struct dtls_options o = { .accept = false };
	struct dtls_events ev = { m, judge, opened, message, closed, failed };
	int64_t end = world_tick_ms(&world_real) + DEADLINE_MS;
	struct err e = { 0 };

	if (address_parse("127.0.0.1:0", true, &o.listen, &e) ||
	    dtls_open(&o, m->home.identity, &world_real, &ev, &m->dtls, &e) ||
	    dtls_dial(m->dtls, to, NULL, m, &e))
		member_give_up("dialling", &e);
	dtls_flush(m->dtls);
	while (m->exchange == NULL && !m->refused && world_tick_ms(&world_real) < end)
		member_turn(m, 50);
	return m->exchange != NULL;
}

/* --- time --- */

void
member_turn(struct member_session *m, int wait_ms)
{
	struct pollfd p = { .fd = dtls_fd(m->dtls), .events = POLLIN };
	int64_t wait = dtls_wait_ms(m->dtls), other = m->exchange ? exchange_wait_ms(m->exchange) : -1;

	wait = wait < 0 || wait > wait_ms ? wait_ms : wait;
	wait = other >= 0 && other < wait ? other : wait;
	if (poll(&p, 1, (int)wait) > 0)
		dtls_readable(m->dtls);
	dtls_timer(m->dtls);
	if (m->exchange)
		exchange_timer(m->exchange);
	dtls_flush(m->dtls);
}

bool
member_until(struct member_session *m, const bool *flag)
{
	int64_t end = world_tick_ms(&world_real) + DEADLINE_MS;

	while (!*flag && !m->refused && !m->closed && world_tick_ms(&world_real) < end)
		member_turn(m, 50);
	return *flag;
}

bool
member_until_class(struct member_session *m, unsigned class)
{
	int64_t end = world_tick_ms(&world_real) + DEADLINE_MS;

	while (m->codes[class] == 0 && !m->refused && !m->closed && world_tick_ms(&world_real) < end)
		member_turn(m, 50);
	return m->codes[class] > 0;
}

void
member_linger(struct member_session *m, int64_t ms)
{
	int64_t end = world_tick_ms(&world_real) + ms;

	while (world_tick_ms(&world_real) < end && !m->closed)
		member_turn(m, 20);
}

/* --- asking and answering --- */

void
member_answered(void *self, const struct coap_response *r)
{
	struct member_session *m = self;

	m->last_code = r->failed ? 0 : r->code;
	m->codes[m->last_code / 100]++;
	if (r->why && m->said[0] == 0)
		err_text(r->why, m->said, sizeof(m->said));
}

bool
member_ask(struct member_session *m, uint16_t method, const char *path, const char *query, struct bytes body,
    void (*done)(void *self, const struct coap_response *r))
{
	struct coap_ask q = { .method = method, .path = path, .query = query,
		.format = body.len ? COAP_FORMAT_CBOR : COAP_FORMAT_NONE, .payload = body,
		.done = done ? done : member_answered, .self = m };
	struct err e = { 0 };

	return m->exchange && exchange_ask(m->exchange, &q, &e) == ERR_OK;
}

void
member_hello(const struct member_session *m, struct buf *out)
{
	const struct charter *charter = membership_charter(records_membership(m->records));
	struct message_hello h = { .version_min = PROTOCOL_VERSION, .version_max = PROTOCOL_VERSION,
		.network = prefix_of(records_network(m->records)),
		.organisation = prefix_of(&m->home.organisation.public_key),
		.clock_ms = world_now_ms(&world_real), .subscription = SUBSCRIBE_ALL };

	if (charter)
		h.charter = prefix_of(&charter->id);
	message_hello_write(&h, out);
}

static void
hello_answered(void *self, const struct coap_response *r)
{
	struct member_session *m = self;

	member_answered(self, r);
	m->greeted = r->failed == ERR_OK && r->code == 205;
}

bool
member_greet(struct member_session *m)
{
	struct buf body = { 0 };

	member_hello(m, &body);
	member_ask(m, COAP_POST, "hello", NULL, buf_bytes(&body), hello_answered);
	buf_free(&body);
	return member_until(m, &m->greeted);
}

bool
member_offer(struct member_session *m, bucket_id bucket, struct bytes ids)
{
	struct message_ids offer = { bucket, ids };
	struct buf body = { 0 };
	bool asked;

	message_ids_write(&offer, &body);
	asked = member_ask(m, COAP_POST, "offer", NULL, buf_bytes(&body), NULL);
	buf_free(&body);
	return asked;
}

bool
member_is_asked(const struct coap_request *r, const char *path)
{
	size_t len = strlen(path);
	bool below = len && path[len - 1] == '/';

	return r->path_count == (below ? 2 : 1) &&
	    bytes_equal(r->path[0], (struct bytes){ (const uint8_t *)path, below ? len - 1 : len });
}

void
member_has_nothing(struct coap_answer *out)
{
	struct err e;

	err_set(&e, ERR_MISSING, "path", "known", "nothing here");
	answer_error(out, &e);
}
