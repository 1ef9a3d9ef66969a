/*
 * lexicon - what else a word of the query is called: topics and places by their names in every language.
 *
 * Source   docs/search.md section 4; records of the kinds taxonomy, term and place
 * Shape    in memory, made from the live records, made anew when one of them changes
 * Law      a phrase is known by its folded words; the longest phrase that fits wins
 *          it only widens a query: a match by another name is worth less than one by the word itself
 */
#ifndef KILIM_SEARCH_LEXICON_H
#define KILIM_SEARCH_LEXICON_H

#include "node/record/records.h"

struct lexicon;
struct lexicon *lexicon_new(struct records *r, struct store_txn *t);
void lexicon_free(struct lexicon *l);
/* Does a change of a record of this kind make it stale? */
bool lexicon_reads(uint32_t kind);

enum lexeme_kind { LEXEME_TOPIC, LEXEME_PLACE };
struct lexeme {
	enum lexeme_kind kind;
	const char *code;             /* of a topic; of a place its ISO 3166-2 code, else "" */
	size_t words;                 /* of the query that it covers */
	const char *const *names;     /* folded phrases, NULL at the end; all languages and synonyms */
	bool has_position;
	int32_t latitude, longitude;  /* microdegrees */
};
/* The longest lexeme that begins with word AT of WORDS (folded). NULL: none. Borrowed from L. */
const struct lexeme *lexicon_find(const struct lexicon *l, const char *const *words, size_t count, size_t at);
/* By code ("legal-aid", "MK-405"). */
const struct lexeme *lexicon_code(const struct lexicon *l, enum lexeme_kind kind, const char *code);
/* Codes above CODE in the tree, nearest first; FN for each. */
void lexicon_ancestors(const struct lexicon *l, const char *code, void (*fn)(void *self, const char *code), void *self);

#endif
