/*
 * two - the smallest network: a founder, and one that was admitted and has paid its first visit.
 */
#ifndef KILIM_TESTS_SYNC_TWO_H
#define KILIM_TESTS_SYNC_TWO_H

#include "tests/unit/sync/world.h"

static struct clock now;
static struct place one, two;
static const struct sync_view all = { .subscription = SUBSCRIBE_ALL };

static inline void
two_members(void)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 42 };
	place_open(&one, &now, 1);
	place_open(&two, &now, 2);
	found(&one);
	admit(&one, &two, "cso");
	pay_visit(&two, &one);
}

static inline void
close_both(void)
{
	place_close(&one);
	place_close(&two);
}

#endif
