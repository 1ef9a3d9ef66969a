/*
 * peer - live sessions: one peer each, from `opened` to `closed`.
 *
 * Source   proto/sessions.md (keepalive), proto/messages.md section 1 (hello)
 * Law      what a session may do is computed anew for each request from the membership of that moment
 */
#ifndef KILIM_SERVICE_PEER_H
#define KILIM_SERVICE_PEER_H

#include "node/service/contact.h"

#define PEER_RECENT 256
#define PEER_FETCHES 4
struct wanted {
	bucket_id bucket;
	struct buf ids;
};
struct peer {
	struct peer *next;
	struct node *node;
	struct contact *contact;
	struct session *session;
	struct exchange *exchange;
	struct route_meter meter;
	bool greeted;                         /* its /hello named an organisation that we accept */
	struct id organisation;
	uint64_t subscription;                /* what it asks for */
	struct prefix charter;                /* what it follows */
	struct prefix asked_as;               /* our incarnation in our last hello to it */
	struct visit *visit;
	struct sync_view view;                /* of the visit under way */
	bool visit_wanted;
	int64_t next_visit_ms, next_keepalive_ms; /* tick */
	unsigned keepalives;
	int64_t heard_ms;                     /* tick; as of the last look */
	uint64_t repeated;                    /* repetitions of ours when it was last heard */
	struct wanted wanted[8];              /* offered to us, to be fetched */
	size_t wanted_count;
	unsigned fetching;
	uint8_t recent[PEER_RECENT][8];       /* short ids that came from it: not offered back */
	size_t recent_at;
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
