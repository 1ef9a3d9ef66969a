#include "tests/unit/record/network.h"

#include "node/export/export.h"
#include "node/export/hsds.h"
#include "node/record/body_json.h"
#include "node/record/json.h"

static struct network net;

static void
start(void)
{
	net_start(&net, 1);
	net_found(&net, 1000, 1000);
}

static void
stop(void)
{
	net_stop(&net);
}

/* Organisation ORG signs what JSON says, whatever the rules of an author are: NAME is the number of its name. */
static void
says(unsigned org, const char *kind, unsigned name, enum audience audience, const char *json)
{
	const struct kind *k = kind_by_word(kind);
	struct record r = net_record(&net, org, k->number, name, stamp_make(net.now_ms, (uint16_t)name));
	struct buf body = { 0 }, private_fields = { 0 };
	struct err e = { 0 };
	cJSON *o = NULL;

	cr_assert_eq(json_parse(bytes_text(json), 65536, "entry", &o, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(body_from_json(k, &r.author, o, "en", &body, &private_fields, &e), ERR_OK, "%s: %s: %s", e.object, e.rule,
	    e.reason);
	cJSON_Delete(o);
	r.body = buf_bytes(&body);
	r.audience = audience;
	cr_assert_eq(net_admit_record(&net, org, &r), REFUSAL_NONE);
	buf_free(&body);
	buf_free(&private_fields);
}

/* All that FORMAT writes of what is held. */
static char *
written(const char *format)
{
	static struct buf out;
	struct store_txn *t = store_read(net.store);
	struct export_files files = { 0 };
	struct export_how how = { HSDS_31, NULL };
	const struct export_format *f;
	struct sayings *said = sayings_gather(net.records, t);
	struct view_context view = { net.records, t, said, net.keys[net.self].public_key, records_now_ms(net.records), true };
	struct export_set set;

	cr_assert_eq(export_format(format, &f, NULL), ERR_OK);
	export_collect(&view, NULL, &set);
	sayings_free(said);
	txn_abort(&t);
	f->write(&set, &how, &files);
	buf_reset(&out);
	for (size_t i = 0; i < files.count; i++)
		buf_put_bytes(&out, buf_bytes(&files.files[i].text));
	export_files_done(&files);
	export_done(&set);
	return (char *)(uintptr_t)buf_text(&out);
}

static void
stands(const char *mark, bool wanted)
{
	for (size_t i = 0; i < export_formats_count; i++) {
		const char *word = export_formats[i].word;

		if (!wanted)
			cr_expect_null(strstr(written(word), mark), "%s stands in %s", mark, word);
		else if (strcmp(word, "hsds") == 0 || strcmp(word, "jsonld") == 0)
			cr_expect_not_null(strstr(written(word), mark), "%s is missing in %s", mark, word);
	}
}

#define ORG(name) "{\"relation\":\"listed\",\"name\":\"" name "\",\"territories\":[\"XK\"]}"

TestSuite(export, .init = start, .fini = stop);

/* Only what is for everybody goes out, our own like that of others. */
Test(export, public_alone)
{
	says(1, "organisation", 1, AUDIENCE_PUBLIC, ORG("Mark one"));
	says(1, "organisation", 2, AUDIENCE_MEMBERS, ORG("Mark two"));
	says(2, "organisation", 3, AUDIENCE_CSO, ORG("Mark three"));
	says(2, "organisation", 4, AUDIENCE_PUBLIC, ORG("Mark four"));
	stands("Mark one", true);
	stands("Mark two", false);
	stands("Mark three", false);
	stands("Mark four", true);
}

/* Somebody who signs what no row allows leaks nothing by us: neither the field for members nor anything beside it. */
Test(export, fields_for_members)
{
	says(2, "organisation", 1, AUDIENCE_PUBLIC, "{\"relation\":\"listed\",\"name\":\"Mark one\",\"territories\":[\"XK\"],"
	    "\"funding\":[{\"source\":\"Mark two\"}]}");
	stands("Mark one", false);
	stands("Mark two", false);
}

/* A withheld place that an author signed with its address all the same: no format has it, in no member and no profile. */
Test(export, withheld_places)
{
	for (unsigned org = 1; org <= 2; org++)
		says(org, "location", org, AUDIENCE_PUBLIC, "{\"disclosure\":\"redacted\",\"name\":\"Name\",\"territory\":\"XK\","
		    "\"municipality\":\"Mark one\",\"address\":{\"street\":\"Mark two 5\",\"city\":\"Mark three\"},\"lat\":41.123456,"
		    "\"long\":20.654321,\"transportation\":\"Mark four\",\"description\":\"rruga Mark five\",\"map\":"
		    "\"https://example.org/mark-six\",\"phones\":[\"+38338123456\"]}");
	stands("\"redacted\"", true);
	stands("Mark", false);
	stands("41.123456", false);
	stands("mark-six", false);
	stands("38123456", false);
}

#define HOUSE(org, name, areas, more) "{\"organisation\":\"00000000-0000-0000-0000-0000000000" org "\",\"name\":\"" name \
	"\",\"description\":\"Help.\",\"languages\":[\"sqi\"],\"service_areas\":[" areas "]" more "}"
#define SHELTER ",\"kind_terms\":[\"shelter\"]"

/* The line of the 3W in which MARK stands for the Nth time, behind its first cells. */
static const char *
who_does(const char *mark, unsigned nth)
{
	static char line[400];
	const char *at = written("3w");

	do {
		at = strstr(at, mark);
		if (at == NULL)
			return "";
		at += strlen(mark);
	} while (nth-- > 0);
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\r\n"), at);
	return line;
}

/* Who does what where tells help whose place must stay unknown by territory; where there is little of it, by the region. */
Test(export, few_shelters_are_somewhere)
{
	says(1, "organisation", 0x11, AUDIENCE_PUBLIC, ORG("One"));
	says(1, "organisation", 0x12, AUDIENCE_PUBLIC, ORG("Two"));
	says(1, "organisation", 0x13, AUDIENCE_PUBLIC, ORG("Three"));
	says(1, "service", 1, AUDIENCE_PUBLIC, HOUSE("11", "House A", "\"RS\",\"ME\"", SHELTER));
	says(1, "service", 2, AUDIENCE_PUBLIC, HOUSE("12", "House B", "\"RS\"", SHELTER ",\"municipalities\":[\"Mark town\"]"));
	says(1, "service", 3, AUDIENCE_PUBLIC, HOUSE("12", "House C", "\"RS\"", SHELTER));
	cr_expect(strstr(who_does("House A", 0), ",WB,Western Balkans,,,"), "two organisations are too few: %s", who_does("House A", 0));
	cr_expect_str_eq(who_does("House A", 1), "", "and the region stands there once");
	cr_expect(strstr(who_does("House C", 0), ",WB,Western Balkans,,,"));
	says(1, "service", 4, AUDIENCE_PUBLIC, HOUSE("13", "House D", "\"RS\"", SHELTER));
	cr_expect(strstr(who_does("House A", 0), ",RS,Serbia,,,"), "%s", who_does("House A", 0));
	cr_expect(strstr(who_does("House A", 1), ",WB,Western Balkans,,,"), "nobody else gives it in Montenegro");
	cr_expect(strstr(who_does("House D", 0), ",RS,Serbia,,,"));
	cr_expect_null(strstr(written("3w"), "Mark town"));
	says(1, "service", 5, AUDIENCE_PUBLIC, HOUSE("13", "Desk E", "\"ME\"", ",\"kind_terms\":[\"legal-aid\"],\"municipalities\":"
	    "[\"Known town\"]"));
	cr_expect(strstr(who_does("Desk E", 0), ",ME,Montenegro,,Known town,"), "other help is told as it is: %s",
	    who_does("Desk E", 0));
}

/* A term of a taxonomy says so as well as a code does, of whatever kind the entry is. */
Test(export, terms_keep_a_place_unknown)
{
	says(1, "taxonomy", 0x21, AUDIENCE_PUBLIC, "{\"code\":\"t\",\"name\":\"T\"}");
	says(1, "term", 0x22, AUDIENCE_PUBLIC, "{\"taxonomy\":\"00000000-0000-0000-0000-000000000021\",\"code\":\"x\",\"name\":\"X\","
	    "\"safety\":\"confidential-location\"}");
	says(1, "term", 0x23, AUDIENCE_PUBLIC, "{\"taxonomy\":\"00000000-0000-0000-0000-000000000021\",\"code\":\"y\",\"name\":\"Y\"}");
	says(1, "organisation", 0x11, AUDIENCE_PUBLIC, ORG("One"));
	says(1, "service", 1, AUDIENCE_PUBLIC, HOUSE("11", "House A", "\"ME\"", ",\"municipalities\":[\"Mark town\"],\"tags\":"
	    "[\"00000000-0000-0000-0000-000000000022\"]"));
	says(1, "service", 2, AUDIENCE_PUBLIC, HOUSE("11", "House B", "\"ME\"", ",\"municipalities\":[\"Known town\"],\"tags\":"
	    "[\"00000000-0000-0000-0000-000000000023\"]"));
	says(1, "program", 3, AUDIENCE_PUBLIC, "{\"organisation\":\"00000000-0000-0000-0000-000000000011\",\"name\":\"Work C\","
	    "\"description\":\"D.\",\"territories\":[\"ME\"],\"topics\":[\"00000000-0000-0000-0000-000000000022\"]}");
	cr_expect(strstr(who_does("House A", 0), ",WB,Western Balkans,,,"), "%s", who_does("House A", 0));
	cr_expect(strstr(who_does("House B", 0), ",ME,Montenegro,,Known town,"), "%s", who_does("House B", 0));
	cr_expect(strstr(who_does("Work C", 0), ",WB,Western Balkans,,,"), "%s", who_does("Work C", 0));
	cr_expect_null(strstr(written("3w"), "Mark town"));
}

/* What is about an entry that is not for everybody does not go out, although it says so. */
Test(export, follows_what_it_is_about)
{
	char notice[400], org[ID_TEXT], name[UUID_TEXT];
	struct uuid about = name_of(7);

	says(2, "organisation", 7, AUDIENCE_MEMBERS, ORG("Mark one"));
	snprintf(notice, sizeof(notice), "{\"severity\":\"urgent\",\"about\":\"%s/%s\",\"text\":{\"en\":\"Mark two\"},"
	    "\"until\":\"2040-01-01\"}",
	    id_format(ID_ORGANISATION, &net.keys[2].public_key, org), uuid_format(&about, name));
	says(1, "notice", 8, AUDIENCE_PUBLIC, notice);
	stands("Mark", false);
	says(2, "notice", 9, AUDIENCE_PUBLIC, "{\"severity\":\"urgent\",\"text\":{\"en\":\"Mark three\"},\"until\":\"2040-01-01\"}");
	cr_expect_not_null(strstr(written("jsonld"), "Mark three"), "one about nothing goes out");
	cr_expect_null(strstr(written("hsds-csv"), "Mark three"), "where the format has a place for it");
}

/* Two authors gave one name: each id stands once, and the first keeps its own. */
Test(export, one_id_one_entry)
{
	char name[UUID_TEXT];
	struct uuid u = name_of(9);
	const char *text, *first;

	says(1, "organisation", 9, AUDIENCE_PUBLIC, ORG("Mark one"));
	says(2, "organisation", 9, AUDIENCE_PUBLIC, ORG("Mark two"));
	uuid_format(&u, name);
	text = written("hsds");
	first = strstr(text, name);
	cr_assert_not_null(first);
	cr_expect_null(strstr(first + 1, name), "%s", text);
	stands("Mark one", true);
	stands("Mark two", true);
}

/* An order of arrival changes nothing. */
Test(export, order_of_arrival)
{
	char *first;

	says(1, "organisation", 3, AUDIENCE_PUBLIC, ORG("C"));
	says(2, "organisation", 2, AUDIENCE_PUBLIC, ORG("B"));
	first = need_strdup(written("hsds"));
	stop();
	memset(&net, 0, sizeof(net));
	start();
	says(2, "organisation", 2, AUDIENCE_PUBLIC, ORG("B"));
	says(1, "organisation", 3, AUDIENCE_PUBLIC, ORG("C"));
	cr_expect_str_eq(written("hsds"), first);
	free(first);
}

/* Every format has a word of its own and a line of help; an unknown one is told with those there are. */
Test(export, formats)
{
	const struct export_format *f;
	struct err e = { 0 };

	for (size_t i = 0; i < export_formats_count; i++) {
		cr_expect_not_null(export_formats[i].help);
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(export_formats[i].word, export_formats[j].word);
	}
	cr_expect_eq(export_format("pdf", &f, &e), ERR_INPUT);
	cr_expect_not_null(strstr(e.reason, "hsds-csv"));
}
