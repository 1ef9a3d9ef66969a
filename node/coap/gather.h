/*
 * gather - the blocks of one answer, put in their places as they come, in whatever order.
 *
 * Source   RFC 7959 section 2.4, RFC 9177 section 4.4; proto/exchange.md section 5
 * Shape    all blocks have one size but the last; those below `base` are whole and in order
 * Law      nothing is kept that breaks a rule: its length, its place, the limit of the asker
 */
#ifndef KILIM_COAP_GATHER_H
#define KILIM_COAP_GATHER_H

#include "node/coap/codec.h"

#define GATHER_NONE UINT32_MAX

enum gather_state { GATHER_MISSING, GATHER_ASKED, GATHER_HERE };

struct gather {
	size_t limit;                    /* bytes that the asker takes */
	size_t expected;                 /* as far as is known that the answer goes on */
	bool told;                       /* by Size2; else it is known block by block */
	bool begun;
	uint16_t code;
	int format;
	uint64_t version;                /* the ETag as a number */
	uint8_t szx;
	uint32_t base, top, last;        /* top: behind the highest that is here; last: GATHER_NONE when not known */
	uint32_t came;                   /* blocks, however often the answer began anew */
	struct buf body, states;         /* states: a byte a block, up to where something is known */
};

/* A rule that the peer broke. */
struct fault {
	enum err_code code;
	const char *rule, *reason;
};

void gather_init(struct gather *g, size_t limit);
void gather_done(struct gather *g);
/* Forget what has come: the answer has changed. */
void gather_restart(struct gather *g);

/* M, which carries block B, is the first that has come of its answer. NULL, or it is too long. */
const struct fault *gather_begin(struct gather *g, const struct coap_message *m, const struct coap_block *b);
/* Size2 of M, which is of the same answer, where it was not known yet. */
void gather_tell(struct gather *g, const struct coap_message *m);
/* M is of the same answer as what has come. */
bool gather_is_same(const struct gather *g, const struct coap_message *m);
/* Put block B where it belongs; one that is here already is passed over. NULL, or the rule that it broke. */
const struct fault *gather_place(struct gather *g, const struct coap_block *b, struct bytes payload);
/* What has become whole and in order since the last call; false: nothing. Borrowed until the next place. */
bool gather_advance(struct gather *g, size_t *out_offset, struct bytes *out_part);
bool gather_is_whole(const struct gather *g);
/* The server has smaller blocks (RFC 7959 section 2.4): what is in order stays, the rest is forgotten. */
void gather_shrink(struct gather *g, uint8_t szx);

/* Bytes of a block. */
size_t gather_size(const struct gather *g);
/* Blocks that there are, as far as is known. */
uint32_t gather_count(const struct gather *g);
enum gather_state gather_state(const struct gather *g, uint32_t block);
/* Note that BLOCK, which is not here, was asked for, or is MISSING again. */
void gather_note(struct gather *g, uint32_t block, enum gather_state s);

#endif
