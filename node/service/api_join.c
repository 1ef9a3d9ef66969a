#include "node/service/api.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"

#include "proto/territory.h"

#include <string.h>

static enum err_code
class_parse(const char *word, enum member_class *out, struct err *e)
{
	for (int i = CLASS_CSO; i <= CLASS_OBSERVER; i++)
		if (strcmp(word, member_class_word((enum member_class)i)) == 0) {
			*out = (enum member_class)i;
			return ERR_OK;
		}
	return err_set(e, ERR_INPUT, "class", "code", "\"%s\" is none of cso, institution, observer", word);
}

static enum err_code
days_of(const cJSON *o, unsigned *out, struct err *e)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "days");

	if (v == NULL || cJSON_IsNull(v))
		return ERR_OK;
	if (!cJSON_IsNumber(v) || v->valuedouble < 1 || v->valuedouble > LIMIT_INVITE_DAYS)
		return err_set(e, ERR_INPUT, "days", "range", "an invitation holds 1 to %d days", LIMIT_INVITE_DAYS);
	*out = (unsigned)v->valuedouble;
	return ERR_OK;
}

enum err_code
api_invite(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct invite_options o = { .member_class = CLASS_CSO };
	const char *territory, *class;
	const struct code *code;
	cJSON *in;
	enum err_code rc;

	if ((rc = api_object(c, &in, e)))
		return rc;
	if ((rc = api_need_text(in, "name", &o.name, e)) || (rc = api_need_text(in, "territory", &territory, e)) ||
	    (rc = territory_parse(territory, "territory", &code, e)) || (rc = api_text(in, "class", &class, e)) ||
	    (class && (rc = class_parse(class, &o.member_class, e))) || (rc = days_of(in, &o.days, e)))
		goto out;
	if (strlen(o.name) > LIMIT_NAME) {
		rc = err_set(e, ERR_LIMIT, "name", "length", "at most %d bytes", LIMIT_NAME);
		goto out;
	}
	o.territory = TERRITORY((uint8_t)code->word[0], (uint8_t)code->word[1]);
	o.automatic = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(in, "auto"));
	rc = inviting_make(api_node(c), &o, &r->json, e);
out:
	cJSON_Delete(in);
	return rc;
}

enum err_code
api_invites(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)e;
	r->json = inviting_list(api_node(c));
	return ERR_OK;
}

enum err_code
api_invite_revoke(const struct api_call *c, struct api_reply *r, struct err *e)
{
	enum err_code rc = inviting_revoke(api_node(c), c->rest[0], e);

	if (rc == ERR_OK)
		r->json = cJSON_CreateObject();
	return rc;
}

static enum err_code
decide(const struct api_call *c, struct api_reply *r, bool accept, struct err *e)
{
	const char *words;
	const cJSON *name;
	cJSON *in;
	enum err_code rc;

	if ((rc = api_object(c, &in, e)))
		return rc;
	name = cJSON_GetObjectItemCaseSensitive(in, "name");
	if (name && !cJSON_IsString(name))
		rc = err_set(e, ERR_INPUT, "name", "type", "a text is expected");
	else if ((rc = api_need_text(in, "words", &words, e)) == ERR_OK)
		rc = inviting_decide(api_node(c), words, accept, cJSON_GetStringValue(name), &r->json, e);
	cJSON_Delete(in);
	return rc;
}

enum err_code
api_invite_accept(const struct api_call *c, struct api_reply *r, struct err *e)
{
	return decide(c, r, true, e);
}

enum err_code
api_invite_refuse(const struct api_call *c, struct api_reply *r, struct err *e)
{
	return decide(c, r, false, e);
}

/* Answered when the words are known, or the inviter has said no or nothing. */
enum err_code
api_join(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const char *code;
	cJSON *in;
	enum err_code rc;

	if ((rc = api_object(c, &in, e)))
		return rc;
	if ((rc = api_need_text(in, "code", &code, e)) == ERR_OK &&
	    (rc = joining_join(api_node(c), code, e)) == ERR_OK)
		r->later = true;
	cJSON_Delete(in);
	if (r->later)
		joining_wait(api_node(c), c->ticket);
	return rc;
}

enum err_code
api_join_state(const struct api_call *c, struct api_reply *r, struct err *e)
{
	if (joining_state(api_node(c), &r->json))
		return ERR_OK;
	return err_set(e, ERR_MISSING, "join", "none", "this node has not asked to join a network");
}
