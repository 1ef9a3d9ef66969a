/*
 * ended - what was told for a time is taken back when the time is over: by its author's node, on its own.
 *
 * Source   proto/kinds.md "story", "erasure"
 * Shape    our own live entries of kinds that are erased when withdrawn, and that have an end (withdraw_by)
 * Law      readers hide it from that moment on, whatever we do; the withdrawal makes them forget it
 *          never by a clock that nobody vouches for, and not while this node recovers or may not sign
 *          an earlier date that hides it (expires) takes nothing back: it may be shown again until its end
 */
#ifndef KILIM_SERVICE_ENDED_H
#define KILIM_SERVICE_ENDED_H

#include <stdbool.h>
#include <stdint.h>

struct node;
/* When to look again: in struct service, all zeros at first. */
struct ended {
	uint64_t looked_at;          /* records_changes, and 1 */
	int64_t next_ms;             /* Unix ms; of a withdrawal that failed: not before */
	bool failed;
};
/* Withdraws and erases what has ended; once a second. */
void ended_tick(struct node *n);

#endif
