#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "severity", FIELD_CODE, FIELD_REQUIRED, .codes = &severity_codes, .schema_org = "category",
	  .help = "how much it matters" },
	{ 33, "text", FIELD_MLTEXT, FIELD_REQUIRED, .max = 1000, .weight = 5, .hsds = "alert", .schema_org = "text",
	  .help = "what people must know" },
	{ 34, "until", FIELD_DATE, FIELD_REQUIRED, .schema_org = "expires", .help = "the last day it holds" },
	{ 35, "area", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "spatialCoverage", .help = "territories it holds in" },
	{ 36, "municipalities", FIELD_TEXT, FIELD_LIST | FIELD_PLACE, .max = 120, .max_count = 32, .weight = 4,
	  .schema_org = "spatialCoverage.name", .help = "municipalities it holds in" },
	{ 37, "about", FIELD_REFERENCE, FIELD_FOLLOWS, .schema_org = "announcementLocation",
	  .help = "the entry it is about" },
	{ 38, "phones", FIELD_GROUP, FIELD_LIST, .max_count = 8, GROUP(phone_fields), .hsds = "phones",
	  .schema_org = "telephone", .help = "numbers to call" },
	{ 39, "url", FIELD_URL, 0, .schema_org = "url", .help = "where more can be read" },
};

const struct kind kind_notice = {
	KIND_NOTICE, "notice", "notices", 0, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .end = 34,
	.help = "what people must know for some days: a line is down, a road is closed, a form has changed",
	.example = "{\"severity\":\"warning\",\"text\":{\"en\":\"The made-up line is closed on Monday.\"},"
	    "\"until\":\"2030-05-04\",\"area\":[\"ME\"]}",
};
