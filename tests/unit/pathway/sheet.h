/* sheet - a made-up pathway and the entries it rests on, each with a standing that a test may change. */
#ifndef TESTS_UNIT_PATHWAY_SHEET_H
#define TESTS_UNIT_PATHWAY_SHEET_H

#include <criterion/criterion.h>
#include <string.h>

#include "node/pathway/pathway.h"

#define TODAY 20000              /* 2024-10-04 */

struct row {
	const char *reference;
	enum standing standing;
	int64_t good_until;
	const char *entry;           /* NULL: not here */
};
enum { HELPLINE, SHELTER, CENTRE, NIGHT, HOUSE, ROWS };
static const struct row made_up[ROWS] = {
	{ "org1a/helpline", STANDING_FRESH, TODAY + 60, "{\"name\":{\"sq\":\"Linja e sajuar\",\"en\":\"Made-up line\"},"
	    "\"organisation\":\"org1a/house\",\"audience\":\"public\",\"disclosure\":\"municipality\",\"last_verified\":\"2024-09-01\","
	    "\"phones\":[{\"number\":\"116000\",\"type\":\"helpline\",\"label\":{\"en\":\"day and night\"}},"
	    "{\"number\":\"+35542000000\",\"type\":\"voice\"}]}" },
	{ "org1a/shelter", STANDING_FRESH, TODAY + 80, "{\"name\":{\"en\":\"Safe house\"},\"audience\":\"public\",\"confidential\":true,"
	    "\"disclosure\":\"redacted\",\"municipality\":\"SECRET-TOWN\",\"locations\":[\"org1a/SECRET-PLACE\"],"
	    "\"description\":{\"en\":\"SECRET-ROAD\"},\"email\":\"SECRET@example.org\",\"phones\":["
	    "{\"number\":\"+355SECRET\",\"type\":\"voice\",\"hours\":{\"en\":\"SECRET-HOURS\"}},{\"number\":\"116000\",\"type\":\"helpline\"}]}" },
	{ "org1b/centre", STANDING_DUE, TODAY + 9, "{\"name\":{\"sq\":\"Qendra e sajuar\",\"unreviewed\":[\"sq\"]},\"audience\":\"public\"}" },
	{ "org1b/night", STANDING_FRESH, TODAY + 70, "{\"name\":{\"en\":\"Night line\"},\"audience\":\"public\","
	    "\"phones\":[{\"number\":\"+38344000000\",\"type\":\"helpline\"}]}" },
	{ "org1a/house", STANDING_FRESH, TODAY + 300, "{\"name\":{\"en\":\"Made-up <House> & \\\"Sons\\\"\"},\"audience\":\"public\"}" },
};

static const char pathway_text[] = "{\"id\":\"1f0c2e4a-0000-4000-8000-000000000009\",\"author\":\"org1a\",\"audience\":\"public\","
    "\"title\":{\"en\":\"After violence <at> home\",\"sq\":\"Pas dhunës në familje\"},\"situation\":[\"domestic-violence\"],"
    "\"territory\":\"XK\",\"municipality\":\"Sajuarë\",\"description\":{\"en\":\"For whoever is told of it first.\"},"
    "\"reviewed_by_team\":\"2024-08-01\",\"legal_basis\":[{\"title\":{\"en\":\"Made-up law\"},\"ref\":\"Art. 1\","
    "\"url\":\"https://example.org/law?a=1&b=2\"}],\"steps\":["
    "{\"n\":1,\"action\":{\"en\":\"Ask whether she is safe now.\",\"sq\":\"Pyeteni a është e sigurt tani.\"},"
    "\"service\":\"org1a/helpline\",\"deadline\":1,\"consent_needed\":false,\"fallback\":3,"
    "\"out_of_hours\":{\"en\":\"The same line answers.\"},\"out_of_hours_phone\":\"116000\"},"
    "{\"n\":2,\"action\":{\"en\":\"Bring her to safety.\"},\"service\":\"org1a/shelter\",\"deadline\":24,\"consent_needed\":true,"
    "\"fallback\":3,\"do_not\":[{\"en\":\"tell anybody where she is.\"}],\"contact\":{\"en\":\"duty social worker\"}},"
    "{\"n\":3,\"action\":{\"en\":\"Call the centre.\"},\"organisation\":\"org1b/centre\",\"deadline\":168,\"consent_needed\":true,"
    "\"fallback\":4},"
    "{\"n\":4,\"action\":{\"en\":\"Call the night line.\"},\"service\":\"org1b/night\",\"out_of_hours_service\":\"org1b/night\","
    "\"consent_needed\":true}]}";

struct world_of {
	struct row rows[ROWS];
	bool emergency;              /* is an emergency number known? */
	struct row line;
};

static struct world_of
whole_world(void)
{
	struct world_of w = { .emergency = true, .line = { "org1c/112", STANDING_UNVERIFIED, TODAY + 90,
	    "{\"name\":{\"en\":\"Emergency numbers\"},\"audience\":\"public\",\"phones\":[{\"number\":\"112\",\"type\":\"voice\"}]}" } };

	memcpy(w.rows, made_up, sizeof made_up);
	return w;
}

static struct seen
seen_of(const struct row *r)
{
	return (struct seen){ r->entry ? cJSON_Parse(r->entry) : NULL, r->entry ? r->standing : STANDING_GONE, r->good_until };
}

static struct seen
look(void *self, const char *reference)
{
	struct world_of *w = self;

	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(w->rows[i].reference, reference) == 0)
			return seen_of(&w->rows[i]);
	return (struct seen){ NULL, STANDING_GONE, 0 };
}

static bool
emergency(void *self, const char *territory, size_t i, struct seen *out)
{
	struct world_of *w = self;

	cr_assert_str_eq(territory, "XK");
	if (i > 0 || !w->emergency)
		return false;
	*out = seen_of(&w->line);
	return true;
}

static cJSON *
sheet_with(struct world_of *w, const char *text, enum standing standing, const char *language)
{
	struct seen pathway = { cJSON_Parse(text), standing, TODAY + 40 };
	struct sight sight = { w, look, emergency };
	cJSON *sheet;

	cr_assert_not_null(pathway.entry);
	sheet = pathway_sheet(&pathway, &sight, language, TODAY);
	cJSON_Delete(pathway.entry);
	return sheet;
}

static inline const cJSON *
at(const cJSON *o, const char *word)
{
	return cJSON_GetObjectItemCaseSensitive(o, word);
}

static inline const char *
text_at(const cJSON *o, const char *word)
{
	const char *text = cJSON_GetStringValue(at(o, word));

	return text ? text : "";
}

#endif
