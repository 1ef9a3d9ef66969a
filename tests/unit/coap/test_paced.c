/* node/coap/paced: large answers by sets, over a path that loses, doubles and reorders, and from all sorts of servers. */
#include "node/coap/asking.h"
#include "tests/unit/coap/asker.h"

/* --- what the server answers --- */

static unsigned handled, version;
static char seen_payload[64];
static bool restless;                 /* each answer is a new version */

/* The path is a number: so many bytes. "x": an error. */
static void
link_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	char text[16] = { 0 };
	struct err why;

	(void)self;
	(void)ticket;
	handled++;
	memcpy(text, r->path[0].p, r->path[0].len < 15 ? r->path[0].len : 15);
	snprintf(seen_payload, sizeof(seen_payload), "%.*s", (int)r->payload.len, (const char *)r->payload.p);
	if (text[0] == 'x') {
		err_set(&why, ERR_MISSING, "thing", "exists", "there is no such thing");
		answer_error(out, &why);
		return;
	}
	version += restless;
	out->code = 205;
	out->format = COAP_FORMAT_CBOR_SEQUENCE;
	put_content(&out->body, (size_t)atol(text), version);
}

static struct coap_ask
paced(const char *path)
{
	return (struct coap_ask){ .method = COAP_GET, .path = path, .format = COAP_FORMAT_NONE, .paced = true };
}

static void
fetch_path(struct got *g, const char *path)
{
	struct coap_ask ask = paced(path);

	fetch(g, &ask);
}

static bool
is_whole(const struct got *g, size_t len)
{
	return g->failed == ERR_OK && g->code == 205 && g->ordered && is_content(&g->body, len, version) &&
	    is_content(&g->parts, len, version);
}

TestSuite(paced, .init = setup, .fini = finish);

/* --- what passes --- */

/* Each datagram that is sent is noted: of side 0 as asked, of side 1 as answered. */
#define NOTED 2048
static struct coap_message asked[NOTED], answered[NOTED];
static int64_t asked_at[NOTED];
static unsigned asked_count, answered_count;
static struct buf copies[2][NOTED];

/* Which of the blocks that were asked for first do not arrive. */
static uint32_t lost_blocks[16];
static unsigned lost_count;

static bool
gets_lost(const struct coap_message *m)
{
	for (unsigned i = 0; m->qblock2_count && i < lost_count; i++)
		if (lost_blocks[i] == m->qblock2[0].number) {
			lost_blocks[i] = lost_blocks[--lost_count];
			return true;
		}
	return false;
}

static bool
note(struct link *unused, int from, struct bytes d)
{
	unsigned *count = from ? &answered_count : &asked_count;
	struct coap_message *m = from ? &answered[*count] : &asked[*count];
	struct buf *copy = &copies[from][*count];

	(void)unused;
	cr_assert_lt(*count, NOTED);
	buf_reset(copy);
	buf_put_bytes(copy, d);
	cr_assert_eq(codec_read(buf_bytes(copy), m, NULL), ERR_OK);
	if (from == 0)
		asked_at[*count] = l.now_ms;
	++*count;
	return !(from && gets_lost(m));
}

static void
note_anew(void)
{
	l.watch = note;
	asked_count = answered_count = handled = 0;
}

/* --- the usual --- */

/* An answer that fits one datagram is one message each way, both NON, and so is an error. */
Test(paced, small_answers)
{
	static const char *const paths[] = { "0", "1", "1023", "1024", "x" };
	struct got g;

	for (unsigned i = 0; i < 5; i++) {
		note_anew();
		fetch_path(&g, paths[i]);
		cr_expect(i == 4 ? g.code == 404 && g.why.code == ERR_MISSING : is_whole(&g, (size_t)atol(paths[i])));
		cr_expect(asked_count == 1 && answered_count == 1);
		cr_expect(asked[0].kind == COAP_NON && answered[0].kind == COAP_NON);
		cr_expect(answered[0].qblock2_count == 0 && answered[0].etag.len == 0 && !answered[0].has_size2);
		drop(&g);
	}
}

/* The first question is for the first set as a whole; its answers carry what proto/exchange.md section 5.2 says. */
Test(paced, what_a_set_looks_like)
{
	struct got g;

	note_anew();
	fetch_path(&g, "25000");
	cr_assert(is_whole(&g, 25000));
	cr_assert_eq(answered_count, 25);
	cr_expect(asked[0].qblock2_count == 1 && asked[0].qblock2[0].number == 0 && asked[0].qblock2[0].more);
	cr_expect(asked[0].qblock2[0].szx == 6 && !asked[0].block2.present && asked[0].kind == COAP_NON);
	for (unsigned i = 0; i < 25; i++) {
		const struct coap_message *m = &answered[i];

		cr_expect(m->kind == COAP_NON && m->code == 205 && m->format == COAP_FORMAT_CBOR_SEQUENCE);
		cr_expect(m->qblock2_count == 1 && m->qblock2[0].number == i && m->qblock2[0].more == (i < 24));
		cr_expect(m->etag.len == 3 && bytes_equal(m->etag, answered[0].etag));
		cr_expect_eq(m->payload.len, i < 24 ? 1024 : 25000 - 24 * 1024);
	}
	for (unsigned i = 0; i < 10; i++) {
		cr_expect_eq(memcmp(answered[i].token, asked[0].token, asked[0].token_len), 0);
		cr_expect_eq(answered[i].has_size2, i == 0);
	}
	cr_expect_eq(answered[0].size2, 25000);
	cr_expect(answered[10].has_size2 && answered[10].size2 == 25000);
	drop(&g);
}

/* Answers of every size arrive whole and in order, no block twice where nothing gets lost, and made by one call. */
Test(paced, sizes_of_answers)
{
	static const char *const paths[] = { "1025", "2048", "10240", "10241", "20479", "20480", "100000", "262144" };
	struct got g;

	for (unsigned i = 0; i < 8; i++) {
		size_t len = (size_t)atol(paths[i]);

		note_anew();
		fetch_path(&g, paths[i]);
		cr_expect(is_whole(&g, len), "%s: %d %s", paths[i], g.failed, g.why.reason);
		cr_expect_eq(answered_count, (len + 1023) / 1024, "%s: %u", paths[i], answered_count);
		cr_expect_eq(handled, 1);
		drop(&g);
	}
}

/* Sets overlap: 26 of them take far fewer round trips than that, the fewer the more is known of the path. */
Test(paced, sets_overlap)
{
	int64_t from = l.now_ms, first, second;
	struct got g;

	l.delay_ms = 100;
	fetch_path(&g, "262144");
	first = l.now_ms - from;
	cr_expect_leq(first, 10 * 200, "%lld ms", (long long)first);
	drop(&g);
	from = l.now_ms;
	fetch_path(&g, "262144");
	second = l.now_ms - from;
	cr_expect_leq(second, first);
	drop(&g);
	cr_expect_gt(exchange_rate(l.side[0].x), 262144 / 4);
}

/* Where the rate of an earlier session is known, a new one is faster from its first answer on. */
Test(paced, begins_where_it_was)
{
	int64_t took[2];
	uint64_t rate = 0;

	for (unsigned i = 0; i < 2; i++) {
		int64_t from;
		struct got g;

		link_close(&l);
		link_open(&l, seed);
		l.delay_ms = 150;
		exchange_begin_at(l.side[0].x, rate);
		from = l.now_ms;
		for (unsigned k = 0; k < 2; k++) {
			fetch_path(&g, "262144");
			cr_assert(is_whole(&g, 262144));
			drop(&g);
			took[i] = l.now_ms - from;
		}
		rate = exchange_rate(l.side[0].x);
	}
	cr_expect_lt(took[1], took[0], "%lld and %lld ms", (long long)took[0], (long long)took[1]);
}

/* All requests of the session share the path, and the oldest is served first. */
Test(paced, oldest_first)
{
	struct coap_ask ask = paced("200000");
	struct got g[5];

	l.delay_ms = 50;
	for (unsigned i = 0; i < 5; i++)
		start(&g[i], &ask);
	link_run(&l, 1000 * 1000, &g[4].done);
	for (unsigned i = 0; i < 5; i++) {
		cr_expect(is_whole(&g[i], 200000), "%u", i);
		cr_expect(i == 0 || g[i].at_ms >= g[i - 1].at_ms, "%u", i);
		drop(&g[i]);
	}
}

/* A FETCH repeats its body with each question: the server can hold nothing. */
Test(paced, fetch_repeats_its_body)
{
	struct coap_ask ask = paced("100000");
	struct got g;

	note_anew();
	ask.method = COAP_FETCH;
	ask.format = COAP_FORMAT_CBOR;
	ask.payload = bytes_text("these");
	fetch(&g, &ask);
	cr_expect(is_whole(&g, 100000) && asked_count >= 10);
	for (unsigned i = 0; i < asked_count; i++)
		cr_expect(bytes_equal(asked[i].payload, bytes_text("these")) && asked[i].code == COAP_FETCH);
	cr_expect_str_eq(seen_payload, "these");
	drop(&g);
}

/* The asker's limit ends the request, by Size2 already. */
Test(paced, answer_longer_than_wanted)
{
	struct coap_ask ask = paced("50000");
	struct got g;

	ask.max_answer = 49999;
	fetch(&g, &ask);
	cr_expect(g.failed == ERR_LIMIT && g.parts.len == 0);
	drop(&g);
	ask.max_answer = 50000;
	fetch(&g, &ask);
	cr_expect(is_whole(&g, 50000));
	drop(&g);
}

/* --- the path --- */

/* What got lost is asked for once more and nothing else, several blocks at once, without waiting for a timeout. */
Test(paced, gaps_are_joined)
{
	static const uint32_t lost[] = { 33, 35, 36, 38, 41, 80 };
	bool joined = false;
	int64_t from = l.now_ms;
	struct got g;

	l.delay_ms = 50;
	note_anew();
	memcpy(lost_blocks, lost, sizeof(lost));
	lost_count = 6;
	fetch_path(&g, "150000");
	cr_expect(is_whole(&g, 150000));
	cr_expect_eq(answered_count, (150000 + 1023) / 1024 + 6, "%u", answered_count);
	cr_expect_eq(handled, 1);
	/* That 35 and 36 are lost is seen at one moment, when the third block behind them comes. */
	for (unsigned i = 0; i < asked_count; i++)
		for (unsigned k = 1; k < asked[i].qblock2_count && asked[i].qblock2_count < 5; k++)
			joined = joined || (asked[i].qblock2[k - 1].number == 35 && asked[i].qblock2[k].number == 36 &&
			    !asked[i].qblock2[k].more);
	cr_expect(joined);
	cr_expect_leq(g.at_ms - from, 2000);
	drop(&g);
}

/* When BLOCK was asked for the TIMES-th time. */
static int64_t
when_asked(uint32_t block, unsigned times)
{
	for (unsigned i = 0; i < asked_count; i++)
		for (unsigned k = 0; k < asked[i].qblock2_count; k++) {
			const struct coap_block *q = &asked[i].qblock2[k];

			if ((q->more ? q->number / 10 == block / 10 : q->number == block) && --times == 0)
				return asked_at[i];
		}
	return -1;
}

/* A block is known to be lost when three behind it have come, and need not wait for a timeout. */
Test(paced, loss_is_seen_at_once)
{
	struct got g;

	l.delay_ms = 50;
	fetch_path(&g, "262144"); /* the path is known */
	drop(&g);
	note_anew();
	lost_blocks[0] = 3;
	lost_count = 1;
	fetch_path(&g, "262144");
	cr_expect(is_whole(&g, 262144));
	cr_expect_leq(when_asked(3, 2) - when_asked(3, 1), 110, "%lld ms",
	    (long long)(when_asked(3, 2) - when_asked(3, 1)));
	cr_expect_eq(when_asked(3, 3), -1);
	drop(&g);
}

/* At any loss up to 40 % each way, with copies and in another order, answers arrive whole. */
Test(paced, loss)
{
	static const unsigned losses[] = { 1, 5, 10, 20, 40 };
	struct got g;

	l.twice = 5;
	l.jitter_ms = 15;
	l.delay_ms = 75;
	for (unsigned i = 0; i < 5; i++) {
		int64_t from = l.now_ms;

		l.loss = losses[i];
		fetch_path(&g, "262144");
		cr_expect(is_whole(&g, 262144), "at %u: %d %s", losses[i], g.failed, g.why.reason);
		cr_expect_leq(l.now_ms - from, 20000, "at %u %%: %lld ms", losses[i], (long long)(l.now_ms - from));
		drop(&g);
	}
}

/* At 40 % loss, doubling and reordering, every request of many ends exactly once, and what arrives is right. */
Test(paced, heavy_loss)
{
	static const char *const paths[] = { "1", "1024", "1025", "20000", "x" };
	unsigned well = 0, all = 0;

	l.loss = 40;
	l.twice = 10;
	l.jitter_ms = 100;
	for (unsigned round = 0; round < 20; round++) {
		struct got g[25];

		for (unsigned i = 0; i < 25; i++) {
			struct coap_ask ask = paced(paths[i % 5]);
			start(&g[i], &ask);
		}
		link_run(&l, 20 * 60 * 1000, NULL);
		for (unsigned i = 0; i < 25; i++) {
			cr_assert_eq(g[i].done, 1, "request %u of round %u ended %u times", i, round, g[i].done);
			cr_assert(g[i].failed == ERR_OK || g[i].failed == ERR_PEER);
			all++;
			well += g[i].failed == ERR_OK;
			if (g[i].failed == ERR_OK && i % 5 < 4)
				cr_assert(is_whole(&g[i], (size_t)atol(paths[i % 5])));
			drop(&g[i]);
		}
	}
	cr_expect_gt(well, all * 9 / 10, "%u of %u", well, all);
}

static int64_t dead_from, dead_to;

static bool
dead(struct link *on, int from, struct bytes d)
{
	(void)from;
	(void)d;
	return on->now_ms < dead_from || on->now_ms >= dead_to;
}

/* An outage of 20 s in the middle is waited out; one without an end is given up, within a minute or so. */
Test(paced, outages)
{
	struct coap_ask ask = paced("262144");
	struct got g;

	for (unsigned i = 0; i < 2; i++) {
		l.delay_ms = 50;
		l.watch = dead;
		dead_from = INT64_MAX;
		start(&g, &ask);
		while (g.parts.len < 50000)
			cr_assert(link_step(&l, INT64_MAX));
		dead_from = l.now_ms;
		dead_to = i ? INT64_MAX : l.now_ms + 20000;
		link_run(&l, 1000 * 1000, &g.done);
		cr_expect_eq(g.done, 1);
		if (i == 0)
			cr_expect(is_whole(&g, 262144) && g.at_ms - dead_to < 3000, "%lld", (long long)(g.at_ms - dead_to));
		else
			cr_expect(g.failed == ERR_PEER && g.at_ms - dead_from >= 30000 && g.at_ms - dead_from < 60000);
		drop(&g);
	}
	cr_expect_str_eq(g.why.rule, "no answer");
	cr_expect_gt(exchange_counts(l.side[0].x)->unanswered, 2);
}

/* Nobody there: eight questions and more, further and further apart, at least half a minute; then it fails. */
Test(paced, nobody_there)
{
	int64_t from = l.now_ms;
	struct got g;

	l.loss = 100;
	fetch_path(&g, "1");
	cr_expect_eq(g.failed, ERR_PEER);
	cr_expect(g.at_ms - from >= 30000 && g.at_ms - from <= 90000, "%lld ms", (long long)(g.at_ms - from));
	cr_expect(l.side[0].sent >= 8 && l.side[0].sent <= 12, "%u", l.side[0].sent);
	drop(&g);
}

/* --- answers that change --- */

static bool
change_midway(struct link *on, int from, struct bytes d)
{
	static bool changed;

	note(on, from, d);
	if (!changed && from == 1 && answered_count == 25) {
		changed = true;
		version++;
		exchange_free(l.side[1].x); /* with its kept answers, as after 60 s */
		l.side[1].x = exchange_new(&(struct exchange_events){ .self = &l.side[1], .send = link_send, .request = link_request },
		    &l.world);
	}
	return true;
}

/* An answer that changes while it comes is asked for again from the start, and is whole. */
Test(paced, changed_answer)
{
	struct got g;

	note_anew();
	l.watch = change_midway;
	fetch_path(&g, "100000");
	cr_expect(is_whole(&g, 100000), "%s", g.why.reason);
	cr_expect_eq(version, 1);
	drop(&g);
}

/* One that is another each time it is asked for is either read whole as it was at one moment, or ends with an error. */
Test(paced, restless_answer)
{
	unsigned failed = 0;

	restless = true;
	l.loss = 40;
	for (unsigned i = 0; i < 20; i++) {
		struct got g;

		fetch_path(&g, "100000");
		failed += g.failed != ERR_OK;
		cr_expect(g.failed == ERR_PEER || (g.body.len == 100000 && is_content(&g.body, 100000, g.body.p[0])));
		drop(&g);
	}
	cr_expect_lt(failed, 20);
}

/* --- peers without Q-Block2 --- */

static enum { OLD_REFUSES, OLD_RESETS, OLD_IS_SILENT } old;
static unsigned by_sets;

/* Side 1 as a node that does not know option 31 (RFC 7252 section 5.4.1). */
static bool
old_server(struct link *on, int from, struct bytes d)
{
	struct coap_message m, r = { .kind = COAP_ACK, .code = 402, .format = -1, .accept = -1, .observe = -1 };
	struct buf out = { 0 };

	if (from == 1 || codec_read(d, &m, NULL) || m.qblock2_count == 0)
		return true;
	by_sets++;
	if (m.kind == COAP_NON && old != OLD_RESETS)
		return false;
	if (old == OLD_RESETS)
		r = (struct coap_message){ .kind = COAP_RST };
	r.id = m.id;
	if (old != OLD_RESETS) {
		r.token_len = m.token_len;
		memcpy(r.token, m.token, m.token_len);
	}
	codec_write(&r, &out);
	link_put(&on->side[0], buf_bytes(&out));
	buf_free(&out);
	return false;
}

/* Who refuses the option, or resets what has it, is asked by Block2; and from then on at once. */
Test(paced, peers_without_sets)
{
	for (old = OLD_REFUSES; old <= OLD_RESETS; old++) {
		struct got g;

		link_close(&l);
		link_open(&l, seed);
		l.watch = old_server;
		by_sets = 0;
		fetch_path(&g, "100000");
		cr_expect(is_whole(&g, 100000), "%s", g.why.reason);
		cr_expect_eq(by_sets, old == OLD_RESETS ? 1 : 3, "%u questions by sets", by_sets);
		drop(&g);
		by_sets = 0;
		fetch_path(&g, "100000");
		cr_expect(is_whole(&g, 100000) && by_sets == 0);
		drop(&g);
	}
}

/* --- side 1 is played by hand, answer by answer --- */

static uint8_t their_szx;
static bool their_size2;
static size_t their_len;
static uint32_t skip_block;          /* not sent the first time */

static void
give(const struct coap_message *to, struct coap_block q, struct coap_block b, size_t len, size_t size2, uint8_t etag)
{
	static uint8_t payload[1024];
	struct coap_message m = { .kind = COAP_NON, .code = 205, .id = 7, .format = -1, .accept = -1, .observe = -1,
		.payload = { payload, len }, .etag = { &etag, etag ? 1 : 0 }, .has_size2 = size2 > 0, .size2 = (uint32_t)size2 };
	size_t at = q.present ? (size_t)q.number << (q.szx + 4) : (size_t)b.number << (b.szx + 4);
	struct buf out = { 0 };

	for (size_t i = 0; i < len; i++)
		payload[i] = content(at + i, version);
	m.block2 = b;
	if (q.present)
		m.qblock2[m.qblock2_count++] = q;
	m.token_len = to->token_len;
	memcpy(m.token, to->token, m.token_len);
	codec_write(&m, &out);
	link_put(&l.side[0], buf_bytes(&out));
	buf_free(&out);
}

/* A server of sets with blocks as small as it likes, with and without Size2. */
static bool
their_server(struct link *unused, int from, struct bytes d)
{
	struct coap_message m;

	(void)unused;
	if (from == 1)
		return true;
	cr_assert_eq(codec_read(d, &m, NULL), ERR_OK);
	for (uint32_t n = 0, i = 0; i < m.qblock2_count; i++)
		for (n = m.qblock2[i].number; n <= (m.qblock2[i].more ? m.qblock2[i].number / 10 * 10 + 9 : m.qblock2[i].number); n++) {
			size_t size = (size_t)16 << their_szx, at = n * size;
			bool more = at + size < their_len;

			if (at >= their_len && n)
				continue;
			if (n == skip_block) {
				skip_block = UINT32_MAX;
				continue;
			}
			give(&m, (struct coap_block){ true, n, more, their_szx }, (struct coap_block){ 0 },
			    more ? size : their_len - at, their_size2 && n % 10 == 0 ? their_len : 0, 9);
		}
	return false;
}

/* Servers with smaller blocks and without Size2 are read whole, also when the first block is the one that is lost. */
Test(paced, other_servers)
{
	static const size_t lengths[] = { 64, 65, 1000, 4096, 5000, 10240, 20480, 20481 };

	l.watch = their_server;
	for (unsigned i = 0; i < 8 * 2 * 3 * 2; i++) {
		struct got g;

		their_len = lengths[i % 8];
		their_size2 = i / 8 % 2;
		their_szx = (uint8_t[]){ 6, 2, 4 }[i / 16 % 3];
		skip_block = i / 48 ? 0 : UINT32_MAX;
		fetch_path(&g, "any");
		cr_expect(is_whole(&g, their_len), "case %u: %s, %zu of %zu", i, g.why.reason, g.body.len, their_len);
		drop(&g);
	}
}

/* Nobody waits for blocks behind the end once it is known, even while one before it is missing: they are not on the way. */
Test(paced, behind_the_end)
{
	l.watch = their_server;
	their_len = 2500;
	their_szx = 6;
	for (unsigned i = 0; i < 2; i++) {
		struct coap_ask ask = paced("any");
		struct got g;

		their_size2 = i;
		skip_block = 1;
		start(&g, &ask);
		link_run(&l, 15, NULL); /* the two others have come */
		cr_expect_eq(g.parts.len, 1024);
		cr_expect(l.side[0].x->pace.flight > 0 && l.side[0].x->pace.flight < 2 * 1024, "one block, not %zu bytes",
		    l.side[0].x->pace.flight);
		link_run(&l, 10000, &g.done);
		cr_expect(is_whole(&g, their_len));
		cr_expect_eq(l.side[0].x->pace.flight, 0);
		drop(&g);
	}
}

/* How many questions a request remembers at most, and how many it asked. */
static unsigned remembered, questions;
static const char *unheard;           /* requests for this path get lost */

static bool
count_questions(struct link *on, int from, struct bytes d)
{
	struct coap_message m;

	for (const struct ask *a = on->side[0].x->asks; a; a = a->next)
		remembered = a->paced.count > remembered ? a->paced.count : remembered;
	cr_assert_eq(codec_read(d, &m, NULL), ERR_OK);
	if (from == 1 || m.path_count == 0 || !bytes_equal(m.path[0], bytes_text(unheard ? unheard : "any")))
		return unheard != NULL || their_server(on, from, d);
	questions++;
	return unheard ? false : their_server(on, from, d);
}

/* A request remembers 64 questions, however many it asks: of a long answer in small blocks, and of one that never comes. */
Test(paced, questions_remembered)
{
	struct coap_ask ask = paced("77");
	struct got g, never;

	remembered = questions = 0;
	unheard = NULL;
	l.watch = count_questions;
	their_len = 60000;
	their_szx = 2;
	their_size2 = true;
	skip_block = UINT32_MAX;
	fetch_path(&g, "any");
	cr_expect(is_whole(&g, their_len));
	cr_expect_gt(questions, 80);
	cr_expect(remembered > 32 && remembered <= 64, "%u of %u", remembered, questions);
	drop(&g);

	remembered = questions = 0;
	unheard = "77";
	start(&never, &ask);
	for (unsigned i = 0; i < 100 && !never.done; i++) {
		fetch_path(&g, "262144");
		drop(&g);
	}
	cr_expect_gt(questions, 80);
	cr_expect(remembered > 32 && remembered <= 64, "%u of %u", remembered, questions);
	link_run(&l, 120 * 1000, &never.done);
	cr_expect_eq(never.failed, ERR_PEER);
	drop(&never);
}

/* A server that goes on and on without saying how long is held to the limit. */
Test(paced, endless_server)
{
	struct coap_ask ask = paced("any");
	struct got g;

	l.watch = their_server;
	their_len = 100000;
	their_szx = 6;
	their_size2 = false;
	skip_block = UINT32_MAX;
	ask.max_answer = 50000;
	fetch(&g, &ask);
	cr_expect_eq(g.failed, ERR_LIMIT);
	drop(&g);
}

/* Who answers with Block2 although it was asked for sets is asked on by Block2. */
static bool
plain_server(struct link *on, int from, struct bytes d)
{
	struct coap_message m;
	size_t size = 64, at;

	(void)on;
	if (from == 1)
		return true;
	cr_assert_eq(codec_read(d, &m, NULL), ERR_OK);
	at = m.block2.number * size;
	give(&m, (struct coap_block){ 0 }, (struct coap_block){ true, m.block2.number, at + size < their_len, 2 },
	    at + size < their_len ? size : their_len - at, m.block2.number ? 0 : their_len, 9);
	return false;
}

Test(paced, plain_servers)
{
	static const size_t lengths[] = { 1, 64, 65, 5000 };
	struct got g;

	for (unsigned i = 0; i < 4; i++) {
		link_close(&l);
		link_open(&l, seed);
		l.watch = plain_server;
		their_len = lengths[i];
		fetch_path(&g, "any");
		cr_expect(is_whole(&g, their_len), "%zu: %s", their_len, g.why.reason);
		drop(&g);
	}
}

/* --- peers that break the rules --- */

struct reply {
	struct coap_block q, b;
	size_t len, size2;
	uint8_t etag;
};
#define Q(n, more) { true, n, more, 2 }
#define NO { false, 0, false, 0 }
#define FIRST { Q(0, true), NO, 64, 6 * 64, 1 }

/* Each broken rule ends the request with the reason, and nothing that was wrong is handed on. */
Test(paced, lying_servers)
{
	static const struct {
		const char *rule;
		enum err_code failed;
		struct reply replies[3];
	} cases[] = {
		{ "block", ERR_PEER, { { Q(10, true), NO, 64, 6 * 64, 1 } } },
		{ "block", ERR_PEER, { { Q(0, true), NO, 63, 6 * 64, 1 } } },
		{ "block", ERR_PEER, { FIRST, { Q(1, true), NO, 65, 0, 1 } } },
		{ "block", ERR_PEER, { FIRST, { Q(1, false), NO, 65, 0, 1 } } },
		{ "block", ERR_PEER, { FIRST, { Q(11, true), NO, 64, 0, 1 } } },
		{ "block", ERR_PEER, { FIRST, { { true, 1, true, 3 }, NO, 128, 0, 1 } } },
		{ "length", ERR_LIMIT, { { Q(0, true), NO, 64, 5001, 1 } } },
		{ "length", ERR_LIMIT, { { Q(9, true), NO, 64, 5001, 1 } } },
		/* Two last blocks; one behind the last; a last one before what has come. */
		{ "block", ERR_PEER, { FIRST, { Q(3, false), NO, 9, 0, 1 }, { Q(5, false), NO, 9, 0, 1 } } },
		{ "block", ERR_PEER, { FIRST, { Q(3, false), NO, 9, 0, 1 }, { Q(4, true), NO, 64, 0, 1 } } },
		{ "block", ERR_PEER, { FIRST, { Q(4, true), NO, 64, 0, 1 }, { Q(2, false), NO, 9, 0, 1 } } },
		{ "block", ERR_PEER, { { NO, { true, 1, true, 2 }, 64, 0, 1 } } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct coap_ask ask = paced("any");
		struct got g;

		link_close(&l);
		link_open(&l, seed);
		note_anew();
		l.loss = 100; /* side 1 hears nothing */
		ask.max_answer = 5000;
		start(&g, &ask);
		for (unsigned k = 0; k < 3 && cases[i].replies[k].len; k++) {
			const struct reply *r = &cases[i].replies[k];
			give(&asked[0], r->q, r->b, r->len, r->size2, r->etag);
		}
		link_run(&l, 100, &g.done);
		cr_expect(g.done == 1 && g.failed == cases[i].failed, "case %u: %u %d", i, g.done, g.failed);
		cr_expect_str_eq(g.why.rule, cases[i].rule, "case %u: %s", i, g.why.reason);
		cr_expect_leq(g.parts.len, 64);
		drop(&g);
	}
}

/* A block of the right set that this question was not for breaks the rules, although it is here already. */
Test(paced, another_gap)
{
	struct coap_ask ask = paced("any");
	struct got g;

	note_anew();
	l.loss = 100;
	start(&g, &ask);
	for (uint32_t n = 0; n < 10; n++)
		if (n != 3)
			give(&asked[0], (struct coap_block){ true, n, true, 2 }, (struct coap_block){ 0 }, 64, 11 * 64, 1);
	link_run(&l, 15, NULL);
	cr_assert_geq(asked_count, 2);
	for (unsigned i = 1; i < asked_count && !g.done; i++)
		if (asked[i].qblock2_count == 1 && asked[i].qblock2[0].number == 3 && !asked[i].qblock2[0].more)
			give(&asked[i], (struct coap_block){ true, 4, true, 2 }, (struct coap_block){ 0 }, 64, 0, 1);
	link_run(&l, 15, NULL);
	cr_expect(g.done == 1 && g.failed == ERR_PEER);
	cr_expect_str_eq(g.why.rule, "block");
	drop(&g);
}

/* Blocks that come twice, in any order, and under the token of an earlier question are taken once. */
Test(paced, any_order)
{
	static const uint32_t order[] = { 5, 2, 2, 0, 4, 0, 1, 5, 3 };
	struct coap_ask ask = paced("any");
	struct got g;

	note_anew();
	l.loss = 100;
	start(&g, &ask);
	link_run(&l, 10000, NULL);
	cr_assert_geq(asked_count, 2, "it has asked again");
	for (unsigned i = 0; i < 9; i++) {
		cr_expect_eq(g.done, 0);
		give(&asked[i % 2], (struct coap_block){ true, order[i], order[i] < 5, 2 }, (struct coap_block){ 0 },
		    order[i] < 5 ? 64 : 9, 0, 1);
		link_run(&l, 15, NULL);
	}
	cr_expect(is_whole(&g, 5 * 64 + 9), "%u %s", g.done, g.why.reason);
	drop(&g);
}

/* Another ETag, or an answer without block, and everything begins again, once. */
Test(paced, another_etag)
{
	static const struct reply changes[] = { { Q(1, true), NO, 64, 0, 2 }, { NO, NO, 9, 0, 0 } };

	for (unsigned i = 0; i < 2; i++) {
		struct coap_ask ask = paced("any");
		struct got g;

		link_close(&l);
		link_open(&l, seed);
		note_anew();
		l.loss = 100;
		start(&g, &ask);
		for (unsigned k = 0; k < 2; k++) {
			unsigned last = asked_count - 1;

			give(&asked[last], (struct coap_block)Q(0, true), (struct coap_block){ 0 }, 64, 6 * 64, 1);
			link_run(&l, 15, NULL);
			give(&asked[last], changes[i].q, changes[i].b, changes[i].len, 0, changes[i].etag);
			link_run(&l, 15, NULL);
			cr_expect_eq(g.done, k);
			if (k == 0)
				cr_expect(asked[asked_count - 1].qblock2[0].number == 0 && asked[asked_count - 1].qblock2[0].more);
		}
		cr_expect_str_eq(g.why.rule, "etag");
		drop(&g);
	}
}

/* Smaller blocks midway: what is in order stays, and it goes on in that size. */
Test(paced, shrinking)
{
	struct coap_ask ask = paced("any");
	struct got g;

	note_anew();
	start(&g, &ask);
	l.side[1].coming->at_ms = INT64_MAX; /* side 1 hears nothing: it is played by THEIR_SERVER from now on */
	give(&asked[0], (struct coap_block)Q(0, true), (struct coap_block){ 0 }, 64, 6 * 64, 9);
	link_run(&l, 15, NULL);
	give(&asked[0], (struct coap_block){ true, 2, true, 1 }, (struct coap_block){ 0 }, 32, 0, 9);
	l.watch = their_server;
	their_len = 6 * 64;
	their_szx = 1;
	their_size2 = true;
	skip_block = UINT32_MAX;
	link_run(&l, 10000, &g.done);
	cr_expect(is_whole(&g, 6 * 64), "%u %s", g.done, g.why.reason);
	drop(&g);
}

/* --- the server, question by question --- */

static void
question(enum coap_kind kind, uint16_t id, const struct coap_block *q, size_t count, const char *path)
{
	struct coap_message m = { .kind = kind, .code = COAP_GET, .id = id, .token = { 1, 2, (uint8_t)id }, .token_len = 3,
		.format = -1, .accept = -1, .observe = -1, .path = { bytes_text(path) }, .path_count = 1 };
	struct buf out = { 0 };

	memcpy(m.qblock2, q, count * sizeof(*q));
	m.qblock2_count = count;
	codec_write(&m, &out);
	link_put(&l.side[1], buf_bytes(&out));
	buf_free(&out);
	link_run(&l, 15, NULL);
}

static void
must_answer(const char *blocks)
{
	char got[128] = "";

	for (unsigned i = 0; i < answered_count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u", i ? " " : "",
		    answered[i].code == 205 ? answered[i].qblock2[0].number : answered[i].code);
	cr_expect_str_eq(got, blocks);
}

/* What was asked for is sent, once each and in order, as far as it exists; nothing else. */
Test(paced, the_server_sends_what_was_asked)
{
	static const struct {
		const char *answers;
		size_t count;
		struct coap_block q[10];
	} cases[] = {
		{ "0 1 2 3 4 5 6 7 8 9", 1, { { true, 0, true, 6 } } },
		{ "10 11 12 13 14 15 16 17 18 19", 1, { { true, 10, true, 6 } } },
		{ "40 41 42 43 44 45 46 47 48", 1, { { true, 40, true, 6 } } },
		{ "46 47 48", 1, { { true, 46, true, 6 } } },
		{ "0", 1, { { true, 0, false, 6 } } },
		{ "13", 1, { { true, 13, false, 6 } } },
		{ "12 15 19", 3, { { true, 12, false, 6 }, { true, 15, false, 6 }, { true, 19, false, 6 } } },
		{ "12 15", 3, { { true, 15, false, 6 }, { true, 12, false, 6 }, { true, 15, false, 6 } } },
		{ "5 6 7 8 9", 2, { { true, 7, false, 6 }, { true, 5, true, 6 } } },
		{ "48", 2, { { true, 48, false, 6 }, { true, 49, false, 6 } } },
		{ "400", 1, { { true, 49, false, 6 } } },
		{ "400", 1, { { true, 1048570, true, 6 } } },
		{ "400", 2, { { true, 9, false, 6 }, { true, 10, false, 6 } } },
		{ "400", 2, { { true, 10, false, 6 }, { true, 9, false, 6 } } },
		{ "400", 2, { { true, 1, false, 6 }, { true, 2, false, 5 } } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		note_anew();
		question(COAP_NON, (uint16_t)(i + 1), cases[i].q, cases[i].count, "50000");
		must_answer(cases[i].answers);
	}
}

/* To a CON the first block comes on the ACK, the others as NON; a copy of it gets the ACK again and no more. */
Test(paced, confirmable_question)
{
	static const struct coap_block set = { true, 0, true, 6 };

	for (unsigned i = 0; i < 2; i++) {
		note_anew();
		question(COAP_CON, 77, &set, 1, "5000");
		must_answer(i ? "0" : "0 1 2 3 4");
		for (unsigned k = 0; k < answered_count; k++)
			cr_expect_eq(answered[k].kind, k ? COAP_NON : COAP_ACK);
		cr_expect(answered[0].id == 77 && handled == !i);
	}
}

/* The beginning is always of a new answer; gaps and later sets are of the one that is kept. */
Test(paced, when_the_handler_is_asked)
{
	static const struct coap_block first = { true, 0, true, 6 }, gap = { true, 0, false, 6 }, later = { true, 10, true, 6 };

	note_anew();
	question(COAP_NON, 1, &later, 1, "50000");
	cr_expect_eq(handled, 1, "nothing is kept yet");
	question(COAP_NON, 2, &gap, 1, "50000");
	question(COAP_NON, 3, &later, 1, "50000");
	cr_expect_eq(handled, 1);
	question(COAP_NON, 4, &first, 1, "50000");
	cr_expect_eq(handled, 2);
	link_run(&l, 6000, NULL);
	question(COAP_NON, 5, &later, 1, "50000");
	cr_expect_eq(handled, 3, "it has been forgotten");
}

/* --- callbacks --- */

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

static struct got second;

static void
ask_on_done(void *self, const struct coap_response *r)
{
	struct coap_ask ask = paced("15000");

	on_done(self, r);
	start(&second, &ask);
}

/* A callback may end the session, and ask again. */
Test(paced, callbacks)
{
	static const struct { const char *path; size_t at; } cases[] = { { "5", 1 }, { "50000", 1 }, { "50000", 50000 } };
	struct coap_ask ask = { 0 };
	struct err why;
	struct got g;

	for (unsigned i = 0; i < 3; i++) {
		ask = paced(cases[i].path);
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
	ask = paced("15000");
	g = (struct got){ .ordered = true };
	ask.done = ask_on_done;
	ask.self = &g;
	cr_assert_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_OK);
	link_run(&l, 10000, NULL);
	cr_expect(g.done == 1 && g.body.len == 15000);
	cr_expect(is_whole(&second, 15000));
	drop(&g);
	drop(&second);
}
