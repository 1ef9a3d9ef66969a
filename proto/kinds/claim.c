#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "about", FIELD_REFERENCE, FIELD_REQUIRED | FIELD_FOLLOWS, .help = "another's entry that is about you" },
	{ 33, "what", FIELD_CODE, FIELD_REQUIRED, .codes = &claim_codes, .help = "is it yours now, or to be removed?" },
	{ 34, "own", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .help = "your own entry, which is shown instead" },
	{ 35, "on_behalf", FIELD_TEXT, FIELD_COORDINATOR, .max = LIMIT_NAME,
	  .help = "as a coordinator: the organisation without a computer that asked for it" },
};

static const struct rule rules[] = {
	{ RULE_FORBIDS, .when = 35, .fields = { 34 }, .help = "an organisation without a computer has no entry of its own" },
	{ RULE_FORBIDS, .when = 33, .is = "remove", .fields = { 34 }, .help = "what is to be removed is not replaced" },
};

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	return check_of_others(k, r, 32, e);
}

const struct kind kind_claim = {
	KIND_CLAIM, "claim", "claims", KIND_BESIDE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .says = SAYS_CLAIM, RULE_ROWS(rules), .check = check,
	.help = "your word about an entry that another made about you: it is ours, or take it away",
	.example = "{\"about\":\"org1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3q92jy78/"
	    "1f0c2e4a-0000-4000-8000-000000000001\",\"what\":\"mine\",\"own\":\"1f0c2e4a-0000-4000-8000-000000000004\"}",
};
