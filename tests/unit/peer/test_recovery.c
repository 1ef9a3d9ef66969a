#include "node/peer/recovery.h"

#include <criterion/criterion.h>

#define NOTHING { 0, 0 }

/* Whether a node recovers is decided by the store's mark, its twin's, and whether there is anything in the store. */
Test(recovery, judge)
{
	static const struct row {
		const char *what;
		struct recovery_mark store, twin;
		bool holds;
		enum recovery_state state;
	} rows[] = {
		{ "the first start", { 7, 0 }, NOTHING, false, RECOVERY_FRESH },
		{ "a new store where there was another", { 7, 0 }, { 8, 5 }, false, RECOVERY_FRESH },
		{ "an empty store that is older", { 7, 1 }, { 7, 5 }, false, RECOVERY_FRESH },
		{ "as it was left", { 7, 5 }, { 7, 5 }, true, RECOVERY_NONE },
		{ "ended between store and twin", { 7, 6 }, { 7, 5 }, true, RECOVERY_NONE },
		{ "an older copy", { 7, 4 }, { 7, 5 }, true, RECOVERY_NEEDED },
		{ "much older", { 7, 0 }, { 7, UINT64_MAX }, true, RECOVERY_NEEDED },
		{ "another store", { 9, 5 }, { 7, 5 }, true, RECOVERY_NEEDED },
		{ "another store, counted further", { 9, 50 }, { 7, 5 }, true, RECOVERY_NEEDED },
		{ "no twin", { 7, 5 }, NOTHING, true, RECOVERY_NEEDED },
		{ "no twin, and never counted", { 7, 0 }, NOTHING, true, RECOVERY_NEEDED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(recovery_judge(&rows[i].store, &rows[i].twin, rows[i].holds), rows[i].state, "%s",
		    rows[i].what);
}
