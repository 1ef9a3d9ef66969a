#include "node/cli/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/base/file.h"
#include "node/cli/command.h"
#include "node/cli/text.h"
#include "node/home/home.h"

const char *
call_option(const struct call *c, const char *name)
{
	for (size_t i = c->given_count; i-- > 0;)
		if (c->given[i].row && strcmp(c->given[i].row->name, name) == 0)
			return c->given[i].value;
	return NULL;
}

bool
call_flag(const struct call *c, const char *name)
{
	return call_option(c, name) != NULL;
}

enum err_code
call_number(const struct call *c, const char *name, long min, long max, long *out, struct err *e)
{
	const char *text = call_option(c, name);
	char option[40], *end;
	long value;

	if (text == NULL)
		return ERR_OK;
	value = strtol(text, &end, 10);
	snprintf(option, sizeof(option), "--%s", name);
	if (*text == 0 || *end || value < min || value > max)
		return err_set(e, ERR_USAGE, option, "value", _("\"%.40s\" is no whole number from %ld to %ld"), text,
		    min, max);
	*out = value;
	return ERR_OK;
}

const char *
call_arg(const struct call *c, size_t i)
{
	return i < c->arg_count ? c->args[i] : NULL;
}

enum err_code
call_dir(struct call *c, struct err *e)
{
	if (c->dir[0])
		return ERR_OK;
	return home_find(c->dir_option, c->dir, e);
}

/* "sr_RS.UTF-8@latin" -> "sr-Latn", "sq_AL" -> "sq", "C" -> "". */
static void
tag_of_locale(const char *locale, char *out, size_t max)
{
	size_t len = strcspn(locale, "_.@:");

	out[0] = 0;
	if (len < 2 || len > 3)
		return;
	snprintf(out, max, "%.*s%s", (int)len, locale, strstr(locale, "@latin") ? "-Latn" : "");
}

const char *
call_language(const struct call *c)
{
	static const char *const names[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG" };
	static char tag[36];

	if (c->lang)
		return c->lang;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value) {
			tag_of_locale(value, tag, sizeof(tag));
			return tag;
		}
	}
	return "";
}

static void
indent(FILE *out, unsigned depth)
{
	fprintf(out, "\n%*s", (int)(2 * depth), "");
}

/* Two columns a level, one member a line; lists of plain values stay on one line. */
static void
print_json(FILE *out, const cJSON *json, unsigned depth)
{
	bool object = cJSON_IsObject(json), flat = !object;
	const cJSON *one;
	char *text;

	if ((!object && !cJSON_IsArray(json)) || json->child == NULL) {
		text = cJSON_PrintUnformatted(json);
		fputs(text ? text : "null", out);
		cJSON_free(text);
		return;
	}
	cJSON_ArrayForEach(one, json)
		flat = flat && !cJSON_IsObject(one) && !cJSON_IsArray(one);
	fputc(object ? '{' : '[', out);
	cJSON_ArrayForEach(one, json) {
		if (!flat)
			indent(out, depth + 1);
		if (object) {
			cJSON *name = cJSON_CreateStringReference(one->string);

			print_json(out, name, 0);
			fputs(": ", out);
			cJSON_Delete(name);
		}
		print_json(out, one, depth + 1);
		if (one->next)
			fputs(flat ? ", " : ",", out);
	}
	if (!flat)
		indent(out, depth);
	fputc(object ? '}' : ']', out);
}

void
call_json(const struct call *c, const cJSON *json)
{
	print_json(c->out, json, 0);
	fputc('\n', c->out);
}

static void
fault_json(const struct call *c, const struct err *e)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *error = cJSON_AddObjectToObject(json, "error");
	char *text;

	cJSON_AddStringToObject(error, "code", err_word(e->code));
	cJSON_AddStringToObject(error, "object", e->object);
	cJSON_AddStringToObject(error, "rule", e->rule);
	cJSON_AddStringToObject(error, "reason", e->reason);
	text = cJSON_PrintUnformatted(json);
	fprintf(c->err, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(json);
}

void
call_text(const struct call *c, struct bytes text)
{
	struct buf copy = { 0 };
	cJSON *json;

	if (!c->json) {
		fwrite(text.p, 1, text.len, c->out);
		return;
	}
	buf_put_bytes(&copy, text);
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "text", buf_text(&copy));
	call_json(c, json);
	cJSON_Delete(json);
	buf_free(&copy);
}

void
call_wrote(const struct call *c, cJSON *files, const char *file, size_t len)
{
	cJSON *one = cJSON_CreateObject();

	cJSON_AddStringToObject(one, "file", file);
	cJSON_AddNumberToObject(one, "bytes", (double)len);
	cJSON_AddItemToArray(files, one);
	call_note(c, _("%zu bytes written to %s"), len, file);
}

void
call_files(const struct call *c, cJSON *files)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddItemToObject(json, "files", files);
	if (c->json)
		call_json(c, json);
	cJSON_Delete(json);
}

enum err_code
call_save(const char *path, struct bytes content, struct err *e)
{
	struct stat st;
	FILE *out;
	bool ok;

	if (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return file_write_atomic(path, content, 0644, e);
	if ((out = fopen(path, "we")) == NULL)
		return err_set(e, ERR_FAILED, path, "open", "%s", strerror(errno));
	ok = fwrite(content.p, 1, content.len, out) == content.len;
	if (fclose(out) != 0 || !ok)
		return err_set(e, ERR_FAILED, path, "write", "%s", strerror(errno));
	return ERR_OK;
}

enum err_code
call_write(const struct call *c, const char *output, struct bytes content, struct err *e)
{
	cJSON *files;
	enum err_code rc;

	if (output == NULL || strcmp(output, "-") == 0) {
		call_text(c, content);
		return ERR_OK;
	}
	if ((rc = call_save(output, content, e)) == ERR_OK) {
		files = cJSON_CreateArray();
		call_wrote(c, files, output, content.len);
		call_files(c, files);
	}
	return rc;
}

void
call_fault(const struct call *c, const struct err *e)
{
	struct buf line = { 0 };

	if (c->json) {
		fault_json(c, e);
		return;
	}
	buf_put_text(&line, "kilim: ");
	if (e->object[0] && strcmp(e->object, "kilim") != 0) {
		text_clean(e->object, true, &line);
		buf_put_text(&line, ": ");
	}
	text_clean(e->reason[0] ? e->reason : _(err_meaning(e->code)), true, &line);
	fprintf(c->err, "%s\n", buf_text(&line));
	buf_free(&line);
}

void
call_note(const struct call *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json)
		return;
	/* What was answered so far stands above the advice. */
	fflush(c->out);
	va_start(ap, fmt);
	vfprintf(c->err, fmt, ap);
	va_end(ap);
	fputc('\n', c->err);
}
