#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_THERE 404
/* More ids than this do not come apart from SKETCH_CELLS cells (proto/sketch.md section 5). */
#define DECODES_MOST 2700
/* Cells asked for first when nothing is known of the difference; and the least. */
#define CELLS_FIRST 30
#define CELLS_LEAST 10
/* Snapshots of one bucket in one visit; then its records are streamed. */
#define CELLS_TRIES 3
/* Questions for records by id that may be open. */
#define MAX_FETCHING 4

static void begin_cells(struct visit *v);

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
	if (!visit_usable(v, a))
		goto out;
	take_records(f, a->body, &records);
	ask_again(f);
	if (records.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&records), visit_admitted, v);
	}
	visit_proceed(v);
out:
	buf_free(&records);
	free(f);
	visit_maybe_free(v);
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
	if (visit_ask_for(v, &q))
		v->fetching++;
	else
		free(f);
	buf_free(&body);
}

/* The difference did not help: from a new snapshot; at last whole records in order, which always helps. */
static void
try_again(struct visit *v)
{
	visit_end_cells(v);
	if (v->tries < CELLS_TRIES)
		begin_cells(v);
	else
		visit_begin_tail(v, 0);
}

/* Several questions at a time; then what we have and they lack. */
void
visit_fetch_more(struct visit *v)
{
	while (v->wanted.len && v->fetching < MAX_FETCHING && v->admitting < MAX_ADMITTING && !v->over)
		ask_records(v);
	if (v->over || v->fetching || v->admitting || v->wanted.len)
		return;
	if (v->unseen && v->fetched == 0)
		try_again(v);
	else
		visit_begin_offers(v);
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
		visit_begin_tail(v, 0);
		return;
	}
	if (v->memory->bucket == v->bucket)
		v->memory->resumes = false;
	side_ids(v, SKETCH_OURS, &v->offers);
	choose_wanted(v);
	visit_end_cells(v);
	v->fetched = 0;
	v->unseen = v->wanted.len > 0;
	visit_fetch_more(v);
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
		visit_begin_part(v, 0);
	else
		visit_begin_tail(v, 0);
}

static void
cells_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_cells m;
	struct err e = { 0 };
	uint32_t held;

	if (visit_is_code(v, a, NOT_THERE)) {
		/* The snapshot has gone; or the bucket, or a peer of before knows no such path. */
		v->asking--;
		v->tries = v->snapshot ? v->tries : CELLS_TRIES;
		try_again(v);
		goto out;
	}
	if (!visit_usable(v, a))
		goto out;
	if (message_cells_read(a->body, &m, &e) || !add_cells(v, &m)) {
		err_set(&e, ERR_PEER, "cells", "answer", "the peer's cells are not what was asked for");
		visit_fail(v, ERR_PEER, &e);
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
	visit_maybe_free(v);
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
	visit_ask(v, GET, path, query, (struct bytes){ 0 }, cells_came);
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
		visit_begin_tail(v, 0);
		return;
	}
	sketch_decoder_init(&v->decoder, 0);
	ask_cells(v, first_cells(v));
}

void
visit_begin_part(struct visit *v, unsigned part)
{
	visit_end_cells(v);
	v->part = part;
	v->tries = 0;
	begin_cells(v);
}

/* What is too much for all the cells that there are need not be tried. */
void
visit_begin_difference(struct visit *v)
{
	if (v->apart > DECODES_MOST)
		visit_begin_part(v, 0);
	else
		begin_cells(v);
}
