#include "node/sync/visit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GET 1
#define POST 2
#define FETCH 5
#define NOT_THERE 404
#define TOO_MANY 429

/* A difference above a fifth of the set is streamed from the start (proto/sync.md section 2). */
#define STREAM_SHARE 5
/* More ids than this do not come apart from SKETCH_CELLS cells (proto/sketch.md section 5). */
#define DECODES_MOST 2700
/* Cells asked for first when nothing is known of the difference; and the least. */
#define CELLS_FIRST 30
#define CELLS_LEAST 10
/* Snapshots of one bucket in one visit; then its records are streamed. */
#define CELLS_TRIES 3
/* Questions for records by id that may be open. */
#define MAX_FETCHING 4
/* Bucket 0 is repeated until a round brings nothing; a hostile peer could make that for ever. */
#define MAX_ROUNDS 8
/* Beyond this many records an offer of none says it all: visit me. */
#define OFFER_MOST (10 * LIMIT_IDS)
/* Pages that may be in admission while the next is asked for. */
#define MAX_ADMITTING 8

struct visit {
	struct records *records;
	struct visit_ops ops;
	struct visit_memory *memory;
	bool cancelled, over;
	unsigned asking, admitting;     /* questions and admissions without an answer */
	unsigned rounds;

	struct sync_view view;
	struct message_bucket theirs[LIMIT_BUCKETS];
	size_t their_count;

	/* one bucket */
	bucket_id bucket;
	size_t at;                      /* line of `theirs` */
	uint64_t newest;                /* PROBE: our newest stamp */
	uint64_t apart;                 /* difference of the counts */

	/* CELLS and FETCH */
	struct sketch frozen;           /* ours, as it was when the snapshot was asked for */
	struct bucket_sum frozen_sum;
	struct sketch_decoder decoder;
	unsigned part;                  /* SKETCH_PARTS: all of the bucket at once */
	uint32_t part_ids;              /* what differed in the part before */
	uint32_t snapshot, row;         /* theirs; 0: not known yet. Cells that both rows have */
	struct message_bucket shot;     /* count and sum of the snapshot */
	uint32_t asked_cells;
	unsigned tries;
	struct buf wanted;              /* short ids of theirs that we lack */
	unsigned fetching;
	bool unseen;                    /* something was wanted */
	size_t fetched;                 /* records that came of it */

	/* TAIL */
	uint64_t cursor_stamp;
	struct id cursor_id;
	bool last_page, paging;
	bool resumed;                   /* the stream began where an earlier one broke off */
	size_t bucket_admitted, bucket_offered, round_admitted;
	uint8_t our_sum[32];            /* when the bucket was begun */
	struct buf offers;              /* short ids of ours that they lack */

	struct visit_end end;
};

static void next_bucket(struct visit *v);
static void ask_buckets(struct visit *v);
static void ask_page(struct visit *v);
static void remember_cursor(struct visit *v);
static void begin_tail(struct visit *v, uint64_t stamp);
static void begin_cells(struct visit *v);
static void begin_part(struct visit *v, unsigned part);
static void fetch_more(struct visit *v);

static void
end_cells(struct visit *v)
{
	sketch_done(&v->frozen);
	sketch_decoder_done(&v->decoder);
}

static void
maybe_free(struct visit *v)
{
	if (!(v->over || v->cancelled) || v->asking || v->admitting)
		return;
	end_cells(v);
	buf_free(&v->wanted);
	buf_free(&v->offers);
	free(v);
}

static void
finish(struct visit *v)
{
	if (v->over || v->cancelled)
		return;
	v->over = true;
	v->ops.ended(v->ops.self, &v->end);
}

static void
fail(struct visit *v, enum err_code code, const struct err *why)
{
	v->end.code = code;
	if (why)
		v->end.why = *why;
	finish(v);
}

/* An answer with CODE to a visit that still wants it. */
static bool
is_code(const struct visit *v, const struct visit_answer *a, uint16_t code)
{
	return a->failed == ERR_OK && a->code == code && !v->cancelled && !v->over;
}

/* Is this answer still wanted, and a success? Else the visit ends. */
static bool
usable(struct visit *v, const struct visit_answer *a)
{
	v->asking--;
	if (v->cancelled || v->over)
		return false;
	if (a->failed || a->code / 100 != 2) {
		fail(v, a->failed ? a->failed : ERR_DENIED, a->why);
		return false;
	}
	return true;
}

/* False: it could not be asked, and the visit is over. */
static bool
ask_for(struct visit *v, const struct visit_ask *q)
{
	struct err e = { 0 };

	v->asking++;
	if (v->ops.ask(v->ops.self, q, &e) == ERR_OK)
		return true;
	v->asking--;
	fail(v, e.code, &e);
	return false;
}

static void
ask(struct visit *v, uint16_t method, const char *path, const char *query, struct bytes payload,
    void (*done)(void *arg, const struct visit_answer *a))
{
	ask_for(v, &(struct visit_ask){ method, path, query, payload, done, v });
}

/* --- the end of a bucket, and OFFER --- */

/* Its row; the count of rows when it has none. */
static size_t
find_settled(const struct visit_memory *m, bucket_id b)
{
	size_t slot = 0;

	while (slot < m->count && m->settled[slot].bucket != b)
		slot++;
	return slot;
}

static bool
same_sums(const struct visit_memory *m, size_t slot, const uint8_t ours[32], const uint8_t theirs[32])
{
	return memcmp(m->settled[slot].ours, ours, 32) == 0 && memcmp(m->settled[slot].theirs, theirs, 32) == 0;
}

static void
remember_settled(struct visit *v)
{
	struct visit_memory *m = v->memory;
	size_t slot = find_settled(m, v->bucket);
	bool seen = slot < m->count && same_sums(m, slot, v->our_sum, v->theirs[v->at].sum);

	if (slot == m->count) {
		slot = m->count < VISIT_SETTLED ? m->count++ : m->next;
		m->next = (m->next + 1) % VISIT_SETTLED;
	}
	m->settled[slot].bucket = v->bucket;
	m->settled[slot].once_more = v->bucket_offered && !seen;
	memcpy(m->settled[slot].ours, v->our_sum, 32);
	memcpy(m->settled[slot].theirs, v->theirs[v->at].sum, 32);
}

static bool
is_settled(const struct visit *v, bucket_id b, const uint8_t ours[32], const uint8_t theirs[32])
{
	const struct visit_memory *m = v->memory;
	size_t slot = find_settled(m, b);

	return slot < m->count && !m->settled[slot].once_more && same_sums(m, slot, ours, theirs);
}

static void
bucket_done(struct visit *v)
{
	struct bucket_sum now = { 0 };
	uint64_t theirs = v->theirs[v->at].count;

	records_bucket(v->records, v->bucket, &now);
	if (now.count < theirs)
		v->end.behind += theirs - now.count;
	if (v->bucket_admitted == 0 && !v->resumed)
		remember_settled(v);
	v->round_admitted += v->bucket_admitted;
	/* Bucket 0 decides who may speak and what counts: look again before anything else is asked. */
	if (v->bucket == 0 && v->bucket_admitted && ++v->rounds < MAX_ROUNDS) {
		ask_buckets(v);
		return;
	}
	v->at++;
	next_bucket(v);
}

/* A large difference comes in parts, one after the other. */
static void
part_done(struct visit *v)
{
	if (v->part + 1 < SKETCH_PARTS)
		begin_part(v, v->part + 1);
	else
		bucket_done(v);
}

static void send_offers(struct visit *v);

static void
offered(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;

	if (usable(v, a))
		send_offers(v);
	maybe_free(v);
}

static void
send_offers(struct visit *v)
{
	struct message_ids m = { .bucket = v->bucket };
	struct buf body = { 0 };
	size_t len = v->offers.len;

	if (len == 0) {
		part_done(v);
		return;
	}
	if (len > OFFER_MOST * 8) {
		/* Too many to name: it finds them itself, by a visit. */
		v->end.offered += len / 8;
		len = v->offers.len = 0;
	}
	if (len > LIMIT_IDS * 8)
		len = LIMIT_IDS * 8;
	m.ids = (struct bytes){ v->offers.p + v->offers.len - len, len };
	message_ids_write(&m, &body);
	v->offers.len -= len;
	v->end.offered += len / 8;
	ask(v, POST, "offer", NULL, buf_bytes(&body), offered);
	buf_free(&body);
}

static void
is_held(void *self, const struct id *id, struct bytes envelope)
{
	(void)id;
	(void)envelope;
	*(bool *)self = true;
}

/* What came may have replaced some of what they lacked: the rest is offered. */
static void
begin_offers(struct visit *v)
{
	struct store_txn *t = store_read(records_store(v->records));
	size_t kept = 0;

	for (size_t i = 0; i < v->offers.len; i += 8) {
		bool held = false;

		records_by_short(v->records, t, v->bucket, v->offers.p + i, is_held, &held);
		if (!held)
			continue;
		memmove(v->offers.p + kept, v->offers.p + i, 8);
		kept += 8;
	}
	v->offers.len = kept;
	v->bucket_offered += kept / 8;
	txn_abort(&t);
	send_offers(v);
}

/* --- admission of what came by FETCH and TAIL --- */

/* The next page or the next ids are asked for while the last ones are admitted; the bucket ends when all is in. */
static void
proceed(struct visit *v)
{
	if (v->over || v->cancelled || v->paging)
		return;
	if (v->snapshot) {
		fetch_more(v);
	} else if (!v->last_page) {
		if (v->admitting < MAX_ADMITTING)
			ask_page(v);
	} else if (v->admitting == 0) {
		begin_offers(v);
	}
}

static void
admitted(void *arg, const struct admit_result *r)
{
	struct visit *v = arg;

	v->admitting--;
	if (!v->cancelled && !v->over) {
		v->bucket_admitted += r->admitted;
		v->end.admitted += r->admitted;
		v->end.refused += r->refused;
		v->end.blamed += r->blamed;
		if (r->failed) {
			struct err e = { 0 };

			err_set(&e, r->failed, "admission", "store", "what came could not be stored");
			fail(v, r->failed, &e);
		} else {
			proceed(v);
		}
	}
	maybe_free(v);
}

/* --- TAIL --- */

/* Ours within the stretch that a page covers, in the page's order. */
struct stretch {
	uint64_t last_stamp;
	struct id last_id;
	bool open_end;
	struct line {
		struct id id;
		uint8_t short_id[8];
		bool theirs_too;
	} *lines;
	size_t count, cap;
};

static bool
stretch_line(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	struct stretch *s = self;

	if (!s->open_end && (stamp > s->last_stamp ||
	    (stamp == s->last_stamp && id_compare(id, &s->last_id) > 0)))
		return false;
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->lines = need_realloc(s->lines, s->cap * sizeof(*s->lines));
	}
	s->lines[s->count].id = *id;
	memcpy(s->lines[s->count].short_id, short_id, 8);
	s->lines[s->count++].theirs_too = false;
	return true;
}

static int
by_id(const void *a, const void *b)
{
	return id_compare(&((const struct line *)a)->id, &((const struct line *)b)->id);
}

static struct line *
stretch_find(struct stretch *s, const struct id *id)
{
	struct line wanted = { .id = *id };

	return s->count ? bsearch(&wanted, s->lines, s->count, sizeof(*s->lines), by_id) : NULL;
}

/* What of the page we lack goes to WANTED; what of ours it lacks becomes an offer. False: not envelopes. */
static bool
compare_page(struct visit *v, const struct message_page *page, struct bytes envelopes, struct buf *wanted)
{
	struct stretch s = { .last_stamp = page->last_stamp, .last_id = page->last_id, .open_end = !page->more };
	struct store_txn *t = store_read(records_store(v->records));
	struct bytes item;
	bool fine;

	records_tail_ids(v->records, t, v->bucket, v->cursor_stamp, &v->cursor_id, stretch_line, &s);
	txn_abort(&t);
	if (s.count)
		qsort(s.lines, s.count, sizeof(*s.lines), by_id);
	while (sequence_next(&envelopes, &item)) {
		struct unverified u;
		struct line *ours = NULL;

		/* What cannot be read goes to admission all the same: it is counted and blamed there. */
		if (envelope_read(item, records_network(v->records), &crypto_envelope, &u, NULL) == ERR_OK)
			ours = stretch_find(&s, &u.id);
		if (ours)
			ours->theirs_too = true;
		else
			buf_put_bytes(wanted, item);
	}
	fine = envelopes.len == 0;
	for (size_t i = 0; i < s.count; i++)
		if (!s.lines[i].theirs_too)
			buf_put(&v->offers, s.lines[i].short_id, 8);
	free(s.lines);
	return fine;
}

static void
page_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_page page;
	struct bytes envelopes;
	struct buf wanted = { 0 };
	struct err e = { 0 };

	v->paging = false;
	if (!usable(v, a))
		goto out;
	if (message_page_read(a->body, &page, &envelopes, &e) ||
	    (page.more && envelopes.len == 0) ||
	    !compare_page(v, &page, envelopes, &wanted)) {
		err_set(&e, ERR_PEER, "tail", "page", "the peer's page cannot be read");
		fail(v, ERR_PEER, &e);
		goto out;
	}
	v->cursor_stamp = page.last_stamp;
	v->cursor_id = page.last_id;
	v->last_page = !page.more;
	remember_cursor(v);
	if (wanted.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&wanted), admitted, v);
	}
	proceed(v);
out:
	buf_free(&wanted);
	maybe_free(v);
}

/* A stream that breaks off goes on from here at the next visit; what came in below meanwhile, that one's successor
 * finds by comparing sums. */
static void
remember_cursor(struct visit *v)
{
	struct visit_memory *m = v->memory;

	m->resumes = !v->last_page;
	m->bucket = v->bucket;
	m->cursor_stamp = v->cursor_stamp;
	m->cursor_id = v->cursor_id;
}

static void
ask_page(struct visit *v)
{
	char path[32], query[CURSOR_TEXT + 8], cursor[CURSOR_TEXT];

	snprintf(path, sizeof(path), "tail/%" PRIu32, v->bucket);
	snprintf(query, sizeof(query), "after=%s", cursor_text(v->cursor_stamp, &v->cursor_id, cursor));
	v->paging = true;
	ask(v, GET, path, query, (struct bytes){ 0 }, page_came);
}

/* Everything above STAMP; all of the bucket when it is 0. */
static void
begin_tail(struct visit *v, uint64_t stamp)
{
	end_cells(v);
	v->snapshot = 0;
	v->part = SKETCH_PARTS;
	buf_reset(&v->offers);
	v->cursor_stamp = stamp;
	memset(v->cursor_id.b, stamp ? 0xff : 0, ID_LEN);
	v->last_page = v->paging = v->resumed = false;
	if (v->memory->resumes && v->memory->bucket == v->bucket && v->memory->cursor_stamp > stamp) {
		v->cursor_stamp = v->memory->cursor_stamp;
		v->cursor_id = v->memory->cursor_id;
		v->memory->resumes = false;
		v->resumed = true;
	}
	ask_page(v);
}

/* --- FETCH: records by short id --- */

struct fetch {
	struct visit *visit;
	size_t count;
	struct wish {
		uint8_t short_id[8];
		bool came;
	} wishes[LIMIT_IDS];
};

/* What the answer has of what was asked for, and what cannot be read: that is counted and blamed at admission. */
static void
take_records(struct fetch *f, struct bytes envelopes, struct buf *out)
{
	struct visit *v = f->visit;
	struct bytes item;

	while (sequence_next(&envelopes, &item)) {
		struct unverified u;
		uint8_t short_id[8];
		size_t i = 0;

		if (envelope_read(item, records_network(v->records), &crypto_envelope, &u, NULL)) {
			buf_put_bytes(out, item);
			continue;
		}
		records_short(v->records, &u.id, short_id);
		while (i < f->count && memcmp(f->wishes[i].short_id, short_id, 8) != 0)
			i++;
		if (i == f->count)
			continue;
		f->wishes[i].came = true;
		v->fetched++;
		buf_put_bytes(out, item);
	}
}

/* An answer has an end: what did not fit is asked for again, as long as something comes. */
static void
ask_again(struct fetch *f)
{
	bool any = false;

	for (size_t i = 0; i < f->count; i++)
		any |= f->wishes[i].came;
	for (size_t i = 0; any && i < f->count; i++)
		if (!f->wishes[i].came)
			buf_put(&f->visit->wanted, f->wishes[i].short_id, 8);
}

static void
fetch_came(void *arg, const struct visit_answer *a)
{
	struct fetch *f = arg;
	struct visit *v = f->visit;
	struct buf records = { 0 };

	v->fetching--;
	if (!usable(v, a))
		goto out;
	take_records(f, a->body, &records);
	ask_again(f);
	if (records.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&records), admitted, v);
	}
	proceed(v);
out:
	buf_free(&records);
	free(f);
	maybe_free(v);
}

static void
ask_records(struct visit *v)
{
	struct fetch *f = need_zeroed(1, sizeof(*f));
	size_t len = v->wanted.len < LIMIT_IDS * 8 ? v->wanted.len : LIMIT_IDS * 8;
	struct message_ids m = { v->bucket, { v->wanted.p + v->wanted.len - len, len } };
	struct visit_ask q = { .method = FETCH, .path = "records", .done = fetch_came, .arg = f };
	struct buf body = { 0 };

	f->visit = v;
	f->count = len / 8;
	for (size_t i = 0; i < f->count; i++)
		memcpy(f->wishes[i].short_id, m.ids.p + i * 8, 8);
	message_ids_write(&m, &body);
	q.payload = buf_bytes(&body);
	v->wanted.len -= len;
	if (ask_for(v, &q))
		v->fetching++;
	else
		free(f);
	buf_free(&body);
}

/* The difference did not help: from a new snapshot; at last whole records in order, which always helps. */
static void
try_again(struct visit *v)
{
	end_cells(v);
	if (v->tries < CELLS_TRIES)
		begin_cells(v);
	else
		begin_tail(v, 0);
}

/* Several questions at a time; then what we have and they lack. */
static void
fetch_more(struct visit *v)
{
	while (v->wanted.len && v->fetching < MAX_FETCHING && v->admitting < MAX_ADMITTING && !v->over)
		ask_records(v);
	if (v->over || v->fetching || v->admitting || v->wanted.len)
		return;
	if (v->unseen && v->fetched == 0)
		try_again(v);
	else
		begin_offers(v);
}

/* --- CELLS --- */

static void
remember_differed(struct visit *v, uint32_t ids)
{
	struct visit_memory *m = v->memory;
	size_t slot = 0;

	while (slot < m->differed_count && m->differed[slot].bucket != v->bucket)
		slot++;
	if (slot == m->differed_count) {
		slot = m->differed_count < VISIT_SETTLED ? m->differed_count++ : m->differed_next;
		m->differed_next = (slot + 1) % VISIT_SETTLED;
	}
	m->differed[slot].bucket = v->bucket;
	m->differed[slot].ids = ids;
}

/* About as many as 95 of 100 differences of that size need (proto/sketch.md section 7). */
static uint32_t
first_cells(const struct visit *v)
{
	const struct visit_memory *m = v->memory;
	uint64_t ids = v->apart, cells;
	bool known = false;

	if (v->part < SKETCH_PARTS) {
		known = true;
		ids = (ids > DECODES_MOST ? ids : DECODES_MOST) / SKETCH_PARTS;
		ids = v->part_ids ? v->part_ids : ids;
	}
	for (size_t i = 0; i < m->differed_count && !known; i++) {
		if (m->differed[i].bucket != v->bucket)
			continue;
		known = true;
		if (m->differed[i].ids > ids)
			ids = m->differed[i].ids;
	}
	cells = CELLS_LEAST + ids + ids / 2;
	if (!known && cells < CELLS_FIRST)
		cells = CELLS_FIRST;
	return cells < v->frozen.cells ? (uint32_t)cells : v->frozen.cells;
}

static void
side_ids(const struct visit *v, enum sketch_side side, struct buf *out)
{
	size_t count = v->decoder.only[side];
	uint64_t *ids = need_alloc((count + 1) * sizeof(*ids));

	sketch_decoder_ids(&v->decoder, side, ids);
	for (size_t i = 0; i < count; i++)
		put_u64(buf_grow(out, 8), ids[i]);
	free(ids);
}

/* Theirs, but for what we know already: kept aside, refused, or replaced here by something newer. */
static void
choose_wanted(struct visit *v)
{
	struct store_txn *t = store_read(records_store(v->records));
	struct buf theirs = { 0 };

	side_ids(v, SKETCH_THEIRS, &theirs);
	for (size_t i = 0; i < theirs.len; i += 8)
		if (!records_knows(v->records, t, v->bucket, theirs.p + i))
			buf_put(&v->wanted, theirs.p + i, 8);
	txn_abort(&t);
	buf_free(&theirs);
}

/* False: the counts say that this is not the difference, or it is none although the sums differ. */
static bool
is_explained(const struct visit *v)
{
	const struct message_bucket *theirs = &v->shot;
	uint32_t ours_only = v->decoder.only[SKETCH_OURS], theirs_only = v->decoder.only[SKETCH_THEIRS];
	uint8_t sum[32];

	if (v->frozen_sum.count + theirs_only != theirs->count + ours_only)
		return false;
	sync_sum_bytes(&v->frozen_sum, sum);
	return ours_only || theirs_only || memcmp(sum, theirs->sum, 32) == 0;
}

static void
decoded(struct visit *v)
{
	if (v->part == SKETCH_PARTS)
		remember_differed(v, v->decoder.ids);
	else
		v->part_ids = v->decoder.ids;
	if (!is_explained(v)) {
		begin_tail(v, 0);
		return;
	}
	if (v->memory->bucket == v->bucket)
		v->memory->resumes = false;
	side_ids(v, SKETCH_OURS, &v->offers);
	choose_wanted(v);
	end_cells(v);
	v->fetched = 0;
	v->unseen = v->wanted.len > 0;
	fetch_more(v);
}

static void ask_cells(struct visit *v, uint32_t count);

/* The first cells tell what of theirs this is about; later ones must be of the same. */
static bool
same_snapshot(struct visit *v, const struct message_cells *m)
{
	if (v->snapshot)
		return m->snapshot == v->snapshot;
	v->snapshot = m->snapshot;
	v->row = m->row < v->frozen.cells ? m->row : v->frozen.cells;
	v->shot.count = m->count;
	memcpy(v->shot.sum, m->sum, 32);
	if (v->part == SKETCH_PARTS) {
		v->theirs[v->at].count = m->count;
		memcpy(v->theirs[v->at].sum, m->sum, 32);
	}
	return true;
}

/* False: not what was asked for. */
static bool
add_cells(struct visit *v, const struct message_cells *m)
{
	struct sketch_cell cells[SKETCH_CELLS];
	uint32_t from = v->decoder.cells, count;

	if (!same_snapshot(v, m) ||
	    sketch_read(m->cells, v->asked_cells, cells, &count, NULL) || count == 0)
		return false;
	if (count > v->row - from)
		count = v->row - from;
	sketch_subtract(v->frozen.cell + from, cells, count, cells);
	sketch_decoder_add(&v->decoder, cells, count);
	return true;
}

/* All the cells that there are were too few: in parts. Fewer were, or of a part: the records. */
static void
not_decoded(struct visit *v)
{
	if (v->part == SKETCH_PARTS && v->decoder.cells == SKETCH_CELLS)
		begin_part(v, 0);
	else
		begin_tail(v, 0);
}

static void
cells_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_cells m;
	struct err e = { 0 };
	uint32_t held;

	if (is_code(v, a, NOT_THERE)) {
		/* The snapshot has gone; or the bucket, or a peer of before knows no such path. */
		v->asking--;
		v->tries = v->snapshot ? v->tries : CELLS_TRIES;
		try_again(v);
		goto out;
	}
	if (!usable(v, a))
		goto out;
	if (message_cells_read(a->body, &m, &e) || !add_cells(v, &m)) {
		err_set(&e, ERR_PEER, "cells", "answer", "the peer's cells are not what was asked for");
		fail(v, ERR_PEER, &e);
		goto out;
	}
	held = v->decoder.cells;
	if (v->decoder.state == SKETCH_DECODED)
		decoded(v);
	else if (v->decoder.state == SKETCH_FAILED || held == v->row)
		not_decoded(v);
	else
		ask_cells(v, held / 4 > SKETCH_BLOCK ? held / 4 : SKETCH_BLOCK);
out:
	maybe_free(v);
}

static void
ask_cells(struct visit *v, uint32_t count)
{
	char path[32], part[16] = "", query[80];
	uint32_t from = v->decoder.cells, end = v->snapshot ? v->row : v->frozen.cells;

	v->asked_cells = count < end - from ? count : end - from;
	snprintf(path, sizeof(path), "cells/%" PRIu32, v->bucket);
	if (v->part < SKETCH_PARTS)
		snprintf(part, sizeof(part), "part=%u&", v->part);
	snprintf(query, sizeof(query), "%ssnap=%" PRIu32 "&from=%" PRIu32 "&n=%" PRIu32, part, v->snapshot, from,
	    v->asked_cells);
	ask(v, GET, path, query, (struct bytes){ 0 }, cells_came);
}

/* A frozen copy of ours, of the bucket or of a part of it. False: there is nothing. */
static bool
freeze(struct visit *v)
{
	if (v->part < SKETCH_PARTS)
		records_sketch_part(v->records, v->bucket, v->part, &v->frozen, &v->frozen_sum);
	else if (records_sketch(v->records, v->bucket, &v->frozen, &v->frozen_sum))
		sync_sum_bytes(&v->frozen_sum, v->our_sum);
	else
		return false;
	return true;
}

static void
begin_cells(struct visit *v)
{
	v->tries++;
	v->snapshot = v->row = 0;
	buf_reset(&v->wanted);
	buf_reset(&v->offers);
	if (!freeze(v)) {
		begin_tail(v, 0);
		return;
	}
	sketch_decoder_init(&v->decoder, 0);
	ask_cells(v, first_cells(v));
}

static void
begin_part(struct visit *v, unsigned part)
{
	end_cells(v);
	v->part = part;
	v->tries = 0;
	begin_cells(v);
}

/* What is too much for all the cells that there are need not be tried. */
static void
begin_difference(struct visit *v)
{
	if (v->apart > DECODES_MOST)
		begin_part(v, 0);
	else
		begin_cells(v);
}

/* --- PROBE: do they hold the same as we do up to our newest stamp? Then only the rest is asked for. --- */

static void
probed(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_bucket lines[LIMIT_BUCKETS], *line = NULL;
	struct bucket_sum ours = { 0 };
	struct err e = { 0 };
	uint8_t sum[32];
	size_t count;

	if (is_code(v, a, TOO_MANY)) {
		v->asking--;
		begin_difference(v);
		goto out;
	}
	if (!usable(v, a))
		goto out;
	if (message_buckets_read(a->body, lines, LIMIT_BUCKETS, &count, &e)) {
		fail(v, ERR_PEER, &e);
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (lines[i].bucket == v->bucket)
			line = &lines[i];
	records_bucket(v->records, v->bucket, &ours);
	sync_sum_bytes(&ours, sum);
	if (line && ours.newest == v->newest && line->count == ours.count && memcmp(line->sum, sum, 32) == 0)
		begin_tail(v, v->newest);
	else
		begin_difference(v);
out:
	maybe_free(v);
}

static void
begin_bucket(struct visit *v, const struct message_bucket *theirs)
{
	struct bucket_sum ours = { 0 };
	char query[40];

	v->bucket = theirs->bucket;
	v->bucket_admitted = v->bucket_offered = 0;
	v->tries = 0;
	v->part = SKETCH_PARTS;
	v->part_ids = 0;
	v->resumed = false;
	records_bucket(v->records, v->bucket, &ours);
	sync_sum_bytes(&ours, v->our_sum);
	v->apart = ours.count > theirs->count ? ours.count - theirs->count : theirs->count - ours.count;
	if (ours.count == 0 || v->apart > theirs->count / STREAM_SHARE) {
		begin_tail(v, 0);
	} else if (theirs->count > ours.count && theirs->newest > ours.newest) {
		v->newest = ours.newest;
		snprintf(query, sizeof(query), "until=%" PRIu64, v->newest);
		ask(v, GET, "buckets", query, (struct bytes){ 0 }, probed);
	} else {
		begin_difference(v);
	}
}

/* --- BUCKETS --- */

static void
next_bucket(struct visit *v)
{
	for (; v->at < v->their_count; v->at++) {
		const struct message_bucket *theirs = &v->theirs[v->at];
		struct bucket_sum ours = { 0 };
		uint8_t sum[32];

		if (!sync_may(&v->view, theirs->bucket))
			continue;
		records_bucket(v->records, theirs->bucket, &ours);
		sync_sum_bytes(&ours, sum);
		if (ours.count == theirs->count && memcmp(sum, theirs->sum, 32) == 0)
			continue;
		if (is_settled(v, theirs->bucket, sum, theirs->sum)) {
			v->end.idle = true;
			continue;
		}
		begin_bucket(v, theirs);
		return;
	}
	finish(v);
}

struct ours_walk {
	struct visit *visit;
	struct message_bucket all[LIMIT_BUCKETS];
	size_t count;
};

/* A bucket of ours that the peer has nothing of stands in the list with nothing in it: all of it is offered. */
static void
add_ours(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct ours_walk *w = self;
	struct visit *v = w->visit;

	for (; v->at < v->their_count && v->theirs[v->at].bucket < b; v->at++)
		if (w->count < LIMIT_BUCKETS)
			w->all[w->count++] = v->theirs[v->at];
	if (v->at < v->their_count && v->theirs[v->at].bucket == b)
		return;
	if (s->count && sync_may(&v->view, b) && w->count < LIMIT_BUCKETS)
		w->all[w->count++] = (struct message_bucket){ .bucket = b };
}

static void
merge_ours(struct visit *v)
{
	struct ours_walk w = { .visit = v };

	v->at = 0;
	records_buckets(v->records, NULL, UINT64_MAX, add_ours, &w);
	for (; v->at < v->their_count && w.count < LIMIT_BUCKETS; v->at++)
		w.all[w.count++] = v->theirs[v->at];
	memcpy(v->theirs, w.all, w.count * sizeof(*w.all));
	v->their_count = w.count;
	v->at = 0;
}

static void
buckets_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct err e = { 0 };

	if (!usable(v, a))
		goto out;
	if (message_buckets_read(a->body, v->theirs, LIMIT_BUCKETS, &v->their_count, &e)) {
		fail(v, ERR_PEER, &e);
		goto out;
	}
	merge_ours(v);
	v->end.behind = 0;
	next_bucket(v);
out:
	maybe_free(v);
}

static void
ask_buckets(struct visit *v)
{
	ask(v, GET, "buckets", NULL, (struct bytes){ 0 }, buckets_came);
}

/* --- HELLO --- */

static void
hello_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct err e = { 0 };
	uint8_t root[16];

	if (!usable(v, a))
		goto out;
	if (message_hello_read(a->body, &v->end.hello, &e) ||
	    v->ops.greeted(v->ops.self, &v->end.hello, &v->view, &e)) {
		fail(v, e.code, &e);
		goto out;
	}
	v->end.greeted = true;
	sync_root(v->records, &v->view, root);
	if (memcmp(root, v->end.hello.root, sizeof(root)) == 0 && !v->view.membership_only) {
		v->end.equal = true;
		finish(v);
	} else {
		ask_buckets(v);
	}
out:
	maybe_free(v);
}

struct visit *
visit_start(struct records *r, const struct visit_ops *ops, struct visit_memory *memory)
{
	struct visit *v = need_zeroed(1, sizeof(*v));
	struct message_hello m = { 0 };
	struct buf body = { 0 };

	v->records = r;
	v->ops = *ops;
	v->memory = memory;
	ops->hello(ops->self, &m);
	message_hello_write(&m, &body);
	ask(v, POST, "hello", NULL, buf_bytes(&body), hello_came);
	buf_free(&body);
	if (!v->over)
		return v;
	maybe_free(v);
	return NULL;
}

void
visit_cancel(struct visit *v)
{
	if (v == NULL)
		return;
	v->cancelled = true;
	maybe_free(v);
}
