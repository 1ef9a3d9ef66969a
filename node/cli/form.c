#include "node/cli/form.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "node/cli/ask.h"
#include "node/cli/command.h"
#include "node/cli/help.h"
#include "node/cli/text.h"
#include "node/home/config.h"
#include "proto/limits.h"

/* --- files --- */

static enum err_code
judge_text(const char *name, const struct buf *text, struct err *e)
{
	size_t at = text_fault(buf_bytes(text)), line = 1;

	if (text->len == 0)
		return err_set(e, ERR_INPUT, name, "empty", _("holds nothing"));
	if (memchr(text->p, 0, text->len))
		return err_set(e, ERR_INPUT, name, "utf-8", _("is no text, or text in UTF-16; save the file as UTF-8"));
	if (at == text->len)
		return ERR_OK;
	for (size_t i = 0; i < at; i++)
		line += text->p[i] == '\n';
	return err_set(e, ERR_INPUT, name, "utf-8", _("line %zu is no UTF-8; save the file as UTF-8"), line);
}

static enum err_code
read_all(FILE *in, const char *name, struct buf *out, struct err *e)
{
	size_t start = out->len, got;

	do {
		got = fread(buf_grow(out, 65536), 1, 65536, in);
		out->len -= 65536 - got;
		if (out->len - start > LIMIT_CONTROL_BODY)
			return err_set(e, ERR_LIMIT, name, "size", _("is larger than %d MiB; give it in parts"),
			    LIMIT_CONTROL_BODY / 1024 / 1024);
	} while (got);
	if (ferror(in))
		return err_set(e, ERR_FAILED, name, "read", "%s", strerror(errno));
	return ERR_OK;
}

static const char *
name_of(const char *path)
{
	return strcmp(path, "-") == 0 ? _("standard input") : path;
}

enum err_code
form_read(struct call *c, const char *path, struct buf *out, struct err *e)
{
	enum err_code rc = form_read_bytes(c, path, out, e);

	return rc ? rc : judge_text(name_of(path), out, e);
}

enum err_code
form_read_bytes(struct call *c, const char *path, struct buf *out, struct err *e)
{
	struct stat st;
	FILE *in;
	enum err_code rc;

	if (strcmp(path, "-") == 0)
		return read_all(c->in, name_of(path), out, e);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, path, "directory", _("is a directory; name the file in it"));
	if ((in = fopen(path, "re")) == NULL) {
		if (errno == ENOENT || errno == ENOTDIR)
			return err_set(e, ERR_MISSING, path, "file", _("there is no such file"));
		if (errno == EACCES)
			return err_set(e, ERR_DENIED, path, "permission", _("this user may not read it"));
		return err_set(e, ERR_FAILED, path, "open", "%s", strerror(errno));
	}
	rc = read_all(in, path, out, e);
	fclose(in);
	return rc;
}

/* --- values --- */

static enum err_code
number_value(const struct field *f, const char *text, cJSON **out, struct err *e)
{
	char *end;
	double value = strtod(text, &end);
	bool whole = f->type != FIELD_DEGREES;

	if (*text == 0 || *end || !isfinite(value) || (whole && value != floor(value)))
		return err_set(e, ERR_INPUT, f->word, "type", whole ? _("\"%.60s\" is no whole number")
		    : _("\"%.60s\" is no number of degrees"), text);
	*out = cJSON_CreateNumber(value);
	return ERR_OK;
}

static enum err_code
bool_value(const struct field *f, const char *text, cJSON **out, struct err *e)
{
	static const char *const yes[] = { "yes", "true", "1", "po", "da", "да" };
	static const char *const no[] = { "no", "false", "0", "jo", "ne", "не" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*out = cJSON_CreateBool(strcasecmp(text, yes[i]) == 0);
			return ERR_OK;
		}
	}
	return err_set(e, ERR_INPUT, f->word, "type", _("\"%.60s\" is neither yes nor no"), text);
}

/* "sr:Tekst" -> length of the tag; 0: no tag. "Note: text" and "http://" have none. */
static size_t
tag_length(const char *text)
{
	size_t len = strcspn(text, ":");

	if (text[len] != ':' || !islower((unsigned char)text[0]))
		return 0;
	if (text[len + 1] == 0 || text[len + 1] == '/' || isspace((unsigned char)text[len + 1]))
		return 0;
	return tag_valid((struct bytes){ (const uint8_t *)text, len }) ? len : 0;
}

static cJSON *
mltext_value(const char *text, const char *language)
{
	cJSON *out = cJSON_CreateObject();
	size_t len = tag_length(text);
	char tag[40];

	snprintf(tag, sizeof(tag), "%.*s", len ? (int)len : 35, len ? text : language);
	cJSON_AddStringToObject(out, tag, len ? text + len + 1 : text);
	return out;
}

static enum err_code
json_value(const struct field *f, const char *text, cJSON **out, struct err *e)
{
	cJSON *json = cJSON_Parse(text);

	if (json == NULL)
		return err_set(e, ERR_INPUT, f->word, "json", _("\"%.60s\" begins like JSON but is none"), text);
	*out = json;
	return ERR_OK;
}

static const struct field *
group_field(const struct field *f, const char *word, size_t len)
{
	for (size_t i = 0; i < f->field_count; i++)
		if (strlen(f->fields[i].word) == len && strncmp(f->fields[i].word, word, len) == 0)
			return &f->fields[i];
	return NULL;
}

/* Does a new "word=" of the group begin here? */
static bool
begins_part(const struct field *f, const char *text)
{
	size_t len = strcspn(text, "=,");

	return text[len] == '=' && group_field(f, text, len) != NULL;
}

/* "number=+38111, type=helpline": a comma ends a value only where another word of the group follows. */
static enum err_code
group_value(const struct field *f, const char *text, const char *language, cJSON **out, struct err *e)
{
	cJSON *object = cJSON_CreateObject();
	enum err_code rc = ERR_OK;

	if (!begins_part(f, text)) {
		rc = form_put(object, &f->fields[0], text, language, e);
		text = "";
	}
	while (*text && rc == ERR_OK) {
		size_t word = strcspn(text, "="), len = 0;
		const struct field *part = group_field(f, text, word);
		const char *value = text + word + 1;
		char *copy;

		while (value[len]) {
			const char *next = value + len + 1;

			if (value[len] == ',' && begins_part(f, next + strspn(next, " ")))
				break;
			len++;
		}
		copy = need_strdup(value);
		copy[len] = 0;
		rc = form_put(object, part, copy, language, e);
		free(copy);
		text = value + len;
		text += strspn(text, ", ");
	}
	if (rc)
		cJSON_Delete(object);
	else
		*out = object;
	return rc ? err_wrap(e, "%s", f->word) : ERR_OK;
}

static enum err_code
single_value(const struct field *f, const char *text, const char *language, cJSON **out, struct err *e)
{
	switch (f->type) {
	case FIELD_UINT:
	case FIELD_INT:
	case FIELD_DEGREES:
		return number_value(f, text, out, e);
	case FIELD_BOOL:
		return bool_value(f, text, out, e);
	case FIELD_MLTEXT:
		*out = mltext_value(text, language);
		return ERR_OK;
	case FIELD_GROUP:
		return group_value(f, text, language, out, e);
	default:
		*out = cJSON_CreateString(text);
		return ERR_OK;
	}
}

/* Free text may hold commas, and so may a group's values: those are given one an option. */
static bool
splits(const struct field *f)
{
	return f->type != FIELD_TEXT && f->type != FIELD_MLTEXT && f->type != FIELD_GROUP && f->type != FIELD_URL;
}

static enum err_code
list_value(const struct field *f, const char *text, const char *language, cJSON **out, struct err *e)
{
	cJSON *list = cJSON_CreateArray(), *item;
	char *copy = need_strdup(text), *rest = copy, *part;
	enum err_code rc = ERR_OK;

	while (rc == ERR_OK && (part = splits(f) ? strsep(&rest, ",") : rest)) {
		part += strspn(part, " ");
		for (size_t len = strlen(part); len && part[len - 1] == ' ';)
			part[--len] = 0;
		if ((rc = single_value(f, part, language, &item, e)) == ERR_OK)
			cJSON_AddItemToArray(list, item);
		if (!splits(f))
			rest = NULL;
	}
	free(copy);
	if (rc)
		cJSON_Delete(list);
	else
		*out = list;
	return rc;
}

/*
 * One value as people write it -> JSON. Lists: split at commas, or a JSON array; groups: a JSON object,
 * "word=value, word=value", or the first field's value alone; mltext: "text" in LANGUAGE or "sr:text".
 *   ERR_INPUT    no number, neither yes nor no, JSON that is none
 */
static enum err_code
read_value(const struct field *f, const char *text, const char *language, cJSON **out, struct err *e)
{
	bool json = f->type == FIELD_GROUP || f->type == FIELD_MLTEXT;

	if ((text[0] == '[' && f->flags & FIELD_LIST) || (text[0] == '{' && json && !(f->flags & FIELD_LIST)))
		return json_value(f, text, out, e);
	if (f->flags & FIELD_LIST && text[0] == '{' && json) {
		cJSON *item = NULL;
		enum err_code rc = json_value(f, text, &item, e);

		if (rc)
			return rc;
		cJSON_AddItemToArray(*out = cJSON_CreateArray(), item);
		return ERR_OK;
	}
	if (f->flags & FIELD_LIST)
		return list_value(f, text, language, out, e);
	return single_value(f, text, language, out, e);
}

enum err_code
form_put(cJSON *object, const struct field *f, const char *text, const char *language, struct err *e)
{
	cJSON *value, *there = cJSON_GetObjectItemCaseSensitive(object, f->word);
	enum err_code rc = read_value(f, text, language, &value, e);

	if (rc)
		return rc;
	if (there && cJSON_IsArray(there) && cJSON_IsArray(value)) {
		while (cJSON_GetArraySize(value))
			cJSON_AddItemToArray(there, cJSON_DetachItemFromArray(value, 0));
		cJSON_Delete(value);
	} else if (there && f->type == FIELD_MLTEXT && cJSON_IsObject(there) && cJSON_IsObject(value)) {
		while (value->child) {
			cJSON *one = cJSON_DetachItemViaPointer(value, value->child);

			cJSON_DeleteItemFromObjectCaseSensitive(there, one->string);
			cJSON_AddItemToObject(there, one->string, one);
		}
		cJSON_Delete(value);
	} else {
		cJSON_DeleteItemFromObjectCaseSensitive(object, f->word);
		cJSON_AddItemToObject(object, f->word, value);
	}
	return ERR_OK;
}

/* --- options --- */

static const char *
language_of(struct call *c)
{
	static char language[36];
	struct config config;
	const char *user = call_language(c);

	if (language[0])
		return language;
	if (!c->lang && call_dir(c, NULL) == ERR_OK && config_load(c->dir, &config, NULL, NULL) == ERR_OK &&
	    config.language[0])
		user = config.language;
	snprintf(language, sizeof(language), "%s", user[0] ? user : "en");
	return language;
}

static enum err_code
put_plain(struct call *c, cJSON *object, const char *name, bool *out_any)
{
	const char *value = call_option(c, name);

	if (value) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, name);
		cJSON_AddStringToObject(object, name, value);
		*out_any = true;
	}
	return ERR_OK;
}

static enum err_code
unset(const struct call *c, cJSON *object, const char *word, struct err *e)
{
	const struct field *f = kind_field_by_word(c->kind, word);
	const char *near = command_nearest_field(c->command, word);

	if (f == NULL && near)
		return err_set(e, ERR_USAGE, c->command->name, "field",
		    _("there is no field \"%.60s\"; did you mean --unset %s?"), word, near);
	if (f == NULL)
		return err_set(e, ERR_USAGE, c->command->name, "field", _("there is no field \"%.60s\"; see: kilim help %s"),
		    word, c->command->name);
	cJSON_DeleteItemFromObjectCaseSensitive(object, f->word);
	cJSON_AddNullToObject(object, f->word);
	return ERR_OK;
}

enum err_code
form_options(struct call *c, cJSON *object, bool *out_any, struct err *e)
{
	*out_any = false;
	for (size_t i = 0; i < c->given_count; i++) {
		const struct given *g = &c->given[i];
		enum err_code rc = ERR_OK;

		if (g->field) {
			rc = form_put(object, g->field, g->value, language_of(c), e);
		} else if (strcmp(g->row->name, "unset") == 0) {
			rc = unset(c, object, g->value, e);
		} else {
			continue;
		}
		if (rc)
			return rc;
		*out_any = true;
	}
	put_plain(c, object, "audience", out_any);
	put_plain(c, object, "expires", out_any);
	return ERR_OK;
}

/* --- questions --- */

static void
print_codes(struct call *c, const struct code_list *list)
{
	fprintf(c->err, "  ");
	for (size_t i = 0; i < list->count; i++)
		fprintf(c->err, "%s%s", i ? ", " : "", list->codes[i].word);
	fputc('\n', c->err);
}

static void
introduce(struct call *c, const struct field *f)
{
	struct buf marks = { 0 };

	help_field_marks(f, &marks);
	fprintf(c->err, "\n%s%s", _(f->help), buf_text(&marks));
	buf_free(&marks);
	if (f->flags & FIELD_LIST)
		fprintf(c->err, "%s", _(" (several: one a line, an empty line ends)"));
	else if (f->type == FIELD_MLTEXT)
		fprintf(c->err, _(" (further languages: one a line, such as en:..., an empty line ends)"));
	fputc('\n', c->err);
	if (f->codes)
		print_codes(c, f->codes);
	for (size_t i = 0; f->type == FIELD_GROUP && i < f->field_count; i++)
		fprintf(c->err, "  %s: %s\n", f->fields[i].word, _(f->fields[i].help));
	if (f->type == FIELD_GROUP)
		fprintf(c->err, _("  write %s=..., or the %s alone\n"), f->fields[0].word, f->fields[0].word);
}

/* One field, until it is answered rightly or skipped. False: the input ended. */
static bool
ask_field(struct call *c, cJSON *object, const struct field *f)
{
	struct buf line = { 0 };
	char prompt[100], reason[512];
	struct err e;
	bool more = true, got = false;

	introduce(c, f);
	snprintf(prompt, sizeof(prompt), "%s: ", f->word);
	while (more && (more = ask_line(c, prompt, &line))) {
		if (line.len == 0) {
			if (got || !help_field_needed(f))
				break;
			fprintf(c->err, "%s\n", _("This one is needed."));
		} else if (text_fault(buf_bytes(&line)) != line.len) {
			fprintf(c->err, "%s\n", _("That was no UTF-8."));
		} else if (form_put(object, f, buf_text(&line), language_of(c), &e)) {
			fprintf(c->err, "%s\n", err_text(&e, reason, sizeof(reason)));
		} else {
			got = true;
			if (!(f->flags & FIELD_LIST) && f->type != FIELD_MLTEXT)
				break;
		}
	}
	buf_free(&line);
	return more;
}

/* Those of FIELDS that are needed, or those that are not. False: the input ended. */
static bool
ask_fields(struct call *c, cJSON *object, const struct field *fields, size_t count, bool needed)
{
	for (size_t i = 0; i < count; i++)
		if (!(fields[i].flags & FIELD_COMPUTED) && help_field_needed(&fields[i]) == needed &&
		    !ask_field(c, object, &fields[i]))
			return false;
	return true;
}

enum err_code
form_ask(struct call *c, cJSON *object, struct err *e)
{
	const struct kind *k = c->kind;

	call_note(c, _("Each answer ends with Enter; an empty one skips the question. Ctrl-C leaves without saving."));
	if (!ask_fields(c, object, k->fields, k->field_count, true) ||
	    !ask_fields(c, object, k->fields, k->field_count, false))
		return err_set(e, ERR_FAILED, c->command->name, "input", _("the input ended; nothing was saved"));
	fputc('\n', c->err);
	if (ask_yes(c, _("Also where it is known from, who checked it, notes for yourselves?"), false) &&
	    !ask_fields(c, object, common_fields, common_fields_count, false))
		return err_set(e, ERR_FAILED, c->command->name, "input", _("the input ended; nothing was saved"));
	return ERR_OK;
}

bool
form_ask_again(struct call *c, cJSON *object, const struct err *e)
{
	char name[sizeof(e->object)];
	const struct field *found = NULL;
	char *rest = name, *part;

	snprintf(name, sizeof(name), "%s", e->object);
	/* "service: phones[0].number": the first part that is a field of the kind. */
	while (found == NULL && (part = strsep(&rest, " :.[]/")))
		found = *part ? kind_field_by_word(c->kind, part) : NULL;
	if (found == NULL)
		return false;
	call_fault(c, e);
	cJSON_DeleteItemFromObjectCaseSensitive(object, found->word);
	return ask_field(c, object, found);
}
