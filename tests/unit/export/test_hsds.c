#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/base/file.h"
#include "node/export/export.h"
#include "node/export/hsds.h"
#include "node/export/jsonld.h"
#include "node/record/json.h"

static const struct id author = { { 0x11 } };
static const struct hsds_context how = { .version = HSDS_31, .author = &author };

static cJSON *
written(const char *kind, const char *entry)
{
	cJSON *o = NULL, *out;

	cr_assert_eq(json_parse(bytes_text(entry), 65536, "entry", &o, NULL), ERR_OK, "%s", entry);
	out = hsds_write(kind_by_word(kind), "1f0c2e4a-0000-4000-8000-000000000001", o, &how);
	cJSON_Delete(o);
	return out;
}

static const char *
text_at(const cJSON *o, const char *member)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, member));
}

/* Only an exact place has an address object, and only with street and town; the others stay in no form. */
Test(hsds, addresses)
{
	static const struct {
		const char *level;
		bool address;
		const char *type;
	} rows[] = { { "exact", true, "postal" }, { "municipality", false, "postal" }, { "territory", false, "virtual" },
		{ "redacted", false, "virtual" }, { "of-tomorrow", false, "virtual" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char entry[512];
		cJSON *o;

		snprintf(entry, sizeof(entry), "{\"disclosure\":\"%s\",\"location_type\":\"postal\",\"territory\":\"ME\","
		    "\"address\":{\"street\":\"Nepostojeća 1\",\"city\":\"Nigde\"}}", rows[i].level);
		o = written("location", entry);
		cr_expect_eq(cJSON_HasObjectItem(o, "addresses"), rows[i].address, "%s", rows[i].level);
		cr_expect_str_eq(text_at(o, "location_type"), rows[i].type, "%s", rows[i].level);
		cJSON_Delete(o);
	}
}

/* An address has every member that HSDS asks for. */
Test(hsds, whole_addresses)
{
	static const char *const members[] = { "id", "address_1", "city", "state_province", "postal_code", "country",
		"address_type" };
	cJSON *o = written("location", "{\"disclosure\":\"exact\",\"address\":{\"street\":\"a\",\"city\":\"b\"}}");
	cJSON *bare = written("location", "{\"disclosure\":\"exact\",\"address\":{\"city\":\"b\"}}");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		cr_expect_not_null(text_at(cJSON_GetArrayItem(cJSON_GetObjectItem(o, "addresses"), 0), members[i]), "%s", members[i]);
	cr_expect_not(cJSON_HasObjectItem(bare, "addresses"));
	cJSON_Delete(o);
	cJSON_Delete(bare);
}

/* What must stand in an object stands there, though the entry does not say it; read again, the entry does not. */
Test(hsds, required_members)
{
	cJSON *o = written("organisation", "{\"relation\":\"listed\",\"name\":{\"en\":\"A\"},\"territories\":[\"AL\"]}"), *back;

	cr_expect_str_eq(text_at(o, "description"), "A");
	back = hsds_read(kind_by_word("organisation"), o, &how);
	cr_expect_not(cJSON_HasObjectItem(back, "description"));
	cJSON_Delete(o);
	cJSON_Delete(back);
}

/* A UUID is its own name; other ids get one that is always the same, and another in another table. */
Test(hsds, names)
{
	struct uuid a, b, c, d;
	char text[UUID_TEXT];

	hsds_name("organization", "1F0C2E4A-0000-4000-8000-000000000001", &a);
	cr_expect_str_eq(uuid_format(&a, text), "1f0c2e4a-0000-4000-8000-000000000001");
	hsds_name("organization", "org-7", &a);
	hsds_name("organization", "org-7", &b);
	hsds_name("organization", "org-8", &c);
	hsds_name("service", "org-7", &d);
	cr_expect(uuid_equal(&a, &b));
	cr_expect_not(uuid_equal(&a, &c));
	cr_expect_not(uuid_equal(&a, &d));
}

/* A fault in our words is found in theirs. */
Test(hsds, places)
{
	static const struct {
		const char *kind, *path, *wanted;
	} rows[] = {
		{ "organisation", "founded", "year_incorporated" },
		{ "organisation", "phones[1].number", "phones[1].number" },
		{ "organisation", "contacts[0].phones[2].label", "contacts[0].phones[2].description" },
		{ "service", "languages[2]", "languages[2].code" },
		{ "service", "required_documents[1].en", "required_documents[1].document" },
		{ "service", "age_min", "minimum_age" },
		{ "location", "address.street", "addresses.address_1" },
		{ "service", "no-such", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };

		hsds_place(kind_by_word(rows[i].kind), rows[i].path, &out);
		cr_expect_str_eq(buf_text(&out), rows[i].wanted, "%s", rows[i].path);
		buf_free(&out);
	}
}

/* Every path of a row leads to a member that HSDS has; the rest is known to be elsewhere. */
Test(hsds, rows_and_entities)
{
	/* Of fields that several kinds share, HSDS has some in one object only; hours of a number it has not at all. */
	static const char *const elsewhere[] = { "assured_date", "alert", "status", "attributes", "phones", "version" };

	for (size_t i = 0; i < kinds_count; i++) {
		const struct kind *k = kinds[i];
		const struct hsds_entity *in = hsds_of_kind(k->number);

		for (size_t j = 0; in && j < k->field_count; j++) {
			const char *path = k->fields[j].hsds;
			size_t len = path ? strcspn(path, ".") : 0;
			bool known = path == NULL || hsds_has(in->members, path, len, HSDS_31, NULL) ||
			    hsds_has(in->arrays, path, len, HSDS_31, NULL);

			for (size_t n = 0; n < sizeof(elsewhere) / sizeof(elsewhere[0]) && !known; n++)
				known = strncmp(elsewhere[n], path, len) == 0;
			cr_expect(known, "%s.%s: %s", k->word, k->fields[j].word, path);
		}
	}
}

/* The table in the document is the table of the rows. */
Test(hsds, losses_are_documented)
{
	struct buf text = { 0 }, table = { 0 };
	const char *from, *to;

	cr_assert_eq(file_read("docs/export.md", 1 << 20, &text, NULL), ERR_OK);
	export_losses(&table);
	from = strstr(buf_text(&text), "| HSDS object |");
	cr_assert_not_null(from);
	to = strstr(from, "\n\n");
	buf_put_u8(&table, 0);
	cr_expect(to && (size_t)(to + 1 - from) == table.len - 1 && memcmp(from, table.p, table.len - 1) == 0,
	    "docs/export.md has another table than:\n%s", (const char *)table.p);
	buf_free(&text);
	buf_free(&table);
}
