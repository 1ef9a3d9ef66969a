#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ VOTE_CHARTER, "charter", FIELD_HASH, FIELD_REQUIRED, .help = "the charter under which the vote counts" },
	{ VOTE_SUBJECT, "subject", FIELD_KEY, FIELD_REQUIRED, .help = "the organisation that is removed" },
	{ 35, "reason", FIELD_CODE, FIELD_REQUIRED, .codes = &reason_codes, .help = "why" },
	{ 36, "rule", FIELD_UINT, 0, .min = 1, .max = 999, .help = "number of the charter's rule, for that reason" },
	{ 37, "note", FIELD_TEXT, 0, .max = 1000, .help = "a sentence that every member can read" },
};

const struct kind kind_removal = {
	KIND_REMOVAL, "removal", "removals", KIND_LASTING | KIND_INTERNAL, AUTHOR_COORDINATOR,
	.max_body = 2048, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields),
	.help = "a coordinator's vote to remove an organisation for good",
	.example = "{\"charter\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\",\"subject\":\"org1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsk7v38t\",\"reason\":\"charter-rule\",\"rule\":4}",
};
