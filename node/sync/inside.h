/*
 * inside - what the files of a visit share.
 *
 * Shape    visit.c         begin and end, hello, buckets, the end of a bucket, offers, admission
 *          visit_cells.c   a difference by sketches, and records by short id
 *          visit_tail.c    whole records in order of stamp
 */
#ifndef KILIM_SYNC_INSIDE_H
#define KILIM_SYNC_INSIDE_H

#include "node/sync/visit.h"

#include "proto/sketch.h"

#define GET 1
#define FETCH 5
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
	struct page *page, *ahead;      /* asked for: from the cursor on, and what follows it */
	bool resumed;                   /* the stream began where an earlier one broke off */
	size_t bucket_admitted, bucket_offered, round_admitted;
	uint8_t our_sum[32];            /* when the bucket was begun */
	struct buf offers;              /* short ids of ours that they lack */

	struct visit_end end;
};

/* --- visit.c --- */
void visit_ask(struct visit *v, uint16_t method, const char *path, const char *query, struct bytes payload,
    void (*done)(void *arg, const struct visit_answer *a));
/* The same for a question whose answer goes to somebody else than V; false: the visit has ended. */
bool visit_ask_for(struct visit *v, const struct visit_ask *q);
/* Is this answer still wanted, and a success? Else the visit ends. The first counts it as come. */
bool visit_usable(struct visit *v, const struct visit_answer *a);
bool visit_is_fine(struct visit *v, const struct visit_answer *a);
bool visit_is_code(const struct visit *v, const struct visit_answer *a, uint16_t code);
void visit_fail(struct visit *v, enum err_code code, const struct err *why);
/* Last in every callback. */
void visit_maybe_free(struct visit *v);
/* DONE of visit_ops.admit. */
void visit_admitted(void *arg, const struct admit_result *r);
/* What next of this bucket: a page, records, offers, or its end. */
void visit_proceed(struct visit *v);
void visit_begin_offers(struct visit *v);

/* --- visit_cells.c --- */
/* The bucket's difference: as a whole, or in parts where it is too large for one row of cells. */
void visit_begin_difference(struct visit *v);
void visit_begin_part(struct visit *v, unsigned part);
void visit_fetch_more(struct visit *v);
void visit_end_cells(struct visit *v);

/* --- visit_tail.c --- */
/* Everything above STAMP; all of the bucket when it is 0. */
void visit_begin_tail(struct visit *v, uint64_t stamp);
void visit_ask_page(struct visit *v);
/* What came ahead is not wanted any more. */
void visit_end_tail(struct visit *v);

#endif
