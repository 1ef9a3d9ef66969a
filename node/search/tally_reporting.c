/* Whose entries there are. */
#include "node/search/tallying.h"

#include <stdlib.h>
#include <string.h>

struct reporting {
	struct records *r;
	struct store_txn *txn;
	const struct tally_query *q;
	uint64_t *read, count;
	uint32_t *concealed;           /* documents that refer to a term whose places must stay unknown; rising */
	size_t concealed_count, cap;
};

static bool
note_referring(void *self, const struct verified *v)
{
	struct reporting *r = self;
	uint8_t key[ID_LEN + UUID_LEN];
	struct term term = { TERM_ABOUT, sizeof key, (const char *)key };
	struct postings *p;
	struct posting one;

	if (!tally_conceals(v))
		return true;
	memcpy(key, v->record.author.b, ID_LEN);
	memcpy(key + ID_LEN, v->record.name.b, UUID_LEN);
	p = postings_open(r->txn, &term);
	for (; postings_next(p, &one); ++*r->read) {
		r->concealed = need_room(r->concealed, r->concealed_count, &r->cap, sizeof *r->concealed);
		r->concealed[r->concealed_count++] = one.doc;
	}
	postings_close(p);
	return true;
}

static bool
is_concealed(const struct reporting *r, uint32_t doc)
{
	return r->concealed_count && bsearch(&doc, r->concealed, r->concealed_count, sizeof doc, tally_by_number);
}

static bool
reports(const struct reporting *r, const struct term *author)
{
	struct postings *p = postings_open(r->txn, author);
	struct posting one;
	struct index_doc d;
	bool any = false;
	uint8_t bits;

	for (; !any && postings_next(p, &one); ++*r->read)
		any = index_doc_get(r->txn, one.doc, &d) && tally_admits(r->q, &d, &bits) && !(bits & TALLYING_CONFIDENTIAL) &&
		    !is_concealed(r, one.doc);
	postings_close(p);
	return any;
}

static bool
count_reporting(void *self, const struct term *term, uint64_t documents)
{
	struct reporting *r = self;
	struct id author;

	(void)documents;
	if (term->len == ID_LEN) {
		memcpy(author.b, term->key, ID_LEN);
		r->count += membership_state(records_membership(r->r), &author) == MEMBER_ACTIVE && reports(r, term);
	}
	return true;
}

uint64_t
tally_reporting(struct records *r, struct store_txn *t, const struct tally_query *q, uint64_t *io_read)
{
	struct reporting x = { .r = r, .txn = t, .q = q, .read = io_read };

	if (records_membership(r) == NULL)
		return 0;
	records_each(r, t, KIND_TERM, note_referring, &x);
	if (x.concealed_count)
		qsort(x.concealed, x.concealed_count, sizeof *x.concealed, tally_by_number);
	index_terms(t, TERM_AUTHOR, "", 0, count_reporting, &x);
	free(x.concealed);
	return x.count;
}
