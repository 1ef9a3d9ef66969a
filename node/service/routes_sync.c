#include "node/service/news.h"
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
	peer_hello(p->node, SUBSCRIBE_ALL, &v, &ours);
	ours.seen = clones_arrival(&p->contact->clones, theirs.incarnation);
	if (ours.seen <= theirs.arrival)
		ours.seen = 0;
	ours.cloned = clones_shown(&p->contact->clones, world_tick_ms(p->node->world));
	message_hello_write(&ours, &out->body);
	content(out);
	return ERR_OK;
}

/* GET /buckets?until=S */
enum err_code
route_buckets(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	uint64_t until = UINT64_MAX;
	char text[24], *end;

	if (route_query(c->request, "until", text, sizeof(text))) {
		until = strtoull(text, &end, 10);
		if (end == text || *end || text[0] == '-')
			return err_set(e, ERR_INPUT, "until", "number", "not a stamp");
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

/* GET /cells/B?part=P&snap=T&from=I&n=N */
enum err_code
route_cells(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	struct sync_stretch q;
	enum err_code rc;

	if ((rc = read_bucket(c->rest, &q.bucket, e)) ||
	    (rc = read_number(c->request, "part", SKETCH_PARTS - 1, SKETCH_PARTS, &q.part, e)) ||
	    (rc = read_number(c->request, "snap", UINT32_MAX, 0, &q.snapshot, e)) ||
	    (rc = read_number(c->request, "from", SKETCH_CELLS, 0, &q.from, e)) ||
	    (rc = read_number(c->request, "n", SKETCH_CELLS, SKETCH_BLOCK, &q.count, e)) ||
	    (rc = sync_cells(p->node->records, &v, p->node->snapshots, world_tick_ms(p->node->world), &q,
	    &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* GET /tail/B?after=STAMP,ID&sum=1 */
enum err_code
route_tail(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	uint64_t stamp = 0;
	struct id id = { { 0 } };
	char text[CURSOR_TEXT], flag[4];
	bucket_id bucket;
	enum err_code rc;

	if ((rc = read_bucket(c->rest, &bucket, e)))
		return rc;
	if (route_query(c->request, "after", text, sizeof(text)) && (rc = cursor_parse(text, &stamp, &id, e)))
		return rc;
	if ((rc = sync_tail(p->node->records, &v, bucket, stamp, &id,
	    route_query(c->request, "sum", flag, sizeof(flag)) ? SUMMED : NOT_SUMMED, &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* FETCH /records */
enum err_code
route_records(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	struct message_ids m;
	enum err_code rc;

	if ((rc = message_ids_read(c->request->payload, &m, e)) ||
	    (rc = sync_records(p->node->records, &v, &m, &out->body, e)))
		return rc;
	content(out);
	return ERR_OK;
}

/* POST /offer: what we lack of it is asked for; an offer of nothing asks for a visit. */
enum err_code
route_offer(const struct route_call *c, struct coap_answer *out, struct err *e)
{
	struct peer *p = c->peer;
	struct sync_view v = peer_view(p);
	struct message_ids m;
	struct buf wanted = { 0 };
	enum err_code rc;

	if ((rc = message_ids_read(c->request->payload, &m, e)) ||
	    (rc = sync_wanted(p->node->records, &v, &m, &wanted, e)))
		return rc;
	if (m.ids.len == 0)
		p->visit_wanted = true;
	if (wanted.len)
		news_fetch(p, m.bucket, buf_bytes(&wanted));
	buf_free(&wanted);
	out->code = 204;
	return ERR_OK;
}
