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
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/bench.h"
#include "tests/lib/bodies.h"

#define BATCH 500            /* what one answer of a peer holds, about */

static const char *dir;
static unsigned records = 100000;
static struct sign_key founder;
static struct id network;

static void
engine_open(struct bench_node *n, const char *sub)
{
	bench_open(n, sub, BENCH_INDEXED, &world_real, &founder.public_key);
}

/* --- our own --- */

/* About 600 bytes as a record. */
static void
write_body(void *self, uint64_t number, struct buf *out)
{
	char name[64], text[400];

	(void)self;
	snprintf(name, sizeof name, "Made-up organisation %llu", (unsigned long long)number);
	memset(text, 'a' + (int)(number % 26), sizeof text - 1);
	text[sizeof text - 1] = 0;
	body_organisation(out, name, text);
}

static void
author(struct bench_node *n, unsigned from, unsigned count)
{
	bench_author(n, &founder, KIND_ORGANISATION, from, count, write_body, NULL);
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
	t = bench_now_s();
	for (off_t i = 0; i < 200; i++)
		if (pwrite(fd, page, sizeof page, (i + 1) * (off_t)sizeof page) < 0 || fdatasync(fd) != 0 ||
		    pwrite(fd, page, sizeof page, 0) < 0 || fdatasync(fd) != 0)
			break;
	bench_say("disk.two_flushes_per_s", 200 / (bench_now_s() - t), "1/s");
	close(fd);
}

static void
author_all(void)
{
	struct bench_node n;
	double t, cpu;

	engine_open(&n, "own");
	bench_found(&n, &founder, &network);
	t = bench_now_s();
	for (unsigned i = 0; i < 300; i++)
		author(&n, i, 1);
	bench_say("author.durable_per_s", 300 / (bench_now_s() - t), "records/s");
	t = bench_now_s();
	cpu = bench_thread_s();
	author(&n, 1000, records / 10);
	bench_say("author.batch_per_s", records / 10 / (bench_now_s() - t), "records/s");
	bench_say("author.batch_us", (bench_thread_s() - cpu) / (records / 10) * 1e6, "us/record");
	for (unsigned i = 1; i < 10; i++)
		author(&n, 1000 + i * records / 10, records / 10);
	bench_close(&n);
}

/* --- from another --- */

struct pile {
	struct bench_pile all;
	bool *good;
	size_t next;              /* taken by the verifying threads, BATCH at once */
	size_t *done;             /* of each batch */
	pthread_mutex_t lock;
	pthread_cond_t cond;
};

static void
gather(struct pile *p)
{
	struct bench_node n;

	engine_open(&n, "own");
	network = *records_network(n.records);
	bench_gather(&n, &p->all);
	bench_close(&n);
	p->good = need_zeroed(p->all.count, sizeof *p->good);
	p->done = need_zeroed(p->all.count / BATCH + 1, sizeof *p->done);
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
		if (from >= p->all.count)
			return NULL;
		to = from + BATCH < p->all.count ? from + BATCH : p->all.count;
		for (size_t i = from; i < to; i++)
			p->good[i] = verify_one(bench_envelope(&p->all, i));
		pthread_mutex_lock(&p->lock);
		p->done[from / BATCH] = 1;
		pthread_cond_broadcast(&p->cond);
		pthread_mutex_unlock(&p->lock);
	}
}

static double
admit_batch(struct bench_node *n, struct pile *p, size_t from)
{
	struct admission items[BATCH];
	size_t count = p->all.count - from < BATCH ? p->all.count - from : BATCH;
	double t;

	pthread_mutex_lock(&p->lock);
	while (!p->done[from / BATCH])
		pthread_cond_wait(&p->cond, &p->lock);
	pthread_mutex_unlock(&p->lock);
	t = bench_thread_s();
	for (size_t i = 0; i < count; i++)
		items[i] = (struct admission){ .envelope = bench_envelope(&p->all, from + i), .signature_ok = p->good[from + i] };
	bench_admit(n, items, count);
	return bench_thread_s() - t;
}

static void
admit_all(void)
{
	struct pile p = { 0 };
	struct bench_node n;
	pthread_t threads[2];
	struct err e;
	double t, loop = 0;

	gather(&p);
	engine_open(&n, "other");
	bench_must(records_set_network(n.records, &network, &e), &e);
	t = bench_now_s();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, verify, &p);
	for (size_t from = 0; from < p.all.count; from += BATCH)
		loop += admit_batch(&n, &p, from);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	bench_say("admit.records_per_s", (double)p.all.count / (bench_now_s() - t), "records/s");
	bench_say("admit.loop_us", loop / (double)p.all.count * 1e6, "us/record");
	bench_close(&n);
	bench_pile_done(&p.all);
	free(p.good);
	free(p.done);
}

/* --- starting, and what it holds in memory: in a process of its own --- */

static bool
read_one(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	(void)stamp, (void)id;
	*(uint64_t *)self += envelope.len;
	return true;
}

static void
start(void)
{
	struct bench_node n;
	uint64_t bytes = 0;
	double t, before;

	engine_open(&n, "idle");
	before = bench_anon_mib();
	bench_close(&n);
	t = bench_now_s();
	engine_open(&n, "own");
	bench_say("start.100k_records_s", bench_now_s() - t, "s");
	bench_each(&n, read_one, &bytes);
	bench_say("rss.100k_records_mib", bench_anon_mib() - before, "MiB");
	fprintf(stderr, "%llu records, %llu bytes read\n", (unsigned long long)records_count(n.records, COLLECTION_DIRECTORY),
	    (unsigned long long)bytes);
	bench_close(&n);
}

int
main(int argc, char **argv)
{
	uint8_t seed[32] = { 1 };

	if (argc > 2)
		records = (unsigned)strtoul(argv[2], NULL, 10);
	dir = bench_dir(argc > 1 ? argv[1] : NULL);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	bench_disk();
	author_all();
	bench_apart(admit_all);
	bench_apart(start);
	return 0;
}
