/*
 * spread - the same work on many items, on every core, and back when all of it is done.
 *
 * Source   POSIX threads; sched_getaffinity(2) for the cores that this process may use
 * Shape    items are 0..COUNT-1, each handed to FN once, by any thread, in no order
 * Law      the result is that of a plain loop, as long as FN touches nothing but its own item
 *          the caller works as well: where no thread can be had, it does everything itself
 */
#ifndef KILIM_BASE_SPREAD_H
#define KILIM_BASE_SPREAD_H

#include <stddef.h>

/* Below this many items a thread costs more than it saves. */
#define SPREAD_LEAST 32
#define SPREAD_THREADS 8

void spread(void (*fn)(void *arg, size_t item), void *arg, size_t count);

#endif
