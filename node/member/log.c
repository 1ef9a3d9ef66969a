/* What was voted, for people: rows for `network log` and `status`. */
#include "node/member/internal.h"

#include <string.h>

#include "proto/kind.h"
#include "proto/stamp.h"

struct entry {
	uint64_t stamp;
	struct member_event event;
	size_t reason_at, text_at;   /* in the texts */
};

static int
order_entries(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
	int d = order_u64(x->stamp, y->stamp);

	return d ? d : id_compare(&x->event.record, &y->event.record);
}

static size_t
keep_text(struct buf *texts, struct bytes t)
{
	size_t at = texts->len;

	buf_put_bytes(texts, t);
	buf_put_u8(texts, 0);
	return at;
}

static const char *
word_of(const struct vote *v)
{
	static const struct {
		uint32_t kind;
		const char *word;
	} words[] = {
		{ KIND_APPROVAL, "approval" },
		{ KIND_ADMISSION, "admit" },
		{ KIND_REMOVAL, "remove" },
		{ KIND_SUCCESSION, "succeed" },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].kind == v->kind)
			return words[i].word;
	return v->body.action == ACTION_SUSPEND ? "suspend" : "reinstate";
}

static bool
may_approve(const struct membership *m, const struct link *l, uint32_t who)
{
	const struct link *parent = l->parent == NONE ? l : &m->charters[l->parent];

	return l->proposed && (numbers_has(&parent->listed, who) || numbers_has(&l->coordinators, who));
}

/* Only what its author was entitled to say stands in the log. */
static bool
is_shown(const struct membership *m, const struct vote *v)
{
	const struct link *l = v->charter == NONE ? NULL : &m->charters[v->charter];

	if (!l)
		return false;
	return v->kind == KIND_APPROVAL ? may_approve(m, l, v->author) :
	    l->adopted && numbers_has(&l->coordinators, v->author);
}

static void
log_vote(const struct membership *m, const struct vote *v, struct entry *out, struct buf *texts)
{
	const struct link *l = &m->charters[v->charter];

	out->stamp = v->stamp;
	out->event.author = v->record->record.author;
	out->event.subject = v->body.subject;
	out->event.charter = l->id;
	out->event.record = v->record->id;
	out->event.what = word_of(v);
	out->event.counts = v->kind == KIND_APPROVAL ? l->on_path : v->counts && id_equal(&l->id, &m->current.id);
	out->reason_at = keep_text(texts, v->body.reason);
	out->text_at = keep_text(texts, v->kind == KIND_ADMISSION ? v->body.name : v->body.note);
}

static void
log_charter(const struct membership *m, const struct link *l, struct entry *out, struct buf *texts)
{
	out->stamp = l->stamp;
	out->event.author = m->keys.ids[l->author];
	out->event.charter = l->parent_id;
	out->event.record = l->id;
	out->event.what = "charter";
	out->event.counts = l->on_path;
	out->reason_at = keep_text(texts, (struct bytes){ NULL, 0 });
	out->text_at = keep_text(texts, l->body.name);
}

/* Rows in the order of time; their texts have found their place by now. */
static void
put_events(struct membership *m, struct entry *entries, size_t n)
{
	struct entry **order = need_alloc((n + 1) * sizeof(struct entry *));

	for (size_t i = 0; i < n; i++)
		order[i] = &entries[i];
	if (n > 1)
		qsort(order, n, sizeof(struct entry *), order_entries);
	m->events = need_alloc((n + 1) * sizeof *m->events);
	for (m->event_count = 0; m->event_count < n; m->event_count++) {
		struct entry *x = order[m->event_count];

		x->event.unix_ms = stamp_unix_ms(x->stamp);
		x->event.reason = m->texts + x->reason_at;
		x->event.text = m->texts + x->text_at;
		m->events[m->event_count] = x->event;
	}
	free(order);
}

void
log_gather(struct membership *m, const struct build *b)
{
	struct entry *entries = need_zeroed(m->charter_count + b->vote_count + 1, sizeof *entries);
	struct buf texts = { NULL, 0, 0 };
	size_t n = 0;

	for (size_t i = 0; i < m->charter_count; i++)
		if (m->charters[i].proposed)
			log_charter(m, &m->charters[i], &entries[n++], &texts);
	for (size_t i = 0; i < b->vote_count; i++)
		if (is_shown(m, &b->votes[i]))
			log_vote(m, &b->votes[i], &entries[n++], &texts);
	m->texts = (char *)texts.p;
	put_events(m, entries, n);
	free(entries);
}

size_t
membership_event_count(const struct membership *m)
{
	return m->event_count;
}

const struct member_event *
membership_event_at(const struct membership *m, size_t i)
{
	return i < m->event_count ? &m->events[i] : NULL;
}

size_t
membership_pending_count(const struct membership *m)
{
	return m->pending_count;
}

const struct member_pending *
membership_pending_at(const struct membership *m, size_t i)
{
	return i < m->pending_count ? &m->pending[i] : NULL;
}
