#include "node/service/votes.h"

#include "node/record/body_json.h"
#include "proto/kind.h"

#include <string.h>

/* The charter that we may vote under, or why not. */
static enum err_code
charter_of(struct node *n, const struct id *subject, const struct charter **out, struct err *e)
{
	const struct membership *m = records_membership(n->records);
	const struct charter *c = m ? membership_charter(m) : NULL;
	const struct member *self = node_self(n), *them = m ? membership_find(m, subject) : NULL;

	if (c == NULL)
		return err_set(e, ERR_MISSING, "network", "member", "this node is in no network yet");
	if (self == NULL || !self->coordinator)
		return err_set(e, ERR_DENIED, "vote", "coordinator", "only a coordinator of the network may decide this");
	if (id_equal(subject, &self->key))
		return err_set(e, ERR_DENIED, "vote", "self", "nobody votes on herself");
	if (them && them->coordinator)
		return err_set(e, ERR_DENIED, "vote", "charter", "a coordinator is replaced by a new charter only");
	*out = c;
	return ERR_OK;
}

static enum err_code
cast(struct node *n, uint32_t kind, cJSON *o, struct authored *out, struct err *e)
{
	struct buf body = { 0 }, private_fields = { 0 };
	struct draft d = { .kind = kind };
	enum err_code rc = body_from_json(kind_find(kind), &n->home->organisation.public_key, o, NULL, &body,
	    &private_fields, e);

	d.body = buf_bytes(&body);
	if (rc == ERR_OK)
		rc = node_author(n, &d, 1, out, e);
	buf_free(&body);
	buf_free(&private_fields);
	return rc;
}

static cJSON *
vote_json(const struct charter *c, const struct id *subject)
{
	cJSON *o = cJSON_CreateObject();
	char text[ID_TEXT];

	cJSON_AddStringToObject(o, "charter", id_format(ID_RECORD, &c->id, text));
	cJSON_AddStringToObject(o, "subject", id_format(ID_ORGANISATION, subject, text));
	return o;
}

enum err_code
vote_admission(struct node *n, const struct vote *v, struct authored *out, struct err *e)
{
	const struct charter *c;
	enum err_code rc = charter_of(n, &v->subject, &c, e);
	enum member_state s;
	cJSON *o;

	if (rc)
		return rc;
	s = membership_state(records_membership(n->records), &v->subject);
	if (s == MEMBER_REMOVED || s == MEMBER_SUCCEEDED)
		return err_set(e, ERR_DENIED, "admission", "final", "this key was %s; a return needs a new key",
		    member_state_word(s));
	o = vote_json(c, &v->subject);
	cJSON_AddStringToObject(o, "name", v->name);
	cJSON_AddStringToObject(o, "territory", v->territory);
	cJSON_AddStringToObject(o, "class", v->member_class);
	rc = cast(n, KIND_ADMISSION, o, out, e);
	cJSON_Delete(o);
	return rc;
}

enum err_code
vote_standing(struct node *n, const struct vote *v, struct authored *out, struct err *e)
{
	bool removes = strcmp(v->action, "remove") == 0;
	const struct charter *c;
	enum err_code rc = charter_of(n, &v->subject, &c, e);
	cJSON *o;

	if (rc)
		return rc;
	if (membership_find(records_membership(n->records), &v->subject) == NULL)
		return err_set(e, ERR_MISSING, "organisation", "member", "was never admitted to this network");
	o = vote_json(c, &v->subject);
	if (!removes)
		cJSON_AddStringToObject(o, "action", v->action);
	cJSON_AddStringToObject(o, "reason", v->reason);
	if (v->note)
		cJSON_AddStringToObject(o, "note", v->note);
	rc = cast(n, removes ? KIND_REMOVAL : KIND_STANDING, o, out, e);
	cJSON_Delete(o);
	return rc;
}
