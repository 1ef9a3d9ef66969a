#include "proto/kinds/tables.h"

static const struct field synonym_fields[] = {
	{ 1, "language", FIELD_TAG, FIELD_REQUIRED, .help = "language of the words, such as sq or sr-Cyrl" },
	{ 2, "words", FIELD_TEXT, FIELD_REQUIRED | FIELD_LIST, .max = 120, .max_count = 32, .weight = 5,
	  .schema_org = "alternateName", .help = "other words for it, whose search finds it as well" },
};

static const struct field fields[] = {
	{ 32, "taxonomy", FIELD_REFERENCE, FIELD_REQUIRED, .target = KIND_TAXONOMY, .hsds = "taxonomy_id",
	  .schema_org = "inDefinedTermSet", .help = "the taxonomy it belongs to" },
	{ 33, "code", FIELD_TEXT, FIELD_REQUIRED, .max = 64, .hsds = "code", .schema_org = "termCode",
	  .help = "short name for references, such as legal-aid" },
	{ 34, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .hsds = "name", .schema_org = "name",
	  .help = "its name, in each language" },
	{ 35, "description", FIELD_MLTEXT, 0, .max = 1000, .weight = 2, .hsds = "description",
	  .schema_org = "description", .help = "what belongs to it" },
	{ 36, "parent", FIELD_REFERENCE, 0, .target = KIND_TERM, .hsds = "parent_id", .schema_org = "isPartOf",
	  .help = "the wider term" },
	{ 37, "synonyms", FIELD_GROUP, FIELD_LIST, .max_count = 32, GROUP(synonym_fields),
	  .schema_org = "alternateName", .help = "other words for it, by language" },
	{ 38, "safety", FIELD_CODE, 0, .codes = &safety_codes,
	  .help = "may one know where help of this sort is given?" },
	{ 39, "uri", FIELD_URL, 0, .hsds = "term_uri", .schema_org = "url", .help = "where it is published" },
	{ 40, "version", FIELD_TEXT, 0, .max = 40, .hsds = "version", .schema_org = "version", .help = "its version" },
};

const struct kind kind_term = {
	KIND_TERM, "term", "terms", KIND_BESIDE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 34, .code = 33,
	.help = "one term of a taxonomy, with its words in every language",
	.example = "{\"taxonomy\":\"1f0c2e4a-0000-4000-8000-000000000002\",\"code\":\"legal-aid\","
	    "\"name\":{\"en\":\"legal aid\",\"sq\":\"ndihmë juridike\",\"sr-Latn\":\"pravna pomoć\"},"
	    "\"synonyms\":[{\"language\":\"en\",\"words\":[\"lawyer\",\"court\"]}],\"safety\":\"normal\"}",
};
