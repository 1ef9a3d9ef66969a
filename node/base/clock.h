/*
 * clock - the two clocks and the randomness, handed to all logic as one struct of functions, so that
 * tests run many nodes on a fake clock.
 */
#ifndef KILIM_BASE_CLOCK_H
#define KILIM_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world {
	void *self;
	int64_t (*now_ms)(void *self);               /* wall clock, ms since 1970-01-01 UTC */
	int64_t (*tick_ms)(void *self);              /* monotonic, for timers; goes on while the computer sleeps */
	void (*random)(void *self, void *out, size_t len);
};

/* The real clocks and the kernel's randomness; no storage of its own. */
extern const struct world world_real;

static inline int64_t
world_now_ms(const struct world *w)
{
	return w->now_ms(w->self);
}

static inline int64_t
world_tick_ms(const struct world *w)
{
	return w->tick_ms(w->self);
}

static inline void
world_random(const struct world *w, void *out, size_t len)
{
	w->random(w->self, out, len);
}

/* What the kernel knows of its wall clock. */
struct clock_kernel {
	bool synchronised;           /* it follows network time */
	bool bare;                   /* it lists its clocks with a battery, and there is none */
};
void clock_ask_kernel(struct clock_kernel *out);

/* "2026-01-02T03:04:05Z" of MS since 1970 into OUT (21 bytes); returns OUT. */
#define CLOCK_TEXT 32
const char *clock_format(int64_t unix_ms, char out[CLOCK_TEXT]);

#endif
