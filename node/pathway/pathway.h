/*
 * pathway - the steps of a referral as somebody can follow them today: who does each, and what to do where nobody does.
 *
 * Source   proto/kinds.md "pathway"
 * Shape    entries go in as JSON without what is private or withheld; a sheet comes out, JSON as in docs/control.md
 *          "A sheet", from which screens and prints are made
 * Law      pure: what an entry says and how far it can be relied on is asked of a function
 *          a sheet tells of a service its name, who gives it and its numbers, and never where it is; of one that must
 *          stay unknown only lines that are meant for the public
 *          it begins with the emergency lines of its territory, and a broken step names them before all else
 */
#ifndef KILIM_PATHWAY_PATHWAY_H
#define KILIM_PATHWAY_PATHWAY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* How far an entry can be relied on: one row each. */
#define STANDING_TABLE(X) /* name, broken, numbers are told, word, what people read */                         \
	X(FRESH, false, true, "fresh", "somebody made sure of it")                                             \
	X(DUE, false, true, "due", "it is soon to be checked again")                                           \
	X(UNVERIFIED, false, true, "not-verified", "nobody has made sure of it yet")                           \
	X(STALE, true, true, "stale", "nobody has made sure of it for too long")                               \
	X(EXPIRED, true, false, "expired", "its time is over")                                                 \
	X(PAUSED, true, true, "temporarily-closed", "it is closed for the time being")                         \
	X(CLOSED, true, false, "closed", "it has closed")                                                      \
	X(FLAGGED, true, true, "flagged", "another member says that it is closed, has moved, or is wrong")     \
	X(GONE, true, false, "gone", "it was withdrawn, or is not known on this computer")
enum standing {
#define X(name, broken, numbers, word, text) STANDING_##name,
	STANDING_TABLE(X)
#undef X
	STANDINGS
};
const char *standing_word(enum standing s);

/* What is known of one entry. */
struct seen {
	cJSON *entry;            /* as its readers may see it; NULL: not here. The asker deletes it */
	enum standing standing;
	int64_t good_until;      /* the last day (since 1970-01-01) before it is stale; 0: no such day */
};
struct sight {
	void *self;
	/* What the entry's REFERENCE ("org1.../UUID") names. */
	struct seen (*look)(void *self, const char *reference);
	/* The I-th service of TERRITORY that helps at once; false: there are no more. */
	bool (*emergency)(void *self, const char *territory, size_t i, struct seen *out);
};

/*
 * The sheet of PATHWAY: texts in LANGUAGE (a BCP 47 tag, "" for none) where they are, else in the one they were written
 * in. TODAY in days. The caller deletes it.
 */
cJSON *pathway_sheet(const struct seen *pathway, const struct sight *sight, const char *language, int64_t today);

#endif
