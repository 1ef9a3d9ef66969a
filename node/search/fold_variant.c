/* What else a word may be written as, and the stems of all of that. */
#include "node/search/fold.h"

#include <string.h>

/* A letter, or two, that stand for others on some keyboard, in some language, or in another variety of it. */
enum where {
	EVERY,                /* the same hand writes it everywhere: all at once */
	EACH,                 /* here and there: one at a time */
	EACH_VOWEL            /* ... and only before a vowel */
};
static const struct rule {
	char from[4], to[4];
	uint8_t penalty;
	enum where where;
} rules[] = {
	/* Albanian without its ë on the keyboard */
	{ "w", "e", 5, EVERY },
	/* đ is dj here; Albanian and Macedonian gj, often a bare d or g */
	{ "dj", "gj", 10, EVERY }, { "gj", "dj", 10, EVERY }, { "dj", "d", 10, EVERY }, { "gj", "g", 12, EVERY },
	{ "d", "dj", 12, EACH_VOWEL }, { "g", "gj", 18, EACH_VOWEL },
	/* ќ is kj here; a bare k, and ć in Serbian letters; Albanian q */
	{ "kj", "k", 12, EVERY }, { "kj", "c", 12, EVERY }, { "q", "c", 15, EVERY }, { "k", "kj", 20, EACH_VOWEL },
	{ "c", "kj", 20, EACH_VOWEL },
	/* dž and ѕ are dz here; Albanian xh and x; dž for đ; Romani x beside h */
	{ "xh", "dz", 10, EVERY }, { "x", "dz", 18, EVERY }, { "x", "h", 12, EVERY }, { "h", "x", 20, EACH },
	{ "dz", "dj", 15, EVERY }, { "dj", "dz", 15, EVERY }, { "dz", "z", 15, EVERY }, { "dz", "xh", 15, EVERY },
	/* jat */
	{ "ije", "je", 8, EVERY }, { "ije", "e", 8, EVERY }, { "je", "e", 10, EVERY }, { "je", "ije", 15, EACH },
	{ "e", "je", 18, EACH }, { "e", "ije", 20, EACH },
	/* soft l and n */
	{ "lj", "l", 15, EVERY }, { "nj", "n", 15, EVERY }, { "l", "lj", 25, EACH_VOWEL }, { "n", "nj", 25, EACH_VOWEL },
	/* two letters for one with a mark, and Romani aspirates */
	{ "sh", "s", 10, EVERY }, { "zh", "z", 10, EVERY }, { "ch", "c", 8, EVERY }, { "kh", "k", 8, EVERY },
	{ "ph", "p", 8, EVERY }, { "th", "t", 8, EVERY }, { "c", "ch", 18, EACH }, { "s", "sh", 22, EACH },
	{ "k", "kh", 25, EACH }, { "p", "ph", 25, EACH }, { "t", "th", 25, EACH }, { "z", "zh", 25, EACH },
};
#define STEM_PENALTY 12
#define MOST_PENALTY 45
#define MOST_RULES 2

/* In order of penalty; of equal ones, what came first. */
struct variants {
	struct fold_variant *v;
	uint8_t rules[FOLD_VARIANTS];    /* how many led to it */
	size_t count;
};

static bool
same(const struct fold_variant *a, const struct fold_variant *b)
{
	return a->len == b->len && (a->means == FOLD_STEM) == (b->means == FOLD_STEM) && memcmp(a->key, b->key, a->len) == 0;
}

/* Is there a place for what costs so much? */
static bool
has_place(const struct variants *l, unsigned penalty)
{
	return penalty <= MOST_PENALTY && (l->count < FOLD_VARIANTS || penalty < l->v[l->count - 1].penalty);
}

/* Where it belongs; nowhere when it is there for less, or when worse ones are not to be had. */
static void
insert(struct variants *l, const struct fold_variant *v, uint8_t count_rules)
{
	size_t at = 0, gone;

	if (!has_place(l, v->penalty))
		return;
	for (; at < l->count && l->v[at].penalty <= v->penalty; at++)
		if (same(&l->v[at], v))
			return;
	for (gone = at; gone < l->count && !same(&l->v[gone], v); gone++)
		;
	if (gone == l->count && l->count < FOLD_VARIANTS)
		l->count++;
	else if (gone == l->count)
		gone--;
	memmove(l->v + at + 1, l->v + at, (gone - at) * sizeof *l->v);
	memmove(l->rules + at + 1, l->rules + at, gone - at);
	l->v[at] = *v;
	l->rules[at] = count_rules;
}

static bool
fits(const struct rule *r, const struct fold_variant *v, size_t at)
{
	size_t from = 0;
	char next;

	/* A key ends with a zero, which no letter of a rule is. */
	for (; r->from[from]; from++)
		if (v->key[at + from] != r->from[from])
			return false;
	next = v->key[at + from];
	return r->where != EACH_VOWEL || (next && strchr("aeiou", next));
}

static bool
put(struct fold_variant *out, const char *text, size_t len)
{
	if (out->len + len > FOLD_WORD)
		return false;
	memcpy(out->key + out->len, text, len);
	out->len = (uint8_t)(out->len + len);
	out->key[out->len] = 0;
	return true;
}

/* V by rule R: everywhere, or at FROM only. False: it fits nowhere, or the key gets too long. */
static bool
rewrite(const struct rule *r, const struct fold_variant *v, size_t from, struct fold_variant *out)
{
	bool changed = false, room = true;

	*out = (struct fold_variant){ .penalty = (uint8_t)(v->penalty + r->penalty), .means = FOLD_SPELLING };
	for (size_t at = 0; at < v->len && room;) {
		if ((r->where == EVERY || at == from) && fits(r, v, at)) {
			room = put(out, r->to, strlen(r->to));
			at += strlen(r->from);
			changed = true;
		} else {
			room = put(out, v->key + at++, 1);
		}
	}
	return changed && room;
}

static void
apply(const struct rule *r, struct variants *l, size_t i)
{
	struct fold_variant v = l->v[i], next;
	uint8_t count_rules = (uint8_t)(l->rules[i] + 1);
	bool go_on = has_place(l, v.penalty + (unsigned)r->penalty);

	for (size_t from = 0; from < v.len && go_on; from++)
		if (fits(r, &v, from)) {
			if (rewrite(r, &v, from, &next))
				insert(l, &next, count_rules);
			go_on = r->where != EVERY;
		}
}

static void
add_stem(struct variants *l, size_t i)
{
	struct fold_variant stem = { .penalty = (uint8_t)(l->v[i].penalty + STEM_PENALTY), .means = FOLD_STEM };

	stem.len = (uint8_t)fold_stem(l->v[i].key, l->v[i].len, stem.key);
	insert(l, &stem, 0);
}

/* What is worth less comes behind: whatever stands at I has its final place, and everything cheaper was there. */
size_t
fold_variants(const char *key, size_t len, struct fold_variant out[FOLD_VARIANTS])
{
	struct variants l = { .v = out };
	struct fold_variant exact = { .means = FOLD_EXACT };

	if (!put(&exact, key, len))
		return 0;
	insert(&l, &exact, 0);
	for (size_t i = 0; i < l.count; i++) {
		if (out[i].means == FOLD_STEM)
			continue;
		for (size_t k = 0; l.rules[i] < MOST_RULES && k < sizeof rules / sizeof *rules; k++)
			if (strchr(out[i].key, rules[k].from[0]))
				apply(&rules[k], &l, i);
		add_stem(&l, i);
	}
	return l.count;
}
