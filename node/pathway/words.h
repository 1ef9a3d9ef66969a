/*
 * words - the words of a printed form, in the languages that have them.
 *
 * Shape    one row a phrase, one column a language; "%s" stands for what is told
 * Law      a language without its own column is printed with English words, and the document says so in its lang
 */
#ifndef KILIM_PATHWAY_WORDS_H
#define KILIM_PATHWAY_WORDS_H

#include <stdbool.h>

enum phrase {
	PHRASE_DANGER, PHRASE_NO_EMERGENCY, PHRASE_HOLDS_IN, PHRASE_PRINTED, PHRASE_CHECK_BY, PHRASE_REVIEWED, PHRASE_STEP,
	PHRASE_WHO, PHRASE_OF, PHRASE_CALL, PHRASE_CONTACT, PHRASE_WITHIN_HOURS, PHRASE_WITHIN_DAYS, PHRASE_NIGHT,
	PHRASE_CONSENT, PHRASE_DO_NOT, PHRASE_IF_NOT, PHRASE_BROKEN, PHRASE_INSTEAD, PHRASE_GO_TO, PHRASE_NIGHT_LINE,
	PHRASE_ASK, PHRASE_UNREVIEWED, PHRASE_LAW, PHRASE_MEMBERS, PHRASE_WITHHELD, PHRASE_WHOLE_STALE, PHRASE_WORDS_UNREVIEWED,
	/* standings, in their order */
	PHRASE_FRESH, PHRASE_DUE, PHRASE_UNVERIFIED, PHRASE_STALE, PHRASE_EXPIRED, PHRASE_PAUSED, PHRASE_CLOSED,
	PHRASE_FLAGGED, PHRASE_GONE,
	PHRASES
};

struct words {
	const char *tag;             /* BCP 47 */
	bool unreviewed;             /* nobody who speaks it has read them */
	const char *phrases[PHRASES];
};
/* Have the tags A and B the same primary subtag, "sr" of "sr-Latn"? */
bool words_same_language(const char *a, const char *b);
/* The words for TAG: its own, else those of the same language in whatever script, else English. Never NULL. */
const struct words *words_for(const char *tag);
/* Every language, for the test that walks them; NULL: there are no more. */
const struct words *words_at(unsigned i);

#endif
