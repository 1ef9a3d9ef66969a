#include "node/sync/part.h"

#include <stdlib.h>
#include <string.h>

void
part_short(const struct records *r, const struct salt *salt, const struct id *id, uint8_t out[8])
{
	uint8_t secret[ID_LEN + sizeof(salt->nonces)];
	struct bytes key = BYTES_OF(secret), whole = BYTES_OF(*id);
	struct id hash;

	if (!salt->on) {
		records_short(r, id, out);
		return;
	}
	memcpy(secret, records_network(r)->b, ID_LEN);
	memcpy(secret + ID_LEN, salt->nonces, sizeof(salt->nonces));
	hash_parts(&key, &whole, 1, &hash);
	memcpy(out, hash.b, 8);
}

struct summary {
	const struct records *records;
	const struct salt *salt;
	struct sketch *sketch;
	struct bucket_sum sum;
};

static void
add_to_summary(void *self, const struct id *id, const uint8_t short_id[8])
{
	struct summary *s = self;
	uint8_t salted[8];

	if (s->salt->on)
		part_short(s->records, s->salt, id, salted);
	sketch_insert(s->sketch, get_u64(s->salt->on ? salted : short_id));
	bucket_sum_add(&s->sum, id->b, 0);
}

void
part_sketch(struct records *r, bucket_id b, unsigned part, const struct salt *salt, struct sketch *out,
    struct bucket_sum *out_sum)
{
	struct summary s = { .records = r, .salt = salt, .sketch = out };
	struct store_txn *t = store_read(records_store(r));

	sketch_init(out, SKETCH_CELLS, 0);
	records_part_ids(r, t, b, part, add_to_summary, &s);
	txn_abort(&t);
	*out_sum = s.sum;
}

struct search {
	const struct records *records;
	const struct salt *salt;
	uint64_t *ids;                  /* ascending */
	size_t count;
	void (*fn)(void *self, const struct id *id);
	void *self;
};

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
give_if_named(void *self, const struct id *id, const uint8_t short_id[8])
{
	struct search *s = self;
	uint8_t salted[8];
	uint64_t z;

	if (s->salt->on)
		part_short(s->records, s->salt, id, salted);
	z = get_u64(s->salt->on ? salted : short_id);
	if (bsearch(&z, s->ids, s->count, sizeof(z), by_number))
		s->fn(s->self, id);
}

void
part_find(struct records *r, struct store_txn *t, bucket_id b, unsigned part, const struct salt *salt, struct bytes ids,
    void (*fn)(void *self, const struct id *id), void *self)
{
	struct search s = { .records = r, .salt = salt, .count = ids.len / 8, .fn = fn, .self = self };

	if (s.count == 0)
		return;
	s.ids = need_alloc(s.count * sizeof(*s.ids));
	for (size_t i = 0; i < s.count; i++)
		s.ids[i] = get_u64(ids.p + 8 * i);
	qsort(s.ids, s.count, sizeof(*s.ids), by_number);
	records_part_ids(r, t, b, part, give_if_named, &s);
	free(s.ids);
}
