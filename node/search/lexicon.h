/*
 * lexicon - what else a word of the query is called: topics and places by their names in every language.
 *
 * Source   docs/search.md section 4; records of the kinds term and place; lists of codes that sort entries; territories
 * Shape    in memory, made from the live records that are trusted, made anew when one of them changes
 *          a lexeme is a topic or a place; records with one code are one lexeme, whoever wrote them
 * Law      a phrase is known by the stems of its words, so by every form and spelling of them; the longest that fits wins
 *          it only widens a query: a match by another name is worth less than one by the word itself
 */
#ifndef KILIM_SEARCH_LEXICON_H
#define KILIM_SEARCH_LEXICON_H

#include "node/record/records.h"
#include "node/search/fold.h"

#define LEXICON_PHRASE 6              /* words of a name that is looked for */
#define LEXICON_REFERENCE (ID_LEN + UUID_LEN)

struct lexicon;
/* TRUSTS: may the names of V, a term or a place, lead searches? (view_trusts) */
struct lexicon *lexicon_new(struct records *r, struct store_txn *t, bool (*trusts)(void *self, const struct verified *v),
    void *self);
void lexicon_free(struct lexicon *l);
/* Does a change of a record of this kind make it stale? */
bool lexicon_reads(uint32_t kind);

enum lexeme_kind { LEXEME_TOPIC, LEXEME_PLACE };
struct lexeme {
	enum lexeme_kind kind;
	const char *code;             /* "" : a place without one */
	size_t parent;                /* lexicon_at; LEXICON_NONE: the tree begins here */
	char territory[3];            /* of a place: "XK"; of a topic "" */
	bool whole;                   /* the place is its whole territory */
	bool has_position;
	int32_t latitude, longitude;  /* microdegrees */
};
#define LEXICON_NONE SIZE_MAX
size_t lexicon_count(const struct lexicon *l);
/* Borrowed from L, as are all texts. */
const struct lexeme *lexicon_at(const struct lexicon *l, size_t lexeme);
/* Its names in all languages, folded, one space between words; FN returns false to stop. */
void lexicon_names(const struct lexicon *l, size_t lexeme, bool (*fn)(void *self, const char *folded), void *self);
/* The records that define it: keys of TERM_ABOUT. */
void lexicon_records(const struct lexicon *l, size_t lexeme,
    void (*fn)(void *self, const uint8_t key[LEXICON_REFERENCE]), void *self);
/* What lies right below it. */
void lexicon_below(const struct lexicon *l, size_t lexeme, void (*fn)(void *self, size_t lexeme), void *self);

/* One word of the query, by all the stems that it may have; penalties in hundredths. */
struct lexicon_word {
	const struct fold_variant *stems;
	size_t count;
};
struct lexicon_match {
	size_t lexeme;
	size_t words;                 /* of the query that it covers */
	uint8_t penalty;              /* of the word that fits worst */
};
/* The lexemes with the longest name that begins with word AT; at most MOST, those that fit best. */
size_t lexicon_find(const struct lexicon *l, const struct lexicon_word *words, size_t count, size_t at,
    struct lexicon_match *out, size_t most);
/*
 * The lexemes with a name of which the query has the telling words, or enough of them, in whatever order and with others
 * between; the best first. SHARE: how much of the name, up to 1; MASK: by which words of the query.
 */
struct lexicon_part {
	size_t lexeme;
	float share;
	uint16_t mask;
};
size_t lexicon_parts(const struct lexicon *l, const struct lexicon_word *words, size_t count, struct lexicon_part *out,
    size_t most);
/* Places, or topics, with this name or code, whatever its case, marks and script. */
size_t lexicon_named(const struct lexicon *l, enum lexeme_kind kind, struct bytes name, size_t *out, size_t most);

#endif
