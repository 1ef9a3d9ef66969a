#include "node/exchange/match.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "node/exchange/kin.h"
#include "node/record/value.h"
#include "proto/cbor.h"
#include "proto/utf8.h"

static const struct {
	bool speaks_for;
	const char *word, *text;
} reasons[REASONS] = {
#define X(name, speaks_for, word, text) { speaks_for, word, text },
	REASON_TABLE(X)
#undef X
};

bool
reason_speaks_for(enum reason r)
{
	assert((unsigned)r < REASONS);
	return reasons[r].speaks_for;
}

const char *
reason_word(enum reason r)
{
	assert((unsigned)r < REASONS);
	return reasons[r].word;
}

void
match_text(const struct match *m, size_t i, struct buf *out)
{
	const char *text = reasons[m->why[i].reason].text, *gap = strstr(text, "%s");

	if (gap == NULL) {
		buf_put_text(out, text);
		return;
	}
	buf_put(out, text, (size_t)(gap - text));
	buf_put_text(out, m->why[i].with);
	buf_put_text(out, gap + 2);
}

static void
say(struct match *m, enum reason r, struct bytes with)
{
	if (m->count == MATCH_REASONS)
		return;
	m->why[m->count].reason = r;
	utf8_copy(with, m->why[m->count].with, sizeof m->why[0].with);
	m->count++;
}

/* --- reading a side by words --- */

static struct bytes
get(const struct match_side *s, const char *word)
{
	const struct field *f = kind_field_by_word(s->kind, word);

	return f ? body_get(s->body, f->number) : (struct bytes){ NULL, 0 };
}

static struct bytes
text_of(const struct match_side *s, const char *word)
{
	struct cbor_reader r;

	cbor_open(&r, get(s, word));
	return cbor_peek(&r) == CBOR_TEXT ? cbor_text(&r) : (struct bytes){ NULL, 0 };
}

static bool
number_of(const struct match_side *s, const char *word, int64_t *out)
{
	struct bytes item = get(s, word);
	struct cbor_reader r;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	*out = cbor_int(&r);
	return r.fault == NULL;
}

static bool
is_true(const struct match_side *s, const char *word)
{
	struct cbor_reader r;

	cbor_open(&r, get(s, word));
	return cbor_peek(&r) == CBOR_BOOL && cbor_bool(&r);
}

/* A list of words; MOST is more than any row allows. */
#define MOST 64
struct list {
	struct bytes at[MOST];
	size_t count;
};

static void
list_of(const struct match_side *s, const char *word, struct list *out)
{
	struct cbor_reader r;

	out->count = 0;
	cbor_open(&r, get(s, word));
	if (cbor_peek(&r) != CBOR_ARRAY)
		return;
	for (size_t n = cbor_array(&r); n > 0 && out->count < MOST && !r.fault; n--)
		if (cbor_peek(&r) == CBOR_TEXT)
			out->at[out->count++] = cbor_text(&r);
		else
			cbor_any(&r);
}

static bool
has(const struct list *l, struct bytes word)
{
	for (size_t i = 0; i < l->count; i++)
		if (bytes_equal(l->at[i], word))
			return true;
	return false;
}

static bool
has_text(const struct list *l, const char *word)
{
	return has(l, bytes_text(word));
}

/* --- sort --- */

/* Which sorts can be given from anywhere, and which may stand in for each other. */
static const struct {
	const char *word;
	bool remote, teaching;
} sorts[] = {
	{ "equipment", false, false }, { "connectivity", false, false }, { "training", false, true },
	{ "expertise", true, true }, { "mentoring", true, true }, { "funding", true, false }, { "space", false, false },
	{ "translation", true, false },
};

static size_t
sort_of(struct bytes word)
{
	size_t i = 0;

	while (i < sizeof sorts / sizeof *sorts && !bytes_equal(word, bytes_text(sorts[i].word)))
		i++;
	return i;
}

static bool
sort_is(struct bytes word, bool teaching)
{
	size_t i = sort_of(word);

	return i < sizeof sorts / sizeof *sorts && (teaching ? sorts[i].teaching : sorts[i].remote);
}

/* What an organisation knows has formats instead of a category. */
static bool
teaches(const struct match_side *offer, struct bytes sort)
{
	struct list formats;

	list_of(offer, "formats", &formats);
	if (bytes_equal(sort, bytes_text("mentoring")))
		return has_text(&formats, "mentoring");
	if (bytes_equal(sort, bytes_text("training")))
		return is_true(offer, "trainer") || has_text(&formats, "workshop") || has_text(&formats, "course");
	return bytes_equal(sort, bytes_text("expertise"));
}

/* Points; 0: no match. */
static unsigned
judge_sort(const struct match_side *need, const struct match_side *offer, struct match *m)
{
	struct bytes wanted = text_of(need, "category"), given = text_of(offer, "category");
	bool knows = kind_field_by_word(offer->kind, "category") == NULL;

	if (knows ? teaches(offer, wanted) : bytes_equal(wanted, given)) {
		say(m, REASON_SAME_SORT, wanted);
		return 10;
	}
	if (!sort_is(wanted, true) || !(knows || sort_is(given, true)))
		return 0;
	say(m, REASON_NEAR_SORT, knows ? bytes_text("expertise") : given);
	return 4;
}

/* --- topics --- */

#define DEEPEST 12               /* of the tree of terms; a circle ends here too */

struct chain {
	struct reference at[DEEPEST];
	size_t count;
};

/* TERM and all that are above it. */
static void
climb(const struct match_world *w, const struct reference *term, struct chain *out)
{
	static const struct reference none;
	struct reference at = *term, parent;
	char name[MATCH_NAME];

	for (out->count = 0; out->count < DEEPEST && !reference_equal(&at, &none); at = parent) {
		out->at[out->count++] = at;
		memset(&parent, 0, sizeof parent);
		if (!w->term(w->self, &at, name, &parent))
			break;
	}
}

static size_t
chains_of(const struct match_side *s, const struct match_world *w, struct chain *out, size_t most)
{
	struct cbor_reader r;
	size_t count = 0;

	cbor_open(&r, get(s, "topics"));
	if (cbor_peek(&r) != CBOR_ARRAY)
		return 0;
	for (size_t n = cbor_array(&r); n > 0 && count < most; n--) {
		struct reference key;

		cbor_array_of(&r, 2);
		cbor_fixed(&r, &key.author, ID_LEN);
		cbor_fixed(&r, &key.name, UUID_LEN);
		if (r.fault)
			break;
		climb(w, &key, &out[count++]);
	}
	return count;
}

/* How near two terms are: the same, one within the other, or both below a third that is not the top of the tree. */
static unsigned
nearness(const struct chain *need, const struct chain *offer, enum reason *out_reason, struct reference *out_common)
{
	for (size_t i = 0; i < need->count; i++)
		for (size_t j = 0; j < offer->count; j++) {
			if (!reference_equal(&need->at[i], &offer->at[j]))
				continue;
			*out_common = need->at[i];
			if (i == 0 && j == 0)
				return *out_reason = REASON_SAME_TOPIC, 32;
			if (i == 0)
				return *out_common = offer->at[0], *out_reason = REASON_NARROWER, 24;
			if (j == 0)
				return *out_reason = REASON_WIDER, 18;
			*out_reason = REASON_SIBLING;
			return i + 1 < need->count ? 8 : 0;
		}
	return 0;
}

static unsigned
judge_topics(const struct match_side *need, const struct match_side *offer, const struct match_world *w, struct match *m)
{
	struct chain needs[16], offers[32];
	size_t n = chains_of(need, w, needs, 16), k = chains_of(offer, w, offers, 32);
	enum reason best_reason = REASON_SIBLING;
	struct reference best_key, parent;
	unsigned best = 0;
	char name[MATCH_NAME];

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < k; j++) {
			enum reason reason;
			struct reference key;
			unsigned points = nearness(&needs[i], &offers[j], &reason, &key);

			if (points > best) {
				best = points;
				best_reason = reason;
				best_key = key;
			}
		}
	if (best > 0)
		say(m, best_reason, bytes_text(w->term(w->self, &best_key, name, &parent) ? name : "the same topic"));
	return best;
}

/* --- words of the item --- */

static unsigned
judge_item(const struct match_side *need, const struct match_side *offer, struct match *m)
{
	struct bytes given = get(offer, "item");
	struct buf word = { 0 };
	bool found = kin_word(get(need, "item"), given.len ? given : get(offer, "title"), &word);

	if (found)
		say(m, REASON_SAME_WORD, buf_bytes(&word));
	buf_free(&word);
	return found ? 24 : 0;
}

/* --- language --- */

static const struct {
	const char *code, *name;
} names[] = {
	{ "sqi", "Albanian" }, { "bos", "Bosnian" }, { "hrv", "Croatian" }, { "srp", "Serbian" }, { "cnr", "Montenegrin" },
	{ "mkd", "Macedonian" }, { "rom", "Romani" }, { "rmn", "Balkan Romani" }, { "tur", "Turkish" }, { "eng", "English" },
	{ "hun", "Hungarian" }, { "slk", "Slovak" }, { "ron", "Romanian" }, { "bul", "Bulgarian" },
};

static struct bytes
language_name(struct bytes code)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bytes_equal(code, bytes_text(names[i].code)))
			return bytes_text(names[i].name);
	return code;
}

static unsigned
judge_language(const struct match_side *need, const struct match_side *offer, struct match *m)
{
	struct list wanted, given;

	list_of(need, "languages", &wanted);
	list_of(offer, "languages", &given);
	for (size_t i = 0; i < wanted.count; i++)
		if (has(&given, wanted.at[i])) {
			say(m, REASON_LANGUAGE, language_name(wanted.at[i]));
			return 12;
		}
	if (wanted.count == 0)
		return 6;
	say(m, REASON_ASK_LANGUAGE, language_name(wanted.at[0]));
	return 0;
}

/* --- place --- */

static bool
is_region(struct bytes territory)
{
	return bytes_equal(territory, bytes_text("WB"));
}

static bool
is_remote(const struct match_side *offer)
{
	struct list formats;

	list_of(offer, "formats", &formats);
	return sort_is(text_of(offer, "category"), false) || has_text(&formats, "online") || has_text(&formats, "advice") ||
	    has_text(&formats, "mentoring");
}

/* Points in OUT; false: it cannot get there. */
static bool
judge_place(const struct match_side *need, const struct match_side *offer, struct match *m, unsigned *out)
{
	struct bytes wanted = text_of(need, "territory"), there = text_of(offer, "territory");
	struct bytes town = text_of(need, "municipality");
	struct list reach;
	bool same = wanted.len > 0 && bytes_equal(wanted, there);

	list_of(offer, kind_field_by_word(offer->kind, "delivery_area") ? "delivery_area" : "territories", &reach);
	if (same && town.len > 0 && bytes_equal(town, text_of(offer, "municipality")))
		return say(m, REASON_MUNICIPALITY, town), *out = 14, true;
	if (same)
		return say(m, REASON_TERRITORY, there), *out = 12, true;
	if (wanted.len > 0 && has(&reach, wanted))
		return say(m, REASON_BROUGHT, wanted), *out = 10, true;
	if (has_text(&reach, "WB") || is_remote(offer))
		return say(m, REASON_REMOTE, wanted), *out = 10, true;
	if (wanted.len == 0 || is_region(wanted) || (there.len == 0 && reach.count == 0) || is_region(there))
		return say(m, REASON_ASK_PLACE, wanted), *out = 3, true;
	return false;
}

/* --- time, number, stage --- */

static bool
judge_time(const struct match_side *need, const struct match_side *offer, int64_t today, struct match *m)
{
	int64_t until = INT64_MAX, to = INT64_MAX, from = INT64_MIN;
	char text[VALUE_TEXT];

	number_of(need, "until", &until);
	number_of(offer, "until", &to);
	if (!number_of(offer, "available_from", &from))
		number_of(offer, "valid_from", &from);
	if (until < today || to < today || from > until)
		return false;
	if (from > today && value_date_format(from, text))
		say(m, REASON_LATER, bytes_text(text));
	return true;
}

/* Points in OUT; false: nothing is left. */
static bool
judge_number(const struct match_side *need, const struct match_side *offer, bool kept, struct match *m, unsigned *out)
{
	int64_t wanted = 1, there, spoken = 0;
	char text[60];

	*out = 4;
	if (!number_of(offer, "quantity", &there))
		return true;
	number_of(need, "quantity", &wanted);
	number_of(offer, "reserved_qty", &spoken);
	there -= kept ? 0 : spoken;
	if (there <= 0)
		return false;
	snprintf(text, sizeof text, "%lld for %lld", (long long)there, (long long)wanted);
	say(m, there >= wanted ? REASON_ENOUGH : REASON_FEWER, bytes_text(text));
	*out = there >= wanted ? 8 : 3;
	return true;
}

static bool
speaks_of(const struct match_side *s, const char *word, const struct reference *key)
{
	struct cbor_reader r;
	bool list;
	size_t n;

	if (kind_field_by_word(s->kind, word) == NULL)
		return false;
	cbor_open(&r, get(s, word));
	if (cbor_peek(&r) != CBOR_ARRAY)
		return false;
	list = (kind_field_by_word(s->kind, word)->flags & FIELD_LIST) != 0;
	for (n = list ? cbor_array(&r) : 1; n > 0; n--) {
		struct reference at;

		cbor_array_of(&r, 2);
		cbor_fixed(&r, &at.author, ID_LEN);
		cbor_fixed(&r, &at.name, UUID_LEN);
		if (r.fault)
			return false;
		if (reference_equal(&at, key))
			return true;
	}
	return false;
}

/* Both are open, or speak of each other. */
static bool
judge_stage(const struct match_side *need, const struct match_side *offer, bool kept)
{
	struct bytes a = text_of(need, "stage"), b = text_of(offer, "stage");
	bool found = speaks_of(need, "met_by", &offer->key);

	return (bytes_equal(a, bytes_text("open")) || (found && bytes_equal(a, bytes_text("matched")))) &&
	    (b.len == 0 || bytes_equal(b, bytes_text("open")) || (kept && bytes_equal(b, bytes_text("reserved"))));
}

/* --- accessibility and groups --- */

static unsigned
judge_access(const struct match_side *need, const struct match_side *offer, struct match *m)
{
	struct list wanted, given;
	unsigned missing = 0;

	list_of(need, "accessibility_need", &wanted);
	list_of(offer, "accessibility", &given);
	for (size_t i = 0; i < wanted.count; i++) {
		bool there = has(&given, wanted.at[i]);

		say(m, there ? REASON_ACCESSIBLE : REASON_ASK_ACCESS, wanted.at[i]);
		missing += !there;
	}
	return wanted.count == 0 ? 4 : missing == 0 ? 8 : 0;
}

static unsigned
judge_group(const struct match_side *need, const struct match_side *offer, struct match *m)
{
	struct list wanted, given;

	list_of(need, "for_group", &wanted);
	list_of(offer, "for_group", &given);
	for (size_t i = 0; i < wanted.count; i++)
		if (has(&given, wanted.at[i])) {
			say(m, REASON_GROUP, wanted.at[i]);
			return 4;
		}
	return 0;
}

/* --- all together --- */

bool
match_speaks(const struct match_side *need, const struct match_side *offer)
{
	return speaks_of(need, "met_by", &offer->key) || speaks_of(offer, "reserved_for", &need->key);
}

bool
match_offers(const struct kind *k)
{
	return k->number == KIND_OFFER || k->number == KIND_EXPERTISE;
}

bool
match_of(const struct match_side *need, const struct match_side *offer, const struct match_world *w, struct match *out)
{
	unsigned sort, about, place, number;
	bool kept = speaks_of(offer, "reserved_for", &need->key);

	*out = (struct match){ 0 };
	if (id_equal(&need->key.author, &offer->key.author) || !judge_stage(need, offer, kept))
		return false;
	about = judge_topics(need, offer, w, out) + judge_item(need, offer, out);
	if (about == 0 || (sort = judge_sort(need, offer, out)) == 0)
		return false;
	if (!judge_place(need, offer, out, &place) || !judge_time(need, offer, w->today, out) ||
	    !judge_number(need, offer, kept, out, &number))
		return false;
	out->score = about + sort + place + number + judge_language(need, offer, out) + judge_access(need, offer, out) +
	    judge_group(need, offer, out);
	if (out->score > 100)
		out->score = 100;
	return true;
}
