#include <string.h>

#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/plan.h"
#include "node/cli/setup.h"
#include "node/cli/show.h"
#include "node/cli/text.h"

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

/* --- decisions about one member --- */

/* The one of LIST whose id is TYPED or whose name is, whatever its case and marks; NULL: none or several. */
static const cJSON *
find_named(const cJSON *list, const char *typed)
{
	struct buf wanted = { 0 }, name = { 0 };
	const cJSON *one, *found = NULL;
	size_t matches = 0;

	text_fold(typed, &wanted);
	cJSON_ArrayForEach(one, list) {
		buf_reset(&name);
		text_fold(json_text(one, "name"), &name);
		if (strcmp(json_text(one, "id"), typed) == 0 || strcmp(buf_text(&name), buf_text(&wanted)) == 0) {
			found = one;
			matches++;
		}
	}
	buf_free(&wanted);
	buf_free(&name);
	return matches == 1 ? found : NULL;
}

/* The id of the member that argument 0 names, into OUT. */
static enum err_code
find_member(struct call *c, struct buf *out, struct err *e)
{
	const char *typed = call_arg(c, 0);
	cJSON *members = NULL;
	const cJSON *found;
	enum err_code rc;

	if (strncmp(typed, "org1", 4) == 0) {
		buf_put_text(out, typed);
		return ERR_OK;
	}
	if ((rc = http_ask(c, "GET", "/v1/members", (struct bytes){ 0 }, &members, e)) != ERR_OK)
		return rc;
	if ((found = find_named(members, typed)) != NULL)
		buf_put_text(out, json_text(found, "id"));
	else
		rc = err_set(e, ERR_MISSING, typed, "member",
		    _("no single member has this name; give the id that kilim members shows"));
	cJSON_Delete(members);
	return rc;
}

/* POST BODY (taken) to LEAF of the member ID; DONE says what was signed. */
static enum err_code
sign(struct call *c, const char *id, const char *leaf, cJSON *body, const char *what, const char *done, struct err *e)
{
	struct buf path = { 0 };
	cJSON *answer = NULL;
	enum err_code rc;

	if (c->dry_run)
		return plan_show(c, what, body, e);
	buf_put_text(&path, "/v1/members/");
	http_escape(&path, id);
	buf_printf(&path, "/%s", leaf);
	if ((rc = http_send(c, "POST", buf_text(&path), body, &answer, e)) == ERR_OK) {
		if (c->json) {
			call_json(c, answer);
		} else {
			show_fact(c, 0, done, "%s", id);
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
	struct buf id = { 0 };
	cJSON *body;
	enum err_code rc;

	if (reason == NULL)
		return err_set(e, ERR_USAGE, c->command->name, "reason",
		    _("--reason is missing: key-lost, key-stolen, own-wish, safety or charter-rule"));
	if ((rc = find_member(c, &id, e)) == ERR_OK) {
		body = cJSON_CreateObject();
		cJSON_AddStringToObject(body, "action", action);
		cJSON_AddStringToObject(body, "reason", reason);
		if (note)
			cJSON_AddStringToObject(body, "note", note);
		rc = sign(c, buf_text(&id), "standing", body, what, done, e);
	}
	buf_free(&id);
	return rc;
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

	if (!c->dry_run && call_option(c, "reason"))
		rc = ask_consent(c, c->command->name,
		    _("Remove this member for good? Its entries disappear and its key never counts again."), e);
	return rc ? rc : standing(c, "remove", _("remove a member for good"), _("removed"), e);
}

/* GIVEN, else what the pending admission (or the member as it was) says. */
static enum err_code
add_known(const struct call *c, cJSON *body, const char *word, const char *given, const cJSON *known, struct err *e)
{
	const char *value = given ? given : json_text(known, word);

	if (*value == 0)
		return err_set(e, ERR_USAGE, c->command->name, word,
		    _("--%s is missing: no admission of this organisation is pending here"), word);
	cJSON_AddStringToObject(body, word, value);
	return ERR_OK;
}

enum err_code
members_admit(struct call *c, struct err *e)
{
	const char *territory = call_option(c, "territory"), *name = call_option(c, "name");
	const struct code *code = NULL;
	cJSON *status = NULL, *members = NULL, *body = cJSON_CreateObject();
	const cJSON *known;
	struct buf id = { 0 };
	struct bytes none = { 0 };
	enum err_code rc;

	if ((territory && (rc = setup_territory(territory, name, NULL, c->yes, &code, e))) ||
	    (rc = http_ask(c, "GET", "/v1/status", none, &status, e)) ||
	    (rc = http_ask(c, "GET", "/v1/members", none, &members, e)))
		goto out;
	if ((known = find_named(json_at(status, "pending"), call_arg(c, 0))) == NULL)
		known = find_named(members, call_arg(c, 0));
	buf_put_text(&id, known ? json_text(known, "id") : call_arg(c, 0));
	if ((rc = add_known(c, body, "name", name, known, e)) ||
	    (rc = add_known(c, body, "territory", code ? code->word : NULL, known, e)) ||
	    (rc = add_known(c, body, "class", call_option(c, "class"), known, e)))
		goto out;
	rc = sign(c, buf_text(&id), "admission", cJSON_Duplicate(body, true), _("agree to an admission"),
	    _("agreed to admit"), e);
out:
	cJSON_Delete(status);
	cJSON_Delete(members);
	cJSON_Delete(body);
	buf_free(&id);
	return rc;
}
