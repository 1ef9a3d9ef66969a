/* node/sync/visit_ladder.c, visit_list.c, part.c: each rung by itself, and when a visit goes down to it. */
#include "tests/lib/vectors.h"
#include "tests/unit/sync/two.h"

TestSuite(ladder, .init = two_members, .fini = close_both);

/* COUNT records by both in turn, over three days; APART of them are on one side only. */
static void
share_but(size_t count, size_t apart)
{
	for (size_t i = 0; i < 20; i++) {
		add_organisations(i % 2 ? &one : &two, "Made-up association of the valley", AUDIENCE_PUBLIC, count / 20);
		now.ms += 4 * 3600 * 1000;
	}
	copy_all(&one, &two, DIRECTORY, apart / 2);
	copy_all(&two, &one, DIRECTORY, apart - apart / 2);
}

/* Whichever rung it begins with, a difference is found both ways, and nothing is streamed. */
Test(ladder, each_rung_by_itself)
{
	for (enum visit_rung r = RUNG_CELLS; r < RUNGS; r++) {
		share_but(1000, 40);
		now.ms += 24 * 3600 * 1000;
		two.rung = r;
		pay_visit(&two, &one);
		cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
		cr_assert_eq(two.end.rung, r, "%s", visit_rung_word(two.end.rung));
		cr_assert_eq(two.end.admitted, 20, "%s", visit_rung_word(r));
		cr_assert_eq(two.end.offered, 20);
		cr_assert_eq(two.pages, 0);
		cr_assert_eq(two.lists, r == RUNG_LIST);
		cr_assert(equal_sets(&one, &two, &all));
		pay_visit(&two, &one);
		cr_assert(two.end.equal);
		cr_assert_eq(two.end.rung, RUNG_NONE);
	}
}

/* A list has as many answers as it needs. One that breaks off goes on where it was. */
Test(ladder, list_resumes)
{
	size_t asked;

	share_but(10000, 1000);
	two.rung = RUNG_LIST;
	two.lose = 8;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_PEER);
	cr_assert_eq(two.lists, 2, "the third was lost");
	cr_assert(two.memory.list.resumes);
	two.rung = RUNG_NONE;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_LIST);
	cr_assert_eq(two.lists, 1, "the third answer only");
	cr_assert_not(two.memory.list.resumes);
	asked = two.asked;
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all), "%zu questions before", asked);
}

static unsigned lines;
static struct id vector_network, vector_ids[2];
static struct buf vector_envelopes[3];

/* The second implementation has made the same short and salted ids of them. */
static void
collision_line(const char *const *column, const char *where)
{
	static const struct salt none;
	struct salt salt = { .on = true };
	struct id id;
	uint8_t expected[8], made[8];
	struct err e = { 0 };

	vectors_fixed(column[2], id.b, ID_LEN);
	vectors_hex(column[6], &vector_envelopes[lines]);
	if (lines == 0) {
		vector_network = id;
		cr_assert_eq(records_set_network(one.records, &id, &e), ERR_OK);
		cr_assert_eq(records_set_network(two.records, &id, &e), ERR_OK);
	} else {
		vector_ids[lines - 1] = id;
	}
	vectors_fixed(column[3], expected, 8);
	part_short(one.records, &none, &id, made);
	cr_assert_arr_eq(made, expected, 8, "%s", where);
	vectors_fixed(column[4], salt.nonces, sizeof salt.nonces);
	vectors_fixed(column[5], expected, 8);
	part_short(one.records, &salt, &id, made);
	cr_assert_arr_eq(made, expected, 8, "%s", where);
	lines++;
}

static void
give(struct place *p, const struct buf *envelope)
{
	struct admission a = { .envelope = buf_bytes(envelope) };
	const struct membership *m;
	struct unverified u;
	struct err e = { 0 };

	cr_assert_eq(records_screen(p->records, a.envelope, &u, &e), REFUSAL_NONE, "%s", e.reason);
	a.signature_ok = records_signature_ok(records_network(p->records), &u);
	cr_assert_eq(records_admit(p->records, &a, 1, &e), ERR_OK);
	cr_assert_eq(a.verdict, REFUSAL_NONE, "%s", refusal_words(a.verdict));
	cr_assert_eq(records_refresh(p->records, &m, &e), ERR_OK);
}

static void
two_with_a_collision(void)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 42 };
	place_open(&one, &now, 1);
	place_open(&two, &now, 2);
	lines = 0;
	vectors_each("collision/records.txt", 7, collision_line);
	cr_assert_eq(lines, 3);
	give(&one, &vector_envelopes[0]);
	give(&two, &vector_envelopes[0]);
}

static void
forget_collision(void)
{
	for (size_t i = 0; i < 3; i++)
		buf_free(&vector_envelopes[i]);
	close_both();
}

TestSuite(collision, .init = two_with_a_collision, .fini = forget_collision);

static bool
holds(struct place *p, const struct id *id)
{
	struct store_txn *t = store_read(p->store);
	struct verified v;
	bool there = records_get(p->records, t, id, &v);

	txn_abort(&t);
	return there;
}

/* Two records have the same short id, in truth; one holds the one, the other the other. One visit brings the first here, and the
 * offer of it, named twice, the second there. */
Test(collision, one_on_each_side)
{
	one.rung = two.rung = RUNG_CELLS; /* so few would be streamed */
	give(&one, &vector_envelopes[1]);
	give(&two, &vector_envelopes[2]);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_SALTED);
	cr_assert_eq(two.end.admitted, 1);
	cr_assert(holds(&two, &vector_ids[0]) && holds(&two, &vector_ids[1]));
	cr_assert(holds(&one, &vector_ids[0]) && holds(&one, &vector_ids[1]));
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_leq(two.asked, 3 + SKETCH_PARTS + 3, "hello, buckets, cells; parts; salted, records, offer");
	cr_assert_leq(two.bytes, 8 * 1024, "%zu bytes", two.bytes);
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
}

/* One side holds both, the other one of them. */
Test(collision, both_on_one_side)
{
	for (size_t i = 0; i < 2; i++) {
		give(&one, &vector_envelopes[1 + i]);
		if (i == 0)
			give(&two, &vector_envelopes[1]);
	}
	two.rung = RUNG_CELLS;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.rung, RUNG_SALTED);
	cr_assert_eq(two.end.admitted, 1);
	cr_assert(equal_sets(&one, &two, &all));
}

/* Neither of two is there: cells of the part do not come apart, the salted ones do. */
Test(collision, both_are_missing)
{
	give(&one, &vector_envelopes[1]);
	give(&one, &vector_envelopes[2]);
	two.rung = RUNG_PARTS;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.rung, RUNG_SALTED);
	cr_assert_eq(two.end.admitted, 2);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(equal_sets(&one, &two, &all), "%s", visit_rung_word(two.end.rung));
}

/* By a list as well. */
Test(collision, by_list)
{
	give(&one, &vector_envelopes[1]);
	give(&two, &vector_envelopes[2]);
	two.rung = RUNG_LIST;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.rung, RUNG_LIST);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A rung that the other side refuses, because it was asked too often, ends the visit as busy; a later one goes on. */
Test(ladder, busy)
{
	share_but(1000, 10);
	two.rung = RUNG_PARTS;
	two.busy = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_BUSY);
	cr_assert_eq(two.cells, 1);
	two.busy = false;
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* --- what the comparison leaves out, and what is left for later --- */

/* Records that wait aside here are part of the difference and explain it: nothing is asked for on a lower rung. */
Test(ladder, aside_is_explained)
{
	share_but(1000, 0);
	now.ms += 30 * 60 * 1000;
	add_organisations(&one, "From the future", AUDIENCE_PUBLIC, 3);
	now.ms -= 31 * 60 * 1000;
	pay_visit(&two, &one);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 1000);
	/* Once more, by cells, because something else differs. */
	add_organisation(&two, "Here", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.rung, RUNG_CELLS);
	cr_assert_eq(two.records_asked, 0);
	cr_assert_eq(two.cells, 1);
}

/* What left here at midnight, and there will a moment later, is not asked for; so few are not worth waiting for. */
Test(ladder, midnight_is_explained)
{
	const struct membership *m;
	struct err e = { 0 };

	share_but(1000, 0);
	now.ms += 420LL * 24 * 3600 * 1000;
	add_organisations(&one, "Young", AUDIENCE_PUBLIC, 100);
	copy_all(&one, &two, DIRECTORY, 0);
	add_organisations(&two, "Younger", AUDIENCE_PUBLIC, 2);
	now.ms += 15LL * 24 * 3600 * 1000;
	cr_assert_eq(records_sweep(two.records, &e), ERR_OK);
	cr_assert_eq(records_refresh(two.records, &m, &e), ERR_OK);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 102);
	cr_assert_eq(records_moved(two.records, DIRECTORY), -1000);
	two.rung = RUNG_CELLS;
	pay_visit(&two, &one);
	cr_assert_not(two.end.later);
	cr_assert_eq(two.end.admitted, 0);
	cr_assert_eq(two.records_asked, 0);
	cr_assert_leq(two.end.rung, RUNG_PARTS, "%s", visit_rung_word(two.end.rung));
}

/* More than a thousand that midnight took away on one side only wait for the other side: nothing behind bucket 0 is asked. An
 * hour later they are a difference like any other. */
Test(ladder, midnight_of_many_waits)
{
	const struct membership *m;
	struct err e = { 0 };

	share_but(1200, 0);
	now.ms += 435LL * 24 * 3600 * 1000;
	add_organisations(&one, "Young", AUDIENCE_PUBLIC, 1);
	cr_assert_eq(records_sweep(two.records, &e), ERR_OK);
	cr_assert_eq(records_refresh(two.records, &m, &e), ERR_OK);
	cr_assert_eq(records_moved(two.records, DIRECTORY), -1200);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(two.end.later);
	cr_assert_eq(two.asked, 2, "hello and buckets");
	now.ms += 3600 * 1000;
	cr_assert_eq(records_moved(two.records, DIRECTORY), 0);
	pay_visit(&two, &one);
	cr_assert_not(two.end.later);
	cr_assert_eq(two.end.admitted, 1);
	cr_assert_eq(records_sweep(one.records, &e), ERR_OK);
	cr_assert_eq(records_refresh(one.records, &m, &e), ERR_OK);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A node that was away for long drops what has lapsed, and lacks what is new: that is no reason to wait. */
Test(ladder, long_absence_does_not_wait)
{
	const struct membership *m;
	struct err e = { 0 };

	share_but(1200, 0);
	now.ms += 435LL * 24 * 3600 * 1000;
	for (size_t i = 0; i < 2; i++) {
		add_organisations(&one, "New", AUDIENCE_PUBLIC, 900);
		now.ms += 24 * 3600 * 1000;
	}
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(records_sweep((i ? &two : &one)->records, &e), ERR_OK);
	cr_assert_eq(records_refresh(two.records, &m, &e), ERR_OK);
	cr_assert_eq(records_moved(two.records, DIRECTORY), -1200);
	pay_visit(&two, &one);
	cr_assert_not(two.end.later);
	cr_assert_eq(two.end.admitted, 1800);
}

/* --- parts --- */

struct found_ids {
	struct id ids[8];
	size_t count;
};

static void
note_id(void *self, const struct id *id)
{
	struct found_ids *f = self;

	cr_assert_lt(f->count, 8);
	f->ids[f->count++] = *id;
}

static void
find(bucket_id b, unsigned part, const struct salt *salt, struct bytes ids, struct found_ids *out)
{
	struct store_txn *t = store_read(one.store);

	*out = (struct found_ids){ .count = 0 };
	part_find(one.records, t, b, part, salt, ids, note_id, out);
	txn_abort(&t);
}

/* Equal short ids name both records, salted ids each its own; other nonces, or another part, nothing. */
Test(collision, part_find)
{
	static const struct salt none;
	struct salt salt = { .on = true, .nonces = { 9, 8, 7 } };
	bucket_id b = bucket_make(COLLECTION_DIRECTORY, TERRITORY('R', 'S'), AUDIENCE_PUBLIC);
	struct bucket_sum sum;
	struct found_ids f;
	struct sketch s;
	uint8_t name[8];
	unsigned part;

	give(&one, &vector_envelopes[1]);
	give(&one, &vector_envelopes[2]);
	part_short(one.records, &none, &vector_ids[0], name);
	part = name[0] >> 4;
	find(b, part, &none, BYTES_OF(name), &f);
	cr_assert_eq(f.count, 2);
	part_short(one.records, &salt, &vector_ids[1], name);
	find(b, part, &salt, BYTES_OF(name), &f);
	cr_assert_eq(f.count, 1);
	cr_assert(id_equal(&f.ids[0], &vector_ids[1]));
	find(b, part ^ 1, &salt, BYTES_OF(name), &f);
	cr_assert_eq(f.count, 0);
	salt.nonces[15] = 1;
	find(b, part, &salt, BYTES_OF(name), &f);
	cr_assert_eq(f.count, 0);
	part_sketch(one.records, b, part, &salt, &s, &sum);
	cr_assert_eq(sum.count, 2);
	cr_assert_neq(s.cell[0].ids, 0, "they part");
	sketch_done(&s);
}
