#include "proto/kinds/tables.h"

/* 256 prefixes of 16 bytes are 4.4 KB; a node answers with its latest. */
static const struct field fields[] = {
	{ 32, "erasures", FIELD_BYTES, FIELD_REQUIRED | FIELD_LIST, .min = 16, .max = 16, .max_count = 256,
	  .help = "first 16 bytes of the record ids of the latest erasures that were carried out" },
};

const struct kind kind_receipt = {
	KIND_RECEIPT, "receipt", "receipts", KIND_INTERNAL | KIND_NAMED_NODE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields),
	.help = "a node's word that it has erased",
	.example = "{\"erasures\":[\"AAECAwQFBgcICQoLDA0ODw\"]}",
};
