/*
 * How a guest comes in over a long way: whole nodes of the simulation, 600 ms there and back, nothing lost.
 */
#include "node/base/log.h"
#include "node/peer/peer.h"
#include "node/service/authoring.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"
#include "tests/sim/sim.h"

#include <criterion/criterion.h>
#include <string.h>

#define ROUND_MS 600
#define ENTRIES 40

static struct sim sim;
static struct sim_node *founder, *guest;

static void
add_entries(struct sim_node *n)
{
	struct authoring *a = authoring_new(&n->node, kind_find(KIND_ORGANISATION));
	cJSON *list = NULL;
	struct err e = { 0 };

	for (unsigned i = 0; i < ENTRIES; i++) {
		cJSON *o = cJSON_Parse("{\"name\":{\"en\":\"Made up\"},\"relation\":\"listed\",\"territories\":[\"AL\"]}");

		cr_assert_eq(authoring_add(a, o, &e), ERR_OK, "%s: %s", e.object, e.reason);
		cJSON_Delete(o);
	}
	cr_assert_eq(authoring_finish(a, false, &list, &e), ERR_OK, "%s: %s", e.object, e.reason);
	authoring_free(a);
	cJSON_Delete(list);
}

static void
invite(void)
{
	struct invite_options o = { .name = guest->home.config.name, .territory = 'A' << 8 | 'L', .automatic = true };
	struct err e = { 0 };
	cJSON *made = NULL;

	cr_assert_eq(inviting_make(&founder->node, &o, &made, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(joining_join(&guest->node, cJSON_GetStringValue(cJSON_GetObjectItem(made, "code")), &e), ERR_OK);
	cJSON_Delete(made);
}

static void
open_two(void)
{
	crypto_start();
	log_set_level(LOG_ERROR);
	sim_open(&sim, 11);
	sim.weather = (struct weather){ .delay_ms = ROUND_MS / 2 };
	founder = sim_add(&sim, CLASS_CSO, false);
	guest = sim_add(&sim, CLASS_CSO, false);
	founder->home.config.visit_minutes = guest->home.config.visit_minutes = 15;
	strcpy(guest->home.config.territory, "AL");
	cr_assert(sim_start(founder) && sim_start(guest));
	sim_found(founder);
	add_entries(founder);
	invite();
}

static void
end(void)
{
	sim_close(&sim);
}

TestSuite(arrival, .init = open_two, .fini = end);

static bool
is_active(void)
{
	const struct member *self = node_self(&guest->node);

	return self && self->state == MEMBER_ACTIVE;
}

static bool
has_directory(void)
{
	return records_count(guest->node.records, COLLECTION_DIRECTORY) == ENTRIES;
}

static bool
have_same(void)
{
	struct sync_view all = { .subscription = SUBSCRIBE_ALL };
	uint8_t x[16], y[16];

	sync_root(founder->node.records, &all, x);
	sync_root(guest->node.records, &all, y);
	return memcmp(x, y, sizeof x) == 0;
}

/* How long until SO, a minute at most. */
static int64_t
until(bool (*so)(void))
{
	int64_t began = sim.now_ms;

	while (!so() && sim.now_ms - began < 60 * 1000)
		sim_run(&sim, 10);
	cr_assert(so() && sim.failed[0] == 0, "%s", sim.failed);
	return sim.now_ms - began;
}

/* From the moment at which it knows that it is a member, it waits one round trip more, for the answer to its second hello. */
Test(arrival, directory_within_a_round_trip)
{
	int64_t took;

	until(is_active);
	cr_assert_not(has_directory(), "nothing is stored before");
	took = until(has_directory);
	cr_assert_leq(took, ROUND_MS * 5 / 4, "%lld ms", (long long)took);
}

/* What it signed to come in is what it has to say afterwards: nothing is signed anew, nobody has to fetch it. */
Test(arrival, signs_once)
{
	uint64_t arrival;

	until(is_active);
	arrival = records_arrival(founder->node.records);
	until(has_directory);
	sim_run(&sim, 60 * 1000);
	cr_assert_eq(records_arrival(founder->node.records), arrival);
	cr_assert(have_same());
}

/* Who follows no charter yet may have what our membership says; who follows another one, bucket 0. */
Test(arrival, view_of_who_follows_none)
{
	static const struct prefix none, other = { { 1 } };
	bucket_id members = bucket_make(COLLECTION_DIRECTORY, TERRITORY('A', 'L'), AUDIENCE_MEMBERS);
	struct peer *p;
	struct sync_view v;

	until(has_directory);
	p = founder->node.peers;
	cr_assert(p && p->greeted);
	p->charter = none;
	v = peer_view(p);
	cr_assert(sync_may(&v, members) && sync_may(&v, 0));
	p->charter = other;
	v = peer_view(p);
	cr_assert(!sync_may(&v, members) && sync_may(&v, 0));
}
