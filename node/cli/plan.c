#include "node/cli/plan.h"

#include "node/cli/http.h"
#include "node/cli/show.h"

/* Of what is in a group the words stand one behind the other: "quotas keys: 100". */
static void
print_items(const struct call *c, const char *group, const cJSON *body)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, body) {
		char label[80];

		snprintf(label, sizeof(label), "%s%s%s", group, *group ? " " : "", item->string);
		if (cJSON_IsString(item))
			show_fact(c, 1, label, "%s", item->valuestring);
		else if (cJSON_IsNumber(item))
			show_fact(c, 1, label, "%.0f", item->valuedouble);
		else if (cJSON_IsBool(item))
			show_fact(c, 1, label, "%s", cJSON_IsTrue(item) ? _("yes") : _("no"));
		else if (cJSON_IsObject(item))
			print_items(c, label, item);
	}
}

enum err_code
plan_show(struct call *c, const char *what, cJSON *body, struct err *e)
{
	enum err_code rc = http_ask(c, "GET", "/v1/version", (struct bytes){ 0 }, NULL, e);

	if (rc) {
		cJSON_Delete(body);
		return rc;
	}
	if (c->json) {
		cJSON_AddBoolToObject(body, "dry_run", true);
		call_json(c, body);
	} else {
		show_fact(c, 0, _("would"), "%s", what);
		print_items(c, "", body);
		call_note(c, _("Nothing was changed."));
	}
	cJSON_Delete(body);
	return ERR_OK;
}
