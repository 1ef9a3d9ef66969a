#include <string.h>

#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/plan.h"
#include "node/cli/setup.h"
#include "node/cli/show.h"

static void
print_members(const struct call *c, const cJSON *members)
{
	const char *heads[] = { _("name"), _("territory"), _("class"), _("state"), _("coordinator"), _("since"), _("id") };
	struct table t;
	const cJSON *one;
	struct buf text = { 0 };

	table_start(&t, heads, 7);
	cJSON_ArrayForEach(one, members) {
		const char *since = json_text(one, "since");

		table_put(&t, json_text(one, "name"));
		table_put(&t, json_text(one, "territory"));
		table_put(&t, json_text(one, "class"));
		table_put(&t, json_text(one, "state"));
		table_put(&t, json_true(one, "coordinator") ? _("yes") : "");
		buf_reset(&text);
		show_time(since, &text);
		table_put(&t, buf_text(&text));
		table_put(&t, json_text(one, "id"));
	}
	table_end(&t, c, 3);
	buf_free(&text);
}

enum err_code
members_list(struct call *c, struct err *e)
{
	cJSON *members = NULL;
	enum err_code rc = http_ask(c, "GET", "/v1/members", (struct bytes){ 0 }, &members, e);

	if (rc)
		return rc;
	if (c->json)
		call_json(c, members);
	else
		print_members(c, members);
	cJSON_Delete(members);
	return ERR_OK;
}

/* POST BODY (taken) to a member's LEAF; DONE says what was signed. */
static enum err_code
sign(struct call *c, const char *leaf, cJSON *body, const char *what, const char *done, struct err *e)
{
	struct buf path = { 0 };
	cJSON *answer = NULL;
	enum err_code rc;

	if (c->dry_run)
		return plan_show(c, what, body, e);
	buf_put_text(&path, "/v1/members/");
	http_escape(&path, call_arg(c, 0));
	buf_printf(&path, "/%s", leaf);
	if ((rc = http_send(c, "POST", buf_text(&path), body, &answer, e)) == ERR_OK) {
		if (c->json) {
			call_json(c, answer);
		} else {
			show_fact(c, 0, done, "%s", call_arg(c, 0));
			show_some(c, 1, _("record"), json_text(answer, "record"));
			call_note(c, _("It counts once as many coordinators agree as the charter asks for; see: kilim network log"));
		}
	}
	buf_free(&path);
	cJSON_Delete(answer);
	return rc;
}

static enum err_code
standing(struct call *c, const char *action, const char *what, const char *done, struct err *e)
{
	const char *reason = call_option(c, "reason"), *note = call_option(c, "note");
	cJSON *body;

	if (reason == NULL)
		return err_set(e, ERR_USAGE, c->command->name, "reason",
		    _("--reason is missing: key-lost, key-stolen, own-wish, safety or charter-rule"));
	body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "action", action);
	cJSON_AddStringToObject(body, "reason", reason);
	if (note)
		cJSON_AddStringToObject(body, "note", note);
	return sign(c, "standing", body, what, done, e);
}

enum err_code
members_suspend(struct call *c, struct err *e)
{
	return standing(c, "suspend", _("suspend a member"), _("suspended"), e);
}

enum err_code
members_reinstate(struct call *c, struct err *e)
{
	return standing(c, "reinstate", _("take a suspended member back"), _("reinstated"), e);
}

enum err_code
members_remove(struct call *c, struct err *e)
{
	enum err_code rc = ERR_OK;

	if (!c->dry_run)
		rc = ask_consent(c, c->command->name,
		    _("Remove this member for good? Its entries disappear and its key never counts again."), e);
	return rc ? rc : standing(c, "remove", _("remove a member for good"), _("removed"), e);
}

enum err_code
members_admit(struct call *c, struct err *e)
{
	const char *territory = call_option(c, "territory"), *name = call_option(c, "name");
	const char *class = call_option(c, "class");
	const struct code *code = NULL;
	cJSON *body;
	enum err_code rc;

	if (territory && (rc = setup_territory(territory, name, NULL, c->yes, &code, e)))
		return rc;
	body = cJSON_CreateObject();
	if (name)
		cJSON_AddStringToObject(body, "name", name);
	if (code)
		cJSON_AddStringToObject(body, "territory", code->word);
	if (class)
		cJSON_AddStringToObject(body, "class", class);
	return sign(c, "admission", body, _("agree to an admission"), _("agreed to admit"), e);
}
