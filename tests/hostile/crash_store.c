/*
 * crash_store - a node that is being written to dies by SIGKILL, again and again: nothing acknowledged may be lost.
 *
 * A child authors batches of records and says over a pipe which it got an OK for. It is killed at a random moment;
 * then the store is opened again: every acknowledged record must be there and verify, a batch is there wholly or not
 * at all, and all tables must agree.
 *
 * Usage: crash_store [CYCLES [SEED [DIR]]]     exit 1 at the first loss
 */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node/record/records.h"
#include "proto/cbor.h"
#include "tests/lib/bodies.h"

#define BATCH_MOST 20
#define PAUSE_MOST_MS 120
#define INSIDE_LEAST 5          /* one kill for so many of the cycles that were asked for falls inside a commit */
#define MORE_MOST 8             /* times as many cycles, until they have */

static char dir[256];
static struct sign_key founder;
static struct id network;
static uint64_t dice_state;
static int *inside;                /* shared with the child: 1 while a commit is under way */

static uint64_t
dice(void)
{
	uint64_t z = dice_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void
fail(const char *what, const struct err *e)
{
	char text[600];

	fprintf(stderr, "crash_store: %s%s%s\n", what, e ? ": " : "", e ? err_text(e, text, sizeof text) : "");
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
};

static void
engine_open(struct engine *n)
{
	struct store_options so = { .map_bytes = (size_t)4 << 30 };
	struct records_options o = { .world = &world_real, .self = founder.public_key };
	struct err e;

	if (store_open(dir, &so, &n->store, &e) != ERR_OK)
		fail("the store does not open", &e);
	o.store = n->store;
	if (records_open(&o, &n->records, &e) != ERR_OK)
		fail("the records do not open", &e);
}

static void
engine_close(struct engine *n)
{
	records_close(n->records);
	store_close(n->store);
}

static void
found(void)
{
	struct buf b = { 0 };
	struct engine n;
	struct err e;

	body_charter(&b, &founder.public_key);
	engine_open(&n);
	if (records_found(n.records, &founder, buf_bytes(&b), &network, &e) != ERR_OK)
		fail("founding", &e);
	engine_close(&n);
	buf_free(&b);
}

/* Batches are numbered; the names of one batch begin with its number. Every third rewrites a batch of before. */
static struct uuid
name_of(uint32_t batch, uint32_t i)
{
	struct uuid u = { { 0 } };

	put_u32(u.b, batch + 1);
	put_u32(u.b + 12, i);
	return u;
}

struct ack {
	uint32_t batch, count;
	uint64_t stamp;            /* of its first record */
};

static void
write_batch(struct engine *n, uint32_t batch, uint32_t count, struct ack *out)
{
	struct draft drafts[BATCH_MOST];
	struct authored done[BATCH_MOST];
	struct buf body = { 0 };
	struct err e;

	cbor_put_map(&body, 3);
	put_word(&body, 32, "listed");
	put_title(&body, 33, "A made-up organisation");
	cbor_put_uint(&body, 34);
	cbor_put_array(&body, 1);
	cbor_put_text(&body, bytes_text("AL"));
	for (uint32_t i = 0; i < count; i++)
		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .name = name_of(batch, i),
			.body = buf_bytes(&body) };
	__atomic_store_n(inside, 1, __ATOMIC_SEQ_CST);
	if (records_author(n->records, &founder, drafts, count, done, &e) != ERR_OK)
		fail("authoring", &e);
	__atomic_store_n(inside, 0, __ATOMIC_SEQ_CST);
	*out = (struct ack){ batch, count, done[0].stamp };
	buf_free(&body);
}

/* It says that it has begun by an acknowledgement of nothing: how long that takes is not for the dice. */
static void
child(int out, uint32_t first)
{
	struct engine n;
	struct ack ack = { 0 };

	engine_open(&n);
	if (write(out, &ack, sizeof ack) != sizeof ack)
		_exit(1);
	for (uint32_t batch = first;; batch++) {
		uint32_t again = batch > first && dice() % 3 == 0 ? 1 : 0;
		batch -= again;
		write_batch(&n, batch, 1 + batch * 7 % BATCH_MOST, &ack);
		if (write(out, &ack, sizeof ack) != sizeof ack)
			_exit(1);
		if (dice() % 8 == 0)    /* the file is written anew: either the old or the new one must be there */
			(void)store_compact(n.store, NULL);
		if (dice() % 2)    /* some time outside of commits */
			nanosleep(&(struct timespec){ 0, (long)(dice() % 4000000) }, NULL);
	}
}

/* --- afterwards --- */

struct audit {
	struct engine *n;
	struct store_txn *t;
	uint64_t seen;
	struct bucket_sum sum;
};

static bool
check_one(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct audit *a = self;
	const struct id *under = &network;
	struct id none = { { 0 } };
	struct unverified u;

	if (id_equal(id, &network))
		under = &none;
	if (envelope_read(envelope, under, &crypto_envelope, &u, NULL) != ERR_OK || !id_equal(&u.id, id) ||
	    u.claim.stamp != stamp)
		fail("a record is damaged", NULL);
	a->seen++;
	return true;
}

static void
check_bucket(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct audit *a = self;
	uint64_t before = a->seen;

	records_tail(a->n->records, a->t, b, 0, NULL, check_one, a);
	if (a->seen - before != s->count)
		fail("a bucket and its sum disagree", NULL);
}

/* Every table holds one row of every record in the set. */
static void
check_tables(struct engine *n)
{
	static const enum store_table tables[] = { STORE_RECORD, STORE_LIVE, STORE_SHORT, STORE_ARRIVAL, STORE_QUOTA };
	struct audit a = { .n = n, .t = store_read(n->store) };
	struct err e;

	records_buckets(n->records, a.t, UINT64_MAX, check_bucket, &a);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (txn_count(a.t, tables[i]) != a.seen)
			fail("two tables disagree", NULL);
	if (txn_commit(&a.t, &e) != ERR_OK)
		fail("reading", &e);
}

static uint32_t
held_of(struct engine *n, struct store_txn *t, uint32_t batch, uint64_t stamp)
{
	uint32_t held = 0;
	struct verified v;

	for (uint32_t i = 0; i < 1 + batch * 7 % BATCH_MOST; i++) {
		struct uuid name = name_of(batch, i);
		held += records_live(n->records, t, KIND_ORGANISATION, &founder.public_key, &name, &v) &&
		    v.record.stamp >= stamp;
	}
	return held;
}

static void
check_acks(struct engine *n, const struct ack *acks, size_t count)
{
	struct store_txn *t = store_read(n->store);

	for (size_t i = 0; i < count; i++)
		if (held_of(n, t, acks[i].batch, acks[i].stamp) != acks[i].count)
			fail("an acknowledged record is lost", NULL);
	if (count) {    /* what came next is there wholly or not at all */
		uint32_t next = acks[count - 1].batch + 1, held = held_of(n, t, next, 0);
		if (held != 0 && held != 1 + next * 7 % BATCH_MOST)
			fail("half a batch is there", NULL);
	}
	txn_abort(&t);
}

struct history {
	struct ack *acks;
	size_t count, cap;
	uint32_t next;
	unsigned inside;
};

static void
cycle(struct history *h)
{
	size_t first = h->count;
	struct engine n;
	struct ack ack;
	int pipes[2], status;
	pid_t pid;

	*inside = 0;
	if (pipe(pipes) != 0)
		fail(strerror(errno), NULL);
	dice();
	if ((pid = fork()) == 0) {
		close(pipes[0]);
		child(pipes[1], h->next);
	}
	close(pipes[1]);
	if (dice() % 8 != 0 && read(pipes[0], &ack, sizeof ack) != sizeof ack)
		fail("the writer does not begin", NULL);
	nanosleep(&(struct timespec){ 0, (long)(dice() % (PAUSE_MOST_MS * 1000000)) }, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status))
		fail("the writer ended by itself", NULL);
	h->inside += __atomic_load_n(inside, __ATOMIC_SEQ_CST) == 1;
	while (read(pipes[0], &ack, sizeof ack) == sizeof ack) {
		if (ack.count == 0)
			continue;
		if (h->count == h->cap) {
			h->cap = h->cap ? h->cap * 2 : 1024;
			h->acks = need_realloc(h->acks, h->cap * sizeof *h->acks);
		}
		h->acks[h->count++] = ack;
	}
	close(pipes[0]);
	engine_open(&n);
	check_tables(&n);
	check_acks(&n, h->acks + first, h->count - first);
	engine_close(&n);
	h->next = (h->count > first ? h->acks[h->count - 1].batch : h->next) + 2;
}

int
main(int argc, char **argv)
{
	unsigned cycles = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100, done = 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	uint8_t key[32] = { 1 };
	struct history h = { 0 };
	struct engine n;

	snprintf(dir, sizeof dir, "%s/crash-store-XXXXXX", argc > 3 ? argv[3] : "/var/tmp");
	if (mkdtemp(dir) == NULL)
		fail(dir, NULL);
	printf("crash_store: %u cycles, seed %llu\n", cycles, (unsigned long long)seed);
	fflush(stdout);
	dice_state = seed;
	inside = mmap(NULL, sizeof *inside, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (inside == MAP_FAILED)
		fail(strerror(errno), NULL);
	crypto_start();
	sign_key_from_seed(key, &founder);
	found();
	/* Where the disk is quick, a commit is a small part of the time: more cycles, so that as many kills fall into one. */
	for (; done < cycles || (done < MORE_MOST * cycles && h.inside * INSIDE_LEAST < cycles); done++)
		cycle(&h);
	engine_open(&n);
	check_acks(&n, h.acks, h.count);
	engine_close(&n);
	printf("crash_store: %zu batches acknowledged, none lost; %u of %u kills inside a commit\n", h.count, h.inside,
	    done);
	free(h.acks);
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
