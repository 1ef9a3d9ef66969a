/*
 * reputation - what a session with a node is worth, by how it has behaved lately.
 *
 * Source   proto/sync.md section 4
 * Shape    counts that halve every REPUTATION_HALF_MS; all zero is a node that nothing is known of
 *
 *            score =  4 (answered + 1) / (answered + failed + 2)     0..4   is it there when it is asked?
 *                  +  log2(1 + useful), at most 6                    0..6   did it have what we lacked?
 *                  -  blamed / 10, at most 6                         0..6   did it break the rules? (points, contact.h)
 *                  -  round_ms / 250, at most 3                      0..3   is it far away?
 *
 * Law      unknown is 2: better than who fails, worse than who answers
 *          no clock but the argument
 */
#ifndef KILIM_PEER_REPUTATION_H
#define KILIM_PEER_REPUTATION_H

#include <stdint.h>

#define REPUTATION_HALF_MS (6 * 3600 * 1000)

enum reputation_deed {
	REPUTATION_ANSWERED,           /* a visit */
	REPUTATION_FAILED,             /* a visit or a dial */
	REPUTATION_USEFUL,             /* it gave us a record that we lacked */
	REPUTATION_BLAMED,             /* a point (contact.h) */
	REPUTATION_DEEDS
};

struct reputation {
	double count[REPUTATION_DEEDS];
	int64_t at_ms;                 /* tick as of which they are */
	int64_t round_ms;              /* a round trip, as measured last; 0: unknown */
};
void reputation_add(struct reputation *r, enum reputation_deed deed, uint64_t n, int64_t tick_ms);
double reputation_score(const struct reputation *r, int64_t tick_ms);

#endif
