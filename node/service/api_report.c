#include "node/service/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/needs.h"
#include "node/record/walk.h"
#include "node/service/beside.h"
#include "node/service/entry.h"
#include "proto/cbor.h"

/* A need's organisation: its own word for whom it stands, else its author. */
struct whose {
	struct id author;
	struct uuid name;
};

struct gathering {
	struct node *node;
	struct store_txn *txn;
	struct view_context view;    /* as others see it */
	struct view seen;            /* the need that is being read */
	const char *topic;           /* code of a term, or the beginning of its id; NULL: none asked for */
	bool topic_seen;
	struct need_at *needs;
	size_t count, cap;
	struct whose *whose;
	size_t whose_count;
	struct need_at *at;          /* the one that is being read */
	struct whose by;
};

static uint32_t
number_of(struct gathering *g, const struct whose *w)
{
	size_t i = 0;

	while (i < g->whose_count && (!id_equal(&g->whose[i].author, &w->author) || !uuid_equal(&g->whose[i].name, &w->name)))
		i++;
	if (i == g->whose_count) {
		g->whose = need_realloc(g->whose, (g->whose_count + 1) * sizeof *g->whose);
		g->whose[g->whose_count++] = *w;
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
	struct whose *parent = self;

	if (strcmp(v->path, "parent") != 0 || !walk_reference(v, &parent->author, &parent->name))
		return true;
	return false;
}

#define DEEPEST 12   /* a circle of terms ends here */

/* A term and all above it: is one confidential, is one the topic that is asked for? */
static void
read_term(struct gathering *g, struct whose term)
{
	static const struct uuid none;
	const struct kind *k = kind_find(KIND_TERM);
	struct verified v;

	for (int depth = 0; depth < DEEPEST && !uuid_equal(&term.name, &none); depth++) {
		if (!records_live(g->node->records, g->txn, k->number, &term.author, &term.name, &v) || v.record.state != RECORD_LIVE)
			return;
		walk_body(k, v.record.body, is_confidential, &g->at->confidential);
		g->at->about |= is_topic(g, &v);
		term = (struct whose){ 0 };
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
	struct whose ref;

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
	if (!stands(g, k, v))
		return true;
	if (g->count == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 64;
		g->needs = need_realloc(g->needs, g->cap * sizeof *g->needs);
	}
	g->at = &g->needs[g->count++];
	*g->at = (struct need_at){ .quantity = 1 };
	g->by = (struct whose){ .author = v->record.author };
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
api_report_needs(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct gathering g = { .node = api_node(c), .topic = api_query(c, "topic") };
	const char *word = api_query(c, "by");
	enum needs_by by = NEEDS_BY_MUNICIPALITY;
	enum err_code rc;

	if (word && (rc = needs_by_parse(word, &by, e)))
		return rc;
	g.txn = store_read(g.node->store);
	beside_view_as(g.node, g.txn, BESIDE_OTHERS, &g.view);
	if (g.topic)
		records_each(g.node->records, g.txn, KIND_TERM, take_topic, &g);
	if (g.topic && !g.topic_seen) {
		rc = err_set(e, ERR_MISSING, g.topic, "topic", "no term has this code; see: kilim term list");
	} else {
		records_each(g.node->records, g.txn, KIND_NEED, take_need, &g);
		rc = needs_map(g.needs, g.count, by, g.topic, &r->json, e);
	}
	txn_abort(&g.txn);
	free(g.needs);
	free(g.whose);
	return rc;
}
