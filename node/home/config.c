#include "node/home/config_int.h"

#include "node/base/log.h"
#include "node/dtls/dtls.h"
#include "proto/id.h"
#include "proto/kind.h"
#include "proto/territory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- values --- */

static char *
text_at(struct config *c, const struct config_row *r)
{
	return (char *)c + r->offset;
}

static enum err_code
wrong(struct err *e, const struct config_row *r, const char *value, const char *reason)
{
	return err_set(e, ERR_INPUT, r->key, "value", "\"%.60s\" %s", value, reason);
}

static enum err_code
set_text(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	if (strlen(value) >= r->size)
		return err_set(e, ERR_LIMIT, r->key, "length", "at most %zu bytes", r->size - 1);
	memcpy(text_at(c, r), value, strlen(value) + 1);
	return ERR_OK;
}

static void
show_text(const struct config *c, const struct config_row *r, struct buf *out)
{
	buf_put_text(out, (const char *)c + r->offset);
}

static enum err_code
set_territory(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	const struct code *code;
	enum err_code rc = territory_parse(value, r->key, &code, e);

	return rc ? rc : set_text(c, r, code->word, e);
}

static enum err_code
set_language(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	if (!tag_valid(bytes_text(value)))
		return wrong(e, r, value, "is no language tag such as sq, sr-Latn or mk");
	return set_text(c, r, value, e);
}

static enum err_code
set_level(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	if (log_level_from(value) < 0)
		return wrong(e, r, value, "is none of error, warn, info and debug");
	return set_text(c, r, value, e);
}

static enum err_code
set_bool(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return wrong(e, r, value, "is neither yes nor no");
	memcpy(text_at(c, r), &yes, sizeof yes);
	return ERR_OK;
}

static void
show_bool(const struct config *c, const struct config_row *r, struct buf *out)
{
	bool yes;

	memcpy(&yes, (const char *)c + r->offset, sizeof yes);
	buf_put_text(out, yes ? "yes" : "no");
}

static enum err_code
set_number(struct config *c, const struct config_row *r, const char *value, struct err *e)
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
show_number(const struct config *c, const struct config_row *r, struct buf *out)
{
	unsigned n;

	memcpy(&n, (const char *)c + r->offset, sizeof n);
	buf_printf(out, "%u", n);
}

/* A literal, never a name: nothing is ever asked of a name server. */
static enum err_code
check_address(const struct config_row *r, const char *value, bool may_be_zero, struct err *e)
{
	union address a;

	if (address_parse(value, may_be_zero, &a, NULL) != ERR_OK)
		return wrong(e, r, value, "is no address with a port, such as 192.0.2.1:5684 or [2001:db8::1]:5684");
	return ERR_OK;
}

static enum err_code
set_listen(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	enum err_code rc = check_address(r, value, true, e);

	return rc ? rc : set_text(c, r, value, e);
}

static enum err_code
add_announce(struct config *c, const struct config_row *r, const char *value, struct err *e)
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
show_announce(const struct config *c, const struct config_row *r, struct buf *out)
{
	(void)r;
	for (size_t i = 0; i < c->announce_count; i++)
		buf_printf(out, "%s%s", i ? "\n" : "", c->announce[i]);
}

static enum err_code
add_peer(struct config *c, const struct config_row *r, const char *value, struct err *e)
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
show_peers(const struct config *c, const struct config_row *r, struct buf *out)
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
set_keep(struct config *c, const struct config_row *r, const char *value, struct err *e)
{
	(void)r;
	return config_keep(c, value, e);
}

static void
show_keep(const struct config *c, const struct config_row *r, struct buf *out)
{
	(void)r;
	if (c->left_out == 0)
		buf_put_text(out, EVERYTHING);
	for (int i = COLLECTION_DIRECTORY; c->left_out && i < COLLECTIONS; i++)
		if (!(c->left_out >> i & 1))
			buf_printf(out, "%s%s", i > COLLECTION_DIRECTORY ? ", " : "", collection_word((enum collection)i));
}

/* --- the rows, in the order of the file --- */

#define AT(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)

const struct config_row config_table[] = {
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
	return CONFIG_ROWS;
}

const char *
config_key(size_t i)
{
	assert(i < CONFIG_ROWS);
	return config_table[i].key;
}

const char *
config_help(size_t i)
{
	assert(i < CONFIG_ROWS);
	return config_table[i].help;
}

void
config_value(const struct config *c, size_t i, struct buf *out)
{
	assert(i < CONFIG_ROWS);
	config_table[i].show(c, &config_table[i], out);
}

size_t
config_section_len(const struct config_row *r)
{
	return (size_t)(strchr(r->key, '.') - r->key);
}

const char *
config_name(const struct config_row *r)
{
	return strchr(r->key, '.') + 1;
}

/* --- writing --- */

static void
write_row(const struct config_row *r, const struct config *c, const struct config *defaults, struct buf *out)
{
	struct buf value = { 0 }, usual = { 0 };
	const char *mark;

	r->show(c, r, &value);
	r->show(defaults, r, &usual);
	mark = value.len && (r->always || !bytes_equal(buf_bytes(&value), buf_bytes(&usual))) ? "" : "# ";
	buf_printf(out, "\n# %s\n", r->help);
	buf_text(&value);
	for (char *save, *item = strtok_r((char *)value.p, "\n", &save); item; item = strtok_r(NULL, "\n", &save))
		buf_printf(out, "%s%s = %s\n", mark, config_name(r), item);
	if (value.len == 0)
		buf_printf(out, "# %s =\n", config_name(r));
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
	for (size_t i = 0; i < CONFIG_ROWS; i++) {
		size_t len = config_section_len(&config_table[i]);

		if (i == 0 || strncmp(config_table[i].key, config_table[i - 1].key, len + 1) != 0)
			buf_printf(out, "\n[%.*s]\n", (int)len, config_table[i].key);
		write_row(&config_table[i], c, &defaults, out);
	}
}
