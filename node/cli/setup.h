/*
 * setup - making a node: who you are, where you work, and whether somebody is at risk.
 *
 * Source   docs/manual.md "First minutes"
 * Law      nobody answers for people at risk: without a clear no, an organisation is protected
 *          RS means Serbia; what is in Republika Srpska is in BA, and is never put in Serbia by a slip
 */
#ifndef KILIM_CLI_SETUP_H
#define KILIM_CLI_SETUP_H

#include "node/cli/call.h"
#include "node/home/config.h"
#include "proto/territory.h"

/*
 * The territory TEXT stands for, judged beside NAME and PLACE (each may be NULL).
 *   ERR_INPUT    none of ours; Republika Srpska by its name; RS beside a place in Republika Srpska (unless SURE)
 */
enum err_code setup_territory(const char *text, const char *name, const char *place, bool sure,
    const struct code **out, struct err *e);

/* The language most texts are written in there ("sq" in AL and XK); NULL: none is presumed (WB, ZZ, others). */
const char *setup_language(const char *territory);

#endif
