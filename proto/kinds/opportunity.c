#include "proto/kinds/tables.h"

static const struct field amount_fields[] = {
	{ 1, "min", FIELD_UINT, 0, .schema_org = "amount.minValue", .help = "lowest, in whole units of the currency" },
	{ 2, "max", FIELD_UINT, 0, .schema_org = "amount.maxValue", .help = "highest" },
	{ 3, "currency", FIELD_TEXT, FIELD_REQUIRED, .min = 3, .max = 3, .schema_org = "amount.currency",
	  .help = "ISO 4217, such as EUR" },
};
static const struct rule amount_rules[] = {
	{ RULE_NEEDS, .fields = { 1, 2 }, .help = "an amount has a lowest or a highest value" },
	{ RULE_ORDERS, .fields = { 1, 2 }, .help = "the lowest amount is not above the highest" },
};

static const struct field fields[] = {
	{ 32, "type", FIELD_CODE, FIELD_REQUIRED, .codes = &opportunity_codes, .weight = 5,
	  .schema_org = "additionalType", .help = "what sort of call it is" },
	{ 33, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "name",
	  .help = "its name, in each language" },
	{ 34, "body", FIELD_MLTEXT, FIELD_REQUIRED, .max = 4000, .weight = 3, .schema_org = "description",
	  .help = "what is asked and given" },
	{ 35, "funder", FIELD_TEXT, FIELD_REQUIRED, .max = 200, .weight = 5, .schema_org = "funder.name",
	  .help = "who pays, employs or invites" },
	{ 36, "deadline", FIELD_DATE, FIELD_REQUIRED, .schema_org = "validThrough", .help = "the last day to apply" },
	{ 37, "territories", FIELD_CODE, FIELD_REQUIRED | FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "eligibleRegion", .help = "territories one may apply from" },
	{ 38, "link", FIELD_URL, FIELD_REQUIRED, .schema_org = "url", .help = "where the call stands" },
	{ 39, "amount", FIELD_GROUP, 0, GROUP(amount_fields), RULE_ROWS(amount_rules), .schema_org = "amount",
	  .help = "how much" },
	{ 40, "size_classes", FIELD_CODE, FIELD_LIST, .max_count = 4, .codes = &size_codes,
	  .help = "how large an organisation may be" },
	{ 41, "languages", FIELD_LANGUAGE, FIELD_LIST, .max_count = 16, .schema_org = "inLanguage",
	  .help = "languages one may apply in, three letters each" },
	{ 42, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
	{ 43, "for_group", FIELD_CODE, FIELD_LIST, .codes = &group_codes, .schema_org = "audience", .help = "for whom" },
};

const struct kind kind_opportunity = {
	KIND_OPPORTUNITY, "opportunity", "opportunities", 0, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .end = 36,
	.help = "a grant, job, tender, scholarship or call for volunteers, with its last day",
	.example = "{\"type\":\"grant\",\"title\":{\"en\":\"Made-up small grants\"},\"body\":{\"en\":\"For rural groups.\"},"
	    "\"funder\":\"Made-up Fund\",\"deadline\":\"2030-03-01\",\"territories\":[\"AL\",\"XK\"],"
	    "\"link\":\"https://example.org/call\",\"amount\":{\"max\":5000,\"currency\":\"EUR\"}}",
};
