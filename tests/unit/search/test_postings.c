/* node/search/postings.c and grams.c: the tables against plain lists. */
#include "node/search/inside.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TERMS 6
#define DOCS 20000

static char dir[64];
static struct store *store;
static struct err err;
static uint64_t seed;

/* What each term has: weight of each document, 0: none. */
static uint8_t model[TERMS][DOCS];
static uint32_t next_doc;

static uint64_t
dice(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
begin(void)
{
	const char *said = getenv("SEED");
	struct store_options o = { .map_bytes = 256u << 20, .reserve_bytes = 1u << 20 };

	seed = said ? strtoull(said, NULL, 0) : (uint64_t)getpid() * 2654435761u;
	fprintf(stderr, "SEED=%llu\n", (unsigned long long)seed);
	strcpy(dir, "/tmp/kilim-postings-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(store_open(dir, &o, &store, &err), ERR_OK, "%s: %s", err.rule, err.reason);
}

static void
end(void)
{
	store_close(store);
	nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(postings, .init = begin, .fini = end);

/* One term is the beginning of another, and one has a block number in its key's place. */
static struct bytes
term(int i)
{
	static const char *const terms[TERMS] = { "wa", "wab", "wabc", "kservice", "pnovi sad", "wz" };

	return bytes_text(terms[i]);
}

static void
dump(struct store_txn *t, enum store_table table, struct buf *out)
{
	static const struct bytes all;
	struct store_cursor *c = cursor_open(t, table);

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		buf_printf(out, "%zu %zu ", cursor_key(c).len, cursor_value(c).len);
		buf_put_bytes(out, cursor_key(c));
		buf_put_bytes(out, cursor_value(c));
	}
	cursor_close(c);
}

static struct term
as_term(struct bytes b)
{
	return (struct term){ b.p[0], (uint8_t)(b.len - 1), (const char *)b.p + 1 };
}

/* Everything of term I, from the beginning and from random places. */
static void
compare(struct store_txn *t, int i)
{
	struct term asked = as_term(term(i));
	struct postings *p = postings_open(t, &asked);
	struct posting got;
	uint64_t count = 0;

	for (uint32_t d = 0; d < next_doc; d++) {
		if (model[i][d] == 0)
			continue;
		cr_assert(postings_next(p, &got), "term %d ends before %u", i, d);
		cr_assert(got.doc == d && got.weight == model[i][d] && got.fields == (uint8_t)(d % 31), "term %d: %u, not %u",
		    i, got.doc, d);
		count++;
	}
	cr_assert_not(postings_next(p, &got));
	cr_assert_eq(postings_count(p), count);
	postings_close(p);
	p = postings_open(t, &asked);
	for (uint32_t d = 0; d < next_doc; d += 1 + (uint32_t)(dice() % 700)) {
		uint32_t want = d;

		while (want < next_doc && model[i][want] == 0)
			want++;
		cr_assert_eq(postings_seek(p, d, &got), want < next_doc, "term %d from %u", i, d);
		if (want == next_doc)
			break;
		cr_assert_eq(got.doc, want);
		d = want;
	}
	postings_close(p);
}

/* No block is over-full, no two neighbours could be one: what the law of exact inverses rests on. */
static void
blocks_are_tidy(struct store_txn *t)
{
	static const struct bytes all;
	struct store_cursor *c = cursor_open(t, STORE_POST);
	uint8_t before[POST_KEY];
	size_t before_len = 0, count = 0;

	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		struct bytes k = cursor_key(c);
		size_t now = cursor_value(c).len / 6;

		cr_assert(now > 0 && now <= INDEX_BLOCK);
		cr_assert_eq(memcmp(k.p + k.len - 4, cursor_value(c).p, 4), 0);
		if (k.len == before_len && memcmp(k.p, before, k.len - 4) == 0)
			cr_assert_gt(now + count, INDEX_BLOCK * 3 / 4);
		memcpy(before, k.p, k.len);
		before_len = k.len;
		count = now;
	}
	cursor_close(c);
}

static void
change(struct store_txn *t, int i, size_t removals, size_t additions)
{
	uint32_t *removed = need_alloc((removals + 1) * sizeof *removed);
	struct posting *added = need_alloc((additions + 1) * sizeof *added);
	size_t lost = 0, held = 0;
	bool was, is, had = false, has = additions > 0;

	for (uint32_t d = 0; d < next_doc; d++)
		held += model[i][d] > 0;
	had = held > 0;
	for (uint32_t d = 0; d < next_doc && held > 0; d++) {
		if (model[i][d] == 0)
			continue;
		/* Also some that are not there: they are passed over. */
		if (lost < removals && dice() % held < removals) {
			removed[lost++] = d;
			model[i][d] = 0;
		} else {
			has = true;
		}
	}
	for (size_t a = 0; a < additions; a++, next_doc += 1 + (uint32_t)(dice() % 2)) {
		added[a] = (struct posting){ next_doc, (uint8_t)(1 + dice() % 255), (uint8_t)(next_doc % 31) };
		model[i][next_doc] = added[a].weight;
	}
	postings_change(t, STORE_POST, term(i), &(struct postings_delta){ removed, lost, added, additions }, &was, &is);
	cr_assert_eq(was, had);
	cr_assert_eq(is, has);
	free(removed);
	free(added);
}

/* Thousands of random changes leave what a plain list holds, in tidy blocks. */
Test(postings, against_lists)
{
	struct store_txn *t = store_write(store);

	for (size_t round = 0; next_doc < DOCS - 2000; round++) {
		int i = (int)(dice() % TERMS);
		size_t many = dice() % 10 ? 1 + dice() % 5 : dice() % 700;

		change(t, i, dice() % 3 ? dice() % 4 : many, dice() % 4 ? many : 0);
		if (round % 50 == 0) {
			compare(t, i);
			blocks_are_tidy(t);
		}
	}
	for (int i = 0; i < TERMS; i++)
		compare(t, i);
	for (int i = 0; i < TERMS; i++)
		change(t, i, DOCS, 0);
	cr_assert_eq(txn_count(t, STORE_POST), 0);
	txn_abort(&t);
}

/* What is put in and taken out again leaves the very same bytes, whatever was there. */
Test(postings, exact_inverse)
{
	struct store_txn *t = store_write(store);
	struct buf before = { 0 }, after = { 0 };
	bool was, is;

	for (size_t round = 0; round < 150; round++) {
		int i = (int)(dice() % TERMS);
		size_t many = dice() % 3 ? 1 + dice() % 3 : 1 + dice() % 700, at;
		struct posting *added = need_alloc(many * sizeof *added);
		uint32_t *numbers = need_alloc(many * sizeof *numbers);

		change(t, i, dice() % 200, dice() % 100);
		for (at = 0; at < many; at++) {
			numbers[at] = next_doc + (uint32_t)at;
			added[at] = (struct posting){ numbers[at], 7, 1 };
		}
		buf_reset(&before);
		buf_reset(&after);
		dump(t, STORE_POST, &before);
		postings_change(t, STORE_POST, term(i), &(struct postings_delta){ NULL, 0, added, many }, &was, &is);
		postings_change(t, STORE_POST, term(i), &(struct postings_delta){ numbers, many, NULL, 0 }, &was, &is);
		dump(t, STORE_POST, &after);
		cr_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)), "round %zu", round);
		free(added);
		free(numbers);
		if (next_doc > DOCS - 2000)
			break;
	}
	buf_free(&before);
	buf_free(&after);
	txn_abort(&t);
}

struct seen {
	struct buf text;
	size_t count;
};

static bool
see(void *self, const struct term *found, uint64_t documents)
{
	struct seen *s = self;

	buf_printf(&s->text, "%c%.*s %llu\n", found->class, (int)found->len, found->key, (unsigned long long)documents);
	s->count++;
	return s->count < 3;
}

/* Terms of a class by how they begin, in order, with their documents; whoever has enough ends it. */
Test(postings, terms)
{
	static const char *const words[] = { "zena", "zenama", "zenska", "zenski", "zima" };
	struct store_txn *t = store_write(store);
	struct posting p[400];
	struct seen s = { .count = 0 };
	uint64_t looks;
	bool was, is;

	for (uint32_t i = 0; i < 400; i++)
		p[i] = (struct posting){ i, 1, 1 };
	for (size_t i = 0; i < 5; i++) {
		char whole[20];

		snprintf(whole, sizeof whole, "w%s", words[i]);
		postings_change(t, STORE_POST, bytes_text(whole), &(struct postings_delta){ NULL, 0, p, i ? i : 400 }, &was, &is);
	}
	postings_change(t, STORE_POST, bytes_text("xzen"), &(struct postings_delta){ NULL, 0, p, 1 }, &was, &is);
	index_terms(t, TERM_WORD, "zenam", 5, see, &s);
	index_terms(t, TERM_WORD, "zi", 2, see, &s);
	cr_assert_str_eq(buf_text(&s.text), "wzenama 1\nwzima 4\n");
	buf_reset(&s.text);
	s.count = 0;
	index_terms(t, TERM_WORD, "", 0, see, &s);
	cr_assert_str_eq(buf_text(&s.text), "wzena 400\nwzenama 1\nwzenska 2\n");
	buf_reset(&s.text);
	s.count = 0;
	index_inflected(t, "zen", 3, NULL, see, &s);
	cr_assert_str_eq(buf_text(&s.text), "wzena 400\nwzenama 1\n");
	buf_reset(&s.text);
	looks = 1;
	index_inflected(t, "zen", 3, &looks, see, &s);
	cr_assert_str_eq(buf_text(&s.text), "wzena 400\n");
	cr_assert_eq(looks, 0);
	buf_free(&s.text);
	txn_abort(&t);
}

/* --- words that are alike --- */

#define VOCABULARY 3000
static char words[VOCABULARY][20];
static bool found[VOCABULARY];

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool
note(void *self, const char *key, size_t len, unsigned distance)
{
	char word[20] = "";
	const char *asked = self, *at;

	cr_assert_lt(len, sizeof word);
	memcpy(word, key, len);
	cr_assert_eq(distance, fold_distance(asked, strlen(asked), word, len, 3));
	cr_assert_not_null(at = bsearch(word, words, VOCABULARY, sizeof *words, by_text));
	cr_assert_not(found[(at - words[0]) / 20], "%s twice", word);
	found[(at - words[0]) / 20] = true;
	return true;
}

static bool
shares_piece(const char *a, const char *b)
{
	char x[24], y[24];

	snprintf(x, sizeof x, "^%s$", a);
	snprintf(y, sizeof y, "^%s$", b);
	for (size_t i = 0; i + 3 <= strlen(x); i++)
		if (memmem(y, strlen(y), x + i, 3))
			return true;
	return false;
}

/* Every word within so many edits is found once, as long as it shares a piece; nothing else is. */
Test(postings, similar)
{
	struct store_txn *t = store_write(store);
	struct grams g = { .count = 0 };
	size_t met = 0;

	for (size_t i = 0; i < VOCABULARY; i++) {
		size_t len = i % 3 ? 3 + dice() % 7 : 8 + dice() % 9, from = dice() % VOCABULARY;

		memset(words[i], 0, sizeof *words);
		for (size_t at = 0; at < len; at++)
			words[i][at] = (char)('a' + dice() % 4);
		/* Every other long one is like one before it. */
		if (len > 9 && i % 2 && from < i && strlen(words[from]) > 9) {
			strcpy(words[i], words[from]);
			words[i][dice() % 9] = 'e';
			words[i][dice() % 9] = 'e';
		}
	}
	qsort(words, VOCABULARY, sizeof *words, by_text);
	for (size_t i = 1; i < VOCABULARY; i++)
		if (strcmp(words[i], words[i - 1]) == 0)
			words[i - 1][18] = 'x';          /* a double, behind its end */
	for (size_t i = 0; i < VOCABULARY; i++)
		grams_note(&g, bytes_text(words[i]), true);
	grams_write(&g, t);
	for (int round = 0; round < 200; round++) {
		const char *asked = words[dice() % VOCABULARY];
		unsigned edits = strlen(asked) < 8 ? 1 : 2;

		uint64_t looks = 3;
		size_t cut = 0;

		memset(found, 0, sizeof found);
		/* Each look counts, and without any left there is nothing more. */
		index_similar(t, asked, strlen(asked), edits, &looks, note, (void *)(uintptr_t)asked);
		cr_assert_eq(looks, 0);
		for (size_t i = 0; i < VOCABULARY; i++)
			cut += found[i];
		cr_assert_leq(cut, 3);
		memset(found, 0, sizeof found);
		index_similar(t, asked, strlen(asked), edits, NULL, note, (void *)(uintptr_t)asked);
		for (size_t i = 0; i < VOCABULARY; i++) {
			unsigned distance = fold_distance(asked, strlen(asked), words[i], strlen(words[i]), edits);
			bool wanted = distance > 0 && distance <= edits && shares_piece(asked, words[i]);
			bool doubled = i + 1 < VOCABULARY && strcmp(words[i], words[i + 1]) == 0;

			doubled |= i > 0 && strcmp(words[i], words[i - 1]) == 0;
			cr_assert(doubled || found[i] == wanted, "%s of %s", words[i], asked);
			met += found[i];
		}
	}
	cr_assert_gt(met, 200);
	for (size_t i = 0; i < VOCABULARY; i++)
		grams_note(&g, bytes_text(words[i]), false);
	grams_write(&g, t);
	cr_assert_eq(txn_count(t, STORE_GRAM), 0);
	txn_abort(&t);
}

/* Numbers and words of two letters are not guessed at. */
Test(postings, no_pieces_of_numbers)
{
	struct store_txn *t = store_write(store);
	struct grams g = { .count = 0 };

	grams_note(&g, bytes_text("116000"), true);
	grams_note(&g, bytes_text("ab"), true);
	grams_note(&g, bytes_text("covid19"), true);
	grams_write(&g, t);
	cr_assert_eq(txn_count(t, STORE_GRAM), 0);
	txn_abort(&t);
}
