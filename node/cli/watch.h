/*
 * watch - how this node is: status, peers, doctor.
 *
 * Source   docs/control.md (GET /v1/status, /v1/peers, /v1/doctor)
 */
#ifndef KILIM_CLI_WATCH_H
#define KILIM_CLI_WATCH_H

#include <time.h>

#include "node/cli/call.h"

/* The status document, like `wg show`: this node, then a block a peer, the worst first. */
void watch_print_status(const struct call *c, const cJSON *status, time_t now);
/* Findings a line; true when one of them is bad. */
bool watch_print_findings(const struct call *c, const cJSON *findings);

#endif
