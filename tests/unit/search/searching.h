/*
 * searching - an engine with its index on a fake clock, filled from JSON, and searches in it.
 */
#ifndef KILIM_TESTS_SEARCH_SEARCHING_H
#define KILIM_TESTS_SEARCH_SEARCHING_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/search/query.h"
#include "tests/lib/bodies.h"

#define NOON 1767268800000LL     /* 2026-01-01T12:00:00Z, a Thursday */

struct searching {
	char dir[64];
	struct store *store;
	struct records *records;
	struct index *index;
	struct lexicon *lexicon;
	struct world world;
	int64_t now_ms;
	uint64_t random;
	struct sign_key key;
	struct id network;
	struct found found;          /* of the last search */
	struct store_txn *txn;
};

static inline int64_t
search_now(void *self)
{
	return ((struct searching *)self)->now_ms;
}

static inline void
search_random(void *self, void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)(((struct searching *)self)->random += 7);
}

static inline bool
search_trusts(void *self, const struct verified *v)
{
	return id_equal(&v->record.author, &((struct searching *)self)->key.public_key);
}

static inline void
search_start(struct searching *s)
{
	struct store_options so = { .map_bytes = 256u << 20, .reserve_bytes = 1 << 20 };
	struct records_options o;
	struct buf body = { 0 };
	uint8_t seed[32];
	struct err e;

	*s = (struct searching){ .now_ms = NOON };
	s->world = (struct world){ s, search_now, search_now, search_random };
	crypto_start();
	memset(seed, 7, sizeof seed);
	sign_key_from_seed(seed, &s->key);
	strcpy(s->dir, "/tmp/kilim-search-XXXXXX");
	cr_assert_not_null(mkdtemp(s->dir));
	cr_assert_eq(store_open(s->dir, &so, &s->store, &e), ERR_OK, "%s", e.reason);
	o = (struct records_options){ .store = s->store, .world = &s->world, .self = s->key.public_key };
	s->index = index_new();
	cr_assert_eq(index_open(s->index, s->store, &e), ERR_OK, "%s", e.reason);
	index_follow(s->index, &o.follower);
	cr_assert_eq(records_open(&o, &s->records, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(records_hear_time(s->records, &(struct sure_word){ .synchronised = true }, &e), ERR_OK);
	body_charter(&body, &s->key.public_key);
	cr_assert_eq(records_found(s->records, &s->key, buf_bytes(&body), &s->network, &e), ERR_OK, "%s", e.reason);
	buf_free(&body);
}

static inline int
search_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void
search_forget(struct searching *s)
{
	found_done(&s->found);
	txn_abort(&s->txn);
	lexicon_free(s->lexicon);
	s->lexicon = NULL;
}

static inline void
search_stop(struct searching *s)
{
	search_forget(s);
	records_close(s->records);
	index_free(s->index);
	store_close(s->store);
	nftw(s->dir, search_drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- records --- */

/* Sign OBJECTS (an array, each with an "id") as entries of KIND; bodies only, as if already settled. */
static inline void
search_add(struct searching *s, const char *kind, const cJSON *objects)
{
	const struct kind *k = kind_by_word(kind);
	size_t count = (size_t)cJSON_GetArraySize(objects), i = 0;
	struct draft *drafts = need_zeroed(count + 1, sizeof *drafts);
	struct buf *bodies = need_zeroed(count + 1, sizeof *bodies), rest = { 0 };
	const cJSON *one;
	struct err e;

	search_forget(s);
	cJSON_ArrayForEach(one, objects) {
		cJSON *o = cJSON_Duplicate(one, true), *id = cJSON_DetachItemFromObject(o, "id");
		cJSON *audience = cJSON_DetachItemFromObject(o, "audience");

		drafts[i] = (struct draft){ .kind = k->number, .audience = k->audience };
		if (audience)
			drafts[i].audience = strcmp(audience->valuestring, "cso") == 0 ? AUDIENCE_CSO :
			    strcmp(audience->valuestring, "members") == 0 ? AUDIENCE_MEMBERS : AUDIENCE_PUBLIC;
		cr_assert_eq(uuid_parse(id->valuestring, "id", &drafts[i].name, &e), ERR_OK);
		cr_assert_eq(body_from_json(k, &s->key.public_key, o, "en", &bodies[i], &rest, &e), ERR_OK, "%s %zu: %s: %s: %s",
		    kind, i, e.object, e.rule, e.reason);
		drafts[i].body = buf_bytes(&bodies[i]);
		i++;
		cJSON_Delete(o);
		cJSON_Delete(id);
		cJSON_Delete(audience);
	}
	cr_assert_eq(records_author(s->records, &s->key, drafts, count, NULL, &e), ERR_OK, "%s: %s: %s", e.object, e.rule,
	    e.reason);
	for (i = 0; i < count; i++)
		buf_free(&bodies[i]);
	buf_free(&rest);
	free(bodies);
	free(drafts);
}

static inline void
search_add_text(struct searching *s, const char *kind, const char *json)
{
	cJSON *o = NULL, *list = cJSON_CreateArray();
	struct err e;

	cr_assert_eq(json_parse(bytes_text(json), 1 << 20, "test", &o, &e), ERR_OK, "%s: %s", e.rule, e.reason);
	if (cJSON_IsArray(o)) {
		cJSON_Delete(list);
		list = o;
	} else {
		cJSON_AddItemToArray(list, o);
	}
	search_add(s, kind, list);
	cJSON_Delete(list);
}

/* --- searches --- */

static inline enum err_code
search_run(struct searching *s, const char *text, struct query q, struct err *e)
{
	found_done(&s->found);
	if (s->txn == NULL)
		s->txn = store_read(s->store);
	if (s->lexicon == NULL)
		s->lexicon = lexicon_new(s->records, s->txn, search_trusts, s);
	q.text = bytes_text(text);
	if (q.audiences == 0)
		q.audiences = 7;
	if (q.limit == 0)
		q.limit = 10;
	if (q.now_ms == 0)
		q.now_ms = s->now_ms;
	return query_run(s->records, s->txn, s->lexicon, &q, &s->found, e);
}

static inline void
search_ask(struct searching *s, const char *text, struct query q)
{
	struct err e;

	cr_assert_eq(search_run(s, text, q, &e), ERR_OK, "\"%s\": %s: %s", text, e.rule, e.reason);
}

/* The name of hit I. */
static inline struct uuid
search_name(struct searching *s, size_t i)
{
	struct verified v;

	cr_assert(records_get(s->records, s->txn, &s->found.hits[i].record, &v));
	return v.record.name;
}

static inline bool
search_has(struct searching *s, const char *id)
{
	struct uuid wanted;

	cr_assert_eq(uuid_parse(id, "id", &wanted, NULL), ERR_OK);
	for (size_t i = 0; i < s->found.count; i++) {
		struct uuid name = search_name(s, i);

		if (memcmp(&name, &wanted, sizeof wanted) == 0)
			return true;
	}
	return false;
}

#endif
