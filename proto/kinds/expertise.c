#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "organisation", FIELD_REFERENCE, FIELD_REQUIRED, .target = KIND_ORGANISATION,
	  .hsds = "attributes.link_id", .schema_org = "worksFor", .help = "the organisation that knows it" },
	{ 33, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .hsds = "attributes.label",
	  .schema_org = "knowsAbout", .help = "what it knows, in a few words" },
	{ 34, "languages", FIELD_LANGUAGE, FIELD_REQUIRED | FIELD_LIST, .max_count = 16,
	  .schema_org = "knowsLanguage", .help = "languages it can share it in, three letters each" },
	{ 35, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .hsds = "attributes.taxonomy_term", .schema_org = "knowsAbout", .help = "terms it is about" },
	{ 36, "level", FIELD_CODE, 0, .codes = &proficiency_codes, .hsds = "attributes.value", .help = "how well" },
	{ 37, "formats", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &format_codes, .help = "how it can be shared" },
	{ 38, "hours_per_month", FIELD_UINT, FIELD_MEMBERS, .min = 1, .max = 744, .help = "hours a month there are for it" },
	{ 39, "trainer", FIELD_BOOL, 0, .help = "do you train trainers?" },
	{ 40, "references", FIELD_MLTEXT, FIELD_LIST, .max = 300, .max_count = 16, .help = "where you did it before" },
	{ 41, "description", FIELD_MLTEXT, 0, .max = 2000, .weight = 3, .schema_org = "description",
	  .help = "what can be learnt from you" },
	{ 42, "territories", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "areaServed", .help = "territories you come to" },
};

const struct kind kind_expertise = {
	KIND_EXPERTISE, "expertise", "fields of expertise", 0, AUTHOR_MEMBER, .verify_days = 365,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33,
	.help = "what an organisation knows and can teach others",
	.example = "{\"organisation\":\"1f0c2e4a-0000-4000-8000-000000000001\",\"title\":{\"en\":\"Safe use of phones\"},"
	    "\"languages\":[\"mkd\",\"sqi\"],\"level\":\"advanced\",\"formats\":[\"workshop\"],\"trainer\":true}",
};
