#include "node/control/target.h"

#include "proto/buf.h"
#include "proto/cbor.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

/* In place; decoding only ever shortens. */
static bool
decode(char *text, bool plus_is_space)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '%') {
			int high = hex_value(p[1]), low = high < 0 ? -1 : hex_value(p[2]);

			if (low < 0 || (high == 0 && low == 0))
				return false;
			*to++ = (char)(high * 16 + low);
			p += 2;
		} else {
			*to++ = *p == '+' && plus_is_space ? ' ' : *p;
		}
	}
	*to = 0;
	return utf8_valid(bytes_text(text));
}

static enum err_code
read_path(char *path, struct target *t, struct err *e)
{
	if (*path != '/')
		return err_set(e, ERR_USAGE, "path", "syntax", "a path begins with /");
	for (char *next, *p = path + 1; p; p = next) {
		if ((next = strchr(p, '/')) != NULL)
			*next++ = 0;
		if (t->segments == TARGET_SEGMENTS)
			return err_set(e, ERR_USAGE, "path", "length", "at most %d parts", TARGET_SEGMENTS);
		if (!decode(p, false))
			return err_set(e, ERR_USAGE, "path", "encoding", "percent-encoded UTF-8 is expected");
		t->segment[t->segments++] = p;
	}
	return ERR_OK;
}

static enum err_code
read_query(char *query, struct target *t, struct err *e)
{
	for (char *next, *p = query; p; p = next) {
		char *value;

		if ((next = strchr(p, '&')) != NULL)
			*next++ = 0;
		if (*p == 0)
			continue;
		if (t->queries == TARGET_QUERY)
			return err_set(e, ERR_USAGE, "query", "count", "at most %d parameters", TARGET_QUERY);
		if ((value = strchr(p, '=')) != NULL)
			*value++ = 0;
		else
			value = p + strlen(p);
		if (!decode(p, true) || !decode(value, true))
			return err_set(e, ERR_USAGE, "query", "encoding", "percent-encoded UTF-8 is expected");
		t->query[t->queries].key = p;
		t->query[t->queries++].value = value;
	}
	return ERR_OK;
}

enum err_code
target_read(const char *uri, struct target *out, struct err *e)
{
	struct target t = { .text = need_strdup(uri) };
	char *query = strchr(t.text, '?');
	enum err_code rc;

	if (query)
		*query++ = 0;
	if ((rc = read_path(t.text, &t, e)) != ERR_OK || (rc = read_query(query, &t, e)) != ERR_OK)
		target_free(&t);
	else
		*out = t;
	return rc;
}

void
target_free(struct target *t)
{
	free(t->text);
	*t = (struct target){ 0 };
}

bool
target_match(const struct target *t, const char *pattern, const char *rest[4])
{
	size_t stars = 0, i = 0;

	memset(rest, 0, 4 * sizeof rest[0]);
	for (const char *end, *p = pattern + 1; p; p = *end ? end + 1 : NULL, i++) {
		size_t len = strcspn(p, "/");

		end = p + len;
		if (i == t->segments)
			return false;
		if (len == 1 && *p == '*') {
			if (t->segment[i][0] == 0)
				return false;
			if (stars < 4)
				rest[stars++] = t->segment[i];
		} else if (strlen(t->segment[i]) != len || memcmp(t->segment[i], p, len) != 0) {
			return false;
		}
	}
	return i == t->segments;
}

const char *
target_query(const struct target *t, const char *key)
{
	for (size_t i = 0; i < t->queries; i++)
		if (strcmp(t->query[i].key, key) == 0)
			return t->query[i].value;
	return NULL;
}
