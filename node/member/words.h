/*
 * words - six words that two people read to each other, so that both know they speak to the same computer.
 *
 * Source   proto/membership.md section 8
 * Shape    66 bits: the first 66 of a hash, most significant first; 11 bits a word out of 2,048, or the same number
 *          as 20 decimal digits
 *          a word is two open syllables (consonant, vowel, twice) of sounds that Albanian, Bosnian, Croatian,
 *          English, Macedonian, Montenegrin, Romani, Serbian and Turkish share; it has one Latin and one Cyrillic
 *          spelling, letter for letter
 * Law      different numbers give different words and different digits; the tables never change
 */
#ifndef KILIM_MEMBER_WORDS_H
#define KILIM_MEMBER_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS 6
#define WORDS_LIST 2048
#define WORD_LATIN 5        /* four letters and the zero */
#define WORD_CYRILLIC 9     /* four letters of two bytes and the zero */
#define WORDS_DIGITS 25     /* "0123 4567 8901 2345 6789" and the zero */

struct words {
	char latin[WORDS][WORD_LATIN];
	char cyrillic[WORDS][WORD_CYRILLIC];
	char digits[WORDS_DIGITS];
};
void words_from(const uint8_t hash[32], struct words *out);
/* Word NUMBER (below WORDS_LIST) of the list. */
void word_at(unsigned number, char latin[WORD_LATIN], char cyrillic[WORD_CYRILLIC]);
/*
 * Does TYPED say W? Words in Latin or Cyrillic letters, upper or lower case, or the digits; spaces, hyphens, commas
 * and line ends between them are free. All six, in their order.
 */
bool words_match(const char *typed, const struct words *w);

#endif
