/*
 * index - an inverted index of the records in the set, written in each record's own transaction.
 *
 * Source   docs/search.md sections 2 and 3; docs/store.md (tables post, doc, gram)
 * Shape    every record of the set that people author has a document number, given in rising order and never again;
 *          a term is a class and a key; its postings are blocks of at most INDEX_BLOCK documents in order of number
 *          everything that can be filtered or counted by is a term as well: a filter is an intersection
 * Law      index and records cannot disagree: they change in one transaction, insert and remove are exact inverses
 *          what a reader may not be shown of a record (disclose.h) has no term, so neither hits, nor counts, nor
 *          facets, nor pages tell of it
 *          a record that goes takes its terms along; a term without documents is not in the store, nor its trigrams
 *          no thread, no clock; write on the loop, read in any read transaction
 *          another INDEX_FORMAT than the store's: built anew when records open (index_open says so)
 */
#ifndef KILIM_SEARCH_INDEX_H
#define KILIM_SEARCH_INDEX_H

#include "node/record/records.h"
#include "node/store/store.h"

#define INDEX_FORMAT 1
#define INDEX_BLOCK 320               /* 6 bytes each: a block stays within a page of the store */

/* First byte of a term. */
enum term_class {
	TERM_WORD = 'w',              /* a word of a text field: key as folded */
	TERM_STEM = 's',              /* its stem, where it differs */
	TERM_KIND = 'k',              /* "service" */
	TERM_TERRITORY = 't',         /* "XK": of the entry (service area, place), else of its author */
	TERM_TOPIC = 'c',             /* code of a term or code list: "legal-aid", and every ancestor of it */
	TERM_PLACE = 'p',             /* folded name of a municipality, as far as the level lets it be told */
	TERM_SPEAKS = 'l',            /* ISO 639-3, spoken or signed in the service */
	TERM_TEXT_LANGUAGE = 'x',     /* BCP 47 primary tag of a text */
	TERM_CHANNEL = 'h',           /* "phone", "chat" ... */
	TERM_ACCESS = 'a',            /* accessibility code */
	TERM_AUTHOR = 'o',            /* organisation key, 32 bytes */
	TERM_ABOUT = 'r'              /* referred to: author 32, name 16 */
};
struct term {
	uint8_t class;
	uint8_t len;
	const char *key;              /* borrowed */
};

/* What ranking needs of a document without its record: 24 bytes, 170 to a block of table doc. */
struct index_doc {
	uint32_t number;
	uint8_t record[8];            /* beginning of the record id; the whole stands in table doc */
	uint16_t kind;
	uint16_t verified_day;        /* days since 2020-01-01: last verified, else signed; freshness is judged from it */
	uint16_t stale_days;          /* 0: never */
	uint16_t length;              /* words, saturated */
	uint8_t territory, audience;
};

struct posting {
	uint32_t doc;
	uint8_t weight;               /* sum over fields of count x field weight, saturated */
	uint8_t fields;               /* bit of each weight class the word stands in: title, name, topic, place, text */
};

/* Records' hook: made once, handed to records_open, which calls it inside its transactions. */
struct index;
struct index *index_new(void);
void index_free(struct index *x);
/* Called by the engine for what enters and leaves the set. Postings are gathered and written by index_flush. */
void index_insert(struct index *x, struct store_txn *t, const struct verified *v);
void index_remove(struct index *x, struct store_txn *t, const struct verified *v);
void index_flush(struct index *x, struct store_txn *t);
/* The transaction was given up. */
void index_forget(struct index *x);

/* --- reading --- */
/* Documents in order of number; false when there are no more. Borrowed until the transaction ends. */
struct postings;
struct postings *postings_open(struct store_txn *t, const struct term *term);
bool postings_next(struct postings *p, struct posting *out);
/* The first at or behind DOC. */
bool postings_seek(struct postings *p, uint32_t doc, struct posting *out);
uint64_t postings_count(struct postings *p);
void postings_close(struct postings *p);

bool index_doc_get(struct store_txn *t, uint32_t number, struct index_doc *out);
/* The whole record id; false: no such document. */
bool index_record_id(struct store_txn *t, uint32_t number, struct id *out);
/* Every term of CLASS whose key begins with PREFIX, in order; FN returns false to stop. */
void index_terms(struct store_txn *t, enum term_class class, const char *prefix, size_t len,
    bool (*fn)(void *self, const struct term *term, uint64_t documents), void *self);
/* Words of the vocabulary that share enough trigrams with KEY to be within EDITS of it. */
void index_similar(struct store_txn *t, const char *key, size_t len, unsigned edits,
    bool (*fn)(void *self, const char *key, size_t len, unsigned distance), void *self);
uint64_t index_documents(struct store_txn *t);

#endif
