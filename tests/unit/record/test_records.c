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
		body_organisation(&body, text);
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
