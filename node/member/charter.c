/* Which charters are adopted, and which of them is current: proto/membership.md section 3. */
#include "node/member/internal.h"

#include <string.h>

#include "proto/kind.h"

static int
order_to_link(const void *id, const void *link)
{
	return id_compare(id, &((const struct link *)link)->id);
}

static int
order_numbers(const void *a, const void *b)
{
	return order_u32(*(const uint32_t *)a, *(const uint32_t *)b);
}

static void
sort_numbers(struct numbers *l)
{
	if (l->count > 1)
		qsort(l->n, l->count, sizeof *l->n, order_numbers);
}

const struct link *
link_find(const struct membership *m, const struct id *id)
{
	return m->charter_count ?
	    bsearch(id, m->charters, m->charter_count, sizeof *m->charters, order_to_link) : NULL;
}

/* Records come by id, so charters do too. A charter without a parent is the first one or nothing. */
void
charters_gather(struct membership *m, struct build *b)
{
	m->charters = need_zeroed(b->record_count + 1, sizeof *m->charters);
	for (size_t i = 0; i < b->record_count; i++) {
		const struct verified *v = b->records[i];
		struct link *l = &m->charters[m->charter_count];
		const struct body_coordinator *c;

		if (v->record.kind != KIND_CHARTER || !body_charter(&v->record, &l->body))
			continue;
		c = l->body.coordinators.items;
		if (id_is_zero(&l->body.parent) != id_equal(&v->id, &m->network) ||
		    (id_is_zero(&l->body.parent) && !id_equal(&c[0].key, &v->record.author))) {
			body_free(&l->body.coordinators);
			body_free(&l->body.rolls);
			continue;
		}
		l->id = v->id;
		l->parent_id = l->body.parent;
		l->stamp = v->record.stamp;
		l->threshold = (unsigned)l->body.threshold;
		l->record = v;
		for (size_t k = 0; k < l->body.coordinators.count; k++)
			keys_add(&m->keys, &c[k].key);
		m->charter_count++;
	}
}

void
charters_index(struct membership *m)
{
	for (size_t i = 0; i < m->charter_count; i++) {
		struct link *l = &m->charters[i];
		const struct body_coordinator *c = l->body.coordinators.items;
		const struct link *parent = id_is_zero(&l->parent_id) ? NULL : link_find(m, &l->parent_id);

		l->author = keys_find(&m->keys, &l->record->record.author);
		l->parent = parent ? (uint32_t)(parent - m->charters) : NONE;
		l->coordinators.count = l->body.coordinators.count;
		l->coordinators.n = need_alloc(l->coordinators.count * sizeof(uint32_t));
		for (size_t k = 0; k < l->coordinators.count; k++)
			l->coordinators.n[k] = keys_find(&m->keys, &c[k].key);
		sort_numbers(&l->coordinators);
	}
}

/* A roll of that body by somebody whom the parent lists. Rolls are sorted by (hash, author). */
static const struct roll *
find_roll(const struct build *b, const struct id *hash, const struct numbers *may)
{
	size_t from = 0, to = b->roll_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_compare(&b->rolls[middle].hash, hash) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < b->roll_count && id_equal(&b->rolls[from].hash, hash); from++)
		if (numbers_has(may, b->rolls[from].author))
			return &b->rolls[from];
	return NULL;
}

/* "A charter is not adopted before its rolls are held." */
static bool
hold_rolls(const struct build *b, struct link *l, const struct link *parent)
{
	const struct id *hashes = l->body.rolls.items;

	l->rolls = need_zeroed(l->body.rolls.count + 1, sizeof *l->rolls);
	for (l->roll_count = 0; l->roll_count < l->body.rolls.count; l->roll_count++)
		if (!(l->rolls[l->roll_count] = find_roll(b, &hashes[l->roll_count], &parent->listed)))
			return false;
	return true;
}

static bool
is_final(const struct membership *m, const struct link *l, uint32_t key)
{
	for (;; l = &m->charters[l->parent]) {
		if (numbers_has(&l->final, key))
			return true;
		if (l->parent == NONE)
			return false;
	}
}

static bool
repeats(const struct numbers *l)
{
	for (size_t i = 1; i < l->count; i++)
		if (l->n[i - 1] == l->n[i])
			return true;
	return false;
}

/* Every entry into one of three sorted lists. False: somebody is listed twice. */
static bool
sort_entries(const struct membership *m, struct link *l, struct numbers *active)
{
	struct numbers all = { NULL, 0 };
	size_t n = 0;
	bool ok;

	for (size_t i = 0; i < l->roll_count; i++)
		n += l->rolls[i]->body.entries.count;
	all.n = need_alloc((n + 1) * sizeof *all.n);
	active->n = need_alloc((n + 1) * sizeof *active->n);
	l->final.n = need_alloc((n + 1) * sizeof *l->final.n);
	for (size_t i = 0; i < l->roll_count; i++) {
		const struct body_entry *e = l->rolls[i]->body.entries.items;

		for (size_t k = 0; k < l->rolls[i]->body.entries.count; k++) {
			uint32_t key = keys_find(&m->keys, &e[k].key);

			all.n[all.count++] = key;
			if (e[k].state == ENTRY_ACTIVE)
				active->n[active->count++] = key;
			else if (e[k].state != ENTRY_SUSPENDED)
				l->final.n[l->final.count++] = key;
		}
	}
	sort_numbers(&all);
	sort_numbers(active);
	sort_numbers(&l->final);
	ok = !repeats(&all);
	free(all.n);
	return ok;
}

/*
 * What the charter itself lists active: coordinators and active entries, never one that a roll on the way here has
 * called removed or succeeded. False: it lists somebody twice, or names such a one as coordinator.
 */
static bool
list_active(const struct membership *m, struct link *l)
{
	struct numbers active = { NULL, 0 };
	bool ok = sort_entries(m, l, &active);

	l->listed.n = need_alloc((active.count + l->coordinators.count) * sizeof(uint32_t));
	for (size_t i = 0; i < l->coordinators.count; i++) {
		ok = ok && !is_final(m, l, l->coordinators.n[i]);
		l->listed.n[l->listed.count++] = l->coordinators.n[i];
	}
	for (size_t i = 0; i < active.count; i++)
		if (!is_final(m, l, active.n[i]) && !numbers_has(&l->coordinators, active.n[i]))
			l->listed.n[l->listed.count++] = active.n[i];
	sort_numbers(&l->listed);
	free(active.n);
	return ok;
}

/* Approvals are votes without a subject, sorted by charter first and author late: mark, then count. */
static bool
is_approved(const struct build *b, uint32_t charter, const struct link *l, const struct link *parent)
{
	size_t coordinators = 0, listed = 0, fresh = 0, newly = 0, from = 0, to = b->vote_count;
	uint32_t last = NONE;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (b->order[middle]->charter < charter)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < b->vote_count && b->order[from]->charter == charter; from++) {
		uint32_t who = b->order[from]->author;

		if (b->order[from]->kind != KIND_APPROVAL || who == last)
			continue;
		last = who;
		coordinators += numbers_has(&parent->coordinators, who);
		listed += numbers_has(&parent->listed, who);
		fresh += numbers_has(&l->coordinators, who) && !numbers_has(&parent->coordinators, who);
	}
	for (size_t i = 0; i < l->coordinators.count; i++)
		newly += !numbers_has(&parent->coordinators, l->coordinators.n[i]);
	/* "a majority of the parent's coordinators, or two thirds of the organisations the parent itself lists
	 * active, approved it, and each newly named coordinator too" */
	return fresh == newly &&
	    (coordinators >= majority_of(parent->coordinators.count) || 3 * listed >= 2 * parent->listed.count);
}

static void
unlist(struct link *l)
{
	free(l->listed.n);
	free(l->final.n);
	free(l->rolls);
	l->listed = l->final = (struct numbers){ NULL, 0 };
	l->rolls = NULL;
	l->roll_count = 0;
}

static void
try_adopt(const struct membership *m, const struct build *b, struct link *l)
{
	const struct link *parent = l->parent == NONE ? NULL : &m->charters[l->parent];

	l->proposed = !parent || numbers_has(&parent->listed, l->author);
	l->adopted = l->proposed && (!parent || is_approved(b, (uint32_t)(l - m->charters), l, parent)) &&
	    hold_rolls(b, l, parent) && list_active(m, l);
	l->depth = parent ? parent->depth + 1 : 0;
	if (!l->adopted)
		unlist(l);
}

struct child {
	uint32_t parent, self;
};

static int
order_children(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	int d = order_u32(x->parent, y->parent);

	return d ? d : order_u32(x->self, y->self);
}

/* The first of PARENT's children; from there on they stand together, smaller ids first. */
static size_t
first_child(const struct child *children, size_t count, uint32_t parent)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (children[middle].parent < parent)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* From the first charter down; returns how many are adopted, in QUEUE, parents before children. */
static size_t
adopt_all(struct membership *m, const struct build *b, const struct child *children, uint32_t first,
    uint32_t *queue)
{
	size_t n = 0;

	try_adopt(m, b, &m->charters[first]);
	if (m->charters[first].adopted)
		queue[n++] = first;
	for (size_t at = 0; at < n; at++) {
		size_t adopted = 0;

		for (size_t i = first_child(children, m->charter_count, queue[at]);
		     i < m->charter_count && children[i].parent == queue[at]; i++) {
			struct link *l = &m->charters[children[i].self];

			try_adopt(m, b, l);
			if (l->adopted) {
				queue[n++] = children[i].self;
				adopted++;
			}
		}
		m->fork |= adopted > 1;
	}
	for (size_t i = n; i-- > 1;) {
		const struct link *l = &m->charters[queue[i]];
		struct link *parent = &m->charters[l->parent];

		if (parent->height < l->height + 1)
			parent->height = l->height + 1;
	}
	return n;
}

/* "It takes the deepest chain, then the smaller id": children come with the smaller id first. */
static uint32_t
descend(const struct membership *m, const struct child *children, uint32_t from)
{
	uint32_t best = NONE;

	for (size_t i = first_child(children, m->charter_count, from);
	     i < m->charter_count && children[i].parent == from; i++) {
		const struct link *l = &m->charters[children[i].self];

		if (l->adopted && (best == NONE || l->height > m->charters[best].height))
			best = children[i].self;
	}
	return best;
}

static void
set_path(struct membership *m, uint32_t last)
{
	m->path_len = m->charters[last].depth + 1;
	m->path = need_alloc(m->path_len * sizeof *m->path);
	for (size_t i = m->path_len; i-- > 0; last = m->charters[last].parent) {
		m->path[i] = last;
		m->charters[last].on_path = true;
	}
}

static void
set_current(struct membership *m, const struct link *l)
{
	struct charter *c = &m->current;

	c->id = l->id;
	c->parent = l->parent_id;
	memcpy(c->name, l->body.name.p, l->body.name.len);
	c->depth = l->depth;
	c->threshold = l->threshold;
	c->coordinators = (unsigned)l->coordinators.count;
	c->quotas.keys = (uint32_t)l->body.keys;
	c->quotas.writes_day = (uint32_t)l->body.writes_day;
	c->has_roll = l->body.rolls.count > 0;
}

void
charters_adopt(struct membership *m, const struct build *b)
{
	const struct link *first = link_find(m, &m->network), *branch = link_find(m, &b->in->branch);
	struct child *children = need_alloc((m->charter_count + 1) * sizeof *children);
	uint32_t *queue = need_alloc((m->charter_count + 1) * sizeof *queue), at, next;

	for (uint32_t i = 0; i < m->charter_count; i++)
		children[i] = (struct child){ m->charters[i].parent, i };
	qsort(children, m->charter_count, sizeof *children, order_children);
	if (first && adopt_all(m, b, children, (uint32_t)(first - m->charters), queue) > 0) {
		m->holds_branch = id_is_zero(&b->in->branch) || (branch && branch->adopted);
		at = (uint32_t)((branch && branch->adopted ? branch : first) - m->charters);
		while ((next = descend(m, children, at)) != NONE)
			at = next;
		set_path(m, at);
		set_current(m, &m->charters[at]);
	}
	free(children);
	free(queue);
}

void
charters_done(struct membership *m)
{
	for (size_t i = 0; i < m->charter_count; i++) {
		struct link *l = &m->charters[i];

		body_free(&l->body.coordinators);
		body_free(&l->body.rolls);
		free(l->rolls);
		l->rolls = NULL;
		l->record = NULL;
	}
}

void
charters_free(struct membership *m)
{
	for (size_t i = 0; i < m->charter_count; i++) {
		free(m->charters[i].coordinators.n);
		free(m->charters[i].listed.n);
		free(m->charters[i].final.n);
	}
	free(m->charters);
	free(m->path);
}
