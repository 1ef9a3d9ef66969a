/* What a record can be found by. */
#include "node/search/inside.h"

#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "node/record/freshness.h"
#include "proto/cbor.h"
#include "proto/territory.h"

#define SLOTS_LEAST 256
#define NAME_WEIGHT 8              /* fields of at least this weight name the entry */
#define EPOCH_DAY 18262            /* 2020-01-01 */

struct cutting {
	struct terms *out;
	const struct kind *k;
	uint64_t seed;
	uint32_t *slots;               /* offset + 1 of a packed term; 0: free */
	size_t slot_count;
	uint8_t weight, fields;        /* of the text that is being cut */
	size_t words;
};

/* --- each term once --- */

static uint32_t
hash(uint64_t seed, uint8_t class, const void *key, size_t len)
{
	const uint8_t *p = key;
	uint64_t h = seed ^ (class * 0x9e3779b97f4a7c15u);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	return (uint32_t)((h * 0xd6e8feb86659fd93u) >> 32);
}

static uint32_t
packed_hash(const uint8_t *p)
{
	uint32_t h;

	memcpy(&h, p, sizeof h);
	return h;
}

static void
grow(struct cutting *c)
{
	size_t at = 0, count = c->slot_count * 2;
	struct packed p;

	free(c->slots);
	c->slots = need_zeroed(count, sizeof *c->slots);
	c->slot_count = count;
	for (size_t before = 0; terms_next(c->out, &at, &p); before = at) {
		size_t i = p.hash & (count - 1);

		while (c->slots[i])
			i = (i + 1) & (count - 1);
		c->slots[i] = (uint32_t)before + 1;
	}
}

static uint8_t
saturated(unsigned v)
{
	return v > UINT8_MAX ? UINT8_MAX : (uint8_t)v;
}

static void
append(struct cutting *c, uint32_t h, uint8_t class, const void *key, size_t len, uint8_t weight, uint8_t fields)
{
	uint8_t *p = buf_grow(&c->out->packed, TERM_HEAD + 1 + len);

	memcpy(p, &h, sizeof h);
	p[4] = weight;
	p[5] = fields;
	p[6] = (uint8_t)(1 + len);
	p[7] = class;
	memcpy(p + 8, key, len);
	c->out->count++;
}

static void
add(struct cutting *c, uint8_t class, const void *key, size_t len, uint8_t weight, uint8_t fields)
{
	uint32_t h = hash(c->seed, class, key, len);
	size_t i = h & (c->slot_count - 1);

	if (len == 0 || len > INDEX_KEY)
		return;
	for (; c->slots[i]; i = (i + 1) & (c->slot_count - 1)) {
		uint8_t *p = c->out->packed.p + c->slots[i] - 1;

		if (packed_hash(p) != h || p[6] != 1 + len || p[7] != class || memcmp(p + 8, key, len) != 0)
			continue;
		if (weight > 0 && fields > 0)        /* of words alone: how often and where they stand */
			p[4] = saturated(p[4] + weight);
		p[5] |= fields;
		return;
	}
	c->slots[i] = (uint32_t)c->out->packed.len + 1;
	append(c, h, class, key, len, weight, fields);
	if (c->out->count * 2 > c->slot_count)
		grow(c);
}

bool
terms_next(const struct terms *t, size_t *at, struct packed *out)
{
	const uint8_t *p = t->packed.p + *at;

	if (*at >= t->packed.len)
		return false;
	*out = (struct packed){ packed_hash(p), p[4], p[5], { p + TERM_HEAD, p[6] } };
	*at += TERM_HEAD + (size_t)p[6];
	return true;
}

/* A facet: it stands or it does not. */
static void
add_facet(struct cutting *c, enum term_class class, struct bytes key)
{
	add(c, (uint8_t)class, key.p, key.len, 1, 0);
}

/* --- words --- */

static bool
add_word(void *self, const struct fold_word *w)
{
	struct cutting *c = self;

	add(c, TERM_WORD, w->key, w->len, c->weight, c->fields);
	c->words++;
	return true;
}

static void
add_text(struct cutting *c, struct bytes text, uint8_t weight, uint8_t fields)
{
	c->weight = weight;
	c->fields = fields;
	if (weight > 0)
		fold_text(text, add_word, c);
}

static bool
mark_whole(void *self, const struct fold_word *w)
{
	add(self, TERM_WORD, w->key, w->len, 0, IS_TITLE);
	return false;
}

/* Which bit a word of this field has. */
static uint8_t
place_of(const struct cutting *c, const struct walk_value *v)
{
	const struct field *f = v->field;

	if (f == v->top && f->number == c->k->title)
		return IN_TITLE;
	if (f->flags & FIELD_PLACE)
		return IN_PLACE;
	if (f->type == FIELD_CODE)
		return IN_TOPIC;
	return f->weight >= NAME_WEIGHT ? IN_NAME : IN_TEXT;
}

static void
add_text_of(struct cutting *c, const struct walk_value *v, struct bytes text)
{
	size_t before = c->words;
	uint8_t fields = place_of(c, v);

	add_text(c, text, v->field->weight, fields);
	if (fields == IN_TITLE && c->words == before + 1)
		fold_text(text, mark_whole, c);
}

/* "sr" of "sr-Cyrl". */
static void
add_tag(struct cutting *c, struct bytes tag)
{
	const uint8_t *end = tag.len ? memchr(tag.p, '-', tag.len) : NULL;

	if (end)
		tag.len = (size_t)(end - tag.p);
	add_facet(c, TERM_TEXT_LANGUAGE, tag);
}

/* --- values --- */

static void
cut_mltext(struct cutting *c, const struct walk_value *v)
{
	struct cbor_reader r;

	cbor_open(&r, v->item);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return;
	for (size_t n = cbor_array(&r); n > 0 && cbor_peek(&r) == CBOR_ARRAY; n--) {
		struct bytes tag, text;

		if (cbor_array(&r) < 2)
			return;
		tag = cbor_text(&r);
		text = cbor_text(&r);
		cbor_any(&r);
		if (r.fault)
			return;
		add_tag(c, tag);
		add_text_of(c, v, text);
	}
}

static void
cut_place(struct cutting *c, struct bytes name)
{
	struct buf folded = { 0 };

	fold_phrase(name, &folded);
	if (folded.len > INDEX_KEY)
		folded.len = INDEX_KEY;
	add_facet(c, TERM_PLACE, buf_bytes(&folded));
	buf_free(&folded);
}

static void
cut_code(struct cutting *c, const struct walk_value *v, struct bytes word)
{
	static const uint8_t classes[] = { [FACET_TERRITORY] = TERM_TERRITORY, [FACET_TOPIC] = TERM_TOPIC,
		[FACET_CHANNEL] = TERM_CHANNEL, [FACET_ACCESS] = TERM_ACCESS };
	const struct code *code = walk_code(v);

	if (code == NULL)                /* of a newer version: it is not understood, so not shown either */
		return;
	if (v->field->codes->facet != FACET_NONE)
		add_facet(c, classes[v->field->codes->facet], word);
	if (v->field->codes == &territory_codes)
		c->out->doc.territories |= (uint8_t)(1u << (code - territory_codes.codes));
	add_text(c, word, v->field->weight, place_of(c, v));
	add_text(c, bytes_text(code->label), v->field->weight, place_of(c, v));
}

static void
cut_reference(struct cutting *c, const struct walk_value *v)
{
	uint8_t key[ID_LEN + UUID_LEN];
	struct id author;
	struct uuid name;

	if (!walk_reference(v, &author, &name))
		return;
	memcpy(key, author.b, ID_LEN);
	memcpy(key + ID_LEN, name.b, UUID_LEN);
	add_facet(c, TERM_ABOUT, BYTES_OF(key));
}

static bool
cut_value(void *self, const struct walk_value *v)
{
	struct cutting *c = self;
	struct bytes text;
	struct cbor_reader r;

	if (v->field->type == FIELD_MLTEXT) {
		cut_mltext(c, v);
		return true;
	}
	if (v->field->type == FIELD_REFERENCE) {
		cut_reference(c, v);
		return true;
	}
	cbor_open(&r, v->item);
	if (cbor_peek(&r) != CBOR_TEXT)
		return true;
	text = cbor_text(&r);
	if (v->field->type == FIELD_CODE) {
		cut_code(c, v, text);
		return true;
	}
	if (v->field->type == FIELD_LANGUAGE)
		add_facet(c, TERM_SPEAKS, text);
	else if (v->field->type == FIELD_TAG)
		add_tag(c, text);
	else if (v->field->flags & FIELD_PLACE)
		cut_place(c, text);
	add_text_of(c, v, text);
	return true;
}

/* --- the document's row --- */

static uint16_t
bounded(int64_t v)
{
	return v < 0 ? 0 : v > UINT16_MAX ? UINT16_MAX : (uint16_t)v;
}

/* The organisation that its first field of that kind names, else its author. */
static uint64_t
owner_of(const struct kind *k, const struct record *r)
{
	uint8_t owner[ID_LEN + UUID_LEN] = { 0 };
	struct id hash;

	memcpy(owner, r->author.b, ID_LEN);
	if (k->number == KIND_ORGANISATION)
		memcpy(owner + ID_LEN, r->name.b, UUID_LEN);
	for (size_t i = 0; i < k->field_count; i++) {
		const struct field *f = &k->fields[i];
		struct bytes item = f->type == FIELD_REFERENCE && f->target == KIND_ORGANISATION ?
		    body_get(r->body, f->number) : (struct bytes){ NULL, 0 };
		struct cbor_reader in;

		if (item.len == 0)
			continue;
		cbor_open(&in, item);
		if ((f->flags & FIELD_LIST) && cbor_array(&in) == 0)
			continue;
		cbor_array_of(&in, 2);
		cbor_fixed(&in, owner, ID_LEN);
		cbor_fixed(&in, owner + ID_LEN, UUID_LEN);
		break;
	}
	hash_one(BYTES_OF(owner), &hash);
	return get_u64(hash.b);
}

/* Said by a code, or by the entry itself; whether a term of a taxonomy says so is for whoever asks. */
static bool
note_confidential(void *self, const struct walk_value *v)
{
	const struct code *code = walk_code(v);
	struct cbor_reader r;

	cbor_open(&r, v->item);
	if ((code && (code->flags & CODE_CONFIDENTIAL)) ||
	    (v->field->type == FIELD_BOOL && strcmp(v->field->word, "confidential") == 0 && cbor_bool(&r) && !r.fault))
		*(bool *)self = true;
	return !*(bool *)self;
}

static void
fill_doc(const struct kind *k, const struct record *r, size_t words, struct index_doc *out)
{
	bool verified, confidential = false;

	walk_body(k, r->body, note_confidential, &confidential);
	out->kind = k->number;
	out->owner = owner_of(k, r);
	out->audience = (uint8_t)r->audience;
	out->verified_day = bounded(freshness_day(k, r, &verified) - EPOCH_DAY);
	out->stale_days = bounded(freshness_days(k, r->body));
	out->length = bounded((int64_t)(words < UINT16_MAX ? words : UINT16_MAX));
	out->ends = r->expires > UINT32_MAX ? UINT32_MAX : (uint32_t)r->expires;
	out->flags = (uint8_t)((verified ? INDEX_VERIFIED : 0) | (k->flags & KIND_FADES ? INDEX_FADES : 0) |
	    (confidential ? INDEX_CONFIDENTIAL : 0));
}

/* Where the entry states no territory it is that of its author, which the bucket has. */
static void
add_territory(struct cutting *c, bucket_id b)
{
	const uint8_t word[2] = { (uint8_t)(b >> 16), (uint8_t)(b >> 8) };
	const struct code *code = code_find(&territory_codes, BYTES_OF(word));

	if (c->out->doc.territories || code == NULL)
		return;
	c->out->doc.territories = (uint8_t)(1u << (code - territory_codes.codes));
	add_facet(c, TERM_TERRITORY, BYTES_OF(word));
}

void
terms_cut(const struct kind *k, const struct record *r, bucket_id b, enum disclose_as as, uint64_t seed, struct terms *out)
{
	struct cutting c = { .out = out, .k = k, .seed = seed, .slot_count = SLOTS_LEAST };

	_Static_assert(sizeof out->doc.territories * 8 >= 8, "a bit of each territory");
	*out = (struct terms){ 0 };
	while (c.slot_count < r->body.len / 2)
		c.slot_count *= 2;
	c.slots = need_zeroed(c.slot_count, sizeof *c.slots);
	buf_reserve(&out->packed, r->body.len * 2 + 256);
	add_facet(&c, TERM_KIND, bytes_text(k->word));
	add_facet(&c, TERM_AUTHOR, BYTES_OF(r->author));
	if (as == DISCLOSE_AS_EXPOSED)
		add_facet(&c, TERM_EXPOSED, bytes_text(INDEX_EXPOSED));
	disclose_walk_as(k, r->body, as, cut_value, &c);
	add_territory(&c, b);
	fill_doc(k, r, c.words, &out->doc);
	free(c.slots);
}

/* --- what terms follow from, beside records --- */

static void
mix(uint64_t *h, const void *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*h = (*h ^ ((const uint8_t *)p)[i]) * 0x100000001b3u;
}

static void
mix_number(uint64_t *h, uint64_t v)
{
	mix(h, &v, sizeof v);
}

static void
mix_codes(uint64_t *h, const struct code_list *l)
{
	mix_number(h, l->facet);
	for (size_t i = 0; i < l->count; i++) {
		mix(h, l->codes[i].word, strlen(l->codes[i].word) + 1);
		mix(h, l->codes[i].label, strlen(l->codes[i].label) + 1);
		mix_number(h, l->codes[i].flags);
	}
}

static void
mix_fields(uint64_t *h, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];

		mix_number(h, f->number);
		mix_number(h, (uint64_t)f->type << 40 | (uint64_t)f->flags << 8 | f->weight);
		mix(h, f->word, strlen(f->word) + 1);
		if (f->codes)
			mix_codes(h, f->codes);
		mix_fields(h, f->fields, f->field_count);
	}
}

uint64_t
terms_tables(void)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < kinds_count; i++) {
		const struct kind *k = kinds[i];

		if (k->flags & KIND_INTERNAL)
			continue;
		mix_number(&h, k->number);
		mix_number(&h, (uint64_t)k->flags << 32 | (uint64_t)k->verify_days << 16 | k->title);
		mix(&h, k->word, strlen(k->word) + 1);
		mix_fields(&h, k->fields, k->field_count);
	}
	mix_fields(&h, common_fields, common_fields_count);
	return h;
}
