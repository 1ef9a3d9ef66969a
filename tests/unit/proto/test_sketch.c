/*
 * What proto/sketch.h promises: the mapping in integers, cells of sets, and the decoder on good,
 * wrong and crafted cells.
 */
#include "proto/sketch.h"

#include "proto/limits.h"
#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20260113u
#define LISTED 400

/* --- helpers --- */

static uint64_t
draw(uint64_t *seed)
{
	return sketch_mix(*seed += 0x9e3779b97f4a7c15u);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Short ids in hexadecimal, divided by commas; "-" is none. */
static size_t
listed(const char *text, uint64_t out[LISTED])
{
	size_t count = 0;

	while (*text && *text != '-') {
		char *end;
		cr_assert_lt(count, LISTED);
		out[count++] = strtoull(text, &end, 16);
		cr_assert_neq(end, text);
		text = *end == ',' ? end + 1 : end;
	}
	return count;
}

static void
fill(struct sketch *s, const uint64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sketch_insert(s, ids[i]);
}

static bool
same_cells(const struct sketch_cell *a, const struct sketch_cell *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (a[i].ids != b[i].ids || a[i].checks != b[i].checks || a[i].count != b[i].count)
			return false;
	return true;
}

static bool
is_empty(const struct sketch *s)
{
	static const struct sketch_cell zero[SKETCH_CELLS];

	return same_cells(s->cell, zero, s->cells);
}

/* What D found, sorted, is exactly IDS (which get sorted too). */
static void
expect_only(const struct sketch_decoder *d, enum sketch_side side, uint64_t *ids, size_t count,
    const char *where)
{
	uint64_t *found = need_alloc(d->only[side] * sizeof *found);

	cr_assert_eq(d->only[side], count, "%s: %u ids on side %d, not %zu", where,
	    d->only[side], side, count);
	sketch_decoder_ids(d, side, found);
	qsort(found, count, sizeof *found, by_value);
	if (count)
		qsort(ids, count, sizeof *ids, by_value);
	for (size_t i = 0; i < count; i++)
		cr_expect_eq(found[i], ids[i], "%s: %016" PRIx64 " instead of %016" PRIx64, where,
		    found[i], ids[i]);
	free(found);
}

/* The ids that a decoder names have exactly the cells that it was given. */
static void
expect_explained(const struct sketch_decoder *d, const struct sketch_cell *difference, uint32_t count)
{
	struct sketch side[2];
	uint64_t *ids = need_alloc(d->ids * sizeof *ids);

	for (int i = 0; i < 2; i++) {
		sketch_init(&side[i], count, d->salt);
		sketch_decoder_ids(d, (enum sketch_side)i, ids);
		fill(&side[i], ids, d->only[i]);
	}
	sketch_subtract(side[0].cell, side[1].cell, count, side[0].cell);
	cr_expect(same_cells(side[0].cell, difference, count), "decoded ids have other cells");
	sketch_done(&side[0]);
	sketch_done(&side[1]);
	free(ids);
}

/* --- the mapping --- */

static void
mapping_line(const char *const *column, const char *where)
{
	uint64_t salt = strtoull(column[0], NULL, 16), z = strtoull(column[1], NULL, 16);
	uint16_t cells[SKETCH_CELLS];
	size_t count = sketch_indices(salt, z, SKETCH_CELLS, cells, SKETCH_CELLS);
	const char *text = column[3];

	cr_expect_eq(sketch_check(salt, z), strtoul(column[2], NULL, 16), "%s: check", where);
	cr_assert_eq(count, strtoul(column[4], NULL, 10), "%s: %zu cells", where, count);
	cr_expect_eq(cells[count - 1], strtoul(column[5], NULL, 10), "%s: last cell", where);
	for (size_t i = 0; i < count && i < 20; i++) {
		char *end;
		cr_expect_eq(cells[i], strtoul(text, &end, 10), "%s: cell %zu", where, i);
		text = *end == ',' ? end + 1 : end;
	}
	cr_expect_eq(*text, 0, "%s: cells are missing", where);
	cr_expect_eq(sketch_indices(salt, z, SKETCH_CELLS, cells, 1), 1, "%s: too many", where);
}

/* Golden ids stand in the cells, and have the check, that their lines say. */
Test(sketch, mapping_vectors)
{
	vectors_each("sketch/mapping.txt", 6, mapping_line);
}

static bool
reaches(uint32_t i, uint32_t j, uint32_t r)
{
	return (uint64_t)(j + 1) * (j + 2) * ((uint64_t)r + 1) >= (uint64_t)(i + 1) * (i + 2) << 32;
}

/* What was returned is the least cell behind I that the rule reaches, or the end. */
static void
expect_least(uint32_t i, uint32_t r)
{
	uint32_t j = sketch_next(i, r);

	cr_assert(j > i && j <= SKETCH_CELLS, "i=%u r=%u: j=%u", i, r, j);
	cr_assert(j == SKETCH_CELLS || reaches(i, j, r), "i=%u r=%u: j=%u is too small", i, r, j);
	cr_assert(j == i + 1 || !reaches(i, j - 1, r), "i=%u r=%u: j=%u is too large", i, r, j);
}

/*
 * The next cell obeys the rule for every cell, at random draws and at the draws on both sides of
 * every kind of edge.
 */
Test(sketch, next_is_the_least)
{
	static const uint32_t ends[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	uint64_t seed = SEED;

	cr_log_info("seed %" PRIu64, seed);
	for (uint32_t i = 0; i < SKETCH_CELLS; i++) {
		for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
			expect_least(i, ends[k]);
		for (unsigned k = 0; k < 60; k++)
			expect_least(i, (uint32_t)(draw(&seed) >> 32 >> k % 30));
		for (unsigned k = 0; k < 60; k++) {
			uint32_t j = i + 1 + (uint32_t)(draw(&seed) % (k % 2 ? 8 : SKETCH_CELLS - i));
			uint64_t need = (uint64_t)(i + 1) * (i + 2) << 32;
			uint64_t by = (uint64_t)(j + 1) * (j + 2);
			/* the least draw that reaches j */
			uint32_t edge = (uint32_t)((need + by - 1) / by - 1);
			expect_least(i, edge);
			expect_least(i, edge - 1);
			if (j < SKETCH_CELLS) {
				cr_assert_leq(sketch_next(i, edge), j);
				cr_assert_gt(sketch_next(i, edge - 1), j);
			}
		}
	}
}

/* A search cell by cell, as the rule is written, finds the same; so does any guess. */
Test(sketch, next_by_search)
{
	uint64_t seed = SEED + 1;

	for (unsigned k = 0; k < 20000; k++) {
		uint32_t i = (uint32_t)(draw(&seed) % SKETCH_CELLS), j = i + 1;
		uint32_t r = (uint32_t)(draw(&seed) >> 32 >> k % 12);
		while (j < SKETCH_CELLS && !reaches(i, j, r))
			j++;
		cr_assert_eq(sketch_next(i, r), j, "i=%u r=%u", i, r);
		for (uint32_t guess = k % 97; guess <= SKETCH_CELLS; guess += 500)
			cr_assert_eq(sketch_next_from(i, r, guess), j, "i=%u r=%u guess=%u", i, r,
			    guess);
		cr_assert_eq(sketch_next_from(i, 0xffffffff, k % (i + 1)), i + 1, "i=%u", i);
	}
}

/* Cell i holds an id with probability 1/(1+i/2). */
Test(sketch, density)
{
	static const uint32_t at[] = { 0, 1, 2, 10, 100 };
	uint32_t held[101] = { 0 }, trials = 40000;
	uint64_t seed = SEED + 2;
	uint16_t cells[101];

	for (uint32_t k = 0; k < trials; k++) {
		size_t count = sketch_indices(0, draw(&seed), 101, cells, 101);
		for (size_t i = 0; i < count; i++)
			held[cells[i]]++;
	}
	for (size_t k = 0; k < sizeof(at) / sizeof(at[0]); k++) {
		double want = trials / (1 + at[k] / 2.0);
		cr_expect(held[at[k]] > want * 0.9 && held[at[k]] < want * 1.1,
		    "cell %u: %u ids instead of %.0f", at[k], held[at[k]], want);
	}
}

/* --- a set's own sketch --- */

static void
cells_line(const char *const *column, const char *where)
{
	uint64_t ids[LISTED];
	size_t count = listed(column[1], ids);
	uint32_t from = (uint32_t)strtoul(column[2], NULL, 10), got;
	uint32_t until = (uint32_t)strtoul(column[3], NULL, 10);
	struct sketch_cell back[SKETCH_CELLS];
	struct buf want = { 0 }, out = { 0 };
	struct sketch s;
	struct err e;

	vectors_hex(column[4], &want);
	sketch_init(&s, SKETCH_CELLS, strtoull(column[0], NULL, 16));
	fill(&s, ids, count);
	sketch_write(&s, from, until, &out);
	cr_expect(bytes_equal(buf_bytes(&out), buf_bytes(&want)), "%s: other bytes", where);
	cr_assert_eq(sketch_read(buf_bytes(&want), SKETCH_CELLS, back, &got, &e), ERR_OK, "%s", where);
	cr_expect_eq(got, until - from, "%s", where);
	cr_expect(same_cells(back, s.cell + from, got), "%s: read otherwise than written", where);
	sketch_done(&s);
	buf_free(&want);
	buf_free(&out);
}

/*
 * Golden sets have the cells that their lines say, as bytes, and those are read as the same cells.
 */
Test(sketch, cells_vectors)
{
	vectors_each("sketch/cells.txt", 6, cells_line);
}

/* Neither the order of changes nor the number of cells kept makes a difference to a cell. */
Test(sketch, order_and_size_do_not_matter)
{
	struct sketch large, small;
	uint64_t ids[1000], seed = SEED + 3;

	for (int i = 0; i < 1000; i++)
		ids[i] = draw(&seed);
	sketch_init(&large, SKETCH_CELLS, 0);
	sketch_init(&small, SKETCH_CELLS_LEAST, 0);
	fill(&large, ids, 1000);
	for (int i = 999; i >= 500; i--)
		sketch_insert(&small, ids[i]);
	for (uint64_t i = 0; i < 100; i++)
		sketch_insert(&small, i + 7);
	for (int i = 0; i < 500; i++)
		sketch_insert(&small, ids[i]);
	for (uint64_t i = 0; i < 100; i++)
		sketch_remove(&small, i + 7);
	cr_expect_eq(small.count, 1000);
	cr_expect(same_cells(large.cell, small.cell, small.cells));
	sketch_done(&large);
	sketch_done(&small);
}

/* What was inserted and removed again leaves nothing, also beyond 255 at once. */
Test(sketch, remove_restores_zero)
{
	static const uint64_t salts[] = { 0, 0x1234567890abcdef };
	uint64_t seed = SEED + 4;

	for (int k = 0; k < 2; k++) {
		uint64_t from = seed;
		struct sketch s;
		sketch_init(&s, SKETCH_CELLS, salts[k]);
		for (int i = 0; i < 3000; i++)
			sketch_insert(&s, draw(&seed));
		cr_expect_not(is_empty(&s));
		cr_expect_eq(s.count, 3000);
		seed = from;
		for (int i = 0; i < 3000; i++)
			sketch_remove(&s, draw(&seed));
		cr_expect(is_empty(&s));
		cr_expect_eq(s.count, 0);
		sketch_done(&s);
	}
}

/* Nothing can be removed from an empty set: that would be our mistake. */
Test(sketch, remove_from_nothing, .signal = SIGABRT)
{
	struct sketch s;

	sketch_init(&s, SKETCH_CELLS_LEAST, 0);
	sketch_remove(&s, 1);
}

/* A copy stays as it was when the set moves on, and may be shorter. */
Test(sketch, copy_is_frozen)
{
	struct sketch s, before, again;

	sketch_init(&s, 1024, 99);
	sketch_insert(&s, 1);
	sketch_copy(&s, 500, &before);
	sketch_insert(&s, 2);
	cr_expect_eq(before.cells, 500);
	cr_expect_eq(before.count, 1);
	cr_expect_eq(before.salt, 99);
	cr_expect_not(same_cells(s.cell, before.cell, 500));
	sketch_remove(&s, 2);
	cr_expect(same_cells(s.cell, before.cell, 500));
	sketch_copy(&before, 500, &again);
	sketch_done(&before);
	cr_expect(same_cells(s.cell, again.cell, 500));
	sketch_done(&again);
	sketch_done(&s);
	cr_expect_null(s.cell);
}

/* Small sets keep few cells, large ones all; half as many cells as ids in between. */
Test(sketch, sizes)
{
	static const struct { uint64_t count; uint32_t cells; } rows[] = {
		{ 0, 256 }, { 512, 256 }, { 513, 256 }, { 514, 512 }, { 1025, 512 }, { 1026, 1024 },
		{ 4097, 2048 }, { 4098, 4096 }, { 1000000, 4096 }, { UINT64_MAX, 4096 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(sketch_size(rows[i].count), rows[i].cells, "%" PRIu64, rows[i].count);
}

/* --- cells from a peer --- */

/*
 * A block holds the cells that its name says, and its bytes are read; other lengths leave the
 * output alone.
 */
Test(sketch, read_is_bounded)
{
	static const struct { size_t len; enum err_code rc; } rows[] = {
		{ 0, ERR_OK }, { 1, ERR_INPUT }, { 12, ERR_INPUT }, { 13, ERR_OK }, { 14, ERR_INPUT },
		{ SKETCH_BLOCK * 13, ERR_OK }, { SKETCH_BLOCK * 13 + 1, ERR_INPUT },
		{ (SKETCH_BLOCK + 1) * 13 - 1, ERR_INPUT }, { (SKETCH_BLOCK + 1) * 13, ERR_LIMIT },
	};
	struct sketch_cell *out = need_zeroed(SKETCH_BLOCK, sizeof *out);
	uint8_t raw[1100];

	cr_expect_eq(LIMIT_BLOCK / SKETCH_CELL_LEN, SKETCH_BLOCK);
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t count = 4242;
		struct err e = { 0 };
		out[0] = (struct sketch_cell){ .ids = 1 };
		enum err_code rc = sketch_read((struct bytes){ raw, rows[i].len }, SKETCH_BLOCK, out,
		    &count, &e);
		cr_expect_eq(rc, rows[i].rc, "%zu", rows[i].len);
		cr_expect_eq(count, rows[i].rc ? 4242 : rows[i].len / 13, "%zu", rows[i].len);
		if (rows[i].rc) {
			cr_expect_eq(out[0].ids, 1, "%zu", rows[i].len);
			cr_expect_str_eq(e.object, "cells");
		}
	}
	free(out);
}

/* --- the decoder --- */

static uint32_t
read_column(const char *text, struct sketch_cell out[SKETCH_CELLS], const char *where)
{
	struct buf raw = { 0 };
	uint32_t count = 0;

	vectors_hex(text, &raw);
	cr_assert_eq(sketch_read(buf_bytes(&raw), SKETCH_CELLS, out, &count, NULL), ERR_OK, "%s",
	    where);
	buf_free(&raw);
	return count;
}

static void
difference_line(const char *const *column, const char *where)
{
	uint64_t salt = strtoull(column[0], NULL, 16), ours[LISTED], theirs[LISTED];
	size_t our_count = listed(column[2], ours), their_count = listed(column[3], theirs);
	struct sketch_cell cells[SKETCH_CELLS];
	uint32_t count = read_column(column[1], cells, where);
	struct sketch_decoder d;

	for (int at_once = 0; at_once < 2; at_once++) {
		sketch_decoder_init(&d, salt);
		for (uint32_t i = 0; !at_once && i < count - 1; i++)
			cr_expect_eq(sketch_decoder_add(&d, cells + i, 1), SKETCH_OPEN,
			    "%s: %u cells suffice", where, i + 1);
		cr_assert_eq(sketch_decoder_add(&d, cells + d.cells, count - d.cells), SKETCH_DECODED,
		    "%s", where);
		expect_only(&d, SKETCH_OURS, ours, our_count, where);
		expect_only(&d, SKETCH_THEIRS, theirs, their_count, where);
		sketch_decoder_done(&d);
	}
}

/*
 * Golden differences are decoded into the ids of their lines, with the last of their cells and not
 * before.
 */
Test(sketch, difference_vectors)
{
	vectors_each("sketch/difference.txt", 4, difference_line);
}

static void
never_line(const char *const *column, const char *where)
{
	struct sketch_cell cells[SKETCH_CELLS];
	uint32_t count = read_column(column[0], cells, where);
	struct sketch_decoder d;

	sketch_decoder_init(&d, 0);
	cr_expect_neq(sketch_decoder_add(&d, cells, count), SKETCH_DECODED, "%s: %s", where,
	    column[1]);
	cr_expect_leq(d.ids, count, "%s", where);
	sketch_decoder_done(&d);
}

/* Cells that are no difference of two sets are not taken for one. */
Test(sketch, never_vectors)
{
	vectors_each("sketch/never.txt", 2, never_line);
}

/* Two sets with D ids that are not shared, and their difference; the ids stay with the caller. */
struct pair {
	struct sketch_cell cell[SKETCH_CELLS];
	uint64_t ids[3000];
	size_t ours, theirs;
};

static struct pair *
make_pair(size_t d, size_t shared, uint64_t salt, uint64_t *seed)
{
	struct pair *p = need_zeroed(1, sizeof *p);
	struct sketch a, b;

	p->ours = d ? draw(seed) % (d + 1) : 0;
	p->theirs = d - p->ours;
	sketch_init(&a, SKETCH_CELLS, salt);
	sketch_init(&b, SKETCH_CELLS, salt);
	for (size_t i = 0; i < d; i++)
		sketch_insert(i < p->ours ? &a : &b, p->ids[i] = draw(seed));
	for (size_t i = 0; i < shared; i++) {
		uint64_t z = draw(seed);
		sketch_insert(&a, z);
		sketch_insert(&b, z);
	}
	sketch_subtract(a.cell, b.cell, SKETCH_CELLS, p->cell);
	sketch_done(&a);
	sketch_done(&b);
	return p;
}

/* In pieces of random length, until it decodes or all cells came. */
static enum sketch_state
feed(struct sketch_decoder *d, const struct pair *p, uint32_t longest, uint64_t *seed)
{
	enum sketch_state state = SKETCH_OPEN;

	while (state == SKETCH_OPEN && d->cells < SKETCH_CELLS) {
		uint32_t piece = longest > 1 ? 1 + (uint32_t)(draw(seed) % longest) : 1;
		if (piece > SKETCH_CELLS - d->cells)
			piece = SKETCH_CELLS - d->cells;
		state = sketch_decoder_add(d, p->cell + d->cells, piece);
	}
	return state;
}

static void
expect_decoded(size_t count, uint64_t salt, uint64_t *seed)
{
	uint64_t from = *seed;
	struct pair *p = make_pair(count, draw(seed) % 300, salt, seed);
	struct sketch_decoder d;
	enum sketch_state state;
	char where[64];

	snprintf(where, sizeof where, "d=%zu seed=%" PRIu64, count, from);
	sketch_decoder_init(&d, salt);
	state = feed(&d, p, count < 50 ? 10 : 100, seed);
	if (count <= 2700)
		cr_assert_eq(state, SKETCH_DECODED, "%s", where);
	if (state == SKETCH_DECODED) {
		expect_only(&d, SKETCH_OURS, p->ids, p->ours, where);
		expect_only(&d, SKETCH_THEIRS, p->ids + p->ours, p->theirs, where);
		expect_explained(&d, p->cell, d.cells);
	} else {
		cr_expect_eq(d.cells, SKETCH_CELLS, "%s: gave up early", where);
	}
	sketch_decoder_done(&d);
	free(p);
}

/*
 * Exactly the symmetric difference is found, whatever its size, the split and the pieces in which
 * cells come: always up to 2,700, the planned size; up to 3,000 that, or nothing is claimed.
 */
Test(sketch, finds_the_difference)
{
	uint64_t seed = SEED + 5;

	for (size_t d = 0; d <= 120; d++)
		for (int k = 0; k < 3; k++)
			expect_decoded(d, k == 2 ? draw(&seed) : 0, &seed);
	for (size_t d = 120; d <= 3000; d += 120)
		expect_decoded(d, d % 240 ? 0 : draw(&seed), &seed);
	for (int k = 0; k < 5; k++)
		expect_decoded(2700, 0, &seed);
}

/* 95 of 100 differences need at most BYTES of cells. */
static void
expect_prefix(size_t d, size_t trials, size_t bytes)
{
	uint64_t *need = need_alloc(trials * sizeof *need), seed = SEED + 6 + d;

	for (size_t k = 0; k < trials; k++) {
		struct pair *p = make_pair(d, 0, 0, &seed);
		struct sketch_decoder dec;
		sketch_decoder_init(&dec, 0);
		cr_assert_eq(feed(&dec, p, 1, &seed), SKETCH_DECODED);
		need[k] = dec.cells * SKETCH_CELL_LEN;
		sketch_decoder_done(&dec);
		free(p);
	}
	qsort(need, trials, sizeof *need, by_value);
	cr_expect_leq(need[trials * 95 / 100 - 1], bytes, "d=%zu: %" PRIu64 " bytes", d,
	    need[trials * 95 / 100 - 1]);
	free(need);
}

/* The prefix that must be sent is as short as planned. */
Test(sketch, prefix_is_short)
{
	expect_prefix(10, 200, 400);
	expect_prefix(100, 200, 2300);
	expect_prefix(1000, 40, 19500);
}

/*
 * What the first cells tell of the cells that are needed: in 95 of 100 at most a block or a quarter more, of which a test with 200
 * differences makes 90; on average LEAST of them.
 */
static void
expect_foreseen(size_t d, uint32_t cells, double least)
{
	enum { TRIALS = 200 };
	uint64_t seed = SEED + 70 + d;
	unsigned over = 0;
	double mean = 0;

	for (size_t k = 0; k < TRIALS; k++) {
		struct pair *p = make_pair(d, 0, 0, &seed);
		struct sketch_decoder dec;
		uint32_t foreseen, most;
		sketch_decoder_init(&dec, 0);
		cr_assert_eq(sketch_decoder_add(&dec, p->cell, cells), SKETCH_OPEN);
		foreseen = sketch_decoder_needs(&dec, (int64_t)p->ours - (int64_t)p->theirs);
		cr_assert_geq(foreseen, cells);
		cr_assert_eq(feed(&dec, p, 1, &seed), SKETCH_DECODED);
		most = dec.cells + (dec.cells / 4 > SKETCH_BLOCK ? dec.cells / 4 : SKETCH_BLOCK);
		over += foreseen > most;
		mean += (double)foreseen / dec.cells / TRIALS;
		sketch_decoder_done(&dec);
		free(p);
	}
	cr_expect_leq(over, TRIALS / 10, "d=%zu, %u cells: %u too many", d, cells, over);
	cr_expect_geq(mean, least, "d=%zu, %u cells: %.2f of what is needed", d, cells, mean);
}

/* The first cells tell how many are needed, and more of them tell it better. */
Test(sketch, needs_are_foreseen)
{
	expect_foreseen(100, 30, 0.90);
	expect_foreseen(1000, 30, 0.70);
	expect_foreseen(2500, 30, 0.70);
	expect_foreseen(1000, 300, 1.02);
	expect_foreseen(2500, 1500, 1.02);
}

/*
 * One side may keep fewer cells: what both have is compared, and cells beyond add nothing to what
 * was decoded.
 */
Test(sketch, more_cells_than_needed)
{
	uint64_t seed = SEED + 7;
	struct pair *p = make_pair(30, 100, 0, &seed);
	struct sketch_decoder d;

	sketch_decoder_init(&d, 0);
	cr_expect_eq(sketch_decoder_add(&d, p->cell, 0), SKETCH_OPEN, "no cell, no answer");
	cr_expect_eq(sketch_decoder_add(&d, p->cell, SKETCH_CELLS_LEAST), SKETCH_DECODED);
	for (uint32_t i = SKETCH_CELLS_LEAST; i < SKETCH_CELLS; i += SKETCH_CELLS_LEAST)
		cr_expect_eq(sketch_decoder_add(&d, p->cell + i, SKETCH_CELLS_LEAST), SKETCH_DECODED);
	cr_expect_eq(d.ids, 30);
	expect_explained(&d, p->cell, SKETCH_CELLS);
	sketch_decoder_done(&d);
	free(p);
}

/* A cell that does not fit to what was decoded takes the answer back. */
Test(sketch, contradiction_is_seen)
{
	uint64_t seed = SEED + 8;
	struct pair *p = make_pair(5, 0, 0, &seed);
	struct sketch_cell more = { .ids = 12345, .checks = 1, .count = 1 };
	struct sketch_decoder d;

	sketch_decoder_init(&d, 0);
	cr_assert_eq(sketch_decoder_add(&d, p->cell, 100), SKETCH_DECODED);
	cr_expect_eq(sketch_decoder_add(&d, &more, 1), SKETCH_OPEN);
	sketch_decoder_done(&d);
	free(p);
}

/*
 * Two ids with equal 8 bytes in one set leave only a count: nothing is claimed. With one of the two
 * at the other side it looks like one id.
 */
Test(sketch, equal_short_ids)
{
	struct sketch a, b;
	struct sketch_cell diff[SKETCH_CELLS];
	struct sketch_decoder d;
	uint64_t z = 0xfeedfacecafebeef;

	sketch_init(&a, SKETCH_CELLS, 0);
	sketch_init(&b, SKETCH_CELLS, 0);
	sketch_insert(&a, z);
	sketch_insert(&a, z);
	cr_expect_eq(a.cell[0].ids, 0);
	cr_expect_eq(a.cell[0].checks, 0);
	cr_expect_eq(a.cell[0].count, 2);
	sketch_subtract(a.cell, b.cell, SKETCH_CELLS, diff);
	sketch_decoder_init(&d, 0);
	cr_expect_eq(sketch_decoder_add(&d, diff, SKETCH_CELLS), SKETCH_FAILED);
	sketch_decoder_done(&d);

	sketch_insert(&b, z);
	sketch_subtract(a.cell, b.cell, SKETCH_CELLS, diff);
	sketch_decoder_init(&d, 0);
	cr_expect_eq(sketch_decoder_add(&d, diff, SKETCH_CELLS), SKETCH_DECODED);
	expect_only(&d, SKETCH_OURS, &z, 1, "one of two");
	sketch_decoder_done(&d);
	sketch_done(&a);
	sketch_done(&b);
}

/* The inverse of "z ^ z >> BY". */
static uint64_t
unshift(uint64_t z, unsigned by)
{
	uint64_t out = z;

	for (unsigned done = by; done < 64; done += by)
		out = z ^ out >> by;
	return out;
}

/*
 * A short id that stands in cell 0 and in no other, as somebody may search for who writes records.
 */
static uint64_t
loner(uint64_t *seed)
{
	uint64_t z = draw(seed) % 500 << 32 | draw(seed) >> 32;

	z = unshift(z, 31) * 0x319642b2d24d8ec3u;
	z = unshift(z, 27) * 0x96de1b173f119089u;
	return unshift(z, 30) - 0x9e3779b97f4a7c15u;
}

/*
 * Ids crafted to share all their cells cannot be told apart in the plain sketch; under a salt they
 * can.
 */
Test(sketch, salt_parts_what_was_crafted)
{
	uint64_t seed = SEED + 9, ids[50];
	uint16_t cells[4];

	for (int i = 0; i < 50; i++) {
		ids[i] = loner(&seed);
		cr_assert_eq(sketch_indices(0, ids[i], SKETCH_CELLS, cells, 4), 1);
	}
	for (int salted = 0; salted < 2; salted++) {
		struct sketch s;
		struct sketch_decoder d;
		sketch_init(&s, SKETCH_CELLS, salted ? 0x5a17 : 0);
		fill(&s, ids, 50);
		sketch_decoder_init(&d, s.salt);
		cr_expect_eq(sketch_decoder_add(&d, s.cell, SKETCH_CELLS),
		    salted ? SKETCH_DECODED : SKETCH_FAILED);
		if (salted)
			expect_only(&d, SKETCH_OURS, ids, 50, "salted");
		sketch_decoder_done(&d);
		sketch_done(&s);
	}
}

/* A decoder with another salt than the cells claims nothing. */
Test(sketch, salts_must_agree)
{
	uint64_t seed = SEED + 10;
	struct pair *p = make_pair(20, 0, 77, &seed);
	struct sketch_decoder d;

	sketch_decoder_init(&d, 78);
	cr_expect_eq(sketch_decoder_add(&d, p->cell, SKETCH_CELLS), SKETCH_FAILED);
	sketch_decoder_done(&d);
	free(p);
}

/* --- cells that nobody honest sends --- */

static void
any_cell(struct sketch_cell *c, unsigned kind, const uint64_t *pool, uint64_t *seed)
{
	uint64_t z = kind < 3 ? pool[draw(seed) % 16] : draw(seed);

	*c = (struct sketch_cell){ z, sketch_check(0, z), draw(seed) & 1 ? 1 : 255 };
	if (kind == 1)
		c->count = (uint8_t)draw(seed);
	if (kind == 4)
		c->checks = (uint32_t)draw(seed);
	if (kind == 5 || (kind == 2 && draw(seed) % 2))
		*c = (struct sketch_cell){ .count = (uint8_t)(draw(seed) % 3 == 0) };
}

/*
 * Random and crafted cells (good cells in wrong places, few ids again and again, any counts) come
 * to an end, with at most as * many ids as cells, and a failure stays one.
 */
Test(sketch, crafted_cells_end)
{
	uint64_t seed = SEED + 11, pool[16];
	struct sketch_cell cells[SKETCH_CELLS];

	for (int i = 0; i < 16; i++)
		pool[i] = i ? draw(&seed) : 0;
	for (unsigned trial = 0; trial < 180; trial++) {
		uint64_t from = seed;
		struct sketch_decoder d;
		struct pair p;
		for (int i = 0; i < SKETCH_CELLS; i++)
			any_cell(&cells[i], trial % 6, pool, &seed);
		memcpy(p.cell, cells, sizeof cells);
		sketch_decoder_init(&d, 0);
		cr_expect_eq(feed(&d, &p, 500, &seed), SKETCH_FAILED, "seed %" PRIu64, from);
		cr_expect_leq(d.ids, d.cells);
		cr_expect_eq(d.only[0] + d.only[1], d.ids);
		if (d.cells < SKETCH_CELLS)
			cr_expect_eq(sketch_decoder_add(&d, cells, 1), SKETCH_FAILED);
		sketch_decoder_done(&d);
	}
}

static bool
holds(uint64_t z, uint32_t cell)
{
	uint16_t cells[SKETCH_BLOCK];
	size_t count = sketch_indices(0, z, SKETCH_BLOCK, cells, SKETCH_BLOCK);

	for (size_t i = 0; i < count; i++)
		if (cells[i] == cell)
			return true;
	return false;
}

/*
 * A block of nothing but good cells, so that all wait to be looked at; the last two, looked at
 * first, are of ids that share many cells. Taking the one out, and then the other, makes those
 * cells good once more while they still wait: each waits only once, and there is room for no more.
 */
Test(sketch, waiting_cells_are_bounded)
{
	struct sketch_cell cells[SKETCH_BLOCK];
	uint64_t seed = SEED + 13, a = 0, b = 0;
	unsigned shared = 0;
	struct sketch_decoder d;

	while (shared < 8) {
		do
			a = draw(&seed);
		while (!holds(a, SKETCH_BLOCK - 1) || holds(a, SKETCH_BLOCK - 2));
		do
			b = draw(&seed);
		while (!holds(b, SKETCH_BLOCK - 2));
		shared = 0;
		for (uint32_t i = 0; i < SKETCH_BLOCK - 2; i++)
			shared += holds(a, i) && holds(b, i);
	}
	for (uint32_t i = 0; i < SKETCH_BLOCK; i++)
		cells[i] = (struct sketch_cell){ a, sketch_check(0, a), 1 };
	cells[SKETCH_BLOCK - 2] = (struct sketch_cell){ b, sketch_check(0, b), 255 };
	sketch_decoder_init(&d, 0);
	cr_expect_eq(sketch_decoder_add(&d, cells, SKETCH_BLOCK), SKETCH_FAILED);
	sketch_decoder_done(&d);
}

/*
 * A difference with one byte changed is never decoded into something that does not have exactly
 * these cells.
 */
Test(sketch, damaged_cells)
{
	uint64_t seed = SEED + 12;

	for (unsigned trial = 0; trial < 400; trial++) {
		struct pair *p = make_pair(1 + trial % 60, 0, 0, &seed);
		struct sketch_cell *c = &p->cell[draw(&seed) % 40];
		struct sketch_decoder d;
		switch (draw(&seed) % 3) {
		case 0: c->ids ^= 1ull << draw(&seed) % 64; break;
		case 1: c->checks ^= 1u << draw(&seed) % 32; break;
		default: c->count ^= (uint8_t)(1u << draw(&seed) % 8);
		}
		sketch_decoder_init(&d, 0);
		if (feed(&d, p, 20, &seed) == SKETCH_DECODED)
			expect_explained(&d, p->cell, d.cells);
		cr_expect_leq(d.ids, d.cells);
		sketch_decoder_done(&d);
		free(p);
	}
}
