/*
 * gaps - where one sort of help is to be had, by territory or by municipality, and where nobody knows.
 *
 * Source   docs/search.md section 9; built on tally.h
 * Shape    a row for each territory, or for each municipality that a record names or an entry states
 * Law      a confidential topic is told by territory, and for the territories where it is not told, for the region alone
 *          "nobody" is never said: where no member is, it is unknown
 */
#ifndef KILIM_SEARCH_GAPS_H
#define KILIM_SEARCH_GAPS_H

#include "node/search/tally.h"

#define GAP_TABLE(X)                                                                  \
	X(SERVED, "served")                                                           \
	X(ELSEWHERE, "served-from-elsewhere")    /* by who is elsewhere, or for the whole territory */ \
	X(STALE, "stale")                        /* only entries that nobody has verified in time */   \
	X(NONE, "member-there-none-listed")                                           \
	X(UNKNOWN, "no-member-there-unknown")                                         \
	X(WITHHELD, "told-for-the-region-only")                                       \
	X(UNTOLD, "too-few-to-be-told")          /* of the region */
enum gap {
#define X(name, word) GAP_##name,
	GAP_TABLE(X)
#undef X
	GAPS
};
const char *gap_word(enum gap g);

enum gaps_by { GAPS_BY_TERRITORY, GAPS_BY_PLACE };
struct gaps_row {
	char territory[3];             /* "WB": the region */
	char *place, *label;           /* key and name; by territory: "" and its name */
	enum gap state;
	uint32_t count;                /* of entries for it there, stale ones too */
};
struct gaps {
	struct gaps_row *rows;
	size_t count;
	bool confidential, left_out, withheld;
	uint64_t read;
};
/*
 * Q: kind, one filter (the topic), audiences, time, language, cost; of BY nothing is taken.
 *   errors of tally_run
 */
enum err_code gaps_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    enum gaps_by by, struct gaps *out, struct err *e);
void gaps_done(struct gaps *g);

#endif
