#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of so many of our cells we tell the count of one. */
#define COUNTS_SHARE 16
/* More cells are at least so many. */
#define CELLS_STEP (SKETCH_BLOCK / 4)
/* Snapshots of one bucket, or part, on one rung; then a list of ids, which needs none. */
#define CELLS_TRIES 3
/*
 * Of a salted part nothing is known before the first answer, and perhaps of none before: it is taken to hold a
 * share of so many.
 */
#define PARTS_SHARE 2700

void
visit_end_cells(struct visit *v)
{
	sketch_done(&v->frozen);
	sketch_decoder_done(&v->decoder);
}

/* --- how many cells --- */

/*
 * Counts of our first cells, by which the peer foresees how many of its own are needed (proto/sketch.md section
 * 5): more where more may differ, that is of a longer row, and one for each id that is known to, which is
 * little beside its cells.
 */
static uint32_t
count_of_counts(const struct visit *v)
{
	uint64_t count = v->frozen.cells / COUNTS_SHARE;

	if (v->part == SKETCH_PARTS && v->apart > count)
		count = v->apart;
	return count < COUNTS_FEW ? COUNTS_FEW : count < COUNTS_MOST ? (uint32_t)count : COUNTS_MOST;
}

/*
 * For salted cells, of which we have none before the answer: about as many as 95 of 100 parts need that differ
 * as the one before.
 */
static uint32_t
salted_cells(const struct visit *v)
{
	uint64_t ids = v->apart > PARTS_SHARE ? v->apart : PARTS_SHARE, cells;

	ids = v->part_ids ? v->part_ids : ids / SKETCH_PARTS;
	cells = COUNTS_LEAST + ids + ids / 2;
	return cells < v->row ? (uint32_t)cells : v->row;
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

/* --- what a decoded difference says --- */

static void
ours_only(struct visit *v, const struct id *id)
{
	bucket_sum_take(&v->expected, id->b);
	records_short(v->records, id, buf_grow(&v->offers, 8));
}

struct short_match {
	struct id id;
	unsigned count;
};

static void
add_match(void *self, const struct id *id, struct bytes envelope)
{
	struct short_match *m = self;

	(void)envelope;
	m->id = *id;
	m->count++;
}

/* One of two with the same short id is theirs as well, nobody can say which: the comparison will not come out. */
static void
ours_by_short(struct visit *v, struct store_txn *t, const uint8_t *short_id)
{
	struct short_match m = { .count = 0 };

	records_by_short(v->records, t, v->bucket, short_id, add_match, &m);
	if (m.count == 1)
		ours_only(v, &m.id);
	v->missed |= m.count == 0;
}

struct salted_match {
	struct visit *visit;
	size_t count;
};

static void
add_salted(void *self, const struct id *id)
{
	struct salted_match *m = self;

	ours_only(m->visit, id);
	m->count++;
}

/* What we have and they lack is offered, and taken off our sum. */
static void
choose_offers(struct visit *v, struct store_txn *t)
{
	struct salted_match m = { .visit = v };
	struct buf ours = { 0 };

	side_ids(v, SKETCH_OURS, &ours);
	if (v->salt.on)
		part_find(v->records, t, v->bucket, v->part, &v->salt, buf_bytes(&ours), add_salted, &m);
	for (size_t i = 0; i < ours.len && !v->salt.on; i += 8)
		ours_by_short(v, t, ours.p + i);
	v->missed |= v->salt.on && m.count < ours.len / 8;
	buf_free(&ours);
}

/*
 * What they have and we lack is wanted; it joins our sum as it comes. What we know already (kept aside, or left at midnight)
 * joins it here. By its salted id nothing is known.
 */
static void
choose_wanted(struct visit *v, struct store_txn *t)
{
	struct buf theirs = { 0 };

	side_ids(v, SKETCH_THEIRS, &theirs);
	for (size_t i = 0; i < theirs.len; i += 8) {
		struct id known = { { 0 } };

		if (!v->salt.on && records_knows(v->records, t, v->bucket, theirs.p + i, &known))
			bucket_sum_add(&v->expected, known.b, 0);
		else
			buf_put(&v->wanted, theirs.p + i, 8);
	}
	buf_free(&theirs);
}

static void
decoded(struct visit *v)
{
	struct store_txn *t = store_read(records_store(v->records));

	v->part_ids = 1 + (v->part == SKETCH_PARTS ? v->decoder.ids / SKETCH_PARTS : v->decoder.ids);
	if (v->memory->bucket == v->bucket)
		v->memory->resumes = false;
	v->expected = v->frozen_sum;
	choose_offers(v, t);
	choose_wanted(v, t);
	txn_abort(&t);
	visit_end_cells(v);
	visit_fetch_more(v);
}

/* --- CELLS: asked for until the difference comes apart --- */

static void ask_cells(struct visit *v, uint32_t count);

/* A frozen copy of ours, of the bucket or of a part of it. False: there is nothing. */
static bool
freeze(struct visit *v)
{
	if (v->part < SKETCH_PARTS)
		part_sketch(v->records, v->bucket, v->part, &v->salt, &v->frozen, &v->frozen_sum);
	else if (records_sketch(v->records, v->bucket, &v->frozen, &v->frozen_sum))
		sync_sum_bytes(&v->frozen_sum, v->our_sum);
	else
		return false;
	return true;
}

/* The first cells tell what of theirs this is about; later ones must be of the same. */
static bool
same_snapshot(struct visit *v, const struct message_cells *m)
{
	if (m->salted != v->salt.on)
		return false;
	if (v->snapshot)
		return m->snapshot == v->snapshot &&
		    (!m->salted || memcmp(m->nonce, v->salt.nonces + MESSAGE_NONCE, MESSAGE_NONCE) == 0);
	v->snapshot = m->snapshot;
	v->row = m->row < v->row ? m->row : v->row;
	v->shot.count = m->count;
	memcpy(v->shot.sum, m->sum, 32);
	if (v->part == SKETCH_PARTS) {
		v->theirs[v->at].count = m->count;
		memcpy(v->theirs[v->at].sum, m->sum, 32);
	}
	/* Salted ids hang on their nonce too: only now can ours be made. */
	if (m->salted) {
		memcpy(v->salt.nonces + MESSAGE_NONCE, m->nonce, MESSAGE_NONCE);
		freeze(v);
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

/* From a new snapshot, but not for ever. */
static void
try_again(struct visit *v)
{
	visit_end_cells(v);
	if (v->tries < CELLS_TRIES)
		visit_begin_cells(v);
	else
		visit_begin_rung(v, RUNG_LIST);
}

/* As many as the difference seems to need; at least a few, or a quarter of what is held. */
static uint32_t
more_cells(const struct visit *v)
{
	uint32_t held = v->decoder.cells, step = held / 4 > CELLS_STEP ? held / 4 : CELLS_STEP;
	int64_t net = (int64_t)v->frozen_sum.count - (int64_t)v->shot.count;
	uint32_t missing = sketch_decoder_needs(&v->decoder, net) - held;

	return missing > step ? missing : step;
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
		if (v->snapshot)
			try_again(v);
		else
			visit_begin_tail(v, 0);
		goto out;
	}
	/* The answer was made anew while its blocks came, as long as fewer cells are now: that block is behind its end. */
	if (visit_is_code(v, a, NO_SUCH_BLOCK)) {
		v->asking--;
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
		visit_descend(v);
	else
		ask_cells(v, more_cells(v));
out:
	visit_maybe_free(v);
}

/* Cells of the rung; WHICH is what the query says behind part and salt. */
static void
ask(struct visit *v, const char *which)
{
	char path[32], part[16] = "", salt[32] = "", nonce[2 * MESSAGE_NONCE + 1], query[64 + COUNTS_TEXT];

	snprintf(path, sizeof(path), "cells/%" PRIu32, v->bucket);
	if (v->part < SKETCH_PARTS)
		snprintf(part, sizeof(part), "part=%u&", v->part);
	if (v->salt.on)
		snprintf(salt, sizeof(salt), "salt=%s&", nonce_text(v->salt.nonces, MESSAGE_NONCE, nonce));
	snprintf(query, sizeof(query), "%s%s%s", part, salt, which);
	visit_ask(v, GET, path, query, (struct bytes){ 0 }, cells_came);
}

/* COUNT more. */
static void
ask_cells(struct visit *v, uint32_t count)
{
	char which[64];
	uint32_t from = v->decoder.cells;

	v->asked_cells = count < v->row - from ? count : v->row - from;
	snprintf(which, sizeof(which), "snap=%" PRIu32 "&from=%" PRIu32 "&n=%" PRIu32, v->snapshot, from, v->asked_cells);
	ask(v, which);
}

/* The first ones, as many as the peer finds that are needed; its row may be longer than ours. */
static void
ask_first(struct visit *v)
{
	char which[8 + COUNTS_TEXT] = "counts=";

	v->asked_cells = SKETCH_CELLS;
	counts_format(&v->frozen, count_of_counts(v), which + strlen(which));
	ask(v, which);
}

void
visit_begin_cells(struct visit *v)
{
	v->tries++;
	v->snapshot = 0;
	if (v->salt.on) {
		v->ops.random(v->ops.self, v->salt.nonces, sizeof(v->salt.nonces));
	} else if (!freeze(v)) {
		visit_begin_tail(v, 0);
		return;
	}
	v->row = v->part < SKETCH_PARTS ? SKETCH_CELLS : v->frozen.cells;
	sketch_decoder_init(&v->decoder, 0);
	if (v->salt.on)
		ask_cells(v, salted_cells(v));
	else
		ask_first(v);
}
