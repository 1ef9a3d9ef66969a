#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "name",
	  .help = "its name, in each language" },
	{ 33, "text", FIELD_MLTEXT, FIELD_REQUIRED, .max = 4000, .weight = 3, .schema_org = "description",
	  .help = "the idea" },
	{ 34, "stage", FIELD_CODE, 0, .codes = &initiative_codes, .preset = "idea", .help = "how far it has come" },
	{ 35, "seeks", FIELD_REFERENCE, FIELD_LIST, .max_count = 16, .target = KIND_TERM, .weight = 5,
	  .schema_org = "seeks", .help = "terms of what it looks for" },
	{ 36, "partners", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_ORGANISATION,
	  .schema_org = "member", .help = "organisations that take part" },
	{ 37, "territories", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .schema_org = "areaServed", .help = "territories it is for" },
	{ 38, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
	{ 39, "url", FIELD_URL, 0, .schema_org = "url", .help = "its page" },
};

const struct kind kind_initiative = {
	KIND_INITIATIVE, "initiative", "initiatives", 0, AUTHOR_MEMBER, .verify_days = 180,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 32,
	.help = "an idea that others may join and comment on",
	.example = "{\"title\":{\"en\":\"A regional forum\"},\"text\":{\"en\":\"Every two years, in turn.\"},"
	    "\"stage\":\"idea\",\"territories\":[\"WB\"]}",
};
