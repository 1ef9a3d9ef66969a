/* What wants looking after: entries that nobody has looked at for long, that end soon, that are new, and how many are fresh. */
#include "node/service/api.h"
#include "node/service/beside.h"
#include "node/service/entry.h"

#include "proto/calendar.h"
#include "proto/stamp.h"

#include <stdlib.h>

#define ENDS_SOON_MS (60 * DAY_MS)
#define NEW_DAYS 30
#define NEW_DAYS_MOST 400

/* One walk over the entries of one kind, or of all. */
struct caring {
	struct node *node;
	struct store_txn *txn;
	struct view_context view;
	const struct kind *only, *kind;
	bool own;                        /* ours alone */
	enum freshness from;             /* so old, or older */
	int64_t since_ms;                /* first seen after this */
	cJSON *out;
};

/* Does its life end within the time in which it is still to be saved? What its author ended herself is over by her will. */
static bool
ends_soon(const struct caring *w, const struct verified *v)
{
	int64_t life = kind_life_days(v->record.kind) * DAY_MS;

	return life > 0 && stamp_unix_ms(v->record.stamp) + life - w->view.now_ms < ENDS_SOON_MS &&
	    !(v->record.expires > 0 && v->record.expires * 1000 < w->view.now_ms + ENDS_SOON_MS);
}

static bool
has_ended(const struct caring *w, const struct verified *v)
{
	return v->record.expires > 0 && v->record.expires * 1000 <= w->view.now_ms;
}

static cJSON *
line(const struct caring *w, const struct verified *v, const struct view *seen)
{
	cJSON *o = entry_json(w->node, &w->view, w->kind, v, seen);

	cJSON_AddStringToObject(o, "kind", w->kind->word);
	return o;
}

static bool
take_aging(void *self, const struct verified *v)
{
	struct caring *w = self;
	struct view seen;
	cJSON *o;

	if (w->own && !id_equal(&v->record.author, &w->view.self))
		return true;
	view_of(&w->view, w->kind, v, &seen);
	if (has_ended(w, v) || (view_hides(&seen) && seen.why != VIEW_ENDED) ||
	    (seen.freshness.state < w->from && !ends_soon(w, v)))
		return true;
	o = line(w, v, &seen);
	cJSON_AddNumberToObject(o, "days_left", (double)seen.freshness.days_left);
	cJSON_AddBoolToObject(o, "ends_soon", ends_soon(w, v));
	cJSON_AddItemToArray(w->out, o);
	return true;
}

/* What is said of others' entries is no entry of its own here. */
static bool
take_new(void *self, const struct verified *v)
{
	struct caring *w = self;
	int64_t seen_ms = records_first_seen(w->node->records, w->txn, v);
	struct view seen;
	cJSON *o;

	if (seen_ms <= w->since_ms || w->kind->says != SAYS_NOTHING)
		return true;
	view_of(&w->view, w->kind, v, &seen);
	if (view_hides(&seen))
		return true;
	o = line(w, v, &seen);
	json_time(o, "first_seen", seen_ms);
	cJSON_AddItemToArray(w->out, o);
	return true;
}

static enum err_code
walk(const struct api_call *c, struct caring *w, bool (*take)(void *self, const struct verified *v), struct api_reply *r,
    struct err *e)
{
	const char *word = api_query(c, "kind");
	enum err_code rc = word ? entry_kind(word, &w->only, e) : ERR_OK;

	if (rc)
		return rc;
	w->node = api_node(c);
	w->txn = store_read(w->node->store);
	w->out = cJSON_CreateArray();
	beside_view(w->node, w->txn, &w->view);
	for (size_t i = 0; i < kinds_count; i++) {
		w->kind = kinds[i];
		if (!(w->kind->flags & KIND_INTERNAL) && (w->only == NULL || w->only == w->kind))
			records_each(w->node->records, w->txn, w->kind->number, take, w);
	}
	txn_abort(&w->txn);
	r->json = w->out;
	return ERR_OK;
}

enum err_code
api_due(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct caring w = { .own = true, .from = FRESHNESS_DUE };

	return walk(c, &w, take_aging, r, e);
}

enum err_code
api_stale(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct caring w = { .own = api_flag(c, "own"), .from = FRESHNESS_STALE };

	return walk(c, &w, take_aging, r, e);
}

enum err_code
api_new(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const char *text = api_query(c, "days");
	long days = text ? strtol(text, NULL, 10) : NEW_DAYS;
	struct caring w = { 0 };

	if (days < 1 || days > NEW_DAYS_MOST)
		return err_set(e, ERR_INPUT, "days", "range", "1 to %d days are expected", NEW_DAYS_MOST);
	w.since_ms = records_now_ms(api_node(c)->records) - days * DAY_MS;
	return walk(c, &w, take_new, r, e);
}

enum err_code
api_freshness(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)e;
	r->json = cJSON_Duplicate(beside_coverage(api_node(c)), true);
	return ERR_OK;
}
