#include "tests/sim/sim.h"

#include "node/service/votes.h"

#include <stdlib.h>

struct envelopes {
	struct buf bytes;
	size_t *ends;
	size_t count, cap;
};

static bool
keep(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct envelopes *all = self;

	(void)stamp;
	(void)id;
	if (all->count == all->cap) {
		all->cap = all->cap ? 2 * all->cap : 64;
		all->ends = need_realloc(all->ends, all->cap * sizeof *all->ends);
	}
	buf_put_bytes(&all->bytes, envelope);
	all->ends[all->count++] = all->bytes.len;
	return true;
}

static void
membership_of(struct sim_node *n, struct envelopes *io)
{
	struct store_txn *t = store_read(n->node.store);

	records_tail(n->node.records, t, 0, 0, NULL, keep, io);
	txn_abort(&t);
}

static void
free_envelopes(struct envelopes *all)
{
	buf_free(&all->bytes);
	free(all->ends);
}

/* What was signed here needs no second look. */
static void
give(struct sim_node *n, const struct envelopes *all)
{
	struct admission *items = need_zeroed(all->count + 1, sizeof *items);
	struct err e = { 0 };

	for (size_t i = 0, at = 0; i < all->count; at = all->ends[i++])
		items[i] = (struct admission){ .envelope = { all->bytes.p + at, all->ends[i] - at }, .signature_ok = true };
	if (records_admit(n->node.records, items, all->count, &e))
		sim_fail(n->sim, "node %u: %s", n->number, e.reason);
	free(items);
	n->node.membership_moved = true;
	node_settle(&n->node);
}

static void
admit(struct sim_node *founder, struct sim_node *n)
{
	struct vote v = { .subject = n->home.organisation.public_key, .name = n->home.config.name,
		.territory = n->home.config.territory, .member_class = "cso" };
	struct authored done;
	struct err e = { 0 };

	if (vote_admission(&founder->node, &v, &done, &e))
		sim_fail(n->sim, "admission: %s", e.reason);
}

void
sim_people(struct sim *s, unsigned count)
{
	struct envelopes votes = { .count = 0 }, all = { .count = 0 };
	struct err e = { 0 };

	for (unsigned i = 0; i < count; i++) {
		struct sim_node *n = sim_add(s, CLASS_CSO, false);

		n->home.config.visit_minutes = 15;
		if (!sim_start(n))
			return;
	}
	sim_found(s->nodes[0]);
	for (unsigned i = 1; i < count; i++)
		admit(s->nodes[0], s->nodes[i]);
	membership_of(s->nodes[0], &votes);
	for (unsigned i = 1; i < count; i++) {
		if (records_set_network(s->nodes[i]->node.records, records_network(s->nodes[0]->node.records), &e))
			sim_fail(s, "network: %s", e.reason);
		give(s->nodes[i], &votes);
		membership_of(s->nodes[i], &all);
	}
	for (unsigned i = 0; i < count; i++)
		give(s->nodes[i], &all);
	free_envelopes(&votes);
	free_envelopes(&all);
}
