/*
 * inside - what the files of the index share; nobody else includes it.
 *
 * Shape    terms.c      what a record can be found by: a pure function of the record and its bucket
 *          postings.c   tables post and fresh: blocks of the documents of a term
 *          docs.c       table doc: numbers, rows for ranking, record ids
 *          grams.c      table gram: the vocabulary by pieces of its words
 *          merge.c      of each term the documents that it loses and gains, and in which table
 *          index.c      the life of the index, and the records' hook
 */
#ifndef KILIM_SEARCH_INSIDE_H
#define KILIM_SEARCH_INSIDE_H

#include "node/record/disclose.h"
#include "node/search/fold.h"
#include "node/search/index.h"

#define TERM_MOST (1 + INDEX_KEY)      /* class and key */
#define BLOCK_NAME 5                   /* behind the term in a key: a zero, the first document of the block */
#define POST_KEY (TERM_MOST + BLOCK_NAME)

/* --- terms.c --- */
/* The terms of one record, each once, packed: hash 4 (of this process), weight, fields, length, class and key. */
#define TERM_HEAD 7
struct terms {
	struct buf packed;
	size_t count;
	struct index_doc doc;          /* all but the number and the record */
};
/* SEED: whoever writes records cannot know which terms share a slot. */
void terms_cut(const struct kind *k, const struct record *r, bucket_id b, enum disclose_as as, uint64_t seed, struct terms *out);
/* The packed term at *AT, which moves behind it; false: there are no more. */
struct packed {
	uint32_t hash;
	uint8_t weight, fields;
	struct bytes term;             /* class and key */
};
bool terms_next(const struct terms *t, size_t *at, struct packed *out);
/* A number of all that terms follow from but the record: kinds, fields, codes. Another: other terms. */
uint64_t terms_tables(void);

/* --- merge.c --- */
enum merging_side { MERGING_LOSES, MERGING_GAINS, MERGING_SIDES };
struct merging *merging_new(void);
/* TERMS are borrowed until merging_write; of each side numbers rise, and those that come are above all there are. */
void merging_add(struct merging *m, const struct terms *terms, uint32_t doc, enum merging_side side);
/* All of it in order of term; M ends. */
void merging_write(struct merging *m, struct store_txn *t);
/* Nothing is left of any term. */
void merging_clear(struct store_txn *t);

/* --- postings.c --- */
/* Documents that a term loses and gains; both rise, and what it gains is above all that it has. */
struct postings_delta {
	const uint32_t *removed;
	size_t removed_count;
	const struct posting *added;
	size_t added_count;
};
/* Of TERM (class and key) in TABLE (post, fresh). *OUT_WAS, *OUT_IS: it had documents before, it has some now. */
void postings_change(struct store_txn *t, enum store_table table, struct bytes term, const struct postings_delta *d,
    bool *out_was, bool *out_is);

/* Is TERM in table post? */
bool postings_settled(struct store_txn *t, struct bytes term);

/* --- docs.c --- */
bool docs_find(struct store_txn *t, const struct id *record, uint32_t *out);
/* The number by the record, at once; the rest with the rows. */
void docs_link(struct store_txn *t, const struct id *record, uint32_t number);
void docs_unlink(struct store_txn *t, const struct id *record);
/* Rows of rising numbers, and the ids of their records. */
void docs_put(struct store_txn *t, const struct index_doc *docs, const struct id *records, size_t count);
/* Takes rows and ids away; *OUT_WORDS is lowered by their lengths. */
void docs_drop(struct store_txn *t, const uint32_t *numbers, size_t count, uint64_t *words);

/* --- grams.c --- */
/* Words that are new in the vocabulary, and words that have gone: collected, then written in order of key. */
struct grams {
	struct buf keys;               /* packed: length 1, added 1, key */
	size_t count;
};
void grams_note(struct grams *g, struct bytes word, bool added);
void grams_write(struct grams *g, struct store_txn *t);

#endif
