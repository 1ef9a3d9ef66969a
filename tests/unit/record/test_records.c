/* node/record: the set is a function of records and membership, and reading it. */
#include "tests/unit/record/network.h"

static struct network net;
static struct err err;

static void
start(void)
{
	net_start(&net, 0);
}

static void
stop(void)
{
	net_stop(&net);
}

TestSuite(records, .init = start, .fini = stop);

/* --- any order of arrival --- */

#define NAMES 9

/* Records of all sorts: equal stamps, withdrawals, strict audiences by those who may not, erasures, more keys than
 * the quota, a stranger, votes. The audience belongs to the name, so that a key stays in its quota group. */
static void
write_history(struct pool *p, struct network *n, uint64_t *seed)
{
	struct buf body = { 0 };

	pool_found(p, n, 5, 1000);
	for (unsigned i = 0; i < 120; i++) {
		unsigned org = (unsigned)(dice(seed) % ORGS), name = (unsigned)(dice(seed) % NAMES);
		uint64_t stamp = at(40 * HOUR) + (dice(seed) % 6 << 16);
		struct record r = net_record(n, org, dice(seed) % 2 ? KIND_ORGANISATION : KIND_SERVICE, name, stamp);
		char text[8];
		r.audience = (enum audience)(name % 3);
		r.state = dice(seed) % 5 == 0 ? RECORD_WITHDRAWN : RECORD_LIVE;
		snprintf(text, sizeof text, "%u", (unsigned)(dice(seed) % 3));
		body_organisation(&body, text, NULL);
		r.body = r.state == RECORD_LIVE ? buf_bytes(&body) : (struct bytes){ NULL, 0 };
		pool_add(p, &n->keys[org], &n->network, &r, NULL);
		buf_free(&body);
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned org = (unsigned)(dice(seed) % 5), by = i % 2 ? org : 0;
		struct record r = net_record(n, org, KIND_ORGANISATION, (unsigned)(dice(seed) % NAMES), 0);
		struct id key;
		record_key(&r, &crypto_envelope, &key);
		body_erasure(&body, &key, at(40 * HOUR) + (dice(seed) % 6 << 16), by == org ? NULL : &n->network);
		pool_body(p, n, by, KIND_ERASURE, at(30 * HOUR) + i, &body);
	}
	body_standing(n, &body, 4, "suspend");
	pool_body(p, n, 0, KIND_STANDING, at(20 * HOUR), &body);
}

static void
shuffle(size_t *order, size_t count, uint64_t *seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = (size_t)(dice(seed) % i), swap = order[i - 1];
		order[i - 1] = order[k];
		order[k] = swap;
	}
}

/* As a peer would: in batches, and what was refused for an unknown author again, until nothing moves. */
static void
offer_all(struct network *n, const struct pool *p, uint64_t *seed)
{
	size_t *order = need_alloc(p->count * sizeof *order), left = p->count;

	for (size_t i = 0; i < p->count; i++)
		order[i] = i;
	for (unsigned turn = 0; turn < 4; turn++) {
		size_t kept = 0;
		shuffle(order, left, seed);
		for (size_t from = 0; from < left;) {
			struct admission items[16];
			size_t count = 1 + (size_t)(dice(seed) % 16);
			if (count > left - from)
				count = left - from;
			for (size_t i = 0; i < count; i++)
				items[i] = (struct admission){ .envelope = buf_bytes(&p->items[order[from + i]]),
					.signature_ok = true };
			cr_assert_eq(records_admit(n->records, items, count, &err), ERR_OK, "%s", err.reason);
			for (size_t i = 0; i < count; i++)
				if (items[i].verdict == REFUSAL_STRANGER || items[i].verdict == REFUSAL_NOT_ENTITLED ||
				    items[i].verdict == REFUSAL_AUDIENCE)
					order[kept++] = order[from + i];
			from += count;
		}
		left = kept;
	}
	free(order);
}

static void
order_does_not_matter(unsigned self, uint64_t first_seed, unsigned orders)
{
	struct buf want = { 0 }, got = { 0 };
	struct pool p = { 0 };
	uint64_t seed = first_seed;

	net.random = 1;
	write_history(&p, &net, &seed);
	for (unsigned i = 0; i < orders; i++) {
		uint64_t order_seed = first_seed * 1000 + i;
		struct network n;
		net_start(&n, self);
		n.network = net.network;
		cr_assert_eq(records_set_network(n.records, &n.network, &err), ERR_OK);
		offer_all(&n, &p, &order_seed);
		buf_reset(&got);
		net_digest(&n, &got);
		cr_assert_eq(net_reopen(&n, &err), ERR_OK);
		if (i == 0) {
			buf_put_bytes(&want, buf_bytes(&got));
			cr_assert_gt(want.len, 2000, "the history says something");
		}
		cr_assert(bytes_equal(buf_bytes(&want), buf_bytes(&got)), "node of %u, history %u, order %u", self,
		    (unsigned)first_seed, i);
		/* Opened again, rebuilt from the store, the same. */
		buf_reset(&got);
		net_digest(&n, &got);
		cr_assert(bytes_equal(buf_bytes(&want), buf_bytes(&got)), "reopened: history %u, order %u",
		    (unsigned)first_seed, i);
		net_stop(&n);
	}
	pool_free(&p);
	buf_free(&want);
	buf_free(&got);
}

/* The same records in any order and any batches give the same set, sums and listing; so does opening again. */
Test(records, any_order_of_arrival)
{
	for (uint64_t seed = 1; seed <= 6; seed++)
		order_does_not_matter(0, seed, 4);
}

/* The same at a node that may have less: an institution holds no record for civil-society members only. */
Test(records, any_order_at_an_institution)
{
	for (uint64_t seed = 7; seed <= 10; seed++)
		order_does_not_matter(3, seed, 4);
}

/* The same at a member that wrote some of it, and at the one who is suspended. */
Test(records, any_order_at_an_author)
{
	order_does_not_matter(1, 11, 4);
	order_does_not_matter(4, 12, 4);
}

/* --- reading --- */

#define AL_PUBLIC bucket_make(COLLECTION_DIRECTORY, TERRITORY('A', 'L'), AUDIENCE_PUBLIC)

static void
write_services(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct record r = net_record(&net, 1, KIND_SERVICE, i, at((int64_t)(count - i) * 1000));
		cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	}
}

struct page {
	uint64_t stamps[8];
	struct id ids[8];
	size_t count, most;
};

static bool
fill_page(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct page *p = self;

	cr_assert_gt(envelope.len, 100);
	p->stamps[p->count] = stamp;
	p->ids[p->count++] = *id;
	return p->count < p->most;
}

/* A bucket is read page by page in order of (stamp, id): each record once, whatever the size of a page. */
Test(records, tail_in_pages)
{
	struct page p = { .most = 3 };
	struct store_txn *t;
	size_t seen = 0;
	uint64_t last = 0;

	net_found(&net, 100, 100);
	write_services(7);
	t = store_read(net.store);
	records_tail(net.records, t, AL_PUBLIC, 0, NULL, fill_page, &p);
	while (p.count) {
		for (size_t i = 0; i < p.count; i++, seen++) {
			cr_assert_gt(p.stamps[i], last);
			last = p.stamps[i];
		}
		struct id from = p.ids[p.count - 1];
		p.count = 0;
		records_tail(net.records, t, AL_PUBLIC, last, &from, fill_page, &p);
	}
	cr_assert_eq(seen, 7);
	p.count = 0;
	p.most = 8;
	records_tail(net.records, t, AL_PUBLIC, at(3000), NULL, fill_page, &p);
	cr_assert_eq(p.count, 3, "without an id the stamp itself belongs to it");
	txn_abort(&t);
}

struct sums {
	struct bucket_sum sum;
	unsigned calls;
};

static void
keep_sum(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct sums *k = self;

	if (b != AL_PUBLIC)
		return;
	k->sum = *s;
	k->calls++;
}

/* Sums up to a stamp count what is not newer, and are those of the bucket when that is all. */
Test(records, sums_until)
{
	struct bucket_sum all;
	struct sums k = { .calls = 0 };
	struct store_txn *t;

	net_found(&net, 100, 100);
	write_services(5);
	cr_assert(records_bucket(net.records, AL_PUBLIC, &all));
	t = store_read(net.store);
	records_buckets(net.records, t, at(3000), keep_sum, &k);
	cr_assert_eq(k.sum.count, 3);
	cr_assert_eq(k.sum.newest, at(3000));
	cr_assert_neq(memcmp(k.sum.sum, all.sum, sizeof all.sum), 0);
	records_buckets(net.records, t, at(1000), keep_sum, &k);
	cr_assert_eq(memcmp(&k.sum, &all, sizeof all), 0);
	k.calls = 0;
	records_buckets(net.records, t, at(10000), keep_sum, &k);
	cr_assert_eq(k.calls, 0, "an empty bucket is left out");
	txn_abort(&t);
}

static void
note_arrival(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8])
{
	struct buf *out = self;

	(void)b;
	buf_put(out, &arrival, sizeof arrival);
	buf_put(out, short_id, 8);
}

/* The journal gives what came in between two numbers and is still there; it goes on after opening again. */
Test(records, journal)
{
	struct buf rows = { 0 };
	struct store_txn *t;
	struct record r;
	uint64_t before, after;

	net_found(&net, 100, 100);
	before = records_arrival(net.records);
	write_services(3);
	r = net_record(&net, 1, KIND_SERVICE, 1, at(1));
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	after = records_arrival(net.records);
	cr_assert_eq(after, before + 4);
	t = store_read(net.store);
	records_arrivals(net.records, t, before, after, note_arrival, &rows);
	cr_assert_eq(rows.len, 3 * 16, "the superseded one is left out");
	buf_reset(&rows);
	records_arrivals(net.records, t, after - 1, after, note_arrival, &rows);
	cr_assert_eq(rows.len, 16);
	buf_reset(&rows);
	records_arrivals(net.records, t, after, UINT64_MAX, note_arrival, &rows);
	cr_assert_eq(rows.len, 0);
	txn_abort(&t);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(records_arrival(net.records), after);
	write_services(1);
	buf_free(&rows);
}

/* What a node does not keep goes, and comes again when it is admitted again; the rest is as it was. */
Test(records, left_out)
{
	unsigned exchange = 1u << COLLECTION_EXCHANGE, out = 7;
	uint64_t directory;
	struct record r;

	net_found(&net, 100, 100);
	write_services(3);
	r = net_record(&net, 1, KIND_EVENT, 1, at(1));
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	directory = records_count(net.records, COLLECTION_DIRECTORY);
	cr_assert_eq(records_leave_out(net.records, 0, &out, &err), ERR_OK);
	cr_expect_eq(out, 0);
	cr_expect_eq(records_count(net.records, COLLECTION_EXCHANGE), 1);
	cr_assert_eq(records_leave_out(net.records, exchange, &out, &err), ERR_OK);
	cr_expect_eq(out, exchange);
	cr_expect_eq(records_count(net.records, COLLECTION_EXCHANGE), 0);
	cr_expect_eq(records_count(net.records, COLLECTION_DIRECTORY), directory);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_expect_eq(records_count(net.records, COLLECTION_EXCHANGE), 0);
	cr_expect_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
}

/* Where something of our own is, a withdrawn entry too, the whole collection stays: others have it from us. */
Test(records, own_is_not_left_out)
{
	unsigned exchange = 1u << COLLECTION_EXCHANGE, out = 7;
	struct record r;

	net_found(&net, 100, 100);
	r = net_record(&net, 1, KIND_EVENT, 1, at(1));
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	r = net_record(&net, 0, KIND_EVENT, 2, at(1));
	r.state = RECORD_WITHDRAWN;
	r.body = (struct bytes){ NULL, 0 };
	cr_assert_eq(net_admit_record(&net, 0, &r), REFUSAL_NONE);
	cr_assert_eq(records_leave_out(net.records, exchange, &out, &err), ERR_OK);
	cr_expect_eq(out, 0);
	cr_expect_eq(records_count(net.records, COLLECTION_EXCHANGE), 2);
}

static void
keep_id(void *self, const struct id *id, struct bytes envelope)
{
	(void)envelope;
	*(struct id *)self = *id;
}

/* Records are found by bucket and short id, and in no other bucket. */
Test(records, by_short_id)
{
	struct page p = { .most = 1 };
	struct id got = { { 0 } };
	struct store_txn *t;
	uint8_t short_id[8];

	net_found(&net, 100, 100);
	write_services(2);
	t = store_read(net.store);
	records_tail(net.records, t, AL_PUBLIC, 0, NULL, fill_page, &p);
	records_short(net.records, &p.ids[0], short_id);
	records_by_short(net.records, t, AL_PUBLIC + 1, short_id, keep_id, &got);
	cr_assert(id_is_zero(&got));
	records_by_short(net.records, t, AL_PUBLIC, short_id, keep_id, &got);
	cr_assert(id_equal(&got, &p.ids[0]));
	txn_abort(&t);
}

/* The network is set once; the incarnation is the store's own and stays. */
Test(records, identity_of_the_store)
{
	struct id a = { { 1 } }, b = { { 2 } };
	uint64_t incarnation = records_incarnation(net.records);

	cr_assert_eq(records_set_network(net.records, &a, &err), ERR_OK);
	cr_assert_eq(records_set_network(net.records, &a, &err), ERR_OK);
	cr_assert_eq(records_set_network(net.records, &b, &err), ERR_CONFLICT);
	cr_assert_neq(incarnation, 0);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(records_incarnation(net.records), incarnation);
	cr_assert(id_equal(records_network(net.records), &a));
}

/* Only the restored store gets another incarnation; how often it was counted is kept in it. */
Test(records, renewed_and_counted)
{
	uint64_t incarnation = records_incarnation(net.records), renewed;

	cr_assert_eq(records_boot(net.records), 0);
	cr_assert_eq(records_set_boot(net.records, 1ull << 40, &err), ERR_OK);
	cr_assert_eq(records_renew(net.records, &err), ERR_OK);
	renewed = records_incarnation(net.records);
	cr_assert_neq(renewed, incarnation);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(records_incarnation(net.records), renewed);
	cr_assert_eq(records_boot(net.records), 1ull << 40);
}

/* Whoever asked for the membership may go on reading it until the next records_refresh. */
Test(records, lent_membership_stays)
{
	const struct membership *m;

	net_found(&net, 100, 100);
	cr_assert_eq(records_refresh(net.records, &m, &err), ERR_OK);
	net_vote(&net, 4, "suspend", at(50));
	cr_assert_eq(membership_state(m, &net.keys[4].public_key), MEMBER_ACTIVE);
	cr_assert_eq(membership_state(records_membership(net.records), &net.keys[4].public_key), MEMBER_SUSPENDED);
	cr_assert_eq(records_refresh(net.records, &m, &err), ERR_OK);
	cr_assert_eq(membership_state(m, &net.keys[4].public_key), MEMBER_SUSPENDED);
}

/* Sums wrap around at 2^256 and come back when what was added is taken away: in and out leaves no trace. */
Test(records, sums_come_back)
{
	struct bucket_sum before, after;
	struct buf digest = { 0 };

	net_found(&net, 100, 1000);
	write_services(40);
	cr_assert(records_bucket(net.records, AL_PUBLIC, &before));
	net_vote(&net, 1, "suspend", at(50));
	cr_assert_not(records_bucket(net.records, AL_PUBLIC, &after));
	net_vote(&net, 1, "reinstate", at(40));
	cr_assert(records_bucket(net.records, AL_PUBLIC, &after));
	cr_assert_eq(memcmp(&before, &after, sizeof before), 0);
	net_digest(&net, &digest);
	buf_free(&digest);
}

/* A bucket that outgrows its sketch gets a larger one; opened again it has the same cells. */
Test(records, sketch_grows)
{
	struct bucket_sum sum;
	struct sketch small, large, again;
	struct buf digest = { 0 };

	net_found(&net, 2000, 2000);
	cr_assert_not(records_sketch(net.records, AL_PUBLIC, &small, &sum), "nothing in it");
	write_services(3);
	cr_assert(records_sketch(net.records, AL_PUBLIC, &small, &sum));
	cr_assert_eq(small.cells, SKETCH_CELLS_LEAST);
	for (unsigned i = 3; i < 600; i++) {
		struct record r = net_record(&net, 1, KIND_SERVICE, i, at((int64_t)i * 1000));
		cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	}
	net_digest(&net, &digest);
	cr_assert(records_sketch(net.records, AL_PUBLIC, &large, &sum));
	cr_assert_eq(large.count, 600);
	cr_assert_eq(large.cells, sketch_size(600));
	cr_assert_gt(large.cells, small.cells);
	cr_assert_eq(small.count, 3, "a copy stays as it was");
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	net_digest(&net, &digest);
	cr_assert(records_sketch(net.records, AL_PUBLIC, &again, &sum));
	cr_assert_eq(again.cells, large.cells);
	cr_assert_eq(memcmp(again.cell, large.cell, large.cells * sizeof *large.cell), 0);
	sketch_done(&small);
	sketch_done(&large);
	sketch_done(&again);
	buf_free(&digest);
}
