/*
 * inside - what the files of this room share: environment, transaction and cursor from within.
 *
 * Shape    store.c    the environment: open, room, begin and end of transactions
 *          table.c    one key, and keys in order
 *          compact.c  every key put anew into a new file
 */
#ifndef KILIM_STORE_INSIDE_H
#define KILIM_STORE_INSIDE_H

#include "node/store/store.h"

#include <lmdb.h>
#include <pthread.h>

#define KEY_MOST 96              /* our longest key has 66 bytes */

struct store {
	MDB_env *env;
	MDB_dbi dbi[STORE_TABLE_COUNT];
	size_t map_bytes, reserve_bytes, page;
	int lock_fd, dir_fd;
	bool read_only, writing;
	pthread_mutex_t gate;    /* transactions begin outside of compacting */
	_Atomic unsigned open_txns;
	bool shed_wanted;        /* the last large transaction's memory is still held */
	bool reserve_file;       /* D/store/reserve holds disk space back */
	char dir[256];           /* D/store */
};

/* RC is the first fault: an errno, or one of LMDB's (below zero). */
struct store_txn {
	struct store *store;
	MDB_txn *txn;
	int rc;
	unsigned cursors;
	bool write, reserved, changed;
	size_t pages_before;     /* of all tables, when it began */
	size_t room;             /* pages that ordinary writes may still add */
};

struct store_cursor {
	struct store_txn *txn;
	MDB_cursor *cursor;
	MDB_val key, value;
	uint8_t prefix[KEY_MOST];
	size_t prefix_len;
};

static inline MDB_val
val(struct bytes b)
{
	return (MDB_val){ b.len, (void *)(uintptr_t)b.p };
}

extern const char *const table_words[STORE_TABLE_COUNT];
/* What went wrong, as a person reads it; RC as in struct store_txn. */
enum err_code env_fault(const char *object, int rc, struct err *e);
/* The environment anew; the gate is held, no transaction is open and the old one is closed. */
enum err_code env_open_again(struct store *s, struct err *e);

#endif
