/* node/search/rank.c and pages.c: in thousands of entries what the plainest way of counting finds. */
#include "tests/unit/search/searching.h"

#include <ctype.h>
#include <math.h>
#include <unistd.h>

#include "node/search/asking.h"
#include "tests/lib/corpus.h"

#define ENTRIES 5000                 /* more than two windows of documents */
#define TOGETHER 1000
#define SINGLY 7                     /* the last, so that some are fresh */
#define QUERIES 80

static struct searching set;
static struct corpus corpus;
static uint64_t seed;

static void
write_entries(uint64_t from, size_t count)
{
	struct draft *drafts = need_zeroed(count, sizeof *drafts);
	struct buf *bodies = need_zeroed(count, sizeof *bodies);
	struct err e;

	for (size_t i = 0; i < count; i++) {
		corpus_service(&corpus, &set.key.public_key, from + i, &bodies[i]);
		drafts[i] = (struct draft){ .kind = KIND_SERVICE, .audience = (enum audience)((from + i) % 3),
			.name = { { 0, 0, 0, 0, 0, 0, 0x40, 0, 0x80 } }, .body = buf_bytes(&bodies[i]) };
		put_u32(drafts[i].name.b, (uint32_t)(from + i + 1));
	}
	cr_assert_eq(records_author(set.records, &set.key, drafts, count, NULL, &e), ERR_OK, "%s: %s", e.rule, e.reason);
	for (size_t i = 0; i < count; i++)
		buf_free(&bodies[i]);
	free(bodies);
	free(drafts);
}

static void
start(void)
{
	const char *said = getenv("SEED");

	seed = said ? strtoull(said, NULL, 0) : (uint64_t)getpid() * 2654435761u;
	fprintf(stderr, "SEED=%llu\n", (unsigned long long)seed);
	search_start(&set);
	corpus_init(&corpus, 4);
	for (uint64_t i = 0; i < ENTRIES; i += TOGETHER)
		write_entries(i, TOGETHER);
	for (uint64_t i = 0; i < SINGLY; i++)
		write_entries(ENTRIES + i, 1);
	set.txn = store_read(set.store);
	set.lexicon = lexicon_new(set.records, set.txn, search_trusts, &set);
	cr_assert_gt(txn_count(set.txn, STORE_FRESH), 0);
}

static void
stop(void)
{
	corpus_done(&corpus);
	search_stop(&set);
}

TestSuite(rank, .init = start, .fini = stop, .timeout = 600);

/* One word or several, whole or begun, of one language; each tenth names a topic by two, some a place too. */
static void
make_query(size_t number, char out[256])
{
	size_t words = 1 + corpus_dice(&seed) % 3;
	unsigned language = (unsigned)(corpus_dice(&seed) % CORPUS_LANGUAGES);

	if (number % 10 == 0) {
		strcpy(out, number % 20 ? "legal aid " : "legal aid u Srbija ");
		return;
	}
	for (size_t i = 0, len = 0; i < words; i++)
		len += (size_t)snprintf(out + len, 256 - len, "%s%s", corpus_word(&corpus, language, corpus_draw(&corpus, &seed)),
		    i + 1 < words || corpus_dice(&seed) % 2 ? " " : "");
}

/* --- the plainest way: every alternative by itself, every document a row of a table --- */

#define DOCS (ENTRIES + SINGLY + 10)
struct plain {
	float part[DOCS][QUERY_WORDS];
	unsigned titles[DOCS];
	uint32_t holds[QUERY_WORDS];
};

static float
judge(void *self, const struct index_doc *row)
{
	(void)self;
	return row->audience == AUDIENCE_CSO ? 0 : row->territories & 6 ? 0.5f : 1;
}

struct having {
	uint32_t doc;
	struct posting posting;
	bool has;
};

static bool
look_for(void *self, const struct term *term, uint64_t documents)
{
	struct having *h = self;
	struct postings *p = postings_open(set.txn, term);

	(void)documents;
	h->has = postings_seek(p, h->doc, &h->posting) && h->posting.doc == h->doc;
	postings_close(p);
	return !h->has;
}

/* Of a name every word of three letters, in any form; what it weighs least. */
static bool
has_name(const struct alternative *alt, uint32_t doc, struct posting *out)
{
	*out = (struct posting){ doc, UINT8_MAX, UINT8_MAX };
	for (size_t at = 0, len; at < alt->len; at += len + 1) {
		struct having h = { .doc = doc };
		char stem[FOLD_WORD + 1];

		len = strcspn(alt->key + at, " ");
		if (len < 3)
			continue;
		index_inflected(set.txn, stem, fold_stem(alt->key + at, len, stem), NULL, look_for, &h);
		if (!h.has)
			return false;
		out->weight = h.posting.weight < out->weight ? h.posting.weight : out->weight;
		out->fields &= h.posting.fields;
	}
	return out->weight < UINT8_MAX;
}

static bool
has(const struct alternative *alt, uint32_t doc, struct posting *out)
{
	struct having h = { .doc = doc };

	if (alt->phrase)
		return has_name(alt, doc, out);
	look_for(&h, &(struct term){ alt->class, alt->len, alt->key }, 0);
	*out = h.posting;
	return h.has;
}

static float
part_of(const struct alternative *alt, const struct posting *p, const struct index_doc *row, float average)
{
	float times = (float)p->weight / 3, norm = 1.2f * (1 - 0.4f + 0.4f * (float)row->length / average);

	if (alt->class != TERM_WORD)
		return alt->class == TERM_PLACE ? 1.8f : 1.5f;
	return times * 2.2f / (times + norm) * (p->fields & IN_TITLE ? 1.1f : 1);
}

static void
score_plainly(struct plain *k, const struct asked *a, const struct alternative *alt, float average)
{
	for (uint32_t doc = 0; doc < DOCS; doc++) {
		struct posting p;
		struct index_doc row;
		float part;

		if (!has(alt, doc, &p) || !index_doc_get(set.txn, doc, &row) || judge(NULL, &row) == 0)
			continue;
		part = part_of(alt, &p, &row, average) * alt->worth;
		for (size_t g = 0; g < a->words; g++) {
			if (!(alt->mask >> g & 1))
				continue;
			k->titles[doc] += alt->worth == 1 && alt->class == TERM_WORD && (p.fields & IN_TITLE);
			k->holds[g] += k->part[doc][g] == 0 && alt->worth >= 0.5f;
			k->part[doc][g] = part > k->part[doc][g] ? part : k->part[doc][g];
		}
	}
}

static void
rank_plainly(const struct asked *a, struct candidates *out)
{
	struct plain *k = need_zeroed(1, sizeof *k);
	float idf[QUERY_WORDS] = { 0 }, whole = 0, best = 0, average, of[2] = { 0 };
	static float covered[DOCS], sum[DOCS];
	struct index_totals totals;

	index_totals(set.txn, &totals);
	average = (float)totals.words / (float)totals.documents;
	for (size_t i = 0; i < a->count; i++)
		score_plainly(k, a, &a->list[i], average);
	for (size_t g = 0; g < a->words; g++) {
		float n = (float)totals.documents, in = (float)k->holds[g];

		idf[g] = a->known[g] ? logf(1 + (n < in ? 0.5f : n - in + 0.5f) / (in + 0.5f)) : 0;
		if (a->words > 1 && a->word[g].len < 3 && !isdigit((unsigned char)a->word[g].key[0]))
			idf[g] *= 0.7f;
		of[a->places >> g & 1] += idf[g];
	}
	for (size_t g = 0; g < a->words; g++) {
		if (a->places >> g & 1 && of[0] > 0 && of[1] > of[0])
			idf[g] = idf[g] * of[0] / of[1];
		whole += idf[g];
	}
	for (uint32_t doc = 0; doc < DOCS; doc++) {
		covered[doc] = sum[doc] = 0;
		for (size_t g = 0; g < a->words; g++) {
			sum[doc] += idf[g] * k->part[doc][g];
			covered[doc] += idf[g] * fminf(k->part[doc][g], 1);
		}
		best = fmaxf(best, covered[doc]);
	}
	for (uint32_t doc = 0; doc < DOCS; doc++) {
		struct index_doc row;
		struct candidate *c;

		if (covered[doc] == 0 || covered[doc] < 0.25f * best)
			continue;
		index_doc_get(set.txn, doc, &row);
		c = candidates_add(out);
		c->doc = doc;
		c->score = sum[doc] * covered[doc] / whole * judge(NULL, &row);
		c->in_title = k->titles[doc] >= a->words;
	}
	free(k);
}

/* Whatever is asked: the same documents with the same scores as by the plainest way. */
Test(rank, as_counted_plainly)
{
	static const struct judge by = { judge, NULL, false };
	size_t found = 0;

	for (size_t i = 0; i < QUERIES / 4; i++) {
		struct candidates want = { .count = 0 }, got = { .count = 0 };
		struct asked *a = need_zeroed(1, sizeof *a);
		char text[256];
		struct err e;

		make_query(i, text);
		cr_assert_eq(asked_read(a, set.txn, set.lexicon, bytes_text(text), &e), ERR_OK);
		cr_assert(rank_words(a, set.txn, 0, &by, &got));
		rank_plainly(a, &want);
		cr_assert_eq(got.count, want.count, "\"%s\": %zu, not %zu", text, got.count, want.count);
		for (size_t k = 0; k < want.count; k++) {
			cr_assert_eq(got.list[k].doc, want.list[k].doc, "\"%s\"", text);
			cr_assert_float_eq(got.list[k].score, want.list[k].score, want.list[k].score * 1e-4f + 1e-6f, "\"%s\"", text);
			cr_assert_eq(got.list[k].in_title, want.list[k].in_title, "\"%s\"", text);
		}
		found += got.count;
		free(want.list);
		free(got.list);
		asked_free(a);
	}
	cr_assert_gt(found, ENTRIES / 10, "%zu: else this test proves nothing", found);
}

/* Scores go down from hit to hit of a page whose organisations are all there, and all pages together are all hits, once. */
Test(rank, pages_are_all_of_it)
{
	static bool seen[DOCS];
	size_t deep = 0;

	for (size_t i = 0; i < 12; i++) {
		char text[256];
		uint64_t got = 0, total = 0;

		make_query(i, text);
		memset(seen, 0, sizeof seen);
		for (size_t page = 0; page == 0 || (set.found.count > 0 && page < 40); page++) {
			search_ask(&set, text, (struct query){ .limit = 100, .page = page });
			total = set.found.total;
			for (size_t k = 0; k < set.found.count; k++) {
				uint32_t doc = set.found.hits[k].doc;

				cr_assert(doc < DOCS && !seen[doc], "\"%s\": %u stands twice", text, doc);
				seen[doc] = true;
				cr_assert(page > 0 || k == 0 || set.found.hits[k].score <= set.found.hits[k - 1].score, "\"%s\"", text);
			}
			got += set.found.count;
			deep = page > deep ? page : deep;
		}
		cr_assert(got == total || deep == 39, "\"%s\": %llu of %llu", text, (unsigned long long)got,
		    (unsigned long long)total);
	}
	cr_assert_gt(deep, 2, "%zu pages: else this test proves nothing", deep);
}

/* What is counted by class is what the hits have, one by one. */
Test(rank, facets_are_those_of_hits)
{
	for (size_t i = 0; i < QUERIES / 8; i++) {
		uint64_t counted = 0;
		char text[256];

		make_query(i, text);
		search_ask(&set, text, (struct query){ .facets = true, .limit = 1, .audiences = 3 });
		for (size_t f = 0; f < set.found.facet_count; f++)
			if (set.found.facets[f].class == TERM_KIND || set.found.facets[f].class == TERM_TERRITORY)
				counted += set.found.facets[f].count;
		cr_assert_eq(counted, 2 * set.found.total, "\"%s\": each has a kind and a territory", text);
	}
}
