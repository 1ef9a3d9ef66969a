#include "node/cli/show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/text.h"
#include "proto/calendar.h"

/* Each line of TEXT; what follows the first stands deeper than any label, so that nobody's text looks like a fact of ours. */
static void
print_lines(const struct call *c, unsigned indent, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		fputc(text.p[i], c->out);
		if (text.p[i] == '\n')
			fprintf(c->out, "%*s", (int)(2 * indent + 6), "");
	}
}

/* In the plain form a fact is one line, whatever its text. */
__attribute__((format(printf, 3, 0))) static void
print_clean(const struct call *c, unsigned indent, const char *fmt, va_list ap)
{
	struct buf text = { 0 }, clean = { 0 };
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len > 0) {
		vsnprintf((char *)buf_grow(&text, (size_t)len + 1), (size_t)len + 1, fmt, ap);
		text_clean((const char *)text.p, c->plain, &clean);
		print_lines(c, indent, buf_bytes(&clean));
	}
	buf_free(&text);
	buf_free(&clean);
}

void
show_fact(const struct call *c, unsigned indent, const char *label, const char *fmt, ...)
{
	struct buf head = { 0 };
	va_list ap;

	text_clean(label, true, &head);
	fprintf(c->out, "%*s%s: ", c->plain ? 0 : (int)(2 * indent), "", buf_text(&head));
	buf_free(&head);
	va_start(ap, fmt);
	print_clean(c, indent, fmt, ap);
	va_end(ap);
	fputc('\n', c->out);
}

void
show_some(const struct call *c, unsigned indent, const char *label, const char *value)
{
	if (value && *value)
		show_fact(c, indent, label, "%s", value);
}

void
show_line(const struct call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_clean(c, 0, fmt, ap);
	va_end(ap);
	fputc('\n', c->out);
}

void
show_gap(const struct call *c)
{
	fputc('\n', c->out);
}

const char *
show_on(const struct call *c, const char *code)
{
	static char sequence[4][16];
	static unsigned turn;
	char *out = sequence[turn++ % 4];

	if (!c->colour || *code == 0)
		return "";
	snprintf(out, sizeof(sequence[0]), "\033[%sm", code);
	return out;
}

const char *
show_off(const struct call *c)
{
	return c->colour ? "\033[0m" : "";
}

/* Colour repeats what the word says; it never says more. */
static const char *
colour_of(const char *word)
{
	static const struct { const char *word, *code; } rows[] = {
		{ "ok", "32" }, { "fresh", "32" }, { "active", "32" }, { "admitted", "32" }, { "live", "32" },
		{ "connected", "32" }, { "syncing", "32" }, { "used", "32" },
		{ "warn", "33" }, { "due", "33" }, { "waiting", "33" }, { "stale", "33" }, { "not verified", "33" },
		{ "connecting", "33" },
		{ "asking", "33" }, { "open", "33" }, { "away", "33" },
		{ "bad", "31" }, { "expired", "31" }, { "refused", "31" }, { "suspended", "31" }, { "fallen", "31" },
		{ "removed", "31" }, { "unreachable", "31" }, { "withdrawn", "31" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].code;
	return "";
}

const char *
show_state(const struct call *c, const char *word)
{
	static char text[4][80];
	static unsigned turn;
	char *out = text[turn++ % 4];
	const char *code = c->colour ? colour_of(word) : "";
	struct buf clean = { 0 };

	text_clean(word, true, &clean);
	snprintf(out, sizeof(text[0]), "%s%.48s%s", show_on(c, code), buf_text(&clean), *code ? show_off(c) : "");
	buf_free(&clean);
	return out;
}

bool
show_parse_time(const char *text, time_t *out)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest == NULL)
		return false;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (strcmp(rest, "Z") != 0)
		return false;
	*out = timegm(&tm);
	return true;
}

void
show_time(const char *text, struct buf *out)
{
	time_t at;
	struct tm tm;
	char local[32];

	if (!show_parse_time(text, &at)) {
		buf_put_text(out, text);
		return;
	}
	localtime_r(&at, &tm);
	strftime(local, sizeof(local), "%Y-%m-%d %H:%M", &tm);
	buf_put_text(out, local);
}

void
show_ago(const char *text, time_t now, struct buf *out)
{
	time_t at;
	long long s;
	bool future;

	if (!show_parse_time(text, &at)) {
		buf_put_text(out, *text ? text : _("never"));
		return;
	}
	future = at > now;
	s = future ? (long long)(at - now) : (long long)(now - at);
	if (s < 90)
		buf_printf(out, future ? _("in %lld s") : _("%lld s ago"), s);
	else if (s < 90 * 60)
		buf_printf(out, future ? _("in %lld min") : _("%lld min ago"), (s + 30) / 60);
	else if (s < 36 * HOUR_S)
		buf_printf(out, future ? _("in %lld h") : _("%lld h ago"), (s + HOUR_S / 2) / HOUR_S);
	else
		buf_printf(out, future ? _("in %lld days") : _("%lld days ago"), (s + DAY_S / 2) / DAY_S);
}

void
show_bytes(double count, struct buf *out)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (count >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		count /= 1024;
		unit++;
	}
	buf_printf(out, unit ? "%.1f %s" : "%.0f %s", count, units[unit]);
}

void
table_start(struct table *t, const char *const *heads, size_t columns)
{
	*t = (struct table){ .columns = columns, .heads = heads };
}

void
table_put(struct table *t, const char *text)
{
	struct buf clean = { 0 };

	text_clean(text, true, &clean);
	t->cells = need_realloc(t->cells, (t->count + 1) * sizeof(*t->cells));
	t->cells[t->count++] = need_strdup(buf_text(&clean));
	buf_free(&clean);
}

static void
print_facts(const struct table *t, const struct call *c)
{
	for (size_t i = 0; i < t->count; i++) {
		if (i && i % t->columns == 0)
			show_gap(c);
		show_some(c, 0, t->heads[i % t->columns], t->cells[i]);
	}
}

/* What the widest cell takes; when the screen is too narrow the widest columns give way, but not below 12. */
static void
measure(const struct table *t, const struct call *c, size_t *widths)
{
	size_t total = 2 * (t->columns - 1);

	for (size_t i = 0; i < t->columns; i++)
		widths[i] = text_width(t->heads[i]);
	for (size_t i = 0; i < t->count; i++)
		if (text_width(t->cells[i]) > widths[i % t->columns])
			widths[i % t->columns] = text_width(t->cells[i]);
	for (size_t i = 0; i < t->columns; i++)
		total += widths[i];
	while (c->columns && total > c->columns) {
		size_t widest = 0;

		for (size_t i = 1; i < t->columns; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widths[widest] <= 12)
			break;
		widths[widest]--;
		total--;
	}
}

static void
print_cell(const struct call *c, const char *text, size_t width, bool last, const char *code)
{
	struct buf cut = { 0 };
	size_t used;

	text_fit(text, width, &cut);
	used = text_width(buf_text(&cut));
	fprintf(c->out, "%s%s%s", show_on(c, code), buf_text(&cut), *code ? show_off(c) : "");
	if (!last)
		fprintf(c->out, "%*s", (int)(width - used + 2), "");
	buf_free(&cut);
}

void
table_end(struct table *t, const struct call *c, size_t colour_column)
{
	size_t *widths = need_zeroed(t->columns, sizeof(*widths));

	if (c->plain) {
		print_facts(t, c);
	} else if (t->count) {
		measure(t, c, widths);
		for (size_t i = 0; i < t->columns; i++)
			print_cell(c, t->heads[i], widths[i], i + 1 == t->columns, "1");
		fputc('\n', c->out);
		for (size_t i = 0; i < t->count; i++) {
			size_t column = i % t->columns;

			print_cell(c, t->cells[i], widths[column], column + 1 == t->columns,
			    column == colour_column ? colour_of(t->cells[i]) : "");
			if (column + 1 == t->columns)
				fputc('\n', c->out);
		}
	}
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(widths);
	*t = (struct table){ 0 };
}
