#include "node/cli/command.h"

#include <string.h>

#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "proto/territory.h"

/* "/v1/pathways/REF/LEAF?lang=..." */
static void
path_of(const struct call *c, const char *leaf, struct buf *out)
{
	buf_put_text(out, "/v1/pathways/");
	http_escape(out, call_arg(c, 0));
	buf_printf(out, "%s?", leaf);
	if (*call_language(c)) {
		buf_put_text(out, "lang=");
		http_escape(out, call_language(c));
	}
}

/* --- show --- */

static void
put_numbers(const cJSON *phones, struct buf *out)
{
	const cJSON *phone;

	cJSON_ArrayForEach(phone, phones) {
		buf_printf(out, "%s%s", out->len ? ", " : "", json_text(phone, "number"));
		if (*json_text(phone, "label.text"))
			buf_printf(out, " (%s)", json_text(phone, "label.text"));
	}
}

static void
show_said(const struct call *c, unsigned indent, const char *label, const cJSON *said)
{
	if (said == NULL)
		return;
	if (json_true(said, "unreviewed"))
		show_fact(c, indent, label, "%s (%s)", json_text(said, "text"), _("translation not checked"));
	else
		show_some(c, indent, label, json_text(said, "text"));
}

static void
show_emergency(const struct call *c, const cJSON *sheet)
{
	const cJSON *one;
	bool any = false;

	cJSON_ArrayForEach(one, json_at(sheet, "emergency")) {
		struct buf text = { 0 };

		put_numbers(json_at(one, "phones"), &text);
		if (text.len) {
			if (strcmp(json_text(one, "standing"), "fresh") != 0)
				buf_printf(&text, " (%s)", json_text(one, "why"));
			show_fact(c, 0, _("in danger call"), "%s", buf_text(&text));
			any = true;
		}
		buf_free(&text);
	}
	if (!any)
		show_line(c, "%s", _("No emergency number of this territory is known here."));
}

static void
show_doer(const struct call *c, const char *label, const cJSON *doer)
{
	struct buf text = { 0 };

	if (doer == NULL)
		return;
	if (json_true(doer, "withheld"))
		show_fact(c, 2, label, "%s", _("told to fewer people than this pathway"));
	show_said(c, 2, label, json_at(doer, "name"));
	show_said(c, 2, _("of"), json_at(doer, "of"));
	put_numbers(json_at(doer, "phones"), &text);
	show_some(c, 2, _("call"), buf_text(&text));
	if (strcmp(json_text(doer, "standing"), "fresh") != 0)
		show_some(c, 2, _("note"), json_text(doer, "why"));
	buf_free(&text);
}

static void
show_instead(const struct call *c, const cJSON *list)
{
	const cJSON *one, *number;

	cJSON_ArrayForEach(one, list) {
		const char *what = json_text(one, "do");
		struct buf text = { 0 };

		if (strcmp(what, "emergency") == 0) {
			cJSON_ArrayForEach(number, json_at(one, "numbers"))
				buf_printf(&text, "%s%s", text.len ? ", " : "", json_text(number, ""));
			if (text.len)
				show_fact(c, 2, _("instead"), _("in danger call %s"), buf_text(&text));
		} else if (strcmp(what, "step") == 0) {
			show_fact(c, 2, _("instead"), _("go to step %.0f"), json_number(one, "n", 0));
		} else if (strcmp(what, "out-of-hours") == 0) {
			show_fact(c, 2, _("instead"), "%s", _("use its line for nights and holidays"));
		} else {
			show_fact(c, 2, _("instead"), "%s", _("no step replaces it; ask who wrote this"));
		}
		buf_free(&text);
	}
}

static void
show_step(const struct call *c, const cJSON *step)
{
	const cJSON *night = json_at(step, "out_of_hours"), *one;
	bool broken = json_true(step, "broken");

	show_gap(c);
	show_fact(c, 0, _("step"), "%.0f", json_number(step, "n", 0));
	if (broken) {
		show_fact(c, 1, _("broken"), "%s", json_text(step, "why"));
		show_instead(c, json_at(step, "instead"));
	}
	show_said(c, 1, _("do"), json_at(step, "action"));
	show_fact(c, 1, _("only if she agrees"), "%s", json_true(step, "consent_needed") ? _("yes") : _("no"));
	if (json_at(step, "deadline_hours"))
		show_fact(c, 1, _("within hours"), "%.0f", json_number(step, "deadline_hours", 0));
	show_doer(c, _("who"), json_at(step, "service"));
	show_doer(c, _("who"), json_at(step, "organisation"));
	show_said(c, 1, _("ask for"), json_at(step, "contact"));
	show_said(c, 1, _("at night and on holidays"), json_at(night, "out_of_hours"));
	show_some(c, 1, _("number at night and on holidays"), json_text(night, "out_of_hours_phone"));
	show_doer(c, _("who, at night and on holidays"), json_at(night, "out_of_hours_service"));
	cJSON_ArrayForEach(one, json_at(step, "do_not"))
		show_said(c, 1, _("do not"), one);
	if (!broken && json_at(step, "fallback"))
		show_fact(c, 1, _("if this cannot be done"), _("step %.0f"), json_number(step, "fallback", 0));
}

static void
show_head(const struct call *c, const cJSON *sheet)
{
	const cJSON *one;

	show_said(c, 0, "pathway", json_at(sheet, "title"));
	show_some(c, 1, _("territory"), json_text(sheet, "territory_name"));
	show_some(c, 1, _("municipality"), json_text(sheet, "municipality"));
	cJSON_ArrayForEach(one, json_at(sheet, "situation"))
		show_some(c, 1, _("situation"), json_text(one, "label"));
	show_said(c, 1, _("description"), json_at(sheet, "description"));
	show_said(c, 1, _("alert"), json_at(sheet, "alert"));
	show_fact(c, 1, _("freshness"), "%s: %s", json_text(sheet, "standing"), json_text(sheet, "why"));
	show_some(c, 1, _("check by"), json_text(sheet, "check_by"));
	show_fact(c, 1, _("broken steps"), "%.0f", json_number(sheet, "broken_steps", 0));
}

static void
show_sheet(const struct call *c, const cJSON *sheet)
{
	const cJSON *one;

	show_emergency(c, sheet);
	show_gap(c);
	show_head(c, sheet);
	cJSON_ArrayForEach(one, json_at(sheet, "steps"))
		show_step(c, one);
	if (json_at(sheet, "legal_basis"))
		show_gap(c);
	cJSON_ArrayForEach(one, json_at(sheet, "legal_basis")) {
		show_said(c, 0, _("it rests on"), json_at(one, "title"));
		show_some(c, 1, _("where"), json_text(one, "ref"));
		show_some(c, 1, _("address"), json_text(one, "url"));
	}
	show_gap(c);
	show_some(c, 0, _("id"), json_text(sheet, "id"));
	if (strchr(json_text(sheet, "territory_name"), '*'))
		show_line(c, "%s", _(territory_footnote));
}

static enum err_code
ask_sheet(struct call *c, cJSON **out, struct err *e)
{
	struct buf path = { 0 };
	enum err_code rc;

	path_of(c, "", &path);
	rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, out, e);
	buf_free(&path);
	return rc;
}

static enum err_code
ask_entry(struct call *c, cJSON **out, struct err *e)
{
	struct buf path = { 0 };
	enum err_code rc;

	buf_put_text(&path, "/v1/kinds/pathway/");
	http_escape(&path, call_arg(c, 0));
	rc = http_ask(c, "GET", buf_text(&path), (struct bytes){ 0 }, out, e);
	buf_free(&path);
	return rc;
}

/* For programs the entry as of every kind, and its sheet in it. */
enum err_code
pathway_show(struct call *c, struct err *e)
{
	cJSON *sheet = NULL, *entry = NULL;
	enum err_code rc = ask_sheet(c, &sheet, e);

	if (rc == ERR_OK && c->json && (rc = ask_entry(c, &entry, e)) == ERR_OK) {
		cJSON_AddItemToObject(entry, "sheet", sheet);
		call_json(c, entry);
		sheet = NULL;
	} else if (rc == ERR_OK) {
		show_sheet(c, sheet);
	}
	cJSON_Delete(sheet);
	cJSON_Delete(entry);
	return rc;
}

/* --- print --- */

enum err_code
pathway_print(struct call *c, struct err *e)
{
	const char *size = call_option(c, "size"), *format = call_option(c, "format"), *file = call_option(c, "output");
	struct buf path = { 0 }, page = { 0 };
	enum err_code rc;

	path_of(c, "/print", &path);
	buf_put_text(&path, "&size=");
	http_escape(&path, size ? size : "a4");
	buf_put_text(&path, "&format=");
	http_escape(&path, format ? format : "text");
	if ((rc = http_raw(c, buf_text(&path), &page, e)) == ERR_OK)
		rc = call_write(c, file, buf_bytes(&page), e);
	buf_free(&path);
	buf_free(&page);
	return rc;
}
