#include "node/service/beside.h"

#include "node/search/tally.h"
#include "node/service/service.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/territory.h"

#include <stdlib.h>
#include <string.h>

/* By one sort of reader, of SAID. */
struct seen {
	bool known;
	struct buf said;             /* struct tally_said, in order */
	struct buf hidden;           /* beginnings of those that are hidden */
};

struct beside {
	struct sayings *said;
	uint64_t said_at;
	struct seen seen[BESIDE_READERS];
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
	for (int i = 0; i < BESIDE_READERS; i++) {
		buf_free(&b->seen[i].said);
		buf_free(&b->seen[i].hidden);
	}
	cJSON_Delete(b->coverage);
	free(b);
}

void
beside_view(struct node *n, struct store_txn *t, struct view_context *out)
{
	struct beside *b = n->service->beside;
	uint64_t now = records_changes(n->records);

	if (b->said == NULL || b->said_at != now) {
		sayings_free(b->said);
		b->said = sayings_gather(n->records, t);
		b->said_at = now;
		for (int i = 0; i < BESIDE_READERS; i++)
			b->seen[i].known = false;
	}
	*out = (struct view_context){ n->records, t, b->said, n->home->organisation.public_key, records_now_ms(n->records),
		records_sure(n->records)->state == SURE };
}

void
beside_view_as(struct node *n, struct store_txn *t, enum beside_reader reader, struct view_context *out)
{
	beside_view(n, t, out);
	if (reader == BESIDE_OTHERS)
		out->self = (struct id){ { 0 } };
}

/* --- what searches and tables leave out --- */

#define BEGINNING sizeof(((struct tally_said *)NULL)->record)

struct hiding {
	const struct view_context *view;
	struct seen *seen;
};

static void
look(void *self, const struct reference *entry)
{
	const struct hiding *h = self;
	const struct kind *k;
	struct tally_said one = { .flags = 0 };
	struct verified v;
	struct view w;

	if (!records_referred(h->view->records, h->view->txn, 0, &entry->author, &entry->name, &v))
		return;
	k = kind_find(v.record.kind);
	view_of(h->view, k, &v, &w);
	/* How much of a translation is shown is its entry's question, which no term of it can answer. */
	if (view_hides(&w) || (k->says == SAYS_TRANSLATION && view_withholds(h->view, k, &v, &w)))
		one.flags = TALLY_HIDDEN;
	else if (w.exposed && !w.own)
		one.flags = TALLY_UNPLACED;
	one.confirmed_day = w.confirmed_ms / DAY_MS;
	if (one.flags == 0 && one.confirmed_day == 0)
		return;
	memcpy(one.record, v.id.b, BEGINNING);
	buf_put(&h->seen->said, &one, sizeof one);
}

static int
by_beginning(const void *a, const void *b)
{
	return memcmp(((const struct tally_said *)a)->record, ((const struct tally_said *)b)->record, BEGINNING);
}

/* Some entries came by more than once. */
static void
arrange(struct seen *s)
{
	struct tally_said *list = (struct tally_said *)(void *)s->said.p;
	size_t count = s->said.len / sizeof *list, to = 0;

	if (count)
		qsort(list, count, sizeof *list, by_beginning);
	for (size_t i = 0; i < count; i++)
		if (to == 0 || by_beginning(&list[to - 1], &list[i]) != 0)
			list[to++] = list[i];
	s->said.len = to * sizeof *list;
	for (size_t i = 0; i < to; i++)
		if (list[i].flags & TALLY_HIDDEN)
			buf_put(&s->hidden, list[i].record, BEGINNING);
}

static const struct seen *
see(struct node *n, struct store_txn *t, enum beside_reader reader)
{
	struct seen *s = &n->service->beside->seen[reader];
	struct view_context view;
	struct hiding h = { &view, s };

	beside_view_as(n, t, reader, &view);
	if (!s->known) {
		buf_reset(&s->said);
		buf_reset(&s->hidden);
		sayings_each(view.said, look, &h);
		arrange(s);
		s->known = true;
	}
	return s;
}

struct bytes
beside_hidden(struct node *n, struct store_txn *t, enum beside_reader reader)
{
	return buf_bytes(&see(n, t, reader)->hidden);
}

const struct tally_said *
beside_said(struct node *n, struct store_txn *t, enum beside_reader reader, size_t *out_count)
{
	const struct seen *s = see(n, t, reader);

	*out_count = s->said.len / sizeof(struct tally_said);
	return (const struct tally_said *)(const void *)s->said.p;
}

/* --- coverage --- */

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
	struct beside *b = n->service->beside;
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
