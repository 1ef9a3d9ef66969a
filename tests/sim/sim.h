/*
 * sim - many whole nodes in one process: their real service, sync, exchange, record and member code on a fake clock.
 *
 * Source   docs/simulation.md
 * Shape    sim.c        clock, queue of events, weather, nodes that start and stop
 *          dtls_sim.c   node/dtls/dtls.h over that queue: sessions that are always whom they say they are
 *          people.c     a network whose members know each other
 *          history.c    what happens in a network, by seed
 *          invariants.c what must be true
 *          collide.c    two nodes whose records have one short id
 *          silence.c    news for a guest that could not be reached for a while
 *          main.c       many histories, in several processes
 *          gossip.c     a program of its own: how news travels through 200 nodes
 * Law      everything is a function of the seed: a history that failed fails again
 */
#ifndef KILIM_TESTS_SIM_H
#define KILIM_TESTS_SIM_H

#include "node/peer/node.h"

#define SIM_NODES 200

struct sim;
struct sim_node {
	struct sim *sim;
	unsigned number;
	char dir[96];                         /* the state directory */
	struct home home;
	struct world world;
	struct node node;
	bool up;
	int64_t offset_ms;                    /* of its wall clock */
	uint64_t dice;
	int64_t tick_at, timer_at;            /* when node_tick and the exchanges' timers run next; INT64_MAX: never */
	bool liar;                            /* its datagrams are damaged, and it makes bad records */
	bool old_kinds;                       /* a node of a newer version: signs kinds that the others do not know */
	bool invited, gone;                   /* a code was given to it; removed for good */
	enum member_class class;
	/* What only grows, as of the last look. */
	struct buf erasures;                  /* rows of id 32, author 32 */
	size_t removed;
	struct id charter;                    /* under which they were removed */
	char told[160];                       /* of its membership, when that was last traced */
};

struct weather {
	unsigned loss, duplicates, late;      /* percent */
	unsigned delay_ms, jitter_ms;
};

struct event;
#define ERASED_ROW 40
struct sim {
	uint64_t seed, dice;
	int64_t now_ms;                       /* monotonic */
	char dir[64];
	struct event **heap;
	size_t len, cap;
	uint64_t made;                        /* events so far */
	struct sim_node *nodes[SIM_NODES];
	unsigned count;
	struct weather weather;
	bool cut[SIM_NODES][SIM_NODES];
	uint64_t sent, lost, bytes;           /* datagrams */
	bool trace;
	char failed[512];                     /* why; empty: nothing did */
	bool astray;                          /* clocks are years off: who believes one drops as future what is not, for a while */
	struct buf erased;                    /* rows of key 32, audience 8: made stricter than that, and erased */
	size_t did[16];                       /* how often each thing happened */
	/* Bytes to look for in what arrives; how often they came to a node, and over how many others. Empty: none. */
	char watch[32];
	unsigned copies[SIM_NODES], hops[SIM_NODES];
};

/* splitmix64 */
uint64_t dice_roll(uint64_t *state);
static inline unsigned
dice_below(uint64_t *state, unsigned n)
{
	return n ? (unsigned)(dice_roll(state) % n) : 0;
}
static inline bool
dice_percent(uint64_t *state, unsigned percent)
{
	return dice_below(state, 100) < percent;
}

/* --- sim.c --- */
void sim_open(struct sim *s, uint64_t seed);
void sim_close(struct sim *s);
__attribute__((format(printf, 2, 3))) void sim_fail(struct sim *s, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void sim_trace(const struct sim *s, const char *fmt, ...);
struct sim_node *sim_add(struct sim *s, enum member_class class, bool protected_org);
/* What a clock shows that is right. */
int64_t sim_true_ms(const struct sim *s);
/* False: failed. */
bool sim_start(struct sim_node *n);
enum sim_stop { STOP_CLEAN, STOP_CRASH };
void sim_stop(struct sim_node *n, enum sim_stop how);
/* Go on for MS of simulated time, or until something failed. */
void sim_run(struct sim *s, int64_t ms);
/* FN(ARG, DATA) at AT; DATA is freed behind it. NODE: whose timers to look at afterwards. */
void sim_at(struct sim *s, int64_t at, struct sim_node *node, void (*fn)(struct sim_node *node, void *data), void *data);
/* A datagram of LEN bytes from FROM to TO: at how many moments it arrives (0..2), and when. */
unsigned sim_fly(struct sim *s, const struct sim_node *from, const struct sim_node *to, int64_t out_at[2]);
bool sim_is_cut(const struct sim *s, const struct sim_node *a, const struct sim_node *b);
void sim_address(unsigned number, union address *out);
struct sim_node *sim_by_address(struct sim *s, const union address *a);

/* The first charter, by N alone. */
void sim_found(struct sim_node *n);

/* --- people.c --- */
/* COUNT members who know each other from the beginning: each holds all of the membership. */
void sim_people(struct sim *s, unsigned count);

/* --- dtls_sim.c --- */
struct dtls_identity *sim_identity(unsigned number);
/* Its socket goes without a word. */
void dtls_sim_crash(struct dtls *d);
/* Once a second: sessions that were silent too long. */
void dtls_sim_tick(struct dtls *d);

/* --- history.c --- */
/* Half of what happens is charters, votes and clocks that leap. Set before the first history. */
extern bool history_governs;
void history_run(struct sim *s);

/* --- collide.c --- */
/* How many ms two nodes need that meet again after each got a record the other lacks; both have the same short id
 * (proto/vectors/collision) when CRAFTED. */
int64_t collide_run(struct sim *s, bool crafted);
/* From now on short ids have only so many bits in which they may differ, 1 to 64. */
void collide_bits(unsigned bits);
bool collide_many(void);

/* --- silence.c --- */
/* How many ms behind CUT_MS without a sound what a node wrote at their beginning has come to its guest. */
int64_t silence_run(struct sim *s, int64_t cut_ms);

/* --- invariants.c --- */
/* At any moment: no record where it may not be, nothing that only grows has shrunk. */
void check_always(struct sim *s);
/* Traces the membership of every node for which it is another one than at the last call. */
void trace_membership(struct sim *s);
/* Do all active members hold the same? What differs is told when SAY. */
bool check_equal(struct sim *s, bool say);
/* Is nothing shown that was erased? */
bool check_erased(struct sim *s, bool say);

#endif
