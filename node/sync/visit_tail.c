#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void remember_cursor(struct visit *v);

/*
 * One page of whole records that is asked for. It tells where it ends before its records come, so the next one is asked
 * for at once: while one page arrives, the one AHEAD of it is on its way.
 */
struct page {
	struct visit *visit;
	uint64_t from_stamp;            /* asked for what lies behind this */
	struct id from_id;
	bool has_head, dropped, came;   /* dropped: nobody wants it any more */
	struct message_page head;
	struct visit_answer answer;     /* what came ahead of its turn: */
	struct buf body;
	struct err why;
};

/* --- what a page means --- */

/* Ours within the stretch that a page covers, in the page's order. */
struct stretch {
	uint64_t last_stamp;
	struct id last_id;
	bool open_end;
	struct line {
		struct id id;
		uint8_t short_id[8];
		bool theirs_too;
	} *lines;
	size_t count, cap;
};

static bool
stretch_line(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	struct stretch *s = self;

	if (!s->open_end && (stamp > s->last_stamp ||
	    (stamp == s->last_stamp && id_compare(id, &s->last_id) > 0)))
		return false;
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->lines = need_realloc(s->lines, s->cap * sizeof(*s->lines));
	}
	s->lines[s->count].id = *id;
	memcpy(s->lines[s->count].short_id, short_id, 8);
	s->lines[s->count++].theirs_too = false;
	return true;
}

static int
by_id(const void *a, const void *b)
{
	return id_compare(&((const struct line *)a)->id, &((const struct line *)b)->id);
}

static struct line *
stretch_find(struct stretch *s, const struct id *id)
{
	struct line wanted = { .id = *id };

	return s->count ? bsearch(&wanted, s->lines, s->count, sizeof(*s->lines), by_id) : NULL;
}

/* What of the page we lack goes to WANTED; what of ours it lacks becomes an offer. False: not envelopes. */
static bool
compare_page(struct visit *v, const struct message_page *page, struct bytes envelopes, struct buf *wanted)
{
	struct stretch s = { .last_stamp = page->last_stamp, .last_id = page->last_id, .open_end = !page->more };
	struct store_txn *t = store_read(records_store(v->records));
	struct bytes item;
	bool fine;

	records_tail_ids(v->records, t, v->bucket, v->cursor_stamp, &v->cursor_id, stretch_line, &s);
	txn_abort(&t);
	if (s.count)
		qsort(s.lines, s.count, sizeof(*s.lines), by_id);
	while (sequence_next(&envelopes, &item)) {
		struct unverified u;
		struct line *ours = NULL;

		/* What cannot be read goes to admission all the same: it is counted and blamed there. */
		if (envelope_read(item, records_network(v->records), &crypto_envelope, &u, NULL) == ERR_OK)
			ours = stretch_find(&s, &u.id);
		if (ours)
			ours->theirs_too = true;
		else
			buf_put_bytes(wanted, item);
	}
	fine = envelopes.len == 0;
	for (size_t i = 0; i < s.count; i++)
		if (!s.lines[i].theirs_too)
			buf_put(&v->offers, s.lines[i].short_id, 8);
	free(s.lines);
	return fine;
}

/* A stream that breaks off goes on from here at the next visit; what came in below meanwhile, that one's successor
 * finds by comparing sums. */
static void
remember_cursor(struct visit *v)
{
	struct visit_memory *m = v->memory;

	m->resumes = !v->last_page;
	m->bucket = v->bucket;
	m->cursor_stamp = v->cursor_stamp;
	m->cursor_id = v->cursor_id;
}

/* What lies behind the cursor comes from here on. False: not a page. */
static bool
take_page(struct visit *v, struct bytes body)
{
	struct message_page head;
	struct bytes envelopes;
	struct buf wanted = { 0 };
	struct err e = { 0 };
	bool fine = message_page_read(body, &head, &envelopes, &e) == ERR_OK && !(head.more && envelopes.len == 0) &&
	    compare_page(v, &head, envelopes, &wanted);

	if (fine) {
		v->cursor_stamp = head.last_stamp;
		v->cursor_id = head.last_id;
		v->last_page = !head.more;
		remember_cursor(v);
	}
	if (fine && wanted.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&wanted), visit_admitted, v);
	}
	buf_free(&wanted);
	return fine;
}

/* --- asking for pages --- */

static struct page *ask_page(struct visit *v, uint64_t stamp, const struct id *id);

static void
page_free(struct page *p)
{
	if (p)
		buf_free(&p->body);
	free(p);
}

/* Nobody waits for P: it goes now, or when its answer has come. */
static void
drop_page(struct page *p)
{
	if (p && !p->came)
		p->dropped = true;
	else
		page_free(p);
}

static void
ask_ahead(struct visit *v)
{
	const struct page *p = v->page;

	if (p && p->has_head && p->head.more && !v->ahead && v->admitting < MAX_ADMITTING)
		v->ahead = ask_page(v, p->head.last_stamp, &p->head.last_id);
}

/* It is the turn of the page behind the cursor: A is its answer. */
static void
page_turn(struct visit *v, const struct visit_answer *a)
{
	struct err e = { 0 };

	v->page = NULL;
	v->paging = false;
	if (!visit_is_fine(v, a))
		return;
	if (!take_page(v, a->body)) {
		err_set(&e, ERR_PEER, "tail", "page", "the peer's page cannot be read");
		visit_fail(v, ERR_PEER, &e);
		return;
	}
	/* The page may have become another one while it came; then the one ahead does not follow it. */
	if (v->ahead && (v->last_page || v->ahead->from_stamp != v->cursor_stamp ||
	    !id_equal(&v->ahead->from_id, &v->cursor_id))) {
		drop_page(v->ahead);
		v->ahead = NULL;
	}
	visit_proceed(v);
}

/* Of its answer we have the beginning. */
static void
page_begins(void *arg, size_t offset, struct bytes part)
{
	struct page *p = arg;
	struct visit *v = p->visit;
	struct bytes rest;

	if (offset || p->dropped || v->cancelled || v->over)
		return;
	p->has_head = message_page_read(part, &p->head, &rest, NULL) == ERR_OK;
	ask_ahead(v);
}

static void
keep_answer(struct page *p, const struct visit_answer *a)
{
	p->came = true;
	p->answer = *a;
	buf_put_bytes(&p->body, a->body);
	p->answer.body = buf_bytes(&p->body);
	if (a->why)
		p->why = *a->why;
	p->answer.why = a->why ? &p->why : NULL;
}

static void
page_came(void *arg, const struct visit_answer *a)
{
	struct page *p = arg;
	struct visit *v = p->visit;

	v->asking--;
	if (p == v->ahead && !v->cancelled && !v->over) {
		keep_answer(p, a); /* the one before it is still coming */
		return;
	}
	if (p == v->page)
		page_turn(v, a);
	if (p == v->ahead)
		v->ahead = NULL;
	page_free(p);
	visit_maybe_free(v);
}

/* NULL: it could not be asked for, and the visit is over. */
static struct page *
ask_page(struct visit *v, uint64_t stamp, const struct id *id)
{
	char path[32], query[CURSOR_TEXT + 8], cursor[CURSOR_TEXT];
	struct page *p = need_zeroed(1, sizeof(*p));

	p->visit = v;
	p->from_stamp = stamp;
	p->from_id = *id;
	snprintf(path, sizeof(path), "tail/%" PRIu32, v->bucket);
	snprintf(query, sizeof(query), "after=%s", cursor_text(stamp, id, cursor));
	if (visit_ask_for(v, &(struct visit_ask){ .method = GET, .path = path, .query = query, .part = page_begins,
	    .done = page_came, .arg = p }))
		return p;
	free(p);
	return NULL;
}

/* The page behind the cursor: the one that was asked for ahead, if there is one. */
void
visit_ask_page(struct visit *v)
{
	struct page *p = v->ahead;

	v->ahead = NULL;
	v->page = p ? p : ask_page(v, v->cursor_stamp, &v->cursor_id);
	v->paging = v->page != NULL;
	if (p && p->came) {
		page_turn(v, &p->answer);
		page_free(p);
	} else {
		ask_ahead(v);
	}
}

void
visit_end_tail(struct visit *v)
{
	drop_page(v->ahead);
	v->ahead = NULL;
}

/* Everything above STAMP; all of the bucket when it is 0. */
void
visit_begin_tail(struct visit *v, uint64_t stamp)
{
	visit_end_cells(v);
	v->rung = RUNG_STREAM;
	v->end.rung = v->end.rung > v->rung ? v->end.rung : v->rung;
	buf_reset(&v->offers);
	v->cursor_stamp = stamp;
	memset(v->cursor_id.b, stamp ? 0xff : 0, ID_LEN);
	v->last_page = v->paging = v->resumed = false;
	if (v->memory->resumes && v->memory->bucket == v->bucket && v->memory->cursor_stamp > stamp) {
		v->cursor_stamp = v->memory->cursor_stamp;
		v->cursor_id = v->memory->cursor_id;
		v->memory->resumes = false;
		v->resumed = true;
	}
	visit_ask_page(v);
}
