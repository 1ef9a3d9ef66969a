#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/base/file.h"
#include "node/cli/command.h"
#include "node/cli/form.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/limits.h"

/* Files travel together: a line of JSON with names and sizes, then their bytes (docs/control.md "Files"). */

/* --- export --- */

static void
add_query(struct buf *path, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(path, "%s%s=", memchr(path->p, '?', path->len) ? "&" : "?", key);
	http_escape(path, value);
}

/* Every --kind, as one list. */
static void
add_kinds(const struct call *c, struct buf *path)
{
	struct buf words = { 0 };

	for (size_t i = 0; i < c->given_count; i++)
		if (c->given[i].row && strcmp(c->given[i].row->name, "kind") == 0)
			buf_printf(&words, "%s%s", words.len ? "," : "", c->given[i].value);
	if (words.len)
		add_query(path, "kind", buf_text(&words));
	buf_free(&words);
}

/* A name that a daemon gave is never a path. */
static enum err_code
write_file(const char *dir, const char *name, struct bytes text, struct err *e)
{
	struct buf path = { 0 };
	enum err_code rc;

	if (*name == 0 || *name == '.' || strchr(name, '/'))
		return err_set(e, ERR_FAILED, "kilimd", "answer", _("gave a file a name that is no name of a file"));
	buf_printf(&path, "%s/%s", dir, name);
	rc = file_write_atomic(buf_text(&path), text, 0644, e);
	buf_free(&path);
	return rc;
}

/* A document of JSON is its own answer with --json; other formats stand in one as a text. */
static void
print_file(const struct call *c, struct bytes text)
{
	cJSON *json = c->json ? cJSON_ParseWithLength((const char *)text.p, text.len) : NULL;

	if (json)
		call_json(c, json);
	else
		call_text(c, text);
	cJSON_Delete(json);
}

static enum err_code
write_files(struct call *c, const cJSON *head, struct bytes rest, const char *output, struct err *e)
{
	cJSON *files;
	bool many = cJSON_GetArraySize(head) > 1;
	bool to_stdout = output == NULL || strcmp(output, "-") == 0;
	enum err_code rc = ERR_OK;
	const cJSON *o;

	if (many && to_stdout)
		return err_set(e, ERR_USAGE, c->command->name, "output",
		    _("this format is a folder of files; name it with --output DIR"));
	if (many && mkdir(output, 0755) != 0 && errno != EEXIST)
		return err_set(e, ERR_FAILED, output, "folder", "%s", strerror(errno));
	files = cJSON_CreateArray();
	cJSON_ArrayForEach(o, head) {
		const cJSON *size = cJSON_GetObjectItemCaseSensitive(o, "size");
		size_t len = cJSON_IsNumber(size) && size->valuedouble >= 0 ? (size_t)size->valuedouble : 0;
		struct bytes text = { rest.p, len < rest.len ? len : rest.len };

		if (many)
			rc = write_file(output, json_text(o, "name"), text, e);
		else if (to_stdout)
			print_file(c, text);
		else
			rc = call_save(output, text, e);
		if (rc)
			break;
		if (!to_stdout)
			call_wrote(c, files, many ? json_text(o, "name") : output, text.len);
		rest.p += text.len;
		rest.len -= text.len;
	}
	if (rc || to_stdout)
		cJSON_Delete(files);
	else
		call_files(c, files);
	return rc;
}

enum err_code
export_run(struct call *c, struct err *e)
{
	struct buf path = { 0 }, answer = { 0 };
	const uint8_t *end;
	cJSON *head = NULL;
	enum err_code rc;

	buf_put_text(&path, "/v1/export/");
	http_escape(&path, call_arg(c, 0));
	add_kinds(c, &path);
	add_query(&path, "version", call_option(c, "hsds"));
	add_query(&path, "lang", c->lang);
	if ((rc = http_raw(c, buf_text(&path), &answer, e)))
		goto out;
	end = answer.len ? memchr(answer.p, '\n', answer.len) : NULL;
	head = end ? cJSON_ParseWithLength((const char *)answer.p, (size_t)(end - answer.p)) : NULL;
	if (!cJSON_IsArray(head))
		rc = err_set(e, ERR_FAILED, "kilimd", "answer", _("gave an answer that holds no files"));
	else
		rc = write_files(c, head, (struct bytes){ end + 1, answer.len - (size_t)(end + 1 - answer.p) },
		    call_option(c, "output"), e);
out:
	cJSON_Delete(head);
	buf_free(&path);
	buf_free(&answer);
	return rc;
}

/* --- import --- */

struct files {
	cJSON *head;
	struct buf bytes;
};

static enum err_code
add_file(struct call *c, const char *path, const char *name, struct files *out, struct err *e)
{
	size_t before = out->bytes.len;
	cJSON *o;
	enum err_code rc = form_read_bytes(c, path, &out->bytes, e);

	if (rc)
		return rc;
	if (out->bytes.len > LIMIT_IMPORT)
		return err_set(e, ERR_LIMIT, path, "size", _("at most %d MiB are read at once"), LIMIT_IMPORT >> 20);
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "name", name);
	cJSON_AddNumberToObject(o, "size", (double)(out->bytes.len - before));
	cJSON_AddItemToArray(out->head, o);
	return ERR_OK;
}

static int
is_table(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 4 && strcasecmp(d->d_name + len - 4, ".csv") == 0;
}

/* The tables of a folder, in order of their names. */
static enum err_code
add_folder(struct call *c, const char *dir, struct files *out, struct err *e)
{
	struct dirent **found;
	int count = scandir(dir, &found, is_table, alphasort);
	enum err_code rc = ERR_OK;

	if (count < 0)
		return err_set(e, ERR_FAILED, dir, "folder", "%s", strerror(errno));
	if (count == 0)
		rc = err_set(e, ERR_INPUT, dir, "folder", _("there are no tables (*.csv) in this folder"));
	for (int i = 0; i < count; i++) {
		struct buf path = { 0 };

		buf_printf(&path, "%s/%s", dir, found[i]->d_name);
		if (rc == ERR_OK)
			rc = add_file(c, buf_text(&path), found[i]->d_name, out, e);
		buf_free(&path);
		free(found[i]);
	}
	free(found);
	return rc;
}

/* "services.csv:3: status: code: ..." */
static void
put_fault(const cJSON *f, bool rule, struct buf *out)
{
	const char *column = json_text(f, "column");
	struct buf line = { 0 };

	buf_printf(&line, "%s:%.0f: %s%s%s%s%s", json_text(f, "file"), json_number(f, "line", 0), column, *column ? ": " : "",
	    rule ? json_text(f, "rule") : "", rule ? ": " : "", json_text(f, "reason"));
	text_clean(buf_text(&line), true, out); /* names of columns are somebody else's text */
	buf_free(&line);
}

static void
print_notes(const struct call *c, const cJSON *answer)
{
	const cJSON *one;
	struct buf line = { 0 };

	cJSON_ArrayForEach(one, json_at(answer, "warnings")) {
		buf_reset(&line);
		put_fault(one, false, &line);
		call_note(c, _("warning: %s"), buf_text(&line));
	}
	cJSON_ArrayForEach(one, json_at(answer, "passed_over")) {
		buf_reset(&line);
		text_clean(json_text(one, ""), true, &line);
		call_note(c, _("%s was not read: only tables such as organizations.csv, services.csv and locations.csv are"),
		    buf_text(&line));
	}
	buf_free(&line);
}

static void
print_faults(const struct call *c, const cJSON *answer)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, json_at(answer, "faults")) {
		struct buf line = { 0 };

		put_fault(f, true, &line);
		show_line(c, "%s", buf_text(&line));
		buf_free(&line);
	}
	call_note(c, _("Faults: %.0f. Nothing was imported."), json_number(answer, "fault_count", 0));
}

static void
print_counts(const struct call *c, const cJSON *answer)
{
	const cJSON *k;

	cJSON_ArrayForEach(k, json_at(answer, "kinds")) {
		const struct kind *kind = kind_by_word(k->string);

		show_fact(c, 0, kind ? kind->words : k->string, _("%.0f added, %.0f changed, %.0f as they were"),
		    json_number(k, "added", 0), json_number(k, "changed", 0), json_number(k, "same", 0));
	}
	if (cJSON_GetArraySize(json_at(answer, "kinds")) == 0)
		call_note(c, _("These files hold nothing that HSDS has a name for; nothing was imported."));
	else if (c->dry_run)
		call_note(c, _("Nothing was changed."));
}

/* All files and folders that the command names. */
static enum err_code
read_files(struct call *c, struct files *out, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 1; i < c->arg_count && rc == ERR_OK; i++) {
		const char *file = call_arg(c, i), *base = strrchr(file, '/');
		struct stat st;

		if (strcmp(file, "-") != 0 && stat(file, &st) == 0 && S_ISDIR(st.st_mode))
			rc = add_folder(c, file, out, e);
		else
			rc = add_file(c, file, base ? base + 1 : file, out, e);
	}
	return rc;
}

static void
put_import_path(const struct call *c, struct buf *out)
{
	buf_put_text(out, "/v1/import/");
	http_escape(out, call_arg(c, 0));
	if (c->dry_run)
		add_query(out, "dry_run", "1");
	add_query(out, "territory", call_option(c, "territory"));
	add_query(out, "source", call_option(c, "source"));
	add_query(out, "licence", call_option(c, "licence"));
}

enum err_code
import_run(struct call *c, struct err *e)
{
	struct files files = { .head = cJSON_CreateArray() };
	struct buf path = { 0 }, body = { 0 };
	cJSON *answer = NULL;
	char *head = NULL;
	enum err_code rc;

	if ((rc = read_files(c, &files, e)))
		goto out;
	put_import_path(c, &path);
	head = cJSON_PrintUnformatted(files.head);
	buf_printf(&body, "%s\n", head ? head : "[]");
	buf_put_bytes(&body, buf_bytes(&files.bytes));
	if ((rc = http_ask(c, "POST", buf_text(&path), buf_bytes(&body), &answer, e)))
		goto out;
	if (json_number(answer, "fault_count", 0) > 0)
		c->exit = err_exit(ERR_INPUT);
	if (c->json)
		call_json(c, answer);
	else if (c->exit)
		print_faults(c, answer);
	else
		print_counts(c, answer);
	if (!c->json && c->exit == 0)
		print_notes(c, answer);
out:
	cJSON_free(head);
	cJSON_Delete(files.head);
	cJSON_Delete(answer);
	buf_free(&files.bytes);
	buf_free(&path);
	buf_free(&body);
	return rc;
}
