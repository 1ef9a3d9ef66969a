/*
 * inside - what the files of a visit share.
 *
 * Shape    visit.c         begin and end, hello, buckets, the end of a bucket, admission
 *          visit_ladder.c  which way next: the rungs, and the closing comparison
 *          visit_cells.c   a difference by sketches       visit_list.c   by whole record ids
 *          visit_fetch.c   records by what the difference calls them    visit_offer.c  and what they may ask us for
 *          visit_tail.c    whole records in order of stamp, also before their bucket's turn
 */
#ifndef KILIM_SYNC_INSIDE_H
#define KILIM_SYNC_INSIDE_H

#include "node/sync/part.h"
#include "node/sync/visit.h"

#include "proto/sketch.h"

#define GET 1
#define POST 2
#define FETCH 5
#define NOT_THERE 404
#define NO_SUCH_BLOCK 400
#define TOO_MANY 429
/* A visit begins again at the buckets so often when a difference did not explain all (proto/sync.md section 2). */
#define MOST_AGAIN 3
/* Pages that may be in admission while the next is asked for. */
#define MAX_ADMITTING 8

/*
 * Pages of whole records that are asked for, in order: the first lies behind the cursor, the others are AHEAD of it. Page
 * n begins where page n - 1 ends, which an earlier one has told (messages.md section 4). What has come ahead waits for its
 * turn: PAGES x LIMIT_ANSWER at most, 3 MiB. So many only fill ways that are long and wide: a page waits for all that was
 * lost of those before it, a round trip and more. There are so many in all, of whatever buckets.
 */
#define PAGES 12
#define PAGES_LEAST 3
#define ENDS (2 * PAGES)            /* the end of page n stands in row n % ENDS: of those asked for, and of those they tell */
#define STREAMS 3                   /* this bucket's, one by guess, one of what surely comes next */
struct stream {
	bucket_id bucket;
	bool waits;                     /* its first page is all that is asked for as yet */
	struct page *pages[PAGES];
	unsigned count, dropped;        /* dropped: of those that nobody wants any more, so many still come */
	uint32_t turn;                  /* number of the page behind the cursor */
	struct message_end ends[ENDS];
	bool known[ENDS];
};

/* An answer that came before its turn. */
struct waiting {
	bool came;
	struct visit_answer answer;     /* its body and reason lie here: */
	struct buf body;
	struct err why;
};

struct visit {
	struct records *records;
	struct visit_ops ops;
	struct visit_memory *memory;
	bool cancelled, over;
	unsigned asking, admitting;     /* questions and admissions without an answer */
	unsigned rounds, agains;
	bool again;                     /* something moved and is not equal yet: another look at the buckets */

	struct prefix charter;          /* that our last hello named; zeros: none yet, this is a first visit */
	bool lacks;                     /* a newcomer was told of something besides bucket 0 that it has nothing of */
	bool lines_early, lines_due;    /* the buckets were asked for along with a hello; it is their turn */
	struct waiting lines;
	struct sync_view view;
	struct message_bucket theirs[LIMIT_BUCKETS];
	size_t their_count;

	/* one bucket */
	bucket_id bucket;
	size_t at;                      /* line of `theirs` */
	uint64_t newest;                /* PROBE: our newest stamp */
	uint64_t apart;                 /* difference of the counts */

	/* the ladder */
	enum visit_rung rung;           /* on which this bucket, or part of it, is */
	bool unequal;                   /* the closing comparison of this bucket left something open */
	struct bucket_sum expected;     /* the frozen copy, with the difference applied: it should be the snapshot */
	bool missed;                    /* something of the difference was not there any more */
	size_t admitted_before;         /* of this bucket, when this rung began */

	/* CELLS and FETCH */
	struct salt salt;               /* on: ids are salted */
	struct sketch frozen;           /* ours, as it was when the snapshot was asked for (salted: when it came) */
	struct bucket_sum frozen_sum;
	struct sketch_decoder decoder;
	unsigned part;                  /* SKETCH_PARTS: all of the bucket at once */
	uint32_t part_ids;              /* what differed in the part before */
	uint32_t snapshot, row;         /* theirs; 0: not known yet. Cells that both rows have */
	struct message_bucket shot;     /* count and sum of the snapshot */
	uint32_t asked_cells;
	unsigned tries;
	struct buf wanted;              /* what they have and we lack, as the rung calls it (visit_fetch.c) */
	unsigned fetching;

	/* LIST and TAIL */
	uint64_t cursor_stamp;
	struct id cursor_id;
	bool last_page, paging;
	struct stream streams[STREAMS];
	struct stream *stream;          /* of this bucket; the others are of buckets whose turn comes */
	bool resumed;                   /* it began where an earlier one broke off */
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
/* A is kept in W until its turn; waiting_done: it is not wanted any more. */
void waiting_keep(struct waiting *w, const struct visit_answer *a);
void waiting_done(struct waiting *w);
/* Last in every callback. */
void visit_maybe_free(struct visit *v);
/* DONE of visit_ops.admit. */
void visit_admitted(void *arg, const struct admit_result *r);
/* What next of this bucket: a page, records, offers, or its end. */
void visit_proceed(struct visit *v);
/* Bucket 0 has come whole and is being stored: what a newcomer surely lacks next is asked for already. */
void visit_look_ahead(struct visit *v);
/* The bucket is done: the next one, or the end. */
void visit_end_bucket(struct visit *v);

/* --- visit_offer.c --- */
void visit_begin_offers(struct visit *v);

/* --- visit_ladder.c --- */
/* The bucket's difference, from the first rung that may tell it. */
void visit_begin_difference(struct visit *v);
void visit_begin_rung(struct visit *v, enum visit_rung r);
/* This rung did not tell it: the next one does better. */
void visit_descend(struct visit *v);
/* All that was wanted of this bucket or part has come, or will not: was that the difference? */
void visit_compare(struct visit *v);
/* The bucket, or the part, is done: the next part. False: there is none. */
bool visit_next_part(struct visit *v);
/* Membership or midnight has moved most of what differs, here within the last hour; there it will. */
bool visit_looks_moved(const struct visit *v);

/* --- visit_cells.c --- */
/* By cells of the rung: of all, of v->part, or of that salted. */
void visit_begin_cells(struct visit *v);
void visit_end_cells(struct visit *v);

/* --- visit_list.c --- */
void visit_begin_list(struct visit *v);
void visit_ask_list(struct visit *v);

/* --- visit_fetch.c --- */
/* How many bytes name a record in v->wanted. */
size_t visit_name_len(const struct visit *v);
void visit_fetch_more(struct visit *v);

/* --- visit_tail.c --- */
/* Everything above STAMP; all of the bucket when it is 0. */
void visit_begin_tail(struct visit *v, uint64_t stamp);
void visit_ask_page(struct visit *v);
/* B is asked for before its turn, from its beginning on: its first page, or those behind it as well. They wait in memory. */
enum early { EARLY_PAGE, EARLY_PAGES };
void visit_begin_early(struct visit *v, bucket_id b, enum early how);
/* What is asked for is not wanted any more. */
void visit_end_tail(struct visit *v);

#endif
