/* What each counted entry says on an axis. */
#include "node/search/inside.h"
#include "node/search/tallying.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/freshness.h"

struct pair {
	uint32_t at, value;
};
struct making {
	struct tallying *y;
	struct axis *x;
	char **wanted;
	size_t wanted_count;
	uint32_t value;                /* that is being given */
	struct pair *pairs;
	size_t count, cap;
	void (*each)(void *self, const struct term *term);   /* terms themselves are asked for; NULL: who has them */
	void *self;
	bool *decided;                 /* organisation: the entry names one itself */
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_wanted(const struct making *m, const char *key)
{
	return m->wanted == NULL || bsearch(&key, m->wanted, m->wanted_count, sizeof *m->wanted, by_text);
}

static uint32_t
new_value(struct making *m, const char *key)
{
	struct axis *x = m->x;

	x->values = need_room(x->values, x->count, &x->cap, sizeof *x->values);
	x->values[x->count] = (struct value){ .key = need_strdup(key) };
	return (uint32_t)x->count++;
}

/* The number of the value KEY, a new one where there is none. */
static uint32_t
value_of(struct making *m, const char *key)
{
	for (size_t i = 0; i < m->x->count; i++)
		if (strcmp(m->x->values[i].key, key) == 0)
			return (uint32_t)i;
	return new_value(m, key);
}

static void
say(void *self, uint32_t at)
{
	struct making *m = self;

	if ((m->decided && m->decided[at]) || (m->x->what == AXIS_PLACE && (m->y->fresh[at] & TALLYING_UNPLACED)))
		return;
	m->pairs = need_room(m->pairs, m->count, &m->cap, sizeof *m->pairs);
	m->pairs[m->count++] = (struct pair){ at, m->value };
	m->x->values[m->value].at = at;
}

static void
meet(struct making *m, const struct term *term)
{
	if (m->each)
		m->each(m->self, term);
	else
		tally_meet(m->y, term, say, m);
}

static void
give(struct making *m, const char *key, const struct term *term)
{
	if (!is_wanted(m, key))
		return;
	m->value = value_of(m, key);
	meet(m, term);
}

/* --- values that are terms themselves --- */

static bool
give_term(void *self, const struct term *term, uint64_t documents)
{
	struct making *m = self;
	char key[INDEX_KEY + 1];

	m->y->read += documents / INDEX_BLOCK + 1;
	memcpy(key, term->key, term->len);
	key[term->len] = 0;
	give(m, m->x->what == AXIS_PLACE ? names_place(m->y, key) : key, term);
	return !m->y->too_costly;
}

static void
from_terms(struct making *m, enum term_class class)
{
	index_terms(m->y->t, class, "", 0, give_term, m);
}

/* Terms of taxonomies are referred to, by any of the records that define them. */
static void
give_reference(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	struct making *m = self;
	struct term term = { TERM_ABOUT, LEXICON_REFERENCE, (const char *)key };

	meet(m, &term);
}

static void
from_lexemes(struct making *m)
{
	for (size_t i = 0; i < lexicon_count(m->y->l); i++) {
		const struct lexeme *x = lexicon_at(m->y->l, i);

		if (x->kind != LEXEME_TOPIC || !is_wanted(m, x->code))
			continue;
		m->value = value_of(m, x->code);
		lexicon_records(m->y->l, i, give_reference, m);
	}
}

/* --- organisations --- */

static bool
give_author(void *self, const struct term *term, uint64_t documents)
{
	struct making *m = self;
	const struct membership *members = records_membership(m->y->r);
	const struct member *who;
	char key[ID_TEXT];
	struct id id;

	m->y->read += documents / INDEX_BLOCK + 1;
	if (term->len != ID_LEN)
		return true;
	memcpy(id.b, term->key, ID_LEN);
	if (m->x->what == AXIS_ORGANISATION) {
		give(m, id_format(ID_ORGANISATION, &id, key), term);
	} else if (members && (who = membership_find(members, &id)) != NULL) {
		char home[3] = { (char)(who->territory >> 8), (char)who->territory, 0 };

		give(m, home, term);
	}
	return !m->y->too_costly;
}

/* The entry of an organisation is its own. */
static void
say_itself(struct making *m, const struct id *record)
{
	size_t low = 0, high = m->y->count;
	uint32_t doc;

	if (!docs_find(m->y->t, record, &doc))
		return;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (m->y->docs[mid] < doc)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < m->y->count && m->y->docs[low] == doc)
		say(m, (uint32_t)low);
}

static bool
give_organisation(void *self, const struct verified *v)
{
	struct making *m = self;
	uint8_t reference[ID_LEN + UUID_LEN];
	struct term term = { TERM_ABOUT, sizeof reference, (const char *)reference };
	char author[ID_TEXT], name[UUID_TEXT], key[ID_TEXT + UUID_TEXT];
	size_t before = m->count;

	m->y->read++;
	memcpy(reference, v->record.author.b, ID_LEN);
	memcpy(reference + ID_LEN, v->record.name.b, UUID_LEN);
	snprintf(key, sizeof key, "%s/%s", id_format(ID_ORGANISATION, &v->record.author, author),
	    uuid_format(&v->record.name, name));
	/* Whether it is asked for or not: what it stands for is not its author's. */
	m->value = new_value(m, key);
	say_itself(m, &v->id);
	tally_meet(m->y, &term, say, m);
	for (size_t i = before; i < m->count; i++)
		m->decided[m->pairs[i].at] = true;
	if (!is_wanted(m, key))
		m->count = before;
	return !m->y->too_costly;
}

/* One each: the first organisation that the entry names, else its author. */
static void
from_organisations(struct making *m)
{
	m->decided = need_zeroed(m->y->count + 1, sizeof *m->decided);
	records_each(m->y->r, m->y->t, KIND_ORGANISATION, give_organisation, m);
	index_terms(m->y->t, TERM_AUTHOR, "", 0, give_author, m);
	free(m->decided);
	m->decided = NULL;
}

/* --- what stands in the entry's row --- */

static void
from_rows(struct making *m)
{
	for (uint32_t i = 0; i < m->y->count; i++) {
		const struct kind *k = kind_find(m->y->kinds[i]);
		const char *key = m->x->what == AXIS_KIND ? k ? k->word : NULL :
		    freshness_word((enum freshness)(m->y->fresh[i] & TALLYING_FRESH));

		if (key == NULL || !is_wanted(m, key))
			continue;
		m->value = value_of(m, key);
		say(m, i);
	}
}

/* --- all together --- */

/* From pairs in any order to runs: an entry has each value once. */
static void
arrange(struct making *m)
{
	struct axis *x = m->x;
	size_t n = m->y->count;
	uint32_t *end;

	x->from = need_zeroed(n + 2, sizeof *x->from);
	x->of = need_zeroed(m->count + 1, sizeof *x->of);
	for (size_t i = 0; i < m->count; i++)
		x->from[m->pairs[i].at + 1]++;
	for (size_t i = 0; i < n; i++)
		x->from[i + 1] += x->from[i];
	end = need_alloc((n + 1) * sizeof *end);
	memcpy(end, x->from, (n + 1) * sizeof *end);
	for (size_t i = 0; i < m->count; i++) {
		const struct pair *p = &m->pairs[i];
		uint32_t j = x->from[p->at];

		while (j < end[p->at] && x->of[j] != p->value)
			j++;
		if (j == end[p->at])
			x->of[end[p->at]++] = p->value;
	}
	/* Doubles left gaps. */
	uint32_t to = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t from = x->from[i];

		x->from[i] = to;
		for (; from < end[i]; from++)
			x->of[to++] = x->of[from];
	}
	x->from[n] = to;
	free(end);
}

static const uint8_t classes[AXES] = { [AXIS_TERRITORY] = TERM_TERRITORY, [AXIS_TOPIC] = TERM_TOPIC,
	[AXIS_PLACE] = TERM_PLACE, [AXIS_LANGUAGE] = TERM_SPEAKS, [AXIS_TEXT_LANGUAGE] = TERM_TEXT_LANGUAGE,
	[AXIS_CHANNEL] = TERM_CHANNEL, [AXIS_ACCESS] = TERM_ACCESS };

void
axis_terms(struct tallying *y, enum tally_axis what, char **wanted, size_t wanted_count,
    void (*fn)(void *self, const struct term *term), void *self)
{
	struct axis values = { .what = what };
	struct making m = { .y = y, .x = &values, .wanted = wanted, .wanted_count = wanted_count, .each = fn,
		.self = self };

	qsort(wanted, wanted_count, sizeof *wanted, by_text);
	from_terms(&m, (enum term_class)classes[what]);
	if (what == AXIS_TOPIC)
		from_lexemes(&m);
	axis_done(&values);
}

void
axis_make(struct tallying *y, enum tally_axis what, char **wanted, size_t wanted_count, struct axis *out)
{
	struct making m = { .y = y, .x = out, .wanted = wanted, .wanted_count = wanted_count };

	*out = (struct axis){ .what = what };
	if (wanted)
		qsort(wanted, wanted_count, sizeof *wanted, by_text);
	if (classes[what])
		from_terms(&m, (enum term_class)classes[what]);
	if (what == AXIS_TOPIC)
		from_lexemes(&m);
	else if (what == AXIS_ORGANISATION)
		from_organisations(&m);
	else if (what == AXIS_HOME)
		index_terms(y->t, TERM_AUTHOR, "", 0, give_author, &m);
	else if (what == AXIS_KIND || what == AXIS_FRESHNESS)
		from_rows(&m);
	arrange(&m);
	free(m.pairs);
}

void
axis_done(struct axis *x)
{
	for (size_t i = 0; i < x->count; i++)
		free(x->values[i].key);
	free(x->values);
	free(x->from);
	free(x->of);
	*x = (struct axis){ 0 };
}
