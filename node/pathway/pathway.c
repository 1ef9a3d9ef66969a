#include "node/pathway/pathway.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "node/pathway/words.h"
#include "node/record/json.h"
#include "node/record/value.h"
#include "proto/kind.h"
#include "proto/territory.h"

static const struct {
	bool broken, numbers;
	const char *word, *text;
} standings[STANDINGS] = {
#define X(name, broken, numbers, word, text) { broken, numbers, word, text },
	STANDING_TABLE(X)
#undef X
};

static bool
is_broken(enum standing s)
{
	assert((unsigned)s < STANDINGS);
	return standings[s].broken;
}

const char *
standing_word(enum standing s)
{
	assert((unsigned)s < STANDINGS);
	return standings[s].word;
}

static const char *
text_of(enum standing s)
{
	assert((unsigned)s < STANDINGS);
	return standings[s].text;
}

/* What the parts of a sheet are made with. */
struct making {
	const struct sight *sight;
	const char *language;
	const char *territory;
	const cJSON *steps;          /* of the entry */
	int audience;                /* of the pathway: what is for fewer people is not told in its sheet */
	int withheld;                /* so many entries are not told */
	int64_t check_by;            /* the soonest day of all that it rests on; 0: none yet */
	cJSON *emergency;            /* of the sheet, borrowed */
};

static const char *
get_text(const cJSON *o, const char *word)
{
	const cJSON *v = json_get(o, word);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

static void
copy_text(const cJSON *from, const char *word, cJSON *to)
{
	if (get_text(from, word))
		cJSON_AddStringToObject(to, word, get_text(from, word));
}

/* --- texts in several languages --- */

static bool
is_text(const cJSON *v)
{
	return cJSON_IsString(v) && strcmp(v->string, "source") != 0;
}

/* LANGUAGE itself, else one of the same language in whatever script, else the source, else the first. */
static const cJSON *
choose(const cJSON *texts, const char *language)
{
	const char *source = get_text(texts, "source");
	const cJSON *v, *best = NULL;
	int rank = 0;

	cJSON_ArrayForEach(v, texts) {
		int r = !is_text(v) ? 0 : strcasecmp(v->string, language) == 0 ? 4 : words_same_language(v->string, language) ? 3 :
		    source && strcmp(v->string, source) == 0 ? 2 : 1;

		if (r > rank) {
			best = v;
			rank = r;
		}
	}
	return best;
}

static bool
is_among(const cJSON *list, const char *word)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && strcmp(one->valuestring, word) == 0)
			return true;
	return false;
}

/* {"text", "lang"}, with "unreviewed" where nobody checked the translation; NULL: there is none. */
static cJSON *
said(const cJSON *texts, const char *language)
{
	const cJSON *v = cJSON_IsObject(texts) ? choose(texts, language) : NULL;
	cJSON *o;

	if (v == NULL)
		return NULL;
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "text", v->valuestring);
	cJSON_AddStringToObject(o, "lang", v->string);
	if (is_among(json_get(texts, "unreviewed"), v->string))
		cJSON_AddTrueToObject(o, "unreviewed");
	return o;
}

static void
put_said(const struct making *m, const cJSON *from, const char *word, cJSON *to)
{
	cJSON *o = said(json_get(from, word), m->language);

	if (o)
		cJSON_AddItemToObject(to, word, o);
}

/* --- services and organisations --- */

/* A short number belongs to nobody's house. */
static bool
is_public_line(const cJSON *phone)
{
	const char *type = get_text(phone, "type"), *number = get_text(phone, "number");

	return (type && strcmp(type, "helpline") == 0) || (number && number[0] != '+' && strlen(number) <= 6);
}

static bool
must_stay_unknown(const cJSON *service)
{
	const char *level = get_text(service, "disclosure");

	return cJSON_IsTrue(json_get(service, "confidential")) ||
	    (level && (strcmp(level, "redacted") == 0 || strcmp(level, "territory") == 0));
}

static void
put_phones(const struct making *m, const cJSON *service, cJSON *to)
{
	bool unknown = must_stay_unknown(service);
	cJSON *list = cJSON_AddArrayToObject(to, "phones");
	const cJSON *phone;

	cJSON_ArrayForEach(phone, json_get(service, "phones")) {
		cJSON *o;

		if (get_text(phone, "number") == NULL || (unknown && !is_public_line(phone)))
			continue;
		o = cJSON_CreateObject();
		copy_text(phone, "number", o);
		copy_text(phone, "type", o);
		if (!unknown) {
			put_said(m, phone, "label", o);
			put_said(m, phone, "hours", o);
		}
		cJSON_AddItemToArray(list, o);
	}
}

/* From the widest on; a word that is not known is for nobody. */
static int
audience_of(const cJSON *entry)
{
	static const char *const words[] = { "public", "members", "cso" };
	const char *word = get_text(entry, "audience");
	int i = 0;

	while (i < 3 && (word == NULL || strcmp(words[i], word) != 0))
		i++;
	return i;
}

static void
sooner(struct making *m, const struct seen *s)
{
	if (s->good_until > 0 && (m->check_by == 0 || s->good_until < m->check_by))
		m->check_by = s->good_until;
}

static void
put_standing(cJSON *o, enum standing s)
{
	cJSON_AddStringToObject(o, "standing", standing_word(s));
	cJSON_AddBoolToObject(o, "broken", is_broken(s));
	cJSON_AddStringToObject(o, "why", text_of(s));
}

/* A service or organisation that does something: its name, its numbers while they can be right, how it stands. */
static cJSON *
doer_of(struct making *m, const struct seen *s)
{
	cJSON *o = cJSON_CreateObject();

	put_standing(o, s->standing);
	if (s->entry == NULL)
		return o;
	if (audience_of(s->entry) > m->audience) {
		m->withheld++;
		cJSON_AddTrueToObject(o, "withheld");
		return o;
	}
	put_said(m, s->entry, "name", o);
	copy_text(s->entry, "last_verified", o);
	if (standings[s->standing].numbers)
		put_phones(m, s->entry, o);
	if (!is_broken(s->standing))
		sooner(m, s);
	return o;
}

/* What FROM refers to at WORD, as a part of TO; how it stands. FRESH where nothing is referred to. */
static enum standing
put_doer(struct making *m, const cJSON *from, const char *word, cJSON *to)
{
	const char *reference = get_text(from, word);
	struct seen s;
	cJSON *o;

	if (reference == NULL)
		return STANDING_FRESH;
	s = m->sight->look(m->sight->self, reference);
	o = doer_of(m, &s);
	cJSON_AddItemToObject(to, word, o);
	if (json_get(o, "name") && get_text(s.entry, "organisation")) {
		struct seen by = m->sight->look(m->sight->self, get_text(s.entry, "organisation"));
		bool told = by.entry && audience_of(by.entry) <= m->audience;
		cJSON *name = told ? said(json_get(by.entry, "name"), m->language) : NULL;

		if (name)
			cJSON_AddItemToObject(o, "of", name);
		cJSON_Delete(by.entry);
	}
	cJSON_Delete(s.entry);
	return s.standing;
}

static void
put_emergency(struct making *m, cJSON *sheet)
{
	struct seen s;

	m->emergency = cJSON_AddArrayToObject(sheet, "emergency");
	for (size_t i = 0; m->sight->emergency(m->sight->self, m->territory, i, &s); i++) {
		cJSON *o = doer_of(m, &s);

		/* A line for emergencies is never hidden: it is marked. */
		if (s.entry && json_get(o, "phones") == NULL && json_get(o, "withheld") == NULL)
			put_phones(m, s.entry, o);
		cJSON_AddItemToArray(m->emergency, o);
		cJSON_Delete(s.entry);
	}
}

/* --- steps --- */

static cJSON *
numbered(const cJSON *steps, int n)
{
	cJSON *step;

	cJSON_ArrayForEach(step, steps) {
		const cJSON *v = json_get(step, "n");

		if (cJSON_IsNumber(v) && v->valueint == n)
			return step;
	}
	return NULL;
}

static void
put_number(const cJSON *from, const char *word, cJSON *to, const char *as)
{
	const cJSON *v = json_get(from, word);

	if (cJSON_IsNumber(v))
		cJSON_AddNumberToObject(to, as, v->valuedouble);
}

static void
put_do_not(const struct making *m, const cJSON *step, cJSON *o)
{
	const cJSON *one;
	cJSON *list = NULL;

	cJSON_ArrayForEach(one, json_get(step, "do_not")) {
		cJSON *text = said(one, m->language);

		if (text && list == NULL)
			list = cJSON_AddArrayToObject(o, "do_not");
		if (text)
			cJSON_AddItemToArray(list, text);
	}
}

/* At night and on holidays: words, a service, a number. Returns whether any of it can be relied on. */
static bool
put_out_of_hours(struct making *m, const cJSON *step, cJSON *o)
{
	cJSON *night = cJSON_CreateObject();
	enum standing s;
	bool there;

	put_said(m, step, "out_of_hours", night);
	s = put_doer(m, step, "out_of_hours_service", night);
	copy_text(step, "out_of_hours_phone", night);
	there = night->child != NULL;
	if (there)
		cJSON_AddItemToObject(o, "out_of_hours", night);
	else
		cJSON_Delete(night);
	return there && (!is_broken(s) || get_text(step, "out_of_hours_phone") || json_get(step, "out_of_hours"));
}

static cJSON *
step_of(struct making *m, const cJSON *step)
{
	cJSON *o = cJSON_CreateObject();
	enum standing service, organisation, worst;

	put_number(step, "n", o, "n");
	put_said(m, step, "action", o);
	service = put_doer(m, step, "service", o);
	organisation = put_doer(m, step, "organisation", o);
	worst = is_broken(organisation) && !is_broken(service) ? organisation :
	    get_text(step, "service") ? service : organisation;
	put_standing(o, worst);
	put_said(m, step, "contact", o);
	put_number(step, "deadline", o, "deadline_hours");
	cJSON_AddBoolToObject(o, "night", put_out_of_hours(m, step, o));
	put_number(step, "fallback", o, "fallback");
	cJSON_AddBoolToObject(o, "consent_needed", cJSON_IsTrue(json_get(step, "consent_needed")));
	put_do_not(m, step, o);
	return o;
}

/* The first step along the fallbacks of FROM that is not broken; NULL: there is none. They end (proto/kinds.md). */
static const cJSON *
replacement(const cJSON *steps, const cJSON *from)
{
	int left = cJSON_GetArraySize(steps);
	const cJSON *at = from;

	while (left-- > 0 && cJSON_IsNumber(json_get(at, "fallback"))) {
		if ((at = numbered(steps, json_get(at, "fallback")->valueint)) == NULL)
			return NULL;
		if (!cJSON_IsTrue(json_get(at, "broken")))
			return at;
	}
	return NULL;
}

static cJSON *
advice(cJSON *list, const char *what)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "do", what);
	cJSON_AddItemToArray(list, o);
	return o;
}

/* What to do instead of a broken step: in danger the emergency line, always first; the step that replaces it; the line
 * for the night; or else to ask who wrote it. */
static void
put_instead(const struct making *m, const cJSON *steps, cJSON *step)
{
	cJSON *list = cJSON_AddArrayToObject(step, "instead"), *o;
	const cJSON *line, *phone, *other = replacement(steps, step);

	o = cJSON_AddArrayToObject(advice(list, "emergency"), "numbers");
	cJSON_ArrayForEach(line, m->emergency)
		cJSON_ArrayForEach(phone, json_get(line, "phones"))
			cJSON_AddItemToArray(o, cJSON_CreateString(get_text(phone, "number")));
	if (other)
		put_number(other, "n", advice(list, "step"), "n");
	if (cJSON_IsTrue(json_get(step, "night")))
		advice(list, "out-of-hours");
	if (other == NULL)
		advice(list, "ask");
}

static void
put_steps(struct making *m, cJSON *sheet)
{
	cJSON *steps = cJSON_AddArrayToObject(sheet, "steps"), *step;
	const cJSON *one;
	int broken = 0;

	cJSON_ArrayForEach(one, m->steps)
		cJSON_AddItemToArray(steps, step_of(m, one));
	cJSON_ArrayForEach(step, steps) {
		if (!cJSON_IsTrue(json_get(step, "broken")))
			continue;
		put_instead(m, steps, step);
		broken++;
	}
	cJSON_AddNumberToObject(sheet, "broken_steps", broken);
}

/* --- the whole --- */

static void
put_legal_basis(const struct making *m, const cJSON *entry, cJSON *sheet)
{
	const cJSON *one;
	cJSON *list;

	if (cJSON_GetArraySize(json_get(entry, "legal_basis")) == 0)
		return;
	list = cJSON_AddArrayToObject(sheet, "legal_basis");
	cJSON_ArrayForEach(one, json_get(entry, "legal_basis")) {
		cJSON *o = cJSON_CreateObject();

		put_said(m, one, "title", o);
		copy_text(one, "ref", o);
		copy_text(one, "url", o);
		cJSON_AddItemToArray(list, o);
	}
}

static void
put_situations(const cJSON *entry, cJSON *sheet)
{
	const struct field *f = kind_field_by_word(kind_find(KIND_PATHWAY), "situation");
	cJSON *list = cJSON_AddArrayToObject(sheet, "situation");
	const cJSON *one;

	cJSON_ArrayForEach(one, json_get(entry, "situation")) {
		const struct code *code = cJSON_IsString(one) ? code_find(f->codes, bytes_text(one->valuestring)) : NULL;
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "code", cJSON_IsString(one) ? one->valuestring : "");
		cJSON_AddStringToObject(o, "label", code ? code->label : cJSON_IsString(one) ? one->valuestring : "");
		cJSON_AddItemToArray(list, o);
	}
}

static void
put_date(cJSON *o, const char *word, int64_t day)
{
	char text[VALUE_TEXT];

	if (value_date_format(day, text))
		cJSON_AddStringToObject(o, word, text);
}

cJSON *
pathway_sheet(const struct seen *pathway, const struct sight *sight, const char *language, int64_t today)
{
	const cJSON *entry = pathway->entry;
	struct making m = { sight, language, get_text(entry, "territory"), json_get(entry, "steps"), audience_of(entry), 0, 0, NULL };
	cJSON *sheet = cJSON_CreateObject();
	static const char *const words[] = { "id", "author", "territory", "municipality", "audience", "last_verified",
		"reviewed_by_team" };
	const char *name;

	if (m.territory == NULL)
		m.territory = "ZZ";
	put_emergency(&m, sheet);
	put_said(&m, entry, "title", sheet);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		copy_text(entry, words[i], sheet);
	if ((name = territory_name(bytes_text(m.territory))) != NULL)
		cJSON_AddStringToObject(sheet, "territory_name", name);
	put_said(&m, entry, "description", sheet);
	put_said(&m, entry, "alert", sheet);
	put_situations(entry, sheet);
	put_standing(sheet, pathway->standing);
	sooner(&m, pathway);
	put_steps(&m, sheet);
	put_legal_basis(&m, entry, sheet);
	cJSON_AddBoolToObject(sheet, "printable", !cJSON_IsFalse(json_get(entry, "printable")));
	cJSON_AddNumberToObject(sheet, "withheld", m.withheld + cJSON_GetArraySize(json_get(entry, "withheld")));
	put_date(sheet, "today", today);
	/* What was to be checked in the past is to be checked now. */
	put_date(sheet, "check_by", m.check_by == 0 || m.check_by < today ? today : m.check_by);
	return sheet;
}
