/*
 * query - a search: what is asked, what is found, how it is ranked, and what was relaxed when nothing was.
 *
 * Source   docs/search.md sections 4 to 7
 * Shape    words and filters in; hits, facets and a total out, in one read transaction
 * Law      no hit outside what the asker's class may have (AUDIENCES); nothing is known of a document but its terms
 *          hits: BM25 over field weights, fresh before due before stale, own territory first, at most three of an
 *          organisation a page
 *          stated cost: ends with LIMIT when more than MAX_POSTINGS postings had to be read
 *          no text of a query is logged
 */
#ifndef KILIM_SEARCH_QUERY_H
#define KILIM_SEARCH_QUERY_H

#include "node/search/index.h"
#include "node/search/lexicon.h"

#define QUERY_WORDS 16
#define QUERY_LIMIT_MOST 200

struct query_filter {
	uint8_t class;                /* enum term_class */
	const char *key;              /* several of one class: any of them */
};
struct query {
	struct bytes text;            /* as typed; at most LIMIT_QUERY bytes */
	const struct query_filter *filters;
	size_t filter_count;
	unsigned audiences;           /* bit of each audience that the asker may be shown */
	bool open_now;                /* at NOW */
	bool fresh_only;
	bool near;                    /* within RADIUS_KM of a place */
	int32_t latitude, longitude;
	unsigned radius_km;
	uint16_t own_territory;       /* first among equals; 0: none */
	int64_t now_ms;
	size_t limit, offset;
	uint64_t max_postings;        /* 0: no bound */
	bool facets;
};
struct hit {
	struct id record;
	uint32_t doc;
	double score;
	int distance_km;              /* -1: unknown */
};
enum relaxed { RELAXED_NOT, RELAXED_REMOTE, RELAXED_OPENS_LATER, RELAXED_INTERPRETER, RELAXED_NEIGHBOURS,
	RELAXED_LANGUAGE };
struct found {
	struct hit *hits;
	size_t count;
	uint64_t total;
	enum relaxed relaxed;
	struct facet {
		uint8_t class;
		char key[64];
		uint64_t count;
	} *facets;
	size_t facet_count;
};
/* ERR_INPUT: nothing is asked; ERR_LIMIT: too costly. OUT is found_done's. */
enum err_code query_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct query *q,
    struct found *out, struct err *e);
void found_done(struct found *f);

/* Bytes [at, end) of TEXT that words of the query match, in order; at most MOST. */
struct highlight { uint32_t at, end; };
size_t query_highlights(const struct query *q, const struct lexicon *l, struct bytes text,
    struct highlight *out, size_t most);

#endif
