#include "node/member/internal.h"

#include <string.h>

static int
order(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

void
keys_add(struct keys *k, const struct id *id)
{
	if (k->count > 0 && id_equal(&k->ids[k->count - 1], id))
		return;
	k->ids = need_room(k->ids, k->count, &k->cap, sizeof *k->ids);
	k->ids[k->count++] = *id;
}

/* Sorted rather than hashed: others choose the keys, and nobody may choose ones that collide. */
void
keys_seal(struct keys *k)
{
	size_t n = 0;

	if (k->count > 1)
		qsort(k->ids, k->count, sizeof *k->ids, order);
	for (size_t i = 0; i < k->count; i++)
		if (n == 0 || !id_equal(&k->ids[n - 1], &k->ids[i]))
			k->ids[n++] = k->ids[i];
	k->count = n;
}

uint32_t
keys_find(const struct keys *k, const struct id *id)
{
	const struct id *found = k->count ? bsearch(id, k->ids, k->count, sizeof *k->ids, order) : NULL;

	return found ? (uint32_t)(found - k->ids) : NONE;
}

bool
numbers_has(const struct numbers *l, uint32_t n)
{
	size_t from = 0, to = l->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (l->n[middle] == n)
			return true;
		if (l->n[middle] < n)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}
