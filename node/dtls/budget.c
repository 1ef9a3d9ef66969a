#include "node/dtls/inside.h"

#include <string.h>

#include "proto/calendar.h"

/*
 * A row is a token bucket. 512 rows in sets of four: a new prefix takes the place of the fullest bucket of its
 * set, so that whoever has been quiet is forgotten first. Forgetting gives a full bucket back, which is what an
 * attacker with thousands of prefixes has anyway; the half reserved for members bounds him.
 */
#define SETS 128
#define WAYS 4
#define TOKEN 60000                     /* in 1/60000, so that LIMIT_STRANGERS_MIN of it come back each ms */
#define FULL (LIMIT_STRANGERS_BURST * TOKEN)
#define MEMBERS_HERE_MS DAY_MS
#define BORROW_MAX 4                    /* handshakes at once on credit, where members live */
#define PREFIX 8                        /* family mark, then /32 of IPv4 or /56 of IPv6 */

struct bucket {
	uint8_t prefix[PREFIX];
	bool used, members_here;
	uint8_t borrowed;
	int32_t tokens;
	int64_t filled_at, member_at;
};

struct budget {
	uint64_t seed;
	struct bucket rows[SETS][WAYS];
};

struct budget *
budget_new(const struct world *w)
{
	struct budget *b = need_zeroed(1, sizeof *b);

	world_random(w, &b->seed, sizeof b->seed);
	return b;
}

void
budget_free(struct budget *b)
{
	free(b);
}

static void
read_prefix(const union address *a, uint8_t out[PREFIX])
{
	memset(out, 0, PREFIX);
	if (a->any.sa_family == AF_INET6) {
		out[0] = 6;
		memcpy(out + 1, a->v6.sin6_addr.s6_addr, 7);
	} else {
		out[0] = 4;
		memcpy(out + 1, &a->v4.sin_addr, 4);
	}
}

static struct bucket *
row_of(struct budget *b, const uint8_t prefix[PREFIX])
{
	uint64_t h = get_u64(prefix) ^ b->seed;

	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
	return b->rows[(h ^ (h >> 31)) % SETS];
}

static struct bucket *
find(struct budget *b, const uint8_t prefix[PREFIX])
{
	struct bucket *row = row_of(b, prefix);

	for (size_t i = 0; i < WAYS; i++)
		if (row[i].used && memcmp(row[i].prefix, prefix, PREFIX) == 0)
			return &row[i];
	return NULL;
}

static void
refill(struct bucket *k, int64_t now)
{
	int64_t more = (now - k->filled_at) * LIMIT_STRANGERS_MIN;

	k->filled_at = now;
	k->tokens = more >= FULL - k->tokens ? FULL : k->tokens + (int32_t)more;
}

static struct bucket *
find_or_make(struct budget *b, const uint8_t prefix[PREFIX], int64_t now)
{
	struct bucket *k = find(b, prefix), *row = row_of(b, prefix);

	for (size_t i = 0; k == NULL && i < WAYS; i++)
		if (!row[i].used)
			k = &row[i];
	for (size_t i = 0; k == NULL && i < WAYS; i++)
		refill(&row[i], now);
	if (k == NULL) {
		k = &row[0];
		for (size_t i = 1; i < WAYS; i++)
			if (row[i].tokens > k->tokens)
				k = &row[i];
	}
	if (!k->used || memcmp(k->prefix, prefix, PREFIX) != 0) {
		*k = (struct bucket){ .used = true, .tokens = FULL, .filled_at = now };
		memcpy(k->prefix, prefix, PREFIX);
	}
	return k;
}

enum charge
budget_take(struct budget *b, const union address *a, int64_t now)
{
	uint8_t prefix[PREFIX];
	struct bucket *k;

	read_prefix(a, prefix);
	k = find_or_make(b, prefix, now);
	refill(k, now);
	if (k->tokens >= TOKEN) {
		k->tokens -= TOKEN;
		return CHARGE_TOKEN;
	}
	/* A stranger behind the same translator must not lock a member out. */
	if (k->members_here && now - k->member_at < MEMBERS_HERE_MS && k->borrowed < BORROW_MAX) {
		k->borrowed++;
		return CHARGE_BORROWED;
	}
	return CHARGE_NONE;
}

void
budget_settle(struct budget *b, const union address *a, enum charge charge, bool member, int64_t now)
{
	uint8_t prefix[PREFIX];
	struct bucket *k;

	if (charge == CHARGE_NONE)
		return;
	read_prefix(a, prefix);
	if ((k = find(b, prefix)) == NULL)
		return; /* forgotten meanwhile */
	if (charge == CHARGE_BORROWED && k->borrowed > 0)
		k->borrowed--;
	if (!member)
		return;
	if (charge == CHARGE_TOKEN)
		k->tokens = k->tokens > FULL - TOKEN ? FULL : k->tokens + TOKEN;
	k->members_here = true;
	k->member_at = now;
}
