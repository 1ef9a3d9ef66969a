#include "node/service/api.h"

#include <stdlib.h>
#include <string.h>

#include "node/exchange/handover.h"
#include "node/exchange/match.h"
#include "node/exchange/needs.h"
#include "node/record/body_json.h"
#include "node/record/freshness.h"
#include "node/service/authoring.h"
#include "node/service/entry.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/utf8.h"

/* --- terms --- */

struct terms {
	struct node *node;
	struct store_txn *txn;
};

static bool
term_live(const struct terms *t, const struct reference *key, struct verified *out)
{
	return records_live(t->node->records, t->txn, KIND_TERM, &key->author, &key->name, out) &&
	    out->record.state == RECORD_LIVE;
}

static struct bytes
term_field(const struct verified *v, const char *word)
{
	return body_get(v->record.body, kind_field_by_word(kind_find(KIND_TERM), word)->number);
}

static void
parent_of(const struct verified *v, struct reference *out)
{
	struct cbor_reader r;

	*out = (struct reference){ 0 };
	cbor_open(&r, term_field(v, "parent"));
	if (cbor_peek(&r) != CBOR_ARRAY)
		return;
	cbor_array_of(&r, 2);
	cbor_fixed(&r, &out->author, ID_LEN);
	cbor_fixed(&r, &out->name, UUID_LEN);
}

static bool
term(void *self, const struct reference *key, char out_name[MATCH_NAME], struct reference *out_parent)
{
	struct terms *t = self;
	struct verified v;

	if (!term_live(t, key, &v))
		return false;
	utf8_copy(body_text(v.record.body, kind_find(KIND_TERM)->title, "en"), out_name, MATCH_NAME);
	parent_of(&v, out_parent);
	return true;
}

/* --- the sides --- */

struct side {
	struct match_side side;
	bool own;
};
struct sides {
	struct node *node;
	struct side *at;
	size_t count, cap;
};

/* What is hidden from everybody else is offered to nobody. */
static bool
take_side(void *self, const struct verified *v)
{
	struct sides *s = self;
	const struct kind *k = kind_find(v->record.kind);
	bool hidden = freshness_hides(k, &v->record, records_now_ms(s->node->records)) && records_sure(s->node->records)->state == SURE;

	if (hidden)
		return true;
	s->at = need_room(s->at, s->count, &s->cap, sizeof *s->at);
	s->at[s->count++] = (struct side){ { k, { v->record.author, v->record.name }, v->record.body },
		id_equal(&v->record.author, &s->node->home->organisation.public_key) };
	return true;
}

static void
sides_open(struct sides *s, struct node *n, struct store_txn *t, bool offers)
{
	*s = (struct sides){ .node = n };
	for (size_t i = 0; i < kinds_count; i++)
		if (offers ? match_offers(kinds[i]) : kinds[i]->number == KIND_NEED)
			records_each(n->records, t, kinds[i]->number, take_side, s);
}

/* --- matches --- */

static cJSON *
reference_json(const struct reference *key)
{
	struct buf text = { 0 };
	cJSON *o;

	reference_format(&key->author, &key->name, &text);
	o = cJSON_CreateString(buf_text(&text));
	buf_free(&text);
	return o;
}

static cJSON *
side_json(const struct match_side *s)
{
	cJSON *o = cJSON_CreateObject(), *fields = NULL, *title = NULL;
	const struct field *f = kind_field(s->kind, s->kind->title);
	char text[UUID_TEXT];

	cJSON_AddStringToObject(o, "kind", s->kind->word);
	cJSON_AddStringToObject(o, "id", uuid_format(&s->key.name, text));
	json_id(o, "author", ID_ORGANISATION, &s->key.author);
	cJSON_AddItemToObject(o, "reference", reference_json(&s->key));
	if (body_to_json(s->kind, s->body, (struct bytes){ 0 }, &fields, NULL) == ERR_OK)
		title = cJSON_DetachItemFromObjectCaseSensitive(fields, f->word);
	if (title)
		cJSON_AddItemToObject(o, "title", title);
	cJSON_Delete(fields);
	return o;
}

static void
put_handover(const struct match_side *need, const struct match_side *offer, cJSON *o)
{
	cJSON *n = NULL, *f = NULL, *n_ref = reference_json(&need->key), *f_ref = reference_json(&offer->key);
	struct handover h;

	body_to_json(need->kind, need->body, (struct bytes){ 0 }, &n, NULL);
	body_to_json(offer->kind, offer->body, (struct bytes){ 0 }, &f, NULL);
	h = handover_of(handover_giver(f, n_ref->valuestring), handover_taker(n, f_ref->valuestring));
	cJSON_AddStringToObject(o, "state", h.state);
	cJSON_AddBoolToObject(o, "at_odds", h.at_odds);
	cJSON_AddStringToObject(o, "state_text", h.text);
	cJSON_Delete(n);
	cJSON_Delete(f);
	cJSON_Delete(n_ref);
	cJSON_Delete(f_ref);
}

static void
put_reasons(const struct match *m, cJSON *o)
{
	cJSON *list = cJSON_AddArrayToObject(o, "why");

	for (size_t i = 0; i < m->count; i++) {
		cJSON *one = cJSON_CreateObject();
		struct buf text = { 0 };

		match_text(m, i, &text);
		cJSON_AddStringToObject(one, "word", reason_word(m->why[i].reason));
		cJSON_AddBoolToObject(one, "speaks_for", reason_speaks_for(m->why[i].reason));
		cJSON_AddStringToObject(one, "text", buf_text(&text));
		cJSON_AddItemToArray(list, one);
		buf_free(&text);
	}
}

/* One pair, when it fits or speaks of itself; NULL else. */
static cJSON *
pair(const struct match_side *need, const struct match_side *offer, const struct match_world *w)
{
	struct match m;
	bool fits = match_of(need, offer, w, &m);
	cJSON *o;

	if (!fits && !match_speaks(need, offer))
		return NULL;
	if (!fits)
		m = (struct match){ 0 };
	o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "score", m.score);
	cJSON_AddItemToObject(o, "need", side_json(need));
	cJSON_AddItemToObject(o, "offer", side_json(offer));
	put_handover(need, offer, o);
	put_reasons(&m, o);
	return o;
}

struct scored {
	double score;
	const char *reference;
	cJSON *pair;
};

/* The best first; those of one score in a fixed order. */
static int
by_score(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	return x->score != y->score ? (x->score < y->score ? 1 : -1) : strcmp(x->reference, y->reference);
}

static cJSON *
ranked(cJSON *list)
{
	size_t n = (size_t)cJSON_GetArraySize(list), i = 0;
	struct scored *rows = need_zeroed(n + 1, sizeof *rows);
	cJSON *out = cJSON_CreateArray();

	while (list->child) {
		cJSON *one = cJSON_DetachItemFromArray(list, 0);

		rows[i++] = (struct scored){ cJSON_GetObjectItem(one, "score")->valuedouble,
			cJSON_GetObjectItem(cJSON_GetObjectItem(one, "offer"), "reference")->valuestring, one };
	}
	qsort(rows, n, sizeof *rows, by_score);
	for (i = 0; i < n; i++)
		cJSON_AddItemToArray(out, rows[i].pair);
	free(rows);
	cJSON_Delete(list);
	return out;
}

/* Every pair of which ONE is a side; ONE NULL: of which a side is ours. */
static cJSON *
matches(struct node *n, struct store_txn *t, const struct reference *one, const struct kind *kind)
{
	struct terms terms = { n, t };
	struct match_world w = { records_now_ms(n->records) / DAY_MS, &terms, term };
	struct sides needs, offers;
	cJSON *list = cJSON_CreateArray();

	sides_open(&needs, n, t, false);
	sides_open(&offers, n, t, true);
	for (size_t i = 0; i < needs.count; i++)
		for (size_t k = 0; k < offers.count; k++) {
			const struct side *a = &needs.at[i], *b = &offers.at[k], *s = kind && match_offers(kind) ? b : a;
			cJSON *o;

			if (one ? s->side.kind != kind || !id_equal(&s->side.key.author, &one->author) ||
			    !uuid_equal(&s->side.key.name, &one->name) : !a->own && !b->own)
				continue;
			if ((o = pair(&a->side, &b->side, &w)) != NULL)
				cJSON_AddItemToArray(list, o);
		}
	free(needs.at);
	free(offers.at);
	return ranked(list);
}

enum err_code
api_matches(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	enum err_code rc = node_keeps(n, kind_find(KIND_NEED), e);
	struct store_txn *t;

	if (rc)
		return rc;
	t = store_read(n->store);
	r->json = matches(n, t, NULL, NULL);
	txn_abort(&t);
	return ERR_OK;
}

enum err_code
api_matches_of(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	const struct kind *k;
	struct reference key;
	struct store_txn *t;
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &k, e)))
		return rc;
	if (k->number != KIND_NEED && !match_offers(k))
		return err_set(e, ERR_INPUT, k->word, "kind", "needs are matched with offers and expertise, nothing else");
	if ((rc = entry_find(n, k, c->rest[1], &key, e)))
		return rc;
	t = store_read(n->store);
	r->json = matches(n, t, &key, k);
	txn_abort(&t);
	return ERR_OK;
}

/* --- hand-over --- */

/* The other side of MOVE, as its reference, and how many it needs. */
static enum err_code
other_side(const struct api_call *c, const struct move *move, const char *ref, struct buf *out, unsigned *out_quantity,
    struct err *e)
{
	struct node *n = api_node(c);
	const struct kind *k = kind_find(strcmp(move->kind, "offer") == 0 ? KIND_NEED : KIND_OFFER);
	struct reference key;
	struct store_txn *t;
	struct verified v;
	cJSON *fields = NULL;
	const cJSON *quantity;
	enum err_code rc = entry_find(n, k, ref, &key, e);

	if (rc == ERR_MISSING && k->number == KIND_OFFER)
		rc = entry_find(n, k = kind_find(KIND_EXPERTISE), ref, &key, e);
	if (rc == ERR_MISSING && k->number == KIND_EXPERTISE)
		return err_set(e, ERR_MISSING, ref, "id", "no offer or expertise with this id is known here");
	if (rc)
		return rc;
	reference_format(&key.author, &key.name, out);
	t = store_read(n->store);
	if (records_live(n->records, t, k->number, &key.author, &key.name, &v) &&
	    body_to_json(k, v.record.body, (struct bytes){ 0 }, &fields, NULL) == ERR_OK) {
		quantity = cJSON_GetObjectItemCaseSensitive(fields, "quantity");
		*out_quantity = cJSON_IsNumber(quantity) ? (unsigned)quantity->valuedouble : 0;
	}
	cJSON_Delete(fields);
	txn_abort(&t);
	return ERR_OK;
}

/* How many are meant, where it was not said: as many as are needed, or what is left of them. */
static unsigned
meant(const cJSON *entry, const struct move *move, unsigned needed)
{
	const cJSON *quantity = cJSON_GetObjectItemCaseSensitive(entry, "quantity");
	const cJSON *spoken = cJSON_GetObjectItemCaseSensitive(entry, "reserved_qty");
	double left = (cJSON_IsNumber(quantity) ? quantity->valuedouble : 0) - (cJSON_IsNumber(spoken) ? spoken->valuedouble : 0);

	return move->reference == MOVE_ADDS && needed > left ? (unsigned)(left > 0 ? left : 0) : needed;
}

#define QUANTITY_MOST 1000000u

/* A step of a hand-over, as it is asked for. */
struct step {
	const struct move *move;
	const struct kind *kind;         /* of our entry */
	const char *with;                /* reference of the other side; NULL: nobody is named */
	unsigned quantity;               /* 0: not said */
	unsigned needed;                 /* by the other side */
};

/* V is ours and live; the version that the step makes of it is signed. */
static enum err_code
sign_step(const struct step *s, const struct verified *v, struct bytes private_fields, struct authoring *a, struct err *e)
{
	cJSON *entry = NULL, *patch = NULL;
	enum err_code rc;

	if ((rc = body_to_json(s->kind, v->record.body, (struct bytes){ 0 }, &entry, e)))
		return rc;
	rc = handover_move(s->move, entry, s->with, s->quantity ? s->quantity : meant(entry, s->move, s->needed), &patch, e);
	if (rc == ERR_OK)
		rc = authoring_edit(a, v, private_fields, patch, 0, e);
	cJSON_Delete(entry);
	cJSON_Delete(patch);
	return rc;
}

static enum err_code
take_step(const struct api_call *c, const struct step *s, cJSON **out, struct err *e)
{
	struct node *n = api_node(c);
	const struct kind *k = s->kind;
	struct authoring *a = authoring_new(n, k);
	struct reference key;
	struct store_txn *t;
	struct verified v;
	cJSON *list = NULL;
	enum err_code rc = entry_find(n, k, c->rest[1], &key, e);

	if (rc == ERR_OK && !id_equal(&key.author, &n->home->organisation.public_key))
		rc = err_set(e, ERR_DENIED, c->rest[1], "author", "this entry is another organisation's; only it can say so");
	if (rc == ERR_OK) {
		t = store_read(n->store);
		if (!records_live(n->records, t, k->number, &key.author, &key.name, &v) || v.record.state != RECORD_LIVE)
			rc = err_set(e, ERR_MISSING, c->rest[1], "id", "is gone");
		else
			rc = sign_step(s, &v, records_private(n->records, t, k->number, &key.author, &key.name), a, e);
		txn_abort(&t);
	}
	if (rc == ERR_OK && (rc = authoring_finish(a, api_flag(c, "dry_run"), &list, e)) == ERR_OK)
		*out = cJSON_DetachItemFromArray(list, 0);
	cJSON_Delete(list);
	authoring_free(a);
	return rc;
}

static enum err_code
take_quantity(const cJSON *in, unsigned *out, struct err *e)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(in, "quantity");

	if (number == NULL)
		return ERR_OK;
	if (!cJSON_IsNumber(number) || number->valuedouble < 1 || number->valuedouble > QUANTITY_MOST)
		return err_set(e, ERR_INPUT, "quantity", "range", "is a number from 1 to %u", QUANTITY_MOST);
	*out = (unsigned)number->valuedouble;
	return ERR_OK;
}

enum err_code
api_handover(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct step s = { 0 };
	struct buf reference = { 0 };
	cJSON *in = NULL;
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &s.kind, e)))
		return rc;
	if ((s.move = move_find(s.kind->word, c->rest[2])) == NULL)
		return err_set(e, ERR_MISSING, c->rest[2], "step", "there is no such step for a %s", s.kind->word);
	if ((rc = api_object(c, &in, e)) || (rc = api_text(in, "with", &s.with, e)) ||
	    (rc = take_quantity(in, &s.quantity, e)))
		goto out;
	if (s.with) {
		if ((rc = other_side(c, s.move, s.with, &reference, &s.needed, e)))
			goto out;
		s.with = buf_text(&reference);
	}
	rc = take_step(c, &s, &r->json, e);
out:
	buf_free(&reference);
	cJSON_Delete(in);
	return rc;
}
