/*
 * index - an inverted index of the records in the set, written in each record's own transaction.
 *
 * Source   docs/search.md sections 2 and 3; docs/store.md (tables post, doc, gram)
 * Shape    every live record of a kind that people author has a document number, given in rising order and never again;
 *          a term is a class and a key; its postings are blocks of at most INDEX_BLOCK documents in order of number
 *          everything that can be filtered or counted by is a term as well: a filter is an intersection
 * Law      index and records cannot disagree: they change in one transaction, insert and remove are exact inverses
 *          the terms of a record follow from it, its bucket, and whether members say that it tells an address (exposure.h):
 *          what it refers to is resolved by whoever asks
 *          what a reader may not be shown of a record (disclose_walk) has no term, so neither hits, nor counts, nor
 *          facets, nor pages tell of it; a flag that says that an address is told takes those terms away in its own
 *          transaction, and brings them back in that in which it goes or is answered
 *          the newest documents' terms stand in a small table of their own until there are enough of them: a record by
 *          itself changes few pages; whoever reads sees no difference
 *          a record that goes takes its terms along; a term without documents is not in the store, nor its trigrams
 *          another INDEX_FORMAT, other tables of kinds, or a set that moved without it: built anew by index_open
 *          write on the loop, read in any read transaction
 */
#ifndef KILIM_SEARCH_INDEX_H
#define KILIM_SEARCH_INDEX_H

#include "node/record/records.h"

/* Raised whenever the same record has other terms than before (fold, stems, what terms.c makes of a field). */
#define INDEX_FORMAT 5
#define INDEX_BLOCK 320               /* postings of 6 bytes each: two blocks stay within a page of the store */
#define INDEX_KEY 64                  /* bytes of a term's key */
#define INDEX_EXPOSED "address-exposed"

/* First byte of a term. */
enum term_class {
	TERM_WORD = 'w',              /* a word of a text field, of a code or its label, of a number: key as folded */
	TERM_KIND = 'k',              /* "service" */
	TERM_TERRITORY = 't',         /* "XK": each that the entry states, else that of its author */
	TERM_TOPIC = 'c',             /* a code of a list that sorts entries: "helpline", "cyberviolence" */
	TERM_PLACE = 'p',             /* folded name of a municipality, as far as the level lets it be told */
	TERM_SPEAKS = 'l',            /* ISO 639-3, spoken or signed */
	TERM_TEXT_LANGUAGE = 'x',     /* BCP 47 primary tag of a text */
	TERM_CHANNEL = 'h',           /* "phone", "chat" ... */
	TERM_ACCESS = 'a',            /* accessibility code */
	TERM_AUTHOR = 'o',            /* organisation key, 32 bytes */
	/*
	 * Referred to: author 32, name 16. Topics that are records of the kind "term" are among these: a topic with
	 * all below it is the union of what refers to those terms; the tree is the lexicon's.
	 */
	TERM_ABOUT = 'r',
	TERM_EXPOSED = 'e'            /* INDEX_EXPOSED: others say that it tells an address; it has no terms of a place */
};
struct term {
	uint8_t class;
	uint8_t len;
	const char *key;              /* borrowed; no zero at its end */
};

/* What ranking and filters by time need of a document without its record: 30 bytes in table doc. */
struct index_doc {
	uint32_t number;
	uint8_t record[8];            /* beginning of the record id */
	uint32_t ends;                /* Unix s from which on it is shown to nobody but its author; 0: never */
	uint16_t kind;
	uint16_t verified_day;        /* days since 2020-01-01: last verified, else signed; freshness is judged from it */
	uint16_t stale_days;          /* 0: never */
	uint16_t length;              /* words, saturated */
	uint8_t territories;          /* bit of each row of territory_codes that the entry states, else of its author */
	uint8_t audience;
	uint8_t flags;                /* INDEX_VERIFIED ... */
	uint64_t owner;               /* whose it is, hashed: the organisation it names, else its author */
};
#define INDEX_VERIFIED 1u             /* somebody looked at it on that day */
#define INDEX_FADES 2u                /* hidden once it is stale */
#define INDEX_CONFIDENTIAL 4u         /* it, or a code of it, says that its place must stay unknown */

/* Bits of the fields that a word stands in; IS_TITLE: by itself it is a title, in some language. */
enum { IN_TITLE = 1, IN_NAME = 2, IN_TOPIC = 4, IN_PLACE = 8, IN_TEXT = 16, IS_TITLE = 32 };
struct posting {
	uint32_t doc;
	uint8_t weight;               /* sum over fields of count x field weight, saturated; of other terms than words 1 */
	uint8_t fields;               /* IN_TITLE ...; of other terms than words 0 */
};

/*
 * The index of one store, made once. While it rests (it could not be built: no room) nothing is written and nothing found;
 * the next start tries again.
 */
struct index;
struct index *index_new(void);
void index_free(struct index *x);
/*
 * Before records_open, on the loop: is the index that of S's records? Else it is built anew from them, in batches, with a
 * line in the log for each.
 *   ERR_STORE    it could not be written; the index rests
 */
enum err_code index_open(struct index *x, struct store *s, struct err *e);
bool index_rests(const struct index *x);
/* For records_options: what enters and leaves the set. Postings are gathered and written at the flush, or before when much is
 * gathered. */
void index_follow(struct index *x, struct records_follower *out);

/* --- reading --- */
/* Documents in order of number; false when there are no more. Borrowed until the transaction ends. */
struct postings;
struct postings *postings_open(struct store_txn *t, const struct term *term);
bool postings_next(struct postings *p, struct posting *out);
/* The first at or behind DOC. */
bool postings_seek(struct postings *p, uint32_t doc, struct posting *out);
uint64_t postings_count(struct postings *p);
void postings_close(struct postings *p);

/*
 * For who reads many terms side by side: postings as they are stored, a block at a time, all by the same cursors. Empty:
 * there are no more. Borrowed until the transaction ends.
 */
#define POSTING_LEN 6                 /* document 4, weight 1, fields 1 */
struct shelves {
	struct store_cursor *cursors[2];
};
void shelves_open(struct shelves *s, struct store_txn *t);
void shelves_close(struct shelves *s);
struct blocks {
	uint8_t key[1 + INDEX_KEY + 1 + 4];
	uint8_t prefix, shelf;
};
void blocks_open(struct blocks *b, const struct term *term);
struct bytes blocks_next(struct blocks *b, const struct shelves *s);
static inline struct posting
posting_at(const uint8_t *p)
{
	return (struct posting){ get_u32(p), p[4], p[5] };
}
void posting_put(uint8_t out[POSTING_LEN], const struct posting *p);

bool index_doc_get(struct store_txn *t, uint32_t number, struct index_doc *out);
/* The same of many, best in order of number: one look into the store for each block. It ends with the transaction. */
struct docs {
	struct store_txn *txn;
	uint32_t block[2];
	struct bytes rows[2];
};
void docs_open(struct docs *d, struct store_txn *t);
bool docs_get(struct docs *d, uint32_t number, struct index_doc *out);
/*
 * The same for who goes through many documents, some blocks at a time, back and forth among them: the NEAR_BLOCKS from that
 * on which near_move named. All but record and owner is read, which near_rest adds.
 */
#define DOC_ROW 10u                   /* bytes of what it reads */
#define DOC_ROWS 408u                 /* of a block */
#define NEAR_BLOCKS 5u
struct near {
	struct store_cursor *cursor;
	int sort;                     /* of the block that it is on, and its number */
	uint32_t at;
	uint32_t first;               /* document */
	bool looked[NEAR_BLOCKS];
	struct bytes rows[NEAR_BLOCKS];
};
void near_open(struct near *n, struct store_txn *t);
void near_close(struct near *n);
void near_move(struct near *n, uint32_t block);
bool near_get(struct near *n, uint32_t number, struct index_doc *out);
bool near_rest(struct near *n, struct index_doc *d);
/* It will be asked for soon. */
static inline void
near_hint(const struct near *n, uint32_t number)
{
	uint32_t i = number - n->first;

	if (i < NEAR_BLOCKS * DOC_ROWS && n->rows[i / DOC_ROWS].p)
		__builtin_prefetch(n->rows[i / DOC_ROWS].p + i % DOC_ROWS * DOC_ROW);
}
/* Every row, in order of number; FN returns false to stop, which is told. */
bool docs_each(struct store_txn *t, bool (*fn)(void *self, const struct index_doc *row), void *self);
/* The whole record id; false: no such document. */
bool index_record_id(struct store_txn *t, uint32_t number, struct id *out);
/* Every term of CLASS whose key begins with PREFIX, in order; FN returns false to stop. */
void index_terms(struct store_txn *t, enum term_class class, const char *prefix, size_t len,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self);
/*
 * Words of the vocabulary whose stem (fold_stem) is KEY: a stem is a beginning, so they stand together and have no terms of
 * their own for it. *IO_LOOKS falls by the words that were looked at, and ends it at 0; NULL: no bound. It is anybody's who may
 * write records how many words there are, and how much they are alike.
 */
void index_inflected(struct store_txn *t, const char *key, size_t len, uint64_t *io_looks,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self);
/*
 * Words of the vocabulary of at least three letters within EDITS (at most 2) of KEY, in no order, KEY itself left out; those that share
 * not one piece of three letters with it (of four letters the middle two swapped) are not found. IO_LOOKS as above.
 */
void index_similar(struct store_txn *t, const char *key, size_t len, unsigned edits, uint64_t *io_looks,
    bool (*fn)(void *self, const char *key, size_t len, unsigned distance), void *self);
/* One more look; false: there is none left. */
bool index_look(uint64_t *io_looks);
struct index_totals {
	uint64_t documents, words;    /* words: the sum of their lengths */
};
void index_totals(struct store_txn *t, struct index_totals *out);

#endif
