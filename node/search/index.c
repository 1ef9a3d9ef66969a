/* The life of the index, and what the records' hook does. */
#include "node/search/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/base/spread.h"
#include "node/record/exposure.h"

#define GATHER_BYTES (4u << 20)    /* of envelopes: with their terms some 20 MiB while they are written */
#define BUILD_RECORDS 20000        /* a transaction, when it is built anew */
#define NUMBERS_MOST 0x80000000u   /* more documents than this were ever counted: count them anew at the next start */
#define STATE "index"
#define STATE_LEN 56

/* What stands in table meta: what the index is of. */
struct state {
	uint32_t format, next;         /* document number */
	uint64_t tables, documents, words;
	struct records_mark mark;
};

/* A record that came in or went; its terms are cut when all are written. */
struct change {
	size_t at, len;                /* its envelope, in `envelopes` */
	struct id id;
	uint32_t doc;
	bucket_id bucket;
	enum disclose_as as;           /* of one that goes: as it came in */
	bool undone;                   /* came in and went again */
	struct terms terms;
};
struct changes {
	struct change *list;
	size_t count, cap;
};

struct index {
	uint64_t seed;
	bool resting;
	bool loaded;                   /* STATE is that of the transaction */
	struct state state;
	struct buf envelopes;
	struct changes added, removed; /* added: numbers rise by one */
	struct exposure *exposure;     /* of the store as it was last written; NULL: not known */
	bool moved;                    /* something came or went that it follows from */
};

/* --- what it is of --- */

static bool
state_read(struct store_txn *t, struct state *out)
{
	struct bytes v;

	if (!txn_get(t, STORE_META, bytes_text(STATE), &v) || v.len != STATE_LEN)
		return false;
	*out = (struct state){ get_u32(v.p), get_u32(v.p + 4), get_u64(v.p + 8), get_u64(v.p + 16), get_u64(v.p + 24),
		{ get_u64(v.p + 32), get_u64(v.p + 40) } };
	return true;
}

static void
state_write(struct store_txn *t, const struct state *s)
{
	uint8_t v[STATE_LEN] = { 0 };

	put_u32(v, s->format);
	put_u32(v + 4, s->next);
	put_u64(v + 8, s->tables);
	put_u64(v + 16, s->documents);
	put_u64(v + 24, s->words);
	put_u64(v + 32, s->mark.arrival);
	put_u64(v + 40, s->mark.count);
	txn_put(t, STORE_META, bytes_text(STATE), BYTES_OF(v));
}

void
index_totals(struct store_txn *t, struct index_totals *out)
{
	struct state s = { 0 };

	state_read(t, &s);
	*out = (struct index_totals){ s.documents, s.words };
}

struct index *
index_new(void)
{
	struct index *x = need_zeroed(1, sizeof *x);

	world_random(&world_real, &x->seed, sizeof x->seed);
	return x;
}

static void
changes_drop(struct changes *c)
{
	for (size_t i = 0; i < c->count; i++)
		buf_free(&c->list[i].terms.packed);
	free(c->list);
	*c = (struct changes){ 0 };
}

static void
drop_gathered(struct index *x)
{
	changes_drop(&x->added);
	changes_drop(&x->removed);
	buf_free(&x->envelopes);
}

void
index_free(struct index *x)
{
	if (x == NULL)
		return;
	drop_gathered(x);
	exposure_free(x->exposure);
	free(x);
}

bool
index_rests(const struct index *x)
{
	return x->resting;
}

/* --- writing what was gathered --- */

/* On any core: nothing but the change is touched. */
static void
cut_one(void *arg, size_t item)
{
	struct index *x = arg;
	struct change *c = item < x->added.count ? &x->added.list[item] : &x->removed.list[item - x->added.count];
	struct record r;

	if (c->undone)
		return;
	envelope_peek((struct bytes){ x->envelopes.p + c->at, c->len }, &r);
	if (item < x->added.count)
		c->as = exposure_has(x->exposure, &r) ? DISCLOSE_AS_EXPOSED : DISCLOSE_AS_STATED;
	terms_cut(kind_find(r.kind), &r, c->bucket, c->as, x->seed, &c->terms);
}

static void
write_docs(struct index *x, struct store_txn *t)
{
	struct index_doc *docs = need_alloc((x->added.count + 1) * sizeof *docs);
	struct id *ids = need_alloc((x->added.count + 1) * sizeof *ids);
	size_t count = 0;

	for (size_t i = 0; i < x->added.count; i++) {
		struct change *c = &x->added.list[i];

		if (c->undone)
			continue;
		c->terms.doc.number = c->doc;
		memcpy(c->terms.doc.record, c->id.b, sizeof c->terms.doc.record);
		x->state.words += c->terms.doc.length;
		docs[count] = c->terms.doc;
		ids[count++] = c->id;
	}
	docs_put(t, docs, ids, count);
	x->state.documents += count;
	free(docs);
	free(ids);
}

static void
drop_docs(struct index *x, struct store_txn *t)
{
	uint32_t *numbers = need_alloc((x->removed.count + 1) * sizeof *numbers);

	for (size_t i = 0; i < x->removed.count; i++)
		numbers[i] = x->removed.list[i].doc;
	docs_drop(t, numbers, x->removed.count, &x->state.words);
	x->state.documents -= x->removed.count;
	free(numbers);
}

static int
by_doc(const void *a, const void *b)
{
	uint32_t x = ((const struct change *)a)->doc, y = ((const struct change *)b)->doc;

	return (x > y) - (x < y);
}

static void
merge_changes(struct merging *m, const struct changes *c, enum merging_side side)
{
	for (size_t i = 0; i < c->count; i++)
		if (!c->list[i].undone)
			merging_add(m, &c->list[i].terms, c->list[i].doc, side);
}

static void
write_gathered(struct index *x, struct store_txn *t)
{
	struct merging *m;

	if (x->added.count + x->removed.count > 0) {
		if (x->exposure == NULL)
			x->exposure = exposure_gather(t);
		if (x->removed.count > 0)
			qsort(x->removed.list, x->removed.count, sizeof *x->removed.list, by_doc);
		spread(cut_one, x, x->added.count + x->removed.count);
		m = merging_new();
		merge_changes(m, &x->removed, MERGING_LOSES);
		merge_changes(m, &x->added, MERGING_GAINS);
		drop_docs(x, t);
		write_docs(x, t);
		merging_write(m, t);
	}
	drop_gathered(x);
}

/* --- the hook --- */

static bool
is_indexed(const struct record *r)
{
	const struct kind *k = r->state == RECORD_LIVE ? kind_find(r->kind) : NULL;

	return k && !(k->flags & KIND_INTERNAL);
}

/* False: nothing is to be written. */
static bool
wakes(struct index *x, struct store_txn *t)
{
	if (x->resting)
		return false;
	if (!x->loaded)
		x->loaded = state_read(t, &x->state);
	return x->loaded;
}

static struct change *
gather(struct index *x, struct changes *c, const struct verified *v, bucket_id b, uint32_t doc)
{
	c->list = need_room(c->list, c->count, &c->cap, sizeof *c->list);
	c->list[c->count] = (struct change){ .at = x->envelopes.len, .len = v->envelope.len, .id = v->id, .doc = doc,
		.bucket = b };
	buf_put_bytes(&x->envelopes, v->envelope);
	return &c->list[c->count++];
}

/* Was document DOC, which is written, cut without its place? */
static bool
is_exposed(struct store_txn *t, uint32_t doc)
{
	static const struct term term = { TERM_EXPOSED, sizeof INDEX_EXPOSED - 1, INDEX_EXPOSED };
	struct postings *p = postings_open(t, &term);
	struct posting at;
	bool yes = postings_seek(p, doc, &at) && at.doc == doc;

	postings_close(p);
	return yes;
}

static void
note(struct index *x, const struct record *r)
{
	x->moved |= x->exposure == NULL || exposure_follows(x->exposure, r);
}

static void
insert(void *self, struct store_txn *t, const struct verified *v, bucket_id b)
{
	struct index *x = self;

	if (!is_indexed(&v->record) || !wakes(x, t))
		return;
	note(x, &v->record);
	/* Of a member's two thousand writes a day it would take six thousand years; a start counts anew long before. */
	assert(x->state.next < UINT32_MAX);
	docs_link(t, &v->id, x->state.next);
	gather(x, &x->added, v, b, x->state.next++);
	if (x->envelopes.len > GATHER_BYTES)
		write_gathered(x, t);
}

static void
take_out(void *self, struct store_txn *t, const struct verified *v, bucket_id b)
{
	struct index *x = self;
	uint32_t doc, pending;

	if (!is_indexed(&v->record) || !wakes(x, t) || !docs_find(t, &v->id, &doc))
		return;
	note(x, &v->record);
	docs_unlink(t, &v->id);
	pending = x->state.next - (uint32_t)x->added.count;
	if (doc >= pending)
		x->added.list[doc - pending].undone = true;
	else
		gather(x, &x->removed, v, b, doc)->as = is_exposed(t, doc) ? DISCLOSE_AS_EXPOSED : DISCLOSE_AS_STATED;
	if (x->envelopes.len > GATHER_BYTES)
		write_gathered(x, t);
}

/* --- an address that is said to be told --- */

struct turning {
	struct index *x;
	struct store_txn *txn;
	struct buf ids;                /* of records, 32 bytes each, that are to be cut the other way */
};

/* Documents that were cut without their place, and whose flags have gone or were answered. */
static void
find_cleared(struct turning *w)
{
	static const struct term term = { TERM_EXPOSED, sizeof INDEX_EXPOSED - 1, INDEX_EXPOSED };
	struct postings *p = postings_open(w->txn, &term);
	struct posting at;

	while (postings_next(p, &at)) {
		struct verified v;
		bucket_id b;
		struct id id;

		if (index_record_id(w->txn, at.doc, &id) && records_stored_one(w->txn, &id, &v, &b) &&
		    !exposure_has(w->x->exposure, &v.record))
			buf_put(&w->ids, id.b, ID_LEN);
	}
	postings_close(p);
}

/* Of whatever kind: a flag names its entry by author and name. */
static void
find_exposed(void *self, const struct reference *entry)
{
	struct turning *w = self;
	struct verified v;
	uint32_t doc;

	for (size_t i = 0; i < kinds_count; i++)
		if (!(kinds[i]->flags & KIND_INTERNAL) &&
		    records_live(NULL, w->txn, kinds[i]->number, &entry->author, &entry->name, &v) &&
		    exposure_has(w->x->exposure, &v.record) && docs_find(w->txn, &v.id, &doc) && !is_exposed(w->txn, doc))
			buf_put(&w->ids, v.id.b, ID_LEN);
}

/* Out as it was cut, and in as it is to be. The store's bytes end with the first write. */
static void
turn(struct index *x, struct store_txn *t, const uint8_t *record)
{
	struct buf copy = { 0 };
	struct verified v;
	bucket_id b;
	struct id id;

	memcpy(id.b, record, ID_LEN);
	if (!records_stored_one(t, &id, &v, &b))
		return;
	buf_put_bytes(&copy, v.envelope);
	v.envelope = buf_bytes(&copy);
	envelope_peek(v.envelope, &v.record);
	take_out(x, t, &v, b);
	insert(x, t, &v, b);
	buf_free(&copy);
}

static void
turn_all(struct index *x, struct store_txn *t)
{
	struct turning w = { x, t, { 0 } };

	exposure_free(x->exposure);
	x->exposure = exposure_gather(t);
	find_cleared(&w);
	exposure_each(x->exposure, find_exposed, &w);
	for (size_t at = 0; at < w.ids.len; at += ID_LEN)
		turn(x, t, w.ids.p + at);
	buf_free(&w.ids);
	x->moved = false;
}

static void
flush(void *self, struct store_txn *t)
{
	struct index *x = self;

	if (!wakes(x, t))
		return;
	if (x->moved)
		turn_all(x, t);
	write_gathered(x, t);
	records_stored_mark(t, &x->state.mark);
	state_write(t, &x->state);
}

static void
forget(void *self)
{
	struct index *x = self;

	drop_gathered(x);
	exposure_free(x->exposure);
	x->exposure = NULL;
	x->moved = false;
	x->loaded = false;
}

void
index_follow(struct index *x, struct records_follower *out)
{
	*out = (struct records_follower){ x, insert, take_out, flush, forget };
}

/* --- anew --- */

struct building {
	struct index *x;
	struct store_txn *txn;
	struct id last;
	size_t count;                  /* in this transaction */
	bool more;
};

static bool
build_one(void *self, const struct verified *v, bucket_id b)
{
	struct building *w = self;
	struct index *x = w->x;

	w->last = v->id;
	if (is_indexed(&v->record))
		gather(x, &x->added, v, b, x->state.next++);
	w->count++;
	w->more = w->count == BUILD_RECORDS || x->envelopes.len > GATHER_BYTES;
	return !w->more;
}

/* One transaction's part, behind LAST. The cursor on the records is closed before anything is written. */
static enum err_code
build_some(struct building *w, struct store *s, bool first, struct err *e)
{
	w->txn = store_write(s);
	w->count = 0;
	w->more = false;
	if (w->x->exposure == NULL)
		w->x->exposure = exposure_gather(w->txn);
	records_stored(w->txn, first ? NULL : &w->last, build_one, w);
	for (size_t i = 0; i < w->x->added.count; i++)
		docs_link(w->txn, &w->x->added.list[i].id, w->x->added.list[i].doc);
	write_gathered(w->x, w->txn);
	if (!w->more) {
		records_stored_mark(w->txn, &w->x->state.mark);
		state_write(w->txn, &w->x->state);
	}
	return txn_commit(&w->txn, e);
}

/*
 * Until the last part is committed no state is in the store: a crash begins anew. What is erased while the index rests must
 * not be left in it, so this may use the reserve.
 */
static enum err_code
clear(struct store *s, struct err *e)
{
	struct store_txn *t = store_write(s);

	txn_reserved(t);
	txn_delete(t, STORE_META, bytes_text(STATE));
	txn_empty(t, STORE_DOC);
	merging_clear(t);
	return txn_commit(&t, e);
}

static enum err_code
build(struct index *x, struct store *s, uint64_t records, struct err *e)
{
	struct building w = { .x = x };
	enum err_code rc = clear(s, e);
	uint64_t done = 0;

	x->state = (struct state){ .format = INDEX_FORMAT, .tables = terms_tables() };
	if (rc)
		return rc;
	do {
		if ((rc = build_some(&w, s, done == 0, e)))
			return rc;
		done += w.count;
		if (records > 0)
			log_event(LOG_INFO, "index.build", "records=%llu of=%llu", (unsigned long long)done,
			    (unsigned long long)records);
	} while (w.more);
	return ERR_OK;
}

enum err_code
index_open(struct index *x, struct store *s, struct err *e)
{
	struct store_txn *t = store_read(s);
	struct records_mark now;
	struct state found = { 0 };
	enum err_code rc = ERR_OK;

	records_stored_mark(t, &now);
	state_read(t, &found);
	txn_abort(&t);
	if (found.format != INDEX_FORMAT || found.tables != terms_tables() || found.next > NUMBERS_MOST ||
	    found.mark.arrival != now.arrival || found.mark.count != now.count)
		rc = build(x, s, now.count, e);
	drop_gathered(x);
	if (rc)
		(void)clear(s, NULL);
	x->resting = rc != ERR_OK;
	x->loaded = false;
	return rc;
}
