/* The map of needs: places down, sorts across; what would point at somebody is hidden. */
#include <string.h>

#include "node/cli/command.h"
#include "node/cli/json.h"
#include "node/cli/report.h"
#include "node/cli/show.h"
#include "proto/territory.h"

/* "7 needs, 31 things"; a hidden cell says so, an empty one is 0. */
void
report_needs_cell(const cJSON *cell, struct buf *out)
{
	if (!cJSON_IsObject(cell))
		buf_put_text(out, _("hidden"));
	else if (json_number(cell, "needs", 0) < 1)
		buf_put_text(out, "0");
	else
		buf_printf(out, "%.0f (%.0f)", json_number(cell, "needs", 0), json_number(cell, "things", 0));
}

const char *
report_needs_place(const cJSON *row)
{
	/* What states the region as its territory has a row of its own below. */
	if (strcmp(json_text(row, "level"), "region") == 0)
		return _("all places");
	if (strcmp(json_text(row, "level"), "municipality") != 0)
		return json_text(row, "territory_name");
	return *json_text(row, "municipality") ? json_text(row, "municipality") : _("no municipality told");
}

/* The numbers of a cell, or that they are hidden. */
static void
put_numbers(const cJSON *cell, struct buf *out)
{
	static const char *const words[] = { "needs", "things" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		cJSON_IsObject(cell) ? buf_printf(out, ",%.0f", json_number(cell, words[i], 0)) : buf_put_text(out, ",hidden");
}

void
report_needs_csv(const cJSON *map, struct buf *out)
{
	const cJSON *row, *one;
	struct buf head = { 0 };

	buf_put_text(out, "level,territory,municipality");
	cJSON_ArrayForEach(one, json_at(map, "columns"))
		for (int part = 0; part < 2; part++) {
			buf_reset(&head);
			buf_printf(&head, "%s %s", json_text(one, ""), part ? "things" : "needs");
			report_csv_cell(out, buf_text(&head), false);
		}
	buf_put_text(out, ",needs,things\r\n");
	cJSON_ArrayForEach(row, json_at(map, "rows")) {
		buf_printf(out, "%s,%s", json_text(row, "level"), json_text(row, "territory"));
		report_csv_cell(out, json_text(row, "municipality"), false);
		cJSON_ArrayForEach(one, json_at(row, "cells"))
			put_numbers(one, out);
		put_numbers(json_at(row, "total"), out);
		buf_put_text(out, "\r\n");
	}
	buf_free(&head);
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

		table_put(&t, report_needs_place(row));
		footnote |= strchr(json_text(row, "territory_name"), '*') != NULL;
		cJSON_ArrayForEach(one, json_at(row, "cells")) {
			buf_reset(&text);
			report_needs_cell(one, &text);
			if (at++ < columns - 1)
				table_put(&t, buf_text(&text));
		}
		buf_reset(&text);
		report_needs_cell(json_at(row, "total"), &text);
		table_put(&t, buf_text(&text));
	}
	table_end(&t, c, columns);
	show_line(c, _("Needs, and in brackets how many things. Hidden: fewer than %.0f organisations or %.0f things, or what would "
	    "give such a cell away (%.0f cells)."), json_number(map, "least_organisations", 0), json_number(map, "least_things", 0),
	    json_number(map, "hidden", 0));
	if (json_true(map, "more"))
		show_line(c, "%s", _("There is more than fits an answer of another node: ask by territory."));
	show_some(c, 0, _("asked of"), json_text(map, "at"));
	if (footnote)
		show_line(c, "%s", _(territory_footnote));
	buf_free(&text);
}

enum err_code
report_needs(struct call *c, struct err *e)
{
	cJSON *question = report_question(c, "needs", e), *map = NULL;
	struct buf csv = { 0 };
	enum err_code rc;

	if (question == NULL)
		return ERR_USAGE;
	if ((rc = report_ask(c, question, &map, e)))
		return rc;
	if (c->json)
		call_json(c, map);
	else if (call_flag(c, "csv"))
		report_needs_csv(map, &csv);
	else
		print_map(c, map);
	fwrite(csv.p, 1, csv.len, c->out);
	buf_free(&csv);
	cJSON_Delete(map);
	return ERR_OK;
}
