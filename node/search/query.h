/*
 * query - a search: what is asked, what is found, how it is ranked, and what was relaxed when nothing was.
 *
 * Source   docs/search.md sections 4 to 7
 * Shape    words and filters in; a page of hits, facets and a total out, in one read transaction
 *          each word stands for what it may mean: other spellings, forms, names, what was probably meant by it; each of them
 *          at a price. A hit need not have all words, but is worth less by those it lacks
 * Law      no hit outside what the asker's class may have (AUDIENCES), none that has ended or faded
 *          nothing is known of a document but its terms: neither hits, nor the total, nor facets tell what it may not show
 *          fresh before due before stale, own territory first, at most three hits of one organisation a page; pages of one
 *          query are disjoint, and the total is the same on all
 *          ends with LIMIT when more than MAX_POSTINGS postings would have to be read
 *          no text of a query is logged
 */
#ifndef KILIM_SEARCH_QUERY_H
#define KILIM_SEARCH_QUERY_H

#include "node/search/index.h"
#include "node/search/lexicon.h"

#define QUERY_WORDS 16                /* more are not read */
#define QUERY_TEXT 1024               /* bytes of a text */
#define QUERY_LIMIT_MOST 200
#define QUERY_OF_ONE 3                /* hits of one organisation a page */

struct query_filter {
	uint8_t class;                /* enum term_class, no TERM_WORD, no TERM_TERRITORY */
	struct bytes key;             /* several of one class: any of them */
};
/* Where a term says that something is, seen from where the asker is. */
struct query_place {
	struct bytes key;             /* TERM_PLACE */
	int km;
};
struct query {
	struct bytes text;            /* as typed */
	const struct query_filter *filters;
	size_t filter_count;
	unsigned audiences;           /* bit of each audience that the asker may be shown */
	bool open_now;                /* at NOW */
	bool fresh_only;
	bool near;                    /* only what is at one of PLACES; the nearest first among equals */
	const struct query_place *places;
	size_t place_count;
	/* Bits as in index_doc. What is for the whole region is everywhere. */
	uint8_t territories;          /* only there; 0: everywhere */
	uint8_t place_territories;    /* where the places asked for lie: holds when they are given up */
	uint8_t own_territories;      /* first among equals */
	struct bytes hidden;          /* beginnings of record ids, 8 bytes each, ascending: left out */
	int64_t now_ms;
	bool never_ends;              /* nobody vouches for the time: what has ended is shown */
	size_t limit, page;           /* hits of a page; pages are counted from 0 */
	uint64_t max_postings;        /* 0: no bound */
	bool facets;
};
struct hit {
	struct id record;
	uint32_t doc;
	double score;
	int distance_km;              /* -1: unknown, or not asked */
	int64_t opens_ms;             /* when it opens next; 0: not known, or not asked */
};
/* Bits: what had to be given up so that something was found, in the order in which it is tried. */
enum { RELAXED_REMOTE = 1, RELAXED_OPENS_LATER = 2, RELAXED_INTERPRETER = 4, RELAXED_NEIGHBOURS = 8, RELAXED_LANGUAGE = 16 };
#define RELAXED_STEPS 5
const char *query_relaxed_word(unsigned bit);
struct asked;
struct found {
	struct hit *hits;
	size_t count;
	uint64_t total, before;       /* BEFORE: hits on the pages in front of this one */
	unsigned relaxed;
	struct found_facet {
		uint8_t class;
		uint8_t len;
		char key[INDEX_KEY + 1];
		uint64_t count;
	} *facets;                    /* by class, the most frequent first */
	size_t facet_count;
	uint64_t read;                /* postings, for whoever counts costs */
	struct asked *asked;
};
/*
 * ERR_INPUT: nothing is asked; ERR_LIMIT: a text that is too long, or too costly. OUT is found_done's, whatever
 * is returned. L may be NULL: no other names.
 */
enum err_code query_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct query *q,
    struct found *out, struct err *e);
void found_done(struct found *f);

/* Bytes [at, end) of TEXT that the words of the query match, in order; at most MOST. None where F is of no query yet. */
struct highlight {
	uint32_t at, end;
	float worth;                  /* of the word: 1 as it was asked, less for what it may mean */
};
size_t found_highlights(const struct found *f, struct bytes text, struct highlight *out, size_t most);
/* The part of TEXT, at most about MAX bytes of whole words, with the most of HIGHLIGHTS. */
struct highlight query_snippet(struct bytes text, const struct highlight *highlights, size_t count, size_t max);

#endif
