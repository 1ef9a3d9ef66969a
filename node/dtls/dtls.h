/*
 * dtls - one UDP socket, many sessions, both roles; the only room that knows mbedTLS.
 *
 * Source   proto/sessions.md; RFC 6347 (DTLS 1.2), RFC 7925 (profile)
 * Shape    a session is one authenticated peer certificate behind one address; messages are datagrams; the port of an
 *          accepted session may change while it lives
 * Law      nothing is allocated for an address that has not shown the cookie
 *          a session is handed up only after its handshake has finished and `judge` has let its key in; where
 *          the peer dialled it beside an older one, only when it has used it
 *          callbacks run on the thread that calls dtls_readable, dtls_timer or dtls_dial; a callback may
 *          send, dial and close; a session is never freed while one of its callbacks runs
 */
#ifndef KILIM_DTLS_DTLS_H
#define KILIM_DTLS_DTLS_H

#include "node/base/clock.h"
#include "proto/buf.h"
#include "proto/err.h"
#include "proto/id.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct dtls;
struct session;

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};
#define ADDRESS_TEXT 64
/* "192.0.2.1:5684", "[2001:db8::1]:5684"; literals only, never a name. Port 0 allowed when MAY_BE_ZERO. */
enum err_code address_parse(const char *text, bool may_be_zero, union address *out, struct err *e);
const char *address_format(const union address *a, char out[ADDRESS_TEXT]);
bool address_equal(const union address *a, const union address *b);

/* Our own P-256 key and certificate (self-signed, no extensions). */
struct dtls_identity;
/* A fresh key; DER of the private key (to be kept 0600) and of the certificate are appended. */
enum err_code dtls_identity_make(const struct world *w, struct buf *out_key, struct buf *out_certificate, struct err *e);
/* ERR_INPUT: not such a key or certificate, or they do not belong together. */
enum err_code dtls_identity_open(struct bytes key_der, struct bytes certificate_der,
    struct dtls_identity **out, struct err *e);
void dtls_identity_free(struct dtls_identity *i);
/* BLAKE2b-256 of the uncompressed SubjectPublicKeyInfo (91 bytes): the node id. */
const struct id *dtls_identity_node(const struct dtls_identity *i);

/* What the owner says of a key that has proved itself. */
enum dtls_verdict {
	DTLS_REFUSE,    /* no session; counted against the address */
	DTLS_STRANGER,  /* let in under the strangers' budget (an invite is open); counted against the address */
	DTLS_MEMBER     /* let in; counted against the member's own four */
};

enum dtls_end { DTLS_END_CLOSED, DTLS_END_IDLE, DTLS_END_REFUSED, DTLS_END_TIMEOUT, DTLS_END_REPLACED,
	DTLS_END_FAULT, DTLS_END_SHUTDOWN };
const char *dtls_end_word(enum dtls_end end);

struct dtls_events {
	void *self;
	/*
	 * During the handshake, once the key has proved itself, before a session counts. DIALLED tells our role.
	 * Must not call back into dtls.
	 */
	enum dtls_verdict (*judge)(void *self, const struct id *node, bool dialled);
	void (*opened)(void *self, struct session *s);
	/* One decrypted datagram, borrowed for the call. */
	void (*message)(void *self, struct session *s, struct bytes datagram);
	/*
	 * Once for each session that was opened, also when the owner closes it (from within session_close) and in
	 * dtls_close. It takes no more messages, and goes away when the calls of this room have returned.
	 */
	void (*closed)(void *self, struct session *s, enum dtls_end end);
	/*
	 * A dial that never became a session. DTLS_END_REPLACED: another session with that node was there first;
	 * DTLS_END_REFUSED: a key or pin was refused, here or there, or we have dialled ourselves.
	 */
	void (*failed)(void *self, const union address *a, void *cookie, enum dtls_end end);
};

struct dtls_options {
	union address listen;      /* where; port 0: the kernel chooses, see dtls_address */
	bool accept;               /* false: protected, no inbound session at all (nothing is answered; hellos
	                            * count as garbage) */
	unsigned max_sessions;     /* 1..LIMIT_SESSIONS_HARD; 0: LIMIT_SESSIONS */
	int64_t idle_ms;           /* 0: LIMIT_IDLE_MS */
};

/*
 *   ERR_FAILED   the address cannot be bound (reason says why)
 */
enum err_code dtls_open(const struct dtls_options *o, const struct dtls_identity *i, const struct world *w,
    const struct dtls_events *ev, struct dtls **out, struct err *e);
/* Says goodbye to every session (DTLS_END_SHUTDOWN), then frees; NULL is fine. */
void dtls_close(struct dtls *d);
int dtls_fd(const struct dtls *d);
const union address *dtls_address(const struct dtls *d);

/* Read until the socket is empty or 256 datagrams were handled, then send what has gathered. */
void dtls_readable(struct dtls *d);
/* ms until dtls_timer wants to run, -1: never. Never costs more than O(1) or O(log sessions). */
int64_t dtls_wait_ms(const struct dtls *d);
void dtls_timer(struct dtls *d);
/* Send what sessions have written since; called by the loop once it has no more to do. */
void dtls_flush(struct dtls *d);

/*
 * Start a handshake. PIN (may be NULL) must be the peer's node id. COOKIE comes back in `failed` or, with `opened`,
 * from session_cookie; never both, and once for each COOKIE. A dial while a handshake with that address is pending,
 * of either role, joins it and adds its pin. Beside an open session it makes a new one.
 *   ERR_LIMIT    no room for another session
 *   ERR_BUSY     that address is being dialled with another COOKIE
 *   ERR_CONFLICT that address is being dialled with another pin
 *   ERR_FAILED   an IPv6 address, and we listen on IPv4 only; or we are closing
 */
enum err_code dtls_dial(struct dtls *d, const union address *to, const struct id *pin, void *cookie, struct err *e);

/*
 * The dial of COOKIE is not wanted any more. True: it is dropped, and neither `failed` nor `opened` will come of it; what
 * the peer has of it ends by itself, and replaces nothing. False: there is none, or it has become a session.
 */
bool dtls_undial(struct dtls *d, const void *cookie);

/*
 * Queue one datagram of at most LIMIT_MESSAGE bytes; ERR_LIMIT when longer or when the queue is full,
 * ERR_PEER when the session is ending. Calls nothing of the owner.
 */
enum err_code session_send(struct session *s, struct bytes datagram);
/* Says goodbye to the peer and calls `closed` (DTLS_END_CLOSED) before it returns; again: nothing. */
void session_close(struct session *s);
const struct id *session_node(const struct session *s);
bool session_dialled(const struct session *s);
void *session_cookie(const struct session *s);
const union address *session_address(const struct session *s);
/* The peer's SubjectPublicKeyInfo hash is session_node; ours is dtls_identity_node. Both bind /join. */
/* One pointer for the owner, NULL at first. */
void session_set_user(struct session *s, void *user);
void *session_user(const struct session *s);

struct dtls_counts {
	uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out;  /* UDP payload */
	uint64_t hellos_answered, handshakes_done, handshakes_failed, refused_key, refused_budget, garbage;
	uint64_t moved;                /* sessions whose peer has got another port */
	unsigned sessions, pending;
};
const struct dtls_counts *dtls_counts(const struct dtls *d);
struct session_counts {
	uint64_t bytes_in, bytes_out;
	int64_t opened_ms, heard_ms;   /* tick_ms */
	unsigned moves;                /* to another port of the peer's, the message at hand included */
	int64_t round_ms;              /* a round trip of the handshake, as of a flight sent once; 0: none was */
};
const struct session_counts *session_counts(const struct session *s);
/* Every established session, in no order; FN may close it, or any other. */
void dtls_each(struct dtls *d, void (*fn)(void *self, struct session *s), void *self);

#endif
