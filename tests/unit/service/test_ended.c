/* node/service/ended.c: a story is taken back by its author's node on the day that it was promised for. Whole nodes of the simulation. */
#include "node/base/log.h"
#include "node/service/authoring.h"
#include "proto/calendar.h"
#include "tests/sim/sim.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


static struct sim sim;

static void
two_nodes(void)
{
	crypto_start();
	log_set_level(LOG_ERROR);
	sim_open(&sim, 7);
	sim_people(&sim, 2);
	sim_run(&sim, 60 * 1000);
	cr_assert_eq(sim.failed[0], 0, "%s", sim.failed);
}

static void
end(void)
{
	sim_close(&sim);
}

TestSuite(ended, .init = two_nodes, .fini = end, .timeout = 120);

/* The day that the simulation's clock shows, and DAYS more. */
static const char *
date(int days)
{
	static char text[32];
	time_t at = (time_t)(sim_true_ms(&sim) / 1000) + (time_t)days * DAY_S;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, sizeof text, "%Y-%m-%d", &tm);
	return text;
}

/* By node 0; EXPIRES "" : none of its own. */
static struct uuid
tell(const char *withdraw_by, const char *expires)
{
	struct node *n = &sim.nodes[0]->node;
	struct authoring *a = authoring_new(n, kind_by_word("story"));
	cJSON *list = NULL, *o;
	struct err e = { 0 };
	struct uuid name;
	char json[400];

	snprintf(json, sizeof json, "{\"title\":{\"en\":\"Made up\"},\"text\":{\"en\":\"It began.\"},\"consent_scope\":\"members\","
	    "\"withdraw_by\":\"%s\",\"consent\":{\"given\":true,\"on\":\"2026-01-31\",\"from\":\"herself\"}%s%s%s}", withdraw_by,
	    *expires ? ",\"expires\":\"" : "", expires, *expires ? "\"" : "");
	o = cJSON_Parse(json);
	cr_assert_eq(authoring_add(a, o, &e), ERR_OK, "%s: %s: %s", e.object, e.rule, e.reason);
	cr_assert_eq(authoring_finish(a, false, &list, &e), ERR_OK, "%s: %s: %s", e.object, e.rule, e.reason);
	cr_assert_eq(uuid_parse(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "id")->valuestring, "id", &name, &e), ERR_OK);
	authoring_free(a);
	cJSON_Delete(o);
	cJSON_Delete(list);
	return name;
}

/* Is it live at this node? Else its newest version is a withdrawal, and all before are erased. */
static bool
is_live(unsigned number, const struct uuid *name)
{
	struct node *n = &sim.nodes[number]->node;
	const struct id *author = &sim.nodes[0]->home.organisation.public_key;
	struct store_txn *t = store_read(n->store);
	struct verified v;
	bool live;

	cr_assert(records_live(n->records, t, KIND_STORY, author, name, &v), "node %u never had it", number);
	live = v.record.state == RECORD_LIVE;
	cr_assert(live || records_was_erased(n->records, t, &v), "node %u", number);
	txn_abort(&t);
	return live;
}

static int64_t
to_midnight_ms(void)
{
	return (DAY_S - sim_true_ms(&sim) / 1000 % DAY_S) * 1000;
}

/* On its last day it is there, at midnight (UTC) it goes everywhere, and what ends later stays. */
Test(ended, on_the_day)
{
	struct uuid today = tell(date(0), ""), later = tell(date(300), "");

	sim_run(&sim, to_midnight_ms() - 60 * 1000);
	cr_assert(is_live(0, &today) && is_live(1, &today));
	sim_run(&sim, 120 * 1000);
	cr_assert(!is_live(0, &today) && !is_live(1, &today));
	cr_assert(is_live(0, &later) && is_live(1, &later));
}

/* What is hidden sooner is kept until its end: its author may show it again. */
Test(ended, hidden_is_not_ended)
{
	char by[32];
	struct uuid name;

	strcpy(by, date(1));
	name = tell(by, date(0));
	sim_run(&sim, to_midnight_ms() + 60 * 1000);
	cr_assert(is_live(0, &name) && is_live(1, &name));
	sim_run(&sim, to_midnight_ms() + 60 * 1000);
	cr_assert(!is_live(0, &name) && !is_live(1, &name));
}

/* The computer was off on that day: it is taken back as soon as it is on again. */
Test(ended, while_it_was_off)
{
	struct uuid name = tell(date(0), "");

	sim_run(&sim, 20 * 1000);
	cr_assert(is_live(1, &name));
	sim_stop(sim.nodes[0], STOP_CLEAN);
	sim_run(&sim, to_midnight_ms() + 3600 * 1000);
	cr_assert(is_live(1, &name), "only its author takes it back");
	cr_assert(sim_start(sim.nodes[0]));
	sim_run(&sim, 20 * 60 * 1000);
	cr_assert(!is_live(0, &name) && !is_live(1, &name));
}
