#include "node/peer/intake.h"

#include "node/base/log.h"
#include "node/peer/contact.h"
#include "node/peer/news.h"

#include <stdlib.h>
#include <string.h>

/* One worker's share: long enough to hide the hand-over (72 us a signature), short enough to keep both busy. */
#define SHARE 32

struct batch {
	struct intake *intake;
	struct batch *next;
	struct buf bytes;
	struct admission *items;        /* screened: worth verifying */
	struct unverified *claims;
	size_t count;
	size_t shares;                  /* with workers */
	bool verified;
	struct admit_result result;
	const struct contact *giver;
	void (*done)(void *arg, const struct admit_result *r);
	void *arg;
};

struct intake {
	struct node *node;
	struct batch *first, **last;
	size_t pending;
};

struct share {
	struct batch *batch;
	struct id network;
	size_t from, to;
};

struct intake *
intake_new(struct node *n)
{
	struct intake *i = need_zeroed(1, sizeof(*i));

	i->node = n;
	i->last = &i->first;
	return i;
}

static void
batch_end(struct batch *b)
{
	b->intake->pending--;
	b->done(b->arg, &b->result);
	buf_free(&b->bytes);
	free(b->items);
	free(b->claims);
	free(b);
}

void
intake_free(struct intake *i)
{
	if (i == NULL)
		return;
	while (i->first) {
		struct batch *b = i->first;

		i->first = b->next;
		b->result.failed = ERR_STORE;
		batch_end(b);
	}
	free(i);
}

static void
verify_share(void *arg)
{
	struct share *s = arg;

	for (size_t i = s->from; i < s->to; i++)
		s->batch->items[i].signature_ok = records_signature_ok(&s->network, &s->batch->claims[i]);
}

static size_t
points(enum refusal r)
{
	return !refusal_blamed(r) ? 0 : r == REFUSAL_SIGNATURE ? BLAME_SIGNATURE : BLAME_OTHER;
}

/* It came for nothing: another copy was here first. */
static void
count_held(struct batch *b)
{
	b->result.held++;
	b->intake->node->useless++;
}

static void
count_refusal(struct batch *b, enum refusal r)
{
	b->result.refused++;
	b->result.outdated += refusal_outdated(r);
	b->result.blamed += points(r);
	log_event(LOG_DEBUG, "record.refused", "rule=%s", refusal_name(r));
}

static void
count_verdicts(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		enum refusal r = b->items[i].verdict;

		if (r == REFUSAL_NONE)
			b->result.admitted++;
		else if (r == REFUSAL_HELD)
			count_held(b);
		else
			count_refusal(b, r);
	}
}

/* Everything at the head of the queue that is verified, taken out of it, in the order in which it came. */
static struct batch *
take_ready(struct intake *i, size_t *out_count)
{
	struct batch *ready = NULL, **end = &ready;

	*out_count = 0;
	while (i->first && i->first->verified) {
		struct batch *b = i->first;

		i->first = b->next;
		b->next = NULL;
		*end = b;
		end = &b->next;
		*out_count += b->count;
	}
	if (i->first == NULL)
		i->last = &i->first;
	return ready;
}

/* One transaction for all that has gathered while the last one was written: a commit costs two flushes, however
 * much is in it. */
static void
store_ready(struct intake *i)
{
	size_t count, at = 0;
	struct batch *ready = take_ready(i, &count);
	struct admission *items = need_alloc(count * sizeof(*items));
	uint64_t before = records_arrival(i->node->records);
	bool one_giver = true;
	struct err e = { 0 };
	char text[512];

	for (struct batch *b = ready; b; b = b->next)
		one_giver &= b->giver == ready->giver;
	for (struct batch *b = ready; b; at += b->count, b = b->next)
		for (size_t k = 0; k < b->count; k++)
			items[at + k] = b->items[k];
	if (count && records_admit(i->node->records, items, count, &e))
		log_event(LOG_ERROR, "intake.store", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	if (ready && ready->giver && one_giver)
		news_given(i->node, ready->giver, before, records_arrival(i->node->records));
	node_settle(i->node);
	at = 0;
	while (ready) {
		struct batch *b = ready;

		ready = b->next;
		for (size_t k = 0; k < b->count; k++)
			b->items[k] = items[at++];
		if (e.code)
			b->result.failed = ERR_STORE;
		else
			count_verdicts(b);
		batch_end(b);
	}
	free(items);
}

static void
share_home(void *arg)
{
	struct share *s = arg;
	struct batch *b = s->batch;

	free(s);
	if (--b->shares)
		return;
	b->verified = true;
	store_ready(b->intake);
}

static void
screen(struct batch *b)
{
	struct bytes rest = buf_bytes(&b->bytes), item;
	struct unverified u;
	size_t cap = 0;

	while (sequence_next(&rest, &item)) {
		enum refusal r = records_screen(b->intake->node->records, item, &u, NULL);

		if (r == REFUSAL_HELD) {
			count_held(b);
			continue;
		}
		if (r != REFUSAL_NONE && r != REFUSAL_FUTURE_ASIDE && r != REFUSAL_NOT_ACTIVE) {
			count_refusal(b, r);
			continue;
		}
		if (b->count == cap) {
			cap = cap ? cap * 2 : 64;
			b->items = need_realloc(b->items, cap * sizeof(*b->items));
			b->claims = need_realloc(b->claims, cap * sizeof(*b->claims));
		}
		b->items[b->count] = (struct admission){ .envelope = item };
		b->claims[b->count++] = u;
	}
	if (rest.len) {
		(void)records_screen(b->intake->node->records, rest, &u, NULL); /* counts what is wrong with it */
		b->result.refused++;
		b->result.blamed += BLAME_OTHER;
	}
}

void
intake_submit(struct intake *i, const struct contact *giver, struct bytes sequence,
    void (*done)(void *arg, const struct admit_result *r), void *arg)
{
	struct batch *b = need_zeroed(1, sizeof(*b));

	b->intake = i;
	b->giver = giver;
	b->done = done;
	b->arg = arg;
	buf_put_bytes(&b->bytes, sequence);
	i->pending++;
	*i->last = b;
	i->last = &b->next;
	screen(b);
	b->shares = (b->count + SHARE - 1) / SHARE;
	for (size_t from = 0; from < b->count; from += SHARE) {
		struct share *s = need_zeroed(1, sizeof(*s));

		s->batch = b;
		s->network = *records_network(i->node->records);
		s->from = from;
		s->to = from + SHARE < b->count ? from + SHARE : b->count;
		i->node->ops.work(i->node->ops.self, verify_share, share_home, s);
	}
	if (b->count == 0) {
		/* Nothing to verify: still through the queue, so that `done` never comes before we return. */
		struct share *s = need_zeroed(1, sizeof(*s));

		s->batch = b;
		b->shares = 1;
		i->node->ops.work(i->node->ops.self, verify_share, share_home, s);
	}
}

size_t
intake_pending(const struct intake *i)
{
	return i->pending;
}
