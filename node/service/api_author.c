#include "node/service/api.h"
#include "node/service/authoring.h"
#include "node/service/entry.h"

#include "node/record/json.h"
#include "proto/stamp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- add --- */

/* An object, an array of objects, or NDJSON: one object a line. */
static bool
is_lines(struct bytes body)
{
	const uint8_t *end = memchr(body.p, '\n', body.len), *more = end;
	cJSON *first = NULL;
	bool lines;

	while (more && more < body.p + body.len && isspace(*more))
		more++;
	if (end == NULL || more == body.p + body.len)
		return false; /* one line is one value */
	lines = json_parse((struct bytes){ body.p, (size_t)(end - body.p) }, LIMIT_RECORD * 4, "line 1", &first,
	    NULL) == ERR_OK && cJSON_IsObject(first);
	cJSON_Delete(first);
	return lines;
}

static enum err_code
add_lines(struct authoring *a, struct bytes body, struct err *e)
{
	size_t line = 0;

	while (body.len) {
		const uint8_t *end = memchr(body.p, '\n', body.len);
		size_t len = end ? (size_t)(end - body.p) : body.len;
		char name[32];
		cJSON *o;
		enum err_code rc = ERR_OK;

		snprintf(name, sizeof(name), "line %zu", ++line);
		if (len && !(len == 1 && body.p[0] == '\r')) {
			if ((rc = json_parse((struct bytes){ body.p, len }, LIMIT_RECORD * 4, name, &o, e)))
				return rc;
			rc = authoring_add(a, o, e);
			cJSON_Delete(o);
			if (rc)
				return err_wrap(e, "%s", name);
		}
		body.p += len + (end != NULL);
		body.len -= len + (end != NULL);
	}
	return ERR_OK;
}

static enum err_code
add_value(struct authoring *a, cJSON *value, struct err *e)
{
	size_t at = 0;
	cJSON *o;

	if (!cJSON_IsArray(value))
		return authoring_add(a, value, e);
	cJSON_ArrayForEach(o, value) {
		at++;
		if (authoring_add(a, o, e))
			return err_wrap(e, "entry %zu", at);
	}
	return ERR_OK;
}

/* One flag, for the coordinators alone: a list might end half open. */
static enum err_code
add_sealed(const struct api_call *c, struct authoring *a, const struct kind *k, struct err *e)
{
	const char *to = api_query(c, "to");
	cJSON *object = NULL;
	enum err_code rc;

	if (k->says != SAYS_FLAG || strcmp(to, "coordinators") != 0)
		return err_set(e, ERR_INPUT, "to", "code", "a flag may be to coordinators; nothing else is sealed");
	if ((rc = json_parse(c->body, LIMIT_RECORD * 4, k->word, &object, e)))
		return rc;
	rc = cJSON_IsObject(object) ? authoring_add(a, object, e) :
	    err_set(e, ERR_INPUT, k->word, "object", "one flag at a time is sealed: a JSON object is expected");
	cJSON_Delete(object);
	return rc ? rc : authoring_seal(a, e);
}

enum err_code
api_add(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	const struct kind *k;
	struct authoring *a;
	cJSON *value = NULL, *list = NULL;
	bool single = false;
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &k, e)))
		return rc;
	if (c->body.len == 0)
		return err_set(e, ERR_INPUT, k->word, "empty", "there is nothing in what was sent");
	a = authoring_new(n, k);
	if (api_query(c, "to")) {
		single = true;
		rc = add_sealed(c, a, k, e);
	} else if (is_lines(c->body)) {
		rc = add_lines(a, c->body, e);
	} else if ((rc = json_parse(c->body, LIMIT_CONTROL_BODY, k->word, &value, e)) == ERR_OK) {
		single = !cJSON_IsArray(value);
		rc = add_value(a, value, e);
	}
	cJSON_Delete(value);
	if (rc == ERR_OK)
		rc = authoring_finish(a, api_flag(c, "dry_run"), &list, e);
	authoring_free(a);
	if (rc)
		return rc;
	r->json = single ? cJSON_DetachItemFromArray(list, 0) : list;
	if (single)
		cJSON_Delete(list);
	return ERR_OK;
}

/* --- change one --- */

struct change {
	const struct kind *kind;
	cJSON *patch;
	uint64_t if_stamp;
	bool withdraw, verify;
};

static enum err_code
change_one(const struct api_call *c, struct change *ch, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	struct authoring *a = authoring_new(n, ch->kind);
	const struct kind *named = ch->kind;
	struct reference key;
	struct store_txn *t;
	struct verified v;
	cJSON *list = NULL;
	enum err_code rc = entry_find_stored(n, &ch->kind, c->rest[1], &key, e);

	authoring_kind(a, ch->kind);
	if (rc == ERR_OK && ch->kind != named && !ch->withdraw)
		rc = err_set(e, ERR_DENIED, c->rest[1], "sealed", "what is sealed is not changed: withdraw it, and write another one");
	if (rc == ERR_OK && !id_equal(&key.author, &n->home->organisation.public_key))
		rc = err_set(e, ERR_DENIED, c->rest[1], "author", "this entry is another organisation's; only it can change it");
	if (rc)
		goto out;
	t = store_read(n->store);
	if (!records_live(n->records, t, ch->kind->number, &key.author, &key.name, &v))
		rc = err_set(e, ERR_MISSING, c->rest[1], "id", "is gone");
	else if (v.record.state == RECORD_WITHDRAWN)
		rc = err_set(e, ERR_CONFLICT, c->rest[1], "state", "was withdrawn; add it anew");
	else if (ch->withdraw)
		rc = authoring_withdraw(a, &v, e);
	else
		rc = authoring_edit(a, &v, records_private(n->records, t, ch->kind->number, &key.author, &key.name),
		    ch->patch, ch->if_stamp, e);
	if (rc == ERR_OK && !ch->withdraw && !api_flag(c, "answered"))
		rc = authoring_check_exposed(a, &v, ch->verify, e);
	txn_abort(&t);
	if (rc == ERR_OK)
		rc = authoring_finish(a, api_flag(c, "dry_run"), &list, e);
	if (rc == ERR_OK)
		r->json = cJSON_DetachItemFromArray(list, 0);
	cJSON_Delete(list);
out:
	authoring_free(a);
	return rc;
}

enum err_code
api_edit(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct change ch = { 0 };
	const char *stamp = api_query(c, "if_stamp");
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &ch.kind, e)) ||
	    (stamp && (rc = stamp_parse(stamp, "if_stamp", &ch.if_stamp, e))) ||
	    (rc = json_parse(c->body, LIMIT_RECORD * 4, ch.kind->word, &ch.patch, e)))
		return rc;
	rc = cJSON_IsObject(ch.patch) ? change_one(c, &ch, r, e) :
	    err_set(e, ERR_INPUT, ch.kind->word, "object", "a change is a JSON object; null removes a field");
	cJSON_Delete(ch.patch);
	return rc;
}

enum err_code
api_withdraw(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct change ch = { .withdraw = true };
	enum err_code rc = entry_kind(c->rest[0], &ch.kind, e);

	return rc ? rc : change_one(c, &ch, r, e);
}

/* Still true: the same content under a new stamp, with today's date and how it was made sure. */
enum err_code
api_verify(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct change ch = { .verify = true };
	const char *method;
	char today[CLOCK_TEXT], self[ID_TEXT];
	cJSON *in;
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &ch.kind, e)) || (rc = api_object(c, &in, e)))
		return rc;
	if ((rc = api_text(in, "method", &method, e)) == ERR_OK) {
		clock_format(records_now_ms(api_node(c)->records), today);
		today[10] = 0; /* the date alone */
		ch.patch = cJSON_CreateObject();
		cJSON_AddStringToObject(ch.patch, "last_verified", today);
		cJSON_AddStringToObject(ch.patch, "verified_by",
		    id_format(ID_ORGANISATION, &api_node(c)->home->organisation.public_key, self));
		cJSON_AddStringToObject(ch.patch, "method", method ? method : "self");
		rc = change_one(c, &ch, r, e);
		cJSON_Delete(ch.patch);
	}
	cJSON_Delete(in);
	return rc;
}
