#include "tests/unit/search/searching.h"

static struct searching set;

#define TAXONOMY "00000000-0000-4000-8000-000000000001"
#define LAW "00000000-0000-4000-8000-000000000002"
#define DIVORCE "00000000-0000-4000-8000-000000000003"

static void
start(void)
{
	search_start(&set);
	search_add_text(&set, "taxonomy", "{\"id\":\"" TAXONOMY "\",\"code\":\"t\",\"name\":{\"en\":\"Topics\"}}");
	search_add_text(&set, "term", "[{\"id\":\"" LAW "\",\"taxonomy\":\"" TAXONOMY "\",\"code\":\"law\",\"name\":"
	    "{\"sr-Latn\":\"Pravna pomoć\",\"sq\":\"Ndihmë juridike\"},\"description\":{\"en\":\"unrelated\"},"
	    "\"synonyms\":[{\"language\":\"en\",\"words\":[\"lawyer\",\"free advice about rights\"]}]},"
	    "{\"id\":\"" DIVORCE "\",\"taxonomy\":\"" TAXONOMY "\",\"code\":\"divorce\",\"name\":{\"en\":\"Divorce\"},"
	    "\"synonyms\":[{\"language\":\"sr-Latn\",\"words\":[\"pravna\"]}],"
	    "\"parent\":\"" LAW "\"}]");
	search_add_text(&set, "place", "{\"id\":\"00000000-0000-4000-8000-000000000004\",\"code\":\"XK-1\",\"names\":"
	    "{\"sq\":\"Gjakovë\",\"sr-Latn\":\"Đakovica\"},\"territory\":\"XK\",\"level\":\"municipality\",\"lat\":42.38,"
	    "\"long\":20.43,\"source\":{\"title\":\"made up\"}}");
	set.txn = store_read(set.store);
	set.lexicon = lexicon_new(set.records, set.txn, search_trusts, &set);
}

static void
stop(void)
{
	search_stop(&set);
}

/* The code of the best that the words of TEXT, from AT on, name; "" : none. */
struct words {
	struct fold_variant v[8][FOLD_VARIANTS];
	struct lexicon_word w[8];
	size_t count;
};

static bool
take_word(void *self, const struct fold_word *word)
{
	struct words *w = self;

	w->w[w->count] = (struct lexicon_word){ w->v[w->count], fold_variants(word->key, word->len, w->v[w->count]) };
	for (size_t i = 0; i < w->w[w->count].count; i++)
		w->v[w->count][i].len = (uint8_t)fold_stem(w->v[w->count][i].key, w->v[w->count][i].len, w->v[w->count][i].key);
	w->count++;
	return true;
}

static const char *
named(const char *text, size_t at, size_t *out_words)
{
	struct words w = { .count = 0 };
	struct lexicon_match m[4];
	size_t count;

	fold_text(bytes_text(text), take_word, &w);
	*out_words = 0;
	if ((count = lexicon_find(set.lexicon, w.w, w.count, at, m, 4)) == 0)
		return "";
	for (size_t i = 1; i < count; i++)
		cr_expect_eq(m[i].words, m[0].words, "%s", text);
	*out_words = m[0].words;
	return lexicon_at(set.lexicon, m[0].lexeme)->code;
}

/* A phrase is known in every language, form and spelling, and the longest that fits wins. */
Test(lexicon, names, .init = start, .fini = stop)
{
	static const struct {
		const char *text, *code;
		size_t at, words;
	} rows[] = {
		{ "pravna pomoć", "law", 0, 2 }, { "правне помоћи", "law", 0, 2 }, { "besplatna pravna pomoc", "law", 1, 2 },
		{ "ndihme juridike", "law", 0, 2 }, { "lawyers", "law", 0, 1 }, { "pravna", "divorce", 0, 1 }, { "pomoc", "", 0, 0 }, { "gjakove", "XK-1", 0, 1 },
		{ "u Djakovici", "XK-1", 1, 1 }, { "Ђаковица", "XK-1", 0, 1 }, { "divorce", "divorce", 0, 1 }, { "unrelated", "", 0, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t words;

		cr_expect_str_eq(named(rows[i].text, rows[i].at, &words), rows[i].code, "%s", rows[i].text);
		cr_expect_eq(words, rows[i].words, "%s", rows[i].text);
	}
}

/* Of a longer name the telling words are enough, in any order; a word that many names have is not. */
Test(lexicon, parts, .init = start, .fini = stop)
{
	struct words w = { .count = 0 };
	struct lexicon_part p[4];

	fold_text(bytes_text("my rights and some free advice"), take_word, &w);
	cr_assert_gt(lexicon_parts(set.lexicon, w.w, w.count, p, 4), 0);
	cr_expect_str_eq(lexicon_at(set.lexicon, p[0].lexeme)->code, "law");
	cr_expect_eq(p[0].mask, (1u << 1) | (1u << 4) | (1u << 5));
	cr_expect(p[0].share > 0.3f && p[0].share < 1);
}

static void
note_below(void *self, size_t lexeme)
{
	*(size_t *)self = lexeme;
}

static void
note_record(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	(void)key;
	++*(unsigned *)self;
}

/* Trees, positions and the records behind a lexeme. */
Test(lexicon, tree, .init = start, .fini = stop)
{
	size_t law, place, below = LEXICON_NONE;
	unsigned records = 0;

	cr_assert_eq(lexicon_named(set.lexicon, LEXEME_TOPIC, bytes_text("ПРАВНА ПОМОЋ"), &law, 1), 1);
	lexicon_below(set.lexicon, law, note_below, &below);
	cr_assert_neq(below, LEXICON_NONE);
	cr_expect_str_eq(lexicon_at(set.lexicon, below)->code, "divorce");
	cr_expect_eq(lexicon_at(set.lexicon, below)->parent, law);
	lexicon_records(set.lexicon, law, note_record, &records);
	cr_expect_eq(records, 1);
	cr_assert_eq(lexicon_named(set.lexicon, LEXEME_PLACE, bytes_text("XK-1"), &place, 1), 1);
	cr_expect(lexicon_at(set.lexicon, place)->has_position);
	cr_expect_str_eq(lexicon_at(set.lexicon, place)->territory, "XK");
	cr_expect_eq(lexicon_named(set.lexicon, LEXEME_PLACE, bytes_text("Kosovo*"), &place, 1), 1);
	cr_expect(lexicon_at(set.lexicon, place)->whole);
}

static bool
trusts_nobody(void *self, const struct verified *v)
{
	(void)self, (void)v;
	return false;
}

static bool
trusts_one(void *self, const struct verified *v)
{
	return bytes_equal(body_text(v->record.body, kind_find(v->record.kind)->code, NULL), bytes_text(self));
}

/* Who is not trusted names nothing: no member renames a town. */
Test(lexicon, trust, .init = start, .fini = stop)
{
	struct lexicon *l = lexicon_new(set.records, set.txn, trusts_nobody, NULL);
	size_t any;

	cr_expect_eq(lexicon_named(l, LEXEME_PLACE, bytes_text("Gjakovë"), &any, 1), 0);
	cr_expect_eq(lexicon_named(l, LEXEME_TOPIC, bytes_text("legal-aid"), &any, 1), 1, "what the tables know stays");
	lexicon_free(l);
	/* One record of an author may be trusted where another is not. */
	l = lexicon_new(set.records, set.txn, trusts_one, "law");
	cr_expect_eq(lexicon_named(l, LEXEME_TOPIC, bytes_text("Pravna pomoć"), &any, 1), 1);
	cr_expect_eq(lexicon_named(l, LEXEME_TOPIC, bytes_text("Divorce"), &any, 1), 0);
	cr_expect_eq(lexicon_named(l, LEXEME_PLACE, bytes_text("Gjakovë"), &any, 1), 0);
	lexicon_free(l);
}
