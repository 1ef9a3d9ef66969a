/* Gaps of one sort of help, or, where none is named, of every sort that a service names. */
#include "node/cli/report.h"

#include <string.h>

#include "node/cli/command.h"
#include "node/cli/json.h"
#include "node/cli/show.h"

static void
add_topic(cJSON *question, const char *topic)
{
	cJSON *pair = cJSON_CreateObject();

	cJSON_AddStringToObject(pair, "field", "topic");
	cJSON_AddStringToObject(pair, "value", topic);
	cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(question, "where"), pair);
}

enum err_code
report_each_gaps(struct call *c, const cJSON *question, report_gaps_fn *fn, void *self, struct err *e)
{
	cJSON *q = cJSON_Duplicate(question, true), *topics = NULL;
	const cJSON *row;
	enum err_code rc;

	cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(q, "report"), "count");
	cJSON_ReplaceItemInObjectCaseSensitive(q, "by", cJSON_CreateArray());
	cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(q, "by"), cJSON_CreateString("topic"));
	cJSON_AddStringToObject(q, "kind", "service");
	rc = report_ask(c, q, &topics, e);
	cJSON_ArrayForEach(row, json_at(topics, "rows")) {
		const char *topic = cJSON_GetStringValue(cJSON_GetArrayItem(json_at(row, "keys"), 0));
		cJSON *one, *table = NULL;

		if (rc || topic == NULL || *topic == 0)
			continue;
		one = cJSON_Duplicate(question, true);
		add_topic(one, topic);
		if ((rc = report_ask(c, one, &table, e)) == ERR_OK)
			rc = fn(self, topic, report_label(row, 0), table, e);
		cJSON_Delete(table);
	}
	cJSON_Delete(topics);
	return rc;
}

/* --- all of them --- */

struct overview {
	const struct call *call;
	bool people;
	cJSON *whole;                  /* one table, with an axis more */
};

static void
put_first(cJSON *list, const char *text)
{
	cJSON_InsertItemInArray(list, 0, cJSON_CreateString(text));
}

/* The rows of TABLE with their topic before the territory; of the rest what is true of any part is true of the whole. */
static void
join(cJSON *whole, const char *topic, const char *label, cJSON *table)
{
	cJSON *from = cJSON_GetObjectItemCaseSensitive(table, "rows"), *rows = cJSON_GetObjectItemCaseSensitive(whole, "rows"), *v;

	while ((v = cJSON_DetachItemFromArray(from, 0))) {
		put_first(cJSON_GetObjectItemCaseSensitive(v, "keys"), topic);
		put_first(cJSON_GetObjectItemCaseSensitive(v, "labels"), label);
		cJSON_AddItemToArray(rows, v);
	}
	while (table->child) {
		const cJSON *had;

		v = cJSON_DetachItemViaPointer(table, table->child);
		had = cJSON_GetObjectItemCaseSensitive(whole, v->string);
		if (had && !cJSON_IsTrue(v)) {
			cJSON_Delete(v);
		} else if (had) {
			cJSON_ReplaceItemInObjectCaseSensitive(whole, v->string, v);
		} else {
			if (strcmp(v->string, "by") == 0)
				put_first(v, "topic");
			cJSON_AddItemToObject(whole, v->string, v);
		}
	}
}

/* Those of its territories that are in ROW's state, once a state. */
static void
print_state(const struct call *c, const cJSON *rows, const cJSON *row)
{
	const char *state = json_text(row, "state");
	struct buf where = { 0 };
	const cJSON *other;

	cJSON_ArrayForEach(other, rows) {
		if (strcmp(json_text(other, "state"), state) != 0)
			continue;
		if (where.len == 0 && other != row)
			return;
		buf_printf(&where, "%s%s", where.len ? ", " : "", report_label(other, 0));
	}
	show_fact(c, 1, report_state(state), "%s", buf_text(&where));
	buf_free(&where);
}

static enum err_code
take_topic(void *self, const char *topic, const char *label, cJSON *table, struct err *e)
{
	struct overview *o = self;
	const cJSON *rows = json_at(table, "rows"), *row;

	(void)e;
	if (o->people) {
		show_line(o->call, "%s%s%s", show_on(o->call, "1"), label, show_off(o->call));
		cJSON_ArrayForEach(row, rows)
			print_state(o->call, rows, row);
	}
	join(o->whole, topic, label, table);
	return ERR_OK;
}

static void
say(void *self, const char *sentence)
{
	show_line(self, "%s", sentence);
}

static enum err_code
all_topics(struct call *c, const cJSON *question, struct err *e)
{
	struct overview o = { c, !c->json && !c->plain && !call_flag(c, "csv"), cJSON_CreateObject() };
	enum err_code rc;

	cJSON_AddArrayToObject(o.whole, "rows");
	if ((rc = report_each_gaps(c, question, take_topic, &o, e)))
		goto out;
	if (!o.people) {
		report_show(c, "gaps", o.whole);
		goto out;
	}
	if (json_at(o.whole, "rows")->child == NULL)
		show_line(c, "%s", _("No service here names a sort of help."));
	show_gap(c);
	show_line(c, "%s", _("Help that no service here names is not in this list. Where no member is, nobody knows."));
	report_notes(o.whole, say, c);
out:
	cJSON_Delete(o.whole);
	return rc;
}

enum err_code
report_gaps(struct call *c, struct err *e)
{
	cJSON *q = report_question(c, "gaps", e), *table = NULL;
	const cJSON *pair;
	bool topic = false;
	enum err_code rc;

	if (q == NULL)
		return ERR_USAGE;
	cJSON_ArrayForEach(pair, json_at(q, "where"))
		topic |= strcmp(json_text(pair, "field"), "topic") == 0;
	if (!topic && (call_option(c, "by") || call_option(c, "at")))
		rc = err_set(e, ERR_USAGE, c->command->name, "topic", _("say of what: --topic legal-aid"));
	else if (!topic)
		rc = all_topics(c, q, e);
	else if ((rc = report_ask(c, cJSON_Duplicate(q, true), &table, e)) == ERR_OK)
		report_show(c, "gaps", table);
	cJSON_Delete(table);
	cJSON_Delete(q);
	return rc;
}
