/* What node/base/file.h promises: whole files in and out, with errors that say what is wrong. */
#include "node/base/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/kilim-test-file.XXXXXX";

static void
open_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
}

static void
close_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && unlinkat(dirfd(d), entry->d_name, 0) < 0)
			unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
	rmdir(dir);
}

TestSuite(file, .init = open_dir, .fini = close_dir);

static void
make(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	cr_assert_eq(fchmod(fd, mode), 0);
	close(fd);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static size_t
entries(void)
{
	DIR *d = opendir(".");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void
expect_fault(enum err_code rc, const struct err *e, enum err_code code, const char *object, const char *rule)
{
	cr_expect_eq(rc, code, "%s", e->reason);
	cr_expect_str_eq(e->object, object);
	cr_expect_str_eq(e->rule, rule);
	cr_expect_gt(strlen(e->reason), 0);
}

/* A file is read whole, behind what the buffer holds, up to and with its maximum. */
Test(file, read)
{
	struct buf out = { 0 };
	struct err e;

	make("a", "twelve bytes", 0644);
	buf_put_text(&out, "had: ");
	cr_expect_eq(file_read("a", 12, &out, &e), ERR_OK);
	cr_expect_str_eq(buf_text(&out), "had: twelve bytes");
	expect_fault(file_read("a", 11, &out, &e), &e, ERR_LIMIT, "a", "size");
	cr_expect_str_eq(buf_text(&out), "had: twelve bytes", "as before the error");
	make("empty", "", 0644);
	cr_expect_eq(file_read("empty", 0, &out, &e), ERR_OK);
	cr_expect_eq(out.len, 17);
	buf_free(&out);
}

/* A file of many pages is read whole. */
Test(file, read_large)
{
	struct buf in = { 0 }, out = { 0 };
	struct err e;

	for (unsigned i = 0; i < 300000; i++)
		buf_put_u8(&in, (uint8_t)(i * 7 >> 3));
	cr_assert_eq(file_write_atomic("large", buf_bytes(&in), 0600, &e), ERR_OK);
	cr_expect_eq(file_read("large", 1 << 20, &out, &e), ERR_OK);
	cr_expect(bytes_equal(buf_bytes(&in), buf_bytes(&out)));
	buf_free(&in);
	buf_free(&out);
}

/* Files whose size the system does not tell are read to their end, within the limit. */
Test(file, read_without_a_size)
{
	struct buf out = { 0 };
	struct err e;

	cr_expect_eq(file_read("/proc/self/status", 1 << 16, &out, &e), ERR_OK);
	cr_expect_gt(out.len, 100);
	buf_reset(&out);
	expect_fault(file_read("/proc/self/status", 100, &out, &e), &e, ERR_LIMIT, "/proc/self/status", "size");
	cr_expect_eq(out.len, 0);
	buf_free(&out);
}

/* What is missing or no regular file is told; a pipe without a writer does not make us wait. */
Test(file, read_refuses)
{
	struct buf out = { 0 };
	struct err e;

	expect_fault(file_read("none", 9, &out, &e), &e, ERR_MISSING, "none", "missing");
	make("a", "x", 0644);
	expect_fault(file_read("a/b", 9, &out, &e), &e, ERR_MISSING, "a/b", "missing");
	expect_fault(file_read(".", 9, &out, &e), &e, ERR_INPUT, ".", "directory");
	cr_assert_eq(mkfifo("pipe", 0600), 0);
	expect_fault(file_read("pipe", 9, &out, &e), &e, ERR_INPUT, "pipe", "regular file");
	expect_fault(file_read("/dev/zero", 9, &out, &e), &e, ERR_INPUT, "/dev/zero", "regular file");
	cr_assert_eq(symlink("loop", "loop"), 0);
	expect_fault(file_read("loop", 9, &out, &e), &e, ERR_FAILED, "loop", "system");
	cr_expect_eq(out.len, 0);
	buf_free(&out);
}

/* Run TEST as a user who is not root, whom permissions bind; true when it returned true. */
static bool
as_nobody(bool (*test)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit((geteuid() != 0 || setuid(65534) == 0) && test() ? 0 : 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
all_denied(void)
{
	struct buf out = { 0 };
	struct err e;
	bool denied = file_read("secret", 9, &out, &e) == ERR_DENIED && strcmp(e.rule, "permission") == 0 &&
	    file_write_atomic("new", bytes_text("x"), 0600, &e) == ERR_DENIED &&
	    file_make_dir("sub", 0700, &e) == ERR_DENIED;

	buf_free(&out);
	return denied;
}

/* Where this user has no permission, that is what the error says. */
Test(file, permissions)
{
	make("secret", "x", 0000);
	cr_assert_eq(chmod(dir, 0555), 0);
	cr_expect(as_nobody(all_denied));
	cr_assert_eq(chmod(dir, 0700), 0);
}

/* A file of secrets is refused when its mode gives anything to group or others. */
Test(file, private_modes)
{
	static const struct { mode_t mode; bool good; } rows[] = { { 0600, true }, { 0400, true }, { 0700, true },
		{ 0640, false }, { 0604, false }, { 0620, false }, { 0601, false }, { 0644, false }, { 0666, false } };
	struct buf out = { 0 };
	struct err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make("key", "k", rows[i].mode);
		buf_reset(&out);
		if (rows[i].good) {
			cr_expect_eq(file_is_private("key", &e), ERR_OK, "%o", rows[i].mode);
			cr_expect_eq(file_read_private("key", 9, &out, &e), ERR_OK, "%o", rows[i].mode);
			cr_expect_eq(out.len, 1);
		} else {
			expect_fault(file_is_private("key", &e), &e, ERR_DENIED, "key", "private");
			expect_fault(file_read_private("key", 9, &out, &e), &e, ERR_DENIED, "key", "private");
			cr_expect_eq(out.len, 0);
		}
	}
	expect_fault(file_is_private("none", &e), &e, ERR_MISSING, "none", "missing");
	expect_fault(file_is_private(".", &e), &e, ERR_INPUT, ".", "directory");
	buf_free(&out);
}

/* A file of secrets that belongs to another user is refused, whatever its mode. */
Test(file, private_owner)
{
	struct err e;

	make("key", "k", 0600);
	if (chown("key", 65534, 65534) < 0)
		cr_skip_test("only root can give a file away");
	expect_fault(file_is_private("key", &e), &e, ERR_DENIED, "key", "private");
}

/* What is written is there with its mode, whatever the umask, in place of what was there before. */
Test(file, write)
{
	struct buf out = { 0 };
	struct err e;

	umask(0077);
	cr_expect_eq(file_write_atomic("a", bytes_text("first"), 0644, &e), ERR_OK);
	cr_expect_eq(mode_of("a"), 0644);
	umask(0);
	cr_expect_eq(file_write_atomic("a", bytes_text("second"), 0600, &e), ERR_OK);
	cr_expect_eq(mode_of("a"), 0600);
	cr_expect_eq(file_write_atomic("/tmp/../tmp/kilim-none/b", bytes_text("x"), 0600, &e), ERR_MISSING);
	cr_expect_eq(file_read("a", 100, &out, &e), ERR_OK);
	cr_expect_str_eq(buf_text(&out), "second");
	cr_expect_eq(file_write_atomic("empty", (struct bytes){ 0 }, 0600, &e), ERR_OK);
	cr_expect_eq(entries(), 2, "no temporary file stays");
	buf_free(&out);
}

/* When writing fails, what was there stays, and nothing else. */
Test(file, write_fails)
{
	struct err e;

	cr_assert_eq(mkdir("d", 0700), 0);
	cr_expect_neq(file_write_atomic("d", bytes_text("x"), 0600, &e), ERR_OK);
	cr_expect_str_eq(e.object, "d");
	cr_expect_eq(entries(), 1);
}

/* A directory gets its mode whatever the umask; one that exists is left as it is. */
Test(file, make_dir)
{
	struct err e;

	umask(0077);
	cr_expect_eq(file_make_dir("d", 0755, &e), ERR_OK);
	cr_expect_eq(mode_of("d"), 0755);
	umask(0);
	cr_expect_eq(file_make_dir("d/e/", 0700, &e), ERR_OK);
	cr_expect_eq(mode_of("d/e"), 0700);
	cr_expect_eq(file_make_dir("d", 0700, &e), ERR_OK);
	cr_expect_eq(mode_of("d"), 0755);
	expect_fault(file_make_dir("x/y", 0700, &e), &e, ERR_MISSING, "x/y", "missing");
	make("f", "", 0600);
	expect_fault(file_make_dir("f", 0700, &e), &e, ERR_INPUT, "f", "directory");
	rmdir("d/e");
}
