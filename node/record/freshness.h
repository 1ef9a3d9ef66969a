/*
 * freshness - how old the last look at an entry is, as the reader's node sees it.
 *
 * Source   proto/kinds.md (days of each kind); codes marked "90 days" shorten them
 * Shape    fresh until 80 % of the days are over, then due, stale after all of them, expired when the record's own
 *          end or the kind's life is over
 * Law      counted from last_verified; where an entry was never verified, from the day it was signed, and said so
 *          kinds that are never due are always fresh until they expire
 */
#ifndef KILIM_RECORD_FRESHNESS_H
#define KILIM_RECORD_FRESHNESS_H

#include "proto/envelope.h"
#include "proto/kind.h"

enum freshness { FRESHNESS_FRESH, FRESHNESS_DUE, FRESHNESS_STALE, FRESHNESS_EXPIRED };
/* "fresh", "due", "stale", "expired". */
const char *freshness_word(enum freshness f);

/* By the day it is counted from, the days until it is stale (0: never due), and today; all since 1970-01-01. */
enum freshness freshness_by_day(int64_t since, int64_t days, int64_t today);

struct freshness_of {
	enum freshness state;
	bool verified;               /* false: nobody said that it was looked at; shown as "never verified" */
	int64_t days_left;           /* until stale; negative: stale for so long; 0 for kinds that are never due */
};
/* The day (since 1970-01-01) it is counted from; *OUT_VERIFIED: somebody looked at it on that day. */
int64_t freshness_day(const struct kind *k, const struct record *r, bool *out_verified);
struct freshness_of freshness(const struct kind *k, const struct record *r, int64_t now_unix_ms);
/* The same where somebody else made sure at CONFIRMED_MS (0: nobody did): whichever is later counts. */
struct freshness_of freshness_confirmed(const struct kind *k, const struct record *r, int64_t confirmed_ms,
    int64_t now_unix_ms);
/* Unix ms at which it is over by itself: its own end or its kind's life, whichever is sooner; INT64_MAX: never. */
int64_t freshness_end_ms(const struct kind *k, const struct record *r);
/* Is it hidden from all but its author: ended by itself, or stale where its kind fades? */
bool freshness_hides(const struct kind *k, const struct record *r, int64_t now_unix_ms);
/* Days after which an entry is stale: the kind's, shorter for urgent services, or the author's own if sooner. */
unsigned freshness_days(const struct kind *k, struct bytes body);

#endif
