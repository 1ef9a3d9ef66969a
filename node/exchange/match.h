/*
 * match - which offer could meet which need, and why, in words.
 *
 * Source   docs/exchange.md "Matching"
 * Shape    one need, one side that offers (an offer, or what an organisation knows); a score of 1 to 100 and its reasons
 * Law      pure, and the same from both ends
 *          what certainly cannot be (too late, too far, nothing left, another sort) is no match; what is not known is a
 *          question among the reasons
 *          an organisation is never matched with itself
 */
#ifndef KILIM_EXCHANGE_MATCH_H
#define KILIM_EXCHANGE_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/kind.h"

#define MATCH_NAME 80    /* the name of a term, with its zero */

struct match_side {
	const struct kind *kind;
	struct reference key;
	struct bytes body;               /* canonical */
};

/* What matching must be told. */
struct match_world {
	int64_t today;                   /* days since 1970-01-01 */
	void *self;
	/* The name of TERM (truncated) and the term above it, all zero at the top; false: not known here. */
	bool (*term)(void *self, const struct reference *term, char out_name[MATCH_NAME], struct reference *out_parent);
};

/* Why, and what to ask: points, word, sentence. "%s" stands for what it is about. */
#define REASON_TABLE(X)                                                              \
	X(SAME_TOPIC, true, "topic", "both are about %s")                            \
	X(NARROWER, true, "topic-within", "%s is a part of what is needed")          \
	X(WIDER, true, "topic-around", "what is needed is a part of %s")             \
	X(SIBLING, true, "topic-near", "both belong to %s")                          \
	X(SAME_WORD, true, "item", "the word \"%s\" stands in both")                 \
	X(SAME_SORT, true, "category", "the same sort: %s")                          \
	X(NEAR_SORT, true, "category-near", "of a sort that may do: %s")             \
	X(LANGUAGE, true, "language", "speaks %s")                                   \
	X(MUNICIPALITY, true, "municipality", "in the same municipality")            \
	X(TERRITORY, true, "territory", "in the same territory")                     \
	X(BROUGHT, true, "delivery", "can be sent across borders, to %s")            \
	X(REMOTE, true, "remote", "can be given from anywhere")                      \
	X(ENOUGH, true, "quantity", "there are enough: %s")                          \
	X(ACCESSIBLE, true, "accessibility", "offers %s")                            \
	X(GROUP, true, "group", "meant for %s")                                      \
	X(ASK_LANGUAGE, false, "ask-language", "ask about the language: %s is needed") \
	X(FEWER, false, "fewer", "there are fewer than needed: %s")                  \
	X(ASK_PLACE, false, "ask-place", "ask how it gets there: no place is told")  \
	X(LATER, false, "later", "to be had from %s on")                             \
	X(ASK_ACCESS, false, "ask-accessibility", "ask whether it offers %s")
enum reason {
#define X(name, speaks_for, word, text) REASON_##name,
	REASON_TABLE(X)
#undef X
	REASONS
};
bool reason_speaks_for(enum reason r);
const char *reason_word(enum reason r);

#define MATCH_REASONS 16
struct match {
	unsigned score;
	size_t count;
	struct {
		enum reason reason;
		char with[100];
	} why[MATCH_REASONS];
};
/* The sentence of reason I; appended to OUT. */
void match_text(const struct match *m, size_t i, struct buf *out);

/* Does one of them name the other in its record? Then it is worth showing, whether it fits or not. */
bool match_speaks(const struct match_side *need, const struct match_side *offer);
/* May a side of kind K meet needs? Needs themselves may not. */
bool match_offers(const struct kind *k);
/* Does OFFER (match_offers) fit NEED? OUT is written in either case. */
bool match_of(const struct match_side *need, const struct match_side *offer, const struct match_world *w,
    struct match *out);

#endif
