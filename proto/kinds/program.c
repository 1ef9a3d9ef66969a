#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "organisation", FIELD_REFERENCE, FIELD_REQUIRED, .target = KIND_ORGANISATION, .hsds = "organization_id",
	  .schema_org = "parentOrganization", .help = "the organisation that runs it" },
	{ 33, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .hsds = "name", .schema_org = "name",
	  .help = "its name, in each language" },
	{ 34, "description", FIELD_MLTEXT, FIELD_REQUIRED, .max = 4000, .weight = 3, .hsds = "description",
	  .schema_org = "description", .help = "what it is for, and for whom" },
	{ 35, "alternate_name", FIELD_MLTEXT, 0, .max = 200, .weight = 8, .hsds = "alternate_name",
	  .schema_org = "alternateName", .help = "another name" },
	{ 36, "funders", FIELD_TEXT, FIELD_LIST | FIELD_MEMBERS, .max = 200, .max_count = 16, .schema_org = "funder.name",
	  .help = "who pays for it" },
	{ 37, "starts", FIELD_DATE, 0, .schema_org = "startDate", .help = "first day" },
	{ 38, "ends", FIELD_DATE, 0, .schema_org = "endDate", .help = "last day" },
	{ 39, "territories", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "areaServed", .help = "territories it works in" },
	{ 40, "partners", FIELD_REFERENCE, FIELD_LIST, .target = KIND_ORGANISATION, .schema_org = "member",
	  .help = "organisations that take part" },
	{ 41, "website", FIELD_URL, 0, .schema_org = "url", .help = "its page" },
	{ 42, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .hsds = "attributes.taxonomy_term", .schema_org = "about", .help = "terms it is about" },
};

static const struct rule rules[] = {
	{ RULE_ORDERS, .fields = { 37, 38 }, .help = "it does not end before it begins" },
};

const struct kind kind_program = {
	KIND_PROGRAM, "program", "programs", 0, AUTHOR_MEMBER, .verify_days = 365,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, RULE_ROWS(rules),
	.help = "a programme or project of an organisation, to which services belong",
	.example = "{\"organisation\":\"1f0c2e4a-0000-4000-8000-000000000001\",\"name\":{\"en\":\"Made-up programme\"},"
	    "\"description\":{\"en\":\"Legal aid in villages.\"},\"starts\":\"2026-01-01\",\"territories\":[\"MK\"]}",
};
