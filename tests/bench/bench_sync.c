/*
 * bench_sync - what two nodes with a hundred thousand records in common tell each other when a
 * hundred differ, scattered over all stamps, and nothing is known of the difference: the real visit
 * and the real answers, without a network between them.
 *
 * Prints "NAME VALUE UNIT" over 200 differences: sync.d100_sent_bytes (the answers that bring
 * cells, whole; the goal is the shortest prefix that decodes, and one block), how many there are,
 * and the same with the questions that name short ids. Greetings, lists of buckets and the records
 * themselves are in none of them. A difference that is not found in full ends the run.
 * Usage: bench_sync [DIR]
 */
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/sync/visit.h"
#include "proto/cbor.h"
#include "proto/sketch.h"
#include "tests/lib/bodies.h"

#define SHARED 100000
#define ROUNDS 200
#define HALF   50            /* of a difference, on either side */
#define BATCH  5000
#define NEWEST 100           /* records that both have in the end are newer than all that differ */

static char dir[256];
static struct sign_key founder;
static struct id network;

static void
must(bool so, const char *what, const struct err *e)
{
	if (so)
		return;
	fprintf(stderr, "bench_sync: %s%s%s\n", what, e ? ": " : "", e ? e->reason : "");
	exit(1);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
clean(void)
{
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- a node's records --- */

struct place {
	struct store *store;
	struct records *records;
	struct snapshots snapshots;
	struct visit_memory memory;
	struct place *other;
	size_t cells, ids, questions;    /* bytes of its last visit; how often cells were asked for */
	struct visit_end end;
	bool ended;
};

static void
place_open(struct place *p, const char *sub, uint8_t number)
{
	struct records_options o = { .world = &world_real };
	uint8_t seed[CRYPTO_SEED] = { number };
	struct sign_key key;
	char path[300];
	struct err e;

	sign_key_from_seed(seed, &key);
	snprintf(path, sizeof path, "%s/%s", dir, sub);
	(void)mkdir(path, 0700);
	must(store_open(path, NULL, &p->store, &e) == ERR_OK, "store", &e);
	o.store = p->store;
	o.self = key.public_key;
	must(records_open(&o, &p->records, &e) == ERR_OK, "records", &e);
}

static void
place_close(struct place *p)
{
	snapshots_done(&p->snapshots);
	records_close(p->records);
	store_close(p->store);
}

static void
found(struct place *p)
{
	struct buf b = { 0 };
	struct err e;

	body_charter(&b, &founder.public_key);
	must(records_found(p->records, &founder, buf_bytes(&b), &network, &e) == ERR_OK, "network", &e);
	buf_free(&b);
}

static void
author(struct place *p, unsigned count)
{
	struct draft *drafts = need_zeroed(count, sizeof *drafts);
	struct buf body = { 0 };
	struct err e;

	cbor_put_map(&body, 3);
	put_word(&body, 32, "listed");
	put_title(&body, 33, "Made-up organisation");
	cbor_put_uint(&body, 34);
	cbor_put_array(&body, 1);
	cbor_put_text(&body, bytes_text("AL"));
	for (unsigned i = 0; i < count; i++)
		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .audience = AUDIENCE_PUBLIC,
			.body = buf_bytes(&body) };
	must(records_author(p->records, &founder, drafts, count, NULL, &e) == ERR_OK, "entries", &e);
	buf_free(&body);
	free(drafts);
}

/* --- all the records there are, by bucket and stamp --- */

struct pile {
	struct buf bytes;
	size_t *at;               /* where each begins; one more for the end */
	size_t count, first;      /* FIRST: the first that is no membership record */
	bool *apart;              /* belongs to a difference */
};

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
	struct place source = { 0 };
	struct store_txn *t;

	place_open(&source, "source", 1);
	found(&source);
	author(&source, SHARED + ROUNDS * 2 * HALF);
	t = store_read(source.store);
	records_buckets(source.records, t, UINT64_MAX, take_bucket, list);
	for (bucket_id i = 0; i < list[0]; i++) {
		if (i == 1)
			p->first = p->count;
		records_tail(source.records, t, list[1 + i], 0, NULL, take, p);
	}
	txn_abort(&t);
	place_close(&source);
	must(p->first && p->count > p->first + NEWEST, "no records", NULL);
	p->apart = need_zeroed(p->count, sizeof *p->apart);
}

static void
admit(struct place *to, const struct pile *p, const size_t *which, size_t count)
{
	struct admission *items = need_zeroed(count, sizeof *items);
	const struct membership *m;
	struct err e;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct admission){ .signature_ok = true,
			.envelope = { p->bytes.p + p->at[which[i]], p->at[which[i] + 1] - p->at[which[i]] } };
	must(records_admit(to->records, items, count, &e) == ERR_OK, "admission", &e);
	for (size_t i = 0; i < count; i++)
		must(items[i].verdict == REFUSAL_NONE, refusal_name(items[i].verdict), NULL);
	must(records_refresh(to->records, &m, &e) == ERR_OK, "membership", &e);
	free(items);
}

static void
admit_shared(struct place *to, const struct pile *p)
{
	size_t *which = need_alloc(BATCH * sizeof *which), count = 0;
	struct err e;

	must(records_set_network(to->records, &network, &e) == ERR_OK, "network", &e);
	for (size_t i = 0; i < p->count; i++) {
		if (!p->apart[i])
			which[count++] = i;
		if (count && (count == BATCH || i + 1 == p->first || i + 1 == p->count)) {
			admit(to, p, which, count);
			count = 0;
		}
	}
	free(which);
}

/* --- a visit by function calls; an answer comes after the question has returned --- */

struct later {
	struct later *next;
	void (*answered)(void *arg, const struct visit_answer *a);
	void (*admitted)(void *arg, const struct admit_result *r);
	void *arg;
	struct buf body;
	struct admit_result result;
};
static struct later *later_first, **later_last = &later_first;

static struct later *
later_add(void)
{
	struct later *l = need_zeroed(1, sizeof *l);

	*later_last = l;
	later_last = &l->next;
	return l;
}

static void
later_run(void)
{
	while (later_first) {
		struct later *l = later_first;
		struct visit_answer a = { .code = 205, .body = buf_bytes(&l->body) };

		if ((later_first = l->next) == NULL)
			later_last = &later_first;
		if (l->answered)
			l->answered(l->arg, &a);
		else
			l->admitted(l->arg, &l->result);
		buf_free(&l->body);
		free(l);
	}
}

static const struct sync_view all = { .subscription = SUBSCRIBE_ALL, .ours = CLASS_CSO, .theirs = CLASS_CSO };

static void
hello_of(void *self, struct message_hello *out)
{
	struct place *p = self;

	*out = (struct message_hello){ .version_min = 1, .version_max = 1, .subscription = SUBSCRIBE_ALL };
	sync_root(p->records, &all, out->root);
}

static enum err_code
greeted(void *self, const struct message_hello *h, struct sync_view *out, struct err *e)
{
	(void)self, (void)h, (void)e;
	*out = all;
	return ERR_OK;
}

static void
ended(void *self, const struct visit_end *end)
{
	struct place *p = self;

	p->ended = true;
	p->end = *end;
}

static void
admit_now(void *self, struct bytes sequence, void (*done)(void *arg, const struct admit_result *r), void *arg)
{
	struct place *p = self;
	struct later *l = later_add();
	struct bytes item;
	struct err e;

	l->admitted = done;
	l->arg = arg;
	while (sequence_next(&sequence, &item)) {
		struct admission a = { .envelope = item, .signature_ok = true };

		must(records_admit(p->records, &a, 1, &e) == ERR_OK, "admission", &e);
		l->result.admitted += a.verdict == REFUSAL_NONE;
		l->result.refused += a.verdict != REFUSAL_NONE;
	}
}

static uint32_t
number(const char *query, const char *key)
{
	const char *at = strstr(query, key);

	must(at != NULL, key, NULL);
	return (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void
answer_cells(struct place *p, const struct visit_ask *q, struct buf *out)
{
	struct sync_stretch stretch = { .of = { .bucket = (bucket_id)strtoul(q->path + strlen("cells/"), NULL, 10),
		.part = SKETCH_PARTS }, .snapshot = number(q->query, "snap="), .from = number(q->query, "from="),
		.count = number(q->query, "n=") };
	struct err e;

	must(strstr(q->query, "part=") == NULL, "a hundred came in parts", NULL);
	must(sync_cells(p->other->records, &all, &p->other->snapshots, 1000, &stretch, out, &e) == ERR_OK, "cells", &e);
	p->cells += out->len;
	p->questions++;
}

static enum err_code
ask_other(void *self, const struct visit_ask *q, struct err *e)
{
	struct place *p = self;
	struct later *l = later_add();
	struct message_hello h;
	struct message_ids ids;
	static const struct salt none;

	l->answered = q->done;
	l->arg = q->arg;
	if (strcmp(q->path, "hello") == 0) {
		hello_of(p->other, &h);
		message_hello_write(&h, &l->body);
	} else if (strcmp(q->path, "buckets") == 0) {
		sync_buckets(p->other->records, &all, UINT64_MAX, &l->body);
	} else if (strncmp(q->path, "cells/", 6) == 0) {
		answer_cells(p, q, &l->body);
	} else if (strcmp(q->path, "records") == 0) {
		p->ids += q->payload.len;
		must(message_ids_read(q->payload, &ids, e) == ERR_OK &&
		    sync_records(p->other->records, &all, &ids, SKETCH_PARTS, &none, &l->body, e) == ERR_OK, "records", e);
	} else if (strcmp(q->path, "offer") == 0) {
		p->ids += q->payload.len;
	} else {
		must(false, q->path, NULL);
	}
	return ERR_OK;
}

static void
visit(struct place *p)
{
	struct visit_ops ops = { .self = p, .ask = ask_other, .admit = admit_now, .hello = hello_of, .greeted = greeted,
		.ended = ended };

	p->cells = p->ids = p->questions = 0;
	p->ended = false;
	p->memory = (struct visit_memory){ 0 };
	visit_start(p->records, &ops, &p->memory);
	later_run();
	must(p->ended && p->end.code == ERR_OK, "a visit broke off", &p->end.why);
}

/* --- figures --- */

static int
by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void
say(const char *name, size_t values[ROUNDS], const char *unit)
{
	qsort(values, ROUNDS, sizeof *values, by_size);
	printf("%s_p50 %zu %s\n%s_p95 %zu %s\n", name, values[ROUNDS / 2], unit, name, values[ROUNDS * 95 / 100 - 1],
	    unit);
}

/* Different numbers, in no order, of records that make the differences. */
static size_t *
choose(struct pile *p)
{
	size_t count = ROUNDS * 2 * HALF, *out = need_alloc(count * sizeof *out), span = p->count - p->first - NEWEST;
	uint64_t z = 1;

	for (size_t i = 0; i < count;) {
		size_t at = p->first + (size_t)(sketch_mix(z++) % span);

		if (p->apart[at])
			continue;
		p->apart[at] = true;
		out[i++] = at;
	}
	return out;
}

static void
bench(void)
{
	static size_t cells[ROUNDS], both[ROUNDS], questions[ROUNDS];
	struct pile p = { 0 };
	struct place a = { 0 }, b = { 0 };
	size_t *which;

	gather(&p);
	which = choose(&p);
	place_open(&a, "a", 2);
	place_open(&b, "b", 3);
	a.other = &b;
	admit_shared(&a, &p);
	admit_shared(&b, &p);
	for (size_t k = 0; k < ROUNDS; k++) {
		const size_t *ours = which + k * 2 * HALF, *theirs = ours + HALF;

		admit(&a, &p, ours, HALF);
		admit(&b, &p, theirs, HALF);
		visit(&a);
		must(a.end.admitted == HALF && a.end.offered == HALF, "a difference was not found", NULL);
		admit(&b, &p, ours, HALF);
		cells[k] = a.cells;
		both[k] = a.cells + a.ids;
		questions[k] = a.questions;
	}
	visit(&a);
	must(a.end.equal, "the sets are not equal in the end", NULL);
	say("sync.d100_sent_bytes", cells, "B");
	say("sync.d100_sent_with_ids_bytes", both, "B");
	say("sync.d100_cells_questions", questions, "1");
	place_close(&a);
	place_close(&b);
	buf_free(&p.bytes);
	free(p.at);
	free(p.apart);
	free(which);
}

int
main(int argc, char **argv)
{
	uint8_t seed[CRYPTO_SEED] = { 1 };

	snprintf(dir, sizeof dir, "%s/bench-sync-XXXXXX", argc > 1 ? argv[1] :
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp");
	must(mkdtemp(dir) != NULL, "no directory", NULL);
	atexit(clean);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	bench();
	return 0;
}
