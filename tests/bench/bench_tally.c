/*
 * bench_tally - how long tables take, over a store of made-up services in a directory of the build's file system.
 *
 * Prints "NAME VALUE UNIT" a line, medians with the store warm: query.gaps_200k_ms (one topic by municipality, with the names of
 * places and topics read anew), query.cross_200k_ms (all services by topic and territory); of each its processor time and the postings read.
 * Usage: bench_tally [DIR [RECORDS]]
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/log.h"
#include "node/search/gaps.h"
#include "tests/lib/bodies.h"
#include "tests/lib/corpus.h"

#define TIMES 9
#define BATCH 5000

static char dir[256];
static struct store *store;
static struct records *records;
static struct sign_key founder;

static double
now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void
must(enum err_code rc, const struct err *e)
{
	if (rc == ERR_OK)
		return;
	fprintf(stderr, "bench_tally: %s: %s: %s\n", e->object, e->rule, e->reason);
	exit(1);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
fill(size_t count)
{
	struct draft *drafts = need_zeroed(BATCH, sizeof *drafts);
	struct buf *bodies = need_zeroed(BATCH, sizeof *bodies), charter = { 0 };
	struct corpus corpus;
	struct id network;
	struct err e;

	corpus_init(&corpus, 4);
	body_charter(&charter, &founder.public_key);
	must(records_found(records, &founder, buf_bytes(&charter), &network, &e), &e);
	for (size_t at = 0; at < count; at += BATCH) {
		/* With the charter that is all one may write in a day. */
		size_t n = at + BATCH < count ? BATCH : BATCH - 1;

		for (size_t i = 0; i < n; i++) {
			corpus_service(&corpus, &founder.public_key, at + i, &bodies[i]);
			drafts[i] = (struct draft){ .kind = KIND_SERVICE, .audience = AUDIENCE_PUBLIC,
				.body = buf_bytes(&bodies[i]) };
		}
		must(records_author(records, &founder, drafts, n, NULL, &e), &e);
		for (size_t i = 0; i < n; i++)
			buf_free(&bodies[i]);
	}
	buf_free(&charter);
	free(drafts);
	free(bodies);
	corpus_done(&corpus);
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

	must(gaps_run(records, t, l, &q, GAPS_BY_PLACE, &g, &e), &e);
	read = g.read;
	if (g.count < 100)
		exit(1);
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

	must(tally_run(records, t, l, &q, &y, &e), &e);
	read = y.read;
	if (y.count < 20)
		exit(1);
	tally_done(&y);
	return read;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(const char *name, uint64_t (*run)(struct store_txn *t, const struct lexicon *l))
{
	double took[TIMES], worked[TIMES];
	uint64_t read = 0;

	for (size_t i = 0; i < TIMES; i++) {
		struct store_txn *t = store_read(store);
		double from = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
		struct lexicon *l = lexicon_new(records, t, trusts, NULL);

		read = run(t, l);
		took[i] = now_ms(CLOCK_MONOTONIC) - from;
		worked[i] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		lexicon_free(l);
		txn_abort(&t);
	}
	qsort(took, TIMES, sizeof *took, by_value);
	qsort(worked, TIMES, sizeof *worked, by_value);
	printf("query.%s_200k_ms %.3f ms\nquery.%s_200k_cpu_ms %.3f ms\nquery.%s_postings %llu postings\n", name,
	    took[TIMES / 2], name, worked[TIMES / 2], name, (unsigned long long)read);
}

int
main(int argc, char **argv)
{
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 200000;
	struct records_options o = { .world = &world_real };
	uint8_t seed[32] = { 1 };
	struct index *x;
	struct err e;

	snprintf(dir, sizeof dir, "%s/bench-tally-XXXXXX", argc > 1 ? argv[1] : "/var/tmp");
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	log_set_level(LOG_WARN);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	must(store_open(dir, NULL, &store, &e), &e);
	o.self = founder.public_key;
	o.store = store;
	must(records_open(&o, &records, &e), &e);
	fill(count);
	x = index_new();
	must(index_open(x, store, &e), &e);
	measure("gaps", run_gaps);
	measure("cross", run_cross);
	records_close(records);
	index_free(x);
	store_close(store);
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
