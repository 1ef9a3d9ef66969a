#include "node/service/news.h"

#include "node/base/log.h"
#include "node/service/intake.h"
#include "node/service/visiting.h"
#include "proto/message.h"

#include <stdlib.h>
#include <string.h>

/* Beyond this many new records an offer of none says it all: visit me. */
#define OFFER_MOST (10 * LIMIT_IDS)

/* --- fetching what was offered --- */

static void fetch_more(struct peer *p);

/* What was asked for in one question: nothing else of its answer is stored. */
struct fetch {
	struct peer *peer;
	size_t count;
	uint8_t ids[LIMIT_IDS][8];
};

/* Admission outlives sessions: what it tells a peer goes by the node id. */
struct fetched {
	struct node *node;
	struct id peer;
};

/* It has what it gave us: no news to it. */
void
news_remember(struct peer *p, const uint8_t short_id[8])
{
	memcpy(p->recent[p->recent_at], short_id, 8);
	p->recent_at = (p->recent_at + 1) % PEER_RECENT;
}

static bool
came_from(const struct peer *p, const uint8_t short_id[8])
{
	for (size_t i = 0; i < PEER_RECENT; i++)
		if (memcmp(p->recent[i], short_id, 8) == 0)
			return true;
	return false;
}

static void
fetch_admitted(void *arg, const struct admit_result *r)
{
	struct fetched *f = arg;
	struct contact *c = contact_by_node(f->node, &f->peer);

	if (r->admitted)
		log_event(LOG_INFO, "records.came", "peer=%02x%02x admitted=%zu refused=%zu", f->peer.b[0],
		    f->peer.b[1], r->admitted, r->refused);
	if (c && r->blamed)
		contact_blame(f->node, c, r->blamed);
	free(f);
}

static void
submit(struct peer *p, struct bytes sequence)
{
	struct fetched *f = need_zeroed(1, sizeof(*f));

	f->node = p->node;
	f->peer = *session_node(p->session);
	intake_submit(p->node->intake, sequence, fetch_admitted, f);
}

static bool
was_asked(const struct fetch *f, struct bytes envelope)
{
	const struct records *r = f->peer->node->records;
	struct unverified u;
	uint8_t short_id[8];

	/* What cannot be read is counted and blamed by admission. */
	if (envelope_read(envelope, records_network(r), &crypto_envelope, &u, NULL))
		return true;
	records_short(r, &u.id, short_id);
	for (size_t i = 0; i < f->count; i++)
		if (memcmp(f->ids[i], short_id, 8) == 0)
			return true;
	return false;
}

static void
records_came(void *self, const struct coap_response *r)
{
	struct fetch *f = self;
	struct peer *p = f->peer;
	struct bytes rest = r->body, item;
	struct buf asked = { 0 };
	size_t unasked = 0;

	p->fetching--;
	if (r->failed == ERR_OK && r->code == 205) {
		while (sequence_next(&rest, &item))
			if (was_asked(f, item))
				buf_put_bytes(&asked, item);
			else
				unasked++;
		buf_put_bytes(&asked, rest); /* not items any more: blamed */
		if (asked.len)
			submit(p, buf_bytes(&asked));
	}
	buf_free(&asked);
	free(f);
	if (unasked) {
		p->node->unasked += unasked;
		contact_blame(p->node, p->contact, BLAME_OTHER);
	}
	if (r->failed == ERR_OK)
		fetch_more(p);
}

static void
fetch_more(struct peer *p)
{
	while (p->fetching < PEER_FETCHES && p->wanted_count) {
		struct wanted *w = &p->wanted[0];
		size_t len = w->ids.len < LIMIT_IDS * 8 ? w->ids.len : LIMIT_IDS * 8;
		struct message_ids m = { w->bucket, { w->ids.p + w->ids.len - len, len } };
		struct fetch *f = need_zeroed(1, sizeof(*f));
		struct buf body = { 0 };
		struct err e = { 0 };
		struct coap_ask a;

		f->peer = p;
		f->count = len / 8;
		memcpy(f->ids, m.ids.p, len);
		message_ids_write(&m, &body);
		a = (struct coap_ask){ .method = COAP_FETCH, .path = "records", .format = COAP_FORMAT_CBOR,
			.payload = buf_bytes(&body), .paced = true, .done = records_came, .self = f };
		if (exchange_ask(p->exchange, &a, &e) == ERR_OK)
			p->fetching++;
		else
			free(f);
		buf_free(&body);
		if (e.code)
			return;
		for (size_t i = 0; i < len; i += 8)
			news_remember(p, w->ids.p + w->ids.len - len + i);
		w->ids.len -= len;
		if (w->ids.len == 0) {
			buf_free(&w->ids);
			memmove(p->wanted, p->wanted + 1, --p->wanted_count * sizeof(*w));
		}
	}
}

void
news_fetch(struct peer *p, bucket_id bucket, struct bytes ids)
{
	size_t at = 0;

	while (at < p->wanted_count && p->wanted[at].bucket != bucket)
		at++;
	if (at == sizeof(p->wanted) / sizeof(p->wanted[0]) ||
	    (at < p->wanted_count && p->wanted[at].ids.len > OFFER_MOST * 8)) {
		p->visit_wanted = true; /* too much to remember: a visit finds it */
		return;
	}
	if (at == p->wanted_count)
		p->wanted[p->wanted_count++] = (struct wanted){ .bucket = bucket };
	buf_put_bytes(&p->wanted[at].ids, ids);
	fetch_more(p);
}

/* --- telling others --- */

struct news {
	struct peer *peer;
	struct sync_view view;
	struct wanted lines[LIMIT_BUCKETS];
	size_t count, total;
};

static void
news_line(void *self, uint64_t arrival, bucket_id b, const uint8_t short_id[8])
{
	struct news *w = self;
	size_t at = 0;

	(void)arrival;
	if (!sync_may(&w->view, b) || came_from(w->peer, short_id))
		return;
	while (at < w->count && w->lines[at].bucket != b)
		at++;
	if (at == LIMIT_BUCKETS)
		return;
	if (at == w->count)
		w->lines[w->count++] = (struct wanted){ .bucket = b };
	w->total++;
	if (w->total <= OFFER_MOST)
		buf_put(&w->lines[at].ids, short_id, 8);
}

static void
offer_done(void *self, const struct coap_response *r)
{
	(void)self;
	(void)r; /* an offer that is lost is found by the next visit */
}

static void
offer_line(struct peer *p, bucket_id bucket, struct bytes ids)
{
	struct message_ids m = { bucket, ids };
	struct buf body = { 0 };
	struct err e = { 0 };
	struct coap_ask a;

	message_ids_write(&m, &body);
	a = (struct coap_ask){ .method = COAP_POST, .path = "offer", .format = COAP_FORMAT_CBOR,
		.payload = buf_bytes(&body), .done = offer_done, .self = p };
	(void)exchange_ask(p->exchange, &a, &e);
	buf_free(&body);
}

static void
offer_to(struct peer *p, uint64_t from, uint64_t to)
{
	struct news *w = need_zeroed(1, sizeof(*w));
	struct store_txn *t = store_read(p->node->store);

	w->peer = p;
	w->view = peer_view(p);
	records_arrivals(p->node->records, t, from, to, news_line, w);
	txn_abort(&t);
	if (w->total > OFFER_MOST)
		offer_line(p, 0, (struct bytes){ 0 });
	for (size_t i = 0; i < w->count; i++) {
		for (size_t at = 0; w->total <= OFFER_MOST && at < w->lines[i].ids.len; at += LIMIT_IDS * 8) {
			size_t left = w->lines[i].ids.len - at;

			offer_line(p, w->lines[i].bucket, (struct bytes){ w->lines[i].ids.p + at,
			    left < LIMIT_IDS * 8 ? left : LIMIT_IDS * 8 });
		}
		buf_free(&w->lines[i].ids);
	}
	free(w);
}

void
news_offer(struct node *n)
{
	uint64_t to = records_arrival(n->records), from = n->offered_to;

	n->offered_to = to;
	if (to == from)
		return;
	for (struct peer *p = n->peers; p; p = p->next)
		if (peer_access(p, NULL) == ROUTE_MEMBER && (p->greeted || session_dialled(p->session)))
			offer_to(p, from, to);
}
