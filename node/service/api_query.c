#include "node/service/api.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/peer/peer.h"
#include "node/service/questions.h"

/* Local answers are bounded by memory alone: more than any table that a person reads. */
#define LOCAL_BYTES (16 * 1024 * 1024)

/* --- the question --- */

static enum err_code
take_text(const cJSON *v, const char *object, size_t most, struct bytes *out, struct err *e)
{
	if (!cJSON_IsString(v))
		return err_set(e, ERR_INPUT, object, "type", "a text is expected");
	*out = bytes_text(v->valuestring);
	if (out->len == 0 || out->len > most)
		return err_set(e, ERR_LIMIT, object, "length", "1 to %zu bytes", most);
	return ERR_OK;
}

static enum err_code
read_where(const cJSON *list, struct question *q, struct err *e)
{
	const cJSON *one;
	enum err_code rc = ERR_OK;

	cJSON_ArrayForEach(one, list) {
		struct question_filter *f = &q->filters[q->filter_count];

		if (q->filter_count == QUESTION_FILTERS)
			return err_set(e, ERR_LIMIT, "where", "count", "at most %d", QUESTION_FILTERS);
		if ((rc = take_text(cJSON_GetObjectItemCaseSensitive(one, "field"), "where", QUESTION_WORD, &f->axis, e)) ||
		    (rc = take_text(cJSON_GetObjectItemCaseSensitive(one, "value"), "where", QUESTION_VALUE, &f->value, e)))
			return rc;
		q->filter_count++;
	}
	return rc;
}

static enum err_code
read_by(const cJSON *list, struct question *q, struct err *e)
{
	const cJSON *one;
	enum err_code rc = ERR_OK;

	cJSON_ArrayForEach(one, list) {
		if (q->by_count == QUESTION_AXES)
			return err_set(e, ERR_LIMIT, "by", "count", "at most %d", QUESTION_AXES);
		if ((rc = take_text(one, "by", QUESTION_WORD, &q->by[q->by_count], e)))
			return rc;
		q->by_count++;
	}
	return rc;
}

/* "2026-01-31" to days since 1970. */
static enum err_code
read_day(const cJSON *o, const char *key, uint32_t *out, struct err *e)
{
	const char *text;
	enum err_code rc = api_text(o, key, &text, e);
	struct tm tm = { 0 };
	char *end;
	time_t at;

	if (rc || text == NULL)
		return rc;
	end = strptime(text, "%Y-%m-%d", &tm);
	at = end && *end == 0 ? timegm(&tm) : -1;
	if (at < 0)
		return err_set(e, ERR_INPUT, key, "date", "a day is written 2026-01-31");
	*out = (uint32_t)(at / 86400);
	return ERR_OK;
}

/* Views borrow O. */
static enum err_code
read_question(const cJSON *o, struct question *q, struct err *e)
{
	const char *report, *kind, *language;
	const struct kind *k = NULL;
	enum err_code rc;

	*q = (struct question){ 0 };
	if ((rc = api_need_text(o, "report", &report, e)) || (rc = api_text(o, "kind", &kind, e)) ||
	    (rc = api_text(o, "language", &language, e)))
		return rc;
	if (!report_by_word(report, &q->report))
		return err_set(e, ERR_INPUT, "report", "code", "there is no such report");
	if (kind && ((k = kind_by_word(kind)) == NULL || (k->flags & KIND_INTERNAL)))
		return err_set(e, ERR_MISSING, "kind", "code", "\"%.40s\" is no kind of entry", kind);
	q->kind = k ? k->number : 0;
	if (language && strlen(language) <= QUESTION_WORD)
		q->language = bytes_text(language);
	if ((rc = read_day(o, "from", &q->from_day, e)) || (rc = read_day(o, "to", &q->to_day, e)) ||
	    (rc = read_where(cJSON_GetObjectItemCaseSensitive(o, "where"), q, e)))
		return rc;
	return read_by(cJSON_GetObjectItemCaseSensitive(o, "by"), q, e);
}

/* --- of another node --- */

/* A question on its way; it keeps nothing of what was asked but which report. */
struct asking {
	struct node *node;
	uint64_t ticket;
	enum report report;
	struct id of;
};

static void
answered(void *self, const struct coap_response *r)
{
	struct asking *a = self;
	struct question q = { .report = a->report };
	struct api_reply reply = { 0 };
	struct err e = { 0 };
	enum err_code rc = ERR_OK;

	if (r->failed)
		rc = err_set(&e, r->failed, "at", "answer", "%s", r->why ? r->why->reason : "the node gave no answer");
	else if (r->code != 205)
		rc = r->why ? (e = *r->why, e.code) : err_set(&e, ERR_PEER, "at", "answer",
		    "the node does not answer questions (%u.%02u)", r->code / 100, r->code % 100);
	else if (questions_json(&q, r->body, &reply.json, &e))
		rc = err_set(&e, ERR_PEER, "at", "answer", "the node gave no table");
	if (rc == ERR_OK)
		json_id(reply.json, "at", ID_NODE, &a->of);
	if (a->node->control)
		control_answer(a->node->control, a->ticket, &reply, rc ? &e : NULL);
	free(a);
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Is P what people call AT: its node, its organisation (their beginnings), or that one's name? */
static bool
is_called(const struct peer *p, const char *at)
{
	const struct membership *m = records_membership(p->node->records);
	const struct member *who = m ? membership_find(m, &p->contact->organisation) : NULL;
	char text[ID_TEXT];

	return (strlen(at) >= 8 && (begins(id_format(ID_NODE, &p->contact->node, text), at) ||
	    begins(id_format(ID_ORGANISATION, &p->contact->organisation, text), at))) ||
	    (who && strcmp(who->name, at) == 0);
}

static enum err_code
find_peer(struct node *n, const char *at, struct peer **out, struct err *e)
{
	*out = NULL;
	for (struct peer *p = n->peers; p; p = p->next) {
		if (p->ending || peer_access(p, NULL) != ROUTE_MEMBER || !is_called(p, at))
			continue;
		if (*out && (*out)->contact != p->contact)
			return err_set(e, ERR_CONFLICT, "at", "one", "several nodes are called so; name one by its id");
		*out = p;
	}
	return *out ? ERR_OK : err_set(e, ERR_PEER, "at", "session",
	    "no node that we have a session with is called so; kilim peers lists them");
}

static enum err_code
ask_peer(const struct api_call *c, const char *at, const struct question *q, struct api_reply *r, struct err *e)
{
	struct asking *a = need_zeroed(1, sizeof *a);
	struct buf body = { 0 };
	struct coap_ask ask = { .method = COAP_FETCH, .path = "query", .format = COAP_FORMAT_CBOR,
		.max_answer = LIMIT_TABLE, .done = answered, .self = a };
	struct peer *p;
	enum err_code rc;

	*a = (struct asking){ .node = api_node(c), .ticket = c->ticket, .report = q->report };
	if ((rc = find_peer(a->node, at, &p, e)) || (rc = question_write(q, &body, e)))
		goto out;
	a->of = p->contact->node;
	ask.payload = buf_bytes(&body);
	rc = exchange_ask(p->exchange, &ask, e);
	r->later = rc == ERR_OK;
out:
	if (rc)
		free(a);
	buf_free(&body);
	return rc;
}

/* --- of this one --- */

static enum err_code
ask_here(struct node *n, const struct question *q, bool open, cJSON **out, struct err *e)
{
	struct questions_bounds b = { .audiences = open ? 1u << AUDIENCE_PUBLIC : 7,
		.reader = open ? BESIDE_OTHERS : BESIDE_OWN, .rows = TABLE_ROWS,
		.bytes = LOCAL_BYTES };
	struct buf table = { 0 };
	uint64_t read;
	enum err_code rc = questions_answer(n, q, &b, &table, &read, e);

	if (rc == ERR_OK)
		rc = questions_json(q, buf_bytes(&table), out, e);
	buf_free(&table);
	return rc;
}

enum err_code
api_query_ask(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const char *at;
	struct question q;
	cJSON *in;
	enum err_code rc;

	if ((rc = api_object(c, &in, e)))
		return rc;
	if ((rc = read_question(in, &q, e)) == ERR_OK && (rc = api_text(in, "at", &at, e)) == ERR_OK)
		rc = at ? ask_peer(c, at, &q, r, e) :
		    ask_here(api_node(c), &q, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(in, "open")), &r->json, e);
	cJSON_Delete(in);
	return rc;
}
