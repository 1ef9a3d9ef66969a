/*
 * bench_query - how long searches take, on a store in a directory of the build's file system.
 *
 * Shape    services of tests/lib/corpus.h; QUERIES of each sort, of one or two words that one of the services has: as they
 *          are (exact), with the last cut after four letters (prefix), with one letter of a long one wrong (typo)
 *          each is the whole search: reading the words, a page of ten, its total; in time of the processor, which all of
 *          it is once the store is in memory, so that others at work do not count
 *
 * Prints "NAME VALUE UNIT": search.20k_exact_p95_ms ... and medians. `bench_query print N` prints the same services and
 * queries, folded, for programs that are measured against: "d WORDS", "exact WORDS", "prefix WORDS", "typo WORDS" a line.
 * "200k" are 199,000: what an author may write in a day. Usage: bench_query [DIR [RECORDS]] (without RECORDS both sizes)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/search/query.h"
#include "tests/lib/bench.h"
#include "tests/lib/corpus.h"

#define QUERIES 1000
#define SEED 4

static struct sign_key founder;
static struct corpus corpus;

static const char *const sorts[] = { "exact", "prefix", "typo" };
#define SORTS (sizeof sorts / sizeof *sorts)

/* --- what is searched, and for what --- */

/* The folded texts of service NUMBER. */
static void
words_of(uint64_t number, struct buf *out)
{
	struct buf body = { 0 };

	corpus_service(&corpus, &founder.public_key, number, &body);
	for (uint64_t field = 33; field <= 34; field++) {
		if (out->len)
			buf_put_u8(out, ' ');
		fold_phrase(body_text(buf_bytes(&body), field, NULL), out);
	}
	buf_free(&body);
}

/* Word WANTED (from 0, counted around) of a text of words with blanks between, longer than LEAST where there is one. */
static void
pick_word(const char *text, size_t wanted, size_t least, char out[FOLD_WORD + 1])
{
	size_t count = 0;

	for (size_t round = 0; round < 2; round++) {
		for (const char *p = text; *p; p += strcspn(p, " "), p += *p == ' ') {
			size_t len = strcspn(p, " ");

			if (len < least || len > FOLD_WORD)
				continue;
			if (round == 1 && count-- == 0) {
				memcpy(out, p, len);
				out[len] = 0;
				return;
			}
			if (round == 0)
				count++;
		}
		if (count == 0)
			break;
		count = round == 0 ? wanted % count : count;
	}
	snprintf(out, FOLD_WORD + 1, "%.*s", (int)strcspn(text, " "), text);
}

/* Query NUMBER of a sort, over so many services. */
static void
make_query(size_t sort, uint64_t number, uint64_t records, char out[2 * FOLD_WORD + 2])
{
	uint64_t state = SEED * 1000003 + number * 7919 + sort;
	char first[FOLD_WORD + 1], last[FOLD_WORD + 1];
	struct buf text = { 0 };

	words_of(corpus_dice(&state) % records, &text);
	pick_word(buf_text(&text), corpus_dice(&state) % 1000, 3, first);
	pick_word(buf_text(&text), corpus_dice(&state) % 1000, sort == 0 ? 3 : 6, last);
	if (sort == 1 && strlen(last) > 4)
		last[4] = 0;
	if (sort == 2 && strlen(last) > 4) {
		char *letter = last + 1 + corpus_dice(&state) % (strlen(last) - 2);

		*letter = *letter == 'x' ? 'v' : 'x';
	}
	if (number % 2)
		snprintf(out, 2 * FOLD_WORD + 2, "%s %s", first, last);
	else
		snprintf(out, 2 * FOLD_WORD + 2, "%s", last);
	buf_free(&text);
}

static void
print_all(uint64_t records)
{
	for (uint64_t i = 0; i < records; i++) {
		struct buf text = { 0 };

		words_of(i, &text);
		printf("d %s\n", buf_text(&text));
		buf_free(&text);
	}
	for (size_t sort = 0; sort < SORTS; sort++)
		for (uint64_t i = 0; i < QUERIES; i++) {
			char query[2 * FOLD_WORD + 2];

			make_query(sort, i, records, query);
			printf("%s %s\n", sorts[sort], query);
		}
}

/* --- the engine --- */

static void
write_body(void *self, uint64_t number, struct buf *out)
{
	(void)self;
	corpus_service(&corpus, &founder.public_key, number, out);
}

static void
fill(struct bench_node *n, uint64_t from, uint64_t to)
{
	enum { BATCH = 1000 };

	for (; from < to; from += BATCH)
		bench_author(n, &founder, KIND_SERVICE, from, to - from < BATCH ? to - from : BATCH, write_body, NULL);
}

static bool
trusts(void *self, const struct verified *v)
{
	(void)self, (void)v;
	return true;
}

/* --- measuring --- */

static void
say(const char *size, size_t sort, const char *what, double value, const char *unit)
{
	char name[64];

	snprintf(name, sizeof name, "search.%s_%s_%s", size, sorts[sort], what);
	bench_say(name, value, unit);
}

static void
measure(struct bench_node *n, size_t sort, uint64_t records, const char *size)
{
	static double took[QUERIES];
	struct store_txn *t = store_read(n->store);
	struct lexicon *l = lexicon_new(n->records, t, trusts, NULL);
	uint64_t hits = 0;

	for (uint64_t i = 0; i < QUERIES; i++) {
		char text[2 * FOLD_WORD + 3];
		struct query q = { .audiences = 7, .limit = 10, .now_ms = records_now_ms(n->records) };
		struct found f;
		struct err e;
		double from;

		make_query(sort, i, records, text);
		if (sort == 0)
			strcat(text, " ");             /* finished words */
		q.text = bytes_text(text);
		for (int round = 0; round < 2; round++) {      /* the second is warm */
			from = bench_thread_s();
			bench_must(query_run(n->records, t, l, &q, &f, &e), &e);
			took[i] = (bench_thread_s() - from) * 1000;
			hits += f.total > 0;
			found_done(&f);
		}
	}
	say(size, sort, "p50_ms", bench_percentile(took, QUERIES, 50), "ms");
	say(size, sort, "p95_ms", bench_percentile(took, QUERIES, 95), "ms");
	if (hits < QUERIES)
		say(size, sort, "found", (double)hits / (2 * QUERIES), "x");
	lexicon_free(l);
	txn_abort(&t);
}

int
main(int argc, char **argv)
{
	static const struct {
		uint64_t records;
		const char *name;
	} sizes[] = { { 20000, "20k" }, { 199000, "200k" } };
	uint64_t only = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, filled = 0;
	uint8_t seed[32] = { 1 };
	struct bench_node n;
	struct id network;

	crypto_start();
	sign_key_from_seed(seed, &founder);
	corpus_init(&corpus, SEED);
	if (argc > 2 && strcmp(argv[1], "print") == 0) {
		print_all(only);
		corpus_done(&corpus);
		return 0;
	}
	log_set_level(LOG_WARN);
	bench_dir(argc > 1 ? argv[1] : NULL);
	bench_open(&n, "node", BENCH_INDEXED, &world_real, &founder.public_key);
	bench_found(&n, &founder, &network);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (only && only != sizes[i].records)
			continue;
		fill(&n, filled, sizes[i].records);
		filled = sizes[i].records;
		for (size_t sort = 0; sort < SORTS; sort++)
			measure(&n, sort, sizes[i].records, sizes[i].name);
	}
	bench_close(&n);
	corpus_done(&corpus);
	return 0;
}
