/* What the lexicon is made of: names, codes and trees out of records and tables. */
#include "node/search/lexicon_int.h"

#include <stdio.h>
#include <string.h>

#include "node/record/disclose.h"
#include "proto/cbor.h"
#include "proto/territory.h"

#define NAME_WEIGHT 5              /* fields of terms and places that are names, not notes */

bool
lexicon_reads(uint32_t kind)
{
	return kind == KIND_TERM || kind == KIND_PLACE;
}

/* --- names --- */

static uint32_t
keep(struct lexicon *l, struct bytes text)
{
	uint32_t at = (uint32_t)l->text.len;

	buf_put_bytes(&l->text, text);
	buf_put_u8(&l->text, 0);
	return at;
}

/* "sigurn kuc" of "sigurna kuca". */
static void
stem_phrase(const char *folded, struct buf *out)
{
	char stem[FOLD_WORD + 1];

	while (*folded) {
		size_t len = strcspn(folded, " ");

		buf_put(out, stem, fold_stem(folded, len < FOLD_WORD ? len : FOLD_WORD, stem));
		folded += len;
		if (*folded == ' ')
			buf_put_u8(out, (uint8_t)*folded++);
	}
}

static void
add_name(struct lexicon *l, size_t lexeme, struct bytes name)
{
	struct buf folded = { 0 }, stems = { 0 };
	size_t words = 1;

	fold_phrase(name, &folded);
	for (size_t i = 0; i < folded.len; i++)
		words += folded.p[i] == ' ';
	if (folded.len > 0 && words <= LEXICON_PHRASE) {
		buf_put_u8(&folded, 0);
		stem_phrase((const char *)folded.p, &stems);
		l->phrases = need_room(l->phrases, l->phrase_count, &l->phrase_cap, sizeof *l->phrases);
		l->phrases[l->phrase_count++] = (struct phrase){ (uint32_t)lexeme,
			keep(l, (struct bytes){ folded.p, folded.len - 1 }), keep(l, buf_bytes(&stems)), (uint32_t)words };
	}
	buf_free(&folded);
	buf_free(&stems);
}

/* The topic or place with this code; places without one are never the same. */
static size_t
lexeme_of(struct lexicon *l, enum lexeme_kind kind, struct bytes code)
{
	for (size_t i = 0; code.len > 0 && i < l->count; i++)
		if (l->entries[i].shown.kind == kind && bytes_equal(bytes_text(lexicon_text(l, l->entries[i].code)), code))
			return i;
	l->entries = need_room(l->entries, l->count, &l->cap, sizeof *l->entries);
	l->entries[l->count] = (struct entry){ .shown = { .kind = kind, .parent = LEXICON_NONE }, .code = keep(l, code) };
	return l->count++;
}

struct gathering {
	struct lexicon *l;
	const struct kind *kind;
	size_t lexeme;
	bool (*trusts)(void *self, const struct verified *v);
	void *self;
};

static void
add_mltext(struct gathering *g, struct bytes item)
{
	struct cbor_reader r;

	cbor_open(&r, item);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return;
	for (size_t n = cbor_array(&r); n > 0 && cbor_peek(&r) == CBOR_ARRAY; n--) {
		struct bytes text;

		if (cbor_array(&r) < 2)
			return;
		cbor_text(&r);
		text = cbor_text(&r);
		cbor_any(&r);
		if (r.fault)
			return;
		add_name(g->l, g->lexeme, text);
	}
}

static bool
add_value(void *self, const struct walk_value *v)
{
	struct gathering *g = self;
	struct cbor_reader r;

	if (v->field->weight < NAME_WEIGHT)
		return true;
	if (v->field->type == FIELD_MLTEXT) {
		add_mltext(g, v->item);
		return true;
	}
	cbor_open(&r, v->item);
	if (cbor_peek(&r) == CBOR_TEXT)
		add_name(g->l, g->lexeme, cbor_text(&r));
	return true;
}

static bool
degrees(const struct kind *k, struct bytes body, const char *word, int32_t *out)
{
	const struct field *f = kind_field_by_word(k, word);
	struct bytes item = f ? body_get(body, f->number) : (struct bytes){ NULL, 0 };
	struct cbor_reader r;
	int64_t v;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	v = cbor_int(&r);
	*out = (int32_t)v;
	return r.fault == NULL && v >= -180000000 && v <= 180000000;
}

static bool
read_parent(const struct kind *k, struct bytes body, uint8_t out[LEXICON_REFERENCE])
{
	const struct field *f = kind_field_by_word(k, "parent");
	struct bytes item = f ? body_get(body, f->number) : (struct bytes){ NULL, 0 };
	struct cbor_reader r;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	cbor_array_of(&r, 2);
	cbor_fixed(&r, out, ID_LEN);
	cbor_fixed(&r, out + ID_LEN, UUID_LEN);
	return r.fault == NULL;
}

static void
define(struct lexicon *l, const struct record *r, size_t lexeme)
{
	struct definition *d;

	l->definitions = need_room(l->definitions, l->definition_count, &l->definition_cap, sizeof *l->definitions);
	d = &l->definitions[l->definition_count++];
	memcpy(d->key, r->author.b, ID_LEN);
	memcpy(d->key + ID_LEN, r->name.b, UUID_LEN);
	d->lexeme = (uint32_t)lexeme;
}

static bool
add_record(void *self, const struct verified *v)
{
	struct gathering *g = self;
	struct bytes body = v->record.body;
	const struct field *territory = kind_field_by_word(g->kind, "territory");
	const struct field *level = kind_field_by_word(g->kind, "level");
	struct entry *en;

	if (!g->trusts(g->self, v))
		return true;
	g->lexeme = lexeme_of(g->l, g->kind->number == KIND_PLACE ? LEXEME_PLACE : LEXEME_TOPIC,
	    body_text(body, g->kind->code, NULL));
	define(g->l, &v->record, g->lexeme);
	en = &g->l->entries[g->lexeme];
	if (!en->has_parent)
		en->has_parent = read_parent(g->kind, body, en->parent);
	if (territory) {
		struct bytes code = body_text(body, territory->number, NULL);

		if (code.len == TERRITORY_WORD)
			memcpy(en->shown.territory, code.p, TERRITORY_WORD);
		en->shown.whole |= level && bytes_equal(body_text(body, level->number, NULL), bytes_text("territory"));
		if (!en->shown.has_position)
			en->shown.has_position = degrees(g->kind, body, "lat", &en->shown.latitude) &&
			    degrees(g->kind, body, "long", &en->shown.longitude);
	}
	disclose_walk(g->kind, body, add_value, g);
	return true;
}

/* Codes that sort entries are topics also where no taxonomy has them; territories are places. */
static void
add_codes(struct lexicon *l, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct code_list *list = fields[i].codes;

		add_codes(l, fields[i].fields, fields[i].field_count);
		for (size_t k = 0; list && list->facet == FACET_TOPIC && k < list->count; k++) {
			size_t lexeme = lexeme_of(l, LEXEME_TOPIC, bytes_text(list->codes[k].word));

			add_name(l, lexeme, bytes_text(list->codes[k].label));
		}
	}
}

static void
add_tables(struct lexicon *l)
{
	for (size_t i = 0; i < territory_codes.count; i++) {
		const struct code *c = &territory_codes.codes[i];
		size_t lexeme = lexeme_of(l, LEXEME_PLACE, bytes_text(c->word));

		snprintf(l->entries[lexeme].shown.territory, sizeof l->entries[lexeme].shown.territory, "%s", c->word);
		l->entries[lexeme].shown.whole = true;
		add_name(l, lexeme, bytes_text(territory_name(bytes_text(c->word))));
	}
	for (size_t i = 0; i < kinds_count; i++)
		if (!(kinds[i]->flags & KIND_INTERNAL))
			add_codes(l, kinds[i]->fields, kinds[i]->field_count);
}

void
lexicon_gather(struct lexicon *l, struct records *r, struct store_txn *t,
    bool (*trusts)(void *self, const struct verified *v), void *self)
{
	struct gathering g = { .l = l, .trusts = trusts, .self = self };

	add_tables(l);
	for (size_t i = 0; i < kinds_count; i++)
		if (lexicon_reads(kinds[i]->number)) {
			g.kind = kinds[i];
			records_each(r, t, kinds[i]->number, add_record, &g);
		}
}
