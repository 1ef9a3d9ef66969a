/*
 * store - one durable LMDB environment, tables and transactions; the only room that knows lmdb.h.
 *
 * Source   docs/store.md (key layout); LMDB's own caveats
 * Shape    D/store/data.mdb, one map whose size is chosen at open and never changes while running
 * Law      default (durable) flags, one process, no DUPSORT, no WRITEMAP; a commit that returned OK is on disk
 *          a transaction keeps its first fault; later calls on it do nothing; commit reports it
 *          a part of the map is a reserve that only RESERVED writes may use, so that membership, withdrawals and
 *          erasures can be written when all else is full
 *          after EIO or ENOSPC at a commit the store is read-only until it is opened again
 * Lifetime views from store_get and cursors end with their transaction, or with the next write in it
 */
#ifndef KILIM_STORE_STORE_H
#define KILIM_STORE_STORE_H

#include "proto/buf.h"
#include "proto/err.h"

struct store;
struct store_txn;

#define STORE_TABLES(X) /* name, key -> value; integers big-endian */                                      \
	X(META, "meta")         /* word -> bytes: format, incarnation, boot, arrival, stamp, network ... */ \
	X(RECORD, "record")     /* record id 32 -> arrival 8, short id 8, bucket 4, envelope: the set */        \
	X(LIVE, "live")         /* kind 4, author 32, name 16 (lasting: record id 32) -> stamp 8, record id 32 */ \
	X(TAIL, "tail")         /* bucket 4, stamp 8, record id 32 -> short id 8, envelope length 4, kind 4 */  \
	X(SHORT, "short")       /* bucket 4 (aside: ffffffff), short id 8, record id 32 -> "" */                \
	X(ARRIVAL, "arrival")   /* arrival 8 -> record id 32, bucket 4, short id 8 */                           \
	X(QUOTA, "quota")       /* author 32, collection 1, audience or share 1, hash of key 32 -> record id 32 */ \
	X(ASIDE, "aside")       /* author 32, record id 32 -> reason 1, when 8, envelope: kept, not in the set */ \
	X(ERASED, "erased")     /* hash of key 32, author 32, record id 32 of the erasure -> up to stamp 8, charter 32 */ \
	X(HISTORY, "history")   /* kind 4, author 32, name 16, stamp 8 -> own superseded envelope */            \
	X(PRIVATE, "private")   /* kind 4, author 32, name 16 -> CBOR map of private fields */                  \
	X(GONE, "gone")         /* day 4, short id 8 -> "": ids that expired, remembered 48 h */                \
	X(DAY, "day")           /* author 32 -> day 4, count 4: how much she wrote on her last day of writing */ \
	X(TAKEN, "taken")       /* record id 32 -> kind 4, stamp 8: own versions taken back, never to be held again */ \
	X(POST, "post")         /* class 1, key of a term, 0, first document 4 -> postings of 6 bytes: node/search */ \
	X(FRESH, "fresh")       /* as post, of the newest documents */                                           \
	X(DOC, "doc")           /* 'b' block 4 -> rows; 'i' number 4 -> record id 32; 'r' record id 32 -> number 4 */ \
	X(GRAM, "gram")         /* three bytes of a word, its length 1, the word -> "" */                       \
	X(INVITE, "invite")     /* invite id 8 -> CBOR map */                                                   \
	X(PEER, "peer")         /* node id 32 -> CBOR map: what we know of it */

enum store_table {
#define X(name, word) STORE_##name,
	STORE_TABLES(X)
#undef X
	STORE_TABLE_COUNT
};

struct store_options {
	size_t map_bytes;        /* 0: 64 GiB of address space, or what the file system can hold */
	size_t reserve_bytes;    /* 0: 16 MiB */
	bool any_file_system;    /* also one that loses durable writes (NFS, FUSE ...): the operator insists */
};
/*
 * DIR is the state directory D; D/store is made when it is missing.
 *   ERR_STORE    cannot be opened: locked by another process ("locked by PID N"), disk, damaged
 *   ERR_VERSION  made by a newer kilim
 *   ERR_DENIED   on a network or FUSE file system
 */
enum err_code store_open(const char *dir, const struct store_options *o, struct store **out, struct err *e);
void store_close(struct store *s);

/* A write transaction (one at a time, the loop's) or a read transaction (any thread). Never fails to give one:
 * what went wrong is its first fault. */
struct store_txn *store_write(struct store *s);
struct store_txn *store_read(struct store *s);
/* May use the reserve from now on. */
void txn_reserved(struct store_txn *t);
/* Ends it. ERR_STORE: nothing of it is on disk. For a read transaction: the first fault. */
enum err_code txn_commit(struct store_txn **t, struct err *e);
/* Ends it, nothing written; NULL is fine. */
void txn_abort(struct store_txn **t);
bool txn_faulty(const struct store_txn *t);

/* False: no such key (or an earlier fault). */
bool txn_get(struct store_txn *t, enum store_table table, struct bytes key, struct bytes *out);
void txn_put(struct store_txn *t, enum store_table table, struct bytes key, struct bytes value);
/* Append beyond the last key; falls back to txn_put when it is not the last. */
void txn_put_last(struct store_txn *t, enum store_table table, struct bytes key, struct bytes value);
/* False: there was none. */
bool txn_delete(struct store_txn *t, enum store_table table, struct bytes key);
uint64_t txn_count(struct store_txn *t, enum store_table table);
/* All of TABLE goes. */
void txn_empty(struct store_txn *t, enum store_table table);

/* Cursors read in order of key. Never delete or put through the table while a cursor is on it: collect first. */
struct store_cursor;
struct store_cursor *cursor_open(struct store_txn *t, enum store_table table);
/* First key >= FROM whose beginning is PREFIX (a prefix of FROM, may be empty); false when none. */
bool cursor_seek(struct store_cursor *c, struct bytes prefix, struct bytes from);
bool cursor_next(struct store_cursor *c);
/* Last key with PREFIX. */
bool cursor_last(struct store_cursor *c, struct bytes prefix);
/* Last key that is not behind TO and has PREFIX. */
bool cursor_floor(struct store_cursor *c, struct bytes prefix, struct bytes to);
struct bytes cursor_key(const struct store_cursor *c);
struct bytes cursor_value(const struct store_cursor *c);
void cursor_close(struct store_cursor *c);

/*
 * Write the file anew without what was deleted: deleted bytes stay in free pages until then, and deleted keys as
 * signposts between pages; so every key is put anew, none copied with its page. For the loop; takes about two
 * seconds for a gigabyte.
 *   ERR_BUSY     a transaction is open: later
 *   ERR_STORE    no room for a second copy (the store is as before), or it could not be opened again
 */
enum err_code store_compact(struct store *s, struct err *e);

struct store_state {
	size_t map_bytes, used_bytes, reserve_bytes;
	uint64_t disk_free;
	bool read_only;           /* after a failed commit */
	bool full;                /* only RESERVED writes may go on */
	unsigned format;
	char dir[256];
};
void store_state(struct store *s, struct store_state *out);

#endif
