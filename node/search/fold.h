/*
 * fold - words of any language of the region, as one bald-Latin key each.
 *
 * Source   docs/search.md section 1; letters by node/base/bald.h; rules and endings in fold_variant.c and fold_stem.c
 * Shape    a word is a run of letters and digits with their marks (an apostrophe between two letters belongs to it, but
 *          is not in the key); its key is 1..FOLD_WORD bytes of a-z and 0-9; bytes that are no UTF-8 stand between words
 * Law      one rule for every language, for what is indexed and for what is asked: NFC; Cyrillic by table, before
 *          anything is taken apart; lower case without a locale; đ becomes dj, ı becomes i; marks dropped; digraph
 *          letters written out
 *          Đakovica, đakovica, Ђаковица, DJAKOVICA have one key
 *          a key never depends on the word's neighbours, the text's normal form, or the process's locale; the key of
 *          a key is itself
 *          letters that are neither Latin nor Cyrillic stay (UTF-8 in the key), in small letters without marks
 */
#ifndef KILIM_SEARCH_FOLD_H
#define KILIM_SEARCH_FOLD_H

#include "proto/buf.h"

#define FOLD_WORD 40          /* bytes of a key; a longer word is cut at a whole letter */

struct fold_word {
	char key[FOLD_WORD + 1];
	uint8_t len;
	uint32_t at, end;     /* bytes [at, end) of the text: for highlights in the script it was written in */
	uint32_t number;      /* position among the words of the text, from 0 */
};
/* Every word of TEXT in order; FN returns false to stop. False: stopped. */
bool fold_text(struct bytes text, bool (*fn)(void *self, const struct fold_word *w), void *self);
/* The key of one word, or of a phrase with one space between its words, appended to OUT. */
void fold_phrase(struct bytes text, struct buf *out);

/*
 * What KEY may stand for or be an inflection of: other spellings (dj/gj/đ/d, ije/je/e, w for ë, lj/nj/dz digraphs,
 * Romani aspirates) and the stems of all of them. A spelling is looked for among words; a stem is that of every word
 * whose fold_stem it is, its own too. PENALTY in hundredths: how much less a match by it is worth; 0 is KEY itself,
 * which comes first, the others in order. A spelling comes once, with its least penalty, and so does a stem; at most
 * FOLD_VARIANTS of them together, the cheapest. 0 when KEY is longer than any key.
 */
#define FOLD_VARIANTS 24
enum fold_means { FOLD_EXACT, FOLD_SPELLING, FOLD_STEM };
struct fold_variant {
	char key[FOLD_WORD + 1];
	uint8_t len, penalty, means;
};
size_t fold_variants(const char *key, size_t len, struct fold_variant out[FOLD_VARIANTS]);
/*
 * What is left without the endings of Bosnian-Croatian-Montenegrin-Serbian, Macedonian, Albanian, Turkish, Romani and
 * English, whatever KEY's language: at least 3 letters; KEY itself when nothing comes off. The stem of a stem is itself.
 */
size_t fold_stem(const char *key, size_t len, char out[FOLD_WORD + 1]);

/*
 * Optimal string alignment distance of two keys, in bytes (a swap of neighbours is one edit, and not edited again), or
 * MOST + 1 when it is more than MOST.
 */
unsigned fold_distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned most);

#endif
