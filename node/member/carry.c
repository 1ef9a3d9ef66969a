/* Which of her own votes a coordinator signs anew: proto/membership.md section 4, "Votes are carried over". */
#include "node/member/internal.h"

#include <string.h>

#include "proto/kind.h"
#include "proto/kinds/fields.h"


struct carry {
	struct membership *m;
	const struct build *b;
	uint32_t me, current;
	const struct link *charter;      /* the current one */
	uint64_t agreed;                 /* what she voted later was not before her eyes when she agreed to it */
	const struct verified **out;
	size_t count;
};

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Only her own stamps are compared, whoever's clock is wrong; the first charter may be stamped whenever it likes. */
static uint64_t
agreed_at(const struct carry *c)
{
	uint64_t said = c->charter->author == c->me ? c->charter->stamp : 0;

	if (c->charter->parent == NONE)
		return 0;
	for (size_t i = 0; i < c->b->vote_count; i++) {
		const struct vote *v = &c->b->votes[i];

		if (v->kind == KIND_APPROVAL && v->author == c->me && v->charter == c->current)
			said = later(said, v->stamp);
	}
	return said ? said : c->charter->stamp;
}

/* --- why it would have to be signed anew --- */

static bool
is_lost(const struct carry *c, const struct vote *v)
{
	return v->charter == NONE || !c->m->charters[v->charter].adopted;
}

static bool
is_above(const struct carry *c, const struct vote *v)
{
	const struct link *l = v->charter == NONE ? NULL : &c->m->charters[v->charter];

	return l && v->charter != c->current && l->on_path && numbers_has(&l->coordinators, c->me);
}

/* Coordinators who sign as V does, about the same under the same charter; of standing votes each one's newest counts. */
static unsigned
agree_with(const struct carry *c, const struct vote *v)
{
	const struct link *l = v->charter == NONE ? c->charter : &c->m->charters[v->charter];
	unsigned count = 0;

	for (size_t i = 0; i < l->coordinators.count; i++) {
		const struct vote *newest = NULL;

		for (size_t k = 0; k < c->b->vote_count; k++) {
			const struct vote *x = &c->b->votes[k];

			if (x->author == l->coordinators.n[i] && x->kind == v->kind && x->subject == v->subject &&
			    id_equal(&x->body.charter, &v->body.charter) && (!newest || x->stamp > newest->stamp))
				newest = x;
		}
		count += newest && newest->body.action == v->body.action;
	}
	return count;
}

static bool
is_candidate(const struct carry *c, const struct vote *v)
{
	bool lost = is_lost(c, v);

	if (!lost && !is_above(c, v))
		return false;
	return v->stamp > c->agreed || (!lost && v->kind == KIND_REMOVAL &&
	    agree_with(c, v) >= majority_of(c->m->charters[v->charter].coordinators.count));
}

/* --- why it need not --- */

/* The current charter's own word on KEY; NULL: it is not on the roll. */
static const struct body_entry *
entry_of(const struct carry *c, uint32_t key)
{
	for (size_t i = 0; i < c->charter->roll_count; i++) {
		const struct list *l = &c->charter->rolls[i]->body.entries;
		const struct body_entry *e = l->items;

		for (size_t k = 0; k < l->count; k++)
			if (id_equal(&e[k].key, &c->m->keys.ids[key]))
				return &e[k];
	}
	return NULL;
}

static enum member_state
state_of(const struct carry *c, uint32_t key)
{
	return membership_state(c->m, &c->m->keys.ids[key]);
}

static bool
is_member(const struct carry *c, uint32_t key)
{
	enum member_state s = state_of(c, key);

	return s == MEMBER_ACTIVE || s == MEMBER_SUSPENDED || entry_of(c, key);
}

static bool
admits_nobody(const struct carry *c, const struct vote *v)
{
	return is_member(c, v->subject);
}

/* Hers alone, it holds 14 days from her first under that charter. */
static bool
changes_no_standing(const struct carry *c, const struct vote *v)
{
	const struct body_entry *e = entry_of(c, v->subject);
	uint64_t first = v->stamp;

	if (v->body.action != ACTION_SUSPEND)
		return false;
	if (e && e->state == ENTRY_SUSPENDED)
		return true;
	for (size_t i = 0; i < c->b->vote_count; i++) {
		const struct vote *x = &c->b->votes[i];

		if (x->kind == v->kind && x->author == v->author && x->subject == v->subject && x->stamp < first &&
		    x->body.action == ACTION_SUSPEND && id_equal(&x->body.charter, &v->body.charter))
			first = x->stamp;
	}
	return c->m->hour >= hour_of(first) + SUSPENSION_HOURS && agree_with(c, v) < 2;
}

static bool
removes_nobody(const struct carry *c, const struct vote *v)
{
	(void)c, (void)v;
	return false;
}

static bool
succeeds_nobody(const struct carry *c, const struct vote *v)
{
	return v->new_key == c->me || numbers_has(&c->charter->coordinators, v->new_key) || is_member(c, v->new_key);
}

static const struct {
	uint32_t kind;
	bool (*changes_nothing)(const struct carry *c, const struct vote *v);
} rules[] = {
	{ KIND_ADMISSION, admits_nobody },
	{ KIND_STANDING, changes_no_standing },
	{ KIND_REMOVAL, removes_nobody },
	{ KIND_SUCCESSION, succeeds_nobody },
};

static bool
is_beyond_votes(const struct carry *c, uint32_t subject)
{
	enum member_state s = state_of(c, subject);

	return subject == c->me || numbers_has(&c->charter->coordinators, subject) || s == MEMBER_REMOVED ||
	    s == MEMBER_SUCCEEDED;
}

static bool
changes_nothing(const struct carry *c, const struct vote *v)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].kind == v->kind)
			return rules[i].changes_nothing(c, v);
	return true;
}

static bool
says_the_same(const struct vote *a, const struct vote *b)
{
	return id_equal(&a->group, &b->group) && a->body.action == b->body.action;
}

/* --- her votes --- */

static int
order_about(const void *a, const void *b)
{
	const struct vote *x = *(const struct vote *const *)a, *y = *(const struct vote *const *)b;
	int d = order_u32(x->kind, y->kind);

	d = d ? d : order_u32(x->subject, y->subject);
	d = d ? d : order_u32(x->new_key, y->new_key);
	d = d ? d : order_u64(x->stamp, y->stamp);
	return d ? d : id_compare(&x->record->id, &y->record->id);
}

static bool
same_about(const struct vote *a, const struct vote *b)
{
	return a->kind == b->kind && a->subject == b->subject && a->new_key == b->new_key;
}

/* COUNT of one kind about one subject, older ones first. */
static void
carry_newest(struct carry *c, const struct vote **votes, size_t count)
{
	const struct vote *newest = NULL, *now = NULL;

	if (is_beyond_votes(c, votes[0]->subject))
		return;
	for (size_t i = 0; i < count; i++)
		if (votes[i]->charter == c->current)
			now = votes[i];
		else if (is_candidate(c, votes[i]))
			newest = votes[i];
	if (!newest || (now && (now->stamp > newest->stamp || says_the_same(now, newest))) || changes_nothing(c, newest))
		return;
	c->out[c->count++] = newest->record;
}

static void
carry_votes(struct carry *c)
{
	const struct vote **mine = need_alloc((c->b->vote_count + 1) * sizeof(struct vote *));
	size_t n = 0;

	for (size_t i = 0; i < c->b->vote_count; i++)
		if (c->b->votes[i].author == c->me && c->b->votes[i].kind != KIND_APPROVAL)
			mine[n++] = &c->b->votes[i];
	if (n > 1)
		qsort(mine, n, sizeof(struct vote *), order_about);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && same_about(mine[i], mine[end]); end++)
			continue;
		carry_newest(c, mine + i, end - i);
	}
	free(mine);
}

/* --- her erasures of others' records --- */

static bool
erases(const struct carry *c, const struct record *r, struct id *out_charter)
{
	struct bytes item;

	if (r->kind != KIND_ERASURE || r->state != RECORD_LIVE || r->by_machine ||
	    !id_equal(&r->author, &c->m->keys.ids[c->me]))
		return false;
	item = body_get(r->body, ERASURE_CHARTER);
	if (item.len != ID_LEN + 2)     /* its head is of two bytes */
		return false;
	memcpy(out_charter->b, item.p + 2, ID_LEN);
	return true;
}

static bool
erases_the_same(const struct record *a, const struct record *b)
{
	return bytes_equal(body_get(a->body, ERASURE_TARGET), body_get(b->body, ERASURE_TARGET)) &&
	    bytes_equal(body_get(a->body, ERASURE_UP_TO), body_get(b->body, ERASURE_UP_TO));
}

static bool
is_erased_now(const struct carry *c, const struct record *r)
{
	for (size_t i = 0; i < c->b->record_count; i++) {
		struct id id;

		if (erases(c, &c->b->records[i]->record, &id) && id_equal(&id, &c->charter->id) &&
		    erases_the_same(r, &c->b->records[i]->record))
			return true;
	}
	return false;
}

/* Of several that say the same the first one is enough. What was erased on another branch is not erased here. */
static void
carry_erasures(struct carry *c)
{
	size_t first = c->count;

	for (size_t i = 0; i < c->b->record_count; i++) {
		const struct verified *v = c->b->records[i];
		const struct link *l;
		struct id id;
		bool again;

		if (!erases(c, &v->record, &id) || ((l = link_find(c->m, &id)) && l->adopted && !l->on_path))
			continue;
		again = is_erased_now(c, &v->record);
		for (size_t k = first; k < c->count && !again; k++)
			again = erases_the_same(&c->out[k]->record, &v->record);
		if (!again)
			c->out[c->count++] = v;
	}
}

/* --- all of it --- */

static int
order_time(const void *a, const void *b)
{
	const struct verified *x = *(const struct verified *const *)a, *y = *(const struct verified *const *)b;
	int d = order_u64(x->record.stamp, y->record.stamp);

	return d ? d : id_compare(&x->id, &y->id);
}

void
carry_gather(struct membership *m, const struct build *b)
{
	struct carry c = { .m = m, .b = b, .me = keys_find(&m->keys, &b->in->self) };

	if (m->path_len == 0 || c.me == NONE)
		return;
	c.current = m->path[m->path_len - 1];
	c.charter = &m->charters[c.current];
	if (!numbers_has(&c.charter->coordinators, c.me))
		return;
	c.agreed = agreed_at(&c);
	c.out = need_alloc((b->record_count + 1) * sizeof(struct verified *));
	carry_votes(&c);
	carry_erasures(&c);
	if (c.count > 1)
		qsort(c.out, c.count, sizeof(struct verified *), order_time);
	m->carried = need_alloc((c.count + 1) * sizeof *m->carried);
	for (size_t i = 0; i < c.count; i++)
		m->carried[m->carried_count++] = c.out[i]->id;
	free(c.out);
}

size_t
membership_carried(const struct membership *m, const struct id **out)
{
	*out = m->carried;
	return m->carried_count;
}
