/*
 * entry - a record as people see it: found by what they type, shown as JSON.
 *
 * Source   docs/control.md "An entry"
 */
#ifndef KILIM_SERVICE_ENTRY_H
#define KILIM_SERVICE_ENTRY_H

#include "node/peer/node.h"
#include "node/record/view.h"

#include <cjson/cJSON.h>

/* MISSING: no such kind, or one that people do not enter. */
enum err_code entry_kind(const char *word, const struct kind **out, struct err *e);
/*
 * REF: "org1.../UUID", a UUID (ours first, then anybody's), or at least four letters of the beginning of one.
 *   ERR_MISSING    nothing like it
 *   ERR_CONFLICT   several begin so
 */
enum err_code entry_find(struct node *n, const struct kind *k, const char *ref, struct reference *out, struct err *e);
/* The same by the kind that it is stored as, in *IO: a flag may be a letter (sealed.h). */
enum err_code entry_find_stored(struct node *n, const struct kind **io, const char *ref, struct reference *out, struct err *e);
/*
 * V as JSON, as it is seen here: W is what view_of said of it. With private fields when it is ours.
 */
cJSON *entry_json(struct node *n, const struct view_context *c, const struct kind *k, const struct verified *v,
    const struct view *w);
/* What a line of a list has no room for: flags, claims, translations and endorsements, each in full. */
void entry_add_sayings(const struct view_context *c, const struct view *w, cJSON *entry);
const char *audience_word(enum audience a);
/* ERR_INPUT: none of public, members, cso. */
enum err_code audience_parse(const char *word, enum audience *out, struct err *e);

#endif
