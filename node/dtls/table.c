#include "node/dtls/inside.h"

#include <string.h>

/* Addresses in the table have shown a cookie or were dialled; the seed keeps rows from being chosen. */
static struct session **
row(const struct dtls *d, const union address *a)
{
	uint8_t key[24] = { 0 };
	uint64_t h = d->table.seed[0];

	address_key(a, key);
	for (size_t i = 0; i < sizeof key; i += 8) {
		h = (h ^ get_u64(key + i)) * 0x9e3779b97f4a7c15u;
		h = (h ^ (h >> 29)) + d->table.seed[1];
		h ^= h >> 32;
	}
	return (struct session **)&d->table.rows[h % TABLE_ROWS];
}

static void
set(struct table *t, size_t at, struct session *s)
{
	t->heap[at] = s;
	s->heap_at = at;
}

static void
sift(struct table *t, struct session *s, size_t at)
{
	while (at > 0 && s->due < t->heap[(at - 1) / 2]->due) {
		set(t, at, t->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < t->len && t->heap[child + 1]->due < t->heap[child]->due)
			child++;
		if (child >= t->len || s->due <= t->heap[child]->due)
			break;
		set(t, at, t->heap[child]);
		at = child;
	}
	set(t, at, s);
}

static void
enter_row(struct dtls *d, struct session *s)
{
	struct session **r = row(d, &s->path.peer);

	s->same_hash = *r;
	*r = s;
}

void
table_add(struct dtls *d, struct session *s)
{
	struct table *t = &d->table;

	enter_row(d, s);
	if (t->len == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->heap = need_realloc(t->heap, t->cap * sizeof *t->heap);
	}
	t->len++;
	sift(t, s, t->len - 1);
}

static void
leave_row(struct dtls *d, struct session *s)
{
	struct session **r = row(d, &s->path.peer);

	while (*r != s)
		r = &(*r)->same_hash;
	*r = s->same_hash;
}

void
table_remove(struct dtls *d, struct session *s)
{
	struct table *t = &d->table;
	struct session *last = t->heap[--t->len];

	leave_row(d, s);
	if (last != s)
		sift(t, last, s->heap_at);
}

void
table_move(struct dtls *d, struct session *s, const struct path *to)
{
	leave_row(d, s);
	s->path = *to;
	enter_row(d, s);
}

void
table_due(struct dtls *d, struct session *s, int64_t due)
{
	s->due = due;
	sift(&d->table, s, s->heap_at);
}

struct session *
table_first(const struct dtls *d)
{
	return d->table.len ? d->table.heap[0] : NULL;
}

static struct session *
find(const struct dtls *d, const union address *a, bool pending)
{
	for (struct session *s = *row(d, a); s; s = s->same_hash)
		if (session_is_pending(s) == pending && address_equal(&s->path.peer, a))
			return s;
	return NULL;
}

struct session *
table_open(const struct dtls *d, const union address *a)
{
	return find(d, a, false);
}

struct session *
table_pending(const struct dtls *d, const union address *a)
{
	return find(d, a, true);
}
