#include "node/peer/fetch.h"
#include "node/peer/following.h"
#include "node/peer/news.h"
#include "node/service/routes.h"

#include <inttypes.h>
#include <stdlib.h>

static void
content(struct coap_answer *out)
{
	out->code = 205;
}

/* POST /hello: a listed node of an organisation that is not active hears its state and nothing else. */
enum err_code
route_hello(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct message_hello theirs, ours;
	struct sync_view v;
	enum err_code rc;

	if ((rc = message_hello_read(c->request->payload, &theirs, e)) || (rc = peer_greet(p, &theirs, e)))
		return rc;
	v = peer_view(p);
	peer_hello(p->node, node_subscription(p->node), &v, &ours);
	ours.seen = clones_arrival(&p->contact->clones, theirs.incarnation);
	if (ours.seen <= theirs.arrival)
		ours.seen = 0;
	ours.cloned = clones_shown(&p->contact->clones, world_tick_ms(p->node->world));
	message_hello_write(&ours, &out->body);
	following_hello(p, theirs.arrival);
	content(out);
	return ERR_OK;
}

/* What is counted record by record counts against the node that asks, whichever session it asks by. */
static enum err_code
scan(struct peer *p, uint64_t records, struct err *e)
{
	return route_scan(&p->contact->scans, records, world_tick_ms(p->node->world), e);
}

/* GET /buckets?until=S */
enum err_code
route_buckets(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	uint64_t until = UINT64_MAX;
	char text[24], *end;
	enum err_code rc;

	if (route_query(c->request, "until", text, sizeof(text))) {
		until = strtoull(text, &end, 10);
		if (end == text || *end || text[0] == '-')
			return err_set(e, ERR_INPUT, "until", "number", "not a stamp");
		if ((rc = scan(p, sync_scan_until(p->node->records, until), e)))
			return rc;
	}
	sync_buckets(p->node->records, &v, until, &out->body);
	content(out);
	return ERR_OK;
}

static enum err_code
read_bucket(const char *text, bucket_id *out, struct err *e)
{
	char *end;
	unsigned long bucket = strtoul(text, &end, 10);

	if (end == text || *end || bucket > UINT32_MAX || text[0] == '-')
		return err_set(e, ERR_INPUT, "bucket", "number", "not a bucket's number");
	*out = (bucket_id)bucket;
	return ERR_OK;
}

/* A number from 0 to MOST of the query; OTHERWISE when it is not there. */
static enum err_code
read_number(const struct coap_request *r, const char *key, uint32_t most, uint32_t otherwise, uint32_t *out,
    struct err *e)
{
	char text[16], *end;
	unsigned long n;

	*out = otherwise;
	if (!route_query(r, key, text, sizeof(text)))
		return ERR_OK;
	n = strtoul(text, &end, 10);
	if (end == text || *end || n > most || text[0] == '-')
		return err_set(e, ERR_INPUT, key, "number", "not a number up to %" PRIu32, most);
	*out = (uint32_t)n;
	return ERR_OK;
}

/* Of a salt, the first LEN bytes are in the query; none is none. It is always of a part. */
static enum err_code
read_salt(const struct coap_request *r, uint32_t part, size_t len, struct salt *out, struct err *e)
{
	char text[2 * sizeof(out->nonces) + 1];

	*out = (struct salt){ 0 };
	if (!route_query(r, "salt", text, sizeof(text)))
		return ERR_OK;
	if (part == SKETCH_PARTS)
		return err_set(e, ERR_INPUT, "salt", "part", "ids are salted for one part at a time");
	out->on = true;
	return nonce_parse(text, out->nonces, len, e);
}

/* Counts of the asker's own first cells, with which it begins; salted ids have none yet. None is none. */
static enum err_code
read_counts(const struct coap_request *r, struct sync_stretch *q, struct err *e)
{
	char text[256];

	q->counts = (struct counts){ 0 };
	if (!route_query(r, "counts", text, sizeof(text)))
		return ERR_OK;
	if (q->from)
		return err_set(e, ERR_INPUT, "counts", "from", "counts go with a question for the first cells");
	if (q->of.salt.on)
		return err_set(e, ERR_INPUT, "counts", "salt", "salted ids have no cells before the first answer");
	return counts_parse(text, &q->counts, e);
}

/* GET /cells/B?part=P&salt=NONCE&snap=T&from=I&n=N&counts=C */
enum err_code
route_cells(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	struct sync_stretch q;
	enum err_code rc;

	if ((rc = read_bucket(c->rest, &q.of.bucket, e)) ||
	    (rc = read_number(c->request, "part", SKETCH_PARTS - 1, SKETCH_PARTS, &q.of.part, e)) ||
	    (rc = read_salt(c->request, q.of.part, MESSAGE_NONCE, &q.of.salt, e)) ||
	    (rc = read_number(c->request, "snap", UINT32_MAX, 0, &q.snapshot, e)) ||
	    (rc = read_number(c->request, "from", SKETCH_CELLS, 0, &q.from, e)) ||
	    (rc = read_number(c->request, "n", SKETCH_CELLS, SKETCH_BLOCK, &q.count, e)) ||
	    (rc = read_counts(c->request, &q, e)))
		return rc;
	world_random(p->node->world, q.of.salt.nonces + MESSAGE_NONCE, MESSAGE_NONCE);
	if (q.of.part < SKETCH_PARTS && q.snapshot == 0 && sync_may(&v, q.of.bucket) &&
	    (rc = scan(p, sync_scan_part(p->node->records, q.of.bucket, &q.of.salt), e)))
		return rc;
	if ((rc = sync_cells(p->node->records, &v, p->node->snapshots, world_tick_ms(p->node->world), &q,
	    &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* Bucket and cursor of /tail and /list; without a cursor the beginning. */
static enum err_code
read_place(const struct route_call *c, bucket_id *out_bucket, uint64_t *out_stamp, struct id *out_id, struct err *e)
{
	char text[CURSOR_TEXT];
	enum err_code rc;

	*out_stamp = 0;
	*out_id = (struct id){ { 0 } };
	if ((rc = read_bucket(c->rest, out_bucket, e)) || !route_query(c->request, "after", text, sizeof(text)))
		return rc;
	return cursor_parse(text, out_stamp, out_id, e);
}

/* GET /tail/B?after=STAMP,ID&ends=K */
enum err_code
route_tail(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	uint32_t ends;
	uint64_t stamp;
	bucket_id bucket;
	struct id id;
	enum err_code rc;

	if ((rc = read_place(c, &bucket, &stamp, &id, e)) ||
	    (rc = read_number(c->request, "ends", MESSAGE_AHEAD, 0, &ends, e)) ||
	    (rc = sync_tail(p->node->records, &v, bucket, stamp, &id, ends, &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* Ids are looked up one by one, whatever comes of it. */
static enum err_code
read_ids(struct peer *p, struct bytes payload, struct message_ids *out, struct err *e)
{
	enum err_code rc = message_ids_read(payload, out, e);

	if (rc == ERR_OK)
		route_charge(&p->meter, out->ids.len / 8 * LIMIT_LOOK_BYTES);
	return rc;
}

/* GET /list/B?after=STAMP,ID */
enum err_code
route_list(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	uint64_t stamp;
	bucket_id bucket;
	struct id id;
	enum err_code rc;

	if ((rc = read_place(c, &bucket, &stamp, &id, e)) ||
	    (rc = sync_list(p->node->records, &v, bucket, stamp, &id, &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* FETCH /records, or FETCH /records?part=P&salt=NONCES */
enum err_code
route_records(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	struct message_ids m;
	struct salt salt;
	uint32_t part;
	enum err_code rc;

	if ((rc = read_ids(p, c->request->payload, &m, e)) ||
	    (rc = read_number(c->request, "part", SKETCH_PARTS - 1, SKETCH_PARTS, &part, e)) ||
	    (rc = read_salt(c->request, part, sizeof(salt.nonces), &salt, e)))
		return rc;
	if (salt.on && sync_may(&v, m.bucket) &&
	    (rc = scan(p, sync_scan_part(p->node->records, m.bucket, &salt), e)))
		return rc;
	if ((rc = sync_records(p->node->records, &v, &m, part, &salt, &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* POST /offer: what we lack of it is asked for; an offer of nothing asks for a visit. */
enum err_code
route_offer(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct message_ids m;
	enum err_code rc;

	if ((rc = read_ids(p, c->request->payload, &m, e)) || (rc = fetch_told(p, m.bucket, m.ids, e)))
		return rc;
	if (m.ids.len == 0)
		p->visit_wanted = true;
	out->code = 204;
	return ERR_OK;
}

/* GET /events */
enum err_code
route_events(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	(void)e;
	news_observe(c->peer, c->ticket, c->request->observe, &out->body);
	out->observed = c->request->observe;
	content(out);
	return ERR_OK;
}
