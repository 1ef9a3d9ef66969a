#include "tests/unit/sync/world.h"

static struct clock now;
static struct place one;
static struct snapshots s;

static void
start(void)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 5 };
	place_open(&one, &now, 1);
	found(&one);
	add_organisations(&one, "Made up", AUDIENCE_PUBLIC, 10);
	s = (struct snapshots){ .last = 0 };
}

static void
stop(void)
{
	snapshots_done(&s);
	place_close(&one);
}

TestSuite(snapshots, .init = start, .fini = stop);

static const struct snapshot *
get_of(bucket_id b, unsigned part, uint32_t number)
{
	return snapshots_get(&s, one.records, &(struct snapshot_of){ .bucket = b, .part = part }, number, now.ms);
}

static const struct snapshot *
get(uint32_t number)
{
	return get_of(DIRECTORY, SKETCH_PARTS, number);
}

/* Who asks for the newest while nothing has changed gets the same one; afterwards another, and the old one stays. */
Test(snapshots, shared_until_something_changes)
{
	const struct snapshot *first = get(0);
	uint32_t number = first->number;

	cr_assert_eq(first->sum.count, 10);
	cr_assert_eq(first->sketch.count, 10);
	cr_assert_eq(get(0)->number, number);
	add_organisation(&one, "One more", AUDIENCE_PUBLIC);
	cr_assert_neq(get(0)->number, number);
	cr_assert_eq(get(0)->sum.count, 11);
	cr_assert_eq(get(number)->sum.count, 10);
}

/* A bucket has two at most: the one that was not used for longest goes, and its number is never given again. */
Test(snapshots, two_a_bucket)
{
	uint32_t numbers[3];

	for (size_t i = 0; i < 3; i++) {
		numbers[i] = get(0)->number;
		add_organisation(&one, "One more", AUDIENCE_PUBLIC);
		now.ms++;
	}
	cr_assert_null(get(numbers[0]));
	cr_assert_not_null(get(numbers[1]));
	cr_assert_not_null(get(numbers[2]));
	cr_assert_not_null(get(numbers[1]), "used last");
	now.ms++;
	cr_assert_not_null(get(numbers[1]));
	cr_assert_gt(get(0)->number, numbers[2]);
	cr_assert_null(get(numbers[2]));
}

/* It goes a minute after its last use, and five minutes after it was made however often it is used. */
Test(snapshots, gone_in_time)
{
	uint32_t number = get(0)->number;

	now.ms += SNAPSHOT_IDLE_MS;
	cr_assert_null(get(number));
	number = get(0)->number;
	for (int64_t spent = 0; spent < SNAPSHOT_LIFE_MS; spent += SNAPSHOT_IDLE_MS / 2) {
		cr_assert_not_null(get(number));
		now.ms += SNAPSHOT_IDLE_MS / 2;
	}
	cr_assert_null(get(number));
}

/* One bucket that changes all the time takes none from others; a number belongs to its bucket; an empty one has none. */
Test(snapshots, each_bucket_has_its_share)
{
	uint32_t number;
	size_t held = 0;

	for (int i = 0; i < 40; i++) {
		get(0);
		get_of(0, SKETCH_PARTS, 0);
		add_organisation(&one, "One more", AUDIENCE_PUBLIC);
	}
	for (size_t i = 0; i < SNAPSHOTS; i++)
		held += s.row[i].number != 0;
	cr_assert_eq(held, 3, "two of the directory, one of the membership that never changed");
	number = get(0)->number;
	cr_assert_null(get_of(0, SKETCH_PARTS, number));
	cr_assert_null(get_of(DIRECTORY + 1, SKETCH_PARTS, 0));
	cr_assert_null(get(number + 1));
}

/* Parts are snapshots of their own: together they are the bucket, also where some of them are empty. */
Test(snapshots, parts)
{
	const struct snapshot *whole;
	struct bucket_sum sum = { 0 };
	uint64_t ids = 0;
	uint32_t number = 0;

	for (unsigned part = 0; part < SKETCH_PARTS; part++) {
		const struct snapshot *p = get_of(DIRECTORY, part, 0);

		cr_assert_not_null(p);
		number = p->number;
		cr_assert_eq(p->sum.count, p->sketch.count);
		sum.count += p->sum.count;
		ids ^= p->sketch.cell[0].ids;
		cr_assert_eq(get_of(DIRECTORY, part, 0)->number, number);
	}
	whole = get(0);
	cr_assert_eq(whole->sum.count, sum.count);
	cr_assert_eq(whole->sketch.cell[0].ids, ids);
	cr_assert_null(get(number), "a part's number is not the bucket's");
}

/* A salted one belongs to who asked for it with this nonce, keeps ours of the first time, and crowds out no plain one. */
Test(snapshots, salted)
{
	struct snapshot_of of = { .bucket = DIRECTORY, .part = 3, .salt = { .on = true, .nonces = { 1 } } };
	uint32_t plain = get_of(DIRECTORY, 3, 0)->number, first;
	const struct snapshot *found;

	of.salt.nonces[MESSAGE_NONCE] = 7;
	first = snapshots_get(&s, one.records, &of, 0, now.ms)->number;
	cr_assert_neq(first, plain);
	of.salt.nonces[MESSAGE_NONCE] = 8;
	found = snapshots_get(&s, one.records, &of, first, now.ms);
	cr_assert_not_null(found);
	cr_assert_eq(found->of.salt.nonces[MESSAGE_NONCE], 7);
	of.salt.nonces[0] = 2;
	cr_assert_null(snapshots_get(&s, one.records, &of, first, now.ms), "another asker's");
	for (uint8_t i = 3; i < 9; i++) {
		of.salt.nonces[0] = i;
		now.ms++;
		cr_assert_not_null(snapshots_get(&s, one.records, &of, 0, now.ms));
	}
	cr_assert_not_null(get_of(DIRECTORY, 3, plain));
	of.salt.nonces[0] = 1;
	cr_assert_null(snapshots_get(&s, one.records, &of, first, now.ms));
}
