#include "tests/sim/sim.h"

#include "node/sync/serve.h"
#include "proto/stamp.h"

#include <stdio.h>
#include <string.h>

static const struct membership *
members(const struct sim_node *n)
{
	return n->up ? records_membership(n->node.records) : NULL;
}

/* --- what one node holds --- */

struct look {
	struct sim_node *node;
	struct store_txn *txn;
	bucket_id bucket;
	struct buf erasures;                  /* rows as in struct sim_node */
	size_t shown;                         /* bodies that were erased */
};

static bool
was_erased(struct sim *s, const struct record *r)
{
	struct id key;

	if (r->state != RECORD_LIVE || r->kind >> 8 == COLLECTION_MEMBERSHIP || s->erased.len == 0)
		return false;
	record_key(r, &crypto_envelope, &key);
	for (size_t at = 0; at < s->erased.len; at += ERASED_ROW)
		if (memcmp(s->erased.p + at, key.b, 32) == 0 && (uint64_t)r->audience <= get_u64(s->erased.p + at + 32))
			return true;
	return false;
}

/* Signed by a clock that was ahead: others may take it back when theirs is right, its author signs it anew. */
static bool
is_to_come(const struct sim *s, int64_t at_ms)
{
	return at_ms > sim_true_ms(s);
}

static bool
look_at(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct look *l = self;
	struct sim_node *n = l->node;
	const struct membership *m = members(n);
	struct record r;

	envelope_peek(envelope, &r);
	if (r.kind == KIND_ERASURE && !is_to_come(n->sim, stamp_unix_ms(stamp))) {
		buf_put(&l->erasures, id->b, ID_LEN);
		buf_put(&l->erasures, r.author.b, ID_LEN);
	}
	if (membership_state(m, &r.author) == MEMBER_NEVER)
		sim_fail(n->sim, "node %u holds a record of kind %u by an author that was never admitted", n->number,
		    r.kind);
	if (r.audience == AUDIENCE_CSO && n->class != CLASS_CSO)
		sim_fail(n->sim, "node %u of an %s holds a record for civil society only", n->number,
		    member_class_word(n->class));
	return true;
}

static bool
look_for_erased(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct look *l = self;
	struct record r;

	(void)stamp;
	(void)id;
	envelope_peek(envelope, &r);
	l->shown += was_erased(l->node->sim, &r);
	return true;
}

static void
list_bucket(void *self, bucket_id b, const struct bucket_sum *sum)
{
	struct buf *list = self;

	(void)sum;
	put_u32(buf_grow(list, 4), b);
}

static struct look
each_record(struct sim_node *n, bool (*fn)(void *self, uint64_t stamp, const struct id *id, struct bytes envelope))
{
	struct look l = { .node = n, .txn = store_read(n->node.store) };
	struct buf list = { 0 };

	records_buckets(n->node.records, l.txn, UINT64_MAX, list_bucket, &list);
	for (size_t at = 0; at < list.len; at += 4) {
		l.bucket = get_u32(list.p + at);
		records_tail(n->node.records, l.txn, l.bucket, 0, NULL, fn, &l);
	}
	txn_abort(&l.txn);
	buf_free(&list);
	return l;
}

#define ERASURE_ROW (2 * ID_LEN)

/*
 * Where the votes that admitted its author were of the future, they are gone until they are signed anew: all that is hers waits aside,
 * erasures with what they erase.
 */
static bool
waits(struct sim_node *n, struct store_txn *t, const struct id *id, const struct id *author)
{
	return membership_state(members(n), author) == MEMBER_NEVER && records_knows_id(n->node.records, t, 0, id);
}

/* What N held at the last look and has not held since is looked for again; NOW becomes that of the node. */
static size_t
forgotten(struct sim_node *n, struct buf *now)
{
	struct store_txn *t = store_read(n->node.store);
	size_t count = 0;

	for (size_t at = 0; at < n->erasures.len; at += ERASURE_ROW) {
		struct id id, author;
		struct verified v;

		memcpy(id.b, n->erasures.p + at, ID_LEN);
		memcpy(author.b, n->erasures.p + at + ID_LEN, ID_LEN);
		if (records_get(n->node.records, t, &id, &v))
			continue;
		buf_put(now, n->erasures.p + at, ERASURE_ROW);
		count += !n->sim->astray && !waits(n, t, &id, &author);
	}
	txn_abort(&t);
	buf_free(&n->erasures);
	n->erasures = *now;
	return count;
}

void
check_always(struct sim *s)
{
	for (unsigned i = 0; i < s->count && !s->failed[0]; i++) {
		struct sim_node *n = s->nodes[i];
		const struct membership *m = members(n);
		size_t removed = 0, lost;
		struct look look;

		if (m == NULL || membership_charter(m) == NULL)
			continue;
		look = each_record(n, look_at);
		for (size_t k = 0; k < membership_count(m); k++)
			removed += membership_at(m, k)->state == MEMBER_REMOVED &&
			    !is_to_come(s, membership_at(m, k)->since_hour * 3600000);
		if (membership_state(m, &n->home.organisation.public_key) == MEMBER_NEVER) {
			buf_free(&look.erasures);
			continue;
		}
		if ((lost = forgotten(n, &look.erasures)) > 0)
			sim_fail(s, "node %u has forgotten %zu erasures", i, lost);
		/* What was voted under the charter before, and is not on the new one's roll, is over (proto/membership.md 4). */
		if (removed < n->removed && id_equal(&n->charter, &membership_charter(m)->id))
			sim_fail(s, "node %u has forgotten %zu removals", i, n->removed - removed);
		n->removed = removed;
		n->charter = membership_charter(m)->id;
	}
}

/* --- for people --- */

/* The charter it follows, and of each node in turn what its organisation is there: C a coordinator, else the first letter. */
static void
put_membership(const struct sim *s, const struct membership *m, char *out, size_t size)
{
	const struct charter *c = membership_charter(m);
	size_t at = (size_t)snprintf(out, size, "charter %u (%02x%02x):", c->depth, c->id.b[0], c->id.b[1]);

	for (unsigned i = 0; i < s->count && at < size; i++) {
		const struct member *x = membership_find(m, &s->nodes[i]->home.organisation.public_key);

		at += (size_t)snprintf(out + at, size - at, " %c",
		    x && x->coordinator ? 'C' : member_state_word(x ? x->state : MEMBER_NEVER)[0]);
	}
}

void
trace_membership(struct sim *s)
{
	for (unsigned i = 0; s->trace && i < s->count; i++) {
		struct sim_node *n = s->nodes[i];
		const struct membership *m = members(n);
		char now[sizeof n->told];

		if (m == NULL || membership_charter(m) == NULL)
			continue;
		put_membership(s, m, now, sizeof now);
		if (strcmp(now, n->told) == 0)
			continue;
		memcpy(n->told, now, sizeof now);
		sim_trace(s, "node %u: %s", i, now);
	}
}

/* --- what two nodes hold --- */

static bool
counts_here(const struct sim *s, const struct sim_node *n)
{
	const struct membership *m = members(s->nodes[0]);

	return n->up && !n->liar && m && membership_state(m, &n->home.organisation.public_key) == MEMBER_ACTIVE;
}

struct sums {
	const struct sync_view *view;
	struct buf text;
};

static void
tell_bucket(void *self, bucket_id b, const struct bucket_sum *sum)
{
	struct sums *w = self;

	if (sync_may(w->view, b) && sum->count)
		buf_printf(&w->text, " %x:%llu/%04llx", b, (unsigned long long)sum->count,
		    (unsigned long long)(sum->sum[0] & 0xffff));
}

static bool
tell_record(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	const struct look *l = self;
	struct record r;

	envelope_peek(envelope, &r);
	sim_trace(l->node->sim, "  node %u bucket %x: %02x%02x kind %x by %02x%02x name %02x%02x stamp %llx state %d",
	    l->node->number, l->bucket, id->b[0], id->b[1], r.kind, r.author.b[0], r.author.b[1], r.name.b[0], r.name.b[1],
	    (unsigned long long)stamp, r.state);
	return true;
}

static void
tell(struct sim *s, const struct sim_node *a, const struct sim_node *b, const struct sync_view *v)
{
	struct sums x = { .view = v }, y = { .view = v };

	records_buckets(a->node.records, NULL, UINT64_MAX, tell_bucket, &x);
	records_buckets(b->node.records, NULL, UINT64_MAX, tell_bucket, &y);
	sim_fail(s, "nodes %u and %u hold different records (bucket:count/sum):%.180s and%.180s", a->number, b->number,
	    buf_text(&x.text), buf_text(&y.text));
	buf_free(&x.text);
	buf_free(&y.text);
}

bool
check_equal(struct sim *s, bool say)
{
	for (unsigned i = 0; say && s->trace && i < s->count; i++)
		if (s->nodes[i]->up) {
			const struct sure *c = records_sure(s->nodes[i]->node.records);

			sim_trace(s, "node %u: clock %s, %zu voices of %zu, median %lld ms", i, sure_word(c->state), c->count,
			    c->others, (long long)c->median_ms);
			each_record(s->nodes[i], tell_record);
		}
	for (unsigned i = 0; i < s->count; i++)
		for (unsigned k = i + 1; counts_here(s, s->nodes[i]) && k < s->count; k++) {
			const struct sim_node *a = s->nodes[i], *b = s->nodes[k];
			struct sync_view v = { .subscription = SUBSCRIBE_ALL, .ours = a->class, .theirs = b->class };
			uint8_t x[16], y[16];

			if (!counts_here(s, b))
				continue;
			sync_root(a->node.records, &v, x);
			sync_root(b->node.records, &v, y);
			if (memcmp(x, y, sizeof x) == 0)
				continue;
			if (say)
				tell(s, a, b, &v);
			return false;
		}
	return true;
}

bool
check_erased(struct sim *s, bool say)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (!counts_here(s, s->nodes[i]) || each_record(s->nodes[i], look_for_erased).shown == 0)
			continue;
		if (say)
			sim_fail(s, "node %u still shows a body that was erased", i);
		return false;
	}
	return true;
}
