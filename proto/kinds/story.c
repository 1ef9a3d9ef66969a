#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "headline",
	  .help = "its title, in each language" },
	{ 33, "text", FIELD_MLTEXT, FIELD_REQUIRED, .max = 16000, .weight = 2, .schema_org = "articleBody",
	  .help = "the story, without anything that tells who or where she is" },
	{ 34, "pseudonym", FIELD_TEXT, 0, .max = 80, .schema_org = "character.alternateName",
	  .help = "a name she chose; never her own" },
	{ 35, "consent_scope", FIELD_CODE, FIELD_REQUIRED | FIELD_SCOPE, .codes = &scope_codes,
	  .help = "the widest audience she agreed to" },
	{ 36, "withdraw_by", FIELD_DATE, FIELD_REQUIRED, .schema_org = "expires",
	  .help = "the last day she agreed to; after it the story is hidden" },
	{ 37, "photo", FIELD_BLOB, FIELD_EXACT, .schema_org = "image", .help = "a picture that shows neither her nor a place" },
	{ 38, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 16, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
	{ 39, "territory", FIELD_CODE, 0, .codes = &territory_codes, .schema_org = "contentLocation",
	  .help = "AL BA ME MK RS XK" },
};

const struct kind kind_story = {
	KIND_STORY, "story", "stories", KIND_ERASED | KIND_CONSENT, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY_LONG, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 32, .end = 36,
	.help = "what a woman has done, told as she agreed to; withdrawing it erases it everywhere",
	.example = "{\"title\":{\"en\":\"She opened a workshop\"},\"text\":{\"en\":\"It began with one machine.\"},"
	    "\"pseudonym\":\"Made-up name\",\"consent_scope\":\"members\",\"withdraw_by\":\"2030-12-31\","
	    "\"consent\":{\"given\":true,\"on\":\"2026-01-31\",\"from\":\"herself, in writing\"}}",
};
