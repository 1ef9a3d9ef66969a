/*
 * peer - the nodes we know of, and the sessions we have with them.
 *
 * Source   proto/sessions.md (keepalive, dialling), proto/sync.md (when to visit)
 * Shape    a contact is a node we know of (configured, inviter, member with a reach); a peer is one live session
 *          with a contact, from `opened` to `closed`
 * Law      what a session may do is computed anew for each request from the membership of that moment
 *          a protected organisation dials only contacts that were named to it
 */
#ifndef KILIM_SERVICE_PEER_H
#define KILIM_SERVICE_PEER_H

#include "node/service/node.h"

enum contact_source { CONTACT_REACH, CONTACT_CONFIG, CONTACT_INVITER, CONTACT_CAME };

struct contact {
	struct contact *next;
	struct id node;                       /* all zero while only an address is known */
	bool has_pin;                         /* 10 bytes of the node id, from an invite code */
	uint8_t pin[10];
	union address address;
	bool has_address;
	enum contact_source source;
	struct peer *peer;                    /* live session, or NULL */
	bool dialling;
	int64_t next_dial_ms;                 /* tick */
	unsigned failures;
	int64_t banned_until_ms;              /* tick; it sent what nobody honest passes on */
	unsigned bans;
	size_t blamed;                        /* points since BLAMED_FROM_MS */
	int64_t blamed_from_ms;               /* tick */
	enum err_code last_failure;
	char why[160];                        /* of the last failure: a sentence */
	struct id organisation;               /* as it said last; zero: unknown */
	int64_t last_contact_ms;              /* wall clock of the last answer; 0: never */
	uint64_t behind;                      /* records it has and we lack, by the last visit */
	int64_t clock_offset_ms;
	uint64_t software;
	uint64_t bytes_in, bytes_out;         /* of ended sessions */
	struct visit_memory memory;
};

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
	struct join_attempt *join;            /* /join under way on this session */
};

/* Callbacks of dtls; SELF is the node. */
extern const struct dtls_events peer_events;
/* Contacts from the config; again after a reload. */
void peers_configure(struct node *n);
struct contact *contact_add(struct node *n, const union address *a, const struct id *id, const uint8_t pin[10],
    enum contact_source source);
struct contact *contact_by_node(struct node *n, const struct id *id);
/* Contacts from the members' `reach`; sessions of those who may no longer have one end. */
void peers_membership(struct node *n);
/* Tell the live peers what has come in since they were told last. */
void peers_offer(struct node *n);
/* Dial, visit, keep alive. */
void peers_tick(struct node *n);
void peers_visit_now(struct node *n);
void peers_free(struct node *n);

/* What this session may do just now. */
enum route_access peer_access(const struct peer *p, struct err *why);
/* The view for answering it. */
struct sync_view peer_view(const struct peer *p);
void peer_hello(struct node *n, uint64_t subscription, const struct sync_view *v, struct message_hello *out);
/* Take over what its /hello says. DENIED: not active, not its node; VERSION; INPUT: another network. */
enum err_code peer_greet(struct peer *p, const struct message_hello *h, struct err *e);
/* Records of BUCKET with these short ids are wanted from it. */
void peer_fetch(struct peer *p, bucket_id bucket, struct bytes ids);
void peer_want_visit(struct peer *p);
/* One word for status: "syncing", "connected", "banned", "connecting", "away", "unreachable", "waiting". */
const char *contact_state(const struct contact *c, int64_t tick_ms);

#endif
