#include "node/coap/pace.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

#define DATAGRAM 1060                    /* a full block in its CoAP message */
#define FIRST_WINDOW (16 * DATAGRAM)     /* while nothing is known */
#define START_WINDOW (16 * FIRST_WINDOW) /* as far as a guess may go */
#define LEAST_WINDOW (4 * DATAGRAM)
#define MOST_WINDOW ((size_t)8 << 20)
#define LEAST_CAP 4096
#define REQUEST_MOST (10 * DATAGRAM)     /* a set of RFC 9177 */
#define REQUEST_LEAST (2 * DATAGRAM)
#define BURST_US (10 * MS)               /* asked for at once at most, in time on the way */
#define TRAIN_BLOCKS 8                   /* as few, and as short a time, that came after each other tell a rate */
#define TRAIN_US (5 * MS)
#define AT_ONCE_US (2 * MS)

#define BUSY_US (25 * MS)                /* that everything may be late, without a queue */
#define ROUND_LEAST_US (20 * MS)         /* below, whole ms would say little about a rate */
#define START_QUEUE_US (40 * MS)         /* the start is over */
#define STANDING_US (60 * MS)            /* the lowest of a round: others wait because of us, or we of others */
#define GONE_US (30 * MS)
#define SMALL_US (10 * MS)               /* not worth yielding for */
#define MORE_US (160 * MS)               /* of a quarter too much: 40 ms of queue */
#define FLAT 3                           /* rounds in which the rate does not grow: the start is over */
#define QUIET 8                          /* rounds without a queue: nobody to yield to */
#define STUCK 6                          /* rounds of yielding in which the queue stayed */
#define STEP_FELT 2                      /* rounds left of stepping back when it is felt */
#define FRESH_US (8 * SECOND)            /* without a round trip near the lowest: step back to see it again */
#define HOLD_US (60 * SECOND)            /* who yields believes in the lowest round trip for so long */
#define PROBE_US (500 * MS)
#define FORGET_US (1 * SECOND)           /* of silence: begin again at half of what went before */
#define IDLE_US (10 * SECOND)            /* of having nothing to ask: the same */
#define JUDGED 40                        /* blocks, to tell our losses from the way's own */
#define LIKELY_LOSS 0.15                 /* of a way of which too little is known */

/* --- the states --- */

#define TO(state) (1u << PACE_##state)

static const struct {
	const char *name;
	unsigned next;
} states[PACE_STATES] = {
	[PACE_START] = { "start", TO(DRAIN) | TO(SILENT) },
	[PACE_DRAIN] = { "drain", TO(CRUISE) | TO(START) | TO(SILENT) },
	[PACE_CRUISE] = { "cruise", TO(START) | TO(YIELD) | TO(SILENT) },
	[PACE_YIELD] = { "yield", TO(CRUISE) | TO(START) | TO(SILENT) },
	[PACE_SILENT] = { "silent", TO(START) | TO(DRAIN) | TO(CRUISE) | TO(YIELD) },
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

static void
enter_phase(struct pace *p, unsigned phase)
{
	p->phase = phase % PHASES;
	p->phase_us = p->now_us;
}

/* --- window and pacing --- */

static size_t
clamp(uint64_t v, size_t least, uint64_t most)
{
	return v < least || most < least ? least : v > most ? (size_t)most : (size_t)v;
}

/*
 * The start sets its own window. On a short way it is what comes while a machine that is busy, or a radio, makes
 * everything late: a window of the way alone would shrink with the rate that it allows.
 */
static void
set_window(struct pace *p)
{
	const struct way *w = &p->way;
	uint64_t rate = p->cap ? p->cap : way_rate(w), holds, late;
	double gain = p->step >= STEP_FELT ? 0.25 : p->state == PACE_DRAIN ? 1 : p->cap ? 1.25 : 2;

	if (p->state == PACE_START || rate == 0 || way_low(w) == 0)
		return;
	holds = way_holds(w, rate, gain);
	late = (uint64_t)(way_ask(w, (double)rate) * (double)(way_low(w) + BUSY_US + 2 * w->spread_us) / 1e6);
	p->window = clamp(gain > 1 && holds < late ? late : holds, LEAST_WINDOW, MOST_WINDOW);
}

/* Bytes a second that are asked for; 0: as many as the window holds. */
static double
pacing(const struct pace *p)
{
	const struct way *w = &p->way;
	double rate = (double)way_rate(w);

	switch (p->state) {
	case PACE_START:
		return w->srtt_us ? 2e6 * (double)p->window / (double)(w->srtt_us + TRAIN_US) : 0;
	case PACE_DRAIN:
		return 0.75 * way_ask(w, rate);
	case PACE_CRUISE:
		/* Rates that were seen are a little too high now and then: what that leaves in the queue goes slowly. */
		if (p->phase >= PHASE_EVEN && p->standing_us > SMALL_US)
			return 0.95 * way_ask(w, rate);
		return cycle[p->phase] * way_ask(w, rate);
	default:
		return way_ask(w, (double)p->cap);
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

/* Time has passed: credit grows up to a burst. When it overflowed meanwhile the caller had nothing to ask for. */
static void
advance(struct pace *p, int64_t now_us)
{
	double most = pacing(p) * BURST_US / 1e6, least = 2.0 * (double)request_size(p);
	bool meanwhile = now_us > p->credit_us;

	if (most < least)
		most = least;
	if (p->came_bytes < FIRST_WINDOW / 2)
		most = FIRST_WINDOW;
	if (now_us > p->now_us)
		p->now_us = now_us;
	p->credit = credit_at(p, p->now_us);
	p->credit_us = p->now_us;
	if (p->credit <= most)
		return;
	p->credit = most;
	if (meanwhile && space(p) >= request_size(p) && p->state != PACE_SILENT)
		p->limited = true;
}

void
pace_init(struct pace *p, uint64_t remembered_bytes_per_s, int64_t now_us)
{
	memset(p, 0, sizeof *p);
	p->now_us = p->credit_us = p->came_us = now_us;
	p->window = FIRST_WINDOW;
	p->credit = FIRST_WINDOW;
	p->known = remembered_bytes_per_s;
	p->way.rate[0] = remembered_bytes_per_s / 2;
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
	if (pacing(p) > 0 && p->credit < (double)room)
		room = p->credit < 0 ? 0 : (size_t)p->credit;
	return room < size ? 0 : room;
}

int64_t
pace_wait_us(const struct pace *p, int64_t now_us)
{
	double missing;

	if (now_us < p->now_us)
		now_us = p->now_us;
	if (p->state == PACE_SILENT)
		return now_us - p->probe_us >= PROBE_US ? 0 : p->probe_us + PROBE_US - now_us;
	if (space(p) < request_size(p))
		return INT64_MAX;
	missing = (double)request_size(p) - credit_at(p, now_us);
	if (missing <= 0 || pacing(p) <= 0)
		return 0;
	return (int64_t)(missing * 1e6 / pacing(p)) + 1;
}

/* --- rounds --- */

static void
begin_round(struct pace *p)
{
	p->round++;
	p->round_us = p->now_us;
	p->round_came = p->came_bytes;
	p->round_low_us = 0;
	p->limited = false;
}

/* The start again, with the window WINDOW: after a long silence, on another way, on a wider one. */
static void
restart(struct pace *p, uint64_t window)
{
	if (p->state != PACE_START)
		move(p, PACE_START);
	way_free(&p->way);
	p->cap = 0;
	p->step = 0;
	p->grown = 0;
	p->flat = 0;
	p->queue_us = 0;
	p->window = clamp(window, FIRST_WINDOW, MOST_WINDOW);
	p->credit = (double)request_size(p);
}

static uint64_t
half(const struct pace *p)
{
	return way_holds(&p->way, way_rate(&p->way), 0.5);
}

static void
cruise(struct pace *p)
{
	way_free(&p->way);
	p->cap = 0;
	enter_phase(p, PHASE_EVEN);
	move(p, PACE_CRUISE);
}

/* Have we lost more than the way loses by itself? Blocks of one lost request are lost together: be sure. */
static bool
presses(struct pace *p)
{
	double seen = p->blocks + p->lost, lost = p->lost;

	if (seen < JUDGED)
		return false;
	p->blocks = p->lost = 0;
	return lost > seen * (way_loss(&p->way, LIKELY_LOSS) * 1.5 + 0.15);
}

static uint64_t
least_cap(const struct pace *p)
{
	uint64_t least = way_best(&p->way) / 4;

	return least > LEAST_CAP ? least : LEAST_CAP;
}

/* A fifth less than what we have, or than what came of it. */
static void
cut(struct pace *p, uint64_t seen)
{
	uint64_t from = p->cap ? p->cap : way_rate(&p->way), least = least_cap(p);

	if (seen < from)
		from = seen;
	p->cap = from / 5 * 4;
	if (p->cap < least)
		p->cap = least;
}

/*
 * By how much a yielding receiver asks for more in a round: more for who has more, but less than in proportion, so
 * that two of us come to equal shares.
 */
static uint64_t
step_up(const struct pace *p)
{
	double two_a_round = 2 * DATAGRAM * 1e6 / (double)way_low(&p->way);

	return (uint64_t)(sqrt((double)way_best(&p->way) * two_a_round) / 4);
}

static void
start_round(struct pace *p, bool pressed)
{
	uint64_t rate = way_rate(&p->way);

	if (rate >= p->grown + p->grown / 4) {
		p->grown = rate;
		p->flat = 0;
	} else if (!p->limited) {
		p->flat++;
	}
	if (p->flat >= FLAT || (pressed && p->flat))
		move(p, PACE_DRAIN);
}

static void
cruise_round(struct pace *p, uint64_t seen, bool pressed)
{
	/* What the phase of more has left in the queue is ours, and gone when we have settled. */
	if ((p->standing_us > STANDING_US && p->phase >= PHASE_SETTLED) || pressed) {
		way_hold(&p->way);
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
	bool stuck = p->state == PACE_YIELD && p->cuts >= STUCK && p->cap <= least_cap(p) / 16 * 17;
	bool stale = (p->state == PACE_YIELD || p->state == PACE_CRUISE) && p->now_us - p->way.fresh_us > FRESH_US;

	if (!stuck && !stale)
		return;
	p->step = STEP_FELT + 1;
	p->step_low_us = p->round_low_us;
	p->way.fresh_us = p->now_us;
}

/*
 * Another way to the peer, longer than the one before, looks like a queue. But a queue in which our blocks wait gets
 * shorter when we step back; what does not is the way itself.
 */
static bool
is_other_way(const struct pace *p)
{
	return p->step == STEP_FELT && p->cuts >= STUCK && p->round_low_us > p->step_low_us - SMALL_US;
}

static void
yield_round(struct pace *p, uint64_t seen, bool pressed)
{
	if (p->now_us - p->yield_us > HOLD_US)
		way_free(&p->way);
	if (is_other_way(p)) {
		way_is_now(&p->way, p->round_low_us, p->now_us);
		restart(p, half(p));
	} else if (p->step) {
		p->cuts = p->step == STEP_FELT ? 0 : p->cuts;
	} else if (p->standing_us > STANDING_US || pressed) {
		p->quiet = 0;
		p->cuts++;
		cut(p, p->limited ? p->cap : seen);
	} else if (p->standing_us < GONE_US) {
		p->cuts = 0;
		p->cap += p->limited ? 0 : step_up(p);
		if (++p->quiet == QUIET || p->cap >= way_best(&p->way) / 10 * 9)
			cruise(p);
	}
}

static uint64_t
rate_since(const struct pace *p, int64_t from_us, uint64_t bytes)
{
	return (uint64_t)((double)bytes * 1e6 / (double)(p->now_us - from_us));
}

static void
end_round(struct pace *p)
{
	uint64_t seen = rate_since(p, p->round_us, p->came_bytes - p->round_came);
	bool pressed = presses(p);

	p->standing_us = p->round_low_us ? p->round_low_us - way_low(&p->way) : 0;
	/* Where a queue stands the way was the limit, whatever the caller did. */
	if (!p->limited || seen > way_rate(&p->way) || p->standing_us > STANDING_US)
		way_keep_rate(&p->way, seen, p->now_us);
	if (!p->limited)
		p->known = way_rate(&p->way);
	if (p->state == PACE_START)
		start_round(p, pressed);
	else if (p->state == PACE_CRUISE)
		cruise_round(p, seen, pressed);
	else if (p->state == PACE_YIELD)
		yield_round(p, seen, pressed);
	if (p->step)
		p->step--;
	else
		step_back(p);
	begin_round(p);
}

/* --- what was asked --- */

void
pace_asked(struct pace *p, struct pace_mark *out_mark, size_t bytes, int64_t now_us)
{
	unsigned phase = PHASE_EVEN;

	advance(p, now_us);
	if (p->flight == 0 && p->state != PACE_SILENT) {
		if (p->now_us - p->came_us > IDLE_US && way_rate(&p->way))
			restart(p, half(p));
		p->waiting_us = p->now_us;
	}
	if (p->state == PACE_CRUISE)
		phase = p->phase;
	else if (p->state == PACE_YIELD && p->cuts && p->standing_us < GONE_US)
		phase = PHASE_LESS;
	*out_mark = (struct pace_mark){ p->now_us, (uint32_t)bytes, p->round, (uint8_t)phase, true };
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
pace_dropped(struct pace *p, struct pace_mark *mark)
{
	if (mark->open)
		close_mark(p, mark);
}

/* --- what came --- */

void
pace_round_trip(struct pace *p, int64_t round_us, int64_t now_us)
{
	advance(p, now_us);
	if (round_us < MS)
		round_us = MS;
	way_round_trip(&p->way, round_us, p->now_us);
	p->queue_us = way_recent_low(&p->way) - way_low(&p->way);
	if (p->round_low_us == 0 || round_us < p->round_low_us)
		p->round_low_us = round_us;
	/* What was remembered is half of what the peer gave; now it is known how much that is on the way. */
	if (p->came_bytes == 0 && way_rate(&p->way))
		p->window = clamp(way_holds(&p->way, way_rate(&p->way), 1), FIRST_WINDOW, MOST_WINDOW);
}

/* Losses before this arrival count now that the way is seen to be alive; an outage says nothing about our window. */
static void
end_silence(struct pace *p)
{
	int64_t silence = p->now_us - p->waiting_us;

	if (p->state != PACE_SILENT) {
		p->lost += p->pending_lost;
		way_count(&p->way, 0, p->pending_thrifty);
	} else {
		move(p, p->before);
		if (silence > FORGET_US)
			restart(p, half(p));
		begin_round(p);
	}
	p->pending_lost = p->pending_thrifty = p->pending_times = 0;
	p->came_us = p->waiting_us = p->now_us;
}

/*
 * Blocks that were asked for at once come as fast as the narrowest part of the way lets them through. That may be the
 * pace of a burst which will not last: the start believes half of it.
 */
static void
believe_train(struct pace *p, uint64_t seen)
{
	size_t window = clamp(way_holds(&p->way, seen, 0.5), FIRST_WINDOW, START_WINDOW);

	if (window > p->window)
		p->window = window;
}

/* We asked for a quarter more, and it came as fast, without a queue: the way has become wider. */
static void
believe_more(struct pace *p, uint64_t seen)
{
	uint64_t rate = way_rate(&p->way);

	if (seen <= rate + rate / 8 || p->queue_us >= GONE_US)
		return;
	way_keep_rate(&p->way, seen, p->now_us);
	restart(p, way_holds(&p->way, seen, 1));
}

static void
follow_stretch(struct pace *p, const struct pace_mark *mark, size_t bytes)
{
	struct pace_stretch *s = &p->stretch;
	bool more = mark->phase == PHASE_MORE;
	bool same = s->blocks && more == s->more && (more || mark->asked_us - s->asked_us <= AT_ONCE_US);
	int64_t took;

	if (same) {
		s->bytes += bytes;
		s->blocks++;
		s->last_us = p->now_us;
	}
	took = s->last_us - s->first_us;
	if (s->blocks >= TRAIN_BLOCKS && took >= TRAIN_US) {
		uint64_t seen = (uint64_t)((double)s->bytes * 1e6 / (double)took);

		if (p->state == PACE_START && !s->more)
			believe_train(p, seen);
		else if (p->state == PACE_CRUISE && s->more && !same)
			believe_more(p, seen);
	}
	if (!same)
		*s = (struct pace_stretch){ mark->asked_us, p->now_us, p->now_us, 0, 1, more };
}

/* Twice as much each round trip, as long as the caller has so much to ask for. */
static void
grow_start(struct pace *p, size_t bytes, bool filled)
{
	uint64_t most = clamp(way_holds(&p->way, way_rate(&p->way), 4), START_WINDOW, MOST_WINDOW);

	if (filled)
		p->window = clamp(p->window + bytes, FIRST_WINDOW, most);
	/* Where a queue grows, what has come since the round began is what the way gives. */
	if (p->queue_us <= START_QUEUE_US || p->now_us - p->round_us < ROUND_LEAST_US || p->came_bytes < 2 * FIRST_WINDOW)
		return;
	way_keep_rate(&p->way, rate_since(p, p->round_us, p->came_bytes - p->round_came), p->now_us);
	move(p, PACE_DRAIN);
}

/* More is asked for no longer than a small queue would take to grow, less until it is gone. */
static void
turn_phase(struct pace *p)
{
	int64_t since = p->now_us - p->phase_us;

	if (p->phase == PHASE_MORE && since > MORE_US)
		enter_phase(p, PHASE_LESS);
	else if (p->phase == PHASE_LESS && since > ROUND_LEAST_US &&
	    (p->flight <= way_holds(&p->way, way_rate(&p->way), 1) || since > p->way.srtt_us))
		enter_phase(p, PHASE_EVEN);
}

static void
count_came(struct pace *p, struct pace_mark *mark, size_t bytes)
{
	pace_round_trip(p, p->now_us - mark->asked_us, p->now_us);
	if (mark->phase == PHASE_LESS)
		way_count(&p->way, 1, 0);
	else
		p->blocks++;
	follow_stretch(p, mark, bytes);
}

void
pace_came(struct pace *p, struct pace_mark *mark, size_t bytes, int64_t now_us)
{
	bool filled;

	advance(p, now_us);
	filled = p->flight >= p->window / 2;
	end_silence(p);
	if (mark && mark->open)
		close_mark(p, mark);
	if (mark)
		count_came(p, mark, bytes);
	p->came_bytes += bytes;
	if (p->state == PACE_START)
		grow_start(p, bytes, filled);
	else if (p->state == PACE_CRUISE)
		turn_phase(p);
	if (p->round == 0)
		begin_round(p);
	else if (mark && mark->round == p->round && p->now_us - p->round_us >= ROUND_LEAST_US)
		end_round(p);
	set_window(p);
	if (p->state == PACE_DRAIN && p->flight <= p->window) {
		cruise(p);
		set_window(p);
	}
}

/* --- what was lost --- */

void
pace_lost(struct pace *p, struct pace_mark *mark, int64_t now_us)
{
	int64_t patience = pace_patience_us(p);

	advance(p, now_us);
	if (!mark->open)
		return;
	close_mark(p, mark);
	if (mark->phase == PHASE_LESS)
		p->pending_thrifty++;
	else
		p->pending_lost++;
	p->pending_times += mark->asked_us != p->lost_asked_us;
	p->lost_asked_us = mark->asked_us;
	/* One lost request is no silence, though it may take many blocks with it. */
	if (p->state == PACE_SILENT || p->now_us - p->waiting_us <= (p->pending_times > 1 ? patience : 2 * patience))
		return;
	p->before = p->state;
	p->probe_us = p->now_us - PROBE_US;
	move(p, PACE_SILENT);
}

int64_t
pace_patience_us(const struct pace *p)
{
	return way_patience(&p->way);
}

uint64_t
pace_rate(const struct pace *p)
{
	return p->known;
}
