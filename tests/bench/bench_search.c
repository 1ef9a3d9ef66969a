/*
 * bench_search - what the search costs: reading texts as words.
 *
 * Prints "NAME VALUE UNIT": search.fold_*_ns, nanoseconds for a byte of text in each way of writing, and
 * search.stem_ns and search.variants_us for a word. Figures are the middle of ROUNDS.
 */
#include "node/search/fold.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/bench.h"

#define ROUNDS 7
#define TEXT_LEN (1 << 20)

struct tally {
	size_t words, letters;
	bool stems, variants;
};

static bool
count(void *self, const struct fold_word *w)
{
	struct fold_variant v[FOLD_VARIANTS];
	char stem[FOLD_WORD + 1];
	struct tally *t = self;

	t->words++;
	t->letters += w->len;
	if (t->stems)
		t->letters += fold_stem(w->key, w->len, stem);
	if (t->variants)
		t->letters += fold_variants(w->key, w->len, v);
	return true;
}

/* Seconds that TEXT takes; T begins as it is each time. */
static double
time_fold(struct bytes text, struct tally *t)
{
	struct tally begin = *t;
	double s[ROUNDS], from;

	for (size_t i = 0; i < ROUNDS; i++) {
		*t = begin;
		from = bench_thread_s();
		fold_text(text, count, t);
		s[i] = bench_thread_s() - from;
	}
	if (t->letters == 0)
		exit(1);
	return bench_middle(s);
}

static struct buf
repeat(const char *sentence, size_t len)
{
	struct buf text = { 0 };

	while (text.len < len)
		buf_put_text(&text, sentence);
	return text;
}

static const struct {
	const char *name, *sentence;
} ways[] = {
	{ "search.fold_ascii_ns", "A safe place and free legal advice for women and their children, day and night. " },
	{ "search.fold_latin_ns", "Besplatna pravna pomoć za žene koje su preživjele nasilje; këshillim për gra. " },
	{ "search.fold_cyrillic_ns", "Бесплатна правна помоћ за жене које су преживеле насиље; психолошка помош. " },
	{ "search.fold_apart_ns", "Besplatna pravna pomoc\xcc\x81 z\xcc\x8c" "ene pr\xcc\x8c" "ez\xcc\x8civjele; " },
	{ "search.fold_other_ns", "Δωρεάν νομικές συμβουλές για γυναίκες και παιδιά. " },
};

int
main(void)
{
	struct tally stems = { .stems = true }, variants = { .variants = true }, plain = { 0 };
	struct buf text;
	double s;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct tally t = { 0 };

		text = repeat(ways[i].sentence, TEXT_LEN);
		bench_say(ways[i].name, time_fold(buf_bytes(&text), &t) * 1e9 / (double)text.len, "ns");
		buf_free(&text);
	}
	text = repeat(ways[1].sentence, TEXT_LEN / 8);
	s = time_fold(buf_bytes(&text), &plain);
	bench_say("search.stem_ns", (time_fold(buf_bytes(&text), &stems) - s) * 1e9 / (double)stems.words, "ns");
	bench_say("search.variants_us", (time_fold(buf_bytes(&text), &variants) - s) * 1e6 / (double)variants.words, "us");
	buf_free(&text);
	return 0;
}
