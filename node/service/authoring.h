/*
 * authoring - what people enter, on its way to becoming signed records: rules of disclosure, the linter, erasure of
 * what became stricter.
 *
 * Source   proto/kinds.md "Disclosure"; docs/control.md
 * Law      all of a batch becomes records, or none of it
 *          a stricter audience or disclosure signs, in the same transaction, an erasure of the earlier versions
 */
#ifndef KILIM_SERVICE_AUTHORING_H
#define KILIM_SERVICE_AUTHORING_H

#include "node/peer/node.h"

#include <cjson/cJSON.h>

struct authoring;
struct authoring *authoring_new(struct node *n, const struct kind *k);
/* What follows is of kind K: batches may hold several, one after the other. */
void authoring_kind(struct authoring *a, const struct kind *k);
void authoring_free(struct authoring *a);   /* NULL is fine */

/* One new entry from JSON (which is changed: what stands beside the fields is taken out). */
enum err_code authoring_add(struct authoring *a, cJSON *object, struct err *e);
/*
 * NAME says what OBJECT (changed as above) says, whatever it said before: a new entry, or a new version of the live one.
 * *OUT_DONE is PUT_SAME where it says so already: then nothing is signed.
 */
enum put_done { PUT_ADDED, PUT_CHANGED, PUT_SAME };
enum err_code authoring_put(struct authoring *a, const struct uuid *name, cJSON *object, enum put_done *out_done,
    struct err *e);
/* What the linter and others say of the entry that was planned last: ["path: sentence"]; NULL: nothing. Until the next. */
const cJSON *authoring_warnings(const struct authoring *a);
/* What the live version V becomes: by a merge patch, withdrawn, or signed again as still true by METHOD. */
enum err_code authoring_edit(struct authoring *a, const struct verified *v, struct bytes private_fields,
    cJSON *patch, uint64_t if_stamp, struct err *e);
/*
 * Somebody has flagged V as telling an address that must stay unknown, and a new version would show it again everywhere: is the
 * body that has been planned for it without any place? SAME_WORDS: it is only verified. Before authoring_finish.
 *   ERR_CONFLICT rule "flagged"
 */
enum err_code authoring_check_exposed(struct authoring *a, const struct verified *v, bool same_words, struct err *e);
/*
 * The last entry, a flag that is not signed yet, becomes a letter to the coordinators: nothing else of it is left.
 * Errors of sealed_make.
 */
enum err_code authoring_seal(struct authoring *a, struct err *e);
enum err_code authoring_withdraw(struct authoring *a, const struct verified *v, struct err *e);

/* Sign and store everything, or only check it; OUT gets one object an entry: id, record (not when only tried),
 * warnings. */
enum err_code authoring_finish(struct authoring *a, bool try_only, cJSON **out_list, struct err *e);

#endif
