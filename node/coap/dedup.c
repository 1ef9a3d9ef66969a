#include "node/coap/dedup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool
is_token(const struct dedup_entry *n, const uint8_t *token, size_t len)
{
	return n->token_len == len && memcmp(n->token, token, len) == 0;
}

static bool
counts(const struct dedup_entry *n, int64_t now_ms)
{
	return n->used && now_ms - n->at_ms < DEDUP_MS;
}

struct dedup_entry *
dedup_find(const struct dedup *d, const struct coap_message *m, uint64_t hash, int64_t now_ms)
{
	for (size_t i = 0; d->entries && i < LIMIT_DEDUP; i++) {
		struct dedup_entry *n = &d->entries[i];

		if (n->id == m->id && n->hash == hash && counts(n, now_ms) && is_token(n, m->token, m->token_len))
			return n;
	}
	return NULL;
}

struct dedup_entry *
dedup_last(const struct dedup *d, uint16_t id, const uint8_t *token, size_t token_len)
{
	struct dedup_entry *best = NULL;

	for (size_t i = 0; d->entries && i < LIMIT_DEDUP; i++) {
		struct dedup_entry *n = &d->entries[i];

		if (n->used && n->id == id && is_token(n, token, token_len) && (!best || n->serial > best->serial))
			best = n;
	}
	return best;
}

static void
drop_reply(struct dedup *d, struct dedup_entry *n)
{
	d->bytes -= n->reply ? n->reply_len : 0;
	free(n->reply);
	n->reply = NULL;
	n->reply_len = 0;
}

/* Who goes first: free, out of date, repeatable, then the rest; among equals the oldest. */
static struct dedup_entry *
victim(struct dedup *d, int64_t now_ms)
{
	struct dedup_entry *best = NULL;
	unsigned best_rank = 4;

	for (size_t i = 0; i < LIMIT_DEDUP; i++) {
		struct dedup_entry *n = &d->entries[i];
		unsigned rank = !n->used ? 0 : !counts(n, now_ms) ? 1 : n->repeatable ? 2 : 3;

		if (rank == 0)
			return n;
		if (rank < best_rank || (rank == best_rank && n->serial < best->serial)) {
			best = n;
			best_rank = rank;
		}
	}
	return best;
}

struct dedup_entry *
dedup_add(struct dedup *d, const struct coap_message *m, uint64_t hash, bool repeatable, int64_t now_ms)
{
	struct dedup_entry *n;

	if (d->entries == NULL)
		d->entries = need_zeroed(LIMIT_DEDUP, sizeof(*d->entries));
	n = victim(d, now_ms);
	drop_reply(d, n);
	*n = (struct dedup_entry){ .at_ms = now_ms, .serial = ++d->serial, .hash = hash, .id = m->id,
		.token_len = m->token_len, .used = true, .repeatable = repeatable };
	memcpy(n->token, m->token, m->token_len);
	d->until_ms = now_ms + DEDUP_MS;
	return n;
}

/* Give up the oldest reply, those of repeatable requests first. */
static void
make_room(struct dedup *d)
{
	struct dedup_entry *best = NULL;

	for (size_t i = 0; i < LIMIT_DEDUP; i++) {
		struct dedup_entry *n = &d->entries[i];

		if (n->reply && (!best || n->repeatable > best->repeatable ||
		    (n->repeatable == best->repeatable && n->serial < best->serial)))
			best = n;
	}
	assert(best);
	drop_reply(d, best);
}

void
dedup_keep(struct dedup *d, struct dedup_entry *entry, struct bytes reply)
{
	assert(reply.len && reply.len <= LIMIT_MESSAGE);
	drop_reply(d, entry);
	while (d->bytes + reply.len > DEDUP_BYTES)
		make_room(d);
	entry->reply = need_alloc(reply.len);
	memcpy(entry->reply, reply.p, reply.len);
	entry->reply_len = (uint16_t)reply.len;
	d->bytes += reply.len;
}

void
dedup_free(struct dedup *d)
{
	for (size_t i = 0; d->entries && i < LIMIT_DEDUP; i++)
		free(d->entries[i].reply);
	free(d->entries);
	*d = (struct dedup){ 0 };
}
