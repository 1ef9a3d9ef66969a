/* node/record/retime.c: what an unsure clock leaves alone, and what becomes of it when the clock is sure again. */
#include "proto/calendar.h"
#include "tests/unit/record/network.h"

#define YEARS (3652 * DAY_MS)

static struct network net;
static struct err err;

/* Organisation 0 is ours; a second member has a node, so that there is somebody to ask. */
static void
start(void)
{
	net_start(&net, 0);
	net_found(&net, 100, 5);
	net.unsure = true;
}

static void
stop(void)
{
	net_stop(&net);
}

TestSuite(retime, .init = start, .fini = stop);

static void
say(bool synchronised)
{
	struct sure_word w = { .synchronised = synchronised, .others = 2 };

	cr_assert_eq(records_hear_time(net.records, &w, &err), ERR_OK, "%s", err.reason);
}

static void
reopen_at(int64_t ms)
{
	net.now_ms = ms;
	cr_assert_eq(net_reopen(&net, &err), ERR_OK, "%s: %s", err.rule, err.reason);
}

static size_t
restamp(void)
{
	size_t count;

	cr_assert_eq(records_restamp(net.records, &net.keys[0], NULL, &count, &err), ERR_OK, "%s", err.reason);
	return count;
}

static uint64_t
author(unsigned name, const char *title, uint32_t kind, struct bytes body)
{
	struct buf own = { 0 };
	struct draft d = { .kind = kind, .name = kind == KIND_ORGANISATION ? name_of(name) : (struct uuid){ { 0 } },
		.audience = AUDIENCE_PUBLIC };
	struct authored out;

	if (title)
		body_organisation(&own, title, NULL);
	d.body = title ? buf_bytes(&own) : body;
	cr_assert_eq(records_author(net.records, &net.keys[0], &d, 1, &out, &err), ERR_OK, "%s: %s", err.rule, err.reason);
	buf_free(&own);
	return out.stamp;
}

static uint64_t
live(unsigned name, struct buf *out_envelope)
{
	struct uuid u = name_of(name);
	struct store_txn *t = store_read(net.store);
	struct verified v;
	uint64_t stamp = 0;

	if (records_live(net.records, t, KIND_ORGANISATION, &net.keys[0].public_key, &u, &v)) {
		stamp = v.record.stamp;
		if (out_envelope)
			buf_put_bytes(out_envelope, v.envelope);
	}
	txn_abort(&t);
	return stamp;
}

/* A computer whose clock starts ten years ahead drops nothing, and goes on from the time that was. */
Test(retime, nothing_leaves)
{
	net_service(&net, 1, 1, at(0));
	reopen_at(NOON + YEARS);
	cr_expect_eq(records_sure(net.records)->state, SURE_LATE);
	cr_expect_eq(net_services(&net), 1);
	cr_assert_eq(records_sweep(net.records, &err), ERR_OK);
	cr_expect_eq(net_services(&net), 1);
	cr_expect_leq(records_now_ms(net.records), NOON + HOUR);
	cr_expect_leq(author(1, "Test", KIND_ORGANISATION, (struct bytes){ 0 }), stamp_make(NOON + HOUR, 0));
	/* And if it was true after all, it leaves when somebody confirms it. */
	say(true);
	cr_expect_eq(records_sure(net.records)->state, SURE);
	cr_expect_eq(net_services(&net), 0);
}

/* A leap in a run is no other. */
Test(retime, leap_in_a_run)
{
	net_service(&net, 1, 1, at(0));
	say(false);
	net.now_ms += YEARS;
	cr_assert_eq(records_sweep(net.records, &err), ERR_OK);
	cr_expect_eq(net_services(&net), 1);
	cr_expect_eq(records_sure(net.records)->state, SURE_LATE);
}

/* While the clock is unsure no stamp is too far ahead and no day too full; then both bounds are applied again. */
Test(retime, future_comes_in_and_goes)
{
	reopen_at(NOON - YEARS);
	cr_assert_eq(records_sure(net.records)->state, SURE_EARLY);
	cr_expect_eq(net_service(&net, 1, 1, stamp_make(NOON + HOUR, 0)), REFUSAL_NONE);
	cr_expect_eq(net_service(&net, 1, 2, stamp_make(NOON + YEARS, 0)), REFUSAL_NONE);
	for (unsigned i = 0; i < 8; i++)
		cr_expect_eq(net_service(&net, 2, i, at(1)), REFUSAL_NONE, "record %u of a day of 5", i);
	cr_expect_eq(net_services(&net), 10);
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(records_sure(net.records)->state, SURE);
	cr_expect_eq(net_services(&net), 8, "one waits, one is gone");
	cr_expect_eq(records_counts(net.records)->aside, 1);
	net.now_ms = NOON + HOUR;
	cr_assert_eq(records_sweep(net.records, &err), ERR_OK);
	cr_expect_eq(net_services(&net), 9);
	cr_expect_eq(net_service(&net, 1, 2, stamp_make(NOON + YEARS, 0)), REFUSAL_FUTURE);
}

/* The same is settled when it was set right while the node was off. */
Test(retime, settled_at_open)
{
	reopen_at(NOON - YEARS);
	net_service(&net, 1, 1, stamp_make(NOON + YEARS, 0));
	cr_assert_eq(net_services(&net), 1);
	reopen_at(NOON);
	cr_expect_eq(records_sure(net.records)->state, SURE);
	cr_expect_eq(net_services(&net), 0);
}

/* A record of ours comes back from somebody who never heard of a newer one, to a clock that refuses nothing as future. */
static enum refusal
comes_back_unsure(struct bytes envelope)
{
	net.now_ms = NOON - YEARS;
	say(false);
	reopen_at(NOON - YEARS);
	return net_admit(&net, envelope);
}

/* Our own that was signed by a clock that ran ahead is signed anew at the present, and the old version does not return. */
Test(retime, signed_anew)
{
	struct buf old = { 0 };
	uint64_t before = author(1, "Before", KIND_ORGANISATION, (struct bytes){ 0 }), ahead, now;

	net.now_ms = NOON + YEARS;
	say(true);
	ahead = author(2, "Ahead", KIND_ORGANISATION, (struct bytes){ 0 });
	live(2, &old);
	cr_assert_geq(ahead, stamp_make(NOON + YEARS, 0));
	net.now_ms = NOON + 1000;
	say(true);
	cr_expect_eq(restamp(), 1);
	now = live(2, NULL);
	cr_expect_gt(now, before);
	cr_expect_leq(now, stamp_make(NOON + 2000, 0));
	cr_expect_eq(restamp(), 0, "once is enough");
	cr_expect_gt(author(2, "Later", KIND_ORGANISATION, (struct bytes){ 0 }), now);
	cr_expect_leq(live(2, NULL), stamp_make(NOON + 2000, 0));
	cr_expect_eq(comes_back_unsure(buf_bytes(&old)), REFUSAL_OLDER);
	buf_free(&old);
}

/* Nor does what that version had replaced return, which is stamped ahead of what was signed anew. */
Test(retime, replaced_does_not_return)
{
	struct buf wide = { 0 };

	net.now_ms = NOON + YEARS;
	say(true);
	author(1, "All of it", KIND_ORGANISATION, (struct bytes){ 0 });
	live(1, &wide);
	author(1, "Less", KIND_ORGANISATION, (struct bytes){ 0 });
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 1);
	cr_expect_eq(comes_back_unsure(buf_bytes(&wide)), REFUSAL_OLDER);
	cr_expect_leq(live(1, NULL), stamp_make(NOON + HOUR, 0));
	buf_free(&wide);
}

/* What is signed anew stands above the replaced version as well, where that is not ahead of what others take: they may hold it. */
Test(retime, signed_anew_above_what_was_replaced)
{
	uint64_t hours;

	net.now_ms = NOON + 20 * HOUR;
	say(true);
	hours = author(1, "Hours ahead", KIND_ORGANISATION, (struct bytes){ 0 });
	net.now_ms = NOON + YEARS;
	say(true);
	author(1, "Years ahead", KIND_ORGANISATION, (struct bytes){ 0 });
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 1);
	cr_expect_gt(live(1, NULL), hours);
}

/* Nor what was erased, though its erasure, signed anew, does not reach so far ahead. */
Test(retime, erased_does_not_return)
{
	struct record key = net_record(&net, 0, KIND_ORGANISATION, 1, 0);
	struct buf body = { 0 }, old = { 0 };
	struct id hash;

	net.now_ms = NOON + YEARS;
	say(true);
	record_key(&key, &crypto_envelope, &hash);
	body_erasure(&body, &hash, author(1, "Too much", KIND_ORGANISATION, (struct bytes){ 0 }), NULL);
	live(1, &old);
	author(0, NULL, KIND_ERASURE, buf_bytes(&body));
	cr_assert_eq(live(1, NULL), 0);
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 1);
	cr_expect_eq(comes_back_unsure(buf_bytes(&old)), REFUSAL_OLDER);
	cr_expect_eq(live(1, NULL), 0);
	buf_free(&body);
	buf_free(&old);
}

/* What is a few hours ahead waits at others and comes in: what is signed then stays above it. */
Test(retime, hours_are_left_alone)
{
	uint64_t ahead;

	net.now_ms = NOON + 20 * HOUR;
	say(true);
	ahead = author(1, "Ahead", KIND_ORGANISATION, (struct bytes){ 0 });
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 0);
	cr_expect_eq(live(1, NULL), ahead);
	cr_expect_gt(author(1, "Later", KIND_ORGANISATION, (struct bytes){ 0 }), ahead);
}

/* An erasure that was signed ahead does not bite what is signed anew. */
Test(retime, erasure_signed_anew)
{
	struct record key = net_record(&net, 0, KIND_ORGANISATION, 1, 0);
	struct buf body = { 0 };
	uint64_t first;
	struct id hash;

	net.now_ms = NOON + YEARS;
	say(true);
	first = author(1, "Too much", KIND_ORGANISATION, (struct bytes){ 0 });
	author(1, "Less", KIND_ORGANISATION, (struct bytes){ 0 });
	record_key(&key, &crypto_envelope, &hash);
	body_erasure(&body, &hash, first, NULL);
	author(0, NULL, KIND_ERASURE, buf_bytes(&body));
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 2);
	cr_expect_neq(live(1, NULL), 0);
	cr_expect_leq(live(1, NULL), stamp_make(NOON + HOUR, 0));
	cr_expect_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 6, "and it is there");
	cr_expect_gt(author(1, "Still less", KIND_ORGANISATION, (struct bytes){ 0 }), 0);
	buf_free(&body);
}

/* An erasure of stamps to come is as far ahead as they are, whatever its own stamp. */
Test(retime, erasure_of_the_future)
{
	struct record r = net_record(&net, 1, KIND_ERASURE, 0, at(0)), key = net_record(&net, 1, KIND_SERVICE, 1, 0);
	struct buf body = { 0 };
	struct id hash;

	record_key(&key, &crypto_envelope, &hash);
	body_erasure(&body, &hash, stamp_make(NOON + YEARS, 0), NULL);
	r.body = buf_bytes(&body);
	cr_expect_eq(net_admit_record(&net, 1, &r), REFUSAL_FUTURE);
	reopen_at(NOON - YEARS);
	cr_expect_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 5);
	cr_expect_eq(net_service(&net, 1, 1, at(0)), REFUSAL_NONE);
	buf_free(&body);
}

/* Who may connect does not depend on clocks: a `node` counts whatever its stamp, and the next one stands above it. */
Test(retime, node_is_timeless)
{
	struct buf body = { 0 };
	struct id node = { { 5 } };
	struct record r = net_record(&net, 1, KIND_NODE, 0, stamp_make(NOON + YEARS, 0));
	uint64_t first;

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 32);
	cbor_put_array(&body, 1);
	cbor_put_map(&body, 1);
	put_id(&body, 1, &node);
	r.body = buf_bytes(&body);
	cr_expect_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	net.now_ms = NOON + YEARS;
	say(true);
	first = author(0, NULL, KIND_NODE, buf_bytes(&body));
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 0);
	cr_expect_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 7);
	cr_expect_gt(author(0, NULL, KIND_NODE, buf_bytes(&body)), first);
	cr_expect_leq(author(1, "Now", KIND_ORGANISATION, (struct bytes){ 0 }), stamp_make(NOON + HOUR, 0));
	buf_free(&body);
}

/* A charter of the future goes, and the one before it is followed again. */
Test(retime, charter_of_the_future)
{
	struct record r = net_record(&net, 0, KIND_CHARTER, 0, stamp_make(NOON + YEARS, 0));
	struct buf body = { 0 }, envelope = { 0 };
	struct id charter;

	reopen_at(NOON - YEARS);
	net_charter(&net, &body, &net.network, 1, 100, 100);
	r.body = buf_bytes(&body);
	net_envelope(&net.keys[0], &net.network, &r, &envelope, &charter);
	cr_assert_eq(net_admit(&net, buf_bytes(&envelope)), REFUSAL_NONE);
	buf_reset(&body);
	cbor_put_map(&body, 1);
	put_id(&body, 32, &charter);
	r = net_record(&net, 0, KIND_APPROVAL, 0, stamp_make(NOON + YEARS, 1));
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 0, &r), REFUSAL_NONE);
	cr_assert(id_equal(&membership_charter(records_membership(net.records))->id, &charter));
	net.now_ms = NOON;
	say(true);
	restamp();
	cr_expect(id_equal(&membership_charter(records_membership(net.records))->id, &net.network));
	cr_expect_eq(membership_state(records_membership(net.records), &net.keys[1].public_key), MEMBER_ACTIVE);
	buf_free(&body);
	buf_free(&envelope);
}

/* Organisation 0 writes a charter below the first one and agrees to it, at MS; its id. */
static struct id
write_charter(int64_t ms)
{
	struct record r = net_record(&net, 0, KIND_CHARTER, 0, stamp_make(ms, 0));
	struct buf body = { 0 }, envelope = { 0 };
	struct id charter;

	net_charter(&net, &body, &net.network, 1, 100, 100);
	r.body = buf_bytes(&body);
	net_envelope(&net.keys[0], &net.network, &r, &envelope, &charter);
	cr_assert_eq(net_admit(&net, buf_bytes(&envelope)), REFUSAL_NONE);
	buf_reset(&body);
	cbor_put_map(&body, 1);
	put_id(&body, 32, &charter);
	r = net_record(&net, 0, KIND_APPROVAL, 0, stamp_make(ms, 1));
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 0, &r), REFUSAL_NONE);
	buf_free(&body);
	buf_free(&envelope);
	return charter;
}

/* It admits organisation 5 under CHARTER. */
static enum refusal
admit_five(const struct id *charter, uint64_t stamp)
{
	struct record r = net_record(&net, 0, KIND_ADMISSION, 0, stamp);
	struct buf body = { 0 };
	enum refusal verdict;

	body_admission(&net, &body, charter, 5, "XK", "cso");
	r.body = buf_bytes(&body);
	verdict = net_admit_record(&net, 0, &r);
	buf_free(&body);
	return verdict;
}

static enum refusal
node_of_five(void)
{
	struct record r = net_record(&net, 5, KIND_NODE, 0, at(0));
	struct buf body = { 0 };
	struct id node = { { 5 } };
	enum refusal verdict;

	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 32);
	cbor_put_array(&body, 1);
	cbor_put_map(&body, 1);
	put_id(&body, 1, &node);
	r.body = buf_bytes(&body);
	verdict = net_admit_record(&net, 5, &r);
	buf_free(&body);
	return verdict;
}

static bool
follows(const struct id *charter)
{
	return id_equal(&membership_charter(records_membership(net.records))->id, charter);
}

static enum member_state
five(void)
{
	return membership_state(records_membership(net.records), &net.keys[5].public_key);
}

static bool
five_can_connect(void)
{
	struct id node = { { 5 } };

	return membership_lists_node(records_membership(net.records), &net.keys[5].public_key, &node);
}

static size_t
carry(void)
{
	size_t count;

	cr_assert_eq(records_carry(net.records, &net.keys[0], &count, &err), ERR_OK, "%s", err.reason);
	return count;
}

/* Who was admitted under a charter of the future is admitted under the one before it, and her node is still there. */
Test(retime, votes_outlive_their_charter)
{
	struct id charter;

	net.now_ms = NOON + YEARS;
	say(true);
	charter = write_charter(net.now_ms);
	cr_assert_eq(admit_five(&charter, stamp_make(net.now_ms, 2)), REFUSAL_NONE);
	cr_assert_eq(node_of_five(), REFUSAL_NONE);
	cr_expect_eq(carry(), 0, "it names the current one");
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 2, "approval and admission");
	cr_expect(follows(&net.network));
	cr_expect_eq(five(), MEMBER_NEVER);
	cr_expect_not(five_can_connect());
	cr_expect_eq(carry(), 1);
	cr_expect_eq(five(), MEMBER_ACTIVE);
	cr_expect(five_can_connect());
	cr_expect_eq(carry(), 0, "once");
	cr_expect_eq(restamp(), 0);
}

static enum err_code
approve(const struct id *charter)
{
	struct draft d = { .kind = KIND_APPROVAL };
	struct buf body = { 0 };
	struct authored done;
	enum err_code rc;

	cbor_put_map(&body, 1);
	put_id(&body, 32, charter);
	d.body = buf_bytes(&body);
	rc = records_author(net.records, &net.keys[0], &d, 1, &done, &err);
	buf_free(&body);
	return rc;
}

/*
 * A vote of the present under a charter of the future is carried as well; not while the clock is unsure, nor when held. Until it is,
 * we agree to no charter: it would not be carried to that one.
 */
Test(retime, votes_of_the_present)
{
	struct id charter, next = { { 9 } };

	reopen_at(NOON - YEARS);
	charter = write_charter(NOON + YEARS);
	cr_assert_eq(admit_five(&charter, at(0)), REFUSAL_NONE);
	net.now_ms = NOON;
	say(true);
	cr_expect(follows(&net.network));
	records_hold(net.records, true);
	cr_expect_eq(carry(), 0);
	records_hold(net.records, false);
	net.now_ms = NOON - YEARS;
	say(false);
	cr_expect_eq(carry(), 0);
	cr_expect_eq(approve(&next), ERR_DENIED);
	cr_expect_str_eq(err.rule, "votes");
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(carry(), 1);
	cr_expect_eq(five(), MEMBER_ACTIVE);
	approve(&next);
	cr_expect_str_neq(err.rule, "votes", "that charter is not here, which is another matter");
}

/* Nor is a vote of ours lost between the moment at which its charter goes and the one at which it is signed anew. */
Test(retime, votes_wait_to_be_signed_anew)
{
	struct id charter;

	reopen_at(NOON - YEARS);
	charter = write_charter(NOON + YEARS);
	cr_assert_eq(admit_five(&charter, stamp_make(NOON + YEARS, 2)), REFUSAL_NONE);
	cr_assert_eq(node_of_five(), REFUSAL_NONE);
	net.now_ms = NOON;
	say(true);
	cr_expect(follows(&net.network));
	cr_expect_eq(restamp(), 2);
	cr_expect_eq(carry(), 1);
	cr_expect(five_can_connect());
}

/* An erasure that we voted under it too. */
Test(retime, erasures_outlive_their_charter)
{
	struct record key = net_record(&net, 1, KIND_SERVICE, 1, 0), r = net_record(&net, 0, KIND_ERASURE, 0, at(0));
	struct buf body = { 0 };
	struct id charter, hash;

	reopen_at(NOON - YEARS);
	charter = write_charter(NOON + YEARS);
	record_key(&key, &crypto_envelope, &hash);
	body_erasure(&body, &hash, at(5), &charter);
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 0, &r), REFUSAL_NONE);
	cr_expect_eq(net_service(&net, 1, 1, at(5)), REFUSAL_ERASED);
	net.now_ms = NOON;
	say(true);
	restamp();
	cr_expect_eq(net_service(&net, 1, 1, at(5)), REFUSAL_NONE, "nobody else's counts either");
	cr_expect_eq(carry(), 1);
	cr_expect_eq(net_services(&net), 0);
	cr_expect_eq(net_service(&net, 1, 1, at(5)), REFUSAL_ERASED);
	cr_expect_eq(carry(), 0);
	buf_free(&body);
}

/* Our own charter that is hours ahead is left alone, and whoever came in under it stays: when it was signed here, */
Test(retime, charter_hours_ahead_is_left_alone)
{
	struct id charter;

	net.now_ms = NOON + 6 * HOUR;
	say(true);
	charter = write_charter(net.now_ms);
	cr_assert_eq(admit_five(&charter, stamp_make(net.now_ms, 2)), REFUSAL_NONE);
	cr_assert_eq(node_of_five(), REFUSAL_NONE);
	net.now_ms = NOON;
	say(true);
	cr_expect_eq(restamp(), 0);
	cr_expect(follows(&charter));
	cr_expect_eq(five(), MEMBER_ACTIVE);
	cr_expect(five_can_connect());
	reopen_at(NOON + 1000);
	cr_expect(follows(&charter), "nor by a restart");
	cr_expect(five_can_connect());
}

/* when it is judged again, and when it comes back from others. */
Test(retime, own_charter_comes_back)
{
	struct id charter;

	reopen_at(NOON - YEARS);
	charter = write_charter(NOON + 6 * HOUR);
	net.now_ms = NOON;
	say(true);
	cr_expect(follows(&charter));
	net_stop(&net);
	net_start(&net, 0);
	net_found(&net, 100, 5);
	charter = write_charter(NOON + 6 * HOUR);
	cr_expect(follows(&charter));
}

/* Another's charter that is hours ahead waits; who was admitted under it comes in with it, and nothing has to be brought again. */
Test(retime, anothers_charter_hours_ahead)
{
	struct id charter;

	net_stop(&net);
	net_start(&net, 1);
	net_found(&net, 100, 5);
	net.unsure = true;
	reopen_at(NOON - YEARS);
	charter = write_charter(NOON + 6 * HOUR);
	cr_assert_eq(admit_five(&charter, stamp_make(NOON + 6 * HOUR, 2)), REFUSAL_NONE);
	cr_assert_eq(node_of_five(), REFUSAL_NONE);
	cr_assert(five_can_connect());
	net.now_ms = NOON;
	say(true);
	cr_expect(follows(&net.network));
	cr_expect_eq(five(), MEMBER_NEVER);
	cr_expect_not(five_can_connect());
	reopen_at(NOON + 1000);
	cr_expect_not(five_can_connect());
	net.now_ms = NOON + 6 * HOUR;
	cr_assert_eq(records_sweep(net.records, &err), ERR_OK);
	cr_expect(follows(&charter));
	cr_expect_eq(five(), MEMBER_ACTIVE);
	cr_expect(five_can_connect());
}

/* Should our clock have been the wrong one, the charter and the votes that we took back are those that others live under. */
Test(retime, what_was_taken_back_in_error)
{
	const int64_t right = NOON + 10 * DAY_MS;
	struct record r = net_record(&net, 0, KIND_ADMISSION, 0, stamp_make(right, 2));
	struct buf body = { 0 }, vote = { 0 };
	struct id charter, id;

	net.now_ms = right;
	say(true);
	charter = write_charter(right);
	body_admission(&net, &body, &charter, 5, "XK", "cso");
	r.body = buf_bytes(&body);
	net_envelope(&net.keys[0], &net.network, &r, &vote, &id);
	cr_assert_eq(net_admit(&net, buf_bytes(&vote)), REFUSAL_NONE);
	net.now_ms = right - 3 * DAY_MS;
	say(true);
	cr_expect_eq(restamp(), 2);
	cr_expect_eq(carry(), 1);
	cr_expect(follows(&net.network));
	cr_expect_eq(net_admit(&net, buf_bytes(&vote)), REFUSAL_OLDER);
	net.now_ms = right;
	say(true);
	cr_expect_eq(five(), MEMBER_ACTIVE);
	write_charter(right);
	cr_expect(follows(&charter));
	cr_expect_eq(net_admit(&net, buf_bytes(&vote)), REFUSAL_NONE);
	cr_expect_eq(five(), MEMBER_ACTIVE);
	buf_free(&body);
	buf_free(&vote);
}

/* A vote of ours lets another's waiting records in, but not those of the future. */
Test(retime, our_vote_lets_no_future_in)
{
	struct buf body = { 0 };

	reopen_at(NOON - YEARS);
	net_service(&net, 1, 1, stamp_make(NOON + YEARS, 0));
	net_service(&net, 1, 2, at(0));
	net_vote(&net, 1, "suspend", at(50));
	cr_assert_eq(net_services(&net), 0);
	net.now_ms = NOON;
	say(true);
	body_standing(&net, &body, 1, "reinstate");
	author(0, NULL, KIND_STANDING, buf_bytes(&body));
	cr_expect_eq(net_services(&net), 1);
	buf_free(&body);
}

/* Nothing is founded at a time that cannot be. */
Test(retime, nothing_is_founded_before_the_program)
{
	struct buf body = { 0 };
	struct id network;

	net_stop(&net); /* that one is founded */
	net_start(&net, 0);
	net.unsure = true;
	net.now_ms = SURE_MADE_MS - DAY_MS;
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	net_charter(&net, &body, NULL, 1, 100, 100);
	cr_expect_eq(records_found(net.records, &net.keys[0], buf_bytes(&body), &network, &err), ERR_DENIED);
	cr_expect_str_eq(err.rule, "clock");
	buf_free(&body);
}

/* How much an author wrote today outlives a restart, without a look at what she wrote. */
Test(retime, day_is_remembered)
{
	net.unsure = false;
	for (unsigned i = 0; i < 5; i++)
		cr_assert_eq(net_service(&net, 1, i, at(1)), REFUSAL_NONE);
	reopen_at(NOON);
	cr_expect_eq(net_service(&net, 1, 7, at(1)), REFUSAL_DAY);
	cr_expect_eq(net_service(&net, 2, 7, at(1)), REFUSAL_NONE);
	reopen_at(NOON + DAY_MS);
	cr_expect_eq(net_service(&net, 1, 8, stamp_make(NOON + DAY_MS - 1, 0)), REFUSAL_NONE, "another day");
}
