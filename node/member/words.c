#include "node/member/words.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * A word is a first and a second syllable. Initials are few, so that the ear keeps them apart; s stands inside
 * only. 32 x 70 are 2,240; what is left out below leaves more than 2,048.
 */
static const char first_consonants[] = "bdklmrvz", first_vowels[] = "aeio";
static const char second_consonants[] = "bdfgklmnprstvz", second_vowels[] = "aeiou";
#define FIRSTS 32u
#define SECONDS 70u

/* Left out: rude, violent, contemptuous, or names of peoples, in one of the languages. In alphabetical order. */
static const char left_out[][WORD_LATIN] = {
	"bane", "beda", "bede", "bedu", "bezi", "boga", "bogu", "boka", "boke", "boki", "boko", "boku",
	"bola", "bole", "boli", "bolu", "bozo", "dago", "deba", "debe", "debi", "debo", "debu", "deli",
	"deva", "dike", "dila", "dile", "dili", "dilo", "dole", "dope", "kake", "kaki", "kako", "kaku",
	"kama", "kapo", "kara", "kare", "kari", "karo", "karu", "kera", "kero", "keru", "kike", "kita",
	"kite", "kito", "kitu", "koba", "kobe", "kobi", "kobu", "kota", "kotu", "laga", "lage", "lame",
	"laza", "laze", "lazi", "lazu", "lesa", "lese", "lesi", "leso", "lesu", "leza", "leze", "lezi",
	"lezu", "lopa", "lopo", "lopu", "lose", "mada", "made", "mado", "meta", "meti", "metu", "mina",
	"mine", "mini", "mino", "minu", "mito", "mitu", "mofo", "mori", "rage", "raka", "rake", "raku",
	"rana", "rane", "rani", "rano", "ranu", "rape", "rapi", "rapu", "rasa", "rase", "rasi", "rasu",
	"rata", "rate", "rati", "rato", "ratu", "rite", "riti", "ritu", "roba", "robe", "robi", "robo",
	"robu", "roma", "rome", "romi", "romo", "romu", "vagi", "vera", "vere", "veri", "vero", "veru",
	"vile", "vina", "vine", "vini", "vino", "vinu", "visi", "zani", "zeza", "zeze", "zezi", "zina",
	"zine", "zini", "zinu", "zori", "zoru", "zota", "zote", "zoti",
};
#define LEFT_OUT (sizeof left_out / sizeof *left_out)

static const struct {
	char latin;
	const char *lower, *upper;
} letters[] = {
	{ 'a', "а", "А" }, { 'b', "б", "Б" }, { 'd', "д", "Д" }, { 'e', "е", "Е" }, { 'f', "ф", "Ф" },
	{ 'g', "г", "Г" }, { 'i', "и", "И" }, { 'k', "к", "К" }, { 'l', "л", "Л" }, { 'm', "м", "М" },
	{ 'n', "н", "Н" }, { 'o', "о", "О" }, { 'p', "п", "П" }, { 'r', "р", "Р" }, { 's', "с", "С" },
	{ 't', "т", "Т" }, { 'u', "у", "У" }, { 'v', "в", "В" }, { 'z', "з", "З" },
};
#define LETTERS (sizeof letters / sizeof *letters)

static void
spell(unsigned candidate, char out[WORD_LATIN])
{
	unsigned first = candidate / SECONDS, second = candidate % SECONDS;

	out[0] = first_consonants[first / 4];
	out[1] = first_vowels[first % 4];
	out[2] = second_consonants[second / 5];
	out[3] = second_vowels[second % 5];
	out[4] = 0;
}

static int
order_words(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A syllable said twice is hard to hear as two, and often a child's word for something else. */
static bool
is_left_out(unsigned candidate)
{
	char word[WORD_LATIN];

	spell(candidate, word);
	if (word[0] == word[2] && word[1] == word[3])
		return true;
	return bsearch(word, left_out, LEFT_OUT, sizeof *left_out, order_words) != NULL;
}

void
word_at(unsigned number, char latin[WORD_LATIN], char cyrillic[WORD_CYRILLIC])
{
	unsigned candidate = 0;

	assert(number < WORDS_LIST);
	for (;; candidate++)
		if (!is_left_out(candidate) && number-- == 0)
			break;
	assert(candidate < FIRSTS * SECONDS);
	spell(candidate, latin);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < LETTERS; k++)
			if (letters[k].latin == latin[i])
				memcpy(cyrillic + 2 * i, letters[k].lower, 2);
	cyrillic[8] = 0;
}

static unsigned
bits_at(const uint8_t hash[32], unsigned at, unsigned count)
{
	unsigned v = 0;

	for (unsigned i = at; i < at + count; i++)
		v = v << 1 | ((unsigned)hash[i / 8] >> (7 - i % 8) & 1u);
	return v;
}

/* 66 bits as a number in base 10,000: each bit doubles it and adds itself. */
static void
digits_of(const uint8_t hash[32], char out[WORDS_DIGITS])
{
	unsigned groups[5] = { 0 };

	for (unsigned bit = 0; bit < 11 * WORDS; bit++) {
		unsigned carry = bits_at(hash, bit, 1);

		for (unsigned g = 5; g-- > 0;) {
			carry += 2 * groups[g];
			groups[g] = carry % 10000;
			carry /= 10000;
		}
	}
	for (unsigned g = 0; g < 5; g++) {
		for (unsigned d = 4, v = groups[g]; d-- > 0; v /= 10)
			out[5 * g + d] = (char)('0' + v % 10);
		out[5 * g + 4] = g < 4 ? ' ' : 0;
	}
}

void
words_from(const uint8_t hash[32], struct words *out)
{
	for (unsigned i = 0; i < WORDS; i++)
		word_at(bits_at(hash, 11 * i, 11), out->latin[i], out->cyrillic[i]);
	digits_of(hash, out->digits);
}

/* The Latin letter or digit at *TYPED, which moves behind it; 0: something else. */
static char
read_letter(const char **typed)
{
	char c = **typed;

	for (size_t i = 0; i < LETTERS; i++)
		if (strncmp(*typed, letters[i].lower, 2) == 0 || strncmp(*typed, letters[i].upper, 2) == 0) {
			*typed += 2;
			return letters[i].latin;
		}
	++*typed;
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
}

/* TYPED without what may stand between, at most 24 letters; false: it has others, or more. */
static bool
normalise(const char *typed, char out[4 * WORDS + 1])
{
	size_t n = 0;

	while (*typed) {
		if (strchr(" \t\r\n,-", *typed)) {
			typed++;
			continue;
		}
		if (n == 4 * WORDS || !(out[n++] = read_letter(&typed)))
			return false;
	}
	out[n] = 0;
	return true;
}

bool
words_match(const char *typed, const struct words *w)
{
	char said[4 * WORDS + 1], want[4 * WORDS + 1];

	if (!normalise(typed, said))
		return false;
	for (size_t i = 0; i < WORDS; i++)
		memcpy(want + 4 * i, w->latin[i], 4);
	want[4 * WORDS] = 0;
	if (strcmp(said, want) == 0)
		return true;
	return normalise(w->digits, want) && strcmp(said, want) == 0;
}
