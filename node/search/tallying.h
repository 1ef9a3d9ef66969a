/*
 * tallying - what the files of the tally share; nobody else includes it.
 *
 * Shape    tally.c          words of axes, and the run
 *          tally_entries.c  which entries are counted
 *          tally_axis.c     what each of them says on an axis
 *          tally_cells.c    from there to cells, and which of them are told
 *          tally_names.c    values by the names that people give them
 *          tally_reporting.c  whose entries there are
 */
#ifndef KILIM_SEARCH_TALLYING_H
#define KILIM_SEARCH_TALLYING_H

#include "node/search/tally.h"

/* Bits of what is noted of an entry. */
#define TALLYING_FRESH 0x0f            /* enum freshness */
#define TALLYING_UNPLACED 0x20         /* its places are not told */
#define TALLYING_ENDING 0x40
#define TALLYING_CONFIDENTIAL 0x80     /* by its row in the index */
struct value {
	char *key;
	uint32_t at;                   /* one of the entries that say it */
};
/* What the entries say on one axis: entry I has the values of[from[i]] to of[from[i + 1] - 1], each once. */
struct axis {
	enum tally_axis what;
	struct value *values;
	size_t count, cap;
	uint32_t *from, *of;
};
/* Folded name of a place: the lexeme that it means. */
struct place_name {
	char *folded;
	size_t lexeme;                 /* LEXICON_NONE: of several */
};
struct tallying {
	struct records *r;
	struct store_txn *t;
	const struct lexicon *l;
	const struct tally_query *q;
	uint32_t *docs;                /* rising */
	uint8_t *fresh;                /* of each: bits */
	uint16_t *kinds;
	size_t count, cap;
	uint64_t read;
	bool too_costly;
	struct place_name *places;     /* by name; made when first asked for */
	size_t place_count;
	bool places_made;
};

/* --- tally_entries.c --- */
/* Fills DOCS, FRESH, KINDS by the query; says in OUT what was left out. */
enum err_code entries_choose(struct tallying *y, struct tally *out, struct err *e);
/* May it be counted, whatever is asked? *OUT_BITS is noted of it. */
bool tally_admits(const struct tally_query *q, const struct index_doc *d, uint8_t *out_bits);
/* Has more been read than the question may cost? Then it is noted. */
bool tally_is_costly(struct tallying *y);
/* Does the term V say that places of what refers to it must stay unknown? */
bool tally_conceals(const struct verified *v);
/* Numbers of documents, for qsort and bsearch. */
int tally_by_number(const void *a, const void *b);
/* FN for each entry, by its position, that has TERM. */
void tally_meet(struct tallying *y, const struct term *term, void (*fn)(void *self, uint32_t at), void *self);

/* --- tally_axis.c --- */
/* WANTED (of WANTED_COUNT keys, sorted; NULL: all): no other value is looked at. */
void axis_make(struct tallying *y, enum tally_axis what, char **wanted, size_t wanted_count, struct axis *out);
void axis_done(struct axis *x);
/* Of an axis whose values are terms of the index: FN for each term of a value that is WANTED, whoever has it. */
void axis_terms(struct tallying *y, enum tally_axis what, char **wanted, size_t wanted_count,
    void (*fn)(void *self, const struct term *term), void *self);

/* --- tally_cells.c --- */
enum err_code cells_make(struct tallying *y, struct tally *out, struct err *e);

/* --- tally_names.c --- */
/* The key of a place that is written so (folded); borrowed until tally_names_done. */
const char *names_place(struct tallying *y, const char *folded);
/* Every key that VALUE means on AXIS, appended to LIST: a place by any name, a topic with all below it. */
enum err_code names_wanted(struct tallying *y, enum tally_axis axis, struct bytes value, char ***list, size_t *count,
    struct err *e);
/* What people call V of axis X; appended to OUT, nothing when there is nothing better than the key. */
void names_label(struct tallying *y, const struct axis *x, const struct value *v, struct buf *out);
void names_done(struct tallying *y);

#endif
