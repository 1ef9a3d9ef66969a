/*
 * tally - entries counted by what they can be found by: filters, up to four facets against each other, and cells.
 *
 * Source   docs/search.md section 8
 * Shape    a cell is one value of each axis, in order of the axes' words; an entry stands in every cell whose values it
 *          has, one that says nothing on an axis under ""; only cells with entries are given
 *          places of one name are one place (lexicon.h), topics are codes and terms alike, a topic that is asked for
 *          takes what lies below it along
 *          the organisation of an entry is the one that it names, else its author
 * Law      nothing is counted but what a reader of these audiences may be shown (index.h), nothing that has ended, nothing
 *          that is hidden for what members say of it; what they call exposed is counted, but without its places
 *          an entry is told here only if its place may be known: where it, or a topic of it, is confidential, it is left
 *          out of everything, totals included, so that no subtraction finds it; OUT says that this may be so
 *          such entries are counted for one confidential topic at a time, by territory and by nothing else, in cells of
 *          at least TALLY_LEAST organisations; what is left over for the other territories has as many
 *          stated cost: ends with LIMIT when more than MAX_POSTINGS had to be read, or as many cells been filled
 */
#ifndef KILIM_SEARCH_TALLY_H
#define KILIM_SEARCH_TALLY_H

#include "node/search/index.h"
#include "node/search/lexicon.h"

#define TALLY_AXES 4
#define TALLY_CELLS 20000
#define TALLY_LEAST 3
#define TALLY_ENDING_DAYS 60

/* "home" is the territory of the author, "place" a municipality. */
#define TALLY_AXIS_TABLE(X) \
	X(KIND, "kind") X(TERRITORY, "territory") X(TOPIC, "topic") X(PLACE, "place") X(LANGUAGE, "language")          \
	X(TEXT_LANGUAGE, "text-language") X(CHANNEL, "channel") X(ACCESS, "accessibility") X(FRESHNESS, "freshness") \
	X(ORGANISATION, "organisation") X(HOME, "home")
enum tally_axis {
#define X(name, word) AXIS_##name,
	TALLY_AXIS_TABLE(X)
#undef X
	AXES
};
const char *tally_word(enum tally_axis axis);
/* By its word; "municipality" is "place", "code" is "topic". ERR_INPUT lists the words. */
enum err_code tally_axis(struct bytes word, enum tally_axis *out, struct err *e);

struct tally_filter {
	enum tally_axis axis;
	struct bytes value;           /* several of one axis: any of them */
};
/* What members say of an entry, as far as it is counted. */
#define TALLY_HIDDEN 1u               /* readers are not shown it */
#define TALLY_UNPLACED 2u             /* its place must stay unknown */
struct tally_said {
	uint8_t record[8];            /* beginning of the record id */
	uint8_t flags;
	int64_t confirmed_day;        /* since 1970-01-01: when others made sure of it; 0: nobody did */
};
struct tally_query {
	uint16_t kind;                /* 0: all */
	const struct tally_filter *filters;
	size_t filter_count;
	const enum tally_axis *by;    /* each once */
	size_t by_count;
	unsigned audiences;           /* bit of each audience that may be shown */
	const struct tally_said *said;   /* in order of RECORD; entries that are not in it are shown as they are */
	size_t said_count;
	int64_t now_ms;               /* 0: nobody vouches for the time, so nothing ends and all is fresh */
	bool ending;                  /* count those whose life, or own end, is within TALLY_ENDING_DAYS */
	int64_t from_day, to_day;     /* since 1970-01-01, 0: not bounded; by the "start" of kinds that have one, else by
	                               * the day an entry was last verified */
	const char *language;         /* of labels; NULL: as they were written first */
	uint64_t max_postings;        /* 0: no bound */
	size_t max_cells;             /* at most TALLY_CELLS; 0: as many */
};
struct tally_cell {
	const char *keys[TALLY_AXES];    /* "legal-aid", "XK", "org1.../UUID"; of a place its code, else its folded name */
	const char *labels[TALLY_AXES];  /* as people call it; "" : like the key */
	uint32_t count, organisations, fresh, due, stale, ending;
};
struct tally {
	struct tally_cell *cells;
	size_t count;
	bool more;                    /* there are cells beyond these */
	bool left_out;                /* entries whose place must stay unknown may have been left out */
	bool confidential;            /* these are such entries, by territory; without their freshness */
	bool withheld;                /* of these, cells or totals are not told */
	uint64_t entries, organisations;
	uint64_t read;                /* postings, and cells that an entry was put in, for whoever counts costs */
	struct buf texts;             /* tally_done's */
	uint32_t *offsets;
};
/*
 *   ERR_INPUT    no such territory; of a confidential topic, what is not told
 *   ERR_LIMIT    too costly; OUT holds what was read all the same
 */
enum err_code tally_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    struct tally *out, struct err *e);
void tally_done(struct tally *y);
/* Is a topic of this code or name confidential, by the codes or by a term? OUT_CODE borrows from TOPIC or L. */
bool tally_confidential(struct records *r, struct store_txn *t, const struct lexicon *l, struct bytes topic,
    struct bytes *out_code);

/* What is said of the record whose id begins so; NULL: nothing that matters. */
const struct tally_said *tally_said_of(const struct tally_query *q, const uint8_t record[8]);
/*
 * Active members with an entry that some table of Q's audiences may count, whatever Q asks. *IO_READ grows by the postings
 * that were read.
 */
uint64_t tally_reporting(struct records *r, struct store_txn *t, const struct tally_query *q, uint64_t *io_read);

#endif
