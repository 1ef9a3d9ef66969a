#include "node/service/api.h"

#include "node/record/body_json.h"
#include "node/service/joining.h"
#include "node/service/votes.h"
#include "proto/calendar.h"
#include "proto/territory.h"

#include <string.h>

/* --- members and log --- */

static cJSON *
member_json(const struct member *m)
{
	cJSON *o = cJSON_CreateObject();

	json_id(o, "id", ID_ORGANISATION, &m->key);
	cJSON_AddStringToObject(o, "name", m->name);
	json_territory(o, "territory", m->territory);
	cJSON_AddStringToObject(o, "class", member_class_word(m->class));
	cJSON_AddStringToObject(o, "state", member_state_word(m->state));
	cJSON_AddBoolToObject(o, "coordinator", m->coordinator);
	json_time(o, "since", m->since_hour * HOUR_MS);
	if (m->suspended_until_hour)
		json_time(o, "suspended_until", m->suspended_until_hour * HOUR_MS);
	if (m->state == MEMBER_SUCCEEDED)
		json_id(o, "successor", ID_ORGANISATION, &m->successor);
	return o;
}

enum err_code
api_members(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const struct membership *m = records_membership(api_node(c)->records);

	(void)e;
	r->json = cJSON_CreateArray();
	for (size_t i = 0; m && i < membership_count(m); i++)
		cJSON_AddItemToArray(r->json, member_json(membership_at(m, i)));
	return ERR_OK;
}

enum err_code
api_network_log(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const struct membership *m = records_membership(api_node(c)->records);

	(void)e;
	r->json = cJSON_CreateArray();
	for (size_t i = 0; m && i < membership_event_count(m); i++) {
		const struct member_event *ev = membership_event_at(m, i);
		cJSON *o = cJSON_CreateObject();

		json_time(o, "time", ev->unix_ms);
		json_id(o, "author", ID_ORGANISATION, &ev->author);
		cJSON_AddStringToObject(o, "what", ev->what);
		json_id(o, "subject", ID_ORGANISATION, &ev->subject);
		cJSON_AddStringToObject(o, "reason", ev->reason);
		cJSON_AddStringToObject(o, "text", ev->text);
		cJSON_AddBoolToObject(o, "counts", ev->counts);
		json_id(o, "charter", ID_RECORD, &ev->charter);
		json_id(o, "record", ID_RECORD, &ev->record);
		cJSON_AddItemToArray(r->json, o);
	}
	return ERR_OK;
}

enum err_code
api_network_show(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const struct node *n = api_node(c);
	const struct membership *m = records_membership(n->records);
	const struct charter *ch = m ? membership_charter(m) : NULL;
	cJSON *o, *list;

	if (ch == NULL)
		return err_set(e, ERR_MISSING, "network", "member",
		    "this node is in no network yet: kilim network create, or kilim join");
	o = r->json = cJSON_CreateObject();
	json_id(o, "id", ID_NETWORK, records_network(n->records));
	cJSON_AddStringToObject(o, "name", ch->name);
	json_id(o, "charter", ID_RECORD, &ch->id);
	cJSON_AddNumberToObject(o, "depth", ch->depth);
	cJSON_AddNumberToObject(o, "threshold", ch->threshold);
	list = cJSON_AddArrayToObject(o, "coordinators");
	for (size_t i = 0; i < membership_count(m); i++)
		if (membership_at(m, i)->coordinator)
			cJSON_AddItemToArray(list, member_json(membership_at(m, i)));
	cJSON_AddBoolToObject(o, "fork", membership_is_fork(m));
	return ERR_OK;
}

/* --- founding --- */

static cJSON *
charter_json(const struct node *n, const char *name, const char *language, const cJSON *quotas)
{
	cJSON *o = cJSON_CreateObject(), *who;
	char key[ID_TEXT];

	cJSON_AddStringToObject(cJSON_AddObjectToObject(o, "name"), language, name);
	who = cJSON_CreateObject();
	cJSON_AddStringToObject(who, "key", id_format(ID_ORGANISATION, &n->home->organisation.public_key, key));
	cJSON_AddStringToObject(who, "name", n->home->config.name);
	cJSON_AddStringToObject(who, "territory", n->home->config.territory);
	cJSON_AddStringToObject(who, "class", member_class_word(CLASS_CSO));
	cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "coordinators"), who);
	cJSON_AddNumberToObject(o, "admit", 1);
	if (quotas)
		cJSON_AddItemToObject(o, "quotas", cJSON_Duplicate(quotas, true));
	return o;
}

static enum err_code
found(struct node *n, const char *name, const char *language, const cJSON *quotas, struct err *e)
{
	cJSON *o = charter_json(n, name, language, quotas);
	struct buf body = { 0 }, private_fields = { 0 };
	struct id network;
	enum err_code rc = body_from_json(kind_find(KIND_CHARTER), &n->home->organisation.public_key, o, NULL,
	    &body, &private_fields, e);

	if (rc == ERR_OK)
		rc = records_found(n->records, &n->home->organisation, buf_bytes(&body), &network, e);
	if (rc == ERR_OK) {
		joining_give_up(n);
		n->membership_moved = true;
		node_settle(n);
	}
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&private_fields);
	return rc;
}

enum err_code
api_network_create(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	const char *name, *language;
	cJSON *o;
	enum err_code rc;

	if ((rc = api_object(c, &o, e)))
		return rc;
	if ((rc = api_need_text(o, "name", &name, e)) || (rc = api_text(o, "language", &language, e)))
		goto out;
	if (node_in_network(n))
		rc = err_set(e, ERR_CONFLICT, "network", "one", "this node is in a network already");
	else if (joining_waits(n) && !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "instead")))
		rc = err_set(e, ERR_CONFLICT, "network", "joining", "this node waits to be admitted to another network; "
		    "say --instead to give that up");
	else if (n->home->config.protected_org)
		rc = err_set(e, ERR_DENIED, "network", "protected",
		    "a protected organisation cannot coordinate: others could not reach it. "
		    "It needs protected = no in kilim.conf");
	else if (strcmp(n->home->config.territory, "ZZ") == 0)
		rc = err_set(e, ERR_INPUT, "territory", "required", "set organisation.territory in kilim.conf first");
	else
		rc = found(n, name, language ? language :
		    n->home->config.language[0] ? n->home->config.language : "en",
		    cJSON_GetObjectItemCaseSensitive(o, "quotas"), e);
	if (rc == ERR_OK) {
		r->json = cJSON_CreateObject();
		json_id(r->json, "network", ID_NETWORK, records_network(n->records));
		json_id(r->json, "charter", ID_RECORD, &membership_charter(records_membership(n->records))->id);
	}
out:
	cJSON_Delete(o);
	return rc;
}

/* --- votes by hand --- */

static enum err_code
subject_of(const struct api_call *c, struct id *out, struct err *e)
{
	return id_parse(ID_ORGANISATION, c->rest[0], "organisation", out, e);
}

static enum err_code
reply_vote(enum err_code rc, const struct authored *done, struct api_reply *r)
{
	if (rc)
		return rc;
	r->json = cJSON_CreateObject();
	json_id(r->json, "record", ID_RECORD, &done->id);
	return ERR_OK;
}

enum err_code
api_standing(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct vote v = { 0 };
	struct authored done;
	cJSON *o;
	enum err_code rc;

	if ((rc = api_object(c, &o, e)))
		return rc;
	if ((rc = subject_of(c, &v.subject, e)) == ERR_OK &&
	    (rc = api_need_text(o, "action", &v.action, e)) == ERR_OK &&
	    (rc = api_need_text(o, "reason", &v.reason, e)) == ERR_OK &&
	    (rc = api_text(o, "note", &v.note, e)) == ERR_OK)
		rc = reply_vote(vote_standing(api_node(c), &v, &done, e), &done, r);
	cJSON_Delete(o);
	return rc;
}

enum err_code
api_admission(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct vote v = { 0 };
	struct authored done;
	const struct code *territory;
	const char *text;
	cJSON *o;
	enum err_code rc;

	if ((rc = api_object(c, &o, e)))
		return rc;
	if ((rc = subject_of(c, &v.subject, e)) == ERR_OK &&
	    (rc = api_need_text(o, "name", &v.name, e)) == ERR_OK &&
	    (rc = api_need_text(o, "territory", &text, e)) == ERR_OK &&
	    (rc = territory_parse(text, "territory", &territory, e)) == ERR_OK &&
	    (rc = api_need_text(o, "class", &v.member_class, e)) == ERR_OK) {
		v.territory = territory->word;
		rc = reply_vote(vote_admission(api_node(c), &v, &done, e), &done, r);
	}
	cJSON_Delete(o);
	return rc;
}
