/*
 * node - one node of the network: its store, its records, and whom it talks with.
 *
 * Source   docs/architecture.md
 * Shape    one struct node a process, built by daemon/; its parts live on the loop thread
 * Law      whatever changes records ends with node_settle, which brings membership, sessions and observers up to date
 */
#ifndef KILIM_PEER_NODE_H
#define KILIM_PEER_NODE_H

#include "node/base/clock.h"
#include "node/coap/exchange.h"
#include "node/coap/route.h"
#include "node/dtls/dtls.h"
#include "node/home/home.h"
#include "node/peer/keepalive.h"
#include "node/peer/recovery.h"
#include "node/record/records.h"
#include "node/store/store.h"
#include "node/sync/visit.h"

struct contact;
struct control;
struct fetch;
struct intake;
struct peer;
struct service;

/* Arrivals (from, to] that one node gave us: a visit's thousands are one of these. */
#define NEWS_GIVEN 64
struct news_given {
	const struct contact *who;
	uint64_t from, to;
};

/* What the service needs of the loop. */
struct node_ops {
	void *self;
	/* WORK on a worker, then AFTER on the loop. */
	void (*work)(void *self, void (*work)(void *arg), void (*after)(void *arg), void *arg);
	/* What the kernel knows of its clock; NULL: it is not asked. */
	void (*kernel)(void *self, struct clock_kernel *out);
};

/* What stands above sessions and hears what happens to them; every row is there. */
struct node_above {
	/* The store is open, records are not yet: OUT gets who follows them within their transactions. */
	void (*store)(struct node *n, struct records_follower *out);
	/* May the handshake of this node, which we do not know, be finished? */
	bool (*welcomes)(const struct node *n, const struct id *node);
	/* exchange_events.request; SELF is the peer. */
	void (*request)(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out);
	void (*session)(struct node *n, struct peer *p);
	void (*closed)(struct node *n, struct peer *p);
	void (*failed)(struct node *n, struct contact *c);
	void (*membership)(struct node *n);
	void (*tick)(struct node *n);
};

#define NODE_ROUTES 24                        /* at least as many as routes.h has rows */
struct node {
	struct home *home;
	const struct world *world;
	struct node_ops ops;
	const struct node_above *above;
	struct service *service;              /* what requests act upon besides: ABOVE's own */
	const struct store_options *store_options; /* NULL: the defaults */
	struct store *store;
	struct records *records;
	struct dtls *dtls;                    /* NULL until the socket is open */
	struct control *control;
	struct peer *peers;                   /* live sessions */
	struct contact *contacts;             /* nodes we know of, with or without a session */
	struct intake *intake;
	struct fetch *fetch;                  /* records that peers told of, on their way here */
	struct snapshots *snapshots;          /* of sketches, for peers that visit us */
	int64_t started_ms;                   /* tick */
	int64_t last_heard_ms;                /* wall clock of the last answered visit; kept in the store */
	struct keepalive keepalive;
	unsigned left_out;                    /* bit of each collection that this node does not keep */
	int64_t next_mix_ms;                  /* tick; contact.h */
	struct recovery recovery;
	bool alone;                           /* said by the operator: recover without asking anybody */
	int64_t cloned_ms;                    /* tick when we were last told of another computer with our key; 0: never */
	int64_t clock_zero_ms;                /* the wall clock at tick 0, as of the last look */
	int64_t next_restamp_ms;              /* tick; when our own records are looked through again (clocks.h) */
	bool membership_moved;                /* bucket 0 changed since the last node_settle */
	struct news_given given[NEWS_GIVEN];  /* who gave what lately */
	size_t given_at;
	uint64_t useless;                     /* copies of records that were held already, for metrics */
	uint64_t unasked;                     /* records in answers that had not been asked for, for metrics */
	uint64_t answered[NODE_ROUTES];       /* requests that a row of routes.h answered, for metrics */
	uint64_t rungs[RUNGS];                /* visits by the lowest that they needed, for metrics */
	uint64_t refused_peers;               /* visits and hellos refused, for metrics */
};

/* Wire NODE's parts together: N->home, world, ops, above, store_options are set. ERR_STORE and others as records_open. */
enum err_code node_open(struct node *n, struct err *e);
void node_close(struct node *n);
/* Membership anew when bucket 0 moved; then news to peers and to who waits for an admission. */
void node_settle(struct node *n);
/* Once a second and when something was asked for: dials, visits, sweeps, keepalive. */
void node_tick(struct node *n);

/* Our organisation as the current membership sees it; NULL: not a member (yet). */
const struct member *node_self(const struct node *n);
bool node_in_network(const struct node *n);
/* What this node asks others for, as a hello says it (proto/messages.md section 1). */
uint64_t node_subscription(const struct node *n);
/* ERR_MISSING, rule "keep": nothing of K's collection is kept here. */
enum err_code node_keeps(const struct node *n, const struct kind *k, struct err *e);
/* Sign and store with the organisation's key, then settle. */
enum err_code node_author(struct node *n, const struct draft *drafts, size_t count, struct authored *out,
    struct err *e);
/* Our `node` and `reach` records when they lack or say something else than is true now; nothing while recovering. */
enum err_code node_announce(struct node *n, struct err *e);
void node_reach_body(struct node *n, struct buf *out);
/* CHARTER: the one that is followed; NULL: none yet. */
void node_node_body(struct node *n, const struct id *charter, struct buf *out);

#endif
