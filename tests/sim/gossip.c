/*
 * gossip - how news travels: 200 nodes and one record, by seed; and small networks in which something goes wrong.
 *
 *   gossip                  NODES (200) nodes, RECORDS (10) records one after the other, for COUNT (3) seeds from
 *                           FROM (1) on
 *   HOURS=12                the graph is left to itself for so long before
 *   SEED=7 gossip           that one, told step by step; LOG=debug with what the nodes say
 *
 * A round is one hop of news: a notification, and the record fetched by it. Rounds and copies are read off the
 * datagrams that carry the record, not off what the nodes think.
 */
#include "tests/sim/sim.h"

#include "node/base/log.h"
#include "node/peer/contact.h"
#include "node/peer/peer.h"
#include "node/service/authoring.h"
#include "node/service/votes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MINUTE_MS (60 * 1000LL)
#define ROUNDS 6
#define COPIES 2.5

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* --- entries --- */

static void
add(struct sim_node *n, const char *name)
{
	struct authoring *a = authoring_new(&n->node, kind_find(KIND_ORGANISATION));
	char json[256];
	struct err e = { 0 };
	cJSON *list = NULL, *o;

	snprintf(json, sizeof json, "{\"name\":{\"en\":\"%s\"},\"relation\":\"listed\",\"territories\":[\"AL\"],"
	    "\"audience\":\"public\"}", name);
	o = cJSON_Parse(json);
	if (authoring_add(a, o, &e) || authoring_finish(a, false, &list, &e))
		sim_fail(n->sim, "entry: %s", e.reason);
	authoring_free(a);
	cJSON_Delete(o);
	cJSON_Delete(list);
	n->timer_at = n->sim->now_ms;
}

static uint64_t
held(const struct sim_node *n)
{
	return records_count(n->node.records, COLLECTION_DIRECTORY);
}

static unsigned
lacking(const struct sim *s, uint64_t count)
{
	unsigned lack = 0;

	for (unsigned i = 0; i < s->count; i++)
		lack += held(s->nodes[i]) < count;
	return lack;
}

/* --- one record among many nodes --- */

struct spread {
	unsigned rounds;
	double copies;
	int64_t ms;
};

static struct spread
spread_one(struct sim *s, struct sim_node *from, unsigned nth)
{
	struct spread out = { 0 };
	int64_t began = s->now_ms;
	unsigned copies = 0;

	memset(s->copies, 0, sizeof s->copies);
	memset(s->hops, 0, sizeof s->hops);
	s->copies[from->number] = 1; /* it has it: a copy that comes back is counted, and no round */
	snprintf(s->watch, sizeof s->watch, "Gossip %u of %llu", nth, (unsigned long long)s->seed);
	add(from, s->watch);
	while (lacking(s, nth) && s->now_ms - began < 2 * MINUTE_MS && !s->failed[0])
		sim_run(s, 20);
	out.ms = s->now_ms - began;
	sim_run(s, 10 * 1000); /* copies that are still on their way count */
	if (lacking(s, nth))
		sim_fail(s, "%u nodes lack record %u after %lld s", lacking(s, nth), nth, (long long)out.ms / 1000);
	for (unsigned i = 0; i < s->count; i++) {
		copies += s->copies[i];
		out.rounds = s->hops[i] > out.rounds ? s->hops[i] : out.rounds;
	}
	out.copies = (double)(copies - 1) / (double)(s->count - 1);
	s->watch[0] = 0;
	return out;
}

static void
degrees(const struct sim *s, unsigned *least, unsigned *most, double *mean)
{
	unsigned sum = 0;

	*least = ~0u;
	*most = 0;
	for (unsigned i = 0; i < s->count; i++) {
		unsigned n = 0;

		for (const struct contact *c = s->nodes[i]->node.contacts; c; c = c->next)
			n += c->peer != NULL;
		*least = n < *least ? n : *least;
		*most = n > *most ? n : *most;
		sum += n;
	}
	*mean = (double)sum / (double)s->count;
}

static void
gossip(struct sim *s, unsigned nodes, unsigned records)
{
	struct spread worst = { 0 };
	unsigned least, most;
	uint64_t useless = 0;
	double mean;

	s->weather = (struct weather){ .delay_ms = 20 + dice_below(&s->dice, 80), .jitter_ms = 30,
		.loss = dice_below(&s->dice, 3) };
	sim_people(s, nodes);
	sim_run(s, 3 * MINUTE_MS + (int64_t)number("HOURS", 0) * 60 * MINUTE_MS);
	for (unsigned i = 1; i <= records && !s->failed[0]; i++) {
		struct spread one = spread_one(s, s->nodes[dice_below(&s->dice, nodes)], i);

		sim_trace(s, "record %u: %u rounds, %.3f copies a node, %lld ms", i, one.rounds, one.copies, (long long)one.ms);
		worst.rounds = one.rounds > worst.rounds ? one.rounds : worst.rounds;
		worst.copies = one.copies > worst.copies ? one.copies : worst.copies;
		worst.ms = one.ms > worst.ms ? one.ms : worst.ms;
	}
	degrees(s, &least, &most, &mean);
	for (unsigned i = 0; i < s->count; i++)
		useless += s->nodes[i]->node.useless;
	printf("seed %llu: %u nodes with %u to %u sessions (%.1f), loss %u %%: at most %u rounds, %.3f copies a node, %lld ms; "
	    "%llu useless copies\n", (unsigned long long)s->seed, nodes, least, most, mean, s->weather.loss, worst.rounds,
	    worst.copies, (long long)worst.ms, (unsigned long long)useless);
	if (worst.rounds > ROUNDS || worst.copies > COPIES)
		sim_fail(s, "%u rounds and %.3f copies, where %d and %.1f are the most", worst.rounds, worst.copies, ROUNDS, COPIES);
}

/* --- small networks --- */

static struct peer *
session_of(struct sim_node *n, const struct sim_node *with)
{
	struct contact *c = contact_by_node(&n->node, dtls_identity_node(with->home.identity));

	return c ? c->peer : NULL;
}

#define MUST(s, what, so) do { if (!(so)) sim_fail(s, "untrue: %s", what); } while (0)

static void
small(struct sim *s, unsigned nodes)
{
	s->weather = (struct weather){ .delay_ms = 20 };
	sim_people(s, nodes);
	sim_run(s, 30 * 1000);
	for (unsigned i = 1; i < nodes; i++)
		MUST(s, "every two have a session", session_of(s->nodes[i], s->nodes[0]) && session_of(s->nodes[0], s->nodes[i]));
}

/* Notifications that were missed leave a gap, and a gap leads to a visit, which finds what they told. */
static void
gap(struct sim *s)
{
	struct peer *p;
	int64_t visited;

	small(s, 2);
	if (s->failed[0])
		return;
	p = session_of(s->nodes[1], s->nodes[0]);
	visited = p->visit_began_ms;
	add(s->nodes[0], "first");
	sim_run(s, 1000);
	MUST(s, "news is fetched without a visit", held(s->nodes[1]) == 1 && p->visit_began_ms == visited);
	p->followed_to -= 2;
	add(s->nodes[0], "second");
	sim_run(s, 1000);
	MUST(s, "a gap leads to a visit", held(s->nodes[1]) == 2 && p->visit_began_ms > visited);
	visited = p->visit_began_ms;
	add(s->nodes[0], "third");
	sim_run(s, 1000);
	MUST(s, "and then all is well again", held(s->nodes[1]) == 3 && p->visit_began_ms == visited);
}

/* A member that is suspended hears nothing more, from the next notification on; when it is back, it does. */
static void
suspended(struct sim *s)
{
	struct vote v = { .action = "suspend", .reason = "safety" };
	struct authored done;
	struct err e = { 0 };

	small(s, 3);
	if (s->failed[0])
		return;
	add(s->nodes[0], "before");
	sim_run(s, 1000);
	MUST(s, "a member hears news", held(s->nodes[2]) == 1);
	v.subject = s->nodes[2]->home.organisation.public_key;
	MUST(s, "it is suspended", vote_standing(&s->nodes[0]->node, &v, &done, &e) == ERR_OK);
	strcpy(s->watch, "afterwards");
	memset(s->copies, 0, sizeof s->copies);
	add(s->nodes[0], "afterwards");
	sim_run(s, MINUTE_MS);
	MUST(s, "the others hear what comes then", held(s->nodes[1]) == 2);
	MUST(s, "a suspended one does not", held(s->nodes[2]) == 1 && s->copies[2] == 0);
	for (size_t i = 0; i < LIMIT_OBSERVATIONS; i++)
		MUST(s, "its observation has ended", session_of(s->nodes[0], s->nodes[2]) == NULL ||
		    session_of(s->nodes[0], s->nodes[2])->observers[i].ticket == 0);
	v.action = "reinstate";
	MUST(s, "it is reinstated", vote_standing(&s->nodes[0]->node, &v, &done, &e) == ERR_OK);
	sim_run(s, 20 * MINUTE_MS);
	MUST(s, "and gets what it lacks", held(s->nodes[2]) == 2);
	add(s->nodes[0], "back");
	sim_run(s, 1000);
	MUST(s, "and hears news again", held(s->nodes[2]) == 3);
}

/* Many entries within a second are a few notifications, and each comes once. */
static void
merged(struct sim *s)
{
	uint64_t sent;
	char name[32];

	small(s, 2);
	sent = s->sent;
	for (unsigned i = 0; i < 200 && !s->failed[0]; i++) {
		snprintf(name, sizeof name, "Number %u", i);
		add(s->nodes[0], name);
		sim_run(s, 5);
	}
	sim_run(s, 5000);
	MUST(s, "all have come", held(s->nodes[1]) == 200);
	MUST(s, "none came twice", s->nodes[1]->node.useless == 0);
	/* Ten notifications, ten questions, their ACKs, and some 130 blocks of records, each asked for. */
	MUST(s, "few notifications", s->sent - sent < 400);
	sim_trace(s, "%llu datagrams for 200 entries", (unsigned long long)(s->sent - sent));
}

/* Who told of it first falls silent: it is fetched from the next one that has it, long before the question fails. */
static void
silent_holder(struct sim *s)
{
	int64_t began;

	small(s, 3);
	if (s->failed[0])
		return;
	began = s->now_ms;
	/* Node 1 hears of it and asks; what would carry the answer is cut. */
	add(s->nodes[0], "wanted");
	sim_run(s, 30);
	s->cut[0][1] = s->cut[1][0] = true;
	while (held(s->nodes[1]) == 0 && s->now_ms - began < MINUTE_MS)
		sim_run(s, 100);
	MUST(s, "it comes from another", held(s->nodes[1]) == 1 && s->now_ms - began < 10 * 1000);
}

static const struct scene {
	const char *name;
	void (*play)(struct sim *s);
} scenes[] = {
	{ "a gap leads to a visit", gap },
	{ "a suspended observer is told no more", suspended },
	{ "many changes are few notifications", merged },
	{ "who falls silent is not waited for", silent_holder },
};

/* --- */

static unsigned
end(struct sim *s, const char *what)
{
	bool failed = s->failed[0];

	if (failed)
		printf("FAILED: SEED=%llu: %s: %s\n", (unsigned long long)s->seed, what, s->failed);
	sim_close(s);
	return failed;
}

int
main(void)
{
	uint64_t from = number("SEED", number("FROM", 1)), count = getenv("SEED") ? 1 : number("COUNT", 3);
	struct rlimit files = { 8192, 8192 };
	struct sim *s = need_zeroed(1, sizeof *s);
	unsigned failed = 0;
	time_t began = time(NULL);

	crypto_start();
	log_set_level(getenv("LOG") ? (enum log_level)log_level_from(getenv("LOG")) : LOG_ERROR);
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		sim_open(s, from);
		s->trace = getenv("SEED") != NULL;
		scenes[i].play(s);
		failed += end(s, scenes[i].name);
	}
	for (uint64_t i = 0; i < count; i++) {
		sim_open(s, from + i);
		s->trace = getenv("SEED") != NULL;
		gossip(s, (unsigned)number("NODES", SIM_NODES), (unsigned)number("RECORDS", 10));
		failed += end(s, "gossip");
	}
	free(s);
	printf("%s: %llu networks from seed %llu on and %zu scenes, %u failed; %lld s\n", failed ? "failed" : "ok",
	    (unsigned long long)count, (unsigned long long)from, sizeof scenes / sizeof *scenes, failed,
	    (long long)(time(NULL) - began));
	return failed != 0;
}
