#include "node/peer/keepalive.h"

#define LATE_MS 5000
#define TOLD_MS 5000            /* so long behind a silence its end may be told */

void
keepalive_init(struct keepalive *k)
{
	*k = (struct keepalive){ .trusted_ms = KEEPALIVE_LEAST_MS };
}

/* The next length worth trying; 0: none. What is near a broken one is not. */
static int64_t
next_length(const struct keepalive *k, int64_t now)
{
	int64_t next = k->trusted_ms * 7 / 5;
	bool broken = k->broken_ms && now >= k->broken_at_ms && now - k->broken_at_ms < KEEPALIVE_BROKEN_MS;

	if (k->trusted_ms >= KEEPALIVE_MOST_MS)
		return 0;
	if (next > KEEPALIVE_MOST_MS)
		next = KEEPALIVE_MOST_MS;
	return broken && next > k->broken_ms * 9 / 10 ? 0 : next;
}

static void
trust(struct keepalive *k, int64_t silence)
{
	k->lost = 0;
	if (silence <= k->trusted_ms)
		return;
	k->trusted_ms = silence;
	k->changed = true;
}

static void
end_trial(struct keepalive *k, const struct keepalive_line *l)
{
	if (k->trial == l)
		k->trial = NULL;
}

enum keepalive_due
keepalive_due(struct keepalive *k, struct keepalive_line *l, int64_t tick, int64_t now)
{
	int64_t length;

	if (l->asked_ms) {
		if (l->heard_ms <= l->asked_ms)
			return KEEPALIVE_NOT_YET; /* the question repeats itself */
		trust(k, l->silence_ms);
		l->asked_ms = 0;
		end_trial(k, l);
	}
	if (l->rough && l->awake) {
		end_trial(k, l);
		if (tick - l->heard_ms < KEEPALIVE_AWAKE_MS)
			return KEEPALIVE_NOT_YET;
		l->asked_ms = tick;
		l->silence_ms = KEEPALIVE_AWAKE_MS;
		return KEEPALIVE_ASK;
	}
	if (k->trial == NULL && next_length(k, now))
		k->trial = l;
	length = k->trial == l ? next_length(k, now) : k->trusted_ms;
	if (length == 0) {
		k->trial = NULL;
		length = k->trusted_ms;
	}
	if (tick - l->sent_ms < length)
		return KEEPALIVE_NOT_YET;
	if (k->trial != l && (!l->rough || l->heard_ms >= l->sent_ms) && tick - l->heard_ms < KEEPALIVE_ASK_MS)
		return KEEPALIVE_SEND;
	l->asked_ms = tick;
	/* The timer's own lateness is no length; but what was silent longer, for another reason, tells about that. */
	l->silence_ms = tick - l->sent_ms > length + LATE_MS ? tick - l->sent_ms : length;
	if (l->silence_ms > KEEPALIVE_MOST_MS)
		l->silence_ms = KEEPALIVE_MOST_MS;
	return KEEPALIVE_ASK;
}

/* What was mapped did not survive SILENCE. */
static void
lose(struct keepalive *k, int64_t silence, int64_t tick, int64_t now)
{
	if (silence > k->trusted_ms) {
		k->broken_ms = silence;
		k->broken_at_ms = now;
		k->changed = true;
		return;
	}
	if (k->lost == 0 || tick - k->lost_from_ms > KEEPALIVE_LOST_MS) {
		k->lost = 0;
		k->lost_from_ms = tick;
	}
	if (++k->lost < KEEPALIVE_LOST)
		return;
	keepalive_init(k);
	k->changed = true;
}

void
keepalive_sent(struct keepalive_line *l, int64_t tick)
{
	if (tick - l->sent_ms >= KEEPALIVE_AWAKE_MS) {
		l->gap_ms = tick - l->sent_ms;
		l->gap_end_ms = tick;
	}
	l->sent_ms = tick;
}

void
keepalive_moved(struct keepalive *k, struct keepalive_line *l, int64_t tick, int64_t now)
{
	int64_t silence = l->asked_ms ? l->silence_ms : l->gap_ms;

	/* Amid talk it was no silence that cost the port. */
	if (l->gap_ms == 0 || tick - l->gap_end_ms > TOLD_MS)
		return;
	l->gap_ms = l->asked_ms = 0;
	end_trial(k, l);
	lose(k, silence, tick, now);
}

void
keepalive_ended(struct keepalive *k, struct keepalive_line *l, bool replaced, int64_t tick, int64_t now)
{
	bool unanswered = l->asked_ms && l->heard_ms <= l->asked_ms;

	end_trial(k, l);
	if (replaced && unanswered)
		lose(k, l->silence_ms, tick, now);
}

void
keepalive_write(const struct keepalive *k, uint8_t out[KEEPALIVE_LEN])
{
	put_u64(out, (uint64_t)k->trusted_ms);
	put_u64(out + 8, (uint64_t)k->broken_ms);
	put_u64(out + 16, (uint64_t)k->broken_at_ms);
}

void
keepalive_read(struct keepalive *k, struct bytes in)
{
	int64_t trusted, broken;

	if (in.len != KEEPALIVE_LEN)
		return;
	trusted = (int64_t)get_u64(in.p);
	broken = (int64_t)get_u64(in.p + 8);
	if (trusted < KEEPALIVE_LEAST_MS || trusted > KEEPALIVE_MOST_MS || broken < 0 || broken > KEEPALIVE_MOST_MS)
		return;
	k->trusted_ms = trusted;
	k->broken_ms = broken;
	k->broken_at_ms = (int64_t)get_u64(in.p + 16);
}
