#include "node/service/at.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/service/questions.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/utf8.h"

/* Local answers are bounded by memory alone: more than any table that a person reads. */
#define LOCAL_BYTES (16 * 1024 * 1024)

/* --- the question --- */

static enum err_code
take_text(const cJSON *v, const char *object, size_t most, struct bytes *out, struct err *e)
{
	if (!cJSON_IsString(v) || !utf8_valid(bytes_text(v->valuestring)))
		return err_set(e, ERR_INPUT, object, "type", "a text without control characters is expected");
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
	*out = (uint32_t)(at / DAY_S);
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
	if (language && strlen(language) <= QUESTION_WORD && utf8_valid(bytes_text(language)))
		q->language = bytes_text(language);
	if ((rc = read_day(o, "from", &q->from_day, e)) || (rc = read_day(o, "to", &q->to_day, e)) ||
	    (rc = read_where(cJSON_GetObjectItemCaseSensitive(o, "where"), q, e)))
		return rc;
	if (q->from_day && q->to_day && q->from_day > q->to_day)
		return err_set(e, ERR_INPUT, "from", "order", "the first day comes after the last");
	return read_by(cJSON_GetObjectItemCaseSensitive(o, "by"), q, e);
}

/* --- of another node --- */

static enum err_code
read_table(void *self, struct bytes answer, cJSON **out, struct err *e)
{
	return questions_json(*(const enum report *)self, answer, out, e);
}

/* What is on its way keeps nothing of what was asked but which report. */
static enum err_code
ask_peer(const struct api_call *c, const char *at, const struct question *q, struct api_reply *r, struct err *e)
{
	struct at_question asked = { .path = "query", .read = read_table, .release = free };
	struct buf body = { 0 };
	enum err_code rc = question_write(q, &body, e);

	if (rc == ERR_OK) {
		enum report *report = need_alloc(sizeof *report);

		*report = q->report;
		asked.self = report;
		asked.body = buf_bytes(&body);
		rc = at_ask(c, at, &asked, r, e);
	}
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
		rc = questions_json(q->report, buf_bytes(&table), out, e);
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
