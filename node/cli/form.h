/*
 * form - what a person gives for an entry: a file, options, or answers to questions, as JSON for the daemon.
 *
 * Source   the field tables of proto/kinds; docs/control.md
 * Law      follows the kind's table: no kind and no field has a line of its own here
 *          what is certain to be wrong (no file, broken UTF-8) is said here; rules of kinds are the daemon's
 */
#ifndef KILIM_CLI_FORM_H
#define KILIM_CLI_FORM_H

#include "node/cli/call.h"

/*
 * A whole file, or stdin when PATH is "-", appended to OUT.
 *   ERR_MISSING  no such file       ERR_DENIED  not readable
 *   ERR_INPUT    a directory, empty, or no UTF-8
 *   ERR_LIMIT    longer than LIMIT_CONTROL_BODY
 */
enum err_code form_read(struct call *c, const char *path, struct buf *out, struct err *e);
/* The same, whatever the bytes are: who reads them says where they are amiss. */
enum err_code form_read_bytes(struct call *c, const char *path, struct buf *out, struct err *e);
/* Put TEXT into OBJECT under F's word: lists grow, texts of another language join the first. */
enum err_code form_put(cJSON *object, const struct field *f, const char *text, const char *language, struct err *e);
/* The fields given as options, into OBJECT; OUT_ANY: was there one? --unset gives null. */
enum err_code form_options(struct call *c, cJSON *object, bool *out_any, struct err *e);
/* Ask for every field of C->kind, the required ones first. ERR_FAILED: the input ended. */
enum err_code form_ask(struct call *c, cJSON *object, struct err *e);
/* Ask again for the field that the daemon's refusal E names; false: it names none, or the input ended. */
bool form_ask_again(struct call *c, cJSON *object, const struct err *e);

#endif
