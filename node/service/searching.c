#include "node/service/searching.h"

#include <string.h>

#include "node/record/freshness.h"
#include "node/record/value.h"
#include "node/search/query.h"
#include "node/service/api.h"
#include "proto/cbor.h"
#include "proto/kind.h"
#include "proto/utf8.h"

static const char *const fields[] = { "kind", "territory", "place", "near", "speaks", "text_lang", "topic", "channel",
	"access" };
static const struct {
	const char *word;
	unsigned bit;
} flags[] = { { "open", SEARCH_OPEN }, { "fresh", SEARCH_FRESH }, { "facets", SEARCH_FACETS } };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
text_of(const cJSON *o, const char *word)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, word);

	return cJSON_IsString(v) ? v->valuestring : "";
}

static double
number_of(const cJSON *o, const char *word)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, word);

	return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

/* --- the search, out --- */

static enum err_code
take_text(const cJSON *v, const char *object, size_t most, struct bytes *out, struct err *e)
{
	if (v == NULL || cJSON_IsNull(v))
		return ERR_OK;
	if (!cJSON_IsString(v) || !utf8_valid(bytes_text(v->valuestring)))
		return err_set(e, ERR_INPUT, object, "type", "a text without control characters is expected");
	*out = bytes_text(v->valuestring);
	if (out->len > most)
		return err_set(e, ERR_LIMIT, object, "length", "at most %zu bytes", most);
	return ERR_OK;
}

static enum err_code
take_number(const cJSON *o, const char *word, unsigned most, unsigned *out, struct err *e)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, word);

	if (v == NULL || cJSON_IsNull(v))
		return ERR_OK;
	if (!cJSON_IsNumber(v) || v->valuedouble < 1 || v->valuedouble > most)
		return err_set(e, ERR_INPUT, word, "range", "another node is asked for 1 to %u", most);
	*out = (unsigned)v->valuedouble;
	return ERR_OK;
}

static enum err_code
take_filter(const cJSON *v, const char *word, struct search *s, struct err *e)
{
	struct search_filter *f = &s->filters[s->filter_count];
	const cJSON *one;
	enum err_code rc = ERR_OK;

	if (cJSON_IsArray(v)) {
		cJSON_ArrayForEach(one, v)
			if ((rc = take_filter(one, word, s, e)))
				return rc;
		return ERR_OK;
	}
	if (v == NULL || cJSON_IsNull(v))
		return ERR_OK;
	if (s->filter_count == SEARCH_FILTERS)
		return err_set(e, ERR_LIMIT, word, "count", "another node is asked with at most %d values", SEARCH_FILTERS);
	f->field = bytes_text(word);
	rc = take_text(v, word, SEARCH_VALUE, &f->value, e);
	s->filter_count += rc == ERR_OK;
	return rc;
}

enum err_code
searching_write(const cJSON *o, struct buf *out, struct err *e)
{
	struct search s = { .flags = 0 };
	unsigned page = 1;
	enum err_code rc;

	if ((rc = take_text(cJSON_GetObjectItemCaseSensitive(o, "text"), "text", SEARCH_TEXT, &s.text, e)) ||
	    (rc = take_text(cJSON_GetObjectItemCaseSensitive(o, "lang"), "lang", SEARCH_WORD, &s.language, e)) ||
	    (rc = take_number(o, "radius_km", SEARCH_RADIUS, &s.radius_km, e)) ||
	    (rc = take_number(o, "limit", SEARCH_HITS, &s.limit, e)) || (rc = take_number(o, "page", SEARCH_PAGES, &page, e)))
		return rc;
	s.page = page - 1;
	for (size_t i = 0; i < COUNT(flags); i++)
		s.flags |= cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, flags[i].word)) ? flags[i].bit : 0;
	for (size_t i = 0; i < COUNT(fields); i++)
		if ((rc = take_filter(cJSON_GetObjectItemCaseSensitive(o, fields[i]), fields[i], &s, e)))
			return rc;
	return search_write(&s, out, e);
}

/* --- the search, in --- */

static cJSON *
string_of(struct bytes text)
{
	struct buf copy = { 0 };
	cJSON *out;

	buf_put_bytes(&copy, text);
	out = cJSON_CreateString(buf_text(&copy));
	buf_free(&copy);
	return out;
}

cJSON *
searching_request(const struct search *s)
{
	cJSON *o = cJSON_CreateObject();

	if (s->text.len)
		cJSON_AddItemToObject(o, "text", string_of(s->text));
	if (s->language.len)
		cJSON_AddItemToObject(o, "lang", string_of(s->language));
	for (size_t i = 0; i < s->filter_count; i++) {
		char word[SEARCH_WORD + 1] = "";
		cJSON *list;

		memcpy(word, s->filters[i].field.p, s->filters[i].field.len);
		list = cJSON_GetObjectItemCaseSensitive(o, word);
		if (!cJSON_IsArray(list)) {
			/* "text" given as a filter as well: then it is a list, and refused as one. */
			cJSON_DeleteItemFromObjectCaseSensitive(o, word);
			list = cJSON_AddArrayToObject(o, word);
		}
		cJSON_AddItemToArray(list, string_of(s->filters[i].value));
	}
	for (size_t i = 0; i < COUNT(flags); i++)
		if (s->flags & flags[i].bit)
			cJSON_AddTrueToObject(o, flags[i].word);
	if (s->radius_km)
		cJSON_AddNumberToObject(o, "radius_km", s->radius_km);
	if (s->limit)
		cJSON_AddNumberToObject(o, "limit", s->limit);
	cJSON_AddNumberToObject(o, "page", s->page + 1);
	return o;
}

/* --- what was found, out --- */

static const char *const lists[HIT_LISTS] = { "territories", "places", "languages", "phones", "marks" };
static const char *const opens[] = { "unknown", "open", "later", "closed" };

/* What others wrote may be anything; only text travels as text. */
static struct bytes
clean(const char *text)
{
	struct bytes t = bytes_text(text);

	return utf8_valid(t) ? t : (struct bytes){ NULL, 0 };
}

static void
get_text(const cJSON *hit, const char *word, struct hit_text *out)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(hit, "highlights"), *pair;

	out->text = clean(text_of(hit, word));
	cJSON_ArrayForEach(pair, cJSON_GetObjectItemCaseSensitive(all, word)) {
		const cJSON *at = cJSON_GetArrayItem(pair, 0), *end = cJSON_GetArrayItem(pair, 1);

		if (out->mark_count < HIT_MARKS && cJSON_IsNumber(at) && cJSON_IsNumber(end))
			out->marks[out->mark_count++] = (struct hit_mark){ (uint32_t)at->valuedouble, (uint32_t)end->valuedouble };
	}
}

/* A telephone is an object with its number. */
static void
get_list(const cJSON *list, struct bytes *out, size_t *count)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) {
		const char *text = cJSON_IsString(one) ? one->valuestring : text_of(one, "number");

		if (*text && *count < HIT_LIST)
			out[(*count)++] = clean(text);
	}
}

static void
get_open(const cJSON *hit, struct hit_row *out)
{
	const cJSON *open = cJSON_GetObjectItemCaseSensitive(hit, "open");
	const char *at = text_of(open, "closes");
	int64_t s;

	for (unsigned i = 0; i < COUNT(opens); i++)
		if (strcmp(text_of(open, "state"), opens[i]) == 0)
			out->open = i;
	if (*at == 0)
		at = text_of(open, "opens");
	if (value_time_parse(at, &s) && s > 0)
		out->open_s = (uint64_t)s;
}

static bool
get_hit(const cJSON *o, struct hit_row *out)
{
	const struct kind *k = kind_by_word(text_of(o, "kind"));
	const cJSON *distance = cJSON_GetObjectItemCaseSensitive(o, "distance_km");

	*out = (struct hit_row){ .kind = k ? k->number : 0 };
	if (id_parse(ID_ORGANISATION, text_of(o, "author"), "author", &out->author, NULL) ||
	    id_parse(ID_RECORD, text_of(o, "record"), "record", &out->record, NULL) ||
	    uuid_parse(text_of(o, "id"), "id", &out->name, NULL))
		return false;
	get_text(o, "title", &out->title);
	get_text(o, "snippet", &out->snippet);
	out->organisation = clean(text_of(o, "organisation"));
	out->last_verified = clean(text_of(o, "last_verified"));
	out->standing = clean(text_of(o, "standing"));
	out->website = clean(text_of(o, "website"));
	out->verified = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "verified"));
	for (unsigned f = FRESHNESS_FRESH; f <= FRESHNESS_EXPIRED; f++)
		if (strcmp(text_of(o, "freshness"), freshness_word((enum freshness)f)) == 0)
			out->freshness = f;
	for (size_t i = 0; i < HIT_LISTS; i++)
		get_list(cJSON_GetObjectItemCaseSensitive(o, lists[i]), out->lists[i], &out->counts[i]);
	get_open(o, out);
	if (cJSON_IsNumber(distance))
		out->distance = (unsigned)distance->valuedouble + 1;
	out->score = (uint64_t)(number_of(o, "score") * 1000 + 0.5);
	return true;
}

static void
put_facets(const cJSON *answer, struct hits_head *head, struct buf *out)
{
	const cJSON *field, *one;

	cJSON_ArrayForEach(field, cJSON_GetObjectItemCaseSensitive(answer, "facets"))
		cJSON_ArrayForEach(one, field) {
			struct hits_facet f = { bytes_text(field->string), clean(one->string), (uint64_t)one->valuedouble };

			if (head->facets == HITS_FACETS)
				return;
			hits_facet_write(&f, out);
			head->facets++;
		}
}

void
searching_put(const cJSON *answer, size_t most, struct buf *out)
{
	const cJSON *near = cJSON_GetObjectItemCaseSensitive(answer, "near"), *one;
	struct hits_head head = { .total = (uint64_t)number_of(answer, "total") };
	struct buf rows = { 0 };

	head.flags |= cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "more")) ? HITS_MORE : 0;
	head.flags |= cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(near, "known")) ? HITS_NEAR : 0;
	head.flags |= cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "partial")) ? HITS_PART : 0;
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(answer, "relaxed"))
		for (unsigned bit = 1; bit < 1u << RELAXED_STEPS; bit <<= 1)
			if (strcmp(one->valuestring, query_relaxed_word(bit)) == 0)
				head.relaxed |= bit;
	put_facets(answer, &head, &rows);
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(answer, "hits")) {
		size_t before = rows.len;
		struct hit_row hit;

		if (head.hits == SEARCH_HITS || !get_hit(one, &hit))
			continue;
		hits_row_write(&hit, &rows);
		if (rows.len > most) {
			rows.len = before;
			head.flags |= HITS_CUT;
			break;
		}
		head.hits++;
	}
	hits_head_write(&head, out);
	buf_put_bytes(out, buf_bytes(&rows));
	buf_free(&rows);
}

/* --- what was found, in --- */

static void
add_text(cJSON *o, const char *word, struct bytes text)
{
	if (text.len)
		cJSON_AddItemToObject(o, word, string_of(text));
}

static void
add_marked(cJSON *o, cJSON *marks, const char *word, const struct hit_text *t)
{
	cJSON *list = cJSON_AddArrayToObject(marks, word);

	cJSON_AddItemToObject(o, word, string_of(t->text));
	for (size_t i = 0; i < t->mark_count; i++) {
		cJSON *pair = cJSON_CreateArray();

		cJSON_AddItemToArray(pair, cJSON_CreateNumber(t->marks[i].at));
		cJSON_AddItemToArray(pair, cJSON_CreateNumber(t->marks[i].end));
		cJSON_AddItemToArray(list, pair);
	}
}

static void
add_list(cJSON *o, size_t which, const struct hit_row *h)
{
	cJSON *list = cJSON_AddArrayToObject(o, lists[which]);

	for (size_t i = 0; i < h->counts[which]; i++) {
		cJSON *one = string_of(h->lists[which][i]);

		if (which == HIT_PHONES) {
			cJSON *phone = cJSON_CreateObject();

			cJSON_AddItemToObject(phone, "number", one);
			one = phone;
		}
		cJSON_AddItemToArray(list, one);
	}
}

/* A kind of a newer version has no word here. */
static cJSON *
hit_json(const struct hit_row *h)
{
	cJSON *o = cJSON_CreateObject(), *marks = cJSON_CreateObject(), *open;
	const struct kind *k = kind_find(h->kind);
	char text[UUID_TEXT];

	cJSON_AddStringToObject(o, "id", uuid_format(&h->name, text));
	cJSON_AddStringToObject(o, "kind", k ? k->word : "");
	add_marked(o, marks, "title", &h->title);
	add_marked(o, marks, "snippet", &h->snippet);
	cJSON_AddItemToObject(o, "highlights", marks);
	cJSON_AddItemToObject(o, "organisation", string_of(h->organisation));
	cJSON_AddStringToObject(o, "freshness", freshness_word((enum freshness)h->freshness));
	cJSON_AddBoolToObject(o, "verified", h->verified);
	add_text(o, "last_verified", h->last_verified);
	json_id(o, "author", ID_ORGANISATION, &h->author);
	json_id(o, "record", ID_RECORD, &h->record);
	add_text(o, "standing", h->standing);
	for (size_t i = 0; i < HIT_LISTS; i++)
		add_list(o, i, h);
	add_text(o, "website", h->website);
	if (h->open) {
		open = cJSON_AddObjectToObject(o, "open");
		cJSON_AddStringToObject(open, "state", opens[h->open]);
		if (h->open_s)
			json_time(open, h->open == 1 ? "closes" : "opens", (int64_t)h->open_s * 1000);
	}
	cJSON_AddNumberToObject(o, "score", (double)h->score / 1000);
	if (h->distance)
		cJSON_AddNumberToObject(o, "distance_km", h->distance - 1);
	return o;
}

static void
add_facets(struct bytes *rest, size_t count, cJSON *answer)
{
	cJSON *all = cJSON_AddObjectToObject(answer, "facets");
	struct hits_facet f;

	for (size_t i = 0; i < count && hits_facet_next(rest, &f); i++) {
		char field[SEARCH_WORD + 1] = "", key[SEARCH_VALUE + 1] = "";
		cJSON *of;

		memcpy(field, f.field.p, f.field.len);
		memcpy(key, f.key.p, f.key.len);
		of = cJSON_GetObjectItemCaseSensitive(all, field);
		if (of == NULL)
			of = cJSON_AddObjectToObject(all, field);
		cJSON_AddNumberToObject(of, key, (double)f.count);
	}
}

enum err_code
searching_take(struct bytes page, cJSON *answer, struct err *e)
{
	cJSON *near = cJSON_GetObjectItemCaseSensitive(answer, "near"), *list;
	struct hits_head head;
	struct bytes rest;
	struct hit_row hit;
	enum err_code rc = hits_read(page, &head, &rest, e);

	if (rc)
		return rc;
	cJSON_AddNumberToObject(answer, "total", (double)head.total);
	cJSON_AddBoolToObject(answer, "more", (head.flags & HITS_MORE) != 0);
	cJSON_AddBoolToObject(answer, "partial", (head.flags & HITS_PART) != 0);
	cJSON_AddBoolToObject(answer, "cut", (head.flags & HITS_CUT) != 0);
	if (near)
		cJSON_AddBoolToObject(near, "known", (head.flags & HITS_NEAR) != 0);
	list = cJSON_AddArrayToObject(answer, "relaxed");
	for (unsigned bit = 1; bit < 1u << RELAXED_STEPS; bit <<= 1)
		if (head.relaxed & bit)
			cJSON_AddItemToArray(list, cJSON_CreateString(query_relaxed_word(bit)));
	if (head.facets)
		add_facets(&rest, head.facets, answer);
	list = cJSON_AddArrayToObject(answer, "hits");
	for (size_t i = 0; i < head.hits && hits_row_next(&rest, &hit); i++)
		cJSON_AddItemToArray(list, hit_json(&hit));
	return ERR_OK;
}
