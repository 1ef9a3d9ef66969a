/* node/store/store.c: what store.h promises of opening, transactions, cursors and the reserve. */
#include "node/store/store.h"
#include "tests/lib/raw.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static char dir[64];
static struct store *store;
static struct err err;

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
make_dir(void)
{
	strcpy(dir, "/tmp/kilim-store-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
}

static void
drop_dir(void)
{
	store_close(store);
	store = NULL;
	nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static enum err_code
reopen(size_t map, size_t reserve)
{
	struct store_options o = { .map_bytes = map, .reserve_bytes = reserve };

	store_close(store);
	store = NULL;
	err = (struct err){ 0 };
	return store_open(dir, &o, &store, &err);
}

static void
open_store(void)
{
	make_dir();
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK, "%s: %s", err.rule, err.reason);
}

TestSuite(store, .init = open_store, .fini = drop_dir);

static void
put(struct store_txn *t, const char *key, const char *value)
{
	txn_put(t, STORE_PEER, bytes_text(key), bytes_text(value));
}

static bool
has(const char *key, const char *value)
{
	struct store_txn *t = store_read(store);
	struct bytes got;
	bool same = txn_get(t, STORE_PEER, bytes_text(key), &got) && bytes_equal(got, bytes_text(value));

	txn_abort(&t);
	return same;
}

/* What a commit returned OK for is there after the store was closed and opened again. */
Test(store, committed_stays)
{
	struct store_txn *t = store_write(store);

	put(t, "a", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert_null(t);
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK);
	cr_assert(has("a", "1"));
}

/* An aborted transaction leaves nothing; NULL may be aborted. */
Test(store, aborted_leaves_nothing)
{
	struct store_txn *t = store_write(store), *none = NULL;

	put(t, "a", "1");
	txn_abort(&t);
	txn_abort(&none);
	cr_assert_not(has("a", "1"));
}

/* A reader sees the store as it was when it began. */
Test(store, readers_see_one_moment)
{
	struct store_txn *r = store_read(store), *w = store_write(store);

	put(w, "a", "1");
	cr_assert_eq(txn_commit(&w, &err), ERR_OK);
	cr_assert_not(txn_get(r, STORE_PEER, bytes_text("a"), NULL));
	cr_assert_eq(txn_commit(&r, &err), ERR_OK);
	cr_assert(has("a", "1"));
}

/* The first fault of a transaction is kept: later calls do nothing, and the commit reports it. */
Test(store, first_fault_is_kept)
{
	struct store_txn *t = store_write(store);
	struct store_cursor *c;
	uint8_t long_key[600] = { 0 };

	put(t, "before", "1");
	txn_put(t, STORE_PEER, (struct bytes){ long_key, sizeof long_key }, bytes_text("x"));
	cr_assert(txn_faulty(t));
	put(t, "after", "1");
	cr_assert_not(txn_get(t, STORE_PEER, bytes_text("before"), NULL));
	cr_assert_not(txn_delete(t, STORE_PEER, bytes_text("before")));
	cr_assert_eq(txn_count(t, STORE_PEER), 0);
	c = cursor_open(t, STORE_PEER);
	cr_assert_not(cursor_seek(c, (struct bytes){ 0 }, (struct bytes){ 0 }));
	cursor_close(c);
	cr_assert_eq(txn_commit(&t, &err), ERR_STORE);
	cr_assert_not(has("before", "1"));
	cr_assert_not(has("after", "1"));
	t = store_write(store);
	put(t, "next", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK, "a fault of one transaction is not the store's");
}

/* Deleting says whether there was such a key; counting counts. */
Test(store, delete_and_count)
{
	struct store_txn *t = store_write(store);

	put(t, "a", "1");
	put(t, "b", "2");
	cr_assert_eq(txn_count(t, STORE_PEER), 2);
	cr_assert(txn_delete(t, STORE_PEER, bytes_text("a")));
	cr_assert_not(txn_delete(t, STORE_PEER, bytes_text("a")));
	cr_assert_eq(txn_count(t, STORE_PEER), 1);
	cr_assert_not(txn_faulty(t));
	txn_abort(&t);
}

/* txn_put_last writes in any order, whatever it is called with. */
Test(store, put_last_falls_back)
{
	struct store_txn *t = store_write(store);

	txn_put_last(t, STORE_PEER, bytes_text("b"), bytes_text("1"));
	txn_put_last(t, STORE_PEER, bytes_text("c"), bytes_text("2"));
	txn_put_last(t, STORE_PEER, bytes_text("a"), bytes_text("3"));
	txn_put_last(t, STORE_PEER, bytes_text("c"), bytes_text("4"));
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert(has("a", "3") && has("b", "1") && has("c", "4"));
}

/* A cursor walks the keys of a prefix in order, from any key on, and finds the last. */
Test(store, cursor_keeps_to_its_prefix)
{
	static const char *const keys[] = { "a", "b1", "b2", "b3", "c" };
	struct store_txn *t = store_write(store);
	struct store_cursor *c;

	for (size_t i = 0; i < 5; i++)
		put(t, keys[i], keys[i]);
	c = cursor_open(t, STORE_PEER);
	cr_assert(cursor_seek(c, bytes_text("b"), bytes_text("b2")));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("b2")));
	cr_assert(cursor_next(c));
	cr_assert(bytes_equal(cursor_value(c), bytes_text("b3")));
	cr_assert_not(cursor_next(c));
	cr_assert(cursor_last(c, bytes_text("b")));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("b3")));
	cr_assert(cursor_last(c, bytes_text("")));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("c")));
	cr_assert_not(cursor_last(c, bytes_text("bb")));
	cr_assert_not(cursor_seek(c, bytes_text("d"), bytes_text("d")));
	cursor_close(c);
	txn_abort(&t);
}

/* The last key of a prefix of 0xff bytes is found although no key lies behind it. */
Test(store, cursor_last_of_the_highest_prefix)
{
	uint8_t high[] = { 0xff, 0xff, 1 };
	struct store_txn *t = store_write(store);
	struct store_cursor *c;

	txn_put(t, STORE_PEER, BYTES_OF(high), bytes_text("x"));
	c = cursor_open(t, STORE_PEER);
	cr_assert(cursor_last(c, (struct bytes){ high, 2 }));
	cr_assert(cursor_last(c, (struct bytes){ high, 1 }));
	cursor_close(c);
	txn_abort(&t);
}

/* The last key at or before another, within a prefix; and a table that is emptied is empty. */
Test(store, cursor_floor)
{
	struct store_txn *t = store_write(store);
	struct store_cursor *c;

	put(t, "a9", "");
	put(t, "b2", "");
	put(t, "b5", "");
	put(t, "c1", "");
	c = cursor_open(t, STORE_PEER);
	cr_assert(cursor_floor(c, bytes_text("b"), bytes_text("b5")));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("b5")));
	cr_assert(cursor_floor(c, bytes_text("b"), bytes_text("b4")));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("b2")));
	cr_assert(cursor_next(c));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("b5")));
	cr_assert_not(cursor_next(c));
	cr_assert(cursor_floor(c, bytes_text("b"), bytes_text("b9")));
	cr_assert(bytes_equal(cursor_key(c), bytes_text("b5")));
	cr_assert_not(cursor_floor(c, bytes_text("b"), bytes_text("b1")));
	cr_assert(cursor_floor(c, bytes_text("c"), bytes_text("c7")), "behind the last of all");
	cursor_close(c);
	txn_empty(t, STORE_PEER);
	cr_assert_eq(txn_count(t, STORE_PEER), 0);
	put(t, "b2", "again");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert(has("b2", "again") && !has("c1", ""));
}

/* Compacting takes several transactions of the copy, and the entries of every table stay as they are. */
Test(store, compacting_keeps_much)
{
	static const uint8_t kilobytes[3000] = { 7 };
	struct store_txn *t = store_write(store);
	struct bytes got;
	uint8_t key[4];

	for (uint32_t i = 0; i < 6000; i++) {
		put_u32(key, i * 2654435761u);
		txn_put(t, i % 2 ? STORE_RECORD : STORE_HISTORY, BYTES_OF(key), (struct bytes){ kilobytes, i % 3000 });
	}
	cr_assert_eq(txn_commit(&t, &err), ERR_OK, "%s", err.reason);
	cr_assert_eq(store_compact(store, &err), ERR_OK, "%s: %s", err.rule, err.reason);
	t = store_read(store);
	cr_assert_eq(txn_count(t, STORE_RECORD) + txn_count(t, STORE_HISTORY), 6000);
	for (uint32_t i = 0; i < 6000; i++) {
		put_u32(key, i * 2654435761u);
		cr_assert(txn_get(t, i % 2 ? STORE_RECORD : STORE_HISTORY, BYTES_OF(key), &got));
		cr_assert(bytes_equal(got, (struct bytes){ kilobytes, i % 3000 }));
	}
	txn_abort(&t);
}

/* A second opening is refused and names the process that holds the store. */
Test(store, second_is_locked_out)
{
	struct store *second = NULL;
	char want[40];

	snprintf(want, sizeof want, "locked by PID %ld", (long)getpid());
	cr_assert_eq(store_open(dir, NULL, &second, &err), ERR_STORE);
	cr_assert_null(second);
	cr_assert_str_eq(err.reason, want);
	cr_assert_eq(err_exit(err.code), 8);
}

/* The lock goes with its process, however it ended. */
Test(store, lock_dies_with_its_holder)
{
	int gate[2], status;
	char byte;
	pid_t child;

	store_close(store);
	store = NULL;
	cr_assert_eq(pipe(gate), 0);
	if ((child = fork()) == 0) {
		struct store_options o = { .map_bytes = 64 * MIB };
		bool open = store_open(dir, &o, &store, NULL) == ERR_OK;
		if (write(gate[1], open ? "y" : "n", 1) == 1)
			pause();
		_exit(1);
	}
	cr_assert_eq(read(gate[0], &byte, 1), 1);
	cr_assert_eq(byte, 'y');
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_STORE);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK, "%s", err.reason);
}

/* A store of a newer format is refused, says by what it was made, and is left as it was. */
Test(store, newer_format_is_refused)
{
	struct store_txn *t = store_write(store);
	uint8_t format[4];

	put_u32(format, 7);
	txn_put(t, STORE_META, bytes_text("format"), BYTES_OF(format));
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_VERSION);
	cr_assert(strstr(err.reason, "made by kilim format 7"));
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_VERSION);
}

/* A format that is no number of ours means damage. */
Test(store, broken_format_is_damage)
{
	struct store_txn *t = store_write(store);

	txn_put(t, STORE_META, bytes_text("format"), bytes_text("?"));
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_STORE);
	cr_assert_str_eq(err.rule, "damaged");
}

/* A file that is no store is told from one. */
Test(store, foreign_file_is_damage)
{
	char path[128];
	FILE *f;

	store_close(store);
	store = NULL;
	snprintf(path, sizeof path, "%s/store/data.mdb", dir);
	cr_assert_not_null(f = fopen(path, "w"));
	for (int i = 0; i < 20000; i++)
		fputc('x', f);
	fclose(f);
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_STORE);
	cr_assert_str_eq(err.rule, "damaged", "%s", err.reason);
}

/* A directory that is not there, or is a file, is said in one sentence. */
Test(store, missing_directory)
{
	struct store *none = NULL;

	cr_assert_eq(store_open("/tmp/kilim-no-such-dir/x", NULL, &none, &err), ERR_STORE);
	cr_assert_null(none);
	cr_assert_eq(store_open("/dev/null", NULL, &none, &err), ERR_STORE);
}

/* The default map lies between 1 and 64 GiB. */
Test(store, default_map)
{
	struct store_state state;

	cr_assert_eq(reopen(0, 0), ERR_OK);
	store_state(store, &state);
	cr_assert_geq(state.map_bytes, 1024 * MIB);
	cr_assert_leq(state.map_bytes, 64 * 1024 * MIB);
	cr_assert_eq(state.reserve_bytes, 16 * MIB);
	cr_assert_eq(state.format, 1);
	cr_assert_not(state.full || state.read_only);
}

/* Fill with ordinary writes until one is refused; the number that went in. */
static unsigned
fill(void)
{
	static const uint8_t kilobyte[1024];
	struct store_txn *t;
	uint8_t key[4];

	for (unsigned i = 0;; i++) {
		t = store_write(store);
		put_u32(key, i);
		txn_put(t, STORE_RECORD, BYTES_OF(key), BYTES_OF(kilobyte));
		if (txn_commit(&t, &err) != ERR_OK)
			return i;
	}
}

/* When the map is full but for the reserve, ordinary writes end with "full"; reserved ones go on, and reading too. */
Test(store, reserve_is_kept)
{
	static const uint8_t kilobyte[1024];
	struct store_state state;
	struct store_txn *t;
	unsigned n;

	cr_assert_eq(reopen(2 * MIB, MIB / 2), ERR_OK);
	drop_dir();
	make_dir();
	cr_assert_eq(reopen(2 * MIB, MIB / 2), ERR_OK);
	n = fill();
	cr_assert_gt(n, 700, "%u", n);
	cr_assert_eq(err.code, ERR_STORE);
	cr_assert_str_eq(err.rule, "full");
	store_state(store, &state);
	cr_assert_geq(state.map_bytes - state.used_bytes, MIB / 2 - 64 * 1024);
	cr_assert_not(state.read_only, "full is not broken");
	for (uint32_t i = 0; i < 200; i++) {
		uint8_t key[4];
		put_u32(key, 1000000 + i);
		t = store_write(store);
		txn_reserved(t);
		txn_put(t, STORE_RECORD, BYTES_OF(key), BYTES_OF(kilobyte));
		cr_assert_eq(txn_commit(&t, &err), ERR_OK, "reserved write %u: %s", i, err.reason);
	}
	cr_assert_eq(reopen(2 * MIB, MIB / 2), ERR_OK);
	t = store_read(store);
	cr_assert_eq(txn_count(t, STORE_RECORD), n + 200);
	txn_abort(&t);
}

/* What is deleted by a reserved transaction makes room for ordinary ones again. */
Test(store, deleting_makes_room)
{
	struct store_state state;
	struct store_txn *t;
	uint8_t key[4];
	unsigned n;

	drop_dir();
	make_dir();
	cr_assert_eq(reopen(2 * MIB, MIB / 2), ERR_OK);
	n = fill();
	t = store_write(store);
	txn_reserved(t);
	for (unsigned i = 0; i < n / 2; i++) {
		put_u32(key, i);
		cr_assert(txn_delete(t, STORE_RECORD, BYTES_OF(key)));
	}
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	/* Pages are free for the transaction after the next. */
	for (int i = 0; i < 2; i++) {
		t = store_write(store);
		txn_reserved(t);
		put(t, "tick", i ? "1" : "2");
		cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	}
	store_state(store, &state);
	cr_assert_not(state.full);
	t = store_write(store);
	put(t, "again", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK, "%s", err.reason);
}

/* One large ordinary transaction cannot eat the reserve either. */
Test(store, one_large_transaction_stops_at_the_reserve)
{
	static const uint8_t kilobyte[1024];
	struct store_txn *t;

	drop_dir();
	make_dir();
	cr_assert_eq(reopen(8 * MIB, 6 * MIB), ERR_OK);
	t = store_write(store);
	for (uint32_t i = 0; i < 2400; i++) {     /* 2.4 MiB: fits the map, not what is left of it */
		uint8_t key[4];
		put_u32(key, i);
		txn_put(t, STORE_RECORD, BYTES_OF(key), BYTES_OF(kilobyte));
	}
	cr_assert_eq(txn_commit(&t, &err), ERR_STORE);
	cr_assert_str_eq(err.rule, "full");
	t = store_write(store);
	put(t, "small", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
}

/* A disk that is really full: ordinary writes are refused before it breaks, reserved ones use the space held back. */
Test(store, full_disk)
{
	struct store_txn *t;
	char path[128];
	FILE *f;
	static const uint8_t block[4096];

	store_close(store);
	store = NULL;
	if (mount("none", dir, "tmpfs", 0, "size=8m") != 0) {
		cr_skip_test("skipped: needs the right to mount a small tmpfs (%s)", strerror(errno));
		return;
	}
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK);
	snprintf(path, sizeof path, "%s/other", dir);
	cr_assert_not_null(f = fopen(path, "w"));
	setvbuf(f, NULL, _IONBF, 0);
	while (fwrite(block, sizeof block, 1, f) == 1)
		;
	fclose(f);
	t = store_write(store);
	put(t, "ordinary", "1");
	cr_expect_eq(txn_commit(&t, &err), ERR_STORE);
	cr_expect_str_eq(err.rule, "full");
	t = store_write(store);
	txn_reserved(t);
	put(t, "erasure", "1");
	cr_expect_eq(txn_commit(&t, &err), ERR_OK, "%s", err.reason);
	cr_expect(has("erasure", "1"));
	/* Now fill what was released as well: a failed commit makes the store read-only. */
	cr_assert_not_null(f = fopen(path, "a"));
	setvbuf(f, NULL, _IONBF, 0);
	while (fwrite(block, sizeof block, 1, f) == 1)
		;
	fclose(f);
	t = store_write(store);
	txn_reserved(t);
	for (uint32_t i = 0; i < 600; i++) {
		uint8_t key[4];
		put_u32(key, i);
		txn_put(t, STORE_RECORD, BYTES_OF(key), BYTES_OF(block));
	}
	cr_expect_eq(txn_commit(&t, &err), ERR_STORE);
	cr_expect_str_eq(err.rule, "disk full");
	t = store_write(store);
	txn_reserved(t);
	put(t, "later", "1");
	cr_expect_eq(txn_commit(&t, &err), ERR_STORE);
	cr_expect_str_eq(err.rule, "read-only");
	cr_expect(has("erasure", "1"), "reading goes on");
	unlink(path);
	cr_expect_eq(reopen(64 * MIB, MIB), ERR_OK);
	t = store_write(store);
	put(t, "later", "1");
	cr_expect_eq(txn_commit(&t, &err), ERR_OK, "opened again it writes");
	cr_expect(has("erasure", "1"));
	store_close(store);
	store = NULL;
	umount(dir);
}

/* Compacting takes deleted bytes off the file, keeps everything else, and waits while somebody reads. */
Test(store, compacting_wipes_what_was_deleted)
{
	struct store_txn *t = store_write(store), *r;

	put(t, "gone", "marker-of-the-deleted");
	put(t, "kept", "marker-of-the-kept");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	t = store_write(store);
	cr_assert(txn_delete(t, STORE_PEER, bytes_text("gone")));
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert(raw_count(dir, "marker-of-the-deleted"), "else this test proves nothing");
	r = store_read(store);
	cr_assert_eq(store_compact(store, &err), ERR_BUSY);
	txn_abort(&r);
	cr_assert_eq(store_compact(store, &err), ERR_OK, "%s: %s", err.rule, err.reason);
	cr_assert_not(raw_count(dir, "marker-of-the-deleted"));
	cr_assert(has("kept", "marker-of-the-kept"));
	t = store_write(store);
	put(t, "later", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK);
	cr_assert(has("kept", "marker-of-the-kept") && has("later", "1") && !has("gone", "marker-of-the-deleted"));
}

/* A commit that the disk refuses leaves nothing and makes the store read-only; opened again it is whole. */
Test(store, failed_commit_means_read_only)
{
	static const uint8_t kilobyte[1024];
	struct rlimit little = { 64 * 1024, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
	struct store_state state;
	struct store_txn *t = store_write(store);

	put(t, "before", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	t = store_write(store);
	for (uint32_t i = 0; i < 400; i++) {
		uint8_t key[4];
		put_u32(key, i);
		txn_put(t, STORE_RECORD, BYTES_OF(key), BYTES_OF(kilobyte));
	}
	cr_assert_eq(txn_commit(&t, &err), ERR_STORE);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
	store_state(store, &state);
	cr_assert(state.read_only);
	t = store_write(store);
	put(t, "later", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_STORE);
	cr_assert_str_eq(err.rule, "read-only");
	cr_assert(has("before", "1"), "reading goes on");
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK);
	t = store_read(store);
	cr_assert_eq(txn_count(t, STORE_RECORD), 0);
	txn_abort(&t);
	t = store_write(store);
	put(t, "later", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert(has("before", "1") && has("later", "1"));
}

static void
write_much(uint32_t from)
{
	static const uint8_t kilobyte[1024];
	struct store_txn *t = store_write(store);

	for (uint32_t i = from; i < from + 12000; i++) {
		uint8_t key[4];
		put_u32(key, i);
		txn_put(t, STORE_RECORD, BYTES_OF(key), BYTES_OF(kilobyte));
	}
	cr_assert_eq(txn_commit(&t, &err), ERR_OK, "%s", err.reason);
}

/* After a large commit memory is given back; whoever was reading goes on, and so does writing. */
Test(store, after_a_large_commit)
{
	struct store_txn *r, *t;

	r = store_read(store);
	write_much(0);
	cr_assert_eq(txn_count(r, STORE_RECORD), 0);
	cr_assert_eq(txn_commit(&r, &err), ERR_OK);
	write_much(20000);
	r = store_read(store);
	cr_assert_eq(txn_count(r, STORE_RECORD), 24000);
	cr_assert_eq(txn_commit(&r, &err), ERR_OK);
	t = store_write(store);
	put(t, "next", "1");
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert(has("next", "1"));
	cr_assert_eq(reopen(64 * MIB, MIB), ERR_OK);
	cr_assert(has("next", "1"));
}
