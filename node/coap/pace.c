#include "node/coap/pace.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

#define DATAGRAM 1060                    /* a full block in its CoAP message */
#define FIRST_WINDOW (16 * DATAGRAM)     /* while nothing is known */
#define START_WINDOW (16 * FIRST_WINDOW)   /* as far as guesses may go */
#define LEAST_WINDOW (4 * DATAGRAM)
#define MOST_WINDOW ((size_t)8 << 20)
#define LEAST_RATE 4096                  /* below this a rate is noise */
#define REQUEST_MOST (10 * DATAGRAM)     /* a set of RFC 9177 */
#define REQUEST_LEAST (2 * DATAGRAM)
#define BURST_US (10 * MS)               /* asked for at once at most, in time on the link */
#define SLACK_US (5 * MS)                /* coarse clocks and the peer's own time, added to the round trip */

#define MOST_LOSS 0.2                    /* made up for; the phase of less stays less: 0.75 / (1 - 0.2) < 1 */
#define SMALL_QUEUE_US (10 * MS)         /* not worth slowing down */

#define ROUND_LEAST_US (20 * MS)         /* below, whole ms would say little about a rate */
#define START_QUEUE_US (40 * MS)         /* smoothed: the start is over */
#define STANDING_US (60 * MS)            /* the lowest of a round: others wait because of us, or we of others */
#define GONE_US (30 * MS)
#define PROBE_US (500 * MS)
#define FORGET_US (1 * SECOND)           /* of silence: begin again at half of what went before */
#define IDLE_US (10 * SECOND)            /* of having nothing to ask: the same */
#define QUIET 8                          /* rounds without a queue: nobody to yield to */
#define STUCK 6                          /* rounds of yielding in which the queue stayed */
#define STEP_FELT 2                      /* rounds left of stepping back when it is felt */
#define FRESH_US (8 * SECOND)            /* without a round trip near the lowest: step back to see it again */
#define HOLD_US (60 * SECOND)            /* a yielding receiver believes its lowest round trip for so long */

/* ---- the states ---- */

static const struct {
	const char *name;
	unsigned next;                   /* bits of states it may move to */
} states[PACE_STATES] = {
	[PACE_START] = { "start", 1u << PACE_DRAIN | 1u << PACE_SILENT },
	[PACE_DRAIN] = { "drain", 1u << PACE_CRUISE | 1u << PACE_START | 1u << PACE_SILENT },
	[PACE_CRUISE] = { "cruise", 1u << PACE_START | 1u << PACE_YIELD | 1u << PACE_SILENT },
	[PACE_YIELD] = { "yield", 1u << PACE_CRUISE | 1u << PACE_START | 1u << PACE_SILENT },
	[PACE_SILENT] = { "silent", 1u << PACE_START | 1u << PACE_DRAIN | 1u << PACE_CRUISE | 1u << PACE_YIELD },
};

enum { PHASE_MORE, PHASE_LESS, PHASE_EVEN, PHASE_SETTLED, PHASES = 8 };
static const double cycle[PHASES] = { 1.25, 0.75, 1, 1, 1, 1, 1, 1 };

const char *
pace_state_name(enum pace_state s)
{
	assert((unsigned)s < PACE_STATES);
	return states[s].name;
}

static void
move(struct pace *p, enum pace_state to)
{
	assert(states[p->state].next >> to & 1);
	p->state = to;
}

/* ---- what is known of the link ---- */

static uint64_t
highest(const uint64_t *v, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i] > most)
			most = v[i];
	return most;
}

static uint64_t
rate(const struct pace *p)
{
	return highest(p->rate, PACE_RATES);
}

static uint64_t
floor_rate(const struct pace *p)
{
	return highest(p->best, PACE_BESTS) / 4;
}

/* The round trip without queues; 0: unknown. */
static int64_t
lowest(const struct pace *p)
{
	int64_t low = p->held_low_us;

	for (size_t i = 0; i < PACE_LOWS; i++)
		if (p->low_us[i] && (!low || p->low_us[i] < low))
			low = p->low_us[i];
	return low;
}

/* What the link loses when we do not press it; 0 while too little has been seen. */
static double
base_loss(const struct pace *p)
{
	double seen = p->thrift_came + p->thrift_lost, loss = seen < 50 ? 0 : p->thrift_lost / seen;

	return loss > MOST_LOSS ? MOST_LOSS : loss;
}

/* GAIN times the bytes that make the link full and no fuller, lost ones included. */
static uint64_t
pipe(const struct pace *p, uint64_t bytes_per_s, double gain)
{
	return (uint64_t)((double)bytes_per_s * (gain * (double)lowest(p) + SLACK_US) / 1e6 / (1 - base_loss(p)));
}

/* ---- window and pacing ---- */

static size_t
clamp(uint64_t v, size_t least, uint64_t most)
{
	return v < least || most < least ? least : v > most ? (size_t)most : (size_t)v;
}

static void
set_window(struct pace *p)
{
	uint64_t r = rate(p);

	if (p->state == PACE_START || r == 0 || lowest(p) == 0)
		return;
	if (p->state == PACE_DRAIN)
		p->window = clamp(pipe(p, r, 1), LEAST_WINDOW, MOST_WINDOW);
	else if (p->step >= STEP_FELT)
		p->window = clamp(pipe(p, p->cap ? p->cap : r, 0.25), LEAST_WINDOW, MOST_WINDOW);
	else if (p->cap)
		p->window = clamp(pipe(p, p->cap, 1.25), LEAST_WINDOW, MOST_WINDOW);
	else
		p->window = clamp(pipe(p, r, 2), LEAST_WINDOW, MOST_WINDOW);
}

/* Bytes a second that are asked for; 0: as many as the window holds. */
static double
pacing(const struct pace *p)
{
	double r = (double)rate(p), all = 1 - base_loss(p);

	switch (p->state) {
	case PACE_START:
		return p->srtt_us ? 2e6 * (double)p->window / (double)(p->srtt_us + SLACK_US) : 0;
	case PACE_DRAIN:
		return 0.75 * r / all;
	case PACE_CRUISE:
		return (p->phase >= PHASE_EVEN && p->standing_us > SMALL_QUEUE_US ? 0.95 : cycle[p->phase]) * r / all;
	default:
		return (double)p->cap / all;
	}
}

/* What makes a request worth its own bytes, and no burst that others would feel. */
static size_t
request_size(const struct pace *p)
{
	size_t size = clamp((uint64_t)(pacing(p) * BURST_US / 1e6), REQUEST_LEAST, REQUEST_MOST);

	return size > p->window / 4 ? p->window / 4 : size;
}

static size_t
space(const struct pace *p)
{
	return p->flight < p->window ? p->window - p->flight : 0;
}

static double
credit_at(const struct pace *p, int64_t now_us)
{
	return p->credit + pacing(p) * (double)(now_us - p->credit_us) / 1e6;
}

/* Time has passed: credit grows up to a burst. When it overflows the caller had nothing to ask for. */
static void
advance(struct pace *p, int64_t now_us)
{
	double most = pacing(p) * BURST_US / 1e6;

	if (most < 2.0 * (double)request_size(p))
		most = 2.0 * (double)request_size(p);
	if (p->came_bytes < FIRST_WINDOW / 2)
		most = FIRST_WINDOW;
	if (now_us > p->now_us)
		p->now_us = now_us;
	p->credit = credit_at(p, p->now_us);
	p->credit_us = p->now_us;
	if (p->credit > most) {
		p->credit = most;
		if (space(p) >= request_size(p) && p->state != PACE_SILENT)
			p->limited = true;
	}
}

void
pace_init(struct pace *p, uint64_t remembered_bytes_per_s, int64_t now_us)
{
	memset(p, 0, sizeof *p);
	p->now_us = p->credit_us = p->came_us = now_us;
	p->window = FIRST_WINDOW;
	p->credit = FIRST_WINDOW;
	p->rate[0] = remembered_bytes_per_s / 2;
}

size_t
pace_room(struct pace *p, int64_t now_us)
{
	size_t room, size;

	advance(p, now_us);
	if (p->state == PACE_SILENT)
		return p->now_us - p->probe_us >= PROBE_US ? REQUEST_LEAST : 0;
	size = request_size(p);
	room = space(p);
	if (room < size)
		return 0;
	if (pacing(p) > 0 && p->credit < (double)room)
		room = p->credit < 0 ? 0 : (size_t)p->credit;
	return room < size ? 0 : room;
}

int64_t
pace_wait_us(const struct pace *p, int64_t now_us)
{
	double missing;
	int64_t wait;

	if (now_us < p->now_us)
		now_us = p->now_us;
	if (p->state == PACE_SILENT) {
		wait = p->probe_us + PROBE_US - now_us;
		return wait < 0 ? 0 : wait;
	}
	if (space(p) < request_size(p))
		return INT64_MAX;
	missing = (double)request_size(p) - credit_at(p, now_us);
	if (missing <= 0 || pacing(p) <= 0)
		return 0;
	return (int64_t)(missing * 1e6 / pacing(p)) + 1;
}

/* ---- the round ---- */

static void
begin_round(struct pace *p)
{
	p->round++;
	p->round_us = p->now_us;
	p->round_came = p->came_bytes;
	p->round_low_us = 0;
	p->limited = false;
}

/* Go on from half of what the link gave: what begins, or begins again after a long silence. */
static void
restart(struct pace *p)
{
	if (p->state != PACE_START)
		move(p, PACE_START);
	p->cap = 0;
	p->held_low_us = 0;
	p->step = 0;
	p->grown = 0;
	p->flat = 0;
	p->queue_us = 0;
	p->window = clamp(pipe(p, rate(p), 0.5), FIRST_WINDOW, MOST_WINDOW);
	p->credit = (double)request_size(p);
}

static void
keep_low(struct pace *p, int64_t round_us)
{
	int64_t second = p->now_us / SECOND, *slot;

	if (second > p->low_second + PACE_LOWS)
		memset(p->low_us, 0, sizeof p->low_us);
	else
		for (int64_t i = p->low_second + 1; i <= second; i++)
			p->low_us[i % PACE_LOWS] = 0;
	p->low_second = second;
	slot = &p->low_us[second % PACE_LOWS];
	if (*slot == 0 || round_us < *slot)
		*slot = round_us;
}

static void
keep_best(struct pace *p, uint64_t r)
{
	int64_t ten = p->now_us / (10 * SECOND);

	for (int64_t i = p->best_ten + 1; i <= ten && i <= p->best_ten + PACE_BESTS; i++)
		p->best[i % PACE_BESTS] = 0;
	if (ten > p->best_ten + PACE_BESTS)
		memset(p->best, 0, sizeof p->best);
	p->best_ten = ten;
	if (r > p->best[ten % PACE_BESTS])
		p->best[ten % PACE_BESTS] = r;
}

static void
keep_rate(struct pace *p, uint64_t r)
{
	p->rate_at = (p->rate_at + 1) % PACE_RATES;
	p->rate[p->rate_at] = r;
	keep_best(p, r);
}

/*
 * By how much a yielding receiver asks for more in a round: more for who has more, but less than in proportion, so
 * that two of us come to equal shares.
 */
static uint64_t
step_up(const struct pace *p)
{
	return (uint64_t)(sqrt((double)highest(p->best, PACE_BESTS) * 2 * DATAGRAM * 1e6 / (double)lowest(p)) / 4);
}

/* Have we lost more than the link loses by itself? Judged when enough has been seen. */
static bool
presses(struct pace *p)
{
	double seen = p->round_blocks + p->round_lost, base = p->thrift_came + p->thrift_lost;
	double expected, lost = p->round_lost;

	if (seen < 40)
		return false;
	expected = base < 50 ? 0.15 : p->thrift_lost / base;
	p->round_blocks = p->round_lost = 0;
	/* Blocks of one lost request are lost together: be sure. */
	return lost > seen * (expected * 1.5 + 0.15);
}

static void
cut(struct pace *p, uint64_t seen)
{
	uint64_t from = p->cap ? p->cap : rate(p), least = floor_rate(p);

	if (seen < from)
		from = seen;
	p->cap = from * 80 / 100;
	if (p->cap < least)
		p->cap = least;
	if (p->cap < LEAST_RATE)
		p->cap = LEAST_RATE;
}

static void
start_round(struct pace *p, bool pressed)
{
	uint64_t r = rate(p);

	if (r >= p->grown + p->grown / 4) {
		p->grown = r;
		p->flat = 0;
	} else if (!p->limited) {
		p->flat++;
	}
	if (p->flat >= 3 || (pressed && p->flat))
		move(p, PACE_DRAIN);
}

static void
enter_phase(struct pace *p, unsigned phase)
{
	p->phase = phase % PHASES;
	p->phase_us = p->now_us;
}

static void
cruise_round(struct pace *p, uint64_t seen, int64_t standing_us, bool pressed)
{
	/* What the phase of more has left in the queue is ours, and gone when we have settled. */
	if ((standing_us > STANDING_US && p->phase >= PHASE_SETTLED) || pressed) {
		p->held_low_us = lowest(p);
		p->yield_us = p->now_us;
		p->quiet = 0;
		p->cuts = 1;
		cut(p, seen);
		move(p, PACE_YIELD);
	} else if (p->phase != PHASE_LESS) {
		enter_phase(p, p->phase + 1);
	}
}

/*
 * Two rounds of next to nothing, one until it is felt and one in which it is, and one until what is asked for again has
 * come. Done when no round trip near the lowest was seen for long, and when yielding does not help.
 */
static void
step_back(struct pace *p)
{
	bool stuck = p->state == PACE_YIELD && p->cuts >= STUCK && p->cap <= floor_rate(p) + floor_rate(p) / 16;
	bool stale = (p->state == PACE_YIELD || p->state == PACE_CRUISE) && p->now_us - p->fresh_us > FRESH_US;

	if (!stuck && !stale)
		return;
	p->step = STEP_FELT + 1;
	p->step_low_us = p->round_low_us;
	p->fresh_us = p->now_us;
}

/*
 * Another way to the peer, longer than the one before, looks like a queue. But a queue in which our blocks wait gets
 * shorter when we step back; what does not is the way itself.
 */
static bool
is_other_way(const struct pace *p)
{
	return p->step == STEP_FELT && p->cuts >= STUCK && p->round_low_us > p->step_low_us - SMALL_QUEUE_US;
}

static void
yield_round(struct pace *p, uint64_t seen, int64_t standing_us, bool pressed)
{
	int64_t low = p->round_low_us;

	if (p->now_us - p->yield_us > HOLD_US)
		p->held_low_us = 0;
	if (is_other_way(p)) {
		p->held_low_us = 0;
		memset(p->low_us, 0, sizeof p->low_us);
		keep_low(p, low);
		restart(p);
	} else if (p->step) {
		p->cuts = p->step == STEP_FELT ? 0 : p->cuts;
	} else if (standing_us > STANDING_US || pressed) {
		p->quiet = 0;
		p->cuts++;
		cut(p, p->limited ? p->cap : seen);
	} else if (standing_us < GONE_US) {
		p->cuts = 0;
		p->cap += p->limited ? 0 : step_up(p);
		if (++p->quiet < QUIET)
			return;
		p->cap = 0;
		p->held_low_us = 0;
		enter_phase(p, PHASE_EVEN);
		move(p, PACE_CRUISE);
	}
}

static void
end_round(struct pace *p)
{
	int64_t took = p->now_us - p->round_us;
	uint64_t seen = (uint64_t)((double)(p->came_bytes - p->round_came) * 1e6 / (double)took);
	int64_t standing = p->standing_us = p->round_low_us ? p->round_low_us - lowest(p) : 0;
	bool pressed = presses(p);

	/* With a queue it was the link that limited us, whatever the caller did. */
	if (!p->limited || seen > rate(p) || standing > STANDING_US)
		keep_rate(p, seen);
	switch (p->state) {
	case PACE_START:
		start_round(p, pressed);
		break;
	case PACE_CRUISE:
		cruise_round(p, seen, standing, pressed);
		break;
	case PACE_YIELD:
		yield_round(p, seen, standing, pressed);
		break;
	default:
		break;
	}
	if (p->step)
		p->step--;
	else
		step_back(p);
	begin_round(p);
}

/* ---- what was asked, came, was lost ---- */

void
pace_asked(struct pace *p, struct pace_mark *out_mark, size_t bytes, int64_t now_us)
{
	advance(p, now_us);
	if (p->flight == 0) {
		if (p->now_us - p->came_us > IDLE_US && p->state != PACE_SILENT && rate(p))
			restart(p);
		p->waiting_us = p->now_us;
	}
	*out_mark = (struct pace_mark){ p->now_us, (uint32_t)bytes, p->round,
		p->state == PACE_CRUISE ? (uint8_t)p->phase :
		p->state == PACE_YIELD && p->cuts ? PHASE_LESS : PHASE_EVEN, true };
	p->flight += bytes;
	p->credit -= (double)bytes;
	if (p->state == PACE_SILENT)
		p->probe_us = p->now_us;
}

static void
close_mark(struct pace *p, struct pace_mark *mark)
{
	mark->open = false;
	p->flight -= mark->bytes < p->flight ? mark->bytes : p->flight;
}

void
pace_round_trip(struct pace *p, int64_t round_us, int64_t now_us)
{
	int64_t off;

	advance(p, now_us);
	if (round_us < MS)
		round_us = MS;
	if (p->srtt_us == 0) {
		p->srtt_us = round_us;
		p->var_us = round_us / 2;
	} else {
		off = round_us > p->srtt_us ? round_us - p->srtt_us : p->srtt_us - round_us;
		p->var_us += (off - p->var_us) / 4;
		p->srtt_us += (round_us - p->srtt_us) / 8;
	}
	keep_low(p, round_us);
	if (round_us <= lowest(p) + SMALL_QUEUE_US)
		p->fresh_us = p->now_us;
	if (p->round_low_us == 0 || round_us < p->round_low_us)
		p->round_low_us = round_us;
	p->queue_us += (round_us - lowest(p) - p->queue_us) / 8;
	if (p->came_bytes == 0 && rate(p))
		p->window = clamp(pipe(p, rate(p), 1), FIRST_WINDOW, MOST_WINDOW);
}

/* Losses before this arrival count now that the link is seen to be alive; an outage says nothing about our window. */
static void
end_silence(struct pace *p)
{
	int64_t silence = p->now_us - p->waiting_us;

	if (p->state != PACE_SILENT) {
		p->round_lost += p->pending_lost;
		p->thrift_lost += p->pending_thrifty;
	} else {
		move(p, p->before);
		if (silence > FORGET_US)
			restart(p);
		begin_round(p);
	}
	p->pending_lost = p->pending_thrifty = p->pending_times = 0;
	p->came_us = p->waiting_us = p->now_us;
}

static void
count_came(struct pace *p, const struct pace_mark *mark)
{
	if (mark->phase != PHASE_LESS) {
		p->round_blocks++;
		return;
	}
	p->thrift_came++;
	if (p->thrift_came + p->thrift_lost > 400) {
		p->thrift_came /= 2;
		p->thrift_lost /= 2;
	}
}

/*
 * What was asked for at once comes as fast as the narrowest part of the way lets it through. In the start that is
 * believed half, as it may be the pace of a burst that will not last; while cruising it tells whether asking for more
 * brings more.
 */
static void
stretch(struct pace *p, const struct pace_mark *mark, size_t bytes)
{
	bool more = mark->phase == PHASE_MORE, same = p->stretch_blocks > 0 && more == p->stretch_more &&
	    (more || mark->asked_us - p->stretch_asked_us <= SLACK_US / 2);
	int64_t took = p->stretch_last_us - p->stretch_us;
	uint64_t seen;

	if (same) {
		p->stretch_bytes += bytes;
		p->stretch_blocks++;
		p->stretch_last_us = p->now_us;
		took = p->now_us - p->stretch_us;
	}
	if (p->stretch_blocks >= 8 && took >= SLACK_US) {
		seen = (uint64_t)((double)p->stretch_bytes * 1e6 / (double)took);
		if (p->state == PACE_START && !more) {
			size_t window = clamp(pipe(p, seen, 0.5), p->window, START_WINDOW);

			if (window > p->window)
				p->window = window;
		}
		if (!same && p->stretch_more && p->state == PACE_CRUISE && seen > rate(p) + rate(p) / 8 &&
		    p->queue_us < GONE_US) {
			keep_rate(p, seen);
			restart(p);
			p->window = clamp(pipe(p, seen, 1), FIRST_WINDOW, MOST_WINDOW);
		}
	}
	if (same)
		return;
	p->stretch_asked_us = mark->asked_us;
	p->stretch_us = p->stretch_last_us = p->now_us;
	p->stretch_bytes = 0;
	p->stretch_blocks = 1;
	p->stretch_more = more;
}

/* The start is over as soon as a queue is felt; what has come since the round began tells how wide the link is. */
static void
end_start(struct pace *p)
{
	int64_t took = p->now_us - p->round_us;
	uint64_t seen;

	if (took < ROUND_LEAST_US || p->came_bytes < 2 * FIRST_WINDOW)
		return;
	seen = (uint64_t)((double)(p->came_bytes - p->round_came) * 1e6 / (double)took);
	if (seen > rate(p))
		keep_rate(p, seen);
	if (rate(p))
		move(p, PACE_DRAIN);
}

/* More is asked for no longer than a small queue would take to grow, less until it is gone. */
static void
turn_phase(struct pace *p)
{
	if (p->phase == PHASE_MORE && p->now_us - p->phase_us > START_QUEUE_US * 4)
		enter_phase(p, PHASE_LESS);
	else if (p->phase == PHASE_LESS && p->now_us - p->phase_us > ROUND_LEAST_US &&
	    (p->flight <= pipe(p, rate(p), 1) || p->now_us - p->phase_us > p->srtt_us))
		enter_phase(p, PHASE_EVEN);
}

void
pace_came(struct pace *p, struct pace_mark *mark, size_t bytes, int64_t now_us)
{
	bool was_open = mark && mark->open, pressing;

	advance(p, now_us);
	pressing = p->flight >= p->window / 2;
	end_silence(p);
	if (was_open)
		close_mark(p, mark);
	if (mark) {
		pace_round_trip(p, p->now_us - mark->asked_us, now_us);
		count_came(p, mark);
	}
	p->came_bytes += bytes;
	if (mark)
		stretch(p, mark, bytes);
	if (p->state == PACE_START && pressing)
		p->window = clamp(p->window + bytes, FIRST_WINDOW, clamp(pipe(p, rate(p), 4), START_WINDOW, MOST_WINDOW));
	if (p->state == PACE_START && p->queue_us > START_QUEUE_US)
		end_start(p);
	else if (p->state == PACE_CRUISE)
		turn_phase(p);
	if (p->round_us == 0)
		begin_round(p);
	else if (mark && mark->round == p->round && p->now_us - p->round_us >= ROUND_LEAST_US)
		end_round(p);
	set_window(p);
	if (p->state == PACE_DRAIN && p->flight <= p->window) {
		enter_phase(p, PHASE_EVEN);
		move(p, PACE_CRUISE);
		set_window(p);
	}
}

void
pace_lost(struct pace *p, struct pace_mark *mark, int64_t now_us)
{
	int64_t waited;

	advance(p, now_us);
	if (!mark->open)
		return;
	close_mark(p, mark);
	if (mark->phase == PHASE_LESS)
		p->pending_thrifty++;
	else
		p->pending_lost++;
	if (mark->asked_us != p->lost_asked_us)
		p->pending_times++;
	p->lost_asked_us = mark->asked_us;
	/* One lost request is no silence, though it may take many blocks with it. */
	waited = p->now_us - p->waiting_us;
	if (p->state != PACE_SILENT && waited > pace_patience_us(p) * (p->pending_times > 1 ? 1 : 2)) {
		p->before = p->state;
		p->probe_us = p->now_us - PROBE_US;
		move(p, PACE_SILENT);
	}
}

void
pace_dropped(struct pace *p, struct pace_mark *mark)
{
	if (mark->open)
		close_mark(p, mark);
}

int64_t
pace_patience_us(const struct pace *p)
{
	return p->srtt_us ? p->srtt_us + 4 * p->var_us + 50 * MS : 2 * SECOND;
}

uint64_t
pace_rate(const struct pace *p)
{
	return rate(p);
}
