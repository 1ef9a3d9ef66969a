#include "tests/unit/sync/world.h"

static struct clock now;
static struct place one, two;
static const struct sync_view all = { .subscription = SUBSCRIBE_ALL };

static void
two_members(void)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 42 };
	place_open(&one, &now, 1);
	place_open(&two, &now, 2);
	found(&one);
	admit(&one, &two, "cso");
	pay_visit(&two, &one);
}

static void
close_both(void)
{
	place_close(&one);
	place_close(&two);
}

/* A newcomer has the membership after its first visit, and is a member. */
Test(visit, newcomer_learns_membership, .init = two_members, .fini = close_both)
{
	const struct membership *m = records_membership(two.records);

	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_not_null(m);
	cr_assert_eq(membership_state(m, &two.key.public_key), MEMBER_ACTIVE);
	cr_assert(equal_sets(&one, &two, &all));
}

/* When nothing differs, one question is all. */
Test(visit, equal_sets_cost_one_question, .init = two_members, .fini = close_both)
{
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
	cr_assert_eq(two.asked, 1);
}

/* What one has, the visitor has afterwards: over several pages, all of it. */
Test(visit, pulls_everything, .init = two_members, .fini = close_both)
{
	add_organisations(&one, "Made-up association with a name that is rather long, so that its record is, too: "
	    "women of the valley, the hills, the coast and the plain, who meet on Thursdays and exchange what they know",
	    AUDIENCE_PUBLIC, 1500);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.admitted, 1500);
	cr_assert_gt(two.bytes, LIMIT_ANSWER, "more than one page");
	cr_assert(equal_sets(&one, &two, &all));
}

/* What the visitor has and the other lacks is offered, and fetched by the other. */
Test(visit, offers_what_the_other_lacks, .init = two_members, .fini = close_both)
{
	add_organisation(&two, "From the second", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.offered, 1);
	cr_assert(equal_sets(&one, &two, &all));
}

/* Both have something new among a thousand that they share: only the new part travels. */
Test(visit, finds_where_the_sets_part, .init = two_members, .fini = close_both)
{
	add_organisations(&one, "Shared", AUDIENCE_PUBLIC, 1000);
	pay_visit(&two, &one);
	add_organisation(&one, "Late at one", AUDIENCE_PUBLIC);
	add_organisation(&two, "Late at two", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_leq(two.asked, 12, "%zu questions", two.asked);
	cr_assert_leq(two.bytes, 8192, "%zu bytes for two new records", two.bytes);
}

/* A record missing in the middle of many is found too. */
Test(visit, heals_a_hole_in_the_middle, .init = two_members, .fini = close_both)
{
	struct admission a = { 0 };
	struct store_txn *t;
	struct verified v;
	struct authored hole;
	struct buf kept = { 0 };
	struct unverified u;

	add_organisations(&one, "Before", AUDIENCE_PUBLIC, 200);
	author_json(&one, KIND_ORGANISATION,
	    "{\"name\":{\"en\":\"Hole\"},\"relation\":\"listed\",\"territories\":[\"AL\"]}", AUDIENCE_PUBLIC, &hole);
	now.ms += 1000;
	add_organisations(&one, "Behind", AUDIENCE_PUBLIC, 200);
	/* The second gets all but the hole, as if another peer had brought it. */
	t = store_read(one.store);
	cr_assert(records_get(one.records, t, &hole.id, &v));
	buf_put_bytes(&kept, v.envelope);
	txn_abort(&t);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	add_organisation(&one, "Last", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	a.envelope = buf_bytes(&kept);
	cr_assert_eq(records_screen(two.records, a.envelope, &u, NULL), REFUSAL_HELD);
	buf_free(&kept);
}

/* A member that is no civil-society organisation neither sees nor counts what is for those only. */
Test(visit, audience_is_kept)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 7 };
	place_open(&one, &now, 1);
	place_open(&two, &now, 2);
	found(&one);
	admit(&one, &two, "institution");
	pay_visit(&two, &one);
	add_organisation(&one, "For everyone", AUDIENCE_PUBLIC);
	add_organisation(&one, "For women's groups only", AUDIENCE_CSO);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 1);
	pay_visit(&two, &one);
	cr_assert(two.end.equal, "what it may not have does not keep the roots apart");
	close_both();
}

/* Difference that nothing can be done about is asked for once, not at every visit. */
Test(visit, settles, .init = two_members, .fini = close_both)
{
	const struct membership *m;
	struct err e = { 0 };

	/* The first stamps a record a little ahead of the second's clock: there it waits aside. */
	now.ms += 30 * 60 * 1000;
	add_organisation(&one, "From the future", AUDIENCE_PUBLIC);
	now.ms -= 31 * 60 * 1000;
	pay_visit(&two, &one);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 0);
	pay_visit(&two, &one);
	cr_assert(two.end.idle);
	cr_assert_leq(two.asked, 2);
	/* Its time comes. */
	now.ms += 40 * 60 * 1000;
	cr_assert_eq(records_sweep(two.records, &e), ERR_OK);
	cr_assert_eq(records_refresh(two.records, &m, &e), ERR_OK);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* No answer ends the visit with the reason, once; the next one goes on. */
Test(visit, lost_answer_ends_it, .init = two_members, .fini = close_both)
{
	add_organisation(&one, "Something", AUDIENCE_PUBLIC);
	two.lose = 0;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_PEER);
	cr_assert_not(two.end.greeted);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A first visit that breaks off goes on where it was: what came already does not travel twice. */
Test(visit, stream_resumes, .init = two_members, .fini = close_both)
{
	size_t whole;

	add_organisations(&one, "Made-up association with a name that is rather long, so that its record is, too: women of "
	    "the valley, the hills and the coast, who meet on Thursdays", AUDIENCE_PUBLIC, 1900);
	two.lose = 3; /* hello, buckets and the first page are answered */
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_PEER);
	cr_assert_gt(two.end.admitted, 300);
	whole = two.bytes;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_lt(two.bytes + whole, 1900 * 520, "%zu and %zu bytes", whole, two.bytes);
}

/* What arrived below the point where it went on is found by the next visit. */
Test(visit, resumed_stream_does_not_settle, .init = two_members, .fini = close_both)
{
	add_organisations(&one, "Many of these, with names that take some room, so that more than one page is filled by "
	    "them: the valley, the hills, the coast", AUDIENCE_PUBLIC, 1900);
	two.lose = 3;
	pay_visit(&two, &one);
	two.memory.cursor_stamp = UINT64_MAX - 1; /* as if all had been read, and then some came in below */
	for (int i = 0; i < 3 && !(i && two.end.equal); i++)
		pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* Random additions on both sides, withdrawals and visits: once it is quiet, both hold the same. */
Test(visit, converges_by_seed)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		now = (struct clock){ .ms = 1790000000000, .seed = seed };
		place_open(&one, &now, 1);
		place_open(&two, &now, 2);
		found(&one);
		admit(&one, &two, "cso");
		pay_visit(&two, &one);
		for (int step = 0; step < 60; step++) {
			uint8_t dice;

			clock_random(&now, &dice, 1);
			if (dice < 100)
				add_organisation(&one, "A", AUDIENCE_PUBLIC);
			else if (dice < 200)
				add_organisation(&two, "B", dice & 1 ? AUDIENCE_MEMBERS : AUDIENCE_CSO);
			else
				pay_visit(dice & 1 ? &one : &two, dice & 1 ? &two : &one);
		}
		for (int round = 0; round < 3; round++) {
			pay_visit(&one, &two);
			pay_visit(&two, &one);
		}
		cr_assert(equal_sets(&one, &two, &all), "seed %" PRIu64, seed);
		cr_assert(one.end.equal && two.end.equal, "seed %" PRIu64, seed);
		close_both();
	}
}
