#include "proto/kinds/tables.h"

static const struct field identifier_fields[] = {
	{ 1, "scheme", FIELD_TEXT, 0, .max = 100, .hsds = "organization_identifiers.identifier_scheme",
	  .help = "who gives it" },
	{ 2, "type", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .hsds = "organization_identifiers.identifier_type",
	  .schema_org = "identifier.propertyID", .help = "what sort of number it is" },
	{ 3, "id", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .hsds = "organization_identifiers.identifier",
	  .schema_org = "identifier.value", .help = "the number" },
};

static const struct field funding_fields[] = {
	{ 1, "source", FIELD_TEXT, FIELD_REQUIRED, .max = 200, .hsds = "funding.source", .schema_org = "funder.name",
	  .help = "who gives money" },
};

static const struct field fields[] = {
	{ 32, "relation", FIELD_CODE, FIELD_REQUIRED, .codes = &relation_codes, .hsds = "attributes.taxonomy_term",
	  .help = "is it your own organisation, one that asked you, or public knowledge?" },
	{ 33, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = LIMIT_NAME, .weight = 10, .hsds = "name",
	  .schema_org = "name", .help = "its name, in each language it uses" },
	{ 34, "territories", FIELD_CODE, FIELD_REQUIRED | FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .hsds = "attributes.taxonomy_term", .schema_org = "areaServed", .help = "where it works: AL BA ME MK RS XK WB" },
	{ 35, "alternate_names", FIELD_TEXT, FIELD_LIST, .max = LIMIT_NAME, .max_count = 16, .weight = 8,
	  .hsds = "alternate_name", .schema_org = "alternateName", .help = "short names and former names" },
	{ 36, "description", FIELD_MLTEXT, 0, .max = 4000, .weight = 3, .hsds = "description",
	  .schema_org = "description", .help = "what it does" },
	{ 37, "actor_type", FIELD_CODE, 0, .codes = &actor_codes, .hsds = "attributes.taxonomy_term",
	  .schema_org = "additionalType",
	  .help = "what sort of organisation it is" },
	{ 38, "size_class", FIELD_CODE, 0, .codes = &size_codes, .schema_org = "numberOfEmployees",
	  .help = "how many people it pays" },
	{ 39, "founded", FIELD_UINT, 0, .min = 1800, .max = 2200, .hsds = "year_incorporated",
	  .schema_org = "foundingDate", .help = "year it was founded" },
	{ 40, "legal_status", FIELD_TEXT, 0, .max = 200, .hsds = "legal_status", .schema_org = "legalName",
	  .help = "legal form; none is needed" },
	{ 41, "identifiers", FIELD_GROUP, FIELD_LIST, .max_count = 8, GROUP(identifier_fields),
	  .hsds = "organization_identifiers", .schema_org = "identifier", .help = "registration numbers, if any" },
	{ 42, "email", FIELD_EMAIL, 0, .hsds = "email", .schema_org = "email",
	  .help = "a mailbox of the organisation, not of a person" },
	{ 43, "website", FIELD_URL, 0, .hsds = "website", .schema_org = "url", .help = "its web site" },
	{ 44, "urls", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(url_fields), .hsds = "additional_websites",
	  .schema_org = "sameAs", .help = "further pages" },
	{ 45, "logo", FIELD_BLOB, 0, .schema_org = "logo", .help = "a picture" },
	{ 46, "parent", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .hsds = "parent_organization_id",
	  .schema_org = "parentOrganization", .help = "the organisation it is part of" },
	{ 47, "languages", FIELD_LANGUAGE, FIELD_LIST, .schema_org = "knowsLanguage",
	  .help = "languages it works in, three letters each" },
	{ 48, "focus_groups", FIELD_CODE, FIELD_LIST, .codes = &group_codes, .weight = 2,
	  .hsds = "attributes.taxonomy_term", .schema_org = "audience",
	  .help = "whom it works for" },
	{ 49, "accessibility", FIELD_CODE, FIELD_LIST, .codes = &accessibility_codes,
	  .hsds = "attributes.taxonomy_term", .schema_org = "accessibilityFeature", .help = "what its rooms and pages offer" },
	{ 50, "contacts", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(contact_fields), .hsds = "contacts",
	  .schema_org = "contactPoint", .help = "whom to turn to, by role" },
	{ 51, "phones", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(phone_fields), .hsds = "phones",
	  .schema_org = "telephone", .help = "telephone numbers" },
	{ 52, "locations", FIELD_REFERENCE, FIELD_LIST | FIELD_PLACE, .target = KIND_LOCATION,
	  .schema_org = "location", .help = "its places" },
	{ 53, "funding", FIELD_GROUP, FIELD_LIST | FIELD_MEMBERS, .max_count = 16, GROUP(funding_fields), .hsds = "funding",
	  .schema_org = "funding", .help = "who pays for its work" },
};

static const struct rule rules[] = {
	{ RULE_AT_MOST, .when = 32, .is = "self", .most = 1,
	  .help = "you have an entry about yourselves already; change that one, or say listed or hosted" },
};

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	(void)k;
	return check_contacts(r, 50, e);
}

const struct kind kind_organisation = {
	KIND_ORGANISATION, "organisation", "organisations", 0, AUTHOR_MEMBER, .verify_days = 365,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, RULE_ROWS(rules), .check = check,
	.help = "an organisation: your own, one that asked you, or one that is publicly known",
	.example = "{\"relation\":\"self\",\"name\":{\"sr-Latn\":\"Izmišljeni centar\",\"en\":\"Made-up Centre\"},"
	    "\"territories\":[\"RS\"],\"actor_type\":\"cso\",\"languages\":[\"srp\",\"eng\"],"
	    "\"website\":\"https://example.org\",\"phones\":[{\"number\":\"+381110000000\"}]}",
};
