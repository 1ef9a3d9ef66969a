/*
 * profile - what another format cannot say of an entry, and putting it back.
 *
 * Source   docs/export.md "The profile"
 * Shape    an object of the entry's own words: a value stands in place of what the format says, null says that the entry
 *          has no such field although the format must say something
 * Law      profile_apply(back, profile_of(entry, back)) is the entry, whatever the format made of it
 *          it holds nothing that the format says as well
 */
#ifndef KILIM_EXPORT_PROFILE_H
#define KILIM_EXPORT_PROFILE_H

#include <cjson/cJSON.h>

#include "proto/id.h"
#include "proto/kind.h"

/* BACK is what a reader of the format makes of ENTRY; a new object, or NULL when nothing is lost. */
cJSON *profile_of(const cJSON *entry, const cJSON *back);
/* References in PROFILE to entries of AUTHOR become bare UUIDs: whoever takes the entry over means her own copies. */
void profile_make_bare(cJSON *profile, const struct kind *k, const struct id *author);
/* Changes BACK. PROFILE may be NULL, or anything that somebody wrote there: only an object counts. */
void profile_apply(cJSON *back, const cJSON *profile);

#endif
