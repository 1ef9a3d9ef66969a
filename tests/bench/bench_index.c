/*
 * bench_index - what the index of searches costs, on a store in a directory of the build's file system.
 *
 * Prints "NAME VALUE UNIT" a line: search.index_per_s (built anew from the records) and its processor time, search.index_mib,
 * store.compact_mib_per_s (records and index), search.add_one_ms (what one record costs more than without an index, median of
 * many, each durable; also the mean, time of the processor, and what is written), search.admitted_per_s (others' records,
 * without their signatures; plain: without an index).
 * Usage: bench_index [DIR [RECORDS]]
 */
#include <stdlib.h>

#include "node/base/log.h"
#include "tests/lib/bench.h"
#include "tests/lib/corpus.h"

#define BATCH 500            /* what one answer of a peer holds, about */
#define ONES 200

static struct sign_key founder;
static struct corpus corpus;

static void
engine_open(struct bench_node *n, const char *sub, enum bench_engine how)
{
	bench_open(n, sub, how, &world_real, &founder.public_key);
}

static void
write_body(void *self, uint64_t number, struct buf *out)
{
	(void)self;
	corpus_service(&corpus, &founder.public_key, number, out);
}

static void
author(struct bench_node *n, uint64_t from, size_t count)
{
	bench_author(n, &founder, KIND_SERVICE, from, count, write_body, NULL);
}

static size_t
used(struct bench_node *n)
{
	struct store_state s;

	store_state(n->store, &s);
	return s.used_bytes;
}

/* --- built anew --- */

static void
build(size_t records)
{
	struct bench_node n;
	struct id network;
	size_t before;
	double t, cpu;
	struct err e;

	engine_open(&n, "own", BENCH_PLAIN);
	bench_found(&n, &founder, &network);
	for (size_t i = 0; i < records; i += 5000)
		author(&n, i, 5000);
	before = used(&n);
	n.index = index_new();
	t = bench_now_s();
	cpu = bench_process_s();
	bench_must(index_open(n.index, n.store, &e), &e);
	bench_say("search.index_per_s", (double)records / (bench_now_s() - t), "records/s");
	bench_say("search.index_cpu_us", (bench_process_s() - cpu) / (double)records * 1e6, "us/record");
	bench_say("search.index_mib", (double)(used(&n) - before) / 1048576, "MiB");
	before = used(&n);
	t = bench_now_s();
	bench_must(store_compact(n.store, &e), &e);
	bench_say("store.compact_mib_per_s", (double)before / 1048576 / (bench_now_s() - t), "MiB/s");
	bench_close(&n);
}

/* --- one more --- */

/* Middle and mean, time of the processor, and what is written. */
struct one {
	double ms, mean_ms, cpu_ms, kib;
};

static struct one
write_ones(enum bench_engine how, size_t records)
{
	double took[ONES], cpu, written;
	struct bench_node n;
	struct one one = { 0 };

	engine_open(&n, "own", how);
	cpu = bench_process_s();
	written = bench_written_mib();
	for (size_t i = 0; i < ONES; i++) {
		double t = bench_now_s();

		author(&n, records + i, 1);
		took[i] = (bench_now_s() - t) * 1000;
		one.mean_ms += took[i] / ONES;
	}
	one.kib = (bench_written_mib() - written) * 1024 / ONES;
	one.cpu_ms = (bench_process_s() - cpu) * 1000 / ONES;
	bench_close(&n);
	one.ms = bench_middle(took);
	return one;
}

static void
add_one(size_t records)
{
	struct one with = write_ones(BENCH_INDEXED, records), without = write_ones(BENCH_PLAIN, records);

	bench_say("search.add_one_ms", with.ms - without.ms, "ms");
	bench_say("search.add_one_mean_ms", with.mean_ms - without.mean_ms, "ms");
	bench_say("search.add_one_cpu_ms", with.cpu_ms - without.cpu_ms, "ms");
	bench_say("search.add_one_kib", with.kib - without.kib, "KiB");
	bench_say("search.add_one_whole_ms", with.ms, "ms");
}

/* --- from another --- */

static void
admit_all(enum bench_engine how, const char *sub, const char *row)
{
	struct admission items[BATCH];
	struct bench_node n;
	struct bench_pile p;
	struct id network;
	struct err e;
	double t;

	engine_open(&n, "own", BENCH_PLAIN);
	network = *records_network(n.records);
	bench_gather(&n, &p);
	bench_close(&n);
	engine_open(&n, sub, how);
	bench_must(records_set_network(n.records, &network, &e), &e);
	t = bench_now_s();
	for (size_t from = 0; from < p.count; from += BATCH) {
		size_t count = p.count - from < BATCH ? p.count - from : BATCH;

		for (size_t i = 0; i < count; i++)
			items[i] = (struct admission){ .envelope = bench_envelope(&p, from + i), .signature_ok = true };
		bench_admit(&n, items, count);
	}
	bench_say(row, (double)p.count / (bench_now_s() - t), "records/s");
	bench_close(&n);
	bench_pile_done(&p);
}

int
main(int argc, char **argv)
{
	size_t records = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
	uint8_t seed[32] = { 1 };

	bench_dir(argc > 1 ? argv[1] : NULL);
	log_set_level(LOG_WARN);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	corpus_init(&corpus, 4);
	build(records);
	add_one(records);
	admit_all(BENCH_PLAIN, "plain", "search.plain_admitted_per_s");
	admit_all(BENCH_INDEXED, "other", "search.admitted_per_s");
	corpus_done(&corpus);
	return 0;
}
