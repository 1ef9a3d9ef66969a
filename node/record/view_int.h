/*
 * view_int - what the parts of the view share; nobody else includes it.
 *
 * Shape    view.c        how an entry is seen            view_prune.c  what of it is shown, then
 */
#ifndef KILIM_RECORD_VIEW_INT_H
#define KILIM_RECORD_VIEW_INT_H

#include "node/record/view.h"

/* The reference that stands in field WORD of V. */
bool view_refers(const struct kind *k, const struct verified *v, const char *word, struct reference *out);
/* The live entry of this name, of whatever kind. */
bool view_find(const struct view_context *c, const struct reference *ref, struct verified *out);

#endif
