/* Values by the names that people give them. */
#include "node/search/tallying.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/disclose.h"
#include "node/search/spoken.h"
#include "proto/cbor.h"
#include "proto/kinds/tables.h"
#include "proto/territory.h"

/* --- places --- */

struct naming {
	struct tallying *y;
	size_t lexeme, cap;
};

static bool
note_name(void *self, const char *folded)
{
	struct naming *n = self;
	struct tallying *y = n->y;

	y->places = need_room(y->places, y->place_count, &n->cap, sizeof *y->places);
	y->places[y->place_count++] = (struct place_name){ need_strdup(folded), n->lexeme };
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct place_name *x = a, *y = b;

	return strcmp(x->folded, y->folded);
}

/* A name of two places names neither. */
static void
make_places(struct tallying *y)
{
	struct naming n = { .y = y };
	size_t to = 0;

	y->places_made = true;
	for (n.lexeme = 0; n.lexeme < lexicon_count(y->l); n.lexeme++)
		if (lexicon_at(y->l, n.lexeme)->kind == LEXEME_PLACE)
			lexicon_names(y->l, n.lexeme, note_name, &n);
	qsort(y->places, y->place_count, sizeof *y->places, by_name);
	for (size_t i = 0; i < y->place_count; i++) {
		struct place_name *before = to ? &y->places[to - 1] : NULL;

		if (before && strcmp(before->folded, y->places[i].folded) == 0) {
			if (before->lexeme != y->places[i].lexeme)
				before->lexeme = LEXICON_NONE;
			free(y->places[i].folded);
		} else {
			y->places[to++] = y->places[i];
		}
	}
	y->place_count = to;
}

static size_t
find_place(struct tallying *y, const char *folded)
{
	struct place_name wanted = { (char *)(uintptr_t)folded, 0 }, *found;

	if (!y->places_made)
		make_places(y);
	found = y->place_count ? bsearch(&wanted, y->places, y->place_count, sizeof *y->places, by_name) : NULL;
	return found ? found->lexeme : LEXICON_NONE;
}

const char *
names_place(struct tallying *y, const char *folded)
{
	size_t lexeme = find_place(y, folded);

	return lexeme != LEXICON_NONE && lexicon_at(y->l, lexeme)->code[0] ? lexicon_at(y->l, lexeme)->code : folded;
}

void
names_done(struct tallying *y)
{
	for (size_t i = 0; i < y->place_count; i++)
		free(y->places[i].folded);
	free(y->places);
	y->places = NULL;
	y->place_count = 0;
}

/* --- what is asked for --- */

struct wanting {
	const struct lexicon *l;
	char ***list;
	size_t *count;
	unsigned depth;
};

static void
want(struct wanting *w, const char *key)
{
	*w->list = need_realloc(*w->list, (*w->count + 1) * sizeof **w->list);
	(*w->list)[(*w->count)++] = need_strdup(key);
}

/* A tree of people's making may have circles. */
#define DEEPEST 8

static void
want_below(void *self, size_t lexeme)
{
	struct wanting *w = self;

	if (w->depth == DEEPEST)
		return;
	want(w, lexicon_at(w->l, lexeme)->code);
	w->depth++;
	lexicon_below(w->l, lexeme, want_below, w);
	w->depth--;
}

static void
want_code(void *self, const char *code, size_t len)
{
	struct buf text = { 0 };

	buf_put(&text, code, len);
	want(self, buf_text(&text));
	buf_free(&text);
}

/* The code of a list whose words are topics. */
static const struct code *
topic_code(struct bytes word)
{
	static const struct code_list *const lists[] = { &service_codes, &event_codes, &opportunity_codes,
		&situation_codes, &category_codes };
	const struct code *c = NULL;

	for (size_t i = 0; i < sizeof lists / sizeof *lists && c == NULL; i++)
		c = code_find(lists[i], word);
	return c;
}

/* A slip of the pen must not look like help that nobody gives. */
static enum err_code
check_value(const struct tallying *y, enum tally_axis axis, const char *value, struct err *e)
{
	struct bytes text = bytes_text(value);
	bool known = true;
	size_t found[1];

	if (axis == AXIS_TOPIC && topic_code(text) == NULL && lexicon_named(y->l, LEXEME_TOPIC, text, found, 1) == 0)
		return err_set(e, ERR_MISSING, "topic", "code", "no topic of this name or code is known here");
	if (axis == AXIS_KIND)
		known = kind_by_word(value) != NULL;
	else if (axis == AXIS_CHANNEL)
		known = code_find(&channel_codes, text) != NULL;
	else if (axis == AXIS_ACCESS)
		known = code_find(&accessibility_codes, text) != NULL;
	else if (axis == AXIS_FRESHNESS)
		known = strcmp(value, "fresh") == 0 || strcmp(value, "due") == 0 || strcmp(value, "stale") == 0;
	else if (axis == AXIS_TEXT_LANGUAGE)
		known = tag_valid(text);
	else if (axis == AXIS_ORGANISATION && strncmp(value, "org1", 4) != 0)
		return err_set(e, ERR_INPUT, "where", "id", "an organisation is named by its id, org1..., as --json shows it");
	return known ? ERR_OK : err_set(e, ERR_INPUT, "where", "code", "\"%.40s\" is no %s", value, tally_word(axis));
}

enum err_code
names_wanted(struct tallying *y, enum tally_axis axis, struct bytes value, char ***list, size_t *count, struct err *e)
{
	struct wanting w = { .l = y->l, .list = list, .count = count };
	const struct code *territory;
	struct buf text = { 0 };
	size_t found[4], n;
	enum err_code rc;

	buf_put_bytes(&text, value);
	if ((rc = check_value(y, axis, buf_text(&text), e)) != ERR_OK) {
		buf_free(&text);
		return rc;
	}
	if (axis == AXIS_TERRITORY || axis == AXIS_HOME) {
		if ((rc = territory_parse(buf_text(&text), tally_word(axis), &territory, e)) == ERR_OK)
			want(&w, territory->word);
	} else if (axis == AXIS_PLACE) {
		n = lexicon_named(y->l, LEXEME_PLACE, value, found, 4);
		if (n == 1 && lexicon_at(y->l, found[0])->code[0]) {
			want(&w, lexicon_at(y->l, found[0])->code);
		} else {
			buf_reset(&text);
			fold_phrase(value, &text);
			want(&w, names_place(y, buf_text(&text)));
		}
	} else if (axis == AXIS_LANGUAGE) {
		rc = spoken_codes(value, want_code, &w, e);
	} else {
		if (axis == AXIS_TEXT_LANGUAGE) /* of "sr-Cyrl" the index has "sr" */
			text.len = strcspn(buf_text(&text), "-");
		want(&w, buf_text(&text));
		n = axis == AXIS_TOPIC ? lexicon_named(y->l, LEXEME_TOPIC, value, found, 4) : 0;
		for (size_t i = 0; i < n; i++)
			want_below(&w, found[i]);
	}
	buf_free(&text);
	return rc;
}

/* --- labels --- */

struct shown {
	const struct field *field;
	const struct kind *kind;
	struct bytes body;
	const char *language, *folded;
	struct buf *out;
};

/* Do readers see the record itself? Then its name may be told. */
static bool
is_shown(const struct tally_query *q, const struct verified *v)
{
	const struct tally_said *said = tally_said_of(q, v->id.b);

	return (q->audiences >> v->record.audience & 1) && (said == NULL || !(said->flags & TALLY_HIDDEN));
}

/* Only what disclose_walk comes by is shown. */
static bool
show_title(void *self, const struct walk_value *v)
{
	struct shown *s = self;

	if (v->field != v->top || v->field->number != s->kind->title)
		return true;
	buf_put_bytes(s->out, body_text(s->body, s->kind->title, s->language));
	return false;
}

static void
label_of(struct tallying *y, uint16_t kind, const struct id *author, const struct uuid *name, struct buf *out)
{
	struct shown s = { .kind = kind_find(kind), .language = y->q->language, .out = out };
	struct verified v;

	if (!records_live(y->r, y->t, kind, author, name, &v) || !is_shown(y->q, &v))
		return;
	s.body = v.record.body;
	disclose_walk(s.kind, v.record.body, show_title, &s);
}

struct defining {
	struct tallying *y;
	uint16_t kind;
	struct buf *out;
};

static void
label_by_record(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	struct defining *d = self;
	struct id author;
	struct uuid name;

	memcpy(author.b, key, ID_LEN);
	memcpy(name.b, key + ID_LEN, UUID_LEN);
	if (d->out->len == 0)
		label_of(d->y, d->kind, &author, &name, d->out);
}

/* As an entry wrote it, whose fold is the key. */
static bool
show_place(void *self, const struct walk_value *v)
{
	struct shown *s = self;
	struct buf folded = { 0 };
	struct cbor_reader r;
	struct bytes text;
	bool same;

	cbor_open(&r, v->item);
	if (!(v->field->flags & FIELD_PLACE) || cbor_peek(&r) != CBOR_TEXT)
		return true;
	text = cbor_text(&r);
	fold_phrase(text, &folded);
	same = strncmp(buf_text(&folded), s->folded, INDEX_KEY) == 0; /* a key is cut there */
	if (same)
		buf_put_bytes(s->out, text);
	buf_free(&folded);
	return !same;
}

static void
label_place(struct tallying *y, const struct value *v, struct buf *out)
{
	struct shown s = { .folded = v->key, .out = out };
	struct defining d = { y, KIND_PLACE, out };
	struct verified found;
	struct id record;
	size_t lexemes[1];

	if (lexicon_named(y->l, LEXEME_PLACE, bytes_text(v->key), lexemes, 1) == 1)
		lexicon_records(y->l, lexemes[0], label_by_record, &d);
	if (out->len || !index_record_id(y->t, y->docs[v->at], &record) || !records_get(y->r, y->t, &record, &found))
		return;
	s.kind = kind_find(found.record.kind);
	if (s.kind)
		disclose_walk(s.kind, found.record.body, show_place, &s);
}

static void
label_topic(struct tallying *y, const struct value *v, struct buf *out)
{
	struct defining d = { y, KIND_TERM, out };
	const struct code *c;
	size_t lexemes[1];

	if (lexicon_named(y->l, LEXEME_TOPIC, bytes_text(v->key), lexemes, 1) == 1 &&
	    strcmp(lexicon_at(y->l, lexemes[0])->code, v->key) == 0)
		lexicon_records(y->l, lexemes[0], label_by_record, &d);
	if (out->len == 0 && (c = topic_code(bytes_text(v->key))) != NULL)
		buf_put_text(out, c->label);
}

static void
label_organisation(struct tallying *y, const struct value *v, struct buf *out)
{
	const char *slash = strchr(v->key, '/');
	const struct membership *m = records_membership(y->r);
	const struct member *who;
	char text[ID_TEXT];
	struct uuid name;
	struct id author;

	snprintf(text, sizeof text, "%.*s", (int)(slash ? (size_t)(slash - v->key) : strlen(v->key)), v->key);
	if (id_parse(ID_ORGANISATION, text, "organisation", &author, NULL))
		return;
	if (slash && uuid_parse(slash + 1, "organisation", &name, NULL) == ERR_OK)
		label_of(y, KIND_ORGANISATION, &author, &name, out);
	else if (!slash && m && (who = membership_find(m, &author)) != NULL)
		buf_put_text(out, who->name);
}

void
names_label(struct tallying *y, const struct axis *x, const struct value *v, struct buf *out)
{
	const char *name = NULL;

	if (x->what == AXIS_PLACE)
		label_place(y, v, out);
	else if (x->what == AXIS_TOPIC)
		label_topic(y, v, out);
	else if (x->what == AXIS_ORGANISATION)
		label_organisation(y, v, out);
	else if (x->what == AXIS_TERRITORY || x->what == AXIS_HOME)
		name = territory_name(bytes_text(v->key));
	if (name)
		buf_put_text(out, name);
}
