#include "node/peer/clones.h"

#include "node/base/log.h"
#include "node/peer/node.h"

#include <string.h>

static size_t
find(const struct clones *c, struct prefix incarnation)
{
	size_t i = 0;

	while (i < c->count && !prefix_equal(c->incarnation[i], incarnation))
		i++;
	return i;
}

/* The one at I, or a new one where there is none, becomes the present one; the oldest makes room. */
static void
to_front(struct clones *c, size_t i, struct prefix incarnation)
{
	uint64_t arrival = 0;

	if (i < c->count)
		arrival = c->arrival[i];
	else if (c->count < CLONES_PAST)
		c->count++;
	else
		i = CLONES_PAST - 1;
	memmove(&c->incarnation[1], &c->incarnation[0], i * sizeof(c->incarnation[0]));
	memmove(&c->arrival[1], &c->arrival[0], i * sizeof(c->arrival[0]));
	c->incarnation[0] = incarnation;
	c->arrival[0] = arrival;
}

bool
clones_hear(struct clones *c, struct prefix incarnation, uint64_t arrival, int64_t tick_ms)
{
	size_t i = find(c, incarnation);
	bool again = i > 0 && i < c->count;

	to_front(c, i, incarnation);
	if (arrival > c->arrival[0])
		c->arrival[0] = arrival;
	if (again)
		c->seen_ms = tick_ms;
	return again;
}

uint64_t
clones_arrival(const struct clones *c, struct prefix incarnation)
{
	size_t i = find(c, incarnation);

	return i < c->count ? c->arrival[i] : 0;
}

bool
clones_shown(const struct clones *c, int64_t tick_ms)
{
	return c->seen_ms && tick_ms - c->seen_ms < CLONES_SHOWN_MS;
}

void
clones_told(struct node *n, struct prefix incarnation, const struct message_hello *answer)
{
	struct prefix present;

	put_u64(present.b, records_incarnation(n->records));
	if (answer->cloned) {
		if (n->cloned_ms == 0)
			log_event(LOG_WARN, "node.cloned", "text=\"two computers use the key of this node\"");
		n->cloned_ms = world_tick_ms(n->world);
	}
	/* Numbers only grow here: who saw a higher one saw another store with our key and incarnation. */
	if (prefix_equal(incarnation, present) && answer->seen > records_arrival(n->records))
		recovery_begin(n, "older than another node has seen it, or a copy of it runs elsewhere");
}
