/*
 * bodies - entries made by chance that keep the rules of their row: for what must hold of every body.
 *
 * Law      the same seed makes the same entries; every field of a row comes up, in lists of different lengths
 */
#ifndef KILIM_TESTS_UNIT_EXPORT_BODIES_H
#define KILIM_TESTS_UNIT_EXPORT_BODIES_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/value.h"

struct chance {
	uint64_t state;
	struct id author, other;
};

static inline uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline unsigned
chance_below(struct chance *c, unsigned n)
{
	return (unsigned)(chance_next(c) % n);
}

/* Words in several scripts, with what formats treat specially: commas, quotes, semicolons, backslashes, newlines. */
static inline const char *
chance_text(struct chance *c)
{
	static const char *const texts[] = { "a", "Këshilla për gra", "Бесплатна правна помоћ", "one, two; \"three\"",
		"a\\b", "first line\nsecond", "ђаковица Ђ", "{\"x\":1}", "-", "kilim", "žena Žš", "=1+1", "Açık, değil" };

	return texts[chance_below(c, sizeof(texts) / sizeof(texts[0]))];
}

static cJSON *chance_fields(struct chance *c, const struct field *fields, size_t count, unsigned odds);

static inline cJSON *
chance_mltext(struct chance *c)
{
	static const char *const tags[] = { "en", "sq", "sr-Cyrl", "sr-Latn", "mk", "rom" };
	cJSON *o = cJSON_CreateObject();
	unsigned first = chance_below(c, 6), count = 1 + chance_below(c, 3);

	for (unsigned i = 0; i < count; i++)
		cJSON_AddStringToObject(o, tags[(first + i) % 6], chance_text(c));
	if (chance_below(c, 4) == 0)
		cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "machine"), cJSON_CreateString(tags[first]));
	return o;
}

static inline cJSON *
chance_reference(struct chance *c)
{
	struct buf text = { 0 };
	struct uuid name;
	uint8_t random[16];
	cJSON *made;

	for (size_t i = 0; i < 16; i++)
		random[i] = (uint8_t)chance_next(c);
	uuid_from_random(random, &name);
	reference_format(chance_below(c, 4) ? &c->author : &c->other, &name, &text);
	made = cJSON_CreateString(buf_text(&text));
	buf_free(&text);
	return made;
}

static inline cJSON *
chance_value(struct chance *c, const struct field *f)
{
	static const char *const phones[] = { "+38311123456", "116000", "+35541234567", "+38344123456" };
	static const char *const languages[] = { "sqi", "srp", "eng", "rom", "mkd" };
	static const char *const rules[] = { "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=DAILY", "FREQ=MONTHLY;BYMONTHDAY=1",
		"BYDAY=MO;FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR" };
	uint32_t min = f->min, max = f->max ? f->max : 1000;
	struct id random = c->other;
	char text[ID_TEXT];
	cJSON *v;

	switch (f->type) {
	case FIELD_MLTEXT:
		return chance_mltext(c);
	case FIELD_LANGUAGE:
		return cJSON_CreateString(languages[chance_below(c, 5)]);
	case FIELD_TAG:
		return cJSON_CreateString("sr-Cyrl");
	case FIELD_UINT:
		return cJSON_CreateNumber(min + chance_below(c, max - min + 1));
	case FIELD_BOOL:
		return cJSON_CreateBool(chance_below(c, 2) != 0);
	case FIELD_DATE:
		return cJSON_CreateString("2026-01-31");
	case FIELD_TIME:
		return cJSON_CreateString("2030-05-04T08:00:00Z");
	case FIELD_REFERENCE:
		return chance_reference(c);
	case FIELD_CODE:
		return cJSON_CreateString(f->codes->codes[chance_below(c, (unsigned)f->codes->count)].word);
	case FIELD_URL:
		return cJSON_CreateString(chance_below(c, 2) ? "https://example.org/a?b=1,2" : "https://example.org");
	case FIELD_PHONE:
		return cJSON_CreateString(phones[chance_below(c, 4)]);
	case FIELD_EMAIL:
		return cJSON_CreateString("office@example.org");
	case FIELD_BLOB:
		return cJSON_CreateString(id_format(ID_BLOB, &random, text));
	case FIELD_KEY:
		return cJSON_CreateString(id_format(ID_ORGANISATION, &random, text));
	case FIELD_HASH:
		return cJSON_CreateString(id_format(ID_RECORD, &random, text));
	case FIELD_DEGREES:
		return cJSON_CreateNumber((double)chance_below(c, 90000000) / 1000000);
	case FIELD_GROUP:
		v = chance_fields(c, f->fields, f->field_count, 2);
		if (cJSON_HasObjectItem(v, "name") && !cJSON_HasObjectItem(v, "consent"))
			cJSON_DeleteItemFromObject(v, "name");
		return v;
	default:
		if (strcmp(f->word, "rrule") == 0)
			return cJSON_CreateString(rules[chance_below(c, 5)]);
		if (strstr(f->word, "s_at"))
			return cJSON_CreateString(chance_below(c, 2) ? "09:00" : "17:30");
		if (f->min == 3 && f->max == 3)
			return cJSON_CreateString("EUR");
		return cJSON_CreateString(chance_text(c));
	}
}

/* One in ODDS of the optional fields is left out. */
static inline cJSON *
chance_fields(struct chance *c, const struct field *fields, size_t count, unsigned odds)
{
	cJSON *o = cJSON_CreateObject();

	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];
		unsigned items = 1 + chance_below(c, 3);
		cJSON *list;

		if (f->flags & FIELD_PRIVATE || (!(f->flags & FIELD_REQUIRED) && chance_below(c, odds) == 0))
			continue;
		if (!(f->flags & FIELD_LIST)) {
			cJSON_AddItemToObject(o, f->word, chance_value(c, f));
			continue;
		}
		list = cJSON_AddArrayToObject(o, f->word);
		for (unsigned j = 0; j < items && j < field_max_count(f); j++)
			cJSON_AddItemToArray(list, chance_value(c, f));
	}
	return o;
}

/*
 * A body of kind K, canonical, that keeps every rule of its row; appended to OUT. What chance made against a rule is made
 * again; *C moves on.
 */
static inline void
chance_body(struct chance *c, const struct kind *k, struct buf *out)
{
	for (int tries = 0; tries < 2000; tries++) {
		unsigned odds = 2 + chance_below(c, 4);
		cJSON *o = chance_fields(c, k->fields, k->field_count, odds), *more, *v;
		struct buf private_fields = { 0 };
		enum err_code rc;

		more = chance_fields(c, common_fields, common_fields_count, 3);
		while ((v = cJSON_DetachItemFromArray(more, 0)))
			cJSON_AddItemToObject(o, v->string, v);
		cJSON_Delete(more);
		rc = body_from_json(k, &c->author, o, NULL, out, &private_fields, NULL);
		cJSON_Delete(o);
		buf_free(&private_fields);
		if (rc == ERR_OK)
			return;
		buf_reset(out);
	}
	cr_assert_fail("no body of kind %s by chance", k->word);
}

#endif
