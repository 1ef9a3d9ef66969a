/*
 * needing - the map of needs: gathered from the records that a reader is shown, as rows of a table, and as JSON.
 *
 * Source   docs/exchange.md "The map of needs"; proto/messages.md section 10; node/exchange/needs.h
 * Shape    a row is one cell: its level, territory and municipality, and its sort ("": all of them)
 * Law      a need counts as others see it: not when it is hidden, without its municipality when that is exposed
 *          what is hidden in the map is in no row: it has no numbers
 */
#ifndef KILIM_SERVICE_NEEDING_H
#define KILIM_SERVICE_NEEDING_H

#include "node/exchange/needs.h"
#include "node/peer/node.h"
#include "proto/question.h"

/* Of needs of AUDIENCES (bits); TOPIC may be NULL. ERR_MISSING: there is no such topic; errors of needs_map. */
enum err_code needing_map(struct node *n, struct store_txn *t, unsigned audiences, enum needs_by by, const char *topic,
    cJSON **out, struct err *e);
/* The axes and measures of its table. */
void needing_head(struct table_head *out);
/* PUT for each cell of MAP, until it is false; a row is valid until PUT returns. */
void needing_rows(const cJSON *map, bool (*put)(void *self, const struct table_row *row), void *self);
/* The rows of such a table as the map that they are of. */
cJSON *needing_json(const struct table_head *h, struct bytes rows);

#endif
