#include "node/record/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

/* --- reading letters --- */

/* A text in small letters, of the same length, so that places in it are places in the original. */
struct folded {
	const char *p;           /* ended by eight zeros: matchers may look ahead that far */
	size_t len;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_latin(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Small letters of Latin and Cyrillic, which all keep their two bytes. */
static void
fold_pair(unsigned char *p)
{
	unsigned code = (unsigned)(p[0] & 0x1f) << 6 | (p[1] & 0x3f), small = code;

	if ((code >= 0xc0 && code <= 0xde && code != 0xd7) || (code >= 0x410 && code <= 0x42f))
		small = code + 0x20;
	else if (code >= 0x400 && code <= 0x40f)
		small = code + 0x50;
	else if ((code >= 0x100 && code <= 0x137 && code != 0x130) || (code >= 0x14a && code <= 0x177))
		small = code | 1;
	else if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
		small = code + (code & 1);
	p[0] = (unsigned char)(0xc0 | small >> 6);
	p[1] = (unsigned char)(0x80 | (small & 0x3f));
}

static char *
fold(struct bytes text)
{
	unsigned char *out = need_zeroed(text.len + 8, 1);

	if (text.len)
		memcpy(out, text.p, text.len);
	for (size_t i = 0; i < text.len; i++) {
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (unsigned char)(out[i] + 32);
		else if (out[i] >= 0xc3 && out[i] <= 0xd1 && i + 1 < text.len)
			fold_pair(out + i++);
	}
	return (char *)out;
}

/* Does a letter or digit begin at AT? Signs of Latin-1 and general punctuation (C2 .., E2 80 ..) are none. */
static bool
is_word(const char *at)
{
	unsigned char c = (unsigned char)*at;

	return is_digit(*at) || is_latin(*at) || (c >= 0xc3 && c != 0xe2);
}

static bool
begins_word(struct folded t, size_t at)
{
	const char *before = t.p + at - 1;

	if (at == 0)
		return true;
	while (before > t.p && utf8_is_later((uint8_t)*before))
		before--;
	return !is_word(before);
}

static size_t
skip(const char *p, const char *set)
{
	return strspn(p, set);
}

/* The same up to MOST: from every word on one looks ahead, so no look may go on to the end of the text. */
static size_t
skip_most(const char *p, const char *set, size_t most)
{
	size_t n = 0;

	while (n < most && p[n] && strchr(set, p[n]))
		n++;
	return n;
}

static bool
starts(const char *p, const char *word)
{
	return *p == *word && strncmp(p, word, strlen(word)) == 0;
}

/* Which bytes a list of words can begin with: most letters of a text are passed over at this one look. */
struct first_bytes {
	bool of[256];
};

static bool
can_begin(const struct first_bytes *f, char c)
{
	return f->of[(unsigned char)c];
}

/* Is there a digit within BEFORE bytes in front of AT or within AFTER behind END? */
static bool
near_number(struct folded t, size_t at, size_t end, size_t before, size_t after)
{
	for (size_t i = at > before ? at - before : 0; i < at; i++)
		if (is_digit(t.p[i]))
			return true;
	for (size_t i = end; i < t.len && i < end + after; i++)
		if (is_digit(t.p[i]))
			return true;
	return false;
}

/* --- rules: how much of the text from AT on is a find, or 0 --- */

enum { ALWAYS, WITH_NUMBER, NUMBER_NEXT };

/* Small letters. An oblique case ("street children" in the region's languages) counts only beside a number. */
static const struct {
	const char *word;
	int when;
} street_words[] = {
	{ "rr.", ALWAYS }, { "rruga", ALWAYS }, { "rrugën", WITH_NUMBER }, { "rrugës", WITH_NUMBER },
	{ "rrugica", ALWAYS }, { "bulevardi", ALWAYS }, { "blv.", ALWAYS }, { "sheshi", ALWAYS },
	{ "lagjja", ALWAYS }, { "lagja", ALWAYS },
	{ "ul.", ALWAYS }, { "ulica", ALWAYS }, { "ulici", WITH_NUMBER }, { "ulice", WITH_NUMBER },
	{ "ulicu", WITH_NUMBER }, { "bulevar", ALWAYS }, { "bulevaru", ALWAYS }, { "bul.", ALWAYS },
	{ "trg", ALWAYS }, { "trgu", ALWAYS }, { "sokak", ALWAYS }, { "šetalište", ALWAYS }, { "cesta", WITH_NUMBER },
	{ "ул.", ALWAYS }, { "улица", ALWAYS }, { "улици", WITH_NUMBER }, { "улице", WITH_NUMBER },
	{ "улицу", WITH_NUMBER }, { "улицата", WITH_NUMBER }, { "булевар", ALWAYS }, { "булевару", ALWAYS },
	{ "бул.", ALWAYS }, { "трг", ALWAYS }, { "тргу", ALWAYS }, { "сокак", ALWAYS }, { "шеталиште", ALWAYS },
	{ "sokağı", ALWAYS }, { "sok.", WITH_NUMBER }, { "caddesi", ALWAYS }, { "cad.", WITH_NUMBER },
	{ "mahallesi", ALWAYS }, { "bulvarı", ALWAYS },
	{ "street", WITH_NUMBER }, { "road", WITH_NUMBER }, { "avenue", WITH_NUMBER }, { "boulevard", WITH_NUMBER },
	{ "square", WITH_NUMBER },
	{ "utca", WITH_NUMBER }, { "ulica č.", ALWAYS }, { "vulica", ALWAYS }, { "drumo", WITH_NUMBER },
	{ "br.", NUMBER_NEXT }, { "бр.", NUMBER_NEXT }, { "nr.", NUMBER_NEXT }, { "broj", NUMBER_NEXT },
	{ "број", NUMBER_NEXT }, { "numër", NUMBER_NEXT }, { "house no.", NUMBER_NEXT },
};

static struct first_bytes street_first, link_first;

static size_t
find_street(struct folded t, size_t at)
{
	if (!can_begin(&street_first, t.p[at]))
		return 0;
	for (size_t i = 0; i < sizeof street_words / sizeof *street_words; i++) {
		size_t len, end, blanks;

		if (!starts(t.p + at, street_words[i].word))
			continue;
		len = strlen(street_words[i].word);
		end = at + len;
		if (t.p[end - 1] != '.' && is_word(t.p + end))
			continue;
		blanks = skip(t.p + end, " ");
		if (street_words[i].when == NUMBER_NEXT && !is_digit(t.p[end + blanks]))
			continue;
		if (street_words[i].when == WITH_NUMBER && !near_number(t, at, end, 24, 24))
			continue;
		return len;
	}
	return 0;
}

/* Digits, a point or comma, and at least PLACES digits: its length. */
static size_t
decimal(const char *p, size_t places, double *out)
{
	char number[24];
	size_t sign = *p == '-', whole, n;

	whole = strspn(p + sign, "0123456789");
	if (whole == 0 || whole > 3 || (p[sign + whole] != '.' && p[sign + whole] != ','))
		return 0;
	n = strspn(p + sign + whole + 1, "0123456789");
	if (n < places || n > 12)
		return 0;
	snprintf(number, sizeof number, "%.*s.%.*s", (int)(sign + whole), p, (int)n, p + sign + whole + 1);
	*out = strtod(number, NULL);
	return sign + whole + 1 + n;
}

/* "42.380, 20.431", "42,380 20,431", "42°23'" and geo: links. */
static size_t
find_coordinates(struct folded t, size_t at)
{
	const char *p = t.p + at;
	double lat, lon;
	size_t first, gap, second, whole;

	if (!is_digit(*p) && *p != '-' && *p != 'g')
		return 0;
	first = decimal(p, 3, &lat);
	whole = strspn(p, "0123456789");
	if (starts(p, "geo:") && is_digit(p[4 + (p[4] == '-')]))
		return 5;
	if (whole >= 1 && whole <= 3 && starts(p + whole, "°")) {
		gap = whole + 2 + skip(p + whole + 2, " ");
		if (is_digit(p[gap]))
			return gap + 1;
	}
	if (first == 0)
		return 0;
	if (starts(p + first, "°"))
		return first + 2;
	gap = skip(p + first, " ,;/ne");
	second = gap ? decimal(p + first + gap, 3, &lon) : 0;
	if (second == 0 || lat < -90 || lat > 90 || lon < -180 || lon > 180)
		return 0;
	return first + gap + second;
}

/* Open Location Code: two to eight of its digits, even in number, "+", two or three more. */
static size_t
find_plus_code(struct folded t, size_t at)
{
	static const char digits[] = "23456789cfghjmpqrvwx";
	const char *p = t.p + at;
	size_t head = strspn(p, digits), tail = p[head] == '+' ? strspn(p + head + 1, digits) : 0;
	bool letter = strcspn(p, "cfghjmpqrvwx") < head + 1 + tail;

	if (head < 4 || head > 8 || head % 2 || tail < 2 || tail > 3 || !letter || is_word(p + head + 1 + tail))
		return 0;
	return head + 1 + tail;
}

/* In the original, since a place begins with a capital: "11000 Beograd", "1000 Скопје". */
static bool
capital_at(struct bytes text, size_t at)
{
	unsigned char a = at < text.len ? text.p[at] : 0, b = at + 1 < text.len ? text.p[at + 1] : 0;
	unsigned char pair[2] = { a, b };

	if (a >= 'A' && a <= 'Z')
		return true;
	if (a < 0xc3 || a > 0xd1)
		return false;
	fold_pair(pair);
	return pair[0] != a || pair[1] != b;
}

/* Five digits: RS 1xxxx to 3xxxx, XK 1xxxx to 7xxxx, BA 7xxxx and 8xxxx, ME 8xxxx. Four: AL and MK, only before
 * or behind a capital and never a year, since counts are common. Either with the country's letters in front. */
static size_t
find_postal(struct folded t, size_t at, struct bytes original)
{
	static const char *const heads[] = { "al-", "ba-", "mk-", "me-", "rs-", "xk-", "srb-", "mne-", "bih-", "ks-" };
	const char *p = t.p + at;
	size_t head = 0, n;
	bool place;

	for (size_t i = 0; !is_digit(*p) && i < sizeof heads / sizeof *heads; i++)
		if (starts(p, heads[i]))
			head = strlen(heads[i]);
	if (head == 0 && !is_digit(*p))
		return 0;
	n = strspn(p + head, "0123456789");
	if ((n != 4 && n != 5) || is_word(p + head + n) || p[head] == '0')
		return 0;
	if (head > 0)
		return head + n;
	if (at > 0 && strchr("+-/.,", t.p[at - 1]) && at > 1 && is_digit(t.p[at - 2]))
		return 0;                           /* the tail of a telephone number, a date, a decimal */
	if (strchr(".,-/", p[n]) && p[n] && is_digit(p[n + 1]))
		return 0;
	place = p[n] == ' ' && capital_at(original, at + n + 1);
	if (n == 5)
		return p[0] <= '8' && place ? n : 0;
	return place && !(p[0] == '1' && p[1] == '9') && !(p[0] == '2' && p[1] == '0') && p[0] <= '9' ? n : 0;
}

static const char *const links[] = { "maps.google.", "google.com/maps", "goo.gl/maps", "maps.app.goo.gl",
	"openstreetmap.org", "osm.org", "bing.com/maps", "waze.com", "what3words.com", "w3w.co", "maps.apple.com",
	"yandex.com/maps", "wego.here.com", "mapy.cz", "mapy.com", "plus.codes", "wikimapia.org", "planplus.rs",
	"maps.me", "organicmaps.app", "om://", "ge0.me" };

#define LINK_ENDING 24     /* "com.mk" */

static size_t
find_map_link(struct folded t, size_t at)
{
	if (!can_begin(&link_first, t.p[at]))
		return 0;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (starts(t.p + at, links[i]))
			return strlen(links[i]);
	/* google.rs/maps and its like */
	if (starts(t.p + at, "google.")) {
		size_t n = 7 + skip_most(t.p + at + 7, "abcdefghijklmnopqrstuvwxyz.", LINK_ENDING);

		if (starts(t.p + at + n, "/maps"))
			return n + 5;
	}
	return 0;
}

/* Roles: a mailbox in two parts one of which is a role is none of a person. */
static bool
is_role(const char *p, size_t len)
{
	static const char *const roles[] = { "info", "office", "zyra", "kancelarija", "kontakt", "contact", "help", "sos",
		"support", "podrska", "ndihme", "team", "tim", "ekipi", "admin", "mail", "email", "centar", "qendra", "center",
		"director", "drejtori", "direktor", "hr", "press", "media", "legal", "finance", "project", "projekti", "projekat",
		"shoqata", "udruzenje", "ngo", "nvo", "ojq", "women", "gratë", "zene", "line", "linja", "linija", "no", "reply" };

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (strlen(roles[i]) == len && memcmp(roles[i], p, len) == 0)
			return true;
	return false;
}

static const char *const free_mail[] = { "gmail.", "googlemail.", "yahoo.", "ymail.", "hotmail.", "outlook.", "live.",
	"msn.", "icloud.", "me.com", "aol.", "proton.me", "protonmail.", "pm.me", "gmx.", "mail.ru", "yandex.", "zoho.",
	"tutanota.", "tuta.", "web.de", "t-online.", "windowslive.", "mail.com", "inbox.", "seznam." };

#define MAILBOX_MOST 64    /* RFC 5321 section 4.5.3.1 */

/* name.surname@ anywhere, and anything at a free mail service. */
static size_t
find_personal_email(struct folded t, size_t at)
{
	const char *p = t.p + at;
	size_t local = skip_most(p, "abcdefghijklmnopqrstuvwxyz0123456789._%+-", MAILBOX_MOST + 1), host, dot;

	if (local == 0 || local > MAILBOX_MOST || p[local] != '@')
		return 0;
	host = strspn(p + local + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	if (host < 3)
		return 0;
	for (size_t i = 0; i < sizeof free_mail / sizeof *free_mail; i++)
		if (starts(p + local + 1, free_mail[i]))
			return local + 1 + host;
	dot = strcspn(p, "._");
	if (dot < 2 || dot + 3 > local || strspn(p, "abcdefghijklmnopqrstuvwxyz") != dot ||
	    strspn(p + dot + 1, "abcdefghijklmnopqrstuvwxyz") + dot + 1 != local)
		return 0;
	return is_role(p, dot) || is_role(p + dot + 1, local - dot - 1) ? 0 : local + 1 + host;
}

static bool
is_day(const char *day, const char *month)
{
	int d = (day[0] - '0') * 10 + day[1] - '0', m = (month[0] - '0') * 10 + month[1] - '0';

	return d >= 1 && d <= 31 && m >= 1 && m <= 12;
}

/* JMBG, EMBG: day, month, three digits of the year, region, number, and a check digit by weights 7 to 2, twice. */
static size_t
find_jmbg(struct folded t, size_t at)
{
	const char *p = t.p + at;
	int sum = 0, check;

	if (!is_digit(*p) || strspn(p, "0123456789") != 13 || is_word(p + 13) || !is_day(p, p + 2))
		return 0;
	for (int i = 0; i < 12; i++)
		sum += (p[i] - '0') * (7 - i % 6);
	check = 11 - sum % 11;
	return (check > 9 ? 0 : check) == p[12] - '0' ? 13 : 0;
}

/* Albanian NID: letter of the decade, digit of the year, month (women + 50, foreigners + 30 more), day, three
 * digits, letter. */
static size_t
find_nid(struct folded t, size_t at)
{
	const char *p = t.p + at;
	char month[2];
	int m;

	if (p[0] < 'a' || p[0] > 't' || strspn(p + 1, "0123456789") != 8 || !is_latin(p[9]) || p[9] > 'w' ||
	    is_word(p + 10))
		return 0;
	m = (p[2] - '0') * 10 + p[3] - '0';
	m -= m > 80 ? 80 : m > 50 ? 50 : m > 30 ? 30 : 0;
	month[0] = (char)('0' + m / 10);
	month[1] = (char)('0' + m % 10);
	return is_day(p + 4, month) ? 10 : 0;
}

/* A number written as people write them, with blanks and strokes: plain digits into OUT; the bytes it took. */
static size_t
plain_number(const char *p, char *out, size_t max)
{
	size_t i = 0, n = 0, end = 0;

	if (*p == '+')
		out[n++] = p[i++];
	for (; p[i] && n + 1 < max; i++)
		if (is_digit(p[i])) {
			out[n++] = p[i];
			end = i + 1;
		} else if (!strchr(" -/.()", p[i])) {
			break;
		}
	out[n] = 0;
	return end;
}

/* At home numbers begin with 0 and an area code; 04, 06, 07 are mobile somewhere in the region, 09 and 080 not
 * bound to a place. */
static size_t
find_landline(struct folded t, size_t at)
{
	char number[24];
	size_t len, digits;

	if (t.p[at] != '+' && t.p[at] != '0')
		return 0;
	len = plain_number(t.p + at, number, sizeof number);
	digits = strlen(number);
	if (digits < 9 || digits > 16)              /* eight may be a date: 01.02.2026 */
		return 0;
	if (starts(number, "00")) {
		number[1] = '+';
		return phone_names_town(bytes_text(number + 1)) ? len : 0;
	}
	if (number[0] == '+')
		return phone_names_town(bytes_text(number)) ? len : 0;
	return strchr("1235", number[1]) && digits <= 11 ? len : 0;
}

/* --- the rows --- */

#define IN_TEXT 1u
#define IN_URL 2u
#define IN_EMAIL 4u
#define INSIDE_WORDS 8u      /* need not begin a word */

static const struct {
	const char *word, *reason;
	unsigned where;
	size_t (*find)(struct folded t, size_t at);
	size_t (*find_original)(struct folded t, size_t at, struct bytes original);
} rules[] = {
	{ "street", "it names a street or a house number", IN_TEXT, find_street, NULL },
	{ "coordinates", "it gives coordinates", IN_TEXT | IN_URL | INSIDE_WORDS, find_coordinates, NULL },
	{ "plus-code", "it gives a plus code, which is a place", IN_TEXT, find_plus_code, NULL },
	{ "postal-code", "it gives a postal code", IN_TEXT, NULL, find_postal },
	{ "map-link", "it leads to a map", IN_TEXT | IN_URL | INSIDE_WORDS, find_map_link, NULL },
	{ "personal-email", "it is a person's mailbox, not a role's", IN_TEXT | IN_EMAIL, find_personal_email, NULL },
	{ "national-id", "it holds a national identity number", IN_TEXT, find_jmbg, NULL },
	{ "national-id-al", "it holds a national identity number", IN_TEXT, find_nid, NULL },
	{ "landline", "its area code names a town", IN_TEXT, find_landline, NULL },
};
#define RULES (sizeof rules / sizeof *rules)

size_t
lint_rule_count(void)
{
	return RULES;
}

const char *
lint_rule_word(size_t i)
{
	return rules[i].word;
}

static unsigned
place_of(enum field_type type)
{
	return type == FIELD_URL ? IN_URL : type == FIELD_EMAIL ? IN_EMAIL
	    : type == FIELD_TEXT || type == FIELD_MLTEXT ? IN_TEXT : 0;
}

/* Filled at the first use; the loop thread is the only one that lints. */
static void
fill_first_bytes(void)
{
	if (link_first.of['g'])
		return;
	for (size_t i = 0; i < sizeof street_words / sizeof *street_words; i++)
		street_first.of[(unsigned char)street_words[i].word[0]] = true;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		link_first.of[(unsigned char)links[i][0]] = true;
	link_first.of['g'] = true; /* google.rs/maps */
}

/* Within a word only coordinates and links are looked for. */
static bool
begins_inside(char c)
{
	return is_digit(c) || c == '-' || can_begin(&link_first, c);
}

/* What rule I finds from AT on: its length, or 0. */
static size_t
try_rule(size_t i, unsigned where, struct folded t, size_t at, bool begins, struct bytes original)
{
	if (!(rules[i].where & where))
		return 0;
	if (!begins && (!(rules[i].where & INSIDE_WORDS) || (at > 0 && is_digit(t.p[at - 1]))))
		return 0;
	return rules[i].find ? rules[i].find(t, at) : rules[i].find_original(t, at, original);
}

bool
lint_text(struct bytes text, enum field_type type, const char *path,
    bool (*fn)(void *self, const struct lint_finding *f), void *self)
{
	unsigned where = place_of(type);
	char *small = fold(text);
	struct folded t = { small, text.len };
	bool more = true;

	fill_first_bytes();
	for (size_t at = 0; at < text.len && more; at++) {
		bool begins;

		if (utf8_is_later((uint8_t)small[at]))
			continue;
		begins = begins_word(t, at);
		if (!begins && !begins_inside(small[at]))
			continue;
		for (size_t i = 0; i < RULES && more; i++) {
			size_t len = try_rule(i, where, t, at, begins, text);
			struct lint_finding f;

			if (len == 0)
				continue;
			f = (struct lint_finding){ .rule = rules[i].word, .reason = rules[i].reason, .text = text,
				.at = at, .len = len };
			snprintf(f.path, sizeof f.path, "%s", path);
			more = fn(self, &f);
		}
	}
	free(small);
	return more;
}
