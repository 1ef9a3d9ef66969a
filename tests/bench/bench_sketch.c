/*
 * bench_sketch - what sketches cost: an insert, the memory of a node's million ids, and the cells
 * of a difference.
 *
 * Prints "NAME VALUE UNIT": sketch.insert_us and sketch.memory_1m_mib (24 buckets that hold a
 * million ids in all), sync.dN_prefix_bytes_p95 (shortest prefix that decodes, over 200 seeds; what
 * both sides hold cancels, so each seed makes the difference alone) and sync.d100_cpu_ms (the
 * asker's part of a visit between two real sets of a million: copy, read, subtract, decode, block
 * by block). Every answer is compared with the difference that was made; a wrong one ends the run.
 */
#include "proto/sketch.h"

#include "proto/limits.h"
#include "tests/lib/bench.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLION 1000000
#define BUCKETS 24
#define SEEDS   200
#define MIB(bytes) ((double)(bytes) / (1024 * 1024))
#define ROUNDS  7        /* of what takes time: the middle one counts, other programs run as well */

static double
heap_mib(void)
{
	struct mallinfo2 m = mallinfo2();

	return MIB(m.uordblks + m.hblkhd);
}

/* Short ids that never repeat: sketch_mix is a bijection. */
static uint64_t
id_of(uint64_t number)
{
	return sketch_mix(number * 0x9e3779b97f4a7c15u + 1);
}

/* --- a node's sketches: the larger half of the buckets is hot, the others are small --- */

static size_t
bucket_of(uint64_t z)
{
	size_t b = (size_t)(z >> 32) % BUCKETS;

	return b < BUCKETS / 2 || z % 64 == 0 ? b : b - BUCKETS / 2;
}

static void
fill_buckets(struct sketch *s, const uint64_t *ids)
{
	uint64_t count[BUCKETS] = { 0 };

	for (size_t i = 0; i < MILLION; i++)
		count[bucket_of(ids[i])]++;
	for (size_t b = 0; b < BUCKETS; b++)
		sketch_init(&s[b], sketch_size(count[b]), 0);
	for (size_t i = 0; i < MILLION; i++)
		sketch_insert(&s[bucket_of(ids[i])], ids[i]);
}

/* Each id into a full sketch of its bucket. */
static void
bench_insert(const uint64_t *ids)
{
	struct sketch s[BUCKETS];
	double us[ROUNDS], t;

	for (size_t b = 0; b < BUCKETS; b++)
		sketch_init(&s[b], SKETCH_CELLS, 0);
	for (size_t k = 0; k < ROUNDS; k++) {
		t = bench_thread_s();
		for (size_t i = 0; i < MILLION; i++)
			sketch_insert(&s[(ids[i] >> 40) % BUCKETS], ids[i]);
		us[k] = bench_thread_s() - t;       /* s a million are us each */
	}
	bench_say("sketch.insert_us", bench_middle(us), "us");
	for (size_t b = 0; b < BUCKETS; b++)
		sketch_done(&s[b]);
}

/*
 * As many cells as each bucket deserves, and once more when every bucket is hot, which is the most
 * there can be.
 */
static void
bench_memory(const uint64_t *ids)
{
	struct sketch s[BUCKETS];
	double before = heap_mib();

	fill_buckets(s, ids);
	bench_say("sketch.memory_1m_uneven_mib", heap_mib() - before + MIB(sizeof s), "MiB");
	for (size_t b = 0; b < BUCKETS; b++)
		sketch_done(&s[b]);
	before = heap_mib();
	for (size_t b = 0; b < BUCKETS; b++)
		sketch_init(&s[b], sketch_size(MILLION / BUCKETS), 0);
	bench_say("sketch.memory_1m_mib", heap_mib() - before + MIB(sizeof s), "MiB");
	for (size_t b = 0; b < BUCKETS; b++)
		sketch_done(&s[b]);
}

/* --- differences --- */

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * D found exactly the ids of the numbers from FROM on, HALF of them ours and the next HALF theirs.
 */
static void
expect_halves(const struct sketch_decoder *d, uint64_t from, uint32_t half)
{
	uint64_t *found = need_alloc(half * sizeof *found), *want = need_alloc(half * sizeof *want);

	bench_require(d->only[SKETCH_OURS] == half && d->only[SKETCH_THEIRS] == half, "another number of ids");
	for (uint32_t side = 0; side < 2; side++) {
		sketch_decoder_ids(d, (enum sketch_side)side, found);
		for (uint32_t i = 0; i < half; i++)
			want[i] = id_of(from + side * half + i);
		qsort(found, half, sizeof *found, by_value);
		qsort(want, half, sizeof *want, by_value);
		bench_require(memcmp(found, want, half * sizeof *found) == 0, "other ids were found");
	}
	free(found);
	free(want);
}

static uint32_t
shortest(uint64_t from, uint32_t half)
{
	struct sketch a, b;
	struct sketch_decoder d;
	uint32_t cells;

	sketch_init(&a, SKETCH_CELLS, 0);
	sketch_init(&b, SKETCH_CELLS, 0);
	for (uint32_t i = 0; i < half; i++) {
		sketch_insert(&a, id_of(from + i));
		sketch_insert(&b, id_of(from + half + i));
	}
	sketch_subtract(a.cell, b.cell, SKETCH_CELLS, a.cell);
	sketch_decoder_init(&d, 0);
	while (sketch_decoder_add(&d, a.cell + d.cells, 1) == SKETCH_OPEN)
		;
	bench_require(d.state == SKETCH_DECODED, "a difference did not decode");
	expect_halves(&d, from, half);
	cells = d.cells;
	sketch_decoder_done(&d);
	sketch_done(&a);
	sketch_done(&b);
	return cells;
}

static void
bench_prefix(uint32_t d)
{
	uint64_t cells[SEEDS];
	char name[64];

	for (uint64_t seed = 0; seed < SEEDS; seed++)
		cells[seed] = shortest((seed + 1) << 32, d / 2);
	qsort(cells, SEEDS, sizeof *cells, by_value);
	snprintf(name, sizeof name, "sync.d%u_prefix_bytes_p50", d);
	bench_say(name, (double)(cells[SEEDS / 2] * SKETCH_CELL_LEN), "B");
	snprintf(name, sizeof name, "sync.d%u_prefix_bytes_p95", d);
	bench_say(name, (double)(cells[SEEDS * 95 / 100 - 1] * SKETCH_CELL_LEN), "B");
}

/* The asker's CPU time, when cells of THEIRS come in blocks. */
static double
ask(const struct sketch *ours, const struct sketch *theirs, struct sketch_decoder *d)
{
	struct sketch_cell block[SKETCH_BLOCK];
	struct buf raw = { 0 };
	struct sketch frozen;
	uint32_t count;
	double t;

	sketch_write(theirs, 0, SKETCH_CELLS, &raw);
	t = bench_thread_s();
	sketch_copy(ours, SKETCH_CELLS, &frozen);
	sketch_decoder_init(d, 0);
	do {
		size_t at = (size_t)d->cells * SKETCH_CELL_LEN, len = SKETCH_BLOCK * SKETCH_CELL_LEN;
		if (len > raw.len - at)
			len = raw.len - at;
		bench_require(sketch_read((struct bytes){ raw.p + at, len }, SKETCH_BLOCK, block, &count,
		    NULL) == ERR_OK, "cells were not read");
		sketch_subtract(frozen.cell + d->cells, block, count, block);
	} while (sketch_decoder_add(d, block, count) == SKETCH_OPEN);
	sketch_done(&frozen);
	t = bench_thread_s() - t;
	buf_free(&raw);
	return t;
}

/* Two sets of a million ids, of which D / 2 are not in the other one. */
static void
bench_million(uint32_t d, const char *name)
{
	uint64_t from = (uint64_t)d << 40;
	struct sketch ours, theirs;
	struct sketch_decoder dec;
	double ms[ROUNDS];

	sketch_init(&ours, SKETCH_CELLS, 0);
	sketch_init(&theirs, SKETCH_CELLS, 0);
	for (uint32_t i = 0; i < MILLION; i++) {
		bool shared = i >= d / 2;
		sketch_insert(&ours, id_of(shared ? i + d : from + i));
		sketch_insert(&theirs, id_of(shared ? i + d : from + d / 2 + i));
	}
	for (size_t k = 0; k < ROUNDS; k++) {
		ms[k] = ask(&ours, &theirs, &dec) * 1e3;
		bench_require(dec.state == SKETCH_DECODED, "two sets of a million did not decode");
		expect_halves(&dec, from, d / 2);
		sketch_decoder_done(&dec);
	}
	bench_say(name, bench_middle(ms), "ms");
	sketch_done(&ours);
	sketch_done(&theirs);
}

int
main(void)
{
	uint64_t *ids = need_alloc(MILLION * sizeof *ids);

	for (uint64_t i = 0; i < MILLION; i++)
		ids[i] = id_of(i);
	bench_insert(ids);
	bench_memory(ids);
	free(ids);
	bench_prefix(10);
	bench_prefix(100);
	bench_prefix(1000);
	bench_prefix(2700);
	bench_million(10, "sync.d10_cpu_ms");
	bench_million(100, "sync.d100_cpu_ms");
	bench_million(1000, "sync.d1000_cpu_ms");
	return 0;
}
