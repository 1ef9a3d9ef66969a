#include "tests/unit/sync/world.h"

#define LONG "Made-up association with a name that is rather long, so that its record is, too: women of the valley, the hills " \
    "and the coast, who meet on Thursdays and exchange what they know"

static struct clock now;
static struct place one, two;

/* A founder with entries, and one that it has admitted, who knows nothing but the network's name. */
static void
newcomer(size_t entries)
{
	place_open(&one, &now, 1);
	place_open(&two, &now, 2);
	found(&one);
	if (entries)
		add_organisations(&one, LONG, AUDIENCE_PUBLIC, entries);
	admit(&one, &two, "cso");
	two.home = DIRECTORY;
}

static void
open_both(void)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 42 };
	newcomer(1200);
}

static void
close_both(void)
{
	place_close(&one);
	place_close(&two);
}

static size_t
directory(const struct place *p)
{
	struct bucket_sum sum = { 0 };

	records_bucket(p->records, DIRECTORY, &sum);
	return sum.count;
}

static bool
is_member(const struct place *p)
{
	const struct membership *m = records_membership(p->records);

	return m && membership_state(m, &p->key.public_key) == MEMBER_ACTIVE;
}

static bool
has_all(void)
{
	struct sync_view v = { .subscription = SUBSCRIBE_ALL };

	return equal_sets(&one, &two, &v);
}

/* How often PATH was asked for, of what is on its way. */
static size_t
on_their_way(const char *path)
{
	size_t count = 0;

	for (const struct later *l = two.first; l; l = l->next)
		count += l->ask && strncmp(l->copy.path, path, strlen(path)) == 0;
	return count;
}

/* A newcomer greets and asks for the buckets, for bucket 0 and for the directory at home at the same moment. */
Test(first, asks_at_once, .init = open_both, .fini = close_both)
{
	begin_visit(&two, &one);
	cr_assert_eq(two.asked, 4);
	cr_assert_eq(on_their_way("hello"), 1);
	cr_assert_eq(on_their_way("buckets"), 1);
	cr_assert_eq(on_their_way("tail/"), 2);
	answer_all(&two);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(is_member(&two) && has_all());
}

/* All of it comes in one visit, with two greetings and two looks at the buckets; the visit after is one question. */
Test(first, is_one_visit, .init = open_both, .fini = close_both)
{
	pay_visit(&two, &one);
	cr_assert(two.end.greeted && has_all());
	cr_assert_eq(two.asked - two.pages, 4, "%zu questions, %zu of them for pages", two.asked, two.pages);
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
	cr_assert_eq(two.asked, 1);
}

/* What comes next is asked for when bucket 0 has come, before it is stored and the newcomer greets again. */
Test(first, looks_ahead, .init = open_both, .fini = close_both)
{
	two.home = 0;
	begin_visit(&two, &one);
	while (on_their_way("tail/0"))
		arrives(&two, two.first);
	cr_assert_eq(on_their_way("tail/"), 1);
	cr_assert_eq(two.asked, 4, "no second greeting yet");
	answer_all(&two);
	cr_assert(has_all());
}

/*
 * In whatever order answers come, and whichever are refused or lost: nothing of the directory is stored before the newcomer
 * is a member, and a visit or two later it has all of it.
 */
Test(first, any_order_by_seed)
{
	static const char *const refused[] = { "buckets", "tail/", "tail/0", "none" };

	for (unsigned seed = 1; seed <= 60; seed++) {
		now = (struct clock){ .ms = 1790000000000, .seed = seed };
		newcomer(seed % 4 ? 60 : 1500);
		two.home = seed % 5 ? DIRECTORY : seed % 2 ? DIRECTORY + 1 : 0;
		two.other_is_strict = seed % 3 == 0;
		two.refused = refused[seed / 2 % 4];
		two.refusals = seed % 3;
		two.lose = seed % 7 ? -1 : (int)(seed % 6);
		begin_visit(&two, &one);
		while (two.first) {
			uint8_t dice;
			struct later *l = two.first;

			clock_random(&now, &dice, 1);
			for (unsigned i = dice % 8; i && l->next; i--)
				l = l->next;
			if (dice & 64 && is_page(l) && l->answer.code == 205 && !l->answer.failed)
				give_beginning(l);
			arrives(&two, l);
			cr_assert(directory(&two) == 0 || is_member(&two), "seed %u: stored before membership", seed);
		}
		cr_assert(two.ended, "seed %u", seed);
		for (unsigned i = 0; i < 2 && !has_all(); i++)
			pay_visit(&two, &one);
		cr_assert(has_all(), "seed %u: %zu of %zu, %s", seed, directory(&two), directory(&one), two.end.why.reason);
		close_both();
	}
}

/* A hello that is refused voids what was asked for along with it. */
Test(first, refused_hello_voids_the_rest, .init = open_both, .fini = close_both)
{
	two.refused = "hello";
	two.refusals = 1;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_DENIED);
	cr_assert_eq(two.end.admitted, 0);
	cr_assert(directory(&two) == 0 && !is_member(&two));
}

/* What is refused along with a hello is asked for again behind it, in the same visit. */
Test(first, refused_along_is_asked_again)
{
	static const char *const refused[] = { "buckets", "tail/0", "tail/" };

	for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++) {
		open_both();
		two.refused = refused[i];
		two.refusals = 1 + (i == 2);
		pay_visit(&two, &one);
		cr_assert_eq(two.end.code, ERR_OK, "%s: %s", refused[i], two.end.why.reason);
		cr_assert(has_all(), "%s", refused[i]);
		close_both();
	}
}

/* Given up at any moment, nothing is left of it and nothing more is stored. */
Test(first, cancelled, .init = open_both, .fini = close_both)
{
	for (size_t at = 4; at < 12; at++) {
		two.cancel_at = at;
		begin_visit(&two, &one);
		answer_all(&two);
	}
	two.cancel_at = 0;
	pay_visit(&two, &one);
	cr_assert(has_all());
}

/* A node that shares bucket 0 alone with who follows no charter gives the rest behind the second greeting. */
Test(first, strict_peer, .init = open_both, .fini = close_both)
{
	two.other_is_strict = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(has_all());
}

/* Nothing but bucket 0 is there: two greetings, one list, one page of each. */
Test(first, empty_network)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 42 };
	newcomer(0);
	pay_visit(&two, &one);
	cr_assert(is_member(&two) && has_all());
	cr_assert_leq(two.asked, 5);
	close_both();
}
