#include "node/sync/visit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GET 1
#define POST 2
#define TOO_MANY 429

/* A difference above a fifth of the set is streamed from the start (proto/sync.md section 3). */
#define STREAM_SHARE 5
/* Bucket 0 is repeated until a round brings nothing; a hostile peer could make that for ever. */
#define MAX_ROUNDS 8
/* Beyond this many records an offer of none says it all: visit me. */
#define OFFER_MOST (10 * LIMIT_IDS)
/* Pages that may be in admission while the next is asked for. */
#define MAX_ADMITTING 8

struct visit {
	struct records *records;
	struct visit_ops ops;
	struct visit_memory *memory;
	bool cancelled, over;
	unsigned asking, admitting;     /* questions and admissions without an answer */
	unsigned rounds;

	struct sync_view view;
	struct message_bucket theirs[LIMIT_BUCKETS];
	size_t their_count;

	/* FIND and TAIL of one bucket */
	bucket_id bucket;
	size_t at;                      /* line of `theirs` */
	uint64_t *stamps;               /* ours, ascending; for FIND only */
	size_t stamp_count;
	size_t low, high, step;         /* agree below LOW; part at or above HIGH; gallop by STEP */
	size_t probe;
	uint64_t cursor_stamp;
	struct id cursor_id;
	bool last_page, paging;
	bool resumed;                   /* the stream began where an earlier one broke off */
	size_t bucket_admitted, round_admitted;
	uint8_t our_sum[32];            /* when the bucket was begun */
	struct buf offers;              /* short ids of ours that they lack */

	struct visit_end end;
};

static void next_bucket(struct visit *v);
static void ask_buckets(struct visit *v);
static void ask_page(struct visit *v);
static void remember_cursor(struct visit *v);

static void
maybe_free(struct visit *v)
{
	if (!(v->over || v->cancelled) || v->asking || v->admitting)
		return;
	free(v->stamps);
	buf_free(&v->offers);
	free(v);
}

static void
finish(struct visit *v)
{
	if (v->over || v->cancelled)
		return;
	v->over = true;
	v->ops.ended(v->ops.self, &v->end);
}

static void
fail(struct visit *v, enum err_code code, const struct err *why)
{
	v->end.code = code;
	if (why)
		v->end.why = *why;
	finish(v);
}

/* Is this answer still wanted, and a success? Else the visit ends. */
static bool
usable(struct visit *v, const struct visit_answer *a)
{
	v->asking--;
	if (v->cancelled || v->over)
		return false;
	if (a->failed || a->code / 100 != 2) {
		fail(v, a->failed ? a->failed : ERR_DENIED, a->why);
		return false;
	}
	return true;
}

static void
ask(struct visit *v, uint16_t method, const char *path, const char *query, struct bytes payload,
    void (*done)(void *arg, const struct visit_answer *a))
{
	struct visit_ask q = { method, path, query, payload, done, v };
	struct err e = { 0 };

	v->asking++;
	if (v->ops.ask(v->ops.self, &q, &e)) {
		v->asking--;
		fail(v, e.code, &e);
	}
}

/* --- TAIL and OFFER --- */

static void
remember_settled(struct visit *v)
{
	struct visit_memory *m = v->memory;
	size_t slot = 0;

	while (slot < m->count && m->settled[slot].bucket != v->bucket)
		slot++;
	if (slot == m->count) {
		slot = m->count < VISIT_SETTLED ? m->count++ : m->next;
		m->next = (m->next + 1) % VISIT_SETTLED;
	}
	m->settled[slot].bucket = v->bucket;
	memcpy(m->settled[slot].ours, v->our_sum, 32);
	memcpy(m->settled[slot].theirs, v->theirs[v->at].sum, 32);
}

static bool
is_settled(const struct visit *v, bucket_id b, const uint8_t ours[32], const uint8_t theirs[32])
{
	const struct visit_memory *m = v->memory;

	for (size_t i = 0; i < m->count; i++)
		if (m->settled[i].bucket == b)
			return memcmp(m->settled[i].ours, ours, 32) == 0 &&
			    memcmp(m->settled[i].theirs, theirs, 32) == 0;
	return false;
}

static void
bucket_done(struct visit *v)
{
	struct bucket_sum now = { 0 };
	uint64_t theirs = v->theirs[v->at].count;

	records_bucket(v->records, v->bucket, &now);
	if (now.count < theirs)
		v->end.behind += theirs - now.count;
	if (v->bucket_admitted == 0 && !v->resumed)
		remember_settled(v);
	v->round_admitted += v->bucket_admitted;
	/* Bucket 0 decides who may speak and what counts: look again before anything else is asked. */
	if (v->bucket == 0 && v->bucket_admitted && ++v->rounds < MAX_ROUNDS) {
		ask_buckets(v);
		return;
	}
	v->at++;
	next_bucket(v);
}

static void send_offers(struct visit *v);

static void
offered(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;

	if (usable(v, a))
		send_offers(v);
	maybe_free(v);
}

static void
send_offers(struct visit *v)
{
	struct message_ids m = { .bucket = v->bucket };
	struct buf body = { 0 };
	size_t len = v->offers.len;

	if (len == 0) {
		bucket_done(v);
		return;
	}
	if (len > OFFER_MOST * 8) {
		/* Too many to name: it finds them itself, by a visit. */
		v->end.offered += len / 8;
		len = v->offers.len = 0;
	}
	if (len > LIMIT_IDS * 8)
		len = LIMIT_IDS * 8;
	m.ids = (struct bytes){ v->offers.p + v->offers.len - len, len };
	message_ids_write(&m, &body);
	v->offers.len -= len;
	v->end.offered += len / 8;
	ask(v, POST, "offer", NULL, buf_bytes(&body), offered);
	buf_free(&body);
}

/* The next page is asked for while the last ones are admitted; the bucket ends when all is in. */
static void
proceed(struct visit *v)
{
	if (v->over || v->cancelled || v->paging)
		return;
	if (!v->last_page) {
		if (v->admitting < MAX_ADMITTING)
			ask_page(v);
	} else if (v->admitting == 0) {
		send_offers(v);
	}
}

static void
admitted(void *arg, const struct admit_result *r)
{
	struct visit *v = arg;

	v->admitting--;
	if (!v->cancelled && !v->over) {
		v->bucket_admitted += r->admitted;
		v->end.admitted += r->admitted;
		v->end.refused += r->refused;
		v->end.blamed += r->blamed;
		if (r->failed) {
			struct err e = { 0 };

			err_set(&e, r->failed, "admission", "store", "what came could not be stored");
			fail(v, r->failed, &e);
		} else {
			proceed(v);
		}
	}
	maybe_free(v);
}

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
	if (!usable(v, a))
		goto out;
	if (message_page_read(a->body, &page, &envelopes, &e) ||
	    (page.more && envelopes.len == 0) ||
	    !compare_page(v, &page, envelopes, &wanted)) {
		err_set(&e, ERR_PEER, "tail", "page", "the peer's page cannot be read");
		fail(v, ERR_PEER, &e);
		goto out;
	}
	v->cursor_stamp = page.last_stamp;
	v->cursor_id = page.last_id;
	v->last_page = !page.more;
	remember_cursor(v);
	if (wanted.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&wanted), admitted, v);
	}
	proceed(v);
out:
	buf_free(&wanted);
	maybe_free(v);
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

static void
ask_page(struct visit *v)
{
	char path[32], query[CURSOR_TEXT + 8], cursor[CURSOR_TEXT];

	snprintf(path, sizeof(path), "tail/%" PRIu32, v->bucket);
	snprintf(query, sizeof(query), "after=%s", cursor_text(v->cursor_stamp, &v->cursor_id, cursor));
	v->paging = true;
	ask(v, GET, path, query, (struct bytes){ 0 }, page_came);
}

/* Everything above STAMP; all of the bucket when it is 0. */
static void
begin_tail(struct visit *v, uint64_t stamp)
{
	free(v->stamps);
	v->stamps = NULL;
	v->cursor_stamp = stamp;
	memset(v->cursor_id.b, stamp ? 0xff : 0, ID_LEN);
	v->last_page = v->paging = v->resumed = false;
	if (v->memory->resumes && v->memory->bucket == v->bucket && v->memory->cursor_stamp > stamp) {
		v->cursor_stamp = v->memory->cursor_stamp;
		v->cursor_id = v->memory->cursor_id;
		v->memory->resumes = false;
		v->resumed = true;
	}
	ask_page(v);
}

/* --- FIND: the largest stamp of ours up to which both sets agree --- */

static void probe(struct visit *v);

static bool
collect_stamp(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	struct visit *v = self;

	(void)id;
	(void)short_id;
	v->stamps[v->stamp_count++] = stamp;
	return true;
}

static void
probed(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_bucket lines[LIMIT_BUCKETS], *line = NULL;
	struct bucket_sum ours;
	struct store_txn *t;
	struct err e = { 0 };
	uint8_t sum[32];
	size_t count;

	if (a->failed == ERR_OK && a->code == TOO_MANY && !v->cancelled && !v->over) {
		/* Asked often enough: what is known of the common part must do, the rest is streamed. */
		v->asking--;
		begin_tail(v, v->low ? v->stamps[v->low - 1] : 0);
		goto out;
	}
	if (!usable(v, a))
		goto out;
	if (message_buckets_read(a->body, lines, LIMIT_BUCKETS, &count, &e)) {
		fail(v, ERR_PEER, &e);
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (lines[i].bucket == v->bucket)
			line = &lines[i];
	t = store_read(records_store(v->records));
	sync_until(v->records, t, v->bucket, v->stamps[v->probe], &ours);
	txn_abort(&t);
	sync_sum_bytes(&ours, sum);
	if (line && line->count == ours.count && memcmp(line->sum, sum, 32) == 0)
		v->low = v->probe + 1;
	else
		v->high = v->probe;
	probe(v);
out:
	maybe_free(v);
}

/* Gallop down from our newest, then halve: a difference near the end is found in a round or two. */
static void
probe(struct visit *v)
{
	char query[40];

	if (v->low >= v->high) {
		begin_tail(v, v->low ? v->stamps[v->low - 1] : 0);
		return;
	}
	if (v->low == 0 && v->step <= v->high)
		v->probe = v->high - v->step, v->step *= 4;
	else
		v->probe = v->low + (v->high - v->low) / 2;
	snprintf(query, sizeof(query), "until=%" PRIu64, v->stamps[v->probe]);
	ask(v, GET, "buckets", query, (struct bytes){ 0 }, probed);
}

static void
begin_bucket(struct visit *v, const struct message_bucket *theirs)
{
	struct bucket_sum ours = { 0 };
	uint64_t apart;
	struct store_txn *t;

	v->bucket = theirs->bucket;
	v->bucket_admitted = 0;
	buf_reset(&v->offers);
	records_bucket(v->records, v->bucket, &ours);
	sync_sum_bytes(&ours, v->our_sum);
	apart = ours.count > theirs->count ? ours.count - theirs->count : theirs->count - ours.count;
	if (ours.count == 0 || apart > theirs->count / STREAM_SHARE) {
		begin_tail(v, 0);
		return;
	}
	v->stamps = need_alloc(ours.count * sizeof(*v->stamps));
	v->stamp_count = 0;
	t = store_read(records_store(v->records));
	records_tail_ids(v->records, t, v->bucket, 0, NULL, collect_stamp, v);
	txn_abort(&t);
	v->low = 0;
	v->high = v->stamp_count;
	v->step = 1;
	probe(v);
}

/* --- BUCKETS --- */

static void
next_bucket(struct visit *v)
{
	for (; v->at < v->their_count; v->at++) {
		const struct message_bucket *theirs = &v->theirs[v->at];
		struct bucket_sum ours = { 0 };
		uint8_t sum[32];

		if (!sync_may(&v->view, theirs->bucket))
			continue;
		records_bucket(v->records, theirs->bucket, &ours);
		sync_sum_bytes(&ours, sum);
		if (ours.count == theirs->count && memcmp(sum, theirs->sum, 32) == 0)
			continue;
		if (is_settled(v, theirs->bucket, sum, theirs->sum)) {
			v->end.idle = true;
			continue;
		}
		begin_bucket(v, theirs);
		return;
	}
	finish(v);
}

struct ours_walk {
	struct visit *visit;
	struct message_bucket all[LIMIT_BUCKETS];
	size_t count;
};

/* A bucket of ours that the peer has nothing of stands in the list with nothing in it: all of it is offered. */
static void
add_ours(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct ours_walk *w = self;
	struct visit *v = w->visit;

	for (; v->at < v->their_count && v->theirs[v->at].bucket < b; v->at++)
		if (w->count < LIMIT_BUCKETS)
			w->all[w->count++] = v->theirs[v->at];
	if (v->at < v->their_count && v->theirs[v->at].bucket == b)
		return;
	if (s->count && sync_may(&v->view, b) && w->count < LIMIT_BUCKETS)
		w->all[w->count++] = (struct message_bucket){ .bucket = b };
}

static void
merge_ours(struct visit *v)
{
	struct ours_walk w = { .visit = v };

	v->at = 0;
	records_buckets(v->records, NULL, UINT64_MAX, add_ours, &w);
	for (; v->at < v->their_count && w.count < LIMIT_BUCKETS; v->at++)
		w.all[w.count++] = v->theirs[v->at];
	memcpy(v->theirs, w.all, w.count * sizeof(*w.all));
	v->their_count = w.count;
	v->at = 0;
}

static void
buckets_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct err e = { 0 };

	if (!usable(v, a))
		goto out;
	if (message_buckets_read(a->body, v->theirs, LIMIT_BUCKETS, &v->their_count, &e)) {
		fail(v, ERR_PEER, &e);
		goto out;
	}
	merge_ours(v);
	v->end.behind = 0;
	next_bucket(v);
out:
	maybe_free(v);
}

static void
ask_buckets(struct visit *v)
{
	ask(v, GET, "buckets", NULL, (struct bytes){ 0 }, buckets_came);
}

/* --- HELLO --- */

static void
hello_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct err e = { 0 };
	uint8_t root[16];

	if (!usable(v, a))
		goto out;
	if (message_hello_read(a->body, &v->end.hello, &e) ||
	    v->ops.greeted(v->ops.self, &v->end.hello, &v->view, &e)) {
		fail(v, e.code, &e);
		goto out;
	}
	v->end.greeted = true;
	sync_root(v->records, &v->view, root);
	if (memcmp(root, v->end.hello.root, sizeof(root)) == 0 && !v->view.membership_only) {
		v->end.equal = true;
		finish(v);
	} else {
		ask_buckets(v);
	}
out:
	maybe_free(v);
}

struct visit *
visit_start(struct records *r, const struct visit_ops *ops, struct visit_memory *memory)
{
	struct visit *v = need_zeroed(1, sizeof(*v));
	struct message_hello m = { 0 };
	struct buf body = { 0 };

	v->records = r;
	v->ops = *ops;
	v->memory = memory;
	ops->hello(ops->self, &m);
	message_hello_write(&m, &body);
	ask(v, POST, "hello", NULL, buf_bytes(&body), hello_came);
	buf_free(&body);
	if (!v->over)
		return v;
	maybe_free(v);
	return NULL;
}

void
visit_cancel(struct visit *v)
{
	if (v == NULL)
		return;
	v->cancelled = true;
	maybe_free(v);
}
