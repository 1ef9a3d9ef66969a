#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/export/import.h"
#include "proto/limits.h"

static const struct id author = { { 0x11 } };
static const struct import_options options = { .author = &author };

static struct import *
opened(const char *name, const char *text)
{
	static struct import_file file;    /* lent to what is opened */
	struct import *im = NULL;
	struct err e = { 0 };

	file = (struct import_file){ name, bytes_text(text) };
	cr_assert_eq(import_open(&file, 1, &options, &im, &e), ERR_OK, "%s: %s", e.rule, e.reason);
	return im;
}

static char *
shown(cJSON *o)
{
	static char out[4096];
	char *text = cJSON_PrintUnformatted(o);

	snprintf(out, sizeof(out), "%s", text);
	cJSON_free(text);
	return out;
}

static char *
faults_of(const char *name, const char *text)
{
	struct import *im = opened(name, text);
	cJSON *faults = import_faults(im);
	char *out = shown(faults);

	cJSON_Delete(faults);
	import_close(im);
	return out;
}

#define ORG "\"id\":\"1f0c2e4a-0000-4000-8000-000000000001\",\"name\":\"A\",\"description\":\"B\""

/* A document, a page of a list, an array, an object, lines: the same entry comes out of each. */
Test(import, shapes)
{
	static const char *const texts[] = { "{\"organization\":[{" ORG "}]}", "{\"organizations\":[{" ORG "}]}",
		"{\"total_items\":1,\"contents\":[{" ORG "}]}", "[{" ORG "}]", "{" ORG "}", "{" ORG "}\n{\"id\":\"x\",\"name\":\"Y\"}\n",
		"\xef\xbb\xbf[{" ORG "}]" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct import *im = opened("a.json", texts[i]);
		struct import_entry *x;

		cr_assert_geq(import_count(im), 1, "%s", texts[i]);
		cr_expect_eq(import_fault_count(im), 0, "%s", texts[i]);
		x = import_at(im, 0);
		cr_expect_eq(x->kind->number, KIND_ORGANISATION);
		cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(x->fields, "name")), "A");
		import_close(im);
	}
}

/* Whatever the file says, the entry is listed, says where it is from, and has nothing private or for members. */
Test(import, never_self)
{
	struct import *im = opened("a.json", "{" ORG ",\"funding\":[{\"id\":\"f\",\"source\":\"F\"}],\"kilim\":{\"kind\":"
	    "\"organisation\",\"fields\":{\"relation\":\"self\",\"note\":\"n\",\"verified_by\":\"x\",\"consent\":{\"given\":true}}}}");
	cJSON *fields = import_at(im, 0)->fields;

	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(fields, "relation")), "listed");
	cr_expect_not_null(cJSON_GetObjectItem(fields, "source"));
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(fields, "provenance")), "assisted");
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(fields, "method")), "never");
	for (size_t i = 0; i < 4; i++)
		cr_expect_null(cJSON_GetObjectItem(fields, (const char *[]){ "note", "consent", "funding", "verified_by" }[i]));
	import_close(im);
}

/* A place is told no finer than its municipality, a stricter one as strictly as it was. */
Test(import, places)
{
	struct import *im = opened("a.json", "[{\"id\":\"l\",\"location_type\":\"physical\",\"latitude\":41,\"longitude\":20,"
	    "\"transportation\":\"bus\",\"url\":\"https://example.org\",\"addresses\":[{\"id\":\"a\",\"address_1\":\"s\",\"city\":\"C\","
	    "\"country\":\"XK\"}]},{\"id\":\"m\",\"location_type\":\"virtual\",\"kilim\":{\"kind\":\"location\",\"fields\":"
	    "{\"disclosure\":\"redacted\",\"municipality\":\"C\"}}}]");
	cJSON *first = import_at(im, 0)->fields, *second = import_at(im, 1)->fields;

	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(first, "disclosure")), "municipality");
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(first, "municipality")), "C");
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(first, "territory")), "XK");
	for (size_t i = 0; i < 5; i++)
		cr_expect_null(cJSON_GetObjectItem(first,
		    (const char *[]){ "lat", "long", "address", "transportation", "map" }[i]));
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(second, "disclosure")), "redacted");
	cr_expect_null(cJSON_GetObjectItem(second, "municipality"));
	import_close(im);
}

/* Of help whose place must stay unknown no place comes in, by whatever word the file calls it. */
Test(import, shelters)
{
	struct import *im = opened("a.json", "[{\"id\":\"s\",\"name\":\"S\",\"status\":\"active\",\"organization_id\":\"o\","
	    "\"service_areas\":[{\"id\":\"x\",\"name\":\"Town\"}],\"service_at_locations\":[{\"id\":\"y\",\"location_id\":\"l\"},"
	    "{\"id\":\"z\",\"location_id\":\"l\",\"description\":\"first floor\"}],\"attributes\":[{\"id\":\"t\",\"taxonomy_term\":"
	    "{\"id\":\"u\",\"name\":\"Safe House\"}}]}]");
	char *text = shown(import_at(im, 0)->fields);

	cr_expect_not_null(strstr(text, "\"kind_terms\":[\"safe-house\"]"), "%s", text);
	for (size_t i = 0; i < 4; i++)
		cr_expect_null(strstr(text, (const char *[]){ "Town", "first floor", "locations", "municipalities" }[i]), "%s", text);
	import_close(im);
}

/* A person is named by nobody but herself: of a contact the role stays. */
Test(import, contacts)
{
	struct import *im = opened("a.json", "{" ORG ",\"contacts\":[{\"id\":\"c\",\"name\":\"Somebody\",\"title\":\"chair\"},"
	    "{\"id\":\"d\",\"name\":\"Another\"},{\"id\":\"e\",\"name\":\"Third\",\"email\":\"office@example.org\"}]}");
	char *text = shown(import_at(im, 0)->fields);

	cr_expect_null(strstr(text, "Somebody"), "%s", text);
	cr_expect_not_null(strstr(text, "\"contacts\":[{\"role\":\"chair\"},{\"email\":\"office@example.org\",\"role\":\"contact\"}]"),
	    "%s", text);
	import_close(im);
}

/* What stands within several objects is one entry: that of a list, else the first; two in lists are a fault. */
Test(import, within_others)
{
	struct import *im = opened("a.json", "{\"service\":[{\"id\":\"s\",\"name\":\"S\",\"status\":\"active\",\"organization\":{"
	    "\"id\":\"o\",\"name\":\"first\"}},{\"id\":\"t\",\"name\":\"T\",\"status\":\"active\",\"organization\":{\"id\":\"o\","
	    "\"name\":\"second\"}},{\"id\":\"u\",\"name\":\"U\",\"status\":\"active\",\"organization\":{\"id\":\"p\",\"name\":"
	    "\"within\"}}],\"organization\":[{\"id\":\"p\",\"name\":\"of the list\"}]}");

	cr_expect_eq(import_fault_count(im), 0);
	cr_assert_eq(import_count(im), 5);
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(import_at(im, 0)->fields, "name")), "first");
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(import_at(im, 1)->fields, "name")), "of the list");
	for (size_t i = 2; i < 5; i++)
		cr_expect_not_null(cJSON_GetObjectItem(import_at(im, i)->fields, "organisation"));
	import_close(im);
}

/* Numbers come in as people write them; one without a country code where the territory is told, and only there. */
Test(import, telephones)
{
	static const struct import_options serbian = { .author = &author, .territory = "RS" };
	static const struct {
		const char *written, *there, *nowhere;
	} rows[] = {
		{ "+381 11 123-456", "+38111123456", "+38111123456" }, { "+381 (0)11 123456", "+38111123456", "+38111123456" },
		{ "00381 11 123456", "+38111123456", "+38111123456" }, { "011/123-456", "+38111123456", "011123456" },
		{ "\\\"+44 1234 234567\\\"", "+441234234567", "+441234234567" }, { "19\xc2\xa0" "850", "19850", "19850" },
		{ "0800 ask", "+381800ask", "0800ask" }, { "112", "112", "112" },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256], want[64];
		const char *got = i % 2 ? rows[i / 2].nowhere : rows[i / 2].there;
		struct import_file file = { "a.json", { 0 } };
		struct import *im = NULL;
		struct err e = { 0 };
		char *fields;

		snprintf(text, sizeof(text), "{" ORG ",\"phones\":[{\"id\":\"p\",\"number\":\"%s\"}]}", rows[i / 2].written);
		snprintf(want, sizeof(want), "\"number\":\"%s\"", got);
		file.text = bytes_text(text);
		cr_assert_eq(import_open(&file, 1, i % 2 ? &options : &serbian, &im, &e), ERR_OK, "%s", e.reason);
		fields = shown(import_at(im, 0)->fields);
		cr_expect_not_null(strstr(fields, want), "%s is not in %s", want, fields);
		import_close(im);
	}
}

/* A list of places at which services are given is one of services; a program within has the service's organisation. */
Test(import, places_of_services)
{
	struct import *im = opened("a.json", "{\"contents\":[{\"id\":\"x\",\"description\":\"upstairs\",\"location\":{\"id\":\"l\","
	    "\"location_type\":\"physical\",\"name\":\"L\"},\"service\":{\"id\":\"s\",\"name\":\"S\",\"status\":\"active\","
	    "\"organization\":{" ORG "},\"program\":{\"id\":\"p\",\"name\":\"P\"}}}]}");

	cr_expect_eq(import_fault_count(im), 0);
	cr_assert_eq(import_count(im), 4);
	for (size_t i = 0; i < 4; i++) {
		const struct import_entry *x = import_at(im, i);

		if (x->kind->number == KIND_SERVICE)
			cr_expect_not_null(strstr(shown(x->fields), "locations"));
		if (x->kind->number == KIND_PROGRAM)
			cr_expect(cJSON_HasObjectItem(x->fields, "organisation"));
	}
	import_close(im);
}

/* An object by itself is told by a member that only its like has. */
Test(import, what_it_is)
{
	static const struct {
		const char *member;
		uint32_t kind;
	} cases[] = { { "location_type", KIND_LOCATION }, { "status", KIND_SERVICE }, { "organization_id", KIND_PROGRAM },
		{ "taxonomy_id", KIND_TERM }, { "version", KIND_TAXONOMY }, { "legal_status", KIND_ORGANISATION } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200];
		struct import *im;

		snprintf(text, sizeof(text), "{" ORG ",\"%s\":\"x\"}", cases[i].member);
		im = opened("a.json", text);
		cr_assert_eq(import_count(im), 1, "%s", text);
		cr_expect_eq(import_at(im, 0)->kind->number, cases[i].kind, "%s", text);
		import_close(im);
	}
}

static bool
mends(struct import *im, const char *object, const char *rule)
{
	struct err e;

	err_set(&e, ERR_INPUT, "", rule, "wrong");
	snprintf(e.object, sizeof(e.object), "%s", object);
	return import_mend(im, 0, &e);
}

/* Each fault is told where it stood in the file, whatever was taken out before; what only follows from one is not. */
Test(import, mends)
{
	struct import *im = opened("a.json", "{\n" ORG ",\n\"email\":\"x\",\n\"phones\":[\n{\"number\":\"1\"},\n{\"number\":"
	    "\"2\",\"type\":\"voice\"},\n{\"number\":\"3\"}\n]}");
	struct import_entry *x = import_at(im, 0);
	cJSON *faults;
	const char *text;

	cr_expect(mends(im, "email", "syntax"));
	cr_expect_not(cJSON_HasObjectItem(x->fields, "email"));
	cr_expect(mends(im, "phones[1].number", "syntax"));
	cr_expect(mends(im, "phones[1].number", "required"), "without a number it cannot stay");
	cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(x->fields, "phones")), 1);
	cr_expect(mends(im, "phones[0]", "code"));
	cr_expect_not(cJSON_HasObjectItem(x->fields, "phones"));
	cJSON_DeleteItemFromObject(x->fields, "relation");
	cJSON_DeleteItemFromObject(x->fields, "territories");
	cr_expect_not(mends(im, "relation", "required"), "nothing is there to take out");
	faults = import_faults(im);
	text = shown(faults);
	cr_expect_eq(import_fault_count(im), 5, "%s", text);
	cr_expect_not_null(strstr(text, "\"line\":3,\"column\":\"email\""), "%s", text);
	cr_expect_not_null(strstr(text, "\"line\":6,\"column\":\"phones[1].number\""), "%s", text);
	cr_expect_not_null(strstr(text, "\"line\":7,\"column\":\"phones[2]\""), "%s", text);
	cr_expect_not_null(strstr(text, "\"required\",\"reason\":\"wrong\""), "%s", text);
	cr_expect_not_null(strstr(text, "is missing: where it works"), "what else it lacks: %s", text);
	cJSON_Delete(faults);
	import_close(im);
}

/* In JSON of one line an id tells which object it is. */
Test(import, one_line)
{
	struct import *im = opened("a.json", "{\"organizations\":[{\"id\":\"7\",\"name\":\"A\"}]}\n");
	cJSON *faults;

	cr_expect(mends(im, "name", "syntax"));
	faults = import_faults(im);
	cr_expect_not_null(strstr(shown(faults), "wrong (organization 7)"));
	cJSON_Delete(faults);
	import_close(im);
}

/* What spreadsheets leave in a table does no harm: empty rows and columns, blanks and capitals in the first row. */
Test(import, spreadsheets)
{
	struct import *im = opened("Organizations.csv", " ID ,Name,description,,\n1,A,B,,\n,,,,\n2,C,D,x,\n,,,,\n");

	cr_expect_eq(import_fault_count(im), 0);
	cr_expect_eq(import_count(im), 2);
	import_close(im);
	cr_expect_not_null(strstr(faults_of("services.csv", "PK\3\4abc"), "spreadsheet"));
	cr_expect_not_null(strstr(faults_of("services.csv", "\xff\xfei\n"), "UTF-16"));
	cr_expect_not_null(strstr(faults_of("services.csv", "id\tname\n1\tA\n"), "tabs"));
	cr_expect_not_null(strstr(faults_of("services.csv", "id,name\n1,\xe8\n"), "save the table as"));
}

/* Tables of other names are passed over, and that is told; an entry is known by its name. */
Test(import, passed_over)
{
	struct import *im = opened("organisations.csv", "id,name\n1,A\n");
	cJSON *passed = import_passed(im);
	struct uuid name = { { 1 } };

	cr_expect_str_eq(shown(passed), "[\"organisations.csv\"]");
	cr_expect_not(import_names(im, &name));
	cJSON_Delete(passed);
	import_close(im);
	im = opened("organizations.csv", "id,name\n1,A\n2,B\n3,C\n");
	for (size_t i = 0; i < import_count(im); i++)
		cr_expect(import_names(im, &import_at(im, i)->name));
	cr_expect_not(import_names(im, &name));
	passed = import_passed(im);
	cr_expect_str_eq(shown(passed), "[]");
	cJSON_Delete(passed);
	import_close(im);
}

/* What is amiss in a file is named by its line; the rest is read. */
Test(import, faults)
{
	cr_expect_str_eq(faults_of("a.json", ""), "[{\"file\":\"a.json\",\"line\":1,\"column\":\"\",\"rule\":\"empty\","
	    "\"reason\":\"there is nothing in this file\"}]");
	cr_expect_not_null(strstr(faults_of("a.json", "[{" ORG "},\n{" ORG "}]"), "\"line\":2,\"column\":\"id\",\"rule\":\"unique\""));
	cr_expect_not_null(strstr(faults_of("a.json", "[\n5,\n{" ORG "}]"), "\"line\":2,\"column\":\"\",\"rule\":\"object\""));
	cr_expect_not_null(strstr(faults_of("a.json", "{\"a\":1}"), "\"rule\":\"document\""));
	cr_expect_not_null(strstr(faults_of("organizations.csv", "id,id\n1,2\n"), "\"column\":\"id\",\"rule\":\"columns\""));
	cr_expect_not_null(strstr(faults_of("organizations.csv", "id;name\n1;A\n"), "divided by semicolons"));
	cr_expect_not_null(strstr(faults_of("phones.csv", "id,organization_id,number\n1,2,3\n"),
	    "\"line\":2,\"column\":\"organization_id\",\"rule\":\"reference\""));
}

/* Files, bytes and objects have a limit each, and one beyond is an error of the whole. */
Test(import, limits)
{
	struct import_file files[LIMIT_IMPORT_FILES + 1] = { { "a.json", { 0 } } };
	struct import_file large = { "a.json", { (const uint8_t *)"[]", (size_t)LIMIT_IMPORT + 1 } };
	struct buf rows = { 0 };
	struct import_file many = { "organizations.csv", { 0 } };
	struct import *im = NULL;
	struct err e = { 0 };

	for (size_t i = 0; i <= LIMIT_IMPORT_FILES; i++)
		files[i] = (struct import_file){ "a.json", bytes_text("[]") };
	cr_expect_eq(import_open(files, LIMIT_IMPORT_FILES + 1, &options, &im, &e), ERR_LIMIT);
	cr_expect_eq(import_open(&large, 1, &options, &im, &e), ERR_LIMIT);
	buf_put_text(&rows, "id,name\n");
	for (size_t i = 0; i <= LIMIT_IMPORT_ROWS; i++)
		buf_put_text(&rows, "1,a\n");
	many.text = buf_bytes(&rows);
	cr_expect_eq(import_open(&many, 1, &options, &im, &e), ERR_LIMIT);
	cr_expect_str_eq(e.rule, "rows");
	buf_free(&rows);
}
