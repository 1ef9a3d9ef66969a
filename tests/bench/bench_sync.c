/*
 * bench_sync - what two nodes with a hundred thousand records in common tell each other when ten, a
 * hundred or a thousand differ, scattered over all stamps, and nothing is known of the difference:
 * the real visit and the real answers, without a network between them.
 *
 * Prints "NAME VALUE UNIT" over 200 differences (50 of a thousand): sync.dN_sent_bytes (the answers
 * that bring cells, whole; the goal is the shortest prefix that decodes, and one block), the same
 * with the questions for them, and with the questions that name short ids; how many questions for
 * cells there are. Greetings, lists of buckets and the records themselves are in none of them. A
 * difference that is not found in full ends the run.
 * Usage: bench_sync [DIR]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/sync/visit.h"
#include "proto/sketch.h"
#include "tests/lib/bench.h"
#include "tests/lib/bodies.h"

#define SHARED 100000
#define ROUNDS 200           /* at most */
#define APART  (200 * 10 + 200 * 100 + 50 * 1000)
#define BATCH  5000
#define NEWEST 100           /* records that both have in the end are newer than all that differ */

static struct sign_key founder;
static struct id network;

/* --- a node's records --- */

struct place {
	struct bench_node node;
	struct snapshots snapshots;
	struct visit_memory memory;
	struct place *other;
	size_t cells, asking, ids, questions;    /* bytes of its last visit; how often cells were asked for */
	struct visit_end end;
	bool ended;
};

static void
place_open(struct place *p, const char *sub, uint8_t number)
{
	uint8_t seed[CRYPTO_SEED] = { number };
	struct sign_key key;

	sign_key_from_seed(seed, &key);
	bench_open(&p->node, sub, BENCH_PLAIN, &world_real, &key.public_key);
}

static void
place_close(struct place *p)
{
	snapshots_done(&p->snapshots);
	bench_close(&p->node);
}

static void
write_body(void *self, uint64_t number, struct buf *out)
{
	(void)self, (void)number;
	body_organisation(out, "Made-up organisation", NULL);
}

/* --- all the records there are, by bucket and stamp --- */

struct pile {
	struct bench_pile all;
	size_t first;             /* that is no membership record */
	bool *apart;              /* belongs to a difference */
};

static bool
is_of_members(struct bytes envelope)
{
	struct record r;

	envelope_peek(envelope, &r);
	return record_collection(&r) == COLLECTION_MEMBERSHIP;
}

static void
gather(struct pile *p)
{
	struct place source = { .other = NULL };

	place_open(&source, "source", 1);
	bench_found(&source.node, &founder, &network);
	bench_author(&source.node, &founder, KIND_ORGANISATION, 0, SHARED + APART, write_body, NULL);
	bench_gather(&source.node, &p->all);
	place_close(&source);
	while (p->first < p->all.count && is_of_members(bench_envelope(&p->all, p->first)))
		p->first++;
	bench_require(p->first && p->all.count > p->first + NEWEST, "no records");
	p->apart = need_zeroed(p->all.count, sizeof *p->apart);
}

static void
admit(struct place *to, const struct pile *p, const size_t *which, size_t count)
{
	struct admission *items = need_zeroed(count, sizeof *items);
	const struct membership *m;
	struct err e;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct admission){ .signature_ok = true,
			.envelope = bench_envelope(&p->all, which[i]) };
	bench_admit(&to->node, items, count);
	bench_must(records_refresh(to->node.records, &m, &e), &e);
	free(items);
}

static void
admit_shared(struct place *to, const struct pile *p)
{
	size_t *which = need_alloc(BATCH * sizeof *which), count = 0;
	struct err e;

	bench_must(records_set_network(to->node.records, &network, &e), &e);
	for (size_t i = 0; i < p->all.count; i++) {
		if (!p->apart[i])
			which[count++] = i;
		if (count && (count == BATCH || i + 1 == p->first || i + 1 == p->all.count)) {
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

	/* Both follow a charter: who follows none is a newcomer, and asks for whole records at once. */
	*out = (struct message_hello){ .version_min = 1, .version_max = 1, .subscription = SUBSCRIBE_ALL, .charter = { { 1 } } };
	sync_root(p->node.records, &all, out->root);
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

		bench_must(records_admit(p->node.records, &a, 1, &e), &e);
		l->result.admitted += a.verdict == REFUSAL_NONE;
		l->result.refused += a.verdict != REFUSAL_NONE;
	}
}

static uint32_t
number(const char *query, const char *key, uint32_t otherwise)
{
	const char *at = strstr(query, key);

	return at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : otherwise;
}

static void
answer_cells(struct place *p, const struct visit_ask *q, struct buf *out)
{
	struct sync_stretch stretch = { .of = { .bucket = (bucket_id)strtoul(q->path + strlen("cells/"), NULL, 10),
		.part = SKETCH_PARTS }, .snapshot = number(q->query, "snap=", 0), .from = number(q->query, "from=", 0),
		.count = number(q->query, "n=", SKETCH_BLOCK) };
	const char *counts = strstr(q->query, "counts=");
	struct err e;

	bench_require(strstr(q->query, "part=") == NULL, "a hundred came in parts");
	if (counts)
		bench_must(counts_parse(counts + strlen("counts="), &stretch.counts, &e), &e);
	bench_must(sync_cells(p->other->node.records, &all, &p->other->snapshots, 1000, &stretch, out, &e), &e);
	p->cells += out->len;
	p->asking += strlen(q->path) + strlen(q->query);
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
		sync_buckets(p->other->node.records, &all, UINT64_MAX, &l->body);
	} else if (strncmp(q->path, "cells/", 6) == 0) {
		answer_cells(p, q, &l->body);
	} else if (strcmp(q->path, "records") == 0) {
		p->ids += q->payload.len;
		bench_must(message_ids_read(q->payload, &ids, e), e);
		bench_must(sync_records(p->other->node.records, &all, &ids, SKETCH_PARTS, &none, &l->body, e), e);
	} else if (strcmp(q->path, "offer") == 0) {
		p->ids += q->payload.len;
	} else {
		bench_require(false, q->path);
	}
	return ERR_OK;
}

static void
visit(struct place *p)
{
	struct visit_ops ops = { .self = p, .ask = ask_other, .admit = admit_now, .hello = hello_of, .greeted = greeted,
		.ended = ended };

	p->cells = p->asking = p->ids = p->questions = 0;
	p->ended = false;
	p->memory = (struct visit_memory){ 0 };
	visit_start(p->node.records, &ops, &p->memory);
	later_run();
	bench_require(p->ended, "a visit broke off");
	bench_must(p->end.code, &p->end.why);
}

/* --- figures --- */

/* So many ids differ, half of them at either; so often. */
struct row {
	size_t apart, rounds;
};

static int
by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void
say(const struct row *row, const char *what, size_t values[ROUNDS], const char *unit)
{
	double sum = 0;

	qsort(values, row->rounds, sizeof *values, by_size);
	for (size_t i = 0; i < row->rounds; i++)
		sum += (double)values[i];
	printf("sync.d%zu_%s_p50 %zu %s\n", row->apart, what, values[row->rounds / 2], unit);
	printf("sync.d%zu_%s_p95 %zu %s\n", row->apart, what, values[row->rounds * 95 / 100 - 1], unit);
	printf("sync.d%zu_%s_mean %.2f %s\n", row->apart, what, sum / (double)row->rounds, unit);
}

/* Different numbers, in no order, of records that make the differences. */
static size_t *
choose(struct pile *p)
{
	size_t *out = need_alloc(APART * sizeof *out), span = p->all.count - p->first - NEWEST;
	uint64_t z = 1;

	for (size_t i = 0; i < APART;) {
		size_t at = p->first + (size_t)(sketch_mix(z++) % span);

		if (p->apart[at])
			continue;
		p->apart[at] = true;
		out[i++] = at;
	}
	return out;
}

/* Differences of one size, of records from WHICH on; where it ends. */
static const size_t *
bench_row(struct place *a, struct place *b, const struct pile *p, const struct row *row, const size_t *which)
{
	static size_t cells[ROUNDS], asked[ROUNDS], all_of_it[ROUNDS], questions[ROUNDS];
	size_t half = row->apart / 2;

	for (size_t k = 0; k < row->rounds; k++, which += row->apart) {
		const size_t *ours = which, *theirs = which + half;

		admit(a, p, ours, half);
		admit(b, p, theirs, half);
		visit(a);
		bench_require(a->end.admitted == half && a->end.offered == half, "a difference was not found");
		admit(b, p, ours, half);
		cells[k] = a->cells;
		asked[k] = a->cells + a->asking;
		all_of_it[k] = a->cells + a->asking + a->ids;
		questions[k] = a->questions;
	}
	say(row, "sent_bytes", cells, "B");
	say(row, "sent_and_asked_bytes", asked, "B");
	say(row, "sent_with_ids_bytes", all_of_it, "B");
	say(row, "cells_questions", questions, "1");
	return which;
}

static void
bench(void)
{
	static const struct row rows[] = { { 10, 200 }, { 100, 200 }, { 1000, 50 } };
	struct pile p = { 0 };
	struct place a = { 0 }, b = { 0 };
	const size_t *at;
	size_t *which;

	gather(&p);
	at = which = choose(&p);
	place_open(&a, "a", 2);
	place_open(&b, "b", 3);
	a.other = &b;
	admit_shared(&a, &p);
	admit_shared(&b, &p);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		at = bench_row(&a, &b, &p, &rows[i], at);
	visit(&a);
	bench_require(a.end.equal, "the sets are not equal in the end");
	place_close(&a);
	place_close(&b);
	bench_pile_done(&p.all);
	free(p.apart);
	free(which);
}

int
main(int argc, char **argv)
{
	uint8_t seed[CRYPTO_SEED] = { 1 };

	bench_dir(argc > 1 ? argv[1] : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NULL);
	crypto_start();
	sign_key_from_seed(seed, &founder);
	bench();
	return 0;
}
