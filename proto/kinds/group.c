#include "proto/kinds/tables.h"

/* 100 references are 5.2 KB. */
static const struct field fields[] = {
	{ 32, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "name",
	  .help = "its name, in each language" },
	{ 33, "purpose", FIELD_MLTEXT, FIELD_REQUIRED, .max = 1500, .weight = 3, .schema_org = "description",
	  .help = "what it is for" },
	{ 34, "members", FIELD_REFERENCE, FIELD_LIST, .max_count = 100, .target = KIND_ORGANISATION,
	  .schema_org = "member", .help = "organisations in it" },
	{ 35, "chair", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .schema_org = "founder",
	  .help = "the organisation that leads it" },
	{ 36, "outputs", FIELD_REFERENCE, FIELD_LIST | FIELD_MEMBERS, .max_count = 32, .schema_org = "subjectOf",
	  .help = "events, material and other entries that came from it" },
	{ 37, "territories", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "areaServed", .help = "territories it works for" },
	{ 38, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .schema_org = "knowsAbout", .help = "terms it is about" },
	{ 39, "meets", FIELD_MLTEXT, 0, .max = 300, .help = "how often and how it meets" },
};

const struct kind kind_group = {
	KIND_GROUP, "group", "groups", 0, AUTHOR_MEMBER, .verify_days = 365,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 32,
	.help = "a working group of organisations",
	.example = "{\"name\":{\"en\":\"Made-up working group\"},\"purpose\":{\"en\":\"Safety on line.\"},"
	    "\"members\":[\"1f0c2e4a-0000-4000-8000-000000000001\"],\"territories\":[\"WB\"]}",
};
