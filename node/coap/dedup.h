/*
 * dedup - confirmable messages that were seen lately, and what they were answered.
 *
 * Source   RFC 7252 section 4.2, 4.5; proto/exchange.md section "Deduplication"
 * Shape    LIMIT_DEDUP entries of (message id, token, hash of the datagram), allocated with the first;
 *          replies take at most DEDUP_BYTES together
 * Law      an entry counts for DEDUP_MS and no longer
 *          room is made among requests that may be done twice (GET, FETCH) before any other is forgotten
 */
#ifndef KILIM_COAP_DEDUP_H
#define KILIM_COAP_DEDUP_H

#include "node/coap/codec.h"

#define DEDUP_MS (247 * 1000)    /* EXCHANGE_LIFETIME, RFC 7252 section 4.8.2 */
#define DEDUP_BYTES (16 * 1024)

struct dedup_entry {
	int64_t at_ms;
	uint64_t serial, hash;
	uint8_t *reply;              /* NULL: none yet, or given up for room */
	uint16_t reply_len, id;
	uint8_t token[LIMIT_TOKEN], token_len;
	bool used, repeatable;
};
struct dedup {
	struct dedup_entry *entries;
	size_t bytes;
	uint64_t serial;
	int64_t until_ms;            /* nothing counts from then on */
};

/* The entry of M as it came with HASH, NULL when it is new. */
struct dedup_entry *dedup_find(const struct dedup *d, const struct coap_message *m, uint64_t hash, int64_t now_ms);
/* The newest entry of that id and token, whatever its hash: to keep an answer that was made later. */
struct dedup_entry *dedup_last(const struct dedup *d, uint16_t id, const uint8_t *token, size_t token_len);
/* Remember M. REPEATABLE: doing it twice does no harm. Borrowed until the next add. */
struct dedup_entry *dedup_add(struct dedup *d, const struct coap_message *m, uint64_t hash, bool repeatable,
    int64_t now_ms);
/* Keep REPLY (copied) as what a duplicate gets; the entry itself stays whatever happens. */
void dedup_keep(struct dedup *d, struct dedup_entry *entry, struct bytes reply);
void dedup_free(struct dedup *d);

#endif
