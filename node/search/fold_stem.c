/* Stems: what is left of a word without the endings of the region's languages. */
#include "node/search/fold.h"

#include <string.h>

/*
 * Endings by their last letter, in the order in which they are tried: each before those that it ends in itself. Vowels at
 * the end, and a j, are gone before: -om and -ama are two rows, -a and -e none. KEEP: letters that must be left. Nobody
 * knows a word's language, so a row serves all of them.
 *
 * psiholog: psiholozi, psihologinja, psiholoska, psiholoskinja; Macedonian psihologot
 * Turkish plural, cases; kurslarda is kurslar and d; avukatin, psikologla
 * Romani chavenge, chaven, vakeras
 * Bosnian, Croatian, Montenegrin, Serbian, Macedonian: programiranje, psihologot, djakovica, poslovi, organizovala
 * Albanian: fshatit, detyrat, divorcin, levizjes, shtepise
 * English: trainings, trained
 */
struct ending {
	char text[7];
	uint8_t len, keep;
};
#define END(text, keep) { text, sizeof(text) - 1, keep }
#define ENDINGS(...) (const struct ending[]){ __VA_ARGS__, { "", 0, 0 } }
static const struct ending *const endings['z' - 'a' + 1] = {
	['c' - 'a'] = ENDINGS(END("enc", 4), END("ic", 5)),
	['d' - 'a'] = ENDINGS(END("lard", 4), END("lerd", 4), END("ed", 5), END("d", 6)),
	['g' - 'a'] = ENDINGS(END("log", 5), END("eng", 4), END("og", 4), END("eg", 4), END("ing", 4)),
	['h' - 'a'] = ENDINGS(END("ih", 4)),
	['j' - 'a'] = ENDINGS(END("anj", 4), END("enj", 4), END("oj", 4)),
	['k' - 'a'] = ENDINGS(END("losk", 5), END("esk", 4)),
	['l' - 'a'] = ENDINGS(END("l", 6)),
	['m' - 'a'] = ENDINGS(END("om", 3), END("em", 3), END("am", 3), END("im", 3)),
	['n' - 'a'] = ENDINGS(END("loskin", 5), END("login", 5), END("dan", 4), END("den", 4), END("tan", 4), END("ten", 4),
	    END("nin", 4), END("nun", 4), END("in", 4), END("en", 4), END("un", 4), END("an", 4)),
	['r' - 'a'] = ENDINGS(END("lar", 3), END("ler", 3)),
	['s' - 'a'] = ENDINGS(END("s", 4)),
	['t' - 'a'] = ENDINGS(END("logot", 5), END("iot", 4), END("ot", 4), END("it", 4), END("at", 4), END("et", 5),
	    END("ut", 4)),
	['v' - 'a'] = ENDINGS(END("ov", 4), END("ev", 4), END("av", 5), END("iv", 5)),
	['z' - 'a'] = ENDINGS(END("loz", 5)),
};
#undef ENDINGS
#undef END

#define LEAST 3
#define BIT(letter) (1u << ((letter) - 'a'))
#define VOWELS (BIT('a') | BIT('e') | BIT('i') | BIT('o') | BIT('u'))

static size_t
without_vowels(const char *key, size_t len)
{
	while (len > LEAST && (BIT(key[len - 1]) & VOWELS || (len > LEAST + 1 && key[len - 1] == 'j')))
		len--;
	return len;
}

static size_t
without_ending(const char *key, size_t len)
{
	for (const struct ending *e = endings[key[len - 1] - 'a']; e && e->len > 0; e++)
		if (len >= (size_t)e->len + e->keep && memcmp(key + len - e->len, e->text, e->len) == 0)
			return len - e->len;
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
