#include "node/record/sure.h"

#include <stdlib.h>
#include <string.h>

const char *
sure_word(enum sure_state s)
{
	static const char *const words[] = { "sure", "early", "late", "bare", "denied" };

	return words[s];
}

static int64_t
distance(int64_t ms)
{
	return ms < 0 ? -ms : ms;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
sure_median(int64_t *offsets, size_t count, int64_t near)
{
	int64_t low, high;

	qsort(offsets, count, sizeof *offsets, by_value);
	low = offsets[(count - 1) / 2];
	high = offsets[count / 2];
	return distance(low - near) <= distance(high - near) ? low : high;
}

/* By itself, and by what is remembered. */
static enum sure_state
look(const struct sure *s, int64_t now)
{
	if (now < SURE_MADE_MS)
		return SURE_EARLY;
	if (s->synchronised || s->believed_ms == 0)
		return SURE;
	if (now < s->believed_ms - SURE_DENIES_MS)
		return SURE_EARLY;
	return now > s->believed_ms + SURE_ABSENCE_MS ? SURE_LATE : SURE;
}

static void
believe(struct sure *s, int64_t now)
{
	s->state = SURE;
	s->believed_ms = now;
}

static void
doubt(struct sure *s, enum sure_state state, int64_t from, int64_t tick)
{
	s->state = state;
	s->from_ms = from;
	s->from_tick = tick;
	s->followed = false;
}

/* proto/records.md section 4: it goes on from where it was last believed. */
static int64_t
last_known(const struct sure *s)
{
	return s->believed_ms > SURE_MADE_MS ? s->believed_ms : SURE_MADE_MS;
}

void
sure_begin(struct sure *s, int64_t believed_ms, bool confirmed, int64_t now_ms, int64_t tick_ms)
{
	*s = (struct sure){ .believed_ms = believed_ms, .confirmed = confirmed };
	sure_look(s, now_ms, tick_ms);
}

void
sure_look(struct sure *s, int64_t now_ms, int64_t tick_ms)
{
	enum sure_state state = look(s, now_ms);

	if (s->state != SURE)
		return;
	if (state != SURE)
		doubt(s, state, last_known(s), tick_ms);
	else if (now_ms > s->believed_ms)
		s->believed_ms = now_ms;
}

static bool
is_contradicted(const struct sure *s)
{
	return s->count > 0 && distance(s->median_ms) > SURE_DENIES_MS;
}

/* Where we are ourselves, when others are asked: a clock that cannot be right is no company for one that lies. */
static int64_t
known_offset(const struct sure *s, int64_t now, int64_t tick)
{
	return now < SURE_MADE_MS ? sure_time(s, now, tick) - now : 0;
}

/* Nobody contradicts it, and it shows what it may show, or what the others had said. */
static bool
is_set_right(const struct sure *s, int64_t now, int64_t tick)
{
	if (s->state == SURE || is_contradicted(s))
		return false;
	if (s->state != SURE_BARE && look(s, now) == SURE)
		return true;
	return s->followed && now >= SURE_MADE_MS && distance(now - sure_time(s, now, tick)) <= SURE_AGREES_MS;
}

static bool
is_confirmed(const struct sure *s, const struct sure_word *w, int64_t now)
{
	bool back = now < s->believed_ms - SURE_DENIES_MS;
	size_t needed = back || w->others < SURE_QUORUM ? 1 : SURE_QUORUM;

	if (now < SURE_MADE_MS)
		return false;
	if (w->synchronised)
		return true;
	if (w->others == 0)
		return s->state == SURE_EARLY || back;   /* whom could it mislead? And nothing ends by going back. */
	return s->count >= needed && distance(s->median_ms) <= SURE_AGREES_MS;
}

bool
sure_hear(struct sure *s, const struct sure_word *w, int64_t now_ms, int64_t tick_ms)
{
	enum sure_state before = s->state, looked;
	int64_t sorted[64];

	s->synchronised = w->synchronised;
	s->others = w->others;
	s->count = w->count < 64 ? w->count : 64;
	s->median_ms = 0;
	sure_look(s, now_ms, tick_ms);
	looked = s->state;
	if (s->count) {
		memcpy(sorted, w->offsets, s->count * sizeof *sorted);
		s->median_ms = sure_median(sorted, s->count, known_offset(s, now_ms, tick_ms));
	}
	if (is_confirmed(s, w, now_ms)) {
		s->met = true;
		s->confirmed |= w->others > 0 || w->synchronised;
		believe(s, now_ms);
	} else if (is_set_right(s, now_ms, tick_ms)) {
		believe(s, now_ms);
	} else if (s->count >= SURE_QUORUM && (s->state != SURE || is_contradicted(s))) {
		doubt(s, is_contradicted(s) ? SURE_DENIED : s->state, now_ms + s->median_ms, tick_ms);
		s->followed = true;
	} else if (s->state == SURE && is_contradicted(s) && !s->confirmed) {
		doubt(s, SURE_DENIED, now_ms, tick_ms);    /* one of the two is wrong: nobody is followed */
	} else if (s->state == SURE && w->bare && !s->met) {
		doubt(s, SURE_BARE, last_known(s), tick_ms);
	}
	return looked != before || s->state != looked;
}

int64_t
sure_time(const struct sure *s, int64_t now_ms, int64_t tick_ms)
{
	return s->state == SURE ? now_ms : s->from_ms + (tick_ms - s->from_tick);
}

bool
sure_agreed(const struct sure *s)
{
	return s->state == SURE || s->count >= SURE_QUORUM;
}
