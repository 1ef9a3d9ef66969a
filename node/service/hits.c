#include "node/service/hits.h"

#include "node/service/api.h"
#include "node/service/entry.h"
#include "node/service/finding.h"
#include "node/service/service.h"
#include "node/service/wanted.h"

#include "node/record/freshness.h"
#include "node/record/value.h"
#include "node/search/open.h"
#include "proto/cbor.h"
#include "proto/territory.h"

#include <stdlib.h>
#include <string.h>

#define CAUTION "conduct"          /* the reason of a flag that advises it */
#define SNIPPET 180                /* bytes */
#define MARKS_MOST 32

struct answering {
	struct node *node;
	struct store_txn *txn;
	struct view_context view;
	unsigned audiences;            /* that the reader may be shown */
	const struct wanted *wanted;
	const struct found *found;
	cJSON *list;
};

/* --- texts --- */

/* The text of VALUE (a string, or texts by language) that has most of the words; else the one in her language. */
struct chosen {
	const char *text, *tag;
	struct highlight marks[MARKS_MOST];
	size_t count;
	float worth;                  /* of the marks together */
};
#define SAME_WORTH 0.01f

static bool
speaks(const char *tag, const char *language)
{
	size_t len = strcspn(language, "-");

	return strcmp(tag, language) == 0 || (strncmp(tag, language, len) == 0 && (tag[len] == 0 || tag[len] == '-'));
}

static void
consider(const struct answering *a, const char *tag, const char *text, bool preferred, struct chosen *io)
{
	struct chosen c = { .text = text, .tag = tag };

	c.count = found_highlights(a->found, bytes_text(text), c.marks, MARKS_MOST);
	for (size_t i = 0; i < c.count; i++)
		c.worth += c.marks[i].worth;
	if (io->text == NULL || c.worth > io->worth + SAME_WORTH || (preferred && c.worth > io->worth - SAME_WORTH))
		*io = c;
}

static void
choose(const struct answering *a, const cJSON *value, struct chosen *io)
{
	const char *language = a->wanted->language;
	const cJSON *one;

	if (cJSON_IsString(value)) {
		consider(a, NULL, value->valuestring, false, io);
		return;
	}
	if (cJSON_IsArray(value)) {
		cJSON_ArrayForEach(one, value)
			choose(a, one, io);
		return;
	}
	cJSON_ArrayForEach(one, value)
		if (cJSON_IsString(one) && strcmp(one->string, "source") != 0)
			consider(a, one->string, one->valuestring, language && speaks(one->string, language), io);
}

/* [[0, 4], ...] in bytes of the text, as far as they lie in [FROM, TO). */
static cJSON *
marks_json(const struct chosen *c, struct highlight part)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < c->count; i++) {
		cJSON *pair;

		if (c->marks[i].at < part.at || c->marks[i].end > part.end)
			continue;
		pair = cJSON_CreateArray();
		cJSON_AddItemToArray(pair, cJSON_CreateNumber(c->marks[i].at - part.at));
		cJSON_AddItemToArray(pair, cJSON_CreateNumber(c->marks[i].end - part.at));
		cJSON_AddItemToArray(list, pair);
	}
	return list;
}

static void
put_text(cJSON *hit, cJSON *marks, const char *word, const struct chosen *c, size_t most)
{
	struct bytes text = bytes_text(c->text ? c->text : "");
	struct highlight part = query_snippet(text, c->marks, c->count, most);
	char *shown = need_zeroed(part.end - part.at + 1, 1);

	memcpy(shown, text.p + part.at, part.end - part.at);
	cJSON_AddStringToObject(hit, word, shown);
	cJSON_AddItemToObject(marks, word, marks_json(c, part));
	free(shown);
}

/* Its title, and of all other searched texts the one that has most. */
static void
put_texts(const struct answering *a, const struct kind *k, const cJSON *entry, cJSON *hit)
{
	struct chosen title = { .text = NULL }, best = { .text = NULL };
	cJSON *marks = cJSON_CreateObject();

	for (size_t i = 0; i < k->field_count; i++) {
		const struct field *f = &k->fields[i];
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(entry, f->word);

		if (v == NULL || f->weight == 0 || (f->type != FIELD_MLTEXT && f->type != FIELD_TEXT))
			continue;
		if (f->number == k->title)
			choose(a, v, &title);
		else if (!(f->flags & FIELD_PLACE))
			choose(a, v, &best);
	}
	put_text(hit, marks, "title", &title, SIZE_MAX / 4);
	put_text(hit, marks, "snippet", &best, SNIPPET);
	cJSON_AddItemToObject(hit, "highlights", marks);
}

/* --- whose it is --- */

/* What is said for fewer people than the reader is not told her. */
static void
drop_sayings(const struct answering *a, struct view *w)
{
	size_t kept = 0;

	w->caution = false;
	for (size_t i = 0; i < w->count; i++) {
		const struct said *s = w->sayings[i].said;

		if (!(a->audiences >> s->audience & 1))
			continue;
		w->caution |= s->code && (s->code->flags & CODE_CAUTIONS);
		w->sayings[kept++] = w->sayings[i];
	}
	w->count = kept;
}

/* NULL: the reader is not shown it. */
static cJSON *
seen_json(const struct answering *a, const struct kind *k, const struct verified *v)
{
	struct view w;

	view_of(&a->view, k, v, &w);
	if (!(a->audiences >> v->record.audience & 1) || view_hides(&w))
		return NULL;
	drop_sayings(a, &w);
	return entry_json(a->node, &a->view, k, v, &w);
}

static const struct field *
organisation_field(const struct kind *k, const cJSON *entry)
{
	for (size_t i = 0; i < k->field_count; i++)
		if (k->fields[i].type == FIELD_REFERENCE && k->fields[i].target == KIND_ORGANISATION &&
		    cJSON_GetObjectItemCaseSensitive(entry, k->fields[i].word))
			return &k->fields[i];
	return NULL;
}

/* The name of the organisation that the entry names, else of the member that signed it. */
static void
put_organisation(struct answering *a, const struct kind *k, const struct verified *v, const cJSON *entry, cJSON *hit)
{
	const struct field *f = organisation_field(k, entry);
	const cJSON *ref = f ? cJSON_GetObjectItemCaseSensitive(entry, f->word) : NULL;
	const struct membership *m = records_membership(a->node->records);
	const struct member *who = m ? membership_find(m, &v->record.author) : NULL;
	struct id author;
	struct uuid name;
	struct verified named;

	if (cJSON_IsArray(ref))
		ref = cJSON_GetArrayItem(ref, 0);
	if (cJSON_IsString(ref) &&
	    reference_parse(ref->valuestring, &v->record.author, "organisation", &author, &name, NULL) == ERR_OK &&
	    records_referred(a->node->records, a->txn, KIND_ORGANISATION, &author, &name, &named)) {
		const struct kind *of = kind_find(named.record.kind);
		const struct field *title = kind_field(of, of->title);
		cJSON *organisation = seen_json(a, of, &named);
		struct chosen c = { .text = NULL };

		choose(a, title ? cJSON_GetObjectItemCaseSensitive(organisation, title->word) : NULL, &c);
		cJSON_AddStringToObject(hit, "organisation", c.text ? c.text : "");
		cJSON_Delete(organisation);
	} else if (k->number == KIND_ORGANISATION) {
		cJSON_AddStringToObject(hit, "organisation", cJSON_GetObjectItem(hit, "title")->valuestring);
	} else {
		cJSON_AddStringToObject(hit, "organisation", who ? who->name : "");
	}
}

/* --- what a reader looks for first --- */

static void
copy(cJSON *hit, const char *word, const cJSON *entry, const char *from)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(entry, from);

	if (v)
		cJSON_AddItemToObject(hit, word, cJSON_Duplicate(v, true));
}

static void
add_once(cJSON *list, const char *text)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		if (strcmp(one->valuestring, text) == 0)
			return;
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

/* Every value of the fields that F takes, each once, as one list of texts. */
static void
put_list(const struct kind *k, const cJSON *entry, cJSON *hit, const char *word, bool (*takes)(const struct field *f))
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < k->field_count; i++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(entry, k->fields[i].word), *one;

		if (v == NULL || !takes(&k->fields[i]))
			continue;
		if (cJSON_IsString(v))
			add_once(list, v->valuestring);
		cJSON_ArrayForEach(one, v)
			if (cJSON_IsString(one))
				add_once(list, one->valuestring);
	}
	cJSON_AddItemToObject(hit, word, list);
}

static bool
tells_territory(const struct field *f)
{
	return f->codes == &territory_codes;
}

static bool
tells_place(const struct field *f)
{
	return f->flags & FIELD_PLACE && f->type == FIELD_TEXT;
}

static bool
tells_language(const struct field *f)
{
	return f->type == FIELD_LANGUAGE;
}

static void
put_open(const struct answering *a, const struct kind *k, const struct verified *v, cJSON *hit)
{
	static const char *const words[] = { "unknown", "open", "later", "closed" };
	int64_t at_ms;
	enum open_state s = open_at(k, v->record.body, a->wanted->query.now_ms, &at_ms);
	cJSON *open;

	if (s == OPEN_UNKNOWN)
		return;
	open = cJSON_AddObjectToObject(hit, "open");
	cJSON_AddStringToObject(open, "state", words[s]);
	if (at_ms)
		json_time(open, s == OPEN_NOW ? "closes" : "opens", at_ms);
}

/* Reasons of the open flags, advice of caution among them: who finds a wrong number must see that it is one. */
static void
put_marks(const cJSON *entry, cJSON *hit)
{
	copy(hit, "marks", entry, "marks");
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(entry, "caution")))
		return;
	if (cJSON_GetObjectItemCaseSensitive(hit, "marks") == NULL)
		cJSON_AddArrayToObject(hit, "marks");
	add_once(cJSON_GetObjectItemCaseSensitive(hit, "marks"), CAUTION);
}

/* NULL: it is not shown. */
static cJSON *
entry_hit(struct answering *a, const struct kind *k, const struct verified *v)
{
	cJSON *entry = seen_json(a, k, v), *hit;

	if (entry == NULL)
		return NULL;
	hit = cJSON_CreateObject();
	copy(hit, "id", entry, "id");
	cJSON_AddStringToObject(hit, "kind", k->word);
	put_texts(a, k, entry, hit);
	put_organisation(a, k, v, entry, hit);
	copy(hit, "freshness", entry, "freshness");
	copy(hit, "verified", entry, "verified");
	copy(hit, "last_verified", entry, "last_verified");
	copy(hit, "author", entry, "author");
	copy(hit, "record", entry, "record");
	copy(hit, "relation", entry, "relation");
	copy(hit, "standing", entry, "standing");
	put_marks(entry, hit);
	put_list(k, entry, hit, "territories", tells_territory);
	put_list(k, entry, hit, "places", tells_place);
	put_list(k, entry, hit, "languages", tells_language);
	copy(hit, "phones", entry, "phones");
	copy(hit, "website", entry, "website");
	put_open(a, k, v, hit);
	cJSON_Delete(entry);
	return hit;
}

static void
add_hit(struct answering *a, const struct hit *h)
{
	struct verified v;
	cJSON *hit;

	if (!records_get(a->node->records, a->txn, &h->record, &v))
		return;
	if ((hit = entry_hit(a, kind_find(v.record.kind), &v)) == NULL)
		return;
	cJSON_AddNumberToObject(hit, "score", (double)(int64_t)(h->score * 1000 + 0.5) / 1000);
	if (h->distance_km >= 0)
		cJSON_AddNumberToObject(hit, "distance_km", h->distance_km);
	cJSON_AddItemToArray(a->list, hit);
}

/* --- emergency lines --- */

static void
add_line(void *self, const struct verified *v)
{
	struct answering *a = self;
	cJSON *line = entry_hit(a, kind_find(v->record.kind), v);

	if (line)
		cJSON_AddItemToArray(a->list, line);
}

/* Always there, empty where nobody has signed one. */
static void
put_emergency(struct answering *a, cJSON *out)
{
	cJSON *asked = cJSON_AddArrayToObject(out, "territories");

	for (size_t i = 0; i < territory_codes.count; i++)
		if (a->wanted->lines >> i & 1)
			cJSON_AddItemToArray(asked, cJSON_CreateString(territory_codes.codes[i].word));
	a->list = cJSON_AddArrayToObject(out, "emergency");
	finding_emergencies(a->node->service->finding, a->txn, a->wanted->lines, add_line, a);
}

/* --- the whole answer --- */

static void
put_facets(const struct found *f, cJSON *out)
{
	static const struct {
		uint8_t class;
		const char *word;
	} words[] = { { TERM_KIND, "kind" }, { TERM_TERRITORY, "territory" }, { TERM_TOPIC, "topic" }, { TERM_PLACE, "place" },
		{ TERM_SPEAKS, "speaks" }, { TERM_TEXT_LANGUAGE, "text_lang" }, { TERM_CHANNEL, "channel" },
		{ TERM_ACCESS, "access" } };
	cJSON *facets = cJSON_AddObjectToObject(out, "facets");

	for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++) {
		cJSON *of = cJSON_AddObjectToObject(facets, words[w].word);

		for (size_t i = 0; i < f->facet_count; i++)
			if (f->facets[i].class == words[w].class)
				cJSON_AddNumberToObject(of, f->facets[i].key, (double)f->facets[i].count);
	}
}

static void
put_relaxed(const struct found *f, cJSON *out)
{
	cJSON *list = cJSON_AddArrayToObject(out, "relaxed");

	for (unsigned bit = 1; bit < 1u << RELAXED_STEPS; bit <<= 1)
		if (f->relaxed & bit)
			cJSON_AddItemToArray(list, cJSON_CreateString(query_relaxed_word(bit)));
}

/* What is told of the question itself, whoever answers it. */
static void
put_asked(struct answering *a, cJSON *out)
{
	const struct wanted *w = a->wanted;
	cJSON *near;

	cJSON_AddNumberToObject(out, "page", (double)w->query.page + 1);
	if (w->near) {
		near = cJSON_AddObjectToObject(out, "near");
		cJSON_AddStringToObject(near, "place", w->near);
		cJSON_AddNumberToObject(near, "radius_km", w->radius_km);
	}
}

static cJSON *
answer(struct answering *a, enum beside_reader reader)
{
	const struct wanted *w = a->wanted;
	const struct found *f = a->found;
	cJSON *out = cJSON_CreateObject(), *near;

	put_asked(a, out);
	if ((near = cJSON_GetObjectItem(out, "near")) != NULL)
		cJSON_AddBoolToObject(near, "known", w->near_known);
	cJSON_AddNumberToObject(out, "total", (double)f->total);
	cJSON_AddBoolToObject(out, "more", f->before + f->count < f->total);
	put_relaxed(f, out);
	if (reader == BESIDE_OWN)
		put_emergency(a, out);
	a->list = cJSON_AddArrayToObject(out, "hits");
	for (size_t i = 0; i < f->count; i++)
		add_hit(a, &f->hits[i]);
	cJSON_AddBoolToObject(out, "partial", a->node->left_out != 0);
	if (w->query.facets)
		put_facets(f, out);
	return out;
}

enum err_code
hits_find(struct node *n, const cJSON *request, const struct hits_bounds *b, cJSON **out, uint64_t *out_read, struct err *e)
{
	struct answering a = { .node = n, .txn = store_read(n->store), .audiences = b->audiences };
	const struct lexicon *l = finding_lexicon(n->service->finding, a.txn);
	struct wanted w = { .language = NULL };
	struct found f = { .asked = NULL };
	enum err_code rc;

	*out_read = 0;
	beside_view_as(n, a.txn, b->reader, &a.view);
	a.wanted = &w;
	a.found = &f;
	if ((rc = wanted_read(n, l, request, &w, e)))
		goto out;
	w.query.audiences = b->audiences;
	w.query.max_postings = b->postings;
	w.query.hidden = beside_hidden(n, a.txn, b->reader);
	rc = query_run(n->records, a.txn, l, &w.query, &f, e);
	*out_read = f.read;
	if (rc == ERR_OK)
		*out = answer(&a, b->reader);
out:
	found_done(&f);
	wanted_done(&w);
	txn_abort(&a.txn);
	return rc;
}

cJSON *
hits_begin(struct node *n, const cJSON *request)
{
	struct answering a = { .node = n, .txn = store_read(n->store), .audiences = (1u << AUDIENCES) - 1 };
	const struct lexicon *l = finding_lexicon(n->service->finding, a.txn);
	struct wanted w = { .language = NULL };
	struct found f = { .asked = NULL };
	cJSON *out = cJSON_CreateObject(), *rest = cJSON_CreateObject(), *lines = cJSON_Duplicate(request, true);

	/* Neither decides whose lines are shown; what another node has of them need not be known here. */
	cJSON_DeleteItemFromObjectCaseSensitive(lines, "kind");
	cJSON_DeleteItemFromObjectCaseSensitive(lines, "topic");
	beside_view(n, a.txn, &a.view);
	a.wanted = &w;
	a.found = &f;
	/* Words that are not known here may be known there: then the lines are those of our own territory. */
	if (wanted_read(n, l, lines, &w, NULL)) {
		const cJSON *near = cJSON_GetObjectItemCaseSensitive(request, "near");

		copy(rest, "page", request, "page");
		copy(rest, "radius_km", request, "radius_km");
		wanted_done(&w);
		wanted_read(n, l, rest, &w, NULL);
		w.near = cJSON_GetStringValue(cJSON_IsArray(near) ? near->child : near);
	}
	put_asked(&a, out);
	put_emergency(&a, out);
	wanted_done(&w);
	cJSON_Delete(rest);
	cJSON_Delete(lines);
	txn_abort(&a.txn);
	return out;
}
