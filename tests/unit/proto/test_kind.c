#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/kind.h"
#include "proto/kinds/tables.h"
#include "proto/territory.h"

static struct err err;

/* The whole file, ended by a zero; NULL when there is none. */
static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text;
	size_t n;

	if (f == NULL)
		return NULL;
	text = need_zeroed(1, 400000);
	n = fread(text, 1, 399999, f);
	cr_assert_lt(n, 399999u);
	fclose(f);
	return text;
}

/* --- every row --- */

static bool
has_number(const struct field *fields, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].number == number)
			return true;
	return false;
}

/* Rules speak of fields that there are, and say what to do in one line. */
static void
check_rules(const char *kind, const struct rule *rules, size_t rule_count, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *r = &rules[i];
		const uint16_t named[] = { r->when, r->beside[0], r->beside[1], r->fields[0], r->fields[1], r->fields[2] };

		for (size_t k = 0; k < COUNT(named); k++)
			cr_expect(named[k] == 0 || has_number(fields, count, named[k]) ||
			    has_number(common_fields, common_fields_count, named[k]), "%s: rule %zu: %u", kind, i, named[k]);
		cr_expect((r->is == NULL && r->below == 0 && r->beside[0] == 0) || r->when, "%s: rule %zu", kind, i);
		cr_expect_eq(r->demand == RULE_AT_MOST, r->most > 0, "%s: rule %zu", kind, i);
		cr_expect_eq(r->demand == RULE_AT_MOST, r->fields[0] == 0, "%s: rule %zu", kind, i);
		cr_expect_eq(r->demand == RULE_ORDERS, r->fields[0] && r->fields[1] && r->demand == RULE_ORDERS, "%s: %zu", kind, i);
		cr_expect(r->help && *r->help && !strchr(r->help, '\n'), "%s: rule %zu", kind, i);
	}
}

static void
check_table(const char *kind, const struct field *fields, size_t count, unsigned from, unsigned to, unsigned depth)
{
	cr_assert_leq(depth, 3u, "%s: a body is at most that deep", kind);
	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];

		cr_expect(f->number >= from && f->number <= to, "%s.%s", kind, f->word);
		cr_expect(i == 0 || fields[i - 1].number < f->number, "%s.%s: numbers ascend", kind, f->word);
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(fields[k].word, f->word, "%s", kind);
		for (const char *c = f->word; *c; c++)
			cr_expect(islower((unsigned char)*c) || *c == '_' || isdigit((unsigned char)*c), "%s.%s", kind,
			    f->word);
		cr_expect_lt(f->type, FIELD_TYPES);
		cr_expect(f->help && *f->help && !strchr(f->help, '|') && !strchr(f->help, '\n'), "%s.%s", kind, f->word);
		cr_expect_eq(f->type == FIELD_CODE, f->codes != NULL, "%s.%s", kind, f->word);
		cr_expect_eq(f->type == FIELD_GROUP, f->field_count > 0, "%s.%s", kind, f->word);
		cr_expect(f->target == 0 || kind_find(f->target), "%s.%s", kind, f->word);
		cr_expect(f->max == 0 || f->min <= f->max, "%s.%s", kind, f->word);
		cr_expect(f->preset == NULL || (f->codes && code_find(f->codes, bytes_text(f->preset))), "%s.%s", kind, f->word);
		cr_expect(depth == 1 || !(f->flags & (FIELD_MEMBERS | FIELD_COORDINATOR | FIELD_SCOPE)),
		    "%s.%s: looked for at the top only", kind, f->word);
		cr_expect(!(f->flags & FIELD_FOLLOWS) || f->type == FIELD_REFERENCE, "%s.%s", kind, f->word);
		cr_expect(!(f->flags & FIELD_SCOPE) || (f->codes && f->codes->count == AUDIENCES), "%s.%s", kind, f->word);
		check_rules(kind, f->rules, f->rule_count, f->fields, f->field_count);
		if (f->type == FIELD_GROUP)
			check_table(kind, f->fields, f->field_count, 1, 31, depth + 1);
	}
}

/* Numbers and words of kinds are unique; each field row is whole; numbers ascend; own fields begin at 32. */
Test(kind, rows_are_whole)
{
	for (size_t i = 0; i < kinds_count; i++) {
		const struct kind *k = kinds[i];

		cr_expect_eq(kind_find(k->number), k);
		cr_expect_eq(kind_by_word(k->word), k);
		cr_expect_lt((unsigned)(k->number >> 8), COLLECTIONS);
		cr_expect_gt(k->max_body, 0u);
		cr_expect_leq(k->max_body, (uint32_t)LIMIT_RECORD);
		cr_expect_geq(k->audience, k->widest);
		cr_expect(k->help && k->words && k->example);
		cr_expect(k->title == 0 || kind_field(k, k->title), "%s", k->word);
		cr_expect_eq(!!(k->flags & KIND_LASTING), kind_is_lasting(k->number), "%s", k->word);
		cr_expect_eq(!!(k->flags & KIND_NAMED_NODE), kind_machine_may_sign(k->number), "%s", k->word);
		check_table(k->word, k->fields, k->field_count, 32, 0xffff, 1);
		check_rules(k->word, k->rules, k->rule_count, k->fields, k->field_count);
		cr_expect(k->end == 0 || kind_field(k, k->end)->type == FIELD_DATE || kind_field(k, k->end)->type == FIELD_TIME,
		    "%s", k->word);
		cr_expect(k->code == 0 || kind_field(k, k->code)->type == FIELD_TEXT, "%s", k->word);
		cr_expect(!(k->flags & KIND_FADES) || k->verify_days > 0, "%s", k->word);
		cr_expect(k->says == SAYS_NOTHING || kind_field_by_word(k, k->says == SAYS_ENDORSEMENT ? "subject" : "about"), "%s", k->word);
		for (size_t n = 0; !(k->flags & KIND_INTERNAL) && n < k->field_count; n++)
			for (size_t m = 0; m < common_fields_count; m++)
				cr_expect_str_neq(k->fields[n].word, common_fields[m].word);
	}
	check_table("common", common_fields, common_fields_count, 1, 31, 1);
}

/* No field is called as what JSON has beside the fields of an entry. */
Test(kind, words_beside_fields)
{
	static const char *const words[] = { "id", "record", "author", "stamp", "freshness", "audience", "state", "expires",
		"verified", "unknown", "withheld", "warnings", "confirmation", "lasts_until", "standing", "marks", "caution", "claimed_by",
		"replaced_by", "hidden", "flags", "claims", "translations", "endorsements", "kind", "days_left", "ends_soon", "first_seen", "unset", "if_stamp", "dir", "json", "plain", "dry_run", "lang",
		"no_input", "yes", "help" };

	for (size_t i = 0; i < kinds_count; i++)
		for (size_t k = 0; !(kinds[i]->flags & KIND_INTERNAL) && k < COUNT(words); k++)
			cr_expect_null(kind_field_by_word(kinds[i], words[k]), "%s.%s", kinds[i]->word, words[k]);
}

/* Code lists have rows, each with a word and a label, no word twice. */
Test(kind, code_lists_are_whole)
{
	for (size_t i = 0; i < code_lists_count; i++) {
		const struct code_list *l = code_lists[i];

		cr_expect_gt(l->count, 1u, "%s", l->name);
		for (size_t k = 0; k < l->count; k++) {
			cr_expect(*l->codes[k].word && strlen(l->codes[k].word) <= 64 && *l->codes[k].label);
			cr_expect_eq(code_find(l, bytes_text(l->codes[k].word)), &l->codes[k], "%s", l->codes[k].word);
		}
	}
	cr_expect_null(code_find(&territory_codes, bytes_text("xk")));
}

/* --- documents --- */

static void
check_documented(const char *page, const char *kind, const struct field *fields, size_t count, const char *prefix)
{
	for (size_t i = 0; i < count; i++) {
		char row[200], inner[120];

		snprintf(row, sizeof row, "\n| %u | `%s%s` |", fields[i].number, prefix, fields[i].word);
		cr_expect(strstr(page, row), "%s: kinds.md lacks%s", kind, row);
		snprintf(row, sizeof row, "%s |", fields[i].help);
		cr_expect(strstr(page, row), "%s.%s: kinds.md tells it otherwise", kind, fields[i].word);
		snprintf(inner, sizeof inner, "%s.",
		    fields[i].fields == phone_fields ? "phones" : fields[i].word);
		if (fields[i].type == FIELD_GROUP)
			check_documented(page, kind, fields[i].fields, fields[i].field_count, inner);
	}
}

static void
check_rules_told(const char *page, const char *kind, const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char row[300];

		snprintf(row, sizeof row, "\n- %s.\n", rules[i].help);
		cr_expect(strstr(page, row), "%s: kinds.md lacks the rule%s", kind, row);
	}
}

/* The rule NAME of the CDDL has a line for each field: number, whether it may be absent, word. */
static void
check_cddl(const char *cddl, const char *name, const struct field *fields, size_t count)
{
	char line[120];
	char *at, *end, *rule;

	snprintf(line, sizeof line, "\n%s = {", name);
	at = strstr(cddl, line);
	cr_assert(at, "kinds.cddl lacks %s", name);
	end = strstr(at, "\n}");
	rule = strndup(at, (size_t)(end - at) + 1);
	for (size_t i = 0; i < count; i++) {
		char *row, *word;

		if (fields[i].flags & FIELD_PRIVATE)
			continue;      /* a rule of its own: it is in no record */
		snprintf(line, sizeof line, "\n\t%s%u => ", fields[i].flags & FIELD_REQUIRED ? "" : "? ", fields[i].number);
		row = strstr(rule, line);
		cr_assert(row, "kinds.cddl: %s lacks%s", name, line);
		row = strndup(row + 1, strcspn(row + 1, "\n"));
		word = strrchr(row, ' ');
		cr_expect_str_eq(word + 1, fields[i].word, "kinds.cddl: %s", name);
		free(row);
	}
	free(rule);
}

/* Every kind, field and code stands in kinds.md, and in kinds.cddl. */
Test(kind, documented)
{
	char *page = slurp("proto/kinds.md"), *cddl = slurp("proto/kinds.cddl");

	cr_assert(page && cddl);
	for (size_t i = 0; i < kinds_count; i++) {
		const struct kind *k = kinds[i];
		char head[120], *section, *next;

		snprintf(head, sizeof head, "\n## `%s` (0x%03x)\n", k->word, k->number);
		section = strstr(page, head);
		cr_assert(section, "kinds.md lacks %s", k->word);
		next = strstr(section + 4, "\n## ");
		section = strndup(section, next ? (size_t)(next - section) : strlen(section));
		cr_expect(strstr(section, k->example), "%s", k->word);
		check_documented(next ? page : section, k->word, k->fields, k->field_count, "");
		check_rules_told(section, k->word, k->rules, k->rule_count);
		for (size_t f = 0; f < k->field_count; f++)
			check_rules_told(section, k->word, k->fields[f].rules, k->fields[f].rule_count);
		free(section);
		snprintf(head, sizeof head, "\n%s = { ; kind 0x%03x", k->word, k->number);
		cr_expect(strstr(cddl, head), "kinds.cddl lacks %s", k->word);
		check_cddl(cddl, k->word, k->fields, k->field_count);
	}
	check_documented(page, "common", common_fields, common_fields_count, "");
	check_cddl(cddl, "phone-group", phone_fields, COUNT(phone_fields));
	check_cddl(cddl, "contact-group", contact_fields, COUNT(contact_fields));
	for (size_t i = 0; i < code_lists_count; i++)
		for (size_t k = 0; k < code_lists[i]->count; k++) {
			char word[80];

			snprintf(word, sizeof word, "`%s`", code_lists[i]->codes[k].word);
			cr_expect(strstr(page, word), "kinds.md lacks the code %s", word);
			snprintf(word, sizeof word, "\"%s\"", code_lists[i]->codes[k].word);
			cr_expect(strstr(cddl, word), "kinds.cddl lacks the code %s", word);
		}
	free(page);
	free(cddl);
}

/* --- vectors --- */

static const struct id author = { { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 } };

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2)
		out[n++] = (uint8_t)v;
	return n;
}

static enum err_code
check(const struct kind *k, struct bytes body)
{
	struct record r = { .author = author, .kind = k->number, .audience = k->audience, .body = body };

	err = (struct err){ 0 };
	return kind_check(k, &r, &err);
}

/* A good body turns into JSON and back without a change. */
static void
turns_round(const struct kind *k, const char *name, struct bytes body)
{
	struct buf again = { 0 }, private_fields = { 0 };
	cJSON *object = NULL;

	cr_assert_eq(body_to_json(k, body, (struct bytes){ NULL, 0 }, &object, &err), ERR_OK);
	cr_expect_null(cJSON_GetObjectItem(object, "unknown"), "%s %s", k->word, name);
	cr_expect_eq(body_from_json(k, &author, object, NULL, &again, &private_fields, &err), ERR_OK, "%s %s: %s: %s",
	    k->word, name, err.object, err.reason);
	cr_expect(bytes_equal(body, buf_bytes(&again)), "%s %s", k->word, name);
	cJSON_Delete(object);
	buf_free(&again);
	buf_free(&private_fields);
}

static void
check_vector(const struct kind *k, char *line, unsigned *good, unsigned *bad)
{
	static uint8_t raw[200000];
	char *save, *verdict = strtok_r(line, " ", &save), *name = strtok_r(NULL, " ", &save);
	char *object = NULL, *rule = NULL, *hex;
	struct bytes body = { raw, 0 };
	enum err_code rc;

	if (strcmp(verdict, "bad") == 0) {
		object = strtok_r(NULL, " ", &save);
		rule = strtok_r(NULL, " ", &save);
	}
	hex = strtok_r(NULL, " ", &save);
	body.len = unhex(hex, raw);
	rc = check(k, body);
	if (object) {
		cr_expect_neq(rc, ERR_OK, "%s %s", k->word, name);
		cr_expect_str_eq(err.object, object, "%s %s: %s", k->word, name, err.reason);
		cr_expect_str_eq(err.rule, rule, "%s %s: %s", k->word, name, err.reason);
		++*bad;
	} else {
		cr_expect_eq(rc, ERR_OK, "%s %s: %s: %s: %s", k->word, name, err.object, err.rule, err.reason);
		turns_round(k, name, body);
		++*good;
	}
}

/* Every kind has good and bad bodies, and each is judged as its line says, by field and rule. */
Test(kind, vectors)
{
	for (size_t i = 0; i < kinds_count; i++) {
		char path[100], *text, *save = NULL;
		unsigned good = 0, bad = 0;

		snprintf(path, sizeof path, "proto/vectors/kinds/%s.txt", kinds[i]->word);
		text = slurp(path);
		cr_assert(text, "%s", path);
		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			check_vector(kinds[i], line, &good, &bad);
		cr_expect(good >= 1 && bad >= 2, "%s: %u good, %u bad", kinds[i]->word, good, bad);
		free(text);
	}
}

/* Every example is what its row calls valid. */
Test(kind, examples)
{
	for (size_t i = 0; i < kinds_count; i++) {
		struct buf body = { 0 }, private_fields = { 0 };
		cJSON *object = NULL;

		cr_assert_eq(json_parse(bytes_text(kinds[i]->example), 10000, kinds[i]->word, &object, &err), ERR_OK, "%s",
		    kinds[i]->word);
		cr_expect_eq(body_from_json(kinds[i], &author, object, NULL, &body, &private_fields, &err), ERR_OK,
		    "%s: %s: %s", kinds[i]->word, err.object, err.reason);
		cJSON_Delete(object);
		buf_free(&body);
		buf_free(&private_fields);
	}
}

/* Whatever bytes come, a check ends with an answer: each good vector, cut short and with bytes changed. */
Test(kind, changed_bytes)
{
	unsigned seed = 20261122;
	char *text = slurp("proto/vectors/kinds/organisation.txt"), *line;
	uint8_t raw[2000], changed[2000];
	size_t len;

	cr_log_info("seed %u", seed);
	line = strstr(text, "good full ");
	*strchr(line, '\n') = 0;
	len = unhex(line + 10, raw);
	for (size_t cut = 0; cut < len; cut++)
		cr_expect_neq(check(&kind_organisation, (struct bytes){ raw, cut }), ERR_OK);
	for (int i = 0; i < 20000; i++) {
		memcpy(changed, raw, len);
		for (int n = 0; n < 1 + i % 3; n++)
			changed[(size_t)rand_r(&seed) % len] = (uint8_t)rand_r(&seed);
		if (check(&kind_organisation, (struct bytes){ changed, len }) == ERR_OK)
			cr_expect_eq(cbor_check((struct bytes){ changed, len }, "x", &err), ERR_OK);
	}
	free(text);
}

/* --- functions --- */

/* Life and signing follow from the number, of unknown kinds too. */
Test(kind, constants_of_the_number)
{
	static const struct {
		uint32_t number;
		unsigned days;
		bool lasting, machine;
	} rows[] = {
		{ KIND_CHARTER, 0, true, false }, { KIND_ERASURE, 0, true, false }, { KIND_NODE, 0, false, false },
		{ KIND_REACH, 90, false, true }, { KIND_RECEIPT, 120, false, true }, { KIND_SERVICE, 400, false, false },
		{ 0x17f, 120, false, false }, { 0x23f, 400, false, false }, { 0x301, 1826, false, false },
		{ 0x401, 7305, false, false }, { 0x4c1, 120, false, true }, { 0x901, 400, false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect_eq(kind_life_days(rows[i].number), rows[i].days, "%x", rows[i].number);
		cr_expect_eq(kind_is_lasting(rows[i].number), rows[i].lasting, "%x", rows[i].number);
		cr_expect_eq(kind_machine_may_sign(rows[i].number), rows[i].machine, "%x", rows[i].number);
	}
	cr_expect_null(kind_find(0x17f));
}

/* Private fields stand in their own map and nothing else does. */
Test(kind, private_map)
{
	struct buf map = { 0 };

	cbor_put_map(&map, 1);
	cbor_put_uint(&map, 12);
	cbor_put_text(&map, bytes_text("for us"));
	cr_expect_eq(kind_check_private(&kind_service, buf_bytes(&map), &err), ERR_OK);
	map.p[1] = 6;       /* checked_by belongs into the record */
	cr_expect_eq(kind_check_private(&kind_service, buf_bytes(&map), &err), ERR_INPUT);
	cr_expect_str_eq(err.rule, "private");
	buf_free(&map);
}

/* A record is not shown more widely than its row allows. */
Test(kind, audience)
{
	struct kind narrow = kind_approval;
	struct buf body = { 0 };
	struct record r = { .audience = AUDIENCE_PUBLIC };
	struct id hash = { { 1 } };

	narrow.widest = AUDIENCE_MEMBERS;
	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 32);
	cbor_put_bytes(&body, BYTES_OF(hash));
	r.body = buf_bytes(&body);
	cr_expect_eq(kind_check(&narrow, &r, &err), ERR_INPUT);
	r.audience = AUDIENCE_CSO;
	cr_expect_eq(kind_check(&narrow, &r, &err), ERR_OK);
	buf_free(&body);
}

static struct buf
map_of(uint64_t number, const char *code)
{
	struct buf body = { 0 };

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, number);
	if (code)
		cbor_put_text(&body, bytes_text(code));
	else
		cbor_put_uint(&body, 7);
	return body;
}

/* Fields for members, and the scope of a consent, narrow the audience; what is asked for more widely is refused by name. */
Test(kind, audience_of_fields)
{
	static const struct {
		uint32_t kind;
		uint64_t number;
		const char *code;
		enum audience asked, least;
		const char *rule, *object;
	} rows[] = {
		{ KIND_EVENT, 55, NULL, AUDIENCE_PUBLIC, AUDIENCE_MEMBERS, "members", "participants" },
		{ KIND_EVENT, 55, NULL, AUDIENCE_MEMBERS, AUDIENCE_MEMBERS, NULL, NULL },
		{ KIND_EVENT, 55, NULL, AUDIENCE_CSO, AUDIENCE_CSO, NULL, NULL },
		{ KIND_EVENT, 47, NULL, AUDIENCE_PUBLIC, AUDIENCE_PUBLIC, NULL, NULL },
		{ KIND_STORY, 35, "public", AUDIENCE_PUBLIC, AUDIENCE_PUBLIC, NULL, NULL },
		{ KIND_STORY, 35, "members", AUDIENCE_PUBLIC, AUDIENCE_MEMBERS, "scope", "audience" },
		{ KIND_STORY, 35, "cso", AUDIENCE_MEMBERS, AUDIENCE_CSO, "scope", "audience" },
		{ KIND_STORY, 35, "of a newer version", AUDIENCE_MEMBERS, AUDIENCE_MEMBERS, NULL, NULL },
		{ KIND_COMMENT, 33, NULL, AUDIENCE_PUBLIC, AUDIENCE_PUBLIC, "widest", "audience" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct kind *k = kind_find(rows[i].kind);
		struct buf body = map_of(rows[i].number, rows[i].code);
		const struct field *why;
		enum err_code rc;

		cr_expect_eq(kind_audience_of(k, buf_bytes(&body), rows[i].asked, &why), rows[i].least, "%zu", i);
		cr_expect_eq(why != NULL, rows[i].least > rows[i].asked, "%zu", i);
		rc = kind_check_audience(k, buf_bytes(&body), rows[i].asked, &err);
		cr_expect_eq(rc, rows[i].rule ? ERR_INPUT : ERR_OK, "%zu", i);
		if (rows[i].rule) {
			cr_expect_str_eq(err.rule, rows[i].rule, "%zu", i);
			cr_expect_str_eq(err.object, rows[i].object, "%zu", i);
		}
		buf_free(&body);
	}
}

/* Kinds that rest on consent want it given, in the private fields; others ask nothing. */
Test(kind, consent)
{
	static const uint8_t given[] = { 0xa1, 0x0d, 0xa1, 0x01, 0xf5 }, refused[] = { 0xa1, 0x0d, 0xa1, 0x01, 0xf4 },
		unsaid[] = { 0xa1, 0x0d, 0xa1, 0x02, 0x00 };
	struct bytes none = { NULL, 0 };

	cr_expect_eq(kind_check_consent(&kind_story, (struct bytes){ given, 5 }, &err), ERR_OK);
	cr_expect_eq(kind_check_consent(&kind_story, (struct bytes){ refused, 5 }, &err), ERR_INPUT);
	cr_expect_str_eq(err.object, "consent");
	cr_expect_eq(kind_check_consent(&kind_story, (struct bytes){ unsaid, 5 }, &err), ERR_INPUT);
	cr_expect_eq(kind_check_consent(&kind_story, none, &err), ERR_INPUT);
	cr_expect_eq(kind_check_consent(&kind_service, none, &err), ERR_OK);
}

/* The first text is the source; a preferred language is found by its tag or its beginning. */
Test(kind, body_text_prefers)
{
	static const char *const texts[][2] = { { "sq", "një" }, { "sr-Cyrl", "један" }, { "en", "one" } };
	struct buf body = { 0 };

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 33);
	cbor_put_array(&body, 3);
	for (size_t i = 0; i < 3; i++) {
		cbor_put_array(&body, 3);
		cbor_put_text(&body, bytes_text(texts[i][0]));
		cbor_put_text(&body, bytes_text(texts[i][1]));
		cbor_put_uint(&body, 0);
	}
	cr_expect(bytes_equal(body_text(buf_bytes(&body), 33, NULL), bytes_text("një")));
	cr_expect(bytes_equal(body_text(buf_bytes(&body), 33, "en"), bytes_text("one")));
	cr_expect(bytes_equal(body_text(buf_bytes(&body), 33, "sr"), bytes_text("један")));
	cr_expect(bytes_equal(body_text(buf_bytes(&body), 33, "tr"), bytes_text("një")));
	cr_expect_eq(body_text(buf_bytes(&body), 34, NULL).len, 0);
	cr_expect_eq(body_get((struct bytes){ NULL, 0 }, 33).len, 0);
	buf_free(&body);
}

/* Tags of languages are judged by shape: never a closed list. */
Test(kind, tags)
{
	static const char *const good[] = { "sq", "sr-Cyrl", "rmn", "sr-Latn-simple", "de-1996", "x-own", "zh-Hant-TW" };
	static const char *const bad[] = { "", "e", "sr_Latn", "sr-", "-sr", "sr--RS", "123", "sr-toolongsubtag",
		"en-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa", "š", "source",
		"x", "x-" };

	for (size_t i = 0; i < COUNT(good); i++)
		cr_expect(tag_valid(bytes_text(good[i])), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_not(tag_valid(bytes_text(bad[i])), "%s", bad[i]);
}

/* Territories are found by code and by name in any language and script; Republika Srpska is not Serbia. */
Test(kind, territories)
{
	static const char *const rows[][2] = {
		{ "XK", "XK" }, { "xk", "XK" }, { "Kosovë", "XK" }, { "KOSOVO", "XK" }, { "Косово", "XK" }, { "Kosovo*", "XK" },
		{ "Srbija", "RS" }, { "СРБИЈА", "RS" }, { "Serbia", "RS" }, { "Republika Srpska", "BA" },
		{ "Република Српска", "BA" }, { " Bosna  i Hercegovina ", "BA" }, { "BiH", "BA" }, { "Shqipëri", "AL" },
		{ "Crna Gora", "ME" }, { "Mali i Zi", "ME" }, { "Северна Македонија", "MK" }, { "Maqedonia e Veriut", "MK" },
		{ "Karadağ", "ME" }, { "РЕГИОН", "WB" }, { "ЦРНА ГОРА", "ME" }, { "ЈЕ", NULL }, { "Ђ", NULL }, { "Western Balkans", "WB" }, { "ZZ", "ZZ" },
	};
	const struct code *found;

	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect_eq(territory_parse(rows[i][0], "t", &found, &err), rows[i][1] ? ERR_OK : ERR_INPUT, "%s", rows[i][0]);
		if (rows[i][1])
			cr_expect_str_eq(found->word, rows[i][1], "%s", rows[i][0]);
	}
	cr_expect_eq(territory_parse("Atlantis", "t", &found, &err), ERR_INPUT);
	cr_expect_eq(territory_parse("", "t", &found, &err), ERR_INPUT);
	cr_expect_str_eq(territory_name(bytes_text("XK")), "Kosovo*");
	cr_expect_null(territory_name(bytes_text("RKS")));
	cr_expect(territory_question("rs"));
	cr_expect_null(territory_question("Serbia"));
	cr_expect_str_eq(territory_calling_code(bytes_text("XK")), "383");
	cr_expect_null(territory_calling_code(bytes_text("WB")));
}

/* Addresses, mailboxes, numbers and languages are judged by their syntax, at its edges too. */
Test(kind, syntax)
{
	static const struct {
		enum field_type type;
		const char *good[10], *bad[14];
	} rows[] = {
		{ FIELD_URL, { "https://example.org", "http://a", "https://example.org/a?b#c", "https://xn--e1a.example/ш" },
		  { "", "ftp://example.org", "https://", "https:///a", "https://.a", "https://:80", "https://a@b", "https://a b",
		    "https://a\"b", "https://a<b", "HTTPS", "https://?q" } },
		{ FIELD_EMAIL, { "a@b.cd", "office@example.org", "a.b+c@d-e.fg", "info@пример.срб" },
		  { "", "a", "@b.cd", "a@", "a@b", "a@b..cd", "a@.cd", "a@b.", "a b@c.de", ".a@b.cd", "a.@b.cd", "a,b@c.de",
		    "a@b@c.de" } },
		{ FIELD_PHONE, { "112", "116000", "+1234567", "+123456789012345" },
		  { "", "11", "1160001", "012", "+123456", "+1234567890123456", "+01234567", "+", "12a", "+38 344" } },
		{ FIELD_TAG, { "sq", "sr-Cyrl", "rmn" }, { "", "s", "sr_Cyrl", "romani", "sr-" } },
		{ FIELD_LANGUAGE, { "sqi", "rmn" }, { "", "sq", "sqip", "SQI", "s1i", "š" } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t k = 0; rows[i].good[k]; k++)
			cr_expect_null(field_fault(rows[i].type, bytes_text(rows[i].good[k])), "%s", rows[i].good[k]);
		for (size_t k = 0; rows[i].bad[k]; k++)
			cr_expect(field_fault(rows[i].type, bytes_text(rows[i].bad[k])), "%s", rows[i].bad[k]);
	}
}

/* A list may be as long as its row says and no longer. */
Test(kind, list_at_its_limit)
{
	struct id address = { { 4 } };

	for (size_t n = LIMIT_ADDRESSES; n <= LIMIT_ADDRESSES + 1; n++) {
		struct buf body = { 0 };

		cbor_put_map(&body, 2);
		cbor_put_uint(&body, 32);
		cbor_put_array(&body, n);
		for (size_t i = 0; i < n; i++)
			cbor_put_text(&body, bytes_text("192.0.2.7:5684"));
		cbor_put_uint(&body, 33);
		cbor_put_bytes(&body, BYTES_OF(address));
		cr_expect_eq(check(&kind_reach, buf_bytes(&body)), n > LIMIT_ADDRESSES ? ERR_LIMIT : ERR_OK);
		buf_free(&body);
	}
}

/* A field that is absent is not mistaken for one behind it, and a body that is no map has none. */
Test(kind, body_get_absent)
{
	static const uint8_t map[] = { 0xa2, 0x01, 0x05, 0x03, 0x07 }, broken[] = { 0xa2, 0x01, 0x05, 0x03 }, list[] = { 0x80 };

	cr_expect_eq(body_get((struct bytes){ map, 5 }, 2).len, 0);
	cr_expect_eq(body_get((struct bytes){ map, 5 }, 4).len, 0);
	cr_expect_eq(body_get((struct bytes){ map, 5 }, 3).p, map + 4);
	cr_expect_eq(body_get((struct bytes){ broken, 4 }, 3).len, 0);
	cr_expect_eq(body_get((struct bytes){ list, 1 }, 3).len, 0);
	cr_expect_eq(body_text((struct bytes){ map, 5 }, 1, NULL).len, 0, "a number is no text");
}
