/*
 * contact - the nodes we know of, with or without a session: where they are, how they behaved, when to dial.
 *
 * Source   proto/sessions.md (dialling), proto/sync.md section 4 (peers), proto/records.md section 7 (blame)
 * Shape    from the config, an invitation code, a member's `reach`, or because it came to us
 * Law      a protected organisation dials only contacts that were named to it
 */
#ifndef KILIM_PEER_CONTACT_H
#define KILIM_PEER_CONTACT_H

#include "node/peer/clones.h"
#include "node/peer/node.h"
#include "node/peer/reputation.h"

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
	enum err_code last_failure;           /* of the last dial */
	char why[160];                        /* of the last failure: a sentence */
	struct id organisation;               /* as it said last; zero: unknown */
	int64_t last_contact_ms;              /* wall clock when the last session was last heard; 0: never */
	uint64_t behind;                      /* records it has and we lack, by the last visit */
	bool clock_known;                     /* its hello said what time it is */
	int64_t clock_offset_ms;              /* its clock minus ours, as of its last hello */
	int64_t clock_at_zero_ms;             /* its clock at our tick 0 */
	int64_t clock_heard_ms;               /* tick */
	uint64_t software;
	struct reputation reputation;
	bool keeps_all;                       /* its hello subscribed to everything */
	struct clones clones;                 /* its incarnations */
	uint64_t bytes_in, bytes_out;         /* of ended sessions */
	uint64_t rate;                        /* bytes a second that came over the way to it; 0: unknown */
	int64_t rate_ms;                      /* tick at which that was so; it counts for RATE_MS */
	struct visit_memory memory;
	int64_t rest_until_ms;                /* tick; a visit that it asks for waits: the last went down the ladder */
	struct route_meter scans;             /* records looked at one by one for it, by whichever session */
};

/* How long it is remembered how fast the way to a peer was: a new session begins at half of it. */
#define RATE_MS (24LL * 3600 * 1000)

/* First and longest wait between two dials, ms. */
#define DIAL_FIRST_MS 1000
#define DIAL_MOST_MS (5 * 60 * 1000)

/* Whoever was let go is not dialled by us before. */
#define DIAL_LEFT_MS (30 * 60 * 1000)
/* About so often one more is dialled, whoever it is, so that the graph does not set. */
#define MIX_MS (30 * 60 * 1000)
/* What it counts for, beside its reputation, that a node keeps everything and is reachable. */
#define HUB_SCORE 1

/* Blame is summed up in points: three bad signatures or twenty other breaches within an hour (proto/records.md). */
#define BLAME_SIGNATURE 20
#define BLAME_OTHER 3
#define BLAME_FULL 60

struct contact *contact_by_node(struct node *n, const struct id *id);
struct contact *contact_add(struct node *n, const union address *a, const struct id *id, const uint8_t pin[10],
    enum contact_source source);
/* From the config; again after a reload. */
void contacts_configure(struct node *n);
/* From the members' `reach`. */
void contacts_membership(struct node *n);
/* Dial whom choice.h says. */
void contacts_dial(struct node *n, int64_t tick_ms);
/* The session that choice.h lets go, NULL: none. */
struct peer *contacts_leave(struct node *n, int64_t tick_ms);
/* It did N of DEED. */
void contact_did(struct node *n, struct contact *c, enum reputation_deed deed, uint64_t count);
void contacts_free(struct node *n);

/* Wall clock at which it was last heard, by a live session or before; 0: never. */
int64_t contact_heard_ms(const struct node *n, const struct contact *c);
/* It has an address, is not banned, and a protected organisation was told of it by a person. */
bool contact_may_dial(const struct node *n, const struct contact *c);
/* Named to us by a person: by config or by an invitation code. */
bool contact_is_named(const struct contact *c);
/* Points for what breaks the rules (intake.h); BLAME_FULL within an hour end its sessions for a while. */
void contact_blame(struct node *n, struct contact *c, size_t points);
bool contact_is_banned(const struct node *n, const struct contact *c);
/* One word for status: "syncing", "connected", "banned", "connecting", "away", "unreachable", "waiting". */
const char *contact_state(const struct contact *c, int64_t tick_ms);

#endif
