/*
 * network - a record engine on a fake clock, and signed records of made-up organisations for it.
 *
 * Shape    organisation 0 founds; 1 and 2 are civil-society members, 3 an institution, 4 another civil-society
 *          member that some tests suspend, 5 is never admitted
 */
#ifndef KILIM_TESTS_RECORD_NETWORK_H
#define KILIM_TESTS_RECORD_NETWORK_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/records.h"
#include "proto/cbor.h"
#include "proto/stamp.h"
#include "tests/lib/bodies.h"

#define ORGS 6
#define NOON 1767268800000LL     /* 2026-01-01T12:00:00Z */
#define HOUR (3600 * 1000LL)

struct pool {
	struct buf *items;
	size_t count;
};

struct network {
	char dir[64];
	struct store *store;
	struct records *records;
	struct world world;
	int64_t now_ms;
	uint64_t random;
	struct sign_key keys[ORGS];
	unsigned self;
	struct id network;           /* zero until the charter is written */
	size_t map_bytes, reserve_bytes;
	bool unsure;                 /* the engine is not told that the clock is right */
	unsigned heard, heard_membership;
	struct records_change last;
	void (*with_store)(struct network *n);   /* the store is open, the engine not yet; NULL: nothing is to be done */
	struct records_follower follower;
};

static inline uint64_t
dice(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline int64_t
fake_now(void *self)
{
	return ((struct network *)self)->now_ms;
}

static inline void
fake_random(void *self, void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)dice(&((struct network *)self)->random);
}

static inline void
heard(void *self, const struct records_change *c)
{
	struct network *n = self;

	n->heard++;
	n->heard_membership += c->membership;
	n->last = *c;
}

static inline void
net_keys(struct network *n)
{
	crypto_start();
	for (unsigned i = 0; i < ORGS; i++) {
		uint8_t seed[32];
		memset(seed, (int)i + 1, sizeof seed);
		sign_key_from_seed(seed, &n->keys[i]);
	}
}

static inline enum err_code
net_reopen(struct network *n, struct err *e)
{
	struct store_options so = { .map_bytes = n->map_bytes ? n->map_bytes : 64 << 20,
		.reserve_bytes = n->reserve_bytes ? n->reserve_bytes : 1 << 20 };
	struct records_options ro = { .world = &n->world, .self = n->keys[n->self].public_key, .changed = heard,
		.user = n };
	enum err_code rc;

	records_close(n->records);
	store_close(n->store);
	n->records = NULL;
	n->store = NULL;
	if ((rc = store_open(n->dir, &so, &n->store, e)) != ERR_OK)
		return rc;
	if (n->with_store)
		n->with_store(n);
	ro.store = n->store;
	ro.follower = n->follower;
	if ((rc = records_open(&ro, &n->records, e)) != ERR_OK)
		return rc;
	/* Tests turn the clock by years, and mean it. */
	return n->unsure ? ERR_OK : records_hear_time(n->records, &(struct sure_word){ .synchronised = true }, e);
}

static inline void
net_start(struct network *n, unsigned self)
{
	struct err e;

	*n = (struct network){ .now_ms = NOON, .random = 1, .self = self };
	n->world = (struct world){ n, fake_now, fake_now, fake_random };
	net_keys(n);
	strcpy(n->dir, "/tmp/kilim-records-XXXXXX");
	cr_assert_not_null(mkdtemp(n->dir));
	cr_assert_eq(net_reopen(n, &e), ERR_OK, "%s: %s", e.rule, e.reason);
}

static inline int
net_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void
net_stop(struct network *n)
{
	records_close(n->records);
	store_close(n->store);
	nftw(n->dir, net_drop, 8, FTW_DEPTH | FTW_PHYS);
	n->records = NULL;
	n->store = NULL;
}

/* --- bodies --- */

static inline void
put_id(struct buf *b, uint64_t key, const struct id *id)
{
	cbor_put_uint(b, key);
	cbor_put_bytes(b, BYTES_OF(*id));
}

/* COORDINATORS are organisations 0 .. n-1. */
static inline void
net_charter(struct network *n, struct buf *b, const struct id *parent, unsigned coordinators, unsigned keys,
    unsigned writes)
{
	cbor_put_map(b, 4u + (parent != NULL));
	if (parent)
		put_id(b, 32, parent);
	put_title(b, 33, "A made-up network");
	cbor_put_uint(b, 40);
	cbor_put_array(b, coordinators);
	for (unsigned i = 0; i < coordinators; i++) {
		cbor_put_map(b, 4);
		put_id(b, 1, &n->keys[i].public_key);
		put_word(b, 2, "Izmišljeni centar");
		put_word(b, 3, "RS");
		put_word(b, 4, "cso");
	}
	put_number(b, 41, 1);
	cbor_put_uint(b, 42);
	cbor_put_map(b, 2);
	put_number(b, 1, keys);
	put_number(b, 2, writes);
}

static inline void
body_admission(struct network *n, struct buf *b, const struct id *charter, unsigned org, const char *territory,
    const char *class)
{
	cbor_put_map(b, 5);
	put_id(b, 32, charter);
	put_id(b, 33, &n->keys[org].public_key);
	put_word(b, 34, "Made-up member");
	put_word(b, 35, territory);
	put_word(b, 36, class);
}

static inline void
body_standing(struct network *n, struct buf *b, unsigned org, const char *action)
{
	cbor_put_map(b, 4);
	put_id(b, 32, &n->network);
	put_id(b, 33, &n->keys[org].public_key);
	put_word(b, 34, action);
	put_word(b, 35, "safety");
}

static inline void
body_erasure(struct buf *b, const struct id *target, uint64_t up_to, const struct id *charter)
{
	cbor_put_map(b, charter ? 5 : 3);
	put_id(b, 32, target);
	put_number(b, 33, up_to);
	put_word(b, 34, "key");
	if (charter) {
		put_word(b, 35, "safety");
		put_id(b, 36, charter);
	}
}

/* --- records --- */

static inline void
net_sign(void *self, struct bytes message, uint8_t out[64])
{
	sign_detached(self, message, out);
}

static inline struct uuid
name_of(unsigned n)
{
	struct uuid u = { { 0 } };

	put_u32(u.b + 12, n);
	return u;
}

static inline uint64_t
at(int64_t ms_before_noon)
{
	return stamp_make(NOON - ms_before_noon, 0);
}

/* A signed envelope of R into OUT; KEY signs, whoever R says is its author. */
static inline void
net_envelope(const struct sign_key *key, const struct id *network, const struct record *r, struct buf *out,
    struct id *out_id)
{
	cr_assert_eq(envelope_sign(r, network, &crypto_envelope, net_sign, (void *)(uintptr_t)key, out, out_id, NULL),
	    ERR_OK);
}

static inline struct record
net_record(struct network *n, unsigned org, uint32_t kind, unsigned name, uint64_t stamp)
{
	static const uint8_t empty_map[] = { 0xa0 };

	return (struct record){ .author = n->keys[org].public_key, .kind = kind, .name = name_of(name),
		.stamp = stamp, .body = BYTES_OF(empty_map) };
}

static inline void
pool_add(struct pool *p, const struct sign_key *key, const struct id *network, const struct record *r,
    struct id *out_id)
{
	struct id id;

	p->items = need_realloc(p->items, (p->count + 1) * sizeof *p->items);
	p->items[p->count] = (struct buf){ 0 };
	net_envelope(key, network, r, &p->items[p->count++], out_id ? out_id : &id);
}

/* Takes BODY. */
static inline void
pool_body(struct pool *p, struct network *n, unsigned org, uint32_t kind, uint64_t stamp, struct buf *body)
{
	struct record r = net_record(n, org, kind, 0, stamp);

	r.body = buf_bytes(body);
	pool_add(p, &n->keys[org], &n->network, &r, NULL);
	buf_free(body);
}

static inline void
pool_free(struct pool *p)
{
	for (size_t i = 0; i < p->count; i++)
		buf_free(&p->items[i]);
	free(p->items);
	*p = (struct pool){ 0 };
}

/* The first charter, with its quotas, and the admissions of organisations 1 to 4; sets the network's id. */
static inline void
pool_found(struct pool *p, struct network *n, unsigned keys, unsigned writes)
{
	static const struct id none;
	static const char *const territories[] = { "RS", "AL", "XK", "MK", "BA" };
	struct record r = net_record(n, 0, KIND_CHARTER, 0, at(48 * HOUR));
	struct buf body = { 0 };

	net_charter(n, &body, NULL, 1, keys, writes);
	r.body = buf_bytes(&body);
	pool_add(p, &n->keys[0], &none, &r, &n->network);
	buf_free(&body);
	for (unsigned i = 1; i < 5; i++) {
		body_admission(n, &body, &n->network, i, territories[i], i == 3 ? "institution" : "cso");
		pool_body(p, n, 0, KIND_ADMISSION, at(47 * HOUR) + i, &body);
	}
}

/* Verify and admit one envelope. */
static inline enum refusal
net_admit(struct network *n, struct bytes envelope)
{
	struct admission a = { .envelope = envelope };
	struct unverified u;
	static const struct id none;
	struct err e;

	if (envelope_read(envelope, &n->network, &crypto_envelope, &u, NULL) == ERR_OK) {
		if (u.claim.kind == KIND_CHARTER) {
			struct unverified first;
			if (envelope_read(envelope, &none, &crypto_envelope, &first, NULL) == ERR_OK &&
			    id_equal(&first.id, &n->network))
				u = first;
		}
		a.signature_ok = records_signature_ok(&n->network, &u);
	}
	cr_assert_eq(records_admit(n->records, &a, 1, &e), ERR_OK, "%s: %s", e.rule, e.reason);
	return a.verdict;
}

static inline enum refusal
net_admit_record(struct network *n, unsigned org, const struct record *r)
{
	struct buf envelope = { 0 };
	struct id id;
	enum refusal verdict;

	net_envelope(&n->keys[org], &n->network, r, &envelope, &id);
	verdict = net_admit(n, buf_bytes(&envelope));
	buf_free(&envelope);
	return verdict;
}

/* A running network: the charter and admissions are in. */
static inline void
net_found(struct network *n, unsigned keys, unsigned writes)
{
	struct pool p = { 0 };
	struct err e;

	pool_found(&p, n, keys, writes);
	cr_assert_eq(records_set_network(n->records, &n->network, &e), ERR_OK);
	for (size_t i = 0; i < p.count; i++)
		cr_assert_eq(net_admit(n, buf_bytes(&p.items[i])), REFUSAL_NONE, "founding record %zu", i);
	pool_free(&p);
}

static inline void
net_vote(struct network *n, unsigned org, const char *action, uint64_t stamp)
{
	struct record r = net_record(n, 0, KIND_STANDING, 0, stamp);
	struct buf body = { 0 };

	body_standing(n, &body, org, action);
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(n, 0, &r), REFUSAL_NONE);
	buf_free(&body);
}

/* --- the set, as bytes to compare --- */

static inline void
add_bucket(void *self, bucket_id b, const struct bucket_sum *s)
{
	buf_put(self, &b, sizeof b);
	buf_put(self, &s->count, sizeof s->count);
	buf_put(self, s->sum, sizeof s->sum);
	buf_put(self, &s->newest, sizeof s->newest);
}

static inline bool
add_tail(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	buf_put(self, &stamp, sizeof stamp);
	buf_put(self, id->b, ID_LEN);
	buf_put_bytes(self, envelope);
	return true;
}

static inline bool
add_live(void *self, const struct verified *v)
{
	buf_put(self, v->id.b, ID_LEN);
	return true;
}

struct buckets {
	bucket_id ids[64];
	size_t count;
};

static inline void
note_bucket(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct buckets *list = self;

	(void)s;
	cr_assert(list->count < 64);
	list->ids[list->count++] = b;
}

struct sketched {
	struct network *n;
	struct sketch sketch;
};

static inline bool
sketch_one(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct sketched *s = self;
	uint8_t short_id[8];

	(void)stamp, (void)envelope;
	records_short(s->n->records, id, short_id);
	sketch_insert(&s->sketch, get_u64(short_id));
	return true;
}

/* The sketch of B that is kept is that of the records that B holds. */
static inline void
net_sketch_holds(struct network *n, struct store_txn *t, bucket_id b)
{
	struct sketched want = { .n = n };
	struct bucket_sum sum, now;
	struct sketch kept;

	cr_assert(records_sketch(n->records, b, &kept, &sum));
	cr_assert(records_bucket(n->records, b, &now));
	cr_assert_eq(memcmp(&sum, &now, sizeof sum), 0);
	cr_assert_geq(kept.cells, sketch_size(now.count));
	sketch_init(&want.sketch, kept.cells, 0);
	records_tail(n->records, t, b, 0, NULL, sketch_one, &want);
	cr_assert_eq(kept.count, now.count);
	for (uint32_t i = 0; i < kept.cells; i++)
		cr_assert(kept.cell[i].ids == want.sketch.cell[i].ids &&
		    kept.cell[i].checks == want.sketch.cell[i].checks &&
		    kept.cell[i].count == want.sketch.cell[i].count, "bucket %08x, cell %u", b, i);
	sketch_done(&kept);
	sketch_done(&want.sketch);
}

/* Sums, every record, and what people are shown; and what is kept beside must fit it. */
static inline void
net_digest(struct network *n, struct buf *out)
{
	struct store_txn *t = store_read(n->store);
	struct buckets list = { .count = 0 };

	records_buckets(n->records, t, UINT64_MAX, add_bucket, out);
	records_buckets(n->records, t, UINT64_MAX, note_bucket, &list);
	for (size_t i = 0; i < list.count; i++) {
		records_tail(n->records, t, list.ids[i], 0, NULL, add_tail, out);
		net_sketch_holds(n, t, list.ids[i]);
	}
	for (uint32_t kind = 0x101; kind < 0x104; kind++)
		records_each(n->records, t, kind, add_live, out);
	txn_abort(&t);
}

/* Service NAME of ORG with STAMP, offered as a peer would. */
static inline enum refusal
net_service(struct network *n, unsigned org, unsigned name, uint64_t stamp)
{
	struct record r = net_record(n, org, KIND_SERVICE, name, stamp);

	return net_admit_record(n, org, &r);
}

static inline uint64_t
net_services(const struct network *n)
{
	return records_count(n->records, COLLECTION_DIRECTORY);
}

#endif
