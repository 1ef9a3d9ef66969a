#include "proto/kinds/tables.h"

static const struct field address_fields[] = {
	{ 1, "street", FIELD_TEXT, 0, .max = 300, .hsds = "addresses.address_1",
	  .schema_org = "address.streetAddress", .help = "street and number" },
	{ 2, "postal_code", FIELD_TEXT, 0, .max = 20, .hsds = "addresses.postal_code",
	  .schema_org = "address.postalCode", .help = "postal code" },
	{ 3, "city", FIELD_TEXT, 0, .max = 120, .hsds = "addresses.city", .schema_org = "address.addressLocality",
	  .help = "town or village" },
	{ 4, "region", FIELD_TEXT, 0, .max = 120, .hsds = "addresses.region",
	  .schema_org = "address.addressRegion", .help = "district or county" },
	{ 5, "attention", FIELD_TEXT, 0, .max = 120, .hsds = "addresses.attention", .help = "door, floor, role" },
};

static const struct field external_fields[] = {
	{ 1, "scheme", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .hsds = "external_identifier_type",
	  .help = "register of places" },
	{ 2, "id", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .hsds = "external_identifier",
	  .schema_org = "identifier", .help = "number in it" },
};

static const struct field fields[] = {
	{ 32, "disclosure", FIELD_CODE, FIELD_REQUIRED, .codes = &disclosure_codes,
	  .hsds = "attributes.taxonomy_term",
	  .help = "how exactly the place may be told" },
	{ 33, "location_type", FIELD_CODE, 0, .codes = &location_codes, .hsds = "location_type",
	  .help = "to go to, to write to, or no place" },
	{ 34, "name", FIELD_MLTEXT, 0, .max = 200, .weight = 8, .hsds = "name", .schema_org = "name",
	  .help = "its name" },
	{ 35, "organisation", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .hsds = "organization_id",
	  .schema_org = "parentOrganization", .help = "whose place it is" },
	{ 36, "territory", FIELD_CODE, 0, .codes = &territory_codes, .hsds = "attributes.taxonomy_term",
	  .schema_org = "address.addressCountry", .help = "AL BA ME MK RS XK" },
	{ 37, "municipality", FIELD_TEXT, FIELD_PLACE, .max = 120, .weight = 4, .hsds = "attributes.value",
	  .schema_org = "containedInPlace", .help = "the municipality" },
	{ 38, "description", FIELD_MLTEXT, 0, .max = 2000, .weight = 3, .hsds = "description",
	  .schema_org = "description", .help = "what is there" },
	{ 39, "address", FIELD_GROUP, FIELD_EXACT, GROUP(address_fields), .hsds = "addresses",
	  .schema_org = "address", .help = "street, postal code, town" },
	{ 40, "lat", FIELD_DEGREES, FIELD_EXACT, .max = 90000000, .hsds = "latitude", .schema_org = "geo.latitude",
	  .help = "degrees north" },
	{ 41, "long", FIELD_DEGREES, FIELD_EXACT, .max = 180000000, .hsds = "longitude",
	  .schema_org = "geo.longitude", .help = "degrees east" },
	{ 42, "transportation", FIELD_MLTEXT, FIELD_EXACT, .max = 1000, .hsds = "transportation",
	  .help = "how to get there" },
	{ 43, "accessibility", FIELD_CODE, FIELD_LIST, .codes = &accessibility_codes, .hsds = "accessibility.description",
	  .schema_org = "amenityFeature", .help = "what the rooms offer" },
	{ 44, "external_id", FIELD_GROUP, FIELD_EXACT, GROUP(external_fields), .help = "number in a register" },
	{ 45, "phones", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(phone_fields), .hsds = "phones",
	  .schema_org = "telephone", .help = "telephone numbers" },
	{ 46, "photos", FIELD_BLOB, FIELD_LIST | FIELD_EXACT, .max_count = 8, .schema_org = "photo",
	  .help = "pictures of the place" },
	{ 47, "map", FIELD_URL, FIELD_EXACT, .hsds = "url", .schema_org = "hasMap", .help = "a map" },
};

static const struct rule rules[] = {
	{ RULE_NEEDS, .when = 40, .fields = { 41 }, .help = "lat and long go together" },
	{ RULE_NEEDS, .when = 41, .fields = { 40 }, .help = "lat and long go together" },
};

const struct kind kind_location = {
	KIND_LOCATION, "location", "locations", 0, AUTHOR_MEMBER, .verify_days = 365,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 34, RULE_ROWS(rules),
	.help = "a place, told as exactly as is safe",
	.example = "{\"disclosure\":\"municipality\",\"location_type\":\"physical\","
	    "\"name\":{\"en\":\"Made-up rooms\"},\"territory\":\"MK\",\"municipality\":\"Izmislenovo\"}",
};
