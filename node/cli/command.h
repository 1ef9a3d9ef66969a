/*
 * command - every command is one row; help, man page, completion and parsing follow from it.
 *
 * Source   docs/manual.md "Commands"
 * Shape    a name is one or two words ("status", "network create"); kinds of records add their own rows,
 *          one for each verb
 * Law      names are unique; every row has help and an example (tests/unit/cli/test_command.c)
 */
#ifndef KILIM_CLI_COMMAND_H
#define KILIM_CLI_COMMAND_H

#include "node/cli/call.h"

struct option_row {
	const char *name;     /* "--days" without dashes; NULL ends a table */
	const char *value;    /* name of its value in help; NULL: a flag */
	const char *help;     /* a msgid */
	const char *words;    /* what completion offers, "yes no"; NULL: nothing */
};

enum {
	COMMAND_NODE = 1,     /* asks the daemon */
	COMMAND_CHANGES = 2,  /* takes --dry-run */
	COMMAND_FIELDS = 4,   /* takes an option for each field of its kind */
	COMMAND_TEXT = 8      /* its answer is a text, with --json {"text": ...} */
};

struct command {
	const char *name;
	const char *args;     /* "NAME", "[FILE|-]" */
	unsigned min, max;
	unsigned flags;
	enum err_code (*run)(struct call *c, struct err *e);
	const char *help;     /* one line, a msgid (a kind's row: already about that kind) */
	const char *examples; /* one a line */
	const struct option_row *options;
	const char *text;     /* more than the line, or NULL; a msgid */
	const struct kind *kind;
};

extern const struct option_row command_globals[];

/* The whole table, kinds' rows included; made at the first call. */
const struct command *command_all(size_t *out_count);
const struct command *command_find(const char *name);
/* Is WORD the first of two-word names? */
bool command_is_noun(const char *word);
/* The known name (of commands, nouns and verbs) that is nearest to TYPED; NULL: none is near. NOUN may be NULL. */
const char *command_nearest(const char *noun, const char *typed);
/* NULL when the row has no such option; a kind's fields are not among them. */
const struct option_row *command_option(const struct command *row, const char *name);
/* "--name-of-field" against a kind: its field, with '-' and '_' alike; NULL: none. */
const struct field *command_field(const struct command *row, const char *name);
/* The field of a kind's row that is nearest to TYPED; NULL: none is near. */
const char *command_nearest_field(const struct command *row, const char *typed);

/* Runs of the rows. */
enum err_code setup_init(struct call *c, struct err *e);
enum err_code network_create(struct call *c, struct err *e);
enum err_code network_show(struct call *c, struct err *e);
enum err_code network_log(struct call *c, struct err *e);
enum err_code invite_new(struct call *c, struct err *e);
enum err_code invite_list(struct call *c, struct err *e);
enum err_code invite_revoke(struct call *c, struct err *e);
enum err_code invite_accept(struct call *c, struct err *e);
enum err_code invite_refuse(struct call *c, struct err *e);
enum err_code invite_join(struct call *c, struct err *e);
enum err_code watch_status(struct call *c, struct err *e);
enum err_code watch_peers(struct call *c, struct err *e);
enum err_code watch_doctor(struct call *c, struct err *e);
enum err_code watch_sync(struct call *c, struct err *e);
enum err_code members_list(struct call *c, struct err *e);
enum err_code members_suspend(struct call *c, struct err *e);
enum err_code members_reinstate(struct call *c, struct err *e);
enum err_code members_remove(struct call *c, struct err *e);
enum err_code members_admit(struct call *c, struct err *e);
enum err_code entry_add(struct call *c, struct err *e);
enum err_code entry_edit(struct call *c, struct err *e);
enum err_code entry_show(struct call *c, struct err *e);
enum err_code entry_list(struct call *c, struct err *e);
enum err_code entry_history(struct call *c, struct err *e);
enum err_code entry_withdraw(struct call *c, struct err *e);
enum err_code entry_verify(struct call *c, struct err *e);
enum err_code report_query(struct call *c, struct err *e);
enum err_code report_run(struct call *c, struct err *e);
enum err_code report_gaps(struct call *c, struct err *e);
enum err_code report_stale(struct call *c, struct err *e);
enum err_code report_needs(struct call *c, struct err *e);
enum err_code report_donor(struct call *c, struct err *e);
enum err_code find_run(struct call *c, struct err *e);
enum err_code care_flag(struct call *c, struct err *e);
enum err_code care_verify(struct call *c, struct err *e);
enum err_code care_new(struct call *c, struct err *e);
enum err_code care_stale(struct call *c, struct err *e);     /* of "report stale", which lists or counts */
enum err_code export_run(struct call *c, struct err *e);
enum err_code import_run(struct call *c, struct err *e);
enum err_code pathway_show(struct call *c, struct err *e);
enum err_code pathway_print(struct call *c, struct err *e);
enum err_code exchange_match(struct call *c, struct err *e);
enum err_code exchange_step(struct call *c, struct err *e);
enum err_code record_export(struct call *c, struct err *e);
enum err_code config_check_run(struct call *c, struct err *e);
enum err_code config_show_run(struct call *c, struct err *e);
enum err_code version_run(struct call *c, struct err *e);
enum err_code help_run(struct call *c, struct err *e);
enum err_code complete_run(struct call *c, struct err *e);

#endif
