#include "node/cli/report.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli/command.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "proto/question.h"
#include "proto/territory.h"

#define COLUMNS_MOST 12        /* of a table of two axes; more stand below each other */

/* --- asking --- */

static void
add_pair(cJSON *list, const char *field, size_t field_len, const char *value, size_t value_len)
{
	cJSON *o = cJSON_CreateObject();
	struct buf text = { 0 };

	buf_put(&text, field, field_len);
	cJSON_AddStringToObject(o, "field", buf_text(&text));
	buf_reset(&text);
	buf_put(&text, value, value_len);
	cJSON_AddStringToObject(o, "value", buf_text(&text));
	buf_free(&text);
	cJSON_AddItemToArray(list, o);
}

/* "field=value,field=value" */
static enum err_code
add_where(cJSON *list, const char *text, struct err *e)
{
	for (;; text++) {
		size_t len = strcspn(text, ","), field = strcspn(text, "=");

		if (field == 0 || field + 1 >= len)
			return err_set(e, ERR_USAGE, "where", "pair", _("write --where field=value, such as territory=XK"));
		add_pair(list, text, field, text + field + 1, len - field - 1);
		text += len;
		if (*text == 0)
			return ERR_OK;
	}
}

static void
add_by(cJSON *list, const char *text)
{
	for (size_t len; *text; text += len + (text[len] == ',')) {
		struct buf word = { 0 };

		len = strcspn(text, ",");
		buf_put(&word, text, len);
		cJSON_AddItemToArray(list, cJSON_CreateString(buf_text(&word)));
		buf_free(&word);
	}
}

cJSON *
report_question(struct call *c, const char *report, struct err *e)
{
	static const char *const same[] = { "at", "from", "to" }, *const fields[] = { "topic", "territory" };
	cJSON *q = cJSON_CreateObject(), *where = cJSON_AddArrayToObject(q, "where"), *by = cJSON_AddArrayToObject(q, "by");

	cJSON_AddStringToObject(q, "report", report);
	cJSON_AddStringToObject(q, "language", call_language(c));
	for (size_t i = 0; i < c->given_count; i++) {
		const struct given *g = &c->given[i];

		if (g->row && strcmp(g->row->name, "where") == 0 && add_where(where, g->value, e)) {
			cJSON_Delete(q);
			return NULL;
		}
		if (g->row && strcmp(g->row->name, "by") == 0)
			add_by(by, g->value);
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *value = call_option(c, fields[i]);

		if (value)
			add_pair(where, fields[i], strlen(fields[i]), value, strlen(value));
	}
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (call_option(c, same[i]))
			cJSON_AddStringToObject(q, same[i], call_option(c, same[i]));
	return q;
}

enum err_code
report_ask(struct call *c, cJSON *question, cJSON **out, struct err *e)
{
	return http_send(c, "POST", "/v1/query", question, out, e);
}

/* --- words --- */

const char *
report_state(const char *word)
{
	static const struct { const char *word, *text; } states[] = {
		{ "served", N_("served") },
		{ "served-from-elsewhere", N_("served from elsewhere") },
		{ "stale", N_("stale: nobody has verified it in time") },
		{ "member-there-none-listed", N_("a member is there, none is listed") },
		{ "no-member-there-unknown", N_("no member there: unknown") },
		{ "told-for-the-region-only", N_("told for the region only") },
		{ "too-few-to-be-told", N_("too few to be told") },
	};

	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(states[i].word, word) == 0)
			return _(states[i].text);
	return _("a state that this version does not know");
}

const char *
report_head(const char *word)
{
	static const struct { const char *word, *text; } heads[] = {
		{ "kind", N_("kind") }, { "territory", N_("territory") }, { "topic", N_("topic") },
		{ "place", N_("place") }, { "language", N_("language") }, { "text-language", N_("language of texts") },
		{ "channel", N_("channel") }, { "accessibility", N_("accessibility") },
		{ "freshness", N_("freshness") }, { "organisation", N_("organisation") }, { "home", N_("home of the author") },
		{ "count", N_("entries") }, { "organisations", N_("organisations") }, { "fresh", N_("fresh") },
		{ "due", N_("due") }, { "stale", N_("stale") }, { "ending", N_("near their end") }, { "state", N_("state") },
	};

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (strcmp(heads[i].word, word) == 0)
			return _(heads[i].text);
	return word;
}

static const char *
item_text(const cJSON *list, int i)
{
	const cJSON *v = cJSON_GetArrayItem(list, i);

	return cJSON_IsString(v) ? v->valuestring : "";
}

static const char *
key_of(const cJSON *row, int i)
{
	return item_text(json_at(row, "keys"), i);
}

const char *
report_label(const cJSON *row, int i)
{
	const char *label = item_text(json_at(row, "labels"), i), *key = key_of(row, i);

	return *label ? label : *key ? key : _("(not stated)");
}

static void
measure_text(const cJSON *row, const char *measure, struct buf *out)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, measure);

	buf_reset(out);
	if (cJSON_IsString(v))
		buf_put_text(out, report_state(v->valuestring));
	else
		buf_printf(out, "%.0f", cJSON_IsNumber(v) ? v->valuedouble : 0);
}

void
report_notes(const cJSON *table, void (*fn)(void *self, const char *sentence), void *self)
{
	const cJSON *row;

	if (json_true(table, "more"))
		fn(self, _("There is more than fits: narrow it with --where."));
	if (json_true(table, "partial"))
		fn(self, _("The node that answers keeps only a part of the network's entries; ask one that keeps all, with --at."));
	if (json_true(table, "left_out"))
		fn(self, _("Help whose places must stay unknown is not counted here; ask for such a topic by itself."));
	if (json_true(table, "confidential"))
		fn(self, _("Where this help is given must stay unknown: it is told by territory, from three organisations on."));
	if (json_true(table, "withheld"))
		fn(self, _("What would be told of fewer than three organisations is withheld."));
	cJSON_ArrayForEach(row, json_at(table, "rows"))
		for (int i = 0; i < cJSON_GetArraySize(json_at(row, "keys")); i++)
			if (strcmp(key_of(row, i), "XK") == 0) {
				fn(self, _(territory_footnote));
				return;
			}
}

/* --- CSV --- */

void
report_csv_cell(struct buf *out, const char *text, bool first)
{
	if (!first)
		buf_put_u8(out, ',');
	buf_put_u8(out, '"');
	if (*text && strchr("=+-@\t\r", *text))
		buf_put_u8(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			buf_put_u8(out, '"');
		buf_put_u8(out, (uint8_t)*text);
	}
	buf_put_u8(out, '"');
}

void
report_csv(const cJSON *table, struct buf *out)
{
	const cJSON *row, *measure, *by = json_at(table, "by");
	int axes = cJSON_GetArraySize(by);
	struct buf text = { 0 };

	for (int i = 0; i < axes; i++) {
		buf_reset(&text);
		buf_printf(&text, "%s_name", item_text(by, i));
		report_csv_cell(out, item_text(by, i), i == 0);
		report_csv_cell(out, buf_text(&text), false);
	}
	cJSON_ArrayForEach(measure, json_at(table, "measures"))
		report_csv_cell(out, measure->valuestring, axes == 0 && measure->prev->next == NULL);
	buf_put_text(out, "\r\n");
	cJSON_ArrayForEach(row, json_at(table, "rows")) {
		bool first = true;

		for (int i = 0; i < axes; i++, first = false) {
			report_csv_cell(out, key_of(row, i), first);
			report_csv_cell(out, item_text(json_at(row, "labels"), i), false);
		}
		cJSON_ArrayForEach(measure, json_at(table, "measures")) {
			const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, measure->valuestring);

			buf_reset(&text);
			buf_printf(&text, "%s%.0f", cJSON_IsString(v) ? v->valuestring : "", v ? v->valuedouble : 0);
			if (cJSON_IsString(v))
				text.len--;
			report_csv_cell(out, buf_text(&text), first);
			first = false;
		}
		buf_put_text(out, "\r\n");
	}
	buf_free(&text);
}

/* --- tables --- */

/* By what a row shows, axis after axis, as the reader's language has it; nodes order by keys. */
static int
by_labels(const void *a, const void *b)
{
	const cJSON *x = *(const cJSON *const *)a, *y = *(const cJSON *const *)b;

	for (int i = 0; i < QUESTION_AXES; i++) {
		int order = strcoll(report_label(x, i), report_label(y, i));

		if (order == 0)
			order = strcmp(key_of(x, i), key_of(y, i));
		if (order)
			return order;
	}
	return 0;
}

static void
sort_rows(cJSON *rows)
{
	size_t count = (size_t)cJSON_GetArraySize(rows);
	cJSON **list = need_alloc((count + 1) * sizeof *list);

	for (size_t i = 0; i < count; i++)
		list[i] = cJSON_DetachItemViaPointer(rows, rows->child);
	qsort(list, count, sizeof *list, by_labels);
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(rows, list[i]);
	free(list);
}

/* Axes, then measures; in order of the rows. */
static void
print_list(const struct call *c, const cJSON *table)
{
	const cJSON *by = json_at(table, "by"), *measures = json_at(table, "measures"), *row, *one;
	size_t axes = (size_t)cJSON_GetArraySize(by), columns = axes + (size_t)cJSON_GetArraySize(measures), n = 0;
	const char **heads = need_zeroed(columns + 1, sizeof *heads);
	struct buf text = { 0 };
	struct table t;

	cJSON_ArrayForEach(one, by)
		heads[n++] = report_head(one->valuestring);
	cJSON_ArrayForEach(one, measures)
		heads[n++] = report_head(one->valuestring);
	table_start(&t, heads, columns);
	cJSON_ArrayForEach(row, json_at(table, "rows")) {
		for (size_t i = 0; i < axes; i++)
			table_put(&t, report_label(row, (int)i));
		cJSON_ArrayForEach(one, measures) {
			measure_text(row, one->valuestring, &text);
			table_put(&t, buf_text(&text));
		}
	}
	table_end(&t, c, columns);
	buf_free(&text);
	free(heads);
}

/* Keys of axis I, each once, in the order of rows; at most COLUMNS_MOST + 1 of them. */
static size_t
distinct(const cJSON *rows, int i, const cJSON *out[COLUMNS_MOST + 1])
{
	const cJSON *row;
	size_t n = 0;

	cJSON_ArrayForEach(row, rows) {
		size_t k = 0;

		while (k < n && strcmp(key_of(out[k], i), key_of(row, i)) != 0)
			k++;
		if (k == n && n <= COLUMNS_MOST)
			out[n++] = row;
	}
	return n;
}

static const cJSON *
cell_at(const cJSON *rows, const char *down, const char *across)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, rows)
		if (strcmp(key_of(row, 0), down) == 0 && strcmp(key_of(row, 1), across) == 0)
			return row;
	return NULL;
}

static bool
is_stated(const char *key)
{
	return *key && strcmp(key, "ZZ") != 0;
}

/* By name; what is not stated comes last. */
static int
by_column(const void *a, const void *b)
{
	const cJSON *x = *(const cJSON *const *)a, *y = *(const cJSON *const *)b;
	int last = is_stated(key_of(y, 1)) - is_stated(key_of(x, 1));

	return last ? last : strcmp(report_label(x, 1), report_label(y, 1));
}

/* The first axis down, the second across, entries in the cells. False: it would be too wide. */
static bool
print_cross(const struct call *c, const cJSON *table)
{
	const cJSON *rows = json_at(table, "rows"), *across[COLUMNS_MOST + 1], *row, *cell;
	const char *heads[COLUMNS_MOST + 2] = { report_head(item_text(json_at(table, "by"), 0)) };
	size_t columns = distinct(rows, 1, across);
	const char *last = NULL;
	struct buf text = { 0 };
	struct table t;

	if (columns > COLUMNS_MOST || columns == 0)
		return false;
	qsort(across, columns, sizeof(const cJSON *), by_column);
	for (size_t i = 0; i < columns; i++)
		heads[1 + i] = report_label(across[i], 1);
	table_start(&t, heads, columns + 1);
	cJSON_ArrayForEach(row, rows) {
		if (last && strcmp(last, key_of(row, 0)) == 0)
			continue;
		last = key_of(row, 0);
		table_put(&t, report_label(row, 0));
		for (size_t i = 0; i < columns; i++) {
			cell = cell_at(rows, last, key_of(across[i], 1));
			buf_reset(&text);
			if (cell)
				measure_text(cell, "count", &text);
			table_put(&t, cell ? buf_text(&text) : "-");
		}
	}
	table_end(&t, c, columns + 1);
	buf_free(&text);
	return true;
}

static void
say_line(void *self, const char *sentence)
{
	const struct call *c = self;

	if (c->plain)
		show_fact(c, 0, _("note"), "%s", sentence);
	else
		show_line(c, "%s", sentence);
}

static void
say_note(void *self, const char *sentence)
{
	call_note(self, "%s", sentence);
}

static void
print_table(struct call *c, const char *report, cJSON *table)
{
	bool cross = strcmp(report, "count") == 0 && !c->plain && cJSON_GetArraySize(json_at(table, "by")) == 2;
	bool some = cJSON_GetArraySize(json_at(table, "rows")) > 0;

	if (some)
		sort_rows(cJSON_GetObjectItemCaseSensitive(table, "rows"));
	if (!some)
		say_line(c, _("Nothing that can be told."));
	else if (!cross || !print_cross(c, table))
		print_list(c, table);
	show_gap(c);
	if (strcmp(report, "gaps") != 0) {
		show_fact(c, 0, _("entries"), "%.0f", json_number(table, "entries", 0));
		show_fact(c, 0, _("organisations"), "%.0f", json_number(table, "organisations", 0));
	}
	show_fact(c, 0, _("members reporting"), _("%.0f of %.0f"), json_number(table, "reporting", 0),
	    json_number(table, "members", 0));
	show_some(c, 0, _("asked of"), json_text(table, "at"));
	report_notes(table, say_line, c);
}

void
report_show(struct call *c, const char *report, cJSON *table)
{
	struct buf csv = { 0 };

	if (c->json) {
		call_json(c, table);
	} else if (call_flag(c, "csv")) {
		report_csv(table, &csv);
		fwrite(csv.p, 1, csv.len, c->out);
		report_notes(table, say_note, c);
	} else {
		print_table(c, report, table);
	}
	buf_free(&csv);
}

/* --- runs --- */

static enum err_code
run(struct call *c, const char *report, const char *kind, struct err *e)
{
	cJSON *q = report_question(c, report, e), *table = NULL;
	enum err_code rc;

	if (q == NULL)
		return ERR_USAGE;
	if (kind)
		cJSON_AddStringToObject(q, "kind", kind);
	if ((rc = report_ask(c, q, &table, e)) == ERR_OK)
		report_show(c, report, table);
	cJSON_Delete(table);
	return rc;
}

enum err_code
report_query(struct call *c, struct err *e)
{
	return run(c, "count", call_arg(c, 0), e);
}

/* "report 3w": the word behind is the report's. */
enum err_code
report_run(struct call *c, struct err *e)
{
	return run(c, strchr(c->command->name, ' ') + 1, NULL, e);
}

/* Which they are; and, once they are counted, of whom and how many. */
enum err_code
report_stale(struct call *c, struct err *e)
{
	bool counted = call_option(c, "by") || call_option(c, "where") || call_option(c, "at") || call_flag(c, "csv");

	if (!counted)
		return care_stale(c, e);
	if (call_flag(c, "own"))
		return err_set(e, ERR_USAGE, c->command->name, "own", _("your own are listed, not counted"));
	return run(c, "stale", call_option(c, "kind"), e);
}
