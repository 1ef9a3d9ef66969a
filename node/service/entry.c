#include "node/service/entry.h"

#include "node/record/body_json.h"
#include "node/record/value.h"
#include "node/service/api.h"
#include "proto/calendar.h"
#include "proto/stamp.h"

#include <string.h>

#define SHORTEST_BEGINNING 4

static const char *const audiences[AUDIENCES] = { "public", "members", "cso" };

const char *
audience_word(enum audience a)
{
	return audiences[a];
}

enum err_code
audience_parse(const char *word, enum audience *out, struct err *e)
{
	for (int i = 0; i < AUDIENCES; i++)
		if (strcmp(word, audiences[i]) == 0) {
			*out = (enum audience)i;
			return ERR_OK;
		}
	return err_set(e, ERR_INPUT, "audience", "code", "\"%s\" is none of public, members, cso", word);
}

enum err_code
entry_kind(const char *word, const struct kind **out, struct err *e)
{
	const struct kind *k = kind_by_word(word);

	if (k == NULL || k->flags & KIND_INTERNAL)
		return err_set(e, ERR_MISSING, word, "kind", "there is no such kind of entry");
	*out = k;
	return ERR_OK;
}

/* --- finding --- */

struct search {
	const char *beginning;
	size_t len;
	const struct id *ours;
	struct reference found;
	size_t matches;
	bool own;
};

static bool
compare(void *self, const struct verified *v)
{
	struct search *s = self;
	char text[UUID_TEXT];
	bool own = id_equal(&v->record.author, s->ours);

	uuid_format(&v->record.name, text);
	if (strncasecmp(text, s->beginning, s->len) != 0)
		return true;
	if (own && !s->own) {
		/* Our own entries come first: what others called alike does not make it ambiguous. */
		s->own = true;
		s->matches = 0;
	}
	if (own == s->own) {
		s->found = (struct reference){ v->record.author, v->record.name };
		s->matches++;
	}
	return true;
}

static enum err_code
find_beginning(struct node *n, const struct kind *k, const char *ref, struct reference *out, struct err *e)
{
	struct search s = { .beginning = ref, .len = strlen(ref), .ours = &n->home->organisation.public_key };
	struct store_txn *t;

	if (s.len < SHORTEST_BEGINNING)
		return err_set(e, ERR_INPUT, ref, "id", "give at least %d letters of the id", SHORTEST_BEGINNING);
	t = store_read(n->store);
	records_each(n->records, t, k->number, compare, &s);
	txn_abort(&t);
	if (s.matches == 0)
		return err_set(e, ERR_MISSING, ref, "id", "no %s with this id is known here", k->word);
	if (s.matches > 1)
		return err_set(e, ERR_CONFLICT, ref, "id", "%zu entries begin so; give more of the id", s.matches);
	*out = s.found;
	return ERR_OK;
}

enum err_code
entry_find(struct node *n, const struct kind *k, const char *ref, struct reference *out, struct err *e)
{
	struct reference key = { .author = n->home->organisation.public_key };
	struct store_txn *t;
	struct verified v;
	bool there;
	enum err_code rc;

	if (strncmp(ref, "org1", 4) == 0) {
		if ((rc = reference_parse(ref, &key.author, "id", &key.author, &key.name, e)))
			return rc;
	} else if (uuid_parse(ref, "id", &key.name, NULL) != ERR_OK) {
		return find_beginning(n, k, ref, out, e);
	}
	t = store_read(n->store);
	there = records_live(n->records, t, k->number, &key.author, &key.name, &v);
	txn_abort(&t);
	if (there) {
		*out = key;
		return ERR_OK;
	}
	if (strncmp(ref, "org1", 4) == 0)
		return err_set(e, ERR_MISSING, ref, "id", "no %s with this id is known here", k->word);
	return find_beginning(n, k, ref, out, e);
}

enum err_code
entry_find_stored(struct node *n, const struct kind **io, const char *ref, struct reference *out, struct err *e)
{
	enum err_code rc = entry_find(n, *io, ref, out, e);

	if (rc == ERR_MISSING && (*io)->says == SAYS_FLAG && entry_find(n, kind_find(KIND_LETTER), ref, out, NULL) == ERR_OK) {
		*io = kind_find(KIND_LETTER);
		rc = ERR_OK;
	}
	return rc;
}

/* --- showing --- */

/* "2026-01-31": a day is enough to say when somebody looked. */
static void
json_day(cJSON *o, const char *key, int64_t unix_ms)
{
	char text[VALUE_TEXT];

	cJSON_AddStringToObject(o, key, value_date_format(unix_ms / DAY_MS, text));
}

static void
json_ref(cJSON *o, const char *key, const struct reference *ref)
{
	struct buf text = { 0 };

	reference_format(&ref->author, &ref->name, &text);
	cJSON_AddStringToObject(o, key, buf_text(&text));
	buf_free(&text);
}

/* What a saying says, without what it is about; NULL: it is not shown here. */
static cJSON *
saying_json(const struct view_context *c, const struct view_saying *s)
{
	const struct said *said = s->said;
	cJSON *o = NULL;
	struct verified v;
	struct view w;

	if (!records_live(c->records, c->txn, said->kind->number, &said->by.author, &said->by.name, &v))
		return NULL;
	view_of(c, said->kind, &v, &w);
	if (view_hides(&w) || body_to_json(said->kind, v.record.body, (struct bytes){ 0 }, &o, NULL) != ERR_OK)
		return NULL;
	view_prune(c, said->kind, &v, &w, o);
	cJSON_DeleteItemFromObjectCaseSensitive(o, "about");
	cJSON_DeleteItemFromObjectCaseSensitive(o, "subject");
	json_ref(o, "id", &said->by);
	json_id(o, "by", ID_ORGANISATION, &said->by.author);
	json_day(o, "on", stamp_unix_ms(said->stamp));
	if (said->says == SAYS_CLAIM)
		cJSON_AddBoolToObject(o, "binds", s->counts);
	if (said->says == SAYS_TRANSLATION)
		cJSON_AddBoolToObject(o, "behind", s->behind);
	return o;
}

/* Each kind of saying in a list of its own; none: no list. Who advises caution is not told beside the entry. */
void
entry_add_sayings(const struct view_context *c, const struct view *w, cJSON *entry)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct said *s = w->sayings[i].said;
		cJSON *list, *one;

		if (s->code && (s->code->flags & CODE_CAUTIONS))
			continue;
		if ((one = saying_json(c, &w->sayings[i])) == NULL)
			continue;
		list = cJSON_GetObjectItemCaseSensitive(entry, s->kind->words);
		if (list == NULL)
			list = cJSON_AddArrayToObject(entry, s->kind->words);
		cJSON_AddItemToArray(list, one);
	}
}

/* Words of the open flags that a list has room for, each once. */
static void
add_marks(const struct view *w, cJSON *o)
{
	cJSON *marks = NULL, *mark;

	for (size_t i = 0; i < w->count; i++) {
		const struct code *code = w->sayings[i].said->says == SAYS_FLAG ? w->sayings[i].said->code : NULL;
		bool there = false;

		if (code == NULL || (code->flags & (CODE_CAUTIONS | CODE_CONFIRMS)))
			continue;
		cJSON_ArrayForEach(mark, marks)
			there |= strcmp(mark->valuestring, code->word) == 0;
		if (marks == NULL)
			marks = cJSON_AddArrayToObject(o, "marks");
		if (!there)
			cJSON_AddItemToArray(marks, cJSON_CreateString(code->word));
	}
}

static void
add_view(const struct view *w, cJSON *o)
{
	const char *standing = view_standing_word(w->standing);

	cJSON_AddStringToObject(o, "freshness", freshness_word(w->freshness.state));
	cJSON_AddBoolToObject(o, "verified", w->freshness.verified);
	if (!id_is_zero(&w->confirmed_by)) {
		cJSON *by = cJSON_AddObjectToObject(o, "confirmation");

		json_id(by, "by", ID_ORGANISATION, &w->confirmed_by);
		json_day(by, "on", w->confirmed_ms);
	}
	if (w->end_ms < INT64_MAX)
		json_time(o, "lasts_until", w->end_ms);
	if (standing)
		cJSON_AddStringToObject(o, "standing", standing);
	if (w->why != VIEW_SHOWN)
		cJSON_AddStringToObject(o, "hidden", view_word(w->why));
	add_marks(w, o);
	if (w->caution)
		cJSON_AddTrueToObject(o, "caution");
	if (w->claimed)
		json_id(o, "claimed_by", ID_ORGANISATION, &w->claimed_by);
	if (w->replaced)
		json_ref(o, "replaced_by", &w->replaced_by);
}

/* What an entry is about is told by name: its id alone says nothing to people. */
static void
add_about(struct node *n, const struct view_context *c, const struct kind *k, cJSON *o)
{
	struct buf shown = { 0 };

	for (size_t i = 0; i < k->field_count && shown.len == 0; i++) {
		const struct field *f = &k->fields[i];
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, f->word));
		const struct kind *about;
		struct verified v;
		struct uuid name;
		struct view w;
		struct id author;

		if (!(f->flags & FIELD_FOLLOWS) || text == NULL ||
		    reference_parse(text, &n->home->organisation.public_key, f->word, &author, &name, NULL) != ERR_OK ||
		    !records_referred(n->records, c->txn, f->target, &author, &name, &v) ||
		    (about = kind_find(v.record.kind)) == NULL)
			continue;
		view_of(c, about, &v, &w);
		if (view_hides(&w))
			continue;
		buf_put_bytes(&shown, body_text(v.record.body, about->title, NULL));
		cJSON_AddStringToObject(o, "about_kind", about->word);
		cJSON_AddStringToObject(o, "about_title", buf_text(&shown));
	}
	buf_free(&shown);
}

cJSON *
entry_json(struct node *n, const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w)
{
	const struct record *r = &v->record;
	struct bytes private_fields = { 0 };
	char text[ID_TEXT];
	cJSON *o = cJSON_CreateObject(), *fields = NULL, *field;

	if (w->own && r->state == RECORD_LIVE)
		private_fields = records_private(n->records, c->txn, r->kind, &r->author, &r->name);
	cJSON_AddStringToObject(o, "id", uuid_format(&r->name, text));
	json_id(o, "record", ID_RECORD, &v->id);
	json_id(o, "author", ID_ORGANISATION, &r->author);
	cJSON_AddStringToObject(o, "stamp", stamp_format(r->stamp, text));
	cJSON_AddStringToObject(o, "audience", audience_word(r->audience));
	cJSON_AddStringToObject(o, "state", r->state == RECORD_LIVE ? "live" : "withdrawn");
	if (r->expires)
		json_time(o, "expires", r->expires * 1000);
	add_view(w, o);
	if (r->state == RECORD_LIVE && body_to_json(k, r->body, private_fields, &fields, NULL) == ERR_OK) {
		view_prune(c, k, v, w, fields); /* what may not be told is not shown, whoever signed it */
		while ((field = cJSON_DetachItemFromArray(fields, 0)) != NULL)
			cJSON_AddItemToObject(o, field->string, field);
		add_about(n, c, k, o);
	}
	cJSON_Delete(fields);
	return o;
}
