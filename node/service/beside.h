/*
 * beside - what members say of each other's entries and how fresh all of them are, kept beside the records for whoever shows them.
 *
 * Source   docs/control.md "An entry is", /v1/freshness
 * Law      made anew when the set has moved, or the day; else as it was
 */
#ifndef KILIM_SERVICE_BESIDE_H
#define KILIM_SERVICE_BESIDE_H

#include <cjson/cJSON.h>

#include "node/peer/node.h"
#include "node/record/view.h"

struct beside *beside_new(void);
void beside_free(struct beside *b);          /* NULL is fine */

/* How entries are seen here and now; for this transaction, and until the set moves. */
void beside_view(struct node *n, struct store_txn *t, struct view_context *out);
/* Whose eyes: people of this node, who see all that is their own; anybody else, whatever she is to the entry. */
enum beside_reader { BESIDE_OWN, BESIDE_OTHERS, BESIDE_READERS };
/* The same for READER. */
void beside_view_as(struct node *n, struct store_txn *t, enum beside_reader reader, struct view_context *out);
/*
 * Of what is said of entries: beginnings of the ids of records that READER is not shown, and of translations of which
 * something is withheld, 8 bytes each, ascending. A search leaves them out: a hit would tell what its words are. An entry
 * whose place is hidden is no such one: it has no terms of it (node/search/index.h). Borrowed until the set moves.
 */
struct bytes beside_hidden(struct node *n, struct store_txn *t, enum beside_reader reader);
struct tally_said;
/* The same for tables (search/tally.h), which can count an entry without its place. */
const struct tally_said *beside_said(struct node *n, struct store_txn *t, enum beside_reader reader, size_t *out_count);
/*
 * How many entries of each kind that is verified are fresh, due, stale and expired: {KIND: {"all" | TERRITORY: {"fresh": N, ...}}}.
 * What nobody has verified is no fresher for being young: it is "unverified".
 * An entry that names several territories counts in each. Borrowed.
 */
const cJSON *beside_coverage(struct node *n);

#endif
