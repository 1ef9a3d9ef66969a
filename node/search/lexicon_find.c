/* What words of a query name. */
#include "node/search/lexicon_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TELLING_LEAST 3            /* letters; shorter words of a name say nothing by themselves */
#define PART_LEAST 0.3f

/* --- the longest name that begins here --- */

/* The least penalty with which W is STEM; more than 100: it is not. */
static unsigned
fits_word(const struct lexicon_word *w, const char *stem, size_t len)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->stems[i].len == len && memcmp(w->stems[i].key, stem, len) == 0)
			return w->stems[i].penalty;
	return UINT8_MAX;
}

/* Words of the query that P covers; 0: it does not fit. */
static size_t
fits_phrase(const struct lexicon *l, const struct phrase *p, const struct lexicon_word *words, size_t count,
    unsigned *out_penalty)
{
	const char *stems = lexicon_text(l, p->stems);
	size_t n = 0;

	*out_penalty = 0;
	while (*stems) {
		size_t len = strcspn(stems, " ");
		unsigned penalty = n < count ? fits_word(&words[n], stems, len) : UINT8_MAX;

		if (penalty == UINT8_MAX)
			return 0;
		if (penalty > *out_penalty)
			*out_penalty = penalty;
		n++;
		stems += len + (stems[len] == ' ');
	}
	return n;
}

/* In order of penalty; a lexeme stands once. */
static size_t
insert(struct lexicon_match *out, size_t count, size_t most, const struct lexicon_match *m)
{
	size_t at = count;

	for (size_t i = 0; i < count; i++)
		if (out[i].lexeme == m->lexeme) {
			if (out[i].penalty <= m->penalty)
				return count;
			memmove(out + i, out + i + 1, (--count - i) * sizeof *out);
			at = count;
			break;
		}
	while (at > 0 && out[at - 1].penalty > m->penalty)
		at--;
	if (at == most)
		return count;
	if (count == most)
		count--;
	memmove(out + at + 1, out + at, (count - at) * sizeof *out);
	out[at] = *m;
	return count + 1;
}

size_t
lexicon_find(const struct lexicon *l, const struct lexicon_word *words, size_t count, size_t at,
    struct lexicon_match *out, size_t most)
{
	size_t found = 0, longest = 1;

	for (size_t s = 0; s < words[at].count; s++) {
		const struct fold_variant *stem = &words[at].stems[s];
		uint32_t i = l->slots[lexicon_slot(l, stem->key, stem->len)];

		for (; i != LEXICON_END; i = l->occurrences[i].next) {
			const struct phrase *p = &l->phrases[l->occurrences[i].phrase];
			struct lexicon_match m = { .lexeme = p->lexeme };
			unsigned penalty;

			if (l->occurrences[i].place > 0 ||
			    (m.words = fits_phrase(l, p, words + at, count - at, &penalty)) < longest)
				continue;
			if (m.words > longest)
				found = 0;
			longest = m.words;
			m.penalty = (uint8_t)penalty;
			found = insert(out, found, most, &m);
		}
	}
	return found;
}

/* --- names of which the query has only some words, or has them elsewhere --- */

/* The better, the fewer lexemes have the stem; 0: it says nothing. */
static float
telling(const struct lexicon *l, const char *stem, size_t len)
{
	uint32_t i = l->slots[lexicon_slot(l, stem, len)], last = LEXICON_END, lexemes = 0;

	if (len < TELLING_LEAST)
		return 0;
	for (; i != LEXICON_END; i = l->occurrences[i].next) {
		const char *other = lexicon_text(l, l->occurrences[i].stem);

		if (strcspn(other, " ") != len || memcmp(other, stem, len) != 0)
			continue;
		lexemes += l->phrases[l->occurrences[i].phrase].lexeme != last;
		last = l->phrases[l->occurrences[i].phrase].lexeme;
	}
	return logf(1 + (float)l->count / (1 + (float)lexemes));
}

/* The penalty of the word that is STEM with the least one, *OUT_BEST; UINT8_MAX: none is. */
static unsigned
best_word(const struct lexicon_word *words, size_t count, const char *stem, size_t len, size_t *out_best)
{
	unsigned least = UINT8_MAX;

	for (size_t w = 0; w < count; w++) {
		unsigned penalty = fits_word(&words[w], stem, len);

		if (penalty < least) {
			least = penalty;
			*out_best = w;
		}
	}
	return least;
}

/* How much of what P tells the words of the query tell, from 0 to 1; *OUT_MASK: by which of them. */
static float
share_of(const struct lexicon *l, const struct phrase *p, const struct lexicon_word *words, size_t count,
    uint16_t *out_mask)
{
	const char *stem = lexicon_text(l, p->stems);
	float whole = 0, has = 0;

	*out_mask = 0;
	while (*stem) {
		size_t len = strcspn(stem, " "), best = 0;
		float tells = telling(l, stem, len);
		unsigned penalty = best_word(words, count, stem, len, &best);

		whole += tells;
		if (penalty < UINT8_MAX) {
			has += tells * (1 - (float)penalty / 100);
			*out_mask |= (uint16_t)(1u << best);
		}
		stem += len + (stem[len] == ' ');
	}
	return whole > 0 ? has / whole : 0;
}

static int
by_share(const void *a, const void *b)
{
	const struct lexicon_part *x = a, *y = b;

	return x->share != y->share ? (x->share < y->share) - (x->share > y->share) :
	    (x->lexeme > y->lexeme) - (x->lexeme < y->lexeme);
}

struct parts {
	const struct lexicon *l;
	const struct lexicon_word *words;
	size_t word_count;
	uint8_t *seen;                     /* of each phrase */
	struct lexicon_part *list;
	size_t count, cap;
};

/* Of the names of one lexeme, which stand together, the one of which most is said. */
static void
add_part(struct parts *p, uint32_t phrase)
{
	struct lexicon_part part = { .lexeme = p->l->phrases[phrase].lexeme };
	struct lexicon_part *last = p->count ? &p->list[p->count - 1] : NULL;

	if (p->seen[phrase])
		return;
	p->seen[phrase] = 1;
	part.share = share_of(p->l, &p->l->phrases[phrase], p->words, p->word_count, &part.mask);
	if (part.share < PART_LEAST)
		return;
	if (last && last->lexeme == part.lexeme) {
		if (last->share < part.share)
			*last = part;
		return;
	}
	p->list = need_room(p->list, p->count, &p->cap, sizeof *p->list);
	p->list[p->count++] = part;
}

size_t
lexicon_parts(const struct lexicon *l, const struct lexicon_word *words, size_t count, struct lexicon_part *out,
    size_t most)
{
	struct parts p = { .l = l, .words = words, .word_count = count, .seen = need_zeroed(l->phrase_count + 1, 1) };

	for (size_t w = 0; w < count; w++)
		for (size_t s = 0; s < words[w].count; s++) {
			const struct fold_variant *stem = &words[w].stems[s];
			uint32_t i = stem->len < TELLING_LEAST ? LEXICON_END : l->slots[lexicon_slot(l, stem->key, stem->len)];

			for (; i != LEXICON_END; i = l->occurrences[i].next)
				add_part(&p, l->occurrences[i].phrase);
		}
	if (p.count > 1)
		qsort(p.list, p.count, sizeof *p.list, by_share);
	if (p.count > most)
		p.count = most;
	if (p.count > 0)
		memcpy(out, p.list, p.count * sizeof *p.list);
	free(p.list);
	free(p.seen);
	return p.count;
}
