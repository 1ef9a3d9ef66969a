/*
 * What goes on between live sessions: news and its limits, questions that are counted, askers that go on and on. Whole
 * nodes of the simulation; the Makefile puts __wrap_session_send and __wrap_records_short where others call the real ones.
 */
#include "node/base/log.h"
#include "node/coap/codec.h"
#include "node/peer/fetch.h"
#include "node/peer/peer.h"
#include "node/service/authoring.h"
#include "proto/message.h"
#include "tests/sim/sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim sim;

static bool one_short;                /* new records have one and the same short id */

void __real_records_short(const struct records *r, const struct id *id, uint8_t out[8]);
void __wrap_records_short(const struct records *r, const struct id *id, uint8_t out[8]);

void
__wrap_records_short(const struct records *r, const struct id *id, uint8_t out[8])
{
	__real_records_short(r, id, out);
	if (one_short)
		memset(out, 0x5a, 8);
}

/* The last notification that anybody sent, how answers to forged requests were coded, and what the last of them was. */
static struct buf notification, forged;
static unsigned refused, answered;
static uint16_t forged_code;
#define FORGED 0xf0f0

enum err_code __real_session_send(struct session *s, struct bytes datagram);
enum err_code __wrap_session_send(struct session *s, struct bytes datagram);

enum err_code
__wrap_session_send(struct session *s, struct bytes datagram)
{
	struct coap_message m;

	if (codec_read(datagram, &m, NULL) == ERR_OK) {
		if (m.code == 205 && m.observe >= 0) {
			buf_reset(&notification);
			buf_put_bytes(&notification, datagram);
		}
		if (m.token_len == 4 && get_u16(m.token) == FORGED) {
			refused += m.code == 429;
			answered += m.code != 429;
			forged_code = m.code;
			buf_reset(&forged);
			buf_put_bytes(&forged, m.payload);
		}
	}
	return __real_session_send(s, datagram);
}

/* --- two members, who have visited each other and listen --- */

static void
two_nodes(void)
{
	crypto_start();
	log_set_level(LOG_ERROR);
	sim_open(&sim, 7);
	sim.weather = (struct weather){ .delay_ms = 300 };
	sim_people(&sim, 2);
	sim_run(&sim, 60 * 1000);
	cr_assert_eq(sim.failed[0], 0, "%s", sim.failed);
	refused = answered = 0;
}

static void
end(void)
{
	one_short = false;
	sim_close(&sim);
	buf_free(&notification);
	buf_free(&forged);
}

TestSuite(live, .init = two_nodes, .fini = end);

static struct peer *
peer_at(unsigned number)
{
	struct peer *p = sim.nodes[number]->node.peers;

	cr_assert_not_null(p, "node %u has no session", number);
	return p;
}

/* COUNT entries of N in one batch, their audiences in turn public and members'. */
static void
add(unsigned n, unsigned count)
{
	struct node *node = &sim.nodes[n]->node;
	struct authoring *a = authoring_new(node, kind_find(KIND_ORGANISATION));
	cJSON *list = NULL;
	struct err e = { 0 };

	for (unsigned i = 0; i < count; i++) {
		char json[256];
		cJSON *o;

		snprintf(json, sizeof json, "{\"name\":{\"en\":\"Made up %u\"},\"relation\":\"listed\",\"territories\":[\"AL\"],"
		    "\"audience\":\"%s\"}", i, i % 2 ? "members" : "public");
		o = cJSON_Parse(json);
		cr_assert_eq(authoring_add(a, o, &e), ERR_OK, "%s: %s", e.object, e.reason);
		cJSON_Delete(o);
	}
	cr_assert_eq(authoring_finish(a, false, &list, &e), ERR_OK, "%s: %s", e.object, e.reason);
	authoring_free(a);
	cJSON_Delete(list);
	sim.nodes[n]->timer_at = sim.now_ms;
}

static uint64_t
held(unsigned number)
{
	return records_count(sim.nodes[number]->node.records, COLLECTION_DIRECTORY);
}

/* --- what is told --- */

/* A notification from node 0 to node 1 with this body, like the last that came but newer. */
static void
notify_forged(struct bytes body)
{
	static uint16_t number = 1;
	struct peer *p = peer_at(1);
	struct coap_message m;
	struct buf out = { 0 };

	cr_assert_eq(codec_read(buf_bytes(&notification), &m, NULL), ERR_OK);
	m.kind = COAP_NON;
	m.id = (uint16_t)(0x7000 + number);
	m.observe += number++;
	m.payload = body;
	codec_write(&m, &out);
	peer_events.message(&sim.nodes[1]->node, p->session, buf_bytes(&out));
	buf_free(&out);
}

/* One record, so that there is a notification to be like. */
static void
tell_something(void)
{
	add(0, 1);
	sim_run(&sim, 3000);
	cr_assert_eq(held(1), 1);
	cr_assert_gt(notification.len, 0);
}

/* Fifty notifications a second are read; whoever sends more is blamed for each, and heard again the second after. */
Test(live, flood_of_notifications)
{
	struct contact *c;
	struct message_events m = { 0 };
	struct buf body = { 0 };

	tell_something();
	c = peer_at(1)->contact;
	m.from = m.to = peer_at(1)->followed_to;
	message_events_write(&m, &body);
	sim_run(&sim, 1000 - sim.now_ms % 1000);
	for (unsigned i = 0; i < 50; i++)
		notify_forged(buf_bytes(&body));
	cr_assert_eq(c->blamed, 0);
	notify_forged(buf_bytes(&body));
	cr_assert_eq(c->blamed, BLAME_OTHER);
	notify_forged(buf_bytes(&body));
	cr_assert_eq(c->blamed, 2 * BLAME_OTHER);
	sim_run(&sim, 1000);
	notify_forged(buf_bytes(&body));
	cr_assert_eq(c->blamed, 2 * BLAME_OTHER);
	buf_free(&body);
}

/* A notification that cannot be read is blamed, moves nothing, and leads to a visit: something was to be told. */
Test(live, garbage_for_notifications)
{
	static const uint8_t garbage[] = { 0x83, 0x05, 0x04, 0x80 }, none[] = { 0xff };
	struct contact *c;
	uint64_t to;

	tell_something();
	c = peer_at(1)->contact;
	to = peer_at(1)->followed_to;
	notify_forged(BYTES_OF(garbage)); /* from above to */
	cr_assert_eq(c->blamed, BLAME_OTHER);
	cr_assert(peer_at(1)->visit || peer_at(1)->news_wanted);
	notify_forged(BYTES_OF(none));
	cr_assert_eq(c->blamed, 2 * BLAME_OTHER);
	cr_assert_eq(peer_at(1)->followed_to, to);
	for (unsigned i = 2; i < BLAME_FULL / BLAME_OTHER; i++)
		notify_forged(BYTES_OF(none));
	cr_assert(contact_is_banned(&sim.nodes[1]->node, c));
	sim_run(&sim, 5000);
	cr_assert_null(sim.nodes[1]->node.peers, "its session has ended");
}

/* Why a peer is not heard is still told when a call to it, begun before, ends without an answer. */
Test(live, a_ban_is_told_over_a_failed_call)
{
	struct node *n = &sim.nodes[1]->node;
	struct contact *c = peer_at(1)->contact;

	contact_blame(n, c, BLAME_FULL);
	cr_assert(contact_is_banned(n, c));
	peer_events.failed(n, &c->address, c, DTLS_END_TIMEOUT);
	cr_assert_not_null(strstr(c->why, "not heard for 1 hour"), "%s", c->why);
}

/* News of a bucket that the peer may not speak of is no fault: membership moves here earlier than there. */
Test(live, news_of_a_strange_bucket)
{
	uint8_t ids[8] = { 1 };
	struct message_events m = { .lines = { { 0x07414c00, { ids, 8 } } }, .count = 1 };
	struct buf body = { 0 };

	tell_something();
	m.from = m.to = peer_at(1)->followed_to;
	message_events_write(&m, &body);
	notify_forged(buf_bytes(&body));
	cr_assert_eq(peer_at(1)->contact->blamed, 0);
	buf_free(&body);
}

/* Records of two buckets may have one short id: both are fetched, without a visit. */
Test(live, one_short_id_in_two_buckets)
{
	int64_t began = peer_at(1)->visit_began_ms;

	one_short = true;
	add(0, 2);
	sim_run(&sim, 5000);
	cr_assert_eq(held(1), 2);
	cr_assert_eq(peer_at(1)->visit_began_ms, began, "nobody visited");
}

/* --- what is asked --- */

/* A request that node 1 never made, to node 0. */
static void
ask_forged(uint16_t number, uint16_t method, const char *path, const char *first, const char *second, struct bytes payload)
{
	struct coap_message m = { .kind = COAP_NON, .code = method, .id = (uint16_t)(0x9000 + number), .token_len = 4,
		.accept = COAP_FORMAT_NONE, .format = payload.len ? COAP_FORMAT_CBOR : COAP_FORMAT_NONE, .observe = -1,
		.payload = payload };
	const char *const queries[] = { first, second };
	struct buf out = { 0 };

	put_u16(m.token, FORGED);
	put_u16(m.token + 2, number);
	for (const char *end; path; path = *end ? end + 1 : NULL) {
		end = strchrnul(path, '/');
		m.path[m.path_count++] = (struct bytes){ (const uint8_t *)path, (size_t)(end - path) };
	}
	for (size_t i = 0; i < 2 && queries[i]; i++)
		m.query[m.query_count++] = bytes_text(queries[i]);
	codec_write(&m, &out);
	peer_events.message(&sim.nodes[0]->node, peer_at(0)->session, buf_bytes(&out));
	buf_free(&out);
}

static void
note_directory(void *self, bucket_id b, const struct bucket_sum *s)
{
	(void)s;
	if (bucket_collection(b) == COLLECTION_DIRECTORY)
		*(bucket_id *)self = b;
}

/* Every question of exchange.md section 8 that takes a look at records one by one counts, by so many as it says. */
Test(live, scans_are_counted)
{
	uint8_t id[8] = { 1 };
	struct message_ids m = { 0, { id, 8 } };
	struct buf body = { 0 };
	char cells[32], tail[32], until[40];
	struct route_meter *meter;
	struct bucket_sum sum;
	double part;

	add(0, 64);
	sim_run(&sim, 5000);
	records_buckets(sim.nodes[0]->node.records, NULL, UINT64_MAX, note_directory, &m.bucket);
	cr_assert(records_bucket(sim.nodes[0]->node.records, m.bucket, &sum), "bucket %08x", m.bucket);
	part = (double)(sum.count / 16 + 1);
	snprintf(cells, sizeof cells, "cells/%" PRIu32, m.bucket);
	snprintf(tail, sizeof tail, "tail/%" PRIu32, m.bucket);
	snprintf(until, sizeof until, "until=%" PRIu64, sum.newest - 1);
	message_ids_write(&m, &body);
	meter = &peer_at(0)->contact->scans;
	const struct {
		uint16_t method;
		const char *path, *first, *second;
		struct bytes payload;
		double counted;
	} rows[] = {
		{ COAP_GET, "buckets", NULL, NULL, { 0 }, 0 },
		{ COAP_GET, tail, "ends=1", NULL, { 0 }, 0 },
		{ COAP_GET, cells, "n=1", NULL, { 0 }, 0 },
		{ COAP_GET, cells, "part=3", NULL, { 0 }, part },
		{ COAP_GET, cells, "part=3", "salt=0123456789abcdef", { 0 }, 3 * part },
		{ COAP_FETCH, "records", "part=3", "salt=0123456789abcdef0123456789abcdef", buf_bytes(&body), 3 * part },
		{ COAP_FETCH, "records", NULL, NULL, buf_bytes(&body), 0 },
	};
	for (uint16_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		*meter = (struct route_meter){ .at_ms = sim.now_ms };
		ask_forged(i, rows[i].method, rows[i].path, rows[i].first, rows[i].second, rows[i].payload);
		cr_expect_eq(meter->scans, rows[i].counted, "%s %s: %f", rows[i].path, rows[i].first, meter->scans);
	}
	*meter = (struct route_meter){ .at_ms = sim.now_ms };
	ask_forged(90, COAP_GET, "buckets", until, NULL, (struct bytes){ 0 });
	cr_assert_geq(meter->scans, (double)sum.count);
	/* Where all is used up, no more is looked at. */
	*meter = (struct route_meter){ .at_ms = sim.now_ms, .scans = LIMIT_SCAN_BURST };
	ask_forged(91, COAP_GET, "buckets", until, NULL, (struct bytes){ 0 });
	cr_assert_eq(refused, 1);
	cr_assert_eq(meter->scans, LIMIT_SCAN_BURST);
	buf_free(&body);
}

/* Counts in a question for cells: they bring cells, or 4.00 with the rule that they break. */
Test(live, counts_of_cells)
{
	char longer[8 + COUNTS_TEXT + 1] = "counts=";
	const struct {
		const char *first, *second, *said;
	} rows[] = {
		{ "counts=AAAAAAAAAAAAAAAAAAAA", NULL, NULL },
		{ "part=3", "counts=AAAAA", NULL },
		{ "counts=AAAA", NULL, "counts: length: " },
		{ longer, NULL, "counts: length: " },
		{ "counts=AAAA+A", NULL, "counts: character: " },
		{ "counts=AAAA%41", NULL, "counts: character: " },
		{ "from=1", "counts=AAAAA", "counts: from: " },
	};
	char cells[32];
	bucket_id bucket = 0;

	memset(longer + 7, 'A', COUNTS_TEXT);
	add(0, 64);
	sim_run(&sim, 5000);
	records_buckets(sim.nodes[0]->node.records, NULL, UINT64_MAX, note_directory, &bucket);
	snprintf(cells, sizeof cells, "cells/%" PRIu32, bucket);
	for (uint16_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct message_cells m;

		forged_code = 0;
		ask_forged(i, COAP_GET, cells, rows[i].first, rows[i].second, (struct bytes){ 0 });
		if (rows[i].said) {
			cr_expect_eq(forged_code, 400, "%s: %u", rows[i].first, forged_code);
			cr_expect_not_null(memmem(forged.p, forged.len, rows[i].said, strlen(rows[i].said)), "%s", rows[i].first);
		} else {
			cr_expect_eq(forged_code, 205, "%s: %u", rows[i].first, forged_code);
			cr_assert_eq(message_cells_read(buf_bytes(&forged), &m, NULL), ERR_OK);
			cr_expect_geq(m.cells.len, COUNTS_LEAST * SKETCH_CELL_LEN);
		}
	}
}

/* Who was refused a hundred times within a second is not heard for the rest of it, and then again. */
Test(live, refused_a_hundred_times)
{
	uint16_t number = 0;

	sim_run(&sim, 10 * 1000);
	refused = answered = 0;
	while (refused < LIMIT_REFUSED_S && number < 1000)
		ask_forged(number++, COAP_GET, "buckets", NULL, NULL, (struct bytes){ 0 });
	cr_assert_eq(refused, LIMIT_REFUSED_S);
	cr_assert_eq(answered, LIMIT_REQUESTS_BURST);
	for (unsigned i = 0; i < 50; i++)
		ask_forged(number++, COAP_GET, "buckets", NULL, NULL, (struct bytes){ 0 });
	sim_run(&sim, 990);
	ask_forged(number++, COAP_GET, "buckets", NULL, NULL, (struct bytes){ 0 });
	cr_assert_eq(refused + answered, LIMIT_REFUSED_S + LIMIT_REQUESTS_BURST, "not a word");
	sim_run(&sim, 20);
	ask_forged(number++, COAP_GET, "buckets", NULL, NULL, (struct bytes){ 0 });
	cr_assert_eq(answered, LIMIT_REQUESTS_BURST + 1);
}
