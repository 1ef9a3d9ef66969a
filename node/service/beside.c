#include "node/service/beside.h"

#include "proto/cbor.h"
#include "proto/kinds/tables.h"
#include "proto/stamp.h"

#include <stdlib.h>
#include <string.h>

struct beside {
	struct sayings *said;
	uint64_t said_at;
	struct buf hidden;
	bool hidden_known;           /* of SAID */
	cJSON *coverage;
	uint64_t coverage_at;
	int64_t coverage_day;
};

struct beside *
beside_new(void)
{
	return need_zeroed(1, sizeof(struct beside));
}

void
beside_free(struct beside *b)
{
	if (b == NULL)
		return;
	sayings_free(b->said);
	buf_free(&b->hidden);
	cJSON_Delete(b->coverage);
	free(b);
}

void
beside_view(struct node *n, struct store_txn *t, struct view_context *out)
{
	struct beside *b = n->beside;
	uint64_t now = records_changes(n->records);

	if (b->said == NULL || b->said_at != now) {
		sayings_free(b->said);
		b->said = sayings_gather(n->records, t);
		b->said_at = now;
		b->hidden_known = false;
	}
	*out = (struct view_context){ n->records, t, b->said, n->home->organisation.public_key, records_now_ms(n->records),
		records_sure(n->records)->state == SURE };
}

/* ---- what searches leave out ---- */

#define BEGINNING 8

struct hiding {
	const struct view_context *view;
	struct buf *out;
};

static void
hide(void *self, const struct entry_ref *entry)
{
	const struct hiding *h = self;
	const struct kind *k;
	struct verified v;
	struct view w;

	if (!records_referred(h->view->records, h->view->txn, 0, &entry->author, &entry->name, &v))
		return;
	k = kind_find(v.record.kind);
	view_of(h->view, k, &v, &w);
	/* How much of a translation is shown is its entry's question, which no term of it can answer. */
	if (view_hides(&w) || (k->says == SAYS_TRANSLATION && view_withholds(h->view, k, &v, &w)))
		buf_put(h->out, v.id.b, BEGINNING);
}

static int
by_beginning(const void *a, const void *b)
{
	return memcmp(a, b, BEGINNING);
}

struct bytes
beside_hidden(struct node *n, const struct view_context *c)
{
	struct beside *b = n->beside;
	struct hiding h = { c, &b->hidden };

	if (!b->hidden_known) {
		buf_reset(&b->hidden);
		sayings_each(c->said, hide, &h);
		if (b->hidden.len)
			qsort(b->hidden.p, b->hidden.len / BEGINNING, BEGINNING, by_beginning);
		b->hidden_known = true;
	}
	return buf_bytes(&b->hidden);
}

/* ---- coverage ---- */

/* States, and behind them what is young, but nobody has looked at: it does not count as fresh. */
#define UNVERIFIED (FRESHNESS_EXPIRED + 1)
#define STATES (UNVERIFIED + 1)
#define PLACES (8 + 1)       /* all, then the rows of territory_codes */
struct counting {
	struct node *node;
	const struct view_context *view;
	const struct kind *kind;
	unsigned counts[PLACES][STATES];
};

static size_t
place_of(struct bytes word)
{
	const struct code *code = code_find(&territory_codes, word);
	size_t i = code ? (size_t)(code - territory_codes.codes) + 1 : 0;

	return i < PLACES ? i : 0;
}

/* Bits of the territories that V's own fields name, else that of its author. */
static unsigned
places_of(const struct counting *w, const struct verified *v)
{
	const struct membership *m = records_membership(w->node->records);
	const struct member *author;
	unsigned places = 0;

	for (size_t i = 0; i < w->kind->field_count; i++) {
		const struct field *f = &w->kind->fields[i];
		struct cbor_reader r;

		if (f->codes != &territory_codes)
			continue;
		cbor_open(&r, body_get(v->record.body, f->number));
		for (size_t left = cbor_peek(&r) == CBOR_ARRAY ? cbor_array(&r) : 1; left > 0 && cbor_peek(&r) == CBOR_TEXT; left--)
			places |= 1u << place_of(cbor_text(&r));
	}
	if ((places & ~1u) == 0 && (author = m ? membership_find(m, &v->record.author) : NULL) != NULL) {
		uint8_t word[2] = { (uint8_t)(author->territory >> 8), (uint8_t)author->territory };

		places = 1u << place_of((struct bytes){ word, 2 });
	}
	return places & ~1u;
}

static bool
count_one(void *self, const struct verified *v)
{
	struct counting *w = self;
	struct freshness_of f = view_freshness(w->view, w->kind, v);
	int state = f.state == FRESHNESS_FRESH && !f.verified ? UNVERIFIED : (int)f.state;
	unsigned places = places_of(w, v) | 1u;

	for (size_t i = 0; i < PLACES; i++)
		w->counts[i][state] += places >> i & 1u;
	return true;
}

static void
add_counts(const struct counting *w, cJSON *out)
{
	cJSON *kind = cJSON_AddObjectToObject(out, w->kind->word);

	for (size_t i = 0; i < PLACES; i++) {
		unsigned total = 0;
		cJSON *place;

		for (int s = 0; s < STATES; s++)
			total += w->counts[i][s];
		if (total == 0)
			continue;
		place = cJSON_AddObjectToObject(kind, i ? territory_codes.codes[i - 1].word : "all");
		for (int s = 0; s < STATES; s++)
			cJSON_AddNumberToObject(place, s == UNVERIFIED ? "unverified" : freshness_word((enum freshness)s),
			    w->counts[i][s]);
	}
	if (kind->child == NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(out, w->kind->word);
}

const cJSON *
beside_coverage(struct node *n)
{
	struct beside *b = n->beside;
	int64_t day = records_now_ms(n->records) / DAY_MS;
	struct view_context view;
	struct store_txn *t;

	if (b->coverage && b->coverage_at == records_changes(n->records) && b->coverage_day == day)
		return b->coverage;
	cJSON_Delete(b->coverage);
	b->coverage = cJSON_CreateObject();
	b->coverage_at = records_changes(n->records);
	b->coverage_day = day;
	t = store_read(n->store);
	beside_view(n, t, &view);
	for (size_t i = 0; i < kinds_count; i++) {
		struct counting w = { .node = n, .view = &view, .kind = kinds[i] };

		if (kinds[i]->verify_days == 0 || kinds[i]->flags & KIND_INTERNAL)
			continue;
		records_each(n->records, t, kinds[i]->number, count_one, &w);
		add_counts(&w, b->coverage);
	}
	txn_abort(&t);
	return b->coverage;
}
