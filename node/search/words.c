/* What the words of a query may mean, each reading at a price. */
#include "node/search/asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/kinds/tables.h"
#include "proto/territory.h"

/* What a match by another reading is worth; measured on tests/golden/search. */
#define WORTH_ONE_EDIT 0.75f
#define WORTH_TWO_EDITS 0.55f
#define WORTH_BEGUN 0.72f          /* the last word is not finished */
#define WORTH_BEGUN_WHOLE 0.45f    /* ... but is a word as it stands */
#define WORTH_FORM 0.9f            /* an inflected form of such a reading */
/* By a lexeme: the records that it names, its code, its names in the text; a place's neighbours in the tree. */
#define WORTH_REFERENCE 0.9f
#define WORTH_CODE 0.8f
#define WORTH_NAME 0.45f
#define WORTH_BELOW 0.85f
#define WORTH_ABOVE 0.4f
#define WORTH_TERRITORY 0.3f       /* of a place: somewhere in its territory */
#define WORTH_TERRITORY_UNKNOWN 0.9f /* ... where the query is about help whose place must stay unknown */
#define WORTH_PART 0.7f            /* of a lexeme, when the query has all telling words of its name */
#define WORTH_LEAST 0.1f

#define EDIT_LEAST 4               /* letters of a word that may have a slip */
#define TWO_EDITS_LEAST 8
#define BEGUN_LEAST 2
#define NUMBER_LEAST 7             /* digits of a telephone number as it is dialled at home, or from abroad */
#define FORMS_MOST 48              /* of a stem, of a beginning, of a slip */
#define STEMS_MOST 48
#define STEM_PENALTY_MOST 24       /* each stem is a look through all words that begin so */
#define LEXEMES_MOST 6
#define PARTS_MOST 12
#define DEPTH_MOST 3
/*
 * Words of the vocabulary that are looked at for one search, a tenth of a second: what honest texts have is far below, but a
 * member can write a million words that are all alike.
 */
#define LOOKS_MOST 400000

struct reading {
	struct asked *asked;
	struct store_txn *txn;
	const struct lexicon *lexicon;
	struct fold_variant stems[QUERY_WORDS][STEMS_MOST];
	size_t stem_count[QUERY_WORDS];
	uint64_t looks;                /* left */
};

/* --- alternatives --- */

static void
add(struct asked *a, uint8_t class, const void *key, size_t len, float worth, uint16_t mask)
{
	struct alternative *n;

	if (len == 0 || len > INDEX_KEY || worth < WORTH_LEAST || a->count == ALTERNATIVES_MOST)
		return;
	a->list = need_room(a->list, a->count, &a->cap, sizeof *a->list);
	n = &a->list[a->count++];
	*n = (struct alternative){ .class = class, .len = (uint8_t)len, .worth = worth, .mask = mask };
	memcpy(n->key, key, len);
	n->phrase = class == TERM_WORD && memchr(key, ' ', len) != NULL;
	for (size_t i = 0; i < a->words; i++)
		a->known[i] |= (mask >> i & 1) != 0;
}

struct forms {
	struct asked *asked;
	float worth;
	uint16_t mask;
	size_t count;
};

static bool
add_form(void *self, const struct term *term, uint64_t documents)
{
	struct forms *f = self;

	(void)documents;
	add(f->asked, TERM_WORD, term->key, term->len, f->worth, f->mask);
	return ++f->count < FORMS_MOST;
}

/* Every word with this stem. */
static size_t
add_forms(struct reading *r, const char *stem, size_t len, float worth, uint16_t mask)
{
	struct forms f = { r->asked, worth, mask, 0 };

	index_inflected(r->txn, stem, len, &r->looks, add_form, &f);
	return f.count;
}

static void
add_forms_of(struct reading *r, const char *key, size_t len, float worth, uint16_t mask)
{
	char stem[FOLD_WORD + 1];

	if (len <= FOLD_WORD)
		add_forms(r, stem, fold_stem(key, len, stem), worth, mask);
}

/* --- one word --- */

static bool
is_there(struct store_txn *t, const char *key, size_t len)
{
	struct term term = { TERM_WORD, (uint8_t)len, key };
	struct postings *p = postings_open(t, &term);
	struct posting first;
	bool any = postings_next(p, &first);

	postings_close(p);
	return any;
}

/* By what stems the lexicon is asked for word I; in order of penalty. */
static void
note_stem(struct reading *r, size_t i, const char *key, size_t len, uint8_t penalty)
{
	struct fold_variant v = { .penalty = penalty, .means = FOLD_STEM };
	size_t *count = &r->stem_count[i], at;

	if (r->lexicon == NULL)
		return;
	v.len = (uint8_t)fold_stem(key, len, v.key);
	for (size_t k = 0; k < *count; k++)
		if (r->stems[i][k].len == v.len && memcmp(r->stems[i][k].key, v.key, v.len) == 0) {
			if (penalty < r->stems[i][k].penalty)
				r->stems[i][k].penalty = penalty;
			return;
		}
	if (*count == STEMS_MOST)
		return;
	for (at = *count; at > 0 && r->stems[i][at - 1].penalty > penalty; at--)
		r->stems[i][at] = r->stems[i][at - 1];
	r->stems[i][at] = v;
	++*count;
}

struct similar {
	struct reading *reading;
	size_t word, count;
	unsigned least;
};

static bool
note_distance(void *self, const char *key, size_t len, unsigned distance)
{
	struct similar *s = self;

	(void)key, (void)len;
	if (distance < s->least)
		s->least = distance;
	return true;
}

static bool
add_similar(void *self, const char *key, size_t len, unsigned distance)
{
	struct similar *s = self;
	float worth = distance == 1 ? WORTH_ONE_EDIT : WORTH_TWO_EDITS;
	uint16_t mask = (uint16_t)(1u << s->word);

	if (distance > s->least)
		return true;
	add(s->reading->asked, TERM_WORD, key, len, worth, mask);
	add_forms_of(s->reading, key, len, worth * WORTH_FORM, mask);
	note_stem(s->reading, s->word, key, len, distance == 1 ? 25 : 45);
	return ++s->count < FORMS_MOST;
}

/* What was probably meant: the words with the fewest slips. */
static void
read_slips(struct reading *r, size_t i)
{
	const struct fold_word *w = &r->asked->word[i];
	unsigned edits = w->len < EDIT_LEAST ? 0 : w->len < TWO_EDITS_LEAST ? 1 : 2;
	struct similar s = { r, i, 0, 3 };

	if (edits == 0)
		return;
	index_similar(r->txn, w->key, w->len, 1, &r->looks, note_distance, &s);
	if (s.least > 1 && edits == 2)
		index_similar(r->txn, w->key, w->len, 2, &r->looks, note_distance, &s);
	if (s.least <= edits)
		index_similar(r->txn, w->key, w->len, s.least, &r->looks, add_similar, &s);
}

/* Words that begin as the last one does: those that stand in most documents. */
struct begun {
	uint64_t *looks;
	size_t count, len;
	struct {
		char key[FOLD_WORD + 1];
		uint8_t len;
		uint64_t documents;
	} list[FORMS_MOST];
};

static bool
note_begun(void *self, const struct term *term, uint64_t documents)
{
	struct begun *b = self;
	size_t at = b->count;

	if (!index_look(b->looks))
		return false;
	if (term->len > FOLD_WORD || term->len == b->len)
		return true;
	while (at > 0 && b->list[at - 1].documents < documents)
		at--;
	if (at == FORMS_MOST)
		return true;
	if (b->count < FORMS_MOST)
		b->count++;
	memmove(b->list + at + 1, b->list + at, (b->count - 1 - at) * sizeof *b->list);
	memcpy(b->list[at].key, term->key, term->len);
	b->list[at].key[term->len] = 0;
	b->list[at].len = term->len;
	b->list[at].documents = documents;
	return true;
}

static void
read_beginning(struct reading *r, size_t i, const char *key, size_t len, float worth)
{
	struct begun b = { .looks = &r->looks, .len = len };

	index_terms(r->txn, TERM_WORD, key, len, note_begun, &b);
	for (size_t k = 0; k < b.count; k++) {
		add(r->asked, TERM_WORD, b.list[k].key, b.list[k].len, worth, (uint16_t)(1u << i));
		if (k < 8)
			note_stem(r, i, b.list[k].key, b.list[k].len, 35);
	}
}

static void
read_word(struct reading *r, size_t i, bool unfinished)
{
	const struct fold_word *w = &r->asked->word[i];
	struct fold_variant v[FOLD_VARIANTS];
	size_t count = fold_variants(w->key, w->len, v), forms = 0;
	uint16_t mask = (uint16_t)(1u << i);
	bool there = false;

	for (size_t k = 0; k < count; k++) {
		float worth = 1.0f - (float)v[k].penalty / 100.0f;

		note_stem(r, i, v[k].key, v[k].len, v[k].penalty);
		if (v[k].means == FOLD_STEM) {
			if (v[k].penalty > STEM_PENALTY_MOST)
				continue;
			forms += add_forms(r, v[k].key, v[k].len, worth, mask);
		} else if (is_there(r->txn, v[k].key, v[k].len)) {
			there = true;
			add(r->asked, TERM_WORD, v[k].key, v[k].len, worth, mask);
		}
	}
	if (unfinished && w->len >= BEGUN_LEAST)
		read_beginning(r, i, w->key, w->len, there ? WORTH_BEGUN_WHOLE : WORTH_BEGUN);
	if (!there && forms == 0)
		read_slips(r, i);
}

/* --- telephone numbers --- */

static bool
is_number(const struct fold_word *w)
{
	return strspn(w->key, "0123456789") == w->len;
}

/* Only signs that people put between digits stand between A and B. */
static bool
is_joined(struct bytes text, const struct fold_word *a, const struct fold_word *b)
{
	for (uint32_t at = a->end; at < b->at; at++)
		if (strchr(" -/.()", text.p[at]) == NULL || text.p[at] == 0)
			return false;
	return true;
}

/* Entries have numbers as they are dialled from abroad: "044/123-456" and "00 383 44 123456" stand there as "38344123456". */
static void
add_number(struct asked *a, const char *digits, uint16_t mask)
{
	char key[FOLD_WORD + 1];

	if (digits[0] != '0' || digits[1] == '0') {
		digits += digits[0] == '0' ? 2 : 0;
		add(a, TERM_WORD, digits, strlen(digits), 1, mask);
		return;
	}
	for (size_t t = 0; t < territory_codes.count; t++) {
		const char *code = territory_calling_code(bytes_text(territory_codes.codes[t].word));

		if (code && snprintf(key, sizeof key, "%s%s", code, digits + 1) < (int)sizeof key)
			add(a, TERM_WORD, key, strlen(key), 1, mask);
	}
}

static void
read_numbers(struct asked *a, struct bytes text)
{
	for (size_t i = 0, next; i < a->words; i = next) {
		char digits[FOLD_WORD + 1];
		size_t len = 0;
		uint16_t mask = 0;

		next = i + 1;
		if (!is_number(&a->word[i]))
			continue;
		for (next = i; next < a->words && is_number(&a->word[next]) && len + a->word[next].len < sizeof digits &&
		    (next == i || is_joined(text, &a->word[next - 1], &a->word[next])); next++) {
			memcpy(digits + len, a->word[next].key, a->word[next].len);
			len += a->word[next].len;
			mask |= (uint16_t)(1u << next);
		}
		digits[len] = 0;
		if (len >= NUMBER_LEAST)
			add_number(a, digits, mask);
		next += next == i;
	}
}

/* --- lexemes --- */

struct naming {
	struct reading *reading;
	const struct lexeme *lexeme;
	float worth;
	uint16_t mask;
	unsigned depth;
};

static void
add_reference(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	const struct naming *n = self;

	add(n->reading->asked, TERM_ABOUT, key, LEXICON_REFERENCE, n->worth * WORTH_REFERENCE, n->mask);
}

/* A name in a text; of a single word also its forms. */
static bool
add_name(void *self, const char *folded)
{
	const struct naming *n = self;
	size_t len = strlen(folded);

	if (n->lexeme->kind == LEXEME_PLACE)
		add(n->reading->asked, TERM_PLACE, folded, len, n->worth, n->mask);
	add(n->reading->asked, TERM_WORD, folded, len, n->worth * WORTH_NAME, n->mask);
	if (memchr(folded, ' ', len) == NULL)
		add_forms_of(n->reading, folded, len, n->worth * WORTH_NAME * WORTH_FORM, n->mask);
	return true;
}

static void
add_lexeme_only(struct naming *n, size_t lexeme)
{
	const struct lexicon *l = n->reading->lexicon;

	n->lexeme = lexicon_at(l, lexeme);
	if (n->lexeme->kind == LEXEME_TOPIC)
		add(n->reading->asked, TERM_TOPIC, n->lexeme->code, strlen(n->lexeme->code), n->worth * WORTH_CODE, n->mask);
	else if (n->lexeme->whole)
		add(n->reading->asked, TERM_TERRITORY, n->lexeme->territory, strlen(n->lexeme->territory), n->worth, n->mask);
	lexicon_records(l, lexeme, add_reference, n);
	lexicon_names(l, lexeme, add_name, n);
}

static void
add_below(void *self, size_t lexeme)
{
	struct naming below = *(struct naming *)self;

	if (below.depth++ == DEPTH_MOST || below.lexeme->whole)
		return;
	below.worth *= WORTH_BELOW;
	add_lexeme_only(&below, lexeme);
	lexicon_below(below.reading->lexicon, lexeme, add_below, &below);
}

static void
add_above(struct naming above)
{
	const struct lexicon *l = above.reading->lexicon;

	while (above.depth++ < DEPTH_MOST && above.lexeme->parent != LEXICON_NONE) {
		above.worth *= WORTH_ABOVE;
		if (lexicon_at(l, above.lexeme->parent)->whole)
			return;
		add_lexeme_only(&above, above.lexeme->parent);
	}
}

/* A lexeme that words of the query name. */
struct named {
	size_t lexeme;
	float worth;
	uint16_t mask;
};
#define NAMED_MOST (QUERY_WORDS * LEXEMES_MOST + PARTS_MOST)

static void
read_lexeme(struct reading *r, const struct named *named, float territory)
{
	struct naming n = { .reading = r, .worth = named->worth, .mask = named->mask };

	add_lexeme_only(&n, named->lexeme);
	lexicon_below(r->lexicon, named->lexeme, add_below, &n);
	add_above(n);
	if (n.lexeme->kind != LEXEME_PLACE)
		return;
	r->asked->places |= n.mask;
	if (!n.lexeme->whole)
		add(r->asked, TERM_TERRITORY, n.lexeme->territory, strlen(n.lexeme->territory), n.worth * territory, n.mask);
}

/* A shelter is at no place: who asks for one in a town means that of the town's territory. */
static float
worth_of_territory(const struct reading *r, const struct named *named, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct lexeme *x = lexicon_at(r->lexicon, named[i].lexeme);
		const struct code *c = x->kind == LEXEME_TOPIC ? code_find(&service_codes, bytes_text(x->code)) : NULL;

		if (c && (c->flags & CODE_CONFIDENTIAL))
			return WORTH_TERRITORY_UNKNOWN;
	}
	return WORTH_TERRITORY;
}

static bool
is_one_word_of(uint16_t mask, uint16_t words)
{
	return (mask & (mask - 1)) == 0 && (mask & ~words) == 0;
}

static void
read_lexemes(struct reading *r)
{
	struct lexicon_word words[QUERY_WORDS] = { 0 };
	struct lexicon_part parts[PARTS_MOST];
	struct named list[NAMED_MOST];
	size_t count = r->asked->words, part_count, list_count = 0;
	uint16_t named = 0;            /* by several words together */
	float territory;

	for (size_t i = 0; i < count; i++)
		words[i] = (struct lexicon_word){ r->stems[i], r->stem_count[i] };
	for (size_t at = 0; at < count;) {
		struct lexicon_match m[LEXEMES_MOST];
		size_t found = lexicon_find(r->lexicon, words, count, at, m, LEXEMES_MOST);

		for (size_t i = 0; i < found; i++) {
			uint16_t mask = (uint16_t)(((1u << m[i].words) - 1) << at);

			named |= m[i].words > 1 ? mask : 0;
			list[list_count++] = (struct named){ m[i].lexeme, 1 - (float)m[i].penalty / 100, mask };
		}
		at += found ? m[0].words : 1;
	}
	part_count = lexicon_parts(r->lexicon, words, count, parts, PARTS_MOST);
	/* "Kuća" of a safe house is no word of household goods. */
	for (size_t i = 0; i < part_count; i++)
		if (!is_one_word_of(parts[i].mask, named))
			list[list_count++] = (struct named){ parts[i].lexeme, WORTH_PART * parts[i].share, parts[i].mask };
	territory = worth_of_territory(r, list, list_count);
	for (size_t i = 0; i < list_count; i++)
		read_lexeme(r, &list[i], territory);
}

/* --- all of it --- */

static bool
note_word(void *self, const struct fold_word *w)
{
	struct asked *a = self;

	a->word[a->words++] = *w;
	return a->words < QUERY_WORDS;
}

static int
compare(const struct alternative *x, const struct alternative *y)
{
	int order = (int)x->class - (int)y->class;

	if (order == 0)
		order = bytes_compare((struct bytes){ (const uint8_t *)x->key, x->len },
		    (struct bytes){ (const uint8_t *)y->key, y->len });
	return order ? order : (int)x->mask - (int)y->mask;
}

static int
by_term(const void *a, const void *b)
{
	const struct alternative *x = a, *y = b;
	int order = compare(x, y);

	return order ? order : (x->worth < y->worth) - (x->worth > y->worth);
}

static int
by_worth(const void *a, const void *b)
{
	const struct alternative *x = a, *y = b;

	return x->worth != y->worth ? (x->worth < y->worth) - (x->worth > y->worth) : by_term(a, b);
}

/* Each once, the worthiest first. */
static void
put_in_order(struct asked *a)
{
	size_t kept = 0;

	if (a->count == 0)
		return;
	qsort(a->list, a->count, sizeof *a->list, by_term);
	for (size_t i = 0; i < a->count; i++)
		if (kept == 0 || compare(&a->list[kept - 1], &a->list[i]) != 0)
			a->list[kept++] = a->list[i];
	a->count = kept;
	qsort(a->list, a->count, sizeof *a->list, by_worth);
}

enum err_code
asked_read(struct asked *a, struct store_txn *t, const struct lexicon *l, struct bytes text, struct err *e)
{
	struct reading *r;

	if (text.len > QUERY_TEXT)
		return err_set(e, ERR_LIMIT, "text", "length", "a search has at most %d bytes", QUERY_TEXT);
	fold_text(text, note_word, a);
	r = need_alloc(sizeof *r);             /* stems are many, and counted */
	r->asked = a;
	r->txn = t;
	r->lexicon = l;
	memset(r->stem_count, 0, sizeof r->stem_count);
	r->looks = LOOKS_MOST;
	for (size_t i = 0; i < a->words; i++)
		read_word(r, i, a->word[i].end == text.len);
	read_numbers(a, text);
	if (l)
		read_lexemes(r);
	a->read += LOOKS_MOST - r->looks;
	free(r);
	put_in_order(a);
	return ERR_OK;
}

void
asked_free(struct asked *a)
{
	if (a == NULL)
		return;
	free(a->list);
	free(a->marks);
	free(a);
}
