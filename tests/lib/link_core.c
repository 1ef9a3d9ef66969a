#include "tests/lib/link_core.h"

#include <string.h>

#define WHOLE 10000

static uint64_t
roll(struct link *l)
{
	uint64_t z = l->dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static bool
happens(struct link *l, uint64_t chance, uint64_t of)
{
	return roll(l) % of < chance;
}

void
link_start(struct link *l, const struct link_options *o, uint64_t seed, int64_t now_us)
{
	memset(l, 0, sizeof *l);
	l->options = *o;
	l->dice = seed;
	l->began_us = now_us;
}

static bool
is_dead(const struct link *l, int64_t now_us)
{
	int64_t every = l->options.outage_every_us;

	return every > 0 && (now_us - l->began_us) % every >= every - l->options.outage_us;
}

/*
 * Gilbert's two states: in the bad one everything is lost. With a mean burst of B it is left with 1 in B, and
 * entered as often as gives the loss that was asked for: L / (B (1 - L)).
 */
static bool
is_lost(struct link *l, enum link_way way)
{
	const struct link_way_options *o = &l->options.way[way];
	bool *bad = &l->way[way].bad;

	if (o->loss == 0)
		return false;
	if (o->burst <= 1 || o->loss >= WHOLE)
		return happens(l, o->loss, WHOLE);
	*bad = *bad ? !happens(l, 1, o->burst) : happens(l, o->loss, (uint64_t)o->burst * (WHOLE - o->loss));
	return *bad;
}

/* When the last bit has left, or -1: no room. */
static int64_t
transmit(struct link *l, enum link_way way, int64_t now_us, uint64_t bytes)
{
	const struct link_way_options *o = &l->options.way[way];
	int64_t *free_us = &l->way[way].free_us;
	uint64_t waiting;

	if (o->rate == 0)
		return now_us;
	if (*free_us < now_us)
		*free_us = now_us;
	waiting = (uint64_t)(*free_us - now_us) * o->rate / 1000000;
	if (o->queue && waiting + bytes > o->queue)
		return -1;
	*free_us += (int64_t)((bytes * 1000000 + o->rate - 1) / o->rate);
	return *free_us;
}

/* Jitter stretches distances and never changes the order; what is overtaken waits for three times the delay. */
static int64_t
arrive(struct link *l, enum link_way way, int64_t left_us)
{
	const struct link_way_options *o = &l->options.way[way];
	int64_t at = left_us + o->delay_us, *last = &l->way[way].last_us;

	if (o->jitter_us > 0)
		at += (int64_t)(roll(l) % (uint64_t)(o->jitter_us + 1));
	if (o->reorder && happens(l, o->reorder, WHOLE)) {
		l->counts[way].reordered++;
		return at + 2 * o->delay_us + 1000;
	}
	if (at < *last)
		at = *last;
	*last = at;
	return at;
}

unsigned
link_pass(struct link *l, enum link_way way, int64_t now_us, size_t payload, int64_t out_at_us[2])
{
	struct link_counts *c = &l->counts[way];
	uint64_t bytes = payload + LINK_HEADERS;
	int64_t left;
	unsigned copies = 0;

	c->packets++;
	c->bytes += bytes;
	if (is_dead(l, now_us)) {
		c->outage++;
		return 0;
	}
	if ((left = transmit(l, way, now_us, bytes)) < 0) {
		c->queue_full++;
		return 0;
	}
	if (is_lost(l, way)) {
		c->lost++;
		return 0;
	}
	out_at_us[copies++] = arrive(l, way, left);
	if (l->options.way[way].duplicates && happens(l, l->options.way[way].duplicates, WHOLE)) {
		c->duplicated++;
		out_at_us[copies++] = arrive(l, way, left);
	}
	c->out_packets += copies;
	c->out_bytes += copies * bytes;
	return copies;
}

/* Mbit/s, ms, 1 of 10,000, kB. */
static const struct {
	const char *name;
	unsigned up, down;
	double delay;
	unsigned loss, queue_up, queue_down;
	unsigned outage_every, outage;      /* s */
} profiles[] = {
	{ "lan", 1000, 1000, 0.5, 0, 625, 625, 0, 0 },
	{ "dsl", 1, 10, 20, 10, 25, 125, 0, 0 },
	{ "dsl8", 8, 8, 20, 10, 100, 100, 0, 0 },
	{ "3g", 2, 2, 75, 100, 50, 50, 0, 0 },
	{ "hill", 5, 5, 150, 300, 125, 125, 0, 0 },
	{ "sat", 10, 10, 300, 50, 250, 250, 0, 0 },
	{ "flap", 2, 2, 75, 100, 50, 50, 30, 5 },
};

bool
link_profile(const char *name, struct link_options *out)
{
	for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
		if (strcmp(profiles[i].name, name) != 0)
			continue;
		memset(out, 0, sizeof *out);
		for (int way = 0; way < LINK_WAYS; way++) {
			out->way[way].rate = (way == LINK_UP ? profiles[i].up : profiles[i].down) * UINT64_C(125000);
			out->way[way].queue = (way == LINK_UP ? profiles[i].queue_up : profiles[i].queue_down) * UINT64_C(1000);
			out->way[way].delay_us = (int64_t)(profiles[i].delay * 1000);
			out->way[way].loss = profiles[i].loss;
		}
		out->outage_every_us = profiles[i].outage_every * INT64_C(1000000);
		out->outage_us = profiles[i].outage * INT64_C(1000000);
		return true;
	}
	return false;
}

const char *
link_profiles(void)
{
	return "lan dsl dsl8 3g hill sat flap ";
}
