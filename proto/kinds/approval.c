#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ VOTE_CHARTER, "charter", FIELD_HASH, FIELD_REQUIRED, .help = "record id of the charter that is approved" },
};

const struct kind kind_approval = {
	KIND_APPROVAL, "approval", "approvals", KIND_LASTING | KIND_INTERNAL, AUTHOR_MEMBER,
	.max_body = 256, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields),
	.help = "agreement to a charter",
	.example = "{\"charter\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\"}",
};
