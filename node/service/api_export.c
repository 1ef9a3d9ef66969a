#include "node/service/api.h"
#include "node/service/authoring.h"
#include "node/service/beside.h"
#include "node/service/entry.h"

#include "node/export/export.h"
#include "node/export/hsds.h"
#include "node/export/import.h"
#include "node/record/json.h"
#include "node/record/value.h"
#include "proto/territory.h"

#include <stdio.h>
#include <string.h>

/*
 * Several files in one body: a line of JSON, [{"name", "size"}], and then their bytes, one after the other
 * (docs/control.md "Files").
 */
#define FILES_HEAD 65536

/* --- export --- */

/* "organisation,service": numbers of kinds, ended by 0. ERR_INPUT: the format cannot say one of them. */
static enum err_code
parse_kinds(const char *words, const struct export_format *f, uint16_t out[64], struct err *e)
{
	size_t count = 0;

	while (*words) {
		size_t len = strcspn(words, ",");
		const struct kind *k;
		char word[64];
		enum err_code rc;

		snprintf(word, sizeof(word), "%.*s", (int)(len < 60 ? len : 60), words);
		if ((rc = entry_kind(word, &k, e)))
			return rc;
		if (!export_says(f, k->number))
			return err_set(e, ERR_INPUT, word, "kind", "the format %s has no place for %s", f->word, k->words);
		if (count < 63)
			out[count++] = k->number;
		words += len + (words[len] == ',');
	}
	out[count] = 0;
	return ERR_OK;
}

/* Every kind that the format can say. */
static void
all_kinds(const struct export_format *f, uint16_t out[64])
{
	size_t count = 0;

	for (size_t i = 0; i < kinds_count && count < 63; i++)
		if (!(kinds[i]->flags & KIND_INTERNAL) && export_says(f, kinds[i]->number))
			out[count++] = kinds[i]->number;
	out[count] = 0;
}

static enum err_code
pack(const struct export_files *files, struct api_reply *r, struct err *e)
{
	cJSON *head = cJSON_CreateArray();
	size_t bytes = FILES_HEAD;
	char *text;

	for (size_t i = 0; i < files->count; i++) {
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "name", files->files[i].name);
		cJSON_AddNumberToObject(o, "size", (double)files->files[i].text.len);
		cJSON_AddItemToArray(head, o);
		bytes += files->files[i].text.len;
	}
	if (bytes > LIMIT_CONTROL_BODY) {
		cJSON_Delete(head);
		return err_set(e, ERR_LIMIT, "export", "size", "more than %d MiB at once; name kinds, one after the other",
		    LIMIT_CONTROL_BODY >> 20);
	}
	text = cJSON_PrintUnformatted(head);
	buf_printf(&r->raw, "%s\n", text ? text : "[]");
	for (size_t i = 0; i < files->count; i++)
		buf_put_bytes(&r->raw, buf_bytes(&files->files[i].text));
	r->type = "application/octet-stream";
	cJSON_free(text);
	cJSON_Delete(head);
	return ERR_OK;
}

enum err_code
api_export(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	const char *words = api_query(c, "kind"), *version = api_query(c, "version");
	struct export_how how = { HSDS_31, api_query(c, "lang") };
	const struct export_format *f;
	struct export_files files = { 0 };
	struct export_set set;
	struct view_context view;
	struct store_txn *t;
	uint16_t wanted[64];
	enum err_code rc = export_format(c->rest[0], &f, e);

	if (rc)
		return rc;
	if (version && strcmp(version, "3.0") == 0)
		how.version = HSDS_30;
	else if (version && strcmp(version, "3.1") != 0)
		return err_set(e, ERR_INPUT, "version", "code", "\"%s\" is none of 3.0, 3.1", version);
	if (words == NULL || *words == 0)
		all_kinds(f, wanted);
	else if ((rc = parse_kinds(words, f, wanted, e)))
		return rc;
	t = store_read(n->store);
	beside_view(n, t, &view);
	export_collect(&view, wanted, &set);
	txn_abort(&t);
	f->write(&set, &how, &files);
	export_done(&set);
	rc = pack(&files, r, e);
	export_files_done(&files);
	return rc;
}

/* --- import --- */

struct unpacked {
	cJSON *head;
	struct import_file files[LIMIT_IMPORT_FILES];
	size_t count;
};

static enum err_code
unpack_one(const cJSON *o, struct bytes *rest, struct unpacked *out, struct err *e)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "name"));
	const cJSON *size = cJSON_GetObjectItemCaseSensitive(o, "size");
	size_t len;

	if (name == NULL || strlen(name) > 200 || !cJSON_IsNumber(size) || size->valuedouble < 0 ||
	    size->valuedouble > (double)rest->len)
		return err_set(e, ERR_INPUT, "files", "head", "each file has a name and a size, and its bytes follow");
	if (out->count == LIMIT_IMPORT_FILES)
		return err_set(e, ERR_LIMIT, "files", "count", "at most %d files are read at once", LIMIT_IMPORT_FILES);
	len = (size_t)size->valuedouble;
	out->files[out->count++] = (struct import_file){ name, { rest->p, len } };
	rest->p += len;
	rest->len -= len;
	return ERR_OK;
}

static enum err_code
unpack(struct bytes body, struct unpacked *out, struct err *e)
{
	const uint8_t *end = body.len ? memchr(body.p, '\n', body.len) : NULL;
	struct bytes rest;
	const cJSON *o;
	enum err_code rc;

	if (end == NULL)
		return err_set(e, ERR_INPUT, "files", "head", "the first line says which files follow");
	rest = (struct bytes){ end + 1, body.len - (size_t)(end + 1 - body.p) };
	if ((rc = json_parse((struct bytes){ body.p, (size_t)(end - body.p) }, FILES_HEAD, "files", &out->head, e)))
		return rc;
	cJSON_ArrayForEach(o, out->head)
		if ((rc = unpack_one(o, &rest, out, e)))
			return rc;
	if (rest.len || out->count == 0)
		return err_set(e, ERR_INPUT, "files", "size", "the sizes do not add up to what was sent");
	return ERR_OK;
}

/* How many of each kind were added, changed, the same already. */
struct tally {
	cJSON *kinds;
	unsigned done[PUT_SAME + 1];
};
static const char *const done_words[] = { "added", "changed", "same" };

static void
count_one(struct tally *t, const struct kind *k, enum put_done done)
{
	cJSON *o = cJSON_GetObjectItemCaseSensitive(t->kinds, k->word), *n;

	t->done[done]++;
	if (o == NULL) {
		o = cJSON_AddObjectToObject(t->kinds, k->word);
		for (size_t i = 0; i <= PUT_SAME; i++)
			cJSON_AddNumberToObject(o, done_words[i], 0);
	}
	n = cJSON_GetObjectItemCaseSensitive(o, done_words[done]);
	cJSON_SetNumberValue(n, n->valuedouble + 1);
}

/* An entry that must belong to another one, of which neither these files nor this node know: its reference is wrong. */
static void
check_owner(struct node *n, struct store_txn *txn, struct import *im, size_t i)
{
	const struct id *ours = &n->home->organisation.public_key;
	struct import_entry *x = import_at(im, i);

	for (size_t f = 0; f < x->kind->field_count; f++) {
		const struct field *field = &x->kind->fields[f];
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(x->fields, field->word));
		struct verified found;
		struct uuid name;
		struct id author;
		struct err e;

		if (field->type != FIELD_REFERENCE || !(field->flags & FIELD_REQUIRED) || field->target == 0 || text == NULL ||
		    reference_parse(text, ours, field->word, &author, &name, NULL) != ERR_OK || !id_equal(&author, ours) ||
		    import_names(im, &name) || records_referred(n->records, txn, field->target, ours, &name, &found))
			continue;
		err_set(&e, ERR_INPUT, field->word, "reference", "there is no %s with this id in the files, nor here",
		    kind_find(field->target)->word);
		import_fault(im, i, &e);
	}
}

/* "description.sr: it names a street" */
static void
tell_warnings(const struct authoring *a, struct import *im, size_t i)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, authoring_warnings(a)) {
		const char *text = one->valuestring, *reason = strstr(text, ": ");
		struct err e;

		if (reason == NULL)
			continue;
		err_set(&e, ERR_INPUT, "", "warning", "%s", reason + 2);
		snprintf(e.object, sizeof(e.object), "%.*s", (int)(reason - text), text);
		import_warn(im, i, &e);
	}
}

/* A value that is amiss is told, and then the entry is judged without it: so the next one is told as well. */
static void
put_one(struct authoring *a, struct import *im, size_t i, struct tally *t)
{
	struct import_entry *x = import_at(im, i);
	enum put_done done;
	struct err e = { 0 };

	authoring_kind(a, x->kind);
	while (authoring_put(a, &x->name, x->fields, &done, &e) != ERR_OK) {
		if (!import_mend(im, i, &e))
			return;
		e = (struct err){ 0 };
	}
	if (done != PUT_SAME)
		tell_warnings(a, im, i);
	count_one(t, x->kind, done);
}

static void
put_all(struct node *n, struct authoring *a, struct import *im, struct tally *t)
{
	struct store_txn *txn = store_read(n->store);

	for (size_t i = 0; i < import_count(im); i++)
		check_owner(n, txn, im, i);
	txn_abort(&txn);
	for (size_t i = 0; i < import_count(im); i++)
		put_one(a, im, i, t);
}

/* Everything, or nothing: where anything is amiss nothing is signed. */
static enum err_code
bring_in(const struct api_call *c, struct import *im, struct api_reply *r, struct err *e)
{
	struct authoring *a = authoring_new(api_node(c), kind_find(KIND_ORGANISATION));
	struct tally t = { .kinds = cJSON_CreateObject() };
	cJSON *list = NULL, *out;
	enum err_code rc = ERR_OK;

	put_all(api_node(c), a, im, &t);
	if (import_fault_count(im) == 0 && t.done[PUT_ADDED] + t.done[PUT_CHANGED] > 0)
		rc = authoring_finish(a, api_flag(c, "dry_run"), &list, e);
	authoring_free(a);
	cJSON_Delete(list);
	if (rc) {
		cJSON_Delete(t.kinds);
		return rc;
	}
	r->json = out = cJSON_CreateObject();
	cJSON_AddBoolToObject(out, "imported", import_fault_count(im) == 0 && !api_flag(c, "dry_run"));
	for (size_t i = 0; i <= PUT_SAME; i++)
		cJSON_AddNumberToObject(out, done_words[i], t.done[i]);
	cJSON_AddItemToObject(out, "kinds", t.kinds);
	cJSON_AddNumberToObject(out, "fault_count", (double)import_fault_count(im));
	cJSON_AddItemToObject(out, "faults", import_faults(im));
	cJSON_AddItemToObject(out, "warnings", import_warnings(im));
	cJSON_AddItemToObject(out, "passed_over", import_passed(im));
	return ERR_OK;
}

enum err_code
api_import(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct import_options o = { .author = &api_node(c)->home->organisation.public_key,
		.source = api_query(c, "source"), .licence = api_query(c, "licence") };
	const char *territory = api_query(c, "territory");
	struct unpacked in = { .count = 0 };
	const struct code *code;
	struct import *im = NULL;
	enum err_code rc;

	if (strcmp(c->rest[0], "hsds") != 0)
		return err_set(e, ERR_INPUT, c->rest[0], "format", "there is no such format; there is hsds");
	if (territory) {
		if ((rc = territory_parse(territory, "territory", &code, e)))
			return rc;
		o.territory = code->word;
	}
	if ((rc = unpack(c->body, &in, e)) == ERR_OK && (rc = import_open(in.files, in.count, &o, &im, e)) == ERR_OK)
		rc = bring_in(c, im, r, e);
	import_close(im);
	cJSON_Delete(in.head);
	return rc;
}
