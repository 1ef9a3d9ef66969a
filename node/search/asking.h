/*
 * asking - what the files of a search share; nobody else includes it.
 *
 * Shape    words.c      what the words of a query may mean: alternatives, each a term with a price
 *          rank.c       a score for every document that has some of them
 *          query.c      filters, and what is relaxed
 *          pages.c      order and pages
 *          facets.c     counts
 *          highlight.c  where the words stand in a text
 */
#ifndef KILIM_SEARCH_ASKING_H
#define KILIM_SEARCH_ASKING_H

#include "node/record/freshness.h"
#include "node/search/query.h"

#define ALTERNATIVES_MOST 4096

/* A term, or all words of a name, that stands for the words of the query in MASK. */
struct alternative {
	uint8_t class, len;
	bool phrase;                   /* TERM_WORD: words with blanks between, all of them in one document */
	char key[INDEX_KEY + 1];
	float worth;                   /* 1: the word itself */
	uint16_t mask;
};
/* A word that is marked in texts: by itself, or where all words of a phrase are. */
struct mark {
	char key[FOLD_WORD + 1];
	uint8_t place;                 /* in the phrase, from 0 */
	uint16_t phrase;               /* from 1; 0: by itself */
	float worth;
};
struct asked {
	size_t words;
	struct fold_word word[QUERY_WORDS];
	struct alternative *list;      /* in order of class, key, mask; then the worthiest first */
	size_t count, cap;
	bool known[QUERY_WORDS];       /* something stands for it */
	uint16_t places;               /* words that name a place */
	uint64_t read;                 /* postings so far, and words of the vocabulary */
	bool marked;                   /* marks are gathered: in order */
	struct mark *marks;
	size_t mark_count, mark_cap;
	uint16_t phrases;              /* among the marks */
};
/* A starts empty. ERR_LIMIT: too long. */
enum err_code asked_read(struct asked *a, struct store_txn *t, const struct lexicon *l, struct bytes text, struct err *e);
void asked_free(struct asked *a);

/* What a document is worth: rising in order of number. */
struct candidate {
	uint32_t doc;
	float score;
	int64_t opens_ms;
	int km;                        /* -1: not known */
	uint16_t passed;               /* filters */
	bool in_title;                 /* all words, as they are */
	bool is_title;                 /* the one word that is asked is a title */
};
struct candidates {
	struct candidate *list;
	size_t count, cap;
};
struct candidate *candidates_add(struct candidates *c);
/* Who judges documents: 0: it is not shown; else what its score is multiplied by. */
struct judge {
	float (*worth)(void *self, const struct index_doc *row);
	void *self;
	bool by_record;                /* it asks for record or owner, which else are not read */
};
/* Documents that are worth something, and that have enough of the words. False: more than MOST postings. */
bool rank_words(struct asked *a, struct store_txn *t, uint64_t most, const struct judge *judge, struct candidates *out);

/* --- query.c --- */
struct running {
	struct records *records;
	struct store_txn *txn;
	const struct query *q;
	struct asked *asked;
	unsigned relaxed;
	uint8_t territories;           /* after relaxing; 0: everywhere */
	uint8_t first;                 /* those that were asked for, else our own: they come first */
	int64_t today;
	bool kinds_asked;
	uint16_t last_kind;            /* looked up last */
	bool last_beside;
	struct candidates found;       /* what passes, in order of document */
};
/* False: more postings than may be read. */
bool running_read(struct running *r, uint64_t postings);
bool running_record(struct running *r, const struct candidate *c, struct verified *out);

/* --- pages.c --- */
/* The page that is asked, into OUT. */
void pages_put(struct running *r, struct found *out);

/* --- facets.c: of all that is found, in order of document; false as running_read --- */
bool facets_count(struct running *r, struct found *out);

#endif
