#include "node/base/spread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* Items taken at a time: few enough that all threads end together, enough that they seldom meet. */
#define STRIDE 8

struct share {
	void (*fn)(void *arg, size_t item);
	void *arg;
	size_t count;
	atomic_size_t next;
};

static void *
take(void *self)
{
	struct share *s = self;
	size_t from;

	while ((from = atomic_fetch_add(&s->next, STRIDE)) < s->count)
		for (size_t i = from; i < s->count && i < from + STRIDE; i++)
			s->fn(s->arg, i);
	return NULL;
}

/* Threads beside the caller's that COUNT items are worth. */
static size_t
helpers(size_t count)
{
	cpu_set_t cores;
	size_t n = 1;

	if (count < SPREAD_LEAST)
		return 0;
	if (sched_getaffinity(0, sizeof cores, &cores) == 0)
		n = (size_t)CPU_COUNT(&cores);
	if (n > SPREAD_THREADS)
		n = SPREAD_THREADS;
	return n > 0 ? n - 1 : 0;
}

void
spread(void (*fn)(void *arg, size_t item), void *arg, size_t count)
{
	struct share s = { fn, arg, count, 0 };
	pthread_t threads[SPREAD_THREADS];
	size_t started = 0;

	for (size_t wanted = helpers(count); started < wanted; started++)
		if (pthread_create(&threads[started], NULL, take, &s))
			break;
	take(&s);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}
