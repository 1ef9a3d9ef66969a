/*
 * searching - a search and what it found, between JSON and what travels.
 *
 * Source   docs/control.md (/v1/find); proto/messages.md sections 11 and 12 (proto/search.h)
 * Law      what another node found is told as that node told it: nothing of it is looked up here
 */
#ifndef KILIM_SERVICE_SEARCHING_H
#define KILIM_SERVICE_SEARCHING_H

#include <cjson/cJSON.h>

#include "proto/search.h"

/* The JSON of a search, as it goes to another node. Appends. ERR_INPUT names the member; ERR_LIMIT: it is too long. */
enum err_code searching_write(const cJSON *request, struct buf *out, struct err *e);
/* The JSON of a search that came from another node. */
cJSON *searching_request(const struct search *s);
/* ANSWER (service/hits.h) as it goes to another node; hits that do not fit MOST bytes are left out, and that is said. */
void searching_put(const cJSON *answer, size_t most, struct buf *out);
/* What another node found goes into ANSWER, "hits" last. ERR_INPUT: it is no page. */
enum err_code searching_take(struct bytes page, cJSON *answer, struct err *e);

#endif
