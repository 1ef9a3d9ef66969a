/* kilim find: what a social worker at the end of her day reads at a glance. */
#include <string.h>

#include "node/cli/command.h"
#include "node/cli/entry.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/territory.h"

/* --- what is asked --- */

/* All values of an option, commas between them or not. */
static void
put_values(const struct call *c, cJSON *body, const char *option, const char *word)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < c->given_count; i++) {
		const char *value = c->given[i].value;

		if (c->given[i].row == NULL || strcmp(c->given[i].row->name, option) != 0)
			continue;
		while (*value) {
			size_t len = strcspn(value, ","), blank = strspn(value, " ");
			struct buf one = { 0 };

			if (len > blank) {
				buf_put(&one, value + blank, len - blank);
				cJSON_AddItemToArray(list, cJSON_CreateString(buf_text(&one)));
			}
			buf_free(&one);
			value += len + (value[len] == ',');
		}
	}
	if (cJSON_GetArraySize(list))
		cJSON_AddItemToObject(body, word, list);
	else
		cJSON_Delete(list);
}

static enum err_code
put_number(const struct call *c, cJSON *body, const char *option, const char *word, long most, struct err *e)
{
	long value = 0;
	enum err_code rc = call_number(c, option, 1, most, &value, e);

	if (rc == ERR_OK && value)
		cJSON_AddNumberToObject(body, word, (double)value);
	return rc;
}

static enum err_code
ask(const struct call *c, cJSON *body, struct err *e)
{
	static const char *const lists[][2] = { { "kind", "kind" }, { "territory", "territory" }, { "place", "place" },
		{ "near", "near" }, { "speaks", "speaks" }, { "text-lang", "text_lang" }, { "topic", "topic" },
		{ "channel", "channel" }, { "access", "access" } };
	struct buf text = { 0 };
	enum err_code rc;

	for (size_t i = 0; i < c->arg_count; i++)
		buf_printf(&text, "%s%s", i ? " " : "", c->args[i]);
	if (text.len)
		cJSON_AddStringToObject(body, "text", buf_text(&text));
	buf_free(&text);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		put_values(c, body, lists[i][0], lists[i][1]);
	if (call_option(c, "radius") && cJSON_GetObjectItem(body, "near") == NULL)
		return err_set(e, ERR_USAGE, c->command->name, "radius", _("--radius KM belongs to --near PLACE"));
	if (call_flag(c, "open"))
		cJSON_AddTrueToObject(body, "open");
	if (call_flag(c, "fresh"))
		cJSON_AddTrueToObject(body, "fresh");
	if (cJSON_GetArraySize(body) == 0)
		return err_set(e, ERR_USAGE, c->command->name, "words", _("say what you look for, in words or by an option"));
	if (call_option(c, "at"))
		cJSON_AddStringToObject(body, "at", call_option(c, "at"));
	if (*call_language(c))
		cJSON_AddStringToObject(body, "lang", call_language(c));
	if (c->json)
		cJSON_AddTrueToObject(body, "facets");
	if ((rc = put_number(c, body, "limit", "limit", 200, e)) || (rc = put_number(c, body, "page", "page", 1000, e)))
		return rc;
	return put_number(c, body, "radius", "radius_km", 1000, e);
}

/* --- pieces of lines --- */

/* "a, b, c" of the texts in LIST, or of their member WORD. */
static void
put_list(const cJSON *list, const char *word, struct buf *out)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) {
		const char *text = json_text(one, word);

		if (*text)
			buf_printf(out, "%s%s", out->len ? ", " : "", text);
	}
}

static void
put_territories(const cJSON *codes, struct buf *out, bool *out_footnote)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, codes) {
		const char *name = territory_name(bytes_text(json_text(one, "")));

		if (name == NULL)
			continue;
		buf_printf(out, "%s%s", out->len ? ", " : "", _(name));
		*out_footnote |= strchr(name, '*') != NULL;
	}
}

/* Nobody reads "fresh" where nobody has looked. */
static const char *
freshness_of(const cJSON *hit)
{
	const char *word = json_text(hit, "freshness");

	if (strcmp(word, "stale") == 0)
		return _("out of date: nobody has made sure of it for long");
	if (!json_true(hit, "verified"))
		return _("not verified");
	return strcmp(word, "due") == 0 ? _("verified, soon to be checked again") : _("verified");
}

/* TEXT with what was looked for in bold, or between stars where there is no bold. */
static void
print_marked(const struct call *c, const char *text, const cJSON *marks)
{
	const char *on = c->plain ? "" : c->colour ? show_on(c, "1") : "*", *off = c->plain ? "" : c->colour ? show_off(c) : "*";
	size_t len = strlen(text), at = 0;
	struct buf line = { 0 };
	const cJSON *mark;

	cJSON_ArrayForEach(mark, marks) {
		size_t from = (size_t)json_number(cJSON_GetArrayItem(mark, 0), "", 0);
		size_t to = (size_t)json_number(cJSON_GetArrayItem(mark, 1), "", 0);
		struct buf before = { 0 }, word = { 0 };

		if (from < at || to < from || to > len)
			continue;
		buf_put(&before, text + at, from - at);
		buf_put(&word, text + from, to - from);
		text_clean(buf_text(&before), true, &line);
		buf_put_text(&line, on);
		text_clean(buf_text(&word), true, &line);
		buf_put_text(&line, off);
		buf_free(&before);
		buf_free(&word);
		at = to;
	}
	text_clean(text + at, true, &line);
	fputs(buf_text(&line), c->out);
	buf_free(&line);
}

/* --- blocks --- */

static void
print_emergency(const struct call *c, const cJSON *answer, bool *out_footnote)
{
	const cJSON *line;
	struct buf where = { 0 }, numbers = { 0 };

	cJSON_ArrayForEach(line, json_at(answer, "emergency")) {
		buf_reset(&where);
		buf_reset(&numbers);
		put_territories(json_at(line, "territories"), &where, out_footnote);
		put_list(json_at(line, "phones"), "number", &numbers);
		fputs(show_on(c, "1"), c->out);
		show_line(c, _("Emergency, %s: %s (%s; %s)"), buf_text(&where), buf_text(&numbers), json_text(line, "title"),
		    freshness_of(line));
		fputs(show_off(c), c->out);
	}
	if (cJSON_GetArraySize(json_at(answer, "emergency")) == 0 && cJSON_GetArraySize(json_at(answer, "territories"))) {
		buf_reset(&where);
		put_territories(json_at(answer, "territories"), &where, out_footnote);
		show_line(c, _("Emergency, %s: no coordinator has entered a number"), buf_text(&where));
	}
	buf_free(&where);
	buf_free(&numbers);
}

static void
print_open(const struct call *c, const cJSON *hit)
{
	const char *state = json_text(hit, "open.state");
	struct buf text = { 0 };

	if (strcmp(state, "open") == 0) {
		buf_put_text(&text, _("open now, until "));
		show_time(json_text(hit, "open.closes"), &text);
	} else if (strcmp(state, "later") == 0) {
		buf_put_text(&text, _("closed now, opens "));
		show_time(json_text(hit, "open.opens"), &text);
	} else if (strcmp(state, "closed") == 0) {
		buf_put_text(&text, _("closed"));
	}
	show_some(c, 1, _("hours"), buf_text(&text));
	buf_free(&text);
}

static void
print_where(const struct call *c, const cJSON *hit, bool *out_footnote)
{
	struct buf text = { 0 };

	put_territories(json_at(hit, "territories"), &text, out_footnote);
	put_list(json_at(hit, "places"), "", &text);
	if (json_at(hit, "distance_km"))
		buf_printf(&text, _(", about %.0f km away"), json_number(hit, "distance_km", 0));
	show_some(c, 1, _("where"), buf_text(&text));
	buf_free(&text);
}

/* Is this what the coordinators admitted its author as? Whatever case, marks and script. */
static bool
is_authors_name(const struct entry_view *v, const cJSON *hit, const char *name)
{
	struct buf said = { 0 }, author = { 0 }, admitted = { 0 };
	bool same;

	text_fold(name, &said);
	entry_author(v, json_text(hit, "author"), &author);
	text_fold(buf_text(&author), &admitted);
	same = strcmp(buf_text(&said), buf_text(&admitted)) == 0;
	buf_free(&said);
	buf_free(&author);
	buf_free(&admitted);
	return same;
}

/* Whose it is, and who says so: anybody can write any name, but not under another member's own. */
static void
print_by(const struct call *c, const cJSON *hit, const struct entry_view *v)
{
	const char *name = json_text(hit, "organisation"), *standing = json_text(hit, "standing");
	bool of_others = strcmp(standing, "listed") == 0 || strcmp(standing, "hosted") == 0;
	bool shown = strcmp(name, json_text(hit, "title")) != 0;
	struct buf by = { 0 };

	if (of_others) {
		entry_by(hit, v, &by);
	} else if (!is_authors_name(v, hit, name)) {
		buf_put_text(&by, _("entered by "));
		entry_author(v, json_text(hit, "author"), &by);
	}
	if (shown && by.len)
		show_fact(c, 1, _("by"), "%s (%s)", name, buf_text(&by));
	else
		show_some(c, 1, _("by"), by.len ? buf_text(&by) : shown ? name : "");
	buf_free(&by);
}

static void
print_hit(const struct call *c, const cJSON *hit, bool here, const struct entry_view *v, bool *out_footnote)
{
	const char *title = json_text(hit, "title"), *snippet = json_text(hit, "snippet");
	struct buf text = { 0 };

	show_gap(c);
	fprintf(c->out, "%s%s: ", show_on(c, "1"), json_text(hit, "kind"));
	if (*title)
		print_marked(c, title, json_at(hit, "highlights.title"));
	else
		fputs(_("(withheld)"), c->out);
	fprintf(c->out, "%s\n", show_off(c));
	print_by(c, hit, v);
	print_where(c, hit, out_footnote);
	put_list(json_at(hit, "phones"), "number", &text);
	show_some(c, 1, _("phone"), buf_text(&text));
	buf_reset(&text);
	put_list(json_at(hit, "languages"), "", &text);
	show_some(c, 1, _("languages"), buf_text(&text));
	print_open(c, hit);
	show_some(c, 1, _("state"), freshness_of(hit));
	buf_reset(&text);
	entry_note(hit, v, &text);
	show_some(c, 1, _("members say"), buf_text(&text));
	if (*snippet) {
		fprintf(c->out, c->plain ? "%s: " : "  %s: ", _("text"));
		print_marked(c, snippet, json_at(hit, "highlights.snippet"));
		fputc('\n', c->out);
	}
	/* Only what is held here can be shown in full. */
	if (here)
		show_fact(c, 1, _("more"), c->plain ? "kilim %s show %s" : "kilim %s show %.8s", json_text(hit, "kind"),
		    json_text(hit, "id"));
	buf_free(&text);
}

/* What was given up so that something is found. */
static void
print_relaxed(const struct call *c, const cJSON *answer)
{
	static const char *const words[][2] = {
		{ "remote", N_("what is reached by telephone or on line in the territory") },
		{ "opens-later", N_("what opens later, the soonest first") },
		{ "interpreter", N_("what has interpreters") },
		{ "neighbours", N_("what is elsewhere in the territory, and in neighbouring ones") },
		{ "language", N_("what is given in other languages") },
	};
	struct buf text = { 0 };
	const cJSON *one;

	cJSON_ArrayForEach(one, json_at(answer, "relaxed"))
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (strcmp(words[i][0], json_text(one, "")) == 0)
				buf_printf(&text, "%s%s", text.len ? "; " : "", _(words[i][1]));
	if (text.len)
		show_line(c, _("Nothing is just so. Shown instead: %s"), buf_text(&text));
	buf_free(&text);
}

static void
print_answer(const struct call *c, const cJSON *answer, const struct entry_view *v)
{
	const cJSON *hit, *hits = json_at(answer, "hits");
	double total = json_number(answer, "total", 0);
	bool footnote = false;
	struct buf silence = { 0 };

	entry_silence(v, &silence);
	if (silence.len)
		show_line(c, "%s", buf_text(&silence));
	buf_free(&silence);
	print_emergency(c, answer, &footnote);
	if (json_at(answer, "near") && !json_true(answer, "near.known"))
		show_line(c, _("No position is known of %s: only what names it is shown"), json_text(answer, "near.place"));
	print_relaxed(c, answer);
	if (json_true(answer, "partial"))
		show_line(c, _("The node that answers keeps only a part of the network's entries; ask one that keeps all, with --at."));
	if (total < 1)
		show_line(c, _("Nothing found. Fewer words, or no options, may find more."));
	else
		show_line(c, _("%.0f found, %d shown, page %.0f"), total, cJSON_GetArraySize(hits), json_number(answer, "page", 1));
	cJSON_ArrayForEach(hit, hits)
		print_hit(c, hit, *json_text(answer, "at") == 0, v, &footnote);
	if (json_true(answer, "cut"))
		show_line(c, _("There were more hits than fit an answer: ask for fewer at a time with --limit."));
	if (*json_text(answer, "at")) {
		show_gap(c);
		show_fact(c, 0, _("asked of"), "%s", json_text(answer, "at"));
	}
	if (json_true(answer, "more")) {
		show_gap(c);
		show_line(c, _("More: --page %.0f"), json_number(answer, "page", 1) + 1);
	}
	if (footnote) {
		show_gap(c);
		show_line(c, "%s", _(territory_footnote));
	}
}

enum err_code
find_run(struct call *c, struct err *e)
{
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	struct entry_view view;
	enum err_code rc = ask(c, body, e);

	if (rc) {
		cJSON_Delete(body);
		return rc;
	}
	if ((rc = http_send(c, "POST", "/v1/find", body, &answer, e)))
		return rc;
	if (c->json) {
		call_json(c, answer);
	} else {
		entry_view_open(c, &view);
		print_answer(c, answer, &view);
		entry_view_close(&view);
	}
	cJSON_Delete(answer);
	return ERR_OK;
}
