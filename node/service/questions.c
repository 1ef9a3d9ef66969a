#include "node/service/questions.h"

#include <string.h>

#include "node/search/gaps.h"
#include "node/service/finding.h"
#include "node/service/needing.h"
#include "node/service/service.h"

/* A column of numbers, and where a cell has it. */
struct measure {
	const char *word;
	size_t offset;
};
#define CELL(field) { #field, offsetof(struct tally_cell, field) }

/* What a report is made of: one row each. */
static const struct shape {
	uint16_t kind;                 /* 0: as asked */
	const char *by[QUESTION_AXES]; /* as asked where there are none */
	struct {
		enum tally_axis axis;
		const char *value;
	} filters[2];
	bool ending;
	struct measure measures[TABLE_MEASURES];
} shapes[REPORTS] = {
	[REPORT_COUNT] = { .measures = { CELL(count), CELL(organisations), CELL(fresh), CELL(due), CELL(stale) } },
	[REPORT_THREEW] = { .kind = KIND_SERVICE, .by = { "organisation", "topic", "territory", "place" },
		.measures = { CELL(count), CELL(fresh) } },
	[REPORT_GAPS] = { .kind = KIND_SERVICE, .measures = { { "state", 0 }, CELL(count) } },
	[REPORT_COVERAGE] = { .kind = KIND_EVENT, .by = { "topic", "place" },
		.filters = { { AXIS_TOPIC, "training" }, { AXIS_TOPIC, "tot" } },
		.measures = { CELL(count), CELL(organisations) } },
	[REPORT_NEEDS] = { .kind = KIND_NEED },
	[REPORT_STALE] = { .by = { "organisation", "kind" }, .ending = true,
		.measures = { CELL(due), CELL(stale), CELL(ending), CELL(count) } },
};

/* --- the question as a tally --- */

struct asked {
	struct tally_query q;
	struct tally_filter filters[QUESTION_FILTERS + 2];
	enum tally_axis by[QUESTION_AXES];
	char language[QUESTION_WORD + 1];
};

static enum err_code
add_axis(struct asked *a, struct bytes word, struct err *e)
{
	enum tally_axis axis;
	enum err_code rc = tally_axis(word, &axis, e);

	if (rc)
		return rc;
	for (size_t i = 0; i < a->q.by_count; i++)
		if (a->by[i] == axis)
			return err_set(e, ERR_INPUT, "by", "once", "\"%s\" is named twice", tally_word(axis));
	a->by[a->q.by_count++] = axis;
	return ERR_OK;
}

static enum err_code
add_filters(struct asked *a, const struct question *q, const struct shape *s, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < 2 && s->filters[i].value; i++)
		a->filters[a->q.filter_count++] = (struct tally_filter){ s->filters[i].axis,
			bytes_text(s->filters[i].value) };
	for (size_t i = 0; i < q->filter_count && rc == ERR_OK; i++) {
		struct tally_filter *f = &a->filters[a->q.filter_count++];

		f->value = q->filters[i].value;
		rc = tally_axis(q->filters[i].axis, &f->axis, e);
		/* Several of one axis are any of them: another topic would not narrow the trainings. */
		if (rc == ERR_OK && s->filters[0].value && f->axis == s->filters[0].axis)
			rc = err_set(e, ERR_INPUT, "where", "topic", "this report has all topics");
	}
	return rc;
}

static enum err_code
understand(struct node *n, const struct question *q, const struct questions_bounds *b, struct asked *out, struct err *e)
{
	const struct shape *s = &shapes[q->report];
	const struct kind *k = kind_find(s->kind ? s->kind : q->kind);
	enum err_code rc;

	*out = (struct asked){ .q = { .kind = k ? k->number : 0, .audiences = b->audiences, .ending = s->ending,
		.from_day = q->from_day, .to_day = q->to_day, .max_postings = b->postings, .max_cells = b->rows } };
	if ((s->kind || q->kind) && (k == NULL || (k->flags & KIND_INTERNAL)))
		return err_set(e, ERR_INPUT, "query", "kind", "entries of this kind are not known here");
	if (k && (rc = node_keeps(n, k, e)))
		return rc;
	/* While nobody vouches for the time nothing ends. */
	if (records_sure(n->records)->state == SURE)
		out->q.now_ms = records_now_ms(n->records);
	memcpy(out->language, q->language.p ? (const char *)q->language.p : "", q->language.len);
	out->q.language = out->language[0] ? out->language : NULL;
	out->q.filters = out->filters;
	out->q.by = out->by;
	if ((rc = add_filters(out, q, s, e)))
		return rc;
	for (size_t i = 0; i < q->by_count; i++)
		if ((rc = add_axis(out, q->by[i], e)))
			return rc;
	for (size_t i = 0; q->by_count == 0 && i < QUESTION_AXES && s->by[i]; i++)
		add_axis(out, bytes_text(s->by[i]), NULL);
	return ERR_OK;
}

/* --- the answer --- */

/* Rows are gathered before the head, which says how many there are. */
struct answer {
	struct table_head head;
	struct buf rows;
	const struct questions_bounds *bounds;
};

/* False: there is no room for more. */
static bool
put_row(struct answer *a, const struct table_row *row)
{
	size_t before = a->rows.len;

	if (a->head.rows < a->bounds->rows) {
		table_row_write(&a->head, row, &a->rows);
		if (a->rows.len <= a->bounds->bytes) {
			a->head.rows++;
			return true;
		}
		a->rows.len = before;
	}
	a->head.flags |= TABLE_MORE;
	return false;
}

static void
put_measures(struct answer *a, const struct shape *s)
{
	for (size_t i = 0; i < TABLE_MEASURES && s->measures[i].word; i++)
		a->head.measures[a->head.measure_count++] = bytes_text(s->measures[i].word);
}

/* Entries that are fresh and far from their end are no matter of the report on stale ones. */
static bool
is_worth_a_row(const struct question *q, const struct tally_cell *c)
{
	return q->report != REPORT_STALE || c->due || c->stale || c->ending;
}

static enum err_code
count(struct node *n, struct store_txn *t, const struct lexicon *l, const struct question *q, const struct asked *asked,
    struct answer *a, uint64_t *read, struct err *e)
{
	const struct shape *s = &shapes[q->report];
	struct tally y;
	enum err_code rc = tally_run(n->records, t, l, &asked->q, &y, e);

	*read = y.read;
	a->head.flags = (y.more ? TABLE_MORE : 0) | (y.left_out ? TABLE_LEFT_OUT : 0) |
	    (y.confidential ? TABLE_CONFIDENTIAL : 0) | (y.withheld ? TABLE_WITHHELD : 0);
	a->head.entries = y.entries;
	a->head.organisations = y.organisations;
	for (size_t i = 0; i < asked->q.by_count; i++)
		a->head.axes[a->head.axis_count++] = bytes_text(tally_word(asked->by[i]));
	put_measures(a, s);
	for (size_t i = 0; rc == ERR_OK && i < y.count; i++) {
		struct table_row row = { 0 };

		for (size_t k = 0; k < asked->q.by_count; k++) {
			row.keys[k] = bytes_text(y.cells[i].keys[k]);
			row.labels[k] = bytes_text(y.cells[i].labels[k]);
		}
		for (size_t k = 0; k < a->head.measure_count; k++)
			row.numbers[k] = *(const uint32_t *)(const void *)((const char *)&y.cells[i] +
			    s->measures[k].offset);
		if (is_worth_a_row(q, &y.cells[i]) && !put_row(a, &row))
			break;
	}
	tally_done(&y);
	return rc;
}

static enum err_code
find_gaps(struct node *n, struct store_txn *t, const struct lexicon *l, const struct question *q,
    const struct asked *asked, struct answer *a, uint64_t *read, struct err *e)
{
	enum gaps_by by = asked->q.by_count && asked->by[0] == AXIS_PLACE ? GAPS_BY_PLACE : GAPS_BY_TERRITORY;
	struct gaps g;
	enum err_code rc;
	bool topic = false;

	for (size_t i = 0; i < asked->q.filter_count; i++)
		topic |= asked->filters[i].axis == AXIS_TOPIC;
	if (!topic)
		return err_set(e, ERR_INPUT, "topic", "required", "say of what: --topic legal-aid");
	if (asked->q.by_count > 1 || (asked->q.by_count && asked->by[0] != AXIS_PLACE && asked->by[0] != AXIS_TERRITORY))
		return err_set(e, ERR_INPUT, "by", "gaps", "gaps are told by territory or by municipality");
	rc = gaps_run(n->records, t, l, &asked->q, by, &g, e);
	*read = g.read;
	a->head.flags = (g.left_out ? TABLE_LEFT_OUT : 0) | (g.confidential ? TABLE_CONFIDENTIAL : 0) |
	    (g.withheld ? TABLE_WITHHELD : 0);
	a->head.axes[a->head.axis_count++] = bytes_text("territory");
	if (by == GAPS_BY_PLACE && !g.confidential)
		a->head.axes[a->head.axis_count++] = bytes_text("place");
	put_measures(a, &shapes[q->report]);
	for (size_t i = 0; rc == ERR_OK && i < g.count; i++) {
		const struct gaps_row *r = &g.rows[i];
		struct table_row row = { .keys = { bytes_text(r->territory), bytes_text(r->place) },
			.numbers = { r->state, r->count } };

		row.labels[a->head.axis_count - 1] = bytes_text(r->label);
		a->head.entries += r->count;
		if (!put_row(a, &row))
			break;
	}
	gaps_done(&g);
	return rc;
}

static void
count_members(struct node *n, struct store_txn *t, const struct tally_query *q, struct table_head *h, uint64_t *io_read)
{
	const struct membership *m = records_membership(n->records);

	h->reporting = tally_reporting(n->records, t, q, io_read);
	for (size_t i = 0; m && i < membership_count(m); i++)
		h->members += membership_at(m, i)->state == MEMBER_ACTIVE;
}

/* --- needs --- */

static bool
put_need(void *self, const struct table_row *row)
{
	return put_row(self, row);
}

static enum err_code
map_needs(struct node *n, struct store_txn *t, const struct lexicon *l, const struct question *q,
    const struct asked *asked, struct answer *a, uint64_t *read, struct err *e)
{
	enum needs_by by = q->by_count && asked->by[0] == AXIS_TERRITORY ? NEEDS_BY_TERRITORY : NEEDS_BY_MUNICIPALITY;
	struct buf topic = { 0 };
	cJSON *map = NULL;
	enum err_code rc;

	(void)l;
	if (q->by_count > 1 || (q->by_count && asked->by[0] != AXIS_TERRITORY && asked->by[0] != AXIS_PLACE))
		return err_set(e, ERR_INPUT, "by", "needs", "needs are told by municipality or by territory");
	if (q->filter_count > 1 || (q->filter_count && asked->filters[0].axis != AXIS_TOPIC))
		return err_set(e, ERR_INPUT, "where", "needs", "needs are asked for as a whole, or about one topic");
	if (q->filter_count)
		buf_put_bytes(&topic, q->filters[0].value);
	/* Every need is read, whatever is asked; they are not counted by themselves. */
	*read = records_count(n->records, COLLECTION_EXCHANGE);
	if (asked->q.max_postings && *read > asked->q.max_postings)
		return err_set(e, ERR_LIMIT, "query", "cost", "there are too many needs to be counted for another node");
	rc = needing_map(n, t, asked->q.audiences, by, q->filter_count ? buf_text(&topic) : NULL, &map, e);
	if (rc == ERR_OK) {
		needing_head(&a->head);
		needing_rows(map, put_need, a);
	}
	buf_free(&topic);
	cJSON_Delete(map);
	return rc;
}

enum err_code
questions_answer(struct node *n, const struct question *q, const struct questions_bounds *b, struct buf *out,
    uint64_t *out_read, struct err *e)
{
	struct answer a = { .bounds = b };
	struct store_txn *t;
	const struct lexicon *l;
	struct asked asked;
	enum err_code rc;

	*out_read = 0;
	if (index_rests(n->service->index))
		return err_set(e, ERR_BUSY, "index", "rests", "this node has no room for its index, so it finds nothing");
	if ((rc = understand(n, q, b, &asked, e)))
		return rc;
	t = store_read(n->store);
	l = finding_lexicon(n->service->finding, t);
	asked.q.said = beside_said(n, t, b->reader, &asked.q.said_count);
	rc = (q->report == REPORT_GAPS ? find_gaps : q->report == REPORT_NEEDS ? map_needs : count)(n, t, l, q, &asked, &a, out_read, e);
	if (rc == ERR_OK) {
		count_members(n, t, &asked.q, &a.head, out_read);
		a.head.flags |= asked.q.kind == 0 && n->left_out ? TABLE_PART : 0;
		table_head_write(&a.head, out);
		buf_put_bytes(out, buf_bytes(&a.rows));
	}
	txn_abort(&t);
	buf_free(&a.rows);
	return rc;
}

/* --- as JSON --- */

static void
put_text(cJSON *list, struct bytes text)
{
	struct buf copy = { 0 };

	buf_put_bytes(&copy, text);
	cJSON_AddItemToArray(list, cJSON_CreateString(buf_text(&copy)));
	buf_free(&copy);
}

static void
put_texts(cJSON *o, const char *key, const struct bytes *texts, size_t n)
{
	cJSON *list = cJSON_AddArrayToObject(o, key);

	for (size_t i = 0; i < n; i++)
		put_text(list, texts[i]);
}

static cJSON *
row_json(enum report report, const struct table_head *h, const struct table_row *row)
{
	cJSON *o = cJSON_CreateObject();

	put_texts(o, "keys", row->keys, h->axis_count);
	put_texts(o, "labels", row->labels, h->axis_count);
	for (size_t i = 0; i < h->measure_count; i++) {
		char word[QUESTION_WORD + 1] = "";

		memcpy(word, h->measures[i].p, h->measures[i].len);
		/* A state of a newer version is not one that we have words for. */
		if (report == REPORT_GAPS && strcmp(word, "state") == 0)
			cJSON_AddStringToObject(o, word, row->numbers[i] < GAPS ? gap_word((enum gap)row->numbers[i]) : "");
		else
			cJSON_AddNumberToObject(o, word, (double)row->numbers[i]);
	}
	return o;
}

enum err_code
questions_json(enum report report, struct bytes table, cJSON **out, struct err *e)
{
	struct table_head h;
	struct table_row row;
	struct bytes rows;
	enum err_code rc = table_read(table, &h, &rows, e);
	cJSON *o, *list;

	if (rc)
		return rc;
	if (report == REPORT_NEEDS) {
		*out = needing_json(&h, rows);
		return ERR_OK;
	}
	o = *out = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "report", report_word(report));
	put_texts(o, "by", h.axes, h.axis_count);
	put_texts(o, "measures", h.measures, h.measure_count);
	list = cJSON_AddArrayToObject(o, "rows");
	while (table_next(&h, &rows, &row))
		cJSON_AddItemToArray(list, row_json(report, &h, &row));
	cJSON_AddNumberToObject(o, "entries", (double)h.entries);
	cJSON_AddNumberToObject(o, "organisations", (double)h.organisations);
	cJSON_AddNumberToObject(o, "members", (double)h.members);
	cJSON_AddNumberToObject(o, "reporting", (double)h.reporting);
	cJSON_AddBoolToObject(o, "more", (h.flags & TABLE_MORE) != 0);
	cJSON_AddBoolToObject(o, "partial", (h.flags & TABLE_PART) != 0);
	cJSON_AddBoolToObject(o, "left_out", (h.flags & TABLE_LEFT_OUT) != 0);
	cJSON_AddBoolToObject(o, "confidential", (h.flags & TABLE_CONFIDENTIAL) != 0);
	cJSON_AddBoolToObject(o, "withheld", (h.flags & TABLE_WITHHELD) != 0);
	return ERR_OK;
}
