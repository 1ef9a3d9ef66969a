#include "node/peer/clocks.h"

#include "node/base/log.h"
#include "node/peer/contact.h"
#include "node/peer/visiting.h"
#include "proto/calendar.h"
#include "proto/stamp.h"

#include <stdio.h>
#include <stdlib.h>

#define VOICE_MS (60 * 60 * 1000LL)
#define RESTAMP_MS (60 * 1000LL)
#define VOICES 32

void
clocks_heard(struct node *n, struct contact *c, const struct message_hello *h)
{
	int64_t tick = world_tick_ms(n->world);

	/* 0 says that it does not know; before the program was made nobody knows, and beyond the last stamp there is no time
	 * to be compared with. */
	c->clock_known = h->clock_ms >= SURE_MADE_MS && h->clock_ms <= stamp_unix_ms(UINT64_MAX);
	c->clock_offset_ms = c->clock_known ? h->clock_ms - world_now_ms(n->world) : 0;
	/* By our ticks: our own clock may leap meanwhile. */
	c->clock_at_zero_ms = c->clock_known ? h->clock_ms - tick : 0;
	c->clock_heard_ms = tick;
}

int64_t
clocks_tell(struct node *n)
{
	int64_t now = world_now_ms(n->world);

	enum sure_state state = records_sure(n->records)->state;

	return now < SURE_MADE_MS || state == SURE_BARE || state == SURE_DENIED ? 0 : now;
}

/* --- voices --- */

struct voices {
	struct id who[VOICES];
	int64_t heard_ms[VOICES], offsets[VOICES];
	size_t count;
};

static void
add_voice(struct voices *v, const struct contact *c, int64_t offset)
{
	size_t i = 0;

	while (i < v->count && !id_equal(&v->who[i], &c->organisation))
		i++;
	if (i == VOICES || (i < v->count && v->heard_ms[i] > c->clock_heard_ms))
		return;
	v->who[i] = c->organisation;
	v->heard_ms[i] = c->clock_heard_ms;
	v->offsets[i] = offset;
	v->count += i == v->count;
}

static void
collect_voices(struct node *n, struct voices *out)
{
	const struct membership *m = records_membership(n->records);
	int64_t now = world_now_ms(n->world), tick = world_tick_ms(n->world);

	out->count = 0;
	for (const struct contact *c = n->contacts; c; c = c->next)
		if (c->clock_known && tick - c->clock_heard_ms < VOICE_MS &&
		    membership_state(m, &c->organisation) == MEMBER_ACTIVE &&
		    !id_equal(&c->organisation, &n->home->organisation.public_key))
			add_voice(out, c, c->clock_at_zero_ms + tick - now);
}

/* Other organisations that have a node; more than the quorum make no difference. */
static size_t
others(const struct node *n)
{
	const struct membership *m = records_membership(n->records);
	const struct id *self = &n->home->organisation.public_key, *first = NULL;

	/* Whom we do not belong to yet cannot be asked, and nothing is there to lose. */
	if (membership_state(m, self) == MEMBER_NEVER)
		return 0;
	for (size_t i = 0; i < membership_node_count(m); i++) {
		const struct id *who = &membership_node_at(m, i)->organisation;

		if (id_equal(who, self) || (first && id_equal(who, first)) ||
		    membership_state(m, who) != MEMBER_ACTIVE)
			continue;
		if (first)
			return SURE_QUORUM;
		first = who;
	}
	return first != NULL;
}

/* --- for people --- */

static const char *
away(int64_t ms, char out[64])
{
	long long s = ms < 0 ? -ms / 1000 : ms / 1000;
	const char *where = ms > 0 ? "behind" : "ahead of";

	if (s < 2 * HOUR_S)
		snprintf(out, 64, "%lld min %s", s / 60, where);
	else if (s < 2 * DAY_S)
		snprintf(out, 64, "%lld h %s", s / HOUR_S, where);
	else
		snprintf(out, 64, "%lld days %s", s / DAY_S, where);
	return out;
}

bool
clocks_warning(const struct node *n, char *out, size_t size)
{
	static const char *const why[] = {
		[SURE_EARLY] = "this clock shows a time before the one at which it was last right",
		[SURE_LATE] = "this clock has leapt ahead by more than a month, or the computer was off for so long",
		[SURE_BARE] = "this computer has no clock with a battery",
	};
	const struct sure *s = records_sure(n->records);
	bool differs = s->count && (s->median_ms > SURE_AGREES_MS || s->median_ms < -SURE_AGREES_MS);
	char text[64];

	if (s->state == SURE && (!differs || s->synchronised))
		return false;
	if (s->state == SURE || s->state == SURE_DENIED)
		snprintf(out, size, "this clock is %s that of %s%s", away(s->median_ms, text),
		    s->count == 1 ? "one other organisation" : "the other organisations",
		    s->state == SURE ? "" : s->followed ? "; until it is right, the time is taken from them and nothing ends its life" :
		    "; until they agree, nothing ends its life");
	else
		snprintf(out, size, "%s; until others or network time confirm it, nothing ends its life", why[s->state]);
	return true;
}

/* --- what follows --- */

static void
restamp(struct node *n)
{
	struct err e = { 0 };
	char text[512];
	size_t count;

	if (records_restamp(n->records, &n->home->organisation, &n->home->machine, &count, &e))
		log_event(LOG_ERROR, "clock.restamp", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	else if (count)
		log_event(LOG_WARN, "clock.restamp", "records=%zu text=\"they were signed while this clock was ahead, and "
		    "are signed anew\"", count);
}

void
clocks_tick(struct node *n)
{
	enum sure_state before = records_sure(n->records)->state;
	bool agreed = sure_agreed(records_sure(n->records));
	int64_t tick = world_tick_ms(n->world), zero = world_now_ms(n->world) - tick;
	struct sure_word w = { .others = others(n) };
	struct clock_kernel kernel = { 0 };
	struct voices v;
	struct err e = { 0 };
	char text[512];

	/* Whoever heard our clock before it leapt must hear it again, or goes on counting with the old one. */
	if (n->clock_zero_ms && llabs((long long)(zero - n->clock_zero_ms)) > SURE_AGREES_MS)
		visiting_all(n);
	n->clock_zero_ms = zero;
	if (n->ops.kernel)
		n->ops.kernel(n->ops.self, &kernel);
	collect_voices(n, &v);
	w.synchronised = kernel.synchronised;
	w.bare = kernel.bare;
	w.offsets = v.offsets;
	w.count = v.count;
	if (records_hear_time(n->records, &w, &e))
		log_event(LOG_ERROR, "clock.settle", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	if (records_sure(n->records)->state != before)
		log_event(LOG_WARN, "clock.judged", "now=%s before=%s voices=%zu offset_ms=%lld",
		    sure_word(records_sure(n->records)->state), sure_word(before), w.count,
		    (long long)records_sure(n->records)->median_ms);
	else if (tick < n->next_restamp_ms && agreed == sure_agreed(records_sure(n->records)))
		return;
	if (records_sure(n->records)->state != before)
		visiting_all(n);          /* what our hello says of the time is another thing now */
	n->next_restamp_ms = tick + RESTAMP_MS;
	restamp(n);
	n->membership_moved |= records_sure(n->records)->state != before;
	node_settle(n);
}
