#include "node/home/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/command.h"
#include "node/cli/show.h"

/* Without a daemon: the same reader that the daemon uses. */
static enum err_code
load(struct call *c, struct config *config, struct config_origin **out_origins, struct err *e)
{
	enum err_code rc;

	*out_origins = need_zeroed(config_rows(), sizeof(**out_origins));
	config_defaults(config);
	if ((rc = call_dir(c, e)) == ERR_OK && access(c->dir, F_OK) != 0)
		rc = err_set(e, ERR_MISSING, c->dir, "home", _("there is no such directory; name the node's with --dir"));
	if (rc == ERR_OK)
		rc = config_load(c->dir, config, *out_origins, e);
	return rc;
}

enum err_code
config_check_run(struct call *c, struct err *e)
{
	struct config config;
	struct config_origin *origins;
	size_t set = 0;
	enum err_code rc = load(c, &config, &origins, e);

	for (size_t i = 0; rc == ERR_OK && i < config_rows(); i++)
		set += origins[i].line > 0;
	if (rc == ERR_OK && c->json)
		fprintf(c->out, "{\"ok\": true, \"set\": %zu}\n", set);
	else if (rc == ERR_OK)
		show_fact(c, 0, _("configuration"), _("in order, %zu of %zu keys set in %s"), set, config_rows(), c->dir);
	free(origins);
	return rc;
}

static void
put_json(cJSON *json, size_t i, const char *value, const struct config_origin *origin)
{
	cJSON *one;

	if (origin == NULL) {
		cJSON_AddStringToObject(json, config_key(i), value);
		return;
	}
	one = cJSON_AddObjectToObject(json, config_key(i));
	cJSON_AddStringToObject(one, "value", value);
	cJSON_AddStringToObject(one, "file", origin->line ? origin->file : "");
	cJSON_AddNumberToObject(one, "line", origin->line);
}

enum err_code
config_show_run(struct call *c, struct err *e)
{
	struct config config;
	struct config_origin *origins;
	cJSON *json = cJSON_CreateObject();
	struct buf value = { 0 };
	bool with_origin = call_flag(c, "origin");
	enum err_code rc = load(c, &config, &origins, e);

	for (size_t i = 0; rc == ERR_OK && i < config_rows(); i++) {
		buf_reset(&value);
		config_value(&config, i, &value);
		if (c->json)
			put_json(json, i, buf_text(&value), with_origin ? &origins[i] : NULL);
		else if (!with_origin)
			show_fact(c, 0, config_key(i), "%s", buf_text(&value));
		else if (origins[i].line)
			show_fact(c, 0, config_key(i), "%s (%s:%d)", buf_text(&value), origins[i].file, origins[i].line);
		else
			show_fact(c, 0, config_key(i), _("%s (default)"), buf_text(&value));
	}
	if (rc == ERR_OK && c->json)
		call_json(c, json);
	cJSON_Delete(json);
	buf_free(&value);
	free(origins);
	return rc;
}
