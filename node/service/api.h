/*
 * api - what people may ask of this node, over the control socket: the table.
 *
 * Source   docs/control.md
 */
#ifndef KILIM_SERVICE_API_H
#define KILIM_SERVICE_API_H

#include "node/control/control.h"
#include "node/peer/node.h"

extern const struct api_route api_routes[];
extern const size_t api_routes_count;

/* api_status.c */
enum err_code api_version(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_status(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_peers(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_metrics(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_sync(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_care.c */
enum err_code api_due(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_stale(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_new(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_freshness(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_doctor.c */
enum err_code api_doctor(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_network.c */
enum err_code api_network_create(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_network_show(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_network_log(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_members(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_standing(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_admission(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_join.c */
enum err_code api_invite(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_invites(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_invite_revoke(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_invite_accept(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_invite_refuse(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_join(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_join_state(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_kinds.c */
enum err_code api_kinds(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_list(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_show(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_history(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_envelope(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_query.c */
enum err_code api_query_ask(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_find.c */
enum err_code api_find(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_author.c */
enum err_code api_add(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_edit(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_withdraw(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_verify(const struct api_call *c, struct api_reply *r, struct err *e);

/* api_exchange.c */
enum err_code api_export(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_import(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_pathway.c */
enum err_code api_pathway(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_pathway_print(const struct api_call *c, struct api_reply *r, struct err *e);
/* api_exchange.c */
enum err_code api_matches(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_matches_of(const struct api_call *c, struct api_reply *r, struct err *e);
enum err_code api_handover(const struct api_call *c, struct api_reply *r, struct err *e);

/* --- what handlers share, api.c --- */
static inline struct node *
api_node(const struct api_call *c)
{
	return c->node;
}
/* The body as one JSON object, strictly parsed; an empty body is an empty object. Free with cJSON_Delete. */
enum err_code api_object(const struct api_call *c, cJSON **out, struct err *e);
/* A text member of O, borrowed; NULL when absent. INPUT when it is something else. */
enum err_code api_text(const cJSON *o, const char *key, const char **out, struct err *e);
/* INPUT "required" when absent or empty. */
enum err_code api_need_text(const cJSON *o, const char *key, const char **out, struct err *e);
bool api_flag(const struct api_call *c, const char *key);      /* query parameter "1" */
void json_id(cJSON *o, const char *key, enum id_type type, const struct id *id);
void json_time(cJSON *o, const char *key, int64_t unix_ms);    /* null when 0 */
void json_territory(cJSON *o, const char *key, uint16_t territory);

#endif
