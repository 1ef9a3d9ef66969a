/* What stands beside an entry's own words: what others say of it, and their translations. */
#include "node/cli/entry.h"

#include <string.h>

#include "node/cli/json.h"
#include "node/cli/show.h"
#include "proto/kinds/tables.h"

static void
append(struct buf *out, const char *text)
{
	buf_printf(out, "%s%s", out->len ? "; " : "", text);
}

/* The label of WORD in a list of codes; a word that is not known here is its own. */
static const char *
label_of(const struct code_list *l, const char *word)
{
	const struct code *code = code_find(l, bytes_text(word));

	return code ? _(code->label) : word;
}

void
entry_note(const cJSON *entry, const struct entry_view *v, struct buf *out)
{
	const cJSON *mark;
	struct buf name = { 0 };

	cJSON_ArrayForEach(mark, json_at(entry, "marks"))
		if (cJSON_IsString(mark))
			append(out, label_of(&flag_codes, mark->valuestring));
	if (json_true(entry, "caution"))
		append(out, _("one member advises caution"));
	if (json_text(entry, "claimed_by")[0]) {
		entry_author(v, json_text(entry, "claimed_by"), &name);
		buf_printf(out, _("%sclaimed by %s"), out->len ? "; " : "", buf_text(&name));
	}
	if (json_text(entry, "hidden")[0])
		append(out, _("hidden from others"));
	buf_free(&name);
}

/* --- translations --- */

/* "rom" is spoken for by "rom" and by "rom-Latn", "sr" by "sr-Latn" as well. */
static bool
is_tag(const char *tag, const char *wanted)
{
	size_t len = strcspn(wanted, "-");

	return strcmp(tag, wanted) == 0 || (strncmp(tag, wanted, len) == 0 && (tag[len] == 0 || tag[len] == '-'));
}

static const cJSON *
text_of(const cJSON *translation, const char *word)
{
	const cJSON *text;

	cJSON_ArrayForEach(text, json_at(translation, "texts"))
		if (strcmp(json_text(text, "field"), word) == 0)
			return cJSON_GetObjectItemCaseSensitive(text, "text");
	return NULL;
}

const char *
entry_translated(const struct call *c, const cJSON *entry, const char *word)
{
	const char *wanted = call_language(c);
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(entry, word), *one, *text, *best = NULL;

	if (*wanted == 0)
		return NULL;
	cJSON_ArrayForEach(text, own)
		if (text->string && is_tag(text->string, wanted))
			return NULL;
	/* Of several the one that is not behind. */
	cJSON_ArrayForEach(one, json_at(entry, "translations"))
		if (is_tag(json_text(one, "tag"), wanted) && (text = text_of(one, word)) != NULL &&
		    (best == NULL || !json_true(one, "behind")))
			best = text;
	return cJSON_GetStringValue(best);
}

static void
print_translation(const struct call *c, const cJSON *one, const struct entry_view *v)
{
	struct buf from = { 0 };
	const cJSON *text;
	char head[256];

	buf_printf(&from, "%s, ", json_text(one, "tag"));
	buf_put_text(&from, _("translated by "));
	entry_author(v, json_text(one, "by"), &from);
	if (strcmp(json_text(one, "provenance"), "generated") == 0)
		buf_put_text(&from, _(", by a program"));
	if (json_true(one, "behind"))
		buf_put_text(&from, _(", behind: the entry has changed since"));
	if (c->lang == NULL || !is_tag(json_text(one, "tag"), c->lang)) {
		show_fact(c, 1, _("translation"), "%s", buf_text(&from));
	} else {
		cJSON_ArrayForEach(text, json_at(one, "texts")) {
			snprintf(head, sizeof head, "%.60s (%.160s)", json_text(text, "field"), buf_text(&from));
			show_some(c, 1, head, json_text(text, "text"));
		}
	}
	buf_free(&from);
}

/* --- flags, claims, endorsements --- */

static void
print_saying(const struct call *c, const char *label, const char *what, const cJSON *one, const struct entry_view *v)
{
	struct buf by = { 0 };

	entry_author(v, json_text(one, "by"), &by);
	show_fact(c, 1, label, _("%s (%s, %s)"), what, buf_text(&by), json_text(one, "on"));
	buf_free(&by);
}

static void
print_flag(const struct call *c, const cJSON *one, const struct entry_view *v)
{
	const char *remark = json_mltext(json_at(one, "remark"), call_language(c));

	print_saying(c, _("flagged"), label_of(&flag_codes, json_text(one, "reason")), one, v);
	show_some(c, 2, _("number"), json_text(one, "phone"));
	show_some(c, 2, _("the other entry"), json_text(one, "duplicate_of"));
	show_some(c, 2, _("remark"), remark);
}

static void
print_claim(const struct call *c, const cJSON *one, const struct entry_view *v)
{
	struct buf what = { 0 };

	buf_put_text(&what, label_of(&claim_codes, json_text(one, "what")));
	if (json_text(one, "on_behalf")[0])
		buf_printf(&what, _(", for %s"), json_text(one, "on_behalf"));
	if (!json_true(one, "binds"))
		buf_put_text(&what, _("; not confirmed, and without effect"));
	print_saying(c, _("claimed"), buf_text(&what), one, v);
	buf_free(&what);
}

static void
print_endorsement(const struct call *c, const cJSON *one, const struct entry_view *v)
{
	struct buf what = { 0 };
	const cJSON *evidence;
	const char *statement = json_mltext(json_at(one, "statement"), call_language(c));

	if (*statement)
		append(&what, statement);
	cJSON_ArrayForEach(evidence, json_at(one, "evidence"))
		if (cJSON_IsString(evidence))
			append(&what, label_of(&evidence_codes, evidence->valuestring));
	print_saying(c, _("a member says"), buf_text(&what), one, v);
	buf_free(&what);
}

static void
print_each(const struct call *c, const cJSON *list, const struct entry_view *v,
    void (*print)(const struct call *c, const cJSON *one, const struct entry_view *v))
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		print(c, one, v);
}

void
entry_print_beside(const struct call *c, const cJSON *entry, const struct entry_view *v)
{
	struct buf words = { 0 };

	if (json_true(entry, "caution"))
		show_fact(c, 1, _("caution"), "%s", _("one member advises caution"));
	if (cJSON_IsObject(json_at(entry, "confirmation")))
		print_saying(c, _("made sure"), _("by another member"), json_at(entry, "confirmation"), v);
	print_each(c, json_at(entry, "flags"), v, print_flag);
	print_each(c, json_at(entry, "claims"), v, print_claim);
	print_each(c, json_at(entry, "endorsements"), v, print_endorsement);
	print_each(c, json_at(entry, "translations"), v, print_translation);
	if (json_text(entry, "hidden")[0])
		show_fact(c, 1, _("hidden from others"), "%s", json_text(entry, "hidden"));
	show_some(c, 1, _("shown instead"), json_text(entry, "replaced_by"));
	for (const cJSON *word = json_at(entry, "withheld") ? json_at(entry, "withheld")->child : NULL; word; word = word->next)
		append(&words, word->valuestring);
	show_some(c, 1, _("withheld"), buf_text(&words));
	buf_free(&words);
}
