/* node/coap/paced: large answers by sets, over a path that loses, doubles and reorders, and from all sorts of servers. */
#include <time.h>

#include "tests/unit/coap/link.h"

static struct link l;

/* --- what the server answers --- */

static unsigned handled, version;

static uint8_t
content(size_t at, unsigned of)
{
	return (uint8_t)(at * 7 + at / 256 * 13 + of);
}

static void
link_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	char text[16] = { 0 };
	size_t len;

	(void)self;
	(void)ticket;
	handled++;
	memcpy(text, r->path[0].p, r->path[0].len < 15 ? r->path[0].len : 15);
	len = (size_t)atol(text);
	if (text[0] == 'x') {
		struct err why;

		err_set(&why, ERR_MISSING, "thing", "exists", "there is no such thing");
		answer_error(out, &why);
		return;
	}
	out->code = 205;
	out->format = COAP_FORMAT_CBOR_SEQUENCE;
	for (size_t i = 0; i < len; i++)
		buf_put(&out->body, &(uint8_t){ content(i, version) }, 1);
}

/* --- what the asker gets --- */

struct got {
	unsigned done, begun;                 /* begun: times a part came at offset 0 */
	enum err_code failed;
	uint16_t code;
	struct buf body, parts;
	bool ordered;
	struct err why;
	int64_t at_ms;
};

static void
on_part(void *self, size_t offset, struct bytes part)
{
	struct got *g = self;

	if (offset == 0) {
		buf_reset(&g->parts);
		g->begun++;
	}
	g->ordered = g->ordered && offset == g->parts.len && part.len > 0;
	buf_put_bytes(&g->parts, part);
}

static void
on_done(void *self, const struct coap_response *r)
{
	struct got *g = self;

	g->done++;
	g->failed = r->failed;
	g->code = r->code;
	g->at_ms = l.now_ms;
	buf_put_bytes(&g->body, r->body);
	if (r->why)
		g->why = *r->why;
}

static struct coap_ask
get(const char *path)
{
	return (struct coap_ask){ .method = COAP_GET, .path = path, .format = COAP_FORMAT_NONE, .paced = true };
}

static void
start(struct got *g, const struct coap_ask *like)
{
	struct coap_ask ask = *like;
	struct err why;

	*g = (struct got){ .ordered = true };
	ask.part = on_part;
	ask.done = on_done;
	ask.self = g;
	cr_assert_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_OK, "%s", why.reason);
}

static void
drop(struct got *g)
{
	buf_free(&g->body);
	buf_free(&g->parts);
}

/* Ask and wait for the end. */
static void
fetch(struct got *g, const char *path)
{
	struct coap_ask ask = get(path);

	start(g, &ask);
	link_run(&l, 1000 * 1000, &g->done);
	cr_assert_eq(g->done, 1);
}

static bool
is_whole(const struct got *g, size_t len)
{
	if (g->failed || g->code != 205 || g->body.len != len || !g->ordered)
		return false;
	for (size_t i = 0; i < len; i++)
		if (g->body.p[i] != content(i, version))
			return false;
	return g->parts.len == len && memcmp(g->parts.p, g->body.p, len) == 0;
}

static void
setup(void)
{
	const char *again = getenv("KILIM_SEED");
	unsigned seed = again ? (unsigned)strtoul(again, NULL, 10) : (unsigned)time(NULL);

	printf("seed %u\n", seed);
	link_open(&l, seed);
}

static void
finish(void)
{
	link_close(&l);
}

TestSuite(paced, .init = setup, .fini = finish);

/* What side 0 asked for, and what side 1 answered, as it passes. */
static struct coap_message asked[512], answered[2048];
static unsigned asked_count, answered_count;
static struct buf copies[512 + 2048];

static bool
note(struct link *unused, int from, struct bytes d)
{
	struct coap_message *m = from ? &answered[answered_count] : &asked[asked_count];
	struct buf *copy = &copies[from ? 512 + answered_count : asked_count];

	(void)unused;
	if ((from ? answered_count == 2048 : asked_count == 512))
		return true;
	buf_reset(copy);
	buf_put_bytes(copy, d);
	cr_assert_eq(codec_read(buf_bytes(copy), m, NULL), ERR_OK);
	if (from)
		answered_count++;
	else
		asked_count++;
	return true;
}

/* --- the usual --- */

/* An answer that fits one datagram is one message each way, both NON. */
Test(paced, small_answers)
{
	static const char *const paths[] = { "0", "1", "1023", "1024" };
	struct got g;

	l.watch = note;
	for (unsigned i = 0; i < 4; i++) {
		asked_count = answered_count = 0;
		fetch(&g, paths[i]);
		cr_expect(is_whole(&g, (size_t)atol(paths[i])), "%s", paths[i]);
		cr_expect(asked_count == 1 && answered_count == 1);
		cr_expect(asked[0].kind == COAP_NON && answered[0].kind == COAP_NON);
		cr_expect(answered[0].qblock2_count == 0 && answered[0].etag.len == 0 && !answered[0].has_size2);
		drop(&g);
	}
	fetch(&g, "x");
	cr_expect(g.code == 404 && g.failed == ERR_OK && g.why.code == ERR_MISSING);
	drop(&g);
}

/* Answers of every size arrive whole and in order, and no block twice where nothing gets lost. */
Test(paced, sizes_of_answers)
{
	static const char *const paths[] = { "1025", "2048", "10240", "10241", "20479", "20480", "100000", "262144" };
	struct got g;

	l.watch = note;
	for (unsigned i = 0; i < 8; i++) {
		size_t len = (size_t)atol(paths[i]);

		asked_count = answered_count = handled = 0;
		fetch(&g, paths[i]);
		cr_expect(is_whole(&g, len), "%s: %d %s", paths[i], g.failed, g.why.reason);
		cr_expect_eq(answered_count, (len + 1023) / 1024, "%s: %u", paths[i], answered_count);
		cr_expect_eq(handled, 1);
		printf("%s: %u requests\n", paths[i], asked_count);
		drop(&g);
	}
}

/* At any loss up to 40 %, with copies and in another order, answers arrive whole; only the first question may fail. */
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
		fetch(&g, "262144");
		cr_expect(is_whole(&g, 262144), "at %u: %d %s", losses[i], g.failed, g.why.reason);
		printf("%u %%: %lld ms\n", losses[i], (long long)(l.now_ms - from));
		drop(&g);
	}
}
