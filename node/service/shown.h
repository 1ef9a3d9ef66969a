/*
 * shown - entries as anybody may read them on paper: what others see of them, and how far they can be relied on.
 *
 * Source   proto/kinds.md "Disclosure"; docs/control.md "A sheet"
 * Law      our own entries are pruned like those of others: paper leaves the house
 *          nothing private is in it
 *          only coordinators' numbers, and our own, stand where a page says "in danger call" (finding_leads)
 */
#ifndef KILIM_SERVICE_SHOWN_H
#define KILIM_SERVICE_SHOWN_H

#include "node/pathway/pathway.h"
#include "node/peer/node.h"
#include "node/record/view.h"

struct shown {
	struct node *node;
	struct view_context view;    /* beside.h; of a transaction that outlives S */
	char territory[8];           /* whose emergency services are in the list; "": of none yet */
	struct seen emergency[16];   /* as many as anybody would read in danger */
	size_t emergency_count;
};
void shown_done(struct shown *s);

/* V as its readers see it, and how it stands now. */
struct seen shown_record(struct shown *s, const struct kind *k, const struct verified *v);
/* Functions of a sight over what S holds, which outlives it. */
struct sight shown_sight(struct shown *s);

#endif
