#include "node/cli/entry.h"

#include <string.h>

#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/form.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/territory.h"

/* "/v1/kinds/service/REF/verb?dry_run=1&..." */
static void
path_of(const struct call *c, const char *ref, const char *verb, struct buf *out)
{
	buf_printf(out, "/v1/kinds/%s", c->kind->word);
	if (ref) {
		buf_put_text(out, "/");
		http_escape(out, ref);
	}
	buf_printf(out, "%s%s%s", verb ? "/" : "", verb ? verb : "", c->dry_run ? "?dry_run=1" : "");
}

/* Somebody has flagged the entry, and this is the answer. */
static void
put_answered(const struct call *c, struct buf *out)
{
	if (call_flag(c, "answered"))
		buf_printf(out, "%sanswered=1", strchr(buf_text(out), '?') ? "&" : "?");
}

/* --- what is known beside entries --- */

void
entry_view_open(struct call *c, struct entry_view *v)
{
	struct bytes none = { 0 };

	*v = (struct entry_view){ .now = time(NULL) };
	if (http_ask(c, "GET", "/v1/status", none, &v->status, NULL) == ERR_OK)
		http_ask(c, "GET", "/v1/members", none, &v->members, NULL);
}

void
entry_view_close(struct entry_view *v)
{
	cJSON_Delete(v->status);
	cJSON_Delete(v->members);
}

void
entry_print_silence(const struct call *c, const struct entry_view *v)
{
	struct buf line = { 0 };

	entry_silence(v, &line);
	if (line.len)
		show_line(c, "%s", buf_text(&line));
	buf_free(&line);
}

/* --- what a change led to --- */

#define MANY 5   /* so many entries are told one by one */

/* PLACE is the entry's place among many, from 1; 0: it is the only one. */
static void
print_warnings(const struct call *c, const cJSON *answer, unsigned place)
{
	const char *id = json_text(answer, "id");
	const cJSON *warning;
	struct buf clean = { 0 };

	cJSON_ArrayForEach(warning, json_at(answer, "warnings")) {
		buf_reset(&clean);
		text_clean(cJSON_IsString(warning) ? warning->valuestring : json_text(warning, "reason"), true, &clean);
		if (place == 0)
			call_note(c, _("warning: %s"), buf_text(&clean));
		else if (*id)
			call_note(c, _("warning: entry %u (%.8s): %s"), place, id, buf_text(&clean));
		else
			call_note(c, _("warning: entry %u: %s"), place, buf_text(&clean));
	}
	buf_free(&clean);
}

static void
print_change(const struct call *c, const char *done, const cJSON *answer, unsigned place)
{
	const char *id = json_text(answer, "id");
	char label[80];

	/* A dry run tells no id: the one that was typed, or for what would be new none. */
	if (*id == 0 && c->command->run != entry_add && c->command->run != care_flag)
		id = call_arg(c, 0);
	snprintf(label, sizeof(label), "%s %s", c->kind->word, done);
	if (*id)
		show_fact(c, 0, label, "%s", id);
	else
		show_line(c, "%s", label);
	show_some(c, 1, _("record"), json_text(answer, "record"));
	print_warnings(c, answer, place);
}

/* Up to MANY entries each with its id; of more their number. What is amiss is told of each. */
static void
print_changes(const struct call *c, const char *done, const cJSON *answers)
{
	int count = cJSON_GetArraySize(answers);
	unsigned place = 0;
	const cJSON *one;
	char label[80];

	snprintf(label, sizeof(label), "%s %s", c->kind->words, done);
	if (count > MANY)
		show_fact(c, 0, label, "%d", count);
	cJSON_ArrayForEach(one, answers) {
		if (count > MANY)
			print_warnings(c, one, ++place);
		else
			print_change(c, done, one, ++place);
	}
	if (count <= MANY)
		show_fact(c, 0, label, "%d", count);
}

void
entry_report(const struct call *c, const char *done, const char *maybe, const cJSON *answer)
{
	if (c->json) {
		call_json(c, answer);
		return;
	}
	if (cJSON_IsArray(answer))
		print_changes(c, c->dry_run ? maybe : done, answer);
	else
		print_change(c, c->dry_run ? maybe : done, answer, 0);
	if (c->dry_run)
		call_note(c, _("Nothing was changed."));
}

/* --- add, edit --- */

/* Ask, send; while the daemon refuses one field, ask for that one again. */
static enum err_code
add_by_questions(struct call *c, const char *path, cJSON **out, struct err *e)
{
	cJSON *object = cJSON_CreateObject();
	enum err_code rc = form_ask(c, object, e);

	while (rc == ERR_OK) {
		rc = http_send(c, "POST", path, cJSON_Duplicate(object, true), out, e);
		if ((rc != ERR_INPUT && rc != ERR_LIMIT && rc != ERR_DENIED) || !form_ask_again(c, object, e))
			break;
		rc = ERR_OK;
	}
	cJSON_Delete(object);
	return rc;
}

static enum err_code
add_file(struct call *c, const char *file, const char *method, const char *path, cJSON **out, struct err *e)
{
	struct buf text = { 0 };
	enum err_code rc = form_read(c, file, &text, e);

	/* What is wrong in the file is told with the file's name; what is wrong with the node without. */
	if (rc == ERR_OK && (rc = http_ask(c, method, path, buf_bytes(&text), out, e)) != ERR_OK &&
	    (rc == ERR_INPUT || rc == ERR_LIMIT || rc == ERR_DENIED) && strcmp(e->object, c->dir) != 0 &&
	    strcmp(file, "-") != 0)
		err_wrap(e, "%s", file);
	buf_free(&text);
	return rc;
}

enum err_code
entry_add(struct call *c, struct err *e)
{
	const char *file = call_arg(c, 0), *id = call_option(c, "id");
	cJSON *object = cJSON_CreateObject(), *answer = NULL;
	struct buf path = { 0 };
	bool any = false;
	enum err_code rc = form_options(c, object, &any, e);

	path_of(c, NULL, NULL, &path);
	if (rc)
		goto out;
	if (id)
		cJSON_AddStringToObject(object, "id", id);
	if (file && (any || id))
		rc = err_set(e, ERR_USAGE, c->command->name, "arguments", _("give a file or fields, not both"));
	else if (file)
		rc = add_file(c, file, "POST", buf_text(&path), &answer, e);
	else if (any)
		rc = http_send(c, "POST", buf_text(&path), cJSON_Duplicate(object, true), &answer, e);
	else if (c->asks)
		rc = add_by_questions(c, buf_text(&path), &answer, e);
	else
		rc = err_set(e, ERR_USAGE, c->command->name, "arguments",
		    _("needs a FILE, - for standard input, or fields; see: kilim help %s"), c->command->name);
	if (rc)
		goto out;
	entry_report(c, _("added"), _("would be added"), answer);
	if (!c->dry_run && cJSON_IsObject(answer))
		call_note(c, _("See it with: kilim %s show %.8s"), c->kind->word, json_text(answer, "id"));
out:
	cJSON_Delete(object);
	cJSON_Delete(answer);
	buf_free(&path);
	return rc;
}

enum err_code
entry_edit(struct call *c, struct err *e)
{
	const char *ref = call_arg(c, 0), *file = call_arg(c, 1), *stamp = call_option(c, "if-stamp");
	cJSON *patch = cJSON_CreateObject(), *answer = NULL;
	struct buf path = { 0 };
	bool any = false;
	enum err_code rc = form_options(c, patch, &any, e);

	path_of(c, ref, NULL, &path);
	put_answered(c, &path);
	if (stamp) {
		buf_printf(&path, "%sif_stamp=", strchr(buf_text(&path), '?') ? "&" : "?");
		http_escape(&path, stamp);
	}
	if (rc)
		goto out;
	if (file && any)
		rc = err_set(e, ERR_USAGE, c->command->name, "arguments", _("give a file or fields, not both"));
	else if (file)
		rc = add_file(c, file, "PATCH", buf_text(&path), &answer, e);
	else if (any)
		rc = http_send(c, "PATCH", buf_text(&path), cJSON_Duplicate(patch, true), &answer, e);
	else
		rc = err_set(e, ERR_USAGE, c->command->name, "arguments",
		    _("needs what to change: a FILE, - or fields such as --name; see: kilim help %s"), c->command->name);
	if (rc == ERR_OK)
		entry_report(c, _("changed"), _("would be changed"), answer);
out:
	cJSON_Delete(patch);
	cJSON_Delete(answer);
	buf_free(&path);
	return rc;
}

/* --- withdraw, verify --- */

static enum err_code
ask_withdrawal(struct call *c, const char *ref, struct err *e)
{
	struct buf path = { 0 }, question = { 0 }, clean = { 0 };
	cJSON *entry = NULL;
	const struct field *f = kind_field(c->kind, c->kind->title);
	enum err_code rc;

	buf_printf(&path, "/v1/kinds/%s/", c->kind->word);
	http_escape(&path, ref);
	if ((rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &entry, e)) == ERR_OK) {
		text_clean(json_mltext(f ? json_at(entry, f->word) : NULL, call_language(c)), true, &clean);
		buf_printf(&question, _("Withdraw the %s \"%s\"? It disappears for everyone."), c->kind->word,
		    clean.len ? buf_text(&clean) : ref);
		rc = ask_consent(c, c->command->name, buf_text(&question), e);
	}
	cJSON_Delete(entry);
	buf_free(&path);
	buf_free(&question);
	buf_free(&clean);
	return rc;
}

enum err_code
entry_withdraw(struct call *c, struct err *e)
{
	const char *ref = call_arg(c, 0);
	cJSON *answer = NULL;
	struct buf path = { 0 };
	enum err_code rc = ERR_OK;

	if (c->asks && !c->yes && !c->dry_run)
		rc = ask_withdrawal(c, ref, e);
	path_of(c, ref, "withdraw", &path);
	if (rc == ERR_OK)
		rc = http_send(c, "POST", buf_text(&path), cJSON_CreateObject(), &answer, e);
	if (rc == ERR_OK)
		entry_report(c, _("withdrawn"), _("would be withdrawn"), answer);
	cJSON_Delete(answer);
	buf_free(&path);
	return rc;
}

enum err_code
entry_verify(struct call *c, struct err *e)
{
	const char *method = call_option(c, "method");
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	struct buf path = { 0 };
	enum err_code rc;

	cJSON_AddStringToObject(body, "method", method ? method : "self");
	path_of(c, call_arg(c, 0), "verify", &path);
	put_answered(c, &path);
	if ((rc = http_send(c, "POST", buf_text(&path), body, &answer, e)) == ERR_OK)
		entry_report(c, _("verified"), _("would be verified"), answer);
	cJSON_Delete(answer);
	buf_free(&path);
	return rc;
}

/* --- show, history, list --- */

#define NAMES_MOST 16   /* of what one entry refers to */

/* "org1.../UUID" in ITEM becomes "NAME (UUID)", where this node has it. */
static void
name_one(struct call *c, const struct kind *target, cJSON *item)
{
	const char *ref = json_text(item, ""), *uuid = strrchr(ref, '/') ? strrchr(ref, '/') + 1 : ref;
	struct buf path = { 0 }, text = { 0 };
	cJSON *entry = NULL;

	buf_printf(&path, "/v1/kinds/%s/", target->word);
	http_escape(&path, ref);
	if (*ref && http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &entry, NULL) == ERR_OK &&
	    *entry_title(c, target, entry)) {
		buf_printf(&text, c->plain ? "%s (%s)" : "%s (%.8s)", entry_title(c, target, entry), uuid);
		cJSON_SetValuestring(item, buf_text(&text));
	}
	cJSON_Delete(entry);
	buf_free(&text);
	buf_free(&path);
}

/* The node tells what an entry is about: "service Line (UUID)". */
static void
name_about(const struct call *c, const cJSON *entry, cJSON *value)
{
	const char *ref = json_text(value, ""), *uuid = strrchr(ref, '/') ? strrchr(ref, '/') + 1 : ref;
	struct buf text = { 0 };

	buf_printf(&text, c->plain ? "%s %s (%s)" : "%s %s (%.8s)", json_text(entry, "about_kind"),
	    json_text(entry, "about_title"), uuid);
	cJSON_SetValuestring(value, buf_text(&text));
	buf_free(&text);
}

/* People read names: of the organisation that gives a service, of the programme it belongs to. */
static void
name_references(struct call *c, cJSON *entry)
{
	size_t named = 0;

	for (size_t i = 0; i < c->kind->field_count; i++) {
		const struct field *f = &c->kind->fields[i];
		const struct kind *target = f->type == FIELD_REFERENCE && f->target ? kind_find(f->target) : NULL;
		cJSON *value = cJSON_GetObjectItemCaseSensitive(entry, f->word), *item;

		if (f->flags & FIELD_FOLLOWS && cJSON_IsString(value) && *json_text(entry, "about_title"))
			name_about(c, entry, value);
		if (target == NULL || value == NULL)
			continue;
		if (cJSON_IsString(value) && named++ < NAMES_MOST)
			name_one(c, target, value);
		for (item = cJSON_IsArray(value) ? value->child : NULL; item && named++ < NAMES_MOST; item = item->next)
			name_one(c, target, item);
	}
}

enum err_code
entry_show(struct call *c, struct err *e)
{
	cJSON *entry = NULL;
	struct entry_view view;
	struct buf path = { 0 };
	enum err_code rc;

	c->dry_run = false;
	path_of(c, call_arg(c, 0), NULL, &path);
	rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &entry, e);
	buf_free(&path);
	if (rc)
		return rc;
	if (c->json) {
		call_json(c, entry);
	} else {
		entry_view_open(c, &view);
		name_references(c, entry);
		entry_print_silence(c, &view);
		entry_print(c, c->kind, entry, &view);
		entry_view_close(&view);
	}
	cJSON_Delete(entry);
	return ERR_OK;
}

/* Words of the fields in which two versions differ. */
static void
put_differences(const struct kind *k, const cJSON *newer, const cJSON *older, struct buf *out)
{
	for (size_t i = 0; i < k->field_count + common_fields_count; i++) {
		const struct field *f = i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];
		const cJSON *a = json_at(newer, f->word), *b = json_at(older, f->word);

		if ((a == NULL) != (b == NULL) || (a && !cJSON_Compare(a, b, true)))
			buf_printf(out, "%s%s", out->len ? ", " : "", f->word);
	}
}

static void
print_history(const struct call *c, const cJSON *versions)
{
	const char *heads[] = { _("changed"), _("state"), _("what"), _("record") };
	struct table t;
	const cJSON *version;
	struct buf text = { 0 };

	table_start(&t, heads, 4);
	cJSON_ArrayForEach(version, versions) {
		buf_reset(&text);
		show_time(json_text(version, "stamp"), &text);
		table_put(&t, buf_text(&text));
		table_put(&t, json_text(version, "state"));
		buf_reset(&text);
		if (version->next == NULL)
			buf_put_text(&text, _("first version here"));
		else if (strcmp(json_text(version, "state"), "withdrawn") != 0)
			put_differences(c->kind, version, version->next, &text);
		table_put(&t, buf_text(&text));
		table_put(&t, json_text(version, "record"));
	}
	table_end(&t, c, 1);
	buf_free(&text);
}

enum err_code
entry_history(struct call *c, struct err *e)
{
	cJSON *versions = NULL;
	struct buf path = { 0 };
	enum err_code rc;

	c->dry_run = false;
	path_of(c, call_arg(c, 0), "history", &path);
	if ((rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &versions, e)) == ERR_OK) {
		if (c->json)
			call_json(c, versions);
		else
			print_history(c, versions);
	}
	cJSON_Delete(versions);
	buf_free(&path);
	return rc;
}

static cJSON *
filter(struct call *c, cJSON *entries, const char *territory, const struct entry_view *v)
{
	const char *author = call_option(c, "author"), *relation = call_option(c, "relation");
	cJSON *kept = cJSON_CreateArray(), *entry = entries->child;

	while (entry) {
		cJSON *next = entry->next;

		if (entry_passes(c->kind, entry, territory, author, relation, v))
			cJSON_AddItemToArray(kept, cJSON_DetachItemViaPointer(entries, entry));
		entry = next;
	}
	cJSON_Delete(entries);
	return kept;
}

enum err_code
entry_list(struct call *c, struct err *e)
{
	const char *typed = call_option(c, "territory");
	const struct code *territory = NULL;
	struct entry_view view = { 0 };
	struct buf path = { 0 };
	cJSON *entries = NULL;
	enum err_code rc = typed ? territory_parse(typed, "--territory", &territory, e) : ERR_OK;

	if (rc)
		return rc;
	buf_printf(&path, "/v1/kinds/%s?own=%d&withdrawn=%d", c->kind->word, call_flag(c, "own"),
	    call_flag(c, "withdrawn"));
	rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, &entries, e);
	buf_free(&path);
	if (rc)
		return rc;
	if (!c->json || call_option(c, "author"))
		entry_view_open(c, &view);
	entries = filter(c, entries, territory ? territory->word : NULL, &view);
	if (c->json) {
		call_json(c, entries);
	} else {
		entry_print_silence(c, &view);
		entry_table(c, c->kind, entries, &view);
		if (cJSON_GetArraySize(entries) == 0)
			call_note(c, _("No %s to show. Make one with: kilim %s add"), c->kind->words, c->kind->word);
	}
	cJSON_Delete(entries);
	entry_view_close(&view);
	return ERR_OK;
}
