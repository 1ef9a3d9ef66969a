/* Who is named by what does not count: proto/membership.md section 5, "Expected". */
#include "node/member/internal.h"

#include "proto/kind.h"

/* AUTHOR says that KEY belongs here. */
typedef void say_fn(struct membership *m, const struct id *author, const struct id *key);

static void
add_key(struct membership *m, const struct id *author, const struct id *key)
{
	(void)author;
	keys_add(&m->keys, key);
}

static void
expect(struct membership *m, const struct id *author, const struct id *key)
{
	if (membership_state(m, author) == MEMBER_ACTIVE)
		m->expected[keys_find(&m->keys, key)] = true;
}

static void
say_vote(struct membership *m, const struct id *author, uint32_t kind, const struct body_vote *v, say_fn *say)
{
	if (kind == KIND_ADMISSION || kind == KIND_SUCCESSION)
		say(m, author, kind == KIND_ADMISSION ? &v->subject : &v->new_key);
}

static void
say_charter(struct membership *m, const struct id *author, const struct body_charter *c, say_fn *say)
{
	const struct body_coordinator *items = c->coordinators.items;

	for (size_t i = 0; i < c->coordinators.count; i++)
		say(m, author, &items[i].key);
}

static void
say_roll(struct membership *m, const struct id *author, const struct body_roll *r, say_fn *say)
{
	const struct body_entry *items = r->entries.items;

	for (size_t i = 0; i < r->entries.count; i++)
		say(m, author, &items[i].key);
}

/* What waits for its time was not read for anything else. */
static void
say_later(struct membership *m, const struct build *b, say_fn *say)
{
	for (size_t i = 0; i < b->in->later_count; i++) {
		const struct record *r = &b->in->later[i].record;
		struct body_charter charter;
		struct body_vote vote;
		struct body_roll roll;

		if (body_vote(r, &vote))
			say_vote(m, &r->author, r->kind, &vote, say);
		if (body_charter(r, &charter)) {
			say_charter(m, &r->author, &charter, say);
			body_free(&charter.coordinators);
			body_free(&charter.rolls);
		}
		if (body_roll(r, &roll)) {
			say_roll(m, &r->author, &roll, say);
			body_free(&roll.entries);
		}
	}
}

void
expected_keys(struct membership *m, const struct build *b)
{
	say_later(m, b, add_key);
}

/* What is refused is not stored anywhere: it names nobody. */
static bool
is_refused(const struct membership *m, const struct verified *v)
{
	return membership_judge(m, &v->record, &v->id) == STANDING_REFUSED;
}

/* Whom a charter on the way to the current one has on its roll was admitted by it: those rolls name nobody new. */
static void
say_rolls(struct membership *m, const struct build *b)
{
	bool *known = need_zeroed(b->roll_count + 1, sizeof *known);

	for (size_t i = 0; i < m->path_len; i++)
		for (size_t k = 0; k < m->charters[m->path[i]].roll_count; k++)
			known[m->charters[m->path[i]].rolls[k] - b->rolls] = true;
	for (size_t i = 0; i < b->roll_count; i++)
		if (!known[i] && !is_refused(m, b->rolls[i].record))
			say_roll(m, &b->rolls[i].record->record.author, &b->rolls[i].body, expect);
	free(known);
}

void
expected_gather(struct membership *m, const struct build *b)
{
	m->expected = need_zeroed(m->keys.count + 1, sizeof *m->expected);
	for (size_t i = 0; i < b->vote_count; i++) {
		const struct vote *v = &b->votes[i];

		if (v->charter == NONE || !m->charters[v->charter].adopted)
			say_vote(m, &v->record->record.author, v->kind, &v->body, expect);
	}
	for (size_t i = 0; i < m->charter_count; i++)
		if (!m->charters[i].adopted && !is_refused(m, m->charters[i].record))
			say_charter(m, &m->charters[i].record->record.author, &m->charters[i].body, expect);
	say_rolls(m, b);
	say_later(m, b, expect);
}

bool
is_expected(const struct membership *m, const struct id *key)
{
	uint32_t n = keys_find(&m->keys, key);

	return n != NONE && m->expected[n];
}
