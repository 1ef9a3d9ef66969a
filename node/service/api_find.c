/* Searches: what is asked is in the body of the request, so that it stands in no address and no log. */
#include "node/service/at.h"
#include "node/service/hits.h"
#include "node/service/searching.h"

static enum err_code
read_hits(void *self, struct bytes answer, cJSON **out, struct err *e)
{
	enum err_code rc = searching_take(answer, self, e);

	if (rc == ERR_OK)
		*out = cJSON_Duplicate(self, true);
	return rc;
}

static void
release(void *self)
{
	cJSON_Delete(self);
}

static enum err_code
ask_peer(const struct api_call *c, const char *at, const cJSON *request, struct api_reply *r, struct err *e)
{
	struct at_question asked = { .path = "find", .read = read_hits, .release = release };
	struct buf body = { 0 };
	enum err_code rc = searching_write(request, &body, e);

	if (rc == ERR_OK) {
		asked.body = buf_bytes(&body);
		asked.self = hits_begin(api_node(c), request);
		rc = at_ask(c, at, &asked, r, e);
	}
	buf_free(&body);
	return rc;
}

enum err_code
api_find(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const struct hits_bounds own = { .audiences = (1u << AUDIENCES) - 1, .reader = BESIDE_OWN };
	cJSON *o = NULL, *at = NULL;
	uint64_t read;
	enum err_code rc = api_object(c, &o, e);

	if (rc)
		return rc;
	at = cJSON_DetachItemFromObjectCaseSensitive(o, "at");
	if (at && !cJSON_IsString(at))
		rc = err_set(e, ERR_INPUT, "at", "type", "a text is expected");
	else if (at)
		rc = ask_peer(c, at->valuestring, o, r, e);
	else
		rc = hits_find(api_node(c), o, &own, &r->json, &read, e);
	cJSON_Delete(at);
	cJSON_Delete(o);
	return rc;
}
