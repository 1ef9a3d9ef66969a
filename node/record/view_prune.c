/* The reader's side: what of an entry is shown, once it is known how it is seen. */
#include "node/record/view_int.h"

#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/lint.h"

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

void
view_prune(const struct view_context *c, const struct kind *k, const struct verified *v, const struct view *w, cJSON *object)
{
	if (w->own)
		return;
	if (k->says == SAYS_TRANSLATION)
		prune_translation(c, k, v, object);
	disclose_prune_as(k, v->record.body, w->exposed ? DISCLOSE_AS_EXPOSED : DISCLOSE_AS_STATED, object);
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
