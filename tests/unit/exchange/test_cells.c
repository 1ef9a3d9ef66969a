#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/cells.h"

/* --- seeded tables --- */

static uint64_t state;

static uint64_t
next(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

#define MOST_ROWS 40

static void
random_table(struct cells *t, uint64_t seed)
{
	int parents[MOST_ROWS];
	size_t territories, rows = 1, columns, leaves[MOST_ROWS], leaf_count = 0, needs;

	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	for (int i = 0; i < 8; i++)
		next(2);
	territories = 1 + next(4);
	columns = 1 + next(4);
	parents[0] = -1;
	for (size_t i = 0; i < territories; i++) {
		size_t towns = 1 + next(6);
		int territory = (int)rows;

		parents[rows++] = 0;
		for (size_t k = 0; k < towns; k++) {
			leaves[leaf_count++] = rows;
			parents[rows++] = territory;
		}
	}
	cells_init(t, rows, parents, columns);
	needs = next(60);
	for (size_t i = 0; i < needs; i++)
		cells_add(t, leaves[next(leaf_count)], next(columns), (uint32_t)next(1 + next(25)), 1 + next(1 + next(8)));
}

/* --- the attacker: knows every told cell and every sum, and solves with floating point, unlike the defender --- */

struct attack {
	size_t rows, unknowns;
	double *a;
	size_t *cell;                /* of each unknown */
};

static void
attack_open(struct attack *x, const struct cells *t)
{
	size_t cells = t->rows * (t->columns + 1), room[MOST_ROWS + 16], *unknown = calloc(cells + 1, sizeof *unknown);
	struct cells_sum sum;

	*x = (struct attack){ 0 };
	x->cell = calloc(cells + 1, sizeof *x->cell);
	for (size_t i = 0; i < cells; i++)
		if (t->at[i].hidden) {
			x->cell[x->unknowns] = i;
			unknown[i] = ++x->unknowns;
		}
	x->a = calloc((t->rows * (t->columns + 2) + 1) * (x->unknowns + 1), sizeof *x->a);
	for (size_t i = 0; cells_equation(t, i, room, &sum); i++) {
		double *row = x->a + x->rows * x->unknowns;

		if (sum.count == 0)
			continue;
		if (unknown[sum.total])
			row[unknown[sum.total] - 1] -= 1;
		for (size_t k = 0; k < sum.count; k++)
			if (unknown[sum.parts[k]])
				row[unknown[sum.parts[k]] - 1] += 1;
		x->rows++;
	}
	free(unknown);
}

static void
attack_close(struct attack *x)
{
	free(x->a);
	free(x->cell);
}

/* The rank of the first ROWS rows, and of one more that asks for one unknown alone. */
static size_t
rank_with(const struct attack *x, size_t asked)
{
	size_t rows = x->rows + (asked < x->unknowns), rank = 0, n = x->unknowns;
	double *a = calloc(rows * n + 1, sizeof *a);

	memcpy(a, x->a, x->rows * n * sizeof *a);
	if (asked < n)
		a[x->rows * n + asked] = 1;
	for (size_t c = 0; c < n && rank < rows; c++) {
		size_t pivot = rank;

		for (size_t r = rank; r < rows; r++)
			if (fabs(a[r * n + c]) > fabs(a[pivot * n + c]))
				pivot = r;
		if (fabs(a[pivot * n + c]) < 1e-9)
			continue;
		for (size_t k = 0; k < n; k++) {
			double kept = a[pivot * n + k];

			a[pivot * n + k] = a[rank * n + k];
			a[rank * n + k] = kept;
		}
		for (size_t r = rank + 1; r < rows; r++) {
			double factor = a[r * n + c] / a[rank * n + c];

			for (size_t k = c; k < n; k++)
				a[r * n + k] -= factor * a[rank * n + k];
		}
		rank++;
	}
	free(a);
	return rank;
}

/* How many small cells follow from what is told: asking for one alone adds nothing to the rank. */
static size_t
solved(const struct cells *t)
{
	struct attack x;
	size_t all, found = 0;

	attack_open(&x, t);
	all = rank_with(&x, SIZE_MAX);
	for (size_t i = 0; i < x.unknowns; i++)
		found += t->at[x.cell[i]].small && rank_with(&x, i) == all;
	attack_close(&x);
	return found;
}

#define SEEDS 400

/* Whatever the table, an attacker who solves all its sums finds no small cell; no small cell is told. */
Test(cells, attacked_by_ranks)
{
	size_t hidden = 0, told = 0, secondary = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct cells t;

		random_table(&t, seed);
		cells_hide(&t);
		for (size_t i = 0; i < t.rows * (t.columns + 1); i++) {
			cr_assert(!t.at[i].small || t.at[i].hidden, "seed %llu", (unsigned long long)seed);
			cr_assert(t.at[i].things > 0 || !t.at[i].hidden, "seed %llu: empty cells are told", (unsigned long long)seed);
			hidden += t.at[i].hidden;
			secondary += t.at[i].hidden && !t.at[i].small;
			told += !t.at[i].hidden && t.at[i].things > 0;
		}
		cr_assert_eq(solved(&t), 0, "seed %llu", (unsigned long long)seed);
		cells_done(&t);
	}
	/* It neither hides everything nor tells everything. */
	cr_assert_gt(secondary, 100);
	cr_assert_gt(told, 500, "%zu hidden, %zu told", hidden, told);
}

/* The attacker is one: with nothing but the small cells hidden it finds many of them. */
Test(cells, attacker_finds_without_defence)
{
	size_t found = 0;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct cells t;

		random_table(&t, seed);
		for (size_t i = 0; i < t.rows * (t.columns + 1); i++) {
			struct cell *c = &t.at[i];

			c->hidden = c->small = c->things > 0 && (c->things < CELLS_THINGS || c->who_count < CELLS_ORGANISATIONS);
		}
		found += solved(&t);
		cells_done(&t);
	}
	cr_assert_gt(found, 20);
}

/* What a told total less its told parts leaves is a sum that could be told itself: three organisations, five things. */
Test(cells, rests_are_not_small)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		size_t room[MOST_ROWS + 16];
		struct cells_sum sum;
		struct cells t;

		random_table(&t, seed);
		cells_hide(&t);
		for (size_t i = 0; cells_equation(&t, i, room, &sum); i++) {
			bool in[64] = { false };
			uint64_t things = 0;
			size_t who = 0;

			for (size_t k = 0; k < sum.count; k++) {
				const struct cell *c = &t.at[sum.parts[k]];

				for (size_t w = 0; c->hidden && w < c->who_count; w++) {
					who += !in[c->who[w]];
					in[c->who[w]] = true;
				}
				things += c->hidden ? c->things : 0;
			}
			if (sum.count > 0 && !t.at[sum.total].hidden)
				cr_assert(things == 0 || (things >= CELLS_THINGS && who >= CELLS_ORGANISATIONS), "seed %llu",
				    (unsigned long long)seed);
		}
		cells_done(&t);
	}
}

/* A cell of three organisations and five things is told; of two, or of four things, it is not. */
Test(cells, thresholds)
{
	static const struct {
		uint32_t who;
		uint64_t each;
		bool hidden;
	} rows[] = { { 3, 2, false }, { 2, 50, true }, { 4, 1, true }, { 5, 1, false }, { 1, 1, true } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static const int parents[] = { -1, 0, 1 };
		struct cells t;

		cells_init(&t, 3, parents, 1);
		for (uint32_t w = 0; w < rows[i].who; w++)
			cells_add(&t, 2, 0, w, rows[i].each);
		cells_hide(&t);
		cr_assert_eq(cells_at(&t, 2, 0)->hidden, rows[i].hidden, "row %zu", i);
		cr_assert_eq(cells_at(&t, 0, 1)->hidden, rows[i].hidden, "row %zu: the only part is the total", i);
		cells_done(&t);
	}
}

/* One small town among two: the other is hidden with it, or their total would give it away. */
Test(cells, complement)
{
	static const int parents[] = { -1, 0, 1, 1, 1 };
	struct cells t;

	cells_init(&t, 5, parents, 1);
	cells_add(&t, 2, 0, 9, 1);
	for (uint32_t w = 0; w < 4; w++) {
		cells_add(&t, 3, 0, w, 3);
		cells_add(&t, 4, 0, w, 9);
	}
	cells_hide(&t);
	cr_assert(cells_at(&t, 2, 0)->hidden && cells_at(&t, 3, 0)->hidden);
	cr_assert(!cells_at(&t, 4, 0)->hidden && !cells_at(&t, 1, 0)->hidden);
	cells_done(&t);
}

/* Five towns with one thing each: their sum of five would pin every one of them. */
Test(cells, pinned)
{
	static const int parents[] = { -1, 0, 1, 1, 1, 1, 1 };
	struct cells t;

	cells_init(&t, 7, parents, 1);
	for (size_t i = 2; i < 7; i++)
		cells_add(&t, i, 0, (uint32_t)i, 1);
	cells_hide(&t);
	cr_assert(cells_at(&t, 1, 0)->hidden && cells_at(&t, 0, 0)->hidden);
	cells_done(&t);
}
