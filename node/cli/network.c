#include <string.h>

#include "node/cli/command.h"
#include "node/cli/entry.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/plan.h"
#include "node/cli/show.h"
#include "proto/limits.h"

/* What each organisation may keep and write; what is not given is left to the protocol's defaults. */
static enum err_code
put_quotas(const struct call *c, cJSON *body, struct err *e)
{
	long keys = 0, writes = 0;
	cJSON *quotas;
	enum err_code rc;

	if ((rc = call_number(c, "keys", 1, LIMIT_KEYS_HARD, &keys, e)) ||
	    (rc = call_number(c, "writes-day", 1, LIMIT_WRITES_DAY_HARD, &writes, e)) || keys + writes == 0)
		return rc;
	quotas = cJSON_AddObjectToObject(body, "quotas");
	if (keys)
		cJSON_AddNumberToObject(quotas, "keys", (double)keys);
	if (writes)
		cJSON_AddNumberToObject(quotas, "writes_day", (double)writes);
	return ERR_OK;
}

enum err_code
network_create(struct call *c, struct err *e)
{
	const char *language = call_option(c, "language");
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	enum err_code rc;

	cJSON_AddStringToObject(body, "name", call_arg(c, 0));
	if (language)
		cJSON_AddStringToObject(body, "language", language);
	if (call_flag(c, "instead"))
		cJSON_AddTrueToObject(body, "instead");
	rc = put_quotas(c, body, e);
	if (rc == ERR_OK && language && !tag_valid(bytes_text(language)))
		rc = err_set(e, ERR_INPUT, "--language", "language",
		    _("\"%.40s\" is no language tag such as sq, sr-Latn or mk"), language);
	if (rc) {
		cJSON_Delete(body);
		return rc;
	}
	if (c->dry_run)
		return plan_show(c, _("found a network"), body, e);
	if ((rc = http_send(c, "POST", "/v1/network", body, &answer, e)) != ERR_OK)
		return rc;
	if (c->json) {
		call_json(c, answer);
	} else {
		show_fact(c, 0, _("network"), "%s", json_text(answer, "network"));
		show_fact(c, 0, _("name"), "%s", call_arg(c, 0));
		show_fact(c, 0, _("charter"), "%s", json_text(answer, "charter"));
		call_note(c, _("Your organisation is its first coordinator. Invite others with: "
		    "kilim invite \"NAME\" --territory CODE"));
	}
	cJSON_Delete(answer);
	return ERR_OK;
}

static void
print_network(const struct call *c, const cJSON *network)
{
	const cJSON *one;

	show_fact(c, 0, _("network"), "%s", json_text(network, "name"));
	show_some(c, 1, _("id"), json_text(network, "id"));
	show_some(c, 1, _("charter"), json_text(network, "charter"));
	show_fact(c, 1, _("changes of the charter"), "%.0f", json_number(network, "depth", 0));
	show_fact(c, 1, _("coordinators who must agree"), "%.0f", json_number(network, "threshold", 1));
	cJSON_ArrayForEach(one, json_at(network, "coordinators")) {
		if (cJSON_IsString(one))
			show_fact(c, 1, _("coordinator"), "%s", one->valuestring);
		else
			show_fact(c, 1, _("coordinator"), "%s (%s)", json_text(one, "name"), json_text(one, "id"));
	}
	if (json_true(network, "fork"))
		show_fact(c, 1, _("fork"), "%s",
		    _("yes: two charters compete; talk to the other coordinators before you change anything"));
}

enum err_code
network_show(struct call *c, struct err *e)
{
	cJSON *network = NULL;
	enum err_code rc = http_ask(c, "GET", "/v1/network", (struct bytes){ 0 }, &network, e);

	if (rc)
		return rc;
	if (c->json)
		call_json(c, network);
	else
		print_network(c, network);
	cJSON_Delete(network);
	return ERR_OK;
}

static void
print_log(const struct call *c, const cJSON *log, const struct entry_view *v)
{
	const char *heads[] = { _("time"), _("who"), _("what"), _("about"), _("reason"), _("counts") };
	struct table t;
	const cJSON *event;
	struct buf text = { 0 };

	table_start(&t, heads, 6);
	cJSON_ArrayForEach(event, log) {
		const char *note = json_text(event, "text");

		buf_reset(&text);
		show_time(json_text(event, "time"), &text);
		table_put(&t, buf_text(&text));
		buf_reset(&text);
		entry_author(v, json_text(event, "author"), &text);
		table_put(&t, buf_text(&text));
		table_put(&t, json_text(event, "what"));
		buf_reset(&text);
		if (json_text(event, "subject")[0])
			entry_author(v, json_text(event, "subject"), &text);
		table_put(&t, buf_text(&text));
		buf_reset(&text);
		buf_printf(&text, "%s%s%s", json_text(event, "reason"),
		    *note && json_text(event, "reason")[0] ? ": " : "", note);
		table_put(&t, buf_text(&text));
		table_put(&t, json_true(event, "counts") ? _("yes") : _("no"));
	}
	table_end(&t, c, 6);
	buf_free(&text);
}

enum err_code
network_log(struct call *c, struct err *e)
{
	cJSON *log = NULL;
	struct entry_view view = { 0 };
	enum err_code rc = http_ask(c, "GET", "/v1/network/log", (struct bytes){ 0 }, &log, e);

	if (rc)
		return rc;
	if (c->json) {
		call_json(c, log);
	} else {
		http_ask(c, "GET", "/v1/members", (struct bytes){ 0 }, &view.members, NULL);
		print_log(c, log, &view);
		cJSON_Delete(view.members);
	}
	cJSON_Delete(log);
	return ERR_OK;
}
