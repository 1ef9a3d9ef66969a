#include "node/member/internal.h"

#include <assert.h>
#include <string.h>

#include "proto/calendar.h"
#include "proto/kind.h"
#include "proto/stamp.h"


const char *
member_class_word(enum member_class c)
{
	static const char *const words[] = { "cso", "institution", "observer" };

	assert((unsigned)c < sizeof words / sizeof *words);
	return words[c];
}

const char *
member_state_word(enum member_state s)
{
	static const char *const words[] = { "never", "active", "suspended", "fallen", "removed", "succeeded" };

	assert((unsigned)s < sizeof words / sizeof *words);
	return words[s];
}

int
order_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int
order_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int64_t
hour_of(uint64_t stamp)
{
	return stamp_unix_ms(stamp) / HOUR_MS;
}

void
note_hour(struct membership *m, int64_t hour)
{
	if (hour > m->hour && hour < m->next_hour)
		m->next_hour = hour;
}

/* --- the records, sorted out --- */

static int
order_records(const void *a, const void *b)
{
	return id_compare(&(*(const struct verified *const *)a)->id, &(*(const struct verified *const *)b)->id);
}

/* Each once, in an order of their own: from here on nothing can depend on how they came. */
static void
sort_records(struct build *b)
{
	size_t n = 0;

	b->records = need_alloc((b->in->count + 1) * sizeof(struct verified *));
	for (size_t i = 0; i < b->in->count; i++)
		b->records[i] = &b->in->records[i];
	if (b->in->count > 1)
		qsort(b->records, b->in->count, sizeof(struct verified *), order_records);
	for (size_t i = 0; i < b->in->count; i++)
		if (n == 0 || !id_equal(&b->records[n - 1]->id, &b->records[i]->id))
			b->records[n++] = b->records[i];
	b->record_count = n;
}

/* Authors need no number of their own: whoever may speak is named by a charter or a roll. */
static void
gather_rolls(struct membership *m, struct build *b)
{
	b->rolls = need_zeroed(b->record_count + 1, sizeof *b->rolls);
	for (size_t i = 0; i < b->record_count; i++) {
		struct roll *roll = &b->rolls[b->roll_count];
		const struct body_entry *e;

		if (b->records[i]->record.kind != KIND_ROLL || !body_roll(&b->records[i]->record, &roll->body))
			continue;
		m->hash(&b->records[i]->record.body, 1, &roll->hash);
		roll->record = b->records[i];
		e = roll->body.entries.items;
		for (size_t k = 0; k < roll->body.entries.count; k++) {
			keys_add(&m->keys, &e[k].key);
			if (!id_is_zero(&e[k].successor))
				keys_add(&m->keys, &e[k].successor);
		}
		b->roll_count++;
	}
}

/* What admits must have in common to count together: one hash of name, territory and class. */
static void
hash_admission(const struct membership *m, const struct body_vote *v, struct id *out)
{
	const char letters[2] = { (char)(v->territory >> 8), (char)(v->territory & 0xff) };
	const struct bytes parts[] = { v->name, { (const uint8_t *)"", 1 }, { (const uint8_t *)letters, 2 },
		bytes_text(member_class_word((enum member_class)v->class)) };

	m->hash(parts, sizeof parts / sizeof *parts, out);
}

static void
gather_votes(struct membership *m, struct build *b)
{
	b->votes = need_zeroed(b->record_count + 1, sizeof *b->votes);
	for (size_t i = 0; i < b->record_count; i++) {
		struct vote *v = &b->votes[b->vote_count];

		if (!body_vote(&b->records[i]->record, &v->body))
			continue;
		v->record = b->records[i];
		v->kind = v->record->record.kind;
		v->stamp = v->record->record.stamp;
		keys_add(&m->keys, &v->body.subject);
		if (v->kind == KIND_SUCCESSION)
			keys_add(&m->keys, &v->body.new_key);
		if (v->kind == KIND_ADMISSION)
			hash_admission(m, &v->body, &v->group);
		else
			v->group = v->body.new_key;
		b->vote_count++;
	}
}

static int
order_rolls(const void *a, const void *b)
{
	const struct roll *x = a, *y = b;
	int d = id_compare(&x->hash, &y->hash);

	d = d ? d : order_u32(x->author, y->author);
	return d ? d : id_compare(&x->record->id, &y->record->id);
}

static int
order_votes(const void *a, const void *b)
{
	const struct vote *x = *(const struct vote *const *)a, *y = *(const struct vote *const *)b;
	int d = order_u32(x->charter, y->charter);

	d = d ? d : order_u32(x->kind, y->kind);
	d = d ? d : order_u32(x->subject, y->subject);
	d = d ? d : id_compare(&x->group, &y->group);
	d = d ? d : order_u32(x->author, y->author);
	d = d ? d : order_u64(x->stamp, y->stamp);
	return d ? d : id_compare(&x->record->id, &y->record->id);
}

static void
index_records(struct membership *m, struct build *b)
{
	for (size_t i = 0; i < b->roll_count; i++)
		b->rolls[i].author = keys_find(&m->keys, &b->rolls[i].record->record.author);
	b->order = need_alloc((b->vote_count + 1) * sizeof(struct vote *));
	for (size_t i = 0; i < b->vote_count; i++) {
		struct vote *v = &b->votes[i];
		const struct link *l = link_find(m, &v->body.charter);

		v->charter = l ? (uint32_t)(l - m->charters) : NONE;
		v->author = keys_find(&m->keys, &v->record->record.author);
		v->subject = keys_find(&m->keys, &v->body.subject);
		v->new_key = keys_find(&m->keys, &v->body.new_key);
		b->order[i] = v;
	}
	if (b->roll_count > 1)
		qsort(b->rolls, b->roll_count, sizeof *b->rolls, order_rolls);
	if (b->vote_count > 1)
		qsort(b->order, b->vote_count, sizeof(struct vote *), order_votes);
}

static void
build_free(struct build *b)
{
	for (size_t i = 0; i < b->roll_count; i++)
		body_free(&b->rolls[i].body.entries);
	free(b->records);
	free(b->rolls);
	free(b->votes);
	free(b->order);
}

struct membership *
membership_compute(const struct member_input *in)
{
	struct membership *m = need_zeroed(1, sizeof *m);
	struct build b = { .in = in };

	m->network = in->network;
	m->hour = in->hour;
	m->next_hour = INT64_MAX;
	m->hash = in->hash;
	sort_records(&b);
	charters_gather(m, &b);
	gather_rolls(m, &b);
	gather_votes(m, &b);
	expected_keys(m, &b);
	keys_seal(&m->keys);
	charters_index(m);
	index_records(m, &b);
	charters_adopt(m, &b);
	m->member_of = need_alloc((m->keys.count + 1) * sizeof *m->member_of);
	for (size_t i = 0; i < m->keys.count; i++)
		m->member_of[i] = NONE;
	votes_tally(m, &b);
	expected_gather(m, &b);
	nodes_gather(m, &b);
	log_gather(m, &b);
	carry_gather(m, &b);
	charters_done(m);
	build_free(&b);
	return m;
}

void
membership_free(struct membership *m)
{
	if (!m)
		return;
	charters_free(m);
	nodes_free(m);
	free(m->keys.ids);
	free(m->members);
	free(m->cutoffs);
	free(m->member_of);
	free(m->events);
	free(m->texts);
	free(m->pending);
	free(m->expected);
	free(m->carried);
	free(m);
}

/* --- reading --- */

const struct charter *
membership_charter(const struct membership *m)
{
	return m->path_len ? &m->current : NULL;
}

bool
membership_is_fork(const struct membership *m)
{
	return m->fork;
}

bool
membership_holds_branch(const struct membership *m)
{
	return m->holds_branch;
}

static uint32_t
member_index(const struct membership *m, const struct id *key)
{
	uint32_t n = keys_find(&m->keys, key);

	return n == NONE ? NONE : m->member_of[n];
}

const struct member *
membership_find(const struct membership *m, const struct id *key)
{
	uint32_t i = member_index(m, key);

	return i == NONE ? NULL : &m->members[i];
}

size_t
membership_count(const struct membership *m)
{
	return m->member_count;
}

const struct member *
membership_at(const struct membership *m, size_t i)
{
	return i < m->member_count ? &m->members[i] : NULL;
}

enum member_state
membership_state(const struct membership *m, const struct id *key)
{
	const struct member *x = membership_find(m, key);

	return x ? x->state : MEMBER_NEVER;
}

int64_t
membership_next_hour(const struct membership *m)
{
	return m->next_hour;
}

/* --- what belongs to the set: proto/membership.md section 5 --- */

typedef enum member_standing judge_fn(const struct membership *m, const struct record *r,
    const struct id *record_id);

static bool
lists(const struct membership *m, const struct numbers *l, const struct id *key)
{
	uint32_t n = keys_find(&m->keys, key);

	return n != NONE && numbers_has(l, n);
}

/* Only the parent (field 32) and the author decide, so that versions which know more fields or codes keep the same set. */
static enum member_standing
judge_charter(const struct membership *m, const struct record *r, const struct id *record_id)
{
	const struct link *parent;
	struct id parent_id;

	if (id_equal(record_id, &m->network))
		return STANDING_IN;
	if (!body_names(r, &parent_id))
		return STANDING_REFUSED;
	parent = link_find(m, &parent_id);
	if (!parent || !parent->adopted)
		return STANDING_ASIDE;
	return lists(m, &parent->listed, &r->author) ? STANDING_IN : STANDING_REFUSED;
}

static enum member_standing
judge_approval(const struct membership *m, const struct record *r, const struct id *record_id)
{
	const struct link *l, *parent;
	struct id id;

	(void)record_id;
	if (!body_names(r, &id))
		return STANDING_REFUSED;
	if (!(l = link_find(m, &id)))
		return STANDING_ASIDE;
	parent = l->parent == NONE ? l : &m->charters[l->parent];
	/* A charter that is not itself in makes its approvals wait: a node that never held it must judge them alike. */
	if (!parent->adopted || !l->proposed)
		return STANDING_ASIDE;
	if (lists(m, &parent->listed, &r->author) || lists(m, &l->coordinators, &r->author))
		return STANDING_IN;
	return STANDING_REFUSED;
}

/* A roll names no charter: whoever may propose one under an adopted charter may publish its roll. */
static enum member_standing
judge_roll(const struct membership *m, const struct record *r, const struct id *record_id)
{
	(void)record_id;
	if (r->state != RECORD_LIVE || r->by_machine)
		return STANDING_REFUSED;
	for (size_t i = 0; i < m->charter_count; i++)
		if (m->charters[i].adopted && lists(m, &m->charters[i].listed, &r->author))
			return STANDING_IN;
	return m->path_len ? STANDING_REFUSED : STANDING_ASIDE;
}

static enum member_standing
judge_vote(const struct membership *m, const struct record *r, const struct id *record_id)
{
	const struct link *l;
	struct id id;

	(void)record_id;
	if (!body_names(r, &id))
		return STANDING_REFUSED;
	l = link_find(m, &id);
	if (!l || !l->adopted)
		return STANDING_ASIDE;
	return lists(m, &l->coordinators, &r->author) ? STANDING_IN : STANDING_REFUSED;
}

static enum member_standing
judge_erasure(const struct membership *m, const struct record *r, const struct id *record_id)
{
	(void)record_id;
	if (r->state != RECORD_LIVE || r->by_machine)
		return STANDING_REFUSED;
	if (membership_find(m, &r->author))
		return STANDING_IN;
	return m->path_len && !is_expected(m, &r->author) ? STANDING_REFUSED : STANDING_ASIDE;
}

static const struct {
	uint32_t kind;
	judge_fn *judge;
} lasting[] = {
	{ KIND_CHARTER, judge_charter },
	{ KIND_ROLL, judge_roll },
	{ KIND_APPROVAL, judge_approval },
	{ KIND_ADMISSION, judge_vote },
	{ KIND_STANDING, judge_vote },
	{ KIND_REMOVAL, judge_vote },
	{ KIND_SUCCESSION, judge_vote },
	{ KIND_ERASURE, judge_erasure },
};

/* The old key's records count for 90 days, those stamped before the first suspend or succession vote. */
static enum member_standing
judge_succeeded(const struct membership *m, uint32_t member, const struct record *r)
{
	if (m->hour >= m->members[member].since_hour + SUCCEEDED_HOURS)
		return STANDING_REFUSED;
	return r->stamp < m->cutoffs[member] ? STANDING_IN : STANDING_ASIDE;
}

static enum member_standing
judge_author(const struct membership *m, const struct record *r)
{
	uint32_t i = member_index(m, &r->author);

	if (i == NONE)
		return record_collection(r) == COLLECTION_MEMBERSHIP && (!m->path_len || is_expected(m, &r->author)) ?
		    STANDING_ASIDE : STANDING_REFUSED;
	switch (m->members[i].state) {
	case MEMBER_ACTIVE:
		return STANDING_IN;
	case MEMBER_SUSPENDED:
	case MEMBER_FALLEN:
		return STANDING_ASIDE;
	case MEMBER_REMOVED:
		return m->hour < m->members[i].since_hour + REMOVED_HOURS ? STANDING_ASIDE : STANDING_REFUSED;
	case MEMBER_SUCCEEDED:
		return judge_succeeded(m, i, r);
	case MEMBER_NEVER:
		break;
	}
	return STANDING_REFUSED;
}

enum member_standing
membership_judge(const struct membership *m, const struct record *r, const struct id *record_id)
{
	enum member_standing s;

	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
		if (lasting[i].kind == r->kind)
			return lasting[i].judge(m, r, record_id);
	if (r->by_machine && !kind_machine_may_sign(r->kind))
		return STANDING_REFUSED;
	s = judge_author(m, r);
	if (s == STANDING_IN && r->by_machine && !membership_machine_counts(m, &r->author, &r->machine, r->stamp))
		return STANDING_ASIDE;
	return s;
}
