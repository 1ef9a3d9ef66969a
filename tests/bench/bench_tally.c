/*
 * bench_tally - how long tables take, over a store of made-up services in a directory of the build's file system.
 *
 * Prints "NAME VALUE UNIT" a line, medians with the store warm: query.gaps_200k_ms (one topic by municipality, with the names of
 * places and topics read anew), query.cross_200k_ms (all services by topic and territory); of each its processor time and the postings read.
 * Usage: bench_tally [DIR [RECORDS]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "node/base/log.h"
#include "node/search/gaps.h"
#include "tests/lib/bench.h"
#include "tests/lib/corpus.h"

#define TIMES 9
#define BATCH 5000

static struct bench_node node;
static struct sign_key founder;
static struct corpus corpus;

static void
write_body(void *self, uint64_t number, struct buf *out)
{
	(void)self;
	corpus_service(&corpus, &founder.public_key, number, out);
}

/* With the charter that is all one may write in a day. */
static void
fill(size_t count)
{
	struct id network;

	bench_found(&node, &founder, &network);
	for (size_t at = 0; at < count; at += BATCH)
		bench_author(&node, &founder, KIND_SERVICE, at, at + BATCH < count ? BATCH : BATCH - 1, write_body, NULL);
}

static bool
trusts(void *self, const struct verified *v)
{
	(void)self, (void)v;
	return true;
}

static uint64_t
run_gaps(struct store_txn *t, const struct lexicon *l)
{
	struct tally_filter topic = { AXIS_TOPIC, bytes_text("legal-aid") };
	struct tally_query q = { .kind = KIND_SERVICE, .filters = &topic, .filter_count = 1, .audiences = 7 };
	struct gaps g;
	struct err e;
	uint64_t read;

	bench_must(gaps_run(node.records, t, l, &q, GAPS_BY_PLACE, &g, &e), &e);
	read = g.read;
	bench_require(g.count >= 100, "too few places");
	gaps_done(&g);
	return read;
}

static uint64_t
run_cross(struct store_txn *t, const struct lexicon *l)
{
	static const enum tally_axis by[] = { AXIS_TOPIC, AXIS_TERRITORY };
	struct tally_query q = { .kind = KIND_SERVICE, .by = by, .by_count = 2, .audiences = 7 };
	struct tally y;
	struct err e;
	uint64_t read;

	bench_must(tally_run(node.records, t, l, &q, &y, &e), &e);
	read = y.read;
	bench_require(y.count >= 20, "too few cells");
	tally_done(&y);
	return read;
}

static void
say(const char *name, const char *what, double value, const char *unit)
{
	char row[64];

	snprintf(row, sizeof row, "query.%s_%s", name, what);
	bench_say(row, value, unit);
}

static void
measure(const char *name, uint64_t (*run)(struct store_txn *t, const struct lexicon *l))
{
	double took[TIMES], worked[TIMES];
	uint64_t read = 0;

	for (size_t i = 0; i < TIMES; i++) {
		struct store_txn *t = store_read(node.store);
		double from = bench_now_s(), cpu = bench_process_s();
		struct lexicon *l = lexicon_new(node.records, t, trusts, NULL);

		read = run(t, l);
		took[i] = (bench_now_s() - from) * 1000;
		worked[i] = (bench_process_s() - cpu) * 1000;
		lexicon_free(l);
		txn_abort(&t);
	}
	say(name, "200k_ms", bench_middle(took), "ms");
	say(name, "200k_cpu_ms", bench_middle(worked), "ms");
	say(name, "postings", (double)read, "postings");
}

int
main(int argc, char **argv)
{
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 200000;
	uint8_t seed[32] = { 1 };

	bench_dir(argc > 1 ? argv[1] : NULL);
	log_set_level(LOG_WARN);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	corpus_init(&corpus, 4);
	bench_open(&node, "node", BENCH_INDEXED, &world_real, &founder.public_key);
	fill(count);
	measure("gaps", run_gaps);
	measure("cross", run_cross);
	bench_close(&node);
	corpus_done(&corpus);
	return 0;
}
