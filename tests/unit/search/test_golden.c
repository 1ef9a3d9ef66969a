/* The golden set: what people type in ten languages, and what they must find. */
#include "tests/unit/search/searching.h"

#define PAIRS "tests/golden/search/pairs.tsv"
#define CORPUS "tests/golden/search/corpus.ndjson"
#define SAMPLES "contrib/sample-network/"
#define LANGUAGES 10

static const char *const languages[LANGUAGES] = { "sq", "bs", "hr", "sr-Latn", "sr-Cyrl", "cnr", "mk", "rom", "tr", "en" };

struct kind_list {
	char word[40];
	cJSON *entries;
};
static struct searching set;

static cJSON *
parse_line(const char *line)
{
	cJSON *o = NULL;
	struct err e;

	cr_assert_eq(json_parse(bytes_text(line), 1 << 20, "line", &o, &e), ERR_OK, "%s: %s", e.rule, e.reason);
	return o;
}

/* Lines of FILE, each an entry of KIND; without one, each {"kind", "body"}. */
static void
load(const char *file, const char *kind)
{
	struct kind_list lists[16] = { 0 };
	char *line = NULL;
	size_t room = 0;
	FILE *f = fopen(file, "r");

	cr_assert_not_null(f, "%s", file);
	while (getline(&line, &room, f) > 0) {
		cJSON *o = parse_line(line), *body = kind ? o : cJSON_DetachItemFromObject(o, "body");
		const char *word = kind ? kind : cJSON_GetObjectItem(o, "kind")->valuestring;
		struct kind_list *k = lists;

		while (k->entries && strcmp(k->word, word) != 0)
			k++;
		if (k->entries == NULL) {
			snprintf(k->word, sizeof k->word, "%s", word);
			k->entries = cJSON_CreateArray();
		}
		cJSON_AddItemToArray(k->entries, body);
		if (!kind)
			cJSON_Delete(o);
	}
	for (struct kind_list *k = lists; k->entries; k++) {
		search_add(&set, k->word, k->entries);
		cJSON_Delete(k->entries);
	}
	free(line);
	fclose(f);
}

static void
open_set(void)
{
	search_start(&set);
	load(SAMPLES "taxonomies.ndjson", "taxonomy");
	load(SAMPLES "terms.ndjson", "term");
	load(SAMPLES "places.ndjson", "place");
	load(CORPUS, NULL);
}

static void
close_set(void)
{
	search_stop(&set);
}

/* One line of pairs: is every wanted entry among the first ten? */
static bool
is_met(char *query, char *ids)
{
	bool all = true;

	search_ask(&set, query, (struct query){ .limit = 10 });
	for (char *id = strtok(ids, " "); id; id = strtok(NULL, " "))
		all &= search_has(&set, id);
	return all;
}

/* With EXPLAIN=1: the best, and where what is wanted stands. */
static void
explain(const char *query, const char *ids)
{
	char list[400];

	search_ask(&set, query, (struct query){ .limit = 200 });
	snprintf(list, sizeof list, "%s", ids);
	for (size_t i = 0; i < set.found.count; i++) {
		struct verified v;
		struct uuid name = search_name(&set, i);
		char text[UUID_TEXT];
		struct bytes title;

		records_get(set.records, set.txn, &set.found.hits[i].record, &v);
		title = body_text(v.record.body, kind_find(v.record.kind)->title, NULL);
		uuid_format(&name, text);
		if (i < 10 || strstr(list, text))
			printf("    %3zu %.3f %s%.*s (%.*s)\n", i + 1, set.found.hits[i].score, strstr(list, text) ? "-> " : "",
			    (int)title.len, (const char *)title.p, 60,
			    (const char *)body_text(v.record.body, v.record.kind == KIND_SERVICE ? 34 : 36, NULL).p);
	}
}

/* Of all pairs 95 of a hundred are met, and 90 in each language. */
Test(golden, recall, .init = open_set, .fini = close_set, .timeout = 120)
{
	unsigned met[LANGUAGES] = { 0 }, asked[LANGUAGES] = { 0 }, all = 0, all_met = 0;
	char *line = NULL;
	size_t room = 0;
	FILE *f = fopen(PAIRS, "r");

	cr_assert_not_null(f);
	while (getline(&line, &room, f) > 0) {
		char *rest = line, *tag = strsep(&rest, "\t"), *query = strsep(&rest, "\t"), *ids = strsep(&rest, "\t");
		char wanted[400];
		size_t l = 0;
		bool ok;

		while (l < LANGUAGES && strcmp(languages[l], tag) != 0)
			l++;
		cr_assert_lt(l, LANGUAGES, "%s", tag);
		snprintf(wanted, sizeof wanted, "%s", ids);
		ok = is_met(query, ids);
		asked[l]++;
		met[l] += ok;
		if (!ok) {
			printf("missed %s \"%s\" %s", tag, query, rest);
			if (getenv("EXPLAIN"))
				explain(query, wanted);
		}
	}
	for (size_t l = 0; l < LANGUAGES; l++) {
		printf("%s: %u of %u\n", languages[l], met[l], asked[l]);
		cr_expect_geq(met[l] * 10, asked[l] * 9, "%s: %u of %u", languages[l], met[l], asked[l]);
		all += asked[l];
		all_met += met[l];
	}
	printf("search.golden_recall %.4f\n", (double)all_met / (double)all);
	cr_expect_geq(all_met * 100, all * 95, "%u of %u", all_met, all);
	free(line);
	fclose(f);
}
