#include "sheet.h"

#include <stdio.h>
#include <stdlib.h>

static const cJSON *
step(const cJSON *sheet, int n)
{
	return cJSON_GetArrayItem(at(sheet, "steps"), n - 1);
}

/* "emergency step:3 out-of-hours": the advice of a step, in its order. */
static const char *
advice_of(const cJSON *one)
{
	static char text[200];
	const cJSON *a;

	text[0] = 0;
	cJSON_ArrayForEach(a, at(one, "instead")) {
		strcat(strcat(text, *text ? " " : ""), text_at(a, "do"));
		if (at(a, "n"))
			sprintf(text + strlen(text), ":%d", at(a, "n")->valueint);
	}
	return text;
}

/* Where all that it rests on holds, no step is broken; the emergency line comes before everything. */
Test(pathway, whole)
{
	struct world_of w = whole_world();
	cJSON *sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");

	cr_assert_eq(at(sheet, "broken_steps")->valueint, 0);
	cr_assert_str_eq(sheet->child->string, "emergency");
	cr_assert_str_eq(text_at(cJSON_GetArrayItem(at(cJSON_GetArrayItem(at(sheet, "emergency"), 0), "phones"), 0), "number"), "112");
	cr_assert_eq(cJSON_GetArraySize(at(sheet, "steps")), 4);
	cr_assert_null(at(step(sheet, 1), "instead"));
	cr_assert_str_eq(text_at(at(at(step(sheet, 1), "service"), "of"), "text"), "Made-up <House> & \"Sons\"");
	cr_assert_eq(at(step(sheet, 3), "fallback")->valueint, 4);
	/* The soonest of all: the centre's, in nine days. */
	cr_assert_str_eq(text_at(sheet, "check_by"), "2024-10-13");
	cJSON_Delete(sheet);
}

/* Each standing breaks a step exactly as its row says, and tells numbers exactly as its row says. */
Test(pathway, standings)
{
	static const struct {
		enum standing standing;
		bool broken, numbers;
	} rows[] = {
		{ STANDING_FRESH, false, true }, { STANDING_DUE, false, true }, { STANDING_UNVERIFIED, false, true },
		{ STANDING_STALE, true, true }, { STANDING_EXPIRED, true, false }, { STANDING_PAUSED, true, true },
		{ STANDING_CLOSED, true, false }, { STANDING_FLAGGED, true, true }, { STANDING_GONE, true, false },
	};

	cr_assert_eq(sizeof rows / sizeof *rows, STANDINGS);
	for (size_t i = 0; i < STANDINGS; i++) {
		struct world_of w = whole_world();
		cJSON *sheet;

		w.rows[HELPLINE].standing = rows[i].standing;
		sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
		cr_assert_eq(cJSON_IsTrue(at(step(sheet, 1), "broken")), rows[i].broken, "%s", standing_word(rows[i].standing));
		cr_assert_str_eq(text_at(step(sheet, 1), "standing"), standing_word(rows[i].standing));
		cr_assert_eq(cJSON_GetArraySize(at(at(step(sheet, 1), "service"), "phones")) > 0, rows[i].numbers);
		cr_assert_eq(at(sheet, "broken_steps")->valueint, rows[i].broken);
		cJSON_Delete(sheet);
	}
}

/* Instead of a broken step: in danger the emergency line first of all, then the first step along its fallbacks that
 * holds, then the night; where no step holds, whoever wrote it is asked. */
Test(pathway, instead)
{
	struct world_of w = whole_world();
	cJSON *sheet;

	w.rows[HELPLINE].standing = STANDING_CLOSED;
	sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
	cr_assert_str_eq(advice_of(step(sheet, 1)), "emergency step:3 out-of-hours");
	cr_assert_str_eq(cJSON_GetArrayItem(at(at(step(sheet, 1), "instead")->child, "numbers"), 0)->valuestring, "112");
	cJSON_Delete(sheet);
	w.rows[CENTRE].standing = STANDING_STALE;
	sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
	cr_assert_str_eq(advice_of(step(sheet, 1)), "emergency step:4 out-of-hours");
	cr_assert_str_eq(advice_of(step(sheet, 3)), "emergency step:4");
	cJSON_Delete(sheet);
	w.rows[NIGHT].entry = NULL;
	sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
	cr_assert_str_eq(advice_of(step(sheet, 1)), "emergency out-of-hours ask");
	cr_assert_str_eq(advice_of(step(sheet, 4)), "emergency ask");
	cr_assert_eq(at(sheet, "broken_steps")->valueint, 3);
	cJSON_Delete(sheet);
}

/* Of a service that must stay unknown nothing but its name and its public lines is told. */
Test(pathway, secret_places)
{
	struct world_of w = whole_world();
	cJSON *sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
	char *text = cJSON_PrintUnformatted(sheet);

	cr_assert_null(strstr(text, "SECRET"), "%s", text);
	cr_assert_eq(cJSON_GetArraySize(at(at(step(sheet, 2), "service"), "phones")), 1);
	free(text);
	cJSON_Delete(sheet);
}

/* What is for fewer people than the pathway is not told in it, and counted. */
Test(pathway, audiences)
{
	struct world_of w = whole_world();
	cJSON *sheet;

	w.rows[CENTRE].entry = "{\"name\":{\"en\":\"HIDDEN\"},\"audience\":\"cso\",\"phones\":[{\"number\":\"123456\"}]}";
	sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
	cr_assert(cJSON_IsTrue(at(at(step(sheet, 3), "organisation"), "withheld")));
	cr_assert_null(at(at(step(sheet, 3), "organisation"), "name"));
	cr_assert_null(at(at(step(sheet, 3), "organisation"), "phones"));
	cr_assert_eq(at(sheet, "withheld")->valueint, 1);
	cJSON_Delete(sheet);
}

/* Texts come in the language asked for, else in another script of it, else as they were written; each says which. */
Test(pathway, languages)
{
	struct world_of w = whole_world();
	static const struct {
		const char *language, *lang;
	} rows[] = { { "sq", "sq" }, { "sq-AL", "sq" }, { "SQ", "sq" }, { "en", "en" }, { "mk", "en" }, { "", "en" }, { "s", "en" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *sheet = sheet_with(&w, pathway_text, STANDING_FRESH, rows[i].language);

		cr_assert_str_eq(text_at(at(sheet, "title"), "lang"), rows[i].lang, "%s", rows[i].language);
		cr_assert(cJSON_IsTrue(at(at(at(step(sheet, 3), "organisation"), "name"), "unreviewed")));
		cJSON_Delete(sheet);
	}
}

/* A lifeline is never hidden: an emergency number that nobody verified in time is told, and marked. */
Test(pathway, emergency_stays)
{
	struct world_of w = whole_world();
	cJSON *sheet;
	const cJSON *line;

	w.line.standing = STANDING_EXPIRED;
	sheet = sheet_with(&w, pathway_text, STANDING_FRESH, "en");
	line = cJSON_GetArrayItem(at(sheet, "emergency"), 0);
	cr_assert_str_eq(text_at(line, "standing"), "expired");
	cr_assert_eq(cJSON_GetArraySize(at(line, "phones")), 1);
	cJSON_Delete(sheet);
}
