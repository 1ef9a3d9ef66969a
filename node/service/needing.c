#include "node/service/needing.h"

#include <stdlib.h>
#include <string.h>

#include "node/exchange/cells.h"
#include "node/record/walk.h"
#include "node/service/beside.h"
#include "proto/cbor.h"
#include "proto/territory.h"

struct gathering {
	struct node *node;
	struct store_txn *txn;
	struct view_context view;    /* as others see it */
	struct view seen;            /* the need that is being read */
	unsigned audiences;
	const char *topic;           /* code of a term, or the beginning of its id; NULL: none asked for */
	bool topic_seen;
	struct need_at *needs;
	size_t count, cap;
	struct reference *whose;     /* organisations: a need's own word for whom it stands, else its author */
	size_t whose_count;
	struct need_at *at;          /* the one that is being read */
	struct reference by;
};

static uint32_t
number_of(struct gathering *g, const struct reference *whose)
{
	size_t i = 0;

	while (i < g->whose_count && !reference_equal(&g->whose[i], whose))
		i++;
	if (i == g->whose_count) {
		g->whose = need_realloc(g->whose, (g->whose_count + 1) * sizeof *g->whose);
		g->whose[g->whose_count++] = *whose;
	}
	return (uint32_t)i;
}

static bool
is_topic(const struct gathering *g, const struct verified *v)
{
	const struct kind *k = kind_find(KIND_TERM);
	char id[UUID_TEXT];

	return g->topic && (bytes_equal(body_text(v->record.body, k->code, NULL), bytes_text(g->topic)) ||
	    (strlen(g->topic) >= 8 && strncmp(uuid_format(&v->record.name, id), g->topic, strlen(g->topic)) == 0));
}

static bool
is_confidential(void *self, const struct walk_value *v)
{
	const struct code *c = walk_code(v);
	bool *found = self;

	*found |= c && (c->flags & CODE_CONFIDENTIAL);
	return !*found;
}

static bool
find_parent(void *self, const struct walk_value *v)
{
	struct reference *parent = self;

	if (strcmp(v->path, "parent") != 0 || !walk_reference(v, &parent->author, &parent->name))
		return true;
	return false;
}

#define DEEPEST 12   /* a circle of terms ends here */

/* A term and all above it: is one confidential, is one the topic that is asked for? */
static void
read_term(struct gathering *g, struct reference term)
{
	static const struct uuid none;
	const struct kind *k = kind_find(KIND_TERM);
	struct verified v;

	for (int depth = 0; depth < DEEPEST && !uuid_equal(&term.name, &none); depth++) {
		if (!records_live(g->node->records, g->txn, k->number, &term.author, &term.name, &v) || v.record.state != RECORD_LIVE)
			return;
		walk_body(k, v.record.body, is_confidential, &g->at->confidential);
		g->at->about |= is_topic(g, &v);
		term = (struct reference){ 0 };
		walk_body(k, v.record.body, find_parent, &term);
	}
}

static void
copy_word(struct bytes text, char *out, size_t size)
{
	if (text.len < size) {
		memcpy(out, text.p, text.len);
		out[text.len] = 0;
	}
}

static bool
read_value(void *self, const struct walk_value *v)
{
	struct gathering *g = self;
	struct need_at *at = g->at;
	struct cbor_reader r;
	struct reference ref;

	cbor_open(&r, v->item);
	if (strcmp(v->path, "territory") == 0)
		copy_word(cbor_text(&r), at->territory, sizeof at->territory);
	else if (strcmp(v->path, "municipality") == 0)
		copy_word(cbor_text(&r), at->municipality, sizeof at->municipality);
	else if (strcmp(v->path, "category") == 0)
		copy_word(cbor_text(&r), at->category, sizeof at->category);
	else if (strcmp(v->path, "quantity") == 0)
		at->quantity = cbor_uint(&r);
	else if (strcmp(v->path, "organisation") == 0)
		walk_reference(v, &g->by.author, &g->by.name);
	else if (strncmp(v->path, "topics", 6) == 0 && walk_reference(v, &ref.author, &ref.name))
		read_term(g, ref);
	return true;
}

/* Needs that still stand: not met, not withdrawn, verified within their time; and that others are shown. */
static bool
stands(const struct gathering *g, const struct kind *k, const struct verified *v)
{
	struct bytes stage = body_text(v->record.body, kind_field_by_word(k, "stage")->number, NULL);

	return !view_hides(&g->seen) &&
	    (bytes_equal(stage, bytes_text("open")) || bytes_equal(stage, bytes_text("matched")));
}

static bool
take_need(void *self, const struct verified *v)
{
	struct gathering *g = self;
	const struct kind *k = kind_find(KIND_NEED);

	view_of(&g->view, k, v, &g->seen);
	if (!(g->audiences >> v->record.audience & 1) || !stands(g, k, v))
		return true;
	g->needs = need_room(g->needs, g->count, &g->cap, sizeof *g->needs);
	g->at = &g->needs[g->count++];
	*g->at = (struct need_at){ .quantity = 1 };
	g->by = (struct reference){ .author = v->record.author };
	walk_body(k, v->record.body, read_value, g);
	if (g->seen.exposed)
		g->at->municipality[0] = 0;
	g->at->who = number_of(g, &g->by);
	return true;
}

static bool
take_topic(void *self, const struct verified *v)
{
	struct gathering *g = self;

	g->topic_seen = is_topic(g, v);
	return !g->topic_seen;
}

enum err_code
needing_map(struct node *n, struct store_txn *t, unsigned audiences, enum needs_by by, const char *topic, cJSON **out,
    struct err *e)
{
	struct gathering g = { .node = n, .txn = t, .audiences = audiences, .topic = topic };
	enum err_code rc;

	beside_view_as(n, t, BESIDE_OTHERS, &g.view);
	if (topic)
		records_each(n->records, t, KIND_TERM, take_topic, &g);
	if (topic && !g.topic_seen)
		return err_set(e, ERR_MISSING, topic, "topic", "no term has this code; see: kilim term list");
	records_each(n->records, t, KIND_NEED, take_need, &g);
	rc = needs_map(g.needs, g.count, by, topic, out, e);
	free(g.needs);
	free(g.whose);
	return rc;
}

/* --- as a table --- */

enum { LEVEL, TERRITORY_AXIS, MUNICIPALITY, SORT };
enum { NEEDS, THINGS, HIDDEN };

void
needing_head(struct table_head *h)
{
	static const char *const axes[] = { "level", "territory", "municipality", "sort" };
	static const char *const measures[] = { "needs", "things", "hidden" };

	while (h->axis_count < sizeof axes / sizeof *axes)
		h->axes[h->axis_count] = bytes_text(axes[h->axis_count]), h->axis_count++;
	while (h->measure_count < sizeof measures / sizeof *measures)
		h->measures[h->measure_count] = bytes_text(measures[h->measure_count]), h->measure_count++;
}

static struct bytes
text_of(const cJSON *o, const char *word)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, word));

	return bytes_text(text ? text : "");
}

static uint64_t
figure_of(const cJSON *o, const char *word)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, word);

	return cJSON_IsNumber(v) ? (uint64_t)v->valuedouble : 0;
}

static void
set_cell(const cJSON *cell, const char *sort, struct table_row *row)
{
	row->keys[SORT] = bytes_text(sort);
	row->numbers[HIDDEN] = !cJSON_IsObject(cell);
	row->numbers[NEEDS] = figure_of(cell, "needs");
	row->numbers[THINGS] = figure_of(cell, "things");
}

void
needing_rows(const cJSON *map, bool (*put)(void *self, const struct table_row *row), void *self)
{
	const cJSON *columns = cJSON_GetObjectItemCaseSensitive(map, "columns"), *line, *cell;
	bool more = true;

	cJSON_ArrayForEach(line, cJSON_GetObjectItemCaseSensitive(map, "rows")) {
		struct table_row row = { .keys = { text_of(line, "level"), text_of(line, "territory"),
			text_of(line, "municipality") } };
		int column = 0;

		cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(line, "cells")) {
			const cJSON *sort = cJSON_GetArrayItem(columns, column++);

			set_cell(cell, cJSON_IsString(sort) ? sort->valuestring : "", &row);
			more = more && put(self, &row);
		}
		set_cell(cJSON_GetObjectItemCaseSensitive(line, "total"), "", &row);
		more = more && put(self, &row);
	}
}

/* --- as the map --- */

static void
add_text(cJSON *o, const char *word, struct bytes text)
{
	struct buf copy = { 0 };

	buf_put_bytes(&copy, text);
	cJSON_AddStringToObject(o, word, buf_text(&copy));
	buf_free(&copy);
}

static cJSON *
begin_line(const struct table_row *row)
{
	cJSON *o = cJSON_CreateObject();
	const char *name = territory_name(row->keys[TERRITORY_AXIS]);

	add_text(o, "level", row->keys[LEVEL]);
	add_text(o, "territory", row->keys[TERRITORY_AXIS]);
	cJSON_AddStringToObject(o, "territory_name", name ? name : "");
	if (bytes_equal(row->keys[LEVEL], bytes_text("municipality")))
		add_text(o, "municipality", row->keys[MUNICIPALITY]);
	cJSON_AddArrayToObject(o, "cells");
	return o;
}

static cJSON *
cell_json(const struct table_row *row)
{
	cJSON *o;

	if (row->numbers[HIDDEN])
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "needs", (double)row->numbers[NEEDS]);
	cJSON_AddNumberToObject(o, "things", (double)row->numbers[THINGS]);
	return o;
}

static void
add_column(cJSON *columns, struct bytes sort)
{
	struct buf word = { 0 };

	buf_put_bytes(&word, sort);
	cJSON_AddItemToArray(columns, cJSON_CreateString(buf_text(&word)));
	buf_free(&word);
}

/* A line ends with the cell of all sorts. */
cJSON *
needing_json(const struct table_head *h, struct bytes rows)
{
	cJSON *o = cJSON_CreateObject(), *columns = cJSON_AddArrayToObject(o, "columns"), *lines, *line = NULL;
	struct table_row row;
	uint64_t hidden = 0;

	cJSON_AddStringToObject(o, "report", report_word(REPORT_NEEDS));
	cJSON_AddNumberToObject(o, "least_organisations", CELLS_ORGANISATIONS);
	cJSON_AddNumberToObject(o, "least_things", CELLS_THINGS);
	lines = cJSON_AddArrayToObject(o, "rows");
	while (h->axis_count == SORT + 1 && h->measure_count == HIDDEN + 1 && table_next(h, &rows, &row)) {
		if (line == NULL)
			line = begin_line(&row);
		hidden += row.numbers[HIDDEN] != 0;
		if (row.keys[SORT].len) {
			if (cJSON_GetArraySize(lines) == 0)
				add_column(columns, row.keys[SORT]);
			cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(line, "cells"), cell_json(&row));
			continue;
		}
		cJSON_AddItemToObject(line, "total", cell_json(&row));
		cJSON_AddItemToArray(lines, line);
		line = NULL;
	}
	cJSON_Delete(line);            /* cut off */
	cJSON_AddNumberToObject(o, "hidden", (double)hidden);
	cJSON_AddBoolToObject(o, "more", (h->flags & TABLE_MORE) != 0);
	return o;
}
