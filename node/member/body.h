/*
 * body - bodies of membership records as C structs.
 *
 * Source   proto/membership.md section 2; the field tables proto/kinds/
 * Shape    texts, lists of texts and addresses borrow the record; lists are freed by body_free
 * Law      keys nobody here knows are skipped; a body that breaks its shape is "no body", on every node alike
 */
#ifndef KILIM_MEMBER_BODY_H
#define KILIM_MEMBER_BODY_H

#include "node/member/member.h"

struct list {
	void *items;
	size_t count;
};

/* Of N coordinators: proto/membership.md section 1. */
static inline unsigned
majority_of(size_t n)
{
	return (unsigned)(n / 2 + 1);
}

struct body_coordinator {
	struct id key;
	struct bytes name;
	uint16_t territory;
	uint8_t class;
};
struct body_charter {
	struct id parent;             /* all zero: none */
	struct bytes name;            /* the source text */
	struct list coordinators;     /* struct body_coordinator */
	struct list rolls;            /* struct id */
	uint64_t threshold;           /* after the default */
	uint64_t keys, writes_day;    /* after defaults and hard maxima */
};
struct body_entry {
	struct id key, successor;
	struct bytes name;
	uint64_t since;               /* hours since 1970 */
	uint16_t territory;
	uint8_t class, state;         /* state: an enum body_entry_state */
};
enum body_entry_state { ENTRY_ACTIVE, ENTRY_SUSPENDED, ENTRY_REMOVED, ENTRY_SUCCEEDED };
struct body_roll {
	struct list entries;          /* struct body_entry */
};
enum body_action { ACTION_SUSPEND, ACTION_REINSTATE };
/* approval, admission, standing, removal, succession: what a kind does not have stays zero. */
struct body_vote {
	struct id charter, subject;   /* succession: subject is the old key */
	struct id new_key;
	struct bytes name, reason, note;
	uint16_t territory;
	uint8_t class, action;
};
struct body_machine {
	struct id node, key;          /* key all zero: none */
};
struct body_dropped {
	struct id key;
	uint64_t end;
};
struct body_node {
	struct list nodes;            /* struct body_machine */
	struct list dropped;          /* struct body_dropped */
	struct id return_node;        /* all zero: none */
};
struct body_reach {
	struct list addresses;        /* struct bytes */
	struct id node;
};

/* False: malformed, or RECORD is no live one of such a kind, or signed by a machine; there is
 * then nothing to free in OUT. */
bool body_charter(const struct record *record, struct body_charter *out);
bool body_roll(const struct record *record, struct body_roll *out);
bool body_vote(const struct record *record, struct body_vote *out);
bool body_node(const struct record *record, struct body_node *out);
bool body_reach(const struct record *record, struct body_reach *out);
void body_free(struct list *l);
/* Field 32 alone: the charter a record names. False: absent or no 32 bytes. */
bool body_names(const struct record *record, struct id *out);

#endif
