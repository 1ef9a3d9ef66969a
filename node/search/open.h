/*
 * open - is an entry open at a moment, and when does it open next?
 *
 * Source   RFC 5545 section 3.3.10 (a weekly subset); fields "schedules" of kinds; docs/search.md section 5
 * Shape    a schedule is days (FREQ=DAILY or FREQ=WEEKLY with BYDAY, UNTIL; without a rule every day) between valid_from
 *          and valid_to, from opens_at to closes_at in local time; without hours the whole day; hours that end before they
 *          begin go on past midnight
 *          local time is that of the six territories, which share one: UTC+1, in summer UTC+2
 * Law      a schedule that is not understood, and no schedule at all, is never taken for open or closed
 *          what a reader may not be shown does not count
 */
#ifndef KILIM_SEARCH_OPEN_H
#define KILIM_SEARCH_OPEN_H

#include "proto/buf.h"
#include "proto/kind.h"

enum open_state { OPEN_UNKNOWN, OPEN_NOW, OPEN_LATER, OPEN_CLOSED };
/*
 * OPEN_NOW: *OUT_MS is when it closes; OPEN_LATER: when it opens, within a fortnight; else 0. OPEN_CLOSED: it does not open
 * within a fortnight, or says that it does not work at present.
 */
enum open_state open_at(const struct kind *k, struct bytes body, int64_t now_ms, int64_t *out_ms);
/* Minutes that local time is ahead of UTC. */
int open_offset(int64_t unix_s);

#endif
