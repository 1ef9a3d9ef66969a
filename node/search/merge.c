/* Of each term the documents that it loses and gains, so that each is written once. */
#include "node/search/inside.h"

#include <stdlib.h>

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
	if (m->count == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 512;
		m->entries = need_realloc(m->entries, m->cap * sizeof *m->entries);
	}
	m->slots[i] = (uint32_t)m->count + 1;
	m->entries[m->count] = (struct entry){ p->term, p->hash, { NONE, NONE }, { NONE, NONE } };
	return &m->entries[m->count++];
}

static void
chain(struct merging *m, struct entry *e, enum merging_side side, const struct posting *p)
{
	if (m->link_count == m->link_cap) {
		m->link_cap = m->link_cap ? m->link_cap * 2 : 4096;
		m->links = need_realloc(m->links, m->link_cap * sizeof *m->links);
	}
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
	return need_zeroed(1, sizeof(struct merging));
}

void
merging_add(struct merging *m, const struct terms *terms, uint32_t doc, enum merging_side side)
{
	struct packed p;

	for (size_t at = 0; terms_next(terms, &at, &p);)
		chain(m, entry_of(m, &p), side, &(struct posting){ doc, p.weight, p.fields });
}

static int
by_term(const void *a, const void *b)
{
	return bytes_compare(((const struct entry *)a)->term, ((const struct entry *)b)->term);
}

static void
write_term(struct merging *m, struct store_txn *t, const struct entry *e)
{
	size_t gained = 0, lost = 0;
	bool was, is;

	for (uint32_t i = e->first[MERGING_GAINS]; i != NONE; i = m->links[i].next) {
		if (gained == m->gained_cap) {
			m->gained_cap = m->gained_cap ? m->gained_cap * 2 : 64;
			m->gained = need_realloc(m->gained, m->gained_cap * sizeof *m->gained);
		}
		m->gained[gained++] = m->links[i].posting;
	}
	for (uint32_t i = e->first[MERGING_LOSES]; i != NONE; i = m->links[i].next) {
		if (lost == m->lost_cap) {
			m->lost_cap = m->lost_cap ? m->lost_cap * 2 : 64;
			m->lost = need_realloc(m->lost, m->lost_cap * sizeof *m->lost);
		}
		m->lost[lost++] = m->links[i].posting.doc;
	}
	postings_change(t, e->term, m->lost, lost, m->gained, gained, &was, &is);
	if (e->term.p[0] == TERM_WORD && was != is)
		grams_note(&m->grams, (struct bytes){ e->term.p + 1, e->term.len - 1 }, is);
}

void
merging_write(struct merging *m, struct store_txn *t)
{
	if (m->count > 0)
		qsort(m->entries, m->count, sizeof *m->entries, by_term);
	for (size_t i = 0; i < m->count; i++)
		write_term(m, t, &m->entries[i]);
	grams_write(&m->grams, t);
	free(m->entries);
	free(m->slots);
	free(m->links);
	free(m->gained);
	free(m->lost);
	free(m);
}
