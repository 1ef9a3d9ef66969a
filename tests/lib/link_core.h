/*
 * link_core - what a link does to datagrams: when each arrives at the other end, how often, or that it does not.
 *
 * Source   docs/simulation.md "The relay"
 * Shape    each way: queue -> transmitter (rate) -> loss -> delay; time is handed in, in microseconds
 * Law      the same seed and the same calls give the same answers
 *          sizes, rates and queues count IP bytes: UDP payload and 28 bytes of headers
 */
#ifndef KILIM_TESTS_LIB_LINK_CORE_H
#define KILIM_TESTS_LIB_LINK_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_HEADERS 28

enum link_way { LINK_UP, LINK_DOWN, LINK_WAYS };

/* Chances are in 1 of 10,000. */
struct link_way_options {
	uint64_t rate;             /* bytes a second; 0: no limit */
	uint64_t queue;            /* bytes that wait for the transmitter; 0: no limit */
	int64_t delay_us, jitter_us;
	unsigned loss;
	unsigned burst;            /* datagrams lost in a row, on average; 0 or 1: each by itself */
	unsigned duplicates;
	unsigned reorder;          /* these are overtaken by those behind them */
};
struct link_options {
	struct link_way_options way[LINK_WAYS];
	int64_t outage_every_us, outage_us;   /* dead for so long at the end of each period; 0: never */
};
struct link_counts {
	uint64_t packets, bytes;              /* offered */
	uint64_t out_packets, out_bytes;      /* arrived, doubled ones twice */
	uint64_t lost, queue_full, outage, duplicated, reordered;
};
struct link {
	struct link_options options;
	uint64_t dice;
	int64_t began_us;
	struct {
		int64_t free_us;       /* when the transmitter is done with what it has */
		int64_t last_us;       /* when the latest in order arrives */
		bool bad;              /* within a burst of losses */
	} way[LINK_WAYS];
	struct link_counts counts[LINK_WAYS];
};

void link_start(struct link *l, const struct link_options *o, uint64_t seed, int64_t now_us);
/* PAYLOAD bytes set out at NOW: at how many moments they arrive (0, 1 or 2), and when. */
unsigned link_pass(struct link *l, enum link_way way, int64_t now_us, size_t payload, int64_t out_at_us[2]);

/* The profiles of the benchmarks: lan, dsl, dsl8, 3g, hill, sat, flap. False: no such name. */
bool link_profile(const char *name, struct link_options *out);
/* All names with a space behind each, for help. */
const char *link_profiles(void);

#endif
