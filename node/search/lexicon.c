/* Names of topics and places, and where they stand in their trees. */
#include "node/search/lexicon_int.h"

#include <stdlib.h>
#include <string.h>

const char *
lexicon_text(const struct lexicon *l, uint32_t at)
{
	return (const char *)l->text.p + at;
}

/* --- putting in order --- */

static int
by_lexeme(const void *a, const void *b, void *lexicon)
{
	const struct phrase *x = a, *y = b;
	int order = (x->lexeme > y->lexeme) - (x->lexeme < y->lexeme);

	return order ? order : strcmp(lexicon_text(lexicon, x->folded), lexicon_text(lexicon, y->folded));
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(((const struct definition *)a)->key, ((const struct definition *)b)->key, LEXICON_REFERENCE);
}

size_t
lexicon_slot(const struct lexicon *l, const char *stem, size_t len)
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
			size_t len = strcspn(lexicon_text(l, stem), " ");
			uint32_t *slot = &l->slots[lexicon_slot(l, lexicon_text(l, stem), len)];

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

	lexicon_gather(l, r, t, trusts, self);
	order_phrases(l);
	index_stems(l);
	if (l->definition_count > 0)
		qsort(l->definitions, l->definition_count, sizeof *l->definitions, by_key);
	for (size_t i = 0; i < l->count; i++) {
		struct entry *en = &l->entries[i];

		en->shown.code = lexicon_text(l, en->code);
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
		if (!fn(self, lexicon_text(l, l->phrases[en->first_phrase + i].folded)))
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
			same = strcmp(lexicon_text(l, l->phrases[en->first_phrase + k].folded), (const char *)folded.p) == 0;
		if (same)
			out[found++] = i;
	}
	buf_free(&folded);
	return found;
}
