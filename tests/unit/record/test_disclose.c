#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/record/json.h"
#include "proto/cbor.h"

static const struct id me = { { 1 } }, other = { { 2 } };
static struct err err;

#define UUID_A "1f0c2e4a-0000-4000-8000-00000000000a"
#define UUID_B "1f0c2e4a-0000-4000-8000-00000000000b"

static struct buf
body_of(const char *kind, const char *text)
{
	struct buf body = { 0 }, private_fields = { 0 };
	cJSON *object = NULL;

	cr_assert_eq(json_parse(bytes_text(text), 100000, "t", &object, &err), ERR_OK, "%s: %s", text, err.reason);
	cr_assert_eq(body_from_json(kind_by_word(kind), &me, object, NULL, &body, &private_fields, &err), ERR_OK,
	    "%s: %s: %s", text, err.object, err.reason);
	cJSON_Delete(object);
	buf_free(&private_fields);
	return body;
}

/* What is held here: one record under each of two names. */
struct held {
	const char *kind[2];
	struct buf body[2];
};

static bool
find(void *self, const struct id *author, const struct uuid *name, struct bytes *out_body,
    const struct kind **out_kind)
{
	struct held *h = self;
	size_t i = name->b[15] == 0x0a ? 0 : 1;

	(void)author;
	if (h->kind[i] == NULL)
		return false;
	*out_body = buf_bytes(&h->body[i]);
	*out_kind = kind_by_word(h->kind[i]);
	return true;
}

static enum err_code
judge(const char *kind, const char *text, const struct disclose_context *c)
{
	struct buf body = body_of(kind, text);
	struct record r = { .author = me, .kind = kind_by_word(kind)->number, .body = buf_bytes(&body) };
	enum err_code rc;

	err = (struct err){ 0 };
	rc = disclose_check(kind_by_word(kind), &r, c, &err);
	buf_free(&body);
	return rc;
}

static void
refused(const char *kind, const char *text, const struct disclose_context *c, const char *object, const char *rule)
{
	cr_expect_eq(judge(kind, text, c), ERR_DENIED, "%s", text);
	cr_expect_str_eq(err.object, object, "%s: %s", text, err.reason);
	cr_expect_str_eq(err.rule, rule, "%s: %s", text, err.reason);
}

static void
allowed(const char *kind, const char *text, const struct disclose_context *c)
{
	cr_expect_eq(judge(kind, text, c), ERR_OK, "%s: %s: %s", text, err.object, err.reason);
}

static const struct disclose_context plain = { 0 }, protected = { .protected_org = true };

#define SERVICE "\"organisation\":\"" UUID_A "\",\"name\":{\"en\":\"Line\"},\"description\":{\"en\":\"Advice.\"}," \
	"\"languages\":[\"sqi\"],\"service_areas\":[\"XK\"]"
#define SELF "\"relation\":\"self\",\"name\":{\"en\":\"Made-up\"},\"territories\":[\"XK\"]"

/* A redacted location tells nothing of its place, whichever field tries, and each in one sentence. */
Test(disclose, redacted_location)
{
	static const char *const fields[][3] = {
		{ "\"address\":{\"street\":\"Ulica 5\"}", "address", "disclosure" },
		{ "\"address\":{\"postal_code\":\"10000\"}", "address", "disclosure" },
		{ "\"lat\":42.1,\"long\":20.1", "lat", "disclosure" },
		{ "\"municipality\":\"Izmislenovo\"", "municipality", "disclosure" },
		{ "\"transportation\":{\"en\":\"bus 5\"}", "transportation", "disclosure" },
		{ "\"map\":\"https://example.org/m\"", "map", "disclosure" },
		{ "\"external_id\":{\"scheme\":\"s\",\"id\":\"1\"}", "external_id", "disclosure" },
		{ "\"phones\":[\"+38338123456\"]", "phones[0].number", "landline" },
		{ "\"description\":{\"sr\":\"ulica Izmišljena 5\"}", "description.sr", "street" },
		{ "\"name\":{\"en\":\"House at 42.3803, 20.4308\"}", "name.en", "coordinates" },
		{ "\"alert\":{\"sq\":\"Rruga e Sajuar\"}", "alert.sq", "street" },
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		for (int territory = 0; territory < 2; territory++) {
			char text[300];

			snprintf(text, sizeof text, "{\"disclosure\":\"%s\",%s}", territory ? "territory" : "redacted",
			    fields[i][0]);
			refused("location", text, &plain, fields[i][1], fields[i][2]);
		}
	allowed("location", "{\"disclosure\":\"redacted\",\"territory\":\"XK\",\"phones\":[\"+38344123456\",\"116000\"]}",
	    &plain);
}

/* At the level of the municipality the municipality is told and nothing finer; exact is an explicit choice. */
Test(disclose, municipality_and_exact)
{
	allowed("location", "{\"disclosure\":\"municipality\",\"municipality\":\"Izmislenovo\"}", &plain);
	allowed("location", "{\"disclosure\":\"municipality\",\"phones\":[\"+38338123456\"]}", &plain);
	refused("location", "{\"disclosure\":\"municipality\",\"address\":{\"street\":\"U 5\"}}", &plain, "address",
	    "disclosure");
	allowed("location", "{\"disclosure\":\"exact\",\"address\":{\"street\":\"Ulica 5\"},\"lat\":1,\"long\":2}", &plain);
}

/* Everything of a protected organisation starts as redacted; what it lists of others does not. */
Test(disclose, protected_organisation)
{
	refused("location", "{\"disclosure\":\"exact\"}", &protected, "disclosure", "disclosure");
	refused("location", "{\"disclosure\":\"municipality\"}", &protected, "disclosure", "disclosure");
	allowed("location", "{\"disclosure\":\"redacted\"}", &protected);
	refused("organisation", "{" SELF ",\"phones\":[\"+38338123456\"]}", &protected, "phones[0].number", "landline");
	refused("organisation", "{" SELF ",\"locations\":[\"" UUID_B "\"]}", &protected, "locations", "disclosure");
	allowed("organisation", "{" SELF ",\"phones\":[\"+38344123456\"]}", &protected);
	refused("service", "{" SERVICE ",\"municipalities\":[\"Izmislenovo\"]}", &protected, "municipalities",
	    "disclosure");
	allowed("organisation", "{\"relation\":\"listed\",\"name\":{\"en\":\"N\"},\"territories\":[\"XK\"],"
	    "\"phones\":[\"+38338123456\"]}", &protected);
}

/* A confidential service starts as redacted: by its kind, by its own word; helplines and others are not bound. */
Test(disclose, confidential_service)
{
	static const char *const marks[] = { "\"kind_terms\":[\"shelter\"]", "\"kind_terms\":[\"legal-aid\",\"safe-house\"]",
		"\"kind_terms\":[\"crisis-accommodation\"]", "\"kind_terms\":[\"anti-trafficking\"]", "\"confidential\":true" };

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		char text[500];

		snprintf(text, sizeof text, "{" SERVICE ",%s,\"municipalities\":[\"Izmislenovo\"]}", marks[i]);
		refused("service", text, &plain, "municipalities", "disclosure");
		snprintf(text, sizeof text, "{" SERVICE ",%s,\"disclosure\":\"municipality\"}", marks[i]);
		refused("service", text, &plain, "disclosure", "disclosure");
		snprintf(text, sizeof text, "{" SERVICE ",%s,\"locations\":[\"" UUID_B "\"]}", marks[i]);
		refused("service", text, &plain, "locations", "disclosure");
		snprintf(text, sizeof text, "{" SERVICE ",%s,\"phones\":[\"+38344123456\"]}", marks[i]);
		allowed("service", text, &plain);
	}
	allowed("service", "{" SERVICE ",\"kind_terms\":[\"helpline\"],\"municipalities\":[\"Izmislenovo\"]}", &plain);
	allowed("service", "{" SERVICE ",\"confidential\":false,\"locations\":[\"" UUID_B "\"]}", &plain);
}

/* Stricter at once, looser only when confirmed; what becomes confidential starts anew. */
Test(disclose, only_stricter)
{
	struct buf before = body_of("location", "{\"disclosure\":\"municipality\"}");
	struct disclose_context c = { .previous = buf_bytes(&before) };
	const struct kind *k = kind_by_word("location");
	struct buf redacted = body_of("location", "{\"disclosure\":\"redacted\"}");

	refused("location", "{\"disclosure\":\"exact\"}", &c, "disclosure", "disclosure");
	allowed("location", "{\"disclosure\":\"municipality\"}", &c);
	allowed("location", "{\"disclosure\":\"territory\"}", &c);
	c.confirmed = true;
	allowed("location", "{\"disclosure\":\"exact\"}", &c);
	cr_expect(disclose_stricter(k, buf_bytes(&before), buf_bytes(&redacted), &c));
	cr_expect_not(disclose_stricter(k, buf_bytes(&redacted), buf_bytes(&before), &c));
	buf_free(&before);
	buf_free(&redacted);

	before = body_of("service", "{" SERVICE "}");
	c = (struct disclose_context){ .previous = buf_bytes(&before) };
	refused("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"],\"disclosure\":\"municipality\"}", &c, "disclosure",
	    "disclosure");
	allowed("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"]}", &c);
	buf_free(&before);

	/* Once confirmed, later edits keep the level. */
	before = body_of("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"],\"disclosure\":\"territory\"}");
	c = (struct disclose_context){ .previous = buf_bytes(&before) };
	allowed("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"],\"disclosure\":\"territory\"}", &c);
	refused("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"],\"disclosure\":\"exact\"}", &c, "disclosure",
	    "disclosure");
	buf_free(&before);
}

/* Entries about others: no place below the municipality, and none at all for a confidential service. */
Test(disclose, hosted_and_listed)
{
	struct held h = { { "organisation", "location" },
		{ body_of("organisation", "{\"relation\":\"listed\",\"name\":{\"en\":\"N\"},\"territories\":[\"XK\"]}"),
		    body_of("location", "{\"disclosure\":\"exact\",\"lat\":1,\"long\":2}") } };
	struct disclose_context c = { .find = find, .self = &h };
	struct disclose_context confirmed = { .find = find, .self = &h, .confirmed = true };

	refused("location", "{\"disclosure\":\"exact\",\"organisation\":\"" UUID_A "\"}", &c, "disclosure", "relation");
	allowed("location", "{\"disclosure\":\"municipality\",\"organisation\":\"" UUID_A "\"}", &c);
	refused("service", "{" SERVICE ",\"locations\":[\"" UUID_B "\"]}", &c, "locations[0]", "relation");
	refused("organisation", "{\"relation\":\"hosted\",\"name\":{\"en\":\"N\"},\"territories\":[\"XK\"],"
	    "\"locations\":[\"" UUID_B "\"]}", &c, "locations[0]", "relation");
	refused("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"],\"disclosure\":\"territory\"}", &confirmed,
	    "disclosure", "relation");
	buf_free(&h.body[0]);
	h.body[0] = body_of("organisation", "{" SELF "}");
	allowed("location", "{\"disclosure\":\"exact\",\"organisation\":\"" UUID_A "\"}", &c);
	allowed("service", "{" SERVICE ",\"locations\":[\"" UUID_B "\"]}", &c);
	buf_free(&h.body[0]);
	buf_free(&h.body[1]);
}

/* An organisation of another author is another's, held here or not. */
Test(disclose, of_another_author)
{
	char org[ID_TEXT], text[400];

	snprintf(text, sizeof text, "{\"disclosure\":\"exact\",\"organisation\":\"%s/" UUID_A "\"}",
	    id_format(ID_ORGANISATION, &other, org));
	refused("location", text, &plain, "disclosure", "relation");
}

/* A link to a place that is told more exactly than we are is a leak. */
Test(disclose, link_to_a_looser_place)
{
	struct held h = { { NULL, "location" }, { { 0 }, body_of("location", "{\"disclosure\":\"exact\"}") } };
	struct disclose_context c = { .find = find, .self = &h };

	refused("service", "{" SERVICE ",\"disclosure\":\"municipality\",\"locations\":[\"" UUID_B "\"]}", &c, "locations[0]",
	    "disclosure");
	allowed("service", "{" SERVICE ",\"disclosure\":\"exact\",\"locations\":[\"" UUID_B "\"]}", &c);
	buf_free(&h.body[1]);
}

/* What becomes stricter leaves no place of its own behind that is told more exactly; one of others is theirs to hide. */
Test(disclose, place_left_behind)
{
	static const char hides[] = "{" SERVICE ",\"disclosure\":\"redacted\",\"confidential\":true}";
	char text[600], org[ID_TEXT];
	struct held h = { { NULL, "location" }, { { 0 }, body_of("location", "{\"disclosure\":\"exact\"}") } };
	struct buf before = body_of("service", "{" SERVICE ",\"locations\":[\"" UUID_B "\"]}"), elsewhere, without;
	struct disclose_context c = { .find = find, .self = &h, .previous = buf_bytes(&before) };

	refused("service", hides, &c, "locations[0]", "disclosure");
	allowed("service", "{" SERVICE "}", &c);
	snprintf(text, sizeof text, "{" SERVICE ",\"locations\":[\"%s/" UUID_B "\"]}", id_format(ID_ORGANISATION, &other, org));
	elsewhere = body_of("service", text);
	c.previous = buf_bytes(&elsewhere);
	allowed("service", hides, &c);
	without = body_of("service", "{" SERVICE "}");
	c.previous = buf_bytes(&without);
	allowed("service", hides, &c);
	buf_free(&h.body[1]);
	h.body[1] = body_of("location", "{\"disclosure\":\"redacted\"}");
	c.previous = buf_bytes(&before);
	allowed("service", hides, &c);
	buf_free(&h.body[1]);
	buf_free(&before);
	buf_free(&elsewhere);
	buf_free(&without);
}

/* Texts that name what is redacted, or refer to it, are read whatever the kind and whoever the author. */
Test(disclose, names_and_references)
{
	const struct bytes names[] = { bytes_text("Izmišljena kuća") };
	struct disclose_context c = { .guarded = names, .guarded_count = 1 };
	struct held h = { { NULL, "location" }, { { 0 }, body_of("location", "{\"disclosure\":\"redacted\"}") } };
	struct disclose_context refers = { .find = find, .self = &h };

	refused("organisation", "{" SELF ",\"description\":{\"sr\":\"Измишљена кућа, ulica Neka 5\"}}", &c,
	    "description.sr", "street");
	allowed("organisation", "{" SELF ",\"description\":{\"sr\":\"Izmišljena kuća pomaže.\"}}", &c);
	allowed("organisation", "{" SELF ",\"description\":{\"sr\":\"Druga kuća, ulica Neka 5\"}}", &c);
	refused("location", "{\"disclosure\":\"exact\",\"name\":{\"en\":\"izmisljena kuca\"},\"lat\":1,\"long\":2}", &c, "lat",
	    "disclosure");
	refused("organisation", "{" SELF ",\"locations\":[\"" UUID_B "\"],\"description\":{\"sr\":\"ulica Neka 5\"}}",
	    &refers, "description.sr", "street");
	buf_free(&h.body[1]);
}

/* An entry without a level gets the one it starts at, an entry with one keeps it. */
Test(disclose, fill)
{
	static const struct {
		const char *kind, *text;
		bool protected;
		const char *level;
	} rows[] = {
		{ "location", "{}", false, "municipality" }, { "location", "{}", true, "redacted" },
		{ "location", "{\"disclosure\":\"exact\"}", true, "exact" }, { "service", "{}", false, NULL },
		{ "service", "{\"kind_terms\":[\"shelter\"]}", false, "redacted" },
		{ "service", "{\"confidential\":true}", false, "redacted" }, { "organisation", "{}", true, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct disclose_context c = { .protected_org = rows[i].protected };
		cJSON *object = cJSON_Parse(rows[i].text);
		const char *level;

		disclose_fill(kind_by_word(rows[i].kind), object, &c);
		level = cJSON_GetStringValue(cJSON_GetObjectItem(object, "disclosure"));
		cr_expect(level && rows[i].level ? strcmp(level, rows[i].level) == 0 : level == rows[i].level, "%s", rows[i].text);
		cJSON_Delete(object);
	}
}

/* Readers show nothing of what a record of another should not have told, and say what they withhold. */
Test(disclose, prune)
{
	struct buf body = body_of("location", "{\"disclosure\":\"redacted\",\"territory\":\"XK\",\"municipality\":\"M\","
	    "\"address\":{\"street\":\"S\"},\"name\":{\"en\":\"N\"},\"description\":{\"sr\":\"ulica 5\"},"
	    "\"phones\":[\"+38338123456\"]}");
	const struct kind *k = kind_by_word("location");
	cJSON *object = NULL;
	char *text;

	cr_assert_eq(body_to_json(k, buf_bytes(&body), (struct bytes){ NULL, 0 }, &object, &err), ERR_OK);
	disclose_prune(k, buf_bytes(&body), object);
	text = cJSON_PrintUnformatted(object);
	cr_expect_str_eq(text, "{\"disclosure\":\"redacted\",\"name\":{\"en\":\"N\"},\"territory\":\"XK\","
	    "\"withheld\":[\"municipality\",\"address\",\"description\",\"phones\"]}");
	cJSON_free(text);
	cJSON_Delete(object);
	buf_free(&body);
	body = body_of("location", "{\"disclosure\":\"exact\",\"address\":{\"street\":\"S\"}}");
	cr_assert_eq(body_to_json(k, buf_bytes(&body), (struct bytes){ NULL, 0 }, &object, &err), ERR_OK);
	disclose_prune(k, buf_bytes(&body), object);
	cr_expect_null(cJSON_GetObjectItem(object, "withheld"));
	cr_expect(cJSON_GetObjectItem(object, "address"));
	cJSON_Delete(object);
	buf_free(&body);
}

/* A level that only a newer version knows is taken for the strictest. */
Test(disclose, unknown_level)
{
	struct buf body = { 0 };

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 32);
	cbor_put_text(&body, bytes_text("vague"));
	cr_expect_eq(disclose_level(kind_by_word("location"), buf_bytes(&body), NULL), DISCLOSURE_REDACTED);
	buf_free(&body);
}

/* The enum and the code list are one. */
Test(disclose, words)
{
	static const char *const words[] = { "exact", "municipality", "territory", "redacted" };

	for (unsigned i = 0; i < 4; i++) {
		enum disclosure level;

		cr_expect_str_eq(disclosure_word((enum disclosure)i), words[i]);
		cr_expect(disclosure_parse(bytes_text(words[i]), &level) && level == (enum disclosure)i);
	}
}

/* A reference inside a group counts as one outside: a pathway with a redacted service in it tells no street. */
Test(disclose, reference_in_a_group)
{
	struct held h = { .kind = { "service" }, .body = { body_of("service", "{" SERVICE ",\"kind_terms\":[\"shelter\"],"
	    "\"disclosure\":\"redacted\"}") } };
	struct disclose_context c = { .find = find, .self = &h };
	static const char *const steps = "{\"title\":{\"en\":\"T\"},\"situation\":[\"stalking\"],\"territory\":\"XK\","
	    "\"steps\":[{\"n\":1,\"action\":{\"sr\":\"%s\"},\"%s\":\"%s\",\"consent_needed\":true}]}";
	char text[600];

	snprintf(text, sizeof text, steps, "ulica Izmišljena 5", "service", UUID_A);
	refused("pathway", text, &c, "steps[0].action.sr", "street");
	snprintf(text, sizeof text, steps, "Pozovi.", "service", UUID_A);
	allowed("pathway", text, &c);
	snprintf(text, sizeof text, steps, "ulica Izmišljena 5", "organisation", UUID_B);
	allowed("pathway", text, &c);
	buf_free(&h.body[0]);
}

/* A term that is confidential makes what is tagged with it confidential, from the first word on. */
Test(disclose, confidential_term)
{
	struct held h = { .kind = { "term" }, .body = { body_of("term", "{\"taxonomy\":\"" UUID_B "\",\"code\":\"c\","
	    "\"name\":{\"en\":\"n\"},\"safety\":\"confidential-location\"}") } };
	struct disclose_context c = { .author = &me, .find = find, .self = &h };
	cJSON *object = cJSON_Parse("{\"tags\":[\"" UUID_A "\"]}");

	disclose_fill(kind_by_word("service"), object, &c);
	cr_assert(cJSON_GetObjectItem(object, "disclosure"));
	cr_expect_str_eq(cJSON_GetObjectItem(object, "disclosure")->valuestring, "redacted");
	cJSON_Delete(object);
	refused("service", "{" SERVICE ",\"tags\":[\"" UUID_A "\"],\"municipalities\":[\"Izmislenovo\"]}", &c,
	    "municipalities", "disclosure");
	refused("service", "{" SERVICE ",\"tags\":[\"" UUID_A "\"],\"disclosure\":\"exact\"}", &c, "disclosure",
	    "disclosure");
	allowed("service", "{" SERVICE ",\"tags\":[\"" UUID_B "\"],\"municipalities\":[\"Izmislenovo\"]}", &c);
	buf_free(&h.body[0]);
}

/* Who visited or paid whom is not told of a protected organisation: it neither writes nor accepts it. */
Test(disclose, unprotected_codes)
{
	static const char *const texts[] = { "visited", "funded" };
	char other_id[ID_TEXT], my_id[ID_TEXT], text[500];
	struct held h = { 0 };
	struct disclose_context c = { .protected_org = true, .find = find, .self = &h };

	id_format(ID_ORGANISATION, &other, other_id);
	id_format(ID_ORGANISATION, &me, my_id);
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "{\"subject\":\"%s\",\"evidence\":[\"worked-together\",\"%s\"]}", other_id, texts[i]);
		refused("endorsement", text, &c, "evidence[1]", "protected");
		allowed("endorsement", text, &plain);
		h.kind[0] = "endorsement";
		h.body[0] = body_of("endorsement", text);
		snprintf(text, sizeof text, "{\"subject\":\"%s\",\"accepts\":\"" UUID_A "\"}", my_id);
		refused("endorsement", text, &c, "accepts", "protected");
		c.protected_org = false;
		allowed("endorsement", text, &c);
		c.protected_org = true;
		h.kind[0] = NULL;
		buf_free(&h.body[0]);
	}
	snprintf(text, sizeof text, "{\"subject\":\"%s\",\"evidence\":[\"worked-together\"]}", other_id);
	allowed("endorsement", text, &c);
}
