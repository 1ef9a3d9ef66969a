#include "proto/message.h"
#include "proto/sketch.h"
#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct message_hello
some_hello(void)
{
	struct message_hello m = { .version_min = 1, .version_max = 1, .arrival = 1234567, .clock_ms = 1764000000000,
		.subscription = SUBSCRIBE_ALL, .software = 256 };

	memset(m.network.b, 1, 8);
	memset(m.organisation.b, 2, 8);
	memset(m.incarnation.b, 3, 8);
	memset(m.charter.b, 4, 8);
	memset(m.root, 5, 16);
	return m;
}

/* A greeting comes back as it went, and fits the 96 bytes that it may have. */
Test(message, hello_round_trip)
{
	struct message_hello m = some_hello(), back;
	struct buf b = { 0 };

	message_hello_write(&m, &b);
	cr_assert_leq(b.len, 96, "%zu bytes", b.len);
	cr_assert_eq(message_hello_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert_eq(back.arrival, m.arrival);
	cr_assert_eq(back.clock_ms, m.clock_ms);
	cr_assert_eq(back.subscription, m.subscription);
	cr_assert(prefix_equal(back.network, m.network));
	cr_assert(prefix_equal(back.charter, m.charter));
	cr_assert_eq(memcmp(back.root, m.root, 16), 0);
	buf_free(&b);
}

/* What an answer tells the asker of itself is there only when it says something. */
Test(message, hello_answer_fields)
{
	static const struct { uint64_t seen; bool cloned; } rows[] = { { 0, false }, { 9, false }, { 0, true }, { 9, true } };

	for (size_t i = 0; i < 4; i++) {
		struct message_hello m = some_hello(), back;
		struct buf b = { 0 };

		m.seen = rows[i].seen;
		m.cloned = rows[i].cloned;
		message_hello_write(&m, &b);
		cr_assert_eq(message_hello_read(buf_bytes(&b), &back, NULL), ERR_OK, "row %zu", i);
		cr_expect_eq(back.seen, m.seen);
		cr_expect_eq(back.cloned, m.cloned);
		/* A field that says nothing is left out: there is one way to write it. */
		if (rows[i].seen == 0 && !rows[i].cloned) {
			b.p[0]++;
			buf_put(&b, "\0", 1);
			cr_expect_eq(message_hello_read(buf_bytes(&b), &back, NULL), ERR_INPUT);
			b.p[0]++;
			buf_put(&b, "\xf4", 1);
			cr_expect_eq(message_hello_read(buf_bytes(&b), &back, NULL), ERR_INPUT);
		}
		buf_free(&b);
	}
}

/* Every shortened greeting is refused and leaves what was there. */
Test(message, hello_cut_short)
{
	struct message_hello m = some_hello(), back = { .arrival = 77 };
	struct buf b = { 0 };

	message_hello_write(&m, &b);
	for (size_t len = 0; len < b.len; len++)
		cr_assert_eq(message_hello_read((struct bytes){ b.p, len }, &back, NULL), ERR_INPUT, "at %zu", len);
	cr_assert_eq(back.arrival, 77);
	buf_free(&b);
}

/* A range of versions that ends before it begins is refused. */
Test(message, hello_version_range)
{
	struct message_hello m = some_hello(), back;
	struct buf b = { 0 };

	m.version_min = 2;
	message_hello_write(&m, &b);
	cr_assert_eq(message_hello_read(buf_bytes(&b), &back, NULL), ERR_INPUT);
	buf_free(&b);
}

/* Lines of buckets ascend; a line twice or more lines than there is room for are refused. */
Test(message, buckets)
{
	struct message_bucket lines[3] = { { .bucket = 0, .count = 1 }, { .bucket = 0x01414c00, .count = 2, .newest = 9 },
		{ .bucket = 0x01414c01, .count = 3 } }, back[3];
	struct buf b = { 0 };
	size_t count;
	struct err e;

	message_buckets_begin(3, &b);
	for (int i = 0; i < 3; i++)
		message_bucket_write(&lines[i], &b);
	cr_assert_eq(message_buckets_read(buf_bytes(&b), back, 3, &count, NULL), ERR_OK);
	cr_assert_eq(count, 3);
	cr_assert_eq(back[1].bucket, lines[1].bucket);
	cr_assert_eq(back[1].newest, 9);
	cr_assert_eq(message_buckets_read(buf_bytes(&b), back, 2, &count, &e), ERR_LIMIT);
	buf_reset(&b);
	message_buckets_begin(2, &b);
	message_bucket_write(&lines[1], &b);
	message_bucket_write(&lines[1], &b);
	cr_assert_eq(message_buckets_read(buf_bytes(&b), back, 3, &count, &e), ERR_INPUT);
	cr_assert_str_eq(e.rule, "ascending buckets");
	buf_free(&b);
}

/* News: stretches ascend, lines ascend, and all lines together have no more ids than fit a datagram. */
Test(message, events)
{
	uint8_t ids[LIMIT_IDS * 8] = { 1 };
	struct message_events m = { .from = 7, .to = 9, .lines = { { 0, { ids, 8 } }, { 0x01414c00, { ids, 0 } } }, .count = 2 },
		broken[] = { m, m, m, m, m }, back;
	struct buf b = { 0 };
	struct err e;

	message_events_write(&m, &b);
	cr_assert_eq(message_events_read(buf_bytes(&b), &back, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(back.from, 7);
	cr_assert_eq(back.to, 9);
	cr_assert_eq(back.count, 2);
	cr_assert_eq(back.lines[0].ids.len, 8);
	cr_assert_eq(back.lines[1].bucket, 0x01414c00);
	for (size_t len = 0; len < b.len; len++)
		cr_assert_neq(message_events_read((struct bytes){ b.p, len }, &back, NULL), ERR_OK, "at %zu", len);
	broken[0].from = 10;
	broken[1].lines[1].bucket = 0;
	broken[2].lines[0].ids.len = 7;
	broken[3].lines[0].ids.len = sizeof ids;
	broken[3].lines[1].ids.len = 8;
	for (size_t i = 0; i < 4; i++) {
		buf_reset(&b);
		message_events_write(&broken[i], &b);
		cr_assert_eq(message_events_read(buf_bytes(&b), &back, &e), i == 3 ? ERR_LIMIT : ERR_INPUT, "number %zu", i);
	}
	/* The longest that may be: all territories, collections and audiences, or all ids. */
	for (broken[4].count = 0; broken[4].count < 97; broken[4].count++)
		broken[4].lines[broken[4].count] = (struct message_ids){ 0x04000000 + (uint32_t)broken[4].count, { ids, 0 } };
	broken[4].to = UINT64_MAX;
	buf_reset(&b);
	message_events_write(&broken[4], &b);
	cr_assert_leq(b.len, LIMIT_BLOCK);
	broken[4].lines[96].ids.len = sizeof ids;
	broken[4].lines[0] = broken[4].lines[96];
	broken[4].count = 1;
	buf_reset(&b);
	message_events_write(&broken[4], &b);
	cr_assert_leq(b.len, LIMIT_BLOCK);
	buf_free(&b);
}

/* Bodies of /events as a second implementation writes them: read as it meant them, and written alike. */
static void
good_events(const char *const *column, const char *where)
{
	struct message_events *m = need_zeroed(1, sizeof *m);
	struct buf in = { 0 }, back = { 0 }, lines = { 0 };
	struct err e = { 0 };

	vectors_hex(column[4], &in);
	cr_assert_eq(message_events_read(buf_bytes(&in), m, &e), ERR_OK, "%s: %s", where, e.reason);
	cr_assert_eq(m->from, strtoull(column[1], NULL, 10), "%s", where);
	cr_assert_eq(m->to, strtoull(column[2], NULL, 10), "%s", where);
	for (size_t i = 0; i < m->count; i++) {
		buf_printf(&lines, "%s%u:", i ? " " : "", m->lines[i].bucket);
		for (size_t k = 0; k < m->lines[i].ids.len; k++)
			buf_printf(&lines, "%02x", m->lines[i].ids.p[k]);
	}
	cr_assert_str_eq(m->count ? buf_text(&lines) : "-", column[3], "%s", where);
	message_events_write(m, &back);
	cr_assert(bytes_equal(buf_bytes(&back), buf_bytes(&in)), "%s", where);
	buf_free(&in);
	buf_free(&back);
	buf_free(&lines);
	free(m);
}

static void
bad_events(const char *const *column, const char *where)
{
	struct message_events *m = need_zeroed(1, sizeof *m);
	struct buf in = { 0 };

	vectors_hex(column[1], &in);
	cr_assert_neq(message_events_read(buf_bytes(&in), m, NULL), ERR_OK, "%s: %s", where, column[0]);
	buf_free(&in);
	free(m);
}

Test(message, events_vectors)
{
	vectors_each("message/events.txt", 5, good_events);
	vectors_each("message/events_bad.txt", 2, bad_events);
}

/* Heads of pages, likewise. */
static void
good_page(const char *const *column, const char *where)
{
	struct message_page m;
	struct buf in = { 0 }, back = { 0 }, ends = { 0 };
	struct bytes rest;
	struct err e = { 0 };
	struct id last;

	vectors_fixed(column[2], last.b, ID_LEN);
	vectors_hex(column[4], &ends);
	vectors_hex(column[5], &in);
	cr_assert_eq(message_page_read(buf_bytes(&in), &m, &rest, &e), ERR_OK, "%s: %s", where, e.reason);
	cr_assert(m.last.stamp == strtoull(column[1], NULL, 10) && id_equal(&m.last.id, &last), "%s", where);
	cr_assert_eq(m.more, column[3][0] == '1', "%s", where);
	cr_assert_eq(m.end_count * 40, ends.len, "%s", where);
	for (size_t i = 0; i < m.end_count; i++) {
		cr_assert_eq(m.ends[i].stamp, get_u64(ends.p + i * 40), "%s", where);
		cr_assert_arr_eq(m.ends[i].id.b, ends.p + i * 40 + 8, ID_LEN, "%s", where);
	}
	message_page_write(&m, &back);
	cr_assert(bytes_equal(buf_bytes(&back), buf_bytes(&in)), "%s", where);
	buf_free(&in);
	buf_free(&back);
	buf_free(&ends);
}

static void
bad_page(const char *const *column, const char *where)
{
	struct message_page m;
	struct buf in = { 0 };
	struct bytes rest;

	vectors_hex(column[1], &in);
	cr_assert_eq(message_page_read(buf_bytes(&in), &m, &rest, NULL), ERR_INPUT, "%s: %s", where, column[0]);
	buf_free(&in);
}

Test(message, page_vectors)
{
	vectors_each("message/page.txt", 6, good_page);
	vectors_each("message/page_bad.txt", 2, bad_page);
}

/* A page is its head, then whole items; what follows the head comes back untouched. */
Test(message, page)
{
	struct message_page m = { .last = { .stamp = 99 }, .more = true }, back;
	struct bytes rest, item;
	struct buf b = { 0 };

	message_page_write(&m, &b);
	buf_put_u8(&b, 0x01);
	buf_put_u8(&b, 0x41);
	buf_put_u8(&b, 0xff);
	cr_assert_eq(message_page_read(buf_bytes(&b), &back, &rest, NULL), ERR_OK);
	cr_assert_eq(back.last.stamp, 99);
	cr_assert(back.more);
	cr_assert_eq(rest.len, 3);
	cr_assert(sequence_next(&rest, &item));
	cr_assert_eq(item.len, 1);
	cr_assert(sequence_next(&rest, &item));
	cr_assert_eq(item.len, 2);
	cr_assert_not(sequence_next(&rest, &item));
	cr_assert_eq(rest.len, 0);
	buf_free(&b);
}

/* A page's head tells where the pages behind it end: each behind the one before it, and none where nothing follows. */
Test(message, page_ends)
{
	struct message_page m = { .last = { 99, { { 5 } } }, .more = true, .end_count = 3,
		.ends = { { 99, { { 6 } } }, { 100, { { 1 } } }, { UINT64_MAX, { { 0 } } } } }, broken[] = { m, m, m, m }, back;
	struct buf b = { 0 };
	struct bytes rest;
	struct err e;

	message_page_write(&m, &b);
	cr_assert_eq(message_page_read(buf_bytes(&b), &back, &rest, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(back.end_count, 3);
	cr_assert_eq(back.ends[2].stamp, UINT64_MAX);
	cr_assert(id_equal(&back.ends[0].id, &m.ends[0].id));
	for (size_t len = 0; len < b.len; len++)
		cr_assert_neq(message_page_read((struct bytes){ b.p, len }, &back, &rest, NULL), ERR_OK, "at %zu", len);
	broken[0].more = false;
	broken[1].ends[0] = m.last;
	broken[2].ends[1] = m.ends[0];
	broken[3].ends[2].stamp = 98;
	for (size_t i = 0; i < 4; i++) {
		buf_reset(&b);
		message_page_write(&broken[i], &b);
		cr_assert_eq(message_page_read(buf_bytes(&b), &back, &rest, &e), ERR_INPUT, "number %zu", i);
		cr_assert_str_eq(e.object, "page");
	}
	buf_free(&b);
}

/* A sequence that ends in half an item says so: something is left. */
Test(message, sequence_broken)
{
	static const uint8_t bytes[] = { 0x01, 0x42, 0xff };
	struct bytes rest = { bytes, sizeof bytes }, item;

	cr_assert(sequence_next(&rest, &item));
	cr_assert_not(sequence_next(&rest, &item));
	cr_assert_eq(rest.len, 2);
}

/* Cells come whole, of a snapshot that has a number, and are no more than its row. */
Test(message, cells)
{
	uint8_t bytes[SKETCH_CELL_LEN * 3] = { 1, 2, 3 };
	struct message_cells m = { .snapshot = 7, .row = 256, .count = 1000000, .sum = { 9 }, .cells = BYTES_OF(bytes) };
	struct message_cells back, broken[] = { m, m, m, m, m };
	struct buf b = { 0 };
	struct err e;

	message_cells_write(&m, &b);
	cr_assert_eq(message_cells_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert_eq(back.snapshot, 7);
	cr_assert_eq(back.row, 256);
	cr_assert_eq(back.count, 1000000);
	cr_assert_eq(back.sum[0], 9);
	cr_assert(bytes_equal(back.cells, m.cells));
	broken[0].snapshot = 0;
	broken[1].row = 0;
	broken[2].row = SKETCH_CELLS + 1;
	broken[3].cells.len = SKETCH_CELL_LEN + 1;
	broken[4].row = 2;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		buf_reset(&b);
		message_cells_write(&broken[i], &b);
		cr_assert_eq(message_cells_read(buf_bytes(&b), &back, &e), ERR_INPUT, "number %zu", i);
	}
	buf_free(&b);
}

/* Cells of salted ids carry the answerer's nonce of 8 bytes; others none. */
Test(message, salted_cells)
{
	struct message_cells m = { .snapshot = 7, .row = 4096, .salted = true, .nonce = { 1, 2, 3, 4, 5, 6, 7, 8 } }, back;
	struct buf b = { 0 };

	message_cells_write(&m, &b);
	cr_assert_eq(message_cells_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert(back.salted);
	cr_assert_arr_eq(back.nonce, m.nonce, MESSAGE_NONCE);
	b.p[b.len - 9] = 0x47; /* a nonce of 7 bytes */
	b.len--;
	cr_assert_eq(message_cells_read(buf_bytes(&b), &back, NULL), ERR_INPUT);
	m.salted = false;
	buf_reset(&b);
	message_cells_write(&m, &b);
	cr_assert_eq(message_cells_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert_not(back.salted);
	buf_free(&b);
}

/* A list is of whole ids, at most LIST_IDS of them, and says that there are more only when it has some. */
Test(message, list)
{
	uint8_t *bytes = need_zeroed(LIST_IDS + 1, ID_LEN);
	struct message_list m = { .last_stamp = 1ull << 60, .last_id = { { 5 } }, .more = true }, back;
	struct buf b = { 0 };
	static const struct {
		size_t len;
		bool more;
		enum err_code code;
	} rows[] = {
		{ 0, false, ERR_OK },
		{ 0, true, ERR_INPUT },
		{ ID_LEN, true, ERR_OK },
		{ ID_LEN + 1, false, ERR_INPUT },
		{ LIST_IDS * ID_LEN, true, ERR_OK },
		{ (LIST_IDS + 1) * ID_LEN, true, ERR_LIMIT },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e;

		m.ids = (struct bytes){ bytes, rows[i].len };
		m.more = rows[i].more;
		buf_reset(&b);
		message_list_write(&m, &b);
		cr_assert_leq(b.len, LIMIT_ANSWER);
		cr_assert_eq(message_list_read(buf_bytes(&b), &back, &e), rows[i].code, "row %zu", i);
		if (rows[i].code)
			continue;
		cr_assert_eq(back.last_stamp, m.last_stamp);
		cr_assert(id_equal(&back.last_id, &m.last_id));
		cr_assert_eq(back.more, m.more);
		cr_assert(bytes_equal(back.ids, m.ids));
	}
	buf_free(&b);
	free(bytes);
}

/* A nonce of a query is exactly so many bytes in lower-case hexadecimal. */
Test(message, nonce)
{
	static const char *const bad[] = { "", "00", "00112233445566778", "0011223344556677 ", "0011223344556G77",
		"00112233445566FF", "001122334455667788" };
	uint8_t nonce[8] = { 0x00, 0x11, 0xfe }, back[8];
	char text[17];

	cr_assert_eq(nonce_parse(nonce_text(nonce, 8, text), back, 8, NULL), ERR_OK);
	cr_assert_str_eq(text, "0011fe0000000000");
	cr_assert_arr_eq(back, nonce, 8);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(nonce_parse(bad[i], back, 8, NULL), ERR_INPUT, "\"%s\"", bad[i]);
}

/* Short ids come in eights, at most LIMIT_IDS of them. */
Test(message, ids)
{
	uint8_t bytes[(LIMIT_IDS + 1) * 8] = { 0 };
	struct message_ids m = { 5, { bytes, LIMIT_IDS * 8 } }, back;
	struct buf b = { 0 };
	struct err e;

	message_ids_write(&m, &b);
	cr_assert_leq(b.len, 1024, "it fits a datagram");
	cr_assert_eq(message_ids_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert_eq(back.ids.len, LIMIT_IDS * 8);
	m.ids.len += 8;
	buf_reset(&b);
	message_ids_write(&m, &b);
	cr_assert_eq(message_ids_read(buf_bytes(&b), &back, &e), ERR_LIMIT);
	m.ids.len = 7;
	buf_reset(&b);
	message_ids_write(&m, &b);
	cr_assert_eq(message_ids_read(buf_bytes(&b), &back, &e), ERR_INPUT);
	buf_free(&b);
}

static struct message_join
some_request(void)
{
	struct message_join m = { .has_request = true, .name = bytes_text("Shoqata e Sajuar"),
		.territory = 'X' << 8 | 'K', .member_class = 1 };

	memset(m.invite, 1, sizeof m.invite);
	memset(m.mac, 2, sizeof m.mac);
	memset(m.signature, 3, sizeof m.signature);
	return m;
}

/* Both forms of /join come back as they went. */
Test(message, join_round_trip)
{
	static const uint8_t envelope[] = { 0xd2, 0x84 };
	struct message_join m = some_request(), back;
	struct buf b = { 0 };

	message_join_write(&m, &b);
	cr_assert_leq(b.len, 512);
	cr_assert_eq(message_join_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert(back.has_request && !back.has_records);
	cr_assert_eq(back.territory, m.territory);
	cr_assert_eq(back.member_class, 1);
	cr_assert(bytes_equal(back.name, m.name));
	buf_reset(&b);
	m = (struct message_join){ .has_records = true, .node = { envelope, 2 } };
	message_join_write(&m, &b);
	cr_assert_eq(message_join_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert(!back.has_request && back.has_records);
	cr_assert_eq(back.node.len, 2);
	cr_assert_eq(back.reach.len, 0);
	buf_free(&b);
}

/* Half a request, an empty one, a nameless one, one of an unknown class: refused. */
Test(message, join_refused)
{
	struct message_join m = some_request(), back;
	static const uint8_t empty[] = { 0xa0 }, half[] = { 0xa1, 0x05, 0x00 }, unknown[] = { 0xa1, 0x18, 0x63, 0x00 };
	struct buf b = { 0 };

	cr_assert_eq(message_join_read((struct bytes){ empty, 1 }, &back, NULL), ERR_INPUT);
	cr_assert_eq(message_join_read((struct bytes){ half, 3 }, &back, NULL), ERR_INPUT);
	cr_assert_eq(message_join_read((struct bytes){ unknown, 4 }, &back, NULL), ERR_INPUT);
	m.name.len = 0;
	message_join_write(&m, &b);
	cr_assert_eq(message_join_read(buf_bytes(&b), &back, NULL), ERR_INPUT);
	m = some_request();
	m.member_class = 3;
	buf_reset(&b);
	message_join_write(&m, &b);
	cr_assert_eq(message_join_read(buf_bytes(&b), &back, NULL), ERR_INPUT);
	buf_free(&b);
}

/* The answer to /join. */
Test(message, joined_round_trip)
{
	struct message_joined m = { .state = JOIN_ADMITTED, .reason = bytes_text("welcome") }, back;
	struct buf b = { 0 };

	memset(m.network.b, 9, ID_LEN);
	message_joined_write(&m, &b);
	cr_assert_eq(message_joined_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_assert_eq(back.state, JOIN_ADMITTED);
	cr_assert(id_equal(&back.network, &m.network));
	cr_assert(bytes_equal(back.reason, m.reason));
	buf_free(&b);
}

/* A cursor is what it says, in lower-case hexadecimal and nothing else. */
Test(message, cursor)
{
	static const char *const bad[] = { "", ",", "12", "12,", "12,00", "G,00", "0x12,00", "12345678901234567,00" };
	struct id id = { { 0xab } }, back;
	char text[CURSOR_TEXT];
	uint64_t stamp;

	cr_assert_eq(cursor_parse(cursor_text(UINT64_MAX, &id, text), &stamp, &back, NULL), ERR_OK);
	cr_assert_eq(stamp, UINT64_MAX);
	cr_assert(id_equal(&id, &back));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(cursor_parse(bad[i], &stamp, &back, NULL), ERR_INPUT, "%s", bad[i]);
}

/* Membership is everyone's; other collections and territories only when subscribed to, unknown ones never. */
Test(message, subscription)
{
	uint64_t only = 1u << 1 | 1u << 8; /* directory of AL */

	cr_assert(subscription_has(0, 0, 0));
	cr_assert(subscription_has(only, 1, 'A' << 8 | 'L'));
	cr_assert_not(subscription_has(only, 1, 'M' << 8 | 'K'));
	cr_assert_not(subscription_has(only, 2, 'A' << 8 | 'L'));
	cr_assert_not(subscription_has(SUBSCRIBE_ALL, 5, 'A' << 8 | 'L'));
	cr_assert_not(subscription_has(SUBSCRIBE_ALL, 1, 'D' << 8 | 'E'));
	cr_assert(subscription_has(SUBSCRIBE_ALL, 4, 'Z' << 8 | 'Z'));
}
