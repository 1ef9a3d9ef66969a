/* node/record/refresh.c: what time does: life, waiting, lapsing, and what a restart must not forget. */
#include "proto/calendar.h"
#include "tests/unit/record/network.h"
#include "tests/lib/raw.h"

static struct network net;
static struct err err;

static void
start(void)
{
	net_start(&net, 0);
	net_found(&net, 100, 5);
}

static void
stop(void)
{
	net_stop(&net);
}

TestSuite(sweep, .init = start, .fini = stop);

static void
sweep_at(int64_t ms)
{
	net.now_ms = ms;
	cr_assert_eq(records_sweep(net.records, &err), ERR_OK, "%s: %s", err.rule, err.reason);
}

/* A version stays for its life and 30 days, leaves at midnight, and is remembered for 48 hours. */
Test(sweep, leaves_at_midnight)
{
	int64_t last_midnight = (NOON / DAY_MS + 431) * DAY_MS;
	bucket_id b = bucket_make(COLLECTION_DIRECTORY, TERRITORY('A', 'L'), AUDIENCE_PUBLIC);
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(0));
	struct buf x = { 0 };
	struct store_txn *t;
	struct id id;
	uint8_t short_id[8];

	net_envelope(&net.keys[1], &net.network, &r, &x, &id);
	cr_assert_eq(net_admit(&net, buf_bytes(&x)), REFUSAL_NONE);
	records_short(net.records, &id, short_id);
	sweep_at(last_midnight - 1);
	cr_assert_eq(net_services(&net), 1);
	cr_assert_eq(records_next_ms(net.records), last_midnight);
	sweep_at(last_midnight);
	cr_assert_eq(net_services(&net), 0);
	cr_assert_eq(net_admit(&net, buf_bytes(&x)), REFUSAL_PAST);
	t = store_read(net.store);
	cr_assert(records_knows(net.records, t, b, short_id, NULL));
	txn_abort(&t);
	sweep_at(last_midnight + 3 * DAY_MS);
	t = store_read(net.store);
	cr_assert_not(records_knows(net.records, t, b, short_id, NULL));
	cr_assert_eq(txn_count(t, STORE_GONE), 0);
	txn_abort(&t);
	cr_assert_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 5, "membership has no end");
	buf_free(&x);
}

/* When the next sweep is due stands still until it has been done: who looks late is told so. */
Test(sweep, due_until_done)
{
	int64_t midnight = (NOON / DAY_MS + 1) * DAY_MS;

	sweep_at(NOON + 1);
	cr_assert_eq(records_next_ms(net.records), midnight);
	net.now_ms = midnight + 5;
	cr_assert_eq(records_next_ms(net.records), midnight);
	sweep_at(midnight + 5);
	cr_assert_eq(records_next_ms(net.records), midnight + DAY_MS);
}

/* A tombstone outlives everything it could bury. */
Test(sweep, tombstones_outlive)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(0));
	struct buf x = { 0 };
	struct id id;

	net_envelope(&net.keys[1], &net.network, &r, &x, &id);
	net_admit(&net, buf_bytes(&x));
	r.stamp = at(-1);
	r.state = RECORD_WITHDRAWN;
	r.body = (struct bytes){ NULL, 0 };
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	for (int64_t day = 425; day < 440; day++) {
		sweep_at((NOON / DAY_MS + day) * DAY_MS);
		cr_assert_neq(net_admit(&net, buf_bytes(&x)), REFUSAL_NONE, "day %d", (int)day);
	}
	cr_assert_eq(net_services(&net), 0);
	buf_free(&x);
}

/* A record dated beyond the allowed clock skew waits; when its time has come it is in. */
Test(sweep, future_record_waits)
{
	cr_assert_eq(net_service(&net, 1, 1, stamp_make(NOON + LIMIT_FUTURE_MS, 0)), REFUSAL_NONE);
	cr_assert_eq(net_service(&net, 1, 2, stamp_make(NOON + HOUR, 0)), REFUSAL_FUTURE_ASIDE);
	cr_assert_eq(records_next_ms(net.records), NOON + HOUR - LIMIT_FUTURE_MS);
	sweep_at(NOON + HOUR - LIMIT_FUTURE_MS - 1);
	cr_assert_eq(net_services(&net), 1);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(net_services(&net), 1);
	cr_assert_eq(records_next_ms(net.records), NOON + HOUR - LIMIT_FUTURE_MS);
	sweep_at(NOON + HOUR - LIMIT_FUTURE_MS);
	cr_assert_eq(net_services(&net), 2);
	cr_assert_eq(records_counts(net.records)->aside, 0);
}

/* What was over a day's limit is admitted the day after. */
Test(sweep, over_the_day)
{
	for (unsigned i = 0; i < 5; i++)
		cr_assert_eq(net_service(&net, 1, i, at(1)), REFUSAL_NONE);
	cr_assert_eq(net_service(&net, 1, 7, at(1)), REFUSAL_DAY);
	cr_assert_eq(net_service(&net, 2, 1, at(1)), REFUSAL_NONE, "another author");
	cr_assert_eq(net_service(&net, 1, 8, at(30 * HOUR)), REFUSAL_NONE, "another day");
	sweep_at((NOON / DAY_MS + 1) * DAY_MS);
	cr_assert_eq(net_services(&net), 8);
}

/* A single coordinator's suspension lapses: the records are back, with the sweep that records_next_ms asked for. */
Test(sweep, suspension_lapses)
{
	const struct membership *m;

	net_service(&net, 4, 1, at(HOUR));
	net_vote(&net, 4, "suspend", at(50));
	cr_assert_eq(net_services(&net), 0);
	for (int i = 0; i < 40 && net_services(&net) == 0; i++)
		sweep_at(records_next_ms(net.records));
	cr_assert_eq(net_services(&net), 1);
	cr_assert_geq(net.now_ms, NOON + 13 * DAY_MS);
	cr_assert_leq(net.now_ms, NOON + 15 * DAY_MS);
	cr_assert_eq(records_refresh(net.records, &m, &err), ERR_OK);
	cr_assert_eq(membership_state(m, &net.keys[4].public_key), MEMBER_ACTIVE);
}

/* The same while the node was off: opening brings the set to the present. */
Test(sweep, lapses_while_closed)
{
	struct buf before = { 0 }, after = { 0 };

	net_service(&net, 4, 1, at(HOUR));
	net_service(&net, 1, 1, at(HOUR));
	net_vote(&net, 4, "suspend", at(50));
	cr_assert_eq(net_services(&net), 1);
	net.now_ms += 15 * DAY_MS;
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(net_services(&net), 2);
	net_digest(&net, &before);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	net_digest(&net, &after);
	cr_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
	buf_free(&before);
	buf_free(&after);
}

/* When we are an institution from now on, what is for civil-society members only goes at once; our own waits. */
Test(sweep, own_class_changes)
{
	struct record r = net_record(&net, 1, KIND_SERVICE, 1, at(HOUR));
	struct record own = net_record(&net, 2, KIND_SERVICE, 2, at(HOUR));
	const struct member *self = NULL;
	struct buf body = { 0 };
	struct store_txn *t;
	struct verified v;

	stop();
	net_start(&net, 2);
	net_found(&net, 100, 100);
	r.audience = own.audience = AUDIENCE_CSO;
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	cr_assert_eq(net_admit_record(&net, 2, &own), REFUSAL_NONE);
	cr_assert_eq(net_services(&net), 2);
	/* Of admissions that differ the smallest hash wins: one of some names does. */
	for (unsigned i = 0; i < 50 && (self == NULL || self->class == CLASS_CSO); i++) {
		struct record vote = net_record(&net, 0, KIND_ADMISSION, 0, at(50) + i);
		char name[16];
		snprintf(name, sizeof name, "Name %u", i);
		buf_reset(&body);
		cbor_put_map(&body, 5);
		put_id(&body, 32, &net.network);
		put_id(&body, 33, &net.keys[2].public_key);
		put_word(&body, 34, name);
		put_word(&body, 35, "XK");
		put_word(&body, 36, "institution");
		vote.body = buf_bytes(&body);
		cr_assert_eq(net_admit_record(&net, 0, &vote), REFUSAL_NONE);
		self = membership_find(records_membership(net.records), &net.keys[2].public_key);
	}
	cr_assert_eq(self->class, CLASS_INSTITUTION);
	t = store_read(net.store);
	cr_assert_not(records_live(net.records, t, KIND_SERVICE, &r.author, &r.name, &v));
	txn_abort(&t);
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_AUDIENCE);
	cr_assert_eq(net_services(&net), 0);
	cr_assert_eq(records_counts(net.records)->aside, 1, "our own waits");
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(records_counts(net.records)->aside, 1);
	buf_free(&body);
}

/* With her territory all of a member's records move to other buckets. */
Test(sweep, territory_changes)
{
	bucket_id old = bucket_make(COLLECTION_DIRECTORY, TERRITORY('A', 'L'), AUDIENCE_PUBLIC);
	bucket_id new = bucket_make(COLLECTION_DIRECTORY, TERRITORY('M', 'E'), AUDIENCE_PUBLIC);
	const struct member *her = membership_find(records_membership(net.records), &net.keys[1].public_key);
	struct buf body = { 0 };
	struct bucket_sum before, after;

	net_service(&net, 1, 1, at(HOUR));
	net_service(&net, 1, 2, at(30 * HOUR));
	cr_assert(records_bucket(net.records, old, &before));
	for (unsigned i = 0; i < 50 && her->territory != TERRITORY('M', 'E'); i++) {
		struct record vote = net_record(&net, 0, KIND_ADMISSION, 0, at(50) + i);
		char name[16];
		snprintf(name, sizeof name, "Name %u", i);
		buf_reset(&body);
		cbor_put_map(&body, 5);
		put_id(&body, 32, &net.network);
		put_id(&body, 33, &net.keys[1].public_key);
		put_word(&body, 34, name);
		put_word(&body, 35, "ME");
		put_word(&body, 36, "cso");
		vote.body = buf_bytes(&body);
		cr_assert_eq(net_admit_record(&net, 0, &vote), REFUSAL_NONE);
		her = membership_find(records_membership(net.records), &net.keys[1].public_key);
	}
	cr_assert_eq(her->territory, TERRITORY('M', 'E'));
	cr_assert_not(records_bucket(net.records, old, &after));
	cr_assert(records_bucket(net.records, new, &after));
	cr_assert_eq(after.count, before.count);
	cr_assert_eq(memcmp(after.sum, before.sum, sizeof after.sum), 0);
	cr_assert_eq(after.newest, before.newest);
	buf_free(&body);
}

/* What was erased is not even in the raw file after the next sweep. */
Test(sweep, erased_bytes_leave_the_file)
{
	struct record r = net_record(&net, 1, KIND_ORGANISATION, 1, at(HOUR)), erase;
	struct buf body = { 0 };
	struct id key;

	body_organisation(&body, "marker-of-a-made-up-shelter", NULL);
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	record_key(&r, &crypto_envelope, &key);
	buf_reset(&body);
	body_erasure(&body, &key, at(0), NULL);
	erase = net_record(&net, 1, KIND_ERASURE, 0, at(0));
	erase.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 1, &erase), REFUSAL_NONE);
	cr_assert(raw_count(net.dir, "marker-of-a-made-up-shelter"), "else this test proves nothing");
	cr_assert_leq(records_next_ms(net.records), NOON + HOUR);
	sweep_at(records_next_ms(net.records));
	cr_assert_not(raw_count(net.dir, "marker-of-a-made-up-shelter"));
	cr_assert_eq(net_services(&net), 0);
	cr_assert_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 6);
	buf_free(&body);
}

static enum refusal
node_with(const struct id *machine, uint64_t stamp)
{
	struct record r = net_record(&net, 1, KIND_NODE, 0, stamp);
	struct buf body = { 0 };
	struct id node = { { 5 } };
	enum refusal verdict;

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 32);
	cbor_put_array(&body, 1);
	cbor_put_map(&body, machine ? 2 : 1);
	put_id(&body, 1, &node);
	if (machine)
		put_id(&body, 2, machine);
	r.body = buf_bytes(&body);
	verdict = net_admit_record(&net, 1, &r);
	buf_free(&body);
	return verdict;
}

/* What a machine signed waits until its author's node lists the key, and again when it no longer does. */
Test(sweep, machine_keys)
{
	/* An unknown kind of the statistics: bit 7 says that a machine may sign it. */
	struct record r = net_record(&net, 1, 0x481, 1, at(100));

	r.by_machine = true;
	r.machine = net.keys[5].public_key;
	cr_assert_eq(net_admit_record(&net, 5, &r), REFUSAL_NOT_ACTIVE);
	cr_assert_eq(node_with(&r.machine, at(90)), REFUSAL_NONE);
	cr_assert_eq(records_count(net.records, COLLECTION_STATISTICS), 1);
	cr_assert_eq(node_with(NULL, at(80)), REFUSAL_NONE);
	cr_assert_eq(records_count(net.records, COLLECTION_STATISTICS), 0);
	cr_assert_eq(records_counts(net.records)->aside, 1);
}

static void
vote_record(unsigned org, uint32_t kind, uint64_t stamp, struct buf *body, struct id *out)
{
	struct record r = net_record(&net, org, kind, 0, stamp);
	struct buf envelope = { 0 };

	r.body = buf_bytes(body);
	net_envelope(&net.keys[org], &net.network, &r, &envelope, out);
	net_admit(&net, buf_bytes(&envelope));
	buf_free(&envelope);
	buf_reset(body);
}

/* Erasures by coordinators count from the charter on that they name: here one that is adopted after they came,
 * and leaves the author of the key what she was. */
Test(sweep, erasures_of_the_next_charter)
{
	struct record target = net_record(&net, 0, KIND_SERVICE, 1, 0);
	struct buf body = { 0 }, envelope = { 0 };
	struct id charter, key, ignored;
	struct record r = net_record(&net, 0, KIND_CHARTER, 0, at(HOUR));

	net_service(&net, 0, 1, at(30 * HOUR));
	record_key(&target, &crypto_envelope, &key);
	net_charter(&net, &body, &net.network, 3, 100, 100);
	r.body = buf_bytes(&body);
	net_envelope(&net.keys[0], &net.network, &r, &envelope, &charter);
	cr_assert_eq(net_admit(&net, buf_bytes(&envelope)), REFUSAL_NONE);
	buf_reset(&body);
	for (unsigned org = 1; org < 3; org++) {
		body_erasure(&body, &key, at(0), &charter);
		vote_record(org, KIND_ERASURE, at(100 + org), &body, &ignored);
	}
	cr_assert_eq(net_services(&net), 1);
	for (unsigned org = 0; org < 3; org++) {
		cbor_put_map(&body, 1);
		put_id(&body, 32, &charter);
		vote_record(org, KIND_APPROVAL, at(50 + org), &body, &ignored);
	}
	cr_assert(id_equal(&membership_charter(records_membership(net.records))->id, &charter));
	cr_assert_eq(net_services(&net), 0);
	buf_free(&body);
	buf_free(&envelope);
}
