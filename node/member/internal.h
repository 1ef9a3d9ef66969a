/*
 * internal - what the files of this room share; nobody else includes it.
 *
 * Shape    organisations are numbers: their place among all keys, sorted (keys.c)
 *          charters are numbers: their place among all well-formed charters, sorted by id (charter.c)
 *          one computation: gather (member.c) -> charters -> votes -> expected -> nodes -> log, carry
 */
#ifndef KILIM_MEMBER_INTERNAL_H
#define KILIM_MEMBER_INTERNAL_H

#include <stdlib.h>

#include "node/member/body.h"
#include "node/member/member.h"

#define NONE UINT32_MAX

#define SUSPENSION_HOURS (14 * 24)   /* a single coordinator's suspension lapses */
#define SUCCESSION_HOURS (7 * 24)    /* from the second vote to the day it is in force */
#define SUCCEEDED_HOURS (90 * 24)    /* the old key's records count on, to be signed again */
#define REMOVED_HOURS (30 * 24)      /* then a removed author's records are dropped */

/* A sorted set of keys; collect first, seal, then find. */
struct keys {
	struct id *ids;
	size_t count, cap;
};
void keys_add(struct keys *k, const struct id *id);
void keys_seal(struct keys *k);
uint32_t keys_find(const struct keys *k, const struct id *id);   /* NONE: not there */

/* A sorted list of numbers. */
struct numbers {
	uint32_t *n;
	size_t count;
};
bool numbers_has(const struct numbers *l, uint32_t n);

struct roll {
	struct id hash;              /* of the body */
	uint32_t author;             /* NONE: named by no charter and no roll */
	struct body_roll body;
	const struct verified *record;
};

/* One well-formed charter. */
struct link {
	struct id id, parent_id;
	uint32_t author, parent;     /* parent NONE: first, or not held */
	uint64_t stamp;
	bool proposed;               /* first, or by somebody its adopted parent lists */
	bool adopted, on_path;
	unsigned depth, height;      /* height: adopted descendants below, the longest line of them */
	unsigned threshold;
	struct numbers coordinators;
	struct numbers listed;       /* coordinators and active entries */
	struct numbers final;        /* removed and succeeded entries */
	/* Valid during the computation only: they borrow the records. */
	struct body_charter body;
	const struct roll **rolls;
	size_t roll_count;
	const struct verified *record;
};

struct vote {
	uint32_t kind, charter, author, subject, new_key;
	uint64_t stamp;
	bool counts;                 /* by a coordinator of an adopted charter, on somebody else who is none */
	struct id group;             /* admission: hash of (name, territory, class); succession: the new key */
	struct body_vote body;
	const struct verified *record;
};

/* The records, sorted out. */
struct build {
	const struct member_input *in;
	const struct verified **records;   /* each once, by id */
	size_t record_count;
	struct roll *rolls;                /* by (hash, author) */
	size_t roll_count;
	struct vote *votes;                /* approvals too */
	struct vote **order;               /* by (charter, kind, subject, group, author, stamp, id) */
	size_t vote_count;
};

struct node_list {
	uint32_t owner;
	struct body_machine *machines;
	size_t machine_count;
	struct body_dropped *dropped;
	size_t dropped_count;
	struct id return_node;
};
struct reach {
	struct id node;
	uint32_t owner;
	char **addresses;
	size_t count;
};

struct membership {
	struct id network;
	int64_t hour, next_hour;
	void (*hash)(const struct bytes *parts, size_t count, struct id *out);
	struct keys keys;
	struct link *charters;
	size_t charter_count;
	uint32_t *path;              /* from the first charter to the current one */
	size_t path_len;
	bool fork, holds_branch;
	struct charter current;
	struct member *members;      /* by key */
	uint64_t *cutoffs;           /* of each member: records of a succeeded key count below this stamp */
	size_t member_count;
	uint32_t *member_of;         /* key number -> member, NONE */
	struct node_list *nodes;     /* by owner */
	size_t node_count;
	struct member_node *owners;  /* every (node, organisation), by node */
	struct member_node *active;  /* those of active organisations */
	size_t owner_count, active_count;
	struct reach *reaches;       /* by node */
	size_t reach_count;
	struct member_event *events;
	size_t event_count;
	char *texts;                 /* of the events */
	struct member_pending *pending;
	size_t pending_count, pending_cap;
	bool *expected;              /* by key number; of those never admitted */
	struct id *carried;
	size_t carried_count;
};

int64_t hour_of(uint64_t stamp);
/* The membership changes at HOUR, if that is still to come. */
void note_hour(struct membership *m, int64_t hour);
const struct link *link_find(const struct membership *m, const struct id *id);
int order_u32(uint32_t a, uint32_t b);
int order_u64(uint64_t a, uint64_t b);

/* charter.c: charters from B's records, which are adopted, and the way to the current one. */
void charters_gather(struct membership *m, struct build *b);
void charters_index(struct membership *m);        /* when the keys are sealed */
void charters_adopt(struct membership *m, const struct build *b);
void charters_done(struct membership *m);         /* frees what borrows */
void charters_free(struct membership *m);
/* votes.c: who is a member. */
void votes_tally(struct membership *m, struct build *b);
/* expected.c: the keys that are named by what waits for its time; then who is expected. */
void expected_keys(struct membership *m, const struct build *b);
void expected_gather(struct membership *m, const struct build *b);
bool is_expected(const struct membership *m, const struct id *key);
/* carry.c */
void carry_gather(struct membership *m, const struct build *b);
/* nodes.c */
void nodes_gather(struct membership *m, const struct build *b);
void nodes_free(struct membership *m);
/* log.c */
void log_gather(struct membership *m, const struct build *b);

#endif
