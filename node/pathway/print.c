#include "node/pathway/print.h"

#include <stdio.h>
#include <string.h>

#include "node/pathway/pathway.h"
#include "node/pathway/words.h"
#include "node/record/json.h"
#include "proto/territory.h"

enum err_code
print_size_parse(const char *word, enum print_size *out, struct err *e)
{
	if (strcmp(word, "a4") != 0 && strcmp(word, "a6") != 0)
		return err_set(e, ERR_INPUT, "size", "code", "\"%.20s\" is neither a4 nor a6", word);
	*out = word[1] == '4' ? PRINT_A4 : PRINT_A6;
	return ERR_OK;
}

enum err_code
print_format_parse(const char *word, enum print_format *out, struct err *e)
{
	if (strcmp(word, "text") != 0 && strcmp(word, "html") != 0)
		return err_set(e, ERR_INPUT, "format", "code", "\"%.20s\" is neither text nor html", word);
	*out = word[0] == 't' ? PRINT_TEXT : PRINT_HTML;
	return ERR_OK;
}

struct printing {
	struct ink ink;
	const struct ink_ops *ops;
	const struct words *words;
	const cJSON *sheet;
};

/* --- reading the sheet --- */

static const char *
phrase(const struct printing *p, enum phrase which)
{
	return p->words->phrases[which];
}

/* The phrase of a standing, by the order of both tables. */
static const char *
standing_phrase(const struct printing *p, const cJSON *o)
{
	for (int s = 0; s < STANDINGS; s++)
		if (strcmp(standing_word((enum standing)s), json_string(o, "standing")) == 0)
			return phrase(p, (enum phrase)(PHRASE_FRESH + s));
	return "";
}

/* The phrase with %s replaced. */
static void
fill(const char *phrase_text, const char *with, struct buf *out)
{
	const char *gap = strstr(phrase_text, "%s");

	buf_reset(out);
	if (gap == NULL) {
		buf_put_text(out, phrase_text);
		return;
	}
	buf_put(out, phrase_text, (size_t)(gap - phrase_text));
	buf_put_text(out, with);
	buf_put_text(out, gap + 2);
}

static void
line(struct printing *p, const char *label, const char *text)
{
	if (*text)
		p->ops->line(&p->ink, label, text, p->ink.lang, NULL);
}

/* A text that comes with its language. */
static void
said(struct printing *p, const char *label, const cJSON *o)
{
	if (*json_string(o, "text"))
		p->ops->line(&p->ink, label, json_string(o, "text"), json_string(o, "lang"),
		    cJSON_IsTrue(json_get(o, "unreviewed")) ? phrase(p, PHRASE_UNREVIEWED) : NULL);
}

static void
filled(struct printing *p, enum phrase which, const char *with)
{
	struct buf text = { 0 };

	fill(phrase(p, which), with, &text);
	line(p, "", buf_text(&text));
	buf_free(&text);
}

/* --- parts --- */

/* "112, 129 (women's line)" */
static void
put_numbers(const cJSON *phones, struct buf *out)
{
	const cJSON *phone;

	cJSON_ArrayForEach(phone, phones) {
		buf_printf(out, "%s%s", out->len ? ", " : "", json_string(phone, "number"));
		if (*json_string(json_get(phone, "label"), "text"))
			buf_printf(out, " (%s)", json_string(json_get(phone, "label"), "text"));
	}
}

static void
print_emergency(struct printing *p)
{
	const cJSON *one;
	bool any = false;

	p->ops->open(&p->ink, "alarm");
	cJSON_ArrayForEach(one, json_get(p->sheet, "emergency")) {
		struct buf numbers = { 0 };

		put_numbers(json_get(one, "phones"), &numbers);
		if (numbers.len) {
			p->ops->number(&p->ink, phrase(p, PHRASE_DANGER), buf_text(&numbers));
			said(p, "", json_get(one, "name"));
			if (strcmp(json_string(one, "standing"), "fresh") != 0)
				line(p, "", standing_phrase(p, one));
			any = true;
		}
		buf_free(&numbers);
	}
	if (!any)
		line(p, "", phrase(p, PHRASE_NO_EMERGENCY));
	p->ops->close(&p->ink);
}

/* Who does it: a service or an organisation, and the numbers that can be called. */
static void
print_doer(struct printing *p, const char *label, const cJSON *o)
{
	struct buf numbers = { 0 };

	if (o == NULL)
		return;
	said(p, label, json_get(o, "name"));
	said(p, phrase(p, PHRASE_OF), json_get(o, "of"));
	put_numbers(json_get(o, "phones"), &numbers);
	if (numbers.len)
		p->ops->number(&p->ink, phrase(p, PHRASE_CALL), buf_text(&numbers));
	buf_free(&numbers);
}

static void
print_deadline(struct printing *p, const cJSON *step)
{
	const cJSON *v = json_get(step, "deadline_hours");
	int hours = cJSON_IsNumber(v) ? v->valueint : 0;
	bool days = hours >= 72 && hours % 24 == 0;
	char number[24];

	if (hours == 0)
		return;
	snprintf(number, sizeof number, "%d", days ? hours / 24 : hours);
	filled(p, days ? PHRASE_WITHIN_DAYS : PHRASE_WITHIN_HOURS, number);
}

static void
print_night(struct printing *p, const cJSON *night)
{
	const cJSON *service = json_get(night, "out_of_hours_service");

	if (night == NULL)
		return;
	if (json_get(night, "out_of_hours"))
		said(p, phrase(p, PHRASE_NIGHT), json_get(night, "out_of_hours"));
	if (*json_string(night, "out_of_hours_phone"))
		p->ops->number(&p->ink, phrase(p, PHRASE_NIGHT), json_string(night, "out_of_hours_phone"));
	if (service && !cJSON_IsTrue(json_get(service, "broken")))
		print_doer(p, phrase(p, PHRASE_NIGHT), service);
	else if (service)
		line(p, phrase(p, PHRASE_NIGHT), standing_phrase(p, service));
}

static void
print_instead(struct printing *p, const cJSON *list)
{
	const cJSON *one, *number;

	cJSON_ArrayForEach(one, list) {
		const char *what = json_string(one, "do");
		struct buf text = { 0 };

		if (strcmp(what, "emergency") == 0) {
			cJSON_ArrayForEach(number, json_get(one, "numbers"))
				buf_printf(&text, "%s%s", text.len ? ", " : "", number->valuestring);
			if (text.len)
				p->ops->number(&p->ink, phrase(p, PHRASE_DANGER), buf_text(&text));
		} else if (strcmp(what, "step") == 0) {
			char n[16];

			snprintf(n, sizeof n, "%d", json_get(one, "n") ? json_get(one, "n")->valueint : 0);
			fill(phrase(p, PHRASE_GO_TO), n, &text);
			line(p, phrase(p, PHRASE_INSTEAD), buf_text(&text));
		} else if (strcmp(what, "out-of-hours") == 0) {
			line(p, phrase(p, PHRASE_INSTEAD), phrase(p, PHRASE_NIGHT_LINE));
		} else {
			line(p, phrase(p, PHRASE_INSTEAD), phrase(p, PHRASE_ASK));
		}
		buf_free(&text);
	}
}

static void
print_step(struct printing *p, const cJSON *step)
{
	bool broken = cJSON_IsTrue(json_get(step, "broken"));
	struct buf head = { 0 };
	const cJSON *one;
	char n[16];

	snprintf(n, sizeof n, "%d", json_get(step, "n") ? json_get(step, "n")->valueint : 0);
	fill(phrase(p, PHRASE_STEP), n, &head);
	p->ops->open(&p->ink, broken ? "step broken" : "step");
	p->ops->heading(&p->ink, buf_text(&head), p->ink.lang);
	if (broken) {
		line(p, phrase(p, PHRASE_BROKEN), standing_phrase(p, step));
		print_instead(p, json_get(step, "instead"));
	}
	said(p, "", json_get(step, "action"));
	if (cJSON_IsTrue(json_get(step, "consent_needed")))
		line(p, "", phrase(p, PHRASE_CONSENT));
	print_deadline(p, step);
	print_doer(p, phrase(p, PHRASE_WHO), json_get(step, "service"));
	print_doer(p, phrase(p, PHRASE_WHO), json_get(step, "organisation"));
	if (!broken && strcmp(json_string(step, "standing"), "not-verified") == 0)
		line(p, "", standing_phrase(p, step));
	said(p, phrase(p, PHRASE_CONTACT), json_get(step, "contact"));
	print_night(p, json_get(step, "out_of_hours"));
	cJSON_ArrayForEach(one, json_get(step, "do_not"))
		said(p, phrase(p, PHRASE_DO_NOT), one);
	if (!broken && json_get(step, "fallback")) {
		snprintf(n, sizeof n, "%d", json_get(step, "fallback")->valueint);
		filled(p, PHRASE_IF_NOT, n);
	}
	p->ops->close(&p->ink);
	buf_free(&head);
}

static void
print_place(struct printing *p)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s%s%s", json_string(p->sheet, "municipality"), *json_string(p->sheet, "municipality") ? ", " : "",
	    json_string(p->sheet, "territory_name"));
	line(p, phrase(p, PHRASE_HOLDS_IN), buf_text(&text));
	buf_free(&text);
}

static void
print_law(struct printing *p)
{
	const cJSON *one;

	if (json_get(p->sheet, "legal_basis") == NULL)
		return;
	p->ops->open(&p->ink, "law");
	cJSON_ArrayForEach(one, json_get(p->sheet, "legal_basis")) {
		said(p, phrase(p, PHRASE_LAW), json_get(one, "title"));
		line(p, "", json_string(one, "ref"));
		line(p, "", json_string(one, "url"));
	}
	p->ops->close(&p->ink);
}

/* What whoever finds the sheet in a year must know. */
static void
print_foot(struct printing *p)
{
	p->ops->open(&p->ink, "foot");
	line(p, phrase(p, PHRASE_PRINTED), json_string(p->sheet, "today"));
	line(p, phrase(p, PHRASE_CHECK_BY), json_string(p->sheet, "check_by"));
	line(p, phrase(p, PHRASE_REVIEWED), json_string(p->sheet, "reviewed_by_team"));
	if (strcmp(json_string(p->sheet, "audience"), "public") != 0)
		line(p, "", phrase(p, PHRASE_MEMBERS));
	if (json_get(p->sheet, "withheld") && json_get(p->sheet, "withheld")->valueint > 0)
		line(p, "", phrase(p, PHRASE_WITHHELD));
	if (strchr(json_string(p->sheet, "territory_name"), '*'))
		p->ops->line(&p->ink, "", territory_footnote, "en", NULL);
	if (p->words->unreviewed)
		line(p, "", phrase(p, PHRASE_WORDS_UNREVIEWED));
	p->ops->close(&p->ink);
}

enum err_code
print_sheet(const cJSON *sheet, enum print_size size, enum print_format format, const char *language, struct buf *out,
    struct err *e)
{
	const struct words *words = words_for(language);
	struct printing p = { { out, size, words->tag, 0 }, format == PRINT_HTML ? &print_html : &print_text, words, sheet };
	const cJSON *title = json_get(sheet, "title"), *step;

	if (cJSON_IsFalse(json_get(sheet, "printable")))
		return err_set(e, ERR_DENIED, "printable", "printable", "who wrote it does not want it printed; kilim pathway show reads it");
	p.ops->begin(&p.ink, json_string(title, "text"), json_string(title, "lang"));
	print_emergency(&p);
	p.ops->title(&p.ink, json_string(title, "text"), json_string(title, "lang"));
	p.ops->open(&p.ink, "head");
	print_place(&p);
	if (cJSON_IsTrue(json_get(sheet, "broken")))
		line(&p, phrase(&p, PHRASE_WHOLE_STALE), standing_phrase(&p, sheet));
	if (size == PRINT_A4)
		said(&p, "", json_get(sheet, "description"));
	said(&p, "", json_get(sheet, "alert"));
	p.ops->close(&p.ink);
	cJSON_ArrayForEach(step, json_get(sheet, "steps"))
		print_step(&p, step);
	if (size == PRINT_A4)
		print_law(&p);
	print_foot(&p);
	p.ops->end(&p.ink);
	return ERR_OK;
}
