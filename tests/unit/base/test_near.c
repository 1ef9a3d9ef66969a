#include <criterion/criterion.h>

#include "node/base/near.h"

/* Letters are put in, taken out, changed, and swapped with their neighbour; each counts once, in both directions. */
Test(near, edits)
{
	static const struct {
		const char *a, *b;
		unsigned wanted;
	} rows[] = {
		{ "", "", 0 }, { "", "abc", 3 }, { "ab", "ba", 1 }, { "kitten", "sitting", 3 }, { "Listen", "lISTEN", 0 },
		{ "webside", "website", 1 }, { "litsen", "listen", 1 }, { "\xc5\xbe", "z", 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(near_distance(rows[i].a, rows[i].b), rows[i].wanted, "%s %s", rows[i].a, rows[i].b);
		cr_expect_eq(near_distance(rows[i].b, rows[i].a), rows[i].wanted, "%s %s", rows[i].b, rows[i].a);
	}
}

/* A word of any length may be asked about: long ones are far from everything. */
Test(near, long_words)
{
	char word[2 * NEAR_MOST + 2] = { 0 };

	for (size_t len = 0; len < sizeof word - 1; len++) {
		word[len] = 'x';
		cr_expect_leq(near_distance(word, "listen"), NEAR_MOST);
		if (len >= NEAR_MOST)
			cr_expect_eq(near_distance(word, word), NEAR_MOST);
	}
}
