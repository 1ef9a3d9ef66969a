#include <ctype.h>

#include "cli.h"
#include "node/cli/help.h"

/* Every row has a name of its own, one line of help, an example that shows it, and documented options. */
Test(command, every_row_is_whole)
{
	size_t count;
	const struct command *all = command_all(&count);

	cr_assert_gt(count, 30);
	for (size_t i = 0; i < count; i++) {
		char start[128];

		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(all[i].name, all[j].name);
		snprintf(start, sizeof(start), "kilim %s", all[i].name);
		cr_assert(strstr(all[i].examples, start), "%s has no example", all[i].name);
		cr_assert(all[i].help && *all[i].help && !strchr(all[i].help, '\n') && !strchr(all[i].help, '%'), "%s",
		    all[i].name);
		cr_assert_leq(all[i].min, all[i].max);
		cr_assert_eq(all[i].max > 0, all[i].args[0] != 0, "%s", all[i].name);
		cr_assert_eq(all[i].examples[strlen(all[i].examples) - 1], '\n');
		for (const struct option_row *o = all[i].options; o && o->name; o++) {
			cr_assert(o->help && *o->help, "%s --%s", all[i].name, o->name);
			for (const struct option_row *g = command_globals; g->name; g++)
				cr_assert_str_neq(o->name, g->name);
		}
	}
}

/* A kind's fields are options of add and edit, and none hides an option that is there already. */
Test(command, fields_do_not_hide_options)
{
	size_t count;
	const struct command *all = command_all(&count);

	for (size_t i = 0; i < count; i++) {
		if (!(all[i].flags & COMMAND_FIELDS))
			continue;
		for (const struct option_row *o = all[i].options; o->name; o++)
			cr_assert_null(command_field(&all[i], o->name), "%s --%s", all[i].name, o->name);
		for (const struct option_row *o = command_globals; o->name; o++)
			cr_assert_null(command_field(&all[i], o->name), "%s --%s", all[i].name, o->name);
	}
	cr_assert_not_null(command_field(command_find("organisation add"), "actor-type"));
	cr_assert_not_null(command_field(command_find("organisation add"), "actor_type"));
	cr_assert_null(command_field(command_find("organisation list"), "name"));
}

/* Kinds that other commands make have no commands of their own. */
Test(command, internal_kinds_have_no_verbs)
{
	for (size_t i = 0; i < kinds_count; i++)
		cr_assert_eq(command_is_noun(kinds[i]->word), !(kinds[i]->flags & KIND_INTERNAL), "%s", kinds[i]->word);
}

/* Help knows every command, in both forms; its plain form has no alignment. */
Test(command, help_for_all)
{
	size_t count;
	const struct command *all = command_all(&count);

	for (size_t i = 0; i < count; i++) {
		for (int plain = 0; plain < 2; plain++) {
			struct heard h;

			hear(&h);
			h.call.plain = plain;
			cr_assert_eq(help_show(&h.call, all[i].name, &h.error), ERR_OK);
			cr_assert(strstr(heard_out(&h), all[i].help));
			if (plain)
				for (const char *p = heard_out(&h); (p = strstr(p, "  ")) != NULL; p++)
					cr_assert(0, "%s: two blanks in plain help: %.40s", all[i].name, p);
			hush(&h);
		}
	}
}

/* An unknown topic is missing, with the nearest word. */
Test(command, unknown_topic)
{
	struct heard h;

	hear(&h);
	cr_assert_eq(help_show(&h.call, "statsu", &h.error), ERR_MISSING);
	cr_assert(strstr(h.error.reason, "\"status\""));
	hush(&h);
}

/* Help of a field says what is needed, what stays here, who alone may have or write it, and what holds when it is unsaid. */
Test(command, marks_of_fields)
{
	static const char *const rows[][2] = {
		{ "need add", "what is needed, in a few words (needed)\n" }, { "need add", "how far it has come (else: open)\n" },
		{ "need add", "the offer that you found (stays here)\n" },
		{ "need add", "for whom, as groups and never as persons (for members only)\n" },
		{ "claim add", "the organisation without a computer that asked for it (by coordinators only)\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;

		hear(&h);
		h.call.plain = true;   /* what is not plain is broken into lines */
		cr_assert_eq(help_show(&h.call, rows[i][0], &h.error), ERR_OK);
		cr_expect(strstr(heard_out(&h), rows[i][1]), "%s: %s", rows[i][0], rows[i][1]);
		hush(&h);
	}
}

/* No line of help is wider than a terminal of 80, but an example; on a narrow one what is beside a name goes below it. */
Test(command, help_has_narrow_lines)
{
	size_t count;
	const struct command *all = command_all(&count);

	for (size_t i = 0; i < count; i++)
		for (unsigned columns = 40; columns <= 80; columns += 40) {
			const char *line, *end;
			struct heard h;

			hear(&h);
			h.call.columns = columns;
			cr_assert_eq(help_show(&h.call, all[i].name, &h.error), ERR_OK);
			line = strstr(heard_out(&h), "\nEverywhere\n");
			cr_assert(line, "%s", all[i].name);
			for (; *line; line = end + 1) {
				end = strchr(line, '\n');
				cr_assert_leq((size_t)(end - line), columns, "%s: %.*s", all[i].name, (int)(end - line), line);
			}
			hush(&h);
		}
}

/* A command's heading, its dashes as man wants them. */
static void
heading(const char *name, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, ".SS \"kilim ");

	for (; *name && at + 2 < size; name++) {
		if (*name == '-')
			out[at++] = '\\';
		out[at++] = *name;
	}
	out[at] = 0;
}

/* The manual page names every kind, and every command, those of kinds once; no line of it begins with text that man would take for a request. */
Test(command, manual_page)
{
	struct heard h;
	size_t count;
	const struct command *all = command_all(&count);

	hear(&h);
	cr_assert_eq(help_man(&h.call, "kilim.1", &h.error), ERR_OK);
	for (size_t i = 0; i < count; i++) {
		char section[128];

		if (all[i].kind && all[i].kind->number != KIND_ORGANISATION)
			snprintf(section, sizeof(section), ".B %s\n", all[i].kind->word);
		else
			heading(all[i].name, section, sizeof(section));
		cr_assert(strstr(heard_out(&h), section), "%s", all[i].name);
	}
	for (const char *p = strchr(heard_out(&h), '\n'); p; p = strchr(p + 1, '\n'))
		cr_assert(p[1] != '\'' && (p[1] != '.' || isupper((unsigned char)p[2]) || strncmp(p, "\n.nf\n", 5) == 0 ||
		    strncmp(p, "\n.fi\n", 5) == 0), "%.40s", p);
	cr_assert_eq(help_man(&h.call, "kilim.9", &h.error), ERR_MISSING);
	hush(&h);
}

/* A first word is offered once, wherever the rows of its verbs stand. */
Test(command, completion_offers_once)
{
	struct heard h;
	char *words, *word, *all;

	hear(&h);
	cr_assert_eq(help_complete(&h.call, "bash", &h.error), ERR_OK);
	words = strstr(heard_out(&h), "'') words='");
	cr_assert_not_null(words);
	words += strlen("'') words='");
	words[strcspn(words, "'")] = 0;
	cr_assert((all = strdup(words)) != NULL);
	for (word = strtok(all, " "); word; word = strtok(NULL, " ")) {
		size_t times = 0, len = strlen(word);

		for (const char *at = words; (at = strstr(at, word)) != NULL; at += len)
			times += (at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == 0);
		cr_expect_eq(times, 1, "%s: %zu times", word, times);
	}
	free(all);
	hush(&h);
}

/* Completion exists for three shells, and offers every first word. */
Test(command, completion)
{
	const char *shells[] = { "bash", "zsh", "fish" };
	struct heard h;

	for (size_t i = 0; i < 3; i++) {
		hear(&h);
		cr_assert_eq(help_complete(&h.call, shells[i], &h.error), ERR_OK);
		cr_assert(strstr(heard_out(&h), "organisation"));
		cr_assert(strstr(heard_out(&h), "withdraw"));
		cr_assert(strstr(heard_out(&h), "AL BA ME"));
		hush(&h);
	}
	hear(&h);
	cr_assert_eq(help_complete(&h.call, "csh", &h.error), ERR_USAGE);
	hush(&h);
}
