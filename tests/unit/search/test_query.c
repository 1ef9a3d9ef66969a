#include "tests/unit/search/searching.h"

#include "node/record/freshness.h"
#include "node/search/asking.h"
#include "proto/utf8.h"

static struct searching set;

#define ORGANISATION(n) "00000000-0000-4000-8000-0000000000" n
#define SERVICE(n) "00000000-0000-4000-8000-0000000001" n

static void
start(void)
{
	search_start(&set);
	search_add_text(&set, "organisation", "[{\"id\":\"" ORGANISATION("01") "\",\"relation\":\"listed\",\"name\":{\"en\":\"First\"},"
	    "\"territories\":[\"RS\"]},{\"id\":\"" ORGANISATION("02") "\",\"relation\":\"listed\",\"name\":{\"en\":\"Second\"},"
	    "\"territories\":[\"XK\"]}]");
}

static void
stop(void)
{
	search_stop(&set);
}

/* Service N of organisation O: REST are further fields. */
static void
service(unsigned n, unsigned o, const char *name, const char *text, const char *rest)
{
	struct buf json = { 0 };

	buf_printf(&json, "{\"id\":\"00000000-0000-4000-8000-0000000001%02u\",\"organisation\":"
	    "\"00000000-0000-4000-8000-0000000000%02u\",\"name\":{\"en\":\"%s\"},\"description\":{\"en\":\"%s\"}%s", n, o, name,
	    text, *rest ? "," : "");
	buf_printf(&json, "%s%s%s}", rest, strstr(rest, "\"languages\"") ? "" : ",\"languages\":[\"eng\"]",
	    strstr(rest, "service_areas") ? "" : ",\"service_areas\":[\"RS\"]");
	search_add_text(&set, "service", buf_text(&json));
	buf_free(&json);
}

/* Numbers of the services found, in order, as "11 12". */
static const char *
order(const char *text, struct query q)
{
	static char out[1024];
	size_t len = 0;

	search_ask(&set, text, q);
	out[0] = 0;
	for (size_t i = 0; i < set.found.count; i++) {
		struct uuid name = search_name(&set, i);
		char id[UUID_TEXT];

		uuid_format(&name, id);
		len += (size_t)snprintf(out + len, sizeof out - len, "%s%s", i ? " " : "", id + 34);
	}
	return out;
}

static struct query
filtered(const struct query_filter *f, size_t count)
{
	return (struct query){ .filters = f, .filter_count = count };
}

/* All words are worth more than some, a title more than a text, and what has none of them is no hit. */
Test(query, words, .init = start, .fini = stop)
{
	service(11, 1, "Plain", "Legal advice about wages.", "");
	service(12, 1, "Legal advice", "For everybody.", "");
	service(13, 2, "Other", "Advice.", "");
	service(14, 2, "Nothing", "Sewing.", "");
	cr_expect_str_eq(order("legal advice", (struct query){ 0 }), "12 11 13");
	cr_expect_eq(set.found.total, 3);
	cr_expect_str_eq(order("legal advice wages", (struct query){ 0 }), "11 12 13");
	cr_expect_str_eq(order("sew", (struct query){ 0 }), "14", "the last word need not be finished");
	cr_expect_str_eq(order("swing", (struct query){ 0 }), "14", "a letter is missing");
	cr_expect_str_eq(order("qqqqqq", (struct query){ 0 }), "");
}

/* Fresh before due before stale, else alike; and nearer home first. */
Test(query, freshness_and_territory, .init = start, .fini = stop)
{
	service(11, 1, "Help", "Same words.", "\"last_verified\":\"2025-01-01\"");
	service(12, 1, "Help", "Same words.", "\"last_verified\":\"2025-12-31\"");
	service(13, 2, "Help", "Same words.", "\"last_verified\":\"2025-07-20\"");
	cr_expect_str_eq(order("words", (struct query){ 0 }), "12 13 11");
	cr_expect_str_eq(order("words", (struct query){ .fresh_only = true }), "12");
	service(14, 2, "Help", "Same words.", "\"last_verified\":\"2025-12-31\",\"service_areas\":[\"XK\"]");
	cr_expect_str_eq(order("words", (struct query){ .own_territories = 1u << 5 }), "14 12 13 11");
	cr_expect_str_eq(order("words", (struct query){ .territories = 1u << 5 }), "14");
	cr_expect_eq(set.found.relaxed, 0);
}

/* Who may not have a record sees neither it, nor its count, nor its facets; nor what has ended. */
Test(query, audience, .init = start, .fini = stop)
{
	service(11, 1, "Help", "Same words.", "\"audience\":\"cso\",\"kind_terms\":[\"legal-aid\"]");
	service(12, 2, "Help", "Same words.", "");
	cr_expect_str_eq(order("words", (struct query){ .audiences = 1u << AUDIENCE_PUBLIC, .facets = true }), "12");
	cr_expect_eq(set.found.total, 1);
	for (size_t i = 0; i < set.found.facet_count; i++) {
		cr_expect_eq(set.found.facets[i].count, 1);
		cr_expect_str_neq(set.found.facets[i].key, "legal-aid");
	}
	cr_expect_str_eq(order("words", (struct query){ .facets = true }), "12 11");
	cr_expect_eq(set.found.total, 2);
}

/* At most three of one organisation a page; pages are disjoint, together they are all, and the total stays. */
Test(query, pages, .init = start, .fini = stop)
{
	bool seen[100] = { false };
	size_t got = 0;

	for (unsigned i = 0; i < 17; i++)
		service(10 + i, 1 + (i % 5 == 4), "Help", "Same words.", "");
	for (size_t page = 0; page < 20; page++) {
		unsigned of[2] = { 0 };

		order("words", (struct query){ .limit = 5, .page = page });
		cr_expect_eq(set.found.total, 17);
		cr_expect_eq(set.found.before, got);
		if (set.found.count == 0)
			break;
		for (size_t i = 0; i < set.found.count; i++) {
			unsigned n = (unsigned)search_name(&set, i).b[15];

			n = n / 16 * 10 + n % 16;
			cr_expect_not(seen[n], "%u stands twice", n);
			seen[n] = true;
			of[(n - 10) % 5 == 4]++;
		}
		cr_expect(of[0] <= QUERY_OF_ONE && of[1] <= QUERY_OF_ONE, "page %zu", page);
		got += set.found.count;
	}
	cr_expect_eq(got, 17);
}

/* Where an entry names no organisation its author is it. */
Test(query, pages_of_authors, .init = start, .fini = stop)
{
	for (unsigned i = 0; i < 5; i++) {
		struct buf json = { 0 };

		buf_printf(&json, "{\"id\":\"00000000-0000-4000-8000-0000000002%02u\",\"severity\":\"urgent\","
		    "\"text\":{\"en\":\"The river rises.\"},\"until\":\"2030-01-01\"}", i);
		search_add_text(&set, "notice", buf_text(&json));
		buf_free(&json);
	}
	search_ask(&set, "river", (struct query){ 0 });
	cr_expect_eq(set.found.count, QUERY_OF_ONE);
	cr_expect_eq(set.found.total, 5);
	search_ask(&set, "river", (struct query){ .page = 1 });
	cr_expect_eq(set.found.count, 2);
}

/* Whatever is asked of whatever there is: pages go down in score, are disjoint, and make up the total. */
Test(query, any_query, .init = start, .fini = stop)
{
	static const char *const words[] = { "law", "women", "shelter", "course", "sewing", "village", "doctor", "court", "help",
		"child", "work", "phone" };
	const size_t count = sizeof words / sizeof *words;
	uint64_t seed = 20260101;

	printf("seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < 60; i++) {
		char text[400] = "", rest[100];

		for (unsigned k = 0; k < 3 + i % 9; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", words[(seed >> 33) % count]);
		}
		snprintf(rest, sizeof rest, "\"last_verified\":\"2025-%02u-01\"", 1 + (unsigned)(seed >> 40) % 12);
		service(30 + i, 1 + i, "Entry", text, rest);
	}
	for (unsigned i = 0; i < 60; i++) {
		double last = 1e9;
		size_t got = 0;
		char text[100];

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		snprintf(text, sizeof text, "%s %s%s", words[(seed >> 33) % count], words[(seed >> 45) % count], i % 2 ? " " : "");
		for (size_t page = 0; page < 70; page++) {
			search_ask(&set, text, (struct query){ .limit = 7, .page = page });
			for (size_t k = 0; k < set.found.count; k++) {
				cr_expect(set.found.hits[k].score <= last + 1e-6, "\"%s\" page %zu hit %zu", text, page, k);
				last = set.found.hits[k].score;
			}
			got += set.found.count;
			if (got == set.found.total)
				break;
		}
		cr_expect_eq(got, set.found.total, "\"%s\"", text);
	}
}

#define PLACE_ADDED(n, name, level) \
	"{\"id\":\"" SERVICE(n) "\",\"names\":{\"en\":\"" name "\"},\"territory\":\"RS\",\"level\":\"" level "\",\"code\":\"X" n "\"}"

/* Whoever asks for a sort of help in a town is shown that help before all else in the town. */
Test(query, place_beside_topic, .init = start, .fini = stop)
{
	search_add_text(&set, "place", PLACE_ADDED("50", "Izmisljevo", "municipality"));
	service(11, 1, "Sewing Izmisljevo", "Course.", "\"municipalities\":[\"Izmisljevo\"]");
	service(12, 1, "Lawyer", "Advice.", "\"municipalities\":[\"Elsewhere\"]");
	service(13, 2, "Lawyer", "Advice.", "\"municipalities\":[\"Elsewhere\"]");
	for (unsigned n = 14; n < 40; n++)     /* lawyers are common here, the town is rare */
		service(n, 2, "Lawyer", "Advice.", "");
	cr_expect_str_eq(order("lawyer izmisljevo", (struct query){ .limit = 3 }), "14 15 16");
	service(40, 2, "Lawyer", "Advice.", "\"municipalities\":[\"Izmisljevo\"]");
	cr_expect_str_eq(order("lawyer izmisljevo", (struct query){ .limit = 1 }), "40");
}

/* A shelter is at no place: asked for in a town, that of its territory comes before the town's other entries. */
Test(query, shelter_in_a_town, .init = start, .fini = stop)
{
	search_add_text(&set, "place", PLACE_ADDED("50", "Izmisljevo", "municipality"));
	service(11, 1, "Courses", "In Izmisljevo.", "\"municipalities\":[\"Izmisljevo\"]");
	service(12, 2, "Shelter", "Shelter.", "\"kind_terms\":[\"shelter\"],\"confidential\":true,\"disclosure\":\"redacted\","
	    "\"service_areas\":[\"AL\"]");
	service(13, 2, "Here", "A bed.", "\"kind_terms\":[\"shelter\"],\"confidential\":true,\"disclosure\":\"redacted\"");
	service(14, 1, "Izmisljevo", "Sewing.", "\"municipalities\":[\"Izmisljevo\"]");
	cr_expect_eq(strncmp(order("shelter izmisljevo", (struct query){ .limit = 2 }), "13 ", 3), 0);
	cr_expect_gt(set.found.hits[0].score, 1.5f * set.found.hits[1].score, "its territory is as good as the town");
}

/* Filters of one class widen, of several narrow. */
Test(query, filters, .init = start, .fini = stop)
{
	const struct query_filter f[] = { { TERM_SPEAKS, bytes_text("sqi") }, { TERM_SPEAKS, bytes_text("tur") },
		{ TERM_PLACE, bytes_text("prizren") } };

	service(11, 1, "A", "Words.", "\"languages\":[\"sqi\"],\"municipalities\":[\"Prizren\"]");
	service(12, 1, "B", "Words.", "\"languages\":[\"tur\"]");
	service(13, 2, "C", "Words.", "\"languages\":[\"srp\"],\"municipalities\":[\"Prizren\"]");
	cr_expect_str_eq(order("words", filtered(f, 1)), "11");
	cr_expect_str_eq(order("words", filtered(f, 2)), "12 11", "the shorter entry first");
	cr_expect_str_eq(order("", filtered(f, 2)), "11 12", "no words: all that pass");
	cr_expect_str_eq(order("words", filtered(f + 2, 1)), "11 13");
	cr_expect_str_eq(order("words", filtered(f, 3)), "11");
}

/* Before anything was asked here nothing is marked: another node is asked, and the emergency lines are this one's. */
Test(query, no_query_no_marks)
{
	struct found none = { .count = 0 };
	struct highlight marks[4];

	cr_expect_eq(found_highlights(&none, bytes_text("Advice."), marks, 4), 0);
	found_done(&none);
}

/* Nothing is just so: each thing is given up alone first, in the order that is told, and said. */
Test(query, relaxing, .init = start, .fini = stop)
{
	const struct query_filter f[] = { { TERM_PLACE, bytes_text("nis") }, { TERM_SPEAKS, bytes_text("tur") } };
	struct query q = filtered(f, 1);

	q.place_territories = 1u << 4;
	service(11, 1, "A", "Words.", "\"municipalities\":[\"Užice\"],\"channels\":[{\"type\":\"in-person\"}]");
	cr_expect_str_eq(order("words", q), "11");
	cr_expect_eq(set.found.relaxed, RELAXED_NEIGHBOURS, "nobody can be called: elsewhere");
	service(12, 1, "B", "Words.", "\"municipalities\":[\"Užice\"],\"channels\":[{\"type\":\"phone\"}]");
	cr_expect_str_eq(order("words", q), "12");
	cr_expect_eq(set.found.relaxed, RELAXED_REMOTE);
	cr_expect_str_eq(order("words", filtered(f + 1, 1)), "11 12");
	cr_expect_eq(set.found.relaxed, RELAXED_LANGUAGE);
	service(13, 2, "C", "Words.", "\"interpretation\":{\"en\":\"On request.\"}");
	cr_expect_str_eq(order("words", filtered(f + 1, 1)), "13");
	cr_expect_eq(set.found.relaxed, RELAXED_INTERPRETER);
	service(14, 2, "D", "Words.", "\"schedules\":[{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO\",\"opens_at\":\"09:00\",\"closes_at\":\"12:00\"}]");
	service(15, 2, "E", "Words.", "\"schedules\":[{\"rrule\":\"FREQ=WEEKLY;BYDAY=FR\",\"opens_at\":\"09:00\",\"closes_at\":\"12:00\"}]");
	cr_expect_str_eq(order("words", (struct query){ .open_now = true }), "15 14", "the soonest first");
	cr_expect_eq(set.found.relaxed, RELAXED_OPENS_LATER);
	service(16, 2, "F", "Words.", "\"schedules\":[{\"rrule\":\"FREQ=DAILY\"}]");
	cr_expect_str_eq(order("words", (struct query){ .open_now = true }), "16");
	cr_expect_eq(set.found.relaxed, 0);
}

/* Where nothing is in the town, its own territory comes before its neighbours, and before that of who asks. */
Test(query, neighbours_come_last, .init = start, .fini = stop)
{
	const struct query_filter f = { TERM_PLACE, bytes_text("prizren") };
	struct query q = filtered(&f, 1);

	q.place_territories = 1u << 5;         /* XK */
	q.own_territories = 1u << 4;           /* RS */
	service(11, 1, "B", "Words.", "");
	service(12, 2, "A", "Words of it.", "\"service_areas\":[\"XK\"]");
	cr_expect_str_eq(order("words", q), "12 11");
	cr_expect_eq(set.found.relaxed, RELAXED_NEIGHBOURS);
}

/* Who asks for everything looks for help: the exchange comes behind it. */
Test(query, help_before_the_exchange, .init = start, .fini = stop)
{
	search_add_text(&set, "need", "{\"id\":\"" SERVICE("11") "\",\"category\":\"equipment\",\"item\":{\"en\":\"Words\"},"
	    "\"quantity\":9,\"until\":\"2035-12-31\",\"territory\":\"RS\",\"stage\":\"open\"}");
	service(12, 1, "Words", "Of it.", "");
	cr_expect_str_eq(order("words", (struct query){ 0 }), "12 11");
}

/* A telephone number is found as it is dialled abroad and at home, with and without signs between the digits. */
Test(query, numbers, .init = start, .fini = stop)
{
	static const char *const same[] = { "+38344123456", "38344123456", "0038344123456", "044123456", "044/123-456",
		"+383 44 123 456", "00 383 (44) 123456" };

	service(11, 1, "A", "Words.", "\"phones\":[\"+38344123456\"]");
	service(12, 1, "B", "123 words, 456 more.", "\"phones\":[\"+38344123457\"]");
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		cr_expect_str_eq(order(same[i], (struct query){ .limit = 1 }), "11", "%s", same[i]);
	cr_expect_str_eq(order("044123458", (struct query){ 0 }), "");
}

/* Near: only what is at one of the places, with its distance, the nearest first. */
Test(query, near, .init = start, .fini = stop)
{
	const struct query_place places[] = { { bytes_text("nis"), 0 }, { bytes_text("leskovac"), 38 } };

	service(11, 1, "A", "Words.", "\"municipalities\":[\"Leskovac\"]");
	service(12, 1, "A", "Words.", "\"municipalities\":[\"Niš\",\"Leskovac\"]");
	service(13, 2, "A", "Words.", "\"municipalities\":[\"Prizren\"]");
	cr_expect_str_eq(order("words", (struct query){ .near = true, .places = places, .place_count = 2 }), "12 11");
	cr_expect_eq(set.found.hits[0].distance_km, 0);
	cr_expect_eq(set.found.hits[1].distance_km, 38);
}

/* Words for other entries are found only by who asks for them. */
Test(query, beside, .init = start, .fini = stop)
{
	const struct query_filter f = { TERM_KIND, bytes_text("place") };

	search_add_text(&set, "place", "{\"id\":\"" SERVICE("50") "\",\"names\":{\"en\":\"Madeup\"},\"territory\":\"ME\"}");
	service(11, 1, "A", "In Madeup.", "");
	cr_expect_str_eq(order("madeup", (struct query){ 0 }), "11");
	cr_expect_str_eq(order("madeup", filtered(&f, 1)), "50");
}

/* Too much is refused, nothing asked is refused, and both leave nothing behind. */
Test(query, refusals, .init = start, .fini = stop)
{
	char text[QUERY_TEXT + 2];
	struct err e;

	for (unsigned i = 0; i < 12; i++)
		service(10 + i, 1, "Help", "Same words.", "");
	cr_expect_eq(search_run(&set, "", (struct query){ 0 }, &e), ERR_INPUT);
	cr_expect_eq(search_run(&set, " ,;!", (struct query){ 0 }, &e), ERR_INPUT);
	cr_expect_eq(search_run(&set, "words", (struct query){ .max_postings = 5 }, &e), ERR_LIMIT);
	cr_expect_eq(search_run(&set, "words", (struct query){ .max_postings = 1000 }, &e), ERR_OK);
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	cr_expect_eq(search_run(&set, text, (struct query){ 0 }, &e), ERR_LIMIT);
	cr_expect_eq(search_run(&set, "a b c d e f g h i j k l m n o p q r s t words", (struct query){ 0 }, &e), ERR_OK,
	    "more words than are read");
}

/* Marks lie on the words that were meant, in the script they were written in; snippets are whole words around them. */
Test(query, highlights, .init = start, .fini = stop)
{
	struct bytes text = bytes_text("Психолог за жене и децу");
	struct highlight h[4], part;
	size_t count;

	service(11, 1, "A", "Psiholog za žene.", "");
	order("zene", (struct query){ 0 });
	count = found_highlights(&set.found, text, h, 4);
	cr_assert_eq(count, 1);
	cr_expect(memcmp(text.p + h[0].at, "жене", 8) == 0 && h[0].end - h[0].at == 8);
	for (size_t max = 0; max < text.len + 3; max++) {
		part = query_snippet(text, h, count, max);
		cr_expect(part.at <= part.end && part.end <= text.len && part.end - part.at <= max + 1, "%zu", max);
		cr_expect(utf8_valid((struct bytes){ text.p + part.at, part.end - part.at }), "%zu", max);
	}
}

/* Where nothing was asked nothing is marked: emergency lines stand above what another node found. */
Test(query, no_highlights)
{
	struct found nothing = { .asked = NULL };
	struct highlight h[4];

	cr_expect_eq(found_highlights(&nothing, bytes_text("Pravna pomoć"), h, 4), 0);
}

/* A name of several words is marked where all of them stand; one of them alone is no sign of it. What was asked is worth most. */
Test(query, highlights_of_names, .init = start, .fini = stop)
{
	struct bytes whole = bytes_text("Сигуран смештај за жене"), part = bytes_text("Smeštaj za žene");
	struct alternative name = { .class = TERM_WORD, .len = 15, .phrase = true, .key = "siguran smestaj", .worth = 0.45f, .mask = 1 };
	struct asked *a;
	struct highlight h[4];

	service(11, 1, "A", "Psiholog za žene.", "");
	order("zene", (struct query){ 0 });
	a = set.found.asked;
	a->list = need_realloc(a->list, (a->count + 1) * sizeof *a->list);
	a->list[a->count++] = name;
	cr_assert_eq(found_highlights(&set.found, part, h, 4), 1);
	cr_expect(memcmp(part.p + h[0].at, "žene", 5) == 0);
	cr_assert_eq(found_highlights(&set.found, whole, h, 4), 3);
	cr_expect(h[0].at == 0 && h[0].worth < h[2].worth && h[1].at > 0 && h[2].worth == 1);
}
