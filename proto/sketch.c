#include "proto/counts.h"
#include "proto/sketch.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP  0x9e3779b97f4a7c15u   /* 2^64 divided by the golden ratio: splitmix64's own */
#define CHECK 0x6b696c696d63686bu   /* "kilimchk" */

/* --- the mapping --- */

static inline uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* What stands for Z in mapping and check. */
static inline uint64_t
salted(uint64_t salt, uint64_t z)
{
	return salt ? mix(z ^ salt) : z;
}

static inline uint32_t
check_of(uint64_t w)
{
	return (uint32_t)(mix(w ^ CHECK) >> 32);
}

static inline uint64_t
product(uint32_t i)
{
	return (uint64_t)(i + 1) * (i + 2);
}

/*
 * "least j > i with (j+1)(j+2)(r+1) >= (i+1)(i+2) 2^32". Both sides stay below 2^57 for i < 4096
 * and j <= 4096. From any guess the two loops come to the same cell: they decide in integers, a
 * good guess only saves steps.
 */
static inline uint32_t
next_from(uint32_t i, uint32_t r, uint32_t guess)
{
	uint64_t need = product(i) << 32, draw = (uint64_t)r + 1;
	uint32_t j = guess > i ? guess : i + 1;

	while (j < SKETCH_CELLS && product(j) * draw < need)
		j++;
	while (j > i + 1 && product(j - 1) * draw >= need)
		j--;
	return j;
}

static inline uint32_t
next(uint32_t i, uint32_t r)
{
	float ratio = 4294967296.0f / ((float)r + 1.0f);
	float root = sqrtf((float)(int32_t)product(i) * ratio + 0.25f) - 0.5f;

	return next_from(i, r, root < SKETCH_CELLS ? (uint32_t)(int32_t)root : SKETCH_CELLS);
}

/* Where an id stands in its row of cells. */
struct walk {
	uint64_t w;
	uint32_t at;
};

static inline void
walk_on(struct walk *k)
{
	k->w += STEP;
	k->at = next(k->at, (uint32_t)(mix(k->w) >> 32));
}

uint64_t
sketch_mix(uint64_t z)
{
	return mix(z);
}

uint32_t
sketch_check(uint64_t salt, uint64_t z)
{
	return check_of(salted(salt, z));
}

uint32_t
sketch_next(uint32_t i, uint32_t r)
{
	assert(i < SKETCH_CELLS);
	return next(i, r);
}

uint32_t
sketch_next_from(uint32_t i, uint32_t r, uint32_t guess)
{
	assert(i < SKETCH_CELLS && guess <= SKETCH_CELLS);
	return next_from(i, r, guess);
}

size_t
sketch_indices(uint64_t salt, uint64_t z, uint32_t end, uint16_t *out, size_t max)
{
	size_t count = 0;

	assert(end <= SKETCH_CELLS);
	for (struct walk k = { salted(salt, z), 0 }; k.at < end && count < max; walk_on(&k))
		out[count++] = (uint16_t)k.at;
	return count;
}

/* --- a set's own sketch --- */

uint32_t
sketch_size(uint64_t count)
{
	uint32_t cells = SKETCH_CELLS_LEAST;

	while (cells < SKETCH_CELLS && cells < count / 2)
		cells *= 2;
	return cells;
}

void
sketch_init(struct sketch *s, uint32_t cells, uint64_t salt)
{
	assert(cells > 0 && cells <= SKETCH_CELLS);
	*s = (struct sketch){ .cells = cells, .salt = salt };
	s->cell = need_zeroed(cells, sizeof *s->cell);
}

void
sketch_copy(const struct sketch *s, uint32_t cells, struct sketch *out)
{
	assert(cells <= s->cells);
	sketch_init(out, cells, s->salt);
	out->count = s->count;
	memcpy(out->cell, s->cell, cells * sizeof *s->cell);
}

void
sketch_done(struct sketch *s)
{
	free(s->cell);
	*s = (struct sketch){ 0 };
}

/* BY is 1, or 255 to take it away: counts are mod 256. */
static void
change(struct sketch *s, uint64_t z, uint8_t by)
{
	struct walk k = { salted(s->salt, z), 0 };
	uint32_t check = check_of(k.w);

	for (; k.at < s->cells; walk_on(&k)) {
		struct sketch_cell *c = &s->cell[k.at];
		c->ids ^= z;
		c->checks ^= check;
		c->count = (uint8_t)(c->count + by);
	}
}

void
sketch_insert(struct sketch *s, uint64_t z)
{
	change(s, z, 1);
	s->count++;
}

void
sketch_remove(struct sketch *s, uint64_t z)
{
	assert(s->count > 0);
	change(s, z, 255);
	s->count--;
}

/* --- cells as bytes, and their difference --- */

void
sketch_write(const struct sketch *s, uint32_t from, uint32_t until, struct buf *out)
{
	uint8_t *p;

	assert(from <= until && until <= s->cells);
	if (from == until)
		return;
	p = buf_grow(out, (size_t)(until - from) * SKETCH_CELL_LEN);
	for (uint32_t i = from; i < until; i++, p += SKETCH_CELL_LEN) {
		put_u64(p, s->cell[i].ids);
		put_u32(p + 8, s->cell[i].checks);
		p[12] = s->cell[i].count;
	}
}

enum err_code
sketch_read(struct bytes in, uint32_t max, struct sketch_cell *out, uint32_t *out_count,
    struct err *e)
{
	size_t count = in.len / SKETCH_CELL_LEN;

	if (in.len % SKETCH_CELL_LEN)
		return err_set(e, ERR_INPUT, "cells", "length", "%zu bytes are not whole cells of %d",
		    in.len, SKETCH_CELL_LEN);
	if (count > max)
		return err_set(e, ERR_LIMIT, "cells", "length", "%zu cells where at most %u belong",
		    count, max);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = in.p + i * SKETCH_CELL_LEN;
		out[i] = (struct sketch_cell){ get_u64(p), get_u32(p + 8), p[12] };
	}
	*out_count = (uint32_t)count;
	return ERR_OK;
}

void
sketch_subtract(const struct sketch_cell *ours, const struct sketch_cell *theirs, uint32_t count,
    struct sketch_cell *out)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = (struct sketch_cell){
			.ids = ours[i].ids ^ theirs[i].ids,
			.checks = ours[i].checks ^ theirs[i].checks,
			.count = (uint8_t)(ours[i].count - theirs[i].count),
		};
}

/* --- taking a difference apart --- */

struct sketch_residue {
	uint64_t ids;
	uint32_t checks;
	uint8_t count;
	bool queued;
	uint16_t peeled;   /* number of the id that was peeled here, from 1; 0: none yet */
};

/* An id, and the first of its cells that has not come yet. */
struct sketch_found {
	uint64_t z;
	struct walk walk;
	uint32_t check;
	uint8_t count;     /* 1 ours, 255 theirs */
};

void
sketch_decoder_init(struct sketch_decoder *d, uint64_t salt)
{
	*d = (struct sketch_decoder){ .salt = salt };
}

void
sketch_decoder_done(struct sketch_decoder *d)
{
	free(d->cell);
	free(d->found);
	free(d->queue);
	*d = (struct sketch_decoder){ 0 };
}

static void
make_room(struct sketch_decoder *d, uint32_t cells)
{
	if (cells <= d->cap)
		return;
	if (d->cap == 0)
		d->cap = SKETCH_BLOCK;
	while (d->cap < cells)
		d->cap *= 2;
	d->cell = need_realloc(d->cell, d->cap * sizeof *d->cell);
	d->found = need_realloc(d->found, d->cap * sizeof *d->found);
	d->queue = need_realloc(d->queue, d->cap * sizeof *d->queue);
}

static bool
is_zero(const struct sketch_residue *c)
{
	return c->ids == 0 && c->checks == 0 && c->count == 0;
}

/* "Pure cell: count is 1 or 255 and the check matches." */
static bool
looks_pure(const struct sketch_decoder *d, const struct sketch_residue *c)
{
	return (c->count == 1 || c->count == 255) && c->checks == sketch_check(d->salt, c->ids);
}

static void
look_at(struct sketch_decoder *d, uint32_t at)
{
	struct sketch_residue *c = &d->cell[at];

	if (c->queued || !looks_pure(d, c))
		return;
	c->queued = true;
	d->queue[d->queued++] = (uint16_t)at;
}

/* Take F out of those of its cells that are here and still hold it. */
static void
settle(struct sketch_decoder *d, struct sketch_found *f)
{
	for (; f->walk.at < d->cells; walk_on(&f->walk)) {
		struct sketch_residue *c = &d->cell[f->walk.at];

		d->open -= !is_zero(c);
		c->ids ^= f->z;
		c->checks ^= f->check;
		c->count = (uint8_t)(c->count - f->count);
		d->open += !is_zero(c);
		look_at(d, f->walk.at);
	}
}

enum place { PLACE_OTHER, PLACE_HERE, PLACE_PEELED };

/* Whether Z belongs into cell AT, or was peeled already: then one of its own cells says so. */
static enum place
place_of(const struct sketch_decoder *d, uint64_t z, uint32_t at)
{
	enum place place = PLACE_OTHER;

	for (struct walk k = { salted(d->salt, z), 0 }; k.at < d->cells; walk_on(&k)) {
		uint16_t number = d->cell[k.at].peeled;
		if (number && d->found[number - 1].z == z)
			return PLACE_PEELED;
		if (k.at == at)
			place = PLACE_HERE;
	}
	return place;
}

/*
 * The id that stands alone in cell AT, if it still does. A cell that was peeled is zero, and stays
 * so in the difference of two sets; so does every cell of an id that was peeled. False: these cells
 * are no such difference.
 */
static bool
peel(struct sketch_decoder *d, uint32_t at)
{
	struct sketch_residue *c = &d->cell[at];
	struct sketch_found *f = &d->found[d->ids];
	enum place place;

	if (!looks_pure(d, c))
		return true;
	place = place_of(d, c->ids, at);
	if (place == PLACE_OTHER)      /* several ids that only look like one */
		return true;
	if (place == PLACE_PEELED || c->peeled)
		return false;
	*f = (struct sketch_found){ .z = c->ids, .check = c->checks, .count = c->count };
	f->walk = (struct walk){ salted(d->salt, c->ids), 0 };
	c->peeled = (uint16_t)++d->ids;
	d->only[f->count == 1 ? SKETCH_OURS : SKETCH_THEIRS]++;
	settle(d, f);
	return true;
}

/* Put the new cells behind the others, without the ids that are known already. */
static void
take(struct sketch_decoder *d, const struct sketch_cell *difference, uint32_t count)
{
	uint32_t from = d->cells;

	make_room(d, from + count);
	for (uint32_t i = 0; i < count; i++) {
		struct sketch_residue *c = &d->cell[from + i];
		*c = (struct sketch_residue){ .ids = difference[i].ids, .checks = difference[i].checks,
			.count = difference[i].count };
		d->open += !is_zero(c);
	}
	d->cells += count;
	for (uint32_t i = 0; i < d->ids; i++)
		settle(d, &d->found[i]);
	for (uint32_t i = from; i < d->cells; i++)
		look_at(d, i);
}

enum sketch_state
sketch_decoder_add(struct sketch_decoder *d, const struct sketch_cell *difference, uint32_t count)
{
	assert(count <= SKETCH_CELLS - d->cells);
	if (d->state == SKETCH_FAILED)
		return d->state;
	take(d, difference, count);
	while (d->queued) {
		uint32_t at = d->queue[--d->queued];
		d->cell[at].queued = false;
		if (!peel(d, at))
			return d->state = SKETCH_FAILED;
	}
	if (d->cells == 0)
		d->state = SKETCH_OPEN;
	else if (d->open == 0)
		d->state = SKETCH_DECODED;
	else
		d->state = d->cells == SKETCH_CELLS ? SKETCH_FAILED : SKETCH_OPEN;
	return d->state;
}

uint32_t
sketch_decoder_needs(const struct sketch_decoder *d, int64_t net)
{
	uint8_t count[SKETCH_CELLS];
	double needs;

	if (d->state != SKETCH_OPEN || d->cells < 2)
		return d->cells;
	for (uint32_t i = 1; i < d->cells; i++)
		count[i - 1] = d->cell[i].count;
	net -= (int64_t)d->only[SKETCH_OURS] - (int64_t)d->only[SKETCH_THEIRS];
	needs = counts_needs(d->ids, count, d->cells - 1, 256, net);
	return needs <= d->cells ? d->cells : needs < SKETCH_CELLS ? (uint32_t)needs : SKETCH_CELLS;
}

void
sketch_decoder_ids(const struct sketch_decoder *d, enum sketch_side side, uint64_t *out)
{
	assert(d->state == SKETCH_DECODED);
	for (uint32_t i = 0; i < d->ids; i++)
		if ((d->found[i].count == 1) == (side == SKETCH_OURS))
			*out++ = d->found[i].z;
}
