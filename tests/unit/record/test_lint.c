#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/record/lint.h"
#include "proto/cbor.h"

static struct err err;

static bool
first(void *self, const struct lint_finding *f)
{
	*(struct lint_finding *)self = *f;
	return false;
}

/* The word of the first rule that TEXT meets, "" when it meets none. */
static const char *
rule_of(const char *text, enum field_type type)
{
	struct lint_finding f = { .rule = "" };

	lint_text(bytes_text(text), type, "x", first, &f);
	return f.rule;
}

static struct buf
body_of(const char *kind, const char *text)
{
	static const struct id author = { { 1 } };
	struct buf body = { 0 }, private_fields = { 0 };
	cJSON *object = NULL;

	cr_assert_eq(json_parse(bytes_text(text), 100000, "t", &object, &err), ERR_OK, "%s", err.reason);
	cr_assert_eq(body_from_json(kind_by_word(kind), &author, object, NULL, &body, &private_fields, &err), ERR_OK,
	    "%s: %s", err.object, err.reason);
	cJSON_Delete(object);
	buf_free(&private_fields);
	return body;
}

static const struct {
	const char *text, *rule;
} bad[] = {
	/* streets, in the languages and scripts of the region */
	{ "rr. Made Up 5", "street" }, { "Rruga e Sajuar", "street" }, { "RRUGA E SAJUAR", "street" },
	{ "në rrugën Sajuar 12", "street" }, { "Bulevardi i Sajuar", "street" }, { "Sheshi i Sajuar", "street" },
	{ "ul. Izmišljena bb", "street" }, { "Ulica izmišljena", "street" }, { "ULICA IZMIŠLJENA", "street" },
	{ "u ulici Izmišljenoj 3", "street" }, { "Izmišljeni trg", "street" }, { "Izmišljena, br. 7", "street" },
	{ "ул. Измишљена", "street" }, { "УЛИЦА ИЗМИШЉЕНА", "street" }, { "Булевар измишљени", "street" },
	{ "Измишљена бр. 7", "street" }, { "Измислен трг", "street" }, { "kodi nr.7", "street" },
	{ "Uydurma Sokağı", "street" }, { "Uydurma Caddesi", "street" }, { "12 Made-up Street", "street" },
	{ "Kitalált utca 4", "street" }, { "„ulica“", "street" }, { "broj 5", "street" },
	/* places as numbers */
	{ "42.3803, 20.4308", "coordinates" }, { "at 42.3803 20.4308", "coordinates" }, { "42,3803; 20,4308", "coordinates" },
	{ "42°23'10\"N", "coordinates" }, { "42.3803° N", "coordinates" }, { "geo:42.38,20.43", "coordinates" },
	{ "8GH49CJM+2X", "plus-code" }, { "code 9CJM+2X7", "plus-code" },
	{ "11000 Beograd", "postal-code" }, { "10000 Prishtinë", "postal-code" }, { "19000 Izmišljeno", "postal-code" }, { "1000 Скопје", "postal-code" },
	{ "AL-1001", "postal-code" }, { "MK-1000", "postal-code" }, { "1001 Tiranë", "postal-code" },
	{ "see https://maps.app.goo.gl/abc", "map-link" }, { "www.openstreetmap.org/node/1", "map-link" },
	{ "https://www.google.rs/maps/x", "map-link" }, { "HTTPS://WHAT3WORDS.COM/a.b.c", "map-link" },
	/* people */
	{ "write to someone@gmail.com", "personal-email" }, { "ana.anic@example.org", "personal-email" },
	{ "ANA@YAHOO.COM", "personal-email" },
	{ "JMBG 0101006500006", "national-id" }, { "id J05101999K", "national-id-al" },
	/* numbers that name a town */
	{ "call 011/123-4567", "landline" }, { "+381 11 123 4567", "landline" }, { "00383 38 123 456", "landline" },
	{ "038 123 456", "landline" },
};

/* Each rule finds what it is for, in every script, whatever the case. */
Test(lint, finds)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_str_eq(rule_of(bad[i].text, FIELD_TEXT), bad[i].rule, "%s: \"%s\"", bad[i].text,
		    rule_of(bad[i].text, FIELD_TEXT));
}

/* Every rule is met by some text above, and stands in kinds.md. */
Test(lint, every_rule_has_a_text)
{
	static char page[200000];
	FILE *f = fopen("proto/kinds.md", "r");

	cr_assert(f && fread(page, 1, sizeof page - 1, f) > 0);
	fclose(f);
	for (size_t i = 0; i < lint_rule_count(); i++) {
		bool met = false;
		char row[80];

		for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
			met |= strcmp(bad[k].rule, lint_rule_word(i)) == 0;
		cr_expect(met, "%s", lint_rule_word(i));
		snprintf(row, sizeof row, "\n| `%s` | ", lint_rule_word(i));
		cr_expect(strstr(page, row), "kinds.md lacks%s", row);
	}
}

/* Ordinary sentences pass: street children, years, counts, dates, laws' dates, mobiles, roles' mailboxes. */
Test(lint, passes)
{
	static const char *const good[] = {
		"", "Counselling for women and girls.", "Këshillim për gra dhe vajza", "Саветовање за жене",
		"Work with street children", "Fëmijë të rrugës", "rad sa decom ulice", "In 2025 we trained 200 providers.",
		"12 trainings with over 200 service providers", "1000 women", "since 01.02.2026", "3.141", "4,500 euro",
		"regular", "regul. text", "Brigade", "Nevladina organizacija", "trgovina ljudima", "rrugëtim",
		"office@example.org", "duty.office@example.org", "info@example.org", "+38344123456", "+381641234567",
		"call 116 000", "0800 12345", "064 123 4567", "0101006500007", "1234567890123", "A12345678", "C++ and 2+2",
		"UNSCR 1244/1999", "ana.anic example.org", "gmail.com", "@gmail.com", "90000 Women", "In 2025 Women", "1999 Women",
		"geo: region", "95.3803, 20.4308", "A@1", "50 % of 102 officials", "9.00-17.00", "24/7", "Vrnjačka",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_expect_str_eq(rule_of(good[i], FIELD_TEXT), "", "%s: %s", good[i], rule_of(good[i], FIELD_TEXT));
}

/* A web address is read for maps and coordinates only, a mailbox for persons only. */
Test(lint, type_picks_rules)
{
	cr_expect_str_eq(rule_of("https://example.org/ulica/5", FIELD_URL), "");
	cr_expect_str_eq(rule_of("https://example.org/?ll=42.38031,20.43081", FIELD_URL), "coordinates");
	cr_expect_str_eq(rule_of("https://www.openstreetmap.org/way/1", FIELD_URL), "map-link");
	cr_expect_str_eq(rule_of("ana.anic@example.org", FIELD_EMAIL), "personal-email");
	cr_expect_str_eq(rule_of("rruga@example.org", FIELD_EMAIL), "");
	cr_expect_str_eq(rule_of("+381111234567", FIELD_PHONE), "", "the disclosure rules judge telephone fields");
}

/* A finding says where: the field, the language, the bytes. */
Test(lint, says_where)
{
	struct buf body = body_of("location", "{\"disclosure\":\"redacted\",\"name\":{\"en\":\"Rooms\","
	    "\"sr\":\"Kuća, ulica Izmišljena\"}}");
	struct lint_finding f = { .rule = "" };

	lint_body(kind_by_word("location"), buf_bytes(&body), first, &f);
	cr_expect_str_eq(f.path, "name.sr");
	cr_expect_eq(memcmp(f.text.p + f.at, "ulica", f.len), 0);
	cr_expect_eq(f.len, 5u);
	cr_expect_eq(lint_check(kind_by_word("location"), buf_bytes(&body), &err), ERR_DENIED);
	cr_expect_str_eq(err.object, "name.sr");
	cr_expect_str_eq(err.rule, "street");
	buf_free(&body);
}

/* Texts inside groups and lists are read; an exact address is not, being what it is for. */
Test(lint, reads_groups)
{
	struct buf body = body_of("organisation", "{\"relation\":\"self\",\"territories\":[\"XK\"],\"name\":{\"en\":\"C\"},"
	    "\"phones\":[{\"number\":\"116000\",\"label\":{\"en\":\"desk at 42.3803, 20.4308\"}}]}");
	struct lint_finding f = { .rule = "" };

	lint_body(kind_by_word("organisation"), buf_bytes(&body), first, &f);
	cr_expect_str_eq(f.path, "phones[0].label.en");
	cr_expect_str_eq(f.rule, "coordinates");
	buf_free(&body);
	body = body_of("location", "{\"disclosure\":\"exact\",\"address\":{\"street\":\"Ulica 5\"}}");
	cr_expect_eq(lint_check(kind_by_word("location"), buf_bytes(&body), &err), ERR_OK);
	buf_free(&body);
}

/* A redacted name is found whatever its case, marks, script and spelling; a part of a word is no name. */
Test(lint, finds_names)
{
	const struct bytes names[] = { bytes_text("Izmišljena kuća"), bytes_text("Shtëpia e Sajuar"),
		bytes_text("+383 44 000 111"), bytes_text("Đurđina kutija") };
	static const struct {
		const char *text;
		size_t found;
	} rows[] = {
		{ "Visit IZMISLJENA KUCA today", 1 }, { "Посетили смо „Измишљена кућа“.", 1 }, { "shtepia   e sajuar", 2 },
		{ "call 044/000-111", 3 }, { "Izmišljena kućanica", 0 }, { "another house", 0 }, { "call 044 000 112", 0 },
		{ "Djurdjina kutija", 4 }, { "Durdina kutija", 4 }, { "Ђурђина кутија", 4 }, { "Đurđina kutija'nın", 4 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf text = { 0 }, body;

		buf_printf(&text, "{\"disclosure\":\"exact\",\"name\":{\"en\":\"%s\"}}", rows[i].text);
		body = body_of("location", buf_text(&text));
		cr_expect_eq(lint_names(kind_by_word("location"), buf_bytes(&body), names, 4), rows[i].found, "%s",
		    rows[i].text);
		buf_free(&text);
		buf_free(&body);
	}
}

/* Area codes name towns; mobile, free and short numbers do not. */
Test(lint, landlines)
{
	static const char *const town[] = { "+38338123456", "+381111234567", "+35542123456", "+38923123456",
		"+38220123456", "+38733123456" };
	static const char *const none[] = { "+38344123456", "+381641234567", "+355691234567", "+38970123456",
		"+38267123456", "+38761123456", "+381800123456", "116000", "112", "+4312345678" };

	for (size_t i = 0; i < sizeof town / sizeof *town; i++)
		cr_expect(phone_names_town(bytes_text(town[i])), "%s", town[i]);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cr_expect_not(phone_names_town(bytes_text(none[i])), "%s", none[i]);
}

/* Any bytes whatever: it ends, and every finding lies within the text. */
static bool
within(void *self, const struct lint_finding *f)
{
	(void)self;
	cr_assert_leq(f->at + f->len, f->text.len + 0);
	return true;
}

Test(lint, any_text)
{
	static const char pieces[][8] = { "ul.", "42.380", ", ", "°", "0", "11000 B", "+", "a@b.c", "ž", "Ž", "8GH4", "rr.",
		"nr. 5", "geo:", "\xf0\x9f\x98\x80", "google." };
	unsigned seed = 7;

	cr_log_info("seed %u", seed);
	for (int i = 0; i < 20000; i++) {
		char text[80] = "";

		for (int n = rand_r(&seed) % 9; n > 0; n--)
			strcat(text, pieces[(size_t)rand_r(&seed) % 16]);
		lint_text(bytes_text(text), FIELD_TEXT, "x", within, NULL);
	}
}

/* No look goes far: a mailbox has 64 letters at most, so a text of dots and letters is not read anew from each of them. */
Test(lint, looks_end)
{
	char text[80] = "";

	memset(text, 'a', 64);
	strcpy(text + 64, "@gmail.com");
	cr_expect_str_eq(rule_of(text, FIELD_TEXT), "personal-email");
	memset(text, 'a', 65);
	strcpy(text + 65, "@gmail.com");
	cr_expect_str_eq(rule_of(text, FIELD_TEXT), "");
	cr_expect_str_eq(rule_of("google.com.mk/maps", FIELD_TEXT), "map-link");
	cr_expect_str_eq(rule_of("google.is.no.country.of.this.world/maps", FIELD_TEXT), "");
}

/* --- every text of every kind --- */

#define STREET "ulica Izmišljena 5"
#define DEEPEST 3

/* The fields from the body's own level down to a text. */
struct chain {
	const struct field *fields[DEEPEST];
	size_t depth;
};

/* A map with the first of them alone, in which is the next, down to the text, which is a street. */
static void
put_chain(struct buf *out, const struct chain *c, size_t at)
{
	const struct field *f = c->fields[at];

	cbor_put_map(out, 1);
	cbor_put_uint(out, f->number);
	if (f->flags & FIELD_LIST)
		cbor_put_array(out, 1);
	if (f->type == FIELD_GROUP) {
		put_chain(out, c, at + 1);
	} else if (f->type == FIELD_TEXT) {
		cbor_put_text(out, bytes_text(STREET));
	} else {
		cbor_put_array(out, 1);
		cbor_put_array(out, 3);
		cbor_put_text(out, bytes_text("sr-Latn"));
		cbor_put_text(out, bytes_text(STREET));
		cbor_put_uint(out, 0);
	}
}

static unsigned
plant(const struct kind *k, struct chain c, const struct field *fields, size_t count, bool exact)
{
	unsigned planted = 0;

	cr_assert_lt(c.depth, (size_t)DEEPEST, "%s", k->word);
	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];
		struct lint_finding found = { .rule = "" };
		bool tells = exact || (f->flags & FIELD_EXACT);
		struct chain here = c;
		struct buf body = { 0 };

		here.fields[here.depth++] = f;
		if (f->type == FIELD_GROUP)
			planted += plant(k, here, f->fields, f->field_count, tells);
		if (f->flags & FIELD_PRIVATE || (f->type != FIELD_TEXT && f->type != FIELD_MLTEXT))
			continue;
		put_chain(&body, &here, 0);
		lint_body(k, buf_bytes(&body), first, &found);
		cr_expect_str_eq(found.rule, tells ? "" : "street", "%s: %s", k->word, f->word);
		buf_free(&body);
		planted++;
	}
	return planted;
}

/* The linter reads each free text of each kind, in groups and lists too; those alone that exist to tell a place it leaves. */
Test(lint, every_text_of_every_kind)
{
	for (size_t i = 0; i < kinds_count; i++) {
		const struct kind *k = kinds[i];
		unsigned planted = plant(k, (struct chain){ .depth = 0 }, k->fields, k->field_count, false);

		if (k->flags & KIND_INTERNAL)
			continue;
		cr_expect_gt(planted, 0u, "%s", k->word);
		cr_expect_gt(plant(k, (struct chain){ .depth = 0 }, common_fields, common_fields_count, false), 0u);
	}
}

/* Names are the same whatever their case, marks, script and punctuation; part of a name is another name, and none is nobody's. */
Test(lint, same_name)
{
	static const struct { const char *a, *b; bool same; } rows[] = {
		{ "Shoqata e Sajuar", "SHOQATA E SAJUAR", true }, { "Đakovica", "Ђаковица", true }, { "Izmišljeni centar", "Izmisljeni  centar!", true },
		{ "Izmišljeni centar", "Centar", false }, { "Centar", "Centar i", false }, { "", "", false }, { "...", "!", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(lint_same_name(bytes_text(rows[i].a), bytes_text(rows[i].b)), rows[i].same, "%s, %s", rows[i].a, rows[i].b);
}
