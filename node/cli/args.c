#include "node/cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/near.h"
#include "node/cli/text.h"

struct parse {
	struct call *c;
	char **argv;
	int argc, at;
	const char *noun;      /* first of two words, the second still to come */
	struct err *e;
};

static const struct shorthand {
	char letter;
	const char *name;
} shorthands[] = { { 'h', "help" }, { 'y', "yes" }, { 'n', "dry-run" }, { 'o', "output" } };

static enum err_code
unknown_command(const char *noun, const char *typed, struct err *e)
{
	const char *near = command_nearest(noun, typed);

	if (near && noun)
		return err_set(e, ERR_USAGE, "kilim", "command",
		    _("there is no command \"%s %s\"; did you mean \"%s\"?"), noun, typed, near);
	if (near)
		return err_set(e, ERR_USAGE, "kilim", "command",
		    _("there is no command \"%s\"; did you mean \"%s\"?"), typed, near);
	if (noun)
		return err_set(e, ERR_USAGE, "kilim", "command",
		    _("there is no command \"%s %s\"; see: kilim help %s"), noun, typed, noun);
	return err_set(e, ERR_USAGE, "kilim", "command", _("there is no command \"%s\"; see: kilim help"), typed);
}

/* The noun stands alone: it may be a command of its own ("invite"). */
static enum err_code
settle(struct parse *p)
{
	const char *noun = p->noun;

	p->noun = NULL;
	if ((p->c->command = command_find(noun)) != NULL)
		return ERR_OK;
	return err_set(p->e, ERR_USAGE, "kilim", "command", _("\"%s\" needs a verb; see: kilim help %s"), noun, noun);
}

static void
add_arg(struct call *c, const char *word)
{
	c->args = need_realloc(c->args, (c->arg_count + 1) * sizeof(*c->args));
	c->args[c->arg_count++] = word;
}

static enum err_code
take_word(struct parse *p, const char *word)
{
	struct call *c = p->c;
	char name[128];

	if (c->command) {
		add_arg(c, word);
		return ERR_OK;
	}
	if (p->noun == NULL) {
		if (command_is_noun(word)) {
			p->noun = word;
			return ERR_OK;
		}
		if ((c->command = command_find(word)) != NULL)
			return ERR_OK;
		return unknown_command(NULL, word, p->e);
	}
	snprintf(name, sizeof(name), "%s %s", p->noun, word);
	if ((c->command = command_find(name)) != NULL) {
		p->noun = NULL;
		return ERR_OK;
	}
	if (command_find(p->noun) == NULL)
		return unknown_command(p->noun, word, p->e);
	settle(p);
	if (c->command->max == 0)
		return unknown_command(c->command->name, word, p->e);
	add_arg(c, word);
	return ERR_OK;
}

static const struct option_row *
find_global(const char *name)
{
	for (const struct option_row *o = command_globals; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

/* The nearest option of the command, of the whole program, or field. */
static const char *
nearest_option(const struct command *row, const char *typed)
{
	const char *best = NULL;
	unsigned least = 99;
	const struct option_row *tables[2] = { command_globals, row ? row->options : NULL };
	const char *field = command_nearest_field(row, typed);

	for (size_t t = 0; t < 2; t++)
		for (const struct option_row *o = tables[t]; o && o->name; o++)
			if (text_near(typed, o->name) && near_distance(typed, o->name) < least)
				least = near_distance(typed, best = o->name);
	if (field && near_distance(typed, field) < least)
		best = field;
	return best;
}

static enum err_code
unknown_option(const struct parse *p, const char *name)
{
	const struct command *row = p->c->command;
	const char *near = nearest_option(row, name);
	const char *command = row ? row->name : "kilim";

	if (near)
		return err_set(p->e, ERR_USAGE, command, "option",
		    _("there is no option --%s; did you mean --%s?"), name, near);
	return err_set(p->e, ERR_USAGE, command, "option", _("there is no option --%s; see: kilim help%s%s"), name,
	    row ? " " : "", row ? row->name : "");
}

/* What a global option sets; the others are kept as given. */
static void
apply(struct call *c, const struct option_row *row, const char *value)
{
	struct { const char *name; bool *flag; } flags[] = {
		{ "json", &c->json }, { "plain", &c->plain }, { "dry-run", &c->dry_run },
		{ "no-input", &c->no_input }, { "yes", &c->yes }, { "help", &c->help },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i].name, row->name) == 0)
			*flags[i].flag = true;
	if (strcmp(row->name, "dir") == 0)
		c->dir_option = value;
	if (strcmp(row->name, "lang") == 0)
		c->lang = value;
}

static void
add_given(struct call *c, const struct option_row *row, const struct field *field, const char *value)
{
	c->given = need_realloc(c->given, (c->given_count + 1) * sizeof(*c->given));
	c->given[c->given_count++] = (struct given){ row, field, value };
}

/* "json", "territory=AL": an option that may stand here. */
static bool
is_option(const struct call *c, const char *word)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	return find_global(name) || command_option(c->command, name) || command_field(c->command, name);
}

static enum err_code
take_option(struct parse *p, const char *name, const char *value)
{
	const struct option_row *row = find_global(name);
	const struct field *field = NULL;
	bool global = row != NULL;

	if (!global) {
		if (p->noun && settle(p))
			return p->e->code;
		if ((row = command_option(p->c->command, name)) == NULL &&
		    (field = command_field(p->c->command, name)) == NULL)
			return unknown_option(p, name);
	}
	if (row && row->value == NULL) {
		if (value)
			return err_set(p->e, ERR_USAGE, "kilim", "option", _("--%s takes no value"), name);
		value = "";
	} else if (value == NULL) {
		if (p->at + 1 >= p->argc)
			return err_set(p->e, ERR_USAGE, "kilim", "option", _("--%s needs a value"), name);
		value = p->argv[++p->at];
		/* Forgotten rather than meant: no word of the table is a value. */
		if (strncmp(value, "--", 2) == 0 && is_option(p->c, value + 2))
			return err_set(p->e, ERR_USAGE, "kilim", "option", _("--%s needs a value; %s is none"), name, value);
	}
	if (text_fault(bytes_text(value)) != strlen(value)) {
		char option[140];

		snprintf(option, sizeof(option), "--%s", name);
		return err_set(p->e, ERR_INPUT, option, "utf-8", _("is no UTF-8"));
	}
	if (global)
		apply(p->c, row, value);
	else
		add_given(p->c, row, field, value);
	return ERR_OK;
}

static enum err_code
take_dashed(struct parse *p, const char *word)
{
	const char *equals = strchr(word, '=');
	char name[128];

	if (word[1] != '-') {
		for (size_t i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++)
			if (shorthands[i].letter == word[1] && word[2] == 0)
				return take_option(p, shorthands[i].name, NULL);
		return err_set(p->e, ERR_USAGE, "kilim", "option",
		    _("there is no option %s; options have two dashes, see: kilim help"), word);
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	return take_option(p, name, equals ? equals + 1 : NULL);
}

static enum err_code
count_args(const struct call *c, struct err *e)
{
	const struct command *row = c->command;
	const char *missing = row->args;

	if (c->arg_count < row->min) {
		for (size_t i = 0; i < c->arg_count; i++)
			missing += strcspn(missing, " ") + 1;
		return err_set(e, ERR_USAGE, row->name, "arguments", _("%.*s is missing; usage: kilim %s %s"),
		    (int)strcspn(missing, " "), missing, row->name, row->args);
	}
	for (size_t i = 0; i < c->arg_count; i++)
		if (c->args[i][strspn(c->args[i], " ")] == 0)
			return err_set(e, ERR_USAGE, row->name, "arguments", _("an argument is empty; usage: kilim %s %s"),
			    row->name, row->args);
	if (c->arg_count > row->max)
		return err_set(e, ERR_USAGE, row->name, "arguments",
		    row->max ? _("\"%s\" is one argument too many; usage: kilim %s %s")
		             : _("\"%s\" is not understood; usage: kilim %s%s"),
		    c->args[row->max], row->name, row->args);
	return ERR_OK;
}

enum err_code
args_parse(struct call *c, int argc, char **argv, struct err *e)
{
	struct parse p = { .c = c, .argv = argv, .argc = argc, .e = e };
	bool options = true;
	enum err_code rc = ERR_OK;

	for (p.at = 1; p.at < argc && rc == ERR_OK; p.at++) {
		const char *word = argv[p.at];

		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && word[0] == '-' && word[1])
			rc = take_dashed(&p, word);
		else
			rc = take_word(&p, word);
	}
	if (rc == ERR_OK && p.noun) {
		if (c->help && command_find(p.noun) == NULL) {
			add_arg(c, p.noun);
			return ERR_OK;
		}
		rc = settle(&p);
	}
	if (c->command)
		c->kind = c->command->kind;
	if (rc || c->command == NULL || c->help)
		return rc;
	return count_args(c, e);
}

void
args_free(struct call *c)
{
	free(c->args);
	free(c->given);
	c->args = NULL;
	c->given = NULL;
	c->arg_count = c->given_count = 0;
}
