/* Any text as small Latin letters without marks, one letter at a time. */
#include "node/base/bald.h"

#include <string.h>
#include <utf8proc.h>

/*
 * How letters are written: everything that has two bytes in UTF-8, so that what people of the region write never
 * meets the library. "" is no letter; "-" is one that is not written.
 */
#define LATIN 0xc0
static const char latin[][3] = {
	/* 0c0 */ "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	/* 0d0 */ "dj", "n", "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "ss",
	/* 0e0 */ "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	/* 0f0 */ "dj", "n", "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "y",
	/* 100 */ "a", "a", "a", "a", "a", "a", "c", "c", "c", "c", "c", "c", "c", "c", "d", "d",
	/* 110 */ "dj", "dj", "e", "e", "e", "e", "e", "e", "e", "e", "e", "e", "g", "g", "g", "g",
	/* 120 */ "g", "g", "g", "g", "h", "h", "h", "h", "i", "i", "i", "i", "i", "i", "i", "i",
	/* 130 */ "i", "i", "ij", "ij", "j", "j", "k", "k", "k", "l", "l", "l", "l", "l", "l", "l",
	/* 140 */ "l", "l", "l", "n", "n", "n", "n", "n", "n", "n", "n", "n", "o", "o", "o", "o",
	/* 150 */ "o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s",
	/* 160 */ "s", "s", "t", "t", "t", "t", "t", "t", "u", "u", "u", "u", "u", "u", "u", "u",
	/* 170 */ "u", "u", "u", "u", "w", "w", "y", "y", "y", "z", "z", "z", "z", "z", "z", "s",
	/* 180 */ "b", "b", "b", "b", "b", "b", "o", "c", "c", "dj", "d", "d", "d", "d", "e", "e",
	/* 190 */ "e", "f", "f", "g", "g", "hv", "i", "i", "k", "k", "l", "l", "m", "n", "n", "o",
	/* 1a0 */ "o", "o", "oi", "oi", "p", "p", "r", "s", "s", "s", "s", "t", "t", "t", "t", "u",
	/* 1b0 */ "u", "u", "v", "y", "y", "z", "z", "z", "z", "z", "z", "z", "s", "s", "ts", "w",
	/* 1c0 */ "-", "-", "-", "-", "dz", "dz", "dz", "lj", "lj", "lj", "nj", "nj", "nj", "a", "a", "i",
	/* 1d0 */ "i", "o", "o", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "e", "a", "a",
	/* 1e0 */ "a", "a", "ae", "ae", "g", "g", "g", "g", "k", "k", "o", "o", "o", "o", "z", "z",
	/* 1f0 */ "j", "dz", "dz", "dz", "gj", "gj", "hv", "w", "n", "n", "a", "a", "ae", "ae", "o", "o",
	/* 200 */ "a", "a", "a", "a", "e", "e", "e", "e", "i", "i", "i", "i", "o", "o", "o", "o",
	/* 210 */ "r", "r", "r", "r", "u", "u", "u", "u", "s", "s", "t", "t", "y", "y", "h", "h",
	/* 220 */ "n", "d", "ou", "ou", "z", "z", "a", "a", "e", "e", "o", "o", "o", "o", "o", "o",
	/* 230 */ "o", "o", "y", "y", "l", "n", "t", "j", "db", "qp", "a", "c", "c", "l", "t", "s",
	/* 240 */ "z", "h", "h", "b", "u", "v", "e", "e", "j", "j", "q", "q", "r", "r", "y", "y",
	/* 250 */ "a", "a", "a", "b", "o", "c", "dj", "d", "e", "e", "e", "e", "e", "e", "e", "j",
	/* 260 */ "g", "g", "g", "g", "o", "h", "h", "h", "i", "i", "i", "l", "l", "l", "lz", "m",
	/* 270 */ "m", "m", "n", "n", "n", "o", "oe", "o", "f", "r", "r", "r", "r", "r", "r", "r",
	/* 280 */ "r", "r", "s", "s", "j", "l", "s", "t", "t", "u", "u", "v", "v", "w", "y", "y",
	/* 290 */ "z", "z", "z", "z", "-", "-", "-", "c", "-", "b", "e", "g", "h", "j", "k", "l",
	/* 2a0 */ "q", "-", "-", "dz", "dz", "dz", "ts", "ts", "tc", "fn", "ls", "lz", "-", "-", "h", "h",
};

/* Serbian, Montenegrin, Macedonian; Bulgarian, Rusyn, Ukrainian and Russian where they have letters of their own. */
#define CYRILLIC 0x400
static const char cyrillic[][3] = {
	/* 400 */ "e", "e", "dj", "gj", "je", "dz", "i", "i", "j", "lj", "nj", "c", "kj", "i", "u", "dz",
	/* 410 */ "a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p",
	/* 420 */ "r", "s", "t", "u", "f", "h", "c", "c", "s", "st", "a", "i", "-", "e", "ju", "ja",
	/* 430 */ "a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p",
	/* 440 */ "r", "s", "t", "u", "f", "h", "c", "c", "s", "st", "a", "i", "-", "e", "ju", "ja",
	/* 450 */ "e", "e", "dj", "gj", "je", "dz", "i", "i", "j", "lj", "nj", "c", "kj", "i", "u", "dz",
	/* 460 */ "o", "o", "e", "e", "je", "je", "e", "e", "je", "je", "a", "a", "ja", "ja", "ks", "ks",
	/* 470 */ "ps", "ps", "f", "f", "i", "i", "i", "i", "u", "u", "o", "o", "o", "o", "ot", "ot",
	/* 480 */ "k", "k", "", "", "", "", "", "", "", "", "j", "j", "-", "-", "r", "r",
	/* 490 */ "g", "g", "g", "g", "g", "g", "z", "z", "z", "z", "k", "k", "k", "k", "k", "k",
	/* 4a0 */ "k", "k", "n", "n", "ng", "ng", "p", "p", "h", "h", "s", "s", "t", "t", "u", "u",
	/* 4b0 */ "u", "u", "h", "h", "ts", "ts", "c", "c", "c", "c", "h", "h", "c", "c", "c", "c",
	/* 4c0 */ "-", "z", "z", "k", "k", "l", "l", "n", "n", "n", "n", "c", "c", "m", "m", "-",
	/* 4d0 */ "a", "a", "a", "a", "ae", "ae", "e", "e", "e", "e", "e", "e", "z", "z", "z", "z",
	/* 4e0 */ "dz", "dz", "i", "i", "i", "i", "o", "o", "o", "o", "o", "o", "e", "e", "u", "u",
	/* 4f0 */ "u", "u", "u", "u", "c", "c", "g", "g", "i", "i", "g", "g", "h", "h", "h", "h",
	/* 500 */ "d", "d", "dj", "dj", "z", "z", "dz", "dz", "lj", "lj", "nj", "nj", "s", "s", "t", "t",
	/* 510 */ "z", "z", "l", "l", "lh", "lh", "rh", "rh", "ja", "ja", "q", "q", "w", "w", "k", "k",
	/* 520 */ "lj", "lj", "nj", "nj", "p", "p", "h", "h", "n", "n", "dz", "dz", "dz", "dz", "l", "l",
};

/* A mark that makes another letter of its base. Wherever this is not so, marks are dropped. */
#define ACUTE 0x301
#define BREVE 0x306
static const struct {
	utf8proc_int32_t upper, lower, mark;
	const char *plain;
} marked[] = {
	{ 0x413, 0x433, ACUTE, "gj" },      /* ѓ */
	{ 0x41a, 0x43a, ACUTE, "kj" },      /* ќ */
	{ 0x418, 0x438, BREVE, "j" },       /* й */
	{ 'G', 'g', ACUTE, "gj" },          /* ǵ and ḱ: Macedonian in Latin letters */
	{ 'K', 'k', ACUTE, "kj" },
};

/* Latin that has three bytes and nothing to be taken off: long s, Welsh and Sencoten letters. */
static const struct {
	utf8proc_int32_t code;
	const char *plain;
} rare[] = {
	{ 0x1e9c, "s" }, { 0x1e9d, "s" }, { 0x1e9f, "d" }, { 0x1efb, "ll" }, { 0x1efd, "v" }, { 0x1eff, "y" },
	{ 0x2c65, "a" }, { 0x2c66, "t" },
};

static const utf8proc_int32_t apostrophes[] = { '\'', 0x2018, 0x2019, 0x2b9, 0x2bb, 0x2bc, 0x2be };

/* What one code point can become: U+FDFA, the longest, is 18. */
#define PARTS 24

static void
put(struct bald *b, const void *text, size_t len)
{
	if (len > sizeof b->key - b->len)
		return;
	memcpy(b->key + b->len, text, len);
	b->len = (uint8_t)(b->len + len);
}

/* Letters and digits that need no library; false: C is none of them. */
static bool
put_known(struct bald *b, utf8proc_int32_t c)
{
	const char *plain = "";
	char small = (char)(c | 0x20);

	if (c < 0x80) {
		if (c >= '0' && c <= '9')
			put(b, &(char){ (char)c }, 1);
		else if (small >= 'a' && small <= 'z')
			put(b, &small, 1);
		else
			return false;
		return true;
	}
	if (c >= LATIN && c < LATIN + (utf8proc_int32_t)(sizeof latin / sizeof *latin))
		plain = latin[c - LATIN];
	else if (c >= CYRILLIC && c < CYRILLIC + (utf8proc_int32_t)(sizeof cyrillic / sizeof *cyrillic))
		plain = cyrillic[c - CYRILLIC];
	if (*plain != '-')
		put(b, plain, strlen(plain));
	return *plain;
}

static bool
is_apostrophe(utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof apostrophes / sizeof *apostrophes; i++)
		if (apostrophes[i] == c)
			return true;
	return false;
}

/* Marks, and signs without width (soft hyphen, joiners) but the space among them: they end no word. */
static bool
is_mark(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
	    (category == UTF8PROC_CATEGORY_CF && c != 0x200b);
}

static enum bald_class
class_of(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	if (is_apostrophe(c))
		return BALD_APOSTROPHE;
	if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO)
		return BALD_LETTER;
	return category == UTF8PROC_CATEGORY_ND ? BALD_DIGIT : BALD_BREAK;
}

/* --- the plain way: one or two bytes, and no mark behind --- */

/* Can a mark, or a sign without width, begin with this byte? */
static bool
may_be_mark(uint8_t first)
{
	return first >= 0xc2 && !(first >= 0xc3 && first <= 0xcb) && first != 0xd0 && first != 0xd1;
}

static bool
take_plain(struct bytes text, struct bald *b)
{
	const uint8_t *p = text.p + b->at;
	size_t left = text.len - b->at, used = *p < 0x80 ? 1 : 2;
	utf8proc_int32_t c = *p;

	if (used == 2) {
		if (left < 2 || *p < 0xc3 || *p > 0xd4 || (p[1] & 0xc0) != 0x80)
			return false;
		c = (*p & 0x1f) << 6 | (p[1] & 0x3f);
	}
	if (left > used && may_be_mark(p[used]))
		return false;
	if (put_known(b, c))
		b->class = c >= '0' && c <= '9' ? BALD_DIGIT : BALD_LETTER;
	else if (used == 1)
		b->class = c == '\'' ? BALD_APOSTROPHE : BALD_BREAK;
	else
		return false;
	b->end = b->at + used;
	return true;
}

/* --- any letter, with its marks --- */

/* A base whose marks are still coming. Of those above it only the first can be part of a letter. */
struct base {
	utf8proc_int32_t c, above;
	bool closed;
};

static size_t
take_apart(utf8proc_int32_t c, int options, utf8proc_int32_t parts[PARTS])
{
	int bound = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, PARTS,
	    (utf8proc_option_t)(UTF8PROC_DECOMPOSE | options), &bound);

	return n > 0 && n <= PARTS ? (size_t)n : 0;
}

static bool
put_rare(struct bald *b, utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
		if (rare[i].code == c) {
			put(b, rare[i].plain, strlen(rare[i].plain));
			return true;
		}
	return false;
}

/* A letter of another script, of a ligature, of another width ... */
static void
put_any(struct bald *b, utf8proc_int32_t c)
{
	utf8proc_int32_t parts[PARTS];
	utf8proc_uint8_t raw[4];
	size_t count = take_apart(c, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, parts);

	for (size_t i = 0; i < count; i++) {
		enum bald_class class = class_of(parts[i]);

		if (!put_known(b, parts[i]) && !put_rare(b, parts[i]) && (class == BALD_LETTER || class == BALD_DIGIT))
			put(b, raw, (size_t)utf8proc_encode_char(parts[i], raw));
	}
}

static void
settle(struct bald *b, const struct base *base)
{
	for (size_t i = 0; i < sizeof marked / sizeof *marked; i++)
		if (base->above == marked[i].mark && (base->c == marked[i].upper || base->c == marked[i].lower)) {
			put(b, marked[i].plain, strlen(marked[i].plain));
			return;
		}
	if (base->c && !put_known(b, base->c))
		put_any(b, base->c);
}

static void
add_part(struct bald *b, struct base *base, utf8proc_int32_t part)
{
	int class = utf8proc_get_property(part)->combining_class;

	if (!is_mark(part)) {
		settle(b, base);
		*base = (struct base){ .c = part };
	} else if (class == 0) {
		base->closed = true;         /* normal form C puts nothing together across it */
	} else if (class == 230 && !base->above && !base->closed) {
		base->above = part;
	}
}

/* The code point at AT, taken apart canonically; returns its bytes. No UTF-8: one byte, no parts. */
static size_t
read_parts(struct bytes text, size_t at, utf8proc_int32_t parts[PARTS], size_t *out_count)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t used = utf8proc_iterate(text.p + at, (utf8proc_ssize_t)(text.len - at), &c);

	*out_count = used > 0 ? take_apart(c, 0, parts) : 0;
	return used > 0 ? (size_t)used : 1;
}

static void
take_any(struct bytes text, struct bald *b)
{
	struct base base = { 0 };
	utf8proc_int32_t parts[PARTS];
	size_t count, used = read_parts(text, b->at, parts, &count);

	b->class = count ? class_of(parts[0]) : BALD_BREAK;
	b->end = b->at + used;
	if (b->class != BALD_LETTER && b->class != BALD_DIGIT)
		return;
	do {
		for (size_t i = 0; i < count; i++)
			add_part(b, &base, parts[i]);
		b->end = b->at + used;
		if (b->end == text.len)
			break;
		used += read_parts(text, b->end, parts, &count);
	} while (count && is_mark(parts[0]));
	settle(b, &base);
}

bool
bald_next(struct bytes text, struct bald *b)
{
	b->at = b->end;
	b->len = 0;
	if (b->at == text.len)
		return false;
	if (!take_plain(text, b))
		take_any(text, b);
	return true;
}
