#include "node/exchange/cells.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buf.h"

void
cells_init(struct cells *t, size_t rows, const int *parents, size_t columns)
{
	assert(rows <= CELLS_ROWS && columns <= CELLS_COLUMNS);
	*t = (struct cells){ .rows = rows, .columns = columns };
	t->parents = need_zeroed(rows + 1, sizeof *t->parents);
	for (size_t i = 0; i < rows; i++) {
		assert(parents[i] < (int)i);
		t->parents[i] = parents[i];
	}
	t->at = need_zeroed(rows * (columns + 1) + 1, sizeof *t->at);
}

void
cells_done(struct cells *t)
{
	for (size_t i = 0; i < t->rows * (t->columns + 1); i++)
		free(t->at[i].who);
	free(t->at);
	free(t->parents);
	*t = (struct cells){ 0 };
}

static size_t
index_of(const struct cells *t, size_t row, size_t column)
{
	return row * (t->columns + 1) + column;
}

struct cell *
cells_at(const struct cells *t, size_t row, size_t column)
{
	return &t->at[index_of(t, row, column)];
}

/* --- who stands in a cell --- */

static void
join(struct cell *c, uint32_t who)
{
	size_t at = 0;

	while (at < c->who_count && c->who[at] < who)
		at++;
	if (at < c->who_count && c->who[at] == who)
		return;
	c->who = need_room(c->who, c->who_count, &c->who_cap, sizeof *c->who);
	memmove(&c->who[at + 1], &c->who[at], (c->who_count - at) * sizeof *c->who);
	c->who[at] = who;
	c->who_count++;
}

static void
grow(struct cell *c, uint32_t who, uint64_t things)
{
	c->needs++;
	c->things += things;
	join(c, who);
}

void
cells_add(struct cells *t, size_t row, size_t column, uint32_t who, uint64_t things)
{
	for (int r = (int)row; r >= 0; r = t->parents[r]) {
		grow(cells_at(t, (size_t)r, column), who, things);
		grow(cells_at(t, (size_t)r, t->columns), who, things);
	}
}

static bool
is_small(uint64_t things, size_t who)
{
	return things > 0 && (things < CELLS_THINGS || who < CELLS_ORGANISATIONS);
}

/* --- equations --- */

static bool
is_parent(const struct cells *t, size_t row)
{
	for (size_t r = row + 1; r < t->rows; r++)
		if (t->parents[r] == (int)row)
			return true;
	return false;
}

/* First one for each row (its columns make its total), then one for each column of each row that has parts. */
bool
cells_equation(const struct cells *t, size_t i, size_t *room, struct cells_sum *out)
{
	size_t width = t->columns + 1, row = i < t->rows ? i : (i - t->rows) / width, column = (i - t->rows) % width;

	*out = (struct cells_sum){ 0, room, 0 };
	if (i >= t->rows + t->rows * width)
		return false;
	if (i < t->rows) {
		out->total = index_of(t, row, t->columns);
		for (size_t c = 0; c < t->columns; c++)
			room[out->count++] = index_of(t, row, c);
		return true;
	}
	out->total = index_of(t, row, column);
	for (size_t r = row + 1; r < t->rows; r++)
		if (t->parents[r] == (int)row)
			room[out->count++] = index_of(t, r, column);
	return true;
}

/* The equations that say anything, found once. */
struct sums {
	struct cells *t;
	struct cells_sum *at;
	size_t *room;                /* of all of them */
	size_t count;
};

static void
sums_open(struct sums *s, struct cells *t)
{
	size_t width = t->columns + 1, most = t->rows + t->rows * width, used = 0;
	size_t *room = need_zeroed(t->rows + width, sizeof *room);
	struct cells_sum sum;

	*s = (struct sums){ .t = t };
	s->at = need_zeroed(most + 1, sizeof *s->at);
	/* Every cell is a part of its row and of its column above. */
	s->room = need_zeroed(2 * t->rows * width + 1, sizeof *s->room);
	for (size_t i = 0; i < t->rows; i++) {
		bool parts = is_parent(t, i);

		for (size_t c = 0; c < width + 1; c++) {
			size_t number = c == 0 ? i : t->rows + i * width + c - 1;

			if ((c > 0 && !parts) || !cells_equation(t, number, room, &sum) || sum.count == 0)
				continue;
			memcpy(s->room + used, sum.parts, sum.count * sizeof *room);
			s->at[s->count++] = (struct cells_sum){ sum.total, s->room + used, sum.count };
			used += sum.count;
		}
	}
	free(room);
}

static void
sums_close(struct sums *s)
{
	free(s->at);
	free(s->room);
}

/* --- hiding --- */

/* The smallest cell of SUM that is told and not empty, its total last of all; NULL: nothing more can be hidden. */
static struct cell *
least(const struct sums *s, const struct cells_sum *sum)
{
	struct cell *best = NULL, *total = &s->t->at[sum->total];

	for (size_t i = 0; i < sum->count; i++) {
		struct cell *c = &s->t->at[sum->parts[i]];

		if (!c->hidden && c->things > 0 && (best == NULL || c->things < best->things))
			best = c;
	}
	return best ? best : !total->hidden && total->things > 0 ? total : NULL;
}

static bool
hide_one(const struct sums *s, const struct cells_sum *sum)
{
	struct cell *c = least(s, sum);

	if (c)
		c->hidden = true;
	return c != NULL;
}

/* What SUM's told total less its told parts gives away is a number that was told: it must not be small. */
static bool
leaves_small(const struct sums *s, const struct cells_sum *sum)
{
	struct cell rest = { 0 };
	bool small;

	if (s->t->at[sum->total].hidden)
		return false;
	for (size_t i = 0; i < sum->count; i++) {
		const struct cell *c = &s->t->at[sum->parts[i]];

		if (!c->hidden)
			continue;
		rest.things += c->things;
		for (size_t k = 0; k < c->who_count; k++)
			join(&rest, c->who[k]);
	}
	small = is_small(rest.things, rest.who_count);
	free(rest.who);
	return small;
}

static bool
hide_rests(const struct sums *s)
{
	bool any = false;

	for (size_t i = 0; i < s->count; i++)
		while (leaves_small(s, &s->at[i]) && hide_one(s, &s->at[i]))
			any = true;
	return any;
}

static bool
is_reached(const struct cells_sum *sum, const bool *reached)
{
	bool in = reached[sum->total];

	for (size_t k = 0; k < sum->count && !in; k++)
		in = reached[sum->parts[k]];
	return in;
}

/* Hide the least that is told in a sum with CELL; where there is nothing, in the sums of the hidden cells beside it, and
 * so on: what gives CELL away is told in one of them. */
static bool
hide_near(const struct sums *s, size_t cell)
{
	bool *reached = need_zeroed(s->t->rows * (s->t->columns + 1) + 1, sizeof *reached), done = false, moved = true;

	reached[cell] = true;
	while (moved && !done) {
		moved = false;
		for (size_t i = 0; i < s->count && !done; i++)
			done = is_reached(&s->at[i], reached) && hide_one(s, &s->at[i]);
		for (size_t i = 0; i < s->count && !done; i++) {
			if (!is_reached(&s->at[i], reached))
				continue;
			for (size_t k = 0; k <= s->at[i].count; k++) {
				size_t other = k < s->at[i].count ? s->at[i].parts[k] : s->at[i].total;

				if (s->t->at[other].hidden && !reached[other])
					reached[other] = moved = true;
			}
		}
	}
	free(reached);
	return done;
}

/* --- the linear attack --- */

#define PRIME 2305843009213693951ULL   /* 2^61 - 1: a false zero among our small integers cannot be hoped for */

static uint64_t
times(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b % PRIME);
}

static uint64_t
inverse(uint64_t a)
{
	uint64_t out = 1;

	for (uint64_t n = PRIME - 2; n > 0; n >>= 1, a = times(a, a))
		if (n & 1)
			out = times(out, a);
	return out;
}

/* What is not told, as unknowns; each equation that has one, as a row of coefficients. */
struct system {
	size_t rows, unknowns;
	size_t *cell_of;             /* of each unknown */
	size_t *unknown_of;          /* of each cell, + 1; 0: it is told */
	uint64_t *a;
};

static void
put(struct system *y, size_t row, size_t cell, uint64_t coefficient)
{
	if (y->unknown_of[cell])
		y->a[row * y->unknowns + y->unknown_of[cell] - 1] = coefficient;
}

static void
system_open(struct system *y, const struct sums *s)
{
	size_t cells = s->t->rows * (s->t->columns + 1);

	*y = (struct system){ .cell_of = need_zeroed(cells + 1, sizeof(size_t)), .unknown_of = need_zeroed(cells + 1, sizeof(size_t)) };
	for (size_t i = 0; i < cells; i++)
		if (s->t->at[i].hidden) {
			y->cell_of[y->unknowns] = i;
			y->unknown_of[i] = ++y->unknowns;
		}
	y->a = need_zeroed(s->count * y->unknowns + 1, sizeof *y->a);
	for (size_t i = 0; i < s->count; i++) {
		put(y, y->rows, s->at[i].total, PRIME - 1);
		for (size_t k = 0; k < s->at[i].count; k++)
			put(y, y->rows, s->at[i].parts[k], 1);
		y->rows++;
	}
}

static void
system_close(struct system *y)
{
	free(y->cell_of);
	free(y->unknown_of);
	free(y->a);
}

static void
swap_rows(struct system *y, size_t a, size_t b)
{
	for (size_t c = 0; a != b && c < y->unknowns; c++) {
		uint64_t kept = y->a[a * y->unknowns + c];

		y->a[a * y->unknowns + c] = y->a[b * y->unknowns + c];
		y->a[b * y->unknowns + c] = kept;
	}
}

/* Reduced to one pivot a row. */
static void
reduce(struct system *y)
{
	size_t rank = 0;

	for (size_t c = 0; c < y->unknowns && rank < y->rows; c++) {
		size_t pivot = rank;
		uint64_t *row, by;

		while (pivot < y->rows && y->a[pivot * y->unknowns + c] == 0)
			pivot++;
		if (pivot == y->rows)
			continue;
		swap_rows(y, rank, pivot);
		row = y->a + rank * y->unknowns;
		by = inverse(row[c]);
		for (size_t k = c; k < y->unknowns; k++)
			row[k] = row[k] ? times(row[k], by) : 0;
		for (size_t r = 0; r < y->rows; r++) {
			uint64_t *other = y->a + r * y->unknowns, factor = other[c];

			for (size_t k = c; r != rank && factor && k < y->unknowns; k++)
				if (row[k])
					other[k] = (other[k] + PRIME - times(row[k], factor)) % PRIME;
		}
		rank++;
	}
	y->rows = rank;
}

/* A row with one unknown alone tells it. */
static bool
hide_determined(const struct sums *s)
{
	struct system y;
	bool any = false;

	system_open(&y, s);
	reduce(&y);
	for (size_t r = 0; r < y.rows; r++) {
		size_t alone = 0, count = 0, cell;

		for (size_t k = 0; k < y.unknowns && count < 2; k++)
			if (y.a[r * y.unknowns + k]) {
				alone = k;
				count++;
			}
		cell = y.cell_of[alone];
		if (count == 1 && s->t->at[cell].small)
			any |= hide_near(s, cell);
	}
	system_close(&y);
	return any;
}

/* --- the attack by bounds --- */

struct bounds {
	uint64_t least, most;
};

static uint64_t
value_of(const struct cell *c, bool things)
{
	return things ? c->things : c->needs;
}

/* Tighten what SUM says of its hidden cells, of which each is at least 1; true: something moved. */
static bool
tighten(const struct sums *s, const struct cells_sum *sum, struct bounds *b)
{
	struct bounds *total = &b[sum->total], all = { 0, 0 };
	bool moved = false;

	for (size_t i = 0; i < sum->count; i++) {
		all.least += b[sum->parts[i]].least;
		all.most = all.most == UINT64_MAX || b[sum->parts[i]].most == UINT64_MAX ? UINT64_MAX :
		    all.most + b[sum->parts[i]].most;
	}
	if (all.least > total->least)
		total->least = all.least, moved = true;
	if (all.most < total->most)
		total->most = all.most, moved = true;
	for (size_t i = 0; i < sum->count; i++) {
		struct bounds *p = &b[sum->parts[i]];
		uint64_t others_least = all.least - p->least;

		if (!s->t->at[sum->parts[i]].hidden)
			continue;
		if (total->most != UINT64_MAX && total->most - others_least < p->most) {
			p->most = total->most - others_least;
			return true;
		}
		if (all.most != UINT64_MAX && total->least > all.most - p->most + p->least) {
			p->least = total->least - (all.most - p->most);
			return true;
		}
	}
	return moved;
}

/* A small cell that can have one value only is told, by whichever of both counts. */
static bool
hide_pinned(const struct sums *s, bool things)
{
	size_t cells = s->t->rows * (s->t->columns + 1);
	struct bounds *b = need_zeroed(cells + 1, sizeof *b);
	bool moved = true, any = false;

	for (size_t i = 0; i < cells; i++)
		b[i] = s->t->at[i].hidden ? (struct bounds){ 1, UINT64_MAX } :
		    (struct bounds){ value_of(&s->t->at[i], things), value_of(&s->t->at[i], things) };
	for (unsigned rounds = 0; moved && rounds < 10000; rounds++) {
		moved = false;
		for (size_t i = 0; i < s->count; i++)
			moved |= tighten(s, &s->at[i], b);
	}
	for (size_t i = 0; i < s->count && !any; i++)
		for (size_t k = 0; k < s->at[i].count && !any; k++) {
			size_t cell = s->at[i].parts[k];

			if (s->t->at[cell].small && b[cell].most == b[cell].least)
				any = hide_near(s, cell);
		}
	free(b);
	return any;
}

/* Every round hides one cell more, and there are so many only. */
void
cells_hide(struct cells *t)
{
	size_t cells = t->rows * (t->columns + 1);
	struct sums s;

	for (size_t i = 0; i < cells; i++)
		t->at[i].hidden = t->at[i].small |= is_small(t->at[i].things, t->at[i].who_count);
	sums_open(&s, t);
	while (hide_rests(&s) || hide_pinned(&s, true) || hide_pinned(&s, false) || hide_determined(&s))
		;
	sums_close(&s);
}
