#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/member/words.h"
#include "proto/buf.h"

static uint64_t state = 20260102;

static uint8_t
draw(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint8_t)(state >> 56);
}

/* 2,048 different words, and Cyrillic says the same as Latin. */
Test(words, the_list_has_2048_different_words)
{
	static char list[WORDS_LIST][WORD_LATIN];
	char cyrillic[WORD_CYRILLIC];

	for (unsigned i = 0; i < WORDS_LIST; i++) {
		word_at(i, list[i], cyrillic);
		cr_expect_eq(strlen(list[i]), 4);
		cr_expect_eq(strlen(cyrillic), 8);
		cr_expect(list[i][0] != list[i][2] || list[i][1] != list[i][3], "%s repeats", list[i]);
		for (unsigned k = 0; k < i; k++)
			cr_assert_str_neq(list[k], list[i]);
	}
}

/* 66 bits, no more: the 67th changes nothing, each of the others changes words and digits. */
Test(words, every_bit_counts)
{
	uint8_t hash[32];
	struct words w, other;

	for (size_t i = 0; i < sizeof hash; i++)
		hash[i] = draw();
	words_from(hash, &w);
	for (unsigned bit = 0; bit < 256; bit++) {
		hash[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		words_from(hash, &other);
		cr_expect_eq(memcmp(w.latin, other.latin, sizeof w.latin) == 0, bit >= 66, "bit %u", bit);
		cr_expect_eq(memcmp(w.cyrillic, other.cyrillic, sizeof w.cyrillic) == 0, bit >= 66);
		cr_expect_eq(strcmp(w.digits, other.digits) == 0, bit >= 66);
		hash[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
}

/* The digits are the number itself: 2^66 - 1 is 73786976294838206463. */
Test(words, digits_are_the_number)
{
	uint8_t ones[32], none[32] = { 0 };
	struct words w;

	memset(ones, 0xff, sizeof ones);
	words_from(ones, &w);
	cr_expect_str_eq(w.digits, "7378 6976 2948 3820 6463");
	words_from(none, &w);
	cr_expect_str_eq(w.digits, "0000 0000 0000 0000 0000");
}

/* However a person writes them down: scripts, cases, hyphens, one line or several, or the digits. */
Test(words, match_what_people_type)
{
	char latin[64], cyrillic[96], text[256];
	uint8_t hash[32];
	struct words w;

	for (size_t i = 0; i < sizeof hash; i++)
		hash[i] = draw();
	words_from(hash, &w);
	snprintf(latin, sizeof latin, "%s-%s-%s-%s-%s-%s", w.latin[0], w.latin[1], w.latin[2], w.latin[3],
	  w.latin[4],
	    w.latin[5]);
	snprintf(cyrillic, sizeof cyrillic, "%s %s %s %s %s %s", w.cyrillic[0], w.cyrillic[1], w.cyrillic[2],
	    w.cyrillic[3], w.cyrillic[4], w.cyrillic[5]);
	cr_expect(words_match(latin, &w));
	cr_expect(words_match(cyrillic, &w));
	cr_expect(words_match(w.digits, &w));
	snprintf(text, sizeof text, "  %s \n", latin);
	for (char *p = text; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	cr_expect(words_match(text, &w));
	snprintf(text, sizeof text, "%.4s%.4s, %.4s %s", w.digits, w.digits + 5, w.digits + 10, w.digits + 15);
	cr_expect(words_match(text, &w));
	snprintf(text, sizeof text, "%s %s", w.cyrillic[0], latin + 5);
	cr_expect(words_match(text, &w), "one in the other script");
}

/* Every capital Cyrillic letter of the list is read. */
Test(words, cyrillic_capitals)
{
	struct words w = { .digits = "0000 0000 0000 0000 0000" };
	const char *latin[] = { "bade", "fogi", "kulo", "mano", "pire", "suta" };

	for (size_t i = 0; i < WORDS; i++)
		strcpy(w.latin[i], latin[i]);
	cr_expect(words_match("БАДЕ ФОГИ КУЛО МАНО ПИРЕ СУТА", &w));
	cr_expect_not(words_match("БАДЕ ФОГИ КУЛО МАНО ПИРЕ СУТЕ", &w));
}

/* Five words, seven, another order, other letters, nothing. */
Test(words, refuse_what_is_not_the_same)
{
	uint8_t hash[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	char text[256], all[64];
	struct words w;

	words_from(hash, &w);
	snprintf(all, sizeof all, "%s %s %s %s %s %s", w.latin[0], w.latin[1], w.latin[2], w.latin[3],
	  w.latin[4], w.latin[5]);
	cr_assert(words_match(all, &w));
	cr_expect_not(words_match("", &w));
	cr_expect_not(words_match(all + 5, &w));
	snprintf(text, sizeof text, "%s %s", all, w.latin[0]);
	cr_expect_not(words_match(text, &w));
	snprintf(text, sizeof text, "%s %.4s", all + 5, all);
	cr_expect_not(words_match(text, &w));
	snprintf(text, sizeof text, "%s.", all);
	cr_expect_not(words_match(text, &w));
	all[7] = '\xc3';
	cr_expect_not(words_match(all, &w));
	cr_expect_not(words_match("\xd0", &w));
	cr_expect_not(words_match(w.digits + 1, &w));
}

/* The list that is printed in proto/vectors/join, word by word: it never changes. */
Test(words, the_list_is_the_published_one)
{
	FILE *f = fopen("proto/vectors/join/words.txt", "r");
	char latin[WORD_LATIN], cyrillic[WORD_CYRILLIC], a[32], b[32];

	cr_assert(f, "run from the top of the source");
	for (unsigned i = 0; i < WORDS_LIST; i++) {
		cr_assert_eq(fscanf(f, "%31s %31s", a, b), 2);
		word_at(i, latin, cyrillic);
		cr_expect_str_eq(a, latin);
		cr_expect_str_eq(b, cyrillic);
	}
	cr_expect_eq(fscanf(f, "%31s", a), EOF);
	fclose(f);
}
