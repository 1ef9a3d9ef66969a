#include "node/service/api.h"

#include "node/record/json.h"

#include <string.h>

#define SMALL 65536

/* One row a route; docs/control.md is the same table for people. */
const struct api_route api_routes[] = {
	/* method   path                              role        most    help                                  handler */
	{ "GET",    "/v1/version",                    ROLE_READ,  0,      "version of the node", api_version },
	{ "GET",    "/v1/status",                     ROLE_READ,  0,      "the node, its network and its peers", api_status },
	{ "GET",    "/v1/peers",                      ROLE_READ,  0,      "nodes it knows of", api_peers },
	{ "GET",    "/v1/doctor",                     ROLE_READ,  0,      "what is well and what is not", api_doctor },
	{ "GET",    "/v1/metrics",                    ROLE_READ,  0,      "counters as OpenMetrics text", api_metrics },
	{ "POST",   "/v1/sync",                       ROLE_WRITE, SMALL,  "visit the peers now", api_sync },
	{ "GET",    "/v1/network",                    ROLE_READ,  0,      "the charter that is followed", api_network_show },
	{ "POST",   "/v1/network",                    ROLE_ADMIN, SMALL,  "found a network", api_network_create },
	{ "GET",    "/v1/network/log",                ROLE_READ,  0,      "every vote with its reason", api_network_log },
	{ "GET",    "/v1/members",                    ROLE_READ,  0,      "organisations of the network", api_members },
	{ "POST",   "/v1/members/*/standing",         ROLE_ADMIN, SMALL,  "suspend, reinstate, remove", api_standing },
	{ "POST",   "/v1/members/*/admission",        ROLE_ADMIN, SMALL,  "agree to an admission", api_admission },
	{ "GET",    "/v1/invites",                    ROLE_ADMIN, 0,      "invitations", api_invites },
	{ "POST",   "/v1/invites",                    ROLE_ADMIN, SMALL,  "make an invitation", api_invite },
	{ "POST",   "/v1/invites/accept",             ROLE_ADMIN, SMALL,  "these words are theirs", api_invite_accept },
	{ "POST",   "/v1/invites/refuse",             ROLE_ADMIN, SMALL,  "these words are not theirs", api_invite_refuse },
	{ "DELETE", "/v1/invites/*",                  ROLE_ADMIN, 0,      "withdraw an invitation", api_invite_revoke },
	{ "GET",    "/v1/join",                       ROLE_READ,  0,      "how far joining has come", api_join_state },
	{ "POST",   "/v1/join",                       ROLE_ADMIN, SMALL,  "join by a code", api_join },
	{ "GET",    "/v1/kinds",                      ROLE_READ,  0,      "rows and fields of every kind", api_kinds },
	{ "GET",    "/v1/kinds/*",                    ROLE_READ,  0,      "entries of a kind", api_list },
	{ "POST",   "/v1/kinds/*",                    ROLE_WRITE, LIMIT_CONTROL_BODY, "add entries", api_add },
	{ "GET",    "/v1/kinds/*/*",                  ROLE_READ,  0,      "one entry", api_show },
	{ "PATCH",  "/v1/kinds/*/*",                  ROLE_WRITE, LIMIT_RECORD * 4, "change an entry", api_edit },
	{ "GET",    "/v1/kinds/*/*/history",          ROLE_READ,  0,      "versions of an entry", api_history },
	{ "POST",   "/v1/kinds/*/*/withdraw",         ROLE_WRITE, SMALL,  "withdraw an entry", api_withdraw },
	{ "POST",   "/v1/kinds/*/*/verify",           ROLE_WRITE, SMALL,  "still true: sign it again", api_verify },
	{ "POST",   "/v1/query",                      ROLE_READ,  SMALL,  "what the entries say, as a table", api_query_ask },
	{ "POST",   "/v1/find",                       ROLE_READ,  SMALL,  "search in all entries", api_find },
	{ "GET",    "/v1/due",                        ROLE_READ,  0,      "our entries that want to be verified", api_due },
	{ "GET",    "/v1/stale",                      ROLE_READ,  0,      "entries that nobody verified in time", api_stale },
	{ "GET",    "/v1/new",                        ROLE_READ,  0,      "entries that came lately", api_new },
	{ "GET",    "/v1/freshness",                  ROLE_READ,  0,      "how many entries are fresh", api_freshness },
	{ "GET",    "/v1/export/*",                   ROLE_READ,  0,      "public entries as files of a format", api_export },
	{ "POST",   "/v1/import/*",                   ROLE_WRITE, LIMIT_CONTROL_BODY, "entries from files of a format", api_import },
	{ "GET",    "/v1/pathways/*",                 ROLE_READ,  0,      "the steps of a referral, as they stand today", api_pathway },
	{ "GET",    "/v1/pathways/*/print",           ROLE_READ,  0,      "the same for paper", api_pathway_print },
	{ "GET",    "/v1/matches",                    ROLE_READ,  0,      "what fits our needs and offers", api_matches },
	{ "GET",    "/v1/matches/*/*",                ROLE_READ,  0,      "what fits one need or offer", api_matches_of },
	{ "POST",   "/v1/exchange/*/*/*",             ROLE_WRITE, SMALL,  "one step of a hand-over", api_handover },
	{ "GET",    "/v1/records/*",                  ROLE_READ,  0,      "the signed bytes", api_envelope },
};
const size_t api_routes_count = sizeof(api_routes) / sizeof(api_routes[0]);

enum err_code
api_object(const struct api_call *c, cJSON **out, struct err *e)
{
	cJSON *o;
	enum err_code rc;

	if (c->body.len == 0) {
		*out = cJSON_CreateObject();
		return ERR_OK;
	}
	if ((rc = json_parse(c->body, SMALL, "request", &o, e)))
		return rc;
	if (!cJSON_IsObject(o)) {
		cJSON_Delete(o);
		return err_set(e, ERR_INPUT, "request", "object", "a JSON object is expected");
	}
	*out = o;
	return ERR_OK;
}

enum err_code
api_text(const cJSON *o, const char *key, const char **out, struct err *e)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

	if (v && !cJSON_IsNull(v) && !cJSON_IsString(v))
		return err_set(e, ERR_INPUT, key, "type", "a text is expected");
	*out = cJSON_IsString(v) ? v->valuestring : NULL;
	return ERR_OK;
}

enum err_code
api_need_text(const cJSON *o, const char *key, const char **out, struct err *e)
{
	enum err_code rc = api_text(o, key, out, e);

	if (rc)
		return rc;
	if (*out == NULL || **out == 0)
		return err_set(e, ERR_INPUT, key, "required", "is missing");
	if (strlen(*out) > LIMIT_NAME * 8)
		return err_set(e, ERR_LIMIT, key, "length", "is too long");
	return ERR_OK;
}

bool
api_flag(const struct api_call *c, const char *key)
{
	const char *v = api_query(c, key);

	return v && strcmp(v, "1") == 0;
}

void
json_id(cJSON *o, const char *key, enum id_type type, const struct id *id)
{
	char text[ID_TEXT];

	if (id_is_zero(id))
		cJSON_AddNullToObject(o, key);
	else
		cJSON_AddStringToObject(o, key, id_format(type, id, text));
}

void
json_time(cJSON *o, const char *key, int64_t unix_ms)
{
	char text[CLOCK_TEXT];

	if (unix_ms == 0)
		cJSON_AddNullToObject(o, key);
	else
		cJSON_AddStringToObject(o, key, clock_format(unix_ms, text));
}

void
json_territory(cJSON *o, const char *key, uint16_t territory)
{
	char text[3] = { (char)(territory >> 8), (char)territory, 0 };

	cJSON_AddStringToObject(o, key, text);
}
