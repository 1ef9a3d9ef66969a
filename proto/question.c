#include "proto/question.h"

#include "proto/bounded.h"
#include "proto/message.h"
#include "proto/utf8.h"

#include <assert.h>
#include <string.h>

#define QUESTION_FIELDS 7
#define HEAD_FIELDS 8

static const struct { const char *word, *help; } reports[REPORTS] = {
#define X(name, word, help) { word, help },
	REPORT_TABLE(X)
#undef X
};

const char *
report_word(enum report r)
{
	assert((unsigned)r < REPORTS);
	return reports[r].word;
}

const char *
report_help(enum report r)
{
	assert((unsigned)r < REPORTS);
	return reports[r].help;
}

bool
report_by_word(const char *word, enum report *out)
{
	for (int i = 0; i < REPORTS; i++)
		if (strcmp(word, reports[i].word) == 0) {
			*out = (enum report)i;
			return true;
		}
	return false;
}

/* --- questions --- */

enum err_code
question_write(const struct question *q, struct buf *out, struct err *e)
{
	size_t before = out->len;

	assert(q->filter_count <= QUESTION_FILTERS && q->by_count <= QUESTION_AXES);
	cbor_put_array(out, QUESTION_FIELDS);
	cbor_put_uint(out, q->report);
	cbor_put_uint(out, q->kind);
	cbor_put_array(out, q->filter_count);
	for (size_t i = 0; i < q->filter_count; i++) {
		assert(q->filters[i].axis.len <= QUESTION_WORD && q->filters[i].value.len <= QUESTION_VALUE);
		cbor_put_array(out, 2);
		cbor_put_text(out, q->filters[i].axis);
		cbor_put_text(out, q->filters[i].value);
	}
	for (size_t i = 0; i < q->by_count; i++)
		assert(q->by[i].len <= QUESTION_WORD);
	bounded_put_texts(out, q->by, q->by_count);
	cbor_put_uint(out, q->from_day);
	cbor_put_uint(out, q->to_day);
	assert(q->language.len <= QUESTION_WORD);
	cbor_put_text(out, q->language);
	if (out->len - before <= LIMIT_QUESTION)
		return ERR_OK;
	out->len = before;
	return err_set(e, ERR_LIMIT, "query", "length", "it does not fit one datagram: ask by fewer values");
}

enum err_code
question_read(struct bytes in, struct question *out, struct err *e)
{
	struct question q = { 0 };
	struct cbor_reader r;

	cbor_open(&r, in);
	if (in.len > LIMIT_QUESTION)
		cbor_fail(&r, "length");
	cbor_array_of(&r, QUESTION_FIELDS);
	q.report = (enum report)bounded_uint(&r, REPORTS - 1);
	q.kind = (uint16_t)bounded_uint(&r, UINT16_MAX);
	q.filter_count = bounded_array(&r, QUESTION_FILTERS);
	for (size_t i = 0; i < q.filter_count && !r.fault; i++) {
		cbor_array_of(&r, 2);
		q.filters[i].axis = bounded_text(&r, QUESTION_WORD);
		q.filters[i].value = bounded_text(&r, QUESTION_VALUE);
	}
	q.by_count = bounded_texts(&r, q.by, QUESTION_AXES, QUESTION_WORD);
	q.from_day = (uint32_t)bounded_uint(&r, UINT32_MAX);
	q.to_day = (uint32_t)bounded_uint(&r, UINT32_MAX);
	q.language = bounded_text(&r, QUESTION_WORD);
	if (cbor_close(&r, "query", e))
		return ERR_INPUT;
	*out = q;
	return ERR_OK;
}

/* --- tables --- */

void
table_head_write(const struct table_head *h, struct buf *out)
{
	assert(h->axis_count <= QUESTION_AXES && h->measure_count <= TABLE_MEASURES && h->rows <= TABLE_ROWS);
	cbor_put_array(out, HEAD_FIELDS);
	cbor_put_uint(out, h->flags);
	cbor_put_uint(out, h->entries);
	cbor_put_uint(out, h->organisations);
	cbor_put_uint(out, h->members);
	cbor_put_uint(out, h->reporting);
	bounded_put_texts(out, h->axes, h->axis_count);
	bounded_put_texts(out, h->measures, h->measure_count);
	cbor_put_uint(out, h->rows);
}

void
table_row_write(const struct table_head *h, const struct table_row *row, struct buf *out)
{
	cbor_put_array(out, 2 * h->axis_count + h->measure_count);
	for (size_t i = 0; i < h->axis_count; i++) {
		struct bytes key = utf8_cut(row->keys[i], TABLE_TEXT), label = utf8_cut(row->labels[i], TABLE_TEXT);

		cbor_put_text(out, key);
		cbor_put_text(out, bytes_equal(key, label) ? (struct bytes){ NULL, 0 } : label);
	}
	for (size_t i = 0; i < h->measure_count; i++)
		cbor_put_uint(out, row->numbers[i]);
}

static const char *
read_row(const struct table_head *h, struct bytes item, struct table_row *out)
{
	struct cbor_reader r;
	struct err why;

	cbor_open(&r, item);
	cbor_array_of(&r, 2 * h->axis_count + h->measure_count);
	for (size_t i = 0; i < h->axis_count; i++) {
		out->keys[i] = bounded_text(&r, TABLE_TEXT);
		out->labels[i] = bounded_text(&r, TABLE_TEXT);
		if (out->labels[i].len && bytes_equal(out->keys[i], out->labels[i]))
			cbor_fail(&r, "label like its key");
	}
	for (size_t i = 0; i < h->measure_count; i++)
		out->numbers[i] = cbor_uint(&r);
	return cbor_close(&r, "row", &why) ? "row" : NULL;
}

bool
table_next(const struct table_head *h, struct bytes *rows, struct table_row *out)
{
	struct bytes item;

	return sequence_next(rows, &item) && read_row(h, item, out) == NULL;
}

enum err_code
table_read(struct bytes in, struct table_head *out, struct bytes *out_rows, struct err *e)
{
	struct table_head h = { 0 };
	struct bytes head, rest = in, rows;
	struct cbor_reader r;
	struct table_row row;
	uint64_t count = 0;

	if (!sequence_next(&rest, &head))
		return err_set(e, ERR_INPUT, "table", "head", "there is none");
	cbor_open(&r, head);
	cbor_array_of(&r, HEAD_FIELDS);
	h.flags = cbor_uint(&r);
	h.entries = cbor_uint(&r);
	h.organisations = cbor_uint(&r);
	h.members = cbor_uint(&r);
	h.reporting = cbor_uint(&r);
	h.axis_count = bounded_texts(&r, h.axes, QUESTION_AXES, QUESTION_WORD);
	h.measure_count = bounded_texts(&r, h.measures, TABLE_MEASURES, QUESTION_WORD);
	h.rows = bounded_uint(&r, TABLE_ROWS);
	if (cbor_close(&r, "table", e))
		return ERR_INPUT;
	rows = rest;
	while (count < h.rows && table_next(&h, &rest, &row))
		count++;
	if (count < h.rows || rest.len)
		return err_set(e, ERR_INPUT, "table", "rows", "they are not what the head says");
	*out = h;
	*out_rows = rows;
	return ERR_OK;
}
