/* Stems: what is left of a word without the endings of the region's languages. */
#include "node/search/fold.h"

#include <string.h>

/*
 * Endings in the order in which they are tried: each before those that it ends in itself. Vowels at the end, and a j,
 * are gone before: -om and -ama are two rows, -a and -e none. KEEP: letters that must be left. Nobody knows a word's
 * language, so a row serves all of them.
 */
static const struct {
	char text[7];
	uint8_t len, keep;
} endings[] = {
#define END(text, keep) { text, sizeof(text) - 1, keep }
	/* psiholog: psiholozi, psihologinja, psiholoska, psiholoskinja; Macedonian psihologot */
	END("loskin", 5), END("login", 5), END("logot", 5), END("losk", 5), END("log", 5), END("loz", 5),
	/* Turkish: plural, cases; kurslarda is kurslar and d */
	END("lard", 4), END("lerd", 4), END("lar", 3), END("ler", 3), END("dan", 4), END("den", 4), END("tan", 4),
	END("ten", 4), END("nin", 4), END("nun", 4),
	/* Romani: chavenge, chaven, vakeras */
	END("esk", 4), END("eng", 4), END("enc", 4),
	/* Bosnian, Croatian, Montenegrin, Serbian, Macedonian: programiranje, psihologot, djakovica, poslovi */
	END("anj", 4), END("enj", 4), END("iot", 4), END("om", 3), END("em", 3), END("am", 3), END("im", 3),
	END("og", 4), END("eg", 4), END("oj", 4), END("ih", 4), END("ov", 4), END("ev", 4), END("ot", 4), END("ic", 5),
	/* Albanian: fshatit, detyrat, divorcin; Turkish avukatin */
	END("it", 4), END("at", 4), END("et", 5), END("ut", 4), END("in", 4), END("en", 4), END("un", 4), END("an", 4),
	END("av", 5), END("iv", 5),
	/* English: trainings, trained; Albanian levizjes, shtepise */
	END("ing", 4), END("ed", 5), END("s", 4),
	/* Turkish psikologla; participles of Slavic verbs: organizovala */
	END("d", 6), END("l", 6),
#undef END
};

#define LEAST 3

static size_t
without_vowels(const char *key, size_t len)
{
	while (len > LEAST && (strchr("aeiou", key[len - 1]) || (len > LEAST + 1 && key[len - 1] == 'j')))
		len--;
	return len;
}

static size_t
without_ending(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t end = endings[i].len;

		if (len >= end + endings[i].keep && key[len - 1] == endings[i].text[end - 1] &&
		    memcmp(key + len - end, endings[i].text, end) == 0)
			return len - end;
	}
	return len;
}

/* Words with digits are numbers and codes; of letters of other scripts nothing is known. */
static bool
is_inflected(const char *key, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (key[i] < 'a' || key[i] > 'z')
			return false;
	return len > LEAST;
}

/* Until nothing comes off: so a word, its forms and its stem have one stem. */
size_t
fold_stem(const char *key, size_t len, char out[FOLD_WORD + 1])
{
	size_t left = len, before = 0;

	if (is_inflected(key, len))
		while (left != before) {
			before = left;
			left = without_ending(key, without_vowels(key, left));
		}
	memmove(out, key, left);
	out[left] = 0;
	return left;
}
