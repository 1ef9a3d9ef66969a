#include <criterion/criterion.h>
#include <string.h>

#include "node/record/json.h"

static struct err err;

static enum err_code
parse(const char *text, cJSON **out)
{
	return json_parse(bytes_text(text), 100000, "test", out, &err);
}

/* What cJSON would hide is refused: duplicates, zero characters, great numbers, depth, what stands behind the end. */
Test(json, strict)
{
	static const struct {
		const char *text;
		const char *rule;
	} rows[] = {
		{ "", "json" }, { "{", "json" }, { "{}x", "json" }, { "{\"a\":1,\"a\":2}", "unique" },
		{ "[{\"b\":[{\"a\":1,\"a\":1}]}]", "unique" }, { "[\"\\u0000\"]", "control" }, { "[\"a\nb\"]", "control" },
		{ "[9007199254740993]", "number" }, { "[-9007199254740994]", "number" }, { "[1e400]", "number" },
		{ "[01]", "json" }, { "[1.]", "json" }, { "[-]", "json" }, { "[1e]", "json" }, { "[1e+]", "json" }, { "[-01]", "json" }, { "[.5]", "json" }, { "[+1]", "json" }, { "[1,]", "json" },
		{ "[\"\xc3\x28\"]", "utf-8" }, { "[\"\xed\xa0\x80\"]", "utf-8" }, { "[nul]", "json" },
		{ "[\"\\ud800\"]", "json" }, { "[\"x]", "json" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "depth" },
	};
	cJSON *out = NULL;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		err = (struct err){ 0 };
		cr_expect_neq(parse(rows[i].text, &out), ERR_OK, "%s", rows[i].text);
		cr_expect_str_eq(err.rule, rows[i].rule, "%s: %s", rows[i].text, err.reason);
	}
	cr_expect_eq(json_parse(bytes_text("[1,2]"), 4, "t", &out, &err), ERR_LIMIT);
	cr_expect_null(out);
}

/* What is JSON is taken: a byte order mark, escapes, an escaped backslash before u0000, the greatest integer. */
Test(json, lawful)
{
	static const char *const rows[] = { "\xef\xbb\xbf{}", " [1] \n", "[\"\\\\u0000\"]", "[9007199254740992]", "[-0]",
		"[1e3, -1.5E-3]", "[\"\\ud83d\\ude00\"]", "\"x\"", "[true,false,null]" };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *out = NULL;

		cr_expect_eq(parse(rows[i], &out), ERR_OK, "%s: %s", rows[i], err.reason);
		cJSON_Delete(out);
	}
}

/* An error says the line. */
Test(json, says_the_line)
{
	cJSON *out = NULL;

	cr_expect_eq(parse("{\n\"a\": 1,\n\"b\": 01\n}", &out), ERR_INPUT);
	cr_expect(strstr(err.reason, "line 3: "), "%s", err.reason);
}

/* What people get wrong most is named, with the signs around it. */
Test(json, names_the_slip)
{
	static const char *const rows[][2] = {
		{ "{\"name\": \"A\",}", "line 1: no comma belongs before a closing bracket: {\"name\": \"A\",}" },
		{ "[\n1,\n]", "line 3: no comma belongs before a closing bracket: ]" },
		{ "{'name': 1}", "line 1: texts and names stand in double quotes: {'name': " },
		{ "{name: 1}", "line 1: texts and names stand in double quotes: {name: 1}" },
		{ "{\"name\": „A”}", "line 1: quotes are straight ones in JSON: {\"name\": „A”}" },
		{ "// x\n{}", "line 1: JSON has no comments: // x" },
		{ "{\"a\": 1 \"b\": 2}", "line 1: a comma or a colon is missing: {\"a\": 1 \"b\": 2}" },
		{ "{\"a\" 1}", "line 1: a comma or a colon is missing: {\"a\" 1}" },
		{ "{\"a\": {\"b\": -1.5e3}", "line 1: it ends before all brackets are closed: {\"a\": {\"b\": -1.5e3}" },
		{ " \n", "line 2: this is not JSON" },
		{ "{\"a\": шшшшшшшшшшш}",
		  "line 1: texts and names stand in double quotes: {\"a\": шшшш" },
	};
	cJSON *out = NULL;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(parse(rows[i][0], &out), ERR_INPUT);
		cr_expect_str_eq(err.reason, rows[i][1]);
	}
}

/* The examples of RFC 7396, appendix A. */
Test(json, merge)
{
	static const char *const rows[][3] = {
		{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
		{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
		{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
		{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}" },
		{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
		{ "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
		{ "{\"a\":\"foo\"}", "null", "null" },
		{ "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
		{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
		{ "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
		{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *target = NULL, *patch = NULL;
		char *text;

		cr_assert_eq(parse(rows[i][0], &target), ERR_OK);
		cr_assert_eq(parse(rows[i][1], &patch), ERR_OK);
		target = json_merge(target, patch);
		text = cJSON_PrintUnformatted(target);
		cr_expect_str_eq(text, rows[i][2], "%s with %s", rows[i][0], rows[i][1]);
		cJSON_free(text);
		cJSON_Delete(target);
		cJSON_Delete(patch);
	}
}
