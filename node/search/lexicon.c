/* Names of topics and places, and where they stand in their trees. */
#include "node/search/lexicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/disclose.h"
#include "proto/cbor.h"
#include "proto/territory.h"

#define NAME_WEIGHT 5              /* fields of terms and places that are names, not notes */
#define END UINT32_MAX
#define TELLING_LEAST 3            /* letters; shorter words of a name say nothing by themselves */
#define PART_LEAST 0.3f

struct phrase {
	uint32_t lexeme;
	uint32_t folded, stems;        /* in `text` */
	uint32_t words;
};
/* A stem in a phrase. */
struct occurrence {
	uint32_t phrase, place;        /* place: of its words, from 0 */
	uint32_t stem;                 /* in `text`, up to a blank */
	uint32_t next;                 /* whose stem has the same hash; in order of phrase */
};
struct entry {
	struct lexeme shown;
	uint32_t code;                 /* in `text` */
	uint32_t first_phrase, phrase_count;
	bool has_parent;
	uint8_t parent[LEXICON_REFERENCE];
};
/* A record that defines a lexeme. */
struct definition {
	uint8_t key[LEXICON_REFERENCE];
	uint32_t lexeme;
};
struct lexicon {
	struct buf text;               /* folded names, their stems, codes, each ended by a zero */
	struct entry *entries;
	struct phrase *phrases;        /* in order of lexeme */
	struct definition *definitions; /* in order of key */
	struct occurrence *occurrences;
	size_t count, cap, phrase_count, phrase_cap, definition_count, definition_cap, occurrence_count;
	uint32_t *slots;               /* first occurrence of a hash, END: none */
	size_t slot_count;
};

bool
lexicon_reads(uint32_t kind)
{
	return kind == KIND_TERM || kind == KIND_PLACE;
}

/* --- gathering --- */

static uint32_t
keep(struct lexicon *l, struct bytes text)
{
	uint32_t at = (uint32_t)l->text.len;

	buf_put_bytes(&l->text, text);
	buf_put_u8(&l->text, 0);
	return at;
}

static const char *
text_at(const struct lexicon *l, uint32_t at)
{
	return (const char *)l->text.p + at;
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
		if (l->phrase_count == l->phrase_cap) {
			l->phrase_cap = l->phrase_cap ? l->phrase_cap * 2 : 1024;
			l->phrases = need_realloc(l->phrases, l->phrase_cap * sizeof *l->phrases);
		}
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
		if (l->entries[i].shown.kind == kind && bytes_equal(bytes_text(text_at(l, l->entries[i].code)), code))
			return i;
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->entries = need_realloc(l->entries, l->cap * sizeof *l->entries);
	}
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

	if (l->definition_count == l->definition_cap) {
		l->definition_cap = l->definition_cap ? l->definition_cap * 2 : 256;
		l->definitions = need_realloc(l->definitions, l->definition_cap * sizeof *l->definitions);
	}
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

/* --- putting in order --- */

static int
by_lexeme(const void *a, const void *b, void *lexicon)
{
	const struct phrase *x = a, *y = b;
	int order = (x->lexeme > y->lexeme) - (x->lexeme < y->lexeme);

	return order ? order : strcmp(text_at(lexicon, x->folded), text_at(lexicon, y->folded));
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(((const struct definition *)a)->key, ((const struct definition *)b)->key, LEXICON_REFERENCE);
}

static size_t
slot_of(const struct lexicon *l, const char *stem, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)stem[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29) & (l->slot_count - 1);
}

/* Names that several languages share stand once. */
static void
order_phrases(struct lexicon *l)
{
	size_t kept = 0;

	qsort_r(l->phrases, l->phrase_count, sizeof *l->phrases, by_lexeme, l);
	for (size_t i = 0; i < l->phrase_count; i++)
		if (kept == 0 || by_lexeme(&l->phrases[kept - 1], &l->phrases[i], l) != 0)
			l->phrases[kept++] = l->phrases[i];
	l->phrase_count = kept;
	for (size_t i = 0; i < kept; i++) {
		struct entry *en = &l->entries[l->phrases[i].lexeme];

		if (en->phrase_count++ == 0)
			en->first_phrase = (uint32_t)i;
		l->occurrence_count += l->phrases[i].words;
	}
}

/* The last first, so that each chain is in order. */
static void
index_stems(struct lexicon *l)
{
	size_t at = l->occurrence_count;

	l->occurrences = need_alloc((at + 1) * sizeof *l->occurrences);
	for (l->slot_count = 64; l->slot_count < at; l->slot_count *= 2)
		;
	l->slots = need_alloc(l->slot_count * sizeof *l->slots);
	memset(l->slots, 0xff, l->slot_count * sizeof *l->slots);
	for (size_t i = l->phrase_count; i-- > 0;) {
		uint32_t stem = l->phrases[i].stems;

		for (uint32_t place = 0; place < l->phrases[i].words; place++) {
			size_t len = strcspn(text_at(l, stem), " ");
			uint32_t *slot = &l->slots[slot_of(l, text_at(l, stem), len)];

			l->occurrences[--at] = (struct occurrence){ (uint32_t)i, place, stem, *slot };
			*slot = (uint32_t)at;
			stem += (uint32_t)len + 1;
		}
	}
}

static size_t
defined_by(const struct lexicon *l, const uint8_t key[LEXICON_REFERENCE])
{
	struct definition wanted, *found;

	if (l->definition_count == 0)
		return LEXICON_NONE;
	memcpy(wanted.key, key, LEXICON_REFERENCE);
	found = bsearch(&wanted, l->definitions, l->definition_count, sizeof wanted, by_key);
	return found ? found->lexeme : LEXICON_NONE;
}

struct lexicon *
lexicon_new(struct records *r, struct store_txn *t, bool (*trusts)(void *self, const struct verified *v), void *self)
{
	struct lexicon *l = need_zeroed(1, sizeof *l);
	struct gathering g = { .l = l, .trusts = trusts, .self = self };

	add_tables(l);
	for (size_t i = 0; i < kinds_count; i++)
		if (lexicon_reads(kinds[i]->number)) {
			g.kind = kinds[i];
			records_each(r, t, kinds[i]->number, add_record, &g);
		}
	order_phrases(l);
	index_stems(l);
	if (l->definition_count > 0)
		qsort(l->definitions, l->definition_count, sizeof *l->definitions, by_key);
	for (size_t i = 0; i < l->count; i++) {
		struct entry *en = &l->entries[i];

		en->shown.code = text_at(l, en->code);
		if (en->has_parent)
			en->shown.parent = defined_by(l, en->parent);
	}
	return l;
}

void
lexicon_free(struct lexicon *l)
{
	if (l == NULL)
		return;
	buf_free(&l->text);
	free(l->entries);
	free(l->phrases);
	free(l->occurrences);
	free(l->definitions);
	free(l->slots);
	free(l);
}

/* --- reading --- */

size_t
lexicon_count(const struct lexicon *l)
{
	return l->count;
}

const struct lexeme *
lexicon_at(const struct lexicon *l, size_t lexeme)
{
	return &l->entries[lexeme].shown;
}

void
lexicon_names(const struct lexicon *l, size_t lexeme, bool (*fn)(void *self, const char *folded), void *self)
{
	const struct entry *en = &l->entries[lexeme];

	for (uint32_t i = 0; i < en->phrase_count; i++)
		if (!fn(self, text_at(l, l->phrases[en->first_phrase + i].folded)))
			return;
}

void
lexicon_records(const struct lexicon *l, size_t lexeme,
    void (*fn)(void *self, const uint8_t key[LEXICON_REFERENCE]), void *self)
{
	for (size_t i = 0; i < l->definition_count; i++)
		if (l->definitions[i].lexeme == lexeme)
			fn(self, l->definitions[i].key);
}

void
lexicon_below(const struct lexicon *l, size_t lexeme, void (*fn)(void *self, size_t lexeme), void *self)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->entries[i].shown.parent == lexeme && i != lexeme)
			fn(self, i);
}

/* --- looking up --- */

/* The least penalty with which W is STEM; more than 100: it is not. */
static unsigned
fits_word(const struct lexicon_word *w, const char *stem, size_t len)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->stems[i].len == len && memcmp(w->stems[i].key, stem, len) == 0)
			return w->stems[i].penalty;
	return UINT8_MAX;
}

/* Words of the query that P covers; 0: it does not fit. */
static size_t
fits_phrase(const struct lexicon *l, const struct phrase *p, const struct lexicon_word *words, size_t count,
    unsigned *out_penalty)
{
	const char *stems = text_at(l, p->stems);
	size_t n = 0;

	*out_penalty = 0;
	while (*stems) {
		size_t len = strcspn(stems, " ");
		unsigned penalty = n < count ? fits_word(&words[n], stems, len) : UINT8_MAX;

		if (penalty == UINT8_MAX)
			return 0;
		if (penalty > *out_penalty)
			*out_penalty = penalty;
		n++;
		stems += len + (stems[len] == ' ');
	}
	return n;
}

/* In order of penalty; a lexeme stands once. */
static size_t
insert(struct lexicon_match *out, size_t count, size_t most, const struct lexicon_match *m)
{
	size_t at = count;

	for (size_t i = 0; i < count; i++)
		if (out[i].lexeme == m->lexeme) {
			if (out[i].penalty <= m->penalty)
				return count;
			memmove(out + i, out + i + 1, (--count - i) * sizeof *out);
			at = count;
			break;
		}
	while (at > 0 && out[at - 1].penalty > m->penalty)
		at--;
	if (at == most)
		return count;
	if (count == most)
		count--;
	memmove(out + at + 1, out + at, (count - at) * sizeof *out);
	out[at] = *m;
	return count + 1;
}

size_t
lexicon_find(const struct lexicon *l, const struct lexicon_word *words, size_t count, size_t at,
    struct lexicon_match *out, size_t most)
{
	size_t found = 0, longest = 1;

	for (size_t s = 0; s < words[at].count; s++) {
		const struct fold_variant *stem = &words[at].stems[s];
		uint32_t i = l->slots[slot_of(l, stem->key, stem->len)];

		for (; i != END; i = l->occurrences[i].next) {
			const struct phrase *p = &l->phrases[l->occurrences[i].phrase];
			struct lexicon_match m = { .lexeme = p->lexeme };
			unsigned penalty;

			if (l->occurrences[i].place > 0 ||
			    (m.words = fits_phrase(l, p, words + at, count - at, &penalty)) < longest)
				continue;
			if (m.words > longest)
				found = 0;
			longest = m.words;
			m.penalty = (uint8_t)penalty;
			found = insert(out, found, most, &m);
		}
	}
	return found;
}

/* --- names of which the query has only some words, or has them elsewhere --- */

/* The better, the fewer lexemes have the stem; 0: it says nothing. */
static float
telling(const struct lexicon *l, const char *stem, size_t len)
{
	uint32_t i = l->slots[slot_of(l, stem, len)], last = END, lexemes = 0;

	if (len < TELLING_LEAST)
		return 0;
	for (; i != END; i = l->occurrences[i].next) {
		const char *other = text_at(l, l->occurrences[i].stem);

		if (strcspn(other, " ") != len || memcmp(other, stem, len) != 0)
			continue;
		lexemes += l->phrases[l->occurrences[i].phrase].lexeme != last;
		last = l->phrases[l->occurrences[i].phrase].lexeme;
	}
	return logf(1 + (float)l->count / (1 + (float)lexemes));
}

/* How much of what P tells the words of the query tell, from 0 to 1; *OUT_MASK: by which of them. */
static float
share_of(const struct lexicon *l, const struct phrase *p, const struct lexicon_word *words, size_t count,
    uint16_t *out_mask)
{
	const char *stem = text_at(l, p->stems);
	float whole = 0, has = 0;

	*out_mask = 0;
	while (*stem) {
		size_t len = strcspn(stem, " "), best = count;
		float tells = telling(l, stem, len);
		unsigned least = UINT8_MAX;

		for (size_t w = 0; w < count; w++) {
			unsigned penalty = fits_word(&words[w], stem, len);

			if (penalty < least) {
				least = penalty;
				best = w;
			}
		}
		whole += tells;
		if (best < count) {
			has += tells * (1 - (float)least / 100);
			*out_mask |= (uint16_t)(1u << best);
		}
		stem += len + (stem[len] == ' ');
	}
	return whole > 0 ? has / whole : 0;
}

static int
by_share(const void *a, const void *b)
{
	const struct lexicon_part *x = a, *y = b;

	return x->share != y->share ? (x->share < y->share) - (x->share > y->share) :
	    (x->lexeme > y->lexeme) - (x->lexeme < y->lexeme);
}

size_t
lexicon_parts(const struct lexicon *l, const struct lexicon_word *words, size_t count, struct lexicon_part *out,
    size_t most)
{
	uint8_t *seen = need_zeroed(l->phrase_count + 1, 1);
	struct lexicon_part *list = NULL;
	size_t found = 0, cap = 0;

	for (size_t w = 0; w < count; w++)
		for (size_t s = 0; s < words[w].count; s++) {
			const struct fold_variant *stem = &words[w].stems[s];
			uint32_t i = stem->len < TELLING_LEAST ? END : l->slots[slot_of(l, stem->key, stem->len)];

			for (; i != END; i = l->occurrences[i].next) {
				const struct phrase *p = &l->phrases[l->occurrences[i].phrase];
				struct lexicon_part part = { .lexeme = p->lexeme };

				if (seen[l->occurrences[i].phrase])
					continue;
				seen[l->occurrences[i].phrase] = 1;
				part.share = share_of(l, p, words, count, &part.mask);
				if (part.share < PART_LEAST)
					continue;
				if (found > 0 && list[found - 1].lexeme == part.lexeme) {
					if (list[found - 1].share < part.share)
						list[found - 1] = part;
					continue;
				}
				if (found == cap) {
					cap = cap ? cap * 2 : 32;
					list = need_realloc(list, cap * sizeof *list);
				}
				list[found++] = part;
			}
		}
	if (found > 1)
		qsort(list, found, sizeof *list, by_share);
	if (found > most)
		found = most;
	if (found > 0)
		memcpy(out, list, found * sizeof *list);
	free(list);
	free(seen);
	return found;
}

size_t
lexicon_named(const struct lexicon *l, enum lexeme_kind kind, struct bytes name, size_t *out, size_t most)
{
	struct buf folded = { 0 };
	size_t found = 0;

	fold_phrase(name, &folded);
	buf_put_u8(&folded, 0);
	for (size_t i = 0; i < l->count && found < most; i++) {
		const struct entry *en = &l->entries[i];
		bool same = name.len > 0 && en->shown.code[0] && bytes_equal(bytes_text(en->shown.code), name);

		if (en->shown.kind != kind)
			continue;
		for (uint32_t k = 0; k < en->phrase_count && !same; k++)
			same = strcmp(text_at(l, l->phrases[en->first_phrase + k].folded), (const char *)folded.p) == 0;
		if (same)
			out[found++] = i;
	}
	buf_free(&folded);
	return found;
}
