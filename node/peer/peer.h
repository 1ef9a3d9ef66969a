/*
 * peer - live sessions: one peer each, from `opened` to `closed`.
 *
 * Source   proto/sessions.md (keepalive), proto/messages.md section 1 (hello)
 * Law      what a session may do is computed anew for each request from the membership of that moment
 */
#ifndef KILIM_PEER_PEER_H
#define KILIM_PEER_PEER_H

#include "node/peer/contact.h"

#define PEER_RECENT 4096
#define PEER_FETCHES 4

/* Somebody who hears of what comes in (news.h). */
struct peer_observer {
	uint64_t ticket;                      /* 0: free */
	uint64_t from;                        /* arrivals up to here were told, and acknowledged */
	uint64_t seen;                        /* up to here nothing else is for it */
	uint64_t sent;                        /* up to here the last notification told */
};
enum follows { FOLLOWS_NOT, FOLLOWS, FOLLOWS_NEVER };

struct peer {
	struct peer *next;
	struct node *node;
	struct contact *contact;
	struct session *session;
	struct exchange *exchange;
	struct route_meter meter;
	int64_t refused_from_ms;                /* tick; REFUSED requests since then were too many */
	unsigned refused;
	bool greeted;                         /* its /hello named an organisation that we accept */
	struct id organisation;
	uint64_t subscription;                /* what it asks for */
	struct prefix charter;                /* what it follows */
	struct prefix asked_as;               /* our incarnation in our last hello to it */
	struct visit *visit;
	struct sync_view view;                /* of the visit under way */
	bool missed;                          /* it may lack what we told, or we what it told: visited when it is heard */
	bool visit_wanted, news_wanted;       /* news_wanted: by what it told, one such visit after the other */
	int64_t visit_began_ms;               /* tick */
	int64_t missed_wait_ms;               /* between two visits for what was missed; 0: the last one went well */
	int64_t next_visit_ms;                /* tick */
	struct keepalive_line line;           /* a session that we dialled; its heard_ms as of the last look */
	int64_t heard_ms;                     /* tick; as of the last look */
	uint64_t rough_repeated;              /* repetitions of ours at the last look */
	int64_t rough_ms;                     /* tick of the last one; 0: none */
	unsigned moves;                       /* of the session, as of the last message */
	uint64_t told_moves;                  /* keepalives that it sent, though we dialled it */
	int64_t spoke_ms;                     /* tick at which anything but an empty message went either way */
	bool redials;                         /* a new handshake runs beside it */
	uint64_t repeated;                    /* repetitions of ours when it was last heard */
	unsigned fetching;
	enum follows follows;                 /* do we observe it? */
	uint64_t followed_to;                 /* its arrivals that we have been told of */
	int64_t told_second;                  /* in which TOLD_COUNT notifications came */
	unsigned told_count;
	struct peer_observer observers[LIMIT_OBSERVATIONS]; /* it observes us */
	uint8_t (*recent)[8];                 /* short ids that it has: it told them or gave them; NULL: none yet */
	bool ending;                          /* the session is being closed: nothing more is asked */
};

/* Callbacks of dtls; SELF is the node. */
extern const struct dtls_events peer_events;
/* Membership moved: new addresses, and sessions of those who may no longer have one fall back to hello. */
void peers_membership(struct node *n);
/* Dial, visit, keep alive. */
void peers_tick(struct node *n);

/* What this session may do just now. */
enum route_access peer_access(const struct peer *p, struct err *why);
/* The view for answering it. */
struct sync_view peer_view(const struct peer *p);
/* The view of a visit to it: SUBSCRIPTION and CHARTER as its hello said; KNOWN: our membership lists it. */
struct sync_view peer_view_for(const struct peer *p, uint64_t subscription, struct prefix charter, bool known);
/* Our own hello; the root over V, or over all that we subscribe to when V is NULL. */
void peer_hello(struct node *n, uint64_t subscription, const struct sync_view *v, struct message_hello *out);
/* Take over what its /hello says. DENIED: not active, not its node, another network; VERSION. */
enum err_code peer_greet(struct peer *p, const struct message_hello *h, struct err *e);

#endif
