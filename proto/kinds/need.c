#include "proto/kinds/tables.h"

/* So few that group and accessibility, beside a municipality, would tell of whom we speak. */
#define FEW 5

static const struct field fields[] = {
	{ 32, "category", FIELD_CODE, FIELD_REQUIRED, .codes = &category_codes, .weight = 5,
	  .schema_org = "itemOffered.category", .help = "what sort of thing is needed" },
	{ 33, "item", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "itemOffered.name",
	  .help = "what is needed, in a few words" },
	{ 34, "quantity", FIELD_UINT, FIELD_REQUIRED, .min = 1, .max = 1000000,
	  .schema_org = "eligibleQuantity.value", .help = "how many" },
	{ 35, "unit", FIELD_TEXT, 0, .max = 60, .schema_org = "eligibleQuantity.unitText",
	  .help = "what is counted, such as laptops or hours" },
	{ 36, "until", FIELD_DATE, FIELD_REQUIRED, .schema_org = "validThrough", .help = "the last day it is needed" },
	{ 37, "stage", FIELD_CODE, FIELD_REQUIRED, .codes = &need_codes, .preset = "open", .help = "how far it has come" },
	{ 38, "territory", FIELD_CODE, 0, .codes = &territory_codes, .schema_org = "areaServed",
	  .help = "AL BA ME MK RS XK" },
	{ 39, "municipality", FIELD_TEXT, FIELD_PLACE | FIELD_MEMBERS, .max = 120, .weight = 4,
	  .schema_org = "areaServed.name", .help = "the municipality it is needed in" },
	{ 40, "rural", FIELD_BOOL, 0, .help = "is it for a village?" },
	{ 41, "description", FIELD_MLTEXT, 0, .max = 2000, .weight = 3, .schema_org = "description",
	  .help = "what for, and what it must be able to do" },
	{ 42, "urgency", FIELD_CODE, 0, .codes = &urgency_codes, .help = "how soon" },
	{ 43, "for_group", FIELD_CODE, FIELD_LIST | FIELD_MEMBERS, .codes = &group_codes, .schema_org = "audience",
	  .help = "for whom, as groups and never as persons" },
	{ 44, "accessibility_need", FIELD_CODE, FIELD_LIST | FIELD_MEMBERS, .codes = &accessibility_codes,
	  .help = "what it must offer to be usable" },
	{ 45, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 16, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
	{ 46, "languages", FIELD_LANGUAGE, FIELD_LIST, .max_count = 16, .schema_org = "availableLanguage",
	  .help = "languages it must be in, three letters each" },
	{ 47, "organisation", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .schema_org = "seller",
	  .help = "the organisation that needs it, where it is not yours" },
	{ 48, "matched_with", FIELD_REFERENCE, FIELD_PRIVATE, .target = KIND_OFFER, .help = "the offer that you found" },
	{ 49, "met_by", FIELD_REFERENCE, FIELD_MEMBERS, .help = "the offer, or what another knows, that it is met by" },
};

static const struct rule rules[] = {
	{ RULE_FORBIDS, .when = 34, .below = FEW, .beside = { 43, 44 }, .fields = { 39 },
	  .help = "of fewer than five only the territory is told where group or accessibility are: leave out the "
	      "municipality, or those" },
};

const struct kind kind_need = {
	KIND_NEED, "need", "needs", KIND_FADES, AUTHOR_MEMBER, .verify_days = 60,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .end = 36, RULE_ROWS(rules),
	.help = "something an organisation needs: equipment, training, a mentor, a translation, a room",
	.example = "{\"category\":\"equipment\",\"item\":{\"en\":\"used laptops\"},\"quantity\":6,\"unit\":\"laptops\","
	    "\"until\":\"2030-12-31\",\"stage\":\"open\",\"territory\":\"MK\",\"municipality\":\"Izmislenovo\",\"rural\":true}",
};
