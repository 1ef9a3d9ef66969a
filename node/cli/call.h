/*
 * call - one run of the command line: what was asked for, and where its answers go.
 *
 * Source   docs/manual.md "Commands"
 * Law      stdout holds answers only, and exactly one JSON document with --json; all else goes to stderr
 */
#ifndef KILIM_CLI_CALL_H
#define KILIM_CLI_CALL_H

#include <libintl.h>
#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/kind.h"

/* Every sentence for people goes through one of these; po/ has the translations. */
#define _(text) gettext(text)
#define N_(text) (text)

struct command;
struct option_row;

struct given {
	const struct option_row *row;   /* NULL: a field of the kind */
	const struct field *field;
	const char *value;              /* "" for a flag */
};

struct call {
	const struct command *command;
	const struct kind *kind;        /* of a KIND command; else NULL */
	const char **args;
	size_t arg_count;
	struct given *given;
	size_t given_count;

	char dir[256];                  /* the state directory, once call_dir has found it */
	const char *dir_option;
	bool json, plain, dry_run, no_input, yes, help;
	const char *lang;               /* --lang, or NULL */
	bool asks;                      /* a person is at the keyboard and may be asked */
	bool terminal;                  /* stdout is one */
	bool colour;
	unsigned columns;               /* width of the terminal; 0: unlimited */

	long timeout_s;                 /* how long the daemon may take to answer; 0: as long as a large batch */

	FILE *in, *out, *err;
	int exit;                       /* exit code of a run that had no error */
};

/* Value of option NAME ("--days" without its dashes); NULL: not given. The last one counts. */
const char *call_option(const struct call *c, const char *name);
/* Whether the flag NAME was given. */
bool call_flag(const struct call *c, const char *name);
/* Option NAME as a whole number from MIN to MAX into OUT, which is left alone when it is not given. ERR_USAGE. */
enum err_code call_number(const struct call *c, const char *name, long min, long max, long *out, struct err *e);
/* Positional argument I, or NULL. */
const char *call_arg(const struct call *c, size_t i);
/* Fill c->dir. */
enum err_code call_dir(struct call *c, struct err *e);
/* The language texts are shown in: --lang, LANGUAGE, LANG; "" when none says. Borrowed. */
const char *call_language(const struct call *c);
/* Print JSON to stdout, one document and a line end. */
void call_json(const struct call *c, const cJSON *json);
/* TEXT as the answer; with --json as {"text": TEXT}. */
void call_text(const struct call *c, struct bytes text);
/* LEN bytes lie in FILE now: a note, and with --json a row of FILES, a list that call_files shows. */
void call_wrote(const struct call *c, cJSON *files, const char *file, size_t len);
/* With --json {"files": FILES}, else nothing; takes FILES. */
void call_files(const struct call *c, cJSON *files);
/* CONTENT to the file PATH, whole or not at all; a device or pipe is written to, never replaced. Errors as
 * file_write_atomic. */
enum err_code call_save(const char *path, struct bytes content, struct err *e);
/* The same, and say so; as call_text where OUTPUT is NULL or "-". */
enum err_code call_write(const struct call *c, const char *output, struct bytes content, struct err *e);
/* Say how the run failed: a sentence, or a JSON document with --json, on stderr. */
void call_fault(const struct call *c, const struct err *e);
/* A line that is no answer (progress, advice): stderr, and nowhere with --json. */
__attribute__((format(printf, 2, 3))) void call_note(const struct call *c, const char *fmt, ...);

#endif
