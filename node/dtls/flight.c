#include "node/dtls/inside.h"

/* No handshake lasts longer, whatever is repeated. */
#define SHAKE_MS   30000
/* Nor does it go on when nothing has come for so long: the peer has gone, or does not know our port any more. */
#define UNHEARD_MS 10000

/* Waits before a flight is repeated. */
#define WAIT_UNKNOWN_MS 1000
#define WAIT_LEAST_MS   300
#define WAIT_MOST_MS    1000    /* of a dialler whose peer has answered */
#define WAIT_OTHER_MS   2000

/*
 * What is known of the round trip tells how long a flight waits before it is repeated: three of them (RFC 6298), else a
 * second; then twice as long each time. Once the peer has answered, a dialler goes on every second, or every three round
 * trips: where two of three exchanges fail it would else wait for most of the time. The accepting side repeats what the
 * dialler repeats, and has less need of a clock of its own.
 */
static int64_t
wait_of(const struct session *s)
{
	int64_t wait = s->round_ms ? 3 * s->round_ms : WAIT_UNKNOWN_MS, most = s->cookie_shown ? WAIT_MOST_MS : WAIT_OTHER_MS;

	if (wait < WAIT_LEAST_MS)
		wait = WAIT_LEAST_MS;
	if (most < wait)
		most = wait;
	for (unsigned i = 0; i < s->repetition && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}

void
flight_set_timers(void *self, uint32_t soon_ms, uint32_t late_ms)
{
	struct session *s = self;
	int64_t now = world_tick_ms(&s->d->world);

	(void)soon_ms;
	/* Cancelled before it was due: answered. After a repetition nobody knows which one was; the least wait bounds that. */
	if (late_ms == 0 && now < s->late) {
		s->round_ms = now - s->flown;
		if (s->repetition == 0)
			s->counts.round_ms = s->round_ms;
	}
	s->late = 0;
	if (late_ms == 0)
		return;
	s->flown = now;
	s->repetition = mbed_repetition(late_ms);
	s->late = now + wait_of(s);
}

int
flight_get_timers(void *self)
{
	struct session *s = self;

	return s->late == 0 ? -1 : world_tick_ms(&s->d->world) >= s->late ? 2 : 0;
}

int64_t
flight_end(const struct session *s)
{
	int64_t end = s->started + SHAKE_MS, quiet = s->counts.heard_ms + UNHEARD_MS;

	return s->state != SESSION_WAITING && quiet < end ? quiet : end;
}
