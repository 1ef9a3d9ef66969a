/*
 * bench_records - what the record engine costs, and the index that follows it, on a store in a directory of the build's
 * file system.
 *
 * Prints "NAME VALUE UNIT" a line: author.batch_per_s and author.durable_per_s (without the control socket),
 * admit.records_per_s (two threads verify, the loop admits) and the loop's CPU time, start.100k_records_s, rss.100k_records_mib.
 * disk.two_flushes_per_s stands beside them: no durable write can be faster.
 * Usage: bench_records [DIR [RECORDS]]
 */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node/record/records.h"
#include "node/search/index.h"
#include "proto/cbor.h"
#include "proto/stamp.h"
#include "tests/lib/bodies.h"

#define BATCH 500            /* what one answer of a peer holds, about */

static char dir[256];
static struct sign_key founder;
static struct id network;

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of this thread: what the loop pays, whoever else is running. */
static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
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
	fprintf(stderr, "bench_records: %s: %s: %s\n", e->object, e->rule, e->reason);
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
engine_open(struct engine *n, const char *sub)
{
	struct records_options o = { .world = &world_real, .self = founder.public_key };
	char path[300];
	struct err e;

	snprintf(path, sizeof path, "%s/%s", dir, sub);
	(void)mkdir(path, 0700);
	must(store_open(path, NULL, &n->store, &e), &e);
	n->index = index_new();
	must(index_open(n->index, n->store, &e), &e);
	index_follow(n->index, &o.follower);
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

/* --- records of about 600 bytes --- */

static void
body_organisation(struct buf *b, unsigned n)
{
	char name[64], text[400];

	snprintf(name, sizeof name, "Made-up organisation %u", n);
	memset(text, 'a' + (int)(n % 26), sizeof text - 1);
	text[sizeof text - 1] = 0;
	cbor_put_map(b, 4);
	put_word(b, 32, "listed");
	put_title(b, 33, name);
	cbor_put_uint(b, 34);
	cbor_put_array(b, 1);
	cbor_put_text(b, bytes_text("AL"));
	put_title(b, 36, text);
}

/* --- our own --- */

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
author(struct engine *n, unsigned from, unsigned count)
{
	struct draft *drafts = need_zeroed(count, sizeof *drafts);
	struct buf *bodies = need_zeroed(count, sizeof *bodies);
	struct err e;

	for (unsigned i = 0; i < count; i++) {
		body_organisation(&bodies[i], from + i);
		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .audience = AUDIENCE_PUBLIC,
			.body = buf_bytes(&bodies[i]) };
	}
	must(records_author(n->records, &founder, drafts, count, NULL, &e), &e);
	for (unsigned i = 0; i < count; i++)
		buf_free(&bodies[i]);
	free(bodies);
	free(drafts);
}

/* What the disk itself allows: a commit is the flush of its pages, then the flush of the page that makes them count. */
static void
bench_disk(void)
{
	static const char page[4096];
	char path[300];
	double t;
	int fd;

	snprintf(path, sizeof path, "%s/raw", dir);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return;
	t = now_s();
	for (off_t i = 0; i < 200; i++)
		if (pwrite(fd, page, sizeof page, (i + 1) * (off_t)sizeof page) < 0 || fdatasync(fd) != 0 ||
		    pwrite(fd, page, sizeof page, 0) < 0 || fdatasync(fd) != 0)
			break;
	say("disk.two_flushes_per_s", 200 / (now_s() - t), "1/s");
	close(fd);
}

static void
bench_author(unsigned records)
{
	struct engine n;
	double t, cpu;

	engine_open(&n, "own");
	found(&n);
	t = now_s();
	for (unsigned i = 0; i < 300; i++)
		author(&n, i, 1);
	say("author.durable_per_s", 300 / (now_s() - t), "records/s");
	t = now_s();
	cpu = cpu_s();
	author(&n, 1000, records / 10);
	say("author.batch_per_s", records / 10 / (now_s() - t), "records/s");
	say("author.batch_us", (cpu_s() - cpu) / (records / 10) * 1e6, "us/record");
	for (unsigned i = 1; i < 10; i++)
		author(&n, 1000 + i * records / 10, records / 10);
	engine_close(&n);
}

/* --- from another --- */

struct pile {
	struct buf bytes;
	size_t *at;               /* where each envelope begins; one more for the end */
	bool *good;
	size_t count;
	size_t next;              /* taken by the verifying threads, BATCH at once */
	size_t *done;             /* of each batch */
	pthread_mutex_t lock;
	pthread_cond_t cond;
};

static struct bytes
envelope_at(const struct pile *p, size_t i)
{
	return (struct bytes){ p->bytes.p + p->at[i], p->at[i + 1] - p->at[i] };
}

static bool
take(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct pile *p = self;

	(void)stamp, (void)id;
	p->at = need_realloc(p->at, (p->count + 2) * sizeof *p->at);
	p->at[p->count++] = p->bytes.len;
	buf_put_bytes(&p->bytes, envelope);
	p->at[p->count] = p->bytes.len;
	return true;
}

static void
take_bucket(void *self, bucket_id b, const struct bucket_sum *s)
{
	(void)s;
	((bucket_id *)self)[1 + ((bucket_id *)self)[0]++] = b;
}

static void
gather(struct pile *p)
{
	bucket_id list[64] = { 0 };
	struct engine n;
	struct store_txn *t;

	engine_open(&n, "own");
	network = *records_network(n.records);
	t = store_read(n.store);
	records_buckets(n.records, t, UINT64_MAX, take_bucket, list);
	for (bucket_id i = 0; i < list[0]; i++)
		records_tail(n.records, t, list[1 + i], 0, NULL, take, p);
	txn_abort(&t);
	engine_close(&n);
	p->good = need_zeroed(p->count, sizeof *p->good);
	p->done = need_zeroed(p->count / BATCH + 1, sizeof *p->done);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->cond, NULL);
}

static bool
verify_one(struct bytes envelope)
{
	struct id none = { { 0 } };
	struct unverified u;

	if (envelope_read(envelope, &network, &crypto_envelope, &u, NULL) != ERR_OK)
		return false;
	if (u.claim.kind == KIND_CHARTER)
		envelope_read(envelope, &none, &crypto_envelope, &u, NULL);
	return records_signature_ok(&network, &u);
}

static void *
verify(void *arg)
{
	struct pile *p = arg;

	for (;;) {
		size_t from, to;
		pthread_mutex_lock(&p->lock);
		from = p->next;
		p->next += BATCH;
		pthread_mutex_unlock(&p->lock);
		if (from >= p->count)
			return NULL;
		to = from + BATCH < p->count ? from + BATCH : p->count;
		for (size_t i = from; i < to; i++)
			p->good[i] = verify_one(envelope_at(p, i));
		pthread_mutex_lock(&p->lock);
		p->done[from / BATCH] = 1;
		pthread_cond_broadcast(&p->cond);
		pthread_mutex_unlock(&p->lock);
	}
}

static double
admit_batch(struct engine *n, struct pile *p, size_t from)
{
	struct admission items[BATCH];
	size_t count = p->count - from < BATCH ? p->count - from : BATCH;
	struct err e;
	double t;

	pthread_mutex_lock(&p->lock);
	while (!p->done[from / BATCH])
		pthread_cond_wait(&p->cond, &p->lock);
	pthread_mutex_unlock(&p->lock);
	t = cpu_s();
	for (size_t i = 0; i < count; i++)
		items[i] = (struct admission){ .envelope = envelope_at(p, from + i), .signature_ok = p->good[from + i] };
	must(records_admit(n->records, items, count, &e), &e);
	for (size_t i = 0; i < count; i++)
		if (items[i].verdict != REFUSAL_NONE) {
			fprintf(stderr, "bench_records: record %zu refused: %s\n", from + i,
			    refusal_name(items[i].verdict));
			exit(1);
		}
	return cpu_s() - t;
}

static void
bench_admit(void)
{
	struct pile p = { 0 };
	struct engine n;
	pthread_t threads[2];
	struct err e;
	double t, loop = 0;

	gather(&p);
	engine_open(&n, "other");
	must(records_set_network(n.records, &network, &e), &e);
	t = now_s();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, verify, &p);
	for (size_t from = 0; from < p.count; from += BATCH)
		loop += admit_batch(&n, &p, from);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	say("admit.records_per_s", (double)p.count / (now_s() - t), "records/s");
	say("admit.loop_us", loop / (double)p.count * 1e6, "us/record");
	engine_close(&n);
	buf_free(&p.bytes);
	free(p.at);
	free(p.good);
	free(p.done);
}

/* --- starting, and what it holds in memory: in a process of its own --- */

static double
rss_anon_mib(void)
{
	char line[128];
	double kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "RssAnon: %lf", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib / 1024;
}

static bool
read_one(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	(void)stamp, (void)id;
	*(uint64_t *)self += envelope.len;
	return true;
}

static void
bench_start(void)
{
	bucket_id list[64] = { 0 };
	struct store_txn *txn;
	struct engine n;
	uint64_t bytes = 0;
	double t, before;

	engine_open(&n, "idle");
	before = rss_anon_mib();
	engine_close(&n);
	t = now_s();
	engine_open(&n, "own");
	say("start.100k_records_s", now_s() - t, "s");
	txn = store_read(n.store);
	records_buckets(n.records, txn, UINT64_MAX, take_bucket, list);
	for (bucket_id i = 0; i < list[0]; i++)
		records_tail(n.records, txn, list[1 + i], 0, NULL, read_one, &bytes);
	txn_abort(&txn);
	say("rss.100k_records_mib", rss_anon_mib() - before, "MiB");
	fprintf(stderr, "%llu records, %llu bytes read\n", (unsigned long long)records_count(n.records, COLLECTION_DIRECTORY),
	    (unsigned long long)bytes);
	engine_close(&n);
}

static void
apart(void (*fn)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		fn();
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	unsigned records = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
	uint8_t seed[32] = { 1 };

	snprintf(dir, sizeof dir, "%s/bench-records-XXXXXX", argc > 1 ? argv[1] : "/var/tmp");
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	crypto_start();
	sign_key_from_seed(seed, &founder);
	bench_disk();
	bench_author(records);
	apart(bench_admit);
	apart(bench_start);
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
