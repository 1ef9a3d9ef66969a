#include "node/peer/fetch.h"

#include "node/base/log.h"
#include "node/peer/intake.h"
#include "node/peer/news.h"
#include "node/peer/visiting.h"
#include "proto/message.h"

#include <stdlib.h>
#include <string.h>

#define CHAINS 1024

enum state { WAITING, ASKED, ARRIVED };

struct want {
	struct want *next;
	uint8_t short_id[8];
	bucket_id bucket;
	enum state state;
	struct contact *at;             /* of whom it is or will be asked */
	struct contact *holders[FETCH_HOLDERS];
	size_t holder_count;
	int64_t asked_ms;
};

struct fetch {
	struct node *node;
	struct want *chains[CHAINS];
	size_t count;
};

/* One question: nothing else of its answer is stored. Admission outlives sessions, so it goes by the contact. */
struct question {
	struct node *node;
	struct peer *peer;
	struct contact *contact;
	bucket_id bucket;
	size_t count;
	uint8_t ids[LIMIT_IDS][8];
	bool came[LIMIT_IDS];
};

struct fetch *
fetch_new(struct node *n)
{
	struct fetch *f = need_zeroed(1, sizeof(*f));

	f->node = n;
	return f;
}

/* Two buckets may hold records with one short id: each is wanted. */
static struct want **
find(struct fetch *f, bucket_id bucket, const uint8_t short_id[8])
{
	/* Short ids are hashes under the network's key: any of their bits will do. */
	struct want **q = &f->chains[get_u16(short_id) % CHAINS];

	while (*q && ((*q)->bucket != bucket || memcmp((*q)->short_id, short_id, 8) != 0))
		q = &(*q)->next;
	return q;
}

static void
forget(struct fetch *f, struct want **q)
{
	struct want *w = *q;

	*q = w->next;
	f->count--;
	free(w);
}

void
fetch_free(struct fetch *f)
{
	for (size_t i = 0; f && i < CHAINS; i++)
		while (f->chains[i])
			forget(f, &f->chains[i]);
	free(f);
}

/* --- who has it --- */

static void
add_holder(struct want *w, struct contact *c)
{
	for (size_t i = 0; i < w->holder_count; i++)
		if (w->holders[i] == c)
			return;
	if (w->holder_count < FETCH_HOLDERS)
		w->holders[w->holder_count++] = c;
}

static void
drop_holder(struct want *w, const struct contact *c)
{
	for (size_t i = 0; i < w->holder_count; i++)
		if (w->holders[i] == c) {
			w->holders[i] = w->holders[--w->holder_count];
			return;
		}
}

static bool
may_ask(const struct contact *c)
{
	return c->peer && !c->peer->ending && peer_access(c->peer, NULL) == ROUTE_MEMBER;
}

/* The next one that has it; false: there is none. */
static bool
choose(struct want *w)
{
	w->state = WAITING;
	for (size_t i = 0; i < w->holder_count; i++)
		if (w->holders[i] != w->at && may_ask(w->holders[i])) {
			w->at = w->holders[i];
			return true;
		}
	return false;
}

/* --- asking --- */

static void ask_waiting(struct fetch *f, struct peer *p);

/* Those that wait for somebody get their place. */
static void
ask_all(struct fetch *f)
{
	for (struct peer *p = f->node->peers; p; p = p->next)
		if (p->contact->peer == p)
			ask_waiting(f, p);
}

static void
admitted(void *arg, const struct admit_result *r)
{
	struct question *q = arg;
	struct fetch *f = q->node->fetch;

	if (r->admitted)
		log_event(LOG_INFO, "records.came", "peer=%02x%02x admitted=%zu refused=%zu", q->contact->node.b[0],
		    q->contact->node.b[1], r->admitted, r->refused);
	contact_did(q->node, q->contact, REPUTATION_USEFUL, r->admitted);
	if (r->blamed)
		contact_blame(q->node, q->contact, r->blamed);
	for (size_t i = 0; f && i < q->count; i++) {
		struct want **w = find(f, q->bucket, q->ids[i]);

		if (q->came[i] && *w && (*w)->state == ARRIVED)
			forget(f, w);
	}
	free(q);
}

/* Is ENVELOPE one of those asked for? */
static bool
was_asked(struct question *q, struct bytes envelope)
{
	const struct records *r = q->node->records;
	struct unverified u;
	uint8_t short_id[8];

	/* What cannot be read is counted and blamed by admission. */
	if (envelope_read(envelope, records_network(r), &crypto_envelope, &u, NULL))
		return true;
	records_short(r, &u.id, short_id);
	for (size_t i = 0; i < q->count; i++)
		if (memcmp(q->ids[i], short_id, 8) == 0)
			return q->came[i] = true;
	return false;
}

/*
 * Of what was asked in Q: what came is being admitted. What did not did perhaps not fit beside it, and is asked for
 * again; where nothing came, or as KEEP says nothing was asked after all, of the next one that has it.
 */
enum keep { MOVE, KEEP };
static void
settle(struct fetch *f, const struct question *q, enum keep keep)
{
	for (size_t i = 0; i < q->count; i++)
		keep = q->came[i] ? KEEP : keep;
	for (size_t i = 0; i < q->count; i++) {
		struct want **w = find(f, q->bucket, q->ids[i]);

		if (*w == NULL)
			continue;
		if (q->came[i]) {
			(*w)->state = ARRIVED;
		} else if ((*w)->state == ASKED && (*w)->at == q->contact) {
			(*w)->state = WAITING;
			if (keep == KEEP)
				continue;
			drop_holder(*w, q->contact);
			if (!choose(*w))
				forget(f, w);
		}
	}
}

static void
answered(void *self, const struct coap_response *r)
{
	struct question *q = self;
	struct peer *p = q->peer;
	struct fetch *f = q->node->fetch;
	struct bytes rest = r->body, item;
	struct buf asked = { 0 };
	size_t unasked = 0;

	p->fetching--;
	if (r->failed == ERR_OK && r->code == 205) {
		while (sequence_next(&rest, &item))
			if (was_asked(q, item))
				buf_put_bytes(&asked, item);
			else
				unasked++;
		buf_put_bytes(&asked, rest); /* not items any more: blamed */
	}
	settle(f, q, MOVE);
	p->missed = p->missed || r->failed == ERR_PEER; /* what nobody else has is found by a visit */
	if (unasked) {
		q->node->unasked += unasked;
		contact_blame(q->node, q->contact, BLAME_OTHER);
	}
	if (asked.len)
		intake_submit(q->node->intake, q->contact, buf_bytes(&asked), admitted, q);
	else
		free(q);
	buf_free(&asked);
	ask_all(f);
}

/* Up to LIMIT_IDS ids of one bucket that wait for P. */
static size_t
gather(struct fetch *f, struct peer *p, struct question *q)
{
	for (size_t i = 0; i < CHAINS && q->count < LIMIT_IDS; i++)
		for (struct want *w = f->chains[i]; w && q->count < LIMIT_IDS; w = w->next) {
			if (w->state != WAITING || w->at != p->contact || (q->count && w->bucket != q->bucket))
				continue;
			q->bucket = w->bucket;
			w->state = ASKED;
			w->asked_ms = world_tick_ms(f->node->world);
			memcpy(q->ids[q->count++], w->short_id, 8);
		}
	return q->count;
}

static enum err_code
ask(struct peer *p, struct question *q)
{
	struct message_ids m = { q->bucket, { q->ids[0], q->count * 8 } };
	struct buf body = { 0 };
	struct coap_ask a;
	enum err_code rc;

	message_ids_write(&m, &body);
	a = (struct coap_ask){ .method = COAP_FETCH, .path = "records", .format = COAP_FORMAT_CBOR, .paced = true,
		.payload = buf_bytes(&body), .done = answered, .self = q };
	rc = exchange_ask(p->exchange, &a, NULL);
	buf_free(&body);
	return rc;
}

static void
ask_waiting(struct fetch *f, struct peer *p)
{
	while (f->count && p->fetching < PEER_FETCHES && !p->ending) {
		struct question *q = need_zeroed(1, sizeof(*q));

		q->node = f->node;
		q->peer = p;
		q->contact = p->contact;
		if (gather(f, p, q) == 0) {
			free(q);
			return;
		}
		if (ask(p, q)) {
			settle(f, q, KEEP);
			free(q);
			return;
		}
		p->fetching++;
	}
}

/* --- what is told --- */

/* False: there is no room. */
static bool
want(struct fetch *f, struct peer *p, bucket_id bucket, const uint8_t short_id[8])
{
	struct want **q = find(f, bucket, short_id), *w = *q;

	if (w == NULL) {
		if (f->count >= FETCH_MOST)
			return false;
		w = need_zeroed(1, sizeof(*w));
		memcpy(w->short_id, short_id, 8);
		w->bucket = bucket;
		w->at = p->contact;
		*q = w;
		f->count++;
	}
	add_holder(w, p->contact);
	return true;
}

enum err_code
fetch_told(struct peer *p, bucket_id bucket, struct bytes ids, struct err *e)
{
	struct fetch *f = p->node->fetch;
	struct sync_view v = peer_view(p);
	struct message_ids m = { bucket, ids };
	struct buf lacking = { 0 };
	enum err_code rc = sync_wanted(p->node->records, &v, &m, &lacking, e);
	bool room = true;

	for (size_t i = 0; rc == ERR_OK && i < ids.len; i += 8)
		news_remember(p, ids.p + i);
	for (size_t i = 0; i < lacking.len && room; i += 8)
		room = want(f, p, bucket, lacking.p + i);
	buf_free(&lacking);
	if (!room)
		visiting_news(p);
	if (rc == ERR_OK)
		ask_waiting(f, p);
	return rc;
}

void
fetch_leave(struct peer *p)
{
	struct fetch *f = p->node->fetch;

	for (size_t i = 0; i < CHAINS; i++)
		for (struct want **q = &f->chains[i], *w; (w = *q) != NULL;) {
			drop_holder(w, p->contact);
			if (w->state != ARRIVED && w->at == p->contact && !choose(w))
				forget(f, q);
			else
				q = &w->next;
		}
	ask_all(f);
}

void
fetch_tick(struct node *n, int64_t tick)
{
	struct fetch *f = n->fetch;
	bool moved = false;

	for (size_t i = 0; i < CHAINS && f->count; i++)
		for (struct want *w = f->chains[i]; w; w = w->next) {
			if (w->state != ASKED || tick - w->asked_ms < FETCH_SLOW_MS)
				continue;
			w->asked_ms = tick;
			if (choose(w))
				moved = true;
			else
				w->state = ASKED; /* nobody else has it: still awaited */
		}
	if (moved)
		ask_all(f);
}
