/* Names and numbers of those who must not be found, in what others write. */
#include "node/record/lint.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/bald.h"

/* A letter of a name: đ, dj and a bare d are one, as are gj and g, kj and k. */
static void
put_plain(struct buf *out, const struct bald *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->key[i] != 'j' || !strchr("dgk", out->p[out->len - 1]))
			buf_put_u8(out, (uint8_t)b->key[i]);
}

/* Words without case, marks and script, one blank between, one before and one behind. */
static void
plain_words(struct bytes text, struct buf *out)
{
	struct bald b = { 0 };

	buf_put_u8(out, ' ');
	while (bald_next(text, &b)) {
		if (b.class == BALD_LETTER || b.class == BALD_DIGIT)
			put_plain(out, &b);
		else if (out->p[out->len - 1] != ' ')
			buf_put_u8(out, ' ');
	}
	if (out->p[out->len - 1] != ' ')
		buf_put_u8(out, ' ');
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

struct naming {
	struct bytes name;
	bool same;
};

static bool
compare_name(void *self, const struct text_value *v)
{
	struct naming *n = self;

	if (strcmp(v->field->word, "name") == 0 || strcmp(v->field->word, "alternate_names") == 0)
		n->same |= lint_same_name(n->name, v->text);
	return !n->same;
}

bool
lint_bears_name(const struct kind *k, struct bytes body, struct bytes name)
{
	struct naming n = { name, false };

	lint_each_text(k, body, compare_name, &n);
	return n.same;
}

/* --- telephone numbers --- */

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
