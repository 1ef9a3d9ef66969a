#include "node/service/guard.h"

#include "node/record/lint.h"
#include "node/service/service.h"

#include <stdlib.h>
#include <string.h>

struct guard {
	struct bytes *names;            /* each its own allocation */
	size_t count, cap;
	uint64_t seen;                  /* arrivals up to here are in */
	bool filled;
	struct { struct records *records; struct store_txn *txn; } lookup;
};

struct guard *
guard_new(void)
{
	return need_zeroed(1, sizeof(struct guard));
}

void
guard_free(struct guard *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < g->count; i++)
		free((void *)(uintptr_t)g->names[i].p);
	free(g->names);
	free(g);
}

static void
add_name(struct guard *g, struct bytes name)
{
	uint8_t *copy;

	if (name.len == 0)
		return;
	for (size_t i = 0; i < g->count; i++)
		if (bytes_equal(g->names[i], name))
			return;
	g->names = need_room(g->names, g->count, &g->cap, sizeof *g->names);
	copy = need_alloc(name.len);
	memcpy(copy, name.p, name.len);
	g->names[g->count++] = (struct bytes){ copy, name.len };
}

struct naming {
	struct guard *guard;
	const struct kind *kind;
};

/* Its title, its other names, its numbers. */
static bool
take_text(void *self, const struct text_value *v)
{
	struct naming *w = self;

	if (v->field->type == FIELD_PHONE || v->field->number == w->kind->title ||
	    strncmp(v->field->word, "alternate_name", 14) == 0)
		add_name(w->guard, v->text);
	return true;
}

static bool
take_record(void *self, const struct verified *v)
{
	struct guard *g = self;
	struct naming w = { g, kind_find(v->record.kind) };

	if (w.kind && v->record.state == RECORD_LIVE && kind_field_by_word(w.kind, "disclosure") &&
	    disclose_level(w.kind, v->record.body, NULL) >= DISCLOSURE_TERRITORY)
		lint_each_text(w.kind, v->record.body, take_text, &w);
	return true;
}

static void
take_envelope(void *self, const struct id *id, struct bytes envelope)
{
	struct verified v = { .envelope = envelope, .id = *id };

	envelope_peek(envelope, &v.record);
	take_record(self, &v);
}

struct arrivals {
	struct node *node;
	struct store_txn *txn;
};

static void
take_arrival(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8])
{
	struct arrivals *w = self;

	(void)arrival;
	if (bucket_collection(b) != COLLECTION_MEMBERSHIP)
		records_by_short(w->node->records, w->txn, b, short_id, take_envelope, w->node->service->guard);
}

static bool
find(void *self, const struct id *author, const struct uuid *name, struct bytes *out_body,
    const struct kind **out_kind)
{
	struct guard *g = self;
	struct verified v;

	if (!records_referred(g->lookup.records, g->lookup.txn, 0, author, name, &v))
		return false;
	*out_body = v.record.body;
	*out_kind = kind_find(v.record.kind);
	return true;
}

void
guard_context(struct node *n, struct store_txn *t, struct disclose_context *out)
{
	struct guard *g = n->service->guard;
	struct arrivals w = { n, t };
	uint64_t now = records_arrival(n->records);

	for (size_t i = 0; !g->filled && i < kinds_count; i++)
		if (kind_field_by_word(kinds[i], "disclosure"))
			records_each(n->records, t, kinds[i]->number, take_record, g);
	if (g->filled && now > g->seen)
		records_arrivals(n->records, t, g->seen, now, take_arrival, &w);
	g->filled = true;
	g->seen = now;
	g->lookup.records = n->records;
	g->lookup.txn = t;
	*out = (struct disclose_context){ .author = &n->home->organisation.public_key, .protected_org = n->home->config.protected_org, .guarded = g->names,
		.guarded_count = g->count, .find = find, .self = g };
}
