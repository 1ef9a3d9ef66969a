#include "node/store/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct bytes
view(MDB_val v)
{
	return (struct bytes){ v.mv_data, v.mv_size };
}

/* The first fault stays. */
static void
fail(struct store_txn *t, int rc)
{
	if (t->rc == 0)
		t->rc = rc;
}

/* --- one key --- */

bool
txn_get(struct store_txn *t, enum store_table table, struct bytes key, struct bytes *out)
{
	MDB_val k = val(key), v;
	int rc;

	if (t->rc)
		return false;
	rc = mdb_get(t->txn, t->store->dbi[table], &k, &v);
	if (rc == 0 && out)
		*out = view(v);
	if (rc && rc != MDB_NOTFOUND)
		fail(t, rc);
	return rc == 0;
}

/* May this transaction change anything at all? */
static bool
may_write(struct store_txn *t)
{
	assert(t->write);
	if (t->rc == 0 && !t->reserved && t->room == 0)
		fail(t, MDB_MAP_FULL);
	t->changed = true;
	return t->rc == 0;
}

void
txn_put(struct store_txn *t, enum store_table table, struct bytes key, struct bytes value)
{
	MDB_val k = val(key), v = val(value);
	int rc;

	if (may_write(t) && (rc = mdb_put(t->txn, t->store->dbi[table], &k, &v, 0)) != 0)
		fail(t, rc);
}

void
txn_put_last(struct store_txn *t, enum store_table table, struct bytes key, struct bytes value)
{
	MDB_val k = val(key), v = val(value);
	int rc;

	if (!may_write(t))
		return;
	rc = mdb_put(t->txn, t->store->dbi[table], &k, &v, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		txn_put(t, table, key, value);
	else if (rc)
		fail(t, rc);
}

bool
txn_delete(struct store_txn *t, enum store_table table, struct bytes key)
{
	MDB_val k = val(key);
	int rc;

	if (!may_write(t))
		return false;
	rc = mdb_del(t->txn, t->store->dbi[table], &k, NULL);
	if (rc && rc != MDB_NOTFOUND)
		fail(t, rc);
	return rc == 0;
}

uint64_t
txn_count(struct store_txn *t, enum store_table table)
{
	MDB_stat st;
	int rc;

	if (t->rc)
		return 0;
	if ((rc = mdb_stat(t->txn, t->store->dbi[table], &st)) != 0) {
		fail(t, rc);
		return 0;
	}
	return st.ms_entries;
}

void
txn_empty(struct store_txn *t, enum store_table table)
{
	int rc;

	if (may_write(t) && (rc = mdb_drop(t->txn, t->store->dbi[table], 0)) != 0)
		fail(t, rc);
}

/* --- cursors --- */

struct store_cursor *
cursor_open(struct store_txn *t, enum store_table table)
{
	struct store_cursor *c = need_zeroed(1, sizeof *c);
	int rc;

	c->txn = t;
	t->cursors++;
	if (t->rc == 0 && (rc = mdb_cursor_open(t->txn, t->store->dbi[table], &c->cursor)) != 0)
		fail(t, rc);
	return c;
}

/* Move, and stay only where the key begins with the prefix. */
static bool
step(struct store_cursor *c, MDB_cursor_op op)
{
	int rc;

	if (c->txn->rc || c->cursor == NULL)
		return false;
	rc = mdb_cursor_get(c->cursor, &c->key, &c->value, op);
	if (rc && rc != MDB_NOTFOUND)
		fail(c->txn, rc);
	return rc == 0 && c->key.mv_size >= c->prefix_len &&
	    (c->prefix_len == 0 || memcmp(c->key.mv_data, c->prefix, c->prefix_len) == 0);
}

static void
set_prefix(struct store_cursor *c, struct bytes prefix)
{
	assert(prefix.len <= KEY_MOST);
	if (prefix.len)
		memcpy(c->prefix, prefix.p, prefix.len);
	c->prefix_len = prefix.len;
}

bool
cursor_seek(struct store_cursor *c, struct bytes prefix, struct bytes from)
{
	set_prefix(c, prefix);
	if (from.len == 0)
		return step(c, MDB_FIRST);
	c->key = val(from);
	return step(c, MDB_SET_RANGE);
}

bool
cursor_next(struct store_cursor *c)
{
	return step(c, MDB_NEXT);
}

bool
cursor_last(struct store_cursor *c, struct bytes prefix)
{
	uint8_t after[KEY_MOST];
	size_t len = prefix.len;
	int rc;

	set_prefix(c, prefix);
	if (c->txn->rc || c->cursor == NULL)
		return false;
	if (len)
		memcpy(after, prefix.p, len);
	while (len && after[len - 1] == 0xff)
		len--;
	if (len == 0)
		return step(c, MDB_LAST);
	after[len - 1]++;         /* the least key behind all that begin with the prefix */
	c->key = (MDB_val){ len, after };
	rc = mdb_cursor_get(c->cursor, &c->key, &c->value, MDB_SET_RANGE);
	if (rc && rc != MDB_NOTFOUND) {
		fail(c->txn, rc);
		return false;
	}
	return step(c, rc == 0 ? MDB_PREV : MDB_LAST);
}

bool
cursor_floor(struct store_cursor *c, struct bytes prefix, struct bytes to)
{
	int rc;

	set_prefix(c, prefix);
	if (c->txn->rc || c->cursor == NULL)
		return false;
	c->key = val(to);
	rc = mdb_cursor_get(c->cursor, &c->key, &c->value, MDB_SET_RANGE);
	if (rc && rc != MDB_NOTFOUND) {
		fail(c->txn, rc);
		return false;
	}
	if (rc == 0 && c->key.mv_size == to.len && memcmp(c->key.mv_data, to.p, to.len) == 0)
		return true;
	return step(c, rc == 0 ? MDB_PREV : MDB_LAST);
}

struct bytes
cursor_key(const struct store_cursor *c)
{
	return view(c->key);
}

struct bytes
cursor_value(const struct store_cursor *c)
{
	return view(c->value);
}

void
cursor_close(struct store_cursor *c)
{
	if (c == NULL)
		return;
	c->txn->cursors--;
	if (c->cursor)
		mdb_cursor_close(c->cursor);
	free(c);
}
