#include "node/sync/inside.h"

#include <string.h>

/* More ids than this do not come apart from SKETCH_CELLS cells (proto/sketch.md section 5). */
#define DECODES_MOST 2700
/* So many records, moved by membership or midnight, are worth waiting for the other side to move them too. */
#define MOVED_MANY 1000

static void
begin_whole(struct visit *v)
{
	v->part = SKETCH_PARTS;
	v->tries = 0;
	visit_begin_cells(v);
}

/* The part that the whole, or the one before, has come to. */
static void
begin_part(struct visit *v)
{
	if (v->part == SKETCH_PARTS)
		v->part = 0;
	v->tries = 0;
	visit_begin_cells(v);
}

/* From above where one works, down to what always does. What is not in the table is none of the ladder. */
static const struct rung {
	const char *word;
	void (*begin)(struct visit *v);
	enum visit_rung next;           /* when it did not help */
} rungs[RUNGS] = {
	/*                word      begin             next           helps against                                */
	[RUNG_NONE] =   { "none",   NULL,             RUNG_NONE },
	[RUNG_STREAM] = { "stream", NULL,             RUNG_NONE },
	[RUNG_CELLS] =  { "cells",  begin_whole,      RUNG_PARTS },  /* any difference of up to DECODES_MOST      */
	[RUNG_PARTS] =  { "parts",  begin_part,       RUNG_SALTED }, /* a larger one                              */
	[RUNG_SALTED] = { "salted", begin_part,       RUNG_LIST },   /* equal short ids, ids that share cells     */
	[RUNG_LIST] =   { "list",   visit_begin_list, RUNG_NONE },   /* whatever cells may say                    */
};

const char *
visit_rung_word(enum visit_rung r)
{
	return rungs[r].word;
}

void
visit_begin_rung(struct visit *v, enum visit_rung r)
{
	visit_end_cells(v);
	buf_reset(&v->wanted);
	buf_reset(&v->offers);
	v->rung = r;
	v->salt.on = r == RUNG_SALTED;
	v->missed = false;
	v->admitted_before = v->bucket_admitted;
	if (r > v->end.rung)
		v->end.rung = r;
	rungs[r].begin(v);
}

void
visit_begin_difference(struct visit *v)
{
	enum visit_rung first = v->apart > DECODES_MOST ? RUNG_PARTS : RUNG_CELLS;

	v->part = SKETCH_PARTS;
	visit_begin_rung(v, v->ops.first > first ? v->ops.first : first);
}

void
visit_descend(struct visit *v)
{
	visit_begin_rung(v, rungs[v->rung].next);
}

bool
visit_next_part(struct visit *v)
{
	if ((v->rung != RUNG_PARTS && v->rung != RUNG_SALTED) || v->part + 1 >= SKETCH_PARTS)
		return false;
	v->part++;
	visit_begin_rung(v, v->ops.first > RUNG_PARTS ? v->ops.first : RUNG_PARTS);
	return true;
}

/* --- the closing comparison --- */

/* Of two copies, each taken at one moment, and of whole record ids: what moves meanwhile plays no part. */
static bool
is_explained(const struct visit *v)
{
	uint8_t sum[32];

	sync_sum_bytes(&v->expected, sum);
	return v->expected.count == v->shot.count && memcmp(sum, v->shot.sum, sizeof(sum)) == 0;
}

/*
 * proto/sync.md section 2: what the difference leaves open is looked at again when something moved, and there is another
 * time; when nothing did, it was not the difference.
 */
void
visit_compare(struct visit *v)
{
	bool moved = v->missed || v->bucket_admitted > v->admitted_before;

	if (v->rung == RUNG_LIST && !v->last_page) {
		visit_ask_list(v);
		return;
	}
	if (v->rung == RUNG_LIST ? v->missed : !is_explained(v)) {
		if (v->rung != RUNG_LIST && !(moved && v->agains < MOST_AGAIN)) {
			visit_descend(v);
			return;
		}
		v->unequal = true;
	}
	visit_begin_offers(v);
}

/* --- what moved by itself --- */

/* Give or take a tenth: a node that was away for long drops what has lapsed, and lacks as much else. */
static bool
is_about(int64_t moved, int64_t apart)
{
	int64_t other = moved > apart ? moved - apart : apart - moved;

	return other <= (moved > 0 ? moved : -moved) / 10;
}

bool
visit_looks_moved(const struct visit *v)
{
	int64_t many = 0;

	for (size_t i = 0; i < v->their_count; i++) {
		struct bucket_sum ours = { 0 };
		int64_t moved = v->theirs[i].bucket ? records_moved(v->records, v->theirs[i].bucket) : 0;

		records_bucket(v->records, v->theirs[i].bucket, &ours);
		if (moved && sync_may(&v->view, v->theirs[i].bucket) &&
		    is_about(moved, (int64_t)(ours.count - v->theirs[i].count)))
			many += moved > 0 ? moved : -moved;
	}
	return many > MOVED_MANY;
}
