#include "node/service/api.h"
#include "node/service/beside.h"
#include "node/service/entry.h"
#include "node/service/sealed.h"

#include <string.h>

/* --- the tables themselves --- */

static const char *const type_words[FIELD_TYPES] = {
	[FIELD_TEXT] = "text", [FIELD_MLTEXT] = "mltext", [FIELD_LANGUAGE] = "language", [FIELD_UINT] = "uint",
	[FIELD_INT] = "int", [FIELD_BOOL] = "bool", [FIELD_DATE] = "date", [FIELD_TIME] = "time",
	[FIELD_REFERENCE] = "reference", [FIELD_CODE] = "code", [FIELD_URL] = "url", [FIELD_PHONE] = "phone",
	[FIELD_EMAIL] = "email", [FIELD_BLOB] = "blob", [FIELD_KEY] = "key", [FIELD_HASH] = "hash",
	[FIELD_NODE] = "node", [FIELD_BYTES] = "bytes", [FIELD_GROUP] = "group", [FIELD_STAMP] = "stamp",
	[FIELD_DEGREES] = "degrees", [FIELD_TAG] = "tag",
};

static cJSON *
fields_json(const struct field *fields, size_t count)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];
		cJSON *o = cJSON_CreateObject();

		cJSON_AddNumberToObject(o, "number", f->number);
		cJSON_AddStringToObject(o, "word", f->word);
		cJSON_AddStringToObject(o, "type", type_words[f->type]);
		cJSON_AddBoolToObject(o, "required", f->flags & FIELD_REQUIRED);
		cJSON_AddBoolToObject(o, "list", f->flags & FIELD_LIST);
		cJSON_AddBoolToObject(o, "private", f->flags & FIELD_PRIVATE);
		cJSON_AddBoolToObject(o, "members", f->flags & FIELD_MEMBERS);
		cJSON_AddBoolToObject(o, "coordinators", f->flags & FIELD_COORDINATOR);
		if (f->target)
			cJSON_AddStringToObject(o, "target", kind_find(f->target)->word);
		if (f->preset)
			cJSON_AddStringToObject(o, "preset", f->preset);
		cJSON_AddStringToObject(o, "help", f->help ? f->help : "");
		if (f->codes) {
			cJSON *codes = cJSON_AddArrayToObject(o, "codes");

			for (size_t j = 0; j < f->codes->count; j++)
				cJSON_AddItemToArray(codes, cJSON_CreateString(f->codes->codes[j].word));
		}
		if (f->fields)
			cJSON_AddItemToObject(o, "fields", fields_json(f->fields, f->field_count));
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

enum err_code
api_kinds(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)c;
	(void)e;
	r->json = cJSON_CreateObject();
	for (size_t i = 0; i < kinds_count; i++) {
		const struct kind *k = kinds[i];
		cJSON *o = cJSON_AddObjectToObject(r->json, k->word);

		cJSON_AddNumberToObject(o, "number", k->number);
		cJSON_AddStringToObject(o, "collection", collection_word((enum collection)(k->number >> 8)));
		cJSON_AddBoolToObject(o, "internal", k->flags & KIND_INTERNAL);
		cJSON_AddStringToObject(o, "audience", audience_word(k->audience));
		cJSON_AddStringToObject(o, "help", k->help);
		cJSON_AddItemToObject(o, "fields", fields_json(k->fields, k->field_count));
		if (!(k->flags & KIND_INTERNAL))
			cJSON_AddItemToObject(o, "common", fields_json(common_fields, common_fields_count));
	}
	return ERR_OK;
}

/* --- lists --- */

struct listing {
	struct node *node;
	struct store_txn *txn;
	struct view_context view;
	const struct kind *kind;
	bool own;
	cJSON *out;
};

static bool
list_one(void *self, const struct verified *v)
{
	struct listing *l = self;
	struct view w;

	view_of(&l->view, l->kind, v, &w);
	if (w.own || (!l->own && !view_hides(&w)))
		cJSON_AddItemToArray(l->out, entry_json(l->node, &l->view, l->kind, v, &w));
	return true;
}

/* Of those that are for us: ours too. */
static bool
list_sealed(void *self, const struct verified *v)
{
	struct listing *l = self;
	bool own = id_equal(&v->record.author, &l->view.self);
	cJSON *o = l->own && !own ? NULL : sealed_json(l->node, &l->view, v);

	if (o)
		cJSON_AddItemToArray(l->out, o);
	return true;
}

enum err_code
api_list(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct listing l = { .node = api_node(c), .own = api_flag(c, "own") };
	enum err_code rc = entry_kind(c->rest[0], &l.kind, e);

	if (rc || (rc = node_keeps(l.node, l.kind, e)))
		return rc;
	l.out = cJSON_CreateArray();
	l.txn = store_read(l.node->store);
	beside_view(l.node, l.txn, &l.view);
	if (api_flag(c, "withdrawn"))
		records_each_withdrawn_too(l.node->records, l.txn, l.kind->number, list_one, &l);
	else
		records_each(l.node->records, l.txn, l.kind->number, list_one, &l);
	if (l.kind->says == SAYS_FLAG)
		records_each(l.node->records, l.txn, KIND_LETTER, list_sealed, &l);
	txn_abort(&l.txn);
	r->json = l.out;
	return ERR_OK;
}

/* What has ended may still be read by who asks for it by name; what is hidden for another reason may not. */
static enum err_code
check_shown(const struct view_context *c, const struct kind *k, const struct verified *v, const char *ref, struct view *out,
    struct err *e)
{
	view_of(c, k, v, out);
	if (!view_hides(out) || out->why == VIEW_ENDED)
		return ERR_OK;
	return err_set(e, ERR_MISSING, ref, view_word(out->why), "%s", view_reason(out->why));
}

enum err_code
api_show(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	struct view_context view;
	const struct kind *k;
	struct reference key;
	struct store_txn *t;
	struct verified v;
	struct view w;
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &k, e)) || (rc = entry_find_stored(n, &k, c->rest[1], &key, e)))
		return rc;
	t = store_read(n->store);
	beside_view(n, t, &view);
	if (!records_live(n->records, t, k->number, &key.author, &key.name, &v))
		rc = err_set(e, ERR_MISSING, c->rest[1], "id", "is gone");
	else if (k->number == KIND_LETTER && (r->json = sealed_json(n, &view, &v)) == NULL)
		rc = err_set(e, ERR_MISSING, c->rest[1], "sealed", "is for coordinators alone");
	else if (r->json == NULL && (rc = check_shown(&view, k, &v, c->rest[1], &w, e)) == ERR_OK)
		entry_add_sayings(&view, &w, r->json = entry_json(n, &view, k, &v, &w));
	txn_abort(&t);
	return rc;
}

static bool
history_one(void *self, const struct verified *v)
{
	struct listing *l = self;
	struct view w;

	view_of(&l->view, l->kind, v, &w);
	cJSON_AddItemToArray(l->out, entry_json(l->node, &l->view, l->kind, v, &w));
	return true;
}

/* Superseded versions stay with their author only: of others' entries the live version is all there is. */
enum err_code
api_history(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct listing l = { .node = api_node(c) };
	struct reference key;
	enum err_code rc;

	if ((rc = entry_kind(c->rest[0], &l.kind, e)) || (rc = entry_find_stored(l.node, &l.kind, c->rest[1], &key, e)))
		return rc;
	l.out = cJSON_CreateArray();
	l.txn = store_read(l.node->store);
	beside_view(l.node, l.txn, &l.view);
	if (l.kind->number == KIND_LETTER) {
		struct verified v;

		/* It has one version: what is sealed is not changed. */
		if (records_live(l.node->records, l.txn, KIND_LETTER, &key.author, &key.name, &v))
			list_sealed(&l, &v);
		goto out;
	}
	records_history(l.node->records, l.txn, l.kind->number, &key.author, &key.name, history_one, &l);
	if (cJSON_GetArraySize(l.out) == 0) {
		struct verified v;
		struct view w;

		if (records_live(l.node->records, l.txn, l.kind->number, &key.author, &key.name, &v) &&
		    (rc = check_shown(&l.view, l.kind, &v, c->rest[1], &w, e)) == ERR_OK)
			history_one(&l, &v);
	}
out:
	txn_abort(&l.txn);
	if (rc)
		cJSON_Delete(l.out);
	else
		r->json = l.out;
	return rc;
}

/* Signed bytes hold all of it: those of which something is withheld here are not given out. Nodes have their own door. */
static bool
is_withheld(struct node *n, struct store_txn *t, const struct verified *v)
{
	const struct kind *k = kind_find(v->record.kind);
	struct view_context view;
	struct view w;

	if (k == NULL || k->flags & KIND_INTERNAL || v->record.state != RECORD_LIVE)
		return false;
	beside_view(n, t, &view);
	view_of(&view, k, v, &w);
	return view_withholds(&view, k, v, &w);
}

enum err_code
api_envelope(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	struct store_txn *t;
	struct verified v;
	struct id id;
	enum err_code rc = id_parse(ID_RECORD, c->rest[0], "record", &id, e);

	if (rc)
		return rc;
	t = store_read(n->store);
	if (records_get(n->records, t, &id, &v) && is_withheld(n, t, &v)) {
		rc = err_set(e, ERR_DENIED, c->rest[0], "withheld", "what it tells is not all shown here; its author has it whole");
	} else if (records_get(n->records, t, &id, &v)) {
		buf_put_bytes(&r->raw, v.envelope);
		r->type = "application/cose; cose-type=\"cose-sign1\"";
	} else {
		rc = err_set(e, ERR_MISSING, c->rest[0], "record", "no such record is held here");
	}
	txn_abort(&t);
	return rc;
}
