#include "node/exchange/needs.h"

#include <stdlib.h>
#include <string.h>

#include "node/exchange/cells.h"
#include "proto/buf.h"
#include "proto/territory.h"

/* The rows and columns of the map, and the first need of each row. */
struct map {
	int parents[CELLS_ROWS];
	const struct need_at *first[CELLS_ROWS];   /* NULL: the region */
	bool municipality[CELLS_ROWS];
	size_t rows;
	char columns[CELLS_COLUMNS][32];
	size_t column_count;
};

static const char *
town_of(const struct need_at *n)
{
	return n->confidential ? "" : n->municipality;
}

static int
by_place(const void *a, const void *b)
{
	const struct need_at *x = a, *y = b;
	int order = strcmp(x->territory, y->territory);

	return order ? order : strcmp(x->municipality, y->municipality);
}

static bool
add_row(struct map *m, int parent, const struct need_at *first, bool municipality)
{
	if (m->rows == CELLS_ROWS)
		return false;
	m->parents[m->rows] = parent;
	m->first[m->rows] = first;
	m->municipality[m->rows++] = municipality;
	return true;
}

static bool
add_column(struct map *m, const char *category)
{
	size_t i = 0;

	while (i < m->column_count && strcmp(m->columns[i], category) != 0)
		i++;
	if (i == CELLS_COLUMNS)
		return false;
	if (i == m->column_count)
		memcpy(m->columns[m->column_count++], category, sizeof m->columns[0]);
	return true;
}

static size_t
column_of(const struct map *m, const char *category)
{
	size_t i = 0;

	while (strcmp(m->columns[i], category) != 0)
		i++;
	return i;
}

/* Region, each territory, and below it its municipalities and one row "" for what has none. */
static bool
lay_out(struct map *m, const struct need_at *list, size_t count)
{
	int territory = -1;

	add_row(m, -1, NULL, false);
	for (size_t i = 0; i < count; i++) {
		if (!add_column(m, list[i].category))
			return false;
		if (i == 0 || strcmp(list[i - 1].territory, list[i].territory) != 0) {
			territory = (int)m->rows;
			if (!add_row(m, 0, &list[i], false) || !add_row(m, territory, NULL, true))
				return false;
		}
		if (*town_of(&list[i]) && (m->first[m->rows - 1] == NULL ||
		    strcmp(m->first[m->rows - 1]->municipality, list[i].municipality) != 0) &&
		    !add_row(m, territory, &list[i], true))
			return false;
	}
	qsort(m->columns, m->column_count, sizeof m->columns[0], (int (*)(const void *, const void *))strcmp);
	return true;
}

static size_t
row_of(const struct map *m, const struct need_at *n)
{
	size_t row = 1;

	while (m->first[row] == NULL || m->municipality[row] || strcmp(m->first[row]->territory, n->territory) != 0)
		row++;
	if (*town_of(n) == 0)
		return row + 1;
	for (row += 2; strcmp(m->first[row]->municipality, n->municipality) != 0;)
		row++;
	return row;
}

/* --- as JSON --- */

static cJSON *
cell_json(const struct cell *c)
{
	cJSON *o;

	if (c->hidden)
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "needs", (double)c->needs);
	cJSON_AddNumberToObject(o, "things", (double)c->things);
	return o;
}

static void
put_row(const struct map *m, const struct cells *t, size_t row, const char *territory, cJSON *rows)
{
	cJSON *o = cJSON_CreateObject(), *cells;
	const char *name = territory_name(bytes_text(territory));

	cJSON_AddStringToObject(o, "level", row == 0 ? "region" : m->municipality[row] ? "municipality" : "territory");
	cJSON_AddStringToObject(o, "territory", territory);
	cJSON_AddStringToObject(o, "territory_name", name ? name : "");
	if (m->municipality[row])
		cJSON_AddStringToObject(o, "municipality", m->first[row] ? m->first[row]->municipality : "");
	cells = cJSON_AddArrayToObject(o, "cells");
	for (size_t c = 0; c < t->columns; c++)
		cJSON_AddItemToArray(cells, cell_json(cells_at(t, row, c)));
	cJSON_AddItemToObject(o, "total", cell_json(cells_at(t, row, t->columns)));
	cJSON_AddItemToArray(rows, o);
}

static cJSON *
map_json(const struct map *m, const struct cells *t, enum needs_by by, const char *topic)
{
	cJSON *o = cJSON_CreateObject(), *list, *rows;
	const char *territory = "WB";
	size_t hidden = 0;

	cJSON_AddStringToObject(o, "by", by == NEEDS_BY_TERRITORY ? "territory" : "municipality");
	cJSON_AddNumberToObject(o, "least_organisations", CELLS_ORGANISATIONS);
	cJSON_AddNumberToObject(o, "least_things", CELLS_THINGS);
	list = cJSON_AddArrayToObject(o, "columns");
	for (size_t c = 0; topic == NULL && c < m->column_count; c++)
		cJSON_AddItemToArray(list, cJSON_CreateString(m->columns[c]));
	if (topic) {
		cJSON_AddItemToArray(list, cJSON_CreateString(topic));
		cJSON_AddItemToArray(list, cJSON_CreateString("other"));
	}
	rows = cJSON_AddArrayToObject(o, "rows");
	for (size_t row = 0; row < m->rows; row++) {
		if (row > 0 && !m->municipality[row])
			territory = *m->first[row]->territory ? m->first[row]->territory : "ZZ";
		/* A row without a need is nobody's place: the one for what has no municipality. */
		if ((row > 0 && cells_at(t, row, t->columns)->needs == 0) || (m->municipality[row] && by == NEEDS_BY_TERRITORY))
			continue;
		put_row(m, t, row, territory, rows);
		for (size_t c = 0; c <= t->columns; c++)
			hidden += cells_at(t, row, c)->hidden;
	}
	cJSON_AddNumberToObject(o, "hidden", (double)hidden);
	return o;
}

static void
fill(struct cells *t, const struct map *m, const struct need_at *list, size_t count, const char *topic)
{
	for (size_t i = 0; i < count; i++)
		cells_add(t, row_of(m, &list[i]), topic ? !list[i].about : column_of(m, list[i].category), list[i].who,
		    list[i].quantity);
}

enum err_code
needs_map(struct need_at *list, size_t count, enum needs_by by, const char *topic, cJSON **out, struct err *e)
{
	struct map *m = need_zeroed(1, sizeof *m);
	struct cells t, two = { 0 };

	if (count)
		qsort(list, count, sizeof *list, by_place);
	if (!lay_out(m, list, count)) {
		free(m);
		return err_set(e, ERR_LIMIT, "needs", "rows", "there are more than %d places or %d sorts", CELLS_ROWS, CELLS_COLUMNS);
	}
	cells_init(&t, m->rows, m->parents, m->column_count);
	fill(&t, m, list, count, NULL);
	cells_hide(&t);
	if (topic) {
		/* A total that one map hides must not follow from the other. */
		cells_init(&two, m->rows, m->parents, 2);
		fill(&two, m, list, count, topic);
		for (size_t row = 0; row < m->rows; row++)
			cells_at(&two, row, 2)->small = cells_at(&t, row, t.columns)->hidden;
		cells_hide(&two);
	}
	*out = map_json(m, topic ? &two : &t, by, topic);
	cells_done(&t);
	cells_done(&two);
	free(m);
	return ERR_OK;
}
