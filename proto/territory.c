#include "proto/territory.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct code *spoken(const char *text);

static const struct code rows[] = {
	{ "AL", "Albania", 0 },
	{ "BA", "Bosnia and Herzegovina", 0 },
	{ "ME", "Montenegro", 0 },
	{ "MK", "North Macedonia", 0 },
	{ "RS", "Serbia", 0 },
	{ "XK", "Kosovo*", 0 },
	{ "WB", "Western Balkans", 0 },
	{ "ZZ", "not stated", 0 },
};
const struct code_list territory_codes = { "territory", rows, sizeof rows / sizeof *rows, spoken, FACET_TERRITORY };

const char territory_footnote[] = "* Without prejudice to positions on status, and in line with UNSCR 1244/1999 "
    "and the ICJ Opinion on the Kosovo declaration of independence.";

/* Names as fold() leaves them: small letters without marks, Cyrillic small, blanks single. */
static const struct {
	const char *code, *names;
} names[] = {
	{ "AL", "albania|shqiperi|shqiperia|albanija|албанија|arnavutluk|albanie|albanien" },
	{ "BA", "bosnia and herzegovina|bosnia|bosna i hercegovina|босна и херцеговина|bosna|босна|bih|бих|"
	    "bosnje e hercegovine|bosnja dhe hercegovina|bosna ve hersek|bosna hersek|federacija bih|"
	    "republika srpska|република српска|brcko|hercegovina|херцеговина" },
	{ "ME", "montenegro|crna gora|црна гора|mali i zi|karadag" },
	{ "MK", "north macedonia|macedonia|severna makedonija|северна македонија|sjeverna makedonija|сјеверна македонија|"
	    "maqedonia e veriut|maqedoni e veriut|maqedonia|kuzey makedonya|makedonija|македонија" },
	{ "RS", "serbia|srbija|србија|serbi|sirbistan|serbien|република србија|republika srbija" },
	{ "XK", "kosovo|kosovo*|kosove|kosova|косово|kosovo i metohija|косово и метохија" },
	{ "WB", "western balkans|zapadni balkan|западни балкан|ballkani perendimor|bati balkanlar|region|regija|"
	    "регион|rajoni" },
	{ "ZZ", "not stated|unknown|nije navedeno|није наведено" },
};

/* The Latin letters with marks that the region's languages have, and what is left without the mark. */
static const struct {
	const char *marked;
	char plain;
} letters[] = {
	{ "č", 'c' }, { "ć", 'c' }, { "š", 's' }, { "ž", 'z' }, { "đ", 'd' }, { "ë", 'e' }, { "ç", 'c' },
	{ "ş", 's' }, { "ğ", 'g' }, { "ı", 'i' }, { "ö", 'o' }, { "ü", 'u' }, { "ę", 'e' },
	{ "Č", 'c' }, { "Ć", 'c' }, { "Š", 's' }, { "Ž", 'z' }, { "Đ", 'd' }, { "Ë", 'e' }, { "Ç", 'c' },
	{ "Ş", 's' }, { "Ğ", 'g' }, { "İ", 'i' }, { "Ö", 'o' }, { "Ü", 'u' },
};

/* One character of TEXT folded into OUT (up to 2 bytes); the bytes it took. */
static size_t
fold_one(const char *text, char out[2], size_t *out_len)
{
	const unsigned char *c = (const unsigned char *)text;

	*out_len = 1;
	if (c[0] < 0x80) {
		out[0] = (char)(c[0] >= 'A' && c[0] <= 'Z' ? c[0] + 32 : c[0] == '\t' ? ' ' : c[0]);
		return 1;
	}
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (strncmp(text, letters[i].marked, 2) == 0) {
			out[0] = letters[i].plain;
			return 2;
		}
	out[0] = (char)c[0];
	if ((c[0] & 0xe0) != 0xc0 || c[1] == 0)
		return 1;
	out[1] = (char)c[1];
	*out_len = 2;
	if (c[0] == 0xd0 && c[1] >= 0x90 && c[1] <= 0x9f) {          /* А to П */
		out[1] = (char)(c[1] + 0x20);
	} else if (c[0] == 0xd0 && c[1] >= 0xa0 && c[1] <= 0xaf) {   /* Р to Я */
		out[0] = (char)0xd1;
		out[1] = (char)(c[1] - 0x20);
	} else if (c[0] == 0xd0 && c[1] < 0x90) {                    /* Ѐ to Џ */
		out[0] = (char)0xd1;
		out[1] = (char)(c[1] + 0x10);
	}
	return 2;
}

static bool
fold(const char *text, char *out, size_t max)
{
	size_t at = 0;

	while (*text == ' ')
		text++;
	while (*text) {
		char one[2];
		size_t len;

		text += fold_one(text, one, &len);
		if (one[0] == ' ' && (at == 0 || out[at - 1] == ' '))
			continue;
		if (at + len >= max)
			return false;
		memcpy(out + at, one, len);
		at += len;
	}
	while (at > 0 && out[at - 1] == ' ')
		at--;
	out[at] = 0;
	return at > 0;
}

static bool
among(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, name, len) == 0 && (p[len] == '|' || p[len] == 0))
			return true;
	return false;
}

static const struct code *
spoken(const char *text)
{
	char folded[80];

	if (!fold(text, folded, sizeof folded))
		return NULL;
	for (size_t i = 0; i < territory_codes.count; i++)
		if (strcasecmp(rows[i].word, folded) == 0)
			return &rows[i];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (among(names[i].names, folded))
			return code_find(&territory_codes, bytes_text(names[i].code));
	return NULL;
}

enum err_code
territory_parse(const char *text, const char *object, const struct code **out, struct err *e)
{
	const struct code *found = spoken(text);

	if (found == NULL)
		return err_set(e, ERR_INPUT, object, "territory",
		    "unknown territory \"%.60s\"; use a name or AL, BA, ME, MK, RS, XK, WB (whole region), "
		    "ZZ (not stated)", text);
	*out = found;
	return ERR_OK;
}

const char *
territory_name(struct bytes code)
{
	const struct code *found = code_find(&territory_codes, code);

	return found ? found->label : NULL;
}

const char *
territory_question(const char *text)
{
	return strcasecmp(text, "RS") == 0 ? "Serbia? For Republika Srpska use BA" : NULL;
}

const char *
territory_calling_code(struct bytes code)
{
	static const struct {
		const char *code, *calling;
	} calls[] = {
		{ "AL", "355" }, { "BA", "387" }, { "ME", "382" }, { "MK", "389" }, { "RS", "381" }, { "XK", "383" },
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (bytes_equal(bytes_text(calls[i].code), code))
			return calls[i].calling;
	return NULL;
}

const char *
territory_neighbours(struct bytes code)
{
	static const struct {
		const char *code, *neighbours;
	} borders[] = {
		{ "AL", "ME XK MK" }, { "BA", "ME RS" }, { "ME", "AL BA RS XK" }, { "MK", "AL RS XK" },
		{ "RS", "BA ME MK XK" }, { "XK", "AL ME MK RS" },
	};

	for (size_t i = 0; i < sizeof borders / sizeof *borders; i++)
		if (bytes_equal(code, bytes_text(borders[i].code)))
			return borders[i].neighbours;
	return "";
}
