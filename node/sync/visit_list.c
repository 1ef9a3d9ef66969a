#include "node/sync/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- LIST: every id that they have, against every one of ours in the same stretch of (stamp, id) --- */

/* Ours within the stretch that an answer covers. */
struct stretch {
	const struct message_list *list;
	struct buf ids;
};

static bool
stretch_step(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	struct stretch *s = self;
	const struct message_list *m = s->list;

	(void)short_id;
	if (m->more && (stamp > m->last_stamp || (stamp == m->last_stamp && id_compare(id, &m->last_id) > 0)))
		return false;
	buf_put(&s->ids, id->b, ID_LEN);
	return true;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

static void
only_theirs(struct visit *v, struct store_txn *t, const uint8_t *id)
{
	struct id whole;

	memcpy(whole.b, id, ID_LEN);
	if (!records_knows_id(v->records, t, v->bucket, &whole))
		buf_put(&v->wanted, id, ID_LEN);
}

static void
only_ours(struct visit *v, const uint8_t *id)
{
	struct id whole;

	memcpy(whole.b, id, ID_LEN);
	records_short(v->records, &whole, buf_grow(&v->offers, 8));
}

/* Both in order of id: what stands on one side only is wanted, or offered. */
static void
compare_ids(struct visit *v, const struct message_list *m)
{
	struct store_txn *t = store_read(records_store(v->records));
	struct stretch s = { .list = m };
	struct buf theirs = { 0 };
	size_t i = 0, k = 0;

	records_tail_ids(v->records, t, v->bucket, v->cursor_stamp, &v->cursor_id, stretch_step, &s);
	buf_put_bytes(&theirs, m->ids);
	if (theirs.len)
		qsort(theirs.p, theirs.len / ID_LEN, ID_LEN, by_id);
	if (s.ids.len)
		qsort(s.ids.p, s.ids.len / ID_LEN, ID_LEN, by_id);
	while (i < theirs.len || k < s.ids.len) {
		int order = i == theirs.len ? 1 : k == s.ids.len ? -1 : by_id(theirs.p + i, s.ids.p + k);

		if (order < 0)
			only_theirs(v, t, theirs.p + i);
		else if (order > 0)
			only_ours(v, s.ids.p + k);
		i += order <= 0 ? ID_LEN : 0;
		k += order >= 0 ? ID_LEN : 0;
	}
	txn_abort(&t);
	buf_free(&theirs);
	buf_free(&s.ids);
}

/* What was compared so far need not be again, should the visit break off. */
static void
remember_place(struct visit *v)
{
	struct visit_memory *m = v->memory;

	m->list.resumes = v->cursor_stamp != 0;
	m->list.bucket = v->bucket;
	m->list.stamp = v->cursor_stamp;
	m->list.id = v->cursor_id;
}

static bool
goes_on(const struct visit *v, const struct message_list *m)
{
	return !m->more || m->last_stamp > v->cursor_stamp ||
	    (m->last_stamp == v->cursor_stamp && id_compare(&m->last_id, &v->cursor_id) > 0);
}

static void
list_came(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;
	struct message_list m;
	struct err e = { 0 };

	if (visit_is_code(v, a, NOT_THERE)) {
		/* A peer of before knows no such path. */
		v->asking--;
		visit_begin_tail(v, 0);
		goto out;
	}
	if (!visit_usable(v, a))
		goto out;
	if (message_list_read(a->body, &m, &e) || !goes_on(v, &m)) {
		err_set(&e, ERR_PEER, "list", "answer", "the peer's list of ids cannot be read");
		visit_fail(v, ERR_PEER, &e);
		goto out;
	}
	compare_ids(v, &m);
	v->cursor_stamp = m.last_stamp;
	v->cursor_id = m.last_id;
	v->last_page = !m.more;
	v->paging = false;
	if (v->last_page)
		v->memory->list.resumes = false;
	visit_fetch_more(v);
out:
	visit_maybe_free(v);
}

/* What stood in the answers before has come. */
void
visit_ask_list(struct visit *v)
{
	char path[32], query[CURSOR_TEXT + 8], cursor[CURSOR_TEXT];

	remember_place(v);
	snprintf(path, sizeof(path), "list/%" PRIu32, v->bucket);
	snprintf(query, sizeof(query), "after=%s", cursor_text(v->cursor_stamp, &v->cursor_id, cursor));
	v->paging = true;
	visit_ask(v, GET, path, query, (struct bytes){ 0 }, list_came);
}

void
visit_begin_list(struct visit *v)
{
	struct visit_memory *m = v->memory;

	v->part = SKETCH_PARTS;
	v->last_page = false;
	v->cursor_stamp = 0;
	memset(v->cursor_id.b, 0, ID_LEN);
	if (m->list.resumes && m->list.bucket == v->bucket) {
		v->cursor_stamp = m->list.stamp;
		v->cursor_id = m->list.id;
		v->resumed = true;
	}
	visit_ask_list(v);
}
