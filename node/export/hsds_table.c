#include "node/export/hsds.h"

#include <string.h>

#define PARTS "attributes"
const struct hsds_entity hsds_entities[] = {
	{ "taxonomy", "taxonomies", HSDS_BOTH, KIND_TAXONOMY, "id name description uri version", "", "description=name" },
	{ "taxonomy_term", "taxonomy_terms", HSDS_BOTH, KIND_TERM,
	  "id code name description parent_id taxonomy language taxonomy_id term_uri", "", "description=name" },
	{ "organization", "organizations", HSDS_BOTH, KIND_ORGANISATION,
	  "id name alternate_name description email website tax_status tax_id #year_incorporated legal_status logo uri "
	  "parent_organization_id", "funding contacts phones organization_identifiers +additional_websites " PARTS,
	  "description=name" },
	{ "location", "locations", HSDS_BOTH, KIND_LOCATION,
	  "id location_type url organization_id name alternate_name description transportation #latitude #longitude "
	  "external_identifier external_identifier_type",
	  "languages addresses contacts accessibility phones schedules " PARTS, "location_type:physical" },
	{ "program", "programs", HSDS_BOTH, KIND_PROGRAM, "id organization_id name alternate_name description", PARTS,
	  "description=name" },
	{ "service", "services", HSDS_BOTH, KIND_SERVICE,
	  "id organization_id program_id name alternate_name description url email status interpretation_services "
	  "application_process fees_description wait_time fees accreditations eligibility_description #minimum_age "
	  "#maximum_age assured_date assurer_email licenses alert last_modified",
	  "phones schedules service_areas service_at_locations languages funding cost_options required_documents contacts "
	  "+additional_urls +capacities " PARTS, "status:active" },
	{ "service_at_location", "service_at_location", HSDS_BOTH, 0, "id service_id location_id description",
	  "contacts phones schedules +service_areas " PARTS, NULL },
	{ "address", "addresses", HSDS_BOTH, 0,
	  "id location_id attention address_1 address_2 city region state_province postal_code country address_type", "",
	  NULL },
	{ "contact", "contacts", HSDS_BOTH, 0,
	  "id organization_id service_id service_at_location_id location_id name title department email", "phones", NULL },
	{ "phone", "phones", HSDS_BOTH, 0,
	  "id location_id service_id organization_id contact_id service_at_location_id number #extension type description",
	  "languages", NULL },
	{ "schedule", "schedules", HSDS_BOTH, 0,
	  "id service_id location_id service_at_location_id valid_from valid_to dtstart #timezone until #count wkst freq "
	  "#interval byday byweekno bymonthday byyearday description opens_at closes_at schedule_link attending_type notes",
	  "", NULL },
	{ "service_area", "service_areas", HSDS_BOTH, 0,
	  "id service_id +service_at_location_id name description extent extent_type uri", "", NULL },
	{ "language", "languages", HSDS_BOTH, 0, "id service_id location_id phone_id name code note", "", NULL },
	{ "accessibility", "accessibility", HSDS_BOTH, 0, "id location_id description details url", "", NULL },
	{ "cost_option", "cost_options", HSDS_BOTH, 0,
	  "id service_id valid_from valid_to option currency #amount amount_description", "", NULL },
	{ "required_document", "required_documents", HSDS_BOTH, 0, "id service_id document uri", "", NULL },
	{ "funding", "funding", HSDS_BOTH, 0, "id organization_id service_id source", "", NULL },
	{ "organization_identifier", "organization_identifiers", HSDS_BOTH, 0,
	  "id organization_id identifier_scheme identifier_type identifier", "", NULL },
	{ "url", "urls", HSDS_31, 0, "id label url organization_id service_id", "", NULL },
	{ "unit", "units", HSDS_31, 0, "id name scheme identifier uri", "", NULL },
	{ "service_capacity", "service_capacities", HSDS_31, 0,
	  "id service_id unit_id #available #maximum description updated", "", NULL },
	{ "attribute", "attributes", HSDS_BOTH, 0,
	  "id link_id taxonomy_term_id link_type link_entity value +label", "", NULL },
};
const size_t hsds_entities_count = sizeof(hsds_entities) / sizeof(hsds_entities[0]);

/* Arrays whose name is not that of their table. */
static const struct {
	const char *array, *entity;
} arrays[] = {
	{ "service_at_locations", "service_at_location" }, { "additional_websites", "url" }, { "additional_urls", "url" },
	{ "capacities", "service_capacity" },
};

const struct hsds_entity *
hsds_entity(const char *name)
{
	for (size_t i = 0; i < hsds_entities_count; i++)
		if (strcmp(hsds_entities[i].name, name) == 0)
			return &hsds_entities[i];
	return NULL;
}

const struct hsds_entity *
hsds_in_array(const char *array)
{
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		if (strcmp(arrays[i].array, array) == 0)
			return hsds_entity(arrays[i].entity);
	for (size_t i = 0; i < hsds_entities_count; i++)
		if (strcmp(hsds_entities[i].file, array) == 0)
			return &hsds_entities[i];
	return NULL;
}

const struct hsds_entity *
hsds_of_kind(uint16_t kind)
{
	for (size_t i = 0; i < hsds_entities_count; i++)
		if (hsds_entities[i].kind == kind && kind)
			return &hsds_entities[i];
	return NULL;
}

bool
hsds_word(const char **at, unsigned versions, char out[64], bool *out_number)
{
	for (;;) {
		const char *word = *at + strspn(*at, " ");
		bool number = false, later = false;
		size_t len;

		for (; *word == '#' || *word == '+'; word++) {
			number |= *word == '#';
			later |= *word == '+';
		}
		if ((len = strcspn(word, " ")) == 0)
			return false;
		*at = word + len;
		if (later && !(versions & HSDS_31))
			continue;
		memcpy(out, word, len);
		out[len] = 0;
		if (out_number)
			*out_number = number;
		return true;
	}
}

bool
hsds_has(const char *list, const char *word, size_t len, unsigned versions, bool *out_number)
{
	char found[64];

	while (hsds_word(&list, versions, found, out_number))
		if (strlen(found) == len && memcmp(found, word, len) == 0)
			return true;
	return false;
}
