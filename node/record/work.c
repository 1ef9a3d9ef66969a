#include "node/record/records_int.h"

void
work_begin_read(struct work *w, struct records *r, struct store_txn *t)
{
	int64_t now = records_now_ms(r);

	*w = (struct work){ .r = r, .t = t, .m = r->membership, .now_ms = now, .day = day_of(now), .hour = hour_now(r),
		.sure = r->sure.state == SURE, .branch = r->branch, .arrival_before = r->arrival };
	day_set(w);
}

void
work_begin(struct work *w, struct records *r)
{
	work_begin_read(w, r, store_write(r->store));
}

static void
put_meta(struct work *w, const char *word, struct bytes value)
{
	txn_put(w->t, STORE_META, bytes_text(word), value);
}

static void
put_meta_u64(struct work *w, const char *word, uint64_t v)
{
	uint8_t out[8];

	put_u64(out, v);
	put_meta(w, word, BYTES_OF(out));
}

/* The membership of before may still be read by whoever asked for it. */
static void
adopt(struct work *w)
{
	struct records *r = w->r;

	if (w->fresh == NULL)
		return;
	if (r->membership) {
		r->retired = need_realloc(r->retired, (r->retired_count + 1) * sizeof *r->retired);
		r->retired[r->retired_count++] = r->membership;
	}
	r->membership = w->fresh;
	r->branch = w->branch;
	r->hour = w->hour;
}

static void
take_back(struct work *w)
{
	struct store_txn *t;

	membership_free(w->fresh);
	buf_free(&w->retry);
	buf_free(&w->nodes);
	tally_free(&w->written);
	if (!w->touched)
		return;
	if (w->r->options.follower.forget)
		w->r->options.follower.forget(w->r->options.follower.self);
	t = store_read(w->r->store);
	set_rebuild(w->r, t);
	txn_abort(&t);
}

enum err_code
work_end(struct work *w, struct err *e)
{
	struct records *r = w->r;
	struct records_change change = { .arrival_from = w->arrival_before };
	enum err_code rc;

	if (w->membership_moved)
		refresh_work(w);
	change.arrival_to = r->arrival;
	change.membership = w->membership_changed;
	/* When the clock was last believed: stamps and hours may be of one that was not. */
	if (w->sure && (w->touched || w->fresh))
		put_meta_u64(w, "clock", (uint64_t)w->now_ms);
	if (r->sure.confirmed && w->touched)
		put_meta_u64(w, "clock_ok", 1);
	if (w->touched) {
		day_put(w);
		put_meta_u64(w, "arrival", r->arrival);
		put_meta_u64(w, "stamp", r->stamp);
	}
	if (w->fresh && (w->touched || w->hour != r->hour || !id_equal(&w->branch, &r->branch))) {
		put_meta(w, "branch", BYTES_OF(w->branch));
		put_meta_u64(w, "hour", (uint64_t)w->hour);
	}
	if (r->options.follower.flush && w->touched)
		r->options.follower.flush(r->options.follower.self, w->t);
	if ((rc = txn_commit(&w->t, e)) != ERR_OK) {
		take_back(w);
		return rc;
	}
	r->changes += w->touched;
	adopt(w);
	buf_free(&w->retry);
	buf_free(&w->nodes);
	tally_free(&w->written);
	if (r->options.changed && (change.arrival_to > change.arrival_from || change.membership))
		r->options.changed(r->options.user, &change);
	return ERR_OK;
}

void
work_abort(struct work *w)
{
	txn_abort(&w->t);
	take_back(w);
}
