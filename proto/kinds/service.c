#include "proto/kinds/tables.h"

#include <stdio.h>

#include "proto/cbor.h"

static const struct field channel_fields[] = {
	{ 1, "type", FIELD_CODE, FIELD_REQUIRED, .codes = &channel_codes, .help = "the way" },
	{ 2, "languages", FIELD_LANGUAGE, FIELD_LIST, .schema_org = "availableChannel.availableLanguage",
	  .help = "languages on this way" },
	{ 3, "hours", FIELD_MLTEXT, 0, .max = 300, .schema_org = "availableChannel.hoursAvailable",
	  .help = "when it is open" },
	{ 4, "url", FIELD_URL, 0, .schema_org = "availableChannel.serviceUrl", .help = "page of the chat or form" },
};

static const struct field cost_fields[] = {
	{ 1, "option", FIELD_MLTEXT, 0, .max = 300, .hsds = "cost_options.option", .help = "for whom or what" },
	{ 2, "amount", FIELD_UINT, FIELD_REQUIRED, .hsds = "cost_options.amount", .schema_org = "offers.price",
	  .help = "price in hundredths of the currency" },
	{ 3, "currency", FIELD_TEXT, FIELD_REQUIRED, .min = 3, .max = 3, .hsds = "cost_options.currency",
	  .schema_org = "offers.priceCurrency", .help = "ISO 4217, such as EUR" },
};

static const struct field schedule_fields[] = {
	{ 1, "rrule", FIELD_TEXT, 0, .max = 200, .hsds = "schedules.freq", .schema_org = "hoursAvailable",
	  .help = "recurrence as in iCalendar, such as FREQ=WEEKLY;BYDAY=MO,WE" },
	{ 2, "opens_at", FIELD_TEXT, 0, .min = 5, .max = 5, .hsds = "schedules.opens_at", .help = "09:00" },
	{ 3, "closes_at", FIELD_TEXT, 0, .min = 5, .max = 5, .hsds = "schedules.closes_at", .help = "17:00" },
	{ 4, "valid_from", FIELD_DATE, 0, .hsds = "schedules.valid_from", .help = "first day" },
	{ 5, "valid_to", FIELD_DATE, 0, .hsds = "schedules.valid_to", .help = "last day" },
	{ 6, "description", FIELD_MLTEXT, 0, .max = 500, .hsds = "schedules.description", .help = "in words" },
};

static const struct field capacity_fields[] = {
	{ 1, "unit", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .hsds = "capacities.unit",
	  .help = "what is counted, such as places" },
	{ 2, "available", FIELD_UINT, FIELD_REQUIRED, .max = 1000000, .hsds = "capacities.available",
	  .help = "free now" },
	{ 3, "maximum", FIELD_UINT, 0, .max = 1000000, .hsds = "capacities.maximum", .help = "in all" },
	{ 4, "updated", FIELD_DATE, FIELD_REQUIRED, .hsds = "capacities.updated", .help = "counted on" },
};

static const struct field at_fields[] = {
	{ 1, "location", FIELD_REFERENCE, FIELD_REQUIRED, .target = KIND_LOCATION,
	  .hsds = "service_at_locations.location_id", .schema_org = "availableChannel.serviceLocation", .help = "the place" },
	{ 2, "schedules", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(schedule_fields),
	  .hsds = "service_at_locations.schedules", .help = "when it is open there" },
	{ 3, "phones", FIELD_GROUP, FIELD_LIST, .max_count = 8, GROUP(phone_fields),
	  .hsds = "service_at_locations.phones", .help = "numbers there" },
	{ 4, "description", FIELD_MLTEXT, 0, .max = 500, .hsds = "service_at_locations.description",
	  .help = "what is given there" },
};

static const struct field fields[] = {
	{ 32, "organisation", FIELD_REFERENCE, FIELD_REQUIRED, .target = KIND_ORGANISATION,
	  .hsds = "organization_id", .schema_org = "provider", .help = "the organisation that gives it" },
	{ 33, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .hsds = "name", .schema_org = "name",
	  .help = "its name, in each language" },
	{ 34, "description", FIELD_MLTEXT, FIELD_REQUIRED, .max = 4000, .weight = 3, .hsds = "description",
	  .schema_org = "description", .help = "what is done, for whom" },
	{ 35, "alternate_name", FIELD_MLTEXT, 0, .max = 200, .weight = 8, .hsds = "alternate_name",
	  .schema_org = "alternateName", .help = "another name" },
	{ 36, "kind_terms", FIELD_CODE, FIELD_LIST, .max_count = 16, .codes = &service_codes, .weight = 5,
	  .hsds = "attributes.taxonomy_term", .schema_org = "serviceType", .help = "what sort of help it is" },
	{ 37, "channels", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(channel_fields),
	  .schema_org = "availableChannel", .help = "ways to get it" },
	{ 38, "application_process", FIELD_MLTEXT, 0, .max = 2000, .hsds = "application_process",
	  .schema_org = "termsOfService", .help = "how one gets in" },
	{ 39, "eligibility", FIELD_MLTEXT, 0, .max = 2000, .hsds = "eligibility_description",
	  .schema_org = "audience.description", .help = "who may come" },
	{ 40, "age_min", FIELD_UINT, 0, .max = 150, .hsds = "minimum_age", .schema_org = "audience.suggestedMinAge",
	  .help = "lowest age" },
	{ 41, "age_max", FIELD_UINT, 0, .max = 150, .hsds = "maximum_age", .schema_org = "audience.suggestedMaxAge",
	  .help = "highest age" },
	{ 42, "fees", FIELD_MLTEXT, 0, .max = 1000, .hsds = "fees_description", .help = "what it costs, in words" },
	{ 43, "cost_options", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(cost_fields), .hsds = "cost_options",
	  .schema_org = "offers", .help = "what it costs" },
	{ 44, "languages", FIELD_LANGUAGE, FIELD_REQUIRED | FIELD_LIST, .hsds = "languages.code",
	  .schema_org = "availableLanguage", .help = "languages it is given in, three letters each" },
	{ 45, "interpretation", FIELD_MLTEXT, 0, .max = 500, .hsds = "interpretation_services",
	  .help = "interpreters, and how to get one" },
	{ 46, "schedules", FIELD_GROUP, FIELD_LIST, .max_count = 32, GROUP(schedule_fields), .hsds = "schedules",
	  .schema_org = "hoursAvailable", .help = "when it is open" },
	{ 47, "service_areas", FIELD_CODE, FIELD_REQUIRED | FIELD_LIST, .max_count = 8, .codes = &territory_codes,
	  .hsds = "service_areas.extent", .schema_org = "areaServed", .help = "territories it is given in" },
	{ 48, "municipalities", FIELD_TEXT, FIELD_LIST | FIELD_PLACE, .max = 300, .weight = 4,
	  .hsds = "service_areas.name", .schema_org = "areaServed.name", .help = "municipalities it is given in" },
	{ 49, "phones", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(phone_fields), .hsds = "phones",
	  .schema_org = "servicePhone", .help = "telephone numbers" },
	{ 50, "locations", FIELD_REFERENCE, FIELD_LIST | FIELD_PLACE, .target = KIND_LOCATION,
	  .hsds = "service_at_locations.location_id", .schema_org = "location", .help = "where it is given" },
	{ 51, "required_documents", FIELD_MLTEXT, FIELD_LIST, .max = 500, .max_count = 16,
	  .hsds = "required_documents.document", .help = "papers to bring" },
	{ 52, "capacity", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(capacity_fields),
	  .hsds = "capacities", .help = "places, as counts only" },
	{ 53, "accreditations", FIELD_MLTEXT, 0, .max = 1000, .hsds = "accreditations", .schema_org = "award",
	  .help = "licences and standards" },
	{ 54, "accessibility", FIELD_CODE, FIELD_LIST, .codes = &accessibility_codes, .hsds = "attributes.taxonomy_term",
	  .schema_org = "accessibilityFeature", .help = "what the rooms and ways offer" },
	{ 55, "privacy_notice", FIELD_MLTEXT, 0, .max = 2000, .help = "what happens with what people tell" },
	{ 56, "emergency", FIELD_BOOL, 0, .help = "does it help at once?" },
	{ 57, "confidential", FIELD_BOOL, 0, .help = "must its place stay unknown?" },
	{ 58, "disclosure", FIELD_CODE, 0, .codes = &disclosure_codes, .hsds = "attributes.taxonomy_term",
	  .help = "how exactly its place may be told" },
	{ 59, "email", FIELD_EMAIL, 0, .hsds = "email", .schema_org = "email", .help = "a mailbox of the service" },
	{ 60, "website", FIELD_URL, 0, .hsds = "url", .schema_org = "url", .help = "its page" },
	{ 61, "contacts", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(contact_fields), .hsds = "contacts",
	  .schema_org = "contactPoint", .help = "whom to turn to, by role" },
	{ 62, "program", FIELD_REFERENCE, 0, .target = KIND_PROGRAM, .hsds = "program_id", .schema_org = "isRelatedTo",
	  .help = "the programme it belongs to" },
	{ 63, "urls", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(url_fields), .hsds = "additional_urls",
	  .schema_org = "sameAs", .help = "further pages" },
	{ 64, "at_locations", FIELD_GROUP, FIELD_LIST | FIELD_PLACE, .max_count = 16, GROUP(at_fields),
	  .hsds = "service_at_locations", .schema_org = "availableChannel",
	  .help = "places with hours and numbers of their own" },
};

static const struct rule rules[] = {
	{ RULE_ORDERS, .fields = { 40, 41 }, .help = "the lowest age is not above the highest" },
};

/* "09:00", "24:00" for the end of a day. */
static bool
is_clock(struct bytes t)
{
	int hour, minute;

	if (t.len != 5 || t.p[2] != ':')
		return false;
	for (size_t i = 0; i < 5; i++)
		if (i != 2 && (t.p[i] < '0' || t.p[i] > '9'))
			return false;
	hour = (t.p[0] - '0') * 10 + t.p[1] - '0';
	minute = (t.p[3] - '0') * 10 + t.p[4] - '0';
	return (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
}

/* WHERE is the path of the map whose list of schedules stands at NUMBER: "", "at_locations[0].". */
static enum err_code
check_schedules(struct bytes map, uint64_t number, const char *where, struct err *e)
{
	struct bytes list = body_get(map, number);
	struct cbor_reader in;

	if (list.len == 0)
		return ERR_OK;
	cbor_open(&in, list);
	for (size_t i = 0, n = cbor_array(&in); i < n; i++) {
		struct bytes schedule = cbor_any(&in);

		for (uint64_t part = 2; part <= 3; part++) {
			struct bytes clock = body_text(schedule, part, NULL);
			char object[80];

			if (clock.len == 0 || is_clock(clock))
				continue;
			snprintf(object, sizeof object, "%sschedules[%zu].%s", where, i, part == 2 ? "opens_at" : "closes_at");
			return err_set(e, ERR_INPUT, object, "syntax", "a time of day looks like 09:00");
		}
	}
	return ERR_OK;
}

static enum err_code
check_at_locations(const struct record *r, struct err *e)
{
	struct bytes list = body_get(r->body, 64);
	struct cbor_reader in;
	enum err_code rc = ERR_OK;

	if (list.len == 0)
		return ERR_OK;
	cbor_open(&in, list);
	for (size_t i = 0, n = cbor_array(&in); i < n && rc == ERR_OK; i++) {
		char where[48];

		snprintf(where, sizeof where, "at_locations[%zu].", i);
		rc = check_schedules(cbor_any(&in), 2, where, e);
	}
	return rc;
}

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	enum err_code rc;

	(void)k;
	if ((rc = check_schedules(r->body, 46, "", e)) || (rc = check_at_locations(r, e)))
		return rc;
	return check_contacts(r, 61, e);
}

const struct kind kind_service = {
	KIND_SERVICE, "service", "services", 0, AUTHOR_MEMBER, .verify_days = 180,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 33, RULE_ROWS(rules), .check = check,
	.help = "help that an organisation gives: what, for whom, in which languages, how to get it",
	.example = "{\"organisation\":\"1f0c2e4a-0000-4000-8000-000000000001\","
	    "\"name\":{\"sq\":\"Linja e sajuar\",\"en\":\"Made-up line\"},"
	    "\"description\":{\"en\":\"Advice by telephone.\"},\"kind_terms\":[\"helpline\"],"
	    "\"languages\":[\"sqi\",\"eng\"],\"service_areas\":[\"XK\"],\"confidential\":false,"
	    "\"phones\":[{\"number\":\"116000\",\"type\":\"helpline\"}]}",
};
