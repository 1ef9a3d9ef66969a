#include "proto/kinds/tables.h"

static const struct field entry_fields[] = {
	{ 1, "key", FIELD_KEY, FIELD_REQUIRED, .help = "the organisation" },
	{ 2, "name", FIELD_TEXT, FIELD_REQUIRED, .max = LIMIT_NAME, .help = "its name" },
	{ 3, "territory", FIELD_CODE, FIELD_REQUIRED, .codes = &territory_codes, .help = "its territory" },
	{ 4, "class", FIELD_CODE, FIELD_REQUIRED, .codes = &class_codes, .help = "its class" },
	{ 5, "state", FIELD_CODE, FIELD_REQUIRED, .codes = &entry_codes, .help = "its state" },
	{ 6, "since", FIELD_UINT, FIELD_REQUIRED, .help = "hours since 1970 from which the state holds" },
	{ 7, "successor", FIELD_KEY, 0, .help = "the key that follows, when succeeded" },
};

static const struct field erasure_fields[] = {
	{ 1, "target", FIELD_HASH, FIELD_REQUIRED, .help = "hash of the record's key, or the file's id" },
	{ 2, "up_to", FIELD_STAMP, 0, .help = "the last stamp that it erases; absent for a file" },
	{ 3, "what", FIELD_CODE, FIELD_REQUIRED, .codes = &erased_codes, .help = "a record or a file" },
};

static const struct field fields[] = {
	{ 40, "entries", FIELD_GROUP, FIELD_LIST, .max_count = LIMIT_ROLL_ENTRIES, GROUP(entry_fields),
	  .help = "organisations, in ascending order of their keys" },
	{ 41, "erasures", FIELD_GROUP, FIELD_LIST, .max_count = 500, GROUP(erasure_fields),
	  .help = "erasures by the coordinators that stay in force" },
};

const struct kind kind_roll = {
	KIND_ROLL, "roll", "rolls", KIND_LASTING | KIND_INTERNAL, AUTHOR_MEMBER,
	.max_body = LIMIT_RECORD - 1024, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields),
	.help = "up to 200 organisations that a charter lists, each with its state",
	.example = "{\"entries\":[{\"key\":\"org1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsk7v38t\",\"name\":\"Izmišljeni centar\",\"territory\":\"RS\","
	    "\"class\":\"cso\",\"state\":\"active\",\"since\":490000}]}",
};
