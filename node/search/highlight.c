/* Where the words of a query stand in a text, in whatever script it was written. */
#include "node/search/asking.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

#define MARKED_FROM 0.4f           /* what is worth less would only be noise */
#define MARK_LEAST 2               /* bytes of a key */
#define PHRASE_WORDS 32

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct mark *)a)->key, ((const struct mark *)b)->key);
}

static void
add_mark(struct asked *a, const char *key, size_t len, const struct mark *as)
{
	struct mark *m;

	a->marks = need_room(a->marks, a->mark_count, &a->mark_cap, sizeof *a->marks);
	m = &a->marks[a->mark_count++];
	*m = *as;
	memcpy(m->key, key, len);
}

/* Of a phrase no word is marked by itself: "for" in "shelter for women" means nothing alone. */
static void
add_words(struct asked *a, const struct alternative *words)
{
	struct mark m = { .phrase = words->phrase ? ++a->phrases : 0, .worth = words->worth };

	for (const char *word = words->key; *word && m.place < PHRASE_WORDS; m.place++) {
		size_t len = strcspn(word, " ");

		if (len >= MARK_LEAST && len <= FOLD_WORD)
			add_mark(a, word, len, &m);
		word += len + (word[len] == ' ');
	}
}

/* Once, when somebody wants to see them. */
static void
gather_marks(struct asked *a)
{
	a->marked = true;
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].class == TERM_WORD && a->list[i].worth >= MARKED_FROM && a->phrases < UINT16_MAX)
			add_words(a, &a->list[i]);
	if (a->mark_count > 1)
		qsort(a->marks, a->mark_count, sizeof *a->marks, by_key);
}

struct marking {
	const struct asked *asked;
	uint32_t *seen;                /* of each phrase the places whose words are in the text, and all there are */
	struct highlight *out;
	size_t count, most;
};
enum { SEEN, WHOLE, PER_PHRASE };

/* The first of the marks that W has, or NULL; they stand together. */
static const struct mark *
marks_of(const struct asked *a, const struct fold_word *w)
{
	const struct mark *m;
	struct mark wanted;

	memcpy(wanted.key, w->key, (size_t)w->len + 1);
	m = bsearch(&wanted, a->marks, a->mark_count, sizeof wanted, by_key);
	while (m && m > a->marks && by_key(m - 1, m) == 0)
		m--;
	return m;
}

static bool
see_word(void *self, const struct fold_word *w)
{
	struct marking *m = self;
	const struct mark *at = marks_of(m->asked, w), *end = m->asked->marks + m->asked->mark_count;

	for (const struct mark *same = at; same && same < end && by_key(same, at) == 0; same++)
		m->seen[same->phrase * PER_PHRASE + SEEN] |= 1u << same->place;
	return true;
}

static bool
mark_word(void *self, const struct fold_word *w)
{
	struct marking *m = self;
	const struct mark *at = marks_of(m->asked, w), *end = m->asked->marks + m->asked->mark_count;
	float worth = 0;

	for (const struct mark *same = at; same && same < end && by_key(same, at) == 0; same++) {
		const uint32_t *phrase = &m->seen[same->phrase * PER_PHRASE];

		if (same->worth > worth && (same->phrase == 0 || phrase[SEEN] == phrase[WHOLE]))
			worth = same->worth;
	}
	if (worth > 0)
		m->out[m->count++] = (struct highlight){ w->at, w->end, worth };
	return m->count < m->most;
}

size_t
found_highlights(const struct found *f, struct bytes text, struct highlight *out, size_t most)
{
	struct marking m = { f->asked, NULL, out, 0, most };

	if (f->asked == NULL)
		return 0;
	if (!f->asked->marked)
		gather_marks(f->asked);
	if (f->asked->mark_count == 0 || most == 0)
		return 0;
	m.seen = need_zeroed((f->asked->phrases + 1u) * PER_PHRASE, sizeof *m.seen);
	for (size_t i = 0; i < f->asked->mark_count; i++)
		m.seen[f->asked->marks[i].phrase * PER_PHRASE + WHOLE] |= 1u << f->asked->marks[i].place;
	if (f->asked->phrases > 0)
		fold_text(text, see_word, &m);
	fold_text(text, mark_word, &m);
	free(m.seen);
	return m.count;
}

/* --- the part of a text that is shown --- */

static bool
is_inside(struct bytes text, size_t at)
{
	return at < text.len && utf8_is_later(text.p[at]);
}

/* The end of the last whole word before AT that begins behind FROM; where there is none, of the last whole letter. */
static size_t
end_before(struct bytes text, size_t from, size_t at)
{
	size_t end = at;

	if (at >= text.len)
		return text.len;
	while (end > from && text.p[end] != ' ')
		end--;
	if (end > from)
		return end;
	for (end = at; end > from && is_inside(text, end);)
		end--;
	return end;
}

static size_t
begin_behind(struct bytes text, size_t at)
{
	const uint8_t *blank = at ? memchr(text.p + at, ' ', text.len - at) : NULL;

	if (blank && (size_t)(blank - text.p) < at + 24)
		return (size_t)(blank - text.p) + 1;
	while (is_inside(text, at))
		at++;
	return at;
}

struct highlight
query_snippet(struct bytes text, const struct highlight *highlights, size_t count, size_t max)
{
	size_t best = 0, most = 0, from;

	if (text.len <= max)
		return (struct highlight){ 0, (uint32_t)text.len, 0 };
	for (size_t i = 0; i < count; i++) {
		size_t within = 0;

		for (size_t k = i; k < count && highlights[k].end <= highlights[i].at + max * 3 / 4; k++)
			within++;
		if (within > most) {
			most = within;
			best = i;
		}
	}
	from = most && highlights[best].at > max / 4 ? begin_behind(text, highlights[best].at - max / 4) : 0;
	return (struct highlight){ (uint32_t)from, (uint32_t)end_before(text, from, from + max), 0 };
}
