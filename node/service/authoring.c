#include "node/service/authoring.h"

#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/record/lint.h"
#include "node/service/api.h"
#include "node/service/beside.h"
#include "node/service/entry.h"
#include "node/service/guard.h"
#include "node/service/sealed.h"
#include "node/service/settle.h"
#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A draft whose bytes lie in the arena: offsets, since the arena moves while it grows. */
struct plan {
	struct draft draft;
	size_t body_at, body_len, private_at, private_len;
	bool has_private;
	cJSON *warnings;
};

struct authoring {
	struct node *node;
	const struct kind *kind;
	size_t kind_from;               /* plans before are of other kinds */
	struct buf arena;
	struct plan *plans;
	size_t count, cap;
	struct store_txn *txn;          /* for what entries refer to */
	struct disclose_context disclose;
	struct settle settle;
};

/* Entries of the batch so far, for settle. */
static bool
entry_at(void *self, size_t i, struct uuid *out_name, struct bytes *out_body)
{
	const struct authoring *a = self;

	i += a->kind_from;
	if (i >= a->count)
		return false;
	*out_name = a->plans[i].draft.name;
	*out_body = (struct bytes){ a->arena.p + a->plans[i].body_at, a->plans[i].body_len };
	return true;
}

static bool
is_named(void *self, const struct uuid *name)
{
	const struct authoring *a = self;

	for (size_t i = a->count; i-- > 0;)
		if (a->plans[i].draft.kind != KIND_ERASURE && uuid_equal(&a->plans[i].draft.name, name))
			return true;
	return false;
}

struct authoring *
authoring_new(struct node *n, const struct kind *k)
{
	struct authoring *a = need_zeroed(1, sizeof(*a));

	a->node = n;
	a->kind = k;
	a->txn = store_read(n->store);
	guard_context(n, a->txn, &a->disclose);
	a->settle = (struct settle){ .node = n, .txn = a->txn, .kind = k, .disclose = &a->disclose, .batch = entry_at,
		.named = is_named, .self = a };
	return a;
}

void
authoring_kind(struct authoring *a, const struct kind *k)
{
	if (a->kind == k)
		return;
	a->kind = a->settle.kind = k;
	a->kind_from = a->count;
}

void
authoring_free(struct authoring *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++)
		cJSON_Delete(a->plans[i].warnings);
	settle_done(&a->settle);
	txn_abort(&a->txn);
	wipe(a->arena.p, a->arena.len);
	buf_free(&a->arena);
	free(a->plans);
	free(a);
}

static struct plan *
add_plan(struct authoring *a, const struct draft *d, struct bytes body, const struct bytes *private_fields)
{
	struct plan *p;

	a->plans = need_room(a->plans, a->count, &a->cap, sizeof *a->plans);
	p = &a->plans[a->count++];
	*p = (struct plan){ .draft = *d, .body_at = a->arena.len, .body_len = body.len };
	buf_put_bytes(&a->arena, body);
	if (private_fields) {
		p->has_private = true;
		p->private_at = a->arena.len;
		p->private_len = private_fields->len;
		buf_put_bytes(&a->arena, *private_fields);
	}
	return p;
}

/* --- what stands beside the fields --- */

static enum err_code
take_audience(cJSON *o, enum audience *io, bool *out_said, struct err *e)
{
	cJSON *v = cJSON_DetachItemFromObjectCaseSensitive(o, "audience");
	enum err_code rc = ERR_OK;

	*out_said = v != NULL;
	if (v && !cJSON_IsString(v))
		rc = err_set(e, ERR_INPUT, "audience", "type", "one of public, members, cso is expected");
	else if (v)
		rc = audience_parse(v->valuestring, io, e);
	cJSON_Delete(v);
	return rc;
}

/* "2026-12-31" or with a time in UTC behind it: Unix seconds. */
static bool
parse_expiry(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d", &tm);

	if (rest && *rest == 'T')
		rest = strptime(rest, "T%H:%M:%SZ", &tm);
	if (rest == NULL || *rest)
		return false;
	*out = (int64_t)timegm(&tm);
	return *out > 0;
}

static enum err_code
take_expires(cJSON *o, int64_t *io, bool *out_said, struct err *e)
{
	cJSON *v = cJSON_DetachItemFromObjectCaseSensitive(o, "expires");
	enum err_code rc = ERR_OK;

	*out_said = v != NULL;
	if (v && cJSON_IsNull(v))
		*io = 0;
	else if (v && (!cJSON_IsString(v) || !parse_expiry(v->valuestring, io)))
		rc = err_set(e, ERR_INPUT, "expires", "date", "a date such as 2026-12-31 is expected");
	cJSON_Delete(v);
	return rc;
}

/* A new entry has its name before it is signed, so that others of its batch can refer to it. */
static enum err_code
take_name(struct authoring *a, cJSON *o, struct uuid *out, struct err *e)
{
	uint8_t random[UUID_LEN];
	cJSON *v = cJSON_DetachItemFromObjectCaseSensitive(o, "id");
	enum err_code rc = ERR_OK;
	struct store_txn *t;
	struct verified held;

	if (v && !cJSON_IsString(v))
		rc = err_set(e, ERR_INPUT, "id", "type", "a UUID is expected");
	else if (v)
		rc = uuid_parse(v->valuestring, "id", out, e);
	cJSON_Delete(v);
	if (v == NULL) {
		world_random(a->node->world, random, sizeof random);
		uuid_from_random(random, out);
	}
	if (v == NULL || rc)
		return rc;
	t = store_read(a->node->store);
	if (records_live(a->node->records, t, a->kind->number, &a->node->home->organisation.public_key, out, &held) &&
	    held.record.state == RECORD_LIVE)
		rc = err_set(e, ERR_CONFLICT, "id", "exists", "an entry of yours has this id; change it with edit");
	txn_abort(&t);
	return rc;
}

/* --- disclosure --- */

static bool
add_warning(void *self, const struct lint_finding *f)
{
	cJSON *list = self;
	struct buf text = { 0 };

	buf_printf(&text, "%s: %s", f->path, f->reason);
	cJSON_AddItemToArray(list, cJSON_CreateString(buf_text(&text)));
	buf_free(&text);
	return true;
}

/*
 * What was said of an entry and what it is about decide who may have it and until when; then it is judged, and planned.
 * Findings of the linter are refused where what must stay unknown is concerned; elsewhere each is a warning.
 */
static enum err_code
plan_entry(struct authoring *a, const struct draft *d, struct settled *s, struct err *e)
{
	struct record r = { .author = a->node->home->organisation.public_key, .kind = a->kind->number,
		.name = d->name, .body = s->body };
	struct draft settled = *d;
	enum err_code rc;

	s->name = d->name;
	s->audience = d->audience;
	s->expires = d->expires;
	s->warnings = cJSON_CreateArray();
	a->disclose.previous = s->previous;
	rc = settle_check(&a->settle, s, e);
	r.audience = settled.audience = s->audience;
	settled.expires = s->expires;
	if (rc || (rc = disclose_check(a->kind, &r, &a->disclose, e))) {
		cJSON_Delete(s->warnings);
		return rc;
	}
	lint_body(a->kind, s->body, add_warning, s->warnings);
	add_plan(a, &settled, s->body, &s->private_fields)->warnings = s->warnings;
	return ERR_OK;
}

/* --- entries --- */

enum err_code
authoring_add(struct authoring *a, cJSON *object, struct err *e)
{
	const struct config *cf = &a->node->home->config;
	struct draft d = { .kind = a->kind->number, .audience = a->kind->audience, .checked = true };
	struct buf body = { 0 }, private_fields = { 0 };
	struct settled s = { .audience_said = false };
	enum err_code rc;

	if (!cJSON_IsObject(object))
		return err_set(e, ERR_INPUT, a->kind->word, "object", "an entry is a JSON object");
	if ((rc = take_audience(object, &d.audience, &s.audience_said, e)) ||
	    (rc = take_expires(object, &d.expires, &s.expires_said, e)) || (rc = take_name(a, object, &d.name, e)) ||
	    (rc = settle_names(&a->settle, object, e)))
		return rc;
	settle_fill(&a->settle, object);
	rc = body_from_json(a->kind, &a->node->home->organisation.public_key, object,
	    cf->language[0] ? cf->language : NULL, &body, &private_fields, e);
	if (rc == ERR_OK) {
		s.body = buf_bytes(&body);
		s.private_fields = buf_bytes(&private_fields);
		rc = plan_entry(a, &d, &s, e);
	}
	buf_free(&body);
	wipe(private_fields.p, private_fields.len);
	buf_free(&private_fields);
	return rc;
}

/* Erasure of KEY up to the version that is superseded: hashes only, for ever (proto/kinds.md "erasure"). */
static void
add_erasure(struct authoring *a, const struct verified *v)
{
	struct draft d = { .kind = KIND_ERASURE, .audience = AUDIENCE_PUBLIC };
	struct buf body = { 0 };
	struct id key;

	record_key(&v->record, &crypto_envelope, &key);
	cbor_put_map(&body, 3);
	cbor_put_uint(&body, ERASURE_TARGET);
	cbor_put_bytes(&body, (struct bytes){ key.b, ID_LEN });
	cbor_put_uint(&body, ERASURE_UP_TO);
	cbor_put_uint(&body, v->record.stamp);
	cbor_put_uint(&body, ERASURE_WHAT);
	cbor_put_text(&body, bytes_text("key"));
	add_plan(a, &d, buf_bytes(&body), NULL);
	buf_free(&body);
}

enum err_code
authoring_edit(struct authoring *a, const struct verified *v, struct bytes private_fields, cJSON *patch,
    uint64_t if_stamp, struct err *e)
{
	const struct config *cf = &a->node->home->config;
	struct draft d = { .kind = a->kind->number, .name = v->record.name, .audience = v->record.audience,
		.expires = v->record.expires, .checked = true, .if_stamp = if_stamp ? if_stamp : v->record.stamp };
	struct buf body = { 0 }, kept = { 0 };
	struct settled s = { .previous = v->record.body };
	enum err_code rc;

	if ((rc = take_audience(patch, &d.audience, &s.audience_said, e)) ||
	    (rc = take_expires(patch, &d.expires, &s.expires_said, e)) || (rc = settle_names(&a->settle, patch, e)))
		return rc;
	rc = body_merge(a->kind, &v->record.author, v->record.body, private_fields, patch,
	    cf->language[0] ? cf->language : NULL, &body, &kept, e);
	if (rc == ERR_OK) {
		s.body = buf_bytes(&body);
		s.private_fields = buf_bytes(&kept);
		rc = plan_entry(a, &d, &s, e);
	}
	if (rc == ERR_OK && (s.audience > v->record.audience ||
	    disclose_stricter(a->kind, v->record.body, buf_bytes(&body), &a->disclose)))
		add_erasure(a, v);
	buf_free(&body);
	wipe(kept.p, kept.len);
	buf_free(&kept);
	return rc;
}

/* A place that stands in its own field, or one that the linter finds in a text. */
static bool
tells_place(const struct kind *k, struct bytes body)
{
	return kind_flagged(k, body, FIELD_PLACE | FIELD_EXACT) != NULL || lint_body_finds(k, body);
}

enum err_code
authoring_check_exposed(struct authoring *a, const struct verified *v, bool same_words, struct err *e)
{
	const struct plan *p = &a->plans[0];
	struct bytes body = { a->arena.p + p->body_at, p->body_len };
	struct view_context view;
	struct view w;

	beside_view(a->node, a->txn, &view);
	view_of(&view, a->kind, v, &w);
	for (size_t i = 0; i < w.count; i++) {
		const struct code *code = w.sayings[i].said->says == SAYS_FLAG ? w.sayings[i].said->code : NULL;

		if (code && (code->flags & CODE_EXPOSES) && (same_words || tells_place(a->kind, body)))
			return err_set(e, ERR_CONFLICT, a->kind->word, "flagged",
			    "a member says that it tells an address that must stay unknown; take it out, or say --answered");
	}
	return ERR_OK;
}

enum err_code
authoring_seal(struct authoring *a, struct err *e)
{
	struct plan *p = &a->plans[a->count - 1];
	struct bytes flag = { a->arena.p + p->body_at, p->body_len };
	struct buf body = { 0 };
	enum err_code rc = sealed_make(a->node, a->txn, &p->draft.name, flag, &body, e);

	if (rc == ERR_OK) {
		wipe(a->arena.p + p->body_at, p->body_len);
		p->draft.kind = KIND_LETTER;
		p->draft.audience = kind_find(KIND_LETTER)->audience;
		p->draft.checked = false;
		p->body_at = a->arena.len;
		p->body_len = body.len;
		buf_put_bytes(&a->arena, buf_bytes(&body));
	}
	buf_free(&body);
	return rc;
}

enum err_code
authoring_withdraw(struct authoring *a, const struct verified *v, struct err *e)
{
	struct draft d = { .kind = a->kind->number, .name = v->record.name, .state = RECORD_WITHDRAWN,
		.audience = v->record.audience };
	struct bytes none = { 0 };

	(void)e;
	add_plan(a, &d, none, &none);
	if (a->kind->flags & KIND_ERASED)
		add_erasure(a, v);
	return ERR_OK;
}

enum err_code
authoring_put(struct authoring *a, const struct uuid *name, cJSON *object, enum put_done *out_done, struct err *e)
{
	const struct config *cf = &a->node->home->config;
	const struct id *author = &a->node->home->organisation.public_key;
	struct draft d = { .kind = a->kind->number, .name = *name, .audience = a->kind->audience, .checked = true };
	struct buf body = { 0 };
	struct buf private_fields = { 0 };
	struct settled s = { .audience_said = false };
	struct verified v;
	bool live = records_live(a->node->records, a->txn, a->kind->number, author, name, &v) &&
	    v.record.state == RECORD_LIVE;
	enum err_code rc;

	*out_done = live ? PUT_CHANGED : PUT_ADDED;
	if ((rc = settle_names(&a->settle, object, e)))
		return rc;
	settle_fill(&a->settle, object);
	rc = body_from_json(a->kind, author, object, cf->language[0] ? cf->language : NULL, &body, &private_fields, e);
	if (rc == ERR_OK && live && bytes_equal(buf_bytes(&body), v.record.body)) {
		*out_done = PUT_SAME;
		goto out;
	}
	if (rc == ERR_OK && live) {
		d.audience = v.record.audience;
		d.expires = v.record.expires;
		d.if_stamp = v.record.stamp;
		s.previous = v.record.body;
	}
	s.body = buf_bytes(&body);
	/* Private fields are ours alone: what comes in from elsewhere leaves them as they are. */
	if (rc == ERR_OK && (rc = plan_entry(a, &d, &s, e)) == ERR_OK) {
		a->plans[a->count - 1].has_private = false;
		if (live && (s.audience > v.record.audience ||
		    disclose_stricter(a->kind, v.record.body, buf_bytes(&body), &a->disclose)))
			add_erasure(a, &v);
	}
out:
	buf_free(&body);
	wipe(private_fields.p, private_fields.len);
	buf_free(&private_fields);
	return rc;
}

const cJSON *
authoring_warnings(const struct authoring *a)
{
	size_t last = a->count;

	while (last > 0 && a->plans[last - 1].draft.kind == KIND_ERASURE)
		last--;
	return last ? a->plans[last - 1].warnings : NULL;
}

static cJSON *
entry_done(const struct authoring *a, const struct plan *p, const struct authored *done, bool try_only)
{
	cJSON *o = cJSON_CreateObject();
	char text[UUID_TEXT];

	(void)a;
	if (!try_only) {
		cJSON_AddStringToObject(o, "id", uuid_format(&done->name, text));
		json_id(o, "record", ID_RECORD, &done->id);
	}
	if (p->warnings && cJSON_GetArraySize(p->warnings))
		cJSON_AddItemToObject(o, "warnings", cJSON_Duplicate(p->warnings, true));
	return o;
}

enum err_code
authoring_finish(struct authoring *a, bool try_only, cJSON **out_list, struct err *e)
{
	struct draft *drafts = need_alloc(a->count * sizeof(*drafts));
	struct authored *done = need_zeroed(a->count, sizeof(*done));
	enum err_code rc = ERR_OK;

	txn_abort(&a->txn); /* everything was looked up; an open reader would hold back what the write frees */
	for (size_t i = 0; i < a->count; i++) {
		const struct plan *p = &a->plans[i];

		drafts[i] = p->draft;
		drafts[i].body = (struct bytes){ a->arena.p + p->body_at, p->body_len };
		if (p->has_private)
			drafts[i].private_fields = (struct bytes){ a->arena.p + p->private_at, p->private_len };
	}
	for (size_t i = 0; i < a->count && rc == ERR_OK; i++)
		rc = a->plans[i].draft.kind == KIND_ERASURE ? ERR_OK : node_keeps(a->node, kind_find(a->plans[i].draft.kind), e);
	if (rc == ERR_OK)
		rc = try_only ? records_author_try(a->node->records, drafts, a->count, e) :
		    node_author(a->node, drafts, a->count, done, e);
	if (rc == ERR_OK) {
		*out_list = cJSON_CreateArray();
		for (size_t i = 0; i < a->count; i++)
			if (a->plans[i].draft.kind != KIND_ERASURE)
				cJSON_AddItemToArray(*out_list, entry_done(a, &a->plans[i], &done[i], try_only));
	}
	free(drafts);
	free(done);
	return rc;
}
