/* Who is a member: coordinators, roll and votes of each charter on the way; proto/membership.md section 4. */
#include "node/member/internal.h"

#include <assert.h>
#include <string.h>

#include "proto/calendar.h"
#include "proto/kind.h"
#include "proto/stamp.h"

#define NEVER_HOUR INT64_MAX

/* One organisation, while the charters are walked from the first to the current one. */
struct person {
	/* carried from charter to charter */
	bool ever;
	enum member_state final;        /* MEMBER_REMOVED, MEMBER_SUCCEEDED by a roll; MEMBER_NEVER: not */
	enum member_state state;
	int64_t since, until, coordinator_since;
	uint64_t cutoff;
	uint32_t successor;             /* NONE: none */
	uint32_t heir_of;               /* came in by following that key; NONE: otherwise */
	uint32_t heir;                  /* under the charter before, followed by that key; NONE: not */
	struct bytes name;
	uint16_t territory;
	enum member_class class;
	/* of one charter */
	bool here, coordinator, was_coordinator, roll_suspended;
	bool decided;                   /* admitted by votes: the three fields below count */
	unsigned admits;
	const struct vote *admit;
	int64_t admit_hour;
	unsigned suspenders, reinstaters;
	int64_t suspend_hour, suspend_until, reinstate_hour;
	uint64_t suspend_stamp;         /* the very first suspend */
	int64_t removed_hour;
	uint32_t edge;                  /* the one succession away from here, NONE */
	uint32_t edges_from, edges_to;  /* how many count */
};
struct edge {
	uint32_t from, to;
	int64_t hour;                   /* in force */
	uint64_t first;                 /* first vote's stamp */
};
struct walk {
	struct membership *m;
	struct build *b;
	const struct link *charter;
	bool last;                      /* the current charter */
	struct person *people;
	struct edge *edges;
	size_t edge_count, edge_cap;
};
/* Votes of one charter, subject, kind. */
struct run {
	struct vote **votes;
	size_t count;
};

/* First stamps of at most LIMIT_COORDINATORS coordinators; the k-th smallest decides when it began. */
struct firsts {
	uint64_t stamps[LIMIT_COORDINATORS];
	unsigned count;
};

static void
add_first(struct firsts *f, uint64_t stamp)
{
	unsigned i = f->count++;

	assert(f->count <= LIMIT_COORDINATORS);
	for (; i > 0 && f->stamps[i - 1] > stamp; i--)
		f->stamps[i] = f->stamps[i - 1];
	f->stamps[i] = stamp;
}

static unsigned
two_or_all(const struct link *l)
{
	return l->coordinators.count < 2 ? (unsigned)l->coordinators.count : 2;
}

/* The end of the votes from I on that have the same author and group. */
static size_t
same_author(const struct run *r, size_t i)
{
	size_t end = i + 1;

	while (end < r->count && r->votes[end]->author == r->votes[i]->author &&
	       id_equal(&r->votes[end]->group, &r->votes[i]->group))
		end++;
	return end;
}

/* The coordinators' first stamps of the group that begins at I; returns its end. */
static size_t
read_group(const struct run *r, size_t i, struct firsts *out)
{
	const struct id *group = &r->votes[i]->group;

	out->count = 0;
	while (i < r->count && id_equal(&r->votes[i]->group, group)) {
		add_first(out, r->votes[i]->stamp);
		i = same_author(r, i);
	}
	return i;
}

static void
add_pending(struct walk *w, const struct vote *v, unsigned have)
{
	struct membership *m = w->m;
	struct member_pending *p;

	m->pending = need_room(m->pending, m->pending_count, &m->pending_cap, sizeof *m->pending);
	p = &m->pending[m->pending_count++];
	memset(p, 0, sizeof *p);
	p->subject = v->body.subject;
	memcpy(p->name, v->body.name.p, v->body.name.len);
	p->territory = v->body.territory;
	p->class = (enum member_class)v->body.class;
	p->have = have;
	p->need = w->charter->threshold;
}

/*
 * "Admits count together only when all three are equal; smallest hash wins a tie": of the groups that reached the
 * threshold the one with most coordinators, then the smaller hash. Groups come with the smaller hash first.
 */
static void
tally_admission(struct walk *w, const struct run *r)
{
	struct person *p = &w->people[r->votes[0]->subject];
	unsigned need = w->charter->threshold;
	struct firsts f;

	for (size_t i = 0, end; i < r->count; i = end) {
		end = read_group(r, i, &f);
		if (f.count < need || f.count <= p->admits)
			continue;
		p->decided = true;
		p->admits = f.count;
		p->admit = r->votes[i];
		p->admit_hour = hour_of(f.stamps[need - 1]);
	}
	if (!w->last || p->decided || p->here || p->final != MEMBER_NEVER)
		return;
	for (size_t i = 0, end; i < r->count; i = end) {
		end = read_group(r, i, &f);
		add_pending(w, r->votes[i], f.count);
	}
}

/* "Of a coordinator's standing votes on one subject the newest counts"; her first of that action begins it. */
static void
tally_standing(struct walk *w, const struct run *r)
{
	struct person *p = &w->people[r->votes[0]->subject];
	unsigned majority = majority_of(w->charter->coordinators.count);
	struct firsts suspends = { .count = 0 }, reinstates = { .count = 0 };

	for (size_t i = 0, end; i < r->count; i = end) {
		uint64_t first[2] = { UINT64_MAX, UINT64_MAX };
		uint8_t newest;

		end = same_author(r, i);
		for (size_t k = i; k < end; k++)
			if (r->votes[k]->stamp < first[r->votes[k]->body.action])
				first[r->votes[k]->body.action] = r->votes[k]->stamp;
		newest = r->votes[end - 1]->body.action;
		add_first(newest == ACTION_SUSPEND ? &suspends : &reinstates, first[newest]);
		if (first[ACTION_SUSPEND] < p->suspend_stamp)
			p->suspend_stamp = first[ACTION_SUSPEND];
	}
	p->suspenders = suspends.count;
	p->reinstaters = reinstates.count;
	if (suspends.count > 0)
		p->suspend_hour = hour_of(suspends.stamps[0]);
	if (suspends.count == 1)
		p->suspend_until = p->suspend_hour + SUSPENSION_HOURS;
	if (reinstates.count >= majority)
		p->reinstate_hour = hour_of(reinstates.stamps[majority - 1]);
}

static void
tally_removal(struct walk *w, const struct run *r)
{
	unsigned majority = majority_of(w->charter->coordinators.count);
	struct firsts f;

	read_group(r, 0, &f);
	if (f.count >= majority)
		w->people[r->votes[0]->subject].removed_hour = hour_of(f.stamps[majority - 1]);
}

static void
tally_succession(struct walk *w, const struct run *r)
{
	unsigned need = two_or_all(w->charter);
	struct firsts f;

	for (size_t i = 0, end; i < r->count; i = end) {
		const struct vote *v = r->votes[i];

		end = read_group(r, i, &f);
		if (f.count < need)
			continue;
		w->edges = need_room(w->edges, w->edge_count, &w->edge_cap, sizeof *w->edges);
		w->edges[w->edge_count++] = (struct edge){ v->subject, v->new_key, hour_of(f.stamps[need - 1]) +
			(w->people[v->subject].heir == v->new_key ? 0 : SUCCESSION_HOURS), f.stamps[0] };
	}
}

static const struct {
	uint32_t kind;
	void (*tally)(struct walk *w, const struct run *r);
} tallies[] = {
	{ KIND_ADMISSION, tally_admission },
	{ KIND_STANDING, tally_standing },
	{ KIND_REMOVAL, tally_removal },
	{ KIND_SUCCESSION, tally_succession },
};

static bool
same_run(const struct vote *a, const struct vote *b)
{
	return a->subject == b->subject && a->kind == b->kind;
}

static void
tally_charter(struct walk *w, struct vote **votes, size_t count)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && same_run(votes[i], votes[end]); end++)
			continue;
		for (size_t k = 0; k < sizeof tallies / sizeof *tallies; k++)
			if (tallies[k].kind == votes[i]->kind)
				tallies[k].tally(w, &(struct run){ &votes[i], end - i });
	}
}

/* A new charter: what only votes had decided is gone, and whoever it does not name fell out. */
static void
begin_charter(struct walk *w)
{
	for (size_t i = 0; i < w->m->keys.count; i++) {
		struct person *p = &w->people[i];

		p->heir = p->final == MEMBER_NEVER && p->state == MEMBER_SUCCEEDED ? p->successor : NONE;
		if (p->ever && p->final == MEMBER_NEVER && p->state != MEMBER_FALLEN) {
			p->state = MEMBER_FALLEN;
			p->since = hour_of(w->charter->stamp);
		}
		p->was_coordinator = p->coordinator;
		p->here = p->coordinator = p->roll_suspended = p->decided = false;
		p->admits = p->suspenders = p->reinstaters = p->edges_from = p->edges_to = 0;
		p->suspend_hour = p->reinstate_hour = p->removed_hour = NEVER_HOUR;
		p->suspend_stamp = UINT64_MAX;
		p->suspend_until = p->until = 0;
		p->edge = NONE;
		if (p->final == MEMBER_NEVER)
			p->successor = NONE;
	}
	w->edge_count = 0;
}

static void
enter(struct person *p, struct bytes name, uint16_t territory, uint8_t class, int64_t since)
{
	p->here = p->ever = true;
	p->heir_of = NONE;
	p->state = MEMBER_ACTIVE;
	p->since = since;
	p->name = name;
	p->territory = territory;
	p->class = (enum member_class)class;
}

/* "Coordinators: members by being named." */
static void
settle_coordinators(struct walk *w)
{
	const struct body_coordinator *c = w->charter->body.coordinators.items;

	for (size_t i = 0; i < w->charter->body.coordinators.count; i++) {
		struct person *p = &w->people[keys_find(&w->m->keys, &c[i].key)];

		if (!p->was_coordinator)
			p->coordinator_since = hour_of(w->charter->stamp);
		enter(p, c[i].name, c[i].territory, c[i].class, p->coordinator_since);
		p->coordinator = true;
	}
}

static uint64_t
stamp_of_hour(int64_t hour)
{
	return stamp_make(hour * HOUR_MS, 0);
}

/* Removed and succeeded are final: no later charter of this line changes them. */
static void
settle_entry(struct walk *w, const struct body_entry *e)
{
	struct person *p = &w->people[keys_find(&w->m->keys, &e->key)];
	int64_t since = (int64_t)e->since;

	if (p->coordinator || p->final != MEMBER_NEVER)
		return;
	enter(p, e->name, e->territory, e->class, since);
	p->roll_suspended = e->state == ENTRY_SUSPENDED;
	if (p->roll_suspended)
		p->state = MEMBER_SUSPENDED;
	if (e->state == ENTRY_ACTIVE || e->state == ENTRY_SUSPENDED)
		return;
	p->here = false;
	p->state = p->final = e->state == ENTRY_REMOVED ? MEMBER_REMOVED : MEMBER_SUCCEEDED;
	if (e->state == ENTRY_SUCCEEDED) {
		uint64_t voted = stamp_of_hour(since - SUCCESSION_HOURS);

		/* The roll does not say when the first vote came: at the latest when the second one did. */
		p->successor = id_is_zero(&e->successor) ? NONE : keys_find(&w->m->keys, &e->successor);
		if (voted < p->cutoff)
			p->cutoff = voted;
	}
}

static void
settle_roll(struct walk *w)
{
	for (size_t i = 0; i < w->charter->roll_count; i++) {
		const struct list *l = &w->charter->rolls[i]->body.entries;

		for (size_t k = 0; k < l->count; k++)
			settle_entry(w, (const struct body_entry *)l->items + k);
	}
}

/* "Territories are fixed by admission; a change comes with the next charter": the roll goes before votes. */
static void
settle_admissions(struct walk *w)
{
	for (size_t i = 0; i < w->m->keys.count; i++) {
		struct person *p = &w->people[i];

		if (p->decided && !p->here && p->final == MEMBER_NEVER)
			enter(p, p->admit->body.name, p->admit->body.territory, p->admit->body.class,
			    p->admit_hour);
	}
}

/*
 * "Void while two coordinators suspend the new key. The new key was never admitted, other than by following this same
 * old key, and is target of no other succession; any ambiguity voids the edges concerned."
 */
static void
count_edges(struct walk *w)
{
	for (uint32_t i = 0; i < w->edge_count; i++) {
		const struct edge *e = &w->edges[i];
		struct person *from = &w->people[e->from], *to = &w->people[e->to];

		if ((to->ever && to->heir_of != e->from) || to->suspenders >= two_or_all(w->charter))
			continue;
		from->edges_from++;
		from->edge = i;
		to->edges_to++;
	}
}

static void
settle_successions(struct walk *w)
{
	count_edges(w);
	for (size_t i = 0; i < w->m->keys.count; i++) {
		struct person *old = &w->people[i];

		/* A new key may have been followed in turn: go down the line. */
		while (old->here && old->state != MEMBER_SUCCEEDED && old->edges_from == 1 &&
		       old->removed_hour == NEVER_HOUR) {
			const struct edge *e = &w->edges[old->edge];
			struct person *to = &w->people[e->to];

			if (to->edges_to != 1)
				break;
			if (w->m->hour < e->hour) {
				note_hour(w->m, e->hour);
				break;
			}
			enter(to, old->name, old->territory, (uint8_t)old->class, e->hour);
			to->heir_of = e->from;
			old->state = MEMBER_SUCCEEDED;
			old->since = e->hour;
			old->successor = e->to;
			if (e->first < old->cutoff)
				old->cutoff = e->first;
			if (old->suspend_stamp < old->cutoff)
				old->cutoff = old->suspend_stamp;
			old = to;
		}
	}
}

/* "`suspended` there took two and ends only by a majority of reinstates." */
static void
settle_roll_suspended(struct person *p, bool reinstated)
{
	if (reinstated) {
		p->state = MEMBER_ACTIVE;
		p->since = p->reinstate_hour;
	}
}

/*
 * "Suspended while any suspend stands and reinstates are below a majority. A single coordinator's suspends of one
 * subject hold 14 days from her first under this charter, unless a second coordinator joins."
 */
static void
settle_suspended(struct walk *w, struct person *p, bool reinstated)
{
	if (reinstated && p->suspend_stamp != UINT64_MAX && p->reinstate_hour > p->since)
		p->since = p->reinstate_hour;
	if (reinstated || p->suspenders == 0)
		return;
	if (p->suspenders == 1 && w->m->hour >= p->suspend_until) {
		if (p->suspend_until > p->since)
			p->since = p->suspend_until;
		return;
	}
	p->state = MEMBER_SUSPENDED;
	p->since = p->suspend_hour;
	if (p->suspenders == 1) {
		p->until = p->suspend_until;
		if (w->last)
			note_hour(w->m, p->until);
	}
}

/* Standing first, then removal, which is stronger: it is final and begins a clock of its own. */
static void
settle_standing(struct walk *w)
{
	unsigned majority = majority_of(w->charter->coordinators.count);

	for (size_t i = 0; i < w->m->keys.count; i++) {
		struct person *p = &w->people[i];
		bool reinstated = p->reinstaters >= majority;

		if (p->coordinator || !p->ever)
			continue;
		if (p->here && p->roll_suspended && p->state == MEMBER_SUSPENDED)
			settle_roll_suspended(p, reinstated);
		else if (p->here && p->state == MEMBER_ACTIVE)
			settle_suspended(w, p, reinstated);
		if (p->final == MEMBER_NEVER && p->state != MEMBER_SUCCEEDED && p->removed_hour != NEVER_HOUR) {
			p->here = false;
			p->state = MEMBER_REMOVED;
			p->since = p->removed_hour;
			p->until = 0;
		}
		if (w->last && p->state == MEMBER_REMOVED)
			note_hour(w->m, p->since + REMOVED_HOURS);
		if (w->last && p->state == MEMBER_SUCCEEDED)
			note_hour(w->m, p->since + SUCCEEDED_HOURS);
	}
}

/* The votes that count under charter NUMBER, in their order. */
static size_t
counting_votes(const struct build *b, uint32_t number, struct vote **out)
{
	size_t from = 0, to = b->vote_count, n = 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (b->order[middle]->charter < number)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < b->vote_count && b->order[from]->charter == number; from++)
		if (b->order[from]->counts)
			out[n++] = b->order[from];
	return n;
}

/* "Votes on an organisation named in the current charter have no effect. Nobody votes on herself." */
static void
judge_votes(struct membership *m, struct build *b)
{
	for (size_t i = 0; i < b->vote_count; i++) {
		struct vote *v = &b->votes[i];
		const struct link *l = v->charter == NONE ? NULL : &m->charters[v->charter];
		bool two = v->kind == KIND_SUCCESSION;

		v->counts = l && l->adopted && v->kind != KIND_APPROVAL &&
		    numbers_has(&l->coordinators, v->author) && v->author != v->subject &&
		    !numbers_has(&l->coordinators, v->subject) &&
		    !(two && (v->author == v->new_key || v->new_key == v->subject ||
		    numbers_has(&l->coordinators, v->new_key)));
	}
}

static void
add_member(struct membership *m, uint32_t key, const struct person *p)
{
	struct member *x = &m->members[m->member_count];

	x->key = m->keys.ids[key];
	memcpy(x->name, p->name.p, p->name.len);
	x->territory = p->territory;
	x->class = p->class;
	x->state = p->state;
	x->coordinator = p->coordinator;
	x->since_hour = p->since;
	x->suspended_until_hour = p->until;
	if (p->state == MEMBER_SUCCEEDED && p->successor != NONE)
		x->successor = m->keys.ids[p->successor];
	m->cutoffs[m->member_count] = p->cutoff;
	m->member_of[key] = (uint32_t)m->member_count++;
}

static void
collect_members(struct membership *m, const struct person *people)
{
	size_t n = 0;

	for (size_t i = 0; i < m->keys.count; i++)
		n += people[i].ever;
	m->members = need_zeroed(n + 1, sizeof *m->members);
	m->cutoffs = need_zeroed(n + 1, sizeof *m->cutoffs);
	for (size_t i = 0; i < m->keys.count; i++)
		if (people[i].ever)
			add_member(m, (uint32_t)i, &people[i]);
}

/* Whoever was removed, or came in by a succession, waits for nobody. */
static void
prune_pending(struct membership *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->pending_count; i++) {
		enum member_state s = membership_state(m, &m->pending[i].subject);

		if (s == MEMBER_NEVER || s == MEMBER_FALLEN)
			m->pending[n++] = m->pending[i];
	}
	m->pending_count = n;
}

void
votes_tally(struct membership *m, struct build *b)
{
	struct walk w = { .m = m, .b = b };
	struct vote **counting = need_alloc((b->vote_count + 1) * sizeof(struct vote *));

	w.people = need_zeroed(m->keys.count + 1, sizeof *w.people);
	for (size_t i = 0; i < m->keys.count; i++) {
		w.people[i].cutoff = UINT64_MAX;
		w.people[i].successor = w.people[i].heir_of = w.people[i].heir = NONE;
	}
	judge_votes(m, b);
	for (size_t i = 0; i < m->path_len; i++) {
		w.charter = &m->charters[m->path[i]];
		w.last = i + 1 == m->path_len;
		begin_charter(&w);
		settle_coordinators(&w);
		settle_roll(&w);
		tally_charter(&w, counting, counting_votes(b, m->path[i], counting));
		settle_admissions(&w);
		settle_successions(&w);
		settle_standing(&w);
	}
	collect_members(m, w.people);
	prune_pending(m);
	free(counting);
	free(w.people);
	free(w.edges);
}
