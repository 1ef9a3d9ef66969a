/*
 * plan - dry runs of commands that the daemon has no dry run for: what would be asked of it, and no more.
 */
#ifndef KILIM_CLI_PLAN_H
#define KILIM_CLI_PLAN_H

#include "node/cli/call.h"

/*
 * Make sure that the daemon runs and could be asked, then say what would happen: WHAT ("invite an organisation")
 * and BODY, which is taken.
 *   errors of http_ask
 */
enum err_code plan_show(struct call *c, const char *what, cJSON *body, struct err *e);

#endif
