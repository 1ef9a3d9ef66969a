#include "proto/kinds/tables.h"

static const struct field node_fields[] = {
	{ NODE_ITEM_ID, "id", FIELD_NODE, FIELD_REQUIRED, .help = "the node's id" },
	{ NODE_ITEM_MACHINE, "machine_key", FIELD_BYTES, 0, .min = ID_LEN, .max = ID_LEN, .help = "the node's own Ed25519 key" },
};

static const struct field dropped_fields[] = {
	{ 1, "machine_key", FIELD_BYTES, FIELD_REQUIRED, .min = ID_LEN, .max = ID_LEN, .help = "a former key" },
	{ 2, "end", FIELD_STAMP, FIELD_REQUIRED, .help = "what it signed counts below this stamp" },
};

static const struct field fields[] = {
	{ NODE_NODES, "nodes", FIELD_GROUP, FIELD_LIST, .max_count = LIMIT_NODES, GROUP(node_fields),
	  .help = "the organisation's nodes" },
	{ NODE_RETURN, "return_node", FIELD_NODE, 0, .help = "the node a restored machine dials as" },
	{ NODE_BOX_KEY, "box_key", FIELD_BYTES, 0, .min = ID_LEN, .max = ID_LEN, .help = "X25519 key that letters are sealed to" },
	{ NODE_STATISTICS, "statistics_node", FIELD_NODE, 0, .help = "the one node that releases statistics" },
	{ NODE_CHARTER, "accepted_charter", FIELD_HASH, 0, .help = "the charter the organisation has accepted" },
	{ NODE_DROPPED, "dropped", FIELD_GROUP, FIELD_LIST, GROUP(dropped_fields), .help = "former machine keys" },
};

const struct kind kind_node = {
	KIND_NODE, "node", "nodes", KIND_INTERNAL | KIND_NAMED_ZERO, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields),
	.help = "the computers that speak for an organisation",
	.example = "{\"nodes\":[{\"id\":\"node1g3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zqsrnj24\"}],\"accepted_charter\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\"}",
};
