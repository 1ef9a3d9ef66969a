/*
 * needs - the map of needs: how many stand where, by sort; what would point at somebody is hidden.
 *
 * Source   docs/exchange.md "The map of needs"; node/exchange/cells.h
 * Shape    a list of needs in, JSON as in docs/control.md "The map of needs" out
 * Law      pure; the order of the list changes nothing
 *          a need about something whose place must stay unknown counts in its territory only
 *          what the map of municipalities hides, the maps of territories and of topics hide as well
 */
#ifndef KILIM_EXCHANGE_NEEDS_H
#define KILIM_EXCHANGE_NEEDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct need_at {
	char territory[8];           /* a code; "": not stated */
	char municipality[128];      /* "": none */
	char category[32];
	uint32_t who;                /* a number for each organisation */
	uint64_t quantity;
	bool confidential;           /* one of its terms is */
	bool about;                  /* it is about the topic that is asked for */
};
enum needs_by { NEEDS_BY_MUNICIPALITY, NEEDS_BY_TERRITORY };

/*
 * The map of the COUNT needs at LIST, which is sorted; the caller deletes it. TOPIC is NULL, for columns by category, or
 * what the needs with ABOUT are about: then there are two columns, TOPIC and "other".
 *   ERR_LIMIT    more places than CELLS_ROWS, or more sorts than CELLS_COLUMNS
 */
enum err_code needs_map(struct need_at *list, size_t count, enum needs_by by, const char *topic, cJSON **out,
    struct err *e);

#endif
