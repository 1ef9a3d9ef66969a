#include "node/home/home.h"

#include "node/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KEY_MAX 4096      /* bytes of node.key and node.crt; ours have about 300 */
#define SMALL_MAX 256     /* bytes of machine and port */
#define PATH_MAX_HERE 512

static const char *
join(const char *dir, const char *file, char out[PATH_MAX_HERE])
{
	snprintf(out, PATH_MAX_HERE, "%s/%s", dir, file);
	return out;
}

const char *
home_path(const struct home *h, const char *file, char out[512])
{
	return join(h->dir, file, out);
}

/* Whatever it is: a name that is taken is never written over. */
static bool
is_there(const char *dir, const char *file)
{
	char path[PATH_MAX_HERE];
	struct stat st;

	return lstat(join(dir, file, path), &st) == 0;
}

/* --- where --- */

enum err_code
home_find(const char *dir_option, char out[256], struct err *e)
{
	const char *user = getenv("HOME"), *named = dir_option ? dir_option : getenv("KILIM_DIR");
	char own[256];

	if (named && *named) {
		size_t len = strlen(named);

		if (len >= 256)
			return err_set(e, ERR_INPUT, "directory", "length", "at most 255 bytes");
		memcpy(out, named, len + 1);
		while (len > 1 && out[len - 1] == '/')
			out[--len] = 0;
		return ERR_OK;
	}
	if (dir_option)
		return err_set(e, ERR_USAGE, "directory", "empty", "--dir needs the name of a directory");
	if (user && *user && snprintf(own, sizeof own, "%s/.local/share/kilim", user) < (int)sizeof own &&
	    is_there(own, "organisation.key"))
		memcpy(out, own, strlen(own) + 1);
	else
		strcpy(out, "/var/lib/kilim");
	return ERR_OK;
}

/* --- making a node --- */

struct made {
	char dirs[16][256];   /* those that were not there, outermost first */
	size_t dir_count;
	const char *files[8];
	size_t file_count;
};

static enum err_code
make_one(const char *path, mode_t mode, struct made *m, struct err *e)
{
	struct stat st;
	enum err_code rc;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return ERR_OK;
	if (m->dir_count == COUNT(m->dirs))
		return err_set(e, ERR_INPUT, path, "depth", "too many directories are missing above it");
	if ((rc = file_make_dir(path, mode, e)) == ERR_OK)
		memcpy(m->dirs[m->dir_count++], path, strlen(path) + 1);
	return rc;
}

/* DIR and what is missing above it. One that exists loses what others may do in it. */
static enum err_code
make_dirs(const char *dir, struct made *m, struct err *e)
{
	char path[256];
	struct stat st;
	enum err_code rc;

	if (strlen(dir) >= sizeof path)
		return err_set(e, ERR_INPUT, dir, "length", "at most 255 bytes");
	memcpy(path, dir, strlen(dir) + 1);
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		rc = make_one(path, 0755, m, e);
		*p = '/';
		if (rc != ERR_OK)
			return rc;
	}
	if ((rc = make_one(dir, 0700, m, e)) != ERR_OK)
		return rc;
	if (stat(dir, &st) == 0 && (st.st_mode & 0027) && chmod(dir, st.st_mode & 0750) != 0)
		return err_set(e, ERR_DENIED, dir, "permission", "others have access to it, and it is not ours to change");
	return ERR_OK;
}

static enum err_code
put_file(const char *dir, const char *file, struct bytes content, struct made *m, struct err *e)
{
	char path[PATH_MAX_HERE];
	enum err_code rc = file_write_atomic(join(dir, file, path), content, 0600, e);

	if (rc == ERR_OK)
		m->files[m->file_count++] = file;
	return rc;
}

static void
undo(const char *dir, const struct made *m)
{
	char path[PATH_MAX_HERE];

	for (size_t i = m->file_count; i > 0; i--)
		unlink(join(dir, m->files[i - 1], path));
	for (size_t i = m->dir_count; i > 0; i--)
		rmdir(m->dirs[i - 1]);
}

/* The text of C, when reading it gives C back: a value may hold what the file's syntax would swallow. */
static enum err_code
config_text(const struct config *c, struct buf *out, struct err *e)
{
	struct config back;
	struct buf a = { 0 }, b = { 0 };
	enum err_code rc;

	config_defaults(&back);
	config_write(c, out);
	if ((rc = config_parse(buf_bytes(out), "kilim.conf", &back, NULL, e)) != ERR_OK)
		return rc;
	for (size_t i = 0; rc == ERR_OK && i < config_rows(); i++) {
		buf_reset(&a);
		buf_reset(&b);
		config_value(c, i, &a);
		config_value(&back, i, &b);
		if (!bytes_equal(buf_bytes(&a), buf_bytes(&b)))
			rc = err_set(e, ERR_INPUT, config_key(i), "syntax",
			    "cannot be kept in kilim.conf as it is (a semicolon behind a space, or spaces at an end)");
	}
	buf_free(&a);
	buf_free(&b);
	return rc;
}

static enum err_code
refuse_existing(const char *dir, struct err *e)
{
	static const char *const marks[] = { "organisation.key", "kilim.conf", "store", "machine" };

	for (size_t i = 0; i < COUNT(marks); i++)
		if (is_there(dir, marks[i]))
			return err_set(e, ERR_CONFLICT, dir, "exists", "a node lives there already (%s); nothing was changed",
			    marks[i]);
	return ERR_OK;
}

static void
free_secret(struct buf *b)
{
	if (b->p)
		wipe(b->p, b->cap);
	buf_free(b);
}

/* The organisation's key comes last: where it is, the rest is there too. */
static enum err_code
put_all(const char *dir, const struct config *c, const struct world *w, struct made *m, struct err *e)
{
	struct buf text = { 0 }, key = { 0 }, certificate = { 0 };
	struct sign_key organisation, machine;
	enum err_code rc;

	sign_key_new(&organisation);
	sign_key_new(&machine);
	if ((rc = config_text(c, &text, e)) == ERR_OK &&
	    (rc = dtls_identity_make(w, &key, &certificate, e)) == ERR_OK &&
	    (rc = make_dirs(dir, m, e)) == ERR_OK &&
	    (rc = put_file(dir, "node.key", buf_bytes(&key), m, e)) == ERR_OK &&
	    (rc = put_file(dir, "node.crt", buf_bytes(&certificate), m, e)) == ERR_OK &&
	    (rc = put_file(dir, "machine.key", BYTES_OF(machine.seed), m, e)) == ERR_OK &&
	    (rc = put_file(dir, "kilim.conf", buf_bytes(&text), m, e)) == ERR_OK)
		rc = put_file(dir, "organisation.key", BYTES_OF(organisation.seed), m, e);
	sign_key_wipe(&organisation);
	sign_key_wipe(&machine);
	free_secret(&key);
	buf_free(&certificate);
	buf_free(&text);
	return rc;
}

enum err_code
home_init(const char *dir, const struct config *c, const struct world *w, struct err *e)
{
	struct made m = { 0 };
	enum err_code rc;

	crypto_start();
	if ((rc = refuse_existing(dir, e)) != ERR_OK)
		return rc;
	if ((rc = put_all(dir, c, w, &m, e)) != ERR_OK)
		undo(dir, &m);
	return rc;
}

/* --- opening one --- */

static enum err_code
read_seed(const char *dir, const char *file, struct sign_key *out, struct err *e)
{
	struct buf seed = { 0 };
	char path[PATH_MAX_HERE];
	enum err_code rc = file_read_private(join(dir, file, path), SMALL_MAX, &seed, e);

	if (rc == ERR_OK && seed.len != CRYPTO_SEED)
		rc = err_set(e, ERR_INPUT, path, "length", "a key has %d bytes, this file %zu", CRYPTO_SEED, seed.len);
	if (rc == ERR_OK)
		sign_key_from_seed(seed.p, out);
	free_secret(&seed);
	return rc;
}

static enum err_code
read_identity(const char *dir, struct dtls_identity **out, struct err *e)
{
	struct buf key = { 0 }, certificate = { 0 };
	char path[PATH_MAX_HERE];
	enum err_code rc;

	if ((rc = file_read_private(join(dir, "node.crt", path), KEY_MAX, &certificate, e)) ||
	    (rc = file_read_private(join(dir, "node.key", path), KEY_MAX, &key, e)))
		goto out;
	if ((rc = dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), out, e)) != ERR_OK)
		err_wrap(e, "%s", strstr(e->object, "certificate") ? join(dir, "node.crt", path) : path);
out:
	free_secret(&key);
	buf_free(&certificate);
	return rc;
}

/* A small file of ours that may be missing: then TEXT stays empty. */
static enum err_code
read_small(const char *dir, const char *file, struct buf *text, struct err *e)
{
	char path[PATH_MAX_HERE];
	enum err_code rc = file_read(join(dir, file, path), SMALL_MAX, text, e);

	return rc == ERR_MISSING ? ERR_OK : rc;
}

/* "incarnation boot" in decimal; a missing or damaged file counts as no twin, which is what makes a node recover. */
static enum err_code
read_machine(struct home *h, struct err *e)
{
	struct buf text = { 0 };
	unsigned long long incarnation, boot;
	char end;
	enum err_code rc = read_small(h->dir, "machine", &text, e);

	if (rc == ERR_OK && sscanf(buf_text(&text), "%20llu %20llu%c", &incarnation, &boot, &end) == 3 && end == '\n') {
		h->machine_incarnation = incarnation;
		h->boot = boot;
	}
	buf_free(&text);
	return rc;
}

/* Who may write in the directory puts other keys in the place of these. */
static enum err_code
check_directory(const char *dir, struct err *e)
{
	struct stat st;

	if (stat(dir, &st) == 0 && st.st_mode & S_IWOTH)
		return err_set(e, ERR_DENIED, dir, "private", "everybody may write here (mode %o); chmod 700 it",
		    (unsigned)st.st_mode & 07777);
	return ERR_OK;
}

enum err_code
home_open(const char *dir, struct home *out, struct err *e)
{
	struct home h = { 0 };
	enum err_code rc;

	crypto_start();
	if (strlen(dir) >= sizeof h.dir)
		return err_set(e, ERR_INPUT, dir, "length", "at most %zu bytes", sizeof h.dir - 1);
	memcpy(h.dir, dir, strlen(dir) + 1);
	if (!is_there(dir, "organisation.key") && errno != EACCES)
		return err_set(e, ERR_MISSING, dir, "missing", "no node lives there; `kilim init` makes one");
	if ((rc = check_directory(dir, e)) || (rc = config_load(dir, &h.config, NULL, e)) ||
	    (rc = read_seed(dir, "organisation.key", &h.organisation, e)) ||
	    (rc = read_seed(dir, "machine.key", &h.machine, e)) ||
	    (rc = read_identity(dir, &h.identity, e)) ||
	    (rc = read_machine(&h, e)))
		home_close(&h);
	else
		*out = h;
	wipe(&h.organisation, sizeof h.organisation);
	wipe(&h.machine, sizeof h.machine);
	return rc;
}

void
home_close(struct home *h)
{
	sign_key_wipe(&h->organisation);
	sign_key_wipe(&h->machine);
	dtls_identity_free(h->identity);
	h->identity = NULL;
}

/* --- what changes while a node runs --- */

enum err_code
home_save_machine(const struct home *h, uint64_t incarnation, uint64_t boot, struct err *e)
{
	char path[PATH_MAX_HERE], text[64];

	snprintf(text, sizeof text, "%llu %llu\n", (unsigned long long)incarnation, (unsigned long long)boot);
	return file_write_atomic(home_path(h, "machine", path), bytes_text(text), 0600, e);
}

unsigned
home_port(const struct home *h)
{
	struct buf text = { 0 };
	unsigned port = 0;

	if (read_small(h->dir, "port", &text, NULL) != ERR_OK || sscanf(buf_text(&text), "%5u", &port) != 1 ||
	    port > 65535)
		port = 0;
	buf_free(&text);
	return port;
}

enum err_code
home_save_port(const struct home *h, unsigned port, struct err *e)
{
	char path[PATH_MAX_HERE], text[16];

	snprintf(text, sizeof text, "%u\n", port);
	return file_write_atomic(home_path(h, "port", path), bytes_text(text), 0600, e);
}
