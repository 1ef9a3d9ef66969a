#include "node/sync/serve.h"

#include "node/store/store.h"

#include <string.h>

bool
sync_may(const struct sync_view *v, bucket_id b)
{
	bool both_cso = v->ours == CLASS_CSO && v->theirs == CLASS_CSO;

	if (b == 0)
		return true;
	if (v->membership_only || (bucket_audience(b) == AUDIENCE_CSO && !both_cso))
		return false;
	return subscription_has(v->subscription, bucket_collection(b), (uint16_t)(b >> 8));
}

void
sync_sum_bytes(const struct bucket_sum *s, uint8_t out[32])
{
	for (int i = 0; i < ID_LEN; i++)
		out[i] = (uint8_t)(s->sum[i / 8] >> 8 * (i % 8));
}

struct root_walk {
	const struct sync_view *view;
	struct buf lines;
};

static void
root_line(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct root_walk *w = self;

	if (s->count == 0 || !sync_may(w->view, b))
		return;
	put_u32(buf_grow(&w->lines, 4), b);
	put_u64(buf_grow(&w->lines, 8), s->count);
	sync_sum_bytes(s, buf_grow(&w->lines, 32));
}

void
sync_root(struct records *r, const struct sync_view *v, uint8_t out[16])
{
	struct root_walk w = { .view = v };
	struct id hash;

	records_buckets(r, NULL, UINT64_MAX, root_line, &w);
	hash_one(buf_bytes(&w.lines), &hash);
	memcpy(out, hash.b, 16);
	buf_free(&w.lines);
}

struct lines_walk {
	const struct sync_view *view;
	size_t count;
	struct buf lines;
};

static void
bucket_line(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct lines_walk *w = self;
	struct message_bucket line = { .bucket = b, .count = s->count, .newest = s->newest };

	if (s->count == 0 || !sync_may(w->view, b))
		return;
	sync_sum_bytes(s, line.sum);
	message_bucket_write(&line, &w->lines);
	w->count++;
}

void
sync_buckets(struct records *r, const struct sync_view *v, uint64_t until, struct buf *out)
{
	struct lines_walk w = { .view = v };
	struct store_txn *t = store_read(records_store(r));

	records_buckets(r, t, until, bucket_line, &w);
	txn_abort(&t);
	message_buckets_begin(w.count, out);
	buf_put_bytes(out, buf_bytes(&w.lines));
	buf_free(&w.lines);
}

/* An answer holds its head, and stops before the record that would make it longer than an answer may be. */
#define PAGE_HEAD 256
#define PAGE_MOST (LIMIT_ANSWER - PAGE_HEAD)

struct page_walk {
	struct message_page page;
	struct buf envelopes;
};

static bool
page_step(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct page_walk *w = self;

	if (w->envelopes.len + envelope.len > PAGE_MOST) {
		w->page.more = true;
		return false;
	}
	buf_put_bytes(&w->envelopes, envelope);
	w->page.last = (struct message_end){ stamp, *id };
	return true;
}

/* The pages behind one, by the lengths of what is in them. */
struct ends_walk {
	struct message_page *page;
	unsigned from, at;               /* pages behind: the first that is told, the one that is filled */
	size_t len;
	struct message_end last;
};

static bool
ends_step(void *self, uint64_t stamp, const struct id *id, size_t len)
{
	struct ends_walk *w = self;

	if (w->len + len > PAGE_MOST) {
		if (w->at >= w->from)
			w->page->ends[w->page->end_count++] = w->last;
		w->len = 0;
		if (w->at++ == MESSAGE_AHEAD)
			return false;
	}
	w->len += len;
	w->last = (struct message_end){ stamp, *id };
	return true;
}

static enum err_code
outside(bucket_id b, struct err *e)
{
	return err_set(e, ERR_DENIED, "bucket", "audience", "bucket %08x is not shared with you", b);
}

enum err_code
sync_tail(struct records *r, const struct sync_view *v, bucket_id b, uint64_t stamp, const struct id *id,
    unsigned ends, struct buf *out, struct err *e)
{
	struct page_walk w = { .page = { .last = { stamp, *id } } };
	struct ends_walk behind = { .page = &w.page, .from = ends, .at = 1 };
	struct store_txn *t;

	if (!sync_may(v, b))
		return outside(b, e);
	t = store_read(records_store(r));
	records_tail(r, t, b, stamp, id, page_step, &w);
	if (w.page.more && ends)
		records_tail_lengths(r, t, b, w.page.last.stamp, &w.page.last.id, ends_step, &behind);
	txn_abort(&t);
	message_page_write(&w.page, out);
	buf_put_bytes(out, buf_bytes(&w.envelopes));
	buf_free(&w.envelopes);
	return ERR_OK;
}

enum err_code
sync_cells(struct records *r, const struct sync_view *v, struct snapshots *s, int64_t tick_ms,
    const struct sync_stretch *q, struct buf *out, struct err *e)
{
	const struct snapshot *one;
	struct message_cells m;
	struct buf cells = { 0 };
	uint32_t from, count = q->count;

	if (!sync_may(v, q->of.bucket))
		return outside(q->of.bucket, e);
	one = snapshots_get(s, r, &q->of, q->snapshot, tick_ms);
	if (one == NULL)
		return err_set(e, ERR_MISSING, "cells", "snapshot", "it has gone: begin again");
	from = q->from < one->sketch.cells ? q->from : one->sketch.cells;
	if (q->counts.count)
		count = counts_cells(&q->counts, &one->sketch);
	if (count > one->sketch.cells - from)
		count = one->sketch.cells - from;
	sketch_write(&one->sketch, from, from + count, &cells);
	m = (struct message_cells){ .snapshot = one->number, .row = one->sketch.cells, .count = one->sum.count,
		.cells = buf_bytes(&cells), .salted = one->of.salt.on };
	memcpy(m.nonce, one->of.salt.nonces + MESSAGE_NONCE, MESSAGE_NONCE);
	sync_sum_bytes(&one->sum, m.sum);
	message_cells_write(&m, out);
	buf_free(&cells);
	return ERR_OK;
}

struct matches {
	struct records *records;
	struct store_txn *t;
	struct buf *out;
};

static void
put_match(void *self, const struct id *id, struct bytes envelope)
{
	struct matches *m = self;

	(void)id;
	if (m->out->len + envelope.len <= LIMIT_ANSWER)
		buf_put_bytes(m->out, envelope);
}

static void
put_named(void *self, const struct id *id)
{
	struct matches *m = self;
	struct verified v;

	if (records_get(m->records, m->t, id, &v))
		put_match(m, id, v.envelope);
}

enum err_code
sync_records(struct records *r, const struct sync_view *v, const struct message_ids *m, unsigned part,
    const struct salt *salt, struct buf *out, struct err *e)
{
	struct matches matches = { r, NULL, out };

	if (!sync_may(v, m->bucket))
		return outside(m->bucket, e);
	matches.t = store_read(records_store(r));
	if (salt->on)
		part_find(r, matches.t, m->bucket, part, salt, m->ids, put_named, &matches);
	for (size_t i = 0; i + 8 <= m->ids.len && !salt->on; i += 8)
		records_by_short(r, matches.t, m->bucket, m->ids.p + i, put_match, &matches);
	txn_abort(&matches.t);
	return ERR_OK;
}

struct list_walk {
	struct message_list list;
	struct buf ids;
};

static bool
list_step(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	struct list_walk *w = self;

	(void)short_id;
	if (w->ids.len == LIST_IDS * ID_LEN) {
		w->list.more = true;
		return false;
	}
	buf_put(&w->ids, id->b, ID_LEN);
	w->list.last_stamp = stamp;
	w->list.last_id = *id;
	return true;
}

enum err_code
sync_list(struct records *r, const struct sync_view *v, bucket_id b, uint64_t stamp, const struct id *id,
    struct buf *out, struct err *e)
{
	struct list_walk w = { .list = { .last_stamp = stamp, .last_id = *id } };
	struct store_txn *t;

	if (!sync_may(v, b))
		return outside(b, e);
	t = store_read(records_store(r));
	records_tail_ids(r, t, b, stamp, id, list_step, &w);
	txn_abort(&t);
	w.list.ids = buf_bytes(&w.ids);
	message_list_write(&w.list, out);
	buf_free(&w.ids);
	return ERR_OK;
}

/* How often the Ith id stands in IDS; 0 where it is not the first of its like. */
static unsigned
times_named(struct bytes ids, size_t i)
{
	unsigned times = 0;

	for (size_t k = 0; k + 8 <= ids.len; k += 8) {
		if (memcmp(ids.p + k, ids.p + i, 8) != 0)
			continue;
		if (k < i)
			return 0;
		times++;
	}
	return times;
}

enum err_code
sync_wanted(struct records *r, const struct sync_view *v, const struct message_ids *m, struct buf *out,
    struct err *e)
{
	struct store_txn *t;

	if (!sync_may(v, m->bucket))
		return outside(m->bucket, e);
	t = store_read(records_store(r));
	for (size_t i = 0; i + 8 <= m->ids.len; i += 8)
		if (times_named(m->ids, i) > records_knows(r, t, m->bucket, m->ids.p + i, NULL))
			buf_put(out, m->ids.p + i, 8);
	txn_abort(&t);
	return ERR_OK;
}

struct scan {
	uint64_t until, records;
};

static void
add_scan(void *self, bucket_id b, const struct bucket_sum *s)
{
	struct scan *scan = self;

	(void)b;
	if (s->newest > scan->until)
		scan->records += s->count;
}

uint64_t
sync_scan_until(struct records *r, uint64_t until)
{
	struct scan scan = { .until = until };

	records_buckets(r, NULL, UINT64_MAX, add_scan, &scan);
	return scan.records;
}

uint64_t
sync_scan_part(struct records *r, bucket_id b, const struct salt *salt)
{
	struct bucket_sum sum = { 0 };

	records_bucket(r, b, &sum);
	return (sum.count / SKETCH_PARTS + 1) * (salt->on ? SCAN_HASH : 1);
}
