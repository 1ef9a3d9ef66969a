/* kilim.conf and its drop-ins, read: INI of one file, then the directory. */
#include "node/home/config_int.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/file.h"
#include "proto/cbor.h"
#include "proto/utf8.h"

/* --- one file --- */

struct reading {
	const char *file;
	struct config *config;
	struct config_origin *origins;
	struct bytes left;
	int line;                   /* of what was handed to the parser last */
	bool more;                  /* that was a piece of a long line, and not its last */
	bool piece;                 /* that was a piece, and not the first */
	bool started;               /* within a line */
	struct buf value;
	struct buf lines;           /* int of every piece: its line */
	int seen[CONFIG_ROWS];      /* line of the first time */
	enum err_code rc;           /* the first fault of on_pair, and its line */
	int fault;
	struct err *e;
};

/* Bytes of the line that matter: without its end, and without a comment behind the value. */
static size_t
line_len(struct bytes left, size_t whole)
{
	for (size_t i = 1; i < whole; i++)
		if (left.p[i] == ';' && (left.p[i - 1] == ' ' || left.p[i - 1] == '\t'))
			return i;
	return whole;
}

static bool
may_cut(const uint8_t *p, size_t at)
{
	return strchr(" \t;#\r", p[at - 1]) == NULL && strchr(" \t;#\r", p[at]) == NULL;
}

/*
 * The parser's lines are short (about 200 bytes), a name in Cyrillic is not: a longer line goes to it in pieces,
 * the later ones indented, which it takes as a value that continues. No piece begins or ends where it would trim.
 */
static char *
next_line(char *str, int num, void *stream)
{
	struct reading *r = stream;
	size_t max = (size_t)num - 3, whole, len, at = 0;
	const uint8_t *end;

	if (r->left.len == 0)
		return NULL;
	end = memchr(r->left.p, '\n', r->left.len);
	whole = end ? (size_t)(end - r->left.p) : r->left.len;
	r->piece = r->started;
	r->line += !r->started;
	buf_put(&r->lines, &r->line, sizeof r->line);
	len = whole <= max ? whole : line_len(r->left, whole);
	if (len > max && !r->piece && strchr("#;", r->left.p[strspn((const char *)r->left.p, " \t")]))
		len = 0;
	r->more = r->started = len > max;
	if (r->more) {
		for (len = max; len > max / 2 && !may_cut(r->left.p, len); len--)
			;
		whole = len;
	}
	if (r->piece)
		str[at++] = ' ';
	memcpy(str + at, r->left.p, len);
	memcpy(str + at + len, "\n", 2);
	whole += !r->more && end != NULL;
	r->left.p += whole;
	r->left.len -= whole;
	return str;
}

static void
where(const struct reading *r, char out[80])
{
	snprintf(out, 80, "%.60s:%d", r->file, r->line);
}

static enum err_code
take(struct reading *r, const char *section, const char *name, const char *value)
{
	char at[80];
	const struct config_row *row;
	size_t i;

	where(r, at);
	if ((row = config_find(section, name, at, r->e)) == NULL)
		return ERR_INPUT;
	i = (size_t)(row - config_table);
	if (value[0] == 0 || value[0] == ';')      /* "key =; why": the parser takes no comment without a blank before */
		return err_set(r->e, ERR_INPUT, at, "value", "\"%s\" has no value; leave the line out instead", name);
	if (r->seen[i] && !row->list)
		return err_set(r->e, ERR_INPUT, at, "twice", "\"%s\" stands in line %d already", name, r->seen[i]);
	r->seen[i] = r->line;
	if (row->set(r->config, row, value, r->e) != ERR_OK)
		return err_wrap(r->e, "%s", at), ERR_INPUT;
	if (r->origins) {
		snprintf(r->origins[i].file, sizeof r->origins[i].file, "%s", r->file);
		r->origins[i].line = r->line;
	}
	return ERR_OK;
}

static int
on_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;

	if (r->rc != ERR_OK)
		return 0;
	if (!r->piece)
		buf_reset(&r->value);
	buf_put_text(&r->value, value);
	if (!r->more)
		r->rc = take(r, section, name, buf_text(&r->value));
	r->fault = r->line;
	return r->rc == ERR_OK;
}

/* The parser reads on after a fault, and PIECE is where its first was: if not one of ours, a line it cannot read. */
static void
name_first_fault(struct reading *r, int piece)
{
	char at[80];

	memcpy(&r->line, r->lines.p + (size_t)(piece - 1) * sizeof r->line, sizeof r->line);
	if (r->rc != ERR_OK && r->fault <= r->line)
		return;
	where(r, at);
	r->rc = err_set(r->e, ERR_INPUT, at, "syntax", "neither [section], nor key = value, nor # comment");
}

/* Every line is UTF-8 without control characters but tabs; a parser of C text never meets a zero. */
static enum err_code
check_text(struct bytes text, const char *file, struct err *e)
{
	struct buf copy = { 0 };
	enum err_code rc = ERR_OK;
	char at[80];
	int line = 1;

	if (text.len > LIMIT_CONFIG)
		return err_set(e, ERR_LIMIT, file, "size", "more than %d bytes", LIMIT_CONFIG);
	buf_put_bytes(&copy, text);
	for (size_t i = 0; i < copy.len; i++)
		if (copy.p[i] == '\t' || (copy.p[i] == '\r' && i + 1 < copy.len && copy.p[i + 1] == '\n'))
			copy.p[i] = ' ';
	for (size_t from = 0; rc == ERR_OK && from < copy.len; line++) {
		const uint8_t *end = memchr(copy.p + from, '\n', copy.len - from);
		size_t len = end ? (size_t)(end - copy.p) - from : copy.len - from;

		snprintf(at, sizeof at, "%.60s:%d", file, line);
		if (!utf8_valid((struct bytes){ copy.p + from, len }))
			rc = err_set(e, ERR_INPUT, at, "utf-8", "not UTF-8, or a control character");
		from += len + 1;
	}
	buf_free(&copy);
	return rc;
}

enum err_code
config_parse(struct bytes text, const char *file, struct config *io, struct config_origin *origins, struct err *e)
{
	struct config whole = *io;
	struct config_origin *marks = need_zeroed(CONFIG_ROWS, sizeof *marks);
	struct buf copy = { 0 };
	struct reading r = { .file = file, .config = &whole, .origins = marks, .e = e };
	int fault;

	if ((r.rc = check_text(text, file, e)) != ERR_OK)
		goto out;
	buf_put_bytes(&copy, text);
	buf_text(&copy);
	r.left = buf_bytes(&copy);
	fault = ini_parse_stream(next_line, &r, on_pair, &r);
	if (fault < 0)
		r.rc = err_set(e, ERR_FAILED, file, "memory", "the parser gave up");
	else if (fault > 0)
		name_first_fault(&r, fault);
	if (r.rc != ERR_OK)
		goto out;
	*io = whole;
	for (size_t i = 0; origins && i < CONFIG_ROWS; i++)
		if (marks[i].line)
			origins[i] = marks[i];
out:
	free(marks);
	buf_free(&copy);
	buf_free(&r.value);
	buf_free(&r.lines);
	return r.rc;
}

/* --- the directory --- */

static enum err_code
load_file(const char *dir, const char *file, struct config *io, struct config_origin *origins, struct err *e)
{
	struct buf text = { 0 };
	char path[512];
	enum err_code rc;

	if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
		return err_set(e, ERR_INPUT, file, "length", "the path is too long");
	if ((rc = file_read(path, LIMIT_CONFIG, &text, e)) == ERR_OK)
		rc = config_parse(buf_bytes(&text), file, io, origins, e);
	buf_free(&text);
	return rc;
}

static int
is_drop_in(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 5 && strcmp(d->d_name + len - 5, ".conf") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum err_code
load_drop_ins(const char *dir, struct config *io, struct config_origin *origins, struct err *e)
{
	struct dirent **list = NULL;
	enum err_code rc = ERR_OK;
	char path[512], file[300];
	int n;

	snprintf(path, sizeof path, "%s/conf.d", dir);
	if ((n = scandir(path, &list, is_drop_in, by_name)) < 0) {
		if (errno == ENOENT)
			return ERR_OK;
		return err_set(e, errno == EACCES ? ERR_DENIED : ERR_FAILED, path, "system", "%s", strerror(errno));
	}
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof file, "conf.d/%s", list[i]->d_name);
		if (rc == ERR_OK)
			rc = load_file(dir, file, io, origins, e);
		free(list[i]);
	}
	free(list);
	return rc;
}

enum err_code
config_load(const char *dir, struct config *out, struct config_origin *origins, struct err *e)
{
	struct config c;
	struct config_origin *marks = need_zeroed(CONFIG_ROWS, sizeof *marks);
	enum err_code rc;

	config_defaults(&c);
	rc = load_file(dir, "kilim.conf", &c, marks, e);
	if (rc == ERR_OK || rc == ERR_MISSING)     /* works when empty, and when there is none */
		rc = load_drop_ins(dir, &c, marks, e);
	if (rc == ERR_OK) {
		*out = c;
		if (origins)
			memcpy(origins, marks, CONFIG_ROWS * sizeof *marks);
	}
	free(marks);
	return rc;
}
