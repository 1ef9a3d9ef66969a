/*
 * bald - any text as small Latin letters without marks, one letter at a time.
 *
 * Source   Unicode 15 (utf8proc); tables of letters in bald.c, explained in docs/search.md section 1
 * Shape    a letter is what normal form C makes of it, with every mark behind it; it is written as 0..BALD_KEY bytes:
 *          a-z and 0-9 for Latin, up to Extended Additional, and Cyrillic; letters of other scripts stay, in small
 *          letters and without marks
 * Law      the same in every normal form and in either case, without a locale: Đ, đ, Ђ, ђ and dj are one
 *          Cyrillic goes by its table before anything is taken apart: ѓ is no г with a mark
 *          what is written is written the same when it is read again
 *          bytes that are no UTF-8 are signs between words; every byte of the text belongs to one piece
 */
#ifndef KILIM_BASE_BALD_H
#define KILIM_BASE_BALD_H

#include "proto/buf.h"

#define BALD_KEY 40

enum bald_class {
	BALD_BREAK,           /* stands between words */
	BALD_LETTER,
	BALD_DIGIT,
	BALD_APOSTROPHE       /* what it is depends on its neighbours */
};
/* The piece [at, end) of a text. All zero before the first. */
struct bald {
	size_t at, end;
	enum bald_class class;
	uint8_t len;          /* of KEY; only letters and digits have one */
	char key[BALD_KEY];
};
/* The piece behind B; false: the text ends. */
bool bald_next(struct bytes text, struct bald *b);

#endif
