#include "node/cli/help.h"

#include <string.h>

#include "node/cli/command.h"

#define FIRST_MOST 80                /* a first word, with its zero */

/* The first word of row I into OUT; true where no row before begins with it: verbs of a noun may stand apart. */
static bool
first_word(size_t i, char out[FIRST_MOST])
{
	size_t count, len;
	const struct command *all = command_all(&count);

	len = strcspn(all[i].name, " ");
	snprintf(out, FIRST_MOST, "%.*s", (int)len, all[i].name);
	for (size_t before = 0; before < i; before++)
		if (strcspn(all[before].name, " ") == len && strncmp(all[before].name, out, len) == 0)
			return false;
	return true;
}

/* First words of all names, each once. */
static void
put_firsts(struct buf *out)
{
	size_t count;
	char first[FIRST_MOST];

	command_all(&count);
	for (size_t i = 0; i < count; i++)
		if (first_word(i, first))
			buf_printf(out, "%s%s", out->len ? " " : "", first);
}

static void
put_seconds(const char *noun, struct buf *out)
{
	size_t count, len = strlen(noun);
	const struct command *all = command_all(&count);

	for (size_t i = 0; i < count; i++)
		if (strncmp(all[i].name, noun, len) == 0 && all[i].name[len] == ' ')
			buf_printf(out, "%s%s", out->len ? " " : "", all[i].name + len + 1);
}

static void
put_row_options(const struct command *row, struct buf *out)
{
	for (const struct option_row *o = row->options; o && o->name; o++)
		buf_printf(out, "%s--%s", out->len ? " " : "", o->name);
	for (size_t i = 0; row->flags & COMMAND_FIELDS && i < row->kind->field_count + common_fields_count; i++) {
		const struct field *f = i < row->kind->field_count ? &row->kind->fields[i]
		    : &common_fields[i - row->kind->field_count];

		if (!(f->flags & FIELD_COMPUTED))
			buf_printf(out, "%s--%s", out->len ? " " : "", f->word);
	}
}

/* Cases of what may follow an option: `--territory) words="AL BA ..." ;;`, each option once. */
static void
put_value_cases(FILE *out)
{
	size_t count;
	const struct command *all = command_all(&count);
	struct buf seen = { 0 };

	buf_put_text(&seen, " ");
	for (size_t i = 0; i <= count; i++) {
		for (const struct option_row *o = i ? all[i - 1].options : command_globals; o && o->name; o++) {
			char key[80];

			snprintf(key, sizeof(key), " %s ", o->name);
			if (o->value == NULL || strstr(buf_text(&seen), key))
				continue;
			buf_printf(&seen, "%s ", o->name);
			fprintf(out, "\t--%s) words='%s'; value=1 ;;\n", o->name, o->words ? o->words : "");
		}
	}
	buf_free(&seen);
}

/* Cases of the command, for what begins with "-". */
static void
put_option_cases(FILE *out)
{
	size_t count;
	const struct command *all = command_all(&count);

	/* Two-word names first: "invite *" would take "invite list" as well. */
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			struct buf options = { 0 };

			put_row_options(&all[i], &options);
			if ((options.len || pass == 0) && (strchr(all[i].name, ' ') != NULL) == (pass == 0))
				fprintf(out, "\t\t'%s'%s) words='%s' ;;\n", all[i].name, pass ? "\\ *" : "", buf_text(&options));
			buf_free(&options);
		}
	}
}

/* Cases of the first word, for what may stand behind it. */
static void
put_second_cases(FILE *out, const char *firsts)
{
	size_t count;
	struct buf words = { 0 };
	char first[FIRST_MOST];

	command_all(&count);
	fprintf(out, "\t'') words='%s' ;;\n", firsts);
	fprintf(out, "\thelp) [ -z \"$second\" ] && words='%s exit' ;;\n\tcompletion) words='bash zsh fish' ;;\n"
	    "\texport) [ -z \"$second\" ] && words='hsds hsds-ndjson hsds-csv jsonld 3w ical' ;;\n"
	    "\timport) [ -z \"$second\" ] && words='hsds' ;;\n", firsts);
	for (size_t i = 0; i < count; i++) {
		if (first_word(i, first) && command_is_noun(first)) {
			buf_reset(&words);
			put_seconds(first, &words);
			fprintf(out, "\t%s) [ -z \"$second\" ] && words='%s' ;;\n", first, buf_text(&words));
		}
	}
	buf_free(&words);
}

/* Both bash and zsh (by its bashcompinit) run this. */
static void
put_bash(FILE *out)
{
	struct buf firsts = { 0 };

	put_firsts(&firsts);
	fputs("_kilim()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= first= second= words= value= i w\n"
	    "\t[ \"$COMP_CWORD\" -gt 0 ] && prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tw=${COMP_WORDS[i]}\n\t\tcase $w in\n"
	    "\t\t--dir|--lang) i=$((i + 1)) ;;\n\t\t-*) ;;\n"
	    "\t\t*) if [ -z \"$first\" ]; then first=$w; elif [ -z \"$second\" ]; then second=$w; fi ;;\n"
	    "\t\tesac\n\tdone\n\tcase $prev in\n"
	    "\t--dir) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
	    "\t--output) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", out);
	put_value_cases(out);
	fputs("\tesac\n\tif [ -n \"$value\" ]; then\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	    "\t\treturn\n\tfi\n\tcase $cur in\n\t-*) case \"$first $second\" in\n", out);
	put_option_cases(out);
	fputs("\t\tesac\n\t\twords=\"$words", out);
	for (const struct option_row *o = command_globals; o->name; o++)
		fprintf(out, " --%s", o->name);
	fputs("\"\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n\t\treturn ;;\n\tesac\n"
	    "\tcase $first in\n", out);
	put_second_cases(out, buf_text(&firsts));
	fputs("\tesac\n\tif [ -n \"$words\" ]; then\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	    "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\ncomplete -F _kilim kilim\n", out);
	buf_free(&firsts);
}

static void
put_zsh(FILE *out)
{
	fputs("#compdef kilim\nautoload -U +X bashcompinit && bashcompinit\n", out);
	put_bash(out);
}

/* TEXT within single quotes of fish. */
static void
put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void
put_fish_option(FILE *out, const char *condition, const struct option_row *o)
{
	fprintf(out, "complete -c kilim%s -l %s%s -d ", condition, o->name, o->value ? " -r" : "");
	put_quoted(out, _(o->help));
	if (o->words)
		fprintf(out, " -f -a '%s'", o->words);
	fputc('\n', out);
}

static void
put_fish(FILE *out)
{
	size_t count;
	const struct command *all = command_all(&count);
	char first[FIRST_MOST], condition[256];
	struct buf seconds = { 0 };

	for (const struct option_row *o = command_globals; o->name; o++)
		put_fish_option(out, "", o);
	for (size_t i = 0; i < count; i++) {
		const char *second = strchr(all[i].name, ' ');

		if (first_word(i, first)) {
			fprintf(out, "complete -c kilim -f -n __fish_use_subcommand -a %s -d ", first);
			put_quoted(out, all[i].kind ? _(all[i].kind->help) : _(all[i].help));
			fputc('\n', out);
		}
		if (second) {
			buf_reset(&seconds);
			put_seconds(first, &seconds);
			fprintf(out, "complete -c kilim -f -n '__fish_seen_subcommand_from %s; and not "
			    "__fish_seen_subcommand_from %s' -a %s -d ", first, buf_text(&seconds), second + 1);
			put_quoted(out, _(all[i].help));
			fputc('\n', out);
		}
		snprintf(condition, sizeof(condition), " -n '__fish_seen_subcommand_from %s%s%s'", first,
		    second ? "; and __fish_seen_subcommand_from " : "", second ? second + 1 : "");
		for (const struct option_row *o = all[i].options; o && o->name; o++)
			put_fish_option(out, condition, o);
	}
	buf_free(&seconds);
}

enum err_code
help_complete(const struct call *c, const char *shell, struct err *e)
{
	static const struct { const char *shell; void (*print)(FILE *out); } rows[] = {
		{ "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].shell, shell) == 0) {
			rows[i].print(c->out);
			return ERR_OK;
		}
	}
	return err_set(e, ERR_USAGE, "completion", "shell", _("\"%s\" is none of bash, zsh and fish"), shell);
}

enum err_code
complete_run(struct call *c, struct err *e)
{
	return help_complete(c, call_arg(c, 0), e);
}
