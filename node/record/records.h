/*
 * records - the record engine: author, admit, keep, find, and what the reconciled set holds.
 *
 * Source   proto/records.md; docs/store.md
 * Shape    one live version a key (author, kind, name): the higher stamp, on equal stamps the larger id; a lasting
 *          record is its own key
 *          a bucket is (collection, territory of the author, audience); membership is the one bucket 0
 * Law      the set is a function of (records, membership), never of the order of arrival
 *          record, short id, live key, journal and sums change in one transaction
 *          what authoring or admission returned OK for is on disk
 */
#ifndef KILIM_RECORD_RECORDS_H
#define KILIM_RECORD_RECORDS_H

#include "node/base/clock.h"
#include "node/crypto/crypto.h"
#include "node/member/member.h"
#include "node/record/sure.h"
#include "node/store/store.h"
#include "proto/envelope.h"
#include "proto/kind.h"
#include "proto/sketch.h"

struct records;

/* Buckets travel as one number: collection << 24 | territory << 8 | audience; membership is 0. */
typedef uint32_t bucket_id;
bucket_id bucket_make(enum collection c, uint16_t territory, enum audience a);
enum audience bucket_audience(bucket_id b);
enum collection bucket_collection(bucket_id b);

/* Count, and sum mod 2^256 of record ids read as little-endian numbers, of what is in the set. */
struct bucket_sum {
	uint64_t count;
	uint64_t sum[4];           /* least significant word first */
	uint64_t newest;           /* stamp */
};
void bucket_sum_add(struct bucket_sum *s, const uint8_t id[ID_LEN], uint64_t stamp);
/* Leaves `newest` as it is. */
void bucket_sum_take(struct bucket_sum *s, const uint8_t id[ID_LEN]);

/*
 * Refusals: one row each. BLAMED: counts against the peer that sent it. OUTDATED: what is held is newer, or took it away, so
 * who refuses it lacks nothing. A test walks the rows; tests/hostile has an attack for each blamed one.
 */
#define REFUSAL_TABLE(X) /* name, err, blamed, outdated, words */                                     \
	X(NONE, OK, false, false, "admitted")                                                                \
	X(HELD, OK, false, false, "held already")                                                            \
	X(SIZE, LIMIT, true, false, "longer than a record may be")                                           \
	X(CANONICAL, INPUT, true, false, "not canonical CBOR")                                               \
	X(STRUCTURE, INPUT, true, false, "breaks the structure that every version agrees on")                \
	X(FUTURE, INPUT, false, false, "stamped in the future")                                              \
	X(FUTURE_ASIDE, INPUT, false, false, "stamped a little in the future: waits aside")                  \
	X(PAST, INPUT, false, true, "its life has ended")                                                    \
	X(OLDER, CONFLICT, false, true, "a newer version is held")                                           \
	X(ERASED, DENIED, false, true, "erased")                                                             \
	X(STRANGER, DENIED, false, false, "its author was never admitted")                                   \
	X(NOT_ACTIVE, DENIED, false, false, "its author is not active: kept aside")                          \
	X(NOT_ENTITLED, DENIED, false, false, "its author may not sign this kind")                           \
	X(AUDIENCE, DENIED, false, false, "its author's class may not use this audience")                    \
	X(QUOTA, LIMIT, false, false, "over the author's quota")                                             \
	X(DAY, LIMIT, false, false, "over the author's limit for one day; again the day after")              \
	X(SIGNATURE, DENIED, true, false, "the signature is not by the key it names, or of another network") \
	X(STORE, STORE, false, false, "storage failed")
enum refusal {
#define X(name, err, blamed, outdated, words) REFUSAL_##name,
	REFUSAL_TABLE(X)
#undef X
	REFUSALS
};
enum err_code refusal_err(enum refusal r);
bool refusal_blamed(enum refusal r);
bool refusal_outdated(enum refusal r);
const char *refusal_name(enum refusal r);    /* "signature": for counters and logs */
const char *refusal_words(enum refusal r);

struct records_change;
/*
 * Who follows the set, within the transactions that change it (an index of it). All NULL: nobody. V and T are borrowed for
 * the call; INSERT and REMOVE of one record are told with the same bucket. FORGET: the transaction was given up.
 */
struct records_follower {
	void *self;
	void (*insert)(void *self, struct store_txn *t, const struct verified *v, bucket_id b);
	void (*remove)(void *self, struct store_txn *t, const struct verified *v, bucket_id b);
	void (*flush)(void *self, struct store_txn *t);     /* the last before it is committed */
	void (*forget)(void *self);
};
struct records_options {
	struct store *store;             /* outlives the engine */
	const struct world *world;
	struct id self;                  /* our organisation */
	/* After a commit: what has changed. FRESH counts records that came in; called on the loop. May be NULL. */
	void (*changed)(void *self, const struct records_change *c);
	void *user;
	struct records_follower follower;
};
struct records_change {
	uint64_t arrival_from, arrival_to;   /* arrivals (from, to] are new */
	bool membership;                     /* bucket 0 changed: compute it anew */
};

/* NETWORK may be all zero until one is founded or joined. Rebuilds sums, sketches and counts from the store. */
enum err_code records_open(const struct records_options *o, struct records **out, struct err *e);
void records_close(struct records *r);
/* The network becomes known: once, or again with the same id. Short ids depend on it. */
enum err_code records_set_network(struct records *r, const struct id *network, struct err *e);
const struct id *records_network(const struct records *r);
uint64_t records_incarnation(const struct records *r);
/* Another incarnation: this store is no longer the one of before. */
enum err_code records_renew(struct records *r, struct err *e);
/* How often this store was counted, for its twin outside (service/recovery.h); 0: never. */
uint64_t records_boot(const struct records *r);
enum err_code records_set_boot(struct records *r, uint64_t boot, struct err *e);
/* While HELD nothing is authored: ERR_DENIED, rule "recovering". Others' records, and own ones of others, come in. */
void records_hold(struct records *r, bool held);
uint64_t records_arrival(const struct records *r);     /* newest arrival number */
uint64_t records_changes(const struct records *r);     /* rises with every commit that moved the set: for what is kept beside it */

/*
 * Compute membership anew from bucket 0, persist the branch, move between the set and aside what it changed
 * (authors who came, went, moved territory; audiences our own class may no longer have are dropped).
 * The result is borrowed until the next call.
 */
enum err_code records_refresh(struct records *r, const struct membership **out, struct err *e);
const struct membership *records_membership(const struct records *r);
/*
 * LEFT_OUT: bit of each collection that this node does not keep. What it holds of them goes, unless something of its own
 * is there: then the whole collection stays, and its bit is not in *OUT_LEFT_OUT.
 */
enum err_code records_leave_out(struct records *r, unsigned left_out, unsigned *out_left_out, struct err *e);

/* --- authoring --- */
struct draft {
	uint32_t kind;
	struct uuid name;                /* all zero: a new one is made (kinds named otherwise: by their rule) */
	enum record_state state;
	int64_t expires;
	enum audience audience;
	struct bytes body;               /* canonical CBOR map; empty when withdrawn */
	struct bytes private_fields;     /* CBOR map for the side table; p NULL: leave as it is */
	bool checked;                    /* kind_check has passed on this body: it is not walked a second time */
	uint64_t if_stamp;               /* 0: any; else the live version must have it (ERR_CONFLICT) */
	const struct sign_key *machine;  /* NULL: the organisation signs */
};
struct authored {
	struct id id;
	struct uuid name;
	uint64_t stamp;
};
/*
 * Check by the kind's row, stamp, sign, store: all drafts in one durable transaction or none.
 *   ERR_INPUT, ERR_LIMIT   a draft breaks its row (object names it: "service 3: languages")
 *   ERR_DENIED             we may not author this kind, or are not active, or over quota, or held (records_hold)
 *   ERR_CONFLICT           if_stamp does not match
 *   ERR_STORE
 */
enum err_code records_author(struct records *r, const struct sign_key *k, const struct draft *drafts, size_t count,
    struct authored *out, struct err *e);
/* Like records_author, but nothing is stored (--dry-run). */
enum err_code records_author_try(struct records *r, const struct draft *drafts, size_t count, struct err *e);
/* The founding charter: signed with 32 zero bytes as network; its id becomes the network. */
enum err_code records_found(struct records *r, const struct sign_key *k, struct bytes charter_body,
    struct id *out_network, struct err *e);
/* Where a stricter disclosure or audience is signed: erasure of KEY up to STAMP in the same transaction: by row
 * KIND_ERASURE drafts passed along to records_author. */

/* --- admission of others' records --- */
/* Cheap tests, on the loop: size, canonical, structure, held, stamp, newer, erased, quota. NONE: worth verifying. */
enum refusal records_screen(struct records *r, struct bytes envelope, struct unverified *out, struct err *e);
/* The signature; pure, any thread. */
bool records_signature_ok(const struct id *network, const struct unverified *u);
struct admission {
	struct bytes envelope;           /* borrowed until records_admit returns */
	bool signature_ok;               /* what records_signature_ok said of it */
	enum refusal verdict;            /* out */
	struct id id;                    /* out, when it could be read */
};
/* All in one durable transaction; each gets its verdict (screened again: the world may have moved). ERR_STORE:
 * none is stored. */
enum err_code records_admit(struct records *r, struct admission *items, size_t count, struct err *e);

/*
 * --- reading; views end with the transaction T (a read or write transaction of the same store) ---
 * What is live is read from T alone: there R may be NULL, for followers that begin before there is an engine.
 */
bool records_get(struct records *r, struct store_txn *t, const struct id *id, struct verified *out);
bool records_live(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    const struct uuid *name, struct verified *out);
/*
 * What a reference names: the live entry of AUTHOR and NAME, of whatever kind people enter; TARGET is looked for first, 0: none
 * is likelier. False: not held here.
 */
bool records_referred(struct records *r, struct store_txn *t, uint16_t target, const struct id *author,
    const struct uuid *name, struct verified *out);
/* Live (not withdrawn) records of KIND in the set, in order of (author, name); FN returns false to stop. */
void records_each(struct records *r, struct store_txn *t, uint32_t kind,
    bool (*fn)(void *self, const struct verified *v), void *self);
/* The same with those whose newest version is a withdrawal. */
void records_each_withdrawn_too(struct records *r, struct store_txn *t, uint32_t kind,
    bool (*fn)(void *self, const struct verified *v), void *self);
/* The same of one author. */
void records_each_of(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    bool (*fn)(void *self, const struct verified *v), void *self);
/* Unix ms when V's key came to this node first, whatever its versions since; 0: not known (kept before this was counted). */
int64_t records_first_seen(struct records *r, struct store_txn *t, const struct verified *v);
/* Was an earlier version of V's key erased: has the entry become stricter, or was it cleaned of something? */
bool records_was_erased(struct records *r, struct store_txn *t, const struct verified *v);
/* Our own versions of a key, newest first, withdrawn ones too. */
void records_history(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    const struct uuid *name, bool (*fn)(void *self, const struct verified *v), void *self);
/* Private fields of a key: a CBOR map, empty when none. */
struct bytes records_private(struct records *r, struct store_txn *t, uint32_t kind, const struct id *author,
    const struct uuid *name);
uint64_t records_count(const struct records *r, enum collection c);

/* --- for followers that begin late: what T's store holds, without an engine --- */
/* Every record of the set in order of id, behind AFTER (NULL: from the first); FN returns false to stop. */
void records_stored(struct store_txn *t, const struct id *after,
    bool (*fn)(void *self, const struct verified *v, bucket_id b), void *self);
/* One of them. */
bool records_stored_one(struct store_txn *t, const struct id *id, struct verified *out, bucket_id *out_bucket);
/* Equal marks: the set is the same, or nearly certainly so. */
struct records_mark {
	uint64_t arrival, count;
};
void records_stored_mark(struct store_txn *t, struct records_mark *out);

/* --- what sync needs --- */
void records_short(const struct records *r, const struct id *id, uint8_t out[8]);
/* Every non-empty bucket, ascending by id. UNTIL: only records with stamp <= UNTIL (UINT64_MAX: all, from memory). */
void records_buckets(struct records *r, struct store_txn *t, uint64_t until,
    void (*fn)(void *self, bucket_id b, const struct bucket_sum *s), void *self);
bool records_bucket(const struct records *r, bucket_id b, struct bucket_sum *out);   /* whole bucket; false: empty */
/* B's sketch and sum as they are now, a copy; it ends with sketch_done. False: B is empty, OUT is not touched. */
bool records_sketch(const struct records *r, bucket_id b, struct sketch *out, struct bucket_sum *out_sum);
/* Every id of B whose short id begins with the 4 bits PART, of SKETCH_PARTS; in order of (short id, id). */
#define SKETCH_PARTS 16
void records_part_ids(struct records *r, struct store_txn *t, bucket_id b, unsigned part,
    void (*fn)(void *self, const struct id *id, const uint8_t short_id[8]), void *self);
/* Records of B in order of (stamp, id), after (STAMP, ID) (ID NULL: from STAMP on, inclusive). */
void records_tail(struct records *r, struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, uint64_t stamp, const struct id *id, struct bytes envelope), void *self);
/* The same without the envelopes: their lengths; ids and short ids. */
void records_tail_lengths(struct records *r, struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, uint64_t stamp, const struct id *id, size_t len), void *self);
void records_tail_ids(struct records *r, struct store_txn *t, bucket_id b, uint64_t stamp, const struct id *id,
    bool (*fn)(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8]), void *self);
/* Every record of B with this short id. */
void records_by_short(struct records *r, struct store_txn *t, bucket_id b, const uint8_t short_id[8],
    void (*fn)(void *self, const struct id *id, struct bytes envelope), void *self);
/* How many records with SHORT do we hold in B, in the set or aside, or remember as gone? They are not asked for. OUT (may be
 * NULL): the first of them. */
unsigned records_knows(struct records *r, struct store_txn *t, bucket_id b, const uint8_t short_id[8], struct id *out);
/* The same of one record, by its whole id. */
bool records_knows_id(struct records *r, struct store_txn *t, bucket_id b, const struct id *id);
/* How many records membership or midnight put into B within the last hour (less than 0: took out of it). */
int64_t records_moved(struct records *r, bucket_id b);
/* Arrivals (FROM, TO]; those superseded since are left out. */
void records_arrivals(struct records *r, struct store_txn *t, uint64_t from, uint64_t to,
    void (*fn)(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8]), void *self);

/* --- time --- */
/* Unix ms as far as anybody can tell (sure.h): stamps, bounds, lives and what is shown go by it. */
int64_t records_now_ms(struct records *r);
const struct sure *records_sure(const struct records *r);
/*
 * What other clocks and the kernel say just now. When the clock has become sure by it, what came in meanwhile is judged
 * again: by the bounds for stamps ahead and by the end of lives. ERR_STORE: nothing has changed, say it again.
 */
enum err_code records_hear_time(struct records *r, const struct sure_word *w, struct err *e);
/*
 * Our own records that are stamped so far ahead of the agreed time that everybody refuses them: the stamp clock goes back
 * below them, they are signed anew at the present, the old versions are dropped. Charters are dropped only: they say what
 * was compared with another moment; records_carry sees to the votes under them. MACHINE signs what it had signed. OUT_COUNT of them; 0 where nobody vouches for the time.
 */
enum err_code records_restamp(struct records *r, const struct sign_key *k, const struct sign_key *machine,
    size_t *out_count, struct err *e);
/*
 * Our own votes that name a charter which is not the current one, where they have to count on (proto/membership.md section 4):
 * signed anew under the current one. OUT_COUNT of them; 0 while the clock is unsure, held (records_hold), or there are none.
 */
enum err_code records_carry(struct records *r, const struct sign_key *k, size_t *out_count, struct err *e);
/* What leaves at midnight UTC leaves, what waited aside comes in, what lapses lapses. Call hourly and at midnight. */
enum err_code records_sweep(struct records *r, struct err *e);
int64_t records_next_ms(const struct records *r);   /* Unix ms of the next sweep that can change anything */

struct records_counts {
	uint64_t refused[REFUSALS], admitted, authored, aside;
};
struct store *records_store(const struct records *r);
const struct records_counts *records_counts(const struct records *r);

#endif
