#include "node/service/wanted.h"

#include "node/search/spoken.h"
#include "node/service/api.h"
#include "node/service/entry.h"
#include "proto/territory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_USUAL 10
#define PAGE_MOST 1000
#define RADIUS_USUAL 50
#define RADIUS_MOST 1000
#define VALUES_MOST 32             /* of one option */
#define PLACES_MOST 32             /* with one name */

struct reading {
	struct node *node;
	const struct lexicon *lexicon;
	const cJSON *object;
	struct wanted *out;
	struct err *err;
	size_t filter_cap, place_cap;
	uint8_t class;                 /* of what is being added */
};

/* --- keys: offsets until all are there --- */

static struct bytes
keep(struct wanted *w, const void *key, size_t len)
{
	struct bytes at = { NULL, len };

	at.p = (const uint8_t *)(uintptr_t)w->keys.len;
	buf_put(&w->keys, key, len);
	return at;
}

static void
add_filter(struct reading *r, uint8_t class, const void *key, size_t len)
{
	struct wanted *w = r->out;

	if (len == 0 || len > INDEX_KEY)
		return;
	w->filters = need_room(w->filters, w->query.filter_count, &r->filter_cap, sizeof *w->filters);
	w->filters[w->query.filter_count++] = (struct query_filter){ class, keep(w, key, len) };
}

static void
resolve(struct wanted *w)
{
	for (size_t i = 0; i < w->query.filter_count; i++)
		w->filters[i].key.p = w->keys.p + (uintptr_t)w->filters[i].key.p;
	for (size_t i = 0; i < w->query.place_count; i++)
		w->places[i].key.p = w->keys.p + (uintptr_t)w->places[i].key.p;
	w->query.filters = w->filters;
	w->query.places = w->places;
}

/* --- values --- */

static uint8_t
territory_bit(struct bytes code)
{
	const struct code *c = code_find(&territory_codes, code);

	return (uint8_t)(c ? 1u << (c - territory_codes.codes) : 0);
}

static uint8_t
bit_of(uint16_t territory)
{
	const uint8_t word[2] = { (uint8_t)(territory >> 8), (uint8_t)territory };

	return territory_bit(BYTES_OF(word));
}

static enum err_code
want_kind(struct reading *r, const char *value)
{
	const struct kind *k;
	enum err_code rc = entry_kind(value, &k, r->err);

	if (rc == ERR_OK)
		rc = node_keeps(r->node, k, r->err);
	if (rc == ERR_OK)
		add_filter(r, TERM_KIND, k->word, strlen(k->word));
	return rc;
}

static enum err_code
want_territory(struct reading *r, const char *value)
{
	const struct code *c;
	enum err_code rc = territory_parse(value, "territory", &c, r->err);

	if (rc == ERR_OK)
		r->out->query.territories |= (uint8_t)(1u << (c - territory_codes.codes));
	return rc;
}

static bool
add_place_name(void *self, const char *folded)
{
	struct reading *r = self;

	add_filter(r, TERM_PLACE, folded, strlen(folded));
	return true;
}

static void
add_places_below(void *self, size_t lexeme)
{
	struct reading *r = self;

	lexicon_names(r->lexicon, lexeme, add_place_name, r);
	lexicon_below(r->lexicon, lexeme, add_places_below, r);
}

/* By all its names, with what lies in it; a whole territory is one. */
static enum err_code
want_place(struct reading *r, const char *value)
{
	size_t found[PLACES_MOST], count = lexicon_named(r->lexicon, LEXEME_PLACE, bytes_text(value), found, PLACES_MOST);
	struct buf folded = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct lexeme *x = lexicon_at(r->lexicon, found[i]);
		uint8_t bit = territory_bit(bytes_text(x->territory));

		if (x->whole) {
			r->out->query.territories |= bit;
			continue;
		}
		r->out->query.place_territories |= bit;
		add_places_below(r, found[i]);
	}
	fold_phrase(bytes_text(value), &folded);
	if (count == 0)
		add_filter(r, TERM_PLACE, folded.p, folded.len);
	buf_free(&folded);
	return ERR_OK;
}

static void
add_language(void *self, const char *code, size_t len)
{
	add_filter(self, TERM_SPEAKS, code, len);
}

static enum err_code
want_language(struct reading *r, const char *value)
{
	return spoken_codes(bytes_text(value), add_language, r, r->err);
}

static enum err_code
want_tag(struct reading *r, const char *value)
{
	if (!tag_valid(bytes_text(value)))
		return err_set(r->err, ERR_INPUT, "text_lang", "tag", "a tag such as sq, sr-Cyrl or rom is expected");
	add_filter(r, TERM_TEXT_LANGUAGE, value, strcspn(value, "-"));
	return ERR_OK;
}

static void
add_record(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	add_filter(self, TERM_ABOUT, key, LEXICON_REFERENCE);
}

static void
add_topic(void *self, size_t lexeme)
{
	struct reading *r = self;
	const char *code = lexicon_at(r->lexicon, lexeme)->code;

	add_filter(r, TERM_TOPIC, code, strlen(code));
	lexicon_records(r->lexicon, lexeme, add_record, r);
	lexicon_below(r->lexicon, lexeme, add_topic, r);
}

static enum err_code
want_topic(struct reading *r, const char *value)
{
	size_t found[PLACES_MOST], count = lexicon_named(r->lexicon, LEXEME_TOPIC, bytes_text(value), found, PLACES_MOST);

	for (size_t i = 0; i < count; i++)
		add_topic(r, found[i]);
	return count ? ERR_OK : err_set(r->err, ERR_MISSING, "topic", "code", "no topic of this name or code is known here");
}

/* A code of any list with this facet. */
static enum err_code
want_code(struct reading *r, const char *value, enum facet facet, uint8_t class, const char *object)
{
	const struct code_list *list = NULL;
	struct buf names = { 0 };

	for (size_t i = 0; i < kinds_count; i++)
		for (size_t f = 0; f < kinds[i]->field_count; f++) {
			const struct field *field = &kinds[i]->fields[f];

			if (field->codes && field->codes->facet == facet)
				list = field->codes;
			for (size_t g = 0; g < field->field_count; g++)
				if (field->fields[g].codes && field->fields[g].codes->facet == facet)
					list = field->fields[g].codes;
			if (list && code_find(list, bytes_text(value))) {
				add_filter(r, class, value, strlen(value));
				return ERR_OK;
			}
		}
	if (list)
		code_names(list, &names);
	err_set(r->err, ERR_INPUT, object, "code", "one of these is expected: %s", buf_text(&names));
	buf_free(&names);
	return ERR_INPUT;
}

static enum err_code
want_channel(struct reading *r, const char *value)
{
	return want_code(r, value, FACET_CHANNEL, TERM_CHANNEL, "channel");
}

static enum err_code
want_access(struct reading *r, const char *value)
{
	return want_code(r, value, FACET_ACCESS, TERM_ACCESS, "access");
}

/* --- near --- */

/* Kilometres between two points given in microdegrees, on a ball. */
static double
distance_km(const struct lexeme *a, const struct lexeme *b)
{
	const double radian = 3.14159265358979323846 / 180e6;
	double from = a->latitude * radian, to = b->latitude * radian, turn = (b->longitude - a->longitude) * radian;
	double x = sin((to - from) / 2), y = sin(turn / 2), h = x * x + cos(from) * cos(to) * y * y;

	return 2 * 6371 * asin(sqrt(h < 1 ? h : 1));
}

struct naming {
	struct reading *reading;
	int km;
};

static bool
add_near_name(void *self, const char *folded)
{
	const struct naming *a = self;
	struct reading *r = a->reading;
	struct wanted *w = r->out;

	w->places = need_room(w->places, w->query.place_count, &r->place_cap, sizeof *w->places);
	w->places[w->query.place_count++] = (struct query_place){ keep(w, folded, strlen(folded)), a->km };
	return true;
}

static void
add_near(struct reading *r, size_t from)
{
	const struct lexeme *centre = lexicon_at(r->lexicon, from);
	struct naming here = { r, 0 };

	r->out->query.place_territories |= territory_bit(bytes_text(centre->territory));
	r->out->near_known |= centre->has_position;
	lexicon_names(r->lexicon, from, add_near_name, &here);
	for (size_t i = 0; centre->has_position && i < lexicon_count(r->lexicon); i++) {
		const struct lexeme *x = lexicon_at(r->lexicon, i);
		struct naming there = { r, 0 };

		if (i == from || x->kind != LEXEME_PLACE || !x->has_position)
			continue;
		there.km = (int)(distance_km(centre, x) + 0.5);
		if ((unsigned)there.km <= r->out->radius_km)
			lexicon_names(r->lexicon, i, add_near_name, &there);
	}
}

static enum err_code
want_near(struct reading *r, const char *value)
{
	size_t found[PLACES_MOST], count = lexicon_named(r->lexicon, LEXEME_PLACE, bytes_text(value), found, PLACES_MOST);

	if (count == 0)
		return err_set(r->err, ERR_MISSING, "near", "place", "no place of this name is known here; see: kilim place list");
	r->out->near = value;
	r->out->query.near = true;
	for (size_t i = 0; i < count; i++)
		add_near(r, found[i]);
	return ERR_OK;
}

/* --- members of the request --- */

static const struct {
	const char *word;
	enum err_code (*want)(struct reading *r, const char *value);
} lists[] = {
	{ "kind", want_kind }, { "territory", want_territory }, { "place", want_place }, { "speaks", want_language },
	{ "text_lang", want_tag }, { "topic", want_topic }, { "channel", want_channel }, { "access", want_access },
	{ "near", want_near },
};

/* One text, or a list of them. */
static enum err_code
read_list(struct reading *r, size_t row)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->object, lists[row].word), *one;
	enum err_code rc = ERR_OK;

	if (v == NULL || cJSON_IsNull(v))
		return ERR_OK;
	if (cJSON_IsString(v))
		return lists[row].want(r, v->valuestring);
	if (!cJSON_IsArray(v) || cJSON_GetArraySize(v) > VALUES_MOST)
		return err_set(r->err, ERR_INPUT, lists[row].word, "type", "a text, or at most %d of them, is expected", VALUES_MOST);
	cJSON_ArrayForEach(one, v) {
		if (!cJSON_IsString(one))
			return err_set(r->err, ERR_INPUT, lists[row].word, "type", "a text is expected");
		if ((rc = lists[row].want(r, one->valuestring)))
			return rc;
	}
	return ERR_OK;
}

static enum err_code
read_flag(struct reading *r, const char *word, bool *out)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->object, word);

	if (v && !cJSON_IsNull(v) && !cJSON_IsBool(v))
		return err_set(r->err, ERR_INPUT, word, "type", "true or false is expected");
	*out = cJSON_IsTrue(v);
	return ERR_OK;
}

static enum err_code
read_number(struct reading *r, const char *word, int most, int *io)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->object, word);

	if (v == NULL || cJSON_IsNull(v))
		return ERR_OK;
	if (!cJSON_IsNumber(v) || v->valuedouble < 1 || v->valuedouble > most || v->valuedouble != floor(v->valuedouble))
		return err_set(r->err, ERR_INPUT, word, "range", "a whole number from 1 to %d is expected", most);
	*io = (int)v->valuedouble;
	return ERR_OK;
}

static enum err_code
read_numbers(struct reading *r)
{
	int limit = LIMIT_USUAL, page = 1, radius = RADIUS_USUAL;
	enum err_code rc;

	if ((rc = read_number(r, "limit", QUERY_LIMIT_MOST, &limit)) || (rc = read_number(r, "page", PAGE_MOST, &page)) ||
	    (rc = read_number(r, "radius_km", RADIUS_MOST, &radius)))
		return rc;
	r->out->query.limit = (size_t)limit;
	r->out->query.page = (size_t)page - 1;
	r->out->radius_km = (unsigned)radius;
	return ERR_OK;
}

/* A word that nobody reads would make a search wider than it was meant. */
static enum err_code
refuse_unknown(struct reading *r)
{
	static const char *const others[] = { "text", "open", "fresh", "limit", "page", "radius_km", "lang", "facets" };
	const cJSON *v;

	cJSON_ArrayForEach(v, r->object) {
		bool known = false;

		for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
			known |= strcmp(v->string, lists[i].word) == 0;
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
			known |= strcmp(v->string, others[i]) == 0;
		if (!known)
			return err_set(r->err, ERR_INPUT, "request", "unknown", "a search has no such member");
	}
	return ERR_OK;
}

enum err_code
wanted_read(struct node *n, const struct lexicon *l, const cJSON *o, struct wanted *out, struct err *e)
{
	struct reading r = { .node = n, .lexicon = l, .object = o, .out = out, .err = e };
	const struct member *self = node_self(n);
	const char *text = NULL;
	enum err_code rc;

	*out = (struct wanted){ .language = NULL };
	if ((rc = refuse_unknown(&r)) || (rc = api_text(o, "text", &text, e)) || (rc = api_text(o, "lang", &out->language, e)) ||
	    (rc = read_numbers(&r)) || (rc = read_flag(&r, "open", &out->query.open_now)) ||
	    (rc = read_flag(&r, "fresh", &out->query.fresh_only)) || (rc = read_flag(&r, "facets", &out->query.facets)))
		return rc;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if ((rc = read_list(&r, i)))
			return rc;
	out->query.text = bytes_text(text ? text : "");
	out->query.audiences = (1u << AUDIENCES) - 1;          /* what a node holds, its own people may see */
	out->query.now_ms = records_now_ms(n->records);
	out->query.never_ends = records_sure(n->records)->state != SURE;
	out->query.own_territories = self ? bit_of(self->territory) : territory_bit(bytes_text(n->home->config.territory));
	out->lines = out->query.territories ? out->query.territories : out->query.place_territories;
	if (out->lines == 0)
		out->lines = out->query.own_territories;
	resolve(out);
	return ERR_OK;
}

void
wanted_done(struct wanted *w)
{
	buf_free(&w->keys);
	free(w->filters);
	free(w->places);
}
