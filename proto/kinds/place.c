#include "proto/kinds/tables.h"

static const struct field identifier_fields[] = {
	{ 1, "scheme", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .schema_org = "identifier.propertyID",
	  .help = "register, such as ISO 3166-2, Wikidata, GeoNames" },
	{ 2, "id", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .schema_org = "identifier.value", .help = "its id there" },
};

/* A centre is a coordinate of a whole municipality; a protected organisation gives none all the same. */
static const struct field fields[] = {
	{ 32, "code", FIELD_TEXT, 0, .max = 64, .schema_org = "identifier",
	  .help = "short name for references, such as AL-11 or ME-16" },
	{ 33, "names", FIELD_MLTEXT, FIELD_REQUIRED, .max = 120, .weight = 10, .schema_org = "name",
	  .help = "its name in each language that has one" },
	{ 34, "territory", FIELD_CODE, FIELD_REQUIRED, .codes = &territory_codes, .schema_org = "addressCountry",
	  .help = "AL BA ME MK RS XK" },
	{ 35, "level", FIELD_CODE, 0, .codes = &place_level_codes, .schema_org = "additionalType",
	  .help = "what sort of place it is" },
	{ 36, "parent", FIELD_REFERENCE, 0, .target = KIND_PLACE, .schema_org = "containedInPlace",
	  .help = "the place it lies in" },
	{ 37, "code_status", FIELD_CODE, 0, .codes = &place_status_codes, .help = "who gave the code" },
	{ 38, "alternate_names", FIELD_TEXT, FIELD_LIST, .max = 120, .max_count = 32, .weight = 8,
	  .schema_org = "alternateName", .help = "former names and other spellings" },
	{ 39, "identifiers", FIELD_GROUP, FIELD_LIST, .max_count = 8, GROUP(identifier_fields),
	  .schema_org = "identifier", .help = "ids in registers" },
	{ 40, "footnote", FIELD_MLTEXT, 0, .max = 500, .schema_org = "disambiguatingDescription",
	  .help = "what stands below the name wherever it is shown" },
	{ 41, "lat", FIELD_DEGREES, FIELD_EXACT, .max = 90000000, .schema_org = "geo.latitude",
	  .help = "degrees north of its centre" },
	{ 42, "long", FIELD_DEGREES, FIELD_EXACT, .max = 180000000, .schema_org = "geo.longitude",
	  .help = "degrees east of its centre" },
};

static const struct rule rules[] = {
	{ RULE_NEEDS, .when = 41, .fields = { 42 }, .help = "lat and long go together" },
	{ RULE_NEEDS, .when = 42, .fields = { 41 }, .help = "lat and long go together" },
	{ RULE_NEEDS, .when = 41, .fields = { 4 }, .help = "a position is given with its source only" },
};

const struct kind kind_place = {
	KIND_PLACE, "place", "places", KIND_BESIDE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .code = 32, RULE_ROWS(rules),
	.help = "a municipality, district or town, with its names in every language",
	.example = "{\"code\":\"XX-1\",\"names\":{\"sq\":\"Sajuarë\",\"sr-Latn\":\"Izmišljevo\",\"sr-Cyrl\":\"Измишљево\"},"
	    "\"territory\":\"XK\",\"level\":\"municipality\"}",
};
