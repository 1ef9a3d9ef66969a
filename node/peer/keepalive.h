/*
 * keepalive - how long a session that we dialled may be silent before the translator in front of us forgets it,
 * learned from the silences that sessions, and their ports, survive.
 *
 * Source   proto/sessions.md section 6
 * Shape    one struct a node, one line a dialled session
 *
 *            trusted   how long every session is silent; KEEPALIVE_LEAST_MS at first
 *            broken    a session did not survive this; 0: none known
 *
 * Law      one session at a time tries a silence longer than the trusted one, by 1.4, and asks for an answer behind
 *          it: what was survived is trusted, what was not is broken for KEEPALIVE_BROKEN_MS, and nothing near it is
 *          tried
 *          a session that has heard nothing for KEEPALIVE_ASK_MS asks for an answer, on a rough path when it has heard
 *          nothing since the last message: one that is lost would be missed by nobody; while a rough path is awake,
 *          whenever nothing was heard for KEEPALIVE_AWAKE_MS, because a new port there cuts off what is being told
 *          KEEPALIVE_LOST sessions lost behind trusted silences within KEEPALIVE_LOST_MS: our network has become
 *          another one, all is learned anew
 *          a silence counts when the peer was there: the session was replaced by a new one, not given up
 *          no clock but the arguments
 */
#ifndef KILIM_PEER_KEEPALIVE_H
#define KILIM_PEER_KEEPALIVE_H

#include "proto/buf.h"
#include "proto/calendar.h"

#include <stdbool.h>
#include <stdint.h>

#define KEEPALIVE_LEAST_MS 25000
#define KEEPALIVE_MOST_MS 110000
#define KEEPALIVE_ASK_MS 120000
#define KEEPALIVE_AWAKE_MS 10000
#define KEEPALIVE_BROKEN_MS (7 * DAY_MS)
#define KEEPALIVE_LOST 3
#define KEEPALIVE_LOST_MS (10 * 60 * 1000)

struct keepalive_line;
struct keepalive {
	int64_t trusted_ms, broken_ms;
	int64_t broken_at_ms;                  /* wall clock */
	unsigned lost;                         /* behind trusted silences, since LOST_FROM_MS */
	int64_t lost_from_ms;                  /* tick */
	const struct keepalive_line *trial;    /* who tries a longer one */
	bool changed;                          /* since it was written last */
};
struct keepalive_line {
	int64_t sent_ms, heard_ms;             /* tick; the latter kept by the owner */
	int64_t asked_ms;                      /* tick; an answer is awaited since; 0: none */
	int64_t silence_ms;                    /* the silence before that */
	int64_t gap_ms, gap_end_ms;            /* kept by keepalive_sent: the last silence worth the name; tick of its end */
	bool rough;                            /* kept by the owner: something was lost on this path lately */
	bool awake;                            /* kept by the owner: more than empty messages went over it lately */
};
enum keepalive_due { KEEPALIVE_NOT_YET, KEEPALIVE_SEND, KEEPALIVE_ASK };

void keepalive_init(struct keepalive *k);
/* What the session L has to do now. Call it at least every second. */
enum keepalive_due keepalive_due(struct keepalive *k, struct keepalive_line *l, int64_t tick_ms, int64_t now_ms);
/* The owner sends something over L. */
void keepalive_sent(struct keepalive_line *l, int64_t tick_ms);
/* The peer says that it hears L from another port than before: the translator has forgotten it, if L was silent. */
void keepalive_moved(struct keepalive *k, struct keepalive_line *l, int64_t tick_ms, int64_t now_ms);
/* The session L has ended. REPLACED: by a new one with the same peer, which is there all the same. */
void keepalive_ended(struct keepalive *k, struct keepalive_line *l, bool replaced, int64_t tick_ms, int64_t now_ms);

/* As kept across restarts. */
#define KEEPALIVE_LEN 24
void keepalive_write(const struct keepalive *k, uint8_t out[KEEPALIVE_LEN]);
/* Of anything else it stays as it is. */
void keepalive_read(struct keepalive *k, struct bytes in);

#endif
