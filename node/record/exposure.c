#include "node/record/exposure.h"

#include <stdlib.h>
#include <string.h>

static bool
says_so(const struct said *s)
{
	return s->says == SAYS_FLAG && s->code && (s->code->flags & CODE_EXPOSES);
}

/* The newest flag about the entry itself. */
static uint64_t
flagged_until(const struct sayings *s, const struct reference *entry)
{
	size_t count;
	const struct said *all = sayings_about(s, entry, &count);
	uint64_t until = 0;

	for (size_t i = 0; i < count; i++)
		if (says_so(&all[i]) && all[i].stamp > until)
			until = all[i].stamp;
	return until;
}

/* A place has no say in whether the entry that names it was signed again: all its versions are meant while it was not. */
uint64_t
exposure_until(const struct sayings *s, struct records *r, struct store_txn *t, const struct reference *entry)
{
	size_t count;
	const struct reached *reached = sayings_reaching(s, entry, &count);

	for (size_t i = 0; i < count; i++) {
		const struct reference *by = &reached[i].said->about;
		struct verified naming;

		if (says_so(reached[i].said) && records_referred(r, t, 0, &by->author, &by->name, &naming) &&
		    naming.record.stamp < flagged_until(s, by))
			return UINT64_MAX;
	}
	return flagged_until(s, entry);
}

/* --- all of them --- */

struct row {
	struct reference entry;
	uint64_t until;
};
struct exposure {
	struct row *rows;            /* in order of entry, each once */
	size_t count, cap;
};

struct gathering {
	struct exposure *x;
	const struct sayings *said;
	struct store_txn *txn;
};

static int
by_entry(const void *a, const void *b)
{
	return reference_compare(&((const struct row *)a)->entry, &((const struct row *)b)->entry);
}

static void
take(void *self, const struct reference *entry)
{
	struct gathering *g = self;
	struct row row = { *entry, exposure_until(g->said, NULL, g->txn, entry) };

	if (row.until == 0)
		return;
	g->x->rows = need_room(g->x->rows, g->x->count, &g->x->cap, sizeof *g->x->rows);
	g->x->rows[g->x->count++] = row;
}

struct exposure *
exposure_gather(struct store_txn *t)
{
	struct sayings *said = sayings_exposing(t);
	struct exposure *x = need_zeroed(1, sizeof *x);
	size_t kept = 0;

	sayings_each(said, take, &(struct gathering){ x, said, t });
	sayings_free(said);
	if (x->count)
		qsort(x->rows, x->count, sizeof *x->rows, by_entry);
	for (size_t i = 0; i < x->count; i++)
		if (kept == 0 || by_entry(&x->rows[kept - 1], &x->rows[i]) != 0)
			x->rows[kept++] = x->rows[i];
	x->count = kept;
	return x;
}

void
exposure_free(struct exposure *x)
{
	if (x == NULL)
		return;
	free(x->rows);
	free(x);
}

static const struct row *
find(const struct exposure *x, const struct record *r)
{
	struct row wanted = { { r->author, r->name }, 0 };

	return x->count ? bsearch(&wanted, x->rows, x->count, sizeof wanted, by_entry) : NULL;
}

bool
exposure_has(const struct exposure *x, const struct record *r)
{
	const struct row *row = find(x, r);

	return row && r->stamp < row->until;
}

/* Flags, and what they are about: a newer version of it answers them, and may name other places. */
bool
exposure_follows(const struct exposure *x, const struct record *r)
{
	const struct kind *k = kind_find(r->kind);

	return (k && k->says == SAYS_FLAG) || find(x, r) != NULL;
}

void
exposure_each(const struct exposure *x, void (*fn)(void *self, const struct reference *entry), void *self)
{
	for (size_t i = 0; i < x->count; i++)
		fn(self, &x->rows[i].entry);
}
