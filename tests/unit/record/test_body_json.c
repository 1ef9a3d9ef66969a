#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/limits.h"

static const struct id author = { { 0x11, 0x22 } };
static struct buf body, private_fields;
static struct err err;

static enum err_code
parse(const char *text, cJSON **out)
{
	return json_parse(bytes_text(text), 100000, "test", out, &err);
}

static enum err_code
from(const char *kind, const char *text)
{
	cJSON *object = NULL;
	enum err_code rc = parse(text, &object);

	buf_reset(&body);
	buf_reset(&private_fields);
	err = (struct err){ 0 };
	cr_assert_eq(rc, ERR_OK, "%s", text);
	rc = body_from_json(kind_by_word(kind), &author, object, NULL, &body, &private_fields, &err);
	cJSON_Delete(object);
	return rc;
}

static char *
shown(const char *kind)
{
	cJSON *object = NULL;
	char *text;

	cr_assert_eq(body_to_json(kind_by_word(kind), buf_bytes(&body), buf_bytes(&private_fields), &object, &err),
	    ERR_OK);
	text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return text;
}

static void
done(void)
{
	buf_free(&body);
	buf_free(&private_fields);
}

/* Expects the refusal CODE with RULE, at OBJECT. */
static void
refused(const char *kind, const char *text, enum err_code code, const char *object, const char *rule)
{
	cr_expect_eq(from(kind, text), code, "%s: %s: %s: %s", text, err.object, err.rule, err.reason);
	cr_expect_str_eq(err.object, object, "%s", text);
	cr_expect_str_eq(err.rule, rule, "%s: %s", text, err.reason);
	cr_expect_eq(body.len, 0, "nothing is written when it is refused");
}

#define ORG "\"relation\":\"self\",\"territories\":[\"XK\"]"
#define SERVICE "\"organisation\":\"1f0c2e4a-0000-4000-8000-000000000001\",\"name\":{\"en\":\"a\"}," \
	"\"description\":{\"en\":\"b\"},\"languages\":[\"sqi\"],\"service_areas\":[\"XK\"]"

TestSuite(body_json, .fini = done);

/* What is written comes back under the same words, with the source first. */
Test(body_json, comes_back)
{
	const char *in = "{" ORG ",\"name\":{\"sq\":\"Qendra\",\"en\":\"Centre\",\"source\":\"en\"}}";
	char *text;

	cr_assert_eq(from("organisation", in), ERR_OK, "%s %s", err.object, err.reason);
	text = shown("organisation");
	cr_expect_str_eq(text,
	    "{\"relation\":\"self\",\"name\":{\"en\":\"Centre\",\"sq\":\"Qendra\"},\"territories\":[\"XK\"]}");
	cJSON_free(text);
}

/* Machine-made and unreviewed texts keep their marks. */
Test(body_json, marks_stay)
{
	const char *in = "{" ORG ",\"name\":{\"sq\":\"Q\",\"en\":\"C\",\"tr\":\"M\",\"machine\":[\"tr\",\"en\"],"
	    "\"unreviewed\":[\"tr\"]}}";
	struct buf first = { 0 };
	char *text;

	cr_assert_eq(from("organisation", in), ERR_OK, "%s %s", err.object, err.reason);
	buf_put_bytes(&first, buf_bytes(&body));
	text = shown("organisation");
	cr_expect(strstr(text, "\"machine\":[\"en\",\"tr\"],\"unreviewed\":[\"tr\"]"), "%s", text);
	cr_assert_eq(from("organisation", text), ERR_OK);
	cr_expect(bytes_equal(buf_bytes(&body), buf_bytes(&first)));
	cJSON_free(text);
	buf_free(&first);
}

/* Every kind's example is valid, and gives the same bytes after a turn through JSON. */
Test(body_json, examples_turn_round)
{
	for (size_t i = 0; i < kinds_count; i++) {
		struct buf first = { 0 };
		char *text;
		const char *word = kinds[i]->word;
		cJSON *object = NULL;

		cr_assert_eq(parse(kinds[i]->example, &object), ERR_OK);
		cJSON_Delete(object);
		if (kinds[i]->number == KIND_CHARTER)
			continue;       /* the first charter names its author: below */
		cr_assert_eq(from(word, kinds[i]->example), ERR_OK, "%s: %s: %s", word, err.object, err.reason);
		buf_put_bytes(&first, buf_bytes(&body));
		text = shown(word);
		cr_assert_eq(from(word, text), ERR_OK, "%s: %s: %s: %s", word, text, err.object, err.reason);
		cr_expect(bytes_equal(buf_bytes(&body), buf_bytes(&first)), "%s", word);
		cJSON_free(text);
		buf_free(&first);
	}
}

/* Private fields go to their own map, are shown with the rest, and never enter the record. */
Test(body_json, private_is_apart)
{
	const char *in = "{" ORG ",\"name\":{\"en\":\"C\"},\"note\":\"SECRET\",\"consent\":{\"given\":true}}";
	char *text;

	cr_assert_eq(from("organisation", in), ERR_OK, "%s %s", err.object, err.reason);
	cr_expect_null(memmem(body.p, body.len, "SECRET", 6));
	cr_expect_not_null(memmem(private_fields.p, private_fields.len, "SECRET", 6));
	text = shown("organisation");
	cr_expect(strstr(text, "\"note\":\"SECRET\""));
	cJSON_free(text);
}

/* A bare UUID is the same author's; shown is always the whole. */
Test(body_json, bare_uuid_is_ours)
{
	char org[ID_TEXT], *text;

	cr_assert_eq(from("service", "{" SERVICE "}"), ERR_OK, "%s %s", err.object, err.reason);
	text = shown("service");
	cr_expect(strstr(text, id_format(ID_ORGANISATION, &author, org)));
	cr_expect(strstr(text, "/1f0c2e4a-0000-4000-8000-000000000001\""));
	cJSON_free(text);
}

/* People write territories by name and telephone numbers with blanks; the record has one form of each. */
Test(body_json, habits_are_understood)
{
	char *text;

	cr_assert_eq(from("organisation", "{\"relation\":\"self\",\"name\":{\"en\":\"C\"},\"territories\":"
	    "[\"Kosovë\",\"Србија\",\"republika srpska\"],\"languages\":[\"sq\"],"
	    "\"phones\":[\"00383 44 123-456\",{\"number\":\"+389 (70) 123 456\"}]}"), ERR_OK, "%s %s", err.object,
	    err.reason);
	text = shown("organisation");
	cr_expect(strstr(text, "[\"XK\",\"RS\",\"BA\"]"), "%s", text);
	cr_expect(strstr(text, "\"sqi\""));
	cr_expect(strstr(text, "{\"number\":\"+38344123456\"},{\"number\":\"+38970123456\"}"), "%s", text);
	cJSON_free(text);
}

/* Degrees are written as such and kept in millionths. */
Test(body_json, degrees)
{
	char *text;

	cr_assert_eq(from("location", "{\"disclosure\":\"exact\",\"lat\":42.123456,\"long\":-0.000001}"), ERR_OK,
	    "%s %s", err.object, err.reason);
	text = shown("location");
	cr_expect(strstr(text, "\"lat\":42.123456,\"long\":-1e-06") || strstr(text, "\"long\":-0.000001"), "%s", text);
	cJSON_free(text);
	refused("location", "{\"disclosure\":\"exact\",\"lat\":91,\"long\":0}", ERR_INPUT, "lat", "range");
}

/* Each kind of slip is refused with the field's name and a short rule. */
Test(body_json, slips)
{
	static const struct {
		const char *kind, *text;
		enum err_code code;
		const char *object, *rule;
	} rows[] = {
		{ "organisation", "{}", ERR_INPUT, "relation", "required" },
		{ "organisation", "[]", ERR_INPUT, "organisation", "type" },
		{ "organisation", "{" ORG "}", ERR_INPUT, "name", "required" },
		{ "organisation", "{" ORG ",\"name\":\"C\"}", ERR_INPUT, "name", "language" },
		{ "organisation", "{" ORG ",\"name\":{}}", ERR_INPUT, "name", "empty" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"\"}}", ERR_INPUT, "name.en", "empty" },
		{ "organisation", "{" ORG ",\"name\":{\"e\":\"x\"}}", ERR_INPUT, "name.e", "language" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":5}}", ERR_INPUT, "name.en", "type" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\",\"source\":\"sq\"}}", ERR_INPUT, "name", "source" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\\u0007b\"}}", ERR_INPUT, "name.en", "utf-8" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"nmae\":1}", ERR_INPUT, "nmae", "unknown" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"founded\":\"1999\"}", ERR_INPUT, "founded", "type" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"founded\":1999.5}", ERR_INPUT, "founded", "type" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"founded\":99}", ERR_INPUT, "founded", "range" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"note\":null}", ERR_INPUT, "note", "type" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"website\":\"example.org\"}", ERR_INPUT, "website",
		  "syntax" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"website\":\"https://u@example.org\"}", ERR_INPUT,
		  "website", "syntax" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"email\":\"office\"}", ERR_INPUT, "email", "syntax" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"phones\":[\"044123456\"]}", ERR_INPUT,
		  "phones[0].number", "syntax" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"phones\":[{\"nummer\":\"112\"}]}", ERR_INPUT,
		  "phones[0].nummer", "unknown" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"languages\":\"sqi\"}", ERR_INPUT, "languages", "type" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"languages\":[]}", ERR_INPUT, "languages", "empty" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"languages\":[\"sqip\"]}", ERR_LIMIT, "languages[0]",
		  "length" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"last_verified\":\"2026-02-30\"}", ERR_INPUT,
		  "last_verified", "date" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"parent\":\"1234\"}", ERR_INPUT, "parent", "" },
		{ "organisation", "{" ORG ",\"name\":{\"en\":\"a\"},\"contacts\":[{\"role\":{\"en\":\"r\"},"
		  "\"name\":\"N\"}]}", ERR_INPUT, "contacts[0].name", "consent" },
		{ "organisation", "{\"relation\":\"friend\",\"territories\":[\"XK\"],\"name\":{\"en\":\"a\"}}", ERR_INPUT,
		  "relation", "code" },
		{ "organisation", "{\"relation\":\"self\",\"territories\":[\"XX\"],\"name\":{\"en\":\"a\"}}", ERR_INPUT,
		  "territories[0]", "code" },
		{ "service", "{" SERVICE ",\"confidential\":\"yes\"}", ERR_INPUT, "confidential", "type" },
		{ "service", "{" SERVICE ",\"age_min\":20,\"age_max\":10}", ERR_INPUT, "age_min", "range" },
		{ "location", "{\"disclosure\":\"exact\",\"lat\":42.1}", ERR_INPUT, "long", "required" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (*rows[i].rule)
			refused(rows[i].kind, rows[i].text, rows[i].code, rows[i].object, rows[i].rule);
		else
			cr_expect_eq(from(rows[i].kind, rows[i].text), rows[i].code);
}

/* A word that was mistyped, or spelt as elsewhere, is answered with ours. */
Test(body_json, did_you_mean)
{
	refused("service", "{" SERVICE ",\"organization\":\"x\"}", ERR_INPUT, "organization", "unknown");
	cr_expect(strstr(err.reason, "did you mean \"organisation\""), "%s", err.reason);
	cr_expect_str_eq(body_nearest_word(kind_by_word("service"), "descripton"), "description");
	cr_expect_null(body_nearest_word(kind_by_word("service"), "xyzzyxyzzyxyzzy"));
}

/* A wrong code is answered whole, however long the list: by the nearest word, or by some and where all stand. */
Test(body_json, codes_of_a_long_list)
{
	static const struct { const char *kind, *object, *list, *reason; } rows[] = {
		{ "service", "kind_terms[0]", "\"kind_terms\":[\"sheltr\"]",
		  "there is no word \"sheltr\"; did you mean \"shelter\"? All of them: kilim help service" },
		{ "service", "kind_terms[0]", "\"kind_terms\":[\"quux\"]",
		  "\"quux\" is none of: shelter, safe-house, crisis-accommodation, anti-trafficking, helpline, crisis-centre, "
		  "counselling, psychosocial-support and 20 more; all of them: kilim help service" },
		{ "service", "disclosure", "\"disclosure\":\"exat\"",
		  "\"exat\" is none of: exact, municipality, territory, redacted" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf text = { 0 };

		buf_printf(&text, "{" SERVICE ",%s}", rows[i].list);
		refused(rows[i].kind, buf_text(&text), ERR_INPUT, rows[i].object, "code");
		cr_expect_str_eq(err.reason, rows[i].reason);
		buf_free(&text);
	}
}

/* A text beyond its limit is a limit, and says which. */
Test(body_json, too_long)
{
	struct buf text = { 0 };

	buf_put_text(&text, "{" ORG ",\"name\":{\"en\":\"");
	for (int i = 0; i < 201; i++)
		buf_put_u8(&text, 'x');
	buf_put_text(&text, "\"}}");
	refused("organisation", buf_text(&text), ERR_LIMIT, "name.en", "length");
	buf_free(&text);
}

/* A patch changes what it names, null removes, the rest stays. */
Test(body_json, merge_patch)
{
	struct buf out = { 0 }, out_private = { 0 };
	cJSON *patch = NULL;
	char *text;

	cr_assert_eq(from("organisation", "{" ORG ",\"name\":{\"en\":\"C\"},\"founded\":1999,\"note\":\"n\"}"), ERR_OK);
	cr_assert_eq(parse("{\"founded\":null,\"name\":{\"sq\":\"Q\"},\"size_class\":\"1-5\"}", &patch), ERR_OK);
	cr_assert_eq(body_merge(kind_by_word("organisation"), &author, buf_bytes(&body), buf_bytes(&private_fields),
	    patch, NULL, &out, &out_private, &err), ERR_OK, "%s", err.reason);
	cJSON_Delete(patch);
	buf_free(&body);
	buf_free(&private_fields);
	body = out;
	private_fields = out_private;
	text = shown("organisation");
	cr_expect_str_eq(text, "{\"relation\":\"self\",\"name\":{\"en\":\"C\",\"sq\":\"Q\"},\"territories\":[\"XK\"],"
	    "\"size_class\":\"1-5\",\"note\":\"n\"}");
	cJSON_free(text);
}

/* A record of a newer version is shown as far as it is known, and not edited into losing the rest. */
Test(body_json, newer_version)
{
	struct buf out = { 0 }, out_private = { 0 };
	cJSON *object = NULL;

	cbor_put_map(&body, 2);
	cbor_put_uint(&body, 32);
	cbor_put_text(&body, bytes_text("self"));
	cbor_put_uint(&body, 999);
	cbor_put_text(&body, bytes_text("new"));
	cr_assert_eq(body_to_json(kind_by_word("organisation"), buf_bytes(&body), (struct bytes){ NULL, 0 }, &object,
	    &err), ERR_OK);
	cr_expect_eq(cJSON_GetObjectItem(object, "unknown")->valueint, 1);
	cr_expect_eq(body_merge(kind_by_word("organisation"), &author, buf_bytes(&body), (struct bytes){ NULL, 0 },
	    object, NULL, &out, &out_private, &err), ERR_VERSION);
	cJSON_Delete(object);
	buf_free(&out);
	buf_free(&out_private);
}

/* Values of another shape than the table says are counted, never shown wrong and never fatal. */
Test(body_json, strange_shapes)
{
	cJSON *object = NULL;

	cbor_put_map(&body, 4);
	cbor_put_uint(&body, 1);
	cbor_put_int(&body, INT64_MIN);                      /* a date beyond all calendars */
	cbor_put_uint(&body, 33);
	cbor_put_uint(&body, 7);                             /* a name that is a number */
	cbor_put_uint(&body, 34);
	cbor_put_array(&body, 2);                            /* a list with one stranger in it */
	cbor_put_text(&body, bytes_text("XK"));
	cbor_put_bool(&body, true);
	cbor_put_uint(&body, 39);
	cbor_put_uint(&body, UINT64_MAX);
	cr_assert_eq(body_to_json(kind_by_word("organisation"), buf_bytes(&body), (struct bytes){ NULL, 0 }, &object,
	    &err), ERR_OK);
	cr_expect_eq(cJSON_GetObjectItem(object, "unknown")->valueint, 3);
	cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(object, "territories")), 1);
	cJSON_Delete(object);
}

/* A code of a newer version is shown as its word and counted; a group that is no map is not shown. */
Test(body_json, newer_code_and_odd_group)
{
	cJSON *object = NULL;

	cbor_put_map(&body, 3);
	cbor_put_uint(&body, 4);
	cbor_put_uint(&body, 1);
	cbor_put_uint(&body, 32);
	cbor_put_text(&body, bytes_text("adopted"));
	cbor_put_uint(&body, 47);
	cbor_put_text(&body, bytes_text("sqi"));             /* a list that is none */
	cr_assert_eq(body_to_json(kind_by_word("organisation"), buf_bytes(&body), (struct bytes){ NULL, 0 }, &object,
	    &err), ERR_OK);
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(object, "relation")), "adopted");
	cr_expect_null(cJSON_GetObjectItem(object, "source"));
	cr_expect_null(cJSON_GetObjectItem(object, "languages"));
	cr_expect_eq(cJSON_GetObjectItem(object, "unknown")->valueint, 3);
	cJSON_Delete(object);
}

/* A kind of our own with a field of every type, so that none goes untested for want of a kind that has it. */
static const struct field all_fields[] = {
	{ 32, "int", FIELD_INT, 0, .max = 100, .help = "h" },
	{ 33, "time", FIELD_TIME, 0, .help = "h" },
	{ 34, "bytes", FIELD_BYTES, 0, .min = 2, .max = 4, .help = "h" },
	{ 35, "blob", FIELD_BLOB, 0, .help = "h" },
	{ 36, "node", FIELD_NODE, 0, .help = "h" },
	{ 37, "stamp", FIELD_STAMP, 0, .help = "h" },
	{ 38, "date", FIELD_DATE, 0, .help = "h" },
	{ 39, "computed", FIELD_UINT, FIELD_COMPUTED, .help = "h" },
	{ 40, "languages", FIELD_LANGUAGE, FIELD_LIST, .max_count = 2, .help = "h" },
};
static const struct kind all = { 0x17e, "all", "alls", KIND_INTERNAL, AUTHOR_MEMBER, .max_body = 1000,
	.fields = all_fields, .field_count = sizeof all_fields / sizeof *all_fields, .help = "h", .example = "{}" };

static enum err_code
turn(const char *text, char **out)
{
	cJSON *object = NULL;
	enum err_code rc;

	cr_assert_eq(parse(text, &object), ERR_OK, "%s", text);
	buf_reset(&body);
	err = (struct err){ 0 };
	rc = body_from_json(&all, &author, object, NULL, &body, &private_fields, &err);
	cJSON_Delete(object);
	*out = NULL;
	if (rc)
		return rc;
	cr_assert_eq(body_to_json(&all, buf_bytes(&body), (struct bytes){ NULL, 0 }, &object, &err), ERR_OK);
	*out = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return ERR_OK;
}

/* Each type comes back as it went, or in its one form. */
Test(body_json, every_type)
{
	static const char *const rows[][2] = {
		{ "{\"int\":-100}", NULL }, { "{\"int\":100}", NULL }, { "{\"int\":0}", NULL },
		{ "{\"time\":\"2026-01-31T12:00:59Z\"}", NULL }, { "{\"time\":\"1969-12-31T23:59:59Z\"}", NULL },
		{ "{\"time\":\"0001-01-01T00:00:00Z\"}", NULL }, { "{\"time\":\"9999-12-31T23:59:59Z\"}", NULL },
		{ "{\"time\":\"2026-01-31T01:30:00+02:00\"}", "{\"time\":\"2026-01-30T23:30:00Z\"}" },
		{ "{\"time\":\"2026-01-31T22:30:00-02:00\"}", "{\"time\":\"2026-02-01T00:30:00Z\"}" },
		{ "{\"bytes\":\"AAE\"}", NULL }, { "{\"bytes\":\"_-7_\"}", NULL }, { "{\"bytes\":\"AAECAw\"}", NULL },
		{ "{\"stamp\":\"2026-01-02T03:04:05.678Z\"}", NULL }, { "{\"date\":\"2024-02-29\"}", NULL },
		{ "{\"date\":\"0001-01-01\"}", NULL }, { "{\"date\":\"9999-12-31\"}", NULL }, { "{\"date\":\"1900-02-28\"}", NULL },
		{ "{\"date\":\"2000-02-29\"}", NULL }, { "{\"languages\":[\"sqi\",\"rmn\"]}", NULL }, { "{}", NULL },
	};
	struct id id = { { 7 } };
	char blob[ID_TEXT], node[ID_TEXT], text[300], *out;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(turn(rows[i][0], &out), ERR_OK, "%s: %s", rows[i][0], err.reason);
		cr_expect_str_eq(out, rows[i][1] ? rows[i][1] : rows[i][0]);
		cJSON_free(out);
	}
	snprintf(text, sizeof text, "{\"blob\":\"%s\",\"node\":\"%s\"}", id_format(ID_BLOB, &id, blob),
	    id_format(ID_NODE, &id, node));
	cr_expect_eq(turn(text, &out), ERR_OK, "%s", err.reason);
	cr_expect_str_eq(out, text);
	cJSON_free(out);
}

/* And each refuses what is not its own. */
Test(body_json, every_type_refuses)
{
	static const char *const rows[] = {
		"{\"int\":101}", "{\"int\":-101}", "{\"int\":1.5}", "{\"int\":\"1\"}", "{\"int\":true}", "{\"time\":\"2026-01-31\"}",
		"{\"time\":\"2026-01-31T24:00:00Z\"}", "{\"time\":\"2026-01-31T23:60:00Z\"}", "{\"time\":\"2026-01-31T23:00:60Z\"}",
		"{\"time\":\"2026-01-31T23:00:00\"}", "{\"time\":\"2026-01-31T23:00:00+2\"}", "{\"time\":\"2026-01-31T23:00:0xZ\"}",
		"{\"time\":\"2026-01-31T23:00:00+24:00\"}", "{\"time\":\"9999-12-31T23:59:59-01:00\"}", "{\"time\":5}",
		"{\"bytes\":\"AA\"}", "{\"bytes\":\"AAECAwQ\"}", "{\"bytes\":\"AAF\"}", "{\"bytes\":\"AA==\"}", "{\"bytes\":\"A\"}",
		"{\"blob\":\"blob1x\"}", "{\"node\":5}", "{\"stamp\":\"now\"}", "{\"date\":\"2026-1-31\"}", "{\"date\":\"2026-13-01\"}",
		"{\"date\":\"2026-00-01\"}", "{\"date\":\"2026-01-00\"}", "{\"date\":\"1900-02-29\"}", "{\"date\":\"2026-04-31\"}",
		"{\"date\":\"2026-01-31T\"}", "{\"date\":\"0000-01-01\"}", "{\"computed\":1}",
		"{\"languages\":[\"sqi\",\"rmn\",\"eng\"]}", "{\"last_verified\":\"2026-01-01\"}",
	};
	char *out;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_neq(turn(rows[i], &out), ERR_OK, "%s", rows[i]);
		cJSON_free(out);
	}
}

/* A plain string takes the language that the caller knows. */
Test(body_json, default_language)
{
	cJSON *object = NULL;
	char *text;

	cr_assert_eq(parse("{" ORG ",\"name\":\"Qendra\"}", &object), ERR_OK);
	cr_assert_eq(body_from_json(kind_by_word("organisation"), &author, object, "sq", &body, &private_fields, &err), ERR_OK);
	cJSON_Delete(object);
	text = shown("organisation");
	cr_expect(strstr(text, "{\"sq\":\"Qendra\"}"));
	cJSON_free(text);
}

/* A body that is not canonical, or is no map, is not shown. */
Test(body_json, broken_bodies)
{
	static const uint8_t rows[][3] = { { 0x80 }, { 0xa1, 0x01 }, { 0xbf, 0xff }, { 0x18, 0x01 } };
	static const size_t lengths[] = { 1, 2, 2, 2 };
	cJSON *object = NULL;

	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(body_to_json(&all, (struct bytes){ rows[i], lengths[i] }, (struct bytes){ NULL, 0 }, &object, &err),
		    ERR_INPUT);
	cr_expect_null(object);
}
