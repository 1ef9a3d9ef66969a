#include "proto/kinds/tables.h"

#include <stdio.h>

#include "proto/cbor.h"

const struct field phone_fields[5] = {
	{ 1, "number", FIELD_PHONE, FIELD_REQUIRED, .weight = 2, .hsds = "phones.number", .schema_org = "telephone",
	  .help = "number with + and country code, or a short number of three to six digits" },
	{ 2, "type", FIELD_CODE, 0, .codes = &phone_codes, .hsds = "phones.type", .help = "what the number is for" },
	{ 3, "label", FIELD_MLTEXT, 0, .max = 200, .hsds = "phones.description", .schema_org = "contactType",
	  .help = "who answers, as a role" },
	{ 4, "languages", FIELD_LANGUAGE, FIELD_LIST, .hsds = "phones.languages.code", .schema_org = "availableLanguage",
	  .help = "languages that are spoken there" },
	{ 5, "hours", FIELD_MLTEXT, 0, .max = 200, .hsds = "phones.schedules.description",
	  .schema_org = "hoursAvailable", .help = "when somebody answers" },
};

const struct field contact_fields[5] = {
	{ 1, "role", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .hsds = "contacts.title",
	  .schema_org = "contactPoint.contactType", .help = "the role, such as duty social worker" },
	{ 2, "name", FIELD_TEXT, 0, .max = 120, .hsds = "contacts.name", .schema_org = "contactPoint.name",
	  .help = "a person's name, only with the day she agreed to it" },
	{ 3, "email", FIELD_EMAIL, 0, .hsds = "contacts.email", .schema_org = "contactPoint.email",
	  .help = "a mailbox of the role" },
	{ 4, "phones", FIELD_GROUP, FIELD_LIST, .max_count = 8, GROUP(phone_fields), .hsds = "contacts.phones",
	  .schema_org = "contactPoint.telephone", .help = "numbers of the role" },
	{ 5, "consent", FIELD_DATE, 0, .help = "the day the named person agreed to be named" },
};

const struct field url_fields[2] = {
	{ 1, "url", FIELD_URL, FIELD_REQUIRED, .hsds = "additional_websites.url", .schema_org = "sameAs",
	  .help = "the address" },
	{ 2, "label", FIELD_MLTEXT, 0, .max = 200, .hsds = "additional_websites.label", .help = "what is there" },
};

static const struct field source_fields[] = {
	{ 1, "url", FIELD_URL, 0, .schema_org = "isBasedOn.url", .help = "where it can be read" },
	{ 2, "title", FIELD_TEXT, 0, .max = 300, .schema_org = "isBasedOn.name", .help = "title of the document" },
	{ 3, "licence", FIELD_TEXT, 0, .max = 100, .schema_org = "isBasedOn.license", .help = "licence it is under" },
};

static const struct field attribute_fields[] = {
	{ 1, "term", FIELD_TEXT, FIELD_REQUIRED, .max = 200, .hsds = "attributes.taxonomy_term",
	  .help = "what it says, as the word of a vocabulary" },
	{ 2, "value", FIELD_TEXT, 0, .max = 400, .hsds = "attributes.value", .help = "its value" },
	{ 3, "label", FIELD_MLTEXT, 0, .max = 200, .hsds = "attributes.label", .help = "how people call it" },
};

static const struct field consent_fields[] = {
	{ 1, "given", FIELD_BOOL, FIELD_REQUIRED, .help = "was it given?" },
	{ 2, "on", FIELD_DATE, 0, .help = "the day it was given" },
	{ 3, "scope", FIELD_TEXT, 0, .max = 400, .help = "what may be shown, and to whom" },
	{ 4, "from", FIELD_TEXT, 0, .max = 200, .help = "who gave it, and how" },
};

const struct field common_fields[] = {
	{ 1, "last_verified", FIELD_DATE, 0, .hsds = "assured_date", .schema_org = "dateModified",
	  .help = "the day somebody last made sure that this is true" },
	{ 2, "verified_by", FIELD_KEY, 0, .help = "the organisation that made sure" },
	{ 3, "method", FIELD_CODE, 0, .codes = &method_codes, .help = "how it made sure" },
	{ 4, "source", FIELD_GROUP, 0, GROUP(source_fields), .schema_org = "isBasedOn",
	  .help = "where this is known from" },
	{ 5, "provenance", FIELD_CODE, 0, .codes = &provenance_codes, .help = "was a program used to write it?" },
	{ 6, "checked_by", FIELD_TEXT, 0, .max = 200, .help = "role of the person who checked what a program wrote" },
	{ 7, "tags", FIELD_REFERENCE, FIELD_LIST, .hsds = "attributes.taxonomy_term", .schema_org = "keywords",
	  .help = "terms of a taxonomy" },
	{ 8, "alert", FIELD_MLTEXT, 0, .max = 500, .weight = 1, .hsds = "alert",
	  .schema_org = "specialAnnouncement", .help = "what visitors must know at once" },
	{ 9, "status", FIELD_CODE, 0, .codes = &status_codes, .hsds = "status", .help = "does it work at present?" },
	{ 10, "valid_from", FIELD_DATE, 0, .schema_org = "validFrom", .help = "first day it holds" },
	{ 11, "valid_until", FIELD_DATE, 0, .schema_org = "validThrough", .help = "last day it holds" },
	{ 12, "note", FIELD_TEXT, FIELD_PRIVATE, .max = 2000, .help = "for yourselves; it never leaves this computer" },
	{ 13, "consent", FIELD_GROUP, FIELD_PRIVATE, GROUP(consent_fields),
	  .help = "the consent this entry rests on; it never leaves this computer" },
	{ 14, "attributes", FIELD_GROUP, FIELD_LIST, .max_count = 32, GROUP(attribute_fields), .hsds = "attributes",
	  .schema_org = "additionalProperty", .help = "what no other field says" },
	{ 15, "verify_every", FIELD_UINT, 0, .min = 1, .max = 730,
	  .help = "days after which somebody makes sure again, if sooner than usual" },
};
const size_t common_fields_count = COUNT(common_fields);

enum err_code
check_of_others(const struct kind *k, const struct record *r, uint64_t number, struct err *e)
{
	struct cbor_reader in;
	struct id author;
	struct uuid name;

	cbor_open(&in, body_get(r->body, number));
	cbor_array_of(&in, 2);
	cbor_fixed(&in, &author, ID_LEN);
	cbor_fixed(&in, &name, UUID_LEN);
	if (in.fault || !id_equal(&author, &r->author))
		return ERR_OK;
	return err_set(e, ERR_INPUT, kind_field(k, number)->word, "self",
	    "a %s is about an entry of another; your own you change yourselves", k->word);
}

enum err_code
check_contacts(const struct record *r, uint64_t number, struct err *e)
{
	struct bytes list = body_get(r->body, number);
	struct cbor_reader in;

	if (list.len == 0)
		return ERR_OK;
	cbor_open(&in, list);
	for (size_t i = 0, n = cbor_array(&in); i < n; i++) {
		struct bytes contact = cbor_any(&in);

		if (body_get(contact, 2).len > 0 && body_get(contact, 5).len == 0) {
			char object[40];

			snprintf(object, sizeof object, "contacts[%zu].name", i);
			return err_set(e, ERR_INPUT, object, "consent",
			    "a person is named only with \"consent\", the day she agreed; else give the role alone");
		}
	}
	return ERR_OK;
}
