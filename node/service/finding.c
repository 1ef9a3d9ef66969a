#include "node/service/finding.h"

#include "node/search/index.h"
#include "node/service/beside.h"
#include "proto/cbor.h"

#include <stdlib.h>
#include <string.h>

struct line {
	uint8_t territories;
	struct id record;
};
struct finding {
	struct node *node;
	struct records_follower next;
	struct lexicon *lexicon;
	bool words_stale, lines_stale;
	struct line *lines;
	size_t line_count, line_cap;
};

struct finding *
finding_new(struct node *n)
{
	struct finding *f = need_zeroed(1, sizeof(*f));

	f->node = n;
	finding_stale(f);
	return f;
}

void
finding_free(struct finding *f)
{
	if (f == NULL)
		return;
	lexicon_free(f->lexicon);
	free(f->lines);
	free(f);
}

void
finding_stale(struct finding *f)
{
	f->words_stale = f->lines_stale = true;
}

/* --- following the set --- */

static void
note(struct finding *f, const struct verified *v)
{
	const struct kind *k = kind_find(v->record.kind);

	/* Who calls terms correct, and whose taxonomy they are in, decides whether they lead. */
	f->words_stale |= lexicon_reads(v->record.kind) || v->record.kind == KIND_TAXONOMY || (k && k->says != SAYS_NOTHING);
	f->lines_stale |= v->record.kind == KIND_SERVICE;
}

static void
insert(void *self, struct store_txn *t, const struct verified *v, bucket_id b)
{
	struct finding *f = self;

	note(f, v);
	if (f->next.insert)
		f->next.insert(f->next.self, t, v, b);
}

static void
take_out(void *self, struct store_txn *t, const struct verified *v, bucket_id b)
{
	struct finding *f = self;

	note(f, v);
	if (f->next.remove)
		f->next.remove(f->next.self, t, v, b);
}

static void
flush(void *self, struct store_txn *t)
{
	struct finding *f = self;

	if (f->next.flush)
		f->next.flush(f->next.self, t);
}

static void
forget(void *self)
{
	struct finding *f = self;

	if (f->next.forget)
		f->next.forget(f->next.self);
}

void
finding_follow(struct finding *f, struct records_follower *io)
{
	f->next = *io;
	*io = (struct records_follower){ f, insert, take_out, flush, forget };
}

/* --- words --- */

static bool
trusts(void *self, const struct verified *v)
{
	return view_trusts(self, kind_find(v->record.kind), v);
}

const struct lexicon *
finding_lexicon(struct finding *f, struct store_txn *t)
{
	struct view_context view;

	if (f->words_stale || f->lexicon == NULL) {
		lexicon_free(f->lexicon);
		beside_view(f->node, t, &view);
		f->lexicon = lexicon_new(f->node->records, t, trusts, &view);
		f->words_stale = false;
	}
	return f->lexicon;
}

/* --- emergency lines --- */

bool
finding_leads(const struct node *n, const struct id *author)
{
	const struct membership *m = records_membership(n->records);
	const struct member *who;

	if (id_equal(author, &n->home->organisation.public_key))
		return true;
	who = m ? membership_find(m, author) : NULL;
	return who && who->coordinator && who->state == MEMBER_ACTIVE;
}

static bool
is_emergency(const struct verified *v)
{
	const struct kind *k = kind_find(v->record.kind);
	const struct field *f = kind_field_by_word(k, "emergency");
	struct bytes item = f ? body_get(v->record.body, f->number) : (struct bytes){ NULL, 0 };
	struct cbor_reader r;
	bool yes;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	yes = cbor_bool(&r);
	return r.fault == NULL && yes;
}

static void
add_line(struct finding *f, struct store_txn *t, const struct index_doc *row)
{
	struct verified v;
	struct id id;

	if (row->kind != KIND_SERVICE || !index_record_id(t, row->number, &id) ||
	    !records_get(f->node->records, t, &id, &v) || !is_emergency(&v))
		return;
	f->lines = need_room(f->lines, f->line_count, &f->line_cap, sizeof *f->lines);
	f->lines[f->line_count++] = (struct line){ row->territories, id };
}

static void
add_lines_of(struct finding *f, struct store_txn *t, const struct id *author)
{
	struct term term = { TERM_AUTHOR, ID_LEN, (const char *)author->b };
	struct postings *p = postings_open(t, &term);
	struct posting one;
	struct docs docs;

	docs_open(&docs, t);
	while (postings_next(p, &one)) {
		struct index_doc row;

		if (docs_get(&docs, one.doc, &row))
			add_line(f, t, &row);
	}
	postings_close(p);
}

static void
gather_lines(struct finding *f, struct store_txn *t)
{
	const struct membership *m = records_membership(f->node->records);
	const struct id *own = &f->node->home->organisation.public_key;

	f->line_count = 0;
	f->lines_stale = false;
	for (size_t i = 0; m && i < membership_count(m); i++) {
		const struct member *who = membership_at(m, i);

		if (!id_equal(&who->key, own) && finding_leads(f->node, &who->key))
			add_lines_of(f, t, &who->key);
	}
	add_lines_of(f, t, own);
}

void
finding_emergencies(struct finding *f, struct store_txn *t, uint8_t territories,
    void (*fn)(void *self, const struct verified *v), void *self)
{
	if (f->lines_stale)
		gather_lines(f, t);
	for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 1))
		for (size_t i = 0; (territories & bit) && i < f->line_count; i++) {
			uint8_t asked = f->lines[i].territories & territories;
			struct verified v;

			/* Once, by the first of its territories that is asked for. */
			if ((asked & -asked) == bit && records_get(f->node->records, t, &f->lines[i].record, &v))
				fn(self, &v);
		}
}
