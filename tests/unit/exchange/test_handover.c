#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/exchange/handover.h"
#include "proto/kind.h"

static struct err err;

#define NEED "org1a/need"
#define OFFER "org1b/offer"

static const char *const givers[GIVERS] = {
	[GIVER_OPEN] = "{\"stage\":\"open\",\"quantity\":10}",
	[GIVER_ELSEWHERE] = "{\"stage\":\"reserved\",\"quantity\":10,\"reserved_for\":[\"org1c/other\"]}",
	[GIVER_RESERVED] = "{\"stage\":\"open\",\"quantity\":10,\"reserved_qty\":6,\"reserved_for\":[\"" NEED "\"]}",
	[GIVER_GAVE] = "{\"stage\":\"handed-over\",\"reserved_for\":[\"" NEED "\"]}",
	[GIVER_HAS_BACK] = "{\"stage\":\"returned\",\"reserved_for\":[\"" NEED "\"]}",
	[GIVER_STOPPED] = "{\"stage\":\"withdrawn\",\"reserved_for\":[\"" NEED "\"]}",
};
static const char *const takers[TAKERS] = {
	[TAKER_OPEN] = "{\"stage\":\"open\"}",
	[TAKER_ELSEWHERE] = "{\"stage\":\"met\",\"met_by\":\"org1c/other\"}",
	[TAKER_TAKES] = "{\"stage\":\"matched\",\"met_by\":\"" OFFER "\"}",
	[TAKER_HAS] = "{\"stage\":\"met\",\"met_by\":\"" OFFER "\"}",
	[TAKER_STOPPED] = "{\"stage\":\"withdrawn\",\"met_by\":\"" OFFER "\"}",
};

/* Each side's word is read from its own record, and only as far as it speaks of the other; what is gone has stopped. */
Test(handover, words)
{
	for (int i = 0; i < GIVERS; i++) {
		cJSON *o = cJSON_Parse(givers[i]);

		cr_assert_eq((int)handover_giver(o, NEED), i, "%d", i);
		cJSON_Delete(o);
	}
	for (int i = 0; i < TAKERS; i++) {
		cJSON *o = cJSON_Parse(takers[i]);

		cr_assert_eq((int)handover_taker(o, OFFER), i, "%d", i);
		cJSON_Delete(o);
	}
	cr_assert_eq(handover_giver(NULL, NEED), GIVER_STOPPED);
	cr_assert_eq(handover_taker(NULL, OFFER), TAKER_STOPPED);
}

/* Every pair of words has a state and a sentence; the way that was agreed is nowhere at odds, and what one side alone claims
 * to have happened always is. */
Test(handover, pairs)
{
	static const struct {
		enum giver g;
		enum taker t;
		const char *state;
		bool at_odds;
	} way[] = {
		{ GIVER_OPEN, TAKER_OPEN, "free", false }, { GIVER_OPEN, TAKER_TAKES, "asked", false },
		{ GIVER_RESERVED, TAKER_OPEN, "reserved", false }, { GIVER_RESERVED, TAKER_TAKES, "agreed", false },
		{ GIVER_GAVE, TAKER_TAKES, "given", false }, { GIVER_GAVE, TAKER_HAS, "done", false },
		{ GIVER_HAS_BACK, TAKER_HAS, "returned", false }, { GIVER_OPEN, TAKER_HAS, "asked", true },
		{ GIVER_ELSEWHERE, TAKER_HAS, "off", true }, { GIVER_GAVE, TAKER_ELSEWHERE, "given", true },
		{ GIVER_RESERVED, TAKER_HAS, "given", true }, { GIVER_STOPPED, TAKER_HAS, "off", true },
	};

	for (int g = 0; g < GIVERS; g++)
		for (int t = 0; t < TAKERS; t++) {
			cr_assert_not_null(handover_of((enum giver)g, (enum taker)t).state);
			cr_assert_not_null(handover_of((enum giver)g, (enum taker)t).text, "%d %d", g, t);
		}
	for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
		struct handover h = handover_of(way[i].g, way[i].t);

		cr_assert_str_eq(h.state, way[i].state, "%zu", i);
		cr_assert_eq(h.at_odds, way[i].at_odds, "%zu", i);
	}
}

/* The steps, each from every stage: allowed exactly where its row says; what it writes are codes of its own kind. */
Test(handover, steps)
{
	for (size_t i = 0; i < moves_count; i++) {
		const struct kind *k = kind_by_word(moves[i].kind);
		const struct field *stage = kind_field_by_word(k, "stage");

		cr_assert_eq(move_find(moves[i].kind, moves[i].word), &moves[i]);
		cr_assert(moves[i].to == NULL || code_find(stage->codes, bytes_text(moves[i].to)));
		for (size_t c = 0; c < stage->codes->count; c++) {
			const char *from = stage->codes->codes[c].word;
			char text[200], padded[60], wanted[40];
			cJSON *entry, *patch = NULL;
			enum err_code rc;
			bool drops = moves[i].reference == MOVE_DROPS || moves[i].reference == MOVE_NOTES;

			snprintf(text, sizeof text, "{\"stage\":\"%s\",\"quantity\":9,\"reserved_qty\":%d,\"reserved_for\":[%s]}", from,
			    drops ? 5 : 0, drops ? "\"" NEED "\"" : "");
			entry = cJSON_Parse(text);
			rc = handover_move(&moves[i], entry, NEED, 5, &patch, &err);
			snprintf(padded, sizeof padded, " %s ", moves[i].from);
			snprintf(wanted, sizeof wanted, " %s ", from);
			cr_assert_eq(rc, strstr(padded, wanted) ? ERR_OK : ERR_CONFLICT, "%s from %s: %s", moves[i].word, from, err.reason);
			cJSON_Delete(entry);
			cJSON_Delete(patch);
		}
	}
	cr_assert_null(move_find("need", "reserve"));
}

static char *
patched(const char *step, const char *entry_text, const char *other, unsigned quantity)
{
	static char out[400];
	cJSON *entry = cJSON_Parse(entry_text), *patch = NULL;
	const char *kind = move_find("offer", step) ? "offer" : "need";
	enum err_code rc = handover_move(move_find(kind, step), entry, other, quantity, &patch, &err);

	if (rc == ERR_OK)
		cJSON_PrintPreallocated(patch, out, sizeof out, false);
	else
		snprintf(out, sizeof out, "%s", err.rule);
	cJSON_Delete(entry);
	cJSON_Delete(patch);
	return out;
}

/* An offer is open while some are left, and reserved when none are; releasing gives back what was kept. */
Test(handover, quantities)
{
	cr_assert_str_eq(patched("reserve", givers[GIVER_OPEN], NEED, 6),
	    "{\"reserved_for\":[\"" NEED "\"],\"stage\":\"open\",\"reserved_qty\":6}");
	cr_assert_str_eq(patched("reserve", givers[GIVER_OPEN], NEED, 10),
	    "{\"reserved_for\":[\"" NEED "\"],\"stage\":\"reserved\",\"reserved_qty\":10}");
	cr_assert_str_eq(patched("reserve", givers[GIVER_OPEN], NEED, 11), "quantity");
	cr_assert_str_eq(patched("reserve", givers[GIVER_RESERVED], NEED, 1), "reserved");
	cr_assert_str_eq(patched("reserve", givers[GIVER_RESERVED], "org1c/other", 4),
	    "{\"reserved_for\":[\"" NEED "\",\"org1c/other\"],\"stage\":\"reserved\",\"reserved_qty\":10}");
	cr_assert_str_eq(patched("release", givers[GIVER_RESERVED], NEED, 6),
	    "{\"reserved_for\":null,\"stage\":\"open\",\"reserved_qty\":null}");
	cr_assert_str_eq(patched("release", givers[GIVER_OPEN], NEED, 6), "reserved");
	cr_assert_str_eq(patched("hand-over", givers[GIVER_OPEN], NULL, 0), "reserved");
	cr_assert_str_eq(patched("hand-over", givers[GIVER_RESERVED], NULL, 0), "{\"stage\":\"handed-over\"}");
	cr_assert_str_eq(patched("take", takers[TAKER_OPEN], NULL, 0), "required");
	cr_assert_str_eq(patched("take", takers[TAKER_OPEN], OFFER, 0), "{\"met_by\":\"" OFFER "\",\"stage\":\"matched\"}");
	cr_assert_str_eq(patched("reopen", takers[TAKER_HAS], NULL, 0), "{\"met_by\":null,\"stage\":\"open\"}");
}
