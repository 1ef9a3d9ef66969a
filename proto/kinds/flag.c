#include "proto/kinds/tables.h"

#define REASON 33

static const struct field fields[] = {
	{ FLAG_ABOUT, "about", FIELD_REFERENCE, FIELD_REQUIRED | FIELD_FOLLOWS, .help = "the entry it is about" },
	{ REASON, "reason", FIELD_CODE, FIELD_REQUIRED, .codes = &flag_codes, .help = "what is wrong with it, or right" },
	{ 34, "confirmed", FIELD_CODE, 0, .codes = &confirmed_codes, .help = "how you made sure that it is correct" },
	{ 35, "phone", FIELD_PHONE, 0, .help = "the number that is wrong" },
	{ 36, "duplicate_of", FIELD_REFERENCE, 0, .help = "the other entry about the same thing" },
	{ 37, "remark", FIELD_MLTEXT, 0, .max = 500, .help = "what you found; it is not needed" },
};

static const struct rule rules[] = {
	{ RULE_NEEDS, .when = REASON, .is = "correct", .fields = { 34 },
	  .help = "say how you made sure: phone, visit or document" },
	{ RULE_NEEDS, .when = REASON, .is = "duplicate", .fields = { 36 }, .help = "name the other entry" },
	{ RULE_FORBIDS, .when = REASON, .is = "conduct", .fields = { 37, 35 },
	  .help = "a flag about conduct advises caution and tells nothing else" },
	{ RULE_FORBIDS, .when = REASON, .is = "address-exposed", .fields = { 37, 35 },
	  .help = "a flag about an exposed address repeats nothing of it" },
	{ RULE_AT_MOST, .when = REASON, .is = "conduct", .most = 3,
	  .help = "three flags about conduct may be open at a time; withdraw one first" },
};

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	return check_of_others(k, r, FLAG_ABOUT, e);
}

const struct kind kind_flag = {
	KIND_FLAG, "flag", "flags", KIND_BESIDE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_MEMBERS,
	.fields = fields, .field_count = COUNT(fields), .title = REASON, .says = SAYS_FLAG, RULE_ROWS(rules), .check = check,
	.help = "a word about another's entry: its number is wrong, it has moved, it is correct, it tells an address",
	.example = "{\"about\":\"org1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3q92jy78/"
	    "1f0c2e4a-0000-4000-8000-000000000003\",\"reason\":\"correct\",\"confirmed\":\"phone\"}",
};
