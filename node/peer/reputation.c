#include "node/peer/reputation.h"

#include <math.h>

/* What is left of 1 after so long. */
static double
left(const struct reputation *r, int64_t tick)
{
	return tick > r->at_ms ? exp2(-(double)(tick - r->at_ms) / REPUTATION_HALF_MS) : 1;
}

static double
at_most(double v, double most)
{
	return v < most ? v : most;
}

void
reputation_add(struct reputation *r, enum reputation_deed deed, uint64_t n, int64_t tick)
{
	double factor = left(r, tick);

	for (int i = 0; i < REPUTATION_DEEDS; i++)
		r->count[i] *= factor;
	r->at_ms = tick;
	r->count[deed] += (double)n;
}

double
reputation_score(const struct reputation *r, int64_t tick)
{
	double factor = left(r, tick);
	double answered = factor * r->count[REPUTATION_ANSWERED], failed = factor * r->count[REPUTATION_FAILED];

	return 4 * (answered + 1) / (answered + failed + 2) +
	    at_most(log2(1 + factor * r->count[REPUTATION_USEFUL]), 6) -
	    at_most(factor * r->count[REPUTATION_BLAMED] / 10, 6) - at_most((double)r->round_ms / 250, 3);
}
