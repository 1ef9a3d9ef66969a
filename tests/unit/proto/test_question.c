/* proto/question.c: questions and tables come back as they went, and nothing else is read. */
#include "proto/question.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/lib/vectors.h"

static struct question
some_question(void)
{
	struct question q = { .report = REPORT_COVERAGE, .kind = 0x204, .filter_count = 2, .by_count = 1, .from_day = 20454,
		.to_day = 20818, .language = bytes_text("sr-Latn") };

	q.filters[0].axis = bytes_text("territory");
	q.filters[0].value = bytes_text("XK");
	q.filters[1].axis = bytes_text("place");
	q.filters[1].value = bytes_text("Измишљево");
	q.by[0] = bytes_text("topic");
	return q;
}

/* A question comes back with all its parts. */
Test(question, round_trip)
{
	struct question q = some_question(), back;
	struct buf b = { 0 };

	cr_assert_eq(question_write(&q, &b, NULL), ERR_OK);
	cr_assert_eq(question_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_expect_eq(back.report, REPORT_COVERAGE);
	cr_expect_eq(back.kind, 0x204);
	cr_assert_eq(back.filter_count, 2);
	cr_expect(bytes_equal(back.filters[1].value, q.filters[1].value));
	cr_expect(bytes_equal(back.by[0], q.by[0]) && bytes_equal(back.language, q.language));
	cr_expect(back.from_day == 20454 && back.to_day == 20818);
	buf_free(&b);
}

/* What does not fit a datagram is not sent. */
Test(question, too_long)
{
	struct question q = { .filter_count = QUESTION_FILTERS };
	char text[QUESTION_VALUE + 1];
	struct buf b = { 0 };

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < QUESTION_FILTERS; i++) {
		q.filters[i].axis = bytes_text("place");
		q.filters[i].value = (struct bytes){ (const uint8_t *)text, QUESTION_VALUE };
	}
	cr_expect_eq(question_write(&q, &b, NULL), ERR_LIMIT);
	cr_expect_eq(b.len, 0);
	buf_free(&b);
}

/* Every report has a word, by which it is found. */
Test(question, reports)
{
	enum report found;

	for (int r = 0; r < REPORTS; r++) {
		cr_assert(report_by_word(report_word((enum report)r), &found));
		cr_expect_eq((int)found, r);
		cr_expect_gt(strlen(report_help(found)), 0);
	}
	cr_expect_not(report_by_word("everything", &found));
}

static void
some_table(struct buf *out, uint64_t rows)
{
	struct table_head h = { .flags = TABLE_MORE, .entries = 9, .organisations = 3, .members = 5, .reporting = 4,
		.axes = { bytes_text("place") }, .axis_count = 1, .measures = { bytes_text("count") }, .measure_count = 1,
		.rows = rows };
	struct table_row row = { .keys = { bytes_text("drugovo") }, .labels = { bytes_text("Drugovo") }, .numbers = { 7 } };
	struct table_row other = { .keys = { bytes_text("sr") }, .labels = { bytes_text("sr") }, .numbers = { 2 } };

	table_head_write(&h, out);
	table_row_write(&h, &row, out);
	table_row_write(&h, &other, out);
}

/* A table comes back row by row; a label like its key takes no room. */
Test(question, tables)
{
	struct table_head h;
	struct table_row row;
	struct bytes rows;
	struct buf b = { 0 };

	some_table(&b, 2);
	cr_assert_eq(table_read(buf_bytes(&b), &h, &rows, NULL), ERR_OK);
	cr_expect(h.flags == TABLE_MORE && h.entries == 9 && h.reporting == 4);
	cr_assert(table_next(&h, &rows, &row));
	cr_expect(bytes_equal(row.labels[0], bytes_text("Drugovo")) && row.numbers[0] == 7);
	cr_assert(table_next(&h, &rows, &row));
	cr_expect(bytes_equal(row.keys[0], bytes_text("sr")) && row.labels[0].len == 0);
	cr_expect_not(table_next(&h, &rows, &row));
	buf_free(&b);
}

/* Rows that the head does not announce, or fewer, or half of one, make it no table; nor is anything shorter one. */
Test(question, broken_tables)
{
	struct table_head h;
	struct bytes rows;
	struct err e;
	struct buf b = { 0 };

	for (uint64_t n = 1; n <= 3; n++) {
		buf_reset(&b);
		some_table(&b, n);
		cr_expect_eq(table_read(buf_bytes(&b), &h, &rows, &e), n == 2 ? ERR_OK : ERR_INPUT);
	}
	buf_reset(&b);
	some_table(&b, 2);
	for (size_t len = 0; len < b.len; len++)
		cr_expect_eq(table_read((struct bytes){ b.p, len }, &h, &rows, &e), ERR_INPUT, "%zu bytes", len);
	buf_free(&b);
}

/* Long texts are cut at a whole letter. */
Test(question, long_labels)
{
	struct table_head h = { .axes = { bytes_text("place") }, .axis_count = 1, .rows = 1 };
	struct table_row row = { .keys = { bytes_text("k") } };
	struct bytes rows;
	struct buf b = { 0 }, label = { 0 };

	buf_put_text(&label, "x");
	while (label.len < TABLE_TEXT + 20)
		buf_put_text(&label, "ш");
	row.labels[0] = buf_bytes(&label);
	table_head_write(&h, &b);
	table_row_write(&h, &row, &b);
	cr_assert_eq(table_read(buf_bytes(&b), &h, &rows, NULL), ERR_OK);
	cr_assert(table_next(&h, &rows, &row));
	cr_expect_eq(row.labels[0].len, TABLE_TEXT - 1);
	buf_free(&b);
	buf_free(&label);
}

static void
good(const char *const *column, const char *where)
{
	struct buf b = { 0 }, again = { 0 };
	struct question q;

	vectors_hex(column[1], &b);
	cr_assert_eq(question_read(buf_bytes(&b), &q, NULL), ERR_OK, "%s: %s", where, column[0]);
	cr_assert_eq(question_write(&q, &again, NULL), ERR_OK);
	cr_expect(bytes_equal(buf_bytes(&again), buf_bytes(&b)), "%s", where);
	buf_free(&b);
	buf_free(&again);
}

static void
bad(const char *const *column, const char *where)
{
	struct buf b = { 0 };
	struct question q;

	vectors_hex(column[1], &b);
	cr_expect_eq(question_read(buf_bytes(&b), &q, &(struct err){ 0 }), ERR_INPUT, "%s: %s", where, column[0]);
	buf_free(&b);
}

/* The golden lines, which other programs read as well. */
Test(question, vectors)
{
	vectors_each("question/good.txt", 2, good);
	vectors_each("question/bad.txt", 2, bad);
}
