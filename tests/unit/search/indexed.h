/*
 * indexed - a network whose records an index follows, and a seed that is told.
 *
 * Law      each run is the same, unless SEED=N says otherwise
 */
#ifndef KILIM_TESTS_UNIT_SEARCH_INDEXED_H
#define KILIM_TESTS_UNIT_SEARCH_INDEXED_H

#include "node/base/log.h"
#include "node/search/index.h"
#include "tests/unit/record/network.h"

static struct network net;
static struct index *x;
static struct err err;
static uint64_t seed;

static void
attach(struct network *n)
{
	index_free(x);
	x = index_new();
	cr_assert_eq(index_open(x, n->store, &err), ERR_OK, "%s: %s", err.rule, err.reason);
	index_follow(x, &n->follower);
}

/* MAP_BYTES of the store; 0: as many as is usual in tests. */
static void
indexed_begin(size_t map_bytes)
{
	const char *said = getenv("SEED");

	seed = said ? strtoull(said, NULL, 0) : 20261122;
	fprintf(stderr, "SEED=%llu\n", (unsigned long long)seed);
	log_set_level(LOG_ERROR);
	net_start(&net, 0);
	if (map_bytes)
		net.map_bytes = map_bytes;
	net.with_store = attach;
	cr_assert_eq(net_reopen(&net, &err), ERR_OK, "%s: %s", err.rule, err.reason);
	net_found(&net, 100000, 100000);
}

static void
indexed_end(void)
{
	net_stop(&net);
	index_free(x);
	x = NULL;
}

#endif
