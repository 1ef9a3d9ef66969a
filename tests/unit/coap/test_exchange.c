/* node/coap/exchange: what its header promises, over a path that loses, doubles and reorders. */
#include "tests/unit/coap/asker.h"

/* --- what the server answers --- */

static unsigned handled, changes;       /* calls of the handler; versions of "news" */
static uint64_t late_ticket[64];
static unsigned late_count;
static size_t seen_offset, seen_want;
static uint32_t seen_block;
static char seen[128];

static void
note(const struct coap_request *r)
{
	size_t at = 0;

	for (size_t i = 0; i < r->path_count; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "/%.*s", (int)r->path[i].len,
		    (const char *)r->path[i].p);
	for (size_t i = 0; i < r->query_count; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%c%.*s", i ? '&' : '?', (int)r->query[i].len,
		    (const char *)r->query[i].p);
	seen_offset = r->offset;
	seen_want = r->want;
	seen_block = r->block;
}

static bool
is_path(const struct coap_request *r, const char *name)
{
	return r->path_count && bytes_equal(r->path[0], bytes_text(name));
}

static void
link_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	struct err why;

	(void)self;
	handled++;
	note(r);
	out->code = 205;
	out->format = COAP_FORMAT_CBOR;
	if (is_path(r, "size")) {
		char text[16] = { 0 };
		memcpy(text, r->path[1].p, r->path[1].len);
		put_content(&out->body, (size_t)atol(text), 0);
	} else if (is_path(r, "news")) {
		put_content(&out->body, 5000 + changes, changes);
	} else if (is_path(r, "late")) {
		late_ticket[late_count++ % 64] = ticket;
		out->later = true;
	} else if (is_path(r, "echo")) {
		buf_put_bytes(&out->body, r->payload);
	} else if (is_path(r, "close")) {
		exchange_free(l.side[1].x);
		l.side[1].x = NULL;
	} else {
		err_set(&why, ERR_MISSING, "thing", "exists", "there is no %s", "such thing");
		answer_error(out, &why);
	}
}

TestSuite(exchange, .init = setup, .fini = finish);

static enum coap_kind
kind_of(struct bytes d)
{
	return (enum coap_kind)(d.p[0] >> 4 & 3);
}

/* --- messages --- */

/* A confirmable request is answered on its ACK: two datagrams in all, nothing is repeated. */
Test(exchange, piggybacked)
{
	struct coap_ask ask = get("size/10", false);
	struct got g;

	ask.query = "until=5&n=3";
	fetch(&g, &ask);
	cr_expect(g.failed == ERR_OK && g.code == 205 && g.format == COAP_FORMAT_CBOR && is_content(&g.body, 10, 0));
	cr_expect(is_content(&g.parts, 10, 0) && g.ordered);
	cr_expect_str_eq(seen, "/size/10?until=5&n=3");
	cr_expect(seen_block == 0 && seen_offset == 0 && seen_want == 1024);
	cr_expect_eq(g.round_ms, 20);
	link_run(&l, 400 * 1000, NULL);
	cr_expect(l.side[0].sent == 1 && l.side[1].sent == 1);
	cr_expect_eq(kind_of((struct bytes){ l.side[1].last.data, 4 }), COAP_ACK);
	cr_expect_eq(exchange_wait_ms(l.side[0].x), -1);
	cr_expect_eq(exchange_wait_ms(l.side[1].x), -1);
	cr_expect_eq(exchange_counts(l.side[0].x)->srtt_ms, 20);
	drop(&g);
}

/* A NON is answered by a NON. */
Test(exchange, non_confirmable)
{
	struct coap_ask ask = get("size/10", true);
	struct got g;

	fetch(&g, &ask);
	cr_expect(g.failed == ERR_OK && is_content(&g.body, 10, 0));
	cr_expect_eq(kind_of((struct bytes){ l.side[0].last.data, 4 }), COAP_NON);
	cr_expect_eq(kind_of((struct bytes){ l.side[1].last.data, 4 }), COAP_NON);
	drop(&g);
}

static uint16_t con_high, non_low;
static bool
watch_ids(struct link *unused, int from, struct bytes d)
{
	uint16_t id = get_u16(d.p + 2);

	(void)unused;
	if (from == 0 && kind_of(d) == COAP_CON && id > con_high)
		con_high = id;
	if (from == 0 && kind_of(d) == COAP_NON && id < non_low)
		non_low = id;
	cr_assert(d.p[1] == 0 || ((d.p[0] & 15) >= 2 && (d.p[0] & 15) <= 8));
	return true;
}

/* Ids of CON lie below 0x8000 and of NON from there on, also after they have wrapped; tokens have 2 to 8 bytes. */
Test(exchange, ids_have_halves)
{
	con_high = 0;
	non_low = 0xffff;
	l.watch = watch_ids;
	for (unsigned i = 0; i < 66000; i++) {
		struct coap_ask ask = get("size/1", i % 2);
		struct got g;
		fetch(&g, &ask);
		cr_assert_eq(g.failed, ERR_OK);
		drop(&g);
	}
	cr_expect_eq(con_high, 0x7fff);
	cr_expect_eq(non_low, 0x8000);
}

static int64_t sent_at[16];
static unsigned sent_count;
static uint8_t first_sent[64];
static bool all_same;
static bool
lose_all(struct link *on, int from, struct bytes d)
{
	if (from == 0 && sent_count < 16) {
		if (sent_count == 0)
			memcpy(first_sent, d.p, d.len);
		all_same = all_same && memcmp(first_sent, d.p, d.len) == 0;
		sent_at[sent_count++] = on->now_ms;
	}
	return false;
}

/* Without an answer a CON is sent five times, byte for byte, at doubling intervals from 2 to 3 s; then it fails. */
Test(exchange, con_gives_up)
{
	struct coap_ask ask = get("size/1", false);
	struct got g;
	int64_t from, first;

	sent_count = 0;
	all_same = true;
	l.watch = lose_all;
	from = l.now_ms;
	fetch(&g, &ask);
	cr_expect(g.failed == ERR_PEER && g.has_why);
	cr_expect_str_eq(g.why.rule, "no answer");
	cr_expect_eq(sent_count, 5);
	cr_expect(all_same);
	first = sent_at[1] - sent_at[0];
	cr_expect(first >= 2000 && first <= 3000, "%lld ms", (long long)first);
	for (unsigned i = 2; i < 5; i++)
		cr_expect_eq(sent_at[i] - sent_at[i - 1], first << (i - 1));
	cr_expect_eq(l.now_ms - from, first * 31);
	cr_expect_eq(exchange_counts(l.side[0].x)->retransmitted, 4);
	cr_expect_eq(exchange_counts(l.side[0].x)->unanswered, 4);
	drop(&g);
}

static bool
lose_own(struct link *on, int from, struct bytes d)
{
	return from == 1 || lose_all(on, from, d);
}

/* Who is heard again after a silence gets at once what was repeated in vain, and then as if it were the first time. */
Test(exchange, a_broken_silence)
{
	struct coap_ask ask = get("size/1", false);
	struct got g;
	int64_t heard;

	sent_count = 0;
	l.watch = lose_own;
	start(&g, &ask);
	link_run(&l, 10000, NULL);
	cr_expect_eq(sent_count, 3, "at 0, 2 to 3, 6 to 9 s and not before 14 s");
	exchange_keepalive(l.side[1].x, false);
	link_run(&l, 11, NULL);
	heard = l.now_ms;
	cr_expect_eq(sent_count, 4);
	link_run(&l, 1000, NULL);
	exchange_keepalive(l.side[1].x, false); /* that was no silence */
	link_run(&l, 500, NULL);
	cr_expect_eq(sent_count, 4);
	link_run(&l, 1500, NULL);
	cr_expect_eq(sent_count, 5);
	cr_expect(sent_at[4] - heard >= 1900 && sent_at[4] - heard <= 3000);
	link_run(&l, 60000, &g.done);
	cr_expect_eq(g.failed, ERR_PEER, "it ends all the same");
	cr_expect_eq(sent_count, 6);
	drop(&g);
}

/* A paced request, of which nothing has come, does not wait for the rest of its doubled time either. */
Test(exchange, a_broken_silence_of_a_paced_request)
{
	struct coap_ask ask = get("size/1", false);
	struct got g;

	ask.paced = true;
	sent_count = 0;
	l.watch = lose_own;
	start(&g, &ask);
	link_run(&l, 18000, NULL);
	cr_expect(sent_count >= 3 && l.now_ms - sent_at[sent_count - 1] > 1000);
	l.watch = NULL;
	exchange_keepalive(l.side[1].x, false);
	link_run(&l, 50, &g.done);
	cr_expect_eq(g.done, 1);
	drop(&g);
}

/* A NON without an answer is repeated as a new message and fails in the end too. */
Test(exchange, non_gives_up)
{
	struct coap_ask ask = get("size/1", true);
	struct got g;

	sent_count = 0;
	all_same = true;
	l.watch = lose_all;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_PEER);
	cr_expect_eq(sent_count, 5);
	cr_expect_not(all_same);
	drop(&g);
}

/* Once round trips are known the first repeat comes sooner, but never below the RFC's second. */
Test(exchange, timeout_adapts_within_bounds)
{
	struct coap_ask ask = get("size/1", false);
	struct got g;

	for (unsigned i = 0; i < 20; i++) {
		fetch(&g, &ask);
		drop(&g);
	}
	sent_count = 0;
	all_same = true;
	l.watch = lose_all;
	fetch(&g, &ask);
	cr_expect(sent_at[1] - sent_at[0] >= 1000 && sent_at[1] - sent_at[0] <= 1500);
	drop(&g);
}

/* The same before the first request, when something else has shown a round trip. */
Test(exchange, a_round_trip_known_beforehand)
{
	struct coap_ask ask = get("size/1", false);
	struct got g;

	exchange_begin_round(l.side[0].x, 100);
	cr_expect_eq(exchange_counts(l.side[0].x)->srtt_ms, 100);
	sent_count = 0;
	all_same = true;
	l.watch = lose_all;
	fetch(&g, &ask);
	cr_expect(sent_at[1] - sent_at[0] >= 1000 && sent_at[1] - sent_at[0] <= 1500);
	drop(&g);
}

static unsigned lose_answers;
static bool
lose_some_answers(struct link *unused, int from, struct bytes d)
{
	(void)unused;
	(void)d;
	return !(from == 1 && lose_answers && lose_answers--);
}

/* When answers get lost, the repeated CON gets the same answer and the handler is not called again. */
Test(exchange, con_is_deduplicated)
{
	struct coap_ask ask = { .method = COAP_POST, .path = "echo", .format = COAP_FORMAT_CBOR,
		.payload = bytes_text("once") };
	struct got g;

	handled = 0;
	lose_answers = 3;
	l.watch = lose_some_answers;
	fetch(&g, &ask);
	cr_expect(g.failed == ERR_OK && bytes_equal(buf_bytes(&g.body), bytes_text("once")));
	cr_expect_eq(handled, 1);
	cr_expect_eq(exchange_counts(l.side[1].x)->duplicates, 3);
	cr_expect_eq(exchange_counts(l.side[1].x)->requests_in, 1);
	drop(&g);
}

static void
inject(int to, const void *p, size_t len)
{
	struct err why;

	if (exchange_receive(l.side[to].x, (struct bytes){ p, len }, &why))
		l.faults++;
}

/* The same id with another token or another content is another message; so is the same one after 247 s. */
Test(exchange, duplicates_are_told_by_id_token_and_content)
{
	uint8_t raw[] = { 0x42, 2, 0x12, 0x34, 1, 2, 0xb4, 'e', 'c', 'h', 'o', 0xff, 'a' };

	handled = 0;
	inject(1, raw, sizeof(raw));
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 1);
	cr_expect_eq(l.side[1].sent, 2);
	raw[12] = 'b';
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 2);
	raw[5] = 3;
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 3);
	raw[3] = 0x35;
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 4);
	l.now_ms += 246 * 1000;
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 4);
	l.now_ms += 1000;
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 5);
	/* NON is never deduplicated: the layer below has done it. */
	raw[0] = 0x52;
	inject(1, raw, sizeof(raw));
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 7);
}

/* Of many confirmable messages a POST is remembered while GETs are forgotten; memory is bounded. */
Test(exchange, posts_outlive_gets_in_deduplication)
{
	uint8_t post[] = { 0x42, 2, 0, 0, 1, 2, 0xb4, 'e', 'c', 'h', 'o', 0xff, 'a' };
	uint8_t ask[] = { 0x42, 1, 0, 0, 9, 9, 0xb4, 's', 'i', 'z', 'e', 4, '1', '0', '0', '0' };

	handled = 0;
	inject(1, post, sizeof(post));
	for (unsigned i = 1; i <= 1000; i++) {
		put_u16(ask + 2, (uint16_t)i);
		inject(1, ask, sizeof(ask));
	}
	cr_assert_eq(handled, 1001);
	inject(1, post, sizeof(post));
	cr_expect_eq(handled, 1001);
	cr_expect_eq(l.side[1].last.data[l.side[1].last.len - 1], 'a');
	/* The newest GET is still known, with its answer. */
	inject(1, ask, sizeof(ask));
	cr_expect_eq(handled, 1001);
	/* The oldest is not: it may be done again. */
	put_u16(ask + 2, 1);
	inject(1, ask, sizeof(ask));
	cr_expect_eq(handled, 1002);
}

/* --- separate answers --- */

static void
answer_late(const char *text)
{
	struct coap_answer a = { .code = 205, .format = COAP_FORMAT_CBOR };

	buf_put_text(&a.body, text);
	exchange_answer(l.side[1].x, late_ticket[(late_count - 1) % 64], &a);
	cr_expect(a.body.p == NULL);
}

/* An answer made within a tenth of a second rides on the ACK. */
Test(exchange, soon_is_piggybacked)
{
	struct coap_ask ask = get("late", false);
	struct got g;

	start(&g, &ask);
	link_run(&l, 50, NULL);
	answer_late("soon");
	link_run(&l, 10000, &g.done);
	cr_expect(g.done == 1 && g.failed == ERR_OK && bytes_equal(buf_bytes(&g.body), bytes_text("soon")));
	cr_expect_eq(l.side[1].sent, 1);
	cr_expect_eq(kind_of((struct bytes){ l.side[1].last.data, 4 }), COAP_ACK);
	drop(&g);
}

/* A later one is acknowledged first and sent as a confirmable message of its own, repeated until acknowledged. */
Test(exchange, later_is_separate)
{
	struct coap_ask ask = get("late", false);
	struct got g;

	handled = 0;
	start(&g, &ask);
	link_run(&l, 30000, &g.done);
	cr_assert_eq(g.done, 0);
	cr_expect_eq(l.side[0].sent, 1);
	cr_expect_eq(l.side[1].sent, 1);
	lose_answers = 2;
	l.watch = lose_some_answers;
	answer_late("later");
	cr_expect_eq(kind_of((struct bytes){ l.side[1].last.data, 4 }), COAP_CON);
	link_run(&l, 30000, &g.done);
	cr_expect(g.done == 1 && g.failed == ERR_OK && bytes_equal(buf_bytes(&g.body), bytes_text("later")));
	link_run(&l, 100000, NULL);
	cr_expect_eq(l.side[1].sent, 4);
	cr_expect_eq(l.side[0].sent, 2);
	cr_expect_eq(handled, 1);
	drop(&g);
}

/* A NON repeated while its handler works is not handled again, and its one answer is enough; another token is. */
Test(exchange, non_repeated_while_handled)
{
	static const uint8_t other[] = { 0x52, 1, 0, 9, 1, 2, 0xb4, 'l', 'a', 't', 'e' };
	struct coap_ask ask = get("late", true);
	struct got g;

	handled = 0;
	start(&g, &ask);
	link_run(&l, 25000, &g.done);
	cr_assert_eq(g.done, 0);
	cr_expect_gt(l.side[0].sent, 2);
	cr_expect_eq(handled, 1);
	answer_late("x");
	link_run(&l, 100, &g.done);
	cr_expect(g.done == 1 && g.failed == ERR_OK);
	cr_expect_eq(l.side[1].sent, 1);
	inject(1, other, sizeof(other));
	inject(1, other, sizeof(other));
	cr_expect_eq(handled, 2);
	drop(&g);
}

/* A NON request answered later gets its NON. */
Test(exchange, later_for_non)
{
	struct coap_ask ask = get("late", true);
	struct got g;

	start(&g, &ask);
	link_run(&l, 500, NULL);
	answer_late("later");
	link_run(&l, 30000, &g.done);
	cr_expect(g.done == 1 && g.failed == ERR_OK);
	cr_expect_eq(kind_of((struct bytes){ l.side[1].last.data, 4 }), COAP_NON);
	drop(&g);
}

/* An acknowledged request whose answer never comes fails; its ticket is void afterwards, and so is a made-up one. */
Test(exchange, never_answered)
{
	struct coap_ask ask = get("late", false);
	struct coap_answer a = { .code = 205 };
	struct got g;

	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_PEER);
	link_run(&l, 100000, NULL);
	unsigned before = l.side[1].sent;
	answer_late("too late");
	exchange_answer(l.side[1].x, 4711, &a);
	cr_expect_eq(l.side[1].sent, before);
	drop(&g);
}

/* More requests than may wait for a handler are told to come later. */
Test(exchange, handlers_are_not_buried)
{
	struct got g[LIMIT_OPEN_REQUESTS], one;
	struct coap_ask ask = get("late", true), more = get("size/1", true);
	struct err why;

	for (unsigned i = 0; i < LIMIT_OPEN_REQUESTS; i++)
		start(&g[i], &ask);
	ask.done = on_done;
	cr_expect_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_LIMIT);
	link_run(&l, 100, NULL);
	/* The asker's own limit is the same: ask from a raw datagram. */
	static const uint8_t raw[] = { 0x52, 1, 0, 0, 1, 2, 0xb4, 's', 'i', 'z', 'e', 1, '1' };
	inject(1, raw, sizeof(raw));
	cr_expect_eq(l.side[1].last.data[1], 4 << 5 | 29);
	answer_late("x");
	link_run(&l, 100, NULL);
	fetch(&one, &more);
	cr_expect_eq(one.code, 205);
	drop(&one);
	link_close(&l);
	l.side[0].x = l.side[1].x = NULL;
	for (unsigned i = 0; i < LIMIT_OPEN_REQUESTS; i++) {
		cr_expect_eq(g[i].done, 1);
		drop(&g[i]);
	}
}

/* --- blocks --- */

static const size_t sizes[] = { 0, 1, 1023, 1024, 1025, 2048, 2049, 200 * 1024, LIMIT_ANSWER };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Answers of every size arrive whole and in order, by CON and by NON, with every window. */
Test(exchange, sizes_of_answers)
{
	static const unsigned windows[] = { 0, 1, 2, 16 };

	for (unsigned i = 0; i < SIZES * 2 * 4; i++) {
		char path[32];
		struct coap_ask ask = get(path, i / 4 % 2);
		struct got g;

		snprintf(path, sizeof(path), "size/%zu", sizes[i / 8]);
		ask.window = windows[i % 4];
		fetch(&g, &ask);
		cr_expect(g.failed == ERR_OK && g.code == 205, "%s: %s", path, g.why.reason);
		cr_expect(is_content(&g.body, sizes[i / 8], 0), "%s", path);
		cr_expect(is_content(&g.parts, sizes[i / 8], 0) && g.ordered, "%s", path);
		drop(&g);
	}
	cr_expect_eq(l.faults, 0);
}

/* Eight blocks travel in one round trip: 200 KiB take 1 + 25 of them, not 200. */
Test(exchange, window_saves_round_trips)
{
	struct coap_ask ask = get("size/204800", true);
	struct got g;
	int64_t from = l.now_ms;

	fetch(&g, &ask);
	cr_expect_leq(l.now_ms - from, 27 * 20);
	drop(&g);
}

/* The handler makes an answer once, not once for each block; a new request is always made anew. */
Test(exchange, answers_are_kept_for_their_blocks)
{
	struct coap_ask ask = get("size/204800", true);
	struct got g;

	handled = 0;
	fetch(&g, &ask);
	cr_expect_eq(handled, 1);
	drop(&g);
	fetch(&g, &ask);
	cr_expect_eq(handled, 2);
	drop(&g);
}

/* A follow-up after the kept answer is gone calls the handler for that block; the bytes are the same. */
Test(exchange, blocks_without_kept_answer)
{
	/* GET size/5000, Block2 number 2, size 1024. */
	static const uint8_t raw[] = { 0x52, 1, 0, 0, 1, 2, 0xb4, 's', 'i', 'z', 'e', 4, '5', '0', '0', '0', 0xc1, 0x26 };
	struct coap_message m;
	struct err why;

	handled = 0;
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 1);
	cr_expect(seen_block == 2 && seen_offset == 2048 && seen_want == 1024);
	cr_assert_eq(codec_read((struct bytes){ l.side[1].last.data, l.side[1].last.len }, &m, &why), ERR_OK);
	cr_expect(m.code == 205 && m.block2.number == 2 && m.block2.more && m.block2.szx == 6);
	cr_expect(m.payload.len == 1024 && m.payload.p[0] == content(2048, 0) && m.etag.len == 3 && !m.has_size2);
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 1);
	link_run(&l, 6000, NULL);
	inject(1, raw, sizeof(raw));
	cr_expect_eq(handled, 2);
}

/* What a plain RFC 7959 client asks: any block size, one at a time; Size2 with the first; 4.00 behind the end. */
Test(exchange, blocks_of_every_size)
{
	for (uint8_t szx = 0; szx <= 6; szx++) {
		size_t size = (size_t)16 << szx, count = (5000 + size - 1) / size;
		struct buf whole = { 0 };

		for (uint32_t n = 0; n <= count; n++) {
			struct coap_message ask = { .kind = COAP_CON, .code = COAP_GET, .id = (uint16_t)(szx * 1000 + n),
				.token = { 1, 2 }, .token_len = 2, .format = -1, .accept = -1, .observe = -1,
				.path = { bytes_text("size"), bytes_text("5000") }, .path_count = 2,
				.block2 = { true, n, false, szx } }, m;
			struct buf raw = { 0 };
			struct err why;

			codec_write(&ask, &raw);
			inject(1, raw.p, raw.len);
			buf_free(&raw);
			cr_assert_eq(codec_read((struct bytes){ l.side[1].last.data, l.side[1].last.len }, &m, &why), ERR_OK);
			if (n == count) {
				cr_expect_eq(m.code, 400);
				break;
			}
			cr_assert(m.kind == COAP_ACK && m.id == ask.id && m.code == 205 && m.format == COAP_FORMAT_CBOR);
			cr_assert(m.block2.present && m.block2.number == n && m.block2.szx == szx);
			cr_assert_eq(m.block2.more, n + 1 < count);
			cr_assert_eq(m.has_size2, n == 0);
			cr_assert(m.has_size2 == false || m.size2 == 5000);
			buf_put_bytes(&whole, m.payload);
		}
		cr_expect(is_content(&whole, 5000, 0), "exponent %u", szx);
		buf_free(&whole);
	}
}

static unsigned change_at, passed_blocks;
static bool
change_meanwhile(struct link *unused, int from, struct bytes d)
{
	(void)unused;
	(void)d;
	if (from == 0 && ++passed_blocks == change_at) {
		changes++;
		/* Kept answers would hide the change: that is what they are for. So let them grow old. */
		l.now_ms += 6000;
	}
	return true;
}

/* An answer that changes while it is read is read again from the start, and is whole. */
Test(exchange, changed_answer_is_read_again)
{
	struct coap_ask ask = get("news", true);
	struct got g;

	ask.window = 1;
	changes = passed_blocks = 0;
	change_at = 3;
	l.watch = change_meanwhile;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_OK);
	cr_expect(is_content(&g.body, 5001, 1) && is_content(&g.parts, 5001, 1) && g.ordered);
	drop(&g);
}

static bool
change_always(struct link *unused, int from, struct bytes d)
{
	(void)unused;
	(void)d;
	if (from == 0) {
		changes++;
		l.now_ms += 6000;
	}
	return true;
}

/* One that changes again and again ends with an error. */
Test(exchange, restless_answer_fails)
{
	struct coap_ask ask = get("news", false);
	struct got g;

	l.watch = change_always;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_PEER);
	cr_expect_str_eq(g.why.rule, "etag");
	drop(&g);
}

/* The asker's own limit ends the request, by Size2 already when the peer tells it. */
Test(exchange, answer_longer_than_wanted)
{
	struct coap_ask ask = get("size/5000", false);
	struct got g;

	ask.max_answer = 4999;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_LIMIT);
	cr_expect_eq(l.side[0].sent, 1);
	drop(&g);
	ask.max_answer = 5000;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_OK);
	drop(&g);
	ask = get("size/100", false);
	ask.max_answer = 99;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_LIMIT);
	drop(&g);
}

/* A FETCH repeats its body with each block, so the server can hold nothing. */
Test(exchange, fetch_repeats_its_body)
{
	uint8_t body[960];
	struct coap_ask ask = { .method = COAP_FETCH, .path = "size/3000", .format = COAP_FORMAT_CBOR,
		.payload = { body, sizeof(body) }, .non = true };
	struct got g;

	memset(body, 7, sizeof(body));
	start(&g, &ask);
	memset(body, 8, sizeof(body));
	link_run(&l, 10000, &g.done);
	cr_expect(g.failed == ERR_OK && is_content(&g.body, 3000, 0));
	cr_expect(l.side[0].last.len > 960 && l.side[0].last.data[l.side[0].last.len - 1] == 7);
	drop(&g);
}

/* --- a server of another make: side 1 is played by hand --- */

static uint8_t other_szx, shrink_szx;
static uint32_t shrink_from;
static bool tell_size;
static size_t other_len;

/* Answers what side 0 has sent, in the way of a plain server, ignoring windows. */
static bool
other_server(struct link *on, int from, struct bytes d)
{
	struct coap_message m, r = { .kind = COAP_NON, .code = 205, .format = -1, .accept = -1, .observe = -1 };
	struct buf out = { 0 };
	struct err why;
	uint8_t bytes[1024], szx;
	size_t offset, rest, size;

	if (from == 1)
		return true;
	cr_assert_eq(codec_read(d, &m, &why), ERR_OK);
	szx = m.block2.present && m.block2.szx < other_szx ? m.block2.szx : other_szx;
	offset = m.block2.present ? (size_t)m.block2.number << (m.block2.szx + 4) : 0;
	if (offset >= shrink_from && szx > shrink_szx)
		szx = shrink_szx;
	size = (size_t)16 << szx;
	rest = offset < other_len ? other_len - offset : 0;
	r.id = m.id;
	r.token_len = m.token_len;
	memcpy(r.token, m.token, m.token_len);
	r.block2 = (struct coap_block){ true, (uint32_t)(offset / size), rest > size, szx };
	if (tell_size && offset == 0) {
		r.has_size2 = true;
		r.size2 = (uint32_t)other_len;
	}
	if (rest == 0 && offset)
		r.code = 400;
	for (size_t i = 0; i < size && i < rest; i++)
		bytes[i] = content(offset + i, 0);
	r.payload = (struct bytes){ bytes, rest > size ? size : rest };
	codec_write(&r, &out);
	link_put(&on->side[0], buf_bytes(&out));
	buf_free(&out);
	return false;
}

/* Servers with smaller blocks, without Size2, and that shrink their blocks midway, are read whole. */
Test(exchange, other_servers)
{
	static const size_t lengths[] = { 0, 10, 64, 65, 1000, 4096, 5000, 20000 };

	l.watch = other_server;
	for (unsigned i = 0; i < 8 * 2 * 3 * 2; i++) {
		struct coap_ask ask = get("any", true);
		struct got g;

		other_len = lengths[i % 8];
		tell_size = i / 8 % 2;
		other_szx = (uint8_t[]){ 6, 2, 0 }[i / 16 % 3];
		shrink_from = i / 48 ? 2048 : UINT32_MAX;
		shrink_szx = i / 48 ? 1 : 6;
		fetch(&g, &ask);
		cr_expect(g.failed == ERR_OK && is_content(&g.body, other_len, 0) && g.ordered, "case %u: %s", i, g.why.reason);
		cr_expect(is_content(&g.parts, other_len, 0), "case %u", i);
		drop(&g);
	}
}

/* A server that tells less than it sends is held to the limit all the same. */
Test(exchange, endless_server)
{
	struct coap_ask ask = get("any", true);
	struct got g;

	l.watch = other_server;
	other_len = 100000;
	other_szx = shrink_szx = 6;
	tell_size = false;
	ask.max_answer = 50000;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_LIMIT);
	drop(&g);
}

/* --- the worst path --- */

static uint32_t unlucky;
static bool
lose_one_block(struct link *unused, int from, struct bytes d)
{
	struct coap_message m;
	struct err why;

	(void)unused;
	return !(from == 0 && codec_read(d, &m, &why) == ERR_OK && m.block2.number == unlucky && lose_answers &&
	    lose_answers--);
}

/* One block that gets lost eleven times does not end the transfer, one that never comes does. */
Test(exchange, one_unlucky_block)
{
	for (unsigned i = 0; i < 4; i++) {
		struct coap_ask ask = get("size/50000", i % 2);
		struct got g;

		unlucky = 20;
		lose_answers = i / 2 ? 11 : 1000;
		l.watch = lose_one_block;
		fetch(&g, &ask);
		cr_expect_eq(g.failed, i / 2 ? ERR_OK : ERR_PEER, "%u: %s", i, g.why.reason);
		cr_expect(g.ordered && (i / 2 ? is_content(&g.body, 50000, 0) : is_content(&g.parts, 20 * 1024, 0)));
		drop(&g);
	}
}

/* At 40 % loss, doubling and reordering, every request ends exactly once, and what arrives is right. */
Test(exchange, heavy_loss)
{
	unsigned well = 0, all = 0;

	l.loss = 40;
	l.twice = 10;
	l.jitter_ms = 100;
	for (unsigned round = 0; round < 40; round++) {
		static const char *const paths[] = { "size/1", "size/1024", "size/1025", "size/20000", "echo", "none" };
		struct got g[24];

		for (unsigned i = 0; i < 24; i++) {
			struct coap_ask ask = get(paths[i % 6], i / 6 % 2);
			start(&g[i], &ask);
		}
		link_run(&l, 20 * 60 * 1000, NULL);
		for (unsigned i = 0; i < 24; i++) {
			cr_assert_eq(g[i].done, 1, "request %u of round %u ended %u times", i, round, g[i].done);
			cr_assert(g[i].failed == ERR_OK || g[i].failed == ERR_PEER);
			all++;
			well += g[i].failed == ERR_OK;
			if (g[i].failed == ERR_OK && i % 6 < 4)
				cr_assert(is_content(&g[i].body, (size_t)atol(paths[i % 6] + 5), 0));
			drop(&g[i]);
		}
	}
	cr_expect_gt(well, all * 3 / 4, "%u of %u", well, all);
}

/* At 10 % loss 200 KiB arrive whole once the first block has come: a transfer does not fail by one unlucky block. */
Test(exchange, long_answer_with_loss)
{
	struct coap_ask ask = get("size/204800", true);
	struct got g;

	l.twice = 5;
	l.jitter_ms = 30;
	for (unsigned i = 0; i < 4; i++) {
		ask.non = i % 2;
		l.loss = 0;
		start(&g, &ask);
		while (g.parts.len == 0)
			cr_assert(link_step(&l, INT64_MAX));
		l.loss = 10;
		link_run(&l, 3600 * 1000, &g.done);
		cr_expect(g.failed == ERR_OK, "%s", g.why.reason);
		cr_expect(is_content(&g.body, 204800, 0) && is_content(&g.parts, 204800, 0) && g.ordered);
		drop(&g);
	}
}

/* --- errors, pings, rejections --- */

/* An error travels as RFC 9290 and comes out as it went in. */
Test(exchange, errors_are_problem_details)
{
	static const uint8_t map[] = { 0xa2, 0x20 };
	struct coap_ask ask = get("none", false);
	struct got g;

	fetch(&g, &ask);
	cr_expect(g.failed == ERR_OK && g.code == 404 && g.format == COAP_FORMAT_PROBLEM && g.has_why);
	cr_expect(memcmp(g.body.p, map, 2) == 0);
	cr_expect_eq(g.why.code, ERR_MISSING);
	cr_expect_str_eq(g.why.object, "thing");
	cr_expect_str_eq(g.why.rule, "exists");
	cr_expect_str_eq(g.why.reason, "there is no such thing");
	drop(&g);
}

/* Text that is no UTF-8 does not break the body of an error. */
Test(exchange, errors_with_foreign_bytes)
{
	struct coap_answer a = { 0 };
	struct err why;

	err_set(&why, ERR_INPUT, "\xff\xfe", "utf-8", "%s", "bad \xc0 byte");
	answer_error(&a, &why);
	cr_expect(a.code == 400 && a.format == COAP_FORMAT_PROBLEM && a.body.len > 10);
	buf_free(&a.body);
}

/* A ping is answered by RST and measured; an unanswered one is repeated; a keepalive is one datagram. */
Test(exchange, ping_and_keepalive)
{
	exchange_keepalive(l.side[0].x, false);
	link_run(&l, 10000, NULL);
	cr_expect(l.side[0].sent == 1 && l.side[1].sent == 0 && l.side[0].last.len == 4 && l.faults == 0);
	exchange_keepalive(l.side[0].x, true);
	exchange_keepalive(l.side[0].x, true);
	cr_expect_eq(exchange_counts(l.side[0].x)->unanswered, 1);
	link_run(&l, 10000, NULL);
	cr_expect(l.side[0].sent == 2 && l.side[1].sent == 1);
	cr_expect_eq(kind_of((struct bytes){ l.side[1].last.data, 4 }), COAP_RST);
	cr_expect_eq(exchange_counts(l.side[0].x)->unanswered, 0);
	cr_expect_eq(exchange_counts(l.side[0].x)->srtt_ms, 20);
	cr_expect_eq(exchange_wait_ms(l.side[0].x), -1);
	l.watch = lose_all;
	exchange_keepalive(l.side[0].x, true);
	link_run(&l, 200000, NULL);
	cr_expect_eq(exchange_counts(l.side[0].x)->unanswered, 5);
	cr_expect_eq(exchange_wait_ms(l.side[0].x), -1);
}

static void
last_is(int side, enum coap_kind kind, unsigned code_byte)
{
	struct packet *p = &l.side[side].last;

	cr_expect_eq(kind_of((struct bytes){ p->data, 4 }), kind);
	cr_expect_eq(p->data[1], code_byte, "code %u.%02u", p->data[1] >> 5, p->data[1] & 31);
}

/* What cannot be understood: 4.02 for options, 4.00 for a reserved block size, RST for the rest, never to NON. */
Test(exchange, rejections)
{
	static const uint8_t option[] = { 0x42, 1, 0, 1, 5, 5, 0x11, 'x' }, size7[] = { 0x42, 1, 0, 2, 5, 5, 0xd1, 10, 7 },
		broken[] = { 0x42, 1, 0, 3, 5, 5, 0xf1 }, long_token[] = { 0x49, 1, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		stray[] = { 0x42, 0x45, 0, 5, 5, 5 }, non[] = { 0x52, 1, 0, 6, 5, 5, 0x11, 'x' },
		ack_request[] = { 0x62, 1, 0, 7, 5, 5 }, proxy[] = { 0x42, 1, 0, 8, 5, 5, 0xd3, 22, 'a', ':', 'b' };

	inject(1, option, sizeof(option));
	last_is(1, COAP_ACK, 4 << 5 | 2);
	inject(1, size7, sizeof(size7));
	last_is(1, COAP_ACK, 4 << 5);
	inject(1, broken, sizeof(broken));
	last_is(1, COAP_RST, 0);
	inject(1, long_token, sizeof(long_token));
	last_is(1, COAP_RST, 0);
	cr_expect_eq(l.faults, 4);
	inject(1, stray, sizeof(stray));
	last_is(1, COAP_RST, 0);
	cr_expect_eq(l.faults, 4);
	inject(1, proxy, sizeof(proxy));
	last_is(1, COAP_ACK, 4 << 5 | 2);
	cr_expect_eq(l.side[1].sent, 6);
	inject(1, non, sizeof(non));
	inject(1, ack_request, sizeof(ack_request));
	cr_expect_eq(l.side[1].sent, 6);
	cr_expect_eq(exchange_counts(l.side[1].x)->faults, 7);
}

/* A request that the peer resets ends at once, a response with an option we must understand but do not, too. */
Test(exchange, refused_requests)
{
	struct coap_ask ask = get("late", false);
	struct got g;
	uint8_t raw[16];

	start(&g, &ask);
	memcpy(raw, l.side[0].last.data, 8);
	raw[0] = 0x70;
	raw[1] = 0;
	inject(0, raw, 4);
	cr_expect(g.done == 1 && g.failed == ERR_PEER);
	cr_expect_str_eq(g.why.rule, "reset");
	drop(&g);
	start(&g, &ask);
	memcpy(raw, l.side[0].last.data, 8);
	raw[0] = 0x63;
	raw[1] = 0x45;
	raw[7] = 0x90;
	inject(0, raw, 8);
	cr_expect(g.done == 1 && g.failed == ERR_PEER);
	cr_expect_str_eq(g.why.rule, "option");
	drop(&g);
}

/* The end of a session ends all open requests, once. */
Test(exchange, free_ends_requests)
{
	struct coap_ask ask = get("late", false);
	struct got g[3];

	for (unsigned i = 0; i < 3; i++)
		start(&g[i], &ask);
	exchange_free(l.side[0].x);
	l.side[0].x = NULL;
	for (unsigned i = 0; i < 3; i++) {
		cr_expect(g[i].done == 1 && g[i].failed == ERR_PEER);
		cr_expect_str_eq(g[i].why.rule, "closed");
		drop(&g[i]);
	}
}

static size_t free_at;

static void
free_on_part(void *self, size_t offset, struct bytes part)
{
	(void)self;
	if (offset + part.len < free_at)
		return;
	exchange_free(l.side[0].x);
	l.side[0].x = NULL;
}

static void
free_on_done(void *self, const struct coap_response *r)
{
	on_done(self, r);
	exchange_free(l.side[0].x);
	l.side[0].x = NULL;
}

/* A callback may end the session it runs in: in a part, in done, in a handler. */
Test(exchange, freed_inside_callbacks)
{
	/* At the only, the first, and the last part. */
	static const struct { const char *path; size_t at; } cases[] = { { "size/5", 1 }, { "size/5000", 1 },
		{ "size/5000", 5000 } };
	struct coap_ask ask = { 0 };
	struct got g;
	struct err why;

	for (unsigned i = 0; i < 3; i++) {
		ask = get(cases[i].path, true);
		free_at = cases[i].at;
		g = (struct got){ 0 };
		ask.part = free_on_part;
		ask.done = on_done;
		ask.self = &g;
		cr_assert_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_OK);
		link_run(&l, 10000, &g.done);
		cr_expect(g.done == 1 && g.failed == ERR_PEER);
		drop(&g);
		link_close(&l);
		link_open(&l, seed);
	}

	g = (struct got){ 0 };
	ask.part = NULL;
	ask.done = free_on_done;
	cr_assert_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_OK);
	link_run(&l, 10000, &g.done);
	cr_expect(g.done == 1 && g.failed == ERR_OK);
	drop(&g);
	link_close(&l);

	link_open(&l, seed);
	ask = get("close", false);
	start(&g, &ask);
	link_run(&l, 100000, &g.done);
	cr_expect(g.done == 1 && g.failed == ERR_PEER);
	drop(&g);
}

/* --- peers that break the rules: side 1 is played by hand, datagram by datagram --- */

static struct coap_message open_block[8];   /* what was asked for, by block */
static bool
catch_requests(struct link *unused, int from, struct bytes d)
{
	struct coap_message m;
	struct err why;

	(void)unused;
	if (from == 0 && codec_read(d, &m, &why) == ERR_OK && m.code == COAP_GET)
		open_block[m.block2.number % 8] = m;
	return false;
}

struct reply {
	uint32_t to;                     /* the block whose request is answered */
	uint16_t code;
	struct coap_block block2;
	size_t len;
	uint8_t etag;
};

static void
give(const struct reply *r)
{
	static uint8_t payload[1024];
	struct coap_message m = { .kind = COAP_NON, .code = r->code, .id = 7, .format = -1, .accept = -1, .observe = -1,
		.block2 = r->block2, .payload = { payload, r->len }, .etag = { &r->etag, 1 } };
	struct buf out = { 0 };

	/* Size2 promises six blocks of 64, so that all of them are asked for. */
	if (r->block2.present && r->block2.number == 0) {
		m.has_size2 = true;
		m.size2 = 6 * 64;
	}
	m.token_len = open_block[r->to].token_len;
	memcpy(m.token, open_block[r->to].token, m.token_len);
	codec_write(&m, &out);
	inject(0, out.p, out.len);
	buf_free(&out);
}

#define BLOCK(n, more) { true, n, more, 2 }

/* Each broken rule ends the request with the reason, and nothing that was wrong is handed on. */
Test(exchange, lying_servers)
{
	static const struct {
		const char *rule;
		enum err_code failed;
		struct reply replies[4];
	} cases[] = {
		{ "block", ERR_PEER, { { 0, 205, BLOCK(1, true), 64, 1 } } },
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 63, 1 } } },
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 64, 1 }, { 1, 205, BLOCK(1, true), 65, 1 } } },
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 64, 1 }, { 1, 205, BLOCK(1, false), 65, 1 } } },
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 64, 1 }, { 1, 205, BLOCK(2, true), 64, 1 } } },
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 64, 1 }, { 1, 205, { true, 1, true, 3 }, 128, 1 } } },
		/* Two last blocks; one behind the last; a last one before what has come. */
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 64, 1 }, { 3, 205, BLOCK(3, false), 9, 1 },
			{ 2, 205, BLOCK(2, false), 9, 1 } } },
		{ "block", ERR_PEER, { { 0, 205, BLOCK(0, true), 64, 1 }, { 4, 205, BLOCK(4, true), 64, 1 },
			{ 2, 205, BLOCK(2, false), 9, 1 } } },
	};

	l.watch = catch_requests;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct coap_ask ask = get("any", true);
		struct got g;

		start(&g, &ask);
		for (unsigned k = 0; k < 4 && cases[i].replies[k].code; k++)
			give(&cases[i].replies[k]);
		cr_expect(g.done == 1 && g.failed == cases[i].failed, "case %u", i);
		cr_expect_str_eq(g.why.rule, cases[i].rule, "case %u: %s", i, g.why.reason);
		cr_expect_leq(g.parts.len, 64);
		drop(&g);
	}
}

/* A last block that comes before others, and earlier than Size2 said, ends the answer once all are there. */
Test(exchange, last_block_first)
{
	static const struct reply replies[] = { { 0, 205, BLOCK(0, true), 64, 1 }, { 3, 205, BLOCK(3, false), 9, 1 },
		{ 2, 205, BLOCK(2, true), 64, 1 }, { 5, 205, BLOCK(5, true), 64, 1 }, { 1, 205, BLOCK(1, true), 64, 1 } };
	struct coap_ask ask = get("any", true);
	struct got g;

	l.watch = catch_requests;
	start(&g, &ask);
	for (unsigned i = 0; i < 5; i++) {
		cr_expect_eq(g.done, 0);
		give(&replies[i]);
	}
	cr_expect(g.done == 1 && g.failed == ERR_OK && g.body.len == 3 * 64 + 9 && g.ordered);
	drop(&g);
}

/* An error in the middle of an answer is the answer. */
Test(exchange, error_between_blocks)
{
	static const struct reply first = { 0, 205, BLOCK(0, true), 64, 1 }, gone = { 2, 404, { false, 0, false, 0 }, 0, 1 };
	struct coap_ask ask = get("any", true);
	struct got g;

	l.watch = catch_requests;
	start(&g, &ask);
	give(&first);
	give(&gone);
	cr_expect(g.done == 1 && g.failed == ERR_OK && g.code == 404 && g.body.len == 0 && !g.has_why);
	drop(&g);
}

/* A block out of order in a smaller size makes the request go on in that size, and loses nothing. */
Test(exchange, shrinking_out_of_order)
{
	static const struct reply first = { 0, 205, BLOCK(0, true), 64, 1 }, third = { 3, 205, { true, 6, true, 1 }, 32, 1 },
		second = { 2, 205, { true, 2, true, 1 }, 32, 1 };
	struct coap_ask ask = get("any", true);
	struct got g;

	l.watch = catch_requests;
	start(&g, &ask);
	give(&first);
	give(&third);
	cr_expect_eq(g.done, 0);
	cr_expect(open_block[2].block2.szx == 1 && open_block[2].block2.number == 2);
	give(&second);
	cr_expect_eq(g.parts.len, 96);
	/* What still comes in the old size belongs to no request any more. */
	exchange_free(l.side[0].x);
	l.side[0].x = NULL;
	cr_expect_eq(g.done, 1);
	drop(&g);
}

static unsigned asked_again;
static void
ask_in_done(void *self, const struct coap_response *r)
{
	struct coap_ask ask = get("size/1", true);
	struct err why;

	ask.done = ask_in_done;
	ask.self = self;
	on_done(self, r);
	asked_again += exchange_ask(l.side[0].x, &ask, &why) == ERR_OK;
}

/* `done` may ask again; while the session ends it is told no, so that the end ends. */
Test(exchange, asking_in_done)
{
	struct coap_ask ask = get("size/1", true);
	struct got g = { 0 };
	struct err why;

	asked_again = 0;
	ask.done = ask_in_done;
	ask.self = &g;
	cr_assert_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_OK);
	while (g.done < 10)
		cr_assert(link_step(&l, INT64_MAX));
	cr_expect_eq(asked_again, 10);
	exchange_free(l.side[0].x);
	l.side[0].x = NULL;
	cr_expect_eq(g.done, 11);
	cr_expect_eq(asked_again, 10);
	drop(&g);
}

/* A repeat that comes while the handler still works is acknowledged at once; so is each one after it. */
Test(exchange, repeat_while_handled)
{
	static const uint8_t raw[] = { 0x42, 1, 0, 9, 1, 2, 0xb4, 'l', 'a', 't', 'e' };

	handled = 0;
	inject(1, raw, sizeof(raw));
	cr_expect_eq(l.side[1].sent, 0);
	for (unsigned i = 1; i <= 3; i++) {
		inject(1, raw, sizeof(raw));
		cr_expect_eq(l.side[1].sent, i);
		last_is(1, COAP_ACK, 0);
	}
	cr_expect_eq(handled, 1);
	answer_late("x");
	last_is(1, COAP_CON, 2 << 5 | 5);
	/* The session ends with that answer unacknowledged. */
}

/* A separate response that comes twice is acknowledged twice and handed on once. */
Test(exchange, separate_response_twice)
{
	struct coap_ask ask = get("late", false);
	struct got g;
	uint8_t raw[16] = { 0x43, 0x45, 0x77, 0x77 };

	l.watch = lose_all;
	start(&g, &ask);
	memcpy(raw + 4, l.side[0].last.data + 4, 3);
	raw[7] = 0xff;
	raw[8] = 'x';
	inject(0, raw, 9);
	last_is(0, COAP_ACK, 0);
	cr_expect_eq(g.done, 1);
	inject(0, raw, 9);
	last_is(0, COAP_ACK, 0);
	cr_expect_eq(l.side[0].sent, 3);
	cr_expect_eq(g.done, 1);
	/* A third with other content is a stray. */
	raw[8] = 'y';
	inject(0, raw, 9);
	last_is(0, COAP_RST, 0);
	drop(&g);
}

/* A POST may have a long answer too; each block of it is made by the handler. */
Test(exchange, long_answer_to_post)
{
	struct coap_ask ask = { .method = COAP_POST, .path = "size/3000", .format = COAP_FORMAT_NONE };
	struct got g;

	handled = 0;
	fetch(&g, &ask);
	cr_expect(g.failed == ERR_OK && is_content(&g.body, 3000, 0));
	cr_expect_eq(handled, 3);
	drop(&g);
}

/* Kept answers are bounded: of twelve, the newest ten are there, and eight of the longest fill the room. */
Test(exchange, kept_answers_are_bounded)
{
	struct got g;

	for (unsigned round = 0; round < 2; round++) {
		unsigned count = round ? 9 : 12, stay = round ? 8 : 10;

		for (unsigned i = 0; i < count; i++) {
			char path[32];
			struct coap_ask ask = get(path, true);
			snprintf(path, sizeof(path), "size/%u", round ? LIMIT_ANSWER - i : 2000 + i);
			fetch(&g, &ask);
			drop(&g);
		}
		for (unsigned i = 0; i < count; i++) {
			struct coap_message m = { .kind = COAP_NON, .code = COAP_GET, .format = -1, .accept = -1, .observe = -1,
				.path = { bytes_text("size") }, .path_count = 2, .block2 = { true, 1, false, 6 } };
			struct buf out = { 0 };
			char len[16];

			snprintf(len, sizeof(len), "%u", round ? LIMIT_ANSWER - (count - 1 - i) : 2000 + count - 1 - i);
			m.path[1] = bytes_text(len);
			codec_write(&m, &out);
			handled = 0;
			inject(1, out.p, out.len);
			if (i < stay)
				cr_expect_eq(handled, 0, "%s", len);
			if (i == stay)
				cr_expect_eq(handled, 1, "%s", len);
			buf_free(&out);
			if (i == stay)
				break;
		}
	}
}

/* Problem details of others: only a title, other entries, odd texts, and what is none at all. */
Test(exchange, problem_details_of_others)
{
	static const struct {
		const char *hex;
		unsigned code;
		bool has_why;
		enum err_code err;
		const char *object, *rule, *reason;
	} cases[] = {
		{ "a12063616263", 404, true, ERR_MISSING, "peer", "answer", "abc" },
		{ "a12163616263", 429, true, ERR_BUSY, "peer", "answer", "abc" },
		{ "a121643a203a20", 500, true, ERR_FAILED, "", "", "" },
		{ "a12166613a20623a20", 400, true, ERR_INPUT, "a", "b", "" },
		{ "a12164613a2062", 418, true, ERR_INPUT, "a", "answer", "b" },
		{ "a320616121616205820102", 505, true, ERR_PEER, "peer", "answer", "b" },
		{ "a221616223f4", 403, true, ERR_DENIED, "peer", "answer", "b" },
		{ "a0", 404, false, 0, "", "", "" },
		{ "", 404, false, 0, "", "", "" },
		{ "a101f4", 404, false, 0, "", "", "" },
		{ "a12040", 404, false, 0, "", "", "" },
		{ "8120", 404, false, 0, "", "", "" },
		{ "bf20616121616bff", 404, false, 0, "", "", "" },
		{ "a120ff", 404, false, 0, "", "", "" },
	};

	l.watch = lose_all;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct coap_ask ask = get("any", true);
		struct got g;
		uint8_t body[32];
		size_t len = strlen(cases[i].hex) / 2;
		struct coap_message m = { .kind = COAP_NON, .code = (uint16_t)cases[i].code, .token_len = 3,
			.format = COAP_FORMAT_PROBLEM, .accept = -1, .observe = -1, .payload = { body, len } };
		struct buf out = { 0 };

		for (size_t k = 0; k < len; k++)
			sscanf(cases[i].hex + 2 * k, "%2hhx", &body[k]);
		start(&g, &ask);
		memcpy(m.token, l.side[0].last.data + 4, 3);
		codec_write(&m, &out);
		inject(0, out.p, out.len);
		cr_assert(g.done == 1 && g.failed == ERR_OK && g.code == cases[i].code, "case %u", i);
		cr_assert_eq(g.has_why, cases[i].has_why, "case %u", i);
		if (g.has_why) {
			cr_expect_eq(g.why.code, cases[i].err, "case %u", i);
			cr_expect_str_eq(g.why.object, cases[i].object, "case %u", i);
			cr_expect_str_eq(g.why.rule, cases[i].rule, "case %u", i);
			cr_expect_str_eq(g.why.reason, cases[i].reason, "case %u", i);
		}
		buf_free(&out);
		drop(&g);
	}
}
