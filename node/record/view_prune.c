/* The reader's side: what of an entry is shown, once it is known how it is seen. */
#include "node/record/view_int.h"

#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/exposure.h"
#include "node/record/lint.h"
#include "node/record/walk.h"

static void
note_withheld(cJSON *object, const char *word)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "withheld");

	if (list == NULL)
		list = cJSON_AddArrayToObject(object, "withheld");
	cJSON_AddItemToArray(list, cJSON_CreateString(word));
}

/* "phones[0].label" is of the field "phones": may readers of the entry see that field? */
static bool
is_path_told(const struct kind *k, const char *path, enum disclosure level, bool exposed)
{
	char word[64];
	const struct field *f;

	snprintf(word, sizeof word, "%.*s", (int)strcspn(path, ".["), path);
	f = kind_field_by_word(k, word);
	if (f == NULL || (exposed && (f->type == FIELD_TEXT || f->type == FIELD_MLTEXT) && f->number != k->title))
		return false;
	return !((f->flags & FIELD_EXACT) && level > DISCLOSURE_EXACT) &&
	    !((f->flags & (FIELD_EXACT | FIELD_PLACE)) && level >= DISCLOSURE_TERRITORY);
}

/* A translation keeps to the level of the entry it is of. */
static void
prune_translation(const struct view_context *c, const struct kind *k, const struct verified *v, cJSON *object)
{
	cJSON *texts = cJSON_GetObjectItemCaseSensitive(object, "texts"), *item = texts ? texts->child : NULL;
	const struct kind *of;
	enum disclosure level;
	struct verified about;
	struct reference to;
	struct view w;
	bool cut = false;

	if (!view_refers(k, v, "about", &to) || !view_find(c, &to, &about))
		return;
	of = kind_find(about.record.kind);
	view_of(c, of, &about, &w);
	level = disclose_level(of, about.record.body, NULL);
	if (w.exposed && level < DISCLOSURE_TERRITORY)
		level = DISCLOSURE_TERRITORY;
	while (item) {
		const cJSON *field = cJSON_GetObjectItemCaseSensitive(item, "field");
		const cJSON *text = cJSON_GetObjectItemCaseSensitive(item, "text");
		cJSON *next = item->next;

		if (!cJSON_IsString(field) || !cJSON_IsString(text) || !is_path_told(of, field->valuestring, level, w.exposed) ||
		    (level >= DISCLOSURE_TERRITORY && lint_finds(bytes_text(text->valuestring)))) {
			cJSON_Delete(cJSON_DetachItemViaPointer(texts, item));
			cut = true;
		}
		item = next;
	}
	if (cut)
		note_withheld(object, "texts");
	if (cut && texts->child == NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(object, "texts");
}

/* --- what refers to an entry whose place must stay unknown --- */

struct referring {
	const struct view_context *c;
	bool found;
};

static bool
is_unknown_place(const struct view_context *c, const struct reference *ref, const struct verified *v)
{
	return disclose_level(kind_find(v->record.kind), v->record.body, NULL) >= DISCLOSURE_TERRITORY ||
	    v->record.stamp < exposure_until(c->said, c->records, c->txn, ref);
}

static bool
look_for_unknown(void *self, const struct walk_value *value)
{
	struct referring *r = self;
	struct reference to;
	struct verified about;

	r->found |= walk_reference(value, &to.author, &to.name) && view_find(r->c, &to, &about) &&
	    is_unknown_place(r->c, &to, &about);
	return !r->found;
}

/* A translation has been judged by its entry, text by text. */
static enum disclose_as
judged_as(const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w)
{
	struct referring r = { c, false };

	if (w->exposed)
		return DISCLOSE_AS_EXPOSED;
	if (k->says != SAYS_TRANSLATION)
		walk_body(k, v->record.body, look_for_unknown, &r);
	return r.found ? DISCLOSE_AS_REFERRING : DISCLOSE_AS_STATED;
}

/* That somebody made sure is hers to say, in a record of her own: here it counts from the author alone. */
static void
prune_verified_by(const struct verified *v, cJSON *object)
{
	const cJSON *by = cJSON_GetObjectItemCaseSensitive(object, "verified_by");
	char author[ID_TEXT];

	if (by == NULL || (cJSON_IsString(by) &&
	    strcmp(by->valuestring, id_format(ID_ORGANISATION, &v->record.author, author)) == 0))
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(object, "verified_by");
	note_withheld(object, "verified_by");
}

void
view_prune(const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w, cJSON *object)
{
	if (w->own)
		return;
	if (k->says == SAYS_TRANSLATION)
		prune_translation(c, k, v, object);
	prune_verified_by(v, object);
	disclose_prune_as(k, v->record.body, judged_as(c, k, v, w), object);
}

bool
view_withholds(const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w)
{
	cJSON *object = NULL;
	bool withholds = view_hides(w) && w->why != VIEW_ENDED;

	if (withholds || w->own)
		return withholds;
	if (body_to_json(k, v->record.body, (struct bytes){ 0 }, &object, NULL) == ERR_OK) {
		view_prune(c, k, v, w, object);
		withholds = cJSON_GetObjectItemCaseSensitive(object, "withheld") != NULL;
	}
	cJSON_Delete(object);
	return withholds;
}
