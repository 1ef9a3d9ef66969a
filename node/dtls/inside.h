/*
 * inside - what the files of this room share, and nobody else includes.
 *
 * Source   proto/sessions.md
 */
#ifndef KILIM_DTLS_INSIDE_H
#define KILIM_DTLS_INSIDE_H

#include "node/dtls/dtls.h"
#include "node/dtls/mbed.h"
#include "proto/limits.h"

#include <stdlib.h>

#define DATAGRAM_MAX 2048   /* longest datagram that is read whole; longer ones are cut and so refused */
#define RECORD_HEAD  13     /* type, version, epoch, sequence number, length */
#define PATH_MTU     1200   /* of the UDP payload: fits IPv6's least MTU with room for a tunnel */

/* identity.c */
struct dtls_identity {
	mbedtls_pk_context key;
	mbedtls_x509_crt certificate;
	struct id node;
};
void identity_node(const uint8_t spki[MBED_SPKI], struct id *out);

/* address.c: IPv4 is always sockaddr_in here; only the socket sees it mapped into IPv6. */
#define ADDRESS_KEY 22      /* address as IPv6, port, scope: equal exactly when the addresses are */
void address_key(const union address *a, uint8_t out[ADDRESS_KEY]);
void address_unmap(union address *a);
void address_map(union address *a);
socklen_t address_len(const union address *a);
uint16_t address_port(const union address *a);
void address_set_port(union address *a, uint16_t port);

/* The two ends of a conversation; the kernel chooses our end while `has_source` is false. */
struct path {
	union address peer;
	struct in6_addr source;
	bool has_source;
};

/* budget.c: what strangers may cost us, by the /32 or /56 they come from. */
enum charge { CHARGE_NONE, CHARGE_TOKEN, CHARGE_BORROWED };
struct budget;
struct budget *budget_new(const struct world *w);
void budget_free(struct budget *b);
/* May a handshake begin whose key is not known yet? CHARGE_NONE: no. */
enum charge budget_take(struct budget *b, const union address *a, int64_t now);
/* It has ended; a member gets everything back, and the prefix is remembered as one where members live. */
void budget_settle(struct budget *b, const union address *a, enum charge charge, bool member, int64_t now);

/* hello.c: ClientHello and HelloVerifyRequest, by hand, so that a stranger's first datagram costs no memory. */
struct hello {
	uint8_t sequence[6];        /* of its record */
	uint8_t random[32];
	struct bytes cookie;        /* borrowed from the datagram */
};
#define HELLO_ANSWER_MAX 128
bool hello_parse(struct bytes datagram, struct hello *out);
size_t hello_answer(const struct hello *h, struct bytes cookie, uint8_t out[HELLO_ANSWER_MAX]);

/* outbox.c: datagrams gathered for one sendmmsg. */
struct outbox;
struct outbox *outbox_new(void);
void outbox_free(struct outbox *o);
bool outbox_is_empty(const struct outbox *o);
/* Makes room by sending when it is full; false: the kernel takes nothing now. */
bool outbox_has_room(struct dtls *d);
/* False: dropped, as a network may. */
bool outbox_put(struct dtls *d, const struct path *to, const void *p, size_t len);
void outbox_send(struct dtls *d);

/* session.c: the lifecycle is drawn there. */
enum session_state { SESSION_DIALLING, SESSION_ACCEPTING, SESSION_WAITING, SESSION_OPEN, SESSION_GONE, SESSION_STATES };

/*
 * Law      1 in d->all from birth until it is freed; in the table and the heap exactly until SESSION_GONE
 *          2 `wanted` exactly while a dial waits for it: `opened` or `failed` will answer that dial
 *          3 `charge` is settled when the handshake ends, whichever way
 */
struct session {
	struct dtls *d;
	enum session_state state;
	bool dialled;               /* we are the client */
	bool anonymous;             /* counts against the half that is not reserved for members */
	bool wanted, has_pin;
	bool cookie_shown;          /* client: the peer has answered and our ClientHello carries its cookie */
	bool has_node, judged;
	bool peer_left;             /* it has said goodbye */
	bool broken;                /* sending failed for good */
	enum dtls_verdict verdict;
	enum charge charge;
	void *cookie, *user;
	struct id pin, node;
	struct path path;
	uint8_t random[32];         /* of the ClientHello, ours or the peer's */
	mbedtls_ssl_context ssl;
	struct bytes in;            /* the datagram that mbedTLS may read next */
	int64_t started, late;      /* tick_ms; late: when the flight is repeated, 0: not at all */
	int64_t flown;              /* tick_ms at which our flight was sent last */
	int64_t round_ms;           /* until the last one was answered; 0: unknown */
	unsigned repetition;        /* of our flight */
	int64_t due;
	size_t heap_at;
	struct session *same_hash, *next, **prev_next;
	struct session_counts counts;
};

/* Begin a handshake as client or, after a ClientHello with our cookie, as server. */
void session_dial(struct dtls *d, const struct path *to, const struct id *pin, void *cookie);
void session_accept(struct dtls *d, const struct path *from, const struct hello *h, struct bytes datagram);
/* A datagram for a handshake; for an established session: true when something in it was authentic. */
void session_shake(struct session *s, struct bytes datagram);
bool session_take(struct session *s, struct bytes datagram);
/* A dial of its address while it is pending; the errors are those of dtls_dial. */
enum err_code session_join(struct session *s, const struct id *pin, void *cookie, struct err *e);
void session_tick(struct session *s, int64_t now);
void session_end(struct session *s, enum dtls_end why);
/* An attempt becomes OPEN, and `opened`. */
void session_establish(struct session *s);
/* ACCEPTING to WAITING: until its peer uses it. */
void session_wait(struct session *s);
/* Not established yet: an attempt, one that waits among them. */
bool session_is_pending(const struct session *s);
void session_reap(struct dtls *d);

/* flight.c: when a flight of a handshake is repeated, by mbedTLS's two timer callbacks, and when an attempt ends (tick_ms). */
void flight_set_timers(void *session, uint32_t soon_ms, uint32_t late_ms);
int flight_get_timers(void *session);
int64_t flight_end(const struct session *s);

/* admit.c: who may have a session, and which of two survives. */
bool admit_hello(struct dtls *d, const union address *from, enum charge *out);
int admit_verify(void *session, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);
/* After the key has proved itself; false: refused. */
bool admit_key(struct session *s);
/* The handshake is over: open it, let it wait until its peer uses it, or end it in favour of another. */
void admit_finished(struct session *s);
/* It waited, and its peer has used it. */
void admit_used(struct session *s);
/* Must S wait, because an older session of its peer lives? */
bool admit_waits(const struct session *s);
/* S has ended: those that waited because of it are woken. */
void admit_ended(const struct session *s);

/* table.c: sessions by address, and by the time their timer wants to run. */
#define TABLE_ROWS 512
struct table {
	uint64_t seed[2];
	struct session *rows[TABLE_ROWS];
	struct session **heap;      /* heap[0] is due first */
	size_t len, cap;
};
void table_add(struct dtls *d, struct session *s);
void table_remove(struct dtls *d, struct session *s);
void table_due(struct dtls *d, struct session *s, int64_t due);
/* From now on S is found at TO. */
void table_move(struct dtls *d, struct session *s, const struct path *to);
struct session *table_first(const struct dtls *d);
struct session *table_open(const struct dtls *d, const union address *a);
struct session *table_pending(const struct dtls *d, const union address *a);

/*
 * move.c: a DATAGRAM with a sealed record that is nobody's at the address it comes from. True: that was the newest of an
 * accepted session whose peer had another port of the same host, and has moved here.
 */
bool move_take(struct dtls *d, const struct path *from, struct bytes datagram);

/* dtls.c */
struct dtls {
	struct dtls_options options;
	const struct dtls_identity *identity;
	struct world world;
	struct dtls_events events;
	struct dtls_counts counts;
	union address bound;
	int fd;
	bool closing;
	unsigned depth;             /* calls of ours on the stack; nothing is freed above 0 */
	unsigned gone;              /* sessions that wait to be freed */
	unsigned anonymous;
	int64_t trial_second;       /* in which TRIALS records were tried with keys of other addresses */
	unsigned trials;
	mbedtls_ssl_config client, server;
	mbedtls_ssl_cookie_ctx cookies;
	struct session *all;
	struct table table;
	struct budget *budget;
	struct outbox *outbox;
	struct inbox *inbox;
	uint8_t plain[DATAGRAM_MAX];
};

#endif
