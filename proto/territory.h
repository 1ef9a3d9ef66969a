/*
 * territory - the six territories, the whole region, and "not stated": our own table.
 *
 * Source   proto/kinds.md "Territories"
 * Shape    AL BA ME MK RS XK, WB (whole region), ZZ (not stated); two capital letters on the wire
 * Law      XK is accepted everywhere and never derived from RS
 *          a name is found whatever its case, marks and script; a name of two territories finds none
 */
#ifndef KILIM_PROTO_TERRITORY_H
#define KILIM_PROTO_TERRITORY_H

#include "proto/err.h"
#include "proto/kind.h"

#define TERRITORY_WORD 2   /* bytes of a code */

extern const struct code_list territory_codes;
/* What stands under every page and list on which "Kosovo*" appears; a msgid. */
extern const char territory_footnote[];

/*
 * A code ("XK", "xk") or a name in a language of the region ("Kosovë", "Србија", "North Macedonia").
 *   ERR_INPUT    no such territory; the reason lists the codes
 */
enum err_code territory_parse(const char *text, const char *object, const struct code **out, struct err *e);
/* Its full name in English ("Kosovo*"), NULL for an unknown code. */
const char *territory_name(struct bytes code);
/*
 * Is TEXT, although it was understood, often meant for another territory? NULL: no. Else the question to ask on
 * a terminal: for "RS" "Serbia? For Republika Srpska use BA".
 */
const char *territory_question(const char *text);
/* The territories that border on it: their codes with blanks between, "" where there are none. */
const char *territory_neighbours(struct bytes code);
/* Telephone country code without "+" ("383"), NULL where there is none of its own. */
const char *territory_calling_code(struct bytes code);

#endif
