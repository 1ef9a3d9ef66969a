/* One folder for those who pay and those who plan: what is public, as a page and as tables. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/command.h"
#include "node/cli/json.h"
#include "node/cli/report.h"

struct folder {
	struct call *c;
	const char *path;
	struct buf page;
};

static void
put_html(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buf_put_text(out, "&lt;");
		else if (*text == '>')
			buf_put_text(out, "&gt;");
		else if (*text == '&')
			buf_put_text(out, "&amp;");
		else if (*text == '"')
			buf_put_text(out, "&quot;");
		else
			buf_put_u8(out, (uint8_t)*text);
	}
}

/* ELEMENT with its attributes. */
static void
put_element(struct buf *out, const char *element, const char *text)
{
	buf_printf(out, "<%s>", element);
	put_html(out, text);
	buf_printf(out, "</%.*s>\n", (int)strcspn(element, " "), element);
}

static void
put_note(void *self, const char *sentence)
{
	put_element(self, "p", sentence);
}

static void
put_table(struct buf *out, const char *title, const cJSON *table)
{
	const cJSON *row, *one;
	struct buf text = { 0 };

	buf_put_text(out, "<table>\n");
	put_element(out, "caption", title);
	buf_put_text(out, "<thead><tr>\n");
	cJSON_ArrayForEach(one, json_at(table, "by"))
		put_element(out, "th scope=\"col\"", report_head(one->valuestring));
	cJSON_ArrayForEach(one, json_at(table, "measures"))
		put_element(out, "th scope=\"col\"", report_head(one->valuestring));
	buf_put_text(out, "</tr></thead>\n<tbody>\n");
	cJSON_ArrayForEach(row, json_at(table, "rows")) {
		buf_put_text(out, "<tr>\n");
		for (int i = 0; i < cJSON_GetArraySize(json_at(row, "keys")); i++)
			put_element(out, "td", report_label(row, i));
		cJSON_ArrayForEach(one, json_at(table, "measures")) {
			const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, one->valuestring);

			buf_reset(&text);
			if (!cJSON_IsString(v))
				buf_printf(&text, "%.0f", cJSON_IsNumber(v) ? v->valuedouble : 0);
			put_element(out, "td", cJSON_IsString(v) ? report_state(v->valuestring) : buf_text(&text));
		}
		buf_put_text(out, "</tr>\n");
	}
	buf_put_text(out, "</tbody>\n</table>\n");
	buf_free(&text);
}

static enum err_code
write_file(struct folder *f, const char *name, struct bytes text, struct err *e)
{
	struct buf path = { 0 };
	enum err_code rc;

	buf_printf(&path, "%s/%s", f->path, name);
	rc = file_write_atomic(buf_text(&path), text, 0644, e);
	buf_free(&path);
	return rc;
}

/* Only what everybody may see. */
static cJSON *
open_question(struct folder *f, const char *report, const char *by)
{
	cJSON *q = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(q, "by");

	cJSON_AddStringToObject(q, "report", report);
	cJSON_AddStringToObject(q, "language", call_language(f->c));
	cJSON_AddTrueToObject(q, "open");
	if (by)
		cJSON_AddItemToArray(list, cJSON_CreateString(by));
	cJSON_AddArrayToObject(q, "where");
	return q;
}

static enum err_code
put_shown(struct folder *f, const char *title, const char *file, const cJSON *table, struct err *e)
{
	struct buf csv = { 0 };
	enum err_code rc;

	report_csv(table, &csv);
	rc = write_file(f, file, buf_bytes(&csv), e);
	put_table(&f->page, title, table);
	report_notes(table, put_note, &f->page);
	buf_printf(&f->page, "<p><a href=\"%s\">%s</a></p>\n", file, file);
	buf_free(&csv);
	return rc;
}

static enum err_code
put_part(struct folder *f, const char *title, const char *file, cJSON *question, cJSON **out, struct err *e)
{
	enum err_code rc = report_ask(f->c, question, out, e);

	return rc ? rc : put_shown(f, title, file, *out, e);
}

static enum err_code
put_topic(void *self, const char *topic, const char *label, cJSON *table, struct err *e)
{
	struct buf file = { 0 };
	enum err_code rc;

	buf_put_text(&file, "gaps-");
	for (const char *p = topic; *p; p++)
		buf_put_u8(&file, strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *p) ? (uint8_t)*p : '-');
	buf_put_text(&file, ".csv");
	rc = put_shown(self, label, buf_text(&file), table, e);
	buf_free(&file);
	return rc;
}

/* Of every sort of help that is listed, one table. */
static enum err_code
put_gaps(struct folder *f, struct err *e)
{
	cJSON *q = open_question(f, "gaps", "territory");
	enum err_code rc;

	put_element(&f->page, "h2", _("Gaps"));
	put_note(&f->page, _("Of each sort of help that a service here names; where no member is, nobody knows."));
	rc = report_each_gaps(f->c, q, put_topic, f, e);
	cJSON_Delete(q);
	return rc;
}

static enum err_code
put_trainings(struct folder *f, const char *from, const char *to, struct err *e)
{
	cJSON *q = open_question(f, "coverage", NULL), *table = NULL;
	enum err_code rc;

	cJSON_AddStringToObject(q, "from", from);
	cJSON_AddStringToObject(q, "to", to);
	put_element(&f->page, "h2", _("Trainings"));
	rc = put_part(f, _("Trainings by topic and municipality"), "trainings.csv", q, &table, e);
	cJSON_Delete(table);
	return rc;
}

/* Places down, sorts across. */
static void
put_map(struct buf *out, const char *title, const cJSON *map)
{
	const cJSON *row, *one;
	struct buf text = { 0 };

	buf_put_text(out, "<table>\n");
	put_element(out, "caption", title);
	buf_put_text(out, "<thead><tr>\n");
	put_element(out, "th scope=\"col\"", _("place"));
	cJSON_ArrayForEach(one, json_at(map, "columns"))
		put_element(out, "th scope=\"col\"", one->valuestring);
	put_element(out, "th scope=\"col\"", _("all"));
	buf_put_text(out, "</tr></thead>\n<tbody>\n");
	cJSON_ArrayForEach(row, json_at(map, "rows")) {
		buf_put_text(out, "<tr>\n");
		put_element(out, "th scope=\"row\"", report_needs_place(row));
		cJSON_ArrayForEach(one, json_at(row, "cells")) {
			buf_reset(&text);
			report_needs_cell(one, &text);
			put_element(out, "td", buf_text(&text));
		}
		buf_reset(&text);
		report_needs_cell(json_at(row, "total"), &text);
		put_element(out, "td", buf_text(&text));
		buf_put_text(out, "</tr>\n");
	}
	buf_put_text(out, "</tbody>\n</table>\n");
	buf_free(&text);
}

static enum err_code
put_needs(struct folder *f, struct err *e)
{
	cJSON *map = NULL;
	struct buf csv = { 0 };
	enum err_code rc = report_ask(f->c, open_question(f, "needs", "municipality"), &map, e);

	if (rc)
		return rc;
	report_needs_csv(map, &csv);
	rc = write_file(f, "needs.csv", buf_bytes(&csv), e);
	put_element(&f->page, "h2", _("Needs"));
	put_map(&f->page, _("Needs that stand today, and in brackets how many things"), map);
	put_note(&f->page, _("Hidden is what would point at somebody: fewer than three organisations or five things, and "
	    "what would give such a cell away."));
	put_note(&f->page, _("Do not publish several of these maps side by side."));
	buf_put_text(&f->page, "<p><a href=\"needs.csv\">needs.csv</a></p>\n");
	buf_free(&csv);
	cJSON_Delete(map);
	return rc;
}

static void
put_head(struct folder *f, const char *from, const char *to)
{
	buf_put_text(&f->page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n");
	put_element(&f->page, "title", _("Report"));
	buf_put_text(&f->page, "<style>body{font:1rem/1.4 sans-serif;max-width:60rem;margin:auto;padding:1rem}"
	    "table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:bold}"
	    "th,td{border:1px solid #767676;padding:.2rem .5rem;text-align:left}</style>\n</head>\n<body>\n");
	put_element(&f->page, "h1", _("Report"));
	buf_printf(&f->page, "<p>%s &ndash; %s</p>\n", from, to);
}

static void
put_absent(struct folder *f)
{
	put_element(&f->page, "h2", _("What is not in this report"));
	put_note(&f->page, _("Statistics: none have been released by this network."));
	put_note(&f->page, _("Entries for members only, and whatever an entry withholds."));
}

static enum err_code
fill(struct folder *f, const char *from, const char *to, struct err *e)
{
	cJSON *table = NULL;
	struct buf line = { 0 };
	enum err_code rc;

	put_head(f, from, to);
	put_element(&f->page, "h2", _("Who does what where"));
	rc = put_part(f, _("Services, as they are listed today"), "3w.csv", open_question(f, "3w", NULL), &table, e);
	buf_printf(&line, _("%.0f of %.0f organisations reporting."), json_number(table, "reporting", 0),
	    json_number(table, "members", 0));
	put_note(&f->page, buf_text(&line));
	if (rc == ERR_OK && (rc = put_trainings(f, from, to, e)) == ERR_OK && (rc = put_needs(f, e)) == ERR_OK &&
	    (rc = put_gaps(f, e)) == ERR_OK) {
		put_absent(f);
		buf_put_text(&f->page, "</body>\n</html>\n");
		rc = write_file(f, "index.html", buf_bytes(&f->page), e);
	}
	buf_free(&line);
	cJSON_Delete(table);
	return rc;
}

/* Half a report is none. The folder is ours: it was not there before. */
static void
take_away(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			unlinkat(dirfd(dir), d->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

/* A day is ten digits and dashes; which day is for the node to judge. */
static bool
is_day(const char *text)
{
	return text && strlen(text) == 10 && strspn(text, "0123456789-") == 10;
}

enum err_code
report_donor(struct call *c, struct err *e)
{
	const char *from = call_option(c, "from"), *to = call_option(c, "to");
	struct folder f = { .c = c, .path = call_arg(c, 0) };
	enum err_code rc;

	if (!is_day(from) || !is_day(to))
		return err_set(e, ERR_USAGE, c->command->name, "from", _("say --from and --to, each a day such as 2026-01-31"));
	if (mkdir(f.path, 0755))
		return errno == EEXIST
		    ? err_set(e, ERR_CONFLICT, f.path, "new", _("this is there already; name a folder that is to be made"))
		    : err_set(e, ERR_FAILED, f.path, "new", _("no folder can be made here: %s"), strerror(errno));
	rc = fill(&f, from, to, e);
	if (rc)
		take_away(f.path);
	if (rc == ERR_OK && c->json) {
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "folder", f.path);
		call_json(c, o);
		cJSON_Delete(o);
	} else if (rc == ERR_OK) {
		fprintf(c->out, "%s/index.html\n", f.path);
	}
	buf_free(&f.page);
	return rc;
}
