/*
 * fuzz_message - bodies of requests and answers: the first byte chooses the message, the rest is its body.
 *
 * Law      what was accepted is written again as the same bytes
 */
#include "proto/message.h"
#include "proto/question.h"
#include "proto/search.h"

#include <assert.h>
#include <string.h>

static void
same(struct bytes in, struct buf *again)
{
	assert(bytes_equal(in, buf_bytes(again)));
	buf_free(again);
}

static void
hello(struct bytes in)
{
	struct message_hello m;
	struct buf b = { 0 };

	if (message_hello_read(in, &m, NULL))
		return;
	message_hello_write(&m, &b);
	same(in, &b);
}

static void
buckets(struct bytes in)
{
	struct message_bucket lines[LIMIT_BUCKETS];
	struct buf b = { 0 };
	size_t count;

	if (message_buckets_read(in, lines, LIMIT_BUCKETS, &count, NULL))
		return;
	message_buckets_begin(count, &b);
	for (size_t i = 0; i < count; i++)
		message_bucket_write(&lines[i], &b);
	same(in, &b);
}

static void
page(struct bytes in)
{
	struct message_page m;
	struct bytes rest, item;
	struct buf b = { 0 };

	if (message_page_read(in, &m, &rest, NULL))
		return;
	message_page_write(&m, &b);
	buf_put_bytes(&b, rest);
	same(in, &b);
	while (sequence_next(&rest, &item))
		assert(item.len > 0);
}

static void
cells(struct bytes in)
{
	struct message_cells m;
	struct buf b = { 0 };

	if (message_cells_read(in, &m, NULL))
		return;
	message_cells_write(&m, &b);
	same(in, &b);
}

static void
list(struct bytes in)
{
	struct message_list m;
	struct buf b = { 0 };

	if (message_list_read(in, &m, NULL))
		return;
	message_list_write(&m, &b);
	same(in, &b);
}

static void
ids(struct bytes in)
{
	struct message_ids m;
	struct buf b = { 0 };

	if (message_ids_read(in, &m, NULL))
		return;
	message_ids_write(&m, &b);
	same(in, &b);
}

static void
events(struct bytes in)
{
	struct message_events m;
	struct buf b = { 0 };

	if (message_events_read(in, &m, NULL))
		return;
	message_events_write(&m, &b);
	same(in, &b);
}

static void
join(struct bytes in)
{
	struct message_join m;
	struct buf b = { 0 };

	if (message_join_read(in, &m, NULL))
		return;
	message_join_write(&m, &b);
	/* An empty reach may be written out or left out; the shorter form is ours. */
	if (!(m.has_records && m.reach.len == 0))
		assert(bytes_equal(in, buf_bytes(&b)));
	buf_free(&b);
}

static void
joined(struct bytes in)
{
	struct message_joined m;
	struct buf b = { 0 };

	if (message_joined_read(in, &m, NULL))
		return;
	message_joined_write(&m, &b);
	same(in, &b);
}

static void
question(struct bytes in)
{
	struct question q;
	struct buf b = { 0 };

	if (question_read(in, &q, NULL))
		return;
	assert(question_write(&q, &b, NULL) == ERR_OK);
	same(in, &b);
}

static void
table(struct bytes in)
{
	struct table_head h;
	struct table_row row;
	struct bytes rows;
	struct buf b = { 0 };

	if (table_read(in, &h, &rows, NULL))
		return;
	table_head_write(&h, &b);
	while (table_next(&h, &rows, &row))
		table_row_write(&h, &row, &b);
	same(in, &b);
}

static void
search(struct bytes in)
{
	struct search s;
	struct buf b = { 0 };

	if (search_read(in, &s, NULL))
		return;
	assert(search_write(&s, &b, NULL) == ERR_OK);
	same(in, &b);
}

static void
hits(struct bytes in)
{
	struct hits_head h;
	struct hits_facet facet;
	struct hit_row row;
	struct bytes rest;
	struct buf b = { 0 };

	if (hits_read(in, &h, &rest, NULL))
		return;
	hits_head_write(&h, &b);
	for (size_t i = 0; i < h.facets && hits_facet_next(&rest, &facet); i++)
		hits_facet_write(&facet, &b);
	while (hits_row_next(&rest, &row))
		hits_row_write(&row, &b);
	same(in, &b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static void (*const messages[])(struct bytes in) = { hello, buckets, page, ids, join, joined, cells, list, events,
		question, table, search, hits };

	if (len)
		messages[p[0] % (sizeof messages / sizeof *messages)]((struct bytes){ p + 1, len - 1 });
	return 0;
}
