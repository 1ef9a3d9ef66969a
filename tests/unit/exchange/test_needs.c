#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/cells.h"
#include "node/exchange/needs.h"

static struct err err;

static const struct need_at sample[] = {
	{ "AL", "Kukës", "equipment", 1, 4, false, true }, { "AL", "Kukës", "equipment", 2, 4, false, false },
	{ "AL", "Kukës", "equipment", 3, 4, false, true }, { "AL", "Berat", "equipment", 4, 9, false, true },
	{ "AL", "Lezhë", "equipment", 5, 9, false, true }, { "AL", "Lezhë", "equipment", 6, 9, false, false },
	{ "AL", "Lezhë", "equipment", 7, 9, false, false }, { "AL", "Lezhë", "space", 7, 9, true, false },
	{ "MK", "", "training", 8, 2, false, true }, { "", "", "training", 9, 2, false, false },
};

static cJSON *
map_of(const struct need_at *list, size_t count, enum needs_by by, const char *topic)
{
	struct need_at *copy = malloc(sizeof *copy * (count + 1));
	cJSON *out = NULL;

	memcpy(copy, list, sizeof *copy * count);
	cr_assert_eq(needs_map(copy, count, by, topic, &out, &err), ERR_OK, "%s", err.reason);
	free(copy);
	return out;
}

static const cJSON *
row(const cJSON *map, const char *territory, const char *municipality)
{
	const cJSON *r;

	cJSON_ArrayForEach(r, cJSON_GetObjectItem(map, "rows")) {
		const char *town = cJSON_GetStringValue(cJSON_GetObjectItem(r, "municipality"));

		if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(r, "territory")), territory) == 0 &&
		    (town && municipality ? strcmp(town, municipality) == 0 : town == municipality))
			return r;
	}
	return NULL;
}

static int
total(const cJSON *r)
{
	const cJSON *t = cJSON_GetObjectItem(r, "total");

	return cJSON_IsObject(t) ? cJSON_GetObjectItem(t, "things")->valueint : -1;
}

/* Where nothing is needed, or nothing may be told, there is a map of nothing: of no list at all, too. */
Test(needs, no_list)
{
	cJSON *map = NULL;

	cr_assert_eq(needs_map(NULL, 0, NEEDS_BY_MUNICIPALITY, NULL, &map, &err), ERR_OK, "%s", err.reason);
	cr_expect_eq(total(cJSON_GetArrayItem(cJSON_GetObjectItem(map, "rows"), 0)), 0);
	cJSON_Delete(map);
}

/* A town with one organisation is hidden, and another one with it; a town that is large enough, and larger, is told. */
Test(needs, municipalities)
{
	cJSON *map = map_of(sample, 7, NEEDS_BY_MUNICIPALITY, NULL);

	cr_assert_eq(total(row(map, "AL", "Berat")), -1);
	cr_assert_eq(total(row(map, "AL", "Kukës")), -1);
	cr_assert_eq(total(row(map, "AL", "Lezhë")), 27);
	cr_assert_eq(total(row(map, "AL", NULL)), 48);
	cJSON_Delete(map);
	/* With a small territory beside it, its total is hidden: its towns alone give nothing away then. */
	map = map_of(sample, sizeof sample / sizeof *sample, NEEDS_BY_MUNICIPALITY, NULL);
	cr_assert_eq(total(row(map, "MK", NULL)), -1);
	cr_assert_eq(total(row(map, "AL", NULL)), -1);
	cr_assert_eq(total(row(map, "AL", "Berat")), -1);
	cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(map, "columns")), 3);
	cr_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(map, "columns"), 0)->valuestring, "equipment");
	cJSON_Delete(map);
}

/* What is about something whose place must stay unknown stands in no town: Lezhë has its 27 things of equipment only. */
Test(needs, confidential)
{
	struct need_at two[4] = { sample[4], sample[5], sample[6], sample[7] };
	cJSON *map = map_of(two, 4, NEEDS_BY_MUNICIPALITY, NULL), *other;
	char *a, *b;

	cr_assert_null(row(map, "AL", "Elsewhere"));
	a = cJSON_PrintUnformatted(map);
	two[3].municipality[0] = 0;
	other = map_of(two, 4, NEEDS_BY_MUNICIPALITY, NULL);
	b = cJSON_PrintUnformatted(other);
	cr_assert_str_eq(a, b, "the town of a confidential need changes nothing");
	free(a);
	free(b);
	cJSON_Delete(map);
	cJSON_Delete(other);
}

/* The order of the list changes nothing. */
Test(needs, order)
{
	size_t n = sizeof sample / sizeof *sample;
	struct need_at turned[sizeof sample / sizeof *sample];
	cJSON *a = map_of(sample, n, NEEDS_BY_MUNICIPALITY, NULL), *b;
	uint64_t state = 11;

	for (int round = 0; round < 50; round++) {
		memcpy(turned, sample, sizeof sample);
		for (size_t i = n; i > 1; i--) {
			struct need_at kept = turned[i - 1];
			size_t k;

			state = state * 6364136223846793005ULL + 1;
			k = (size_t)(state >> 33) % i;
			turned[i - 1] = turned[k];
			turned[k] = kept;
		}
		b = map_of(turned, n, NEEDS_BY_MUNICIPALITY, NULL);
		cr_assert(cJSON_Compare(a, b, true), "round %d", round);
		cJSON_Delete(b);
	}
	cJSON_Delete(a);
}

/* The map of territories tells exactly what the map of municipalities tells of territories, whatever the needs. */
Test(needs, maps_agree)
{
	uint64_t state = 3;

	for (int round = 0; round < 100; round++) {
		struct need_at list[60];
		size_t n = 0;
		cJSON *towns, *territories;
		const cJSON *r;

		for (n = 0; n < (size_t)(round % 60); n++) {
			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			list[n] = (struct need_at){ .who = (uint32_t)(state >> 40) % 20, .quantity = 1 + (state >> 50) % 6 };
			strcpy(list[n].territory, (state >> 20) & 1 ? "AL" : "RS");
			snprintf(list[n].municipality, sizeof list[n].municipality, "Town %d", (int)((state >> 33) % 6));
			strcpy(list[n].category, (state >> 22) & 1 ? "space" : "equipment");
			list[n].about = (state >> 23) & 1;
		}
		towns = map_of(list, n, NEEDS_BY_MUNICIPALITY, NULL);
		territories = map_of(list, n, NEEDS_BY_TERRITORY, NULL);
		cJSON_ArrayForEach(r, cJSON_GetObjectItem(territories, "rows"))
			cr_assert(cJSON_Compare(r, row(towns, cJSON_GetObjectItem(r, "territory")->valuestring, NULL), true), "round %d", round);
		cJSON_Delete(territories);
		/* And a topic's map tells no total that the other hides. */
		territories = map_of(list, n, NEEDS_BY_MUNICIPALITY, "law");
		cJSON_ArrayForEach(r, cJSON_GetObjectItem(territories, "rows")) {
			const cJSON *town = cJSON_GetObjectItem(r, "municipality");

			if (total(row(towns, cJSON_GetObjectItem(r, "territory")->valuestring, cJSON_GetStringValue(town))) == -1)
				cr_assert_eq(total(r), -1, "round %d", round);
		}
		cJSON_Delete(territories);
		cJSON_Delete(towns);
	}
}

/* Nothing at all is a map as well. */
Test(needs, none)
{
	cJSON *map = map_of(sample, 0, NEEDS_BY_TERRITORY, NULL);

	cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(map, "rows")), 1);
	cr_assert_eq(total(row(map, "WB", NULL)), 0);
	cJSON_Delete(map);
}
