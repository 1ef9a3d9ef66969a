#include "node/cli/command.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"

#ifndef KILIM_VERSION
#define KILIM_VERSION "unknown"
#endif

/* Works without a node; with one, says which version that is. */
enum err_code
version_run(struct call *c, struct err *e)
{
	cJSON *node = NULL, *json;

	(void)e;
	http_ask(c, "GET", "/v1/version", (struct bytes){ 0 }, &node, NULL);
	if (c->json) {
		json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "version", KILIM_VERSION);
		cJSON_AddNumberToObject(json, "api", 1);
		cJSON_AddItemToObject(json, "node", node ? cJSON_Duplicate(node, true) : cJSON_CreateNull());
		call_json(c, json);
		cJSON_Delete(json);
	} else {
		show_fact(c, 0, "kilim", "%s", KILIM_VERSION);
		if (node)
			show_fact(c, 0, "kilimd", "%s", json_text(node, "version"));
	}
	cJSON_Delete(node);
	return ERR_OK;
}
