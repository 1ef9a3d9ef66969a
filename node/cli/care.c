/* Looking after entries: what wants to be verified, what nobody looked at for long, what is new. */
#include <string.h>

#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/entry.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/territory.h"

#define PARTLY 7

/* Those of C's --territory, in a new array. */
static enum err_code
keep_territory(struct call *c, cJSON **entries, const struct entry_view *v, struct err *e)
{
	const char *typed = call_option(c, "territory");
	const struct code *territory = NULL;
	cJSON *kept, *entry, *next;
	enum err_code rc = typed ? territory_parse(typed, "--territory", &territory, e) : ERR_OK;

	if (rc || territory == NULL)
		return rc;
	kept = cJSON_CreateArray();
	for (entry = (*entries)->child; entry; entry = next) {
		const struct kind *k = kind_by_word(json_text(entry, "kind"));

		next = entry->next;
		if (k && entry_passes(k, entry, territory->word, NULL, NULL, v))
			cJSON_AddItemToArray(kept, cJSON_DetachItemViaPointer(*entries, entry));
	}
	cJSON_Delete(*entries);
	*entries = kept;
	return ERR_OK;
}

/* PATH?QUERY, of one kind where it was asked for. */
static enum err_code
ask_entries(struct call *c, const char *path, struct entry_view *v, cJSON **out, struct err *e)
{
	struct buf whole = { 0 };
	const char *kind = call_option(c, "kind");
	enum err_code rc;

	buf_put_text(&whole, path);
	if (kind) {
		buf_printf(&whole, "%skind=", strchr(path, '?') ? "&" : "?");
		http_escape(&whole, kind);
	}
	if ((rc = http_ask(c, "GET", buf_text(&whole), (struct bytes){ 0 }, out, e)) == ERR_OK) {
		entry_view_open(c, v);
		rc = keep_territory(c, out, v, e);
	}
	buf_free(&whole);
	return rc;
}

/* "stale in 12 days", "stale for 1 day": until nobody should rely on it any more. */
static void
put_days(const cJSON *entry, struct buf *out)
{
	double left = json_number(entry, "days_left", 0);

	if (json_true(entry, "ends_soon"))
		buf_printf(out, _("ends %.10s"), json_text(entry, "lasts_until"));
	else if (left < 0)
		buf_printf(out, ngettext("stale for %.0f day", "stale for %.0f days", (unsigned long)-left), -left);
	else if (left > 0)
		buf_printf(out, ngettext("stale in %.0f day", "stale in %.0f days", (unsigned long)left), left);
	else
		buf_put_text(out, _("stale today"));
}

static void
print_entries(const struct call *c, const cJSON *entries, const struct entry_view *v, bool newest)
{
	const char *heads[] = { _("kind"), _("name"), newest ? _("since") : _("when"), _("freshness"), _("by"), _("id") };
	const cJSON *entry;
	struct buf text = { 0 };
	struct table t;

	table_start(&t, heads, 6);
	cJSON_ArrayForEach(entry, entries) {
		const struct kind *k = kind_by_word(json_text(entry, "kind"));
		char id[UUID_TEXT];

		if (k == NULL)
			continue;
		table_put(&t, k->word);
		table_put(&t, entry_title(c, k, entry));
		buf_reset(&text);
		if (newest)
			show_ago(json_text(entry, "first_seen"), v->now, &text);
		else
			put_days(entry, &text);
		table_put(&t, buf_text(&text));
		table_put(&t, entry_freshness(entry));
		buf_reset(&text);
		entry_author(v, json_text(entry, "author"), &text);
		table_put(&t, buf_text(&text));
		snprintf(id, sizeof id, c->plain ? "%s" : "%.8s", json_text(entry, "id"));
		table_put(&t, id);
	}
	table_end(&t, c, 3);
	buf_free(&text);
}

/* --- verify --- */

static enum err_code
sign_again(struct call *c, const cJSON *entry, const char *method, struct err *e)
{
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	struct buf path = { 0 };
	enum err_code rc;

	cJSON_AddStringToObject(body, "method", method ? method : "self");
	buf_printf(&path, "/v1/kinds/%s/%s/verify%s", json_text(entry, "kind"), json_text(entry, "id"),
	    c->dry_run ? "?dry_run=1" : "");
	rc = http_send(c, "POST", buf_text(&path), body, &answer, e);
	buf_free(&path);
	cJSON_Delete(answer);
	return rc;
}

static bool
is_wanted(struct call *c, const cJSON *entry)
{
	const struct kind *k = kind_by_word(json_text(entry, "kind"));
	struct buf question = { 0 }, clean = { 0 };
	bool yes;

	text_clean(entry_title(c, k, entry), true, &clean);
	buf_printf(&question, _("Is the %s \"%s\" still true?"), k->word, clean.len ? buf_text(&clean) : json_text(entry, "id"));
	yes = ask_yes(c, buf_text(&question), false);
	buf_free(&question);
	buf_free(&clean);
	return yes;
}

/* Each is signed by itself: one that is refused does not hold up the others, and is told. */
static enum err_code
sign_all(struct call *c, const cJSON *entries, cJSON *done, struct err *e)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, entries) {
		cJSON *one;
		enum err_code rc;

		if (!call_flag(c, "all") && !is_wanted(c, entry))
			continue;
		*e = (struct err){ 0 };
		rc = sign_again(c, entry, call_option(c, "method"), e);
		if (rc == ERR_STORE || rc == ERR_PEER)
			return rc;
		if (rc) {
			call_note(c, _("not verified: %s %.8s: %s"), json_text(entry, "kind"), json_text(entry, "id"), e->reason);
			c->exit = PARTLY;
			continue;
		}
		one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "kind", json_text(entry, "kind"));
		cJSON_AddStringToObject(one, "id", json_text(entry, "id"));
		cJSON_AddItemToArray(done, one);
	}
	*e = (struct err){ 0 };
	return ERR_OK;
}

enum err_code
care_verify(struct call *c, struct err *e)
{
	cJSON *entries = NULL, *done = cJSON_CreateArray();
	struct entry_view view = { 0 };
	bool sign = call_flag(c, "all") || (c->asks && !c->json);
	enum err_code rc;

	if (!call_flag(c, "due"))
		rc = err_set(e, ERR_USAGE, c->command->name, "arguments",
		    _("say --due for all that wants it, or: kilim KIND verify ID"));
	else
		rc = ask_entries(c, "/v1/due", &view, &entries, e);
	if (rc)
		goto out;
	if (!c->json)
		print_entries(c, entries, &view, false);
	if (cJSON_GetArraySize(entries) == 0)
		call_note(c, _("Nothing of yours wants to be verified."));
	else if (!sign)
		call_note(c, _("When all of it is still true: kilim verify --due --all"));
	else
		rc = sign_all(c, entries, done, e);
	if (rc == ERR_OK && c->json)
		call_json(c, sign ? done : entries);
	else if (rc == ERR_OK && sign)
		show_fact(c, 0, c->dry_run ? _("would be verified") : _("verified"), "%d", cJSON_GetArraySize(done));
out:
	entry_view_close(&view);
	cJSON_Delete(entries);
	cJSON_Delete(done);
	return rc;
}

/* --- flag --- */

static const struct kind *
kind_of_flags(void)
{
	for (size_t i = 0; i < kinds_count; i++)
		if (kinds[i]->says == SAYS_FLAG)
			return kinds[i];
	return NULL;
}

/* The entry by its whole name, so that no other kind's entry is meant. */
static enum err_code
put_about(struct call *c, cJSON *flag, struct err *e)
{
	struct buf path = { 0 }, about = { 0 };
	cJSON *entry = NULL;
	enum err_code rc;

	buf_printf(&path, "/v1/kinds/%s/", c->kind->word);
	http_escape(&path, call_arg(c, 0));
	if ((rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &entry, e)) == ERR_OK) {
		buf_printf(&about, "%s/%s", json_text(entry, "author"), json_text(entry, "id"));
		cJSON_AddStringToObject(flag, "about", buf_text(&about));
	}
	cJSON_Delete(entry);
	buf_free(&path);
	buf_free(&about);
	return rc;
}

enum err_code
care_flag(struct call *c, struct err *e)
{
	static const struct { const char *option, *field; } rows[] = {
		{ "confirmed", "confirmed" }, { "phone", "phone" }, { "duplicate-of", "duplicate_of" }, { "remark", "remark" },
	};
	const struct kind *of = c->kind, *flags = kind_of_flags();
	cJSON *flag = cJSON_CreateObject(), *answer = NULL;
	const char *to = call_option(c, "to");
	struct buf path = { 0 };
	enum err_code rc = put_about(c, flag, e);

	if (rc) {
		cJSON_Delete(flag);
		return rc;
	}
	cJSON_AddStringToObject(flag, "reason", call_arg(c, 1));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (call_option(c, rows[i].option))
			cJSON_AddStringToObject(flag, rows[i].field, call_option(c, rows[i].option));
	buf_printf(&path, "/v1/kinds/%s%s", flags->word, c->dry_run ? "?dry_run=1" : "");
	if (to) {
		buf_printf(&path, "%sto=", c->dry_run ? "&" : "?");
		http_escape(&path, to);
	}
	rc = http_send(c, "POST", buf_text(&path), flag, &answer, e);
	c->kind = flags;
	if (rc == ERR_OK) {
		entry_report(c, _("added"), _("would be added"), answer);
		if (!c->dry_run)
			call_note(c, _("Take it back with: kilim %s withdraw %.8s"), flags->word, json_text(answer, "id"));
	}
	c->kind = of;
	cJSON_Delete(answer);
	buf_free(&path);
	return rc;
}

/* --- reports --- */

/* The freshest arrival first. */
static void
sort_new(cJSON *entries)
{
	cJSON *sorted = NULL, *entry = entries->child, *next, **at;

	/* Insertion from the back: what comes is in order of kind and author, and of each kind few are new. */
	for (; entry; entry = next) {
		next = entry->next;
		cJSON_DetachItemViaPointer(entries, entry);
		for (at = &sorted; *at && strcmp(json_text(*at, "first_seen"), json_text(entry, "first_seen")) >= 0;)
			at = &(*at)->next;
		entry->next = *at;
		*at = entry;
	}
	while ((entry = sorted) != NULL) {
		sorted = entry->next;
		entry->next = entry->prev = NULL;
		cJSON_AddItemToArray(entries, entry);
	}
}

static enum err_code
list_them(struct call *c, const char *path, bool newest, const char *none, struct err *e)
{
	cJSON *entries = NULL;
	struct entry_view view = { 0 };
	enum err_code rc = ask_entries(c, path, &view, &entries, e);

	if (rc == ERR_OK) {
		if (newest)
			sort_new(entries);
		if (c->json) {
			call_json(c, entries);
		} else {
			entry_print_silence(c, &view);
			print_entries(c, entries, &view, newest);
			if (cJSON_GetArraySize(entries) == 0)
				call_note(c, "%s", none);
		}
	}
	entry_view_close(&view);
	cJSON_Delete(entries);
	return rc;
}

enum err_code
care_new(struct call *c, struct err *e)
{
	long days = 30;
	char path[40];
	enum err_code rc = call_number(c, "days", 1, 400, &days, e);

	snprintf(path, sizeof path, "/v1/new?days=%ld", days);
	return rc ? rc : list_them(c, path, true, _("Nothing new came in these days."), e);
}

enum err_code
care_stale(struct call *c, struct err *e)
{
	return list_them(c, call_flag(c, "own") ? "/v1/stale?own=1" : "/v1/stale", false, _("Nothing is stale, and nothing ends soon."),
	    e);
}
