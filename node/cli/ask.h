/*
 * ask - questions to the person at the keyboard; answers come from stdin, questions go to stderr.
 *
 * Law      nothing is asked unless stdin and stderr are a terminal and neither --no-input nor --json was given
 *          (call.asks); callers check it
 */
#ifndef KILIM_CLI_ASK_H
#define KILIM_CLI_ASK_H

#include "node/cli/call.h"

/* One line into OUT, without its end and the blanks around it; false at the end of input. */
bool ask_line(struct call *c, const char *question, struct buf *out);
/* Yes or no; an empty or missing answer means OTHERWISE. The question says which by "[Y/n]" or "[y/N]". */
bool ask_yes(struct call *c, const char *question, bool otherwise);
/*
 * May this be done? --yes: yes; a person: asked, no answer is no; nobody there: yes, scripts mean what they say.
 *   ERR_FAILED   the person said no
 */
enum err_code ask_consent(struct call *c, const char *object, const char *question, struct err *e);

#endif
