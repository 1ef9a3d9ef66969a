#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "code", FIELD_TEXT, FIELD_REQUIRED, .max = 64, .schema_org = "termCode", .help = "its short name" },
	{ 33, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 8, .hsds = "name", .schema_org = "name",
	  .help = "its name, in each language" },
	{ 34, "description", FIELD_MLTEXT, 0, .max = 2000, .weight = 2, .hsds = "description",
	  .schema_org = "description", .help = "what it orders" },
	{ 35, "uri", FIELD_URL, 0, .hsds = "uri", .schema_org = "url", .help = "where it is published" },
	{ 36, "version", FIELD_TEXT, 0, .max = 40, .hsds = "version", .schema_org = "version", .help = "its version" },
};

const struct kind kind_taxonomy = {
	KIND_TAXONOMY, "taxonomy", "taxonomies", KIND_BESIDE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .code = 32,
	.help = "a vocabulary: a tree of terms that entries are ordered by",
	.example = "{\"code\":\"made-up\",\"name\":{\"en\":\"Made-up topics\"},"
	    "\"description\":{\"en\":\"What help is about.\"},\"version\":\"1\"}",
};
