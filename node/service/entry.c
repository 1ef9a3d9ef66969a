#include "node/service/entry.h"

#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/record/freshness.h"
#include "node/service/api.h"
#include "proto/stamp.h"

#include <ctype.h>
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
	struct entry_key found;
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
		s->found = (struct entry_key){ v->record.author, v->record.name };
		s->matches++;
	}
	return true;
}

static enum err_code
find_beginning(struct node *n, const struct kind *k, const char *ref, struct entry_key *out, struct err *e)
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
entry_find(struct node *n, const struct kind *k, const char *ref, struct entry_key *out, struct err *e)
{
	struct entry_key key = { .author = n->home->organisation.public_key };
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

static bool
is_live(struct records *r, struct store_txn *t, uint16_t kind, const struct id *author, const struct uuid *name,
    struct verified *out)
{
	return records_live(r, t, kind, author, name, out) && out->record.state == RECORD_LIVE;
}

/* A reference tells author and name, not the kind: each that people enter is asked for. */
bool
entry_referred(struct records *r, struct store_txn *t, uint16_t target, const struct id *author,
    const struct uuid *name, struct verified *out)
{
	if (target && is_live(r, t, target, author, name, out))
		return true;
	for (size_t i = 0; i < kinds_count; i++)
		if (!(kinds[i]->flags & KIND_INTERNAL) && kinds[i]->number != target &&
		    is_live(r, t, kinds[i]->number, author, name, out))
			return true;
	return false;
}

/* --- showing --- */

cJSON *
entry_json(struct node *n, struct store_txn *t, const struct kind *k, const struct verified *v)
{
	const struct record *r = &v->record;
	bool own = id_equal(&r->author, &n->home->organisation.public_key);
	struct bytes private_fields = { 0 };
	char text[ID_TEXT];
	struct freshness_of f = freshness(k, r, records_now_ms(n->records));
	cJSON *o = cJSON_CreateObject(), *fields = NULL, *field;

	if (own && r->state == RECORD_LIVE)
		private_fields = records_private(n->records, t, r->kind, &r->author, &r->name);
	cJSON_AddStringToObject(o, "id", uuid_format(&r->name, text));
	json_id(o, "record", ID_RECORD, &v->id);
	json_id(o, "author", ID_ORGANISATION, &r->author);
	cJSON_AddStringToObject(o, "stamp", stamp_format(r->stamp, text));
	cJSON_AddStringToObject(o, "freshness", freshness_word(f.state));
	cJSON_AddStringToObject(o, "audience", audience_word(r->audience));
	cJSON_AddStringToObject(o, "state", r->state == RECORD_LIVE ? "live" : "withdrawn");
	if (r->expires)
		json_time(o, "expires", r->expires * 1000);
	cJSON_AddBoolToObject(o, "verified", f.verified);
	if (r->state == RECORD_LIVE && body_to_json(k, r->body, private_fields, &fields, NULL) == ERR_OK) {
		if (!own)
			disclose_prune(k, r->body, fields); /* what its level forbids is not shown, whoever signed it */
		while ((field = cJSON_DetachItemFromArray(fields, 0)) != NULL)
			cJSON_AddItemToObject(o, field->string, field);
	}
	cJSON_Delete(fields);
	return o;
}
