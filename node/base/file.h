/*
 * file - whole files and directories: read with a limit, written so that a crash leaves the old or the new.
 *
 * Shape    every error names the path as its object; the rule is "missing", "permission", "directory",
 *          "regular file", "size", "private", "disk full" or "system" (with the system's own words)
 * Law      nothing is ever read from a pipe, device or socket, and opening one never waits
 *          file_write_atomic never leaves a part of the new content under PATH
 */
#ifndef KILIM_BASE_FILE_H
#define KILIM_BASE_FILE_H

#include "proto/buf.h"
#include "proto/err.h"

#include <sys/types.h>

/*
 * Append the content of the regular file PATH, at most MAX bytes, to OUT; on an error OUT is as before.
 *   ERR_MISSING  there is no such file
 *   ERR_DENIED   we may not read it
 *   ERR_INPUT    it is a directory, or no regular file
 *   ERR_LIMIT    it has more than MAX bytes
 *   ERR_FAILED   reading failed
 */
enum err_code file_read(const char *path, size_t max, struct buf *out, struct err *e);
/*
 * The same for a file of secrets: ERR_DENIED also when it belongs to somebody else (not root), or when group
 * or others have any access. What is checked is what is read. The caller wipes OUT.
 */
enum err_code file_read_private(const char *path, size_t max, struct buf *out, struct err *e);
/* Only that check. */
enum err_code file_is_private(const char *path, struct err *e);

/*
 * Put CONTENT under PATH with MODE, whatever the umask: a new file beside it, flushed, then renamed over it,
 * then the directory flushed. On OK it is on disk.
 *   ERR_MISSING  the directory does not exist
 *   ERR_DENIED   we may not write there
 *   ERR_STORE    the disk or the quota is full
 *   ERR_FAILED   anything else (PATH is a directory ...)
 * On an error PATH is as it was, except that a directory which cannot be flushed is found too late.
 */
enum err_code file_write_atomic(const char *path, struct bytes content, mode_t mode, struct err *e);

/*
 * Make the directory PATH with MODE, whatever the umask; one that exists is left as it is.
 *   ERR_MISSING  the parent does not exist
 *   ERR_DENIED   we may not write there
 *   ERR_INPUT    something else has that name
 *   ERR_FAILED   anything else
 */
enum err_code file_make_dir(const char *path, mode_t mode, struct err *e);

#endif
