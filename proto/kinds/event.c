#include "proto/kinds/tables.h"

/* Of who came there is one total and no breakdown: those are released as statistics, with their own rules. */
static const struct field fields[] = {
	{ 32, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "name",
	  .help = "its name, in each language" },
	{ 33, "type", FIELD_CODE, FIELD_REQUIRED, .codes = &event_codes, .weight = 5, .schema_org = "additionalType",
	  .help = "what sort of event it is" },
	{ 34, "start", FIELD_TIME, FIELD_REQUIRED, .schema_org = "startDate", .help = "when it begins" },
	{ 35, "mode", FIELD_CODE, FIELD_REQUIRED, .codes = &mode_codes, .schema_org = "eventAttendanceMode",
	  .help = "on line, in a room, or both" },
	{ 36, "end", FIELD_TIME, 0, .schema_org = "endDate", .help = "when it ends" },
	{ 37, "timezone", FIELD_TEXT, 0, .max = 40, .help = "time zone people live in, such as Europe/Tirane" },
	{ 38, "description", FIELD_MLTEXT, 0, .max = 4000, .weight = 3, .schema_org = "description",
	  .help = "what happens there" },
	{ 39, "territory", FIELD_CODE, 0, .codes = &territory_codes, .schema_org = "location.address.addressCountry",
	  .help = "AL BA ME MK RS XK" },
	{ 40, "municipality", FIELD_TEXT, FIELD_PLACE, .max = 120, .weight = 4, .schema_org = "location.name",
	  .help = "the municipality it is in" },
	{ 41, "venue", FIELD_MLTEXT, FIELD_EXACT, .max = 300, .schema_org = "location.address.streetAddress",
	  .help = "street, house, room" },
	{ 42, "location", FIELD_REFERENCE, FIELD_PLACE, .target = KIND_LOCATION, .schema_org = "location",
	  .help = "the place, where it is an entry: instead of municipality and venue" },
	{ 43, "link", FIELD_URL, FIELD_MEMBERS, .schema_org = "location.url", .help = "where to join on line" },
	{ 44, "organisers", FIELD_REFERENCE, FIELD_LIST, .max_count = 16, .target = KIND_ORGANISATION,
	  .schema_org = "organizer", .help = "organisations that hold it, where it is not yours alone" },
	{ 45, "for_group", FIELD_CODE, FIELD_LIST, .codes = &group_codes, .schema_org = "audience", .help = "for whom" },
	{ 46, "languages", FIELD_LANGUAGE, FIELD_LIST, .max_count = 16, .schema_org = "inLanguage",
	  .help = "languages it is held in, three letters each" },
	{ 47, "capacity", FIELD_UINT, 0, .min = 1, .max = 1000000, .schema_org = "maximumAttendeeCapacity",
	  .help = "how many may come" },
	{ 48, "fee", FIELD_MLTEXT, 0, .max = 300, .schema_org = "offers.description", .help = "what it costs, in words" },
	{ 49, "registration", FIELD_MLTEXT, 0, .max = 1000, .help = "how one registers" },
	{ 50, "registration_url", FIELD_URL, 0, .schema_org = "offers.url", .help = "page to register at" },
	{ 51, "series", FIELD_REFERENCE, 0, .target = KIND_EVENT, .schema_org = "superEvent",
	  .help = "the event it is a part or a repetition of" },
	{ 52, "materials", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .schema_org = "workFeatured",
	  .help = "training material it uses" },
	{ 53, "accessibility", FIELD_CODE, FIELD_LIST, .codes = &accessibility_codes,
	  .schema_org = "accessibilityFeature", .help = "what the rooms and ways offer" },
	{ 54, "childcare", FIELD_BOOL, 0, .help = "is somebody there for the children?" },
	{ 55, "participants", FIELD_UINT, FIELD_MEMBERS, .max = 1000000, .schema_org = "attendee",
	  .help = "afterwards: how many came, as one total" },
	{ 56, "followups", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .help = "statistics that were released about it" },
	{ 57, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
	{ 58, "contacts", FIELD_GROUP, FIELD_LIST, .max_count = 8, GROUP(contact_fields),
	  .schema_org = "organizer.contactPoint", .help = "whom to turn to, by role" },
	{ 59, "website", FIELD_URL, 0, .schema_org = "url", .help = "its page" },
};

static const struct rule rules[] = {
	{ RULE_ORDERS, .fields = { 34, 36 }, .help = "it does not end before it begins" },
	{ RULE_FORBIDS, .when = 42, .fields = { 40, 41 },
	  .help = "the entry of the place tells where it is, as exactly as is safe: leave out municipality and venue" },
};

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	(void)k;
	return check_contacts(r, 58, e);
}

const struct kind kind_event = {
	KIND_EVENT, "event", "events", 0, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 32, RULE_ROWS(rules), .check = check,
	.help = "a training, forum, job fair, campaign or meeting",
	.example = "{\"title\":{\"en\":\"Made-up training\"},\"type\":\"training\",\"start\":\"2030-05-04T08:00:00Z\","
	    "\"end\":\"2030-05-04T14:00:00Z\",\"timezone\":\"Europe/Podgorica\",\"mode\":\"onsite\",\"territory\":\"ME\","
	    "\"municipality\":\"Izmišljevo\",\"languages\":[\"cnr\"],\"capacity\":20,\"childcare\":true}",
};
