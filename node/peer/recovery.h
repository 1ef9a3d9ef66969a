/*
 * recovery - a node whose store is an old copy, or whose twin is gone: it signs and serves nothing until others have
 * given it what it lacks.
 *
 * Source   docs/decisions/0007-recovering.md
 * Shape    judged once at the start: fresh | as it was | recovering; recovering ends by visits, or at once when the
 *          operator says that the node is alone
 * Law      the store is counted before its twin is written: a crash between the two leaves a store that is newer
 *          the twin is not written while the node recovers: a start in between finds it recovering again
 */
#ifndef KILIM_PEER_RECOVERY_H
#define KILIM_PEER_RECOVERY_H

#include "proto/err.h"
#include "proto/id.h"

#include <stdbool.h>
#include <stdint.h>

struct node;
struct peer;
struct visit_end;

/* The store's side, or that of its twin D/machine; the twin's incarnation is 0 when there is none. */
struct recovery_mark {
	uint64_t incarnation, boot;
};
enum recovery_state {
	RECOVERY_FRESH,       /* nothing is in the store: there is nothing to bring back */
	RECOVERY_NONE,        /* the store is the one that the twin knows, or newer */
	RECOVERY_NEEDED       /* another store, an older one, or nobody knows */
};
enum recovery_state recovery_judge(const struct recovery_mark *store, const struct recovery_mark *twin, bool holds);

struct recovery {
	bool going;
	bool watched;                 /* the twin may be written: the start got that far */
	uint64_t marked_authored;     /* own records signed in this run when the twin was last written */
	unsigned answered;            /* nodes that gave us all they have: 0, 1, 2 */
	struct id first;              /* the first of them */
	int64_t first_ms, asked_ms;   /* tick */
};

/* Judge, and begin to recover unless ALONE; else write the twin. Records are open. ERR_STORE and those of files. */
enum err_code recovery_open(struct node *n, bool alone, struct err *e);
/* While it runs: the store turned out to be an old one. WHY goes on from "the store is". Nothing when it recovers already. */
void recovery_begin(struct node *n, const char *why);
/* The twin once more, at a clean end. */
void recovery_close(struct node *n);
/* Once a second: the twin follows what was signed; who is connected is visited; the end, when it has come. */
void recovery_tick(struct node *n);
/* A visit to P has ended. */
void recovery_visited(struct node *n, const struct peer *p, const struct visit_end *end);

#endif
