/*
 * sealed - flags that only coordinators, and their author, can read.
 *
 * Source   proto/kinds.md "letter"
 * Shape    a flag's body, padded and locked in a record of the kind `letter`, with its key boxed for each reader
 * Law      its words stand in no other record, index, view or log: it changes nothing of what anybody sees
 *          who is among its readers does not depend on what it says: one about an entry of a coordinator is refused
 *          what opens is foreign bytes: they are judged as a flag before anybody is shown them
 */
#ifndef KILIM_SERVICE_SEALED_H
#define KILIM_SERVICE_SEALED_H

#include "node/peer/node.h"
#include "node/record/view.h"

/*
 * The body of a letter of ours called NAME, which says FLAG (a body of the kind flag, as kind_check has passed it).
 *   ERR_DENIED   rule "coordinator": what it is about is a coordinator's, who would read it
 *   ERR_MISSING  no coordinator's node has told its key for letters
 *   ERR_LIMIT    FLAG is too long
 */
enum err_code sealed_make(struct node *n, struct store_txn *t, const struct uuid *name, struct bytes flag, struct buf *out,
    struct err *e);
/* The flag that LETTER says, into OUT, which is empty; false: it is not for us, or no flag. */
bool sealed_open(const struct node *n, const struct verified *letter, struct buf *out);
/* It as an entry of the kind flag whose audience is "coordinators"; NULL: as above. */
cJSON *sealed_json(struct node *n, const struct view_context *c, const struct verified *letter);

#endif
