/*
 * lexicon_int - what the parts of the lexicon share; nobody else includes it.
 *
 * Shape    lexicon_gather.c  names, codes and trees out of records and tables
 *          lexicon.c         the gathered put in order; its life; reading it
 *          lexicon_find.c    what words of a query name
 */
#ifndef KILIM_SEARCH_LEXICON_INT_H
#define KILIM_SEARCH_LEXICON_INT_H

#include "node/search/lexicon.h"

#define LEXICON_END UINT32_MAX         /* of a chain of occurrences */

struct phrase {
	uint32_t lexeme;
	uint32_t folded, stems;        /* in `text` */
	uint32_t words;
};
/* A stem in a phrase. */
struct occurrence {
	uint32_t phrase, place;        /* place: of its words, from 0 */
	uint32_t stem;                 /* in `text`, up to a blank */
	uint32_t next;                 /* whose stem has the same hash; in order of phrase */
};
struct entry {
	struct lexeme shown;
	uint32_t code;                 /* in `text` */
	uint32_t first_phrase, phrase_count;
	bool has_parent;
	uint8_t parent[LEXICON_REFERENCE];
};
/* A record that defines a lexeme. */
struct definition {
	uint8_t key[LEXICON_REFERENCE];
	uint32_t lexeme;
};
struct lexicon {
	struct buf text;               /* folded names, their stems, codes, each ended by a zero */
	struct entry *entries;
	struct phrase *phrases;        /* in order of lexeme */
	struct definition *definitions; /* in order of key */
	struct occurrence *occurrences;
	size_t count, cap, phrase_count, phrase_cap, definition_count, definition_cap, occurrence_count;
	uint32_t *slots;               /* first occurrence of a hash, LEXICON_END: none */
	size_t slot_count;
};

/* A text that L keeps, by its offset. */
const char *lexicon_text(const struct lexicon *l, uint32_t at);
/* Where the chain of the occurrences of STEM begins. */
size_t lexicon_slot(const struct lexicon *l, const char *stem, size_t len);
/* Entries, phrases and definitions, not yet in order. */
void lexicon_gather(struct lexicon *l, struct records *r, struct store_txn *t,
    bool (*trusts)(void *self, const struct verified *v), void *self);

#endif
