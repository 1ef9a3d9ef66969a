/* node/record/author.c: our own records: all of a batch or none, stamps, quotas, private fields, history. */
#include "proto/calendar.h"
#include "tests/unit/record/network.h"

static struct network net;
static struct err err;
static struct buf body;

static void
start(void)
{
	net_start(&net, 0);
	net_found(&net, 4, 8);
	net.heard = 0;
	body_organisation(&body, "Izmišljeni centar", NULL);
}

static void
stop(void)
{
	buf_free(&body);
	net_stop(&net);
}

TestSuite(author, .init = start, .fini = stop);

static struct draft
draft(unsigned name)
{
	return (struct draft){ .kind = KIND_ORGANISATION, .name = name_of(name), .body = buf_bytes(&body) };
}

static enum err_code
write(const struct draft *d, size_t count, struct authored *out)
{
	err = (struct err){ 0 };
	return records_author(net.records, &net.keys[net.self], d, count, out, &err);
}

static bool
live(unsigned name, struct record *out)
{
	struct store_txn *t = store_read(net.store);
	struct uuid u = name_of(name);
	struct verified v;
	bool found = records_live(net.records, t, KIND_ORGANISATION, &net.keys[net.self].public_key, &u, &v);

	if (found && out)
		*out = v.record;
	txn_abort(&t);
	return found;
}

/* While it is held nothing is signed or tried; afterwards all is as before. */
Test(author, held)
{
	struct draft d = draft(1);

	records_hold(net.records, true);
	cr_expect_eq(write(&d, 1, NULL), ERR_DENIED);
	cr_expect_str_eq(err.rule, "recovering");
	cr_expect_eq(records_author_try(net.records, &d, 1, &err), ERR_DENIED);
	cr_expect_not(live(1, NULL));
	records_hold(net.records, false);
	cr_expect_eq(write(&d, 1, NULL), ERR_OK, "%s", err.reason);
	cr_expect(live(1, NULL));
}

#define MANY 2500

/* A batch that is signed on all cores is as one signed in a row: stamps rise, a version seen in it is a conflict by name. */
Test(author, many_at_once)
{
	struct draft *d = need_zeroed(MANY, sizeof *d);
	struct authored *done = need_zeroed(MANY, sizeof *done);
	struct record kept;

	stop();
	net_start(&net, 0);
	net_found(&net, 2 * MANY, 4 * MANY);
	body_organisation(&body, "Izmišljeni centar", NULL);
	for (unsigned i = 0; i < MANY; i++)
		d[i] = draft(i + 1);
	cr_assert_eq(write(d, MANY, done), ERR_OK, "%s", err.reason);
	for (unsigned i = 1; i < MANY; i++)
		cr_assert_gt(done[i].stamp, done[i - 1].stamp);
	for (unsigned i = 0; i < MANY; i++)
		cr_assert(live(i + 1, NULL));

	for (unsigned i = 0; i < MANY; i++)
		d[i].if_stamp = done[i].stamp;
	d[MANY - 1] = d[7];
	cr_assert_eq(write(d, MANY, NULL), ERR_CONFLICT);
	cr_expect(strstr(err.object, "2500") != NULL, "%s", err.object);
	cr_assert(live(1, &kept));
	cr_expect_eq(kept.stamp, done[0].stamp, "nothing of a batch that failed stays");
	free(d);
	free(done);
}

/* The first charter's id becomes the network, its author its first member; once only. */
Test(author, founding)
{
	struct buf charter = { 0 };
	struct id network, again;

	stop();
	net_start(&net, 0);
	body_organisation(&body, "x", NULL);
	net_charter(&net, &charter, NULL, 1, 10, 10);
	cr_assert_eq(records_found(net.records, &net.keys[0], buf_bytes(&charter), &network, &err), ERR_OK);
	cr_assert(id_equal(&network, records_network(net.records)));
	cr_assert_eq(membership_state(records_membership(net.records), &net.keys[0].public_key), MEMBER_ACTIVE);
	cr_assert_eq(write(&(struct draft[]){ draft(1) }[0], 1, NULL), ERR_OK, "%s", err.reason);
	cr_assert_eq(records_found(net.records, &net.keys[0], buf_bytes(&charter), &again, &err), ERR_CONFLICT);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert(id_equal(&network, records_network(net.records)));
	cr_assert(live(1, NULL));
	buf_free(&charter);
}

/* A charter that breaks its row founds nothing. */
Test(author, founding_with_a_bad_charter)
{
	struct buf charter = { 0 };
	struct id network;

	stop();
	net_start(&net, 0);
	body_organisation(&body, "x", NULL);
	net_charter(&net, &charter, NULL, 2, 10, 10);
	cr_assert_eq(records_found(net.records, &net.keys[0], buf_bytes(&charter), &network, &err), ERR_INPUT);
	cr_assert(id_is_zero(records_network(net.records)));
	cr_assert_eq(write(&(struct draft[]){ draft(1) }[0], 1, NULL), ERR_DENIED);
	buf_free(&charter);
}

/* What was signed is in the set, verifies, has got a name, and was told once. */
Test(author, signed_and_told)
{
	struct draft d[2] = { draft(0), draft(7) };
	struct authored out[2];
	struct store_txn *t;
	struct verified v;
	struct unverified u;

	cr_assert_eq(write(d, 2, out), ERR_OK, "%s: %s", err.object, err.reason);
	cr_assert_eq(net.heard, 1);
	cr_assert_eq(net.last.arrival_to - net.last.arrival_from, 2);
	cr_assert_not(net.last.membership);
	cr_assert_lt(out[0].stamp, out[1].stamp);
	cr_assert_neq(out[0].name.b[0] | out[0].name.b[5], 0, "a name is made");
	t = store_read(net.store);
	for (int i = 0; i < 2; i++) {
		cr_assert(records_get(net.records, t, &out[i].id, &v));
		cr_assert_eq(envelope_read(v.envelope, &net.network, &crypto_envelope, &u, NULL), ERR_OK);
		cr_assert(id_equal(&u.id, &out[i].id));
		cr_assert(records_signature_ok(&net.network, &u));
	}
	txn_abort(&t);
}

/* One bad draft, and nothing of the batch is stored; the error says which it was; sums are as before. */
Test(author, all_or_none)
{
	struct draft d[3] = { draft(1), draft(2), draft(3) };
	struct buf before = { 0 }, after = { 0 };
	static const uint8_t empty[] = { 0xa0 };

	net_digest(&net, &before);
	d[2].body = BYTES_OF(empty);
	cr_assert_eq(write(d, 3, NULL), ERR_INPUT);
	cr_assert(strstr(err.object, "organisation 3"), "%s", err.object);
	net_digest(&net, &after);
	cr_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
	cr_assert_eq(net.heard, 0);
	cr_assert_eq(write(d, 2, NULL), ERR_OK);
	buf_free(&before);
	buf_free(&after);
}

/* A try says what would happen, and leaves nothing. */
Test(author, trying_stores_nothing)
{
	struct draft d = draft(1);
	static const uint8_t empty[] = { 0xa0 };

	cr_assert_eq(records_author_try(net.records, &d, 1, &err), ERR_OK);
	cr_assert_not(live(1, NULL));
	d.body = BYTES_OF(empty);
	cr_assert_eq(records_author_try(net.records, &d, 1, &err), ERR_INPUT);
}

/* --if-stamp: the edit of a version that is no longer the live one is refused. */
Test(author, lost_updates)
{
	struct draft d = draft(1);
	struct authored first, second;

	cr_assert_eq(write(&d, 1, &first), ERR_OK);
	d.if_stamp = first.stamp;
	cr_assert_eq(write(&d, 1, &second), ERR_OK);
	cr_assert_gt(second.stamp, first.stamp);
	cr_assert_eq(write(&d, 1, NULL), ERR_CONFLICT);
	d.name = name_of(2);
	cr_assert_eq(write(&d, 1, NULL), ERR_CONFLICT, "there is no such key");
}

/* Each key has its kind's right to sign: a vote needs a coordinator, anything a member that is active. */
Test(author, who_may)
{
	struct draft vote = { .kind = KIND_STANDING };
	struct draft d = draft(1);
	struct buf text = { 0 };
	struct pool p = { 0 };

	body_standing(&net, &text, 1, "suspend");
	vote.body = buf_bytes(&text);
	cr_assert_eq(write(&vote, 1, NULL), ERR_OK, "a coordinator: %s", err.reason);
	pool_found(&p, &net, 4, 8);
	stop();
	net_start(&net, 2);
	body_organisation(&body, "x", NULL);
	pool_free(&p);
	net_found(&net, 4, 8);
	d.body = buf_bytes(&body);
	cr_assert_eq(write(&vote, 1, NULL), ERR_DENIED);
	cr_assert_str_eq(err.rule, "coordinator");
	cr_assert_eq(write(&d, 1, NULL), ERR_OK);
	net_vote(&net, 2, "suspend", at(5));
	cr_assert_eq(write(&d, 1, NULL), ERR_DENIED);
	cr_assert_str_eq(err.rule, "not active");
	d.machine = &net.keys[2];
	net_vote(&net, 2, "reinstate", at(4));
	cr_assert_eq(write(&d, 1, NULL), ERR_DENIED);
	cr_assert_str_eq(err.rule, "machine");
	buf_free(&text);
}

/* Our own node refuses to sign beyond the quota, even a key that others would let in for another. */
Test(author, quota)
{
	for (unsigned i = 1; i <= 4; i++)
		cr_assert_eq(write(&(struct draft[]){ draft(i) }[0], 1, NULL), ERR_OK);
	for (unsigned i = 5; i < 20; i++) {
		cr_assert_eq(write(&(struct draft[]){ draft(i) }[0], 1, NULL), ERR_DENIED);
		cr_assert_str_eq(err.rule, "quota");
	}
	cr_assert_eq(write(&(struct draft[]){ draft(3) }[0], 1, NULL), ERR_OK, "another version of a key");
}

/* Nor beyond the day's limit; the next day it goes on. */
Test(author, day)
{
	for (unsigned i = 0; i < 8; i++)
		cr_assert_eq(write(&(struct draft[]){ draft(1) }[0], 1, NULL), ERR_OK);
	cr_assert_eq(write(&(struct draft[]){ draft(1) }[0], 1, NULL), ERR_DENIED);
	cr_assert_str_eq(err.rule, "day");
	net.now_ms += DAY_MS;
	cr_assert_eq(write(&(struct draft[]){ draft(1) }[0], 1, NULL), ERR_OK);
}

/* Stamps go up though the clock goes back, also after opening again. */
Test(author, stamps_never_go_back)
{
	struct draft d = draft(1);
	struct authored a, b, c;

	cr_assert_eq(write(&d, 1, &a), ERR_OK);
	net.now_ms -= 10 * DAY_MS;
	cr_assert_eq(write(&d, 1, &b), ERR_OK);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(write(&d, 1, &c), ERR_OK);
	cr_assert(a.stamp < b.stamp && b.stamp < c.stamp);
}

static bool
note_stamp(void *self, const struct verified *v)
{
	buf_put(self, &v->record.stamp, sizeof v->record.stamp);
	return true;
}

/* Our own earlier versions are kept, newest first, with the withdrawal; others' are not. */
Test(author, history)
{
	struct draft d = draft(1);
	struct authored out[3];
	struct buf stamps = { 0 };
	struct store_txn *t;
	uint64_t got[3];

	cr_assert_eq(write(&d, 1, &out[0]), ERR_OK);
	cr_assert_eq(write(&d, 1, &out[1]), ERR_OK);
	d.state = RECORD_WITHDRAWN;
	cr_assert_eq(write(&d, 1, &out[2]), ERR_OK);
	t = store_read(net.store);
	records_history(net.records, t, KIND_ORGANISATION, &net.keys[0].public_key, &d.name, note_stamp, &stamps);
	txn_abort(&t);
	cr_assert_eq(stamps.len, sizeof got);
	memcpy(got, stamps.p, sizeof got);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(got[i], out[2 - i].stamp);
	buf_free(&stamps);
}

/* Private fields stay in the side table: in no envelope, left alone, replaced or taken away as the draft says. */
Test(author, private_fields)
{
	static const uint8_t secret[] = { 0xa1, 0x18, 0x21, 0x63, 'x', 'y', 'z' };
	struct draft d = draft(1);
	struct store_txn *t;
	struct buf all = { 0 };

	d.private_fields = BYTES_OF(secret);
	cr_assert_eq(write(&d, 1, NULL), ERR_OK);
	d.private_fields = (struct bytes){ NULL, 0 };
	cr_assert_eq(write(&d, 1, NULL), ERR_OK);
	t = store_read(net.store);
	cr_assert(bytes_equal(records_private(net.records, t, KIND_ORGANISATION, &net.keys[0].public_key, &d.name),
	    BYTES_OF(secret)));
	txn_abort(&t);
	net_digest(&net, &all);
	cr_assert_null(memmem(all.p, all.len, "xyz", 3));
	d.private_fields = (struct bytes){ secret, 0 };
	cr_assert_eq(write(&d, 1, NULL), ERR_OK);
	t = store_read(net.store);
	cr_assert_eq(records_private(net.records, t, KIND_ORGANISATION, &net.keys[0].public_key, &d.name).len, 0);
	txn_abort(&t);
	buf_free(&all);
}

/* An erasure takes along the live version, its history and its private fields. */
Test(author, erasure_takes_all_along)
{
	static const uint8_t secret[] = { 0xa1, 0x18, 0x21, 0x63, 'x', 'y', 'z' };
	struct draft d = draft(1), erase = { .kind = KIND_ERASURE };
	struct record r = net_record(&net, 0, KIND_ORGANISATION, 1, 0);
	struct buf text = { 0 }, stamps = { 0 };
	struct authored last;
	struct store_txn *t;
	struct id key;

	d.private_fields = BYTES_OF(secret);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(write(&d, 1, &last), ERR_OK);
	record_key(&r, &crypto_envelope, &key);
	body_erasure(&text, &key, last.stamp, NULL);
	erase.body = buf_bytes(&text);
	cr_assert_eq(write(&erase, 1, NULL), ERR_OK, "%s: %s", err.object, err.reason);
	t = store_read(net.store);
	records_history(net.records, t, KIND_ORGANISATION, &r.author, &d.name, note_stamp, &stamps);
	cr_assert_eq(stamps.len, 0);
	cr_assert_eq(records_private(net.records, t, KIND_ORGANISATION, &r.author, &d.name).len, 0);
	cr_assert_eq(txn_count(t, STORE_HISTORY) + txn_count(t, STORE_PRIVATE), 0);
	txn_abort(&t);
	cr_assert_eq(write(&d, 1, NULL), ERR_OK, "what is signed later lives");
	buf_free(&text);
	buf_free(&stamps);
}

/* Stricter now: the new version and the erasure of all before it go in one transaction. */
Test(author, stricter_in_one_transaction)
{
	struct draft d[2] = { draft(1), { .kind = KIND_ERASURE } };
	struct record r = net_record(&net, 0, KIND_ORGANISATION, 1, 0), now;
	struct buf text = { 0 }, stamps = { 0 };
	struct authored open, strict[2];
	struct store_txn *t;
	struct id key;

	cr_assert_eq(write(d, 1, &open), ERR_OK);
	record_key(&r, &crypto_envelope, &key);
	body_erasure(&text, &key, open.stamp, NULL);
	d[1].body = buf_bytes(&text);
	d[0].audience = AUDIENCE_CSO;
	net.heard = 0;
	cr_assert_eq(write(d, 2, strict), ERR_OK, "%s: %s", err.object, err.reason);
	cr_assert_eq(net.heard, 1);
	cr_assert(live(1, &now));
	cr_assert_eq(now.audience, AUDIENCE_CSO);
	t = store_read(net.store);
	records_history(net.records, t, KIND_ORGANISATION, &r.author, &d->name, note_stamp, &stamps);
	cr_assert_eq(stamps.len, 8, "the open version is in no history");
	txn_abort(&t);
	buf_free(&text);
	buf_free(&stamps);
}

/* {KEY: value} as the body of an entry whose fields were judged before. */
static void
body_one(struct buf *b, uint64_t key, const char *text, uint64_t value)
{
	buf_reset(b);
	cbor_put_map(b, 1);
	cbor_put_uint(b, key);
	if (text)
		cbor_put_text(b, bytes_text(text));
	else
		cbor_put_uint(b, value);
}

/* What the row says of fields binds the audience whatever was judged before: members' fields, scopes, the widest. */
Test(author, audience_of_fields)
{
	struct buf text = { 0 };
	struct draft d = { .kind = KIND_EVENT, .name = name_of(7), .checked = true };

	body_one(&text, 55, NULL, 18);
	d.body = buf_bytes(&text);
	cr_expect_eq(write(&d, 1, NULL), ERR_INPUT);
	cr_expect_str_eq(err.rule, "members");
	d.audience = AUDIENCE_MEMBERS;
	cr_expect_eq(write(&d, 1, NULL), ERR_OK, "%s", err.reason);
	body_one(&text, 35, "cso", 0);
	d = (struct draft){ .kind = KIND_STORY, .name = name_of(8), .checked = true, .audience = AUDIENCE_MEMBERS,
		.body = buf_bytes(&text) };
	cr_expect_eq(write(&d, 1, NULL), ERR_INPUT);
	cr_expect_str_eq(err.rule, "scope");
	d.audience = AUDIENCE_CSO;
	cr_expect_eq(write(&d, 1, NULL), ERR_OK, "%s", err.reason);
	d = (struct draft){ .kind = KIND_COMMENT, .name = name_of(9), .checked = true, .body = buf_bytes(&text) };
	cr_expect_eq(write(&d, 1, NULL), ERR_INPUT);
	cr_expect_str_eq(err.rule, "widest");
	buf_free(&text);
}

/* A field that only coordinators write is refused to other members, and nothing else of the kind is. */
Test(author, coordinators_field)
{
	struct buf text = { 0 };
	struct draft d = { .kind = KIND_CLAIM, .name = name_of(7), .checked = true };

	body_one(&text, 35, "Grupi i sajuar", 0);
	d.body = buf_bytes(&text);
	cr_expect_eq(write(&d, 1, NULL), ERR_OK, "a coordinator: %s", err.reason);
	stop();
	net_start(&net, 1);
	net_found(&net, 4, 8);
	cr_expect_eq(write(&d, 1, NULL), ERR_DENIED);
	cr_expect_str_eq(err.rule, "coordinator");
	cr_expect_str_eq(err.object, "on_behalf");
	body_one(&text, 33, "mine", 0);
	d.body = buf_bytes(&text);
	cr_expect_eq(write(&d, 1, NULL), ERR_OK, "%s", err.reason);
	buf_free(&text);
}

/* A newcomer signs its node before its admission has come: it waits, can be read to be sent, and comes in with it. */
Test(author, newcomers_node_waits)
{
	struct draft d = { .kind = KIND_NODE };
	struct pool p = { 0 };
	struct buf text = { 0 };
	struct authored out;
	struct store_txn *t;
	struct verified v;
	struct id node = { { 3 } };

	stop();
	net_start(&net, 1);
	body_organisation(&body, "x", NULL);
	pool_found(&p, &net, 4, 8);
	cr_assert_eq(records_set_network(net.records, &net.network, &err), ERR_OK);
	cbor_put_map(&text, 1);
	cbor_put_uint(&text, 32);
	cbor_put_array(&text, 1);
	cbor_put_map(&text, 1);
	put_id(&text, 1, &node);
	d.body = buf_bytes(&text);
	cr_assert_eq(write(&d, 1, &out), ERR_OK, "%s: %s", err.object, err.reason);
	t = store_read(net.store);
	cr_assert(records_get(net.records, t, &out.id, &v));
	txn_abort(&t);
	cr_assert_eq(records_count(net.records, COLLECTION_MEMBERSHIP), 0);
	for (size_t i = 0; i < p.count; i++)
		net_admit(&net, buf_bytes(&p.items[i]));
	cr_assert_eq(records_count(net.records, COLLECTION_MEMBERSHIP), p.count + 1);
	cr_assert(membership_lists_node(records_membership(net.records), &net.keys[1].public_key, &node));
	pool_free(&p);
	buf_free(&text);
}
