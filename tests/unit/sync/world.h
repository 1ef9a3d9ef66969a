/*
 * world - two nodes' record engines in one process, joined by function calls instead of a network.
 *
 * Shape    each place has its own store in a temporary directory, one clock for all, randomness by seed
 * Law      requests are answered by the other side's real serve.c, one after the other; admission verifies for real
 */
#ifndef KILIM_TESTS_SYNC_WORLD_H
#define KILIM_TESTS_SYNC_WORLD_H

#include "node/record/body_json.h"
#include "node/sync/visit.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY bucket_make(COLLECTION_DIRECTORY, TERRITORY('A', 'L'), AUDIENCE_PUBLIC)

struct clock {
	int64_t ms;
	uint64_t seed;
};

struct place {
	struct clock *clock;
	struct world world;
	char dir[64];
	struct store *store;
	struct records *records;
	struct sign_key key;
	struct visit_memory memory;
	size_t asked, bytes;            /* requests and bytes of answers of its last visit */
	int lose;                       /* the question before which so many more are answered gets no answer; -1: none */
	struct snapshots snapshots;     /* that others took of it */
	/* Before question number ASKED of a visit is answered. May be NULL. */
	void (*before)(struct place *p, struct place *other, const struct visit_ask *q);
	bool corrupt;                   /* cells that it is given are no set's */
	bool mirror;                    /* cells that it is given are its own; not those of parts */
	size_t fits;                    /* so many records fit an answer; 0: as many as do */
	bool miscount;                  /* the count that comes with cells is one too many */
	struct bytes gift;              /* what comes with the first record that it asks for by id */
	size_t held;                    /* what it had already and admission saw again */
	bool busy;                      /* every question for a part is refused: too often */
	bool silent;                    /* no record that it asks for by id comes */
	bool deaf;                      /* what is offered to it, it does not fetch */
	bool other_is_old;              /* and knows no cells */
	bool other_is_strict;           /* and shares bucket 0 alone with who follows no charter */
	struct prefix told;             /* the charter of its last hello */
	const char *refused;            /* the next so many questions for a path that begins so are refused */
	unsigned refusals;
	bool other_knows_no_counts;     /* and answers as if none were told */
	unsigned shorter;               /* so many answers with cells become shorter while their blocks come */
	/* How pages come: as a whole; with their beginning first; the one asked for ahead before the one it follows; with a
	 * beginning that turns out to have changed; the beginnings of all that were asked for, then the first. */
	enum { PAGES_WHOLE, PAGES_BEGIN, PAGES_BACKWARDS, PAGES_CHANGE, PAGES_HEADS } paging;
	size_t window;                  /* bytes that the way to it holds; 0: many */
	size_t ahead;                   /* pages that were asked for while one was coming */
	size_t out;                     /* most pages that were asked for at the same time */
	size_t cells, records_asked, pages, lists;   /* questions of its last visit, by path */
	bucket_id home;                 /* asked for as a newcomer; 0: none */
	enum visit_rung rung;           /* a difference begins with this rung; 0: as it likes */
	size_t cancel_at;               /* questions asked when answer_all gives the visit up; 0: never */
	struct visit *visit;
	const struct place *other;
	struct visit_end end;
	bool ended;
	struct later *first, **last;    /* answers on their way */
};

/* Answers come after the question has returned, as they do over a network. */
struct later {
	struct later *next;
	const struct visit_ask *ask;    /* NULL: an admission */
	struct visit_ask copy;
	char path[32];
	struct visit_answer answer;
	struct buf body;
	bool begun;                     /* its beginning has come */
	struct err why;
	void (*admitted)(void *arg, const struct admit_result *r);
	void *arg;
	struct admit_result result;
};

static inline struct later *
later_add(struct place *p)
{
	struct later *l = need_zeroed(1, sizeof *l);

	if (p->first == NULL)
		p->last = &p->first;
	*p->last = l;
	p->last = &l->next;
	return l;
}

static inline int64_t
clock_now(void *self)
{
	return ((struct clock *)self)->ms;
}

/* splitmix64: every run of a test is the same. */
static inline void
clock_random(void *self, void *out, size_t len)
{
	struct clock *c = self;
	uint8_t *p = out;

	while (len--) {
		uint64_t z = c->seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		*p++ = (uint8_t)(z ^ z >> 31);
	}
}

static inline void
place_open(struct place *p, struct clock *c, unsigned number)
{
	struct records_options o = { 0 };
	uint8_t seed[CRYPTO_SEED] = { (uint8_t)number };
	struct err e = { 0 };

	crypto_start();
	*p = (struct place){ .lose = -1, .clock = c, .world = { c, clock_now, clock_now, clock_random } };
	/* In memory where there is such a place: these tests are about sets, not about disks. */
	snprintf(p->dir, sizeof p->dir, "%s/kilim-sync-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	cr_assert_not_null(mkdtemp(p->dir));
	sign_key_from_seed(seed, &p->key);
	cr_assert_eq(store_open(p->dir, &(struct store_options){ .map_bytes = 256 << 20 }, &p->store, &e), ERR_OK,
	    "%s", e.reason);
	o = (struct records_options){ .store = p->store, .world = &p->world, .self = p->key.public_key };
	cr_assert_eq(records_open(&o, &p->records, &e), ERR_OK, "%s", e.reason);
	/* Tests turn the clock by a year, and mean it. */
	cr_assert_eq(records_hear_time(p->records, &(struct sure_word){ .synchronised = true }, &e), ERR_OK);
}

static inline void
place_close(struct place *p)
{
	char command[128];

	snapshots_done(&p->snapshots);
	records_close(p->records);
	store_close(p->store);
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	cr_assert_eq(system(command), 0);
}

static inline void
author_json(struct place *p, uint32_t kind, const char *json, enum audience audience, struct authored *out)
{
	cJSON *o = cJSON_Parse(json);
	struct buf body = { 0 }, private_fields = { 0 };
	struct draft d = { .kind = kind, .audience = audience };
	struct authored done;
	const struct membership *m;
	struct err e = { 0 };

	cr_assert_not_null(o, "%s", json);
	cr_assert_eq(body_from_json(kind_find(kind), &p->key.public_key, o, NULL, &body, &private_fields, &e), ERR_OK,
	    "%s: %s", e.object, e.reason);
	d.body = buf_bytes(&body);
	cr_assert_eq(records_author(p->records, &p->key, &d, 1, &done, &e), ERR_OK, "%s: %s", e.object, e.reason);
	if (kind >> 8 == COLLECTION_MEMBERSHIP)
		cr_assert_eq(records_refresh(p->records, &m, &e), ERR_OK);
	if (out)
		*out = done;
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&private_fields);
}

/* P founds a network of which it is the coordinator. */
static inline void
found(struct place *p)
{
	char text[ID_TEXT], json[512];
	cJSON *o;
	struct buf body = { 0 }, none = { 0 };
	const struct membership *m;
	struct id network;
	struct err e = { 0 };

	snprintf(json, sizeof json, "{\"name\":{\"en\":\"Made up\"},\"coordinators\":[{\"key\":\"%s\",\"name\":\"One\","
	    "\"territory\":\"AL\",\"class\":\"cso\"}],\"admit\":1}",
	    id_format(ID_ORGANISATION, &p->key.public_key, text));
	o = cJSON_Parse(json);
	cr_assert_eq(body_from_json(kind_find(KIND_CHARTER), &p->key.public_key, o, NULL, &body, &none, &e), ERR_OK,
	    "%s: %s", e.object, e.reason);
	cr_assert_eq(records_found(p->records, &p->key, buf_bytes(&body), &network, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(records_refresh(p->records, &m, &e), ERR_OK);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
}

/* COORDINATOR admits OTHER, who takes over the network's id and knows nothing else yet. */
static inline void
admit(struct place *coordinator, struct place *other, const char *class)
{
	char subject[ID_TEXT], charter[ID_TEXT], json[512];
	const struct membership *m = records_membership(coordinator->records);
	struct err e = { 0 };

	snprintf(json, sizeof json, "{\"charter\":\"%s\",\"subject\":\"%s\",\"name\":\"Two\",\"territory\":\"AL\","
	    "\"class\":\"%s\"}", id_format(ID_RECORD, &membership_charter(m)->id, charter),
	    id_format(ID_ORGANISATION, &other->key.public_key, subject), class);
	author_json(coordinator, KIND_ADMISSION, json, AUDIENCE_PUBLIC, NULL);
	cr_assert_eq(records_set_network(other->records, records_network(coordinator->records), &e), ERR_OK);
}

/* COUNT entries in one transaction, a second apart. */
static inline void
add_organisations(struct place *p, const char *name, enum audience audience, size_t count)
{
	char json[512];
	cJSON *o;
	struct buf body = { 0 }, none = { 0 };
	struct draft *drafts = need_zeroed(count, sizeof *drafts);
	struct authored *done = need_zeroed(count, sizeof *done);
	struct err e = { 0 };

	snprintf(json, sizeof json, "{\"name\":{\"en\":\"%s\"},\"relation\":\"listed\",\"territories\":[\"AL\"]}", name);
	o = cJSON_Parse(json);
	cr_assert_eq(body_from_json(kind_find(KIND_ORGANISATION), &p->key.public_key, o, NULL, &body, &none, &e),
	    ERR_OK, "%s: %s", e.object, e.reason);
	for (size_t i = 0; i < count; i++)
		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .audience = audience, .body = buf_bytes(&body) };
	cr_assert_eq(records_author(p->records, &p->key, drafts, count, done, &e), ERR_OK, "%s", e.reason);
	p->clock->ms += 1000;
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
	free(drafts);
	free(done);
}

static inline void
add_organisation(struct place *p, const char *name, enum audience audience)
{
	add_organisations(p, name, audience, 1);
}

/* --- a visit by function calls --- */

static inline enum member_class
class_at(const struct place *p, const struct id *who)
{
	const struct membership *m = records_membership(p->records);
	const struct member *found = m ? membership_find(m, who) : NULL;

	return found ? found->class : CLASS_OBSERVER;
}

static inline struct sync_view
view_of(const struct place *p, const struct place *other)
{
	return (struct sync_view){ .subscription = SUBSCRIBE_ALL, .ours = class_at(p, &p->key.public_key),
		.theirs = class_at(p, &other->key.public_key),
		.membership_only = records_membership(p->records) == NULL ||
		    membership_charter(records_membership(p->records)) == NULL };
}

static inline void
hello_of(void *self, struct message_hello *out)
{
	struct place *p = self;
	struct sync_view v = { .subscription = SUBSCRIBE_ALL, .ours = CLASS_CSO, .theirs = CLASS_CSO };
	const struct membership *m = records_membership(p->records);
	const struct charter *c = m ? membership_charter(m) : NULL;

	*out = (struct message_hello){ .version_min = 1, .version_max = 1, .subscription = SUBSCRIBE_ALL,
		.charter = c ? prefix_of(&c->id) : (struct prefix){ { 0 } } };
	sync_root(p->records, &v, out->root);
}

static inline enum err_code
greeted(void *self, const struct message_hello *h, struct sync_view *out, struct err *e)
{
	struct place *p = self;

	(void)h;
	(void)e;
	*out = view_of(p, p->other);
	return ERR_OK;
}

static inline void
ended(void *self, const struct visit_end *end)
{
	struct place *p = self;

	cr_assert_not(p->ended, "a visit ends once");
	p->ended = true;
	p->end = *end;
}

static inline void
random_of(void *self, void *out, size_t len)
{
	clock_random(((struct place *)self)->clock, out, len);
}

static inline size_t
window_of(void *self)
{
	const struct place *p = self;

	return p->window ? p->window : SIZE_MAX;
}

static inline void
admit_now(void *self, struct bytes sequence, void (*done)(void *arg, const struct admit_result *r), void *arg)
{
	struct place *p = self;
	struct admit_result result = { 0 };
	struct bytes item;
	const struct membership *m;
	struct later *l;
	struct err e = { 0 };

	while (sequence_next(&sequence, &item)) {
		struct unverified u;
		struct admission a = { .envelope = item };
		enum refusal r = records_screen(p->records, item, &u, NULL);

		if (r == REFUSAL_NONE || r == REFUSAL_NOT_ACTIVE || r == REFUSAL_FUTURE_ASIDE) {
			a.signature_ok = records_signature_ok(records_network(p->records), &u);
			cr_assert_eq(records_admit(p->records, &a, 1, &e), ERR_OK);
			r = a.verdict;
		}
		if (r == REFUSAL_NONE)
			result.admitted++;
		else if (r == REFUSAL_HELD)
			result.held++, p->held++;
		else
			result.refused++;
		result.blamed += refusal_blamed(r);
	}
	cr_assert_eq(records_refresh(p->records, &m, &e), ERR_OK);
	l = later_add(p);
	l->admitted = done;
	l->arg = arg;
	l->result = result;
}

static inline void
offered(struct place *from, struct place *to, const struct message_ids *m)
{
	struct sync_view v = view_of(to, from);
	struct message_ids want = { .bucket = m->bucket };
	struct buf wanted = { 0 }, answer = { 0 };
	static const struct salt none;
	struct err e = { 0 };

	if (!to->deaf && sync_wanted(to->records, &v, m, &wanted, &e) == ERR_OK && wanted.len) {
		struct sync_view back = view_of(from, to);
		struct admission a = { 0 };
		struct bytes rest, item;

		want.ids = buf_bytes(&wanted);
		cr_assert_eq(sync_records(from->records, &back, &want, SKETCH_PARTS, &none, &answer, &e), ERR_OK, "%s", e.reason);
		for (rest = buf_bytes(&answer); sequence_next(&rest, &item);) {
			struct unverified u;

			if (records_screen(to->records, item, &u, NULL) != REFUSAL_NONE)
				continue;
			a.envelope = item;
			a.signature_ok = records_signature_ok(records_network(to->records), &u);
			cr_assert_eq(records_admit(to->records, &a, 1, &e), ERR_OK);
		}
	}
	buf_free(&wanted);
	buf_free(&answer);
}

static inline uint32_t
query_or(const char *query, const char *key, uint32_t otherwise)
{
	const char *at = strstr(query, key);

	return at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : otherwise;
}

static inline uint32_t
query_number(const char *query, const char *key)
{
	cr_assert_not_null(strstr(query, key), "%s in %s", key, query);
	return query_or(query, key, 0);
}

/* The part, and the first LEN bytes of its salt. */
static inline unsigned
query_part(const char *query, size_t len, struct salt *out)
{
	const char *salt = query ? strstr(query, "salt=") : NULL;
	char text[2 * sizeof out->nonces + 1] = "";
	struct err e = { 0 };

	*out = (struct salt){ .on = salt != NULL };
	if (salt) {
		memcpy(text, salt + 5, 2 * len);
		cr_assert_eq(nonce_parse(text, out->nonces, len, &e), ERR_OK, "%s", query);
	}
	return query && strstr(query, "part=") ? query_number(query, "part=") : SKETCH_PARTS;
}

static inline uint16_t
cells_of(struct place *p, struct place *other, const struct visit_ask *q, struct buf *out, struct err *why)
{
	struct sync_view v = view_of(other, p);
	struct sync_stretch stretch = { .of = { .bucket = (bucket_id)strtoul(q->path + 6, NULL, 10) },
		.snapshot = query_or(q->query, "snap=", 0), .from = query_or(q->query, "from=", 0),
		.count = query_or(q->query, "n=", SKETCH_BLOCK) };
	const char *counts = p->other_knows_no_counts ? NULL : strstr(q->query, "counts=");
	struct message_cells m;
	struct buf changed = { 0 };

	p->cells++;
	if (p->other_is_old)
		return 404;
	if (p->busy && strstr(q->query, "part="))
		return 429;
	if (p->shorter) {
		p->shorter--;
		return 400;
	}
	stretch.of.part = query_part(q->query, MESSAGE_NONCE, &stretch.of.salt);
	clock_random(p->clock, stretch.of.salt.nonces + MESSAGE_NONCE, MESSAGE_NONCE);
	if (counts)
		cr_assert_eq(counts_parse(counts + 7, &stretch.counts, why), ERR_OK, "%s: %s", q->query, why->reason);
	if (sync_cells(other->records, &v, &other->snapshots, p->clock->ms, &stretch, out, why))
		return (uint16_t)err_coap(why->code);
	if (!p->corrupt && !p->mirror && !p->miscount)
		return 205;
	cr_assert_eq(message_cells_read(buf_bytes(out), &m, why), ERR_OK);
	m.count += p->miscount;
	if (p->mirror && stretch.of.part == SKETCH_PARTS) {
		struct bucket_sum sum;
		struct sketch s;

		cr_assert(records_sketch(p->records, (bucket_id)strtoul(q->path + 6, NULL, 10), &s, &sum));
		m.count = sum.count;
		sketch_write(&s, 0, (uint32_t)(m.cells.len / SKETCH_CELL_LEN), &changed);
		sketch_done(&s);
	} else {
		buf_put_bytes(&changed, m.cells);
		for (size_t i = 0; i < changed.len; i += SKETCH_CELL_LEN)
			changed.p[i + 12] ^= p->corrupt ? 2 : 0;
	}
	m.cells = buf_bytes(&changed);
	buf_reset(out);
	message_cells_write(&m, out);
	buf_free(&changed);
	return 205;
}

static inline bool
is_strict(const struct place *p)
{
	return p->other_is_strict && prefix_equal(p->told, (struct prefix){ { 0 } });
}

static inline enum err_code
ask_other(void *self, const struct visit_ask *q, struct err *e)
{
	struct place *p = self, *other = (struct place *)(uintptr_t)p->other;
	struct sync_view v = view_of(other, p);
	struct visit_answer a = { .code = 205 };
	struct buf body = { 0 };
	struct message_hello h;
	struct message_ids ids;
	struct err why = { 0 };
	struct later *l;
	struct salt salt;
	unsigned part;
	uint64_t stamp = 0;
	struct id id = { { 0 } };

	(void)e;
	p->asked++;
	p->bytes += q->payload.len;
	if (p->before)
		p->before(p, other, q);
	if (getenv("KILIM_TEST_TRACE"))
		fprintf(stderr, "ask %s?%s\n", q->path, q->query ? q->query : "");
	v.membership_only |= is_strict(p);
	if (p->lose == 0) {
		p->lose = -1;
		a.failed = err_set(&why, ERR_PEER, "peer", "answer", "lost");
	} else if (p->lose--, p->refusals && strncmp(q->path, p->refused, strlen(p->refused)) == 0) {
		p->refusals--;
		a.code = 403;
	} else if (strcmp(q->path, "hello") == 0) {
		cr_assert_eq(message_hello_read(q->payload, &h, &why), ERR_OK);
		p->told = h.charter;
		v.membership_only = view_of(other, p).membership_only || is_strict(p);
		hello_of(other, &h);
		sync_root(other->records, &v, h.root);
		message_hello_write(&h, &body);
	} else if (strcmp(q->path, "buckets") == 0) {
		sync_buckets(other->records, &v, q->query ? strtoull(q->query + 6, NULL, 10) : UINT64_MAX, &body);
	} else if (strncmp(q->path, "cells/", 6) == 0) {
		a.code = cells_of(p, other, q, &body, &why);
	} else if (strcmp(q->path, "records") == 0) {
		p->records_asked++;
		cr_assert_eq(message_ids_read(q->payload, &ids, &why), ERR_OK);
		if (p->fits && ids.ids.len > p->fits * 8)
			ids.ids.len = p->fits * 8;
		part = query_part(q->query, sizeof salt.nonces, &salt);
		if (!p->silent)
			cr_assert_eq(sync_records(other->records, &v, &ids, part, &salt, &body, &why), ERR_OK);
		buf_put_bytes(&body, p->gift);
		p->gift.len = 0;
	} else if (strncmp(q->path, "tail/", 5) == 0) {
		p->pages++;
		cr_assert_eq(cursor_parse(strstr(q->query, "after=") + 6, &stamp, &id, &why), ERR_OK);
		if (sync_tail(other->records, &v, (bucket_id)strtoul(q->path + 5, NULL, 10), stamp, &id,
		    query_number(q->query, "ends="), &body, &why))
			a.code = 403;
	} else if (strncmp(q->path, "list/", 5) == 0) {
		p->lists++;
		cr_assert_eq(cursor_parse(strstr(q->query, "after=") + 6, &stamp, &id, &why), ERR_OK);
		if (p->other_is_old)
			a.code = 404;
		else
			cr_assert_eq(sync_list(other->records, &v, (bucket_id)strtoul(q->path + 5, NULL, 10), stamp, &id, &body,
			    &why), ERR_OK);
	} else if (strcmp(q->path, "offer") == 0) {
		cr_assert_eq(message_ids_read(q->payload, &ids, &why), ERR_OK);
		offered(p, other, &ids);
		a.code = 204;
	} else {
		cr_assert_fail("asked for %s", q->path);
	}
	p->bytes += body.len;
	l = later_add(p);
	l->copy = *q;
	snprintf(l->path, sizeof l->path, "%s", q->path);
	l->copy.path = l->path;
	l->ask = &l->copy;
	l->answer = a;
	l->body = body;
	l->why = why;
	return ERR_OK;
}

/* What FROM holds of bucket B and TO does not goes there, as if another peer had brought it: but for SKIP of them, spread
 * evenly. */
struct carried {
	struct place *to;
	struct admission *items;
	size_t count, cap;
};

static inline bool
carry(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct carried *c = self;
	struct unverified u;

	(void)stamp;
	(void)id;
	if (records_screen(c->to->records, envelope, &u, NULL) != REFUSAL_NONE)
		return true;
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 64;
		c->items = need_realloc(c->items, c->cap * sizeof *c->items);
	}
	c->items[c->count++] = (struct admission){ .envelope = envelope, .signature_ok = true };
	return true;
}

static inline void
copy_all(struct place *from, struct place *to, bucket_id b, size_t skip)
{
	struct carried c = { .to = to };
	struct store_txn *t = store_read(from->store);
	size_t kept = 0, gap;
	struct err e = { 0 };

	records_tail(from->records, t, b, 0, NULL, carry, &c);
	gap = skip ? c.count / skip : 0;
	for (size_t i = 0, skipped = 0; i < c.count; i++)
		if (gap && skipped < skip && i % gap == gap / 2)
			skipped++;
		else
			c.items[kept++] = c.items[i];
	if (kept)
		cr_assert_eq(records_admit(to->records, c.items, kept, &e), ERR_OK, "%s", e.reason);
	for (size_t i = 0; i < kept; i++)
		cr_assert_eq(c.items[i].verdict, REFUSAL_NONE, "%s", refusal_words(c.items[i].verdict));
	cr_assert_eq(c.count - kept, skip);
	txn_abort(&t);
	free(c.items);
}

static inline void
begin_visit(struct place *p, struct place *other)
{
	struct visit_ops ops = { p, ask_other, admit_now, hello_of, greeted, ended, random_of, window_of, p->home, p->rung };

	p->other = other;
	other->other = p;
	p->ended = false;
	p->asked = p->bytes = p->cells = p->records_asked = p->pages = p->lists = 0;
	p->visit = visit_start(p->records, &ops, &p->memory);
}

static inline bool
is_page(const struct later *l)
{
	return l && l->ask && l->copy.part;
}

static inline void
give_beginning(struct later *l)
{
	if (!l->begun)
		l->copy.part(l->copy.arg, 0, (struct bytes){ l->body.p, l->body.len < 1024 ? l->body.len : 1024 });
	l->begun = true;
}

/* The beginning of the page L, as P->paging says; the answer that comes first after that. */
static inline struct later *
begin_page(struct place *p, struct later *l)
{
	struct bytes body = buf_bytes(&l->body), rest;
	struct message_page head;
	struct buf changed = { 0 };
	size_t asked = p->asked;

	if (p->paging == PAGES_WHOLE || l->answer.code != 205)
		return l;
	cr_assert_eq(message_page_read(body, &head, &rest, NULL), ERR_OK);
	if (p->paging == PAGES_CHANGE) {
		head.last.stamp += 3600ull * 1000 << 16;
		head.end_count = 0;
		message_page_write(&head, &changed);
		l->copy.part(l->copy.arg, 0, buf_bytes(&changed));
		buf_free(&changed);
	} else {
		give_beginning(l);
	}
	for (struct later *each = p->first; p->paging == PAGES_HEADS && each; each = each->next)
		if (is_page(each))
			give_beginning(each);
	p->ahead += p->asked - asked;
	asked = 0;
	for (const struct later *each = p->first; each; each = each->next)
		asked += is_page(each);
	p->out = p->out > asked ? p->out : asked;
	return p->paging == PAGES_BACKWARDS && is_page(l->next) ? l->next : l;
}

static inline void
take_out(struct place *p, struct later *l)
{
	struct later **at = &p->first;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	for (p->last = &p->first; *p->last;)
		p->last = &(*p->last)->next;
}

/* L, which is on its way, comes. */
static inline void
arrives(struct place *p, struct later *l)
{
	take_out(p, l);
	l->answer.body = buf_bytes(&l->body);
	l->answer.why = &l->why;
	if (l->ask)
		l->copy.done(l->copy.arg, &l->answer);
	else
		l->admitted(l->arg, &l->result);
	buf_free(&l->body);
	free(l);
}

static inline void
answer_all(struct place *p)
{
	while (p->first) {
		struct later *l = p->first;

		if (p->cancel_at && p->asked >= p->cancel_at && p->visit) {
			visit_cancel(p->visit);
			p->visit = NULL;
		}
		arrives(p, is_page(l) ? begin_page(p, l) : l);
	}
}

/* P visits OTHER; the end is in p->end. */
static inline void
pay_visit(struct place *p, struct place *other)
{
	begin_visit(p, other);
	answer_all(p);
	cr_assert(p->ended, "everything is answered, so the visit is over");
}

static inline bool
equal_sets(struct place *a, struct place *b, const struct sync_view *v)
{
	uint8_t x[16], y[16];

	sync_root(a->records, v, x);
	sync_root(b->records, v, y);
	return memcmp(x, y, 16) == 0;
}

#endif
