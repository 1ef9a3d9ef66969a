#include "node/peer/clones.h"

#include <criterion/criterion.h>

static const struct prefix a = { { 1 } }, b = { { 2 } };

/* A node that goes on, and one whose store was put back once, are one computer. */
Test(clones, one_computer)
{
	struct clones c = { 0 };

	cr_expect_not(clones_hear(&c, a, 5, 1000));
	cr_expect_not(clones_hear(&c, a, 9, 2000));
	cr_expect_not(clones_hear(&c, a, 7, 3000), "hellos may come late");
	cr_expect_eq(clones_arrival(&c, a), 9);
	cr_expect_not(clones_hear(&c, b, 2, 4000));
	cr_expect_not(clones_hear(&c, b, 3, 5000));
	cr_expect_eq(clones_arrival(&c, b), 3);
	cr_expect_eq(clones_arrival(&c, a), 9, "what was left is remembered");
	cr_expect_not(clones_shown(&c, 5000));
}

/* An incarnation that was left and is there again shows two computers, for a while. */
Test(clones, two_computers)
{
	struct clones c = { 0 };

	clones_hear(&c, a, 5, 1000);
	clones_hear(&c, b, 2, 2000);
	cr_expect(clones_hear(&c, a, 6, 3000));
	cr_expect(clones_shown(&c, 3000 + CLONES_SHOWN_MS - 1));
	cr_expect_not(clones_shown(&c, 3000 + CLONES_SHOWN_MS));
	cr_expect_eq(clones_arrival(&c, a), 6);
	cr_expect_eq(clones_arrival(&c, b), 2);
}

/* Only the last few incarnations are remembered; the oldest goes first. */
Test(clones, bounded)
{
	struct clones c = { 0 };

	for (uint8_t i = 1; i <= 2 * CLONES_PAST; i++)
		cr_expect_not(clones_hear(&c, (struct prefix){ { i } }, i, i));
	cr_expect_eq(c.count, CLONES_PAST);
	for (uint8_t i = 1; i <= 2 * CLONES_PAST; i++)
		cr_expect_eq(clones_arrival(&c, (struct prefix){ { i } }), i > CLONES_PAST ? i : 0);
}
