#include "node/store/inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FORMAT 1u
#define MIB ((size_t)1 << 20)
#define MAP_MOST (64 * 1024 * MIB)
#define MAP_LEAST (1024 * MIB)
#define RESERVE_BYTES (16 * MIB)
#define READERS 126
#define SHED_PAGES 2048          /* a commit that grew by 8 MiB */

const char *const table_words[STORE_TABLE_COUNT] = {
#define X(name, word) word,
	STORE_TABLES(X)
#undef X
};

/* What went wrong, as rows: the rule is for machines, the reason for the person. */
static const struct fault {
	int rc;
	const char *rule, *reason;
} faults[] = {
	{ MDB_MAP_FULL, "full", "no room is left but the reserve for membership, withdrawals and erasures; "
	  "make room on the disk, start kilimd again" },
	{ ENOSPC, "disk full", "the disk is full; nothing of this was stored: make room on it" },
	{ EDQUOT, "disk full", "the disk quota is used up; nothing of this was stored" },
	{ EIO, "disk", "the disk reported an error; nothing of this was stored" },
	{ EROFS, "read-only", "an earlier write failed; stop the node, look at the disk, start it again" },
	{ MDB_CORRUPTED, "damaged", "the store does not hold together" },
	{ MDB_PAGE_NOTFOUND, "damaged", "a page of the store is missing" },
	{ MDB_INVALID, "damaged", "data.mdb is not a store" },
	{ MDB_VERSION_MISMATCH, "damaged", "data.mdb was written by another LMDB" },
	{ MDB_READERS_FULL, "readers", "too many readers at once" },
};

enum err_code
env_fault(const char *object, int rc, struct err *e)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (faults[i].rc == rc)
			return err_set(e, ERR_STORE, object, faults[i].rule, "%s", faults[i].reason);
	return err_set(e, ERR_STORE, object, "failed", "%s", mdb_strerror(rc));
}

/* --- opening --- */

/* Durable writes need a file system that keeps its word: these do not, or not on every server behind them. */
static const struct {
	long magic;
	const char *name;
} unfit[] = {
	{ 0x6969, "NFS" }, { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB" }, { 0x517b, "SMB" },
	{ 0x01021997, "9p" }, { 0x65735546, "FUSE" }, { 0x5346414f, "AFS" }, { 0x73757245, "Coda" },
	{ 0x00c36400, "Ceph" },
};

static enum err_code
fit_for_us(const struct store *s, struct err *e)
{
	struct statfs fs;

	if (fstatfs(s->dir_fd, &fs) != 0)
		return env_fault(s->dir, errno, e);
	for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
		if ((long)fs.f_type == unfit[i].magic)
			return err_set(e, ERR_DENIED, s->dir, "file system",
			    "is on %s, which may lose what was written; use a local disk", unfit[i].name);
	return ERR_OK;
}

static enum err_code
make_dir(struct store *s, const char *dir, struct err *e)
{
	int above;

	if ((size_t)snprintf(s->dir, sizeof s->dir, "%s/store", dir) >= sizeof s->dir)
		return err_set(e, ERR_STORE, dir, "path", "is longer than %zu bytes", sizeof s->dir);
	if (mkdir(s->dir, 0700) == 0) {
		/* Its name must be as durable as what will stand in it. */
		if ((above = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
			(void)fsync(above);
			close(above);
		}
	} else if (errno != EEXIST) {
		return env_fault(s->dir, errno, e);
	}
	if ((s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return env_fault(s->dir, errno, e);
	return ERR_OK;
}

/* Two processes in one store would destroy it, so the second is told who has it. */
static enum err_code
take_lock(struct store *s, struct err *e)
{
	char text[24] = "";
	ssize_t len;

	if ((s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return env_fault(s->dir, errno, e);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return env_fault(s->dir, errno, e);
		len = read(s->lock_fd, text, sizeof text - 1);
		text[len > 0 ? strcspn(text, "\n") : 0] = 0;
		return err_set(e, ERR_STORE, s->dir, "locked", "locked by PID %s", text[0] ? text : "unknown");
	}
	len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(s->lock_fd, 0) != 0 || pwrite(s->lock_fd, text, (size_t)len, 0) != len)
		return env_fault(s->dir, errno, e);
	return ERR_OK;
}

static uint64_t
disk_free(const struct store *s)
{
	struct statvfs fs;

	return fstatvfs(s->dir_fd, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0;
}

/* Address space costs nothing; a map that outgrows the disk would promise what it cannot keep. */
static size_t
map_size(const struct store *s, size_t wanted)
{
	struct stat st;
	uint64_t most = disk_free(s);

	if (wanted == 0) {
		if (fstatat(s->dir_fd, "data.mdb", &st, 0) == 0)
			most += (uint64_t)st.st_blocks * 512;
		most = most / 10 * 9;
		wanted = most > MAP_MOST ? MAP_MOST : most < MAP_LEAST ? MAP_LEAST : (size_t)most;
	}
	return wanted / s->page * s->page;
}

static int
open_env(struct store *s, const struct store_options *o)
{
	int rc, dead;

	s->page = (size_t)sysconf(_SC_PAGESIZE);
	s->map_bytes = map_size(s, o->map_bytes);
	s->reserve_bytes = o->reserve_bytes ? o->reserve_bytes : RESERVE_BYTES;
	if ((rc = mdb_env_create(&s->env)) || (rc = mdb_env_set_mapsize(s->env, s->map_bytes)) ||
	    (rc = mdb_env_set_maxdbs(s->env, STORE_TABLE_COUNT)) ||
	    (rc = mdb_env_set_maxreaders(s->env, READERS)) ||
	    (rc = mdb_env_open(s->env, s->dir, MDB_NOTLS, 0600)) ||
	    (rc = mdb_reader_check(s->env, &dead)))
		return rc;
	return fsync(s->dir_fd) == 0 ? 0 : errno;
}

/* The format is read before any other table is touched: a newer store stays as it was. */
static enum err_code
check_format(struct store *s, MDB_txn *txn, struct err *e)
{
	MDB_val key = val(bytes_text("format")), value;
	uint8_t out[4];
	int rc;

	if ((rc = mdb_dbi_open(txn, table_words[STORE_META], MDB_CREATE, &s->dbi[STORE_META])))
		return env_fault(s->dir, rc, e);
	rc = mdb_get(txn, s->dbi[STORE_META], &key, &value);
	if (rc == 0) {
		uint32_t format = value.mv_size == 4 ? get_u32(value.mv_data) : 0;
		if (format > FORMAT)
			return err_set(e, ERR_VERSION, s->dir, "format",
			    "made by kilim format %u; this kilim knows formats up to %u: update it", format, FORMAT);
		return format == FORMAT ? ERR_OK : env_fault(s->dir, MDB_CORRUPTED, e);
	}
	if (rc != MDB_NOTFOUND)
		return env_fault(s->dir, rc, e);
	put_u32(out, FORMAT);
	value = val(BYTES_OF(out));
	if ((rc = mdb_put(txn, s->dbi[STORE_META], &key, &value, 0)))
		return env_fault(s->dir, rc, e);
	return ERR_OK;
}

static enum err_code
open_tables(struct store *s, struct err *e)
{
	MDB_txn *txn = NULL;
	enum err_code code;
	int rc;

	if ((rc = mdb_txn_begin(s->env, NULL, 0, &txn)))
		return env_fault(s->dir, rc, e);
	if ((code = check_format(s, txn, e)) != ERR_OK) {
		mdb_txn_abort(txn);
		return code;
	}
	for (int i = 0; i < STORE_TABLE_COUNT && rc == 0; i++)
		rc = mdb_dbi_open(txn, table_words[i], MDB_CREATE, &s->dbi[i]);
	if (rc) {
		mdb_txn_abort(txn);
		return env_fault(s->dir, rc, e);
	}
	rc = mdb_txn_commit(txn);
	return rc ? env_fault(s->dir, rc, e) : ERR_OK;
}

/*
 * Disk space held back under a name of its own: LMDB grows its file page by page and others may fill the disk
 * meanwhile. A reserved write that finds the disk full deletes the file first. Where it cannot be made (no room,
 * or a file system without fallocate) the reserve inside the map is all there is.
 */
static void
hold_disk(struct store *s)
{
	int fd;

	if (s->reserve_file || disk_free(s) < 3 * (uint64_t)s->reserve_bytes)
		return;
	if ((fd = openat(s->dir_fd, "reserve", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return;
	s->reserve_file = fallocate(fd, 0, 0, (off_t)s->reserve_bytes) == 0;
	close(fd);
	if (!s->reserve_file)
		(void)unlinkat(s->dir_fd, "reserve", 0);
}

static void
release_disk(struct store *s)
{
	if (disk_free(s) >= s->reserve_bytes)
		return;
	(void)unlinkat(s->dir_fd, "reserve", 0);
	s->reserve_file = false;
}

enum err_code
store_open(const char *dir, const struct store_options *o, struct store **out, struct err *e)
{
	static const struct store_options defaults;
	struct store *s = need_zeroed(1, sizeof *s);
	enum err_code code;
	int rc;

	if (o == NULL)
		o = &defaults;
	s->lock_fd = s->dir_fd = -1;
	pthread_mutex_init(&s->gate, NULL);
	if ((code = make_dir(s, dir, e)) || (!o->any_file_system && (code = fit_for_us(s, e))) ||
	    (code = take_lock(s, e)))
		goto out;
	if ((rc = open_env(s, o)) != 0) {
		code = env_fault(s->dir, rc, e);
		goto out;
	}
	if ((code = open_tables(s, e)) != ERR_OK)
		goto out;
	hold_disk(s);
	*out = s;
	s = NULL;
out:
	store_close(s);
	return code;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	assert(!s->writing);
	if (s->env)
		mdb_env_close(s->env);
	if (s->lock_fd >= 0)
		close(s->lock_fd);   /* with it goes the lock */
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	pthread_mutex_destroy(&s->gate);
	free(s);
}

/* --- room --- */

/* Pages that the tables hold, as this transaction sees them. */
static size_t
pages_of(const struct store *s, MDB_txn *txn)
{
	size_t pages = 0;
	MDB_stat st;

	for (int i = 0; i < STORE_TABLE_COUNT; i++)
		if (mdb_stat(txn, s->dbi[i], &st) == 0)
			pages += st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages;
	return pages;
}

/* Pages on LMDB's free list: they can be written again. */
static size_t
pages_free(const struct store *s)
{
	size_t pages = 0, count;
	MDB_txn *txn;
	MDB_cursor *cursor;
	MDB_val key, value;

	if (mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_cursor_open(txn, 0, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
			memcpy(&count, value.mv_data, sizeof count);
			pages += count;
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return pages;
}

/* Pages that ordinary writes may still add: what is left of the map but the reserve; none on a full disk. */
static size_t
room(const struct store *s)
{
	MDB_envinfo info;
	size_t left, reserve = s->reserve_bytes / s->page;

	if (s->env == NULL || disk_free(s) < s->reserve_bytes)
		return 0;
	mdb_env_info(s->env, &info);
	left = info.me_mapsize / s->page - info.me_last_pgno - 1;
	if (left < 2 * reserve)          /* counting the free list costs reads: only near the end */
		left += pages_free(s);
	return left > reserve ? left - reserve : 0;
}

void
store_state(struct store *s, struct store_state *out)
{
	struct store_txn *t = store_read(s);
	MDB_envinfo info = { .me_mapsize = s->map_bytes };

	if (s->env)
		mdb_env_info(s->env, &info);
	*out = (struct store_state){
		.map_bytes = info.me_mapsize,
		.used_bytes = t->txn ? pages_of(s, t->txn) * s->page : 0,
		.reserve_bytes = s->reserve_bytes,
		.disk_free = disk_free(s),
		.read_only = s->read_only,
		.full = room(s) == 0,
		.format = FORMAT,
	};
	memcpy(out->dir, s->dir, sizeof out->dir);
	txn_abort(&t);
}

/* --- the environment anew; the gate is held and no transaction is open --- */

enum err_code
env_open_again(struct store *s, struct err *e)
{
	struct store_options o = { .map_bytes = s->map_bytes, .reserve_bytes = s->reserve_bytes };
	int rc = open_env(s, &o);

	if (rc == 0 && open_tables(s, e) == ERR_OK)
		return ERR_OK;
	if (s->env)
		mdb_env_close(s->env);
	s->env = NULL;
	s->read_only = true;
	return rc ? env_fault(s->dir, rc, e) : ERR_STORE;
}

/*
 * LMDB keeps the memory of the largest transaction for ever; a batch of 20,000 records would leave 40 MiB. Closing
 * gives it back. What was committed is on the disk whatever becomes of this.
 */
static void
shed_memory(struct store *s)
{
	pthread_mutex_lock(&s->gate);
	s->shed_wanted = s->open_txns != 0; /* somebody reads: before the next write, then */
	if (!s->shed_wanted) {
		mdb_env_close(s->env);
		s->env = NULL;
		(void)env_open_again(s, NULL);
		malloc_trim(0);      /* page-sized pieces between smaller ones: the allocator keeps them otherwise */
	}
	pthread_mutex_unlock(&s->gate);
}

/* --- transactions --- */

struct store_txn *
store_write(struct store *s)
{
	struct store_txn *t = need_zeroed(1, sizeof *t);

	if (s->shed_wanted)
		shed_memory(s);
	assert(!s->writing);     /* a second one would wait for the first for ever */
	s->writing = true;
	t->store = s;
	t->write = true;
	s->open_txns++;
	if (s->read_only) {
		t->rc = EROFS;
		return t;
	}
	hold_disk(s);
	t->room = room(s);
	if ((t->rc = mdb_txn_begin(s->env, NULL, 0, &t->txn)) == 0)
		t->pages_before = pages_of(s, t->txn);
	return t;
}

struct store_txn *
store_read(struct store *s)
{
	struct store_txn *t = need_zeroed(1, sizeof *t);

	t->store = s;
	pthread_mutex_lock(&s->gate);
	s->open_txns++;
	t->rc = s->env ? mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->txn) : EROFS;
	pthread_mutex_unlock(&s->gate);
	return t;
}

void
txn_reserved(struct store_txn *t)
{
	assert(t->write);
	if (t->reserved)
		return;
	t->reserved = true;
	release_disk(t->store);
}

static size_t
growth(const struct store_txn *t)
{
	size_t now = t->changed && t->txn ? pages_of(t->store, t->txn) : 0;

	return now > t->pages_before ? now - t->pages_before : 0;
}

/* Ordinary writes end where the reserve begins. */
static bool
over(const struct store_txn *t, size_t grown)
{
	return t->changed && !t->reserved && (t->room == 0 || grown > t->room);
}

enum err_code
txn_commit(struct store_txn **tp, struct err *e)
{
	struct store_txn *t = *tp;
	struct store *s = t->store;
	size_t grown = growth(t);
	int rc;

	assert(t->cursors == 0);
	*tp = NULL;
	if (t->rc == 0 && over(t, grown))
		t->rc = MDB_MAP_FULL;
	if (t->write && t->rc == 0) {
		t->rc = mdb_txn_commit(t->txn);
		/* What a failed fsync has left on the disk is unknown: asking again would only hide it. */
		if (t->rc && t->rc != MDB_MAP_FULL)
			s->read_only = true;
	} else if (t->txn) {
		mdb_txn_abort(t->txn);
	}
	s->open_txns--;
	if (t->write)
		s->writing = false;
	if (t->write && (t->rc == EIO || t->rc == ENOSPC || t->rc == EDQUOT))
		s->read_only = true;
	rc = t->rc;
	free(t);
	if (rc == 0 && grown > SHED_PAGES)
		shed_memory(s);
	return rc ? env_fault("store", rc, e) : ERR_OK;
}

void
txn_abort(struct store_txn **tp)
{
	struct store_txn *t = *tp;

	if (t == NULL)
		return;
	assert(t->cursors == 0);
	*tp = NULL;
	if (t->txn)
		mdb_txn_abort(t->txn);
	t->store->open_txns--;
	if (t->write)
		t->store->writing = false;
	free(t);
}

bool
txn_faulty(const struct store_txn *t)
{
	return t->rc != 0;
}
