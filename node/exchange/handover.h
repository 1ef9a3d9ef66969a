/*
 * handover - from "we could give it" to "they have it": two records, two authors, one state that both can see.
 *
 * Source   docs/exchange.md "Reservation and hand-over" (the drawing and both tables)
 * Shape    each side says its part in its own record: the offer by stage, reserved_for and reserved_qty, the need by
 *          stage and met_by; the state of the pair is read from both
 * Law      nobody writes for the other side, and no word of one side changes the other's
 *          where the two contradict each other, both see it, and whose word is missing
 */
#ifndef KILIM_EXCHANGE_HANDOVER_H
#define KILIM_EXCHANGE_HANDOVER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "proto/err.h"

/* What an offer says of one need, and a need of one offer. */
enum giver { GIVER_OPEN, GIVER_ELSEWHERE, GIVER_RESERVED, GIVER_GAVE, GIVER_HAS_BACK, GIVER_STOPPED, GIVERS };
enum taker { TAKER_OPEN, TAKER_ELSEWHERE, TAKER_TAKES, TAKER_HAS, TAKER_STOPPED, TAKERS };
/* From the JSON of the entries; NULL: it is not there any more. REFERENCE names the other side. */
enum giver handover_giver(const cJSON *offer, const char *need_reference);
enum taker handover_taker(const cJSON *need, const char *offer_reference);

struct handover {
	const char *state;               /* "free", "reserved", "agreed", "given", "done", "returned", "off" */
	bool at_odds;                    /* the sides contradict each other */
	const char *text;                /* a sentence, a msgid: who has to say what */
};
struct handover handover_of(enum giver g, enum taker t);

/* A step that one side may take in its own record; docs/exchange.md has the same table. */
struct move {
	const char *word, *kind;
	const char *from;                /* stages, with a blank between */
	const char *to;                  /* NULL: open, or reserved once nothing is left */
	enum { MOVE_NOTES, MOVE_ADDS, MOVE_DROPS, MOVE_NAMES, MOVE_CLEARS } reference;
	const char *help;
};
extern const struct move moves[];
extern const size_t moves_count;
/* NULL: KIND has no such step. */
const struct move *move_find(const char *kind, const char *word);

/*
 * The merge patch of MOVE on ENTRY. OTHER names the other side ("org1.../UUID"; NULL where the step names none).
 * QUANTITY is how many, for the steps that add or drop; 0: not said.
 *   ERR_CONFLICT rule "stage": not from where it is; "reserved": it is (or is not) kept for that need
 *   ERR_INPUT    rule "quantity": more than are left; "required": OTHER is missing
 *   ERR_LIMIT    rule "count": it is kept for as many needs as an offer can name
 */
enum err_code handover_move(const struct move *move, const cJSON *entry, const char *other, unsigned quantity,
    cJSON **out_patch, struct err *e);

#endif
