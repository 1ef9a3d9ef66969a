#include "node/coap/way.h"

#include <string.h>

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

#define UNKNOWN_PATIENCE_US (2 * SECOND)
#define NEAR_US (10 * MS)                /* to the lowest round trip */
#define SLACK_US (5 * MS)                /* coarse clocks and the peer's own time, added to the round trip */
#define ENOUGH 100                       /* blocks, to say something about losses */
#define PLENTY 1000                      /* from here on the older ones count half */
/* Losses that are made up for. Less than is taken back by who yields, or nothing would be taken back. */
#define MOST_LOSS 0.15

/* --- round trips --- */

/* The lowest that is not 0 of LOW and N others. */
static int64_t
lowest(int64_t low, const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] && (!low || v[i] < low))
			low = v[i];
	return low;
}

int64_t
way_recent_low(const struct way *w)
{
	return lowest(0, w->recent_us, WAY_RECENT);
}

int64_t
way_low(const struct way *w)
{
	return lowest(w->held_low_us, w->low_us, WAY_LOWS);
}

static void
keep_low(struct way *w, int64_t round_us, int64_t now_us)
{
	int64_t second = now_us / SECOND, *slot = &w->low_us[second % WAY_LOWS];

	if (second - w->low_second >= WAY_LOWS)
		memset(w->low_us, 0, sizeof w->low_us);
	else
		for (int64_t i = w->low_second + 1; i <= second; i++)
			w->low_us[i % WAY_LOWS] = 0;
	w->low_second = second;
	if (*slot == 0 || round_us < *slot)
		*slot = round_us;
}

void
way_round_trip(struct way *w, int64_t round_us, int64_t now_us)
{
	int64_t off = round_us > w->srtt_us ? round_us - w->srtt_us : w->srtt_us - round_us;

	if (w->srtt_us == 0) {
		w->srtt_us = round_us;
		w->var_us = round_us / 2;
	} else {
		w->var_us += (off - w->var_us) / 4;
		w->srtt_us += (round_us - w->srtt_us) / 8;
	}
	w->recent_us[w->recent_at++ % WAY_RECENT] = round_us;
	w->spread_us += (round_us - way_recent_low(w) - w->spread_us) / 16;
	keep_low(w, round_us, now_us);
	if (round_us <= way_low(w) + NEAR_US)
		w->fresh_us = now_us;
}

void
way_hold(struct way *w)
{
	w->held_low_us = way_low(w);
}

void
way_free(struct way *w)
{
	w->held_low_us = 0;
}

void
way_is_now(struct way *w, int64_t low_us, int64_t now_us)
{
	way_free(w);
	memset(w->low_us, 0, sizeof w->low_us);
	keep_low(w, low_us, now_us);
}

int64_t
way_patience(const struct way *w)
{
	return w->srtt_us ? w->srtt_us + 4 * w->var_us + 50 * MS : UNKNOWN_PATIENCE_US;
}

/* --- rates --- */

static uint64_t
highest(const uint64_t *v, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i] > most)
			most = v[i];
	return most;
}

void
way_keep_rate(struct way *w, uint64_t rate, int64_t now_us)
{
	int64_t ten = now_us / (10 * SECOND);
	uint64_t *best = &w->best[ten % WAY_BESTS];

	w->rate_at = (w->rate_at + 1) % WAY_RATES;
	w->rate[w->rate_at] = rate;
	if (ten - w->best_ten >= WAY_BESTS)
		memset(w->best, 0, sizeof w->best);
	else
		for (int64_t i = w->best_ten + 1; i <= ten; i++)
			w->best[i % WAY_BESTS] = 0;
	w->best_ten = ten;
	if (rate > *best)
		*best = rate;
}

uint64_t
way_rate(const struct way *w)
{
	return highest(w->rate, WAY_RATES);
}

uint64_t
way_best(const struct way *w)
{
	return highest(w->best, WAY_BESTS);
}

/* --- losses --- */

void
way_count(struct way *w, unsigned came, unsigned lost)
{
	w->came += came;
	w->lost += lost;
	if (w->came + w->lost > PLENTY) {
		w->came /= 2;
		w->lost /= 2;
	}
}

double
way_loss(const struct way *w, double unknown)
{
	double seen = w->came + w->lost;

	return seen < ENOUGH ? unknown : w->lost / seen;
}

double
way_ask(const struct way *w, double rate)
{
	double loss = way_loss(w, 0);

	return rate / (1 - (loss > MOST_LOSS ? MOST_LOSS : loss));
}

uint64_t
way_holds(const struct way *w, uint64_t rate, double gain)
{
	return (uint64_t)(way_ask(w, (double)rate) * (gain * (double)way_low(w) + SLACK_US) / 1e6);
}
