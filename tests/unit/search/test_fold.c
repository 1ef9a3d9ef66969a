#include "node/search/fold.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/utf8.h"
#include "tests/lib/dice.h"

static void
expect_phrase(const char *text, const char *key)
{
	struct buf out = { 0 };

	fold_phrase(bytes_text(text), &out);
	cr_expect_str_eq(buf_text(&out), key, "%s: \"%s\", not \"%s\"", text, buf_text(&out), key);
	buf_free(&out);
}

/* --- words --- */

/* What people type for a word in each language and script: one key. */
Test(fold, spellings)
{
	static const char *const rows[][10] = {
		{ "djakovica", "Đakovica", "đakovica", "Ђаковица", "ЂАКОВИЦА", "DJAKOVICA", "Ðakovica", "Djakovica" },
		{ "prishtine", "Prishtinë", "PRISHTINË", "prishtine" },
		{ "pristina", "Priština", "Приштина", "PRISTINA" },
		{ "gjakove", "Gjakovë", "Ѓаковe", "Gjakove" },
		{ "zena", "žena", "zena", "жена", "ŽENA", "ЖЕНА" },
		{ "ceshtje", "çështje", "CESHTJE", "Çështje" },
		{ "siginma evi", "sığınma evi", "SIĞINMA EVİ", "siginma evi", "Sığınma, evi" },
		{ "dzep ljubav njiva", "ǆep ǉubav ǌiva", "ǅep ǈubav ǋiva", "џеп љубав њива", "DŽEP LJUBAV NJIVA" },
		{ "sjutra zjenica", "с́јутра з́јеница", "śjutra źjenica" },
		{ "gjorce kjerka dzvezda", "Ѓорче ќерка ѕвезда", "ǵorče ḱerka dzvezda" },
		{ "chave romani", "čhave romani", "ČHAVE Romani" },
		{ "isikli igdir", "Işıklı Iğdır", "İSIKLI IGDIR" },
		{ "womens shelter", "women's shelter", "Women’s Shelter" },
		{ "ankarada", "Ankara'da", "ANKARA’DA" },
		{ "hotline 116 000 b92", "Hotline 116 000 (B92)" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = 1; rows[i][k]; k++)
			expect_phrase(rows[i][k], rows[i][0]);
}

/* An apostrophe belongs to a word only between two letters. */
Test(fold, apostrophes)
{
	expect_phrase("'quoted' 'a b'", "quoted a b");
	expect_phrase("o''clock o'5 5'o", "o clock o 5 5 o");
	expect_phrase("end'", "end");
	expect_phrase("'", "");
}

/* Letters of other scripts stay; what has no letter at all is no word. */
Test(fold, other_scripts_and_none)
{
	expect_phrase("Αθήνα 日本 שלום", "αθηνα 日本 שלום");
	expect_phrase("  ,;  ", "");
	expect_phrase("", "");
	expect_phrase("a ь b", "a b");
}

/* The locale of the process changes nothing. */
Test(fold, no_locale)
{
	setlocale(LC_ALL, "tr_TR.UTF-8");
	expect_phrase("INFO I İ", "info i i");
}

struct seen {
	struct bytes text;
	struct fold_word words[64];
	size_t count, most;
};

static bool
keep(void *self, const struct fold_word *w)
{
	struct seen *s = self;

	s->words[s->count++] = *w;
	return s->count < s->most;
}

/* Places are of the text as it was written, and the number counts words. */
Test(fold, places)
{
	struct seen s = { bytes_text("Ђаковица, žena: с́ (DŽ's)"), .most = 64 };

	cr_assert(fold_text(s.text, keep, &s));
	cr_assert_eq(s.count, 4u);
	cr_expect_eq(s.words[0].at, 0u);
	cr_expect_eq(s.words[0].end, strlen("Ђаковица"));
	cr_expect_eq(s.words[1].at, strlen("Ђаковица, "));
	cr_expect_eq(s.words[1].end, strlen("Ђаковица, žena"));
	cr_expect_eq(s.words[2].end - s.words[2].at, strlen("с́"));
	cr_expect_eq(s.words[3].end - s.words[3].at, strlen("DŽ's"));
	cr_expect_str_eq(s.words[3].key, "dzs");
	for (size_t i = 0; i < s.count; i++)
		cr_expect_eq(s.words[i].number, i);
}

/* Whoever has seen enough stops it. */
Test(fold, stops)
{
	struct seen s = { bytes_text("one two three"), .most = 2 };

	cr_expect_not(fold_text(s.text, keep, &s));
	cr_expect_eq(s.count, 2u);
}

/* A long word is cut at a whole letter, wherever that falls, and is still one word. */
Test(fold, long_words)
{
	struct buf text = { 0 };

	for (int i = 0; i < 100; i++)
		buf_put_text(&text, "日");
	for (size_t from = 0; from < 3; from++) {
		struct seen s = { .most = 64 };
		struct buf longer = { 0 };

		buf_put(&longer, "abc", from);
		buf_put_bytes(&longer, buf_bytes(&text));
		fold_text(buf_bytes(&longer), keep, &s);
		cr_assert_eq(s.count, 1u);
		cr_expect_eq(s.words[0].end, longer.len);
		cr_expect_eq(s.words[0].len, from + (FOLD_WORD - from) / 3 * 3);
		cr_expect(utf8_valid((struct bytes){ (const uint8_t *)s.words[0].key, s.words[0].len }));
		buf_free(&longer);
	}
	buf_free(&text);
	expect_phrase("љљљљљљљљљљљљљљљљљљљљaaaa", "ljljljljljljljljljljljljljljljljljljljlj");
	expect_phrase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa日b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	expect_phrase("aљљљљљљљљљљљљљљљљљљљљ", "aljljljljljljljljljljljljljljljljljljljl");
}

static bool
check_word(void *self, const struct fold_word *w)
{
	struct seen *s = self;
	struct buf again = { 0 };

	cr_assert(w->len > 0 && w->len <= FOLD_WORD && w->key[w->len] == 0);
	cr_assert(utf8_valid((struct bytes){ (const uint8_t *)w->key, w->len }));
	cr_assert(w->at < w->end && w->end <= s->text.len && w->number == s->count);
	cr_assert(s->count == 0 || s->words[0].end <= w->at);
	/* neither end splits a letter */
	cr_assert_neq(s->text.p[w->at] & 0xc0, 0x80);
	cr_assert(w->end == s->text.len || (s->text.p[w->end] & 0xc0) != 0x80);
	/* the word by itself, and its key, have the same key */
	fold_phrase((struct bytes){ s->text.p + w->at, w->end - w->at }, &again);
	cr_assert_str_eq(buf_text(&again), w->key);
	buf_reset(&again);
	fold_phrase(bytes_text(w->key), &again);
	cr_assert_str_eq(buf_text(&again), w->key);
	buf_free(&again);
	s->words[0] = *w;
	s->count++;
	return true;
}

/* Any valid text: words within it, in order, of valid keys that fold to themselves wherever they stand. */
Test(fold, any_text)
{
	static const char *const some[] = { "a", "G", "K", "z", " ", "'", "1", "Đ", "ж", "љ", "г", "и", "ь", "\xcc\x81",
		"\xcc\x86", "ı", "İ", "ß", "ﷺ", "日", "가", "ά", "’", "\xc2\xad", "ğ", "ǆ", ", ", "abcdefghijklmnopqrstuvwxyz" };

	dice_seed();
	for (int round = 0; round < 20000; round++) {
		struct buf text = { 0 };
		struct seen s = { 0 };

		for (uint64_t i = 0, n = draw() % 40; i < n; i++)
			buf_put_text(&text, some[draw() % (sizeof some / sizeof *some)]);
		s.text = buf_bytes(&text);
		fold_text(s.text, check_word, &s);
		buf_free(&text);
	}
}

/* --- spellings and stems --- */

/* Does a search for A meet a record that has B? Returns what it is less worth, -1 for no. */
static int
meets(const char *a, const char *b)
{
	struct buf asked = { 0 }, had = { 0 };
	struct fold_variant v[FOLD_VARIANTS];
	char stem[FOLD_WORD + 1];
	size_t count;
	int penalty = -1;

	fold_phrase(bytes_text(a), &asked);
	fold_phrase(bytes_text(b), &had);
	fold_stem(buf_text(&had), had.len, stem);
	count = fold_variants(buf_text(&asked), asked.len, v);
	for (size_t i = 0; i < count && penalty < 0; i++)
		if (strcmp(v[i].key, v[i].means == FOLD_STEM ? stem : buf_text(&had)) == 0)
			penalty = v[i].penalty;
	buf_free(&asked);
	buf_free(&had);
	return penalty;
}

/* Spellings of one name or word meet, whichever is asked for and whichever is recorded. */
Test(fold, spellings_meet)
{
	static const char *const rows[][5] = {
		{ "dakovica", "djakovica", "Gjakova", "Gjakovë", "Ђаковица" },
		{ "mlijeko", "mleko" }, { "dijete", "dete" }, { "djeca", "deca", "деца" }, { "lijek", "lek", "ljek" },
		{ "čhave", "čave", "chave" }, { "škola", "shkola" }, { "Ѓорче", "Đorče", "gorce" },
		{ "куќа", "kuka", "kuća" }, { "џамија", "xhamija", "džamija" }, { "xari", "hari" }, { "kher", "ker" },
		{ "phen", "pen" }, { "them", "tem" }, { "љубав", "ljubav", "lubav" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t a = 0; a < 5 && rows[i][a]; a++)
			for (size_t b = 0; b < 5 && rows[i][b]; b++)
				cr_expect_geq(meets(rows[i][a], rows[i][b]), 0, "%s, %s", rows[i][a], rows[i][b]);
	cr_expect_geq(meets("cwshtje", "çështje"), 0);
	cr_expect_geq(meets("kwshillim", "këshillimi"), 0);
}

/* Forms of a word meet; other words of the same beginning do not. */
Test(fold, forms_meet)
{
	static const struct {
		const char *a, *b;
		bool meet;
	} rows[] = {
		{ "žena", "ženama", true }, { "жени", "zenom", true }, { "programiranje", "programiranja", true },
		{ "психологот", "psiholog", true }, { "psihologinja", "psihološka", true }, { "djevojke", "djevojkama", true },
		{ "besplatna", "besplatno", true }, { "organizacija", "organizacijom", true },
		{ "avokate", "avokatet", true }, { "detyra", "detyrat", true }, { "shtëpi", "shtëpisë", true },
		{ "divorcin", "divorci", true }, { "këshillimit", "këshillim", true }, { "kompjuteri", "kompjuterin", true },
		{ "kurs", "kurslarda", true }, { "kursu", "kursları", true }, { "kadınların", "kadın", true },
		{ "training", "trainings", true }, { "shelters", "shelter", true }, { "tracked", "tracking", true },
		{ "čhavenge", "čhaven", true },
		{ "žena", "Zenica", false }, { "savjet", "savez", false }, { "prijava", "prijatelj", false },
		{ "pravo", "prevoz", false }, { "116000", "11600", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(meets(rows[i].a, rows[i].b) >= 0, rows[i].meet, "%s, %s", rows[i].a, rows[i].b);
}

/* A form is worth less than the word, another spelling less than the same. */
Test(fold, penalties)
{
	cr_expect_eq(meets("žena", "жена"), 0);
	cr_expect_gt(meets("žena", "ženu"), 0);
	cr_expect_gt(meets("dakovica", "Đakovica"), 0);
	cr_expect_gt(meets("dakovica", "Gjakova"), meets("dakovica", "Đakovica"));
}

/* Random words of letters that rules are about. */
static size_t
draw_key(char key[FOLD_WORD + 1])
{
	static const char letters[] = "aeiojdgkcsznlhwxtpw";
	size_t len = 1 + draw() % FOLD_WORD;

	for (size_t i = 0; i < len; i++)
		key[i] = letters[draw() % (sizeof letters - 1)];
	key[len] = 0;
	return len;
}

/* At most so many, the word first, in order of penalty, each once as a spelling and once as a stem, the same each time. */
Test(fold, variants_are_in_order)
{
	dice_seed();
	for (int round = 0; round < 5000; round++) {
		struct fold_variant v[FOLD_VARIANTS], again[FOLD_VARIANTS];
		char key[FOLD_WORD + 1];
		size_t len = draw_key(key), count = fold_variants(key, len, v);

		cr_assert(count >= 2 && count <= FOLD_VARIANTS);
		cr_assert(v[0].means == FOLD_EXACT && v[0].penalty == 0 && strcmp(v[0].key, key) == 0);
		cr_assert_eq(fold_variants(key, len, again), count);
		for (size_t i = 0; i < count; i++) {
			cr_assert(v[i].len > 0 && v[i].len <= FOLD_WORD && strlen(v[i].key) == v[i].len);
			cr_assert(i == 0 || (v[i].penalty >= v[i - 1].penalty && v[i].means != FOLD_EXACT));
			cr_assert_str_eq(v[i].key, again[i].key);
			for (size_t k = 0; k < i; k++)
				cr_assert(strcmp(v[i].key, v[k].key) != 0 ||
				    (v[i].means == FOLD_STEM) != (v[k].means == FOLD_STEM), "%s twice", v[i].key);
		}
	}
}

/* The stem of a stem is itself; it has three letters at least, and begins its word. */
Test(fold, stem_is_final)
{
	dice_seed();
	for (int round = 0; round < 20000; round++) {
		char key[FOLD_WORD + 1], stem[FOLD_WORD + 1], again[FOLD_WORD + 1];
		size_t len = draw_key(key), left = fold_stem(key, len, stem);

		cr_assert(left == len || left >= 3);
		cr_assert(strlen(stem) == left && memcmp(stem, key, left) == 0);
		cr_assert_eq(fold_stem(stem, left, again), left);
	}
}

/* Numbers and other scripts have no endings. */
Test(fold, no_stem)
{
	static const char *const rows[] = { "b92ima", "116000", "αθηνα", "ima", "a", "zen" };
	char stem[FOLD_WORD + 1];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(fold_stem(rows[i], strlen(rows[i]), stem), strlen(rows[i]));
		cr_expect_str_eq(stem, rows[i]);
	}
}

/* --- distance --- */

/* The whole table, without bounds. */
static unsigned
slow_distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[FOLD_WORD + 1][FOLD_WORD + 1];

	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			unsigned best = i == 0 ? (unsigned)k : k == 0 ? (unsigned)i : d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);

			if (i && d[i - 1][k] + 1 < best)
				best = d[i - 1][k] + 1;
			if (k && d[i][k - 1] + 1 < best)
				best = d[i][k - 1] + 1;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && d[i - 2][k - 2] + 1 < best)
				best = d[i - 2][k - 2] + 1;
			d[i][k] = best;
		}
	return d[n][m];
}

static unsigned
distance(const char *a, const char *b, unsigned most)
{
	return fold_distance(a, strlen(a), b, strlen(b), most);
}

/* One letter more, less, other, or swapped is one edit; a swapped pair is not edited again. */
Test(fold, distances)
{
	cr_expect_eq(distance("zena", "zena", 2), 0u);
	cr_expect_eq(distance("zena", "zenna", 2), 1u);
	cr_expect_eq(distance("zena", "zna", 2), 1u);
	cr_expect_eq(distance("zena", "zema", 2), 1u);
	cr_expect_eq(distance("zena", "zean", 2), 1u);
	cr_expect_eq(distance("ca", "abc", 3), 3u);
	cr_expect_eq(distance("", "ab", 2), 2u);
	cr_expect_eq(distance("", "", 0), 0u);
	cr_expect_eq(distance("abcdef", "uvwxyz", 2), 3u);
	cr_expect_eq(distance("abc", "abcdefgh", 2), 3u);
}

/* It is what the whole table says, or one more than the bound. */
Test(fold, distance_is_that_of_the_table)
{
	dice_seed();
	for (int round = 0; round < 50000; round++) {
		char a[13], b[13];
		size_t n = draw() % sizeof a, m = draw() % sizeof b;
		unsigned most = (unsigned)(draw() % 4), want;

		for (size_t i = 0; i < sizeof a; i++) {
			a[i] = (char)('a' + draw() % 3);
			b[i] = draw() % 3 ? a[i] : (char)('a' + draw() % 3);
		}
		want = slow_distance(a, n, b, m);
		cr_assert_eq(fold_distance(a, n, b, m, most), want > most ? most + 1 : want, "%.*s %.*s %u", (int)n, a, (int)m,
		    b, most);
	}
}
