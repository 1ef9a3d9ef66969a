/* node/record/admit.c: every refusal has a case, and what it promises of the record refused. */
#include "proto/calendar.h"
#include "tests/unit/record/network.h"

static struct network net;

static void
start(void)
{
	net_start(&net, 0);
	net_found(&net, 3, 6);
}

static void
stop(void)
{
	net_stop(&net);
}

TestSuite(admit, .init = start, .fini = stop);

/* --- one provocation for each row; organisation 1 writes unless it says otherwise --- */

static enum refusal
service(unsigned org, unsigned name, uint64_t stamp)
{
	struct record r = net_record(&net, org, KIND_SERVICE, name, stamp);

	return net_admit_record(&net, org, &r);
}

static enum refusal
good(void)
{
	return service(1, 1, at(HOUR));
}

static enum refusal
twice(void)
{
	good();
	return good();
}

static enum refusal
too_long(void)
{
	static uint8_t bytes[LIMIT_RECORD + 1];

	return net_admit(&net, BYTES_OF(bytes));
}

/* The last byte of a good envelope is cut, and one is added to its payload's length. */
static enum refusal
not_canonical(void)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR));
	struct buf b = { 0 };
	struct id id;
	enum refusal verdict;

	net_envelope(&net.keys[1], &net.network, &r, &b, &id);
	buf_put_u8(&b, 0);
	verdict = net_admit(&net, buf_bytes(&b));
	buf_free(&b);
	return verdict;
}

/* A COSE_Sign1 whose payload is an empty map: canonical, but no author, no kind. */
static enum refusal
no_structure(void)
{
	static const uint8_t signature[64], payload[] = { 0xa0 }, header[] = { 0xa1, 0x01, 0x27 };
	struct buf b = { 0 };
	enum refusal verdict;

	cbor_put_tag(&b, 18);
	cbor_put_array(&b, 4);
	cbor_put_bytes(&b, BYTES_OF(header));
	cbor_put_map(&b, 0);
	cbor_put_bytes(&b, BYTES_OF(payload));
	cbor_put_bytes(&b, BYTES_OF(signature));
	verdict = net_admit(&net, buf_bytes(&b));
	buf_free(&b);
	return verdict;
}

static enum refusal
tomorrow_and_more(void)
{
	return service(1, 1, stamp_make(NOON + LIMIT_ASIDE_MS + 1, 0));
}

static enum refusal
in_an_hour(void)
{
	return service(1, 1, stamp_make(NOON + HOUR, 0));
}

static enum refusal
long_ago(void)
{
	return service(1, 1, stamp_make(NOON - 431 * DAY_MS, 0));
}

static enum refusal
older_version(void)
{
	good();
	return service(1, 1, at(2 * HOUR));
}

static void
erase(unsigned by, unsigned org, unsigned name, uint64_t up_to, const struct id *charter)
{
	struct record target = net_record(&net, org, KIND_SERVICE, name, 0), r;
	struct buf body = { 0 };
	struct id key;

	record_key(&target, &crypto_envelope, &key);
	body_erasure(&body, &key, up_to, charter);
	r = net_record(&net, by, KIND_ERASURE, 0, at(1000 + name));
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, by, &r), REFUSAL_NONE);
	buf_free(&body);
}

static enum refusal
erased_before(void)
{
	erase(1, 1, 1, at(HOUR), NULL);
	return good();
}

static enum refusal
by_a_stranger(void)
{
	return service(5, 1, at(HOUR));
}

static enum refusal
by_a_suspended(void)
{
	net_vote(&net, 4, "suspend", at(2 * HOUR));
	return service(4, 1, at(HOUR));
}

/* A member that is no coordinator votes. */
static enum refusal
not_a_coordinator(void)
{
	struct record r = net_record(&net, 1, KIND_ADMISSION, 0, at(HOUR));
	struct buf body = { 0 };
	enum refusal verdict;

	body_admission(&net, &body, &net.network, 5, "AL", "cso");
	r.body = buf_bytes(&body);
	verdict = net_admit_record(&net, 1, &r);
	buf_free(&body);
	return verdict;
}

static enum refusal
institution_to_women_only(void)
{
	struct record r = net_record(&net, 3, KIND_SERVICE, 1, at(HOUR));

	r.audience = AUDIENCE_CSO;
	return net_admit_record(&net, 3, &r);
}

/* A fourth key where three are the most: one of the four does not stay. */
static enum refusal
too_many_keys(void)
{
	enum refusal verdict = REFUSAL_NONE;

	for (unsigned name = 1; name < 40 && verdict == REFUSAL_NONE; name++)
		verdict = service(1, name, at(30 * HOUR));
	return verdict;
}

static enum refusal
too_many_today(void)
{
	enum refusal verdict = REFUSAL_NONE;

	for (unsigned i = 0; i < 7 && verdict == REFUSAL_NONE; i++)
		verdict = service(1, 1, at(HOUR) + i);
	return verdict;
}

/* Who has written all that a day allows takes back all of it, and no more. */
Test(admit, withdrawn_on_a_full_day)
{
	struct record r;

	cr_assert_eq(too_many_today(), REFUSAL_DAY);
	r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR) + 100);
	r.state = RECORD_WITHDRAWN;
	r.body = (struct bytes){ NULL, 0 };
	cr_expect_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	cr_expect_eq(service(1, 2, at(HOUR) + 101), REFUSAL_DAY);
	for (unsigned i = 0; i < 20; i++) {
		r.stamp = at(HOUR) + 200 + i;
		if (net_admit_record(&net, 1, &r) == REFUSAL_DAY)
			return;
	}
	cr_expect(false, "withdrawals are counted as well");
}

static enum refusal
by_another_key(void)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR));

	return net_admit_record(&net, 2, &r);
}

/* The store is full, so that an ordinary record finds no room while a vote does. */
static enum refusal
store_full(void)
{
	struct err e;
	enum refusal verdict = REFUSAL_NONE;

	net_stop(&net);
	net_start(&net, 0);
	net.map_bytes = 2 << 20;
	net.reserve_bytes = 1 << 19;
	net_stop(&net);
	strcpy(net.dir, "/tmp/kilim-records-XXXXXX");
	cr_assert_not_null(mkdtemp(net.dir));
	cr_assert_eq(net_reopen(&net, &e), ERR_OK, "%s", e.reason);
	net_found(&net, 100000, 100000);
	for (unsigned name = 1; name < 4000 && verdict == REFUSAL_NONE; name++) {
		struct record r = net_record(&net, 1, KIND_SERVICE, name, at(HOUR));
		struct admission a = { .signature_ok = true };
		struct buf b = { 0 };
		struct id id;
		net_envelope(&net.keys[1], &net.network, &r, &b, &id);
		a.envelope = buf_bytes(&b);
		if (records_admit(net.records, &a, 1, &e) != ERR_OK)
			cr_assert_str_eq(e.rule, "full");
		verdict = a.verdict;
		buf_free(&b);
	}
	net_vote(&net, 4, "suspend", at(HOUR));
	return verdict;
}

static enum refusal (*const provoke[REFUSALS])(void) = {
	[REFUSAL_NONE] = good, [REFUSAL_HELD] = twice, [REFUSAL_SIZE] = too_long,
	[REFUSAL_CANONICAL] = not_canonical, [REFUSAL_STRUCTURE] = no_structure,
	[REFUSAL_FUTURE] = tomorrow_and_more, [REFUSAL_FUTURE_ASIDE] = in_an_hour, [REFUSAL_PAST] = long_ago,
	[REFUSAL_OLDER] = older_version, [REFUSAL_ERASED] = erased_before, [REFUSAL_STRANGER] = by_a_stranger,
	[REFUSAL_NOT_ACTIVE] = by_a_suspended, [REFUSAL_NOT_ENTITLED] = not_a_coordinator,
	[REFUSAL_AUDIENCE] = institution_to_women_only, [REFUSAL_QUOTA] = too_many_keys,
	[REFUSAL_DAY] = too_many_today, [REFUSAL_SIGNATURE] = by_another_key, [REFUSAL_STORE] = store_full,
};

/* Each row of the table is provoked, counted, named and worded. */
Test(admit, every_refusal)
{
	static const char *const rows[] = {
#define X(name, err, blamed, outdated, words) #name,
		REFUSAL_TABLE(X)
#undef X
	};

	stop();
	for (int i = 0; i < REFUSALS; i++) {
		const struct records_counts *counts;
		start();
		cr_assert_not_null(provoke[i], "%s has no case", rows[i]);
		cr_assert_eq((int)provoke[i](), i, "%s", rows[i]);
		counts = records_counts(net.records);
		cr_assert_geq(i ? counts->refused[i] : counts->admitted, 1, "%s is counted", rows[i]);
		cr_assert_gt(strlen(refusal_name((enum refusal)i)), 0);
		cr_assert_gt(strlen(refusal_words((enum refusal)i)), 0);
		stop();
	}
	start();
}

/* --- one by one --- */

static uint64_t
services(void)
{
	return records_count(net.records, COLLECTION_DIRECTORY);
}

/* Screening says the same as admission, but finds worth verifying what would be kept aside. */
Test(admit, screening)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR));
	struct unverified u;
	struct buf b = { 0 };
	struct id id;
	struct err e;

	net_envelope(&net.keys[1], &net.network, &r, &b, &id);
	cr_assert_eq(records_screen(net.records, buf_bytes(&b), &u, &e), REFUSAL_NONE);
	cr_assert(id_equal(&u.id, &id));
	net_admit(&net, buf_bytes(&b));
	cr_assert_eq(records_screen(net.records, buf_bytes(&b), &u, &e), REFUSAL_HELD);
	buf_reset(&b);
	r.stamp = stamp_make(NOON + HOUR, 0);
	net_envelope(&net.keys[1], &net.network, &r, &b, &id);
	cr_assert_eq(records_screen(net.records, buf_bytes(&b), &u, &e), REFUSAL_NONE, "waits aside");
	buf_reset(&b);
	r = net_record(&net, 5, KIND_SERVICE, 1, at(HOUR));
	net_envelope(&net.keys[5], &net.network, &r, &b, &id);
	cr_assert_eq(records_screen(net.records, buf_bytes(&b), &u, &e), REFUSAL_STRANGER);
	cr_assert_eq(e.code, ERR_DENIED);
	buf_free(&b);
}

/* A record of another network is one by another key. */
Test(admit, another_network)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR));
	struct id other = { { 9 } }, id;
	struct buf b = { 0 };

	net_envelope(&net.keys[1], &other, &r, &b, &id);
	cr_assert_eq(net_admit(&net, buf_bytes(&b)), REFUSAL_SIGNATURE);
	cr_assert_eq(services(), 0);
	cr_assert(refusal_blamed(REFUSAL_SIGNATURE));
	buf_free(&b);
}

/* On equal stamps the larger id wins, whichever came first. */
Test(admit, equal_stamps)
{
	struct record a = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR)), b = a;
	struct buf x = { 0 }, y = { 0 };
	struct store_txn *t;
	struct verified v;
	struct id ida, idb;
	static const uint8_t body[] = { 0xa1, 0x18, 0x20, 0x01 };

	b.body = BYTES_OF(body);
	net_envelope(&net.keys[1], &net.network, &a, &x, &ida);
	net_envelope(&net.keys[1], &net.network, &b, &y, &idb);
	net_admit(&net, buf_bytes(&x));
	net_admit(&net, buf_bytes(&y));
	net_admit(&net, buf_bytes(&x));
	t = store_read(net.store);
	cr_assert(records_live(net.records, t, KIND_SERVICE, &a.author, &a.name, &v));
	cr_assert(id_equal(&v.id, id_compare(&ida, &idb) > 0 ? &ida : &idb));
	txn_abort(&t);
	cr_assert_eq(services(), 1);
	buf_free(&x);
	buf_free(&y);
}

/* A withdrawal is in the set and hides what it withdrew. */
Test(admit, withdrawn)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(1));
	struct buf live = { 0 };
	struct store_txn *t;
	struct verified v;

	good();
	r.state = RECORD_WITHDRAWN;
	r.body = (struct bytes){ NULL, 0 };
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	cr_assert_eq(services(), 1);
	t = store_read(net.store);
	records_each(net.records, t, KIND_SERVICE, add_live, &live);
	cr_assert_eq(live.len, 0);
	cr_assert(records_live(net.records, t, KIND_SERVICE, &r.author, &r.name, &v));
	cr_assert_eq(v.record.state, RECORD_WITHDRAWN);
	txn_abort(&t);
	cr_assert_eq(service(1, 1, at(HOUR)), REFUSAL_OLDER, "what it buried stays buried");
	buf_free(&live);
}

/* An author's erasure bites no other author's key, not even of the same kind and name; a newer version survives. */
Test(admit, erasure_is_the_authors_own)
{
	good();
	erase(2, 1, 1, at(0), NULL);
	cr_assert_eq(services(), 1, "erased by another member");
	erase(1, 1, 1, at(2 * HOUR), NULL);
	cr_assert_eq(services(), 1, "the erasure ends before this version");
	erase(1, 1, 1, at(HOUR), NULL);
	cr_assert_eq(services(), 0);
	cr_assert_eq(service(1, 1, at(HOUR) + 1), REFUSAL_NONE);
}

/* A majority of coordinators erases anybody's key: here the only one, if it names the present charter. */
Test(admit, erasure_by_coordinators)
{
	struct id other = { { 7 } };

	good();
	erase(0, 1, 1, at(0), &other);
	cr_assert_eq(services(), 1, "under another charter it does not count");
	erase(0, 1, 1, at(0), &net.network);
	cr_assert_eq(services(), 0);
	cr_assert_eq(good(), REFUSAL_ERASED);
}

/* Room that an erasure makes is taken by the key that waited for it. */
Test(admit, waiting_key_moves_up)
{
	uint64_t bytes_before;
	unsigned name, in = 0;
	struct store_txn *t;
	struct verified v;

	cr_assert_eq(too_many_keys(), REFUSAL_QUOTA);
	cr_assert_eq(services(), 3);
	bytes_before = records_counts(net.records)->aside;
	cr_assert_geq(bytes_before, 1);
	t = store_read(net.store);
	for (name = 1; name < 40 && in == 0; name++) {
		struct record r = net_record(&net, 1, KIND_SERVICE, name, 0);
		if (records_live(net.records, t, KIND_SERVICE, &r.author, &r.name, &v))
			in = name;
	}
	txn_abort(&t);
	erase(1, 1, in, at(0), NULL);
	cr_assert_eq(services(), 3, "another has taken its place");
	cr_assert_eq(records_counts(net.records)->aside, bytes_before - 1);
}

/* A suspended member's records leave the set at once and come back with her. */
Test(admit, suspension_and_return)
{
	struct bucket_sum before, after;
	bucket_id b = bucket_make(COLLECTION_DIRECTORY, TERRITORY('B', 'A'), AUDIENCE_PUBLIC);

	service(4, 1, at(HOUR));
	cr_assert(records_bucket(net.records, b, &before));
	net_vote(&net, 4, "suspend", at(50));
	cr_assert_not(records_bucket(net.records, b, &after));
	cr_assert_eq(records_counts(net.records)->aside, 1);
	cr_assert_eq(service(4, 2, at(HOUR)), REFUSAL_NOT_ACTIVE);
	cr_assert_eq(service(4, 1, at(30)), REFUSAL_NOT_ACTIVE, "a newer version waits beside the older");
	net_vote(&net, 4, "reinstate", at(40));
	cr_assert(records_bucket(net.records, b, &after));
	cr_assert_eq(after.count, 2, "of each key one version");
	cr_assert_eq(after.newest, at(30));
	cr_assert_eq(records_counts(net.records)->aside, 0);
}

/* Membership in one batch with what depends on it, in the worst order: all of it comes in. */
Test(admit, one_batch_in_the_worst_order)
{
	struct pool p = { 0 };
	struct admission items[6];
	struct record r;
	struct err e;

	stop();
	net_start(&net, 2);
	pool_found(&p, &net, 10, 10);
	r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR));
	pool_add(&p, &net.keys[1], &net.network, &r, NULL);
	cr_assert_eq(records_set_network(net.records, &net.network, &e), ERR_OK);
	for (size_t i = 0; i < 6; i++)
		items[i] = (struct admission){ .envelope = buf_bytes(&p.items[5 - i]), .signature_ok = true };
	cr_assert_eq(records_admit(net.records, items, 6, &e), ERR_OK);
	for (size_t i = 0; i < 6; i++)
		cr_assert_eq(items[i].verdict, REFUSAL_NONE, "%zu: %s", i, refusal_name(items[i].verdict));
	cr_assert_eq(services(), 1);
	cr_assert_eq(net.heard, 1);
	cr_assert(net.last.membership);
	cr_assert_eq(net.last.arrival_to - net.last.arrival_from, 6);
	pool_free(&p);
}

/* Short ids are known of what is in, of what waits, and of nothing else. */
Test(admit, known_short_ids)
{
	bucket_id b = bucket_make(COLLECTION_DIRECTORY, TERRITORY('A', 'L'), AUDIENCE_PUBLIC);
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, stamp_make(NOON + HOUR, 0));
	struct store_txn *t;
	struct buf x = { 0 };
	struct id id, none = { { 1 } };
	uint8_t short_id[8];

	net_envelope(&net.keys[1], &net.network, &r, &x, &id);
	cr_assert_eq(net_admit(&net, buf_bytes(&x)), REFUSAL_FUTURE_ASIDE);
	t = store_read(net.store);
	records_short(net.records, &id, short_id);
	cr_assert(records_knows(net.records, t, b, short_id, NULL));
	records_short(net.records, &none, short_id);
	cr_assert_not(records_knows(net.records, t, b, short_id, NULL));
	txn_abort(&t);
	buf_free(&x);
}

static void
no_signature(void *self, struct bytes message, uint8_t out[64])
{
	(void)self, (void)message;
	memset(out, 0, 64);
}

/* Made-up keys whose votes wait for a made-up charter cannot fill the store; members are still heard. */
Test(admit, strangers_cannot_fill_the_store)
{
	enum { FLOOD = 4200 };
	struct admission *items = need_zeroed(FLOOD, sizeof *items);
	struct buf *envelopes = need_zeroed(FLOOD, sizeof *envelopes), body = { 0 };
	struct id charter = { { 77 } }, id;
	struct err e;

	body_admission(&net, &body, &charter, 5, "AL", "cso");
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct record r = net_record(&net, 0, KIND_ADMISSION, 0, at(HOUR));
		memset(r.author.b, 0xee, ID_LEN);
		put_u32(r.author.b, i);
		r.body = buf_bytes(&body);
		cr_assert_eq(envelope_sign(&r, &net.network, &crypto_envelope, no_signature, NULL, &envelopes[i], &id,
		    NULL), ERR_OK);
		items[i] = (struct admission){ .envelope = buf_bytes(&envelopes[i]), .signature_ok = true };
	}
	cr_assert_eq(records_admit(net.records, items, FLOOD, &e), ERR_OK);
	cr_assert_leq(records_counts(net.records)->aside, 4096);
	cr_assert_eq(items[FLOOD - 1].verdict, REFUSAL_QUOTA, "%s", refusal_name(items[FLOOD - 1].verdict));
	cr_assert_eq(service(1, 1, stamp_make(NOON + HOUR, 0)), REFUSAL_FUTURE_ASIDE);
	for (uint32_t i = 0; i < FLOOD; i++)
		buf_free(&envelopes[i]);
	free(envelopes);
	free(items);
	buf_free(&body);
}

/* Membership is held by everyone: an audience written into it keeps nobody out. */
Test(admit, membership_has_no_audience)
{
	struct record r = net_record(&net, 3, KIND_NODE, 0, at(HOUR));

	r.audience = AUDIENCE_CSO;
	cr_assert_eq(net_admit_record(&net, 3, &r), REFUSAL_NONE);
	cr_assert_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 6);
}
