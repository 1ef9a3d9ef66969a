#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "node/base/spread.h"

#define MOST 5000

static unsigned char touched[MOST];

static void
touch(void *arg, size_t item)
{
	unsigned char *items = arg;

	items[item]++;
}

/* Every item is handed over exactly once, whatever the number of items. */
Test(spread, each_item_once)
{
	static const size_t counts[] = { 0, 1, 7, SPREAD_LEAST - 1, SPREAD_LEAST, 33, 1000, MOST };

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		for (size_t at = 0; at < MOST; at++)
			touched[at] = 0;
		spread(touch, touched, counts[i]);
		for (size_t at = 0; at < MOST; at++)
			cr_assert_eq((int)touched[at], at < counts[i] ? 1 : 0, "item %zu of %zu", at, counts[i]);
	}
}
