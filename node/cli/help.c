#include "node/cli/help.h"

#include <string.h>

#include "node/cli/command.h"
#include "node/cli/show.h"
#include "node/cli/text.h"

static const char *const type_names[FIELD_TYPES] = {
	[FIELD_TEXT] = N_("TEXT"), [FIELD_MLTEXT] = N_("TEXT"), [FIELD_LANGUAGE] = N_("LANGUAGE"),
	[FIELD_UINT] = N_("NUMBER"), [FIELD_INT] = N_("NUMBER"), [FIELD_BOOL] = N_("YES|NO"),
	[FIELD_DATE] = N_("YYYY-MM-DD"), [FIELD_TIME] = N_("TIME"), [FIELD_REFERENCE] = N_("ID"),
	[FIELD_CODE] = N_("WORD"), [FIELD_URL] = N_("URL"), [FIELD_PHONE] = N_("NUMBER"), [FIELD_EMAIL] = N_("ADDRESS"),
	[FIELD_BLOB] = N_("BLOB"), [FIELD_KEY] = N_("ORG"), [FIELD_HASH] = N_("REC"), [FIELD_NODE] = N_("NODE"),
	[FIELD_BYTES] = N_("BASE64URL"), [FIELD_GROUP] = N_("GROUP"), [FIELD_STAMP] = N_("STAMP"),
	[FIELD_DEGREES] = N_("DEGREES"), [FIELD_TAG] = N_("TAG"),
};

void
help_field_type(const struct field *f, struct buf *out)
{
	buf_put_text(out, _(type_names[f->type]));
	if (f->flags & FIELD_LIST)
		buf_put_text(out, ",...");
}

bool
help_field_needed(const struct field *f)
{
	return f->flags & FIELD_REQUIRED && f->preset == NULL;
}

void
help_field_marks(const struct field *f, struct buf *out)
{
	static const struct {
		unsigned flag;
		const char *mark;
	} rows[] = {
		{ FIELD_PRIVATE, N_(" (stays here)") }, { FIELD_MEMBERS, N_(" (for members only)") },
		{ FIELD_COORDINATOR, N_(" (by coordinators only)") },
	};

	if (help_field_needed(f))
		buf_put_text(out, _(" (needed)"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (f->flags & rows[i].flag)
			buf_put_text(out, _(rows[i].mark));
	if (f->preset)
		buf_printf(out, _(" (else: %s)"), f->preset);
}

static void
heading(const struct call *c, FILE *out, const char *text)
{
	fprintf(out, c->plain ? "%s%s:%s\n" : "\n%s%s%s\n", show_on(c, "1"), text, show_off(c));
}

#define LINE 78                        /* columns of a line, where the terminal has as many */
#define INDENT_LEAST 6                 /* of what is too long to stand beside its name */

static size_t
line_width(const struct call *c)
{
	return c->columns && c->columns < LINE ? c->columns : LINE;
}

/* The words of TEXT in lines of at most WIDTH columns, the first of which begins after INDENT, as do all others. */
static void
wrap(FILE *out, const char *text, size_t indent, size_t width)
{
	size_t column = indent;

	while (*text) {
		size_t len = strcspn(text, " ");
		char word[256];

		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (column > indent && column + 1 + text_width(word) > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		fprintf(out, "%s%s", column > indent ? " " : "", word);
		column += text_width(word) + (column > indent ? 1 : 0);
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}

/* "  name   what it is", the second part under each other; where there is too little room, below the name. */
static void
pair(const struct call *c, FILE *out, const char *name, const char *help, size_t width)
{
	size_t used = text_width(name), indent = width + 4;

	if (c->plain) {
		fprintf(out, "%s: %s\n", name, help);
		return;
	}
	if (line_width(c) < 2 * indent && line_width(c) < LINE)
		indent = INDENT_LEAST;
	if (used + 4 > indent)
		fprintf(out, "  %s\n%*s", name, (int)indent, "");
	else
		fprintf(out, "  %s%*s", name, (int)(indent - 2 - used), "");
	wrap(out, help, indent, line_width(c));
}

static void
lines(const struct call *c, FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(out, "%s%.*s\n", c->plain ? "" : "  ", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* A paragraph; plain: one line. */
static void
paragraph(const struct call *c, FILE *out, const char *text)
{
	if (!c->plain)
		fputc('\n', out);
	wrap(out, text, 0, c->plain ? SIZE_MAX : line_width(c));
}

/* --- overview --- */

void
help_overview(const struct call *c, FILE *out)
{
	size_t count;
	const struct command *all = command_all(&count);
	const struct kind *last = NULL;
	char name[128];

	fprintf(out, "%s\n", _("kilim keeps a directory of help that organisations share, on their own computers."));
	heading(c, out, _("Examples"));
	lines(c, out, "kilim init\nkilim join CODE\nkilim status\nkilim service list --territory AL\n"
	    "kilim help service add\n");
	heading(c, out, _("Commands"));
	for (size_t i = 0; i < count; i++) {
		if (all[i].kind)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", all[i].name, all[i].args[0] ? " " : "", all[i].args);
		pair(c, out, name, _(all[i].help), 22);
	}
	heading(c, out, _("Entries (add, edit, show, list, history, verify, flag, withdraw)"));
	for (size_t i = 0; i < count; i++) {
		if (all[i].kind == NULL || all[i].kind == last)
			continue;
		last = all[i].kind;
		snprintf(name, sizeof(name), "%s ...", last->word);
		pair(c, out, name, _(last->help), 22);
	}
	heading(c, out, _("Everywhere"));
	for (const struct option_row *o = command_globals; o->name; o++) {
		snprintf(name, sizeof(name), "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
		pair(c, out, name, _(o->help), 22);
	}
}

/* --- one command --- */

static void
print_options(const struct call *c, FILE *out, const struct option_row *options)
{
	char name[128];

	for (const struct option_row *o = options; o && o->name; o++) {
		snprintf(name, sizeof(name), "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
		pair(c, out, name, _(o->help), 28);
	}
}

static void
print_fields(const struct call *c, FILE *out, const struct kind *k)
{
	heading(c, out, _("Fields"));
	for (size_t i = 0; i < k->field_count + common_fields_count; i++) {
		const struct field *f = i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];
		struct buf name = { 0 }, help = { 0 };

		if (f->flags & FIELD_COMPUTED)
			continue;
		buf_printf(&name, "--%s ", f->word);
		help_field_type(f, &name);
		buf_put_text(&help, _(f->help));
		help_field_marks(f, &help);
		pair(c, out, buf_text(&name), buf_text(&help), 28);
		buf_free(&name);
		buf_free(&help);
	}
}

static void
print_command(const struct call *c, const struct command *row)
{
	FILE *out = c->out;

	fprintf(out, "kilim %s: %s\n", row->name, _(row->help));
	heading(c, out, _("Examples"));
	lines(c, out, row->examples);
	heading(c, out, _("Usage"));
	fprintf(out, "%skilim %s%s%s%s\n", c->plain ? "" : "  ", row->name, row->args[0] ? " " : "", row->args,
	    row->options || row->flags & COMMAND_FIELDS ? _(" [options]") : "");
	if (row->text)
		paragraph(c, out, _(row->text));
	if (row->options) {
		heading(c, out, _("Options"));
		print_options(c, out, row->options);
	}
	if (row->flags & COMMAND_FIELDS)
		print_fields(c, out, row->kind);
	heading(c, out, _("Everywhere"));
	print_options(c, out, command_globals);
}

/* --- topics --- */

/* The words that a field takes, or the fields of a group; GROUPS is "" or the groups it is in, "contacts.". */
static void
print_codes_of(const struct call *c, const struct field *f, const char *groups)
{
	struct buf words = { 0 };
	char name[120];

	snprintf(name, sizeof(name), "%s%s.", groups, f->word);
	for (size_t i = 0; i < f->field_count; i++)
		print_codes_of(c, &f->fields[i], name);
	if (f->codes == NULL)
		return;
	name[strlen(name) - 1] = 0;
	for (size_t i = 0; i < f->codes->count; i++)
		buf_printf(&words, "%s%s", i ? ", " : "", f->codes->codes[i].word);
	pair(c, c->out, name, buf_text(&words), 20);
	buf_free(&words);
}

/* The verbs of a noun; for a kind its example and the words of its lists as well. */
static void
print_noun(const struct call *c, const char *noun)
{
	size_t count, len = strlen(noun);
	const struct command *all = command_all(&count);
	const struct kind *k = kind_by_word(noun);
	char name[128];

	if (k && !(k->flags & KIND_INTERNAL))
		fprintf(c->out, "%s: %s\n", k->word, _(k->help));
	heading(c, c->out, _("Commands"));
	for (size_t i = 0; i < count; i++) {
		if (strncmp(all[i].name, noun, len) != 0 || (all[i].name[len] && all[i].name[len] != ' '))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", all[i].name, all[i].args[0] ? " " : "", all[i].args);
		pair(c, c->out, name, _(all[i].help), 32);
	}
	if (k == NULL || k->flags & KIND_INTERNAL)
		return;
	heading(c, c->out, _("Example"));
	lines(c, c->out, k->example);
	heading(c, c->out, _("Words that fields take"));
	for (size_t i = 0; i < k->field_count + common_fields_count; i++) {
		const struct field *f = i < k->field_count ? &k->fields[i] : &common_fields[i - k->field_count];

		print_codes_of(c, f, "");
	}
}

static void
print_exits(const struct call *c)
{
	static const struct { int code; const char *meaning; } rows[] = {
		{ 0, N_("done") }, { 1, N_("something on this computer failed, or the doctor found something bad") },
		{ 2, N_("the command was not understood") }, { 3, N_("no such thing here") },
		{ 4, N_("refused: this key, person or setting may not do that, or it was changed in the meantime") },
		{ 5, N_("what was given is malformed, breaks a rule or is too large") },
		{ 6, N_("the node is not running, a peer is away, or it took too long") }, { 7, N_("done in part") },
		{ 8, N_("storage failed") }, { 130, N_("interrupted by Ctrl-C") },
	};
	char code[8];

	heading(c, c->out, _("Exit codes"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(code, sizeof(code), "%d", rows[i].code);
		pair(c, c->out, code, _(rows[i].meaning), 3);
	}
}

enum err_code
help_show(const struct call *c, const char *topic, struct err *e)
{
	const struct command *row = topic ? command_find(topic) : NULL;
	const char *near;

	if (topic == NULL)
		help_overview(c, c->out);
	else if (strcmp(topic, "exit") == 0)
		print_exits(c);
	else if (row)
		print_command(c, row);
	else if (command_is_noun(topic))
		print_noun(c, topic);
	else if ((near = command_nearest(NULL, topic)) != NULL)
		return err_set(e, ERR_MISSING, "help", "topic", _("there is nothing about \"%s\"; did you mean \"%s\"?"),
		    topic, near);
	else
		return err_set(e, ERR_MISSING, "help", "topic", _("there is nothing about \"%s\"; see: kilim help"), topic);
	return ERR_OK;
}

enum err_code
help_run(struct call *c, struct err *e)
{
	const char *page = call_option(c, "man");
	char topic[128];

	if (page)
		return help_man(c, page, e);
	if (c->arg_count == 0)
		return help_show(c, NULL, e);
	snprintf(topic, sizeof(topic), "%s%s%s", c->args[0], c->arg_count > 1 ? " " : "",
	    c->arg_count > 1 ? c->args[1] : "");
	return help_show(c, topic, e);
}
