#include <criterion/criterion.h>

#include "proto/cbor.h"
#include "proto/rule.h"

/* A map of the fields 1 to 4 that are not negative; 5 is the code "yes" when CODE. */
static struct buf
map_of(const int values[4], bool code)
{
	struct buf b = { 0 };
	size_t count = code;

	for (size_t i = 0; i < 4; i++)
		count += values[i] >= 0;
	cbor_put_map(&b, count);
	for (size_t i = 0; i < 4; i++)
		if (values[i] >= 0) {
			cbor_put_uint(&b, i + 1);
			cbor_put_int(&b, values[i]);
		}
	if (code) {
		cbor_put_uint(&b, 5);
		cbor_put_text(&b, bytes_text("yes"));
	}
	return b;
}

#define NO (-1)

/* Every demand, with its condition met and not met; what is at fault is named. */
Test(rule, demands)
{
	static const struct {
		struct rule rule;
		int values[4];
		bool code;
		uint16_t broken;
	} rows[] = {
		{ { RULE_NEEDS, .fields = { 1, 2 } }, { NO, NO, 3, NO }, false, 1 },
		{ { RULE_NEEDS, .fields = { 1, 2 } }, { NO, 2, 3, NO }, false, 0 },
		{ { RULE_NEEDS, .when = 3, .fields = { 1 } }, { NO, NO, NO, NO }, false, 0 },
		{ { RULE_NEEDS, .when = 3, .fields = { 1 } }, { NO, NO, 0, NO }, false, 1 },
		{ { RULE_NEEDS, .when = 5, .is = "yes", .fields = { 1 } }, { NO, NO, NO, NO }, true, 1 },
		{ { RULE_NEEDS, .when = 5, .is = "no", .fields = { 1 } }, { NO, NO, NO, NO }, true, 0 },
		{ { RULE_NEEDS, .when = 5, .is = "yes", .fields = { 1 } }, { NO, NO, NO, NO }, false, 0 },
		{ { RULE_FORBIDS, .when = 1, .fields = { 2, 3, 4 } }, { 1, NO, NO, 4 }, false, 4 },
		{ { RULE_FORBIDS, .when = 1, .fields = { 2, 3, 4 } }, { NO, 2, 3, 4 }, false, 0 },
		{ { RULE_FORBIDS, .when = 1, .fields = { 2, 3, 4 } }, { 1, NO, NO, NO }, true, 0 },
		{ { RULE_FORBIDS, .when = 1, .below = 5, .beside = { 3, 4 }, .fields = { 2 } }, { 4, 2, NO, 4 }, false, 2 },
		{ { RULE_FORBIDS, .when = 1, .below = 5, .beside = { 3, 4 }, .fields = { 2 } }, { 4, 2, 3, NO }, false, 2 },
		{ { RULE_FORBIDS, .when = 1, .below = 5, .beside = { 3, 4 }, .fields = { 2 } }, { 5, 2, 3, 4 }, false, 0 },
		{ { RULE_FORBIDS, .when = 1, .below = 5, .beside = { 3, 4 }, .fields = { 2 } }, { 4, 2, NO, NO }, false, 0 },
		{ { RULE_FORBIDS, .when = 1, .below = 5, .beside = { 3, 4 }, .fields = { 2 } }, { NO, 2, 3, NO }, false, 0 },
		{ { RULE_ORDERS, .fields = { 1, 2 } }, { 3, 2, NO, NO }, false, 1 },
		{ { RULE_ORDERS, .fields = { 1, 2 } }, { 2, 2, NO, NO }, false, 0 },
		{ { RULE_ORDERS, .fields = { 1, 2 } }, { 3, NO, NO, NO }, false, 0 },
		{ { RULE_ORDERS, .fields = { 1, 5 } }, { 3, NO, NO, NO }, true, 0 },
		{ { RULE_AT_MOST, .when = 1, .most = 1 }, { 1, NO, NO, NO }, false, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = map_of(rows[i].values, rows[i].code);

		cr_expect_eq(rule_broken(&rows[i].rule, buf_bytes(&b)), rows[i].broken, "%zu", i);
		buf_free(&b);
	}
}

/* Conditions alone, as those who count entries ask for them. */
Test(rule, holds)
{
	const struct rule code = { RULE_AT_MOST, .when = 5, .is = "yes", .most = 1 };
	struct buf with = map_of((const int[]){ NO, NO, NO, NO }, true), without = map_of((const int[]){ 1, 2, 3, 4 }, false);

	cr_expect(rule_holds(&code, buf_bytes(&with)));
	cr_expect_not(rule_holds(&code, buf_bytes(&without)));
	cr_expect_not(rule_holds(&code, (struct bytes){ NULL, 0 }));
	buf_free(&with);
	buf_free(&without);
}

/* Each demand has a word of its own. */
Test(rule, words)
{
	cr_expect_str_eq(rule_word(RULE_NEEDS), "required");
	cr_expect_str_eq(rule_word(RULE_FORBIDS), "excluded");
	cr_expect_str_eq(rule_word(RULE_ORDERS), "range");
	cr_expect_str_eq(rule_word(RULE_AT_MOST), "count");
}
