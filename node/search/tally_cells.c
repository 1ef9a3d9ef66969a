/* From entries to cells. */
#include "node/search/tallying.h"

#include <stdlib.h>
#include <string.h>

#include "node/record/freshness.h"

#define EMITS_MOST 4000000         /* entries in so many cells: what is asked makes no sense */

struct emit {
	uint64_t cell;                 /* ranks of its values, the first axis above the others */
	uint32_t at;
	uint32_t organisation;
};

static int
by_cell(const void *a, const void *b)
{
	const struct emit *x = a, *y = b;

	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	return (x->organisation > y->organisation) - (x->organisation < y->organisation);
}

struct ordered {
	const char *key;
	uint32_t value;
};

static int
by_key(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return strcmp(x->key, y->key);
}

struct crossing {
	struct tallying *y;
	struct axis axes[TALLY_AXES];
	struct ordered *order[TALLY_AXES];   /* values by rank; the last rank: nothing is said */
	uint32_t *rank[TALLY_AXES];
	struct axis organisations;
	struct emit *emits;
	size_t count, cap;
};

static void
rank_values(struct crossing *c, size_t a)
{
	const struct axis *x = &c->axes[a];

	c->order[a] = need_zeroed(x->count + 1, sizeof **c->order);
	c->rank[a] = need_zeroed(x->count + 1, sizeof **c->rank);
	for (uint32_t i = 0; i < x->count; i++)
		c->order[a][i] = (struct ordered){ x->values[i].key, i };
	qsort(c->order[a], x->count, sizeof **c->order, by_key);
	for (uint32_t i = 0; i < x->count; i++)
		c->rank[a][c->order[a][i].value] = i;
}

/* Entry AT in every cell that it belongs to, from axis A on. */
static void
emit(struct crossing *c, uint32_t at, size_t a, uint64_t cell)
{
	const struct axis *x = &c->axes[a], *o = &c->organisations;

	if (c->count > EMITS_MOST || c->y->too_costly)
		return;
	if (a < c->y->q->by_count) {
		if (x->from[at] == x->from[at + 1])
			emit(c, at, a + 1, cell * (x->count + 1) + x->count);
		for (uint32_t i = x->from[at]; i < x->from[at + 1]; i++)
			emit(c, at, a + 1, cell * (x->count + 1) + c->rank[a][x->of[i]]);
		return;
	}
	c->y->read++; /* one entry that says much on every axis stands in millions of cells */
	if (tally_is_costly(c->y))
		return;
	c->emits = need_room(c->emits, c->count, &c->cap, sizeof *c->emits);
	c->emits[c->count++] = (struct emit){ cell, at,
		o->from[at] < o->from[at + 1] ? o->of[o->from[at]] : UINT32_MAX };
}

/* Texts lie in one buffer, whose end is known only when all are written: cells have offsets until then. */
static uint32_t
put_text(struct tally *out, const char *text)
{
	uint32_t at = (uint32_t)out->texts.len;

	buf_put(&out->texts, text, strlen(text) + 1);
	return at;
}

struct labelled {
	uint32_t key, label;           /* + 1; 0: not yet */
};

static void
fill_names(struct crossing *c, uint64_t cell, struct labelled *const *known, struct tally *out, uint32_t *offsets)
{
	for (size_t a = c->y->q->by_count; a-- > 0;) {
		const struct axis *x = &c->axes[a];
		size_t rank = cell % (x->count + 1);
		struct labelled *l = &known[a][rank];

		cell /= x->count + 1;
		if (l->key == 0) {
			const struct value *v = rank < x->count ? &x->values[c->order[a][rank].value] : NULL;
			struct buf label = { 0 };

			if (v)
				names_label(c->y, x, v, &label);
			l->key = 1 + put_text(out, v ? v->key : "");
			l->label = 1 + put_text(out, buf_text(&label));
			buf_free(&label);
		}
		offsets[2 * a] = l->key - 1;
		offsets[2 * a + 1] = l->label - 1;
	}
}

static void
count_cell(const struct crossing *c, size_t from, size_t to, struct tally_cell *out)
{
	*out = (struct tally_cell){ .count = (uint32_t)(to - from) };
	for (size_t i = from; i < to; i++) {
		uint8_t byte = c->y->fresh[c->emits[i].at];
		enum freshness f = (enum freshness)(byte & TALLYING_FRESH);

		out->ending += (byte & TALLYING_ENDING) != 0;
		out->organisations += i == from || c->emits[i].organisation != c->emits[i - 1].organisation;
		out->fresh += f == FRESHNESS_FRESH;
		out->due += f == FRESHNESS_DUE;
		out->stale += f == FRESHNESS_STALE;
	}
}

static void
make_cells(struct crossing *c, size_t most, struct tally *out)
{
	struct labelled *known[TALLY_AXES] = { NULL };
	size_t cap = 0;

	for (size_t a = 0; a < c->y->q->by_count; a++)
		known[a] = need_zeroed(c->axes[a].count + 1, sizeof **known);
	for (size_t from = 0, to; from < c->count; from = to) {
		for (to = from; to < c->count && c->emits[to].cell == c->emits[from].cell; to++)
			;
		if (out->count == most) {
			out->more = true;
			break;
		}
		if (out->count == cap) {
			cap = cap ? cap * 2 : 64;
			out->cells = need_realloc(out->cells, cap * sizeof *out->cells);
			out->offsets = need_realloc(out->offsets, cap * 2 * TALLY_AXES * sizeof *out->offsets);
		}
		count_cell(c, from, to, &out->cells[out->count]);
		fill_names(c, c->emits[from].cell, known, out, out->offsets + out->count * 2 * TALLY_AXES);
		out->count++;
	}
	for (size_t i = 0; i < out->count; i++)
		for (size_t a = 0; a < c->y->q->by_count; a++) {
			const uint32_t *o = out->offsets + (i * TALLY_AXES + a) * 2;

			out->cells[i].keys[a] = (const char *)out->texts.p + o[0];
			out->cells[i].labels[a] = (const char *)out->texts.p + o[1];
		}
	for (size_t a = 0; a < c->y->q->by_count; a++)
		free(known[a]);
}

/* Different organisations among the entries that IN has; NULL: among all. */
static size_t
count_organisations(const struct crossing *c, const uint8_t *in)
{
	const struct axis *o = &c->organisations;
	uint8_t *seen = need_zeroed(o->count + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < c->y->count; i++)
		if ((in == NULL || in[i]) && o->from[i] < o->from[i + 1] && !seen[o->of[o->from[i]]]) {
			seen[o->of[o->from[i]]] = 1;
			n++;
		}
	free(seen);
	return n;
}

/* --- confidential topics: by territory, and only where there are enough --- */

static const char *const places_of_entries[] = { "AL", "BA", "ME", "MK", "RS", "XK" };
#define TERRITORIES (sizeof places_of_entries / sizeof *places_of_entries)

static bool
says(const struct axis *x, size_t at, const char *key)
{
	for (uint32_t i = x->from[at]; i < x->from[at + 1]; i++)
		if (strcmp(x->values[x->of[i]].key, key) == 0)
			return true;
	return false;
}

/* Organisations in territory T alone. */
static size_t
organisations_in(const struct crossing *c, const char *territory)
{
	uint8_t *in = need_zeroed(c->y->count + 1, 1);
	size_t n;

	for (size_t i = 0; i < c->y->count; i++)
		in[i] = says(&c->axes[0], i, territory);
	n = count_organisations(c, in);
	free(in);
	return n;
}

/* What nobody is told, as a whole: of entries in hidden territories, and of those in no territory that is told. */
static bool
rest_is_large(const struct crossing *c, const bool told[TERRITORIES])
{
	uint8_t *hidden = need_zeroed(c->y->count + 1, 1), *untold = need_zeroed(c->y->count + 1, 1);
	bool all = true, large;

	for (size_t t = 0; t < TERRITORIES; t++)
		all &= told[t];
	for (size_t i = 0; i < c->y->count; i++) {
		untold[i] = 1;
		for (size_t t = 0; t < TERRITORIES; t++)
			if (says(&c->axes[0], i, places_of_entries[t])) {
				hidden[i] |= !told[t];
				untold[i] &= !told[t];
			}
	}
	large = all || (count_organisations(c, hidden) >= TALLY_LEAST && count_organisations(c, untold) >= TALLY_LEAST);
	free(hidden);
	free(untold);
	return large;
}

/* Territories of at least TALLY_LEAST organisations are told, the smallest of them not where the rest would be too small. */
static void
choose_told(const struct crossing *c, bool told[TERRITORIES])
{
	size_t in[TERRITORIES];

	for (size_t t = 0; t < TERRITORIES; t++) {
		in[t] = organisations_in(c, places_of_entries[t]);
		told[t] = in[t] >= TALLY_LEAST;
	}
	while (!rest_is_large(c, told)) {
		size_t least = TERRITORIES;

		for (size_t t = 0; t < TERRITORIES; t++)
			if (told[t] && (least == TERRITORIES || in[t] < in[least]))
				least = t;
		if (least == TERRITORIES)
			return;
		told[least] = false;
	}
}

static void
withhold_small(struct crossing *c, struct tally *out)
{
	bool told[TERRITORIES];
	size_t to = 0;

	if (out->organisations < TALLY_LEAST) {
		out->withheld = true;
		out->count = 0;
		out->entries = out->organisations = 0;
		return;
	}
	if (c->y->q->by_count == 0)
		return;
	choose_told(c, told);
	for (size_t i = 0; i < out->count; i++) {
		bool kept = false;

		for (size_t t = 0; t < TERRITORIES; t++)
			kept |= told[t] && strcmp(out->cells[i].keys[0], places_of_entries[t]) == 0;
		if (kept)
			out->cells[to++] = out->cells[i];
	}
	for (size_t t = 0; t < TERRITORIES; t++)
		out->withheld |= !told[t];
	out->count = to;
	for (size_t i = 0; i < to; i++)
		out->cells[i].fresh = out->cells[i].due = out->cells[i].stale = 0;
}

/* --- all together --- */

static void
cross(struct crossing *c)
{
	const struct tally_query *q = c->y->q;

	axis_make(c->y, AXIS_ORGANISATION, NULL, 0, &c->organisations);
	for (size_t a = 0; a < q->by_count; a++) {
		axis_make(c->y, q->by[a], NULL, 0, &c->axes[a]);
		rank_values(c, a);
	}
	for (uint32_t i = 0; i < c->y->count; i++)
		emit(c, i, 0, 0);
	if (c->count)
		qsort(c->emits, c->count, sizeof *c->emits, by_cell);
}

static void
crossing_done(struct crossing *c)
{
	for (size_t a = 0; a < c->y->q->by_count; a++) {
		axis_done(&c->axes[a]);
		free(c->order[a]);
		free(c->rank[a]);
	}
	axis_done(&c->organisations);
	free(c->emits);
}

enum err_code
cells_make(struct tallying *y, struct tally *out, struct err *e)
{
	size_t most = y->q->max_cells && y->q->max_cells < TALLY_CELLS ? y->q->max_cells : TALLY_CELLS;
	struct crossing c = { .y = y };
	enum err_code rc = ERR_OK;

	cross(&c);
	if (y->too_costly || c.count > EMITS_MOST) {
		rc = err_set(e, ERR_LIMIT, "query", "cost", "it would look at too many entries: narrow it with --where, "
		    "or ask by less");
		goto out;
	}
	out->entries = y->count;
	out->organisations = count_organisations(&c, NULL);
	make_cells(&c, most, out);
	if (out->confidential)
		withhold_small(&c, out);
out:
	crossing_done(&c);
	return rc;
}
