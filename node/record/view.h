/*
 * view - what a reader sees of an entry beside its own bytes: how fresh it is, what members say of it, whether it is shown.
 *
 * Source   proto/kinds.md "What others say of an entry", "Freshness"; decision 0012
 * Shape    one question for every listing, page, search, export and report: view_of, then view_hides and view_prune
 * Law      a function of the set, the membership and the time: never of the order of arrival; only the effects on the
 *          flagger's own node, and what an author sees of her own entries, depend on whose node it is
 *          an author sees all of her own entries, with what is said of them
 *          a lifeline is never hidden for its age or for what others say of it: it is marked; the claim of those it is about
 *          is the only exception
 *          no counts: what one member says is shown as hers, and where nobody says anything nothing is shown
 */
#ifndef KILIM_RECORD_VIEW_H
#define KILIM_RECORD_VIEW_H

#include <cjson/cJSON.h>

#include "node/record/disclose.h"
#include "node/record/freshness.h"
#include "node/record/sayings.h"

struct view_context {
	struct records *records;
	struct store_txn *txn;
	const struct sayings *said;      /* of the same set */
	struct id self;                  /* whose node this is; zeros: as anybody sees it */
	int64_t now_ms;
	bool sure;                       /* the clock is: what has ended is hidden */
};

/* Why it is hidden from all but its author. */
#define VIEW_TABLE(X) /* name, word, reason */                                         \
	X(SHOWN, "shown", "is shown")                                                  \
	X(ENDED, "ended", "has ended, or nobody made sure of it in time")              \
	X(CLAIM, "claim", "those whom it is about have claimed it")                    \
	X(CAUTION, "caution", "is hidden, because caution was advised")                \
	X(ACCEPTANCE, "acceptance", "is not shown before the member it is about has accepted it") \
	X(WITHHELD, "withheld", "is withheld, as what it is about is")
enum view_why {
#define X(name, word, reason) VIEW_##name,
	VIEW_TABLE(X)
#undef X
	VIEW_WHYS
};
const char *view_word(enum view_why w);
const char *view_reason(enum view_why w);

/* Who entered it: the organisation it is about, another one at its wish, another one from what is known. In the order shown. */
enum view_standing { VIEW_SELF, VIEW_HOSTED, VIEW_LISTED, VIEW_NO_ORGANISATION };
/* "self", "hosted", "listed"; NULL: it is of no organisation. */
const char *view_standing_word(enum view_standing s);

struct view_saying {
	const struct said *said;
	bool counts;                     /* a flag is open, a claim binds */
	bool behind;                     /* a translation of a version that is not the present one */
};
#define VIEW_SAYINGS 64                  /* the oldest; more are not shown, but count */
struct view {
	enum view_why why;
	bool own;
	enum view_standing standing;
	struct freshness_of freshness;
	struct id confirmed_by;          /* who made sure last, if not its author; else zero */
	int64_t confirmed_ms, end_ms;    /* end_ms: when it is over by itself (INT64_MAX: never) */
	bool exposed;                    /* its place is hidden */
	bool caution;                    /* "one member advises caution" */
	bool claimed;                    /* by a claim that binds */
	struct id claimed_by;
	bool replaced;
	struct reference replaced_by;    /* shown instead */
	struct view_saying sayings[VIEW_SAYINGS];
	size_t count;
};
/* V of kind K as the node of C sees it now. Pointers in OUT hold as long as C's sayings. */
void view_of(const struct view_context *c, const struct kind *k, const struct verified *v, struct view *out);
/* Is it left out of every list, page, export and answer to people here? */
bool view_hides(const struct view *w);
/*
 * Takes out of OBJECT (made by body_to_json of V's body) what may not be shown, and lists the words under "withheld". Own
 * entries stay whole.
 */
void view_prune(const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w,
    cJSON *object);
/* Is it hidden (other than by its end), or something of it withheld, so that its signed bytes are not given out either? */
bool view_withholds(const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w);

/* Its freshness alone, with what others confirmed: for counting many. */
struct freshness_of view_freshness(const struct view_context *c, const struct kind *k, const struct verified *v);

/*
 * May the names and synonyms of V, a term or a place, widen what everybody at this node searches for? Decision 0012: our own;
 * those of a coordinator; those that a coordinator has called correct since they were written, or whose taxonomy she has.
 */
bool view_trusts(const struct view_context *c, const struct kind *k, const struct verified *v);

#endif
