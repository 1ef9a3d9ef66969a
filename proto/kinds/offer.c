#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "category", FIELD_CODE, FIELD_REQUIRED, .codes = &category_codes, .weight = 5,
	  .schema_org = "itemOffered.category", .help = "what sort of thing is offered" },
	{ 33, "item", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "itemOffered.name",
	  .help = "what is offered, in a few words" },
	{ 34, "quantity", FIELD_UINT, FIELD_REQUIRED, .min = 1, .max = 1000000,
	  .schema_org = "eligibleQuantity.value", .help = "how many" },
	{ 35, "unit", FIELD_TEXT, 0, .max = 60, .schema_org = "eligibleQuantity.unitText",
	  .help = "what is counted, such as laptops or hours" },
	{ 36, "until", FIELD_DATE, FIELD_REQUIRED, .schema_org = "validThrough", .help = "the last day it is offered" },
	{ 37, "stage", FIELD_CODE, FIELD_REQUIRED, .codes = &offer_codes, .preset = "open",
	  .schema_org = "availability", .help = "how far it has come" },
	{ 38, "territory", FIELD_CODE, 0, .codes = &territory_codes, .schema_org = "availableAtOrFrom.addressCountry",
	  .help = "AL BA ME MK RS XK" },
	{ 39, "municipality", FIELD_TEXT, FIELD_PLACE | FIELD_MEMBERS, .max = 120, .weight = 4,
	  .schema_org = "availableAtOrFrom.name", .help = "the municipality it is in" },
	{ 40, "description", FIELD_MLTEXT, 0, .max = 2000, .weight = 3, .schema_org = "description",
	  .help = "what it can do, and for whom it is" },
	{ 41, "condition", FIELD_CODE, 0, .codes = &condition_codes, .schema_org = "itemCondition",
	  .help = "in which state it is" },
	{ 42, "basis", FIELD_CODE, 0, .codes = &basis_codes, .schema_org = "businessFunction",
	  .help = "given, lent or paid for" },
	{ 43, "delivery_area", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "eligibleRegion", .help = "territories it can be brought to" },
	{ 44, "available_from", FIELD_DATE, 0, .schema_org = "validFrom", .help = "the first day it can be had" },
	{ 45, "terms", FIELD_MLTEXT, 0, .max = 1000, .schema_org = "termsOfService", .help = "what is asked in return" },
	{ 46, "reserved_qty", FIELD_UINT, FIELD_MEMBERS, .max = 1000000, .help = "how many are spoken for" },
	{ 47, "reserved_for", FIELD_REFERENCE, FIELD_LIST | FIELD_MEMBERS, .max_count = 32, .target = KIND_NEED,
	  .help = "the needs they are kept for" },
	{ 48, "for_group", FIELD_CODE, FIELD_LIST, .codes = &group_codes, .schema_org = "audience", .help = "for whom" },
	{ 49, "accessibility", FIELD_CODE, FIELD_LIST, .codes = &accessibility_codes,
	  .schema_org = "accessibilityFeature", .help = "what makes it usable" },
	{ 50, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 16, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
	{ 51, "languages", FIELD_LANGUAGE, FIELD_LIST, .max_count = 16, .schema_org = "availableLanguage",
	  .help = "languages it is in, three letters each" },
	{ 52, "organisation", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .schema_org = "seller",
	  .help = "the organisation that offers it, where it is not yours" },
};

static const struct rule rules[] = {
	{ RULE_ORDERS, .fields = { 44, 36 }, .help = "it is to be had before its last day" },
	{ RULE_ORDERS, .fields = { 46, 34 }, .help = "no more are spoken for than there are" },
};

const struct kind kind_offer = {
	KIND_OFFER, "offer", "offers", KIND_FADES, AUTHOR_MEMBER, .verify_days = 60,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .end = 36, RULE_ROWS(rules),
	.help = "something an organisation can give, lend or do for others",
	.example = "{\"category\":\"equipment\",\"item\":{\"sr-Latn\":\"polovni laptopovi\",\"en\":\"used laptops\"},"
	    "\"quantity\":10,\"until\":\"2030-12-31\",\"stage\":\"open\",\"condition\":\"good\",\"basis\":\"gift\","
	    "\"delivery_area\":[\"RS\",\"MK\"]}",
};
