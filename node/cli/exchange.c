#include "node/cli/command.h"

#include <string.h>

#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/territory.h"

/* ---- match ---- */

static void
show_side(const struct call *c, const cJSON *side)
{
	show_fact(c, 1, json_text(side, "kind"), "%s", json_mltext(json_at(side, "title"), call_language(c)));
	show_some(c, 2, _("id"), json_text(side, "reference"));
}

static void
show_match(const struct call *c, const cJSON *match)
{
	const cJSON *one;

	show_fact(c, 0, _("match"), "%.0f", json_number(match, "score", 0));
	show_side(c, json_at(match, "need"));
	show_side(c, json_at(match, "offer"));
	cJSON_ArrayForEach(one, json_at(match, "why"))
		show_fact(c, 1, json_true(one, "speaks_for") ? _("because") : _("but"), "%s", json_text(one, "text"));
	show_fact(c, 1, _("state"), "%s%s: %s", json_text(match, "state"), json_true(match, "at_odds") ? _(", at odds") : "",
	    json_text(match, "state_text"));
}

static void
show_matches(const struct call *c, const cJSON *list)
{
	const cJSON *one;

	if (cJSON_GetArraySize(list) == 0)
		show_line(c, "%s", _("Nothing fits so far."));
	cJSON_ArrayForEach(one, list) {
		show_match(c, one);
		if (one->next)
			show_gap(c);
	}
}

/* "need match ID" asks for one; "match" for all of ours. */
enum err_code
exchange_match(struct call *c, struct err *e)
{
	const char *name = c->command->name, *gap = strchr(name, ' ');
	struct buf path = { 0 };
	cJSON *list = NULL;
	enum err_code rc;

	buf_put_text(&path, "/v1/matches");
	if (gap) {
		buf_printf(&path, "/%.*s/", (int)(gap - name), name);
		http_escape(&path, call_arg(c, 0));
	}
	rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &list, e);
	buf_free(&path);
	if (rc)
		return rc;
	if (c->json)
		call_json(c, list);
	else
		show_matches(c, list);
	cJSON_Delete(list);
	return ERR_OK;
}

/* ---- hand-over ---- */

/* "offer reserve ID NEED": kind and step are the command's name. */
enum err_code
exchange_step(struct call *c, struct err *e)
{
	const char *name = c->command->name, *step = strchr(name, ' ') + 1;
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	struct buf path = { 0 };
	const cJSON *warning;
	long quantity = 0;
	enum err_code rc;

	if ((rc = call_number(c, "quantity", 1, 1000000, &quantity, e))) {
		cJSON_Delete(body);
		return rc;
	}
	if (call_arg(c, 1))
		cJSON_AddStringToObject(body, "with", call_arg(c, 1));
	if (quantity)
		cJSON_AddNumberToObject(body, "quantity", (double)quantity);
	buf_printf(&path, "/v1/exchange/%.*s/", (int)(step - name - 1), name);
	http_escape(&path, call_arg(c, 0));
	buf_printf(&path, "/%s%s", step, c->dry_run ? "?dry_run=1" : "");
	if ((rc = http_send(c, "POST", buf_text(&path), body, &answer, e)) == ERR_OK && c->json) {
		call_json(c, answer);
	} else if (rc == ERR_OK) {
		show_fact(c, 0, c->dry_run ? _("would be said") : _("said"), "%s", name);
		show_some(c, 1, _("record"), json_text(answer, "record"));
		cJSON_ArrayForEach(warning, json_at(answer, "warnings"))
			call_note(c, _("warning: %s"), json_text(warning, ""));
		call_note(c, "%s", _("The other side says its part in its own record; see: kilim match"));
	}
	buf_free(&path);
	cJSON_Delete(answer);
	return rc;
}

/* ---- the map of needs ---- */

static void
put_csv(struct buf *out, const char *text)
{
	/* What a spreadsheet would take for a formula is text. */
	bool formula = strchr("=+-@\t", *text) != NULL && *text;
	bool quoted = formula || strpbrk(text, ",\"\n\r") != NULL;

	if (quoted)
		buf_put_text(out, formula ? "\"'" : "\"");
	for (; *text; text++) {
		if (*text == '"')
			buf_put_u8(out, '"');
		buf_put_u8(out, (uint8_t)*text);
	}
	if (quoted)
		buf_put_u8(out, '"');
}

/* "7 needs, 31 things"; a hidden cell says so, an empty one is 0. */
static void
put_cell(const cJSON *cell, struct buf *out)
{
	if (!cJSON_IsObject(cell))
		buf_put_text(out, _("hidden"));
	else if (json_number(cell, "needs", 0) < 1)
		buf_put_text(out, "0");
	else
		buf_printf(out, "%.0f (%.0f)", json_number(cell, "needs", 0), json_number(cell, "things", 0));
}

static const char *
place_of(const cJSON *row)
{
	if (strcmp(json_text(row, "level"), "municipality") != 0)
		return json_text(row, "territory_name");
	return *json_text(row, "municipality") ? json_text(row, "municipality") : _("no municipality told");
}

static void
print_csv(const struct call *c, const cJSON *map)
{
	const cJSON *row, *one;
	struct buf out = { 0 };

	buf_put_text(&out, "level,territory,municipality");
	cJSON_ArrayForEach(one, json_at(map, "columns")) {
		for (int part = 0; part < 2; part++) {
			buf_put_text(&out, ",");
			put_csv(&out, json_text(one, ""));
			buf_put_text(&out, part ? " things" : " needs");
		}
	}
	buf_put_text(&out, ",needs,things\r\n");
	cJSON_ArrayForEach(row, json_at(map, "rows")) {
		buf_printf(&out, "%s,%s,", json_text(row, "level"), json_text(row, "territory"));
		put_csv(&out, json_text(row, "municipality"));
		cJSON_ArrayForEach(one, json_at(row, "cells"))
			cJSON_IsObject(one) ? buf_printf(&out, ",%.0f,%.0f", json_number(one, "needs", 0), json_number(one, "things", 0))
			                    : buf_put_text(&out, ",hidden,hidden");
		one = json_at(row, "total");
		cJSON_IsObject(one) ? buf_printf(&out, ",%.0f,%.0f\r\n", json_number(one, "needs", 0), json_number(one, "things", 0))
		                    : buf_put_text(&out, ",hidden,hidden\r\n");
	}
	fwrite(out.p, 1, out.len, c->out);
	buf_free(&out);
}

static void
print_map(const struct call *c, const cJSON *map)
{
	const char *heads[20] = { _("place") };
	size_t columns = 1;
	const cJSON *row, *one;
	struct buf text = { 0 };
	struct table t;
	bool footnote = false;

	cJSON_ArrayForEach(one, json_at(map, "columns"))
		if (columns < 18)
			heads[columns++] = json_text(one, "");
	heads[columns++] = _("all");
	table_start(&t, heads, columns);
	cJSON_ArrayForEach(row, json_at(map, "rows")) {
		size_t at = 1;

		table_put(&t, place_of(row));
		footnote |= strchr(json_text(row, "territory_name"), '*') != NULL;
		cJSON_ArrayForEach(one, json_at(row, "cells")) {
			buf_reset(&text);
			put_cell(one, &text);
			if (at++ < columns - 1)
				table_put(&t, buf_text(&text));
		}
		buf_reset(&text);
		put_cell(json_at(row, "total"), &text);
		table_put(&t, buf_text(&text));
	}
	table_end(&t, c, columns);
	show_line(c, _("Needs, and in brackets how many things. Hidden: fewer than %.0f organisations or %.0f things, or what would "
	    "give such a cell away (%.0f cells)."), json_number(map, "least_organisations", 0), json_number(map, "least_things", 0),
	    json_number(map, "hidden", 0));
	if (footnote)
		show_line(c, "%s", _(territory_footnote));
	buf_free(&text);
}

enum err_code
report_needs(struct call *c, struct err *e)
{
	const char *by = call_option(c, "by"), *topic = call_option(c, "topic");
	struct buf path = { 0 };
	cJSON *map = NULL;
	enum err_code rc;

	buf_put_text(&path, "/v1/report/needs?by=");
	http_escape(&path, by ? by : "municipality");
	if (topic) {
		buf_put_text(&path, "&topic=");
		http_escape(&path, topic);
	}
	rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &map, e);
	buf_free(&path);
	if (rc)
		return rc;
	if (c->json)
		call_json(c, map);
	else if (call_flag(c, "csv"))
		print_csv(c, map);
	else
		print_map(c, map);
	cJSON_Delete(map);
	return ERR_OK;
}
