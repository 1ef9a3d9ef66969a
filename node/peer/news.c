#include "node/peer/news.h"

#include "proto/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HOLD_MS (60 * 1000)

/* --- what a peer has: its last ids, each in the place that its own bits say --- */

static uint8_t *
place(struct peer *p, const uint8_t short_id[8])
{
	return p->recent[get_u16(short_id) % PEER_RECENT];
}

void
news_remember(struct peer *p, const uint8_t short_id[8])
{
	if (p->recent == NULL)
		p->recent = need_zeroed(PEER_RECENT, sizeof(*p->recent));
	memcpy(place(p, short_id), short_id, 8);
}

static bool
has(struct peer *p, const uint8_t short_id[8])
{
	return p->recent && memcmp(place(p, short_id), short_id, 8) == 0;
}

void
news_given(struct node *n, const struct contact *who, uint64_t from, uint64_t to)
{
	struct news_given *last = &n->given[(n->given_at + NEWS_GIVEN - 1) % NEWS_GIVEN];

	if (from == to)
		return;
	if (last->who == who && last->to == from) {
		last->to = to;
		return;
	}
	n->given[n->given_at] = (struct news_given){ who, from, to };
	n->given_at = (n->given_at + 1) % NEWS_GIVEN;
}

static bool
gave(const struct peer *p, uint64_t arrival)
{
	for (size_t i = 0; i < NEWS_GIVEN; i++) {
		const struct news_given *g = &p->node->given[i];

		if (g->who == p->contact && arrival > g->from && arrival <= g->to)
			return true;
	}
	return false;
}

/* --- what came in, for one peer --- */

struct line {
	bucket_id bucket;
	struct buf ids;
};

struct lines {
	struct peer *peer;
	struct sync_view view;
	struct line lines[LIMIT_BUCKETS];
	size_t count, ids;
};

/* The line of bucket B, in its place. */
static struct line *
line_of(struct lines *l, bucket_id b)
{
	size_t at = 0;

	while (at < l->count && l->lines[at].bucket < b)
		at++;
	if (at < l->count && l->lines[at].bucket == b)
		return &l->lines[at];
	if (l->count == LIMIT_BUCKETS)
		return NULL;
	memmove(&l->lines[at + 1], &l->lines[at], (l->count++ - at) * sizeof(l->lines[0]));
	l->lines[at] = (struct line){ .bucket = b };
	return &l->lines[at];
}

static void
add(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8])
{
	struct lines *l = self;
	struct line *line;

	if (!sync_may(&l->view, b) || gave(l->peer, arrival) || has(l->peer, short_id) || (line = line_of(l, b)) == NULL)
		return;
	if (++l->ids <= LIMIT_IDS)
		buf_put(&line->ids, short_id, 8);
}

enum named { NAMED, UNNAMED };

static void
write(const struct lines *l, uint64_t from, uint64_t to, enum named named, struct buf *out)
{
	struct message_events *m = need_zeroed(1, sizeof(*m));

	m->from = from;
	m->to = to;
	m->count = l->count;
	for (size_t i = 0; i < l->count; i++)
		m->lines[i] = (struct message_ids){ l->lines[i].bucket,
			named == NAMED ? buf_bytes(&l->lines[i].ids) : (struct bytes){ 0 } };
	buf_reset(out);
	message_events_write(m, out);
	free(m);
}

/* --- observers --- */

static struct peer_observer *
find(struct peer *p, uint64_t ticket)
{
	for (size_t i = 0; i < LIMIT_OBSERVATIONS; i++)
		if (p->observers[i].ticket == ticket)
			return &p->observers[i];
	return NULL;
}

void
news_observe(struct peer *p, uint64_t ticket, bool stay, struct buf *out)
{
	uint64_t now = records_arrival(p->node->records);
	struct peer_observer *o = stay ? find(p, 0) : NULL;
	struct lines none = { .count = 0 };

	if (o)
		*o = (struct peer_observer){ ticket, now, now, now };
	write(&none, now, now, NAMED, out);
}

/* A visit that brings much is told of when it has ended: until then "come and see" would be said over and over. */
static bool
is_visiting(const struct node *n)
{
	int64_t tick = world_tick_ms(n->world);

	for (const struct peer *p = n->peers; p; p = p->next)
		if (p->visit && tick - p->visit_began_ms < HOLD_MS)
			return true;
	return false;
}

bool
news_notify(void *self, uint64_t ticket, struct coap_answer *out)
{
	struct peer *p = self;
	struct peer_observer *o = find(p, ticket);
	uint64_t to = records_arrival(p->node->records);
	struct store_txn *t;
	struct lines *l;
	struct err why;

	assert(o);
	if (peer_access(p, &why) != ROUTE_MEMBER) {
		answer_error(out, &why);
		return true;
	}
	if (to - o->seen > LIMIT_IDS && is_visiting(p->node))
		return false;
	l = need_zeroed(1, sizeof(*l));
	l->peer = p;
	l->view = peer_view(p);
	t = store_read(p->node->store);
	records_arrivals(p->node->records, t, o->seen, to, add, l);
	txn_abort(&t);
	if (l->count) {
		write(l, o->from, to, l->ids <= LIMIT_IDS ? NAMED : UNNAMED, &out->body);
		/* Few ids in very many buckets: the lines themselves take the room. */
		if (out->body.len > LIMIT_BLOCK)
			write(l, o->from, to, UNNAMED, &out->body);
		out->code = 205;
		out->format = COAP_FORMAT_CBOR;
		o->sent = to;
	} else if (o->sent == o->from) {
		o->seen = to; /* nothing for it so far, and nothing on its way */
	}
	for (size_t i = 0; i < l->count; i++)
		buf_free(&l->lines[i].ids);
	free(l);
	return out->code != 0;
}

void
news_notified(void *self, uint64_t ticket, enum coap_told told)
{
	struct peer *p = self;
	struct peer_observer *o = find(p, ticket);

	if (o && told == COAP_TOLD)
		o->from = o->seen = o->sent;
	else if (o)
		*o = (struct peer_observer){ 0 };
	/* It is silent, and observes no more without knowing it: a visit gives it what it lacks, and it observes anew. */
	p->missed = p->missed || told == COAP_TOLD_IN_VAIN;
}

void
news_tell(struct node *n)
{
	uint64_t to = records_arrival(n->records);

	for (struct peer *p = n->peers; p; p = p->next)
		for (size_t i = 0; i < LIMIT_OBSERVATIONS; i++)
			if (p->observers[i].ticket && p->observers[i].seen < to)
				exchange_notify(p->exchange, p->observers[i].ticket);
}
