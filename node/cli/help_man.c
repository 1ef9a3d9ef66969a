#include "node/cli/help.h"

#include <string.h>

#include "node/cli/command.h"
#include "node/home/config.h"

#define EXIT_LAST 8                  /* of ERR_TABLE */

/* TEXT so that roff prints it as it is. */
static void
put(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

static void
put_line(FILE *out, const char *before, const char *text)
{
	fputs(before, out);
	put(out, text);
	fputc('\n', out);
}

static void
put_options(FILE *out, const struct option_row *options)
{
	for (const struct option_row *o = options; o && o->name; o++) {
		fputs(".TP\n\\fB\\-\\-", out);
		put(out, o->name);
		fputs("\\fR", out);
		if (o->value)
			fprintf(out, " \\fI%s\\fR", o->value);
		fputc('\n', out);
		put_line(out, "", o->help);
	}
}

static void
put_command(FILE *out, const struct command *row)
{
	const char *example = row->examples;

	fputs(".SS \"kilim ", out);
	put(out, row->name);
	fputs(row->args[0] ? " " : "", out);
	put(out, row->args);
	fputs("\"\n", out);
	put_line(out, "", row->help);
	if (row->text)
		put_line(out, ".PP\n", row->text);
	put_options(out, row->options);
	fputs(".PP\nFor example:\n.PP\n.nf\n", out);
	while (*example) {
		char line[256];
		size_t len = strcspn(example, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, example);
		put_line(out, "    ", line);
		example += len + (example[len] == '\n');
	}
	fputs(".fi\n", out);
}

static void
put_fields(FILE *out, const struct kind *k)
{
	fprintf(out, ".SS \"Fields of %s\"\n", k->words);
	for (size_t i = 0; i < k->field_count; i++) {
		struct buf type = { 0 };

		help_field_type(&k->fields[i], &type);
		fputs(".TP\n\\fB\\-\\-", out);
		put(out, k->fields[i].word);
		fputs("\\fR \\fI", out);
		put(out, buf_text(&type));
		fputs("\\fR\n", out);
		put_line(out, "", k->fields[i].help);
		buf_free(&type);
	}
}

/* Verbs are the same for every kind: one kind's stand for all. */
static void
put_kinds(FILE *out, const struct command *all, size_t count)
{
	const struct kind *first = NULL, *last = NULL;

	fputs(".SH ENTRIES\nEvery kind of entry has the same commands. The kinds are:\n", out);
	for (size_t i = 0; i < count; i++) {
		if (all[i].kind == NULL || all[i].kind == last)
			continue;
		last = all[i].kind;
		first = first ? first : last;
		fprintf(out, ".TP\n.B %s\n", last->word);
		put_line(out, "", last->help);
	}
	fputs(".PP\nThe commands, as they are for the first of them:\n", out);
	for (size_t i = 0; i < count; i++)
		if (all[i].kind && all[i].kind == first)
			put_command(out, &all[i]);
}

static void
put_exit_codes(FILE *out)
{
	for (int code = 1; code <= EXIT_LAST; code++) {
		const char *comma = "";

		fprintf(out, ".TP\n.B %d\n", code);
		for (int i = 0; i < ERR_CODES; i++) {
			if (err_exit((enum err_code)i) != code)
				continue;
			fputs(comma, out);
			put(out, err_meaning((enum err_code)i));
			comma = "; ";
		}
		fputc('\n', out);
	}
}

static void
put_kilim(FILE *out)
{
	size_t count;
	const struct command *all = command_all(&count);
	const struct kind *last = NULL;

	fputs(".TH KILIM 1 \"\" \"kilim " KILIM_VERSION "\"\n.SH NAME\nkilim \\- the command line of a kilim node\n"
	    ".SH SYNOPSIS\n\\fBkilim\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
	    "Asks the node of this computer, \\fBkilimd\\fR(8), over the socket in its state directory, and shows its\n"
	    "answers. Options may stand anywhere; those of one command stand behind its name.\n.SH OPTIONS\n", out);
	put_options(out, command_globals);
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; i < count; i++)
		if (all[i].kind == NULL)
			put_command(out, &all[i]);
	put_kinds(out, all, count);
	fputs(".SH FIELDS\nOptions of \\fBadd\\fR and \\fBedit\\fR. Every kind has these as well:\n", out);
	for (size_t i = 0; i < common_fields_count; i++)
		put_line(out, i ? ", " : "", common_fields[i].word);
	for (size_t i = 0; i < count; i++) {
		if (all[i].kind && all[i].kind != last)
			put_fields(out, all[i].kind);
		last = all[i].kind;
	}
	fputs(".SH EXIT STATUS\n.TP\n.B 0\ndone\n", out);
	put_exit_codes(out);
	fputs(".TP\n.B 130\ninterrupted\n.SH ENVIRONMENT\n.TP\n.B KILIM_DIR\nthe state directory\n.TP\n.B KILIM_PLAIN\n"
	    "1: as if \\-\\-plain was given\n.TP\n.B NO_COLOR\nnot empty: no colours\n.TP\n.B LANGUAGE, LANG\n"
	    "language of messages and of texts that have several\n.SH SEE ALSO\n"
	    "\\fBkilimd\\fR(8), \\fBkilim.conf\\fR(5)\n", out);
}

static void
put_config(FILE *out)
{
	struct config defaults;
	struct buf value = { 0 };

	config_defaults(&defaults);
	fputs(".TH KILIM.CONF 5 \"\" \"kilim " KILIM_VERSION "\"\n.SH NAME\nkilim.conf \\- settings of a kilim node\n"
	    ".SH DESCRIPTION\n"
	    "An INI file in the state directory. It may be empty. Files \\fIconf.d/*.conf\\fR beside it are read after it,\n"
	    "in the order of their names. An unknown key or a wrong value stops the start and is named with file and\n"
	    "line; \\fBkilim config check\\fR finds it sooner. A key \\fIsection.name\\fR is written as \\fIname = value\\fR\n"
	    "below \\fI[section]\\fR.\n.SH KEYS\n", out);
	for (size_t i = 0; i < config_rows(); i++) {
		buf_reset(&value);
		config_value(&defaults, i, &value);
		fputs(".TP\n\\fB", out);
		put(out, config_key(i));
		fputs("\\fR", out);
		if (value.len) {
			fputs(" (", out);
			put(out, buf_text(&value));
			fputs(")", out);
		}
		fputc('\n', out);
		put_line(out, "", config_help(i));
	}
	fputs(".SH SEE ALSO\n\\fBkilim\\fR(1), \\fBkilimd\\fR(8)\n", out);
	buf_free(&value);
}

enum err_code
help_man(const struct call *c, const char *page, struct err *e)
{
	if (strcmp(page, "kilim.1") == 0)
		put_kilim(c->out);
	else if (strcmp(page, "kilim.conf.5") == 0)
		put_config(c->out);
	else
		return err_set(e, ERR_MISSING, "help", "page", _("there is no page \"%s\"; there are kilim.1 and kilim.conf.5"),
		    page);
	return ERR_OK;
}
