#include "proto/counts.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define MODULUS 64

/* --- as text: base64url, one character for each six bits --- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
counts_format(const struct sketch *s, uint32_t count, char *out)
{
	assert(count > 0 && count <= COUNTS_MOST && count < s->cells);
	for (int shift = 6 * (COUNTS_TOTAL - 1); shift >= 0; shift -= 6)
		*out++ = alphabet[s->count >> shift & (MODULUS - 1)];
	for (uint32_t i = 1; i <= count; i++)
		*out++ = alphabet[s->cell[i].count & (MODULUS - 1)];
	*out = 0;
}

enum err_code
counts_parse(const char *text, struct counts *out, struct err *e)
{
	size_t len = strlen(text);
	struct counts c = { 0 };

	if (len <= COUNTS_TOTAL || len >= COUNTS_TEXT)
		return err_set(e, ERR_INPUT, "counts", "length", "%zu characters, not %d to %d", len, COUNTS_TOTAL + 1,
		    COUNTS_TEXT - 1);
	for (size_t i = 0; i < len; i++) {
		const char *at = strchr(alphabet, text[i]);

		if (at == NULL)
			return err_set(e, ERR_INPUT, "counts", "character", "character %zu is not of base64url", i + 1);
		if (i < COUNTS_TOTAL)
			c.total = c.total << 6 | (uint32_t)(at - alphabet);
		else
			c.of[c.count++] = (uint8_t)(at - alphabet);
	}
	*out = c;
	return ERR_OK;
}

/* --- the estimate --- */

/*
 * A count that is off by half the modulus looks like another one: its standard deviation may be a
 * fifth.
 */
#define WIDE(modulus) ((modulus) * (modulus) / 25.0)
/* How often the weights are made anew from what came of them. */
#define TURNS 6

/* COUNT less WANTED, modulo MODULUS, as the least that it may be. */
static double
nearest(uint8_t count, double wanted, int modulus)
{
	long long rest = (count - (long long)floor(wanted + 0.5)) % modulus;

	rest += rest < 0 ? modulus : 0;
	return (double)(rest < modulus / 2 ? rest : rest - modulus);
}

/*
 * How many ids differ, and how many cells tell that. An id of ours adds 1 to a cell's count with
 * the cell's density, one of theirs takes 1 away. Around what NET explains, the square of the count
 * is on average ids x density x (1 - density). It is the less certain the larger it is expected to
 * be, and says nothing where it is beyond the modulus: so the weights hang on the number that is
 * looked for, and are made anew from what came of them.
 */
static double
estimate(const uint8_t *count, uint32_t cells, unsigned modulus, int64_t net, uint32_t *out_told)
{
	double square[SKETCH_CELLS], share[SKETCH_CELLS], ids = 0;

	assert(cells < SKETCH_CELLS);
	for (uint32_t i = 0; i < cells; i++) {
		double density = 1 / (1 + (i + 1) / 2.0), off = nearest(count[i], (double)net * density, (int)modulus);

		square[i] = off * off;
		share[i] = density * (1 - density);
	}
	for (int turn = 0; turn < TURNS; turn++) {
		double squares = 0, shares = 0;

		*out_told = 0;
		for (uint32_t i = 0; i < cells; i++) {
			double expected = ids * share[i], weight = 1 / (1 + 2 * expected);

			if (expected > WIDE(modulus))
				continue;
			squares += weight * square[i];
			shares += weight * share[i];
			++*out_told;
		}
		if (*out_told == 0)
			return SKETCH_CELLS;
		ids = squares / shares;
	}
	return ids;
}

/* What half of all differences of IDS ids need, and how far one is off that. */
static double
middle(double ids)
{
	return 1.37 * ids + fmin(ids / 3, 8);
}
static double
variance(double ids)
{
	return 1.4 * ids + 10;
}

/* Standard deviations. */
#define ENOUGH    1.65       /* 95 of 100 need no more */
#define TOO_MANY  1.75       /* the same from above: squares are not symmetrical */
#define ONE_SIDED 1.3        /* the estimate may be so far above NET, and NET alone is believed */

/*
 * At least as many differ as NET says, which is exact; mostly only one side has something, and then
 * that is all. Else the estimate is what is doubtful, two and a bit over the number of cells that
 * told it, of its square: asked for is what 95 of 100 need, but less where more than a block, or a
 * quarter, would be too much in more than 5 of 100.
 */
double
counts_needs(uint32_t known, const uint8_t *count, uint32_t cells, unsigned modulus, int64_t net)
{
	uint32_t told;
	double unknown = estimate(count, cells, modulus, net, &told), doubt = sqrt(2.2 / fmax(told, 1));
	double least = known + (net == 0 ? 2 : fabs((double)net)), ids = known + unknown, needs = middle(ids), spread;
	double sure = middle(least) + ENOUGH * sqrt(variance(least));

	if (ids - ONE_SIDED * doubt * unknown < least)
		return sure;
	spread = sqrt(variance(ids) + 1.37 * 1.37 * doubt * doubt * unknown * unknown);
	needs += fmin(ENOUGH * spread, fmax(SKETCH_BLOCK, needs / 4) - TOO_MANY * spread);
	return fmax(sure, needs);
}

uint32_t
counts_cells(const struct counts *theirs, const struct sketch *ours)
{
	uint32_t cells = theirs->count < ours->cells ? theirs->count : ours->cells - 1;
	uint8_t off[COUNTS_MOST];
	/* Modulo 2^24, from -2^23 on. */
	int64_t net = (int64_t)((ours->count - theirs->total + (1u << 23)) & 0xffffff) - (1 << 23);
	double needs;

	for (uint32_t i = 0; i < cells; i++)
		off[i] = (uint8_t)(ours->cell[i + 1].count - theirs->of[i]);
	needs = fmax(counts_needs(0, off, cells, MODULUS, net), COUNTS_LEAST);
	return needs < ours->cells ? (uint32_t)needs : ours->cells;
}
