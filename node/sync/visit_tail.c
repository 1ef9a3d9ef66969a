#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One page of whole records that is asked for. It tells where it and those behind it end before its records come, so
 * these are asked for while it arrives.
 */
struct page {
	struct visit *visit;
	struct stream *stream;
	uint32_t number;
	struct message_end from;        /* asked for what lies behind this */
	unsigned told;                  /* its head tells where the pages end from this one behind it on */
	bool dropped, early;            /* nobody wants it any more; it was asked for before its bucket's turn */
	struct waiting waiting;         /* what came ahead of its turn */
};

/* --- what a page means --- */

/* Ours within the stretch that a page covers, in the page's order. */
struct stretch {
	struct message_end last;
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

	if (!s->open_end && message_is_behind(&(struct message_end){ stamp, *id }, &s->last))
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
	struct stretch s = { .last = page->last, .open_end = !page->more };
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
take_page(struct visit *v, struct bytes body, struct message_page *out_head)
{
	struct bytes envelopes;
	struct buf wanted = { 0 };
	struct err e = { 0 };
	bool fine = message_page_read(body, out_head, &envelopes, &e) == ERR_OK &&
	    !(out_head->more && envelopes.len == 0) && compare_page(v, out_head, envelopes, &wanted);

	if (fine) {
		v->cursor_stamp = out_head->last.stamp;
		v->cursor_id = out_head->last.id;
		v->last_page = !out_head->more;
		remember_cursor(v);
	}
	if (fine && wanted.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&wanted), visit_admitted, v);
	}
	buf_free(&wanted);
	return fine;
}

/* --- pages that are asked for --- */

static void
page_free(struct page *p)
{
	if (p)
		waiting_done(&p->waiting);
	free(p);
}

/* Nobody waits for them: what has come goes now, the rest when it comes. Of what lies there nothing is known. */
static void
drop_pages(struct stream *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->pages[i]->waiting.came) {
			page_free(s->pages[i]);
		} else {
			s->pages[i]->dropped = true;
			s->dropped++;
		}
	s->count = 0;
	memset(s->known, 0, sizeof(s->known));
}

/* The page whose turn it is; it is no longer among those asked for. */
static struct page *
next_turn(struct stream *s)
{
	struct page *p = s->pages[0];

	memmove(s->pages, s->pages + 1, --s->count * sizeof(*s->pages));
	s->known[(s->turn++ + ENDS - 1) % ENDS] = false;
	return p;
}

static void
learn_end(struct stream *s, uint32_t number, const struct message_end *end)
{
	s->ends[number % ENDS] = *end;
	s->known[number % ENDS] = true;
}

/* What the head H of P tells: where it ends, if something follows, and where those behind it do. */
static void
learn_ends(struct stream *s, const struct page *p, const struct message_page *h)
{
	if (h->more)
		learn_end(s, p->number, &h->last);
	for (unsigned i = 0; i < h->end_count && p->told + i <= MESSAGE_AHEAD; i++)
		learn_end(s, p->number + p->told + i, &h->ends[i]);
}

/* --- asking --- */

static void page_begins(void *arg, size_t offset, struct bytes part);
static void page_came(void *arg, const struct visit_answer *a);

/*
 * The page behind FROM. The first of a stretch is asked for the ends of all that may follow it, each other one for the
 * last of them alone: the one before it was asked for the rest. Where it cannot be asked, the visit is over.
 */
static void
ask_page(struct visit *v, struct stream *s, const struct message_end *from)
{
	char path[32], query[CURSOR_TEXT + 16], cursor[CURSOR_TEXT];
	struct page *p = need_zeroed(1, sizeof(*p));

	*p = (struct page){ .visit = v, .stream = s, .number = s->turn + s->count, .from = *from,
		.told = s->count ? MESSAGE_AHEAD : 1, .early = s != v->stream };
	snprintf(path, sizeof(path), "tail/%" PRIu32, s->bucket);
	snprintf(query, sizeof(query), "ends=%u&after=%s", p->told, cursor_text(from->stamp, &from->id, cursor));
	if (visit_ask_for(v, &(struct visit_ask){ .method = GET, .path = path, .query = query, .part = page_begins,
	    .done = page_came, .arg = p }))
		s->pages[s->count++] = p;
	else
		free(p);
}

/* First questions are sent at once, so there are no more than the way has shown to hold, and a few. */
static unsigned
worth_asking(const struct visit *v)
{
	size_t window = v->ops.window ? v->ops.window(v->ops.self) : SIZE_MAX;

	return window >= (PAGES - PAGES_LEAST) * LIMIT_ANSWER / 2 ? PAGES :
	    PAGES_LEAST + (unsigned)(2 * window / LIMIT_ANSWER);
}

static unsigned
pages_of_all(const struct visit *v)
{
	unsigned count = 0;

	for (unsigned i = 0; i < STREAMS; i++)
		count += v->streams[i].count;
	return count;
}

/* As many as are worth it, if it is known where they begin, and not while what was dropped still comes. */
static void
ask_ahead(struct visit *v, struct stream *s)
{
	unsigned most = worth_asking(v);

	while (s->count && !s->waits && pages_of_all(v) < most && s->known[(s->turn + s->count - 1) % ENDS] &&
	    !s->dropped && v->admitting < MAX_ADMITTING && !v->over)
		ask_page(v, s, &s->ends[(s->turn + s->count - 1) % ENDS]);
}

/* Does the page behind the cursor, if one is asked for, begin there? It does not when the one before it has changed. */
static bool
is_stale(const struct visit *v)
{
	const struct stream *s = v->stream;

	return s->count && (v->last_page || s->pages[0]->from.stamp != v->cursor_stamp ||
	    !id_equal(&s->pages[0]->from.id, &v->cursor_id));
}

/* It is the turn of P, which is not asked for any more: A is its answer. */
static void
page_turn(struct visit *v, const struct page *p, const struct visit_answer *a)
{
	struct message_page head;
	struct err e = { 0 };

	v->paging = false;
	if (!visit_is_fine(v, a))
		return;
	if (!take_page(v, a->body, &head)) {
		err_set(&e, ERR_PEER, "tail", "page", "the peer's page cannot be read");
		visit_fail(v, ERR_PEER, &e);
		return;
	}
	if (is_stale(v))
		drop_pages(v->stream);
	else
		learn_ends(v->stream, p, &head);
	if (v->bucket == 0 && v->last_page)
		visit_look_ahead(v);
	visit_proceed(v);
}

/* Of its answer we have the beginning, or more of it: the way may hold more by now. */
static void
page_begins(void *arg, size_t offset, struct bytes part)
{
	struct page *p = arg;
	struct visit *v = p->visit;
	struct message_page head;
	struct bytes rest;

	if (p->dropped || v->cancelled || v->over)
		return;
	if (offset == 0 && message_page_read(part, &head, &rest, NULL) == ERR_OK)
		learn_ends(p->stream, p, &head);
	ask_ahead(v, p->stream);
}

static void
page_came(void *arg, const struct visit_answer *a)
{
	struct page *p = arg;
	struct visit *v = p->visit;
	struct stream *s = p->stream;
	bool wanted = !p->dropped && !v->cancelled && !v->over, refused = p->early && (a->failed || a->code / 100 != 2);

	v->asking--;
	if (v->cancelled || v->over || (wanted && refused))
		drop_pages(s);
	if (p->dropped) {
		s->dropped--;
		/* What was refused before its turn is asked for again in its turn. */
		if (wanted && s == v->stream && v->paging)
			visit_ask_page(v);
	} else if (s == v->stream && p == s->pages[0] && v->paging) {
		page_turn(v, next_turn(s), a);
	} else {
		waiting_keep(&p->waiting, a); /* what is before it still comes, or is stored first */
		return;
	}
	page_free(p);
	visit_maybe_free(v);
}

/* The page behind the cursor: the one that was asked for ahead, if there is one. */
void
visit_ask_page(struct visit *v)
{
	struct stream *s = v->stream;
	struct page *p;

	v->paging = true;
	if (s->count == 0) {
		ask_page(v, s, &(struct message_end){ v->cursor_stamp, v->cursor_id });
	} else if (!s->pages[0]->waiting.came) {
		ask_ahead(v, s);
	} else {
		p = next_turn(s);
		page_turn(v, p, &p->waiting.answer);
		page_free(p);
	}
}

/* --- a bucket that is asked for before its turn --- */

/* By which B is asked for; NULL: none. */
static struct stream *
stream_of(struct visit *v, bucket_id b)
{
	for (unsigned i = 0; i < STREAMS; i++)
		if (v->streams[i].count && v->streams[i].bucket == b)
			return &v->streams[i];
	return NULL;
}

static struct stream *
spare_stream(struct visit *v)
{
	struct stream *s = NULL;

	for (unsigned i = 0; i < STREAMS && (s == NULL || s->count); i++)
		if (&v->streams[i] != v->stream)
			s = &v->streams[i];
	drop_pages(s);
	return s;
}

void
visit_begin_early(struct visit *v, bucket_id b, enum early how)
{
	struct stream *s = stream_of(v, b);

	if (s == NULL) {
		s = spare_stream(v);
		s->bucket = b;
		ask_page(v, s, &(struct message_end){ 0 });
	}
	s->waits = how == EARLY_PAGE;
	ask_ahead(v, s);
}

/* What was asked for early is the stream from now on, if it begins where this one does. */
static void
begin_stream(struct visit *v)
{
	struct stream *s;

	drop_pages(v->stream);
	s = stream_of(v, v->bucket);
	if (s && v->cursor_stamp)
		drop_pages(s);
	else if (s)
		v->stream = s;
	v->stream->bucket = v->bucket;
	v->stream->waits = false;
}

void
visit_end_tail(struct visit *v)
{
	for (unsigned i = 0; i < STREAMS; i++)
		drop_pages(&v->streams[i]);
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
	begin_stream(v);
	visit_ask_page(v);
}
