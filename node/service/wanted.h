/*
 * wanted - what somebody looks for, from the words of a request to a query.
 *
 * Source   docs/control.md (/v1/find); docs/search.md section 5
 * Law      an option that is not understood is refused, never passed over: nobody takes all for a part
 *          a text of a search is in no error and no log
 */
#ifndef KILIM_SERVICE_WANTED_H
#define KILIM_SERVICE_WANTED_H

#include "node/peer/node.h"
#include "node/search/query.h"

#include <cjson/cJSON.h>

struct wanted {
	struct query query;
	const char *language;         /* that texts are wanted in; borrowed; NULL: as they are */
	const char *near;             /* the place as typed; borrowed; NULL: not asked */
	bool near_known;              /* it has a position here */
	unsigned radius_km;
	uint8_t lines;                /* territories whose emergency lines are shown */
	struct buf keys;              /* of filters */
	struct query_filter *filters;
	struct query_place *places;
};
/* O is borrowed until wanted_done, which is due whatever is returned. ERR_INPUT names the member. */
enum err_code wanted_read(struct node *n, const struct lexicon *l, const cJSON *o, struct wanted *out, struct err *e);
void wanted_done(struct wanted *w);

#endif
