#include "node/sync/snapshots.h"

#include <string.h>

static void
drop(struct snapshot *one)
{
	sketch_done(&one->sketch);
	*one = (struct snapshot){ 0 };
}

void
snapshots_done(struct snapshots *s)
{
	for (size_t i = 0; i < SNAPSHOTS; i++)
		drop(&s->row[i]);
}

static void
expire(struct snapshots *s, int64_t tick_ms)
{
	for (size_t i = 0; i < SNAPSHOTS; i++) {
		struct snapshot *one = &s->row[i];

		if (one->number && (tick_ms - one->used_ms >= SNAPSHOT_IDLE_MS ||
		    tick_ms - one->made_ms >= SNAPSHOT_LIFE_MS))
			drop(one);
	}
}

/* The same bucket or part; salted ones are counted together, whoever asked for them. */
static bool
is_like(const struct snapshot *one, const struct snapshot_of *of)
{
	return one->number && one->of.bucket == of->bucket && one->of.part == of->part && one->of.salt.on == of->salt.on;
}

/* And asked for with the same nonce. */
static bool
is_of(const struct snapshot *one, const struct snapshot_of *of)
{
	return is_like(one, of) && (!of->salt.on || memcmp(one->of.salt.nonces, of->salt.nonces, MESSAGE_NONCE) == 0);
}

static bool
is_now(const struct snapshot *one, const struct bucket_sum *now)
{
	return one->bucket_sum.count == now->count &&
	    memcmp(one->bucket_sum.sum, now->sum, sizeof(now->sum)) == 0;
}

/* A free row; else that of the same, when it has its share, or of all, that was not used for longest. */
static struct snapshot *
room_for(struct snapshots *s, const struct snapshot_of *of)
{
	struct snapshot *free_row = NULL, *oldest = NULL, *oldest_here = NULL;
	size_t here = 0;

	for (size_t i = 0; i < SNAPSHOTS; i++) {
		struct snapshot *one = &s->row[i];

		if (one->number == 0) {
			free_row = one;
			continue;
		}
		if (oldest == NULL || one->used_ms < oldest->used_ms)
			oldest = one;
		if (!is_like(one, of))
			continue;
		here++;
		if (oldest_here == NULL || one->used_ms < oldest_here->used_ms ||
		    (one->used_ms == oldest_here->used_ms && one->number < oldest_here->number))
			oldest_here = one;
	}
	if (here >= SNAPSHOTS_BUCKET)
		return oldest_here;
	return free_row ? free_row : oldest;
}

/* Who asks while nothing has changed shares the snapshot that is there. */
static struct snapshot *
newest(struct snapshots *s, struct records *r, const struct snapshot_of *of, int64_t tick_ms)
{
	struct snapshot *one;
	struct bucket_sum now;

	if (!records_bucket(r, of->bucket, &now))
		return NULL;
	for (size_t i = 0; i < SNAPSHOTS; i++)
		if (is_of(&s->row[i], of) && is_now(&s->row[i], &now))
			return &s->row[i];
	one = room_for(s, of);
	drop(one);
	if (of->part < SKETCH_PARTS)
		part_sketch(r, of->bucket, of->part, &of->salt, &one->sketch, &one->sum);
	else
		records_sketch(r, of->bucket, &one->sketch, &one->sum);
	if (++s->last == 0)
		s->last = 1;
	one->number = s->last;
	one->of = *of;
	one->bucket_sum = now;
	one->made_ms = tick_ms;
	return one;
}

static struct snapshot *
numbered(struct snapshots *s, const struct snapshot_of *of, uint32_t number)
{
	for (size_t i = 0; i < SNAPSHOTS; i++)
		if (s->row[i].number == number && is_of(&s->row[i], of))
			return &s->row[i];
	return NULL;
}

const struct snapshot *
snapshots_get(struct snapshots *s, struct records *r, const struct snapshot_of *of, uint32_t number, int64_t tick_ms)
{
	struct snapshot *one;

	expire(s, tick_ms);
	one = number ? numbered(s, of, number) : newest(s, r, of, tick_ms);
	if (one)
		one->used_ms = tick_ms;
	return one;
}
