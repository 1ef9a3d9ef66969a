/*
 * records_int - what the parts of the record engine share; nobody else includes it.
 *
 * Shape    set.c        the set: its rows in the store, its groups     aside.c      what is kept outside of it
 *          work.c       one transaction                              day.c        when records leave; what a day has seen
 *          bucket.c     sums and sketches in memory                  tally.c      counts by a key
 *          admit.c      where a record belongs, and admission         erase.c      erasures and what they take along
 *          author.c     our own records                              refresh.c    membership anew, sweep
 *          retime.c     what a clock that is sure again changes       carry.c      own votes under another charter
 *          short.c      short ids
 *          records.c    opening, reading                             reconcile.c  what reconciliation reads
 * Law      what is in memory (sums, sketches, tallies) follows the transaction at once; when it is not committed, all of
 *          it is rebuilt from the store
 */
#ifndef KILIM_RECORD_RECORDS_INT_H
#define KILIM_RECORD_RECORDS_INT_H

#include "node/record/records.h"
#include "node/record/rows_int.h"
#include "proto/stamp.h"

#define BUCKET_ASIDE 0xffffffffu    /* of short ids that are kept aside */

#define GONE_DAYS 2                 /* ids that expired are remembered for 48 h */

/* Why something is kept aside. */
enum aside { ASIDE_FUTURE = 1, ASIDE_STANDING, ASIDE_DAY, ASIDE_QUOTA };

/* --- tally.c --- */
/* The beginning of a quota_key that names a group; of charters half of the order belongs to it. */
#define GROUP_LEN offsetof(struct quota_key, order)
#define GROUP_OF_PARENT 16
#define GROUP_MOST (GROUP_LEN + GROUP_OF_PARENT)

/* Counts by a key of at most GROUP_MOST bytes: open addressing, grows. */
struct tally_entry {
	uint8_t key[GROUP_MOST];
	uint8_t used;
	uint32_t count;
};
struct tally {
	struct tally_entry *entries;
	size_t cap, used;
};
uint32_t tally_get(const struct tally *t, struct bytes key);
void tally_add(struct tally *t, struct bytes key, int by);
void tally_free(struct tally *t);

struct bucket_row {
	bucket_id id;
	struct bucket_sum sum;
	struct sketch sketch;             /* of the short ids; no cells yet: none was inserted */
	int64_t moved, moved_from_ms;     /* what membership or midnight put in, less what they took out, since then */
};

struct records {
	struct store *store;
	const struct world *world;
	struct records_options options;
	struct id self, network;
	uint64_t incarnation, boot, arrival, stamp, changes;
	bool held;                        /* recovering: nothing is authored */
	struct id branch;
	int64_t hour;                     /* of the last refresh that was committed; -1: none yet */

	struct membership *membership;    /* never NULL after open */
	struct membership **retired;      /* lent out before: freed at the next records_refresh */
	size_t retired_count;

	struct bucket_row *buckets;       /* ascending */
	size_t bucket_count, bucket_cap;
	struct tally keys;                /* of each quota group */
	struct tally asides;              /* kept aside, of each author */
	struct tally day_writes;          /* of each author, stamped on day `day`; kept in the store */
	int64_t day;
	uint64_t aside_count;
	int64_t next_aside_ms;            /* when the first that waits aside comes in */
	int64_t swept_day;                /* what had to leave by then has left */
	struct sure sure;                 /* of the clock; by way of records_now_ms only */
	int64_t wipe_ms;                  /* erased bytes are in free pages: when they go; INT64_MAX: there are none */
	int64_t wiped_ms;                 /* when they last went */
	struct records_counts counts;
};

/* One write transaction of the engine, or the reading half of it (screening). */
struct work {
	struct records *r;
	struct store_txn *t;
	const struct membership *m;       /* what is judged by */
	struct membership *fresh;         /* computed in this transaction; the engine's after its commit */
	int64_t now_ms, day, hour;        /* not SURE: the hour is that of before */
	bool sure;                        /* lives end, the future is refused */
	struct id branch;
	uint64_t arrival_before;
	bool touched;                     /* memory has moved */
	bool membership_moved;            /* bucket 0 has changed since M was computed */
	bool membership_changed;          /* it changed within this transaction */
	bool moving;                      /* records that were in already change place: no day's limit */
	bool ours;                        /* signed here, now: never in the future */
	struct tally written;             /* authors whose count of today has moved */
	struct {                          /* the key that left last: what comes back at once was never away */
		struct lasting_key key;
		size_t len;
		int64_t seen;
	} left;
	struct buf nodes;                 /* authors whose `node`, and so whose machine keys, changed */
	struct buf retry;                 /* authors (32 bytes each) whose waiting records may fit now */
};

/* --- work.c --- */
void work_begin(struct work *w, struct records *r);
void work_begin_read(struct work *w, struct records *r, struct store_txn *t);
/* Commits and tells; ERR_STORE: memory is rebuilt. */
enum err_code work_end(struct work *w, struct err *e);
void work_abort(struct work *w);

/* --- day.c --- */
int64_t day_of(int64_t unix_ms);
/* The day at whose beginning (UTC) a record leaves; INT64_MAX: never. */
int64_t day_leaves(uint32_t kind, uint64_t stamp);
/* What the store knows of the day that it is: how much each author wrote that is stamped on it. */
void day_scan(struct records *r, struct store_txn *t);
/* It may have become another day since the last work. */
void day_set(struct work *w);
/* R was written on that day; day_put stores whose count has moved. */
void day_count(struct work *w, const struct record *r);
/*
 * How many like R its author has written on it. Withdrawals are counted by themselves: whoever has written too much must be
 * able to take back what harms, at once.
 */
uint32_t day_written(const struct work *w, const struct record *r);
void day_put(struct work *w);

/* --- bucket.c --- */
/* What of bucket B stands in memory follows V, whose rows are in the store by now; or are no longer. */
void bucket_insert(struct work *w, bucket_id b, const struct verified *v, const uint8_t short_id[8]);
void bucket_remove(struct work *w, bucket_id b, const struct verified *v, const uint8_t short_id[8]);
/* All buckets, from the store; there are none yet. */
void bucket_scan(struct records *r, struct store_txn *t);
void bucket_forget(struct records *r);

/* --- set.c --- */
struct group {
	struct quota_key key;
	size_t len;                       /* of the part that names the group */
	bool counted_keys;                /* of the ordinary quota */
};
void set_group(const struct verified *v, struct group *out);
static inline struct bytes
group_name(const struct group *g)
{
	return (struct bytes){ (const uint8_t *)&g->key, g->len };
}
void set_name_key(uint32_t kind, const struct id *author, const struct uuid *name, struct name_key *out);
/* The key of LIVE that R has, in OUT as far as it reaches. */
struct bytes set_live_key(const struct record *r, const struct id *id, struct lasting_key *out);
/* When the key was first here, in Unix ms; 0: unknown. */
int64_t set_first_seen(struct store_txn *t, struct bytes live_key);
bool set_live(struct work *w, const struct record *r, const struct id *id, uint64_t *out_stamp, struct id *out_id);
bucket_id set_bucket(const struct work *w, const struct record *r);
void set_insert(struct work *w, const struct verified *v);
/* Take it out; its envelope is appended to OUT (may be NULL). False: it was not there. */
bool set_remove(struct work *w, const struct id *id, struct buf *out);
/* Envelope and place of what is in the set; borrowed until the next write. */
struct held {
	uint64_t arrival;
	const uint8_t *short_id;          /* SHORT_LEN bytes */
	bucket_id bucket;
	struct bytes envelope;
};
bool set_get(struct store_txn *t, const struct id *id, struct held *out);
/* Ids (32 bytes each) of everything of AUTHOR in the set. */
void set_ids_of(struct work *w, const struct id *author, struct buf *out);
/* Everything in memory that follows the set, from the store. */
void set_rebuild(struct records *r, struct store_txn *t);

/* --- aside.c --- */
/* False: the author has too much waiting; it is not kept. */
bool aside_put(struct work *w, const struct verified *v, enum aside reason);
bool aside_held(struct work *w, const struct id *author, const struct id *id);
/* Borrowed until the next write. */
bool aside_get(struct store_txn *t, const struct id *author, const struct id *id, struct bytes *out_envelope);
void aside_drop(struct work *w, const struct id *author, const struct id *id);
/* Judge again all of AUTHOR that waits (NULL: everybody's whose time has come). */
void aside_retry(struct work *w, const struct id *author);
/* Everything of AUTHOR (NULL: of everybody) that is kept aside; V is borrowed until the next write. */
void aside_each(struct store_txn *t, const struct id *author,
    void (*fn)(void *self, enum aside reason, int64_t when, const struct verified *v), void *self);
/* Copies that outlive writes. */
struct copies {
	struct buf bytes;                 /* id 32, length 4, envelope, and so on */
	size_t at;
};
void copies_add(struct copies *c, const struct verified *v);
bool copies_next(struct copies *c, struct verified *out);

/* --- erase.c --- */
bool erase_hits(struct work *w, const struct record *r);
void erase_learn(struct work *w, const struct verified *erasure);
void erase_forget(struct work *w, const struct verified *erasure);
/* Deleted bytes stay in free pages: have the store written anew, now if nobody reads, else by a later sweep. */
void erase_wipe_later(struct work *w);
enum err_code erase_wipe(struct records *r, struct err *e);
/* Coordinators have changed: what a majority erases now goes. */
void erase_all(struct work *w);

/* --- admit.c --- */
struct place {
	bool has_victim;
	struct id victim;                 /* makes room when this one comes in */
};
/* Everything but the signature. NONE: belongs to the set. */
enum refusal admit_judge(struct work *w, const struct verified *v, struct place *out);
/* V is ours and is not taken in again; a lasting one may come when its time has come. */
void admit_take(struct work *w, const struct verified *v);
/*
 * V was replaced by a newer version of its author, or erased by her. When it is ours it is not taken in again: its stamp alone does
 * not keep it out, as it may lie ahead of what we sign anew in place of the newer one (retime.c). Other kinds are left alone:
 * those that count whatever their stamp, and what another machine signs, which may still be the latest there is.
 */
void admit_retire(struct work *w, const struct verified *v);
/* Judge and store where it belongs. */
enum refusal admit_place(struct work *w, const struct verified *v);
/* Give retried authors their turn. */
void admit_settle(struct work *w);
uint32_t admit_limit(const struct work *w);

/* Counted whatever its stamp: who may connect must not depend on clocks, and without the first charter nothing is there. */
bool admit_is_timeless(const struct work *w, const struct verified *v);
/* How far ahead the record reaches: its stamp; an erasure also by the last stamp that it erases. */
uint64_t admit_reach(const struct record *r);

/* --- author.c --- */
/* Sign R, which is ours, once more with the next stamp, and place it. */
enum err_code author_again(struct work *w, const struct sign_key *k, const struct record *r, struct err *e);

/* --- retime.c --- */
int64_t hour_now(struct records *r);
/* When the clock is sure: judge again what came in while it was not, and all lives. */
enum err_code retime_settle(struct records *r, struct err *e);

/* --- refresh.c --- */
/* Take it from where it is (IN: the set, else aside) and judge it again. */
void refresh_move(struct work *w, const struct verified *v, bool in);
/* Membership anew from bucket 0, and everything moved to where it says. */
void refresh_work(struct work *w);
void refresh_load(struct records *r, struct store_txn *t);

#endif
