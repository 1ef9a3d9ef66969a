/*
 * sync_attack - a real member that lies where sets are compared, or asks for what costs the other much and itself little.
 *
 *   sync_attack rows                          name and sentence of every attack
 *   sync_attack HOME ADDRESS ATTACK SECONDS   HOME is a member whose node is stopped
 *
 * A liar greets the victim and asks again and again to be visited; what it answers then stands in a row of `attacks`. A
 * hammer keeps as many questions open as it may. At the end one line of what happened. Exit 0: the attack went on until
 * the end, or the victim ended it; what it did to others, they must be asked. 1: anything else.
 */
#include "proto/cbor.h"
#include "proto/counts.h"
#include "proto/message.h"
#include "proto/sketch.h"
#include "proto/stamp.h"
#include "tests/lib/bodies.h"
#include "tests/lib/member.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MOST 16             /* questions of a hammer */
#define VISIT_EVERY_MS 250       /* how often a liar asks to be visited */
#define PROMISES 500             /* ids that are promised by cells, and never come */
#define PAGE_RECORDS 600

struct liar {
	struct member_session m;
	const struct attack *attack;
	bucket_id bucket;
	uint64_t count, newest;          /* of the victim's bucket, when it was last asked */
	struct buf cells;                /* of it, as the victim told them, and PROMISES ids more */
	struct sketch promises;
	struct buf page;                 /* records by a key that was never admitted */
	uint64_t serial;
	unsigned open;
	uint64_t asked, pages, cells_told, records;
};

struct attack {
	const char *name, *words;
	/* What the victim asks; false: not this path. */
	bool (*answer)(struct liar *l, const struct coap_request *r, struct coap_answer *out);
	/* One question more; false: none can be asked now. */
	bool (*act)(struct liar *l);
	int64_t every_ms;
};

static void
random_bytes(void *out, size_t len)
{
	world_random(&world_real, out, len);
}

/* --- what all liars answer --- */

/* As many as the victim has, but for EXTRA, and never the same sum twice. */
static void
answer_buckets(struct liar *l, uint64_t extra, struct coap_answer *out)
{
	struct message_bucket line = { .bucket = l->bucket, .count = l->count + extra, .newest = l->newest };

	random_bytes(line.sum, sizeof(line.sum));
	message_buckets_begin(1, &out->body);
	message_bucket_write(&line, &out->body);
}

static void
answer_page(struct liar *l, uint64_t stamp, bool more, struct coap_answer *out)
{
	struct message_page page = { .last = { .stamp = stamp }, .more = more };

	l->pages++;
	message_page_write(&page, &out->body);
	if (more)
		buf_put_bytes(&out->body, buf_bytes(&l->page));
	out->format = COAP_FORMAT_CBOR_SEQUENCE;
}

/* Cells as they were asked for: of MADE, or random ones when that is NULL. */
static void
answer_cells(struct liar *l, const struct coap_request *r, const struct buf *made, struct coap_answer *out)
{
	struct message_cells m = { .snapshot = 7, .row = SKETCH_CELLS, .count = l->count + (made ? PROMISES : 0) };
	struct buf noise = { 0 };
	uint32_t from = 0, count = SKETCH_BLOCK;

	for (size_t i = 0; i < r->query_count; i++) {
		char text[32] = "";

		memcpy(text, r->query[i].p, r->query[i].len < 31 ? r->query[i].len : 31);
		(void)!sscanf(text, "from=%" SCNu32, &from);
		(void)!sscanf(text, "n=%" SCNu32, &count);
		/* Who is left to say how many says as many as there may be. */
		if (strncmp(text, "counts=", 7) == 0)
			count = SKETCH_CELLS;
	}
	if (made)
		m.row = (uint32_t)(made->len / SKETCH_CELL_LEN);
	if (from > m.row)
		from = m.row;
	if (count > m.row - from)
		count = m.row - from;
	if (made)
		m.cells = (struct bytes){ made->p + (size_t)from * SKETCH_CELL_LEN, (size_t)count * SKETCH_CELL_LEN };
	else
		random_bytes(buf_grow(&noise, (size_t)count * SKETCH_CELL_LEN), (size_t)count * SKETCH_CELL_LEN);
	memset(m.sum, 1, sizeof(m.sum));
	if (!made)
		m.cells = buf_bytes(&noise);
	message_cells_write(&m, &out->body);
	buf_free(&noise);
	l->cells_told++;
}

/* --- liars: one function each for what is theirs alone --- */

static bool
wrong_cells(struct liar *l, const struct coap_request *r, struct coap_answer *out)
{
	if (!member_is_asked(r, "cells/"))
		return false;
	answer_cells(l, r, NULL, out);
	return true;
}

static bool
promised_cells(struct liar *l, const struct coap_request *r, struct coap_answer *out)
{
	if (member_is_asked(r, "cells/") && l->cells.len)
		answer_cells(l, r, &l->cells, out);
	else if (member_is_asked(r, "buckets"))
		answer_buckets(l, PROMISES, out);
	else
		return false;
	return true;
}

static bool
endless_tail(struct liar *l, const struct coap_request *r, struct coap_answer *out)
{
	if (member_is_asked(r, "buckets"))
		answer_buckets(l, l->count * 10 + 100, out);
	else if (member_is_asked(r, "tail/"))
		answer_page(l, ++l->serial, true, out);
	else
		return false;
	return true;
}

static bool
standing_tail(struct liar *l, const struct coap_request *r, struct coap_answer *out)
{
	if (member_is_asked(r, "buckets"))
		answer_buckets(l, l->count * 10 + 100, out);
	else if (member_is_asked(r, "tail/"))
		answer_page(l, 1, true, out);
	else
		return false;
	return true;
}

static bool
no_records(struct liar *l, const struct coap_request *r, struct coap_answer *out)
{
	if (!member_is_asked(r, "records"))
		return false;
	l->records++;
	out->format = COAP_FORMAT_CBOR_SEQUENCE;
	return true;
}

static bool
silence(struct liar *l, const struct coap_request *r, struct coap_answer *out)
{
	if (!member_is_asked(r, "records"))
		return false;
	l->records++;
	out->later = true;       /* for ever */
	return true;
}

/* --- what they do --- */

static void
hammered(void *self, const struct coap_response *r)
{
	struct liar *l = self;       /* the session is its first member */

	member_answered(&l->m, r);
	l->open--;
}

static bool
strike(struct liar *l, const char *path, const char *query)
{
	if (l->open >= OPEN_MOST || !member_ask(&l->m, COAP_GET, path, query, (struct bytes){ 0 }, hammered))
		return false;
	l->open++;
	return true;
}

static void
buckets_told(void *self, const struct coap_response *r)
{
	struct liar *l = self;
	struct message_bucket lines[LIMIT_BUCKETS];
	size_t count = 0;

	member_answered(&l->m, r);
	if (r->failed || r->code != 205 || message_buckets_read(r->body, lines, LIMIT_BUCKETS, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++)
		if (lines[i].bucket == l->bucket) {
			l->count = lines[i].count;
			l->newest = lines[i].newest;
		}
}

/* The victim's cells, and what else was never there. */
static void
cells_told(void *self, const struct coap_response *r)
{
	static struct sketch_cell theirs[SKETCH_CELLS], more[SKETCH_CELLS];
	struct liar *l = self;
	struct message_cells m;
	uint32_t count, all;

	member_answered(&l->m, r);
	if (r->failed || r->code != 205 || message_cells_read(r->body, &m, NULL) ||
	    sketch_read(m.cells, SKETCH_CELLS, theirs, &count, NULL))
		return;
	buf_reset(&l->cells);
	sketch_write(&l->promises, 0, count, &l->cells);
	if (sketch_read(buf_bytes(&l->cells), SKETCH_CELLS, more, &all, NULL))
		return;
	buf_reset(&l->cells);
	for (uint32_t i = 0; i < count; i++) {
		put_u64(buf_grow(&l->cells, 8), theirs[i].ids ^ more[i].ids);
		put_u32(buf_grow(&l->cells, 4), theirs[i].checks ^ more[i].checks);
		buf_put_u8(&l->cells, (uint8_t)(theirs[i].count + more[i].count));
	}
}

/* Look at what the victim has, so that the lie is near the truth; then ask to be visited. */
static bool
act_invite(struct liar *l)
{
	char path[32];

	snprintf(path, sizeof(path), "cells/%" PRIu32, l->bucket);
	return member_ask(&l->m, COAP_GET, "buckets", NULL, (struct bytes){ 0 }, buckets_told) &&
	    member_ask(&l->m, COAP_GET, path, "snap=0&n=4096", (struct bytes){ 0 }, cells_told) &&
	    member_offer(&l->m, l->bucket, (struct bytes){ 0 });
}

static bool
act_offer(struct liar *l)
{
	uint8_t ids[LIMIT_IDS * 8];

	random_bytes(ids, sizeof(ids));
	return member_offer(&l->m, l->bucket, (struct bytes){ ids, sizeof(ids) });
}

static bool
act_wish(struct liar *l)
{
	uint8_t ids[LIMIT_IDS * 8];
	struct message_ids m = { l->bucket, { ids, sizeof(ids) } };
	struct buf body = { 0 };
	bool asked;

	random_bytes(ids, sizeof(ids));
	message_ids_write(&m, &body);
	asked = l->open < OPEN_MOST &&
	    member_ask(&l->m, COAP_FETCH, "records", NULL, buf_bytes(&body), hammered);
	l->open += asked;
	buf_free(&body);
	return asked;
}

static bool
act_parts(struct liar *l)
{
	char path[32], query[48];

	snprintf(path, sizeof(path), "cells/%" PRIu32, l->bucket);
	snprintf(query, sizeof(query), "part=%u&snap=0&n=1", (unsigned)(l->serial++ % 16));
	return strike(l, path, query);
}

static bool
act_snapshots(struct liar *l)
{
	char path[32];

	snprintf(path, sizeof(path), "cells/%" PRIu32, l->bucket);
	return strike(l, path, "snap=0&n=4096");
}

/* Counts that are no set's, so that they seem to need all cells, never the same twice. */
static bool
act_counts(struct liar *l)
{
	char path[32], query[8 + COUNTS_TEXT] = "counts=";
	struct sketch wild;

	sketch_init(&wild, SKETCH_CELLS, 0);
	random_bytes(wild.cell, sizeof(*wild.cell) * (COUNTS_MOST + 1));
	random_bytes(&wild.count, sizeof(wild.count));
	counts_format(&wild, COUNTS_MOST, query + strlen(query));
	sketch_done(&wild);
	snprintf(path, sizeof(path), "cells/%" PRIu32, l->bucket);
	return strike(l, path, query);
}

static bool
act_ends(struct liar *l)
{
	char path[32];

	snprintf(path, sizeof(path), "tail/%" PRIu32, l->bucket);
	return strike(l, path, "ends=1");
}

static bool
act_probes(struct liar *l)
{
	char query[40];

	snprintf(query, sizeof(query), "until=%" PRIu64, l->newest - l->serial++);
	return strike(l, "buckets", query);
}

static const struct attack attacks[] = {
	{ "wrong-cells", "cells that are noise", wrong_cells, act_invite, VISIT_EVERY_MS },
	{ "promised-cells", "cells of records that never come", promised_cells, act_invite, VISIT_EVERY_MS },
	{ "endless-tail", "pages of strangers' records without an end", endless_tail, act_invite, VISIT_EVERY_MS },
	{ "standing-tail", "the same page for ever", standing_tail, act_invite, VISIT_EVERY_MS },
	{ "empty-offers", "offers of what is not there", no_records, act_offer, 0 },
	{ "silent-offers", "offers, and then no answer", silence, act_offer, 0 },
	{ "wishes", "questions for what is not there", NULL, act_wish, 0 },
	{ "parts", "cells of parts, each made from the store", NULL, act_parts, 0 },
	{ "snapshots", "snapshots, whole ones", NULL, act_snapshots, 0 },
	{ "counts", "counts that seem to need all cells", NULL, act_counts, 0 },
	{ "ends", "whole pages, and where those behind them end", NULL, act_ends, 0 },
	{ "probes", "lists of buckets as they were", NULL, act_probes, 0 },
};
#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

/* --- the session --- */

static void
requested(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	struct liar *l = self;

	(void)ticket;
	l->asked++;
	out->code = 205;
	out->format = COAP_FORMAT_CBOR;
	if (l->attack->answer && l->attack->answer(l, r, out))
		return;
	if (member_is_asked(r, "hello"))
		member_hello(&l->m, &out->body);
	else if (member_is_asked(r, "buckets"))
		answer_buckets(l, 0, out);
	else if (member_is_asked(r, "tail/"))
		answer_page(l, 1, false, out);
	else if (member_is_asked(r, "records"))
		(void)no_records(l, r, out);
	else if (member_is_asked(r, "offer"))
		*out = (struct coap_answer){ .code = 204, .format = COAP_FORMAT_NONE };
	else
		member_has_nothing(out);
}

static void
make_page(struct liar *l)
{
	struct sign_key nobody;
	struct buf body = { 0 };
	struct id id;

	sign_key_new(&nobody);
	cbor_put_map(&body, 3);
	put_word(&body, 32, "listed");
	put_title(&body, 33, "Kukavičje jaje");
	cbor_put_uint(&body, 34);
	cbor_put_array(&body, 1);
	cbor_put_text(&body, bytes_text("RS"));
	for (uint64_t i = 0; i < PAGE_RECORDS; i++) {
		struct record r = { .author = nobody.public_key, .kind = KIND_ORGANISATION, .audience = AUDIENCE_PUBLIC,
			.stamp = stamp_make(world_now_ms(&world_real), (uint16_t)i), .body = buf_bytes(&body) };
		struct err e = { 0 };

		random_bytes(r.name.b, sizeof(r.name.b));
		if (envelope_sign(&r, records_network(l->m.records), &crypto_envelope, sign_for, &nobody, &l->page, &id, &e))
			member_give_up("signing", &e);
	}
	buf_free(&body);
}

static void
prepare(struct liar *l)
{
	l->bucket = bucket_make(COLLECTION_DIRECTORY, TERRITORY('R', 'S'), AUDIENCE_PUBLIC);
	l->newest = stamp_make(world_now_ms(&world_real), 0);
	sketch_init(&l->promises, SKETCH_CELLS, 0);
	for (int i = 0; i < PROMISES; i++) {
		uint64_t z;

		random_bytes(&z, sizeof(z));
		sketch_insert(&l->promises, z);
	}
	make_page(l);
	l->m.requested = requested;
	l->m.self = l;
}

static int
attack(struct liar *l, const union address *victim, int64_t seconds)
{
	int64_t now = world_tick_ms(&world_real), end = now + seconds * 1000, next = now;
	uint64_t acts = 0;

	if (!member_connect(&l->m, victim) || !member_greet(&l->m)) {
		printf("not greeted: %u %s\n", l->m.last_code, l->m.said);
		return 1;
	}
	for (; now < end && !l->m.closed; now = world_tick_ms(&world_real)) {
		while (now >= next && !l->m.closed && l->attack->act(l)) {
			acts++;
			next = now + l->attack->every_ms;
		}
		member_turn(&l->m, 5);
	}
	printf("%s: did %" PRIu64 ", was answered 2.xx %u, 4.xx %u, never %u times; was asked %" PRIu64 " times (cells %"
	    PRIu64 ", pages %" PRIu64 ", records %" PRIu64 ")%s\n", l->attack->name, acts, l->m.codes[2], l->m.codes[4],
	    l->m.codes[0], l->asked, l->cells_told, l->pages, l->records, l->m.closed ? "; the victim ended the session" : "");
	return 0;
}

int
main(int argc, char **argv)
{
	static struct liar l;
	union address victim;
	long seconds = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
	int code;

	crypto_start();
	for (size_t i = 0; i < ATTACKS; i++) {
		if (argc == 2 && strcmp(argv[1], "rows") == 0)
			printf("%s %s\n", attacks[i].name, attacks[i].words);
		if (argc == 5 && strcmp(argv[3], attacks[i].name) == 0)
			l.attack = &attacks[i];
	}
	if (argc == 2 && strcmp(argv[1], "rows") == 0)
		return 0;
	if (l.attack == NULL || seconds < 1 || seconds > 86400 || !member_address(argv[2], &victim)) {
		fputs("usage: sync_attack rows | sync_attack HOME 127.X.Y.Z:PORT ATTACK SECONDS\n", stderr);
		return 2;
	}
	member_open(&l.m, argv[1]);
	prepare(&l);
	code = attack(&l, &victim, seconds);
	sketch_done(&l.promises);
	buf_free(&l.cells);
	buf_free(&l.page);
	member_close(&l.m);
	return code;
}
