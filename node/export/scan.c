#include "node/export/scan.h"

#include <stdlib.h>
#include <string.h>

void
scan_open(struct scan *s, struct bytes in, unsigned line)
{
	*s = (struct scan){ .in = in, .line = line };
	if (in.len >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0)
		s->at = 3;
}

static bool
is_one_of(int c, const char *set)
{
	return c > 0 && strchr(set, c);
}

int
scan_look(struct scan *s)
{
	for (; s->at < s->in.len && is_one_of(s->in.p[s->at], " \t\r\n"); s->at++)
		s->line += s->in.p[s->at] == '\n';
	return s->at < s->in.len ? s->in.p[s->at] : -1;
}

bool
scan_pass(struct scan *s, char c)
{
	if (scan_look(s) != c)
		return false;
	s->at++;
	return true;
}

/* From the opening quote to behind the closing one. */
static bool
pass_string(struct scan *s)
{
	for (s->at++; s->at < s->in.len; s->at++) {
		s->line += s->in.p[s->at] == '\n';
		if (s->in.p[s->at] == '"') {
			s->at++;
			return true;
		}
		if (s->in.p[s->at] == '\\' && s->at + 1 < s->in.len)
			s->line += s->in.p[++s->at] == '\n';
	}
	return false;
}

/* A number or a word: up to what may follow one. */
static void
pass_word(struct scan *s)
{
	while (s->at < s->in.len && !is_one_of(s->in.p[s->at], " \t\r\n,:[]{}\""))
		s->at++;
}

bool
scan_take(struct scan *s, struct scan_value *out)
{
	size_t depth = 0, from;
	int c = scan_look(s);

	out->line = s->line;
	from = s->at;
	if (c < 0 || is_one_of(c, ",:]}"))
		goto bad;
	do {
		c = scan_look(s);
		if (c < 0)
			goto bad;
		if (c == '"') {
			if (!pass_string(s))
				goto bad;
		} else if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if (c == '}' || c == ']') {
			depth--;
			s->at++;
		} else if (c == ',' || c == ':') {
			s->at++;
		} else {
			pass_word(s);
		}
	} while (depth > 0);
	out->text = (struct bytes){ s->in.p + from, s->at - from };
	return true;
bad:
	s->bad = true;
	return false;
}

/* What stands between two values, or ends them. */
static bool
goes_on(struct scan *s, bool *first, char end)
{
	bool was_first = *first;

	*first = false;
	if (scan_pass(s, end))
		return false;
	if (was_first || scan_pass(s, ','))
		return true;
	s->bad = true;
	return false;
}

bool
scan_member(struct scan *s, bool *first, struct bytes *out_name)
{
	struct scan_value name;

	if (!goes_on(s, first, '}'))
		return false;
	if (scan_look(s) != '"' || !scan_take(s, &name) || !scan_pass(s, ':')) {
		s->bad = true;
		return false;
	}
	*out_name = (struct bytes){ name.text.p + 1, name.text.len - 2 };
	return true;
}

bool
scan_element(struct scan *s, bool *first)
{
	return goes_on(s, first, ']');
}

/* Enter the member NAME of the object, or element I of the array, at hand. */
static bool
enter_member(struct scan *s, struct bytes name)
{
	struct scan_value skipped;
	struct bytes found;
	bool first = true;

	if (!scan_pass(s, '{'))
		return false;
	while (scan_member(s, &first, &found)) {
		if (bytes_equal(found, name))
			return true;
		if (!scan_take(s, &skipped))
			return false;
	}
	return false;
}

static bool
enter_element(struct scan *s, unsigned long i)
{
	struct scan_value skipped;
	bool first = true;

	if (!scan_pass(s, '['))
		return false;
	while (scan_element(s, &first)) {
		if (i-- == 0)
			return true;
		if (!scan_take(s, &skipped))
			return false;
	}
	return false;
}

unsigned
scan_line(struct bytes object, unsigned line, const char *path)
{
	struct scan s;
	unsigned found = line;

	scan_open(&s, object, line);
	while (*path) {
		size_t len = strcspn(path, ".[");
		bool there;

		if (*path == '[') {
			char *end;

			there = enter_element(&s, strtoul(path + 1, &end, 10));
			path = *end == ']' ? end + 1 : end;
		} else {
			there = enter_member(&s, (struct bytes){ (const uint8_t *)path, len });
			path += len;
		}
		if (!there)
			break;
		scan_look(&s);
		found = s.line;
		path += *path == '.';
		if (*path && *path != '[' && strcspn(path, ".[") == 0)
			break;
	}
	return found;
}
