/*
 * hits - a search as people and other nodes get it answered: the page, each hit as its readers see it.
 *
 * Source   docs/control.md (/v1/find); docs/search.md sections 5 and 6
 * Law      nothing but what the reader may be shown: neither as a hit, nor counted, nor as the name of an organisation
 *          emergency lines are those of the asker's own node: whoever answers cannot put a number above a search
 */
#ifndef KILIM_SERVICE_HITS_H
#define KILIM_SERVICE_HITS_H

#include "node/service/beside.h"

struct hits_bounds {
	unsigned audiences;            /* bit of each that the reader may have */
	enum beside_reader reader;     /* others get no emergency lines with it */
	uint64_t postings;             /* that may be read; 0: no bound */
};
/* The answer to REQUEST; *OUT_READ: postings that were read, whether there is one or not.
 *   errors of wanted_read and query_run */
enum err_code hits_find(struct node *n, const cJSON *request, const struct hits_bounds *b, cJSON **out, uint64_t *out_read,
    struct err *e);
/* What our own node has to say before another one has answered REQUEST: the emergency lines, and what was asked. */
cJSON *hits_begin(struct node *n, const cJSON *request);

#endif
