/*
 * fold - words of any language of the region, as one bald-Latin key each.
 *
 * Source   docs/search.md section 1; Unicode 15 (utf8proc); the tables of transliteration in fold.c
 * Shape    text is valid UTF-8 without control characters; a word is a run of letters and digits (an apostrophe
 *          between two letters belongs to it); its key is 1..FOLD_WORD bytes of a-z and 0-9
 * Law      one rule for every language, for what is indexed and for what is asked: NFC; Cyrillic by table, before
 *          anything is taken apart; lower case without a locale; đ becomes dj, ı becomes i; marks dropped; digraph
 *          letters written out
 *          Đakovica, đakovica, Ђаковица, DJAKOVICA have one key
 *          a key never depends on the word's neighbours, nor on the process's locale
 *          letters that are neither Latin nor Cyrillic stay as they are (UTF-8 in the key)
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
 * Romani aspirates) and its stem by light suffix stripping (Bosnian-Croatian-Montenegrin-Serbian and Macedonian, Albanian,
 * Turkish, English, on the bald form). PENALTY in hundredths: how much less a match by it is worth; 0 is KEY itself,
 * which comes first. Each spelling comes once, with its least penalty; at most FOLD_VARIANTS of them.
 */
#define FOLD_VARIANTS 24
enum fold_means { FOLD_EXACT, FOLD_SPELLING, FOLD_STEM };
struct fold_variant {
	char key[FOLD_WORD + 1];
	uint8_t len, penalty, means;
};
size_t fold_variants(const char *key, size_t len, struct fold_variant out[FOLD_VARIANTS]);
/* The stem that is indexed beside a word, of at least 3 letters; KEY itself when nothing can be stripped. */
size_t fold_stem(const char *key, size_t len, char out[FOLD_WORD + 1]);

/* Optimal string alignment distance (a swap of neighbours is one edit), or MOST + 1 when it is more than MOST. */
unsigned fold_distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned most);

#endif
