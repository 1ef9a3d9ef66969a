#include "tests/sim/sim.h"

#include "node/service/authoring.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"

#include <string.h>

#define MINUTE_MS (60 * 1000)
#define SOON_MS 30000                 /* the guest says something every 25 s */

/* A guest that only its own words keep reachable, behind a translator whose patience it knows. */
static void
two_members(struct sim *s)
{
	struct sim_node *founder = sim_add(s, CLASS_CSO, false), *guest = sim_add(s, CLASS_CSO, true);
	struct invite_options o = { .name = guest->home.config.name, .territory = 'R' << 8 | 'S', .automatic = true };
	struct err e = { 0 };
	cJSON *made = NULL;

	founder->home.config.visit_minutes = guest->home.config.visit_minutes = 15;
	strcpy(guest->home.config.territory, "RS");
	if (!sim_start(founder) || !sim_start(guest))
		return;
	sim_found(founder);
	guest->node.keepalive.broken_ms = 30000;
	guest->node.keepalive.broken_at_ms = world_now_ms(&guest->world);
	sim_run(s, 1000);
	if (inviting_make(&founder->node, &o, &made, &e) ||
	    joining_join(&guest->node, cJSON_GetStringValue(cJSON_GetObjectItem(made, "code")), &e))
		sim_fail(s, "invitation: %s", e.reason);
	cJSON_Delete(made);
	sim_run(s, 5 * MINUTE_MS);
	if (!s->failed[0] && !check_equal(s, false))
		sim_fail(s, "the guest has not everything");
}

static void
add(struct sim_node *n)
{
	struct authoring *a = authoring_new(&n->node, kind_find(KIND_ORGANISATION));
	cJSON *list = NULL, *o = cJSON_Parse("{\"name\":{\"en\":\"Silence\"},\"relation\":\"listed\","
	    "\"territories\":[\"RS\"],\"audience\":\"public\"}");
	struct err e = { 0 };

	if (authoring_add(a, o, &e) || authoring_finish(a, false, &list, &e))
		sim_fail(n->sim, "entry: %s", e.reason);
	authoring_free(a);
	cJSON_Delete(o);
	cJSON_Delete(list);
	n->timer_at = n->sim->now_ms;
}

int64_t
silence_run(struct sim *s, int64_t cut_ms)
{
	int64_t healed;

	s->weather = (struct weather){ .delay_ms = 40 };
	two_members(s);
	if (s->failed[0])
		return 0;
	s->cut[0][1] = s->cut[1][0] = true;
	add(s->nodes[0]);
	sim_run(s, cut_ms);
	s->cut[0][1] = s->cut[1][0] = false;
	healed = s->now_ms;
	while (!s->failed[0] && !check_equal(s, false)) {
		sim_run(s, 100);
		if (s->now_ms - healed > SOON_MS)
			sim_fail(s, "after %lld s of silence news does not come within %d s", (long long)cut_ms / 1000,
			    SOON_MS / 1000);
	}
	return s->now_ms - healed;
}
