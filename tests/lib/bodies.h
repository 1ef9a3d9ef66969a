/*
 * bodies - what programs that fill a store by themselves sign: a founding charter, and the fields of an entry.
 *
 * Law      the charter has the hard maximum of quotas, so that a store can be filled in one go
 */
#ifndef KILIM_TESTS_LIB_BODIES_H
#define KILIM_TESTS_LIB_BODIES_H

#include "proto/cbor.h"
#include "proto/id.h"
#include "proto/limits.h"

/* A text by language, in English only. */
static inline void
put_title(struct buf *b, uint64_t key, const char *text)
{
	cbor_put_uint(b, key);
	cbor_put_array(b, 1);
	cbor_put_array(b, 3);
	cbor_put_text(b, bytes_text("en"));
	cbor_put_text(b, bytes_text(text));
	cbor_put_uint(b, 0);
}

static inline void
put_word(struct buf *b, uint64_t key, const char *word)
{
	cbor_put_uint(b, key);
	cbor_put_text(b, bytes_text(word));
}

static inline void
put_number(struct buf *b, uint64_t key, uint64_t v)
{
	cbor_put_uint(b, key);
	cbor_put_uint(b, v);
}

/* The first charter of a network of FOUNDER alone. */
static inline void
body_charter(struct buf *b, const struct id *founder)
{
	cbor_put_map(b, 4);
	put_title(b, 33, "A made-up network");
	cbor_put_uint(b, 40);
	cbor_put_array(b, 1);
	cbor_put_map(b, 4);
	cbor_put_uint(b, 1);
	cbor_put_bytes(b, BYTES_OF(*founder));
	put_word(b, 2, "Made-up centre");
	put_word(b, 3, "RS");
	put_word(b, 4, "cso");
	put_number(b, 41, 1);
	cbor_put_uint(b, 42);
	cbor_put_map(b, 2);
	put_number(b, 1, LIMIT_KEYS_HARD);
	put_number(b, 2, LIMIT_WRITES_DAY_HARD);
}

/* An organisation that is listed; TEXT may be NULL. */
static inline void
body_organisation(struct buf *b, const char *name, const char *text)
{
	cbor_put_map(b, text ? 4 : 3);
	put_word(b, 32, "listed");
	put_title(b, 33, name);
	cbor_put_uint(b, 34);
	cbor_put_array(b, 1);
	cbor_put_text(b, bytes_text("AL"));
	if (text)
		put_title(b, 36, text);
}

#endif
