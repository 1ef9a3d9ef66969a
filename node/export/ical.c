#include "node/export/ical.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/export/export.h"
#include "node/record/value.h"
#include "proto/stamp.h"
#include "proto/territory.h"
#include "proto/utf8.h"

#define LINE 75

void
ical_escape(struct buf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			buf_put_text(out, "\\n");
			continue;
		}
		if (strchr("\\;,", *value))
			buf_put_u8(out, '\\');
		buf_put_u8(out, (uint8_t)*value);
	}
}

void
ical_line(struct buf *out, const char *name, const char *value)
{
	struct buf line = { 0 };
	size_t room = LINE;

	buf_printf(&line, "%s:", name);
	buf_put_text(&line, value);
	/* A line break that nobody escaped, as in an address, would begin a line of its own. */
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] < ' ')
			line.p[i] = ' ';
	for (size_t at = 0; at < line.len;) {
		struct bytes part = utf8_cut((struct bytes){ line.p + at, line.len - at }, room);

		if (at)
			buf_put_u8(out, ' ');
		buf_put_bytes(out, part);
		buf_put_text(out, "\r\n");
		at += part.len;
		room = LINE - 1;
	}
	buf_free(&line);
}

static void
text_line(struct buf *out, const char *name, const char *value)
{
	struct buf text = { 0 };

	ical_escape(&text, value);
	ical_line(out, name, buf_text(&text));
	buf_free(&text);
}

/* A field in the language that is asked for, which is named; nothing where there is none. */
static void
field_line(struct buf *out, const char *name, const cJSON *fields, const char *word, const char *language)
{
	const cJSON *texts = cJSON_GetObjectItemCaseSensitive(fields, word);
	const char *value = export_text(fields, word, language);
	char head[96];

	if (value == NULL)
		return;
	snprintf(head, sizeof(head), "%s", name);
	for (const cJSON *t = cJSON_IsObject(texts) ? texts->child : NULL; t; t = t->next)
		if (t->valuestring == value)
			snprintf(head, sizeof(head), "%s;LANGUAGE=%.35s", name, t->string);
	text_line(out, head, value);
}

static void
time_line(struct buf *out, const char *name, int64_t at)
{
	char text[32];
	struct tm tm;
	time_t t = (time_t)at;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	ical_line(out, name, text);
}

static void
time_field(struct buf *out, const char *name, const cJSON *fields, const char *word)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fields, word));
	int64_t at;

	if (text && value_time_parse(text, &at))
		time_line(out, name, at);
}

static void
put_place(struct buf *out, const struct export_set *s, const cJSON *fields, const char *language)
{
	const char *reference = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fields, "location"));
	const struct export_entry *place = reference ? export_find(s, reference, KIND_LOCATION) : NULL;
	const cJSON *from = place ? place->fields : fields;
	const char *town = export_text(from, "municipality", NULL), *room = export_text(from, "venue", language);
	const char *code = export_text(from, "territory", NULL), *name;
	struct buf text = { 0 };

	name = code ? territory_name(bytes_text(code)) : NULL;
	if (room)
		buf_printf(&text, "%s", room);
	if (town)
		buf_printf(&text, "%s%s", text.len ? ", " : "", town);
	if (name)
		buf_printf(&text, "%s%s", text.len ? ", " : "", name);
	if (text.len)
		text_line(out, "LOCATION", buf_text(&text));
	buf_free(&text);
}

static void
put_categories(struct buf *out, const cJSON *fields)
{
	static const char *const words[] = { "type", "mode", "for_group", "accessibility" };
	struct buf text = { 0 };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(fields, words[i]);
		const cJSON *one = cJSON_IsArray(v) ? v->child : v;

		for (; one && cJSON_IsString(one); one = cJSON_IsArray(v) ? one->next : NULL) {
			if (text.len)
				buf_put_u8(&text, ',');
			ical_escape(&text, one->valuestring);
		}
	}
	ical_line(out, "CATEGORIES", buf_text(&text));
	buf_free(&text);
}

static void
put_event(struct buf *out, const struct export_set *s, const struct export_entry *x, const char *language)
{
	const char *status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(x->fields, "status"));
	const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(x->fields, "website"));
	char uid[80], sequence[24];
	int64_t signed_at = stamp_unix_ms(x->stamp) / 1000;

	snprintf(uid, sizeof(uid), "%s@kilim", x->id);
	snprintf(sequence, sizeof(sequence), "%lld", (long long)(signed_at & 0x7fffffff));
	ical_line(out, "BEGIN", "VEVENT");
	ical_line(out, "UID", uid);
	time_line(out, "DTSTAMP", signed_at);
	time_line(out, "LAST-MODIFIED", signed_at);
	ical_line(out, "SEQUENCE", sequence);
	time_field(out, "DTSTART", x->fields, "start");
	time_field(out, "DTEND", x->fields, "end");
	field_line(out, "SUMMARY", x->fields, "title", language);
	field_line(out, "DESCRIPTION", x->fields, "description", language);
	put_place(out, s, x->fields, language);
	put_categories(out, x->fields);
	if (url)
		ical_line(out, "URL", url);
	ical_line(out, "STATUS", status && strcmp(status, "active") != 0 ? "CANCELLED" : "CONFIRMED");
	ical_line(out, "END", "VEVENT");
}

void
ical_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	struct buf *b = export_file(out, "events.ics");
	const struct export_entry *x;
	size_t count = export_of_kind(s, KIND_EVENT, &x);

	ical_line(b, "BEGIN", "VCALENDAR");
	ical_line(b, "VERSION", "2.0");
	ical_line(b, "PRODID", "-//kilim//" KILIM_VERSION "//EN");
	ical_line(b, "CALSCALE", "GREGORIAN");
	for (size_t i = 0; i < count; i++)
		put_event(b, s, &x[i], how->language);
	ical_line(b, "END", "VCALENDAR");
}
