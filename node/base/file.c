#include "node/base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* errno as an error about PATH; what the table lacks is told in the system's words. */
static enum err_code
fail(const char *path, int number, const char *doing, struct err *e)
{
	static const struct row {
		int number;
		enum err_code code;
		const char *rule, *reason;
	} rows[] = {
		{ ENOENT, ERR_MISSING, "missing", "no such file or directory" },
		{ ENOTDIR, ERR_MISSING, "missing", "a part of the path is no directory" },
		{ EACCES, ERR_DENIED, "permission", "this user may not do that here" },
		{ EPERM, ERR_DENIED, "permission", "this user may not do that here" },
		{ EROFS, ERR_DENIED, "permission", "the file system is read-only" },
		{ EISDIR, ERR_INPUT, "directory", "is a directory, not a file" },
		{ ENOSPC, ERR_STORE, "disk full", "the disk is full; make room on it" },
		{ EDQUOT, ERR_STORE, "disk full", "the disk quota is used up; make room" },
		{ ENXIO, ERR_INPUT, "regular file", "is a pipe, device or socket" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			return err_set(e, rows[i].code, path, rows[i].rule, "%s: %s", doing, rows[i].reason);
	return err_set(e, ERR_FAILED, path, "system", "%s: %s", doing, strerror(number));
}

static enum err_code
check_private(const char *path, const struct stat *st, struct err *e)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(e, ERR_DENIED, path, "private", "holds secrets but belongs to another user");
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_DENIED, path, "private",
		    "holds secrets but its mode is %03o: others have access; chmod 600 it", st->st_mode & 0777u);
	return ERR_OK;
}

static enum err_code
check_kind(const char *path, const struct stat *st, struct err *e)
{
	if (S_ISDIR(st->st_mode))
		return err_set(e, ERR_INPUT, path, "directory", "is a directory, not a file");
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_INPUT, path, "regular file", "is a pipe, device or socket");
	return ERR_OK;
}

static enum err_code
too_large(const char *path, size_t max, struct err *e)
{
	return err_set(e, ERR_LIMIT, path, "size", "has more than %zu bytes", max);
}

/* Until the end; one byte beyond MAX proves that a file has grown past it since it was measured. */
static enum err_code
read_all(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
	size_t before = out->len;

	for (;;) {
		size_t had = out->len - before, room = out->cap - out->len;
		ssize_t got;
		if (room == 0) {
			buf_reserve(out, 4096);
			continue;
		}
		if (room > max - had + 1)
			room = max - had + 1;
		got = read(fd, out->p + out->len, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(path, errno, "reading", e);
		if (got == 0)
			return ERR_OK;
		out->len += (size_t)got;
		if (out->len - before > max)
			return too_large(path, max, e);
	}
}

enum access { ANY, PRIVATE };

static enum err_code
read_file(const char *path, enum access access, size_t max, struct buf *out, struct err *e)
{
	size_t before = out->len;
	struct stat st;
	enum err_code rc;
	int fd;

	assert(max < SIZE_MAX);
	/* O_NONBLOCK: opening a pipe that nobody writes must not wait; regular files do not know it. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return fail(path, errno, "opening", e);
	if (fstat(fd, &st) < 0) {
		rc = fail(path, errno, "looking at it", e);
		goto out;
	}
	if ((rc = check_kind(path, &st, e)) != ERR_OK)
		goto out;
	if (access == PRIVATE && (rc = check_private(path, &st, e)) != ERR_OK)
		goto out;
	if ((uintmax_t)st.st_size > max) {
		rc = too_large(path, max, e);
		goto out;
	}
	/* All at once, so that no copy of a secret stays behind in memory that was outgrown. */
	buf_reserve(out, (size_t)st.st_size + 1);
	rc = read_all(fd, path, max, out, e);
out:
	if (rc != ERR_OK)
		out->len = before;
	close(fd);
	return rc;
}

enum err_code
file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_file(path, ANY, max, out, e);
}

enum err_code
file_read_private(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_file(path, PRIVATE, max, out, e);
}

enum err_code
file_is_private(const char *path, struct err *e)
{
	struct stat st;
	enum err_code rc;

	if (stat(path, &st) < 0)
		return fail(path, errno, "looking at it", e);
	if ((rc = check_kind(path, &st, e)) != ERR_OK)
		return rc;
	return check_private(path, &st, e);
}

static int
write_all(int fd, struct bytes content)
{
	while (content.len) {
		ssize_t put = write(fd, content.p, content.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		content.p += put;
		content.len -= (size_t)put;
	}
	return 0;
}

/* Flush the directory that holds PATH, so that a name made or changed in it survives a power cut. */
static int
flush_parent(const char *path)
{
	char *parent = need_strdup(path), *slash;
	size_t len = strlen(parent);
	int fd, rc, number;

	while (len > 1 && parent[len - 1] == '/')
		parent[--len] = 0;
	slash = strrchr(parent, '/');
	if (slash == parent)
		slash[1] = 0;
	else if (slash)
		*slash = 0;
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(parent);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	number = errno;
	close(fd);
	errno = number;
	return rc;
}

enum err_code
file_write_atomic(const char *path, struct bytes content, mode_t mode, struct err *e)
{
	struct buf name = { 0 };
	char *temporary;
	enum err_code rc = ERR_OK;
	int fd;

	buf_printf(&name, "%s.XXXXXX", path);
	buf_text(&name);
	temporary = (char *)name.p;
	fd = mkostemp(temporary, O_CLOEXEC); /* 0600 from the start */
	if (fd < 0) {
		rc = fail(path, errno, "making a file in its folder", e);
		goto out;
	}
	if (write_all(fd, content) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0)
		rc = fail(path, errno, "writing", e);
	if (close(fd) < 0 && rc == ERR_OK)
		rc = fail(path, errno, "writing", e);
	if (rc == ERR_OK && rename(temporary, path) < 0)
		rc = fail(path, errno, "renaming to it", e);
	if (rc != ERR_OK)
		unlink(temporary);
	else if (flush_parent(path) < 0)
		rc = fail(path, errno, "flushing its directory", e);
out:
	buf_free(&name);
	return rc;
}

enum err_code
file_make_dir(const char *path, mode_t mode, struct err *e)
{
	struct stat st;

	if (mkdir(path, mode & 0700) == 0) {
		if (chmod(path, mode) < 0 || flush_parent(path) < 0)
			return fail(path, errno, "making the directory", e);
		return ERR_OK;
	}
	if (errno != EEXIST)
		return fail(path, errno, "making the directory", e);
	if (stat(path, &st) < 0)
		return fail(path, errno, "looking at it", e);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, path, "directory", "exists and is no directory");
	return ERR_OK;
}
