#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void remember_cursor(struct visit *v);

/* --- TAIL --- */

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

static void
page_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_page page;
	struct bytes envelopes;
	struct buf wanted = { 0 };
	struct err e = { 0 };

	v->paging = false;
	if (!visit_usable(v, a))
		goto out;
	if (message_page_read(a->body, &page, &envelopes, &e) ||
	    (page.more && envelopes.len == 0) ||
	    !compare_page(v, &page, envelopes, &wanted)) {
		err_set(&e, ERR_PEER, "tail", "page", "the peer's page cannot be read");
		visit_fail(v, ERR_PEER, &e);
		goto out;
	}
	v->cursor_stamp = page.last_stamp;
	v->cursor_id = page.last_id;
	v->last_page = !page.more;
	remember_cursor(v);
	if (wanted.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&wanted), visit_admitted, v);
	}
	visit_proceed(v);
out:
	buf_free(&wanted);
	visit_maybe_free(v);
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

void
visit_ask_page(struct visit *v)
{
	char path[32], query[CURSOR_TEXT + 8], cursor[CURSOR_TEXT];

	snprintf(path, sizeof(path), "tail/%" PRIu32, v->bucket);
	snprintf(query, sizeof(query), "after=%s", cursor_text(v->cursor_stamp, &v->cursor_id, cursor));
	v->paging = true;
	visit_ask(v, GET, path, query, (struct bytes){ 0 }, page_came);
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
