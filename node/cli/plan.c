#include "node/cli/plan.h"

#include "node/cli/http.h"
#include "node/cli/show.h"

enum err_code
plan_show(struct call *c, const char *what, cJSON *body, struct err *e)
{
	const cJSON *item;
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
		cJSON_ArrayForEach(item, body) {
			if (cJSON_IsString(item))
				show_fact(c, 1, item->string, "%s", item->valuestring);
			else if (cJSON_IsNumber(item))
				show_fact(c, 1, item->string, "%.0f", item->valuedouble);
			else if (cJSON_IsBool(item))
				show_fact(c, 1, item->string, "%s", cJSON_IsTrue(item) ? _("yes") : _("no"));
		}
		call_note(c, _("Nothing was changed."));
	}
	cJSON_Delete(body);
	return ERR_OK;
}
