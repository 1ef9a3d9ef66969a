/*
 * The store without what was deleted. Pages are not copied: the space between a page's entries and the signposts in the
 * pages above it may hold keys that were deleted long ago, and keys of the index are words that people wrote.
 */
#include "node/store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define COPY_BYTES (8u << 20)      /* of a transaction: the memory that copying needs */

struct copy {
	MDB_env *env;                  /* the new file's */
	MDB_txn *txn;
	MDB_cursor *to;
	size_t bytes;
};

/* A transaction of the new file, and its cursor at the end of table WORD. */
static int
copy_begin(struct copy *c, const char *word)
{
	MDB_dbi dbi;
	int rc;

	c->bytes = 0;
	if ((rc = mdb_txn_begin(c->env, NULL, 0, &c->txn)) || (rc = mdb_dbi_open(c->txn, word, MDB_CREATE, &dbi)))
		return rc;
	return mdb_cursor_open(c->txn, dbi, &c->to);
}

static int
copy_end(struct copy *c)
{
	MDB_txn *txn = c->txn;

	if (c->to)
		mdb_cursor_close(c->to);
	c->to = NULL;
	c->txn = NULL;
	return mdb_txn_commit(txn);
}

static void
copy_give_up(struct copy *c)
{
	if (c->to)
		mdb_cursor_close(c->to);
	if (c->txn)
		mdb_txn_abort(c->txn);
	c->to = NULL;
	c->txn = NULL;
}

/* Every key of the table in order, which is where each belongs in the new one: behind the last. */
static int
copy_table(struct copy *c, const char *word, MDB_cursor *from)
{
	MDB_val key, value;
	int rc, end = mdb_cursor_get(from, &key, &value, MDB_FIRST);

	if ((rc = copy_begin(c, word)))
		return rc;
	for (; end == 0; end = mdb_cursor_get(from, &key, &value, MDB_NEXT)) {
		if (c->bytes > COPY_BYTES && ((rc = copy_end(c)) || (rc = copy_begin(c, word))))
			return rc;
		if ((rc = mdb_cursor_put(c->to, &key, &value, MDB_APPEND)))
			return rc;
		c->bytes += key.mv_size + value.mv_size;
	}
	rc = copy_end(c);
	return rc ? rc : end == MDB_NOTFOUND ? 0 : end;
}

static int
copy_tables(struct store *s, struct copy *c)
{
	MDB_cursor *from;
	MDB_txn *txn;
	int rc;

	if ((rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn)))
		return rc;
	for (int i = 0; i < STORE_TABLE_COUNT && rc == 0; i++) {
		if ((rc = mdb_cursor_open(txn, s->dbi[i], &from)))
			break;
		rc = copy_table(c, table_words[i], from);
		mdb_cursor_close(from);
		copy_give_up(c);
	}
	mdb_txn_abort(txn);
	return rc;
}

/* The new file is nobody's until it is whole: nothing in it is flushed before the end. */
static enum err_code
copy_env(struct store *s, struct err *e)
{
	char path[sizeof s->dir + sizeof "/data.new"];
	struct copy c = { 0 };
	int rc;

	snprintf(path, sizeof path, "%s/data.new", s->dir);
	if (unlink(path) != 0 && errno != ENOENT)
		return env_fault(s->dir, errno, e);
	if ((rc = mdb_env_create(&c.env)) || (rc = mdb_env_set_mapsize(c.env, s->map_bytes)) ||
	    (rc = mdb_env_set_maxdbs(c.env, STORE_TABLE_COUNT)) ||
	    (rc = mdb_env_open(c.env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600)) ||
	    (rc = copy_tables(s, &c)))
		goto out;
	rc = mdb_env_sync(c.env, 1);
out:
	if (c.env)
		mdb_env_close(c.env);
	if (rc == 0)
		return ERR_OK;
	(void)unlink(path);
	return env_fault(s->dir, rc, e);
}

/* The old file until the new one is whole and durable, the new one from then on: a crash leaves one of them. */
static enum err_code
swap_env(struct store *s, struct err *e)
{
	mdb_env_close(s->env);
	s->env = NULL;
	if (renameat(s->dir_fd, "data.new", s->dir_fd, "data.mdb") != 0 || fsync(s->dir_fd) != 0) {
		s->read_only = true;
		return env_fault(s->dir, errno, e);
	}
	return env_open_again(s, e);
}

enum err_code
store_compact(struct store *s, struct err *e)
{
	struct store_state state;
	enum err_code code;

	store_state(s, &state);
	if (state.read_only)
		return env_fault(s->dir, EROFS, e);
	if (state.disk_free < state.used_bytes + state.reserve_bytes)
		return err_set(e, ERR_STORE, s->dir, "disk full", "no room for a second copy while it is compacted");
	pthread_mutex_lock(&s->gate);
	if (s->open_txns)
		code = err_set(e, ERR_BUSY, s->dir, "transaction", "the store is being read; it is compacted later");
	else if ((code = copy_env(s, e)) == ERR_OK)
		code = swap_env(s, e);
	pthread_mutex_unlock(&s->gate);
	return code;
}
