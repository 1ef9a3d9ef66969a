/*
 * membership_text - everything that a membership says, as text: equal texts are equal memberships.
 */
#ifndef KILIM_TESTS_MEMBERSHIP_TEXT_H
#define KILIM_TESTS_MEMBERSHIP_TEXT_H

#include "node/member/member.h"

static inline void
membership_text(const struct membership *m, struct buf *out)
{
	const struct charter *c = membership_charter(m);
	char text[ID_TEXT];

	if (c)
		buf_printf(out, "charter %s depth %u threshold %u of %u fork %d next %lld\n",
		    id_format(ID_RECORD, &c->id, text), c->depth, c->threshold, c->coordinators,
		    membership_is_fork(m), (long long)membership_next_hour(m));
	for (size_t i = 0; i < membership_count(m); i++) {
		const struct member *x = membership_at(m, i);

		buf_printf(out, "%c%s %s %s %c%c %s since %lld until %lld", x->key.b[0], x->coordinator ? "*" : "",
		    member_state_word(x->state), x->name, x->territory >> 8, x->territory & 0xff,
		    member_class_word(x->class), (long long)x->since_hour, (long long)x->suspended_until_hour);
		buf_printf(out, " by %02x\n", x->successor.b[0]);
	}
	for (size_t i = 0; i < membership_node_count(m); i++)
		buf_printf(out, "node %02x of %c\n", membership_node_at(m, i)->node.b[0],
		    membership_node_at(m, i)->organisation.b[0]);
	for (size_t i = 0; i < membership_pending_count(m); i++) {
		const struct member_pending *p = membership_pending_at(m, i);

		buf_printf(out, "pending %c %c%c %s %u/%u\n", p->subject.b[0], p->territory >> 8, p->territory & 0xff,
		    member_class_word(p->class), p->have, p->need);
	}
	for (size_t i = 0; i < membership_event_count(m); i++) {
		const struct member_event *e = membership_event_at(m, i);

		buf_printf(out, "event %lld %s %02x about %02x %s \"%s\" \"%s\" %d\n", (long long)e->unix_ms,
		    id_format(ID_RECORD, &e->record, text), e->author.b[0], e->subject.b[0], e->what, e->reason,
		    e->text, e->counts);
	}
}

/* What it asks its own organisation to sign anew: that may depend on what is kept aside. */
static inline void
membership_carried_text(const struct membership *m, struct buf *out)
{
	const struct id *ids;
	char text[ID_TEXT];

	for (size_t i = 0, count = membership_carried(m, &ids); i < count; i++)
		buf_printf(out, "carried %s\n", id_format(ID_RECORD, &ids[i], text));
}

#endif
