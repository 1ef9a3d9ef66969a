#include "cli.h"
#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/entry.h"
#include "node/cli/json.h"
#include "node/cli/qr.h"
#include "node/cli/show.h"
#include "node/cli/watch.h"
#include "node/cli/http.h"

#define NOW 1800000000   /* 2027-01-15T08:00:00Z */

static void
in_utc(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}
TestSuite(show, .init = in_utc);

static const char entries_json[] =
    "[{\"id\":\"1f3c2a4b-0000-4000-8000-000000000001\",\"record\":\"rec1x\",\"author\":\"org1aaaaaaaaaaaaaaaaaaa\","
    "\"stamp\":\"2027-01-02T03:04:05.678Z\",\"freshness\":\"fresh\",\"audience\":\"public\",\"state\":\"live\","
    "\"relation\":\"listed\",\"name\":{\"sr\":\"Центар\",\"en\":\"Centre\",\"unreviewed\":[\"en\"]},"
    "\"territories\":[\"RS\",\"XK\"],\"phones\":[{\"number\":\"+38111000\",\"type\":\"helpline\"}]},"
    "{\"id\":\"2f3c2a4b-0000-4000-8000-000000000002\",\"record\":\"rec1y\",\"author\":\"org1bbb\","
    "\"stamp\":\"2027-01-02T03:04:05Z\",\"freshness\":\"stale\",\"audience\":\"public\",\"state\":\"live\","
    "\"relation\":\"self\",\"name\":{\"sq\":\"Qendra\\u001b[2J\"},\"territories\":[\"AL\"]}]";
static const char members_json[] = "[{\"id\":\"org1aaaaaaaaaaaaaaaaaaa\",\"name\":\"Izmišljeni centar\"}]";
static const char status_json[] =
    "{\"organisation\":{\"id\":\"org1me\",\"name\":\"Ana\",\"territory\":\"XK\",\"state\":\"active\",\"coordinator\":true},"
    "\"node\":{\"id\":\"node1me\"},\"network\":{\"id\":\"net1n\",\"name\":\"Mreža\",\"charter\":\"rec1c\"},"
    "\"listen\":\"127.0.0.1:5684\",\"protected\":false,\"records\":{\"membership\":4,\"directory\":2,\"exchange\":0},"
    "\"members\":{\"active\":2,\"total\":3},\"pending\":[],\"warnings\":[],\"last_heard\":\"2027-01-15T07:59:00Z\",\"peers\":["
    "{\"organisation\":\"org1b\",\"name\":\"Good\",\"node\":\"node1b\",\"state\":\"connected\",\"behind\":0,"
    "\"last_contact\":\"2027-01-15T07:59:30Z\",\"bytes_in\":2048,\"bytes_out\":10,\"version\":\"0.1.0\",\"clock_offset_ms\":5},"
    "{\"organisation\":\"org1c\",\"name\":\"Bad\",\"node\":\"node1c\",\"state\":\"unreachable\",\"behind\":7,"
    "\"last_contact\":null,\"bytes_in\":0,\"bytes_out\":0,\"version\":null,\"clock_offset_ms\":9000}]}";

/* A list stands in columns that the eye can follow, whatever the script; who listed it, and that it is unconfirmed. */
Test(show, list_in_columns)
{
	struct heard h;
	cJSON *entries = cJSON_Parse(entries_json);
	struct entry_view v = { .members = cJSON_Parse(members_json), .now = NOW };

	hear(&h);
	entry_table(&h.call, kind_by_word("organisation"), entries, &v);
	cr_assert_str_eq(heard_out(&h),
	    "name        territory  freshness  by                                          id\n"
	    "Centre      RS XK      fresh      listed by Izmišljeni centar, not confirmed  1f3c2a4b\n"
	    "Qendra?[2J  AL         stale      org1bbb                                     2f3c2a4b\n");
	hush(&h);
	cJSON_Delete(entries);
	cJSON_Delete(v.members);
}

/* The plain form has a fact a line and nothing else. */
Test(show, list_in_plain)
{
	struct heard h;
	cJSON *entries = cJSON_Parse(entries_json);
	struct entry_view v = { .members = cJSON_Parse(members_json), .now = NOW };

	hear(&h);
	h.call.plain = true;
	entry_table(&h.call, kind_by_word("organisation"), entries, &v);
	cr_assert_str_eq(heard_out(&h),
	    "name: Centre\nterritory: RS XK\nfreshness: fresh\n"
	    "by: listed by Izmišljeni centar, not confirmed\nid: 1f3c2a4b-0000-4000-8000-000000000001\n\n"
	    "name: Qendra?[2J\nterritory: AL\nfreshness: stale\nby: org1bbb\n"
	    "id: 2f3c2a4b-0000-4000-8000-000000000002\n");
	hush(&h);
	cJSON_Delete(entries);
	cJSON_Delete(v.members);
}

/* "fresh" is said only of what somebody has checked; what is worse than unchecked stays as it is. JSON is not touched. */
Test(show, nobody_checked)
{
	static const struct { const char *entry, *wanted; } rows[] = {
		{ "{\"freshness\":\"fresh\",\"verified\":false}", "freshness: not verified\n" },
		{ "{\"freshness\":\"fresh\",\"verified\":true}", "freshness: fresh\n" },
		{ "{\"freshness\":\"fresh\"}", "freshness: fresh\n" },
		{ "{\"freshness\":\"due\",\"verified\":false}", "freshness: due\n" },
		{ "{\"freshness\":\"stale\",\"verified\":false}", "freshness: stale\n" },
		{ "{\"freshness\":\"expired\",\"verified\":false}", "freshness: expired\n" },
	};
	const struct kind *k = kind_by_word("organisation");
	struct entry_view v = { .now = NOW };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cJSON *entries = cJSON_CreateArray();
		struct heard h;

		cJSON_AddItemToArray(entries, cJSON_Parse(rows[i].entry));
		hear(&h);
		h.call.plain = true;
		entry_table(&h.call, k, entries, &v);
		cr_assert(strstr(heard_out(&h), rows[i].wanted), "list: %s gives %s", rows[i].entry, h.out);
		hush(&h);
		hear(&h);
		entry_print(&h.call, k, entries->child, &v);
		cr_assert(strstr(heard_out(&h), rows[i].wanted), "show: %s gives %s", rows[i].entry, h.out);
		hush(&h);
		cJSON_Delete(entries);
	}
}

/* COUNT answers to an addition; the second has a warning. */
static cJSON *
answers(unsigned count)
{
	cJSON *all = cJSON_CreateArray();

	for (unsigned i = 1; i <= count; i++) {
		cJSON *one = cJSON_CreateObject();
		char id[UUID_TEXT];

		snprintf(id, sizeof(id), "%08x-0000-4000-8000-000000000000", i);
		cJSON_AddStringToObject(one, "id", id);
		if (i == 2)
			cJSON_AddItemToArray(cJSON_AddArrayToObject(one, "warnings"), cJSON_CreateString("a telephone\nnumber"));
		cJSON_AddItemToArray(all, one);
	}
	return all;
}

/* Up to five entries are told one by one, of more their number; what is amiss is told of its entry either way. */
Test(show, many_added)
{
	const struct command *add = command_find("organisation add");
	struct heard h;
	cJSON *five = answers(5), *six = answers(6);

	hear(&h);
	h.call.command = add;
	h.call.kind = add->kind;
	entry_report(&h.call, "added", "would be added", five);
	cr_assert(strstr(heard_out(&h), "organisation added: 00000005-0000-4000-8000-000000000000\n"));
	cr_assert(strstr(h.out, "organisations added: 5\n"));
	cr_assert_str_eq(heard_err(&h), "warning: entry 2 (00000002): a telephone number\n");
	hush(&h);
	hear(&h);
	h.call.command = add;
	h.call.kind = add->kind;
	entry_report(&h.call, "added", "would be added", six);
	cr_assert_str_eq(heard_out(&h), "organisations added: 6\n");
	cr_assert_str_eq(heard_err(&h), "warning: entry 2 (00000002): a telephone number\n");
	hush(&h);
	hear(&h);
	h.call.command = add;
	h.call.kind = add->kind;
	h.call.json = true;
	entry_report(&h.call, "added", "would be added", six);
	cr_assert(strstr(heard_out(&h), "\"00000006-0000-4000-8000-000000000000\""));
	cr_assert_str_eq(heard_err(&h), "");
	hush(&h);
	cJSON_Delete(five);
	cJSON_Delete(six);
}

/* One entry shows every language, what is translated and unchecked, codes by their meaning, and the footnote. */
Test(show, entry_in_full)
{
	struct heard h;
	cJSON *entries = cJSON_Parse(entries_json);
	struct entry_view v = { .members = cJSON_Parse(members_json), .now = NOW };

	hear(&h);
	h.call.lang = "sr-Latn";
	entry_print(&h.call, kind_by_word("organisation"), entries->child, &v);
	cr_assert(strstr(heard_out(&h), "organisation: Центар\n"));
	cr_assert(strstr(heard_out(&h), "  name (sr): Центар\n"));
	cr_assert(strstr(heard_out(&h), "  name (en, translated, nobody has checked it): Centre\n"));
	cr_assert(strstr(heard_out(&h), "  territories: Serbia (RS), Kosovo* (XK)\n"));
	cr_assert(strstr(heard_out(&h), "  phones: +38111000, type "));
	cr_assert(strstr(heard_out(&h), "  by: listed by Izmišljeni centar, not confirmed\n"));
	cr_assert(strstr(heard_out(&h), "  changed: 2027-01-02 03:04\n"));
	cr_assert(strstr(heard_out(&h), "\n* Without prejudice"));
	hush(&h);
	cJSON_Delete(entries);
	cJSON_Delete(v.members);
}

/* Filters look at territory codes, relation, and the author by id or a part of the name. */
Test(show, filters)
{
	const struct kind *k = kind_by_word("organisation");
	cJSON *entries = cJSON_Parse(entries_json), *one = entries->child, *two = one->next;
	struct entry_view v = { .members = cJSON_Parse(members_json), .now = NOW };

	cr_assert(entry_passes(k, one, "XK", NULL, NULL, &v));
	cr_assert_not(entry_passes(k, two, "XK", NULL, NULL, &v));
	cr_assert(entry_passes(k, two, NULL, NULL, "self", &v));
	cr_assert_not(entry_passes(k, one, NULL, NULL, "self", &v));
	cr_assert(entry_passes(k, one, NULL, "IZMISLJENI", NULL, &v));
	cr_assert(entry_passes(k, two, NULL, "org1bbb", NULL, &v));
	cr_assert_not(entry_passes(k, one, NULL, "org1bbb", NULL, &v));
	cJSON_Delete(entries);
	cJSON_Delete(v.members);
}

/* After 14 days without the network the first line says so, and not before. */
Test(show, silence_of_the_network)
{
	struct entry_view v = { .status = cJSON_Parse(status_json), .now = NOW };
	struct buf line = { 0 };

	entry_silence(&v, &line);
	cr_assert_eq(line.len, 0);
	v.now = NOW + 20 * 86400;
	entry_silence(&v, &line);
	cr_assert_str_eq(buf_text(&line), "this computer last heard from the network 20 days ago");
	buf_free(&line);
	cJSON_Delete(v.status);
}

/* Status has a block a peer, the worst first, with one state word; facts that say nothing are left out. */
Test(show, status)
{
	struct heard h;
	cJSON *status = cJSON_Parse(status_json);

	hear(&h);
	watch_print_status(&h.call, status, NOW);
	cr_assert_str_eq(heard_out(&h),
	    "organisation: Ana\n  territory: Kosovo*\n  id: org1me\n  node: node1me\n  network: Mreža\n"
	    "  network id: net1n\n  membership: active, coordinator\n  members: 2 active of 3\n"
	    "  listens on: 127.0.0.1:5684\n  records: membership 4, directory 2\n"
	    "  note: * Without prejudice to positions on status, and in line with UNSCR 1244/1999 and the ICJ Opinion on "
	    "the Kosovo declaration of independence.\n"
	    "\n"
	    "peer: Bad\n  state: unreachable\n  last contact: never\n  behind: by 7 records\n"
	    "  transfer: 0 B received, 0 B sent\n  clock difference: 9 s\n  organisation: org1c\n  node: node1c\n"
	    "\n"
	    "peer: Good\n  state: connected\n  last contact: 30 s ago\n  transfer: 2.0 KiB received, 10 B sent\n"
	    "  version: 0.1.0\n  organisation: org1b\n  node: node1b\n");
	hush(&h);
	hear(&h);
	h.call.plain = true;
	watch_print_status(&h.call, status, NOW);
	cr_assert_null(strstr(heard_out(&h), "\n "));
	cr_assert(strstr(heard_out(&h), "\nstate: unreachable\n"));
	hush(&h);
	cJSON_Delete(status);
}

/* A finding that is bad is told apart by its word, in both forms. */
Test(show, doctor)
{
	struct heard h;
	cJSON *findings = cJSON_Parse("[{\"code\":\"clock\",\"state\":\"ok\",\"text\":\"right\",\"remedy\":\"none\"},"
	    "{\"code\":\"disk\",\"state\":\"bad\",\"text\":\"full\",\"remedy\":\"make room\"}]");

	hear(&h);
	cr_assert(watch_print_findings(&h.call, findings));
	cr_assert_str_eq(heard_out(&h), "ok    clock: right\nbad   disk: full\n      make room\n");
	hush(&h);
	hear(&h);
	h.call.plain = true;
	watch_print_findings(&h.call, findings);
	cr_assert_str_eq(heard_out(&h), "ok: clock: right\nbad: disk: full; make room\n");
	hush(&h);
	cJSON_Delete(findings);
}

/* Without colour not one escape is printed; with it the words stay the same. */
Test(show, colour_adds_nothing)
{
	struct heard h;

	hear(&h);
	cr_assert_str_eq(show_state(&h.call, "bad"), "bad");
	h.call.colour = true;
	cr_assert_str_eq(show_state(&h.call, "bad"), "\033[31mbad\033[0m");
	cr_assert_str_eq(show_state(&h.call, "unheard of"), "unheard of");
	hush(&h);
}

/* Times are local for people, and what is no time is shown as it came. */
Test(show, times)
{
	static const struct { const char *text, *wanted; } rows[] = {
		{ "2027-01-15T07:59:48Z", "12 s ago" }, { "2027-01-15T07:00:00.123Z", "60 min ago" },
		{ "2027-01-14T08:00:00Z", "24 h ago" }, { "2027-01-05T08:00:00Z", "10 days ago" },
		{ "2027-01-22T08:00:00Z", "in 7 days" }, { "", "never" }, { "soon", "soon" },
	};
	struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&out);
		show_ago(rows[i].text, NOW, &out);
		cr_assert_str_eq(buf_text(&out), rows[i].wanted);
	}
	buf_reset(&out);
	show_time("2027-01-02T03:04:05.67800003Z", &out);
	cr_assert_str_eq(buf_text(&out), "2027-01-02 03:04");
	buf_reset(&out);
	show_bytes(1536, &out);
	cr_assert_str_eq(buf_text(&out), "1.5 KiB");
	buf_free(&out);
}

/* On a narrow screen columns give way, and no line is wider than the screen. */
Test(show, narrow_screen)
{
	struct heard h;
	cJSON *entries = cJSON_Parse(entries_json);
	struct entry_view v = { .members = cJSON_Parse(members_json), .now = NOW };
	char *line, *rest;

	hear(&h);
	h.call.columns = 64;
	entry_table(&h.call, kind_by_word("organisation"), entries, &v);
	heard_out(&h);
	for (rest = h.out; (line = strsep(&rest, "\n")) && *line;)
		cr_assert_leq(strlen(line), 64 + 4, "%s", line);
	hush(&h);
	cJSON_Delete(entries);
	cJSON_Delete(v.members);
}

/* Nobody's text, and no name of a language, can look like a fact that we state. */
Test(show, forged_facts)
{
	static const char text[] = "{\"id\":\"1\",\"author\":\"org1aaaaaaaaaaaaaaaaaaa\",\"name\":{\"en\":\"Line\\n  by: Somebody\"},"
	    "\"description\":{\"sr\\n  freshness: fresh (\":\"x\"},\"website\":\"https://example.org/\\nid: 2\"}";
	struct entry_view v = { .members = cJSON_Parse(members_json), .now = NOW };
	cJSON *entry = cJSON_Parse(text);

	for (int plain = 0; plain <= 1; plain++) {
		const char *sign = plain ? "\n" : "\n  ";
		char forged[64];
		struct heard h;

		hear(&h);
		h.call.plain = plain;
		entry_print(&h.call, kind_by_word("organisation"), entry, &v);
		snprintf(forged, sizeof forged, "%sby: Izmišljeni", sign);
		cr_expect(strstr(heard_out(&h), forged), "%s", h.out);
		snprintf(forged, sizeof forged, "%sby: Somebody", sign);
		cr_expect_not(strstr(heard_out(&h), forged), "%s", h.out);
		cr_expect_not(strstr(heard_out(&h), "\n  freshness: fresh"), "%s", h.out);
		cr_expect_not(strstr(heard_out(&h), "\nid: 2"), "%s", h.out);
		hush(&h);
	}
	cJSON_Delete(entry);
	cJSON_Delete(v.members);
}

/* A text by language: the one wanted, else a wider tag, else the source, else the first. */
Test(show, text_by_language)
{
	cJSON *text = cJSON_Parse("{\"sq\":\"S\",\"sr\":\"R\",\"en\":\"E\",\"source\":\"en\"}");

	cr_assert_str_eq(json_mltext(text, "sr-Latn"), "R");
	cr_assert_str_eq(json_mltext(text, "mk"), "E");
	cr_assert_str_eq(json_mltext(text, ""), "E");
	cJSON_DeleteItemFromObject(text, "source");
	cr_assert_str_eq(json_mltext(text, "mk"), "S");
	cr_assert_str_eq(json_mltext(NULL, "mk"), "");
	cJSON_Delete(text);
}

/* The picture is made of half blocks only, its lines equally long. */
Test(show, qr)
{
	struct buf out = { 0 };
	size_t first;

	qr_draw("kilim1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", false, &out);
	cr_assert_gt(out.len, 500);
	first = strcspn(buf_text(&out), "\n");
	cr_assert_gt(first, 20);
	cr_assert_null(strstr(buf_text(&out), "\033"));
	buf_free(&out);
}

/* What the daemon refuses keeps its code and words; an answer that is no error document is told as such. */
Test(show, answers_of_the_daemon)
{
	struct err e = { 0 };

	cr_assert_eq(http_fault(bytes_text("{\"error\":{\"code\":\"input\",\"object\":\"name\",\"rule\":\"required\","
	    "\"reason\":\"is missing\"}}"), 422, &e), ERR_INPUT);
	cr_assert_str_eq(e.object, "name");
	cr_assert_str_eq(e.reason, "is missing");
	cr_assert_eq(http_fault(bytes_text("<html>"), 500, &e), ERR_FAILED);
	cr_assert_eq(http_fault(bytes_text("{\"error\":{\"code\":\"ok\"}}"), 500, &e), ERR_FAILED);
	cr_assert_eq(http_fault((struct bytes){ 0 }, 404, &e), ERR_FAILED);
}

/* No answer, and the end of the input, mean what the question says they mean. */
Test(show, questions)
{
	static const struct { const char *typed; bool otherwise, answer; } rows[] = {
		{ "\n", true, true }, { "", true, true }, { "", false, false }, { "ne\n", true, false }, { "po\n", false, true },
		{ "what\nда\n", false, true }, { " N \n", true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;
		char typed[16];

		hear(&h);
		snprintf(typed, sizeof(typed), "%s", rows[i].typed);
		h.call.in = *typed ? fmemopen(typed, strlen(typed), "r") : fopen("/dev/null", "r");
		cr_assert_eq(ask_yes(&h.call, "?", rows[i].otherwise), rows[i].answer, "%s", rows[i].typed);
		fclose(h.call.in);
		hush(&h);
	}
}

/* Whoever is not asked has consented by typing the command; a person's empty answer has not. */
Test(show, consent)
{
	struct heard h;
	char typed[] = "\n";

	hear(&h);
	cr_assert_eq(ask_consent(&h.call, "x", "sure?", &h.error), ERR_OK);
	h.call.asks = true;
	h.call.in = fmemopen(typed, 1, "r");
	cr_assert_eq(ask_consent(&h.call, "x", "sure?", &h.error), ERR_FAILED);
	h.call.yes = true;
	cr_assert_eq(ask_consent(&h.call, "x", "sure?", &h.error), ERR_OK);
	fclose(h.call.in);
	hush(&h);
}

/* JSON is one document that any reader takes; lists of plain values stay on one line. */
Test(show, json)
{
	struct heard h;
	cJSON *json = cJSON_Parse("{\"a\":[1,\"\\u017e\\n\"],\"b\":[],\"c\":{},\"d\":[{\"e\":null},true]}");

	hear(&h);
	call_json(&h.call, json);
	cr_assert_str_eq(heard_out(&h), "{\n  \"a\": [1, \"ž\\n\"],\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    {\n"
	    "      \"e\": null\n    },\n    true\n  ]\n}\n");
	hush(&h);
	cJSON_Delete(json);
}

/* What others say has a column where anybody says anything; organisations' own entries come first, whatever their names. */
Test(show, notes_and_order)
{
	struct heard h;
	cJSON *entries = cJSON_Parse(
	    "[{\"id\":\"1f3c2a4b-0000-4000-8000-000000000001\",\"name\":\"A\",\"territories\":[\"AL\"],\"freshness\":\"stale\",\"author\":\"org1aaa\","
	    "\"standing\":\"listed\",\"marks\":[\"closed\",\"from-a-newer-node\"],\"caution\":true},"
	    "{\"id\":\"2f3c2a4b-0000-4000-8000-000000000001\",\"name\":\"B\",\"territories\":[\"AL\"],\"freshness\":\"fresh\",\"author\":\"org1bbb\","
	    "\"standing\":\"self\"}]");
	struct entry_view v = { .now = NOW };

	hear(&h);
	h.call.plain = true;
	entry_table(&h.call, kind_by_word("organisation"), entries, &v);
	cr_assert_str_eq(heard_out(&h),
	    "name: B\nterritory: AL\nfreshness: fresh\nby: org1bbb\nid: 2f3c2a4b-0000-4000-8000-000000000001\n\n"
	    "name: A\nterritory: AL\nfreshness: stale\nnote: it is closed; from-a-newer-node; one member advises caution\n"
	    "by: listed by org1aaa, not confirmed\nid: 1f3c2a4b-0000-4000-8000-000000000001\n");
	hush(&h);
	cJSON_Delete(entries);
}

/* Of an entry without the reader's language somebody's translation is shown, as hers; one that is not behind goes first. */
Test(show, translations)
{
	struct heard h;
	cJSON *entry = cJSON_Parse(
	    "{\"id\":\"1f3c2a4b-0000-4000-8000-000000000001\",\"name\":{\"sq\":\"Linja\"},\"translations\":["
	    "{\"by\":\"org1aaa\",\"tag\":\"rom\",\"behind\":true,\"texts\":[{\"field\":\"name\",\"text\":\"Old\"}]},"
	    "{\"by\":\"org1bbb\",\"tag\":\"rom-Latn\",\"behind\":false,\"texts\":[{\"field\":\"name\",\"text\":\"New\"}]}]}");
	struct entry_view v = { .now = NOW };

	hear(&h);
	h.call.lang = "rom";
	cr_expect_str_eq(entry_title(&h.call, kind_by_word("service"), entry), "New");
	entry_print_beside(&h.call, entry, &v);
	cr_expect(strstr(heard_out(&h), "name (rom, translated by org1aaa, behind: the entry has changed since): Old"));
	hush(&h);
	hear(&h);
	h.call.lang = "sq";
	cr_expect_str_eq(entry_title(&h.call, kind_by_word("service"), entry), "Linja");
	entry_print_beside(&h.call, entry, &v);
	cr_expect(strstr(heard_out(&h), "translation: rom, translated by org1aaa"));
	cr_expect_null(strstr(heard_out(&h), "Old"));
	hush(&h);
	cJSON_Delete(entry);
}
