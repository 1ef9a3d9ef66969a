/*
 * args - from words of the shell to a call.
 *
 * Source   docs/manual.md "Commands"
 * Law      global options may stand anywhere; "--" ends options; an unknown word is refused with the nearest known one
 */
#ifndef KILIM_CLI_ARGS_H
#define KILIM_CLI_ARGS_H

#include "node/cli/command.h"

/*
 * Fill C's command, arguments and options. C->command stays NULL when there is no command word (help is wanted).
 *   ERR_USAGE   unknown command or option, a value is missing, too many or too few arguments
 */
enum err_code args_parse(struct call *c, int argc, char **argv, struct err *e);
void args_free(struct call *c);

#endif
