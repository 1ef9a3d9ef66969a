#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ 32, "parent", FIELD_REFERENCE, FIELD_REQUIRED | FIELD_FOLLOWS, .schema_org = "parentItem",
	  .help = "the entry or comment it answers" },
	{ 33, "text", FIELD_MLTEXT, FIELD_REQUIRED, .max = 2000, .weight = 1, .schema_org = "text", .help = "what you say" },
};

const struct kind kind_comment = {
	KIND_COMMENT, "comment", "comments", 0, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_MEMBERS,
	.fields = fields, .field_count = COUNT(fields), .title = 33,
	.help = "an answer to an initiative or another entry, for members",
	.example = "{\"parent\":\"1f0c2e4a-0000-4000-8000-000000000005\",\"text\":{\"en\":\"We would host the first one.\"}}",
};
