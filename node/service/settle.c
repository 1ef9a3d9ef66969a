#include "node/service/settle.h"

#include "node/record/value.h"
#include "node/record/walk.h"
#include "node/service/api.h"
#include "node/service/entry.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct id *
ours(const struct settle *s)
{
	return &s->node->home->organisation.public_key;
}

/* --- what is said so often --- */

struct counting {
	const struct id *ours;
	const struct uuid *but;          /* the entry that is being changed */
	const struct rule *rule;
	unsigned count;
};

static bool
count_one(void *self, const struct verified *v)
{
	struct counting *c = self;

	if (id_equal(&v->record.author, c->ours) && !uuid_equal(&v->record.name, c->but) &&
	    rule_holds(c->rule, v->record.body))
		c->count++;
	return c->count < c->rule->most;
}

/* Do as many entries of ours as may meet R's condition, other than NAME, stored or before it in the batch? */
static bool
is_reached(const struct settle *s, const struct rule *r, const struct uuid *name)
{
	struct counting c = { ours(s), name, r, 0 };
	struct bytes body;
	struct uuid other;

	for (size_t i = 0; c.count < r->most && s->batch(s->self, i, &other, &body); i++)
		c.count += !uuid_equal(&other, name) && rule_holds(r, body);
	if (c.count < r->most)
		records_each(s->node->records, s->txn, s->kind->number, count_one, &c);
	return c.count >= r->most;
}

static enum err_code
check_counts(const struct settle *s, const struct settled *in, struct err *e)
{
	for (size_t i = 0; i < s->kind->rule_count; i++) {
		const struct rule *r = &s->kind->rules[i];

		if (r->demand == RULE_AT_MOST && rule_holds(r, in->body) && is_reached(s, r, &in->name))
			return err_set(e, ERR_CONFLICT, kind_field(s->kind, r->when)->word,
			    r->is ? r->is : rule_word(r->demand), "%s", r->help);
	}
	return ERR_OK;
}

/* --- filling in --- */

#define RELATION "relation"
#define ABOUT "about"
#define SOURCE_RECORD "source_record"

static bool
lacks(const struct settle *s, const cJSON *object, const char *word)
{
	return kind_field_by_word(s->kind, word) && !cJSON_GetObjectItemCaseSensitive(object, word);
}

/* Left unsaid, the first entry is about ourselves; about others nothing is claimed for them. */
static void
fill_relation(const struct settle *s, cJSON *object)
{
	static const struct uuid none;
	const struct field *f = kind_field_by_word(s->kind, RELATION);

	for (size_t i = 0; f && i < s->kind->rule_count; i++) {
		const struct rule *r = &s->kind->rules[i];

		if (r->demand == RULE_AT_MOST && r->when == f->number)
			cJSON_AddStringToObject(object, RELATION, is_reached(s, r, &none) ? "listed" : r->is);
	}
}

static void
fill_presets(const struct settle *s, cJSON *object)
{
	for (size_t i = 0; i < s->kind->field_count; i++) {
		const struct field *f = &s->kind->fields[i];

		if (f->preset && !cJSON_GetObjectItemCaseSensitive(object, f->word))
			cJSON_AddStringToObject(object, f->word, f->preset);
	}
}

/* The version that is translated is the one that is shown here at present. */
static void
fill_source(const struct settle *s, cJSON *object)
{
	const cJSON *about = cJSON_GetObjectItemCaseSensitive(object, ABOUT);
	struct verified v;
	struct id author;
	struct uuid name;

	if (cJSON_IsString(about) && reference_parse(about->valuestring, ours(s), ABOUT, &author, &name, NULL) == ERR_OK &&
	    records_referred(s->node->records, s->txn, 0, &author, &name, &v))
		json_id(object, SOURCE_RECORD, ID_RECORD, &v.id);
}

void
settle_fill(struct settle *s, cJSON *object)
{
	if (lacks(s, object, RELATION))
		fill_relation(s, object);
	if (lacks(s, object, SOURCE_RECORD))
		fill_source(s, object);
	fill_presets(s, object);
	disclose_fill(s->kind, object, s->disclose);
}

/* --- codes for references --- */

/* What entries of one kind may be called by in a reference. */
struct settle_names {
	const struct kind *kind;
	struct name {
		char *code;
		struct id author;
		struct uuid name;
	} *rows;
	size_t count, cap;
	size_t batched;                  /* entries of the batch that are in */
	struct settle_names *next;
};

void
settle_done(struct settle *s)
{
	for (struct settle_names *n = s->names, *next; n; n = next) {
		next = n->next;
		for (size_t i = 0; i < n->count; i++)
			free(n->rows[i].code);
		free(n->rows);
		free(n);
	}
	s->names = NULL;
}

static char *
need_text(struct bytes b)
{
	char *text = need_alloc(b.len + 1);

	memcpy(text, b.p, b.len);
	text[b.len] = 0;
	return text;
}

static void
add_name(struct settle_names *n, const struct id *author, const struct uuid *name, struct bytes body)
{
	struct bytes code = body_text(body, n->kind->code, NULL);

	if (code.len == 0)
		return;
	n->rows = need_room(n->rows, n->count, &n->cap, sizeof *n->rows);
	n->rows[n->count++] = (struct name){ .code = need_text(code), *author, *name };
}

static bool
take_name(void *self, const struct verified *v)
{
	add_name(self, &v->record.author, &v->record.name, v->record.body);
	return true;
}

/* Those that are stored, and those of this batch that came before. */
static const struct settle_names *
names_of(struct settle *s, const struct kind *k)
{
	struct settle_names *n = s->names;
	struct bytes body;
	struct uuid name;

	while (n && n->kind != k)
		n = n->next;
	if (n == NULL) {
		n = need_zeroed(1, sizeof *n);
		*n = (struct settle_names){ .kind = k, .next = s->names };
		s->names = n;
		records_each(s->node->records, s->txn, k->number, take_name, n);
	}
	for (; k == s->kind && s->batch(s->self, n->batched, &name, &body); n->batched++)
		add_name(n, ours(s), &name, body);
	return n;
}

/* Ours, else the first of others'. */
static bool
find_code(struct settle *s, const struct kind *k, const char *code, struct id *out_author, struct uuid *out_name)
{
	const struct settle_names *n = names_of(s, k);
	const struct name *found = NULL;

	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->rows[i].code, code) == 0 && (found == NULL || id_equal(&n->rows[i].author, ours(s))))
			found = &n->rows[i];
	if (found == NULL)
		return false;
	*out_author = found->author;
	*out_name = found->name;
	return true;
}

/* ITEM is what stands where a reference of F belongs. */
static enum err_code
name_one(struct settle *s, const struct field *f, cJSON *item, struct err *e)
{
	const struct kind *k = kind_find(f->target);
	struct buf text = { 0 };
	struct id author;
	struct uuid name;

	if (!cJSON_IsString(item) || reference_parse(item->valuestring, ours(s), f->word, &author, &name, NULL) == ERR_OK ||
	    strncmp(item->valuestring, "org1", 4) == 0)
		return ERR_OK;
	if (!find_code(s, k, item->valuestring, &author, &name))
		return err_set(e, ERR_INPUT, f->word, "reference",
		    "no %s has the code \"%.40s\", and it is no id; see: kilim %s list", k->word, item->valuestring, k->word);
	reference_format(&author, &name, &text);
	cJSON_SetValuestring(item, buf_text(&text));
	buf_free(&text);
	return ERR_OK;
}

static enum err_code
name_fields(struct settle *s, const struct field *fields, size_t count, cJSON *object, struct err *e)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; i < count && rc == ERR_OK; i++) {
		const struct field *f = &fields[i];
		const struct kind *target = f->type == FIELD_REFERENCE && f->target ? kind_find(f->target) : NULL;
		cJSON *value = cJSON_GetObjectItemCaseSensitive(object, f->word), *item;

		if (value == NULL || (f->type != FIELD_GROUP && !(target && target->code)))
			continue;
		for (item = cJSON_IsArray(value) ? value->child : value; item && rc == ERR_OK;
		     item = item == value ? NULL : item->next)
			rc = target ? name_one(s, f, item, e) : name_fields(s, f->fields, f->field_count, item, e);
	}
	return rc;
}

enum err_code
settle_names(struct settle *s, cJSON *object, struct err *e)
{
	enum err_code rc = name_fields(s, s->kind->fields, s->kind->field_count, object, e);

	return rc ? rc : name_fields(s, common_fields, common_fields_count, object, e);
}

/* --- checking --- */

__attribute__((format(printf, 2, 3))) static void
warn(const struct settled *io, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	cJSON_AddItemToArray(io->warnings, cJSON_CreateString(text));
}

struct referring {
	struct settle *s;
	struct settled *io;
	struct err *e;
	enum err_code rc;
};

static bool
is_in_batch(const struct settle *s, const struct id *author, const struct uuid *name)
{
	return id_equal(author, ours(s)) && s->named(s->self, name);
}

/* An entry is not shown more widely than what it is about. */
static void
follow(struct referring *w, const struct walk_value *v, const struct verified *about)
{
	enum audience least = about->record.audience;

	if (w->io->audience >= least)
		return;
	if (w->io->audience_said || w->io->previous.len > 0) {
		w->rc = err_set(w->e, ERR_DENIED, "audience", "audience",
		    "what it is about (%s) is for %s; it is not shown more widely than that", v->path, audience_word(least));
		return;
	}
	w->io->audience = least;
	warn(w->io, "audience: it is for %s, as what it is about (%s)", audience_word(least), v->path);
}

static bool
check_reference(void *self, const struct walk_value *v)
{
	struct referring *w = self;
	const struct field *f = v->field;
	const struct kind *target = f->target ? kind_find(f->target) : NULL;
	struct verified found;
	struct id author;
	struct uuid name;

	if (!walk_reference(v, &author, &name))
		return true;
	if (!records_referred(w->s->node->records, w->s->txn, f->target, &author, &name, &found)) {
		if ((target || f->flags & FIELD_FOLLOWS) && !is_in_batch(w->s, &author, &name))
			warn(w->io, "%s: no %s with this id is known here", v->path, target ? target->word : "entry");
		return true;
	}
	if (target && found.record.kind != target->number) {
		w->rc = err_set(w->e, ERR_INPUT, v->path, "target", "this id is of the kind %s; one of the kind %s belongs here",
		    kind_find(found.record.kind)->word, target->word);
		return false;
	}
	if (f->flags & FIELD_FOLLOWS)
		follow(w, v, &found);
	return !w->rc;
}

int64_t
settle_end(const struct kind *k, struct bytes body)
{
	const struct field *f = k->end ? kind_field(k, k->end) : NULL;
	struct cbor_reader r;
	int64_t value;

	if (f == NULL || body_get(body, f->number).len == 0)
		return 0;
	cbor_open(&r, body_get(body, f->number));
	value = cbor_int(&r);
	return f->type == FIELD_DATE ? (value + 1) * DAY_S : value;
}

/* That another organisation made sure is not ours to say. */
static enum err_code
check_verified_by(const struct settle *s, struct bytes body, struct err *e)
{
	const struct field *f = kind_field_by_word(s->kind, "verified_by");
	struct bytes item = f ? body_get(body, f->number) : (struct bytes){ NULL, 0 };
	struct cbor_reader r;
	struct id by;

	if (item.len == 0)
		return ERR_OK;
	cbor_open(&r, item);
	cbor_fixed(&r, &by, ID_LEN);
	if (id_equal(&by, &s->node->home->organisation.public_key))
		return ERR_OK;
	return err_set(e, ERR_DENIED, f->word, "own", "who made sure says it herself, by a flag: correct");
}

enum err_code
settle_check(struct settle *s, struct settled *io, struct err *e)
{
	struct referring w = { s, io, e, ERR_OK };
	int64_t end = settle_end(s->kind, io->body), before = settle_end(s->kind, io->previous);
	const struct field *why;
	enum audience least;
	enum err_code rc;

	if ((rc = kind_check_consent(s->kind, io->private_fields, e)) || (rc = check_counts(s, io, e)) ||
	    (rc = check_verified_by(s, io->body, e)))
		return rc;
	least = kind_audience_of(s->kind, io->body, io->audience, &why);
	if (why && !io->audience_said && io->previous.len == 0) {
		io->audience = least;
		warn(io, "audience: it is for %s, because of %s", audience_word(least), why->word);
	}
	walk_body(s->kind, io->body, check_reference, &w);
	/* The end moves with the body, unless somebody chose a sooner one. */
	if (!io->expires_said && io->expires == before)
		io->expires = 0;
	if (end > 0 && (io->expires == 0 || end < io->expires))
		io->expires = end;
	if (io->expires > 0 && io->expires * 1000 <= records_now_ms(s->node->records) &&
	    records_sure(s->node->records)->state == SURE)
		warn(io, "%s: this day is over: others are not shown the entry",
		    io->expires == end ? kind_field(s->kind, s->kind->end)->word : "expires");
	return w.rc;
}
