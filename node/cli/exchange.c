#include "node/cli/command.h"

#include <string.h>

#include "node/cli/entry.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"

/* --- match --- */

static void
show_side(const struct call *c, const cJSON *side, const struct entry_view *v)
{
	struct buf who = { 0 };

	show_fact(c, 1, json_text(side, "kind"), "%s", json_mltext(json_at(side, "title"), call_language(c)));
	entry_author(v, json_text(side, "author"), &who);
	show_some(c, 2, _("by"), buf_text(&who));
	buf_free(&who);
	show_some(c, 2, _("id"), json_text(side, "reference"));
}

static void
show_match(const struct call *c, const cJSON *match, const struct entry_view *v)
{
	const cJSON *one;

	show_fact(c, 0, _("match"), "%.0f", json_number(match, "score", 0));
	show_side(c, json_at(match, "need"), v);
	show_side(c, json_at(match, "offer"), v);
	cJSON_ArrayForEach(one, json_at(match, "why"))
		show_fact(c, 1, json_true(one, "speaks_for") ? _("because") : _("but"), "%s", json_text(one, "text"));
	show_fact(c, 1, _("state"), "%s%s: %s", json_text(match, "state"), json_true(match, "at_odds") ? _(", at odds") : "",
	    json_text(match, "state_text"));
}

static void
show_matches(struct call *c, const cJSON *list)
{
	struct entry_view view;
	const cJSON *one;

	entry_view_open(c, &view);
	if (cJSON_GetArraySize(list) == 0)
		show_line(c, "%s", _("Nothing fits so far."));
	cJSON_ArrayForEach(one, list) {
		show_match(c, one, &view);
		if (one->next)
			show_gap(c);
	}
	entry_view_close(&view);
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

/* --- hand-over --- */

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
