/*
 * bench_index - what the index of searches costs, on a store in a directory of the build's file system.
 *
 * Prints "NAME VALUE UNIT" a line: search.index_per_s (built anew from the records) and its processor time, search.index_mib,
 * store.compact_mib_per_s (records and index), search.add_one_ms (what one record costs more than without an index, median of
 * many, each durable), search.admitted_per_s (others' records, without their signatures; plain: without an index).
 * Usage: bench_index [DIR [RECORDS]]
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/log.h"
#include "node/record/records.h"
#include "node/search/index.h"
#include "tests/lib/bodies.h"
#include "tests/lib/corpus.h"

#define BATCH 500            /* what one answer of a peer holds, about */
#define ONES 200

static char dir[256];
static struct sign_key founder;
static struct id network;
static struct corpus corpus;

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of the whole process: what it costs, whoever else is running. */
static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
say(const char *name, double value, const char *unit)
{
	printf("%s %.3f %s\n", name, value, unit);
	fflush(stdout);
}

static void
must(enum err_code rc, const struct err *e)
{
	if (rc == ERR_OK)
		return;
	fprintf(stderr, "bench_index: %s: %s: %s\n", e->object, e->rule, e->reason);
	exit(1);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

struct engine {
	struct store *store;
	struct records *records;
	struct index *index;
};

static void
engine_open(struct engine *n, const char *sub, bool indexed)
{
	struct records_options o = { .world = &world_real, .self = founder.public_key };
	char path[300];
	struct err e;

	*n = (struct engine){ 0 };
	snprintf(path, sizeof path, "%s/%s", dir, sub);
	(void)mkdir(path, 0700);
	must(store_open(path, NULL, &n->store, &e), &e);
	if (indexed) {
		n->index = index_new();
		must(index_open(n->index, n->store, &e), &e);
		index_follow(n->index, &o.follower);
	}
	o.store = n->store;
	must(records_open(&o, &n->records, &e), &e);
}

static void
engine_close(struct engine *n)
{
	records_close(n->records);
	index_free(n->index);
	store_close(n->store);
}

static void
found(struct engine *n)
{
	struct buf body = { 0 };
	struct err e;

	body_charter(&body, &founder.public_key);
	must(records_found(n->records, &founder, buf_bytes(&body), &network, &e), &e);
	buf_free(&body);
}

static void
author(struct engine *n, uint64_t from, size_t count)
{
	struct draft *drafts = need_zeroed(count, sizeof *drafts);
	struct buf *bodies = need_zeroed(count, sizeof *bodies);
	struct err e;

	for (size_t i = 0; i < count; i++) {
		corpus_service(&corpus, &founder.public_key, from + i, &bodies[i]);
		drafts[i] = (struct draft){ .kind = KIND_SERVICE, .audience = AUDIENCE_PUBLIC,
			.body = buf_bytes(&bodies[i]) };
	}
	must(records_author(n->records, &founder, drafts, count, NULL, &e), &e);
	for (size_t i = 0; i < count; i++)
		buf_free(&bodies[i]);
	free(bodies);
	free(drafts);
}

static size_t
used(struct engine *n)
{
	struct store_state s;

	store_state(n->store, &s);
	return s.used_bytes;
}

/* --- built anew --- */

static void
bench_build(size_t records)
{
	struct engine n;
	size_t before;
	double t, cpu;
	struct err e;

	engine_open(&n, "own", false);
	found(&n);
	for (size_t i = 0; i < records; i += 5000)
		author(&n, i, 5000);
	before = used(&n);
	n.index = index_new();
	t = now_s();
	cpu = cpu_s();
	must(index_open(n.index, n.store, &e), &e);
	say("search.index_per_s", (double)records / (now_s() - t), "records/s");
	say("search.index_cpu_us", (cpu_s() - cpu) / (double)records * 1e6, "us/record");
	say("search.index_mib", (double)(used(&n) - before) / 1048576, "MiB");
	before = used(&n);
	t = now_s();
	must(store_compact(n.store, &e), &e);
	say("store.compact_mib_per_s", (double)before / 1048576 / (now_s() - t), "MiB/s");
	engine_close(&n);
}

/* --- one more --- */

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
one_ms(bool indexed, size_t records, double *out_cpu_ms)
{
	double took[ONES], cpu;
	struct engine n;

	engine_open(&n, "own", indexed);
	cpu = cpu_s();
	for (size_t i = 0; i < ONES; i++) {
		double t = now_s();

		author(&n, records + i, 1);
		took[i] = (now_s() - t) * 1000;
	}
	*out_cpu_ms = (cpu_s() - cpu) / ONES * 1000;
	engine_close(&n);
	qsort(took, ONES, sizeof *took, by_value);
	return took[ONES / 2];
}

static void
bench_one(size_t records)
{
	double cpu, plain_cpu, with = one_ms(true, records, &cpu), without = one_ms(false, records, &plain_cpu);

	say("search.add_one_ms", with - without, "ms");
	say("search.add_one_cpu_ms", cpu - plain_cpu, "ms");
	say("search.add_one_whole_ms", with, "ms");
}

/* --- from another --- */

struct taking {
	struct engine *n;
	struct buf bytes;
	struct { size_t at, len; } items[BATCH];
	size_t count;
	uint64_t records;
	double took;
};

static void
give(struct taking *w)
{
	struct admission items[BATCH];
	struct err e;
	double t = now_s();

	for (size_t i = 0; i < w->count; i++)
		items[i] = (struct admission){ .envelope = { w->bytes.p + w->items[i].at, w->items[i].len },
			.signature_ok = true };
	must(records_admit(w->n->records, items, w->count, &e), &e);
	w->took += now_s() - t;
	w->records += w->count;
	w->count = 0;
	buf_reset(&w->bytes);
}

static bool
take(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct taking *w = self;

	(void)stamp, (void)id;
	w->items[w->count].at = w->bytes.len;
	w->items[w->count++].len = envelope.len;
	buf_put_bytes(&w->bytes, envelope);
	if (w->count == BATCH)
		give(w);
	return true;
}

static void
take_bucket(void *self, bucket_id b, const struct bucket_sum *s)
{
	(void)s;
	((bucket_id *)self)[1 + ((bucket_id *)self)[0]++] = b;
}

static void
bench_admit(bool indexed, const char *sub, const char *row)
{
	struct engine from, to;
	bucket_id list[64] = { 0 };
	struct taking *w = need_zeroed(1, sizeof *w);
	struct store_txn *t;
	struct err e;

	engine_open(&from, "own", false);
	engine_open(&to, sub, indexed);
	must(records_set_network(to.records, records_network(from.records), &e), &e);
	w->n = &to;
	t = store_read(from.store);
	records_buckets(from.records, t, UINT64_MAX, take_bucket, list);
	for (bucket_id i = 0; i < list[0]; i++)
		records_tail(from.records, t, list[1 + i], 0, NULL, take, w);
	if (w->count)
		give(w);
	txn_abort(&t);
	say(row, (double)w->records / w->took, "records/s");
	engine_close(&from);
	engine_close(&to);
	buf_free(&w->bytes);
	free(w);
}

int
main(int argc, char **argv)
{
	size_t records = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
	uint8_t seed[32] = { 1 };

	snprintf(dir, sizeof dir, "%s/bench-index-XXXXXX", argc > 1 ? argv[1] : "/var/tmp");
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	log_set_level(LOG_WARN);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	corpus_init(&corpus, 4);
	bench_build(records);
	bench_one(records);
	bench_admit(false, "plain", "search.plain_admitted_per_s");
	bench_admit(true, "other", "search.admitted_per_s");
	corpus_done(&corpus);
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
