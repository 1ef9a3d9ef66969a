#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ VOTE_CHARTER, "charter", FIELD_HASH, FIELD_REQUIRED, .help = "the charter under which the vote counts" },
	{ VOTE_SUBJECT, "subject", FIELD_KEY, FIELD_REQUIRED, .help = "the organisation that is admitted" },
	{ 34, "name", FIELD_TEXT, FIELD_REQUIRED, .max = LIMIT_NAME, .help = "its name" },
	{ 35, "territory", FIELD_CODE, FIELD_REQUIRED, .codes = &territory_codes, .help = "its territory" },
	{ 36, "class", FIELD_CODE, FIELD_REQUIRED, .codes = &class_codes, .help = "its class" },
};

const struct kind kind_admission = {
	KIND_ADMISSION, "admission", "admissions", KIND_LASTING | KIND_INTERNAL, AUTHOR_COORDINATOR,
	.max_body = 1024, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 34,
	.help = "a coordinator's vote to admit an organisation",
	.example = "{\"charter\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\",\"subject\":\"org1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsk7v38t\",\"name\":\"Shoqata e Sajuar\","
	    "\"territory\":\"XK\",\"class\":\"cso\"}",
};
