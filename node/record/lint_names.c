/* Names and numbers of those who must not be found, in what others write. */
#include "node/record/lint.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Letters that have no decomposition, and Cyrillic as Latin without marks: one spelling for all. */
static const struct {
	utf8proc_int32_t code;
	const char *plain;
} spellings[] = {
	{ 0x111, "d" }, { 0x131, "i" }, { 0xf8, "o" }, { 0x142, "l" },
	{ 0x430, "a" }, { 0x431, "b" }, { 0x432, "v" }, { 0x433, "g" }, { 0x434, "d" }, { 0x452, "d" }, { 0x453, "g" },
	{ 0x435, "e" }, { 0x436, "z" }, { 0x437, "z" }, { 0x455, "dz" }, { 0x438, "i" }, { 0x458, "j" }, { 0x43a, "k" },
	{ 0x45c, "k" }, { 0x43b, "l" }, { 0x459, "lj" }, { 0x43c, "m" }, { 0x43d, "n" }, { 0x45a, "nj" }, { 0x43e, "o" },
	{ 0x43f, "p" }, { 0x440, "r" }, { 0x441, "s" }, { 0x442, "t" }, { 0x45b, "c" }, { 0x443, "u" }, { 0x444, "f" },
	{ 0x445, "h" }, { 0x446, "c" }, { 0x447, "c" }, { 0x45f, "dz" }, { 0x448, "s" },
};

static void
put_plain(struct buf *out, utf8proc_int32_t code)
{
	utf8proc_uint8_t raw[4];

	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		if (spellings[i].code == code) {
			buf_put_text(out, spellings[i].plain);
			return;
		}
	buf_put(out, raw, (size_t)utf8proc_encode_char(code, raw));
}

/* Words without case, marks and script, one blank between, one before and one behind. */
static void
plain_words(struct bytes text, struct buf *out)
{
	utf8proc_int32_t *codes = need_alloc((text.len * 4 + 8) * sizeof *codes);
	utf8proc_ssize_t n = utf8proc_decompose(text.p, (utf8proc_ssize_t)text.len, codes,
	    (utf8proc_ssize_t)(text.len * 4 + 8),
	    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);

	buf_put_u8(out, ' ');
	for (utf8proc_ssize_t i = 0; i < n && n <= (utf8proc_ssize_t)(text.len * 4 + 8); i++) {
		utf8proc_category_t c = utf8proc_category(codes[i]);

		if ((c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) || c == UTF8PROC_CATEGORY_ND)
			put_plain(out, codes[i]);
		else if (out->p[out->len - 1] != ' ')
			buf_put_u8(out, ' ');
	}
	if (out->p[out->len - 1] != ' ')
		buf_put_u8(out, ' ');
	free(codes);
}

/* The digits alone of what may be a number, without a country's or a home prefix: the last eight. */
static void
last_digits(struct bytes text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			buf_put_u8(out, text.p[i]);
	if (out->len > 8) {
		memmove(out->p, out->p + out->len - 8, 8);
		out->len = 8;
	}
}

static bool
holds(const struct buf *text, const struct buf *part, size_t least)
{
	return part->len >= least && text->len >= part->len &&
	    memmem(text->p, text->len, part->p, part->len);
}

static bool
is_number(struct bytes name)
{
	size_t digits = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] >= '0' && name.p[i] <= '9')
			digits++;
		else if (!strchr("+ -/.()", name.p[i]))
			return false;
	}
	return digits >= 6;
}

/* A name made ready to be looked for: its words, or of a number the digits at its end. */
struct wanted {
	bool number;
	struct buf plain;
};

struct names {
	struct wanted *wanted;
	size_t count, found;
};

static bool
look_for_names(void *self, const struct text_value *v)
{
	struct names *w = self;
	struct buf words = { 0 }, digits = { 0 };

	if (v->field->type == FIELD_CODE || v->field->type == FIELD_LANGUAGE)
		return true;
	plain_words(v->text, &words);
	for (size_t i = 0; i < v->text.len; i++)
		if (v->text.p[i] >= '0' && v->text.p[i] <= '9')
			buf_put_u8(&digits, v->text.p[i]);
	for (size_t i = 0; i < w->count && !w->found; i++)
		if (w->wanted[i].number ? holds(&digits, &w->wanted[i].plain, 6) : holds(&words, &w->wanted[i].plain, 5))
			w->found = i + 1;
	buf_free(&words);
	buf_free(&digits);
	return w->found == 0;
}

size_t
lint_names(const struct kind *k, struct bytes body, const struct bytes *names, size_t count)
{
	struct names w = { need_zeroed(count, sizeof *w.wanted), count, 0 };

	for (size_t i = 0; i < count; i++) {
		w.wanted[i].number = is_number(names[i]);
		if (w.wanted[i].number)
			last_digits(names[i], &w.wanted[i].plain);
		else
			plain_words(names[i], &w.wanted[i].plain);
	}
	lint_each_text(k, body, look_for_names, &w);
	for (size_t i = 0; i < count; i++)
		buf_free(&w.wanted[i].plain);
	free(w.wanted);
	return w.found;
}

bool
lint_same_name(struct bytes a, struct bytes b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	plain_words(a, &x);
	plain_words(b, &y);
	same = x.len > 1 && bytes_equal(buf_bytes(&x), buf_bytes(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

/* ---- telephone numbers ---------------------------------------------------------------------------------------------- */

/*
 * National numbering plans of the six: what follows the country code and is bound to no town. Everything else
 * there begins with an area code.
 */
static const struct {
	const char *country, *free[4];
} plans[] = {
	{ "+355", { "66", "67", "68", "69" } },
	{ "+381", { "6", NULL } },
	{ "+382", { "6", NULL } },
	{ "+383", { "4", NULL } },
	{ "+387", { "6", NULL } },
	{ "+389", { "7", NULL } },
};

static bool
begins_with(const char *p, const char *word)
{
	return strncmp(p, word, strlen(word)) == 0;
}

bool
phone_names_town(struct bytes number)
{
	char text[24];

	if (number.len >= sizeof text || number.len < 5)
		return false;
	memcpy(text, number.p, number.len);
	text[number.len] = 0;
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		if (!begins_with(text, plans[i].country))
			continue;
		for (size_t k = 0; k < 4 && plans[i].free[k]; k++)
			if (begins_with(text + 4, plans[i].free[k]))
				return false;
		return !begins_with(text + 4, "80");     /* free of charge: 0800, 080 */
	}
	return false;
}
