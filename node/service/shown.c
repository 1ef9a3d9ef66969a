#include "node/service/shown.h"

#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/service/entry.h"
#include "node/service/finding.h"
#include "proto/calendar.h"
#include "proto/cbor.h"

void
shown_done(struct shown *s)
{
	for (size_t i = 0; i < s->emergency_count; i++)
		cJSON_Delete(s->emergency[i].entry);
	s->emergency_count = 0;
	s->territory[0] = 0;
}

/* --- standing --- */

/* What the entry says of itself goes before its age: somebody who knows has said it. */
static enum standing
standing_of(const cJSON *entry, const struct freshness_of *f)
{
	static const struct {
		const char *word;
		enum standing standing;
	} rows[] = {
		{ "defunct", STANDING_CLOSED }, { "inactive", STANDING_CLOSED }, { "temporarily-closed", STANDING_PAUSED },
	};
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(entry, "status");

	for (size_t i = 0; cJSON_IsString(status) && i < sizeof rows / sizeof *rows; i++)
		if (strcmp(status->valuestring, rows[i].word) == 0)
			return rows[i].standing;
	if (f->state == FRESHNESS_EXPIRED)
		return STANDING_EXPIRED;
	if (f->state == FRESHNESS_STALE)
		return STANDING_STALE;
	if (!f->verified)
		return STANDING_UNVERIFIED;
	return f->state == FRESHNESS_DUE ? STANDING_DUE : STANDING_FRESH;
}

/* Does a member say that it is not to be had any more as it stands here? */
static bool
is_flagged(const struct view *w)
{
	static const char *const words[] = { "closed", "moved", "wrong-phone" };

	for (size_t i = 0; i < w->count; i++)
		for (size_t k = 0; w->sayings[i].counts && k < sizeof words / sizeof *words; k++)
			if (w->sayings[i].said->says == SAYS_FLAG && w->sayings[i].said->code &&
			    strcmp(w->sayings[i].said->code->word, words[k]) == 0)
				return true;
	return false;
}

struct seen
shown_record(struct shown *s, const struct kind *k, const struct verified *v)
{
	const struct record *r = &v->record;
	struct seen seen = { NULL, STANDING_GONE, 0 };
	struct view w;
	char text[ID_TEXT];

	view_of(&s->view, k, v, &w);
	if (r->state != RECORD_LIVE || (w.why != VIEW_SHOWN && w.why != VIEW_ENDED) ||
	    body_to_json(k, r->body, (struct bytes){ 0 }, &seen.entry, NULL) != ERR_OK)
		return seen;
	w.own = false; /* paper is for others */
	view_prune(&s->view, k, v, &w, seen.entry);
	cJSON_AddStringToObject(seen.entry, "id", uuid_format(&r->name, text));
	cJSON_AddStringToObject(seen.entry, "author", id_format(ID_ORGANISATION, &r->author, text));
	cJSON_AddStringToObject(seen.entry, "audience", audience_word(r->audience));
	seen.standing = standing_of(seen.entry, &w.freshness);
	if (is_flagged(&w) && seen.standing != STANDING_CLOSED && seen.standing != STANDING_EXPIRED)
		seen.standing = STANDING_FLAGGED;
	if (freshness_days(k, r->body) > 0 && w.freshness.days_left >= 0)
		seen.good_until = s->view.now_ms / DAY_MS + w.freshness.days_left;
	return seen;
}

/* --- a sight --- */

static struct seen
look(void *self, const char *reference)
{
	struct shown *s = self;
	struct seen gone = { NULL, STANDING_GONE, 0 };
	struct id author;
	struct uuid name;
	struct verified v;

	if (reference_parse(reference, &s->node->home->organisation.public_key, "reference", &author, &name, NULL) != ERR_OK ||
	    !records_referred(s->node->records, s->view.txn, KIND_SERVICE, &author, &name, &v))
		return gone;
	return shown_record(s, kind_find(v.record.kind), &v);
}

static bool
names_territory(const cJSON *areas, const char *territory)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, areas)
		if (cJSON_IsString(one) && (strcmp(one->valuestring, territory) == 0 || strcmp(one->valuestring, "WB") == 0))
			return true;
	return false;
}

static bool
is_emergency(const struct kind *k, struct bytes body)
{
	const struct field *f = kind_field_by_word(k, "emergency");
	struct cbor_reader r;

	cbor_open(&r, body_get(body, f->number));
	return cbor_peek(&r) == CBOR_BOOL && cbor_bool(&r);
}

/* Those that can be relied on come first. */
static void
keep(struct shown *s, struct seen seen)
{
	size_t at = s->emergency_count;

	if (at == sizeof s->emergency / sizeof *s->emergency) {
		cJSON_Delete(seen.entry);
		return;
	}
	s->emergency_count++;
	for (; at > 0 && s->emergency[at - 1].standing > seen.standing; at--)
		s->emergency[at] = s->emergency[at - 1];
	s->emergency[at] = seen;
}

static bool
take_emergency(void *self, const struct verified *v)
{
	struct shown *s = self;
	const struct kind *k = kind_find(KIND_SERVICE);
	struct seen seen;

	if (!is_emergency(k, v->record.body) || !finding_leads(s->node, &v->record.author))
		return true;
	seen = shown_record(s, k, v);
	if (seen.entry && names_territory(cJSON_GetObjectItemCaseSensitive(seen.entry, "service_areas"), s->territory) &&
	    seen.standing != STANDING_CLOSED && seen.standing != STANDING_EXPIRED)
		keep(s, seen);
	else
		cJSON_Delete(seen.entry);
	return true;
}

static bool
emergency(void *self, const char *territory, size_t i, struct seen *out)
{
	struct shown *s = self;

	if (strcmp(s->territory, territory) != 0) {
		shown_done(s);
		snprintf(s->territory, sizeof s->territory, "%s", territory);
		records_each(s->node->records, s->view.txn, KIND_SERVICE, take_emergency, s);
	}
	if (i >= s->emergency_count)
		return false;
	*out = s->emergency[i];
	out->entry = cJSON_Duplicate(s->emergency[i].entry, true);
	return true;
}

struct sight
shown_sight(struct shown *s)
{
	return (struct sight){ s, look, emergency };
}
