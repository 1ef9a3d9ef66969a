/*
 * rule - rules between the fields of one map: rows, not code.
 *
 * Source   proto/kinds.md "Rules between fields"
 * Shape    a condition (a field stands, is a code, is a number below a bound, has another beside it) and a demand
 * Law      rules bind the author only: what is reconciled never depends on them
 *          a map that breaks its table (a text where a number belongs) meets no condition and breaks no rule
 */
#ifndef KILIM_PROTO_RULE_H
#define KILIM_PROTO_RULE_H

#include "proto/kind.h"

/* Does the condition of R hold in MAP? */
bool rule_holds(const struct rule *r, struct bytes map);
/* The number of the field that is at fault, where the demand is not met; 0: R is kept. RULE_AT_MOST is always kept. */
uint16_t rule_broken(const struct rule *r, struct bytes map);
/* "required", "excluded", "range", "count": what a refusal names. */
const char *rule_word(enum rule_demand demand);

#endif
