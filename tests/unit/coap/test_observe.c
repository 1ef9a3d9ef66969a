/* node/coap/observe: what exchange.h promises of observing, over a path that loses, doubles and delays. */
#include "tests/unit/coap/link.h"

static struct link l = { 0 };

/* --- the side that is observed: a number that changes --- */

static uint64_t tickets[16], seen_ticket;
static size_t ticket_count;
static uint32_t value, made, arrived, acked, in_vain, no_more;
static uint16_t notify_code;
static bool has_news, closes;

static void
put_value(struct coap_answer *out)
{
	uint8_t b[4];

	put_u32(b, value);
	out->code = 205;
	out->format = COAP_FORMAT_CBOR;
	buf_put(&out->body, b, 4);
}

static void
link_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	(void)self;
	put_value(out);
	if (r->path_count == 1 && bytes_equal(r->path[0], bytes_text("plain")))
		return;
	if (r->path_count == 1 && bytes_equal(r->path[0], bytes_text("gone"))) {
		struct err why;

		buf_reset(&out->body);
		err_set(&why, ERR_MISSING, "gone", "path", "no such path");
		answer_error(out, &why);
		return;
	}
	out->observed = r->observe;
	if (r->observe)
		tickets[ticket_count++ % 16] = seen_ticket = ticket;
}

static bool
on_notify(void *self, uint64_t ticket, struct coap_answer *out)
{
	struct err why;

	(void)self;
	(void)ticket;
	made++;
	if (closes) {
		exchange_free(l.side[1].x);
		l.side[1].x = NULL;
		return false;
	}
	if (notify_code) {
		err_set(&why, ERR_DENIED, "session", "state", "suspended");
		answer_error(out, &why);
		return true;
	}
	if (!has_news)
		return false;
	put_value(out);
	return true;
}

static void
on_notified(void *self, uint64_t ticket, enum coap_told told)
{
	(void)self;
	(void)ticket;
	acked += told == COAP_TOLD;
	in_vain += told == COAP_TOLD_IN_VAIN;
	no_more += told != COAP_TOLD;
}

/* --- the side that observes --- */

static uint32_t last, ends, codes;
static enum err_code end_code;
static char end_rule[64];

static void
on_told(void *self, const struct coap_response *r, bool more)
{
	(void)self;
	ends += !more;
	codes = r->code;
	end_code = r->failed;
	if (r->why)
		snprintf(end_rule, sizeof end_rule, "%s", r->why->rule);
	if (r->failed == ERR_OK && r->code == 205) {
		arrived++;
		cr_assert_eq(r->body.len, 4);
		last = get_u32(r->body.p);
	}
}

static void
setup(void)
{
	ticket_count = 0;
	value = made = arrived = acked = in_vain = no_more = last = ends = codes = 0;
	notify_code = 0;
	has_news = true;
	closes = false;
	l.notify = on_notify;
	l.notified = on_notified;
	link_open(&l, 1);
}

static void
teardown(void)
{
	link_close(&l);
}

static void
observe(const char *path)
{
	struct coap_observe o = { .path = path, .told = on_told };
	struct err e;

	cr_assert_eq(exchange_observe(l.side[0].x, &o, &e), ERR_OK, "%s", e.reason);
}

static void
change(uint32_t to)
{
	value = to;
	exchange_notify(l.side[1].x, seen_ticket);
}

static unsigned dropped;

/* Datagrams from side 1, the observed one, are lost. */
static bool
deaf(struct link *k, int from, struct bytes d)
{
	(void)k;
	(void)d;
	dropped += from == 1;
	return from != 1;
}

TestSuite(observe, .init = setup, .fini = teardown);

/* The state as it is comes at once, each newer one as it changes, and each is acknowledged. */
Test(observe, tells_changes)
{
	value = 7;
	observe("events");
	link_run(&l, 1000, NULL);
	cr_assert_eq(last, 7);
	cr_assert_eq(l.side[1].sent, 1);
	for (uint32_t i = 8; i < 40; i++) {
		change(i);
		link_run(&l, 1000, NULL);
		cr_assert_eq(last, i);
		cr_assert_eq(acked, i - 7);
	}
	cr_assert_eq(l.side[1].sent, 33);
	cr_assert_eq(l.side[0].sent, 33);
	cr_assert_eq(ends, 0);
	cr_assert_eq(l.faults, 0);
}

/* An observation that nothing happens to costs nothing at all. */
Test(observe, silence_is_free)
{
	observe("events");
	link_run(&l, 1000, NULL);
	link_run(&l, 24LL * 3600 * 1000, NULL);
	cr_assert_eq(l.side[0].sent + l.side[1].sent, 2);
}

/* A thousand changes in a second are told in few notifications, and the last state arrives. */
Test(observe, merges_what_comes_fast)
{
	observe("events");
	link_run(&l, 1000, NULL);
	for (uint32_t i = 1; i <= 1000; i++) {
		change(i);
		link_run(&l, 1, NULL);
	}
	link_run(&l, 1000, NULL);
	cr_assert_eq(last, 1000);
	cr_assert_leq(made, 12, "%u", made);
}

/* RFC 7641 4.5.2: in place of a repetition the newest state is sent, within the same tries; then it gives up. */
Test(observe, newest_in_place_of_a_repetition)
{
	observe("events");
	link_run(&l, 1000, NULL);
	l.watch = deaf;
	dropped = 0;
	change(1);
	change(2);
	link_run(&l, 500, NULL);
	cr_assert_eq(dropped, 1);
	change(3);
	l.watch = NULL;
	link_run(&l, 4000, NULL);
	cr_assert_eq(last, 3);
	cr_assert_eq(arrived, 2);
	cr_assert_eq(acked, 1);
	l.watch = deaf;
	dropped = 0;
	for (uint32_t i = 4; no_more == 0 && i < 2000; i++) {
		change(i);
		link_run(&l, 100, NULL);
	}
	cr_assert_eq(no_more, 1);
	cr_assert_eq(dropped, 5, "one and four repetitions, not %u", dropped);
	l.watch = NULL;
	change(5000);
	link_run(&l, 1000, NULL);
	cr_assert_eq(last, 3);
}

/* Over any weather the last state arrives, while the observer is not given up. */
Test(observe, weather)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		link_close(&l);
		setup();
		link_close(&l);
		link_open(&l, seed);
		l.loss = 20;
		l.twice = 20;
		l.jitter_ms = 300;
		observe("events");
		link_run(&l, 60000, NULL);
		for (uint32_t i = 1; i <= 50; i++) {
			change(i);
			link_run(&l, link_random(&l) % 700, NULL);
		}
		link_run(&l, 120000, NULL);
		cr_assert(ends || no_more || last == 50, "seed %u: %u", (unsigned)seed, last);
		cr_assert(no_more <= 1 && ends <= 1, "seed %u", (unsigned)seed);
	}
}

/* Who does not answer is told as often as may be; when she is heard before that, what waits comes at once. */
Test(observe, a_broken_silence)
{
	observe("events");
	link_run(&l, 1000, NULL);
	l.watch = deaf;
	dropped = 0;
	change(1);
	link_run(&l, 8500, NULL);
	cr_assert(dropped == 3 || dropped == 4, "%u", dropped);
	l.watch = NULL;
	exchange_keepalive(l.side[0].x, false);
	link_run(&l, 30, NULL);
	cr_assert_eq(last, 1);
	l.watch = deaf;
	change(2);
	link_run(&l, 93000, NULL);
	cr_assert(in_vain == 1 && no_more == 1);
	cr_assert_eq(last, 1);
}

/* What nobody wants any more is reset, and that ends it at the other side as well. */
Test(observe, forgotten_is_reset)
{
	observe("events");
	link_run(&l, 1000, NULL);
	exchange_unobserve(l.side[0].x, "events");
	change(1);
	link_run(&l, 1000, NULL);
	cr_assert_eq(no_more, 1);
	cr_assert_eq(last, 0);
	cr_assert_eq(ends, 0);
}

/* Asked for again, the same token stands for one observation still. */
Test(observe, asked_again)
{
	observe("events");
	link_run(&l, 1000, NULL);
	change(1);
	link_run(&l, 1000, NULL);
	observe("events");
	link_run(&l, 1000, NULL);
	cr_assert_eq(no_more, 1);
	cr_assert_neq(tickets[0], tickets[1]);
	change(2);
	link_run(&l, 1000, NULL);
	cr_assert_eq(last, 2);
	cr_assert_eq(acked, 2);
}

/* Observe 1 ends it; the answer is an ordinary one. */
Test(observe, deregistered)
{
	static const uint8_t get[] = { 0x41, 1, 0x12, 0x34, 0x77, 0x60, 0x56, 'e', 'v', 'e', 'n', 't', 's' };
	static const uint8_t end[] = { 0x41, 1, 0x12, 0x35, 0x77, 0x61, 1, 0x56, 'e', 'v', 'e', 'n', 't', 's' };
	struct coap_message m;

	exchange_receive(l.side[1].x, BYTES_OF(get), NULL);
	cr_assert_eq(codec_read((struct bytes){ l.side[1].last.data, l.side[1].last.len }, &m, NULL), ERR_OK);
	cr_assert_eq(m.observe, 0);
	exchange_receive(l.side[1].x, BYTES_OF(end), NULL);
	cr_assert_eq(no_more, 1);
	cr_assert_eq(codec_read((struct bytes){ l.side[1].last.data, l.side[1].last.len }, &m, NULL), ERR_OK);
	cr_assert_eq(m.code, 205);
	cr_assert_eq(m.observe, -1);
	change(1);
	cr_assert_eq(made, 0);
}

/* A handler that does not tell changes, a path that is not there, a peer that does not answer: told once, and no more. */
Test(observe, ends_of_the_wish)
{
	observe("plain");
	link_run(&l, 1000, NULL);
	cr_assert_eq(ends, 1);
	cr_assert_eq(codes, 205);
	observe("gone");
	link_run(&l, 1000, NULL);
	cr_assert_eq(ends, 2);
	cr_assert_eq(codes, 404);
	l.watch = deaf;
	observe("events");
	link_run(&l, 200000, NULL);
	cr_assert_eq(ends, 3);
	cr_assert_eq(end_code, ERR_PEER);
	cr_assert_str_eq(end_rule, "no answer");
	cr_assert_eq(arrived, 1);
}

/* An error in place of a state ends it on both sides, with its reason. */
Test(observe, an_error_ends_it)
{
	observe("events");
	link_run(&l, 1000, NULL);
	notify_code = 403;
	change(1);
	link_run(&l, 1000, NULL);
	cr_assert_eq(ends, 1);
	cr_assert_eq(codes, 403);
	cr_assert_str_eq(end_rule, "state");
	cr_assert_eq(no_more, 1);
	notify_code = 0;
	change(2);
	link_run(&l, 1000, NULL);
	cr_assert_eq(ends, 1);
}

/* Nothing to tell after all: nothing is sent, and the next change is told as ever. */
Test(observe, nothing_after_all)
{
	observe("events");
	link_run(&l, 1000, NULL);
	has_news = false;
	change(1);
	link_run(&l, 1000, NULL);
	cr_assert_eq(l.side[1].sent, 1);
	has_news = true;
	change(2);
	link_run(&l, 1000, NULL);
	cr_assert_eq(last, 2);
}

/* More observers of one session than there may be are answered, and told nothing. */
Test(observe, bounded)
{
	uint8_t get[] = { 0x41, 1, 0x12, 0, 0x70, 0x60, 0x56, 'e', 'v', 'e', 'n', 't', 's' };
	struct coap_message m;

	for (unsigned i = 0; i <= LIMIT_OBSERVATIONS; i++) {
		get[3] = get[4] = (uint8_t)(0x10 + i);
		exchange_receive(l.side[1].x, BYTES_OF(get), NULL);
		cr_assert_eq(codec_read((struct bytes){ l.side[1].last.data, l.side[1].last.len }, &m, NULL), ERR_OK);
		cr_assert_eq(m.code, 205);
		cr_assert_eq(m.observe >= 0, i < LIMIT_OBSERVATIONS);
	}
	cr_assert_eq(no_more, 1);
}

/* The owner may end the session from within `notify`. */
Test(observe, closed_from_within)
{
	observe("events");
	link_run(&l, 1000, NULL);
	closes = true;
	change(1);
	cr_assert_null(l.side[1].x);
	cr_assert_eq(no_more, 0);
}
