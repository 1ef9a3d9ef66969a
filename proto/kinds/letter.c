#include "proto/kinds/tables.h"

/* Fifteen coordinators and its author are 2 KB of boxes; the words are padded to whole kibibytes. */
static const struct field box_fields[] = {
	{ LETTER_BOX_TO, "to", FIELD_KEY, FIELD_REQUIRED, .help = "an organisation that can read it" },
	{ LETTER_BOX_KEY, "key", FIELD_BYTES, FIELD_REQUIRED, .min = 80, .max = 80, .help = "the key of the words, sealed to its box_key" },
};

static const struct field fields[] = {
	{ LETTER_BOXES, "boxes", FIELD_GROUP, FIELD_REQUIRED | FIELD_LIST, .max_count = 17, GROUP(box_fields),
	  .help = "who can read it" },
	{ LETTER_LOCKED, "locked", FIELD_BYTES, FIELD_REQUIRED, .min = 40, .max = 4136, .help = "the body of a flag, padded and locked" },
};

const struct kind kind_letter = {
	KIND_LETTER, "letter", "letters", KIND_INTERNAL | KIND_ERASED, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_MEMBERS,
	.fields = fields, .field_count = COUNT(fields),
	.help = "a flag that only coordinators can read",
	.example = "{\"boxes\":[{\"to\":\"org1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3q92jy78\","
	    "\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0BBQkNERUZHSElKS0xNTk8\"}],"
	    "\"locked\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw\"}",
};
