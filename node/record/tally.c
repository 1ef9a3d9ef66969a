#include "node/record/records_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t
spot(const struct tally *t, struct bytes key)
{
	uint64_t h = 0xcbf29ce484222325u;    /* FNV-1a: keys hold public keys, that spread themselves */

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.p[i]) * 0x100000001b3u;
	for (size_t at = (size_t)(h ^ h >> 32) & (t->cap - 1);; at = (at + 1) & (t->cap - 1)) {
		const struct tally_entry *e = &t->entries[at];
		if (!e->used || (e->used == key.len && memcmp(e->key, key.p, key.len) == 0))
			return at;
	}
}

uint32_t
tally_get(const struct tally *t, struct bytes key)
{
	if (t->cap == 0)
		return 0;
	return t->entries[spot(t, key)].count;
}

static void
grow(struct tally *t)
{
	struct tally old = *t;

	*t = (struct tally){ .cap = old.cap ? old.cap * 2 : 64 };
	t->entries = need_zeroed(t->cap, sizeof *t->entries);
	for (size_t i = 0; i < old.cap; i++) {
		struct tally_entry *e = &old.entries[i];
		if (e->count == 0)
			continue;
		t->entries[spot(t, (struct bytes){ e->key, e->used })] = *e;
		t->used++;
	}
	free(old.entries);
}

void
tally_add(struct tally *t, struct bytes key, int by)
{
	struct tally_entry *e;

	assert(key.len > 0 && key.len <= GROUP_MOST);
	if (t->used * 4 >= t->cap * 3)
		grow(t);
	e = &t->entries[spot(t, key)];
	if (!e->used) {
		memcpy(e->key, key.p, key.len);
		e->used = (uint8_t)key.len;
		t->used++;
	}
	assert(by > 0 || e->count > 0);
	e->count = (uint32_t)((int64_t)e->count + by);
}

void
tally_free(struct tally *t)
{
	free(t->entries);
	*t = (struct tally){ 0 };
}
