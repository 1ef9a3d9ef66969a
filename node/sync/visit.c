#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A difference above a fifth of the set is streamed from the start (proto/sync.md section 2). */
#define STREAM_SHARE 5
/* Bucket 0 is repeated until a round brings nothing; a hostile peer could make that for ever. */
#define MAX_ROUNDS 8

static void next_bucket(struct visit *v);
static void ask_buckets(struct visit *v);
static void greet_again(struct visit *v);

void
waiting_keep(struct waiting *w, const struct visit_answer *a)
{
	w->came = true;
	w->answer = *a;
	buf_put_bytes(&w->body, a->body);
	w->answer.body = buf_bytes(&w->body);
	if (a->why)
		w->why = *a->why;
	w->answer.why = a->why ? &w->why : NULL;
}

void
waiting_done(struct waiting *w)
{
	buf_free(&w->body);
	w->came = false;
}

void
visit_maybe_free(struct visit *v)
{
	if (!(v->over || v->cancelled) || v->asking || v->admitting)
		return;
	visit_end_cells(v);
	visit_end_tail(v);
	waiting_done(&v->lines);
	buf_free(&v->wanted);
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

void
visit_fail(struct visit *v, enum err_code code, const struct err *why)
{
	v->end.code = code;
	if (why)
		v->end.why = *why;
	finish(v);
}

/* An answer with CODE to a visit that still wants it. */
bool
visit_is_code(const struct visit *v, const struct visit_answer *a, uint16_t code)
{
	return a->failed == ERR_OK && a->code == code && !v->cancelled && !v->over;
}

/* Is this answer still wanted, and a success? Else the visit ends. */
bool
visit_usable(struct visit *v, const struct visit_answer *a)
{
	v->asking--;
	return visit_is_fine(v, a);
}

bool
visit_is_fine(struct visit *v, const struct visit_answer *a)
{
	if (v->cancelled || v->over)
		return false;
	if (a->failed || a->code / 100 != 2) {
		visit_fail(v, a->failed ? a->failed : a->code == TOO_MANY ? ERR_BUSY : ERR_DENIED, a->why);
		return false;
	}
	return true;
}

/* False: it could not be asked, and the visit is over. */
bool
visit_ask_for(struct visit *v, const struct visit_ask *q)
{
	struct err e = { 0 };

	v->asking++;
	if (v->ops.ask(v->ops.self, q, &e) == ERR_OK)
		return true;
	v->asking--;
	visit_fail(v, e.code, &e);
	return false;
}

void
visit_ask(struct visit *v, uint16_t method, const char *path, const char *query, struct bytes payload,
    void (*done)(void *arg, const struct visit_answer *a))
{
	visit_ask_for(v, &(struct visit_ask){ method, path, query, payload, done, v, NULL });
}

/* --- the end of a bucket --- */

/* Its row; the count of rows when it has none. */
static size_t
find_settled(const struct visit_memory *m, bucket_id b)
{
	size_t slot = 0;

	while (slot < m->count && m->settled[slot].bucket != b)
		slot++;
	return slot;
}

static bool
same_sums(const struct visit_memory *m, size_t slot, const uint8_t ours[32], const uint8_t theirs[32])
{
	return memcmp(m->settled[slot].ours, ours, 32) == 0 && memcmp(m->settled[slot].theirs, theirs, 32) == 0;
}

static void
remember_settled(struct visit *v)
{
	struct visit_memory *m = v->memory;
	size_t slot = find_settled(m, v->bucket);
	bool seen = slot < m->count && same_sums(m, slot, v->our_sum, v->theirs[v->at].sum);

	if (slot == m->count) {
		slot = m->count < VISIT_SETTLED ? m->count++ : m->next;
		m->next = (m->next + 1) % VISIT_SETTLED;
	}
	m->settled[slot].bucket = v->bucket;
	m->settled[slot].once_more = (v->bucket_offered || v->unequal) && !seen;
	memcpy(m->settled[slot].ours, v->our_sum, 32);
	memcpy(m->settled[slot].theirs, v->theirs[v->at].sum, 32);
}

static bool
is_settled(const struct visit *v, bucket_id b, const uint8_t ours[32], const uint8_t theirs[32])
{
	const struct visit_memory *m = v->memory;
	size_t slot = find_settled(m, b);

	return slot < m->count && !m->settled[slot].once_more && same_sums(m, slot, ours, theirs);
}

void
visit_end_bucket(struct visit *v)
{
	struct bucket_sum now = { 0 };
	uint64_t theirs = v->theirs[v->at].count;

	records_bucket(v->records, v->bucket, &now);
	if (now.count < theirs)
		v->end.behind += theirs - now.count;
	/* Below the last rung there is nothing to try. */
	if (v->unequal && v->rung != RUNG_LIST && v->agains < MOST_AGAIN)
		v->again = true;
	else if (v->bucket_admitted == 0 && !v->resumed)
		remember_settled(v);
	v->round_admitted += v->bucket_admitted;
	/* Bucket 0 decides who may speak and what counts: look again before anything else is stored. */
	if (v->bucket == 0 && v->bucket_admitted && ++v->rounds < MAX_ROUNDS) {
		greet_again(v);
		return;
	}
	v->at++;
	next_bucket(v);
}

/* --- admission of what came by FETCH and TAIL --- */

/* The next page or the next ids are asked for while the last ones are visit_admitted; the bucket ends when all is in. */
void
visit_proceed(struct visit *v)
{
	if (v->over || v->cancelled || v->paging)
		return;
	if (v->rung != RUNG_STREAM) {
		visit_fetch_more(v);
	} else if (!v->last_page) {
		if (v->admitting < MAX_ADMITTING)
			visit_ask_page(v);
	} else if (v->admitting == 0) {
		visit_begin_offers(v);
	}
}

void
visit_admitted(void *arg, const struct admit_result *r)
{
	struct visit *v = arg;

	v->admitting--;
	if (!v->cancelled && !v->over) {
		v->bucket_admitted += r->admitted;
		v->end.admitted += r->admitted;
		v->end.refused += r->refused;
		v->end.outdated += r->outdated;
		v->end.blamed += r->blamed;
		if (r->failed) {
			struct err e = { 0 };

			err_set(&e, r->failed, "admission", "store", "what came could not be stored");
			visit_fail(v, r->failed, &e);
		} else {
			visit_proceed(v);
		}
	}
	visit_maybe_free(v);
}

/* --- PROBE: do they hold the same as we do up to our newest stamp? Then only the rest is asked for. --- */

static void
probed(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_bucket lines[LIMIT_BUCKETS], *line = NULL;
	struct bucket_sum ours = { 0 };
	struct err e = { 0 };
	uint8_t sum[32];
	size_t count;

	if (visit_is_code(v, a, TOO_MANY)) {
		v->asking--;
		visit_begin_difference(v);
		goto out;
	}
	if (!visit_usable(v, a))
		goto out;
	if (message_buckets_read(a->body, lines, LIMIT_BUCKETS, &count, &e)) {
		visit_fail(v, ERR_PEER, &e);
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (lines[i].bucket == v->bucket)
			line = &lines[i];
	records_bucket(v->records, v->bucket, &ours);
	sync_sum_bytes(&ours, sum);
	if (line && ours.newest == v->newest && line->count == ours.count && memcmp(line->sum, sum, 32) == 0)
		visit_begin_tail(v, v->newest);
	else
		visit_begin_difference(v);
out:
	visit_maybe_free(v);
}

static void
begin_bucket(struct visit *v, const struct message_bucket *theirs)
{
	struct bucket_sum ours = { 0 };
	char query[40];

	v->bucket = theirs->bucket;
	v->bucket_admitted = v->bucket_offered = 0;
	v->part_ids = 0;
	v->resumed = v->unequal = false;
	records_bucket(v->records, v->bucket, &ours);
	sync_sum_bytes(&ours, v->our_sum);
	v->apart = ours.count > theirs->count ? ours.count - theirs->count : theirs->count - ours.count;
	if (v->memory->list.resumes && v->memory->list.bucket == v->bucket) {
		visit_begin_rung(v, RUNG_LIST);
	} else if (v->ops.first) {
		visit_begin_difference(v);
	} else if (ours.count == 0 || v->apart > theirs->count / STREAM_SHARE) {
		visit_begin_tail(v, 0);
	} else if (theirs->count > ours.count && theirs->newest > ours.newest) {
		v->newest = ours.newest;
		snprintf(query, sizeof(query), "until=%" PRIu64, v->newest);
		visit_ask(v, GET, "buckets", query, (struct bytes){ 0 }, probed);
	} else {
		visit_begin_difference(v);
	}
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
		v->end.later = theirs->bucket && visit_looks_moved(v);
		if (v->end.later)
			break;
		begin_bucket(v, theirs);
		return;
	}
	if (v->again && !v->end.later) {
		v->again = false;
		v->agains++;
		ask_buckets(v);
	} else {
		finish(v);
	}
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

/* It is the turn of A, which lists their buckets. What was refused along with a hello is asked for again behind it. */
static void
take_buckets(struct visit *v, const struct visit_answer *a)
{
	bool early = v->lines_early;
	struct err e = { 0 };

	v->lines_early = v->lines_due = false;
	if (early && (a->failed || a->code / 100 != 2)) {
		ask_buckets(v);
	} else if (!visit_is_fine(v, a)) {
		return;
	} else if (message_buckets_read(a->body, v->theirs, LIMIT_BUCKETS, &v->their_count, &e)) {
		visit_fail(v, ERR_PEER, &e);
	} else {
		merge_ours(v);
		v->end.behind = 0;
		next_bucket(v);
	}
}

static void
buckets_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;

	v->asking--;
	if (v->lines_early && !v->lines_due && !v->over && !v->cancelled)
		waiting_keep(&v->lines, a);
	else if (!v->over && !v->cancelled)
		take_buckets(v, a);
	visit_maybe_free(v);
}

static void
ask_buckets(struct visit *v)
{
	v->lines_due = true;
	if (!v->lines_early) {
		visit_ask(v, GET, "buckets", NULL, (struct bytes){ 0 }, buckets_came);
	} else if (v->lines.came) {
		take_buckets(v, &v->lines.answer);
		waiting_done(&v->lines);
	}
}

/* --- HELLO --- */

static void hello_came(void *arg, const struct visit_answer *a);

/* EARLY: the buckets are asked for at the same moment. */
static void
greet(struct visit *v, const struct message_hello *m, bool early)
{
	struct buf body = { 0 };

	v->charter = m->charter;
	message_hello_write(m, &body);
	visit_ask(v, POST, "hello", NULL, buf_bytes(&body), hello_came);
	buf_free(&body);
	v->lines_due = false;
	v->lines_early = early && !v->over;
	if (v->lines_early)
		visit_ask(v, GET, "buckets", NULL, (struct bytes){ 0 }, buckets_came);
}

static bool
is_newcomer(const struct visit *v)
{
	static const struct prefix none;

	return prefix_equal(v->charter, none);
}

/*
 * Something of bucket 0 has come in. If we follow another charter now the peer has to know it: it shares more, or less.
 * What a newcomer has asked for early shows that it shares as much with a newcomer.
 */
static void
greet_again(struct visit *v)
{
	struct message_hello m = { 0 };

	v->ops.hello(v->ops.self, &m);
	if (prefix_equal(m.charter, v->charter))
		ask_buckets(v);
	else
		greet(v, &m, is_newcomer(v) && v->lacks);
}

/*
 * A newcomer has nothing of whatever they have, but may know so only when bucket 0 has been stored. What comes next is asked
 * for while that is done, and waits.
 */
void
visit_look_ahead(struct visit *v)
{
	struct sync_view soon = v->view;

	soon.membership_only = false;
	for (size_t i = 0; i < v->their_count && is_newcomer(v); i++) {
		const struct message_bucket *theirs = &v->theirs[i];
		struct bucket_sum ours = { 0 };

		records_bucket(v->records, theirs->bucket, &ours);
		if (theirs->bucket && theirs->count && ours.count == 0 && sync_may(&soon, theirs->bucket)) {
			v->lacks = true;
			visit_begin_early(v, theirs->bucket, EARLY_PAGES);
			return;
		}
	}
}

static void
hello_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct err e = { 0 };
	uint8_t root[16];

	if (!visit_usable(v, a))
		goto out;
	if (message_hello_read(a->body, &v->end.hello, &e) ||
	    v->ops.greeted(v->ops.self, &v->end.hello, &v->view, &e)) {
		visit_fail(v, e.code, &e);
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
	visit_maybe_free(v);
}

struct visit *
visit_start(struct records *r, const struct visit_ops *ops, struct visit_memory *memory)
{
	struct visit *v = need_zeroed(1, sizeof(*v));
	struct message_hello m = { 0 };

	v->records = r;
	v->ops = *ops;
	v->memory = memory;
	v->stream = &v->streams[0];
	ops->hello(ops->self, &m);
	v->charter = m.charter;
	greet(v, &m, is_newcomer(v));
	if (is_newcomer(v) && !v->over)
		visit_begin_early(v, 0, EARLY_PAGES);
	if (is_newcomer(v) && !v->over && ops->home)
		visit_begin_early(v, ops->home, EARLY_PAGE);
	if (!v->over)
		return v;
	visit_maybe_free(v);
	return NULL;
}

void
visit_cancel(struct visit *v)
{
	if (v == NULL)
		return;
	v->cancelled = true;
	visit_maybe_free(v);
}
