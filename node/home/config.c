#include "node/home/config.h"

#include "node/base/file.h"
#include "node/base/log.h"
#include "node/dtls/dtls.h"
#include "proto/cbor.h"
#include "proto/id.h"
#include "proto/kind.h"
#include "proto/territory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- values: each setter takes a trimmed, valid text; its reason is half a sentence about that text ---- */

struct row;
typedef enum err_code (*setter)(struct config *c, const struct row *r, const char *value, struct err *e);
typedef void (*shower)(const struct config *c, const struct row *r, struct buf *out);

struct row {
	const char *key;         /* "section.name" */
	setter set;
	shower show;             /* lists: one item a line */
	size_t offset, size;     /* of a text or number within struct config */
	unsigned min, max;       /* of a number */
	bool list;               /* may be given several times */
	bool always;             /* written by config_write even when it is the default */
	const char *help;
};

static char *
text_at(struct config *c, const struct row *r)
{
	return (char *)c + r->offset;
}

static enum err_code
wrong(struct err *e, const struct row *r, const char *value, const char *reason)
{
	return err_set(e, ERR_INPUT, r->key, "value", "\"%.60s\" %s", value, reason);
}

static enum err_code
set_text(struct config *c, const struct row *r, const char *value, struct err *e)
{
	if (strlen(value) >= r->size)
		return err_set(e, ERR_LIMIT, r->key, "length", "at most %zu bytes", r->size - 1);
	memcpy(text_at(c, r), value, strlen(value) + 1);
	return ERR_OK;
}

static void
show_text(const struct config *c, const struct row *r, struct buf *out)
{
	buf_put_text(out, (const char *)c + r->offset);
}

static enum err_code
set_territory(struct config *c, const struct row *r, const char *value, struct err *e)
{
	const struct code *code;
	enum err_code rc = territory_parse(value, r->key, &code, e);

	return rc ? rc : set_text(c, r, code->word, e);
}

static enum err_code
set_language(struct config *c, const struct row *r, const char *value, struct err *e)
{
	if (!tag_valid(bytes_text(value)))
		return wrong(e, r, value, "is no language tag such as sq, sr-Latn or mk");
	return set_text(c, r, value, e);
}

static enum err_code
set_level(struct config *c, const struct row *r, const char *value, struct err *e)
{
	if (log_level_from(value) < 0)
		return wrong(e, r, value, "is none of error, warn, info and debug");
	return set_text(c, r, value, e);
}

static enum err_code
set_bool(struct config *c, const struct row *r, const char *value, struct err *e)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return wrong(e, r, value, "is neither yes nor no");
	memcpy(text_at(c, r), &yes, sizeof yes);
	return ERR_OK;
}

static void
show_bool(const struct config *c, const struct row *r, struct buf *out)
{
	bool yes;

	memcpy(&yes, (const char *)c + r->offset, sizeof yes);
	buf_put_text(out, yes ? "yes" : "no");
}

static enum err_code
set_number(struct config *c, const struct row *r, const char *value, struct err *e)
{
	unsigned n = 0;
	char range[80];

	snprintf(range, sizeof range, "is no whole number from %u to %u", r->min, r->max);
	if (value[0] == 0 || strlen(value) > 9 || strspn(value, "0123456789") != strlen(value))
		return wrong(e, r, value, range);
	for (const char *p = value; *p; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (n < r->min || n > r->max)
		return wrong(e, r, value, range);
	memcpy(text_at(c, r), &n, sizeof n);
	return ERR_OK;
}

static void
show_number(const struct config *c, const struct row *r, struct buf *out)
{
	unsigned n;

	memcpy(&n, (const char *)c + r->offset, sizeof n);
	buf_printf(out, "%u", n);
}

/* A literal, never a name: nothing is ever asked of a name server. */
static enum err_code
check_address(const struct row *r, const char *value, bool may_be_zero, struct err *e)
{
	union address a;

	if (address_parse(value, may_be_zero, &a, NULL) != ERR_OK)
		return wrong(e, r, value, "is no address with a port, such as 192.0.2.1:5684 or [2001:db8::1]:5684");
	return ERR_OK;
}

static enum err_code
set_listen(struct config *c, const struct row *r, const char *value, struct err *e)
{
	enum err_code rc = check_address(r, value, true, e);

	return rc ? rc : set_text(c, r, value, e);
}

static enum err_code
add_announce(struct config *c, const struct row *r, const char *value, struct err *e)
{
	enum err_code rc = check_address(r, value, false, e);

	if (rc != ERR_OK)
		return rc;
	if (c->announce_count == COUNT(c->announce))
		return err_set(e, ERR_LIMIT, r->key, "count", "at most %zu addresses", COUNT(c->announce));
	snprintf(c->announce[c->announce_count++], sizeof c->announce[0], "%s", value);
	return ERR_OK;
}

static void
show_announce(const struct config *c, const struct row *r, struct buf *out)
{
	(void)r;
	for (size_t i = 0; i < c->announce_count; i++)
		buf_printf(out, "%s%s", i ? "\n" : "", c->announce[i]);
}

static enum err_code
add_peer(struct config *c, const struct row *r, const char *value, struct err *e)
{
	size_t len = strcspn(value, " \t");
	const char *node = value + len + strspn(value + len, " \t");
	char address[sizeof c->peers[0].address];
	struct id id;
	enum err_code rc;

	if (len >= sizeof address)
		return err_set(e, ERR_LIMIT, r->key, "length", "an address has at most %zu bytes", sizeof address - 1);
	snprintf(address, sizeof address, "%.*s", (int)len, value);
	if ((rc = check_address(r, address, false, e)) != ERR_OK)
		return rc;
	if (*node && id_parse(ID_NODE, node, r->key, &id, NULL) != ERR_OK)
		return wrong(e, r, node, "is no node id (node1...)");
	if (c->peer_count == COUNT(c->peers))
		return err_set(e, ERR_LIMIT, r->key, "count", "at most %zu peers", COUNT(c->peers));
	snprintf(c->peers[c->peer_count].address, sizeof c->peers[0].address, "%s", address);
	snprintf(c->peers[c->peer_count++].node, sizeof c->peers[0].node, "%s", node);
	return ERR_OK;
}

static void
show_peers(const struct config *c, const struct row *r, struct buf *out)
{
	(void)r;
	for (size_t i = 0; i < c->peer_count; i++)
		buf_printf(out, "%s%s%s%s", i ? "\n" : "", c->peers[i].address, c->peers[i].node[0] ? " " : "",
		    c->peers[i].node);
}

#define EVERYTHING "everything"
/* Membership and the directory are kept by everyone: flags and claims of all members are in it. */
#define CAN_LEAVE_OUT (1u << COLLECTION_EXCHANGE | 1u << COLLECTION_LIBRARY | 1u << COLLECTION_STATISTICS)

static enum err_code
wrong_keep(struct err *e, const char *value, const char *reason)
{
	return err_set(e, ERR_INPUT, "network.keep", "value", "\"%.60s\" %s", value, reason);
}

/* "directory, exchange" */
enum err_code
config_keep(struct config *c, const char *value, struct err *e)
{
	unsigned kept = 0;

	if (strcmp(value, EVERYTHING) == 0) {
		c->left_out = 0;
		return ERR_OK;
	}
	for (const char *p = value; *p; p += strspn(p, ", ")) {
		size_t len = strcspn(p, ", ");
		int i = COLLECTION_DIRECTORY;

		while (i < COLLECTIONS && (strlen(collection_word((enum collection)i)) != len ||
		    strncmp(collection_word((enum collection)i), p, len) != 0))
			i++;
		if (i == COLLECTIONS)
			return wrong_keep(e, value, "is neither " EVERYTHING " nor some of directory, exchange, library and statistics");
		kept |= 1u << i;
		p += len;
	}
	if (!(kept >> COLLECTION_DIRECTORY & 1))
		return wrong_keep(e, value, "leaves out the directory, which every node keeps: flags and claims are in it");
	c->left_out = CAN_LEAVE_OUT & ~kept;
	return ERR_OK;
}

static enum err_code
set_keep(struct config *c, const struct row *r, const char *value, struct err *e)
{
	(void)r;
	return config_keep(c, value, e);
}

static void
show_keep(const struct config *c, const struct row *r, struct buf *out)
{
	(void)r;
	if (c->left_out == 0)
		buf_put_text(out, EVERYTHING);
	for (int i = COLLECTION_DIRECTORY; c->left_out && i < COLLECTIONS; i++)
		if (!(c->left_out >> i & 1))
			buf_printf(out, "%s%s", i > COLLECTION_DIRECTORY ? ", " : "", collection_word((enum collection)i));
}

/* ---- the rows, in the order of the file ---- */

#define AT(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)

static const struct row rows[] = {
	{ "organisation.name", set_text, show_text, AT(name), .always = true,
	  .help = "the organisation's name, as others will read it" },
	{ "organisation.territory", set_territory, show_text, AT(territory), .always = true,
	  .help = "AL, BA, ME, MK, RS or XK; WB: the whole region; ZZ: not stated" },
	{ "organisation.language", set_language, show_text, AT(language),
	  .help = "language of texts that come without a tag, and of messages: sq, sr-Latn, mk ..." },
	{ "organisation.protected", set_bool, show_bool, AT(protected_org), .always = true,
	  .help = "yes: publish no address, accept no connection, dial only the hubs named as peers" },
	{ "network.listen", set_listen, show_text, AT(listen),
	  .help = "address and port to listen at; port 0: chosen at the first start, then kept" },
	{ "network.announce", add_announce, show_announce, .list = true,
	  .help = "address at which others reach this node; may be given up to four times" },
	{ "network.peer", add_peer, show_peers, .list = true,
	  .help = "ADDRESS or ADDRESS NODE of a node to dial; may be given up to sixteen times" },
	{ "network.keep", set_keep, show_keep,
	  .help = "everything, or directory with some of exchange, library and statistics; what is not kept is asked of other nodes" },
	{ "network.visit_minutes", set_number, show_number, AT(visit_minutes), .min = 1, .max = 1440,
	  .help = "minutes between full visits to a peer" },
	{ "network.max_sessions", set_number, show_number, AT(max_sessions), .min = 4, .max = LIMIT_SESSIONS_HARD,
	  .help = "connections at a time" },
	{ "log.level", set_level, show_text, AT(log_level), .help = "error, warn, info or debug" },
};

void
config_defaults(struct config *c)
{
	*c = (struct config){ .protected_org = true, .visit_minutes = 15, .max_sessions = LIMIT_SESSIONS };
	strcpy(c->language, "en");
	strcpy(c->listen, "[::]:5684");
	strcpy(c->log_level, "info");
}

size_t
config_rows(void)
{
	return COUNT(rows);
}

const char *
config_key(size_t i)
{
	assert(i < COUNT(rows));
	return rows[i].key;
}

const char *
config_help(size_t i)
{
	assert(i < COUNT(rows));
	return rows[i].help;
}

void
config_value(const struct config *c, size_t i, struct buf *out)
{
	assert(i < COUNT(rows));
	rows[i].show(c, &rows[i], out);
}

/* ---- unknown words, and what was probably meant ---- */

#define WORD 48

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, drop or change; words longer than WORD are cut. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD + 1], la = strnlen(a, WORD), lb = strnlen(b, WORD);

	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

static size_t
section_len(const char *key)
{
	return (size_t)(strchr(key, '.') - key);
}

static bool
in_section(const struct row *r, const char *section)
{
	return strlen(section) == section_len(r->key) && memcmp(r->key, section, strlen(section)) == 0;
}

static const char *
name_of(const struct row *r)
{
	return strchr(r->key, '.') + 1;
}

static enum err_code
unknown_section(const char *section, const char *where, struct err *e)
{
	char word[WORD], best[WORD] = "";
	size_t least = 3;

	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(word, sizeof word, "%.*s", (int)section_len(rows[i].key), rows[i].key);
		if (distance(section, word) < least) {
			least = distance(section, word);
			strcpy(best, word);
		}
	}
	if (section[0] == 0)
		return err_set(e, ERR_INPUT, where, "section", "a key stands before the first [section]");
	if (best[0])
		return err_set(e, ERR_INPUT, where, "section", "unknown section \"%s\"; did you mean \"%s\"?", section,
		    best);
	return err_set(e, ERR_INPUT, where, "section", "unknown section \"%s\"; there are organisation, network and log",
	    section);
}

static enum err_code
unknown_key(const char *section, const char *name, const char *where, struct err *e)
{
	const struct row *best = NULL;
	size_t least = 3;

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t d = distance(name, name_of(&rows[i])) + (in_section(&rows[i], section) ? 0 : 1);

		if (d < least) {
			least = d;
			best = &rows[i];
		}
	}
	if (best && in_section(best, section))
		return err_set(e, ERR_INPUT, where, "key", "unknown key \"%s\"; did you mean \"%s\"?", name, name_of(best));
	if (best)
		return err_set(e, ERR_INPUT, where, "key", "unknown key \"%s\" in [%s]; did you mean \"%s\" in [%.*s]?",
		    name, section, name_of(best), (int)section_len(best->key), best->key);
	return err_set(e, ERR_INPUT, where, "key", "unknown key \"%s\" in [%s]; `kilim config show` lists the keys", name,
	    section);
}

static const struct row *
find(const char *section, const char *name, const char *where, struct err *e)
{
	bool known = false;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!in_section(&rows[i], section))
			continue;
		known = true;
		if (strcmp(name_of(&rows[i]), name) == 0)
			return &rows[i];
	}
	if (known)
		unknown_key(section, name, where, e);
	else
		unknown_section(section, where, e);
	return NULL;
}

/* ---- one file ---- */

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
	int seen[COUNT(rows)];      /* line of the first time */
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
	const struct row *row;
	size_t i;

	where(r, at);
	if ((row = find(section, name, at, r->e)) == NULL)
		return ERR_INPUT;
	i = (size_t)(row - rows);
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
	struct config_origin *marks = need_zeroed(COUNT(rows), sizeof *marks);
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
	for (size_t i = 0; origins && i < COUNT(rows); i++)
		if (marks[i].line)
			origins[i] = marks[i];
out:
	free(marks);
	buf_free(&copy);
	buf_free(&r.value);
	buf_free(&r.lines);
	return r.rc;
}

/* ---- the directory ---- */

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
	struct config_origin *marks = need_zeroed(COUNT(rows), sizeof *marks);
	enum err_code rc;

	config_defaults(&c);
	rc = load_file(dir, "kilim.conf", &c, marks, e);
	if (rc == ERR_OK || rc == ERR_MISSING)     /* works when empty, and when there is none */
		rc = load_drop_ins(dir, &c, marks, e);
	if (rc == ERR_OK) {
		*out = c;
		if (origins)
			memcpy(origins, marks, COUNT(rows) * sizeof *marks);
	}
	free(marks);
	return rc;
}

/* ---- writing ---- */

static void
write_row(const struct row *r, const struct config *c, const struct config *defaults, struct buf *out)
{
	struct buf value = { 0 }, usual = { 0 };
	const char *mark;

	r->show(c, r, &value);
	r->show(defaults, r, &usual);
	mark = value.len && (r->always || !bytes_equal(buf_bytes(&value), buf_bytes(&usual))) ? "" : "# ";
	buf_printf(out, "\n# %s\n", r->help);
	buf_text(&value);
	for (char *save, *item = strtok_r((char *)value.p, "\n", &save); item; item = strtok_r(NULL, "\n", &save))
		buf_printf(out, "%s%s = %s\n", mark, name_of(r), item);
	if (value.len == 0)
		buf_printf(out, "# %s =\n", name_of(r));
	buf_free(&value);
	buf_free(&usual);
}

void
config_write(const struct config *c, struct buf *out)
{
	struct config defaults;

	config_defaults(&defaults);
	buf_put_text(out, "# kilim.conf: what stands behind a # is the default.\n"
	                  "# Files conf.d/*.conf beside this one are read after it, in order of name.\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = section_len(rows[i].key);

		if (i == 0 || strncmp(rows[i].key, rows[i - 1].key, len + 1) != 0)
			buf_printf(out, "\n[%.*s]\n", (int)len, rows[i].key);
		write_row(&rows[i], c, &defaults, out);
	}
}
