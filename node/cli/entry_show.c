#include "node/cli/entry.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/calendar.h"
#include "proto/territory.h"

#define SILENT_DAYS 14

void
entry_author(const struct entry_view *v, const char *id, struct buf *out)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, v->members) {
		if (strcmp(json_text(member, "id"), id) == 0 && json_text(member, "name")[0]) {
			buf_put_text(out, json_text(member, "name"));
			return;
		}
	}
	buf_printf(out, "%.16s%s", id, strlen(id) > 16 ? "…" : "");
}

void
entry_silence(const struct entry_view *v, struct buf *out)
{
	const cJSON *peer;
	time_t newest = 0, at;

	if (show_parse_time(json_text(v->status, "last_heard"), &at))
		newest = at;
	cJSON_ArrayForEach(peer, json_at(v->status, "peers"))
		if (show_parse_time(json_text(peer, "last_contact"), &at) && at > newest)
			newest = at;
	if (newest && v->now - newest > SILENT_DAYS * DAY_S)
		buf_printf(out, _("this computer last heard from the network %lld days ago"),
		    (long long)(v->now - newest) / DAY_S);
}

/* --- values --- */

static void
put_code(const struct field *f, const char *word, struct buf *out)
{
	const struct code *code = f->codes ? code_find(f->codes, bytes_text(word)) : NULL;

	if (code && strcmp(code->label, word) != 0)
		buf_printf(out, "%s (%s)", _(code->label), word);
	else
		buf_put_text(out, word);
}

static void put_scalar(const struct call *c, const struct field *f, const cJSON *value, struct buf *out);

static void put_value(const struct call *c, const struct field *f, const cJSON *value, struct buf *out);

static void
put_group(const struct call *c, const struct field *f, const cJSON *value, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < f->field_count; i++) {
		const struct field *part = &f->fields[i];
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(value, part->word);

		if (item == NULL)
			continue;
		buf_printf(out, "%s%s%s", comma, i ? part->word : "", i ? " " : "");
		put_value(c, part, item, out);
		comma = ", ";
	}
}

static void
put_scalar(const struct call *c, const struct field *f, const cJSON *value, struct buf *out)
{
	if (cJSON_IsBool(value))
		buf_put_text(out, cJSON_IsTrue(value) ? _("yes") : _("no"));
	else if (cJSON_IsNumber(value))
		buf_printf(out, f->type == FIELD_DEGREES ? "%.6f" : "%.0f", value->valuedouble);
	else if (f->type == FIELD_MLTEXT)
		buf_put_text(out, json_mltext(value, call_language(c)));
	else if (f->type == FIELD_GROUP)
		put_group(c, f, value, out);
	else if (f->type == FIELD_CODE)
		put_code(f, json_text(value, ""), out);
	else if (f->type == FIELD_TIME || f->type == FIELD_STAMP)
		show_time(json_text(value, ""), out);
	else
		buf_put_text(out, json_text(value, ""));
}

/* VALUE as one line for people; codes by their label. */
static void
put_value(const struct call *c, const struct field *f, const cJSON *value, struct buf *out)
{
	const cJSON *item;
	const char *comma = "";

	if (!cJSON_IsArray(value)) {
		put_scalar(c, f, value, out);
		return;
	}
	cJSON_ArrayForEach(item, value) {
		buf_put_text(out, comma);
		put_scalar(c, f, item, out);
		comma = f->type == FIELD_GROUP ? "; " : ", ";
	}
}

/* --- one entry --- */

static void
label_of(const char *word, char out[64])
{
	snprintf(out, 64, "%s", word);
	for (char *p = out; *p; p++)
		if (*p == '_')
			*p = ' ';
}

static bool
is_among(const cJSON *list, const char *tag)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && strcmp(one->valuestring, tag) == 0)
			return true;
	return false;
}

/* What a reader must know of a text that is not the source. */
static const char *
translation_note(const cJSON *value, const char *tag)
{
	if (is_among(json_at(value, "unreviewed"), tag))
		return is_among(json_at(value, "machine"), tag) ? _(", translated by a program, nobody has checked it")
		                                                : _(", translated, nobody has checked it");
	return is_among(json_at(value, "machine"), tag) ? _(", translated by a program") : _(", translated");
}

/* Every language on its own line; what is not the source says so. */
static void
print_mltext(const struct call *c, const char *label, const cJSON *value)
{
	const cJSON *text;
	const char *source = json_text(value, "source");
	bool first = true;

	cJSON_ArrayForEach(text, value) {
		char head[256];
		bool is_source;

		if (!cJSON_IsString(text) || strcmp(text->string, "source") == 0)
			continue;
		is_source = *source ? strcmp(source, text->string) == 0 : first;
		snprintf(head, sizeof(head), "%s (%s%s)", label, text->string,
		    is_source ? "" : translation_note(value, text->string));
		show_some(c, 1, head, text->valuestring);
		first = false;
	}
}

static void
print_field(const struct call *c, const struct field *f, const cJSON *value, bool *out_footnote)
{
	struct buf text = { 0 };
	const cJSON *item;
	char label[64];

	label_of(f->word, label);
	if (f->type == FIELD_MLTEXT && cJSON_IsObject(value)) {
		print_mltext(c, label, value);
	} else if (f->type == FIELD_GROUP && cJSON_IsArray(value)) {
		cJSON_ArrayForEach(item, value) {
			buf_reset(&text);
			put_group(c, f, item, &text);
			show_some(c, 1, label, buf_text(&text));
		}
	} else {
		put_value(c, f, value, &text);
		show_some(c, 1, label, buf_text(&text));
		*out_footnote |= f->codes == &territory_codes && strstr(buf_text(&text), "*") != NULL;
	}
	buf_free(&text);
}

static const char *
relation_note(const cJSON *entry)
{
	const char *relation = json_text(entry, json_text(entry, "standing")[0] ? "standing" : "relation");

	return strcmp(relation, "listed") == 0 ? N_("listed by %s, not confirmed")
	     : strcmp(relation, "hosted") == 0 ? N_("entered by %s at its wish") : NULL;
}

void
entry_by(const cJSON *entry, const struct entry_view *v, struct buf *out)
{
	const char *note = relation_note(entry), *gap;
	struct buf name = { 0 };

	entry_author(v, json_text(entry, "author"), &name);
	if (note && (gap = strstr(_(note), "%s")) != NULL) {
		buf_put(out, _(note), (size_t)(gap - _(note)));
		buf_put_text(out, buf_text(&name));
		buf_put_text(out, gap + 2);
	} else {
		buf_put_text(out, buf_text(&name));
	}
	buf_free(&name);
}

/* A new entry is fresh by its age alone; people read "fresh" as "somebody looked". */
const char *
entry_freshness(const cJSON *entry)
{
	const char *word = json_text(entry, "freshness");

	if (strcmp(word, "fresh") == 0 && cJSON_IsFalse(json_at(entry, "verified")))
		return "not verified";
	return word;
}

const char *
entry_title(const struct call *c, const struct kind *k, const cJSON *entry)
{
	const struct field *f = kind_field(k, k->title);
	const char *translated = f ? entry_translated(c, entry, f->word) : NULL;

	if (translated)
		return translated;
	return f ? json_mltext(cJSON_GetObjectItemCaseSensitive(entry, f->word), call_language(c)) : "";
}

static void
print_state(const struct call *c, const cJSON *entry, const struct entry_view *v)
{
	struct buf text = { 0 };

	entry_by(entry, v, &text);
	show_some(c, 1, _("by"), buf_text(&text));
	buf_reset(&text);
	show_time(json_text(entry, "stamp"), &text);
	show_some(c, 1, _("changed"), buf_text(&text));
	show_some(c, 1, _("freshness"), entry_freshness(entry));
	show_some(c, 1, _("audience"), json_text(entry, "audience"));
	show_some(c, 1, _("expires"), json_text(entry, "expires"));
	if (strcmp(json_text(entry, "state"), "withdrawn") == 0)
		show_some(c, 1, _("state"), "withdrawn");
	show_some(c, 1, _("id"), json_text(entry, "id"));
	show_some(c, 1, _("record"), json_text(entry, "record"));
	buf_free(&text);
}

void
entry_print(const struct call *c, const struct kind *k, const cJSON *entry, const struct entry_view *v)
{
	bool footnote = false;
	const char *title = entry_title(c, k, entry);
	struct buf clean = { 0 };

	text_clean(*title ? title : json_text(entry, "id"), true, &clean);
	fprintf(c->out, "%s%s: %s%s\n", show_on(c, "1"), k->word, buf_text(&clean), show_off(c));
	buf_free(&clean);
	for (size_t i = 0; i < k->field_count + common_fields_count; i++) {
		const struct field *f = i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(entry, f->word);

		if (value && !cJSON_IsNull(value))
			print_field(c, f, value, &footnote);
	}
	entry_print_beside(c, entry, v);
	print_state(c, entry, v);
	if (footnote)
		show_line(c, "%s", _(territory_footnote));
}

/* --- many --- */

/* The codes of every field that names territories, as "RS XK". */
static void
territories_of(const struct kind *k, const cJSON *entry, struct buf *out)
{
	for (size_t i = 0; i < k->field_count; i++) {
		const cJSON *value, *item;

		if (k->fields[i].codes != &territory_codes)
			continue;
		value = cJSON_GetObjectItemCaseSensitive(entry, k->fields[i].word);
		if (cJSON_IsString(value))
			buf_printf(out, "%s%s", out->len ? " " : "", value->valuestring);
		cJSON_ArrayForEach(item, value)
			if (cJSON_IsString(item))
				buf_printf(out, "%s%s", out->len ? " " : "", item->valuestring);
	}
}

static bool
is_author(const cJSON *entry, const char *author, const struct entry_view *v)
{
	const char *id = json_text(entry, "author");
	struct buf name = { 0 }, folded = { 0 }, wanted = { 0 };
	bool same;

	if (strncmp(author, "org1", 4) == 0)
		return strncmp(id, author, strlen(author)) == 0;
	entry_author(v, id, &name);
	text_fold(buf_text(&name), &folded);
	text_fold(author, &wanted);
	same = strstr(buf_text(&folded), buf_text(&wanted)) != NULL;
	buf_free(&name);
	buf_free(&folded);
	buf_free(&wanted);
	return same;
}

bool
entry_passes(const struct kind *k, const cJSON *entry, const char *territory, const char *author,
    const char *relation, const struct entry_view *v)
{
	struct buf codes = { 0 };
	bool passes = true;

	if (territory) {
		territories_of(k, entry, &codes);
		passes = strstr(buf_text(&codes), territory) != NULL;
		buf_free(&codes);
	}
	if (relation && strcmp(json_text(entry, "relation"), relation) != 0)
		passes = false;
	return passes && (author == NULL || is_author(entry, author, v));
}

/* An entry and what it is sorted by: who entered it, its title without case and marks, whatever the script, then its id. */
struct row {
	const cJSON *entry;
	char *key;
};

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->key, ((const struct row *)b)->key);
}

/* What it says of itself, what was entered at its wish, what is known of it. */
static uint8_t
rank_of(const cJSON *entry)
{
	const char *standing = json_text(entry, "standing");

	return strcmp(standing, "listed") == 0 ? '2' : strcmp(standing, "hosted") == 0 ? '1' : '0';
}

static struct row *
sorted(const struct call *c, const struct kind *k, const cJSON *entries, size_t *out_count)
{
	struct row *rows = need_zeroed((size_t)cJSON_GetArraySize(entries) + 1, sizeof(*rows));
	const cJSON *entry;
	struct buf key = { 0 };
	size_t n = 0;

	cJSON_ArrayForEach(entry, entries) {
		buf_reset(&key);
		buf_put_u8(&key, rank_of(entry));
		text_fold(entry_title(c, k, entry), &key);
		buf_printf(&key, "\n%s", json_text(entry, "id"));
		rows[n++] = (struct row){ entry, need_strdup(buf_text(&key)) };
	}
	qsort(rows, n, sizeof(*rows), by_key);
	buf_free(&key);
	*out_count = n;
	return rows;
}

/* Of what is said about other entries also what about: "closed: Line". */
static void
put_name(const struct call *c, const struct kind *k, const cJSON *entry, struct buf *out)
{
	const char *title = entry_title(c, k, entry), *about = json_text(entry, "about_title");

	buf_printf(out, "%s%s%s", title, *title && *about ? ": " : "", about);
}

void
entry_table(const struct call *c, const struct kind *k, const cJSON *entries, const struct entry_view *v)
{
	const char *with_notes[] = { _("name"), _("territory"), _("freshness"), _("note"), _("by"), _("id") };
	const char *without[] = { _("name"), _("territory"), _("freshness"), _("by"), _("id") };
	const cJSON *entry;
	struct table t;
	struct buf text = { 0 };
	bool notes;
	size_t count;
	struct row *rows = sorted(c, k, entries, &count);

	cJSON_ArrayForEach(entry, entries)
		entry_note(entry, v, &text);
	notes = text.len > 0;
	table_start(&t, notes ? with_notes : without, notes ? 6 : 5);
	for (size_t i = 0; i < count; i++) {
		char id[UUID_TEXT];
		bool withdrawn;

		entry = rows[i].entry;
		buf_reset(&text);
		put_name(c, k, entry, &text);
		table_put(&t, buf_text(&text));
		buf_reset(&text);
		territories_of(k, entry, &text);
		table_put(&t, buf_text(&text));
		withdrawn = strcmp(json_text(entry, "state"), "withdrawn") == 0;
		table_put(&t, withdrawn ? "withdrawn" : entry_freshness(entry));
		buf_reset(&text);
		entry_note(entry, v, &text);
		if (notes)
			table_put(&t, buf_text(&text));
		buf_reset(&text);
		entry_by(entry, v, &text);
		table_put(&t, buf_text(&text));
		/* Eight digits name an entry among thousands; the plain form gives it whole. */
		snprintf(id, sizeof(id), c->plain ? "%s" : "%.8s", json_text(entry, "id"));
		table_put(&t, id);
		free(rows[i].key);
	}
	table_end(&t, c, 2);
	free(rows);
	buf_free(&text);
}
