#include "tests/lib/bench.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/bodies.h"

#define BUCKETS_MOST 64

static char dir[256];
static pid_t owner;

/* --- clocks --- */

static double
clock_s(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double
bench_now_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

double
bench_thread_s(void)
{
	return clock_s(CLOCK_THREAD_CPUTIME_ID);
}

double
bench_process_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

/* The number behind WORD in a file of /proc. */
static double
read_number(const char *path, const char *word)
{
	FILE *f = fopen(path, "r");
	double v = 0;
	char line[128];

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, word, strlen(word)) == 0)
			v = strtod(line + strlen(word), NULL);
	if (f)
		fclose(f);
	return v;
}

double
bench_anon_mib(void)
{
	return read_number("/proc/self/status", "RssAnon:") / 1024;
}

double
bench_written_mib(void)
{
	return read_number("/proc/self/io", "wchar:") / 1048576;
}

/* --- figures --- */

void
bench_say(const char *name, double value, const char *unit)
{
	printf("%s %.4f %s\n", name, value, unit);
	fflush(stdout);
}

void
bench_require(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

void
bench_must(enum err_code rc, const struct err *e)
{
	char text[600];

	bench_require(rc == ERR_OK, rc == ERR_OK ? "" : err_text(e, text, sizeof text));
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
bench_percentile(double *values, size_t count, unsigned percent)
{
	qsort(values, count, sizeof *values, by_value);
	return values[(count - 1) * percent / 100];
}

/* --- where it happens --- */

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* Not at the end of a process that was started apart. */
static void
clean(void)
{
	if (getpid() == owner)
		nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
bench_dir(const char *parent)
{
	snprintf(dir, sizeof dir, "%s/%s-XXXXXX", parent ? parent : "/var/tmp", program_invocation_short_name);
	bench_require(mkdtemp(dir) != NULL, dir);
	owner = getpid();
	atexit(clean);
	return dir;
}

void
bench_apart(void (*fn)(void))
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	if ((child = fork()) == 0) {
		fn();
		exit(0);
	}
	bench_require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a part of it ended badly");
}

/* --- nodes --- */

void
bench_open(struct bench_node *n, const char *sub, enum bench_engine how, const struct world *w, const struct id *self)
{
	struct records_options o = { .world = w, .self = *self };
	char path[300];
	struct err e;

	*n = (struct bench_node){ .store = NULL };
	snprintf(path, sizeof path, "%s/%s", dir, sub);
	(void)mkdir(path, 0700);
	bench_must(store_open(path, NULL, &n->store, &e), &e);
	if (how == BENCH_INDEXED) {
		n->index = index_new();
		bench_must(index_open(n->index, n->store, &e), &e);
		index_follow(n->index, &o.follower);
	}
	o.store = n->store;
	bench_must(records_open(&o, &n->records, &e), &e);
}

void
bench_close(struct bench_node *n)
{
	records_close(n->records);
	index_free(n->index);
	store_close(n->store);
}

void
bench_found(struct bench_node *n, const struct sign_key *founder, struct id *out_network)
{
	struct buf body = { 0 };
	struct err e;

	body_charter(&body, &founder->public_key);
	bench_must(records_found(n->records, founder, buf_bytes(&body), out_network, &e), &e);
	buf_free(&body);
}

void
bench_author(struct bench_node *n, const struct sign_key *author, uint32_t kind, uint64_t from, size_t count,
    void (*fn)(void *self, uint64_t number, struct buf *out), void *self)
{
	struct draft *drafts = need_zeroed(count, sizeof *drafts);
	struct buf *bodies = need_zeroed(count, sizeof *bodies);
	struct err e;

	for (size_t i = 0; i < count; i++) {
		fn(self, from + i, &bodies[i]);
		drafts[i] = (struct draft){ .kind = kind, .audience = AUDIENCE_PUBLIC, .body = buf_bytes(&bodies[i]) };
	}
	bench_must(records_author(n->records, author, drafts, count, NULL, &e), &e);
	for (size_t i = 0; i < count; i++)
		buf_free(&bodies[i]);
	free(bodies);
	free(drafts);
}

/* --- all records of a node --- */

struct buckets {
	bucket_id list[BUCKETS_MOST];
	size_t count;
};

static void
note_bucket(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct buckets *all = self;

	(void)s;
	bench_require(all->count < BUCKETS_MOST, "too many buckets");
	all->list[all->count++] = b;
}

static bool
take(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct bench_pile *p = self;

	(void)stamp, (void)id;
	if ((p->count & (p->count - 1)) == 0)         /* as many again */
		p->at = need_realloc(p->at, (p->count * 2 + 2) * sizeof *p->at);
	p->at[p->count++] = p->bytes.len;
	buf_put_bytes(&p->bytes, envelope);
	p->at[p->count] = p->bytes.len;
	return true;
}

void
bench_each(struct bench_node *n, bench_visit *fn, void *self)
{
	struct store_txn *t = store_read(n->store);
	struct buckets all = { .count = 0 };

	records_buckets(n->records, t, UINT64_MAX, note_bucket, &all);
	for (size_t i = 0; i < all.count; i++)
		records_tail(n->records, t, all.list[i], 0, NULL, fn, self);
	txn_abort(&t);
}

void
bench_gather(struct bench_node *n, struct bench_pile *out)
{
	*out = (struct bench_pile){ .count = 0 };
	bench_each(n, take, out);
}

struct bytes
bench_envelope(const struct bench_pile *p, size_t i)
{
	return (struct bytes){ p->bytes.p + p->at[i], p->at[i + 1] - p->at[i] };
}

void
bench_pile_done(struct bench_pile *p)
{
	buf_free(&p->bytes);
	free(p->at);
}

void
bench_admit(struct bench_node *n, struct admission *items, size_t count)
{
	struct err e;

	bench_must(records_admit(n->records, items, count, &e), &e);
	for (size_t i = 0; i < count; i++)
		bench_require(items[i].verdict == REFUSAL_NONE, refusal_name(items[i].verdict));
}
