#include "node/sync/inside.h"

#include <stdlib.h>
#include <string.h>

/* --- OFFER: what we have and they lack; they ask for what they want of it --- */

/* Beyond this many records an offer of none says it all: visit me. */
#define OFFER_MOST (10 * LIMIT_IDS)

static void send_offers(struct visit *v);

static void
offered(void *arg, const struct visit_answer *a)
{
	struct visit *v = arg;

	if (visit_usable(v, a))
		send_offers(v);
	visit_maybe_free(v);
}

/* Bytes of the last that one message takes; those that name one short id stay together. */
static size_t
last_offers(const struct buf *offers)
{
	size_t most = LIMIT_IDS * 8, first = offers->len > most ? offers->len - most : 0, at = first;

	while (at && at < offers->len && memcmp(offers->p + at, offers->p + at - 8, 8) == 0)
		at += 8;
	return offers->len - (at < offers->len ? at : first);
}

static void
send_offers(struct visit *v)
{
	struct message_ids m = { .bucket = v->bucket };
	struct buf body = { 0 };
	size_t len = v->offers.len;

	if (len == 0) {
		if (!visit_next_part(v))
			visit_end_bucket(v);
		return;
	}
	if (len > OFFER_MOST * 8) {
		/* Too many to name: it finds them itself, by a visit. */
		v->end.offered += len / 8;
		v->offers.len = 0;
	}
	len = last_offers(&v->offers);
	m.ids = (struct bytes){ v->offers.p + v->offers.len - len, len };
	message_ids_write(&m, &body);
	v->offers.len -= len;
	v->end.offered += len / 8;
	visit_ask(v, POST, "offer", NULL, buf_bytes(&body), offered);
	buf_free(&body);
}

struct held_by {
	struct buf *out;
	const uint8_t *short_id;
};

static void
offer_held(void *self, const struct id *id, struct bytes envelope)
{
	struct held_by *h = self;

	(void)id;
	(void)envelope;
	buf_put(h->out, h->short_id, 8);
}

static int
by_short(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

/*
 * What came may have replaced some of what they lacked: the rest is offered. A short id is named once for each record here
 * that has it, so that who holds another with the same short id knows that this is not all.
 */
void
visit_begin_offers(struct visit *v)
{
	struct store_txn *t = store_read(records_store(v->records));
	struct buf chosen = { 0 };

	if (v->offers.len)
		qsort(v->offers.p, v->offers.len / 8, 8, by_short);
	for (size_t i = 0; i < v->offers.len; i += 8) {
		struct held_by h = { &chosen, v->offers.p + i };

		if (i == 0 || memcmp(v->offers.p + i, v->offers.p + i - 8, 8) != 0)
			records_by_short(v->records, t, v->bucket, h.short_id, offer_held, &h);
	}
	txn_abort(&t);
	buf_free(&v->offers);
	v->offers = chosen;
	v->bucket_offered += chosen.len / 8;
	send_offers(v);
}
