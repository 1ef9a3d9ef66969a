#include "node/sync/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Questions for records by id that may be open. */
#define MAX_FETCHING 4

/*
 * What a rung calls a record: CELLS and PARTS its short id, SALTED its salted one, LIST the whole id (and asks by the short
 * one: every record that has it comes).
 */
struct wish {
	uint8_t name[ID_LEN];
	bool came;
};

struct fetch {
	struct visit *visit;
	size_t count;
	struct wish wishes[LIMIT_IDS];
};

size_t
visit_name_len(const struct visit *v)
{
	return v->rung == RUNG_LIST ? ID_LEN : 8;
}

static void
name_of(const struct visit *v, const struct id *id, uint8_t out[ID_LEN])
{
	if (v->rung == RUNG_LIST)
		memcpy(out, id->b, ID_LEN);
	else
		part_short(v->records, &v->salt, id, out);
}

static struct wish *
find_wish(struct fetch *f, const struct id *id)
{
	size_t len = visit_name_len(f->visit);
	uint8_t name[ID_LEN];

	name_of(f->visit, id, name);
	for (size_t i = 0; i < f->count; i++)
		if (memcmp(f->wishes[i].name, name, len) == 0)
			return &f->wishes[i];
	return NULL;
}

/* What the answer has of what was asked for, and what cannot be read: that is counted and blamed at admission. */
static void
take_records(struct fetch *f, struct bytes envelopes, struct buf *out)
{
	struct visit *v = f->visit;
	struct bytes item;

	while (sequence_next(&envelopes, &item)) {
		struct unverified u;
		struct wish *w;

		if (envelope_read(item, records_network(v->records), &crypto_envelope, &u, NULL)) {
			buf_put_bytes(out, item);
			continue;
		}
		if ((w = find_wish(f, &u.id)) == NULL)
			continue;
		if (!w->came)
			bucket_sum_add(&v->expected, u.id.b, 0);
		w->came = true;
		buf_put_bytes(out, item);
	}
}

/* An answer has an end: what did not fit is asked for again, as long as something comes. */
static void
ask_again(struct fetch *f)
{
	struct visit *v = f->visit;
	bool any = false;

	for (size_t i = 0; i < f->count; i++)
		any |= f->wishes[i].came;
	for (size_t i = 0; i < f->count; i++) {
		if (f->wishes[i].came)
			continue;
		if (any)
			buf_put(&v->wanted, f->wishes[i].name, visit_name_len(v));
		else
			v->missed = true;
	}
}

static void
fetch_came(void *arg, const struct visit_answer *a)
{
	struct fetch *f = arg;
	struct visit *v = f->visit;
	struct buf records = { 0 };

	v->fetching--;
	if (!visit_usable(v, a))
		goto out;
	take_records(f, a->body, &records);
	ask_again(f);
	if (records.len) {
		v->admitting++;
		v->ops.admit(v->ops.self, buf_bytes(&records), visit_admitted, v);
	}
	visit_proceed(v);
out:
	buf_free(&records);
	free(f);
	visit_maybe_free(v);
}

/* The last of v->wanted, as many as one question takes, and by which ids they are asked for. */
static void
take_wishes(struct fetch *f, struct buf *out_ids)
{
	struct visit *v = f->visit;
	size_t len = visit_name_len(v);

	for (; f->count < LIMIT_IDS && v->wanted.len; f->count++) {
		uint8_t *name = f->wishes[f->count].name;
		struct id id;

		v->wanted.len -= len;
		memcpy(name, v->wanted.p + v->wanted.len, len);
		if (v->rung == RUNG_LIST) {
			memcpy(id.b, name, ID_LEN);
			records_short(v->records, &id, buf_grow(out_ids, 8));
		} else {
			buf_put(out_ids, name, 8);
		}
	}
}

static void
ask_records(struct visit *v)
{
	struct fetch *f = need_zeroed(1, sizeof(*f));
	struct visit_ask q = { .method = FETCH, .path = "records", .done = fetch_came, .arg = f };
	char nonces[2 * sizeof(v->salt.nonces) + 1], query[64];
	struct message_ids m = { .bucket = v->bucket };
	struct buf ids = { 0 }, body = { 0 };

	f->visit = v;
	take_wishes(f, &ids);
	m.ids = buf_bytes(&ids);
	message_ids_write(&m, &body);
	q.payload = buf_bytes(&body);
	if (v->salt.on) {
		snprintf(query, sizeof(query), "part=%u&salt=%s", v->part,
		    nonce_text(v->salt.nonces, sizeof(v->salt.nonces), nonces));
		q.query = query;
	}
	if (visit_ask_for(v, &q))
		v->fetching++;
	else
		free(f);
	buf_free(&ids);
	buf_free(&body);
}

/* Several questions at a time; then it is seen whether that was all. */
void
visit_fetch_more(struct visit *v)
{
	while (v->wanted.len && v->fetching < MAX_FETCHING && v->admitting < MAX_ADMITTING && !v->over)
		ask_records(v);
	if (v->over || v->fetching || v->admitting || v->wanted.len)
		return;
	visit_compare(v);
}
