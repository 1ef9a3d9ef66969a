#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ REACH_ADDRESSES, "addresses", FIELD_TEXT, FIELD_LIST, .max = 80, .max_count = LIMIT_ADDRESSES,
	  .help = "address literals with port, such as 192.0.2.7:5684 or [2001:db8::7]:5684" },
	{ REACH_NODE, "node", FIELD_NODE, FIELD_REQUIRED, .help = "the node that listens there" },
};

const struct kind kind_reach = {
	KIND_REACH, "reach", "reaches", KIND_INTERNAL | KIND_NAMED_NODE, AUTHOR_MEMBER,
	.max_body = 1024, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields),
	.help = "where a node is reached",
	.example = "{\"addresses\":[\"192.0.2.7:5684\"],\"node\":\"node1g3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zqsrnj24\"}",
};
