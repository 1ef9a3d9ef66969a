/*
 * Of each term the documents that it loses and gains, so that each is written once.
 *
 * Most of a record's terms stand on a page of their own in table post. So the newest documents' are kept together in table
 * fresh, which is small, and settle when there are more than FRESH_MOST. Documents from the one that FIRST names on are
 * fresh; the pieces of words (table gram) are those of the words that have settled.
 */
#include "node/search/inside.h"

#include <stdlib.h>

#define FRESH_MOST 16
#define FIRST "fresh"              /* in table meta */

#define NONE UINT32_MAX
struct link {
	uint32_t next;
	struct posting posting;
};
struct entry {
	struct bytes term;             /* borrowed from the first record that has it */
	uint32_t hash;
	uint32_t first[MERGING_SIDES], last[MERGING_SIDES];
};
struct merging {
	struct entry *entries;
	size_t count, cap;
	uint32_t *slots;               /* entry + 1; 0: free */
	size_t slot_count;
	struct link *links;
	size_t link_count, link_cap;
	uint32_t least, most;          /* documents that come */
	uint32_t first;                /* that is fresh */
	struct entry *settling;        /* what was fresh and settles now, in order of term; of GAINS */
	size_t settling_count, settling_cap;
	struct buf settling_terms;
	struct grams grams;
	struct posting *gained;        /* of the term that is written */
	uint32_t *lost;
	size_t gained_cap, lost_cap;
};

static void
grow(struct merging *m)
{
	m->slot_count = m->slot_count ? m->slot_count * 2 : 1024;
	free(m->slots);
	m->slots = need_zeroed(m->slot_count, sizeof *m->slots);
	for (size_t e = 0; e < m->count; e++) {
		size_t i = m->entries[e].hash & (m->slot_count - 1);

		while (m->slots[i])
			i = (i + 1) & (m->slot_count - 1);
		m->slots[i] = (uint32_t)e + 1;
	}
}

static struct entry *
entry_of(struct merging *m, const struct packed *p)
{
	size_t i;

	if (m->count * 2 >= m->slot_count)
		grow(m);
	for (i = p->hash & (m->slot_count - 1); m->slots[i]; i = (i + 1) & (m->slot_count - 1)) {
		struct entry *e = &m->entries[m->slots[i] - 1];

		if (e->hash == p->hash && bytes_equal(e->term, p->term))
			return e;
	}
	m->entries = need_room(m->entries, m->count, &m->cap, sizeof *m->entries);
	m->slots[i] = (uint32_t)m->count + 1;
	m->entries[m->count] = (struct entry){ p->term, p->hash, { NONE, NONE }, { NONE, NONE } };
	return &m->entries[m->count++];
}

static void
chain(struct merging *m, struct entry *e, enum merging_side side, const struct posting *p)
{
	m->links = need_room(m->links, m->link_count, &m->link_cap, sizeof *m->links);
	m->links[m->link_count] = (struct link){ NONE, *p };
	if (e->first[side] == NONE)
		e->first[side] = (uint32_t)m->link_count;
	else
		m->links[e->last[side]].next = (uint32_t)m->link_count;
	e->last[side] = (uint32_t)m->link_count++;
}

struct merging *
merging_new(void)
{
	struct merging *m = need_zeroed(1, sizeof *m);

	m->least = NONE;
	return m;
}

void
merging_add(struct merging *m, const struct terms *terms, uint32_t doc, enum merging_side side)
{
	struct packed p;

	if (side == MERGING_GAINS) {
		m->least = doc < m->least ? doc : m->least;
		m->most = doc;
	}
	for (size_t at = 0; terms_next(terms, &at, &p);)
		chain(m, entry_of(m, &p), side, &(struct posting){ doc, p.weight, p.fields });
}

static int
by_term(const void *a, const void *b)
{
	return bytes_compare(((const struct entry *)a)->term, ((const struct entry *)b)->term);
}

/* --- what has settled and what is fresh --- */

static void
read_first(struct merging *m, struct store_txn *t)
{
	struct bytes v;

	m->first = txn_get(t, STORE_META, bytes_text(FIRST), &v) && v.len == 4 ? get_u32(v.p) : m->least;
}

static void
write_first(struct merging *m, struct store_txn *t)
{
	uint8_t v[4];

	put_u32(v, m->first);
	txn_put(t, STORE_META, bytes_text(FIRST), BYTES_OF(v));
}

/* The entry of TERM, whose blocks stand together: the last one, or a new one behind it. */
static struct entry *
settling_of(struct merging *m, struct bytes term)
{
	struct entry *e = m->settling_count ? &m->settling[m->settling_count - 1] : NULL;

	if (e && bytes_equal(e->term, term))
		return e;
	m->settling = need_room(m->settling, m->settling_count, &m->settling_cap, sizeof *m->settling);
	e = &m->settling[m->settling_count++];
	*e = (struct entry){ { m->settling_terms.p + m->settling_terms.len, term.len }, 0, { NONE, NONE }, { NONE, NONE } };
	buf_put_bytes(&m->settling_terms, term);
	return e;
}

/* A copy of all that is fresh: what is borrowed from the store ends when it is written to. */
static void
gather_fresh(struct merging *m, struct store_txn *t)
{
	static const struct bytes all;
	struct store_cursor *c = cursor_open(t, STORE_FRESH);

	buf_reserve(&m->settling_terms, txn_count(t, STORE_FRESH) * TERM_MOST);
	for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
		struct bytes term = { cursor_key(c).p, cursor_key(c).len - BLOCK_NAME }, block = cursor_value(c);
		struct entry *e = settling_of(m, term);

		for (size_t at = 0; at < block.len; at += POSTING_LEN) {
			struct posting p = posting_at(block.p + at);

			chain(m, e, MERGING_GAINS, &p);
		}
	}
	cursor_close(c);
	txn_empty(t, STORE_FRESH);
}

/* --- writing --- */

static size_t
take_gained(struct merging *m, const struct entry *e, size_t count)
{
	for (uint32_t i = e ? e->first[MERGING_GAINS] : NONE; i != NONE; i = m->links[i].next) {
		m->gained = need_room(m->gained, count, &m->gained_cap, sizeof *m->gained);
		m->gained[count++] = m->links[i].posting;
	}
	return count;
}

/* Of the documents that go those that are FRESH, or those that are not. */
static size_t
take_lost(struct merging *m, const struct entry *e, bool fresh)
{
	size_t count = 0;

	for (uint32_t i = e ? e->first[MERGING_LOSES] : NONE; i != NONE; i = m->links[i].next) {
		if ((m->links[i].posting.doc >= m->first) != fresh)
			continue;
		m->lost = need_room(m->lost, count, &m->lost_cap, sizeof *m->lost);
		m->lost[count++] = m->links[i].posting.doc;
	}
	return count;
}

static void
write_fresh(struct merging *m, struct store_txn *t, const struct entry *e, bool gains)
{
	size_t lost = take_lost(m, e, true), gained = gains ? take_gained(m, e, 0) : 0;
	bool was, is;

	if (lost + gained > 0)
		postings_change(t, STORE_FRESH, e->term, &(struct postings_delta){ m->lost, lost, m->gained, gained }, &was, &is);
}

/* What settled comes before what is new. */
static void
write_settled(struct merging *m, struct store_txn *t, const struct entry *e, const struct entry *settling, bool gains)
{
	size_t lost = take_lost(m, e, false), gained = take_gained(m, settling, 0);
	struct bytes term = e ? e->term : settling->term;
	bool was, is;

	if (gains)
		gained = take_gained(m, e, gained);
	if (lost + gained == 0)
		return;
	postings_change(t, STORE_POST, term, &(struct postings_delta){ m->lost, lost, m->gained, gained }, &was, &is);
	if (term.p[0] == TERM_WORD && was != is)
		grams_note(&m->grams, (struct bytes){ term.p + 1, term.len - 1 }, is);
}

/* Both lists in order of term, each term once. */
static void
write_all(struct merging *m, struct store_txn *t, bool settles)
{
	for (size_t i = 0, k = 0; i < m->count || k < m->settling_count;) {
		const struct entry *e = i < m->count ? &m->entries[i] : NULL;
		const struct entry *s = k < m->settling_count ? &m->settling[k] : NULL;
		int order = e && s ? by_term(e, s) : e ? -1 : 1;

		i += order <= 0;
		k += order >= 0;
		write_settled(m, t, order <= 0 ? e : NULL, order >= 0 ? s : NULL, settles);
	}
}

void
merging_write(struct merging *m, struct store_txn *t)
{
	bool settles;

	read_first(m, t);
	settles = m->least != NONE && m->most - m->first >= FRESH_MOST;
	if (m->count > 0)
		qsort(m->entries, m->count, sizeof *m->entries, by_term);
	for (size_t i = 0; i < m->count; i++)
		write_fresh(m, t, &m->entries[i], !settles);
	if (settles)
		gather_fresh(m, t);
	write_all(m, t, settles);
	grams_write(&m->grams, t);
	if (settles)
		m->first = m->most + 1;
	if (m->first != NONE)
		write_first(m, t);
	buf_free(&m->settling_terms);
	free(m->settling);
	free(m->entries);
	free(m->slots);
	free(m->links);
	free(m->gained);
	free(m->lost);
	free(m);
}

void
merging_clear(struct store_txn *t)
{
	txn_delete(t, STORE_META, bytes_text(FIRST));
	txn_empty(t, STORE_POST);
	txn_empty(t, STORE_FRESH);
	txn_empty(t, STORE_GRAM);
}
