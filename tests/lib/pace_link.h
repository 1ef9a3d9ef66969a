/*
 * pace_link - whole transfers by node/coap/pace over a simulated link, with others on it; by seed, in no time.
 *
 * Source   docs/transfer.md, docs/simulation.md "The relay" (the link is the relay's)
 * Shape    discrete events; requests go up, answers come down the same link; receivers see a clock of whole ms
 *          and learn losses as a real one does: by three later answers, or by patience
 * Law      the same seed and the same scene give the same figures
 *          sizes are those of the wire: a block of 1,024 bytes costs 1,114 bytes of IP
 */
#ifndef KILIM_TESTS_LIB_PACE_LINK_H
#define KILIM_TESTS_LIB_PACE_LINK_H

#include "node/coap/pace.h"
#include "tests/lib/link_core.h"

#define SCENE_FLOWS 4
#define SCENE_SECONDS 200
#define SCENE_BLOCK 1024
#define SCENE_IP (SCENE_BLOCK + 25 + 37 + LINK_HEADERS)   /* CoAP around a block, DTLS around that */

enum scene_kind {
	SCENE_NONE,
	SCENE_PACED,        /* our receiver */
	SCENE_STEADY,       /* a video call: RATE whatever happens */
	SCENE_TCP,          /* a download by TCP (Reno), without end */
};
struct scene_flow {
	enum scene_kind kind;
	int64_t from_us, until_us;       /* until: 0: the end */
	/* of a paced one */
	uint32_t blocks;                 /* 0: without end */
	uint32_t page;                   /* blocks of a page, more than one; 0: all is one */
	uint32_t ahead;                  /* pages that are asked for at once; 0: one after the other */
	uint64_t remembered;
	int64_t server_us;               /* to make an answer */
	/* of a steady one: bytes of IP a second */
	uint64_t rate;
};
struct scene {
	struct link_options link;
	/* From CHANGE on the link is another one; 0: never. */
	int64_t change_us;
	struct link_options then;
	uint64_t seed;
	int64_t end_us;
	struct scene_flow flow[SCENE_FLOWS];
	bool trace;
};

struct scene_result {
	struct {
		int64_t done_us;                         /* when all had come; 0: not all */
		uint64_t asked, came, lost, spurious;    /* blocks, or packets */
		uint64_t ip[SCENE_SECONDS];              /* bytes of IP that came in each second */
		uint64_t rate;                           /* pace_rate at the end */
		unsigned states[PACE_STATES];            /* times entered */
		unsigned late_p95_ms;                    /* steady: delay in the queue */
	} flow[SCENE_FLOWS];
	/* The queue towards the receiver, looked at each 10 ms. */
	unsigned queue_ms[SCENE_SECONDS * 100];
	size_t queue_count;
	struct link_counts counts[LINK_WAYS];
};

void scene_run(const struct scene *s, struct scene_result *out);
/* The share in PERCENT of samples of the queue from FROM_US on is at most: */
unsigned scene_queue_ms(const struct scene_result *r, int64_t from_us, unsigned percent);
/* IP bytes of flow I from second FROM to before TO. */
uint64_t scene_ip(const struct scene_result *r, size_t i, size_t from, size_t to);

#endif
