/*
 * help - what commands do, from their rows: on the screen, as man pages, and as completion of shells.
 *
 * Law      nothing here knows a command, option, field or configuration key by name
 */
#ifndef KILIM_CLI_HELP_H
#define KILIM_CLI_HELP_H

#include "node/cli/call.h"

void help_overview(const struct call *c, FILE *out);
/* TOPIC is a command, a noun, a kind or "exit"; NULL: the overview. ERR_MISSING: none of these. */
enum err_code help_show(const struct call *c, const char *topic, struct err *e);
/* The page "kilim.1" or "kilim.conf.5" in man's language. ERR_MISSING: another. */
enum err_code help_man(const struct call *c, const char *page, struct err *e);
/* Completion for "bash", "zsh" or "fish". ERR_USAGE: another. */
enum err_code help_complete(const struct call *c, const char *shell, struct err *e);
/* "TEXT, several" for a field. Appends. */
void help_field_type(const struct field *f, struct buf *out);
/* What people must know of it beside its line: " (needed)", " (stays here)", " (for members only)" ... Appends. */
void help_field_marks(const struct field *f, struct buf *out);
/* Must it be said? Where nothing is said a preset is. */
bool help_field_needed(const struct field *f);

#endif
