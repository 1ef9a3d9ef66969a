/*
 * member - who belongs to the network, and what each may do: a pure function.
 *
 * Source   proto/membership.md
 * Shape    membership = f(records of bucket 0, branch, hour): no order of arrival matters, no clock, no I/O
 * Law      the same records, branch and hour give the same membership on every node
 *          a coordinator's power comes from the current charter alone
 */
#ifndef KILIM_MEMBER_MEMBER_H
#define KILIM_MEMBER_MEMBER_H

#include "proto/envelope.h"
#include "proto/err.h"
#include "proto/id.h"
#include "proto/limits.h"

enum member_class { CLASS_CSO, CLASS_INSTITUTION, CLASS_OBSERVER };
const char *member_class_word(enum member_class c);

enum member_state {
	MEMBER_NEVER,        /* never admitted on this branch */
	MEMBER_ACTIVE,
	MEMBER_SUSPENDED,
	MEMBER_FALLEN,       /* admitted once; no vote under the current charter and not on its roll */
	MEMBER_REMOVED,
	MEMBER_SUCCEEDED     /* another key has taken over */
};
const char *member_state_word(enum member_state s);

/* Territories are two ASCII letters, kept as a number: 'A' << 8 | 'L'. */
#define TERRITORY(a, b) ((uint16_t)((a) << 8 | (b)))

struct member {
	struct id key;
	char name[LIMIT_NAME + 1];
	uint16_t territory;
	enum member_class class;
	enum member_state state;
	bool coordinator;
	int64_t since_hour;           /* hours since 1970 */
	int64_t suspended_until_hour; /* of a suspension that lapses; 0: none */
	struct id successor;          /* when succeeded */
};

struct charter_quotas {
	uint32_t keys, writes_day;    /* defaults of limits.h when the charter is silent */
};
struct charter {
	struct id id, parent;         /* parent all zero: the first */
	char name[LIMIT_NAME + 1];
	unsigned depth;               /* 0: the first */
	unsigned threshold;           /* admits needed */
	unsigned coordinators;
	struct charter_quotas quotas;
	bool has_roll;
};

struct membership;

struct member_input {
	struct id network;                    /* id of the first charter */
	struct id branch;                     /* deepest charter adopted so far by this node; all zero: none yet */
	int64_t hour;                         /* hours since 1970 */
	/* Every record of bucket 0, any order, borrowed for the call. Those kept aside may be among them:
	 * what is not entitled is ignored, and the nodes of who is suspended are known from there. */
	const struct verified *records;
	size_t count;
	/* Those of bucket 0 that wait because they are stamped ahead, borrowed too: they count for nothing, but whom they
	 * name is expected. */
	const struct verified *later;
	size_t later_count;
	struct id self;                       /* whose votes may have to be carried over; all zero: nobody's */
	void (*hash)(const struct bytes *parts, size_t count, struct id *out);
};
/* Never NULL. With no first charter among the records it has no members (membership_charter is NULL). */
struct membership *membership_compute(const struct member_input *in);
void membership_free(struct membership *m);

/* The current charter; NULL before the first is known. Its id is what the caller persists as branch. */
const struct charter *membership_charter(const struct membership *m);
bool membership_is_fork(const struct membership *m);   /* several certified siblings are known */
/* The branch that was asked for is adopted by these records (or none was asked for). While it is not, as for
 * a newcomer whose bucket 0 is on its way, the caller keeps its branch and does not persist the current one. */
bool membership_holds_branch(const struct membership *m);
const struct member *membership_find(const struct membership *m, const struct id *key);  /* NULL: never admitted */
size_t membership_count(const struct membership *m);                                      /* every key ever admitted */
const struct member *membership_at(const struct membership *m, size_t i);
enum member_state membership_state(const struct membership *m, const struct id *key);
/* The next hour at which the same records give something else; INT64_MAX: never. */
int64_t membership_next_hour(const struct membership *m);

/* Nodes: from each organisation's live `node` record. The organisations that list NODE (several may claim it). */
size_t membership_nodes_owners(const struct membership *m, const struct id *node, struct id *out, size_t max);
bool membership_lists_node(const struct membership *m, const struct id *organisation, const struct id *node);
/* Addresses of the live `reach` of NODE; texts borrowed from the membership. */
size_t membership_reach(const struct membership *m, const struct id *node, const char **out, size_t max);
/* Each node of each active organisation. */
struct member_node {
	struct id organisation, node;
};
size_t membership_node_count(const struct membership *m);
const struct member_node *membership_node_at(const struct membership *m, size_t i);
/* The machine key MACHINE may sign for ORGANISATION a record with this stamp. */
bool membership_machine_counts(const struct membership *m, const struct id *organisation,
    const struct id *machine, uint64_t stamp);

/*
 * Records of SELF (of the input) that its node signs anew under the current charter, oldest first; none when SELF is no
 * coordinator of it. Borrowed from M.
 */
size_t membership_carried(const struct membership *m, const struct id **out);

/*
 * Does this record belong to the reconciled set?
 *   IN       it counts
 *   ASIDE    kept, neither reconciled nor served nor shown: its author is not active just now, or is expected; its
 *            charter, machine key is unknown yet
 *   REFUSED  never admitted author, or not entitled to this kind: not stored
 * Lasting kinds count whoever their author is now, if entitled when they name it.
 */
enum member_standing { STANDING_IN, STANDING_ASIDE, STANDING_REFUSED };
enum member_standing membership_judge(const struct membership *m, const struct record *r, const struct id *record_id);

/* What stood in votes, for `network log` and `status`: one row a vote or charter, oldest first. */
struct member_event {
	int64_t unix_ms;
	struct id author, subject, charter, record;
	const char *what;          /* "charter", "approval", "admit", "suspend", "reinstate", "remove", "succeed" */
	const char *reason;        /* a code, or "" */
	bool counts;               /* under the current charter */
	const char *text;          /* name admitted, or note; borrowed from the membership */
};
size_t membership_event_count(const struct membership *m);
const struct member_event *membership_event_at(const struct membership *m, size_t i);
/* Admissions that still need votes: who may still agree is the coordinators without a vote. */
struct member_pending {
	struct id subject;
	char name[LIMIT_NAME + 1];
	uint16_t territory;
	enum member_class class;
	unsigned have, need;
};
size_t membership_pending_count(const struct membership *m);
const struct member_pending *membership_pending_at(const struct membership *m, size_t i);

#endif
