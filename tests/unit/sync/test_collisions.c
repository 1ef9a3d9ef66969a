/*
 * Two nodes whose short ids have only a few bits, so that many records share one: whatever differs, they become equal. The
 * Makefile puts __wrap_records_short where everybody else calls records_short.
 */
#include "tests/unit/sync/world.h"

static struct clock now;
static struct place one, two;
static const struct sync_view all = { .subscription = SUBSCRIBE_ALL };
static unsigned bits = 64;

void __real_records_short(const struct records *r, const struct id *id, uint8_t out[8]);
void __wrap_records_short(const struct records *r, const struct id *id, uint8_t out[8]);

void
__wrap_records_short(const struct records *r, const struct id *id, uint8_t out[8])
{
	__real_records_short(r, id, out);
	put_u64(out, get_u64(out) & ~(UINT64_MAX >> bits));
}

static int
by_short(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

static bool
add_short(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	(void)stamp;
	(void)id;
	buf_put(self, short_id, 8);
	return true;
}

/* Records that are not alone with their short id. */
static size_t
shared(struct place *p)
{
	struct store_txn *t = store_read(p->store);
	struct buf ids = { 0 };
	size_t count = 0;

	records_tail_ids(p->records, t, DIRECTORY, 0, NULL, add_short, &ids);
	txn_abort(&t);
	qsort(ids.p, ids.len / 8, 8, by_short);
	for (size_t i = 8; i < ids.len; i += 8)
		count += memcmp(ids.p + i, ids.p + i - 8, 8) == 0;
	buf_free(&ids);
	return count;
}

/* Thousands of records, of which some are on one side only: equal after a visit each way and one more, however few bits
 * the short ids have, and for every seed. */
Test(collisions, always_converge, .timeout = 300)
{
	static const struct {
		unsigned bits;
		size_t count, apart;
		unsigned seeds;
	} rows[] = {
		{ 20, 4000, 200, 6 },
		{ 16, 4000, 200, 4 },
		{ 12, 3000, 100, 4 },
		{ 8, 2000, 60, 2 },
		{ 20, 3000, 2, 6 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (uint64_t seed = 1; seed <= rows[i].seeds; seed++) {
			unsigned visits = 0;
			enum visit_rung lowest = RUNG_NONE;
			size_t equals;

			bits = rows[i].bits;
			now = (struct clock){ .ms = 1790000000000, .seed = seed * 1000 + i };
			place_open(&one, &now, 1);
			place_open(&two, &now, 2);
			found(&one);
			admit(&one, &two, "cso");
			pay_visit(&two, &one);
			for (size_t k = 0; k < 10; k++) {
				add_organisations(k % 2 ? &one : &two, "Made up", AUDIENCE_PUBLIC, rows[i].count / 10);
				now.ms += 8 * 3600 * 1000;
			}
			copy_all(&one, &two, DIRECTORY, rows[i].apart / 2);
			copy_all(&two, &one, DIRECTORY, rows[i].apart - rows[i].apart / 2);
			equals = shared(&one);
			for (; visits < 6 && !equal_sets(&one, &two, &all); visits++) {
				struct place *p = visits % 2 ? &one : &two;

				pay_visit(p, visits % 2 ? &two : &one);
				cr_assert_eq(p->end.code, ERR_OK, "%s", p->end.why.reason);
				cr_assert_eq(p->pages, 0, "nothing is streamed");
				lowest = p->end.rung > lowest ? p->end.rung : lowest;
			}
			fprintf(stderr, "seed %" PRIu64 ", %u bits: %zu of %zu records share a short id; %u visits, by %s\n",
			    seed, bits, equals, rows[i].count, visits, visit_rung_word(lowest));
			cr_assert(equal_sets(&one, &two, &all), "seed %" PRIu64 ", %u bits", seed, bits);
			cr_assert_leq(visits, 3);
			pay_visit(&one, &two);
			cr_assert(one.end.equal);
			place_close(&one);
			place_close(&two);
		}
}
