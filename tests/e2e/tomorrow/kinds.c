/*
 * Kinds of a version to come: one in a collection that is known today, one in a collection that is not.
 * tests/e2e/tomorrow/grow adds this file to a copy of the sources.
 */
#include "proto/kinds/tables.h"

static const struct field workshop_fields[] = {
	{ 32, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .help = "what it is called" },
	{ 33, "places", FIELD_UINT, 0, .max = 1000, .help = "how many can come" },
	{ 34, "repair", FIELD_BOOL, 0, .help = "may things be brought to be mended?" },
};

static const struct field meeting_fields[] = {
	{ 32, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .help = "what it is about" },
};

const struct kind kind_workshop = {
	KIND_WORKSHOP, "workshop", "workshops", 0, AUTHOR_MEMBER, .verify_days = 180,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	GROUP(workshop_fields), .title = 32,
	.help = "a place where people make things together",
	.example = "{\"name\":{\"en\":\"Made-up workshop\"},\"places\":12}",
};

const struct kind kind_meeting = {
	KIND_MEETING, "meeting", "meetings", 0, AUTHOR_MEMBER, .verify_days = 180,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	GROUP(meeting_fields), .title = 32,
	.help = "people who come together",
	.example = "{\"name\":{\"en\":\"Made-up meeting\"}}",
};
