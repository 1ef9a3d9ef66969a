/*
 * search - what a node may be asked to look for among the entries that it holds, and the page that it answers with.
 *
 * Source   proto/messages.md sections 11 and 12
 * Shape    a search is one CBOR array that fits a datagram; a page is a head and then its hits, as a CBOR sequence
 * Law      search_read and hits_read accept exactly what is written here; views borrow the input
 *          words that a node does not know are refused by whoever answers, not by the codec
 */
#ifndef KILIM_PROTO_SEARCH_H
#define KILIM_PROTO_SEARCH_H

#include "proto/id.h"

#define SEARCH_TEXT 400        /* bytes of what was typed */
#define SEARCH_FILTERS 32
#define SEARCH_WORD 32         /* bytes of a field, a code, a tag */
#define SEARCH_VALUE 120       /* bytes of a value */
#define SEARCH_HITS 50         /* on a page */
#define SEARCH_PAGES 20        /* that may be turned */
#define SEARCH_RADIUS 1000     /* km */
/* Bits of its flags. */
#define SEARCH_OPEN 1u
#define SEARCH_FRESH 2u
#define SEARCH_FACETS 4u
struct search {
	struct bytes text;             /* may be empty */
	struct search_filter {
		struct bytes field, value;
	} filters[SEARCH_FILTERS];
	size_t filter_count;
	unsigned flags;
	unsigned radius_km, limit, page;   /* 0: the usual; pages are counted from 0 */
	struct bytes language;         /* BCP 47 of texts; empty: as written */
};
/* Appends. Its parts keep the bounds above (assert). ERR_LIMIT: it does not fit a datagram. */
enum err_code search_write(const struct search *s, struct buf *out, struct err *e);
enum err_code search_read(struct bytes in, struct search *out, struct err *e);

/* Bits of a page's flags. */
#define HITS_MORE 1u           /* there are pages behind it */
#define HITS_NEAR 2u           /* the place that was asked for has a position there */
#define HITS_CUT 4u            /* this page has more hits than fitted */
#define HITS_PART 8u           /* whoever answers keeps only a part of what there is */
#define HITS_FACETS 400
struct hits_head {
	unsigned flags;
	uint64_t total;
	unsigned relaxed;              /* bits: remote, opens-later, interpreter, neighbours, language */
	size_t facets, hits;           /* how many of each follow */
};
struct hits_facet {
	struct bytes field, key;
	uint64_t count;
};
#define HIT_TEXT 400           /* bytes of a title and a snippet; longer ones are cut at a whole letter */
#define HIT_MARKS 32
#define HIT_LIST 16
enum { HIT_TERRITORIES, HIT_PLACES, HIT_LANGUAGES, HIT_PHONES, HIT_SAID, HIT_LISTS };
struct hit_text {
	struct bytes text;
	struct hit_mark {
		uint32_t at, end;      /* bytes of TEXT, rising */
	} marks[HIT_MARKS];
	size_t mark_count;
};
struct hit_row {
	uint16_t kind;
	struct id author, record;
	struct uuid name;
	struct hit_text title, snippet;
	struct bytes organisation;     /* its name; empty: not told */
	unsigned freshness;            /* 0 fresh, 1 due, 2 stale, 3 expired */
	bool verified;
	struct bytes last_verified, standing, website;
	struct bytes lists[HIT_LISTS][HIT_LIST];
	size_t counts[HIT_LISTS];
	unsigned open;                 /* 0 unknown, 1 open, 2 later, 3 closed */
	uint64_t open_s;               /* Unix s when it closes or opens; 0: not known */
	unsigned distance;             /* km, + 1; 0: unknown */
	uint64_t score;                /* thousandths */
};
void hits_head_write(const struct hits_head *h, struct buf *out);
void hits_facet_write(const struct hits_facet *f, struct buf *out);
void hits_row_write(const struct hit_row *h, struct buf *out);
/* OUT_REST: for hits_facet_next, as often as the head says, then hits_row_next. All of it is judged here. */
enum err_code hits_read(struct bytes in, struct hits_head *out, struct bytes *out_rest, struct err *e);
bool hits_facet_next(struct bytes *rest, struct hits_facet *out);
bool hits_row_next(struct bytes *rest, struct hit_row *out);

#endif
